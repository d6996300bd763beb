//! What the services of a rehearsal answer: time stamps, OCSP, CRLs.

use const_oid::ObjectIdentifier;
use const_oid::db::rfc5280::{ID_CE_AUTHORITY_KEY_IDENTIFIER, ID_CE_CRL_NUMBER};
use der::asn1::{BitString, GeneralizedTime, Null, OctetString, Uint};
use der::{Decode as _, Encode as _};
use jiff::{SignedDuration, Timestamp};
use x509_cert::crl::{CertificateList, RevokedCert, TbsCertList};
use x509_cert::serial_number::SerialNumber;
use x509_ocsp::{
    AsResponseBytes as _, BasicOcspResponse, CertStatus, OcspGeneralizedTime, OcspRequest,
    OcspResponse, OcspResponseStatus, ResponderId, ResponseData, RevokedInfo, SingleResponse,
};
use x509_tsp::TimeStampReq;

use super::issue::{extension, issuer_identifier, time};
use super::{Authority, Revoked};
use crate::certificate::hex;
use crate::cms::attribute::{TST_INFO, date_time};
use crate::cms::{Content, SignOptions, sign_typed};
use crate::key::{Signer as _, SoftKey};
use crate::revocation::certificate_id;
use crate::{Certificate, Digest, SealError, timestamp};

/// The policy of rehearsal stamps: an OID under the number reserved for examples (RFC 5612).
const STAMP_POLICY: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.4.1.32473.3161");
/// How long lists and answers hold.
const HOLDS: SignedDuration = SignedDuration::from_hours(24);

/// A service below [`super::Services::base`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ServiceKind {
    TimeStamp,
    Ocsp,
    Crl,
    RootCrl,
    Issuer,
}

impl ServiceKind {
    /// The service at `path`, the last part of its address.
    #[must_use]
    pub fn at(path: &str) -> Option<Self> {
        match path {
            "tsa" => Some(Self::TimeStamp),
            "ocsp" => Some(Self::Ocsp),
            "crl" => Some(Self::Crl),
            "kok-crl" => Some(Self::RootCrl),
            "alt-kok.cer" => Some(Self::Issuer),
            _ => None,
        }
    }
}

/// Bytes with their media type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    pub media_type: &'static str,
    pub body: Vec<u8>,
}

impl Authority {
    /// Answers one request. `serial` numbers a time stamp and has to be new each time.
    pub fn answer(
        &self,
        service: ServiceKind,
        body: &[u8],
        revoked: &[Revoked],
        now: Timestamp,
        serial: [u8; 16],
    ) -> Result<Answer, SealError> {
        let (media_type, body) = match service {
            ServiceKind::TimeStamp => (
                "application/timestamp-reply",
                self.time_stamp(body, now, serial)?,
            ),
            ServiceKind::Ocsp => ("application/ocsp-response", self.ocsp(body, revoked, now)?),
            ServiceKind::Crl => (
                "application/pkix-crl",
                self.crl(&self.intermediate, revoked, now)?,
            ),
            ServiceKind::RootCrl => ("application/pkix-crl", self.crl(&self.root, &[], now)?),
            ServiceKind::Issuer => ("application/pkix-cert", self.intermediate().der().to_vec()),
        };
        Ok(Answer { media_type, body })
    }

    /// `TimeStampResp` (RFC 3161, 2.4.2); a request that cannot be read is refused in the protocol.
    pub fn time_stamp(
        &self,
        request: &[u8],
        now: Timestamp,
        mut serial: [u8; 16],
    ) -> Result<Vec<u8>, SealError> {
        serial[0] = serial[0] & 0x7f | 0x40;
        let Ok(request) = TimeStampReq::from_der(request) else {
            // PKIStatusInfo { rejection(2), failInfo badDataFormat(5) }
            return Ok(vec![0x30, 9, 0x30, 7, 2, 1, 2, 3, 2, 2, 4]);
        };
        let info = timestamp::info_for(&request, STAMP_POLICY, &serial, now)?;
        let options = SignOptions::at(now);
        let token = sign_typed(
            &self.time_stamps,
            Content::Attached(&info),
            TST_INFO,
            &options,
        )?;
        // PKIStatusInfo { granted(0) }, then the token.
        let status = [0x30, 3, 2, 1, 0];
        let length = der::Length::try_from(status.len() + token.len()).map_err(SealError::build)?;
        let mut response = vec![0x30];
        response.extend(length.to_der().map_err(SealError::build)?);
        response.extend(status);
        response.extend(token);
        Ok(response)
    }

    /// `OCSPResponse` (RFC 6960): serial numbers that are not in `revoked` are good.
    pub fn ocsp(
        &self,
        request: &[u8],
        revoked: &[Revoked],
        now: Timestamp,
    ) -> Result<Vec<u8>, SealError> {
        let Ok(request) = OcspRequest::from_der(request) else {
            return OcspResponse::malformed_request()
                .to_der()
                .map_err(SealError::build);
        };
        let mut responses = Vec::new();
        // The root answers for the intermediate, the responder for everyone else.
        let mut for_root = false;
        for question in &request.tbs_request.request_list {
            let asked = &question.req_cert;
            for_root |= asked.serial_number == self.intermediate().tbs().serial_number;
            let known = self.knows(asked);
            let serial = hex(asked.serial_number.as_bytes());
            let status = match revoked.iter().find(|entry| entry.serial == serial) {
                _ if !known => CertStatus::Unknown(Null),
                Some(entry) => CertStatus::Revoked(RevokedInfo {
                    revocation_time: general(entry.at)?,
                    revocation_reason: None,
                }),
                None => CertStatus::Good(Null),
            };
            responses.push(SingleResponse {
                cert_id: asked.clone(),
                cert_status: status,
                this_update: general(now)?,
                next_update: Some(general(now.saturating_add(HOLDS).unwrap_or(now))?),
                single_extensions: None,
            });
        }
        let signer = if for_root { &self.root } else { &self.ocsp };
        let subject = signer.certificate().tbs().subject.clone();
        let data = ResponseData {
            version: x509_ocsp::Version::V1,
            responder_id: ResponderId::ByName(subject),
            produced_at: general(now)?,
            responses,
            response_extensions: nonce(&request),
        };
        let der = data.to_der().map_err(SealError::build)?;
        let signature = signer.sign(Digest::Sha256, &der)?;
        let basic = BasicOcspResponse {
            tbs_response_data: data,
            signature_algorithm: signer.certificate().key_kind()?.algorithm(Digest::Sha256),
            signature: BitString::from_bytes(&signature).map_err(SealError::build)?,
            certs: (!for_root).then(|| vec![self.ocsp.certificate().parsed().clone()]),
        };
        let response = OcspResponse {
            response_status: OcspResponseStatus::Successful,
            response_bytes: Some(basic.to_response_bytes().map_err(SealError::build)?),
        };
        response.to_der().map_err(SealError::build)
    }

    fn knows(&self, asked: &x509_ocsp::CertId) -> bool {
        [self.root(), self.intermediate()]
            .into_iter()
            .any(|issuer| {
                certificate_id(self.intermediate(), issuer)
                    .is_ok_and(|own| own.issuer_key_hash == asked.issuer_key_hash)
                    || crate::digest::reference_hash(
                        &asked.hash_algorithm.oid,
                        issuer.public_key().subject_public_key.raw_bytes(),
                    )
                    .as_deref()
                        == Some(asked.issuer_key_hash.as_bytes())
            })
    }

    fn crl(
        &self,
        issuer: &SoftKey,
        revoked: &[Revoked],
        now: Timestamp,
    ) -> Result<Vec<u8>, SealError> {
        let certificate: &Certificate = issuer.certificate();
        let mut entries = Vec::new();
        for entry in revoked {
            let serial = unhex(&entry.serial)
                .ok_or_else(|| SealError::Build("a serial number is not hexadecimal".into()))?;
            entries.push(RevokedCert {
                serial_number: SerialNumber::new(&serial).map_err(SealError::build)?,
                revocation_date: time(entry.at)?,
                crl_entry_extensions: None,
            });
        }
        let number = u64::try_from(now.as_second()).unwrap_or_default();
        let number = Uint::new(&number.to_be_bytes()).map_err(SealError::build)?;
        let list = TbsCertList {
            version: x509_cert::Version::V2,
            signature: certificate.key_kind()?.algorithm(Digest::Sha384),
            issuer: certificate.tbs().subject.clone(),
            this_update: time(now)?,
            next_update: Some(time(now.saturating_add(HOLDS).unwrap_or(now))?),
            revoked_certificates: (!entries.is_empty()).then_some(entries),
            crl_extensions: Some(vec![
                extension(
                    ID_CE_AUTHORITY_KEY_IDENTIFIER,
                    false,
                    &issuer_identifier(certificate)?,
                )?,
                extension(ID_CE_CRL_NUMBER, false, &number)?,
            ]),
        };
        let der = list.to_der().map_err(SealError::build)?;
        let signature = issuer.sign(Digest::Sha384, &der)?;
        let list = CertificateList {
            signature_algorithm: list.signature.clone(),
            tbs_cert_list: list,
            signature: BitString::from_bytes(&signature).map_err(SealError::build)?,
        };
        list.to_der().map_err(SealError::build)
    }
}

/// A nonce in the question comes back in the answer.
fn nonce(request: &OcspRequest) -> Option<Vec<x509_cert::ext::Extension>> {
    let asked = request.tbs_request.request_extensions.as_ref()?;
    let wanted = const_oid::db::rfc6960::ID_PKIX_OCSP_NONCE;
    let found = asked.iter().find(|extension| extension.extn_id == wanted)?;
    let mut back = found.clone();
    back.critical = false;
    back.extn_value = OctetString::new(found.extn_value.as_bytes()).ok()?;
    Some(vec![back])
}

fn general(moment: Timestamp) -> Result<OcspGeneralizedTime, SealError> {
    Ok(OcspGeneralizedTime(GeneralizedTime::from_date_time(
        date_time(moment)?,
    )))
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    if !text.len().is_multiple_of(2) {
        return None;
    }
    (0..text.len())
        .step_by(2)
        .map(|at| u8::from_str_radix(text.get(at..at + 2)?, 16).ok())
        .collect()
}
