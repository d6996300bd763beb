//! HTML and scripts in every field that takes text: every page that shows them shows them as text.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod office;

use std::collections::BTreeSet;

use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use dys::access::{session, user};
use dys::app::App;
use dys::dispatch::send;
use dys::distribution::{DestinationType, list};
use dys::ids::SystemIds;
use dys::params;
use dys::store::testing::sqlite;
use dys::worklist::Kind as Work;
use kephs::misbehaviour::{Kind, NewRule};
use office::Office;
use tower::ServiceExt as _;

const HAVSA: &str = "havsa yazı";
const ENEZ: &str = "enez yazı";

/// What is typed into the field called `mark`: closes an attribute, then runs a script in two ways.
fn hostile(mark: &str) -> String {
    format!("\"'><script>{mark}()</script><img src=x onerror={mark}()>")
}

struct Answer {
    status: StatusCode,
    location: String,
    body: String,
}

/// A person at a browser who notes which of the marks came to sight.
struct Person<'a> {
    app: &'a App,
    cookie: String,
    form_token: String,
}

impl<'a> Person<'a> {
    async fn of(app: &'a App, login: &'static str) -> Self {
        let now = app.now();
        let opened = app
            .store
            .write(move |tx| {
                let account = user::by_login(tx, login)?;
                session::open(tx, account.as_ref(), true, now, &SystemIds)
            })
            .await
            .unwrap()
            .unwrap();
        let presented = opened.token.clone();
        let loaded = app
            .store
            .read(move |tx| session::load(tx, &presented, now))
            .await;
        Self {
            app,
            cookie: format!("dys_oturum={}", opened.token),
            form_token: loaded.unwrap().expect("a session").0.form_token,
        }
    }

    async fn send(&self, what: &str, request: Request<Body>) -> Answer {
        let answer = dys::web::router(self.app.clone())
            .oneshot(request)
            .await
            .unwrap();
        let (parts, body) = answer.into_parts();
        let bytes = axum::body::to_bytes(body, 16 << 20).await.unwrap();
        let body = String::from_utf8_lossy(&bytes).into_owned();
        // Our own scripts have an address and a closing bracket of their own: `<script src=…>`.
        for markup in ["<script>", "<img src=x"] {
            if let Some(at) = body.find(markup) {
                let around: String = body[at..].chars().take(120).collect();
                panic!("{what}: {around}");
            }
        }
        Answer {
            status: parts.status,
            location: parts
                .headers
                .get(header::LOCATION)
                .map_or_else(String::new, |to| to.to_str().unwrap().to_owned()),
            body,
        }
    }

    async fn page(&self, path: &str, seen: &mut BTreeSet<String>) -> String {
        let request = Request::get(path)
            .header(header::COOKIE, &self.cookie)
            .body(Body::empty())
            .unwrap();
        let answer = self.send(path, request).await;
        assert_eq!(answer.status, StatusCode::OK, "{path}: {}", answer.body);
        let marks = answer.body.split("script&#62;").skip(1);
        for mark in marks.filter_map(|rest| rest.split_once("()")) {
            seen.insert(mark.0.to_owned());
        }
        answer.body
    }

    /// A form whatever comes of it.
    async fn form(&self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let mut pairs = vec![("_token", self.form_token.as_str())];
        pairs.extend_from_slice(fields);
        let request = Request::post(path)
            .header(header::COOKIE, &self.cookie)
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .header(header::ACCEPT, "text/html")
            .body(Body::from(serde_html_form::to_string(pairs).unwrap()))
            .unwrap();
        self.send(path, request).await
    }

    /// A form that is taken; where it leads.
    async fn takes(&self, path: &str, fields: &[(&str, &str)]) -> String {
        let answer = self.form(path, fields).await;
        let given = (answer.status, fields);
        assert_eq!(
            given.0,
            StatusCode::SEE_OTHER,
            "{path} {given:?}: {}",
            answer.body
        );
        answer.location
    }

    /// A form with a file, in the order of the page.
    async fn uploads(&self, path: &str, fields: &[(&str, &str)], file: (&str, &[u8])) -> Answer {
        let mut body = Vec::new();
        for (name, value) in [("_token", self.form_token.as_str())].iter().chain(fields) {
            let part = format!(
                "--x\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n"
            );
            body.extend_from_slice(part.as_bytes());
        }
        let head = format!(
            "--x\r\nContent-Disposition: form-data; name=\"file\"; filename=\"{}\"\r\n\r\n",
            file.0
        );
        body.extend_from_slice(head.as_bytes());
        body.extend_from_slice(file.1);
        body.extend_from_slice(b"\r\n--x--\r\n");
        let request = Request::post(path)
            .header(header::COOKIE, &self.cookie)
            .header(header::CONTENT_TYPE, "multipart/form-data; boundary=x")
            .header(header::ACCEPT, "text/html")
            .body(Body::from(body))
            .unwrap();
        self.send(path, request).await
    }
}

/// The first thing between the two on a page.
fn between<'t>(text: &'t str, before: &str, after: &str) -> &'t str {
    let rest = text.split(before).nth(1).expect(before);
    rest.split(after).next().unwrap()
}

fn require(seen: &BTreeSet<String>, marks: &[&str]) {
    for mark in marks {
        assert!(seen.contains(*mark), "no page showed {mark}: {seen:?}");
    }
}

async fn office() -> Office {
    let office = Office::on(sqlite()).await;
    dys::fileplan::fill(&office.app.store).unwrap();
    office
}

#[tokio::test(flavor = "multi_thread")]
async fn a_draft_its_lists_and_its_plans_show_markup_as_text() {
    let office = office().await;
    let signer = office::signer(&office.app, &office.clerk).await;
    let ayse = Person::of(&office.app, "ayse").await;
    let ali = Person::of(&office.app, "ali").await;
    let seen = &mut BTreeSet::new();
    let own = office.clerk.home_unit().unwrap();
    let id = office.draft(&[HAVSA, ENEZ]).await;
    let letter = format!("/evrak/{id}");

    let version = office::submitted(&office.app, &office.clerk, &signer, &id).await;
    let (version, reason) = (version.to_string(), hostile("iade"));
    let fields = [("version", version.as_str()), ("reason", reason.as_str())];
    ali.takes(&format!("{letter}/iade"), &fields).await;

    let page = ayse.page(&letter, seen).await;
    let version = between(&page, "name=\"version\" value=\"", "\"").to_owned();
    let (subject, note, text) = (hostile("konu"), hostile("aciklama"), hostile("metin"));
    let fields = [
        ("version", version.as_str()),
        ("subject", subject.as_str()),
        ("note", note.as_str()),
        ("text", text.as_str()),
        ("plan_code", "105.04"),
    ];
    ayse.takes(&format!("{letter}/kaydet"), &fields).await;
    let lines = {
        let id = id.clone();
        let list = office
            .app
            .read(&office.clerk, move |tx, act| list::list(tx, act, &id));
        list.await.unwrap()
    };
    let written = format!("written:{}", lines[0].id);
    let (title, reference, physical) = (hostile("harici"), hostile("referans"), hostile("fiziki"));
    let (cited, chain, name) = (hostile("ilgi"), hostile("liste"), hostile("yazida"));
    let (plan, other_plan) = (hostile("plan"), hostile("yeniplan"));
    let (external, list_path) = (format!("{letter}/ekler/diger"), format!("{letter}/dagitim"));
    let (reference_path, chain_path) = (format!("{letter}/ilgi"), format!("{letter}/onay-listesi"));
    let forms: &[(&str, &[(&str, &str)])] = &[
        (
            &external,
            &[
                ("kind", "external"),
                ("title", &title),
                ("reference", &reference),
            ],
        ),
        (&external, &[("kind", "physical"), ("title", &physical)]),
        (&reference_path, &[("text", &cited)]),
        (&chain_path, &[("action", "save"), ("name", &chain)]),
        (&list_path, &[("action", &written), ("written", &name)]),
        (
            &list_path,
            &[("action", "save-plan"), ("name", &plan), ("owner", own)],
        ),
        (
            "/dagitim-planlari",
            &[("name", &other_plan), ("owner", own)],
        ),
    ];
    let mut plan_path = String::new();
    for (path, fields) in forms {
        plan_path = ayse.takes(path, fields).await;
    }
    let file = ("<img src=x onerror=dosya()>.txt", b"Metin.".as_slice());
    let answer = ayse.uploads(&format!("{letter}/ekler"), &[], file).await;
    assert!(answer.status.is_redirection(), "{}", answer.body);

    // What is refused is shown again as it was typed.
    let (first, party, source) = (hostile("gun"), hostile("kisi"), hostile("kaynak"));
    let deputy = [
        ("deputy", office.registry.user_id.as_str()),
        ("first", first.as_str()),
        ("last", first.as_str()),
    ];
    let refused = ali.form("/vekalet", &deputy).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(refused.body.contains("gun()"), "what was typed stays");
    let outside = [
        ("kind", "person"),
        ("name", party.as_str()),
        ("identifier", first.as_str()),
        ("source", source.as_str()),
    ];
    let refused = ayse.form("/rehber-disi", &outside).await;
    assert!(refused.body.contains("kisi()"), "{}", refused.body);

    let asked = serde_html_form::to_string([("q", hostile("arama"))]).unwrap();
    let by_name = asked.replacen("q=", "adi=", 1);
    for path in [
        letter.as_str(),
        &format!("{letter}/onizleme"),
        &format!("{letter}/gecmis"),
        &list_path,
        &format!("{letter}/birim-sec?{by_name}"),
        &format!("{reference_path}?{asked}"),
        "/evrak",
        "/evrak?durum=birim",
        "/dagitim-planlari",
        &plan_path,
        "/",
        "/is-listesi/iade",
    ] {
        ayse.page(path, seen).await;
    }
    require(
        seen,
        &[
            "iade", "konu", "aciklama", "harici", "referans", "fiziki", "ilgi", "liste", "yazida",
            "plan", "yeniplan", "arama",
        ],
    );
}

/// Signed and sent with a hostile subject; past its hold.
async fn sent(office: &Office, to: &'static str, mark: &str) -> String {
    let id = office.draft(&[to]).await;
    let (letter, subject, note) = (id.clone(), hostile(mark), hostile(&format!("not{mark}")));
    let (_, version) = office::sign(&office.app, &office.clerk, id.clone()).await;
    let sql = "UPDATE document SET subject = ?2, note = ?3 WHERE id = ?1";
    office
        .app
        .store
        .write(move |tx| tx.execute(sql, params![&letter, &subject, &note]))
        .await
        .unwrap();
    send::send(&office.app, &office.clerk, &id, version)
        .await
        .unwrap();
    office.pass(61);
    id
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_written_about_a_sent_letter_is_shown_as_text() {
    let office = office().await;
    let zeynep = Person::of(&office.app, "zeynep").await;
    let seen = &mut BTreeSet::new();

    // A reason on evidence that is not signed.
    office.misbehave(NewRule::always(Kind::EvidenceUnsigned));
    let decided = sent(&office, HAVSA, "kararli").await;
    office.rounds(3, 10).await;
    let page = zeynep.page(&format!("/evrak/{decided}/posta"), seen).await;
    let prefix = format!("/evrak/{decided}/delil/");
    let action = page
        .split(&format!("action=\"{prefix}"))
        .nth(1)
        .expect("a decision is asked for");
    let action = format!("{prefix}{}", action.split('"').next().unwrap());
    let reason = hostile("karar");
    zeynep
        .takes(&action, &[("answer", "say"), ("reason", &reason)])
        .await;
    office.provider.provider().behave_entirely().unwrap();

    // A talk about a letter that counts as read.
    let called = sent(&office, ENEZ, "aranan").await;
    office.rounds(2, 10).await;
    office.pass(25 * 3600);
    office.rounds(2, 10).await;
    // A day later one logs in again.
    let zeynep = Person::of(&office.app, "zeynep").await;
    let recipient = office.way(&called).await.recipient.id;
    let (whom, note) = (hostile("kiminle"), hostile("gorusme"));
    let fields = [
        ("with_whom", whom.as_str()),
        ("result", "taken_up"),
        ("note", note.as_str()),
    ];
    zeynep
        .page(&format!("/is-listesi/{}", Work::Contact.code()), seen)
        .await;
    zeynep
        .takes(&format!("/alici/{recipient}/gorusme"), &fields)
        .await;

    // Two refused letters: one is posted at once, the other is readdressed and listed first.
    let refuse = NewRule::always(Kind::Refuse).for_operation("Yukle");
    let told = hostile("saglayici");
    office.misbehave(NewRule {
        text: Some(told),
        ..refuse
    });
    let mut envelopes = Vec::new();
    for mark in ["birinci", "ikinci"] {
        let id = sent(&office, HAVSA, mark).await;
        office.round().await;
        let recipient = office.way(&id).await.recipient.id;
        let item = zeynep
            .takes(&format!("/kagit/alici/{recipient}"), &[])
            .await;
        envelopes.push((id, recipient, item));
    }
    zeynep
        .page(&format!("/is-listesi/{}", Work::Paper.code()), seen)
        .await;
    zeynep
        .page(&format!("/is-listesi/{}", Work::Failed.code()), seen)
        .await;
    let address = format!("{}\n22500 Havsa / Edirne", hostile("zarf"));
    let (addressee, why) = (hostile("muhatap"), hostile("zarfneden"));
    for (_, _, item) in &envelopes {
        let fields = [
            ("action", "address"),
            ("addressee", addressee.as_str()),
            ("address", address.as_str()),
            ("reason", why.as_str()),
        ];
        zeynep.takes(item, &fields).await;
    }
    let record = hostile("tutanak");
    let today = dys::clock::screen_date(office.app.now());
    let fields = [
        ("action", "post"),
        ("on", today.as_str()),
        ("handover_record", record.as_str()),
    ];
    let (first, _, item) = &envelopes[0];
    zeynep.takes(item, &fields).await;
    let listed = envelopes[1].2.trim_start_matches("/kagit/");
    let receiver = hostile("zimmetli");
    let fields = [
        ("kind", "custody"),
        ("item", listed),
        ("to_whom", receiver.as_str()),
    ];
    let book = zeynep.takes("/kagit/liste", &fields).await;

    let today_row = hostile("imzaci");
    let wet: Vec<(&str, String)> = ["subject", "addressee", "signer", "reason"]
        .into_iter()
        .map(|field| (field, hostile(&format!("islak{field}"))))
        .collect();
    let mut fields = vec![
        ("prefix", "Z"),
        ("unit", office.clerk.home_unit().unwrap()),
        ("dated", today.as_str()),
        ("plan_code", "105.04"),
        ("confidentiality", "none"),
        ("address", today_row.as_str()),
    ];
    fields.extend(wet.iter().map(|(name, value)| (*name, value.as_str())));
    zeynep.form("/kagit/islak-imza", &fields).await;
    fields[5].1 = address.as_str();
    zeynep.takes("/kagit/islak-imza", &fields).await;

    let mut paths = vec![
        "/".to_owned(),
        "/kagit".to_owned(),
        "/kagit/liste?ara=".to_owned(),
        "/kagit/islak-imza".to_owned(),
        "/sorgular/birim-giden-evrak".to_owned(),
        "/sorgular/sayi-defteri".to_owned(),
        "/gonderilmeyi-bekleyenler".to_owned(),
        book,
        format!("/kagit/bas/etiket?item={listed}"),
        format!("/kagit/bas/zarf?item={listed}"),
    ];
    for id in [&decided, &called, first, &envelopes[1].0] {
        for page in ["", "/posta", "/gecmis"] {
            paths.push(format!("/evrak/{id}{page}"));
        }
    }
    paths.extend(envelopes.iter().map(|(_, _, item)| item.clone()));
    paths.extend(Work::ALL.map(|kind| format!("/is-listesi/{}", kind.code())));
    for path in &paths {
        zeynep.page(path, seen).await;
    }
    require(
        seen,
        &[
            "kararli",
            "notaranan",
            "aranan",
            "birinci",
            "karar",
            "kiminle",
            "gorusme",
            "saglayici",
            "zarf",
            "muhatap",
            "zarfneden",
            "tutanak",
            "zimmetli",
            "islaksubject",
            "islakaddressee",
            "islaksigner",
        ],
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_letter_on_paper_and_its_reason_are_shown_as_text() {
    let office = office().await;
    let ayse = Person::of(&office.app, "ayse").await;
    let seen = &mut BTreeSet::new();
    let id = office.draft(&[]).await;
    let unit = office.unit(HAVSA).await;
    let letter = id.clone();
    let line = office
        .app
        .write(&office.clerk, move |tx, act| {
            list::add_units(tx, act, &letter, DestinationType::ExternalPaper, &[unit])?;
            Ok(list::list(tx, act, &letter)?.remove(0).id)
        })
        .await
        .unwrap();
    let (action, reason) = (format!("paper:{line}"), hostile("gerekce"));
    let address = format!("{}\n22500 Havsa / Edirne", hostile("adres"));
    let fields = [
        ("action", action.as_str()),
        ("address", address.as_str()),
        ("reason", reason.as_str()),
    ];
    ayse.takes(&format!("/evrak/{id}/dagitim"), &fields).await;
    ayse.page(&format!("/evrak/{id}/dagitim"), seen).await;
    let (_, version) = office::sign(&office.app, &office.clerk, id.clone()).await;
    for page in ["", "/gecmis", "/gonder"] {
        ayse.page(&format!("/evrak/{id}{page}"), seen).await;
    }
    send::send(&office.app, &office.clerk, &id, version)
        .await
        .unwrap();
    let item = office.way(&id).await.paper.expect("an envelope").id;
    for path in [
        format!("/evrak/{id}/posta"),
        format!("/kagit/{item}"),
        "/kagit".to_owned(),
    ] {
        ayse.page(&path, seen).await;
    }
    require(seen, &["adres", "gerekce"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_others_sent_and_what_is_noted_on_it_is_shown_as_text() {
    let office = office().await;
    let zeynep = Person::of(&office.app, "zeynep").await;
    let ayse = Person::of(&office.app, "ayse").await;
    let seen = &mut BTreeSet::new();
    let texts: Vec<(&str, String)> = ["sender", "their_number", "subject", "note", "place"]
        .into_iter()
        .map(|field| (field, hostile(&format!("gelen{field}"))))
        .collect();
    let mut fields = vec![
        ("unit", office.registry.home_unit().unwrap()),
        ("kind", "letter"),
        ("their_date", "20.11.2026"),
    ];
    fields.extend(texts.iter().map(|(name, value)| (*name, value.as_str())));
    let file = (
        "<img src=x onerror=tarama()>.pdf",
        b"%PDF-1.7\nx".as_slice(),
    );
    let registered = zeynep.uploads("/gelen/kayit", &fields, file).await;
    assert_eq!(
        registered.status,
        StatusCode::SEE_OTHER,
        "{}",
        registered.body
    );
    let path = registered.location;
    let version = |page: &str| between(page, "name=\"version\" value=\"", "\"").to_owned();

    let (to, note) = (
        format!("person:{}", office.clerk.user_id),
        hostile("havale"),
    );
    let now = version(&zeynep.page(&path, seen).await);
    let fields = [
        ("version", now.as_str()),
        ("to", to.as_str()),
        ("purpose", "action"),
        ("note", note.as_str()),
    ];
    zeynep.takes(&format!("{path}/havale"), &fields).await;
    let referred = format!("/is-listesi/{}", Work::Referred.code());
    for page in [path.as_str(), "/gelen", "/", &referred] {
        ayse.page(page, seen).await;
    }
    let page = ayse.page(&path, seen).await;
    let (now, reason) = (version(&page), hostile("havaleiade"));
    let referral = between(&page, &format!("action=\"{path}/havale/"), "\"").to_owned();
    let fields = [
        ("version", now.as_str()),
        ("action", "return"),
        ("reason", reason.as_str()),
    ];
    ayse.takes(&format!("{path}/havale/{referral}"), &fields)
        .await;
    let (now, reason) = (version(&zeynep.page(&path, seen).await), hostile("kapanis"));
    let fields = [("version", now.as_str()), ("reason", reason.as_str())];
    zeynep.takes(&format!("{path}/kapat"), &fields).await;
    for kind in Work::ALL {
        let path = format!("/is-listesi/{}", kind.code());
        zeynep.page(&path, seen).await;
    }
    for page in [path.as_str(), "/gelen", "/"] {
        zeynep.page(page, seen).await;
    }
    require(
        seen,
        &[
            "gelensender",
            "gelentheir_number",
            "gelensubject",
            "gelennote",
            "gelenplace",
            "havale",
            "havaleiade",
            "kapanis",
        ],
    );
}
