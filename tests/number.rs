//! Sayı at the turn of the year and under changed settings: never the same twice in a year.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod townhall;

use std::process::Command;
use std::sync::Arc;

use dys::access::{Act, Actor};
use dys::app::App;
use dys::approval::{act as steps, sign};
use dys::clock::FixedClock;
use dys::config::{Config, Mode};
use dys::dispatch::tracking::{self, Criteria};
use dys::document::{draft, number};
use dys::error::Result;
use dys::ids::SystemIds;
use dys::params;
use dys::proof::of_number;
use dys::setting::{self, Choice};
use dys::signature::rehearsal;
use dys::store::StoreError;
use jiff::Timestamp;
use townhall::{Office, on_every_engine};

const NEW_YEARS_EVE: &str = "2026-12-31T23:30:00+03:00";
/// Still the old year in UTC.
const AFTER_MIDNIGHT: &str = "2027-01-01T00:30:00+03:00";
const SECOND_OF_JANUARY: &str = "2027-01-02T10:00:00+03:00";

/// Runs what is asynchronous; the PostgreSQL client of the tests brings a runtime of its own.
fn wait<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap()
        .block_on(work)
}

impl Office {
    fn at(&self, moment: &str) {
        self.clock.set(moment.parse::<Timestamp>().unwrap());
    }

    /// A letter that waits for Ali's signature.
    fn submitted(&self) -> String {
        let id = self.letter(&[("signature", "ali")]);
        let (letter, version) = (id.clone(), self.version(&id));
        self.run("ayse", move |tx, act| {
            steps::submit(tx, act, &letter, version)
        })
        .unwrap();
        id
    }

    fn prepare(&self, id: &str) -> Result<sign::Prepared> {
        let version = self.version(id);
        wait(sign::prepare(&self.app, &self.people["ali"], id, version))
    }

    /// A letter with its last signature; its id and number.
    fn signed_by_ali(&self) -> (String, String) {
        let id = self.submitted();
        let prepared = self.prepare(&id).unwrap();
        let ali = &self.people["ali"];
        let content = &prepared.content;
        let given = wait(rehearsal::sign(&self.app, ali, content, rehearsal::PIN)).unwrap();
        let letter = id.clone();
        let complete = self.run("ali", move |tx, act| {
            sign::complete(tx, act, &letter, prepared.version, &given)
        });
        assert!(complete.unwrap());
        (id, prepared.number)
    }

    fn register(&self) -> Vec<number::Registered> {
        self.run("ayse", |tx, _| number::register(tx, 50)).unwrap()
    }

    fn choose(&self, choice: Choice, value: &'static str) -> Result<()> {
        let now = self.app.now();
        self.app.store.write_blocking(move |tx| {
            let system = Actor::system();
            let act = Act {
                actor: &system,
                now,
                ids: &SystemIds,
            };
            setting::choose(tx, &act, choice.key, value)
        })
    }

    fn id_of(&self, number: &str, year: Option<i16>) -> Result<String> {
        let number = number.to_owned();
        self.app
            .store
            .read_blocking(move |tx| of_number(tx, &number, year))
    }
}

fn last_part(number: &str) -> &str {
    number.rsplit('-').next().unwrap()
}

#[test]
fn the_new_year_begins_with_one_though_the_old_year_had_the_same_sayi() {
    for office in on_every_engine() {
        office.at(NEW_YEARS_EVE);
        let (old, number) = office.signed_by_ali();
        assert_eq!(last_part(&number), "1", "{}", office.name);
        office.at(AFTER_MIDNIGHT);
        let (new, again) = office.signed_by_ali();
        assert_eq!(number, again, "{}: the year begins in Turkey", office.name);
        office.at(SECOND_OF_JANUARY);
        assert_eq!(last_part(&office.signed_by_ali().1), "2");
        assert!(office.register().iter().all(|line| line.state == "used"));

        // Whoever looks the number up sees both letters.
        let criteria = Criteria {
            number: number.clone(),
            ..Criteria::default()
        };
        let page = office.run("ayse", move |tx, act| tracking::search(tx, act, &criteria));
        let dates: Vec<String> = page
            .unwrap()
            .lines
            .into_iter()
            .map(|line| line.official_date.unwrap().to_string())
            .collect();
        assert_eq!(dates, ["2027-01-01", "2026-12-31"], "{}", office.name);

        for typed in [number.as_str(), "1"] {
            let asked = office.id_of(typed, None).unwrap_err();
            assert_eq!(asked.code(), "sayi_belirsiz");
            for day in ["31.12.2026", "01.01.2027", "--year"] {
                assert!(asked.to_string().contains(day), "{asked}");
            }
            assert_eq!(office.id_of(typed, Some(2026)).unwrap(), old);
            assert_eq!(office.id_of(typed, Some(2027)).unwrap(), new);
            let none = office.id_of(typed, Some(2025)).unwrap_err();
            assert_eq!(none.code(), "evrak_yok");
        }
    }
}

#[test]
fn the_proof_command_asks_for_the_year_and_takes_it() {
    let office = Office::open(None);
    office.at(NEW_YEARS_EVE);
    let (old, number) = office.signed_by_ali();
    let sent = "UPDATE document SET state = 'dispatched', dispatched_at = signed_at WHERE id = ?1";
    let store = &office.app.store;
    store
        .write_blocking(move |tx| tx.execute(sent, params![&old]))
        .unwrap();
    office.at(SECOND_OF_JANUARY);
    office.signed_by_ali();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("delil.zip");
    let run = |year: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_dys"));
        command
            .env("DYS_DATA", &office.app.config.data)
            .env_remove("DYS_DATABASE")
            .args(["proof", &number, "--output"])
            .arg(&file)
            .args(year)
            .output()
            .unwrap()
    };
    let asked = run(&[]);
    let words = String::from_utf8_lossy(&asked.stderr).into_owned();
    assert!(!asked.status.success());
    assert!(
        words.contains("--year") && words.contains("02.01.2027"),
        "{words}"
    );
    let made = run(&["--year", "2026"]);
    let words = String::from_utf8_lossy(&made.stderr).into_owned();
    assert!(made.status.success(), "{words}");
    assert!(file.exists());
}

#[test]
fn a_number_that_was_only_reserved_does_not_cross_the_year() {
    for office in on_every_engine() {
        office.at(NEW_YEARS_EVE);
        let id = office.submitted();
        let reserved = office.prepare(&id).unwrap().number;
        office.at(AFTER_MIDNIGHT);
        let taken = office.prepare(&id).unwrap().number;
        assert_eq!((last_part(&reserved), last_part(&taken)), ("1", "1"));
        let mut states: Vec<String> = office.register().into_iter().map(|it| it.state).collect();
        states.sort();
        assert_eq!(states, ["cancelled", "reserved"], "{}", office.name);
    }
}

#[test]
fn counting_that_never_starts_again_goes_on_over_the_year() {
    for office in on_every_engine() {
        office.at(NEW_YEARS_EVE);
        office.signed_by_ali();
        office.choose(setting::NUMBER_YEARLY, "no").unwrap();
        assert_eq!(
            last_part(&office.signed_by_ali().1),
            "2",
            "where it left off"
        );
        let id = office.submitted();
        let reserved = office.prepare(&id).unwrap().number;
        office.at(AFTER_MIDNIGHT);
        assert_eq!(office.prepare(&id).unwrap().number, reserved, "it is kept");
        assert_eq!(last_part(&office.signed_by_ali().1), "4", "{}", office.name);
        office.choose(setting::NUMBER_YEARLY, "yes").unwrap();
        let next = office.signed_by_ali().1;
        assert_eq!(last_part(&next), "5", "the year has begun already");
    }
}

#[test]
fn a_change_of_the_series_within_a_year_gives_no_number_twice() {
    for office in on_every_engine() {
        let mut given = Vec::new();
        for scope in ["institution", "unit", "institution", "unit"] {
            office.choose(setting::NUMBER_SCOPE, scope).unwrap();
            for _ in 0..2 {
                given.push(office.signed_by_ali().1);
            }
        }
        given.sort();
        given.dedup();
        assert_eq!(given.len(), 8, "{}: {given:?}", office.name);
    }
}

#[test]
fn settings_under_which_two_units_would_give_one_number_are_refused() {
    for office in on_every_engine() {
        office.choose(setting::NUMBER_SCOPE, "unit").unwrap();
        let refused = office.choose(setting::NUMBER_DETSIS, "institution");
        let refused = refused.unwrap_err();
        assert_eq!(refused.code(), "ayar_gecersiz");
        assert!(
            refused.to_string().contains("iki birim aynı sayıyı"),
            "{refused}"
        );
        office.choose(setting::NUMBER_SCOPE, "").unwrap();
        office
            .choose(setting::NUMBER_DETSIS, "institution")
            .unwrap();
        let refused = office.choose(setting::NUMBER_SCOPE, "unit").unwrap_err();
        assert_eq!(refused.code(), "ayar_gecersiz");
        assert_eq!(last_part(&office.signed_by_ali().1), "1", "{}", office.name);

        // A folder of an older version may hold the pair: a sentence, not a broken constraint.
        office
            .app
            .store
            .write_blocking(|tx| setting::put(tx, setting::NUMBER_SCOPE.key, "unit"))
            .unwrap();
        let id = office.submitted();
        let told = office.prepare(&id).unwrap_err();
        assert_eq!(told.code(), "sayi_ayari", "{}", office.name);
        let draft = office.run("ayse", move |tx, act| draft::open(tx, act, &id));
        assert_eq!(draft.unwrap().official_number, None);
    }
}

/// Its 47 days begin in the old year, and its file codes come round with every ten letters.
#[tokio::test(flavor = "multi_thread")]
async fn the_demo_can_be_seeded_in_january() {
    let folder = tempfile::tempdir().unwrap();
    let config = Config {
        data: folder.path().to_owned(),
        listen: "127.0.0.1:0".parse().unwrap(),
        public_url: "http://127.0.0.1".to_owned(),
        database: None,
        trusted_proxies: Vec::new(),
    };
    let january = "2027-01-20T09:00:00+03:00".parse().unwrap();
    let app = App::open(config, Mode::Rehearsal)
        .unwrap()
        .with(Arc::new(FixedClock::at(january)), Arc::new(SystemIds));
    dys::demo::seed(&app).await.unwrap();
    let twice: i64 = app
        .store
        .read(|tx| -> Result<_, StoreError> {
            tx.scalar(
                "SELECT COUNT(*) FROM official_number o JOIN official_number n \
                 ON n.number = o.number AND n.year > o.year",
                params![],
            )
        })
        .await
        .unwrap();
    assert!(twice > 10, "{twice}");
}
