//! The SQL of evidence: append-only, keyed by what the provider calls it.

use jiff::Timestamp;
use kep::evidence::{Evidence, EvidenceKind};

use super::derive::{Fact, Status};
use crate::params;
use crate::store::{BlobHash, Row, StoreError, Tx};

/// One evidence as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stored {
    pub fact: Fact,
    /// ETSI event, as the file says.
    pub event: Option<String>,
    /// The time carried no offset and was read as Turkey's.
    pub at_assumed: bool,
    pub kephs: String,
    pub recipient_address: Option<String>,
    /// The evidence file; absent until it was fetched.
    pub blob_hash: Option<BlobHash>,
    /// What is odd about it, in words.
    pub finding: Option<String>,
    pub received_at: Timestamp,
}

/// Keeps an evidence; one that is known only gains the file it lacked.
pub(super) fn put(
    tx: &mut Tx<'_>,
    message_id: &str,
    evidence: &Evidence,
    blob: Option<&BlobHash>,
    now: Timestamp,
) -> Result<(), StoreError> {
    let finding = evidence
        .findings
        .iter()
        .map(|finding| finding.sentence())
        .collect::<Vec<_>>()
        .join(" ");
    let finding = (!finding.is_empty()).then_some(finding);
    tx.execute(
        "INSERT INTO evidence (provider, evidence_id, message_id, code, kind, event, text, at, \
         at_text, at_assumed, kephs, recipient_address, blob_hash, finding, received_at) \
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15) \
         ON CONFLICT (provider, evidence_id) DO UPDATE SET kind = excluded.kind, \
         event = excluded.event, at = excluded.at, at_text = excluded.at_text, \
         at_assumed = excluded.at_assumed, blob_hash = excluded.blob_hash, \
         finding = excluded.finding \
         WHERE evidence.blob_hash IS NULL AND excluded.blob_hash IS NOT NULL",
        params![
            &evidence.provider,
            &evidence.id,
            message_id,
            evidence.code,
            evidence.kind.name(),
            evidence.event.clone(),
            evidence.text.clone().unwrap_or_default(),
            evidence.time.at,
            &evidence.time.text,
            evidence.time.assumed_zone,
            evidence.kephs.clone().unwrap_or_default(),
            evidence.recipient.clone(),
            blob,
            finding,
            now
        ],
    )?;
    Ok(())
}

pub(super) fn of(tx: &mut Tx<'_>, message_id: &str) -> Result<Vec<Stored>, StoreError> {
    tx.query(
        "SELECT provider, evidence_id, code, kind, event, text, at, at_text, at_assumed, kephs, \
         recipient_address, blob_hash, finding, received_at FROM evidence \
         WHERE message_id = ?1 ORDER BY received_at, evidence_id LIMIT 1000",
        params![message_id],
    )?
    .iter()
    .map(stored_of)
    .collect()
}

fn stored_of(row: &Row) -> Result<Stored, StoreError> {
    let kind: String = row.get("kind")?;
    Ok(Stored {
        fact: Fact {
            provider: row.get("provider")?,
            id: row.get("evidence_id")?,
            code: row.get("code")?,
            kind: EvidenceKind::from_name(&kind).unwrap_or(EvidenceKind::Unknown),
            text: row.get("text")?,
            at: row.get("at")?,
            at_text: row.get("at_text")?,
        },
        event: row.get("event")?,
        at_assumed: row.get("at_assumed")?,
        kephs: row.get("kephs")?,
        recipient_address: row.get("recipient_address")?,
        blob_hash: row.get("blob_hash")?,
        finding: row.get("finding")?,
        received_at: row.get("received_at")?,
    })
}

/// Writes the derived state to every line that the message carries.
pub(super) fn set_status(
    tx: &mut Tx<'_>,
    message_id: &str,
    status: &Status,
) -> Result<(), StoreError> {
    tx.execute(
        "UPDATE recipient SET status = ?2, duty = ?3, status_line = ?4, \
         status_at = COALESCE(?5, status_at) WHERE message_id = ?1",
        params![
            message_id,
            status.standing.code(),
            status.duty.code(),
            &status.line,
            status.at
        ],
    )?;
    Ok(())
}
