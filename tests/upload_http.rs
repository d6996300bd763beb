//! Every door through which a file comes in asks the virus scanner, with and without one.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod clamd;
mod seat;
mod townhall;

use axum::http::StatusCode;
use dys::setting;
use seat::Seat;
use townhall::Office;

const FOUND: &str = "Zararlı yazılım bulunmadı";
const UNANSWERED: &str = "tarayıcı yanıt vermedi";

/// The file that every scanner must find, in two pieces so that this text itself is not found.
fn eicar() -> Vec<u8> {
    [
        "X5O!P%@AP[4\\PZX54(P^)7CC)7}$EICAR-",
        "STANDARD-ANTIVIRUS-TEST-FILE!$H+H*",
    ]
    .concat()
    .into_bytes()
}

async fn scan_at(office: &Office, address: &str) {
    let address = address.to_owned();
    office
        .app
        .store
        .write(move |tx| setting::put(tx, setting::CLAMD.key, &address))
        .await
        .unwrap();
}

/// Fields of the registry's form.
fn paper<'a>(office: &'a Office, subject: &'a str) -> Vec<(&'a str, &'a str)> {
    vec![
        ("unit", office.writing.as_str()),
        ("kind", "letter"),
        ("sender", "Edirne Valiliği"),
        ("subject", subject),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn the_virus_test_file_is_refused_at_every_door_without_a_scanner() {
    let office = Office::open(None);
    let ayse = Seat::of(&office, "ayse");
    let id = office.letter(&[("signature", "ali")]);
    let token = Some(ayse.form_token.as_str());
    let (door, file) = (format!("/evrak/{id}/ekler"), eicar());
    let files = [("file", "not.txt", file.as_slice())];

    let refused = ayse.upload(&door, token, &[], &files).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(refused.body.contains("zararlı yazılım içeriyor"));
    let api = format!("/api/v1/letters/{id}");
    let refused = ayse
        .upload_by_program(&format!("{api}/attachments"), "not.txt", &file)
        .await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(refused.json()["error"]["code"], "dosya_zararli");
    let letter = ayse.get_by_program(&api).await.json();
    assert_eq!(letter["attachments"], serde_json::json!([]));

    let fields = paper(&office, "Virüslü tarama");
    let refused = ayse.upload("/gelen/kayit", token, &fields, &files).await;
    assert!(
        refused.body.contains("zararlı yazılım içeriyor"),
        "{}",
        refused.body
    );
    assert!(
        refused.body.contains("Virüslü tarama"),
        "what was typed stays"
    );
    assert!(!ayse.page("/gelen").await.body.contains("Virüslü tarama"));

    // An ordinary file is taken without a word: there is no scanner to speak of.
    let files = [("file", "not.txt", b"olculer".as_slice())];
    ayse.upload(&door, token, &[], &files).await.location();
    let page = ayse.page(&format!("/evrak/{id}")).await.body;
    assert!(page.contains("not.txt") && !page.contains("Zararlı yazılım"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_scanner_is_asked_and_one_that_does_not_answer_loses_no_upload() {
    let office = Office::open(None);
    let ayse = Seat::of(&office, "ayse");
    let token = Some(ayse.form_token.as_str());
    let scanner = clamd::start().await;
    let nobody = clamd::nobody().await;
    let bad = b"%PDF-1.7 ZARARLI".as_slice();
    let big = vec![b'a'; 300_000];
    let cases: [(&str, &str, &[u8], Option<&str>); 4] = [
        (&scanner, "temiz.pdf", b"%PDF-1.7 temiz", Some(FOUND)),
        (&scanner, "zararli.pdf", bad, None),
        (&scanner, "buyuk.txt", &big, Some(UNANSWERED)),
        (&nobody, "yalniz.pdf", b"%PDF-1.7 yalniz", Some(UNANSWERED)),
    ];
    for (address, name, bytes, verdict) in cases {
        scan_at(&office, address).await;
        let files = [("file", name, bytes)];

        // As an attachment of a letter, on the screen and by the API.
        let id = office.letter(&[("signature", "ali")]);
        let door = format!("/evrak/{id}/ekler");
        let answer = ayse.upload(&door, token, &[], &files).await;
        let page = ayse.page(&format!("/evrak/{id}")).await.body;
        let api = format!("/api/v1/letters/{id}/attachments");
        let by_program = ayse.upload_by_program(&api, name, bytes).await;
        match verdict {
            Some(words) => {
                answer.location();
                assert!(page.contains(name) && page.contains(words), "{name}");
                assert_eq!(
                    by_program.status,
                    StatusCode::CREATED,
                    "{}",
                    by_program.body
                );
                let scan = &by_program.json()["attachment"]["scan"];
                let expected = if words == FOUND {
                    "clean"
                } else {
                    "unanswered"
                };
                assert_eq!(scan, expected, "{name}");
            }
            None => {
                assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
                assert!(!page.contains(name), "{name}");
                assert_eq!(by_program.json()["error"]["code"], "dosya_zararli");
            }
        }

        // As a scan in the registry.
        let subject = format!("Tarama {name}");
        let fields = paper(&office, &subject);
        let answer = ayse.upload("/gelen/kayit", token, &fields, &files).await;
        match verdict {
            Some(words) => {
                let page = ayse.page(&answer.location()).await.body;
                assert!(page.contains(name) && page.contains(words), "{name}");
            }
            None => assert!(answer.body.contains("zararlı yazılım içeriyor")),
        }
    }
}
