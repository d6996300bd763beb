//! The KEP directory that is asked before sending.

use dys::dispatch::lookup::{self, Lookup};

use super::*;

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
