//! What people of the town hall do with incoming documents.

use dys::approval::{act as steps, sign};
use dys::dispatch::{send, tracking};
use dys::distribution::{DestinationType, Purpose, list};
use dys::document::draft;
use dys::error::Result;
use dys::inbox::list::{Criteria, Line, search};
use dys::inbox::referral::{self, Order, Target};
use dys::inbox::register::{self, Entry};
use dys::inbox::view::{self, View};
use dys::inbox::{IncomingKind, Source};
use dys::worklist::{self, Kind};

use super::Office;

impl Office {
    pub fn unit(&self, name: &'static str) -> String {
        let own = self.writing.clone();
        self.run("ayse", move |tx, _| {
            let own = dys::directory::by_id(tx, &dys::directory::UnitId::new(own))?.unwrap();
            let units = dys::directory::page(tx, Some(&own.institution_id), None, 500)?;
            let found = units.into_iter().find(|unit| unit.name == name);
            Ok(found.map(|unit| unit.id.as_str().to_owned()))
        })
        .unwrap()
        .unwrap_or_else(|| panic!("{name}"))
    }

    /// A signed letter of Ayşe's to units inside (and Havsa outside, if asked).
    pub async fn signed(&self, inside: &[String], outside: bool) -> String {
        let id = self.letter(&[("signature", "ali")]);
        let (letter, inside) = (id.clone(), inside.to_vec());
        self.run("ayse", move |tx, act| {
            if !outside {
                let lines: Vec<String> = list::list(tx, act, &letter)?
                    .into_iter()
                    .map(|line| line.id)
                    .collect();
                list::remove(tx, act, &letter, &lines)?;
            }
            list::add_units(tx, act, &letter, DestinationType::InternalUnit, &inside)
        })
        .unwrap();
        self.sign("ayse", &id).await;
        id
    }

    pub async fn sign(&self, drafter: &str, id: &str) {
        let (letter, version) = (id.to_owned(), self.version_for(drafter, id));
        self.run(drafter, move |tx, act| {
            steps::submit(tx, act, &letter, version)
        })
        .unwrap();
        let ali = &self.people["ali"];
        let version = self.version_for("ali", id);
        let prepared = sign::prepare(&self.app, ali, id, version).await.unwrap();
        let signed = dys::signature::rehearsal::sign(
            &self.app,
            ali,
            &prepared.content,
            dys::signature::rehearsal::PIN,
        );
        let signed = signed.await.unwrap();
        let letter = id.to_owned();
        self.run("ali", move |tx, act| {
            sign::complete(tx, act, &letter, prepared.version, &signed)
        })
        .unwrap();
    }

    pub fn version_for(&self, who: &str, id: &str) -> i64 {
        let id = id.to_owned();
        self.run(who, move |tx, act| Ok(draft::open(tx, act, &id)?.version))
            .unwrap()
    }

    pub async fn send(&self, who: &str, id: &str) -> Result<send::Dispatched> {
        let version = self.version_for(who, id);
        send::send(&self.app, &self.people[who], id, version).await
    }

    pub fn registry(&self, who: &str) -> Vec<Line> {
        self.run(who, |tx, act| {
            Ok(search(tx, act, &Criteria::default())?.lines)
        })
        .unwrap()
    }

    pub fn look(&self, who: &str, id: &str) -> View {
        let id = id.to_owned();
        self.run(who, move |tx, act| view::look(tx, act, &id))
            .unwrap()
    }

    /// Opens it as the page does.
    pub fn read(&self, who: &str, id: &str) -> View {
        let view = self.look(who, id);
        if view.leaves_a_trace {
            let id = id.to_owned();
            self.run(who, move |tx, act| view::mark(tx, act, &id))
                .unwrap();
        }
        view
    }

    pub fn status(&self, id: &str) -> Vec<(String, String)> {
        let id = id.to_owned();
        let ways = self
            .run("ayse", move |tx, act| tracking::letter(tx, act, &id))
            .unwrap()
            .1;
        ways.into_iter()
            .map(|way| (way.recipient.status, way.delivery_status))
            .collect()
    }

    pub fn refer(
        &self,
        who: &str,
        id: &str,
        version: i64,
        targets: Vec<(Target, Option<Purpose>)>,
    ) -> Result<()> {
        let id = id.to_owned();
        let order = Order {
            targets,
            due_date: None,
            note: "Gereği için".to_owned(),
        };
        self.run(who, move |tx, act| {
            referral::refer(tx, act, &id, version, &order)
        })
    }

    pub fn person(&self, who: &str) -> (Target, Option<Purpose>) {
        (Target::Person(self.people[who].user_id.clone()), None)
    }

    pub fn waiting(&self, who: &str, kind: Kind) -> Vec<String> {
        self.run(who, move |tx, act| worklist::list::of(tx, act, kind))
            .unwrap()
            .items
            .into_iter()
            .map(|item| item.subject_id)
            .collect()
    }

    /// A letter on paper, registered by Ayşe in Yazı İşleri.
    pub fn paper(&self) -> String {
        self.letter_on_paper("Kış hazırlıkları", Some("RR123456789TR"))
    }

    pub fn letter_on_paper(&self, subject: &'static str, barcode: Option<&'static str>) -> String {
        let unit = self.writing.clone();
        self.run("ayse", move |tx, act| {
            let entry = Entry {
                sender: "Edirne Valiliği".to_owned(),
                subject: subject.to_owned(),
                their_number: "E-12345678-105.04-77".to_owned(),
                their_date: "2026-11-20".parse().ok(),
                barcode: barcode.map(str::to_owned),
                ..Entry::new(&unit, Source::Paper, IncomingKind::Letter)
            };
            register::paper(tx, act, &entry)
        })
        .unwrap()
        .0
    }
}
