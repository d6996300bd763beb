//! A distribution plan of 1,500 recipients: opened into a letter, checked, sent, by KEP and to units
//! inside; beside it in the same run what the disk alone takes for as many rows and files.
//!
//! `cargo bench --profile dev --bench sending` (the profile of `make demo`; SQLite). The letter is set,
//! signed with a key and sealed as in an office; of Evrakı Gönder all is measured up to the answer:
//! every message made, signed and on the disk, every row committed. What the provider does later is not.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::io::Write as _;
use std::time::{Duration, Instant};

use dys::directory::import;
use dys::dispatch::send;
use dys::distribution::plan::{self, Used};
use dys::distribution::{DestinationType, preflight};
use dys::params;
use dys::store::StoreError;
use dys::store::testing::sqlite;
use jiff::Timestamp;
use office::Office;

#[path = "../tests/office/mod.rs"]
mod office;

const MANY: usize = 1_500;

#[tokio::main]
async fn main() {
    println!("{MANY} recipients, milliseconds (statements)");
    println!(
        "{:28} {:>14} {:>16} {:>14} {:>16} {:>9}",
        "", "open the plan", "check", "make and sign", "commit", "sent in"
    );
    let size = measure(DestinationType::ExternalKep, "by KEP").await;
    measure(DestinationType::InternalUnit, "to units inside").await;
    bare(size).await;
}

/// One list from its plan to the last commit; says the bytes of one message, if there are any.
async fn measure(kind: DestinationType, name: &str) -> usize {
    let office = Office::on(sqlite()).await;
    let units = units(&office, kind).await;
    let owner = office.clerk.home_unit().unwrap().to_owned();
    let plan_id = office
        .app
        .write(&office.clerk, move |tx, act| {
            let id = plan::create(tx, act, &owner, "Hepsi")?;
            plan::add_units(tx, act, &id, 1, kind, &units)?;
            Ok(id)
        })
        .await
        .unwrap();

    let letter = office.draft(&[]).await;
    let id = letter.clone();
    let began = Instant::now();
    let (used, opening): (Used, usize) = office
        .app
        .write(&office.clerk, move |tx, act| {
            let before = tx.statements();
            let used = plan::use_in(tx, act, &id, &plan_id)?;
            Ok((used, tx.statements() - before))
        })
        .await
        .unwrap();
    let opened = began.elapsed();
    assert_eq!(used.added, MANY);

    let id = letter.clone();
    let began = Instant::now();
    let (findings, checking) = office
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

    let (id, version) = office::signed_with_key(&office.app, &office.clerk, letter).await;
    let began = Instant::now();
    let prepared = send::prepare(&office.app, &office.clerk, &id, version)
        .await
        .unwrap();
    let made = began.elapsed();
    let (sent, committing) = office
        .app
        .write(&office.clerk, move |tx, act| {
            let before = tx.statements();
            let sent = send::commit(tx, act, &prepared)?;
            Ok((sent, tx.statements() - before))
        })
        .await
        .unwrap();
    let whole = began.elapsed();
    println!(
        "{name:28} {:>14} {:>16} {:>14} {:>16} {:>9}",
        counted(opened, opening),
        counted(checked, checking),
        milliseconds(made),
        counted(whole - made, committing),
        milliseconds(whole)
    );
    let size: Option<i64> = office
        .app
        .store
        .read(|tx| tx.scalar("SELECT MAX(size) FROM outgoing_message", params![]))
        .await
        .unwrap();
    assert_eq!(sent.message_ids.is_empty(), size.is_none());
    usize::try_from(size.unwrap_or(0)).unwrap()
}

/// Institutions with an address each, or units inside.
async fn units(office: &Office, kind: DestinationType) -> Vec<String> {
    let itself = office.clerk.home_unit().unwrap().to_owned();
    let store = office.app.store.clone();
    tokio::task::spawn_blocking(move || {
        let above: String = store
            .read_blocking(move |tx| {
                tx.scalar("SELECT detsis_no FROM unit WHERE id = ?1", params![&itself])
            })
            .unwrap();
        let rows: String = (0..MANY)
            .map(|n| match kind {
                DestinationType::InternalUnit => {
                    format!("0{:07},Durak {n},{above},,1,\n", 8_000_000 + n)
                }
                _ => format!(
                    "0{:07},Durak {n},,durak{n}@hs99.kep.example,1,\n",
                    8_000_000 + n
                ),
            })
            .collect();
        let file = format!("detsis_no,ad,ust_detsis_no,kep_adresi,etkin,yerine_gecen\n{rows}");
        import::run(&store, file.as_bytes(), Timestamp::UNIX_EPOCH, |_, _| {}).unwrap();
        store
            .read_blocking(|tx| {
                tx.query(
                    "SELECT id FROM unit WHERE name LIKE 'Durak %' ORDER BY id",
                    params![],
                )?
                .iter()
                .map(|row| row.at(0))
                .collect::<Result<Vec<String>, StoreError>>()
            })
            .unwrap()
    })
    .await
    .unwrap()
}

/// What the machine takes for as many rows of one table in one transaction, and for as many files of
/// a message's size that are on the disk one by one.
async fn bare(size: usize) {
    let office = Office::on(sqlite()).await;
    let store = &office.app.store;
    store
        .write(|tx| tx.execute_batch("CREATE TABLE bare (id TEXT PRIMARY KEY, line TEXT NOT NULL)"))
        .await
        .unwrap();
    let began = Instant::now();
    store
        .write(|tx| {
            for n in 0..MANY {
                let id = format!("{n:026}");
                tx.execute(
                    "INSERT INTO bare VALUES (?1, ?2)",
                    params![id, "x".repeat(400)],
                )?;
            }
            Ok::<_, StoreError>(())
        })
        .await
        .unwrap();
    println!(
        "{:28} {:>14}",
        "bare: rows inserted",
        milliseconds(began.elapsed())
    );
    let folder = tempfile::tempdir().unwrap();
    let bytes = vec![b'x'; size];
    let began = Instant::now();
    for n in 0..MANY {
        let mut file = std::fs::File::create(folder.path().join(n.to_string())).unwrap();
        file.write_all(&bytes).unwrap();
        file.sync_all().unwrap();
    }
    println!(
        "{:28} {:>14}",
        format!("bare: files of {} kB", size / 1_000),
        milliseconds(began.elapsed())
    );
}

fn milliseconds(time: Duration) -> String {
    format!("{:.0}", time.as_secs_f64() * 1_000.0)
}

fn counted(time: Duration, statements: usize) -> String {
    format!("{} ({statements})", milliseconds(time))
}
