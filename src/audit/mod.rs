//! Who did what: an append-only log in which every entry carries the hash of the one before.

mod store;
mod words;

use serde_json::Value as Json;

use crate::access::Act;
use crate::error::Result;
use crate::store::{BlobHash, Tx};

pub use store::{Entry, acted_since, entries_of, hashes, head};
pub use words::action_words;

/// Where the chain is broken, found by [`verify`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Break {
    /// The first entry that does not follow from the one before.
    pub seq: i64,
}

/// Appends one entry in the transaction of the change that it tells of.
///
/// `detail` holds facts, never the text of a letter and never a secret.
///
/// # Errors
/// When the store fails.
pub fn record(
    tx: &mut Tx<'_>,
    act: &Act<'_>,
    action: &str,
    object_kind: &str,
    object_id: &str,
    detail: &Json,
) -> Result<()> {
    let one = (object_id.to_owned(), detail.clone());
    record_each(tx, act, action, object_kind, &[one])
}

/// Appends an entry for each of many objects of one action, in a handful of statements: (id, detail).
///
/// # Errors
/// When the store fails.
pub fn record_each(
    tx: &mut Tx<'_>,
    act: &Act<'_>,
    action: &str,
    object_kind: &str,
    objects: &[(String, Json)],
) -> Result<()> {
    if objects.is_empty() {
        return Ok(());
    }
    let (first, mut previous_hash) = store::advance_head(tx, objects.len())?;
    let mut entries = Vec::with_capacity(objects.len());
    for (seq, (object_id, detail)) in (first..).zip(objects) {
        let mut entry = Entry {
            seq,
            at: act.now,
            actor_id: act.actor.user_id.clone(),
            actor_name: act.actor.full_name.clone(),
            action: action.to_owned(),
            object_kind: object_kind.to_owned(),
            object_id: object_id.clone(),
            detail: detail.to_string(),
            previous_hash,
            hash: String::new(),
        };
        entry.hash = entry.computed_hash();
        previous_hash = entry.hash.clone();
        entries.push(entry);
    }
    store::append(tx, &entries, &previous_hash)?;
    Ok(())
}

/// Recomputes the whole chain in steps of 1,000 entries.
///
/// # Errors
/// When the store fails.
pub fn verify(tx: &mut Tx<'_>) -> Result<Option<Break>> {
    let mut previous = String::new();
    let mut seq = 0;
    loop {
        let page = store::page_after(tx, seq)?;
        if page.is_empty() {
            return Ok(None);
        }
        for entry in page {
            let follows = entry.seq == seq + 1
                && entry.previous_hash == previous
                && entry.hash == entry.computed_hash();
            if !follows {
                return Ok(Some(Break { seq: entry.seq }));
            }
            seq = entry.seq;
            previous = entry.hash;
        }
    }
}

impl Entry {
    /// SHA-256, in hex, over the compact JSON array of everything else that the entry holds.
    #[must_use]
    pub fn computed_hash(&self) -> String {
        let fields = serde_json::json!([
            self.previous_hash,
            self.seq,
            self.at.as_microsecond(),
            self.actor_id,
            self.actor_name,
            self.action,
            self.object_kind,
            self.object_id,
            self.detail,
        ]);
        BlobHash::of(fields.to_string().as_bytes())
            .as_str()
            .to_owned()
    }
}
