//! İlgi: citing an earlier letter, whose link and sentence stand in the order that its writer chose.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod seat;
mod townhall;

use axum::http::StatusCode;
use dys::distribution::preflight::{self, Severity};
use dys::document::{draft, reference};
use dys::inbox::register::{self, Entry};
use dys::inbox::{IncomingKind, Source, cite as registry};
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

/// How many findings at Onaya Sun are about the order.
fn warned(office: &Office, id: &str) -> usize {
    told(office, id, "ilgi_sirasi")
}

/// How many warnings of this kind are told at Onaya Sun.
fn told(office: &Office, id: &str, code: &str) -> usize {
    let id = id.to_owned();
    let found = office.run("ayse", move |tx, _| preflight::preflight(tx, &id));
    let found = found.unwrap().into_iter();
    let of_kind = found.filter(|finding| finding.code == code);
    of_kind
        .inspect(|finding| assert_eq!(finding.severity, Severity::Warning))
        .count()
}

fn cite_incoming(office: &Office, who: &str, id: &str, cited: &str) -> dys::error::Result<()> {
    let (id, cited) = (id.to_owned(), cited.to_owned());
    office.run(who, move |tx, act| registry::cite(tx, act, &id, &cited))
}

/// Runs what is asynchronous; the PostgreSQL client of the tests brings a runtime of its own.
fn wait<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap()
        .block_on(work)
}

fn cite(office: &Office, id: &str, cited: &str) -> dys::error::Result<()> {
    let (id, cited) = (id.to_owned(), cited.to_owned());
    office.run("ayse", move |tx, act| reference::cite(tx, act, &id, &cited))
}

#[test]
fn a_line_takes_its_place_by_its_date_until_somebody_moves_it() {
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
        // Cited as 23.11, 20.11 and 18.11; they stand oldest first (regulation article 15).
        let shown = lines(&office, &id);
        assert_eq!(
            shown,
            [of_theirs.clone(), of_first.clone(), of_second.clone()]
        );
        assert_eq!(["a", "b", "c", "ç"], [0, 1, 2, 3].map(reference::mark));
        let law = (None, "5393 sayılı Belediye Kanunu.".to_owned());
        let letter = id.clone();
        office
            .run("ayse", move |tx, act| {
                reference::cite_text(tx, act, &letter, " 5393 sayılı Belediye Kanunu ")
            })
            .unwrap();
        assert_eq!(lines(&office, &id)[3], law, "no date, and its period");
        assert_eq!(warned(&office, &id), 0);

        // The first goes down to the end, and no further; the others keep their order.
        for place in 0..4 {
            let letter = id.clone();
            office
                .run("ayse", move |tx, act| {
                    let list = reference::list(tx, act, &letter)?;
                    let line = list.iter().find(|line| line.text == THEIRS);
                    reference::shift(tx, act, &letter, &line.unwrap().id, false)
                })
                .unwrap();
            assert_eq!(warned(&office, &id), 1, "{place}: out of order");
        }
        let shown = lines(&office, &id);
        assert_eq!(
            shown,
            [of_first.clone(), of_second.clone(), law.clone(), of_theirs]
        );

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
                let line = reference::list(tx, act, &letter)?.remove(3);
                reference::remove(tx, act, &letter, &line.id)
            })
            .unwrap();
        assert_eq!(lines(&office, &id), [of_first, of_second, law]);
        assert_eq!(warned(&office, &id), 0);
    }
}

#[test]
fn a_letter_is_cited_only_when_its_last_signature_has_settled_number_and_day() {
    for office in on_every_engine() {
        let [_, first, id] = letters(&office);
        for state in ["in_approval", "returned"] {
            let (letter, to) = (first.clone(), state.to_owned());
            office
                .as_system(move |tx, _| {
                    tx.execute(
                        "UPDATE document SET state = ?2 WHERE id = ?1",
                        params![&letter, &to],
                    )?;
                    Ok(())
                })
                .unwrap();
            let refused = cite(&office, &id, &first).unwrap_err();
            assert_eq!(refused.code(), "ilgi_sayisiz", "{state}");
            let found = office.run("ayse", |tx, act| reference::citable(tx, act, SECOND));
            assert!(found.unwrap().is_empty(), "{state}");
        }
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
    assert!(place(&shown, THEIRS) < place(&shown, &sentence), "older");

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
    assert!(place(&shown, &sentence) < place(&shown, THEIRS));
}

const CAME_IN: &str = "E-12345678-105.04-77";

/// A registered letter is found by whoever sees it, cited by its sender's name or as the addressee's
/// own, and stands in the package with its number and date.
#[test]
fn what_came_in_is_cited_by_those_who_see_it_and_named_in_the_package() {
    for office in on_every_engine() {
        let incoming = office.paper();
        let found = |who: &'static str, words: &'static str| {
            let found = office.run(who, move |tx, act| registry::citable(tx, act, words));
            let found = found.unwrap().into_iter();
            found.map(|line| line.id).collect::<Vec<_>>()
        };
        for words in ["kış hazırlık", "valiliği", CAME_IN] {
            assert_eq!(found("ayse", words), std::slice::from_ref(&incoming));
        }
        assert!(found("ismail", CAME_IN).is_empty(), "another unit's");

        let [_, second, id] = letters(&office);
        cite_incoming(&office, "ayse", &id, &incoming).unwrap();
        cite(&office, &id, &second).unwrap();
        let text = |id: &str| lines(&office, id)[0].1.clone();
        let to_others =
            format!("Edirne Valiliğinin 20.11.2026 tarihli ve {CAME_IN} sayılı yazısı.");
        assert_eq!(text(&id), to_others, "{}", office.name);
        let again = cite_incoming(&office, "ayse", &id, &incoming);
        assert_eq!(again.unwrap_err().code(), "ilgi_var");
        let unit = office.people["ismail"].home_unit().unwrap().to_owned();
        let foreign = office.run("ismail", move |tx, act| draft::create(tx, act, &unit));
        let stolen = cite_incoming(&office, "ismail", &foreign.unwrap(), &incoming);
        assert_eq!(stolen.unwrap_err().code(), "gelen_yok");

        // To its sender alone it is theirs.
        let (unit, havsa) = (office.writing.clone(), office.havsa.clone());
        let of_havsa = office.run("ayse", move |tx, act| {
            let entry = Entry {
                sender: "Havsa Belediye Başkanlığı".to_owned(),
                sender_unit_id: Some(havsa),
                subject: "Su hattı".to_owned(),
                their_number: "E-87654321-105.04-3".to_owned(),
                their_date: "2026-11-19".parse().ok(),
                ..Entry::new(&unit, Source::Paper, IncomingKind::Letter)
            };
            register::paper(tx, act, &entry)
        });
        let answer = office.letter(&[("signature", "ali")]);
        cite_incoming(&office, "ayse", &answer, &of_havsa.unwrap().0).unwrap();
        let to_them = "19.11.2026 tarihli ve E-87654321-105.04-3 sayılı yazınız.";
        assert_eq!(text(&answer), to_them);
        assert_eq!(told(&office, &answer, "ilgi_muhatap"), 0);
        // Somebody else reads it too now, who wrote nothing.
        let letter = answer.clone();
        office
            .run("ayse", move |tx, act| {
                let own = dys::directory::own_institution(tx)?.expect("an institution");
                let units = dys::directory::page(tx, Some(&own.id), None, 500)?;
                let works = units
                    .iter()
                    .find(|unit| unit.name == "Fen İşleri Müdürlüğü");
                let works = works.expect("Fen İşleri").id.as_str().to_owned();
                let inside = dys::distribution::DestinationType::InternalUnit;
                dys::distribution::list::add_units(tx, act, &letter, inside, &[works])
            })
            .unwrap();
        assert_eq!(told(&office, &answer, "ilgi_muhatap"), 1);

        // Ilgi in Üstveri says what the page says.
        wait(office.sign("ayse", &id));
        let whole = wait(dys::package::whole(&office.app, &id)).unwrap();
        let package = eyazisma::Package::read(
            std::io::Cursor::new(&whole.bytes),
            &eyazisma::Limits::default(),
        );
        let said: Vec<_> = package.unwrap().metadata.unwrap().references;
        let said = said.iter().map(|it| {
            let day = it.date.as_ref().map(|date| date.as_str()[..10].to_owned());
            (
                it.number.clone().unwrap_or_default(),
                day.unwrap_or_default(),
            )
        });
        assert_eq!(
            said.collect::<Vec<_>>(),
            [(CAME_IN, "2026-11-20"), (SECOND, "2026-11-23")]
                .map(|(number, day)| (number.to_owned(), day.to_owned()))
        );
    }
}

#[tokio::test]
async fn the_search_page_cites_a_registered_letter_and_the_line_leads_to_it() {
    let office = Office::open(None);
    let ayse = Seat::of(&office, "ayse");
    let incoming = office.paper();
    let id = office.letter(&[("signature", "ali")]);
    let address = format!("/evrak/{id}/ilgi");
    let page = ayse.page(&format!("{address}?q=valili%C4%9Fi")).await.body;
    let value = format!("name=\"incoming\" value=\"{incoming}\"");
    assert!(
        page.contains("Gelen evrak") && page.contains(&value),
        "{page}"
    );
    ayse.form(&address, &[("incoming", &incoming)])
        .await
        .location();
    let shown = ayse.page(&format!("/evrak/{id}")).await.body;
    assert!(shown.contains(&format!("<a href=\"/gelen/{incoming}\">Edirne Valiliğinin")));
    // Typed by its number it is the same one.
    let again = ayse.form(&address, &[("text", CAME_IN)]).await;
    assert!(
        again.body.contains("Bu ilgi listede var."),
        "{}",
        again.body
    );
}
