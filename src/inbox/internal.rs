//! *DYS İçi Evrak Gönderim* on the receiving side: the letter lands in the unit's Gelen Evrak in
//! the transaction of Evrakı Gönder, and the sender sees when it was read.

use std::collections::BTreeMap;

use serde_json::json;

use super::register::{self, Entry};
use super::{IncomingKind, Source, store};
use crate::access::Act;
use crate::audit;
use crate::clock;
use crate::directory::{self, Unit, UnitId, today};
use crate::distribution::{self, Recipient};
use crate::document::Letter;
use crate::document::attach::{self, Attachment, AttachmentKind};
use crate::error::{Error, Result, invalid};
use crate::evidence::{Duty, Standing};
use crate::store::Tx;

/// Puts the letter into the Gelen Evrak of each line's unit, in a handful of statements however many
/// they are; says the registration numbers in the order of the lines.
///
/// # Errors
/// `birim_kapali` when a unit closed meanwhile.
pub(crate) fn receive(
    tx: &mut Tx<'_>,
    act: &Act<'_>,
    letter: &Letter,
    lines: &[Recipient],
    attachments: &[Attachment],
) -> Result<Vec<String>> {
    let sender = directory::by_id(tx, &UnitId::new(letter.unit_id.as_str()))?
        .map_or_else(String::new, |unit| unit.name);
    let ids: Vec<&str> = lines
        .iter()
        .filter_map(|line| line.unit_id.as_deref())
        .collect();
    let units = today::of(tx, &ids)?;
    // By the institution whose series they are counted in: one, where nobody has merged.
    let mut by_series: BTreeMap<&str, (Vec<usize>, Vec<Entry>)> = BTreeMap::new();
    for (place, line) in lines.iter().enumerate() {
        let unit = line.unit_id.as_ref().and_then(|id| units.get(id));
        let unit = unit
            .map(|today| &today.unit)
            .filter(|unit| unit.is_own && unit.active)
            .ok_or_else(|| closed(line))?;
        let (places, entries) = by_series.entry(unit.institution_id.as_str()).or_default();
        places.push(place);
        entries.push(entry(act, letter, line, unit, &sender, attachments));
    }
    let mut numbers = vec![String::new(); lines.len()];
    for (series, (places, entries)) in by_series {
        let registered = register::insert_each(tx, act, series, &entries)?;
        for (place, (_, number)) in places.into_iter().zip(registered) {
            numbers[place] = number;
        }
    }
    let reached = format!(
        "Birimin gelen evrakına ulaştı. ({})",
        clock::posta_durumu_time(act.now)
    );
    let ids: Vec<&str> = lines.iter().map(|line| line.id.as_str()).collect();
    let (delivered, wait) = (Standing::Delivered, Duty::Wait);
    distribution::set_standings(tx, &ids, delivered, wait, &reached, Some(act.now))?;
    Ok(numbers)
}

/// The line as it stands in the unit's registry.
fn entry(
    act: &Act<'_>,
    letter: &Letter,
    line: &Recipient,
    unit: &Unit,
    sender: &str,
    attachments: &[Attachment],
) -> Entry {
    let files = attachments
        .iter()
        .filter(|attachment| !line.left_out.contains(&attachment.id))
        .map(|attachment| copied(act, attachment))
        .collect();
    Entry {
        their_number: letter.official_number.clone().unwrap_or_default(),
        their_date: letter.official_date,
        subject: letter.subject.clone(),
        urgency: letter.urgency,
        confidentiality: attach::degree(letter, attachments),
        personal: letter.personal,
        purpose: line.purpose,
        due_date: letter.due_date,
        period: letter.due_date.map(|_| super::period::Period::Given),
        content_hash: letter.frozen_hash.clone(),
        content_type: "application/pdf".to_owned(),
        plan_code: letter.plan_code.clone(),
        document_id: Some(letter.id.clone()),
        recipient_id: Some(line.id.clone()),
        sender: sender.to_owned(),
        sender_unit_id: Some(letter.unit_id.clone()),
        files,
        ..Entry::new(unit.id.as_str(), Source::Internal, IncomingKind::Letter)
    }
}

fn closed(line: &Recipient) -> Error {
    invalid(
        "birim_kapali",
        format!("{}: birim kapalı. Yerine geçen birimi seçin.", line.label),
    )
}

fn copied(act: &Act<'_>, attachment: &Attachment) -> super::File {
    super::File {
        id: act.new_id(),
        title: attachment.title.clone(),
        file_name: attachment.file_name.clone(),
        media_type: attachment.media_type.clone(),
        size: attachment.size,
        blob_hash: attachment.blob_hash.clone(),
        scan: attachment.scan,
        note: match attachment.kind {
            AttachmentKind::File => String::new(),
            AttachmentKind::Physical => "Fiziksel nesne".to_owned(),
            AttachmentKind::External => attachment.reference.clone().unwrap_or_default(),
        },
    }
}

/// Takes back what nobody has read; `None` when somebody has.
///
/// # Errors
/// When the store fails.
pub(crate) fn withdraw(tx: &mut Tx<'_>, act: &Act<'_>, document_id: &str) -> Result<Option<usize>> {
    let landed = store::landed(tx, document_id)?;
    if landed.iter().any(|(_, read)| *read) {
        return Ok(None);
    }
    for (id, _) in &landed {
        store::withdraw(tx, act, id, "Gönderen birim gönderimi durdurdu.")?;
        audit::record(tx, act, "inbox.withdraw", "incoming", id, &json!({}))?;
    }
    Ok(Some(landed.len()))
}

/// The first reading in the unit is told to the sender.
pub(super) fn read(tx: &mut Tx<'_>, act: &Act<'_>, incoming: &super::Incoming) -> Result<()> {
    let Some(recipient_id) = &incoming.recipient_id else {
        return Ok(());
    };
    let line = format!(
        "Birimce okundu. ({}) / Birimin gelen evrakına ulaştı. ({})",
        clock::posta_durumu_time(act.now),
        clock::posta_durumu_time(incoming.registered_at)
    );
    distribution::set_standing(
        tx,
        recipient_id,
        Standing::Read,
        Duty::None,
        &line,
        Some(act.now),
    )
}
