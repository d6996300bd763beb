//! Letters that are not signed yet: one's own and those of one's units, a page at a time; and
//! throwing a draft away.

use jiff::Timestamp;
use serde_json::json;

use super::{Letter, State, draft, number, store, words};
use crate::access::{Act, Role};
use crate::approval::{self, StepKind};
use crate::audit;
use crate::distribution;
use crate::error::{Result, conflict};
use crate::inbox;
use crate::store::Tx;

words! {
    /// Which of them are shown; the code stands in the address.
    Filter {
        Own = "", "Hazırladıklarım";
        Draft = "taslak", "Taslak";
        InApproval = "onayda", "Onayda";
        Returned = "iade", "İade";
        /// What colleagues of one's units prepare.
        Unit = "birim", "Birimimin";
    }
}

impl Filter {
    pub(super) fn states(self) -> &'static str {
        match self {
            Self::Own | Self::Unit => "'draft', 'in_approval', 'returned'",
            Self::Draft => "'draft'",
            Self::InApproval => "'in_approval'",
            Self::Returned => "'returned'",
        }
    }
}

/// Lines of one page.
pub(super) const PAGE: usize = 50;

/// A line of the list.
#[derive(Debug, Clone)]
pub struct Line {
    pub id: String,
    pub subject: String,
    pub state: State,
    pub drafter_name: String,
    pub unit_name: String,
    pub updated_at: Timestamp,
    /// Whose initial or signature it waits for, while it is in approval.
    pub waits_for: Option<(StepKind, String)>,
}

/// One page, and the key of the lines that follow.
#[derive(Debug, Clone)]
pub struct Page {
    pub lines: Vec<Line>,
    pub next: Option<String>,
}

/// The letters of a filter, the last changed first, after the line that `after` names.
///
/// # Errors
/// When the store fails.
pub fn page(tx: &mut Tx<'_>, act: &Act<'_>, filter: Filter, after: Option<&str>) -> Result<Page> {
    let after = after.and_then(|key| {
        let (at, id) = key.split_once('-')?;
        Some((at.parse().ok()?, id))
    });
    let mut lines = store::unfinished(tx, act, filter, after)?;
    let more = lines.len() > PAGE;
    lines.truncate(PAGE);
    let next = lines
        .last()
        .filter(|_| more)
        .map(|line| format!("{}-{}", line.updated_at.as_microsecond(), line.id));
    Ok(Page { lines, next })
}

/// Whether the person may throw this letter away: the drafter or the registry of its unit, while
/// it is a draft or returned and never took a number.
///
/// # Errors
/// When the store fails.
pub fn may_discard(tx: &mut Tx<'_>, act: &Act<'_>, letter: &Letter) -> Result<bool> {
    Ok(is_keeper(act, letter) && letter.is_editable() && !number::was_taken(tx, &letter.id)?)
}

fn is_keeper(act: &Act<'_>, letter: &Letter) -> bool {
    letter.drafter_id == act.actor.user_id || act.actor.has_in(Role::Registry, &letter.unit_id)
}

/// Taslağı Sil: the draft goes with its text, attachments, recipients and chain; the log keeps
/// that it was there. What took a number stays, since the register tells what became of it.
///
/// # Errors
/// `evrak_yok`, `yetki_yok`, `evrak_kapali`, `surum_eski`, `taslak_sayili`.
pub fn discard(tx: &mut Tx<'_>, act: &Act<'_>, id: &str, version: i64) -> Result<()> {
    let letter = draft::open(tx, act, id)?;
    if !is_keeper(act, &letter) {
        act.actor.require_in(&[Role::Registry], &letter.unit_id)?;
    }
    letter.require_editable()?;
    letter.require_version(version)?;
    if number::was_taken(tx, id)? {
        return Err(conflict(
            "taslak_sayili",
            "Bu evrak bir sayı almıştı; sayı defterinde karşılığı durmalıdır, silinemez. Gerek \
             kalmadıysa olduğu gibi bırakın ya da düzeltip yeniden onaya sunun.",
        ));
    }
    approval::forget(tx, id)?;
    distribution::forget(tx, id)?;
    inbox::answer::forget(tx, act, id)?;
    store::delete(tx, id)?;
    let detail = json!({
        "unit": letter.unit_id,
        "drafter": letter.drafter_id,
        "state": letter.state.code(),
        "created_at": letter.created_at.to_string(),
    });
    audit::record(tx, act, "document.discard", "document", id, &detail)
}
