//! CMS SignedData with the signed attributes of CAdES-BES (ETSI EN 319 122-1, 5.2).

use std::time::SystemTime;

use cms::builder::{SignedDataBuilder, SignerInfoBuilder};
use cms::cert::{CertificateChoices, IssuerAndSerialNumber};
use cms::signed_data::{EncapsulatedContentInfo, SignerIdentifier};
use const_oid::ObjectIdentifier;
use const_oid::db::rfc5911::{ID_DATA, ID_SIGNING_TIME};
use const_oid::db::rfc5912::ID_SHA_256;
use der::asn1::{GeneralizedTime, OctetString, SetOfVec, UtcTime};
use der::{Any, DateTime, Encode as _, Sequence};
use p256::ecdsa::{DerSignature, SigningKey};
use sha2::{Digest as _, Sha256};
use spki::AlgorithmIdentifierOwned;
use x509_cert::Certificate;
use x509_cert::attr::Attribute;

use crate::SealError;

const SIGNING_CERTIFICATE_V2: ObjectIdentifier =
    ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.16.2.47");

pub(crate) fn sign_detached(
    key: &SigningKey,
    certificate: &Certificate,
    content: &[u8],
    signing_time: SystemTime,
) -> Result<Vec<u8>, SealError> {
    let sha256 = AlgorithmIdentifierOwned {
        oid: ID_SHA_256,
        parameters: None,
    };
    let nothing_inside = EncapsulatedContentInfo {
        econtent_type: ID_DATA,
        econtent: None,
    };
    let signer = SignerIdentifier::IssuerAndSerialNumber(IssuerAndSerialNumber {
        issuer: certificate.tbs_certificate.issuer.clone(),
        serial_number: certificate.tbs_certificate.serial_number.clone(),
    });
    let digest = Sha256::digest(content);
    // The builder adds content-type and message-digest; adding content-type here trips a comparison in it.
    let mut info =
        SignerInfoBuilder::new(key, signer, sha256.clone(), &nothing_inside, Some(&digest))
            .map_err(SealError::build)?;
    info.add_signed_attribute(signing_time_attribute(signing_time)?)
        .map_err(SealError::build)?;
    info.add_signed_attribute(signing_certificate(certificate)?)
        .map_err(SealError::build)?;

    let mut data = SignedDataBuilder::new(&nothing_inside);
    data.add_digest_algorithm(sha256)
        .map_err(SealError::build)?;
    data.add_certificate(CertificateChoices::Certificate(certificate.clone()))
        .map_err(SealError::build)?;
    data.add_signer_info::<SigningKey, DerSignature>(info)
        .map_err(SealError::build)?;
    data.build()
        .map_err(SealError::build)?
        .to_der()
        .map_err(SealError::build)
}

/// RFC 5652, 11.3: UTCTime up to 2049, GeneralizedTime after.
fn signing_time_attribute(time: SystemTime) -> Result<Attribute, SealError> {
    let time = DateTime::from_system_time(time).map_err(SealError::time)?;
    let value = if time.year() <= 2049 {
        Any::encode_from(&UtcTime::from_date_time(time).map_err(SealError::time)?)
    } else {
        Any::encode_from(&GeneralizedTime::from_date_time(time))
    };
    attribute(ID_SIGNING_TIME, value.map_err(SealError::time)?)
}

/// RFC 5035: names the signer's certificate by its SHA-256, so that it cannot be exchanged.
fn signing_certificate(certificate: &Certificate) -> Result<Attribute, SealError> {
    let der = certificate.to_der().map_err(SealError::build)?;
    let hash = OctetString::new(Sha256::digest(der).as_slice()).map_err(SealError::build)?;
    let value = SigningCertificateV2 {
        certificates: vec![CertificateId { hash }],
    };
    attribute(
        SIGNING_CERTIFICATE_V2,
        Any::encode_from(&value).map_err(SealError::build)?,
    )
}

/// `SigningCertificateV2` of RFC 5035, without policies.
#[derive(Sequence)]
struct SigningCertificateV2 {
    certificates: Vec<CertificateId>,
}

/// `ESSCertIDv2`: its hash algorithm is left out, since SHA-256 is the default.
#[derive(Sequence)]
struct CertificateId {
    hash: OctetString,
}

fn attribute(oid: ObjectIdentifier, value: Any) -> Result<Attribute, SealError> {
    let values = SetOfVec::try_from(vec![value]).map_err(SealError::build)?;
    Ok(Attribute { oid, values })
}
