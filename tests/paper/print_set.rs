//! What comes out of the printer: letter, annexes, envelope.

use dys::dispatch::send;
use dys::document::attach::{self, New, Recognised};
use dys::paper::print::{self, Way};
use dys::paper::{self};
use dys::params;
use dys::store::testing::sqlite;

use super::office;
use super::*;

/// A PDF of one page that others made.
fn one_page() -> Vec<u8> {
    let point = letter::Piece::Png(POINT.to_vec());
    letter::print_set(vec![point], &letter::Fonts::default())
        .unwrap()
        .0
}

#[tokio::test(flavor = "multi_thread")]
async fn a_personal_letter_is_printed_with_a_trace_and_its_subject_stays_inside() {
    for store in office::engines().await {
        let office = Office::on(store).await;
        let (id, item) = sent_on_paper(&office, HAVSA).await;
        assert!(!item.subject.is_empty());
        let frozen = office.app.blobs.put(one_page()).await.unwrap();
        let letter = id.clone();
        office
            .app
            .write(&office.clerk, move |tx, _| {
                let sql = "UPDATE document SET frozen_hash = ?2, personal = 1, \
                     subject = 'Disiplin cezası' WHERE id = ?1";
                Ok(tx.execute(sql, params![&letter, &frozen])?)
            })
            .await
            .unwrap();
        let barcode = item.barcode.clone();
        let (scanned, found, told) = office
            .app
            .read(&office.registry, move |tx, act| {
                let found = paper::search(tx, act, None, "Disiplin", None)?.items;
                let told = paper::search(tx, act, None, &barcode, None)?.items;
                Ok((paper::scanned(tx, act, &barcode)?, found, told))
            })
            .await
            .unwrap();
        assert_eq!(scanned.subject, "");
        assert_eq!(found, [], "its words are no way to it either");
        assert_eq!(told.len(), 1);
        let readings = || async {
            let letter = id.clone();
            let entries = office
                .app
                .store
                .read(move |tx| dys::audit::entries_of(tx, "document", &letter))
                .await
                .unwrap();
            let read = entries.iter().filter(|it| it.action == "document.read");
            read.map(|it| it.actor_id.clone()).collect::<Vec<_>>()
        };
        assert!(readings().await.is_empty());
        print::pdf(&office.app, &office.registry, &item.id)
            .await
            .unwrap();
        print::content(&office.app, &office.registry, &item.id)
            .await
            .unwrap();
        assert_eq!(
            readings().await,
            std::slice::from_ref(&office.registry.user_id)
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn letter_and_annexes_are_one_print_and_the_rest_is_named() {
    let office = Office::on(sqlite()).await;
    let id = draft_on_paper(&office, HAVSA).await;
    addressed(&office, &id).await;
    let files = [
        ("rapor.pdf", "application/pdf", one_page()),
        ("bozuk.pdf", "application/pdf", b"%PDF-1.7\n".to_vec()),
        ("hesap.txt", "text/plain", b"1;2;3\n".to_vec()),
    ];
    for (name, media_type, bytes) in files {
        let size = bytes.len() as u64;
        let blob_hash = office.app.blobs.put(bytes).await.unwrap();
        let new = New::File {
            recognised: Recognised {
                file_name: name.to_owned(),
                media_type: media_type.to_owned(),
            },
            size,
            blob_hash,
            scan: dys::document::scan::Verdict::Unchecked,
        };
        let to = id.clone();
        office
            .app
            .write(&office.clerk, move |tx, act| attach::add(tx, act, &to, new))
            .await
            .unwrap();
    }
    let to = id.clone();
    office
        .app
        .write(&office.clerk, move |tx, act| {
            let title = "Kroki (A1)".to_owned();
            attach::add(tx, act, &to, New::Physical { title })
        })
        .await
        .unwrap();
    let (_, version) = office::sign(&office.app, &office.clerk, id.clone()).await;
    let frozen = office.app.blobs.put(one_page()).await.unwrap();
    let to = id.clone();
    office
        .app
        .write(&office.clerk, move |tx, _| {
            let sql = "UPDATE document SET frozen_hash = ?2 WHERE id = ?1";
            Ok(tx.execute(sql, dys::params![&to, &frozen])?)
        })
        .await
        .unwrap();
    send::send(&office.app, &office.clerk, &id, version)
        .await
        .unwrap();
    let item = office.way(&id).await.paper.expect("an envelope");

    let content = print::content(&office.app, &office.registry, &item.id)
        .await
        .unwrap();
    let told: Vec<(&str, &Way)> = content
        .annexes
        .iter()
        .map(|annex| (annex.attachment.title.as_str(), &annex.way))
        .collect();
    assert_eq!(
        told,
        [
            ("rapor.pdf", &Way::Printed(1)),
            ("bozuk.pdf", &Way::ByItself("PDF okunamadı ya da parolalı")),
            (
                "hesap.txt",
                &Way::ByItself("kendi programında açılıp yazdırılır")
            ),
            ("Kroki (A1)", &Way::AsItIs),
        ]
    );
    let (_, bytes) = print::pdf(&office.app, &office.registry, &item.id)
        .await
        .unwrap();
    assert_eq!(
        letter::pages_of(&bytes),
        Some(2),
        "the letter, then the report"
    );
}

/// A PNG of one grey point.
const POINT: &[u8] = &[
    0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0x00, 0x00, 0x00, 0x0d, 0x49, 0x48, 0x44, 0x52,
    0x00, 0x00, 0x00, 0x01, 0x00, 0x00, 0x00, 0x01, 0x08, 0x00, 0x00, 0x00, 0x00, 0x3a, 0x7e, 0x9b,
    0x55, 0x00, 0x00, 0x00, 0x0a, 0x49, 0x44, 0x41, 0x54, 0x78, 0x9c, 0x63, 0x68, 0x00, 0x00, 0x00,
    0x82, 0x00, 0x81, 0x77, 0xcd, 0x72, 0xb6, 0x00, 0x00, 0x00, 0x00, 0x49, 0x45, 0x4e, 0x44, 0xae,
    0x42, 0x60, 0x82,
];
