//! The roots that signatures must lead to: files that an administrator puts into the data folder.

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use seal::{Certificate, TrustStore};

use super::rehearsal;
use crate::app::App;
use crate::config::Mode;
use crate::error::Result;

/// Below the data folder: PEM or DER, one or more certificates a file.
pub const ROOTS: &str = "guven/kok";
pub const INTERMEDIATES: &str = "guven/alt-kok";

/// Roots and intermediates of this installation; a rehearsal trusts its own authority too.
///
/// # Errors
/// When a file there is not a certificate: a trust list that is half read is none.
pub fn load(app: &App) -> Result<TrustStore> {
    let mut roots = read_folder(&app.config.data.join(ROOTS))?;
    let mut intermediates = read_folder(&app.config.data.join(INTERMEDIATES))?;
    if app.mode == Mode::Rehearsal {
        let authority = rehearsal::authority(app)?;
        roots.push(authority.root().clone());
        intermediates.push(authority.intermediate().clone());
    }
    Ok(TrustStore::new(roots, intermediates))
}

fn read_folder(folder: &Path) -> anyhow::Result<Vec<Certificate>> {
    let mut found = Vec::new();
    for path in files_in(folder)? {
        found.extend(read_file(&path)?);
    }
    Ok(found)
}

fn files_in(folder: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let mut files: Vec<_> = match std::fs::read_dir(folder) {
        Ok(entries) => entries
            .filter_map(|entry| Some(entry.ok()?.path()))
            .filter(|path| path.is_file())
            .collect(),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error).context("trust folder"),
    };
    files.sort();
    Ok(files)
}

fn read_file(path: &Path) -> anyhow::Result<Vec<Certificate>> {
    let name = path.display().to_string();
    let bytes = std::fs::read(path).with_context(|| name.clone())?;
    Certificate::read_all(&bytes).with_context(|| name)
}

/// A file of a folder of trust, for the screen.
#[derive(Debug)]
pub struct TrustFile {
    pub name: String,
    /// What is in it, or that it cannot be read.
    pub certificates: Result<Vec<Certificate>, String>,
}

/// The files of one folder below the data folder, each read for itself; revocation lists (`.crl`),
/// which lie beside the roots of evidence, are left out.
///
/// # Errors
/// When the folder cannot be read.
pub fn files(app: &App, folder: &str) -> anyhow::Result<Vec<TrustFile>> {
    let paths = files_in(&app.config.data.join(folder))?.into_iter();
    let is_list = |path: &PathBuf| {
        path.extension()
            .is_some_and(|end| end.eq_ignore_ascii_case("crl"))
    };
    Ok(paths
        .filter(|path| !is_list(path))
        .map(|path| TrustFile {
            name: path
                .file_name()
                .unwrap_or_default()
                .to_string_lossy()
                .into_owned(),
            certificates: read_file(&path).map_err(|_| {
                "Sertifika olarak okunamadı; PEM ya da DER biçiminde olmalı.".to_owned()
            }),
        })
        .collect())
}
