//! Answers that fill themselves, go on to an authority or back to the sender, and whose turn they end.

use super::*;

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_fills_what_is_known_and_says_what_is_not() {
    for office in tokio::task::spawn_blocking(on_every_engine).await.unwrap() {
        // Name and postal address are enough for an answer on paper, and the file is the line's.
        let id = office.registered(|entry| {
            entry.kind = IncomingKind::Petition;
            entry.petition.name = "Ahmet Yıldız".to_owned();
            entry.petition.address = "Lale Sok. No: 3 22800 Keşan / Edirne".to_owned();
            entry.plan_code = Some("115.01".to_owned());
        });
        let begun = office.begin("ayse", &id, Follow::Answer).unwrap();
        assert_eq!(begun.missing, Vec::<String>::new());
        assert_eq!(
            begun.sentence(),
            "Yazı hazırlandı. Doldurulanlar: ilgi, konu, dosya (115.01), alıcı (Ahmet Yıldız, \
             kâğıtla)."
        );
        let lines = office.recipients("ayse", &begun.letter_id);
        assert_eq!(lines.len(), 1, "{}", office.name);
        assert_eq!(lines[0].destination_type, DestinationType::ExternalPaper);
        assert_eq!(
            lines[0].delivery_address.as_deref(),
            Some("Lale Sok. No: 3\n22800 Keşan / Edirne")
        );
        // Pressed twice it is the same letter.
        let again = office.begin("ayse", &id, Follow::Answer).unwrap();
        assert!(again.existed && again.sentence().contains("ikinci bir yazı hazırlanmadı"));
        assert_eq!(again.letter_id, begun.letter_id);

        // The same person writes again: the same party, whether a number is told or not.
        let second = office.petition(|petition| {
            petition.address = "Lale Sok. No: 3 22800 Keşan / Edirne".to_owned();
        });
        let second = office.begin("ayse", &second, Follow::Answer).unwrap();
        let other = office.petition(|petition| {
            petition.address = "Gül Sok. No: 9 22800 Keşan / Edirne".to_owned();
        });
        let other = office.begin("ayse", &other, Follow::Answer).unwrap();
        let party = |letter: &str| {
            office.recipients("ayse", letter)[0]
                .outside_party_id
                .clone()
                .unwrap()
        };
        assert_eq!(party(&second.letter_id), party(&begun.letter_id));
        assert_ne!(party(&other.letter_id), party(&begun.letter_id));

        // A sender of the directory without a KEP address or with one; one that is only a name.
        let havsa = office.havsa.clone();
        let known = office.registered(|entry| entry.sender_unit_id = Some(havsa));
        let begun = office.begin("ayse", &known, Follow::Answer).unwrap();
        let lines = office.recipients("ayse", &begun.letter_id);
        assert_eq!(lines[0].unit_id.as_deref(), Some(office.havsa.as_str()));
        assert!(begun.missing[0].contains("dosyayı seçin"), "{begun:?}");
        let unknown = office.registered(|entry| entry.sender = "Su Kooperatifi".to_owned());
        let begun = office.begin("ayse", &unknown, Follow::Answer).unwrap();
        assert!(office.recipients("ayse", &begun.letter_id).is_empty());
        let told = begun.sentence();
        assert!(told.contains("Gönderen rehberden seçilmemiş"), "{told}");
        assert!(!told.contains("alıcı ("), "{told}");
        assert!(told.len() <= 900, "it fits what a page can show: {told}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whose_kep_address_it_is_is_found_among_many() {
    for office in tokio::task::spawn_blocking(on_every_engine).await.unwrap() {
        let unit = office.writing.clone();
        office
            .run("ayse", move |tx, act| {
                for number in 0..60 {
                    let address = format!("a{number:02}@hs02.kep.tr");
                    let last = number == 59;
                    let entry = outside::Entry {
                        kind: "person",
                        name: &format!("Aday {number:02}"),
                        identifier: "10000000146",
                        kep_address: if last { CITIZEN } else { &address },
                        uets_address: "",
                        confirmed_uets: "",
                        postal_address: "",
                        source: "Antet",
                        owner_unit_id: &unit,
                    };
                    outside::add(tx, act, &entry)?;
                }
                Ok(())
            })
            .unwrap();
        let id = office.registered(|entry| {
            entry.kind = IncomingKind::Petition;
            entry.petition.name = "A. Yıldız".to_owned();
            entry.sender_address = Some("Ahmet.Yildiz@hs02.kep.tr".to_owned());
        });
        let begun = office.begin("ayse", &id, Follow::Answer).unwrap();
        let lines = office.recipients("ayse", &begun.letter_id);
        assert_eq!(lines[0].label, "Aday 59", "{}", office.name);
        assert_eq!(lines[0].delivery_address.as_deref(), Some(CITIZEN));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_petition_is_not_forwarded_before_its_owner_can_be_told() {
    let office = Office::open(None);
    let id = office.petition(|_| {});
    let error = office.begin("mehmet", &id, Follow::Forward).unwrap_err();
    assert_eq!(error.code(), "dilekce_sahibi_yok");
    assert!(error.to_string().contains("Kaydı Düzelt"), "{error}");
    assert!(office.look("mehmet", &id).linked.is_empty());
    let drafts = office
        .run("mehmet", |tx, _| {
            Ok(tx.scalar::<i64>("SELECT COUNT(*) FROM document", &[])?)
        })
        .unwrap();
    assert_eq!(drafts, 0, "no half-made letter is left");
    office
        .corrected("mehmet", &id, |it| {
            it.petition.address = "Lale Sok. 3\n22800 Keşan / Edirne".to_owned();
        })
        .unwrap();
    let begun = office.begin("mehmet", &id, Follow::Forward).unwrap();
    let lines = office.recipients("mehmet", &begun.letter_id);
    assert_eq!(lines[0].purpose, Purpose::Information);
    let letter = begun.letter_id.clone();
    let draft = office
        .run("mehmet", move |tx, act| draft::open(tx, act, &letter))
        .unwrap();
    assert!(draft.body.to_plain().contains("bilgi verilmiştir"));
    assert_eq!(draft.state, document::State::Draft);
    assert_eq!(office.look("mehmet", &id).incoming.state, State::Registered);
}

/// Lets Ali sign the letter and sends it, as its drafter does.
async fn sign_and_send(office: &Office, who: &'static str, letter: &str) {
    let (id, ali) = (letter.to_owned(), office.people["ali"].user_id.clone());
    office
        .run(who, move |tx, act| {
            let version = draft::open(tx, act, &id)?.version;
            let text = draft::Changes {
                text: Some("Gereğini bilgilerinize sunarız.".to_owned()),
                plan_code: Some("105.04".to_owned()),
                ..draft::Changes::default()
            };
            draft::save(tx, act, &id, version, &text)?;
            let planned = Planned {
                kind: "signature".to_owned(),
                user_id: ali,
            };
            chain::set(tx, act, &id, &[planned])
        })
        .unwrap();
    office.sign(who, letter).await;
    office.send(who, letter).await.unwrap();
}

fn add(office: &Office, who: &'static str, letter: &str, unit: &str) {
    let (letter, unit) = (letter.to_owned(), unit.to_owned());
    office
        .run(who, move |tx, act| {
            list::add_units(tx, act, &letter, DestinationType::ExternalKep, &[unit])
        })
        .unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_petition_goes_to_an_authority_with_itself_inside_or_not_at_all() {
    for office in tokio::task::spawn_blocking(on_every_engine).await.unwrap() {
        office.connected().await;
        let id = office.petition(|it| it.address = "Lale Sok. 3\n22800 Keşan / Edirne".to_owned());
        let letter = office
            .begin("mehmet", &id, Follow::Forward)
            .unwrap()
            .letter_id;
        // It was never scanned: the paper itself goes along.
        let about = letter.clone();
        let (titles, stops) = office
            .run("mehmet", move |tx, act| {
                let titles: Vec<String> = attach::list(tx, act, &about)?
                    .into_iter()
                    .map(|one| one.title)
                    .collect();
                let stops: Vec<&str> = preflight::preflight(tx, &about)?
                    .into_iter()
                    .filter(|found| found.severity == Severity::Blocking)
                    .map(|found| found.code)
                    .collect();
                Ok((titles, stops))
            })
            .unwrap();
        assert_eq!(titles, ["Gelen evrakın aslı"], "{}", office.name);
        assert!(stops.contains(&"yetkili_idare_yok"), "{stops:?}");
        add(&office, "mehmet", &letter, "01038900");
        sign_and_send(&office, "mehmet", &letter).await;
        assert_eq!(office.look("mehmet", &id).incoming.state, State::Forwarded);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_ours_goes_back_to_its_sender_or_to_nobody() {
    for office in tokio::task::spawn_blocking(on_every_engine).await.unwrap() {
        office.connected().await;
        let id = office.registered(|entry| entry.sender_unit_id = Some("01038900".to_owned()));
        let letter = office
            .begin("mehmet", &id, Follow::Return)
            .unwrap()
            .letter_id;
        let line = office.recipients("mehmet", &letter).remove(0);
        let about = letter.clone();
        let stops = office
            .run("mehmet", move |tx, act| {
                list::remove(tx, act, &about, &[line.id])?;
                let enez = "01038800".to_owned();
                list::add_units(tx, act, &about, DestinationType::ExternalKep, &[enez])?;
                preflight::preflight(tx, &about)
            })
            .unwrap();
        assert!(
            stops
                .iter()
                .any(|found| found.code == "gonderen_yok" && found.severity == Severity::Blocking)
        );
        add(&office, "mehmet", &letter, "01038900");
        sign_and_send(&office, "mehmet", &letter).await;
        assert_eq!(office.look("mehmet", &id).incoming.state, State::Returned);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_came_from_somebody_unknown_goes_back_to_nobody_before_it_is_told_who() {
    for office in tokio::task::spawn_blocking(on_every_engine).await.unwrap() {
        office.connected().await;
        let unknown = |sender: &'static str| {
            let id = office.registered(|entry| entry.sender = sender.to_owned());
            let letter = office.begin("mehmet", &id, Follow::Return).unwrap();
            (id, letter.letter_id)
        };
        let stops = |letter: &str| -> Vec<String> {
            let letter = letter.to_owned();
            let found = office.run("mehmet", move |tx, _| preflight::preflight(tx, &letter));
            found
                .unwrap()
                .into_iter()
                .filter(|found| found.severity == Severity::Blocking)
                .map(|found| {
                    assert!(!found.ways_out.is_empty());
                    found.code.to_owned()
                })
                .filter(|code| code.contains("gonderen"))
                .collect()
        };
        let (id, letter) = unknown("Havsa'dan bir yazı");
        add(&office, "mehmet", &letter, "01038800");
        assert_eq!(
            stops(&letter),
            ["iade_gondereni_belirsiz"],
            "{}",
            office.name
        );
        // Put right, it is the sender who must be in the list.
        office
            .corrected("mehmet", &id, |it| {
                it.sender_unit_id = Some("01038900".to_owned());
            })
            .unwrap();
        assert_eq!(stops(&letter), ["gonderen_yok"]);
        add(&office, "mehmet", &letter, "01038900");
        assert!(stops(&letter).is_empty());
        sign_and_send(&office, "mehmet", &letter).await;
        assert_eq!(office.look("mehmet", &id).incoming.state, State::Returned);

        // One whom no directory knows is told by the name that the registry has.
        let (_, letter) = unknown("Su Kooperatifi");
        let (unit, about) = (office.writing.clone(), letter.clone());
        office
            .run("mehmet", move |tx, act| {
                let entry = outside::Entry {
                    kind: "company",
                    name: "SU KOOPERATİFİ",
                    identifier: "0876004746400029",
                    kep_address: "",
                    uets_address: "",
                    confirmed_uets: "",
                    postal_address: "Lale Sok. 3\n22800 Keşan / Edirne",
                    source: "Antet",
                    owner_unit_id: &unit,
                };
                let party = outside::add(tx, act, &entry)?;
                list::add_party(tx, act, &about, DestinationType::ExternalPaper, &party.id)
            })
            .unwrap();
        assert!(stops(&letter).is_empty());
    }
}

/// A line that both units answer, each by its own letter, the answers sent: line, the letters of
/// İsmail and of Ayşe.
async fn answered_twice(office: &Office) -> (String, String, String) {
    let (works, writing) = (office.unit("Fen İşleri Müdürlüğü"), office.writing.clone());
    let id = office.registered(|entry| entry.sender_unit_id = Some("01038900".to_owned()));
    let version = office.look("mehmet", &id).incoming.version;
    let order = Order {
        targets: vec![(Target::Unit(works), None), (Target::Unit(writing), None)],
        ..Order::default()
    };
    let line = id.clone();
    office
        .run("mehmet", move |tx, act| {
            referral::refer(tx, act, &line, version, &order)
        })
        .unwrap();
    let first = office
        .begin("ismail", &id, Follow::Answer)
        .unwrap()
        .letter_id;
    let second = office.begin("ayse", &id, Follow::Answer).unwrap().letter_id;
    assert_ne!(first, second);
    // The other unit's letter shows that it is there, and nothing else of it.
    let seen = office.look("ismail", &id).linked;
    let theirs = seen.iter().find(|one| one.document_id.is_none());
    let theirs = theirs.expect("another unit's letter");
    assert_eq!((&theirs.subject, &theirs.official_number), (&None, &None));
    let own = |one: &dys::inbox::Linked| one.document_id.as_ref() == Some(&first);
    assert!(seen.len() == 2 && seen.iter().any(own), "{seen:?}");
    sign_and_send(office, "ismail", &first).await;
    assert_eq!(office.look("mehmet", &id).incoming.state, State::Referred);
    assert!(office.look("ismail", &id).mine.is_none());
    assert!(office.look("ayse", &id).mine.is_some(), "{}", office.name);
    sign_and_send(office, "ayse", &second).await;
    let line = office.look("mehmet", &id).incoming;
    assert_eq!(line.state, State::Answered);
    assert!(line.closed_at.is_some());
    (id, first, second)
}

#[tokio::test(flavor = "multi_thread")]
async fn each_answers_for_itself_and_a_stopped_answer_takes_only_its_own_back() {
    for office in tokio::task::spawn_blocking(on_every_engine).await.unwrap() {
        office.connected().await;
        for ismail_first in [true, false] {
            let (id, his, hers) = answered_twice(&office).await;
            let mut stops = [("ismail", his), ("ayse", hers)];
            if !ismail_first {
                stops.reverse();
            }
            let stop = |who: &'static str, letter: &str| {
                let letter = letter.to_owned();
                office
                    .run(who, move |tx, act| {
                        dys::dispatch::send::stop(tx, act, &letter)
                    })
                    .unwrap();
                let line = office.look("mehmet", &id).incoming;
                assert_eq!(line.state, State::Referred, "{}", office.name);
                // Nothing of its end is left.
                assert_eq!((line.closed_at, line.closing_reason.as_str()), (None, ""));
            };
            let open = |who: &str| office.look(who, &id).mine.is_some();
            let [(one, ones), (other, others)] = stops;
            stop(one, &ones);
            assert!(open(one) && !open(other), "{}: {one}", office.name);
            stop(other, &others);
            assert!(open(one) && open(other), "{}: {one}", office.name);
            // Sent again it is answered as if it had never been stopped.
            office.send(one, &ones).await.unwrap();
            assert_eq!(office.look("mehmet", &id).incoming.state, State::Referred);
            assert!(!open(one) && open(other), "{}: {one}", office.name);
            office.send(other, &others).await.unwrap();
            let line = office.look("mehmet", &id).incoming;
            assert_eq!(line.state, State::Answered);
            assert!(line.closed_at.is_some());
        }
    }
}
