//! Incoming KEP: registered once, confirmed after, and nothing that comes in holds the rest up.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod office;

use std::sync::Arc;

use dys::access::user::{self, NewUser};
use dys::access::{Act, Actor, Role};
use dys::app::App;
use dys::clock::FixedClock;
use dys::config::Mode;
use dys::directory;
use dys::dispatch::account::{self, AccountSettings, Binding};
use dys::dispatch::{Worker, send};
use dys::ids::SystemIds;
use dys::inbox::answer::{self, Follow};
use dys::inbox::confirm;
use dys::inbox::list::{Criteria, Line, search};
use dys::inbox::mailbox::{Mailboxes, screen};
use dys::inbox::referral::{self, Order, Target};
use dys::inbox::view::{self, View};
use dys::inbox::{IncomingKind, Source, State};
use dys::setting;
use dys::store::testing::sqlite;
use dys::worklist::{self, Kind};
use jiff::SignedDuration;
use kephs::NewAccount;
use kephs::misbehaviour::{Kind as Misbehaviour, NewRule};
use office::{ADDRESS, Office};

const CITIZEN: &str = "ahmet.yildiz@hs02.kep.tr";
const HAVSA: &str = "havsabelediyesi@hs01.kep.tr";

/// A message as a mail program makes it; `files` are (name, bytes).
fn mail(id: &str, from: &str, subject: &str, text: &str, files: &[(&str, &[u8])]) -> Vec<u8> {
    use base64::Engine as _;
    let mut out = format!(
        "From: {from}\r\nTo: {ADDRESS}\r\nMessage-ID: <{id}>\r\nSubject: {subject}\r\n\
         Date: Tue, 24 Nov 2026 09:00:00 +0300\r\nMIME-Version: 1.0\r\n\
         Content-Type: multipart/mixed; boundary=\"sinir\"\r\n\r\n--sinir\r\n\
         Content-Type: text/plain; charset=utf-8\r\n\r\n{text}\r\n"
    );
    for (name, bytes) in files {
        let coded = base64::engine::general_purpose::STANDARD.encode(bytes);
        out.push_str(&format!(
            "--sinir\r\nContent-Type: application/octet-stream; name=\"{name}\"\r\n\
             Content-Disposition: attachment; filename=\"{name}\"\r\n\
             Content-Transfer-Encoding: base64\r\n\r\n{coded}\r\n"
        ));
    }
    out.push_str("--sinir--\r\n");
    out.into_bytes()
}

/// An account that may send.
fn credentials(address: &str) -> NewAccount {
    NewAccount {
        address: address.into(),
        tcno: "10000000146".into(),
        parola: "parola".into(),
        sifre: "sifre".into(),
        kontor: None,
        kota_kb: None,
    }
}

impl Office {
    fn hand_in(&self, from: &str, message: &[u8]) -> String {
        let provider = self.provider.provider();
        provider.put_account(&credentials(from)).unwrap();
        let id = provider.accept(from, message).unwrap();
        self.pass(5);
        id
    }

    async fn receive(&self) {
        let mailboxes = Mailboxes::new(self.app.clone());
        for _ in 0..4 {
            mailboxes.round().await.unwrap();
            self.pass(61);
        }
    }

    async fn lines(&self) -> Vec<Line> {
        lines(&self.app, &self.registry).await
    }

    async fn open(&self, id: &str) -> View {
        open(&self.app, &self.registry, id).await
    }

    async fn confirm(&self, id: &str) {
        confirm(&self.app, &self.registry, id).await;
    }

    fn events(&self, kep_id: &str) -> Vec<String> {
        let (_, evidence) = self.provider.provider().story(kep_id).unwrap();
        evidence
            .into_iter()
            .map(|view| view.evidence.event)
            .collect()
    }
}

async fn lines(app: &App, who: &Actor) -> Vec<Line> {
    app.read(who, |tx, act| {
        Ok(search(tx, act, &Criteria::default())?.lines)
    })
    .await
    .unwrap()
}

/// Opens it as the page does.
async fn open(app: &App, who: &Actor, id: &str) -> View {
    let (asked, marked) = (id.to_owned(), id.to_owned());
    let view = app
        .read(who, move |tx, act| view::look(tx, act, &asked))
        .await
        .unwrap();
    if view.leaves_a_trace {
        app.write(who, move |tx, act| view::mark(tx, act, &marked))
            .await
            .unwrap();
    }
    view
}

/// *Kaydı onayla* by an officer who has it open.
async fn confirm(app: &App, who: &Actor, id: &str) {
    let id = id.to_owned();
    app.write(who, move |tx, act| {
        let version = dys::inbox::open(tx, act, &id)?.version;
        confirm::confirm(tx, act, &id, version)
    })
    .await
    .unwrap();
}

fn codes(view: &View) -> Vec<&str> {
    view.findings
        .iter()
        .map(|found| found.code.as_str())
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn mail_of_a_citizen_is_a_petition_registered_first_and_confirmed_after() {
    for store in office::engines().await {
        let office = Office::on(store).await;
        let message = mail(
            "1@hs02",
            CITIZEN,
            "Yol bozuk",
            "Sokağımız bozuk.",
            &[("foto.txt", b"not")],
        );
        let kep_id = office.hand_in(CITIZEN, &message);
        office.receive().await;
        let registry = office.lines().await;
        assert_eq!(registry.len(), 1);
        let line = &registry[0];
        assert_eq!(
            (line.kind, line.source),
            (IncomingKind::Petition, Source::Kep)
        );
        assert_eq!((line.subject.as_str(), line.files), ("Yol bozuk", 1));
        assert!(line.delivered_at.is_some() && line.due_date.is_some());
        // Registered, and at the provider still unread.
        assert!(
            !office.events(&kep_id).contains(&"retrieval".to_owned()),
            "{:?}",
            office.events(&kep_id)
        );
        // Seen again and again, it stays one.
        office.receive().await;
        assert_eq!(office.lines().await.len(), 1);

        // Looking at it tells the provider nothing, whoever looks; it is no officer's registration.
        let view = office.open(&line.id).await;
        assert_eq!(view.incoming.text, "Sokağımız bozuk.");
        assert!(codes(&view).contains(&"imza_yok"), "{:?}", codes(&view));
        let clerks = open(&office.app, &office.clerk, &line.id).await;
        assert!(view.may_confirm && !clerks.may_confirm);
        let (id, version) = (line.id.clone(), view.incoming.version);
        let refused = office
            .app
            .write(&office.clerk, move |tx, act| {
                confirm::confirm(tx, act, &id, version)
            })
            .await
            .unwrap_err();
        assert_eq!(refused.code(), "yetki_yok");
        office.receive().await;
        assert!(
            !office.events(&kep_id).contains(&"retrieval".to_owned()),
            "{:?}",
            office.events(&kep_id)
        );
        // Confirmed twice, it is told once.
        office.confirm(&line.id).await;
        office.confirm(&line.id).await;
        office.receive().await;
        let told = office.events(&kep_id);
        let told = told.iter().filter(|event| *event == "retrieval");
        assert_eq!(told.count(), 1);
        let id = line.id.clone();
        let entries = office
            .app
            .store
            .read(move |tx| dys::audit::entries_of(tx, "incoming", &id))
            .await
            .unwrap();
        let confirmed = entries.iter().filter(|it| it.action == "inbox.confirm");
        assert_eq!(confirmed.count(), 1);
        office.audit_is_whole().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_unread_is_shown_before_it_counts_as_read_and_may_be_confirmed_by_itself() {
    let office = Office::on(sqlite()).await;
    let kep_id = office.hand_in(CITIZEN, &mail("1@hs02", CITIZEN, "Su", "Su akmıyor.", &[]));
    office.receive().await;
    let waiting = || async {
        office
            .app
            .read(&office.registry, |tx, act| {
                worklist::list::of(tx, act, Kind::Unread)
            })
            .await
            .unwrap()
            .items
            .len()
    };
    assert_eq!(waiting().await, 0);
    office
        .clock
        .set(office.app.now() + SignedDuration::from_hours(21));
    assert_eq!(waiting().await, 1);
    let id = office.lines().await[0].id.clone();
    // Opened and not confirmed, it will count as read all the same.
    office.open(&id).await;
    assert_eq!(waiting().await, 1);
    // The first referral of an officer is the registration.
    let (clerk, which) = (office.clerk.user_id.clone(), id.clone());
    office
        .app
        .write(&office.registry, move |tx, act| {
            let order = Order {
                targets: vec![(Target::Person(clerk), None)],
                ..Order::default()
            };
            referral::refer(tx, act, &which, 1, &order)
        })
        .await
        .unwrap();
    assert_eq!(waiting().await, 0);

    office
        .app
        .store
        .write(|tx| setting::put(tx, setting::CONFIRMATION.key, "itself"))
        .await
        .unwrap();
    let second = office.hand_in(
        CITIZEN,
        &mail("2@hs02", CITIZEN, "Park", "Park karanlık.", &[]),
    );
    office.receive().await;
    assert!(office.events(&second).contains(&"retrieval".to_owned()));
    assert!(office.events(&kep_id).contains(&"retrieval".to_owned()));
}

#[tokio::test(flavor = "multi_thread")]
async fn bad_mail_ends_in_a_clear_state_and_holds_nothing_up() {
    let office = Office::on(sqlite()).await;
    // Twice the same, under two ids of the provider; then the same Message-ID with other content.
    let first = mail("ayni@hs02", CITIZEN, "Bir", "Birinci metin.", &[]);
    office.hand_in(CITIZEN, &first);
    office.hand_in(CITIZEN, &first);
    let other = mail("ayni@hs02", CITIZEN, "Bir", "Başka metin.", &[]);
    office.hand_in(CITIZEN, &other);
    // A package that is none, one for another institution, a virus test file.
    let torn = mail(
        "bozuk@hs01",
        HAVSA,
        "Bozuk paket",
        "Ektedir.",
        &[("yazi.eyp", b"PK\x03\x04 degil")],
    );
    office.hand_in(HAVSA, &torn);
    let foreign = foreign_package();
    let foreign = mail(
        "baska@hs01",
        HAVSA,
        "Başka kuruma",
        "Ektedir.",
        &[("yazi.eyp", &foreign)],
    );
    office.hand_in(HAVSA, &foreign);
    let eicar = [
        "X5O!P%@AP[4\\PZX54(P^)7CC)7}$EICAR-",
        "STANDARD-ANTIVIRUS-TEST-FILE!$H+H*",
    ]
    .concat();
    let virus = mail(
        "virus@hs02",
        CITIZEN,
        "Virüs",
        "Ek.",
        &[("ek.txt", eicar.as_bytes())],
    );
    office.hand_in(CITIZEN, &virus);
    office.receive().await;
    office.receive().await;

    let registry = office.lines().await;
    let of = |subject: &str| -> Vec<&Line> {
        registry
            .iter()
            .filter(|line| line.subject == subject)
            .collect()
    };
    assert_eq!(of("Bir").len(), 2, "{registry:#?}");
    let mut warned = 0;
    for line in of("Bir") {
        let view = office.open(&line.id).await;
        warned += usize::from(codes(&view).contains(&"ayni_kimlik_baska_icerik"));
    }
    assert_eq!(warned, 1);
    let torn = office.open(&of("Bozuk paket")[0].id).await;
    assert!(
        torn.findings
            .iter()
            .any(|found| found.about == "package" && found.severity == "error"),
        "{:?}",
        torn.findings
    );
    assert_eq!(torn.incoming.kind, IncomingKind::Letter);
    let foreign = office.open(&of("Bütçe Teklifi")[0].id).await;
    assert_eq!(codes(&foreign)[0], "baska_kurum", "{:?}", foreign.findings);
    assert_eq!(foreign.incoming.their_number, "E-24322010-903.07.02-4752");
    assert!(foreign.may_return);
    let virus = office.open(&of("Virüs")[0].id).await;
    let (id, file) = (virus.incoming.id.clone(), virus.files[0].id.clone());
    let refused = office
        .app
        .read(&office.registry, move |tx, act| {
            view::file(tx, act, &id, &file)
        })
        .await
        .unwrap_err();
    assert_eq!(refused.code(), "dosya_zararli");
}

fn foreign_package() -> Vec<u8> {
    use eyazisma::{
        Distribution, Draft, FinalMetadata, Guid, Institution, Metadata, Party, Person, Purpose,
        Settings, Signer, Stamp, Text, Urgency,
    };
    let unit = |code: &str, name: &str| {
        Party::Institution(Institution {
            code: code.into(),
            name: Some(Text::turkish(name)),
            ..Institution::default()
        })
    };
    let metadata = Metadata {
        id: Guid::as_read("A3E5B1E0-8A3B-4B8E-9E0C-0A6F1B2C3D4E"),
        subject: Text::turkish("Bütçe Teklifi"),
        mime_type: "application/pdf".into(),
        file_name: "yazi.pdf".into(),
        recipients: vec![Distribution {
            party: unit("24301050", "Adalet Bakanlığı"),
            urgency: Urgency::Normal,
            purpose: Purpose::Action,
            deadline: None,
            left_out: vec![],
        }],
        creator: Some(unit("24322010", "Sağlık Bakanlığı")),
        verification_address: "https://www.turkiye.gov.tr/belge-dogrulama".into(),
        ..Metadata::default()
    };
    let draft = Draft::new(metadata, b"%PDF-1.7".to_vec(), vec![], Settings::default()).unwrap();
    let last = FinalMetadata {
        date: Stamp::as_read("2026-11-24T09:00:00+03:00"),
        number: "E-24322010-903.07.02-4752".into(),
        signers: vec![Signer {
            person: Person {
                first_name: "Ayşe".into(),
                last_name: "YILMAZ".into(),
                ..Person::default()
            },
            ..Signer::default()
        }],
    };
    let unsealed = draft
        .digest()
        .sign(
            b"CMS".to_vec(),
            &last,
            "2026-11-24T06:00:00Z".parse().unwrap(),
        )
        .unwrap();
    unsealed.seal(b"CMS".to_vec()).bytes().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_had_is_set_aside_and_tried_again_by_hand() {
    let office = Office::on(sqlite()).await;
    office.hand_in(CITIZEN, &mail("1@hs02", CITIZEN, "Alınamayan", "x", &[]));
    office.misbehave(NewRule {
        operation: Some("Indir".into()),
        ..NewRule::always(Misbehaviour::Refuse)
    });
    let mailboxes = Mailboxes::new(office.app.clone());
    for _ in 0..7 {
        mailboxes.round().await.unwrap();
        office.pass(3700);
    }
    assert!(office.lines().await.is_empty());
    let aside = || async {
        office
            .app
            .read(&office.registry, screen::unreadable)
            .await
            .unwrap()
    };
    let set_aside = aside().await;
    assert_eq!(set_aside.len(), 1);
    assert!(
        set_aside[0].error_text.contains("reddetti"),
        "{set_aside:?}"
    );
    // Nobody but those who look after the mailbox sees it.
    let clerks = office
        .app
        .read(&office.clerk, screen::unreadable)
        .await
        .unwrap();
    assert!(clerks.is_empty());
    // Something else that comes meanwhile is not held up.
    office.provider.provider().behave_entirely().unwrap();
    office.hand_in(CITIZEN, &mail("2@hs02", CITIZEN, "Alınan", "y", &[]));
    office.receive().await;
    assert_eq!(office.lines().await.len(), 1);
    let id = set_aside[0].id.clone();
    office
        .app
        .write(&office.registry, move |tx, act| {
            screen::try_again(tx, act, &id)
        })
        .await
        .unwrap();
    office.receive().await;
    assert_eq!(office.lines().await.len(), 2);
    assert!(aside().await.is_empty());
}

/// Havsa's own installation beside Keşan's: its own folder, people and account, one provider.
async fn havsa(office: &Office, folder: &tempfile::TempDir) -> (App, Actor, Actor) {
    let app = App::open(office::config(folder), Mode::Rehearsal)
        .unwrap()
        .with(office.clock.clone() as Arc<FixedClock>, Arc::new(SystemIds));
    office::directory_of(&app);
    let now = app.now();
    let (clerk, registry) = app
        .store
        .write(move |tx| -> dys::error::Result<_> {
            let own = directory::by_kep_address(tx, HAVSA)?.expect("Havsa");
            directory::mark_own(tx, &own.id)?;
            let system = Actor::system();
            let act = Act {
                actor: &system,
                now,
                ids: &SystemIds,
            };
            let mut actors = Vec::new();
            for (login, role) in [("emine", Role::Clerk), ("osman", Role::Registry)] {
                let new = NewUser {
                    login: login.to_owned(),
                    full_name: login.to_owned(),
                    title: role.label().to_owned(),
                    password_hash: String::new(),
                    roles: vec![(role, own.id.as_str().to_owned())],
                    is_demo: true,
                };
                let id = user::add(tx, &act, &new)?;
                actors.push(user::actor(tx, &id)?);
            }
            setting::put(tx, setting::HOLD_SECONDS.key, "0")?;
            let registry = actors.pop().unwrap();
            Ok((actors.pop().unwrap(), registry))
        })
        .await
        .unwrap();
    office
        .provider
        .provider()
        .put_account(&credentials(HAVSA))
        .unwrap();
    let root = office::evidence_root(&office.provider.endpoint()).await;
    let binding = Binding {
        unit_id: clerk.home_unit().unwrap().to_owned(),
        address: HAVSA.to_owned(),
        endpoint: office.provider.endpoint(),
        national_id: "10000000146".to_owned(),
        password: "parola".to_owned(),
        passphrase: "sifre".to_owned(),
        settings: AccountSettings {
            login_codes: vec![1, 2, 3],
            request_timeout_seconds: 2,
            evidence_roots: root.into_iter().collect(),
            ..AccountSettings::default()
        },
    };
    account::bind(&app, &Actor::system(), binding)
        .await
        .unwrap();
    (app, clerk, registry)
}

#[tokio::test(flavor = "multi_thread")]
async fn two_institutions_write_to_each_other_and_answer() {
    let kesan = Office::on(sqlite()).await;
    let folder = tempfile::tempdir().unwrap();
    let (havsa, clerk, registry) = havsa(&kesan, &folder).await;
    let mailboxes = Mailboxes::new(havsa.clone());
    let worker = Worker::new(havsa.clone());
    let pass_at_havsa = || async {
        for _ in 0..4 {
            mailboxes.round().await.unwrap();
            worker.round().await.unwrap();
            kesan.pass(61);
        }
    };

    // Keşan's letter arrives, is checked and registered once.
    let letter = kesan.dispatched(&["havsa yazı"]).await;
    kesan.rounds(3, 10).await;
    assert_eq!(kesan.way(&letter).await.recipient.status, "delivered");
    pass_at_havsa().await;
    let registered = lines(&havsa, &registry).await;
    assert_eq!(registered.len(), 1);
    let line = &registered[0];
    assert_eq!(
        (line.kind, line.source),
        (IncomingKind::Letter, Source::Kep)
    );
    assert!(
        line.their_number.starts_with("E-01039100-115.01-"),
        "{line:?}"
    );
    assert_eq!(line.their_date, "2026-11-24".parse().ok());

    // The officer's confirmation is what counts as reading; Keşan sees 60.
    let view = open(&havsa, &registry, &line.id).await;
    assert_eq!(view.incoming.sender, "Keşan Belediye Başkanlığı");
    // The package was opened and checked: rules, signature and seal stand as findings, and the
    // letter and its number came out of it.
    for about in ["package", "signature"] {
        assert!(
            view.findings.iter().any(|found| found.about == about),
            "{about}: {:?}",
            view.findings
        );
    }
    assert!(
        view.findings
            .iter()
            .all(|found| found.code != "baska_kurum" && found.code != "paket_gonderen_farkli"),
        "{:?}",
        view.findings
    );
    assert_eq!(view.incoming.content_type, "application/pdf");
    assert!(
        codes(&view).contains(&"gonderen_rehberde"),
        "{:?}",
        codes(&view)
    );
    pass_at_havsa().await;
    kesan.rounds(4, 60).await;
    assert_eq!(kesan.way(&letter).await.recipient.status, "delivered");
    confirm(&havsa, &registry, &line.id).await;
    pass_at_havsa().await;
    kesan.rounds(4, 60).await;
    assert_eq!(kesan.way(&letter).await.recipient.status, "read");

    // Havsa answers by one key, over KEP, to Keşan.
    let incoming = line.id.clone();
    let answer_id = havsa
        .write(&clerk, move |tx, act| {
            answer::begin(tx, act, &incoming, Follow::Answer)
        })
        .await
        .unwrap()
        .letter_id;
    let version = office::sign_by_hand(&havsa, &clerk, &answer_id, "E-02200300-115.01-7").await;
    send::send(&havsa, &clerk, &answer_id, version)
        .await
        .unwrap();
    kesan.pass(61);
    pass_at_havsa().await;
    let state = lines(&havsa, &registry).await[0].state;
    assert_eq!(state, State::Answered);

    // It is registered at Keşan, with the ilgi that names Keşan's own letter.
    kesan.receive().await;
    let answer = kesan.lines().await;
    assert_eq!(answer.len(), 1, "{answer:?}");
    assert_eq!(answer[0].sender, "Havsa Belediye Başkanlığı");
    assert_eq!(answer[0].their_number, "E-02200300-115.01-7");
    kesan.confirm(&answer[0].id).await;
    kesan.receive().await;
    pass_at_havsa().await;
    pass_at_havsa().await;
    let (sent, ways) = havsa
        .read(&clerk, move |tx, act| {
            dys::dispatch::tracking::letter(tx, act, &answer_id)
        })
        .await
        .unwrap();
    assert_eq!(sent.state, dys::document::State::Dispatched);
    assert_eq!(
        ways[0].recipient.status, "read",
        "{}",
        ways[0].delivery_status
    );
    kesan.audit_is_whole().await;
    let broken = havsa.store.read(dys::audit::verify).await.unwrap();
    assert_eq!(broken, None);
}
