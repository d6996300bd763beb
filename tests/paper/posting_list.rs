//! Barcodes, and the lists with which envelopes go to the post or into somebody's hands.

use dys::dispatch::send;
use dys::paper::{self, Item, State, barcode, list as lists};
use jiff::civil::date;
use kephs::misbehaviour::{Kind, NewRule};
use std::io::Write as _;
use std::process::Command;

use super::office;
use super::*;

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
async fn what_somebody_took_over_against_a_receipt_is_not_stopped_and_the_receipt_stays() {
    for test in office::engines().await {
        let office = Office::on(test).await;
        let (id, item) = sent_on_paper(&office, HAVSA).await;
        let envelope = item.id.clone();
        let list = office
            .app
            .write(&office.registry, move |tx, act| {
                let custody = lists::Kind::Custody;
                let items = [envelope];
                let list = lists::create(tx, act, custody, &items, "Hasan Usta")?;
                lists::receive(tx, act, &list, &items, TODAY, "Hasan Usta", false)?;
                Ok(list)
            })
            .await
            .unwrap();
        let letter = id.clone();
        let refused = office
            .app
            .write(&office.clerk, move |tx, act| send::stop(tx, act, &letter))
            .await
            .unwrap_err();
        assert_eq!(refused.code(), "durdurulamaz");
        assert!(refused.to_string().contains("zimmet"), "{refused}");
        let receipts = office
            .app
            .read(&office.registry, move |tx, act| {
                lists::receipts(tx, act, &list)
            })
            .await
            .unwrap();
        assert_eq!(receipts.len(), 1);
        assert_eq!(receipts[0].name, "Hasan Usta");
        assert_eq!(office.way(&id).await.recipient.duty, "post");

        // On a list and taken by nobody yet it can still be stopped.
        let (id, item) = sent_on_paper(&office, ENEZ).await;
        office
            .app
            .write(&office.registry, move |tx, act| {
                lists::create(tx, act, lists::Kind::Custody, &[item.id], "Hasan Usta")
            })
            .await
            .unwrap();
        let letter = id.clone();
        office
            .app
            .write(&office.clerk, move |tx, act| send::stop(tx, act, &letter))
            .await
            .unwrap();
        assert!(office.way(&id).await.paper.is_none());
        office.audit_is_whole().await;
    }
}
