//! An administrator chooses what the office's letters look like; letters follow, frozen ones stay.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod pdf;
mod townhall;

use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use dys::access::{Role, session, user};
use dys::approval::{act as steps, sign};
use dys::document::attach::{self, New};
use dys::document::draft;
use dys::params;
use dys::signature::rehearsal;
use tower::ServiceExt as _;
use townhall::Office;

const LOGO: &str = r##"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9"><path fill="#a00" d="M0 0h9v9z"/></svg>"##;

/// Somebody at a browser.
struct Seat<'a> {
    office: &'a Office,
    cookie: String,
    form_token: String,
}

impl<'a> Seat<'a> {
    fn of(office: &'a Office, login: &'static str) -> Self {
        let now = office.app.now();
        let ids = office.app.ids.clone();
        let cookie = office
            .run("ali", move |tx, _| {
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
        let form_token = loaded.unwrap().0.form_token;
        Self {
            office,
            cookie,
            form_token,
        }
    }

    async fn send(
        &self,
        request: axum::http::request::Builder,
        body: Vec<u8>,
    ) -> (StatusCode, String) {
        let request = request
            .header(header::COOKIE, format!("dys_oturum={}", self.cookie))
            .body(Body::from(body))
            .unwrap();
        let answer = dys::web::router(self.office.app.clone())
            .oneshot(request)
            .await
            .unwrap();
        let status = answer.status();
        let bytes = axum::body::to_bytes(answer.into_body(), 50_000_000).await;
        (
            status,
            String::from_utf8_lossy(&bytes.unwrap()).into_owned(),
        )
    }

    async fn page(&self, path: &str) -> (StatusCode, String) {
        self.send(Request::get(path), Vec::new()).await
    }

    async fn form(&self, path: &str, fields: &[(&str, &str)]) -> (StatusCode, String) {
        let mut pairs = vec![("_token", self.form_token.as_str())];
        pairs.extend_from_slice(fields);
        let request =
            Request::post(path).header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        self.send(
            request,
            serde_html_form::to_string(pairs).unwrap().into_bytes(),
        )
        .await
    }

    async fn file(&self, path: &str, place: &str, bytes: &[u8]) -> (StatusCode, String) {
        let mut body = format!(
            "--x\r\nContent-Disposition: form-data; name=\"_token\"\r\n\r\n{}\r\n--x\r\n\
             Content-Disposition: form-data; name=\"{place}\"; filename=\"a\"\r\n\r\n",
            self.form_token
        )
        .into_bytes();
        body.extend_from_slice(bytes);
        body.extend_from_slice(b"\r\n--x--\r\n");
        let request =
            Request::post(path).header(header::CONTENT_TYPE, "multipart/form-data; boundary=x");
        self.send(request, body).await
    }
}

/// Ayşe's letter, signed by Ali, as a reader sees it.
async fn signed_text(office: &Office) -> Option<String> {
    let id = office.letter(&[("signature", "ali")]);
    let (letter, version) = (id.clone(), office.version(&id));
    office
        .run("ayse", move |tx, act| {
            steps::submit(tx, act, &letter, version)
        })
        .unwrap();
    let version = office.version(&id);
    let ready = sign::prepare(&office.app, &office.people["ali"], &id, version)
        .await
        .unwrap();
    let bytes = office.app.blobs.get(&ready.hash).await.unwrap();
    // The log says which standard held.
    let letter = id.clone();
    let frozen: String = office
        .run("ali", move |tx, _| {
            Ok(tx.scalar(
                "SELECT detail FROM audit_entry WHERE action = 'document.freeze' AND object_id = ?1",
                params![letter],
            )?)
        })
        .unwrap();
    assert!(frozen.contains("\"standard\":\"PDF/A-2a\""), "{frozen}");
    let signed = rehearsal::sign(
        &office.app,
        &office.people["ali"],
        &ready.content,
        rehearsal::PIN,
    )
    .await
    .unwrap();
    let letter = id.clone();
    office
        .run("ali", move |tx, act| {
            sign::complete(tx, act, &letter, ready.version, &signed)?;
            draft::open(tx, act, &letter)
        })
        .unwrap();
    pdf::text(&bytes)
}

/// Ali administers the office as well.
fn make_administrator(office: &Office) -> String {
    office
        .run("ali", |tx, act| {
            let own = dys::directory::own_institution(tx)?.expect("an institution");
            let account = user::by_login(tx, "ali")?.expect("ali");
            let system = dys::access::Actor::system();
            let act = dys::access::Act {
                actor: &system,
                ..*act
            };
            user::grant(tx, &act, &account.id, Role::Administrator, own.id.as_str())?;
            Ok(own.id.as_str().to_owned())
        })
        .unwrap()
}

fn choice<'a>(version: &'a str, header: &'a str) -> [(&'a str, &'a str); 6] {
    [
        ("version", version),
        ("header", header),
        ("contact", "Cumhuriyet Meydanı No: 1 {ilçe}"),
        ("person", "Bilgi için: {hazırlayan}, {unvan}"),
        ("verification", "Kod {kod}, adres {adres}"),
        ("size", "11"),
    ]
}

#[tokio::test]
async fn letters_follow_the_letterhead_that_an_administrator_chose() {
    let office = Office::open(None);
    let before = signed_text(&office).await;
    let own = make_administrator(&office);
    let (ali, ayse) = (Seat::of(&office, "ali"), Seat::of(&office, "ayse"));
    let address = format!("/yonetim/antet/{own}");

    for path in ["/yonetim/antet", &address] {
        assert_eq!(ayse.page(path).await.0, StatusCode::FORBIDDEN, "{path}");
        assert_eq!(ali.page(path).await.0, StatusCode::OK, "{path}");
    }
    let header = "T.C.\nEDİRNE VALİLİĞİ\n{KURUM}\n{birim}";
    let refused = ayse.form(&address, &choice("0", header)).await;
    assert_eq!(refused.0, StatusCode::FORBIDDEN);
    let refused = ayse
        .file(&format!("{address}/dosya"), "left_logo", LOGO.as_bytes())
        .await;
    assert_eq!(refused.0, StatusCode::FORBIDDEN);

    let shown = ali
        .form(&format!("{address}/onizleme"), &choice("0", header))
        .await;
    assert!(
        shown.0 == StatusCode::OK && shown.1.contains("data:image/svg+xml;base64,"),
        "{}",
        shown.1
    );
    let saved = ali.form(&address, &choice("0", header)).await;
    assert_eq!(saved.0, StatusCode::SEE_OTHER, "{}", saved.1);
    let stale = ali.form(&address, &choice("0", "T.C.")).await;
    assert_eq!(stale.0, StatusCode::CONFLICT);
    let mut without = choice("1", header);
    without[4].1 = "Bu belge imzalıdır.";
    let refused = ali.form(&address, &without).await;
    assert!(refused.0 == StatusCode::UNPROCESSABLE_ENTITY && refused.1.contains("{kod}"));
    let taken = ali
        .file(&format!("{address}/dosya"), "right_logo", LOGO.as_bytes())
        .await;
    assert_eq!(taken.0, StatusCode::SEE_OTHER, "{}", taken.1);

    let after = signed_text(&office).await;
    if let (Some(before), Some(after)) = (before, after) {
        assert!(
            before.contains("KEŞAN BELEDİYE BAŞKANLIĞI") && !before.contains("EDİRNE VALİLİĞİ")
        );
        // Where nothing was chosen: the surname in capitals, the title below (article 24).
        for part in ["Bilgi için: Ayşe YILMAZ", "Keşan / Edirne", "Memur"] {
            assert!(before.contains(part), "{part}: {before}");
        }
        for part in [
            "EDİRNE VALİLİĞİ KEŞAN BELEDİYE BAŞKANLIĞI",
            "Cumhuriyet Meydanı No: 1 Keşan",
            "Bilgi için: Ayşe YILMAZ, Memur",
            "Kod ",
        ] {
            assert!(after.contains(part), "{part}: {after}");
        }
    }
}

#[tokio::test]
async fn files_that_are_no_logo_and_no_font_are_refused_in_words() {
    let office = Office::open(None);
    let own = make_administrator(&office);
    let ali = Seat::of(&office, "ali");
    let files = format!("/yonetim/antet/{own}/dosya");
    let script = LOGO.replace("<path", "<script>alert(1)</script><path");
    for (place, bytes, words) in [
        ("left_logo", script.as_bytes(), "Logo alınmadı"),
        (
            "left_logo",
            b"GIF89a".as_slice(),
            "PNG, JPEG ya da SVG değil",
        ),
        (
            "right_logo",
            b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x05\0\0\0\x05".as_slice(),
            "Kaydedilmedi",
        ),
        ("font", b"not a font".as_slice(), "Yazı tipi alınmadı"),
    ] {
        let answer = ali.file(&files, place, bytes).await;
        assert_eq!(answer.0, StatusCode::UNPROCESSABLE_ENTITY, "{place}");
        assert!(answer.1.contains(words), "{words}: {}", answer.1);
    }
    let face = include_bytes!("../assets/dist/fonts/serif-regular.ttf");
    let taken = ali.file(&files, "font", face).await;
    assert_eq!(taken.0, StatusCode::SEE_OTHER, "{}", taken.1);
    let (status, page) = ali.page(&format!("/yonetim/antet/{own}")).await;
    assert!(status == StatusCode::OK && page.contains("Kaldır: Yazı tipi"));
    assert!(
        signed_text(&office)
            .await
            .is_none_or(|text| text.contains("HAVSA"))
    );

    // The uploaded font is asked at Onaya Sun, not when the mayor signs.
    let id = office.letter(&[("signature", "ali")]);
    let letter = id.clone();
    office
        .run("ayse", move |tx, act| {
            let title = "Fotoğraflar 😀".to_owned();
            attach::add(tx, act, &letter, New::Physical { title })
        })
        .unwrap();
    let ayse = Seat::of(&office, "ayse");
    let version = office.version(&id).to_string();
    let path = format!("/evrak/{id}/onaya-sun");
    let refused = ayse.form(&path, &[("version", &version)]).await;
    assert_eq!(refused.0, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(refused.1.contains("Yazı tipinde olmayan"), "{}", refused.1);
}
