//! What came back about a sent letter: kept as received, its meaning derived.

pub mod check;
pub mod decide;
pub mod derive;
pub mod revocation;
pub mod service;
pub(crate) mod signature;
pub mod signer;
mod store;
pub mod text;

use jiff::Timestamp;
use kep::evidence::Evidence;
use serde_json::json;

use crate::access::{Act, Actor};
use crate::audit;
use crate::distribution::Channel;
use crate::error::Result;
use crate::ids::Ids;
use crate::store::{BlobHash, Tx};

pub use check::Check;
pub use derive::{Duty, Fact, Standing, Status, Trust, derive};
pub use store::{Decided, Stored};

/// One evidence of a listing, with its file and what the file's check came to, once it was fetched.
pub struct Brought {
    pub evidence: Evidence,
    pub blob: Option<BlobHash>,
    /// Given when the file was checked now; none for what has its check already.
    pub check: Option<Check>,
}

/// Keeps what a listing brought, with the files fetched so far and their checks, and derives the
/// recipients' state anew in the same transaction. Bringing the same again changes nothing.
///
/// # Errors
/// When the store fails.
pub fn keep(
    tx: &mut Tx<'_>,
    channel: Channel,
    message_id: &str,
    brought: &[Brought],
    now: Timestamp,
    ids: &dyn Ids,
) -> Result<Status> {
    let system = Actor::system();
    let act = Act {
        actor: &system,
        now,
        ids,
    };
    for one in brought {
        store::put(tx, message_id, &one.evidence, one.blob.as_ref(), now)?;
        if let (Some(check), Some(blob)) = (&one.check, &one.blob) {
            let key = (one.evidence.provider.as_str(), one.evidence.id.as_str());
            record_check(tx, &act, message_id, key, blob, check)?;
        }
    }
    refresh(tx, channel, message_id, now)
}

/// Adds a row with what a check came to and an entry to the log that names the bytes, so that an
/// evidence cannot vanish without a trace.
///
/// # Errors
/// When the store fails.
pub(crate) fn record_check(
    tx: &mut Tx<'_>,
    act: &Act<'_>,
    message_id: &str,
    (provider, evidence_id): (&str, &str),
    blob: &BlobHash,
    check: &Check,
) -> Result<()> {
    store::insert_check(tx, act, (provider, evidence_id), blob, check)?;
    let detail = json!({
        "evidence": evidence_id,
        "hash": blob.as_str(),
        "result": check.verdict.code(),
    });
    audit::record(tx, act, "evidence.check", "message", message_id, &detail)
}

/// Derives status and duty from everything that is kept about a message.
///
/// # Errors
/// When the store fails.
fn refresh(tx: &mut Tx<'_>, channel: Channel, message_id: &str, now: Timestamp) -> Result<Status> {
    let facts: Vec<Fact> = store::of(tx, message_id)?
        .into_iter()
        .map(|stored| stored.fact)
        .collect();
    let status = derive::derive_for(channel, &facts);
    store::set_status(tx, message_id, &status, now)?;
    Ok(status)
}

/// The same after a person looked again: where that takes away what had ended the questions for
/// evidence, they begin anew.
///
/// # Errors
/// When the store fails.
pub(crate) fn reconsider(
    tx: &mut Tx<'_>,
    channel: Channel,
    message_id: &str,
    now: Timestamp,
) -> Result<()> {
    let status = refresh(tx, channel, message_id, now)?;
    if !is_settled(tx, channel, message_id, status.standing)? {
        store::ask_again(tx, message_id, now)?;
    }
    Ok(())
}

/// Whether nothing more is to come: no evidence can say more, and no check of one waits for a
/// revocation service.
///
/// # Errors
/// When the store fails.
pub(crate) fn is_settled(
    tx: &mut Tx<'_>,
    channel: Channel,
    message_id: &str,
    standing: Standing,
) -> Result<bool> {
    if !standing.is_final(channel) {
        return Ok(false);
    }
    let is_open = |stored: &Stored| stored.check.as_ref().is_some_and(revocation::is_open);
    Ok(!store::of(tx, message_id)?.iter().any(is_open))
}

/// Everything kept about a message, in the order in which it came.
///
/// # Errors
/// When the store fails.
pub fn of(tx: &mut Tx<'_>, message_id: &str) -> Result<Vec<Stored>> {
    Ok(store::of(tx, message_id)?)
}
