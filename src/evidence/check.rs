//! Whether an evidence file may be believed: its signature, and whether it says what the list says.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::{SignedDuration, Timestamp};
use kep::evidence::{EvidenceKind, EvidenceTime, RecognitionSettings, RemEvidence, Signs};
use seal::Material;
use serde::{Deserialize, Serialize};

use super::signer::Signers;
use super::{revocation, signature};
use crate::clock;
use crate::directory::UetsAddress;
use crate::dispatch::Outgoing;

pub use super::signature::Roots;

/// What an account asks of evidence. Which roots Turkish providers sign under is not public, nor
/// with which certificates, nor whether all of them sign their files: settings of the account.
#[derive(Debug, Clone, Default)]
pub struct Demand {
    pub roots: Roots,
    /// *Delili imzalayan*.
    pub signers: Signers,
    /// Certificates and revocation data that help; nothing in it is trusted.
    pub material: Material,
    /// *İmzasız delil kabul edilir*.
    pub accept_unsigned: bool,
    pub recognition: RecognitionSettings,
}

/// The message that an evidence is kept for.
#[derive(Debug, Clone)]
pub struct Subject {
    /// Message-ID as we wrote it.
    pub rfc_message_id: String,
    /// The provider's id of the message.
    pub provider_id: Option<String>,
    pub address: String,
    /// SHA-256 of the message as handed over, in hex.
    pub sha256: String,
}

impl Subject {
    /// The message as it stands in the outbox.
    #[must_use]
    pub fn of(message: &Outgoing) -> Self {
        Self {
            rfc_message_id: message.rfc_message_id.clone(),
            provider_id: message.provider_id.clone(),
            address: message.address.clone(),
            sha256: message.blob_hash.as_str().to_owned(),
        }
    }
}

/// What the provider's list says, which nobody signed.
#[derive(Debug, Clone, Copy)]
pub struct Listed {
    pub kind: EvidenceKind,
    pub at: Option<Timestamp>,
}

/// How a check ended; [`Outcome::Open`] means that there was nothing to check it with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    Ok,
    Open,
    Failed,
}

/// One named check with its sentence.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line {
    pub name: String,
    pub outcome: Outcome,
    pub text: String,
}

impl Line {
    pub fn new(name: impl Into<String>, outcome: Outcome, text: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            outcome,
            text: text.into(),
        }
    }
}

/// What the checks came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    Verified,
    /// It has a signature, or should have one, and something does not hold.
    Failed,
    /// It has none and the account takes such files; the other checks hold.
    Unsigned,
}

impl Verdict {
    /// The word in the database and in JSON.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Verified => "verified",
            Self::Failed => "failed",
            Self::Unsigned => "unsigned",
        }
    }

    /// Reads [`Self::code`]; an unknown word proves nothing.
    #[must_use]
    pub fn from_code(code: &str) -> Self {
        match code {
            "verified" => Self::Verified,
            "unsigned" => Self::Unsigned,
            _ => Self::Failed,
        }
    }

    /// Whether the evidence counts without a person.
    #[must_use]
    pub fn counts(self) -> bool {
        self != Self::Failed
    }
}

/// The result of checking one file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Check {
    pub verdict: Verdict,
    /// Why it does not verify; empty when it does.
    pub reason: String,
    pub lines: Vec<Line>,
    /// Whose certificate signed it.
    pub signer: Option<String>,
    /// The moment that the signer claims.
    pub signed_at: Option<Timestamp>,
    /// The moment that a time-stamp authority vouches for.
    pub stamped_at: Option<Timestamp>,
}

impl Check {
    /// That nothing says whether signer or stamp authority was revoked; none where everything was
    /// looked at, or where something fails anyhow.
    #[must_use]
    pub fn open_revocation(&self) -> Option<&Line> {
        revocation::open_line(self).filter(|_| self.verdict == Verdict::Verified)
    }

    /// `imzası doğrulandı`, what could not be looked at, or why not. The open one counts
    /// (decision 25 asks services, which may be silent), but nobody reads it as proved.
    #[must_use]
    pub fn sentence(&self) -> String {
        match self.verdict {
            Verdict::Verified if self.open_revocation().is_some() => {
                "imzası doğru; eksik denetim: iptal durumu".to_owned()
            }
            Verdict::Verified => "imzası doğrulandı".to_owned(),
            Verdict::Unsigned => "imzasız; hesabın ayarı imzasız delili kabul ediyor".to_owned(),
            Verdict::Failed => format!("doğrulanamadı: {}", self.reason),
        }
    }
}

/// Checks a file against the list's row and the message that it is kept for. `at`: since when the
/// file is known to have been here; now for one that has just come.
#[must_use]
pub fn check(
    bytes: &[u8],
    listed: Listed,
    subject: &Subject,
    demand: &Demand,
    at: Timestamp,
) -> Check {
    let examined = signature::examine(bytes, &demand.roots, &demand.signers, &demand.material, at);
    let signed = examined.is_some();
    let mut found = examined.unwrap_or_default();
    if !signed {
        let outcome = if demand.accept_unsigned {
            Outcome::Open
        } else {
            Outcome::Failed
        };
        found
            .lines
            .push(Line::new("İmza", outcome, "Delil dosyasında imza yok."));
    }
    match RemEvidence::read(bytes) {
        Ok(rem) => found
            .lines
            .extend(says_the_same(&rem, listed, subject, demand)),
        Err(finding) => found
            .lines
            .push(Line::new("Yapı", Outcome::Failed, finding.sentence())),
    }
    let failure = found
        .lines
        .iter()
        .find(|line| line.outcome == Outcome::Failed);
    let reason = failure.map_or_else(String::new, |line| line.text.clone());
    let verdict = match (failure, signed) {
        (Some(_), _) => Verdict::Failed,
        (None, true) => Verdict::Verified,
        (None, false) => Verdict::Unsigned,
    };
    Check {
        verdict,
        reason,
        lines: found.lines,
        signer: found.signer,
        signed_at: found.signed_at,
        stamped_at: found.stamped_at,
    }
}

/// What the signed file says must be what the list says.
fn says_the_same(
    rem: &RemEvidence,
    listed: Listed,
    subject: &Subject,
    demand: &Demand,
) -> Vec<Line> {
    let mut lines = vec![
        same_message(rem, subject),
        same_event(rem, listed.kind, &demand.recognition),
        same_address(rem, subject),
    ];
    lines.extend(same_time(rem, listed, subject, &demand.recognition));
    lines.extend(same_digest(rem, subject));
    lines
}

fn same_message(rem: &RemEvidence, subject: &Subject) -> Line {
    let bare = |id: &str| id.trim().trim_matches(['<', '>']).to_owned();
    let pairs = [
        (&rem.original_message_id, Some(&subject.rfc_message_id)),
        (&rem.provider_message_id, subject.provider_id.as_ref()),
    ];
    for (told, ours) in pairs {
        if let (Some(told), Some(ours)) = (told, ours) {
            return if bare(told) == bare(ours) {
                Line::new("İleti", Outcome::Ok, "Delil bu iletiye ait.")
            } else {
                let text = format!("Delil başka bir iletiye ait: {told}.");
                Line::new("İleti", Outcome::Failed, text)
            };
        }
    }
    let text = "Delil dosyası hangi iletiye ait olduğunu söylemiyor.";
    Line::new("İleti", Outcome::Failed, text)
}

fn same_event(rem: &RemEvidence, listed: EvidenceKind, settings: &RecognitionSettings) -> Line {
    let signs = Signs {
        element: rem.element.as_deref(),
        event: rem.event.as_deref(),
        ..Signs::default()
    };
    let (in_file, _) = kep::evidence::recognise(signs, settings);
    if in_file == listed {
        return Line::new("Olay", Outcome::Ok, "Dosyadaki olay listedekiyle aynı.");
    }
    let words = |kind: EvidenceKind| kind.sentence().unwrap_or("bilinmeyen olay");
    let text = format!(
        "Listede “{}”, dosyada “{}” yazıyor.",
        words(listed).trim_end_matches('.'),
        words(in_file).trim_end_matches('.')
    );
    Line::new("Olay", Outcome::Failed, text)
}

fn same_address(rem: &RemEvidence, subject: &Subject) -> Line {
    let told: Vec<&String> = rem.recipients.iter().filter(|it| !it.is_empty()).collect();
    if told.is_empty() {
        let text = "Delil dosyası alıcının adresini söylemiyor.";
        return Line::new("Alıcı", Outcome::Open, text);
    }
    if told.iter().any(|it| is_same(it, &subject.address)) {
        return Line::new("Alıcı", Outcome::Ok, "Alıcı, iletinin alıcısı.");
    }
    let text = format!("Delil başka bir alıcı için: {}.", told[0]);
    Line::new("Alıcı", Outcome::Failed, text)
}

/// Whether two addresses are one. A notice's address is fifteen digits; in a header they stand before an `@`.
pub(crate) fn is_same(told: &str, ours: &str) -> bool {
    let digits = |text: &str| -> String { text.chars().filter(char::is_ascii_digit).collect() };
    told.eq_ignore_ascii_case(ours)
        || (!ours.contains('@')
            && told
                .split_once('@')
                .is_some_and(|(before, _)| before == digits(ours)))
}

/// Lists of some providers leave the seconds out.
const SAME_TIME: SignedDuration = SignedDuration::from_secs(60);

fn same_time(
    rem: &RemEvidence,
    listed: Listed,
    subject: &Subject,
    settings: &RecognitionSettings,
) -> Option<Line> {
    let read = |time: &str| EvidenceTime::read(time, &settings.assumed_zone).at;
    let Some(told) = rem.time.as_deref().and_then(read) else {
        return Some(untimed(listed, subject));
    };
    let at = listed.at?;
    if told.duration_since(at).abs() <= SAME_TIME {
        let text = "Dosyadaki zaman listedekiyle aynı.";
        return Some(Line::new("Zaman", Outcome::Ok, text));
    }
    let text = format!(
        "Listedeki zaman ({}) dosyadakinden ({}) farklı.",
        clock::posta_durumu_time(at),
        clock::posta_durumu_time(told)
    );
    Some(Line::new("Zaman", Outcome::Failed, text))
}

/// The file tells no time that can be read, so the moment of the event is the list's, which nobody
/// signed. What a legal period is counted from is not taken from there: a person decides.
fn untimed(listed: Listed, subject: &Subject) -> Line {
    let is_counted_from = matches!(listed.kind, EvidenceKind::Delivered | EvidenceKind::Served);
    let (outcome, text) = if is_counted_from && UetsAddress::parse(&subject.address).is_ok() {
        (
            Outcome::Failed,
            "Delil dosyası olayın zamanını söylemiyor; tebliğ süresi yalnız imzalı bir zamandan \
             sayılır.",
        )
    } else if listed.at.is_some() {
        (
            Outcome::Open,
            "Delil dosyası olayın zamanını söylemiyor; zaman sağlayıcının listesinden.",
        )
    } else {
        (Outcome::Open, "Delil dosyası olayın zamanını söylemiyor.")
    };
    Line::new("Zaman", outcome, text)
}

/// The check that the evidence names the digest of the message as handed over.
pub const SAME_DIGEST: &str = "İleti özeti";

/// Which bytes a real provider digests is not public, so a difference proves nothing.
fn same_digest(rem: &RemEvidence, subject: &Subject) -> Option<Line> {
    let told = STANDARD.decode(rem.digest.as_deref()?).ok()?;
    let told: String = told.iter().map(|byte| format!("{byte:02x}")).collect();
    Some(if told == subject.sha256 {
        let text = "Delildeki özet, gönderilen iletinin özetidir.";
        Line::new(SAME_DIGEST, Outcome::Ok, text)
    } else {
        let text = "Delildeki özet, gönderilen baytların SHA-256 özeti değil; sağlayıcının hangi \
                    baytları özetlediği bilinmiyor.";
        Line::new(SAME_DIGEST, Outcome::Open, text)
    })
}
