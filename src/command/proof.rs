//! `dys proof`: the proof bundle of a letter as a file.

use std::path::PathBuf;

use anyhow::Context as _;
use clap::Args;

use crate::access::Actor;
use crate::app::App;
use crate::config::Config;
use crate::proof::{bundle, of_number};

#[derive(Debug, Args)]
pub struct Command {
    /// Resmî evrak sayısı: tamamı ya da yalnızca son bölümü
    number: String,
    /// Yazının yılı; aynı sayı birden çok yılda verildiyse gerekir
    #[arg(long)]
    year: Option<i16>,
    /// Yazılacak dosya; verilmezse bulunulan klasöre paketin kendi adıyla yazılır
    #[arg(long, short)]
    output: Option<PathBuf>,
}

pub(super) async fn run(config: Config, command: Command) -> anyhow::Result<()> {
    let app = App::open_existing(config)?;
    let (number, year) = (command.number, command.year);
    let id = app
        .store
        .read(move |tx| of_number(tx, &number, year))
        .await?;
    let mut bundle = bundle::make(&app, &Actor::system(), &id).await?;
    let path = command.output.unwrap_or_else(|| bundle.name.clone().into());
    let mut file = std::fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .open(&path)
        .with_context(|| format!("{} yazılamıyor", path.display()))?;
    std::io::copy(&mut bundle.file, &mut file).context("delil paketi")?;
    file.sync_all().context("delil paketi")?;
    println!("{} ({} bayt)", path.display(), bundle.size);
    Ok(())
}
