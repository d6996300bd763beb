//! Countersignatures (seri imza): sound, forged, too many, too deep, and covered by an archive stamp.

#![allow(clippy::unwrap_used)]

mod common;

use cms::content_info::ContentInfo;
use cms::signed_data::{SignedData, SignerInfo, SignerInfos};
use common::{CONTENT, House, Stamps, now};
use const_oid::db::rfc5911::{ID_CONTENT_TYPE, ID_COUNTERSIGNATURE};
use der::asn1::{OctetString, SetOfVec};
use der::{Any, Decode as _, Encode as _};
use jiff::SignedDuration;
use seal::rehearsal::{Curve, Holder, Validity};
use seal::{
    CheckName, Content, Digest, Material, Outcome, Purpose, Report, SignOptions, Signer as _,
    SoftKey, Verdict, VerifyOptions, sign, verify, with_archive_time_stamp, with_time_stamp,
    with_values,
};
use x509_cert::attr::Attribute;

fn block_on<F: Future>(future: F) -> F::Output {
    tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap()
        .block_on(future)
}

fn signer_of(cms: &[u8]) -> SignerInfo {
    let info = ContentInfo::from_der(cms).unwrap();
    let data: SignedData = info.content.decode_as().unwrap();
    data.signer_infos.0.get(0).unwrap().clone()
}

/// What a signature over the bytes is before its signed attributes are changed.
fn plain(key: &SoftKey, over: &[u8], second: i64) -> SignerInfo {
    let at = now() + SignedDuration::from_secs(second);
    signer_of(&sign(key, Content::Detached(over), &SignOptions::at(at)).unwrap())
}

/// A countersignature over the value of a signature, claimed at so many seconds.
fn counter(key: &SoftKey, over: &[u8], second: i64) -> SignerInfo {
    let mut signer = plain(key, over, second);
    let mut kept = signer.signed_attrs.unwrap().into_vec();
    kept.retain(|attribute| attribute.oid != ID_CONTENT_TYPE);
    let attributes = SetOfVec::try_from(kept).unwrap();
    let message = attributes.to_der().unwrap();
    let value = key.sign(Digest::Sha256, &message).unwrap();
    signer.signature = OctetString::new(value).unwrap();
    signer.signed_attrs = Some(attributes);
    signer
}

/// The signature with these under its unsigned attributes.
fn countersigned(mut signer: SignerInfo, counters: Vec<SignerInfo>) -> SignerInfo {
    let all = counters.iter().map(|it| Any::encode_from(it).unwrap());
    let mut attributes = match signer.unsigned_attrs.take() {
        Some(attributes) => attributes.into_vec(),
        None => Vec::new(),
    };
    attributes.push(Attribute {
        oid: ID_COUNTERSIGNATURE,
        values: SetOfVec::try_from(all.collect::<Vec<_>>()).unwrap(),
    });
    signer.unsigned_attrs = Some(SetOfVec::try_from(attributes).unwrap());
    signer
}

/// The file with its signature countersigned.
fn with_counters(cms: &[u8], counters: Vec<SignerInfo>) -> Vec<u8> {
    let mut info = ContentInfo::from_der(cms).unwrap();
    let mut data: SignedData = info.content.decode_as().unwrap();
    let signer = countersigned(signer_of(cms), counters);
    data.signer_infos = SignerInfos(SetOfVec::try_from(vec![signer]).unwrap());
    info.content = Any::encode_from(&data).unwrap();
    info.to_der().unwrap()
}

/// Two persons, and what a check needs to know of the second.
struct Pair {
    house: House,
    first: SoftKey,
    second: SoftKey,
    material: Material,
    /// The signature of the first.
    cms: Vec<u8>,
}

impl Pair {
    fn new() -> Self {
        let house = House::new();
        let first = house.person(Curve::P256);
        let second = house.named("Fatma Kaya", "20000000046", Curve::P384, 12);
        Self {
            material: house.revocation_of(&second, &[], now()),
            cms: sign(&first, Content::Attached(CONTENT), &SignOptions::at(now())).unwrap(),
            house,
            first,
            second,
        }
    }

    fn value(&self) -> Vec<u8> {
        signer_of(&self.cms).signature.as_bytes().to_vec()
    }

    fn report(&self, counters: Vec<SignerInfo>) -> Report {
        let options = VerifyOptions {
            material: &self.material,
            ..self.house.options()
        };
        let cms = with_counters(&self.cms, counters);
        verify(&cms, Some(CONTENT), &options)
    }
}

#[test]
fn a_countersigner_is_a_signer_like_any_other() {
    let pair = Pair::new();
    let report = pair.report(vec![counter(&pair.second, &pair.value(), 1)]);
    assert_eq!(report.failure(), None, "{report:#?}");
    let names: Vec<_> = report.signers.iter().map(|it| it.name.as_deref()).collect();
    assert_eq!(names, [Some("Ali Şahin"), Some("Fatma Kaya")]);
    let second = &report.signers[1];
    assert_eq!(second.serial_number.as_deref(), Some("20000000046"));
    for name in [
        CheckName::Digest,
        CheckName::Signature,
        CheckName::Chain,
        CheckName::Validity,
        CheckName::Revocation,
    ] {
        assert_eq!(second.outcome(name), Some(Outcome::Ok), "{name:?}");
    }
    let text = &second.checks[1].text;
    assert!(text.contains("Seri imza Fatma Kaya"), "{text}");
    assert!(text.contains("Ali Şahin"), "{text}");
}

#[test]
fn a_countersignature_that_does_not_hold_fails_the_file() {
    let pair = Pair::new();
    let value = pair.value();
    let failed = |signer: SignerInfo, name: CheckName| {
        let report = pair.report(vec![signer]);
        assert_eq!(report.verdict(), Verdict::Failed, "{report:#?}");
        assert_eq!(report.signers[0].failure(), None, "{report:#?}");
        assert_eq!(report.signers[1].failure().unwrap().name, name);
    };
    failed(
        counter(&pair.second, b"another signature", 1),
        CheckName::Digest,
    );
    let mut broken = counter(&pair.second, &value, 1);
    broken.signature = counter(&pair.second, &value, 2).signature;
    failed(broken, CheckName::Signature);
    // Somebody signed a file in which nothing but this value stood.
    failed(plain(&pair.second, &value, 1), CheckName::Signature);

    let mut bare = counter(&pair.second, &value, 1);
    bare.signed_attrs = None;
    failed(bare, CheckName::Digest);
}

#[test]
fn countersignatures_are_looked_at_up_to_a_number_and_a_depth() {
    let pair = Pair::new();
    let over = |signer: &SignerInfo, second: i64| {
        let key = if second % 2 == 1 {
            &pair.second
        } else {
            &pair.first
        };
        counter(key, signer.signature.as_bytes(), second)
    };
    let open = |report: &Report| {
        assert_eq!(report.failure(), None, "{report:#?}");
        let all = report.signers.iter();
        let open = all.filter(|signer| {
            let mut checks = signer.checks.iter();
            checks.any(|check| check.text.contains("Seri imza denetlenmedi"))
        });
        open.count()
    };
    let first = counter(&pair.second, &pair.value(), 1);
    let second = over(&first, 2);
    let report = pair.report(vec![countersigned(first.clone(), vec![second.clone()])]);
    assert_eq!((report.signers.len(), open(&report)), (3, 0));
    let third = over(&second, 3);
    let deep = countersigned(first, vec![countersigned(second, vec![third])]);
    let report = pair.report(vec![deep]);
    assert_eq!((report.signers.len(), open(&report)), (3, 1));

    let many = |count: i64| {
        let all = (0..count).map(|second| counter(&pair.second, &pair.value(), second));
        pair.report(all.collect())
    };
    let report = many(20);
    assert_eq!((report.signers.len(), open(&report)), (21, 0));
    let report = many(21);
    assert_eq!((report.signers.len(), open(&report)), (21, 1));
}

#[test]
fn an_archive_stamp_proves_that_a_countersignature_was_there() {
    let pair = Pair::new();
    let house = &pair.house;
    let holder = Holder::Person {
        name: "Fatma Kaya",
        tckn: "20000000046",
    };
    let validity = Validity::days(now(), 1);
    let brief = house
        .authority
        .issue_key(&holder, Curve::P256, validity, &mut common::random(41))
        .unwrap();
    let stamps = Stamps::new(house, now());
    let t = block_on(with_time_stamp(&pair.cms, Digest::Sha256, &stamps)).unwrap();
    let (own, issuers) = (pair.first.certificate(), pair.first.issuers());
    let path = house.trust.path(own, issuers, now(), Purpose::Document);
    let path = path.unwrap();
    let lists = Material {
        crls: pair.material.crls.clone(),
        ..Material::default()
    };
    let long = with_values(&t, &path, &lists, Digest::Sha256, &stamps);
    let countersigned = with_counters(
        &block_on(long).unwrap(),
        vec![counter(&brief, &pair.value(), 1)],
    );
    let archived = with_archive_time_stamp(&countersigned, None, Digest::Sha256, &stamps);
    let archived = block_on(archived).unwrap();

    let known = Material {
        certificates: vec![brief.certificate().clone()],
        ..Material::default()
    };
    let options = VerifyOptions {
        at: now() + SignedDuration::from_hours(24 * 30),
        material: &known,
        ..house.options()
    };
    let report = verify(&countersigned, Some(CONTENT), &options);
    let expired = report.signers[1].outcome(CheckName::Validity);
    assert_eq!(expired, Some(Outcome::Failed), "{report:#?}");
    let report = verify(&archived, Some(CONTENT), &options);
    assert_eq!(report.verdict(), Verdict::Verified, "{report:#?}");
    let stamped = report.signers[1].stamped_at;
    assert_eq!(
        stamped, None,
        "the archive stamp does not say when it was given"
    );
}
