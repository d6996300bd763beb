//! The letter over HTTP: screens with a session, the API with a token, and bad input at both.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod townhall;

use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use dys::access::{session, token, user};
use dys::directory;
use dys::distribution::{DestinationType, list};
use dys::document::draft::{self, Changes};
use jiff::SignedDuration;
use serde_json::{Value, json};
use tower::ServiceExt as _;
use townhall::{Office, on_every_engine};

/// A person at a browser and at a program of theirs.
struct Seat<'a> {
    office: &'a Office,
    cookie: String,
    form_token: String,
    token: String,
}

struct Answer {
    status: StatusCode,
    headers: axum::http::HeaderMap,
    body: String,
}

impl Answer {
    fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap()
    }
}

impl<'a> Seat<'a> {
    fn of(office: &'a Office, login: &'static str) -> Self {
        let now = office.app.now();
        let ids = office.app.ids.clone();
        let (token, cookie) = office
            .run(login, move |tx, act| {
                let account = user::by_login(tx, login)?;
                let opened = session::open(tx, account.as_ref(), true, now, &*ids)??;
                Ok((token::issue(tx, act, "test")?, opened.token))
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
            form_token: loaded.unwrap().0.form_token,
            token,
        }
    }

    async fn send(&self, request: Request<Body>) -> Answer {
        let answer = dys::web::router(self.office.app.clone())
            .oneshot(request)
            .await
            .unwrap();
        let (parts, body) = answer.into_parts();
        let bytes = axum::body::to_bytes(body, 50_000_000).await.unwrap();
        Answer {
            status: parts.status,
            headers: parts.headers,
            body: String::from_utf8_lossy(&bytes).into_owned(),
        }
    }

    async fn page(&self, path: &str) -> Answer {
        let request = Request::get(path)
            .header(header::COOKIE, format!("dys_oturum={}", self.cookie))
            .body(Body::empty());
        self.send(request.unwrap()).await
    }

    async fn form(&self, path: &str, fields: &[(&str, &str)], accept: &str) -> Answer {
        let mut pairs = vec![("_token", self.form_token.as_str())];
        pairs.extend_from_slice(fields);
        let request = Request::post(path)
            .header(header::COOKIE, format!("dys_oturum={}", self.cookie))
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .header(header::ACCEPT, accept)
            .body(Body::from(serde_html_form::to_string(pairs).unwrap()));
        self.send(request.unwrap()).await
    }

    async fn upload(&self, path: &str, name: &str, bytes: &[u8], by_token: bool) -> Answer {
        let mut body = format!(
            "--x\r\nContent-Disposition: form-data; name=\"_token\"\r\n\r\n{}\r\n--x\r\n\
             Content-Disposition: form-data; name=\"file\"; filename=\"{name}\"\r\n\r\n",
            self.form_token
        )
        .into_bytes();
        body.extend_from_slice(bytes);
        body.extend_from_slice(b"\r\n--x--\r\n");
        let mut request = Request::post(path)
            .header(header::CONTENT_TYPE, "multipart/form-data; boundary=x")
            .header(header::ACCEPT, "application/json");
        request = if by_token {
            request.header(header::AUTHORIZATION, format!("Bearer {}", self.token))
        } else {
            request.header(header::COOKIE, format!("dys_oturum={}", self.cookie))
        };
        self.send(request.body(Body::from(body)).unwrap()).await
    }

    async fn api(&self, method: &str, path: &str, key: Option<&str>, body: &Value) -> Answer {
        let mut request = Request::builder()
            .method(method)
            .uri(path)
            .header(header::AUTHORIZATION, format!("Bearer {}", self.token));
        if let Some(key) = key {
            request = request.header("idempotency-key", key);
        }
        self.send(request.body(Body::from(body.to_string())).unwrap())
            .await
    }
}

const SCRIPT: &str = "<script>alert(1)</script>";

#[tokio::test]
async fn a_clerk_writes_a_letter_in_plain_forms_and_two_people_approve_it() {
    let office = Office::open(None);
    let (ayse, mehmet, ali) = (
        Seat::of(&office, "ayse"),
        Seat::of(&office, "mehmet"),
        Seat::of(&office, "ali"),
    );
    let id = office.letter(&[("initial", "mehmet"), ("signature", "ali")]);
    let address = format!("/evrak/{id}");
    let shown = ayse.page(&address).await;
    assert_eq!(shown.status, StatusCode::OK);
    for label in [
        "Dosya Seçimi (Desimal)",
        "Ek Listesi",
        "Onay Listesi",
        "Dağıtım Listesi Hazırla",
        "Onaya Sun",
        "İlgi",
    ] {
        assert!(shown.body.contains(label), "{label}");
    }

    let version = office.version(&id).to_string();
    let fields = [
        ("version", version.as_str()),
        ("subject", SCRIPT),
        ("note", SCRIPT),
        ("language", "eng"),
        ("text", SCRIPT),
    ];
    let saved = ayse
        .form(&format!("{address}/kaydet"), &fields, "text/html")
        .await;
    assert_eq!(saved.status, StatusCode::SEE_OTHER, "{}", saved.body);
    let page = ayse.page(&address).await;
    assert!(page.body.contains(r#"value="eng" selected"#), "Dil is kept");
    for path in [address.clone(), format!("{address}/onizleme")] {
        let page = ayse.page(&path).await;
        assert!(!page.body.contains("<script>alert"), "{path}");
        assert!(!page.body.contains("<svg"), "{path}");
    }
    let preview = ayse.page(&format!("{address}/onizleme")).await;
    let policy = preview.headers[header::CONTENT_SECURITY_POLICY]
        .to_str()
        .unwrap();
    assert!(policy.starts_with("sandbox; default-src 'none'"));
    assert!(preview.body.contains("data:image/svg+xml;base64,"));
    let unsaved = [
        ("version", "1"),
        ("subject", "Yeni konu"),
        ("text", "Yazılan"),
    ];
    let typed = ayse
        .form(&format!("{address}/onizleme"), &unsaved, "application/json")
        .await;
    let pages: serde_json::Value = serde_json::from_str(&typed.body).unwrap();
    let picture = pages["pages"][0].as_str().unwrap();
    assert!(picture.starts_with("data:image/svg+xml;base64,"));
    assert!(!ayse.page(&address).await.body.contains("Yeni konu"));

    let version = office.version(&id).to_string();
    let fields = [("version", version.as_str())];
    let sent = ayse
        .form(&format!("{address}/onaya-sun"), &fields, "text/html")
        .await;
    assert_eq!(sent.status, StatusCode::SEE_OTHER, "{}", sent.body);
    let turn = mehmet.page(&address).await;
    assert!(turn.body.contains("Parafınız bekleniyor"));
    assert!(mehmet.page("/onay").await.body.contains(&id));

    for (seat, verb) in [(&mehmet, "parafla"), (&ali, "imzala")] {
        let version = office.version(&id).to_string();
        let fields = [("version", version.as_str()), ("pin", "246810")];
        let done = seat
            .form(&format!("{address}/{verb}"), &fields, "text/html")
            .await;
        assert_eq!(done.status, StatusCode::SEE_OTHER, "{verb}: {}", done.body);
    }
    let signed = ayse.page(&address).await;
    assert!(signed.body.contains("İmzalandı") && signed.body.contains("E-"));
    let frozen = ayse.page(&format!("{address}/yazi")).await;
    assert_eq!(frozen.headers[header::CONTENT_TYPE], "application/pdf");
    let policy = frozen.headers[header::CONTENT_SECURITY_POLICY].to_str();
    assert!(policy.unwrap().starts_with("default-src 'none'"));
    assert!(
        ayse.page(&format!("{address}/gecmis"))
            .await
            .body
            .contains("Sayı alındı")
    );
}

#[tokio::test]
async fn what_was_typed_stays_whatever_goes_wrong() {
    let office = Office::open(None);
    let (ayse, ismail) = (Seat::of(&office, "ayse"), Seat::of(&office, "ismail"));
    let id = office.letter(&[("signature", "ali")]);
    let save = format!("/evrak/{id}/kaydet");
    let version = office.version(&id).to_string();
    let wrong = [
        ("version", version.as_str()),
        ("subject", "Yeni konu"),
        ("urgency", "dated"),
        ("due_date", "31.02."),
        ("plan_code", "105.0"),
    ];
    let answer = ayse.form(&save, &wrong, "text/html").await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    for kept in ["Yeni konu", "31.02.", "value=\"105.0\"", "gün.ay.yıl"] {
        assert!(answer.body.contains(kept), "{kept}");
    }
    assert_eq!(
        office.version(&id).to_string(),
        version,
        "nothing was saved"
    );

    // While one types, what can be saved is saved and the rest is told.
    let answer = ayse.form(&save, &wrong, "application/json").await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
    let told = answer.json();
    assert!(told["error"]["fields"]["plan_code"].is_string(), "{told}");
    assert!(
        ayse.page(&format!("/evrak/{id}"))
            .await
            .body
            .contains("Yeni konu")
    );

    let late = [("version", version.as_str()), ("subject", "Geç kalan konu")];
    let answer = ayse.form(&save, &late, "application/json").await;
    assert_eq!(answer.status, StatusCode::CONFLICT);
    assert!(
        answer.json()["current"]
            .as_str()
            .unwrap()
            .contains("Yeni konu")
    );
    let answer = ayse.form(&save, &late, "text/html").await;
    assert_eq!(answer.status, StatusCode::CONFLICT);
    assert!(answer.body.contains("Geç kalan konu") && answer.body.contains("Yeni konu"));

    for path in ["", "/gecmis", "/onizleme", "/yazi"] {
        let answer = ismail.page(&format!("/evrak/{id}{path}")).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{path}");
    }
    let answer = ismail.form(&save, &late, "text/html").await;
    assert_eq!(answer.status, StatusCode::NOT_FOUND);
    let forged = Request::post(&save)
        .header(header::COOKIE, format!("dys_oturum={}", ayse.cookie))
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
        .body(Body::from("version=1&subject=x"))
        .unwrap();
    assert_eq!(ayse.send(forged).await.status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn attachments_are_taken_or_refused_in_words() {
    let office = Office::open(None);
    let ayse = Seat::of(&office, "ayse");
    let id = office.letter(&[("signature", "ali")]);
    let path = format!("/evrak/{id}/ekler");
    let pdf = b"%PDF-1.7\nx".as_slice();
    let answer = ayse.upload(&path, "../../Çizelge.pdf", pdf, false).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
    let big = vec![b' '; 30_000_000];
    let table: &[(&str, &[u8], StatusCode, &str)] = &[
        (
            "kur.exe",
            b"MZ",
            StatusCode::UNPROCESSABLE_ENTITY,
            "ek_turu_yasak",
        ),
        (
            "r.pdf",
            b"MZ\x90\0",
            StatusCode::UNPROCESSABLE_ENTITY,
            "ek_turu_uyusmuyor",
        ),
        ("bos.pdf", b"", StatusCode::UNPROCESSABLE_ENTITY, "ek_bos"),
        ("buyuk.txt", &big, StatusCode::PAYLOAD_TOO_LARGE, "ek_buyuk"),
    ];
    for (name, bytes, status, code) in table {
        let answer = ayse.upload(&path, name, bytes, false).await;
        assert_eq!(answer.status, *status, "{name}: {}", answer.body);
        assert_eq!(answer.json()["error"]["code"], *code);
    }
    let api = format!("/api/v1/letters/{id}");
    let answer = ayse
        .upload(&format!("{api}/attachments"), "a.pdf", pdf, true)
        .await;
    assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.body);
    let letter = ayse.api("GET", &api, None, &Value::Null).await.json();
    let names: Vec<&str> = letter["attachments"]
        .as_array()
        .unwrap()
        .iter()
        .map(|line| line["file_name"].as_str().unwrap())
        .collect();
    assert_eq!(names, ["Çizelge.pdf", "a.pdf"]);
    let first = letter["attachments"][0]["id"].as_str().unwrap();
    let file = ayse.page(&format!("{path}/{first}")).await;
    assert_eq!(file.headers[header::X_CONTENT_TYPE_OPTIONS], "nosniff");
    let disposition = file.headers[header::CONTENT_DISPOSITION].to_str().unwrap();
    assert_eq!(disposition, "attachment; filename*=UTF-8''%C3%87izelge.pdf");
    assert_eq!(file.body.as_bytes(), pdf);
}

#[tokio::test]
async fn a_program_writes_a_letter_and_signs_it_in_two_halves() {
    let office = Office::open(None);
    let (ayse, ali) = (Seat::of(&office, "ayse"), Seat::of(&office, "ali"));
    let new = json!({ "subject": "Program yazısı", "plan_code": "105.04", "text": "Metin.",
        "references": ["01.02.2026 tarihli yazı."] });
    let made = ayse.api("POST", "/api/v1/letters", Some("k1"), &new).await;
    assert_eq!(made.status, StatusCode::CREATED, "{}", made.body);
    let again = ayse.api("POST", "/api/v1/letters", Some("k1"), &new).await;
    assert_eq!(again.json()["id"], made.json()["id"], "made once");
    let other = json!({ "subject": "Başka" });
    let clash = ayse
        .api("POST", "/api/v1/letters", Some("k1"), &other)
        .await;
    assert_eq!(clash.status, StatusCode::CONFLICT);
    let unknown = json!({ "konu": "x" });
    let refused = ayse.api("POST", "/api/v1/letters", None, &unknown).await;
    assert_eq!(refused.status, StatusCode::BAD_REQUEST);
    assert_eq!(refused.json()["error"]["code"], "json_gecersiz");

    let id = made.json()["id"].as_str().unwrap().to_owned();
    let at = |verb: &str| format!("/api/v1/letters/{id}/{verb}");
    let ali_id = office.people["ali"].user_id.clone();
    let steps = json!({ "steps": [{ "kind": "signature", "user_id": ali_id }] });
    let chained = ayse.api("POST", &at("chain"), None, &steps).await;
    assert_eq!(chained.status, StatusCode::OK, "{}", chained.body);
    let version = chained.json()["version"].clone();
    let body = json!({ "version": version });
    let early = ayse.api("POST", &at("submit"), None, &body).await;
    assert_eq!(
        early.json()["error"]["code"],
        "evrak_eksik",
        "{}",
        early.body
    );
    let (letter, havsa) = (id.clone(), office.havsa.clone());
    office
        .run("ayse", move |tx, act| {
            let kind = dys::distribution::DestinationType::ExternalKep;
            dys::distribution::list::add_units(tx, act, &letter, kind, &[havsa])
        })
        .unwrap();
    let body = json!({ "version": office.version(&id) });
    let sent = ayse.api("POST", &at("submit"), Some("k2"), &body).await;
    assert_eq!(sent.json()["state"], "in_approval", "{}", sent.body);

    let version = office.version(&id);
    let prepare = json!({ "step": "prepare", "version": version });
    let prepared = ali.api("POST", &at("approve"), None, &prepare).await.json();
    assert_eq!(prepared["hash"].as_str().unwrap().len(), 64, "{prepared}");
    let complete = json!({ "step": "complete", "version": prepared["version"],
        "hash": prepared["hash"], "pin": "246810" });
    for _ in 0..2 {
        let signed = ali.api("POST", &at("approve"), Some("k3"), &complete).await;
        assert_eq!(signed.json()["state"], "signed", "{}", signed.body);
    }
    let stranger = Seat::of(&office, "ismail");
    let hidden = stranger
        .api("GET", &format!("/api/v1/letters/{id}"), None, &Value::Null)
        .await;
    assert_eq!(hidden.status, StatusCode::NOT_FOUND);
}

/// Design part 5: reads of confidential letters stand in the log, once for each person and hour.
#[tokio::test(flavor = "multi_thread")]
async fn who_reads_a_confidential_letter_stands_in_the_log() {
    for office in tokio::task::spawn_blocking(on_every_engine).await.unwrap() {
        let (ayse, mehmet) = (Seat::of(&office, "ayse"), Seat::of(&office, "mehmet"));
        let plain = office.letter(&[("signature", "ali")]);
        let id = office.letter(&[("initial", "mehmet"), ("signature", "ali")]);
        let (letter, version) = (id.clone(), office.version(&id));
        office
            .run("ayse", move |tx, act| {
                let changes = Changes {
                    personal: Some(true),
                    ..Changes::default()
                };
                draft::save(tx, act, &letter, version, &changes)
            })
            .unwrap();
        let readers = |id: &str| {
            let id = id.to_owned();
            let log = office.run("ayse", move |tx, _| {
                Ok(dys::audit::entries_of(tx, "document", &id)?)
            });
            let mut readers: Vec<String> = Vec::new();
            for entry in log.unwrap() {
                if entry.action == "document.read" {
                    readers.push(entry.actor_name);
                }
            }
            readers
        };
        // The pages beside the editor hold what is not typed as well: a reading, of a writer.
        let preview = format!("/evrak/{id}/onizleme");
        let typed = [("version", "1")];
        for _ in 0..3 {
            let drawn = ayse.form(&preview, &typed, "application/json").await;
            assert_eq!(drawn.status, StatusCode::OK, "{}", drawn.body);
        }
        assert_eq!(readers(&id), ["Ayşe Yılmaz"], "once for all pages");
        let refused = mehmet.form(&preview, &typed, "application/json").await;
        assert_eq!(refused.status, StatusCode::FORBIDDEN, "{}", refused.body);
        assert_eq!(refused.json()["error"]["code"], "yetki_yok");
        for path in [format!("/evrak/{id}"), format!("/evrak/{id}/onizleme")] {
            assert_eq!(ayse.page(&path).await.status, StatusCode::OK);
        }
        ayse.page(&format!("/evrak/{plain}")).await;
        assert_eq!(readers(&id), ["Ayşe Yılmaz"], "{}", office.name);
        assert!(readers(&plain).is_empty(), "what is open to all is not");
        mehmet.page(&format!("/evrak/{id}/onizleme")).await;
        let json = format!("/api/v1/letters/{id}");
        let read = mehmet.api("GET", &json, None, &Value::Null).await;
        assert_eq!(read.status, StatusCode::OK);
        assert_eq!(readers(&id), ["Ayşe Yılmaz", "Mehmet Demir"]);
        let stranger = Seat::of(&office, "ismail");
        stranger.page(&format!("/evrak/{id}")).await;
        assert_eq!(readers(&id).len(), 2, "what is not shown is not read");
        office
            .clock
            .set(office.app.now() + SignedDuration::from_mins(61));
        mehmet.api("GET", &json, None, &Value::Null).await;
        assert_eq!(readers(&id)[2], "Mehmet Demir", "{}", office.name);
        let shown = ayse.page(&format!("/evrak/{id}/gecmis")).await;
        assert!(shown.body.contains("Gizlilik dereceli evrak okundu"));
    }
}

#[tokio::test]
async fn a_template_is_kept_in_forms_and_begins_letters_of_people_and_programs() {
    let office = Office::open(None);
    let (ayse, ismail) = (Seat::of(&office, "ayse"), Seat::of(&office, "ismail"));
    let new = ayse.page("/yazi-sablonlari").await;
    assert!(new.body.contains("Henüz şablon yok"), "{}", new.body);
    let unit = office.writing.clone();
    let fields = [("unit", unit.as_str()), ("name", "")];
    let refused = ayse.form("/yazi-sablonlari", &fields, "text/html").await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    let fields = [("unit", unit.as_str()), ("name", SCRIPT)];
    let made = ayse.form("/yazi-sablonlari", &fields, "text/html").await;
    assert_eq!(made.status, StatusCode::SEE_OTHER, "{}", made.body);
    let address = made.headers[header::LOCATION].to_str().unwrap().to_owned();
    let id = address.rsplit('/').next().unwrap();

    let wrong = [
        ("version", "1"),
        ("name", "Meclis gündemi"),
        ("subject", SCRIPT),
        ("plan_code", "999.99"),
        ("text", "Sayın üyeler"),
    ];
    let refused = ayse.form(&address, &wrong, "text/html").await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(refused.body.contains("Sayın üyeler") && refused.body.contains("999.99"));
    assert!(!refused.body.contains("<script>alert"));
    let right = [
        ("version", "1"),
        ("name", "Meclis gündemi"),
        ("subject", "Meclis Toplantısı"),
        ("plan_code", "105.04"),
        ("closing", "rica"),
        ("text", "Sayın üyeler"),
    ];
    let drawn = ayse
        .form(&format!("{address}/onizleme"), &right, "application/json")
        .await;
    let picture = drawn.json()["pages"][0].as_str().unwrap().to_owned();
    assert!(picture.starts_with("data:image/svg+xml;base64,"));
    let saved = ayse.form(&address, &right, "text/html").await;
    assert_eq!(saved.status, StatusCode::SEE_OTHER, "{}", saved.body);

    // Another unit sees neither the template nor its page, and cannot begin with it.
    assert_eq!(ismail.page(&address).await.status, StatusCode::NOT_FOUND);
    let works = office.people["ismail"].home_unit().unwrap();
    let fields = [("unit", works), ("template", id)];
    let stolen = ismail.form("/evrak", &fields, "text/html").await;
    assert_eq!(stolen.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(stolen.body.contains("Böyle bir yazı şablonu yok"));

    let choice = ayse.page("/evrak/yeni").await;
    assert!(choice.body.contains("Boş yazı") && choice.body.contains("Meclis gündemi"));
    let fields = [("unit", unit.as_str()), ("template", id)];
    let begun = ayse.form("/evrak", &fields, "text/html").await;
    assert_eq!(begun.status, StatusCode::SEE_OTHER, "{}", begun.body);
    let letter = begun.headers[header::LOCATION].to_str().unwrap().to_owned();
    let page = ayse.page(&letter).await.body;
    assert!(page.contains("Meclis Toplantısı") && page.contains("Sayın üyeler"));
    let fields = [("name", "Kopya")];
    let kept = ayse
        .form(&format!("{letter}/sablon"), &fields, "text/html")
        .await;
    assert_eq!(kept.status, StatusCode::SEE_OTHER);
    assert!(ayse.page("/yazi-sablonlari").await.body.contains("Kopya"));

    let told = ayse
        .api("GET", "/api/v1/templates", None, &Value::Null)
        .await
        .json();
    assert_eq!(told["templates"][1]["name"], "Meclis gündemi");
    assert_eq!(told["templates"][1]["id"], id);
    let body = json!({ "template": id, "subject": "Olağanüstü Toplantı" });
    let made = ayse
        .api("POST", "/api/v1/letters", Some("sablon-1"), &body)
        .await;
    assert_eq!(made.status, StatusCode::CREATED, "{}", made.body);
    assert_eq!(made.json()["subject"], "Olağanüstü Toplantı");
    assert_eq!(made.json()["text"], "Sayın üyeler");
    assert_eq!(made.json()["plan_code"], "105.04");
    let other = ismail
        .api("POST", "/api/v1/letters", Some("sablon-2"), &body)
        .await;
    assert_eq!(other.status, StatusCode::NOT_FOUND, "{}", other.body);
}

#[tokio::test]
async fn an_olurs_line_below_dagitim_can_be_written_and_a_letters_only_one_cannot() {
    let office = Office::open(None);
    let ayse = Seat::of(&office, "ayse");
    let id = office.letter(&[("signature", "ali")]);
    let address = format!("/evrak/{id}/dagitim");
    let field = "Yazıdaki adı";
    assert!(!ayse.page(&address).await.body.contains(field));
    office
        .run("ayse", move |tx, act| {
            let version = draft::open(tx, act, &id)?.version;
            let changes = Changes {
                kind: Some("consent".to_owned()),
                ..Changes::default()
            };
            draft::save(tx, act, &id, version, &changes)
        })
        .unwrap();
    assert!(ayse.page(&address).await.body.contains(field));
}

#[tokio::test]
async fn the_closing_that_is_proposed_counts_every_recipient() {
    let office = Office::open(None);
    let ayse = Seat::of(&office, "ayse");
    let id = office.letter(&[("signature", "ali")]);
    let letter = id.clone();
    office
        .run("ayse", move |tx, act| {
            let mut outside = Vec::new();
            for institution in directory::page(tx, None, None, 50)? {
                if !institution.is_own {
                    let units = directory::page(tx, Some(&institution.id), None, 50)?;
                    outside.extend(units.into_iter().map(|unit| unit.id.as_str().to_owned()));
                }
            }
            let known = list::list(tx, act, &letter)?.remove(0).unit_id;
            outside.retain(|unit| known.as_ref() != Some(unit));
            outside.truncate(list::PAGE);
            assert_eq!(outside.len(), list::PAGE, "a page of others");
            list::add_units(tx, act, &letter, DestinationType::ExternalPaper, &outside)
        })
        .unwrap();
    let address = format!("/evrak/{id}");
    assert!(
        ayse.page(&address)
            .await
            .body
            .contains("Alıcılara göre: Arz ederim.")
    );
    let works = office.run("ayse", |tx, _| {
        let own = directory::own_institution(tx)?.expect("an institution");
        let units = directory::page(tx, Some(&own.id), None, 500)?;
        let works = units
            .iter()
            .find(|unit| unit.name == "Fen İşleri Müdürlüğü");
        Ok(works.expect("Fen İşleri").id.as_str().to_owned())
    });
    let works = works.unwrap();
    office
        .run("ayse", move |tx, act| {
            list::add_units(tx, act, &id, DestinationType::InternalUnit, &[works])
        })
        .unwrap();
    let page = ayse.page(&address).await.body;
    assert!(page.contains("Alıcılara göre: Arz ve rica ederim."));
}
