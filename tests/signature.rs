//! Signatures are completed over HTTP while a person signs, and every trouble on the way leaves the
//! step where it was, with a sentence that says what to do.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod office;

use std::io::Cursor;
use std::process::Command;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use dys::access::Actor;
use dys::approval::sign;
use dys::document::{self, State as LetterState};
use dys::error::{Error, Result};
use dys::params;
use dys::signature::{self, Signature, accept, rehearsal};
use dys::store::BlobHash;
use dys::store::testing::{every_engine, sqlite};
use jiff::{SignedDuration, Timestamp};
use office::Office;
use seal::rehearsal::{Authority, Revoked, ServiceKind};
use seal::{
    Content, Digest, Level, Material, SignOptions, Signer as _, SoftKey, TimeStampQuestion,
    TrustStore, Verdict, VerifyOptions,
};

const HAVSA: &str = "havsa yazı";

/// A letter before its signer, and the signer.
async fn before_signer(office: &Office) -> (String, Actor) {
    dys::fileplan::fill(&office.app.store).unwrap();
    let signer = office::signer(&office.app, &office.clerk).await;
    let id = office.draft(&[HAVSA]).await;
    office::submitted(&office.app, &office.clerk, &signer, &id).await;
    (id, signer)
}

async fn prepared(office: &Office, signer: &Actor, id: &str) -> sign::Prepared {
    let letter = id.to_owned();
    let version = office
        .app
        .read(signer, move |tx, act| {
            Ok(document::draft::open(tx, act, &letter)?.version)
        })
        .await
        .unwrap();
    sign::prepare(&office.app, signer, id, version)
        .await
        .unwrap()
}

/// İmzala with the person's rehearsal key.
async fn try_sign(office: &Office, signer: &Actor, id: &str) -> Result<bool> {
    let prepared = prepared(office, signer, id).await;
    let pin = rehearsal::PIN;
    let accepted = rehearsal::sign(&office.app, signer, &prepared.content, pin).await?;
    let letter = id.to_owned();
    office
        .app
        .write(signer, move |tx, act| {
            sign::complete(tx, act, &letter, prepared.version, &accepted)
        })
        .await
}

/// The stored signatures of a letter, with their rows' content.
async fn signatures(office: &Office, id: &str) -> Vec<Signature> {
    let letter = id.to_owned();
    office
        .app
        .store
        .read(move |tx| -> Result<_> {
            let package = dys::package::of(tx, &letter)?.unwrap();
            Ok(signature::of_document(tx, &letter, &package.content_hash)?)
        })
        .await
        .unwrap()
}

async fn state(office: &Office, id: &str) -> LetterState {
    let letter = id.to_owned();
    let read = office.app.read(&office.clerk, move |tx, act| {
        Ok(document::draft::open(tx, act, &letter)?.state)
    });
    read.await.unwrap()
}

fn verified(cms: &[u8], root: &seal::Certificate, at: Timestamp) -> seal::Report {
    let trust = TrustStore::new(vec![root.clone()], Vec::new());
    let options = VerifyOptions {
        trust: &trust,
        at,
        material: &Material::default(),
    };
    seal::verify(cms, None, &options)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_signature_becomes_x_long_and_the_seal_archival_and_the_stamp_dates_the_letter() {
    for test in tokio::task::spawn_blocking(every_engine).await.unwrap() {
        let office = Office::on(test).await;
        office.with_services().await;
        let (id, signer) = before_signer(&office).await;
        // The authority's clock is a little ahead of ours.
        let ahead = SignedDuration::from_secs(90);
        office.provider.provider().advance(ahead).unwrap();
        assert!(try_sign(&office, &signer, &id).await.unwrap());
        let stored = signatures(&office, &id).await.remove(0);
        assert_eq!(
            (stored.level.as_str(), stored.verdict.as_str()),
            ("x_long", "verified")
        );
        let stamped = office.app.now() + ahead;
        assert_eq!(stored.stamped_at, Some(stamped));
        assert_eq!(stored.signed_at, office.app.now());

        // Nothing but the root is needed, five years later too.
        let authority = rehearsal::authority(&office.app).unwrap();
        let later = office.app.now() + SignedDuration::from_hours(24 * 365 * 5);
        let cms = office.app.blobs.get(&stored.cms_hash).await.unwrap();
        let report = verified(&cms, authority.root(), later);
        assert_eq!(report.verdict(), Verdict::Verified, "{report:#?}");
        assert_eq!(report.signers[0].level, Level::XLong);

        let whole = dys::package::whole(&office.app, &id).await.unwrap();
        let limits = eyazisma::Limits::default();
        let package = eyazisma::Package::read(Cursor::new(&whole.bytes), &limits).unwrap();
        let report = verified(package.seal.as_ref().unwrap(), authority.root(), later);
        assert_eq!(report.verdict(), Verdict::Verified, "{report:#?}");
        assert_eq!(report.signers[0].level, Level::A);

        let last = package.final_metadata.as_ref().unwrap();
        let told = |stamp: &eyazisma::Stamp| stamp.as_str().parse::<Timestamp>().unwrap();
        assert_eq!(told(&last.date), stamped);
        assert_eq!(told(last.signers[0].date.as_ref().unwrap()), stamped);
        office.audit_is_whole().await;
    }
}

/// How the services misbehave.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Trouble {
    None,
    Silent(&'static str),
    Status(&'static str, u16),
    TooLarge(&'static str),
    Redirect(&'static str),
    /// A stamp, but of another question.
    OtherStamp,
    Revoked,
}

struct Services {
    authority: Authority,
    trouble: Mutex<Trouble>,
    now: Timestamp,
    revoked: Mutex<Vec<Revoked>>,
    /// Answers so far: what numbers the stamps.
    count: AtomicU64,
}

/// Services of the office's own authority that can be told to misbehave.
async fn serve(office: &Office) -> (Arc<Services>, String) {
    let services = Arc::new(Services {
        authority: rehearsal::authority(&office.app).unwrap(),
        trouble: Mutex::new(Trouble::None),
        now: office.app.now(),
        revoked: Mutex::default(),
        count: AtomicU64::new(1),
    });
    let router = axum::Router::new()
        .route("/prova-esh/{service}", get(answer).post(answer))
        .with_state(Arc::clone(&services));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, router).await });
    (services, url)
}

async fn answer(
    State(services): State<Arc<Services>>,
    Path(name): Path<String>,
    body: Bytes,
) -> Response {
    let trouble = *services.trouble.lock().unwrap();
    match trouble {
        Trouble::Silent(at) if name.contains(at) => std::future::pending::<()>().await,
        Trouble::Status(at, code) if name.contains(at) => {
            return StatusCode::from_u16(code).unwrap().into_response();
        }
        Trouble::TooLarge(at) if name.contains(at) => return vec![0_u8; 33 << 20].into_response(),
        Trouble::Redirect(at) if name.contains(at) => {
            let elsewhere = [(header::LOCATION, "http://127.0.0.1:9/baska")];
            return (StatusCode::FOUND, elsewhere).into_response();
        }
        _ => {}
    }
    let kind = ServiceKind::at(&name).unwrap();
    let question = match (trouble, kind) {
        (Trouble::OtherStamp, ServiceKind::TimeStamp) => {
            let other = TimeStampQuestion::new(Digest::Sha256, vec![7; 32], [1; 8]);
            other.unwrap().der
        }
        _ => body.to_vec(),
    };
    let revoked = match trouble {
        Trouble::Revoked => services.revoked.lock().unwrap().clone(),
        _ => Vec::new(),
    };
    let serial = services.count.fetch_add(1, Ordering::Relaxed);
    let serial = u128::from(serial).to_be_bytes();
    let answer = services
        .authority
        .answer(kind, &question, &revoked, services.now, serial);
    answer.unwrap().body.into_response()
}

/// Nothing moved and nothing was written down.
async fn is_unmoved(office: &Office, id: &str, what: &str) {
    assert_eq!(state(office, id).await, LetterState::InApproval, "{what}");
    assert!(signatures(office, id).await.is_empty(), "{what}");
}

fn words(error: Error) -> (&'static str, String) {
    match error {
        Error::Problem(problem) => (problem.code, problem.message),
        other => panic!("{other:?}"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_in_trouble_leaves_the_step_where_it_was() {
    let office = Office::on(sqlite()).await;
    let (services, url) = serve(&office).await;
    office.services_at(&url).await;
    let (id, signer) = before_signer(&office).await;
    rehearsal::make(&office.app, &signer).unwrap();
    for (trouble, sentence) in [
        (Trouble::Silent("tsa"), "yanıt vermedi"),
        (Trouble::Status("tsa", 500), "HTTP 500 yanıtı verdi"),
        (Trouble::Status("tsa", 404), "HTTP 404 yanıtı verdi"),
        (Trouble::TooLarge("tsa"), "bayttan büyük"),
        (Trouble::Redirect("tsa"), "HTTP 302 yanıtı verdi"),
        (Trouble::OtherStamp, "yanıt başka bir özet için"),
        // OCSP and, after it, the lists.
        (Trouble::Silent("c"), "yanıt vermedi"),
        (Trouble::Status("c", 503), "HTTP 503 yanıtı verdi"),
    ] {
        *services.trouble.lock().unwrap() = trouble;
        let error = try_sign(&office, &signer, &id).await.unwrap_err();
        let (told, message) = words(error);
        assert_eq!(told, "zaman_damgasi_alinamadi", "{trouble:?}: {message}");
        assert!(
            message.contains("Yazı imzalanmadı"),
            "{trouble:?}: {message}"
        );
        assert!(message.contains(sentence), "{trouble:?}: {message}");
        is_unmoved(&office, &id, &format!("{trouble:?}")).await;
    }

    // The list stands in for a silent OCSP responder.
    *services.trouble.lock().unwrap() = Trouble::Silent("ocsp");
    assert!(try_sign(&office, &signer, &id).await.unwrap());
    let stored = signatures(&office, &id).await.remove(0);
    assert_eq!(stored.level, "x_long");
    office.audit_is_whole().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_revoked_person_does_not_sign() {
    let office = Office::on(sqlite()).await;
    let (services, url) = serve(&office).await;
    office.services_at(&url).await;
    let (id, signer) = before_signer(&office).await;
    rehearsal::make(&office.app, &signer).unwrap();
    let file = office.app.config.data.join("prova-imza");
    let file = file.join(format!("{}.p12", signer.user_id));
    let key = SoftKey::from_pkcs12(&std::fs::read(file).unwrap(), rehearsal::PIN).unwrap();
    services.revoked.lock().unwrap().push(Revoked {
        serial: key.certificate().serial(),
        at: office.app.now() - SignedDuration::from_hours(1),
    });
    *services.trouble.lock().unwrap() = Trouble::Revoked;
    let error = try_sign(&office, &signer, &id).await.unwrap_err();
    let (code, message) = words(error);
    assert_eq!(code, "sertifika_iptal");
    assert!(
        message.contains("tarihinde iptal edilmiş (OCSP)")
            && message.contains("Bu sertifikayla imza atılamaz."),
        "{message}"
    );
    is_unmoved(&office, &id, "revoked").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_has_to_be_the_persons_own_and_one_for_signatures() {
    let office = Office::on(sqlite()).await;
    office.with_services().await;
    let (id, signer) = before_signer(&office).await;
    rehearsal::make(&office.app, &signer).unwrap();
    let set_number = async |number: Option<&'static str>| {
        let user_id = signer.user_id.clone();
        office
            .app
            .write(&Actor::system(), move |tx, act| {
                tx.execute(
                    "DELETE FROM signer_identity WHERE user_id = ?1",
                    params![&user_id],
                )?;
                match number {
                    Some(number) => signature::identity::set(tx, act, &user_id, number),
                    None => Ok(()),
                }
            })
            .await
            .unwrap();
    };
    set_number(None).await;
    let (code, message) = words(try_sign(&office, &signer, &id).await.unwrap_err());
    assert_eq!(code, "kimlik_no_tanimsiz");
    assert!(message.contains("DYS yöneticinize başvurun"), "{message}");
    is_unmoved(&office, &id, code).await;

    set_number(Some("20000000046")).await;
    let (code, message) = words(try_sign(&office, &signer, &id).await.unwrap_err());
    assert_eq!(code, "sertifika_baskasinin");
    assert!(message.contains("Ali Şahin adına"), "{message}");
    is_unmoved(&office, &id, code).await;

    let content = prepared(&office, &signer, &id).await.content;
    let Some(cms) = signed_by_encryption_key(&office, &content).await else {
        return eprintln!("skipped: openssl is not installed");
    };
    let refused = accept(&office.app, &signer, &content, cms).await;
    let (code, message) = words(refused.unwrap_err());
    assert_eq!(code, "sertifika_kullanimi");
    assert!(
        message.contains("Karttaki imza sertifikasını seçip"),
        "{message}"
    );
    is_unmoved(&office, &id, code).await;
}

/// A signature over the content with a certificate that OpenSSL issued for encryption only; none
/// without OpenSSL.
async fn signed_by_encryption_key(office: &Office, content: &BlobHash) -> Option<Vec<u8>> {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    let authority = rehearsal::authority(&office.app).unwrap();
    // The file holds key and certificate of root, intermediate and the services, in this order.
    let pem = authority.to_pem().unwrap();
    let middle = pem.split("-----BEGIN PRIVATE KEY-----").nth(2).unwrap();
    let middle = format!("-----BEGIN PRIVATE KEY-----{middle}");
    std::fs::write(path("ca.pem"), middle).unwrap();
    std::fs::write(path("ext"), "keyUsage=critical,keyEncipherment\n").unwrap();
    let openssl = |arguments: &[&str]| {
        let output = Command::new("openssl")
            .args(arguments)
            .current_dir(folder.path())
            .output()
            .ok()?;
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success(), "{arguments:?}: {said}");
        Some(())
    };
    openssl(&[
        "req",
        "-new",
        "-newkey",
        "ec",
        "-pkeyopt",
        "ec_paramgen_curve:P-256",
        "-nodes",
        "-keyout",
        "key.pem",
        "-out",
        "request.pem",
        "-subj",
        "/CN=Ali Sahin/serialNumber=20000000046",
    ])?;
    openssl(&[
        "x509",
        "-req",
        "-in",
        "request.pem",
        "-CA",
        "ca.pem",
        "-CAkey",
        "ca.pem",
        "-days",
        "3650",
        "-set_serial",
        "77",
        "-extfile",
        "ext",
        "-out",
        "certificate.pem",
    ])?;
    let read = |name: &str| std::fs::read_to_string(path(name)).unwrap();
    let certificate = format!(
        "{}{}",
        read("certificate.pem"),
        authority.intermediate().pem()
    );
    let key = SoftKey::from_pem(&read("key.pem"), &certificate).unwrap();
    let bytes = office.app.blobs.get(content).await.unwrap();
    // OpenSSL took this machine's clock for the validity.
    let begins = key.certificate().not_before();
    office.clock.set(begins + SignedDuration::from_hours(1));
    let cms = seal::sign(
        &key,
        Content::Attached(&bytes),
        &SignOptions::at(office.app.now()),
    );
    Some(cms.unwrap())
}
