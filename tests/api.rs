//! The interface for programs: its description against the code, and one letter's whole way by it.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod townhall;

use std::collections::BTreeSet;
use std::path::Path;

use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use dys::access::{Actor, token};
use dys::dispatch::account::{self, AccountSettings, Binding};
use dys::signature::request;
use jiff::SignedDuration;
use serde_json::{Value, json};
use tower::ServiceExt as _;
use townhall::{NOON, Office};

const DESCRIPTION: &str = "/api/v1/openapi.json";

async fn answer(office: &Office, request: Request<Body>) -> (StatusCode, Value) {
    let answer = dys::web::router(office.app.clone())
        .oneshot(request)
        .await
        .unwrap();
    let (parts, body) = answer.into_parts();
    assert_eq!(parts.headers[header::CONTENT_TYPE], "application/json");
    let bytes = axum::body::to_bytes(body, 4 << 20).await.unwrap();
    (parts.status, serde_json::from_slice(&bytes).unwrap())
}

/// A program with a person's token.
struct Program<'a> {
    office: &'a Office,
    token: String,
}

impl<'a> Program<'a> {
    fn of(office: &'a Office, login: &str) -> Self {
        let token = office.run(login, |tx, act| token::issue(tx, act, "sınama"));
        Self {
            office,
            token: token.unwrap(),
        }
    }

    async fn get(&self, path: &str) -> (StatusCode, Value) {
        let request = Request::get(path)
            .header(header::AUTHORIZATION, format!("Bearer {}", self.token))
            .body(Body::empty());
        answer(self.office, request.unwrap()).await
    }

    async fn post(&self, path: &str, key: &str, body: &Value) -> (StatusCode, Value) {
        let request = Request::post(path)
            .header(header::AUTHORIZATION, format!("Bearer {}", self.token))
            .header("Idempotency-Key", key)
            .body(Body::from(body.to_string()));
        answer(self.office, request.unwrap()).await
    }

    /// A use case that must succeed.
    async fn done(&self, path: &str, key: &str, body: &Value) -> Value {
        let (status, answer) = self.post(path, key, body).await;
        assert!(status.is_success(), "{path}: {status} {answer}");
        answer
    }
}

/// `GET /api/v1/units` and so on, as the description tells them.
fn described(description: &Value) -> BTreeSet<(String, String)> {
    let mut found = BTreeSet::new();
    for (path, item) in description["paths"].as_object().unwrap() {
        let methods = item.as_object().unwrap().keys();
        for method in methods.filter(|key| *key != "parameters") {
            found.insert((method.to_uppercase(), path.clone()));
        }
    }
    found
}

/// The same as the code has them: axum lists no routes, so the sources are read.
fn routed() -> BTreeSet<(String, String)> {
    let folder =
        Path::new(&std::env::var("CARGO_MANIFEST_DIR").expect("run by cargo")).join("src/api");
    let mut found = BTreeSet::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|extension| extension != "rs") {
            continue;
        }
        let source = std::fs::read_to_string(path).unwrap();
        for route in source.split(".route(").skip(1) {
            let (address, rest) = route.split_once(',').unwrap();
            let handlers = rest.split(".route(").next().unwrap();
            let handlers = handlers
                .split_once('}')
                .map_or(handlers, |(first, _)| first);
            for method in ["get", "post", "put", "patch", "delete"] {
                if handlers.contains(&format!("{method}(")) {
                    let address = address.trim().trim_matches('"').to_owned();
                    found.insert((method.to_uppercase(), address));
                }
            }
        }
    }
    found
}

#[tokio::test]
async fn the_token_of_the_desks_program_opens_nothing_but_the_desks_routes() {
    let office = Office::open(None);
    let code = office.run("ali", request::pairing_code).unwrap();
    let paired = office.run("ali", move |tx, act| request::pair(tx, act, &code));
    let (token, name) = paired.unwrap().unwrap();
    assert_eq!(name, "Ali Şahin");
    let desk = Program {
        office: &office,
        token,
    };
    let (status, waiting) = desk.get("/imza-araci/v1/requests").await;
    assert_eq!(
        (status, &waiting["signer"]),
        (StatusCode::OK, &json!("Ali Şahin"))
    );
    let (_, description) = desk.get(DESCRIPTION).await;
    for (method, path) in described(&description) {
        if path == DESCRIPTION {
            continue;
        }
        let request = Request::builder()
            .method(&*method)
            .uri(&path)
            .header(header::AUTHORIZATION, format!("Bearer {}", desk.token));
        let (status, body) = answer(&office, request.body(Body::empty()).unwrap()).await;
        assert_eq!(status, StatusCode::UNAUTHORIZED, "{method} {path}");
        assert_eq!(body["error"]["code"], "jeton_gecersiz");
    }
    let program = Program::of(&office, "ali");
    let (status, answer) = program.get("/imza-araci/v1/requests").await;
    assert_eq!(status, StatusCode::UNAUTHORIZED, "{answer}");
}

#[tokio::test]
async fn the_description_names_every_route_and_each_of_them_asks_for_a_token() {
    let office = Office::open(None);
    let request = Request::get(DESCRIPTION).body(Body::empty()).unwrap();
    let (status, description) = answer(&office, request).await;
    assert_eq!(status, StatusCode::OK);
    assert_eq!(description["openapi"], "3.1.0");
    assert_eq!(description["info"]["version"], env!("CARGO_PKG_VERSION"));
    let described = described(&description);
    assert_eq!(described, routed());

    for (method, path) in described {
        if path == DESCRIPTION {
            continue;
        }
        let request = Request::builder().method(&*method).uri(&path);
        let (status, body) = answer(&office, request.body(Body::empty()).unwrap()).await;
        assert_eq!(status, StatusCode::UNAUTHORIZED, "{method} {path}");
        assert_eq!(body["error"]["code"], "jeton_gecersiz");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_letter_goes_from_nothing_to_posta_durumu_by_programs_alone() {
    let office = Office::open(None);
    bind_account(&office).await;
    let clerk = Program::of(&office, "ayse");
    let (manager, mayor) = (Program::of(&office, "mehmet"), Program::of(&office, "ali"));
    let new = json!({ "subject": "Meclis Kararı", "plan_code": "105.04", "text": "Metin." });
    let made = clerk.done("/api/v1/letters", "new", &new).await;
    let id = made["id"].as_str().unwrap();
    let at = |verb: &str| format!("/api/v1/letters/{id}/{verb}");

    let object = json!({ "kind": "physical", "title": "Proje maketi" });
    let added = clerk.done(&at("attachments"), "object", &object).await;
    let again = clerk.done(&at("attachments"), "object", &object).await;
    assert_eq!(
        added, again,
        "the same answer, whatever became of the letter"
    );
    let other = json!({ "kind": "physical", "title": "Başka bir şey" });
    let (status, refused) = clerk.post(&at("attachments"), "object", &other).await;
    assert_eq!(status, StatusCode::CONFLICT);
    assert_eq!(refused["error"]["code"], "anahtar_farkli");

    let person = |login: &str| office.people[login].user_id.clone();
    let steps = json!({ "steps": [
        { "kind": "initial", "user_id": person("mehmet") },
        { "kind": "signature", "user_id": person("ali") },
    ] });
    clerk.done(&at("chain"), "chain", &steps).await;
    let (_, found) = clerk.get("/api/v1/units?q=havsa+belediye").await;
    let units = json!({ "units": [found["units"][0]["id"]] });
    let listed = clerk.done(&at("recipients"), "units", &units).await;
    assert_eq!(listed["findings"], json!([]), "nothing stands in the way");
    assert_eq!(listed["attachments"].as_array().unwrap().len(), 1);

    let version = |answer: &Value| json!({ "version": answer["version"] });
    let sent = clerk.done(&at("submit"), "submit", &version(&listed)).await;
    let step = |name: &str, seen: &Value| json!({ "step": name, "version": seen["version"] });
    let initial = step("initial", &sent);
    let initialled = manager.done(&at("approve"), "initial", &initial).await;
    let prepare = step("prepare", &initialled);
    let prepared = mayor.done(&at("approve"), "prepare", &prepare).await;
    let mut complete = step("complete", &prepared);
    complete["hash"] = prepared["hash"].clone();
    complete["pin"] = json!("246810");
    let signed = mayor.done(&at("approve"), "complete", &complete).await;
    assert_eq!(signed["official_number"], prepared["official_number"]);

    let send = version(&signed);
    let first = clerk.done(&at("dispatch"), "send", &send).await;
    assert_eq!(first["messages"].as_array().unwrap().len(), 1);
    assert_eq!(clerk.done(&at("dispatch"), "send", &send).await, first);
    let (_, outgoing) = clerk.get("/api/v1/outgoing?recipient=havsa").await;
    let lines = outgoing["outgoing"].as_array().unwrap();
    assert_eq!(lines.len(), 1, "{outgoing}");
    assert_eq!(lines[0]["letter_id"], id);
    assert_eq!(lines[0]["delivery_status"], "KEP Dağıtımı Bekliyor");
}

#[tokio::test(flavor = "multi_thread")]
async fn every_post_takes_a_key_and_refuses_it_for_another_request() {
    let office = Office::open(None);
    let clerk = Program::of(&office, "ayse");
    let id = office.letter(&[("signature", "ali")]);
    let used = json!({ "kind": "physical", "title": "Maket" });
    let first = format!("/api/v1/letters/{id}/attachments");
    clerk.done(&first, "bir", &used).await;
    let version = json!({ "version": office.version(&id) });
    let bodies = [
        ("", json!({ "subject": "Başka" })),
        ("attachments", json!({ "kind": "physical", "title": "CD" })),
        ("chain", json!({ "steps": [] })),
        ("recipients", json!({ "units": [] })),
        ("submit", version.clone()),
        ("approve", json!({ "step": "initial", "version": 1 })),
        ("approve", json!({ "step": "prepare", "version": 1 })),
        (
            "approve",
            json!({ "step": "complete", "version": 1, "hash": "0" }),
        ),
        ("return", json!({ "version": 1, "reason": "Eksik" })),
        ("dispatch", version),
    ];
    for (verb, body) in bodies {
        let path = match verb {
            "" => "/api/v1/letters".to_owned(),
            verb => format!("/api/v1/letters/{id}/{verb}"),
        };
        let (status, refused) = clerk.post(&path, "bir", &body).await;
        assert_eq!(status, StatusCode::CONFLICT, "{path} {body}: {refused}");
        assert_eq!(refused["error"]["code"], "anahtar_farkli", "{path} {body}");
    }
    let request = Request::get(DESCRIPTION).body(Body::empty()).unwrap();
    let (_, description) = answer(&office, request).await;
    for (path, item) in description["paths"].as_object().unwrap() {
        let Some(post) = item.get("post") else {
            continue;
        };
        let parameters = post["parameters"].to_string() + &item["parameters"].to_string();
        assert!(parameters.contains("IdempotencyKey"), "{path}");
    }
}

/// Decision 17: an answer is kept for thirty days.
#[tokio::test]
async fn a_key_is_remembered_on_the_29th_day_and_forgotten_on_the_31st() {
    let office = Office::open(None);
    let clerk = Program::of(&office, "ayse");
    let new = json!({ "subject": "Anahtarlı yazı", "plan_code": "105.04", "text": "Metin." });
    let made = clerk.done("/api/v1/letters", "anahtar", &new).await;
    let days = |count: i64| NOON + SignedDuration::from_hours(24 * count);
    for day in [1, 29] {
        office.clock.set(days(day));
        let again = clerk.done("/api/v1/letters", "anahtar", &new).await;
        assert_eq!(again, made, "day {day}: the same answer, nothing made");
        let other = json!({ "subject": "Başka" });
        let (status, refused) = clerk.post("/api/v1/letters", "anahtar", &other).await;
        assert_eq!(status, StatusCode::CONFLICT, "day {day}: {refused}");
    }
    office.clock.set(days(31));
    let fresh = clerk.done("/api/v1/letters", "anahtar", &new).await;
    assert_ne!(fresh["id"], made["id"], "a request like any other");
    office.clock.set(days(32));
    let again = clerk.done("/api/v1/letters", "anahtar", &new).await;
    assert_eq!(again["id"], fresh["id"], "kept anew");
}

#[tokio::test]
async fn another_units_letter_is_not_there_whatever_is_asked_of_it() {
    let office = Office::open(None);
    let id = office.letter(&[("signature", "ali")]);
    let stranger = Program::of(&office, "ismail");
    let version = json!({ "version": office.version(&id) });
    let step = json!({ "step": "prepare", "version": 1 });
    let object = json!({ "kind": "physical", "title": "Ek" });
    let requests = [
        ("attachments", object),
        ("chain", json!({ "steps": [] })),
        ("recipients", json!({ "units": [office.havsa] })),
        ("submit", version.clone()),
        ("approve", step),
        ("return", json!({ "version": 1, "reason": "Eksik." })),
        ("dispatch", version),
    ];
    for (verb, body) in requests {
        let path = format!("/api/v1/letters/{id}/{verb}");
        let (status, refused) = stranger.post(&path, verb, &body).await;
        assert_eq!(status, StatusCode::NOT_FOUND, "{verb}: {refused}");
        assert_eq!(refused["error"]["code"], "evrak_yok", "{verb}");
    }
    let (status, _) = stranger.get(&format!("/api/v1/letters/{id}")).await;
    assert_eq!(status, StatusCode::NOT_FOUND);
    let (_, outgoing) = stranger.get("/api/v1/outgoing").await;
    assert_eq!(outgoing["outgoing"], json!([]));
}

/// An account of the clerk's unit; nothing is handed over while the letter is held.
async fn bind_account(office: &Office) {
    let binding = Binding {
        unit_id: office.writing.clone(),
        address: "kesanbelediyesi.edirne@hs99.kep.example".to_owned(),
        endpoint: "http://127.0.0.1:9/".to_owned(),
        national_id: "10000000146".to_owned(),
        password: "parola".to_owned(),
        passphrase: "sifre".to_owned(),
        settings: AccountSettings::default(),
    };
    let bound = account::bind(&office.app, &Actor::system(), binding).await;
    bound.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_incoming_document_goes_from_registry_to_closing_by_programs_alone() {
    let office = Office::open(None);
    let id = office.paper();
    let at = |verb: &str| format!("/api/v1/incoming/{id}/{verb}");
    let (manager, clerk) = (Program::of(&office, "mehmet"), Program::of(&office, "can"));
    let engineer = Program::of(&office, "ismail");
    let (_, found) = manager
        .get("/api/v1/incoming?q=k%C4%B1%C5%9F&state=registered")
        .await;
    assert_eq!(found["incoming"][0]["id"], json!(id), "{found}");
    let (status, refused) = manager.get("/api/v1/incoming?state=bitti").await;
    assert_eq!(status, StatusCode::BAD_REQUEST, "{refused}");
    let (status, _) = engineer.get(&format!("/api/v1/incoming/{id}")).await;
    assert_eq!(status, StatusCode::NOT_FOUND, "not referred to him yet");

    let (_, seen) = manager.get(&format!("/api/v1/incoming/{id}")).await;
    let person = |login: &str| office.people[login].user_id.clone();
    let order = json!({ "version": seen["version"], "due_date": "2026-11-30", "to": [
        { "person": person("ismail") },
        { "person": person("can"), "purpose": "information" },
    ] });
    let referred = manager.done(&at("refer"), "refer", &order).await;
    assert_eq!(referred["state"], "referred");
    assert_eq!(manager.done(&at("refer"), "refer", &order).await, referred);
    let (status, stale) = manager.post(&at("refer"), "again", &order).await;
    assert_eq!(status, StatusCode::CONFLICT);
    assert_eq!(stale["error"]["code"], "gelen_surum_eski");

    let (_, seen) = engineer.get(&format!("/api/v1/incoming/{id}")).await;
    let back =
        json!({ "version": seen["version"], "referral": seen["mine"], "reason": "İşim değil." });
    let returned = engineer.done(&at("return"), "return", &back).await;
    assert_eq!(returned["state"], "registered");
    let order = json!({ "version": returned["version"], "to": [{ "person": person("ismail") }] });
    manager.done(&at("refer"), "anew", &order).await;
    let (_, seen) = engineer.get(&format!("/api/v1/incoming/{id}")).await;
    let begun = engineer
        .done(&at("letter"), "letter", &json!({ "kind": "answer" }))
        .await;
    assert_eq!(begun["existed"], false, "{begun}");
    assert!(begun["missing"][0].as_str().is_some(), "{begun}");
    let done =
        json!({ "version": seen["version"], "referral": seen["mine"], "reason": "Yapıldı." });
    let done = engineer.done(&at("finish"), "finish", &done).await;
    assert_eq!(done["state"], "referred", "can has not read it");
    let (_, seen) = clerk.get(&format!("/api/v1/incoming/{id}")).await;
    let read = json!({ "version": seen["version"], "referral": seen["mine"] });
    let read = clerk.done(&at("finish"), "read", &read).await;
    assert_eq!(read["state"], "closed");
    let close = json!({ "version": read["version"], "reason": "Mükerrer kayıt." });
    let (status, refused) = manager.post(&at("close"), "close", &close).await;
    assert_eq!(status, StatusCode::CONFLICT);
    assert_eq!(refused["error"]["code"], "gelen_kapali");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_letters_of_a_document_are_named_only_to_those_who_may_see_them() {
    let office = Office::open(None);
    let id = office.paper();
    let path = format!("/api/v1/incoming/{id}");
    let both = ["ismail", "can"].map(|who| office.person(who));
    office.refer("mehmet", &id, 1, both.to_vec()).unwrap();
    let (engineer, clerk) = (Program::of(&office, "ismail"), Program::of(&office, "can"));
    let ask = json!({ "kind": "answer" });
    let mut own = Vec::new();
    for program in [&engineer, &clerk] {
        let begun = program.done(&format!("{path}/letter"), "own", &ask).await;
        own.push(begun["letter_id"].clone());
    }
    for (program, mine) in [(&engineer, &own[0]), (&clerk, &own[1])] {
        let (status, seen) = program.get(&path).await;
        assert_eq!(status, StatusCode::OK, "{seen}");
        let letters = seen["letters"].as_array().unwrap();
        let ids: Vec<&Value> = letters.iter().map(|it| &it["letter_id"]).collect();
        assert_eq!(ids.len(), 2, "{seen}");
        assert!(ids.contains(&mine) && ids.contains(&&Value::Null), "{seen}");
        for theirs in letters.iter().filter(|it| it["letter_id"].is_null()) {
            assert_eq!(theirs["official_number"], Value::Null);
            assert_eq!(theirs["state"], "draft");
        }
    }
}
