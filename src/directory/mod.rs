//! The directory: units of the state as a tree, their addresses, how they are found and kept.
//!
//! A unit belongs to an institution (kurum); an institution's row is its own institution. A unit
//! without a KEP address of its own is reached at the nearest one above it in its institution.

pub mod import;
pub mod number;
pub mod outside;
pub mod own;
pub mod postal;
pub mod search;
pub mod seed;
mod store;
pub mod today;

use std::fmt;

pub use number::{AddressError, DetsisNo, Identifier, KepAddress, UetsAddress};
pub use store::{
    below, by_id, by_kep_address, by_number, count, delivery_address, mark_own, own_institution,
    own_numbers, own_units, page,
};

use crate::turkish;

/// What kind of institution a unit belongs to; decides which file plan holds beside the common one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum InstitutionKind {
    Ministry,
    /// Affiliated and other central bodies, water administrations.
    Agency,
    Governorship,
    DistrictGovernorship,
    Municipality,
    /// The ministry of national education, its provincial and district offices, schools.
    Education,
    University,
    /// Units of the ministry of justice, courthouses and courts.
    Justice,
    Other,
}

impl InstitutionKind {
    pub const ALL: [Self; 9] = [
        Self::Ministry,
        Self::Agency,
        Self::Governorship,
        Self::DistrictGovernorship,
        Self::Municipality,
        Self::Education,
        Self::University,
        Self::Justice,
        Self::Other,
    ];

    /// The word in the database and in seed files.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Ministry => "ministry",
            Self::Agency => "agency",
            Self::Governorship => "governorship",
            Self::DistrictGovernorship => "district_governorship",
            Self::Municipality => "municipality",
            Self::Education => "education",
            Self::University => "university",
            Self::Justice => "justice",
            Self::Other => "other",
        }
    }

    /// The word on screens and in import files.
    #[must_use]
    pub fn turkish(self) -> &'static str {
        match self {
            Self::Ministry => "bakanlık",
            Self::Agency => "merkezî kurum",
            Self::Governorship => "valilik",
            Self::DistrictGovernorship => "kaymakamlık",
            Self::Municipality => "belediye",
            Self::Education => "millî eğitim",
            Self::University => "üniversite",
            Self::Justice => "adalet",
            Self::Other => "diğer",
        }
    }

    /// Reads [`Self::code`].
    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.code() == code)
    }

    /// Reads [`Self::code`] or [`Self::turkish`], whatever the case and diacritics.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        let key = turkish::search_key(word);
        Self::ALL.into_iter().find(|kind| {
            turkish::search_key(kind.code()) == key || turkish::search_key(kind.turkish()) == key
        })
    }
}

/// Identifier of a unit's row; opaque, stable even when the unit's DETSİS number is corrected.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct UnitId(String);

impl UnitId {
    #[must_use]
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for UnitId {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

/// A unit as it stands in the directory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unit {
    pub id: UnitId,
    pub detsis_no: String,
    /// The number is of the demo series and shown as *örnek*.
    pub number_is_demo: bool,
    pub parent_id: Option<UnitId>,
    pub institution_id: UnitId,
    pub kind: InstitutionKind,
    /// `Yazı İşleri Müdürlüğü`
    pub name: String,
    pub province: String,
    pub district: String,
    /// `(EDİRNE / HAVSA) - [HAVSA BELEDİYE BAŞKANLIĞI > YAZI İŞLERİ MÜDÜRLÜĞÜ]`
    pub label: String,
    /// Its own address only; see [`delivery_address`].
    pub kep_address: Option<String>,
    pub uets_address: Option<String>,
    pub active: bool,
    /// It belongs to the institution that this installation serves.
    pub is_own: bool,
}

impl Unit {
    #[must_use]
    pub fn is_institution(&self) -> bool {
        self.id == self.institution_id
    }

    /// `İli` and `İlçesi` as the manual's grid shows them, in capitals.
    #[must_use]
    pub fn place_in_capitals(&self) -> (String, String) {
        (
            turkish::upper(&self.province),
            turkish::upper(&self.district),
        )
    }
}

/// A unit as an import or the seed states it; ready to be written, parents named by number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnitRecord {
    pub detsis_no: DetsisNo,
    pub parent: Option<DetsisNo>,
    pub is_institution: bool,
    /// Taken over from the parent when absent.
    pub kind: Option<InstitutionKind>,
    pub name: String,
    /// Province and district; taken over from the parent when absent.
    pub place: Option<(String, String)>,
    pub kep_address: Option<KepAddress>,
    pub uets_address: Option<UetsAddress>,
    /// Lines of the postal address, as `postal::checked` leaves them.
    pub postal_address: Option<String>,
    pub active: bool,
    /// The unit that took over the work of this one.
    pub successor: Option<DetsisNo>,
}

/// The display line of the manual (figure 6): `(İL / İLÇE) - [KURUM > BİRİM]`.
///
/// `path` holds the names from the institution down to the unit.
#[must_use]
pub fn label(province: &str, district: &str, path: &str) -> String {
    let path = turkish::upper(path);
    match (province, district) {
        ("", _) => format!("[{path}]"),
        (_, "") => format!("({}) - [{path}]", turkish::upper(province)),
        _ => format!(
            "({} / {}) - [{path}]",
            turkish::upper(province),
            turkish::upper(district)
        ),
    }
}

/// The path inside a display line: `HAVSA BELEDİYE BAŞKANLIĞI > YAZI İŞLERİ MÜDÜRLÜĞÜ`.
#[must_use]
pub fn path_of(label: &str) -> &str {
    label
        .split_once('[')
        .map_or(label, |(_, path)| path.strip_suffix(']').unwrap_or(path))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_read_as_in_the_manual() {
        let line = label(
            "Edirne",
            "Havsa",
            "Havsa Belediye Başkanlığı > Yazı İşleri Müdürlüğü",
        );
        assert_eq!(
            line,
            "(EDİRNE / HAVSA) - [HAVSA BELEDİYE BAŞKANLIĞI > YAZI İŞLERİ MÜDÜRLÜĞÜ]"
        );
        assert_eq!(
            path_of(&line),
            "HAVSA BELEDİYE BAŞKANLIĞI > YAZI İŞLERİ MÜDÜRLÜĞÜ"
        );
        assert_eq!(
            label("Edirne", "", "Edirne Valiliği"),
            "(EDİRNE) - [EDİRNE VALİLİĞİ]"
        );
        assert_eq!(
            InstitutionKind::parse("BELEDİYE"),
            Some(InstitutionKind::Municipality)
        );
        assert_eq!(
            InstitutionKind::parse("district_governorship"),
            Some(InstitutionKind::DistrictGovernorship)
        );
    }
}
