//! Templates that units own: kept by those who write, used by the units below, forgotten by letters.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod townhall;

use dys::approval::act as steps;
use dys::document::draft::{self, Changes};
use dys::document::template::{self, Template};
use dys::document::{Closing, Confidentiality, DocumentKind, Letter};
use dys::params;
use townhall::{Office, on_every_engine};

const TABLE: &str = r#"{"type":"doc","content":[
    {"type":"paragraph","content":[{"type":"text","text":"Meclisin … ayı toplantısı"}]},
    {"type":"table","content":[{"type":"table_row","content":[
        {"type":"table_header","content":[{"type":"paragraph","content":[
            {"type":"text","text":"Madde"}]}]}]}]}]}"#;

impl Office {
    fn template(&self, who: &str, unit: &str, name: &'static str) -> String {
        let unit = unit.to_owned();
        self.run(who, move |tx, act| template::create(tx, act, &unit, name))
            .unwrap()
    }

    fn kept(&self, who: &str, id: &str) -> Template {
        let id = id.to_owned();
        self.run(who, move |tx, act| template::open(tx, act, &id))
            .unwrap()
    }

    fn save(&self, who: &str, id: &str, changes: Changes) {
        let before = self.kept(who, id);
        let id = id.to_owned();
        self.run(who, move |tx, act| {
            template::save(tx, act, &id, before.version, &before.name, &changes)
        })
        .unwrap();
    }

    fn usable(&self, who: &str) -> Vec<String> {
        let all = self.run(who, template::usable).unwrap();
        all.into_iter().map(|it| it.name).collect()
    }

    fn start(&self, who: &str, unit: &str, id: &str) -> template::Started {
        let (unit, id) = (unit.to_owned(), id.to_owned());
        self.run(who, move |tx, act| template::start(tx, act, &unit, &id))
            .unwrap()
    }

    fn letter_as(&self, who: &str, id: &str) -> Letter {
        let id = id.to_owned();
        self.run(who, move |tx, act| draft::open(tx, act, &id))
            .unwrap()
    }

    /// The institution, above every unit.
    fn house(&self) -> String {
        self.people["ali"].home_unit().unwrap().to_owned()
    }
}

fn agenda() -> Changes {
    Changes {
        subject: Some("Meclis Gündemi".to_owned()),
        kind: Some("circular".to_owned()),
        confidentiality: Some("restricted".to_owned()),
        personal: Some(true),
        plan_code: Some("105.04".to_owned()),
        closing: Some("rica".to_owned()),
        body: Some(TABLE.to_owned()),
        ..Changes::default()
    }
}

#[test]
fn a_letter_begins_with_a_template_and_is_its_own_from_then_on() {
    for office in on_every_engine() {
        let id = office.template("ayse", &office.writing.clone(), "Meclis gündemi");
        office.save("ayse", &id, agenda());
        let started = office.start("can", &office.writing.clone(), &id);
        assert!(started.left_out.is_empty(), "{}", office.name);
        let letter = office.letter_as("can", &started.letter_id);
        assert_eq!(
            (letter.subject.as_str(), letter.kind, letter.closing),
            ("Meclis Gündemi", DocumentKind::Circular, Closing::Rica)
        );
        assert_eq!(letter.confidentiality, Confidentiality::Restricted);
        assert!(letter.personal && letter.body.to_html().contains("<th>"));
        assert_eq!(letter.plan_code.as_deref(), Some("105.04"));
        assert!(letter.case_file_id.is_some(), "it is filed");
        assert_eq!(letter.drafter_name, "Can Er");

        let changed = Changes {
            subject: Some("Başka Konu".to_owned()),
            ..Changes::default()
        };
        office.save("ayse", &id, changed);
        let version = office.kept("ayse", &id).version;
        let gone = id.clone();
        office
            .run("can", move |tx, act| {
                template::delete(tx, act, &gone, version)
            })
            .unwrap();
        let after = office.letter_as("can", &started.letter_id);
        assert_eq!(after.subject, "Meclis Gündemi", "{}", office.name);
        assert!(office.usable("can").is_empty());
    }
}

#[test]
fn a_units_templates_serve_the_units_below_and_nobody_else() {
    for office in on_every_engine() {
        let house = office.template("fatma", &office.house(), "Genel üst yazı");
        let writing = office.template("ayse", &office.writing.clone(), "Meclis gündemi");
        assert_eq!(office.usable("ayse"), ["Genel üst yazı", "Meclis gündemi"]);
        assert_eq!(
            office.usable("ismail"),
            ["Genel üst yazı"],
            "{}",
            office.name
        );

        let works = office.people["ismail"].home_unit().unwrap().to_owned();
        let letter = office.start("ismail", &works, &house).letter_id;
        assert_eq!(office.letter_as("ismail", &letter).unit_id, works);
        for forged in [writing.as_str(), "' OR 1=1", ""] {
            let (unit, id) = (works.clone(), forged.to_owned());
            let code = office.refused("ismail", move |tx, act| {
                template::start(tx, act, &unit, &id)
            });
            assert_eq!(code, "sablon_yok", "{}: {forged}", office.name);
        }
        // Fatma sees both, and still no letter of one unit begins with another's template.
        let (unit, id) = (works, writing.clone());
        let code = office.refused("fatma", move |tx, act| template::start(tx, act, &unit, &id));
        assert_eq!(code, "sablon_baska_birim");
        let (unit, id) = (office.writing.clone(), house.clone());
        let code = office.refused("ismail", move |tx, act| {
            template::start(tx, act, &unit, &id)
        });
        assert_eq!(
            code, "yetki_yok",
            "no letter of a unit that is not one's own"
        );

        let id = house.clone();
        let code = office.refused("ayse", move |tx, act| {
            template::save(tx, act, &id, 1, "Bizim", &Changes::default())
        });
        assert_eq!(code, "yetki_yok", "{}", office.name);
        let unit = office.house();
        let code = office.refused("ayse", move |tx, act| {
            template::create(tx, act, &unit, "Kurum adına")
        });
        assert_eq!(code, "yetki_yok");
        let unit = office.havsa.clone();
        let code = office.refused("fatma", move |tx, act| {
            template::create(tx, act, &unit, "Başkasının")
        });
        assert_eq!(code, "birim_yok");
    }
}

#[test]
fn a_template_obeys_the_rules_of_a_letter() {
    for office in on_every_engine() {
        let unit = office.writing.clone();
        let id = office.template("ayse", &unit, "Meclis gündemi");
        let attempt = |name: &'static str, version: i64, changes: Changes| {
            let id = id.clone();
            office
                .run("ayse", move |tx, act| {
                    template::save(tx, act, &id, version, name, &changes)
                })
                .unwrap_err()
        };
        let wrong = Changes {
            subject: Some("x".repeat(251)),
            plan_code: Some("999.99".to_owned()),
            secondary_code: Some("yok".to_owned()),
            ..Changes::default()
        };
        let error = attempt(" ", 1, wrong);
        let fields: Vec<&str> = error
            .problem()
            .unwrap()
            .fields
            .iter()
            .map(|(field, _)| field.as_str())
            .collect();
        assert_eq!(
            fields,
            ["name", "subject", "plan_code", "secondary_code"],
            "{}",
            office.name
        );
        let secret = Changes {
            confidentiality: Some("secret".to_owned()),
            ..Changes::default()
        };
        assert_eq!(
            attempt("Gizli", 1, secret).code(),
            "gizlilik_elektronik_olmaz"
        );
        assert_eq!(attempt("Eski", 7, agenda()).code(), "surum_eski");

        let other = office.template("can", &unit, "Tebrik");
        let code = office.refused("ayse", move |tx, act| {
            template::save(tx, act, &other, 1, "MECLİS GÜNDEMİ", &Changes::default())
        });
        assert_eq!(code, "sablon_var", "case makes no other name");
        let code = office.refused("ayse", move |tx, act| {
            template::create(tx, act, &unit, "meclis gundemi")
        });
        assert_eq!(code, "sablon_var", "{}", office.name);
        let folders: i64 = office
            .run("ayse", |tx, _| {
                Ok(tx.scalar("SELECT COUNT(*) FROM case_file", params![])?)
            })
            .unwrap();
        assert_eq!(folders, 0, "a template opens no folder");
    }
}

#[test]
fn a_template_that_has_aged_still_serves_and_says_what_it_lost() {
    for office in on_every_engine() {
        let unit = office.writing.clone();
        let id = office.template("ayse", &unit, "Meclis gündemi");
        office.save("ayse", &id, agenda());
        let aged = id.clone();
        office
            .run("ayse", move |tx, _| {
                tx.execute(
                    "UPDATE letter_template SET plan_code = '999.99' WHERE id = ?1",
                    params![&aged],
                )?;
                Ok(())
            })
            .unwrap();
        let started = office.start("ayse", &unit, &id);
        assert_eq!(started.left_out.len(), 1, "{}", office.name);
        assert!(started.left_out[0].contains("999.99"), "{:?}", started);
        let letter = office.letter_as("ayse", &started.letter_id);
        assert_eq!(letter.subject, "Meclis Gündemi");
        assert_eq!(letter.plan_code, None);
    }
}

#[test]
fn a_letter_becomes_a_template_for_its_unit() {
    for office in on_every_engine() {
        let letter = office.letter(&[("signature", "ali")]);
        let kept = letter.clone();
        let id = office
            .run("can", move |tx, act| {
                template::save_letter(tx, act, &kept, " Meclis kararı bildirimi ")
            })
            .unwrap();
        let template = office.kept("ayse", &id);
        assert_eq!(template.name, "Meclis kararı bildirimi");
        assert_eq!(template.unit_id, office.writing);
        assert_eq!(template.plan_code.as_deref(), Some("105.04"));
        assert_eq!(
            template.body.to_plain(),
            "Birinci paragraf.\n\nİkinci paragraf."
        );
        let hidden = letter.clone();
        let code = office.refused("ismail", move |tx, act| {
            template::save_letter(tx, act, &hidden, "Çalıntı")
        });
        assert_eq!(code, "evrak_yok", "{}", office.name);

        // What begins with it goes its way like any other letter.
        let next = office.start("ayse", &office.writing.clone(), &id).letter_id;
        let version = office.version(&next);
        let code = office.refused("ayse", move |tx, act| {
            steps::submit(tx, act, &next, version)
        });
        assert_eq!(code, "onay_imzasiz");
    }
}
