//! `dys directory`: adds and updates units from a file, beside a running server if there is one.

use std::fs::File;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context as _;
use clap::Subcommand;
use indicatif::{ProgressBar, ProgressStyle};

use crate::app::open_store;
use crate::clock::{Clock as _, SystemClock};
use crate::config::Config;
use crate::directory::import;

#[derive(Debug, Subcommand)]
pub enum Command {
    /// CSV dosyasından birim ekler ve günceller; alınmayan satırları nedeniyle yazar
    Import {
        /// UTF-8 CSV dosyası
        file: PathBuf,
    },
}

/// Exit code 2 when rows were refused, so that a script notices.
pub(super) fn run(config: &Config, command: &Command) -> anyhow::Result<ExitCode> {
    let Command::Import { file } = command;
    let source = File::open(file).with_context(|| file.display().to_string())?;
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

/// The bar of long commands.
pub(crate) fn progress_bar(name: &'static str) -> ProgressBar {
    let style = ProgressStyle::with_template("{prefix:12} [{bar:40}] {pos}/{len} {msg}")
        .map_or_else(
            |_| ProgressStyle::default_bar(),
            |style| style.progress_chars("█▒░"),
        );
    ProgressBar::new(0).with_style(style).with_prefix(name)
}
