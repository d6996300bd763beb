//! The seam between a letter and the ways it goes: what each channel does with its lines.
//!
//! A channel has a file of its own here. It *makes* what its lines need before the transaction of
//! Evrakı Gönder (slow work: building, signing, blobs), *commits* it inside, and may *stop* what
//! has not left yet. The recipients' status and duty are its own to set from then on.

use jiff::Timestamp;
use serde_json::Value;

use super::{internal, kep};
use crate::access::{Act, Actor};
use crate::app::App;
use crate::distribution::{Channel, Recipient};
use crate::document::Letter;
use crate::document::attach::Attachment;
use crate::error::{Result, invalid};
use crate::store::Tx;

/// A signed letter on its way out, as every channel needs it.
pub(super) struct Job {
    pub letter: Letter,
    pub attachments: Vec<Attachment>,
}

/// What one channel made of its lines, ready to be written down.
pub(super) enum Consignment {
    Kep(kep::Consignment),
    Internal(internal::Consignment),
}

/// What a channel says about its part of the sending.
pub(super) struct Receipt {
    /// The key under which `facts` stand in the audit entry.
    pub name: &'static str,
    pub facts: Value,
    pub message_ids: Vec<String>,
    /// Until then it can be stopped.
    pub held_until: Option<Timestamp>,
}

/// Makes a channel's consignment; `lines` are those of the channel and never empty.
///
/// # Errors
/// Those of the channel.
pub(super) async fn make(
    app: &App,
    actor: &Actor,
    job: &Job,
    channel: Channel,
    lines: Vec<Recipient>,
) -> Result<Consignment> {
    match channel {
        Channel::Kep => Ok(Consignment::Kep(kep::make(app, actor, job, &lines).await?)),
        Channel::Internal => Ok(Consignment::Internal(internal::make(job, lines))),
        Channel::Paper | Channel::Uets => Err(invalid(
            "yer_turu_kapali",
            format!("{} ile gönderim bu sürümde açık değil.", channel.label()),
        )),
    }
}

impl Consignment {
    /// Writes the consignment down in the transaction of Evrakı Gönder.
    ///
    /// # Errors
    /// Those of the channel; the whole sending is undone then.
    pub(super) fn commit(
        &self,
        tx: &mut Tx<'_>,
        act: &Act<'_>,
        letter: &Letter,
        hold_until: Timestamp,
    ) -> Result<Receipt> {
        match self {
            Self::Kep(consignment) => consignment.commit(tx, act, letter, hold_until),
            Self::Internal(consignment) => consignment.commit(tx, act, letter, hold_until),
        }
    }
}

/// Stops what every channel still holds of the letter; says how many items were held.
///
/// # Errors
/// `durdurulamaz` when something has left already: then nothing is stopped.
pub(super) fn stop(tx: &mut Tx<'_>, act: &Act<'_>, letter: &Letter) -> Result<usize> {
    Ok(kep::stop(tx, act, letter)? + internal::stop(tx, act, letter)?)
}
