//! What came back about a sent letter: kept as received, its meaning derived.

pub mod derive;
pub mod service;
mod store;
pub mod text;

use jiff::Timestamp;
use kep::evidence::Evidence;

use crate::distribution::Channel;
use crate::error::Result;
use crate::store::{BlobHash, Tx};

pub use derive::{Duty, Fact, Standing, Status, derive};
pub use store::Stored;

/// Keeps what a listing brought, with the files fetched so far, and derives the recipients' state
/// anew in the same transaction. Bringing the same again changes nothing.
///
/// # Errors
/// When the store fails.
pub fn keep(
    tx: &mut Tx<'_>,
    channel: Channel,
    message_id: &str,
    brought: &[(Evidence, Option<BlobHash>)],
    now: Timestamp,
) -> Result<Status> {
    for (evidence, blob) in brought {
        store::put(tx, message_id, evidence, blob.as_ref(), now)?;
    }
    let facts: Vec<Fact> = store::of(tx, message_id)?
        .into_iter()
        .map(|stored| stored.fact)
        .collect();
    let status = derive::derive_for(channel, &facts);
    store::set_status(tx, message_id, &status)?;
    Ok(status)
}

/// Everything kept about a message, in the order in which it came.
///
/// # Errors
/// When the store fails.
pub fn of(tx: &mut Tx<'_>, message_id: &str) -> Result<Vec<Stored>> {
    Ok(store::of(tx, message_id)?)
}
