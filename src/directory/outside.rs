//! *Rehberde Yok: Kişi/Kuruluş Ekle*: parties that no registry of the state lists (decisions 10).

use std::collections::HashMap;

use super::store::outside as store;
use super::{Identifier, KepAddress, UetsAddress, postal};
use crate::access::{Act, Role};
use crate::audit;
use crate::error::{Error, Kind, Problem, Result, conflict};
use crate::store::Tx;
use crate::turkish;

const LONGEST_TEXT: usize = 200;
/// Who keeps parties for a unit.
const ROLES: [Role; 4] = [
    Role::Clerk,
    Role::Approver,
    Role::Registry,
    Role::KepOfficer,
];

/// What a party is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PartyKind {
    Company,
    Lawyer,
    Person,
}

impl PartyKind {
    pub const ALL: [Self; 3] = [Self::Company, Self::Lawyer, Self::Person];

    /// The word in the database and in forms.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Company => "company",
            Self::Lawyer => "lawyer",
            Self::Person => "person",
        }
    }

    #[must_use]
    pub fn label(self) -> &'static str {
        match self {
            Self::Company => "Kuruluş",
            Self::Lawyer => "Avukat",
            Self::Person => "Kişi",
        }
    }

    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.code() == word)
    }
}

/// What the form holds, as it was typed.
#[derive(Debug, Clone, Copy)]
pub struct Entry<'a> {
    pub kind: &'a str,
    /// Name of a person or title of a company.
    pub name: &'a str,
    /// VKN, TCKN or MERSİS.
    pub identifier: &'a str,
    /// At least one of the three addresses is given.
    pub kep_address: &'a str,
    pub uets_address: &'a str,
    /// The UETS address once more, as confirmed by name: no check digit tells a wrong one.
    pub confirmed_uets: &'a str,
    /// Lines of an address for the post.
    pub postal_address: &'a str,
    /// From where the address is known (letterhead, petition, MERSİS record …).
    pub source: &'a str,
    /// The unit that keeps the party.
    pub owner_unit_id: &'a str,
}

/// A party outside the directory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Party {
    pub id: String,
    pub kind: PartyKind,
    pub name: String,
    pub identifier_kind: String,
    pub identifier: String,
    pub kep_address: Option<String>,
    pub uets_address: Option<String>,
    /// Kept with the directory's postal addresses.
    pub postal_address: Option<String>,
    pub source: String,
    pub owner_unit_id: String,
}

/// Checks and keeps a party for the person's unit.
///
/// # Errors
/// `rehber_disi_eksik` with a sentence per field, `uets_dogrula` until the UETS address is
/// confirmed, `rehber_disi_var`, `yetki_yok`.
pub fn add(tx: &mut Tx<'_>, act: &Act<'_>, entry: &Entry<'_>) -> Result<Party> {
    act.actor.require_in(&ROLES, entry.owner_unit_id)?;
    let party = checked(entry, act.new_id())?;
    if store::same_party(tx, &party)? {
        return Err(conflict(
            "rehber_disi_var",
            "Bu numara ve adres biriminizde kayıtlı. Arayarak seçin.",
        ));
    }
    keep(tx, act, &party)?;
    Ok(party)
}

/// Parties kept by the person's units whose name holds every word; at most 50, by name.
///
/// # Errors
/// When the store fails.
pub fn search(tx: &mut Tx<'_>, act: &Act<'_>, text: &str) -> Result<Vec<Party>> {
    Ok(store::parties(
        tx,
        &act.actor.user_id,
        &turkish::search_words(text),
    )?)
}

/// A party kept by one of the person's units.
///
/// # Errors
/// When the store fails.
pub fn by_id(tx: &mut Tx<'_>, act: &Act<'_>, id: &str) -> Result<Option<Party>> {
    Ok(store::party(tx, &act.actor.user_id, id)?)
}

/// The party that the person's units keep under this KEP address.
///
/// # Errors
/// When the store fails.
pub fn by_kep_address(
    tx: &mut Tx<'_>,
    act: &Act<'_>,
    address: &KepAddress,
) -> Result<Option<Party>> {
    Ok(store::party_by_kep(
        tx,
        &act.actor.user_id,
        address.as_str(),
    )?)
}

/// Who asks in a petition. The law asks for name and address alone, so that the identifier may be
/// empty.
#[derive(Debug, Clone, Copy)]
pub struct Petitioner<'a> {
    pub name: &'a str,
    /// T.C. kimlik no, VKN or MERSİS; empty where the petition does not tell it.
    pub identifier: &'a str,
    pub kep_address: Option<&'a KepAddress>,
    /// Lines as `postal::from_text` makes them.
    pub postal_address: Option<&'a str>,
    /// The unit that keeps the party.
    pub owner_unit_id: &'a str,
}

/// The party that a petitioner is in the unit's book: the one that is kept, or a new one.
///
/// # Errors
/// `yetki_yok`, `rehber_disi_eksik` for a name or number that cannot be one.
pub(crate) fn petitioner(tx: &mut Tx<'_>, act: &Act<'_>, who: &Petitioner<'_>) -> Result<Party> {
    act.actor.require_in(&ROLES, who.owner_unit_id)?;
    let wrong = |sentence: &str| {
        let words = format!("Dilekçe sahibi alıcı olarak kaydedilemedi. {sentence}");
        Problem::new(Kind::Invalid, "rehber_disi_eksik", words)
    };
    let name = text(who.name).ok_or_else(|| wrong("Adı en çok 200 karakter olabilir."))?;
    let identifier = match who.identifier.trim() {
        "" => None,
        typed => Some(Identifier::parse(typed).map_err(|error| wrong(&sentence(&error)))?),
    };
    let number = identifier.as_ref().map_or("", Identifier::as_str);
    let party = Party {
        id: act.new_id(),
        kind: match identifier {
            Some(Identifier::Tax(_) | Identifier::Mersis(_)) => PartyKind::Company,
            Some(Identifier::National(_)) | None => PartyKind::Person,
        },
        name,
        identifier_kind: identifier.as_ref().map_or("", Identifier::kind).to_owned(),
        identifier: number.to_owned(),
        kep_address: who.kep_address.map(|address| address.as_str().to_owned()),
        uets_address: None,
        postal_address: who.postal_address.map(str::to_owned),
        source: "Dilekçe".to_owned(),
        owner_unit_id: who.owner_unit_id.to_owned(),
    };
    let key = turkish::search_key(&party.name);
    if let Some(known) = store::same_petitioner(tx, &party, &key)? {
        return Ok(known);
    }
    keep(tx, act, &party)?;
    Ok(party)
}

/// Writes a checked party with its postal address.
fn keep(tx: &mut Tx<'_>, act: &Act<'_>, party: &Party) -> Result<()> {
    store::insert_party(tx, party, &turkish::search_key(&party.name), act)?;
    if let Some(address) = &party.postal_address {
        postal::keep(tx, act, &party.id, address)?;
    }
    let detail = serde_json::json!({ "kind": party.kind.code(), "source": party.source });
    audit::record(tx, act, "party.add", "outside_party", &party.id, &detail)
}

/// The party whoever asks, for the package of a letter that names it.
pub(crate) fn any(tx: &mut Tx<'_>, id: &str) -> Result<Option<Party>> {
    Ok(store::any_party(tx, id)?)
}

/// What the party is, for a letter that names it.
pub(crate) fn kind_of(tx: &mut Tx<'_>, id: &str) -> Result<Option<PartyKind>> {
    Ok(store::party_kind(tx, id)?)
}

/// Parties by identifier, whoever keeps them: for lists that a unit made of its own ones.
pub(crate) fn by_ids(tx: &mut Tx<'_>, ids: &[&str]) -> Result<HashMap<String, Party>> {
    Ok(store::parties_by_ids(tx, ids)?)
}

fn checked(entry: &Entry<'_>, id: String) -> Result<Party> {
    let mut problem = Problem::new(
        Kind::Invalid,
        "rehber_disi_eksik",
        "Kişi/kuruluş eklenemedi. İşaretli alanları düzeltin.",
    );
    let mut wrong = |field: &str, sentence: String| {
        problem.fields.push((field.to_owned(), sentence));
    };
    let kind = PartyKind::parse(entry.kind);
    if kind.is_none() {
        wrong(
            "kind",
            "Türünü seçin: kuruluş, avukat ya da kişi.".to_owned(),
        );
    }
    let name = text(entry.name).unwrap_or_else(|| {
        wrong(
            "name",
            "Adı ya da unvanı yazın (en çok 200 karakter).".to_owned(),
        );
        String::new()
    });
    let source = text(entry.source).unwrap_or_else(|| {
        wrong(
            "source",
            "Adresin kaynağını yazın (en çok 200 karakter).".to_owned(),
        );
        String::new()
    });
    let identifier = Identifier::parse(entry.identifier)
        .map_err(|error| wrong("identifier", sentence(&error)))
        .ok();
    let kep_address = match entry.kep_address.trim() {
        "" => None,
        typed => KepAddress::parse(typed)
            .map_err(|error| wrong("kep_address", sentence(&error)))
            .ok(),
    };
    let uets_address = match entry.uets_address.trim() {
        "" => None,
        typed => UetsAddress::parse(typed)
            .map_err(|error| wrong("uets_address", sentence(&error)))
            .ok(),
    };
    let postal_address = match entry.postal_address.trim() {
        "" => None,
        typed => postal::checked(typed)
            .map_err(|error| {
                let why = error.problem().map(|problem| problem.message.clone());
                wrong("postal_address", why.unwrap_or_default());
            })
            .ok(),
    };
    if [entry.kep_address, entry.uets_address, entry.postal_address]
        .iter()
        .all(|typed| typed.trim().is_empty())
    {
        wrong(
            "kep_address",
            "KEP, UETS ya da posta adreslerinden en az birini yazın.".to_owned(),
        );
    }
    if let (Some(address), true) = (&uets_address, problem.fields.is_empty()) {
        confirm_uets(&name, address, entry.confirmed_uets)?;
    }
    match (kind, identifier) {
        (Some(kind), Some(identifier)) if problem.fields.is_empty() => Ok(Party {
            id,
            kind,
            name,
            identifier_kind: identifier.kind().to_owned(),
            identifier: identifier.as_str().to_owned(),
            kep_address: kep_address.map(|address| address.as_str().to_owned()),
            uets_address: uets_address.map(|address| address.as_str().to_owned()),
            postal_address,
            source,
            owner_unit_id: entry.owner_unit_id.to_owned(),
        }),
        _ => Err(Error::Problem(problem)),
    }
}

/// No rule of a check digit is known for UETS addresses: a wrong digit can only be seen by a person
/// who compares name and address with the source.
fn confirm_uets(name: &str, address: &UetsAddress, confirmed: &str) -> Result<()> {
    let again = UetsAddress::parse(confirmed);
    if again.as_ref() == Ok(address) {
        return Ok(());
    }
    Err(Problem::new(
        Kind::Invalid,
        "uets_dogrula",
        format!(
            "UETS adresinin denetim rakamı bilinmiyor; yalnızca 15 rakam oluşu denetlenebildi. \
             {address} adresinin “{name}” adına olduğunu kaynağından karşılaştırıp onaylayın."
        ),
    )
    .into())
}

/// Composed and trimmed; none when empty, too long or with control characters.
fn text(typed: &str) -> Option<String> {
    let text = turkish::compose(typed.trim());
    let fits = !text.is_empty()
        && text.chars().count() <= LONGEST_TEXT
        && !text.chars().any(char::is_control);
    fits.then_some(text)
}

/// The error's words as a sentence of their own.
fn sentence(error: &super::AddressError) -> String {
    let words = error.to_string();
    let mut characters = words.chars();
    let first: String = characters.by_ref().take(1).collect();
    format!("{}{}.", turkish::upper(&first), characters.as_str())
}
