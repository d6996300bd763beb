//! Signatures are completed over HTTP while a person signs, and every trouble on the way leaves the
//! step where it was, with a sentence that says what to do.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod office;

use std::io::Cursor;
use std::path::PathBuf;
use std::process::Command;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use dys::access::user::{self, NewUser};
use dys::access::{Actor, Role};
use dys::approval::sign;
use dys::clock::{Clock as _, FixedClock};
use dys::dispatch::account::{self, AccountSettings, Binding, MessageSigner};
use dys::dispatch::{order, send};
use dys::document::{self, State as LetterState};
use dys::error::{Error, Result};
use dys::params;
use dys::setting;
use dys::signature::request::{self, RequestState};
use dys::signature::{self, Signature, accept, rehearsal};
use dys::store::testing::{every_engine, sqlite};
use dys::store::{BlobHash, StoreError};
use jiff::{SignedDuration, Timestamp};
use office::Office;
use seal::rehearsal::{Authority, Curve, Holder, Revoked, ServiceKind, Validity};
use seal::{
    Content, Digest, Level, Material, Purpose, SealError, SignOptions, Signer as _, SoftKey,
    Stamper, TimeStamp, TimeStampQuestion, TrustStore, Verdict, VerifyOptions, with_time_stamp,
    with_values,
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

/// A program that got no answer gives a request up while its signature is being completed.
#[tokio::test(flavor = "multi_thread")]
async fn a_request_that_was_given_up_is_signed_once_its_signature_is_taken() {
    let office = Office::on(sqlite()).await;
    office.with_services().await;
    let (id, signer) = before_signer(&office).await;
    let prepared = prepared(&office, &signer, &id).await;
    let pin = rehearsal::PIN;
    let accepted = rehearsal::sign(&office.app, &signer, &prepared.content, pin).await;
    let accepted = accepted.unwrap();
    let letter = id.clone();
    let latest = office.app.write(&signer, move |tx, act| {
        request::ask(tx, act, &letter, &prepared)?;
        let request = request::waiting(tx, act)?.remove(0);
        request::fail(tx, act, &request.id, "Yanıt gelmedi.")?;
        assert_eq!(request::latest(tx, act)?[0].state, RequestState::Failed);
        assert!(request::complete(tx, act, &request, &accepted)?);
        // What is signed is not given up any more.
        request::fail(tx, act, &request.id, "Yanıt gelmedi.")?;
        Ok(request::latest(tx, act)?)
    });
    let latest = latest.await.unwrap();
    let told = (latest[0].state, latest[0].message.as_str());
    assert_eq!(told, (RequestState::Signed, ""));
    assert_eq!(state(&office, &id).await, LetterState::Signed);
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
    clock: Arc<FixedClock>,
    revoked: Mutex<Vec<Revoked>>,
    /// Answers so far: what numbers the stamps.
    count: AtomicU64,
}

/// Services of the office's own authority that can be told to misbehave.
async fn serve(office: &Office) -> (Arc<Services>, String) {
    let services = Arc::new(Services {
        authority: rehearsal::authority(&office.app).unwrap(),
        trouble: Mutex::new(Trouble::None),
        clock: Arc::clone(&office.clock),
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
        .answer(kind, &question, &revoked, services.clock.now(), serial);
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

fn key_file(office: &Office, person: &Actor) -> PathBuf {
    let folder = office.app.config.data.join("prova-imza");
    folder.join(format!("{}.p12", person.user_id))
}

fn key_of(office: &Office, person: &Actor) -> SoftKey {
    let file = std::fs::read(key_file(office, person)).unwrap();
    SoftKey::from_pkcs12(&file, rehearsal::PIN).unwrap()
}

/// Stamps of the authority by function call, as a sender gets them for himself.
struct Own<'a>(&'a Services);

impl Stamper for Own<'_> {
    async fn stamp(&self, digest: Digest, imprint: Vec<u8>) -> Result<TimeStamp, SealError> {
        let services = self.0;
        let now = services.clock.now();
        let number = services.count.fetch_add(1, Ordering::Relaxed);
        let question = TimeStampQuestion::new(digest, imprint, number.to_be_bytes())?;
        let serial = u128::from(number).to_be_bytes();
        let answer = services.authority.time_stamp(&question.der, now, serial)?;
        question.accept(&answer, now, SignedDuration::from_mins(5))
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_revoked_person_does_not_sign() {
    let office = Office::on(sqlite()).await;
    let (services, url) = serve(&office).await;
    office.services_at(&url).await;
    let (id, signer) = before_signer(&office).await;
    rehearsal::make(&office.app, &signer).unwrap();
    let key = key_of(&office, &signer);
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

    // Whoever knows it puts a proof of his own beside the signature: one that says nothing, and
    // lists from before the revocation, which hold for a day.
    let content = prepared(&office, &signer, &id).await.content;
    let bytes = office.app.blobs.get(&content).await.unwrap();
    let options = SignOptions::at(office.app.now());
    let signed = seal::sign(&key, Content::Attached(&bytes), &options).unwrap();
    let stamps = Own(&services);
    let stamped = with_time_stamp(&signed, Digest::Sha256, &stamps);
    let stamped = stamped.await.unwrap();
    let before = office.app.now() - SignedDuration::from_hours(2);
    let list = |kind| {
        let answer = services.authority.answer(kind, &[], &[], before, [7; 16]);
        answer.unwrap().body
    };
    let older = Material {
        crls: vec![list(ServiceKind::Crl), list(ServiceKind::RootCrl)],
        ..Material::default()
    };
    let trust = TrustStore::new(vec![services.authority.root().clone()], Vec::new());
    let beside = [services.authority.intermediate().clone()];
    let now = office.app.now();
    let path = trust.path(key.certificate(), &beside, now, Purpose::Document);
    let path = path.unwrap();
    for material in [Material::default(), older] {
        let cms = with_values(&stamped, &path, &material, Digest::Sha256, &stamps);
        let refused = accept(&office.app, &signer, &content, cms.await.unwrap()).await;
        let (code, message) = words(refused.unwrap_err());
        assert_eq!(code, "sertifika_iptal", "{message}");
        is_unmoved(&office, &id, "with a proof of his own").await;
    }
}

/// An officer whose card signs the messages of the office's account.
async fn kep_officer(office: &Office) -> Actor {
    let unit_id = office.clerk.home_unit().unwrap().to_owned();
    let binding = Binding {
        unit_id: unit_id.clone(),
        address: office::ADDRESS.to_owned(),
        endpoint: office.provider.endpoint(),
        national_id: "10000000146".to_owned(),
        password: "parola".to_owned(),
        passphrase: "sifre".to_owned(),
        settings: AccountSettings {
            signer: MessageSigner::Officer,
            ..AccountSettings::default()
        },
    };
    let bound = account::bind(&office.app, &Actor::system(), binding).await;
    bound.unwrap();
    let system = Actor::system();
    let officer = office.app.write(&system, move |tx, act| {
        let new = NewUser {
            login: "hasan".to_owned(),
            full_name: "Hasan Güneş".to_owned(),
            title: Role::KepOfficer.label().to_owned(),
            password_hash: String::new(),
            roles: vec![(Role::KepOfficer, unit_id)],
            is_demo: true,
        };
        let id = user::add(tx, act, &new)?;
        user::actor(tx, &id)
    });
    officer.await.unwrap()
}

async fn messages(office: &Office, officer: &Actor, id: &str) -> Vec<order::Message> {
    let id = id.to_owned();
    let opened = office
        .app
        .read(officer, move |tx, act| order::open(tx, act, &id));
    opened.await.unwrap().1
}

#[tokio::test(flavor = "multi_thread")]
async fn a_card_reported_stolen_after_the_first_message_signs_no_second() {
    let office = Office::on(sqlite()).await;
    let (services, url) = serve(&office).await;
    office.services_at(&url).await;
    let officer = kep_officer(&office).await;
    let (id, version) = office.signed_with_key(&[HAVSA, "enez yazı"]).await;
    let sent = send::send(&office.app, &office.clerk, &id, version).await;
    assert!(sent.unwrap().awaits_officer);
    let waiting = messages(&office, &officer, &id).await;
    let content = &waiting[0].content_hash;
    let accepted = rehearsal::sign_detached(&office.app, &officer, content, rehearsal::PIN, None);
    let accepted = accepted.await.unwrap();
    let (letter, message) = (id.clone(), waiting[0].id.clone());
    let kept = office.app.write(&officer, move |tx, act| {
        order::record(tx, act, &letter, &message, &accepted)
    });
    assert_eq!(kept.await.unwrap(), 1);

    services.revoked.lock().unwrap().push(Revoked {
        serial: key_of(&office, &officer).certificate().serial(),
        at: office.app.now() + SignedDuration::from_hours(1),
    });
    *services.trouble.lock().unwrap() = Trouble::Revoked;
    let later = office.app.now() + SignedDuration::from_hours(24);
    office.clock.set(later);
    let waiting = messages(&office, &officer, &id).await;
    let known = order::known(&officer, &waiting);
    assert!(known.is_some());
    let content = &waiting[1].content_hash;
    let refused = rehearsal::sign_detached(&office.app, &officer, content, rehearsal::PIN, known);
    let (code, message) = words(refused.await.unwrap_err());
    assert_eq!(code, "sertifika_iptal", "{message}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rehearsal_key_from_before_the_statement_is_made_anew() {
    let office = Office::on(sqlite()).await;
    let (id, signer) = before_signer(&office).await;
    rehearsal::make(&office.app, &signer).unwrap();
    let authority = rehearsal::authority(&office.app).unwrap();
    let holder = Holder::LogIn {
        name: "Ali Şahin",
        tckn: "10000000146",
    };
    let ids = Arc::clone(&office.app.ids);
    let validity = Validity::days(office.app.now(), 30);
    let key = authority.issue_key(&holder, Curve::P256, validity, &mut |bytes| ids.fill(bytes));
    let file = key.unwrap().to_pkcs12(rehearsal::PIN).unwrap();
    std::fs::write(key_file(&office, &signer), file).unwrap();
    assert!(try_sign(&office, &signer, &id).await.unwrap());
    assert!(key_of(&office, &signer).certificate().is_qualified());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_has_to_be_the_persons_own_and_one_for_signatures() {
    let office = Office::on(sqlite()).await;
    office.with_services().await;
    let (id, signer) = before_signer(&office).await;
    rehearsal::make(&office.app, &signer).unwrap();
    set_number(&office, &signer, None).await;
    let (code, message) = words(try_sign(&office, &signer, &id).await.unwrap_err());
    assert_eq!(code, "kimlik_no_tanimsiz");
    assert!(message.contains("DYS yöneticinize başvurun"), "{message}");
    is_unmoved(&office, &id, code).await;

    set_number(&office, &signer, Some("20000000046")).await;
    let (code, message) = words(try_sign(&office, &signer, &id).await.unwrap_err());
    assert_eq!(code, "sertifika_baskasinin");
    assert!(message.contains("Ali Şahin adına"), "{message}");
    is_unmoved(&office, &id, code).await;

    let content = prepared(&office, &signer, &id).await.content;
    let encrypts = "keyUsage=critical,keyEncipherment\n";
    let Some(cms) = signed_under(&office, &content, encrypts).await else {
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

async fn set_number(office: &Office, signer: &Actor, number: Option<&'static str>) {
    let user_id = signer.user_id.clone();
    let system = Actor::system();
    let set = office.app.write(&system, move |tx, act| {
        tx.execute(
            "DELETE FROM signer_identity WHERE user_id = ?1",
            params![&user_id],
        )?;
        match number {
            Some(number) => signature::identity::set(tx, act, &user_id, number),
            None => Ok(()),
        }
    });
    set.await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_signers_certificate_has_to_say_that_it_is_a_persons_qualified_one() {
    // QCStatements: 2.16.792.1.61.0.1.5070.1.1, and behind it 1.3 for a seal.
    const PERSON: &str = "1.3.6.1.5.5.7.1.3=DER:300F300D060B608618013D0001A74E0101\n";
    const SEAL: &str = "1.3.6.1.5.5.7.1.3=DER:301E300D060B608618013D0001A74E0101\
                        300D060B608618013D0001A74E0103\n";
    let office = Office::on(sqlite()).await;
    office.with_services().await;
    let (id, signer) = before_signer(&office).await;
    set_number(&office, &signer, Some("20000000046")).await;
    let content = prepared(&office, &signer, &id).await.content;
    // What comes next names no service that could be asked.
    let passes = "zaman_damgasi_alinamadi";
    for (is_required, statements, expected) in [
        (true, "", "sertifika_nitelikli_degil"),
        (true, SEAL, "sertifika_nitelikli_degil"),
        (true, PERSON, passes),
        (false, "", passes),
        (false, SEAL, "sertifika_nitelikli_degil"),
    ] {
        let chosen = if is_required { "required" } else { "optional" };
        let put = office.app.store.write(move |tx| {
            setting::put(tx, setting::QUALIFIED.key, chosen)?;
            Ok::<_, StoreError>(())
        });
        put.await.unwrap();
        let signs = format!("keyUsage=critical,digitalSignature,nonRepudiation\n{statements}");
        let Some(cms) = signed_under(&office, &content, &signs).await else {
            return eprintln!("skipped: openssl is not installed");
        };
        let refused = accept(&office.app, &signer, &content, cms).await;
        let (code, message) = words(refused.unwrap_err());
        assert_eq!(code, expected, "{chosen} {statements}: {message}");
        is_unmoved(&office, &id, code).await;
    }
}

/// A signature over the content with a certificate that OpenSSL issued with these extensions; none
/// without OpenSSL.
async fn signed_under(office: &Office, content: &BlobHash, extensions: &str) -> Option<Vec<u8>> {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    let authority = rehearsal::authority(&office.app).unwrap();
    // The file holds key and certificate of root, intermediate and the services, in this order.
    let pem = authority.to_pem().unwrap();
    let middle = pem.split("-----BEGIN PRIVATE KEY-----").nth(2).unwrap();
    let middle = format!("-----BEGIN PRIVATE KEY-----{middle}");
    std::fs::write(path("ca.pem"), middle).unwrap();
    std::fs::write(path("ext"), extensions).unwrap();
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
