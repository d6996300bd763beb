//! Dağıtım planı: saved, used, changed under one's feet, repaired; 1,500 recipients at a time.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod directory_changes;
mod large;
#[path = "../office/mod.rs"]
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
