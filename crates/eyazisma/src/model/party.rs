//! Who writes, receives and signs: institutions, persons, companies.

use super::value::{Identifier, Text};

/// One side of a letter (the choice of KurumKurulus, GercekSahis, TuzelSahis).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Party {
    Institution(Institution),
    Person(Box<Person>),
    Company(Company),
}

impl Party {
    /// The name that a reader of the letter would use; empty when the package has none.
    #[must_use]
    pub fn name(&self) -> String {
        match self {
            Self::Institution(it) => it.name.as_ref().map(|name| name.value.clone()),
            Self::Person(it) => Some(it.full_name()),
            Self::Company(it) => it.name.as_ref().map(|name| name.value.clone()),
        }
        .unwrap_or_default()
    }

    /// What names the party among others: DETSİS number, register number or national id.
    #[must_use]
    pub fn key(&self) -> Option<&str> {
        match self {
            Self::Institution(it) => Some(it.code.as_str()),
            Self::Person(it) => it.national_id.as_deref(),
            Self::Company(it) => Some(it.id.value.as_str()),
        }
        .filter(|key| !key.is_empty())
    }
}

/// KurumKurulus.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Institution {
    /// KKK: the DETSİS number, eight digits, the first not 0.
    pub code: String,
    pub name: Option<Text>,
    pub contact: Option<Contact>,
    /// BirimKKK: the unit's DETSİS number (2.x).
    pub unit_code: Option<String>,
}

/// GercekSahis.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Person {
    pub first_name: Text,
    pub last_name: Text,
    pub middle_name: Option<Text>,
    /// Unvan.
    pub title: Option<Text>,
    /// OnEk.
    pub prefix: Option<Text>,
    /// TCKN.
    pub national_id: Option<String>,
    /// Gorev.
    pub duty: Option<Text>,
    pub contact: Option<Contact>,
}

impl Person {
    /// Given names and surname in reading order.
    #[must_use]
    pub fn full_name(&self) -> String {
        let middle = self.middle_name.as_ref().map(|name| name.value.as_str());
        [
            self.first_name.value.as_str(),
            middle.unwrap_or_default(),
            self.last_name.value.as_str(),
        ]
        .iter()
        .map(|name| name.trim())
        .filter(|name| !name.is_empty())
        .collect::<Vec<_>>()
        .join(" ")
    }
}

/// TuzelSahis.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Company {
    /// Number with its register: MERSIS, VBYS, DERBIS, PARBIS, SENBIS.
    pub id: Identifier,
    pub name: Option<Text>,
    pub contact: Option<Contact>,
}

/// IletisimBilgisi.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Contact {
    pub phone: Option<String>,
    pub other_phone: Option<String>,
    pub email: Option<String>,
    /// 2.x only.
    pub kep_address: Option<String>,
    pub fax: Option<String>,
    pub web: Option<String>,
    pub address: Option<Text>,
    pub province: Option<Text>,
    pub district: Option<Text>,
    pub country: Option<Text>,
}
