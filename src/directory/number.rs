//! Numbers and addresses of the directory as types that only hold valid values.

use std::fmt;

/// Why a number or an address is not one; `Display` is a Turkish sentence for people.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AddressError {
    #[error("DETSİS numarası 8 rakamdan oluşmalıdır")]
    DetsisNo,
    #[error("KEP adresi geçersiz; örnek: kurumadi@hs01.kep.tr")]
    KepAddress,
    #[error("UETS adresi 15 rakamdan oluşmalıdır; örnek: 35846-96487-38597")]
    UetsAddress,
    #[error("vergi kimlik numarası geçersiz; 10 rakamı denetleyin")]
    TaxNumber,
    #[error("T.C. kimlik numarası geçersiz; 11 rakamı denetleyin")]
    NationalId,
    #[error("MERSİS numarası geçersiz; 16 rakamı denetleyin")]
    MersisNumber,
}

impl AddressError {
    /// A stable code for programs.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::DetsisNo => "detsis_no_invalid",
            Self::KepAddress => "kep_address_invalid",
            Self::UetsAddress => "uets_address_invalid",
            Self::TaxNumber => "vkn_invalid",
            Self::NationalId => "tckn_invalid",
            Self::MersisNumber => "mersis_invalid",
        }
    }
}

/// A unit's number in DETSİS, eight digits.
///
/// The real registry keeps it as an integer, so a number with a leading zero can never be real:
/// those form the demo series (decisions 12).
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct DetsisNo(String);

impl DetsisNo {
    /// # Errors
    /// [`AddressError::DetsisNo`] unless `text` is eight digits and not all zero.
    pub fn parse(text: &str) -> Result<Self, AddressError> {
        let text = text.trim();
        if has_digits(text, 8) && text != "00000000" {
            Ok(Self(text.to_owned()))
        } else {
            Err(AddressError::DetsisNo)
        }
    }

    /// True for a number of the demo series, which no real provider accepts.
    #[must_use]
    pub fn is_demo(&self) -> bool {
        self.0.starts_with('0')
    }

    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for DetsisNo {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

/// A registered e-mail address in lower case: `ad@hs01.kep.tr` or `ad@kurum.hs03.kep.tr`.
///
/// Rehearsals use the reserved `ad@hs99.kep.example`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct KepAddress(String);

impl KepAddress {
    /// # Errors
    /// [`AddressError::KepAddress`] when the local part or the provider's domain is not of that form.
    pub fn parse(text: &str) -> Result<Self, AddressError> {
        let address = text.trim().to_ascii_lowercase();
        let (local, domain) = address.split_once('@').ok_or(AddressError::KepAddress)?;
        let well_formed = (1..=64).contains(&local.len())
            && address.len() <= 254
            && local
                .split('.')
                .all(|part| !part.is_empty() && part.bytes().all(is_local_byte))
            && is_kep_domain(domain);
        if well_formed {
            Ok(Self(address))
        } else {
            Err(AddressError::KepAddress)
        }
    }

    /// True for an address of the rehearsal provider's reserved domain.
    #[must_use]
    pub fn is_demo(&self) -> bool {
        self.0.ends_with(".kep.example")
    }

    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for KepAddress {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

/// An address for electronic service (UETS): 15 digits, written 5-5-5.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct UetsAddress(String);

impl fmt::Display for UetsAddress {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

impl UetsAddress {
    /// The 15 digits without hyphens.
    #[must_use]
    pub fn digits(&self) -> String {
        self.0.replace('-', "")
    }

    /// # Errors
    /// [`AddressError::UetsAddress`] unless 15 digits remain without hyphens and spaces. No rule of
    /// a check digit is public, so a wrong digit cannot be told from a right one.
    pub fn parse(text: &str) -> Result<Self, AddressError> {
        let digits: String = text
            .trim()
            .chars()
            .filter(|character| !matches!(character, '-' | ' '))
            .collect();
        if !has_digits(&digits, 15) {
            return Err(AddressError::UetsAddress);
        }
        let groups: Vec<&str> = [0..5, 5..10, 10..15]
            .into_iter()
            .filter_map(|range| digits.get(range))
            .collect();
        Ok(Self(groups.join("-")))
    }

    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// What identifies a party outside the directory; digits only, check digits hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Identifier {
    /// VKN, ten digits.
    Tax(String),
    /// T.C. kimlik numarası, eleven digits.
    National(String),
    /// MERSİS, sixteen digits: `0` and a VKN, or a T.C. kimlik numarası, then a running number.
    Mersis(String),
}

impl Identifier {
    /// Tells the kind by the number of digits; spaces and hyphens are passed over.
    ///
    /// # Errors
    /// The error of the kind whose length the digits have (tax number for any other length).
    pub fn parse(text: &str) -> Result<Self, AddressError> {
        let number: String = text
            .chars()
            .filter(|character| !matches!(character, ' ' | '-'))
            .collect();
        let digits = digits_of(&number);
        match (number.len(), digits) {
            (11, Some(digits)) if is_national_id(&digits) => Ok(Self::National(number)),
            (11, _) => Err(AddressError::NationalId),
            (16, Some(digits)) if is_mersis(&digits) => Ok(Self::Mersis(number)),
            (16, _) => Err(AddressError::MersisNumber),
            (10, Some(digits)) if is_tax_number(&digits) => Ok(Self::Tax(number)),
            _ => Err(AddressError::TaxNumber),
        }
    }

    /// The word in the database.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Tax(_) => "vkn",
            Self::National(_) => "tckn",
            Self::Mersis(_) => "mersis",
        }
    }

    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            Self::Tax(number) | Self::National(number) | Self::Mersis(number) => number,
        }
    }
}

fn digits_of(text: &str) -> Option<Vec<u32>> {
    text.chars()
        .map(|character| character.to_digit(10))
        .collect()
}

/// Each of nine digits is shifted by its place and weighted by a power of two modulo nine.
fn is_tax_number(digits: &[u32]) -> bool {
    let [body @ .., check] = digits else {
        return false;
    };
    let sum: u32 = body
        .iter()
        .zip((1..=9_u32).rev())
        .map(|(digit, place)| match (digit + place) % 10 {
            0 => 0,
            shifted => match shifted * 2_u32.pow(place) % 9 {
                0 => 9,
                weighted => weighted,
            },
        })
        .sum();
    body.len() == 9 && (10 - sum % 10) % 10 == *check
}

/// The tenth digit follows from the odd and even places, the eleventh from the sum of the ten.
fn is_national_id(digits: &[u32]) -> bool {
    let [body @ .., tenth, eleventh] = digits else {
        return false;
    };
    let odd: u32 = body.iter().step_by(2).sum();
    let even: u32 = body.iter().skip(1).step_by(2).sum();
    body.len() == 9
        && body.first().is_some_and(|first| *first != 0)
        && (odd * 7 + 100 - even) % 10 == *tenth
        && (odd + even + tenth) % 10 == *eleventh
}

fn is_mersis(digits: &[u32]) -> bool {
    match digits {
        [0, rest @ ..] => rest.get(..10).is_some_and(is_tax_number),
        _ => digits.get(..11).is_some_and(is_national_id),
    }
}

/// True when `text` is exactly `count` ASCII digits.
pub(super) fn has_digits(text: &str, count: usize) -> bool {
    text.len() == count && text.bytes().all(|byte| byte.is_ascii_digit())
}

fn is_local_byte(byte: u8) -> bool {
    byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'-' | b'_' | b'+')
}

fn is_kep_domain(domain: &str) -> bool {
    let Some(rest) = domain
        .strip_suffix(".kep.tr")
        .or_else(|| domain.strip_suffix(".kep.example"))
    else {
        return false;
    };
    let mut labels = rest.rsplit('.');
    let provider = labels.next().and_then(|label| label.strip_prefix("hs"));
    provider.is_some_and(|number| has_digits(number, 2))
        && labels.all(|label| {
            !label.is_empty()
                && !label.starts_with('-')
                && !label.ends_with('-')
                && label
                    .bytes()
                    .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identifiers_are_known_by_length_and_check_digits() {
        for (text, kind) in [
            ("8760047464", "vkn"),
            ("876 004 7464", "vkn"),
            ("10000000146", "tckn"),
            ("0876004746400029", "mersis"),
        ] {
            assert_eq!(
                Identifier::parse(text).map(|number| number.kind()),
                Ok(kind),
                "{text}"
            );
        }
        for (text, error) in [
            ("8760047465", AddressError::TaxNumber),
            ("", AddressError::TaxNumber),
            ("123456789", AddressError::TaxNumber),
            ("10000000147", AddressError::NationalId),
            ("00000000000", AddressError::NationalId),
            ("1000000014x", AddressError::NationalId),
            ("0876004746500029", AddressError::MersisNumber),
        ] {
            assert_eq!(Identifier::parse(text), Err(error), "{text}");
        }
    }

    #[test]
    fn numbers_and_addresses_are_checked() {
        assert!(DetsisNo::parse("24316060").is_ok_and(|number| !number.is_demo()));
        assert!(DetsisNo::parse("01051500").is_ok_and(|number| number.is_demo()));
        for wrong in [
            "",
            "2431606",
            "243160600",
            "2431606a",
            "00000000",
            "２４３１６０６０",
        ] {
            assert!(DetsisNo::parse(wrong).is_err(), "{wrong}");
        }
        for right in [
            "havsabelediyesi@hs01.kep.tr",
            "Bakircay.Universitesi@HS01.KEP.TR",
            "egeuniversitesi@egeuniversitesi.hs03.kep.tr",
            "kesanadliyesi.edirne@hs99.kep.example",
        ] {
            assert!(KepAddress::parse(right).is_ok(), "{right}");
        }
        for wrong in [
            "",
            "havsa",
            "@hs01.kep.tr",
            "havsa@kep.tr",
            "havsa@hs1.kep.tr",
            "havsa@hs01.kep.tr.evil.com",
            "havsa@example.com",
            "ha vsa@hs01.kep.tr",
            "hav..sa@hs01.kep.tr",
            "şehir@hs01.kep.tr",
            "a@b@hs01.kep.tr",
            "havsa@.hs01.kep.tr",
            "a\r\nBcc: b@hs01.kep.tr",
        ] {
            assert_eq!(
                KepAddress::parse(wrong),
                Err(AddressError::KepAddress),
                "{wrong}"
            );
        }
        assert_eq!(
            UetsAddress::parse("358469648738597").map(|address| address.as_str().to_owned()),
            Ok("35846-96487-38597".to_owned())
        );
        assert!(UetsAddress::parse("35846-96487").is_err());
    }
}
