//! What a person must do now, and how each duty is closed.

pub mod contact;
pub mod list;
pub mod posting;
mod store;

use crate::error::Result;
use crate::store::Tx;

/// What people recorded about a recipient, as (moment, sentence), the newest first.
///
/// # Errors
/// When the store fails.
pub fn records(tx: &mut Tx<'_>, recipient_id: &str) -> Result<Vec<(jiff::Timestamp, String)>> {
    let mut records = store::talks(tx, recipient_id)?;
    records.extend(crate::paper::records(tx, recipient_id)?);
    records.sort_by_key(|(at, _)| std::cmp::Reverse(*at));
    Ok(records)
}

pub use list::{Item, Kind, WorkList};
pub(crate) use store::OPEN_DUTY;
