//! The SQL of the tracking screen; the permission stands inside each query.

use jiff::civil::Date;

use super::super::machine::State;
use super::super::withhold;
use super::{Criteria, Handing, Line, PAGE, delivery_status, settled};
use crate::access::{Act, VISIBLE_LETTER};
use crate::distribution::DestinationType;
use crate::evidence::{Duty, Standing};
use crate::params;
use crate::store::{BlobHash, Row, StoreError, Tx, Value};
use crate::turkish;
use crate::worklist::OPEN_DUTY;

/// One row more than a page, newest first, after the row that `after` names.
pub(super) fn search(
    tx: &mut Tx<'_>,
    act: &Act<'_>,
    criteria: &Criteria,
    after: Option<(String, i64)>,
) -> Result<Vec<Line>, StoreError> {
    let mut sql = format!(
        "SELECT d.id AS document_id, r.id AS recipient_id, COALESCE(r.position, 0) AS position, \
         r.destination_type, r.label, COALESCE(r.status, 'none') AS status, \
         COALESCE({OPEN_DUTY}, 'none') AS duty, COALESCE(r.duty, 'none') AS obliged, \
         CASE WHEN EXISTS (SELECT 1 FROM paper_item p WHERE p.recipient_id = r.id \
             AND p.state IN ('posted', 'delivered')) THEN 1 ELSE 0 END AS posted, \
         COALESCE(r.status_line, '') AS status_line, d.plan_code, d.subject, d.note, d.kind, d.official_date, \
         d.official_number, d.withheld_reason, m.sent_at, m.state, m.failure_text, c.folder_no, c.kind AS file_kind, \
         (SELECT COUNT(*) FROM attachment a WHERE a.document_id = d.id) AS attachments \
         FROM document d LEFT JOIN recipient r ON r.document_id = d.id \
         LEFT JOIN outgoing_message m ON m.id = r.message_id \
         LEFT JOIN case_file c ON c.id = d.case_file_id \
         WHERE d.state IN ('signed', 'dispatched') \
         AND (r.id IS NOT NULL OR d.kind = 'consent') AND {VISIBLE_LETTER}"
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
        filter(IN_UNIT, Value::from(&criteria.unit_id));
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
        // What a person closed is on no way, though its standing is that of what waits.
        let condition = "r.status = ?# AND d.withheld_at IS NULL";
        filter(condition, Value::from(&criteria.standing));
    }
    if let Some((document, position)) = after {
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
    rows.iter().map(line_of).collect()
}

/// The unit and every unit below it, as roles reach.
const IN_UNIT: &str = "d.unit_id IN (WITH RECURSIVE below (id) AS (SELECT CAST(?# AS TEXT) \
     UNION SELECT u.id FROM unit u JOIN below b ON u.parent_id = b.id) SELECT id FROM below)";

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

fn line_of(row: &Row) -> Result<Line, StoreError> {
    let code: Option<String> = row.get("plan_code")?;
    let folder: Option<i64> = row.get("folder_no")?;
    let code = code.unwrap_or_default();
    let document_id: String = row.get("document_id")?;
    let status_line: String = row.get("status_line")?;
    let state: Option<String> = row.get("state")?;
    let state = state.as_deref().and_then(State::from_code);
    let failure: Option<String> = row.get("failure_text")?;
    let handing = state.map(|state| Handing {
        state,
        failure: failure.as_deref().unwrap_or_default(),
    });
    let duty = Duty::from_code(&row.get::<String>("duty")?);
    let channel = row.get::<Option<DestinationType>>("destination_type")?;
    let sent_at = row.get("sent_at")?;
    let withheld: Option<String> = row.get("withheld_reason")?;
    Ok(Line {
        key: format!("{document_id}.{}", row.get::<i64>("position")?),
        recipient_id: row.get("recipient_id")?,
        file_no: folder.map_or(code.clone(), |folder| format!("{code}-{folder}")),
        file_kind: row.get::<Option<String>>("file_kind")?.unwrap_or_default(),
        subject: row.get("subject")?,
        note: row.get("note")?,
        recipient: row
            .get::<Option<String>>("label")?
            .unwrap_or_else(|| "Olur; alıcısı yok".to_owned()),
        kind: row.get("kind")?,
        official_date: row.get("official_date")?,
        official_number: row
            .get::<Option<String>>("official_number")?
            .unwrap_or_default(),
        attachments: row.get("attachments")?,
        standing: Standing::from_code(&row.get::<String>("status")?),
        settled: settled(
            Duty::from_code(&row.get::<String>("obliged")?),
            duty,
            row.get::<i64>("posted")? == 1,
        ),
        duty,
        delivery_status: match (withheld, channel) {
            (Some(reason), _) => withhold::delivery_status(&reason),
            (None, Some(kind)) => delivery_status(kind.channel(), &status_line, sent_at, handing),
            (None, None) => "Gönderilmez; dosyasında saklanır".to_owned(),
        },
        document_id,
    })
}

pub(super) fn evidence_blob(
    tx: &mut Tx<'_>,
    document_id: &str,
    evidence_id: &str,
) -> Result<Option<BlobHash>, StoreError> {
    tx.query_opt(
        "SELECT e.blob_hash FROM evidence e JOIN outgoing_message m ON m.id = e.message_id \
         WHERE m.document_id = ?1 AND e.evidence_id = ?2 AND e.blob_hash IS NOT NULL",
        params![document_id, evidence_id],
    )?
    .map(|row| row.get("blob_hash"))
    .transpose()
}

/// Recipients of letters dated since then, by standing.
pub(super) fn standings(
    tx: &mut Tx<'_>,
    act: &Act<'_>,
    since: Date,
) -> Result<Vec<(Standing, i64)>, StoreError> {
    tx.query(
        &format!(
            "SELECT r.status, COUNT(*) AS count FROM document d \
             JOIN recipient r ON r.document_id = d.id \
             WHERE d.state IN ('signed', 'dispatched') AND d.official_date >= ?3 \
             AND d.withheld_at IS NULL AND {VISIBLE_LETTER} GROUP BY r.status"
        ),
        params![&act.actor.user_id, act.now, since],
    )?
    .iter()
    .map(|row| {
        let standing = Standing::from_code(&row.get::<String>("status")?);
        Ok((standing, row.get("count")?))
    })
    .collect()
}
