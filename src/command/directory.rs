//! `dys directory`: units from a file, and which institution is served, beside a running server.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context as _;
use clap::Subcommand;
use indicatif::{ProgressBar, ProgressStyle};
use sign_agent::Terminal;

use crate::access::{Act, Actor};
use crate::app::open_store;
use crate::clock::{Clock as _, SystemClock};
use crate::config::Config;
use crate::directory::{Unit, import, own};
use crate::error::Result;
use crate::ids::SystemIds;

#[derive(Debug, Subcommand)]
pub enum Command {
    /// CSV dosyasından birim ekler ve günceller; alınmayan satırları nedeniyle yazar
    Import {
        /// UTF-8 CSV dosyası
        file: PathBuf,
    },
    /// Bu kurulumun hizmet verdiği kurumu belirler; onay için kurumun adı sorulur
    Own {
        /// Kurumun DETSİS numarası
        number: String,
    },
}

/// Exit code 2 when rows were refused, so that a script notices.
pub(super) fn run(config: &Config, command: &Command) -> anyhow::Result<ExitCode> {
    match command {
        Command::Import { file } => import(config, file),
        Command::Own { number } => choose_own(config, number).map(|()| ExitCode::SUCCESS),
    }
}

fn import(config: &Config, file: &Path) -> anyhow::Result<ExitCode> {
    let source = File::open(file).with_context(|| file.display().to_string())?;
    // The first command on a new installation.
    std::fs::create_dir_all(&config.data).with_context(|| config.data.display().to_string())?;
    let store = open_store(config)?;
    let bar = progress_bar("Rehber");
    let report = import::run(&store, source, SystemClock.now(), |done, total| {
        bar.set_length(total as u64);
        bar.set_position(done as u64);
    })?;
    bar.finish_and_clear();
    for refusal in &report.refused {
        println!("{}. satır alınmadı: {}", refusal.line, refusal.reason);
    }
    println!("{}", report.summary());
    Ok(if report.refused.is_empty() {
        ExitCode::SUCCESS
    } else {
        ExitCode::from(2)
    })
}

fn choose_own(config: &Config, number: &str) -> anyhow::Result<()> {
    let store = open_store(config)?;
    let wanted = number.to_owned();
    let (unit, asks_name) = store.read_blocking(move |tx| -> Result<(Unit, bool)> {
        Ok((own::candidate(tx, &wanted)?, own::asks_name(tx)?))
    })?;
    println!("{} {}", unit.detsis_no, unit.label);
    let typed = if asks_name {
        Terminal::standard().ask("Onaylamak için kurumun adını yazın: ")?
    } else {
        String::new()
    };
    let (number, now) = (number.to_owned(), SystemClock.now());
    let unit = store.write_blocking(move |tx| {
        let system = Actor::system();
        let act = Act {
            actor: &system,
            now,
            ids: &SystemIds,
        };
        own::choose(tx, &act, &number, &typed)
    })?;
    println!("Bu kurulumun kurumu: {}", unit.name);
    Ok(())
}

/// The bar of long commands.
pub(crate) fn progress_bar(name: &'static str) -> ProgressBar {
    let style = ProgressStyle::with_template("{prefix:12} [{bar:40}] {pos}/{len} {msg}")
        .map_or_else(
            |_| ProgressStyle::default_bar(),
            |style| style.progress_chars("█▒░"),
        );
    ProgressBar::new(0).with_style(style).with_prefix(name)
}
