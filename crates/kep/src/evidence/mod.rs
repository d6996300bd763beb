//! Evidence (delil): what a provider states about a message, read without ever refusing to store it.

mod finding;
mod kind;
mod recognise;
mod rem;
mod time;

use bytes::Bytes;
use sha2::{Digest as _, Sha256};

pub use finding::Finding;
pub use kind::{EtsiElement, EvidenceKind, Outcome};
pub use recognise::{RecognitionSettings, Signs, recognise};
pub use rem::RemEvidence;
pub use time::EvidenceTime;

use crate::wire::EvidenceRow;

/// One evidence. Its key is (provider, id); it is never overwritten, states are derived from the set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Evidence {
    /// The caller's name of the provider.
    pub provider: String,
    /// The provider's id, or `dys:` and a hash of the content when it gave none.
    pub id: String,
    /// The provider's number, where it gave a readable one.
    pub code: Option<i64>,
    pub kind: EvidenceKind,
    /// Evidence element and event as the file says; none before the file is read.
    pub element: Option<EtsiElement>,
    pub event: Option<String>,
    /// The provider's text as received.
    pub text: Option<String>,
    pub time: EvidenceTime,
    /// The provider that made the evidence.
    pub kephs: Option<String>,
    /// KEP address of the recipient it is about, in lower case.
    pub recipient: Option<String>,
    /// The evidence file, once fetched.
    pub raw: Option<Bytes>,
    pub findings: Vec<Finding>,
}

impl Evidence {
    /// An evidence as a listing shows it.
    pub fn from_row(provider: &str, row: &EvidenceRow, settings: &RecognitionSettings) -> Self {
        let mut evidence = Self {
            provider: provider.into(),
            id: row
                .evidence_id
                .as_deref()
                .map(str::trim)
                .unwrap_or_default()
                .into(),
            code: None,
            kind: EvidenceKind::Unknown,
            element: None,
            event: None,
            text: row.text.clone(),
            time: EvidenceTime::read(
                row.time.as_deref().unwrap_or_default(),
                &settings.assumed_zone,
            ),
            kephs: row.kephs.clone(),
            recipient: row
                .recipient
                .as_deref()
                .map(|address| address.trim().to_lowercase())
                .filter(|a| !a.is_empty()),
            raw: None,
            findings: Vec::new(),
        };
        evidence.read_code(row.code.as_deref());
        if evidence.id.is_empty() {
            evidence.id = id_of_content(row);
            evidence.findings.push(Finding::NoId);
        }
        if evidence.time.at.is_none() {
            evidence
                .findings
                .push(Finding::UnreadableTime(evidence.time.text.clone()));
        }
        evidence.recognise(settings);
        evidence
    }

    /// Adds the evidence file. What the listing did not say is taken from it; its bytes are kept in any case.
    pub fn with_file(mut self, bytes: Bytes, settings: &RecognitionSettings) -> Self {
        match RemEvidence::read(&bytes) {
            Ok(rem) => self.take(&rem, settings),
            Err(finding) => self.findings.push(finding),
        }
        self.raw = Some(bytes);
        self
    }

    fn read_code(&mut self, code: Option<&str>) {
        let Some(text) = code.map(str::trim).filter(|text| !text.is_empty()) else {
            return;
        };
        match text.parse() {
            Ok(code) => self.code = Some(code),
            Err(_) => self.findings.push(Finding::UnreadableCode(text.into())),
        }
    }

    fn take(&mut self, rem: &RemEvidence, settings: &RecognitionSettings) {
        self.element = rem.element.as_deref().and_then(EtsiElement::from_name);
        self.event = rem.event.clone();
        self.kephs = self.kephs.take().or_else(|| rem.issuer.clone());
        self.take_time(rem, settings);
        self.take_recipient(rem, settings);
        self.findings.retain(|finding| {
            !matches!(
                finding,
                Finding::UnknownCode(_) | Finding::UnknownKind | Finding::Contradiction(_)
            )
        });
        self.recognise(settings);
    }

    /// The listing's time stands if it could be read.
    fn take_time(&mut self, rem: &RemEvidence, settings: &RecognitionSettings) {
        let Some(text) = rem.time.as_deref().filter(|_| self.time.at.is_none()) else {
            return;
        };
        let time = EvidenceTime::read(text, &settings.assumed_zone);
        if time.at.is_some() {
            self.findings
                .retain(|finding| !matches!(finding, Finding::UnreadableTime(_)));
            self.time = time;
        }
    }

    fn take_recipient(&mut self, rem: &RemEvidence, settings: &RecognitionSettings) {
        let in_file = rem.recipient(settings).map(str::to_lowercase);
        match (self.recipient.clone(), in_file) {
            (Some(listed), Some(in_file)) if listed != in_file => {
                self.findings
                    .push(Finding::OtherRecipient { listed, in_file });
            }
            (None, Some(in_file)) => self.recipient = Some(in_file),
            (None, None) if rem.recipients.len() > 1 => {
                self.findings.push(Finding::UnknownRecipient)
            }
            _ => {}
        }
    }

    fn recognise(&mut self, settings: &RecognitionSettings) {
        let signs = Signs {
            code: self.code,
            element: self.element.map(EtsiElement::name),
            event: self.event.as_deref(),
            text: self.text.as_deref(),
        };
        let (kind, findings) = recognise(signs, settings);
        self.kind = kind;
        self.findings.extend(findings);
    }
}

/// The same content always gives the same id, so that the same evidence is not stored twice.
fn id_of_content(row: &EvidenceRow) -> String {
    let mut hash = Sha256::new();
    for field in [&row.code, &row.text, &row.time, &row.kephs, &row.recipient] {
        hash.update(field.as_deref().unwrap_or_default());
        hash.update([0]);
    }
    let digest: String = hash
        .finalize()
        .iter()
        .take(16)
        .map(|byte| format!("{byte:02x}"))
        .collect();
    format!("dys:{digest}")
}
