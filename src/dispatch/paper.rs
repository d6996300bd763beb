//! *DYS Dışı Evrak Gönderim*: each line becomes an envelope that waits to be posted.

use jiff::Timestamp;
use serde_json::json;

use super::channel::Receipt;
use super::send::too_late;
use crate::access::Act;
use crate::distribution::Recipient;
use crate::document::Letter;
use crate::error::Result;
use crate::paper;
use crate::setting;
use crate::store::Tx;

/// The lines that get paper.
pub(super) struct Consignment(pub Vec<Recipient>);

impl Consignment {
    /// Makes the envelopes; nothing leaves the house before somebody posts one.
    pub(super) fn commit(
        &self,
        tx: &mut Tx<'_>,
        act: &Act<'_>,
        letter: &Letter,
        hold_until: Timestamp,
    ) -> Result<Receipt> {
        paper::make_for(tx, act, letter, &self.0)?;
        Ok(Receipt {
            name: "paper",
            facts: json!(self.0.len()),
            message_ids: Vec::new(),
            held_until: Some(hold_until),
        })
    }
}

/// Takes the envelopes back within the time that the letter is held.
pub(super) fn stop(tx: &mut Tx<'_>, act: &Act<'_>, letter: &Letter) -> Result<usize> {
    let hold = setting::number(tx, setting::HOLD_SECONDS)?;
    let over = letter
        .dispatched_at
        .is_none_or(|at| act.now >= at + jiff::SignedDuration::from_secs(hold));
    let count = paper::withdraw(tx, letter)?;
    if count > 0 && over {
        return Err(too_late());
    }
    Ok(count)
}
