//! Gelen Evrak: internal letters, paper, referral, answer and closing, as people meet them.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod townhall;

use dys::approval::chain::{self, Planned};
use dys::dispatch::send;
use dys::distribution::{DestinationType, Purpose, list, preflight};
use dys::document::{Confidentiality, attach, draft, unfinished};
use dys::inbox::answer::{self, Follow};
use dys::inbox::referral::{self, Order, ReferralState, Target};
use dys::inbox::register::{self, Entry};
use dys::inbox::{IncomingKind, Petition, Source, State, close, view};
use dys::worklist::{self, Kind};
use townhall::{NOON, Office, on_every_engine};

#[tokio::test(flavor = "multi_thread")]
async fn a_letter_to_a_unit_inside_lands_at_once_and_its_reading_is_told() {
    for office in tokio::task::spawn_blocking(on_every_engine).await.unwrap() {
        let works = office.unit("Fen İşleri Müdürlüğü");
        let id = office.signed(std::slice::from_ref(&works), false).await;
        // No KEP account is bound: a letter inside needs none.
        let dispatched = office.send("ayse", &id).await.unwrap();
        assert_eq!(dispatched.held_until, None);
        let (status, line) = office.status(&id).remove(0);
        assert_eq!(status, "delivered");
        assert_eq!(line, "Birimin gelen evrakına ulaştı. (24/11/2026 12:00:00)");

        let registry = office.registry("ismail");
        assert_eq!(registry.len(), 1, "{}", office.name);
        let incoming = &registry[0];
        assert_eq!(incoming.registration_number, "2026/1");
        assert_eq!(incoming.source, Source::Internal);
        assert_eq!(incoming.sender, "Yazı İşleri Müdürlüğü");
        assert!(!incoming.is_read);
        // The mayor's look is not the unit's reading, and the drafter does not see their registry.
        office.read("ali", &incoming.id);
        let theirs = incoming.id.clone();
        assert_eq!(
            office.refused("ayse", move |tx, act| view::look(tx, act, &theirs)),
            "gelen_yok"
        );
        assert_eq!(office.status(&id)[0].0, "delivered");
        let view = office.read("ismail", &incoming.id);
        assert!(view.incoming.content_hash.is_some());
        let (status, line) = office.status(&id).remove(0);
        assert_eq!(status, "read");
        assert!(line.starts_with("Birimce okundu. (24/11/2026 12:00:00) / "));
        // What has landed cannot be stopped.
        let letter = id.clone();
        assert_eq!(
            office.refused("ayse", move |tx, act| send::stop(tx, act, &letter)),
            "durdurulamaz"
        );
        let broken = office.app.store.read(dys::audit::verify).await.unwrap();
        assert_eq!(broken, None);
    }
}

/// The degree that lands is the one that the letter carries, its attachments counted (decision 3).
#[tokio::test(flavor = "multi_thread")]
async fn a_restricted_attachment_lands_as_a_restricted_letter() {
    for office in tokio::task::spawn_blocking(on_every_engine).await.unwrap() {
        let works = office.unit("Fen İşleri Müdürlüğü");
        let id = office.letter(&[("signature", "ali")]);
        let letter = id.clone();
        office
            .run("ayse", move |tx, act| {
                let outside = list::list(tx, act, &letter)?.remove(0);
                list::remove(tx, act, &letter, &[outside.id])?;
                list::add_units(tx, act, &letter, DestinationType::InternalUnit, &[works])?;
                let cd = attach::New::Physical {
                    title: "CD".to_owned(),
                };
                let cd = attach::add(tx, act, &letter, cd)?;
                attach::update(tx, act, &letter, &cd.id, &cd.title, true)?;
                // As letters stand that were saved before the rule held at every save.
                tx.execute(
                    "UPDATE document SET confidentiality = 'none' WHERE id = ?1",
                    &[letter.as_str().into()],
                )?;
                Ok(())
            })
            .unwrap();
        office.sign("ayse", &id).await;
        office.send("ayse", &id).await.unwrap();
        let landed = office.registry("ismail").remove(0);
        let degree = office.look("ismail", &landed.id).incoming.confidentiality;
        assert_eq!(degree, Confidentiality::Restricted, "{}", office.name);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_letter_to_several_units_is_registered_in_each_with_all_that_goes_along() {
    for office in tokio::task::spawn_blocking(on_every_engine).await.unwrap() {
        let names = ["Fen İşleri Müdürlüğü", "Zabıta Müdürlüğü"];
        let units = names.map(|name| office.unit(name));
        let id = office.letter(&[("signature", "ali")]);
        let letter = id.clone();
        office
            .run("ayse", move |tx, act| {
                let outside = list::list(tx, act, &letter)?.remove(0);
                list::remove(tx, act, &letter, &[outside.id])?;
                list::add_units(tx, act, &letter, DestinationType::InternalUnit, &units)?;
                for title in ["CD", "Maket"] {
                    let title = title.to_owned();
                    attach::add(tx, act, &letter, attach::New::Physical { title })?;
                }
                Ok(())
            })
            .unwrap();
        office.sign("ayse", &id).await;
        office.send("ayse", &id).await.unwrap();
        let mut registry = office.registry("ali");
        registry.sort_by(|one, other| one.registration_number.cmp(&other.registration_number));
        let told: Vec<(&str, &str)> = registry
            .iter()
            .map(|line| (line.registration_number.as_str(), line.unit_name.as_str()))
            .collect();
        assert_eq!(
            told,
            [("2026/1", names[0]), ("2026/2", names[1])],
            "{}",
            office.name
        );
        for line in &registry {
            let view = office.look("ali", &line.id);
            let titles: Vec<&str> = view.files.iter().map(|file| file.title.as_str()).collect();
            assert_eq!(titles, ["CD", "Maket"]);
            assert_eq!(view.incoming.due_date, None);
            let which = line.id.clone();
            let entries = office
                .run("ali", move |tx, _| {
                    Ok(dys::audit::entries_of(tx, "incoming", &which)?)
                })
                .unwrap();
            let number = format!("\"{}\"", line.registration_number);
            assert_eq!(entries.len(), 1);
            assert!(entries[0].detail.contains(&number), "{}", entries[0].detail);
        }
        for (status, _) in office.status(&id) {
            assert_eq!(status, "delivered");
        }
        let broken = office.app.store.read(dys::audit::verify).await.unwrap();
        assert_eq!(broken, None);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_inside_is_addressed_as_outside_nor_the_reverse() {
    let office = Office::open(None);
    let works = office.unit("Fen İşleri Müdürlüğü");
    let (writing, havsa) = (office.writing.clone(), office.havsa.clone());
    let id = office.letter(&[("signature", "ali")]);
    let add = |kind: DestinationType, unit: &String| {
        let (id, unit) = (id.clone(), unit.clone());
        office.run("ayse", move |tx, act| {
            list::add_units(tx, act, &id, kind, &[unit])
        })
    };
    let error = add(DestinationType::ExternalKep, &works).unwrap_err();
    assert_eq!(error.code(), "birim_kurum_ici");
    assert!(error.to_string().contains("DYS İçi Evrak Gönderim"));
    let error = add(DestinationType::InternalUnit, &havsa).unwrap_err();
    assert_eq!(error.code(), "birim_kurum_disi");
    assert!(error.to_string().contains("DYS Dışı KEP Gönderim"));
    let error = add(DestinationType::InternalUnit, &writing).unwrap_err();
    assert_eq!(error.code(), "alici_kendisi");
    // One key: each unit by the way that is right for it.
    let letter = id.clone();
    let lines = office
        .run("ayse", move |tx, act| {
            list::add_each(tx, act, &letter, DestinationType::ExternalKep, &[works])?;
            assert!(preflight::preflight(tx, &letter)?.is_empty());
            list::list(tx, act, &letter)
        })
        .unwrap();
    let kinds: Vec<_> = lines.iter().map(|line| line.destination_type).collect();
    assert_eq!(
        kinds,
        [DestinationType::ExternalKep, DestinationType::InternalUnit]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn two_officers_refer_at_once_and_nothing_is_lost() {
    for office in tokio::task::spawn_blocking(on_every_engine).await.unwrap() {
        let id = office.paper();
        assert_eq!(office.waiting("mehmet", Kind::ToRefer), [id.as_str()]);
        let version = office.look("mehmet", &id).incoming.version;
        office
            .refer("mehmet", &id, version, vec![office.person("can")])
            .unwrap();
        let late = office
            .refer("ali", &id, version, vec![office.person("fatma")])
            .unwrap_err();
        assert_eq!(late.code(), "gelen_surum_eski");
        let view = office.look("ali", &id);
        assert_eq!(view.referrals.len(), 1);
        // Read again, the second referral stands beside the first.
        let version = view.incoming.version;
        office
            .refer("ali", &id, version, vec![office.person("fatma")])
            .unwrap();
        assert_eq!(office.look("ali", &id).referrals.len(), 2);
        assert_eq!(office.waiting("can", Kind::Referred), [id.as_str()]);
        assert_eq!(office.waiting("fatma", Kind::Referred), [id.as_str()]);
        let again = office
            .refer("ali", &id, version + 1, vec![office.person("can")])
            .unwrap_err();
        assert_eq!(again.code(), "havale_var");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_referral_is_returned_pulled_back_passed_on_and_finished() {
    let office = Office::open(None);
    let works = office.unit("Fen İşleri Müdürlüğü");
    let id = office.paper();
    // Nobody of another unit sees it before it is referred to them.
    assert!(office.registry("ismail").is_empty());
    let version = |who: &str| office.look(who, &id).incoming.version;
    office
        .refer(
            "mehmet",
            &id,
            version("mehmet"),
            vec![(Target::Unit(works), None)],
        )
        .unwrap();
    let view = office.read("ismail", &id);
    let mine = view.mine.expect("a referral to the unit");
    let (letter, referral_id, at) = (id.clone(), mine.id.clone(), version("ismail"));
    assert_eq!(
        office.refused("ismail", move |tx, act| referral::give_back(
            tx,
            act,
            &letter,
            at,
            &referral_id,
            "  "
        )),
        "gerekce_bos"
    );
    let (letter, referral_id, at) = (id.clone(), mine.id.clone(), version("ismail"));
    office
        .run("ismail", move |tx, act| {
            referral::give_back(tx, act, &letter, at, &referral_id, "Birimimizin işi değil.")
        })
        .unwrap();
    let view = office.look("mehmet", &id);
    assert_eq!(view.incoming.state, State::Registered);
    assert_eq!(view.referrals[0].state, ReferralState::Returned);
    assert_eq!(view.referrals[0].reason, "Birimimizin işi değil.");
    assert_eq!(office.waiting("mehmet", Kind::ToRefer), [id.as_str()]);

    // Again, to a person, who passes it on; then it is pulled back from the last.
    office
        .refer(
            "mehmet",
            &id,
            version("mehmet"),
            vec![office.person("ismail")],
        )
        .unwrap();
    office
        .refer("ismail", &id, version("ismail"), vec![office.person("can")])
        .unwrap();
    assert!(office.waiting("ismail", Kind::Referred).is_empty());
    let passed = office.look("can", &id).mine.expect("passed on");
    let (letter, at) = (id.clone(), version("ismail"));
    office
        .run("ismail", move |tx, act| {
            referral::pull_back(tx, act, &letter, at, &passed.id)
        })
        .unwrap();
    let mine = office.look("ismail", &id).mine.expect("his again");
    let (letter, at) = (id.clone(), version("ismail"));
    office
        .run("ismail", move |tx, act| {
            referral::finish(tx, act, &letter, at, &mine.id, "Yol tuzlandı.")
        })
        .unwrap();
    let view = office.look("mehmet", &id);
    assert_eq!(view.incoming.state, State::Closed);
    assert_eq!(view.incoming.closing_reason, "Yol tuzlandı.");
    let (letter, at) = (id.clone(), version("mehmet"));
    assert_eq!(
        office.refused("mehmet", move |tx, act| close::close(
            tx, act, &letter, at, "yine"
        )),
        "gelen_kapali"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn one_key_makes_the_answer_and_sending_it_answers() {
    for office in tokio::task::spawn_blocking(on_every_engine).await.unwrap() {
        let works = office.unit("Fen İşleri Müdürlüğü");
        let id = office.signed(&[works], false).await;
        office.send("ayse", &id).await.unwrap();
        let incoming = office.registry("ismail").remove(0);
        let begun = || {
            let from = incoming.id.clone();
            office
                .run("ismail", move |tx, act| {
                    answer::begin(tx, act, &from, Follow::Answer)
                })
                .unwrap()
                .letter_id
        };
        // A first draft is thrown away; the incoming letter goes on waiting.
        let first = begun();
        office
            .run("ismail", move |tx, act| {
                let version = draft::open(tx, act, &first)?.version;
                unfinished::discard(tx, act, &first, version)
            })
            .unwrap();
        assert!(office.look("ismail", &incoming.id).linked.is_empty());
        let answer_id = begun();
        let letter = answer_id.clone();
        let ali = office.people["ali"].user_id.clone();
        let (drafted, references, recipients) = office
            .run("ismail", move |tx, act| {
                let text = draft::Changes {
                    text: Some("İlgi yazınızın gereği yapılmıştır.".to_owned()),
                    ..draft::Changes::default()
                };
                let version = draft::open(tx, act, &letter)?.version;
                draft::save(tx, act, &letter, version, &text)?;
                let planned = Planned {
                    kind: "signature".to_owned(),
                    user_id: ali,
                };
                chain::set(tx, act, &letter, &[planned])?;
                Ok((
                    draft::open(tx, act, &letter)?,
                    dys::document::reference::list(tx, act, &letter)?,
                    list::list(tx, act, &letter)?,
                ))
            })
            .unwrap();
        assert_eq!(drafted.subject, "Meclis Kararı");
        assert_eq!(drafted.plan_code.as_deref(), Some("105.04"));
        assert!(
            references[0].text.starts_with("24.11.2026 tarihli ve E-"),
            "{}",
            references[0].text
        );
        assert!(references[0].text.ends_with(" sayılı yazınız."));
        assert_eq!(
            recipients[0].unit_id.as_deref(),
            Some(office.writing.as_str())
        );
        assert_eq!(
            office.look("ismail", &incoming.id).incoming.state,
            State::Registered
        );
        office.sign("ismail", &answer_id).await;
        office.send("ismail", &answer_id).await.unwrap();
        let view = office.look("ismail", &incoming.id);
        assert_eq!(view.incoming.state, State::Answered);
        assert_eq!(view.linked[0].document_id.as_ref(), Some(&answer_id));
        // And it landed where the first one came from.
        assert_eq!(office.registry("can")[0].subject, "Meclis Kararı");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn paper_is_registered_with_what_the_law_asks() {
    let office = Office::open(None);
    let first = office.paper();
    let unit = office.writing.clone();
    let entry = |kind| Entry {
        sender: "Ahmet Yıldız".to_owned(),
        subject: "Yol bozuk".to_owned(),
        ..Entry::new(&unit, Source::Paper, kind)
    };
    let mut again = entry(IncomingKind::Letter);
    again.barcode = Some("RR123456789TR".to_owned());
    let error = office
        .run("ayse", move |tx, act| register::paper(tx, act, &again))
        .unwrap_err();
    assert_eq!(error.code(), "barkod_var");
    assert!(error.to_string().contains("2026/1"), "{error}");

    let mut nameless = entry(IncomingKind::Petition);
    nameless.petition.national_id = "12345678901".to_owned();
    let error = office
        .run("ayse", move |tx, act| register::paper(tx, act, &nameless))
        .unwrap_err();
    let fields: Vec<_> = error.problem().unwrap().fields.clone();
    assert!(fields.iter().any(|(name, _)| name == "petition_name"));
    assert!(fields.iter().any(|(name, _)| name == "national_id"));

    let mut petition = entry(IncomingKind::Petition);
    petition.petition = Petition {
        name: "Ahmet Yıldız".to_owned(),
        national_id: "10000000146".to_owned(),
        ..Petition::default()
    };
    let (id, number) = office
        .run("ayse", move |tx, act| register::paper(tx, act, &petition))
        .unwrap();
    assert_eq!(number, "2026/2");
    let incoming = office.look("ayse", &id).incoming;
    assert_eq!(incoming.due_date, "2026-12-24".parse().ok());
    assert_eq!(incoming.period, dys::inbox::period::Period::Petition);
    // Reminded three days before, not four.
    let at = |days: i64| NOON + jiff::SignedDuration::from_hours(24 * days);
    office.clock.set(at(26));
    assert!(office.waiting("ayse", Kind::Due).is_empty());
    office.clock.set(at(27));
    assert_eq!(office.waiting("ayse", Kind::Due), [id.as_str()]);

    // A secret letter has a line and no scan.
    let mut secret = entry(IncomingKind::Letter);
    secret.confidentiality = dys::document::Confidentiality::Secret;
    let mut scanned = secret.clone();
    scanned.content_hash = Some(dys::store::BlobHash::of(b"x"));
    let error = office
        .run("ayse", move |tx, act| register::paper(tx, act, &scanned))
        .unwrap_err();
    assert!(error.to_string().contains("taranmaz"), "{error}");
    let (secret, _) = office
        .run("ayse", move |tx, act| register::paper(tx, act, &secret))
        .unwrap();
    // Every reading of it stands in the audit log; what is opened within an hour is one reading.
    for minutes in [0, 5, 61] {
        office
            .clock
            .set(at(27) + jiff::SignedDuration::from_mins(minutes));
        office.read("mehmet", &secret);
    }
    let kept = secret.clone();
    let reads = office
        .run("ayse", move |tx, _| {
            let entries = dys::audit::entries_of(tx, "incoming", &kept)?;
            Ok(entries
                .iter()
                .filter(|entry| entry.action == "inbox.read")
                .count())
        })
        .unwrap();
    assert_eq!(reads, 2);
    // A clerk of another unit neither sees nor guesses it.
    for id in [first, secret] {
        assert_eq!(
            office.refused("ismail", move |tx, act| view::look(tx, act, &id)),
            "gelen_yok"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_petition_for_another_authority_is_forwarded_and_never_returned() {
    let office = Office::open(None);
    let unit = office.writing.clone();
    let id = office
        .run("ayse", move |tx, act| {
            let entry = Entry {
                subject: "Okul servisi".to_owned(),
                petition: Petition {
                    name: "Ahmet Yıldız".to_owned(),
                    national_id: "10000000146".to_owned(),
                    ..Petition::default()
                },
                sender_address: Some("ahmet.yildiz@hs01.kep.tr".to_owned()),
                ..Entry::new(&unit, Source::Paper, IncomingKind::Petition)
            };
            register::paper(tx, act, &entry)
        })
        .unwrap()
        .0;
    let incoming = id.clone();
    assert_eq!(
        office.refused("mehmet", move |tx, act| answer::begin(
            tx,
            act,
            &incoming,
            Follow::Return
        )),
        "iade_olmaz"
    );
    let incoming = id.clone();
    let (letter, lines) = office
        .run("mehmet", move |tx, act| {
            let letter = answer::begin(tx, act, &incoming, Follow::Forward)?.letter_id;
            Ok((
                draft::open(tx, act, &letter)?,
                list::list(tx, act, &letter)?,
            ))
        })
        .unwrap();
    assert!(letter.body.to_plain().contains("5 inci maddesi"));
    // The petitioner is told by the same letter, for information.
    assert_eq!(lines[0].label, "Ahmet Yıldız");
    assert_eq!(lines[0].purpose, Purpose::Information);
}

/// The open referral that is this person's to deal with.
fn mine_of(office: &Office, who: &str, id: &str) -> referral::Referral {
    office.look(who, id).mine.expect("a referral of theirs")
}

#[tokio::test(flavor = "multi_thread")]
async fn work_that_nobody_did_never_closes_a_line() {
    for office in tokio::task::spawn_blocking(on_every_engine).await.unwrap() {
        let works = office.unit("Fen İşleri Müdürlüğü");
        let id = office.paper();
        let version = |who: &str| office.look(who, &id).incoming.version;
        let ask = |targets| office.refer("mehmet", &id, version("mehmet"), targets);
        let finish = |who: &'static str, done: &'static str| {
            let (letter, at) = (id.clone(), version(who));
            let mine = mine_of(&office, who, &id);
            office
                .run(who, move |tx, act| {
                    referral::finish(tx, act, &letter, at, &mine.id, done)
                })
                .unwrap();
            office.look("mehmet", &id).incoming.state
        };
        let told = (office.person("can").0, Some(Purpose::Information));
        ask(vec![(Target::Unit(works), Some(Purpose::Action)), told]).unwrap();
        assert!(office.waiting("mehmet", Kind::ToRefer).is_empty());

        // Returned while somebody else still has it for information: it surfaces at once.
        let mine = mine_of(&office, "ismail", &id);
        let (letter, at) = (id.clone(), version("ismail"));
        office
            .run("ismail", move |tx, act| {
                referral::give_back(tx, act, &letter, at, &mine.id, "İşimiz değil.")
            })
            .unwrap();
        assert_eq!(office.waiting("mehmet", Kind::ToRefer), [id.as_str()]);
        assert_eq!(office.waiting("can", Kind::Referred), [id.as_str()]);
        // That it was read closes nothing.
        assert_eq!(finish("can", ""), State::Registered);
        assert_eq!(office.waiting("mehmet", Kind::ToRefer), [id.as_str()]);

        // Given for information alone it still waits for somebody to do it.
        ask(vec![(office.person("can").0, Some(Purpose::Information))]).unwrap();
        assert_eq!(office.waiting("mehmet", Kind::ToRefer), [id.as_str()]);
        // Referred anew and pulled back: the same.
        ask(vec![office.person("ismail")]).unwrap();
        assert!(office.waiting("mehmet", Kind::ToRefer).is_empty());
        let given = mine_of(&office, "ismail", &id);
        let (letter, at) = (id.clone(), version("mehmet"));
        office
            .run("mehmet", move |tx, act| {
                referral::pull_back(tx, act, &letter, at, &given.id)
            })
            .unwrap();
        assert_eq!(office.waiting("mehmet", Kind::ToRefer), [id.as_str()]);
        assert_eq!(finish("can", ""), State::Registered);

        // Done, it closes with the last one that is open.
        let told = (office.person("can").0, Some(Purpose::Information));
        ask(vec![office.person("ismail"), told]).unwrap();
        assert_eq!(finish("ismail", "Yol tuzlandı."), State::Referred);
        assert_eq!(finish("can", ""), State::Closed);
        let broken = office.app.store.read(dys::audit::verify).await.unwrap();
        assert_eq!(broken, None);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_sent_for_information_closes_when_it_was_read() {
    let office = Office::open(None);
    let unit = office.writing.clone();
    let id = office
        .run("ayse", move |tx, act| {
            let entry = Entry {
                sender: "Edirne Valiliği".to_owned(),
                subject: "Bayram programı".to_owned(),
                purpose: Purpose::Information,
                ..Entry::new(&unit, Source::Paper, IncomingKind::Letter)
            };
            register::paper(tx, act, &entry)
        })
        .unwrap()
        .0;
    let told = (office.person("can").0, Some(Purpose::Information));
    office.refer("mehmet", &id, 1, vec![told]).unwrap();
    let mine = mine_of(&office, "can", &id);
    let letter = id.clone();
    office
        .run("can", move |tx, act| {
            referral::finish(tx, act, &letter, 2, &mine.id, "")
        })
        .unwrap();
    assert_eq!(office.look("can", &id).incoming.state, State::Closed);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_units_turn_is_its_own_peoples_and_not_of_those_above() {
    for office in tokio::task::spawn_blocking(on_every_engine).await.unwrap() {
        let works = office.unit("Fen İşleri Müdürlüğü");
        let id = office.paper();
        let unit = vec![(Target::Unit(works), None)];
        office.refer("mehmet", &id, 1, unit).unwrap();
        // The mayor and his deputy stand above the unit: they see it, it is not their turn, and
        // their look is not the unit's.
        for above in ["ali", "fatma"] {
            let view = office.read(above, &id);
            assert_eq!(view.mine, None, "{above}");
            assert!(view.may_manage, "{above}");
            assert!(office.waiting(above, Kind::Referred).is_empty());
        }
        let view = office.look("ismail", &id);
        assert_eq!(view.referrals[0].seen_at, None);
        let mine = view.mine.expect("his unit's turn");
        assert_eq!(office.waiting("ismail", Kind::Referred), [id.as_str()]);
        let (letter, which) = (id.clone(), mine.id.clone());
        assert_eq!(
            office.refused("ali", move |tx, act| referral::finish(
                tx,
                act,
                &letter,
                2,
                &which,
                "Yapıldı."
            )),
            "yetki_yok"
        );
        office.read("ismail", &id);
        assert!(office.look("ali", &id).referrals[0].seen_at.is_some());
        // Pulling back is the managers' all the same.
        let letter = id.clone();
        office
            .run("ali", move |tx, act| {
                referral::pull_back(tx, act, &letter, 2, &mine.id)
            })
            .unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_referrals_own_day_reminds_its_people_and_stands_first() {
    for office in tokio::task::spawn_blocking(on_every_engine).await.unwrap() {
        let (late, soon) = (office.paper(), office.letter_on_paper("Su kesintisi", None));
        for (id, day) in [(&late, "2026-12-20"), (&soon, "2026-11-27")] {
            let order = Order {
                targets: vec![office.person("ismail")],
                due_date: day.parse().ok(),
                note: String::new(),
            };
            let letter = id.clone();
            office
                .run("mehmet", move |tx, act| {
                    referral::refer(tx, act, &letter, 1, &order)
                })
                .unwrap();
        }
        let both = [soon.as_str(), late.as_str()];
        assert_eq!(office.waiting("ismail", Kind::Referred), both);
        // Three days before: who has to do it and who gave it are reminded, nobody else is.
        for who in ["ismail", "mehmet"] {
            assert_eq!(office.waiting(who, Kind::Due), [soon.as_str()], "{who}");
        }
        assert!(office.waiting("can", Kind::Due).is_empty());
        let items = |who: &'static str| {
            let list = office
                .run(who, |tx, act| worklist::list::of(tx, act, Kind::Due))
                .unwrap();
            list.items
                .into_iter()
                .map(|item| (item.due_date.unwrap(), item.overdue))
                .collect::<Vec<_>>()
        };
        assert_eq!(items("ismail"), [("2026-11-27".to_owned(), false)]);
        office
            .clock
            .set(NOON + jiff::SignedDuration::from_hours(24 * 4));
        assert_eq!(items("ismail"), [("2026-11-27".to_owned(), true)]);
        let count = office
            .run("ismail", |tx, act| Ok(worklist::list::count(tx, act)?))
            .unwrap();
        assert_eq!(count, 3, "two referrals, one of them due");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_passed_on_to_several_comes_back_to_whoever_passed_it_on_once() {
    for office in tokio::task::spawn_blocking(on_every_engine).await.unwrap() {
        let id = office.paper();
        let version = |who: &str| office.look(who, &id).incoming.version;
        let give_back = |who: &'static str| {
            let (letter, at) = (id.clone(), version(who));
            let mine = mine_of(&office, who, &id);
            office
                .run(who, move |tx, act| {
                    referral::give_back(tx, act, &letter, at, &mine.id, "İşim değil.")
                })
                .unwrap();
            office.look("mehmet", &id).incoming.state
        };
        let to_ismail = vec![office.person("ismail")];
        office.refer("mehmet", &id, 1, to_ismail).unwrap();
        let both = vec![office.person("can"), office.person("fatma")];
        office.refer("ismail", &id, 2, both).unwrap();
        assert!(office.waiting("ismail", Kind::Referred).is_empty());

        // The first return makes it his again; the other one still works on it.
        assert_eq!(give_back("can"), State::Referred);
        assert_eq!(office.waiting("ismail", Kind::Referred), [id.as_str()]);
        assert_eq!(office.waiting("fatma", Kind::Referred), [id.as_str()]);
        // The second finds it open and changes nothing about that.
        assert_eq!(give_back("fatma"), State::Referred);
        assert_eq!(office.waiting("ismail", Kind::Referred), [id.as_str()]);
        assert!(office.waiting("mehmet", Kind::ToRefer).is_empty());
        let referrals = office.look("mehmet", &id).referrals;
        let open = |it: &&referral::Referral| it.state == ReferralState::Open;
        assert_eq!(referrals.iter().filter(open).count(), 1, "{}", office.name);
        // He gives it back in turn: now it is the registry's.
        assert_eq!(give_back("ismail"), State::Registered);
        assert_eq!(office.waiting("mehmet", Kind::ToRefer), [id.as_str()]);
    }
}
