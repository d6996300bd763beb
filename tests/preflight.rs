//! What would go wrong with a KEP letter is said in words before the first approval and again at
//! Evrakı Gönder, with the ways out; following one of them leads to the other side.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod office;

use dys::access::user::{self, NewUser};
use dys::access::{Act, Actor, Role};
use dys::approval::act as steps;
use dys::approval::chain::{self, Planned};
use dys::directory;
use dys::dispatch::machine::State;
use dys::dispatch::send;
use dys::distribution::{DestinationType, Finding, Purpose, Severity, list, preflight};
use dys::document::attach::{self, New};
use dys::document::draft::{self, Changes};
use dys::document::scan::Verdict;
use dys::error::Error;
use dys::ids::SystemIds;
use dys::params;
use dys::setting::{self, Number};
use office::Office;

const HAVSA: &str = "havsa yazı";
const ENEZ: &str = "enez yazı";
/// Beğendik, a town that has no KEP address.
const WITHOUT_ADDRESS: &str = "01039000";
/// Enez's veterinary directorate, which is closed.
const CLOSED: &str = "01038812";
const PAPER: &str = "DYS Dışı Evrak Gönderim ile gönderin.";
/// What is left of a signed letter: nothing of it changes any more.
const SIGNED: &str = "yeni yazı hazırlayın, bu yazıyı Gönderilmeyecek olarak kapatın.";

/// A letter that lacks nothing for Onaya Sun but what pre-flight finds.
async fn complete(office: &Office, to: &[&'static str]) -> String {
    let id = office.draft(to).await;
    let letter = id.clone();
    let now = office.app.now();
    let home = office.clerk.home_unit().unwrap().to_owned();
    let signer = office
        .app
        .store
        .write(move |tx| -> dys::error::Result<String> {
            if let Some(known) = user::by_login(tx, "ali")? {
                return Ok(known.id);
            }
            let system = Actor::system();
            let act = Act {
                actor: &system,
                now,
                ids: &SystemIds,
            };
            let mayor = NewUser {
                login: "ali".to_owned(),
                full_name: "Ali Şahin".to_owned(),
                title: "Belediye Başkanı".to_owned(),
                password_hash: String::new(),
                roles: vec![(Role::Approver, home)],
                is_demo: true,
            };
            user::add(tx, &act, &mayor)
        })
        .await
        .unwrap();
    office
        .app
        .write(&office.clerk, move |tx, act| {
            let version = draft::open(tx, act, &letter)?.version;
            let changes = Changes {
                text: Some("Plan değişikliği ektedir.".to_owned()),
                ..Changes::default()
            };
            draft::save(tx, act, &letter, version, &changes)?;
            let signature = Planned {
                kind: "signature".to_owned(),
                user_id: signer,
            };
            chain::set(tx, act, &letter, &[signature])
        })
        .await
        .unwrap();
    id
}

async fn unit(office: &Office, number: &'static str) -> String {
    office
        .app
        .store
        .read(move |tx| directory::by_number(tx, number))
        .await
        .unwrap()
        .expect(number)
        .id
        .as_str()
        .to_owned()
}

async fn add(office: &Office, letter: &str, by: DestinationType, unit: &str) {
    let (letter, unit) = (letter.to_owned(), unit.to_owned());
    office
        .app
        .write(&office.clerk, move |tx, act| {
            list::add_units(tx, act, &letter, by, &[unit])
        })
        .await
        .unwrap();
}

async fn clear(office: &Office, letter: &str) {
    let letter = letter.to_owned();
    office
        .app
        .write(&office.clerk, move |tx, act| {
            let lines = list::list(tx, act, &letter)?;
            let ids: Vec<String> = lines.into_iter().map(|line| line.id).collect();
            list::remove(tx, act, &letter, &ids)
        })
        .await
        .unwrap();
}

/// Attaches a file with these bytes, or one that is said to be of a size.
async fn attach(office: &Office, letter: &str, bytes: Vec<u8>, size: usize) -> String {
    let hash = office.app.blobs.put(bytes.clone()).await.unwrap();
    let letter = letter.to_owned();
    office
        .app
        .write(&office.clerk, move |tx, act| {
            let new = New::File {
                recognised: attach::recognise("plan.pdf", &bytes)?,
                size: size as u64,
                blob_hash: hash,
                scan: Verdict::Unchecked,
            };
            Ok(attach::add(tx, act, &letter, new)?.id)
        })
        .await
        .unwrap()
}

/// A PDF by its first bytes that no packing makes smaller.
fn incompressible(size: usize) -> Vec<u8> {
    let mut state = 0x9E37_79B9_7F4A_7C15_u64;
    let mut bytes = b"%PDF-1.7\n".to_vec();
    while bytes.len() < size {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        bytes.extend_from_slice(&state.to_le_bytes());
    }
    bytes.truncate(size);
    bytes
}

async fn sql(office: &Office, statement: &'static str, id: &str) {
    let id = id.to_owned();
    let changed = office
        .app
        .store
        .write(move |tx| tx.execute(statement, params![&id]))
        .await
        .unwrap();
    assert_eq!(changed, 1, "{statement}");
}

async fn set(office: &Office, number: Number, value: i64) {
    office
        .app
        .store
        .write(move |tx| setting::put(tx, number.key, &value.to_string()))
        .await
        .unwrap();
}

async fn findings(office: &Office, letter: &str) -> Vec<Finding> {
    let letter = letter.to_owned();
    office
        .app
        .read(&office.clerk, move |tx, _| {
            preflight::preflight(tx, &letter)
        })
        .await
        .unwrap()
}

async fn codes(office: &Office, letter: &str) -> Vec<&'static str> {
    let found = findings(office, letter).await;
    found.into_iter().map(|finding| finding.code).collect()
}

async fn submit(office: &Office, letter: &str) -> Result<(), Error> {
    let letter = letter.to_owned();
    office
        .app
        .write(&office.clerk, move |tx, act| {
            let version = draft::open(tx, act, &letter)?.version;
            steps::submit(tx, act, &letter, version)
        })
        .await
}

/// Signed after all, whatever pre-flight said; the letter's id and version.
async fn sign(office: &Office, letter: &str) -> (String, i64) {
    let id = letter.to_owned();
    office
        .app
        .store
        .write(move |tx| {
            // The round that Onaya Sun began is the one that is signed by hand.
            let begun = "DELETE FROM approval_step WHERE document_id = ?1 AND round = 1";
            tx.execute(begun, params![&id])
        })
        .await
        .unwrap();
    office::sign(&office.app, &office.clerk, letter.to_owned()).await
}

/// [`sign`], and Evrakı Gönder.
async fn sign_and_send(office: &Office, letter: &str) -> Result<(), Error> {
    let (id, version) = sign(office, letter).await;
    send::send(&office.app, &office.clerk, &id, version)
        .await
        .map(|_| ())
}

async fn send_now(office: &Office, letter: &str) -> Result<(), Error> {
    let id = letter.to_owned();
    let version = office
        .app
        .read(&office.clerk, move |tx, act| {
            Ok(draft::open(tx, act, &id)?.version)
        })
        .await
        .unwrap();
    send::send(&office.app, &office.clerk, letter, version)
        .await
        .map(|_| ())
}

/// Refused at both places, with the sentence (the first of `words`) and its ways out, which are
/// others once the letter is signed; nothing was made or sent.
async fn refused_twice(office: &Office, letter: &str, code: &str, words: &[&str]) {
    assert!(codes(office, letter).await.contains(&code), "{code}");
    let told = submit(office, letter).await.unwrap_err();
    assert_eq!(told.code(), "evrak_eksik", "{told}");
    let said = told.to_string();
    assert!(words.iter().all(|words| said.contains(words)), "{said}");
    let told = sign_and_send(office, letter).await.unwrap_err();
    refused_at_sending(office, letter, told, code, &[words[0], SIGNED]).await;
}

async fn refused_at_sending(
    office: &Office,
    letter: &str,
    told: Error,
    code: &str,
    words: &[&str],
) {
    assert_eq!(told.code(), "gonderim_engeli", "{told}");
    let problem = told.problem().unwrap();
    let (_, sentence) = problem
        .fields
        .iter()
        .find(|(name, _)| name == code)
        .unwrap_or_else(|| panic!("{code}: {told}"));
    for words in words {
        assert!(sentence.contains(words), "{sentence}");
    }
    let ways = office.ways(letter).await;
    assert!(ways.iter().all(|way| way.message.is_none()));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_town_without_an_address_gets_its_letter_on_paper() {
    for test in office::engines().await {
        let office = Office::on(test).await;
        let town = unit(&office, WITHOUT_ADDRESS).await;
        let by_kep = complete(&office, &[]).await;
        add(&office, &by_kep, DestinationType::ExternalKep, &town).await;
        let words = ["KEP adresi yok", "Başka bir birim seçin.", PAPER];
        refused_twice(&office, &by_kep, "kep_adresi_yok", &words).await;

        let on_paper = complete(&office, &[]).await;
        add(&office, &on_paper, DestinationType::ExternalPaper, &town).await;
        let letter = on_paper.clone();
        office
            .app
            .write(&office.clerk, move |tx, act| {
                let line = list::list(tx, act, &letter)?.remove(0);
                let address = "Belediye Caddesi No: 1\n22800 Beğendik / Keşan";
                list::set_paper(tx, act, &letter, &line.id, address, "")
            })
            .await
            .unwrap();
        assert_eq!(codes(&office, &on_paper).await, Vec::<&str>::new());
        submit(&office, &on_paper).await.unwrap();
        sign_and_send(&office, &on_paper).await.unwrap();
        assert!(office.way(&on_paper).await.paper.is_some());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_line_written_for_another_recipient_is_told_before_it_is_printed() {
    let written = |office: &Office, id: &str, kind: &'static str, line: &'static str| {
        let (app, clerk, id) = (office.app.clone(), office.clerk.clone(), id.to_owned());
        async move {
            let save = app.write(&clerk, move |tx, act| {
                let version = draft::open(tx, act, &id)?.version;
                let changes = Changes {
                    kind: Some(kind.to_owned()),
                    addressee_line: Some(line.to_owned()),
                    ..Changes::default()
                };
                draft::save(tx, act, &id, version, &changes)
            });
            save.await.unwrap();
        }
    };
    for test in office::engines().await {
        let office = Office::on(test).await;
        let id = complete(&office, &[HAVSA]).await;
        for (line, is_theirs) in [
            ("HAVSA BELEDİYESİNE", true),
            ("HAVSA KAYMAKAMLIĞINA (Yazı İşleri Müdürlüğü)", true),
            ("HAVSA MAL MÜDÜRLÜĞÜNE", false),
            ("ENEZ BELEDİYE BAŞKANLIĞINA", false),
            ("HAVSA KAYMAKAMLIĞINA", false),
            ("", true),
        ] {
            written(&office, &id, "cover_letter", line).await;
            let told = codes(&office, &id).await.contains(&"muhatap_satiri");
            assert_eq!(told, !is_theirs, "{line}");
        }
        // The line stays when its recipient goes.
        written(&office, &id, "cover_letter", "HAVSA BELEDİYE BAŞKANLIĞINA").await;
        clear(&office, &id).await;
        let enez = office.unit(ENEZ).await;
        add(&office, &id, DestinationType::ExternalKep, &enez).await;
        let found = findings(&office, &id).await;
        let told = found.iter().find(|it| it.code == "muhatap_satiri");
        let told = told.expect("the letter would say Havsa and go to Enez");
        assert_eq!(told.severity, Severity::Warning);
        assert!(told.sentence.contains("HAVSA BELEDİYE BAŞKANLIĞINA"));
        assert!(told.sentence.contains("ENEZ"), "{}", told.sentence);
        // An Olur goes to the office of whoever grants it.
        written(&office, &id, "consent", "HAVSA BELEDİYE BAŞKANLIĞINA").await;
        assert!(codes(&office, &id).await.contains(&"muhatap_satiri"));
        written(&office, &id, "consent", "BAŞKANLIK MAKAMINA").await;
        assert!(!codes(&office, &id).await.contains(&"muhatap_satiri"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_closed_unit_gets_nothing_even_if_it_closed_after_the_signature() {
    for test in office::engines().await {
        let office = Office::on(test).await;
        let closed = unit(&office, CLOSED).await;
        let words = ["birim kapalı (pasif)", "Yerine geçen birimi seçin."];
        let id = complete(&office, &[]).await;
        add(&office, &id, DestinationType::ExternalKep, &closed).await;
        refused_twice(&office, &id, "birim_kapali", &words).await;

        let id = complete(&office, &[HAVSA]).await;
        submit(&office, &id).await.unwrap();
        let (_, version) = sign(&office, &id).await;
        let havsa = office.unit(HAVSA).await;
        sql(&office, "UPDATE unit SET active = 0 WHERE id = ?1", &havsa).await;
        let told = send::send(&office.app, &office.clerk, &id, version).await;
        let words = [words[0], SIGNED];
        refused_at_sending(&office, &id, told.unwrap_err(), "birim_kapali", &words).await;
        sql(&office, "UPDATE unit SET active = 1 WHERE id = ?1", &havsa).await;
        send_now(&office, &id).await.unwrap();
        office.pass(61);
        office.rounds(2, 10).await;
        assert_eq!(office.message(&id).await.state, State::Sent);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_changed_in_the_directory_after_the_signature_is_told() {
    for test in office::engines().await {
        let office = Office::on(test).await;
        let havsa = office.unit(HAVSA).await;
        let id = complete(&office, &[HAVSA]).await;
        submit(&office, &id).await.unwrap();
        let (_, version) = sign(&office, &id).await;
        let changes = [
            (
                "UPDATE unit SET kep_address = 'havsa.yeni@hs99.kep.example' WHERE id = ?1",
                "adres_degisti",
                "KEP adresi seçildikten sonra değişti",
                "Çözüm: Evrakı Gönder ekranında Adresi rehberden yenile",
                "UPDATE unit SET kep_address = NULL WHERE id = ?1",
            ),
            (
                "UPDATE unit SET is_own = 1 WHERE id = ?1",
                "birim_ici_disi",
                "kurumunuzun birimidir; kurum dışı olarak gönderilemez",
                SIGNED,
                "UPDATE unit SET is_own = 0 WHERE id = ?1",
            ),
        ];
        for (change, code, words, way, back) in changes {
            sql(&office, change, &havsa).await;
            let told = send::send(&office.app, &office.clerk, &id, version).await;
            let words = [words, way];
            refused_at_sending(&office, &id, told.unwrap_err(), code, &words).await;
            sql(&office, back, &havsa).await;
        }
        send_now(&office, &id).await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_to_write_to_is_refused_and_nobody_to_act_is_a_warning() {
    for test in office::engines().await {
        let office = Office::on(test).await;
        let id = complete(&office, &[]).await;
        let words = ["Dağıtım listesi boş", "Dağıtım Listesi Hazırla"];
        refused_twice(&office, &id, "alici_bos", &words).await;

        let id = complete(&office, &[HAVSA, ENEZ]).await;
        let purpose = async |at: usize, purpose: Purpose| {
            let letter = id.clone();
            office
                .app
                .write(&office.clerk, move |tx, act| {
                    let line = list::list(tx, act, &letter)?.remove(at);
                    list::set_purpose(tx, act, &letter, &line.id, purpose)
                })
                .await
                .unwrap();
        };
        purpose(0, Purpose::Information).await;
        assert!(!codes(&office, &id).await.contains(&"geregi_yok"));
        purpose(1, Purpose::Information).await;
        let found = findings(&office, &id).await;
        let warning = found.iter().find(|it| it.code == "geregi_yok").unwrap();
        assert_eq!(warning.severity, Severity::Warning);
        assert_eq!(warning.ways_out, ["En az bir alıcıyı Gereği yapın."]);
        submit(&office, &id).await.unwrap();
        sign_and_send(&office, &id).await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn eleven_megabytes_are_warned_of_and_go() {
    for test in office::engines().await {
        let office = Office::on(test).await;
        let id = complete(&office, &[HAVSA]).await;
        let bytes = incompressible(11_000_000);
        attach(&office, &id, bytes, 11_000_000).await;
        let found = findings(&office, &id).await;
        assert_eq!(found.len(), 1, "{found:?}");
        assert_eq!(
            (found[0].severity, found[0].code),
            (Severity::Warning, "ileti_buyukce")
        );
        assert!(
            found[0]
                .sentence
                .contains("KEP iletisi 15,2 MB olur; 10,0 MB"),
            "{}",
            found[0].sentence
        );
        submit(&office, &id).await.unwrap();
        sign_and_send(&office, &id).await.unwrap();
        let message = office.message(&id).await;
        assert!(
            (15_000_000..15_300_000).contains(&message.size),
            "{message:?}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn over_the_limit_each_way_out_leads_out() {
    for test in office::engines().await {
        let office = Office::on(test).await;
        let two_files = async || {
            let id = complete(&office, &[HAVSA]).await;
            let mut files = Vec::new();
            for content in ["%PDF-1.7 bir", "%PDF-1.7 iki"] {
                files.push(attach(&office, &id, content.into(), 13_000_000).await);
            }
            (id, files)
        };
        let (id, _) = two_files().await;
        let words = [
            "KEP iletisi 35,7 MB olur; sınır 25,0 MB",
            "Bir eki bu alıcıya göndermeyin (ek bırakma).",
            "Eki CD/USB olarak fiziksel ek yapın.",
            PAPER,
        ];
        refused_twice(&office, &id, "ileti_buyuk", &words).await;

        let (id, files) = two_files().await;
        let (letter, file) = (id.clone(), files[1].clone());
        office
            .app
            .write(&office.clerk, move |tx, act| {
                let line = list::list(tx, act, &letter)?.remove(0);
                list::leave_out(tx, act, &letter, &line.id, &[file])
            })
            .await
            .unwrap();
        assert_eq!(codes(&office, &id).await, ["ileti_buyukce"]);
        submit(&office, &id).await.unwrap();

        let (id, files) = two_files().await;
        let (letter, file) = (id.clone(), files[1].clone());
        office
            .app
            .write(&office.clerk, move |tx, act| {
                attach::remove(tx, act, &letter, &file)?;
                let disc = New::Physical {
                    title: "Plan (1 adet CD)".to_owned(),
                };
                attach::add(tx, act, &letter, disc)
            })
            .await
            .unwrap();
        assert_eq!(codes(&office, &id).await, ["ileti_buyukce"]);
        submit(&office, &id).await.unwrap();

        let (id, _) = two_files().await;
        clear(&office, &id).await;
        let havsa = office.unit(HAVSA).await;
        add(&office, &id, DestinationType::ExternalPaper, &havsa).await;
        let found = codes(&office, &id).await;
        assert!(!found.contains(&"ileti_buyuk"), "{found:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn limit_and_warning_are_settings_that_hold_at_once() {
    for test in office::engines().await {
        let office = Office::on(test).await;
        let id = complete(&office, &[HAVSA]).await;
        attach(&office, &id, incompressible(900_000), 900_000).await;
        assert_eq!(codes(&office, &id).await, Vec::<&str>::new());
        set(&office, setting::MESSAGE_WARNING, 500_000).await;
        assert_eq!(codes(&office, &id).await, ["ileti_buyukce"]);
        submit(&office, &id).await.unwrap();

        set(&office, setting::MESSAGE_LIMIT, 1_000_000).await;
        let told = sign_and_send(&office, &id).await.unwrap_err();
        let words = ["KEP iletisi 1,4 MB olur; sınır 1,0 MB"];
        refused_at_sending(&office, &id, told, "ileti_buyuk", &words).await;
        set(&office, setting::MESSAGE_LIMIT, 2_000_000).await;
        send_now(&office, &id).await.unwrap();
    }
}

/// The estimate leaves room for letter and signature; a letter that needs more is weighed as it is.
#[tokio::test(flavor = "multi_thread")]
async fn the_size_rule_weighs_the_real_message() {
    for test in office::engines().await {
        let office = Office::on(test).await;
        let id = complete(&office, &[HAVSA]).await;
        attach(&office, &id, incompressible(580_000), 580_000).await;
        set(&office, setting::MESSAGE_LIMIT, 1_000_000).await;
        assert_eq!(codes(&office, &id).await, Vec::<&str>::new());
        submit(&office, &id).await.unwrap();
        let (_, version) = sign(&office, &id).await;
        let page = incompressible(300_000);
        let hash = office.app.blobs.put(page).await.unwrap();
        let letter = id.clone();
        office
            .app
            .store
            .write(move |tx| {
                let frozen = params![&letter, &hash];
                tx.execute("UPDATE document SET frozen_hash = ?2 WHERE id = ?1", frozen)
            })
            .await
            .unwrap();
        assert_eq!(codes(&office, &id).await, Vec::<&str>::new());

        let told = send::send(&office.app, &office.clerk, &id, version).await;
        let told = told.unwrap_err();
        let words = ["KEP iletisi 1,2 MB; sınır 1,0 MB", SIGNED];
        refused_at_sending(&office, &id, told, "ileti_buyuk", &words).await;
        // Its package exists now, so pre-flight weighs it.
        assert_eq!(codes(&office, &id).await, ["ileti_buyuk"]);
        set(&office, setting::MESSAGE_LIMIT, 2_000_000).await;
        send_now(&office, &id).await.unwrap();
        let message = office.message(&id).await;
        assert!(
            (1_100_000..1_300_000).contains(&message.size),
            "{message:?}"
        );
    }
}
