//! Asking in the terminal: lines, yes or no, and a PIN that is not shown.

use std::io::{BufRead as _, IsTerminal as _, Write as _};
use std::process::{Command, Stdio};

use anyhow::bail;
use seal::key::Pin;

/// Standard input and standard error: standard output stays free for scripts.
pub struct Terminal {
    is_terminal: bool,
}

impl Terminal {
    pub fn standard() -> Self {
        Self {
            is_terminal: std::io::stdin().is_terminal(),
        }
    }

    pub fn say(&mut self, text: &str) {
        // A terminal that is gone ends the program at its next question.
        let _ = writeln!(std::io::stderr(), "{text}");
    }

    /// One line, without the blanks around it.
    ///
    /// # Errors
    /// When nobody can answer any more.
    pub fn ask(&mut self, question: &str) -> anyhow::Result<String> {
        match self.line(question)? {
            Some(line) => Ok(line.trim().to_owned()),
            None => bail!("Pencere kapandı; imza aracı sonlanıyor."),
        }
    }

    /// A PIN, not shown while it is typed.
    pub fn secret(&mut self, question: &str) -> anyhow::Result<Pin> {
        match self.hidden_line(question)? {
            Some(line) => Ok(Pin::new(line.trim().to_owned())),
            None => bail!("Pencere kapandı; imza aracı sonlanıyor."),
        }
    }

    /// A line as it was typed, not shown meanwhile; none when the input has ended.
    ///
    /// # Errors
    /// When standard input or error cannot be used.
    pub fn hidden_line(&mut self, question: &str) -> anyhow::Result<Option<String>> {
        let hidden = self.is_terminal && echo(false);
        let line = self.line(question);
        if hidden {
            echo(true);
            self.say("");
        }
        line
    }

    fn line(&mut self, question: &str) -> anyhow::Result<Option<String>> {
        let mut out = std::io::stderr();
        write!(out, "{question}")?;
        out.flush()?;
        let mut line = String::new();
        if std::io::stdin().lock().read_line(&mut line)? == 0 {
            return Ok(None);
        }
        if !self.is_terminal {
            writeln!(out)?;
        }
        Ok(Some(line.trim_end_matches(['\r', '\n']).to_owned()))
    }
}

fn echo(on: bool) -> bool {
    let mode = if on { "echo" } else { "-echo" };
    let status = Command::new("stty")
        .arg(mode)
        .stdin(Stdio::inherit())
        .status();
    status.is_ok_and(|status| status.success())
}
