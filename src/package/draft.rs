//! The draft: letter, attachments and Üstveri are digested into PaketOzeti, which all sign.

use std::io::Cursor;

use bytes::Bytes;
use serde_json::json;

use super::facts::{self, Facts};
use super::refused;
use super::store::{self, Package};
use crate::access::{Act, Actor};
use crate::app::App;
use crate::audit;
use crate::config::Mode;
use crate::document::Letter;
use crate::error::Result;
use crate::store::{BlobHash, Tx};

/// A draft whose blobs are stored; [`record`] names them.
pub(crate) struct Draft(Package);

impl Draft {
    /// SHA-256 of the bytes of PaketOzeti, which lie in the blob store.
    pub(crate) fn content(&self) -> &BlobHash {
        &self.0.content_hash
    }
}

/// How packages are written in this folder.
pub(super) fn settings(mode: Mode) -> eyazisma::Settings {
    eyazisma::Settings {
        rehearsal: mode == Mode::Rehearsal,
        ..eyazisma::Settings::default()
    }
}

/// Makes the draft of a letter that has number and date, around its frozen page, which names
/// `verified_at` as the address of its verification.
///
/// Within a round nothing that it is made of changes, so a draft of the same page is taken as it
/// is: every signer signs the same content.
///
/// # Errors
/// `paket_kurali`, and when blobs cannot be read or kept.
pub(crate) async fn make(
    app: &App,
    actor: &Actor,
    letter: &Letter,
    frozen: &BlobHash,
    verified_at: String,
) -> Result<Draft> {
    let gathering = letter.clone();
    let (known, facts) = app
        .read(actor, move |tx, _| {
            let known = store::of(tx, &gathering.id)?;
            Ok((known, facts::gather(tx, &gathering, verified_at)?))
        })
        .await?;
    if let Some(known) = known
        && known.round == letter.approval_round
        && known.letter_hash == *frozen
    {
        return Ok(Draft(known));
    }
    let page = app.blobs.get(frozen).await?;
    let files = files(app, &facts).await?;
    let settings = settings(app.mode);
    let (kept, content) = tokio::task::spawn_blocking(move || write(facts, &page, files, settings))
        .await
        .map_err(|error| anyhow::anyhow!("package: {error}"))??;
    Ok(Draft(Package {
        document_id: letter.id.clone(),
        round: letter.approval_round,
        letter_hash: frozen.clone(),
        draft_hash: app.blobs.put(kept).await?,
        content_hash: app.blobs.put(content).await?,
        signature_hash: None,
        package_hash: None,
    }))
}

async fn files(app: &App, facts: &Facts) -> Result<Vec<eyazisma::File>> {
    let mut files = Vec::new();
    for (id, hash) in &facts.files {
        files.push(eyazisma::File {
            id: id.clone(),
            bytes: app.blobs.get(hash).await?.to_vec(),
        });
    }
    Ok(files)
}

fn write(
    facts: Facts,
    page: &Bytes,
    files: Vec<eyazisma::File>,
    settings: eyazisma::Settings,
) -> Result<(Vec<u8>, Vec<u8>)> {
    let draft = eyazisma::Draft::new(facts.metadata, page.to_vec(), files, settings);
    let unsigned = draft.map_err(refused)?.digest();
    let kept = unsigned.store().map_err(refused)?;
    Ok((kept, unsigned.to_sign().to_vec()))
}

/// The bytes of Üstveri in the draft whose PaketOzeti this is: what it says is what is signed.
///
/// # Errors
/// `imza_baska_icerik` when another draft stands in its place, and when blobs cannot be read.
pub async fn metadata(app: &App, document_id: &str, content: &BlobHash) -> Result<Vec<u8>> {
    let id = document_id.to_owned();
    let package = app
        .read(&Actor::system(), move |tx, _| Ok(store::of(tx, &id)?))
        .await?;
    let package = package.filter(|package| package.content_hash == *content);
    let package = package.ok_or_else(crate::approval::sign::other_content)?;
    let draft = app.blobs.get(&package.draft_hash).await?;
    let read = tokio::task::spawn_blocking(move || {
        let limits = eyazisma::Limits::default();
        let mut bytes = Vec::new();
        let part = eyazisma::METADATA_PART;
        eyazisma::extract(Cursor::new(draft), &limits, part, &mut bytes).map(|_| bytes)
    });
    let bytes = read
        .await
        .map_err(|error| anyhow::anyhow!("package: {error}"))?;
    Ok(bytes.map_err(|error| anyhow::anyhow!("package: {error}"))?)
}

/// Names the draft in the transaction that freezes the letter.
///
/// # Errors
/// When the store fails.
pub(crate) fn record(tx: &mut Tx<'_>, act: &Act<'_>, draft: &Draft) -> Result<()> {
    let it = &draft.0;
    let known = store::of(tx, &it.document_id)?;
    if known.is_some_and(|known| known.content_hash == it.content_hash && known.round == it.round) {
        return Ok(());
    }
    store::replace(tx, it, act.now)?;
    let detail = json!({ "content": it.content_hash.as_str(), "letter": it.letter_hash.as_str() });
    audit::record(
        tx,
        act,
        "package.draft",
        "document",
        &it.document_id,
        &detail,
    )
}
