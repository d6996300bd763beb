//! `dys verify`: checks bundles, packages, signatures, evidence, messages and PDFs, without network
//! or database.
//!
//! Trust comes from outside only: the roots that the caller gives. Certificates that lie in a file
//! help to find the way to a root and are never one.

mod archive;
mod bundle;
mod evidence;
mod mail;
mod package;
mod pdf;
mod roles;
mod signature;

use std::fs::File;
use std::io::{Read as _, Seek as _, SeekFrom};
use std::path::Path;

use jiff::Timestamp;
use seal::{Material, TrustStore};
use serde::Serialize;

use self::archive::Opened;

pub use crate::evidence::check::{Line, Outcome};

/// What the caller knows.
#[derive(Clone)]
pub struct Options {
    pub trust: TrustStore,
    /// Roots of KEP providers, which evidence is checked against; without them `trust`, and nobody
    /// knows then who of those that reach it is a provider.
    pub evidence_trust: Option<TrustStore>,
    /// Certificates and revocation data that help; nothing in it is trusted.
    pub material: Material,
    pub at: Timestamp,
    /// The content of a detached signature, when it does not lie beside it.
    pub content: Option<std::path::PathBuf>,
}

impl Options {
    fn evidence_roots(&self) -> &TrustStore {
        self.evidence_trust.as_ref().unwrap_or(&self.trust)
    }
}

/// What was checked in one file.
#[derive(Debug, Clone, Serialize)]
pub struct Checked {
    pub path: String,
    /// `delil paketi`, `e-Yazışma paketi`, …
    pub kind: &'static str,
    pub outcome: Outcome,
    pub checks: Vec<Line>,
}

impl Checked {
    fn new(path: &Path, kind: &'static str, checks: Vec<Line>) -> Self {
        Self {
            path: path.display().to_string(),
            kind,
            outcome: worst(&checks),
            checks,
        }
    }
}

/// The worst of several; nothing checked is no success.
#[must_use]
pub fn worst(lines: &[Line]) -> Outcome {
    let rank = |outcome: &Outcome| match outcome {
        Outcome::Ok => 0,
        Outcome::Open => 1,
        Outcome::Failed => 2,
    };
    let all = lines.iter().map(|line| line.outcome);
    all.max_by_key(rank).unwrap_or(Outcome::Failed)
}

/// A file over this is not read into memory as a whole (signatures, messages, evidence).
const MOST_IN_MEMORY: u64 = 256 * 1024 * 1024;

/// Checks one file, whatever it is.
#[must_use]
pub fn file(path: &Path, options: &Options) -> Checked {
    match open(path) {
        Ok((file, head)) => by_content(path, file, &head, options),
        Err(error) => {
            let text = format!("Dosya okunamıyor: {error}.");
            let line = Line::new("Dosya", Outcome::Failed, text);
            Checked::new(path, "okunamayan dosya", vec![line])
        }
    }
}

fn open(path: &Path) -> std::io::Result<(File, Vec<u8>)> {
    let mut file = File::open(path)?;
    if file.metadata()?.is_dir() {
        return Err(std::io::Error::other(
            "bu bir klasör; dosyaları tek tek verin",
        ));
    }
    let mut head = Vec::new();
    (&mut file).take(1024).read_to_end(&mut head)?;
    file.seek(SeekFrom::Start(0))?;
    Ok((file, head))
}

/// What a file is, by its first bytes; names mean nothing.
fn by_content(path: &Path, file: File, head: &[u8], options: &Options) -> Checked {
    let text = head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(head);
    let text = text.trim_ascii_start();
    if head.starts_with(b"PK") {
        return zipped(path, file, options);
    }
    if head.starts_with(b"%PDF-") {
        return Checked::new(path, "PDF", pdf::check(file));
    }
    let bytes = match whole(file) {
        Ok(bytes) => bytes,
        Err(line) => return Checked::new(path, "büyük dosya", vec![line]),
    };
    if text.starts_with(b"<") {
        return Checked::new(path, "delil (XAdES)", evidence::alone(&bytes, options));
    }
    if head.first() == Some(&0x30) || text.starts_with(b"-----BEGIN ") {
        let lines = signature::file(path, &bytes, options);
        return Checked::new(path, "imza (CMS)", lines);
    }
    if let Some(signed) = mail::check(&bytes.into(), options) {
        return Checked::new(path, "imzalı ileti", signed.lines);
    }
    let text = "Bu dosyanın ne olduğu anlaşılamadı: paket, imza, delil, ileti ya da PDF değil.";
    let line = Line::new("Tür", Outcome::Failed, text);
    Checked::new(path, "bilinmeyen dosya", vec![line])
}

fn zipped(path: &Path, file: File, options: &Options) -> Checked {
    match Opened::of(file, super::manifest::PATH) {
        Ok(Opened::Bundle(archive)) => {
            Checked::new(path, "delil paketi", bundle::check(archive, options))
        }
        Ok(Opened::Other(file)) => {
            let lines = package::check(file, options);
            Checked::new(path, "e-Yazışma paketi", lines)
        }
        Err(text) => {
            let line = Line::new("ZIP", Outcome::Failed, text);
            Checked::new(path, "ZIP", vec![line])
        }
    }
}

/// The whole file, unless it is too large for memory.
fn whole(mut file: File) -> Result<Vec<u8>, Line> {
    let mut bytes = Vec::new();
    let read = (&mut file).take(MOST_IN_MEMORY + 1).read_to_end(&mut bytes);
    match read {
        Ok(read) if read as u64 > MOST_IN_MEMORY => Err(Line::new(
            "Boyut",
            Outcome::Failed,
            "Dosya 256 MB üstünde; bu türde bu kadar büyük dosya denetlenmez.",
        )),
        Ok(_) => Ok(bytes),
        Err(error) => {
            let text = format!("Dosya okunamıyor: {error}.");
            Err(Line::new("Dosya", Outcome::Failed, text))
        }
    }
}
