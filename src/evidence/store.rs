//! The SQL of evidence: append-only, keyed by what the provider calls it.

use std::collections::HashMap;

use jiff::Timestamp;
use kep::evidence::{Evidence, EvidenceKind};

use super::check::{Check, Verdict};
use super::decide::Decision;
use super::derive::{Fact, Status, Trust};
use crate::access::Act;
use crate::distribution::Channel;
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
    /// The last check of its file.
    pub check: Option<Check>,
    pub checked_at: Option<Timestamp>,
    /// When its file was first checked, which the log of that day names by its hash: since then the
    /// bytes are known to have been here. A certificate that runs out or is revoked afterwards takes
    /// nothing from them. `received_at` would not do: a listing may come days before the file.
    pub held_since: Option<Timestamp>,
    /// The last decision of a person on it.
    pub decision: Option<Decided>,
}

/// A person's decision on an evidence that does not verify.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decided {
    pub counts: bool,
    pub reason: String,
    /// Who decided.
    pub by: String,
    pub at: Timestamp,
}

impl Stored {
    /// A check that holds counts; else what a person decided; else it does not count.
    fn trust(&self) -> Trust {
        match (&self.check, &self.decision) {
            (None, _) => Trust::Listed,
            (Some(check), _) if check.verdict.counts() => Trust::Counted,
            (Some(_), Some(decided)) if decided.counts => Trust::Counted,
            (Some(_), Some(_)) => Trust::Dismissed,
            (Some(_), None) => Trust::Unproved,
        }
    }
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

const COLUMNS: &str = "e.provider, e.evidence_id, e.code, e.kind, e.event, e.text, e.at, \
    e.at_text, e.at_assumed, e.kephs, e.recipient_address, e.blob_hash, e.finding, e.received_at";

pub(super) fn of(tx: &mut Tx<'_>, message_id: &str) -> Result<Vec<Stored>, StoreError> {
    let rows = tx.query(
        &format!(
            "SELECT {COLUMNS} FROM evidence e WHERE e.message_id = ?1 \
             ORDER BY e.received_at, e.evidence_id LIMIT 1000"
        ),
        params![message_id],
    )?;
    let mut all: Vec<Stored> = rows.iter().map(stored_of).collect::<Result<_, _>>()?;
    let mut checks = checks(tx, message_id)?;
    let mut decisions = decisions(tx, message_id)?;
    for stored in &mut all {
        if let Some(checked) = checks.remove(&stored.fact.id) {
            stored.check = Some(checked.last);
            (stored.checked_at, stored.held_since) = (Some(checked.at), Some(checked.first_at));
        }
        stored.decision = decisions.remove(&stored.fact.id);
        stored.fact.trust = stored.trust();
    }
    Ok(all)
}

/// An evidence of a letter with the message that it is kept for, and that message's channel.
pub(super) fn of_letter(
    tx: &mut Tx<'_>,
    document_id: &str,
    evidence_id: &str,
) -> Result<Option<(String, Channel, Stored)>, StoreError> {
    let row = tx.query_opt(
        "SELECT e.message_id, m.channel FROM evidence e JOIN outgoing_message m ON m.id = e.message_id \
         WHERE m.document_id = ?1 AND e.evidence_id = ?2",
        params![document_id, evidence_id],
    )?;
    let Some(row) = row else {
        return Ok(None);
    };
    let message_id: String = row.get("message_id")?;
    let channel: Channel = row.get("channel")?;
    let all = of(tx, &message_id)?;
    let found = all.into_iter().find(|it| it.fact.id == evidence_id);
    Ok(found.map(|stored| (message_id, channel, stored)))
}

pub(super) fn insert_check(
    tx: &mut Tx<'_>,
    act: &Act<'_>,
    (provider, evidence_id): (&str, &str),
    blob: &BlobHash,
    check: &Check,
) -> Result<(), StoreError> {
    let lines = serde_json::to_string(&check.lines)
        .map_err(|error| StoreError::Schema(format!("evidence_check.checks: {error}")))?;
    tx.execute(
        "INSERT INTO evidence_check (id, provider, evidence_id, checked_at, blob_hash, result, \
         reason, checks, signer, signed_at, stamped_at) \
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
        params![
            act.new_id(),
            provider,
            evidence_id,
            act.now,
            blob,
            check.verdict.code(),
            &check.reason,
            lines,
            check.signer.clone(),
            check.signed_at,
            check.stamped_at
        ],
    )?;
    Ok(())
}

pub(super) fn insert_decision(
    tx: &mut Tx<'_>,
    act: &Act<'_>,
    fact: &Fact,
    decision: &Decision,
) -> Result<(), StoreError> {
    tx.execute(
        "INSERT INTO evidence_decision (id, provider, evidence_id, counts, reason, decided_by, \
         decided_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
        params![
            act.new_id(),
            &fact.provider,
            &fact.id,
            decision.counts,
            decision.reason.trim(),
            &act.actor.user_id,
            act.now
        ],
    )?;
    Ok(())
}

/// What the checks of one file tell.
struct Checked {
    last: Check,
    at: Timestamp,
    first_at: Timestamp,
}

/// The last check of each evidence of a message, and when its file was first checked.
fn checks(tx: &mut Tx<'_>, message_id: &str) -> Result<HashMap<String, Checked>, StoreError> {
    let mut checks: HashMap<String, Checked> = HashMap::new();
    for row in tx.query(
        "SELECT c.evidence_id, c.checked_at, c.result, c.reason, c.checks, c.signer, c.signed_at, \
         c.stamped_at FROM evidence e JOIN evidence_check c ON c.provider = e.provider \
         AND c.evidence_id = e.evidence_id AND c.blob_hash = e.blob_hash \
         WHERE e.message_id = ?1 ORDER BY c.checked_at, c.id",
        params![message_id],
    )? {
        let lines: String = row.get("checks")?;
        let check = Check {
            verdict: Verdict::from_code(&row.get::<String>("result")?),
            reason: row.get("reason")?,
            lines: serde_json::from_str(&lines).unwrap_or_default(),
            signer: row.get("signer")?,
            signed_at: row.get("signed_at")?,
            stamped_at: row.get("stamped_at")?,
        };
        let (id, at): (String, Timestamp) = (row.get("evidence_id")?, row.get("checked_at")?);
        let first_at = checks.get(&id).map_or(at, |before| before.first_at);
        let last = check;
        checks.insert(id, Checked { last, at, first_at });
    }
    Ok(checks)
}

/// The last decision on each evidence of a message.
fn decisions(tx: &mut Tx<'_>, message_id: &str) -> Result<HashMap<String, Decided>, StoreError> {
    let mut last = HashMap::new();
    for row in tx.query(
        "SELECT d.evidence_id, d.counts, d.reason, d.decided_at, u.full_name FROM evidence e \
         JOIN evidence_decision d ON d.provider = e.provider AND d.evidence_id = e.evidence_id \
         LEFT JOIN user_account u ON u.id = d.decided_by \
         WHERE e.message_id = ?1 ORDER BY d.decided_at, d.id",
        params![message_id],
    )? {
        let decided = Decided {
            counts: row.get("counts")?,
            reason: row.get("reason")?,
            by: row.get::<Option<String>>("full_name")?.unwrap_or_default(),
            at: row.get("decided_at")?,
        };
        last.insert(row.get("evidence_id")?, decided);
    }
    Ok(last)
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
            trust: Trust::Listed,
        },
        event: row.get("event")?,
        at_assumed: row.get("at_assumed")?,
        kephs: row.get("kephs")?,
        recipient_address: row.get("recipient_address")?,
        blob_hash: row.get("blob_hash")?,
        finding: row.get("finding")?,
        received_at: row.get("received_at")?,
        check: None,
        checked_at: None,
        held_since: None,
        decision: None,
    })
}

/// Asks for the message's evidence again where that had ended. The worker, which knows how long it
/// asks, may end it after one question.
pub(super) fn ask_again(
    tx: &mut Tx<'_>,
    message_id: &str,
    now: Timestamp,
) -> Result<(), StoreError> {
    tx.execute(
        "UPDATE outgoing_message SET poll_at = ?2 WHERE id = ?1 AND state = 'sent' \
         AND poll_at IS NULL",
        params![message_id, now],
    )?;
    Ok(())
}

/// Writes the derived state to every line that the message carries. What stands as sent again, since
/// an evidence was dismissed, stands so since it was sent.
pub(super) fn set_status(
    tx: &mut Tx<'_>,
    message_id: &str,
    status: &Status,
    now: Timestamp,
) -> Result<(), StoreError> {
    tx.execute(
        "UPDATE recipient SET status = ?2, duty = ?3, status_line = ?4, \
         status_at = COALESCE(?5, CASE WHEN ?2 = 'sent' THEN \
            (SELECT m.sent_at FROM outgoing_message m WHERE m.id = ?1) END, status_at), \
         standing_since = CASE WHEN status = ?2 AND duty = ?3 THEN standing_since ELSE ?6 END \
         WHERE message_id = ?1",
        params![
            message_id,
            status.standing.code(),
            status.duty.code(),
            &status.line,
            status.at,
            now
        ],
    )?;
    Ok(())
}
