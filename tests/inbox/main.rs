//! Gelen Evrak: internal letters, paper, referral, answer and closing, as people meet them.
#![allow(clippy::unwrap_used, clippy::expect_used)]

#[path = "../townhall/mod.rs"]
mod townhall;
mod turns;

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
            let cited = dys::document::reference::list(tx, act, &letter)?.remove(0);
            assert_eq!(
                cited.text, "Ahmet Yıldız tarafından verilen 24.11.2026 tarihli dilekçe.",
                "the authority reads it"
            );
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
