//! An X.509 certificate (RFC 5280) with the few questions that signing asks of it.

use std::fmt;
use std::sync::Arc;

use const_oid::ObjectIdentifier;
use const_oid::db::rfc4519::{CN, O, SERIAL_NUMBER};
use const_oid::db::rfc5280::{
    ID_AD_OCSP, ID_CE_BASIC_CONSTRAINTS, ID_CE_CRL_DISTRIBUTION_POINTS, ID_CE_EXT_KEY_USAGE,
    ID_CE_KEY_USAGE, ID_KP_CLIENT_AUTH, ID_KP_CODE_SIGNING, ID_KP_OCSP_SIGNING, ID_KP_SERVER_AUTH,
    ID_KP_TIME_STAMPING, ID_PE_AUTHORITY_INFO_ACCESS,
};
use der::asn1::{Ia5StringRef, PrintableStringRef, TeletexStringRef, Utf8StringRef};
use der::{Any, Decode, DecodePem as _, Encode as _, Sequence, Tag, Tagged as _};
use jiff::Timestamp;
use spki::SubjectPublicKeyInfoOwned;
use x509_cert::ext::pkix::name::{DistributionPointName, GeneralName};
use x509_cert::ext::pkix::{
    AuthorityInfoAccessSyntax, BasicConstraints, CrlDistributionPoints, ExtendedKeyUsage, KeyUsage,
};
use x509_cert::name::Name;
use x509_cert::time::Time;

use crate::{Digest, KeyKind, SealError};

/// ETSI EN 319 412-1, 5.1.4.
pub(crate) const ORGANIZATION_IDENTIFIER: ObjectIdentifier =
    ObjectIdentifier::new_unwrap("2.5.4.97");

/// What a qualified certificate says of itself (RFC 3739, 3.2.6).
pub(crate) const QC_STATEMENTS: ObjectIdentifier =
    ObjectIdentifier::new_unwrap("1.3.6.1.5.5.7.1.3");
/// It is a qualified one (ETSI EN 319 412-5, 4.2.1).
pub(crate) const QC_COMPLIANCE: ObjectIdentifier = ObjectIdentifier::new_unwrap("0.4.0.1862.1.1");
/// Of which kind (4.2.3): without it, or with [`QC_SIGNATURE`] in it, for a person's signatures.
const QC_TYPE: ObjectIdentifier = ObjectIdentifier::new_unwrap("0.4.0.1862.1.6");
const QC_SIGNATURE: ObjectIdentifier = ObjectIdentifier::new_unwrap("0.4.0.1862.1.6.1");
/// The same by Turkish law, in both of its wordings.
pub(crate) const TR_QUALIFIED: [ObjectIdentifier; 2] = [
    ObjectIdentifier::new_unwrap("2.16.792.1.61.0.1.5070.1.1"),
    ObjectIdentifier::new_unwrap("2.16.792.1.61.0.1.5070.2.1"),
];
/// Stands beside [`TR_QUALIFIED`] in the certificate of an institution's seal.
pub(crate) const TR_SEAL: [ObjectIdentifier; 2] = [
    ObjectIdentifier::new_unwrap("2.16.792.1.61.0.1.5070.1.3"),
    ObjectIdentifier::new_unwrap("2.16.792.1.61.0.1.5070.2.2"),
];

/// `QCStatement` (RFC 3739, 3.2.6).
#[derive(Debug, Sequence)]
pub(crate) struct QcStatement {
    pub id: ObjectIdentifier,
    #[asn1(optional = "true")]
    pub info: Option<Any>,
}

/// A certificate and the bytes that it came in.
#[derive(Clone)]
pub struct Certificate {
    der: Arc<[u8]>,
    inner: Arc<x509_cert::Certificate>,
}

impl Certificate {
    /// Reads one certificate from DER.
    pub fn from_der(der: &[u8]) -> Result<Self, SealError> {
        let inner = x509_cert::Certificate::from_der(der)
            .map_err(|error| SealError::Certificate(error.to_string()))?;
        Ok(Self {
            der: der.into(),
            inner: Arc::new(inner),
        })
    }

    /// Reads one certificate from PEM.
    pub fn from_pem(pem: &str) -> Result<Self, SealError> {
        let inner = x509_cert::Certificate::from_pem(pem)
            .map_err(|error| SealError::Certificate(error.to_string()))?;
        Self::from_parsed(inner)
    }

    /// Reads every certificate of a PEM file, or the one of a DER file.
    pub fn read_all(bytes: &[u8]) -> Result<Vec<Self>, SealError> {
        const BEGIN: &str = "-----BEGIN CERTIFICATE-----";
        const END: &str = "-----END CERTIFICATE-----";
        let Some(text) = std::str::from_utf8(bytes)
            .ok()
            .filter(|text| text.contains(BEGIN))
        else {
            return Ok(vec![Self::from_der(bytes)?]);
        };
        text.split(BEGIN)
            .skip(1)
            .map(|rest| match rest.split_once(END) {
                Some((body, _)) => Self::from_pem(&format!("{BEGIN}{body}{END}\n")),
                None => Err(SealError::Certificate("PEM without an end".into())),
            })
            .collect()
    }

    pub(crate) fn from_parsed(inner: x509_cert::Certificate) -> Result<Self, SealError> {
        let der = inner
            .to_der()
            .map_err(|error| SealError::Certificate(error.to_string()))?;
        Ok(Self {
            der: der.into(),
            inner: Arc::new(inner),
        })
    }

    #[must_use]
    pub fn der(&self) -> &[u8] {
        &self.der
    }

    /// PEM with Unix line ends.
    #[must_use]
    pub fn pem(&self) -> String {
        der::pem::encode_string("CERTIFICATE", der::pem::LineEnding::LF, &self.der)
            .unwrap_or_default()
    }

    pub(crate) fn tbs(&self) -> &x509_cert::TbsCertificate {
        &self.inner.tbs_certificate
    }

    pub(crate) fn parsed(&self) -> &x509_cert::Certificate {
        &self.inner
    }

    pub(crate) fn public_key(&self) -> &SubjectPublicKeyInfoOwned {
        &self.tbs().subject_public_key_info
    }

    /// The kind of its key.
    pub fn key_kind(&self) -> Result<KeyKind, SealError> {
        KeyKind::of(self.public_key())
    }

    /// SHA-256 over the DER, in lower-case hexadecimal.
    #[must_use]
    pub fn fingerprint(&self) -> String {
        hex(&Digest::Sha256.of(&self.der))
    }

    /// The subject as text (RFC 4514).
    #[must_use]
    pub fn subject(&self) -> String {
        name_text(&self.tbs().subject)
    }

    /// The issuer as text (RFC 4514).
    #[must_use]
    pub fn issuer(&self) -> String {
        name_text(&self.tbs().issuer)
    }

    /// The subject's common name, else the whole subject.
    #[must_use]
    pub fn common_name(&self) -> String {
        attribute(&self.tbs().subject, CN).unwrap_or_else(|| self.subject())
    }

    /// The subject's `serialNumber`: in qualified certificates of persons the T.C. kimlik no.
    #[must_use]
    pub fn subject_serial_number(&self) -> Option<String> {
        attribute(&self.tbs().subject, SERIAL_NUMBER)
    }

    /// The subject's organisation.
    #[must_use]
    pub fn organisation(&self) -> Option<String> {
        attribute(&self.tbs().subject, O)
    }

    /// The subject's `organizationIdentifier` (ETSI EN 319 412-1, 5.1.4): of an institution's seal its
    /// number, bare or after a scheme.
    #[must_use]
    pub fn organisation_identifier(&self) -> Option<String> {
        attribute(&self.tbs().subject, ORGANIZATION_IDENTIFIER)
    }

    /// The certificate's own serial number in hexadecimal.
    #[must_use]
    pub fn serial(&self) -> String {
        hex(self.tbs().serial_number.as_bytes())
    }

    #[must_use]
    pub fn not_before(&self) -> Timestamp {
        timestamp(&self.tbs().validity.not_before)
    }

    #[must_use]
    pub fn not_after(&self) -> Timestamp {
        timestamp(&self.tbs().validity.not_after)
    }

    #[must_use]
    pub fn valid_at(&self, moment: Timestamp) -> bool {
        self.not_before() <= moment && moment <= self.not_after()
    }

    /// Whether the key may sign documents: `digitalSignature` or `nonRepudiation`, or nothing said.
    #[must_use]
    pub fn may_sign(&self) -> bool {
        self.extension::<KeyUsage>(ID_CE_KEY_USAGE)
            .is_none_or(|usage| usage.digital_signature() || usage.non_repudiation())
    }

    /// Whether it is a certificate for signing documents only: `nonRepudiation` (RFC 3739, 3.2.3).
    #[must_use]
    pub fn is_qualified_usage(&self) -> bool {
        self.extension::<KeyUsage>(ID_CE_KEY_USAGE)
            .is_some_and(|usage| usage.non_repudiation())
    }

    /// Whether it says of itself that it is a person's qualified certificate, on which a secure
    /// electronic signature rests (law 5070, articles 4 and 9). Not every issuer is known to write
    /// both the European and the Turkish statement, so one of them is enough.
    #[must_use]
    pub fn is_qualified(&self) -> bool {
        let says = |statement: &QcStatement| {
            statement.id == QC_COMPLIANCE || TR_QUALIFIED.contains(&statement.id)
        };
        self.statements().iter().any(says) && !self.is_institution_seal()
    }

    /// Whether it says of itself that it is for the seal of an institution, or for anything else
    /// than a person's signatures.
    #[must_use]
    pub fn is_institution_seal(&self) -> bool {
        self.statements().iter().any(|statement| {
            let kinds = statement.info.as_ref().filter(|_| statement.id == QC_TYPE);
            let kinds = kinds.and_then(|kinds| kinds.decode_as::<Vec<ObjectIdentifier>>().ok());
            TR_SEAL.contains(&statement.id)
                || kinds.is_some_and(|kinds| !kinds.contains(&QC_SIGNATURE))
        })
    }

    fn statements(&self) -> Vec<QcStatement> {
        self.extension(QC_STATEMENTS).unwrap_or_default()
    }

    /// Whether it says by its extended usage that it is for something else than documents: a server,
    /// code, time stamps, OCSP answers, or logging in.
    ///
    /// A usage that is not one of these keeps it open (RFC 5280, 4.2.1.12: `anyExtendedKeyUsage`;
    /// `emailProtection`, smart cards and the providers' own OIDs stand in qualified certificates).
    /// `clientAuth` alone stands there too, beside `nonRepudiation`; without that it logs in.
    pub(crate) fn is_for_another_purpose(&self) -> bool {
        const OTHERS: [ObjectIdentifier; 5] = [
            ID_KP_SERVER_AUTH,
            ID_KP_CLIENT_AUTH,
            ID_KP_CODE_SIGNING,
            ID_KP_TIME_STAMPING,
            ID_KP_OCSP_SIGNING,
        ];
        let Some(usage) = self.extension::<ExtendedKeyUsage>(ID_CE_EXT_KEY_USAGE) else {
            return false;
        };
        let all = usage.0;
        let logs_in = all.iter().all(|purpose| *purpose == ID_KP_CLIENT_AUTH);
        let others = all.iter().all(|purpose| OTHERS.contains(purpose));
        !all.is_empty() && others && !(logs_in && self.is_qualified_usage())
    }

    /// Whether its key may sign certificates: an authority that nothing forbids it (RFC 5280,
    /// 4.2.1.3).
    pub(crate) fn may_issue(&self) -> bool {
        let usage = self.extension::<KeyUsage>(ID_CE_KEY_USAGE);
        self.is_authority() && usage.is_none_or(|usage| usage.key_cert_sign())
    }

    pub(crate) fn may_sign_crl(&self) -> bool {
        self.extension::<KeyUsage>(ID_CE_KEY_USAGE)
            .is_none_or(|usage| usage.crl_sign())
    }

    #[must_use]
    pub fn is_authority(&self) -> bool {
        self.extension::<BasicConstraints>(ID_CE_BASIC_CONSTRAINTS)
            .is_some_and(|constraints| constraints.ca)
    }

    pub(crate) fn has_extended_usage(&self, purpose: ObjectIdentifier) -> bool {
        self.extension::<ExtendedKeyUsage>(ID_CE_EXT_KEY_USAGE)
            .is_some_and(|usage| usage.0.contains(&purpose))
    }

    /// Whether it is a time-stamp authority's and nothing else: the one usage, critical (RFC 3161, 2.3).
    pub(crate) fn is_for_stamps(&self) -> bool {
        let extensions = self.tbs().extensions.iter().flatten();
        let mut usages = extensions.filter(|extension| extension.extn_id == ID_CE_EXT_KEY_USAGE);
        let (Some(usage), None) = (usages.next(), usages.next()) else {
            return false;
        };
        usage.critical
            && ExtendedKeyUsage::from_der(usage.extn_value.as_bytes())
                .is_ok_and(|usage| usage.0 == [ID_KP_TIME_STAMPING])
    }

    /// Whether it has this extension, whatever is in it.
    pub(crate) fn has(&self, oid: ObjectIdentifier) -> bool {
        let mut extensions = self.tbs().extensions.iter().flatten();
        extensions.any(|extension| extension.extn_id == oid)
    }

    pub(crate) fn is_self_issued(&self) -> bool {
        self.tbs().subject == self.tbs().issuer
    }

    /// Where its revocation is answered by OCSP.
    #[must_use]
    pub fn ocsp_urls(&self) -> Vec<String> {
        self.access(ID_AD_OCSP)
    }

    /// Where its issuer's list of revoked certificates can be had.
    #[must_use]
    pub fn crl_urls(&self) -> Vec<String> {
        self.crl_names().into_iter().filter_map(uri).collect()
    }

    /// The full names of its issuer's list.
    pub(crate) fn crl_names(&self) -> Vec<GeneralName> {
        let Some(points) = self.extension::<CrlDistributionPoints>(ID_CE_CRL_DISTRIBUTION_POINTS)
        else {
            return Vec::new();
        };
        points
            .0
            .into_iter()
            .filter_map(|point| point.distribution_point)
            .filter_map(|name| match name {
                DistributionPointName::FullName(names) => Some(names),
                DistributionPointName::NameRelativeToCRLIssuer(_) => None,
            })
            .flatten()
            .collect()
    }

    fn access(&self, method: ObjectIdentifier) -> Vec<String> {
        let Some(access) = self.extension::<AuthorityInfoAccessSyntax>(ID_PE_AUTHORITY_INFO_ACCESS)
        else {
            return Vec::new();
        };
        access
            .0
            .into_iter()
            .filter(|entry| entry.access_method == method)
            .filter_map(|entry| uri(entry.access_location))
            .collect()
    }

    fn extension<'a, T: Decode<'a>>(&'a self, oid: ObjectIdentifier) -> Option<T> {
        let extension = self
            .tbs()
            .extensions
            .as_ref()?
            .iter()
            .find(|extension| extension.extn_id == oid)?;
        T::from_der(extension.extn_value.as_bytes()).ok()
    }
}

impl PartialEq for Certificate {
    fn eq(&self, other: &Self) -> bool {
        self.der == other.der
    }
}

impl Eq for Certificate {}

impl fmt::Debug for Certificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Certificate")
            .field("subject", &self.subject())
            .field("serial", &self.serial())
            .finish_non_exhaustive()
    }
}

fn uri(name: GeneralName) -> Option<String> {
    match name {
        GeneralName::UniformResourceIdentifier(uri) => Some(uri.to_string()),
        _ => None,
    }
}

pub(crate) fn timestamp(time: &Time) -> Timestamp {
    let seconds = i64::try_from(time.to_unix_duration().as_secs()).unwrap_or(i64::MAX);
    Timestamp::from_second(seconds).unwrap_or(Timestamp::MAX)
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

fn attribute(name: &Name, oid: ObjectIdentifier) -> Option<String> {
    name.0
        .iter()
        .flat_map(|rdn| rdn.0.iter())
        .find(|attribute| attribute.oid == oid)
        .and_then(|attribute| text(&attribute.value))
}

fn text(value: &Any) -> Option<String> {
    match value.tag() {
        Tag::Utf8String => Utf8StringRef::try_from(value).ok().map(|t| t.to_string()),
        Tag::PrintableString => PrintableStringRef::try_from(value)
            .ok()
            .map(|t| t.to_string()),
        Tag::Ia5String => Ia5StringRef::try_from(value).ok().map(|t| t.to_string()),
        Tag::TeletexString => TeletexStringRef::try_from(value)
            .ok()
            .map(|t| t.to_string()),
        Tag::BmpString => {
            let units: Vec<u16> = value
                .value()
                .chunks_exact(2)
                .map(|pair| u16::from_be_bytes([pair[0], pair[1]]))
                .collect();
            String::from_utf16(&units).ok()
        }
        _ => None,
    }
}

/// RFC 4514 order (last first) with names as people write them; our own since the library shows
/// Turkish letters in values of some string types as hexadecimal.
fn name_text(name: &Name) -> String {
    const SHORT: [(&str, &str); 8] = [
        ("2.5.4.3", "CN"),
        ("2.5.4.4", "SN"),
        ("2.5.4.5", "SERIALNUMBER"),
        ("2.5.4.6", "C"),
        ("2.5.4.7", "L"),
        ("2.5.4.10", "O"),
        ("2.5.4.11", "OU"),
        ("2.5.4.97", "organizationIdentifier"),
    ];
    let parts: Vec<String> = name
        .0
        .iter()
        .rev()
        .flat_map(|rdn| rdn.0.iter())
        .map(|attribute| {
            let oid = attribute.oid.to_string();
            let short = SHORT
                .iter()
                .find(|(known, _)| *known == oid)
                .map_or(oid.as_str(), |(_, short)| short);
            let value = text(&attribute.value).unwrap_or_else(|| hex(attribute.value.value()));
            format!("{short}={}", escape(&value))
        })
        .collect();
    parts.join(",")
}

fn escape(value: &str) -> String {
    value
        .chars()
        .flat_map(|c| {
            let special = ",+\"\\<>;=".contains(c);
            special.then_some('\\').into_iter().chain([c])
        })
        .collect()
}
