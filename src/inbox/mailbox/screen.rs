//! What people see of the mailboxes: *Okunamayan İletiler*, and whether a message was confirmed.

use jiff::Timestamp;
use serde_json::json;

use super::provider;
use super::store::{self, Message, Trouble};
use crate::access::Act;
use crate::audit;
use crate::error::{Error, Result, conflict, invalid, not_found};
use crate::store::{BlobHash, Tx};

const LONGEST_REASON: usize = 1_000;

/// What was set aside in the mailboxes that the person looks after.
///
/// # Errors
/// When the store fails.
pub fn unreadable(tx: &mut Tx<'_>, act: &Act<'_>) -> Result<Vec<Message>> {
    Ok(store::unreadable(tx, act)?)
}

/// What a person took up by hand, the newest first.
///
/// # Errors
/// When the store fails.
pub fn handled(tx: &mut Tx<'_>, act: &Act<'_>) -> Result<Vec<Message>> {
    Ok(store::handled(tx, act)?)
}

/// *Elle ele alındı*: a message that DYS cannot read was taken up another way. It keeps its bytes
/// and stays visible; a copy that can be read is registered all the same.
///
/// # Errors
/// `ileti_yok`, `gerekce_bos`, `ileti_islendi`.
pub fn take_by_hand(tx: &mut Tx<'_>, act: &Act<'_>, id: &str, reason: &str) -> Result<()> {
    let message = store::visible(tx, act, id)?.ok_or_else(unknown)?;
    let reason = reason.trim();
    if reason.chars().count() < 5 || reason.chars().count() > LONGEST_REASON {
        return Err(invalid(
            "gerekce_bos",
            "İletinin elle nasıl ele alındığını yazın (5-1000 harf), örneğin kayıt numarasını.",
        ));
    }
    if message.is_rest() || !store::set_handled(tx, act, id, reason)? {
        return Err(processed());
    }
    let detail = json!({ "reason": reason });
    audit::record(
        tx,
        act,
        "inbox.take_by_hand",
        "incoming_message",
        id,
        &detail,
    )
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
        return Err(processed());
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

fn processed() -> Error {
    conflict(
        "ileti_islendi",
        "Bu ileti bu sırada işlendi. Sayfayı yenileyin.",
    )
}

fn unknown() -> Error {
    not_found("ileti_yok", "Böyle bir ileti yok ya da görme yetkiniz yok.")
}
