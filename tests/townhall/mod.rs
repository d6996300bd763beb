//! An office for tests: Keşan's municipality with its people, Havsa beside it, on a chosen store.
#![allow(dead_code, reason = "each test file uses another part of it")]

mod registry;

use std::collections::HashMap;
use std::sync::Arc;

use dys::access::user::{self, NewUser};
use dys::access::{Act, Actor, Role};
use dys::app::App;
use dys::approval::chain::{self, Planned};
use dys::clock::FixedClock;
use dys::config::{Config, Mode};
use dys::directory::seed::{self, Schools};
use dys::directory::{self, InstitutionKind, import};
use dys::distribution::{DestinationType, list};
use dys::document::draft::{self, Changes};
use dys::error::{Error, Result};
use dys::fileplan;
use dys::ids::SystemIds;
use dys::store::testing::{TestStore, every_engine};
use dys::store::{Store, Tx};
use jiff::Timestamp;
use tempfile::TempDir;

/// 24 November 2026, 12.00 in Turkey.
pub const NOON: Timestamp = Timestamp::constant(1_795_510_800, 0);

pub struct Office {
    pub name: &'static str,
    pub app: App,
    pub clock: Arc<FixedClock>,
    pub people: HashMap<&'static str, Actor>,
    pub writing: String,
    pub havsa: String,
    _folder: TempDir,
    _store: Option<TestStore>,
}

const PEOPLE: &[(&str, &str, &str, Role, &str)] = &[
    (
        "ayse",
        "Ayşe Yılmaz",
        "Memur",
        Role::Clerk,
        "Yazı İşleri Müdürlüğü",
    ),
    (
        "can",
        "Can Er",
        "Memur",
        Role::Clerk,
        "Yazı İşleri Müdürlüğü",
    ),
    (
        "mehmet",
        "Mehmet Demir",
        "Yazı İşleri Müdürü",
        Role::Approver,
        "Yazı İşleri Müdürlüğü",
    ),
    (
        "fatma",
        "Fatma Kaya",
        "Başkan Yardımcısı",
        Role::Approver,
        "",
    ),
    ("ali", "Ali Şahin", "Belediye Başkanı", Role::Approver, ""),
    (
        "ismail",
        "İsmail Işık",
        "Mühendis",
        Role::Clerk,
        "Fen İşleri Müdürlüğü",
    ),
];

/// The same office on every engine.
pub fn on_every_engine() -> Vec<Office> {
    every_engine()
        .into_iter()
        .map(|test| Office::open(Some(test)))
        .collect()
}

impl Office {
    /// Opens it on the store given, or on the SQLite file of its own folder.
    pub fn open(test: Option<TestStore>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let config = Config {
            data: folder.path().to_owned(),
            listen: "127.0.0.1:0".parse().unwrap(),
            public_url: "http://127.0.0.1".to_owned(),
            database: None,
            trusted_proxies: Vec::new(),
        };
        let clock = Arc::new(FixedClock::at(NOON));
        let mut app = App::open(config, Mode::Rehearsal)
            .unwrap()
            .with(clock.clone(), Arc::new(SystemIds));
        if let Some(test) = &test {
            app.store = test.store.clone();
        }
        seed_units(&app.store);
        fileplan::fill(&app.store).unwrap();
        let (units, havsa, people) = app.store.write_blocking(settle).unwrap();
        Self {
            name: test.as_ref().map_or("sqlite", |test| test.name),
            app,
            clock,
            people,
            writing: units["Yazı İşleri Müdürlüğü"].clone(),
            havsa,
            _folder: folder,
            _store: test,
        }
    }

    /// Runs a use case of a person.
    pub fn run<T: Send + 'static>(
        &self,
        who: &str,
        work: impl FnOnce(&mut Tx<'_>, &Act<'_>) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let (actor, now, ids) = (
            self.people[who].clone(),
            self.app.now(),
            self.app.ids.clone(),
        );
        self.app.store.write_blocking(move |tx| {
            let act = Act {
                actor: &actor,
                now,
                ids: &*ids,
            };
            work(tx, &act)
        })
    }

    /// Runs a use case of the administration.
    pub fn as_system<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Tx<'_>, &Act<'_>) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let (now, ids) = (self.app.now(), self.app.ids.clone());
        self.app.store.write_blocking(move |tx| {
            let act = Act {
                actor: &Actor::system(),
                now,
                ids: &*ids,
            };
            work(tx, &act)
        })
    }

    /// The code of the problem that a use case ends with.
    pub fn refused<T: Send + 'static>(
        &self,
        who: &str,
        work: impl FnOnce(&mut Tx<'_>, &Act<'_>) -> Result<T> + Send + 'static,
    ) -> &'static str {
        match self.run(who, work) {
            Ok(_) => panic!("{}: it was allowed", self.name),
            Err(error) => error.code(),
        }
    }

    /// A letter of Ayşe's to Havsa with the chain given, complete but not submitted.
    pub fn letter(&self, chain: &[(&str, &str)]) -> String {
        let (unit, havsa) = (self.writing.clone(), self.havsa.clone());
        let steps: Vec<Planned> = chain
            .iter()
            .map(|(kind, who)| Planned {
                kind: (*kind).to_owned(),
                user_id: self.people[who].user_id.clone(),
            })
            .collect();
        self.run("ayse", move |tx, act| {
            let id = draft::create(tx, act, &unit)?;
            let changes = Changes {
                subject: Some("Meclis Kararı".to_owned()),
                plan_code: Some("105.04".to_owned()),
                text: Some("Birinci paragraf.\n\nİkinci paragraf.".to_owned()),
                ..Changes::default()
            };
            draft::save(tx, act, &id, 1, &changes)?;
            list::add_units(tx, act, &id, DestinationType::ExternalKep, &[havsa])?;
            chain::set(tx, act, &id, &steps)?;
            Ok(id)
        })
        .unwrap()
    }

    /// The letter's version now.
    pub fn version(&self, id: &str) -> i64 {
        let id = id.to_owned();
        self.run(
            "ayse",
            move |tx, act| Ok(draft::open(tx, act, &id)?.version),
        )
        .unwrap()
    }
}

fn seed_units(store: &Store) {
    let edirne = seed::units(Schools(0))
        .unwrap()
        .filter(|unit| unit.kind == Some(InstitutionKind::Municipality) || unit.place.is_none())
        .scan(false, |inside, unit| {
            if let Some((province, _)) = &unit.place {
                *inside = province == "Edirne";
            }
            Some(inside.then_some((0, unit)))
        })
        .flatten();
    import::write(store, edirne, NOON, |_| {}).unwrap();
}

type Settled = (
    HashMap<String, String>,
    String,
    HashMap<&'static str, Actor>,
);

fn settle(tx: &mut Tx<'_>) -> Result<Settled, Error> {
    let kesan = directory::by_number(tx, "01039100")?.expect("Keşan");
    directory::mark_own(tx, &kesan.id)?;
    let mut units = HashMap::new();
    for unit in directory::page(tx, Some(&kesan.id), None, 500)? {
        units.insert(unit.name.clone(), unit.id.as_str().to_owned());
    }
    units.insert(String::new(), kesan.id.as_str().to_owned());
    let found = dys::directory::search::search(
        tx,
        &dys::directory::search::Question::outside("havsa belediye"),
    )?;
    let havsa = found.nodes()[0].unit.id.as_str().to_owned();
    let system = Actor::system();
    let act = Act {
        actor: &system,
        now: NOON,
        ids: &SystemIds,
    };
    let mut people = HashMap::new();
    for (login, full_name, title, role, unit) in PEOPLE {
        let new = NewUser {
            login: (*login).to_owned(),
            full_name: (*full_name).to_owned(),
            title: (*title).to_owned(),
            password_hash: String::new(),
            roles: vec![(*role, units[*unit].clone())],
            is_demo: true,
        };
        let id = user::add(tx, &act, &new)?;
        people.insert(*login, user::actor(tx, &id)?);
    }
    Ok((units, havsa, people))
}
