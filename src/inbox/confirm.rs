//! *Kaydı onayla*: an officer's registration, upon which the KEP provider is told (decision 23).
//!
//! AlindiOnay may count as reading and cannot be taken back, so it never follows from a look: it is
//! due when an officer confirms the registration, corrects it, refers or closes it, or by setting
//! when the message is registered. The mailbox worker tells the provider.

use serde_json::json;

use super::{Incoming, mailbox, store};
use crate::access::{Act, Role};
use crate::audit;
use crate::error::Result;
use crate::store::Tx;

/// Who registers for the institution, and so may tell the provider that a message was received.
const OFFICERS: [Role; 2] = [Role::Registry, Role::KepOfficer];

/// True when the person's acts on the line are an officer's registration.
pub(super) fn is_officer(act: &Act<'_>, incoming: &Incoming) -> bool {
    OFFICERS
        .iter()
        .any(|role| act.actor.has_in(*role, &incoming.unit_id))
}

/// Confirms the registration of a KEP message by itself; a second time changes nothing.
///
/// # Errors
/// `gelen_yok`, `gelen_surum_eski`, `yetki_yok`.
pub fn confirm(tx: &mut Tx<'_>, act: &Act<'_>, id: &str, version: i64) -> Result<()> {
    let incoming = super::open(tx, act, id)?;
    incoming.require_version(version)?;
    act.actor.require_in(&OFFICERS, &incoming.unit_id)?;
    // Who confirms has the line before them; it is read, whatever unit they belong to.
    store::set_read(tx, act, id)?;
    by_officer(tx, act, &incoming)
}

/// What an officer's act on a line brings with it; nothing when it is another person's, or was
/// done before.
pub(super) fn by_officer(tx: &mut Tx<'_>, act: &Act<'_>, incoming: &Incoming) -> Result<()> {
    let Some(message_id) = incoming
        .message_id
        .as_ref()
        .filter(|_| is_officer(act, incoming))
    else {
        return Ok(());
    };
    if mailbox::confirm_due(tx, message_id, act.now)? {
        audit::record(
            tx,
            act,
            "inbox.confirm",
            "incoming",
            &incoming.id,
            &json!({}),
        )?;
    }
    Ok(())
}
