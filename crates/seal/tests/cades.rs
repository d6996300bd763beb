//! CAdES-BES by software keys: our reader, OpenSSL's reader, and everything that must not pass.

#![allow(clippy::unwrap_used)]

mod common;

use cms::content_info::ContentInfo;
use cms::revocation::{RevocationInfoChoice, RevocationInfoChoices};
use cms::signed_data::SignedData;
use common::{CONTENT, House, PASSWORD, Stamps, attime, now, openssl, random, tool};
use const_oid::ObjectIdentifier;
use const_oid::db::rfc5280::{
    ID_CE_EXT_KEY_USAGE, ID_CE_KEY_USAGE, ID_KP_CLIENT_AUTH, ID_KP_CODE_SIGNING,
    ID_KP_EMAIL_PROTECTION, ID_KP_OCSP_SIGNING, ID_KP_SERVER_AUTH, ID_KP_TIME_STAMPING,
};
use der::asn1::{BitString, OctetString};
use der::{Any, Decode as _, Encode as _, Tag};
use seal::rehearsal::{Authority, Curve, Holder, Revoked, Services, Validity};
use seal::{
    CheckName, Cms, Content, Digest, Material, Outcome, Policy, Purpose, ReadError, SignOptions,
    Signer as _, SoftKey, TrustStore, Verdict, VerifyOptions, add_signer, merge, sign, verify,
    with_time_stamp, with_values,
};
use x509_cert::crl::CertificateList;
use x509_cert::ext::Extension;
use x509_cert::ext::pkix::{ExtendedKeyUsage, KeyUsage, KeyUsages};

fn outcome(report: &seal::Report, name: CheckName) -> Outcome {
    let mut all = report.all();
    all.find(|check| check.name == name).unwrap().outcome
}

#[test]
fn openssl_verifies_what_we_sign() {
    let house = House::new();
    let mut keys = vec![house.person(Curve::P256), house.person(Curve::P384)];
    keys.extend(house.rsa_person());
    for key in &keys {
        for digest in [Digest::Sha256, Digest::Sha384, Digest::Sha512] {
            let options = SignOptions::at(now()).with_digest(digest);
            for attached in [true, false] {
                let content = if attached {
                    Content::Attached(CONTENT)
                } else {
                    Content::Detached(CONTENT)
                };
                let cms = sign(key, content, &options).unwrap();
                let report = verify(&cms, Some(CONTENT), &house.options());
                assert_eq!(report.failure(), None, "{report:?}");
                let signed = house.write("signed.p7s", &cms);
                let content = house.write("content", CONTENT);
                let out = house.path("out");
                let mut files = vec![("-in", signed.as_path()), ("-out", out.as_path())];
                let root = house.path("root.pem");
                files.push(("-CAfile", &root));
                if !attached {
                    files.push(("-content", &content));
                }
                let at = attime();
                let arguments = [
                    "cms", "-verify", "-cades", "-binary", "-inform", "DER", "-attime", &at,
                    "-purpose", "any",
                ];
                if openssl(&arguments, &files).is_none() {
                    return;
                }
                assert_eq!(std::fs::read(&out).unwrap(), CONTENT);
                let other = house.write("content", b"baska icerik");
                if !attached {
                    files.retain(|(option, _)| *option != "-content");
                    files.push(("-content", &other));
                    let refused = tool("openssl", &arguments, &files).unwrap();
                    assert!(!refused.status.success());
                }
            }
        }
    }
}

#[test]
fn we_verify_what_openssl_signs() {
    let house = House::new();
    let Some(key) = house.rsa_person() else {
        return;
    };
    let pem = house.write("key.pem", key.key_pem().unwrap().as_bytes());
    let certificate = house.write("certificate.pem", key.certificate().pem().as_bytes());
    let intermediate = house.path("intermediate.pem");
    let content = house.write("content", CONTENT);
    let signed = house.path("signed.p7s");
    for (extra, format) in [(&["-nodetach"][..], "attached"), (&[][..], "detached")] {
        let mut arguments = vec![
            "cms", "-sign", "-cades", "-binary", "-outform", "DER", "-md", "sha256",
        ];
        arguments.extend(extra);
        let files = [
            ("-signer", certificate.as_path()),
            ("-inkey", &pem),
            ("-certfile", &intermediate),
            ("-in", &content),
            ("-out", &signed),
        ];
        openssl(&arguments, &files).unwrap();
        let report = verify(
            &std::fs::read(&signed).unwrap(),
            Some(CONTENT),
            &house.options(),
        );
        assert_eq!(report.failure(), None, "{format}: {report:?}");
        assert_eq!(report.signers[0].name.as_deref(), Some("Fatma Kaya"));
    }
}

#[test]
fn several_people_sign_the_same_content() {
    let house = House::new();
    let options = SignOptions::at(now());
    let first = house.person(Curve::P256);
    let second = house.named("Fatma Kaya", "20000000046", Curve::P384, 12);
    let one = sign(&first, Content::Attached(CONTENT), &options).unwrap();
    let both = add_signer(
        &one,
        &second,
        None,
        &options.clone().with_digest(Digest::Sha512),
    )
    .unwrap();
    let report = verify(&both, Some(CONTENT), &house.options());
    assert_eq!(report.failure(), None);
    let mut people: Vec<_> = report
        .signers
        .iter()
        .filter_map(|s| s.name.clone())
        .collect();
    people.sort();
    assert_eq!(people, ["Ali Şahin", "Fatma Kaya"]);
    assert!(
        add_signer(&both, &first, None, &options).is_err(),
        "the same key twice"
    );

    let signed = house.write("both.p7s", &both);
    let root = house.path("root.pem");
    let at = attime();
    openssl(
        &[
            "cms",
            "-verify",
            "-cades",
            "-inform",
            "DER",
            "-attime",
            &at,
            "-purpose",
            "any",
            "-out",
            "/dev/null",
        ],
        &[("-in", &signed), ("-CAfile", &root)],
    );
}

#[test]
fn a_declared_policy_is_signed() {
    let house = House::new();
    let mut options = SignOptions::at(now());
    options.policy = Some(Policy {
        oid: "2.16.792.1.61.0.1.5070.3.3.1".into(),
        digest: Digest::Sha256,
        hash: Digest::Sha256.of(b"policy document"),
        uri: Some("http://example.org/politika.pdf".into()),
    });
    let cms = sign(
        &house.person(Curve::P256),
        Content::Attached(CONTENT),
        &options,
    )
    .unwrap();
    assert_eq!(verify(&cms, None, &house.options()).failure(), None);
    let path = house.write("policy.p7s", &cms);
    let Some(printed) = openssl(&["asn1parse", "-inform", "DER", "-i"], &[("-in", &path)]) else {
        return;
    };
    let printed = String::from_utf8_lossy(&printed.stdout).into_owned();
    assert!(printed.contains("id-smime-aa-ets-sigPolicyId"));
    assert!(printed.contains("http://example.org/politika.pdf"));
}

#[test]
fn a_pkcs12_file_opens_with_its_password_alone() {
    let house = House::new();
    let key = house.person(Curve::P256);
    let file = key.to_pkcs12(PASSWORD).unwrap();
    let opened = SoftKey::from_pkcs12(&file, PASSWORD).unwrap();
    assert_eq!(opened.certificate(), key.certificate());
    assert_eq!(opened.issuers(), key.issuers());
    let wrong = SoftKey::from_pkcs12(&file, "654321").unwrap_err();
    assert!(matches!(wrong, seal::SealError::Password), "{wrong:?}");
    let path = house.write("key.p12", &file);
    openssl(
        &["pkcs12", "-noout", "-passin", "pass:123456"],
        &[("-in", &path)],
    );
    assert!(SoftKey::from_pkcs12(b"not a key", PASSWORD).is_err());
}

#[test]
fn we_open_the_pkcs12_files_of_openssl() {
    let house = House::new();
    let Some(key) = house.rsa_person() else {
        return;
    };
    let pem = house.write("key.pem", key.key_pem().unwrap().as_bytes());
    let certificate = house.write("certificate.pem", key.certificate().pem().as_bytes());
    let intermediate = house.path("intermediate.pem");
    let out = house.path("key.p12");
    let files = [
        ("-inkey", pem.as_path()),
        ("-in", &certificate),
        ("-certfile", &intermediate),
        ("-out", &out),
    ];
    for old in [&[][..], &["-legacy"][..]] {
        let mut arguments = vec!["pkcs12", "-export", "-passout", "pass:123456"];
        arguments.extend(old);
        openssl(&arguments, &files).unwrap();
        let opened = SoftKey::from_pkcs12(&std::fs::read(&out).unwrap(), PASSWORD).unwrap();
        assert_eq!(opened.certificate(), key.certificate(), "{old:?}");
    }
}

#[test]
fn every_forgery_fails_by_name() {
    let house = House::new();
    let key = house.person(Curve::P256);
    let options = SignOptions::at(now());
    let attached = sign(&key, Content::Attached(CONTENT), &options).unwrap();
    let detached = sign(&key, Content::Detached(CONTENT), &options).unwrap();

    let other = verify(&detached, Some(b"baska"), &house.options());
    assert_eq!(outcome(&other, CheckName::Digest), Outcome::Failed);
    assert_eq!(outcome(&other, CheckName::Signature), Outcome::Ok);

    let other = verify(&attached, Some(b"baska"), &house.options());
    assert_eq!(outcome(&other, CheckName::Content), Outcome::Failed);

    let missing = verify(&detached, None, &house.options());
    assert_eq!(outcome(&missing, CheckName::Content), Outcome::Failed);

    // One letter of the content inside.
    let mut changed = attached.clone();
    let at = changed
        .windows(CONTENT.len())
        .position(|w| w == CONTENT)
        .unwrap();
    changed[at] ^= 0x20;
    let report = verify(&changed, None, &house.options());
    assert_eq!(outcome(&report, CheckName::Digest), Outcome::Failed);

    // The signature value itself.
    let mut changed = attached.clone();
    *changed.last_mut().unwrap() ^= 1;
    let report = verify(&changed, None, &house.options());
    assert_eq!(outcome(&report, CheckName::Signature), Outcome::Failed);
    assert_eq!(report.verdict(), Verdict::Failed);
    assert!(report.sentence().starts_with("imzası doğrulanamadı: "));

    // A root that we do not trust.
    let stranger = House::new();
    let empty = Material::default();
    let foreign = TrustStore::new(Vec::new(), vec![stranger.authority.root().clone()]);
    let options = VerifyOptions {
        trust: &foreign,
        at: now(),
        material: &empty,
    };
    let report = verify(&attached, None, &options);
    assert_eq!(outcome(&report, CheckName::Chain), Outcome::NotChecked);
    let mut random = common::random(99);
    let services = seal::rehearsal::Services {
        base: "http://127.0.0.1:9/x".into(),
    };
    let another = seal::rehearsal::Authority::create(services, now(), &mut random).unwrap();
    let foreign = TrustStore::new(vec![another.root().clone()], Vec::new());
    let options = VerifyOptions {
        trust: &foreign,
        at: now(),
        material: &empty,
    };
    assert_eq!(
        outcome(&verify(&attached, None, &options), CheckName::Chain),
        Outcome::Failed
    );
}

#[test]
fn two_signatures_over_different_content_do_not_pass_together() {
    let house = House::new();
    let options = SignOptions::at(now());
    let first = sign(
        &house.person(Curve::P256),
        Content::Detached(CONTENT),
        &options,
    )
    .unwrap();
    let second = house.named("Fatma Kaya", "20000000046", Curve::P256, 12);
    let both = add_signer(&first, &second, Some(b"baska icerik"), &options).unwrap();
    for content in [CONTENT, b"baska icerik"] {
        let report = verify(&both, Some(content), &house.options());
        assert_eq!(report.verdict(), Verdict::Failed);
        let right = report
            .signers
            .iter()
            .filter(|s| s.failure().is_none())
            .count();
        assert_eq!(right, 1);
    }
}

/// The same with revocation lists beside the certificates.
fn with_lists(cms: &[u8], lists: &[Vec<u8>]) -> Vec<u8> {
    let mut info = ContentInfo::from_der(cms).unwrap();
    let mut data: SignedData = info.content.decode_as().unwrap();
    let list = |der: &Vec<u8>| RevocationInfoChoice::Crl(CertificateList::from_der(der).unwrap());
    let lists: Vec<RevocationInfoChoice> = lists.iter().map(list).collect();
    data.crls = Some(RevocationInfoChoices::try_from(lists).unwrap());
    info.content = Any::encode_from(&data).unwrap();
    info.to_der().unwrap()
}

#[test]
fn merged_signatures_keep_every_list_and_no_signer_stands_twice() {
    let house = House::new();
    let ali = house.person(Curve::P256);
    let fatma = house.named("Fatma Kaya", "20000000046", Curve::P256, 12);
    let signed = |key: &SoftKey, options: &SignOptions| {
        sign(key, Content::Attached(CONTENT), options).unwrap()
    };
    let options = SignOptions::at(now());
    let lists = house.revocation_of(&ali, &[], now()).crls;
    let first = with_lists(&signed(&ali, &options), &lists[..1]);
    let second = with_lists(&signed(&fatma, &options), &lists[1..]);
    let merged = merge(&[first.clone(), second]).unwrap();
    let info = ContentInfo::from_der(&merged).unwrap();
    let data: SignedData = info.content.decode_as().unwrap();
    assert_eq!(data.crls.unwrap().0.len(), 2);
    let report = verify(&merged, Some(CONTENT), &house.options());
    assert_eq!(report.failure(), None, "{report:?}");
    assert_eq!(report.signers.len(), 2);

    // The same signature again is no other one; one of another minute is.
    assert_eq!(merge(&[merged.clone(), first]).unwrap(), merged);
    let minute = jiff::SignedDuration::from_mins(1);
    let again = signed(&ali, &SignOptions::at(now() + minute));
    assert!(merge(&[merged, again]).is_err());
}

#[tokio::test]
async fn what_nobody_signed_comes_off() {
    let house = House::new();
    let key = house.person(Curve::P256);
    let cms = sign(&key, Content::Attached(CONTENT), &SignOptions::at(now())).unwrap();
    let beside = [house.authority.intermediate().clone()];
    let path = house
        .trust
        .path(key.certificate(), &beside, now(), Purpose::Document)
        .unwrap();
    let material = house.revocation_of(&key, &[], now());
    let stamps = Stamps::new(&house, now());
    let stamped = with_time_stamp(&cms, Digest::Sha256, &stamps)
        .await
        .unwrap();
    let long = with_values(&stamped, &path, &material, Digest::Sha256, &stamps)
        .await
        .unwrap();
    let long = with_lists(&long, &material.crls);
    let report = verify(&long, None, &house.options());
    assert_eq!(report.failure(), None, "{report:?}");
    let bare = Cms::from_der(&long).unwrap().bare().unwrap();
    assert_eq!(bare, cms);
}

#[test]
fn a_root_of_the_same_name_with_another_key_is_told_in_words() {
    let house = House::new();
    let services = Services {
        base: "http://127.0.0.1:9/prova-esh".into(),
    };
    let impostor = Authority::create(services, now(), &mut random(77)).unwrap();
    let trust = TrustStore::new(vec![impostor.root().clone()], Vec::new());
    let key = house.person(Curve::P256);
    let cms = sign(&key, Content::Attached(CONTENT), &SignOptions::at(now())).unwrap();
    let options = VerifyOptions {
        trust: &trust,
        ..house.options()
    };
    let said = verify(&cms, None, &options).failure().unwrap().text.clone();
    assert!(
        said.contains("makamın anahtarıyla doğrulanmayan") && !said.contains("Signature"),
        "{said}"
    );
}

#[test]
fn expired_and_revoked_are_two_findings() {
    let house = House::new();
    let holder = Holder::Person {
        name: "Ali Şahin",
        tckn: "10000000146",
    };
    let hour = jiff::SignedDuration::from_hours(1);
    let old = Validity {
        from: now() - hour * 20,
        to: now() - hour,
    };
    let key = house
        .authority
        .issue_key(&holder, Curve::P256, old, &mut common::random(5))
        .unwrap();
    let cms = sign(&key, Content::Attached(CONTENT), &SignOptions::at(now())).unwrap();
    let report = verify(&cms, None, &house.options());
    assert_eq!(outcome(&report, CheckName::Validity), Outcome::Failed);
    assert_eq!(outcome(&report, CheckName::Chain), Outcome::Ok);
    assert!(report.failure().unwrap().text.contains("süresi"));

    let key = house.person(Curve::P256);
    let cms = sign(&key, Content::Attached(CONTENT), &SignOptions::at(now())).unwrap();
    let entry = |at| {
        [Revoked {
            serial: key.certificate().serial(),
            at,
        }]
    };
    for (revoked, expected) in [
        (entry(now() - hour), Outcome::Failed),
        // Without a stamp "now" counts, so a later revocation is not one yet.
        (entry(now() + hour), Outcome::Ok),
    ] {
        let material = house.revocation_of(&key, &revoked, now() + hour);
        let options = VerifyOptions {
            material: &material,
            ..house.options()
        };
        let report = verify(&cms, None, &options);
        assert_eq!(
            outcome(&report, CheckName::Revocation),
            expected,
            "{report:?}"
        );
    }
    let nothing = verify(&cms, None, &house.options());
    assert_eq!(
        outcome(&nothing, CheckName::Revocation),
        Outcome::NotChecked
    );
    assert_eq!(nothing.verdict(), Verdict::Incomplete);
}

/// The key with another certificate: what `change` makes of its own, signed anew by the root
/// (`issuer` 0) or the intermediate (1).
fn with_certificate(
    house: &House,
    key: &SoftKey,
    issuer: usize,
    change: impl FnOnce(&mut x509_cert::TbsCertificate),
) -> SoftKey {
    const KEY: &str = "-----BEGIN PRIVATE KEY-----";
    let authority = house.authority.to_pem().unwrap();
    let pem = authority.split(KEY).nth(issuer + 1).unwrap();
    let (secret, own) = pem.split_at(pem.find("-----BEGIN CERTIFICATE").unwrap());
    let issuer = SoftKey::from_pem(&format!("{KEY}{secret}"), own).unwrap();
    let mut made = x509_cert::Certificate::from_der(key.certificate().der()).unwrap();
    change(&mut made.tbs_certificate);
    let signed = made.tbs_certificate.to_der().unwrap();
    let signature = issuer.sign(Digest::Sha384, &signed).unwrap();
    made.signature = BitString::from_bytes(&signature).unwrap();
    let made = seal::Certificate::from_der(&made.to_der().unwrap()).unwrap();
    SoftKey::from_pem(&key.key_pem().unwrap(), &(made.pem() + own)).unwrap()
}

/// One extension more, or another in the place of the one of this kind.
fn extend<T: der::Encode>(
    tbs: &mut x509_cert::TbsCertificate,
    extn_id: const_oid::ObjectIdentifier,
    value: &T,
) {
    let list = tbs.extensions.as_mut().unwrap();
    list.retain(|extension| extension.extn_id != extn_id);
    list.push(Extension {
        extn_id,
        critical: false,
        extn_value: OctetString::new(value.to_der().unwrap()).unwrap(),
    });
}

#[test]
fn a_certificate_for_another_purpose_signs_no_document() {
    let house = House::new();
    let person = house.person(Curve::P256);
    let holder = Holder::LogIn {
        name: "Ali Şahin",
        tckn: "10000000146",
    };
    let days = Validity::days(now(), 365);
    let authority = &house.authority;
    let log_in = authority.issue_key(&holder, Curve::P256, days, &mut random(31));
    let log_in = log_in.unwrap();
    let document_signing = const_oid::ObjectIdentifier::new_unwrap("1.3.6.1.4.1.311.10.3.12");
    for (key, usages, expected) in [
        (&person, vec![ID_KP_SERVER_AUTH], Outcome::Failed),
        (
            &person,
            vec![ID_KP_SERVER_AUTH, ID_KP_CLIENT_AUTH],
            Outcome::Failed,
        ),
        (&person, vec![ID_KP_CODE_SIGNING], Outcome::Failed),
        (&person, vec![ID_KP_TIME_STAMPING], Outcome::Failed),
        (&person, vec![ID_KP_OCSP_SIGNING], Outcome::Failed),
        (&log_in, vec![ID_KP_CLIENT_AUTH], Outcome::Failed),
        (&person, vec![ID_KP_CLIENT_AUTH], Outcome::Ok),
        (&person, vec![ID_KP_EMAIL_PROTECTION], Outcome::Ok),
        (
            &log_in,
            vec![ID_KP_CLIENT_AUTH, ID_KP_EMAIL_PROTECTION],
            Outcome::Ok,
        ),
        (&person, vec![document_signing], Outcome::Ok),
        (
            &person,
            vec![ID_KP_SERVER_AUTH, document_signing],
            Outcome::Ok,
        ),
    ] {
        let usage = ExtendedKeyUsage(usages);
        let key = with_certificate(&house, key, 1, |tbs| {
            extend(tbs, ID_CE_EXT_KEY_USAGE, &usage);
        });
        let cms = sign(&key, Content::Attached(CONTENT), &SignOptions::at(now())).unwrap();
        let report = verify(&cms, None, &house.options());
        assert_eq!(outcome(&report, CheckName::Chain), Outcome::Ok, "{usage:?}");
        assert_eq!(
            outcome(&report, CheckName::KeyUsage),
            expected,
            "{usage:?}: {report:?}"
        );
    }
}

#[test]
fn a_certificate_says_whether_it_is_a_persons_qualified_one() {
    const QUALIFIED: &str = "0.4.0.1862.1.1";
    const KIND: &str = "0.4.0.1862.1.6";
    let house = House::new();
    let person = house.person(Curve::P256);
    let oid = |text: &str| ObjectIdentifier::new(text).unwrap();
    let turkish = |end: &str| (format!("2.16.792.1.61.0.1.5070.{end}"), None);
    let european = |id: &str, kind: Option<&'static str>| (id.to_owned(), kind);
    for (statements, qualified, seal) in [
        (vec![], false, false),
        (vec![european("1.3.6.1.5.5.7.11.2", None)], false, false),
        (vec![european(QUALIFIED, None)], true, false),
        (vec![turkish("1.1")], true, false),
        (vec![turkish("2.1")], true, false),
        // A seal says the same of itself, and then what it is for.
        (
            vec![european(QUALIFIED, None), turkish("1.1"), turkish("1.3")],
            false,
            true,
        ),
        (vec![turkish("2.1"), turkish("2.2")], false, true),
        (
            vec![
                european(QUALIFIED, None),
                european(KIND, Some("0.4.0.1862.1.6.1")),
            ],
            true,
            false,
        ),
        (
            vec![
                european(QUALIFIED, None),
                european(KIND, Some("0.4.0.1862.1.6.2")),
            ],
            false,
            true,
        ),
    ] {
        let written: Vec<Any> = statements
            .iter()
            .map(|(id, kind)| {
                let mut inside = oid(id).to_der().unwrap();
                if let Some(kind) = kind {
                    inside.extend(vec![oid(kind)].to_der().unwrap());
                }
                Any::new(Tag::Sequence, inside).unwrap()
            })
            .collect();
        let key = with_certificate(&house, &person, 1, |tbs| {
            extend(tbs, oid("1.3.6.1.5.5.7.1.3"), &written);
        });
        let certificate = key.certificate();
        let said = (
            certificate.is_qualified(),
            certificate.is_institution_seal(),
        );
        assert_eq!(said, (qualified, seal), "{statements:?}");
    }
    // What a rehearsal issues.
    let holder = Holder::Seal {
        name: "Keşan Belediye Başkanlığı",
        detsis: "01039100",
    };
    let days = Validity::days(now(), 365);
    let authority = &house.authority;
    let seal = authority.issue_key(&holder, Curve::P256, days, &mut random(33));
    let seal = seal.unwrap();
    assert!(person.certificate().is_qualified() && !person.certificate().is_institution_seal());
    assert!(seal.certificate().is_institution_seal() && !seal.certificate().is_qualified());
}

#[test]
fn an_authority_that_may_not_sign_certificates_issues_none() {
    let house = House::new();
    let person = house.person(Curve::P256);
    let pem = house.authority.to_pem().unwrap();
    let pem = pem.split_inclusive("-----END CERTIFICATE-----\n").nth(1);
    let (secret, own) = pem.unwrap().split_once("-----BEGIN CERTIFICATE").unwrap();
    let own = format!("-----BEGIN CERTIFICATE{own}");
    let intermediate = SoftKey::from_pem(secret, &own).unwrap();
    for (usage, expected) in [
        (KeyUsages::KeyCertSign | KeyUsages::CRLSign, Outcome::Ok),
        (
            KeyUsages::DigitalSignature | KeyUsages::CRLSign,
            Outcome::Failed,
        ),
    ] {
        let issuer = with_certificate(&house, &intermediate, 0, |tbs| {
            extend(tbs, ID_CE_KEY_USAGE, &KeyUsage(usage));
        });
        let chain = person.certificate().pem() + &issuer.certificate().pem();
        let key = SoftKey::from_pem(&person.key_pem().unwrap(), &chain).unwrap();
        let cms = sign(&key, Content::Attached(CONTENT), &SignOptions::at(now())).unwrap();
        let report = verify(&cms, None, &house.options());
        assert_eq!(outcome(&report, CheckName::Chain), expected, "{report:?}");
    }
}

#[test]
fn broken_bytes_have_names() {
    let house = House::new();
    let cms = sign(
        &house.person(Curve::P256),
        Content::Attached(CONTENT),
        &SignOptions::at(now()),
    )
    .unwrap();
    let read = |bytes: &[u8]| Cms::from_der(bytes).unwrap_err();
    assert_eq!(read(b""), ReadError::Empty);
    assert!(matches!(
        read(&cms[..cms.len() / 2]),
        ReadError::Truncated(_)
    ));
    let huge = [0x30, 0x84, 0xff, 0xff, 0xff, 0xff];
    assert!(matches!(read(&huge), ReadError::HugeLength(_)));
    assert!(matches!(read(&[0x30, 0x89, 1]), ReadError::HugeLength(_)));
    let mut trailing = cms.clone();
    trailing.push(0);
    assert_eq!(read(&trailing), ReadError::Trailing(1));
    let mut deep = Vec::new();
    for _ in 0..40 {
        deep = [&[0x30, u8::try_from(deep.len()).unwrap()], deep.as_slice()].concat();
    }
    assert_eq!(read(&deep), ReadError::TooDeep);
    let set: Vec<u8> = [2, 1, 0].repeat(4000);
    let length = u16::try_from(set.len()).unwrap().to_be_bytes();
    let many = [&[0x31, 0x82, length[0], length[1]], set.as_slice()].concat();
    assert_eq!(read(&many), ReadError::TooMany);
    assert!(matches!(read(&[0x30, 3, 2, 1, 0]), ReadError::Malformed(_)));
    // Every prefix and every flipped byte is an answer, not a panic.
    for end in 0..cms.len() {
        assert_eq!(
            verify(&cms[..end], None, &house.options()).verdict(),
            Verdict::Failed
        );
    }
    for at in (0..cms.len()).step_by(7) {
        let mut changed = cms.clone();
        changed[at] ^= 0x55;
        let _ = verify(&changed, None, &house.options());
    }
}
