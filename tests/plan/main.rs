//! Dağıtım planı: saved, used, changed under one's feet, repaired; 1,500 recipients at a time.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod office;

use std::time::Instant;

use dys::access::{Act, Actor, Role};
use dys::clock::Clock as _;
use dys::directory::import;
use dys::dispatch::send;
use dys::distribution::plan::{self, Drift};
use dys::distribution::{DestinationType, Purpose, list, preflight};
use dys::document::attach;
use dys::ids::SystemIds;
use dys::params;
use dys::store::testing::sqlite;
use jiff::Timestamp;
use office::Office;

const HAVSA: &str = "havsa yazı";
const ENEZ: &str = "enez yazı";
const LALAPASA: &str = "lalapaşa yazı";
const SULOGLU: &str = "süloğlu yazı";

fn home(office: &Office) -> String {
    office.clerk.home_unit().unwrap().to_owned()
}

/// A plan of the clerk's unit made of a letter's list.
async fn saved(office: &Office, to: &[&'static str]) -> String {
    let id = office.draft(to).await;
    let owner = home(office);
    office
        .app
        .write(&office.clerk, move |tx, act| {
            plan::save_list(tx, act, &id, &owner, "Edirne belediyeleri")
        })
        .await
        .unwrap()
}

async fn import_units(office: &Office, rows: &str) {
    let file = format!("detsis_no,ad,ust_detsis_no,kep_adresi,etkin,yerine_gecen\n{rows}");
    let store = office.app.store.clone();
    let report = tokio::task::spawn_blocking(move || {
        import::run(&store, file.as_bytes(), Timestamp::UNIX_EPOCH, |_, _| {}).unwrap()
    })
    .await
    .unwrap();
    assert_eq!(report.refused, [], "{rows}");
}

/// Number, name and parent's number of a unit.
async fn facts(office: &Office, words: &'static str) -> (String, String, String) {
    let id = office.unit(words).await;
    office
        .app
        .store
        .read(move |tx| {
            let row = tx.query_one(
                "SELECT u.detsis_no, u.name, p.detsis_no AS parent FROM unit u \
                 JOIN unit p ON p.id = u.parent_id WHERE u.id = ?1",
                params![&id],
            )?;
            Ok::<_, dys::store::StoreError>((
                row.get("detsis_no")?,
                row.get("name")?,
                row.get("parent")?,
            ))
        })
        .await
        .unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_becomes_a_plan_and_a_plan_becomes_todays_list() {
    for test in office::engines().await {
        let office = Office::on(test).await;
        let plan_id = saved(&office, &[HAVSA, ENEZ]).await;
        let letter = office.draft(&[ENEZ]).await;
        let (used, lines) = office
            .app
            .write(&office.clerk, move |tx, act| {
                let used = plan::use_in(tx, act, &letter, &plan_id)?;
                Ok((used, list::list(tx, act, &letter)?))
            })
            .await
            .unwrap();
        assert_eq!(
            (used.added, used.present),
            (1, 1),
            "Enez stood there already"
        );
        assert_eq!(used.changes, []);
        assert_eq!(lines.len(), 2);
        assert_eq!(
            lines[1].delivery_address.as_deref(),
            Some("havsabelediyesi@hs01.kep.tr")
        );
        office.audit_is_whole().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_changed_in_the_directory_is_told_and_one_key_repairs_it() {
    for test in office::engines().await {
        let office = Office::on(test).await;
        let plan_id = saved(&office, &[HAVSA, ENEZ, LALAPASA, SULOGLU]).await;
        let (havsa, _, havsa_above) = facts(&office, HAVSA).await;
        let (enez, enez_name, enez_above) = facts(&office, ENEZ).await;
        let (lalapasa, lalapasa_name, lalapasa_above) = facts(&office, LALAPASA).await;
        let (suloglu, suloglu_name, suloglu_above) = facts(&office, SULOGLU).await;
        import_units(
            &office,
            &format!(
                "{havsa},Yazı İşleri ve Kararlar Müdürlüğü,{havsa_above},,1,\n\
                 {enez},{enez_name},{enez_above},,0,{havsa}\n\
                 {lalapasa},{lalapasa_name},{lalapasa_above},,0,\n\
                 {suloglu},{suloglu_name},{suloglu_above},yazi.suloglu@hs99.kep.example,1,\n"
            ),
        )
        .await;
        let id = plan_id.clone();
        let changes = office
            .app
            .read(&office.clerk, move |tx, act| plan::changes(tx, act, &id))
            .await
            .unwrap();
        let codes: Vec<&str> = changes.iter().map(|it| it.drift.code()).collect();
        assert_eq!(codes, ["renamed", "merged", "closed", "address_changed"]);
        assert!(matches!(&changes[1].drift, Drift::Merged(into) if into.contains("KARARLAR")));

        // A letter gets today's units: the closed one is left out, the merged ones meet.
        let letter = office.draft(&[]).await;
        let id = plan_id.clone();
        let (used, findings) = office
            .app
            .write(&office.clerk, move |tx, act| {
                let used = plan::use_in(tx, act, &letter, &id)?;
                Ok((used, preflight::preflight(tx, &letter)?))
            })
            .await
            .unwrap();
        assert_eq!((used.added, used.changes.len()), (2, 4));
        assert!(
            findings
                .iter()
                .all(|it| it.severity != dys::distribution::Severity::Blocking),
            "{findings:?}"
        );

        let id = plan_id.clone();
        let (plan, left) = office
            .app
            .write(&office.clerk, move |tx, act| {
                let version = plan::open(tx, act, &id)?.version;
                plan::repair(tx, act, &id, version)?;
                let stale = plan::repair(tx, act, &id, version).unwrap_err();
                assert_eq!(stale.code(), "surum_eski");
                Ok((plan::open(tx, act, &id)?, plan::changes(tx, act, &id)?))
            })
            .await
            .unwrap();
        assert_eq!((plan.lines, left), (2, vec![]));
        office.audit_is_whole().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_that_is_gone_turns_the_line_to_paper() {
    let office = Office::on(sqlite()).await;
    let plan_id = saved(&office, &[HAVSA]).await;
    office
        .app
        .store
        .write(|tx| tx.execute("UPDATE unit SET kep_address = NULL", params![]))
        .await
        .unwrap();
    let letter = office.draft(&[]).await;
    let (lines, findings) = office
        .app
        .write(&office.clerk, move |tx, act| {
            plan::use_in(tx, act, &letter, &plan_id)?;
            let findings = preflight::preflight(tx, &letter)?;
            Ok((list::list(tx, act, &letter)?, findings))
        })
        .await
        .unwrap();
    assert_eq!(lines[0].destination_type, DestinationType::ExternalPaper);
    let codes: Vec<&str> = findings.iter().map(|it| it.code).collect();
    assert_eq!(codes, ["posta_adresi_yok"], "the address is asked for");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_unit_does_not_write_to_itself_by_a_plan() {
    for test in office::engines().await {
        let office = Office::on(test).await;
        let plan_id = saved(&office, &[HAVSA]).await;
        let itself = home(&office);
        let letter = office.draft(&[]).await;
        let (id, own) = (letter.clone(), itself.clone());
        let (used, lines) = office
            .app
            .write(&office.clerk, move |tx, act| {
                let kind = DestinationType::InternalUnit;
                let version = plan::open(tx, act, &plan_id)?.version;
                plan::add_units(tx, act, &plan_id, version, kind, &[own])?;
                let used = plan::use_in(tx, act, &id, &plan_id)?;
                Ok((used, list::list(tx, act, &id)?))
            })
            .await
            .unwrap();
        assert_eq!((used.added, lines.len()), (1, 1));
        assert!(used.itself.is_some(), "it is told");

        // Whichever other way it may come into the list, it does not leave.
        let findings = office
            .app
            .store
            .write(move |tx| {
                tx.execute(
                    "UPDATE recipient SET destination_type = 'internal_unit', unit_id = ?2, \
                     delivery_address = NULL WHERE document_id = ?1",
                    params![&letter, &itself],
                )?;
                Ok::<_, dys::store::StoreError>(preflight::preflight(tx, &letter).unwrap())
            })
            .await
            .unwrap();
        let codes: Vec<&str> = findings.iter().map(|it| it.code).collect();
        assert_eq!(codes, ["alici_kendisi"]);
        assert_eq!(findings[0].severity, dys::distribution::Severity::Blocking);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_unit_that_became_ours_goes_inside_and_one_that_left_goes_outside() {
    let office = Office::on(sqlite()).await;
    let plan_id = saved(&office, &[HAVSA, ENEZ]).await;
    let (havsa, enez) = (office.unit(HAVSA).await, office.unit(ENEZ).await);
    let own = async |id: String, is_own: i64| {
        office
            .app
            .store
            .write(move |tx| {
                tx.execute(
                    "UPDATE unit SET is_own = ?2 WHERE id = ?1",
                    params![&id, is_own],
                )
            })
            .await
            .unwrap();
    };
    let repaired = async || {
        let id = plan_id.clone();
        office
            .app
            .write(&office.clerk, move |tx, act| {
                let codes: Vec<&str> = plan::changes(tx, act, &id)?
                    .iter()
                    .map(|it| it.drift.code())
                    .collect();
                let version = plan::open(tx, act, &id)?.version;
                plan::repair(tx, act, &id, version)?;
                assert_eq!(plan::changes(tx, act, &id)?, []);
                Ok((codes, plan::lines(tx, act, &id, 0)?))
            })
            .await
            .unwrap()
    };
    own(havsa.clone(), 1).await;
    let (codes, lines) = repaired().await;
    assert_eq!(codes, ["inside"]);
    assert_eq!(lines[0].destination_type, DestinationType::InternalUnit);
    assert_eq!(lines[0].delivery_address, None);

    own(havsa, 0).await;
    own(enez, 1).await;
    let (codes, lines) = repaired().await;
    assert_eq!(codes, ["outside", "inside"]);
    assert_eq!(lines[0].destination_type, DestinationType::ExternalKep);
    assert!(lines[0].delivery_address.is_some());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_name_in_the_letter_goes_with_the_plan_while_the_unit_is_called_so() {
    for test in office::engines().await {
        let office = Office::on(test).await;
        let (id, owner) = (office.draft(&[HAVSA, ENEZ]).await, home(&office));
        let plan_id = office
            .app
            .write(&office.clerk, move |tx, act| {
                for (line, name) in list::list(tx, act, &id)?.iter().zip(["Havsaya", "Eneze"]) {
                    list::set_written(tx, act, &id, &line.id, name)?;
                }
                plan::save_list(tx, act, &id, &owner, "İki belediye")
            })
            .await
            .unwrap();
        let used = async || {
            let letter = office.draft(&[]).await;
            let plan_id = plan_id.clone();
            office
                .app
                .write(&office.clerk, move |tx, act| {
                    plan::use_in(tx, act, &letter, &plan_id)?;
                    list::list(tx, act, &letter)
                })
                .await
                .unwrap()
                .into_iter()
                .map(|line| line.written)
                .collect::<Vec<String>>()
        };
        assert_eq!(used().await, ["Havsaya", "Eneze"]);

        let (havsa, _, above) = facts(&office, HAVSA).await;
        import_units(
            &office,
            &format!("{havsa},Yazı İşleri ve Kararlar Müdürlüğü,{above},,1,\n"),
        )
        .await;
        assert_eq!(
            used().await,
            ["", "Eneze"],
            "it was written for another name"
        );
        let id = plan_id.clone();
        office
            .app
            .write(&office.clerk, move |tx, act| {
                let version = plan::open(tx, act, &id)?.version;
                plan::repair(tx, act, &id, version)
            })
            .await
            .unwrap();
        assert_eq!(used().await, ["", "Eneze"]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn plans_are_seen_by_their_unit_and_those_of_the_institution_by_all() {
    for test in office::engines().await {
        let office = Office::on(test).await;
        let (below, stranger) = office
            .app
            .store
            .write_blocking(|tx| -> dys::error::Result<_> {
                let below: String = tx.scalar(
                    "SELECT id FROM unit WHERE is_own = 1 AND institution_id <> id ORDER BY id LIMIT 1",
                    params![],
                )?;
                let other: String = tx.scalar(
                    "SELECT id FROM unit WHERE is_own = 1 AND institution_id <> id \
                     ORDER BY id DESC LIMIT 1",
                    params![],
                )?;
                let system = Actor::system();
                let act = Act {
                    actor: &system,
                    now: Timestamp::UNIX_EPOCH,
                    ids: &SystemIds,
                };
                let id = dys::access::user::add(
                    tx,
                    &act,
                    &dys::access::user::NewUser {
                        login: "fatma".to_owned(),
                        full_name: "Fatma".to_owned(),
                        title: String::new(),
                        password_hash: String::new(),
                        roles: vec![(Role::Clerk, other)],
                        is_demo: true,
                    },
                )?;
                Ok((below, dys::access::user::actor(tx, &id)?))
            })
            .unwrap();
        let institution = home(&office);
        let (own, shared) = office
            .app
            .write(&office.clerk, move |tx, act| {
                Ok((
                    plan::create(tx, act, &below, "Şube planı")?,
                    plan::create(tx, act, &institution, "Kurum planı")?,
                ))
            })
            .await
            .unwrap();
        let owner = home(&office);
        let (seen, hidden, forbidden, foreign) = office
            .app
            .write(&stranger, move |tx, act| {
                let (plans, _) = plan::search(tx, act, "", None)?;
                let hidden = plan::open(tx, act, &own).unwrap_err();
                let forbidden = plan::delete(tx, act, &shared, 1).unwrap_err();
                let foreign = plan::create(tx, act, &owner, "Benim olsun").unwrap_err();
                Ok((plans, hidden, forbidden, foreign))
            })
            .await
            .unwrap();
        assert_eq!(seen.len(), 1);
        assert_eq!(seen[0].name, "Kurum planı");
        assert_eq!(hidden.code(), "plan_yok");
        assert_eq!(forbidden.code(), "yetki_yok");
        assert_eq!(foreign.code(), "yetki_yok");
    }
}

/// A page of the clerk's that is light enough to be drawn at once.
async fn page(office: &Office, path: &str, most: usize) -> String {
    let (status, text) = office::page(office, "ayse", path).await;
    assert_eq!(status, 200, "{path}");
    assert!(text.len() < most, "{path} weighs {} bytes", text.len());
    text
}

/// So many institutions in one plan, each with an address of its own.
const MANY: usize = 1_500;

#[tokio::test(flavor = "multi_thread")]
async fn fifteen_hundred_recipients_open_check_and_leave_in_a_handful_of_statements() {
    let office = Office::on(sqlite()).await;
    let rows: String = (0..MANY)
        .map(|n| {
            format!(
                "0{:07},Kurum {n},,kurum{n}@hs99.kep.example,1,\n",
                8_000_000 + n
            )
        })
        .collect();
    import_units(&office, &rows).await;
    let units: Vec<String> = office
        .app
        .store
        .read(|tx| {
            tx.query(
                "SELECT id FROM unit WHERE name LIKE 'Kurum %' ORDER BY id",
                params![],
            )?
            .iter()
            .map(|row| row.at(0))
            .collect::<Result<_, _>>()
        })
        .await
        .unwrap();
    assert_eq!(units.len(), MANY);
    let owner = home(&office);
    let began = Instant::now();
    let plan_id = office
        .app
        .write(&office.clerk, move |tx, act| {
            let id = plan::create(tx, act, &owner, "Bütün kurumlar")?;
            plan::add_units(tx, act, &id, 1, DestinationType::ExternalKep, &units)?;
            Ok(id)
        })
        .await
        .unwrap();
    let made = began.elapsed();

    let letter = office.draft(&[]).await;
    let (id, plan) = (letter.clone(), plan_id.clone());
    let began = Instant::now();
    let (used, statements) = office
        .app
        .write(&office.clerk, move |tx, act| {
            let before = tx.statements();
            let used = plan::use_in(tx, act, &id, &plan)?;
            Ok((used, tx.statements() - before))
        })
        .await
        .unwrap();
    let expanded = began.elapsed();
    assert_eq!(used.added, MANY);
    assert!(statements < 50, "{statements} statements to expand");

    let id = letter.clone();
    let began = Instant::now();
    let (findings, statements) = office
        .app
        .read(&office.clerk, move |tx, _| {
            let before = tx.statements();
            let findings = preflight::preflight(tx, &id)?;
            Ok((findings, tx.statements() - before))
        })
        .await
        .unwrap();
    let checked = began.elapsed();
    assert_eq!(findings, []);
    assert!(statements < 50, "{statements} statements to check");

    // Lists come in pages; only the plan's own line says how many there are.
    for path in [
        format!("/evrak/{letter}/dagitim"),
        format!("/dagitim-planlari/{plan_id}"),
        format!("/evrak/{letter}"),
    ] {
        let text = page(&office, &path, 150_000).await;
        assert!(text.contains("1500"), "{path} says how many");
        assert!(text.matches("Kurum ").count() < 300, "{path} shows a page");
    }

    let (_, version) = office::sign(&office.app, &office.clerk, letter.clone()).await;
    // The confirmation names every recipient with its address (design part 4.1, step 7).
    let text = page(&office, &format!("/evrak/{letter}/gonder"), 400_000).await;
    for n in [0, MANY / 2, MANY - 1] {
        assert!(text.contains(&format!("kurum{n}@hs99.kep.example")), "{n}");
    }
    let began = Instant::now();
    let prepared = send::prepare(&office.app, &office.clerk, &letter, version)
        .await
        .unwrap();
    let signed = began.elapsed();
    let began = Instant::now();
    let (sent, statements) = office
        .app
        .write(&office.clerk, move |tx, act| {
            let before = tx.statements();
            let sent = send::commit(tx, act, &prepared)?;
            Ok((sent, tx.statements() - before))
        })
        .await
        .unwrap();
    let committed = began.elapsed();
    assert_eq!(sent.message_ids.len(), MANY);
    assert!(statements < 50, "{statements} statements to commit");
    println!(
        "{MANY} recipients: plan {made:?}, expand {expanded:?}, check {checked:?}, make and sign \
         {signed:?}, commit {committed:?} ({statements} statements)"
    );
    let text = page(&office, &format!("/evrak/{letter}/posta"), 300_000).await;
    assert!(text.contains("Gönderimi durdur"));
    page(&office, "/sorgular/birim-giden-evrak", 150_000).await;
    let held = office.clock.now() + jiff::SignedDuration::from_secs(60);
    assert_eq!(sent.held_until, Some(held));
    office.audit_is_whole().await;
}

/// Units inside, and lines on paper, of the mixed list; the rest go by KEP.
const INSIDE: usize = 60;
const ON_PAPER: usize = 40;

#[tokio::test(flavor = "multi_thread")]
async fn a_mixed_list_of_fifteen_hundred_leaves_by_every_channel_at_once() {
    let office = Office::on(sqlite()).await;
    let itself = home(&office);
    let above: String = office
        .app
        .store
        .read(move |tx| tx.scalar("SELECT detsis_no FROM unit WHERE id = ?1", params![&itself]))
        .await
        .unwrap();
    let rows: String = (0..MANY)
        .map(|n| {
            let number = 8_000_000 + n;
            if n < INSIDE {
                format!("0{number:07},Durak {n},{above},,1,\n")
            } else {
                format!("0{number:07},Durak {n},,durak{n}@hs99.kep.example,1,\n")
            }
        })
        .collect();
    import_units(&office, &rows).await;
    let units: Vec<(String, bool)> = office
        .app
        .store
        .read(|tx| {
            tx.query(
                "SELECT id, is_own FROM unit WHERE name LIKE 'Durak %' ORDER BY is_own DESC, id",
                params![],
            )?
            .iter()
            .map(|row| Ok((row.get("id")?, row.get("is_own")?)))
            .collect::<Result<_, dys::store::StoreError>>()
        })
        .await
        .unwrap();
    assert_eq!(units.len(), MANY);
    assert_eq!(units.iter().filter(|(_, own)| *own).count(), INSIDE);
    let ids: Vec<String> = units.into_iter().map(|(id, _)| id).collect();
    let (owner, letter) = (home(&office), office.draft(&[]).await);
    let id = letter.clone();
    let (used, statements) = office
        .app
        .write(&office.clerk, move |tx, act| {
            let plan_id = plan::create(tx, act, &owner, "Herkes")?;
            for (kind, part) in [
                (DestinationType::InternalUnit, &ids[..INSIDE]),
                (DestinationType::ExternalPaper, &ids[INSIDE..][..ON_PAPER]),
                (DestinationType::ExternalKep, &ids[INSIDE + ON_PAPER..]),
            ] {
                let version = plan::open(tx, act, &plan_id)?.version;
                plan::add_units(tx, act, &plan_id, version, kind, part)?;
            }
            let before = tx.statements();
            Ok((
                plan::use_in(tx, act, &id, &plan_id)?,
                tx.statements() - before,
            ))
        })
        .await
        .unwrap();
    assert_eq!(used.added, MANY);
    assert!(statements < 50, "{statements} statements to expand");

    // Forty times the same finding is twenty and a count.
    for path in [
        format!("/evrak/{letter}"),
        format!("/evrak/{letter}/gonder"),
    ] {
        let text = page(&office, &path, 400_000).await;
        assert_eq!(text.matches(": posta adresi yok.").count(), 20, "{path}");
        assert!(text.contains("… ve 20 birim daha"), "{path}");
    }

    let id = letter.clone();
    let (findings, statements) = office
        .app
        .write(&office.clerk, move |tx, act| {
            tx.execute(
                "UPDATE recipient SET delivery_address = 'Yol 1\n22100 Merkez / Edirne', \
                 paper_reason = 'Pafta A1 boyutunda.' \
                 WHERE document_id = ?1 AND destination_type = 'external_paper'",
                params![&id],
            )?;
            let new = attach::New::Physical {
                title: "CD".to_owned(),
            };
            let cd = attach::add(tx, act, &id, new)?;
            let lines = list::list(tx, act, &id)?;
            let last = &lines[MANY - 1].id;
            list::set_purpose(tx, act, &id, last, Purpose::Information)?;
            list::leave_out(tx, act, &id, last, &[cd.id])?;
            let before = tx.statements();
            list::shift(tx, act, &id, last, true)?;
            let moved = tx.statements() - before;
            assert!(moved < 15, "{moved} statements to move one line of {MANY}");
            assert_eq!(list::list(tx, act, &id)?[MANY - 2].id, *last);
            list::shift(tx, act, &id, last, false)?;
            list::shift(tx, act, &id, last, false)?;
            assert_eq!(
                list::list(tx, act, &id)?[MANY - 1].id,
                *last,
                "the end is the end"
            );
            let before = tx.statements();
            let findings = preflight::preflight(tx, &id)?;
            Ok((findings, tx.statements() - before))
        })
        .await
        .unwrap();
    assert_eq!(findings, []);
    assert!(statements < 50, "{statements} statements to check");

    let (_, version) = office::sign(&office.app, &office.clerk, letter.clone()).await;
    let text = page(&office, &format!("/evrak/{letter}/gonder"), 500_000).await;
    assert!(
        !text.contains("adres yok"),
        "a unit inside needs no address"
    );
    assert_eq!(text.matches("Kurum içi birim · Gereği").count(), INSIDE);
    assert_eq!(
        text.matches("22100 Merkez / Edirne · Gereği").count(),
        ON_PAPER
    );
    assert_eq!(
        text.matches("· Bilgi · Bu alıcıya gönderilmeyecek: ")
            .count(),
        1
    );
    assert!(
        text.contains("KEP rehberi ("),
        "the known answers are shown"
    );

    let prepared = send::prepare(&office.app, &office.clerk, &letter, version)
        .await
        .unwrap();
    let (sent, statements) = office
        .app
        .write(&office.clerk, move |tx, act| {
            let before = tx.statements();
            let sent = send::commit(tx, act, &prepared)?;
            Ok((sent, tx.statements() - before))
        })
        .await
        .unwrap();
    println!(
        "{statements} statements to commit {INSIDE} inside, {ON_PAPER} on paper, the rest KEP"
    );
    assert_eq!(sent.message_ids.len(), MANY - INSIDE - ON_PAPER);
    assert!(statements < 60, "{statements} statements to commit");
    let (landed, envelopes): (i64, i64) = office
        .app
        .store
        .read(move |tx| {
            Ok::<_, dys::store::StoreError>((
                tx.scalar(
                    "SELECT COUNT(*) FROM recipient WHERE document_id = ?1 \
                     AND destination_type = 'internal_unit' AND status = 'delivered'",
                    params![&letter],
                )?,
                tx.scalar(
                    "SELECT COUNT(*) FROM paper_item WHERE document_id = ?1",
                    params![&letter],
                )?,
            ))
        })
        .await
        .unwrap();
    assert_eq!(
        (landed, envelopes),
        (
            i64::try_from(INSIDE).unwrap(),
            i64::try_from(ON_PAPER).unwrap()
        )
    );
    office.audit_is_whole().await;
}
