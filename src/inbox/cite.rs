//! Citing what came in (ilgi): lines of the registry are found, put into words and linked.

use super::list::{Criteria, Line};
use super::{State, answer, store};
use crate::access::Act;
use crate::distribution;
use crate::document::reference;
use crate::error::{Result, conflict};
use crate::store::Tx;

const MOST: usize = 20;

/// Lines of the registry that may be cited: visible ones, found by number, sender or subject, the
/// newest first.
///
/// # Errors
/// When the store fails.
pub fn citable(tx: &mut Tx<'_>, act: &Act<'_>, words: &str) -> Result<Vec<Line>> {
    let criteria = Criteria {
        words: words.to_owned(),
        ..Criteria::default()
    };
    let mut lines = store::search(tx, act, &criteria, MOST)?;
    lines.retain(|line| line.state != State::Withdrawn);
    Ok(lines)
}

/// Cites a line of the registry in a letter: `… sayılı yazınız` when the letter goes to its sender
/// alone, else by the sender's name, which is true whoever reads it.
///
/// # Errors
/// `gelen_yok`, `ilgi_geri_alindi`, `ilgi_var`, `ilgi_cok`, and as `document::draft`.
pub fn cite(tx: &mut Tx<'_>, act: &Act<'_>, document_id: &str, incoming_id: &str) -> Result<()> {
    let incoming = super::open(tx, act, incoming_id)?;
    if incoming.state == State::Withdrawn {
        return Err(conflict(
            "ilgi_geri_alindi",
            "Gönderen bu evrakı geri aldı; ilgi tutulamaz. Başka bir evrak seçin.",
        ));
    }
    let lines = distribution::list::list(tx, act, document_id)?;
    let to_sender = |line| answer::is_sender("", &incoming, line);
    let text = if !lines.is_empty() && lines.iter().all(to_sender) {
        incoming.citation()
    } else {
        incoming.citation_to_others()
    };
    reference::cite_incoming(tx, act, document_id, incoming_id, &text)
}
