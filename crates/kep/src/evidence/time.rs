//! The time of an evidence: kept as received, read as well as it can be.

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;

/// A time as the provider wrote it, and what DYS understood.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EvidenceTime {
    /// As received.
    pub text: String,
    /// `None` when the text cannot be read.
    pub at: Option<Timestamp>,
    /// The text carried no offset; `at` was read in the assumed zone.
    pub assumed_zone: bool,
}

impl EvidenceTime {
    /// Reads `xsd:dateTime` with or without offset, and the day-first forms of Turkish screens
    /// (`24/11/2026 13:02:01`, `24.11.2026 13:02`). `zone` is an IANA name; an unknown one leaves
    /// times without offset unread.
    pub fn read(text: &str, zone: &str) -> Self {
        let trimmed = text.trim();
        if let Ok(at) = trimmed.parse::<Timestamp>() {
            return Self {
                text: text.into(),
                at: Some(at),
                assumed_zone: false,
            };
        }
        let at = local(trimmed).and_then(|local| {
            let zone = TimeZone::get(zone).ok()?;
            zone.to_timestamp(local).ok()
        });
        Self {
            text: text.into(),
            at,
            assumed_zone: at.is_some(),
        }
    }
}

fn local(text: &str) -> Option<DateTime> {
    if !text.contains(':') {
        return None; // a date alone is no time of an event
    }
    let day_first = [
        "%d/%m/%Y %H:%M:%S",
        "%d/%m/%Y %H:%M",
        "%d.%m.%Y %H:%M:%S",
        "%d.%m.%Y %H:%M",
    ];
    let read = |form: &&str| DateTime::strptime(form, text).ok();
    text.parse()
        .ok()
        .or_else(|| day_first.iter().find_map(read))
}
