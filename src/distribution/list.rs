//! Dağıtım Listesi: recipients with name and address as they were when they were chosen.

use jiff::Timestamp;

use super::{Channel, DestinationType, Purpose, store};
use crate::access::Act;
use crate::audit;
use crate::directory::{self, Unit, UnitId, outside};
use crate::document::{self, Letter};
use crate::error::{Error, Result, conflict, invalid, not_found};
use crate::store::Tx;

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
    pub status_at: Option<Timestamp>,
    /// Posta Durumu by evidence; empty before the first.
    pub status_line: String,
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

const MOST: usize = 2_000;

/// The list of a letter that the person may see.
///
/// # Errors
/// `evrak_yok`.
pub fn list(tx: &mut Tx<'_>, act: &Act<'_>, document_id: &str) -> Result<Vec<Recipient>> {
    document::draft::open(tx, act, document_id)?;
    Ok(store::of_document(tx, document_id)?)
}

/// The list for the system's own work.
pub(crate) fn all(tx: &mut Tx<'_>, document_id: &str) -> Result<Vec<Recipient>> {
    Ok(store::of_document(tx, document_id)?)
}

/// Adds units as recipients of one type, in the order given: own units for the types inside,
/// units of other institutions for those outside.
///
/// # Errors
/// `yer_turu_kapali`, `birim_yok`, `birim_kurum_ici`, `birim_kurum_disi`, `alici_var`,
/// `alici_cok`, and as `document::draft`.
pub fn add_units(
    tx: &mut Tx<'_>,
    act: &Act<'_>,
    document_id: &str,
    destination_type: DestinationType,
    unit_ids: &[String],
) -> Result<()> {
    let letter = writable(tx, act, document_id, destination_type)?;
    let mut present = store::of_document(tx, document_id)?;
    for unit_id in unit_ids {
        let unit = directory::by_id(tx, &UnitId::new(unit_id.clone()))?.ok_or_else(|| {
            not_found(
                "birim_yok",
                "Seçilen birim rehberde yok. Yeniden arayıp seçin.",
            )
        })?;
        let inside = destination_type.channel() == Channel::Internal;
        if unit.is_own != inside {
            return Err(wrong_side(&unit));
        }
        if inside && *unit_id == letter.unit_id {
            return Err(invalid(
                "alici_kendisi",
                format!("“{}” yazıyı hazırlayan birimdir; alıcı olamaz.", unit.name),
            ));
        }
        if present
            .iter()
            .any(|line| line.unit_id.as_deref() == Some(unit_id))
        {
            return Err(conflict(
                "alici_var",
                format!("{} listede zaten var.", unit.label),
            ));
        }
        let address = match inside {
            true => None,
            false => directory::delivery_address(tx, &unit.id)?,
        };
        let institution = directory::by_id(tx, &unit.institution_id)?;
        let recipient = Recipient {
            id: act.new_id(),
            document_id: document_id.to_owned(),
            destination_type,
            unit_id: Some(unit_id.clone()),
            outside_party_id: None,
            institution_id: Some(unit.institution_id.as_str().to_owned()),
            detsis_no: Some(unit.detsis_no.clone()),
            label: unit.label.clone(),
            institution_name: institution.map_or_else(|| unit.name.clone(), |found| found.name),
            delivery_address: address.map(|address| address.as_str().to_owned()),
            purpose: Purpose::Action,
            message_id: None,
            status: "none".to_owned(),
            duty: "none".to_owned(),
            status_at: None,
            status_line: String::new(),
            left_out: Vec::new(),
        };
        push(tx, &mut present, recipient)?;
    }
    changed(tx, act, &letter, "distribution.add", unit_ids.len())
}

/// A unit inside cannot be addressed as outside, nor the reverse; the right way is named.
fn wrong_side(unit: &Unit) -> Error {
    if unit.is_own {
        return invalid(
            "birim_kurum_ici",
            format!(
                "“{}” kurumunuzun birimidir; kurum dışı olarak seçilemez. DYS İçi Evrak Gönderim \
                 ile gönderin.",
                unit.name
            ),
        );
    }
    invalid(
        "birim_kurum_disi",
        format!(
            "“{}” başka kurumun birimidir; DYS içi gönderilemez. DYS Dışı KEP Gönderim ile \
             gönderin.",
            unit.label
        ),
    )
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

/// Adds a party outside the directory (decision 10).
///
/// # Errors
/// `kisi_yok`, `alici_var`, and as [`add_units`].
pub fn add_party(tx: &mut Tx<'_>, act: &Act<'_>, document_id: &str, party_id: &str) -> Result<()> {
    let letter = writable(tx, act, document_id, DestinationType::ExternalKep)?;
    let party = outside::by_id(tx, act, party_id)?.ok_or_else(|| {
        not_found(
            "kisi_yok",
            "Böyle bir kişi ya da kuruluş kaydı yok. Yeniden seçin.",
        )
    })?;
    let mut present = store::of_document(tx, document_id)?;
    if present
        .iter()
        .any(|line| line.outside_party_id.as_deref() == Some(party_id))
    {
        return Err(conflict(
            "alici_var",
            format!("{} listede zaten var.", party.name),
        ));
    }
    let recipient = Recipient {
        id: act.new_id(),
        document_id: document_id.to_owned(),
        destination_type: DestinationType::ExternalKep,
        unit_id: None,
        outside_party_id: Some(party.id),
        institution_id: None,
        detsis_no: None,
        label: party.name.clone(),
        institution_name: party.name,
        delivery_address: Some(party.kep_address),
        purpose: Purpose::Action,
        message_id: None,
        status: "none".to_owned(),
        duty: "none".to_owned(),
        status_at: None,
        status_line: String::new(),
        left_out: Vec::new(),
    };
    push(tx, &mut present, recipient)?;
    changed(tx, act, &letter, "distribution.add", 1)
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

/// Puts the lines in the order of `recipient_ids`; those not named follow in their old order.
///
/// # Errors
/// As `document::draft`.
pub fn reorder(
    tx: &mut Tx<'_>,
    act: &Act<'_>,
    document_id: &str,
    recipient_ids: &[String],
) -> Result<()> {
    let letter = document::draft::require_writable(tx, act, document_id)?;
    let mut lines = store::of_document(tx, document_id)?;
    // The sort is stable, so what is not named keeps its order behind the rest.
    lines.sort_by_key(|line| {
        let wanted = recipient_ids.iter().position(|id| *id == line.id);
        wanted.unwrap_or(usize::MAX)
    });
    for (position, line) in (1_i64..).zip(&lines) {
        store::set_position(tx, &line.id, position)?;
    }
    changed(tx, act, &letter, "distribution.reorder", lines.len())
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

fn writable(
    tx: &mut Tx<'_>,
    act: &Act<'_>,
    document_id: &str,
    destination_type: DestinationType,
) -> Result<Letter> {
    if let Some(reason) = destination_type.unavailable() {
        return Err(invalid(
            "yer_turu_kapali",
            format!(
                "{}: {reason} DYS Dışı KEP Gönderim seçin.",
                destination_type.label()
            ),
        ));
    }
    document::draft::require_writable(tx, act, document_id)
}

fn push(tx: &mut Tx<'_>, present: &mut Vec<Recipient>, recipient: Recipient) -> Result<()> {
    if present.len() >= MOST {
        return Err(invalid(
            "alici_cok",
            format!("Bir yazının en çok {MOST} alıcısı olabilir."),
        ));
    }
    store::insert(tx, &recipient)?;
    present.push(recipient);
    Ok(())
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
