//! What verification answers: named checks, each with an outcome and a Turkish sentence.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{Certificate, Purpose};

/// What was looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CheckName {
    /// The bytes are a signature at all.
    Structure,
    /// It is the content that was expected.
    Content,
    /// The digest in the signature is that of the content.
    Digest,
    /// The signature value belongs to the signer's key, and the certificate is the one that was named.
    Signature,
    /// The certificate leads to a configured root.
    Chain,
    /// The certificate was valid at the time that counts.
    Validity,
    /// The key may sign documents.
    KeyUsage,
    /// The certificate was not revoked at the time that counts.
    Revocation,
    /// A time-stamp authority says when the signature existed.
    TimeStamp,
    /// References and values of the long-term forms fit each other.
    LongTerm,
}

impl CheckName {
    /// The name in Turkish.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::Structure => "Yapı",
            Self::Content => "İçerik",
            Self::Digest => "Özet",
            Self::Signature => "İmza",
            Self::Chain => "Sertifika zinciri",
            Self::Validity => "Geçerlilik süresi",
            Self::KeyUsage => "Anahtar kullanımı",
            Self::Revocation => "İptal durumu",
            Self::TimeStamp => "Zaman damgası",
            Self::LongTerm => "Uzun dönem verileri",
        }
    }
}

/// How a check ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    Ok,
    Failed,
    /// There was nothing to check it with.
    NotChecked,
}

/// One named check.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Check {
    pub name: CheckName,
    pub outcome: Outcome,
    /// A Turkish sentence.
    pub text: String,
}

impl Check {
    pub(crate) fn new(name: CheckName, outcome: Outcome, text: impl Into<String>) -> Self {
        let text = text.into();
        Self {
            name,
            outcome,
            text,
        }
    }

    pub(crate) fn ok(name: CheckName, text: impl Into<String>) -> Self {
        Self::new(name, Outcome::Ok, text)
    }

    pub(crate) fn failed(name: CheckName, text: impl Into<String>) -> Self {
        Self::new(name, Outcome::Failed, text)
    }

    pub(crate) fn not_checked(name: CheckName, text: impl Into<String>) -> Self {
        Self::new(name, Outcome::NotChecked, text)
    }
}

/// How far a signature carries its proof with it (ETSI TS 101 733, 4.4).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    Bes,
    T,
    C,
    XLong,
    A,
}

/// One signature and what was found out about it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SignerReport {
    /// The signer's common name, when the certificate is there.
    pub name: Option<String>,
    /// The subject's `serialNumber`: of a person the T.C. kimlik no.
    pub serial_number: Option<String>,
    pub issuer: Option<String>,
    /// SHA-256 of the certificate.
    pub fingerprint: Option<String>,
    /// The moment that the signer claims.
    pub signing_time: Option<Timestamp>,
    /// The moment that a time stamp proves.
    pub stamped_at: Option<Timestamp>,
    pub level: Level,
    /// Hash of the signed content as the signature names it.
    pub digest: Option<String>,
    pub checks: Vec<Check>,
    #[serde(skip)]
    pub certificate: Option<Certificate>,
    /// Certificates that were at hand for the way to a root.
    #[serde(skip)]
    pub beside: Vec<Certificate>,
    /// Of whose revocation a network can tell more; see [`SignerReport::unasked`].
    #[serde(skip)]
    pub(crate) unasked: Vec<Unasked>,
}

/// Somebody who leads to a root, and of whom data at hand do not say that he was not revoked at the
/// moment that counts: nothing at all, or only something that was said before it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unasked {
    pub certificate: Certificate,
    pub purpose: Purpose,
    /// Nothing speaks for that moment: the check stays open. Otherwise it holds by older data, which
    /// whoever signed may have chosen, and a service that keeps silent changes nothing.
    pub is_open: bool,
}

impl SignerReport {
    #[must_use]
    pub fn outcome(&self, name: CheckName) -> Option<Outcome> {
        self.checks
            .iter()
            .find(|check| check.name == name)
            .map(|check| check.outcome)
    }

    /// Whom somebody with a network has to ask about: the signer, then the authorities of stamps.
    #[must_use]
    pub fn unasked(&self) -> &[Unasked] {
        &self.unasked
    }

    /// The first check that failed.
    #[must_use]
    pub fn failure(&self) -> Option<&Check> {
        self.checks
            .iter()
            .find(|check| check.outcome == Outcome::Failed)
    }
}

/// Everything that was found out about a file with signatures.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Report {
    /// Checks of the file itself: structure and content.
    pub checks: Vec<Check>,
    pub signers: Vec<SignerReport>,
}

/// The sum of a report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// Every check held.
    Verified,
    /// Nothing failed, but something could not be checked.
    Incomplete,
    /// At least one check failed.
    Failed,
}

impl Report {
    pub(crate) fn unreadable(text: impl Into<String>) -> Self {
        Self {
            checks: vec![Check::failed(CheckName::Structure, text)],
            signers: Vec::new(),
        }
    }

    /// Every check, of the file and of each signature.
    pub fn all(&self) -> impl Iterator<Item = &Check> {
        self.checks
            .iter()
            .chain(self.signers.iter().flat_map(|signer| &signer.checks))
    }

    /// The first check that failed.
    #[must_use]
    pub fn failure(&self) -> Option<&Check> {
        self.all().find(|check| check.outcome == Outcome::Failed)
    }

    #[must_use]
    pub fn verdict(&self) -> Verdict {
        if self.signers.is_empty() || self.failure().is_some() {
            return Verdict::Failed;
        }
        if self.all().any(|check| check.outcome == Outcome::NotChecked) {
            return Verdict::Incomplete;
        }
        Verdict::Verified
    }

    /// `imzası doğrulandı` or `doğrulanamadı: neden`, for a line in a list.
    #[must_use]
    pub fn sentence(&self) -> String {
        if let Some(check) = self.failure() {
            return format!("imzası doğrulanamadı: {}", check.text);
        }
        let open = self
            .all()
            .find(|check| check.outcome == Outcome::NotChecked);
        match open {
            Some(check) => format!("imzası doğru, ancak eksik denetim var: {}", check.text),
            None if self.signers.is_empty() => "imzası doğrulanamadı: imza yok.".into(),
            None => "imzası doğrulandı".into(),
        }
    }
}

/// `25.11.2026 14:05:09`, in the time of Turkey, which every sentence uses.
pub(crate) fn say(moment: Timestamp) -> String {
    let zone = jiff::tz::TimeZone::get("Europe/Istanbul").unwrap_or(jiff::tz::TimeZone::UTC);
    moment
        .to_zoned_datetime(zone)
        .strftime("%d.%m.%Y %H:%M:%S")
        .to_string()
}
