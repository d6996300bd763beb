//! *Birim Giden Evrak Takibi*: the manual's criteria, one row per recipient (decision 22).

use jiff::civil::Date;
use kep::evidence::EvidenceKind;

mod store;

use super::machine::State;
use super::store as outbox;
use super::withhold::{self, Withheld};
use super::worker::next_step;
use crate::access::Act;
use crate::distribution::{self, Channel, Recipient};
use crate::document::{Letter, draft};
use crate::error::{Result, malformed};
use crate::evidence::{self, Duty, Standing, Stored, Trust, service, text};
use crate::paper;
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
    /// None for an Olur that goes to nobody.
    pub recipient_id: Option<String>,
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
    /// By what a duty that the evidence asked for was done.
    pub settled: Option<&'static str>,
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
    /// When a notice is expected to count as served, and the day that the law names: counted by
    /// DYS from the evidence of arrival (Tebligat Kanunu article 7/a).
    pub expected_served: Option<(jiff::civil::Date, jiff::Timestamp)>,
    /// The envelope, where paper goes or went.
    pub paper: Option<paper::Item>,
    /// What DYS does next by itself, and when.
    pub next: Option<(&'static str, jiff::Timestamp)>,
}

/// A letter with the way of each recipient.
///
/// # Errors
/// `evrak_yok`.
pub fn letter(tx: &mut Tx<'_>, act: &Act<'_>, document_id: &str) -> Result<(Letter, Vec<Way>)> {
    let letter = draft::open(tx, act, document_id)?;
    let recipients = distribution::list::all(tx, document_id)?;
    let withheld = withhold::of(tx, document_id)?;
    let ways = ways(tx, recipients, withheld.as_ref())?;
    Ok((letter, ways))
}

/// A page of a letter's recipients with their ways.
#[derive(Debug, Clone)]
pub struct WayPage {
    pub letter: Letter,
    pub ways: Vec<Way>,
    /// Recipients in all.
    pub total: usize,
    /// The position after which the next page begins.
    pub next: Option<i64>,
    /// While everything is still held: until when the sending can be stopped.
    pub held_until: Option<jiff::Timestamp>,
    /// A person closed the letter: nobody gets it.
    pub withheld: Option<Withheld>,
}

/// The ways of the recipients after a position, or of one recipient alone.
///
/// # Errors
/// `evrak_yok`.
pub fn letter_page(
    tx: &mut Tx<'_>,
    act: &Act<'_>,
    document_id: &str,
    after: i64,
    only: Option<&str>,
) -> Result<WayPage> {
    let letter = draft::open(tx, act, document_id)?;
    let mut page = distribution::list::page(tx, act, document_id, after)?;
    if let Some(only) = only.filter(|_| page.total > distribution::list::PAGE) {
        let one = distribution::list::by_id(tx, only)?;
        page.lines = one
            .into_iter()
            .filter(|line| line.document_id == document_id)
            .collect();
        page.next = None;
    }
    let withheld = withhold::of(tx, document_id)?;
    Ok(WayPage {
        ways: ways(tx, page.lines, withheld.as_ref())?,
        total: page.total,
        next: page.next,
        held_until: outbox::held_until(tx, document_id, act.now)?,
        withheld,
        letter,
    })
}

fn ways(
    tx: &mut Tx<'_>,
    recipients: Vec<Recipient>,
    withheld: Option<&Withheld>,
) -> Result<Vec<Way>> {
    let legal = setting::number(tx, setting::LEGAL_PERIOD_SECONDS)?;
    let notice = setting::number(tx, setting::NOTICE_PERIOD_SECONDS)?;
    let shortened = (notice > 0).then(|| jiff::SignedDuration::from_secs(notice));
    let mut ways = Vec::with_capacity(recipients.len());
    for recipient in recipients {
        let message = match &recipient.message_id {
            Some(id) => outbox::message(tx, id)?,
            None => None,
        };
        let mut way = way(tx, recipient, message, legal)?;
        way.expected_served = expected_served(&way, shortened);
        way.paper = paper::of_recipient(tx, &way.recipient.id)?;
        if let Some(withheld) = withheld {
            way.delivery_status = withheld.delivery_status();
        }
        ways.push(way);
    }
    Ok(ways)
}

/// Counted from the first evidence of arrival, until the provider says that it is served.
fn expected_served(
    way: &Way,
    shortened: Option<jiff::SignedDuration>,
) -> Option<(jiff::civil::Date, jiff::Timestamp)> {
    if way.recipient.destination_type.channel() != Channel::Uets {
        return None;
    }
    let counted = || {
        let facts = way.evidence.iter().map(|stored| &stored.fact);
        facts.filter(|fact| fact.trust == Trust::Counted)
    };
    if counted().any(|fact| fact.kind == EvidenceKind::Served) {
        return None;
    }
    let arrivals = counted()
        .filter(|fact| fact.kind == EvidenceKind::Delivered)
        .filter_map(|fact| fact.at);
    let arrived = arrivals.min()?;
    let at = service::served_at(arrived, shortened);
    let on = match shortened {
        Some(_) => crate::clock::local(at).date(),
        None => service::served_on(arrived),
    };
    Some((on, at))
}

/// What is known of the handing over itself.
struct Handing<'a> {
    state: State,
    /// The provider's own words, or empty.
    failure: &'a str,
}

/// *Posta Durumu*: a proof says most; before one, a letter that may have arrived or that the
/// provider refused does not read as one that still waits. The number is the provider's own, so
/// neither sentence bears one (decision 18).
/// The clerk's word for a duty that is done: without it a failure would stand there as if nobody
/// had acted.
fn settled(obliged: Duty, open: Duty, posted: bool) -> Option<&'static str> {
    let asked = matches!(obliged, Duty::Paper | Duty::Contact | Duty::Person);
    match (asked && open == Duty::None, posted) {
        (false, _) => None,
        (true, true) => Some("Kâğıtla gönderildi"),
        (true, false) => Some("Görüşüldü"),
    }
}

fn delivery_status(
    channel: Channel,
    line: &str,
    sent_at: Option<jiff::Timestamp>,
    handing: Option<Handing<'_>>,
) -> String {
    let provider = match channel {
        Channel::Uets => "UETS",
        _ => "KEP sağlayıcısı",
    };
    match handing {
        Some(Handing {
            state: State::Unknown,
            ..
        }) if line.is_empty() => "Gönderim sonucu bilinmiyor; sağlayıcıya soruluyor".to_owned(),
        Some(Handing {
            state: State::Failed,
            failure,
        }) if line.is_empty() => format!("{provider} kabul etmedi: {failure}"),
        _ => text::delivery_status(channel, line, sent_at),
    }
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
    let handing = message.as_ref().map(|message| Handing {
        state: message.state,
        failure: message.failure_text.as_deref().unwrap_or_default(),
    });
    let delivery_status = delivery_status(channel, &recipient.status_line, sent_at, handing);
    let by_kep = channel == Channel::Kep;
    let expected_read_at = (by_kep
        && Standing::from_code(&recipient.status) == Standing::Delivered)
        .then(|| {
            let at = recipient.status_at?;
            Some(at + jiff::SignedDuration::from_secs(legal_seconds))
        })
        .flatten();
    Ok(Way {
        delivery_status,
        next: message
            .as_ref()
            .and_then(|message| next_step(message, paused.is_some())),
        recipient,
        message,
        paused,
        attempts,
        evidence,
        expected_read_at,
        expected_served: None,
        paper: None,
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

pub const ORDER: [Standing; 12] = [
    Standing::None,
    Standing::Sent,
    Standing::Accepted,
    Standing::RelayAccepted,
    Standing::Delivered,
    Standing::Read,
    Standing::DeemedRead,
    Standing::Served,
    Standing::Posted,
    Standing::PaperDelivered,
    Standing::PaperReturned,
    Standing::Failed,
];
