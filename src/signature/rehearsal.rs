//! Keys of a rehearsal: its authority in the data folder, and a PKCS#12 file for each person who signs.

use std::path::{Path, PathBuf};
use std::sync::Mutex;

use anyhow::{Context as _, anyhow};
use jiff::SignedDuration;
use seal::rehearsal::{Authority, Curve, Holder, Services, Validity};
use seal::{Content, SealError, Signer as _, SoftKey};

use super::{Accepted, Asked, accept, accept_detached, content_to_sign, identity, sign_options};
use crate::access::{Act, Actor};
use crate::app::App;
use crate::config::Mode;
use crate::dispatch::secret::write_private;
use crate::error::{Result, conflict, invalid};
use crate::store::BlobHash;

/// The PIN of every rehearsal key; a real folder has none of them.
pub const PIN: &str = "246810";

const AUTHORITY: &str = "prova-esh.pem";
/// Its root alone, which is no secret.
const ROOT: &str = "prova-esh-kok.pem";
const KEYS: &str = "prova-imza";
/// Certificates reach back over a seeded past.
const BACK: SignedDuration = SignedDuration::from_hours(24 * 400);
const DAYS: i64 = 3 * 365;

/// The authority of this folder, made at its first use.
///
/// # Errors
/// `prova_degil` in a real folder; when its file cannot be read or written.
pub fn authority(app: &App) -> Result<Authority> {
    require_rehearsal(app)?;
    // Two first uses at once would make two authorities.
    static ONE: Mutex<()> = Mutex::new(());
    let _guard = ONE
        .lock()
        .unwrap_or_else(std::sync::PoisonError::into_inner);
    let path = authority_file(app);
    if path.exists() {
        let text = std::fs::read_to_string(&path).context("rehearsal authority")?;
        let read = Authority::from_pem(&text, Services::rehearsal());
        return Ok(read.map_err(|error| anyhow!("rehearsal authority: {error}"))?);
    }
    let ids = std::sync::Arc::clone(&app.ids);
    let made = Authority::create(Services::rehearsal(), app.now() - BACK, &mut |bytes| {
        ids.fill(bytes)
    });
    let made = made.map_err(|error| anyhow!("rehearsal authority: {error}"))?;
    let text = made
        .to_pem()
        .map_err(|error| anyhow!("rehearsal authority: {error}"))?;
    write_private(&path, text.as_bytes())?;
    Ok(made)
}

/// The file of the authority, which the rehearsal provider serves.
#[must_use]
pub fn authority_file(app: &App) -> PathBuf {
    app.config.data.join(AUTHORITY)
}

/// Writes the authority's root beside it as a file of its own, for whoever checks files from outside
/// (`dys verify --roots`); says where.
///
/// # Errors
/// As [`authority`].
pub fn write_root(app: &App) -> Result<PathBuf> {
    let pem = authority(app)?.root().pem();
    let path = app.config.data.join(ROOT);
    if std::fs::read_to_string(&path).is_ok_and(|known| known == pem) {
        return Ok(path);
    }
    std::fs::write(&path, pem).context("rehearsal root")?;
    Ok(path)
}

/// Keys that lie on the server are for rehearsals: asked before anything is made ready for one.
///
/// # Errors
/// `prova_degil` in a real folder.
pub fn require_rehearsal(app: &App) -> Result<()> {
    if app.mode == Mode::Rehearsal {
        return Ok(());
    }
    Err(conflict(
        "prova_degil",
        "Sunucudaki prova anahtarları yalnızca prova kurulumunda kullanılır. Kartınızla imzalayın.",
    ))
}

/// Signs with the person's rehearsal key and has the signature accepted, as if a card had made it.
///
/// # Errors
/// `pin_yanlis`, `prova_degil`, and those of [`accept`].
pub async fn sign(
    app: &App,
    actor: &Actor,
    content_hash: &BlobHash,
    pin: &str,
) -> Result<Accepted> {
    let cms = cms(app, actor, content_hash, pin, false).await?;
    accept(app, actor, content_hash, cms).await
}

/// The same beside the content of a KEP message; `known` as in [`accept_detached`].
///
/// # Errors
/// `pin_yanlis`, `prova_degil`, and those of [`accept_detached`].
pub async fn sign_detached(
    app: &App,
    actor: &Actor,
    content_hash: &BlobHash,
    pin: &str,
    known: Option<Asked<'_>>,
) -> Result<Accepted> {
    let cms = cms(app, actor, content_hash, pin, true).await?;
    accept_detached(app, actor, content_hash, cms, known).await
}

async fn cms(
    app: &App,
    actor: &Actor,
    content_hash: &BlobHash,
    pin: &str,
    detached: bool,
) -> Result<Vec<u8>> {
    require_rehearsal(app)?;
    let content = content_to_sign(app, content_hash).await?;
    let (worker, person, pin) = (app.clone(), actor.clone(), pin.to_owned());
    tokio::task::spawn_blocking(move || -> Result<Vec<u8>> {
        let key = open(&worker, &person, &pin)?;
        let options = sign_options(worker.now());
        let content = if detached {
            Content::Detached(&content)
        } else {
            Content::Attached(&content)
        };
        let cms = seal::sign(&key, content, &options);
        Ok(cms.map_err(|error| anyhow!("rehearsal signature: {error}"))?)
    })
    .await
    .context("rehearsal signature")?
}

/// Opens the person's PKCS#12 file, making it first where there is none.
fn open(app: &App, actor: &Actor, pin: &str) -> Result<SoftKey> {
    let path = key_file(app, actor);
    if !path.exists() {
        make(app, actor)?;
    }
    let key = read(&path, pin)?;
    if key.certificate().is_qualified() {
        return Ok(key);
    }
    // Made before certificates of a rehearsal said what they are.
    std::fs::remove_file(&path).context("rehearsal key")?;
    make(app, actor)?;
    read(&path, pin)
}

fn read(path: &Path, pin: &str) -> Result<SoftKey> {
    let file = std::fs::read(path).context("rehearsal key")?;
    SoftKey::from_pkcs12(&file, pin).map_err(|error| match error {
        SealError::Password => invalid(
            "pin_yanlis",
            "PIN yanlış; hiçbir şey imzalanmadı. PIN'i denetleyip yeniden deneyin.",
        ),
        other => anyhow!("rehearsal key: {other}").into(),
    })
}

fn key_file(app: &App, actor: &Actor) -> PathBuf {
    app.config
        .data
        .join(KEYS)
        .join(format!("{}.p12", actor.user_id))
}

/// Makes the person's key; someone without a number gets one of the rehearsal.
pub fn make(app: &App, actor: &Actor) -> Result<()> {
    let path = key_file(app, actor);
    let authority = authority(app)?;
    let national_id = national_id(app, actor)?;
    let ids = std::sync::Arc::clone(&app.ids);
    let holder = Holder::Person {
        name: &actor.full_name,
        tckn: &national_id,
    };
    let validity = Validity::days(app.now(), DAYS);
    let validity = Validity {
        from: validity.from - BACK,
        ..validity
    };
    let mut random = |bytes: &mut [u8]| ids.fill(bytes);
    let file = authority
        .issue_key(&holder, Curve::P256, validity, &mut random)
        .and_then(|key| key.to_pkcs12(PIN))
        .map_err(|error| anyhow!("rehearsal key: {error}"))?;
    let folder = app.config.data.join(KEYS);
    std::fs::create_dir_all(&folder).context("rehearsal keys")?;
    if path.exists() {
        return Ok(()); // another request was faster
    }
    Ok(write_private(&path, &file)?)
}

/// A certificate for a key that lies on the person's card, valid for three years or until yesterday.
///
/// # Errors
/// `prova_degil`; when the bytes are no public key.
pub fn certificate_for(
    app: &App,
    actor: &Actor,
    spki: &[u8],
    expired: bool,
) -> Result<seal::Certificate> {
    let authority = authority(app)?;
    let national_id = national_id(app, actor)?;
    let holder = Holder::Person {
        name: &actor.full_name,
        tckn: &national_id,
    };
    let mut validity = Validity::days(app.now(), if expired { -1 } else { DAYS });
    validity.from -= BACK;
    let ids = std::sync::Arc::clone(&app.ids);
    let certificate = authority.issue(&holder, spki, validity, &mut |bytes| ids.fill(bytes));
    Ok(certificate.map_err(|error| anyhow!("rehearsal certificate: {error}"))?)
}

fn national_id(app: &App, actor: &Actor) -> Result<String> {
    let mut random = [0; 4];
    app.ids.fill(&mut random);
    let (user_id, now) = (actor.user_id.clone(), app.now());
    let ids = std::sync::Arc::clone(&app.ids);
    app.store.write_blocking(move |tx| {
        if let Some(known) = identity::of(tx, &user_id)? {
            return Ok(known);
        }
        let made = identity::complete(u32::from_be_bytes(random));
        let system = Actor::system();
        let act = Act {
            actor: &system,
            now,
            ids: &*ids,
        };
        identity::set(tx, &act, &user_id, &made)?;
        Ok(made)
    })
}
