//! Recognises the kind of an evidence by its number, its ETSI event or its text: the one table of these rules.

use super::{EtsiElement, EvidenceKind, Finding};

/// What differs between providers or is not publicly known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecognitionSettings {
    /// Numbers that mean "counted as read". No public source prints one; 61 fits the pattern of the others.
    pub deemed_read_codes: Vec<i64>,
    /// IANA name of the zone of times that carry no offset.
    pub assumed_zone: String,
    /// What `EvidenceRefersToRecipient` calls the first recipient, 0 or 1; `None` while it is not known.
    pub first_recipient_number: Option<i64>,
}

impl Default for RecognitionSettings {
    fn default() -> Self {
        Self {
            deemed_read_codes: vec![61],
            assumed_zone: "Europe/Istanbul".into(),
            first_recipient_number: None,
        }
    }
}

/// Everything that may tell the kind of an evidence.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Signs<'a> {
    /// PTT's `delilTurId`.
    pub code: Option<i64>,
    /// The evidence element's name, as in the XML or in TÜRKKEP's listing.
    pub element: Option<&'a str>,
    /// The event code; only the part after `#` counts, since the prefix differs between texts.
    pub event: Option<&'a str>,
    /// The provider's text.
    pub text: Option<&'a str>,
}

/// The kind that the signs tell, and what is odd about them.
///
/// The number is believed first, then the ETSI event, then the text. If one sign says that it was read and another
/// that it counts as read, the weaker claim stands. A kind is never concluded from anything else.
pub fn recognise(signs: Signs<'_>, settings: &RecognitionSettings) -> (EvidenceKind, Vec<Finding>) {
    let mut findings = Vec::new();
    let by_code = signs.code.and_then(|code| by_code(code, settings));
    let by_event = signs
        .event
        .or(signs.element)
        .and_then(|_| by_event(signs.element, signs.event));
    let by_text = signs.text.and_then(by_text);
    if let (Some(code), None) = (signs.code, by_code) {
        findings.push(Finding::UnknownCode(code));
    }
    let said: Vec<EvidenceKind> = [by_code, by_event, by_text].into_iter().flatten().collect();
    let Some(first) = said.first().copied() else {
        findings.push(Finding::UnknownKind);
        return (EvidenceKind::Unknown, findings);
    };
    if said.iter().any(|kind| *kind != first) {
        findings.push(Finding::Contradiction(said.clone()));
    }
    let kind = match first {
        EvidenceKind::Read if said.contains(&EvidenceKind::DeemedRead) => EvidenceKind::DeemedRead,
        kind => kind,
    };
    (kind, findings)
}

fn by_code(code: i64, settings: &RecognitionSettings) -> Option<EvidenceKind> {
    if settings.deemed_read_codes.contains(&code) {
        return Some(EvidenceKind::DeemedRead);
    }
    EvidenceKind::ALL
        .into_iter()
        .find(|kind| kind.code() == Some(code))
}

fn by_event(element: Option<&str>, event: Option<&str>) -> Option<EvidenceKind> {
    use EtsiElement::*;
    let element = element.map(EtsiElement::from_name);
    let event = event
        .map(|event| event.rsplit('#').next().unwrap_or_default().trim())
        .unwrap_or_default();
    match (element, event) {
        (Some(Some(Submission)), "Acceptance") => Some(EvidenceKind::Accepted),
        (Some(Some(Submission)), "Rejection") => Some(EvidenceKind::Rejected),
        (Some(Some(Relay)), "Acceptance") => Some(EvidenceKind::RelayAccepted),
        (Some(Some(Relay)), "Rejection") => Some(EvidenceKind::RelayRejected),
        (Some(Some(RelayFailure)), _) => Some(EvidenceKind::RelayFailed),
        (None | Some(Some(Delivery)), "Delivery") => Some(EvidenceKind::Delivered),
        (None | Some(Some(Delivery)), "NonDelivery" | "DeliveryExpiration") => {
            Some(EvidenceKind::NotDelivered)
        }
        (None | Some(Some(Retrieval)), "Retrieval") => Some(EvidenceKind::Read),
        (None | Some(Some(Retrieval)), "RetrievalExpiration" | "NonRetrievalExpiration") => {
            Some(EvidenceKind::DeemedRead)
        }
        // The rehearsal's own event of a notice; no public source prints one.
        (Some(Some(Retrieval)), "Served") => Some(EvidenceKind::Served),
        _ => None,
    }
}

/// Texts in the form that [`normal`] gives them.
const TEXTS: [(&str, EvidenceKind); 12] = [
    ("kephs tarafindan kabul edildi", EvidenceKind::Accepted),
    ("kephs tarafindan reddedildi", EvidenceKind::Rejected),
    (
        "diger kephs tarafindan kabul edildi",
        EvidenceKind::RelayAccepted,
    ),
    (
        "diger kephs tarafindan reddedildi",
        EvidenceKind::RelayRejected,
    ),
    ("kephsye gonderilemedi", EvidenceKind::RelayFailed),
    ("diger kephsye gonderilemedi", EvidenceKind::RelayFailed),
    (
        "alici kullanicinin mesaj kutusuna birakildi",
        EvidenceKind::Delivered,
    ),
    (
        "alici kullanicinin mesaj kutusuna birakilamadi",
        EvidenceKind::NotDelivered,
    ),
    ("alici kullanici tarafindan okundu", EvidenceKind::Read),
    (
        "ileti yasal sure icerisinde okunmadigindan okundu kabul edildi",
        EvidenceKind::DeemedRead,
    ),
    (
        "ileti yasal sure icinde okunmadigindan okundu kabul edildi",
        EvidenceKind::DeemedRead,
    ),
    ("tebligat teblig edilmis sayildi", EvidenceKind::Served),
];

fn by_text(text: &str) -> Option<EvidenceKind> {
    let normal = normal(text);
    TEXTS
        .iter()
        .find(|(known, _)| *known == normal)
        .map(|(_, kind)| *kind)
}

/// A text without what varies between systems: case and diacritics, apostrophes and full stops,
/// a number in front, a time in brackets behind, "S/MIME paketi", and two known spellings.
fn normal(text: &str) -> String {
    let text = text.trim();
    let text = text
        .split_once(" - ")
        .filter(|(number, _)| number.trim().parse::<u32>().is_ok())
        .map_or(text, |(_, t)| t);
    let text = text.split_once('(').map_or(text, |(before, _)| before);
    let folded: String = text.chars().filter_map(fold).collect();
    let words = folded.split_whitespace().map(|word| match word {
        "kullanicisinin" => "kullanicinin",
        "okuldu" => "okundu",
        other => other,
    });
    let joined = words.collect::<Vec<_>>().join(" ");
    joined
        .strip_prefix("s/mime paketi ")
        .unwrap_or(&joined)
        .to_owned()
}

/// Turkish letters without case and diacritics; punctuation that varies is dropped.
fn fold(character: char) -> Option<char> {
    match character {
        'İ' | 'I' | 'ı' => Some('i'),
        'Ç' | 'ç' => Some('c'),
        'Ğ' | 'ğ' => Some('g'),
        'Ö' | 'ö' => Some('o'),
        'Ş' | 'ş' => Some('s'),
        'Ü' | 'ü' => Some('u'),
        // Combining marks of decomposed letters, apostrophes, full stops.
        '\u{300}'..='\u{36f}' | '\'' | '’' | '‘' | '´' | '`' | '.' => None,
        other => Some(other.to_ascii_lowercase()),
    }
}
