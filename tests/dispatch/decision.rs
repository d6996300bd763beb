//! What people decide about evidence that does not verify, and decide anew.

use dys::evidence::Stored;
use dys::evidence::decide::{self, Decision};

use super::*;

/// The evidence that says that the letter was read.
async fn reading(office: &Office, id: &str) -> Stored {
    let evidence = office.way(id).await.evidence;
    let found = evidence.into_iter().find(|it| it.fact.code == Some(60));
    found.expect("an evidence of reading")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_decision_is_taken_back_with_a_reason_and_the_duty_stands_again() {
    for test in office::engines().await {
        let office = Office::on(test).await;
        let id = office.dispatched(&[HAVSA]).await;
        office.with_services().await;
        office.rounds(2, 10).await;
        office.pass(25 * 3600);
        office.rounds(2, 10).await;
        office.misbehave(NewRule::always(Kind::EvidenceForeign));
        read_by_recipient(&office, &office.message(&id).await);
        office.rounds(3, 4 * 3600).await;
        let unread = (Standing::DeemedRead, Duty::Contact);
        assert_eq!(standing(&office.way(&id).await), unread);
        assert_eq!(calls(&office).await, 1);

        let forged = reading(&office, &id).await.fact.id;
        let decided = async |counts, instead_of| {
            let decision = Decision {
                evidence_id: forged.clone(),
                counts,
                reason: "Sağlayıcıya telefonla soruldu.".to_owned(),
                instead_of,
            };
            let id = id.clone();
            let done = office.app.write(&office.registry, move |tx, act| {
                let letter = dys::document::draft::open(tx, act, &id)?;
                decide::decide(tx, act, &letter, &decision)
            });
            done.await
        };
        decided(true, None).await.unwrap();
        let read = (Standing::Read, Duty::None);
        assert_eq!(standing(&office.way(&id).await), read);
        assert_eq!(calls(&office).await, 0);
        office.rounds(3, 4 * 3600).await;
        let polled = office.message(&id).await.poll_at;
        assert_eq!(polled, None, "what is read is not asked for again");

        // Who has not seen that decision does not replace it; who has seen it does.
        let first = reading(&office, &id).await.decision.expect("decided");
        let unseen = decided(false, None).await;
        assert_eq!(unseen.unwrap_err().code(), "karar_degisti");
        assert_eq!(standing(&office.way(&id).await), read);
        let posta = format!("/evrak/{id}/posta");
        let (_, page) = office::page(&office, "zeynep", &posta).await;
        let seen = format!(r#"name="seen" value="{}""#, first.at);
        assert!(
            page.contains("Kararı değiştir") && page.contains(&seen),
            "{page}"
        );
        assert!(
            !page.contains("✓</span>doğrulanamadı"),
            "counted, not proved"
        );
        let (_, page) = office::page(&office, "ayse", &posta).await;
        assert!(page.contains(&first.reason) && !page.contains("Kararı değiştir"));

        decided(false, Some(first.at)).await.unwrap();
        assert_eq!(standing(&office.way(&id).await), unread);
        assert_eq!(calls(&office).await, 1);
        let message = office.message(&id).await;
        assert!(message.poll_at.is_some(), "it is asked for again");
        let log = office
            .app
            .read(&office.registry, move |tx, _| {
                Ok(dys::audit::entries_of(tx, "message", &message.id)?)
            })
            .await
            .unwrap();
        let counts: Vec<Option<bool>> = log
            .iter()
            .filter(|entry| entry.action == "evidence.decide")
            .map(|entry| {
                let detail: serde_json::Value = serde_json::from_str(&entry.detail).unwrap();
                detail["counts"].as_bool()
            })
            .collect();
        assert_eq!(counts, [Some(true), Some(false)]);
        office.audit_is_whole().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_stands_as_sent_again_stands_so_since_it_was_sent() {
    for test in office::engines().await {
        let office = Office::on(test).await;
        office.misbehave(NewRule::always(Kind::EvidenceForeign));
        office.misbehave(NewRule::always(Kind::ClockSkew).seconds(7200));
        let id = office.dispatched(&[HAVSA]).await;
        office.rounds(3, 600).await;
        let way = office.way(&id).await;
        let delivered = way.evidence.iter().find(|it| it.fact.code == Some(40));
        let delivered = delivered.expect("an evidence of delivery").fact.id.clone();
        let mut instead_of = None;
        for counts in [true, false] {
            office.pass(60);
            let decision = Decision {
                evidence_id: delivered.clone(),
                counts,
                reason: "Sağlayıcıya soruldu.".to_owned(),
                instead_of,
            };
            let letter = id.clone();
            office
                .app
                .write(&office.registry, move |tx, act| {
                    let letter = dys::document::draft::open(tx, act, &letter)?;
                    decide::decide(tx, act, &letter, &decision)
                })
                .await
                .unwrap();
            let way = office.way(&id).await;
            let found = way.evidence.iter().find(|it| it.fact.id == delivered);
            instead_of = found.and_then(|it| it.decision.as_ref().map(|decided| decided.at));
            let since = way.recipient.status_at;
            let sent_at = way.message.as_ref().unwrap().sent_at;
            assert_eq!(since == sent_at, !counts, "{since:?} {sent_at:?}");
        }
        assert_eq!(standing(&office.way(&id).await).0, Standing::Sent);
    }
}
