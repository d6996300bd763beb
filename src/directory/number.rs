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

impl UetsAddress {
    /// # Errors
    /// [`AddressError::UetsAddress`] unless 15 digits remain without the hyphens.
    pub fn parse(text: &str) -> Result<Self, AddressError> {
        let digits: String = text
            .trim()
            .chars()
            .filter(|character| *character != '-')
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
