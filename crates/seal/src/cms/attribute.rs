//! The attributes of CAdES that no library has: their names and their ASN.1.

use const_oid::ObjectIdentifier;
use der::asn1::{GeneralizedTime, Int, OctetString, SetOfVec, UtcTime};
use der::{
    Any, Choice, DateTime, Decode, Encode, Reader as _, Sequence, SliceReader, Tag, Tagged as _,
};
use jiff::Timestamp;
use spki::AlgorithmIdentifierOwned;
use x509_cert::attr::{Attribute, Attributes};
use x509_cert::ext::pkix::name::GeneralNames;
use x509_cert::name::Name;
use x509_cert::serial_number::SerialNumber;

use crate::{Certificate, Digest, SealError};

macro_rules! oids {
    ($($(#[$doc:meta])* $name:ident = $text:literal;)*) => {
        $($(#[$doc])* pub(crate) const $name: ObjectIdentifier = ObjectIdentifier::new_unwrap($text);)*
    };
}

oids! {
    CONTENT_TYPE = "1.2.840.113549.1.9.3";
    MESSAGE_DIGEST = "1.2.840.113549.1.9.4";
    SIGNING_TIME = "1.2.840.113549.1.9.5";
    DATA = "1.2.840.113549.1.7.1";
    SIGNED_DATA = "1.2.840.113549.1.7.2";
    TST_INFO = "1.2.840.113549.1.9.16.1.4";
    /// RFC 2634, SHA-1 only; read, never written.
    SIGNING_CERTIFICATE = "1.2.840.113549.1.9.16.2.12";
    SIGNING_CERTIFICATE_V2 = "1.2.840.113549.1.9.16.2.47";
    SIGNATURE_POLICY = "1.2.840.113549.1.9.16.2.15";
    POLICY_URI = "1.2.840.113549.1.9.16.5.1";
    SIGNATURE_TIME_STAMP = "1.2.840.113549.1.9.16.2.14";
    CERTIFICATE_REFS = "1.2.840.113549.1.9.16.2.21";
    REVOCATION_REFS = "1.2.840.113549.1.9.16.2.22";
    CERTIFICATE_VALUES = "1.2.840.113549.1.9.16.2.23";
    REVOCATION_VALUES = "1.2.840.113549.1.9.16.2.24";
    /// The CAdES-C time stamp, over signature, its time stamp and the references.
    ESC_TIME_STAMP = "1.2.840.113549.1.9.16.2.25";
    ARCHIVE_TIME_STAMP_V3 = "0.4.0.1733.2.4";
    /// Withdrawn by the standard; told where it stands, not checked.
    ARCHIVE_TIME_STAMP_V2 = "1.2.840.113549.1.9.16.2.48";
    /// TS 101 733 v2.2.1; read in foreign signatures.
    ATS_HASH_INDEX = "0.4.0.1733.2.5";
    /// EN 319 122-1, 5.5.2; what we write.
    ATS_HASH_INDEX_V3 = "0.4.0.19122.1.5";
    OCSP_BASIC = "1.3.6.1.5.5.7.48.1.1";
    /// RFC 5940: an OCSP answer among the `crls` of SignedData.
    REVOCATION_INFO_OCSP = "1.3.6.1.5.5.7.16.2";
}

/// `SigningCertificateV2` of RFC 5035.
#[derive(Debug, Sequence)]
pub(crate) struct SigningCertificateV2 {
    pub certificates: Vec<EssCertIdV2>,
    #[asn1(optional = "true")]
    pub policies: Option<Any>,
}

/// `ESSCertIDv2`: no algorithm stands for SHA-256.
#[derive(Debug, Sequence)]
pub(crate) struct EssCertIdV2 {
    #[asn1(optional = "true")]
    pub algorithm: Option<AlgorithmIdentifierOwned>,
    pub hash: OctetString,
    #[asn1(optional = "true")]
    pub issuer_serial: Option<IssuerSerial>,
}

/// `SigningCertificate` of RFC 2634, whose hash is SHA-1.
#[derive(Debug, Sequence)]
pub(crate) struct SigningCertificateV1 {
    pub certificates: Vec<EssCertIdV1>,
    #[asn1(optional = "true")]
    pub policies: Option<Any>,
}

#[derive(Debug, Sequence)]
pub(crate) struct EssCertIdV1 {
    pub hash: OctetString,
    #[asn1(optional = "true")]
    pub issuer_serial: Option<IssuerSerial>,
}

#[derive(Debug, Sequence)]
pub(crate) struct IssuerSerial {
    pub issuer: GeneralNames,
    pub serial: SerialNumber,
}

/// `SignaturePolicyId` of TS 101 733, 5.8.1.
#[derive(Debug, Sequence)]
pub(crate) struct SignaturePolicyId {
    pub id: ObjectIdentifier,
    pub hash: OtherHashAlgAndValue,
    #[asn1(optional = "true")]
    pub qualifiers: Option<Vec<PolicyQualifier>>,
}

#[derive(Debug, Sequence)]
pub(crate) struct PolicyQualifier {
    pub id: ObjectIdentifier,
    pub value: Any,
}

#[derive(Debug, Clone, Sequence)]
pub(crate) struct OtherHashAlgAndValue {
    pub algorithm: AlgorithmIdentifierOwned,
    pub value: OctetString,
}

/// `OtherHash`: a bare octet string is SHA-1 (read only).
#[derive(Debug, Clone, Choice)]
pub(crate) enum OtherHash {
    Sha1(OctetString),
    Other(OtherHashAlgAndValue),
}

impl OtherHash {
    pub(crate) fn of(digest: Digest, bytes: &[u8]) -> Result<Self, SealError> {
        Ok(Self::Other(OtherHashAlgAndValue {
            algorithm: digest.algorithm(),
            value: OctetString::new(digest.of(bytes)).map_err(SealError::build)?,
        }))
    }

    pub(crate) fn names(&self, bytes: &[u8]) -> bool {
        match self {
            Self::Sha1(hash) => hash.as_bytes() == crate::digest::sha1(bytes),
            Self::Other(other) => {
                crate::digest::reference_hash(&other.algorithm.oid, bytes).as_deref()
                    == Some(other.value.as_bytes())
            }
        }
    }
}

/// `OtherCertID` of `complete-certificate-references` (TS 101 733, 6.2.1).
#[derive(Debug, Sequence)]
pub(crate) struct OtherCertId {
    pub hash: OtherHash,
    #[asn1(optional = "true")]
    pub issuer_serial: Option<IssuerSerial>,
}

/// `CrlOcspRef` of `complete-revocation-references` (TS 101 733, 6.2.2): the module's tags are explicit.
#[derive(Debug, Default, Sequence)]
pub(crate) struct CrlOcspRef {
    #[asn1(context_specific = "0", tag_mode = "EXPLICIT", optional = "true")]
    pub crls: Option<CrlListId>,
    #[asn1(context_specific = "1", tag_mode = "EXPLICIT", optional = "true")]
    pub ocsps: Option<OcspListId>,
    #[asn1(context_specific = "2", tag_mode = "EXPLICIT", optional = "true")]
    pub other: Option<Any>,
}

#[derive(Debug, Sequence)]
pub(crate) struct CrlListId {
    pub crls: Vec<CrlValidatedId>,
}

#[derive(Debug, Sequence)]
pub(crate) struct CrlValidatedId {
    pub hash: OtherHash,
    #[asn1(optional = "true")]
    pub identifier: Option<CrlIdentifier>,
}

#[derive(Debug, Sequence)]
pub(crate) struct CrlIdentifier {
    pub issuer: Name,
    pub issued: UtcTime,
    #[asn1(optional = "true")]
    pub number: Option<Int>,
}

#[derive(Debug, Sequence)]
pub(crate) struct OcspListId {
    pub responses: Vec<OcspResponsesId>,
}

#[derive(Debug, Sequence)]
pub(crate) struct OcspResponsesId {
    pub identifier: OcspIdentifier,
    #[asn1(optional = "true")]
    pub hash: Option<OtherHash>,
}

#[derive(Debug, Sequence)]
pub(crate) struct OcspIdentifier {
    pub responder: Any,
    pub produced: GeneralizedTime,
}

/// `RevocationValues` of TS 101 733, 6.3.4.
#[derive(Debug, Default, Sequence)]
pub(crate) struct RevocationValues {
    #[asn1(context_specific = "0", tag_mode = "EXPLICIT", optional = "true")]
    pub crls: Option<Vec<Any>>,
    #[asn1(context_specific = "1", tag_mode = "EXPLICIT", optional = "true")]
    pub ocsps: Option<Vec<Any>>,
    #[asn1(context_specific = "2", tag_mode = "EXPLICIT", optional = "true")]
    pub other: Option<Any>,
}

/// `ATSHashIndexV3` of EN 319 122-1, 5.5.2; the older `ATSHashIndex` leaves SHA-256 out.
#[derive(Debug, Sequence)]
pub(crate) struct AtsHashIndex {
    #[asn1(optional = "true")]
    pub algorithm: Option<AlgorithmIdentifierOwned>,
    pub certificates: Vec<OctetString>,
    pub crls: Vec<OctetString>,
    pub unsigned: Vec<OctetString>,
}

/// Members of one SEQUENCE of certificates, answers or references that are read; a signature of our
/// own has less than ten.
pub(crate) const MAX_VALUES: usize = 256;

/// The members of a SEQUENCE OF up to `room`; what follows is not decoded.
pub(crate) fn members(sequence: &Any, room: usize) -> Vec<Any> {
    let Ok(mut reader) = SliceReader::new(sequence.value()) else {
        return Vec::new();
    };
    let next = || (!reader.is_finished()).then(|| Any::decode(&mut reader).ok())?;
    let all = std::iter::from_fn(next).take(room);
    all.filter(|_| sequence.tag() == Tag::Sequence).collect()
}

/// Any value, as the library holds what it does not know.
pub(crate) fn any<T: Encode>(value: &T) -> Result<Any, SealError> {
    let der = value.to_der().map_err(SealError::build)?;
    Any::from_der(&der).map_err(SealError::build)
}

/// An attribute with one value.
pub(crate) fn single(oid: ObjectIdentifier, value: Any) -> Result<Attribute, SealError> {
    let values = SetOfVec::try_from(vec![value]).map_err(SealError::build)?;
    Ok(Attribute { oid, values })
}

/// Every value of every attribute of this name.
pub(crate) fn values(
    attributes: Option<&Attributes>,
    oid: ObjectIdentifier,
) -> impl Iterator<Item = &Any> {
    attributes
        .into_iter()
        .flat_map(|attributes| attributes.iter())
        .filter(move |attribute| attribute.oid == oid)
        .flat_map(|attribute| attribute.values.iter())
}

/// RFC 5652, 11.3: UTCTime up to 2049, GeneralizedTime after.
pub(crate) fn signing_time(moment: Timestamp) -> Result<Attribute, SealError> {
    let time = date_time(moment)?;
    let value = if time.year() <= 2049 {
        any(&UtcTime::from_date_time(time).map_err(SealError::time)?)?
    } else {
        any(&GeneralizedTime::from_date_time(time))?
    };
    single(SIGNING_TIME, value)
}

pub(crate) fn date_time(moment: Timestamp) -> Result<DateTime, SealError> {
    let seconds = u64::try_from(moment.as_second()).map_err(SealError::time)?;
    DateTime::from_unix_duration(std::time::Duration::from_secs(seconds)).map_err(SealError::time)
}

/// The moment that a UTCTime or GeneralizedTime names.
pub(crate) fn moment(value: &Any) -> Option<Timestamp> {
    let duration = match value.tag() {
        Tag::UtcTime => value.decode_as::<UtcTime>().ok()?.to_unix_duration(),
        Tag::GeneralizedTime => {
            return generalized(value.value());
        }
        _ => return None,
    };
    Timestamp::from_second(i64::try_from(duration.as_secs()).ok()?).ok()
}

/// A GeneralizedTime with or without a fraction: time stamps have one (RFC 3161, 2.4.2), which the
/// library refuses.
fn generalized(text: &[u8]) -> Option<Timestamp> {
    let text = std::str::from_utf8(text).ok()?.strip_suffix('Z')?;
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    if whole.len() != 14
        || fraction.len() > 9
        || !text.bytes().all(|b| b == b'.' || b.is_ascii_digit())
    {
        return None;
    }
    let number = |range: std::ops::Range<usize>| whole.get(range)?.parse::<i8>().ok();
    let nanos: i32 = format!("{fraction:0<9}").parse().ok()?;
    let civil = jiff::civil::DateTime::new(
        whole.get(0..4)?.parse().ok()?,
        number(4..6)?,
        number(6..8)?,
        number(8..10)?,
        number(10..12)?,
        number(12..14)?,
        nanos,
    )
    .ok()?;
    let zoned = civil.to_zoned_datetime(jiff::tz::TimeZone::UTC);
    Some(zoned.ok()?.timestamp())
}

/// Names the signer's certificate by its SHA-256, so that it cannot be exchanged (RFC 5035).
pub(crate) fn signing_certificate(certificate: &Certificate) -> Result<Attribute, SealError> {
    let hash = OctetString::new(Digest::Sha256.of(certificate.der())).map_err(SealError::build)?;
    let value = SigningCertificateV2 {
        certificates: vec![EssCertIdV2 {
            algorithm: None,
            hash,
            issuer_serial: None,
        }],
        policies: None,
    };
    single(SIGNING_CERTIFICATE_V2, any(&value)?)
}

/// Issuer and serial number as the references name a certificate.
pub(crate) fn issuer_serial(certificate: &Certificate) -> IssuerSerial {
    let name =
        x509_cert::ext::pkix::name::GeneralName::DirectoryName(certificate.tbs().issuer.clone());
    IssuerSerial {
        issuer: vec![name],
        serial: certificate.tbs().serial_number.clone(),
    }
}
