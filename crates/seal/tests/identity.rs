//! The log-in header of Kamu SM, taken apart by OpenSSL as the service would, and its refusals.

#![allow(clippy::unwrap_used)]

mod common;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use common::{House, inside, now, openssl, tlv, tool};
use der::{Any, Decode as _};
use seal::fetch::{FetchLimits, Fetcher, Login};
use seal::{Digest, Online, Stamper as _, TimeStampAuthority};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use x509_tsp::TimeStampReq;

const CUSTOMER: u64 = 1901;
const PASSWORD: &str = "zaman-parolası";

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn unhex(text: &str) -> Vec<u8> {
    let pairs = text.as_bytes().chunks(2);
    pairs
        .map(|pair| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap())
        .collect()
}

/// The head of a request in lower case, and its body.
async fn request(stream: &mut TcpStream) -> (String, Vec<u8>) {
    let mut bytes = Vec::new();
    loop {
        let mut piece = [0; 4096];
        let read = stream.read(&mut piece).await.unwrap();
        assert_ne!(read, 0, "the request ends early");
        bytes.extend_from_slice(&piece[..read]);
        let Some(end) = bytes.windows(4).position(|it| it == b"\r\n\r\n") else {
            continue;
        };
        let head = String::from_utf8_lossy(&bytes[..end]).to_lowercase();
        let length: usize = header(&head, "content-length").unwrap().parse().unwrap();
        if bytes.len() >= end + 4 + length {
            return (head, bytes[end + 4..].to_vec());
        }
    }
}

fn header<'a>(head: &'a str, name: &str) -> Option<&'a str> {
    let mut lines = head.lines();
    lines.find_map(|line| Some(line.strip_prefix(name)?.strip_prefix(':')?.trim()))
}

/// What the service says when it gives no stamp, with HTTP 200.
fn refusal(words: &str) -> Vec<u8> {
    let texts = tlv(0x30, &tlv(0x0c, words.as_bytes()));
    tlv(0x30, &tlv(0x30, &[tlv(0x02, &[2]), texts].concat()))
}

/// What stands in the header under the password, taken apart by a second implementation.
fn opened(house: &House, fields: &[Vec<u8>]) -> Option<Vec<u8>> {
    let value = |at: usize| hex(Any::from_der(&fields[at]).unwrap().value());
    let (pass, salt) = (format!("pass:{PASSWORD}"), format!("hexsalt:{}", value(1)));
    let rounds = u32::from_str_radix(&value(2), 16).unwrap();
    let rounds = format!("iter:{rounds}");
    let derived = openssl(
        &[
            "kdf",
            "-keylen",
            "32",
            "-kdfopt",
            "digest:SHA256",
            "-kdfopt",
            &pass,
            "-kdfopt",
            &salt,
            "-kdfopt",
            &rounds,
            "PBKDF2",
        ],
        &[],
    )?;
    let key = String::from_utf8(derived.stdout).unwrap();
    let key = key.trim().replace(':', "");
    let sealed = house.write("sealed", &unhex(&value(4)));
    // With another password nothing sensible comes out, or it refuses.
    let output = tool(
        "openssl",
        &["enc", "-d", "-aes-256-cbc", "-K", &key, "-iv", &value(3)],
        &[("-in", &sealed)],
    )?;
    Some(output.stdout)
}

/// Answers as the service does: it knows one customer and his password.
fn answer(house: &House, head: &str, question: &[u8], number: u64) -> Vec<u8> {
    let identity = header(head, "identity").unwrap();
    let fields = inside(&Any::from_der(&unhex(identity)).unwrap());
    assert_eq!(fields.len(), 5);
    let customer: u64 = Any::from_der(&fields[0]).unwrap().decode_as().unwrap();
    if customer != CUSTOMER {
        return refusal(&format!("User {customer} is not known"));
    }
    let asked = TimeStampReq::from_der(question).unwrap();
    let imprint = asked.message_imprint.hashed_message;
    if opened(house, &fields).unwrap() != imprint.as_bytes() {
        return refusal("Account could not be authenticated");
    }
    let mut serial = [1; 16];
    serial[8..].copy_from_slice(&number.to_be_bytes());
    let stamp = house.authority.time_stamp(question, now(), serial);
    stamp.unwrap()
}

/// A stamp with this log-in, or why there is none.
async fn stamped(login: Login) -> Result<(), String> {
    let house = House::new();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let place = listener.local_addr().unwrap();
    let counter = Arc::new(AtomicU64::new(1));
    let random = Arc::clone(&counter);
    let fetcher = Fetcher::new(Vec::new(), FetchLimits::default()).unwrap();
    let authority = TimeStampAuthority {
        login: Some(login),
        ..TimeStampAuthority::new(format!("http://{place}/"))
    };
    let online = Online::new(
        Arc::new(fetcher),
        Some(authority),
        Arc::new(move |bytes: &mut [u8]| {
            let next = random.fetch_add(1, Ordering::Relaxed);
            common::random(next)(bytes);
        }),
        Arc::new(now),
    );
    let serving = async {
        let (mut stream, _) = listener.accept().await.unwrap();
        let (head, question) = request(&mut stream).await;
        let number = counter.load(Ordering::Relaxed);
        let answer = answer(&house, &head, &question, number);
        let head = format!(
            "HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n",
            answer.len()
        );
        let all = [head.as_bytes(), &answer].concat();
        stream.write_all(&all).await.unwrap();
    };
    let asking = online.stamp(Digest::Sha256, Digest::Sha256.of(b"damga"));
    let (stamp, ()) = tokio::join!(asking, serving);
    match stamp {
        Ok(stamp) => {
            assert_eq!(stamp.time, now());
            Ok(())
        }
        Err(error) => Err(error.reason()),
    }
}

#[tokio::test]
async fn the_header_opens_with_the_password_and_refusals_are_told_in_words() {
    if tool("openssl", &["version"], &[]).is_none() {
        return;
    }
    let login = |customer, password: &str| Login::Identity {
        customer,
        password: password.to_owned(),
    };
    assert_eq!(stamped(login(CUSTOMER, PASSWORD)).await, Ok(()));
    let wrong = stamped(login(CUSTOMER, "başka")).await.unwrap_err();
    assert_eq!(
        wrong,
        "istek reddedildi: Account could not be authenticated (parola yanlış)"
    );
    let stranger = stamped(login(7, PASSWORD)).await.unwrap_err();
    assert_eq!(
        stranger,
        "istek reddedildi: User 7 is not known (müşteri numarası tanınmıyor)"
    );
}
