//! Dosya No: the file code and the running number of the folder (decision 22).
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod office;

use dys::dispatch::tracking::{self, Criteria};
use dys::document::draft::{self, Changes, Saved};
use dys::error::Result;
use office::Office;

const HAVSA: &str = "havsa yazı";

/// Types *Dosya (desimal)*.
async fn file(office: &Office, letter: &str, typed: &'static str) -> Result<Saved> {
    let letter = letter.to_owned();
    office
        .app
        .write(&office.clerk, move |tx, act| {
            let version = draft::open(tx, act, &letter)?.version;
            let changes = Changes {
                plan_code: Some(typed.to_owned()),
                ..Changes::default()
            };
            draft::save(tx, act, &letter, version, &changes)
        })
        .await
}

async fn filed(office: &Office, letter: &str) -> (Option<String>, Option<i64>) {
    let letter = letter.to_owned();
    office
        .app
        .read(&office.clerk, move |tx, act| {
            let letter = draft::open(tx, act, &letter)?;
            Ok((letter.plan_code, letter.folder_no))
        })
        .await
        .unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_folder_begins_with_the_letter_that_asks_for_the_next_number() {
    for test in office::engines().await {
        let office = Office::on(test).await;
        dys::fileplan::fill(&office.app.store).unwrap();
        let id = office.draft(&[HAVSA]).await;
        let code = Some("105.04".to_owned());
        for (typed, folder) in [
            ("105.04", 1),
            ("105.04-1", 1),
            ("105.04-2", 2),
            // Saved again with the rest of the page: it stays where it lies.
            ("105.04", 2),
            ("105.04-1", 1),
            ("105.04", 1),
            // The second was left again: it holds nothing, and is opened as the next one.
            ("105.04-2", 2),
        ] {
            file(&office, &id, typed).await.unwrap();
            assert_eq!(
                filed(&office, &id).await,
                (code.clone(), Some(folder)),
                "{typed}"
            );
        }
        // One that was opened by mistake and left again takes nothing.
        let other = office.draft(&[HAVSA]).await;
        file(&office, &other, "105.04-3").await.unwrap();
        file(&office, &other, "105.04-1").await.unwrap();
        // The running folder takes what comes next.
        let next = office.draft(&[HAVSA]).await;
        file(&office, &next, "105.04").await.unwrap();
        assert_eq!(filed(&office, &next).await, (code.clone(), Some(2)));

        for wrong in [
            "105.04-4",
            "105.04-0",
            "105.04-",
            "105.04-99999999999999999999",
        ] {
            let refused = file(&office, &next, wrong).await.unwrap_err();
            let dys::error::Error::Problem(problem) = refused else {
                panic!("{refused}");
            };
            let (field, sentence) = &problem.fields[0];
            assert_eq!(field, "plan_code");
            assert!(
                sentence.contains("2 klasörü var; yenisi 105.04-3"),
                "{sentence}"
            );
        }
        assert_eq!(
            filed(&office, &next).await,
            (code, Some(2)),
            "nothing was lost"
        );
        let (_, page) = office::page(&office, "ayse", &format!("/evrak/{next}")).await;
        assert!(page.contains("value=\"105.04-2\""), "{page}");

        file(&office, &next, "").await.unwrap();
        assert_eq!(filed(&office, &next).await, (None, None));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_letter_is_found_by_the_folder_that_it_was_filed_in() {
    for test in office::engines().await {
        let office = Office::on(test).await;
        dys::fileplan::fill(&office.app.store).unwrap();
        let mut letters = Vec::new();
        for code in ["105.04", "105.04", "105.04-2", "115.01"] {
            let id = office.draft(&[HAVSA]).await;
            file(&office, &id, code).await.unwrap();
            office::sign(&office.app, &office.clerk, id.clone()).await;
            letters.push(id);
        }
        for (file_no, expected) in [
            ("105.04-1", &letters[..2]),
            (" 105.04-1 ", &letters[..2]),
            ("105.04-2", &letters[2..3]),
            ("105.04", &letters[..3]),
            ("115.01-1", &letters[3..]),
            ("105.04-3", &[]),
            ("105.04-", &[]),
            ("105-1", &[]),
        ] {
            let criteria = Criteria {
                file_no: file_no.to_owned(),
                ..Criteria::default()
            };
            let search = move |tx: &mut dys::store::Tx<'_>, act: &dys::access::Act<'_>| {
                tracking::search(tx, act, &criteria)
            };
            let found = office.app.read(&office.clerk, search).await.unwrap();
            let ids: Vec<&String> = found.lines.iter().map(|line| &line.document_id).collect();
            assert_eq!(ids.len(), expected.len(), "{file_no}");
            assert!(expected.iter().all(|id| ids.contains(&id)), "{file_no}");
            assert!(found.lines.iter().all(|line| line.file_kind == "subject"));
        }
        for (file_no, count) in [("105.04-1", 2), ("105.04-2", 1)] {
            let path = format!("/sorgular/birim-giden-evrak?file_no={file_no}");
            let (status, page) = office::page(&office, "ayse", &path).await;
            assert_eq!(status, 200, "{page}");
            let number = format!("data-label=\"Dosya No\" class=\"number\">{file_no}</td>");
            for cell in [number.as_str(), "data-label=\"Dosya Türü\">Konu</td>"] {
                assert_eq!(page.matches(cell).count(), count, "{cell}: {page}");
            }
        }
    }
}
