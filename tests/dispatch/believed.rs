//! Which evidence files are believed: the way to a root, and the time of the event.

use dys::dispatch::account;
use dys::evidence::check::{
    Check, Demand, Listed, Outcome as CheckOutcome, Roots, Subject, Verdict as Found, check,
};
use jiff::Timestamp;
use kep::evidence::EvidenceKind;
use seal::rehearsal::{Authority, Curve, Holder, Services, Validity};
use seal::{Signer as _, SoftKey};

use super::*;

/// A provider's key under an authority of its own.
fn provider(now: Timestamp) -> (Authority, SoftKey) {
    let mut count = 0_u8;
    let mut random = |bytes: &mut [u8]| {
        bytes.fill_with(|| {
            count = count.wrapping_mul(37).wrapping_add(11);
            count
        });
    };
    let authority = Authority::create(Services::rehearsal(), now, &mut random).unwrap();
    let holder = Holder::Provider { name: "hs01" };
    let validity = Validity::days(now, 30);
    let key = authority
        .issue_key(&holder, Curve::P256, validity, &mut random)
        .unwrap();
    (authority, key)
}

/// A signed evidence about `a@hs01`; `time` stands in `EventTime`, which is left out without one.
fn evidence(key: &SoftKey, kind: EvidenceKind, time: Option<&str>, now: Timestamp) -> String {
    let (element, event) = match kind {
        EvidenceKind::Accepted => ("SubmissionAcceptanceRejection", "Acceptance"),
        EvidenceKind::Served => ("RetrievalNonRetrievalByRecipient", "Served"),
        _ => ("DeliveryNonDeliveryToRecipient", "Delivery"),
    };
    let time = time.map_or_else(String::new, |time| {
        format!("<rem:EventTime>{time}</rem:EventTime>")
    });
    let xml = format!(
        "<rem:{element} xmlns:rem=\"http://uri.etsi.org/02640/v2#\" version=\"1\">\
         <rem:EventCode>http:uri.etsi.org/02640/Event#{event}</rem:EventCode>{time}\
         <rem:SenderMessageDetails><rem:UAMessageIdentifier>a@hs01</rem:UAMessageIdentifier>\
         </rem:SenderMessageDetails></rem:{element}>"
    );
    let options = seal::xades::XadesOptions {
        digest: seal::Digest::Sha256,
        signing_time: now,
        id: "1".into(),
    };
    seal::xades::sign(&xml, key, &options).unwrap()
}

fn subject(address: &str) -> Subject {
    Subject {
        rfc_message_id: "a@hs01".to_owned(),
        provider_id: None,
        address: address.to_owned(),
        sha256: String::new(),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_intermediate_of_the_trust_folder_leads_an_evidence_without_issuers_to_its_root() {
    let office = Office::on(sqlite()).await;
    let now = office.app.now();
    let (authority, key) = provider(now);
    let alone = SoftKey::from_pem(&key.key_pem().unwrap(), &key.certificate().pem()).unwrap();
    let signed = evidence(&alone, EvidenceKind::Delivered, None, now);
    let certificates = signed.matches("<ds:X509Certificate>").count();
    assert_eq!(certificates, 1, "KeyInfo holds the signer's alone");
    let place = |folder: &str, name: &str, text: &str| {
        let folder = office.app.config.data.join(folder);
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(folder.join(name), text).unwrap();
        folder.join(name)
    };
    let unit = office.clerk.home_unit().unwrap().to_owned();
    let serving = office
        .app
        .store
        .read(move |tx| account::serving(tx, &unit))
        .await;
    let serving = serving.unwrap().unwrap();
    let checked = || -> Check {
        let demand = account::demand(&office.app, &serving).unwrap();
        let listed = Listed {
            kind: EvidenceKind::Delivered,
            at: Some(now),
        };
        let subject = subject("havsabelediyesi@hs01.kep.tr");
        check(signed.as_bytes(), listed, &subject, &demand, now)
    };

    let root = place("kephs-kokleri", "kok.pem", &authority.root().pem());
    assert_eq!(checked().verdict, Found::Failed);
    place("guven/alt-kok", "ara.pem", &authority.intermediate().pem());
    // One that cannot be read takes nothing from the others.
    place("guven/alt-kok", "bozuk.pem", "sertifika değil");
    let found = checked();
    assert_eq!(found.verdict, Found::Verified, "{:?}", found.lines);
    std::fs::remove_file(root).unwrap();
    let found = checked();
    assert_eq!(found.verdict, Found::Failed, "no root by itself");
}

#[test]
fn an_evidence_without_the_time_of_its_event_says_so_and_starts_no_legal_period() {
    const KEP: &str = "havsabelediyesi@hs01.kep.tr";
    const UETS: &str = "35846-96487-38597";
    const TIME: &str = "2026-11-24T09:00:00+03:00";
    let now: Timestamp = TIME.parse().unwrap();
    let (authority, key) = provider(now);
    let demand = Demand {
        roots: Roots::new(vec![authority.root().clone()], Vec::new()),
        ..Demand::default()
    };
    let (ok, open, failed) = (CheckOutcome::Ok, CheckOutcome::Open, CheckOutcome::Failed);
    for (address, kind, time, verdict, outcome) in [
        (
            KEP,
            EvidenceKind::Delivered,
            Some(TIME),
            Found::Verified,
            ok,
        ),
        (KEP, EvidenceKind::Delivered, None, Found::Verified, open),
        (
            KEP,
            EvidenceKind::Delivered,
            Some("dün"),
            Found::Verified,
            open,
        ),
        (
            UETS,
            EvidenceKind::Delivered,
            Some(TIME),
            Found::Verified,
            ok,
        ),
        (UETS, EvidenceKind::Accepted, None, Found::Verified, open),
        (UETS, EvidenceKind::Delivered, None, Found::Failed, failed),
        (
            UETS,
            EvidenceKind::Delivered,
            Some("dün"),
            Found::Failed,
            failed,
        ),
        (UETS, EvidenceKind::Served, None, Found::Failed, failed),
    ] {
        let signed = evidence(&key, kind, time, now);
        let listed = Listed {
            kind,
            at: Some(now),
        };
        let found = check(signed.as_bytes(), listed, &subject(address), &demand, now);
        let line = found
            .lines
            .iter()
            .find(|line| line.name == "Zaman")
            .unwrap();
        let case = (address, kind, time, &line.text);
        assert_eq!(
            (found.verdict, line.outcome),
            (verdict, outcome),
            "{case:?}"
        );
        if outcome != ok {
            assert!(line.text.contains("zamanını söylemiyor"), "{case:?}");
        }
    }
}
