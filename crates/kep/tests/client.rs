//! What the client concludes when a provider on this machine answers well, badly or not at all.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::time::Duration;

use axum::Router;
use axum::body::Body as HttpBody;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use kep::client::{
    CallError, Effect, EvidenceListing, Listing, LoginKind, LoginProof, Lost, MessageRef,
    PttClient, PttSettings, SettingsError, SoapAction,
};
use kep::evidence::EvidenceKind;
use kep::message::MessageKind;
use kep::mtom;
use kep::soap::{Body, Fault, Limits, ReadError};
use kep::wire::{self, *};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

const ANY_TIME: &str = "2026-11-24T10:00:00Z";

fn settings(endpoint: &str) -> PttSettings {
    let account = Account {
        address: Some("havsa@hs99.kep.example".into()),
        national_id: Some("10000000146".into()),
        parola: Some("gizli-parola".into()),
        sifre: Some("gizli-sifre".into()),
    };
    PttSettings {
        request_timeout: Duration::from_secs(10),
        ..PttSettings::new("prova", endpoint, account)
    }
}

/// A provider that answers each request element through `answer`.
#[derive(Clone)]
struct Provider {
    answer: fn(&kep::soap::Element) -> Body,
    as_parts: bool,
}

async fn handle(State(provider): State<Provider>, headers: HeaderMap, body: Bytes) -> Response {
    let kind = headers[header::CONTENT_TYPE].to_str().unwrap();
    let Body::Payload(request) = mtom::open(kind, &body, &Limits::default()).unwrap() else {
        panic!("a fault")
    };
    let action = headers["SOAPAction"].to_str().unwrap();
    assert!(
        action == "\"\"" || action == format!("\"urn:{}\"", request.name),
        "{action}"
    );
    let answer = (provider.answer)(&request);
    let status = if matches!(answer, Body::Fault(_)) {
        StatusCode::INTERNAL_SERVER_ERROR
    } else {
        StatusCode::OK
    };
    let packed = mtom::pack(answer, provider.as_parts);
    (
        status,
        [(header::CONTENT_TYPE, packed.content_type)],
        packed.body,
    )
        .into_response()
}

async fn serve(router: Router) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    format!("http://{address}/eyws")
}

async fn provider(answer: fn(&kep::soap::Element) -> Body, as_parts: bool) -> PttSettings {
    settings(
        &serve(
            Router::new()
                .fallback(handle)
                .with_state(Provider { answer, as_parts }),
        )
        .await,
    )
}

/// A web server that gives the same answer to everybody.
async fn web_server(status: u16, content_type: &'static str, body: Vec<u8>) -> PttSettings {
    let answer = move || {
        let body = HttpBody::from(body.clone());
        async move {
            (
                StatusCode::from_u16(status).unwrap(),
                [(header::CONTENT_TYPE, content_type)],
                body,
            )
        }
    };
    settings(&serve(Router::new().fallback(answer)).await)
}

/// A server that reads the request's head and then does as told with the connection.
async fn raw_server(answer: Option<&'static [u8]>) -> PttSettings {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        let mut kept = Vec::new();
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut head = [0; 4096];
            let _ = stream.read(&mut head).await;
            match answer {
                Some(bytes) => drop(stream.write_all(bytes).await),
                None => kept.push(stream), // holds the line and says nothing
            }
        }
    });
    settings(&format!("http://{address}/eyws"))
}

async fn send(settings: PttSettings) -> Result<kep::client::Sent, CallError> {
    let client = PttClient::new(settings).unwrap();
    client
        .send(
            Bytes::from_static(b"From: a\r\n\r\n\0\xff"),
            MessageKind::EYazisma,
        )
        .await
}

fn answer_to_send(request: &kep::soap::Element) -> Body {
    let request: Yukle = wire::read_request(request).unwrap();
    assert_eq!(
        request.package.unwrap().bytes,
        &b"From: a\r\n\r\n\0\xff"[..]
    );
    assert_eq!(request.kind.as_deref(), Some("EYazisma"));
    assert_eq!(request.account.sifre.as_deref(), Some("gizli-sifre"));
    let answer = YukleAnswer {
        durum: Some(0),
        kep_id: Some("<k@hs99>".into()),
        explanation: None,
    };
    Body::Payload(wire::write_answer(&answer))
}

#[tokio::test]
async fn a_message_is_sent_in_every_form() {
    for mtom in [false, true] {
        for as_parts in [false, true] {
            let base = provider(answer_to_send, as_parts).await;
            for soap_action in [SoapAction::Operation, SoapAction::Empty] {
                let sent = send(PttSettings {
                    mtom,
                    soap_action,
                    ..base.clone()
                })
                .await
                .unwrap();
                assert_eq!(sent.kep_id.as_deref(), Some("<k@hs99>"));
            }
        }
    }
}

#[tokio::test]
async fn a_refusal_is_definite() {
    let refusing = provider(
        |_| {
            let answer = YukleAnswer {
                durum: Some(12),
                explanation: Some("Kontör yetersiz".into()),
                kep_id: None,
            };
            Body::Payload(wire::write_answer(&answer))
        },
        false,
    )
    .await;
    let error = send(refusing.clone()).await.unwrap_err();
    assert_eq!(
        error,
        CallError::Refused {
            durum: 12,
            explanation: Some("Kontör yetersiz".into())
        }
    );
    assert_eq!(error.effect(), Effect::None);
    assert!(error.sentence().contains("Kontör yetersiz"));
    let error = send(PttSettings {
        login_codes: vec![12],
        ..refusing
    })
    .await
    .unwrap_err();
    assert!(matches!(error, CallError::LoginNeeded { durum: 12, .. }));
}

#[tokio::test]
async fn faults_are_told_apart() {
    let client_fault = provider(|_| Body::Fault(Fault::client("bad request")), false).await;
    let error = send(client_fault).await.unwrap_err();
    assert!(matches!(&error, CallError::Fault(fault) if fault.string == "bad request"));
    assert_eq!(
        (error.effect(), error.is_transient()),
        (Effect::None, false)
    );
    let error = send(provider(|_| Body::Fault(Fault::server("oops")), true).await)
        .await
        .unwrap_err();
    assert_eq!(
        (error.effect(), error.is_transient()),
        (Effect::Unknown, true)
    );
}

#[tokio::test]
async fn a_closed_door_means_surely_not_sent() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let error = send(settings(&format!("http://{address}/eyws")))
        .await
        .unwrap_err();
    assert!(matches!(error, CallError::NotSent { .. }), "{error:?}");
    assert_eq!((error.effect(), error.is_transient()), (Effect::None, true));

    // No TLS where TLS should be: the request never left either.
    let plain = raw_server(Some(b"HTTP/1.1 400 Bad Request\r\n\r\n")).await;
    let error = send(settings(&plain.endpoint.replace("http:", "https:")))
        .await
        .unwrap_err();
    assert!(matches!(error, CallError::NotSent { .. }), "{error:?}");
}

#[tokio::test]
async fn lost_answers_leave_the_outcome_unknown() {
    let cut: [(&str, Option<&'static [u8]>); 4] = [
        ("closed at once", Some(b"")),
        ("cut in the head", Some(b"HTTP/1.1 200 OK\r\nContent-Ty")),
        (
            "cut in the body",
            Some(b"HTTP/1.1 200 OK\r\nContent-Length: 900\r\n\r\n<soapenv:Env"),
        ),
        ("not HTTP", Some(b"220 smtp ready\r\n\r\n")),
    ];
    for (name, answer) in cut {
        let error = send(raw_server(answer).await).await.unwrap_err();
        assert!(
            matches!(error, CallError::OutcomeUnknown(Lost::Cut(_))),
            "{name}: {error:?}"
        );
        assert_eq!(error.effect(), Effect::Unknown);
    }
    let silent = PttSettings {
        request_timeout: Duration::from_millis(200),
        ..raw_server(None).await
    };
    assert_eq!(
        send(silent).await.unwrap_err(),
        CallError::OutcomeUnknown(Lost::TimedOut)
    );
}

#[tokio::test]
async fn unusable_answers_leave_the_outcome_unknown() {
    let html = web_server(
        200,
        "text/html",
        b"<html><body><p>Bakim</body></html>".to_vec(),
    )
    .await;
    let error = send(html).await.unwrap_err();
    assert!(
        matches!(
            error,
            CallError::OutcomeUnknown(Lost::Unreadable(ReadError::NotXml(_)))
        ),
        "{error:?}"
    );

    let other = web_server(200, "text/xml", b"<a/>".to_vec()).await;
    let error = send(other).await.unwrap_err();
    assert!(
        matches!(
            error,
            CallError::OutcomeUnknown(Lost::Unreadable(ReadError::NotSoap(_)))
        ),
        "{error:?}"
    );

    let huge = web_server(200, "text/xml", vec![b' '; 300_000]).await;
    let error = send(PttSettings {
        max_answer_bytes: 100_000,
        ..huge
    })
    .await
    .unwrap_err();
    assert_eq!(
        error,
        CallError::OutcomeUnknown(Lost::TooLarge { limit: 100_000 })
    );

    let bad_gateway = web_server(502, "text/html", b"Bad gateway".to_vec()).await;
    assert_eq!(
        send(bad_gateway).await.unwrap_err(),
        CallError::OutcomeUnknown(Lost::Status(502))
    );

    let wrong_answer = provider(
        |_| Body::Payload(wire::write_answer(&KotaSorgulaAnswer::default())),
        false,
    )
    .await;
    let error = send(wrong_answer).await.unwrap_err();
    assert!(matches!(error, CallError::Malformed(_)), "{error:?}");
    assert_eq!(error.effect(), Effect::Unknown);

    let no_durum = provider(
        |_| Body::Payload(wire::write_answer(&YukleAnswer::default())),
        false,
    )
    .await;
    assert!(matches!(
        send(no_durum).await.unwrap_err(),
        CallError::Malformed(_)
    ));
}

#[tokio::test]
async fn a_web_server_that_refuses_did_not_pass_it_on() {
    let table = [
        (401, "kep_unauthorized"),
        (403, "kep_unauthorized"),
        (404, "kep_rejected"),
        (413, "kep_rejected"),
        (307, "kep_rejected"),
        (302, "kep_outcome_unknown"),
        (408, "kep_outcome_unknown"),
    ];
    for (status, code) in table {
        let error = send(web_server(status, "text/html", b"no".to_vec()).await)
            .await
            .unwrap_err();
        assert_eq!(error.code(), code, "{status}");
    }
}

fn mailbox(request: &kep::soap::Element) -> Body {
    let row = PackageRow {
        kep_id: Some("<k1>".into()),
        original_message_id: Some("<m1>".into()),
        ..Default::default()
    };
    let columns = PackageColumns::from_rows([row]);
    let ok = Status {
        durum: Some(0),
        explanation: None,
    };
    let evidence = EvidenceRow {
        evidence_id: Some("d1".into()),
        code: Some("99".into()),
        text: Some("yeni bir delil".into()),
        time: Some("dün".into()),
        ..Default::default()
    };
    let asked = |query: &PackageQuery| {
        assert_eq!(query.from.as_deref(), Some("2026-11-24T13:00:00+03:00"));
        assert_eq!(query.folder.as_deref(), Some("INBOX.Sent"));
    };
    Body::Payload(match wire::operation_of(request) {
        "DizinSorgula" => wire::write_answer(&DizinSorgulaAnswer {
            folders: vec![Some("INBOX".into()), None, Some("INBOX.Sent".into())],
        }),
        "PaketSorgula" => {
            asked(&wire::read_request::<PaketSorgula>(request).unwrap().0);
            wire::write_answer(&PaketSorgulaAnswer {
                durum: vec![Some(0)],
                columns,
                explanation: vec![None],
            })
        }
        "PaketSorgula2" => {
            asked(&wire::read_request::<PaketSorgula2>(request).unwrap().0);
            wire::write_answer(&PaketSorgula2Answer {
                messages: vec![Packages2(columns)],
                status: ok,
            })
        }
        "PaketSorgula3" => {
            asked(&wire::read_request::<PaketSorgula3>(request).unwrap().0);
            wire::write_answer(&PaketSorgula3Answer {
                messages: vec![Packages3(columns)],
                status: ok,
            })
        }
        "PaketDelilSorgula" => wire::write_answer(&PaketDelilSorgulaAnswer {
            durum: vec![Some(0)],
            ..PaketDelilSorgulaAnswer::from_rows([evidence])
        }),
        "PaketDetayDelilSorgula" => wire::write_answer(&PaketDetayDelilSorgulaAnswer {
            rows: vec![evidence],
            status: ok,
        }),
        "PaketDelilIndir" => wire::write_answer(&PaketDelilIndirAnswer {
            durum: Some(0),
            evidence: Some(Binary::new(&b"<x/>"[..])),
            explanation: None,
        }),
        "Indir" => {
            let asked: Indir = wire::read_request(request).unwrap();
            assert_eq!(
                (asked.kep_id.as_deref(), asked.security_id.as_deref()),
                (Some("<k1>"), Some("g-1"))
            );
            wire::write_answer(&IndirAnswer {
                durum: Some(0),
                packages: vec![Binary::new(&b"one"[..]), Binary::new(&b"two"[..])],
                explanation: None,
            })
        }
        "AlindiOnay" => wire::write_answer(&AlindiOnayAnswer { status: ok }),
        "PaketSil" => wire::write_answer(&PaketSilAnswer {
            status: Status {
                durum: Some(3),
                explanation: None,
            },
        }),
        "KotaSorgula" => wire::write_answer(&KotaSorgulaAnswer {
            quota: Some(102_400),
        }),
        "KontorSorgula" => wire::write_answer(&KontorSorgulaAnswer {
            amount: Some("12.5".into()),
            unit: Some("TL".into()),
        }),
        "Giris" => wire::write_answer(&GirisAnswer {
            durum: Some("0".into()),
            text: Some("imzala".into()),
            security_id: Some("g-0".into()),
            ..Default::default()
        }),
        "GuvenliGiris" => {
            let asked: GuvenliGiris = wire::read_request(request).unwrap();
            let right = asked.sms_key.as_deref() == Some("123456")
                && asked.security_id.as_deref() == Some("g-0");
            let durum = Some(if right { "0" } else { "1" }.into());
            wire::write_answer(&GuvenliGirisAnswer {
                durum,
                explanation: None,
                security_id: Some("g-1".into()),
            })
        }
        other => panic!("{other}"),
    })
}

#[tokio::test]
async fn a_mailbox_is_worked_through() {
    let base = provider(mailbox, true).await;
    let client = PttClient::new(base.clone()).unwrap();
    assert_eq!(client.folders().await.unwrap(), ["INBOX", "INBOX.Sent"]);
    let from = ANY_TIME.parse().unwrap();
    for listing in [Listing::First, Listing::Second, Listing::Third] {
        let client = PttClient::new(PttSettings {
            listing,
            ..base.clone()
        })
        .unwrap();
        let rows = client.list("INBOX.Sent", from, from).await.unwrap();
        assert_eq!(rows.len(), 1);
        assert_eq!(rows[0].original_message_id.as_deref(), Some("<m1>"));
    }
    let message = MessageRef::new("<k1>", Some("INBOX.Sent"));
    for evidence_listing in [EvidenceListing::Plain, EvidenceListing::Detailed] {
        let client = PttClient::new(PttSettings {
            evidence_listing,
            ..base.clone()
        })
        .unwrap();
        let evidence = client.evidence(&message).await.unwrap();
        assert_eq!(
            (evidence.len(), evidence[0].kind, evidence[0].code),
            (1, EvidenceKind::Unknown, Some(99))
        );
        assert_eq!(
            (evidence[0].provider.as_str(), evidence[0].findings.len()),
            ("prova", 3)
        );
    }
    assert_eq!(client.evidence_file("d1").await.unwrap(), "<x/>");
    let challenge = client.begin_login(LoginKind::Otp).await.unwrap();
    let wrong = client
        .finish_login(&challenge, LoginProof::SmsKey("0".into()))
        .await
        .unwrap_err();
    assert!(matches!(wrong, CallError::LoginNeeded { durum: 1, .. }));
    let id = client
        .finish_login(&challenge, LoginProof::SmsKey("123456".into()))
        .await
        .unwrap();
    assert_eq!(
        client.fetch(&message, Some(&id)).await.unwrap(),
        ["one", "two"]
    );
    client.confirm(&message).await.unwrap();
    assert!(matches!(
        client.delete(&message).await.unwrap_err(),
        CallError::Refused { durum: 3, .. }
    ));
    assert_eq!(client.quota().await.unwrap(), Some(102_400));
    assert_eq!(client.credit().await.unwrap().unwrap().amount, "12.5");
}

#[test]
fn endpoints_that_would_leak_secrets_are_refused() {
    let refused = |endpoint: &str| PttClient::new(settings(endpoint)).err();
    assert!(matches!(
        refused("http://ws.hs01.kep.tr/x"),
        Some(SettingsError::NotSecure)
    ));
    assert!(matches!(
        refused("http://127.0.0.1.evil.example/x"),
        Some(SettingsError::NotSecure)
    ));
    assert!(matches!(
        refused("https://u:p@ws.hs01.kep.tr/x"),
        Some(SettingsError::CarriesCredentials)
    ));
    assert!(matches!(
        refused("ftp://127.0.0.1/x"),
        Some(SettingsError::NotAnAddress(_))
    ));
    assert!(matches!(
        refused("not an address"),
        Some(SettingsError::NotAnAddress(_))
    ));
    assert!(refused("http://[::1]:9/x").is_none());
    assert!(refused("http://localhost:9/x").is_none());
    let shown = format!("{:?}", settings("https://ws.hs01.kep.tr/x"));
    assert!(
        !shown.contains("gizli") && !shown.contains("10000000146"),
        "{shown}"
    );
}
