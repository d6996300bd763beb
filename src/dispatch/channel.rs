//! The seam between a letter and the ways it goes: what each channel does with its lines.
//!
//! A channel has a file of its own here. It *makes* what its lines need before the transaction of
//! Evrakı Gönder (slow work: building, signing, blobs), *commits* it inside, and may *stop* what
//! has not left yet. The recipients' status and duty are its own to set from then on.

use jiff::Timestamp;
use serde_json::Value;

use super::{internal, kep, order, paper, uets};
use crate::access::{Act, Actor};
use crate::app::App;
use crate::distribution::{Channel, Recipient};
use crate::document::Letter;
use crate::document::attach::Attachment;
use crate::error::Result;
use crate::store::Tx;

/// A signed letter on its way out, as every channel needs it.
#[derive(Clone)]
pub(super) struct Job {
    pub letter: Letter,
    pub attachments: Vec<Attachment>,
}

/// What one channel made of its lines, ready to be written down.
pub(super) enum Consignment {
    /// Messages of an account, by KEP or as notices.
    Messages(kep::Consignment),
    Paper(paper::Consignment),
    Internal(internal::Consignment),
}

/// What a channel made: ready to be written down, or first to be signed by a KEP officer.
pub(super) enum Made {
    Ready(Consignment),
    ToSign(order::Draft),
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
) -> Result<Made> {
    let ready = match channel {
        Channel::Kep => match kep::make(app, actor, job, &lines).await? {
            kep::Made::Signed(consignment) => Consignment::Messages(consignment),
            kep::Made::ToSign(draft) => return Ok(Made::ToSign(draft)),
        },
        Channel::Uets => Consignment::Messages(uets::make(app, actor, job, &lines).await?),
        Channel::Paper => Consignment::Paper(paper::Consignment(lines)),
        Channel::Internal => Consignment::Internal(internal::make(job, lines)),
    };
    Ok(Made::Ready(ready))
}

impl Made {
    /// What is ready; none when it is to be signed first.
    pub(super) fn consignment(self) -> Option<Consignment> {
        match self {
            Self::Ready(consignment) => Some(consignment),
            Self::ToSign(_) => None,
        }
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
            Self::Messages(consignment) => consignment.commit(tx, act, letter, hold_until),
            Self::Paper(consignment) => consignment.commit(tx, act, letter, hold_until),
            Self::Internal(consignment) => consignment.commit(tx, act, letter, hold_until),
        }
    }
}

/// Stops what every channel still holds of the letter; says how many items were held.
///
/// # Errors
/// `durdurulamaz` when something has left already: then nothing is stopped.
pub(super) fn stop(tx: &mut Tx<'_>, act: &Act<'_>, letter: &Letter) -> Result<usize> {
    let electronic = kep::stop(tx, act, letter)? + internal::stop(tx, act, letter)?;
    Ok(electronic + paper::stop(tx, act, letter)?)
}
