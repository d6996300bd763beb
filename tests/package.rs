//! The e-Yazışma package of a letter: what is signed, what is sealed, what is sent.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod pdf;
mod schema;
mod townhall;

use std::io::Cursor;

use dys::access::deputy::{self, Deputation};
use dys::access::user;
use dys::approval::{act as steps, sign};
use dys::directory::outside::{self, Entry};
use dys::directory::search::{self, Question};
use dys::distribution::{DestinationType, list};
use dys::document::attach::{self, New};
use dys::document::scan::Verdict;
use dys::package;
use eyazisma::{AttachmentKind, Limits, Options, Package, Party, Severity};
use jiff::SignedDuration;
use townhall::{NOON, Office, on_every_engine};

/// Runs what is asynchronous; the PostgreSQL client of the tests brings a runtime of its own.
fn wait<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap()
        .block_on(work)
}

/// A file and a CD go to Havsa; Enez does without the file.
fn letter(office: &Office, chain: &[(&str, &str)]) -> String {
    let id = office.letter(chain);
    let letter = id.clone();
    office
        .run("ayse", move |tx, act| {
            let enez = search::search(tx, &Question::outside("enez belediye"))?;
            let enez = enez.nodes()[0].unit.id.as_str().to_owned();
            list::add_units(tx, act, &letter, DestinationType::ExternalKep, &[enez])?;
            Ok(())
        })
        .unwrap();
    let bytes = "%PDF-1.7\nkeşif özeti\n".as_bytes().to_vec();
    let blob_hash = wait(office.app.blobs.put(bytes.clone())).unwrap();
    let letter = id.clone();
    office
        .run("ayse", move |tx, act| {
            let file = New::File {
                recognised: attach::recognise("Keşif Özeti.pdf", &bytes)?,
                size: bytes.len() as u64,
                blob_hash,
                scan: Verdict::Unchecked,
            };
            let file = attach::add(tx, act, &letter, file)?;
            let title = "CD".to_owned();
            attach::add(tx, act, &letter, New::Physical { title })?;
            let lines = list::list(tx, act, &letter)?;
            let enez = lines
                .iter()
                .find(|line| line.label.contains("ENEZ"))
                .unwrap();
            list::leave_out(tx, act, &letter, &enez.id, &[file.id])
        })
        .unwrap();
    id
}

fn submit(office: &Office, id: &str) {
    let (letter, version) = (id.to_owned(), office.version(id));
    office
        .run("ayse", move |tx, act| {
            steps::submit(tx, act, &letter, version)
        })
        .unwrap();
}

fn sign(office: &Office, who: &str, id: &str) -> (sign::Prepared, bool) {
    let prepared = wait(sign::prepare(
        &office.app,
        &office.people[who],
        id,
        office.version(id),
    ))
    .unwrap();
    let (letter, version) = (id.to_owned(), prepared.version);
    let person = &office.people[who];
    let pin = dys::signature::rehearsal::PIN;
    let signed = wait(dys::signature::rehearsal::sign(
        &office.app,
        person,
        &prepared.content,
        pin,
    ))
    .unwrap();
    let last = office
        .run(who, move |tx, act| {
            sign::complete(tx, act, &letter, version, &signed)
        })
        .unwrap();
    (prepared, last)
}

/// Reads it with our reader; a reader that is not ours looks at every part first.
fn read(bytes: &[u8]) -> Package {
    schema::keeps_to_the_schemas(bytes);
    Package::read(Cursor::new(bytes), &Limits::default()).unwrap()
}

fn numbers(package: &Package) -> Vec<String> {
    let metadata = package.metadata.as_ref().unwrap();
    let party = |party: &Party| match party {
        Party::Institution(it) => it.unit_code.clone().unwrap_or_else(|| it.code.clone()),
        other => panic!("{other:?}"),
    };
    metadata
        .recipients
        .iter()
        .map(|line| party(&line.party))
        .collect()
}

fn extract(bytes: &[u8], part: &str) -> Vec<u8> {
    let mut to = Vec::new();
    eyazisma::extract(Cursor::new(bytes), &Limits::default(), part, &mut to).unwrap();
    to
}

#[test]
fn the_last_signature_makes_a_package_that_says_what_the_letter_says() {
    for office in on_every_engine() {
        let id = letter(&office, &[("signature", "fatma"), ("signature", "ali")]);
        submit(&office, &id);
        let (first, last) = sign(&office, "fatma", &id);
        assert!(!last);
        let early = wait(package::finish(&office.app, &id)).unwrap_err();
        assert_eq!(early.code(), "imza_eksik");
        let (second, last) = sign(&office, "ali", &id);
        assert!(last);
        assert_eq!(first.content, second.content, "all sign the same content");

        let whole = wait(package::whole(&office.app, &id)).unwrap();
        let read = read(&whole.bytes);
        let letter_pdf = extract(&whole.bytes, read.letter().unwrap());
        let text = pdf::text(&letter_pdf);
        let findings = read.check(&Options {
            rehearsal: true,
            letter_text: text.as_deref(),
            content_of: Some(&|cms| seal::Cms::from_der(cms).ok()?.content().map(<[u8]>::to_vec)),
            ..Options::default()
        });
        let grave: Vec<_> = findings
            .iter()
            .filter(|it| it.severity > Severity::Note)
            .collect();
        assert!(grave.is_empty(), "{grave:?}");

        let metadata = read.metadata.as_ref().unwrap();
        assert_eq!(metadata.id.as_str(), id.to_uppercase());
        assert_eq!(whole.file_name, format!("{}.eyp", id.to_uppercase()));
        assert_eq!(metadata.subject.value, "Meclis Kararı");
        assert_eq!(metadata.file_plan.as_ref().unwrap().main.code, "105.04");
        let kinds: Vec<&AttachmentKind> = metadata.attachments.iter().map(|ek| &ek.kind).collect();
        assert_eq!(kinds, [&AttachmentKind::File, &AttachmentKind::Physical]);
        assert_eq!(
            metadata.attachments[0].file_name.as_deref(),
            Some("KesifOzeti.pdf")
        );
        assert_eq!(
            extract(&whole.bytes, "/Ekler/KesifOzeti.pdf"),
            "%PDF-1.7\nkeşif özeti\n".as_bytes()
        );
        let last = read.final_metadata.as_ref().unwrap();
        assert_eq!(last.number, second.number);
        let names: Vec<String> = last
            .signers
            .iter()
            .map(|it| it.person.full_name())
            .collect();
        assert_eq!(names, ["Fatma Kaya", "Ali Şahin"]);
        let content = read.package_digest_bytes.clone().unwrap();
        assert_eq!(second.content, dys::store::BlobHash::of(&content));

        let again = wait(package::whole(&office.app, &id)).unwrap();
        assert_eq!(again.hash, whole.hash, "made once");
    }
}

/// A letter to a citizen alone, whose address is known from her petition.
fn to_a_citizen(office: &Office, chain: &[(&str, &str)]) -> String {
    let id = office.letter(chain);
    let letter = id.clone();
    office
        .run("ayse", move |tx, act| {
            let entry = Entry {
                kind: "person",
                name: "Zeynep Işıl YILMAZ ÖZTÜRK",
                identifier: "10000000146",
                kep_address: "",
                uets_address: "",
                confirmed_uets: "",
                postal_address: "Zaferiye Mah. 14/3\n22800 Keşan / EDİRNE",
                source: "dilekçe",
                owner_unit_id: act.actor.home_unit().unwrap(),
            };
            let party = outside::add(tx, act, &entry)?;
            let havsa = list::list(tx, act, &letter)?.remove(0);
            list::remove(tx, act, &letter, &[havsa.id])?;
            list::add_party(tx, act, &letter, DestinationType::ExternalPaper, &party.id)
        })
        .unwrap();
    id
}

#[test]
fn a_person_stands_with_surname_and_address_and_a_delegate_with_the_delegator() {
    for office in on_every_engine() {
        let (fatma, ali) = (
            office.people["fatma"].user_id.clone(),
            office.people["ali"].user_id.clone(),
        );
        office
            .as_system(move |tx, act| user::set_delegator(tx, act, &fatma, Some(&ali)))
            .unwrap();
        let id = to_a_citizen(&office, &[("signature", "fatma")]);
        submit(&office, &id);
        sign(&office, "fatma", &id);
        let whole = wait(package::whole(&office.app, &id)).unwrap();
        let read = read(&whole.bytes);
        let Party::Person(person) = &read.metadata.as_ref().unwrap().recipients[0].party else {
            panic!("no person");
        };
        assert_eq!(person.first_name.value, "Zeynep Işıl", "{}", office.name);
        assert_eq!(person.last_name.value, "YILMAZ ÖZTÜRK");
        let address = person.contact.as_ref().unwrap().address.as_ref().unwrap();
        assert_eq!(address.value, "Zaferiye Mah. 14/3, 22800 Keşan / EDİRNE");
        let signer = &read.final_metadata.as_ref().unwrap().signers[0];
        assert_eq!(signer.person.full_name(), "Fatma Kaya");
        assert_eq!(
            signer.delegated_by.as_ref().unwrap().full_name(),
            "Ali Şahin"
        );
        assert_eq!(
            signer.office.as_ref().unwrap().value,
            "Belediye Başkanı a. Başkan Yardımcısı"
        );
        let text = pdf::text(&extract(&whole.bytes, read.letter().unwrap()));
        let findings = read.check(&Options {
            rehearsal: true,
            letter_text: text.as_deref(),
            ..Options::default()
        });
        assert!(
            findings.iter().all(|it| it.severity <= Severity::Note),
            "{findings:?}"
        );
        if let Some(text) = text {
            let lines = "Sayın Zeynep Işıl YILMAZ ÖZTÜRK Zaferiye Mah. 14/3 22800 Keşan / EDİRNE";
            assert!(text.contains(lines), "{text}");
            assert!(!text.contains("Şahin") && !text.contains("ŞAHİN"));
        }
    }
}

#[test]
fn a_deputys_package_names_the_absent_person_and_its_page_does_not() {
    for office in on_every_engine() {
        let deputation = Deputation {
            absent_id: office.people["ali"].user_id.clone(),
            deputy_id: office.people["fatma"].user_id.clone(),
            begins_at: NOON - SignedDuration::from_hours(1),
            ends_at: NOON + SignedDuration::from_hours(1),
        };
        let id = letter(&office, &[("signature", "ali")]);
        submit(&office, &id);
        office
            .run("ali", move |tx, act| deputy::appoint(tx, act, &deputation))
            .unwrap();
        let (_, last) = sign(&office, "fatma", &id);
        assert!(last, "{}", office.name);
        let whole = wait(package::whole(&office.app, &id)).unwrap();
        let read = read(&whole.bytes);
        let [signer] = read.final_metadata.as_ref().unwrap().signers.as_slice() else {
            panic!("one signer");
        };
        assert_eq!(signer.person.full_name(), "Fatma Kaya");
        let absent = signer.deputised_by.as_ref().unwrap();
        assert_eq!(absent.full_name(), "Ali Şahin", "{}", office.name);
        assert_eq!(signer.delegated_by, None);
        // In the file itself, as others read it.
        let written = extract(&whole.bytes, "/NihaiUstveri/NihaiUstveri.xml");
        let written = String::from_utf8(written).unwrap();
        let (_, after) = written.split_once("VekaletVeren>").expect("VekaletVeren");
        let (absent, _) = after.split_once("VekaletVeren>").unwrap();
        assert!(
            absent.contains("Ali") && absent.contains("Şahin"),
            "{absent}"
        );
        let text = pdf::text(&extract(&whole.bytes, read.letter().unwrap()));
        let findings = read.check(&Options {
            rehearsal: true,
            letter_text: text.as_deref(),
            ..Options::default()
        });
        assert!(
            findings.iter().all(|it| it.severity <= Severity::Note),
            "{findings:?}"
        );
        if let Some(text) = text {
            assert!(text.contains("Fatma KAYA") && text.contains("Belediye Başkanı V."));
            for name in ["Ali", "Şahin", "ŞAHİN"] {
                assert!(!text.contains(name), "{name}: {text}");
            }
        }
    }
}

#[test]
fn a_package_finished_after_accounts_changed_names_everybody_as_the_page_does() {
    for office in on_every_engine() {
        let user_id = |who: &str| office.people[who].user_id.clone();
        let (ali, fatma) = (user_id("ali"), user_id("fatma"));
        let deputation = Deputation {
            absent_id: ali.clone(),
            deputy_id: user_id("mehmet"),
            begins_at: NOON - SignedDuration::from_hours(1),
            ends_at: NOON + SignedDuration::from_hours(1),
        };
        office
            .as_system(move |tx, act| {
                deputy::appoint(tx, act, &deputation)?;
                user::set_delegator(tx, act, &fatma, Some(&ali))
            })
            .unwrap();
        let id = letter(&office, &[("signature", "ali"), ("signature", "fatma")]);
        submit(&office, &id);
        assert!(!sign(&office, "mehmet", &id).1);
        assert!(sign(&office, "fatma", &id).1);
        for (who, name, title) in [
            ("ali", "Ali Demirbaş", "Genel Sekreter"),
            ("mehmet", "Mehmet Çelik", "Şef"),
            ("fatma", "Fatma Öz", "Müşavir"),
        ] {
            let user_id = user_id(who);
            office
                .as_system(move |tx, act| user::edit(tx, act, &user_id, name, title))
                .unwrap();
        }
        let whole = wait(package::whole(&office.app, &id)).unwrap();
        let read = read(&whole.bytes);
        let [deputy, delegate] = read.final_metadata.as_ref().unwrap().signers.as_slice() else {
            panic!("two signers");
        };
        assert_eq!(deputy.person.full_name(), "Mehmet Demir", "{}", office.name);
        let absent = deputy.deputised_by.as_ref().unwrap();
        assert_eq!(absent.full_name(), "Ali Şahin");
        assert_eq!(deputy.office.as_ref().unwrap().value, "Belediye Başkanı");
        assert_eq!(delegate.person.full_name(), "Fatma Kaya");
        let delegator = delegate.delegated_by.as_ref().unwrap();
        assert_eq!(delegator.full_name(), "Ali Şahin");
        assert_eq!(
            delegate.office.as_ref().unwrap().value,
            "Belediye Başkanı a. Başkan Yardımcısı"
        );
    }
}

#[test]
fn among_several_recipients_nobody_learns_where_one_lives_and_a_drafter_mends_a_line() {
    let office = Office::open(None);
    let id = to_a_citizen(&office, &[("signature", "ali")]);
    let (letter, havsa) = (id.clone(), office.havsa.clone());
    office
        .run("ayse", move |tx, act| {
            list::add_units(tx, act, &letter, DestinationType::ExternalKep, &[havsa])?;
            let line = list::list(tx, act, &letter)?.remove(1);
            list::set_written(tx, act, &letter, &line.id, " Havsa Belediyesine ")?;
            let wrong = list::set_written(tx, act, &letter, &line.id, "iki\nsatır");
            assert_eq!(wrong.unwrap_err().code(), "yazidaki_ad");
            let wrong = list::set_written(tx, act, &letter, "başka", "Havsa");
            assert_eq!(wrong.unwrap_err().code(), "alici_yok");
            Ok(())
        })
        .unwrap();
    submit(&office, &id);
    sign(&office, "ali", &id);
    let whole = wait(package::whole(&office.app, &id)).unwrap();
    let read = read(&whole.bytes);
    let Party::Person(person) = &read.metadata.as_ref().unwrap().recipients[0].party else {
        panic!("no person");
    };
    assert!(person.contact.as_ref().unwrap().address.is_none());
    if let Some(text) = pdf::text(&extract(&whole.bytes, read.letter().unwrap())) {
        assert!(text.contains("Sayın Zeynep Işıl YILMAZ ÖZTÜRK") && !text.contains("Zaferiye"));
        assert!(text.contains("Havsa Belediyesine") && !text.contains("Başkanlığına"));
    }
}

#[test]
fn a_recipient_without_an_attachment_gets_a_package_of_its_own() {
    let office = Office::open(None);
    let id = letter(&office, &[("signature", "ali")]);
    submit(&office, &id);
    sign(&office, "ali", &id);
    let loaded = id.clone();
    let lines = office
        .run("ayse", move |tx, act| list::list(tx, act, &loaded))
        .unwrap();
    let mut sent = Vec::new();
    for line in &lines {
        let package = wait(package::sent(&office.app, &id, &line.left_out)).unwrap();
        let numbers = [line.detsis_no.clone().unwrap()];
        let findings = read(&package.bytes).check(&Options {
            rehearsal: true,
            receiver: &numbers,
            ..Options::default()
        });
        assert!(
            findings.iter().all(|it| it.severity <= Severity::Note),
            "{findings:?}"
        );
        sent.push(package.bytes);
    }
    let (havsa, enez) = (read(&sent[0]), read(&sent[1]));
    assert!(havsa.part("/Ekler/KesifOzeti.pdf").is_some());
    assert!(enez.part("/Ekler/KesifOzeti.pdf").is_none());
    assert_eq!(
        (&havsa.signature, &havsa.seal),
        (&enez.signature, &enez.seal)
    );
    let expected: Vec<String> = lines
        .iter()
        .map(|line| line.detsis_no.clone().unwrap())
        .collect();
    assert_eq!(numbers(&havsa), expected);
}

#[test]
fn a_letter_that_is_made_anew_has_another_content_to_sign() {
    let office = Office::open(None);
    let id = letter(&office, &[("signature", "fatma"), ("signature", "ali")]);
    submit(&office, &id);
    let (first, _) = sign(&office, "fatma", &id);
    office
        .clock
        .set(office.app.now() + jiff::SignedDuration::from_hours(24));
    let tomorrow = wait(sign::prepare(
        &office.app,
        &office.people["ali"],
        &id,
        office.version(&id),
    ))
    .unwrap();
    assert_eq!(tomorrow.sign_again, ["Fatma Kaya"]);
    assert_ne!(tomorrow.content, first.content);
    let (again, _) = sign(&office, "fatma", &id);
    assert_eq!(again.content, tomorrow.content);
}

#[test]
fn a_file_that_was_exchanged_after_a_return_is_digested_anew() {
    let office = Office::open(None);
    let id = letter(&office, &[("signature", "ali")]);
    submit(&office, &id);
    let before = wait(sign::prepare(
        &office.app,
        &office.people["ali"],
        &id,
        office.version(&id),
    ))
    .unwrap();
    let (returned, version) = (id.clone(), office.version(&id));
    office
        .run("ali", move |tx, act| {
            steps::give_back(tx, act, &returned, version, "Eki değiştirin.")
        })
        .unwrap();
    let bytes = b"%PDF-1.7\nother bytes\n".to_vec();
    let blob_hash = wait(office.app.blobs.put(bytes.clone())).unwrap();
    let letter = id.clone();
    office
        .run("ayse", move |tx, act| {
            let old = attach::list(tx, act, &letter)?.remove(0);
            attach::remove(tx, act, &letter, &old.id)?;
            let recognised = attach::recognise("Keşif Özeti.pdf", &bytes)?;
            let file = New::File {
                recognised,
                size: bytes.len() as u64,
                blob_hash,
                scan: Verdict::Unchecked,
            };
            let file = attach::add(tx, act, &letter, file)?;
            attach::shift(tx, act, &letter, &file.id, true)
        })
        .unwrap();
    submit(&office, &id);
    let after = wait(sign::prepare(
        &office.app,
        &office.people["ali"],
        &id,
        office.version(&id),
    ))
    .unwrap();
    assert_ne!(after.content, before.content);
}

#[test]
fn what_the_only_recipient_does_not_get_is_said_on_the_letter() {
    let office = Office::open(None);
    let id = letter(&office, &[("signature", "ali")]);
    let one = id.clone();
    office
        .run("ayse", move |tx, act| {
            let lines = list::list(tx, act, &one)?;
            let havsa = lines.iter().find(|line| line.left_out.is_empty());
            list::remove(tx, act, &one, std::slice::from_ref(&havsa.unwrap().id))
        })
        .unwrap();
    submit(&office, &id);
    let (prepared, _) = sign(&office, "ali", &id);
    let page = wait(office.app.blobs.get(&prepared.hash)).unwrap();
    if let Some(text) = pdf::text(&page) {
        let lines = "Ek: 1- Keşif Özeti.pdf (konulmadı) 2- CD (fiziksel)";
        assert!(text.contains(lines), "{text}");
        assert!(text.contains("ENEZ BELEDİYE BAŞKANLIĞINA"), "{text}");
    }
}

#[test]
fn a_letter_inside_the_house_is_addressed_to_the_unit_and_its_package_names_both() {
    let office = Office::open(None);
    let id = office.letter(&[("signature", "ali")]);
    let inside = id.clone();
    office
        .run("ayse", move |tx, act| {
            let own = dys::directory::own_institution(tx)?.expect("an institution");
            let units = dys::directory::page(tx, Some(&own.id), None, 500)?;
            let works = units
                .iter()
                .find(|unit| unit.name == "Fen İşleri Müdürlüğü");
            let works = works.unwrap().id.as_str().to_owned();
            let havsa = list::list(tx, act, &inside)?.remove(0);
            list::remove(tx, act, &inside, &[havsa.id])?;
            list::add_units(tx, act, &inside, DestinationType::InternalUnit, &[works])
        })
        .unwrap();
    submit(&office, &id);
    assert!(sign(&office, "ali", &id).1);
    let whole = wait(package::whole(&office.app, &id)).unwrap();
    let read = read(&whole.bytes);
    let Party::Institution(party) = &read.metadata.as_ref().unwrap().recipients[0].party else {
        panic!("an institution");
    };
    // The institution by its number, the unit by its own, as every reader of packages wants it.
    assert_eq!(
        party.name.as_ref().unwrap().value,
        "Keşan Belediye Başkanlığı"
    );
    assert!(party.unit_code.as_ref().is_some_and(|it| *it != party.code));
    let text = pdf::text(&extract(&whole.bytes, read.letter().unwrap()));
    let findings = read.check(&Options {
        rehearsal: true,
        letter_text: text.as_deref(),
        ..Options::default()
    });
    assert!(
        findings.iter().all(|it| it.severity <= Severity::Note),
        "{findings:?}"
    );
    if let Some(text) = text {
        assert!(text.contains("FEN İŞLERİ MÜDÜRLÜĞÜNE"), "{text}");
        for wrong in ["KEŞAN BELEDİYE BAŞKANLIĞINA", "(Fen İşleri"] {
            assert!(!text.contains(wrong), "{wrong}: {text}");
        }
    }
}
