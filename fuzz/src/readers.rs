//! Readers of foreign bytes in the crates that stand on their own.

use bytes::Bytes;
use eyazisma::{Package, Severity};
use kep::evidence::{RecognitionSettings, RemEvidence};
use kep::message::ReadMessage;
use kep::mtom;
use kep::soap::{Body as SoapBody, Limits, open_envelope, read_xml, write_xml};
use kep::wire;

/// A target takes any bytes.
type Target = fn(&[u8]);

/// Every target by the name of its folder below `seeds/`.
pub const TARGETS: &[(&str, Target)] = &[
    ("soap_xml", soap_xml),
    ("mtom", mtom),
    ("rem_evidence", rem_evidence),
    ("mime_message", mime_message),
    ("package", package),
    ("package_parts", package_parts),
    ("pki", crate::pki::pki),
    ("cms", cms),
    ("xades", xades),
];

/// What was read is written and read again without a change.
pub fn soap_xml(bytes: &[u8]) {
    let limits = Limits::default();
    let Ok(element) = read_xml(bytes, &limits) else {
        return;
    };
    let written = write_xml(&element);
    let whatever_size = Limits {
        bytes: usize::MAX,
        nodes: usize::MAX,
        ..limits
    };
    let again = read_xml(written.as_bytes(), &whatever_size);
    assert_eq!(again.as_ref(), Ok(&element), "{written}");
    if let Ok(SoapBody::Payload(payload)) = open_envelope(element) {
        wire_answers(&payload);
    }
}

/// The first line is the content type, the rest the body.
pub fn mtom(bytes: &[u8]) {
    let end = bytes
        .iter()
        .position(|byte| *byte == b'\n')
        .unwrap_or(bytes.len());
    let content_type = String::from_utf8_lossy(bytes.get(..end).unwrap_or_default());
    let body = Bytes::copy_from_slice(bytes.get(end + 1..).unwrap_or_default());
    let limits = Limits::default();
    let read = mtom::read(&content_type, &body, &limits);
    let opened = mtom::open(&content_type, &body, &limits);
    assert!(read.is_ok() || opened.is_err());
    if let Ok(SoapBody::Payload(payload)) = opened {
        wire_answers(&payload);
    }
}

/// Every answer that a provider can send is taken out of any element, or refused.
fn wire_answers(payload: &kep::soap::Element) {
    let _ = wire::operation_of(payload);
    let _ = wire::read_answer::<wire::IndirAnswer>(payload);
    let _ = wire::read_answer::<wire::PaketSorgulaAnswer>(payload);
    let _ = wire::read_answer::<wire::YukleAnswer>(payload);
    let _ = wire::read_request::<wire::Yukle>(payload);
}

/// A recipient is named only if the file has it.
pub fn rem_evidence(bytes: &[u8]) {
    let Ok(evidence) = RemEvidence::read(bytes) else {
        return;
    };
    if let Some(recipient) = evidence.recipient(&RecognitionSettings::default()) {
        assert!(evidence.recipients.iter().any(|known| known == recipient));
    }
}

/// The signed part and the original are cut out of the bytes, never made up.
pub fn mime_message(bytes: &[u8]) {
    let whole = Bytes::copy_from_slice(bytes);
    let Some(message) = ReadMessage::read(&whole) else {
        return;
    };
    if let Some(signed) = &message.signed_part {
        assert!(
            signed.is_empty() || bytes.windows(signed.len()).any(|window| window == signed),
            "the signed part is not in the message"
        );
    }
    if let Some(original) = message.original() {
        let _ = ReadMessage::read(original);
    }
    let _ = message.files().count();
}

/// What is refused has a sentence; what is read is checked, and its parts are as long as they say.
pub fn package(bytes: &[u8]) {
    let limits = eyazisma::Limits {
        part: 1 << 20,
        total: 4 << 20,
        held: 256 << 10,
        ..eyazisma::Limits::default()
    };
    let package = match Package::read(std::io::Cursor::new(bytes), &limits) {
        Ok(package) => package,
        Err(error) => {
            assert!(error.finding().severity == Severity::Critical);
            return;
        }
    };
    let findings = package.check(&eyazisma::Options {
        letter_text: Some("Sayı: 1"),
        content_of: Some(&|cms| Some(cms.to_vec())),
        ..eyazisma::Options::default()
    });
    assert!(findings.iter().all(|finding| !finding.sentence.is_empty()));
    for part in &package.parts {
        assert!(
            part.name.starts_with('/') && !part.name.contains("/../"),
            "{}",
            part.name
        );
        let mut taken = Vec::new();
        if eyazisma::extract(std::io::Cursor::new(bytes), &limits, &part.name, &mut taken).is_ok() {
            assert_eq!(taken.len() as u64, part.size);
        }
    }
}

/// The same for a good package in which parts were changed: see [`crate::parts`].
pub fn package_parts(bytes: &[u8]) {
    if let Some(bytes) = crate::parts::packed(bytes) {
        package(&bytes);
    }
}

/// Signed content goes in as well; a report has a sentence for every check, and nothing signed by
/// nobody is ever verified.
pub fn cms(bytes: &[u8]) {
    report(|options| seal::verify(bytes, Some(b"content"), options));
    report(|options| seal::verify(bytes, None, options));
    let _ = seal::TimeStamp::from_der(bytes);
}

/// The same for XML.
pub fn xades(bytes: &[u8]) {
    report(|options| seal::xades::verify(bytes, options));
}

fn report(verify: impl Fn(&seal::VerifyOptions<'_>) -> seal::Report) {
    let trust = seal::TrustStore::default();
    let material = seal::Material::default();
    let options = seal::VerifyOptions {
        trust: &trust,
        at: jiff::Timestamp::UNIX_EPOCH,
        material: &material,
    };
    let report = verify(&options);
    assert!(report.all().all(|check| !check.text.is_empty()));
    // Without a root nothing can be proved.
    assert_ne!(report.verdict(), seal::Verdict::Verified);
}
