//! Verifies CMS signatures: answers with named checks, works offline with what is inside, never panics.

mod counter;

use cms::cert::IssuerAndSerialNumber;
use cms::signed_data::{SignerIdentifier, SignerInfo};
use const_oid::ObjectIdentifier;
use der::Encode as _;
use der::asn1::OctetString;
use jiff::Timestamp;
use x509_cert::attr::Attributes;
use x509_cert::ext::pkix::SubjectKeyIdentifier;

use self::counter::Counters;
use super::Cms;
use super::attribute::{
    CONTENT_TYPE, ESC_TIME_STAMP, MESSAGE_DIGEST, SIGNATURE_TIME_STAMP, SIGNING_CERTIFICATE,
    SIGNING_CERTIFICATE_V2, SIGNING_TIME, SigningCertificateV1, SigningCertificateV2, moment,
    values,
};
use crate::algorithm::{self, Broken};
use crate::certificate::hex;
use crate::chain::{ChainError, Purpose, TrustStore, validity};
use crate::check::{Check, CheckName, Report, SignerReport, Unasked};
use crate::digest::{reference_hash, sha1};
use crate::long_term::{self, Stamps};
use crate::revocation::{self, Material, Status};
use crate::timestamp::{Known, TimeStamp};
use crate::{Certificate, Digest};

/// What a signature is checked against.
#[derive(Debug, Clone, Copy)]
pub struct VerifyOptions<'a> {
    pub trust: &'a TrustStore,
    /// Now; what counts where no time stamp proves an earlier moment.
    pub at: Timestamp,
    /// Certificates and revocation data beside those inside the signature.
    pub material: &'a Material,
}

/// Checks every signature in `cms`.
///
/// `expected` is the content: needed when it is not inside, and compared when it is. Whoever
/// countersigned a signature (seri imza) is a signer like any other and stands behind it.
#[must_use]
pub fn verify(cms: &[u8], expected: Option<&[u8]>, options: &VerifyOptions<'_>) -> Report {
    let cms = match Cms::from_der(cms) {
        Ok(cms) => cms,
        Err(error) => return Report::unreadable(format!("{}.", upper_first(&error.to_string()))),
    };
    verify_cms(&cms, expected, options)
}

fn verify_cms(cms: &Cms, expected: Option<&[u8]>, options: &VerifyOptions<'_>) -> Report {
    let mut checks = vec![structure(cms)];
    let content = match (cms.content(), expected) {
        (Some(inside), Some(expected)) if inside != expected => {
            checks.push(Check::failed(
                CheckName::Content,
                "İmzanın içindeki içerik, beklenen içerik değil.",
            ));
            Some(inside)
        }
        (Some(inside), Some(_)) => {
            checks.push(Check::ok(
                CheckName::Content,
                "İmzanın içindeki içerik, beklenen içerikle aynı.",
            ));
            Some(inside)
        }
        (Some(inside), None) => {
            checks.push(Check::ok(CheckName::Content, "İçerik imzanın içinde."));
            Some(inside)
        }
        (None, Some(beside)) => {
            checks.push(Check::ok(CheckName::Content, "İçerik imzanın yanında."));
            Some(beside)
        }
        (None, None) => {
            checks.push(Check::failed(
                CheckName::Content,
                "İmzalanan içerik ne imzanın içinde ne yanında.",
            ));
            None
        }
    };
    if cms.signer_count() == 0 {
        checks.push(Check::failed(CheckName::Signature, "Dosyada imza yok."));
    }
    let mut counters = Counters::new(cms, content, options);
    let mut signers = Vec::new();
    for signer in cms.signers() {
        let mut report = verify_signer(cms, signer, content, options);
        let countersigners = counters.of(signer, &mut report);
        signers.push(report);
        signers.extend(countersigners);
    }
    Report { checks, signers }
}

/// Names what is inside and not read: it proves nothing, and does not spoil the rest.
fn structure(cms: &Cms) -> Check {
    let text = match cms.unread() {
        0 => "Dosya bir CMS imzası.".to_owned(),
        count => format!(
            "Dosya bir CMS imzası; içindeki {count} sertifika ya da iptal verisi okunamadı, \
             kullanılmadı."
        ),
    };
    Check::ok(CheckName::Structure, text)
}

fn verify_signer(
    cms: &Cms,
    signer: &SignerInfo,
    content: Option<&[u8]>,
    options: &VerifyOptions<'_>,
) -> SignerReport {
    let mut material = options.material.clone();
    material.merge(long_term::embedded(cms, signer));
    let mut report = begin(signer, &material);
    report.checks.push(digest_check(signer, content));
    let content_type = Some(cms.data.encap_content_info.econtent_type);
    let held = value_holds(signer, content_type, content, &material.certificates);
    let said = |name: &str| format!("İmza {name} anahtarına ait.");
    let Some(certificate) = owner(&mut report, held, said) else {
        return report;
    };
    let options = VerifyOptions {
        material: &material,
        ..*options
    };
    let stamps = long_term::stamps(cms, signer, content, &options);
    certificate_checks(&mut report, certificate, stamps, &options);
    report.checks.extend(long_term::consistency(cms, signer));
    report.checks.extend(long_term::not_looked_at(signer));
    report
}

/// What a signature says of itself; nothing is checked yet.
fn begin(signer: &SignerInfo, material: &Material) -> SignerReport {
    let signed = signer.signed_attrs.as_ref();
    SignerReport {
        name: None,
        serial_number: None,
        issuer: None,
        fingerprint: None,
        signing_time: values(signed, SIGNING_TIME).find_map(moment),
        stamped_at: None,
        level: long_term::level(signer),
        digest: message_digest(signed).map(|digest| hex(&digest)),
        checks: Vec::new(),
        certificate: None,
        beside: material.certificates.clone(),
        unasked: Vec::new(),
    }
}

/// Says in the report whose the value of the signature is; the certificate, where there is one.
fn owner(
    report: &mut SignerReport,
    held: Result<Certificate, NotHeld>,
    said: impl FnOnce(&str) -> String,
) -> Option<Certificate> {
    let certificate = match held {
        Ok(certificate) => {
            let text = said(&certificate.common_name());
            report.checks.push(Check::ok(CheckName::Signature, text));
            certificate
        }
        Err((found, why)) => {
            report.checks.push(Check::failed(CheckName::Signature, why));
            found?
        }
    };
    report.name = Some(certificate.common_name());
    report.serial_number = certificate.subject_serial_number();
    report.issuer = Some(certificate.issuer());
    report.fingerprint = Some(certificate.fingerprint());
    Some(certificate)
}

/// Adds to the report what stamps prove, and chain, validity, key usage and revocation of the
/// signer's certificate at the moment that they prove, else now.
pub(crate) fn certificate_checks(
    report: &mut SignerReport,
    certificate: Certificate,
    stamps: Stamps,
    options: &VerifyOptions<'_>,
) {
    let at = stamps.proven.unwrap_or(options.at);
    report.stamped_at = stamps.proven;
    let checks = &mut report.checks;
    checks.push(stamps.check);
    let in_time = validity(&certificate, at, stamps.proven.is_some());
    // A chain is looked for at a time when the certificate was valid, so that "expired" and "not
    // trusted" stay two findings.
    let when = at.clamp(
        certificate.not_before(),
        certificate.not_after().max(certificate.not_before()),
    );
    let beside = &options.material.certificates;
    let path = options
        .trust
        .path(&certificate, beside, when, Purpose::Document);
    match &path {
        Ok(path) => {
            let root = path.last().unwrap_or(&certificate);
            checks.push(Check::ok(
                CheckName::Chain,
                format!("Sertifika güvenilen köke ulaşıyor: {}.", root.common_name()),
            ));
        }
        Err(error @ ChainError::NoRoots) => {
            checks.push(Check::not_checked(CheckName::Chain, error.to_string()));
        }
        Err(error) if error.is_about_time() => {
            checks.push(Check::failed(CheckName::Validity, error.to_string()));
        }
        Err(error) => checks.push(Check::failed(CheckName::Chain, error.to_string())),
    }
    checks.push(match in_time {
        Ok(text) => Check::ok(CheckName::Validity, text),
        Err(text) => Check::failed(CheckName::Validity, text),
    });
    checks.push(if !certificate.may_sign() {
        Check::failed(
            CheckName::KeyUsage,
            "Sertifikanın anahtar kullanımı imzalamaya izin vermiyor.",
        )
    } else if certificate.is_for_another_purpose() {
        Check::failed(
            CheckName::KeyUsage,
            "Sertifika belge imzalamak için değil: sunucu, program, zaman damgası, OCSP ya da \
             oturum açma sertifikası.",
        )
    } else {
        Check::ok(CheckName::KeyUsage, "Sertifika imzalamaya yetkili.")
    });
    let mut known = Known::Fresh;
    checks.push(match path {
        Ok(path) if path.len() > 1 => match revocation::of_path(&path, options, at) {
            Status::Good { text, fresh } => {
                if !fresh {
                    known = Known::Older;
                }
                Check::ok(CheckName::Revocation, text)
            }
            Status::Revoked(revoked) => Check::failed(CheckName::Revocation, revoked.text),
            Status::Unknown(text) => {
                known = Known::Nothing;
                Check::not_checked(CheckName::Revocation, text)
            }
        },
        _ => Check::not_checked(
            CheckName::Revocation,
            "Zincir kurulamadığı için iptal durumu denetlenemedi.",
        ),
    });
    if known != Known::Fresh {
        report.unasked.push(Unasked {
            certificate: certificate.clone(),
            purpose: Purpose::Document,
            is_open: known == Known::Nothing,
        });
    }
    report.unasked.extend(stamps.unasked);
    report.certificate = Some(certificate);
}

fn message_digest(attributes: Option<&Attributes>) -> Option<Vec<u8>> {
    let mut found = values(attributes, MESSAGE_DIGEST);
    let digest: OctetString = found.next()?.decode_as().ok()?;
    found.next().is_none().then(|| digest.into_bytes())
}

fn digest_check(signer: &SignerInfo, content: Option<&[u8]>) -> Check {
    let Some(content) = content else {
        return Check::not_checked(CheckName::Digest, "İçerik olmadan özet denetlenemez.");
    };
    let Some(digest) = Digest::from_oid(&signer.digest_alg.oid) else {
        return Check::failed(
            CheckName::Digest,
            format!(
                "Kabul edilmeyen özet algoritması: {}.",
                signer.digest_alg.oid
            ),
        );
    };
    let stated = message_digest(signer.signed_attrs.as_ref());
    if signer.signed_attrs.is_some() && stated.as_deref() != Some(digest.of(content).as_slice()) {
        return Check::failed(
            CheckName::Digest,
            "İmzadaki özet içeriğin özeti değil: içerik imzadan sonra değişmiş ya da imza başka içeriğe ait.",
        );
    }
    Check::ok(
        CheckName::Digest,
        format!("İmzadaki özet içeriğin özeti ({}).", digest.name()),
    )
}

type NotHeld = (Option<Certificate>, String);

/// The value of the signature, the type of the content, and that the certificate is the one that
/// the signer named. The digest is another check. A countersignature must name no type of content
/// (RFC 5652, 11.4), so that no signature over a file passes for one.
fn value_holds(
    signer: &SignerInfo,
    content_type: Option<ObjectIdentifier>,
    content: Option<&[u8]>,
    certificates: &[Certificate],
) -> Result<Certificate, NotHeld> {
    let Some(certificate) = find(&signer.sid, certificates) else {
        return Err((None, "İmzacının sertifikası imzanın içinde yok.".into()));
    };
    let no = |why: &str| (Some(certificate.clone()), why.to_owned());
    let attributes = signer.signed_attrs.as_ref();
    let message = match attributes {
        Some(attributes) => attributes
            .to_der()
            .map_err(|_| no("İmzalı nitelikler okunamadı."))?,
        None => match content {
            Some(content) => content.to_vec(),
            None => return Err(no("İçerik olmadan imza denetlenemez.")),
        },
    };
    let digest = Digest::from_oid(&signer.digest_alg.oid);
    let key = certificate.public_key();
    let signature = signer.signature.as_bytes();
    match algorithm::verify(
        key,
        &signer.signature_algorithm,
        digest,
        &message,
        signature,
    ) {
        Ok(()) => {}
        Err(Broken::Value) => return Err(no("İmza değeri bu sertifikanın anahtarıyla uyuşmuyor.")),
        Err(Broken::Algorithm(oid)) => {
            return Err(no(&format!("Kabul edilmeyen imza algoritması: {oid}.")));
        }
    }
    if attributes.is_none() {
        return Err(no("İmzada zorunlu imzalı nitelikler yok (CAdES değil)."));
    }
    let mut types = values(attributes, CONTENT_TYPE);
    let fits = match (types.next(), content_type) {
        (Some(value), Some(wanted)) => value.decode_as::<ObjectIdentifier>().ok() == Some(wanted),
        (stated, wanted) => stated.is_none() && wanted.is_none(),
    };
    if !fits || types.next().is_some() {
        return Err(no(match content_type {
            Some(_) => "İmzadaki içerik türü, içeriğin türü değil.",
            None => "Seri imza bir içerik türü bildiriyor: bir dosyanın imzası, bu imzanın değil.",
        }));
    }
    match names(attributes, certificate) {
        Some(true) => Ok(certificate.clone()),
        Some(false) => Err(no(
            "İmzacının belirttiği sertifika ile imzadaki sertifika aynı değil.",
        )),
        None => Err(no(
            "İmzada imzacı sertifikası niteliği yok (CAdES-BES değil).",
        )),
    }
}

/// Signature and digest in one, for tokens inside a signature.
pub(crate) fn signature_holds(
    signer: &SignerInfo,
    content_type: ObjectIdentifier,
    content: &[u8],
    certificates: &[Certificate],
) -> Result<Certificate, String> {
    let digest = digest_check(signer, Some(content));
    if digest.outcome != crate::Outcome::Ok {
        return Err(digest.text.trim_end_matches('.').to_owned());
    }
    value_holds(signer, Some(content_type), Some(content), certificates)
        .map_err(|(_, why)| why.trim_end_matches('.').to_owned())
}

pub(crate) fn find<'a>(
    sid: &SignerIdentifier,
    certificates: &'a [Certificate],
) -> Option<&'a Certificate> {
    certificates.iter().find(|certificate| match sid {
        SignerIdentifier::IssuerAndSerialNumber(IssuerAndSerialNumber {
            issuer,
            serial_number,
        }) => {
            certificate.tbs().issuer == *issuer && certificate.tbs().serial_number == *serial_number
        }
        SignerIdentifier::SubjectKeyIdentifier(id) => {
            key_identifier(certificate).is_some_and(|own| own.0.as_bytes() == id.0.as_bytes())
        }
    })
}

fn key_identifier(certificate: &Certificate) -> Option<SubjectKeyIdentifier> {
    use der::Decode as _;
    let list = certificate.tbs().extensions.as_ref()?;
    let wanted = const_oid::db::rfc5280::ID_CE_SUBJECT_KEY_IDENTIFIER;
    let extension = list.iter().find(|extension| extension.extn_id == wanted)?;
    SubjectKeyIdentifier::from_der(extension.extn_value.as_bytes()).ok()
}

/// Whether the first certificate that the signer named is this one; none when none is named.
fn names(attributes: Option<&Attributes>, certificate: &Certificate) -> Option<bool> {
    if let Some(value) = values(attributes, SIGNING_CERTIFICATE_V2).next() {
        let list: SigningCertificateV2 = value.decode_as().ok()?;
        let first = list.certificates.first()?;
        let hash = match &first.algorithm {
            Some(algorithm) => reference_hash(&algorithm.oid, certificate.der()),
            None => Some(Digest::Sha256.of(certificate.der())),
        };
        return Some(hash.as_deref() == Some(first.hash.as_bytes()));
    }
    let value = values(attributes, SIGNING_CERTIFICATE).next()?;
    let list: SigningCertificateV1 = value.decode_as().ok()?;
    let first = list.certificates.first()?;
    Some(first.hash.as_bytes() == sha1(certificate.der()))
}

pub(crate) fn stamps_of(signer: &SignerInfo) -> Vec<TimeStamp> {
    let unsigned = signer.unsigned_attrs.as_ref();
    [SIGNATURE_TIME_STAMP, ESC_TIME_STAMP]
        .into_iter()
        .flat_map(|oid| values(unsigned, oid))
        .filter_map(|value| TimeStamp::from_der(&value.to_der().ok()?).ok())
        .collect()
}

fn upper_first(text: &str) -> String {
    match text.strip_prefix('i') {
        Some(rest) => format!("İ{rest}"),
        None => {
            let mut letters = text.chars();
            letters
                .next()
                .map(|first| first.to_uppercase().chain(letters).collect())
                .unwrap_or_default()
        }
    }
}
