//! The public directory questions of the TÜRKKEP contract (`KEPRetrieval`): is this a KEP address, whose is it.
//!
//! PTT's own directory operations (`Rehber…`) have no public contract. What the numbers of `kepDurumu` mean is not
//! public either: they are handed on with the service's own words, never interpreted.
//!
//! ```
//! use kep::directory::{self, StatusAnswer};
//! let request = directory::ask_status("havsabelediyesi@hs01.kep.tr");
//! assert_eq!(directory::asked_address(&request), Some("havsabelediyesi@hs01.kep.tr"));
//! let answer = StatusAnswer { words: Some("Etkin".into()), ..StatusAnswer::default() };
//! assert_eq!(StatusAnswer::read(&answer.write()), Some(answer));
//! ```

use crate::soap::Element;

/// Namespace of the wrapper elements; everything below them is unqualified.
pub const NAMESPACE: &str = "http://turkkepgw.turkkep.com.tr";
/// Asks for the state of one address.
pub const STATUS: &str = "KepDurumBilgisi";
/// Asks for the addresses of a legal person by its tax number.
pub const BY_TAX_NUMBER: &str = "KepSorgulamaVKN";

/// What the directory says about an address; every field may be absent in the contract.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StatusAnswer {
    pub address: Option<String>,
    /// `kepDurumu`; its numbers are not explained in public.
    pub status: Option<i64>,
    /// `kepDurumSonucu`, for people.
    pub words: Option<String>,
    /// `sonucKodu` of the question itself.
    pub result_code: Option<String>,
    /// `sonucAciklama`, for people.
    pub result_words: Option<String>,
}

/// An address of a legal person.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Entry {
    pub address: Option<String>,
    pub mersis_no: Option<String>,
    pub name: Option<String>,
}

/// The request element of [`STATUS`].
pub fn ask_status(address: &str) -> Element {
    let input = Element::new("", "kepDurumBilgisi").with_child(field("kepAdresi", address));
    Element::new(NAMESPACE, STATUS).with_child(input)
}

/// The address that a request of [`STATUS`] asks after.
pub fn asked_address(request: &Element) -> Option<&str> {
    request
        .child("kepDurumBilgisi")?
        .child("kepAdresi")?
        .trimmed()
}

/// The request element of [`BY_TAX_NUMBER`].
pub fn ask_by_tax_number(tax_number: &str) -> Element {
    let input = Element::new("", "kepSorgulamaVKN").with_child(field("VKN", tax_number));
    Element::new(NAMESPACE, BY_TAX_NUMBER).with_child(input)
}

/// The tax number that a request of [`BY_TAX_NUMBER`] asks after.
pub fn asked_tax_number(request: &Element) -> Option<&str> {
    request.child("kepSorgulamaVKN")?.child("VKN")?.trimmed()
}

impl StatusAnswer {
    /// The answer element, as a provider gives it.
    pub fn write(&self) -> Element {
        let mut inner = Element::new("", "kepDurumBilgisi");
        let status = self.status.map(|status| status.to_string());
        for (name, value) in [
            ("kepAdresi", &self.address),
            ("kepDurumSonucu", &self.words),
            ("kepDurumu", &status),
            ("sonucAciklama", &self.result_words),
            ("sonucKodu", &self.result_code),
        ] {
            inner
                .children
                .extend(value.as_deref().map(|value| field(name, value)));
        }
        Element::new(NAMESPACE, "KepDurumBilgisiResponse").with_child(inner)
    }

    /// Reads an answer; `None` when it holds no result at all.
    pub fn read(answer: &Element) -> Option<Self> {
        let inner = answer.child("kepDurumBilgisi")?;
        let text = |name| {
            inner
                .child(name)
                .and_then(Element::trimmed)
                .map(str::to_owned)
        };
        Some(Self {
            address: text("kepAdresi"),
            status: text("kepDurumu").and_then(|number| number.parse().ok()),
            words: text("kepDurumSonucu"),
            result_code: text("sonucKodu"),
            result_words: text("sonucAciklama"),
        })
    }

    /// The service's words about the address, or about the question where it has none for the address.
    pub fn sentence(&self) -> &str {
        let words = self.words.as_deref().or(self.result_words.as_deref());
        words.unwrap_or_default()
    }
}

/// The answer element of [`BY_TAX_NUMBER`], as a provider gives it.
pub fn write_entries(entries: &[Entry], result_code: &str, result_words: &str) -> Element {
    let mut inner = Element::new("", "return");
    for entry in entries {
        let mut row = Element::new("", "returList");
        for (name, value) in [
            ("kepAdresi", &entry.address),
            ("mersisNo", &entry.mersis_no),
            ("tuzelKisiAdi", &entry.name),
        ] {
            row.children
                .extend(value.as_deref().map(|value| field(name, value)));
        }
        inner.children.push(row);
    }
    inner.children.push(field("sonucAciklama", result_words));
    inner.children.push(field("sonucKodu", result_code));
    Element::new(NAMESPACE, "KepSorgulamaVKNResponse").with_child(inner)
}

/// Reads an answer of [`BY_TAX_NUMBER`]; `None` when it holds no result at all.
pub fn read_entries(answer: &Element) -> Option<Vec<Entry>> {
    let inner = answer.child("return")?;
    let rows = inner.children_named("returList").map(|row| {
        let text = |name| {
            row.child(name)
                .and_then(Element::trimmed)
                .map(str::to_owned)
        };
        Entry {
            address: text("kepAdresi"),
            mersis_no: text("mersisNo"),
            name: text("tuzelKisiAdi"),
        }
    });
    Some(rows.collect())
}

fn field(name: &str, value: &str) -> Element {
    Element::new("", name).with_text(value)
}
