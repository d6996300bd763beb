//! "Saved" means on the disk: what the operating system is asked to keep before DYS answers, and
//! commands of other processes beside a live server (decision 26).
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::collections::HashMap;
use std::fmt::Write as _;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use reqwest::multipart::{Form, Part};
use running::{PASSWORD, PROGRAM, Running, Visitor, command, location, prepare, value_of};

mod running;

const UNIT: &str = "01000002";

#[tokio::test]
async fn a_save_and_an_upload_are_on_the_disk_before_the_answer() {
    if !strace_works() {
        return skipped(
            "strace is missing or may not trace here: what is synced was not looked at",
        );
    }
    let folder = office();
    let trace = folder.path().join("trace");
    let mut tracer = Command::new("strace");
    tracer.args(["-f", "-y", "-s", "120", "-e"]);
    tracer.arg("trace=read,recvfrom,write,writev,pwrite64,sendto,sendmsg,fsync,fdatasync");
    tracer.arg("-o").arg(&trace).arg(PROGRAM);
    tracer.args(["serve", "--rehearsal"]);
    prepare(&mut tracer, folder.path());
    let server = Running::traced(tracer).await;

    let visitor = Visitor::log_in(&server.url, "ayse", PASSWORD).await;
    let letter = visitor.new_letter().await;
    save(&visitor, &letter, "Kaydedilen konu").await;
    upload(&visitor, &letter).await;
    assert!(server.stop().success());

    let trace = std::fs::read_to_string(&trace).unwrap();
    let saved = synced_before_answer(&trace, &format!("POST {letter}/kaydet "));
    assert!(saved.iter().any(|file| is_wal(file)), "{saved:?}");

    let uploaded = synced_before_answer(&trace, &format!("POST {letter}/ekler "));
    let blob = uploaded.iter().position(|file| file.contains("/blobs/"));
    let row = uploaded.iter().rposition(|file| is_wal(file));
    assert!(blob.is_some() && blob < row, "{uploaded:?}");
}

#[tokio::test]
async fn an_import_runs_beside_a_server_that_saves() {
    let folder = office();
    let mut serve = command(folder.path());
    serve.args(["serve", "--rehearsal"]);
    let server = Running::start(serve).await;
    let visitor = Visitor::log_in(&server.url, "ayse", PASSWORD).await;
    let letter = visitor.new_letter().await;

    let mut units = "detsis_no,ad,ust_detsis_no\n".to_owned();
    for number in 1..=4_000 {
        writeln!(units, "{:08},Birim {number},01000001", 2_000_000 + number).unwrap();
    }
    let file = folder.path().join("more.csv");
    std::fs::write(&file, units).unwrap();
    let mut import = command(folder.path());
    import.args(["directory", "import"]).arg(&file);
    let mut import = import
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();

    let mut saves = 0;
    while import.try_wait().unwrap().is_none() || saves == 0 {
        saves += 1;
        save(&visitor, &letter, &format!("{saves}. kayıt")).await;
    }
    let told = said(&import.wait_with_output().unwrap());
    assert!(told.contains("4000 birim eklendi"), "{told}");

    let audit = command(folder.path())
        .args(["audit", "verify"])
        .output()
        .unwrap();
    assert!(audit.status.success(), "{}", said(&audit));
    let page = visitor.page(&letter).await;
    assert!(page.contains(&format!("{saves}. kayıt")));
    assert!(server.stop().success());
}

/// Said past the harness, which keeps the words of tests that pass to itself.
fn skipped(why: &str) {
    let _ = writeln!(std::io::stderr(), "skipped: {why}");
}

fn strace_works() -> bool {
    let tried = Command::new("strace")
        .args(["-f", "-o", "/dev/null", "true"])
        .stderr(Stdio::null())
        .status();
    tried.is_ok_and(|status| status.success())
}

/// A data folder with an institution, a unit and a clerk, made by the commands that people use.
fn office() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let units = folder.path().join("units.csv");
    let rows = "detsis_no,ad,ust_detsis_no\n01000001,Örnek Belediyesi,\n\
        01000002,Yazı İşleri Müdürlüğü,01000001\n";
    std::fs::write(&units, rows).unwrap();
    let mut import = command(folder.path());
    import.args(["directory", "import"]).arg(&units);
    must(import, None);
    let mut add = command(folder.path());
    add.args([
        "user",
        "add",
        "ayse",
        "--name",
        "Ayşe Yılmaz",
        "--role",
        "clerk",
    ]);
    add.args(["--unit", UNIT]);
    must(add, Some(folder.path()));
    folder
}

/// Runs a command that must succeed; the password stands in a file when it asks for one.
fn must(mut command: Command, password_in: Option<&Path>) {
    if let Some(folder) = password_in {
        let file = folder.join("password");
        std::fs::write(&file, PASSWORD).unwrap();
        command.stdin(std::fs::File::open(file).unwrap());
    }
    let output = command.output().unwrap();
    assert!(output.status.success(), "{}", said(&output));
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&[output.stdout.as_slice(), &output.stderr].concat()).into_owned()
}

async fn save(visitor: &Visitor, letter: &str, subject: &str) {
    let page = visitor.page(letter).await;
    let form = [
        ("_token", value_of(&page, "name=\"_token\"")),
        ("version", value_of(&page, "name=\"version\"")),
        ("subject", subject),
        ("text", "Bilgilerinizi rica ederim."),
    ];
    let answer = visitor.post(&format!("{letter}/kaydet")).form(&form);
    location(&answer.send().await.unwrap());
}

async fn upload(visitor: &Visitor, letter: &str) {
    let page = visitor.page(letter).await;
    let token = value_of(&page, "name=\"_token\"").to_owned();
    let file = Part::bytes("Çizelge".as_bytes()).file_name("çizelge.txt");
    let form = Form::new().text("_token", token).part("file", file);
    let answer = visitor.post(&format!("{letter}/ekler")).multipart(form);
    location(&answer.send().await.unwrap());
}

fn is_wal(file: &str) -> bool {
    file.ends_with("/dys.db-wal")
}

/// The files whose bytes were all on the disk between the arrival of a request and the first byte
/// of its answer, in the order of their last sync: a write after a sync makes it worthless.
fn synced_before_answer(trace: &str, request: &str) -> Vec<String> {
    let mut lines = trace.lines().skip_while(|line| !line.contains(request));
    assert!(lines.next().is_some(), "{request} is not in the trace");
    let mut begun: HashMap<&str, &str> = HashMap::new();
    let mut synced: Vec<String> = Vec::new();
    for line in lines {
        if line.contains("\"HTTP/1.1 ") {
            assert!(line.contains("HTTP/1.1 303"), "{line}");
            return synced;
        }
        let (thread, call) = line.split_once(' ').unwrap_or_default();
        let call = call.trim_start();
        let file = call.split(['<', '>']).nth(1).unwrap_or_default();
        let ended = call.ends_with("= 0");
        if call.starts_with("write(") || call.starts_with("pwrite64(") {
            synced.retain(|known| known != file);
        } else if call.starts_with("fsync(") || call.starts_with("fdatasync(") {
            begun.insert(thread, file);
            synced.extend(ended.then(|| file.to_owned()));
        } else if call.contains("sync resumed>") && ended {
            synced.extend(begun.get(thread).map(|file| (*file).to_owned()));
        }
    }
    panic!("no answer to {request} in the trace");
}
