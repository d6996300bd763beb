//! Packs a proof bundle of parts whose list is made anew, so that changed bytes reach the checks
//! behind it: in the archive itself they only break its checksums, and then the list.
//!
//! Input as `parts` takes it: a first byte whose lowest bit asks for a list that tells the truth,
//! then records that begin with a line `@@ name`.

use std::fmt::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use crate::parts::{self, Part};

const LIST: &str = "icindekiler.json";
const SIGNATURE: &str = "icindekiler.json.p7s";
const LETTER: &str = "yazi/E-1-2-3.pdf";
const PACKAGE: &str = "paket/paket.eyp";
const MESSAGE: &str = "ileti/1/ileti.eml";
const CARRIED: &str = "ileti/1/paket.eyp";
const EVIDENCE: &str = "ileti/1/delil/60-okundu.xml";
const LOG: &str = "denetim/kayitlar.jsonl";
const HASH: &str = "0000000000000000000000000000000000000000000000000000000000000000";

/// The archive, or nothing when a name is one that no archive takes.
pub fn packed(bytes: &[u8]) -> Option<Vec<u8>> {
    let (flag, rest) = bytes.split_first()?;
    let package = parts::packed(&[1])?;
    let mut parts: Vec<Part> = vec![
        (
            LETTER.to_owned(),
            b"%PDF-1.7\nstartxref\n0\n%%EOF\n".to_vec(),
        ),
        (PACKAGE.to_owned(), package.clone()),
        (MESSAGE.to_owned(), message(&package)),
        (CARRIED.to_owned(), package),
        (EVIDENCE.to_owned(), evidence()),
        (LOG.to_owned(), log()),
        (LIST.to_owned(), list().to_string().into_bytes()),
        (SIGNATURE.to_owned(), vec![0x30, 0]),
    ];
    for (name, content) in parts::records(rest) {
        match parts.iter_mut().find(|(known, _)| *known == name) {
            Some((_, old)) => *old = content,
            None => parts.push((name, content)),
        }
    }
    if flag & 1 == 1 {
        list_again(&mut parts);
    }
    parts::pack(&parts)
}

/// Every file by its size and hash, as whoever made the list would have told them.
fn list_again(parts: &mut [Part]) {
    let files: Vec<Value> = parts
        .iter()
        .filter(|(name, _)| name != LIST && name != SIGNATURE)
        .map(|(name, content)| {
            let mut hash = String::new();
            for byte in Sha256::digest(content) {
                let _ = write!(hash, "{byte:02x}");
            }
            json!({ "path": name, "size": content.len(), "sha256": hash })
        })
        .collect();
    let Some((_, list)) = parts.iter_mut().find(|(name, _)| name == LIST) else {
        return;
    };
    let Ok(Value::Object(mut told)) = serde_json::from_slice(list) else {
        return;
    };
    told.insert("files".to_owned(), Value::Array(files));
    *list = Value::Object(told).to_string().into_bytes();
}

fn list() -> Value {
    json!({
        "format": "dys-delil-paketi",
        "version": 1,
        "made_at": "2026-11-25T14:00:00Z",
        "made_by": "Ayşe",
        "rehearsal": true,
        "institution": "Sağlık Bakanlığı",
        "letter": {
            "id": "l",
            "number": "E-24322010-903.07.02-4752",
            "date": "2026-11-25",
            "subject": "Bütçe",
            "path": LETTER,
            "package": PACKAGE,
        },
        "messages": [{
            "id": "m",
            "address": "b@hs99.kep.example",
            "recipients": ["Adalet Bakanlığı"],
            "numbers": ["24301050"],
            "message_id": "<1@a>",
            "provider_id": "p-1",
            "sent_at": "2026-11-25T12:00:00Z",
            "path": MESSAGE,
            "package": CARRIED,
            "evidence": [{
                "id": "e-1",
                "kind": "read",
                "code": 60,
                "at": "2026-11-24T10:02:01Z",
                "path": EVIDENCE,
                "result": "verified",
            }],
        }],
        "audit": { "path": LOG, "entries": 2, "first": 1, "head": 3, "head_hash": HASH },
        "files": [],
    })
}

fn message(package: &[u8]) -> Vec<u8> {
    let package = STANDARD.encode(package);
    format!(
        "From: a@hs99.kep.example\r\nTo: b@hs99.kep.example\r\nMessage-ID: <1@a>\r\n\
         MIME-Version: 1.0\r\nContent-Type: multipart/signed; boundary=s; micalg=sha-256; \
         protocol=\"application/pkcs7-signature\"\r\n\r\n--s\r\n\
         Content-Type: multipart/mixed; boundary=m\r\n\r\n\
         --m\r\nContent-Type: text/plain; charset=utf-8\r\n\r\nYazı ektedir.\r\n\
         --m\r\nContent-Type: application/octet-stream\r\nContent-Transfer-Encoding: base64\r\n\
         Content-Disposition: attachment; filename=paket.eyp\r\n\r\n{package}\r\n--m--\r\n\
         --s\r\nContent-Type: application/pkcs7-signature\r\n\
         Content-Transfer-Encoding: base64\r\n\r\nMAA=\r\n--s--\r\n"
    )
    .into_bytes()
}

fn evidence() -> Vec<u8> {
    let version = "http://uri.etsi.org/02640/v2#";
    format!(
        "<r:RetrievalNonRetrievalByRecipient xmlns:r=\"{version}\" version=\"2\">\
         <r:EvidenceIdentifier>e-1</r:EvidenceIdentifier>\
         <r:EventCode>http:uri.etsi.org/02640/Event#Retrieval</r:EventCode>\
         <r:EventTime>2026-11-24T10:02:01Z</r:EventTime>\
         <r:RecipientsDetails><r:EntityDetails><r:AttributedElectronicAddress scheme=\"mailto\">\
         b@hs99.kep.example</r:AttributedElectronicAddress></r:EntityDetails></r:RecipientsDetails>\
         <r:SenderMessageDetails><r:UAMessageIdentifier>&lt;1@a&gt;</r:UAMessageIdentifier>\
         <r:MessageIdentifierByREMMD>p-1</r:MessageIdentifierByREMMD></r:SenderMessageDetails>\
         </r:RetrievalNonRetrievalByRecipient>"
    )
    .into_bytes()
}

/// Two entries of the letter and the hash of one about something else.
fn log() -> Vec<u8> {
    let entry = |seq: u8, action: &str, detail: &Value| {
        json!({
            "seq": seq,
            "at": 1_795_600_000_000_000_i64,
            "actor_id": "u",
            "actor_name": "Ayşe",
            "action": action,
            "object_kind": "document",
            "object_id": "l",
            "detail": detail.to_string(),
            "previous_hash": HASH,
            "hash": HASH,
        })
    };
    let sent = json!({ "messages": [{ "message_id": "<1@a>", "hash": HASH }] });
    let lines = [
        entry(1, "document.freeze", &json!({ "hash": HASH })),
        entry(2, "dispatch.send", &sent),
        json!({ "seq": 3, "hash": HASH }),
    ];
    lines.map(|line| format!("{line}\n")).concat().into_bytes()
}
