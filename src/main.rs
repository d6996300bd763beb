//! The program `dys`: one binary, its parts as subcommands.

use std::process::ExitCode;

use clap::Parser as _;
use tracing_subscriber::EnvFilter;

fn main() -> ExitCode {
    let filter = EnvFilter::try_from_env("DYS_LOG").unwrap_or_else(|_| EnvFilter::new("warn"));
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .init();
    match dys::command::run(dys::command::Arguments::parse()) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("dys: {error:#}");
            ExitCode::FAILURE
        }
    }
}
