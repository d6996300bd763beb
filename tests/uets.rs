//! *DYS Dışı UETS Gönderim*: a notice from the list to the end of the fifth day, and what goes wrong.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod office;

use dys::directory::outside::{self, Entry};
use dys::dispatch::machine::State;
use dys::dispatch::{send, tracking};
use dys::distribution::{Channel, DestinationType, Severity, list, preflight};
use dys::evidence::{Duty, Standing};
use dys::params;
use dys::setting;
use dys::store::testing::sqlite;
use jiff::civil::date;
use kephs::engine::{INBOX, MessageRef};
use kephs::misbehaviour::{Kind, NewRule};
use office::Office;

const ADDRESS: &str = "35846-96487-38597";
const MAILBOX: &str = "358469648738597@uets.hs99.kep.example";

fn person<'a>(owner: &'a str, uets: &'a str, confirmed: &'a str) -> Entry<'a> {
    Entry {
        kind: "person",
        name: "Mehmet Işık",
        identifier: "10000000146",
        kep_address: "",
        uets_address: uets,
        confirmed_uets: confirmed,
        postal_address: "",
        source: "dilekçe",
        owner_unit_id: owner,
    }
}

/// A company that is known by its MERSİS number.
fn company<'a>(owner: &'a str, mersis: &'a str) -> Entry<'a> {
    Entry {
        kind: "company",
        name: "Trakya Yol Yapı Anonim Şirketi",
        identifier: mersis,
        source: "MERSİS kaydı",
        ..person(owner, ADDRESS, ADDRESS)
    }
}

/// A draft to a person by UETS.
async fn draft(office: &Office) -> String {
    draft_to(office, |owner| person(owner, ADDRESS, ADDRESS)).await
}

async fn draft_to(office: &Office, whom: fn(&str) -> Entry<'_>) -> String {
    let id = office.draft(&[]).await;
    let letter = id.clone();
    office
        .app
        .write(&office.clerk, move |tx, act| {
            let owner = act.actor.home_unit().unwrap().to_owned();
            let party = outside::add(tx, act, &whom(&owner))?;
            list::add_party(tx, act, &letter, DestinationType::ExternalUets, &party.id)
        })
        .await
        .unwrap();
    id
}

async fn dispatched(office: &Office) -> String {
    let id = draft(office).await;
    leave(office, &id).await;
    id
}

/// Signed, sent and past its hold.
async fn leave(office: &Office, id: &str) {
    let (_, version) = office::sign(&office.app, &office.clerk, id.to_owned()).await;
    send::send(&office.app, &office.clerk, id, version)
        .await
        .unwrap();
    office.pass(61);
}

fn standing(way: &tracking::Way) -> (Standing, Duty) {
    (
        Standing::from_code(&way.recipient.status),
        Duty::from_code(&way.recipient.duty),
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn a_notice_is_delivered_read_and_served_at_the_end_of_the_fifth_day() {
    for test in office::engines().await {
        let office = Office::on(test).await;
        let id = dispatched(&office).await;
        office.with_services().await;
        office.rounds(3, 10).await;
        let way = office.way(&id).await;
        let message = way.message.clone().unwrap();
        assert_eq!(
            (message.state, message.channel),
            (State::Sent, Channel::Uets)
        );
        assert_eq!(standing(&way), (Standing::Delivered, Duty::Wait));
        assert!(
            way.delivery_status
                .starts_with("40 - Muhatabın elektronik tebligat adresine ulaştı. (24/11/2026"),
            "{}",
            way.delivery_status
        );
        let (on, at) = way.expected_served.unwrap();
        assert_eq!(on, date(2026, 11, 29));
        assert_eq!(at, "2026-11-30T00:00:00+03:00".parse().unwrap());
        assert!(way.expected_read_at.is_none(), "that is a rule of KEP");
        assert!(way.evidence.iter().all(|stored| stored.blob_hash.is_some()));
        assert_eq!(office.times_received(&message), 1);

        let which = MessageRef {
            kep_id: message.provider_id.clone(),
            sira_no: None,
            folder: INBOX.into(),
        };
        office.provider.provider().confirm(MAILBOX, &which).unwrap();
        office.rounds(3, 60).await;
        let way = office.way(&id).await;
        assert_eq!(standing(&way), (Standing::Read, Duty::None));
        assert_eq!(
            way.expected_served.unwrap().0,
            date(2026, 11, 29),
            "reading serves nothing"
        );
        assert!(
            way.message.unwrap().poll_at.is_some(),
            "asked for until it is served"
        );

        office.pass(6 * 24 * 3600);
        office.rounds(2, 10).await;
        let way = office.way(&id).await;
        assert_eq!(standing(&way), (Standing::Served, Duty::None));
        assert!(
            way.delivery_status
                .starts_with("Tebligat tebliğ edilmiş sayıldı. (30/11/2026 00:00:00) / "),
            "no number is made up: {}",
            way.delivery_status
        );
        assert!(way.expected_served.is_none());
        assert_eq!(way.message.unwrap().poll_at, None);
        office.audit_is_whole().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_answer_is_asked_after_and_nothing_is_served_twice() {
    for kind in [Kind::LoseAnswer, Kind::CutAnswer, Kind::NotXml] {
        let office = Office::on(sqlite()).await;
        office.misbehave(
            NewRule::always(kind)
                .times(1)
                .for_operation("YukleTebligat"),
        );
        let id = dispatched(&office).await;
        office.worker.submit_round().await.unwrap();
        assert_eq!(office.message(&id).await.state, State::Unknown, "{kind:?}");
        office.rounds(12, 10).await;
        let message = office.message(&id).await;
        assert_eq!(
            (message.state, message.attempt),
            (State::Sent, 1),
            "{kind:?}"
        );
        assert_eq!(office.times_received(&message), 1, "{kind:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_notice_that_cannot_be_delivered_obliges_paper() {
    let office = Office::on(sqlite()).await;
    office.misbehave(NewRule::always(Kind::MailboxFull).times(1));
    let id = dispatched(&office).await;
    office.rounds(4, 10).await;
    let way = office.way(&id).await;
    assert_eq!(standing(&way), (Standing::Failed, Duty::Paper));
    let recipient = way.recipient.id.clone();
    let item = office
        .app
        .write(&office.registry, move |tx, act| {
            dys::paper::prepare(tx, act, &recipient)
        })
        .await
        .unwrap();
    assert!(item.reason.starts_with("UETS"), "{}", item.reason);
    assert!(
        item.reason.contains("adresine ulaştırılamadı"),
        "{}",
        item.reason
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_digit_is_told_as_far_as_it_can_be() {
    let office = Office::on(sqlite()).await;
    let (short, unconfirmed, other, kept) = office
        .app
        .write(&office.clerk, |tx, act| {
            let owner = act.actor.home_unit().unwrap().to_owned();
            Ok((
                outside::add(tx, act, &person(&owner, "35846-96487-3859", "")).unwrap_err(),
                outside::add(tx, act, &person(&owner, "358469648738597", "")).unwrap_err(),
                outside::add(tx, act, &person(&owner, ADDRESS, "35846-96487-38598")).unwrap_err(),
                outside::add(tx, act, &person(&owner, "35846 96487 38597", ADDRESS))?,
            ))
        })
        .await
        .unwrap();
    assert_eq!(short.code(), "rehber_disi_eksik");
    assert!(short.to_string().contains("15 rakam"), "{short}");
    assert_eq!(
        (unconfirmed.code(), other.code()),
        ("uets_dogrula", "uets_dogrula")
    );
    assert!(
        unconfirmed.to_string().contains(ADDRESS)
            && unconfirmed.to_string().contains("Mehmet Işık"),
        "confirmed by name: {unconfirmed}"
    );
    assert_eq!(kept.uets_address.as_deref(), Some(ADDRESS));

    let id = office.draft(&[]).await;
    let unit = office.unit("havsa yazı").await;
    let refused = office
        .app
        .write(&office.clerk, move |tx, act| {
            list::add_units(tx, act, &id, DestinationType::ExternalUets, &[unit])
        })
        .await
        .unwrap_err();
    assert_eq!(refused.code(), "uets_adresi_yok");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_unit_is_reached_at_its_own_address_and_a_changed_one_is_told() {
    let office = Office::on(sqlite()).await;
    let unit = office.unit("havsa yazı").await;
    let id = office.draft(&[]).await;
    let (which, letter) = (unit.clone(), id.clone());
    office
        .app
        .write(&office.clerk, move |tx, act| {
            tx.execute(
                "UPDATE unit SET uets_address = '11111-22222-33333' WHERE id = ?1",
                params![&which],
            )?;
            list::add_units(tx, act, &letter, DestinationType::ExternalUets, &[which])
        })
        .await
        .unwrap();
    let findings = office
        .app
        .write(&office.clerk, move |tx, _| {
            let before = preflight::preflight(tx, &id)?;
            tx.execute(
                "UPDATE unit SET uets_address = '11111-22222-33334' WHERE id = ?1",
                params![&unit],
            )?;
            Ok((before, preflight::preflight(tx, &id)?))
        })
        .await
        .unwrap();
    let codes = |found: &[dys::distribution::Finding]| -> Vec<&str> {
        found.iter().map(|it| it.code).collect()
    };
    assert_eq!(codes(&findings.0), ["uets_karsilastir"]);
    assert_eq!(codes(&findings.1), ["adres_degisti", "uets_karsilastir"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_real_folder_refuses_to_send_and_says_what_it_needs() {
    let office = Office::on(sqlite()).await;
    let id = draft(&office).await;
    let letter = id.clone();
    let findings = office
        .app
        .write(&office.clerk, move |tx, _| {
            setting::put(tx, setting::MODE, "real")?;
            preflight::preflight(tx, &letter)
        })
        .await
        .unwrap();
    assert_eq!(findings[0].severity, Severity::Blocking);
    assert_eq!(findings[0].code, "uets_baglanti_yok");
    assert!(
        findings[0]
            .sentence
            .contains("PTT'nin güncel UETS entegrasyon belgesi")
    );
    let (_, version) = office::sign(&office.app, &office.clerk, id.clone()).await;
    let refused = send::send(&office.app, &office.clerk, &id, version)
        .await
        .unwrap_err();
    assert_eq!(refused.code(), "gonderim_engeli");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_company_with_a_mersis_number_is_served_as_a_person_is() {
    for test in office::engines().await {
        let office = Office::on(test).await;
        // A wrong digit of the number is told before anything is kept.
        let refused = office
            .app
            .write(&office.clerk, |tx, act| {
                let owner = act.actor.home_unit().unwrap().to_owned();
                outside::add(tx, act, &company(&owner, "0876004746500029"))
            })
            .await
            .unwrap_err();
        assert_eq!(refused.code(), "rehber_disi_eksik");
        assert!(refused.to_string().contains("MERSİS"), "{refused}");

        let id = draft_to(&office, |owner| company(owner, "0876004746400029")).await;
        leave(&office, &id).await;
        office.rounds(3, 10).await;
        let way = office.way(&id).await;
        assert_eq!(way.recipient.label, "Trakya Yol Yapı Anonim Şirketi");
        let message = way.message.clone().unwrap();
        assert_eq!(
            (message.state, message.channel),
            (State::Sent, Channel::Uets)
        );
        assert_eq!(message.address, ADDRESS);
        assert_eq!(standing(&way), (Standing::Delivered, Duty::Wait));
        assert_eq!(way.expected_served.unwrap().0, date(2026, 11, 29));
        // The same company again is the same party, and its number is kept.
        let party = way.recipient.outside_party_id.clone().unwrap();
        let kept = office
            .app
            .read(&office.clerk, move |tx, act| {
                outside::by_id(tx, act, &party)
            })
            .await
            .unwrap()
            .expect("the company");
        assert_eq!(
            (kept.identifier_kind.as_str(), kept.identifier.as_str()),
            ("mersis", "0876004746400029")
        );
        office.pass(6 * 24 * 3600);
        office.rounds(2, 10).await;
        let way = office.way(&id).await;
        assert_eq!(standing(&way), (Standing::Served, Duty::None));
        assert_eq!(office.times_received(&message), 1);
        office.audit_is_whole().await;
    }
}
