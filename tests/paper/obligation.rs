//! Never both ways to one recipient, unless a failure obliges it (decision 19).

use dys::access::Actor;
use dys::directory::import;
use dys::dispatch::send;
use dys::dispatch::tracking::{self, Criteria};
use dys::evidence::{Duty, Standing};
use dys::paper::{self, State};
use dys::store::testing::sqlite;
use dys::worklist::{Kind as Work, list as worklist};
use kephs::misbehaviour::{Kind, NewRule};

use super::office;
use super::*;
use axum::body::Body;
use axum::http::{Request, header};
use dys::access::{Act, token};
use dys::store::Tx;
use tower::ServiceExt as _;

#[tokio::test(flavor = "multi_thread")]
async fn never_both_ways_unless_a_failure_obliges_it() {
    for test in office::engines().await {
        let office = Office::on(test).await;
        let id = office.dispatched(&[HAVSA]).await;
        let recipient = office.way(&id).await.recipient.id;
        let prepare = async |actor: &Actor| {
            let recipient = recipient.clone();
            office
                .app
                .write(actor, move |tx, act| paper::prepare(tx, act, &recipient))
                .await
        };
        let early = prepare(&office.registry).await.unwrap_err();
        assert_eq!(early.code(), "kagit_gerekmez", "the outcome is awaited");

        let failed = NewRule::always(Kind::RelayFailed).times(1);
        office.misbehave(failed);
        office.rounds(4, 20).await;
        let way = office.way(&id).await;
        assert_eq!(Duty::from_code(&way.recipient.duty), Duty::Paper);
        let item = prepare(&office.registry).await.unwrap();
        assert!(
            item.reason
                .contains("ulaşmadı: 31 - Kephs'ye gönderilemedi."),
            "filled in from the failure: {}",
            item.reason
        );
        let hash = way_hash(&office, &id).await.unwrap();
        let frozen = office.app.blobs.get(&hash).await.unwrap();
        assert!(
            !String::from_utf8_lossy(&frozen).contains("ulaşmadı"),
            "why it went on paper never stands on the letter"
        );
        post(&office, &item.id, None).await.unwrap();
        let left = office
            .app
            .read(&office.registry, |tx, act| {
                worklist::of(tx, act, Work::Paper)
            })
            .await
            .unwrap();
        assert_eq!(left.items, []);
        // Nothing is owed any more, wherever one looks.
        let owed = async || {
            let way = office.way(&id).await;
            let about = id.clone();
            let line = office
                .app
                .read(&office.registry, move |tx, act| {
                    let page = tracking::search(tx, act, &tracking::Criteria::default())?;
                    Ok(page
                        .lines
                        .into_iter()
                        .find(|line| line.document_id == about))
                })
                .await
                .unwrap()
                .unwrap();
            (Duty::from_code(&way.recipient.open_duty), line.duty)
        };
        assert_eq!(owed().await, (Duty::None, Duty::None));
        office.audit_is_whole().await;
    }
}

async fn way_hash(office: &Office, id: &str) -> Option<dys::store::BlobHash> {
    let id = id.to_owned();
    office
        .app
        .read(&office.clerk, move |tx, act| {
            Ok(dys::document::draft::open(tx, act, &id)?.frozen_hash)
        })
        .await
        .unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_envelope_made_too_early_is_not_posted_when_the_letter_got_there_after_all() {
    let office = Office::on(sqlite()).await;
    office.misbehave(
        NewRule::always(Kind::Refuse)
            .times(1)
            .for_operation("Yukle"),
    );
    let id = office.dispatched(&[HAVSA]).await;
    office.worker.submit_round().await.unwrap();
    let way = office.way(&id).await;
    assert_eq!(Duty::from_code(&way.recipient.duty), Duty::Paper);
    let recipient = way.recipient.id.clone();
    let item = office
        .app
        .write(&office.registry, move |tx, act| {
            paper::prepare(tx, act, &recipient)
        })
        .await
        .unwrap();
    let message = way.message.unwrap().id;
    let again = message.clone();
    office
        .app
        .write(&office.registry, move |tx, act| {
            send::retry(tx, act, &again)
        })
        .await
        .unwrap();
    let late = post(&office, &item.id, Some("RR1TR")).await.unwrap_err();
    assert_eq!(late.code(), "kagit_gerekmez");

    // And the other way about: what was posted is not sent again electronically.
    office.misbehave(
        NewRule::always(Kind::Refuse)
            .times(1)
            .for_operation("Yukle"),
    );
    office.pass(10);
    office.worker.submit_round().await.unwrap();
    post(&office, &item.id, Some("RR1TR")).await.unwrap();
    let refused = office
        .app
        .write(&office.registry, move |tx, act| {
            send::retry(tx, act, &message)
        })
        .await
        .unwrap_err();
    assert_eq!(refused.code(), "kagitla_gonderildi");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failed_kep_opens_its_envelope_with_the_address_of_the_directory() {
    let office = Office::on(sqlite()).await;
    let unit = office.unit(HAVSA).await;
    let store = office.app.store.clone();
    let number = office
        .app
        .store
        .read(move |tx| dys::directory::by_id(tx, &dys::directory::UnitId::new(unit)))
        .await
        .unwrap()
        .unwrap();
    let above = number
        .parent_id
        .as_ref()
        .map_or("", |id| id.as_str())
        .to_owned();
    let file = format!(
        "detsis_no,ad,ust_detsis_no,kurum,kep_adresi,posta_adresi\n{},{},{},0,,\"Yeni Mah. \
         Cumhuriyet Cad. No: 1 22500 Havsa / EDİRNE\"\n",
        number.detsis_no, number.name, above
    );
    let again = file.clone();
    let (first, second) = tokio::task::spawn_blocking(move || {
        let import =
            |file: String| import::run(&store, file.as_bytes(), office::START, |_, _| {}).unwrap();
        (import(file), import(again))
    })
    .await
    .unwrap();
    assert_eq!(first.refused, []);
    assert_eq!(
        (second.updated, second.unchanged),
        (0, 1),
        "twice changes nothing"
    );

    let id = office.dispatched(&[HAVSA]).await;
    office.misbehave(NewRule::always(Kind::RelayFailed).times(1));
    office.rounds(4, 20).await;
    let recipient = office.way(&id).await.recipient.id;
    let item = office
        .app
        .write(&office.registry, move |tx, act| {
            paper::prepare(tx, act, &recipient)
        })
        .await
        .unwrap();
    assert_eq!(
        item.address,
        "Yeni Mah. Cumhuriyet Cad. No: 1\n22500 Havsa / EDİRNE"
    );
}

/// Decision 19: 40 beside 41 goes to a person, 61 asks for a call; but not once it was posted.
#[tokio::test(flavor = "multi_thread")]
async fn a_proof_that_comes_after_the_posting_is_shown_and_reopens_nothing() {
    for test in office::engines().await {
        let office = Office::on(test).await;
        office.misbehave(NewRule::always(Kind::Contradicted).times(1));
        office.misbehave(
            NewRule::always(Kind::EvidenceLate)
                .number(40)
                .seconds(3_600),
        );
        let id = office.dispatched(&[HAVSA]).await;
        office.rounds(4, 20).await;
        let way = office.way(&id).await;
        assert_eq!(standing(&way), (Standing::Failed, Duty::Paper), "41 alone");
        assert!(
            !way.delivery_status.contains("40 -"),
            "{}",
            way.delivery_status
        );
        let recipient = way.recipient.id.clone();
        let prepare = move |tx: &mut Tx<'_>, act: &Act<'_>| paper::prepare(tx, act, &recipient);
        let item = office.app.write(&office.registry, prepare).await.unwrap();
        post(&office, &item.id, Some("RR7TR")).await.unwrap();
        assert_owes_nothing(&office, &id).await;

        // The provider's proof that it lay in the mailbox all the while.
        come_to(&office, &id, Standing::Delivered).await;
        let way = office.way(&id).await;
        assert_eq!(standing(&way).1, Duty::Person, "40 beside 41");
        for entry in ["40 -", "41 -"] {
            assert!(
                way.delivery_status.contains(entry),
                "{}",
                way.delivery_status
            );
        }
        assert_owes_nothing(&office, &id).await;

        // And that it counts as read: nobody calls about what is in the post.
        come_to(&office, &id, Standing::DeemedRead).await;
        let way = office.way(&id).await;
        assert_eq!(standing(&way).1, Duty::Contact);
        assert!(
            way.delivery_status.contains("61 -"),
            "{}",
            way.delivery_status
        );
        assert_owes_nothing(&office, &id).await;

        office.read_by_recipient(&id).await;
        come_to(&office, &id, Standing::Read).await;
        assert_owes_nothing(&office, &id).await;
        let envelope = office.way(&id).await.paper.expect("the envelope stays");
        assert_eq!(envelope.state, State::Posted);
        office.audit_is_whole().await;
    }
}

fn standing(way: &tracking::Way) -> (Standing, Duty) {
    (
        Standing::from_code(&way.recipient.status),
        Duty::from_code(&way.recipient.duty),
    )
}

/// Lets time pass until the evidence says so.
async fn come_to(office: &Office, id: &str, expected: Standing) {
    for _ in 0..60 {
        office.pass(1_800);
        office.round().await;
        if Standing::from_code(&office.way(id).await.recipient.status) == expected {
            return;
        }
    }
    let way = office.way(id).await;
    panic!("{expected:?} never came: {}", way.delivery_status);
}

/// On the letter's page, in the tracking, in every list and over the API.
async fn assert_owes_nothing(office: &Office, id: &str) {
    let way = office.way(id).await;
    assert_eq!(Duty::from_code(&way.recipient.open_duty), Duty::None);
    let about = id.to_owned();
    let (line, token) = office
        .app
        .write(&office.registry, move |tx, act| {
            let page = tracking::search(tx, act, &Criteria::default())?;
            let line = page
                .lines
                .into_iter()
                .find(|line| line.document_id == about);
            Ok((line, token::issue(tx, act, "sınama")?))
        })
        .await
        .unwrap();
    let line = line.unwrap();
    let settled =
        (Duty::from_code(&way.recipient.duty) != Duty::None).then_some("Kâğıtla gönderildi");
    assert_eq!((line.duty, line.settled), (Duty::None, settled));
    for list in [Work::Paper, Work::Contact, Work::Unclear] {
        for person in [&office.clerk, &office.registry] {
            let read = move |tx: &mut Tx<'_>, act: &Act<'_>| worklist::of(tx, act, list);
            assert_eq!(office.app.read(person, read).await.unwrap().items, []);
        }
    }
    let (status, page) = office::page(office, "ayse", &format!("/evrak/{id}/posta")).await;
    assert_eq!(status, 200);
    assert!(page.contains("RR7TR"), "the posting is shown: {page}");
    for asked in ["Görüşme Kaydı</h3>", "Kâğıtla gönder</button>"] {
        assert!(!page.contains(asked), "{asked}: {page}");
    }
    for (path, list) in [
        (format!("/api/v1/letters/{id}/evidence"), "recipients"),
        ("/api/v1/outgoing".to_owned(), "outgoing"),
    ] {
        let request = Request::get(&path)
            .header(header::AUTHORIZATION, format!("Bearer {token}"))
            .body(Body::empty())
            .unwrap();
        let router = dys::web::router(office.app.clone());
        let answer = router.oneshot(request).await.unwrap();
        let bytes = axum::body::to_bytes(answer.into_body(), 1 << 20)
            .await
            .unwrap();
        let told: serde_json::Value = serde_json::from_slice(&bytes).unwrap();
        assert_eq!(told[list][0]["duty"], "none", "{path}: {told}");
    }
}
