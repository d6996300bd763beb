//! What an administrator sets up before anybody signs or sends: the institution, the keys and
//! services of signatures, what a KEP provider leaves open, the virus scanner, the proxy in front.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod desk;
mod townhall;

use std::sync::Arc;

use axum::http::{StatusCode, header};
use desk::{Browser, PASSWORD, office};
use dys::config::{Config, Mode};
use dys::directory::{self, import, own};
use dys::dispatch::account;
use dys::ids::SystemIds;
use dys::params;
use dys::setting;
use dys::signature::{identity, institution, outside};
use jiff::SignedDuration;
use kep::client::{EvidenceListing, Listing, SoapAction};
use seal::rehearsal::{Authority, Curve, Holder, Services, Validity};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use townhall::{NOON, Office, on_every_engine};

const UNITS: &str = "/yonetim/kurum-birimleri";
const OWN: &str = "/yonetim/kurum-birimleri/kurum";
const SIGNING: &str = "/yonetim/imza";

#[tokio::test]
async fn the_institution_is_named_on_the_screen_until_the_first_letter() {
    let office = office();
    let admin = Browser::of(&office, "yonetici", PASSWORD, 30).await;
    let clerk = Browser::of(&office, "ayse", PASSWORD, 31).await;
    let havsa = office.havsa.clone();
    let number_of = |id: String| {
        let id = directory::UnitId::new(id);
        let unit = office
            .app
            .store
            .read_blocking(move |tx| directory::by_id(tx, &id));
        unit.unwrap().unwrap().detsis_no
    };
    let writing = number_of(office.writing.clone());
    for (number, words) in [
        ("123", "8 rakam"),
        ("99999999", "rehberde yok"),
        (writing.as_str(), "bir kurumun birimidir"),
    ] {
        let refused = admin.form(UNITS, OWN, &[("number", number)]).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{number}");
        assert!(refused.body.contains(words), "{number}: {}", refused.body);
        assert!(
            refused.body.contains(&format!("value=\"{number}\"")),
            "typed stays"
        );
    }
    let havsa = number_of(havsa);
    let stolen = clerk.form("/parola", OWN, &[("number", &havsa)]).await;
    assert_eq!(stolen.status, StatusCode::FORBIDDEN);

    let chosen = admin.form(UNITS, OWN, &[("number", &havsa)]).await;
    assert_eq!(chosen.goes_to(), UNITS);
    let page = admin.page(UNITS).await;
    assert!(page.contains("Havsa Belediye Başkanlığı bu kurulumun kurumu oldu."));
    assert!(
        !page.contains("Keşan"),
        "the former one is nobody's any more"
    );
    let kesan = admin.form(UNITS, OWN, &[("number", "01039100")]).await;
    assert_eq!(kesan.goes_to(), UNITS);

    office.letter(&[("signature", "ali")]);
    assert!(!admin.page(UNITS).await.contains("Kurumu değiştir"));
    let late = admin.form(UNITS, OWN, &[("number", &havsa)]).await;
    assert!(
        late.body.contains("kurum artık değiştirilemez"),
        "{}",
        late.body
    );
    // Naming the same one again takes in what was imported since.
    let same = admin.form(UNITS, OWN, &[("number", "01039100")]).await;
    assert_eq!(same.goes_to(), UNITS);
    let audited: i64 = office
        .app
        .store
        .read_blocking(|tx| {
            let sql = "SELECT COUNT(*) FROM audit_entry WHERE action = 'directory.own'";
            tx.scalar(sql, params![])
        })
        .unwrap();
    assert_eq!(audited, 3);
}

#[test]
fn a_real_folder_asks_for_the_name_and_takes_no_demo_institution() {
    for office in on_every_engine() {
        let choose = |number: &'static str, typed: &'static str| {
            let now = office.app.now();
            office.app.store.write_blocking(move |tx| {
                let system = dys::access::Actor::system();
                let act = dys::access::Act {
                    actor: &system,
                    now,
                    ids: &SystemIds,
                };
                own::choose(tx, &act, number, typed)
            })
        };
        let mode = |value: &'static str| {
            let store = &office.app.store;
            let done = store.write_blocking(move |tx| setting::put(tx, setting::MODE, value));
            done.unwrap();
        };
        mode("real");
        let refused = choose("01039100", "Keşan Belediye Başkanlığı").unwrap_err();
        assert_eq!(refused.code(), "kurum_ornek", "{}", office.name);
        office
            .app
            .store
            .write_blocking(|tx| {
                let sql = "UPDATE unit SET detsis_no = '24316060', number_is_demo = 0 \
                    WHERE detsis_no = '01039100'";
                tx.execute(sql, params![])
            })
            .unwrap();
        for typed in ["", "Keşan", "Havsa Belediye Başkanlığı"] {
            let refused = choose("24316060", typed).unwrap_err();
            assert_eq!(refused.code(), "kurum_onayi", "{typed}");
        }
        choose("24316060", " KEŞAN BELEDİYE BAŞKANLIĞI ").unwrap();
    }
}

#[test]
fn units_that_come_later_or_move_belong_to_the_house_in_which_they_hang() {
    for office in on_every_engine() {
        let import = |rows: &str| {
            let file = format!("detsis_no,ad,ust_detsis_no\n{rows}");
            let report = import::run(&office.app.store, file.as_bytes(), NOON, |_, _| {});
            assert_eq!(report.unwrap().refused, [], "{}", office.name);
        };
        let is_own = |number: &'static str| {
            let store = &office.app.store;
            let unit = store.read_blocking(move |tx| directory::by_number(tx, number));
            unit.unwrap().unwrap().is_own
        };
        import(
            "01990001,Komşu Kurum,\n01990002,Etüt Müdürlüğü,01990001\n\
             01990003,Etüt Servisi,01990002\n01990004,Arşiv Müdürlüğü,01039100\n",
        );
        assert!(!is_own("01990001") && !is_own("01990002") && is_own("01990004"));
        import("01990002,Etüt Müdürlüğü,01039100\n01990004,Arşiv Müdürlüğü,01990001\n");
        assert!(is_own("01990002") && is_own("01990003"), "{}", office.name);
        assert!(!is_own("01990004"), "{}", office.name);
    }
}

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

#[tokio::test(flavor = "multi_thread")]
async fn what_a_provider_leaves_open_is_chosen_on_its_form_and_used() {
    const ADDRESS: &str = "kesanbelediyesi.edirne@hs99.kep.example";
    let office = office();
    let folder = tempfile::tempdir().unwrap();
    let provider = kephs::start(kephs::Config {
        accounts: vec![kephs::NewAccount {
            address: ADDRESS.into(),
            tcno: "10000000146".into(),
            parola: "parola".into(),
            sifre: "sifre".into(),
            kontor: Some(417),
            kota_kb: None,
        }],
        ..kephs::Config::new(folder.path())
    })
    .await
    .unwrap();
    let admin = Browser::of(&office, "yonetici", PASSWORD, 38).await;
    let page = "/yonetim/kep-hesaplari";
    let endpoint = provider.endpoint();
    let base = [
        ("unit", office.writing.as_str()),
        ("address", ADDRESS),
        ("endpoint", &endpoint),
        ("national_id", "10000000146"),
        ("password", "parola"),
        ("passphrase", "sifre"),
    ];
    let with = |more: &[(&'static str, &'static str)]| [&base[..], more].concat();
    for (field, value, words) in [
        ("deemed_read_codes", "altmış", "Okundu sayılma kodlarını"),
        ("deemed_read_codes", "61, 40", "başka bir anlamı var"),
        ("assumed_zone", "Türkiye/Keşan", "Saat dilimini"),
        ("listing", "4", "listeden seçin"),
        ("max_answer_megabytes", "0", "1 ile 500 MB"),
    ] {
        let refused = admin.form(page, page, &with(&[(field, value)])).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{field}");
        assert!(refused.body.contains(words), "{field}: {}", refused.body);
    }
    let fresh = admin.page(page).await;
    assert!(fresh.contains("value=\"61\"") && fresh.contains("value=\"Europe/Istanbul\""));
    let open = with(&[
        ("login_codes", "7"),
        ("mtom", "0"),
        ("soap_action", "0"),
        ("listing", "1"),
        ("evidence_listing", "0"),
        ("times_with_offset", "0"),
        ("missing_durum", "1"),
        ("first_recipient", "1"),
        ("folders", "INBOX\r\n\r\n SENT \r\n"),
        ("max_answer_megabytes", "12"),
        ("deemed_read_codes", "62, 63"),
        ("assumed_zone", "UTC"),
    ]);
    let own = admin.form(page, page, &open).await.goes_to().to_owned();
    let shown = admin.page(&own).await;
    assert!(shown.contains("417"), "the provider is asked in this way");
    for chosen in [
        "value=\"62, 63\"",
        "value=\"UTC\"",
        "value=\"1\" selected>PaketSorgula<",
        "value=\"0\" selected>Boş<",
        "INBOX\nSENT",
    ] {
        assert!(shown.contains(chosen), "{chosen}");
    }
    let bound = |office: &Office| {
        let found = office.app.store.read_blocking(|tx| {
            let system = dys::access::Actor::system();
            let act = dys::access::Act {
                actor: &system,
                now: NOON,
                ids: &SystemIds,
            };
            account::at(tx, &act, ADDRESS)
        });
        found.unwrap().unwrap()
    };
    let client = account::client(&office.app, &bound(&office)).unwrap();
    let used = client.settings();
    assert!(!used.mtom && !used.times_with_offset && used.missing_durum_is_success);
    assert_eq!(used.soap_action, SoapAction::Empty);
    assert_eq!(used.listing, Listing::First);
    assert_eq!(used.evidence_listing, EvidenceListing::Plain);
    assert_eq!(used.folders.as_deref().unwrap(), ["INBOX", "SENT"]);
    assert_eq!(used.max_answer_bytes, 12 << 20);
    assert_eq!(used.login_codes, [7]);
    assert_eq!(used.recognition.deemed_read_codes, [62, 63]);
    assert_eq!(used.recognition.assumed_zone, "UTC");
    assert_eq!(used.recognition.first_recipient_number, Some(1));
    // What a form does not carry stays as it is.
    admin
        .form(page, page, &with(&[("timeout_seconds", "25")]))
        .await;
    let kept = account::settings(&bound(&office));
    assert!(!kept.mtom && kept.empty_soap_action && kept.listing == 1);
    assert_eq!(kept.assumed_zone, "UTC");
    provider.stop().await.unwrap();
}

/// A clamd that answers each file with these words.
async fn scanner(answer: &'static str) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    tokio::spawn(async move {
        while let Ok((mut socket, _)) = listener.accept().await {
            let mut head = [0_u8; 10];
            socket.read_exact(&mut head).await.unwrap();
            assert_eq!(&head, b"zINSTREAM\0");
            loop {
                let length = socket.read_u32().await.unwrap();
                if length == 0 {
                    break;
                }
                let mut piece = vec![0; length as usize];
                socket.read_exact(&mut piece).await.unwrap();
            }
            socket.write_all(answer.as_bytes()).await.unwrap();
        }
    });
    address
}

#[tokio::test]
async fn the_virus_scanner_is_a_setting_that_can_be_tried() {
    let office = office();
    let admin = Browser::of(&office, "yonetici", PASSWORD, 39).await;
    let clerk = Browser::of(&office, "ayse", PASSWORD, 40).await;
    let (page, test) = ("/yonetim/ayarlar", "/yonetim/ayarlar/tarayici");
    let key = setting::CLAMD.key;
    let good = scanner("stream: Eicar-Test-Signature FOUND\0").await;
    let blind = scanner("stream: OK\0").await;
    let broken = scanner("INSTREAM size limit exceeded. ERROR\0").await;
    let closed = {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        listener.local_addr().unwrap().to_string()
    };
    assert!(admin.page(page).await.contains(setting::CLAMD.label));
    for (address, words) in [
        (good.as_str(), "Tarayıcı çalışıyor"),
        (&blind, "sınama dosyasını (EICAR) tanımadı"),
        (&broken, "yanıtı anlaşılamadı"),
        (&closed, "bağlanılamadı"),
        ("", "Önce tarayıcının adresini yazın"),
        ("8.8.8.8:3310", "kurum ağında"),
    ] {
        let tried = admin
            .form(page, test, &[("key", key), ("value", address)])
            .await;
        assert!(tried.body.contains(words), "{address}: {}", tried.body);
        assert!(
            tried.body.contains(&format!("value=\"{address}\"")),
            "typed stays"
        );
    }
    let stolen = [("key", key), ("value", good.as_str())];
    assert_eq!(clerk.form("/parola", test, &stolen).await.status, 403);
    let far = [("key", key), ("value", "8.8.8.8:3310")];
    let refused = admin.form(page, page, &far).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(admin.form(page, page, &stolen).await.goes_to(), page);
    assert!(
        admin
            .page(page)
            .await
            .contains(&format!("value=\"{good}\""))
    );
    let asked = dys::document::scan::check(&office.app, b"dosya").await;
    assert_eq!(asked, dys::document::scan::Verdict::Infected, "it is used");
}

#[tokio::test]
async fn failed_log_ins_are_counted_by_the_address_behind_a_trusted_proxy() {
    let mut office = office();
    let config = Config {
        trusted_proxies: vec!["127.0.7.50/32".parse().unwrap()],
        ..(*office.app.config).clone()
    };
    office.app.config = Arc::new(config);
    let behind = |hops: &str| {
        let mut browser = Browser::new(&office, 50);
        browser.forwarded_for = Some(hops.to_owned());
        browser
    };
    // A whole office logs in through one proxy, all day.
    for person in 0..40 {
        let browser = behind(&format!("203.0.113.{person}"));
        assert_eq!(browser.log_in("ayse", PASSWORD).await.goes_to(), "/");
    }
    // And from one address: what succeeds is not counted.
    for _ in 0..40 {
        let browser = behind("203.0.113.200");
        assert_eq!(browser.log_in("ayse", PASSWORD).await.goes_to(), "/");
    }
    // Somebody guesses; what they write before the proxy's own hop does not help.
    for number in 0..30 {
        let guesser = behind(&format!("198.51.100.{number}, 203.0.113.66"));
        let wrong = guesser
            .log_in(&format!("kimse{number}"), "yanlış parola")
            .await;
        assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY, "{number}");
    }
    let stopped = behind("198.51.100.99, 203.0.113.66")
        .log_in("ayse", PASSWORD)
        .await;
    assert_eq!(stopped.status, StatusCode::TOO_MANY_REQUESTS);
    assert!(stopped.headers.contains_key(header::RETRY_AFTER));
    let neighbour = behind("203.0.113.67").log_in("ayse", PASSWORD).await;
    assert_eq!(neighbour.goes_to(), "/", "others go on");

    // A stranger's word is not taken: the connection's own address counts.
    for number in 0..30 {
        let mut guesser = Browser::new(&office, 51);
        guesser.forwarded_for = Some(format!("203.0.113.{}", 100 + number));
        guesser.log_in("kimse", "yanlış parola").await;
    }
    let mut guesser = Browser::new(&office, 51);
    guesser.forwarded_for = Some("203.0.113.90".to_owned());
    let stopped = guesser.log_in("ayse", PASSWORD).await;
    assert_eq!(stopped.status, StatusCode::TOO_MANY_REQUESTS);
    // The public page counts in the same way.
    for _ in 0..60 {
        behind("203.0.113.77").get("/dogrula/AAAA").await;
    }
    let asked = behind("203.0.113.77").get("/dogrula/AAAA").await;
    assert_eq!(asked.status, StatusCode::TOO_MANY_REQUESTS);
    let other = behind("203.0.113.78").get("/dogrula/AAAA").await;
    assert_eq!(other.status, StatusCode::NOT_FOUND);
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
