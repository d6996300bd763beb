//! Who wrote an incoming document, as a recipient of the letter that follows from it.

use super::{Incoming, IncomingKind, Source};
use crate::access::Act;
use crate::directory::outside::{self, Petitioner};
use crate::directory::{KepAddress, postal, today};
use crate::distribution::{DestinationType, Purpose, list};
use crate::error::{Error, Result};
use crate::store::Tx;

/// What became of the recipient.
#[derive(Debug)]
pub(super) enum Outcome {
    /// It stands in the distribution list; name and way in words.
    Added(String),
    /// It does not, and what to do about it, as sentences.
    Missing(String),
}

/// Puts the sender into the empty distribution list of a letter: a unit of the directory by KEP or
/// on paper, anybody else by the KEP address of the message or the postal address of the petition.
///
/// # Errors
/// When the store fails; what is not known is told as [`Outcome::Missing`].
pub(super) fn add(
    tx: &mut Tx<'_>,
    act: &Act<'_>,
    letter: &str,
    drafting_unit: &str,
    incoming: &Incoming,
    purpose: Purpose,
) -> Result<Outcome> {
    let added = match &incoming.sender_unit_id {
        Some(unit_id) => unit(tx, act, letter, unit_id),
        None => party(tx, act, letter, drafting_unit, incoming),
    };
    // A list refuses in words that tell the way out.
    let outcome = match added {
        Err(Error::Problem(problem)) => Outcome::Missing(problem.message),
        other => other?,
    };
    if purpose != Purpose::Action {
        for line in list::list(tx, act, letter)? {
            list::set_purpose(tx, act, letter, &line.id, purpose)?;
        }
    }
    Ok(outcome)
}

fn unit(tx: &mut Tx<'_>, act: &Act<'_>, letter: &str, unit_id: &str) -> Result<Outcome> {
    let found = today::of(tx, &[unit_id])?.remove(unit_id);
    let Some(found) = found.filter(|found| found.unit.active) else {
        return Ok(Outcome::Missing(
            "Gönderen birim rehberde kapalı; yerine geçen birimi Dağıtım Listesi'nden seçin."
                .to_owned(),
        ));
    };
    let kind = match &found.kep_address {
        _ if found.unit.is_own => DestinationType::InternalUnit,
        Some(_) => DestinationType::ExternalKep,
        None => DestinationType::ExternalPaper,
    };
    list::add_units(tx, act, letter, kind, &[unit_id.to_owned()])?;
    let way = match kind {
        DestinationType::ExternalPaper if found.postal_address.is_none() => {
            "kâğıtla; posta adresini Dağıtım Listesi'nde yazın"
        }
        kind => way_of(kind),
    };
    Ok(Outcome::Added(format!("{}, {way}", found.unit.name)))
}

fn party(
    tx: &mut Tx<'_>,
    act: &Act<'_>,
    letter: &str,
    drafting_unit: &str,
    incoming: &Incoming,
) -> Result<Outcome> {
    let kep_address = incoming
        .sender_address
        .as_deref()
        .and_then(|address| KepAddress::parse(address).ok());
    if let Some(address) = &kep_address
        && let Some(known) = outside::by_kep_address(tx, act, address)?
    {
        let kind = DestinationType::ExternalKep;
        list::add_party(tx, act, letter, kind, &known.id)?;
        return Ok(Outcome::Added(format!("{}, {}", known.name, way_of(kind))));
    }
    let petition = &incoming.petition;
    let postal_address = match petition.address.trim() {
        "" => None,
        // By KEP nothing hangs on it.
        typed if kep_address.is_some() => postal::from_text(typed).ok(),
        typed => Some(postal::from_text(typed)?),
    };
    if petition.name.is_empty() || (kep_address.is_none() && postal_address.is_none()) {
        return Ok(Outcome::Missing(what_is_missing(incoming).to_owned()));
    }
    let known = Petitioner {
        name: &petition.name,
        identifier: &petition.national_id,
        kep_address: kep_address.as_ref(),
        postal_address: postal_address.as_deref(),
        owner_unit_id: drafting_unit,
    };
    let party = outside::petitioner(tx, act, &known)?;
    let kind = match kep_address {
        Some(_) => DestinationType::ExternalKep,
        None => DestinationType::ExternalPaper,
    };
    list::add_party(tx, act, letter, kind, &party.id)?;
    if let (DestinationType::ExternalPaper, Some(address)) = (kind, &postal_address) {
        // The petition's own address, whatever was kept for the person before.
        for line in list::list(tx, act, letter)? {
            list::set_paper(tx, act, letter, &line.id, address, &line.paper_reason)?;
        }
    }
    Ok(Outcome::Added(format!("{}, {}", party.name, way_of(kind))))
}

fn way_of(kind: DestinationType) -> &'static str {
    match kind {
        DestinationType::InternalUnit | DestinationType::InternalPlan => "kurum içi",
        DestinationType::ExternalPaper => "kâğıtla",
        DestinationType::ExternalKep => "KEP ile",
        DestinationType::ExternalUets => "UETS ile",
    }
}

/// Why the sender is nobody to whom a letter can go, and the way out.
fn what_is_missing(incoming: &Incoming) -> &'static str {
    match (incoming.kind, incoming.source) {
        (IncomingKind::Letter, _) => {
            "Gönderen rehberden seçilmemiş: Kaydı Düzelt ile göndereni rehberden seçin ya da \
             alıcıyı Dağıtım Listesi'nde ekleyin."
        }
        (IncomingKind::Petition, Source::Kep) => {
            "Gönderenin adı kayıtta yok: Kaydı Düzelt ile Dilekçe Bilgileri'ni tamamlayın ya da \
             alıcıyı Dağıtım Listesi'nde ekleyin."
        }
        (IncomingKind::Petition, _) => {
            "Dilekçe sahibinin adresi kayıtta yok: Kaydı Düzelt ile posta adresini yazın ya da \
             alıcıyı Dağıtım Listesi'nde ekleyin."
        }
    }
}
