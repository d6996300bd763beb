//! Services over HTTP: stamps, OCSP and lists as they come, late, too large, elsewhere, or not at all.

#![allow(clippy::unwrap_used)]

mod common;

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use common::{CONTENT, now};
use der::asn1::OctetString;
use der::{Decode as _, Encode as _};
use jiff::{SignedDuration, Timestamp};
use seal::fetch::{FetchError, FetchLimits, Fetcher};
use seal::rehearsal::{Authority, Curve, HOST, Holder, Revoked, ServiceKind, Services, Validity};
use seal::{
    CheckName, Content, Digest, Level, Material, Online, Outcome, Purpose, SealError, SignOptions,
    Signer as _, SoftKey, TimeStampAuthority, TrustStore, Verdict, VerifyOptions, sign, verify,
};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use x509_ocsp::OcspRequest;
use x509_ocsp::ext::Nonce;

/// What the server does instead of answering.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Instead {
    Silence,
    Close,
    Status(u16),
    Large,
    Redirect,
    /// The answer to a question that had no nonce, or another one.
    NoNonce,
    OtherNonce,
    /// The responder's clock is so many minutes ahead.
    Ahead(i64),
}

type Rule = Option<(&'static str, Instead)>;

struct House {
    authority: Authority,
    trust: TrustStore,
    key: SoftKey,
    rule: Mutex<Rule>,
    revoked: Mutex<Vec<Revoked>>,
    asked: AtomicU64,
    place: Mutex<String>,
    clock: Arc<Mutex<Timestamp>>,
    /// Who answers the next requests for stamps, the nearest last; nobody: `authority`.
    stamping: Mutex<Vec<Authority>>,
}

/// The authority of a rehearsal on a port of its own.
async fn house() -> Arc<House> {
    house_of(5).await
}

async fn house_of(seed: u64) -> Arc<House> {
    let services = Services {
        base: format!("http://{HOST}/prova-esh"),
    };
    let mut random = common::random(seed);
    let authority = Authority::create(services, now(), &mut random).unwrap();
    let holder = Holder::Person {
        name: "Ali Şahin",
        tckn: "10000000146",
    };
    let key = authority
        .issue_key(
            &holder,
            Curve::P256,
            Validity::days(now(), 365),
            &mut random,
        )
        .unwrap();
    let house = Arc::new(House {
        trust: TrustStore::new(vec![authority.root().clone()], Vec::new()),
        authority,
        key,
        rule: Mutex::default(),
        revoked: Mutex::default(),
        asked: AtomicU64::new(0),
        place: Mutex::default(),
        clock: Arc::new(Mutex::new(now())),
        stamping: Mutex::default(),
    });
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    *house.place.lock().unwrap() = listener.local_addr().unwrap().to_string();
    let serving = Arc::clone(&house);
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(serve(Arc::clone(&serving), stream));
        }
    });
    house
}

async fn serve(house: Arc<House>, mut stream: TcpStream) {
    let (path, mut body) = request(&mut stream).await;
    house.asked.fetch_add(1, Ordering::Relaxed);
    let name = path.rsplit('/').next().unwrap_or_default().to_owned();
    let rule = *house.rule.lock().unwrap();
    let mut moment = *house.clock.lock().unwrap();
    if let Some((at, instead)) = rule
        && name.contains(at)
    {
        let answer = match instead {
            Instead::NoNonce | Instead::OtherNonce => {
                body = with_nonce(&body, (instead == Instead::OtherNonce).then_some([7; 32]));
                String::new()
            }
            Instead::Ahead(minutes) => {
                moment += SignedDuration::from_mins(minutes);
                String::new()
            }
            Instead::Silence => {
                let mut nothing = [0; 1];
                let _ = stream.read(&mut nothing).await;
                return;
            }
            Instead::Close => return,
            Instead::Status(code) => format!("HTTP/1.1 {code} x\r\nContent-Length: 0\r\n\r\n"),
            Instead::Redirect => "HTTP/1.1 302 x\r\nLocation: /prova-esh/elsewhere\r\n\
                 Content-Length: 0\r\n\r\n"
                .to_owned(),
            Instead::Large => {
                // No length is told, and it does not end by itself.
                let _ = stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n").await;
                while stream.write_all(&[0; 4096]).await.is_ok() {}
                return;
            }
        };
        if !answer.is_empty() {
            let _ = stream.write_all(answer.as_bytes()).await;
            return;
        }
    }
    let serial = u128::from(house.asked.load(Ordering::Relaxed)).to_be_bytes();
    let revoked = house.revoked.lock().unwrap().clone();
    let kind = ServiceKind::at(&name).unwrap();
    let mut authority = house.authority.clone();
    if kind == ServiceKind::TimeStamp {
        let next = house.stamping.lock().unwrap().pop();
        authority = next.unwrap_or(authority);
    }
    let answer = authority.answer(kind, &body, &revoked, moment, serial);
    let answer = answer.unwrap().body;
    let head = format!(
        "HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n",
        answer.len()
    );
    let _ = stream.write_all(&[head.as_bytes(), &answer].concat()).await;
}

/// The question with another nonce, or without.
fn with_nonce(question: &[u8], nonce: Option<[u8; 32]>) -> Vec<u8> {
    let mut read = OcspRequest::from_der(question).unwrap();
    let asked = read.tbs_request.request_extensions.take();
    read.tbs_request.request_extensions = nonce.map(|nonce| {
        let mut extensions = asked.unwrap();
        let nonce = Nonce::new(nonce).unwrap().to_der().unwrap();
        extensions[0].extn_value = OctetString::new(nonce).unwrap();
        extensions
    });
    read.to_der().unwrap()
}

async fn request(stream: &mut TcpStream) -> (String, Vec<u8>) {
    let mut bytes = Vec::new();
    loop {
        let mut piece = [0; 4096];
        let read = stream.read(&mut piece).await.unwrap_or(0);
        bytes.extend_from_slice(&piece[..read]);
        let text = String::from_utf8_lossy(&bytes).to_lowercase();
        let length = text
            .split("content-length: ")
            .nth(1)
            .and_then(|rest| rest.split("\r\n").next()?.parse().ok())
            .unwrap_or(0);
        let end = bytes.windows(4).position(|window| window == b"\r\n\r\n");
        if let Some(end) = end
            && bytes.len() >= end + 4 + length
        {
            let path = text.split(' ').nth(1).unwrap_or_default().to_owned();
            return (path, bytes[end + 4..].to_vec());
        }
        if read == 0 {
            return (String::new(), Vec::new());
        }
    }
}

impl House {
    fn limits() -> FetchLimits {
        FetchLimits {
            timeout: Duration::from_millis(300),
            max_bytes: 64 * 1024,
            attempts: 2,
            keep: SignedDuration::from_mins(10),
        }
    }

    fn online(&self) -> Online {
        let place = self.place.lock().unwrap().clone();
        let fetcher = Fetcher::new(vec![format!("{HOST}={place}")], Self::limits()).unwrap();
        let stamps = TimeStampAuthority::new(format!("http://{HOST}/prova-esh/tsa"));
        let counter = AtomicU64::new(1);
        let clock = Arc::clone(&self.clock);
        Online::new(
            Arc::new(fetcher),
            Some(stamps),
            Arc::new(move |bytes: &mut [u8]| {
                let next = counter.fetch_add(1, Ordering::Relaxed).to_be_bytes();
                bytes.iter_mut().zip(next).for_each(|(to, from)| *to = from);
            }),
            Arc::new(move || *clock.lock().unwrap()),
        )
    }

    fn signed(&self) -> Vec<u8> {
        sign(
            &self.key,
            Content::Attached(CONTENT),
            &SignOptions::at(now()),
        )
        .unwrap()
    }

    async fn extended(&self, level: Level) -> Result<Vec<u8>, SealError> {
        let (online, cms) = (self.online(), self.signed());
        online
            .extend(&cms, None, level, Digest::Sha256, &self.trust)
            .await
    }
}

#[tokio::test]
async fn every_level_is_reached_over_http() {
    let house = house().await;
    for level in [Level::Bes, Level::T, Level::XLong, Level::A] {
        let cms = house.extended(level).await.unwrap();
        let options = VerifyOptions {
            trust: &house.trust,
            at: now() + SignedDuration::from_hours(24 * 365 * 3),
            material: &Material::default(),
        };
        let report = verify(&cms, None, &options);
        assert_eq!(report.signers[0].level, level);
        let verdict = report.verdict();
        match level {
            Level::Bes => assert_eq!(verdict, Verdict::Failed, "expired, without a stamp"),
            Level::T => assert_eq!(verdict, Verdict::Incomplete),
            _ => assert_eq!(verdict, Verdict::Verified, "{report:#?}"),
        }
    }
}

#[tokio::test]
async fn an_authority_that_changes_its_certificate_between_two_stamps_is_proved_in_each() {
    let house = house().await;
    let renewed = |seed| {
        let mut random = common::random(seed);
        let holder = Holder::TimeStamps { name: "Yeni" };
        let key = house
            .authority
            .issue_key(
                &holder,
                Curve::P256,
                Validity::days(now(), 365),
                &mut random,
            )
            .unwrap();
        common::stamping(&house.authority, &key)
    };
    for level in [Level::XLong, Level::A] {
        // The stamp of the signature, that of the values, that of the archive.
        *house.stamping.lock().unwrap() = vec![renewed(73), renewed(72), renewed(71)];
        let cms = house.extended(level).await.unwrap();
        let options = VerifyOptions {
            trust: &house.trust,
            at: now() + SignedDuration::from_hours(24 * 200),
            material: &Material::default(),
        };
        let report = verify(&cms, None, &options);
        assert_eq!(report.signers[0].level, level);
        assert_eq!(report.verdict(), Verdict::Verified, "{report:#?}");
        // Whoever has a network may ask about the outermost stamp; nothing is open.
        let unasked = report.signers[0].unasked();
        assert!(unasked.iter().all(|one| !one.is_open), "{unasked:?}");
    }
}

#[tokio::test]
async fn what_goes_wrong_is_named_and_ends_in_time() {
    let house = house().await;
    let cases = [
        (Instead::Silence, "yanıt vermedi"),
        (Instead::Close, "yanıt vermedi"),
        (Instead::Status(500), "HTTP 500"),
        (Instead::Status(403), "HTTP 403"),
        (Instead::Redirect, "HTTP 302"),
        (Instead::Large, "65536 bayttan büyük"),
    ];
    for service in ["tsa", "c"] {
        for (instead, words) in cases {
            *house.rule.lock().unwrap() = Some((service, instead));
            let begun = Instant::now();
            let error = house.extended(Level::XLong).await.unwrap_err();
            assert!(
                error.reason().contains(words),
                "{service} {instead:?}: {error}"
            );
            // Two tries of two services of a third of a second each, and room for a slow machine.
            let took = begun.elapsed();
            assert!(
                took < Duration::from_secs(20),
                "{service} {instead:?}: {took:?}"
            );
        }
    }
    // The list answers where OCSP does not.
    for (instead, _) in cases {
        *house.rule.lock().unwrap() = Some(("ocsp", instead));
        assert!(house.extended(Level::XLong).await.is_ok(), "{instead:?}");
    }
}

#[tokio::test]
async fn silence_is_asked_twice_a_refusal_once_and_answers_are_kept() {
    let house = house().await;
    let online = house.online();
    let ask = async || {
        let before = house.asked.load(Ordering::Relaxed);
        let beside = house.key.issuers();
        let certificate = house.key.certificate();
        let (_, missing) = online
            .gather(certificate, beside, Purpose::Document, &house.trust)
            .await
            .unwrap();
        (missing, house.asked.load(Ordering::Relaxed) - before)
    };
    // Of the person and of the intermediate, OCSP and then the list.
    *house.rule.lock().unwrap() = Some(("c", Instead::Status(500)));
    let (missing, count) = ask().await;
    assert_eq!((missing.len(), count), (2, 8), "{missing:?}");
    *house.rule.lock().unwrap() = Some(("c", Instead::Status(404)));
    let (missing, count) = ask().await;
    assert_eq!((missing.len(), count), (2, 4), "{missing:?}");
    *house.rule.lock().unwrap() = None;
    let (missing, count) = ask().await;
    assert_eq!((missing.len(), count), (0, 2), "{missing:?}");
    let (_, count) = ask().await;
    assert_eq!(count, 0, "kept");
}

#[tokio::test]
async fn an_answer_without_a_nonce_is_taken_and_one_to_another_question_is_not() {
    let house = house().await;
    let ask = async |online: &Online| {
        let (certificate, beside) = (house.key.certificate(), house.key.issuers());
        let (material, missing) = online
            .gather(certificate, beside, Purpose::Document, &house.trust)
            .await
            .unwrap();
        assert_eq!(missing, Vec::<String>::new());
        (material.ocsps.len(), material.crls.len())
    };
    let online = house.online();
    // The lists answer where the responder plays back what it said to somebody else.
    *house.rule.lock().unwrap() = Some(("ocsp", Instead::OtherNonce));
    assert_eq!(ask(&online).await, (0, 2));
    // What is said to be of tomorrow would seem fresh for ever.
    *house.rule.lock().unwrap() = Some(("ocsp", Instead::Ahead(24 * 60)));
    assert_eq!(ask(&online).await, (0, 2));
    *house.rule.lock().unwrap() = Some(("ocsp", Instead::NoNonce));
    assert_eq!(ask(&online).await, (2, 0), "what was refused was not kept");
    *house.rule.lock().unwrap() = Some(("ocsp", Instead::Ahead(9)));
    assert_eq!(ask(&house.online()).await, (2, 0), "clocks differ");
}

#[tokio::test]
async fn an_archive_is_stamped_again_years_later() {
    let house = house().await;
    let archived = house.extended(Level::A).await.unwrap();
    let years = |years: i64| now() + SignedDuration::from_hours(24 * 365 * years);
    // The person's certificate has run out.
    *house.clock.lock().unwrap() = years(3);
    let again = house
        .online()
        .extend(&archived, None, Level::A, Digest::Sha256, &house.trust)
        .await
        .unwrap();
    assert!(again.len() > archived.len());
    let options = VerifyOptions {
        trust: &house.trust,
        at: years(5),
        material: &Material::default(),
    };
    let report = verify(&again, None, &options);
    assert_eq!(report.verdict(), Verdict::Verified, "{report:#?}");
    assert_eq!(report.signers[0].stamped_at, Some(now()));
}

#[tokio::test]
async fn a_revocation_ends_a_signature_but_is_kept_for_one_that_was_made_before() {
    let house = house().await;
    let hour = SignedDuration::from_hours(1);
    let before = house.extended(Level::T).await.unwrap();
    house.revoked.lock().unwrap().push(Revoked {
        serial: house.key.certificate().serial(),
        at: now() + hour,
    });
    // Nobody knows yet: what is revoked in an hour is good now.
    let (material, missing) = house
        .online()
        .gather(
            house.key.certificate(),
            house.key.issuers(),
            Purpose::Document,
            &house.trust,
        )
        .await
        .unwrap();
    assert_eq!(missing, Vec::<String>::new());
    let check = |cms: &[u8]| {
        let options = VerifyOptions {
            trust: &house.trust,
            at: now() + hour * 2,
            material: &material,
        };
        verify(cms, None, &options).signers[0].outcome(CheckName::Revocation)
    };
    assert_eq!(check(&before), Some(Outcome::Ok), "stamped before");
    assert_eq!(
        check(&house.signed()),
        Some(Outcome::Failed),
        "without a stamp"
    );

    house.revoked.lock().unwrap()[0].at = now() - hour;
    let error = house.extended(Level::XLong).await.unwrap_err();
    assert!(error.reason().contains("iptal edilmiş (OCSP)"), "{error}");
}

#[tokio::test]
async fn nothing_is_fetched_for_a_stranger() {
    let (house, other) = (house().await, house_of(6).await);
    let online = house.online();
    let stranger = other.signed();
    let level = Level::XLong;
    let refused = online.extend(&stranger, None, level, Digest::Sha256, &house.trust);
    assert!(matches!(refused.await, Err(SealError::Chain(_))));
    // The stamp came first; revocation was asked of nobody.
    assert_eq!(house.asked.load(Ordering::Relaxed), 1);
    assert_eq!(other.asked.load(Ordering::Relaxed), 0);
    let gathered = online.gather(
        other.key.certificate(),
        other.key.issuers(),
        Purpose::Document,
        &house.trust,
    );
    assert!(matches!(gathered.await, Err(SealError::Chain(_))));

    let closed = Fetcher::new(Vec::new(), House::limits())
        .unwrap()
        .only_allowed();
    let answer = closed.get("http://8.8.8.8/crl", now()).await;
    assert!(matches!(answer, Err(FetchError::Refused(_))), "{answer:?}");
}
