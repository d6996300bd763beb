//! Plans of fifteen hundred recipients.

use super::*;

/// A page of the clerk's that is light enough to be drawn at once.
async fn page(office: &Office, path: &str, most: usize) -> String {
    let (status, text) = office::page(office, "ayse", path).await;
    assert_eq!(status, 200, "{path}");
    assert!(text.len() < most, "{path} weighs {} bytes", text.len());
    text
}

/// So many institutions in one plan, each with an address of its own.
const MANY: usize = 1_500;

#[tokio::test(flavor = "multi_thread")]
async fn fifteen_hundred_recipients_open_check_and_leave_in_a_handful_of_statements() {
    let office = Office::on(sqlite()).await;
    let rows: String = (0..MANY)
        .map(|n| {
            format!(
                "0{:07},Kurum {n},,kurum{n}@hs99.kep.example,1,\n",
                8_000_000 + n
            )
        })
        .collect();
    import_units(&office, &rows).await;
    let units: Vec<String> = office
        .app
        .store
        .read(|tx| {
            tx.query(
                "SELECT id FROM unit WHERE name LIKE 'Kurum %' ORDER BY id",
                params![],
            )?
            .iter()
            .map(|row| row.at(0))
            .collect::<Result<_, _>>()
        })
        .await
        .unwrap();
    assert_eq!(units.len(), MANY);
    let owner = home(&office);
    let began = Instant::now();
    let plan_id = office
        .app
        .write(&office.clerk, move |tx, act| {
            let id = plan::create(tx, act, &owner, "Bütün kurumlar")?;
            plan::add_units(tx, act, &id, 1, DestinationType::ExternalKep, &units)?;
            Ok(id)
        })
        .await
        .unwrap();
    let made = began.elapsed();

    let letter = office.draft(&[]).await;
    let (id, plan) = (letter.clone(), plan_id.clone());
    let began = Instant::now();
    let (used, statements) = office
        .app
        .write(&office.clerk, move |tx, act| {
            let before = tx.statements();
            let used = plan::use_in(tx, act, &id, &plan)?;
            Ok((used, tx.statements() - before))
        })
        .await
        .unwrap();
    let expanded = began.elapsed();
    assert_eq!(used.added, MANY);
    assert!(statements < 50, "{statements} statements to expand");

    let id = letter.clone();
    let began = Instant::now();
    let (findings, statements) = office
        .app
        .read(&office.clerk, move |tx, _| {
            let before = tx.statements();
            let findings = preflight::preflight(tx, &id)?;
            Ok((findings, tx.statements() - before))
        })
        .await
        .unwrap();
    let checked = began.elapsed();
    assert_eq!(findings, []);
    assert!(statements < 50, "{statements} statements to check");

    // Lists come in pages; only the plan's own line says how many there are.
    for path in [
        format!("/evrak/{letter}/dagitim"),
        format!("/dagitim-planlari/{plan_id}"),
        format!("/evrak/{letter}"),
    ] {
        let text = page(&office, &path, 150_000).await;
        assert!(text.contains("1500"), "{path} says how many");
        assert!(text.matches("Kurum ").count() < 300, "{path} shows a page");
    }

    let (_, version) = office::sign(&office.app, &office.clerk, letter.clone()).await;
    // The confirmation names every recipient with its address (design part 4.1, step 7).
    let text = page(&office, &format!("/evrak/{letter}/gonder"), 400_000).await;
    for n in [0, MANY / 2, MANY - 1] {
        assert!(text.contains(&format!("kurum{n}@hs99.kep.example")), "{n}");
    }
    let began = Instant::now();
    let prepared = send::prepare(&office.app, &office.clerk, &letter, version)
        .await
        .unwrap();
    let signed = began.elapsed();
    let began = Instant::now();
    let (sent, statements) = office
        .app
        .write(&office.clerk, move |tx, act| {
            let before = tx.statements();
            let sent = send::commit(tx, act, &prepared)?;
            Ok((sent, tx.statements() - before))
        })
        .await
        .unwrap();
    let committed = began.elapsed();
    assert_eq!(sent.message_ids.len(), MANY);
    assert!(statements < 50, "{statements} statements to commit");
    println!(
        "{MANY} recipients: plan {made:?}, expand {expanded:?}, check {checked:?}, make and sign \
         {signed:?}, commit {committed:?} ({statements} statements)"
    );
    let text = page(&office, &format!("/evrak/{letter}/posta"), 300_000).await;
    assert!(text.contains("Gönderimi durdur"));
    page(&office, "/sorgular/birim-giden-evrak", 150_000).await;
    let held = office.clock.now() + jiff::SignedDuration::from_secs(60);
    assert_eq!(sent.held_until, Some(held));
    office.audit_is_whole().await;
}

/// Units inside, and lines on paper, of the mixed list; the rest go by KEP.
const INSIDE: usize = 60;

const ON_PAPER: usize = 40;

#[tokio::test(flavor = "multi_thread")]
async fn a_mixed_list_of_fifteen_hundred_leaves_by_every_channel_at_once() {
    let office = Office::on(sqlite()).await;
    let itself = home(&office);
    let above: String = office
        .app
        .store
        .read(move |tx| tx.scalar("SELECT detsis_no FROM unit WHERE id = ?1", params![&itself]))
        .await
        .unwrap();
    let rows: String = (0..MANY)
        .map(|n| {
            let number = 8_000_000 + n;
            if n < INSIDE {
                format!("0{number:07},Durak {n},{above},,1,\n")
            } else {
                format!("0{number:07},Durak {n},,durak{n}@hs99.kep.example,1,\n")
            }
        })
        .collect();
    import_units(&office, &rows).await;
    let units: Vec<(String, bool)> = office
        .app
        .store
        .read(|tx| {
            tx.query(
                "SELECT id, is_own FROM unit WHERE name LIKE 'Durak %' ORDER BY is_own DESC, id",
                params![],
            )?
            .iter()
            .map(|row| Ok((row.get("id")?, row.get("is_own")?)))
            .collect::<Result<_, dys::store::StoreError>>()
        })
        .await
        .unwrap();
    assert_eq!(units.len(), MANY);
    assert_eq!(units.iter().filter(|(_, own)| *own).count(), INSIDE);
    let ids: Vec<String> = units.into_iter().map(|(id, _)| id).collect();
    let (owner, letter) = (home(&office), office.draft(&[]).await);
    let id = letter.clone();
    let (used, statements) = office
        .app
        .write(&office.clerk, move |tx, act| {
            let plan_id = plan::create(tx, act, &owner, "Herkes")?;
            for (kind, part) in [
                (DestinationType::InternalUnit, &ids[..INSIDE]),
                (DestinationType::ExternalPaper, &ids[INSIDE..][..ON_PAPER]),
                (DestinationType::ExternalKep, &ids[INSIDE + ON_PAPER..]),
            ] {
                let version = plan::open(tx, act, &plan_id)?.version;
                plan::add_units(tx, act, &plan_id, version, kind, part)?;
            }
            let before = tx.statements();
            Ok((
                plan::use_in(tx, act, &id, &plan_id)?,
                tx.statements() - before,
            ))
        })
        .await
        .unwrap();
    assert_eq!(used.added, MANY);
    assert!(statements < 50, "{statements} statements to expand");

    // Forty times the same finding is twenty and a count.
    for path in [
        format!("/evrak/{letter}"),
        format!("/evrak/{letter}/gonder"),
    ] {
        let text = page(&office, &path, 400_000).await;
        assert_eq!(text.matches(": posta adresi yok.").count(), 20, "{path}");
        assert!(text.contains("… ve 20 birim daha"), "{path}");
    }

    let id = letter.clone();
    let (findings, statements) = office
        .app
        .write(&office.clerk, move |tx, act| {
            tx.execute(
                "UPDATE recipient SET delivery_address = 'Yol 1\n22100 Merkez / Edirne', \
                 paper_reason = 'Pafta A1 boyutunda.' \
                 WHERE document_id = ?1 AND destination_type = 'external_paper'",
                params![&id],
            )?;
            let new = attach::New::Physical {
                title: "CD".to_owned(),
            };
            let cd = attach::add(tx, act, &id, new)?;
            let lines = list::list(tx, act, &id)?;
            let last = &lines[MANY - 1].id;
            list::set_purpose(tx, act, &id, last, Purpose::Information)?;
            list::leave_out(tx, act, &id, last, &[cd.id])?;
            let before = tx.statements();
            list::shift(tx, act, &id, last, true)?;
            let moved = tx.statements() - before;
            assert!(moved < 15, "{moved} statements to move one line of {MANY}");
            assert_eq!(list::list(tx, act, &id)?[MANY - 2].id, *last);
            list::shift(tx, act, &id, last, false)?;
            list::shift(tx, act, &id, last, false)?;
            assert_eq!(
                list::list(tx, act, &id)?[MANY - 1].id,
                *last,
                "the end is the end"
            );
            let before = tx.statements();
            let findings = preflight::preflight(tx, &id)?;
            Ok((findings, tx.statements() - before))
        })
        .await
        .unwrap();
    assert_eq!(findings, []);
    assert!(statements < 50, "{statements} statements to check");

    let (_, version) = office::sign(&office.app, &office.clerk, letter.clone()).await;
    let text = page(&office, &format!("/evrak/{letter}/gonder"), 500_000).await;
    assert!(
        !text.contains("adres yok"),
        "a unit inside needs no address"
    );
    assert_eq!(text.matches("Kurum içi birim · Gereği").count(), INSIDE);
    assert_eq!(
        text.matches("22100 Merkez / Edirne · Gereği").count(),
        ON_PAPER
    );
    assert_eq!(
        text.matches("· Bilgi · Bu alıcıya gönderilmeyecek: ")
            .count(),
        1
    );
    assert!(
        text.contains("KEP rehberi ("),
        "the known answers are shown"
    );

    let prepared = send::prepare(&office.app, &office.clerk, &letter, version)
        .await
        .unwrap();
    let (sent, statements) = office
        .app
        .write(&office.clerk, move |tx, act| {
            let before = tx.statements();
            let sent = send::commit(tx, act, &prepared)?;
            Ok((sent, tx.statements() - before))
        })
        .await
        .unwrap();
    println!(
        "{statements} statements to commit {INSIDE} inside, {ON_PAPER} on paper, the rest KEP"
    );
    assert_eq!(sent.message_ids.len(), MANY - INSIDE - ON_PAPER);
    assert!(statements < 60, "{statements} statements to commit");
    let (landed, envelopes): (i64, i64) = office
        .app
        .store
        .read(move |tx| {
            Ok::<_, dys::store::StoreError>((
                tx.scalar(
                    "SELECT COUNT(*) FROM recipient WHERE document_id = ?1 \
                     AND destination_type = 'internal_unit' AND status = 'delivered'",
                    params![&letter],
                )?,
                tx.scalar(
                    "SELECT COUNT(*) FROM paper_item WHERE document_id = ?1",
                    params![&letter],
                )?,
            ))
        })
        .await
        .unwrap();
    assert_eq!(
        (landed, envelopes),
        (
            i64::try_from(INSIDE).unwrap(),
            i64::try_from(ON_PAPER).unwrap()
        )
    );
    office.audit_is_whole().await;
}
