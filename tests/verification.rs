//! Somebody holds a letter of ours and asks whether it is genuine.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod pdf;
mod townhall;

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use axum::body::{Body, Bytes};
use axum::extract::ConnectInfo;
use axum::http::{HeaderMap, Request, StatusCode, header};
use dys::access::user;
use dys::approval::{act as steps, sign};
use dys::document::attach;
use dys::document::draft::{self, Changes};
use dys::document::verification;
use dys::setting;
use tower::ServiceExt as _;
use townhall::Office;

/// Anybody, at an address of their own.
struct Holder<'a> {
    office: &'a Office,
    address: IpAddr,
}

struct Answer {
    status: StatusCode,
    headers: HeaderMap,
    body: Bytes,
}

impl Answer {
    fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
}

impl Holder<'_> {
    async fn send(&self, request: Request<Body>) -> Answer {
        let mut request = request;
        let from = ConnectInfo(SocketAddr::new(self.address, 4_000));
        request.extensions_mut().insert(from);
        let answer = dys::web::router(self.office.app.clone())
            .oneshot(request)
            .await
            .unwrap();
        let (parts, body) = answer.into_parts();
        Answer {
            status: parts.status,
            headers: parts.headers,
            body: axum::body::to_bytes(body, 50_000_000).await.unwrap(),
        }
    }

    async fn get(&self, path: &str) -> Answer {
        self.send(Request::get(path).body(Body::empty()).unwrap())
            .await
    }

    async fn types(&self, code: &str) -> Answer {
        let request = Request::post("/dogrula")
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(Body::from(
                serde_html_form::to_string([("kod", code)]).unwrap(),
            ));
        self.send(request.unwrap()).await
    }

    async fn compares(&self, code: &str, file: &[u8]) -> Answer {
        let mut body = b"--x\r\nContent-Disposition: form-data; name=\"dosya\"; \
            filename=\"yazi.pdf\"\r\n\r\n"
            .to_vec();
        body.extend_from_slice(file);
        body.extend_from_slice(b"\r\n--x--\r\n");
        let request = Request::post(format!("/dogrula/{code}/karsilastir"))
            .header(header::CONTENT_TYPE, "multipart/form-data; boundary=x")
            .body(Body::from(body));
        self.send(request.unwrap()).await
    }
}

/// A letter that Ali is about to sign, its code, and the bytes that he saw.
async fn prepared(office: &Office, changes: Changes) -> (String, String, Bytes, sign::Prepared) {
    let id = office.letter(&[("signature", "ali")]);
    let (letter, version) = (id.clone(), office.version(&id));
    office
        .run("ayse", move |tx, act| {
            draft::save(tx, act, &letter, version, &changes)?;
            steps::submit(tx, act, &letter, version + 1)
        })
        .unwrap();
    let version = office.version(&id);
    let prepared = sign::prepare(&office.app, &office.people["ali"], &id, version)
        .await
        .unwrap();
    let code = code_of(office, &id);
    let bytes = office.app.blobs.get(&prepared.hash).await.unwrap();
    (id, code, bytes, prepared)
}

fn code_of(office: &Office, id: &str) -> String {
    let letter = id.to_owned();
    office
        .run("ayse", move |tx, _| {
            let row = tx.query_one(
                "SELECT code FROM verification_code WHERE document_id = ?1",
                &[letter.into()],
            )?;
            Ok(row.get::<String>("code")?)
        })
        .unwrap()
}

async fn complete(office: &Office, id: &str, prepared: sign::Prepared) {
    let ali = &office.people["ali"];
    let signed = dys::signature::rehearsal::sign(
        &office.app,
        ali,
        &prepared.content,
        dys::signature::rehearsal::PIN,
    );
    let signed = signed.await.unwrap();
    let letter = id.to_owned();
    office
        .run("ali", move |tx, act| {
            sign::complete(tx, act, &letter, prepared.version, &signed)
        })
        .unwrap();
}

fn holder(office: &Office, last: u8) -> Holder<'_> {
    Holder {
        office,
        address: IpAddr::from([192, 0, 2, last]),
    }
}

#[tokio::test]
async fn the_code_on_a_signed_letter_leads_to_it_and_to_nobody_elses() {
    let office = Office::open(None);
    let anybody = holder(&office, 1);
    let (id, code, bytes, ready) = prepared(&office, Changes::default()).await;
    if let Some(text) = pdf::text(&bytes) {
        let printed = verification::printed(&code);
        assert!(text.contains(&printed), "{printed}: {text}");
    }

    if let Some(said) = pdf::qr(&bytes) {
        assert_eq!(said, format!("http://127.0.0.1/dogrula/{code}"));
    }

    let early = anybody.get(&format!("/dogrula/{code}")).await;
    let never = anybody.get("/dogrula/2222222222222222").await;
    assert_eq!(
        (early.status, never.status),
        (StatusCode::NOT_FOUND, StatusCode::NOT_FOUND)
    );
    let neutral = |answer: &Answer, code: &str| answer.text().replace(code, "");
    assert_eq!(
        neutral(&early, &code),
        neutral(&never, "2222222222222222"),
        "a letter that is not signed looks like one that never was"
    );

    complete(&office, &id, ready).await;
    let typed = anybody
        .types(&verification::printed(&code).to_lowercase())
        .await;
    assert_eq!(typed.status, StatusCode::SEE_OTHER);
    assert_eq!(typed.headers[header::LOCATION], format!("/dogrula/{code}"));
    let shown = anybody.get(&format!("/dogrula/{code}")).await;
    assert_eq!(shown.status, StatusCode::OK);
    assert_eq!(
        shown.headers["x-robots-tag"],
        "noindex, nofollow, noarchive"
    );
    assert_eq!(shown.headers[header::CACHE_CONTROL], "no-store");
    for fact in [
        "düzenlenmiş ve imzalanmıştır",
        "24.11.2026",
        "Ali ŞAHİN",
        "Belediye Başkanı",
        "Keşan",
    ] {
        assert!(shown.text().contains(fact), "{fact}");
    }
    assert!(
        !shown.text().contains("Ayşe"),
        "the drafter is nobody's business"
    );

    let letter = anybody.get(&format!("/dogrula/{code}/yazi")).await;
    assert_eq!(letter.headers[header::CONTENT_TYPE], "application/pdf");
    assert_eq!(letter.body, bytes);
    let read = office
        .run("ayse", move |tx, _| {
            Ok(dys::audit::entries_of(tx, "document", &id)?)
        })
        .unwrap();
    assert!(read.iter().any(|entry| entry.action == "verification.read"));
}

/// The page does not change with the account: what is told of it does not either.
#[tokio::test]
async fn who_signed_is_told_as_the_page_has_it_whatever_the_account_says_today() {
    let office = Office::open(None);
    let (id, code, _, ready) = prepared(&office, Changes::default()).await;
    complete(&office, &id, ready).await;
    let ali = office.people["ali"].user_id.clone();
    office
        .as_system(move |tx, act| user::edit(tx, act, &ali, "Ali Demirbaş", "Genel Sekreter"))
        .unwrap();
    let shown = holder(&office, 8).get(&format!("/dogrula/{code}")).await;
    let text = shown.text();
    for fact in ["Ali ŞAHİN", "Belediye Başkanı"] {
        assert!(text.contains(fact), "{fact}");
    }
    assert!(!text.contains("DEMİRBAŞ") && !text.contains("Genel Sekreter"));
    // A package that a crash left to be finished later.
    let whole = dys::package::whole(&office.app, &id).await.unwrap();
    let package = std::io::Cursor::new(&whole.bytes);
    let package = eyazisma::Package::read(package, &eyazisma::Limits::default()).unwrap();
    let signer = package.final_metadata.unwrap().signers.remove(0);
    assert_eq!(signer.person.full_name(), "Ali Şahin");
    assert_eq!(signer.office.unwrap().value, "Belediye Başkanı");
}

/// An institution that is verified elsewhere (article 23) says so in all three places.
#[tokio::test]
async fn another_page_of_verification_stands_in_foot_qr_code_and_package() {
    const PAGE: &str = "https://www.turkiye.gov.tr/kesan-belediyesi-ebys";
    const PATTERN: &str = "https://www.turkiye.gov.tr/kesan?belge={kod}";
    let office = Office::open(None);
    let choose = |key: &'static str, value: &'static str| {
        office
            .as_system(move |tx, _| Ok(setting::put(tx, key, value)?))
            .unwrap();
    };
    choose(setting::VERIFICATION_ADDRESS.key, PAGE);
    for pattern in [None, Some(PATTERN)] {
        if let Some(pattern) = pattern {
            choose(setting::VERIFICATION_QR.key, pattern);
        }
        let (id, code, bytes, ready) = prepared(&office, Changes::default()).await;
        if let Some(text) = pdf::text(&bytes) {
            let text = text.replace(' ', "");
            assert!(text.contains(PAGE), "{text}");
        }
        if let Some(said) = pdf::qr(&bytes) {
            let expected = pattern.unwrap_or(PAGE).replace("{kod}", &code);
            assert_eq!(said, expected);
        }
        complete(&office, &id, ready).await;
        let whole = dys::package::whole(&office.app, &id).await.unwrap();
        let package = std::io::Cursor::new(&whole.bytes);
        let package = eyazisma::Package::read(package, &eyazisma::Limits::default());
        let metadata = package.unwrap().metadata.unwrap();
        assert_eq!(metadata.verification_address, PAGE);
        let shown = holder(&office, 7).get(&format!("/dogrula/{code}")).await;
        assert_eq!(
            shown.status,
            StatusCode::OK,
            "our own page goes on answering"
        );
    }
}

#[tokio::test]
async fn a_holders_file_is_compared_and_a_changed_one_is_told() {
    let office = Office::open(None);
    let anybody = holder(&office, 2);
    let (id, code, bytes, ready) = prepared(&office, Changes::default()).await;
    complete(&office, &id, ready).await;
    let same = anybody.compares(&code, &bytes).await;
    assert!(same.text().contains("Dosya bu yazının aynısıdır."));
    let mut forged = bytes.to_vec();
    *forged.last_mut().unwrap() ^= 1;
    let other = anybody.compares(&code, &forged).await;
    assert!(other.text().contains("değiştirilmiş"));
}

#[tokio::test]
async fn what_is_restricted_or_personal_is_confirmed_but_not_shown() {
    let office = Office::open(None);
    let anybody = holder(&office, 3);
    for changes in [
        Changes {
            confidentiality: Some("restricted".to_owned()),
            ..Changes::default()
        },
        Changes {
            personal: Some(true),
            ..Changes::default()
        },
    ] {
        let subject = "Disiplin Soruşturması";
        let changes = Changes {
            subject: Some(subject.to_owned()),
            ..changes
        };
        let (id, code, _, ready) = prepared(&office, changes).await;
        complete(&office, &id, ready).await;
        let shown = anybody.get(&format!("/dogrula/{code}")).await;
        assert!(shown.text().contains("düzenlenmiş ve imzalanmıştır"));
        assert!(!shown.text().contains(subject) && !shown.text().contains("ŞAHİN"));
        let letter = anybody.get(&format!("/dogrula/{code}/yazi")).await;
        assert_eq!(letter.status, StatusCode::SEE_OTHER);
    }
}

/// An attachment that is Hizmete Özel makes the letter so (decision 3), whatever its own field says.
#[tokio::test]
async fn a_restricted_attachment_keeps_the_letter_from_the_public_page() {
    let office = Office::open(None);
    let anybody = holder(&office, 6);
    let id = office.letter(&[("signature", "ali")]);
    let letter = id.clone();
    office
        .run("ayse", move |tx, act| {
            let cd = attach::New::Physical {
                title: "Soruşturma CD'si".to_owned(),
            };
            let cd = attach::add(tx, act, &letter, cd)?;
            attach::update(tx, act, &letter, &cd.id, &cd.title, true)?;
            // As letters stand that were saved before the rule held at every save.
            tx.execute(
                "UPDATE document SET confidentiality = 'none' WHERE id = ?1",
                &[letter.as_str().into()],
            )?;
            let version = draft::open(tx, act, &letter)?.version;
            steps::submit(tx, act, &letter, version)
        })
        .unwrap();
    let version = office.version(&id);
    let ready = sign::prepare(&office.app, &office.people["ali"], &id, version)
        .await
        .unwrap();
    complete(&office, &id, ready).await;
    let code = code_of(&office, &id);
    let shown = anybody.get(&format!("/dogrula/{code}")).await;
    assert!(shown.text().contains("düzenlenmiş ve imzalanmıştır"));
    assert!(!shown.text().contains("Meclis Kararı") && !shown.text().contains("ŞAHİN"));
    let letter = anybody.get(&format!("/dogrula/{code}/yazi")).await;
    assert_eq!(letter.status, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn asking_without_end_is_stopped_and_anything_typed_is_an_answer() {
    let office = Office::open(None);
    let anybody = holder(&office, 4);
    for typed in ["", "' OR 1=1 --", "ıı", "%00", "<script>alert(1)</script>"] {
        let answer = anybody.types(typed).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{typed}");
        assert!(!answer.text().contains("<script>alert"));
    }
    let mut statuses = Vec::new();
    for _ in 0..70 {
        statuses.push(anybody.get("/dogrula/2222222222222222").await.status);
    }
    assert_eq!(statuses.last(), Some(&StatusCode::TOO_MANY_REQUESTS));
    let neighbour = holder(&office, 5).get("/dogrula/2222222222222222").await;
    assert_eq!(neighbour.status, StatusCode::NOT_FOUND);
}

/// A body that tells whether anybody asked for a byte of it.
fn watched(bytes: Vec<u8>) -> (Body, Arc<AtomicBool>) {
    let touched = Arc::new(AtomicBool::new(false));
    let told = Arc::clone(&touched);
    let body = futures_util::stream::once(async move {
        told.store(true, Ordering::SeqCst);
        Ok::<_, std::io::Error>(bytes)
    });
    (Body::from_stream(body), touched)
}

#[tokio::test]
async fn an_upload_too_many_is_refused_before_a_byte_of_it_is_read() {
    let office = Office::open(None);
    let (id, code, bytes, ready) = prepared(&office, Changes::default()).await;
    complete(&office, &id, ready).await;
    // A household: every address of it counts as one.
    let from = |last: u16| Holder {
        office: &office,
        address: IpAddr::from([0x2001, 0xdb8, 0, 7, 0, 0, 0, last]),
    };
    let upload = |code: &str, body: Body| {
        Request::post(format!("/dogrula/{code}/karsilastir"))
            .header(header::CONTENT_TYPE, "multipart/form-data; boundary=x")
            .body(body)
            .unwrap()
    };
    let form = |file: &[u8]| {
        let head = "--x\r\nContent-Disposition: form-data; name=\"dosya\"; \
             filename=\"yazi.pdf\"\r\n\r\n";
        [head.as_bytes(), file, b"\r\n--x--\r\n"].concat()
    };
    // What is no code of ours asks for no file.
    let (body, touched) = watched(form(&bytes));
    let unknown = from(1).send(upload("2222222222222222", body)).await;
    assert_eq!(unknown.status, StatusCode::NOT_FOUND);
    assert!(!touched.load(Ordering::SeqCst));
    for number in 2..=60 {
        let (body, touched) = watched(form(&bytes));
        let answer = from(number).send(upload(&code, body)).await;
        assert_eq!(answer.status, StatusCode::OK, "{number}");
        assert!(touched.load(Ordering::SeqCst));
    }
    let (body, touched) = watched(form(&bytes));
    let answer = from(61).send(upload(&code, body)).await;
    assert_eq!(answer.status, StatusCode::TOO_MANY_REQUESTS);
    assert!(answer.text().contains("çok sayıda sorgu"));
    assert!(!touched.load(Ordering::SeqCst), "unread");
}
