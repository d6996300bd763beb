//! SQL of recipients.

use jiff::Timestamp;

use super::list::Recipient;
use crate::evidence::{Duty, Standing};
use crate::params;
use crate::store::{Row, StoreError, Tx};
use crate::turkish;

const RECIPIENT: &str = "id, document_id, destination_type, unit_id, outside_party_id, \
    institution_id, detsis_no, label, institution_name, delivery_address, purpose, message_id, \
    status, duty, status_at, status_line";

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
        status_at: row.get("status_at")?,
        status_line: row.get("status_line")?,
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
                "SELECT {RECIPIENT} FROM recipient WHERE document_id = ?1 ORDER BY position, id"
            ),
            params![document_id],
        )?
        .iter()
        .map(recipient)
        .collect::<Result<_, _>>()?;
    let left_out = tx.query(
        "SELECT l.recipient_id, l.attachment_id FROM recipient_left_out l \
         JOIN recipient r ON r.id = l.recipient_id WHERE r.document_id = ?1 \
         ORDER BY l.attachment_id",
        params![document_id],
    )?;
    for row in left_out {
        let id: String = row.get("recipient_id")?;
        if let Some(recipient) = recipients.iter_mut().find(|recipient| recipient.id == id) {
            recipient.left_out.push(row.get("attachment_id")?);
        }
    }
    Ok(recipients)
}

pub(super) fn insert(tx: &mut Tx<'_>, new: &Recipient) -> Result<(), StoreError> {
    tx.execute(
        "INSERT INTO recipient (id, document_id, position, destination_type, unit_id, \
         outside_party_id, institution_id, detsis_no, label, label_key, institution_name, \
         delivery_address, purpose) VALUES (?1, ?2, (SELECT COALESCE(MAX(position), 0) + 1 \
         FROM recipient WHERE document_id = ?2), ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)",
        params![
            &new.id,
            &new.document_id,
            new.destination_type,
            new.unit_id.as_deref(),
            new.outside_party_id.as_deref(),
            new.institution_id.as_deref(),
            new.detsis_no.as_deref(),
            &new.label,
            turkish::search_key(&new.label),
            &new.institution_name,
            new.delivery_address.as_deref(),
            new.purpose
        ],
    )?;
    Ok(())
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

/// Sets what is known of one line by the proofs of its channel.
pub(crate) fn set_standing(
    tx: &mut Tx<'_>,
    id: &str,
    standing: Standing,
    duty: Duty,
    line: &str,
    at: Option<Timestamp>,
) -> crate::error::Result<()> {
    tx.execute(
        "UPDATE recipient SET status = ?2, duty = ?3, status_line = ?4, status_at = ?5 \
         WHERE id = ?1",
        params![id, standing.code(), duty.code(), line, at],
    )?;
    Ok(())
}
