//! The guide's own steps with the real program: a real installation from an empty folder to a bound
//! account; what it refuses on the way; how the demo says that it cannot start.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod running;

use std::io::Write as _;
use std::net::TcpListener;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use dys::access::user::{self, NewUser};
use dys::access::{Act, Actor, Role};
use dys::app::App;
use dys::config::{Config, Mode};
use dys::directory::{DetsisNo, UnitRecord, import, own};
use dys::document::draft;
use dys::ids::SystemIds;
use running::{Running, Visitor, command, location, value_of};

const GUIDE: &str = include_str!("../docs/yonetim.md");

/// The lines of the first block of commands in the guide's chapter *Kurulum*.
fn steps() -> Vec<&'static str> {
    let chapter = GUIDE.split("## Kurulum").nth(1).expect("Kurulum");
    let block = chapter.split("```sh\n").nth(1).expect("commands");
    block.split("```").next().unwrap().lines().collect()
}

/// Runs one line of the guide in `folder` as a person types it, `dys` being the program.
fn typed(line: &str, folder: &Path, answers: &str) -> Output {
    let mut shell = Command::new("sh");
    running::prepare(&mut shell, &folder.join("veri"));
    let line = format!("dys() {{ {} \"$@\"; }}; {line}", running::PROGRAM);
    shell.args(["-c", &line]).current_dir(folder);
    answered(shell, answers)
}

fn answered(mut command: Command, answers: &str) -> Output {
    command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    // A program that ends before it reads closes the pipe.
    let _ = child.stdin.take().unwrap().write_all(answers.as_bytes());
    child.wait_with_output().unwrap()
}

fn said(output: &Output) -> String {
    let (out, err) = (&output.stdout, &output.stderr);
    String::from_utf8_lossy(&[&out[..], b"\n", &err[..]].concat()).into_owned()
}

fn csv(folder: &Path, rows: &str) {
    let head = "detsis_no,ad,ust_detsis_no,tur,il,ilce,kep_adresi\n";
    std::fs::write(folder.join("birimler.csv"), format!("{head}{rows}")).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn the_guide_leads_from_an_empty_folder_to_a_bound_account() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    csv(
        folder,
        "12345678,Deneme Belediye Başkanlığı,,belediye,Edirne,Havsa,denemebelediyesi@hs01.kep.tr\n\
         12345679,Yazı İşleri Müdürlüğü,12345678,,,,\n\
         23456789,Komşu Belediye Başkanlığı,,belediye,Edirne,Enez,komsu@hs01.kep.tr\n",
    );
    let steps = steps();
    let [export, import, own, add, serve] = steps.as_slice() else {
        panic!("the steps of the guide: {steps:?}");
    };
    assert!(export.starts_with("export DYS_DATA="));
    assert_eq!(*serve, "dys serve");

    let imported = typed(import, folder, "");
    assert!(imported.status.success(), "{}", said(&imported));
    assert!(said(&imported).contains("3 birim eklendi"));
    let mistaken = typed(own, folder, "Komşu Belediye Başkanlığı\n");
    assert!(!mistaken.status.success());
    assert!(
        said(&mistaken).contains("Onaylamak için kurumun adını"),
        "{}",
        said(&mistaken)
    );
    let silent = typed(own, folder, "");
    assert!(!silent.status.success(), "{}", said(&silent));
    let unit = typed("dys directory own 12345679", folder, "");
    assert!(
        said(&unit).contains("12345678 Deneme Belediye Başkanlığı"),
        "{}",
        said(&unit)
    );
    let named = typed(own, folder, "Deneme Belediye Başkanlığı\n");
    assert!(named.status.success(), "{}", said(&named));

    let short = typed(add, folder, "kısa\n");
    assert!(
        said(&short).contains("en az 10 karakter"),
        "{}",
        said(&short)
    );
    let empty = typed(add, folder, "\n");
    assert!(
        said(&empty).contains("Parola boş olamaz"),
        "{}",
        said(&empty)
    );
    let password = "uzun ve kolay anımsanan";
    let foreign = add.replace("--unit 12345678", "--unit 23456789");
    let foreign = typed(&foreign, folder, &format!("{password}\n"));
    assert!(
        said(&foreign).contains("kurumuna bağlı değil"),
        "{}",
        said(&foreign)
    );
    let added = typed(add, folder, &format!("{password}\n"));
    assert!(added.status.success(), "{}", said(&added));
    assert!(!said(&added).contains(password));

    let mut program = command(&folder.join("veri"));
    program.arg("serve");
    let server = Running::start(program).await;
    let admin = Visitor::log_in(&server.url, "yonetici", password).await;
    assert!(!admin.page("/").await.contains("PROVA KURULUMU"));
    let units = admin.page("/yonetim/kurum-birimleri").await;
    assert!(
        units.contains("Deneme Belediye Başkanlığı") && units.contains("Yazı İşleri Müdürlüğü")
    );
    assert!(!units.contains("Komşu"));
    let signing = admin.page("/yonetim/imza").await;
    assert!(signing.contains("İmza için eksikler"));

    let page = admin.page("/yonetim/kep-hesaplari").await;
    let select = page.split("<select id=\"unit\"").nth(1).expect("units");
    let form = |confirmed: &'static str| {
        [
            ("_token", value_of(&page, "name=\"_token\"")),
            ("unit", value_of(select, "<option")),
            ("address", "denemebelediyesi@hs01.kep.tr"),
            // A name that leads nowhere: nothing leaves this machine.
            ("endpoint", "https://eyazisma.invalid/ws"),
            ("national_id", "10000000146"),
            ("password", "parola"),
            ("passphrase", "sifre"),
            ("confirmed", confirmed),
        ]
    };
    let bind = async |confirmed| {
        let request = admin.post("/yonetim/kep-hesaplari").form(&form(confirmed));
        request.send().await.unwrap()
    };
    let unconfirmed = bind("evet").await;
    assert_eq!(unconfirmed.status(), 422);
    assert!(unconfirmed.text().await.unwrap().contains("harfi harfine"));
    let bound = location(&bind("denemebelediyesi@hs01.kep.tr").await);
    assert!(bound.starts_with("/yonetim/kep-hesaplari/"));
    let units = admin.page("/yonetim/kurum-birimleri").await;
    assert_eq!(units.matches("denemebelediyesi@hs01.kep.tr").count(), 2);
    assert!(server.stop().success());

    // From now on it is a real folder for ever.
    csv(folder, "01234567,Örnek Kurum,,belediye,Edirne,Havsa,\n");
    let late = typed(import, folder, "");
    assert_eq!(late.status.code(), Some(2));
    assert!(
        said(&late).contains("gerçek kuruluma alınmaz"),
        "{}",
        said(&late)
    );
    for verb in ["demo", "serve --rehearsal"] {
        let other = typed(&format!("DYS_LISTEN=127.0.0.1:0 dys {verb}"), folder, "");
        assert!(!other.status.success(), "{verb}");
        assert!(
            said(&other).contains("gerçek kurulum klasörü"),
            "{}",
            said(&other)
        );
    }
}

/// Types a password twice at a terminal of its own and prints what stood there.
const AT_A_TERMINAL: &str = r#"
import os, pty, sys
child, terminal = pty.fork()
if child == 0:
    os.execv(sys.argv[1], sys.argv[1:])
seen = b""
for question in ("Parola (", "yeniden: "):
    while question.encode() not in seen:
        seen += os.read(terminal, 1000)
    os.write(terminal, "çok gizli bir parola\n".encode())
try:
    while part := os.read(terminal, 1000):
        seen += part
except OSError:
    pass
sys.stdout.buffer.write(seen)
"#;

#[test]
fn a_typed_password_is_not_shown() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    csv(folder, "12345678,Deneme Kurumu,,belediye,Edirne,Havsa,\n");
    typed("dys directory import birimler.csv", folder, "");
    let mut python = Command::new("python3");
    running::prepare(&mut python, &folder.join("veri"));
    let add = [
        "user",
        "add",
        "yonetici",
        "--name",
        "Deniz Aydın",
        "--role",
        "administrator",
        "--unit",
        "12345678",
    ];
    python
        .args(["-c", AT_A_TERMINAL, running::PROGRAM])
        .args(add);
    let shown = match python.output() {
        Ok(output) => said(&output),
        Err(_) => return eprintln!("skipped: python3 is not installed"),
    };
    assert!(shown.contains("Kullanıcı eklendi"), "{shown}");
    assert!(!shown.contains("gizli"), "{shown}");
}

#[test]
fn a_folder_with_demo_units_or_users_never_becomes_real() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let steps = steps();
    let serve = "DYS_LISTEN=127.0.0.1:0 dys serve";
    for row in [
        "01234567,Örnek Kurum,,belediye,Edirne,Havsa,\n",
        "12345678,Deneme Kurumu,,belediye,Edirne,Havsa,deneme@hs99.kep.example\n",
    ] {
        csv(folder, row);
        let imported = typed(steps[1], folder, "");
        assert!(imported.status.success(), "{}", said(&imported));
        let refused = typed(serve, folder, "");
        assert!(!refused.status.success());
        assert!(
            said(&refused).contains("örnek birimler"),
            "{}",
            said(&refused)
        );
        std::fs::remove_dir_all(folder.join("veri")).unwrap();
    }
    // It was refused without being fixed: the same folder may still be a rehearsal.
    csv(folder, "01234567,Örnek Kurum,,belediye,Edirne,Havsa,\n");
    typed(steps[1], folder, "");
    typed(serve, folder, "");
    let mut config = Config::load(folder).unwrap();
    config.data = folder.join("veri");
    drop(App::open(config, Mode::Rehearsal).unwrap());
    let named = typed("dys directory own 01234567", folder, "");
    assert!(
        named.status.success(),
        "a rehearsal asks no name: {}",
        said(&named)
    );
}

/// What is there when the seeding was cut off: the office, its people, a first letter.
fn half_a_past(app: &App) {
    let unit = UnitRecord {
        detsis_no: DetsisNo::parse("01039100").unwrap(),
        parent: None,
        is_institution: true,
        kind: None,
        name: "Keşan Belediye Başkanlığı".to_owned(),
        place: None,
        kep_address: None,
        uets_address: None,
        postal_address: None,
        active: true,
        successor: None,
    };
    import::write(&app.store, std::iter::once((1, unit)), app.now(), |_| {}).unwrap();
    let now = app.now();
    app.store
        .write_blocking(move |tx| -> dys::error::Result<()> {
            let system = Actor::system();
            let act = Act {
                actor: &system,
                now,
                ids: &SystemIds,
            };
            let own = own::choose(tx, &act, "01039100", "")?;
            let unit = own.id.as_str().to_owned();
            let new = NewUser {
                login: "ayse".to_owned(),
                full_name: "Ayşe Yılmaz".to_owned(),
                title: "Memur".to_owned(),
                password_hash: String::new(),
                roles: vec![(Role::Clerk, unit.clone())],
                is_demo: true,
            };
            let id = user::add(tx, &act, &new)?;
            let ayse = user::actor(tx, &id)?;
            let act = Act {
                actor: &ayse,
                ..act
            };
            draft::create(tx, &act, &unit)?;
            Ok(())
        })
        .unwrap();
}

#[test]
fn the_demo_says_why_it_cannot_start() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("demo");
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let place = taken.local_addr().unwrap().to_string();
    for verb in ["demo", "serve"] {
        let mut second = command(&data);
        second.arg(verb).env("DYS_LISTEN", &place);
        let ended = answered(second, "");
        assert_eq!(ended.status.code(), Some(1), "{verb}");
        let words = said(&ended);
        assert!(
            words.contains(&format!("{place} adresi dinlenemiyor")),
            "{words}"
        );
        assert!(words.contains("DYS_LISTEN=127.0.0.1:8090"), "{words}");
    }
    assert!(
        !data.exists(),
        "nothing is made before the address is taken"
    );

    // An earlier start was cut off while it made the office's past.
    let mut config = Config::load(folder.path()).unwrap();
    config.data = data.clone();
    let app = App::open(config, Mode::Rehearsal).unwrap();
    half_a_past(&app);
    drop(app);
    let mut again = command(&data);
    again.arg("demo").env("DYS_LISTEN", "127.0.0.1:0");
    let ended = answered(again, "");
    assert_eq!(ended.status.code(), Some(1));
    assert!(said(&ended).contains("yarım kalmış"), "{}", said(&ended));
    assert!(said(&ended).contains("make clean-demo"), "{}", said(&ended));
}

#[test]
fn a_program_that_is_missing_is_named_with_what_brings_it() {
    let root = std::env::var("CARGO_MANIFEST_DIR").expect("run by cargo");
    let root = Path::new(&root);
    let script = root.join("scripts/need");
    let asked = |path: &str, program: &str, brings: &str| {
        let mut command = Command::new(&script);
        command.args([program, brings]).env("PATH", path);
        answered(command, "")
    };
    let empty = tempfile::tempdir().unwrap();
    let empty = empty.path().to_str().unwrap();
    // As the Makefile asks, with the words that it gives.
    let makefile = std::fs::read_to_string(root.join("Makefile")).unwrap();
    let mut named = Vec::new();
    for line in makefile.lines() {
        let Some((_, rest)) = line.split_once("scripts/need ") else {
            continue;
        };
        let (program, brings) = rest.split_once(' ').unwrap();
        let brings = brings.trim_matches('"');
        let output = asked(empty, program, brings);
        assert_eq!(output.status.code(), Some(1), "{program}");
        let sentence = format!("“{program}” bulunamadı. Kurulması gereken: {brings}\n");
        assert_eq!(String::from_utf8_lossy(&output.stderr), sentence);
        assert!(output.stdout.is_empty(), "{program}");
        named.push(program);
    }
    for program in ["cargo", "cc", "npm"] {
        assert!(named.contains(&program), "{program}: {named:?}");
    }
    let there = asked("/usr/bin:/bin", "sh", "bir kabuk");
    assert!(there.status.success(), "{}", said(&there));
    assert_eq!(said(&there), "\n", "nothing to say");
}
