//! Whether a certificate was revoked, from OCSP answers (RFC 6960) and CRLs (RFC 5280, 5).

use const_oid::ObjectIdentifier;
use const_oid::db::rfc5280::{
    ID_CE_DELTA_CRL_INDICATOR, ID_CE_ISSUING_DISTRIBUTION_POINT, ID_KP_OCSP_SIGNING,
};
use der::asn1::OctetString;
use der::{Decode as _, Encode as _};
use jiff::{SignedDuration, Timestamp};
use x509_cert::crl::CertificateList;
use x509_cert::ext::pkix::IssuingDistributionPoint;
use x509_ocsp::{
    AsResponseBytes as _, BasicOcspResponse, CertId, CertStatus, OcspRequest, OcspResponse,
    OcspResponseStatus, Request, TbsRequest,
};

use crate::certificate::timestamp;
use crate::chain::{TrustStore, issued_by};
use crate::check::say;
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
    Good(String),
    Revoked(String),
    Unknown(String),
}

/// The status of every certificate of `path` but its root, as one answer.
pub(crate) fn of_path(
    path: &[Certificate],
    trust: &TrustStore,
    material: &Material,
    at: Timestamp,
) -> Status {
    let mut sentence = None;
    let mut unknown = None;
    for pair in path.windows(2) {
        let [certificate, issuer] = pair else {
            continue;
        };
        match of(certificate, issuer, trust, material, at) {
            Status::Good(text) => sentence = sentence.or(Some(text)),
            Status::Revoked(text) => return Status::Revoked(text),
            Status::Unknown(text) => unknown = unknown.or(Some(text)),
        }
    }
    match (unknown, sentence) {
        (Some(text), _) => Status::Unknown(text),
        (None, Some(text)) => Status::Good(text),
        (None, None) => Status::Unknown("İptal durumu sorulacak sertifika yok.".into()),
    }
}

/// The status of one certificate at `at`.
pub(crate) fn of(
    certificate: &Certificate,
    issuer: &Certificate,
    trust: &TrustStore,
    material: &Material,
    at: Timestamp,
) -> Status {
    let mut good = None;
    let mut reason = None;
    let answers = material
        .ocsps
        .iter()
        .map(|der| from_ocsp(certificate, issuer, trust, material, der, at))
        .chain(
            material
                .crls
                .iter()
                .map(|der| from_crl(certificate, issuer, der, at)),
        );
    for status in answers.flatten() {
        match status {
            Status::Revoked(_) => return status,
            Status::Good(_) => good = good.or(Some(status)),
            Status::Unknown(text) => reason = reason.or(Some(text)),
        }
    }
    good.unwrap_or_else(|| {
        let why = reason.unwrap_or_else(|| "OCSP yanıtı ya da iptal listesi yok".into());
        Status::Unknown(format!(
            "{} sertifikasının iptal durumu denetlenemedi: {why}.",
            certificate.common_name()
        ))
    })
}

/// None when the answer is about another certificate.
fn from_ocsp(
    certificate: &Certificate,
    issuer: &Certificate,
    trust: &TrustStore,
    material: &Material,
    der: &[u8],
    at: Timestamp,
) -> Option<Status> {
    let response = BasicOcspResponse::from_der(der).ok()?;
    let single = response
        .tbs_response_data
        .responses
        .iter()
        .find(|single| is_about(&single.cert_id, certificate, issuer))?;
    let produced = unix(response.tbs_response_data.produced_at.0.to_unix_duration());
    if let Err(why) = responder(&response, issuer, trust, material, produced) {
        return Some(Status::Unknown(why));
    }
    let this_update = unix(single.this_update.0.to_unix_duration());
    let next_update = single
        .next_update
        .map(|time| unix(time.0.to_unix_duration()));
    Some(match &single.cert_status {
        CertStatus::Revoked(info) => {
            let since = unix(info.revocation_time.0.to_unix_duration());
            revoked(since, at, "OCSP")
        }
        CertStatus::Good(_) => covers(certificate, this_update, next_update, at, "OCSP"),
        CertStatus::Unknown(_) => Status::Unknown("OCSP sunucusu bu sertifikayı tanımıyor".into()),
    })
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

fn revoked(since: Timestamp, at: Timestamp, source: &str) -> Status {
    if since > at {
        return Status::Good(format!(
            "Sertifika imzadan sonra, {} tarihinde iptal edilmiş; imza anında geçerliydi ({source}).",
            say(since)
        ));
    }
    Status::Revoked(format!(
        "Sertifika {} tarihinde iptal edilmiş ({source}).",
        say(since)
    ))
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
    let later = this_update.saturating_add(SKEW).unwrap_or(Timestamp::MAX) >= at;
    let still =
        next_update.is_some_and(|next| next.saturating_add(SKEW).unwrap_or(Timestamp::MAX) >= at);
    if later || still {
        return Status::Good(format!(
            "Sertifika iptal edilmemiş ({source}, {}).",
            say(this_update)
        ));
    }
    Status::Unknown(format!(
        "{source} verisi imza anından eski ({})",
        say(this_update)
    ))
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
    trust: &TrustStore,
    material: &Material,
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
    let beside = material.certificates.iter().cloned();
    let known = trust.intermediates().iter().cloned();
    for candidate in inside.chain(beside).chain(known) {
        if candidate.has_extended_usage(ID_KP_OCSP_SIGNING)
            && candidate.valid_at(produced)
            && candidate.tbs().issuer == issuer.tbs().subject
            && issued_by(&candidate, issuer)
            && signed_by(&candidate)
        {
            return Ok(());
        }
    }
    Err("OCSP yanıtının imzası doğrulanamadı".into())
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
                    let leaves_out = if certificate.is_authority() {
                        point.only_contains_user_certs
                    } else {
                        point.only_contains_ca_certs
                    };
                    !leaves_out
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

/// An OCSP question about one certificate. SHA-1 names the issuer, since every responder knows it
/// (RFC 5019, 2.1.1); it protects nothing here.
pub(crate) fn ocsp_request(
    certificate: &Certificate,
    issuer: &Certificate,
) -> Result<Vec<u8>, SealError> {
    let request = OcspRequest {
        tbs_request: TbsRequest {
            version: x509_ocsp::Version::V1,
            requestor_name: None,
            request_list: vec![Request {
                req_cert: certificate_id(certificate, issuer)?,
                single_request_extensions: None,
            }],
            request_extensions: None,
        },
        optional_signature: None,
    };
    request.to_der().map_err(SealError::build)
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
