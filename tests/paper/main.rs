//! A letter on paper: chosen or obliged, addressed, listed, posted once, delivered or come back.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod obligation;
#[path = "../office/mod.rs"]
mod office;
mod posting_list;
mod print_set;
mod wet_letter;

use dys::dispatch::send;
use dys::dispatch::tracking::{self, Criteria};
use dys::distribution::{DestinationType, Severity, list, preflight};
use dys::evidence::{Duty, Standing};
use dys::paper::{self, Item, State, outcome, posting};
use dys::params;
use dys::store::testing::sqlite;
use dys::worklist::{Kind as Work, list as worklist};
use jiff::civil::{Date, date};
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
