//! A unit whose letters send themselves: held and sent without a hand, stopped for good, or left to a person with the reason.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod townhall;

use dys::access::Actor;
use dys::approval::{act as steps, sign};
use dys::dispatch::account::{self, AccountSettings, Binding};
use dys::dispatch::itself::{self, Standing};
use dys::dispatch::{Worker, send};
use dys::document::{State, draft};
use dys::setting::{self, SENDS_ITSELF};
use dys::worklist::{Kind, list as worklist};
use townhall::{Office, on_every_engine};

/// The tests' PostgreSQL client brings a runtime of its own, so each wait has one too.
fn wait<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .unwrap()
        .block_on(work)
}

impl Office {
    fn choose(&self, value: &'static str) {
        let unit = self.writing.clone();
        let (now, ids) = (self.app.now(), self.app.ids.clone());
        self.app
            .store
            .write_blocking(move |tx| {
                let act = dys::access::Act {
                    actor: &Actor::system(),
                    now,
                    ids: &*ids,
                };
                setting::choose_for_unit(tx, &act, &unit, SENDS_ITSELF, value)
            })
            .unwrap();
    }

    /// A letter with its last signature.
    fn signed_letter(&self) -> String {
        let id = self.letter(&[("signature", "ali")]);
        let (letter, version) = (id.clone(), self.version(&id));
        self.run("ayse", move |tx, act| {
            steps::submit(tx, act, &letter, version)
        })
        .unwrap();
        let prepared = wait(sign::prepare(
            &self.app,
            &self.people["ali"],
            &id,
            self.version(&id),
        ));
        let (prepared, letter) = (prepared.unwrap(), id.clone());
        let ali = &self.people["ali"];
        let signed = wait(dys::signature::rehearsal::sign(
            &self.app,
            ali,
            &prepared.content,
            dys::signature::rehearsal::PIN,
        ))
        .unwrap();
        self.run("ali", move |tx, act| {
            sign::complete(tx, act, &letter, prepared.version, &signed)
        })
        .unwrap();
        id
    }

    fn standing(&self, id: &str) -> (State, Standing) {
        let id = id.to_owned();
        self.run("ayse", move |tx, act| {
            let letter = draft::open(tx, act, &id)?;
            Ok((letter.state, itself::standing(tx, &letter)?))
        })
        .unwrap()
    }

    fn tasks(&self) -> Vec<dys::worklist::Item> {
        let list = self.run("ayse", |tx, act| worklist::of(tx, act, Kind::Signed));
        list.unwrap().items
    }

    fn bind(&self) {
        let binding = Binding {
            unit_id: self.writing.clone(),
            address: "kesanbelediyesi.edirne@hs99.kep.example".to_owned(),
            endpoint: "http://127.0.0.1:9/".to_owned(),
            national_id: "10000000146".to_owned(),
            password: "parola".to_owned(),
            passphrase: "sifre".to_owned(),
            settings: AccountSettings::default(),
        };
        wait(account::bind(&self.app, &Actor::system(), binding)).unwrap();
    }
}

#[test]
fn letters_of_a_unit_that_chose_it_send_themselves_or_say_why_not() {
    for office in on_every_engine() {
        let worker = Worker::new(office.app.clone());
        let round = || wait(worker.send_itself_round()).unwrap();

        let by_hand = office.signed_letter();
        assert_eq!(round(), 0, "{}: nobody chose it", office.name);
        assert_eq!(
            office.standing(&by_hand),
            (State::Signed, Standing::ByPerson)
        );

        office.choose("1");
        let draft = office.letter(&[("signature", "ali")]);
        let before = office.standing(&draft);
        assert_eq!(before, (State::Draft, Standing::AfterSignature));
        let id = office.signed_letter();
        assert_eq!(office.standing(&id), (State::Signed, Standing::Pending));
        assert_eq!(round(), 1, "no account: it cannot be sent");
        let (state, standing) = office.standing(&id);
        assert_eq!(state, State::Signed);
        let Standing::Failed(reason) = standing else {
            panic!("{}: {standing:?}", office.name)
        };
        assert!(reason.contains("KEP hesabı tanımlı değil"), "{reason}");
        let tasks = office.tasks();
        assert_eq!(tasks.len(), 2);
        assert_eq!(tasks[0].document_id, id, "what failed stands first");
        assert_eq!(
            tasks[0].marked(),
            Some(("Kendiliğinden gönderilemedi", reason.as_str()))
        );
        assert_eq!(round(), 0, "it is a person's now");

        office.bind();
        let id = office.signed_letter();
        assert_eq!(round(), 1);
        assert_eq!(office.standing(&id).0, State::Dispatched, "{}", office.name);
        let letter = id.clone();
        office
            .run("ayse", move |tx, act| send::stop(tx, act, &letter))
            .unwrap();
        assert_eq!(office.standing(&id), (State::Signed, Standing::ByPerson));
        assert_eq!(round(), 0, "what a person stopped stays stopped");

        office.choose("0");
        let id = office.signed_letter();
        assert_eq!(round(), 0);
        assert_eq!(office.standing(&id).1, Standing::ByPerson);
        let broken = office.app.store.read_blocking(dys::audit::verify);
        assert_eq!(broken.unwrap(), None);
    }
}

#[test]
fn two_workers_send_a_letter_once() {
    for office in on_every_engine() {
        office.bind();
        office.choose("1");
        let id = office.signed_letter();
        let (one, two) = (
            Worker::new(office.app.clone()),
            Worker::new(office.app.clone()),
        );
        let rounds = async { tokio::join!(one.send_itself_round(), two.send_itself_round()) };
        let (first, second) = wait(rounds);
        first.and(second).unwrap();
        let (state, standing) = office.standing(&id);
        assert_eq!((state, standing), (State::Dispatched, Standing::ByPerson));
        let messages: i64 = office
            .app
            .store
            .read_blocking(move |tx| {
                let sql = "SELECT COUNT(*) FROM outgoing_message WHERE document_id = ?1";
                tx.scalar(sql, dys::params![&id])
            })
            .unwrap();
        assert_eq!(messages, 1, "{}", office.name);
    }
}
