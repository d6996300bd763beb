//! The one place that decides when a package is complete: signatures in, NihaiÜstveri written,
//! sealed, every variant stored. Whatever a crash left undone is done by asking again.

use std::collections::BTreeMap;

use anyhow::{Context as _, anyhow};
use bytes::Bytes;
use eyazisma::{FinalMetadata, Finished, Guid, Unsigned};
use serde_json::json;

use super::draft::{self, settings};
use super::store::{self, Package};
use super::{SIGNATURE_MISSING, facts, file_name, refused, seal};
use crate::access::Actor;
use crate::app::App;
use crate::audit;
use crate::distribution;
use crate::document::{self, Letter, State, verification};
use crate::error::{Result, conflict};
use crate::signature::{self, institution};
use crate::store::{BlobHash, Tx};

/// A package as a recipient gets it.
#[derive(Debug, Clone)]
pub struct Sent {
    /// BelgeId, upper case; the message carries it as `X-TR-REM-iletiID`.
    pub id: String,
    pub file_name: String,
    pub hash: BlobHash,
    pub bytes: Bytes,
}

/// What is needed to complete a package.
struct Work {
    package: Package,
    last: FinalMetadata,
    /// The sets of left-out attachments, by their key.
    variants: BTreeMap<String, Vec<Guid>>,
}

/// Completes the package of a signed letter; does nothing when that has been done.
///
/// Everything is stored before the row names it, and the row is written once: two that finish at
/// the same time agree on whoever was first.
///
/// # Errors
/// `imza_eksik`, `paket_kurali`, and when the seal cannot be made.
pub async fn finish(app: &App, document_id: &str) -> Result<()> {
    let actor = Actor::system();
    let id = document_id.to_owned();
    let Some(work) = app.read(&actor, move |tx, _| work(tx, &id)).await? else {
        return Ok(());
    };
    let work = match work {
        Found::Begun(work) => *work,
        Found::Nothing(letter, frozen) => begin(app, &actor, &letter, &frozen).await?,
    };
    let package = work.package.clone();
    let draft = app.blobs.get(&package.draft_hash).await?;
    let content = app.blobs.get(&package.content_hash).await?;
    let signature = match &package.signature_hash {
        Some(hash) => app.blobs.get(hash).await?.to_vec(),
        None => match signature::merged(app, document_id, &package.content_hash).await? {
            Some(merged) => merged,
            None => seal::rehearsed(app, &content)?,
        },
    };
    seal::require_content(&signature, &content)?;
    let signature_hash = app.blobs.put(signature.clone()).await?;
    let (last, now, mode) = (work.last, app.now(), app.mode);
    let unsealed = blocking(move || {
        let unsigned = Unsigned::restore(&draft, settings(mode)).map_err(refused)?;
        unsigned.sign(signature, &last, now).map_err(refused)
    })
    .await?;
    let to_seal = unsealed.to_seal().to_vec();
    let sealed = institution::seal(app, &to_seal).await?;
    let finished = unsealed.seal(sealed);
    let (whole, variants) = blocking(move || bytes_of(&finished, work.variants)).await?;
    let hash = app.blobs.put(whole).await?;
    let mut stored = Vec::new();
    for (key, bytes) in variants {
        let size = i64::try_from(bytes.len()).unwrap_or(i64::MAX);
        stored.push((key, app.blobs.put(bytes).await?, size));
    }
    app.write(&actor, move |tx, act| {
        if !store::set_finished(tx, &package, &signature_hash, &hash, act.now)? {
            return Ok(());
        }
        for (key, blob, size) in &stored {
            store::insert_variant(tx, &package.document_id, key, blob, *size)?;
        }
        let detail = json!({ "package": hash.as_str(), "variants": stored.len() });
        audit::record(
            tx,
            act,
            "package.finish",
            "document",
            &package.document_id,
            &detail,
        )
    })
    .await
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T> + Send + 'static,
) -> Result<T> {
    tokio::task::spawn_blocking(work)
        .await
        .map_err(|error| anyhow!("package: {error}"))?
}

/// What a signed letter has of a package.
enum Found {
    Begun(Box<Work>),
    /// It was signed before packages were made; its page is frozen all the same.
    Nothing(Box<Letter>, BlobHash),
}

/// Begins the package of a letter that was signed without one.
async fn begin(app: &App, actor: &Actor, letter: &Letter, frozen: &BlobHash) -> Result<Work> {
    // No other page could be named then.
    let verified_at = verification::own_address(&app.config);
    let made = draft::make(app, actor, letter, frozen, verified_at).await?;
    let id = letter.id.clone();
    app.write(actor, move |tx, act| draft::record(tx, act, &made))
        .await?;
    match app.read(actor, move |tx, _| work(tx, &id)).await? {
        Some(Found::Begun(work)) => Ok(*work),
        _ => Err(anyhow!("the package's draft is not there").into()),
    }
}

/// None when the package is complete.
fn work(tx: &mut Tx<'_>, document_id: &str) -> Result<Option<Found>> {
    let package = store::of(tx, document_id)?;
    if package.as_ref().is_some_and(|it| it.package_hash.is_some()) {
        return Ok(None);
    }
    let letter = document::any(tx, document_id)?;
    let frozen = match (letter.state, &letter.frozen_hash) {
        (State::Signed | State::Dispatched, Some(frozen)) => frozen.clone(),
        _ => {
            return Err(conflict(
                SIGNATURE_MISSING,
                "Yazının imzaları tamamlanmadı; paketi son imzadan sonra hazırlanır.",
            ));
        }
    };
    let Some(package) = package else {
        return Ok(Some(Found::Nothing(Box::new(letter), frozen)));
    };
    if frozen != package.letter_hash {
        return Err(anyhow!("package of another letter").into());
    }
    let mut variants = BTreeMap::new();
    for line in distribution::list::all(tx, document_id)? {
        let ids = line.left_out.iter().map(|id| facts::guid(id)).collect();
        variants.insert(key(&line.left_out), ids);
    }
    Ok(Some(Found::Begun(Box::new(Work {
        last: facts::last(tx, &letter, &package.content_hash)?,
        package,
        variants,
    }))))
}

type Variants = Vec<(String, Vec<u8>)>;

fn bytes_of(finished: &Finished, sets: BTreeMap<String, Vec<Guid>>) -> Result<(Vec<u8>, Variants)> {
    let whole = finished.bytes().map_err(refused)?;
    let mut variants = Vec::new();
    for (key, left_out) in sets {
        variants.push((key, finished.without(&left_out).map_err(refused)?));
    }
    Ok((whole, variants))
}

/// The key of a variant: the ids of what is left out, sorted.
pub(crate) fn key(left_out: &[String]) -> String {
    let mut ids: Vec<&str> = left_out.iter().map(String::as_str).collect();
    ids.sort_unstable();
    ids.join(",")
}

/// The package for recipients who do not get these attachments, finished first if need be.
///
/// # Errors
/// As [`finish`].
pub async fn sent(app: &App, document_id: &str, left_out: &[String]) -> Result<Sent> {
    finish(app, document_id).await?;
    let (id, key) = (document_id.to_owned(), key(left_out));
    let hash = app
        .read(&Actor::system(), move |tx, _| {
            Ok(store::variant(tx, &id, &key)?)
        })
        .await?
        .context("package variant")?;
    Ok(Sent {
        id: document_id.to_uppercase(),
        file_name: file_name(document_id),
        bytes: app.blobs.get(&hash).await?,
        hash,
    })
}

/// The package with every attachment, finished first if need be. Nobody signs ParafOzeti here, so
/// what is kept has no initials' signature either (decision 4).
///
/// # Errors
/// As [`finish`].
pub async fn whole(app: &App, document_id: &str) -> Result<Sent> {
    finish(app, document_id).await?;
    let id = document_id.to_owned();
    let package = app
        .read(&Actor::system(), move |tx, _| Ok(store::of(tx, &id)?))
        .await?;
    let hash = package
        .and_then(|package| package.package_hash)
        .context("finished package")?;
    Ok(Sent {
        id: document_id.to_uppercase(),
        file_name: file_name(document_id),
        bytes: app.blobs.get(&hash).await?,
        hash,
    })
}
