//! Answers that cannot be read, to every question that DYS asks after sending: cut, huge, not XML.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod office;

use std::collections::HashSet;

use dys::dispatch::machine::State;
use dys::dispatch::{Outgoing, tracking};
use dys::evidence::{Duty, Standing};
use dys::setting;
use dys::worklist::{Kind as Work, list as worklist};
use kephs::engine::{INBOX, MessageRef};
use kephs::misbehaviour::{Kind, NewRule};
use office::Office;

const HAVSA: &str = "havsa yazı";
const ENEZ: &str = "enez yazı";

fn standing(way: &tracking::Way) -> (Standing, Duty) {
    (
        Standing::from_code(&way.recipient.status),
        Duty::from_code(&way.recipient.duty),
    )
}

async fn tasks(office: &Office, kind: Work) -> usize {
    let list = office
        .app
        .read(&office.registry, move |tx, act| worklist::of(tx, act, kind))
        .await;
    list.unwrap().items.len()
}

async fn put(office: &Office, key: &'static str, value: &'static str) {
    office
        .app
        .store
        .write(move |tx| setting::put(tx, key, value))
        .await
        .unwrap();
}

fn read_by_recipient(office: &Office, message: &Outgoing) {
    let which = MessageRef {
        kep_id: message.provider_id.clone(),
        sira_no: None,
        folder: INBOX.into(),
    };
    let provider = office.provider.provider();
    provider.confirm(&message.address, &which).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn questions_whose_answers_cannot_be_read_are_asked_again_and_prove_nothing() {
    let spoilt = [
        NewRule::always(Kind::CutAnswer),
        NewRule::always(Kind::NotXml),
        // More than the client reads of any answer.
        NewRule::always(Kind::HugeAnswer).number(64),
    ];
    for test in office::engines().await {
        let office = Office::on(test).await;
        put(&office, setting::RESEND_ABSENT, "1").await;
        for listing in ["DizinSorgula", "PaketSorgula3"] {
            for rule in &spoilt {
                let case = format!("{listing} {:?}", rule.kind);
                let other = office.dispatched(&[ENEZ]).await;
                office.rounds(2, 10).await;
                let lost = NewRule::always(Kind::LoseAnswer).times(1);
                office.misbehave(lost.for_operation("Yukle"));
                let id = office.dispatched(&[HAVSA]).await;
                office.worker.submit_round().await.unwrap();
                office.misbehave(rule.clone().for_operation(listing));
                office.rounds(4, 60).await;
                let way = office.way(&other).await;
                assert_eq!(standing(&way), (Standing::Delivered, Duty::Wait), "{case}");
                let message = office.message(&id).await;
                assert_eq!(
                    (message.state, message.attempt),
                    (State::Unknown, 1),
                    "{case}"
                );
                assert_eq!(message.absence_listings, 0, "{case}");
                assert!(message.poll_error.is_some(), "{case}: it is told");
                assert_all_comes(&office, &[&id, &other], &case).await;
            }
        }
        for evidence in ["PaketDetayDelilSorgula", "PaketDelilIndir"] {
            for rule in &spoilt {
                let case = format!("{evidence} {:?}", rule.kind);
                let earlier = office.dispatched(&[ENEZ]).await;
                office.rounds(2, 10).await;
                office.misbehave(rule.clone().for_operation(evidence));
                let id = office.dispatched(&[HAVSA]).await;
                office.rounds(3, 60).await;
                let way = office.way(&earlier).await;
                assert_eq!(standing(&way), (Standing::Delivered, Duty::Wait), "{case}");
                let way = office.way(&id).await;
                assert_eq!(way.message.as_ref().unwrap().state, State::Sent, "{case}");
                assert_ne!(standing(&way).0, Standing::Delivered, "{case}");
                assert_eq!(standing(&way).1, Duty::Wait, "{case}: nobody need act");
                assert_all_comes(&office, &[&id, &earlier], &case).await;

                // One answer of several: what it was about waits, the rest goes on.
                office.misbehave(rule.clone().times(1).for_operation(evidence));
                let pair = [
                    office.dispatched(&[HAVSA]).await,
                    office.dispatched(&[ENEZ]).await,
                ];
                office.rounds(3, 10).await;
                let mut arrived = 0;
                for id in &pair {
                    let there = standing(&office.way(id).await).0 == Standing::Delivered;
                    arrived += usize::from(there);
                }
                assert!(arrived > 0, "{case}");
                assert_all_comes(&office, &[&pair[0], &pair[1]], &case).await;
            }
        }
        for kind in [Work::Unknown, Work::Failed, Work::Unclear, Work::Paper] {
            assert_eq!(tasks(&office, kind).await, 0, "{kind:?}");
        }
        office.audit_is_whole().await;
    }
}

/// Once the provider behaves, each of these is there once, delivered and read, with each evidence
/// once; what was read is asked after no more.
async fn assert_all_comes(office: &Office, ids: &[&String], case: &str) {
    office.provider.provider().behave_entirely().unwrap();
    office.rounds(6, 60).await;
    for id in ids {
        let way = office.way(id).await;
        let message = way.message.as_ref().unwrap();
        assert_eq!((message.state, message.attempt), (State::Sent, 1), "{case}");
        assert_eq!(office.times_received(message), 1, "{case}");
        assert_eq!(standing(&way), (Standing::Delivered, Duty::Wait), "{case}");
        let known: HashSet<&str> = way.evidence.iter().map(|it| it.fact.id.as_str()).collect();
        assert_eq!(
            known.len(),
            way.evidence.len(),
            "{case}: each evidence once"
        );
        let files = way.evidence.iter().all(|it| it.blob_hash.is_some());
        assert!(files, "{case}: no evidence file is missing");
        read_by_recipient(office, message);
    }
    office.rounds(3, 60).await;
    for id in ids {
        let way = office.way(id).await;
        assert_eq!(standing(&way), (Standing::Read, Duty::None), "{case}");
    }
}
