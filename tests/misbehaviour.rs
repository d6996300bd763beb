//! A provider that misbehaves, and an item of our own that is broken: nothing goes twice, nothing is
//! lost, and nothing else stops.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod office;

use std::collections::HashSet;
use std::path::PathBuf;

use dys::access::Actor;
use dys::dispatch::account::{self, AccountSettings, Binding};
use dys::dispatch::machine::State;
use dys::dispatch::{Outgoing, send, tracking};
use dys::evidence::{Duty, Standing};
use dys::params;
use dys::setting;
use dys::store::BlobHash;
use dys::worklist::{Kind as Work, list as worklist};
use jiff::SignedDuration;
use kephs::engine::{INBOX, MessageRef, SENT};
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

/// Posta Durumu of a letter's one recipient: on its page and on the tracking screen.
async fn shown(office: &Office, id: &str) -> [String; 2] {
    let page = office
        .app
        .read(&office.registry, |tx, act| {
            tracking::search(tx, act, &tracking::Criteria::default())
        })
        .await
        .unwrap();
    let mut lines = page.lines.into_iter();
    let line = lines.find(|line| line.document_id == id).unwrap();
    [office.way(id).await.delivery_status, line.delivery_status]
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_answer_is_asked_after_and_nothing_goes_twice() {
    for test in office::engines().await {
        let office = Office::on(test).await;
        let cases = [
            NewRule::always(Kind::LoseAnswer),
            NewRule::always(Kind::CutAnswer),
            NewRule::always(Kind::NotXml),
            // More than the client reads of any answer.
            NewRule::always(Kind::HugeAnswer).number(64),
            NewRule::always(Kind::LateAnswer).seconds(3600),
            // Taken only after the client gave up.
            NewRule::always(Kind::LateAccept).seconds(20),
        ];
        for rule in cases {
            let kind = rule.kind;
            office.misbehave(rule.times(1).for_operation("Yukle"));
            let id = office.dispatched(&[HAVSA]).await;
            office.worker.submit_round().await.unwrap();
            let message = office.message(&id).await;
            assert_eq!(message.state, State::Unknown, "{kind:?}");
            // It may have arrived: it must not read as one that was not sent yet.
            let asked = "Gönderim sonucu bilinmiyor; sağlayıcıya soruluyor";
            assert_eq!(shown(&office, &id).await, [asked, asked], "{kind:?}");
            office.rounds(12, 10).await;
            let way = office.way(&id).await;
            let message = way.message.as_ref().unwrap();
            assert_eq!(message.state, State::Sent, "{kind:?}");
            assert_eq!(office.times_received(message), 1, "{kind:?}");
            assert_eq!(standing(&way).0, Standing::Delivered, "{kind:?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_that_is_listed_late_is_not_sent_again() {
    for test in office::engines().await {
        let office = Office::on(test).await;
        office.misbehave(
            NewRule::always(Kind::LoseAnswer)
                .times(1)
                .for_operation("Yukle"),
        );
        office.misbehave(NewRule::always(Kind::ListLate).seconds(25).times(1));
        let id = office.dispatched(&[HAVSA]).await;
        office.rounds(12, 10).await;
        let message = office.message(&id).await;
        assert_eq!((message.state, message.attempt), (State::Sent, 1));
        assert_eq!(office.times_received(&message), 1);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn surely_absent_is_sent_again_by_itself_or_by_a_person() {
    for test in office::engines().await {
        let office = Office::on(test).await;
        for automatic in [true, false] {
            let choice = if automatic { "1" } else { "0" };
            office
                .app
                .store
                .write(move |tx| setting::put(tx, setting::RESEND_ABSENT, choice))
                .await
                .unwrap();
            // The answer is lost, and the provider never gets round to taking it.
            let never = NewRule::always(Kind::LateAccept).seconds(10_000_000);
            office.misbehave(never.times(1).for_operation("Yukle"));
            let id = office.dispatched(&[HAVSA]).await;
            office.worker.submit_round().await.unwrap();
            assert_eq!(office.message(&id).await.state, State::Unknown);
            office.rounds(2, 5).await;
            assert_eq!(
                office.message(&id).await.state,
                State::Unknown,
                "too early to say"
            );
            office.rounds(8, 20).await;
            if !automatic {
                let message = office.message(&id).await;
                assert!(message.needs_person, "a person decides");
                let tasks = office
                    .app
                    .read(&office.registry, |tx, act| {
                        worklist::of(tx, act, Work::Unknown)
                    })
                    .await
                    .unwrap();
                assert_eq!(tasks.items.len(), 1);
                office
                    .app
                    .write(&office.registry, move |tx, act| {
                        send::decide(tx, act, &message.id, None)
                    })
                    .await
                    .unwrap();
                office.rounds(3, 10).await;
            }
            let message = office.message(&id).await;
            assert_eq!((message.state, message.attempt), (State::Sent, 2));
            assert_eq!(office.times_received(&message), 1);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_is_told_in_the_providers_words_and_may_be_tried_again() {
    for test in office::engines().await {
        let office = Office::on(test).await;
        let mut rule = NewRule::always(Kind::Refuse)
            .times(1)
            .for_operation("Yukle");
        rule.number = Some(77);
        rule.text = Some("Hesap kapatılmış".into());
        office.misbehave(rule);
        let id = office.dispatched(&[HAVSA]).await;
        office.round().await;
        let way = office.way(&id).await;
        let message = way.message.clone().unwrap();
        assert_eq!(message.state, State::Failed);
        assert!(message.failure_text.unwrap().contains("Hesap kapatılmış"));
        for line in shown(&office, &id).await {
            assert!(line.starts_with("KEP sağlayıcısı kabul etmedi: "), "{line}");
            assert!(line.contains("Hesap kapatılmış"), "{line}");
        }
        assert_eq!(standing(&way), (Standing::Failed, Duty::Paper));
        office
            .app
            .write(&office.registry, move |tx, act| {
                send::retry(tx, act, &message.id)
            })
            .await
            .unwrap();
        office.rounds(3, 10).await;
        let way = office.way(&id).await;
        assert_eq!(standing(&way), (Standing::Delivered, Duty::Wait));
        assert_eq!(office.times_received(way.message.as_ref().unwrap()), 1);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_login_that_ran_out_pauses_the_queue_as_a_task() {
    for test in office::engines().await {
        let office = Office::on(test).await;
        office.misbehave(NewRule::always(Kind::LoginExpired).times(1));
        let id = office.dispatched(&[HAVSA]).await;
        office.rounds(3, 10).await;
        let way = office.way(&id).await;
        assert_eq!(way.message.as_ref().unwrap().state, State::Waiting);
        assert!(way.paused.is_some());
        let tasks = office
            .app
            .read(&office.registry, |tx, act| {
                worklist::of(tx, act, Work::Paused)
            })
            .await
            .unwrap();
        let account = tasks.items[0].subject_id.clone();
        office.provider.provider().behave_entirely().unwrap();
        office
            .app
            .write(&office.registry, move |tx, act| {
                dys::dispatch::account::resume(tx, act, &account)
            })
            .await
            .unwrap();
        office.rounds(3, 10).await;
        let way = office.way(&id).await;
        assert_eq!(way.message.as_ref().unwrap().state, State::Sent);
        assert_eq!(office.times_received(way.message.as_ref().unwrap()), 1);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn odd_evidence_is_kept_and_shown_and_stops_nothing() {
    for test in office::engines().await {
        let office = Office::on(test).await;
        let mut unknown = NewRule::always(Kind::EvidenceUnknownCode).times(1);
        unknown.number = Some(95);
        let mut bad_time = NewRule::always(Kind::EvidenceBadTime).times(1);
        bad_time.text = Some("dün öğlen".into());
        let rules = [
            NewRule::always(Kind::EvidenceTwice).times(2),
            NewRule::always(Kind::EvidenceOutOfOrder)
                .seconds(40)
                .times(1),
            NewRule::always(Kind::EvidenceLate).seconds(40).times(1),
            unknown,
            bad_time,
        ];
        for rule in rules {
            let kind = rule.kind;
            office.misbehave(rule);
            let id = office.dispatched(&[HAVSA]).await;
            office.rounds(10, 15).await;
            let way = office.way(&id).await;
            assert!(!way.evidence.is_empty(), "{kind:?}");
            let clean = office.dispatched(&[ENEZ]).await;
            office.rounds(3, 10).await;
            assert_eq!(
                standing(&office.way(&clean).await).0,
                Standing::Delivered,
                "{kind:?}"
            );
            if kind == Kind::EvidenceUnknownCode {
                assert!(way.evidence.iter().any(|stored| stored.finding.is_some()));
            } else {
                // A time that the list spoils is taken from the evidence file.
                assert_eq!(standing(&way).0, Standing::Delivered, "{kind:?}");
                assert!(way.evidence.iter().all(|stored| stored.fact.at.is_some()));
            }
            office.provider.provider().behave_entirely().unwrap();
        }
    }
}

async fn kep_ids(office: &Office) -> Vec<String> {
    let provider = office.provider.provider();
    let sent = provider.list(office::ADDRESS, SENT, None, None).unwrap();
    sent.into_iter().map(|listed| listed.item.kep_id).collect()
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

async fn sql(office: &Office, statement: &'static str, value: &str) {
    let value = value.to_owned();
    office
        .app
        .store
        .write(move |tx| tx.execute(statement, params![&value]))
        .await
        .unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn one_call_that_the_provider_takes_twice_is_made_once() {
    for test in office::engines().await {
        let office = Office::on(test).await;
        for lost in [false, true] {
            office.misbehave(NewRule::always(Kind::AcceptTwice).times(1));
            if lost {
                let rule = NewRule::always(Kind::LoseAnswer).times(1);
                office.misbehave(rule.for_operation("Yukle"));
            }
            let id = office.dispatched(&[HAVSA]).await;
            office.rounds(8, 20).await;
            let way = office.way(&id).await;
            let message = way.message.as_ref().unwrap();
            assert_eq!((message.state, message.attempt), (State::Sent, 1));
            assert_eq!(office.times_received(message), 2, "its doing, not ours");
            assert_eq!(standing(&way), (Standing::Delivered, Duty::Wait));
            let ids: HashSet<&str> = way.evidence.iter().map(|it| it.fact.id.as_str()).collect();
            assert_eq!(ids.len(), way.evidence.len(), "each evidence once");
            if lost {
                let detail = way.attempts[0].detail.clone().unwrap();
                assert!(detail.contains("2 kez kabul etmiş"), "{detail}");
                for kep_id in kep_ids(&office).await.iter().rev().take(2) {
                    assert!(detail.contains(kep_id), "{detail}");
                }
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_that_names_the_message_without_its_id_goes_to_a_person() {
    for test in office::engines().await {
        let office = Office::on(test).await;
        put(&office, setting::RESEND_ABSENT, "1").await;
        office.misbehave(
            NewRule::always(Kind::LoseAnswer)
                .times(1)
                .for_operation("Yukle"),
        );
        office.misbehave(NewRule::always(Kind::ListWithoutKepId));
        let id = office.dispatched(&[HAVSA]).await;
        office.rounds(12, 60).await;
        let message = office.message(&id).await;
        assert_eq!((message.state, message.attempt), (State::Unknown, 1));
        assert!(message.needs_person);
        let told = message.poll_error.clone().unwrap();
        assert!(
            told.contains("“INBOX.Sent”") && told.contains("kepId"),
            "{told}"
        );
        assert_eq!(tasks(&office, Work::Unknown).await, 1);

        let kep_id = kep_ids(&office).await.remove(0);
        office
            .app
            .write(&office.registry, move |tx, act| {
                send::decide(tx, act, &message.id, Some(&kep_id))
            })
            .await
            .unwrap();
        office.rounds(2, 10).await;
        let way = office.way(&id).await;
        let message = way.message.as_ref().unwrap();
        assert_eq!(standing(&way), (Standing::Delivered, Duty::Wait));
        assert_eq!((message.poll_error.as_deref(), message.attempt), (None, 1));
        assert_eq!(office.times_received(message), 1);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_that_could_not_show_the_message_proves_nothing() {
    for test in office::engines().await {
        let office = Office::on(test).await;
        put(&office, setting::RESEND_ABSENT, "1").await;
        let earlier = office.dispatched(&[ENEZ]).await;
        office.rounds(2, 10).await;
        office.misbehave(NewRule::always(Kind::ListWithoutMessageId));
        // Once the provider has it, once it never takes it: the list says the same.
        for rule in [
            NewRule::always(Kind::LoseAnswer),
            NewRule::always(Kind::LateAccept).seconds(10_000_000),
        ] {
            let kind = rule.kind;
            office.misbehave(rule.times(1).for_operation("Yukle"));
            let id = office.dispatched(&[HAVSA]).await;
            office.rounds(2, 5).await;
            let message = office.message(&id).await;
            assert_eq!(message.state, State::Unknown, "{kind:?}");
            assert!(!message.needs_person, "{kind:?}: it may still come");
            office.rounds(12, 60).await;
            let message = office.message(&id).await;
            assert_eq!((message.state, message.attempt), (State::Unknown, 1));
            assert!(message.needs_person, "{kind:?}");
            assert_eq!(message.absence_listings, 0, "{kind:?}");
            let told = message.poll_error.unwrap();
            assert!(told.contains("OrgMesajId"), "{told}");
        }
        assert_eq!(tasks(&office, Work::Unknown).await, 2);
        let way = office.way(&earlier).await;
        assert_eq!(standing(&way).0, Standing::Delivered, "nothing else stops");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn evidence_of_a_clock_that_is_wrong_counts_with_the_time_that_it_tells() {
    for test in office::engines().await {
        let office = Office::on(test).await;
        for skew in [-7200, 7200] {
            office.misbehave(NewRule::always(Kind::ClockSkew).seconds(skew));
            let id = office.dispatched(&[HAVSA]).await;
            let handed_over = office.app.now();
            office.rounds(3, 10).await;
            let way = office.way(&id).await;
            assert_eq!(standing(&way), (Standing::Delivered, Duty::Wait), "{skew}");
            for stored in &way.evidence {
                let off = stored
                    .fact
                    .at
                    .unwrap()
                    .duration_since(handed_over)
                    .as_secs();
                assert!((off - skew).abs() < 60, "{skew}: {off}");
            }
            // The right clock reads it: a proof is a proof, whatever stands beside it.
            office.provider.provider().behave_entirely().unwrap();
            read_by_recipient(&office, way.message.as_ref().unwrap());
            office.rounds(4, 30).await;
            let way = office.way(&id).await;
            assert_eq!(standing(&way), (Standing::Read, Duty::None), "{skew}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn accepted_and_then_nothing_for_a_day_goes_to_a_person() {
    for test in office::engines().await {
        let hours = SignedDuration::from_hours;
        let office = Office::with(test, |provider| provider.delivery_delay = hours(30)).await;
        let id = office.dispatched(&[HAVSA]).await;
        office.rounds(3, 10).await;
        let way = office.way(&id).await;
        assert_eq!(standing(&way), (Standing::Accepted, Duty::Wait));
        office.rounds(2, 11 * 3600).await;
        assert_eq!(tasks(&office, Work::Unclear).await, 0);
        office.rounds(1, 3 * 3600).await;
        assert_eq!(tasks(&office, Work::Unclear).await, 1);
        assert_eq!(standing(&office.way(&id).await).0, Standing::Accepted);

        // What comes late takes it off the list again.
        office.rounds(4, 4 * 3600).await;
        let way = office.way(&id).await;
        assert_eq!(standing(&way), (Standing::Delivered, Duty::Wait));
        assert_eq!(tasks(&office, Work::Unclear).await, 0);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn in_the_mailbox_and_not_in_it_goes_to_a_person() {
    for test in office::engines().await {
        let office = Office::on(test).await;
        office.misbehave(NewRule::always(Kind::Contradicted).times(1));
        let id = office.dispatched(&[HAVSA]).await;
        office.rounds(3, 10).await;
        let way = office.way(&id).await;
        assert_eq!(standing(&way), (Standing::Delivered, Duty::Person));
        for line in ["40 - Alıcı kullanıcının", "41 - Alıcı kullanıcının"] {
            assert!(
                way.delivery_status.contains(line),
                "{}",
                way.delivery_status
            );
        }
        assert_eq!(tasks(&office, Work::Unclear).await, 1);
        assert_eq!(tasks(&office, Work::Paper).await, 0, "paper needs no hurry");
        read_by_recipient(&office, way.message.as_ref().unwrap());
        office.rounds(4, 30).await;
        let way = office.way(&id).await;
        assert_eq!(standing(&way), (Standing::Read, Duty::None));
        assert_eq!(tasks(&office, Work::Unclear).await, 0);
    }
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

fn blob_file(office: &Office, hash: &BlobHash) -> PathBuf {
    let (shelf, rest) = hash.as_str().split_at(2);
    office.app.config.data.join("blobs").join(shelf).join(rest)
}

#[tokio::test(flavor = "multi_thread")]
async fn messages_whose_bytes_are_damaged_hold_up_no_other() {
    for test in office::engines().await {
        let office = Office::on(test).await;
        let mut broken = Vec::new();
        for _ in 0..5 {
            let id = office.dispatched(&[HAVSA]).await;
            let file = blob_file(&office, &office.message(&id).await.blob_hash);
            let bytes = std::fs::read(&file).unwrap();
            std::fs::write(&file, "bozuk").unwrap();
            broken.push((id, file, bytes));
        }
        let whole = office.dispatched(&[ENEZ]).await;
        let mut handled = Vec::new();
        for _ in 0..3 {
            handled.push(office.worker.submit_round().await.unwrap());
        }
        assert_eq!(handled, [4, 2, 0], "and then the worker pauses");
        assert_eq!(office.message(&whole).await.state, State::Sent);
        for (id, _, _) in &broken {
            let way = office.way(id).await;
            let message = way.message.unwrap();
            assert_eq!((message.state, message.attempt), (State::Waiting, 1));
            assert!(way.next.unwrap().1 > office.app.now(), "a time to come");
            let why = way.attempts[0].detail.clone().unwrap();
            assert!(why.contains("baytları okunamıyor"), "{why}");
        }

        // Half an hour later somebody hears of it.
        assert_eq!(tasks(&office, Work::Failed).await, 0);
        for pause in [6, 31, 121, 301, 901] {
            office.pass(pause);
            office.worker.submit_round().await.unwrap();
            office.worker.submit_round().await.unwrap();
        }
        assert_eq!(tasks(&office, Work::Failed).await, 5);
        for (_, file, bytes) in &broken {
            std::fs::write(file, bytes).unwrap();
        }
        office.pass(3600);
        office.rounds(3, 10).await;
        for (id, _, _) in &broken {
            let message = office.message(id).await;
            assert_eq!(message.state, State::Sent);
            assert_eq!(office.times_received(&message), 1);
        }
        assert_eq!(tasks(&office, Work::Failed).await, 0);
    }
}

/// Binds an account that the next letters go by.
async fn bind_another(office: &Office) {
    let address = "ayrikutu@hs99.kep.example";
    let provider = office.provider.provider();
    let mut new = office::provider_config(&office.app.config.data)
        .accounts
        .remove(0);
    new.address = address.into();
    provider.put_account(&new).unwrap();
    let binding = Binding {
        unit_id: office.clerk.home_unit().unwrap().to_owned(),
        address: address.to_owned(),
        endpoint: office.provider.endpoint(),
        national_id: "10000000146".to_owned(),
        password: "parola".to_owned(),
        passphrase: "sifre".to_owned(),
        settings: AccountSettings {
            evidence_roots: vec![provider.root_pem().to_owned()],
            ..AccountSettings::default()
        },
    };
    account::bind(&office.app, &Actor::system(), binding)
        .await
        .unwrap();
}

async fn resume(office: &Office) {
    let open = "UPDATE kep_account SET paused_at = NULL, paused_reason = NULL WHERE address = ?1";
    sql(office, open, office::ADDRESS).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_whose_secret_cannot_be_read_holds_up_no_other() {
    for test in office::engines().await {
        let office = Office::on(test).await;
        let sent = office.dispatched(&[HAVSA]).await;
        office.worker.submit_round().await.unwrap();
        let lose = NewRule::always(Kind::LoseAnswer).times(1);
        office.misbehave(lose.for_operation("Yukle"));
        let unknown = office.dispatched(&[HAVSA]).await;
        office.worker.submit_round().await.unwrap();
        let mut waiting = Vec::new();
        for _ in 0..5 {
            waiting.push(office.dispatched(&[HAVSA]).await);
        }
        let spoil = "UPDATE kep_account SET password = 'bozuk' WHERE address = ?1";
        sql(&office, spoil, office::ADDRESS).await;
        bind_another(&office).await;
        let other = office.dispatched(&[ENEZ]).await;

        let words = "saklanan parolası açılamıyor";
        let told = async |id: &str| office.message(id).await.poll_error.unwrap_or_default();
        office.worker.poll_round().await.unwrap();
        assert!(told(&sent).await.contains(words), "{}", told(&sent).await);
        resume(&office).await;
        office.worker.look_up_round().await.unwrap();
        assert!(told(&unknown).await.contains(words));
        resume(&office).await;
        for _ in 0..2 {
            office.worker.submit_round().await.unwrap();
        }
        assert_eq!(office.message(&other).await.state, State::Sent);
        office.rounds(3, 10).await;
        let way = office.way(&other).await;
        assert_eq!(standing(&way), (Standing::Delivered, Duty::Wait));
        for id in &waiting {
            let way = office.way(id).await;
            assert_eq!(way.message.unwrap().state, State::Waiting);
            assert!(way.paused.unwrap().contains(words));
        }
        assert_eq!(tasks(&office, Work::Paused).await, 1, "one task, not five");

        office::bind(&office.app, &office.clerk, office.provider.endpoint()).await;
        resume(&office).await;
        office.pass(60);
        office.rounds(6, 30).await;
        for id in waiting.iter().chain([&sent, &unknown]) {
            let way = office.way(id).await;
            assert_eq!(standing(&way).0, Standing::Delivered);
            assert_eq!(office.times_received(way.message.as_ref().unwrap()), 1);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_evidence_whose_kept_file_is_damaged_stops_no_other() {
    for test in office::engines().await {
        let office = Office::on(test).await;
        let id = office.dispatched(&[HAVSA]).await;
        office.with_services().await;
        office.rounds(3, 10).await;
        let way = office.way(&id).await;
        let accepted = way.evidence.iter().find(|it| it.fact.code == Some(10));
        let accepted = accepted.unwrap().clone();
        // As it was kept before files were checked.
        let unchecked = "DELETE FROM evidence_check WHERE evidence_id = ?1";
        sql(&office, unchecked, &accepted.fact.id).await;
        let file = blob_file(&office, &accepted.blob_hash.unwrap());
        let bytes = std::fs::read(&file).unwrap();
        std::fs::remove_file(&file).unwrap();

        read_by_recipient(&office, way.message.as_ref().unwrap());
        office.rounds(4, 30).await;
        let way = office.way(&id).await;
        assert_eq!(standing(&way), (Standing::Read, Duty::None));
        let message = way.message.unwrap();
        let told = message.poll_error.unwrap();
        assert!(told.contains("delil dosyası okunamıyor"), "{told}");
        assert!(message.poll_at.is_some(), "it is not finished");

        std::fs::write(&file, bytes).unwrap();
        office.rounds(4, 120).await;
        let message = office.message(&id).await;
        assert_eq!((message.poll_error, message.poll_at), (None, None));
    }
}

/// Time goes on by ten minutes whenever somebody looks: a worker that stands still between steps.
struct Slow(std::sync::Mutex<jiff::Timestamp>);

impl dys::clock::Clock for Slow {
    fn now(&self) -> jiff::Timestamp {
        let mut now = self.0.lock().unwrap();
        *now += jiff::SignedDuration::from_mins(10);
        *now
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_that_stood_still_since_its_claim_does_not_call() {
    for test in office::engines().await {
        let office = Office::on(test).await;
        let id = office.dispatched(&[HAVSA]).await;
        let mut app = office.app.clone();
        app.clock = std::sync::Arc::new(Slow(std::sync::Mutex::new(office.app.now())));
        dys::dispatch::Worker::new(app)
            .submit_round()
            .await
            .unwrap();
        let message = office.message(&id).await;
        assert_eq!(office.times_received(&message), 0, "no call was made");
        assert_eq!(message.state, State::Waiting);
        office.pass(24 * 3600);
        office.rounds(6, 60).await;
        let message = office.message(&id).await;
        assert_eq!(message.state, State::Sent);
        assert_eq!(office.times_received(&message), 1);
    }
}
