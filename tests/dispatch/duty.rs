//! What an office has to do about a letter that was not delivered or not read, and what ends it.

use super::*;

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
        office.with_services().await;
        office.rounds(2, 10).await;
        office.pass(25 * 3600);
        office.rounds(2, 10).await;
        let way = office.way(&id).await;
        assert_eq!(standing(&way), (Standing::DeemedRead, Duty::Contact));
        assert_eq!(calls(&office).await, 1);

        let message = way.message.expect("a message");
        assert!(message.poll_at.is_some(), "it is still asked after");
        read_by_recipient(&office, &message);
        // The next question of so old a letter comes within hours.
        office.rounds(3, 4 * 3600).await;
        let way = office.way(&id).await;
        assert_eq!(standing(&way), (Standing::Read, Duty::None));
        assert_eq!(calls(&office).await, 0, "closed without a contact note");
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
