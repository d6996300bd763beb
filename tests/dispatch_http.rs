//! Sending and following a letter over HTTP: with a token, and in plain forms.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod office;

use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use dys::access::{Act, session, token};
use dys::store::testing::sqlite;
use office::Office;
use serde_json::{Value, json};
use tower::ServiceExt as _;

async fn answer(office: &Office, request: Request<Body>) -> (StatusCode, String) {
    let answer = dys::web::router(office.app.clone())
        .oneshot(request)
        .await
        .unwrap();
    let status = answer.status();
    let body = axum::body::to_bytes(answer.into_body(), 4 << 20)
        .await
        .unwrap();
    (status, String::from_utf8(body.to_vec()).unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_program_sends_once_and_reads_the_manuals_words() {
    for test in office::engines().await {
        let office = Office::on(test).await;
        let (now, actor) = (office.app.now(), office.clerk.clone());
        let token = office
            .app
            .store
            .write(move |tx| {
                let act = Act {
                    actor: &actor,
                    now,
                    ids: &dys::ids::SystemIds,
                };
                token::issue(tx, &act, "sınama")
            })
            .await
            .unwrap();
        let post = |address: String, key: &str, body: Value| {
            Request::post(address)
                .header(header::AUTHORIZATION, format!("Bearer {token}"))
                .header("Idempotency-Key", key)
                .body(Body::from(body.to_string()))
                .unwrap()
        };
        let draft = office.draft(&["havsa yazı"]).await;
        let enez = office.unit("enez yazı").await;
        let address = format!("/api/v1/letters/{draft}/recipients");
        let (status, body) = answer(&office, post(address, "a", json!({ "units": [enez] }))).await;
        assert_eq!(status, StatusCode::CREATED, "{body}");
        let body: Value = serde_json::from_str(&body).unwrap();
        assert_eq!(body["recipients"].as_array().unwrap().len(), 2);

        let (id, version) = office.signed(&["havsa yazı"]).await;
        let address = format!("/api/v1/letters/{id}/dispatch");
        let stale = json!({ "version": version - 1 });
        let (status, body) = answer(&office, post(address.clone(), "b", stale)).await;
        assert_eq!(status, StatusCode::CONFLICT, "{body}");
        assert!(body.contains("surum_eski"));
        let right = json!({ "version": version });
        let (status, first) = answer(&office, post(address.clone(), "c", right.clone())).await;
        assert_eq!(status, StatusCode::ACCEPTED, "{first}");
        let (status, again) = answer(&office, post(address.clone(), "c", right.clone())).await;
        assert_eq!((status, again), (StatusCode::ACCEPTED, first));
        let (status, body) = answer(&office, post(address, "d", right)).await;
        assert_eq!(status, StatusCode::CONFLICT, "{body}");

        office.pass(61);
        office.rounds(3, 10).await;
        let request = Request::get("/api/v1/outgoing?number=42&recipient=havsa")
            .header(header::AUTHORIZATION, format!("Bearer {token}"))
            .body(Body::empty())
            .unwrap();
        let (status, body) = answer(&office, request).await;
        assert_eq!(status, StatusCode::OK, "{body}");
        let body: Value = serde_json::from_str(&body).unwrap();
        let line = body["outgoing"][0]["delivery_status"].as_str().unwrap();
        assert!(
            line.starts_with("40 - Alıcı kullanıcının mesaj kutusuna bırakıldı. ("),
            "{line}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_plain_forms_confirm_send_stop_and_show_the_way() {
    for test in office::engines().await {
        let office = Office::on(test).await;
        let now = office.app.now();
        let login = office.clerk.user_id.clone();
        let opened = office
            .app
            .store
            .write(move |tx| {
                let account = dys::access::user::by_login(tx, "ayse")?;
                assert_eq!(account.as_ref().map(|account| &account.id), Some(&login));
                session::open(tx, account.as_ref(), true, now, &dys::ids::SystemIds)
            })
            .await
            .unwrap()
            .unwrap();
        let presented = opened.token.clone();
        let form_token = office
            .app
            .store
            .read(move |tx| session::load(tx, &presented, now))
            .await
            .unwrap()
            .expect("a session")
            .0
            .form_token;
        let cookie = format!("dys_oturum={}", opened.token);
        let get = |address: String| {
            Request::get(address)
                .header(header::COOKIE, &cookie)
                .body(Body::empty())
                .unwrap()
        };
        let post = |address: String, fields: &str| {
            Request::post(address)
                .header(header::COOKIE, &cookie)
                .header(header::HOST, "127.0.0.1")
                .header(header::ORIGIN, "http://127.0.0.1")
                .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
                .body(Body::from(format!("_token={form_token}&{fields}")))
                .unwrap()
        };

        let draft = office.draft(&["havsa yazı"]).await;
        let (_, list) = answer(&office, get(format!("/evrak/{draft}/dagitim"))).await;
        for words in [
            "Seçilecek Yer Türü",
            "DYS Dışı UETS Gönderim",
            "havsabelediyesi@hs01.kep.tr",
        ] {
            assert!(list.contains(words), "{words}");
        }
        let (_, found) = answer(&office, get(format!("/evrak/{draft}/birim-sec?adi=enez"))).await;
        assert!(found.contains("ENEZ BELEDİYE BAŞKANLIĞI"), "{found}");
        let enez = office.unit("enez yazı").await;
        let add = format!("action=add&type=external_kep&unit={enez}");
        let (status, body) = answer(&office, post(format!("/evrak/{draft}/dagitim"), &add)).await;
        assert_eq!(status, StatusCode::SEE_OTHER, "{body}");
        let (_, body) = answer(&office, post(format!("/evrak/{draft}/dagitim"), &add)).await;
        assert!(body.contains("listede zaten var"), "{body}");

        let (id, version) = office.signed(&["havsa yazı"]).await;
        let (_, confirm) = answer(&office, get(format!("/evrak/{id}/gonder"))).await;
        for words in [
            "havsabelediyesi@hs01.kep.tr",
            "KEP rehberi (127.0.0.1:",
            "“Prova rehberi: adres kayıtlı",
            "iptal edilemez",
            "Evrakı Gönder",
        ] {
            assert!(confirm.contains(words), "{words}");
        }
        let fields = format!("version={version}");
        let (status, body) = answer(&office, post(format!("/evrak/{id}/gonder"), &fields)).await;
        assert_eq!(status, StatusCode::SEE_OTHER, "{body}");
        let (_, way) = answer(&office, get(format!("/evrak/{id}/posta"))).await;
        assert!(
            way.contains("Gönderimi durdur") && way.contains("KEP Dağıtımı Bekliyor"),
            "{way}"
        );
        let (status, body) = answer(&office, post(format!("/evrak/{id}/durdur"), "")).await;
        assert_eq!(status, StatusCode::SEE_OTHER, "{body}");

        let sent = office.dispatched(&["havsa yazı"]).await;
        office.rounds(3, 10).await;
        let (_, way) = answer(&office, get(format!("/evrak/{sent}/posta"))).await;
        for words in ["Delili indir", "beklenti", "40 - Alıcı kullanıcının"] {
            assert!(way.contains(words), "{words}");
        }
        let (_, tracking) =
            answer(&office, get("/sorgular/birim-giden-evrak?number=42".into())).await;
        for words in [
            "EVR_GNL_2004",
            "[Kriterler]",
            "Posta Durumu",
            "40 - Alıcı kullanıcının",
        ] {
            assert!(tracking.contains(words), "{words}");
        }
        let (status, start) = answer(&office, get("/".into())).await;
        assert_eq!(status, StatusCode::OK);
        assert!(start.contains("Gönderilmeyi Bekleyenler"));
    }
}

/// What waits is seen at a glance; a long list goes on at its own page.
#[tokio::test(flavor = "multi_thread")]
async fn the_start_page_shows_the_first_of_each_list_and_where_the_rest_is() {
    let office = Office::on(sqlite()).await;
    for _ in 0..7 {
        office.signed(&["havsa yazı"]).await;
    }
    let (_, start) = office::page(&office, "ayse", "/").await;
    let row = "<a class=\"row\" href=\"/evrak/";
    assert_eq!(start.matches(row).count(), 6, "{start}");
    assert!(start.contains("<strong>7</strong>"), "{start}");
    assert!(
        start.contains("href=\"/is-listesi/gonderilmeyi-bekleyen\">Tümünü göster</a>"),
        "{start}"
    );
    let (_, all) = office::page(&office, "ayse", "/is-listesi/gonderilmeyi-bekleyen").await;
    assert_eq!(all.matches(row).count(), 7, "{all}");
}
