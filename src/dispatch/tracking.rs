//! *Birim Giden Evrak Takibi*: the manual's criteria, one row per recipient (decision 22).

use jiff::civil::Date;

use super::store;
use super::worker::next_step;
use crate::access::{Act, VISIBLE_LETTER};
use crate::distribution::{self, Recipient};
use crate::document::{Letter, draft};
use crate::error::{Result, malformed};
use crate::evidence::{self, Duty, Standing, Stored, text};
use crate::params;
use crate::setting;
use crate::store::{Row, StoreError, Tx, Value};
use crate::turkish;

/// Rows of one page.
pub const PAGE: usize = 50;

/// The manual's criteria (figure 10), as they were typed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Criteria {
    /// *Dosya No*: file code, or file code and folder number as in `934.01-3`.
    pub file_no: String,
    /// *İlgili Birim*: a unit's id; empty means all of one's own.
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
    let mut sql = format!(
        "SELECT d.id AS document_id, r.id AS recipient_id, r.position, r.label, r.status, r.duty, \
         r.status_line, d.plan_code, d.subject, d.note, d.kind, d.official_date, \
         d.official_number, m.sent_at, c.folder_no, c.kind AS file_kind, \
         (SELECT COUNT(*) FROM attachment a WHERE a.document_id = d.id) AS attachments \
         FROM document d JOIN recipient r ON r.document_id = d.id \
         LEFT JOIN outgoing_message m ON m.id = r.message_id \
         LEFT JOIN case_file c ON c.id = d.case_file_id \
         WHERE d.state IN ('signed', 'dispatched') AND {VISIBLE_LETTER}"
    );
    let mut values = vec![
        Value::from(act.actor.user_id.as_str()),
        Value::from(act.now),
    ];
    let mut filter = |condition: &str, value: Value| {
        values.push(value);
        sql.push_str(" AND ");
        sql.push_str(&condition.replace("?#", &format!("?{}", values.len())));
    };
    by_file(criteria.file_no.trim(), &mut filter);
    if !criteria.unit_id.is_empty() {
        filter("d.unit_id = ?#", Value::from(&criteria.unit_id));
    }
    for word in turkish::search_words(&criteria.recipient) {
        filter("r.label_key LIKE ?#", contains(&word));
    }
    for word in turkish::search_words(&criteria.subject) {
        filter("d.subject_key LIKE ?#", contains(&word));
    }
    by_number(criteria.number.trim(), &mut filter);
    if let Some(from) = criteria.from {
        filter("d.official_date >= ?#", Value::from(from));
    }
    if let Some(until) = criteria.until {
        filter("d.official_date <= ?#", Value::from(until));
    }
    if !criteria.standing.is_empty() {
        filter("r.status = ?#", Value::from(&criteria.standing));
    }
    if let Some(after) = &criteria.after {
        let (document, position) = key_parts(after)?;
        values.push(Value::from(document));
        values.push(Value::from(position));
        let (d, p) = (values.len() - 1, values.len());
        sql.push_str(&format!(
            " AND (d.id < ?{d} OR (d.id = ?{d} AND r.position > ?{p}))"
        ));
    }
    values.push(Value::from(PAGE + 1));
    sql.push_str(&format!(
        " ORDER BY d.id DESC, r.position LIMIT ?{}",
        values.len()
    ));
    let rows = tx.query(&sql, &values)?;
    let mut lines = rows
        .iter()
        .map(line_of)
        .collect::<Result<Vec<_>, StoreError>>()?;
    let more = lines.len() > PAGE;
    lines.truncate(PAGE);
    let next = lines.last().filter(|_| more).map(|line| line.key.clone());
    Ok(Page { lines, next })
}

/// `%word%`; the folded words hold neither `%` nor `_`.
fn contains(word: &str) -> Value {
    Value::from(format!("%{}%", word.replace(['%', '_'], "")))
}

fn by_file(typed: &str, filter: &mut impl FnMut(&str, Value)) {
    if typed.is_empty() {
        return;
    }
    let folder = typed
        .rsplit_once('-')
        .and_then(|(code, number)| Some((code, number.parse::<i64>().ok()?)));
    match folder {
        Some((code, number)) => {
            filter("d.plan_code = ?#", Value::from(code.trim()));
            filter("c.folder_no = ?#", Value::from(number));
        }
        None => filter("d.plan_code = ?#", Value::from(typed)),
    }
}

fn by_number(typed: &str, filter: &mut impl FnMut(&str, Value)) {
    match typed.parse::<i64>() {
        Ok(last_part) => filter("d.official_seq = ?#", Value::from(last_part)),
        Err(_) if !typed.is_empty() => filter("d.official_number = ?#", Value::from(typed)),
        Err(_) => {}
    }
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

fn line_of(row: &Row) -> Result<Line, StoreError> {
    let code: Option<String> = row.get("plan_code")?;
    let folder: Option<i64> = row.get("folder_no")?;
    let code = code.unwrap_or_default();
    let document_id: String = row.get("document_id")?;
    let status_line: String = row.get("status_line")?;
    Ok(Line {
        key: format!("{document_id}.{}", row.get::<i64>("position")?),
        recipient_id: row.get("recipient_id")?,
        file_no: folder.map_or(code.clone(), |folder| format!("{code}-{folder}")),
        file_kind: row.get::<Option<String>>("file_kind")?.unwrap_or_default(),
        subject: row.get("subject")?,
        note: row.get("note")?,
        recipient: row.get("label")?,
        kind: row.get("kind")?,
        official_date: row.get("official_date")?,
        official_number: row
            .get::<Option<String>>("official_number")?
            .unwrap_or_default(),
        attachments: row.get("attachments")?,
        standing: Standing::from_code(&row.get::<String>("status")?),
        duty: Duty::from_code(&row.get::<String>("duty")?),
        delivery_status: text::delivery_status(&status_line, row.get("sent_at")?),
        document_id,
    })
}

/// Everything about one recipient's way.
#[derive(Debug, Clone)]
pub struct Way {
    pub recipient: Recipient,
    pub message: Option<store::Outgoing>,
    /// Why the account's queue stands still, in words.
    pub paused: Option<String>,
    pub attempts: Vec<store::Attempt>,
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
            Some(id) => store::message(tx, id)?,
            None => None,
        };
        ways.push(way(tx, recipient, message, legal)?);
    }
    Ok((letter, ways))
}

fn way(
    tx: &mut Tx<'_>,
    recipient: Recipient,
    message: Option<store::Outgoing>,
    legal_seconds: i64,
) -> Result<Way> {
    let (mut attempts, mut evidence, mut paused) = (Vec::new(), Vec::new(), None);
    if let Some(message) = &message {
        attempts = store::attempts(tx, &message.id)?;
        evidence = evidence::of(tx, &message.id)?;
        evidence.sort_by_key(|stored| std::cmp::Reverse((stored.fact.at, stored.fact.kind)));
        paused = store::account(tx, &message.account_id)?.and_then(|account| account.paused_reason);
    }
    let sent_at = message.as_ref().and_then(|message| message.sent_at);
    let expected_read_at = (Standing::from_code(&recipient.status) == Standing::Delivered)
        .then(|| {
            let at = recipient.status_at?;
            Some(at + jiff::SignedDuration::from_secs(legal_seconds))
        })
        .flatten();
    Ok(Way {
        delivery_status: text::delivery_status(&recipient.status_line, sent_at),
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
    let row = tx.query_opt(
        "SELECT e.blob_hash FROM evidence e JOIN outgoing_message m ON m.id = e.message_id \
         WHERE m.document_id = ?1 AND e.evidence_id = ?2 AND e.blob_hash IS NOT NULL",
        params![document_id, evidence_id],
    )?;
    let hash = row.map(|row| row.get("blob_hash")).transpose()?;
    hash.ok_or_else(|| {
        crate::error::not_found("delil_yok", "Delil dosyası henüz alınmadı ya da yok.")
    })
}

/// Where the letters of the last days stand: (state, recipients), in the order of the way.
///
/// # Errors
/// When the store fails.
pub fn standings(tx: &mut Tx<'_>, act: &Act<'_>, since: Date) -> Result<Vec<(Standing, i64)>> {
    let rows = tx.query(
        &format!(
            "SELECT r.status, COUNT(*) AS count FROM document d \
             JOIN recipient r ON r.document_id = d.id \
             WHERE d.state IN ('signed', 'dispatched') AND d.official_date >= ?3 \
             AND {VISIBLE_LETTER} GROUP BY r.status"
        ),
        params![&act.actor.user_id, act.now, since],
    )?;
    let mut counts = Vec::new();
    for standing in ORDER {
        let mut count = 0;
        for row in &rows {
            if row.get::<String>("status")? == standing.code() {
                count = row.get("count")?;
            }
        }
        counts.push((standing, count));
    }
    Ok(counts)
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
