//! Issues the certificates of a rehearsal (RFC 5280; RFC 3739 for people, ETSI EN 319 412-3 for seals).

use const_oid::ObjectIdentifier;
use const_oid::db::rfc4519::{C, CN, O, SERIAL_NUMBER};
use const_oid::db::rfc5280::{
    ID_AD_CA_ISSUERS, ID_AD_OCSP, ID_CE_AUTHORITY_KEY_IDENTIFIER, ID_CE_BASIC_CONSTRAINTS,
    ID_CE_CRL_DISTRIBUTION_POINTS, ID_CE_EXT_KEY_USAGE, ID_CE_KEY_USAGE,
    ID_CE_SUBJECT_KEY_IDENTIFIER, ID_KP_OCSP_SIGNING, ID_KP_TIME_STAMPING,
    ID_PE_AUTHORITY_INFO_ACCESS,
};
use const_oid::db::rfc5912::{ID_EC_PUBLIC_KEY, SECP_256_R_1, SECP_384_R_1};
use der::asn1::{
    BitString, Ia5String, Null, OctetString, PrintableStringRef, SetOfVec, Utf8StringRef,
};
use der::{Any, Decode as _, Encode};
use jiff::Timestamp;
use spki::{AlgorithmIdentifierOwned, SubjectPublicKeyInfoOwned};
use x509_cert::TbsCertificate;
use x509_cert::attr::AttributeTypeAndValue;
use x509_cert::ext::Extension;
use x509_cert::ext::pkix::name::{DistributionPointName, GeneralName};
use x509_cert::ext::pkix::{
    AccessDescription, AuthorityInfoAccessSyntax, AuthorityKeyIdentifier, BasicConstraints,
    CrlDistributionPoints, ExtendedKeyUsage, KeyUsage, KeyUsages, SubjectKeyIdentifier,
    crl::dp::DistributionPoint,
};
use x509_cert::name::{Name, RdnSequence, RelativeDistinguishedName};
use x509_cert::serial_number::SerialNumber;
use x509_cert::time::{Time, Validity as X509Validity};

use super::{Authority, Curve, Holder, MARK, Services, Validity};
use crate::certificate::{
    ORGANIZATION_IDENTIFIER, QC_COMPLIANCE, QC_STATEMENTS, QcStatement, TR_QUALIFIED, TR_SEAL,
};
use crate::key::{Signer, SoftKey};
use crate::revocation::NO_CHECK;
use crate::{Certificate, Digest, KeyKind, SealError};

const TEN_YEARS: i64 = 3652;

pub(super) fn authority(
    services: Services,
    now: Timestamp,
    random: &mut dyn FnMut(&mut [u8]),
) -> Result<Authority, SealError> {
    let validity = Validity::days(now, TEN_YEARS);
    let root = self_signed(validity, random)?;
    let intermediate = {
        let name = name(&[(CN, "PROVA Ara Kök"), (O, MARK), (C, "TR")])?;
        let (pkcs8, public) = SoftKey::generate(Curve::P384, random)?;
        let mut extensions =
            authority_extensions(&ec_key(Curve::P384, &public)?, root.certificate(), Some(0))?;
        extensions.extend(addresses(
            Some(format!("{}/ocsp", services.base)),
            None,
            &format!("{}/kok-crl", services.base),
        )?);
        let spki = ec_key(Curve::P384, &public)?;
        let certificate = build(
            &root,
            root.certificate(),
            name,
            &spki,
            validity,
            extensions,
            random,
        )?;
        SoftKey::from_pkcs8(&pkcs8, certificate, Vec::new())?
    };
    let mut made = Authority {
        ocsp: root.clone(),
        time_stamps: root.clone(),
        root,
        intermediate,
        services,
    };
    made.ocsp = made.issue_key(&Holder::Ocsp, Curve::P256, validity, random)?;
    let stamps = Holder::TimeStamps {
        name: "PROVA Zaman Damgası",
    };
    made.time_stamps = made.issue_key(&stamps, Curve::P256, validity, random)?;
    Ok(made)
}

fn self_signed(
    validity: Validity,
    random: &mut dyn FnMut(&mut [u8]),
) -> Result<SoftKey, SealError> {
    let name = name(&[(CN, "PROVA Kök"), (O, MARK), (C, "TR")])?;
    let (pkcs8, public) = SoftKey::generate(Curve::P384, random)?;
    let spki = ec_key(Curve::P384, &public)?;
    let id = key_identifier(&spki)?;
    let extensions = vec![
        extension(
            ID_CE_BASIC_CONSTRAINTS,
            true,
            &BasicConstraints {
                ca: true,
                path_len_constraint: None,
            },
        )?,
        extension(
            ID_CE_KEY_USAGE,
            true,
            &KeyUsage(KeyUsages::KeyCertSign | KeyUsages::CRLSign),
        )?,
        extension(ID_CE_SUBJECT_KEY_IDENTIFIER, false, &id)?,
    ];
    let parsed = SubjectPublicKeyInfoOwned::from_der(&spki).map_err(SealError::build)?;
    let mut tbs = tbs(name.clone(), name, parsed, validity, extensions, random)?;
    let secret = SoftKey::secret_only(&pkcs8)?;
    tbs.signature = KeyKind::P384.algorithm(Digest::Sha384);
    let der = tbs.to_der().map_err(SealError::build)?;
    let signature = secret.sign_bytes(Digest::Sha384, &der)?;
    let certificate = assemble(tbs, &signature)?;
    SoftKey::from_pkcs8(&pkcs8, certificate, Vec::new())
}

pub(super) fn end_entity(
    authority: &Authority,
    holder: &Holder<'_>,
    spki: &[u8],
    validity: Validity,
    random: &mut dyn FnMut(&mut [u8]),
) -> Result<Certificate, SealError> {
    let subject = subject(holder)?;
    let issuer = authority.intermediate.certificate();
    let mut extensions = vec![
        extension(ID_CE_SUBJECT_KEY_IDENTIFIER, false, &key_identifier(spki)?)?,
        extension(
            ID_CE_AUTHORITY_KEY_IDENTIFIER,
            false,
            &issuer_identifier(issuer)?,
        )?,
        extension(ID_CE_KEY_USAGE, true, &KeyUsage(key_usage(holder)))?,
    ];
    match holder {
        Holder::TimeStamps { .. } => {
            let usage = ExtendedKeyUsage(vec![ID_KP_TIME_STAMPING]);
            extensions.push(extension(ID_CE_EXT_KEY_USAGE, true, &usage)?);
        }
        Holder::Ocsp => {
            let usage = ExtendedKeyUsage(vec![ID_KP_OCSP_SIGNING]);
            extensions.push(extension(ID_CE_EXT_KEY_USAGE, false, &usage)?);
            extensions.push(extension(NO_CHECK, false, &Null)?);
        }
        Holder::Person { .. } => {
            let said = [QC_COMPLIANCE, TR_QUALIFIED[0]];
            extensions.push(extension(QC_STATEMENTS, false, &statements(&said))?);
        }
        Holder::Seal { .. } => {
            let said = [QC_COMPLIANCE, TR_QUALIFIED[0], TR_SEAL[0]];
            extensions.push(extension(QC_STATEMENTS, false, &statements(&said))?);
        }
        Holder::LogIn { .. } | Holder::Provider { .. } => {}
    }
    if *holder != Holder::Ocsp {
        let base = &authority.services.base;
        extensions.extend(addresses(
            Some(format!("{base}/ocsp")),
            Some(format!("{base}/alt-kok.cer")),
            &format!("{base}/crl"),
        )?);
    }
    build(
        &authority.intermediate,
        issuer,
        subject,
        spki,
        validity,
        extensions,
        random,
    )
}

fn statements(said: &[ObjectIdentifier]) -> Vec<QcStatement> {
    let statement = |id: &ObjectIdentifier| QcStatement {
        id: *id,
        info: None,
    };
    said.iter().map(statement).collect()
}

fn key_usage(holder: &Holder<'_>) -> der::flagset::FlagSet<KeyUsages> {
    match holder {
        // What Turkish qualified certificates carry.
        Holder::Person { .. } => KeyUsages::DigitalSignature | KeyUsages::NonRepudiation,
        Holder::Seal { .. } | Holder::Provider { .. } => {
            KeyUsages::DigitalSignature | KeyUsages::NonRepudiation
        }
        Holder::LogIn { .. } | Holder::TimeStamps { .. } | Holder::Ocsp => {
            KeyUsages::DigitalSignature.into()
        }
    }
}

fn subject(holder: &Holder<'_>) -> Result<Name, SealError> {
    match holder {
        Holder::Person { name: full, tckn } | Holder::LogIn { name: full, tckn } => {
            name(&[(CN, full), (SERIAL_NUMBER, tckn), (O, MARK), (C, "TR")])
        }
        Holder::Seal {
            name: institution,
            detsis,
        } => name(&[
            (CN, institution),
            (ORGANIZATION_IDENTIFIER, detsis),
            (O, MARK),
            (C, "TR"),
        ]),
        Holder::TimeStamps { name: own } | Holder::Provider { name: own } => {
            name(&[(CN, own), (O, MARK), (C, "TR")])
        }
        Holder::Ocsp => name(&[(CN, "PROVA OCSP"), (O, MARK), (C, "TR")]),
    }
}

/// Country and serial number are PrintableString, the rest UTF-8 (RFC 5280, appendix A.1).
fn name(parts: &[(ObjectIdentifier, &str)]) -> Result<Name, SealError> {
    let mut steps = Vec::new();
    for (oid, text) in parts.iter().rev() {
        let text: String = text.chars().filter(|c| !c.is_control()).take(64).collect();
        let printable = *oid == C || *oid == SERIAL_NUMBER;
        let value = match PrintableStringRef::new(&text) {
            Ok(value) if printable => Any::from(value),
            _ => Any::from(Utf8StringRef::new(&text).map_err(SealError::build)?),
        };
        let part = AttributeTypeAndValue { oid: *oid, value };
        let set = SetOfVec::try_from(vec![part]).map_err(SealError::build)?;
        steps.push(RelativeDistinguishedName(set));
    }
    Ok(RdnSequence(steps))
}

/// Builds a certificate and signs it with the issuer's key.
fn build(
    issuer_key: &SoftKey,
    issuer: &Certificate,
    subject: Name,
    spki: &[u8],
    validity: Validity,
    extensions: Vec<Extension>,
    random: &mut dyn FnMut(&mut [u8]),
) -> Result<Certificate, SealError> {
    let parsed = SubjectPublicKeyInfoOwned::from_der(spki).map_err(SealError::build)?;
    let issuer_name = issuer.tbs().subject.clone();
    let mut tbs = tbs(issuer_name, subject, parsed, validity, extensions, random)?;
    tbs.signature = issuer.key_kind()?.algorithm(Digest::Sha384);
    let der = tbs.to_der().map_err(SealError::build)?;
    let signature = issuer_key.sign(Digest::Sha384, &der)?;
    assemble(tbs, &signature)
}

fn assemble(tbs: TbsCertificate, signature: &[u8]) -> Result<Certificate, SealError> {
    let signature_algorithm = tbs.signature.clone();
    Certificate::from_parsed(x509_cert::Certificate {
        tbs_certificate: tbs,
        signature_algorithm,
        signature: BitString::from_bytes(signature).map_err(SealError::build)?,
    })
}

fn tbs(
    issuer: Name,
    subject: Name,
    spki: SubjectPublicKeyInfoOwned,
    validity: Validity,
    extensions: Vec<Extension>,
    random: &mut dyn FnMut(&mut [u8]),
) -> Result<TbsCertificate, SealError> {
    let mut serial = [0; 16];
    random(&mut serial);
    serial[0] = serial[0] & 0x7f | 0x40; // positive and of full length
    let none = AlgorithmIdentifierOwned {
        oid: ID_EC_PUBLIC_KEY,
        parameters: None,
    };
    Ok(TbsCertificate {
        version: x509_cert::Version::V3,
        serial_number: SerialNumber::new(&serial).map_err(SealError::build)?,
        signature: none,
        issuer,
        validity: X509Validity {
            not_before: time(validity.from)?,
            not_after: time(validity.to)?,
        },
        subject,
        subject_public_key_info: spki,
        issuer_unique_id: None,
        subject_unique_id: None,
        extensions: Some(extensions),
    })
}

pub(super) fn time(moment: Timestamp) -> Result<Time, SealError> {
    let seconds = u64::try_from(moment.as_second()).map_err(SealError::time)?;
    let moment = std::time::UNIX_EPOCH + std::time::Duration::from_secs(seconds);
    Time::try_from(moment).map_err(SealError::time)
}

fn authority_extensions(
    spki: &[u8],
    issuer: &Certificate,
    depth: Option<u8>,
) -> Result<Vec<Extension>, SealError> {
    let constraints = BasicConstraints {
        ca: true,
        path_len_constraint: depth,
    };
    Ok(vec![
        extension(ID_CE_BASIC_CONSTRAINTS, true, &constraints)?,
        extension(
            ID_CE_KEY_USAGE,
            true,
            &KeyUsage(KeyUsages::KeyCertSign | KeyUsages::CRLSign),
        )?,
        extension(ID_CE_SUBJECT_KEY_IDENTIFIER, false, &key_identifier(spki)?)?,
        extension(
            ID_CE_AUTHORITY_KEY_IDENTIFIER,
            false,
            &issuer_identifier(issuer)?,
        )?,
    ])
}

/// Where revocation and the issuer's certificate are to be had.
fn addresses(
    ocsp: Option<String>,
    issuer: Option<String>,
    crl: &str,
) -> Result<Vec<Extension>, SealError> {
    let uri = |text: &str| -> Result<GeneralName, SealError> {
        let text = Ia5String::new(text).map_err(SealError::build)?;
        Ok(GeneralName::UniformResourceIdentifier(text))
    };
    let mut access = Vec::new();
    for (method, url) in [(ID_AD_OCSP, ocsp), (ID_AD_CA_ISSUERS, issuer)] {
        if let Some(url) = url {
            access.push(AccessDescription {
                access_method: method,
                access_location: uri(&url)?,
            });
        }
    }
    let point = DistributionPoint {
        distribution_point: Some(DistributionPointName::FullName(vec![uri(crl)?])),
        reasons: None,
        crl_issuer: None,
    };
    Ok(vec![
        extension(
            ID_PE_AUTHORITY_INFO_ACCESS,
            false,
            &AuthorityInfoAccessSyntax(access),
        )?,
        extension(
            ID_CE_CRL_DISTRIBUTION_POINTS,
            false,
            &CrlDistributionPoints(vec![point]),
        )?,
    ])
}

pub(super) fn extension<T: Encode>(
    oid: ObjectIdentifier,
    critical: bool,
    value: &T,
) -> Result<Extension, SealError> {
    let der = value.to_der().map_err(SealError::build)?;
    Ok(Extension {
        extn_id: oid,
        critical,
        extn_value: OctetString::new(der).map_err(SealError::build)?,
    })
}

/// SHA-1 of the public key (RFC 5280, 4.2.1.2, method 1): a name, not a protection.
fn key_identifier(spki: &[u8]) -> Result<SubjectKeyIdentifier, SealError> {
    let spki = SubjectPublicKeyInfoOwned::from_der(spki).map_err(SealError::build)?;
    let key = spki.subject_public_key.raw_bytes();
    Ok(SubjectKeyIdentifier(
        OctetString::new(crate::digest::sha1(key)).map_err(SealError::build)?,
    ))
}

pub(super) fn issuer_identifier(issuer: &Certificate) -> Result<AuthorityKeyIdentifier, SealError> {
    let der = issuer.public_key().to_der().map_err(SealError::build)?;
    Ok(AuthorityKeyIdentifier {
        key_identifier: Some(key_identifier(&der)?.0),
        authority_cert_issuer: None,
        authority_cert_serial_number: None,
    })
}

/// The `SubjectPublicKeyInfo` of an EC point.
pub(super) fn ec_key(curve: Curve, point: &[u8]) -> Result<Vec<u8>, SealError> {
    let curve = match curve {
        Curve::P256 => SECP_256_R_1,
        Curve::P384 => SECP_384_R_1,
    };
    let spki = SubjectPublicKeyInfoOwned {
        algorithm: AlgorithmIdentifierOwned {
            oid: ID_EC_PUBLIC_KEY,
            parameters: Some(Any::from(curve)),
        },
        subject_public_key: BitString::from_bytes(point).map_err(SealError::build)?,
    };
    spki.to_der().map_err(SealError::build)
}
