//! T, X-Long and A: OpenSSL checks the stamps and the answers, and time passes.

#![allow(clippy::unwrap_used)]

mod common;

use cms::content_info::ContentInfo;
use cms::signed_data::{SignedData, SignerInfos};
use common::{CONTENT, House, Stamps, attime, now, openssl};
use const_oid::ObjectIdentifier;
use der::asn1::SetOfVec;
use der::{Any, Decode as _, Encode as _};
use jiff::SignedDuration;
use seal::rehearsal::{Curve, Holder, Revoked, ServiceKind, Validity};
use seal::{
    CheckName, Content, Digest, Level, Material, Outcome, Purpose, SignOptions, Signer as _,
    SoftKey, TimeStampQuestion, Verdict, VerifyOptions, sign, verify, with_archive_time_stamp,
    with_time_stamp, with_values,
};
use x509_cert::attr::Attribute;

fn block_on<F: Future>(future: F) -> F::Output {
    tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap()
        .block_on(future)
}

/// What a signer's server gathers: the way to the root, and what revokes along it.
fn values(house: &House, key: &SoftKey) -> (Vec<seal::Certificate>, Material) {
    let path = house
        .trust
        .path(key.certificate(), key.issuers(), now(), Purpose::Document)
        .unwrap();
    let mut material = house.revocation_of(key, &[], now());
    material.certificates.clear();
    (path, material)
}

fn x_long(house: &House, key: &SoftKey, digest: Digest) -> Vec<u8> {
    let options = SignOptions::at(now()).with_digest(digest);
    let bes = sign(key, Content::Attached(CONTENT), &options).unwrap();
    let stamps = Stamps::new(house, now());
    let t = block_on(with_time_stamp(&bes, digest, &stamps)).unwrap();
    let report = verify(&t, None, &house.options());
    assert_eq!(report.signers[0].level, Level::T);
    assert_eq!(report.signers[0].stamped_at, Some(now()));
    let (path, material) = values(house, key);
    block_on(with_values(&t, &path, &material, digest, &stamps)).unwrap()
}

#[test]
fn a_long_signature_is_verified_years_later_without_a_network() {
    let house = House::new();
    for digest in [Digest::Sha256, Digest::Sha384, Digest::Sha512] {
        let key = house.person(Curve::P256);
        let long = x_long(&house, &key, digest);
        // The person's certificate lasts a year, the authority's ten.
        let later = now() + SignedDuration::from_hours(24 * 365 * 3);
        let options = VerifyOptions {
            at: later,
            ..house.options()
        };
        let report = verify(&long, Some(CONTENT), &options);
        assert_eq!(report.verdict(), Verdict::Verified, "{report:#?}");
        assert_eq!(report.signers[0].level, Level::XLong);

        let bes = sign(&key, Content::Attached(CONTENT), &SignOptions::at(now())).unwrap();
        let report = verify(&bes, None, &options);
        assert_eq!(report.verdict(), Verdict::Failed, "expired without a stamp");
        let why = &report.failure().unwrap().text;
        assert!(why.contains("zaman damgası yok"), "{why}");
        assert!(!why.contains("tarihli"), "nobody knows its date: {why}");

        let archived = block_on(with_archive_time_stamp(
            &long,
            None,
            digest,
            &Stamps::new(&house, now()),
        ))
        .unwrap();
        let report = verify(&archived, Some(CONTENT), &options);
        assert_eq!(report.verdict(), Verdict::Verified, "{report:#?}");
        assert_eq!(report.signers[0].level, Level::A);
        let again = block_on(with_archive_time_stamp(
            &archived,
            None,
            digest,
            &Stamps::new(&house, later),
        ))
        .unwrap();
        // Whether the authority was revoked by then only data of that time can say.
        let report = verify(&again, None, &options);
        assert_eq!(report.verdict(), Verdict::Incomplete, "{report:#?}");
        assert_eq!(report.signers[0].stamped_at, Some(now()));
        let fresh = house.revocation_of(&key, &[], later);
        let known = VerifyOptions {
            material: &fresh,
            ..options
        };
        let report = verify(&again, None, &known);
        assert_eq!(report.verdict(), Verdict::Verified, "{report:#?}");
    }
}

#[test]
fn a_stamp_counts_as_far_as_its_authority_is_known_not_to_be_revoked() {
    let house = House::new();
    let key = house.person(Curve::P256);
    let hours = |hours| now() + SignedDuration::from_hours(hours);
    let bes = sign(&key, Content::Attached(CONTENT), &SignOptions::at(now())).unwrap();
    let stamps = Stamps::new(&house, now());
    let t = block_on(with_time_stamp(&bes, Digest::Sha256, &stamps)).unwrap();

    // Nothing at hand: the time is told, whom to ask is told, and nothing is called verified.
    let report = verify(&t, None, &house.options());
    let signer = &report.signers[0];
    assert_eq!(
        signer.outcome(CheckName::TimeStamp),
        Some(Outcome::NotChecked),
        "{report:#?}"
    );
    assert_eq!(signer.stamped_at, Some(now()));
    assert_eq!(report.verdict(), Verdict::Incomplete);
    let unasked = signer.unasked();
    let purposes: Vec<_> = unasked.iter().map(|one| one.purpose).collect();
    assert_eq!(purposes, [Purpose::Document, Purpose::TimeStamping]);
    assert!(unasked.iter().all(|one| one.is_open), "{unasked:?}");
    let authority = unasked[1].certificate.serial();

    let since = |at| {
        vec![Revoked {
            serial: authority.clone(),
            at,
        }]
    };
    let cases = [
        ("asked now", vec![], hours(3), Outcome::Ok),
        ("known when it stamped", vec![], hours(0), Outcome::Ok),
        (
            "told too long before",
            vec![],
            hours(-48),
            Outcome::NotChecked,
        ),
        (
            "revoked before",
            since(hours(-1)),
            hours(3),
            Outcome::Failed,
        ),
        // Whoever has the key can set any time.
        ("revoked since", since(hours(1)), hours(3), Outcome::Failed),
        ("revoked later", since(hours(400)), hours(3), Outcome::Ok),
    ];
    for (name, revoked, told_at, outcome) in cases {
        let material = house.revocation_of(&key, &revoked, told_at);
        let options = VerifyOptions {
            at: hours(300),
            material: &material,
            ..house.options()
        };
        let report = verify(&t, None, &options);
        let signer = &report.signers[0];
        assert_eq!(
            signer.outcome(CheckName::TimeStamp),
            Some(outcome),
            "{name}: {report:#?}"
        );
        let kept = (outcome != Outcome::Failed).then(now);
        assert_eq!(signer.stamped_at, kept, "{name}");
    }
}

fn read(der: &[u8]) -> (ContentInfo, SignedData) {
    let info = ContentInfo::from_der(der).unwrap();
    let data = info.content.decode_as().unwrap();
    (info, data)
}

/// The signature of the first copy with the unsigned attributes of all.
fn with_all_attributes(copies: &[Vec<u8>]) -> Vec<u8> {
    let attributes = copies
        .iter()
        .flat_map(|der| read(der).1.signer_infos.0.into_vec())
        .flat_map(|signer| signer.unsigned_attrs.unwrap().into_vec());
    with_attributes(&copies[0], attributes.collect())
}

fn with_attributes(der: &[u8], attributes: Vec<Attribute>) -> Vec<u8> {
    let (mut info, mut data) = read(der);
    let mut signer = data.signer_infos.0.get(0).unwrap().clone();
    signer.unsigned_attrs = Some(SetOfVec::try_from(attributes).unwrap());
    data.signer_infos = SignerInfos(SetOfVec::try_from(vec![signer]).unwrap());
    info.content = Any::encode_from(&data).unwrap();
    info.to_der().unwrap()
}

#[test]
fn of_several_stamps_the_earliest_is_proved() {
    let house = House::new();
    let key = house.person(Curve::P256);
    let bes = sign(&key, Content::Attached(CONTENT), &SignOptions::at(now())).unwrap();
    let hours = |hours| now() + SignedDuration::from_hours(hours);
    let material = house.revocation_of(&key, &[], hours(5));
    let options = VerifyOptions {
        at: hours(5),
        material: &material,
        ..house.options()
    };
    // In one signature the stamps stand in the order of their octets, whatever their times are.
    for times in [[0, 1, 2], [0, 2, 4], [0, 3, 4]] {
        let copies = times.map(|at| {
            let stamps = Stamps::new(&house, hours(at));
            block_on(with_time_stamp(&bes, Digest::Sha256, &stamps)).unwrap()
        });
        let stamped = with_all_attributes(&copies);
        let report = verify(&stamped, None, &options);
        let signer = &report.signers[0];
        assert_eq!(signer.outcome(CheckName::TimeStamp), Some(Outcome::Ok));
        assert_eq!(signer.stamped_at, Some(now()), "{times:?}");
    }
}

#[test]
fn openssl_still_reads_the_long_forms() {
    let house = House::new();
    let mut keys = vec![house.person(Curve::P384)];
    keys.extend(house.rsa_person());
    for key in keys {
        let long = x_long(&house, &key, Digest::Sha256);
        let stamps = Stamps::new(&house, now());
        let archived = block_on(with_archive_time_stamp(
            &long,
            None,
            Digest::Sha256,
            &stamps,
        ))
        .unwrap();
        let path = house.write("archived.p7s", &archived);
        let (root, at) = (house.path("root.pem"), attime());
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
            &[("-in", &path), ("-CAfile", &root)],
        );
    }
}

#[test]
fn a_later_revocation_does_not_touch_a_stamped_signature() {
    let house = House::new();
    let key = house.person(Curve::P256);
    let hour = SignedDuration::from_hours(1);
    let bes = sign(&key, Content::Attached(CONTENT), &SignOptions::at(now())).unwrap();
    let t = block_on(with_time_stamp(
        &bes,
        Digest::Sha256,
        &Stamps::new(&house, now()),
    ))
    .unwrap();
    for (since, outcome) in [(now() + hour, Outcome::Ok), (now() - hour, Outcome::Failed)] {
        let revoked = [Revoked {
            serial: key.certificate().serial(),
            at: since,
        }];
        let material = house.revocation_of(&key, &revoked, now() + hour * 2);
        let options = VerifyOptions {
            at: now() + hour * 3,
            material: &material,
            ..house.options()
        };
        let report = verify(&t, None, &options);
        assert_eq!(
            report.signers[0].outcome(CheckName::Revocation),
            Some(outcome),
            "{report:#?}"
        );
    }
}

#[test]
fn a_stamp_of_another_signature_proves_nothing() {
    let house = House::new();
    let key = house.person(Curve::P256);
    let stamps = Stamps::new(&house, now());
    let one = sign(&key, Content::Attached(CONTENT), &SignOptions::at(now())).unwrap();
    let one = block_on(with_time_stamp(&one, Digest::Sha256, &stamps)).unwrap();
    // Another value under the same stamp: the last byte of the value is found by signing again.
    let other = sign(&key, Content::Attached(b"x"), &SignOptions::at(now())).unwrap();
    let value = &other[other.len() - 60..];
    let mine = sign(&key, Content::Attached(CONTENT), &SignOptions::at(now())).unwrap();
    let value_of_mine = &mine[mine.len() - 60..];
    let at = one.windows(60).position(|w| w == value_of_mine).unwrap();
    let mut forged = one.clone();
    forged[at..at + 60].copy_from_slice(value);
    let report = verify(&forged, None, &house.options());
    let signer = &report.signers[0];
    assert_eq!(
        signer.outcome(CheckName::TimeStamp),
        Some(Outcome::Failed),
        "{report:#?}"
    );
    assert_eq!(signer.stamped_at, None);
}

#[test]
fn what_an_archive_stamp_covers_cannot_be_taken_out() {
    let house = House::new();
    let key = house.person(Curve::P256);
    let long = x_long(&house, &key, Digest::Sha256);
    let stamps = Stamps::new(&house, now());
    let archived = block_on(with_archive_time_stamp(
        &long,
        None,
        Digest::Sha256,
        &stamps,
    ))
    .unwrap();
    // A letter of the rehearsal's mark inside the certificate values.
    let mark = "GEÇERSİZ".as_bytes();
    let places: Vec<_> = (0..archived.len() - mark.len())
        .filter(|at| archived[*at..].starts_with(mark))
        .collect();
    let mut failed = 0;
    for at in &places {
        let mut changed = archived.clone();
        changed[*at] = b'Z';
        failed +=
            usize::from(verify(&changed, None, &house.options()).verdict() == Verdict::Failed);
    }
    assert!(places.len() > 6);
    // The issuer's certificate inside the outermost stamp: nothing covers it yet, and the way to the
    // root is found without it.
    assert_eq!(places.len() - failed, 2);
}

#[test]
fn a_stamp_put_in_after_the_archive_stamp_is_judged_as_of_today() {
    let house = House::new();
    let hours = |hours| now() + SignedDuration::from_hours(hours);
    let key = house.person(Curve::P256);
    // An authority whose key is stolen later: its stamps can say any time.
    let holder = Holder::TimeStamps { name: "Çalınan" };
    let validity = Validity::days(now(), 365);
    let stolen = house
        .authority
        .issue_key(&holder, Curve::P256, validity, &mut common::random(31))
        .unwrap();
    let thief = House {
        authority: common::stamping(&house.authority, &stolen),
        ..House::new()
    };
    let stamp = |cms: &[u8], house: &House, at| {
        block_on(with_time_stamp(
            cms,
            Digest::Sha256,
            &Stamps::new(house, at),
        ))
        .unwrap()
    };
    let archive = |cms: &[u8], at| {
        let stamps = Stamps::new(&house, at);
        block_on(with_archive_time_stamp(cms, None, Digest::Sha256, &stamps)).unwrap()
    };
    let bes = sign(&key, Content::Attached(CONTENT), &SignOptions::at(now())).unwrap();
    let honest = stamp(&bes, &house, now());
    let other = stamp(&bes, &thief, hours(-5));

    let revoked = [Revoked {
        serial: stolen.certificate().serial(),
        at: hours(100),
    }];
    let material = house.revocation_of(&key, &revoked, hours(290));
    let options = VerifyOptions {
        at: hours(300),
        material: &material,
        ..house.options()
    };
    // There before the archive stamp of a time when nobody had stolen anything.
    let both = with_all_attributes(&[honest.clone(), other.clone()]);
    let covered = verify(&archive(&both, hours(50)), None, &options);
    let signer = &covered.signers[0];
    assert_eq!(
        signer.outcome(CheckName::TimeStamp),
        Some(Outcome::Ok),
        "{covered:#?}"
    );
    assert_eq!(signer.stamped_at, Some(hours(-5)));
    // Put in afterwards: the archive stamp knows nothing of it.
    let later = with_all_attributes(&[archive(&honest, hours(50)), other]);
    let report = verify(&later, None, &options);
    let signer = &report.signers[0];
    assert_eq!(
        signer.outcome(CheckName::TimeStamp),
        Some(Outcome::Failed),
        "{report:#?}"
    );
    assert_eq!(signer.stamped_at, None);
}

#[test]
fn a_withdrawn_archive_stamp_is_told_as_not_looked_at() {
    let house = House::new();
    let key = house.person(Curve::P256);
    let long = x_long(&house, &key, Digest::Sha256);
    let report = verify(&long, None, &house.options());
    assert_eq!(report.verdict(), Verdict::Verified, "{report:#?}");

    let signer = read(&long).1.signer_infos.0.into_vec().remove(0);
    let mut attributes = signer.unsigned_attrs.unwrap().into_vec();
    attributes.push(Attribute {
        oid: ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.16.2.48"),
        values: SetOfVec::try_from(vec![Any::null()]).unwrap(),
    });
    let report = verify(&with_attributes(&long, attributes), None, &house.options());
    assert_eq!(report.verdict(), Verdict::Incomplete, "{report:#?}");
    let open = report.all().find(|it| it.outcome == Outcome::NotChecked);
    assert!(
        open.unwrap()
            .text
            .contains("eski arşiv damgası denetlenmedi"),
        "{report:#?}"
    );
}

#[test]
fn openssl_verifies_stamps_and_we_verify_the_question() {
    let house = House::new();
    let digest = Digest::Sha512;
    let question = TimeStampQuestion::new(digest, digest.of(CONTENT), [9; 8]).unwrap();
    let answer = house
        .authority
        .time_stamp(&question.der, now(), [3; 16])
        .unwrap();
    let window = SignedDuration::from_mins(5);
    let stamp = question.accept(&answer, now(), window).unwrap();
    assert_eq!(stamp.time, now());

    let late = question.accept(&answer, now() + SignedDuration::from_mins(6), window);
    assert!(late.unwrap_err().to_string().contains("saati"));
    let other = TimeStampQuestion::new(digest, digest.of(CONTENT), [8; 8]).unwrap();
    assert!(
        other
            .accept(&answer, now(), window)
            .unwrap_err()
            .to_string()
            .contains("nonce")
    );
    let other = TimeStampQuestion::new(digest, digest.of(b"x"), [9; 8]).unwrap();
    assert!(
        other
            .accept(&answer, now(), window)
            .unwrap_err()
            .to_string()
            .contains("başka bir özet")
    );
    let refused = house
        .authority
        .time_stamp(b"nonsense", now(), [3; 16])
        .unwrap();
    assert!(
        question
            .accept(&refused, now(), window)
            .unwrap_err()
            .to_string()
            .contains("reddedildi")
    );

    let (query, reply) = (
        house.write("q.tsq", &question.der),
        house.write("r.tsr", &answer),
    );
    let (root, data) = (house.path("root.pem"), house.write("data", CONTENT));
    let at = attime();
    if openssl(
        &["ts", "-verify", "-attime", &at],
        &[("-queryfile", &query), ("-in", &reply), ("-CAfile", &root)],
    )
    .is_none()
    {
        return;
    }
    openssl(
        &["ts", "-verify", "-attime", &at],
        &[("-data", &data), ("-in", &reply), ("-CAfile", &root)],
    );
    // A question that OpenSSL asks is answered too.
    openssl(
        &["ts", "-query", "-sha256", "-cert"],
        &[("-data", &data), ("-out", &query)],
    );
    let asked = std::fs::read(&query).unwrap();
    let answer = house.authority.time_stamp(&asked, now(), [4; 16]).unwrap();
    let reply = house.write("r.tsr", &answer);
    openssl(
        &["ts", "-verify", "-attime", &at],
        &[("-queryfile", &query), ("-in", &reply), ("-CAfile", &root)],
    );
}

#[test]
fn openssl_verifies_ocsp_answers_and_crls() {
    let house = House::new();
    let key = house.person(Curve::P256);
    let certificate = house.write("person.pem", key.certificate().pem().as_bytes());
    let issuer = house.path("intermediate.pem");
    let root = house.path("root.pem");
    let (request, response) = (house.path("ocsp.req"), house.path("ocsp.res"));
    let asked = openssl(
        &["ocsp"],
        &[
            ("-issuer", issuer.as_path()),
            ("-cert", &certificate),
            ("-reqout", &request),
        ],
    );
    if asked.is_none() {
        return;
    }
    let question = std::fs::read(&request).unwrap();
    let at = attime();
    for (revoked, word) in [
        (Vec::new(), "good"),
        (
            vec![Revoked {
                serial: key.certificate().serial(),
                at: now(),
            }],
            "revoked",
        ),
    ] {
        let answer = house
            .authority
            .answer(ServiceKind::Ocsp, &question, &revoked, now(), [1; 16])
            .unwrap();
        std::fs::write(&response, &answer.body).unwrap();
        let said = openssl(
            &[
                "ocsp",
                "-no_nonce",
                "-validity_period",
                "1000000000",
                "-attime",
                &at,
            ],
            &[
                ("-issuer", &issuer),
                ("-cert", &certificate),
                ("-respin", &response),
                ("-CAfile", &root),
            ],
        )
        .unwrap();
        let said = format!(
            "{}{}",
            String::from_utf8_lossy(&said.stdout),
            String::from_utf8_lossy(&said.stderr)
        );
        assert!(said.contains("Response verify OK"), "{said}");
        assert!(said.contains(word), "{said}");
    }
    let crl = house
        .authority
        .answer(ServiceKind::Crl, &[], &[], now(), [1; 16])
        .unwrap();
    let crl = house.write("list.crl", &crl.body);
    let said = openssl(
        &["crl", "-inform", "DER", "-noout"],
        &[("-in", &crl), ("-CAfile", &issuer)],
    );
    assert!(String::from_utf8_lossy(&said.unwrap().stderr).contains("verify OK"));
}
