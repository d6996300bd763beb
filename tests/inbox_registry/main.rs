//! The registry put right, answers that fill themselves, and the screens of Gelen Evrak as forms.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod answering;
#[path = "../seat/mod.rs"]
mod seat;
#[path = "../townhall/mod.rs"]
mod townhall;

use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use dys::access::deputy::{self, Deputation};
use dys::access::{Actor, session, user};
use dys::approval::chain::{self, Planned};
use dys::directory::outside;
use dys::dispatch::account::{self, AccountSettings, Binding};
use dys::distribution::preflight::{self, Severity};
use dys::distribution::{DestinationType, Purpose, Recipient, list};
use dys::document::attach;
use dys::document::{self, draft};
use dys::inbox::answer::{self, Begun, Follow};
use dys::inbox::correct::{self, Correction};
use dys::inbox::period::Period;
use dys::inbox::referral::{self, Order, Target};
use dys::inbox::register::{self, Entry};
use dys::inbox::{IncomingKind, Petition, Source, State};
use dys::worklist::Kind;
use tower::ServiceExt as _;
use townhall::{Office, on_every_engine};

const CITIZEN: &str = "ahmet.yildiz@hs02.kep.tr";

impl Office {
    /// What came in, written down by Ayşe as an officer would.
    fn registered(&self, change: impl FnOnce(&mut Entry)) -> String {
        let mut entry = Entry {
            subject: "Yol bozuk".to_owned(),
            ..Entry::new(&self.writing, Source::Paper, IncomingKind::Letter)
        };
        change(&mut entry);
        self.run("ayse", move |tx, act| register::paper(tx, act, &entry))
            .unwrap()
            .0
    }

    fn petition(&self, change: impl FnOnce(&mut Petition)) -> String {
        self.registered(|entry| {
            entry.kind = IncomingKind::Petition;
            entry.petition.name = "Ahmet Yıldız".to_owned();
            change(&mut entry.petition);
        })
    }

    /// KEP accounts of both units; nobody answers at the provider's address.
    async fn connected(&self) {
        let works = self.unit("Fen İşleri Müdürlüğü");
        for (unit_id, name) in [(self.writing.clone(), "yazi"), (works, "fen")] {
            let binding = Binding {
                unit_id,
                address: format!("{name}.kesanbelediyesi@hs99.kep.example"),
                endpoint: "http://127.0.0.1:9/".to_owned(),
                national_id: "10000000146".to_owned(),
                password: "parola".to_owned(),
                passphrase: "sifre".to_owned(),
                settings: AccountSettings::default(),
            };
            account::bind(&self.app, &Actor::system(), binding)
                .await
                .unwrap();
        }
    }

    fn begin(&self, who: &str, id: &str, follow: Follow) -> dys::error::Result<Begun> {
        let id = id.to_owned();
        self.run(who, move |tx, act| answer::begin(tx, act, &id, follow))
    }

    fn recipients(&self, who: &str, letter: &str) -> Vec<Recipient> {
        let letter = letter.to_owned();
        self.run(who, move |tx, act| list::list(tx, act, &letter))
            .unwrap()
    }

    /// Corrects it as it stands with a change.
    fn corrected(
        &self,
        who: &str,
        id: &str,
        change: impl FnOnce(&mut Correction) + Send + 'static,
    ) -> dys::error::Result<()> {
        let id = id.to_owned();
        self.run(who, move |tx, act| {
            let incoming = dys::inbox::open(tx, act, &id)?;
            let mut correction = Correction::of(&incoming);
            change(&mut correction);
            correct::correct(tx, act, &id, incoming.version, &correction)
        })
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_institution_that_was_taken_for_a_citizen_is_put_right() {
    for office in tokio::task::spawn_blocking(on_every_engine).await.unwrap() {
        let id = office.petition(|_| {});
        let before = office.look("mehmet", &id);
        assert!(before.incoming.due_date.is_some() && !before.may_return);
        let stale = Correction::of(&before.incoming);
        let havsa = office.havsa.clone();
        office
            .corrected("mehmet", &id, move |it| {
                it.kind = IncomingKind::Letter;
                it.sender = String::new();
                it.sender_unit_id = Some(havsa);
                it.plan_code = Some("115.01".to_owned());
                it.their_number = "E-02200300-115.01-9".to_owned();
            })
            .unwrap();
        let view = office.look("mehmet", &id);
        let it = &view.incoming;
        assert_eq!((it.kind, it.due_date), (IncomingKind::Letter, None));
        assert_eq!(it.period, Period::None);
        assert_eq!(it.sender, "Havsa Belediye Başkanlığı");
        assert!(view.may_return);
        // Found by what it says now.
        let found = office
            .run("mehmet", |tx, act| {
                let criteria = dys::inbox::list::Criteria {
                    words: "havsa 115.01-9".to_owned(),
                    ..Default::default()
                };
                dys::inbox::list::search(tx, act, &criteria)
            })
            .unwrap();
        assert_eq!(found.lines.len(), 1, "{}", office.name);
        // Typed on an older version it changes nothing.
        let which = id.clone();
        assert_eq!(
            office.refused("mehmet", move |tx, act| correct::correct(
                tx, act, &which, 1, &stale
            )),
            "gelen_surum_eski"
        );
        // What stood and what stands is on the log.
        let which = id.clone();
        let entries = office
            .run("mehmet", move |tx, _| {
                Ok(dys::audit::entries_of(tx, "incoming", &which)?)
            })
            .unwrap();
        let detail = entries
            .iter()
            .find(|entry| entry.action == "inbox.correct")
            .map(|entry| entry.detail.clone())
            .expect("an entry");
        for words in ["petition", "letter", "Ahmet Yıldız", "Havsa Belediye"] {
            assert!(detail.contains(words), "{words}: {detail}");
        }
        // A clerk of another unit corrects nothing, nor does anybody once it is closed.
        let error = office.corrected("ismail", &id, |_| {}).unwrap_err();
        assert_eq!(error.code(), "gelen_yok");
        let (which, at) = (id.clone(), it.version);
        office
            .run("mehmet", move |tx, act| {
                dys::inbox::close::close(tx, act, &which, at, "Mükerrer kayıt.")
            })
            .unwrap();
        let error = office.corrected("mehmet", &id, |_| {}).unwrap_err();
        assert_eq!(error.code(), "gelen_kapali");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_line_is_moved_completed_and_held_to_the_rules_of_registering() {
    let office = Office::open(None);
    let id = office.petition(|_| {});
    let error = office
        .corrected("ayse", &id, |it| {
            it.subject = String::new();
            it.plan_code = Some("999.99".to_owned());
            it.petition.national_id = "12345678901".to_owned();
        })
        .unwrap_err();
    let fields: Vec<_> = error.problem().unwrap().fields.iter().collect();
    for field in ["subject", "plan_code", "national_id"] {
        assert!(
            fields.iter().any(|(name, _)| name == field),
            "{field}: {fields:?}"
        );
    }
    let havsa = office.havsa.clone();
    let error = office
        .corrected("mehmet", &id, move |it| it.unit_id = havsa)
        .unwrap_err();
    assert!(error.to_string().contains("kurumunuzda yok"), "{error}");
    let works = office.unit("Fen İşleri Müdürlüğü");
    office
        .corrected("mehmet", &id, move |it| {
            it.unit_id = works;
            it.petition.address = "Lale Sok. 3\n22800 Keşan".to_owned();
        })
        .unwrap();
    // It stands in the other unit's registry now, under its number.
    assert!(office.registry("ayse").is_empty());
    let moved = office.registry("ismail").remove(0);
    assert_eq!(moved.registration_number, "2026/1");
    assert_eq!(office.waiting("ali", Kind::ToRefer), [id.as_str()]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_referred_to_a_closed_account_or_an_empty_unit_waits_for_the_registry_again() {
    for office in tokio::task::spawn_blocking(on_every_engine).await.unwrap() {
        let (id, other) = (office.paper(), office.letter_on_paper("Su kesintisi", None));
        let works = office.unit("Fen İşleri Müdürlüğü");
        office
            .refer("mehmet", &id, 1, vec![office.person("can")])
            .unwrap();
        let unit = vec![(Target::Unit(works), None)];
        office.refer("mehmet", &other, 1, unit).unwrap();
        assert!(office.waiting("mehmet", Kind::ToRefer).is_empty());
        let open = |who: &str, active: bool| {
            let who = office.people[who].user_id.clone();
            office
                .as_system(move |tx, act| user::set_active(tx, act, &who, active))
                .unwrap();
        };
        open("can", false);
        open("ismail", false);
        let items = office
            .run("mehmet", |tx, act| {
                dys::worklist::list::of(tx, act, Kind::ToRefer)
            })
            .unwrap()
            .items;
        let mut told: Vec<(&str, &str)> = items
            .iter()
            .map(|item| (item.subject_id.as_str(), item.detail.as_str()))
            .collect();
        // Registered at one moment, they stand in any order.
        told.sort_by_key(|(_, detail)| *detail);
        let unit = "Edirne Valiliği · Havale edilen birimde kullanıcı yok: Fen İşleri Müdürlüğü";
        let person = "Edirne Valiliği · Havale edilen kişinin hesabı kapalı: Can Er";
        let expected = [(other.as_str(), unit), (id.as_str(), person)];
        assert_eq!(told, expected, "{}", office.name);
        let browser = Browser::of(&office, "mehmet");
        let page = browser.page(&format!("/gelen/{id}")).await.body;
        assert!(page.contains("Hesabı kapalı"), "{page}");
        assert!(page.contains("Geri çekip yeniden havale edin."), "{page}");
        let page = browser.page(&format!("/gelen/{other}")).await.body;
        assert!(page.contains("Birimde kullanıcı yok"), "{page}");
        let nobodys = async |line: &str| {
            let seat = seat::Seat::of(&office, "mehmet");
            let path = format!("/api/v1/incoming/{line}");
            let told = seat.get_by_program(&path).await.json();
            told["referrals"][0]["nobodys"].as_bool()
        };
        assert_eq!(nobodys(&id).await, Some(true));
        assert_eq!(nobodys(&other).await, Some(true));

        // Whoever deputises has the turn.
        let (can, ayse) = (
            office.people["can"].user_id.clone(),
            office.people["ayse"].user_id.clone(),
        );
        office
            .as_system(move |tx, act| {
                let (first, last) = ("2026-11-24".parse(), "2026-11-25".parse());
                let days = Deputation::of_days(&can, &ayse, first.unwrap(), last.unwrap())?;
                deputy::appoint(tx, act, &days)
            })
            .unwrap();
        assert_eq!(office.waiting("ayse", Kind::Referred), [id.as_str()]);
        assert_eq!(office.waiting("mehmet", Kind::ToRefer), [other.as_str()]);
        assert_eq!(nobodys(&id).await, Some(false));
        // Pulled back it is the registry's plainly; opened again it is the unit's.
        let which = office.look("mehmet", &other).referrals[0].id.clone();
        let line = other.clone();
        office
            .run("mehmet", move |tx, act| {
                referral::pull_back(tx, act, &line, 2, &which)
            })
            .unwrap();
        let view = office.look("mehmet", &other);
        assert_eq!(view.incoming.state, State::Registered);
        assert!(view.nobodys.is_empty());
    }
}

/// A person at a browser without scripts.
struct Browser<'a> {
    office: &'a Office,
    cookie: String,
    token: String,
}

struct Answer {
    status: StatusCode,
    location: String,
    body: String,
}

impl<'a> Browser<'a> {
    fn of(office: &'a Office, login: &'static str) -> Self {
        let (now, ids) = (office.app.now(), office.app.ids.clone());
        let cookie = office
            .run(login, move |tx, _| {
                let account = user::by_login(tx, login)?;
                Ok(session::open(tx, account.as_ref(), true, now, &*ids)??.token)
            })
            .unwrap();
        let presented = cookie.clone();
        let loaded = office
            .app
            .store
            .read_blocking(move |tx| session::load(tx, &presented, now))
            .unwrap();
        Self {
            office,
            cookie,
            token: loaded.unwrap().0.form_token,
        }
    }

    async fn send(&self, request: axum::http::request::Builder, body: Body) -> Answer {
        let request = request
            .header(header::COOKIE, format!("dys_oturum={}", self.cookie))
            .body(body);
        let answer = dys::web::router(self.office.app.clone())
            .oneshot(request.unwrap())
            .await
            .unwrap();
        let (parts, body) = answer.into_parts();
        let location = parts.headers.get(header::LOCATION);
        let bytes = axum::body::to_bytes(body, 8 << 20).await.unwrap();
        Answer {
            status: parts.status,
            location: location.map_or_else(String::new, |it| it.to_str().unwrap().to_owned()),
            body: String::from_utf8_lossy(&bytes).into_owned(),
        }
    }

    async fn page(&self, path: &str) -> Answer {
        self.send(Request::get(path), Body::empty()).await
    }

    async fn form(&self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let mut pairs = vec![("_token", self.token.as_str())];
        pairs.extend_from_slice(fields);
        let request =
            Request::post(path).header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        let body = Body::from(serde_html_form::to_string(pairs).unwrap());
        self.send(request, body).await
    }

    async fn upload(&self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let mut body = String::new();
        for (name, text) in [("_token", self.token.as_str())].iter().chain(fields) {
            body.push_str(&format!(
                "--x\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{text}\r\n"
            ));
        }
        body.push_str("--x--\r\n");
        let request =
            Request::post(path).header(header::CONTENT_TYPE, "multipart/form-data; boundary=x");
        self.send(request, Body::from(body)).await
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_referral_is_put_together_line_by_line_without_a_script() {
    let office = Office::open(None);
    let id = office.paper();
    let browser = Browser::of(&office, "mehmet");
    let path = format!("/gelen/{id}/havale");
    let works = format!("unit:{}", office.unit("Fen İşleri Müdürlüğü"));
    let found = browser
        .form(
            &path,
            &[("version", "1"), ("action", "find"), ("ara", "fen işl")],
        )
        .await;
    assert!(found.body.contains(&works), "{}", found.body);
    let can = format!("person:{}", office.people["can"].user_id);
    let found = browser
        .page(&format!("/gelen/{id}/havale-yerleri?q=can+er"))
        .await;
    assert!(found.body.contains(&can), "{}", found.body);

    let take = format!("take:{can}");
    let fields = [
        ("version", "1"),
        ("to", works.as_str()),
        ("purpose", "action"),
        ("action", take.as_str()),
        ("note", "Yerinde bakılsın"),
    ];
    let taken = browser.form(&path, &fields).await;
    assert_eq!(taken.status, StatusCode::OK);
    for words in [works.as_str(), &can, "Yerinde bakılsın", "Can Er"] {
        assert!(taken.body.contains(words), "{words}");
    }
    assert!(office.look("mehmet", &id).referrals.is_empty());

    // Each line has its own purpose.
    let fields = [
        ("version", "1"),
        ("to", works.as_str()),
        ("purpose", "action"),
        ("to", can.as_str()),
        ("purpose", "information"),
        ("note", "Yerinde bakılsın"),
    ];
    let done = browser.form(&path, &fields).await;
    assert_eq!(done.status, StatusCode::SEE_OTHER, "{}", done.body);
    let referrals = office.look("mehmet", &id).referrals;
    let referral_to = |name: &str| referrals.iter().find(|it| it.to_name == name);
    for (name, purpose) in [
        ("Fen İşleri Müdürlüğü", Purpose::Action),
        ("Can Er", Purpose::Information),
    ] {
        let found = referral_to(name).map(|it| it.purpose);
        assert_eq!(found, Some(purpose), "{name}");
    }
    // The next time they are offered before anything is typed.
    let lately = browser.page(&format!("/gelen/{id}")).await.body;
    assert!(lately.contains("Son havale edilenler"), "{lately}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sender_is_chosen_in_the_directory_at_registering_and_at_correcting() {
    let office = Office::open(None);
    let browser = Browser::of(&office, "ayse");
    let unit = office.writing.clone();
    let mut fields = vec![
        ("unit", unit.as_str()),
        ("subject", "Protokol"),
        ("kind", "letter"),
    ];
    let mut asked = fields.clone();
    asked.extend([("sender", "havsa belediye"), ("action", "find-sender")]);
    let found = browser.upload("/gelen/kayit", &asked).await;
    let take = format!("take:{}", office.havsa);
    assert!(found.body.contains(&take), "{}", found.body);
    assert!(found.body.contains("Protokol"), "what was typed stays");
    asked = fields.clone();
    asked.push(("action", &take));
    let taken = browser.upload("/gelen/kayit", &asked).await;
    assert!(
        taken
            .body
            .contains("Rehberden: <strong data-find-label>Havsa Belediye Başkanlığı")
    );
    assert!(
        office.registry("ayse").is_empty(),
        "nothing is registered by it"
    );

    let havsa = office.havsa.clone();
    fields.extend([
        ("sender", "Havsa Belediye Başkanlığı"),
        ("sender_unit", havsa.as_str()),
        ("plan_code", "115.01"),
    ]);
    let done = browser.upload("/gelen/kayit", &fields).await;
    assert_eq!(done.status, StatusCode::SEE_OTHER, "{}", done.body);
    let id = done.location.rsplit('/').next().unwrap().to_owned();
    let incoming = office.look("ayse", &id).incoming;
    assert_eq!(incoming.sender_unit_id.as_deref(), Some(havsa.as_str()));
    assert_eq!(incoming.plan_code.as_deref(), Some("115.01"));

    let path = format!("/gelen/{id}/duzelt");
    let form = browser.page(&path).await;
    assert_eq!(form.status, StatusCode::OK, "{}", form.body);
    assert!(form.body.contains("Protokol") && form.body.contains("115.01"));
    let wrong = browser
        .form(
            &path,
            &[
                ("version", "1"),
                ("unit", &unit),
                ("subject", " "),
                ("kind", "letter"),
            ],
        )
        .await;
    assert!(
        wrong.body.contains("Evrakın konusunu yazın."),
        "{}",
        wrong.body
    );
    let done = browser
        .form(
            &path,
            &[
                ("version", "1"),
                ("unit", &unit),
                ("kind", "letter"),
                ("sender", "Havsa Belediyesi"),
                ("subject", "Ortak protokol"),
                ("their_date", "20.11.2026"),
            ],
        )
        .await;
    assert_eq!(done.status, StatusCode::SEE_OTHER, "{}", done.body);
    let incoming = office.look("ayse", &id).incoming;
    assert_eq!(incoming.subject, "Ortak protokol");
    assert_eq!(incoming.sender_unit_id, None, "it was not sent along");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_frames_search_finds_what_came_in() {
    let office = Office::open(None);
    let id = office.paper();
    let page = format!("/gelen/{id}");
    let clerk = Browser::of(&office, "ayse");
    for typed in [
        "2026/1",
        "E-12345678-105.04-77",
        "RR123456789TR",
        "rr 123456789 tr",
    ] {
        let query = serde_html_form::to_string([("q", typed)]).unwrap();
        let answer = clerk.page(&format!("/bul?{query}")).await;
        assert_eq!(answer.location, page, "{typed}");
    }
    // Whoever may not see it is sent to their own letters, as for any unknown number.
    let stranger = Browser::of(&office, "ismail");
    let answer = stranger.page("/bul?q=2026%2F1").await;
    assert!(
        answer.location.starts_with("/sorgular/"),
        "{}",
        answer.location
    );
    // Of several with the number the list is shown.
    office.letter_on_paper("Kış hazırlıkları (ek)", None);
    let answer = clerk.page("/bul?q=E-12345678-105.04-77").await;
    assert!(
        answer.location.starts_with("/gelen?number="),
        "{}",
        answer.location
    );
}
