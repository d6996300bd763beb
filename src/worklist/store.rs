//! The SQL of the work list and of the records that close a duty.

use jiff::Timestamp;
use jiff::civil::Date;

use super::contact::Note;
use super::list::{Item, Key, Kind};
use crate::access::{Act, NOBODYS_TURN, VISIBLE_INCOMING, VISIBLE_LETTER};
use crate::document::STAYS;
use crate::params;
use crate::store::{Row, StoreError, Tx, Value};

const RECIPIENT_COLUMNS: &str = "d.id AS document_id, r.id AS subject_id, d.subject AS title, \
    d.official_number AS number, r.label AS detail, r.status_at AS since, d.due_date, d.urgency";
const MESSAGE_COLUMNS: &str = "d.id AS document_id, m.id AS subject_id, d.subject AS title, \
    d.official_number AS number, m.address AS detail, m.submitting_since AS since, d.due_date, \
    d.urgency";
const LETTER_COLUMNS: &str = "d.id AS document_id, d.id AS subject_id, d.subject AS title, \
    d.official_number AS number, d.kind AS detail, d.updated_at AS since, d.due_date, d.urgency";
/// Why it waits, as mark and sentence with a colon between them.
const SIGNED_COLUMNS: &str = "d.id AS document_id, d.id AS subject_id, d.subject AS title, \
    d.official_number AS number, CASE o.state \
      WHEN 'waiting' THEN 'KEP işlem yetkilisinin imzası bekleniyor: gönderen ' || o.asked_by_name \
      WHEN 'returned' THEN 'Geri verildi: ' || o.reason \
      ELSE 'Kendiliğinden gönderilemedi: ' || d.auto_dispatch_error END AS detail, \
    d.signed_at AS since, d.due_date, d.urgency";
const ORDER_COLUMNS: &str = "d.id AS document_id, o.id AS subject_id, d.subject AS title, \
    d.official_number AS number, 'Gönderen: ' || o.asked_by_name AS detail, o.asked_at AS since, \
    d.due_date, d.urgency";
const ACCOUNT_COLUMNS: &str = "'' AS document_id, k.id AS subject_id, k.address AS title, \
    NULL AS number, k.paused_reason AS detail, k.paused_at AS since, NULL AS due_date, \
    '' AS urgency";

const INCOMING_COLUMNS: &str = "'' AS document_id, i.id AS subject_id, i.subject AS title, \
    i.registration_number AS number, i.sender AS detail, i.registered_at AS since, i.due_date, \
    i.urgency";
const TO_REFER_COLUMNS: &str = "'' AS document_id, i.id AS subject_id, i.subject AS title, \
    i.registration_number AS number, i.sender || COALESCE(' · ' || i.why, '') AS detail, \
    i.registered_at AS since, i.due_date, i.urgency";
const UNREADABLE_COLUMNS: &str = "'' AS document_id, m.id AS subject_id, \
    CASE WHEN m.subject = '' THEN '(konusuz)' ELSE m.subject END AS title, \
    NULL AS number, m.sender AS detail, m.listed_at AS since, NULL AS due_date, '' AS urgency";
const UNCONFIRMED_COLUMNS: &str = "'' AS document_id, i.id AS subject_id, i.subject AS title, \
    i.registration_number AS number, \
    CASE WHEN k.paused_at IS NOT NULL THEN k.address || ': ' || k.paused_reason \
    WHEN m.confirm_error <> '' THEN m.confirm_error ELSE i.sender END AS detail, \
    i.delivered_at AS since, i.due_date, i.urgency";
const REFERRAL_COLUMNS: &str = "'' AS document_id, i.id AS subject_id, i.subject AS title, \
    i.registration_number AS number, i.sender AS detail, r.referred_at AS since, \
    COALESCE(r.due_date, i.due_date) AS due_date, i.urgency";

/// Evidence that contradicts itself or has stopped coming; over the alias `r` of `recipient`,
/// `?3` as in [`Moments::silent_before`].
const UNCLEAR: &str = "(r.duty = 'person' OR (r.duty = 'wait' \
    AND r.status IN ('sent', 'accepted', 'relay_accepted') AND r.status_at < ?3))";
/// No Görüşme Kaydı since status and duty are what they are: an earlier one was about another duty.
const NOT_TALKED: &str = "NOT EXISTS (SELECT 1 FROM contact_note n \
    WHERE n.recipient_id = r.id AND n.written_at >= COALESCE(r.standing_since, 0))";

/// Recipient `r` was reached on paper.
const POSTED: &str = "EXISTS (SELECT 1 FROM paper_item p \
    WHERE p.recipient_id = r.id AND p.state IN ('posted', 'delivered'))";
/// What somebody still owes recipient `r`: a posting ends every duty, and a proof that comes later
/// reopens none (decision 19); a Görüşme Kaydı ends the one that it is about.
pub(crate) const OPEN_DUTY: &str = "CASE WHEN r.duty IN ('paper', 'post', 'contact', 'person') \
    AND EXISTS (SELECT 1 FROM paper_item p WHERE p.recipient_id = r.id \
        AND p.state IN ('posted', 'delivered')) THEN 'none' \
    WHEN r.duty IN ('contact', 'person') AND EXISTS (SELECT 1 FROM contact_note n \
        WHERE n.recipient_id = r.id AND n.written_at >= COALESCE(r.standing_since, 0)) THEN 'none' \
    ELSE r.duty END";

/// Miat; what has none comes last.
const DUE: &str = "COALESCE(d.due_date, '9999')";

/// By what a list is ordered, upwards: a text, a moment, an identifier; none of them null, so that
/// a page begins after the key of the one before.
struct Order(&'static str, &'static str, &'static str);

/// Whose turn a referral `r` is: as in `inbox::referral`, by the binding and not by what follows
/// from it.
const REFERRED_TO: &str = "(r.to_user_id = ?1 \
     OR r.to_user_id IN (SELECT absent_id FROM deputation \
         WHERE deputy_id = ?1 AND begins_at <= ?2 AND ends_at > ?2) \
     OR r.to_unit_id IN (SELECT unit_id FROM role_binding WHERE user_id = ?1 \
         AND role IN ('clerk', 'approver', 'registry')))";

/// Columns, tables with conditions, and order of a list. `?1` is the person, `?2` now, the
/// others as in [`Moments`].
fn parts(kind: Kind) -> (&'static str, String, Order) {
    let recipients = |condition: &str| {
        format!(
            "FROM recipient r JOIN document d ON d.id = r.document_id \
             WHERE {condition} AND {VISIBLE_LETTER}"
        )
    };
    let messages = |condition: &str| {
        format!(
            "FROM outgoing_message m JOIN document d ON d.id = m.document_id \
             WHERE {condition} AND {VISIBLE_LETTER}"
        )
    };
    let no_posting = format!("NOT {POSTED}");
    match kind {
        Kind::ToApprove => (
            LETTER_COLUMNS,
            "FROM approval_step s JOIN document d ON d.id = s.document_id \
             WHERE s.state = 'active' AND d.state = 'in_approval' \
             AND (s.user_id = ?1 OR s.user_id IN (SELECT absent_id FROM deputation \
                 WHERE deputy_id = ?1 AND begins_at <= ?2 AND ends_at > ?2)) \
             AND s.round = d.approval_round"
                .to_owned(),
            Order(DUE, "d.updated_at", "d.id"),
        ),
        Kind::Returned => (
            LETTER_COLUMNS,
            "FROM document d WHERE d.state = 'returned' AND d.drafter_id = ?1 AND CAST(?2 AS BIGINT) > 0"
                .to_owned(),
            Order("''", "d.updated_at", "d.id"),
        ),
        Kind::Signed => (
            SIGNED_COLUMNS,
            // For who can do something about it: the drafter and the registry (decision 16); what one
            // of them closed as Gönderilmeyecek waits no more.
            format!(
                "FROM document d LEFT JOIN dispatch_order o ON o.document_id = d.id \
             WHERE d.state = 'signed' AND d.withheld_at IS NULL AND CAST(?2 AS BIGINT) > 0 \
             AND NOT {STAYS} \
             AND (d.drafter_id = ?1 OR d.unit_id IN (SELECT unit_id FROM user_scope \
                 WHERE user_id = ?1 AND role IN ('registry', 'kep_officer')))"
            ),
            Order(
                // What came back or could not be sent by itself comes first, what waits for a KEP
                // officer last.
                "CASE WHEN o.state = 'waiting' THEN '2' WHEN o.state = 'returned' \
                 OR d.auto_dispatch_error IS NOT NULL THEN '0' ELSE '1' END \
                 || COALESCE(d.due_date, '9999')",
                "COALESCE(d.signed_at, 0)",
                "d.id",
            ),
        ),
        Kind::KepToSign => (
            ORDER_COLUMNS,
            "FROM dispatch_order o JOIN document d ON d.id = o.document_id \
             JOIN kep_account k ON k.id = o.account_id \
             WHERE o.state = 'waiting' AND CAST(?2 AS BIGINT) > 0 \
             AND k.unit_id IN (SELECT unit_id FROM user_scope \
                 WHERE user_id = ?1 AND role = 'kep_officer')"
                .to_owned(),
            Order("COALESCE(d.due_date, '9999')", "o.asked_at", "o.id"),
        ),
        Kind::Paper => (
            RECIPIENT_COLUMNS,
            recipients(&format!("r.duty IN ('paper', 'post') AND {no_posting}")),
            Order("''", "COALESCE(r.status_at, 0)", "r.id"),
        ),
        Kind::Contact => (
            RECIPIENT_COLUMNS,
            recipients(&format!(
                "r.duty = 'contact' AND {NOT_TALKED} AND {no_posting}"
            )),
            Order("''", "COALESCE(r.status_at, 0)", "r.id"),
        ),
        Kind::Unclear => (
            RECIPIENT_COLUMNS,
            recipients(&format!("{UNCLEAR} AND {NOT_TALKED} AND {no_posting}")),
            Order("''", "COALESCE(r.status_at, 0)", "r.id"),
        ),
        Kind::Unknown => (
            MESSAGE_COLUMNS,
            messages("m.state = 'unknown' AND m.needs_person = 1"),
            Order("''", "COALESCE(m.submitting_since, 0)", "m.id"),
        ),
        Kind::Failed => (
            MESSAGE_COLUMNS,
            // Refused, or tried six times, which takes half an hour. Closed by the posting of every
            // line that the message carried.
            messages(
                "(m.state = 'failed' OR (m.state = 'waiting' AND m.attempt >= 6)) \
                 AND EXISTS (SELECT 1 FROM recipient o WHERE o.message_id = m.id \
                 AND NOT EXISTS (SELECT 1 FROM paper_item p WHERE p.recipient_id = o.id \
                 AND p.state IN ('posted', 'delivered')))",
            ),
            Order("''", "COALESCE(m.submitting_since, 0)", "m.id"),
        ),
        Kind::Referred => (
            REFERRAL_COLUMNS,
            format!(
                "FROM referral r JOIN incoming_document i ON i.id = r.incoming_id \
                 WHERE r.state = 'open' AND {REFERRED_TO}"
            ),
            Order("COALESCE(r.due_date, i.due_date, '9999')", "r.referred_at", "r.id"),
        ),
        Kind::ToRefer => (
            TO_REFER_COLUMNS,
            // What waits for its first referral or a new one, and what was referred to somebody
            // who cannot take it up: else it would stand in nobody's list.
            format!(
                "FROM (SELECT l.*, (SELECT MIN(CASE WHEN r.to_user_id IS NOT NULL \
                 THEN 'Havale edilen kişinin hesabı kapalı: ' || p.full_name \
                 ELSE 'Havale edilen birimde kullanıcı yok: ' || n.name END) \
                 FROM referral r LEFT JOIN user_account p ON p.id = r.to_user_id \
                 LEFT JOIN unit n ON n.id = r.to_unit_id \
                 WHERE r.incoming_id = l.id AND {NOBODYS_TURN}) AS why FROM incoming_document l \
                 WHERE l.state IN ('registered', 'referred') \
                 AND l.unit_id IN (SELECT unit_id FROM user_scope \
                 WHERE user_id = ?1 AND role IN ('registry', 'approver'))) i \
                 WHERE (i.state = 'registered' OR i.why IS NOT NULL)"
            ),
            Order("COALESCE(i.due_date, '9999')", "i.registered_at", "i.id"),
        ),
        Kind::Due => (
            INCOMING_COLUMNS,
            // The earlier of the answer's day and of the days that open referrals were given, as
            // far as those are the person's to do or to see to.
            format!(
                "FROM (SELECT o.id, o.subject, o.registration_number, o.sender, o.registered_at, \
                 o.urgency, CASE WHEN o.asked IS NOT NULL AND (o.answer IS NULL \
                 OR o.asked < o.answer) THEN o.asked ELSE o.answer END AS due_date FROM \
                 (SELECT i.*, i.due_date AS answer, (SELECT MIN(r.due_date) FROM referral r \
                 WHERE r.incoming_id = i.id AND r.state = 'open' AND (r.from_user_id = ?1 \
                 OR i.unit_id IN (SELECT unit_id FROM user_scope \
                     WHERE user_id = ?1 AND role IN ('registry', 'approver')) \
                 OR {REFERRED_TO})) AS asked \
                 FROM incoming_document i WHERE i.state IN ('registered', 'referred') \
                 AND {VISIBLE_INCOMING}) o) i WHERE i.due_date <= ?4"
            ),
            Order("COALESCE(i.due_date, '9999')", "i.registered_at", "i.id"),
        ),
        Kind::Unread => (
            INCOMING_COLUMNS,
            "FROM incoming_document i LEFT JOIN incoming_message m ON m.id = i.message_id \
             WHERE i.source = 'kep' AND COALESCE(m.confirm, 'none') = 'none' \
             AND i.delivered_at <= ?5 AND CAST(?2 AS BIGINT) > 0 \
             AND i.unit_id IN (SELECT unit_id FROM user_scope \
             WHERE user_id = ?1 AND role IN ('registry', 'kep_officer'))"
                .to_owned(),
            Order("''", "COALESCE(i.delivered_at, 0)", "i.id"),
        ),
        Kind::Unconfirmed => (
            UNCONFIRMED_COLUMNS,
            // A message that repeats another stands for the line of that one.
            "FROM incoming_message m JOIN kep_account k ON k.id = m.account_id \
             JOIN incoming_message o ON o.id = m.id OR (m.state = 'duplicate' \
             AND o.state = 'registered' AND o.account_id = m.account_id \
             AND o.content_hash = m.content_hash) \
             JOIN incoming_document i ON i.message_id = o.id \
             WHERE m.confirm = 'due' AND i.delivered_at <= ?5 AND CAST(?2 AS BIGINT) > 0 \
             AND i.unit_id IN (SELECT unit_id FROM user_scope \
             WHERE user_id = ?1 AND role IN ('registry', 'kep_officer'))"
                .to_owned(),
            Order("''", "COALESCE(i.delivered_at, 0)", "m.id"),
        ),
        Kind::Unreadable => (
            UNREADABLE_COLUMNS,
            "FROM incoming_message m JOIN kep_account k ON k.id = m.account_id \
             WHERE m.state = 'unreadable' AND m.handled_at IS NULL AND CAST(?2 AS BIGINT) > 0 \
             AND k.unit_id IN (SELECT unit_id FROM user_scope \
             WHERE user_id = ?1 AND role IN ('registry', 'kep_officer'))"
                .to_owned(),
            Order("''", "m.listed_at", "m.id"),
        ),
        Kind::Paused => (
            ACCOUNT_COLUMNS,
            "FROM kep_account k WHERE k.paused_at IS NOT NULL AND CAST(?2 AS BIGINT) > 0 AND k.unit_id IN \
             (SELECT unit_id FROM user_scope WHERE user_id = ?1 \
              AND role IN ('registry', 'kep_officer'))"
                .to_owned(),
            Order("''", "k.paused_at", "k.id"),
        ),
    }
}

/// The moments by which lists decide what is due.
#[derive(Debug, Clone, Copy)]
pub(super) struct Moments {
    /// Nothing heard of a letter since before then is too long.
    pub silent_before: Timestamp,
    /// Answers due until then are reminded of.
    pub due_until: Date,
    /// What was delivered before then and is not confirmed will soon count as read.
    pub delivered_before: Timestamp,
}

/// `?3` to `?5` are used by one list each, but every list binds them.
fn bound(act: &Act<'_>, moments: Moments) -> Vec<Value> {
    params![
        &act.actor.user_id,
        act.now,
        moments.silent_before,
        moments.due_until,
        moments.delivered_before
    ]
    .to_vec()
}

/// Binds what a list does not use itself.
const ALL_BOUND: &str =
    "CAST(?3 AS BIGINT) > 0 AND CAST(?4 AS TEXT) <> '' AND CAST(?5 AS BIGINT) > 0";

/// Items with their keys, after the key given.
pub(super) fn items(
    tx: &mut Tx<'_>,
    act: &Act<'_>,
    kind: Kind,
    moments: Moments,
    after: Option<&Key>,
    limit: usize,
) -> Result<Vec<(Item, Key)>, StoreError> {
    let (columns, from, Order(text, moment, id)) = parts(kind);
    let mut values = bound(act, moments);
    values.push(Value::from(limit));
    let after = match after {
        None => String::new(),
        Some(key) => {
            values.extend_from_slice(params![&key.text, key.moment, &key.id]);
            format!(
                "AND ({text} > ?7 OR ({text} = ?7 AND ({moment} > ?8 \
                 OR ({moment} = ?8 AND {id} > ?9))))"
            )
        }
    };
    let sql = format!(
        "SELECT {columns}, {text} AS key_text, {moment} AS key_moment, {id} AS key_id {from} \
         AND {ALL_BOUND} {after} ORDER BY key_text, key_moment, key_id LIMIT ?6"
    );
    tx.query(&sql, &values)?
        .iter()
        .map(|row| {
            let key = Key {
                text: row.get("key_text")?,
                moment: row.get("key_moment")?,
                id: row.get("key_id")?,
            };
            Ok((item_of(row)?, key))
        })
        .collect()
}

pub(super) fn count(
    tx: &mut Tx<'_>,
    act: &Act<'_>,
    kind: Kind,
    moments: Moments,
) -> Result<i64, StoreError> {
    let (_, from, _) = parts(kind);
    tx.scalar(
        &format!("SELECT COUNT(*) {from} AND {ALL_BOUND}"),
        &bound(act, moments),
    )
}

fn item_of(row: &Row) -> Result<Item, StoreError> {
    Ok(Item {
        document_id: row.get("document_id")?,
        subject_id: row.get("subject_id")?,
        title: row.get("title")?,
        number: row.get::<Option<String>>("number")?.unwrap_or_default(),
        detail: row.get::<Option<String>>("detail")?.unwrap_or_default(),
        since: row.get("since")?,
        days: 0,
        due_date: row.get("due_date")?,
        overdue: false,
        urgency: row.get("urgency")?,
    })
}

/// What a recipient asks of people.
pub(super) struct Asked {
    /// A talk with the institution belongs to its present duty.
    pub talk: bool,
    /// Somebody has written one down since.
    pub talked: bool,
    pub dispatched_at: Option<Timestamp>,
}

/// What a recipient that the person may see asks of people.
pub(super) fn asked(
    tx: &mut Tx<'_>,
    act: &Act<'_>,
    id: &str,
    silent_before: Timestamp,
) -> Result<Option<Asked>, StoreError> {
    let sql = format!(
        "SELECT CASE WHEN (r.duty = 'contact' OR {UNCLEAR}) AND NOT {POSTED} THEN 1 ELSE 0 END \
         AS talk, \
         CASE WHEN {NOT_TALKED} THEN 0 ELSE 1 END AS talked, d.dispatched_at FROM recipient r \
         JOIN document d ON d.id = r.document_id WHERE r.id = ?4 AND {VISIBLE_LETTER}"
    );
    tx.query_opt(
        &sql,
        params![&act.actor.user_id, act.now, silent_before, id],
    )?
    .map(|row| {
        Ok(Asked {
            talk: row.get("talk")?,
            talked: row.get("talked")?,
            dispatched_at: row.get("dispatched_at")?,
        })
    })
    .transpose()
}

pub(super) fn insert_note(
    tx: &mut Tx<'_>,
    act: &Act<'_>,
    id: &str,
    note: &Note,
) -> Result<(), StoreError> {
    tx.execute(
        "INSERT INTO contact_note (id, recipient_id, with_whom, spoken_at, result, note, \
         written_by, written_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
        params![
            id,
            &note.recipient_id,
            &note.with_whom,
            note.spoken_at,
            note.result.code(),
            &note.note,
            &act.actor.user_id,
            act.now
        ],
    )?;
    Ok(())
}

/// Talks about a recipient, as (moment, sentence).
pub(super) fn talks(
    tx: &mut Tx<'_>,
    recipient_id: &str,
) -> Result<Vec<(Timestamp, String)>, StoreError> {
    let mut records = Vec::new();
    for row in tx.query(
        "SELECT n.with_whom, n.spoken_at, n.result, n.note, u.full_name FROM contact_note n \
         LEFT JOIN user_account u ON u.id = n.written_by WHERE n.recipient_id = ?1 LIMIT 50",
        params![recipient_id],
    )? {
        let result = super::contact::Outcome::from_code(&row.get::<String>("result")?)
            .map_or("", super::contact::Outcome::label);
        records.push((
            row.get("spoken_at")?,
            format!(
                "Görüşme Kaydı: {} ile görüşüldü; {result}. {} ({})",
                row.get::<String>("with_whom")?,
                row.get::<String>("note")?,
                row.get::<Option<String>>("full_name")?.unwrap_or_default()
            ),
        ));
    }
    Ok(records)
}
