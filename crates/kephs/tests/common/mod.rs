//! What the provider's tests share: a provider on a hand-moved clock, messages, plain HTTP.
#![allow(dead_code, clippy::unwrap_used, clippy::expect_used)]

use std::{
    io::{Read, Write},
    net::{SocketAddr, TcpStream},
    path::Path,
    time::Duration,
};

use bytes::Bytes;
use jiff::SignedDuration;
use kep::{
    mtom,
    soap::{Body, Limits},
    wire::{self, Account, Answer, Binary, Request, Yukle},
};
use kephs::{
    Config, NewAccount,
    clock::parse_xsd,
    engine::{EvidenceView, INBOX, MessageRef, Provider, SENT},
};

pub const SENDER: &str = "demo@hs99.kep.example";
pub const READER: &str = "bilgi@hs99.kep.example";
pub const ELSEWHERE: &str = "kurum@hs03.kep.tr";

/// A folder that goes when the test ends, and what a provider in it is started with.
pub fn config(folder: &Path) -> Config {
    Config {
        accounts: [SENDER, READER].map(new_account).into(),
        manual_clock: parse_xsd("2026-11-24T09:00:00+03:00"),
        legal_period: SignedDuration::from_mins(2),
        ..Config::new(folder)
    }
}

pub fn new_account(address: &str) -> NewAccount {
    NewAccount {
        address: address.into(),
        tcno: "10000000146".into(),
        parola: "parola".into(),
        sifre: "sifre".into(),
        kontor: None,
        kota_kb: None,
    }
}

/// The credentials of [`new_account`].
pub fn account(address: &str) -> Account {
    Account {
        address: Some(address.into()),
        national_id: Some("10000000146".into()),
        parola: Some("parola".into()),
        sifre: Some("sifre".into()),
    }
}

/// A finished message as a sender hands it in.
pub fn message(id: &str, to: &[&str]) -> Vec<u8> {
    format!(
        "From: {SENDER}\r\nTo: {}\r\nSubject: =?utf-8?Q?=C4=B0mar_plan=C4=B1?=\r\n\
         Message-ID: <{id}@hs99.kep.example>\r\nX-TR-REM-iletiTip: eYazisma\r\nMIME-Version: 1.0\r\n\
         Content-Type: text/plain; charset=utf-8\r\n\r\nArz ederim.\r\n",
        to.join(", ")
    )
    .into_bytes()
}

/// Codes of a message's evidence in the order of the list, with the recipient where it has one.
pub fn codes(provider: &Provider, kep_id: &str) -> Vec<(Option<i32>, Option<String>)> {
    evidence(provider, kep_id)
        .into_iter()
        .map(|it| (it.evidence.code, it.recipient))
        .collect()
}

pub fn plain_codes(provider: &Provider, kep_id: &str) -> Vec<i32> {
    codes(provider, kep_id)
        .into_iter()
        .map(|(code, _)| code.unwrap_or(-1))
        .collect()
}

pub fn evidence(provider: &Provider, kep_id: &str) -> Vec<EvidenceView> {
    provider.evidence(SENDER, &sent(kep_id)).unwrap()
}

pub fn sent(kep_id: &str) -> MessageRef {
    MessageRef {
        kep_id: Some(kep_id.into()),
        sira_no: None,
        folder: SENT.into(),
    }
}

pub fn inbox(kep_id: &str) -> MessageRef {
    MessageRef {
        kep_id: Some(kep_id.into()),
        sira_no: None,
        folder: INBOX.into(),
    }
}

/// What came back over a connection before it was closed.
#[derive(Debug)]
pub struct Reply {
    /// 0 when nothing came.
    pub status: u16,
    pub head: String,
    pub body: Vec<u8>,
}

impl Reply {
    pub fn header(&self, name: &str) -> &str {
        self.head
            .lines()
            .filter_map(|line| line.split_once(": "))
            .find(|(key, _)| key.eq_ignore_ascii_case(name))
            .map_or("", |(_, value)| value)
    }

    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// Whether the body is as long as the head promised.
    pub fn is_whole(&self) -> bool {
        self.header("content-length").parse() == Ok(self.body.len())
    }
}

/// One HTTP/1.1 request over a connection of its own, read to the end of the connection.
pub fn http(address: SocketAddr, method: &str, path: &str, headers: &str, body: &[u8]) -> Reply {
    let mut stream = TcpStream::connect(address).unwrap();
    stream
        .set_read_timeout(Some(Duration::from_secs(20)))
        .unwrap();
    let head = format!(
        "{method} {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n{headers}\
         Content-Length: {}\r\n\r\n",
        body.len()
    );
    // The other side may answer and close before it has read all, or cut the connection: what
    // came back counts, not how writing and reading ended.
    let _ = stream
        .write_all(head.as_bytes())
        .and_then(|()| stream.write_all(body));
    let mut all = Vec::new();
    let _ = stream.read_to_end(&mut all);
    let end = all.windows(4).position(|it| it == b"\r\n\r\n");
    let (head, body) = match end {
        Some(end) => (
            String::from_utf8_lossy(&all[..end]).into_owned(),
            all[end + 4..].to_vec(),
        ),
        None => (String::from_utf8_lossy(&all).into_owned(), Vec::new()),
    };
    let status = head
        .split(' ')
        .nth(1)
        .and_then(|it| it.parse().ok())
        .unwrap_or(0);
    Reply { status, head, body }
}

pub fn post_json(address: SocketAddr, path: &str, json: &str) -> Reply {
    http(
        address,
        "POST",
        path,
        "Content-Type: application/json\r\n",
        json.as_bytes(),
    )
}

pub fn get(address: SocketAddr, path: &str) -> Reply {
    http(address, "GET", path, "", b"")
}

/// Sends a request of the contract and answers what came over the line.
pub fn call_raw<R: Request>(address: SocketAddr, request: &R, as_mtom: bool) -> Reply {
    let packed = mtom::pack(Body::Payload(wire::write_request(request)), as_mtom);
    let headers = format!(
        "Content-Type: {}\r\nSOAPAction: \"urn:{}\"\r\n",
        packed.content_type,
        R::OPERATION
    );
    http(address, "POST", kephs::soap::PATH, &headers, &packed.body)
}

/// What the SOAP body of a reply holds.
pub fn open(reply: &Reply) -> Body {
    let body = Bytes::from(reply.body.clone());
    mtom::open(reply.header("content-type"), &body, &Limits::default()).unwrap()
}

/// Sends a request of the contract and reads its answer.
pub fn call<R: Request>(address: SocketAddr, request: &R, as_mtom: bool) -> R::Answer {
    match open(&call_raw(address, request, as_mtom)) {
        Body::Payload(payload) => wire::read_answer::<R::Answer>(&payload).unwrap(),
        Body::Fault(fault) => panic!("{fault} instead of {}", R::Answer::WRAPPER),
    }
}

pub fn yukle(id: &str, to: &[&str]) -> Yukle {
    Yukle {
        account: account(SENDER),
        package: Some(Binary::new(message(id, to))),
        kind: Some("EYazisma".into()),
    }
}
