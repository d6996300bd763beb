//! `dys verify`: checks files without network or database.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context as _, bail};
use clap::Args;
use seal::{Certificate, Material, TrustStore};

use crate::clock::{Clock as _, SystemClock};
use crate::proof::verify::{self, Checked, Options, Outcome};

#[derive(Debug, Args)]
pub struct Command {
    /// Delil paketi, e-Yazışma paketi, imza, delil, ileti ya da PDF dosyaları
    #[arg(required = true)]
    files: Vec<PathBuf>,
    /// Güvenilen kök sertifikalar: dosya ya da klasör (PEM, DER; birden çok verilebilir)
    #[arg(long)]
    roots: Vec<PathBuf>,
    /// KEP delillerinin denetleneceği sağlayıcı kökleri; verilmezse --roots ile verilenler
    #[arg(long)]
    evidence_roots: Vec<PathBuf>,
    /// Ayrık imzanın içeriği; verilmezse imzanın yanındaki dosya kullanılır
    #[arg(long)]
    content: Option<PathBuf>,
    /// Sertifikaların geçerliliğine bakılacak an, örneğin 2026-11-24T12:00:00+03:00; yoksa şimdi
    #[arg(long)]
    at: Option<jiff::Timestamp>,
    /// Sonucu JSON olarak yazar
    #[arg(long)]
    json: bool,
}

/// Exit code 0 when every check holds, 1 when one does not, 3 when nothing is wrong but something
/// could not be checked.
pub(super) fn run(command: Command) -> anyhow::Result<ExitCode> {
    let mut roots = Vec::new();
    let mut material = Material::default();
    for path in &command.roots {
        read_roots(path, &mut roots, &mut material)?;
    }
    let mut providers = Vec::new();
    for path in &command.evidence_roots {
        read_roots(path, &mut providers, &mut material)?;
    }
    let options = Options {
        trust: TrustStore::new(roots, Vec::new()),
        evidence_trust: (!command.evidence_roots.is_empty())
            .then(|| TrustStore::new(providers, Vec::new())),
        material,
        at: command.at.unwrap_or_else(|| SystemClock.now()),
        content: command.content,
    };
    let checked: Vec<Checked> = command
        .files
        .iter()
        .map(|path| verify::file(path, &options))
        .collect();
    if command.json {
        println!("{}", serde_json::to_string_pretty(&checked)?);
    } else {
        checked.iter().for_each(print);
    }
    let all = |outcome| checked.iter().any(|one| one.outcome == outcome);
    Ok(if all(Outcome::Failed) {
        ExitCode::FAILURE
    } else if all(Outcome::Open) {
        ExitCode::from(3)
    } else {
        ExitCode::SUCCESS
    })
}

fn print(checked: &Checked) {
    let sum = match checked.outcome {
        Outcome::Ok => "BÜTÜN DENETİMLER TUTUYOR",
        Outcome::Open => "EKSİK: bazı denetimler yapılamadı",
        Outcome::Failed => "TUTMUYOR",
    };
    println!("{} ({}): {sum}", plain(&checked.path), checked.kind);
    for line in &checked.checks {
        let mark = match line.outcome {
            Outcome::Ok => "tamam ",
            Outcome::Open => "eksik ",
            Outcome::Failed => "HATALI",
        };
        println!("  {mark}  {:<18} {}", plain(&line.name), plain(&line.text));
    }
}

/// Characters of a text on the terminal; the whole stands in JSON.
const MOST_SHOWN: usize = 1000;

/// Nothing that a foreign file says moves the cursor, turns the writing around or looks like a line of
/// its own.
fn plain(text: &str) -> String {
    let is_unseen = |c: char| {
        matches!(
            c,
            '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
                | '\u{feff}'
        )
    };
    let is_gap = |c: char| c.is_whitespace() || c.is_control() || c == '\u{2800}';
    let words = text.split(is_gap).filter(|word| !word.is_empty());
    let mut shown = String::new();
    let mut count = 0;
    for word in words {
        let gap = (!shown.is_empty()).then_some(' ');
        for c in gap
            .into_iter()
            .chain(word.chars().filter(|c| !is_unseen(*c)))
        {
            if count == MOST_SHOWN {
                shown.push('…');
                return shown;
            }
            shown.push(c);
            count += 1;
        }
    }
    shown
}

/// Roots from a file, or from every file of a folder; revocation lists beside them help.
fn read_roots(
    path: &Path,
    roots: &mut Vec<Certificate>,
    material: &mut Material,
) -> anyhow::Result<()> {
    if path.is_dir() {
        let mut inside: Vec<PathBuf> = std::fs::read_dir(path)
            .with_context(|| path.display().to_string())?
            .map(|entry| entry.map(|entry| entry.path()))
            .collect::<Result<_, _>>()?;
        inside.sort();
        for file in inside.iter().filter(|file| file.is_file()) {
            read_roots(file, roots, material)?;
        }
        return Ok(());
    }
    let bytes = std::fs::read(path).with_context(|| path.display().to_string())?;
    if path
        .extension()
        .is_some_and(|it| it.eq_ignore_ascii_case("crl"))
    {
        material.crls.push(bytes);
        return Ok(());
    }
    match Certificate::read_all(&bytes) {
        Ok(read) if !read.is_empty() => roots.extend(read),
        _ => bail!(
            "{} bir sertifika dosyası değil (PEM ya da DER)",
            path.display()
        ),
    }
    Ok(())
}
