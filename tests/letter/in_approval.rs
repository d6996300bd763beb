//! Initials and signatures in their order: returned, withdrawn, by a deputy, by whom it is not.

use dys::access::deputy::{self, Deputation};
use dys::access::{Actor, Role, user};
use dys::approval::{self, StepState, act as steps, chain, sign};
use dys::document::State;
use jiff::SignedDuration;

use super::*;

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

/// An hour around noon in which one acts for the other.
fn stands_in(office: &Office, absent: &str, other: &str) {
    let deputation = Deputation {
        absent_id: office.people[absent].user_id.clone(),
        deputy_id: office.people[other].user_id.clone(),
        begins_at: NOON - SignedDuration::from_hours(1),
        ends_at: NOON + SignedDuration::from_hours(1),
    };
    office
        .run(absent, move |tx, act| deputy::appoint(tx, act, &deputation))
        .unwrap();
}

/// A letter that Fatma signed under Ali's name, and then lost to his deputy Mehmet's.
fn made_anew_for_mehmet(office: &Office) -> String {
    let id = office.letter(&[("signature", "fatma"), ("signature", "ali")]);
    office.submit(&id);
    assert!(!office.signs("fatma", &id));
    stands_in(office, "ali", "mehmet");
    let prepared = office.prepare("mehmet", &id);
    assert_eq!(prepared.sign_again, ["Fatma Kaya"], "{}", office.name);
    id
}

#[test]
fn a_later_signers_deputy_signs_once_the_others_signed_under_their_name() {
    for office in on_every_engine() {
        let id = made_anew_for_mehmet(&office);
        assert_eq!(
            (office.asked_of("fatma"), office.asked_of("mehmet")),
            (1, 0)
        );
        assert!(!office.signs("fatma", &id));
        let prepared = office.prepare("mehmet", &id);
        assert!(
            prepared.sign_again.is_empty(),
            "{}: {:?}",
            office.name,
            prepared.sign_again
        );
        assert!(office.signs("mehmet", &id), "{}", office.name);
        if let Some(text) = office.frozen_text(&id) {
            for name in ["Fatma KAYA", "Mehmet DEMİR", "Belediye Başkanı V."] {
                assert!(text.contains(name), "{name}: {text}");
            }
            assert!(!text.contains("Ali"), "{text}");
        }
    }
}

#[test]
fn who_comes_back_before_the_deputy_signed_stands_on_the_page_again() {
    for office in on_every_engine() {
        // The others signed under the deputy's name already: once more they are asked.
        let id = made_anew_for_mehmet(&office);
        assert!(!office.signs("fatma", &id));
        let prepared = office.prepare("ali", &id);
        assert_eq!(prepared.sign_again, ["Fatma Kaya"], "{}", office.name);
        let after_deputation = made_anew_for_mehmet(&office);
        office.clock.set(NOON + SignedDuration::from_hours(2));
        for id in [id, after_deputation] {
            assert!(!office.signs("fatma", &id));
            let prepared = office.prepare("ali", &id);
            assert!(prepared.sign_again.is_empty(), "{}", office.name);
            assert!(office.signs("ali", &id), "{}", office.name);
            if let Some(text) = office.frozen_text(&id) {
                assert!(text.contains("Ali ŞAHİN"), "{text}");
                assert!(!text.contains("Mehmet") && !text.contains("Başkanı V."));
            }
        }
    }
}

#[test]
fn a_deputy_of_two_signers_stands_on_the_page_once() {
    for office in on_every_engine() {
        let id = made_anew_for_mehmet(&office);
        stands_in(&office, "fatma", "mehmet");
        assert!(!office.signs("mehmet", &id), "in Fatma's place");
        assert!(office.prepare("ali", &id).sign_again.is_empty());
        assert!(office.signs("ali", &id), "{}", office.name);
        if let Some(text) = office.frozen_text(&id) {
            assert_eq!(text.matches("Mehmet DEMİR").count(), 1, "{text}");
            assert!(text.contains("Ali ŞAHİN"), "{text}");
        }
    }
}

#[test]
fn a_signature_is_of_the_name_and_title_on_its_page() {
    for office in on_every_engine() {
        let retitle = |who: &str, name: &'static str, title: &'static str| {
            let user_id = office.people[who].user_id.clone();
            office
                .as_system(move |tx, act| user::edit(tx, act, &user_id, name, title))
                .unwrap();
        };
        let refused = |who: &'static str, id: &str, content: &dys::store::BlobHash| {
            let key = dys::signature::rehearsal::PIN;
            let person = &office.people[who];
            let signed = wait(dys::signature::rehearsal::sign(
                &office.app,
                person,
                content,
                key,
            ))
            .unwrap();
            let (letter, version) = (id.to_owned(), office.version(id));
            office.refused(who, move |tx, act| {
                sign::complete(tx, act, &letter, version, &signed)
            })
        };
        let id = office.letter(&[("signature", "fatma"), ("signature", "ali")]);
        office.submit(&id);
        let content = office.prepare("fatma", &id).content;
        assert!(!office.signs("fatma", &id));
        stands_in(&office, "ali", "mehmet");
        let code = refused("mehmet", &id, &content);
        assert_eq!(code, "imza_baska_icerik", "its page names Ali");

        // What was signed is no reason to sign again, what is to be signed is.
        retitle("fatma", "Fatma Kayalı", "Müşavir");
        let prepared = office.prepare("ali", &id);
        assert!(prepared.sign_again.is_empty(), "{}", office.name);
        retitle("ali", "Ali Şahin", "Belediye Başkan Vekili");
        let code = refused("ali", &id, &prepared.content);
        assert_eq!(code, "imza_baska_icerik", "{}", office.name);
        assert_eq!(office.prepare("ali", &id).sign_again, ["Fatma Kaya"]);
        assert!(!office.signs("fatma", &id));
        assert!(office.signs("ali", &id));
        if let Some(text) = office.frozen_text(&id) {
            for name in ["Fatma KAYALI", "Müşavir", "Belediye Başkan Vekili"] {
                assert!(text.contains(name), "{name}: {text}");
            }
        }
    }
}

#[test]
fn nobody_signs_a_letter_twice_as_a_deputy() {
    for office in on_every_engine() {
        let deputation = Deputation {
            absent_id: office.people["fatma"].user_id.clone(),
            deputy_id: office.people["ali"].user_id.clone(),
            begins_at: NOON - SignedDuration::from_hours(1),
            ends_at: NOON + SignedDuration::from_hours(1),
        };
        office
            .run("fatma", move |tx, act| {
                deputy::appoint(tx, act, &deputation)
            })
            .unwrap();
        let ali = &office.people["ali"];
        let prepared = |id: &str| wait(sign::prepare(&office.app, ali, id, office.version(id)));

        let id = office.letter(&[("signature", "ali"), ("signature", "fatma")]);
        office.submit(&id);
        let content = office.prepare("ali", &id).content;
        assert!(!office.signs("ali", &id));
        let refused = prepared(&id).unwrap_err();
        assert_eq!(refused.code(), "onay_iki_imza", "{}", office.name);
        let sentence = refused.to_string();
        assert!(
            sentence.contains("Ali Şahin ve Fatma Kaya") && sentence.contains("İade Et"),
            "{sentence}"
        );
        let again = wait(dys::signature::rehearsal::sign(
            &office.app,
            ali,
            &content,
            dys::signature::rehearsal::PIN,
        ))
        .unwrap();
        let (letter, version) = (id.clone(), office.version(&id));
        let code = office.refused("ali", move |tx, act| {
            sign::complete(tx, act, &letter, version, &again)
        });
        assert_eq!(code, "onay_iki_imza");
        office.give_back("ali", &id);
        assert_eq!(office.state(&id), State::Returned);

        // The other way round it is told before anything is signed.
        let id = office.letter(&[("signature", "fatma"), ("signature", "ali")]);
        office.submit(&id);
        let refused = prepared(&id).unwrap_err();
        assert_eq!(refused.code(), "onay_iki_imza", "{}", office.name);
        assert!(!office.signs("fatma", &id));
        assert!(office.signs("ali", &id));
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
