//! A bundle of a letter that a person signed: package, seal, stamps and revocation data are in it,
//! everything holds years later without a network, and nothing can be swapped.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod bundles;
mod office;

use std::path::Path;
use std::process::Command;

use bundles::{Files, bundle_of, checked, faults, manifest_of, options, packed, relist, unpacked};
use dys::dispatch::recheck::recheck;
use dys::evidence::check::{
    Demand, Listed, Outcome as CheckOutcome, Roots, Subject, Verdict, check,
};
use dys::evidence::{Duty, Standing, Trust, revocation};
use dys::params;
use dys::proof::verify::Outcome;
use jiff::{SignedDuration, Timestamp};
use kep::evidence::EvidenceKind;
use kephs::misbehaviour::{Kind, NewRule};
use office::Office;
use seal::Signer as _;
use seal::rehearsal::{Authority, Curve, Holder, Revoked, ServiceKind, Services, Validity};

const HAVSA: &str = "havsa yazı";
/// Nobody serves here.
const NOWHERE: &str = "http://127.0.0.1:9";

/// Sent, delivered, read.
async fn read_letter(office: &Office) -> String {
    let id = office.dispatched_with_key(&[HAVSA]).await;
    office.rounds(3, 10).await;
    office.read_by_recipient(&id).await;
    office.rounds(4, 30).await;
    id
}

/// `dys verify` in a process of its own: exit code and what it printed.
fn dys_verify(bytes: &[u8], roots: &Path, at: Timestamp) -> (Option<i32>, String) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("paket.zip");
    std::fs::write(&path, bytes).unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_dys"))
        .arg("verify")
        .arg(&path)
        .arg("--roots")
        .arg(roots)
        .arg("--evidence-roots")
        .arg(roots)
        .args(["--at", &at.to_string()])
        .output()
        .unwrap();
    let said = String::from_utf8(output.stdout).unwrap();
    (output.status.code(), said)
}

fn file<'f>(files: &'f Files, path: &str) -> &'f Vec<u8> {
    let found = files.iter().find(|(name, _)| name == path);
    &found.unwrap_or_else(|| panic!("{path}")).1
}

fn replace(files: &mut Files, path: &str, bytes: &[u8]) {
    let found = files.iter_mut().find(|(name, _)| name == path);
    found.unwrap_or_else(|| panic!("{path}")).1 = bytes.to_vec();
}

#[tokio::test(flavor = "multi_thread")]
async fn everything_that_was_signed_is_in_the_bundle_and_holds_years_later() {
    let (office, roots) = Office::with_roots().await;
    let id = read_letter(&office).await;
    let bytes = bundle_of(&office, &office.clerk, &id).await;
    let files = unpacked(&bytes);
    let listed = manifest_of(&files);
    assert_eq!(listed.notes, Vec::<String>::new());
    let path = listed.messages[0].package.as_deref().unwrap();
    assert_eq!(path, "ileti/1/paket.eyp");
    let sent = dys::package::sent(&office.app, &id, &[]).await.unwrap();
    assert_eq!(*file(&files, path), sent.bytes);
    for ending in [".ocsp", "kok-1.pem", "kok-2.pem", "ara-1.pem"] {
        assert!(
            files.iter().any(|(name, _)| name.ends_with(ending)),
            "{ending}"
        );
    }

    let (code, said) = dys_verify(&bytes, &roots, office.app.now());
    assert_eq!(code, Some(0), "{said}");
    for part in [
        "İmza: Ali Şahin, düzey XLong",
        "Mühür: DYS Prova Mühür, düzey A",
        "icindekiler.json.p7s: DYS Prova KEP, düzey XLong",
    ] {
        assert!(said.contains(part), "{part}: {said}");
    }
    // The person's certificate lasts three years, the authorities' ten.
    let later = office.app.now() + SignedDuration::from_hours(24 * 365 * 5);
    let (code, said) = dys_verify(&bytes, &roots, later);
    assert_eq!(code, Some(0), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn openssl_reads_the_revocation_answers_and_the_persons_signature() {
    let (office, roots) = Office::with_roots().await;
    let id = read_letter(&office).await;
    let files = unpacked(&bundle_of(&office, &office.clerk, &id).await);
    let folder = tempfile::tempdir().unwrap();
    let place = |name: &str, bytes: &[u8]| {
        let path = folder.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        path
    };
    let answer = files.iter().find(|(name, _)| name.ends_with(".ocsp"));
    let answer = place("yanit.ocsp", &answer.unwrap().1);
    let said = Command::new("openssl")
        .args(["ocsp", "-noverify", "-resp_text", "-respin"])
        .arg(&answer)
        .output();
    let Ok(said) = said else {
        return eprintln!("skipped: openssl is not installed");
    };
    let text = String::from_utf8_lossy(&said.stdout);
    assert!(text.contains("Cert Status: good"), "{text}");

    let eyp = unpacked(file(&files, "ileti/1/paket.eyp"));
    let cms = place("imza.imz", file(&eyp, "Imzalar/ImzaCades.imz"));
    let out = folder.path().join("ozet.xml");
    let checked = Command::new("openssl")
        .args([
            "cms", "-verify", "-cades", "-inform", "DER", "-purpose", "any",
        ])
        .args(["-attime", &office.app.now().as_second().to_string()])
        .arg("-in")
        .arg(&cms)
        .arg("-CAfile")
        .arg(roots.join("esh.pem"))
        .arg("-out")
        .arg(&out)
        .output()
        .unwrap();
    let words = String::from_utf8_lossy(&checked.stderr);
    assert!(checked.status.success(), "{words}");
    assert_eq!(
        std::fs::read(&out).unwrap(),
        *file(&eyp, "PaketOzeti/PaketOzeti.xml")
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_swapped_package_or_letter_is_named() {
    let (office, roots) = Office::with_roots().await;
    let one = read_letter(&office).await;
    let other = read_letter(&office).await;
    let (one, other) = (
        unpacked(&bundle_of(&office, &office.clerk, &one).await),
        unpacked(&bundle_of(&office, &office.clerk, &other).await),
    );
    let options = options(&roots, &office);
    let told = |files: &Files| faults(&checked(&packed(files), &options)).join("\n");

    let mut swapped = one.clone();
    let package = file(&other, "ileti/1/paket.eyp").clone();
    replace(&mut swapped, "ileti/1/paket.eyp", &package);
    relist(&mut swapped, |_| {});
    let said = told(&swapped);
    assert!(said.contains("Kurumun imzası"), "{said}");
    assert!(
        said.contains("ileti/1/paket.eyp: ileti/1/ileti.eml içindeki paket değil"),
        "{said}"
    );

    // Message and package of another letter, in themselves sound.
    let mut swapped = one.clone();
    for path in ["ileti/1/paket.eyp", "ileti/1/ileti.eml"] {
        let bytes = file(&other, path).clone();
        replace(&mut swapped, path, &bytes);
    }
    relist(&mut swapped, |_| {});
    let said = told(&swapped);
    for part in [
        "Paketteki üst yazı yazi/",
        "Sayı: Pakette “E-01039100",
        "imzaya sunulan içerik değil",
    ] {
        assert!(said.contains(part), "{part}: {said}");
    }

    // A list that names no package does not keep it from being looked into.
    let mut silent = one.clone();
    silent.retain(|(name, _)| name != "ileti/1/paket.eyp");
    let letter = manifest_of(&one).letter.path;
    let bytes = file(&other, &manifest_of(&other).letter.path).clone();
    replace(&mut silent, &letter, &bytes);
    relist(&mut silent, |listed| listed.messages[0].package = None);
    let said = told(&silent);
    assert!(
        said.contains("ileti/1/ileti.eml: Üst yazı: Paketteki üst yazı"),
        "{said}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn services_that_do_not_answer_leave_notes_and_open_checks_in_a_bundle() {
    let (office, roots) = Office::with_roots().await;
    office.services_at(NOWHERE).await;
    office
        .app
        .store
        .write(|tx| {
            // Signed without stamps, so that nothing of the letter carries revocation data.
            tx.execute(
                "DELETE FROM setting WHERE key = ?1",
                params![dys::signature::outside::TSA_URL],
            )
        })
        .await
        .unwrap();
    let id = read_letter(&office).await;
    assert_eq!(
        office.way(&id).await.recipient.status,
        Standing::Read.code()
    );
    office.services_at(NOWHERE).await;
    let bytes = bundle_of(&office, &office.clerk, &id).await;
    let (code, said) = dys_verify(&bytes, &roots, office.app.now());
    assert_eq!(code, Some(3), "{said}");
    for part in [
        "Bu listenin imzasına zaman damgası alınamadı: 127.0.0.1 yanıt vermedi",
        "İptal bilgisi alınamadı: Ali Şahin: 127.0.0.1 yanıt vermedi.",
        "İptal bilgisi alınamadı: DYS Prova KEP: 127.0.0.1 yanıt vermedi.",
    ] {
        assert!(said.contains(part), "{part}: {said}");
    }

    // Asked for again when they serve, the same letter gives a bundle in which everything holds but
    // that signature and seal of the package were never stamped.
    office.with_services().await;
    let bytes = bundle_of(&office, &office.clerk, &id).await;
    let later = office.app.now() + SignedDuration::from_hours(24 * 30);
    for at in [office.app.now(), later] {
        let (code, said) = dys_verify(&bytes, &roots, at);
        assert_eq!(code, Some(3), "{said}");
        assert!(!said.contains("HATALI"), "{said}");
        let open: Vec<&str> = said.lines().filter(|it| it.contains("  eksik ")).collect();
        assert_eq!(open.len(), 3, "{said}");
        for line in open {
            let words = [
                "İmzada zaman damgası yok.",
                "karşılaştırılamadı: damga yok.",
            ];
            assert!(words.iter().any(|it| line.contains(it)), "{line}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_outlives_the_key_that_signed_it() {
    let (office, roots) = Office::with_roots().await;
    let data = office.app.config.data.clone();
    let (key, certificate) = (data.join("kep-key.pem"), data.join("kep-certificate.pem"));
    let holder = Holder::Seal {
        name: "Keşan KEP",
        detsis: "01039100",
    };
    let mut count = 0_u8;
    let mut random = |bytes: &mut [u8]| {
        bytes.fill_with(|| {
            count = count.wrapping_mul(37).wrapping_add(11);
            count
        });
    };
    let short = dys::signature::rehearsal::authority(&office.app)
        .unwrap()
        .issue_key(
            &holder,
            Curve::P256,
            Validity::days(office.app.now(), 1),
            &mut random,
        )
        .unwrap();
    std::fs::write(&key, short.key_pem().unwrap()).unwrap();
    std::fs::write(&certificate, short.certificates_pem()).unwrap();
    let id = read_letter(&office).await;

    // Three days later the institution has another key, and somebody asks for the bundle.
    office.pass(3 * 24 * 60 * 60);
    std::fs::remove_file(&key).unwrap();
    std::fs::remove_file(&certificate).unwrap();
    let bytes = bundle_of(&office, &office.clerk, &id).await;
    let found = checked(&bytes, &options(&roots, &office));
    // The provider's evidence names the message's digest, so it was signed in time; whether its key
    // was revoked by then nobody answers any more.
    let told = faults(&found);
    assert_eq!(found.outcome, Outcome::Open, "{told:?}");
    assert!(
        told.iter()
            .all(|it| it.starts_with("İleti: ileti/1/ileti.eml: İptal durumu")),
        "{told:?}"
    );

    // Without that evidence the signature counts as of the bundle, when its key had run out.
    let mut files = unpacked(&bytes);
    files.retain(|(name, _)| !name.contains("/delil/"));
    relist(&mut files, |listed| listed.messages[0].evidence.clear());
    let told = faults(&checked(&packed(&files), &options(&roots, &office))).join("\n");
    assert!(
        told.contains("İleti: ileti/1/ileti.eml: Geçerlilik süresi"),
        "{told}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_revoked_provider_certificate_proves_nothing() {
    let (office, _) = Office::with_roots().await;
    let id = office.dispatched_with_key(&[HAVSA]).await;
    office.rounds(3, 10).await;
    let way = office.way(&id).await;
    assert_eq!(way.recipient.status, Standing::Delivered.code());
    for stored in &way.evidence {
        let check = stored.check.as_ref().unwrap();
        let open = check
            .lines
            .iter()
            .find(|it| it.outcome == CheckOutcome::Open);
        assert_eq!(open, None, "revocation was asked for");
    }

    office.misbehave(NewRule::always(Kind::EvidenceRevoked));
    office.read_by_recipient(&id).await;
    office.rounds(4, 30).await;
    let way = office.way(&id).await;
    assert_eq!(way.recipient.status, Standing::Delivered.code());
    assert_eq!(way.recipient.duty, Duty::Person.code());
    let read = way.evidence.iter().find(|it| it.fact.code == Some(60));
    let check = read.unwrap().check.as_ref().unwrap();
    assert_eq!(check.verdict, Verdict::Failed);
    assert!(
        check.reason.contains("iptal edilmiş (OCSP)"),
        "{}",
        check.reason
    );

    // The answer that says so is in the bundle, and tells whoever checks it.
    let bytes = bundle_of(&office, &office.clerk, &id).await;
    let root = office.app.config.data.join("kokler");
    let (code, said) = dys_verify(&bytes, &root, office.app.now());
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains("iptal edilmiş (OCSP)"), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_older_list_hides_no_revoked_provider_certificate() {
    let (office, _) = Office::with_roots().await;
    let folder = office.app.config.data.join("kephs-kokleri");
    std::fs::create_dir_all(&folder).unwrap();
    let lists = office.provider.provider().revocation_lists().unwrap();
    for (number, list) in lists.into_iter().enumerate() {
        std::fs::write(folder.join(format!("{number}.crl")), list).unwrap();
    }
    office.pass(3600);
    office.misbehave(NewRule::always(Kind::EvidenceRevoked));
    let id = office.dispatched_with_key(&[HAVSA]).await;
    office.rounds(3, 10).await;
    let way = office.way(&id).await;
    assert!(!way.evidence.is_empty());
    for stored in &way.evidence {
        let check = stored.check.as_ref().unwrap();
        let reason = &check.reason;
        assert!(reason.contains("iptal edilmiş (OCSP)"), "{reason}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_silent_revocation_service_stops_no_poll_and_is_asked_again() {
    let (office, _) = Office::with_roots().await;
    let id = office.dispatched_with_key(&[HAVSA]).await;
    office.services_at(NOWHERE).await;
    office.rounds(3, 10).await;
    let way = office.way(&id).await;
    assert_eq!(way.recipient.status, Standing::Delivered.code());
    let open = |way: &dys::dispatch::tracking::Way| -> Vec<String> {
        let checks = way.evidence.iter().filter_map(|it| it.check.as_ref());
        checks
            .flat_map(|check| &check.lines)
            .filter(|line| line.outcome == CheckOutcome::Open)
            .map(|line| format!("{}: {}", line.name, line.text))
            .collect()
    };
    let lines = open(&way);
    // Of the signer, and of the authority that stamped.
    for name in ["İptal durumu: ", "Zaman damgası: "] {
        let of = lines.iter().filter(|line| line.starts_with(name));
        assert_eq!(of.count(), way.evidence.len(), "{lines:?}");
    }
    for line in &lines {
        assert!(line.contains("yanıt vermedi"), "{line}");
    }
    // It counts, and nobody reads it as proved: neither on the page nor in a program.
    const OPEN: &str = "imzası doğru; eksik denetim: iptal durumu";
    for stored in &way.evidence {
        assert_eq!(stored.check.as_ref().unwrap().sentence(), OPEN);
        assert_eq!(stored.fact.trust, Trust::Counted);
    }
    let posta = format!("/evrak/{id}/posta");
    let (_, page) = office::page(&office, "ayse", &posta).await;
    let waiting =
        format!(r#"<span class="status waiting"><span aria-hidden="true">○</span>{OPEN}"#);
    assert_eq!(page.matches(&waiting).count(), way.evidence.len(), "{page}");
    assert!(!page.contains("imzası doğrulandı"), "{page}");
    let rows = async || -> i64 {
        office
            .app
            .store
            .read(|tx| tx.scalar("SELECT COUNT(*) FROM evidence_check", params![]))
            .await
            .unwrap()
    };
    let before = rows().await;
    office.rounds(2, 60).await;
    assert_eq!(
        rows().await,
        before,
        "what tells nothing new is not written down"
    );

    // That it was read meanwhile ends no question.
    office.read_by_recipient(&id).await;
    office.rounds(4, 30).await;
    let way = office.way(&id).await;
    assert_eq!(way.recipient.status, Standing::Read.code());
    assert!(!open(&way).is_empty());
    assert!(way.message.unwrap().poll_at.is_some(), "it is asked again");

    office.with_services().await;
    office.rounds(2, 3600).await;
    let way = office.way(&id).await;
    assert_eq!(open(&way), Vec::<String>::new());
    let message = way.message.as_ref().unwrap();
    assert_eq!(message.poll_at, None, "nothing is left to ask");
    let (_, page) = office::page(&office, "ayse", &posta).await;
    let proved = page.matches("</span>imzası doğrulandı").count();
    assert_eq!(proved, way.evidence.len(), "{page}");
    let message = way.message.as_ref().unwrap().id.clone();
    let kept = office
        .app
        .store
        .read(move |tx| revocation::of_message(tx, &message))
        .await
        .unwrap();
    assert!(kept.len() >= 2, "signer and intermediate: {kept:?}");

    // What is kept serves when nobody can be asked.
    office.services_at(NOWHERE).await;
    let (counts, all) = recheck(&office.app, &office.registry, &id).await.unwrap();
    assert_eq!((counts, all), (way.evidence.len(), way.evidence.len()));
    assert_eq!(open(&office.way(&id).await), Vec::<String>::new());
    office.audit_is_whole().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_open_check_alone_gives_neither_success_nor_failure() {
    let (office, roots) = Office::with_roots().await;
    let id = office.dispatched_with_key(&[HAVSA]).await;
    office.rounds(3, 10).await;
    let bytes = bundle_of(&office, &office.clerk, &id).await;
    let mut files = unpacked(&bytes);
    files.retain(|(name, _)| !name.starts_with("iptal/"));
    relist(&mut files, |_| {});
    let found = checked(&packed(&files), &options(&roots, &office));
    // The list was written anew, so the institution's signature fails; nothing else does.
    let failed: Vec<_> = found
        .checks
        .iter()
        .filter(|it| it.outcome == Outcome::Failed)
        .collect();
    assert!(
        failed.iter().all(|it| it.name == "Kurumun imzası"),
        "{failed:?}"
    );
    let open = found.checks.iter().filter(|it| it.outcome == Outcome::Open);
    assert!(
        open.count() >= 3,
        "message and evidence carry no revocation data"
    );
}

/// Days after which every certificate of [`Kind::EvidenceUnstamped`] has run out.
const LATER: i64 = 3 * 24 * 60 * 60;

#[tokio::test(flavor = "multi_thread")]
async fn evidence_without_a_stamp_that_came_in_time_outlives_its_certificate() {
    let (office, _) = Office::with_roots().await;
    office.misbehave(NewRule::always(Kind::EvidenceUnstamped));
    let id = office.dispatched_with_key(&[HAVSA]).await;
    office.rounds(3, 10).await;
    let way = office.way(&id).await;
    assert_eq!(way.recipient.status, Standing::Delivered.code());
    for stored in &way.evidence {
        assert_eq!(stored.check.as_ref().unwrap().stamped_at, None);
    }

    office.pass(LATER);
    let (counts, all) = recheck(&office.app, &office.registry, &id).await.unwrap();
    assert_eq!((counts, all), (way.evidence.len(), way.evidence.len()));
    let again = office.way(&id).await;
    assert_eq!(again.recipient.status, Standing::Delivered.code());
    for (stored, before) in again.evidence.iter().zip(&way.evidence) {
        assert!(stored.checked_at > before.checked_at, "a later row");
        assert_eq!(stored.held_since, before.checked_at);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_file_counts_from_when_it_came_and_not_from_when_it_was_listed() {
    let (office, _) = Office::with_roots().await;
    office.misbehave(NewRule::always(Kind::EvidenceUnstamped));
    // The list tells of it, the file cannot be had for three days.
    let refused = NewRule {
        operation: Some("PaketDelilIndir".into()),
        ..NewRule::always(Kind::Fault)
    };
    office.misbehave(refused);
    let id = office.dispatched_with_key(&[HAVSA]).await;
    office.rounds(3, 10).await;
    let listed = office.way(&id).await;
    assert!(!listed.evidence.is_empty());
    assert!(listed.evidence.iter().all(|it| it.held_since.is_none()));

    office.pass(LATER);
    office.provider.provider().behave_entirely().unwrap();
    office.rounds(3, 60 * 60).await;
    let way = office.way(&id).await;
    for early in &listed.evidence {
        let stored = way.evidence.iter().find(|it| it.fact.id == early.fact.id);
        let check = stored.unwrap().check.as_ref().expect("the file came");
        assert_eq!(check.verdict, Verdict::Failed, "{:?}", check.lines);
        assert!(check.reason.contains("süresi"), "{}", check.reason);
    }
}

#[test]
fn a_certificate_revoked_before_the_evidence_came_fails_and_one_revoked_later_does_not() {
    let held: Timestamp = "2026-11-24T06:00:00Z".parse().unwrap();
    let hours = SignedDuration::from_hours;
    let mut count = 0_u8;
    let mut random = |bytes: &mut [u8]| {
        bytes.fill_with(|| {
            count = count.wrapping_mul(37).wrapping_add(11);
            count
        });
    };
    let authority = Authority::create(Services::rehearsal(), held, &mut random).unwrap();
    let provider = Holder::Provider { name: "hs01" };
    let validity = Validity::days(held, 30);
    let key = authority
        .issue_key(&provider, Curve::P256, validity, &mut random)
        .unwrap();
    let xml = "<rem:DeliveryNonDeliveryToRecipient xmlns:rem=\"http://uri.etsi.org/02640/v2#\" \
        version=\"1\"><rem:EventCode>http:uri.etsi.org/02640/Event#Delivery</rem:EventCode>\
        <rem:SenderMessageDetails><rem:UAMessageIdentifier>a@hs01</rem:UAMessageIdentifier>\
        </rem:SenderMessageDetails></rem:DeliveryNonDeliveryToRecipient>";
    let options = seal::xades::XadesOptions {
        digest: seal::Digest::Sha256,
        signing_time: held,
        id: "1".into(),
    };
    let signed = seal::xades::sign(xml, &key, &options).unwrap();
    let subject = Subject {
        rfc_message_id: "a@hs01".into(),
        provider_id: None,
        address: "havsa@hs01.kep.tr".into(),
        sha256: String::new(),
    };
    let listed = Listed {
        kind: EvidenceKind::Delivered,
        at: None,
    };
    // The lists are those of the next week.
    let checked = |revoked: Timestamp| {
        let revoked = [Revoked {
            serial: key.certificate().serial(),
            at: revoked,
        }];
        let list = |kind| {
            let answer = authority.answer(kind, &[], &revoked, held + hours(7 * 24), [7; 16]);
            answer.unwrap().body
        };
        let demand = Demand {
            roots: Roots::new(vec![authority.root().clone()], Vec::new()),
            material: seal::Material {
                crls: [ServiceKind::Crl, ServiceKind::RootCrl].map(list).to_vec(),
                ..seal::Material::default()
            },
            ..Demand::default()
        };
        check(signed.as_bytes(), listed, &subject, &demand, held)
    };
    let before = checked(held - hours(1));
    assert_eq!(before.verdict, Verdict::Failed);
    assert!(before.reason.contains("iptal edilmiş"), "{}", before.reason);
    let after = checked(held + hours(1));
    assert_eq!(after.verdict, Verdict::Verified, "{:?}", after.lines);
    assert_eq!(after.sentence(), "imzası doğrulandı");
}
