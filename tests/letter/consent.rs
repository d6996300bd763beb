//! The Olur: written to the office that grants it, ended by its last signature; and the words that
//! letters close with while their drafter has chosen none.

use std::io::Cursor;

use dys::access::user;
use dys::dispatch::send;
use dys::dispatch::tracking::{self, Criteria};
use dys::distribution::{DestinationType, list, preflight};
use dys::document::Closing;
use dys::package;
use dys::worklist::list::{self as work, Kind};

use super::*;

/// An Olur of Ayşe's with this chain, to nobody.
fn consent(office: &Office, chain: &[(&str, &str)]) -> String {
    let id = office.letter(chain);
    let letter = id.clone();
    office
        .run("ayse", move |tx, act| {
            let havsa = list::list(tx, act, &letter)?.remove(0);
            list::remove(tx, act, &letter, &[havsa.id])?;
            let version = draft::open(tx, act, &letter)?.version;
            let changes = Changes {
                kind: Some("consent".to_owned()),
                subject: Some("Araç Görevlendirmesi.".to_owned()),
                text: Some("Araç görevlendirilmesini olurlarınıza arz ederim.".to_owned()),
                ..Changes::default()
            };
            draft::save(tx, act, &letter, version, &changes)
        })
        .unwrap();
    id
}

fn codes(office: &Office, id: &str) -> Vec<(preflight::Severity, &'static str)> {
    let id = id.to_owned();
    office
        .run("ayse", move |tx, _| preflight::preflight(tx, &id))
        .unwrap()
        .into_iter()
        .map(|finding| (finding.severity, finding.code))
        .collect()
}

fn waiting_to_be_sent(office: &Office) -> usize {
    office
        .run("ayse", |tx, act| {
            Ok(work::page(tx, act, Kind::Signed, None)?.items.len())
        })
        .unwrap()
}

/// Where each of these stands, asserted to follow each other.
fn in_order(text: &str, parts: &[&str]) {
    let mut rest = text;
    for part in parts {
        let at = rest.find(part).unwrap_or_else(|| panic!("{part}: {text}"));
        rest = &rest[at + part.len()..];
    }
}

#[test]
fn an_olur_goes_to_the_makam_and_ends_with_its_last_signature() {
    for office in on_every_engine() {
        // Its unit's letters send themselves; an Olur has nowhere to go.
        let unit = office.writing.clone();
        office
            .as_system(move |tx, _| {
                let sql = "INSERT INTO unit_setting (unit_id, key, value) VALUES (?1, ?2, '1')";
                tx.execute(sql, dys::params![unit, dys::setting::SENDS_ITSELF])?;
                Ok(())
            })
            .unwrap();
        let id = consent(
            &office,
            &[
                ("initial", "mehmet"),
                ("signature", "fatma"),
                ("signature", "ali"),
            ],
        );
        assert_eq!(
            codes(&office, &id),
            [(preflight::Severity::Note, "alici_bos")]
        );
        office.submit(&id);
        office.initial("mehmet", &id);
        assert!(!office.signs("fatma", &id));
        assert!(office.signs("ali", &id));
        assert_eq!(office.state(&id), State::Signed, "{}", office.name);

        if let Some(text) = office.frozen_text(&id) {
            in_order(
                &text,
                &[
                    "24.11.2026",
                    "Araç Görevlendirmesi BAŞKANLIK MAKAMINA",
                    "olurlarınıza arz ederim.",
                    "Fatma KAYA Başkan Yardımcısı",
                    "OLUR 24.11.2026 Ali ŞAHİN Belediye Başkanı",
                ],
            );
            for wrong in ["DAĞITIM", "Dağıtım", "Mehmet", "BAŞKANLIĞINA"] {
                assert!(!text.contains(wrong), "{wrong}: {text}");
            }
        }
        // The package names the house, since a package names somebody.
        let whole = wait(package::whole(&office.app, &id)).unwrap();
        let read =
            eyazisma::Package::read(Cursor::new(&*whole.bytes), &eyazisma::Limits::default());
        let read = read.unwrap();
        let recipients = &read.metadata.as_ref().unwrap().recipients;
        let names: Vec<String> = recipients.iter().map(|line| line.party.name()).collect();
        assert_eq!(names, ["Keşan Belediye Başkanlığı"]);
        let findings = read.check(&eyazisma::Options {
            rehearsal: true,
            ..eyazisma::Options::default()
        });
        assert!(
            findings
                .iter()
                .all(|it| it.severity <= eyazisma::Severity::Note),
            "{findings:?}"
        );

        // Nobody is asked to send it, nothing sends it, and tracking says where it is.
        assert_eq!(waiting_to_be_sent(&office), 0, "{}", office.name);
        let by_itself: i64 = {
            let id = id.clone();
            office
                .run("ayse", move |tx, _| {
                    let sql = "SELECT auto_dispatch FROM document WHERE id = ?1";
                    Ok(tx.scalar(sql, dys::params![id])?)
                })
                .unwrap()
        };
        assert_eq!(by_itself, 0, "{}", office.name);
        let (person, version) = (&office.people["ayse"], office.version(&id));
        let refused = wait(send::send(&office.app, person, &id, version)).unwrap_err();
        assert_eq!(refused.code(), "olur_gonderilmez");
        let refused = wait(dys::proof::bundle::make(&office.app, person, &id)).unwrap_err();
        assert_eq!(refused.code(), "paket_yok");
        assert!(
            refused.to_string().contains("Alıcısı olmayan olur"),
            "{refused}"
        );
        let page = office
            .run("ayse", |tx, act| {
                tracking::search(tx, act, &Criteria::default())
            })
            .unwrap();
        let [line] = page.lines.as_slice() else {
            panic!("{:?}", page.lines);
        };
        assert_eq!(
            (line.recipient_id.as_deref(), line.recipient.as_str()),
            (None, "Olur; alıcısı yok")
        );
        assert_eq!(line.delivery_status, "Gönderilmez; dosyasında saklanır");
        assert_eq!(line.file_no, "105.04-1");
    }
}

#[test]
fn an_olur_whose_makam_is_unknown_asks_for_the_line_and_one_with_a_copy_is_sent() {
    let office = Office::open(None);
    let id = consent(&office, &[("signature", "fatma")]);
    let (letter, version) = (id.clone(), office.version(&id));
    let error = office
        .run("ayse", move |tx, act| {
            steps::submit(tx, act, &letter, version)
        })
        .unwrap_err();
    assert!(error.to_string().contains("Olurun makamı"), "{error}");
    let (letter, havsa) = (id.clone(), office.havsa.clone());
    office
        .run("ayse", move |tx, act| {
            list::add_units(tx, act, &letter, DestinationType::ExternalKep, &[havsa])?;
            let version = draft::open(tx, act, &letter)?.version;
            let changes = Changes {
                addressee_line: Some("BAŞKAN YARDIMCILIĞI MAKAMINA".to_owned()),
                ..Changes::default()
            };
            draft::save(tx, act, &letter, version, &changes)
        })
        .unwrap();
    office.submit(&id);
    assert!(office.signs("fatma", &id));
    if let Some(text) = office.frozen_text(&id) {
        in_order(
            &text,
            &[
                "BAŞKAN YARDIMCILIĞI MAKAMINA",
                "OLUR 24.11.2026 Fatma KAYA",
                "Dağıtım:",
                "Havsa Belediye Başkanlığına",
            ],
        );
    }
    assert_eq!(waiting_to_be_sent(&office), 1);
}

/// What the frozen letter of Yazı İşleri to Fen İşleri says.
fn to_works(
    office: &Office,
    signer: &str,
    language: &'static str,
    closing: Option<&'static str>,
) -> Option<String> {
    let id = office.letter(&[("signature", signer)]);
    let letter = id.clone();
    office
        .run("ayse", move |tx, act| {
            assert_eq!(draft::open(tx, act, &letter)?.closing, Closing::Auto);
            let havsa = list::list(tx, act, &letter)?.remove(0);
            list::remove(tx, act, &letter, &[havsa.id])?;
            let own = dys::directory::own_institution(tx)?.expect("an institution");
            let units = dys::directory::page(tx, Some(&own.id), None, 500)?;
            let works = units
                .iter()
                .find(|unit| unit.name == "Fen İşleri Müdürlüğü");
            let works = works.expect("Fen İşleri").id.as_str().to_owned();
            list::add_units(tx, act, &letter, DestinationType::InternalUnit, &[works])?;
            let version = draft::open(tx, act, &letter)?.version;
            let changes = Changes {
                language: Some(language.to_owned()),
                closing: closing.map(str::to_owned),
                ..Changes::default()
            };
            draft::save(tx, act, &letter, version, &changes)
        })
        .unwrap();
    office.submit(&id);
    assert!(office.signs(signer, &id));
    office.frozen_text(&id)
}

/// Whether the text ends as expected, and with nothing else.
fn assert_closing(text: &str, expected: Option<&str>, case: &str) {
    for phrase in ["Rica ederim.", "Arz ederim."] {
        let stands = text.contains(phrase);
        assert_eq!(stands, expected == Some(phrase), "{case}: {text}");
    }
}

#[test]
fn who_chose_no_closing_gets_the_one_of_the_recipients_rank() {
    let office = Office::open(None);
    for (language, closing, expected) in [
        ("tur", None, Some("Rica ederim.")),
        ("tur", Some("arz"), Some("Arz ederim.")),
        ("tur", Some("none"), None),
        ("eng", None, None),
        ("eng", Some("arz"), None),
    ] {
        let Some(text) = to_works(&office, "ali", language, closing) else {
            return;
        };
        assert_closing(&text, expected, &format!("{language} {closing:?}"));
    }
}

#[test]
fn inside_the_house_rank_is_that_of_the_last_signer() {
    for office in on_every_engine() {
        let close = |signer| to_works(&office, signer, "tur", None);
        let Some(text) = close("mehmet") else { return };
        assert_closing(&text, Some("Arz ederim."), "a director to another one");
        for above in ["fatma", "ali"] {
            let text = close(above).unwrap();
            assert_closing(&text, Some("Rica ederim."), above);
        }
        let (mehmet, ali) = (
            office.people["mehmet"].user_id.clone(),
            office.people["ali"].user_id.clone(),
        );
        office
            .as_system(move |tx, act| user::set_delegator(tx, act, &mehmet, Some(&ali)))
            .unwrap();
        let text = close("mehmet").unwrap();
        assert_closing(&text, Some("Rica ederim."), "in the mayor's name");
    }
}
