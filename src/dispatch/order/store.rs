//! The SQL of orders and their messages.

use jiff::Timestamp;
use kep::message::Envelope;

use super::{Message, Order, Signature, State, Waiting};
use crate::params;
use crate::store::{Row, StoreError, Tx};

/// Most orders that the officer's list shows.
const SHOWN: i64 = 200;
/// Orders that a round of the worker finishes.
const BATCH: i64 = 8;

const ORDER: &str = "o.id, o.document_id, o.version, o.account_id, o.asked_by_name, o.asked_at, \
                     o.state, o.reason";

fn order_of(row: &Row) -> Result<Order, StoreError> {
    Ok(Order {
        id: row.get("id")?,
        document_id: row.get("document_id")?,
        version: row.get("version")?,
        account_id: row.get("account_id")?,
        asked_by_name: row.get("asked_by_name")?,
        asked_at: row.get("asked_at")?,
        state: row.get("state")?,
        reason: row.get("reason")?,
    })
}

/// The order of a letter.
pub fn of(tx: &mut Tx<'_>, document_id: &str) -> Result<Option<Order>, StoreError> {
    let sql = format!("SELECT {ORDER} FROM dispatch_order o WHERE o.document_id = ?1");
    tx.query_opt(&sql, params![document_id])?
        .map(|row| order_of(&row))
        .transpose()
}

/// Writes an order in the place of the letter's one before.
pub(super) fn replace(
    tx: &mut Tx<'_>,
    order: &Order,
    asked_by: &str,
    messages: &[Message],
) -> Result<(), StoreError> {
    tx.execute(
        "DELETE FROM dispatch_order_message WHERE order_id IN \
         (SELECT id FROM dispatch_order WHERE document_id = ?1)",
        params![&order.document_id],
    )?;
    tx.execute(
        "DELETE FROM dispatch_order WHERE document_id = ?1",
        params![&order.document_id],
    )?;
    tx.execute(
        "INSERT INTO dispatch_order (id, document_id, version, account_id, asked_by, \
         asked_by_name, asked_at, state, reason) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
        params![
            &order.id,
            &order.document_id,
            order.version,
            &order.account_id,
            asked_by,
            &order.asked_by_name,
            order.asked_at,
            order.state,
            &order.reason
        ],
    )?;
    for message in messages {
        tx.execute(
            "INSERT INTO dispatch_order_message (id, order_id, rfc_message_id, address, \
             recipients, head, boundary, content_hash) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
            params![
                &message.id,
                &order.id,
                &message.rfc_message_id,
                &message.address,
                message.recipients.join(","),
                &message.envelope.head,
                &message.envelope.boundary,
                &message.content_hash
            ],
        )?;
    }
    Ok(())
}

/// The messages of an order, in the order in which they were made.
pub(super) fn messages(tx: &mut Tx<'_>, order_id: &str) -> Result<Vec<Message>, StoreError> {
    tx.query(
        "SELECT id, rfc_message_id, address, recipients, head, boundary, content_hash, cms_hash, \
         signed_by, certificate_fingerprint, signed_at FROM dispatch_order_message \
         WHERE order_id = ?1 ORDER BY id",
        params![order_id],
    )?
    .iter()
    .map(message_of)
    .collect()
}

fn message_of(row: &Row) -> Result<Message, StoreError> {
    let recipients: String = row.get("recipients")?;
    let signature = match row.get("cms_hash")? {
        Some(cms_hash) => Some(Signature {
            cms_hash,
            signed_by: row.get("signed_by")?,
            fingerprint: row.get("certificate_fingerprint")?,
            signed_at: row.get("signed_at")?,
        }),
        None => None,
    };
    Ok(Message {
        id: row.get("id")?,
        rfc_message_id: row.get("rfc_message_id")?,
        address: row.get("address")?,
        recipients: recipients.split(',').map(str::to_owned).collect(),
        envelope: Envelope {
            head: row.get("head")?,
            boundary: row.get("boundary")?,
        },
        content_hash: row.get("content_hash")?,
        signature,
    })
}

/// Keeps the signature of a message of a waiting order; the first one stays.
pub(super) fn keep_signature(
    tx: &mut Tx<'_>,
    order_id: &str,
    message_id: &str,
    signature: &Signature,
) -> Result<(), StoreError> {
    tx.execute(
        "UPDATE dispatch_order_message SET cms_hash = ?3, signed_by = ?4, \
         certificate_fingerprint = ?5, signed_at = ?6 \
         WHERE order_id = ?1 AND id = ?2 AND cms_hash IS NULL",
        params![
            order_id,
            message_id,
            &signature.cms_hash,
            &signature.signed_by,
            &signature.fingerprint,
            signature.signed_at
        ],
    )
    .map(drop)
}

/// Closes a waiting order; false when somebody else closed it.
pub(super) fn close(
    tx: &mut Tx<'_>,
    order_id: &str,
    state: State,
    reason: &str,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let changed = tx.execute(
        "UPDATE dispatch_order SET state = ?2, reason = ?3, closed_at = ?4 \
         WHERE id = ?1 AND state = 'waiting'",
        params![order_id, state, reason, now],
    )?;
    Ok(changed == 1)
}

/// Orders that wait for a person, the oldest first.
pub(super) fn waiting_for(tx: &mut Tx<'_>, user_id: &str) -> Result<Vec<Waiting>, StoreError> {
    let sql = format!(
        "SELECT {ORDER}, d.subject, d.official_number, \
         (SELECT COUNT(*) FROM dispatch_order_message m WHERE m.order_id = o.id) AS messages, \
         (SELECT COUNT(*) FROM dispatch_order_message m WHERE m.order_id = o.id \
          AND m.cms_hash IS NOT NULL) AS signed \
         FROM dispatch_order o JOIN document d ON d.id = o.document_id \
         JOIN kep_account k ON k.id = o.account_id \
         WHERE o.state = 'waiting' AND k.unit_id IN (SELECT unit_id FROM user_scope \
             WHERE user_id = ?1 AND role = 'kep_officer') \
         ORDER BY o.asked_at, o.id LIMIT ?2"
    );
    tx.query(&sql, params![user_id, SHOWN])?
        .iter()
        .map(|row| {
            Ok(Waiting {
                order: order_of(row)?,
                subject: row.get("subject")?,
                official_number: row
                    .get::<Option<String>>("official_number")?
                    .unwrap_or_default(),
                messages: row.get("messages")?,
                signed: row.get("signed")?,
            })
        })
        .collect()
}

/// Letters whose messages are all signed but that were not finished.
pub(super) fn signed(tx: &mut Tx<'_>) -> Result<Vec<String>, StoreError> {
    tx.query(
        "SELECT o.document_id FROM dispatch_order o WHERE o.state = 'waiting' \
         AND NOT EXISTS (SELECT 1 FROM dispatch_order_message m \
             WHERE m.order_id = o.id AND m.cms_hash IS NULL) \
         ORDER BY o.asked_at, o.id LIMIT ?1",
        params![BATCH],
    )?
    .iter()
    .map(|row| row.get("document_id"))
    .collect()
}

/// How many active people could sign for an account of the unit.
pub(super) fn officers(tx: &mut Tx<'_>, unit_id: &str) -> Result<i64, StoreError> {
    tx.scalar(
        "SELECT COUNT(*) FROM user_scope s JOIN user_account u ON u.id = s.user_id \
         WHERE s.role = 'kep_officer' AND s.unit_id = ?1 AND u.active = 1",
        params![unit_id],
    )
}
