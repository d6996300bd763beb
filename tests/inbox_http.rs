//! *Gelen Evrak* over HTTP: its pages and forms, who sees what, and two officers at once.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod seat;
mod townhall;

use axum::http::{StatusCode, header};
use dys::access::Role;
use seat::{Seat, join};
use townhall::Office;

const PDF: &[u8] = b"%PDF-1.7\ntaranmis\n";

/// The town hall with two registry officers of Yazı İşleri and a clerk of another unit.
fn office() -> Office {
    let mut office = Office::open(None);
    let writing = office.writing.clone();
    for login in ["zeynep", "osman"] {
        join(&mut office, login, Role::Registry, &writing);
    }
    office
}

fn fields<'a>(office: &'a Office, subject: &'a str) -> Vec<(&'a str, &'a str)> {
    vec![
        ("unit", office.writing.as_str()),
        ("kind", "letter"),
        ("sender", "Edirne Valiliği"),
        ("their_number", "E-63917224-155.05-1880"),
        ("their_date", "20.11.2026"),
        ("subject", subject),
    ]
}

/// Registers a scan; the path of its page.
async fn registered(office: &Office, seat: &Seat<'_>, subject: &str) -> String {
    let token = Some(seat.form_token.as_str());
    let fields = fields(office, subject);
    let files = [
        ("file", "tarama.pdf", PDF),
        ("file", "ek.txt", b"ek".as_slice()),
    ];
    let answer = seat.upload("/gelen/kayit", token, &fields, &files).await;
    answer.location()
}

/// The version that the page's forms carry.
fn version(page: &str) -> String {
    let after = page
        .split("name=\"version\" value=\"")
        .nth(1)
        .expect("a form");
    after.split('"').next().unwrap().to_owned()
}

/// The person as a line of the referral's form.
fn line_of(office: &Office, login: &str) -> String {
    format!("person:{}", office.people[login].user_id)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_scan_is_registered_read_and_downloaded() {
    let office = office();
    let zeynep = Seat::of(&office, "zeynep");
    let form = zeynep.page("/gelen/kayit").await;
    assert_eq!(form.status, StatusCode::OK);
    for label in [
        "Geldiği Yer/Kişi",
        "Evrak No",
        "Konusu",
        "Evrakın Yeri",
        "Barkod No",
    ] {
        assert!(form.body.contains(label), "{label}");
    }
    let path = registered(&office, &zeynep, "Kış tedbirleri").await;
    let page = zeynep.page(&path).await.body;
    for words in [
        "Kış tedbirleri",
        "2026/1",
        "Edirne Valiliği",
        "tarama.pdf",
        "ek.txt",
    ] {
        assert!(page.contains(words), "{words}");
    }
    assert!(page.contains(&format!("src=\"{path}/icerik\"")));
    let content = zeynep.page(&format!("{path}/icerik")).await;
    assert_eq!(content.headers[header::CONTENT_TYPE], "application/pdf");
    assert_eq!(content.body.as_bytes(), PDF);
    let link = format!("{path}/dosya/");
    let second = page.split(&link).nth(2).expect("two files");
    let file = second.split('"').next().unwrap();
    let file = zeynep.page(&format!("{link}{file}")).await;
    let disposition = file.headers[header::CONTENT_DISPOSITION].to_str().unwrap();
    assert!(disposition.starts_with("attachment"), "{disposition}");
    assert_eq!(file.body, "ek");
    assert!(zeynep.page("/gelen").await.body.contains("Kış tedbirleri"));
    let unread = zeynep.page("/gelen/okunamayan").await;
    assert_eq!(unread.status, StatusCode::OK);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_form_of_another_session_changes_nothing() {
    let office = office();
    let zeynep = Seat::of(&office, "zeynep");
    let fields = fields(&office, "Sahte kayıt");
    let files = [("file", "tarama.pdf", PDF)];
    let other = "0".repeat(zeynep.form_token.len());
    for token in [None, Some(other.as_str())] {
        let answer = zeynep.upload("/gelen/kayit", token, &fields, &files).await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN, "{}", answer.body);
    }
    assert!(!zeynep.page("/gelen").await.body.contains("Sahte kayıt"));
    let path = registered(&office, &zeynep, "Gerçek kayıt").await;
    let before = version(&zeynep.page(&path).await.body);
    let posts = [
        (
            "havale",
            vec![("version", before.as_str()), ("to", "person:x")],
        ),
        ("kapat", vec![("version", before.as_str()), ("reason", "x")]),
        (
            "sure",
            vec![("version", before.as_str()), ("period", "none")],
        ),
        ("yazi", vec![("kind", "answer")]),
    ];
    for (verb, fields) in posts {
        let answer = zeynep.plain_form(&format!("{path}/{verb}"), &fields).await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN, "{verb}");
    }
    assert_eq!(version(&zeynep.page(&path).await.body), before);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_ones_own_looks_like_what_is_not_there() {
    let office = office();
    let (zeynep, ismail) = (Seat::of(&office, "zeynep"), Seat::of(&office, "ismail"));
    let path = registered(&office, &zeynep, "Personel izinleri").await;
    let unknown = "/gelen/01234567-89ab-7def-8123-456789abcdef".to_owned();
    for path in [&path, &unknown] {
        for rest in ["", "/icerik", "/dosya/1"] {
            let answer = ismail.page(&format!("{path}{rest}")).await;
            assert_eq!(answer.status, StatusCode::NOT_FOUND, "{path}{rest}");
            assert!(!answer.body.contains("Personel izinleri"));
        }
        let posts = [
            ("havale", vec![("version", "1"), ("to", "person:x")]),
            ("kapat", vec![("version", "1"), ("reason", "x")]),
            ("sure", vec![("version", "1"), ("period", "none")]),
            ("yazi", vec![("kind", "answer")]),
        ];
        for (verb, fields) in posts {
            let answer = ismail.form(&format!("{path}/{verb}"), &fields).await;
            assert_eq!(answer.status, StatusCode::NOT_FOUND, "{path}/{verb}");
        }
    }
    assert!(
        !ismail
            .page("/gelen")
            .await
            .body
            .contains("Personel izinleri")
    );
    // A file belongs to its own line only.
    let other = registered(&office, &zeynep, "Başka evrak").await;
    let page = zeynep.page(&path).await.body;
    let link = format!("{path}/dosya/");
    let file = page.split(&link).nth(1).unwrap().split('"').next().unwrap();
    let foreign = zeynep.page(&format!("{other}/dosya/{file}")).await;
    assert_eq!(foreign.status, StatusCode::NOT_FOUND);
    // A unit in which one has no role takes nothing from one.
    let ismail_token = ismail.form_token.clone();
    let fields = fields(&office, "Yabancı birime");
    let refused = ismail
        .upload("/gelen/kayit", Some(&ismail_token), &fields, &[])
        .await;
    assert_ne!(refused.status, StatusCode::SEE_OTHER, "{}", refused.body);
    assert!(!zeynep.page("/gelen").await.body.contains("Yabancı birime"));
    // A raw message that is not there.
    let gone = zeynep.page("/gelen/okunamayan/x/ham").await;
    assert_eq!(gone.status, StatusCode::NOT_FOUND);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_officers_the_second_is_told_and_keeps_what_was_typed() {
    let office = office();
    let (zeynep, osman) = (Seat::of(&office, "zeynep"), Seat::of(&office, "osman"));
    let path = registered(&office, &zeynep, "Yol onarımı").await;
    let read = version(&osman.page(&path).await.body);
    let (ayse, can) = (line_of(&office, "ayse"), line_of(&office, "can"));
    let refer = format!("{path}/havale");
    let first = [
        ("version", read.as_str()),
        ("to", ayse.as_str()),
        ("note", "Hemen bakılsın."),
    ];
    zeynep.form(&refer, &first).await.location();
    let second = [
        ("version", read.as_str()),
        ("to", can.as_str()),
        ("note", "Yarın bakılsın."),
    ];
    let answer = osman.form(&refer, &second).await;
    assert_ne!(answer.status, StatusCode::SEE_OTHER);
    for words in [
        "siz açtıktan sonra işlem yapıldı",
        "Yarın bakılsın.",
        "Hemen bakılsın.",
    ] {
        assert!(answer.body.contains(words), "{words}");
    }
    // Read anew, his referral goes beside hers; nothing was applied twice.
    let now = version(&osman.page(&path).await.body);
    let again = [
        ("version", now.as_str()),
        ("to", can.as_str()),
        ("note", "Yarın bakılsın."),
    ];
    osman.form(&refer, &again).await.location();
    let page = osman.page(&path).await.body;
    assert_eq!(page.matches("Hemen bakılsın.").count(), 1);
    assert_eq!(page.matches("Yarın bakılsın.").count(), 1);
}

/// Who read the line when, as the log has it: (action, person).
fn readings(office: &Office, id: &str) -> Vec<(String, String)> {
    let id = id.to_owned();
    let entries = office
        .run("ayse", move |tx, _| {
            Ok(dys::audit::entries_of(tx, "incoming", &id)?)
        })
        .unwrap();
    let read = entries.into_iter().filter(|it| it.action.contains("read"));
    read.map(|it| (it.action, it.actor_id)).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_confidential_letter_leaves_a_trace_by_whichever_door_it_is_read() {
    let office = office();
    let zeynep = Seat::of(&office, "zeynep");
    let token = Some(zeynep.form_token.as_str());
    let files = [
        ("file", "tarama.pdf", PDF),
        ("file", "ek.txt", b"ek".as_slice()),
    ];
    let osman_id = office.people["osman"].user_id.clone();
    let entry = |action: &str| (action.to_owned(), osman_id.clone());
    for door in ["icerik", "dosya"] {
        let mut fields = fields(&office, "Disiplin soruşturması");
        fields.push(("confidentiality", "restricted"));
        let answer = zeynep.upload("/gelen/kayit", token, &fields, &files).await;
        let path = answer.location();
        let id = path.rsplit('/').next().unwrap().to_owned();
        assert_eq!(readings(&office, &id), []);
        let view = office.look("osman", &id);
        assert!(view.incoming.is_confidential());
        let door = match door {
            "dosya" => format!("{path}/dosya/{}", view.files[1].id),
            other => format!("{path}/{other}"),
        };
        // Straight to the bytes, past the page.
        let osman = Seat::of(&office, "osman");
        assert_eq!(osman.page(&door).await.status, StatusCode::OK);
        let expected = [entry("inbox.first_read"), entry("inbox.read")];
        assert_eq!(readings(&office, &id), expected, "{door}");
        // The rest of the sitting is the same reading, also by a program.
        osman.page(&path).await;
        osman.page(&door).await;
        let api = format!("/api/v1/incoming/{id}");
        assert_eq!(osman.get_by_program(&api).await.status, StatusCode::OK);
        assert_eq!(readings(&office, &id), expected, "{door}");
        // Another sitting is another one; what is refused is none.
        let now = office.app.now();
        office.clock.set(now + jiff::SignedDuration::from_mins(61));
        let osman = Seat::of(&office, "osman");
        osman.page(&door).await;
        assert_eq!(readings(&office, &id).len(), 3, "{door}");
        let ismail = Seat::of(&office, "ismail");
        assert_eq!(ismail.page(&door).await.status, StatusCode::NOT_FOUND);
        assert_eq!(readings(&office, &id).len(), 3, "{door}");
    }
}
