//! A letter on its way: sent, stopped, lost, refused, proved, against a provider that misbehaves.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod office;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use axum::http::StatusCode;
use dys::dispatch::account::AccountSettings;
use dys::dispatch::lookup::{self, Lookup};
use dys::dispatch::machine::State;
use dys::dispatch::tracking::{self, Criteria};
use dys::dispatch::{Worker, send};
use dys::distribution::{list, preflight};
use dys::document::attach;
use dys::document::scan::Verdict;
use dys::evidence::{Duty, Standing};
use dys::params;
use dys::setting;
use dys::store::testing::sqlite;
use dys::worklist::{Kind as Work, contact, list as worklist, posting};
use jiff::SignedDuration;
use kephs::engine::{INBOX, MessageRef};
use kephs::misbehaviour::{Kind, NewRule};
use office::Office;

const HAVSA: &str = "havsa yazı";
const HAVSA_FEN: &str = "havsa fen";
const ENEZ: &str = "enez yazı";

fn standing(way: &tracking::Way) -> (Standing, Duty) {
    (
        Standing::from_code(&way.recipient.status),
        Duty::from_code(&way.recipient.duty),
    )
}

/// The e-Yazışma package that a message carries.
fn package_in(message: &kep::message::ReadMessage) -> eyazisma::Package {
    let file = message.files().next().expect("a package");
    let limits = eyazisma::Limits::default();
    eyazisma::Package::read(std::io::Cursor::new(&file.bytes), &limits).unwrap()
}

/// How often somebody's reading of the letter stands in the log.
async fn readings(office: &Office, id: &str) -> usize {
    let id = id.to_owned();
    let log = office
        .app
        .read(&office.clerk, move |tx, _| {
            Ok(dys::audit::entries_of(tx, "document", &id)?)
        })
        .await
        .unwrap();
    let reads = log.iter().filter(|entry| entry.action == "document.read");
    reads.count()
}

fn read_by_recipient(office: &Office, message: &dys::dispatch::Outgoing) {
    let which = MessageRef {
        kep_id: message.provider_id.clone(),
        sira_no: None,
        folder: INBOX.into(),
    };
    office
        .provider
        .provider()
        .confirm(&message.address, &which)
        .unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_letter_goes_from_evraki_gonder_to_read() {
    for test in office::engines().await {
        let office = Office::on(test).await;
        let (id, version) = office.signed(&[HAVSA]).await;
        let before = office.way(&id).await;
        assert_eq!(before.delivery_status, "KEP Dağıtımı Bekliyor");

        let sent = send::send(&office.app, &office.clerk, &id, version)
            .await
            .unwrap();
        assert_eq!(sent.message_ids.len(), 1);
        office.round().await;
        let held = office.message(&id).await;
        assert_eq!(held.state, State::Held, "nothing leaves within the hold");
        assert_eq!(office.times_received(&held), 0);

        office.pass(61);
        office.worker.submit_round().await.unwrap();
        let way = office.way(&id).await;
        assert_eq!(way.message.as_ref().unwrap().state, State::Sent);
        assert!(
            way.delivery_status.starts_with("KEP Gönderimi (")
                && way.delivery_status.ends_with(") Tarihinde Yapılmış"),
            "{}",
            way.delivery_status
        );
        office.rounds(3, 10).await;
        let way = office.way(&id).await;
        assert_eq!(standing(&way), (Standing::Delivered, Duty::Wait));
        assert!(way.expected_read_at.is_some(), "shown as an expectation");
        assert!(way.evidence.iter().all(|stored| stored.blob_hash.is_some()));
        assert_eq!(office.times_received(&held), 1);

        read_by_recipient(&office, way.message.as_ref().unwrap());
        office.rounds(4, 30).await;
        let way = office.way(&id).await;
        assert_eq!(standing(&way), (Standing::Read, Duty::None));
        assert!(
            way.delivery_status
                .starts_with("60 - Alıcı kullanıcı tarafından okundu. ("),
            "{}",
            way.delivery_status
        );
        assert!(
            way.delivery_status
                .contains(" / 40 - Alıcı kullanıcının mesaj kutusuna bırakıldı. (")
        );
        assert_eq!(
            way.message.unwrap().poll_at,
            None,
            "what is finished is not asked for"
        );
        office.audit_is_whole().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_message_carries_the_sealed_package_even_if_nobody_finished_it_before() {
    let office = Office::on(sqlite()).await;
    // Signed, and the process died before the package was made.
    let (id, version) = office.signed(&[HAVSA]).await;
    send::send(&office.app, &office.clerk, &id, version)
        .await
        .unwrap();
    let message = office.message(&id).await;
    let bytes = office.app.blobs.get(&message.blob_hash).await.unwrap();
    let read = kep::message::ReadMessage::read(&bytes).unwrap();
    let guid = id.to_uppercase();
    assert_eq!(read.header("X-TR-REM-iletiTip"), Some("eYazisma"));
    assert_eq!(read.header("X-TR-REM-iletiID"), Some(guid.as_str()));
    let files: Vec<_> = read.files().collect();
    assert_eq!(files.len(), 1, "the letter and its attachments are inside");
    assert_eq!(
        files[0].name.as_deref(),
        Some(format!("{guid}.eyp").as_str())
    );
    let package = package_in(&read);
    assert!(package.signature.is_some() && package.seal.is_some());
    let kept = dys::package::whole(&office.app, &id).await.unwrap();
    assert_eq!(files[0].bytes, kept.bytes, "made once, nothing left out");
}

#[tokio::test(flavor = "multi_thread")]
async fn units_of_one_address_share_a_message_and_a_held_one_can_be_stopped() {
    for test in office::engines().await {
        let office = Office::on(test).await;
        let (id, version) = office.signed(&[HAVSA, HAVSA_FEN, ENEZ]).await;
        let sent = send::send(&office.app, &office.clerk, &id, version)
            .await
            .unwrap();
        assert_eq!(sent.message_ids.len(), 2);
        let again = send::send(&office.app, &office.clerk, &id, version).await;
        assert_eq!(again.unwrap_err().code(), "imzali_degil");

        let letter = id.clone();
        office
            .app
            .write(&office.clerk, move |tx, act| send::stop(tx, act, &letter))
            .await
            .unwrap();
        office.pass(120);
        office.rounds(2, 5).await;
        let way = office.way(&id).await;
        assert!(way.message.is_none());
        let stale = send::send(&office.app, &office.clerk, &id, version).await;
        assert_eq!(stale.unwrap_err().code(), "surum_eski");

        let now = office
            .app
            .read(&office.clerk, {
                let id = id.clone();
                move |tx, act| dys::document::draft::open(tx, act, &id)
            })
            .await
            .unwrap();
        send::send(&office.app, &office.clerk, &id, now.version)
            .await
            .unwrap();
        office.pass(61);
        let letter = id.clone();
        let late = office
            .app
            .write(&office.clerk, move |tx, act| send::stop(tx, act, &letter))
            .await;
        assert_eq!(late.unwrap_err().code(), "durdurulamaz");
        office.rounds(3, 10).await;
        let ways = office.ways(&id).await;
        assert_eq!(ways[0].recipient.message_id, ways[1].recipient.message_id);
        for way in &ways {
            assert_eq!(standing(way), (Standing::Delivered, Duty::Wait));
            assert_eq!(office.times_received(way.message.as_ref().unwrap()), 1);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_attachment_left_out_for_one_recipient_reaches_the_others_only() {
    for test in office::engines().await {
        let office = Office::on(test).await;
        let id = office.draft(&[HAVSA, HAVSA_FEN]).await;
        let hash = office.app.blobs.put("%PDF-1.7 plan").await.unwrap();
        let letter = id.clone();
        office
            .app
            .write(&office.clerk, move |tx, act| {
                let recognised = attach::recognise("plan.pdf", b"%PDF-1.7 plan")?;
                let new = attach::New::File {
                    recognised,
                    size: 13,
                    blob_hash: hash,
                    scan: Verdict::Unchecked,
                };
                let plan = attach::add(tx, act, &letter, new)?;
                attach::update(tx, act, &letter, &plan.id, &plan.title, true)?;
                let lines = list::list(tx, act, &letter)?;
                list::leave_out(tx, act, &letter, &lines[1].id, &[plan.id])?;
                let findings = preflight::preflight(tx, &letter)?;
                let said = findings.iter().map(|finding| finding.sentence.as_str());
                assert!(
                    said.clone().any(|words| words.contains("ayrı iletiler")),
                    "{:?}",
                    said.collect::<Vec<_>>()
                );
                Ok(())
            })
            .await
            .unwrap();
        let (id, version) = office::sign(&office.app, &office.clerk, id).await;
        // Each recipient's package by its link; what is Hizmete Özel leaves a trace.
        office::stranger(&office, "yabanci").await;
        let lines = office.ways(&id).await.into_iter().map(|way| way.recipient);
        let mut links = Vec::new();
        for line in lines {
            links.push(format!("/evrak/{id}/paket?alici={}", line.id));
        }
        let mut packages = Vec::new();
        for link in &links {
            assert_eq!(
                readings(&office, &id).await,
                usize::from(!packages.is_empty())
            );
            let (status, bytes) = office::file(&office, "ayse", link).await;
            assert_eq!(status, StatusCode::OK);
            packages.push(bytes);
            let (status, _) = office::file(&office, "yabanci", link).await;
            assert_eq!(status, StatusCode::NOT_FOUND, "a stranger's");
        }
        let nobodys = format!("/evrak/{id}/paket?alici=yok");
        let (status, _) = office::file(&office, "ayse", &nobodys).await;
        assert_eq!(status, StatusCode::NOT_FOUND, "nobody's line");
        let (_, page) = office::page(&office, "ayse", &format!("/evrak/{id}/gonder")).await;
        assert_eq!(
            page.matches("Bu alıcıya gönderilmeyecek: plan").count(),
            1,
            "the confirmation names what one does not get"
        );
        let sent = send::send(&office.app, &office.clerk, &id, version).await;
        assert_eq!(sent.unwrap().message_ids.len(), 2, "one address, two sets");
        let mut names = Vec::new();
        for way in office.ways(&id).await {
            let message = way.message.expect("a message");
            let bytes = office.app.blobs.get(&message.blob_hash).await.unwrap();
            let read = kep::message::ReadMessage::read(&bytes).expect("a message");
            let sent = &read.files().next().expect("a package").bytes;
            assert!(
                sent[..] == packages[names.len()][..],
                "what was sent is given"
            );
            names.push(package_in(&read).part("/Ekler/plan.pdf").is_some());
        }
        assert_eq!(names, [true, false]);
        let (_, page) = office::page(&office, "ayse", &format!("/evrak/{id}/posta")).await;
        let shown = links.iter().map(|link| page.contains(link.as_str()));
        assert_eq!(shown.collect::<Vec<_>>(), [false, true], "{page}");
        office.pass(61);
        office.rounds(3, 10).await;
        for way in office.ways(&id).await {
            assert_eq!(standing(&way), (Standing::Delivered, Duty::Wait));
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_did_not_reach_them_stays_a_paper_task_until_it_is_posted() {
    for test in office::engines().await {
        let office = Office::on(test).await;
        for (kind, code) in [
            (Kind::RelayFailed, "31 - Kephs'ye gönderilemedi."),
            (
                Kind::MailboxFull,
                "41 - Alıcı kullanıcının mesaj kutusuna bırakılamadı.",
            ),
            (
                Kind::SubmissionRejected,
                "11 - Kephs tarafından reddedildi.",
            ),
            (
                Kind::RelayRejected,
                "21 - Diğer Kephs tarafından reddedildi.",
            ),
        ] {
            office.misbehave(NewRule::always(kind).times(1));
            let id = office.dispatched(&[HAVSA]).await;
            office.rounds(3, 10).await;
            let way = office.way(&id).await;
            assert_eq!(standing(&way), (Standing::Failed, Duty::Paper), "{kind:?}");
            assert!(
                way.delivery_status.starts_with(code),
                "{}",
                way.delivery_status
            );
        }
        let paper = |office: &Office| {
            let (app, actor) = (office.app.clone(), office.registry.clone());
            async move {
                app.read(&actor, |tx, act| worklist::of(tx, act, Work::Paper))
                    .await
                    .unwrap()
            }
        };
        let tasks = paper(&office).await;
        assert_eq!(tasks.items.len(), 4);
        let mut entry = posting::Posting {
            recipient_id: tasks.items[0].subject_id.clone(),
            posted_on: dys::clock::local(office.app.now()).date(),
            barcode: None,
            handover_record: None,
            note: String::new(),
        };
        let without = entry.clone();
        let refused = office
            .app
            .write(&office.registry, move |tx, act| {
                posting::record(tx, act, &without)
            })
            .await;
        assert_eq!(refused.unwrap_err().code(), "gonderi_eksik");
        entry.barcode = Some("RR123456789TR".to_owned());
        office
            .app
            .write(&office.registry, move |tx, act| {
                posting::record(tx, act, &entry)
            })
            .await
            .unwrap();
        assert_eq!(paper(&office).await.items.len(), 3);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn counted_as_read_asks_for_a_call_and_a_contact_note_closes_it() {
    for test in office::engines().await {
        let office = Office::on(test).await;
        let id = office.dispatched(&[HAVSA]).await;
        office.rounds(2, 10).await;
        office.pass(25 * 3600);
        office.rounds(2, 10).await;
        let way = office.way(&id).await;
        assert_eq!(standing(&way), (Standing::DeemedRead, Duty::Contact));
        assert!(
            way.delivery_status
                .contains("İleti yasal süre içerisinde okunmadığından okundu kabul edildi.")
        );
        let on_paper = posting::Posting {
            recipient_id: way.recipient.id.clone(),
            posted_on: dys::clock::local(office.app.now()).date(),
            barcode: Some("RR1".to_owned()),
            handover_record: None,
            note: String::new(),
        };
        let guarded = office
            .app
            .write(&office.registry, move |tx, act| {
                posting::record(tx, act, &on_paper)
            })
            .await;
        assert_eq!(guarded.unwrap_err().code(), "kagit_gerekmez");

        let waiting = |office: &Office| {
            let (app, actor) = (office.app.clone(), office.registry.clone());
            async move {
                app.read(&actor, |tx, act| worklist::of(tx, act, Work::Contact))
                    .await
                    .unwrap()
                    .items
                    .len()
            }
        };
        assert_eq!(waiting(&office).await, 1);
        let note = contact::Note {
            recipient_id: way.recipient.id.clone(),
            with_whom: "Yazı İşleri, Nurten Hanım".to_owned(),
            spoken_at: office.app.now(),
            result: contact::Outcome::TakenUp,
            note: String::new(),
        };
        office
            .app
            .write(&office.registry, move |tx, act| {
                contact::record(tx, act, &note)
            })
            .await
            .unwrap();
        assert_eq!(waiting(&office).await, 0);
        let (_, tracking) = office::page(&office, "ayse", "/sorgular/birim-giden-evrak").await;
        assert_eq!(tracking.matches("Görüşüldü").count(), 1, "{tracking}");
    }
}

/// What is called about is not done with: the duty that arises later asks for a talk of its own.
#[tokio::test(flavor = "multi_thread")]
async fn a_talk_closes_the_duty_that_stands_and_none_that_arises_later() {
    for test in office::engines().await {
        let office = Office::on(test).await;
        office
            .app
            .store
            .write(|tx| setting::put(tx, setting::SILENCE_SECONDS.key, "7200"))
            .await
            .unwrap();
        let lines = async |kind: Work| {
            office
                .app
                .read(&office.registry, move |tx, act| worklist::of(tx, act, kind))
                .await
                .unwrap()
                .items
                .len()
        };
        let talk = async |recipient: &str, spoken_at| {
            let note = contact::Note {
                recipient_id: recipient.to_owned(),
                with_whom: "Yazı İşleri, Nurten Hanım".to_owned(),
                spoken_at,
                result: contact::Outcome::TakenUp,
                note: String::new(),
            };
            office
                .app
                .write(&office.registry, move |tx, act| {
                    contact::record(tx, act, &note)
                })
                .await
                .map_err(|error| error.code())
        };
        // Two broken files go to a person; two late ones are silence.
        for rule in [
            NewRule::always(Kind::EvidenceBroken).times(2),
            NewRule::always(Kind::EvidenceLate)
                .seconds(20 * 3600)
                .times(2),
        ] {
            let what = rule.kind;
            let late = what == Kind::EvidenceLate;
            office.misbehave(rule);
            let id = office.dispatched(&[HAVSA]).await;
            office.rounds(3, 10).await;
            let recipient = office.way(&id).await.recipient.id;
            let early = talk(&recipient, office.app.now()).await;
            if late {
                assert_eq!(early, Err("gorev_yok"), "nobody has to call yet");
                office.pass(3 * 3600);
                office.rounds(2, 10).await;
            } else {
                assert_eq!(early, Ok(()), "{what:?}");
            }
            let duty = standing(&office.way(&id).await).1;
            assert_eq!(duty, if late { Duty::Wait } else { Duty::Person });
            assert_eq!(lines(Work::Unclear).await, usize::from(late), "{what:?}");
            let now = office.app.now();
            for wrong in [
                now + SignedDuration::from_mins(1),
                now - SignedDuration::from_hours(9),
            ] {
                assert_eq!(talk(&recipient, wrong).await, Err("gorusme_eksik"));
            }
            assert_eq!(talk(&recipient, now).await, Ok(()));
            assert_eq!(lines(Work::Unclear).await, 0, "{what:?}");

            office.pass(25 * 3600);
            office.rounds(2, 10).await;
            assert_eq!(
                standing(&office.way(&id).await),
                (Standing::DeemedRead, Duty::Contact),
                "{what:?}"
            );
            assert_eq!(lines(Work::Contact).await, 1, "{what:?}: a duty of its own");
            assert_eq!(talk(&recipient, office.app.now()).await, Ok(()));
            assert_eq!(lines(Work::Contact).await, 0, "{what:?}");
            office.provider.provider().behave_entirely().unwrap();
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reading_that_comes_after_the_legal_period_closes_the_duty_by_itself() {
    for test in office::engines().await {
        let office = Office::on(test).await;
        let id = office.dispatched(&[HAVSA]).await;
        office.rounds(2, 10).await;
        office.pass(25 * 3600);
        office.rounds(2, 10).await;
        let way = office.way(&id).await;
        assert_eq!(standing(&way), (Standing::DeemedRead, Duty::Contact));
        let waiting = async || {
            office
                .app
                .read(&office.registry, |tx, act| {
                    worklist::of(tx, act, Work::Contact)
                })
                .await
                .unwrap()
                .items
                .len()
        };
        assert_eq!(waiting().await, 1);

        let message = way.message.expect("a message");
        assert!(message.poll_at.is_some(), "it is still asked after");
        read_by_recipient(&office, &message);
        // The next question of so old a letter comes within hours.
        office.rounds(3, 4 * 3600).await;
        let way = office.way(&id).await;
        assert_eq!(standing(&way), (Standing::Read, Duty::None));
        assert_eq!(waiting().await, 0, "closed without a contact note");
        for words in [
            "60 - Alıcı kullanıcı tarafından okundu. (",
            "okundu kabul edildi.",
        ] {
            assert!(way.delivery_status.contains(words), "both proofs stand");
        }
        let polled = way.message.expect("a message").poll_at;
        assert_eq!(polled, None, "what is read is not asked for again");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn addresses_are_asked_after_in_the_directory_and_the_answer_keeps_its_date() {
    for test in office::engines().await {
        let office = Office::on(test).await;
        let (id, _) = office.signed(&[HAVSA, HAVSA_FEN, ENEZ]).await;
        let lines: Vec<_> = office.ways(&id).await;
        let mut lines: Vec<_> = lines.into_iter().map(|way| way.recipient).collect();
        lines[2].delivery_address = Some("avukat@hs03.kep.tr".to_owned());
        let unit = office.clerk.home_unit().unwrap();
        let ask = async || {
            lookup::look_up(&office.app, &office.clerk, unit, &lines)
                .await
                .unwrap()
        };
        let first = ask().await;
        assert_eq!(first.len(), 2, "an address is asked after once");
        let Lookup::Answered(own) = &first["havsabelediyesi@hs01.kep.tr"] else {
            panic!("{first:?}")
        };
        assert_eq!((own.status, own.asked_at), (Some(1), office.app.now()));
        let Lookup::Answered(foreign) = &first["avukat@hs03.kep.tr"] else {
            panic!("{first:?}")
        };
        assert_eq!(foreign.status, None, "what is not known is not claimed");
        assert!(foreign.words.contains("bilmez"), "{foreign:?}");

        let asked_at = office.app.now();
        office.pass(3600);
        let Lookup::Answered(kept) = &ask().await["avukat@hs03.kep.tr"] else {
            panic!("an answer counts for a day")
        };
        assert_eq!(kept.asked_at, asked_at, "shown with the date of its asking");

        office.pass(24 * 3600);
        let gone = "http://127.0.0.1:9/yok".to_owned();
        office::bind(&office.app, &office.clerk, gone).await;
        let Lookup::NotAsked(why) = &ask().await["avukat@hs03.kep.tr"] else {
            panic!("nobody answers there")
        };
        assert!(why.contains("yanıt vermedi"), "{why}");
        let bare = AccountSettings::default();
        let bare = serde_json::to_string(&bare).unwrap();
        office
            .app
            .store
            .write(move |tx| tx.execute("UPDATE kep_account SET settings = ?1", params![&bare]))
            .await
            .unwrap();
        let Lookup::NotAsked(why) = &ask().await["avukat@hs03.kep.tr"] else {
            panic!("no directory is named")
        };
        assert!(why.contains("tanımlı değil"), "{why}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_directory_that_does_not_answer_is_left_alone_for_a_while() {
    let office = Office::on(sqlite()).await;
    let (id, _) = office.signed(&[HAVSA, ENEZ]).await;
    let lines: Vec<_> = office.ways(&id).await;
    let lines: Vec<_> = lines.into_iter().map(|way| way.recipient).collect();
    let unit = office.clerk.home_unit().unwrap();
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = format!("http://{}/rehber", listener.local_addr().unwrap());
    let calls = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&calls);
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            counter.fetch_add(1, Ordering::SeqCst);
            drop(stream);
        }
    });
    office::bind(&office.app, &office.clerk, endpoint).await;
    let asked = async || {
        let before = calls.load(Ordering::SeqCst);
        let known = lookup::look_up(&office.app, &office.clerk, unit, &lines)
            .await
            .unwrap();
        assert!(
            known
                .values()
                .all(|it| matches!(it, Lookup::NotAsked(why) if why.contains("yanıt vermedi"))),
            "{known:?}"
        );
        calls.load(Ordering::SeqCst) - before
    };
    assert!(asked().await > 0);
    assert_eq!(asked().await, 0, "the next opening does not wait");
    office.pass(301);
    assert!(asked().await > 0, "but it is not given up");
}

#[tokio::test(flavor = "multi_thread")]
async fn two_workers_share_the_work_without_sending_twice() {
    for test in office::engines().await {
        let office = Office::on(test).await;
        let mut letters = Vec::new();
        for _ in 0..6 {
            letters.push(office.dispatched(&[HAVSA]).await);
        }
        let other = Worker::new(office.app.clone());
        for _ in 0..5 {
            let (one, two) = tokio::join!(office.worker.round(), other.round());
            one.unwrap();
            two.unwrap();
            office.pass(10);
        }
        for id in &letters {
            let message = office.message(id).await;
            assert_eq!((message.state, message.attempt), (State::Sent, 1));
            assert_eq!(office.times_received(&message), 1);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clerk_finds_letters_by_the_manuals_criteria_and_sees_only_ones_own() {
    for test in office::engines().await {
        let office = Office::on(test).await;
        let id = office.dispatched(&[HAVSA, ENEZ]).await;
        office.rounds(3, 10).await;
        let ask = |criteria: Criteria| {
            let (app, actor) = (office.app.clone(), office.clerk.clone());
            async move {
                app.read(&actor, move |tx, act| tracking::search(tx, act, &criteria))
                    .await
                    .unwrap()
            }
        };
        let all = ask(Criteria::default()).await;
        assert_eq!(all.lines.len(), 2, "one row per recipient");
        let criteria = [
            Criteria {
                number: "42".into(),
                ..Criteria::default()
            },
            Criteria {
                number: all.lines[0].official_number.clone(),
                ..Criteria::default()
            },
            Criteria {
                subject: "DEĞİŞİKLİĞİ imar".into(),
                ..Criteria::default()
            },
            Criteria {
                file_no: "115.01".into(),
                ..Criteria::default()
            },
            Criteria {
                from: "2026-11-24".parse().ok(),
                until: "2026-11-24".parse().ok(),
                ..Criteria::default()
            },
            Criteria {
                unit_id: office.clerk.home_unit().unwrap().to_owned(),
                ..Criteria::default()
            },
        ];
        for each in criteria {
            assert_eq!(ask(each.clone()).await.lines.len(), 2, "{each:?}");
        }
        let havsa = ask(Criteria {
            recipient: "havsa".into(),
            ..Criteria::default()
        })
        .await;
        assert_eq!(havsa.lines.len(), 1);
        assert!(havsa.lines[0].delivery_status.starts_with("40 - "));
        let none = ask(Criteria {
            number: "43".into(),
            ..Criteria::default()
        })
        .await;
        assert!(none.lines.is_empty());
        let after = Criteria {
            after: Some(all.lines[0].key.clone()),
            ..Criteria::default()
        };
        assert_eq!(ask(after).await.lines, all.lines[1..]);

        let mut stranger = office.clerk.clone();
        stranger.user_id = "nobody".to_owned();
        let seen = office
            .app
            .read(&stranger, |tx, act| {
                tracking::search(tx, act, &Criteria::default())
            })
            .await
            .unwrap();
        assert!(seen.lines.is_empty());
        let hidden = office
            .app
            .read(&stranger, move |tx, act| tracking::letter(tx, act, &id))
            .await;
        assert_eq!(hidden.unwrap_err().code(), "evrak_yok");
        let counts = office
            .app
            .read(&office.registry, |tx, act| Ok(worklist::count(tx, act)?))
            .await;
        assert_eq!(counts.unwrap(), 0);
    }
}
