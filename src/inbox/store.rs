//! The SQL of the registry; the permission stands inside each query.

mod arrival;
mod referral;

use jiff::Timestamp;
use jiff::civil::Date;

use super::correct::Correction;
use super::list::{Criteria, Line};
use super::period::Period;
use super::referral::ReferralState;
use super::{Incoming, Petition, State};
use crate::access::{Act, VISIBLE_INCOMING, VISIBLE_LETTER};
use crate::document::scan::Verdict;
use crate::params;
use crate::store::{BlobHash, Row, StoreError, Tx, Value};
use crate::turkish;

pub(super) use arrival::{Arrival, insert_all};
pub(super) use referral::{
    Turn, end_all, end_by_letter, end_referral, insert_referral, nobodys, people, referrals,
    referred_lately, reopen, revive, set_seen, units,
};

/// A file that came with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct File {
    pub id: String,
    pub title: String,
    pub file_name: Option<String>,
    pub media_type: Option<String>,
    /// Bytes; 0 for what is not a file.
    pub size: u64,
    pub blob_hash: Option<BlobHash>,
    pub scan: Verdict,
    /// What it is, where it is not a file; why it cannot be opened.
    pub note: String,
}

/// Something found about message, signature or package on arrival.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// `message`, `signature` or `package`.
    pub about: &'static str,
    /// `ok`, `note`, `warning` or `error`.
    pub severity: String,
    pub code: String,
    pub sentence: String,
}

/// A letter that was written because of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Linked {
    /// Like the two below, none of a letter that the person may not see.
    pub document_id: Option<String>,
    pub subject: Option<String>,
    pub official_number: Option<String>,
    pub kind: String,
    pub state: crate::document::State,
}

const INCOMING: &str = "SELECT i.*, n.name AS unit_name FROM incoming_document i \
    JOIN unit n ON n.id = i.unit_id";

fn incoming(row: &Row) -> Result<Incoming, StoreError> {
    let petition: String = row.get("petition")?;
    let period: String = row.get("period")?;
    Ok(Incoming {
        id: row.get("id")?,
        source: row.get("source")?,
        kind: row.get("kind")?,
        state: row.get("state")?,
        version: row.get("version")?,
        unit_id: row.get("unit_id")?,
        unit_name: row.get("unit_name")?,
        registration_number: row.get("registration_number")?,
        registered_at: row.get("registered_at")?,
        registered_by: row.get("registered_by")?,
        sender: row.get("sender")?,
        sender_unit_id: row.get("sender_unit_id")?,
        sender_address: row.get("sender_address")?,
        their_number: row.get("their_number")?,
        their_date: row.get("their_date")?,
        subject: row.get("subject")?,
        note: row.get("note")?,
        urgency: row.get("urgency")?,
        confidentiality: row.get("confidentiality")?,
        personal: row.get("personal")?,
        purpose: row.get("purpose")?,
        due_date: row.get("due_date")?,
        period: Period::from_code(&period).unwrap_or(Period::None),
        delivered_at: row.get("delivered_at")?,
        first_read_at: row.get("first_read_at")?,
        content_hash: row.get("content_hash")?,
        content_type: row.get("content_type")?,
        text: row.get("text")?,
        plan_code: row.get("plan_code")?,
        document_id: row.get("document_id")?,
        recipient_id: row.get("recipient_id")?,
        message_id: row.get("message_id")?,
        place: row.get("place")?,
        barcode: row.get("barcode")?,
        sender_file: row.get("sender_file")?,
        petition: serde_json::from_str::<Petition>(&petition).unwrap_or_default(),
        closing_reason: row.get("closing_reason")?,
        closed_at: row.get("closed_at")?,
    })
}

pub(super) fn visible(
    tx: &mut Tx<'_>,
    act: &Act<'_>,
    id: &str,
) -> Result<Option<Incoming>, StoreError> {
    tx.query_opt(
        &format!("{INCOMING} WHERE i.id = ?3 AND {VISIBLE_INCOMING}"),
        params![&act.actor.user_id, act.now, id],
    )?
    .as_ref()
    .map(incoming)
    .transpose()
}

/// The line whoever asks; for what follows from a letter that was sent.
pub(super) fn any(tx: &mut Tx<'_>, id: &str) -> Result<Option<Incoming>, StoreError> {
    tx.query_opt(&format!("{INCOMING} WHERE i.id = ?1"), params![id])?
        .as_ref()
        .map(incoming)
        .transpose()
}

/// The folded words under which a line is found.
fn search_key(subject: &str, sender: &str, their_number: &str, number: &str) -> String {
    turkish::search_key(&format!("{subject} {sender} {their_number} {number}"))
}

/// *Dilekçe Bilgileri* as they are stored; empty for what is not a petition.
fn petition_text(petition: &Petition) -> String {
    if *petition == Petition::default() {
        return String::new();
    }
    serde_json::to_string(petition).unwrap_or_default()
}

/// Puts a correction into the line; the caller counts the change.
pub(super) fn correct(
    tx: &mut Tx<'_>,
    incoming: &Incoming,
    after: &Correction,
) -> Result<(), StoreError> {
    let key = search_key(
        &after.subject,
        &after.sender,
        &after.their_number,
        &incoming.registration_number,
    );
    tx.execute(
        "UPDATE incoming_document SET unit_id = ?2, kind = ?3, sender = ?4, sender_unit_id = ?5, \
         their_number = ?6, their_date = ?7, subject = ?8, search_key = ?9, note = ?10, \
         purpose = ?11, plan_code = ?12, place = ?13, barcode = ?14, sender_file = ?15, \
         petition = ?16, period = ?17, due_date = ?18 WHERE id = ?1",
        params![
            &incoming.id,
            &after.unit_id,
            after.kind,
            &after.sender,
            after.sender_unit_id.as_deref(),
            &after.their_number,
            after.their_date,
            &after.subject,
            key,
            &after.note,
            after.purpose,
            after.plan_code.as_deref(),
            &after.place,
            after.barcode.as_deref(),
            &after.sender_file,
            petition_text(&after.petition),
            after.period,
            after.due_date
        ],
    )?;
    Ok(())
}

pub(super) fn files(tx: &mut Tx<'_>, incoming_id: &str) -> Result<Vec<File>, StoreError> {
    tx.query(
        "SELECT id, title, file_name, media_type, size, blob_hash, scan, note \
         FROM incoming_attachment WHERE incoming_id = ?1 ORDER BY position LIMIT 500",
        params![incoming_id],
    )?
    .iter()
    .map(|row| {
        Ok(File {
            id: row.get("id")?,
            title: row.get("title")?,
            file_name: row.get("file_name")?,
            media_type: row.get("media_type")?,
            size: row.get("size")?,
            blob_hash: row.get("blob_hash")?,
            scan: row.get("scan")?,
            note: row.get("note")?,
        })
    })
    .collect()
}

pub(super) fn findings(tx: &mut Tx<'_>, incoming_id: &str) -> Result<Vec<Finding>, StoreError> {
    tx.query(
        "SELECT about, severity, code, sentence FROM incoming_finding WHERE incoming_id = ?1 \
         ORDER BY position LIMIT 500",
        params![incoming_id],
    )?
    .iter()
    .map(|row| {
        let about: String = row.get("about")?;
        Ok(Finding {
            about: match about.as_str() {
                "signature" => "signature",
                "package" => "package",
                _ => "message",
            },
            severity: row.get("severity")?,
            code: row.get("code")?,
            sentence: row.get("sentence")?,
        })
    })
    .collect()
}

/// The registration number under which a barcode stands in the same institution's registry.
pub(super) fn number_of_barcode(
    tx: &mut Tx<'_>,
    unit_id: &str,
    barcode: &str,
) -> Result<Option<String>, StoreError> {
    tx.query_opt(
        "SELECT i.registration_number FROM incoming_document i \
         JOIN unit u ON u.id = i.unit_id JOIN unit o ON o.institution_id = u.institution_id \
         WHERE i.barcode = ?1 AND o.id = ?2",
        params![barcode, unit_id],
    )?
    .map(|row| row.at(0))
    .transpose()
}

/// Counts a change and sets the state; false when somebody was faster.
pub(super) fn advance(
    tx: &mut Tx<'_>,
    id: &str,
    version: i64,
    state: State,
) -> Result<bool, StoreError> {
    let touched = tx.execute(
        "UPDATE incoming_document SET version = version + 1, state = ?3 \
         WHERE id = ?1 AND version = ?2",
        params![id, version, state],
    )?;
    Ok(touched == 1)
}

pub(super) fn set_closed(
    tx: &mut Tx<'_>,
    act: &Act<'_>,
    id: &str,
    reason: &str,
) -> Result<(), StoreError> {
    tx.execute(
        "UPDATE incoming_document SET closing_reason = ?2, closed_at = ?3, closed_by = ?4 \
         WHERE id = ?1",
        params![id, reason, act.now, &act.actor.user_id],
    )?;
    Ok(())
}

/// The line is open again: what it was closed with does not stand any more.
pub(super) fn clear_closed(tx: &mut Tx<'_>, id: &str) -> Result<(), StoreError> {
    tx.execute(
        "UPDATE incoming_document SET closing_reason = '', closed_at = NULL, closed_by = NULL \
         WHERE id = ?1",
        params![id],
    )?;
    Ok(())
}

pub(super) fn set_due(
    tx: &mut Tx<'_>,
    id: &str,
    due: Option<Date>,
    period: Period,
) -> Result<(), StoreError> {
    tx.execute(
        "UPDATE incoming_document SET due_date = ?2, period = ?3 WHERE id = ?1",
        params![id, due, period],
    )?;
    Ok(())
}

/// Notes the first reading; false when somebody had read it before.
pub(super) fn set_read(tx: &mut Tx<'_>, act: &Act<'_>, id: &str) -> Result<bool, StoreError> {
    let touched = tx.execute(
        "UPDATE incoming_document SET first_read_at = ?2, first_read_by = ?3 \
         WHERE id = ?1 AND first_read_at IS NULL",
        params![id, act.now, &act.actor.user_id],
    )?;
    Ok(touched == 1)
}

/// What a letter put into registries here and was not withdrawn: id, and whether it was read.
pub(super) fn landed(
    tx: &mut Tx<'_>,
    document_id: &str,
) -> Result<Vec<(String, bool)>, StoreError> {
    tx.query(
        "SELECT id, first_read_at FROM incoming_document \
         WHERE document_id = ?1 AND state <> 'withdrawn' ORDER BY id",
        params![document_id],
    )?
    .iter()
    .map(|row| {
        let read: Option<Timestamp> = row.get("first_read_at")?;
        Ok((row.get("id")?, read.is_some()))
    })
    .collect()
}

pub(super) fn withdraw(
    tx: &mut Tx<'_>,
    act: &Act<'_>,
    id: &str,
    reason: &str,
) -> Result<(), StoreError> {
    tx.execute(
        "UPDATE incoming_document SET state = 'withdrawn', version = version + 1, \
         closing_reason = ?2, closed_at = ?3, closed_by = ?4 WHERE id = ?1",
        params![id, reason, act.now, &act.actor.user_id],
    )?;
    end_all(tx, act, id, ReferralState::PulledBack, reason)
}

// Letters written because of a line.

pub(super) fn link(tx: &mut Tx<'_>, act: &Act<'_>, link: &Link) -> Result<(), StoreError> {
    tx.execute(
        "INSERT INTO incoming_answer (document_id, incoming_id, kind, former_state, created_at, \
         addressee, referral_id) VALUES (?1, ?2, ?3, '', ?4, ?5, ?6)",
        params![
            &link.document_id,
            &link.incoming_id,
            &link.kind,
            act.now,
            &link.addressee,
            &link.referral_id
        ],
    )?;
    Ok(())
}

/// The letter is thrown away; the line waits for another answer.
pub(super) fn unlink(tx: &mut Tx<'_>, document_id: &str) -> Result<(), StoreError> {
    tx.execute(
        "DELETE FROM incoming_answer WHERE document_id = ?1",
        params![document_id],
    )
    .map(drop)
}

/// Of which line a letter is the answer, and how.
pub(super) struct Link {
    pub document_id: String,
    pub incoming_id: String,
    pub kind: String,
    /// The state before it was sent; empty while it has changed nothing.
    pub former: String,
    /// Unit or party that was put into its list; empty when none was.
    pub addressee: String,
    /// The referral whose turn it is; empty when it speaks for the whole line.
    pub referral_id: String,
}

const LINK: &str = "SELECT a.document_id, a.incoming_id, a.kind, a.former_state, a.addressee, \
     a.referral_id FROM incoming_answer a";

fn link_row(row: &Row) -> Result<Link, StoreError> {
    Ok(Link {
        document_id: row.get("document_id")?,
        incoming_id: row.get("incoming_id")?,
        kind: row.get("kind")?,
        former: row.get("former_state")?,
        addressee: row.get("addressee")?,
        referral_id: row.get("referral_id")?,
    })
}

pub(super) fn link_of(tx: &mut Tx<'_>, document_id: &str) -> Result<Option<Link>, StoreError> {
    tx.query_opt(
        &format!("{LINK} WHERE a.document_id = ?1"),
        params![document_id],
    )?
    .as_ref()
    .map(link_row)
    .transpose()
}

/// The letters of a line that were sent, the oldest first.
pub(super) fn sent_links(tx: &mut Tx<'_>, incoming_id: &str) -> Result<Vec<Link>, StoreError> {
    tx.query(
        &format!(
            "{LINK} JOIN document d ON d.id = a.document_id WHERE a.incoming_id = ?1 \
             AND d.state = 'dispatched' ORDER BY a.created_at, a.document_id"
        ),
        params![incoming_id],
    )?
    .iter()
    .map(link_row)
    .collect()
}

pub(super) fn set_former(
    tx: &mut Tx<'_>,
    document_id: &str,
    former: &str,
) -> Result<(), StoreError> {
    tx.execute(
        "UPDATE incoming_answer SET former_state = ?2 WHERE document_id = ?1",
        params![document_id, former],
    )?;
    Ok(())
}

/// The letters of a line; of those that the person may not see, only that they are and where they
/// stand.
pub(super) fn linked(
    tx: &mut Tx<'_>,
    act: &Act<'_>,
    incoming_id: &str,
) -> Result<Vec<Linked>, StoreError> {
    tx.query(
        &format!(
            "SELECT a.kind, d.state, \
             CASE WHEN {VISIBLE_LETTER} THEN a.document_id END AS document_id, \
             CASE WHEN {VISIBLE_LETTER} THEN d.subject END AS subject, \
             CASE WHEN {VISIBLE_LETTER} THEN d.official_number END AS official_number \
             FROM incoming_answer a JOIN document d ON d.id = a.document_id \
             WHERE a.incoming_id = ?3 ORDER BY a.created_at LIMIT 50"
        ),
        params![&act.actor.user_id, act.now, incoming_id],
    )?
    .iter()
    .map(|row| {
        Ok(Linked {
            document_id: row.get("document_id")?,
            kind: row.get("kind")?,
            subject: row.get("subject")?,
            state: row.get("state")?,
            official_number: row.get("official_number")?,
        })
    })
    .collect()
}

/// Visible lines that carry this number or barcode, the newest two.
pub(super) fn named(
    tx: &mut Tx<'_>,
    act: &Act<'_>,
    number: &str,
    barcode: &str,
) -> Result<Vec<String>, StoreError> {
    tx.query(
        &format!(
            "SELECT i.id FROM incoming_document i WHERE (i.registration_number = ?3 \
             OR i.their_number = ?3 OR i.barcode IN (?3, ?4)) AND {VISIBLE_INCOMING} \
             ORDER BY i.id DESC LIMIT 2"
        ),
        params![&act.actor.user_id, act.now, number, barcode],
    )?
    .iter()
    .map(|row| row.get("id"))
    .collect()
}

/// One row more than a page, the newest first.
pub(super) fn search(
    tx: &mut Tx<'_>,
    act: &Act<'_>,
    criteria: &Criteria,
    limit: usize,
) -> Result<Vec<Line>, StoreError> {
    let mut sql = format!(
        "SELECT i.id, i.source, i.kind, i.state, i.registration_number, i.registered_at, \
         i.delivered_at, i.first_read_at, i.sender, i.their_number, i.their_date, i.subject, \
         i.urgency, i.due_date, n.name AS unit_name, \
         (SELECT COUNT(*) FROM incoming_attachment a WHERE a.incoming_id = i.id) AS files \
         FROM incoming_document i JOIN unit n ON n.id = i.unit_id WHERE {VISIBLE_INCOMING}"
    );
    let mut values = params![&act.actor.user_id, act.now].to_vec();
    let mut filter = |condition: &str, value: Value| {
        values.push(value);
        sql.push_str(" AND ");
        sql.push_str(&condition.replace("?#", &format!("?{}", values.len())));
    };
    if let Some(source) = criteria.source {
        filter("i.source = ?#", source.into());
    }
    if let Some(kind) = criteria.kind {
        filter("i.kind = ?#", kind.into());
    }
    if let Some(state) = criteria.state {
        filter("i.state = ?#", state.into());
    }
    if !criteria.unit_id.is_empty() {
        filter("i.unit_id = ?#", Value::from(&criteria.unit_id));
    }
    for word in turkish::search_words(&criteria.words) {
        filter(
            "i.search_key LIKE ?#",
            Value::from(format!("%{}%", word.replace(['%', '_'], ""))),
        );
    }
    if !criteria.number.trim().is_empty() {
        let typed = criteria.number.trim();
        match typed.parse::<i64>() {
            Ok(seq) => filter("i.seq = ?#", seq.into()),
            Err(_) => filter(
                "(i.registration_number = ?# OR i.their_number = ?# OR i.barcode = ?#)",
                Value::from(typed),
            ),
        }
    }
    if let Some(from) = criteria.from {
        filter("i.registered_at >= ?#", start_of(from).into());
    }
    if let Some(until) = criteria.until {
        let end = until.tomorrow().unwrap_or(until);
        filter("i.registered_at < ?#", start_of(end).into());
    }
    if let Some(after) = &criteria.after {
        filter("i.id < ?#", Value::from(after));
    }
    values.push(Value::from(limit));
    sql.push_str(&format!(" ORDER BY i.id DESC LIMIT ?{}", values.len()));
    tx.query(&sql, &values)?
        .iter()
        .map(|row| {
            Ok(Line {
                id: row.get("id")?,
                source: row.get("source")?,
                kind: row.get("kind")?,
                state: row.get("state")?,
                registration_number: row.get("registration_number")?,
                registered_at: row.get("registered_at")?,
                delivered_at: row.get("delivered_at")?,
                is_read: row.get::<Option<Timestamp>>("first_read_at")?.is_some(),
                sender: row.get("sender")?,
                their_number: row.get("their_number")?,
                their_date: row.get("their_date")?,
                subject: row.get("subject")?,
                urgency: row.get("urgency")?,
                due_date: row.get("due_date")?,
                unit_name: row.get("unit_name")?,
                files: row.get("files")?,
            })
        })
        .collect()
}

fn start_of(day: Date) -> Timestamp {
    day.at(0, 0, 0, 0)
        .to_zoned_datetime(crate::clock::istanbul())
        .map_or(Timestamp::UNIX_EPOCH, |zoned| zoned.timestamp())
}
