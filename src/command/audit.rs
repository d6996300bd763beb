//! `dys audit`: recomputes the chain of the log.

use std::process::ExitCode;

use clap::Subcommand;

use crate::app::open_store;
use crate::audit;
use crate::config::Config;

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Zinciri baştan hesaplar; bozuksa ilk bozuk sıra numarasını söyler
    Verify,
}

pub(super) fn run(config: &Config, command: &Command) -> anyhow::Result<ExitCode> {
    let Command::Verify = command;
    match open_store(config)?.read_blocking(audit::verify)? {
        None => {
            println!("Denetim kaydı zinciri sağlam.");
            Ok(ExitCode::SUCCESS)
        }
        Some(found) => {
            println!("Denetim kaydı {} numaralı satırda bozuk.", found.seq);
            Ok(ExitCode::FAILURE)
        }
    }
}
