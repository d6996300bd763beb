//! Server time of the directory search at two sizes, beside a plain LIKE scan in the same run.
//!
//! `cargo bench --profile dev --bench directory_search` (the profile of `make demo`); with
//! `DYS_TEST_POSTGRES` set, PostgreSQL is measured too.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::collections::HashSet;
use std::time::{Duration, Instant};

use dys::directory::UnitRecord;
use dys::directory::import;
use dys::directory::search::{self, Question};
use dys::directory::seed::{self, Schools};
use dys::params;
use dys::store::testing::every_engine;
use dys::store::{Store, StoreError, Value};
use dys::turkish;
use jiff::Timestamp;
use timing::percentile;

mod timing;

/// What clerks type: exact names, beginnings, two common words, one common word, nothing found.
const QUESTIONS: [&str; 12] = [
    "havsa belediye",
    "keşan adalet",
    "kesan mahkeme",
    "IĞDIR VALİLİĞİ",
    "edirne",
    "yazı işleri havsa",
    "ankara büyükşehir bel",
    "mühendislik trakya",
    "üniversite zabıta",
    "ilçe millî eğitim",
    "müdürlüğü",
    "havsa operası",
];
const ROUNDS: usize = 40;
const SIZES: [(usize, Schools); 2] = [(30_000, Schools(0)), (200_000, Schools(165))];
/// Provinces that the questions ask for; their units are in every size.
const ASKED: [&str; 3] = ["Ankara", "Edirne", "Iğdır"];

fn main() {
    println!(
        "{:9} {:>8} {:24} {:>9} {:>9} {:>9} {:>9} {:>6}",
        "engine", "units", "question", "p50 ms", "p99 ms", "LIKE p50", "LIKE p99", "lines"
    );
    for (count, schools) in SIZES {
        for test in every_engine() {
            measure(test.name, &test.store, units(count, schools));
        }
    }
}

/// `count` units, those of the provinces asked for first.
fn units(count: usize, schools: Schools) -> Vec<UnitRecord> {
    let mut kept = HashSet::new();
    let (mut asked, others): (Vec<_>, Vec<_>) =
        seed::units(schools)
            .unwrap()
            .partition(|unit: &UnitRecord| {
                let near = match &unit.place {
                    Some((province, _)) => ASKED.contains(&province.as_str()),
                    None => unit
                        .parent
                        .as_ref()
                        .is_some_and(|parent| kept.contains(parent)),
                };
                near && kept.insert(unit.detsis_no.clone())
            });
    asked.extend(others);
    asked.truncate(count);
    asked
}

fn measure(engine: &str, store: &Store, units: Vec<UnitRecord>) {
    let begun = Instant::now();
    let records = units.into_iter().map(|unit| (0, unit));
    let units = import::write(store, records, Timestamp::UNIX_EPOCH, |_| {})
        .unwrap()
        .added;
    let filled = begun.elapsed();
    copy_for_scan(store);
    store
        .write_blocking(|tx| tx.execute_batch("ANALYZE"))
        .unwrap();

    let mut all = Vec::new();
    let mut all_scans = Vec::new();
    for question in QUESTIONS {
        let mut lines = 0;
        let mut times = timed(|| lines = ask(store, question));
        let mut scans = timed(|| scan(store, question));
        println!(
            "{engine:9} {units:8} {question:24} {:9.2} {:9.2} {:9.2} {:9.2} {lines:6}",
            percentile(&mut times, 50),
            percentile(&mut times, 99),
            percentile(&mut scans, 50),
            percentile(&mut scans, 99),
        );
        all.extend(times);
        all_scans.extend(scans);
    }
    println!(
        "{engine:9} {units:8} {:24} {:9.2} {:9.2} {:9.2} {:9.2}   (filled in {:.1} s)",
        "ALL",
        percentile(&mut all, 50),
        percentile(&mut all, 99),
        percentile(&mut all_scans, 50),
        percentile(&mut all_scans, 99),
        filled.as_secs_f64()
    );
}

fn timed(mut work: impl FnMut()) -> Vec<Duration> {
    work();
    (0..ROUNDS)
        .map(|_| {
            let begun = Instant::now();
            work();
            begun.elapsed()
        })
        .collect()
}

fn ask(store: &Store, question: &'static str) -> usize {
    store
        .read_blocking(move |tx| search::search(tx, &Question::outside(question)))
        .unwrap()
        .nodes()
        .len()
}

/// The baseline: one folded text per unit, each word searched for in all of them.
fn scan(store: &Store, question: &'static str) {
    let words = turkish::search_words(question);
    let conditions: Vec<String> = (1..=words.len())
        .map(|index| format!("text LIKE ?{index}"))
        .collect();
    let sql = format!(
        "SELECT id FROM scanned WHERE {} ORDER BY id LIMIT 401",
        conditions.join(" AND ")
    );
    let values: Vec<Value> = words
        .iter()
        .map(|word| format!("% {word}%").into())
        .collect();
    store
        .read_blocking(move |tx| tx.query(&sql, &values).map(|rows| rows.len()))
        .unwrap();
}

fn copy_for_scan(store: &Store) {
    store
        .write_blocking(|tx| {
            tx.execute_batch("CREATE TABLE scanned (id TEXT PRIMARY KEY, text TEXT NOT NULL)")?;
            for row in tx.query("SELECT id, label FROM unit", params![])? {
                let label: String = row.get("label")?;
                let text = format!(" {}", turkish::search_key(&label));
                let id: String = row.get("id")?;
                tx.execute("INSERT INTO scanned VALUES (?1, ?2)", params![id, text])?;
            }
            Ok::<_, StoreError>(())
        })
        .unwrap();
}
