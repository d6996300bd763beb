//! SQL of recipients.

use std::collections::HashMap;

use jiff::Timestamp;

use super::list::Recipient;
use crate::evidence::{Duty, Standing};
use crate::params;
use crate::store::{Row, StoreError, Tx, Value};
use crate::turkish;
use crate::worklist::OPEN_DUTY;

const RECIPIENT: &str = "id, document_id, destination_type, unit_id, outside_party_id, \
    institution_id, detsis_no, label, institution_name, delivery_address, purpose, message_id, \
    status, duty, status_at, status_line, paper_reason, written";

fn recipient(row: &Row) -> Result<Recipient, StoreError> {
    Ok(Recipient {
        id: row.get("id")?,
        document_id: row.get("document_id")?,
        destination_type: row.get("destination_type")?,
        unit_id: row.get("unit_id")?,
        outside_party_id: row.get("outside_party_id")?,
        institution_id: row.get("institution_id")?,
        detsis_no: row.get("detsis_no")?,
        label: row.get("label")?,
        institution_name: row.get("institution_name")?,
        delivery_address: row.get("delivery_address")?,
        purpose: row.get("purpose")?,
        message_id: row.get("message_id")?,
        status: row.get("status")?,
        duty: row.get("duty")?,
        open_duty: row.get("open_duty")?,
        status_at: row.get("status_at")?,
        status_line: row.get("status_line")?,
        paper_reason: row.get("paper_reason")?,
        written: row.get("written")?,
        left_out: Vec::new(),
    })
}

/// The list in its order, with the attachments that each does not get.
pub(super) fn of_document(
    tx: &mut Tx<'_>,
    document_id: &str,
) -> Result<Vec<Recipient>, StoreError> {
    let mut recipients: Vec<Recipient> = tx
        .query(
            &format!(
                "SELECT {RECIPIENT}, {OPEN_DUTY} AS open_duty FROM recipient r WHERE document_id = ?1 ORDER BY position, id"
            ),
            params![document_id],
        )?
        .iter()
        .map(recipient)
        .collect::<Result<_, _>>()?;
    take_left_out(tx, document_id, &mut recipients)?;
    Ok(recipients)
}

pub(super) fn by_id(tx: &mut Tx<'_>, id: &str) -> Result<Option<Recipient>, StoreError> {
    let row = tx.query_opt(
        &format!("SELECT {RECIPIENT}, {OPEN_DUTY} AS open_duty FROM recipient r WHERE id = ?1"),
        params![id],
    )?;
    let Some(mut found) = row.as_ref().map(recipient).transpose()? else {
        return Ok(None);
    };
    found.left_out = left_out(tx, id)?;
    Ok(Some(found))
}

/// Lines after a position with their positions.
pub(super) fn page_of_document(
    tx: &mut Tx<'_>,
    document_id: &str,
    after: i64,
    limit: usize,
) -> Result<Vec<(i64, Recipient)>, StoreError> {
    let rows = tx.query(
        &format!(
            "SELECT position, {RECIPIENT}, {OPEN_DUTY} AS open_duty FROM recipient r WHERE document_id = ?1 AND position > ?2 \
             ORDER BY position, id LIMIT ?3"
        ),
        params![document_id, after, limit],
    )?;
    let positions: Vec<i64> = rows
        .iter()
        .map(|row| row.get("position"))
        .collect::<Result<_, _>>()?;
    let mut recipients: Vec<Recipient> = rows.iter().map(recipient).collect::<Result<_, _>>()?;
    take_left_out(tx, document_id, &mut recipients)?;
    Ok(positions.into_iter().zip(recipients).collect())
}

pub(super) fn count(tx: &mut Tx<'_>, document_id: &str) -> Result<usize, StoreError> {
    tx.scalar(
        "SELECT COUNT(*) FROM recipient WHERE document_id = ?1",
        params![document_id],
    )
}

pub(super) fn left_out(tx: &mut Tx<'_>, recipient_id: &str) -> Result<Vec<String>, StoreError> {
    tx.query(
        "SELECT attachment_id FROM recipient_left_out WHERE recipient_id = ?1 ORDER BY attachment_id",
        params![recipient_id],
    )?
    .iter()
    .map(|row| row.get("attachment_id"))
    .collect()
}

/// Fills in which attachments each of these lines does not get.
fn take_left_out(
    tx: &mut Tx<'_>,
    document_id: &str,
    recipients: &mut [Recipient],
) -> Result<(), StoreError> {
    let left_out = tx.query(
        "SELECT l.recipient_id, l.attachment_id FROM recipient_left_out l \
         JOIN recipient r ON r.id = l.recipient_id WHERE r.document_id = ?1 \
         ORDER BY l.attachment_id",
        params![document_id],
    )?;
    if left_out.is_empty() {
        return Ok(());
    }
    let mut places: HashMap<String, usize> = HashMap::with_capacity(recipients.len());
    for (place, recipient) in recipients.iter().enumerate() {
        places.insert(recipient.id.clone(), place);
    }
    for row in left_out {
        let id: String = row.get("recipient_id")?;
        if let Some(recipient) = places.get(&id).and_then(|place| recipients.get_mut(*place)) {
            recipient.left_out.push(row.get("attachment_id")?);
        }
    }
    Ok(())
}

/// Rows that one statement inserts.
const ROWS_AT_ONCE: usize = 500;

/// Appends lines to a letter's list; a statement for every [`ROWS_AT_ONCE`] of them.
pub(super) fn insert_many(
    tx: &mut Tx<'_>,
    document_id: &str,
    new: &[Recipient],
) -> Result<(), StoreError> {
    let last: i64 = tx.scalar(
        "SELECT COALESCE(MAX(position), 0) FROM recipient WHERE document_id = ?1",
        params![document_id],
    )?;
    let numbered: Vec<(i64, &Recipient)> = (last + 1..).zip(new).collect();
    for chunk in numbered.chunks(ROWS_AT_ONCE) {
        let mut values = vec![Value::from(document_id)];
        let mut rows = Vec::with_capacity(chunk.len());
        for (position, line) in chunk {
            let first = values.len() + 1;
            let marks: Vec<String> = (first..first + 14).map(|it| format!("?{it}")).collect();
            rows.push(format!("(?1, {})", marks.join(", ")));
            values.extend([
                Value::from(&line.id),
                Value::from(*position),
                line.destination_type.into(),
                line.unit_id.as_deref().into(),
                line.outside_party_id.as_deref().into(),
                line.institution_id.as_deref().into(),
                line.detsis_no.as_deref().into(),
                (&line.label).into(),
                turkish::search_key(&line.label).into(),
                (&line.institution_name).into(),
                line.delivery_address.as_deref().into(),
                line.purpose.into(),
                (&line.paper_reason).into(),
                (&line.written).into(),
            ]);
        }
        let sql = format!(
            "INSERT INTO recipient (document_id, id, position, destination_type, unit_id, \
             outside_party_id, institution_id, detsis_no, label, label_key, institution_name, \
             delivery_address, purpose, paper_reason, written) VALUES {}",
            rows.join(", ")
        );
        tx.execute(&sql, &values)?;
    }
    Ok(())
}

/// How a line stands under *Dağıtım*; false when it is not the letter's.
pub(super) fn set_written(
    tx: &mut Tx<'_>,
    document_id: &str,
    id: &str,
    written: &str,
) -> Result<bool, StoreError> {
    let touched = tx.execute(
        "UPDATE recipient SET written = ?3 WHERE document_id = ?1 AND id = ?2",
        params![document_id, id, written],
    )?;
    Ok(touched == 1)
}

/// Kullanılacak Adres Bilgisi of a line that goes electronically.
pub(super) fn set_address(tx: &mut Tx<'_>, id: &str, address: &str) -> Result<(), StoreError> {
    tx.execute(
        "UPDATE recipient SET delivery_address = ?2 WHERE id = ?1",
        params![id, address],
    )
    .map(drop)
}

/// Postal address and reason of a line on paper.
pub(super) fn set_paper(
    tx: &mut Tx<'_>,
    id: &str,
    address: &str,
    reason: &str,
) -> Result<(), StoreError> {
    tx.execute(
        "UPDATE recipient SET delivery_address = ?2, paper_reason = ?3 WHERE id = ?1",
        params![id, address, reason],
    )
    .map(drop)
}

pub(super) fn delete(tx: &mut Tx<'_>, document_id: &str, id: &str) -> Result<bool, StoreError> {
    tx.execute(
        "DELETE FROM recipient_left_out WHERE recipient_id IN \
         (SELECT id FROM recipient WHERE document_id = ?1 AND id = ?2)",
        params![document_id, id],
    )?;
    let touched = tx.execute(
        "DELETE FROM recipient WHERE document_id = ?1 AND id = ?2",
        params![document_id, id],
    )?;
    Ok(touched == 1)
}

/// Where a line of the letter stands.
pub(super) fn position(
    tx: &mut Tx<'_>,
    document_id: &str,
    id: &str,
) -> Result<Option<i64>, StoreError> {
    tx.query_opt(
        "SELECT position FROM recipient WHERE document_id = ?1 AND id = ?2",
        params![document_id, id],
    )?
    .map(|row| row.get("position"))
    .transpose()
}

/// The line just above or below a position, with its own.
pub(super) fn neighbour(
    tx: &mut Tx<'_>,
    document_id: &str,
    position: i64,
    above: bool,
) -> Result<Option<(String, i64)>, StoreError> {
    let side = if above {
        "position < ?2 ORDER BY position DESC"
    } else {
        "position > ?2 ORDER BY position"
    };
    let sql =
        format!("SELECT id, position FROM recipient WHERE document_id = ?1 AND {side}, id LIMIT 1");
    tx.query_opt(&sql, params![document_id, position])?
        .map(|row| Ok((row.get("id")?, row.get("position")?)))
        .transpose()
}

pub(super) fn set_position(tx: &mut Tx<'_>, id: &str, position: i64) -> Result<(), StoreError> {
    tx.execute(
        "UPDATE recipient SET position = ?2 WHERE id = ?1",
        params![id, position],
    )?;
    Ok(())
}

pub(super) fn set_purpose(
    tx: &mut Tx<'_>,
    document_id: &str,
    id: &str,
    purpose: super::Purpose,
) -> Result<bool, StoreError> {
    let touched = tx.execute(
        "UPDATE recipient SET purpose = ?3 WHERE document_id = ?1 AND id = ?2",
        params![document_id, id, purpose],
    )?;
    Ok(touched == 1)
}

pub(super) fn set_left_out(
    tx: &mut Tx<'_>,
    recipient_id: &str,
    attachment_ids: &[String],
) -> Result<(), StoreError> {
    tx.execute(
        "DELETE FROM recipient_left_out WHERE recipient_id = ?1",
        params![recipient_id],
    )?;
    for attachment_id in attachment_ids {
        tx.execute(
            "INSERT INTO recipient_left_out (recipient_id, attachment_id) VALUES (?1, ?2)",
            params![recipient_id, attachment_id],
        )?;
    }
    Ok(())
}

/// Takes the recipients of a draft that is thrown away.
pub(crate) fn forget(tx: &mut Tx<'_>, document_id: &str) -> Result<(), StoreError> {
    tx.execute(
        "DELETE FROM recipient_left_out WHERE recipient_id IN \
         (SELECT id FROM recipient WHERE document_id = ?1)",
        params![document_id],
    )?;
    tx.execute(
        "DELETE FROM recipient WHERE document_id = ?1",
        params![document_id],
    )
    .map(drop)
}

/// Sets what is known of one line by the proofs of its channel.
pub(crate) fn set_standing(
    tx: &mut Tx<'_>,
    id: &str,
    standing: Standing,
    duty: Duty,
    line: &str,
    at: Option<Timestamp>,
) -> crate::error::Result<()> {
    set_standings(tx, &[id], standing, duty, line, at)
}

/// Lines that one statement changes.
const LINES_AT_ONCE: usize = 500;

/// The same of many lines, in a handful of statements.
pub(crate) fn set_standings(
    tx: &mut Tx<'_>,
    ids: &[&str],
    standing: Standing,
    duty: Duty,
    line: &str,
    at: Option<Timestamp>,
) -> crate::error::Result<()> {
    for chunk in ids.chunks(LINES_AT_ONCE) {
        let mut values = params![standing.code(), duty.code(), line, at].to_vec();
        values.extend(chunk.iter().map(|id| Value::from(*id)));
        let marks: Vec<String> = (5..=values.len()).map(|it| format!("?{it}")).collect();
        let marks = marks.join(", ");
        tx.execute(
            &format!(
                "UPDATE recipient SET status = ?1, duty = ?2, status_line = ?3, status_at = ?4 \
                 WHERE id IN ({marks})"
            ),
            &values,
        )?;
    }
    Ok(())
}
