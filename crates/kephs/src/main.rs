//! The program `kephs`: see the crate's documentation.

use std::process::ExitCode;

use clap::Parser;
use tracing_subscriber::EnvFilter;

#[derive(Debug, Parser)]
#[command(
    name = "kephs",
    version,
    about = "Prova KEP sağlayıcısı (gerçek KEP hizmeti değildir)"
)]
struct Arguments {
    #[command(subcommand)]
    command: kephs::cli::Command,
}

#[tokio::main]
async fn main() -> ExitCode {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("warn"));
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .init();
    match kephs::cli::execute(Arguments::parse().command).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("kephs: {error:#}");
            ExitCode::FAILURE
        }
    }
}
