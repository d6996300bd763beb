//! Notices (tebligat) for 15-digit addresses: taken, read, served at the end of the fifth day, listed.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod common;

use common::*;
use jiff::SignedDuration;
use kep::client::{NoticeLabel, PttClient, PttSettings};
use kep::evidence::EvidenceKind;

const PERSON: &str = "358469648738597@uets.hs99.kep.example";

fn client(endpoint: &str) -> PttClient {
    PttClient::new(PttSettings::new("prova", endpoint, account(SENDER))).unwrap()
}

fn label(barcode: &str) -> NoticeLabel {
    NoticeLabel {
        unit_id: "B-1".into(),
        unit_name: "Yazı İşleri Müdürlüğü".into(),
        barcode: barcode.into(),
        with_return: true,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_notice_is_served_at_the_end_of_the_fifth_day_whether_read_or_not() {
    let folder = tempfile::tempdir().unwrap();
    let running = kephs::start(config(folder.path())).await.unwrap();
    let client = client(&running.endpoint());
    let sent = client
        .send_notice(message("t-1", &[PERSON]).into(), &label("DYS1"))
        .await
        .unwrap();
    assert_eq!(
        sent.return_barcodes,
        [(PERSON.to_owned(), "D-DYS1".to_owned())]
    );
    let kep_id = sent.kep_id.unwrap();
    let kinds = async || {
        client
            .evidence(&kep::client::MessageRef::new(&kep_id, Some("INBOX.Sent")))
            .await
            .unwrap()
            .into_iter()
            .map(|it| (it.kind, it.findings.len()))
            .collect::<Vec<_>>()
    };
    running.provider().tick().unwrap();
    assert_eq!(
        kinds().await,
        [(EvidenceKind::Accepted, 0), (EvidenceKind::Delivered, 0)]
    );
    running.provider().confirm(PERSON, &inbox(&kep_id)).unwrap();
    // 24.11.2026 09.00; the fifth day is the 29th and ends as the 30th begins.
    running
        .provider()
        .advance(SignedDuration::from_hours(5 * 24 + 14))
        .unwrap();
    assert_eq!(kinds().await.len(), 3, "read, not served yet");
    running
        .provider()
        .advance(SignedDuration::from_hours(1))
        .unwrap();
    let all = kinds().await;
    assert_eq!(
        all[2..],
        [(EvidenceKind::Read, 0), (EvidenceKind::Served, 0)]
    );
    let served = evidence(running.provider(), &kep_id)
        .into_iter()
        .find(|it| it.evidence.event == "served")
        .unwrap();
    assert_eq!(
        kephs::clock::for_people(served.evidence.event_at),
        "30.11.2026 00:00:00"
    );
    let file = client
        .evidence_file(&served.evidence.delil_id)
        .await
        .unwrap();
    let row = client
        .evidence(&kep::client::MessageRef::new(&kep_id, None))
        .await
        .unwrap()
        .remove(3)
        .with_file(file, &client.settings().recognition);
    assert_eq!((row.kind, row.findings.len()), (EvidenceKind::Served, 0));
    running.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn lists_are_kept_and_a_wrong_address_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let mut running = kephs::start(config(folder.path())).await.unwrap();
    let refused = client(&running.endpoint())
        .send_notice(message("t-0", &[READER]).into(), &label("DYS0"))
        .await
        .unwrap_err();
    assert!(refused.sentence().contains("15 rakam"), "{refused:?}");
    for (id, barcode) in [("t-1", "DYS1"), ("t-2", "DYS2")] {
        client(&running.endpoint())
            .send_notice(message(id, &[PERSON]).into(), &label(barcode))
            .await
            .unwrap();
    }
    let list = client(&running.endpoint())
        .make_handover_list("B-1")
        .await
        .unwrap();
    assert_eq!(list.barcodes, ["DYS1", "DYS2"]);
    assert!(
        client(&running.endpoint())
            .make_handover_list("B-1")
            .await
            .is_err(),
        "nothing is left to list"
    );
    running.stop().await.unwrap();
    running = kephs::start(config(folder.path())).await.unwrap();
    let client = client(&running.endpoint());
    client.delete_handover_list(&list.number).await.unwrap();
    assert!(client.delete_handover_list(&list.number).await.is_err());
    let again = client.make_handover_list("B-1").await.unwrap();
    assert_eq!(again.barcodes, ["DYS1", "DYS2"]);
    running.stop().await.unwrap();
}
