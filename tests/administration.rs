//! Administration as its people live it: users and passwords, deputies, tokens, settings, numbers, accounts.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod desk;
mod townhall;

use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use desk::{Browser, PASSWORD, between, office};
use dys::access::password;
use dys::approval::{act as steps, sign};
use dys::dispatch::account;
use dys::ids::SystemIds;
use dys::setting;
use jiff::SignedDuration;
use tower::ServiceExt as _;
use townhall::{NOON, Office};

#[tokio::test]
async fn a_new_person_changes_the_first_password_and_a_closed_account_is_out_at_once() {
    let office = office();
    let admin = Browser::of(&office, "yonetici", PASSWORD, 1).await;
    let users = "/yonetim/kullanicilar";
    let new = format!("{users}/yeni");
    let mut fields = [
        ("full_name", "Elif Kara"),
        ("title", "Memur"),
        ("login", "elif kara"),
        ("role", "clerk"),
        ("unit", office.writing.as_str()),
    ];
    let refused = admin.form(&new, users, &fields).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(refused.body.contains("Kullanıcı adı 3-64 karakter"));
    assert!(refused.body.contains("value=\"Elif Kara\""), "typed stays");
    fields[2].1 = "elif";
    fields[4].1 = &office.havsa;
    let refused = admin.form(&new, users, &fields).await;
    assert!(refused.body.contains("yalnızca kurumunuzun birimleri"));
    fields[4].1 = &office.writing;
    let made = admin.form(&new, users, &fields).await;
    assert_eq!(made.status, StatusCode::OK, "{}", made.body);
    let first = between(&made.body, "<code>", "</code>").to_owned();
    assert_eq!(first.len(), 19);
    let listed = admin.page(&format!("{users}?q=KARA+elif")).await;
    assert!(listed.contains("Elif Kara") && !listed.contains("Ali Şahin"));
    let id = between(&listed, "class=\"row\" href=\"/yonetim/kullanicilar/", "\"").to_owned();
    let own = format!("{users}/{id}");
    assert!(!admin.page(&own).await.contains(&first), "shown once");

    let elif = Browser::of(&office, "elif", &first, 2).await;
    for closed in ["/", "/evrak/yeni", "/api-anahtarlari"] {
        assert_eq!(elif.get(closed).await.goes_to(), "/parola", "{closed}");
    }
    fn change<'t>(old: &'t str, new: &'t str) -> [(&'static str, &'t str); 3] {
        [("old", old), ("new", new), ("again", new)]
    }
    let same = elif
        .form("/parola", "/parola", &change(&first, &first))
        .await;
    assert!(same.body.contains("eskisiyle aynı"));
    let changed = elif
        .form("/parola", "/parola", &change(&first, PASSWORD))
        .await;
    assert_eq!(changed.goes_to(), "/");
    assert!(elif.page("/").await.contains("Parolanız değişti"));
    assert!(!elif.page("/").await.contains("Parolanız değişti"), "once");
    assert_eq!(elif.get("/yonetim/kullanicilar").await.status, 403);

    let role = format!("{own}/rol");
    let give = [("role", "registry"), ("unit", office.writing.as_str())];
    let given = admin
        .form(&own, &role, &[give[0], give[1], ("action", "add")])
        .await;
    assert_eq!(given.goes_to(), own);
    assert!(admin.page(&own).await.contains("Evrak Kayıt Sorumlusu"));
    let foreign = [("role", "registry"), ("unit", office.havsa.as_str())];
    let forged = admin
        .form(&own, &role, &[foreign[0], foreign[1], ("action", "add")])
        .await;
    assert_eq!(forged.status, StatusCode::UNPROCESSABLE_ENTITY);
    admin
        .form(&own, &role, &[give[0], give[1], ("action", "remove")])
        .await;
    let roles = admin.page(&own).await;
    assert_eq!(roles.matches("Evrak Kayıt Sorumlusu").count(), 1, "to give");
    let script = "<script>alert(1)</script>";
    let details = [("full_name", script), ("title", "\"><img src=x>")];
    admin.form(&own, &own, &details).await;
    for page in [own.as_str(), users] {
        let shown = admin.page(page).await;
        assert!(
            shown.contains("alert(1)") && !shown.contains(script),
            "{page}"
        );
        assert!(!shown.contains("<img"), "{page}");
    }
    let details = [("full_name", "Elif Kara Demir"), ("title", "Şef")];
    admin.form(&own, &own, &details).await;
    assert!(admin.page(users).await.contains("Elif Kara Demir"));

    let reset = admin.form(&own, &format!("{own}/parola"), &[]).await;
    let second = between(&reset.body, "<code>", "</code>").to_owned();
    assert_ne!(first, second);
    assert_eq!(elif.get("/").await.goes_to(), "/giris", "the session ended");
    elif.log_in("elif", &second).await;
    assert_eq!(elif.get("/").await.goes_to(), "/parola");
    let closed = admin
        .form(&own, &format!("{own}/durum"), &[("active", "0")])
        .await;
    assert_eq!(closed.goes_to(), own);
    assert_eq!(elif.get("/parola").await.goes_to(), "/giris");
    let out = elif.log_in("elif", &second).await;
    assert_eq!(out.status, StatusCode::UNPROCESSABLE_ENTITY);

    let listed = admin.page(&format!("{users}?q=yonetici")).await;
    let self_id = between(&listed, "class=\"row\" href=\"/yonetim/kullanicilar/", "\"");
    let me = format!("{users}/{self_id}");
    let path = format!("{me}/durum");
    let kept = admin.form(&me, &path, &[("active", "0")]).await;
    assert!(kept.body.contains("Kendi hesabınızı kapatamazsınız"));
    assert_eq!(
        office.app.store.read_blocking(dys::audit::verify).unwrap(),
        None
    );
}

#[tokio::test]
async fn a_changed_password_ends_the_other_sessions_and_the_tokens_unless_they_are_kept() {
    let office = office();
    let (here, there) = (
        Browser::of(&office, "ayse", PASSWORD, 3).await,
        Browser::of(&office, "ayse", PASSWORD, 4).await,
    );
    let page = "/api-anahtarlari";
    let issue = [("name", "Arşiv programı")];
    let issued = here.form(page, page, &issue).await;
    let token = between(&issued.body, "<code>", "</code>").to_owned();
    assert!(!here.page(page).await.contains(&token), "shown once");
    let question = "/api/v1/units?q=havsa";
    let program = Browser::new(&office, 5);
    assert_eq!(program.with_token(&token, question).await.status, 200);

    let mut change = vec![("old", PASSWORD), ("new", "birinci yeni parola")];
    change.push(("again", "birinci yeni parol"));
    let differ = here.form("/parola", "/parola", &change).await;
    assert!(differ.body.contains("birbirini tutmuyor"));
    change[2].1 = "birinci yeni parola";
    change.push(("keep_tokens", "1"));
    here.form("/parola", "/parola", &change).await;
    let start = here.page("/").await;
    assert!(
        start.contains("öteki oturumlarınız kapandı.</p>"),
        "{start}"
    );
    assert_eq!(there.get("/").await.goes_to(), "/giris");
    assert_eq!(program.with_token(&token, question).await.status, 200);

    let change = [
        ("old", "birinci yeni parola"),
        ("new", "ikinci yeni parola"),
        ("again", "ikinci yeni parola"),
    ];
    here.form("/parola", "/parola", &change).await;
    assert!(
        here.page("/")
            .await
            .contains("1 API anahtarınız iptal edildi")
    );
    assert_eq!(program.with_token(&token, question).await.status, 401);

    let again = here.form(page, page, &issue).await;
    let token = between(&again.body, "<code>", "</code>").to_owned();
    let id = between(&again.body, "name=\"id\" value=\"", "\"").to_owned();
    let revoke = format!("{page}/iptal");
    here.form(page, &revoke, &[("id", &id)]).await;
    assert_eq!(program.with_token(&token, question).await.status, 401);
    let twice = here.form(page, &revoke, &[("id", &id)]).await;
    assert_eq!(twice.status, StatusCode::NOT_FOUND);
    let nameless = here.form(page, page, &[("name", " ")]).await;
    assert_eq!(nameless.status, StatusCode::UNPROCESSABLE_ENTITY);

    let wrong = [("old", "yanlış"), ("new", PASSWORD), ("again", PASSWORD)];
    for _ in 0..5 {
        let refused = here.form("/parola", "/parola", &wrong).await;
        assert!(refused.body.contains("Eski parola yanlış"));
    }
    let resting = here.form("/parola", "/parola", &wrong).await;
    assert!(resting.body.contains("Art arda yanlış parola"), "counted");
    let guess = there.log_in("ayse", "ikinci yeni parola").await;
    assert_eq!(guess.status, StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(guess.headers[header::RETRY_AFTER], "301");
    office.clock.set(NOON + SignedDuration::from_mins(6));
    let later = there.log_in("ayse", "ikinci yeni parola").await;
    assert_eq!(later.goes_to(), "/");
}

#[tokio::test]
async fn somebody_acts_for_an_absent_colleague_until_it_is_ended() {
    let office = office();
    let hash = password::hash(PASSWORD, &SystemIds).unwrap();
    office
        .run("ali", move |tx, _| {
            let sql = "UPDATE user_account SET password_hash = ?1 WHERE login IN ('ali', 'fatma')";
            tx.execute(sql, dys::params![&hash])?;
            Ok(())
        })
        .unwrap();
    let id = office.letter(&[("signature", "ali")]);
    let (letter, version) = (id.clone(), office.version(&id));
    office
        .run("ayse", move |tx, act| {
            steps::submit(tx, act, &letter, version)
        })
        .unwrap();
    let ali = Browser::of(&office, "ali", PASSWORD, 6).await;
    let fatma = Browser::of(&office, "fatma", PASSWORD, 7).await;
    let address = format!("/evrak/{id}");
    assert!(!fatma.page(&address).await.contains("İmzanız bekleniyor"));

    let deputy = office.people["fatma"].user_id.as_str();
    let page = "/vekalet";
    for (first, last, words) in [
        ("dün", "28.11.2026", "gün.ay.yıl"),
        ("26.11.2026", "25.11.2026", "bitiş başlangıçtan sonra"),
        ("20.11.2026", "23.11.2026", "Bitiş günü geçmiş"),
    ] {
        let fields = [("deputy", deputy), ("first", first), ("last", last)];
        let refused = ali.form(page, page, &fields).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{first}");
        assert!(refused.body.contains(words), "{first}: {words}");
        assert!(refused.body.contains(&format!("value=\"{last}\"")), "kept");
    }
    let nobody = [
        ("deputy", "x"),
        ("first", "24.11.2026"),
        ("last", "24.11.2026"),
    ];
    let refused = ali.form(page, page, &nobody).await;
    assert!(refused.body.contains("listeden seçin"));
    let days = [
        ("deputy", deputy),
        ("first", "24.11.2026"),
        ("last", "25.11.2026"),
    ];
    assert_eq!(ali.form(page, page, &days).await.goes_to(), page);
    let given = ali.page(page).await;
    assert!(given.contains("Sürüyor") && given.contains("Vekâlet verildi."));
    assert!(fatma.page(&address).await.contains("İmzanız bekleniyor"));
    assert!(!fatma.page(page).await.contains("aria-label=\"Bitir"));

    let deputation = between(&given, "name=\"id\" value=\"", "\"").to_owned();
    let end = format!("{page}/bitir");
    let theft = fatma.form(page, &end, &[("id", &deputation)]).await;
    assert_eq!(
        theft.status,
        StatusCode::NOT_FOUND,
        "only who gave it ends it"
    );
    ali.form(page, &end, &[("id", &deputation)]).await;
    assert!(ali.page(page).await.contains("Bitti"));
    assert!(!fatma.page(&address).await.contains("İmzanız bekleniyor"));
}

#[tokio::test]
async fn an_administrator_changes_settings_within_their_bounds() {
    let office = office();
    let admin = Browser::of(&office, "yonetici", PASSWORD, 8).await;
    let clerk = Browser::of(&office, "ayse", PASSWORD, 9).await;
    let page = "/yonetim/ayarlar";
    for closed in [
        page,
        "/yonetim/kullanicilar",
        "/yonetim/kullanicilar/yeni",
        "/yonetim/kurum-birimleri",
        "/yonetim/kep-hesaplari",
        "/yonetim/birimler",
    ] {
        assert_eq!(clerk.get(closed).await.status, 403, "{closed}");
        let shown = admin.page(closed).await;
        assert!(shown.contains("KEP Hesapları"), "{closed}: the menu");
    }
    let shown = admin.page(page).await;
    for known in setting::NUMBERS {
        assert!(shown.contains(known.label), "{}", known.label);
    }
    let hold = setting::HOLD_SECONDS.key;
    let bad = admin
        .form(page, page, &[("key", hold), ("value", "99999")])
        .await;
    assert_eq!(bad.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(bad.body.contains("0 ile 3600 arasında"));
    let stolen = clerk
        .form("/parola", page, &[("key", hold), ("value", "0")])
        .await;
    assert_eq!(stolen.status, StatusCode::FORBIDDEN);
    let unknown = [("key", "mode"), ("value", "real")];
    assert_eq!(admin.form(page, page, &unknown).await.status, 404);
    let read = || {
        office
            .app
            .store
            .read_blocking(|tx| setting::number(tx, setting::HOLD_SECONDS))
            .unwrap()
    };
    assert_eq!(read(), 60);
    admin
        .form(page, page, &[("key", hold), ("value", "120")])
        .await;
    assert_eq!(read(), 120);
    admin
        .form(page, page, &[("key", hold), ("value", "")])
        .await;
    assert_eq!(read(), 60, "empty is the default again");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_register_shows_what_became_of_each_number_and_hides_foreign_letters() {
    let office = office();
    let id = office.letter(&[("signature", "ali")]);
    let submit = |id: String| {
        let version = office.version(&id);
        office
            .run("ayse", move |tx, act| steps::submit(tx, act, &id, version))
            .unwrap();
    };
    submit(id.clone());
    let prepared = sign::prepare(&office.app, &office.people["ali"], &id, office.version(&id))
        .await
        .unwrap();
    let (letter, version) = (id.clone(), office.version(&id));
    office
        .run("ali", move |tx, act| {
            steps::give_back(tx, act, &letter, version, "Ek eksik")
        })
        .unwrap();
    submit(id.clone());
    office.clock.set(NOON + SignedDuration::from_secs(5));
    let second = sign::prepare(&office.app, &office.people["ali"], &id, office.version(&id))
        .await
        .unwrap();
    let clerk = Browser::of(&office, "ayse", PASSWORD, 10).await;
    let admin = Browser::of(&office, "yonetici", PASSWORD, 11).await;
    let page = "/sorgular/sayi-defteri";
    let all = clerk.page(page).await;
    for words in [
        &prepared.number,
        &second.number,
        "İade: Ek eksik",
        "Meclis Kararı",
    ] {
        assert!(all.contains(words), "{words}");
    }
    let cancelled = clerk.page(&format!("{page}?durum=cancelled")).await;
    assert!(cancelled.contains(&prepared.number) && !cancelled.contains(&second.number));
    let part = second.number.to_lowercase();
    let found = clerk.page(&format!("{page}?sayi={part}")).await;
    assert!(found.contains(&second.number) && !found.contains(">Meclis Kararı: "));
    let seen = admin.page(page).await;
    assert!(seen.contains(&prepared.number) && !seen.contains("Meclis Kararı"));
    assert!(seen.contains("Görme yetkiniz yok"));
    let nothing = clerk.page(&format!("{page}?sayi=%25")).await;
    assert!(
        nothing.contains("Kayıt bulunamadı"),
        "no pattern reaches the query"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_kep_account_is_bound_asked_paused_and_never_shows_its_secrets() {
    const ADDRESS: &str = "kesanbelediyesi.edirne@hs99.kep.example";
    let office = office();
    let folder = tempfile::tempdir().unwrap();
    let provider = kephs::start(kephs::Config {
        accounts: vec![kephs::NewAccount {
            address: ADDRESS.into(),
            tcno: "10000000146".into(),
            parola: "gizli-parola".into(),
            sifre: "gizli-sifre".into(),
            kontor: Some(417),
            kota_kb: Some(512_000),
        }],
        ..kephs::Config::new(folder.path())
    })
    .await
    .unwrap();
    let admin = Browser::of(&office, "yonetici", PASSWORD, 12).await;
    let page = "/yonetim/kep-hesaplari";
    let endpoint = provider.endpoint();
    let mut fields = vec![
        ("unit", office.writing.as_str()),
        ("address", ADDRESS),
        ("endpoint", "https://ws.hs01.kep.tr/x"),
        ("national_id", "10000000146"),
        ("password", "gizli-parola"),
        ("passphrase", "gizli-sifre"),
    ];
    let outward = admin.form(page, page, &fields).await;
    assert_eq!(outward.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(outward.body.contains("Prova kurulumu yalnızca"));
    assert!(
        !outward.body.contains("gizli-"),
        "a secret never comes back"
    );
    fields[2].1 = &endpoint;
    fields[0].1 = &office.havsa;
    let foreign = admin.form(page, page, &fields).await;
    assert!(foreign.body.contains("kurumunuzun birimlerinden"));
    fields[0].1 = &office.writing;
    let bound = admin.form(page, page, &fields).await;
    let own = bound.goes_to().to_owned();
    let shown = admin.page(&own).await;
    assert!(
        shown.contains("417") && shown.contains("512.000"),
        "{shown}"
    );
    assert!(!shown.contains("gizli-"));
    assert!(
        admin
            .page("/yonetim/kurum-birimleri")
            .await
            .contains(ADDRESS)
    );

    // Other details change while the secrets stay as they are.
    fields[4].1 = "";
    fields[5].1 = "";
    fields.push(("timeout_seconds", "25"));
    assert_eq!(admin.form(page, page, &fields).await.goes_to(), own);
    assert!(admin.page(&own).await.contains("417"));
    fields[6].1 = "0";
    let short = admin.form(page, page, &fields).await;
    assert!(short.body.contains("5 ile 1800 saniye"));
    fields[6] = ("evidence_signers", "PTT A.Ş.\r\n VATTR-1234567890 \n");
    assert_eq!(admin.form(page, page, &fields).await.goes_to(), own);
    let shown = admin.page(&own).await;
    assert!(
        shown.contains("PTT A.Ş.\nVATTR-1234567890</textarea>"),
        "{shown}"
    );
    fields[6].1 = "2B:8F:1B:57:33:0D:BB:A2:D0:7A:6C:51:F7:0E:E9:0D:DA:B9:AD:8E";
    let sha1 = admin.form(page, page, &fields).await;
    assert!(sha1.body.contains("SHA-256 olmalıdır"), "{}", sha1.body);

    let pause = format!("{own}/durdur");
    let silent = admin.form(&own, &pause, &[("reason", " ")]).await;
    assert_eq!(silent.status, StatusCode::UNPROCESSABLE_ENTITY);
    admin
        .form(&own, &pause, &[("reason", "Parola yenileniyor")])
        .await;
    let paused = admin.page(page).await;
    assert!(paused.contains("Deniz Yönetici durdurdu: Parola yenileniyor"));
    admin.form(&own, &format!("{own}/surdur"), &[]).await;
    assert!(admin.page(&own).await.contains("yeniden çalışıyor"));

    provider.stop().await.unwrap();
    let asked = admin.page(&own).await;
    assert!(
        asked.contains("Sağlayıcıya sorulamadı"),
        "told, not an error"
    );
}

#[test]
fn a_real_account_is_confirmed_by_typing_its_address() {
    let office = Office::open(None);
    let mut real = office.app.clone();
    real.mode = dys::config::Mode::Real;
    let address = "havsabelediyesi@hs01.kep.tr";
    for typed in ["", "havsabelediyesi@hs01.kep.t", "evet"] {
        let refused = account::confirm(&real, address, typed).unwrap_err();
        assert_eq!(refused.code(), "hesap_onayi", "{typed}");
    }
    account::confirm(&real, address, address).unwrap();
    account::confirm(&office.app, address, "").unwrap();
}

#[tokio::test]
async fn a_program_hears_every_refusal_as_json_with_a_code() {
    let office = office();
    let clerk = Browser::of(&office, "ayse", PASSWORD, 13).await;
    let page = "/api-anahtarlari";
    let issued = clerk.form(page, page, &[("name", "sınama")]).await;
    let token = between(&issued.body, "<code>", "</code>").to_owned();
    let request = |method: &str, path: &str| {
        Request::builder()
            .method(method)
            .uri(path)
            .header(header::AUTHORIZATION, format!("Bearer {token}"))
    };
    let program = Browser::new(&office, 14);
    let large = "x".repeat(5 << 20);
    let cases = [
        ("GET", "/api/v1/nothing", "", 404, "sayfa_yok"),
        ("DELETE", "/api/v1/letters", "", 405, "yontem_yok"),
        ("GET", "/api/v1/units?q=a&q=b", "", 400, "istek_okunamadi"),
        (
            "GET",
            "/api/v1/outgoing?from=yesterday",
            "",
            400,
            "tarih_gecersiz",
        ),
        (
            "POST",
            "/api/v1/letters",
            large.as_str(),
            413,
            "istek_buyuk",
        ),
        ("POST", "/api/v1/letters", "{", 400, "json_gecersiz"),
        (
            "POST",
            "/api/v1/letters",
            "{\"renk\":1}",
            400,
            "json_gecersiz",
        ),
        ("GET", "/api/v1/letters/%ff", "", 400, "istek_okunamadi"),
    ];
    for (method, path, body, status, code) in cases {
        let request = request(method, path).body(Body::from(body.to_owned()));
        let answer = program.send(request.unwrap()).await;
        assert_eq!(
            answer.status.as_u16(),
            status,
            "{method} {path}: {}",
            answer.body
        );
        let kind = &answer.headers[header::CONTENT_TYPE];
        assert_eq!(kind, "application/json", "{path}");
        let json: serde_json::Value = serde_json::from_str(&answer.body).unwrap();
        assert_eq!(json["error"]["code"], code, "{path}");
        let words = json["error"]["message"].as_str().unwrap();
        assert!(words.ends_with('.') && words.len() > 20, "{words}");
    }
    // People get a page for the same.
    let answer = clerk
        .get("/sorgular/birim-giden-evrak?file_no=1&file_no=2")
        .await;
    assert_eq!(answer.status, StatusCode::BAD_REQUEST);
    assert!(answer.body.contains("İstek okunamadı"), "{}", answer.body);

    let admin = Browser::of(&office, "yonetici", PASSWORD, 15).await;
    let settings = "/yonetim/ayarlar";
    let key = setting::API_REQUESTS_PER_MINUTE.key;
    admin
        .form(settings, settings, &[("key", key), ("value", "12")])
        .await;
    let mut refused = None;
    for _ in 0..13 {
        let answer = program.with_token(&token, "/api/v1/file-plan").await;
        if answer.status == StatusCode::TOO_MANY_REQUESTS {
            refused = Some(answer);
        }
    }
    let refused = refused.expect("the limit of a minute");
    assert!(refused.body.contains("cok_istek"));
    assert_eq!(refused.headers[header::RETRY_AFTER], "61");
    office.clock.set(NOON + SignedDuration::from_secs(61));
    assert_eq!(
        program.with_token(&token, "/api/v1/file-plan").await.status,
        200
    );
}

#[tokio::test]
async fn text_travels_compressed_and_files_keep_their_length() {
    let office = office();
    let clerk = Browser::of(&office, "ayse", PASSWORD, 16).await;
    let cookie = {
        let jar = clerk.cookies.lock().unwrap();
        format!("{}={}", jar[0].0, jar[0].1)
    };
    for (path, compressed) in [("/", true), ("/assets/app.css", true), ("/health", false)] {
        let request = Request::get(path)
            .header(header::COOKIE, &cookie)
            .header(header::ACCEPT_ENCODING, "gzip, br");
        let answer = dys::web::router(office.app.clone())
            .oneshot(request.body(Body::empty()).unwrap())
            .await
            .unwrap();
        let encoding = answer.headers().get(header::CONTENT_ENCODING);
        assert_eq!(encoding.is_some(), compressed, "{path}");
    }
}

#[tokio::test]
async fn guvenli_cikis_ends_the_session_and_its_cookie_opens_nothing() {
    for (public_url, secure) in [("http://127.0.0.1", false), ("https://dys.example", true)] {
        let mut office = office();
        let mut config = (*office.app.config).clone();
        config.public_url = public_url.to_owned();
        office.app.config = config.into();
        let browser = Browser::new(&office, 12);
        let answer = browser.log_in("ayse", PASSWORD).await;
        assert_eq!(answer.goes_to(), "/");
        let cookies = answer.headers.get_all(header::SET_COOKIE).iter();
        let cookies: Vec<&str> = cookies.map(|cookie| cookie.to_str().unwrap()).collect();
        let cookie = *cookies
            .iter()
            .find(|cookie| cookie.starts_with("dys_oturum="))
            .expect("a session");
        let flags: Vec<&str> = cookie.split("; ").skip(1).collect();
        assert!(flags.contains(&"HttpOnly"), "{cookie}");
        assert!(flags.contains(&"SameSite=Lax"), "{cookie}");
        assert!(flags.contains(&"Path=/"), "{cookie}");
        assert_eq!(flags.contains(&"Secure"), secure, "{public_url}: {cookie}");

        let start = browser.page("/").await;
        assert!(start.contains("Güvenli Çıkış"));
        let kept = browser.cookies.lock().unwrap().clone();
        let out = browser.form("/", "/cikis", &[]).await;
        assert_eq!(out.goes_to(), "/giris");
        assert!(browser.cookies.lock().unwrap().is_empty(), "taken away");
        assert_eq!(browser.get("/").await.goes_to(), "/giris");

        // Who kept the cookie is asked to log in as well, and finds no other way in.
        *browser.cookies.lock().unwrap() = kept;
        for path in ["/", "/evrak", "/sorgular/sayi-defteri"] {
            assert_eq!(browser.get(path).await.goes_to(), "/giris", "{path}");
        }
        let entries = office
            .app
            .store
            .read_blocking(|tx| {
                tx.query(
                    "SELECT actor_id FROM audit_entry WHERE action = 'session.close'",
                    dys::params![],
                )
            })
            .unwrap();
        assert_eq!(entries.len(), 1);
        let broken = office.app.store.read_blocking(dys::audit::verify).unwrap();
        assert_eq!(broken, None);
    }
}
