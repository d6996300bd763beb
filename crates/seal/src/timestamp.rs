//! Time stamps (RFC 3161): the question, what an answer must hold, and what a token proves.

use const_oid::ObjectIdentifier;
use der::asn1::{Int, OctetString};
use der::{Any, Decode as _, Encode as _, Sequence, SliceReader, Tag, Tagged as _};
use jiff::{SignedDuration, Timestamp};
use x509_tsp::{MessageImprint, TimeStampReq, TimeStampResp, TspVersion};

use crate::chain::{Purpose, validity};
use crate::check::say;
use crate::cms::VerifyOptions;
use crate::cms::attribute::{TST_INFO, any, moment};
use crate::cms::verify::signature_holds;
use crate::revocation::{self, Status};
use crate::{Certificate, Cms, Digest, SealError};

/// `TSTInfo` with its time left open: the library refuses the fractions of seconds that RFC 3161 allows.
#[derive(Debug, Clone, Sequence)]
struct TstInfo {
    version: TspVersion,
    policy: ObjectIdentifier,
    message_imprint: MessageImprint,
    serial_number: Int,
    gen_time: Any,
    #[asn1(optional = "true")]
    accuracy: Option<x509_tsp::Accuracy>,
    #[asn1(default = "Default::default")]
    ordering: bool,
    #[asn1(optional = "true")]
    nonce: Option<Int>,
    #[asn1(context_specific = "0", tag_mode = "EXPLICIT", optional = "true")]
    tsa: Option<Any>,
    #[asn1(context_specific = "1", tag_mode = "IMPLICIT", optional = "true")]
    extensions: Option<x509_cert::ext::Extensions>,
}

/// A read time-stamp token.
#[derive(Debug, Clone)]
pub struct TimeStamp {
    pub(crate) token: Cms,
    info: TstInfo,
    /// What the authority says.
    pub time: Timestamp,
    digest: Digest,
}

/// What a stamp that holds proves.
#[derive(Debug, Clone)]
pub(crate) struct Stamped {
    pub time: Timestamp,
    /// A Turkish sentence.
    pub text: String,
    pub authority: Certificate,
    /// What is known of the authority's revocation.
    pub known: Known,
}

/// What data at hand say of a certificate that is not known to be revoked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Known {
    /// Somebody said "not revoked" at the moment that counts, or later.
    Fresh,
    /// It was said before that moment.
    Older,
    /// Nobody said anything: a stamp's time is told and the check stays open, since a stolen key can
    /// set any time.
    Nothing,
}

/// A question to a time-stamp authority.
#[derive(Debug, Clone)]
pub struct TimeStampQuestion {
    /// `TimeStampReq` in DER.
    pub der: Vec<u8>,
    imprint: Vec<u8>,
    nonce: Vec<u8>,
}

impl TimeStampQuestion {
    /// Asks for a stamp over `imprint`, the `digest` of what is to be stamped; eight random bytes
    /// tie the answer to this question.
    pub fn new(digest: Digest, imprint: Vec<u8>, random: [u8; 8]) -> Result<Self, SealError> {
        let mut nonce = random;
        nonce[0] = nonce[0] & 0x7f | 0x40; // positive, of full length
        let request = TimeStampReq {
            version: TspVersion::V1,
            message_imprint: MessageImprint {
                hash_algorithm: digest.algorithm(),
                hashed_message: OctetString::new(imprint.as_slice()).map_err(SealError::build)?,
            },
            req_policy: None,
            nonce: Some(Int::new(&nonce).map_err(SealError::build)?),
            cert_req: true,
            extensions: None,
        };
        Ok(Self {
            der: request.to_der().map_err(SealError::build)?,
            imprint,
            nonce: nonce.to_vec(),
        })
    }

    /// The hash that is to be stamped.
    pub(crate) fn imprint(&self) -> &[u8] {
        &self.imprint
    }

    /// Takes the token out of an answer (`TimeStampResp`) when it answers this question at `now`.
    ///
    /// # Errors
    /// `TimeStamp` when the authority refused, when imprint or nonce are others, when its
    /// time is not within `window` of `now`, or when the token's own signature does not hold.
    pub fn accept(
        &self,
        response: &[u8],
        now: Timestamp,
        window: SignedDuration,
    ) -> Result<TimeStamp, SealError> {
        let bad = |text: String| SealError::TimeStamp(text);
        let refused = |said: String| bad(format!("istek reddedildi: {said}"));
        let read = TimeStampResp::from_der(response).map_err(|error| match said(response) {
            Some(said) => refused(said),
            None => bad(format!("yanıt: {error}")),
        })?;
        let Some(token) = read.time_stamp_token else {
            let status = || format!("{:?}", read.status.status);
            return Err(refused(said(response).unwrap_or_else(status)));
        };
        let token = token.to_der().map_err(SealError::build)?;
        let stamp = TimeStamp::from_der(&token)?;
        if stamp.info.message_imprint.hashed_message.as_bytes() != self.imprint {
            return Err(bad("yanıt başka bir özet için".into()));
        }
        let nonce = stamp.info.nonce.as_ref().map(Int::as_bytes);
        if nonce != Some(self.nonce.as_slice()) {
            return Err(bad("yanıt bu soruya ait değil (nonce)".into()));
        }
        if stamp.time.duration_since(now).abs() > window {
            return Err(bad(format!(
                "zaman damgasının saati kabul edilemez: {}",
                say(stamp.time)
            )));
        }
        stamp.holds().map_err(bad)?;
        Ok(stamp)
    }
}

impl TimeStamp {
    /// Reads a token (a CMS over `TSTInfo`).
    pub fn from_der(der: &[u8]) -> Result<Self, SealError> {
        let token = Cms::from_der(der)?;
        let bad = |text: &str| SealError::TimeStamp(text.to_owned());
        if token.data.encap_content_info.econtent_type != TST_INFO {
            return Err(bad("bu bir zaman damgası değil"));
        }
        let content = token.content().ok_or_else(|| bad("zaman damgası boş"))?;
        let info =
            TstInfo::from_der(content).map_err(|error| SealError::TimeStamp(error.to_string()))?;
        let time = moment(&info.gen_time).ok_or_else(|| bad("zamanı okunamıyor"))?;
        let algorithm = &info.message_imprint.hash_algorithm.oid;
        let digest = Digest::from_oid(algorithm)
            .ok_or_else(|| bad("kabul edilmeyen bir özet algoritması kullanıyor"))?;
        Ok(Self {
            token,
            info,
            time,
            digest,
        })
    }

    /// The token in DER.
    pub fn to_der(&self) -> Result<Vec<u8>, SealError> {
        self.token.to_der()
    }

    pub(crate) fn to_any(&self) -> Result<Any, SealError> {
        let der = self.to_der()?;
        Any::from_der(&der).map_err(SealError::build)
    }

    /// The hash function of its imprint.
    #[must_use]
    pub const fn digest(&self) -> Digest {
        self.digest
    }

    pub(crate) fn imprint(&self) -> &[u8] {
        self.info.message_imprint.hashed_message.as_bytes()
    }

    /// The authority's certificate, if it is inside.
    #[must_use]
    pub fn authority(&self) -> Option<Certificate> {
        self.holds().ok()
    }

    /// Whether the token's own signature holds and the authority may stamp, and do nothing else.
    fn holds(&self) -> Result<Certificate, String> {
        let mut signers = self.token.signers();
        let (Some(signer), None) = (signers.next(), signers.next()) else {
            return Err("zaman damgasında tek imza olmalı".into());
        };
        let certificates = self.token.certificates();
        let content = self.token.content().unwrap_or_default();
        let certificate = signature_holds(signer, TST_INFO, content, &certificates)?;
        if !certificate.is_for_stamps() {
            return Err("zaman damgasını veren sertifika yalnız zaman damgası için değil".into());
        }
        Ok(certificate)
    }

    /// Checks everything about the token: that it stamps `data`, that its signature holds, that its
    /// authority led to a configured root when it stamped, and that it was not revoked at `at` in a
    /// way that touches this stamp; where nothing at hand speaks for `at`, that it was not revoked
    /// when it stamped.
    ///
    /// # Errors
    /// The Turkish sentence that says what does not hold.
    pub(crate) fn check(
        &self,
        stamped: &[&[u8]],
        options: &VerifyOptions<'_>,
        at: Timestamp,
    ) -> Result<Stamped, String> {
        if self.digest.of_parts(stamped) != self.imprint() {
            return Err("Zaman damgası başka bir veriye ait.".into());
        }
        self.check_authority(options, at)
    }

    fn check_authority(
        &self,
        options: &VerifyOptions<'_>,
        at: Timestamp,
    ) -> Result<Stamped, String> {
        let sentence = |why: String| format!("Zaman damgası geçersiz: {why}");
        let authority = self.holds().map_err(|why| sentence(format!("{why}.")))?;
        validity(&authority, self.time, true).map_err(sentence)?;
        let mut beside = self.token.certificates();
        beside.extend(options.material.certificates.iter().cloned());
        let path = options
            .trust
            .path(&authority, &beside, self.time, Purpose::TimeStamping)
            .map_err(|error| sentence(error.to_string()))?;
        let stamped = format!(
            "{} tarihinde {} damgaladı",
            say(self.time),
            authority.common_name()
        );
        // Revocation of an authority is asked at `at`: a stolen key can set any time. What a
        // long-term signature carries was said when it was stamped, and speaks for that moment only.
        let mut status = revocation::of_path(&path, options, at);
        if matches!(status, Status::Unknown(_)) {
            status = match revocation::of_path(&path, options, self.time) {
                Status::Good { text, .. } => Status::Good { text, fresh: false },
                known => known,
            };
        }
        let (text, known) = match status {
            Status::Good { fresh: true, .. } => (format!("{stamped}."), Known::Fresh),
            Status::Good { fresh: false, .. } => (format!("{stamped}."), Known::Older),
            Status::Unknown(_) => {
                let open = "damga sertifikasının iptal durumu denetlenemedi.";
                (format!("{stamped}; {open}"), Known::Nothing)
            }
            Status::Revoked(revoked) if revoked.voids(self.time) => {
                return Err(sentence(revoked.text));
            }
            // The reason may yet become a graver one.
            Status::Revoked(revoked) => {
                let since = say(revoked.since);
                let spared = format!(
                    "damga sertifikası sonradan, {since} tarihinde iptal edilmiş; nedeni önceki \
                     damgaları geçersiz kılmıyor."
                );
                (format!("{stamped}; {spared}"), Known::Older)
            }
        };
        Ok(Stamped {
            time: self.time,
            text,
            authority,
            known,
        })
    }
}

/// Texts of a refusal that are told.
const MOST_TEXTS: usize = 4;

/// What an authority that gives no stamp says in words: `statusString`, or in a structure of its own,
/// as Kamu SM's does with HTTP 200.
fn said(response: &[u8]) -> Option<String> {
    let mut found = Vec::new();
    texts(response, 4, &mut found);
    let text = found.join("; ");
    let text: String = text
        .chars()
        .filter(|it| !it.is_control())
        .take(300)
        .collect();
    let plain = text.to_ascii_lowercase();
    // What two public clients of Kamu SM tell of its sentences.
    let hint = if plain.contains("could not be authenticated") {
        " (parola yanlış)"
    } else if plain.contains("is not known") {
        " (müşteri numarası tanınmıyor)"
    } else {
        ""
    };
    (!text.trim().is_empty()).then(|| format!("{text}{hint}"))
}

/// Texts that stand in SEQUENCEs and nowhere else: a certificate's names are no answer.
fn texts(der: &[u8], depth: usize, found: &mut Vec<String>) {
    let Ok(mut reader) = SliceReader::new(der) else {
        return;
    };
    while let Ok(value) = Any::decode(&mut reader) {
        match value.tag() {
            _ if found.len() >= MOST_TEXTS => return,
            Tag::Sequence if depth > 0 => texts(value.value(), depth - 1, found),
            Tag::Utf8String | Tag::PrintableString | Tag::Ia5String => {
                found.push(String::from_utf8_lossy(value.value()).into_owned());
            }
            _ => {}
        }
    }
}

/// Makes the `TSTInfo` of the rehearsal authority.
pub(crate) fn info_for(
    request: &TimeStampReq,
    policy: ObjectIdentifier,
    serial: &[u8],
    time: Timestamp,
) -> Result<Vec<u8>, SealError> {
    let info = TstInfo {
        version: TspVersion::V1,
        policy,
        message_imprint: request.message_imprint.clone(),
        serial_number: Int::new(serial).map_err(SealError::build)?,
        gen_time: any(&der::asn1::GeneralizedTime::from_date_time(
            crate::cms::attribute::date_time(time)?,
        ))?,
        accuracy: Some(x509_tsp::Accuracy {
            seconds: Some(1),
            millis: None,
            micros: None,
        }),
        ordering: false,
        nonce: request.nonce.clone(),
        tsa: None,
        extensions: None,
    };
    info.to_der().map_err(SealError::build)
}
