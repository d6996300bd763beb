//! Units and file codes over HTTP: for programs with a token, for people in the dialog.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use dys::access::user::{self, NewUser};
use dys::access::{Act, Actor, Role, session, token};
use dys::app::App;
use dys::config::{Config, Mode};
use dys::directory::import;
use dys::directory::seed::{self, Schools};
use dys::directory::{self, InstitutionKind};
use dys::error::Error;
use dys::fileplan;
use jiff::Timestamp;
use serde_json::Value;
use tempfile::TempDir;
use tower::ServiceExt as _;

struct Office {
    app: App,
    token: String,
    cookie: String,
    form_token: String,
    _folder: TempDir,
}

/// Keşan's municipality with one clerk, and the units around it.
fn office() -> Office {
    let folder = tempfile::tempdir().unwrap();
    let config = Config {
        data: folder.path().to_owned(),
        listen: "127.0.0.1:0".parse().unwrap(),
        public_url: "http://127.0.0.1".to_owned(),
        database: None,
        trusted_proxies: Vec::new(),
    };
    let app = App::open(config, Mode::Rehearsal).unwrap();
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
    import::write(&app.store, edirne, Timestamp::UNIX_EPOCH, |_| {}).unwrap();
    fileplan::fill(&app.store).unwrap();
    let (now, ids) = (app.now(), app.ids.clone());
    let (token, opened) = app
        .store
        .write_blocking(move |tx| {
            let kesan = directory::by_number(tx, "01039100")?.expect("Keşan");
            directory::mark_own(tx, &kesan.id)?;
            let system = Actor::system();
            let act = Act {
                actor: &system,
                now,
                ids: &*ids,
            };
            let new = NewUser {
                login: "ayse".to_owned(),
                full_name: "Ayşe Memur".to_owned(),
                title: "Memur".to_owned(),
                password_hash: String::new(),
                roles: vec![
                    (Role::Clerk, kesan.id.as_str().to_owned()),
                    (Role::Administrator, kesan.id.as_str().to_owned()),
                ],
                is_demo: true,
            };
            let id = user::add(tx, &act, &new)?;
            let clerk = user::actor(tx, &id)?;
            let act = Act {
                actor: &clerk,
                ..act
            };
            let account = user::by_login(tx, "ayse")?;
            let opened = session::open(tx, account.as_ref(), true, now, &*ids)??;
            Ok::<_, Error>((token::issue(tx, &act, "test")?, opened))
        })
        .unwrap();
    let session = {
        let presented = opened.token.clone();
        app.store
            .read_blocking(move |tx| session::load(tx, &presented, now))
            .unwrap()
    };
    Office {
        app,
        token,
        cookie: opened.token,
        form_token: session.unwrap().0.form_token,
        _folder: folder,
    }
}

impl Office {
    async fn get(&self, path: &str, with_token: bool) -> (StatusCode, String) {
        let mut request = Request::get(path);
        if with_token {
            request = request.header(header::AUTHORIZATION, format!("Bearer {}", self.token));
        } else {
            request = request.header(header::COOKIE, format!("dys_oturum={}", self.cookie));
        }
        let answer = dys::web::router(self.app.clone())
            .oneshot(request.body(Body::empty()).unwrap())
            .await
            .unwrap();
        let status = answer.status();
        let bytes = axum::body::to_bytes(answer.into_body(), 10_000_000)
            .await
            .unwrap();
        (status, String::from_utf8(bytes.to_vec()).unwrap())
    }

    async fn post(&self, path: &str, body: &str) -> (StatusCode, String) {
        let request = Request::post(path)
            .header(header::COOKIE, format!("dys_oturum={}", self.cookie))
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(Body::from(format!("_token={}&{body}", self.form_token)))
            .unwrap();
        let answer = dys::web::router(self.app.clone())
            .oneshot(request)
            .await
            .unwrap();
        let status = answer.status();
        let bytes = axum::body::to_bytes(answer.into_body(), 10_000_000)
            .await
            .unwrap();
        (status, String::from_utf8(bytes.to_vec()).unwrap())
    }

    async fn json(&self, path: &str) -> Value {
        let (status, body) = self.get(path, true).await;
        assert_eq!(status, StatusCode::OK, "{body}");
        serde_json::from_str(&body).unwrap()
    }
}

#[tokio::test]
async fn programs_find_units_and_codes() {
    let office = office();
    let found = office.json("/api/v1/units?q=havsa%20belediye").await;
    assert_eq!(found["complete"], true);
    assert_eq!(found["units"].as_array().unwrap().len(), 11);
    assert_eq!(
        found["units"][1]["kep_address"],
        "havsabelediyesi@hs01.kep.tr"
    );
    assert_eq!(found["units"][1]["depth"], 1);

    assert_eq!(
        office.json("/api/v1/units?q=h").await["message"],
        "En az iki harf yazın."
    );
    let own = office.json("/api/v1/units?q=ke%C5%9Fan&side=inside").await;
    assert_eq!(own["units"][0]["detsis_no"], "01039100");
    let one = office.json("/api/v1/units/01039100").await;
    assert_eq!(one["number_is_demo"], true);
    let (status, _) = office.get("/api/v1/units/12345678", true).await;
    assert_eq!(status, StatusCode::NOT_FOUND);
    let (status, _) = office.get("/api/v1/units?q=havsa", false).await;
    assert_eq!(status, StatusCode::UNAUTHORIZED);

    let codes = office.json("/api/v1/file-plan?q=105.04").await;
    assert_eq!(codes["codes"][0]["title"], "Meclis Kararları");
}

#[tokio::test]
async fn people_get_the_tree_and_the_codes_as_fragments() {
    let office = office();
    let (status, tree) = office
        .get("/birimler/agac?adi=havsa%20belediye", false)
        .await;
    assert_eq!(status, StatusCode::OK);
    assert!(tree.contains("11 kayıt bulundu."));
    assert!(
        tree.contains("role=\"tree\"")
            && tree.contains("role=\"group\"")
            && tree.contains("aria-level=\"2\"")
    );
    let (_, deep) = office
        .get("/birimler/agac?adi=edirne%20belediye", false)
        .await;
    for tree in [&tree, &deep] {
        assert_eq!(tree.matches("<ul").count(), tree.matches("</ul>").count());
        assert_eq!(tree.matches("<li").count(), tree.matches("</li>").count());
    }
    let (_, nothing) = office.get("/birimler/agac?adi=%3Cscript%3E", false).await;
    assert!(nothing.contains("Kayıt bulunamadı") && !nothing.contains("<script"));

    let (_, codes) = office
        .get("/dosya-plani/ara?dosya=meclis%20karar", false)
        .await;
    assert!(codes.contains("value=\"105.04\""), "{codes}");
    let (_, codes) = office.get("/dosya-plani/ara?dosya=000", false).await;
    assert!(codes.contains("seçilemez") && codes.contains("disabled"));
    let (_, empty) = office.get("/dosya-plani/ara", false).await;
    assert!(empty.contains("Kod ya da konu yazıp arayın"));
}

#[tokio::test]
async fn administration_reads_the_directory_page_by_page() {
    let office = office();
    let (status, first) = office.get("/yonetim/birimler", false).await;
    assert_eq!(status, StatusCode::OK);
    assert!(first.contains("HAVSA BELEDİYE BAŞKANLIĞI") && first.contains("örnek"));
    assert!(
        !first.contains("Daha fazla göster"),
        "Edirne has fewer than 50 institutions"
    );
    let (_, units) = office.get("/yonetim/birimler?kurum=01038800", false).await;
    assert!(
        units.contains("Etkin değil"),
        "the closed unit of Enez is shown here"
    );
    let (_, found) = office.get("/yonetim/birimler?adi=havsa", false).await;
    assert!(found.contains("11 kayıt bulundu."));
    let (status, _) = office.get("/yonetim/birimler?kurum=99999999", false).await;
    assert_eq!(status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_clerk_adds_a_company_and_keeps_what_was_typed_wrong() {
    let office = office();
    let body = "kind=company&name=Anka+%3Cb%3E&identifier=8760047465&kep_address=anka&source=antet";
    let (status, page) = office.post("/rehber-disi", body).await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(page.contains("Anka &#60;b&#62;") && page.contains("Vergi kimlik"));
    let body =
        "kind=company&name=Anka&identifier=8760047464&kep_address=anka@hs02.kep.tr&source=antet";
    let (status, _) = office.post("/rehber-disi", body).await;
    assert_eq!(status, StatusCode::SEE_OTHER);
    let (_, page) = office.get("/rehber-disi?adi=anka", false).await;
    assert!(page.contains("anka@hs02.kep.tr"));
}
