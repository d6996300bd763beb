//! *Gelen Evrak*: the registry by criteria, the newest first.

use jiff::Timestamp;
use jiff::civil::Date;

use super::{IncomingKind, Source, State, store};
use crate::access::Act;
use crate::document::Urgency;
use crate::error::Result;
use crate::paper::barcode;
use crate::store::Tx;

/// Rows of one page.
pub const PAGE: usize = 50;

/// What is looked for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Criteria {
    pub source: Option<Source>,
    pub kind: Option<IncomingKind>,
    pub state: Option<State>,
    /// The unit whose registry holds it; empty means all that one sees.
    pub unit_id: String,
    /// Words of subject, sender and their number, in any order.
    pub words: String,
    /// Registration number or its last part, their number, or a barcode.
    pub number: String,
    /// Day of registration, both ends included.
    pub from: Option<Date>,
    pub until: Option<Date>,
    /// The id of the last row of the page before.
    pub after: Option<String>,
}

/// One line of the registry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    pub id: String,
    pub source: Source,
    pub kind: IncomingKind,
    pub state: State,
    pub registration_number: String,
    pub registered_at: Timestamp,
    pub delivered_at: Option<Timestamp>,
    pub is_read: bool,
    pub sender: String,
    pub their_number: String,
    pub their_date: Option<Date>,
    pub subject: String,
    pub urgency: Urgency,
    pub due_date: Option<Date>,
    pub unit_name: String,
    pub files: i64,
}

/// A page of rows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page {
    pub lines: Vec<Line>,
    /// Asks for the next page, when there is one.
    pub next: Option<String>,
}

/// What the person may see of the registry.
///
/// # Errors
/// When the store fails.
pub fn search(tx: &mut Tx<'_>, act: &Act<'_>, criteria: &Criteria) -> Result<Page> {
    let mut lines = store::search(tx, act, criteria, PAGE + 1)?;
    let more = lines.len() > PAGE;
    lines.truncate(PAGE);
    let next = lines.last().filter(|_| more).map(|line| line.id.clone());
    Ok(Page { lines, next })
}

/// What a person typed or scanned into the frame's search: the lines whose registration number,
/// sender's number or barcode it is, at most two.
///
/// # Errors
/// When the store fails.
pub fn named(tx: &mut Tx<'_>, act: &Act<'_>, typed: &str) -> Result<Vec<String>> {
    let typed = typed.trim();
    if typed.is_empty() {
        return Ok(Vec::new());
    }
    Ok(store::named(tx, act, typed, &barcode::normal(typed))?)
}
