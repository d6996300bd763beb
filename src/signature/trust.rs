//! The roots that signatures must lead to: files that an administrator puts into the data folder.

use std::path::Path;

use anyhow::Context as _;
use seal::{Certificate, TrustStore};

use super::rehearsal;
use crate::app::App;
use crate::config::Mode;
use crate::error::Result;

/// Below the data folder: PEM or DER, one or more certificates a file.
const ROOTS: &str = "guven/kok";
const INTERMEDIATES: &str = "guven/alt-kok";

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
    let mut files: Vec<_> = match std::fs::read_dir(folder) {
        Ok(entries) => entries
            .filter_map(|entry| Some(entry.ok()?.path()))
            .filter(|path| path.is_file())
            .collect(),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error).context("trust folder"),
    };
    files.sort();
    let mut found = Vec::new();
    for file in files {
        let name = file.display().to_string();
        let bytes = std::fs::read(&file).with_context(|| name.clone())?;
        found.extend(Certificate::read_all(&bytes).with_context(|| name)?);
    }
    Ok(found)
}
