//! Incoming KEP: registered once, confirmed after, and nothing that comes in holds the rest up.
#![allow(clippy::unwrap_used, clippy::expect_used)]

#[path = "../clamd/mod.rs"]
mod clamd;
#[path = "../mailbox/mod.rs"]
mod mailbox;
#[path = "../office/mod.rs"]
mod office;
mod set_aside;

use dys::access::Actor;
use dys::directory::{self, UnitId};
use dys::dispatch::account::{self, AccountSettings, Binding};
use dys::distribution::Purpose;
use dys::document::Urgency;
use dys::document::attach;
use dys::document::scan::Verdict;
use dys::inbox::answer::{self, Follow};
use dys::inbox::confirm;
use dys::inbox::correct::{self, Correction};
use dys::inbox::list::Line;
use dys::inbox::mailbox::{Mailboxes, Message, screen};
use dys::inbox::referral::{self, Order, Target};
use dys::inbox::view;
use dys::inbox::{IncomingKind, Source};
use dys::params;
use dys::setting;
use dys::store::testing::sqlite;
use dys::worklist::{self, Kind};
use jiff::SignedDuration;
use kephs::misbehaviour::{Kind as Misbehaviour, NewRule};
use mailbox::{CITIZEN, HAVSA, codes, mail, open, package};
use office::Office;

#[tokio::test(flavor = "multi_thread")]
async fn mail_of_a_citizen_is_a_petition_registered_first_and_confirmed_after() {
    for store in office::engines().await {
        let office = Office::on(store).await;
        let message = mail(
            "1@hs02",
            CITIZEN,
            "Yol bozuk",
            "Sokağımız bozuk.",
            &[("foto.txt", b"not")],
        );
        let kep_id = office.hand_in(CITIZEN, &message);
        office.receive().await;
        let registry = office.lines().await;
        assert_eq!(registry.len(), 1);
        let line = &registry[0];
        assert_eq!(
            (line.kind, line.source),
            (IncomingKind::Petition, Source::Kep)
        );
        assert_eq!((line.subject.as_str(), line.files), ("Yol bozuk", 1));
        assert!(line.delivered_at.is_some() && line.due_date.is_some());
        // Registered, and at the provider still unread.
        assert!(
            !office.events(&kep_id).contains(&"retrieval".to_owned()),
            "{:?}",
            office.events(&kep_id)
        );
        // Seen again and again, it stays one.
        office.receive().await;
        assert_eq!(office.lines().await.len(), 1);

        // Looking at it tells the provider nothing, whoever looks; it is no officer's registration.
        let view = office.open(&line.id).await;
        assert_eq!(view.incoming.text, "Sokağımız bozuk.");
        assert!(codes(&view).contains(&"imza_yok"), "{:?}", codes(&view));
        let clerks = open(&office.app, &office.clerk, &line.id).await;
        assert!(view.may_confirm && !clerks.may_confirm);
        let (id, version) = (line.id.clone(), view.incoming.version);
        let refused = office
            .app
            .write(&office.clerk, move |tx, act| {
                confirm::confirm(tx, act, &id, version)
            })
            .await
            .unwrap_err();
        assert_eq!(refused.code(), "yetki_yok");
        office.receive().await;
        assert!(
            !office.events(&kep_id).contains(&"retrieval".to_owned()),
            "{:?}",
            office.events(&kep_id)
        );
        // Confirmed twice, it is told once.
        office.confirm(&line.id).await;
        office.confirm(&line.id).await;
        office.receive().await;
        let told = office.events(&kep_id);
        let told = told.iter().filter(|event| *event == "retrieval");
        assert_eq!(told.count(), 1);
        let id = line.id.clone();
        let entries = office
            .app
            .store
            .read(move |tx| dys::audit::entries_of(tx, "incoming", &id))
            .await
            .unwrap();
        let confirmed = entries.iter().filter(|it| it.action == "inbox.confirm");
        assert_eq!(confirmed.count(), 1);
        office.audit_is_whole().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_unread_is_shown_before_it_counts_as_read_and_may_be_confirmed_by_itself() {
    let office = Office::on(sqlite()).await;
    let kep_id = office.hand_in(CITIZEN, &mail("1@hs02", CITIZEN, "Su", "Su akmıyor.", &[]));
    office.receive().await;
    let waiting = || async {
        office
            .app
            .read(&office.registry, |tx, act| {
                worklist::list::of(tx, act, Kind::Unread)
            })
            .await
            .unwrap()
            .items
            .len()
    };
    assert_eq!(waiting().await, 0);
    office
        .clock
        .set(office.app.now() + SignedDuration::from_hours(21));
    assert_eq!(waiting().await, 1);
    let id = office.lines().await[0].id.clone();
    // Opened and not confirmed, it will count as read all the same.
    office.open(&id).await;
    assert_eq!(waiting().await, 1);
    // The first referral of an officer is the registration.
    let (clerk, which) = (office.clerk.user_id.clone(), id.clone());
    office
        .app
        .write(&office.registry, move |tx, act| {
            let order = Order {
                targets: vec![(Target::Person(clerk), None)],
                ..Order::default()
            };
            referral::refer(tx, act, &which, 1, &order)
        })
        .await
        .unwrap();
    assert_eq!(waiting().await, 0);

    office
        .app
        .store
        .write(|tx| setting::put(tx, setting::CONFIRMATION.key, "itself"))
        .await
        .unwrap();
    let second = office.hand_in(
        CITIZEN,
        &mail("2@hs02", CITIZEN, "Park", "Park karanlık.", &[]),
    );
    office.receive().await;
    assert!(office.events(&second).contains(&"retrieval".to_owned()));
    assert!(office.events(&kep_id).contains(&"retrieval".to_owned()));
}

#[tokio::test(flavor = "multi_thread")]
async fn evidence_mail_goes_to_evidence_and_into_no_registry() {
    for store in office::engines().await {
        let office = Office::on(store).await;
        let letter = office.dispatched(&["havsa yazı"]).await;
        office.rounds(3, 10).await;
        office.receive().await;
        assert!(office.lines().await.is_empty());
        let store = &office.app.store;
        let counted = |state: &'static str| async move {
            store
                .read(move |tx| {
                    tx.scalar::<i64>(
                        "SELECT COUNT(*) FROM incoming_message WHERE state = ?1",
                        params![state],
                    )
                })
                .await
                .unwrap()
        };
        assert!(counted("evidence").await >= 2);
        assert_eq!(counted("unreadable").await + counted("listed").await, 0);
        // Its arrival is why evidence is asked for at once.
        office.rounds(2, 10).await;
        assert_eq!(office.way(&letter).await.recipient.status, "delivered");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_repeated_message_is_confirmed_with_its_first_and_what_stays_unconfirmed_is_shown() {
    for store in office::engines().await {
        let office = Office::on(store).await;
        let message = mail("ayni@hs02", CITIZEN, "Yol", "Yol bozuk.", &[]);
        let first = office.hand_in(CITIZEN, &message);
        let second = office.hand_in(CITIZEN, &message);
        office.receive().await;
        office.receive().await;
        let registry = office.lines().await;
        assert_eq!(registry.len(), 1);
        let line = registry[0].id.clone();
        let unconfirmed = || async {
            office
                .app
                .read(&office.registry, |tx, act| {
                    worklist::list::of(tx, act, Kind::Unconfirmed)
                })
                .await
                .unwrap()
                .items
        };
        // The provider refuses the confirmation; the officer has opened the line.
        office.misbehave(NewRule::always(Misbehaviour::Refuse).for_operation("AlindiOnay"));
        office.confirm(&line).await;
        office.receive().await;
        assert!(unconfirmed().await.is_empty(), "there is time yet");
        office
            .clock
            .set(office.app.now() + SignedDuration::from_hours(21));
        let shown = unconfirmed().await;
        assert_eq!(shown.len(), 2, "{shown:?}");
        assert!(
            shown.iter().all(|item| item.subject_id == line),
            "{shown:?}"
        );
        assert!(shown[0].detail.contains("reddetti"), "{shown:?}");

        office.provider.provider().behave_entirely().unwrap();
        office.receive().await;
        for kep_id in [&first, &second] {
            let events = office.events(kep_id);
            assert!(events.contains(&"retrieval".to_owned()), "{events:?}");
        }
        assert!(unconfirmed().await.is_empty());

        // What comes again after the first was confirmed is confirmed too.
        let third = office.hand_in(CITIZEN, &message);
        office.receive().await;
        office.receive().await;
        assert_eq!(office.lines().await.len(), 1);
        let events = office.events(&third);
        assert!(events.contains(&"retrieval".to_owned()), "{events:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_provider_that_keeps_silent_keeps_up_no_other_account() {
    let office = Office::on(sqlite()).await;
    // Yazı İşleri has an account of its own whose provider takes long to answer.
    let silent = "yaziisleri.kesan@hs99.kep.example";
    let provider = office.provider.provider();
    provider.put_account(&mailbox::credentials(silent)).unwrap();
    let unit = office.own_unit("Yazı İşleri Müdürlüğü").await;
    let binding = Binding {
        unit_id: unit,
        address: silent.to_owned(),
        endpoint: office.provider.endpoint(),
        national_id: "10000000146".to_owned(),
        password: "parola".to_owned(),
        passphrase: "sifre".to_owned(),
        settings: AccountSettings::default(),
    };
    account::bind(&office.app, &Actor::system(), binding)
        .await
        .unwrap();
    office.misbehave(
        NewRule::always(Misbehaviour::LateAnswer)
            .for_address(silent)
            .seconds(24 * 60 * 60),
    );
    office
        .app
        .store
        .write(|tx| {
            setting::put(tx, setting::MAILBOX_SECONDS.key, "1")?;
            setting::put(tx, setting::CONFIRMATION.key, "itself")
        })
        .await
        .unwrap();
    let (_stop, stopped) = tokio::sync::watch::channel(false);
    let working = tokio::spawn(Mailboxes::new(office.app.clone()).run(stopped));
    for round in 0..2 {
        let id = format!("{round}@hs02");
        let kep_id = office.hand_in(CITIZEN, &mail(&id, CITIZEN, "Su", "Su yok.", &[]));
        let read = "retrieval".to_owned();
        let patience = std::time::Instant::now() + std::time::Duration::from_secs(30);
        while !office.events(&kep_id).contains(&read) {
            assert!(
                std::time::Instant::now() < patience,
                "round {round}: {} lines",
                office.lines().await.len()
            );
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
    }
    assert_eq!(office.lines().await.len(), 2);
    working.abort();
}

/// KKK and BirimKKK of the recipients, the purpose of ours, and whether it is taken for ours.
#[tokio::test(flavor = "multi_thread")]
async fn a_letter_to_one_of_our_units_by_its_own_number_is_ours() {
    use eyazisma::Purpose::{Action, Information};
    let office = Office::on(sqlite()).await;
    let ours = office.own_unit("Yazı İşleri Müdürlüğü").await;
    let (unit_number, other_unit, sender_unit) = office
        .app
        .store
        .read(move |tx| -> dys::error::Result<_> {
            let own = directory::by_id(tx, &UnitId::new(ours))?.unwrap();
            let others = directory::own_units(tx)?;
            let other = others
                .into_iter()
                .find(|unit| unit.id != own.id && !unit.is_institution());
            let havsa = directory::by_kep_address(tx, HAVSA)?.unwrap();
            let below = directory::page(tx, Some(&havsa.id), None, 10)?.remove(0);
            Ok((own.detsis_no, other.unwrap().detsis_no, below.detsis_no))
        })
        .await
        .unwrap();
    let (unit, other) = (unit_number.as_str(), other_unit.as_str());
    let cases = [
        ("Birim KKK'da", vec![(unit, None, Action)], true),
        (
            "Birim BirimKKK'da",
            vec![("01039100", Some(unit), Action)],
            true,
        ),
        (
            "Önce bilgi",
            vec![(other, None, Information), (unit, None, Action)],
            true,
        ),
        ("Başkasına", vec![("24301050", None, Action)], false),
    ];
    for (number, (subject, recipients, _)) in cases.iter().enumerate() {
        let eyp = package(&sender_unit, recipients);
        let id = format!("{number}@hs01");
        let message = mail(&id, HAVSA, subject, "Ektedir.", &[("yazi.eyp", &eyp)]);
        office.hand_in(HAVSA, &message);
        office.receive().await;
        let line = office.lines().await.remove(0);
        let view = office.open(&line.id).await;
        let (_, _, is_ours) = &cases[number];
        assert_eq!(
            !codes(&view).contains(&"baska_kurum"),
            *is_ours,
            "{subject}: {:#?}",
            view.findings
        );
        // The package names the sender's unit, the address is its institution's.
        assert!(
            !codes(&view)
                .iter()
                .any(|it| ["paket_gonderen_farkli", "yazi_pdf_degil"].contains(it)),
            "{subject}: {:#?}",
            view.findings
        );
        if *is_ours {
            assert_eq!(view.incoming.purpose, Purpose::Action, "{subject}");
            assert_eq!(view.incoming.urgency, Urgency::Dated, "{subject}");
            let day = "2026-12-04".parse().ok();
            assert_eq!(view.incoming.due_date, day, "{subject}");
        }
    }
    // A letter that no reader opens is registered, and told.
    let eyp = mailbox::package_of(b"%PDF-1.7", &sender_unit, &[(unit, None, Action)]);
    let message = mail(
        "p@hs01",
        HAVSA,
        "PDF değil",
        "Ektedir.",
        &[("yazi.eyp", &eyp)],
    );
    office.hand_in(HAVSA, &message);
    office.receive().await;
    let line = office.lines().await.remove(0);
    let view = office.open(&line.id).await;
    let told = mailbox::found(&view, "yazi_pdf_degil");
    assert_eq!(told.severity, "error", "{told:?}");
    assert!(told.sentence.contains("yarım kalmış"), "{told:?}");
    // What was put in place of an attachment that was left out is not taken over, and told.
    let eyp = mailbox::package_with_forged_attachment(&sender_unit, unit);
    let message = mail(
        "s@hs01",
        HAVSA,
        "Sahte ek",
        "Ektedir.",
        &[("yazi.eyp", &eyp)],
    );
    office.hand_in(HAVSA, &message);
    office.receive().await;
    let line = office.lines().await.remove(0);
    let view = office.open(&line.id).await;
    assert_eq!(mailbox::severity(&view, "CB.EK_ROLU"), "error");
    let attachment = view.files.iter().find(|it| it.title == "Keşif").unwrap();
    assert_eq!(attachment.blob_hash, None, "{attachment:?}");
    // Sağlık Bakanlığı's package from Havsa's address is told.
    let eyp = package("24322010", &[("01039100", None, Action)]);
    let message = mail(
        "x@hs01",
        HAVSA,
        "Başkasının",
        "Ektedir.",
        &[("yazi.eyp", &eyp)],
    );
    office.hand_in(HAVSA, &message);
    office.receive().await;
    let line = office.lines().await.remove(0);
    let view = office.open(&line.id).await;
    assert_eq!(mailbox::severity(&view, "paket_gonderen_farkli"), "warning");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_bytes_are_one_letter_whatever_the_listing_calls_them() {
    for store in office::engines().await {
        let office = Office::on(store).await;
        office.misbehave(NewRule::always(Misbehaviour::ListWithoutMessageId));
        let first = mail("ayni@hs02", CITIZEN, "Bir", "Birinci metin.", &[]);
        let ids = [
            office.hand_in(CITIZEN, &first),
            office.hand_in(CITIZEN, &first),
        ];
        assert_ne!(ids[0], ids[1]);
        let other = mail("ayni@hs02", CITIZEN, "İki", "Başka metin.", &[]);
        office.hand_in(CITIZEN, &other);
        for _ in 0..3 {
            office.receive().await;
        }
        let registry = office.lines().await;
        assert_eq!(registry.len(), 2, "{registry:#?}");
        // By the message's own Message-ID the other one is told from it.
        let mut warned = 0;
        for line in &registry {
            let view = office.open(&line.id).await;
            warned += usize::from(codes(&view).contains(&"ayni_kimlik_baska_icerik"));
        }
        assert_eq!(warned, 1);

        // Listed with its id it is still the same letter, and confirmed with it.
        office.provider.provider().behave_entirely().unwrap();
        let third = office.hand_in(CITIZEN, &first);
        office.receive().await;
        office.receive().await;
        assert_eq!(office.lines().await.len(), 2);
        let line = registry.iter().find(|line| line.subject == "Bir").unwrap();
        office.confirm(&line.id).await;
        office.receive().await;
        for kep_id in ids.iter().chain([&third]) {
            let events = office.events(kep_id);
            assert!(events.contains(&"retrieval".to_owned()), "{events:?}");
        }

        // Where its own Message-ID is of no use either, its bytes tell.
        let bare = String::from_utf8(mail("yok@hs02", CITIZEN, "Üç", "Adsız.", &[])).unwrap();
        let bare = bare.replace("<yok@hs02>", &format!("<{}@hs02>", "y".repeat(1_200)));
        office.misbehave(NewRule::always(Misbehaviour::ListWithoutMessageId));
        office.hand_in(CITIZEN, bare.as_bytes());
        office.hand_in(CITIZEN, bare.as_bytes());
        office.receive().await;
        office.receive().await;
        assert_eq!(office.lines().await.len(), 3);
    }
}

/// Titles of what is enclosed and what the page tells, once the petition is forwarded.
async fn forwarded(office: &Office, id: &str) -> (Vec<String>, Vec<String>) {
    let id = id.to_owned();
    office
        .app
        .write(&office.registry, move |tx, act| {
            let incoming = dys::inbox::open(tx, act, &id)?;
            let mut correction = Correction::of(&incoming);
            "Ahmet Yıldız".clone_into(&mut correction.petition.name);
            correct::correct(tx, act, &id, incoming.version, &correction)?;
            let begun = answer::begin(tx, act, &id, Follow::Forward)?;
            let titles = attach::list(tx, act, &begun.letter_id)?
                .into_iter()
                .map(|one| one.file_name.unwrap_or(one.title));
            Ok((titles.collect(), begun.missing))
        })
        .await
        .unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn kep_mail_is_forwarded_whole_or_it_is_told_what_is_not_in_it() {
    const WHOLE: &str = "Gelen KEP iletisi.eml";
    let office = Office::on(sqlite()).await;
    let scanner = clamd::start().await;
    office
        .app
        .store
        .write(move |tx| setting::put(tx, setting::CLAMD.key, &scanner))
        .await
        .unwrap();
    let names: Vec<String> = (0..205).map(|number| format!("{number}.txt")).collect();
    let many: Vec<(&str, &[u8])> = names.iter().map(|it| (it.as_str(), &b"ek"[..])).collect();
    let mut spoilt = many.clone();
    spoilt[7].1 = b"ZARARLI";
    let few: &[(&str, &[u8])] = &[("ek.txt", b"ek")];
    let infected: &[(&str, &[u8])] = &[("ek.txt", b"ek"), ("virus.txt", b"ZARARLI")];
    // Text, files; how many are enclosed, whether the whole message is, and what is told.
    type Case<'a> = (
        &'a str,
        &'a [(&'a str, &'a [u8])],
        usize,
        bool,
        &'a [&'a str],
    );
    let cases: [Case<'_>; 6] = [
        ("Yolumuz bozuk.", few, 2, true, &[]),
        ("", few, 1, false, &[]),
        ("Yolumuz bozuk.", &[], 1, true, &[]),
        (
            "Yolumuz bozuk.",
            infected,
            1,
            false,
            &["“virus.txt” zararlı yazılım", "metnini yazıya aktarın"],
        ),
        ("", &many, 1, true, &[]),
        (
            "",
            &spoilt,
            199,
            false,
            &[
                "“7.txt” zararlı yazılım",
                "ham iletiye bakıp kalanları ekleyin",
            ],
        ),
    ];
    for (number, (text, files, count, whole, told)) in cases.into_iter().enumerate() {
        let id = format!("{number}@hs02");
        office.hand_in(CITIZEN, &mail(&id, CITIZEN, "Servis", text, files));
        office.receive().await;
        let line = office.lines().await.remove(0);
        let (titles, missing) = forwarded(&office, &line.id).await;
        assert_eq!(titles.len(), count, "{number}: {titles:?} {missing:?}");
        assert_eq!(titles.iter().any(|it| it == WHOLE), whole, "{number}");
        for words in told {
            assert!(
                missing.iter().any(|it| it.contains(words)),
                "{number}: {words}: {missing:?}"
            );
        }
        // Beside what is told there is only that the authority and the file are to be chosen.
        let lost = missing.iter().filter(|it| it.contains("eklenmedi"));
        assert_eq!(
            lost.count(),
            if told.is_empty() { 0 } else { 2 },
            "{missing:?}"
        );
    }
}
