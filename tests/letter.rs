//! A letter from its draft to its last signature, as the people of the office live it.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod pdf;
mod townhall;

use dys::access::deputy::{self, Deputation};
use dys::access::{Actor, Role, user};
use dys::approval::{self, StepState, act as steps, chain, sign};
use dys::document::attach::{self, New};
use dys::document::draft::{self, Changes, Saved};
use dys::document::unfinished::{self, Filter};
use dys::document::{State, number, reference};
use dys::error::Error;
use dys::worklist::{Kind, list};
use jiff::SignedDuration;
use townhall::{NOON, Office, on_every_engine};

/// Runs what is asynchronous; the PostgreSQL client of the tests brings a runtime of its own.
fn wait<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap()
        .block_on(work)
}

impl Office {
    fn submit(&self, id: &str) {
        let (letter, version) = (id.to_owned(), self.version(id));
        self.run("ayse", move |tx, act| {
            steps::submit(tx, act, &letter, version)
        })
        .unwrap();
    }

    fn initial(&self, who: &str, id: &str) {
        let (letter, version) = (id.to_owned(), self.version(id));
        self.run(who, move |tx, act| {
            steps::initial(tx, act, &letter, version)
        })
        .unwrap();
    }

    fn prepare(&self, who: &str, id: &str) -> sign::Prepared {
        wait(sign::prepare(
            &self.app,
            &self.people[who],
            id,
            self.version(id),
        ))
        .unwrap()
    }

    fn give_back(&self, who: &str, id: &str) {
        let (letter, version) = (id.to_owned(), self.version(id));
        self.run(who, move |tx, act| {
            steps::give_back(tx, act, &letter, version, "Eksik.")
        })
        .unwrap();
    }

    /// Returns true when it was the last signature.
    fn signs(&self, who: &str, id: &str) -> bool {
        let prepared = self.prepare(who, id);
        let person = &self.people[who];
        let signed = wait(dys::signature::rehearsal::sign(
            &self.app,
            person,
            &prepared.content,
            dys::signature::rehearsal::PIN,
        ))
        .unwrap();
        let letter = id.to_owned();
        self.run(who, move |tx, act| {
            sign::complete(tx, act, &letter, prepared.version, &signed)
        })
        .unwrap()
    }

    fn state(&self, id: &str) -> State {
        let id = id.to_owned();
        self.run("ayse", move |tx, act| Ok(draft::open(tx, act, &id)?.state))
            .unwrap()
    }

    /// What stands on the frozen PDF; `None` where no PDF reader is installed.
    fn frozen_text(&self, id: &str) -> Option<String> {
        let id = id.to_owned();
        let letter = self
            .run("ayse", move |tx, act| draft::open(tx, act, &id))
            .unwrap();
        let bytes = wait(self.app.blobs.get(&letter.frozen_hash.unwrap())).unwrap();
        pdf::text(&bytes)
    }

    fn register(&self) -> Vec<number::Registered> {
        self.run("ayse", |tx, _| number::register(tx, 50)).unwrap()
    }

    fn asked_of(&self, who: &str) -> usize {
        self.run(who, |tx, act| Ok(approval::waiting_for(tx, act)?.len()))
            .unwrap()
    }
}

fn subject(text: &str) -> Changes {
    Changes {
        subject: Some(text.to_owned()),
        ..Changes::default()
    }
}

#[test]
fn a_letter_goes_from_draft_to_two_signatures() {
    for office in on_every_engine() {
        let id = office.letter(&[
            ("initial", "mehmet"),
            ("signature", "fatma"),
            ("signature", "ali"),
        ]);
        office.submit(&id);
        assert_eq!(office.state(&id), State::InApproval, "{}", office.name);
        assert_eq!(
            (office.asked_of("mehmet"), office.asked_of("fatma")),
            (1, 0)
        );
        assert!(office.register().is_empty(), "an initial takes no number");

        office.initial("mehmet", &id);
        assert!(!office.signs("fatma", &id));
        let register = office.register();
        assert_eq!(
            (register.len(), register[0].state.as_str()),
            (1, "reserved")
        );
        assert!(register[0].number.starts_with("E-") && register[0].number.contains("-105.04-"));

        assert!(office.signs("ali", &id));
        assert_eq!(office.state(&id), State::Signed);
        assert_eq!(office.register()[0].state, "used");
        let text = office.frozen_text(&id);
        let parts = [
            register[0].number.as_str(),
            "24.11.2026",
            "HAVSA BELEDİYE BAŞKANLIĞINA",
            "Fatma KAYA",
            "Ali ŞAHİN",
            "İkinci paragraf.",
        ];
        if let Some(text) = text {
            for part in parts {
                assert!(text.contains(part), "{part}: {text}");
            }
            assert!(!text.contains("Mehmet"), "an initial is not on the letter");
        }

        let letter = id.clone();
        let version = office.version(&id);
        let outcome = office
            .run("ayse", move |tx, act| {
                draft::save(tx, act, &letter, version, &subject("başka"))
            })
            .unwrap();
        let Saved::Stale(unchanged) = outcome else {
            panic!("a signed letter was changed")
        };
        assert_eq!(unchanged.refusal().code(), "evrak_kapali");
        let letter = id.clone();
        let kept = office
            .run("ayse", move |tx, act| draft::kept_texts(tx, act, &letter))
            .unwrap();
        assert_eq!(kept[0].0.subject.as_deref(), Some("başka"), "it is kept");
    }
}

#[test]
fn a_returned_letter_loses_its_number_and_comes_again() {
    for office in on_every_engine() {
        let id = office.letter(&[("signature", "fatma"), ("signature", "ali")]);
        office.submit(&id);
        office.signs("fatma", &id);
        office.prepare("ali", &id);

        let (letter, version) = (id.clone(), office.version(&id));
        let empty = office.refused("ali", move |tx, act| {
            steps::give_back(tx, act, &letter, version, "  ")
        });
        assert_eq!(empty, "gerekce_bos");
        let (letter, version) = (id.clone(), office.version(&id));
        office
            .run("ali", move |tx, act| {
                steps::give_back(tx, act, &letter, version, "Tarih <b>yanlış</b>")
            })
            .unwrap();
        assert_eq!(office.state(&id), State::Returned);
        let cancelled = &office.register()[0];
        assert_eq!(cancelled.state, "cancelled");
        assert_eq!(
            cancelled.reason.as_deref(),
            Some("İade: Tarih <b>yanlış</b>")
        );

        office.submit(&id);
        office.signs("fatma", &id);
        assert!(office.signs("ali", &id));
        let register = office.register();
        assert_eq!(register.len(), 2);
        assert_ne!(register[0].number, register[1].number, "never used twice");
    }
}

#[test]
fn a_letter_goes_back_to_an_earlier_step_with_what_was_done_before_it() {
    for office in on_every_engine() {
        let id = office.letter(&[
            ("initial", "mehmet"),
            ("initial", "fatma"),
            ("signature", "fatma"),
            ("signature", "ali"),
        ]);
        office.submit(&id);
        office.initial("mehmet", &id);
        office.initial("fatma", &id);
        office.signs("fatma", &id);
        office.prepare("ali", &id);
        let back = |step: i64| {
            let (letter, version) = (id.clone(), office.version(&id));
            office.run("ali", move |tx, act| {
                steps::give_back_to_step(tx, act, &letter, version, "Rakamlara bakın", step)
            })
        };
        for wrong in [0, 4, 9, -1] {
            let refused = back(wrong).unwrap_err();
            assert_eq!(refused.code(), "iade_adimi", "{}: {wrong}", office.name);
        }
        back(2).unwrap();

        assert_eq!(
            office.state(&id),
            State::InApproval,
            "the text stays closed"
        );
        assert_eq!((office.asked_of("mehmet"), office.asked_of("ali")), (0, 0));
        assert_eq!(office.asked_of("fatma"), 1);
        let cancelled = &office.register()[0];
        assert_eq!(cancelled.state, "cancelled", "{}", office.name);
        assert_eq!(cancelled.reason.as_deref(), Some("İade: Rakamlara bakın"));
        let letter = id.clone();
        let now = office
            .run("ayse", move |tx, act| chain::current(tx, act, &letter))
            .unwrap();
        let states: Vec<StepState> = now.iter().map(|step| step.state).collect();
        assert_eq!(
            states,
            [
                StepState::Done,
                StepState::Active,
                StepState::Waiting,
                StepState::Waiting
            ]
        );
        assert_eq!(now[0].acted_by_name.as_deref(), Some("Mehmet Demir"));
        assert!(now[2].acted_by.is_none(), "a signature is given anew");
        let letter = id.clone();
        let before = office
            .run("ayse", move |tx, _| {
                Ok(approval::steps_of_round(tx, &letter, 1)?)
            })
            .unwrap();
        assert_eq!(before[3].state, StepState::Returned);
        assert_eq!(before[3].reason.as_deref(), Some("Rakamlara bakın"));

        office.initial("fatma", &id);
        office.signs("fatma", &id);
        assert!(office.signs("ali", &id));
        let register = office.register();
        assert_eq!(register.len(), 2);
        assert_ne!(register[0].number, register[1].number);
    }
}

#[test]
fn when_the_day_changes_all_sign_again() {
    for office in on_every_engine() {
        let id = office.letter(&[("signature", "fatma"), ("signature", "ali")]);
        office.submit(&id);
        office.signs("fatma", &id);
        office.clock.set(NOON + SignedDuration::from_hours(24));
        let prepared = office.prepare("ali", &id);
        assert_eq!(prepared.sign_again, ["Fatma Kaya"], "{}", office.name);
        assert_eq!((office.asked_of("fatma"), office.asked_of("ali")), (1, 0));
        office.signs("fatma", &id);
        assert!(office.signs("ali", &id));
        let text = office.frozen_text(&id);
        assert!(text.is_none_or(|text| text.contains("25.11.2026")));
        assert_eq!(office.register().len(), 1, "the number stays");
    }
}

#[test]
fn a_wrong_hash_a_stale_version_or_the_wrong_person_change_nothing() {
    for office in on_every_engine() {
        let id = office.letter(&[("initial", "mehmet"), ("signature", "ali")]);
        office.submit(&id);
        let version = office.version(&id);
        let letter = id.clone();
        let code = office.refused("ali", move |tx, act| {
            steps::initial(tx, act, &letter, version)
        });
        assert_eq!(code, "sira_sizde_degil");
        let letter = id.clone();
        let code = office.refused("mehmet", move |tx, act| {
            steps::initial(tx, act, &letter, version - 1)
        });
        assert_eq!(code, "surum_eski");
        let early = wait(sign::prepare(
            &office.app,
            &office.people["mehmet"],
            &id,
            version,
        ));
        assert_eq!(early.unwrap_err().code(), "paraf_gerekli");

        office.initial("mehmet", &id);
        let prepared = office.prepare("ali", &id);
        let letter = id.clone();
        let ali = &office.people["ali"];
        let pin = dys::signature::rehearsal::PIN;
        let wrong = wait(dys::signature::rehearsal::sign(
            &office.app,
            ali,
            &prepared.content,
            "000000",
        ));
        assert_eq!(wrong.unwrap_err().code(), "pin_yanlis");
        let other = wait(office.app.blobs.put(&b"another text"[..])).unwrap();
        let signed = wait(dys::signature::rehearsal::sign(
            &office.app,
            ali,
            &other,
            pin,
        ))
        .unwrap();
        let code = office.refused("ali", move |tx, act| {
            sign::complete(tx, act, &letter, prepared.version, &signed)
        });
        assert_eq!(code, "imza_baska_icerik");
        assert_eq!(office.state(&id), State::InApproval);
        assert!(office.signs("ali", &id), "{}", office.name);
    }
}

#[test]
fn a_deputy_signs_and_both_names_are_kept() {
    for office in on_every_engine() {
        let id = office.letter(&[("signature", "ali")]);
        office.submit(&id);
        let deputation = Deputation {
            absent_id: office.people["ali"].user_id.clone(),
            deputy_id: office.people["fatma"].user_id.clone(),
            begins_at: NOON - SignedDuration::from_hours(1),
            ends_at: NOON + SignedDuration::from_hours(1),
        };
        office
            .run("ali", move |tx, act| deputy::appoint(tx, act, &deputation))
            .unwrap();
        assert_eq!(office.asked_of("fatma"), 1);
        assert!(office.signs("fatma", &id));
        if let Some(text) = office.frozen_text(&id) {
            assert!(text.contains("Fatma KAYA") && text.contains("Belediye Başkanı V."));
            assert!(!text.contains("Ali"), "the absent person is not on it");
        }
        let letter = id.clone();
        let steps = office
            .run("ayse", move |tx, act| chain::current(tx, act, &letter))
            .unwrap();
        assert_eq!(steps[0].who(), "Fatma Kaya (Ali Şahin adına vekâleten)");
        assert_eq!(steps[0].state, StepState::Done);
    }
}

#[test]
fn a_delegate_signs_with_the_delegators_title_and_the_record_has_the_name() {
    for office in on_every_engine() {
        let (fatma, ali) = (
            office.people["fatma"].user_id.clone(),
            office.people["ali"].user_id.clone(),
        );
        let delegate = |to: &str, from: Option<&str>| {
            let (to, from) = (to.to_owned(), from.map(str::to_owned));
            office.as_system(move |tx, act| user::set_delegator(tx, act, &to, from.as_deref()))
        };
        assert_eq!(
            delegate(&ali, Some(&ali)).unwrap_err().code(),
            "yetki_devri"
        );
        delegate(&fatma, Some(&ali)).unwrap();
        let mehmet = office.people["mehmet"].user_id.clone();
        let again = delegate(&mehmet, Some(&fatma)).unwrap_err();
        assert_eq!(again.code(), "yetki_devri", "not delegated further");
        let code = office.refused("ayse", move |tx, act| {
            user::set_delegator(tx, act, &mehmet, None)
        });
        assert_eq!(code, "yetki_yok", "{}", office.name);

        let id = office.letter(&[("initial", "fatma"), ("signature", "fatma")]);
        office.submit(&id);
        office.initial("fatma", &id);
        assert!(office.signs("fatma", &id));
        if let Some(text) = office.frozen_text(&id) {
            for line in ["Fatma KAYA", "Belediye Başkanı a.", "Başkan Yardımcısı"] {
                assert!(text.contains(line), "{line}: {text}");
            }
            assert!(!text.contains("Ali"), "decision 4: only in the record");
        }
        // The power that a signature used stays with it.
        delegate(&fatma, None).unwrap();
        let letter = id.clone();
        let steps = office
            .run("ayse", move |tx, act| chain::current(tx, act, &letter))
            .unwrap();
        assert_eq!(steps[0].who(), "Fatma Kaya", "an initial is one's own");
        assert_eq!(steps[1].who(), "Fatma Kaya (yetkiyi devreden: Ali Şahin)");
        assert_eq!(
            steps[1].titles(),
            ["Belediye Başkanı a.", "Başkan Yardımcısı"]
        );
        let next = office.letter(&[("signature", "fatma")]);
        let steps = office
            .run("ayse", move |tx, act| chain::current(tx, act, &next))
            .unwrap();
        assert_eq!(steps[0].titles(), ["Başkan Yardımcısı"]);
    }
}

#[test]
fn a_title_does_not_claim_anothers_power() {
    let office = Office::open(None);
    let fatma = office.people["fatma"].user_id.clone();
    let refused = office.as_system(move |tx, act| {
        user::edit(
            tx,
            act,
            &fatma,
            "Fatma Kaya",
            "Belediye Başkanı a. Başkan Yardımcısı",
        )
    });
    assert_eq!(refused.unwrap_err().code(), "unvan_yetki_devri");
}

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

#[test]
fn a_chain_is_kept_under_a_name_and_serves_the_next_letter() {
    for office in on_every_engine() {
        let first = office.letter(&[("initial", "mehmet"), ("signature", "ali")]);
        let next = office.letter(&[("signature", "fatma")]);
        let keep = |name: &'static str| {
            let letter = first.clone();
            office.run("ayse", move |tx, act| {
                chain::save_as(tx, act, &letter, name)
            })
        };
        assert_eq!(keep("  ").unwrap_err().code(), "onay_adi_bos");
        keep("Başkan onayı").unwrap();
        keep("Başkan onayı").unwrap();
        let saved = office.run("ayse", chain::saved).unwrap();
        assert_eq!(saved.len(), 1, "the same name is the same chain");
        assert!(
            office.run("can", chain::saved).unwrap().is_empty(),
            "one's own"
        );
        let chosen = saved[0].id.clone();
        let (letter, stolen) = (next.clone(), chosen.clone());
        let code = office.refused("can", move |tx, act| {
            chain::use_saved(tx, act, &letter, &stolen)
        });
        assert_eq!(code, "onay_listesi_yok", "{}", office.name);
        let letter = next.clone();
        let steps = office
            .run("ayse", move |tx, act| {
                chain::use_saved(tx, act, &letter, &chosen)?;
                chain::prepared(tx, act, &letter)
            })
            .unwrap();
        let names: Vec<&str> = steps.iter().map(|step| step.full_name.as_str()).collect();
        assert_eq!(names, ["Mehmet Demir", "Ali Şahin"]);
    }
}

#[test]
fn withdrawing_works_until_somebody_has_acted() {
    for office in on_every_engine() {
        let id = office.letter(&[("initial", "mehmet"), ("signature", "ali")]);
        office.submit(&id);
        let (letter, version) = (id.clone(), office.version(&id));
        office
            .run("ayse", move |tx, act| {
                steps::withdraw(tx, act, &letter, version)
            })
            .unwrap();
        assert_eq!(office.state(&id), State::Draft);
        office.submit(&id);
        office.initial("mehmet", &id);
        let (letter, version) = (id.clone(), office.version(&id));
        let code = office.refused("ayse", move |tx, act| {
            steps::withdraw(tx, act, &letter, version)
        });
        assert_eq!(code, "geri_cekilemez");
    }
}

#[test]
fn whose_role_was_taken_signs_no_more_and_the_letter_can_be_taken_back() {
    for mut office in on_every_engine() {
        office.people.insert("system", Actor::system());
        let id = office.letter(&[
            ("initial", "mehmet"),
            ("signature", "fatma"),
            ("signature", "ali"),
        ]);
        office.submit(&id);
        office.initial("mehmet", &id);
        assert!(!office.signs("fatma", &id), "{}", office.name);
        let deputation = Deputation {
            absent_id: office.people["ali"].user_id.clone(),
            deputy_id: office.people["fatma"].user_id.clone(),
            begins_at: NOON - SignedDuration::from_hours(1),
            ends_at: NOON + SignedDuration::from_hours(1),
        };
        let unit = office.people["ali"].home_unit().unwrap().to_owned();
        let ali = office.people["ali"].user_id.clone();
        office
            .run("system", move |tx, act| {
                deputy::appoint(tx, act, &deputation)?;
                user::revoke(tx, act, &ali, Role::Approver, &unit)
            })
            .unwrap();
        for who in ["ali", "fatma"] {
            let (letter, version) = (id.clone(), office.version(&id));
            let refused = wait(sign::prepare(
                &office.app,
                &office.people[who],
                &letter,
                version,
            ));
            let refused = refused.unwrap_err();
            assert_eq!(refused.code(), "onay_yetkisi_kalkti", "{who}");
            assert!(refused.to_string().contains("Geri Çek"), "{refused}");
            let code = office.refused(who, move |tx, act| {
                steps::give_back(tx, act, &letter, version, "Eksik.")
            });
            assert_eq!(code, "onay_yetkisi_kalkti", "{who}");
        }
        let (letter, version) = (id.clone(), office.version(&id));
        office
            .run("ayse", move |tx, act| {
                steps::withdraw(tx, act, &letter, version)
            })
            .unwrap();
        assert_eq!(office.state(&id), State::Draft);
        let lost = office.register().remove(0);
        assert_eq!(
            (lost.state.as_str(), lost.reason.as_deref()),
            ("cancelled", Some("Geri çekildi.")),
            "{}",
            office.name
        );
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
