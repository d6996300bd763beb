//! The command line: each command is a file, each says how it ended.

mod audit;
mod demo;
mod directory;
mod proof;
mod serve;
mod signature;
mod user;
mod verify;

pub(crate) use directory::progress_bar;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::config::{Config, Mode};

/// Doküman yönetim sistemi: taslaktan KEP deliline resmî yazı.
#[derive(Debug, Parser)]
#[command(name = "dys", version)]
pub struct Arguments {
    /// Veri klasörü
    #[arg(long, env = "DYS_DATA", default_value = "data", global = true)]
    data: PathBuf,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Sunucuyu ve gönderim işçisini çalıştırır
    Serve {
        /// Yeni klasör prova olarak kurulur; prova klasörü yalnızca prova sağlayıcısıyla konuşur
        #[arg(long)]
        rehearsal: bool,
    },
    /// Demo verisini hazırlar, sunucuyu ve prova KEP sağlayıcısını çalıştırır
    Demo,
    /// Prova KEP sağlayıcısı
    Kephs {
        #[command(subcommand)]
        command: kephs::cli::Command,
    },
    /// Kullanıcılar
    User {
        #[command(subcommand)]
        command: user::Command,
    },
    /// Masanızdaki imza aracı: yazıları gösterir, kartınızla imzalar
    SignAgent(sign_agent::Arguments),
    /// İmzacılar ve prova sertifikaları
    Signature {
        #[command(subcommand)]
        command: signature::Command,
    },
    /// Denetim kaydı
    Audit {
        #[command(subcommand)]
        command: audit::Command,
    },
    /// Bir evrakın delil paketini (ZIP) yazar
    Proof(proof::Command),
    /// Delil paketi, e-Yazışma paketi, imza, delil, ileti ve PDF dosyalarını denetler
    #[command(
        after_help = "Çıkış kodu: 0 bütün denetimler tutuyor, 1 tutmayan var, 3 tutmayan yok ama yapılamayan denetim var"
    )]
    Verify(verify::Command),
    /// Birim rehberi
    Directory {
        #[command(subcommand)]
        command: directory::Command,
    },
}

/// Does what the command line says.
///
/// # Errors
/// When the command could not be carried out; the chain of causes is for the terminal.
pub fn run(arguments: Arguments) -> anyhow::Result<ExitCode> {
    let data = arguments.data;
    match arguments.command {
        Command::Serve { rehearsal } => {
            let mode = if rehearsal {
                Mode::Rehearsal
            } else {
                Mode::Real
            };
            runtime()?.block_on(serve::run(Config::load(&data)?, mode))?;
        }
        Command::Demo => runtime()?.block_on(demo::run(Config::load(&data)?))?,
        Command::Kephs { command } => runtime()?.block_on(kephs::cli::execute(command))?,
        Command::Proof(command) => {
            runtime()?.block_on(proof::run(Config::load(&data)?, command))?;
        }
        Command::Verify(command) => return verify::run(command),
        Command::SignAgent(arguments) => runtime()?.block_on(sign_agent::execute(arguments))?,
        Command::Signature { command } => signature::run(Config::load(&data)?, command)?,
        Command::User { command } => user::run(&Config::load(&data)?, command)?,
        Command::Audit { command } => return audit::run(&Config::load(&data)?, &command),
        Command::Directory { command } => {
            return directory::run(&Config::load(&data)?, &command);
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// Two worker threads serve an office; the store has threads of its own.
fn runtime() -> std::io::Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .max_blocking_threads(8)
        .enable_all()
        .build()
}
