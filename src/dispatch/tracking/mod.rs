//! *Birim Giden Evrak Takibi*: the manual's criteria, one row per recipient (decision 22).

use jiff::civil::Date;

mod store;

use super::store as outbox;
use super::worker::next_step;
use crate::access::Act;
use crate::distribution::{self, Channel, Recipient};
use crate::document::{Letter, draft};
use crate::error::{Result, malformed};
use crate::evidence::{self, Duty, Standing, Stored, text};
use crate::setting;
use crate::store::Tx;

/// Rows of one page.
pub const PAGE: usize = 50;

/// The manual's criteria (figure 10), as they were typed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Criteria {
    /// *Dosya No*: file code, or file code and folder number as in `934.01-3`.
    pub file_no: String,
    /// *İlgili Birim*: a unit's id, with the units below it; empty means all of one's own.
    pub unit_id: String,
    /// *Gönderilen Birim*: words of the recipient's name.
    pub recipient: String,
    /// *Resmî Evrak Sayısı*: the whole number or its last part.
    pub number: String,
    /// *Konu*: words in any order.
    pub subject: String,
    /// *Evrak Tarihi*, both ends included.
    pub from: Option<Date>,
    pub until: Option<Date>,
    /// A [`Standing`] by its code; from the bars of the start page.
    pub standing: String,
    /// The key of the last row of the page before.
    pub after: Option<String>,
}

/// One line of the result.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    pub document_id: String,
    pub recipient_id: String,
    pub file_no: String,
    /// *Dosya Türü*.
    pub file_kind: String,
    pub subject: String,
    pub note: String,
    pub recipient: String,
    pub kind: String,
    pub official_date: Option<Date>,
    pub official_number: String,
    pub attachments: i64,
    pub standing: Standing,
    pub duty: Duty,
    /// *Posta Durumu*.
    pub delivery_status: String,
    /// The key that asks for what follows this row.
    pub key: String,
}

/// A page of rows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page {
    pub lines: Vec<Line>,
    /// Asks for the next page, when there is one.
    pub next: Option<String>,
}

/// Signed and dispatched letters that the person may see, newest first.
///
/// # Errors
/// `sayfa_anahtari` when `after` is not a key of ours.
pub fn search(tx: &mut Tx<'_>, act: &Act<'_>, criteria: &Criteria) -> Result<Page> {
    let after = criteria.after.as_deref().map(key_parts).transpose()?;
    let mut lines = store::search(tx, act, criteria, after)?;
    let more = lines.len() > PAGE;
    lines.truncate(PAGE);
    let next = lines.last().filter(|_| more).map(|line| line.key.clone());
    Ok(Page { lines, next })
}

fn key_parts(key: &str) -> Result<(String, i64)> {
    key.rsplit_once('.')
        .and_then(|(document, position)| Some((document.to_owned(), position.parse().ok()?)))
        .ok_or_else(|| {
            malformed(
                "sayfa_anahtari",
                "Sayfa adresi okunamadı. Sorguyu baştan yapın.",
            )
        })
}

/// Everything about one recipient's way.
#[derive(Debug, Clone)]
pub struct Way {
    pub recipient: Recipient,
    pub message: Option<outbox::Outgoing>,
    /// Why the account's queue stands still, in words.
    pub paused: Option<String>,
    pub attempts: Vec<outbox::Attempt>,
    /// Newest first.
    pub evidence: Vec<Stored>,
    pub delivery_status: String,
    /// When the letter is expected to count as read: only the provider's evidence decides.
    pub expected_read_at: Option<jiff::Timestamp>,
    /// What DYS does next by itself, and when.
    pub next: Option<(&'static str, jiff::Timestamp)>,
}

/// A letter with the way of each recipient.
///
/// # Errors
/// `evrak_yok`.
pub fn letter(tx: &mut Tx<'_>, act: &Act<'_>, document_id: &str) -> Result<(Letter, Vec<Way>)> {
    let letter = draft::open(tx, act, document_id)?;
    let legal = setting::number(tx, setting::LEGAL_PERIOD_SECONDS)?;
    let mut ways = Vec::new();
    for recipient in distribution::list::all(tx, document_id)? {
        let message = match &recipient.message_id {
            Some(id) => outbox::message(tx, id)?,
            None => None,
        };
        ways.push(way(tx, recipient, message, legal)?);
    }
    Ok((letter, ways))
}

fn way(
    tx: &mut Tx<'_>,
    recipient: Recipient,
    message: Option<outbox::Outgoing>,
    legal_seconds: i64,
) -> Result<Way> {
    let (mut attempts, mut evidence, mut paused) = (Vec::new(), Vec::new(), None);
    if let Some(message) = &message {
        attempts = outbox::attempts(tx, &message.id)?;
        evidence = evidence::of(tx, &message.id)?;
        evidence.sort_by_key(|stored| std::cmp::Reverse((stored.fact.at, stored.fact.kind)));
        paused =
            outbox::account(tx, &message.account_id)?.and_then(|account| account.paused_reason);
    }
    let sent_at = message.as_ref().and_then(|message| message.sent_at);
    let channel = recipient.destination_type.channel();
    let by_kep = channel == Channel::Kep;
    let expected_read_at = (by_kep
        && Standing::from_code(&recipient.status) == Standing::Delivered)
        .then(|| {
            let at = recipient.status_at?;
            Some(at + jiff::SignedDuration::from_secs(legal_seconds))
        })
        .flatten();
    Ok(Way {
        delivery_status: text::delivery_status(channel, &recipient.status_line, sent_at),
        next: message
            .as_ref()
            .and_then(|message| next_step(message, paused.is_some())),
        recipient,
        message,
        paused,
        attempts,
        evidence,
        expected_read_at,
    })
}

/// The blob of an evidence file of a letter that the person may see.
///
/// # Errors
/// `evrak_yok`, `delil_yok`.
pub fn evidence_file(
    tx: &mut Tx<'_>,
    act: &Act<'_>,
    document_id: &str,
    evidence_id: &str,
) -> Result<crate::store::BlobHash> {
    draft::open(tx, act, document_id)?;
    let hash = store::evidence_blob(tx, document_id, evidence_id)?;
    hash.ok_or_else(|| {
        crate::error::not_found("delil_yok", "Delil dosyası henüz alınmadı ya da yok.")
    })
}

/// Where the letters of the last days stand: (state, recipients), in the order of the way.
///
/// # Errors
/// When the store fails.
pub fn standings(tx: &mut Tx<'_>, act: &Act<'_>, since: Date) -> Result<Vec<(Standing, i64)>> {
    let counted = store::standings(tx, act, since)?;
    let count_of = |standing: Standing| {
        let found = counted.iter().find(|(known, _)| *known == standing);
        found.map_or(0, |(_, count)| *count)
    };
    Ok(ORDER
        .map(|standing| (standing, count_of(standing)))
        .to_vec())
}

const ORDER: [Standing; 8] = [
    Standing::None,
    Standing::Sent,
    Standing::Accepted,
    Standing::RelayAccepted,
    Standing::Delivered,
    Standing::Read,
    Standing::DeemedRead,
    Standing::Failed,
];
