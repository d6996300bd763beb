//! Lists and OCSP answers built by hand: what they speak for, when, and that nothing forged answers.

#![allow(clippy::unwrap_used)]

mod common;

use std::path::Path;

use common::{CONTENT, House, Stamps, now, openssl};
use const_oid::ObjectIdentifier;
use const_oid::db::rfc5280::{
    ID_CE_CRL_DISTRIBUTION_POINTS, ID_CE_CRL_REASONS, ID_CE_DELTA_CRL_INDICATOR,
    ID_CE_EXT_KEY_USAGE, ID_CE_ISSUING_DISTRIBUTION_POINT, ID_CE_KEY_USAGE, ID_KP_SERVER_AUTH,
    ID_KP_TIME_STAMPING,
};
use const_oid::db::rfc5912::{ECDSA_WITH_SHA_256, ECDSA_WITH_SHA_384, ID_SHA_256};
use const_oid::db::rfc6960::ID_PKIX_OCSP_NOCHECK;
use der::asn1::{BitString, GeneralizedTime, Ia5String, Null, OctetString, UtcTime};
use der::{Any, DateTime, Decode as _, Encode};
use jiff::{SignedDuration, Timestamp};
use seal::rehearsal::{Authority, Curve, Holder, Revoked, ServiceKind, Services, Validity};
use seal::{
    Certificate, CheckName, Content, Digest, Material, Outcome, Purpose, Report, SignOptions,
    Signer as _, SoftKey, TimeStampQuestion, VerifyOptions, sign, verify, with_time_stamp,
};
use spki::AlgorithmIdentifierOwned;
use x509_cert::crl::{CertificateList, RevokedCert, TbsCertList};
use x509_cert::ext::Extension;
use x509_cert::ext::pkix::name::{DistributionPointName, GeneralName};
use x509_cert::ext::pkix::{
    CrlReason, ExtendedKeyUsage, IssuingDistributionPoint, KeyUsage, KeyUsages,
};
use x509_cert::time::Time;
use x509_ocsp::{
    BasicOcspResponse, CertId, CertStatus, OcspGeneralizedTime, ResponderId, ResponseData,
    RevokedInfo, SingleResponse,
};

fn hours(hours: i64) -> Timestamp {
    now() + SignedDuration::from_hours(hours)
}

fn parsed(certificate: &Certificate) -> x509_cert::Certificate {
    x509_cert::Certificate::from_der(certificate.der()).unwrap()
}

fn extension(oid: ObjectIdentifier, critical: bool, value: &impl Encode) -> Extension {
    Extension {
        extn_id: oid,
        critical,
        extn_value: OctetString::new(value.to_der().unwrap()).unwrap(),
    }
}

fn date(at: Timestamp) -> DateTime {
    let seconds = u64::try_from(at.as_second()).unwrap();
    DateTime::from_unix_duration(std::time::Duration::from_secs(seconds)).unwrap()
}

fn time(at: Timestamp) -> Time {
    UtcTime::from_date_time(date(at)).unwrap().into()
}

fn general(at: Timestamp) -> OcspGeneralizedTime {
    OcspGeneralizedTime(GeneralizedTime::from_date_time(date(at)))
}

/// The keys of root, intermediate, OCSP responder and time stamps.
fn keys(authority: &Authority) -> Vec<SoftKey> {
    const KEY: &str = "-----BEGIN PRIVATE KEY-----";
    let pem = authority.to_pem().unwrap();
    let parts = pem.split(KEY).skip(1);
    let read = |part: &str| {
        let (key, certificate) = part.split_at(part.find("-----BEGIN CERTIFICATE").unwrap());
        SoftKey::from_pem(&format!("{KEY}{key}"), certificate).unwrap()
    };
    parts.map(read).collect()
}

/// The certificate with something changed, signed anew by `issuer`.
fn reissued(
    certificate: &Certificate,
    issuer: &SoftKey,
    change: impl FnOnce(&mut Vec<Extension>),
) -> Certificate {
    let mut new = parsed(certificate);
    change(new.tbs_certificate.extensions.as_mut().unwrap());
    let der = new.tbs_certificate.to_der().unwrap();
    let signature = issuer.sign(Digest::Sha384, &der).unwrap();
    new.signature = BitString::from_bytes(&signature).unwrap();
    Certificate::from_der(&new.to_der().unwrap()).unwrap()
}

/// The key with another certificate, issuers beside it.
fn with_certificate(key: &SoftKey, certificate: &Certificate, issuer: &Certificate) -> SoftKey {
    let certificates = certificate.pem() + &issuer.pem();
    SoftKey::from_pem(&key.key_pem().unwrap(), &certificates).unwrap()
}

/// A list in the name of `issuer`, signed by `key`, that holds for a day from `at`.
fn list(
    issuer: &Certificate,
    key: &SoftKey,
    at: Timestamp,
    entries: Vec<RevokedCert>,
    extensions: Vec<Extension>,
) -> Vec<u8> {
    let algorithm = AlgorithmIdentifierOwned {
        oid: ECDSA_WITH_SHA_384,
        parameters: None,
    };
    let list = TbsCertList {
        version: x509_cert::Version::V2,
        signature: algorithm.clone(),
        issuer: parsed(issuer).tbs_certificate.subject,
        this_update: time(at),
        next_update: Some(time(at + SignedDuration::from_hours(24))),
        revoked_certificates: (!entries.is_empty()).then_some(entries),
        crl_extensions: (!extensions.is_empty()).then_some(extensions),
    };
    let signature = key.sign(Digest::Sha384, &list.to_der().unwrap()).unwrap();
    let list = CertificateList {
        tbs_cert_list: list,
        signature_algorithm: algorithm,
        signature: BitString::from_bytes(&signature).unwrap(),
    };
    list.to_der().unwrap()
}

fn entry(certificate: &Certificate, since: Timestamp, reason: Option<CrlReason>) -> RevokedCert {
    let reason = reason.map(|reason| vec![extension(ID_CE_CRL_REASONS, false, &reason)]);
    RevokedCert {
        serial_number: parsed(certificate).tbs_certificate.serial_number,
        revocation_date: time(since),
        crl_entry_extensions: reason,
    }
}

fn revoked(since: Timestamp, reason: Option<CrlReason>) -> CertStatus {
    CertStatus::Revoked(RevokedInfo {
        revocation_time: general(since),
        revocation_reason: reason,
    })
}

/// A `BasicOCSPResponse` about `certificate`, which says each of `statuses`.
fn answer(
    certificate: &Certificate,
    issuer: &Certificate,
    statuses: Vec<CertStatus>,
    at: Timestamp,
    responder: &Certificate,
    sign: impl FnOnce(&[u8]) -> (AlgorithmIdentifierOwned, Vec<u8>),
) -> Vec<u8> {
    let above = parsed(issuer).tbs_certificate;
    let hash = |bytes: &[u8]| OctetString::new(Digest::Sha256.of(bytes)).unwrap();
    let key = above.subject_public_key_info.subject_public_key;
    let id = CertId {
        hash_algorithm: AlgorithmIdentifierOwned {
            oid: ID_SHA_256,
            parameters: None,
        },
        issuer_name_hash: hash(&above.subject.to_der().unwrap()),
        issuer_key_hash: hash(key.raw_bytes()),
        serial_number: parsed(certificate).tbs_certificate.serial_number,
    };
    let single = |status| SingleResponse {
        cert_id: id.clone(),
        cert_status: status,
        this_update: general(now()),
        next_update: None,
        single_extensions: None,
    };
    let data = ResponseData {
        version: x509_ocsp::Version::V1,
        responder_id: ResponderId::ByName(parsed(responder).tbs_certificate.subject),
        produced_at: general(at),
        responses: statuses.into_iter().map(single).collect(),
        response_extensions: None,
    };
    let (signature_algorithm, signature) = sign(&data.to_der().unwrap());
    let response = BasicOcspResponse {
        tbs_response_data: data,
        signature_algorithm,
        signature: BitString::from_bytes(&signature).unwrap(),
        certs: Some(vec![parsed(responder)]),
    };
    response.to_der().unwrap()
}

fn by(key: &SoftKey) -> impl FnOnce(&[u8]) -> (AlgorithmIdentifierOwned, Vec<u8>) {
    let algorithm = AlgorithmIdentifierOwned {
        oid: ECDSA_WITH_SHA_256,
        parameters: None,
    };
    move |data| (algorithm, key.sign(Digest::Sha256, data).unwrap())
}

/// What revocation came to for a signature of `key`, made and looked at now.
fn said(house: &House, key: &SoftKey, material: &Material) -> (Outcome, String) {
    let cms = sign(key, Content::Attached(CONTENT), &SignOptions::at(now())).unwrap();
    let options = VerifyOptions {
        material,
        ..house.options()
    };
    let report = verify(&cms, None, &options);
    assert_eq!(
        report.signers[0].outcome(CheckName::Chain),
        Some(Outcome::Ok)
    );
    let mut checks = report.all();
    let check = checks.find(|check| check.name == CheckName::Revocation);
    (check.unwrap().outcome, check.unwrap().text.clone())
}

/// What the root says about the intermediate, and `own`.
fn lists(house: &House, own: Vec<u8>) -> Material {
    let root = house
        .authority
        .answer(ServiceKind::RootCrl, &[], &[], now(), [7; 16]);
    Material {
        crls: vec![root.unwrap().body, own],
        ..Material::default()
    }
}

fn answers(house: &House, own: Vec<u8>) -> Material {
    let mut material = lists(house, Vec::new());
    material.crls.pop();
    material.ocsps.push(own);
    material
}

#[test]
fn a_part_of_the_lists_speaks_for_certificates_that_name_it() {
    let house = House::new();
    let above = house.authority.intermediate();
    let key = house.person(Curve::P256);
    let own = key.certificate().crl_urls().remove(0);
    let issuer = &keys(&house.authority)[1];
    let nowhere = reissued(key.certificate(), issuer, |extensions| {
        extensions.retain(|it| it.extn_id != ID_CE_CRL_DISTRIBUTION_POINTS);
    });
    let nowhere = with_certificate(&key, &nowhere, above);
    let uri = |text: &str| GeneralName::UniformResourceIdentifier(Ia5String::new(text).unwrap());
    let other = own.clone() + "2";
    let cases = [
        ("whole", &key, None, Outcome::Ok),
        ("its part", &key, Some(vec![own.as_str()]), Outcome::Ok),
        (
            "one of its names",
            &key,
            Some(vec![&other, &own]),
            Outcome::Ok,
        ),
        (
            "another part",
            &key,
            Some(vec![other.as_str()]),
            Outcome::NotChecked,
        ),
        ("whole, names none", &nowhere, None, Outcome::Ok),
        (
            "names none",
            &nowhere,
            Some(vec![own.as_str()]),
            Outcome::NotChecked,
        ),
    ];
    for (name, key, names, outcome) in cases {
        let point = names.map(|names| {
            let names = names.into_iter().map(uri).collect();
            let point = IssuingDistributionPoint {
                distribution_point: Some(DistributionPointName::FullName(names)),
                only_contains_user_certs: false,
                only_contains_ca_certs: false,
                only_some_reasons: None,
                indirect_crl: false,
                only_contains_attribute_certs: false,
            };
            extension(ID_CE_ISSUING_DISTRIBUTION_POINT, true, &point)
        });
        let list = list(above, issuer, now(), Vec::new(), Vec::from_iter(point));
        let (found, text) = said(&house, key, &lists(&house, list));
        assert_eq!(found, outcome, "{name}: {text}");
    }
}

#[test]
fn older_data_hold_but_are_asked_anew() {
    let house = House::new();
    let key = house.person(Curve::P256);
    let bes = sign(&key, Content::Attached(CONTENT), &SignOptions::at(now())).unwrap();
    let stamps = Stamps::new(&house, now());
    let stamping = with_time_stamp(&bes, Digest::Sha256, &stamps);
    let runtime = tokio::runtime::Builder::new_current_thread();
    let signed = { runtime }.build().unwrap().block_on(stamping).unwrap();
    let look = |material: &Material, at| -> Report {
        let options = VerifyOptions {
            at,
            material,
            ..house.options()
        };
        verify(&signed, None, &options)
    };
    let unasked = |report: &Report| -> Vec<(Purpose, bool)> {
        let all = report.signers[0].unasked().iter();
        all.map(|one| (one.purpose, one.is_open)).collect()
    };
    let outcome = |report: &Report, name| report.signers[0].outcome(name);
    let (document, stamp) = (Purpose::Document, Purpose::TimeStamping);

    // Said before the signature, with a next update after it: whoever signed chose it.
    let old = house.revocation_of(&key, &[], hours(-2));
    let report = look(&old, hours(1));
    assert_eq!(outcome(&report, CheckName::Revocation), Some(Outcome::Ok));
    assert_eq!(outcome(&report, CheckName::TimeStamp), Some(Outcome::Ok));
    assert_eq!(unasked(&report), [(document, false), (stamp, false)]);
    // Said at the signature, looked at when it speaks no more.
    let then = house.revocation_of(&key, &[], now());
    let report = look(&then, hours(300));
    assert_eq!(outcome(&report, CheckName::TimeStamp), Some(Outcome::Ok));
    assert_eq!(unasked(&report), [(stamp, false)]);
    // Said today: nobody is left to ask.
    let mut all = old.clone();
    all.merge(house.revocation_of(&key, &[], hours(1)));
    assert_eq!(unasked(&look(&all, hours(1))), []);
    // A revocation wins, wherever it stands.
    let revoked = [Revoked {
        serial: key.certificate().serial(),
        at: hours(-1),
    }];
    let mut all = old;
    all.merge(house.revocation_of(&key, &revoked, hours(1)));
    let report = look(&all, hours(1));
    let failed = Some(Outcome::Failed);
    assert_eq!(outcome(&report, CheckName::Revocation), failed);
}

#[test]
fn stamps_of_an_authority_that_merely_ceased_stay() {
    let house = House::new();
    let key = house.person(Curve::P256);
    let bes = sign(&key, Content::Attached(CONTENT), &SignOptions::at(now())).unwrap();
    let stamps = Stamps::new(&house, now());
    let stamping = with_time_stamp(&bes, Digest::Sha256, &stamps);
    let runtime = tokio::runtime::Builder::new_current_thread();
    let signed = { runtime }.build().unwrap().block_on(stamping).unwrap();
    let own = keys(&house.authority);
    let (above, stamper) = (own[1].certificate(), own[3].certificate());
    let look = |material: &Material| {
        let options = VerifyOptions {
            at: hours(30),
            material,
            ..house.options()
        };
        let report = verify(&signed, None, &options);
        report.signers[0].outcome(CheckName::TimeStamp).unwrap()
    };
    let (before, after) = (hours(-1), hours(20));
    let harmless = [
        CrlReason::Unspecified,
        CrlReason::AffiliationChanged,
        CrlReason::Superseded,
        CrlReason::CessationOfOperation,
    ];
    let grave = [
        CrlReason::KeyCompromise,
        CrlReason::CaCompromise,
        CrlReason::CertificateHold,
        CrlReason::PrivilegeWithdrawn,
        CrlReason::AaCompromise,
    ];
    let cases = harmless
        .into_iter()
        .flat_map(|reason| {
            [
                (Some(reason), after, Outcome::Ok),
                (Some(reason), now(), Outcome::Failed),
                (Some(reason), before, Outcome::Failed),
            ]
        })
        .chain(grave.map(|reason| (Some(reason), after, Outcome::Failed)))
        // No reason told may be any (RFC 3161, 4).
        .chain([(None, after, Outcome::Failed)]);
    for (reason, since, outcome) in cases {
        let entries = vec![entry(stamper, since, reason)];
        let list = list(above, &own[1], hours(29), entries, Vec::new());
        let by_list = lists(&house, list);
        assert_eq!(look(&by_list), outcome, "{reason:?} since {since}");
        let word = vec![revoked(since, reason)];
        let word = answer(
            stamper,
            above,
            word,
            hours(29),
            own[2].certificate(),
            by(&own[2]),
        );
        let mut by_answer = answers(&house, word);
        assert_eq!(look(&by_answer), outcome, "{reason:?} since {since}");
        // The graver of two words counts.
        let worse = vec![revoked(after, Some(CrlReason::KeyCompromise))];
        let worse = answer(
            stamper,
            above,
            worse,
            hours(29),
            own[2].certificate(),
            by(&own[2]),
        );
        by_answer.ocsps.push(worse);
        assert_eq!(look(&by_answer), Outcome::Failed, "{reason:?}");
    }
}

/// An RSA key that OpenSSL makes and signs with, certified as a responder; none without OpenSSL.
fn rsa_answer(
    house: &House,
    key: &SoftKey,
    bits: u32,
    hash: &str,
    algorithm: &str,
) -> Option<Vec<u8>> {
    let (private, public) = (house.path("responder.pem"), house.path("responder.pub"));
    let size = format!("rsa_keygen_bits:{bits}");
    openssl(
        &["genpkey", "-algorithm", "RSA", "-pkeyopt", &size],
        &[("-out", &private)],
    )?;
    openssl(
        &["pkey", "-pubout", "-outform", "DER"],
        &[("-in", &private), ("-out", &public)],
    )?;
    let spki = std::fs::read(&public).unwrap();
    let validity = Validity::days(now(), 365);
    let responder = house
        .authority
        .issue(&Holder::Ocsp, &spki, validity, &mut common::random(41))
        .unwrap();
    let signed = |data: &[u8]| {
        let file = house.write("answer.tbs", data);
        let value = house.path("answer.sig");
        openssl(
            &["dgst", hash],
            &[
                ("-sign", &private),
                ("-out", &value),
                ("", file.as_path() as &Path),
            ],
        );
        let algorithm = AlgorithmIdentifierOwned {
            oid: ObjectIdentifier::new_unwrap(algorithm),
            parameters: Some(Any::null()),
        };
        (algorithm, std::fs::read(value).unwrap())
    };
    let good = vec![CertStatus::Good(Null)];
    let above = house.authority.intermediate();
    Some(answer(
        key.certificate(),
        above,
        good,
        now(),
        &responder,
        signed,
    ))
}

#[test]
fn nothing_forged_answers() {
    let house = House::new();
    let key = house.person(Curve::P256);
    let own = keys(&house.authority);
    let (root, issuer, ocsp) = (&own[0], &own[1], &own[2]);
    let (above, person) = (issuer.certificate(), key.certificate());
    let good = || vec![CertStatus::Good(Null)];
    let by_responder = |statuses, at, responder: &SoftKey| {
        let word = answer(
            person,
            above,
            statuses,
            at,
            responder.certificate(),
            by(responder),
        );
        answers(&house, word)
    };
    let listed = |key: &SoftKey, entries, extensions| {
        lists(&house, list(above, key, now(), entries, extensions))
    };

    let validity = Validity::days(now(), 365);
    let seal = Holder::Seal {
        name: "Mühür",
        detsis: "1",
    };
    let unable = house
        .authority
        .issue_key(&seal, Curve::P256, validity, &mut common::random(42))
        .unwrap();
    let services = Services {
        base: "http://127.0.0.1:9/prova-esh".into(),
    };
    let other = Authority::create(services, now(), &mut common::random(43)).unwrap();
    let delegate = keys(&other).remove(2);
    let checked = reissued(ocsp.certificate(), issuer, |extensions| {
        extensions.retain(|it| it.extn_id != ID_PKIX_OCSP_NOCHECK);
    });
    let checked = with_certificate(ocsp, &checked, above);
    // An old list says nothing about the person any more, but that the responder is revoked.
    let revoked_responder = |reason| {
        let mut material = by_responder(good(), now(), &checked);
        let entries = vec![entry(checked.certificate(), hours(-50), reason)];
        let old = list(above, issuer, hours(-48), entries, Vec::new());
        material.crls.push(old);
        material
    };
    let number = der::asn1::Int::new(&[1]).unwrap();
    let delta = extension(ID_CE_DELTA_CRL_INDICATOR, true, &number);
    let unknown = ObjectIdentifier::new_unwrap("1.3.6.1.4.1.32473.1");
    let unknown = extension(unknown, true, &Null);

    let (ok, open, failed) = (Outcome::Ok, Outcome::NotChecked, Outcome::Failed);
    let mut cases = vec![
        ("the responder", by_responder(good(), now(), ocsp), ok),
        (
            "without the usage",
            by_responder(good(), now(), &unable),
            open,
        ),
        (
            "another authority's",
            by_responder(good(), now(), &delegate),
            open,
        ),
        (
            "a responder of whom nothing is known",
            by_responder(good(), now(), &checked),
            ok,
        ),
        ("a revoked responder", revoked_responder(None), open),
        (
            "good and revoked in one",
            by_responder(
                vec![
                    CertStatus::Good(Null),
                    revoked(hours(-1), Some(CrlReason::KeyCompromise)),
                ],
                now(),
                ocsp,
            ),
            failed,
        ),
        ("the list", listed(issuer, Vec::new(), Vec::new()), ok),
        (
            "of differences",
            listed(issuer, Vec::new(), vec![delta]),
            open,
        ),
        (
            "with unknown demands",
            listed(issuer, Vec::new(), vec![unknown]),
            open,
        ),
        (
            "another key's",
            listed(&keys(&other)[1], Vec::new(), Vec::new()),
            open,
        ),
        (
            "the responder's list",
            listed(ocsp, Vec::new(), Vec::new()),
            open,
        ),
    ];
    let weak = [
        (
            "RSA-2048, SHA-256",
            2048,
            "-sha256",
            "1.2.840.113549.1.1.11",
            ok,
        ),
        (
            "RSA-1024, SHA-256",
            1024,
            "-sha256",
            "1.2.840.113549.1.1.11",
            open,
        ),
        (
            "RSA-2048, SHA-1",
            2048,
            "-sha1",
            "1.2.840.113549.1.1.5",
            open,
        ),
        ("RSA-2048, MD5", 2048, "-md5", "1.2.840.113549.1.1.4", open),
    ];
    for (name, bits, hash, algorithm, outcome) in weak {
        if let Some(word) = rsa_answer(&house, &key, bits, hash, algorithm) {
            cases.push((name, answers(&house, word), outcome));
        }
    }
    for (name, material, outcome) in cases {
        let (found, text) = said(&house, &key, &material);
        assert_eq!(found, outcome, "{name}: {text}");
    }

    // An authority that may issue certificates but no lists.
    let mute = reissued(above, root, |extensions| {
        extensions.retain(|it| it.extn_id != ID_CE_KEY_USAGE);
        let usage = KeyUsage(KeyUsages::KeyCertSign.into());
        extensions.push(extension(ID_CE_KEY_USAGE, true, &usage));
    });
    let of_mute = with_certificate(&key, person, &mute);
    let (found, text) = said(&house, &of_mute, &listed(issuer, Vec::new(), Vec::new()));
    assert_eq!(found, open, "without cRLSign: {text}");

    // Who stamps may do nothing else (RFC 3161, 2.3).
    let usages = [
        ("the authority", true, vec![ID_KP_TIME_STAMPING], true),
        ("not critical", false, vec![ID_KP_TIME_STAMPING], false),
        (
            "for servers too",
            true,
            vec![ID_KP_TIME_STAMPING, ID_KP_SERVER_AUTH],
            false,
        ),
        ("for servers", true, vec![ID_KP_SERVER_AUTH], false),
        ("no usage", true, Vec::new(), false),
    ];
    for (name, critical, usage, stamps) in usages {
        let certificate = reissued(own[3].certificate(), issuer, |extensions| {
            extensions.retain(|it| it.extn_id != ID_CE_EXT_KEY_USAGE);
            if !usage.is_empty() {
                let usage = ExtendedKeyUsage(usage);
                extensions.push(extension(ID_CE_EXT_KEY_USAGE, critical, &usage));
            }
        });
        let stamper = with_certificate(&own[3], &certificate, above);
        let authority = common::stamping(&house.authority, &stamper);
        let digest = Digest::Sha256;
        let question = TimeStampQuestion::new(digest, digest.of(CONTENT), [9; 8]).unwrap();
        let token = authority.time_stamp(&question.der, now(), [3; 16]).unwrap();
        let taken = question.accept(&token, now(), SignedDuration::from_mins(5));
        assert_eq!(taken.is_ok(), stamps, "{name}: {taken:?}");
    }
}
