//! İlgi: citing an earlier letter, whose link and sentence stand in the order that its writer chose.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod seat;
mod townhall;

use axum::http::StatusCode;
use dys::document::{draft, reference};
use dys::params;
use seat::Seat;
use townhall::{Office, on_every_engine};

const FIRST: &str = "E-01039100-105.04-7";
const SECOND: &str = "E-01039100-105.04-12";
const THEIRS: &str =
    "Edirne Valiliğinin 18.11.2026 tarihli ve E-63917224-155.05-1880 sayılı yazısı.";

/// Gives a letter its number and day, as its signature does.
fn numbered(office: &Office, id: &str, subject: &str, number: &str, day: &str) {
    let values = [id, subject, number, day].map(str::to_owned);
    office
        .as_system(move |tx, _| {
            let [id, subject, number, day] = &values;
            tx.execute(
                "UPDATE document SET state = 'signed', subject = ?2, subject_key = ?5, \
                 official_number = ?3, official_date = ?4 WHERE id = ?1",
                params![id, subject, number, day, dys::turkish::search_key(subject)],
            )?;
            Ok(())
        })
        .unwrap();
}

/// Two letters of the unit with numbers, and a draft.
fn letters(office: &Office) -> [String; 3] {
    let [first, second, draft] = [(); 3].map(|()| office.letter(&[("signature", "ali")]));
    numbered(
        office,
        &first,
        "İmar planı değişikliği",
        FIRST,
        "2026-11-20",
    );
    numbered(
        office,
        &second,
        "Işıklandırma ihalesi",
        SECOND,
        "2026-11-23",
    );
    [first, second, draft]
}

/// Linked letter and sentence of each line, in order.
fn lines(office: &Office, id: &str) -> Vec<(Option<String>, String)> {
    let id = id.to_owned();
    let list = office.run("ayse", move |tx, act| reference::list(tx, act, &id));
    let list = list.unwrap().into_iter();
    list.map(|line| (line.linked_document_id, line.text))
        .collect()
}

fn cite(office: &Office, id: &str, cited: &str) -> dys::error::Result<()> {
    let (id, cited) = (id.to_owned(), cited.to_owned());
    office.run("ayse", move |tx, act| reference::cite(tx, act, &id, &cited))
}

#[test]
fn an_earlier_letter_is_linked_with_its_sentence_and_keeps_its_place() {
    for office in on_every_engine() {
        let [first, second, id] = letters(&office);
        cite(&office, &id, &second).unwrap();
        cite(&office, &id, &first).unwrap();
        let letter = id.clone();
        office
            .run("ayse", move |tx, act| {
                reference::cite_text(tx, act, &letter, THEIRS)
            })
            .unwrap();
        let ours = |day: &str, number: &str| format!("{day} tarihli ve {number} sayılı yazımız.");
        let of_first = (Some(first.clone()), ours("20.11.2026", FIRST));
        let of_second = (Some(second.clone()), ours("23.11.2026", SECOND));
        let of_theirs = (None, THEIRS.to_owned());
        let shown = lines(&office, &id);
        assert_eq!(
            shown,
            [of_second.clone(), of_first.clone(), of_theirs.clone()]
        );
        assert_eq!(["a", "b", "c", "ç"], [0, 1, 2, 3].map(reference::mark));

        // The last goes up to the top, and no further; the others keep their order.
        for _ in 0..3 {
            let letter = id.clone();
            office
                .run("ayse", move |tx, act| {
                    let list = reference::list(tx, act, &letter)?;
                    let line = list.iter().find(|line| line.linked_document_id.is_none());
                    reference::shift(tx, act, &letter, &line.unwrap().id, true)
                })
                .unwrap();
        }
        let shown = lines(&office, &id);
        assert_eq!(shown, [of_theirs, of_second.clone(), of_first.clone()]);

        for (cited, code) in [
            (first.as_str(), "ilgi_var"),
            (&id, "ilgi_sayisiz"),
            ("x", "evrak_yok"),
        ] {
            assert_eq!(cite(&office, &id, cited).unwrap_err().code(), code);
        }
        let signed = cite(&office, &first, &second);
        assert!(signed.is_err(), "a signed letter takes no line any more");
        let letter = id.clone();
        office
            .run("ayse", move |tx, act| {
                let line = reference::list(tx, act, &letter)?.remove(0);
                reference::remove(tx, act, &letter, &line.id)
            })
            .unwrap();
        assert_eq!(lines(&office, &id), [of_second, of_first]);
    }
}

#[test]
fn letters_are_found_by_number_and_words_and_only_ones_own() {
    for office in on_every_engine() {
        let [first, second, id] = letters(&office);
        let unit = office.people["ismail"].home_unit().unwrap().to_owned();
        let foreign = office
            .run("ismail", move |tx, act| draft::create(tx, act, &unit))
            .unwrap();
        let number = "E-01039100-105.04-9";
        numbered(
            &office,
            &foreign,
            "İmar planı itirazı",
            number,
            "2026-11-21",
        );
        let found = |words: &'static str| {
            let found = office.run("ayse", move |tx, act| reference::citable(tx, act, words));
            let found = found.unwrap().into_iter();
            found.map(|letter| letter.id).collect::<Vec<_>>()
        };
        assert_eq!(found("planı imar"), std::slice::from_ref(&first));
        assert_eq!(found("IŞIKLANDIRMA"), std::slice::from_ref(&second));
        assert_eq!(found("105.04-12"), std::slice::from_ref(&second));
        assert!(!found(number).contains(&foreign), "another unit's");
        assert_eq!(found("yok böyle"), [] as [String; 0]);
        assert!(!found("").contains(&id), "a draft has no number");
        assert_eq!(
            cite(&office, &id, &foreign).unwrap_err().code(),
            "evrak_yok"
        );
        assert_eq!(lines(&office, &id), []);
    }
}

#[tokio::test]
async fn the_search_page_cites_by_one_button_and_the_letter_links_back() {
    let office = Office::open(None);
    let ayse = Seat::of(&office, "ayse");
    let [first, _, id] = letters(&office);
    let address = format!("/evrak/{id}/ilgi");
    let page = ayse.page(&format!("{address}?q=imar+plan%C4%B1")).await;
    assert_eq!(page.status, StatusCode::OK);
    assert!(page.body.contains(FIRST) && !page.body.contains(SECOND));
    let value = format!("name=\"text\" value=\"{FIRST}\"");
    assert!(page.body.contains(&value), "{}", page.body);
    let nothing = ayse.page(&format!("{address}?q=yok")).await.body;
    assert!(nothing.contains("Kayıt bulunamadı"));

    let to = ayse.form(&address, &[("text", FIRST)]).await.location();
    assert_eq!(to, format!("/evrak/{id}#ilgi"));
    ayse.form(&address, &[("text", THEIRS)]).await.location();
    let shown = ayse.page(&format!("/evrak/{id}")).await.body;
    assert!(
        shown.contains(&format!("href=\"/evrak/{first}\"")),
        "{shown}"
    );
    let sentence = format!("20.11.2026 tarihli ve {FIRST} sayılı yazımız.");
    let place = |page: &str, words: &str| page.find(words).unwrap_or_else(|| panic!("{words}"));
    assert!(place(&shown, &sentence) < place(&shown, THEIRS));

    let rest = shown.split(&format!("action=\"{address}/")).nth(1);
    let line = rest
        .expect("a form for each line")
        .split('"')
        .next()
        .unwrap();
    let down = [("action", "down")];
    ayse.form(&format!("{address}/{line}"), &down)
        .await
        .location();
    let shown = ayse.page(&format!("/evrak/{id}")).await.body;
    assert!(place(&shown, THEIRS) < place(&shown, &sentence));
}
