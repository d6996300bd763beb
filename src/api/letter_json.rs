//! A letter as JSON, with everything that belongs to it.

use serde_json::{Value as Json_, json};

use crate::access::Act;
use crate::approval::{Step, chain};
use crate::distribution;
use crate::document::attach::{self, Attachment};
use crate::document::{draft, reference};
use crate::error::Result;
use crate::store::Tx;

/// The letter with references, attachments, chain and recipients, if the caller may see it.
///
/// # Errors
/// `evrak_yok`.
pub(super) fn whole(tx: &mut Tx<'_>, act: &Act<'_>, id: &str) -> Result<Json_> {
    let letter = draft::open(tx, act, id)?;
    let references: Vec<Json_> = reference::list(tx, act, id)?
        .iter()
        .map(|line| json!({ "text": line.text, "letter_id": line.linked_document_id, "incoming_id": line.incoming_id }))
        .collect();
    let attachments: Vec<Json_> = attach::list(tx, act, id)?.iter().map(attachment).collect();
    let chain: Vec<Json_> = chain::current(tx, act, id)?.iter().map(step).collect();
    let recipients: Vec<Json_> = distribution::list::list(tx, act, id)?
        .iter()
        .map(recipient)
        .collect();
    Ok(json!({
        "id": letter.id,
        "version": letter.version,
        "state": letter.state.code(),
        "unit_id": letter.unit_id,
        "drafter": letter.drafter_name,
        "subject": letter.subject,
        "kind": letter.kind.code(),
        "urgency": letter.urgency.code(),
        "due_date": letter.due_date.map(|day| day.to_string()),
        "confidentiality": letter.confidentiality.code(),
        "personal": letter.personal,
        "note": letter.note,
        "language": letter.language,
        "plan_code": letter.plan_code,
        "folder_no": letter.folder_no,
        "secondary_code": letter.secondary_code,
        "closing": letter.closing.code(),
        "text": letter.body.to_plain(),
        "official_number": letter.official_number,
        "official_date": letter.official_date.map(|day| day.to_string()),
        "frozen_hash": letter.frozen_hash.as_ref().map(|hash| hash.as_str()),
        "signed_at": letter.signed_at.map(|at| at.to_string()),
        "dispatched_at": letter.dispatched_at.map(|at| at.to_string()),
        "created_at": letter.created_at.to_string(),
        "updated_at": letter.updated_at.to_string(),
        "references": references,
        "attachments": attachments,
        "chain": chain,
        "recipients": recipients,
    }))
}

/// One line of the attachment list.
pub(super) fn attachment(line: &Attachment) -> Json_ {
    json!({
        "id": line.id,
        "kind": line.kind.code(),
        "title": line.title,
        "file_name": line.file_name,
        "media_type": line.media_type,
        "size": line.size,
        "sha256": line.blob_hash.as_ref().map(|hash| hash.as_str()),
        "reference": line.reference,
        "restricted": line.restricted,
        "scan": line.scan.code(),
    })
}

fn step(step: &Step) -> Json_ {
    json!({
        "kind": step.kind.code(),
        "user_id": step.user_id,
        "name": step.full_name,
        "title": step.title,
        "delegated_by": step.delegator.as_ref().map(|it| &it.full_name),
        "state": step.state.code(),
        "acted_by": step.acted_by_name,
        "as_deputy": step.as_deputy,
        "acted_at": step.acted_at.map(|at| at.to_string()),
        "reason": step.reason,
        "hash": step.seen_hash.as_ref().map(|hash| hash.as_str()),
    })
}

fn recipient(line: &distribution::Recipient) -> Json_ {
    json!({
        "id": line.id,
        "destination_type": line.destination_type.code(),
        "unit_id": line.unit_id,
        "detsis_no": line.detsis_no,
        "label": line.label,
        "delivery_address": line.delivery_address,
        "purpose": line.purpose.code(),
        "paper_reason": line.paper_reason,
        "left_out_attachments": line.left_out,
    })
}
