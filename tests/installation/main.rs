//! What an administrator sets up before anybody signs or sends: the institution, the keys and
//! services of signatures, what a KEP provider leaves open, the virus scanner, the proxy in front.
#![allow(clippy::unwrap_used, clippy::expect_used)]

#[path = "../desk/mod.rs"]
mod desk;
mod signing;
#[path = "../townhall/mod.rs"]
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
