//! A signed letter that a rule holds up has a way out: today's address, or *Gönderilmeyecek*.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod office;

use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use dys::access::{session, user};
use dys::dispatch::machine::State;
use dys::dispatch::tracking::{self, Criteria};
use dys::dispatch::{send, withhold};
use dys::document::draft;
use dys::error::Error;
use dys::ids::SystemIds;
use dys::params;
use dys::worklist::{Kind, list as worklist};
use office::Office;
use tower::ServiceExt as _;

const HAVSA: &str = "havsa yazı";
const NEW_ADDRESS: &str = "havsa.yeni@hs01.kep.tr";
const REASON: &str = "Birim kapandı; yazı yerine geçene yeniden yazılacak.";

/// Sends a form as the person with this log-in: status and page.
async fn form(
    office: &Office,
    login: &'static str,
    path: &str,
    fields: &[(&str, &str)],
) -> (StatusCode, String) {
    let now = office.app.now();
    let (cookie, token) = office
        .app
        .store
        .write(move |tx| -> dys::error::Result<_> {
            let account = user::by_login(tx, login)?;
            let opened = session::open(tx, account.as_ref(), true, now, &SystemIds)??;
            let loaded = session::load(tx, &opened.token, now)?;
            Ok((opened.token, loaded.expect("a session").0.form_token))
        })
        .await
        .unwrap();
    let mut pairs = vec![("_token", token.as_str())];
    pairs.extend_from_slice(fields);
    let request = Request::post(path)
        .header(header::COOKIE, format!("dys_oturum={cookie}"))
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
        .header(header::ACCEPT, "text/html")
        .body(Body::from(serde_html_form::to_string(pairs).unwrap()))
        .unwrap();
    let answer = dys::web::router(office.app.clone())
        .oneshot(request)
        .await
        .unwrap();
    let status = answer.status();
    let body = axum::body::to_bytes(answer.into_body(), 4 << 20).await;
    (status, String::from_utf8(body.unwrap().to_vec()).unwrap())
}

async fn sql(office: &Office, statement: &'static str, id: &str) {
    let id = id.to_owned();
    let changed = office
        .app
        .store
        .write(move |tx| tx.execute(statement, params![&id]))
        .await
        .unwrap();
    assert_eq!(changed, 1, "{statement}");
}

async fn send_now(office: &Office, id: &str) -> Result<(), Error> {
    let letter = id.to_owned();
    let version = office
        .app
        .read(&office.clerk, move |tx, act| {
            Ok(draft::open(tx, act, &letter)?.version)
        })
        .await
        .unwrap();
    let sent = send::send(&office.app, &office.clerk, id, version).await;
    sent.map(drop)
}

/// Everything that a refused sending says.
async fn refused(office: &Office, id: &str) -> String {
    let told = send_now(office, id).await.unwrap_err();
    told.problem().unwrap().sentences()
}

/// The facts that the log keeps of one kind of act on the letter.
async fn logged(office: &Office, id: &str, action: &str) -> Vec<String> {
    let id = id.to_owned();
    let entries = office
        .app
        .store
        .read(move |tx| dys::audit::entries_of(tx, "document", &id))
        .await
        .unwrap();
    let of_action = entries.into_iter().filter(|entry| entry.action == action);
    of_action.map(|entry| entry.detail).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_letter_goes_to_the_address_that_its_recipient_has_today() {
    for test in office::engines().await {
        let office = Office::on(test).await;
        office::signer(&office.app, &office.clerk).await;
        office::stranger(&office, "yabanci").await;
        let (id, _) = office.signed(&[HAVSA]).await;
        let old = office.way(&id).await.recipient.delivery_address.unwrap();
        let havsa = office.unit(HAVSA).await;
        let moves = "UPDATE unit SET kep_address = 'havsa.yeni@hs01.kep.tr' WHERE id = ?1";
        sql(&office, moves, &havsa).await;
        let told = refused(&office, &id).await;
        assert!(told.contains("Adresi rehberden yenile"), "{told}");
        assert!(!told.contains("kaldırıp"), "no impossible way: {told}");

        let path = format!("/evrak/{id}/adres-yenile");
        let screen = format!("/evrak/{id}/gonder");
        let (_, page) = office::page(&office, "ayse", &screen).await;
        let words = "üstveride imzalandığı günkü adres kalır";
        assert!(page.contains(&path) && page.contains(words), "{page}");
        let (_, page) = office::page(&office, "ali", &screen).await;
        assert!(!page.contains(&path), "{page}");
        for (login, expected) in [
            ("ali", StatusCode::FORBIDDEN),
            ("yabanci", StatusCode::NOT_FOUND),
            ("zeynep", StatusCode::SEE_OTHER),
            ("ayse", StatusCode::CONFLICT),
        ] {
            let (status, body) = form(&office, login, &path, &[]).await;
            assert_eq!(status, expected, "{login}: {body}");
        }
        let log = logged(&office, &id, "dispatch.follow_addresses").await;
        assert_eq!(log.len(), 1);
        assert!(log[0].contains(&old) && log[0].contains(NEW_ADDRESS));

        send_now(&office, &id).await.unwrap();
        office.pass(61);
        office.rounds(2, 10).await;
        let message = office.message(&id).await;
        assert_eq!(
            (message.state, message.address.as_str()),
            (State::Sent, NEW_ADDRESS)
        );

        // An address that is gone cannot be taken; the sentence does not say that it can.
        let (id, _) = office.signed(&[HAVSA]).await;
        sql(
            &office,
            "UPDATE unit SET kep_address = '' WHERE id = ?1",
            &havsa,
        )
        .await;
        let told = refused(&office, &id).await;
        assert!(told.contains("artık rehberde yok"), "{told}");
        assert!(told.contains("Gönderilmeyecek olarak kapatın"), "{told}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_letter_that_nobody_can_get_is_closed_with_its_reason_and_opened_again() {
    for test in office::engines().await {
        let office = Office::on(test).await;
        office::signer(&office.app, &office.clerk).await;
        office::stranger(&office, "yabanci").await;
        let (id, _) = office.signed(&[HAVSA]).await;
        let havsa = office.unit(HAVSA).await;
        sql(&office, "UPDATE unit SET active = 0 WHERE id = ?1", &havsa).await;
        sql(
            &office,
            "UPDATE document SET auto_dispatch = 1 WHERE id = ?1",
            &id,
        )
        .await;
        let told = refused(&office, &id).await;
        assert!(told.contains("Gönderilmeyecek olarak kapatın"), "{told}");

        let close = format!("/evrak/{id}/gonderilmeyecek");
        let screen = format!("/evrak/{id}/gonder");
        let (_, page) = office::page(&office, "ayse", &screen).await;
        assert!(page.contains(&format!("action=\"{close}\"")), "{page}");
        for (login, reason, expected) in [
            ("ali", REASON, StatusCode::FORBIDDEN),
            ("yabanci", REASON, StatusCode::NOT_FOUND),
            ("ayse", "yok", StatusCode::UNPROCESSABLE_ENTITY),
            ("ayse", REASON, StatusCode::SEE_OTHER),
            ("zeynep", REASON, StatusCode::CONFLICT),
        ] {
            let (status, body) = form(&office, login, &close, &[("reason", reason)]).await;
            assert_eq!(status, expected, "{login}: {body}");
        }

        let waiting = async || {
            let list = office
                .app
                .read(&office.clerk, |tx, act| worklist::of(tx, act, Kind::Signed));
            list.await.unwrap().items.len()
        };
        assert_eq!(waiting().await, 0, "it waits no more");
        assert_eq!(office.worker.send_itself_round().await.unwrap(), 0);
        let told = format!("Gönderilmeyecek: {REASON}");
        let found = office
            .app
            .read(&office.clerk, |tx, act| {
                tracking::search(tx, act, &Criteria::default())
            })
            .await
            .unwrap();
        assert_eq!(found.lines[0].delivery_status, told);
        assert!(!found.lines[0].official_number.is_empty(), "it keeps it");
        assert_eq!(office.way(&id).await.delivery_status, told);
        let (_, page) = office::page(&office, "ayse", &format!("/evrak/{id}/posta")).await;
        assert!(page.contains(REASON), "{page}");
        let (_, page) = office::page(&office, "ayse", &format!("/evrak/{id}")).await;
        assert!(page.contains(REASON) && !page.contains("İmzalandı, gönderilmedi"));

        // Its unit is there again: the letter still needs a person who opens it.
        sql(&office, "UPDATE unit SET active = 1 WHERE id = ?1", &havsa).await;
        let refusal = send_now(&office, &id).await.unwrap_err();
        assert_eq!(refusal.code(), "gonderilmeyecek", "{refusal}");
        let back = format!("/evrak/{id}/gonderilmeyecek-geri-al");
        let (_, page) = office::page(&office, "zeynep", &screen).await;
        assert!(page.contains(&back) && page.contains(REASON), "{page}");
        assert!(!page.contains(">Evrakı Gönder</button>"), "{page}");
        let again = [("reason", "Birim yeniden açıldı.")];
        for (login, expected) in [
            ("ali", StatusCode::FORBIDDEN),
            ("zeynep", StatusCode::SEE_OTHER),
            ("ayse", StatusCode::CONFLICT),
        ] {
            let (status, body) = form(&office, login, &back, &again).await;
            assert_eq!(status, expected, "{login}: {body}");
        }
        assert_eq!(waiting().await, 1);
        for (action, words) in [
            ("dispatch.withhold", REASON),
            ("dispatch.withhold_undo", again[0].1),
        ] {
            let log = logged(&office, &id, action).await;
            assert_eq!(log.len(), 1, "{action}");
            assert!(log[0].contains(words), "{log:?}");
        }
        send_now(&office, &id).await.unwrap();
        let letter = id.clone();
        let sent = office.app.write(&office.clerk, move |tx, act| {
            withhold::withhold(tx, act, &letter, REASON)
        });
        assert_eq!(sent.await.unwrap_err().code(), "imzali_degil");
        office.audit_is_whole().await;
    }
}
