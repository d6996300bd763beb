//! What cannot be read, had or told apart is set aside in a clear state, and the rest comes in.

use super::*;

#[tokio::test(flavor = "multi_thread")]
async fn bad_mail_ends_in_a_clear_state_and_holds_nothing_up() {
    let office = Office::on(sqlite()).await;
    // Twice the same, under two ids of the provider; then the same Message-ID with other content.
    let first = mail("ayni@hs02", CITIZEN, "Bir", "Birinci metin.", &[]);
    office.hand_in(CITIZEN, &first);
    office.hand_in(CITIZEN, &first);
    let other = mail("ayni@hs02", CITIZEN, "Bir", "Başka metin.", &[]);
    office.hand_in(CITIZEN, &other);
    // A package that is none, one for another institution, a virus test file.
    let torn = mail(
        "bozuk@hs01",
        HAVSA,
        "Bozuk paket",
        "Ektedir.",
        &[("yazi.eyp", b"PK\x03\x04 degil")],
    );
    office.hand_in(HAVSA, &torn);
    let foreign = package("24322010", &[("24301050", None, eyazisma::Purpose::Action)]);
    let foreign = mail(
        "baska@hs01",
        HAVSA,
        "Başka kuruma",
        "Ektedir.",
        &[("yazi.eyp", &foreign)],
    );
    office.hand_in(HAVSA, &foreign);
    let eicar = [
        "X5O!P%@AP[4\\PZX54(P^)7CC)7}$EICAR-",
        "STANDARD-ANTIVIRUS-TEST-FILE!$H+H*",
    ]
    .concat();
    let virus = mail(
        "virus@hs02",
        CITIZEN,
        "Virüs",
        "Ek.",
        &[("ek.txt", eicar.as_bytes())],
    );
    office.hand_in(CITIZEN, &virus);
    office.receive().await;
    office.receive().await;
    office.receive().await;

    let registry = office.lines().await;
    let of = |subject: &str| -> Vec<&Line> {
        registry
            .iter()
            .filter(|line| line.subject == subject)
            .collect()
    };
    assert_eq!(of("Bir").len(), 2, "{registry:#?}");
    let mut warned = 0;
    for line in of("Bir") {
        let view = office.open(&line.id).await;
        warned += usize::from(codes(&view).contains(&"ayni_kimlik_baska_icerik"));
    }
    assert_eq!(warned, 1);
    let torn = office.open(&of("Bozuk paket")[0].id).await;
    assert!(
        torn.findings
            .iter()
            .any(|found| found.about == "package" && found.severity == "error"),
        "{:?}",
        torn.findings
    );
    assert_eq!(torn.incoming.kind, IncomingKind::Letter);
    let foreign = office.open(&of("Bütçe Teklifi")[0].id).await;
    assert_eq!(codes(&foreign)[0], "baska_kurum", "{:?}", foreign.findings);
    assert_eq!(foreign.incoming.their_number, "E-24322010-903.07.02-4752");
    assert!(foreign.may_return);
    let virus = office.open(&of("Virüs")[0].id).await;
    let (id, file) = (virus.incoming.id.clone(), virus.files[0].id.clone());
    let refused = office
        .app
        .read(&office.registry, move |tx, act| {
            view::file(tx, act, &id, &file)
        })
        .await
        .unwrap_err();
    assert_eq!(refused.code(), "dosya_zararli");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_infected_letter_is_registered_and_never_given_out() {
    let office = Office::on(sqlite()).await;
    let scanner = clamd::start().await;
    office
        .app
        .store
        .write(move |tx| setting::put(tx, setting::CLAMD.key, &scanner))
        .await
        .unwrap();
    let files: &[(&str, &[u8])] = &[("yazi.pdf", b"%PDF-1.7 ZARARLI"), ("ek.txt", b"temiz")];
    office.hand_in(CITIZEN, &mail("1@hs02", CITIZEN, "Yazı", "Ektedir.", files));
    office.receive().await;
    let view = office.open(&office.lines().await[0].id).await;
    let verdicts: Vec<Verdict> = view.files.iter().map(|file| file.scan).collect();
    assert_eq!(verdicts, [Verdict::Infected, Verdict::Clean]);
    assert!(view.incoming.content_hash.is_some());
    let (id, file) = (view.incoming.id.clone(), view.files[0].id.clone());
    let refused = office
        .app
        .read(&office.registry, move |tx, act| {
            let page = view::content(tx, act, &id).map(drop);
            Ok((page, view::file(tx, act, &id, &file).map(drop)))
        })
        .await
        .unwrap();
    for refusal in [refused.0, refused.1] {
        assert_eq!(refusal.unwrap_err().code(), "dosya_zararli");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_mail_or_too_large_is_set_aside_and_the_next_is_registered() {
    let office = Office::on(sqlite()).await;
    let cases = [
        (NewRule::always(Misbehaviour::ItemEmpty), "ileti_bos"),
        (
            NewRule::always(Misbehaviour::ItemBinary),
            "ileti_icerigi_yok",
        ),
        (
            NewRule::always(Misbehaviour::HugeAnswer)
                .for_operation("Indir")
                .number(64),
            "ileti_buyuk",
        ),
    ];
    let mut expected = Vec::new();
    for (number, (rule, code)) in cases.into_iter().enumerate() {
        office.misbehave(rule.times(1));
        let spoilt = format!("Bozuk {number}");
        let id = format!("bozuk-{number}@hs02");
        office.hand_in(CITIZEN, &mail(&id, CITIZEN, &spoilt, "x", &[]));
        office.receive().await;
        let next = format!("Sağlam {number}");
        let id = format!("saglam-{number}@hs02");
        office.hand_in(CITIZEN, &mail(&id, CITIZEN, &next, "y", &[]));
        office.receive().await;
        expected.push((spoilt, code));
        let subjects: Vec<String> = office
            .lines()
            .await
            .into_iter()
            .map(|it| it.subject)
            .collect();
        assert_eq!(subjects.len(), number + 1, "{subjects:?}");
        assert!(subjects.contains(&next), "{subjects:?}");
    }
    let mut aside: Vec<(String, String)> = office
        .app
        .store
        .read(|tx| -> dys::error::Result<_> {
            let rows = tx.query(
                "SELECT subject, error_code FROM incoming_message WHERE state = 'unreadable'",
                params![],
            )?;
            let pairs = rows.iter().map(|row| Ok((row.at(0)?, row.at(1)?)));
            pairs.collect()
        })
        .await
        .unwrap();
    aside.sort();
    let aside: Vec<(&str, &str)> = aside
        .iter()
        .map(|(s, c)| (s.as_str(), c.as_str()))
        .collect();
    let expected: Vec<(&str, &str)> = expected.iter().map(|(s, c)| (s.as_str(), *c)).collect();
    assert_eq!(aside, expected);
    let shown = office
        .app
        .read(&office.registry, screen::unreadable)
        .await
        .unwrap();
    assert_eq!(shown.len(), 3);
    assert!(shown.iter().all(|it| it.error_text.len() > 20), "{shown:?}");
    // Who takes the raw bytes, which nobody could sort, stands in the log.
    let raw = shown.iter().find(|it| it.blob_hash.is_some()).expect("raw");
    let (status, _) = office::page(
        &office,
        "zeynep",
        &format!("/gelen/okunamayan/{}/ham", raw.id),
    )
    .await;
    assert_eq!(status, 200);
    let id = raw.id.clone();
    let taken = office
        .app
        .store
        .read(move |tx| dys::audit::entries_of(tx, "incoming_message", &id))
        .await
        .unwrap();
    let taken = taken.iter().filter(|entry| entry.action == "inbox.raw");
    let who: Vec<&str> = taken.map(|entry| entry.actor_id.as_str()).collect();
    assert_eq!(who, [office.registry.user_id.as_str()]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_had_is_set_aside_and_tried_again_by_hand() {
    let office = Office::on(sqlite()).await;
    office.hand_in(CITIZEN, &mail("1@hs02", CITIZEN, "Alınamayan", "x", &[]));
    office.misbehave(NewRule {
        operation: Some("Indir".into()),
        ..NewRule::always(Misbehaviour::Refuse)
    });
    let mailboxes = Mailboxes::new(office.app.clone());
    for _ in 0..7 {
        mailboxes.round().await.unwrap();
        office.pass(3700);
    }
    assert!(office.lines().await.is_empty());
    let aside = || async {
        office
            .app
            .read(&office.registry, screen::unreadable)
            .await
            .unwrap()
    };
    let set_aside = aside().await;
    assert_eq!(set_aside.len(), 1);
    assert!(
        set_aside[0].error_text.contains("reddetti"),
        "{set_aside:?}"
    );
    // Nobody but those who look after the mailbox sees it.
    let clerks = office
        .app
        .read(&office.clerk, screen::unreadable)
        .await
        .unwrap();
    assert!(clerks.is_empty());
    // Something else that comes meanwhile is not held up.
    office.provider.provider().behave_entirely().unwrap();
    office.hand_in(CITIZEN, &mail("2@hs02", CITIZEN, "Alınan", "y", &[]));
    office.receive().await;
    assert_eq!(office.lines().await.len(), 1);
    let id = set_aside[0].id.clone();
    office
        .app
        .write(&office.registry, move |tx, act| {
            screen::try_again(tx, act, &id)
        })
        .await
        .unwrap();
    office.receive().await;
    assert_eq!(office.lines().await.len(), 2);
    assert!(aside().await.is_empty());
}

/// What is set aside in the mailboxes of the registry.
async fn set_aside(office: &Office) -> Vec<Message> {
    office
        .app
        .read(&office.registry, screen::unreadable)
        .await
        .unwrap()
}

async fn try_again(office: &Office, message: &Message) {
    let id = message.id.clone();
    office
        .app
        .write(&office.registry, move |tx, act| {
            screen::try_again(tx, act, &id)
        })
        .await
        .unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_listing_shows_without_an_id_is_set_aside_once_and_taken_up_with_its_id() {
    for store in office::engines().await {
        let office = Office::on(store).await;
        let without_id = || NewRule::always(Misbehaviour::ListWithoutKepId);
        office.misbehave(without_id());
        office.hand_in(CITIZEN, &mail("1@hs02", CITIZEN, "Kimliksiz", "x", &[]));
        office.receive().await;
        office.receive().await;
        assert!(office.lines().await.is_empty());
        let aside = set_aside(&office).await;
        assert_eq!(aside.len(), 1, "{aside:?}");
        assert!(aside[0].is_nameless() && aside[0].error_text.contains("kepId"));
        assert_eq!(
            (aside[0].subject.as_str(), aside[0].sender.as_str()),
            ("Kimliksiz", CITIZEN)
        );
        let waiting = office
            .app
            .read(&office.registry, |tx, act| {
                worklist::list::of(tx, act, Kind::Unreadable)
            })
            .await
            .unwrap();
        assert_eq!(waiting.items.len(), 1);
        let (status, page) = office::page(&office, "zeynep", "/gelen/okunamayan").await;
        assert_eq!(status, 200);
        assert!(page.contains("kepId yok · 1@hs02"), "{page}");
        // Looked at again by hand it is told anew, as long as the provider tells no id.
        try_again(&office, &aside[0]).await;
        assert!(set_aside(&office).await.is_empty());
        office.receive().await;
        assert_eq!(set_aside(&office).await.len(), 1);

        // With its id it is registered, once, and so is what came beside it.
        office.provider.provider().behave_entirely().unwrap();
        office.hand_in(CITIZEN, &mail("2@hs02", CITIZEN, "Sonraki", "y", &[]));
        office.receive().await;
        assert_eq!(office.lines().await.len(), 2);
        assert!(set_aside(&office).await.is_empty());
        // What is known already is no news when its id is forgotten.
        office.misbehave(without_id());
        office.receive().await;
        assert_eq!(office.lines().await.len(), 2);
        assert!(set_aside(&office).await.is_empty());
        office.audit_is_whole().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mailbox_full_of_messages_without_any_id_is_told_and_comes_in_when_it_has_them() {
    let office = Office::on(sqlite()).await;
    for kind in [
        Misbehaviour::ListWithoutKepId,
        Misbehaviour::ListWithoutMessageId,
    ] {
        office.misbehave(NewRule::always(kind));
    }
    for number in 0..103 {
        let (id, subject) = (format!("{number}@hs02"), format!("Yazı {number}"));
        office.hand_in(CITIZEN, &mail(&id, CITIZEN, &subject, "x", &[]));
    }
    office.receive().await;
    office.receive().await;
    let aside = set_aside(&office).await;
    assert_eq!(aside.len(), 101, "a hundred, and that there are more");
    let rest = aside
        .iter()
        .filter(|it| it.error_text.contains("yüzden çok"));
    assert_eq!(rest.count(), 1);

    // The mark has not moved past what was not noted: with their ids all of them come in.
    office.provider.provider().behave_entirely().unwrap();
    for _ in 0..12 {
        office.receive().await;
    }
    let registered: i64 = office
        .app
        .store
        .read(|tx| tx.scalar("SELECT COUNT(*) FROM incoming_document", params![]))
        .await
        .unwrap();
    assert_eq!(registered, 103);
    // What the listing told of them cannot be matched; by hand they go, and do not come back.
    for message in set_aside(&office).await {
        try_again(&office, &message).await;
    }
    office.receive().await;
    assert!(set_aside(&office).await.is_empty());
}

/// What nobody sees arriving would count as read: whoever looks after a mailbox is told.
#[tokio::test(flavor = "multi_thread")]
async fn a_mailbox_that_cannot_be_read_is_told_until_it_can() {
    for store in office::engines().await {
        let office = Office::on(store).await;
        let told = async || {
            let read = office.app.read(&office.registry, screen::troubles).await;
            let mut pages = Vec::new();
            for path in ["/gelen", "/gelen/okunamayan"] {
                let (status, page) = office::page(&office, "zeynep", path).await;
                assert_eq!(status, 200);
                pages.push(page.matches("KEP kutusu okunamıyor").count());
            }
            (read.unwrap(), pages)
        };
        office.receive().await;
        assert_eq!(told().await, (vec![], vec![0, 0]));

        office.misbehave(NewRule::always(Misbehaviour::NotXml).for_operation("DizinSorgula"));
        office.pass(600);
        let began = office.app.now();
        office.receive().await;
        let (troubles, pages) = told().await;
        assert_eq!(pages, [1, 1]);
        assert_eq!((troubles.len(), troubles[0].since), (1, began));
        assert!(!troubles[0].words.is_empty());
        office.pass(600);
        office.receive().await;
        assert_eq!(told().await.0[0].since, began, "since when it is so");
        // Nobody else's business.
        let clerks = office.app.read(&office.clerk, screen::troubles).await;
        assert_eq!(clerks.unwrap(), []);

        office.provider.provider().behave_entirely().unwrap();
        office.pass(600);
        office.receive().await;
        assert_eq!(told().await, (vec![], vec![0, 0]));
    }
}

/// Records that the person took a message up another way.
async fn take_by_hand(
    office: &Office,
    person: &Actor,
    id: &str,
    reason: &'static str,
) -> dys::error::Result<()> {
    let id = id.to_owned();
    office
        .app
        .write(person, move |tx, act| {
            screen::take_by_hand(tx, act, &id, reason)
        })
        .await
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_taken_up_by_hand_stays_and_waits_no_more() {
    for store in office::engines().await {
        let office = Office::on(store).await;
        office.misbehave(NewRule::always(Misbehaviour::ListWithoutKepId));
        office.hand_in(CITIZEN, &mail("1@hs02", CITIZEN, "Kimliksiz", "x", &[]));
        office.receive().await;
        let message = set_aside(&office).await.remove(0);
        let waiting = async || {
            let read = |tx: &mut dys::store::Tx<'_>, act: &dys::access::Act<'_>| {
                worklist::list::of(tx, act, Kind::Unreadable)
            };
            let list = office.app.read(&office.registry, read).await;
            list.unwrap().items.len()
        };
        assert_eq!(waiting().await, 1);
        let reason = "Web kutusundan kaydedildi, kayıt no 2026/7";
        for (person, words, code) in [
            (&office.registry, "  yok ", "gerekce_bos"),
            (&office.clerk, reason, "ileti_yok"),
        ] {
            let refused = take_by_hand(&office, person, &message.id, words).await;
            assert_eq!(refused.unwrap_err().code(), code);
        }
        take_by_hand(&office, &office.registry, &message.id, reason)
            .await
            .unwrap();
        let again = take_by_hand(&office, &office.registry, &message.id, reason).await;
        assert_eq!(again.unwrap_err().code(), "ileti_islendi");
        assert_eq!(waiting().await, 0);
        // Listed again and again, it is no news.
        office.pass(600);
        office.receive().await;
        assert!(set_aside(&office).await.is_empty());
        let (_, page) = office::page(&office, "zeynep", "/gelen/okunamayan").await;
        let (_, handled) = page.split_once("<h2>Elle ele alınanlar</h2>").unwrap();
        for told in ["Kimliksiz", CITIZEN, reason] {
            assert!(handled.contains(told), "{told}: {page}");
        }

        // And when the provider tells its id after all, the letter itself is registered.
        office.provider.provider().behave_entirely().unwrap();
        office.pass(600);
        office.receive().await;
        assert_eq!(office.lines().await.len(), 1);
        let handled = office.app.read(&office.registry, screen::handled).await;
        assert!(handled.unwrap().is_empty());
        office.audit_is_whole().await;
    }
}
