//! A letter on its way: sent, stopped, lost, refused, proved, against a provider that misbehaves.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod believed;
mod decision;
mod duty;
mod key;
mod lookup;
#[path = "../office/mod.rs"]
mod office;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use axum::http::StatusCode;
use dys::dispatch::account::AccountSettings;
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

/// Calls that somebody has to make.
async fn calls(office: &Office) -> usize {
    office
        .app
        .read(&office.registry, |tx, act| {
            worklist::of(tx, act, Work::Contact)
        })
        .await
        .unwrap()
        .items
        .len()
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
        office.with_services().await;
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
async fn a_letter_is_answered_to_the_account_that_it_left_from() {
    for test in office::engines().await {
        let office = Office::on(test).await;
        office
            .app
            .store
            .write(|tx| {
                tx.execute(
                    "UPDATE unit SET kep_address = 'belediye@hs99.kep.example' \
                     WHERE is_own = 1 AND institution_id = id",
                    params![],
                )
            })
            .await
            .unwrap();
        let id = office.dispatched(&[HAVSA]).await;
        let message = office.message(&id).await;
        let bytes = office.app.blobs.get(&message.blob_hash).await.unwrap();
        let read = kep::message::ReadMessage::read(&bytes).unwrap();
        let metadata = package_in(&read).metadata.unwrap();
        let Some(eyazisma::Party::Institution(creator)) = metadata.creator else {
            panic!("{:?}", metadata.creator);
        };
        let contact = creator.contact.unwrap();
        assert_eq!(contact.kep_address.as_deref(), Some(office::ADDRESS));
        let unit = office.clerk.home_unit().unwrap().to_owned();
        let names = office
            .app
            .store
            .read(move |tx| dys::letterhead::Names::of_unit(tx, &unit))
            .await
            .unwrap();
        assert_eq!(names.kep_address, office::ADDRESS, "as the foot says");
    }
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
