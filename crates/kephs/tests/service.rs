//! The provider over loopback: the contract with MTOM and inline, the spoilt answers, the pages
//! and the admin API.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod common;

use std::net::SocketAddr;

use common::*;
use kep::{
    evidence::{Evidence, EvidenceKind, RecognitionSettings},
    message::ReadMessage,
    soap::Body,
    wire::{
        AlindiOnay, Binary, Giris, GuvenliGiris, Indir, KontorSorgula, KotaSorgula, PackageQuery,
        PackageRef, PaketDelilIndir, PaketDelilSorgula, PaketDetayDelilSorgula, PaketSorgula,
        PaketSorgula2, Request, YetkiliSil, Yukle,
    },
};
use kephs::{
    Config, Running,
    engine::{FOLDERS, INBOX, SENT},
    misbehaviour::{Kind, NewRule},
};

/// Runs a blocking client against a served provider and stops it.
async fn with_provider(client: impl FnOnce(SocketAddr, &Running) + Send + 'static) {
    let folder = tempfile::tempdir().unwrap();
    with_config(config(folder.path()), client).await;
}

/// The same with a provider that takes 50 000 bytes at most.
async fn with_small_provider(client: impl FnOnce(SocketAddr, &Running) + Send + 'static) {
    let folder = tempfile::tempdir().unwrap();
    let config = Config {
        max_message_bytes: 50_000,
        ..config(folder.path())
    };
    with_config(config, client).await;
}

async fn with_config(config: Config, client: impl FnOnce(SocketAddr, &Running) + Send + 'static) {
    let running = kephs::start(config).await.unwrap();
    let running = tokio::task::spawn_blocking(move || {
        client(running.address(), &running);
        running
    })
    .await
    .unwrap();
    running.stop().await.unwrap();
}

fn which(address: &str, kep_id: &str, folder: &str) -> PackageRef {
    PackageRef {
        account: account(address),
        kep_id: Some(kep_id.into()),
        sequence: None,
        folder: Some(folder.into()),
    }
}

fn listing(folder: &str) -> PackageQuery {
    PackageQuery {
        account: account(SENDER),
        folder: Some(folder.into()),
        ..Default::default()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_contract_is_kept_with_mtom_and_inline() {
    with_provider(|address, _| {
        for as_mtom in [true, false] {
            let id = format!("m-{as_mtom}");
            let sent = call(address, &yukle(&id, &[READER]), as_mtom);
            assert_eq!(sent.durum, Some(0));
            let kep_id = sent.kep_id.unwrap();
            let rows = call(address, &PaketSorgula(listing(SENT)), as_mtom)
                .columns
                .rows()
                .unwrap();
            assert!(rows.iter().any(|row| row.kep_id.as_ref() == Some(&kep_id)));

            let reply = call_raw(
                address,
                &Indir {
                    account: account(READER),
                    kep_id: Some(kep_id.clone()),
                    part: Some("ORGM".into()),
                    ..Default::default()
                },
                as_mtom,
            );
            assert_eq!(
                reply
                    .header("content-type")
                    .starts_with("multipart/related"),
                as_mtom
            );
            let Body::Payload(payload) = open(&reply) else {
                panic!("fault")
            };
            let answer = kep::wire::read_answer::<<Indir as Request>::Answer>(&payload).unwrap();
            assert_eq!(answer.packages[0].bytes, message(&id, &[READER]));

            let done = call(address, &AlindiOnay(which(READER, &kep_id, INBOX)), as_mtom);
            assert_eq!(done.status.durum, Some(0));
            let evidence = call(
                address,
                &PaketDelilSorgula(which(SENDER, &kep_id, SENT)),
                as_mtom,
            );
            let rows = evidence.rows().unwrap();
            let codes: Vec<_> = rows.iter().filter_map(|row| row.code.as_deref()).collect();
            assert_eq!(codes, ["10", "40", "60"]);
            let xml = call(
                address,
                &PaketDelilIndir {
                    account: account(SENDER),
                    evidence_id: rows[2].evidence_id.clone(),
                },
                as_mtom,
            );
            let xml = String::from_utf8(xml.evidence.unwrap().bytes.to_vec()).unwrap();
            assert!(
                xml.contains("RetrievalNonRetrievalByRecipient")
                    && xml.contains(&rows[2].time.clone().unwrap())
            );
        }
        assert_eq!(
            call(
                address,
                &KontorSorgula {
                    account: account(SENDER)
                },
                false
            )
            .amount
            .as_deref(),
            Some("99998")
        );
        assert!(
            call(
                address,
                &KotaSorgula {
                    account: account(SENDER)
                },
                false
            )
            .quota
                > Some(0)
        );
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_senders_side_recognises_all_that_comes_back() {
    use EvidenceKind::*;
    with_provider(|address, running| {
        let provider = running.provider();
        let settings = RecognitionSettings::default();
        for (told, to, expected) in [
            (Some(Kind::SubmissionRejected), READER, &[Rejected][..]),
            (
                Some(Kind::RelayRejected),
                ELSEWHERE,
                &[Accepted, RelayRejected],
            ),
            (Some(Kind::RelayFailed), ELSEWHERE, &[Accepted, RelayFailed]),
            (Some(Kind::MailboxFull), READER, &[Accepted, NotDelivered]),
            (
                None,
                ELSEWHERE,
                &[Accepted, RelayAccepted, Delivered, DeemedRead],
            ),
            (None, READER, &[Accepted, Delivered, Read]),
        ] {
            if let Some(kind) = told {
                provider.misbehave(&NewRule::always(kind).times(1)).unwrap();
            }
            let original = yukle("m1", &[to]);
            let kep_id = call(address, &original, true).kep_id.unwrap();
            if expected.contains(&Read) {
                call(address, &AlindiOnay(which(READER, &kep_id, INBOX)), true);
                let envelope = call(
                    address,
                    &Indir {
                        account: account(READER),
                        kep_id: Some(kep_id.clone()),
                        ..Default::default()
                    },
                    true,
                );
                let envelope = ReadMessage::read(&envelope.packages[0].bytes).unwrap();
                assert_eq!(envelope.original(), Some(&original.package.unwrap().bytes));
                assert_eq!(envelope.subject.as_deref(), Some("İmar planı"));
                assert_eq!(envelope.header("X-REM-Msg-Type"), Some("Dispatch"));
            } else {
                post_json(address, "/prova/api/clock/advance", r#"{"seconds":200}"#);
            }
            let rows = call(
                address,
                &PaketDetayDelilSorgula(which(SENDER, &kep_id, SENT)),
                true,
            )
            .rows;
            let read: Vec<Evidence> = rows
                .iter()
                .map(|row| {
                    let file = PaketDelilIndir {
                        account: account(SENDER),
                        evidence_id: row.evidence_id.clone(),
                    };
                    let file = call(address, &file, true).evidence.unwrap().bytes;
                    Evidence::from_row("hs99", row, &settings).with_file(file, &settings)
                })
                .collect();
            assert_eq!(read.iter().map(|it| it.kind).collect::<Vec<_>>(), expected);
            for evidence in read {
                assert!(evidence.findings.is_empty(), "{:?}", evidence.findings);
            }
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_done_is_refused_in_turkish() {
    with_small_provider(|address, _| {
        let mut big = message("big", &[READER]);
        big.resize(60_000, b'x');
        let big = Yukle {
            package: Some(Binary::new(big)),
            ..yukle("big", &[READER])
        };
        for as_mtom in [true, false] {
            let answer = call(address, &big, as_mtom);
            assert_eq!(answer.durum, Some(12));
            assert!(answer.explanation.unwrap().contains("60000 bayt"));
        }

        let mut wrong = yukle("m1", &[READER]);
        wrong.account.sifre = Some("başka".into());
        let answer = call(address, &wrong, true);
        assert_eq!((answer.durum, answer.kep_id), (Some(1), None));
        assert!(answer.explanation.unwrap().contains("hatalı"));

        let fault = |reply: Reply| match open(&reply) {
            Body::Fault(fault) => fault.string,
            Body::Payload(_) => panic!("no fault"),
        };
        let wrong = KotaSorgula {
            account: Default::default(),
        };
        assert!(fault(call_raw(address, &wrong, false)).contains("hatalı"));
        let missing = YetkiliSil {
            account: account(SENDER),
            ..Default::default()
        };
        assert!(fault(call_raw(address, &missing, false)).contains("YetkiliSil"));

        let soap = |body: &str| {
            http(
                address,
                "POST",
                kephs::soap::PATH,
                "Content-Type: text/xml\r\n",
                body.as_bytes(),
            )
        };
        assert!(fault(soap("<yarım")).contains("okunamadı"));
        let vast = soap(&" ".repeat(50_000 * 4 + 1024 * 1024 + 1));
        // An early answer may be lost to the client that is still writing; being let in it is not.
        assert!(vast.status == 0 || fault(vast).contains("çok büyük"));
        let broken = call_raw(address, &yukle("m1", &[READER]), false);
        assert_eq!(broken.status, 200);
        let packed = kep::mtom::pack(
            Body::Payload(kep::wire::write_request(&yukle("m2", &[READER]))),
            false,
        );
        let text = String::from_utf8(packed.body.to_vec()).unwrap();
        let start = text.find("RnJvbTo").expect("base64 of From:");
        let reply = soap(&format!("{}*!*{}", &text[..start], &text[start..]));
        assert!(reply.text().contains("base64"), "{}", reply.text());

        let unknown = call(
            address,
            &PaketDelilSorgula(which(SENDER, "<yok@x>", SENT)),
            false,
        );
        assert_eq!(unknown.durum, [Some(20)]);
        let folder = call(address, &PaketSorgula2(listing("OUTBOX")), false);
        assert_eq!(folder.status.durum, Some(21));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn answers_are_lost_cut_huge_or_not_xml_after_the_message_is_accepted() {
    with_provider(|address, running| {
        let provider = running.provider();
        let accepted = |id: &str| {
            let id = format!("<{id}@hs99.kep.example>");
            provider
                .counts(100)
                .unwrap()
                .iter()
                .filter(|it| it.org_mesaj_id == id)
                .count()
        };
        let told = |kind| {
            provider
                .misbehave(&NewRule::always(kind).times(1).for_operation("Yukle"))
                .unwrap();
        };

        told(Kind::LoseAnswer);
        let lost = call_raw(address, &yukle("lost", &[READER]), true);
        assert_eq!((lost.status, lost.body.len(), accepted("lost")), (0, 0, 1));

        told(Kind::CutAnswer);
        let cut = call_raw(address, &yukle("cut", &[READER]), true);
        assert!(cut.status == 200 && !cut.is_whole());
        assert_eq!(accepted("cut"), 1);

        provider
            .misbehave(&NewRule::always(Kind::HugeAnswer).times(1).number(2))
            .unwrap();
        let huge = call_raw(address, &yukle("huge", &[READER]), true);
        assert!(huge.body.len() > 2 * 1024 * 1024);
        assert_eq!(accepted("huge"), 1);

        told(Kind::NotXml);
        let not_xml = call_raw(address, &yukle("not-xml", &[READER]), true);
        assert!(not_xml.text().starts_with("<html>"));
        assert_eq!(accepted("not-xml"), 1);

        told(Kind::Fault);
        let fault = call_raw(address, &yukle("fault", &[READER]), true);
        assert_eq!((fault.status, accepted("fault")), (500, 0));

        told(Kind::Refuse);
        let refused = call(address, &yukle("refused", &[READER]), true);
        assert_eq!((refused.durum, accepted("refused")), (Some(99), 0));

        let fine = call(address, &yukle("fine", &[READER]), true);
        assert_eq!(fine.durum, Some(0), "every rule was for one call");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_late_answer_comes_when_the_clock_says_so() {
    with_provider(|address, running| {
        let provider = running.provider();
        provider
            .misbehave(&NewRule::always(Kind::LateAnswer).times(1).seconds(60))
            .unwrap();
        let waiting = std::thread::spawn(move || call(address, &yukle("late", &[READER]), true));
        while provider.counts(1).unwrap().is_empty() {
            std::thread::yield_now();
        }
        assert!(!waiting.is_finished(), "accepted, but not yet answered");
        while !waiting.is_finished() {
            post_json(address, "/prova/api/clock/advance", r#"{"seconds":60}"#);
        }
        assert_eq!(waiting.join().unwrap().durum, Some(0));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_is_accepted_after_its_sender_gave_up() {
    with_provider(|address, running| {
        use std::io::Write as _;
        let provider = running.provider();
        let rule = NewRule::always(Kind::LateAccept)
            .times(1)
            .seconds(60)
            .for_operation("Yukle");
        provider.misbehave(&rule).unwrap();
        let packed = kep::mtom::pack(
            Body::Payload(kep::wire::write_request(&yukle("m1", &[READER]))),
            true,
        );
        let mut line = std::net::TcpStream::connect(address).unwrap();
        let head = format!(
            "POST {} HTTP/1.1\r\nHost: {address}\r\nContent-Type: {}\r\nContent-Length: {}\r\n\r\n",
            kephs::soap::PATH,
            packed.content_type,
            packed.body.len()
        );
        line.write_all(head.as_bytes()).unwrap();
        line.write_all(&packed.body).unwrap();
        while !provider.misbehaviours().unwrap().is_empty() {
            std::thread::yield_now();
        }
        drop(line);
        assert!(
            provider.counts(1).unwrap().is_empty(),
            "nothing is accepted yet"
        );
        while provider.counts(1).unwrap().is_empty() {
            post_json(address, "/prova/api/clock/advance", r#"{"seconds":60}"#);
        }
        assert_eq!(provider.counts(1).unwrap()[0].accepted, 1);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_expired_login_lasts_until_the_next() {
    with_provider(|address, running| {
        let provider = running.provider();
        provider
            .misbehave(&NewRule::always(Kind::LoginExpired).for_address(SENDER))
            .unwrap();
        for _ in 0..2 {
            assert_eq!(call(address, &yukle("m1", &[READER]), true).durum, Some(2));
        }
        let first = Giris {
            account: account(SENDER),
            kind: Some("OTP".into()),
        };
        let token = call(address, &first, false).security_id.unwrap();
        let page = get(address, "/kutu?adres=demo%40hs99.kep.example").text();
        let key = provider.waiting_sms_key(SENDER).unwrap().unwrap();
        assert!(page.contains(&key), "a rehearsal shows the key on the page");
        let mut second = GuvenliGiris {
            account: account(SENDER),
            kind: Some("OTP".into()),
            sms_key: Some("yanlış".into()),
            signature: None,
            security_id: Some(token),
        };
        assert_eq!(call(address, &second, false).durum.as_deref(), Some("3"));
        second.sms_key = Some(key);
        assert_eq!(call(address, &second, false).durum.as_deref(), Some("0"));
        assert_eq!(call(address, &yukle("m1", &[READER]), true).durum, Some(0));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_opens_a_mailbox_reads_and_sees_the_evidence() {
    with_provider(|address, _| {
        let kep_id = call(address, &yukle("m1", &[READER]), true).kep_id.unwrap();
        let band = "PROVA: gerçek KEP hizmeti değildir";
        for path in [
            "/",
            "/aksakliklar",
            "/sayaclar",
            "/kutu?adres=bilgi%40hs99.kep.example",
            "/yok",
            "/kutu",
        ] {
            let page = get(address, path);
            assert!(page.text().contains(band), "{path}");
            assert!(
                page.header("content-security-policy")
                    .contains("default-src 'none'")
            );
        }
        let letter = "/ileti?adres=bilgi%40hs99.kep.example&dizin=INBOX&no=1";
        let closed = get(address, letter).text();
        assert!(
            closed.contains("<button class=\"main\">Oku</button>")
                && !closed.contains("Arz ederim.")
        );
        let form = "Content-Type: application/x-www-form-urlencoded\r\n";
        let foreign = format!("{form}Origin: http://evil.example\r\n");
        let body = b"adres=bilgi%40hs99.kep.example&dizin=INBOX&no=1";
        assert_eq!(
            http(address, "POST", "/ileti/oku", &foreign, body).status,
            403
        );
        assert_eq!(http(address, "POST", "/ileti/oku", form, body).status, 303);
        assert!(get(address, letter).text().contains("Arz ederim."));
        let path = format!(
            "/deliller?kepid={}",
            kep_id.replace('<', "%3C").replace('>', "%3E")
        );
        let evidence = get(address, &path).text();
        assert!(evidence.contains("Alıcı kullanıcı tarafından okundu."));

        let rule = b"kind=mailbox-full&operation=&address=&count=1&seconds=&number=&text=";
        assert_eq!(
            http(address, "POST", "/aksakliklar", form, rule).status,
            303
        );
        assert!(
            get(address, "/prova/api/misbehaviours")
                .text()
                .contains("mailbox-full")
        );
        assert_eq!(
            http(address, "POST", "/aksakliklar/kapat", form, b"id=").status,
            303
        );
        assert_eq!(get(address, "/prova/api/misbehaviours").text(), "[]");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn tests_steer_it_by_json() {
    with_provider(|address, _| {
        assert_eq!(get(address, "/health").text(), r#"{"status":"ok"}"#);
        let new = r#"{"address":"Yeni@hs99.kep.example","tcno":"1","parola":"p","sifre":"s"}"#;
        assert_eq!(post_json(address, "/prova/api/accounts", new).status, 201);
        assert!(
            get(address, "/prova/api/accounts?q=yeni")
                .text()
                .contains("yeni@hs99.kep.example")
        );
        let rule = r#"{"kind":"mailbox-full","count":1}"#;
        assert_eq!(
            post_json(address, "/prova/api/misbehaviours", rule).status,
            201
        );
        let bad = post_json(address, "/prova/api/misbehaviours", r#"{"kind":"dance"}"#);
        assert!(bad.status == 400 && bad.text().contains("bad-json"));
        call(address, &yukle("m1", &[READER]), true);
        call(address, &yukle("m2", &[READER]), true);
        let received: serde_json::Value =
            serde_json::from_slice(&get(address, "/prova/api/received").body).unwrap();
        assert_eq!(
            received.as_array().unwrap().len(),
            1,
            "the first met a full mailbox"
        );
        assert_eq!(received[0]["org_mesaj_id"], "<m2@hs99.kep.example>");
        assert_eq!(received[0]["sha256"].as_str().unwrap().len(), 64);
        let kep_id = received[0]["kep_id"].as_str().unwrap();
        let read = format!(r#"{{"address":"{READER}","kep_id":"{kep_id}"}}"#);
        assert_eq!(post_json(address, "/prova/api/read", &read).status, 200);
        assert!(
            get(address, "/prova/api/counters")
                .text()
                .contains("\"accepted\":1")
        );
        assert_eq!(FOLDERS.len(), 3);
    })
    .await;
}

#[tokio::test]
async fn it_listens_on_loopback_only() {
    let folder = tempfile::tempdir().unwrap();
    let mut config = config(folder.path());
    config.listen = "0.0.0.0:0".parse().unwrap();
    let refused = kephs::start(config).await.err().unwrap();
    assert!(refused.to_string().contains("yalnızca bu bilgisayarın"));
}

/// Subject, file name and text of a message may be anything; the provider's pages show them as text.
#[tokio::test(flavor = "multi_thread")]
async fn a_hostile_message_is_text_on_every_page() {
    with_provider(|address, _| {
        let hostile =
            |mark: &str| format!("\"'><script>{mark}()</script><img src=x onerror={mark}()>");
        let quoted = |mark: &str| {
            let mut word = String::from("=?utf-8?Q?");
            for byte in hostile(mark).bytes() {
                word.push_str(&format!("={byte:02X}"));
            }
            word + "?="
        };
        let bytes = format!(
            "From: {SENDER}\r\nTo: {READER}\r\nSubject: {}\r\n\
             Message-ID: <hostile@hs99.kep.example>\r\nX-TR-REM-iletiTip: eYazisma\r\n\
             MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=\"b\"\r\n\r\n\
             --b\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n{}\r\n\
             --b\r\nContent-Type: application/octet-stream\r\n\
             Content-Disposition: attachment; filename=\"{}\"\r\n\r\nx\r\n--b--\r\n",
            quoted("konu"),
            hostile("metin"),
            hostile("dosya").replace('"', ""),
        );
        let sent = Yukle {
            account: account(SENDER),
            package: Some(Binary::new(bytes.into_bytes())),
            kind: Some("EYazisma".into()),
        };
        let kep_id = call(address, &sent, true).kep_id.unwrap();
        let form = "Content-Type: application/x-www-form-urlencoded\r\n";
        let letter = "adres=bilgi%40hs99.kep.example&dizin=INBOX&no=1";
        let read = http(address, "POST", "/ileti/oku", form, letter.as_bytes());
        assert_eq!(read.status, 303);
        let words = b"kind=refuse&operation=&address=&count=1&seconds=&number=&\
            text=%22%3E%3Cscript%3Ekural%28%29%3C%2Fscript%3E";
        assert_eq!(
            http(address, "POST", "/aksakliklar", form, words).status,
            303
        );
        let evidence = kep_id.replace('<', "%3C").replace('>', "%3E");
        let mut shown = String::new();
        for path in [
            "/".to_owned(),
            "/kutu?adres=bilgi%40hs99.kep.example".to_owned(),
            "/kutu?adres=demo%40hs99.kep.example&dizin=INBOX.Sent".to_owned(),
            format!("/ileti?{letter}"),
            format!("/deliller?kepid={evidence}"),
            "/deliller?kepid=%22%3E%3Cscript%3Eadres%28%29%3C%2Fscript%3E".to_owned(),
            "/kutu?adres=%22%3E%3Cscript%3Eadres%28%29%3C%2Fscript%3E".to_owned(),
            "/aksakliklar".to_owned(),
            "/sayaclar".to_owned(),
        ] {
            let page = get(address, &path).text();
            for markup in ["<script>", "<img src=x"] {
                assert!(!page.contains(markup), "{path}: {page}");
            }
            shown.push_str(&page);
        }
        for mark in ["konu()", "metin()", "dosya()"] {
            assert!(shown.contains(mark), "no page showed {mark}");
        }
    })
    .await;
}
