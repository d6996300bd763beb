//! Dağıtım Listesi: recipients with name and address as they were when they were chosen.

use std::collections::HashSet;

use jiff::Timestamp;

use super::{Channel, DestinationType, Purpose, store};
use crate::access::Act;
use crate::audit;
use crate::directory::outside::{self, Party};
use crate::directory::today::{self, Today};
use crate::directory::{self, Unit, UnitId, postal};
use crate::document::{self, Letter};
use crate::error::{Error, Result, conflict, invalid, not_found};
use crate::store::Tx;
use crate::turkish;

/// One line of the list.
#[derive(Debug, Clone)]
pub struct Recipient {
    pub id: String,
    pub document_id: String,
    pub destination_type: DestinationType,
    pub unit_id: Option<String>,
    pub outside_party_id: Option<String>,
    pub institution_id: Option<String>,
    pub detsis_no: Option<String>,
    /// `(EDİRNE / HAVSA) - [HAVSA BELEDİYE BAŞKANLIĞI > YAZI İŞLERİ MÜDÜRLÜĞÜ]`
    pub label: String,
    /// `Havsa Belediye Başkanlığı`, or the name of a party outside the directory.
    pub institution_name: String,
    /// Kullanılacak Adres Bilgisi: the KEP address of the institution (figure 8).
    pub delivery_address: Option<String>,
    pub purpose: Purpose,
    /// The provider message that carries this line.
    pub message_id: Option<String>,
    /// Derived from evidence; see `evidence::derive`.
    pub status: String,
    pub duty: String,
    /// The duty while it is owed; `none` once a posting or a Görüşme Kaydı has closed it.
    pub open_duty: String,
    pub status_at: Option<Timestamp>,
    /// Posta Durumu by evidence; empty before the first.
    pub status_line: String,
    /// Why it goes on paper although it could go electronically; never on the letter.
    pub paper_reason: String,
    /// The line of *Dağıtım* as the drafter wants it; empty: as the rule makes it.
    pub written: String,
    /// Attachments that this recipient does not get.
    pub left_out: Vec<String>,
}

impl Recipient {
    /// *Kullanılacak Adres Bilgisi* as screens show it; `None` where an address is missing.
    #[must_use]
    pub fn address_words(&self) -> Option<&str> {
        match self.destination_type.channel() {
            Channel::Internal => Some("Kurum içi birim"),
            Channel::Kep | Channel::Uets | Channel::Paper => self.delivery_address.as_deref(),
        }
    }
}

/// Recipients of one letter.
pub const MOST: usize = 2_000;
/// Letters of the reason why something goes on paper.
const LONGEST_REASON: usize = 300;
/// Letters of a line of *Dağıtım*.
const LONGEST_LINE: usize = 300;
/// Lines of one page of the list.
pub const PAGE: usize = 50;

/// The list of a letter that the person may see.
///
/// # Errors
/// `evrak_yok`.
pub fn list(tx: &mut Tx<'_>, act: &Act<'_>, document_id: &str) -> Result<Vec<Recipient>> {
    document::draft::open(tx, act, document_id)?;
    Ok(store::of_document(tx, document_id)?)
}

/// A page of the list after a position, with how many lines there are in all.
///
/// # Errors
/// `evrak_yok`.
pub fn page(tx: &mut Tx<'_>, act: &Act<'_>, document_id: &str, after: i64) -> Result<ListPage> {
    document::draft::open(tx, act, document_id)?;
    let mut lines = store::page_of_document(tx, document_id, after, PAGE + 1)?;
    let more = lines.len() > PAGE;
    lines.truncate(PAGE);
    Ok(ListPage {
        next: lines.last().filter(|_| more).map(|(position, _)| *position),
        lines: lines.into_iter().map(|(_, line)| line).collect(),
        total: store::count(tx, document_id)?,
    })
}

/// Some lines of a list.
#[derive(Debug, Clone)]
pub struct ListPage {
    pub lines: Vec<Recipient>,
    /// The position after which the next page begins, when there is one.
    pub next: Option<i64>,
    pub total: usize,
}

/// Attachments that a line does not get, for callers that ask for the letter's permission themselves.
pub(crate) fn left_out(tx: &mut Tx<'_>, recipient_id: &str) -> Result<Vec<String>> {
    Ok(store::left_out(tx, recipient_id)?)
}

/// One line, for callers that ask for the letter's permission themselves.
pub(crate) fn by_id(tx: &mut Tx<'_>, id: &str) -> Result<Option<Recipient>> {
    Ok(store::by_id(tx, id)?)
}

/// The list for the system's own work.
pub(crate) fn all(tx: &mut Tx<'_>, document_id: &str) -> Result<Vec<Recipient>> {
    Ok(store::of_document(tx, document_id)?)
}

/// Adds units by one way of delivery, in the order given, as they stand at this moment.
///
/// # Errors
/// `yer_turu_plan`, `birim_yok`, `birim_kurum_ici`, `uets_adresi_yok`, `alici_var`, `alici_cok`,
/// and as `document::draft`.
pub fn add_units(
    tx: &mut Tx<'_>,
    act: &Act<'_>,
    document_id: &str,
    destination_type: DestinationType,
    unit_ids: &[String],
) -> Result<()> {
    let letter = writable(tx, act, document_id, destination_type)?;
    let present = store::of_document(tx, document_id)?;
    let mut seen: HashSet<String> = present.iter().filter_map(key_of).collect();
    let ids: Vec<&str> = unit_ids.iter().map(String::as_str).collect();
    let found = today::of(tx, &ids)?;
    let mut new = Vec::with_capacity(unit_ids.len());
    for unit_id in unit_ids {
        let unit = found.get(unit_id).ok_or_else(|| {
            not_found(
                "birim_yok",
                "Seçilen birim rehberde yok. Yeniden arayıp seçin.",
            )
        })?;
        fits(destination_type, &unit.unit)?;
        let inside = destination_type.channel() == Channel::Internal;
        if inside && *unit_id == letter.unit_id {
            return Err(invalid(
                "alici_kendisi",
                format!(
                    "“{}” yazıyı hazırlayan birimdir; alıcı olamaz.",
                    unit.unit.name
                ),
            ));
        }
        if !seen.insert(unit_id.clone()) {
            return Err(conflict(
                "alici_var",
                format!("{} listede zaten var.", unit.unit.label),
            ));
        }
        new.push(unit_recipient(
            act.new_id(),
            document_id,
            destination_type,
            unit,
        ));
    }
    if present.len() + new.len() > MOST {
        return Err(too_many());
    }
    store::insert_many(tx, document_id, &new)?;
    changed(tx, act, &letter, "distribution.add", new.len())
}

/// Adds each unit by the way that is right for it: own ones inside, the others by `outside`.
///
/// # Errors
/// As [`add_units`].
pub fn add_each(
    tx: &mut Tx<'_>,
    act: &Act<'_>,
    document_id: &str,
    outside: DestinationType,
    unit_ids: &[String],
) -> Result<()> {
    for unit_id in unit_ids {
        let unit = directory::by_id(tx, &UnitId::new(unit_id.clone()))?;
        let kind = match unit {
            Some(unit) if unit.is_own => DestinationType::InternalUnit,
            _ => outside,
        };
        add_units(tx, act, document_id, kind, std::slice::from_ref(unit_id))?;
    }
    Ok(())
}

/// Adds a party outside the directory by one way of delivery (decision 10).
///
/// # Errors
/// `kisi_yok`, `kep_adresi_yok`, `uets_adresi_yok`, `alici_var`, and as [`add_units`].
pub fn add_party(
    tx: &mut Tx<'_>,
    act: &Act<'_>,
    document_id: &str,
    destination_type: DestinationType,
    party_id: &str,
) -> Result<()> {
    let letter = writable(tx, act, document_id, destination_type)?;
    let party = outside::by_id(tx, act, party_id)?.ok_or_else(|| {
        not_found(
            "kisi_yok",
            "Böyle bir kişi ya da kuruluş kaydı yok. Yeniden seçin.",
        )
    })?;
    let present = store::of_document(tx, document_id)?;
    if present
        .iter()
        .any(|line| line.outside_party_id.as_deref() == Some(party_id))
    {
        return Err(conflict(
            "alici_var",
            format!("{} listede zaten var.", party.name),
        ));
    }
    let lacks = |code, what: &str| {
        Err(invalid(
            code,
            format!(
                "{}: {what} kayıtlı değil. Başka bir yer türü seçin ya da adresi kayda ekleyin.",
                party.name
            ),
        ))
    };
    match destination_type {
        DestinationType::InternalUnit | DestinationType::InternalPlan => {
            return Err(invalid(
                "kisi_kurum_disi",
                format!(
                    "{} kurumunuzun birimi değildir; DYS içi gönderilemez.",
                    party.name
                ),
            ));
        }
        DestinationType::ExternalKep if party.kep_address.is_none() => {
            return lacks("kep_adresi_yok", "KEP adresi");
        }
        DestinationType::ExternalUets if party.uets_address.is_none() => {
            return lacks("uets_adresi_yok", "UETS adresi");
        }
        _ => {}
    }
    if present.len() >= MOST {
        return Err(too_many());
    }
    let recipient = party_recipient(act.new_id(), document_id, destination_type, &party);
    store::insert_many(tx, document_id, &[recipient])?;
    changed(tx, act, &letter, "distribution.add", 1)
}

/// What makes two lines the same recipient: the unit, or the party.
pub(super) fn key_of(line: &Recipient) -> Option<String> {
    line.unit_id
        .clone()
        .or_else(|| line.outside_party_id.clone())
}

/// Refuses a unit that this way of delivery does not fit.
pub(super) fn fits(destination_type: DestinationType, unit: &Unit) -> Result<()> {
    let internal = destination_type.channel() == Channel::Internal;
    if unit.is_own && !internal {
        return Err(invalid(
            "birim_kurum_ici",
            format!(
                "“{}” kurumunuzun birimidir; kurum dışı olarak seçilemez. DYS İçi Evrak \
                 Gönderim ile gönderin.",
                unit.name
            ),
        ));
    }
    if !unit.is_own && internal {
        return Err(invalid(
            "birim_kurum_disi",
            format!(
                "“{}” başka kurumun birimidir; DYS içi gönderilemez. DYS Dışı KEP Gönderim seçin.",
                unit.name
            ),
        ));
    }
    if destination_type == DestinationType::ExternalUets && unit.uets_address.is_none() {
        return Err(invalid(
            "uets_adresi_yok",
            format!(
                "{}: UETS adresi rehberde yok. DYS Dışı KEP ya da DYS Dışı Evrak Gönderim seçin.",
                unit.label
            ),
        ));
    }
    Ok(())
}

/// Kullanılacak Adres Bilgisi of a unit by this way, as it stands today.
pub(super) fn address_of(destination_type: DestinationType, unit: &Today) -> Option<String> {
    match destination_type {
        DestinationType::ExternalKep => unit.kep_address.clone(),
        // A notice counts for the addressee it names, so no other unit's address stands in.
        DestinationType::ExternalUets => unit.unit.uets_address.clone(),
        DestinationType::ExternalPaper => unit.postal_address.clone(),
        DestinationType::InternalUnit | DestinationType::InternalPlan => None,
    }
}

/// Where the line's unit is reached today by an electronic way, when that is elsewhere than the
/// line says; a unit that may not be written to that way has moved nowhere.
pub(super) fn moved_to<'a>(line: &Recipient, unit: &'a Today) -> Option<&'a str> {
    let address = match line.destination_type.channel() {
        Channel::Kep => &unit.kep_address,
        Channel::Uets => &unit.unit.uets_address,
        Channel::Paper | Channel::Internal => return None,
    };
    let (known, today) = (line.delivery_address.as_deref()?, address.as_deref()?);
    let written_to = unit.unit.active && !unit.unit.is_own;
    (written_to && known != today).then_some(today)
}

/// A line that goes to another address than it was signed with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Moved {
    pub label: String,
    pub from: String,
    pub to: String,
}

/// Takes today's address into each line of a letter whose unit has another by now; the recipients
/// stay. For callers that ask for the letter's permission and state themselves.
pub(crate) fn follow_addresses(tx: &mut Tx<'_>, document_id: &str) -> Result<Vec<Moved>> {
    let lines = store::of_document(tx, document_id)?;
    let ids: Vec<&str> = lines
        .iter()
        .filter_map(|line| line.unit_id.as_deref())
        .collect();
    let units = today::of(tx, &ids)?;
    let mut moved = Vec::new();
    for line in &lines {
        let unit = line.unit_id.as_ref().and_then(|id| units.get(id));
        let Some(to) = unit.and_then(|unit| moved_to(line, unit)) else {
            continue;
        };
        store::set_address(tx, &line.id, to)?;
        moved.push(Moved {
            label: line.label.clone(),
            from: line.delivery_address.clone().unwrap_or_default(),
            to: to.to_owned(),
        });
    }
    Ok(moved)
}

/// Kullanılacak Adres Bilgisi of a party by this way.
pub(super) fn party_address(destination_type: DestinationType, party: &Party) -> Option<String> {
    match destination_type {
        DestinationType::ExternalKep => party.kep_address.clone(),
        DestinationType::ExternalUets => party.uets_address.clone(),
        DestinationType::ExternalPaper => party.postal_address.clone(),
        DestinationType::InternalUnit | DestinationType::InternalPlan => None,
    }
}

pub(super) fn unit_recipient(
    id: String,
    document_id: &str,
    destination_type: DestinationType,
    unit: &Today,
) -> Recipient {
    Recipient {
        unit_id: Some(unit.unit.id.as_str().to_owned()),
        institution_id: Some(unit.unit.institution_id.as_str().to_owned()),
        detsis_no: Some(unit.unit.detsis_no.clone()),
        label: unit.unit.label.clone(),
        institution_name: unit.institution_name.clone(),
        delivery_address: address_of(destination_type, unit),
        paper_reason: match (destination_type, &unit.kep_address) {
            (DestinationType::ExternalPaper, None) => "KEP adresi yok.".to_owned(),
            _ => String::new(),
        },
        ..Recipient::blank(id, document_id, destination_type)
    }
}

pub(super) fn party_recipient(
    id: String,
    document_id: &str,
    destination_type: DestinationType,
    party: &Party,
) -> Recipient {
    Recipient {
        outside_party_id: Some(party.id.clone()),
        label: party.name.clone(),
        institution_name: party.name.clone(),
        delivery_address: party_address(destination_type, party),
        paper_reason: match (destination_type, &party.kep_address) {
            (DestinationType::ExternalPaper, None) => "KEP adresi yok.".to_owned(),
            _ => String::new(),
        },
        ..Recipient::blank(id, document_id, destination_type)
    }
}

impl Recipient {
    /// A line that names nobody yet.
    pub(crate) fn blank(id: String, document_id: &str, destination_type: DestinationType) -> Self {
        Self {
            id,
            document_id: document_id.to_owned(),
            destination_type,
            unit_id: None,
            outside_party_id: None,
            institution_id: None,
            detsis_no: None,
            label: String::new(),
            institution_name: String::new(),
            delivery_address: None,
            purpose: Purpose::Action,
            message_id: None,
            status: "none".to_owned(),
            duty: "none".to_owned(),
            open_duty: "none".to_owned(),
            status_at: None,
            status_line: String::new(),
            paper_reason: String::new(),
            written: String::new(),
            left_out: Vec::new(),
        }
    }
}

/// Postal address and reason of a line that goes on paper; the address is kept for the next letter.
///
/// # Errors
/// `alici_yok`, `kagit_degil`, `posta_adresi`, `kagit_gerekce`, and as `document::draft`.
pub fn set_paper(
    tx: &mut Tx<'_>,
    act: &Act<'_>,
    document_id: &str,
    recipient_id: &str,
    address: &str,
    reason: &str,
) -> Result<()> {
    let letter = document::draft::require_writable(tx, act, document_id)?;
    let lines = store::of_document(tx, document_id)?;
    let line = lines
        .iter()
        .find(|line| line.id == recipient_id)
        .ok_or_else(no_such_recipient)?;
    if line.destination_type != DestinationType::ExternalPaper {
        return Err(invalid(
            "kagit_degil",
            "Posta adresi yalnızca DYS Dışı Evrak Gönderim satırlarına yazılır.",
        ));
    }
    let address = postal::checked(address)?;
    let reason = turkish::compose(reason.trim());
    if reason.chars().count() > LONGEST_REASON || reason.chars().any(char::is_control) {
        return Err(invalid(
            "kagit_gerekce",
            format!("Kâğıtla gönderme gerekçesi en çok {LONGEST_REASON} harf olabilir."),
        ));
    }
    store::set_paper(tx, recipient_id, &address, &reason)?;
    if let Some(owner) = key_of(line) {
        postal::keep(tx, act, &owner, &address)?;
    }
    changed(tx, act, &letter, "distribution.paper", 1)
}

/// Seçili Birim(ler)i Kaldır.
///
/// # Errors
/// `alici_yok`, and as `document::draft`.
pub fn remove(
    tx: &mut Tx<'_>,
    act: &Act<'_>,
    document_id: &str,
    recipient_ids: &[String],
) -> Result<()> {
    let letter = document::draft::require_writable(tx, act, document_id)?;
    for id in recipient_ids {
        if !store::delete(tx, document_id, id)? {
            return Err(no_such_recipient());
        }
    }
    changed(tx, act, &letter, "distribution.remove", recipient_ids.len())
}

/// Puts a line one step up or down: it changes places with its neighbour, whatever the length.
///
/// # Errors
/// `alici_yok`, and as `document::draft`.
pub fn shift(
    tx: &mut Tx<'_>,
    act: &Act<'_>,
    document_id: &str,
    recipient_id: &str,
    up: bool,
) -> Result<()> {
    let letter = document::draft::require_writable(tx, act, document_id)?;
    let position = store::position(tx, document_id, recipient_id)?.ok_or_else(no_such_recipient)?;
    let Some((neighbour, place)) = store::neighbour(tx, document_id, position, up)? else {
        return Ok(());
    };
    store::set_position(tx, recipient_id, place)?;
    store::set_position(tx, &neighbour, position)?;
    changed(tx, act, &letter, "distribution.reorder", 2)
}

/// Gereği or Bilgi for one line.
///
/// # Errors
/// `alici_yok`, and as `document::draft`.
pub fn set_purpose(
    tx: &mut Tx<'_>,
    act: &Act<'_>,
    document_id: &str,
    recipient_id: &str,
    purpose: Purpose,
) -> Result<()> {
    let letter = document::draft::require_writable(tx, act, document_id)?;
    if !store::set_purpose(tx, document_id, recipient_id, purpose)? {
        return Err(no_such_recipient());
    }
    changed(tx, act, &letter, "distribution.purpose", 1)
}

/// *Yazıdaki adı*: how one line stands under *Dağıtım*; empty gives it back to the rule.
///
/// # Errors
/// `alici_yok`, `yazidaki_ad`, and as `document::draft`.
pub fn set_written(
    tx: &mut Tx<'_>,
    act: &Act<'_>,
    document_id: &str,
    recipient_id: &str,
    written: &str,
) -> Result<()> {
    let letter = document::draft::require_writable(tx, act, document_id)?;
    let written = turkish::compose(written.trim());
    if written.chars().count() > LONGEST_LINE || written.chars().any(char::is_control) {
        return Err(invalid(
            "yazidaki_ad",
            format!("Alıcının yazıdaki adı tek satır ve en çok {LONGEST_LINE} harf olabilir."),
        ));
    }
    if !store::set_written(tx, document_id, recipient_id, &written)? {
        return Err(no_such_recipient());
    }
    changed(tx, act, &letter, "distribution.written", 1)
}

/// The postal address that stands below a letter's only addressee and in the package (regulation
/// article 14): where the paper goes, or where a party outside the directory is found.
///
/// # Errors
/// When the store fails.
pub(crate) fn postal_address(tx: &mut Tx<'_>, line: &Recipient) -> Result<Option<String>> {
    match (line.destination_type.channel(), &line.outside_party_id) {
        (Channel::Paper, _) => Ok(line.delivery_address.clone()),
        (_, Some(party)) => Ok(postal::of(tx, party)?),
        _ => Ok(None),
    }
}

/// Which attachments one line does not get.
///
/// # Errors
/// `alici_yok`, `ek_yok`, and as `document::draft`.
pub fn leave_out(
    tx: &mut Tx<'_>,
    act: &Act<'_>,
    document_id: &str,
    recipient_id: &str,
    attachment_ids: &[String],
) -> Result<()> {
    let letter = document::draft::require_writable(tx, act, document_id)?;
    let known = document::attach::all(tx, document_id)?;
    if !attachment_ids
        .iter()
        .all(|id| known.iter().any(|line| line.id == *id))
    {
        return Err(not_found(
            "ek_yok",
            "Seçilen ek bu evrakta yok. Sayfayı yenileyin.",
        ));
    }
    let lines = store::of_document(tx, document_id)?;
    if !lines.iter().any(|line| line.id == recipient_id) {
        return Err(no_such_recipient());
    }
    store::set_left_out(tx, recipient_id, attachment_ids)?;
    changed(
        tx,
        act,
        &letter,
        "distribution.leave_out",
        attachment_ids.len(),
    )
}

/// The letter, if units or parties can be added to it by this type.
fn writable(
    tx: &mut Tx<'_>,
    act: &Act<'_>,
    document_id: &str,
    destination_type: DestinationType,
) -> Result<Letter> {
    if destination_type == DestinationType::InternalPlan {
        return Err(invalid(
            "yer_turu_plan",
            "Bir plan birim seçerek eklenmez; dağıtım planının kendisini seçin.",
        ));
    }
    document::draft::require_writable(tx, act, document_id)
}

pub(super) fn too_many() -> Error {
    invalid(
        "alici_cok",
        format!("Bir yazının en çok {MOST} alıcısı olabilir."),
    )
}

fn changed(
    tx: &mut Tx<'_>,
    act: &Act<'_>,
    letter: &Letter,
    action: &str,
    count: usize,
) -> Result<()> {
    document::touch(tx, letter, act.now)?;
    let detail = serde_json::json!({ "count": count });
    audit::record(tx, act, action, "document", &letter.id, &detail)
}

fn no_such_recipient() -> Error {
    not_found(
        "alici_yok",
        "Böyle bir alıcı satırı yok; başka biri kaldırmış olabilir.",
    )
}
