//! The small values that everything is made of: GUIDs, texts with a language, points in time.

use std::fmt;
use std::hash::{Hash, Hasher};

use jiff::tz::Offset;
use jiff::{Timestamp, civil};

/// A GUID as it stands in a package. Two that differ in case alone are the same one; what is
/// written is upper case (rule K.80).
#[derive(Clone, Debug, Default)]
pub struct Guid(String);

impl Guid {
    /// The upper-case form that the writer uses.
    #[must_use]
    pub fn new(id: uuid::Uuid) -> Self {
        Self(id.hyphenated().to_string().to_ascii_uppercase())
    }

    /// Whatever stands in a foreign package.
    #[must_use]
    pub fn as_read(text: &str) -> Self {
        Self(text.trim().to_owned())
    }

    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// 8-4-4-4-12 hexadecimal digits.
    #[must_use]
    pub fn is_valid(&self) -> bool {
        self.0.len() == 36 && uuid::Uuid::try_parse(&self.0).is_ok()
    }

    #[must_use]
    pub fn is_upper(&self) -> bool {
        !self
            .0
            .contains(|character: char| character.is_ascii_lowercase())
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl PartialEq for Guid {
    fn eq(&self, other: &Self) -> bool {
        self.0.eq_ignore_ascii_case(&other.0)
    }
}

impl Eq for Guid {}

impl Hash for Guid {
    fn hash<H: Hasher>(&self, state: &mut H) {
        for byte in self.0.bytes() {
            state.write_u8(byte.to_ascii_uppercase());
        }
    }
}

impl fmt::Display for Guid {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        to.write_str(&self.0)
    }
}

/// A text with the language it is written in (ISO 639-3, attribute `languageID`).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Text {
    pub value: String,
    pub language: Option<String>,
}

impl Text {
    /// A Turkish text.
    #[must_use]
    pub fn turkish(value: impl Into<String>) -> Self {
        Self {
            value: value.into(),
            language: Some("tur".to_owned()),
        }
    }
}

impl From<&str> for Text {
    fn from(value: &str) -> Self {
        Self::turkish(value)
    }
}

/// An identifier of some register (attribute `schemeID` names the register).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Identifier {
    pub value: String,
    pub scheme: Option<String>,
}

/// An `xsd:dateTime` with its text kept as it stands.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Stamp(String);

impl Stamp {
    /// Whole seconds with the offset that was in force.
    #[must_use]
    pub fn new(at: Timestamp, offset: Offset) -> Self {
        let whole = Timestamp::from_second(at.as_second()).unwrap_or(at);
        Self(whole.display_with_offset(offset).to_string())
    }

    #[must_use]
    pub fn as_read(text: &str) -> Self {
        Self(text.trim().to_owned())
    }

    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The calendar day that it names, in its own offset.
    #[must_use]
    pub fn date(&self) -> Option<civil::Date> {
        self.date_time().map(civil::DateTime::date)
    }

    /// The point in time; none when it is not readable or carries no offset.
    #[must_use]
    pub fn timestamp(&self) -> Option<Timestamp> {
        self.0.parse().ok()
    }

    /// The clock's reading, with or without an offset.
    #[must_use]
    pub fn date_time(&self) -> Option<civil::DateTime> {
        let bare = self.0.trim_end_matches('Z');
        // An offset stands behind the time: the date has dashes too.
        let (date, time) = bare.split_once('T')?;
        let time = time.split(['+', '-']).next().unwrap_or_default();
        format!("{date}T{time}").parse().ok()
    }
}

impl fmt::Display for Stamp {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        to.write_str(&self.0)
    }
}

/// True when the text has the form of an `xsd:duration`, such as `P3D` or `P1DT12H`.
#[must_use]
pub fn is_duration(text: &str) -> bool {
    let Some(rest) = text.strip_prefix('-').unwrap_or(text).strip_prefix('P') else {
        return false;
    };
    let (days, time) = match rest.split_once('T') {
        Some((days, time)) => (days, Some(time)),
        None => (rest, None),
    };
    let fields = |text: &str, units: &str, decimals: bool| -> Option<usize> {
        let mut units = units.chars();
        let mut digits = String::new();
        let mut count = 0;
        for character in text.chars() {
            if character.is_ascii_digit() || (decimals && character == '.') {
                digits.push(character);
                continue;
            }
            let number = digits.chars().all(|digit| digit.is_ascii_digit())
                || (character == 'S' && digits.parse::<f64>().is_ok());
            if digits.is_empty() || !number || !units.any(|unit| unit == character) {
                return None;
            }
            digits.clear();
            count += 1;
        }
        digits.is_empty().then_some(count)
    };
    let (Some(days), time_fields) = (fields(days, "YMD", false), time) else {
        return false;
    };
    match time_fields {
        Some(time) => fields(time, "HMS", true).is_some_and(|count| count > 0),
        None => days > 0,
    }
}
