//! *DYS İçi Evrak Gönderim*: the letter lands in the units' Gelen Evrak with Evrakı Gönder itself.

use jiff::Timestamp;
use serde_json::json;

use super::channel::{Job, Receipt};
use super::send::too_late;
use crate::access::Act;
use crate::distribution::Recipient;
use crate::document::Letter;
use crate::document::attach::Attachment;
use crate::error::Result;
use crate::inbox;
use crate::store::Tx;

/// The units inside that get the letter.
pub(super) struct Consignment {
    lines: Vec<Recipient>,
    attachments: Vec<Attachment>,
}

/// Nothing has to be made: the bytes are in the house.
pub(super) fn make(job: &Job, lines: Vec<Recipient>) -> Consignment {
    Consignment {
        lines,
        attachments: job.attachments.clone(),
    }
}

impl Consignment {
    /// Registers the letter in each unit, in the sender's transaction.
    pub(super) fn commit(
        &self,
        tx: &mut Tx<'_>,
        act: &Act<'_>,
        letter: &Letter,
        _hold_until: Timestamp,
    ) -> Result<Receipt> {
        let numbers = inbox::internal::receive(tx, act, letter, &self.lines, &self.attachments)?;
        let facts = self.lines.iter().zip(numbers);
        Ok(Receipt {
            name: "internal",
            facts: facts
                .map(|(line, number)| json!({ "unit": line.unit_id, "number": number }))
                .collect(),
            message_ids: Vec::new(),
            held_until: None,
        })
    }
}

/// Takes back what nobody has read; it rides on what another channel still holds.
pub(super) fn stop(tx: &mut Tx<'_>, act: &Act<'_>, letter: &Letter) -> Result<usize> {
    match inbox::internal::withdraw(tx, act, &letter.id)? {
        Some(_) => Ok(0),
        None => Err(too_late()),
    }
}
