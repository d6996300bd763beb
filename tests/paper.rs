//! A letter on paper: chosen or obliged, addressed, listed, posted once, delivered or come back.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod office;

use std::io::Write as _;
use std::process::Command;

use dys::access::Actor;
use dys::directory::import;
use dys::dispatch::send;
use dys::dispatch::tracking::{self, Criteria};
use dys::distribution::{DestinationType, Severity, list, preflight};
use dys::document::Confidentiality;
use dys::document::attach::{self, New, Recognised};
use dys::evidence::{Duty, Standing};
use dys::paper::print::{self, Way};
use dys::paper::wet::{self, Entry, Prefix};
use dys::paper::{self, Item, State, barcode, list as lists, outcome, posting};
use dys::params;
use dys::store::testing::sqlite;
use dys::worklist::{Kind as Work, list as worklist};
use jiff::civil::{Date, date};
use kephs::misbehaviour::{Kind, NewRule};
use office::Office;

const HAVSA: &str = "havsa yazı";
const ENEZ: &str = "enez yazı";
const ADDRESS: &str = "Cumhuriyet Meydanı No: 1\n22500 Havsa / Edirne";
const TODAY: Date = date(2026, 11, 24);

/// A draft to one unit on paper, without address and reason.
async fn draft_on_paper(office: &Office, words: &'static str) -> String {
    let id = office.draft(&[]).await;
    let unit = office.unit(words).await;
    let letter = id.clone();
    office
        .app
        .write(&office.clerk, move |tx, act| {
            list::add_units(tx, act, &letter, DestinationType::ExternalPaper, &[unit])
        })
        .await
        .unwrap();
    id
}

async fn addressed(office: &Office, letter: &str) {
    let letter = letter.to_owned();
    office
        .app
        .write(&office.clerk, move |tx, act| {
            let line = list::list(tx, act, &letter)?.remove(0);
            list::set_paper(
                tx,
                act,
                &letter,
                &line.id,
                ADDRESS,
                "Ekteki kroki A1 boyutunda.",
            )
        })
        .await
        .unwrap();
}

/// Sent on paper; its envelope.
async fn sent_on_paper(office: &Office, words: &'static str) -> (String, Item) {
    let id = draft_on_paper(office, words).await;
    addressed(office, &id).await;
    let (_, version) = office::sign(&office.app, &office.clerk, id.clone()).await;
    send::send(&office.app, &office.clerk, &id, version)
        .await
        .unwrap();
    let item = office.way(&id).await.paper.expect("an envelope");
    (id, item)
}

async fn post(office: &Office, item: &str, code: Option<&str>) -> dys::error::Result<()> {
    let (item, code) = (item.to_owned(), code.map(str::to_owned));
    office
        .app
        .write(&office.registry, move |tx, act| {
            let posting = posting::Posting {
                posted_on: TODAY,
                handover_record: code.is_none().then(|| "T-1".to_owned()),
                post_barcode: code,
            };
            posting::record(tx, act, &item, &posting)
        })
        .await
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_missing_is_asked_for_before_it_is_signed() {
    let office = Office::on(sqlite()).await;
    let id = draft_on_paper(&office, HAVSA).await;
    let letter = id.clone();
    let findings = office
        .app
        .read(&office.clerk, move |tx, _| {
            preflight::preflight(tx, &letter)
        })
        .await
        .unwrap();
    let blocking: Vec<&str> = findings
        .iter()
        .filter(|it| it.severity == Severity::Blocking)
        .map(|it| it.code)
        .collect();
    assert_eq!(
        blocking,
        ["posta_adresi_yok", "kagit_gerekce"],
        "Havsa has a KEP address: electronic is the rule"
    );
    addressed(&office, &id).await;
    let letter = id.clone();
    let findings = office
        .app
        .read(&office.clerk, move |tx, _| {
            preflight::preflight(tx, &letter)
        })
        .await
        .unwrap();
    assert_eq!(findings, []);

    // The next letter to them knows the address.
    let next = draft_on_paper(&office, HAVSA).await;
    let line = office
        .app
        .read(&office.clerk, move |tx, act| list::list(tx, act, &next))
        .await
        .unwrap()
        .remove(0);
    assert_eq!(line.delivery_address.as_deref(), Some(ADDRESS));
}

#[tokio::test(flavor = "multi_thread")]
async fn from_evraki_gonder_to_delivered() {
    for test in office::engines().await {
        let office = Office::on(test).await;
        let (id, item) = sent_on_paper(&office, HAVSA).await;
        assert_eq!(
            (item.state, item.barcode.as_str(), item.address.as_str()),
            (State::ToPost, "DYS0000000001", ADDRESS)
        );
        assert_eq!(
            item.addressee,
            "HAVSA BELEDİYE BAŞKANLIĞI (YAZI İŞLERİ MÜDÜRLÜĞÜ)"
        );
        let way = office.way(&id).await;
        assert!(way.message.is_none(), "nothing electronic was made");
        assert_eq!(way.delivery_status, "Fiziki Gönderim Bekliyor");
        assert_eq!(Duty::from_code(&way.recipient.duty), Duty::Post);
        let waiting = async || {
            office
                .app
                .read(&office.registry, |tx, act| {
                    Ok(worklist::of(tx, act, Work::Paper)?.items.len())
                })
                .await
                .unwrap()
        };
        assert_eq!(waiting().await, 1);

        let nothing = post(&office, &item.id, Some(" ")).await.unwrap_err();
        assert_eq!(nothing.code(), "gonderi_eksik");
        post(&office, &item.id, Some("rr 123456789 tr"))
            .await
            .unwrap();
        assert_eq!(waiting().await, 0);
        let twice = post(&office, &item.id, Some("RR987654321TR"))
            .await
            .unwrap_err();
        assert_eq!(twice.code(), "gonderi_var");
        assert!(
            twice.to_string().contains("24.11.2026") && twice.to_string().contains("RR123456789TR"),
            "{twice}"
        );
        assert_eq!(
            office.way(&id).await.delivery_status,
            "Postaya verildi, barkod RR123456789TR. (24/11/2026)"
        );

        // A scanner finds it by either code, in any spelling.
        for code in ["DYS0000000001", "dys 0000000001\r\n", "RR123456789TR"] {
            let found = office
                .app
                .read(&office.registry, move |tx, act| {
                    paper::scanned(tx, act, code)
                })
                .await
                .unwrap();
            assert_eq!(found.id, item.id);
        }

        office.pass(3 * 24 * 3600);
        let which = item.id.clone();
        office
            .app
            .write(&office.registry, move |tx, act| {
                let early = outcome::delivered(tx, act, &which, date(2026, 11, 23), "");
                assert_eq!(early.unwrap_err().code(), "tarih_gecersiz");
                outcome::delivered(tx, act, &which, date(2026, 11, 26), "Evrak bürosu")
            })
            .await
            .unwrap();
        let way = office.way(&id).await;
        assert_eq!(
            way.delivery_status,
            "Teslim edildi. (26/11/2026) / Postaya verildi, barkod RR123456789TR. (24/11/2026)"
        );
        assert_eq!(
            Standing::from_code(&way.recipient.status),
            Standing::PaperDelivered
        );
        let lines = office
            .app
            .read(&office.clerk, |tx, act| {
                tracking::search(tx, act, &Criteria::default())
            })
            .await
            .unwrap()
            .lines;
        assert_eq!(lines[0].delivery_status, way.delivery_status);
        office.audit_is_whole().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_comes_back_is_a_duty_again_and_goes_out_anew() {
    let office = Office::on(sqlite()).await;
    let (id, item) = sent_on_paper(&office, HAVSA).await;
    post(&office, &item.id, Some("RR1TR")).await.unwrap();
    let which = item.id.clone();
    office
        .app
        .write(&office.registry, move |tx, act| {
            let why = outcome::returned(tx, act, &which, TODAY, " ").unwrap_err();
            assert_eq!(why.code(), "iade_nedeni");
            outcome::returned(tx, act, &which, TODAY, "Adres yetersiz")
        })
        .await
        .unwrap();
    let way = office.way(&id).await;
    assert_eq!(Duty::from_code(&way.recipient.duty), Duty::Paper);
    let recipient = way.recipient.id.clone();
    let second = office
        .app
        .write(&office.registry, move |tx, act| {
            let again = paper::prepare(tx, act, &recipient)?;
            let same = paper::prepare(tx, act, &recipient)?;
            assert_eq!(again, same, "made once, found again");
            Ok(again)
        })
        .await
        .unwrap();
    assert_eq!((second.attempt, second.state), (2, State::ToPost));
    assert_ne!(second.barcode, item.barcode);
    let taken = post(&office, &second.id, Some("RR1TR")).await.unwrap_err();
    assert_eq!(taken.code(), "barkod_var", "one barcode, one envelope");
    assert!(taken.to_string().contains(&item.number), "{taken}");
    // Whose envelope it is, is told only to those who may see that.
    let (first, havsa) = (item.id.clone(), office.unit(HAVSA).await);
    office
        .app
        .write(&office.registry, move |tx, _| {
            let elsewhere = "UPDATE paper_item SET unit_id = ?2 WHERE id = ?1";
            Ok(tx.execute(elsewhere, params![&first, &havsa])?)
        })
        .await
        .unwrap();
    let taken = post(&office, &second.id, Some("RR1TR")).await.unwrap_err();
    assert_eq!(taken.code(), "barkod_var");
    for words in [&item.number, &item.addressee] {
        assert!(!taken.to_string().contains(words.as_str()), "{taken}");
    }
    post(&office, &second.id, Some("RR2TR")).await.unwrap();
    assert_eq!(
        office.way(&id).await.delivery_status,
        "Postaya verildi, barkod RR2TR. (24/11/2026) / İade geldi: Adres yetersiz. (24/11/2026) / \
         Postaya verildi, barkod RR1TR. (24/11/2026)"
    );
}

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
        // A late proof is shown and reopens nothing (decision 19).
        let recipient = office.way(&id).await.recipient.id;
        office
            .app
            .store
            .write(move |tx| -> dys::error::Result<()> {
                tx.execute(
                    "UPDATE recipient SET duty = 'contact', standing_since = standing_since + 1 \
                     WHERE id = ?1",
                    dys::params![recipient],
                )?;
                Ok(())
            })
            .await
            .unwrap();
        assert_eq!(owed().await, (Duty::None, Duty::None));
        for list in [Work::Paper, Work::Contact, Work::Unclear] {
            let left = office
                .app
                .read(&office.registry, move |tx, act| worklist::of(tx, act, list))
                .await
                .unwrap();
            assert_eq!(left.items, []);
        }
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
async fn lists_are_numbered_and_post_what_they_name_at_once() {
    for test in office::engines().await {
        let office = Office::on(test).await;
        let (_, first) = sent_on_paper(&office, HAVSA).await;
        let (_, second) = sent_on_paper(&office, ENEZ).await;
        let ids = vec![first.id.clone(), second.id.clone()];
        let (custody, handover) = office
            .app
            .write(&office.registry, move |tx, act| {
                let nobody = lists::create(tx, act, lists::Kind::Custody, &ids, " ").unwrap_err();
                assert_eq!(nobody.code(), "teslim_alan");
                let custody = lists::create(tx, act, lists::Kind::Custody, &ids, "Hasan Usta")?;
                let handover = lists::create(tx, act, lists::Kind::Handover, &ids, "PTT Keşan")?;
                let twice = lists::create(tx, act, lists::Kind::Handover, &ids, "PTT").unwrap_err();
                assert_eq!(twice.code(), "listede_var");
                Ok((custody, handover))
            })
            .await
            .unwrap();
        let codes = vec![(first.id.clone(), "RR5TR".to_owned())];
        let (list, items) = office
            .app
            .write(&office.registry, move |tx, act| {
                let inside = lists::post_all(tx, act, &custody, TODAY, &[]).unwrap_err();
                assert_eq!(inside.code(), "liste_turu");
                let posted = lists::post_all(tx, act, &handover, TODAY, &codes)?;
                assert_eq!((posted.count, posted.needless), (2, vec![]));
                let again = lists::post_all(tx, act, &handover, TODAY, &codes).unwrap_err();
                assert_eq!(again.code(), "gonderi_var");
                lists::show(tx, act, &handover)
            })
            .await
            .unwrap();
        assert_eq!(list.number(), "2026/1");
        assert!(items.iter().all(|item| item.state == State::Posted));
        assert_eq!(items[0].post_barcode.as_deref(), Some("RR5TR"));
        assert_eq!(
            items[1].handover_record.as_deref(),
            Some("Tevdi listesi 2026/1")
        );
        office.audit_is_whole().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_took_what_of_a_custody_list_is_written_down_once() {
    for test in office::engines().await {
        let office = Office::on(test).await;
        let (id, by_hand) = sent_on_paper(&office, HAVSA).await;
        let (_, carried) = sent_on_paper(&office, ENEZ).await;
        let (first, second) = (by_hand.id.clone(), carried.id.clone());
        let list = office
            .app
            .write(&office.registry, move |tx, act| {
                let both = vec![first.clone(), second.clone()];
                let list = lists::create(tx, act, lists::Kind::Custody, &both, "Hasan Usta")?;
                let post = lists::create(tx, act, lists::Kind::Handover, &both[1..], "PTT")?;
                let refused = |tx: &mut _, list: &str, items: &[String], on, name: &str| {
                    lists::receive(tx, act, list, items, on, name, false)
                        .unwrap_err()
                        .code()
                        .to_owned()
                };
                assert_eq!(refused(tx, &post, &both[1..], TODAY, "Ali"), "liste_turu");
                assert_eq!(refused(tx, &list, &both, TODAY, " "), "teslim_alan");
                assert_eq!(refused(tx, &list, &[], TODAY, "Ali"), "liste_bos");
                let before = date(2026, 11, 23);
                assert_eq!(refused(tx, &list, &both, before, "Ali"), "tarih_gecersiz");
                let other = ["yok".to_owned()];
                assert_eq!(refused(tx, &list, &other, TODAY, "Ali"), "listede_yok");
                lists::receive(tx, act, &list, &both[1..], TODAY, "Hasan Usta", false)?;
                lists::receive(tx, act, &list, &both[..1], TODAY, "Ayla Er", true)?;
                Ok(list)
            })
            .await
            .unwrap();
        let (again, item) = (list.clone(), carried.id.clone());
        let twice = office
            .app
            .write(&office.registry, move |tx, act| {
                lists::receive(tx, act, &again, &[item], TODAY, "Başkası", true)
            })
            .await
            .unwrap_err();
        assert_eq!(twice.code(), "teslim_alinmis");
        assert!(twice.to_string().contains("Hasan Usta"), "{twice}");

        let (book, item) = (list.clone(), by_hand.id.clone());
        let (items, receipts, of_item) = office
            .app
            .read(&office.registry, move |tx, act| {
                let (_, items) = lists::show(tx, act, &book)?;
                let receipts = lists::receipts(tx, act, &book)?;
                Ok((items, receipts, lists::receipts_of(tx, act, &item)?))
            })
            .await
            .unwrap();
        assert_eq!(items[0].state, State::Delivered);
        assert_eq!(items[0].handover_record.as_deref(), Some("Zimmet 2026/1"));
        assert_eq!(items[0].outcome_reason.as_deref(), Some("Ayla Er"));
        assert_eq!(items[1].state, State::ToPost, "the messenger only has it");
        let names: Vec<&str> = receipts.iter().map(|it| it.name.as_str()).collect();
        assert_eq!(names, ["Ayla Er", "Hasan Usta"]);
        assert_eq!((of_item.len(), of_item[0].on), (1, TODAY));
        assert_eq!(of_item[0].recorded_by, "zeynep");
        assert_eq!(office.way(&id).await.recipient.status, "paper_delivered");

        let (_, page) = office::page(&office, "zeynep", &format!("/kagit/liste/{list}")).await;
        assert!(page.contains("Ayla Er, 24.11.2026"), "who and when");
        assert!(
            !page.contains("Alıcıya elden teslim edildi"),
            "all is taken"
        );
        let (_, page) = office::page(&office, "zeynep", &format!("/kagit/{}", carried.id)).await;
        assert!(page.contains("Hasan Usta, 24.11.2026"));
        office.audit_is_whole().await;
    }
}

/// A letter that KEP refused, the envelope that was made for it, and the message.
async fn refused_and_on_paper(office: &Office) -> (Item, String) {
    office.misbehave(
        NewRule::always(Kind::Refuse)
            .times(1)
            .for_operation("Yukle"),
    );
    let id = office.dispatched(&[HAVSA]).await;
    office.worker.submit_round().await.unwrap();
    let way = office.way(&id).await;
    let recipient = way.recipient.id.clone();
    let item = office
        .app
        .write(&office.registry, move |tx, act| {
            paper::prepare(tx, act, &recipient)
        })
        .await
        .unwrap();
    (item, way.message.unwrap().id)
}

#[tokio::test(flavor = "multi_thread")]
async fn an_envelope_that_nothing_obliges_any_more_does_not_hold_up_its_list() {
    for test in office::engines().await {
        let office = Office::on(test).await;
        let (stale, message) = refused_and_on_paper(&office).await;
        let (_, other) = sent_on_paper(&office, ENEZ).await;
        let both = vec![stale.id.clone(), other.id.clone()];
        let list = office
            .app
            .write(&office.registry, move |tx, act| {
                let list = lists::create(tx, act, lists::Kind::Handover, &both, "PTT Keşan")?;
                send::retry(tx, act, &message)?;
                Ok(list)
            })
            .await
            .unwrap();
        let (_, page) = office::page(&office, "zeynep", "/kagit").await;
        assert!(page.contains("Gerek kalmadı"), "the row says so");
        let (shown, item) = (list.clone(), stale.id.clone());
        let (posted, custody, alone) = office
            .app
            .write(&office.registry, move |tx, act| {
                let kind = lists::Kind::Custody;
                let custody = lists::create(tx, act, kind, &[item], "Hasan").unwrap_err();
                let posted = lists::post_all(tx, act, &shown, TODAY, &[])?;
                let alone = lists::post_all(tx, act, &shown, TODAY, &[]).unwrap_err();
                Ok((posted, custody, alone))
            })
            .await
            .unwrap();
        assert_eq!(posted.count, 1);
        let left: Vec<&str> = posted.needless.iter().map(|it| it.id.as_str()).collect();
        assert_eq!(left, [stale.id.as_str()]);
        for refusal in [custody, alone] {
            assert_eq!(refusal.code(), "kagit_gerekmez");
            assert!(refusal.to_string().contains(&stale.barcode), "{refusal}");
        }
        let (_, page) = office::page(&office, "zeynep", &format!("/kagit/{}", stale.id)).await;
        assert!(page.contains("Gerek kalmadı") && !page.contains("2. Postaya verin"));
        office.audit_is_whole().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_letter_on_paper_can_be_stopped_until_it_is_posted_or_the_time_is_over() {
    let office = Office::on(sqlite()).await;
    let (id, _) = sent_on_paper(&office, HAVSA).await;
    let letter = id.clone();
    office
        .app
        .write(&office.clerk, move |tx, act| send::stop(tx, act, &letter))
        .await
        .unwrap();
    let way = office.way(&id).await;
    assert!(way.paper.is_none());
    assert_eq!(way.recipient.duty, "none");

    let (id, item) = sent_on_paper(&office, ENEZ).await;
    post(&office, &item.id, Some("RR6TR")).await.unwrap();
    let posted = office
        .app
        .write(&office.clerk, move |tx, act| send::stop(tx, act, &id))
        .await
        .unwrap_err();
    assert_eq!(posted.code(), "durdurulamaz");
    let (id, _) = sent_on_paper(&office, ENEZ).await;
    office.pass(61);
    let late = office
        .app
        .write(&office.clerk, move |tx, act| send::stop(tx, act, &id))
        .await
        .unwrap_err();
    assert_eq!(late.code(), "durdurulamaz");
}

/// What is entered for a secret letter of today; its file code is made.
async fn secret_entry(office: &Office) -> Entry {
    office
        .app
        .store
        .write(|tx| {
            tx.execute(
                "INSERT INTO file_plan_code (scope, code, title, search_key, retention, \
                 disposal, has_children, is_heading, secondary_only, selectable, plan_version) \
                 VALUES ('common', '105.04', 'Meclis', 'meclis', '', '', 0, 0, 0, 1, 'x')",
                dys::params![],
            )
        })
        .await
        .unwrap();
    Entry {
        unit_id: office.clerk.home_unit().unwrap().to_owned(),
        prefix: Prefix::Necessity,
        dated: TODAY,
        plan_code: "105.04".to_owned(),
        confidentiality: Confidentiality::Secret,
        subject: String::new(),
        addressee: "Edirne Valiliği".to_owned(),
        address: "Valilik Binası\n22100 Merkez / Edirne".to_owned(),
        signer: "Ali Demir, Belediye Başkanı".to_owned(),
        reason: "Gizli derecede".to_owned(),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_new_year_gives_a_wet_letter_the_number_that_the_old_one_gave() {
    for test in office::engines().await {
        let office = Office::on(test).await;
        let entry = secret_entry(&office).await;
        let mut numbers = Vec::new();
        for moment in ["2026-12-31T23:30:00+03:00", "2027-01-01T00:30:00+03:00"] {
            office.clock.set(moment.parse().unwrap());
            let entry = Entry {
                dated: dys::clock::local(office.app.now()).date(),
                ..entry.clone()
            };
            let wet = office
                .app
                .write(&office.registry, move |tx, act| {
                    wet::register(tx, act, &entry)
                })
                .await
                .unwrap();
            numbers.push(wet.number);
        }
        assert_eq!(
            numbers,
            ["Z-01039100-105.04-1", "Z-01039100-105.04-1"],
            "each in its year's register"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn wet_signed_letters_take_numbers_and_secret_ones_no_content() {
    for test in office::engines().await {
        let office = Office::on(test).await;
        let entry = secret_entry(&office).await;
        let (first, second, refused, item) = office
            .app
            .write(&office.registry, move |tx, act| {
                let told = Entry {
                    subject: "Konu yazıldı".to_owned(),
                    ..entry.clone()
                };
                let refused = wet::register(tx, act, &told).unwrap_err();
                let first = wet::register(tx, act, &entry)?;
                let later = Entry {
                    prefix: Prefix::Emergency,
                    dated: date(2026, 11, 20),
                    confidentiality: Confidentiality::None,
                    subject: "Sel nedeniyle görevlendirme".to_owned(),
                    address: String::new(),
                    ..entry.clone()
                };
                let second = wet::register(tx, act, &later)?;
                let item = paper::search(tx, act, None, "", None)?.items.remove(0);
                Ok((first, second, refused, item))
            })
            .await
            .unwrap();
        assert_eq!(refused.code(), "islak_imza_eksik");
        assert_eq!(first.number, "Z-01039100-105.04-1");
        assert_eq!(
            second.number, "O-01039100-105.04-2",
            "one series, no number twice"
        );
        assert_eq!(
            (item.number.as_str(), item.subject.as_str()),
            (first.number.as_str(), "")
        );
        post(&office, &item.id, Some("RR7TR")).await.unwrap();
        office.audit_is_whole().await;
    }
}

/// A foreign reader reads our bars.
#[test]
fn zbar_reads_our_code_128() {
    if Command::new("zbarimg").arg("--version").output().is_err() {
        println!("skipped: zbarimg is not installed");
        return;
    }
    for text in ["DYS0000000042", "RR123456789TR"] {
        let (bars, width) = barcode::bars(text).unwrap();
        let (scale, height) = (3, 90);
        let mut row = vec![b'0'; width];
        for (offset, wide) in bars {
            row[offset..offset + wide].fill(b'1');
        }
        let line: Vec<u8> = row.iter().flat_map(|bit| [*bit; 3]).collect();
        let mut file = tempfile::Builder::new().suffix(".pbm").tempfile().unwrap();
        writeln!(file, "P1\n{} {height}", width * scale).unwrap();
        for _ in 0..height {
            file.write_all(&line).unwrap();
            file.write_all(b"\n").unwrap();
        }
        file.flush().unwrap();
        let read = Command::new("zbarimg")
            .args(["--quiet", "--raw"])
            .arg(file.path())
            .output()
            .unwrap();
        assert_eq!(String::from_utf8_lossy(&read.stdout).trim(), text);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_printed_barcode_never_goes_to_another_envelope() {
    for test in office::engines().await {
        let office = Office::on(test).await;
        let (id, printed) = sent_on_paper(&office, HAVSA).await;
        let letter = id.clone();
        office
            .app
            .write(&office.clerk, move |tx, act| send::stop(tx, act, &letter))
            .await
            .unwrap();
        let (_, other) = sent_on_paper(&office, ENEZ).await;
        assert_ne!(
            printed.barcode, other.barcode,
            "a label that was printed before the stop may lie on a desk"
        );
        let code = printed.barcode.clone();
        let found = office
            .app
            .read(&office.registry, move |tx, act| {
                paper::scanned(tx, act, &code)
            })
            .await;
        assert_eq!(found.unwrap_err().code(), "barkod_yok");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_book_finds_a_list_by_receiver_day_number_and_envelope() {
    for test in office::engines().await {
        let office = Office::on(test).await;
        let (_, first) = sent_on_paper(&office, HAVSA).await;
        let (_, second) = sent_on_paper(&office, ENEZ).await;
        for (kind, items, to_whom) in [
            (lists::Kind::Custody, vec![first.id.clone()], "Mehmet Demir"),
            (
                lists::Kind::Handover,
                vec![first.id.clone(), second.id.clone()],
                "PTT Keşan Merkez",
            ),
        ] {
            office
                .app
                .write(&office.registry, move |tx, act| {
                    lists::create(tx, act, kind, &items, to_whom)
                })
                .await
                .unwrap();
        }
        let find = async |asked: lists::Criteria| {
            let (found, next) = office
                .app
                .read(&office.registry, move |tx, act| {
                    lists::search(tx, act, &asked)
                })
                .await
                .unwrap();
            assert_eq!(next, None);
            // Both lists are of one moment; by name, their order is no matter of chance.
            let mut names: Vec<String> = found.iter().map(|list| list.to_whom.clone()).collect();
            names.sort();
            assert!(found.iter().all(|list| list.made_by == "zeynep"));
            names
        };
        let text = |text: &str| lists::Criteria {
            text: text.to_owned(),
            ..lists::Criteria::default()
        };
        let both = ["Mehmet Demir", "PTT Keşan Merkez"];
        assert_eq!(find(lists::Criteria::default()).await, both);
        assert_eq!(find(text("Mehmet")).await, both[..1]);
        assert_eq!(find(text(&second.barcode)).await, both[1..]);
        assert_eq!(find(text(&first.barcode)).await, both);
        assert_eq!(find(text("2026/1")).await, both);
        let custody = lists::Criteria {
            kind: Some(lists::Kind::Custody),
            ..lists::Criteria::default()
        };
        assert_eq!(find(custody).await, both[..1]);
        let earlier = lists::Criteria {
            to: Some(date(2026, 11, 23)),
            ..lists::Criteria::default()
        };
        assert_eq!(find(earlier).await, Vec::<String>::new());
        let item = first.id.clone();
        let named = office
            .app
            .read(&office.registry, move |tx, act| {
                lists::of_item(tx, act, &item)
            })
            .await
            .unwrap();
        assert_eq!(named.len(), 2, "the envelope leads to its lists");
    }
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

/// A PDF of one page that others made.
fn one_page() -> Vec<u8> {
    let point = letter::Piece::Png(POINT.to_vec());
    letter::print_set(vec![point], &letter::Fonts::default())
        .unwrap()
        .0
}

/// A PNG of one grey point.
const POINT: &[u8] = &[
    0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0x00, 0x00, 0x00, 0x0d, 0x49, 0x48, 0x44, 0x52,
    0x00, 0x00, 0x00, 0x01, 0x00, 0x00, 0x00, 0x01, 0x08, 0x00, 0x00, 0x00, 0x00, 0x3a, 0x7e, 0x9b,
    0x55, 0x00, 0x00, 0x00, 0x0a, 0x49, 0x44, 0x41, 0x54, 0x78, 0x9c, 0x63, 0x68, 0x00, 0x00, 0x00,
    0x82, 0x00, 0x81, 0x77, 0xcd, 0x72, 0xb6, 0x00, 0x00, 0x00, 0x00, 0x49, 0x45, 0x4e, 0x44, 0xae,
    0x42, 0x60, 0x82,
];

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
