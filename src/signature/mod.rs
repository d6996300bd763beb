//! İmza: whose key signs, what a signature must hold before a step moves, and what is kept of it.
//!
//! A signature is made where the key is (a card at the signer's desk, or a rehearsal's file), checked
//! and completed here with time stamp and revocation data, stored, and only then named by its step.

mod accept;
pub mod identity;
pub mod institution;
pub mod outside;
pub mod rehearsal;
pub mod request;
pub mod services;
mod store;
pub mod trust;

pub use accept::{Accepted, Asked, accept, accept_detached};
pub use store::{Signature, of_document, record};

use std::collections::HashSet;

use jiff::Timestamp;

use crate::app::App;
use crate::error::Result;
use crate::store::{BlobHash, Tx};

/// The bytes that every signer of a letter signs: its `PaketOzeti` (decision 1), by their hash.
///
/// # Errors
/// When the blob cannot be read.
pub async fn content_to_sign(app: &App, content: &BlobHash) -> Result<bytes::Bytes> {
    Ok(app.blobs.get(content).await?)
}

/// Every signature over this content as one CMS with parallel signers: what the package carries as
/// its signature part. None when nobody signed it with a key.
///
/// # Errors
/// When store or blobs fail, or stored signatures cannot be put together.
pub async fn merged(app: &App, document_id: &str, content: &BlobHash) -> Result<Option<Vec<u8>>> {
    let (id, content) = (document_id.to_owned(), content.clone());
    let signatures = app
        .store
        .read(move |tx: &mut Tx<'_>| Ok::<_, crate::error::Error>(of_document(tx, &id, &content)?))
        .await?;
    // Where the page changed and changed back, a step was signed twice; the later one stands.
    let mut latest: Vec<Signature> = Vec::new();
    for signature in signatures {
        latest.retain(|earlier| earlier.step_id != signature.step_id);
        latest.push(signature);
    }
    if latest.is_empty() {
        return Ok(None);
    }
    // Steps that one card signed before that was refused: a package has each signer once.
    let mut cards = HashSet::new();
    latest.retain(|signature| cards.insert(signature.fingerprint.clone()));
    let mut files = Vec::new();
    for signature in latest {
        files.push(app.blobs.get(&signature.cms_hash).await?.to_vec());
    }
    let merged = seal::merge(&files).map_err(|error| anyhow::anyhow!("signatures: {error}"))?;
    Ok(Some(merged))
}

/// Options of every signature that the server itself makes.
fn sign_options(now: Timestamp) -> seal::SignOptions {
    seal::SignOptions::at(now)
}
