//! What a reader that is not ours sees in a PDF.

use std::io::Write as _;
use std::process::{Command, Stdio};

/// The text of a PDF by poppler, runs of spaces as one; `None`, said aloud, without poppler.
pub fn text(bytes: &[u8]) -> Option<String> {
    assert!(bytes.starts_with(b"%PDF-"), "no PDF");
    let started = Command::new("pdftotext")
        .args(["-layout", "-", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn();
    let mut tool = match started {
        Ok(tool) => tool,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            eprintln!("skipped: pdftotext is not installed");
            return None;
        }
        Err(error) => panic!("pdftotext: {error}"),
    };
    tool.stdin.take().unwrap().write_all(bytes).unwrap();
    let output = tool.wait_with_output().unwrap();
    assert!(output.status.success());
    let text = String::from_utf8(output.stdout).unwrap();
    Some(text.split_whitespace().collect::<Vec<_>>().join(" "))
}
