//! Whether a certificate was revoked, from OCSP answers (RFC 6960) and CRLs (RFC 5280, 5).

use const_oid::db::rfc5280::{
    ID_CE_CRL_REASONS, ID_CE_DELTA_CRL_INDICATOR, ID_CE_ISSUING_DISTRIBUTION_POINT,
    ID_KP_OCSP_SIGNING,
};
use const_oid::{AssociatedOid as _, ObjectIdentifier};
use der::asn1::OctetString;
use der::{Decode as _, Encode as _};
use jiff::{SignedDuration, Timestamp};
use x509_cert::crl::{CertificateList, RevokedCert};
use x509_cert::ext::Extension;
use x509_cert::ext::pkix::name::DistributionPointName;
use x509_cert::ext::pkix::{CrlReason, IssuingDistributionPoint};
use x509_ocsp::ext::Nonce;
use x509_ocsp::{
    AsResponseBytes as _, BasicOcspResponse, CertId, CertStatus, OcspRequest, OcspResponse,
    OcspResponseStatus, Request, TbsRequest,
};

use crate::certificate::timestamp;
use crate::chain::issued_by;
use crate::check::say;
use crate::cms::VerifyOptions;
use crate::digest::{reference_hash, sha1, sha1_algorithm};
use crate::{Certificate, SealError, algorithm};

/// How far the clocks of two honest servers may lie apart.
const SKEW: SignedDuration = SignedDuration::from_mins(10);

/// Certificates and revocation data that stand ready for verification.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Material {
    pub certificates: Vec<Certificate>,
    /// `BasicOCSPResponse`, each in DER.
    pub ocsps: Vec<Vec<u8>>,
    /// `CertificateList`, each in DER.
    pub crls: Vec<Vec<u8>>,
}

impl Material {
    /// Adds an `OCSPResponse`, as it comes over HTTP and lies in files; false when it is none, or
    /// none that answers.
    pub fn add_ocsp(&mut self, response: &[u8]) -> bool {
        let Some(basic) = crate::cms::read_basic_ocsp(response) else {
            return false;
        };
        if !self.ocsps.contains(&basic) {
            self.ocsps.push(basic);
        }
        true
    }

    /// Takes over what `other` has and this has not.
    pub fn merge(&mut self, other: Self) {
        for certificate in other.certificates {
            if !self.certificates.contains(&certificate) {
                self.certificates.push(certificate);
            }
        }
        for ocsp in other.ocsps {
            if !self.ocsps.contains(&ocsp) {
                self.ocsps.push(ocsp);
            }
        }
        for crl in other.crls {
            if !self.crls.contains(&crl) {
                self.crls.push(crl);
            }
        }
    }
}

/// What the data say about one certificate at one moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Status {
    /// Not revoked. `fresh`: somebody said so at that moment or later; where it was said before, a
    /// revocation since then can be missing, and whoever signed chose what to put in.
    Good {
        text: String,
        fresh: bool,
    },
    Revoked(Revocation),
    Unknown(String),
}

/// That a certificate was revoked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Revocation {
    /// A Turkish sentence.
    pub text: String,
    pub since: Timestamp,
    pub reason: Option<CrlReason>,
}

impl Revocation {
    /// Whether it takes away what a service signed at `moment`. The key of one that merely ceased is
    /// in nobody else's hands, so that what it signed before stays valid; without a stated reason
    /// everything is void (RFC 3161, 4).
    pub(crate) fn voids(&self, moment: Timestamp) -> bool {
        !self.is_harmless() || self.since <= moment
    }

    const fn is_harmless(&self) -> bool {
        matches!(
            self.reason,
            Some(
                CrlReason::Unspecified
                    | CrlReason::AffiliationChanged
                    | CrlReason::Superseded
                    | CrlReason::CessationOfOperation
            )
        )
    }

    /// Of two the one that takes away more: a reason may be mended later.
    fn or(self, other: Self) -> Self {
        let weight = |one: &Self| (one.is_harmless(), one.since);
        if weight(&other) < weight(&self) {
            other
        } else {
            self
        }
    }
}

/// The sum of what several sources say about one certificate: a revocation before "not revoked",
/// fresh word before older; none when nobody spoke.
fn sum(statuses: impl Iterator<Item = Status>) -> Option<Status> {
    statuses.reduce(|one, other| match (one, other) {
        (Status::Revoked(one), Status::Revoked(other)) => Status::Revoked(one.or(other)),
        (revoked @ Status::Revoked(_), _) | (_, revoked @ Status::Revoked(_)) => revoked,
        (Status::Good { fresh: false, .. }, good @ Status::Good { fresh: true, .. })
        | (Status::Unknown(_), good @ Status::Good { .. }) => good,
        (first, _) => first,
    })
}

/// The status of every certificate of `path` but its root, as one answer: fresh where every one is.
pub(crate) fn of_path(path: &[Certificate], options: &VerifyOptions<'_>, at: Timestamp) -> Status {
    let mut sentence = None;
    let mut unknown = None;
    let mut revoked: Option<Revocation> = None;
    let mut all_fresh = true;
    for pair in path.windows(2) {
        let [certificate, issuer] = pair else {
            continue;
        };
        match of(certificate, issuer, options, at) {
            Status::Good { text, fresh } => {
                sentence = sentence.or(Some(text));
                all_fresh &= fresh;
            }
            Status::Revoked(found) => {
                revoked = Some(match revoked {
                    Some(known) => known.or(found),
                    None => found,
                });
            }
            Status::Unknown(text) => unknown = unknown.or(Some(text)),
        }
    }
    match (revoked, unknown, sentence) {
        (Some(revoked), _, _) => Status::Revoked(revoked),
        (None, Some(text), _) => Status::Unknown(text),
        (None, None, Some(text)) => Status::Good {
            text,
            fresh: all_fresh,
        },
        (None, None, None) => Status::Unknown("İptal durumu sorulacak sertifika yok.".into()),
    }
}

/// The status of one certificate at `at`.
pub(crate) fn of(
    certificate: &Certificate,
    issuer: &Certificate,
    options: &VerifyOptions<'_>,
    at: Timestamp,
) -> Status {
    let material = options.material;
    let answers = material
        .ocsps
        .iter()
        .filter_map(|der| from_ocsp(certificate, issuer, options, der, at));
    let lists = material
        .crls
        .iter()
        .filter_map(|der| from_crl(certificate, issuer, der, at));
    let why = match sum(answers.chain(lists)) {
        Some(Status::Unknown(why)) => why,
        Some(known) => return known,
        None => "OCSP yanıtı ya da iptal listesi yok".into(),
    };
    Status::Unknown(format!(
        "{} sertifikasının iptal durumu denetlenemedi: {why}.",
        certificate.common_name()
    ))
}

/// None when the answer is about another certificate. One that speaks of it twice is held to the
/// worse of both.
fn from_ocsp(
    certificate: &Certificate,
    issuer: &Certificate,
    options: &VerifyOptions<'_>,
    der: &[u8],
    at: Timestamp,
) -> Option<Status> {
    let response = BasicOcspResponse::from_der(der).ok()?;
    let data = &response.tbs_response_data;
    let mut about = data
        .responses
        .iter()
        .filter(|single| is_about(&single.cert_id, certificate, issuer))
        .peekable();
    about.peek()?;
    let produced = unix(data.produced_at.0.to_unix_duration());
    if let Err(why) = responder(&response, issuer, options, produced) {
        return Some(Status::Unknown(why));
    }
    sum(about.map(|single| {
        let this_update = unix(single.this_update.0.to_unix_duration());
        let next_update = single
            .next_update
            .map(|time| unix(time.0.to_unix_duration()));
        match &single.cert_status {
            CertStatus::Revoked(info) => {
                let since = unix(info.revocation_time.0.to_unix_duration());
                revoked(since, info.revocation_reason, at, "OCSP")
            }
            CertStatus::Good(_) => covers(certificate, this_update, next_update, at, "OCSP"),
            CertStatus::Unknown(_) => {
                Status::Unknown("OCSP sunucusu bu sertifikayı tanımıyor".into())
            }
        }
    }))
}

fn from_crl(
    certificate: &Certificate,
    issuer: &Certificate,
    der: &[u8],
    at: Timestamp,
) -> Option<Status> {
    let list = CertificateList::from_der(der).ok()?;
    if list.tbs_cert_list.issuer != certificate.tbs().issuer {
        return None;
    }
    if let Err(why) = usable(&list, certificate, issuer) {
        return Some(Status::Unknown(why));
    }
    let entry = list
        .tbs_cert_list
        .revoked_certificates
        .iter()
        .flatten()
        .find(|entry| entry.serial_number == certificate.tbs().serial_number);
    if let Some(entry) = entry {
        return Some(revoked(
            timestamp(&entry.revocation_date),
            reason_of(entry),
            at,
            "iptal listesi",
        ));
    }
    let this_update = timestamp(&list.tbs_cert_list.this_update);
    let next_update = list.tbs_cert_list.next_update.as_ref().map(timestamp);
    Some(covers(
        certificate,
        this_update,
        next_update,
        at,
        "iptal listesi",
    ))
}

fn reason_of(entry: &RevokedCert) -> Option<CrlReason> {
    let mut extensions = entry.crl_entry_extensions.iter().flatten();
    let extension = extensions.find(|extension| extension.extn_id == ID_CE_CRL_REASONS)?;
    CrlReason::from_der(extension.extn_value.as_bytes()).ok()
}

fn revoked(since: Timestamp, reason: Option<CrlReason>, at: Timestamp, source: &str) -> Status {
    if since > at {
        return Status::Good {
            text: format!(
                "Sertifika imzadan sonra, {} tarihinde iptal edilmiş; imza anında geçerliydi \
                 ({source}).",
                say(since)
            ),
            fresh: true,
        };
    }
    let text = format!(
        "Sertifika {} tarihinde iptal edilmiş ({source}).",
        say(since)
    );
    Status::Revoked(Revocation {
        text,
        since,
        reason,
    })
}

/// "Not revoked" speaks for `at` when it was said later, or still held then; what was said after
/// the certificate's end may have forgotten it.
fn covers(
    certificate: &Certificate,
    this_update: Timestamp,
    next_update: Option<Timestamp>,
    at: Timestamp,
    source: &str,
) -> Status {
    if this_update > certificate.not_after() {
        return Status::Unknown(format!(
            "{source} verisi sertifikanın süresi dolduktan sonra alınmış"
        ));
    }
    let fresh = later(this_update) >= at;
    if fresh || next_update.is_some_and(|next| later(next) >= at) {
        return Status::Good {
            text: format!(
                "Sertifika iptal edilmemiş ({source}, {}).",
                say(this_update)
            ),
            fresh,
        };
    }
    Status::Unknown(format!(
        "{source} verisi imza anından eski ({})",
        say(this_update)
    ))
}

/// As late as an honest clock may call this moment.
fn later(moment: Timestamp) -> Timestamp {
    moment.saturating_add(SKEW).unwrap_or(Timestamp::MAX)
}

fn is_about(id: &CertId, certificate: &Certificate, issuer: &Certificate) -> bool {
    if id.serial_number != certificate.tbs().serial_number {
        return false;
    }
    let hash = |bytes: &[u8]| reference_hash(&id.hash_algorithm.oid, bytes);
    let name = issuer.tbs().subject.to_der().ok();
    let key = issuer.public_key().subject_public_key.as_bytes();
    name.and_then(|name| hash(&name)).as_deref() == Some(id.issuer_name_hash.as_bytes())
        && key.and_then(hash).as_deref() == Some(id.issuer_key_hash.as_bytes())
}

/// The answer is signed by the issuer itself, or by someone whom the issuer lets answer.
fn responder(
    response: &BasicOcspResponse,
    issuer: &Certificate,
    options: &VerifyOptions<'_>,
    produced: Timestamp,
) -> Result<(), String> {
    let Ok(data) = response.tbs_response_data.to_der() else {
        return Err("OCSP yanıtı okunamadı".into());
    };
    let Some(signature) = response.signature.as_bytes() else {
        return Err("OCSP yanıtı okunamadı".into());
    };
    let signed_by = |certificate: &Certificate| {
        let key = certificate.public_key();
        algorithm::verify(key, &response.signature_algorithm, None, &data, signature).is_ok()
    };
    if signed_by(issuer) {
        return Ok(());
    }
    let inside = response
        .certs
        .iter()
        .flatten()
        .filter_map(|inner| Certificate::from_parsed(inner.clone()).ok());
    let beside = options.material.certificates.iter().cloned();
    let known = options.trust.intermediates().iter().cloned();
    for candidate in inside.chain(beside).chain(known) {
        if candidate.has_extended_usage(ID_KP_OCSP_SIGNING)
            && candidate.valid_at(produced)
            && candidate.tbs().issuer == issuer.tbs().subject
            && issued_by(&candidate, issuer)
            && signed_by(&candidate)
        {
            return may_answer(&candidate, issuer, options, produced);
        }
    }
    Err("OCSP yanıtının imzası doğrulanamadı".into())
}

/// A responder whose certificate does not say `id-pkix-ocsp-nocheck` may be revoked itself (RFC 6960,
/// 4.2.2.2.1): the lists at hand are looked into, so that no responder vouches for another.
fn may_answer(
    candidate: &Certificate,
    issuer: &Certificate,
    options: &VerifyOptions<'_>,
    produced: Timestamp,
) -> Result<(), String> {
    if candidate.has(NO_CHECK) {
        return Ok(());
    }
    let lists = options.material.crls.iter();
    // Whatever the lists know today, for whichever moment the answer is wanted.
    let said = lists.filter_map(|der| from_crl(candidate, issuer, der, Timestamp::MAX));
    match sum(said) {
        Some(Status::Revoked(revoked)) if revoked.voids(produced) => {
            Err("OCSP yanıtını imzalayan sertifika iptal edilmiş".into())
        }
        _ => Ok(()),
    }
}

fn usable(
    list: &CertificateList,
    certificate: &Certificate,
    issuer: &Certificate,
) -> Result<(), String> {
    let extensions = list.tbs_cert_list.crl_extensions.iter().flatten();
    for extension in extensions {
        match extension.extn_id {
            ID_CE_DELTA_CRL_INDICATOR => {
                return Err("iptal listesi yalnız farkları içeriyor".into());
            }
            ID_CE_ISSUING_DISTRIBUTION_POINT => {
                let point = IssuingDistributionPoint::from_der(extension.extn_value.as_bytes());
                let fits = point.is_ok_and(|point| {
                    let shard = point.distribution_point.as_ref();
                    let leaves_out = if certificate.is_authority() {
                        point.only_contains_user_certs
                    } else {
                        point.only_contains_ca_certs
                    };
                    !leaves_out
                        && shard.is_none_or(|shard| is_shard_of(shard, certificate))
                        && !point.indirect_crl
                        && point.only_some_reasons.is_none()
                        && !point.only_contains_attribute_certs
                });
                if !fits {
                    return Err("iptal listesi bu sertifikayı kapsamıyor".into());
                }
            }
            _ if extension.critical => {
                return Err(format!(
                    "iptal listesinde bilinmeyen {} eki var",
                    extension.extn_id
                ));
            }
            _ => {}
        }
    }
    let data = list.tbs_cert_list.to_der().map_err(|e| e.to_string())?;
    let signature = list.signature.as_bytes().unwrap_or_default();
    let key = issuer.public_key();
    let holds = issuer.may_sign_crl()
        && algorithm::verify(key, &list.signature_algorithm, None, &data, signature).is_ok();
    if holds {
        return Ok(());
    }
    Err("iptal listesinin imzası doğrulanamadı".into())
}

/// A list that is a part names itself as the certificate names its list (RFC 5280, 6.3.3 b 2 i):
/// another part of the same authority's lists does not know the certificate.
fn is_shard_of(shard: &DistributionPointName, certificate: &Certificate) -> bool {
    let DistributionPointName::FullName(names) = shard else {
        return false;
    };
    let own = certificate.crl_names();
    names.iter().any(|name| own.contains(name))
}

/// An OCSP question about one certificate, with a nonce that ties the answer to it where the
/// responder gives it back (RFC 9654). SHA-1 names the issuer, since every responder knows it
/// (RFC 5019, 2.1.1); it protects nothing here.
pub(crate) fn ocsp_request(
    certificate: &Certificate,
    issuer: &Certificate,
    nonce: Option<&[u8; 32]>,
) -> Result<Vec<u8>, SealError> {
    let nonce = nonce.map(|nonce| -> Result<Extension, der::Error> {
        Ok(Extension {
            extn_id: Nonce::OID,
            critical: false,
            extn_value: OctetString::new(Nonce::new(*nonce)?.to_der()?)?,
        })
    });
    let nonce = nonce.transpose().map_err(SealError::build)?;
    let request = OcspRequest {
        tbs_request: TbsRequest {
            version: x509_ocsp::Version::V1,
            requestor_name: None,
            request_list: vec![Request {
                req_cert: certificate_id(certificate, issuer)?,
                single_request_extensions: None,
            }],
            request_extensions: nonce.map(|nonce| vec![nonce]),
        },
        optional_signature: None,
    };
    request.to_der().map_err(SealError::build)
}

/// Whether an `OCSPResponse` that came at `now` answers the question with this nonce. One without a
/// nonce was made for everybody and may, one with another was made for another question; one that
/// says it is of later would seem fresh for ever.
pub(crate) fn answers(response: &[u8], nonce: &[u8; 32], now: Timestamp) -> bool {
    let basic = crate::cms::read_basic_ocsp(response);
    let Some(basic) = basic.and_then(|basic| BasicOcspResponse::from_der(&basic).ok()) else {
        // What is no answer is told apart by whoever reads it.
        return true;
    };
    let data = basic.tbs_response_data;
    if unix(data.produced_at.0.to_unix_duration()) > later(now) {
        return false;
    }
    let extensions = data.response_extensions.iter().flatten();
    extensions
        .filter(|extension| extension.extn_id == Nonce::OID)
        .all(|extension| {
            Nonce::from_der(extension.extn_value.as_bytes())
                .is_ok_and(|back| back.0.as_bytes() == nonce)
        })
}

/// The `OCSPResponse` around a `BasicOCSPResponse` (RFC 6960, 4.2.1): what other tools read.
#[must_use]
pub fn ocsp_response(basic: &[u8]) -> Option<Vec<u8>> {
    let basic = BasicOcspResponse::from_der(basic).ok()?;
    let whole = OcspResponse {
        response_status: OcspResponseStatus::Successful,
        response_bytes: Some(basic.to_response_bytes().ok()?),
    };
    whole.to_der().ok()
}

pub(crate) fn certificate_id(
    certificate: &Certificate,
    issuer: &Certificate,
) -> Result<CertId, SealError> {
    let name = issuer.tbs().subject.to_der().map_err(SealError::build)?;
    let key = issuer.public_key().subject_public_key.as_bytes();
    let octets = |bytes: Vec<u8>| OctetString::new(bytes).map_err(SealError::build);
    Ok(CertId {
        hash_algorithm: sha1_algorithm(),
        issuer_name_hash: octets(sha1(&name))?,
        issuer_key_hash: octets(sha1(key.unwrap_or_default()))?,
        serial_number: certificate.tbs().serial_number.clone(),
    })
}

pub(crate) const NO_CHECK: ObjectIdentifier = const_oid::db::rfc6960::ID_PKIX_OCSP_NOCHECK;

fn unix(duration: std::time::Duration) -> Timestamp {
    Timestamp::from_second(i64::try_from(duration.as_secs()).unwrap_or(i64::MAX))
        .unwrap_or(Timestamp::MAX)
}
