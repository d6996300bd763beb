//! The program against a server that lies: the right page, another subject, and no signature.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::io::{BufRead as _, BufReader, Cursor, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex};

use eyazisma::{
    Distribution, Draft, Guid, Institution, Limits, METADATA_PART, Metadata, Party, Purpose,
    Settings, Text, Urgency,
};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

const PAGE: &[u8] = b"%PDF-1.7 yazi";

/// Paths and bodies of what was posted.
type Posted = Vec<(String, Vec<u8>)>;

/// What is served of one letter.
#[derive(Clone)]
struct Letter {
    content: Vec<u8>,
    metadata: Vec<u8>,
    requests: Value,
}

fn party(code: &str, name: &str) -> Party {
    Party::Institution(Institution {
        code: code.to_owned(),
        name: Some(Text::turkish(name)),
        ..Institution::default()
    })
}

/// A letter about `subject`, of which the server says `said`.
fn letter(subject: &str, said: &str) -> Letter {
    let metadata = Metadata {
        id: Guid::as_read("0190A1B2-0000-7000-8000-000000000007"),
        subject: Text::turkish(subject),
        mime_type: "application/pdf".to_owned(),
        file_name: "yazi.pdf".to_owned(),
        recipients: vec![Distribution {
            party: party("24301050", "Adalet Bakanlığı"),
            urgency: Urgency::Normal,
            purpose: Purpose::Action,
            deadline: None,
            left_out: Vec::new(),
        }],
        creator: Some(party("24322010", "Sağlık Bakanlığı")),
        verification_address: "https://www.turkiye.gov.tr/belge-dogrulama".to_owned(),
        ..Metadata::default()
    };
    let draft = Draft::new(metadata, PAGE.to_vec(), Vec::new(), Settings::default()).unwrap();
    let unsigned = draft.digest();
    let content = unsigned.to_sign().to_vec();
    let (stored, mut described) = (unsigned.store().unwrap(), Vec::new());
    let from = Cursor::new(stored);
    eyazisma::extract(from, &Limits::default(), METADATA_PART, &mut described).unwrap();
    let hash: String = Sha256::digest(&content)
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    let requests = json!({ "signer": "Ali Şahin", "requests": [{
        "id": "1",
        "kind": "letter",
        "official_number": "E-24322010-903.07.02-4752",
        "subject": said,
        "recipients": [{ "name": "Adalet Bakanlığı", "key": "24301050" }],
        "content_hash": hash,
    }] });
    Letter {
        content,
        metadata: described,
        requests,
    }
}

/// Serves the letter on loopback; gives the address and what was posted.
fn serve(letter: Letter) -> (String, Arc<Mutex<Posted>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let posted = Arc::new(Mutex::new(Vec::new()));
    let kept = Arc::clone(&posted);
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            answer(stream, &letter, &kept);
        }
    });
    (address, posted)
}

fn answer(stream: TcpStream, letter: &Letter, posted: &Mutex<Posted>) {
    let mut reader = BufReader::new(stream);
    let mut line = String::new();
    if reader.read_line(&mut line).unwrap_or(0) == 0 {
        return;
    }
    let path = line.split(' ').nth(1).unwrap_or_default().to_owned();
    let mut length = 0;
    loop {
        let mut header = String::new();
        reader.read_line(&mut header).unwrap();
        let header = header.trim().to_ascii_lowercase();
        if header.is_empty() {
            break;
        }
        if let Some(value) = header.strip_prefix("content-length:") {
            length = value.trim().parse().unwrap();
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).unwrap();
    if line.starts_with("POST") {
        posted.lock().unwrap().push((path.clone(), body));
    }
    let bytes = match path.rsplit('/').next().unwrap_or_default() {
        "requests" => letter.requests.to_string().into_bytes(),
        "content" => letter.content.clone(),
        "metadata" => letter.metadata.clone(),
        "letter" => PAGE.to_vec(),
        _ => b"{}".to_vec(),
    };
    let mut stream = reader.into_inner();
    let head = format!(
        "HTTP/1.1 200 OK\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
        bytes.len()
    );
    stream.write_all(head.as_bytes()).unwrap();
    stream.write_all(&bytes).unwrap();
}

/// Runs the program once; gives what it said and what it posted.
fn run(letter: Letter, typed: &str) -> (String, Posted) {
    run_with("none", letter, typed)
}

fn run_with(viewer: &str, letter: Letter, typed: &str) -> (String, Posted) {
    let (address, posted) = serve(letter);
    let folder = tempfile::tempdir().unwrap();
    let state = folder.path().join("arac.json");
    let pairing = json!({ "server": address, "token": "dys_x", "name": "Ali Şahin" });
    std::fs::write(&state, pairing.to_string()).unwrap();
    let mut child = Command::new(env!("CARGO_BIN_EXE_sign-agent"))
        .args(["--once", "--viewer", viewer, "--module", "/kart-yok.so"])
        .arg("--state")
        .arg(&state)
        .stdin(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut input = child.stdin.take().unwrap();
    input.write_all(typed.as_bytes()).unwrap();
    drop(input);
    let ended = child.wait_with_output().unwrap();
    let said = String::from_utf8(ended.stderr).unwrap();
    let posted = posted.lock().unwrap().clone();
    (said, posted)
}

#[test]
fn another_subject_than_the_one_that_is_signed_is_refused_unasked() {
    let (said, posted) = run(letter("Bütçe Teklifi", "Yıllık izin"), "e\n1234\n");
    assert!(said.contains("DYS'nin bildirdiği konu"), "{said}");
    assert!(
        said.contains("Bütçe Teklifi"),
        "what is really signed: {said}"
    );
    assert!(!said.contains("İmzalansın mı?"), "{said}");
    let [(path, body)] = posted.as_slice() else {
        panic!("{posted:?}")
    };
    assert_eq!(path, "/imza-araci/v1/requests/1/refusal");
    let body: Value = serde_json::from_slice(body).unwrap();
    assert_eq!(body["declined"], false);
}

#[test]
fn what_is_signed_is_shown_before_it_is_asked() {
    let (said, posted) = run(letter("Bütçe Teklifi", "Bütçe Teklifi"), "h\n");
    for words in [
        "Konu:   Bütçe Teklifi",
        "Dağıtım (1):",
        "1. Adalet Bakanlığı (gereği)",
        "İmzalansın mı?",
    ] {
        assert!(said.contains(words), "{words}: {said}");
    }
    let body: Value = serde_json::from_slice(&posted[0].1).unwrap();
    assert_eq!(body["declined"], true, "the person said no");
}

/// Whether the person's answer in the only refusal was a no; without the card nothing is signed.
fn declined(posted: &Posted) -> bool {
    let [(path, body)] = posted.as_slice() else {
        panic!("{posted:?}")
    };
    assert_eq!(path, "/imza-araci/v1/requests/1/refusal");
    serde_json::from_slice::<Value>(body).unwrap()["declined"] == true
}

#[test]
fn a_letter_that_could_not_be_shown_is_not_signed_by_a_yes() {
    let viewer = "/gosterici-yok";
    let same = || letter("Bütçe Teklifi", "Bütçe Teklifi");
    let (said, posted) = run_with(viewer, same(), "e\nevet\ng\ne\nh\n");
    assert_eq!(said.matches("Yazı gösterilemedi").count(), 2, "{said}");
    assert_eq!(said.matches("Yazıyı görmediniz.").count(), 5, "{said}");
    assert!(!said.contains("İmzalansın mı?"), "{said}");
    assert!(declined(&posted), "no was the only answer that counted");

    let (said, posted) = run_with(viewer, same(), "görmeden\n");
    assert!(said.contains("imzalanmadı"), "there is no card: {said}");
    assert!(!declined(&posted), "{said}");
}
