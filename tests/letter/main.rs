//! A letter from its draft to its last signature, as the people of the office live it.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod consent;
mod drafting;
mod in_approval;
mod one_card;
#[path = "../pdf/mod.rs"]
mod pdf;
#[path = "../townhall/mod.rs"]
mod townhall;

use dys::approval::{self, act as steps, sign};
use dys::document::draft::{self, Changes, Saved};
use dys::document::{State, number};
use townhall::{NOON, Office, on_every_engine};

/// Runs what is asynchronous; the PostgreSQL client of the tests brings a runtime of its own.
fn wait<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap()
        .block_on(work)
}

impl Office {
    fn submit(&self, id: &str) {
        let (letter, version) = (id.to_owned(), self.version(id));
        self.run("ayse", move |tx, act| {
            steps::submit(tx, act, &letter, version)
        })
        .unwrap();
    }

    fn initial(&self, who: &str, id: &str) {
        let (letter, version) = (id.to_owned(), self.version(id));
        self.run(who, move |tx, act| {
            steps::initial(tx, act, &letter, version)
        })
        .unwrap();
    }

    fn prepare(&self, who: &str, id: &str) -> sign::Prepared {
        wait(sign::prepare(
            &self.app,
            &self.people[who],
            id,
            self.version(id),
        ))
        .unwrap()
    }

    fn give_back(&self, who: &str, id: &str) {
        let (letter, version) = (id.to_owned(), self.version(id));
        self.run(who, move |tx, act| {
            steps::give_back(tx, act, &letter, version, "Eksik.")
        })
        .unwrap();
    }

    /// Returns true when it was the last signature.
    fn signs(&self, who: &str, id: &str) -> bool {
        let prepared = self.prepare(who, id);
        let person = &self.people[who];
        let signed = wait(dys::signature::rehearsal::sign(
            &self.app,
            person,
            &prepared.content,
            dys::signature::rehearsal::PIN,
        ))
        .unwrap();
        let letter = id.to_owned();
        self.run(who, move |tx, act| {
            sign::complete(tx, act, &letter, prepared.version, &signed)
        })
        .unwrap()
    }

    fn state(&self, id: &str) -> State {
        let id = id.to_owned();
        self.run("ayse", move |tx, act| Ok(draft::open(tx, act, &id)?.state))
            .unwrap()
    }

    /// What stands on the frozen PDF; `None` where no PDF reader is installed.
    fn frozen_text(&self, id: &str) -> Option<String> {
        let id = id.to_owned();
        let letter = self
            .run("ayse", move |tx, act| draft::open(tx, act, &id))
            .unwrap();
        let bytes = wait(self.app.blobs.get(&letter.frozen_hash.unwrap())).unwrap();
        pdf::text(&bytes)
    }

    fn register(&self) -> Vec<number::Registered> {
        self.run("ayse", |tx, _| number::register(tx, 50)).unwrap()
    }

    fn asked_of(&self, who: &str) -> usize {
        self.run(who, |tx, act| Ok(approval::waiting_for(tx, act)?.len()))
            .unwrap()
    }
}

fn subject(text: &str) -> Changes {
    Changes {
        subject: Some(text.to_owned()),
        ..Changes::default()
    }
}

#[test]
fn a_letter_goes_from_draft_to_two_signatures() {
    for office in on_every_engine() {
        let id = office.letter(&[
            ("initial", "mehmet"),
            ("signature", "fatma"),
            ("signature", "ali"),
        ]);
        office.submit(&id);
        assert_eq!(office.state(&id), State::InApproval, "{}", office.name);
        assert_eq!(
            (office.asked_of("mehmet"), office.asked_of("fatma")),
            (1, 0)
        );
        assert!(office.register().is_empty(), "an initial takes no number");

        office.initial("mehmet", &id);
        assert!(!office.signs("fatma", &id));
        let register = office.register();
        assert_eq!(
            (register.len(), register[0].state.as_str()),
            (1, "reserved")
        );
        assert!(register[0].number.starts_with("E-") && register[0].number.contains("-105.04-"));

        assert!(office.signs("ali", &id));
        assert_eq!(office.state(&id), State::Signed);
        assert_eq!(office.register()[0].state, "used");
        let text = office.frozen_text(&id);
        let parts = [
            register[0].number.as_str(),
            "24.11.2026",
            "HAVSA BELEDİYE BAŞKANLIĞINA",
            "Fatma KAYA",
            "Ali ŞAHİN",
            "İkinci paragraf.",
        ];
        if let Some(text) = text {
            for part in parts {
                assert!(text.contains(part), "{part}: {text}");
            }
            assert!(!text.contains("Mehmet"), "an initial is not on the letter");
        }

        let letter = id.clone();
        let version = office.version(&id);
        let outcome = office
            .run("ayse", move |tx, act| {
                draft::save(tx, act, &letter, version, &subject("başka"))
            })
            .unwrap();
        let Saved::Stale(unchanged) = outcome else {
            panic!("a signed letter was changed")
        };
        assert_eq!(unchanged.refusal().code(), "evrak_kapali");
        let letter = id.clone();
        let kept = office
            .run("ayse", move |tx, act| draft::kept_texts(tx, act, &letter))
            .unwrap();
        assert_eq!(kept[0].0.subject.as_deref(), Some("başka"), "it is kept");
    }
}
