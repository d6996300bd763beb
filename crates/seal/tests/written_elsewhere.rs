//! CMS as other writers make it: revocation data beside the certificates, open lengths, content in
//! pieces, and more of everything than anyone needs.

#![allow(clippy::unwrap_used)]

mod common;

use cms::content_info::ContentInfo;
use cms::signed_data::{SignedData, SignerInfos};
use common::{CONTENT, House, attime, inside, now, openssl, signed_data, tlv, with_revocation};
use const_oid::ObjectIdentifier;
use der::asn1::SetOfVec;
use der::{Any, Decode as _, Encode as _};
use seal::rehearsal::{Curve, ServiceKind};
use seal::{
    CheckName, Cms, Content, Outcome, ReadError, SignOptions, Signer as _, SoftKey, Verdict,
    add_signer, sign, verify,
};
use x509_cert::attr::Attribute;

/// RFC 5940, 2.1.
const OCSP_RESPONSE: &str = "1.3.6.1.5.5.7.16.2";
const OCSP_BASIC: &str = "1.3.6.1.5.5.7.48.1.1";
const CERTIFICATE_VALUES: &str = "1.2.840.113549.1.9.16.2.23";

fn oid(text: &str) -> ObjectIdentifier {
    ObjectIdentifier::new(text).unwrap()
}

/// `OtherRevocationInfoFormat` as the RevocationInfoChoice `[1]`.
fn other(format: &str, answer: &[u8]) -> Vec<u8> {
    tlv(0xa1, &[&oid(format).to_der().unwrap(), answer].concat())
}

/// A list without version and extensions; its signature is that of the list it was.
fn first_version(crl: &[u8]) -> Vec<u8> {
    let mut parts = inside(&Any::from_der(crl).unwrap());
    let mut fields = inside(&Any::from_der(&parts[0]).unwrap());
    fields.retain(|field| field[0] != 0x02 && field[0] != 0xa0);
    parts[0] = tlv(0x30, &fields.concat());
    tlv(0x30, &parts.concat())
}

fn openssl_reads(house: &House, cms: &[u8], content: &[u8]) {
    let signed = house.write("signed.p7s", cms);
    let (root, out) = (house.path("root.pem"), house.path("out"));
    let at = attime();
    let arguments = [
        "cms", "-verify", "-binary", "-inform", "DER", "-attime", &at, "-purpose", "any",
    ];
    let files = [
        ("-in", signed.as_path()),
        ("-CAfile", &root),
        ("-out", &out),
    ];
    if openssl(&arguments, &files).is_some() {
        assert_eq!(std::fs::read(&out).unwrap(), content);
    }
}

/// The OCSP answer about a key, as `OCSPResponse`; none without OpenSSL, which asks.
fn ocsp(house: &House, key: &SoftKey) -> Option<Vec<u8>> {
    let certificate = house.write("person.pem", key.certificate().pem().as_bytes());
    let issuer = house.path("intermediate.pem");
    let request = house.path("ocsp.req");
    let files = [
        ("-issuer", issuer.as_path()),
        ("-cert", &certificate),
        ("-reqout", &request),
    ];
    openssl(&["ocsp"], &files)?;
    let question = std::fs::read(&request).unwrap();
    let answer = house
        .authority
        .answer(ServiceKind::Ocsp, &question, &[], now(), [1; 16]);
    Some(answer.unwrap().body)
}

#[test]
fn revocation_data_beside_the_certificates_is_read() {
    let house = House::new();
    let key = house.person(Curve::P256);
    let Some(response) = ocsp(&house, &key) else {
        return;
    };
    let list = house
        .authority
        .answer(ServiceKind::RootCrl, &[], &[], now(), [1; 16]);
    let list = list.unwrap().body;
    let basic = x509_ocsp::OcspResponse::from_der(&response).unwrap();
    let basic = basic.response_bytes.unwrap().response.into_bytes();
    let bes = sign(&key, Content::Attached(CONTENT), &SignOptions::at(now())).unwrap();
    let revocation = |cms: &[u8]| {
        let report = verify(cms, Some(CONTENT), &house.options());
        assert_eq!(report.failure(), None, "{report:?}");
        let text = report.checks[0].text.clone();
        (report.signers[0].outcome(CheckName::Revocation), text)
    };
    assert_eq!(revocation(&bes).0, Some(Outcome::NotChecked));

    for answer in [other(OCSP_RESPONSE, &response), other(OCSP_BASIC, &basic)] {
        let cms = with_revocation(&bes, &[list.clone(), answer.clone()]);
        openssl_reads(&house, &cms, CONTENT);
        let (outcome, text) = revocation(&cms);
        assert_eq!(outcome, Some(Outcome::Ok));
        assert_eq!(text, "Dosya bir CMS imzası.");
        let second = house.named("Fatma Kaya", "20000000046", Curve::P256, 12);
        let both = add_signer(&cms, &second, None, &SignOptions::at(now())).unwrap();
        let kept = both.windows(answer.len()).any(|bytes| bytes == answer);
        assert!(kept, "what others wrote keeps its bytes");
    }

    // What is not understood is named, and is no reason to refuse the rest.
    let strange = [
        first_version(&list),
        other("1.3.6.1.5.5.7.16.4", &response),
        other(OCSP_RESPONSE, b"\x04\x01x"),
    ];
    let cms = with_revocation(&bes, &strange);
    openssl_reads(&house, &cms, CONTENT);
    let (outcome, text) = revocation(&cms);
    assert_eq!(outcome, Some(Outcome::NotChecked));
    assert!(text.contains("3 sertifika ya da iptal verisi"), "{text}");
}

#[test]
fn what_is_written_as_a_stream_is_read() {
    let house = House::new();
    let Some(key) = house.rsa_person() else {
        return;
    };
    let content = CONTENT.repeat(1500);
    let pem = house.write("key.pem", key.key_pem().unwrap().as_bytes());
    let certificate = house.write("certificate.pem", key.certificate().pem().as_bytes());
    let intermediate = house.path("intermediate.pem");
    let (file, signed) = (house.write("content", &content), house.path("signed.p7s"));
    let files = [
        ("-signer", certificate.as_path()),
        ("-inkey", &pem),
        ("-certfile", &intermediate),
        ("-in", &file),
        ("-out", &signed),
    ];
    let arguments = [
        "cms",
        "-sign",
        "-cades",
        "-binary",
        "-nodetach",
        "-stream",
        "-outform",
        "DER",
        "-md",
        "sha256",
    ];
    openssl(&arguments, &files).unwrap();
    let ber = std::fs::read(&signed).unwrap();
    assert!(ber.starts_with(&[0x30, 0x80]), "its length is open");
    let pieces = ber.windows(2).any(|bytes| bytes == [0x24, 0x80]);
    assert!(pieces, "its content is in pieces");

    assert_eq!(Cms::from_der(&ber).unwrap().content(), Some(&*content));
    let report = verify(&ber, Some(&content), &house.options());
    assert_eq!(report.failure(), None, "{report:?}");
    assert_eq!(report.signers[0].name.as_deref(), Some("Fatma Kaya"));
    let another = verify(&ber, Some(CONTENT), &house.options());
    assert_eq!(another.verdict(), Verdict::Failed);

    // What we add to it is DER again, and the first signature still holds.
    let second = house.person(Curve::P256);
    let both = add_signer(&ber, &second, None, &SignOptions::at(now())).unwrap();
    openssl_reads(&house, &both, &content);

    for end in (0..ber.len()).step_by(13).chain(ber.len() - 12..ber.len()) {
        let cut = verify(&ber[..end], None, &house.options());
        assert_eq!(cut.verdict(), Verdict::Failed, "{end}");
    }
    for at in (0..ber.len()).step_by(29) {
        let mut changed = ber.clone();
        changed[at] ^= 0x55;
        let _ = verify(&changed, Some(&content), &house.options());
    }
    let longer = [ber.as_slice(), &[0, 0]].concat();
    assert_eq!(Cms::from_der(&longer).unwrap_err(), ReadError::Trailing(2));
}

/// Written by `CMSSignedDataStreamGenerator` of BouncyCastle 1.72: two signers (P-256, keys thrown
/// away), buffer of 16 bytes, no signing-certificate attribute.
#[test]
fn what_bouncycastle_streams_is_read() {
    let ber = include_bytes!("foreign/bouncycastle.p7s");
    let content = "BouncyCastle ile, parçalar hâlinde yazılmış içerik".as_bytes();
    let cms = Cms::from_der(ber).unwrap();
    assert_eq!(cms.content(), Some(content));
    let house = House::new();
    let report = verify(ber, Some(content), &house.options());
    assert_eq!(report.signers.len(), 2, "{report:?}");
    for signer in &report.signers {
        assert_eq!(signer.outcome(CheckName::Digest), Some(Outcome::Ok));
        // The value of the signature is checked before the attribute is missed.
        let missed = signer.failure().unwrap();
        assert_eq!(missed.name, CheckName::Signature);
        assert!(missed.text.contains("CAdES-BES değil"), "{missed:?}");
    }
}

#[test]
fn what_stands_twice_in_a_set_is_read_once() {
    let house = House::new();
    let key = house.person(Curve::P256);
    let bes = sign(&key, Content::Attached(CONTENT), &SignOptions::at(now())).unwrap();
    let once = Cms::from_der(&bes).unwrap().certificates();
    let info = ContentInfo::from_der(&bes).unwrap();
    let mut fields = inside(&info.content);
    // Version, digest algorithms, content, certificates, signers.
    for (field, tag) in [(1, 0x31), (3, 0xa0)] {
        let members = inside(&Any::from_der(&fields[field]).unwrap()).concat();
        fields[field] = tlv(tag, &members.repeat(2));
    }
    let cms = signed_data(&fields);
    openssl_reads(&house, &cms, CONTENT);
    let report = verify(&cms, Some(CONTENT), &house.options());
    assert_eq!(report.failure(), None, "{report:?}");
    assert_eq!(Cms::from_der(&cms).unwrap().certificates(), once);
}

#[test]
fn open_lengths_have_the_same_limits() {
    let read = |bytes: &[u8]| Cms::from_der(bytes).unwrap_err();
    assert_eq!(read(&[0x30, 0x80].repeat(1_000_000)), ReadError::TooDeep);
    assert_eq!(read(&[0x24, 0x80].repeat(40)), ReadError::TooDeep);
    let set = [&[0x31, 0x80], [2, 1, 0].repeat(600).as_slice(), &[0, 0]].concat();
    assert_eq!(read(&set), ReadError::TooMany);
    assert_eq!(read(&[0x30, 0x80]), ReadError::Truncated(1));
    assert_eq!(read(&[0x30, 0x80, 2, 5, 0]), ReadError::Truncated(4));
    assert_eq!(read(&[0x30, 0x80, 0, 0, 0, 0]), ReadError::Trailing(2));
    for malformed in [
        &[0x30, 0x80, 0, 0][..],
        // The value around it ends first.
        &[0x30, 2, 0x30, 0x80, 0, 0],
        &[0x30, 5, 0x30, 0x80, 2, 5, 0, 0, 0],
        // Only constructed values end with a mark, and only octets make an octet string.
        &[0x04, 0x80, 0, 0],
        &[0x24, 0x80, 2, 1, 0, 0, 0],
        &[0x24, 3, 0x30, 1, 0],
    ] {
        let error = read(malformed);
        assert!(matches!(error, ReadError::Malformed(_)), "{error:?}");
    }
}

#[test]
fn more_values_than_anyone_needs_are_not_read() {
    let house = House::new();
    let key = house.person(Curve::P256);
    let bes = sign(&key, Content::Attached(CONTENT), &SignOptions::at(now())).unwrap();
    let before = verify(&bes, None, &house.options()).signers[0].beside.len();
    let certificate = key.certificate().der();
    let (kept, _) = certificate.split_at(certificate.len() - 2);
    let values: Vec<u8> = (0..400_u16)
        .flat_map(|number| [kept, &number.to_be_bytes()].concat())
        .collect();

    let mut info = ContentInfo::from_der(&bes).unwrap();
    let mut data: SignedData = info.content.decode_as().unwrap();
    let mut signer = data.signer_infos.0.get(0).unwrap().clone();
    let list = Any::from_der(&tlv(0x30, &values)).unwrap();
    let attribute = Attribute {
        oid: oid(CERTIFICATE_VALUES),
        values: SetOfVec::try_from(vec![list]).unwrap(),
    };
    signer.unsigned_attrs = Some(SetOfVec::try_from(vec![attribute]).unwrap());
    data.signer_infos = SignerInfos(SetOfVec::try_from(vec![signer]).unwrap());
    info.content = Any::encode_from(&data).unwrap();

    let report = verify(&info.to_der().unwrap(), None, &house.options());
    assert_eq!(report.failure(), None, "{report:?}");
    assert_eq!(report.signers[0].beside.len(), before + 256);
}
