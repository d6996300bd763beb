//! A draft and who writes it: what is told before approval, and what is never lost.

use dys::access::user;
use dys::approval::{self, act as steps, chain};
use dys::document::attach::{self, New};
use dys::document::draft::{self, Changes, Saved};
use dys::document::reference;
use dys::document::unfinished::{self, Filter};
use dys::error::Error;
use dys::worklist::{Kind, list};

use super::*;

#[test]
fn a_sign_that_no_font_has_is_told_at_onaya_sun_wherever_it_stands() {
    for office in on_every_engine() {
        let attempt = |spoil: &dyn Fn(&Office, &str)| {
            let id = office.letter(&[("signature", "ali")]);
            spoil(&office, &id);
            let version = office.version(&id);
            office
                .run("ayse", move |tx, act| steps::submit(tx, act, &id, version))
                .unwrap_err()
                .problem()
                .unwrap()
                .message
                .clone()
        };
        let in_attachment = attempt(&|office, id| {
            let letter = id.to_owned();
            let title = "Fotoğraflar 😀".to_owned();
            office
                .run("ayse", move |tx, act| {
                    attach::add(tx, act, &letter, New::Physical { title })
                })
                .unwrap();
        });
        let in_reference = attempt(&|office, id| {
            let letter = id.to_owned();
            office
                .run("ayse", move |tx, act| {
                    reference::cite_text(tx, act, &letter, "書 tarihli dilekçe.")
                })
                .unwrap();
        });
        let in_a_name = attempt(&|office, _| {
            let ali = office.people["ali"].user_id.clone();
            office
                .as_system(move |tx, act| user::edit(tx, act, &ali, "Ali 😀 Şahin", "Başkan"))
                .unwrap();
        });
        for (told, sign) in [
            (in_attachment, "😀"),
            (in_reference, "書"),
            (in_a_name, "😀"),
        ] {
            assert!(
                told.contains("Yazı tipinde olmayan") && told.contains(sign),
                "{}: {told}",
                office.name
            );
        }
    }
}

/// Reads a list to its end; says how many lines each page had and what stood on all of them.
fn read_through<K>(
    mut page: impl FnMut(Option<&K>) -> (Vec<String>, Option<K>),
) -> (Vec<usize>, Vec<String>) {
    let (mut lengths, mut all, mut next) = (Vec::new(), Vec::new(), None);
    loop {
        let (ids, after) = page(next.as_ref());
        lengths.push(ids.len());
        all.extend(ids);
        match after {
            Some(after) => next = Some(after),
            None => return (lengths, all),
        }
    }
}

#[test]
fn a_long_desk_is_read_page_by_page_and_nothing_is_hidden() {
    for office in on_every_engine() {
        let mut letters = Vec::new();
        for number in 0..53 {
            let id = office.letter(&[("signature", "ali")]);
            if number % 3 == 0 {
                let (letter, version) = (id.clone(), office.version(&id));
                let changes = Changes {
                    urgency: Some("dated".to_owned()),
                    due_date: Some(format!("{:02}.12.2026", 1 + number % 7)),
                    ..Changes::default()
                };
                office
                    .run("ayse", move |tx, act| {
                        draft::save(tx, act, &letter, version, &changes)
                    })
                    .unwrap();
            }
            office.submit(&id);
            letters.push(id);
        }
        letters.sort();
        let complete = |what: &str, (lengths, mut all): (Vec<usize>, Vec<String>)| {
            assert_eq!(lengths, [50, 3], "{what} on {}", office.name);
            all.sort();
            assert_eq!(all, letters, "{what} on {}", office.name);
        };
        let asked = read_through(|after: Option<&String>| {
            let after = after.cloned();
            office
                .run("ali", move |tx, act| {
                    let (page, next) = approval::waiting_page(tx, act, after.as_deref())?;
                    let urgent = page.iter().map(|line| line.urgency.code() == "normal");
                    assert!(urgent.is_sorted(), "urgent first");
                    Ok((page.into_iter().map(|it| it.document_id).collect(), next))
                })
                .unwrap()
        });
        complete("Onay Bekleyenler", asked);
        let listed = read_through(|after: Option<&list::Key>| {
            // As the address carries it.
            let after = after.map(|key| list::Key::from_address(&key.in_address()).unwrap());
            office
                .run("ali", move |tx, act| {
                    let page = list::page(tx, act, Kind::ToApprove, after.as_ref())?;
                    let ids = page.items.into_iter().map(|it| it.document_id);
                    Ok((ids.collect(), page.next))
                })
                .unwrap()
        });
        complete("İş Listesi", listed);
        for (who, filter) in [
            ("ayse", Filter::Own),
            ("ayse", Filter::InApproval),
            ("can", Filter::Unit),
        ] {
            let found = read_through(|after: Option<&String>| {
                let after = after.cloned();
                office
                    .run(who, move |tx, act| {
                        let page = unfinished::page(tx, act, filter, after.as_deref())?;
                        for line in &page.lines {
                            let (kind, who) = line.waits_for.clone().unwrap();
                            assert_eq!((kind.label(), who.as_str()), ("İmza", "Ali Şahin"));
                        }
                        let ids = page.lines.into_iter().map(|line| line.id);
                        Ok((ids.collect(), page.next))
                    })
                    .unwrap()
            });
            complete(filter.label(), found);
        }
        for (who, filter) in [
            ("ayse", Filter::Draft),
            ("ayse", Filter::Returned),
            ("ayse", Filter::Unit),
            ("ismail", Filter::Unit),
        ] {
            let none = office
                .run(who, move |tx, act| unfinished::page(tx, act, filter, None))
                .unwrap();
            assert!(none.lines.is_empty(), "{who}: {}", filter.label());
        }
    }
}

#[test]
fn a_draft_is_thrown_away_until_it_took_a_number() {
    for office in on_every_engine() {
        let id = office.letter(&[("initial", "mehmet"), ("signature", "ali")]);
        let letter = id.clone();
        office
            .run("ayse", move |tx, act| {
                let cd = New::Physical {
                    title: "CD".to_owned(),
                };
                let cd = attach::add(tx, act, &letter, cd)?;
                let line = dys::distribution::list::list(tx, act, &letter)?.remove(0);
                dys::distribution::list::leave_out(tx, act, &letter, &line.id, &[cd.id])?;
                reference::cite_text(tx, act, &letter, "01.02.2026 tarihli yazı.")
            })
            .unwrap();
        let discard = |who: &str, id: &str| {
            let (letter, version) = (id.to_owned(), office.version(id));
            office
                .run(who, move |tx, act| {
                    unfinished::discard(tx, act, &letter, version)
                })
                .map_err(|error| error.code())
        };
        assert_eq!(discard("can", &id), Err("yetki_yok"), "{}", office.name);
        assert_eq!(discard("ismail", &id), Err("evrak_yok"));
        office.submit(&id);
        assert_eq!(discard("ayse", &id), Err("evrak_kapali"));
        office.give_back("mehmet", &id);
        assert_eq!(discard("ayse", &id), Ok(()), "{}", office.name);
        let letter = id.clone();
        let gone = office.refused("ayse", move |tx, act| draft::open(tx, act, &letter));
        assert_eq!(gone, "evrak_yok");
        let letter = id.clone();
        let log = office
            .run("ayse", move |tx, _| {
                Ok(dys::audit::entries_of(tx, "document", &letter)?)
            })
            .unwrap();
        assert_eq!(log.last().unwrap().action, "document.discard");

        let numbered = office.letter(&[("signature", "ali")]);
        office.submit(&numbered);
        office.prepare("ali", &numbered);
        office.give_back("ali", &numbered);
        assert_eq!(discard("ayse", &numbered), Err("taslak_sayili"));
    }
}

#[test]
fn two_people_never_overwrite_each_other() {
    for office in on_every_engine() {
        let id = office.letter(&[("signature", "ali")]);
        let version = office.version(&id);
        for (who, text) in [("ayse", "Ayşe'nin konusu"), ("can", "Can'ın konusu")] {
            let letter = id.clone();
            let outcome = office
                .run(who, move |tx, act| {
                    draft::save(tx, act, &letter, version, &subject(text))
                })
                .unwrap();
            match (who, outcome) {
                ("ayse", Saved::Done(new)) => assert_eq!(new, version + 1),
                ("can", Saved::Stale(now)) => assert_eq!(now.subject, "Ayşe'nin konusu"),
                (who, other) => panic!("{who}: {other:?}"),
            }
        }
        let letter = id.clone();
        let kept = office
            .run("can", move |tx, act| draft::kept_texts(tx, act, &letter))
            .unwrap();
        assert_eq!(kept[0].0.subject.as_deref(), Some("Can'ın konusu"));
    }
}

#[test]
fn a_letter_of_another_unit_does_not_exist() {
    for office in on_every_engine() {
        let id = office.letter(&[("signature", "ali")]);
        for forged in [
            id.as_str(),
            "00000000-0000-0000-0000-000000000000",
            "' OR 1=1",
        ] {
            let letter = forged.to_owned();
            let code = office.refused("ismail", move |tx, act| draft::open(tx, act, &letter));
            assert_eq!(code, "evrak_yok", "{}", office.name);
            let letter = forged.to_owned();
            let code = office.refused("ismail", move |tx, act| {
                draft::save(tx, act, &letter, 1, &Changes::default())
            });
            assert_eq!(code, "evrak_yok");
            let (letter, cited) = (id.clone(), forged.to_owned());
            let code = office.refused("ismail", move |tx, act| {
                reference::cite(tx, act, &letter, &cited)
            });
            assert_eq!(code, "evrak_yok");
        }
    }
}

#[test]
fn what_is_missing_is_told_before_approval() {
    for office in on_every_engine() {
        let unit = office.writing.clone();
        let id = office
            .run("ayse", move |tx, act| draft::create(tx, act, &unit))
            .unwrap();
        let letter = id.clone();
        let code = office.refused("ayse", move |tx, act| steps::submit(tx, act, &letter, 1));
        assert_eq!(code, "onay_imzasiz");
        let ali = office.people["ali"].user_id.clone();
        let letter = id.clone();
        let error = office
            .run("ayse", move |tx, act| {
                let step = chain::Planned {
                    kind: "signature".to_owned(),
                    user_id: ali,
                };
                chain::set(tx, act, &letter, &[step])?;
                let version = draft::open(tx, act, &letter)?.version;
                steps::submit(tx, act, &letter, version)
            })
            .unwrap_err();
        let told = error.problem().unwrap().message.clone();
        for part in ["Konu", "Dosya", "Metin"] {
            assert!(told.contains(part), "{told}");
        }
        let letter = id.clone();
        let degree = office.refused("ayse", move |tx, act| {
            let changes = Changes {
                confidentiality: Some("secret".to_owned()),
                ..Changes::default()
            };
            draft::save(tx, act, &letter, 1, &changes)
        });
        assert_eq!(degree, "gizlilik_elektronik_olmaz");
    }
}

#[test]
fn the_plain_box_does_not_flatten_what_the_editor_made() {
    for office in on_every_engine() {
        let id = office.letter(&[("signature", "ali")]);
        let list = r#"{"type":"doc","content":[{"type":"bullet_list","content":[{"type":"list_item",
            "content":[{"type":"paragraph","content":[{"type":"text","text":"madde"}]}]}]},
            {"type":"script","content":[{"type":"text","text":"alert(1)"}]}]}"#;
        let (letter, version) = (id.clone(), office.version(&id));
        let body = office
            .run("ayse", move |tx, act| {
                let changes = Changes {
                    body: Some(list.to_owned()),
                    ..Changes::default()
                };
                draft::save(tx, act, &letter, version, &changes)?;
                let made = draft::open(tx, act, &letter)?.body;
                let changes = Changes {
                    text: Some(made.to_plain().replace('\n', "\r\n")),
                    ..Changes::default()
                };
                draft::save(tx, act, &letter, version + 1, &changes)?;
                let after = draft::open(tx, act, &letter)?.body;
                assert_eq!(made, after);
                Ok(after)
            })
            .unwrap();
        let html = body.to_html();
        assert!(html.contains("<ul>") && !html.contains("<script"), "{html}");
    }
}

#[test]
fn attachments_keep_order_names_and_confidentiality() {
    for office in on_every_engine() {
        let id = office.letter(&[("signature", "ali")]);
        let letter = id.clone();
        let titles = office
            .run("ayse", move |tx, act| {
                let cd = New::Physical {
                    title: "CD (1 adet)".to_owned(),
                };
                let first = attach::add(tx, act, &letter, cd)?;
                let link = New::External {
                    title: "Arşiv".to_owned(),
                    reference: "https://arsiv.example/<script>".to_owned(),
                };
                attach::add(tx, act, &letter, link)?;
                attach::shift(tx, act, &letter, &first.id, false)?;
                attach::update(tx, act, &letter, &first.id, "USB bellek", true)?;
                let letter = draft::open(tx, act, &letter)?;
                assert_eq!(letter.confidentiality.code(), "restricted");
                let lines = attach::list(tx, act, &letter.id)?;
                Ok(lines.into_iter().map(|line| line.title).collect::<Vec<_>>())
            })
            .unwrap();
        assert_eq!(titles, ["Arşiv", "USB bellek"], "{}", office.name);
        // While the attachment stands there the letter cannot be made public again.
        let (letter, version) = (id.clone(), office.version(&id));
        let public = Changes {
            confidentiality: Some("none".to_owned()),
            ..Changes::default()
        };
        let changes = public.clone();
        let refused = office
            .run("ayse", move |tx, act| {
                draft::save(tx, act, &letter, version, &changes)
            })
            .unwrap_err();
        let Error::Problem(problem) = refused else {
            panic!("{refused}")
        };
        assert_eq!(problem.fields[0].0, "confidentiality", "{}", office.name);
        assert!(problem.fields[0].1.contains("Hizmete Özel bir ek var"));
        let letter = id.clone();
        office
            .run("ayse", move |tx, act| {
                let usb = attach::list(tx, act, &letter)?.remove(1);
                attach::update(tx, act, &letter, &usb.id, "USB bellek", false)?;
                let version = draft::open(tx, act, &letter)?.version;
                draft::save(tx, act, &letter, version, &public)
            })
            .unwrap();
        let letter = id.clone();
        let code = office.refused("ayse", move |tx, act| {
            let bad = New::Physical {
                title: "iki\nsatır".to_owned(),
            };
            attach::add(tx, act, &letter, bad)
        });
        assert_eq!(code, "ek_adi_gecersiz");
    }
}

#[test]
fn a_day_that_passed_during_approval_is_not_signed() {
    for office in on_every_engine() {
        let id = office.letter(&[("signature", "ali")]);
        let letter = id.clone();
        office
            .run("ayse", move |tx, act| {
                let version = draft::open(tx, act, &letter)?.version;
                let changes = Changes {
                    urgency: Some("dated".to_owned()),
                    due_date: Some("25.11.2026".to_owned()),
                    ..Changes::default()
                };
                draft::save(tx, act, &letter, version, &changes)
            })
            .unwrap();
        office.submit(&id);
        office
            .clock
            .set(NOON + jiff::SignedDuration::from_hours(48));
        let (ali, version) = (&office.people["ali"], office.version(&id));
        let refused = wait(sign::prepare(&office.app, ali, &id, version)).unwrap_err();
        assert_eq!(refused.code(), "miat_gecmis", "{}", office.name);
        assert!(office.register().is_empty(), "no number was taken");
        office.give_back("ali", &id);
        assert_eq!(office.state(&id), State::Returned);
    }
}
