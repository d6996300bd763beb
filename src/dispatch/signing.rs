//! The institution's key that signs KEP messages.

use anyhow::anyhow;
use seal::SoftKey;

use crate::app::App;
use crate::error::Result;
use crate::signature::institution::{self, Purpose};

/// The key in the data folder; in a rehearsal one made at first use.
///
/// # Errors
/// `imza_anahtari_yok` in a real folder without one; when the files cannot be read.
pub fn key(app: &App) -> Result<SoftKey> {
    institution::key(app, Purpose::Kep)
}

/// A detached CMS signature of the institution over `content`, made now.
///
/// # Errors
/// As [`key`], and when it cannot sign.
pub fn sign_detached(app: &App, content: &[u8]) -> Result<Vec<u8>> {
    let options = seal::SignOptions::at(app.now());
    let signed = seal::sign(&key(app)?, seal::Content::Detached(content), &options);
    Ok(signed.map_err(|error| anyhow!("signature: {error}"))?)
}
