//! The program against a server that lies: the right page, another subject, and no signature.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::io::{BufRead as _, BufReader, Cursor, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};

use eyazisma::{
    Distribution, Draft, Guid, Institution, Limits, METADATA_PART, Metadata, Party, Purpose,
    Settings, Text, Urgency,
};
use seal::Signer as _;
use seal::rehearsal::{Authority, Curve, Holder, Services, Validity};
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
    /// What a signature is answered with, as status line and body; nothing, when the connection ends
    /// without a word.
    on_signature: Option<(&'static str, &'static str)>,
}

const TAKEN: (&str, &str) = ("200 OK", "{\"signed\":true}");

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
        on_signature: Some(TAKEN),
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
    let (status, bytes) = match path.rsplit('/').next().unwrap_or_default() {
        "requests" => ("200 OK", letter.requests.to_string().into_bytes()),
        "content" => ("200 OK", letter.content.clone()),
        "metadata" => ("200 OK", letter.metadata.clone()),
        "letter" => ("200 OK", PAGE.to_vec()),
        "signature" => match letter.on_signature {
            Some((status, body)) => (status, body.as_bytes().to_vec()),
            None => return,
        },
        _ => ("200 OK", b"{}".to_vec()),
    };
    let mut stream = reader.into_inner();
    let head = format!(
        "HTTP/1.1 {status}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
        bytes.len()
    );
    stream.write_all(head.as_bytes()).unwrap();
    stream.write_all(&bytes).unwrap();
}

/// Runs the program once; gives what it said and what it posted.
fn run(letter: Letter, typed: &str) -> (String, Posted) {
    run_with("none", letter, typed)
}

/// The program, paired with the server, where no card is.
fn start(viewer: &str, address: &str, folder: &Path) -> Child {
    start_at(viewer, address, folder, Path::new("/kart-yok.so"))
}

/// The same with the cards of this module, whose configuration lies in the folder.
fn start_at(viewer: &str, address: &str, folder: &Path, module: &Path) -> Child {
    let state = folder.join("arac.json");
    let pairing = json!({ "server": address, "token": "dys_x", "name": "Ali Şahin" });
    std::fs::write(&state, pairing.to_string()).unwrap();
    Command::new(env!("CARGO_BIN_EXE_sign-agent"))
        .args(["--once", "--viewer", viewer, "--module"])
        .arg(module)
        .arg("--state")
        .arg(&state)
        .env("SOFTHSM2_CONF", folder.join("softhsm2.conf"))
        .stdin(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

/// What the program says up to its next question.
fn until_asked(said: &mut impl std::io::Read) -> String {
    let mut bytes = Vec::new();
    let mut one = [0];
    while !bytes.ends_with(b"] ") {
        said.read_exact(&mut one).unwrap();
        bytes.push(one[0]);
    }
    String::from_utf8(bytes).unwrap()
}

fn run_with(viewer: &str, letter: Letter, typed: &str) -> (String, Posted) {
    let (address, posted) = serve(letter);
    let folder = tempfile::tempdir().unwrap();
    let mut child = start(viewer, &address, folder.path());
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

#[test]
fn a_viewer_that_ends_with_a_fault_has_shown_nothing() {
    let (address, posted) = serve(letter("Bütçe Teklifi", "Bütçe Teklifi"));
    let folder = tempfile::tempdir().unwrap();
    let mut child = start("false", &address, folder.path());
    let (mut input, mut said) = (child.stdin.take().unwrap(), child.stderr.take().unwrap());
    let mut asked = until_asked(&mut said);
    assert!(asked.contains("İmzalansın mı?"), "{asked}");
    // Asked again and again until the viewer is known to have ended.
    while !asked.contains("Yazıyı görmediniz.") {
        input.write_all("?\n".as_bytes()).unwrap();
        asked = until_asked(&mut said);
    }
    assert!(asked.contains("görüntüleyici hata vererek"), "{asked}");
    input.write_all("e\n".as_bytes()).unwrap();
    asked = until_asked(&mut said);
    assert!(asked.contains("Yazıyı görmediniz."), "{asked}");
    input.write_all("h\n".as_bytes()).unwrap();
    drop(input);
    said.read_to_string(&mut asked).unwrap();
    child.wait().unwrap();
    assert!(declined(&posted.lock().unwrap()), "{asked}");
}

/// A card with a person's key in the folder; its module. None where SoftHSM is not installed.
fn card(folder: &Path) -> Option<PathBuf> {
    const PIN: [&str; 4] = ["--pin", "4321", "--so-pin", "4321"];
    let module = [
        "/usr/lib/x86_64-linux-gnu/softhsm/libsofthsm2.so",
        "/usr/lib/softhsm/libsofthsm2.so",
        "/usr/lib64/softhsm/libsofthsm2.so",
    ];
    let module = module.iter().map(PathBuf::from).find(|it| it.exists())?;
    let path = |name: &str| folder.join(name).display().to_string();
    std::fs::create_dir(folder.join("tokens")).unwrap();
    let config = format!("directories.tokendir = {}\n", path("tokens"));
    std::fs::write(folder.join("softhsm2.conf"), config).unwrap();
    let tool = |name: &str, arguments: &[&str]| {
        let mut command = Command::new(name);
        command.env("SOFTHSM2_CONF", path("softhsm2.conf"));
        let output = command.args(arguments).output().ok()?;
        assert!(output.status.success(), "{name} {arguments:?}: {output:?}");
        Some(())
    };
    let mut next = 0_u8;
    let mut random = |bytes: &mut [u8]| {
        bytes.fill_with(|| {
            next = next.wrapping_add(41);
            next
        });
    };
    let made = "2026-01-01T00:00:00Z".parse().unwrap();
    let authority = Authority::create(Services::rehearsal(), made, &mut random).unwrap();
    let holder = Holder::Person {
        name: "Ali Şahin",
        tckn: "10000000146",
    };
    // The program looks at the clock of this machine.
    let always = Validity {
        from: "2020-01-01T00:00:00Z".parse().unwrap(),
        to: "2049-01-01T00:00:00Z".parse().unwrap(),
    };
    let key = authority.issue_key(&holder, Curve::P256, always, &mut random);
    let key = key.unwrap();
    std::fs::write(path("key.pem"), key.key_pem().unwrap().as_bytes()).unwrap();
    std::fs::write(path("card.der"), key.certificate().der()).unwrap();
    let empty = ["--init-token", "--free", "--label", "ali"];
    tool("softhsm2-util", &[&empty[..], &PIN].concat())?;
    let pem = path("key.pem");
    let import = ["--import", &pem, "--token", "ali", "--label", "imza"];
    let named = ["--id", "01", "--pin", "4321"];
    tool("softhsm2-util", &[&import[..], &named].concat())?;
    let (library, der) = (module.display().to_string(), path("card.der"));
    let login = ["--module", &library, "--token-label", "ali", "--login"];
    let write = ["--write-object", &der, "--type", "cert", "--label", "imza"];
    tool("pkcs11-tool", &[&login[..], &named, &write].concat())?;
    Some(module)
}

/// Signs with the card; what the program said, and the ends of the paths to which it posted.
fn signed(folder: &Path, module: &Path, letter: Letter) -> (String, Vec<String>) {
    let (address, posted) = serve(letter);
    let mut child = start_at("none", &address, folder, module);
    let mut input = child.stdin.take().unwrap();
    input.write_all(b"e\n4321\n").unwrap();
    drop(input);
    let ended = child.wait_with_output().unwrap();
    let said = String::from_utf8(ended.stderr).unwrap();
    let posted = posted.lock().unwrap();
    let end = |path: &String| path.rsplit('/').next().unwrap_or_default().to_owned();
    (said, posted.iter().map(|(path, _)| end(path)).collect())
}

#[test]
fn an_answer_that_is_lost_after_the_signature_is_no_refusal() {
    let folder = tempfile::tempdir().unwrap();
    let Some(module) = card(folder.path()) else {
        return println!("skipped: SoftHSM or pkcs11-tool is not installed");
    };
    let answered = |on_signature| {
        let same = letter("Bütçe Teklifi", "Bütçe Teklifi");
        let letter = Letter {
            on_signature,
            ..same
        };
        signed(folder.path(), &module, letter)
    };
    let (said, posted) = answered(Some(TAKEN));
    assert!(
        said.contains("E-24322010-903.07.02-4752: imzalandı."),
        "{said}"
    );
    assert_eq!(posted, ["signature"], "{said}");

    // The connection ends, a proxy gives up, the answer is cut short.
    for lost in [
        None,
        Some(("504 Gateway Timeout", "<html></html>")),
        Some(("200 OK", "{\"sig")),
    ] {
        let (said, posted) = answered(lost);
        assert!(said.contains("sonuç bilinmiyor"), "{lost:?}: {said}");
        assert!(said.contains("İmza Aracı ekranından"), "{lost:?}: {said}");
        assert!(!said.contains("imzalanmadı"), "{lost:?}: {said}");
        assert_eq!(posted, ["signature"], "{lost:?}: {said}");
    }

    let refusal = "{\"error\":{\"message\":\"Bu sertifika başkasının.\"}}";
    let (said, posted) = answered(Some(("422 Unprocessable Entity", refusal)));
    assert!(
        said.contains("imzalanmadı. Bu sertifika başkasının."),
        "{said}"
    );
    assert_eq!(posted, ["signature", "refusal"], "{said}");
}
