//! XAdES: xmlsec1 and signxml read what we sign, and nothing can be wrapped around it.

#![allow(clippy::unwrap_used)]

mod common;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use common::{House, Stamps, now, tool, with_revocation};
use seal::rehearsal::Curve;
use seal::xades::{self, XadesOptions};
use seal::{CheckName, Digest, Level, Material, Outcome, Signer as _, Verdict, VerifyOptions};

const EVIDENCE: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<!-- delil -->\n\
    <REMEvidence xmlns=\"http://uri.etsi.org/02640/v2#\" version=\"2\">\n  \
    <EventCode>http:uri.etsi.org/REM/Event#Delivery</EventCode>\n  <Konu>ığdır &amp; İğne</Konu>\n\
    </REMEvidence>\n";

fn options(digest: Digest) -> XadesOptions {
    XadesOptions {
        digest,
        signing_time: now(),
        id: "1".into(),
    }
}

#[test]
fn xmlsec1_verifies_what_we_sign() {
    let house = House::new();
    let mut keys = vec![house.person(Curve::P256), house.person(Curve::P384)];
    keys.extend(house.rsa_person());
    for key in &keys {
        for digest in [Digest::Sha256, Digest::Sha384, Digest::Sha512] {
            let signed = xades::sign(EVIDENCE, key, &options(digest)).unwrap();
            let report = xades::verify(signed.as_bytes(), &house.options());
            assert_eq!(report.failure(), None, "{report:#?}");
            assert_eq!(report.signers[0].signing_time, Some(now()));
            let path = house.write("signed.xml", signed.as_bytes());
            let (root, middle) = (house.path("root.pem"), house.path("intermediate.pem"));
            let arguments = [
                "--verify",
                "--id-attr:Id",
                "http://uri.etsi.org/01903/v1.3.2#:SignedProperties",
                "--verification-gmt-time",
                "2026-11-25+10:00:00",
            ];
            let files = [
                ("--trusted-pem", root.as_path()),
                ("--untrusted-pem", &middle),
                ("", &path),
            ];
            let Some(said) = tool("xmlsec1", &arguments, &files) else {
                return;
            };
            let words = String::from_utf8_lossy(&said.stderr).into_owned();
            assert!(said.status.success(), "{words}");
            let changed = signed.replacen("ığdır", "ıgdır", 1);
            house.write("signed.xml", changed.as_bytes());
            assert!(
                !tool("xmlsec1", &arguments, &files)
                    .unwrap()
                    .status
                    .success()
            );
            let report = xades::verify(changed.as_bytes(), &house.options());
            assert_eq!(
                report.signers[0].outcome(CheckName::Digest),
                Some(Outcome::Failed)
            );
        }
    }
}

#[test]
fn a_stamped_evidence_proves_its_time() {
    let house = House::new();
    let key = house.person(Curve::P256);
    let signed = xades::sign(EVIDENCE, &key, &options(Digest::Sha256)).unwrap();
    let stamps = Stamps::new(&house, now());
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    let stamped = runtime
        .block_on(xades::with_time_stamp(&signed, Digest::Sha256, &stamps))
        .unwrap();
    let report = xades::verify(stamped.as_bytes(), &house.options());
    assert_eq!(report.failure(), None, "{report:#?}");
    assert_eq!(report.signers[0].level, Level::T);
    assert_eq!(report.signers[0].stamped_at, Some(now()));
    // Whether the authority was revoked is known once somebody told.
    let stamp = |material: &Material| {
        let options = VerifyOptions {
            material,
            ..house.options()
        };
        let report = xades::verify(stamped.as_bytes(), &options);
        report.signers[0].outcome(CheckName::TimeStamp)
    };
    assert_eq!(stamp(&Material::default()), Some(Outcome::NotChecked));
    let told = house.revocation_of(&key, &[], now());
    assert_eq!(stamp(&told), Some(Outcome::Ok));
    // The stamp of another signature.
    let other = house.named("Fatma Kaya", "20000000046", Curve::P256, 12);
    let other = xades::sign(EVIDENCE, &other, &options(Digest::Sha256)).unwrap();
    let cut = |xml: &str| {
        let from = xml.find("<xades:UnsignedProperties>").unwrap();
        let to = xml.find("</xades:UnsignedProperties>").unwrap();
        xml[from..to + "</xades:UnsignedProperties>".len()].to_owned()
    };
    let end = "</xades:SignedProperties>";
    let forged = other.replacen(end, &format!("{end}{}", cut(&stamped)), 1);
    let report = xades::verify(forged.as_bytes(), &house.options());
    assert_eq!(
        report.signers[0].outcome(CheckName::TimeStamp),
        Some(Outcome::Failed)
    );
}

#[test]
fn what_a_stamp_or_the_properties_say_of_its_authority_counts() {
    const OPEN: &str = "<xades:EncapsulatedTimeStamp>";
    const END: &str = "</xades:SignatureTimeStamp>";
    let house = House::new();
    let key = house.person(Curve::P256);
    let signed = xades::sign(EVIDENCE, &key, &options(Digest::Sha256)).unwrap();
    let stamps = Stamps::new(&house, now());
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    let stamped = runtime
        .block_on(xades::with_time_stamp(&signed, Digest::Sha256, &stamps))
        .unwrap();
    let verdict = |xml: &str| {
        let report = xades::verify(xml.as_bytes(), &house.options());
        assert_eq!(report.failure(), None, "{report:#?}");
        report.verdict()
    };
    assert_eq!(verdict(&stamped), Verdict::Incomplete);

    let lists = house.revocation_of(&key, &[], now()).crls;
    let from = stamped.find(OPEN).unwrap() + OPEN.len();
    let to = stamped.find("</xades:EncapsulatedTimeStamp>").unwrap();
    let token = STANDARD.decode(&stamped[from..to]).unwrap();
    let fuller = STANDARD.encode(with_revocation(&token, &lists));
    let inside = stamped.replace(&stamped[from..to], &fuller);
    assert_eq!(verdict(&inside), Verdict::Verified);

    let values: String = lists
        .iter()
        .map(|list| {
            let list = STANDARD.encode(list);
            format!("<xades:EncapsulatedCRLValue>{list}</xades:EncapsulatedCRLValue>")
        })
        .collect();
    let data = format!(
        "{END}<a:TimeStampValidationData xmlns:a=\"http://uri.etsi.org/01903/v1.4.1#\">\
         <xades:RevocationValues><xades:CRLValues>{values}</xades:CRLValues>\
         </xades:RevocationValues></a:TimeStampValidationData>"
    );
    let beside = stamped.replacen(END, &data, 1);
    assert_eq!(verdict(&beside), Verdict::Verified);
}

#[test]
fn stamps_over_more_than_the_value_are_told_as_not_looked_at() {
    const END: &str = "</xades:SignedProperties>";
    let house = House::new();
    let key = house.person(Curve::P256);
    let signed = xades::sign(EVIDENCE, &key, &options(Digest::Sha256)).unwrap();
    let told = |element: &str| {
        let unsigned = format!(
            "{END}<xades:UnsignedProperties><xades:UnsignedSignatureProperties>{element}\
             </xades:UnsignedSignatureProperties></xades:UnsignedProperties>"
        );
        let xml = signed.replacen(END, &unsigned, 1);
        let report = xades::verify(xml.as_bytes(), &house.options());
        report.signers[0].outcome(CheckName::LongTerm)
    };
    assert_eq!(told("<xades:CompleteCertificateRefs/>"), None);
    for element in [
        "<xades:ArchiveTimeStamp/>",
        "<xades:SigAndRefsTimeStamp/>",
        "<a:ArchiveTimeStamp xmlns:a=\"http://uri.etsi.org/01903/v1.4.1#\"/>",
    ] {
        assert_eq!(told(element), Some(Outcome::NotChecked), "{element}");
    }
}

#[test]
fn wrapping_is_refused() {
    let house = House::new();
    let signed = xades::sign(
        EVIDENCE,
        &house.person(Curve::P256),
        &options(Digest::Sha256),
    )
    .unwrap();
    let refused = |name: &str, forged: String| {
        assert_ne!(forged, signed, "{name}: nothing was changed");
        let report = xades::verify(forged.as_bytes(), &house.options());
        assert_eq!(report.verdict(), Verdict::Failed, "{name}: {report:#?}");
    };
    let body = signed
        .strip_prefix("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n")
        .unwrap();
    refused(
        "the signed document inside another",
        format!("<Yeni>{body}</Yeni>"),
    );
    let from = signed.find("<ds:Signature ").unwrap();
    let to = signed.find("</ds:Signature>").unwrap() + "</ds:Signature>".len();
    let signature = &signed[from..to];
    refused(
        "the signature under another element",
        signed.replace(signature, &format!("<Sarma>{signature}</Sarma>")),
    );
    refused(
        "two signatures",
        signed.replace(signature, &format!("{signature}{signature}")),
    );
    refused(
        "a second SignedProperties with the same Id",
        signed.replace("<ds:KeyInfo>", "<ds:Object><xades:SignedProperties xmlns:xades=\"http://uri.etsi.org/01903/v1.3.2#\" Id=\"nitelik-1\"/></ds:Object><ds:KeyInfo>"),
    );
    refused(
        "a reference to a part only",
        signed.replace("URI=\"\"", "URI=\"#deger-1\""),
    );
    refused(
        "a reference outwards",
        signed.replace("URI=\"\"", "URI=\"http://example.org/a.xml\""),
    );
    refused(
        "a third reference",
        signed.replace(
            "</ds:SignedInfo>",
            "<ds:Reference URI=\"\"/></ds:SignedInfo>",
        ),
    );
    refused(
        "a transform that chooses",
        signed.replacen(
            "<ds:Transform Algorithm=\"http://www.w3.org/2000/09/xmldsig#enveloped-signature\">",
            "<ds:Transform Algorithm=\"http://www.w3.org/TR/1999/REC-xpath-19991116\">",
            1,
        ),
    );
    refused(
        "no type on the properties",
        signed.replace("Type=\"http://uri.etsi.org/01903#SignedProperties\" ", ""),
    );
    refused(
        "another signing time",
        signed.replace("2026-11-25T10", "2026-11-25T11"),
    );
    refused(
        "a document type",
        signed.replace("<!-- delil -->", "<!DOCTYPE a [<!ENTITY x \"y\">]>"),
    );
    refused("no signature", signed.replace(signature, ""));
}

#[test]
fn odd_documents_are_answers_not_panics() {
    let house = House::new();
    let signed = xades::sign(
        EVIDENCE,
        &house.person(Curve::P256),
        &options(Digest::Sha256),
    )
    .unwrap();
    for end in (0..signed.len()).step_by(41) {
        let Some(part) = signed.get(..end) else {
            continue;
        };
        assert_eq!(
            xades::verify(part.as_bytes(), &house.options()).verdict(),
            Verdict::Failed
        );
    }
    let deep = format!("{}{}", "<a>".repeat(20_000), "</a>".repeat(20_000));
    assert_eq!(
        xades::verify(deep.as_bytes(), &house.options()).verdict(),
        Verdict::Failed
    );
    assert_eq!(
        xades::verify(b"\xff\xfe", &house.options()).verdict(),
        Verdict::Failed
    );
    assert!(xades::sign("<a/>", &house.person(Curve::P256), &options(Digest::Sha256)).is_err());
    assert!(
        xades::sign(
            &signed,
            &house.person(Curve::P256),
            &options(Digest::Sha256)
        )
        .is_err()
    );
}

#[test]
fn what_would_keep_a_reader_busy_is_refused() {
    let house = House::new();
    let many = |each: &dyn Fn(usize) -> String| -> String { (0..300_000).map(each).collect() };
    let declared = many(&|at| format!(" xmlns:a{at}='u'"));
    for (xml, words) in [
        (format!("<r>{}</r>", "<a/>".repeat(300_000)), "etiket"),
        (
            format!("<r{}/>", many(&|at| format!(" a{at}=''"))),
            "nitelik",
        ),
        (format!("<r{declared}/>"), "nitelik"),
        (
            format!("<r>{}</r>", "<a xmlns='u'/>".repeat(2_000)),
            "ad alanı",
        ),
    ] {
        let report = xades::verify(xml.as_bytes(), &house.options());
        let failure = report.failure().unwrap();
        assert!(failure.text.contains(words), "{failure:?}");
    }
}

#[test]
fn more_values_than_anyone_needs_are_not_read() {
    const END: &str = "</xades:SignedProperties>";
    let house = House::new();
    let key = house.person(Curve::P256);
    let signed = xades::sign(EVIDENCE, &key, &options(Digest::Sha256)).unwrap();
    let before = xades::verify(signed.as_bytes(), &house.options()).signers[0]
        .beside
        .len();
    let certificate = key.certificate().der();
    let (kept, _) = certificate.split_at(certificate.len() - 2);
    let value = |number: u16| {
        let text = STANDARD.encode([kept, &number.to_be_bytes()].concat());
        format!("<xades:EncapsulatedX509Certificate>{text}</xades:EncapsulatedX509Certificate>")
    };
    let lists: String = [0..200, 200..400]
        .map(|numbers| {
            let values: String = numbers.map(value).collect();
            format!("<xades:CertificateValues>{values}</xades:CertificateValues>")
        })
        .concat();
    let unsigned = format!(
        "{END}<xades:UnsignedProperties><xades:UnsignedSignatureProperties>{lists}\
         </xades:UnsignedSignatureProperties></xades:UnsignedProperties>"
    );
    let signed = signed.replacen(END, &unsigned, 1);
    let report = xades::verify(signed.as_bytes(), &house.options());
    assert_eq!(report.failure(), None, "{report:?}");
    assert_eq!(report.signers[0].beside.len(), before + 256);
}
