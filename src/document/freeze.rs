//! The freeze: the letter's facts gathered into a sheet, rendered once, kept by their hash.

use jiff::civil::Date;

use super::attach;
use super::render::{Addressee, AttachmentLine, Rendered, Sheet, SignatureBlock, render};
use super::{Confidentiality, Letter, number, reference, stale, store};
use crate::access::Act;
use crate::audit;
use crate::directory::{self, UnitId};
use crate::distribution::{self, Purpose};
use crate::error::Result;
use crate::store::{BlobHash, Tx};

/// Everything that stands on the letter, with the signatures given.
///
/// # Errors
/// When the store fails.
pub(crate) fn sheet(
    tx: &mut Tx<'_>,
    letter: &Letter,
    signatures: Vec<SignatureBlock>,
) -> Result<Sheet> {
    let unit = directory::by_id(tx, &UnitId::new(letter.unit_id.clone()))?;
    let institution = match &unit {
        Some(unit) => directory::by_id(tx, &unit.institution_id)?,
        None => None,
    };
    let day = |date: Option<Date>| {
        date.map(|date| date.strftime("%d.%m.%Y").to_string())
            .unwrap_or_default()
    };
    let unit_name = unit
        .as_ref()
        .filter(|unit| !unit.is_institution())
        .map(|unit| unit.name.clone())
        .unwrap_or_default();
    let contact = institution.as_ref().map(|institution| {
        let place = format!("{} / {}", institution.district, institution.province);
        match &institution.kep_address {
            Some(address) => format!("{} · {place} · KEP: {address}", institution.name),
            None => format!("{} · {place}", institution.name),
        }
    });
    let recipients = distribution::list::all(tx, &letter.id)?
        .iter()
        .map(addressee)
        .collect::<Vec<_>>();
    Ok(Sheet {
        institution: institution
            .map(|institution| institution.name)
            .unwrap_or_default(),
        unit: unit_name,
        number: letter.official_number.clone().unwrap_or_default(),
        date: day(letter.official_date),
        subject: letter.subject.clone(),
        kind: Some(letter.kind),
        urgency: Some(letter.urgency),
        due_date: day(letter.due_date),
        restricted: letter.confidentiality == Confidentiality::Restricted,
        personal: letter.personal,
        recipients,
        references: reference::all(tx, &letter.id)?
            .into_iter()
            .map(|line| line.text)
            .collect(),
        body: letter.body.clone(),
        closing: Some(letter.closing),
        signatures,
        attachments: attach::all(tx, &letter.id)?
            .into_iter()
            .map(|line| AttachmentLine {
                title: line.title,
                kind: line.kind,
            })
            .collect(),
        contact: contact.unwrap_or_default(),
    })
}

fn addressee(recipient: &distribution::Recipient) -> Addressee {
    let path = recipient
        .label
        .rsplit_once('[')
        .map_or("", |(_, rest)| rest.trim_end_matches(']'));
    let unit = path.rsplit_once(" > ").map_or("", |(_, unit)| unit);
    Addressee {
        institution: recipient.institution_name.clone(),
        unit: crate::turkish::title(&crate::turkish::lower(unit)),
        is_person: recipient.outside_party_id.is_some(),
        for_information: recipient.purpose == Purpose::Information,
    }
}

/// The letter as it would look now, for reading and checking.
///
/// # Errors
/// When the store fails.
pub(crate) fn preview(
    tx: &mut Tx<'_>,
    letter: &Letter,
    signatures: Vec<SignatureBlock>,
) -> Result<Rendered> {
    Ok(render(&sheet(tx, letter, signatures)?))
}

/// Takes number and date for `today` and renders the letter with them.
///
/// The bytes go to the blob store before [`record`] names them.
pub(crate) fn take_number(
    tx: &mut Tx<'_>,
    act: &Act<'_>,
    letter: &mut Letter,
    today: Date,
    signatures: Vec<SignatureBlock>,
) -> Result<Rendered> {
    letter.official_number = Some(number::reserve(tx, act, letter, today)?);
    letter.official_date = Some(today);
    preview(tx, letter, signatures)
}

/// Names the frozen bytes in the letter's row, if it is still the version that was rendered.
pub(crate) fn record(
    tx: &mut Tx<'_>,
    act: &Act<'_>,
    letter_id: &str,
    version: i64,
    hash: &BlobHash,
) -> Result<()> {
    let letter = super::any(tx, letter_id)?;
    if letter.version != version {
        return Err(stale());
    }
    if letter.frozen_hash.as_ref() == Some(hash) {
        return Ok(());
    }
    store::set_frozen(tx, letter_id, Some((hash, act.now)))?;
    let detail = serde_json::json!({ "hash": hash.as_str() });
    audit::record(tx, act, "document.freeze", "document", letter_id, &detail)
}
