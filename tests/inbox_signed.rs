//! Signatures of incoming KEP mail: trusted, unknown, broken, revoked; and two institutions that
//! write to each other with signed letters.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod mailbox;
mod office;

use std::path::Path;

use dys::dispatch::account::AccountSettings;
use dys::dispatch::{Worker, send};
use dys::distribution::{DestinationType, list};
use dys::inbox::answer::{self, Follow};
use dys::inbox::correct::{self, Correction};
use dys::inbox::mailbox::Mailboxes;
use dys::inbox::mailbox::envelope::{self, Envelope};
use dys::inbox::view::View;
use dys::inbox::{IncomingKind, Source, State};
use dys::signature::rehearsal;
use dys::store::testing::{TestStore, sqlite};
use jiff::SignedDuration;
use kephs::misbehaviour::{Kind as Misbehaviour, NewRule};
use mailbox::{
    CITIZEN, Making, added, by, codes, confirm, detached, found, havsa, key_for, key_of, lines,
    mail, open, package_made, reach_services, severity, sign_for_real, signed_mail, signer,
    stamped, stamped_mail, stranger,
};
use office::{ADDRESS, Office};
use seal::rehearsal::{Holder, MARK, Revoked, ServiceKind};
use seal::{Signer as _, SoftKey};

/// Revocation lists of the provider's authority where an account's evidence is checked.
fn know_revocation_of_providers(office: &Office, data: &Path) {
    let folder = data.join("kephs-kokleri");
    std::fs::create_dir_all(&folder).unwrap();
    let lists = office.provider.provider().revocation_lists().unwrap();
    for (number, list) in lists.into_iter().enumerate() {
        std::fs::write(folder.join(format!("{number}.crl")), list).unwrap();
    }
}

/// The view of the newest line after a message was handed in.
async fn received(office: &Office, message: &[u8]) -> View {
    received_by(&Mailboxes::new(office.app.clone()), office, message).await
}

async fn received_by(mailboxes: &Mailboxes, office: &Office, message: &[u8]) -> View {
    office.pass(61);
    office.hand_in(CITIZEN, message);
    mailboxes.round().await.unwrap();
    let line = office.lines().await.remove(0);
    office.open(&line.id).await
}

fn serial(key: &SoftKey) -> String {
    key.certificate().serial()
}

fn place(office: &Office) -> String {
    office.provider.address().to_string()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_senders_signature_is_trusted_unknown_or_broken() {
    let office = Office::on(sqlite()).await;
    reach_services(&office.app, &place(&office)).await;
    let known = key_of(&rehearsal::authority(&office.app).unwrap());
    let unknown = key_of(&stranger());

    let trusted = received(&office, &signed_mail("1@hs02", "Bir", &known, false)).await;
    let finding = found(&trusted, "ileti_imzasi");
    assert_eq!(finding.severity, "ok", "{finding:?}");
    assert!(finding.sentence.contains("Ahmet Yıldız"), "{finding:?}");

    let foreign = received(&office, &signed_mail("2@hs02", "İki", &unknown, false)).await;
    let finding = found(&foreign, "ileti_imzasi");
    assert_eq!(finding.severity, "warning", "{finding:?}");
    assert!(finding.sentence.contains("köke bağlanamadı"), "{finding:?}");

    for key in [&known, &unknown] {
        let id = format!("{}@hs02", serial(key));
        let broken = received(&office, &signed_mail(&id, "Üç", key, true)).await;
        let finding = found(&broken, "ileti_imzasi");
        assert_eq!(finding.severity, "error", "{finding:?}");
    }
    assert_eq!(office.lines().await.len(), 4);

    // A trust list that cannot be read trusts nobody, says so, and keeps nothing out.
    let folder = office.app.config.data.join("guven/kok");
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("bozuk.pem"), "sertifika değil").unwrap();
    let untrusted = received(&office, &signed_mail("5@hs02", "Beş", &known, false)).await;
    assert_eq!(severity(&untrusted, "ileti_imzasi"), "warning");
    assert_eq!(severity(&untrusted, "kokler_okunamadi"), "warning");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_silent_revocation_service_is_an_open_finding_and_a_revoked_certificate_an_error() {
    let office = Office::on(sqlite()).await;
    let authority = rehearsal::authority(&office.app).unwrap();
    let key = key_of(&authority);
    let mailboxes = Mailboxes::new(office.app.clone());
    // Nobody listens there.
    reach_services(&office.app, "127.0.0.1:9").await;
    let silent = received_by(
        &mailboxes,
        &office,
        &signed_mail("1@hs02", "Bir", &key, false),
    )
    .await;
    let finding = found(&silent, "ileti_imzasi");
    assert_eq!(finding.severity, "note", "{finding:?}");
    assert!(finding.sentence.contains("iptal durumu"), "{finding:?}");
    assert!(finding.sentence.contains("yanıt vermedi"), "{finding:?}");

    // The issuer is left alone for a while, then asked again: now it says "revoked".
    let revoked = vec![Revoked {
        serial: serial(&key),
        at: office::START - SignedDuration::from_hours(24),
    }];
    let place = serve(authority, revoked).await;
    reach_services(&office.app, &place).await;
    let early = received_by(
        &mailboxes,
        &office,
        &signed_mail("2@hs02", "İki", &key, false),
    )
    .await;
    let finding = found(&early, "ileti_imzasi");
    assert!(finding.sentence.contains("az önce"), "{finding:?}");
    office.pass(600);
    let revoked = received_by(
        &mailboxes,
        &office,
        &signed_mail("3@hs02", "Üç", &key, false),
    )
    .await;
    let finding = found(&revoked, "ileti_imzasi");
    assert_eq!(finding.severity, "error", "{finding:?}");
    assert!(finding.sentence.contains("iptal"), "{finding:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_authority_of_a_time_stamp_is_asked_about_too() {
    let office = Office::on(sqlite()).await;
    let authority = rehearsal::authority(&office.app).unwrap();
    let key = key_of(&authority);
    let message = |id: &str| stamped_mail(id, "Damgalı", &key, &authority);
    reach_services(&office.app, "127.0.0.1:9").await;
    let silent = received(&office, &message("1@hs02")).await;
    let finding = found(&silent, "ileti_imzasi");
    assert_eq!(finding.severity, "note", "{finding:?}");
    assert!(
        finding.sentence.contains("damga sertifikasının iptal"),
        "{finding:?}"
    );

    reach_services(&office.app, &place(&office)).await;
    let answered = received(&office, &message("2@hs02")).await;
    let finding = found(&answered, "ileti_imzasi");
    assert_eq!(finding.severity, "ok", "{finding:?}");

    // Whoever stole its key can set any time.
    let signed = stamped(&detached(&key, b"x").unwrap(), &authority).unwrap();
    let trust = seal::TrustStore::new(vec![authority.root().clone()], Vec::new());
    let options = seal::VerifyOptions {
        trust: &trust,
        at: office::START,
        material: &seal::Material::default(),
    };
    let report = seal::verify(&signed, Some(b"x"), &options);
    let unasked = report.signers[0].unasked();
    let stamper = unasked.last().unwrap();
    let revoked = vec![Revoked {
        serial: stamper.certificate.serial(),
        at: office::START - SignedDuration::from_hours(24),
    }];
    let message = message("3@hs02");
    let place = serve(authority, revoked).await;
    reach_services(&office.app, &place).await;
    let stolen = received(&office, &message).await;
    let finding = found(&stolen, "ileti_imzasi");
    assert_eq!(finding.severity, "error", "{finding:?}");
    assert!(
        finding.sentence.contains("Zaman damgası geçersiz"),
        "{finding:?}"
    );
}

/// The authority's services with these certificates revoked; says where.
async fn serve(authority: seal::rehearsal::Authority, revoked: Vec<Revoked>) -> String {
    use axum::extract::Path;
    let authority = std::sync::Arc::new(authority);
    let revoked = std::sync::Arc::new(revoked);
    let answer = move |Path(service): Path<String>, body: bytes::Bytes| async move {
        let kind = ServiceKind::at(&service).expect("a service");
        let answer = authority.answer(kind, &body, &revoked, office::START, [7; 16]);
        answer.unwrap().body
    };
    let routes = axum::Router::new().route(
        "/prova-esh/{service}",
        axum::routing::get(answer.clone()).post(answer),
    );
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let place = listener.local_addr().unwrap().to_string();
    tokio::spawn(async move { axum::serve(listener, routes).await });
    place
}

#[tokio::test(flavor = "multi_thread")]
async fn whether_the_evidence_in_the_envelope_holds_today_is_asked_for() {
    let office = Office::on(sqlite()).await;
    reach_services(&office.app, "127.0.0.1:9").await;
    let silent = received(&office, &mail("1@hs02", CITIZEN, "Bir", "x", &[])).await;
    let finding = found(&silent, "zarf_delili");
    assert_eq!(finding.severity, "note", "{finding:?}");
    assert!(finding.sentence.contains("eksik denetim"), "{finding:?}");
    assert!(finding.sentence.contains("iptal"), "{finding:?}");
    // It still tells when the message was delivered, and the letter stands at the registry.
    assert!(silent.incoming.delivered_at.is_some());

    office.pass(600);
    reach_services(&office.app, &place(&office)).await;
    let answered = received(&office, &mail("2@hs02", CITIZEN, "İki", "x", &[])).await;
    let finding = found(&answered, "zarf_delili");
    assert_eq!(finding.severity, "ok", "{finding:?}");

    office.misbehave(NewRule::always(Misbehaviour::EvidenceRevoked));
    let revoked = received(&office, &mail("3@hs02", CITIZEN, "Üç", "x", &[])).await;
    let finding = found(&revoked, "zarf_delili");
    assert_eq!(finding.severity, "error", "{finding:?}");
    assert!(finding.sentence.contains("iptal"), "{finding:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_older_list_holds_but_hides_no_revocation() {
    let office = Office::on(sqlite()).await;
    know_revocation_of_providers(&office, &office.app.config.data);
    office.pass(3600);
    // Nobody listens there: what the list said an hour ago still counts.
    reach_services(&office.app, "127.0.0.1:9").await;
    let silent = received(&office, &mail("1@hs02", CITIZEN, "Bir", "x", &[])).await;
    assert_eq!(severity(&silent, "zarf_delili"), "ok");

    office.pass(600);
    reach_services(&office.app, &place(&office)).await;
    office.misbehave(NewRule::always(Misbehaviour::EvidenceRevoked));
    let revoked = received(&office, &mail("2@hs02", CITIZEN, "İki", "x", &[])).await;
    let finding = found(&revoked, "zarf_delili");
    assert_eq!(finding.severity, "error", "{finding:?}");
    assert!(finding.sentence.contains("iptal edilmiş"), "{finding:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_envelope_and_the_evidence_in_it_are_checked() {
    let office = Office::on(sqlite()).await;
    know_revocation_of_providers(&office, &office.app.config.data);
    let view = received(&office, &mail("1@hs02", CITIZEN, "Bir", "x", &[])).await;
    assert_eq!(severity(&view, "zarf_imzasi"), "ok", "{:#?}", view.findings);
    assert_eq!(severity(&view, "zarf_delili"), "ok", "{:#?}", view.findings);
    assert!(view.incoming.delivered_at.is_some());

    let cases = [
        (Misbehaviour::EnvelopeForeign, "zarf_imzasi", "warning"),
        (Misbehaviour::EnvelopeBroken, "zarf_imzasi", "error"),
        (Misbehaviour::EnvelopeUnsigned, "zarf_imzasi_yok", "warning"),
        (Misbehaviour::EvidenceForeign, "zarf_delili", "warning"),
        (Misbehaviour::EvidenceBroken, "zarf_delili", "error"),
        (Misbehaviour::EvidenceUnsigned, "zarf_delili", "error"),
        (Misbehaviour::EvidenceByPerson, "zarf_delili", "warning"),
    ];
    for (number, (kind, code, expected)) in cases.into_iter().enumerate() {
        let rule = NewRule::always(kind).for_address(ADDRESS);
        office.misbehave(rule);
        let id = format!("m{number}@hs02");
        let view = received(&office, &mail(&id, CITIZEN, "Sonraki", "y", &[])).await;
        assert_eq!(
            severity(&view, code),
            expected,
            "{kind:?}: {:#?}",
            view.findings
        );
        office.provider.provider().behave_entirely().unwrap();
    }
    assert_eq!(office.lines().await.len(), cases.len() + 1);

    // Sound and under the roots, but of none whom the account names as a provider.
    let mut settings = AccountSettings {
        evidence_roots: vec![office.provider.provider().root_pem().to_owned()],
        evidence_signers: vec!["Gerçek Sağlayıcı A.Ş.".to_owned()],
        ..AccountSettings::default()
    };
    set(&office, &settings).await;
    let view = received(&office, &mail("n@hs02", CITIZEN, "Yabancı", "y", &[])).await;
    for code in ["zarf_imzasi", "zarf_delili"] {
        let finding = found(&view, code);
        assert_eq!(finding.severity, "warning", "{finding:?}");
        assert!(finding.sentence.contains("Delili imzalayan"), "{finding:?}");
    }
    settings.evidence_signers.push(MARK.to_owned());
    set(&office, &settings).await;
    let view = received(&office, &mail("o@hs02", CITIZEN, "Bilinen", "y", &[])).await;
    for code in ["zarf_imzasi", "zarf_delili"] {
        assert_eq!(severity(&view, code), "ok", "{:#?}", view.findings);
    }
}

/// Every signature holds, and the package is not what it says all the same: the registry is told what
/// `dys verify` tells.
#[tokio::test(flavor = "multi_thread")]
async fn whether_a_package_is_what_it_says_of_itself_is_told_at_the_registry() {
    const ROLES: [&str; 4] = [
        "paket_imzacilari",
        "paket_muhur_sahibi",
        "paket_tarihi",
        "paket_kapsami",
    ];
    let office = Office::on(sqlite()).await;
    reach_services(&office.app, &place(&office)).await;
    let authority = rehearsal::authority(&office.app).unwrap();
    let person = |name, tckn| key_for(&authority, &Holder::Person { name, tckn });
    let seal = |name, detsis| key_for(&authority, &Holder::Seal { name, detsis });
    let (ayse, fatma) = (
        person("Ayşe Yılmaz", "10000000146"),
        person("Fatma Kaya", "20000000046"),
    );
    let (own, foreign) = (
        seal("Hazırlayan", "01038900"),
        seal("Başka Belediye", "01039999"),
    );
    let made = |signer: &SoftKey, sealer: &SoftKey, date: &str| {
        let making = Making {
            date,
            sign: &by(signer, &authority),
            seal: &by(sealer, &authority),
            ..Making::default()
        };
        package_made("01038900", "01039100", &making)
    };
    let day = "2026-11-24T09:40:00+03:00";
    let honest = made(&ayse, &own, day);
    let covered = added(&honest, "Fazla/not.pdf", b"baskasindan");
    let cases = [
        (honest, "2026-11-24", None),
        (
            made(&fatma, &own, day),
            "2026-11-24",
            Some((ROLES[0], "error", "Fatma Kaya imzalamış")),
        ),
        (
            made(&ayse, &foreign, day),
            "2026-11-24",
            Some((ROLES[1], "error", "Belediye (01039999) kurumunun")),
        ),
        // The day in Turkey, whatever offset the file is written in.
        (
            made(&ayse, &own, "2026-11-24T22:00:00Z"),
            "2026-11-25",
            Some((ROLES[2], "error", "Yazının tarihi 25.11.2026")),
        ),
        (
            covered,
            "2026-11-24",
            Some((ROLES[3], "warning", "/Fazla/not.pdf imza kapsamında değil")),
        ),
    ];
    for (number, (bytes, day, expected)) in cases.into_iter().enumerate() {
        let id = format!("{number}@hs02");
        let files: [(&str, &[u8]); 1] = [("yazi.eyp", &bytes)];
        let message = mail(&id, CITIZEN, "Paket", "Ektedir.", &files);
        let view = received(&office, &message).await;
        for code in ["paket_imzasi", "paket_muhru"] {
            assert_eq!(
                severity(&view, code),
                "ok",
                "{number}: {:#?}",
                view.findings
            );
        }
        assert_eq!(view.incoming.their_date, day.parse().ok(), "{number}");
        let told = view.findings.iter();
        let told: Vec<_> = told
            .filter(|it| ROLES.contains(&it.code.as_str()))
            .map(|it| (it.code.as_str(), it.severity.as_str(), it.sentence.as_str()))
            .collect();
        match (expected, told.as_slice()) {
            (None, []) => {}
            (Some((code, weight, words)), [(own, found, sentence)]) => {
                assert_eq!((code, weight), (*own, *found), "{sentence}");
                assert!(sentence.contains(words), "{sentence}");
            }
            (expected, told) => panic!("{expected:?}: {told:#?}"),
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_letter_that_no_qualified_certificate_for_signing_signed_is_told_at_the_registry() {
    let office = Office::on(sqlite()).await;
    reach_services(&office.app, &place(&office)).await;
    let authority = rehearsal::authority(&office.app).unwrap();
    let institution = Holder::Seal {
        name: "Hazırlayan",
        detsis: "01038900",
    };
    let own = key_for(&authority, &institution);
    let (name, tckn) = ("Ayşe Yılmaz", "10000000146");
    let cases = [
        (Holder::Person { name, tckn }, "ok", "doğrulandı."),
        (Holder::LogIn { name, tckn }, "warning", "imza için değil"),
        // For signing, and without a statement.
        (
            Holder::Provider { name },
            "warning",
            "doğrulandı; Ayşe Yılmaz adına olan sertifikada nitelikli sertifika beyanı yok.",
        ),
    ];
    for (number, (holder, weight, words)) in cases.into_iter().enumerate() {
        let signer = key_for(&authority, &holder);
        let making = Making {
            date: "2026-11-24T09:40:00+03:00",
            sign: &by(&signer, &authority),
            seal: &by(&own, &authority),
            ..Making::default()
        };
        let bytes = package_made("01038900", "01039100", &making);
        let files: [(&str, &[u8]); 1] = [("yazi.eyp", &bytes)];
        let id = format!("{number}@hs02");
        let view = received(&office, &mail(&id, CITIZEN, "Paket", "Ektedir.", &files)).await;
        let finding = found(&view, "paket_imzasi");
        assert_eq!(finding.severity, weight, "{holder:?}: {finding:?}");
        assert!(finding.sentence.contains(words), "{holder:?}: {finding:?}");
    }
}

/// Settings of the office's account.
async fn set(office: &Office, settings: &AccountSettings) {
    let json = serde_json::to_string(settings).unwrap();
    let store = &office.app.store;
    store
        .write(move |tx| {
            tx.execute("UPDATE kep_account SET settings = ?1", dys::params![json])?;
            Ok::<_, dys::store::StoreError>(())
        })
        .await
        .unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn two_institutions_write_to_each_other_and_answer() {
    for (here, there) in office::engines()
        .await
        .into_iter()
        .zip(office::engines().await)
    {
        write_and_answer(Office::on(here).await, there).await;
    }
}

/// Both folders trust one rehearsal authority, whose services the provider serves.
async fn write_and_answer(kesan: Office, store: TestStore) {
    let folder = tempfile::tempdir().unwrap();
    let authority = rehearsal::authority_file(&kesan.app);
    rehearsal::authority(&kesan.app).unwrap();
    std::fs::copy(authority, folder.path().join("prova-esh.pem")).unwrap();
    let (havsa, clerk, registry) = havsa(&kesan, &folder, &store).await;
    for app in [&kesan.app, &havsa] {
        reach_services(app, &place(&kesan)).await;
        know_revocation_of_providers(&kesan, &app.config.data);
    }
    let mayor = signer(&kesan.app, kesan.clerk.home_unit().unwrap(), "ali").await;
    let other_mayor = signer(&havsa, clerk.home_unit().unwrap(), "omer").await;
    let mailboxes = Mailboxes::new(havsa.clone());
    let worker = Worker::new(havsa.clone());
    let pass_at_havsa = || async {
        for _ in 0..4 {
            mailboxes.round().await.unwrap();
            worker.round().await.unwrap();
            kesan.pass(61);
        }
    };

    // Keşan's letter arrives, is checked and registered once.
    let letter = kesan.draft(&["havsa yazı"]).await;
    let version = sign_for_real(&kesan.app, &kesan.clerk, &mayor, &letter).await;
    send::send(&kesan.app, &kesan.clerk, &letter, version)
        .await
        .unwrap();
    kesan.pass(61);
    kesan.rounds(3, 10).await;
    assert_eq!(kesan.way(&letter).await.recipient.status, "delivered");
    pass_at_havsa().await;
    let registered = lines(&havsa, &registry).await;
    assert_eq!(registered.len(), 1);
    let line = &registered[0];
    assert_eq!(
        (line.kind, line.source),
        (IncomingKind::Letter, Source::Kep)
    );
    assert!(
        line.their_number.starts_with("E-01039100-115.01-"),
        "{line:?}"
    );
    assert_eq!(line.their_date, "2026-11-24".parse().ok());

    // The officer's confirmation is what counts as reading; Keşan sees 60.
    let view = open(&havsa, &registry, &line.id).await;
    assert_eq!(view.incoming.sender, "Keşan Belediye Başkanlığı");
    all_verified(&view);
    assert_eq!(view.incoming.content_type, "application/pdf");
    assert!(
        codes(&view).contains(&"gonderen_rehberde"),
        "{:?}",
        codes(&view)
    );
    pass_at_havsa().await;
    kesan.rounds(4, 60).await;
    assert_eq!(kesan.way(&letter).await.recipient.status, "delivered");
    confirm(&havsa, &registry, &line.id).await;
    pass_at_havsa().await;
    kesan.rounds(4, 60).await;
    assert_eq!(kesan.way(&letter).await.recipient.status, "read");

    // Havsa answers by one key, over KEP, to Keşan.
    let incoming = line.id.clone();
    let answer_id = havsa
        .write(&clerk, move |tx, act| {
            answer::begin(tx, act, &incoming, Follow::Answer)
        })
        .await
        .unwrap()
        .letter_id;
    let version = sign_for_real(&havsa, &clerk, &other_mayor, &answer_id).await;
    send::send(&havsa, &clerk, &answer_id, version)
        .await
        .unwrap();
    kesan.pass(61);
    pass_at_havsa().await;
    let state = lines(&havsa, &registry).await[0].state;
    assert_eq!(state, State::Answered);

    // It is registered at Keşan, with the ilgi that names Keşan's own letter.
    kesan.receive().await;
    let answer = kesan.lines().await;
    assert_eq!(answer.len(), 1, "{answer:?}");
    assert_eq!(answer[0].sender, "Havsa Belediye Başkanlığı");
    assert!(
        answer[0].their_number.starts_with("E-01038900-115.01-"),
        "{answer:?}"
    );
    let view = kesan.open(&answer[0].id).await;
    all_verified(&view);
    kesan.confirm(&answer[0].id).await;
    kesan.receive().await;
    pass_at_havsa().await;
    pass_at_havsa().await;
    let (sent, ways) = havsa
        .read(&clerk, move |tx, act| {
            dys::dispatch::tracking::letter(tx, act, &answer_id)
        })
        .await
        .unwrap();
    assert_eq!(sent.state, dys::document::State::Dispatched);
    assert_eq!(
        ways[0].recipient.status, "read",
        "{}",
        ways[0].delivery_status
    );
    kesan.audit_is_whole().await;
    let broken = havsa.store.read(dys::audit::verify).await.unwrap();
    assert_eq!(broken, None);
}

/// Law 3071, article 5: the petition itself, as it came over KEP, is an attachment of the package, and
/// the authority's own check takes it.
#[tokio::test(flavor = "multi_thread")]
async fn a_forwarded_petition_arrives_at_the_authority_as_it_came() {
    let kesan = Office::on(sqlite()).await;
    let store = sqlite();
    let folder = tempfile::tempdir().unwrap();
    let authority = rehearsal::authority_file(&kesan.app);
    rehearsal::authority(&kesan.app).unwrap();
    std::fs::copy(authority, folder.path().join("prova-esh.pem")).unwrap();
    let (havsa, _, registry) = havsa(&kesan, &folder, &store).await;
    for app in [&kesan.app, &havsa] {
        reach_services(app, &place(&kesan)).await;
        know_revocation_of_providers(&kesan, &app.config.data);
    }
    let mayor = signer(&kesan.app, kesan.clerk.home_unit().unwrap(), "ali").await;
    let text = "Köyümüzün yolu Havsa sınırında bozuk.";
    let files: &[(&str, &[u8])] = &[("harita.txt", b"kroki")];
    let petition = mail("dilekce@hs02", CITIZEN, "Yol", text, files);
    kesan.hand_in(CITIZEN, &petition);
    kesan.receive().await;
    let line = kesan.lines().await.remove(0);

    let (unit, id) = (kesan.unit("havsa yazı").await, line.id.clone());
    let letter = kesan
        .app
        .write(&kesan.registry, move |tx, act| {
            let incoming = dys::inbox::open(tx, act, &id)?;
            let mut correction = Correction::of(&incoming);
            "Ahmet Yıldız".clone_into(&mut correction.petition.name);
            correct::correct(tx, act, &id, incoming.version, &correction)?;
            let begun = answer::begin(tx, act, &id, Follow::Forward)?;
            let kind = DestinationType::ExternalKep;
            list::add_units(tx, act, &begun.letter_id, kind, &[unit])?;
            Ok(begun.letter_id)
        })
        .await
        .unwrap();
    let version = sign_for_real(&kesan.app, &kesan.registry, &mayor, &letter).await;
    send::send(&kesan.app, &kesan.registry, &letter, version)
        .await
        .unwrap();
    kesan.pass(61);
    kesan.rounds(3, 10).await;
    assert_eq!(kesan.lines().await[0].state, State::Forwarded);

    let mailboxes = Mailboxes::new(havsa.clone());
    for _ in 0..4 {
        mailboxes.round().await.unwrap();
        kesan.pass(61);
    }
    let arrived = lines(&havsa, &registry).await;
    assert_eq!(arrived.len(), 1, "{arrived:?}");
    let view = open(&havsa, &registry, &arrived[0].id).await;
    all_verified(&view);
    let names: Vec<&str> = view
        .files
        .iter()
        .filter_map(|file| file.file_name.as_deref())
        .collect();
    assert!(names.contains(&"harita.txt"), "{names:?}");
    let whole = view
        .files
        .iter()
        .find(|file| file.file_name.as_deref() == Some("GelenKEPiletisi.eml"))
        .unwrap_or_else(|| panic!("{names:?}"));
    let bytes = havsa
        .blobs
        .get(whole.blob_hash.as_ref().unwrap())
        .await
        .unwrap();
    // The original lies in it unchanged, with what the provider put around it.
    match envelope::read(&bytes) {
        Ok(Envelope::Letter(mail)) => {
            assert_eq!(mail.raw, petition);
            assert!(mail.wrapping.is_some());
        }
        other => panic!("{other:?}"),
    }
}

/// Message, envelope, evidence, package, the signer's signature and the seal: each verified.
fn all_verified(view: &View) {
    let verified = [
        "zarf_imzasi",
        "zarf_delili",
        "ileti_imzasi",
        "paket_uygun",
        "paket_imzasi",
        "paket_muhru",
        "gonderen_rehberde",
    ];
    for code in verified {
        assert_eq!(severity(view, code), "ok", "{:#?}", found(view, code));
    }
    let bad =
        |found: &&dys::inbox::Finding| found.severity == "error" || found.severity == "warning";
    let bad: Vec<_> = view.findings.iter().filter(bad).collect();
    assert!(bad.is_empty(), "{bad:#?}");
}
