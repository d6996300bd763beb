//! What signatures need: services, roots, keys, numbers of signers, the pairing of a desk.

use super::*;

#[tokio::test(flavor = "multi_thread")]
async fn signing_is_set_up_on_one_screen_and_tried_there() {
    let office = office();
    let admin = Browser::of(&office, "yonetici", PASSWORD, 32).await;
    let clerk = Browser::of(&office, "ayse", PASSWORD, 33).await;
    assert_eq!(clerk.get(SIGNING).await.status, StatusCode::FORBIDDEN);
    let provider = tempfile::tempdir().unwrap();
    dys::signature::rehearsal::authority(&office.app).unwrap();
    let authority = dys::signature::rehearsal::authority_file(&office.app);
    let running = kephs::start(kephs::Config {
        authority: Some(authority),
        manual_clock: Some(NOON.as_millisecond()),
        ..kephs::Config::new(provider.path())
    })
    .await
    .unwrap();
    let base = running.endpoint().replace(kephs::soap::PATH, "");
    let tsa = format!("{base}/prova-esh/tsa");

    let none = admin.page(SIGNING).await;
    assert!(none.contains("Prova kurulumu") && !none.contains("Dene</button>"));
    let fields = |url: &'static str, user: &'static str, hosts: &'static str| {
        [
            ("tsa_url", url),
            ("tsa_user", user),
            ("tsa_password", ""),
            ("hosts", hosts),
        ]
    };
    for (url, user, hosts, words) in [
        ("zaman.example", "", "", "http:// ya da https://"),
        (
            "https://a:b@zaman.example",
            "",
            "",
            "kullanıcı adı ve parola içermemelidir",
        ),
        ("https://zaman.example", "kurum", "", "parolasını da yazın"),
        ("", "", "http://ocsp.local/", "bir sunucu değil"),
    ] {
        let refused = admin
            .form(SIGNING, SIGNING, &fields(url, user, hosts))
            .await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{url}");
        assert!(refused.body.contains(words), "{words}: {}", refused.body);
        assert!(
            refused.body.contains(&format!("value=\"{url}\"")),
            "typed stays"
        );
    }
    let with_login = |login: &'static str, user: &'static str| {
        [
            ("tsa_url", "https://zaman.example"),
            ("tsa_login", login),
            ("tsa_user", user),
            ("tsa_password", "zaman-parolası"),
        ]
    };
    for (login, user, words) in [
        ("none", "kurum", "“Yok” seçili"),
        ("basic", "", "Kullanıcı adını yazın"),
        ("identity", "kurum", "yalnızca rakamla"),
    ] {
        let refused = admin.form(SIGNING, SIGNING, &with_login(login, user)).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{login}");
        assert!(refused.body.contains(words), "{words}: {}", refused.body);
        let chosen = format!("value=\"{login}\" selected");
        assert!(refused.body.contains(&chosen), "typed stays");
    }
    let customer = with_login("identity", "1901");
    assert_eq!(
        admin.form(SIGNING, SIGNING, &customer).await.goes_to(),
        SIGNING
    );
    let shown = admin.page(SIGNING).await;
    assert!(shown.contains("value=\"identity\" selected") && shown.contains("value=\"1901\""));
    let wanted = [
        ("tsa_url", tsa.as_str()),
        ("tsa_user", "kurum"),
        ("tsa_password", "zaman-parolası"),
        ("hosts", "ocsp.kurum.local"),
    ];
    let stolen = clerk.form("/parola", SIGNING, &wanted).await;
    assert_eq!(stolen.status, StatusCode::FORBIDDEN);
    assert_eq!(
        admin.form(SIGNING, SIGNING, &wanted).await.goes_to(),
        SIGNING
    );
    let shown = admin.page(SIGNING).await;
    assert!(shown.contains(&tsa) && shown.contains("ocsp.kurum.local"));
    assert!(
        !shown.contains("zaman-parolası"),
        "a secret never comes back"
    );
    let (stored, logged) = office
        .app
        .store
        .read_blocking(|tx| -> dys::error::Result<_> {
            let sql = "SELECT detail FROM audit_entry WHERE action = 'signature.services'";
            let logged: String = tx.scalar(sql, params![])?;
            Ok((setting::text(tx, outside::TSA_PASSWORD)?, logged))
        })
        .unwrap();
    assert!(!stored.unwrap().contains("parola"), "sealed");
    assert!(!logged.contains("zaman-parolası") && logged.contains("password_changed"));
    // The password stays when it is left empty and goes with its user.
    let kept = [wanted[0], wanted[1], ("tsa_password", ""), wanted[3]];
    admin.form(SIGNING, SIGNING, &kept).await;
    assert!(
        admin
            .page(SIGNING)
            .await
            .contains("boş bırakılırsa değişmez")
    );

    let tried = admin.form(SIGNING, "/yonetim/imza/dene", &[]).await;
    assert_eq!(tried.status, StatusCode::OK);
    assert!(
        tried.body.contains("Zaman damgası alındı"),
        "{}",
        tried.body
    );
    assert!(
        tried.body.contains("güvenilen bir köke ulaşıyor"),
        "{}",
        tried.body
    );
    running.stop().await.unwrap();
    let tried = admin.form(SIGNING, "/yonetim/imza/dene", &[]).await;
    assert!(
        tried.body.contains("Zaman damgası alınamadı"),
        "{}",
        tried.body
    );
    let silent = [wanted[0], ("tsa_user", ""), ("tsa_password", ""), wanted[3]];
    admin.form(SIGNING, SIGNING, &silent).await;
    let password = office
        .app
        .store
        .read_blocking(|tx| setting::text(tx, outside::TSA_PASSWORD));
    assert_eq!(password.unwrap(), None);
}

#[tokio::test]
async fn roots_and_keys_are_listed_with_their_end_and_what_is_missing_is_said() {
    let mut office = office();
    let data = office.app.config.data.clone();
    let mut random = |bytes: &mut [u8]| dys::ids::Ids::fill(&SystemIds, bytes);
    let made = NOON - SignedDuration::from_hours(24 * 30);
    let authority = Authority::create(Services::rehearsal(), made, &mut random).unwrap();
    office.app.mode = Mode::Real;
    let admin = Browser::of(&office, "yonetici", PASSWORD, 34).await;
    let bare = admin.page(SIGNING).await;
    for words in [
        "İmza için eksikler",
        "Zaman damgası sunucusu: adresini",
        "guven/kok klasörüne koyun",
        "Elektronik mühür: anahtarını",
        "KEP imzası: anahtarını",
        "DYS_MUHUR_PASSWORD",
    ] {
        assert!(bare.contains(words), "{words}");
    }
    let write = |folder: &str, name: &str, bytes: &[u8]| {
        std::fs::create_dir_all(data.join(folder)).unwrap();
        std::fs::write(data.join(folder).join(name), bytes).unwrap();
    };
    write("guven/kok", "kok.pem", authority.root().pem().as_bytes());
    write("guven/alt-kok", "alt.cer", authority.intermediate().der());
    write(
        "kephs-kokleri",
        "kep.pem",
        authority.root().pem().as_bytes(),
    );
    write("kephs-kokleri", "liste.crl", b"liste");
    let holder = Holder::Seal {
        name: "Keşan Belediyesi Mührü",
        detsis: "24316060",
    };
    let ends = Validity::days(NOON, 10);
    let key = authority.issue_key(&holder, Curve::P256, ends, &mut random);
    let key = key.unwrap();
    write("", "muhur-key.pem", key.key_pem().unwrap().as_bytes());
    write(
        "",
        "muhur-certificate.pem",
        key.certificates_pem().as_bytes(),
    );
    let page = admin.page(SIGNING).await;
    for words in [
        "Keşan Belediyesi Mührü",
        "Süresi dolmak üzere",
        "kok.pem",
        "alt.cer",
        "kep.pem",
        &authority.root().common_name(),
        &authority.intermediate().common_name(),
    ] {
        assert!(page.contains(words), "{words}");
    }
    assert!(!page.contains("liste.crl"));
    assert!(!page.contains("Elektronik mühür: anahtarını"));
    assert!(
        institution::stored(&office.app, institution::Purpose::Kep)
            .unwrap()
            .is_none()
    );

    write("guven/kok", "bozuk.pem", b"bozuk");
    std::fs::write(data.join("muhur-key.pem"), "bozuk").unwrap();
    let broken = admin.page(SIGNING).await;
    assert!(broken.contains("bozuk.pem") && broken.contains("Okunamayan sertifika dosyası var"));
    assert!(broken.contains("Kullanılamıyor"), "{broken}");
    office
        .clock
        .set(NOON + SignedDuration::from_hours(24 * 365 * 60));
    let admin = Browser::of(&office, "yonetici", PASSWORD, 35).await;
    assert!(admin.page(SIGNING).await.contains("Süresi doldu"));
}

#[tokio::test]
async fn a_signers_number_is_checked_and_shown_by_its_end_only() {
    let office = office();
    let admin = Browser::of(&office, "yonetici", PASSWORD, 36).await;
    let clerk = Browser::of(&office, "ayse", PASSWORD, 37).await;
    let ali = office.people["ali"].user_id.clone();
    let own = format!("/yonetim/kullanicilar/{ali}");
    let path = format!("{own}/kimlik");
    assert!(admin.page(&own).await.contains("Kişi kartıyla imzalayamaz"));
    for wrong in ["10000000145", "1000000014", "on bir hane"] {
        let refused = admin.form(&own, &path, &[("national_id", wrong)]).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{wrong}");
        assert!(refused.body.contains("son iki hanesi"));
        assert!(!refused.body.contains(wrong), "not shown again");
    }
    let number = [("national_id", " 10000000146 ")];
    let stolen = clerk.form("/parola", &path, &number).await;
    assert_eq!(stolen.status, StatusCode::FORBIDDEN);
    assert_eq!(admin.form(&own, &path, &number).await.goes_to(), own);
    let page = admin.page(&own).await;
    assert!(page.contains("0146") && !page.contains("10000000146"));
    let (stored, logged) = office
        .app
        .store
        .read_blocking(move |tx| -> dys::error::Result<_> {
            let sql = "SELECT detail FROM audit_entry WHERE action = 'signature.identity'";
            Ok((
                identity::of(tx, &ali)?,
                tx.scalar::<String>(sql, params![])?,
            ))
        })
        .unwrap();
    assert_eq!(stored.as_deref(), Some("10000000146"));
    assert!(!logged.contains("1000000"), "{logged}");
    let nobody = "/yonetim/kullanicilar/yok/kimlik";
    let lost = admin.form(&own, nobody, &number).await;
    assert_eq!(lost.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_real_folder_signs_with_no_key_of_its_own_and_takes_no_number_in_trying() {
    let mut office = office();
    let id = office.letter(&[("signature", "ali")]);
    let (letter, version) = (id.clone(), office.version(&id));
    office
        .run("ayse", move |tx, act| {
            dys::approval::act::submit(tx, act, &letter, version)
        })
        .unwrap();
    let ali = office.people["ali"].user_id.clone();
    office
        .as_system(move |tx, _| {
            let sql = "UPDATE user_account SET password_hash = (SELECT password_hash \
                 FROM user_account WHERE login = 'yonetici') WHERE id = ?1";
            Ok(tx.execute(sql, params![&ali])?)
        })
        .unwrap();
    office.app.mode = Mode::Real;
    let ali = Browser::of(&office, "ali", PASSWORD, 35).await;
    let version = office.version(&id).to_string();
    let pin = ("pin", dys::signature::rehearsal::PIN);
    let page = format!("/evrak/{id}");
    let one = [("version", version.as_str()), pin];
    let refused = ali.form(&page, &format!("{page}/imzala"), &one).await;
    assert_eq!(refused.status, StatusCode::CONFLICT, "{}", refused.body);
    assert!(refused.body.contains("Kartınızla imzalayın"));
    let several = [("id", id.as_str()), pin];
    let refused = ali.form(&page, "/onay/imzala", &several).await;
    assert_eq!(refused.status, StatusCode::CONFLICT, "{}", refused.body);
    let data = office.app.config.data.clone();
    let asked = id.clone();
    let letter = office
        .run("ayse", move |tx, act| {
            dys::document::draft::open(tx, act, &asked)
        })
        .unwrap();
    assert_eq!((letter.official_number, letter.frozen_hash), (None, None));
    assert_eq!(letter.version.to_string(), version);
    assert!(!data.join("prova-imza").exists() && !data.join("prova-esh.pem").exists());
}

#[tokio::test]
async fn guessing_pairing_codes_is_stopped_and_pairing_itself_is_not_counted() {
    let office = office();
    let desk = Browser::new(&office, 36);
    let pair = |code: String| {
        let body = serde_json::json!({ "code": code }).to_string();
        let request = axum::http::Request::post("/imza-araci/v1/pair");
        desk.send(request.body(axum::body::Body::from(body)).unwrap())
    };
    for number in 0..40 {
        let code = office
            .run("ali", dys::signature::request::pairing_code)
            .unwrap();
        assert_eq!(pair(code).await.status, StatusCode::OK, "{number}");
    }
    let mut refused = Vec::new();
    for number in 0..31 {
        refused.push(pair(format!("AAAA{number:04}")).await);
    }
    let last = refused.pop().unwrap();
    assert!(
        refused
            .iter()
            .all(|it| it.status == StatusCode::UNPROCESSABLE_ENTITY),
        "{}",
        refused[0].body
    );
    assert_eq!(last.status, StatusCode::TOO_MANY_REQUESTS);
    assert!(last.headers.contains_key(header::RETRY_AFTER));
    assert!(last.body.contains("eşleme denemesi"), "{}", last.body);
}
