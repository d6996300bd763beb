//! Decision 13 with the KEP officer's card: nothing is promised before the last signature, nothing is lost on the way.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod townhall;

use std::process::Command;
use std::sync::Arc;

use dys::access::user::{self, NewUser};
use dys::access::{Act, Actor, Role};
use dys::approval::{act as steps, sign};
use dys::directory::search::{self, Question};
use dys::dispatch::account::{self, AccountSettings, Binding, MessageSigner};
use dys::dispatch::order::{self, Finished};
use dys::dispatch::{Worker, send};
use dys::distribution::{DestinationType, list};
use dys::document::{State, draft};
use dys::error::Result;
use dys::setting::{self, SENDS_ITSELF};
use dys::signature::rehearsal::{self, PIN};
use dys::signature::{self, Accepted, request};
use dys::store::{BlobHash, Tx};
use dys::worklist::{Item, Kind, list as worklist};
use seal::rehearsal::{Curve, Holder, Validity};
use seal::{Content, SignOptions, SoftKey};
use townhall::{Office, on_every_engine};

/// The tests' PostgreSQL client brings a runtime of its own, so each wait has one too.
fn wait<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .unwrap()
        .block_on(work)
}

/// An office whose account is signed for by its KEP officer's card.
struct Kep {
    office: Office,
    officer: Actor,
}

impl Kep {
    fn every() -> impl Iterator<Item = Self> {
        on_every_engine().into_iter().map(Self::of)
    }

    fn of(office: Office) -> Self {
        bind(&office, MessageSigner::Officer);
        let officer = person(&office, "hasan", "Hasan Güneş", Role::KepOfficer);
        Self { office, officer }
    }

    /// A use case of the officer.
    fn as_officer<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Tx<'_>, &Act<'_>) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        wait(self.office.app.write(&self.officer, work))
    }

    /// A signed letter to Havsa and Enez: two messages.
    fn signed(&self) -> String {
        let office = &self.office;
        let id = office.letter(&[("signature", "ali")]);
        let letter = id.clone();
        office
            .run("ayse", move |tx, act| {
                let enez = search::search(tx, &Question::outside("enez belediye"))?;
                let enez = enez.nodes()[0].unit.id.as_str().to_owned();
                list::add_units(tx, act, &letter, DestinationType::ExternalKep, &[enez])?;
                let version = draft::open(tx, act, &letter)?.version;
                steps::submit(tx, act, &letter, version)
            })
            .unwrap();
        let ali = &office.people["ali"];
        let prepared = wait(sign::prepare(&office.app, ali, &id, office.version(&id))).unwrap();
        let accepted = wait(rehearsal::sign(&office.app, ali, &prepared.content, PIN)).unwrap();
        let letter = id.clone();
        office
            .run("ali", move |tx, act| {
                sign::complete(tx, act, &letter, prepared.version, &accepted)
            })
            .unwrap();
        id
    }

    /// Evrakı Gönder by the clerk.
    fn send(&self, id: &str) -> Result<send::Dispatched> {
        let (office, version) = (&self.office, self.office.version(id));
        wait(send::send(&office.app, &office.people["ayse"], id, version))
    }

    fn state(&self, id: &str) -> State {
        let id = id.to_owned();
        self.office
            .run("ayse", move |tx, act| Ok(draft::open(tx, act, &id)?.state))
            .unwrap()
    }

    /// What waits for the clerk's sending.
    fn unsent(&self) -> Vec<Item> {
        let list = self
            .office
            .run("ayse", |tx, act| worklist::of(tx, act, Kind::Signed));
        list.unwrap().items
    }

    fn to_sign(&self) -> Vec<Item> {
        let list = self.as_officer(|tx, act| worklist::of(tx, act, Kind::KepToSign));
        list.unwrap().items
    }

    /// (content, id) of the messages that an order still wants signed.
    fn open(&self, id: &str) -> Vec<(BlobHash, String)> {
        let id = id.to_owned();
        let (_, messages) = self
            .as_officer(move |tx, act| order::open(tx, act, &id))
            .unwrap();
        messages
            .into_iter()
            .filter(|message| message.signature.is_none())
            .map(|message| (message.content_hash, message.id))
            .collect()
    }

    fn accept(&self, content: &BlobHash, cms: Vec<u8>) -> Result<Accepted> {
        let accepted =
            signature::accept_detached(&self.office.app, &self.officer, content, cms, None);
        wait(accepted)
    }

    /// Signs one message as the card does; how many are missing then.
    fn sign_one(&self, id: &str, content: &BlobHash, message: &str) -> usize {
        let (app, officer) = (&self.office.app, &self.officer);
        let signed = rehearsal::sign_detached(app, officer, content, PIN, None);
        let accepted = wait(signed).unwrap();
        let (id, message) = (id.to_owned(), message.to_owned());
        self.as_officer(move |tx, act| order::record(tx, act, &id, &message, &accepted))
            .unwrap()
    }

    fn finish(&self, id: &str) -> Finished {
        wait(order::finish(&self.office.app, &self.officer, id)).unwrap()
    }

    /// Stored bytes of the letter's messages.
    fn messages(&self, id: &str) -> Vec<Vec<u8>> {
        let id = id.to_owned();
        let hashes: Vec<BlobHash> = self
            .office
            .app
            .store
            .read_blocking(move |tx| {
                tx.query(
                    "SELECT blob_hash FROM outgoing_message WHERE document_id = ?1 \
                     AND state = 'held' ORDER BY id",
                    dys::params![&id],
                )?
                .iter()
                .map(|row| row.get("blob_hash"))
                .collect()
            })
            .unwrap();
        let get = |hash: &BlobHash| wait(self.office.app.blobs.get(hash)).unwrap().to_vec();
        hashes.iter().map(get).collect()
    }
}

fn bind(office: &Office, signer: MessageSigner) {
    let binding = Binding {
        unit_id: office.writing.clone(),
        address: "kesanbelediyesi.edirne@hs99.kep.example".to_owned(),
        endpoint: "http://127.0.0.1:9/".to_owned(),
        national_id: "10000000146".to_owned(),
        password: "parola".to_owned(),
        passphrase: "sifre".to_owned(),
        settings: AccountSettings {
            signer,
            ..AccountSettings::default()
        },
    };
    wait(account::bind(&office.app, &Actor::system(), binding)).unwrap();
}

fn person(office: &Office, login: &'static str, name: &'static str, role: Role) -> Actor {
    let unit = office.writing.clone();
    wait(office.app.write(&Actor::system(), move |tx, act| {
        let new = NewUser {
            login: login.to_owned(),
            full_name: name.to_owned(),
            title: role.label().to_owned(),
            password_hash: String::new(),
            roles: vec![(role, unit)],
            is_demo: true,
        };
        let id = user::add(tx, act, &new)?;
        user::actor(tx, &id)
    }))
    .unwrap()
}

/// `openssl cms -verify` over a whole message; false when there is no openssl.
fn openssl_verifies(office: &Office, message: &[u8]) -> bool {
    let folder = tempfile::tempdir().unwrap();
    let (file, roots) = (
        folder.path().join("ileti.eml"),
        folder.path().join("kok.pem"),
    );
    let authority = rehearsal::authority(&office.app).unwrap();
    let chain = authority.root().pem() + &authority.intermediate().pem();
    std::fs::write(&file, message).unwrap();
    std::fs::write(&roots, chain).unwrap();
    let at = office.app.now().as_second().to_string();
    let run = Command::new("openssl")
        .args([
            "cms", "-verify", "-inform", "SMIME", "-purpose", "any", "-attime", &at,
        ])
        .arg("-in")
        .arg(&file)
        .arg("-CAfile")
        .arg(&roots)
        .args(["-out", "/dev/null"])
        .output();
    let Ok(run) = run else {
        eprintln!("skipped: openssl is not installed");
        return false;
    };
    let said = String::from_utf8_lossy(&run.stderr).into_owned();
    assert!(run.status.success(), "{said}");
    true
}

#[test]
fn the_officers_signature_comes_before_anything_is_held() {
    for kep in Kep::every() {
        let name = kep.office.name;
        let id = kep.signed();
        let asked = kep.send(&id).unwrap();
        assert!(
            asked.awaits_officer && asked.message_ids.is_empty(),
            "{name}"
        );
        assert_eq!(kep.state(&id), State::Signed, "nothing is promised yet");
        assert!(kep.messages(&id).is_empty());
        let waits = kep.unsent();
        let mark = waits[0].marked().unwrap().0;
        assert_eq!(mark, "KEP işlem yetkilisinin imzası bekleniyor");
        assert_eq!(kep.to_sign()[0].document_id, id);
        let first = kep.open(&id);
        assert_eq!(first.len(), 2, "one message per address");

        assert!(kep.send(&id).unwrap().awaits_officer, "pressed twice");
        assert_eq!(kep.open(&id), first, "the same messages wait");
        let letter = id.clone();
        let refused = kep
            .office
            .run("ayse", move |tx, act| order::open(tx, act, &letter));
        assert_eq!(refused.unwrap_err().code(), "gonderim_emri_yok");

        let app = &kep.office.app;
        let wrong = wait(order::sign_with_key(app, &kep.officer, &id, "000000"));
        assert_eq!(wrong.unwrap_err().code(), "pin_yanlis");
        assert_eq!(kep.finish(&id), Finished::Nothing);
        wait(order::sign_with_key(app, &kep.officer, &id, PIN)).unwrap();
        let Finished::Sent(sent) = kep.finish(&id) else {
            panic!("{name}: not sent")
        };
        assert_eq!(sent.message_ids.len(), 2);
        assert!(sent.held_until.is_some());
        assert_eq!(kep.state(&id), State::Dispatched);
        assert_eq!(kep.finish(&id), Finished::Nothing, "once");
        assert!(kep.to_sign().is_empty() && kep.unsent().is_empty());

        let messages = kep.messages(&id);
        assert_eq!(messages.len(), 2);
        for message in &messages {
            openssl_verifies(&kep.office, message);
            let read = kep::message::ReadMessage::read(&message.clone().into()).unwrap();
            let text = read.text.as_deref().unwrap();
            assert_eq!(
                kep::message::cover::recipient(text),
                Some(read.to[0].as_str())
            );
        }
        let broken = kep.office.app.store.read_blocking(dys::audit::verify);
        assert_eq!(broken.unwrap(), None, "{name}");

        // Stopped while it is Held, it is sent again with a signature of its own.
        let letter = id.clone();
        kep.office
            .run("ayse", move |tx, act| send::stop(tx, act, &letter))
            .unwrap();
        assert_eq!(kep.state(&id), State::Signed);
        assert!(kep.send(&id).unwrap().awaits_officer);
        assert_ne!(kep.open(&id), first);
    }
}

#[test]
fn what_is_given_back_says_why_and_can_be_sent_again() {
    for kep in Kep::every() {
        let id = kep.signed();
        kep.send(&id).unwrap();
        let letter = id.clone();
        kep.as_officer(move |tx, act| request::ask_messages(tx, act, &letter))
            .unwrap();
        let empty = id.clone();
        let refused = kep.as_officer(move |tx, act| order::refuse(tx, act, &empty, " "));
        assert_eq!(refused.unwrap_err().code(), "gerekce_bos");
        let letter = id.clone();
        kep.as_officer(move |tx, act| order::refuse(tx, act, &letter, "Ek eksik."))
            .unwrap();
        assert_eq!(kep.state(&id), State::Signed);
        let back = kep.unsent();
        assert_eq!(
            back[0].marked(),
            Some(("Geri verildi", "Hasan Güneş: Ek eksik."))
        );
        let requests = kep
            .as_officer(|tx, act| Ok(request::latest(tx, act)?))
            .unwrap();
        assert_eq!(requests[0].message, "Hasan Güneş: Ek eksik.");
        assert!(
            kep.as_officer(|tx, act| Ok(request::waiting(tx, act)?))
                .unwrap()
                .is_empty()
        );

        kep.send(&id).unwrap();
        let letter = id.clone();
        kep.office
            .run("ayse", move |tx, act| order::withdraw(tx, act, &letter))
            .unwrap();
        let back = kep.unsent();
        assert_eq!(
            back[0].marked(),
            Some(("Geri verildi", "Ayşe Yılmaz gönderimden vazgeçti."))
        );
        let letter = id.clone();
        let late = kep
            .office
            .run("ayse", move |tx, act| order::withdraw(tx, act, &letter));
        assert_eq!(late.unwrap_err().code(), "gonderim_emri_kapandi");

        kep.send(&id).unwrap();
        wait(order::sign_with_key(
            &kep.office.app,
            &kep.officer,
            &id,
            PIN,
        ))
        .unwrap();
        assert!(matches!(kep.finish(&id), Finished::Sent(_)));
    }
}

#[test]
fn a_process_that_ends_between_request_and_signature_loses_nothing() {
    for kep in Kep::every() {
        let name = kep.office.name;
        let id = kep.signed();
        kep.send(&id).unwrap();
        let letter = id.clone();
        kep.as_officer(move |tx, act| request::ask_messages(tx, act, &letter))
            .unwrap();
        let open = kep.open(&id);
        assert_eq!(kep.sign_one(&id, &open[0].0, &open[0].1), 1);
        assert_eq!(kep.sign_one(&id, &open[0].0, &open[0].1), 1, "asked again");

        // Another process finds the request, signs what is missing, and ends before it finishes.
        let waiting = kep
            .as_officer(|tx, act| Ok(request::waiting(tx, act)?))
            .unwrap();
        assert_eq!(waiting.len(), 1, "{name}");
        assert_eq!(kep.open(&id), open[1..], "one is missing");
        let worker = Worker::new(kep.office.app.clone());
        assert_eq!(wait(worker.order_round()).unwrap(), 0, "not complete");
        assert_eq!(kep.sign_one(&id, &open[1].0, &open[1].1), 0);
        assert_eq!(kep.state(&id), State::Signed);

        let other = Worker::new(kep.office.app.clone());
        let rounds = async { tokio::join!(worker.order_round(), other.order_round()) };
        let (one, two) = wait(rounds);
        one.and(two).unwrap();
        assert_eq!(kep.state(&id), State::Dispatched, "{name}");
        assert_eq!(kep.messages(&id).len(), 2, "sent once");
        assert_eq!(wait(worker.order_round()).unwrap(), 0);
        assert!(
            kep.as_officer(|tx, act| Ok(request::waiting(tx, act)?))
                .unwrap()
                .is_empty()
        );
        let requests = kep
            .as_officer(|tx, act| Ok(request::latest(tx, act)?))
            .unwrap();
        assert_eq!(requests[0].state, request::RequestState::Signed);
    }
}

#[test]
fn a_rule_that_stands_in_the_way_by_then_gives_the_letter_back() {
    for kep in Kep::every() {
        let id = kep.signed();
        kep.send(&id).unwrap();
        wait(order::sign_with_key(
            &kep.office.app,
            &kep.officer,
            &id,
            PIN,
        ))
        .unwrap();
        let havsa = kep.office.havsa.clone();
        kep.office
            .app
            .store
            .write_blocking(move |tx| {
                let sql = "UPDATE unit SET active = 0 WHERE id = ?1";
                tx.execute(sql, dys::params![&havsa])
            })
            .unwrap();
        let Finished::GivenBack(reason) = kep.finish(&id) else {
            panic!("{}: it went", kep.office.name)
        };
        assert_eq!(kep.state(&id), State::Signed);
        assert_eq!(
            kep.unsent()[0].marked(),
            Some(("Geri verildi", reason.as_str()))
        );
        assert!(kep.messages(&id).is_empty());
    }
}

#[test]
fn only_the_officers_own_signature_over_the_message_is_taken() {
    let kep = Kep::of(Office::open(None));
    let id = kep.signed();
    kep.send(&id).unwrap();
    let open = kep.open(&id);
    let (content, message) = &open[0];
    let bytes = wait(kep.office.app.blobs.get(content)).unwrap();
    let app = &kep.office.app;
    rehearsal::make(app, &kep.officer).unwrap();
    let user_id = kep.officer.user_id.clone();
    let number = app
        .store
        .read_blocking(move |tx| signature::identity::of(tx, &user_id))
        .unwrap()
        .unwrap();
    let authority = rehearsal::authority(app).unwrap();
    let key = |holder: &Holder<'_>| -> SoftKey {
        let validity = Validity::days(app.now(), 30);
        let ids = Arc::clone(&app.ids);
        authority
            .issue_key(holder, Curve::P256, validity, &mut |bytes| ids.fill(bytes))
            .unwrap()
    };
    let signed = |holder: &Holder<'_>, content: Content<'_>| {
        seal::sign(&key(holder), content, &SignOptions::at(app.now())).unwrap()
    };
    let own = Holder::Person {
        name: "Hasan Güneş",
        tckn: &number,
    };
    let code = |cms| kep.accept(content, cms).unwrap_err().code();
    let login = Holder::LogIn {
        name: "Hasan Güneş",
        tckn: &number,
    };
    assert_eq!(
        code(signed(&login, Content::Detached(&bytes))),
        "sertifika_kullanimi"
    );
    let institution = Holder::Seal {
        name: "Keşan Belediye Başkanlığı",
        detsis: "01039100",
    };
    assert_eq!(
        code(signed(&institution, Content::Detached(&bytes))),
        "sertifika_nitelikli_degil"
    );
    let other = Holder::Person {
        name: "Başka Biri",
        tckn: "10000000146",
    };
    assert_eq!(
        code(signed(&other, Content::Detached(&bytes))),
        "sertifika_baskasinin"
    );
    assert_eq!(
        code(signed(&own, Content::Detached(b"baska"))),
        "imza_baska_icerik"
    );
    assert_eq!(
        code(signed(&own, Content::Attached(&bytes))),
        "imza_gecersiz"
    );
    assert_eq!(code(b"imza".to_vec()), "imza_gecersiz");

    let right = kep
        .accept(content, signed(&own, Content::Detached(&bytes)))
        .unwrap();
    let (letter, another) = (id.clone(), open[1].1.clone());
    let accepted = right.clone();
    let swapped =
        kep.as_officer(move |tx, act| order::record(tx, act, &letter, &another, &accepted));
    assert_eq!(swapped.unwrap_err().code(), "imza_baska_icerik");
    let (letter, message) = (id.clone(), message.clone());
    let left = kep.as_officer(move |tx, act| order::record(tx, act, &letter, &message, &right));
    assert_eq!(left.unwrap(), 1);
}

#[test]
fn a_certificate_for_logging_in_signs_no_letter() {
    let office = Office::open(None);
    let id = office.letter(&[("signature", "ali")]);
    let (letter, version) = (id.clone(), office.version(&id));
    office
        .run("ayse", move |tx, act| {
            steps::submit(tx, act, &letter, version)
        })
        .unwrap();
    let ali = &office.people["ali"];
    rehearsal::make(&office.app, ali).unwrap();
    let prepared = wait(sign::prepare(&office.app, ali, &id, office.version(&id))).unwrap();
    let user_id = ali.user_id.clone();
    let number = office
        .app
        .store
        .read_blocking(move |tx| signature::identity::of(tx, &user_id))
        .unwrap()
        .unwrap();
    let holder = Holder::LogIn {
        name: "Ali Şahin",
        tckn: &number,
    };
    let ids = Arc::clone(&office.app.ids);
    let validity = Validity::days(office.app.now(), 30);
    let key = rehearsal::authority(&office.app)
        .unwrap()
        .issue_key(&holder, Curve::P256, validity, &mut |bytes| ids.fill(bytes))
        .unwrap();
    let content = wait(office.app.blobs.get(&prepared.content)).unwrap();
    let options = SignOptions::at(office.app.now());
    let cms = seal::sign(&key, Content::Attached(&content), &options).unwrap();
    let refused = wait(signature::accept(&office.app, ali, &prepared.content, cms));
    let refused = refused.unwrap_err();
    assert_eq!(refused.code(), "sertifika_kullanimi");
    assert!(
        refused.to_string().contains("kimlik doğrulama"),
        "{refused}"
    );
}

#[test]
fn a_letter_that_sends_itself_waits_for_the_officer_too() {
    for kep in Kep::every() {
        let (office, unit) = (&kep.office, kep.office.writing.clone());
        wait(office.app.write(&Actor::system(), move |tx, act| {
            setting::choose_for_unit(tx, act, &unit, SENDS_ITSELF, "1")
        }))
        .unwrap();
        let worker = Worker::new(office.app.clone());
        let round = || wait(worker.send_itself_round()).unwrap();
        let id = kep.signed();
        assert_eq!(round(), 1);
        assert_eq!(round(), 0, "{}: asked once", office.name);
        assert_eq!(kep.to_sign()[0].document_id, id);
        wait(order::sign_with_key(&office.app, &kep.officer, &id, PIN)).unwrap();
        assert!(matches!(kep.finish(&id), Finished::Sent(_)));
        assert_eq!(kep.state(&id), State::Dispatched);

        let id = kep.signed();
        assert_eq!(round(), 1);
        let letter = id.clone();
        kep.as_officer(move |tx, act| order::refuse(tx, act, &letter, "Yanlış muhatap."))
            .unwrap();
        assert_eq!(round(), 0, "it is a person's now");
        assert_eq!(kep.unsent()[0].marked().unwrap().0, "Geri verildi");
    }
}

#[test]
fn without_an_officer_it_is_refused_and_with_the_institutions_key_it_goes_at_once() {
    for office in on_every_engine() {
        bind(&office, MessageSigner::Officer);
        let nobody = office.people["ali"].clone();
        let kep = Kep {
            office,
            officer: nobody,
        };
        let id = kep.signed();
        assert_eq!(kep.send(&id).unwrap_err().code(), "kep_yetkilisi_yok");
        assert_eq!(kep.state(&id), State::Signed);
        bind(&kep.office, MessageSigner::Institution);
        let sent = kep.send(&id).unwrap();
        assert!(!sent.awaits_officer);
        assert_eq!(sent.message_ids.len(), 2);
        assert_eq!(kep.state(&id), State::Dispatched);
    }
}
