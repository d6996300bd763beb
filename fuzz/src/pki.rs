//! Certificates, revocation data and time-stamp answers: what services over plain HTTP and files of
//! an installation hand in.

use std::sync::OnceLock;

use jiff::{SignedDuration, Timestamp};
use seal::rehearsal::{Authority, Curve, Holder, Services, Validity};
use seal::{Certificate, Content, Digest, Material, SignOptions, TimeStampQuestion, TrustStore};

/// What every run is held against: made once, always the same.
pub struct Fixed {
    pub trust: TrustStore,
    pub signature: Vec<u8>,
    pub question: TimeStampQuestion,
    pub at: Timestamp,
}

/// Whatever the bytes are, a certificate says what it is without a panic, a report has a sentence for
/// every check, and no material takes anything away from a chain that does not hold.
pub fn pki(bytes: &[u8]) {
    let Some(fixed) = fixed() else { return };
    let certificates = Certificate::read_all(bytes).unwrap_or_default();
    for certificate in &certificates {
        said(certificate, fixed.at);
    }
    let _ = fixed
        .question
        .accept(bytes, fixed.at, SignedDuration::from_mins(10));
    let mut material = Material {
        certificates: certificates.clone(),
        ocsps: Vec::new(),
        crls: vec![bytes.to_vec()],
    };
    if !material.add_ocsp(bytes) {
        // As it lies inside a signature: without the envelope of HTTP.
        material.ocsps.push(bytes.to_vec());
    }
    if let Some(whole) = seal::ocsp_response(bytes) {
        assert!(
            Material::default().add_ocsp(&whole),
            "what was wrapped is one"
        );
    }
    let mut merged = Material::default();
    merged.merge(material.clone());
    assert_eq!(merged, material, "nothing of it was there before");
    let strangers = TrustStore::new(certificates, Vec::new());
    for trust in [&fixed.trust, &strangers] {
        let options = seal::VerifyOptions {
            trust,
            at: fixed.at,
            material: &material,
        };
        let report = seal::verify(&fixed.signature, None, &options);
        assert!(report.all().all(|check| !check.text.is_empty()));
    }
}

/// Everything that a certificate is asked for.
fn said(certificate: &Certificate, at: Timestamp) {
    let again = Certificate::from_der(certificate.der());
    assert_eq!(again.ok().as_ref(), Some(certificate), "its own bytes");
    let _ = (
        certificate.subject(),
        certificate.issuer(),
        certificate.common_name(),
    );
    let _ = (certificate.subject_serial_number(), certificate.serial());
    let _ = (
        certificate.organisation(),
        certificate.organisation_identifier(),
    );
    let _ = (certificate.may_sign(), certificate.is_authority());
    let _ = (certificate.valid_at(at), certificate.is_qualified_usage());
    let _ = (certificate.ocsp_urls(), certificate.crl_urls());
    let _ = (certificate.key_kind().is_ok(), certificate.fingerprint());
    assert!(
        Certificate::from_pem(&certificate.pem()).is_ok(),
        "its own PEM"
    );
}

/// The fixed authority, a signature by one of its people, and a question for a time stamp.
pub fn fixed() -> Option<&'static Fixed> {
    static FIXED: OnceLock<Option<Fixed>> = OnceLock::new();
    FIXED.get_or_init(made).as_ref()
}

fn made() -> Option<Fixed> {
    let at: Timestamp = "2026-11-24T09:00:00Z".parse().ok()?;
    let mut next: u8 = 0;
    let mut random = |bytes: &mut [u8]| {
        for byte in bytes {
            next = next.wrapping_mul(73).wrapping_add(41);
            *byte = next;
        }
    };
    let authority = Authority::create(Services::rehearsal(), at, &mut random).ok()?;
    let holder = Holder::Person {
        name: "Ayşe Yılmaz",
        tckn: "10000000146",
    };
    let validity = Validity::days(at, 365);
    let key = authority
        .issue_key(&holder, Curve::P256, validity, &mut random)
        .ok()?;
    let signature = seal::sign(&key, Content::Attached(b"content"), &SignOptions::at(at)).ok()?;
    Some(Fixed {
        trust: TrustStore::new(vec![authority.root().clone()], Vec::new()),
        question: TimeStampQuestion::new(Digest::Sha256, vec![7; 32], [1; 8]).ok()?,
        signature,
        at,
    })
}
