//! Letters signed by hand, with their numbers (Z, O).

use dys::document::Confidentiality;
use dys::paper::wet::{self, Entry, Prefix};
use dys::paper::{self};
use jiff::civil::date;

use super::office;
use super::*;

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
