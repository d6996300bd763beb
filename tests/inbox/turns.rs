//! Havale: who has a turn, what ends it, and what comes back.

use super::*;

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
