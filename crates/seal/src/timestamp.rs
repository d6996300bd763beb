//! Time stamps (RFC 3161): the question, what an answer must hold, and what a token proves.

use const_oid::ObjectIdentifier;
use const_oid::db::rfc5280::ID_KP_TIME_STAMPING;
use der::asn1::{Int, OctetString};
use der::{Any, Decode as _, Encode as _, Sequence};
use jiff::{SignedDuration, Timestamp};
use x509_tsp::{MessageImprint, TimeStampReq, TimeStampResp, TspVersion};

use crate::chain::{Purpose, TrustStore, validity};
use crate::check::say;
use crate::cms::attribute::{TST_INFO, any, moment};
use crate::cms::verify::signature_holds;
use crate::revocation::{self, Material, Status};
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
    /// The authority, where nothing at hand says whether it was revoked: its time is told and the
    /// check stays open, since a stolen key can set any time.
    pub unasked: Option<Certificate>,
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
        let response =
            TimeStampResp::from_der(response).map_err(|error| bad(format!("yanıt: {error}")))?;
        let Some(token) = response.time_stamp_token else {
            return Err(bad(format!(
                "istek reddedildi: {:?}",
                response.status.status
            )));
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

    /// Whether the token's own signature holds and the authority may stamp.
    fn holds(&self) -> Result<Certificate, String> {
        let mut signers = self.token.signers();
        let (Some(signer), None) = (signers.next(), signers.next()) else {
            return Err("zaman damgasında tek imza olmalı".into());
        };
        let certificates = self.token.certificates();
        let content = self.token.content().unwrap_or_default();
        let certificate = signature_holds(signer, TST_INFO, content, &certificates)?;
        if !certificate.has_extended_usage(ID_KP_TIME_STAMPING) {
            return Err("zaman damgasını veren sertifikanın damga yetkisi yok".into());
        }
        Ok(certificate)
    }

    /// Checks everything about the token: that it stamps `data`, that its signature holds, that its
    /// authority led to a configured root when it stamped, and that it was not revoked at `at`; where
    /// nothing at hand speaks for `at`, that it was not revoked when it stamped.
    ///
    /// # Errors
    /// The Turkish sentence that says what does not hold.
    pub(crate) fn check(
        &self,
        stamped: &[&[u8]],
        trust: &TrustStore,
        material: &Material,
        at: Timestamp,
    ) -> Result<Stamped, String> {
        if self.digest.of_parts(stamped) != self.imprint() {
            return Err("Zaman damgası başka bir veriye ait.".into());
        }
        self.check_authority(trust, material, at)
    }

    fn check_authority(
        &self,
        trust: &TrustStore,
        material: &Material,
        at: Timestamp,
    ) -> Result<Stamped, String> {
        let sentence = |why: String| format!("Zaman damgası geçersiz: {why}");
        let certificate = self.holds().map_err(|why| sentence(format!("{why}.")))?;
        validity(&certificate, self.time).map_err(sentence)?;
        let mut beside = self.token.certificates();
        beside.extend(material.certificates.iter().cloned());
        let path = trust
            .path(&certificate, &beside, self.time, Purpose::TimeStamping)
            .map_err(|error| sentence(error.to_string()))?;
        let stamped = format!(
            "{} tarihinde {} damgaladı",
            say(self.time),
            certificate.common_name()
        );
        // Revocation of an authority is asked at `at`: a stolen key can set any time. What a
        // long-term signature carries was said when it was stamped, and speaks for that moment only.
        let status = match revocation::of_path(&path, trust, material, at) {
            Status::Unknown(_) => revocation::of_path(&path, trust, material, self.time),
            known => known,
        };
        let (text, unasked) = match status {
            Status::Good(_) => (format!("{stamped}."), None),
            Status::Unknown(_) => {
                let open = "damga sertifikasının iptal durumu denetlenemedi.";
                (format!("{stamped}; {open}"), Some(certificate))
            }
            Status::Revoked(text) => return Err(sentence(text)),
        };
        Ok(Stamped {
            time: self.time,
            text,
            unasked,
        })
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
