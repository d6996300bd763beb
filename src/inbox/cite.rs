//! Citing what came in (ilgi): lines of the registry are found, put into words and linked.

use super::list::{Criteria, Line};
use super::{Incoming, State, answer, store};
use crate::access::Act;
use crate::distribution::preflight::{Finding, Severity};
use crate::distribution::{self, Recipient};
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
    let text = if goes_to_sender_alone("", &incoming, &lines) {
        incoming.citation()
    } else {
        incoming.citation_to_others()
    };
    reference::cite_incoming(tx, act, document_id, incoming_id, &text)
}

fn goes_to_sender_alone(addressee: &str, incoming: &Incoming, lines: &[Recipient]) -> bool {
    let to_sender = |line| answer::is_sender(addressee, incoming, line);
    !lines.is_empty() && lines.iter().all(to_sender)
}

/// Lines that say *yazınız* to somebody who did not write what they cite: recipients were added
/// since.
///
/// # Errors
/// When the store fails.
pub(crate) fn misaddressed(
    tx: &mut Tx<'_>,
    document_id: &str,
    recipients: &[Recipient],
) -> Result<Vec<Finding>> {
    let mut findings = Vec::new();
    if recipients.is_empty() {
        return Ok(findings);
    }
    let link = store::link_of(tx, document_id)?;
    for line in reference::all(tx, document_id)? {
        let Some(id) = &line.incoming_id else {
            continue;
        };
        let Some(incoming) = store::any(tx, id)? else {
            continue;
        };
        let answered = link.as_ref().filter(|link| link.incoming_id == *id);
        let addressee = answered.map_or("", |link| link.addressee.as_str());
        let alone = goes_to_sender_alone(addressee, &incoming, recipients);
        if line.text == incoming.citation() && !alone {
            findings.push(Finding {
                severity: Severity::Warning,
                code: "ilgi_muhatap",
                sentence: format!(
                    "İlgi satırı “{}” diyor, ama yazı onu göndermeyen bir alıcıya da gidiyor. \
                     Öneri: {}",
                    line.text,
                    incoming.citation_to_others()
                ),
                ways_out: vec!["İlgi satırını silip evrakı yeniden ilgi tutun; öneri yazılır."],
            });
        }
    }
    Ok(findings)
}
