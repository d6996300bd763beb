//! KEP addresses: `name@hsNN.kep.tr` and `name@sub.hsNN.kep.tr`.

use std::fmt;

/// A checked KEP address, in lower case.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct KepAddress(String);

/// Why a text is not a KEP address. [`AddressError::sentence`] tells people.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AddressError {
    #[error("empty")]
    Empty,
    #[error("longer than 254 characters")]
    TooLong,
    #[error("not of the form name@domain")]
    Form,
    #[error("a character that a KEP address cannot hold: {0:?}")]
    Character(char),
    #[error("{0} is not the domain of a KEP provider")]
    Domain(String),
    #[error("{0} is a rehearsal domain")]
    RehearsalDomain(String),
}

impl AddressError {
    /// A stable name for programs.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Empty => "kep_address_empty",
            Self::TooLong => "kep_address_too_long",
            Self::Form => "kep_address_form",
            Self::Character(_) => "kep_address_character",
            Self::Domain(_) => "kep_address_domain",
            Self::RehearsalDomain(_) => "kep_address_rehearsal",
        }
    }

    /// What is wrong and what to do.
    pub fn sentence(&self) -> String {
        match self {
            Self::Empty => "KEP adresi boş; adresi yazınız.".into(),
            Self::TooLong => "KEP adresi 254 karakterden uzun; adresi denetleyiniz.".into(),
            Self::Form => "KEP adresi “ad@hs01.kep.tr” biçiminde olmalıdır.".into(),
            Self::Character(found) => {
                format!(
                    "KEP adresinde “{found}” kullanılamaz; harf, rakam, nokta, tire ve alt çizgi yazınız."
                )
            }
            Self::Domain(domain) => {
                format!("“{domain}” bir KEP alan adı değil; adres “…hs01.kep.tr” gibi bitmelidir.")
            }
            Self::RehearsalDomain(domain) => {
                format!("“{domain}” yalnız prova içindir; gerçek bir KEP adresi yazınız.")
            }
        }
    }
}

const REHEARSAL: &str = ".kep.example";

impl KepAddress {
    /// Checks and lower-cases an address. With `rehearsal` the reserved `*.kep.example` is accepted as well.
    ///
    /// ```
    /// use kep::address::KepAddress;
    /// assert_eq!(KepAddress::parse(" Havsa.Belediyesi@HS01.kep.tr", false)?.as_str(), "havsa.belediyesi@hs01.kep.tr");
    /// assert!(KepAddress::parse("havsa@hs99.kep.example", false).is_err());
    /// assert!(KepAddress::parse("havsa@hs99.kep.example", true).is_ok());
    /// # Ok::<(), kep::address::AddressError>(())
    /// ```
    pub fn parse(text: &str, rehearsal: bool) -> Result<Self, AddressError> {
        let text = text.trim();
        if text.is_empty() {
            return Err(AddressError::Empty);
        }
        if text.len() > 254 {
            return Err(AddressError::TooLong);
        }
        let (name, domain) = text.split_once('@').ok_or(AddressError::Form)?;
        if let Some(found) = text
            .chars()
            .find(|c| !(c.is_ascii_alphanumeric() || "@.-_+".contains(*c)))
        {
            return Err(AddressError::Character(found));
        }
        let labels_hold =
            |part: &str| !part.is_empty() && part.split('.').all(|label| !label.is_empty());
        if domain.contains('@') || name.len() > 64 || !labels_hold(name) || !labels_hold(domain) {
            return Err(AddressError::Form);
        }
        let domain = domain.to_ascii_lowercase();
        check_domain(&domain, rehearsal)?;
        Ok(Self(format!("{}@{domain}", name.to_ascii_lowercase())))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The part behind `@`.
    pub fn domain(&self) -> &str {
        self.0.split_once('@').map_or("", |(_, domain)| domain)
    }

    /// Whether it lies under the reserved rehearsal domain.
    pub fn is_rehearsal(&self) -> bool {
        self.domain().ends_with(REHEARSAL)
    }
}

fn check_domain(domain: &str, rehearsal: bool) -> Result<(), AddressError> {
    if domain.ends_with(REHEARSAL) {
        return if rehearsal {
            Ok(())
        } else {
            Err(AddressError::RehearsalDomain(domain.into()))
        };
    }
    let provider = domain
        .strip_suffix(".kep.tr")
        .and_then(|front| front.rsplit('.').next());
    let number = provider.and_then(|label| label.strip_prefix("hs"));
    match number {
        Some(number) if number.len() == 2 && number.bytes().all(|digit| digit.is_ascii_digit()) => {
            Ok(())
        }
        _ => Err(AddressError::Domain(domain.into())),
    }
}

impl fmt::Display for KepAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl AsRef<str> for KepAddress {
    fn as_ref(&self) -> &str {
        &self.0
    }
}
