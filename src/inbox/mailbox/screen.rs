//! What people see of the mailboxes: *Okunamayan İletiler*, and whether a message was confirmed.

use jiff::Timestamp;
use serde_json::json;

use super::provider;
use super::store::{self, Message, Trouble};
use crate::access::Act;
use crate::audit;
use crate::error::{Error, Result, conflict, not_found};
use crate::store::{BlobHash, Tx};

/// What was set aside in the mailboxes that the person looks after.
///
/// # Errors
/// When the store fails.
pub fn unreadable(tx: &mut Tx<'_>, act: &Act<'_>) -> Result<Vec<Message>> {
    Ok(store::unreadable(tx, act)?)
}

/// Mailboxes that the person looks after and that cannot be read now: what arrives in them is not
/// seen. The next reading that succeeds takes its line away.
///
/// # Errors
/// When the store fails.
pub fn troubles(tx: &mut Tx<'_>, act: &Act<'_>) -> Result<Vec<Trouble>> {
    Ok(store::troubles(tx, act)?)
}

/// Puts a message that was set aside through the same steps again; for one without an id the mailbox
/// is listed again.
///
/// # Errors
/// `ileti_yok`, `ileti_islendi`.
pub fn try_again(tx: &mut Tx<'_>, act: &Act<'_>, id: &str) -> Result<()> {
    let message = store::visible(tx, act, id)?.ok_or_else(unknown)?;
    let taken = if message.is_nameless() {
        let until = provider::mark_before(message.listed_at);
        store::look_again(tx, &message, until, act.now)?
    } else {
        store::try_again(tx, id, act.now)?
    };
    if !taken {
        return Err(conflict(
            "ileti_islendi",
            "Bu ileti bu sırada işlendi. Sayfayı yenileyin.",
        ));
    }
    audit::record(
        tx,
        act,
        "inbox.try_again",
        "incoming_message",
        id,
        &json!({}),
    )
}

/// The raw bytes of a message, for those who look after its mailbox. Nobody could read yet whether
/// it is confidential: who takes it stands in the log every time.
///
/// # Errors
/// `ileti_yok`.
pub fn raw(tx: &mut Tx<'_>, act: &Act<'_>, id: &str) -> Result<BlobHash> {
    let message = store::visible(tx, act, id)?.ok_or_else(unknown)?;
    let hash = message.blob_hash.ok_or_else(unknown)?;
    let detail = json!({ "sha256": hash.as_str() });
    audit::record(tx, act, "inbox.raw", "incoming_message", id, &detail)?;
    Ok(hash)
}

/// Whether the provider was told: `none`, `due` or `done`, when, and the last error.
///
/// # Errors
/// When the store fails.
pub fn confirmation(
    tx: &mut Tx<'_>,
    id: &str,
) -> Result<Option<(String, Option<Timestamp>, String)>> {
    Ok(store::confirmation(tx, id)?)
}

fn unknown() -> Error {
    not_found("ileti_yok", "Böyle bir ileti yok ya da görme yetkiniz yok.")
}
