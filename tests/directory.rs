//! The directory as a clerk and an administrator meet it: seeded, searched, imported.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::collections::HashMap;

use dys::access::user::{self, NewUser};
use dys::access::{Act, Actor, Role};
use dys::directory::import::{self, Report};
use dys::directory::search::{self, Answer, Question, Side};
use dys::directory::seed::{self, Schools};
use dys::directory::{self, InstitutionKind, UnitId, outside};
use dys::ids::SystemIds;
use dys::setting;
use dys::store::testing::{every_engine, sqlite};
use dys::store::{Location, Store};
use dys::turkish;
use jiff::Timestamp;

const NOW: Timestamp = Timestamp::constant(1_700_000_000, 0);

/// Only what the tests look for, so that both engines are filled quickly.
fn fill(store: &Store) -> Report {
    let mut wanted: Vec<_> = Vec::new();
    for unit in seed::units(Schools(0)).unwrap() {
        let place = unit.place.clone().unwrap_or_default().0;
        let near = matches!(place.as_str(), "Edirne" | "Iğdır" | "Ankara");
        let below = unit.place.is_none()
            && unit.parent.as_ref().is_some_and(|parent| {
                wanted
                    .iter()
                    .any(|(_, known): &(u64, directory::UnitRecord)| known.detsis_no == *parent)
            });
        if near || below {
            wanted.push((0, unit));
        }
    }
    import::write(store, wanted.into_iter(), NOW, |_| {}).unwrap()
}

fn ask(store: &Store, text: &str) -> Answer {
    let text = text.to_owned();
    store
        .read_blocking(move |tx| search::search(tx, &Question::outside(&text)))
        .unwrap()
}

fn labels(answer: &Answer) -> Vec<&str> {
    answer
        .nodes()
        .iter()
        .map(|node| node.unit.label.as_str())
        .collect()
}

#[test]
fn a_clerk_finds_units_as_in_the_manual() {
    for test in every_engine() {
        let store = &test.store;
        assert!(fill(store).refused.is_empty(), "{}", test.name);

        for question in [
            "havsa belediye",
            "HAVSA BELEDİYE",
            "belediye havsa",
            "Havsa  beled",
        ] {
            let answer = ask(store, question);
            let lines = labels(&answer);
            assert_eq!(
                lines[0], "(EDİRNE / HAVSA) - [HAVSA BELEDİYE BAŞKANLIĞI]",
                "{question}"
            );
            assert_eq!(lines.len(), 11, "{question}: {lines:#?}");
            assert!(lines.contains(
                &"(EDİRNE / HAVSA) - [HAVSA BELEDİYE BAŞKANLIĞI > YAZI İŞLERİ MÜDÜRLÜĞÜ]"
            ));
            assert!(answer.nodes().iter().all(|node| node.matched
                && node.delivery_address.as_deref() == Some("havsabelediyesi@hs01.kep.tr")));
        }

        for question in [
            "keşan adalet",
            "kesan adalet",
            "keşan mahkeme",
            "KEŞAN ASLİYE HUKUK",
        ] {
            let answer = ask(store, question);
            let lines = labels(&answer);
            assert!(
                lines.contains(
                    &"(EDİRNE / KEŞAN) - [ADALET BAKANLIĞI > KEŞAN ADLİYESİ > KEŞAN ASLİYE HUKUK MAHKEMESİ]"
                ),
                "{question}: {lines:#?}"
            );
            assert!(
                lines.iter().all(|line| line.contains("ADALET BAKANLIĞI")),
                "{lines:#?}"
            );
            assert!(
                !answer.nodes()[0].matched,
                "the ministry only holds what was found"
            );
        }

        for question in ["ığdır valilik", "IGDIR VALILIK", "valiliği IĞDIR"] {
            assert!(
                labels(&ask(store, question)).contains(&"(IĞDIR) - [IĞDIR VALİLİĞİ]"),
                "{question}"
            );
        }
    }
}

#[test]
fn too_little_nothing_and_too_much_are_said_in_words() {
    for test in every_engine() {
        let store = &test.store;
        fill(store);
        assert_eq!(ask(store, " h "), Answer::TooShort);
        assert_eq!(ask(store, ""), Answer::TooShort);
        assert_eq!(ask(store, "havsa opera"), Answer::Nothing);
        assert!(
            ask(store, "x' OR 1=1 --")
                .message()
                .starts_with("Kayıt bulunamadı")
        );
        let Answer::Found(tree) = ask(store, "müdürlüğü") else {
            panic!("nothing")
        };
        assert!(!tree.complete && tree.nodes.len() < 1_000);
        assert!(Answer::Found(tree).message().contains("bir sözcük daha"));
    }
}

#[test]
fn ones_own_institution_is_searched_apart_and_inactive_units_are_left_out() {
    for test in every_engine() {
        let store = &test.store;
        fill(store);
        let answer = ask(store, "havsa belediye");
        let havsa = answer.nodes()[0].unit.id.clone();
        let own = havsa.clone();
        store
            .write_blocking(move |tx| directory::mark_own(tx, &own))
            .unwrap();
        assert_eq!(ask(store, "havsa belediye"), Answer::Nothing);
        let inside = store
            .read_blocking(|tx| {
                let question = Question {
                    side: Side::Inside,
                    ..Question::outside("yazı işl")
                };
                search::search(tx, &question)
            })
            .unwrap();
        assert_eq!(
            labels(&inside),
            [
                "(EDİRNE / HAVSA) - [HAVSA BELEDİYE BAŞKANLIĞI]",
                "(EDİRNE / HAVSA) - [HAVSA BELEDİYE BAŞKANLIĞI > YAZI İŞLERİ MÜDÜRLÜĞÜ]"
            ]
        );
        let unit = inside.nodes()[1].unit.id.clone();
        let address = store
            .read_blocking(move |tx| directory::delivery_address(tx, &unit))
            .unwrap();
        assert_eq!(address.unwrap().as_str(), "havsabelediyesi@hs01.kep.tr");
    }
}

#[test]
fn units_that_kep_cannot_reach_are_marked_or_left_out() {
    for test in every_engine() {
        let store = &test.store;
        fill(store);
        let answer = ask(store, "beğendik belediye");
        assert!(answer.nodes().len() > 1);
        assert!(
            answer
                .nodes()
                .iter()
                .all(|node| node.delivery_address.is_none())
        );
        for (text, found) in [
            ("beğendik belediye", 0),
            ("havsa belediye", 11),
            ("keşan asliye", 4),
        ] {
            let answer = store
                .read_blocking(move |tx| {
                    let question = Question {
                        with_kep_address: true,
                        ..Question::outside(text)
                    };
                    search::search(tx, &question)
                })
                .unwrap();
            assert_eq!(
                answer.nodes().len(),
                found,
                "{text}: {:#?}",
                labels(&answer)
            );
        }
    }
}

#[test]
fn institutions_are_listed_in_turkish_order_page_by_page() {
    for test in every_engine() {
        let store = &test.store;
        fill(store);
        let mut names = Vec::new();
        let mut last: Option<directory::Unit> = None;
        loop {
            let after = last.clone();
            let page = store
                .read_blocking(move |tx| directory::page(tx, None, after.as_ref(), 40))
                .unwrap();
            let Some(end) = page.last() else { break };
            last = Some(end.clone());
            names.extend(page.into_iter().map(|unit| unit.name));
        }
        let mut sorted = names.clone();
        sorted.sort_by(|left, right| turkish::compare(left, right));
        assert!(names.len() > 100);
        assert_eq!(names, sorted);
    }
}

fn import(store: &Store, file: &str) -> Report {
    import::run(store, file.as_bytes(), NOW, |_, _| {}).unwrap()
}

#[test]
fn importing_twice_changes_nothing_and_broken_rows_are_named() {
    let file = "\u{feff}detsis_no;ust_detsis_no;ad;il;ilce;kep_adresi;etkin\n\
        91000002;91000001;Yazı İşleri Müdürlüğü;;;;\n\
        91000001;;Deneme Belediye Başkanlığı;Edirne;Keşan;deneme@hs01.kep.tr;1\n\
        9100;;Kısa numara;Edirne;;;\n\
        91000003;99999999;Üstü yok;;;;\n\
        91000004;91000005;Döngü A;;;;\n\
        91000005;91000004;Döngü B;;;;\n\
        91000006;91000001;Adresi bozuk;;;deneme@example.com;\n\
        91000002;91000001;İkinci kez;;;;\n\
        91000007;91000001;;;;;\n\
        91000008;91000001;<script>alert(1)</script>;;;;\n\
        91000009;91000001;Kapalı Müdürlük;;;;0\n";
    let file = format!(
        "{file}91000010;91000001;{};;;;\n91000011;91000001\n",
        "a".repeat(300)
    );
    for test in every_engine() {
        let store = &test.store;
        let first = import(store, &file);
        assert_eq!(
            (first.added, first.updated, first.unchanged),
            (3, 0, 0),
            "{first:#?}"
        );
        let lines: Vec<u64> = first.refused.iter().map(|refusal| refusal.line).collect();
        assert_eq!(lines, [4, 5, 6, 7, 8, 9, 10, 11, 13, 14], "{first:#?}");
        assert!(first.refused[1].reason.contains("99999999 rehberde yok"));
        assert!(first.refused[2].reason.contains("döngü"));
        assert!(first.refused[8].reason.contains("250 karakterden uzun"));
        assert!(first.refused[5].reason.contains("2. satırda da var"));

        let second = import(store, &file);
        assert_eq!((second.added, second.updated, second.unchanged), (0, 0, 3));
        assert_eq!(
            labels(&ask(store, "deneme")).len(),
            2,
            "the inactive unit is left out"
        );
    }
}

#[test]
fn a_real_folder_takes_no_demo_units() {
    let test = sqlite();
    let file = "detsis_no,ad,kep_adresi\n01000100,Örnek Kurum,\n\
        91000001,Gerçek Kurum,gercek@hs01.kep.tr\n91000002,Karışık,a@hs99.kep.example\n";
    test.store
        .write_blocking(|tx| setting::fix(tx, setting::MODE, "real"))
        .unwrap();
    let report = import(&test.store, file);
    assert_eq!((report.added, report.refused.len()), (1, 2));
}

#[test]
fn a_renamed_institution_renames_the_lines_below_it() {
    for test in every_engine() {
        let store = &test.store;
        import(
            store,
            "detsis_no,ust_detsis_no,ad,il\n91000001,,Eski Kurum,Edirne\n\
             91000002,91000001,Fakülte,\n91000003,91000002,Bölüm,\n",
        );
        let report = import(store, "detsis_no,ad,il\n91000001,Yeni Kurum,Edirne\n");
        assert_eq!((report.added, report.updated), (0, 1));
        assert_eq!(ask(store, "eski"), Answer::Nothing);
        assert_eq!(
            labels(&ask(store, "yeni bölüm")),
            [
                "(EDİRNE) - [YENİ KURUM]",
                "(EDİRNE) - [YENİ KURUM > FAKÜLTE]",
                "(EDİRNE) - [YENİ KURUM > FAKÜLTE > BÖLÜM]"
            ]
        );
    }
}

#[test]
fn a_role_holds_for_units_that_are_added_later() {
    for test in every_engine() {
        let store = &test.store;
        import(store, "detsis_no,ad\n91000001,Kurum\n");
        let clerk = clerk_of(store, "ayse", "91000001");
        assert!(!clerk.has_in(Role::Clerk, "91000002"));
        import(
            store,
            "detsis_no,ust_detsis_no,ad\n91000002,91000001,Yeni Müdürlük\n",
        );
        let clerk = store
            .read_blocking(move |tx| user::actor(tx, &clerk.user_id))
            .unwrap();
        assert!(clerk.has_in(Role::Clerk, "91000002"));
    }
}

#[test]
fn a_file_that_is_no_directory_is_refused_as_a_whole() {
    let test = sqlite();
    for (file, word) in [
        ("", "detsis_no"),
        ("ad\nBirim\n", "detsis_no"),
        ("detsis_no,ad,telefon\n", "telefon"),
        ("\u{0}\u{1}", "tanınmıyor"),
    ] {
        let error = import::run(&test.store, file.as_bytes(), NOW, |_, _| {}).unwrap_err();
        assert!(error.to_string().contains(word), "{error}");
    }
    let latin = b"detsis_no,ad\n91000001,\xddtfaiye\n91000002,Zab\xfdta\n";
    let report = import::run(&test.store, latin.as_slice(), NOW, |_, _| {}).unwrap();
    assert_eq!(report.added, 0);
    assert!(
        report
            .refused
            .iter()
            .all(|refusal| refusal.reason.contains("UTF-8"))
    );
}

/// A command in another process shares the database file with the server (decisions 26).
#[test]
fn an_import_runs_beside_a_server_that_writes() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("dys.db");
    let server = Store::open(&Location::Sqlite(&file)).unwrap();
    let command = Store::open(&Location::Sqlite(&file)).unwrap();
    let importing = std::thread::spawn(move || fill(&command));
    let mut written = 0;
    while written < 20 || !importing.is_finished() {
        let value = written.to_string();
        server
            .write_blocking(move |tx| setting::put(tx, "test", &value))
            .unwrap();
        written += 1;
    }
    let report = importing.join().unwrap();
    assert!(report.added > 1_000 && report.refused.is_empty());
    let count: usize = server.read_blocking(directory::count).unwrap();
    assert_eq!(count, report.added);
}

#[test]
fn the_whole_seed_is_taken_and_taken_again() {
    let test = sqlite();
    let records = || seed::units(Schools(0)).unwrap().map(|unit| (0, unit));
    let first = import::write(&test.store, records(), NOW, |_| {}).unwrap();
    assert!(
        first.added >= 30_000 && first.refused.is_empty(),
        "{}",
        first.summary()
    );
    let count: usize = test.store.read_blocking(directory::count).unwrap();
    assert_eq!(count, first.added);
    let second = import::write(&test.store, records(), NOW, |_| {}).unwrap();
    assert_eq!(
        (second.added, second.updated, second.unchanged),
        (0, 0, first.added)
    );
    assert!(second.summary().starts_with("Değişiklik yok"));
    let nobody = UnitId::new("00000000");
    assert!(
        test.store
            .read_blocking(move |tx| directory::by_id(tx, &nobody))
            .unwrap()
            .is_none()
    );
}

#[test]
fn a_company_that_no_registry_lists_is_kept_by_the_unit_that_added_it() {
    for test in every_engine() {
        let store = &test.store;
        fill(store);
        let unit = ask(store, "havsa belediye yazı")
            .nodes()
            .last()
            .unwrap()
            .unit
            .id
            .to_string();
        let clerk = clerk_of(store, "ayse", &unit);
        let stranger = clerk_of(store, "veli", "01039001");
        let add = |actor: &Actor, name: &'static str, identifier: &'static str| {
            let (actor, unit) = (actor.clone(), unit.clone());
            store.write_blocking(move |tx| {
                let act = Act {
                    actor: &actor,
                    now: NOW,
                    ids: &SystemIds,
                };
                outside::add(
                    tx,
                    &act,
                    &outside::Entry {
                        kind: "company",
                        name,
                        identifier,
                        kep_address: "anka@hs02.kep.tr",
                        uets_address: "",
                        confirmed_uets: "",
                        postal_address: "",
                        source: "antetli kâğıt",
                        owner_unit_id: &unit,
                    },
                )
            })
        };
        add(&clerk, "Işık İnşaat A.Ş.", "8760047464").unwrap();
        assert_eq!(
            add(&clerk, "Işık İnşaat A.Ş.", "8760047464")
                .unwrap_err()
                .code(),
            "rehber_disi_var"
        );
        assert_eq!(
            add(&stranger, "Başkası", "8760047464").unwrap_err().code(),
            "yetki_yok"
        );
        let refused = add(&clerk, " ", "8760047465").unwrap_err();
        let fields: Vec<&str> = refused
            .problem()
            .unwrap()
            .fields
            .iter()
            .map(|(name, _)| name.as_str())
            .collect();
        assert_eq!(fields, ["name", "identifier"]);

        for (actor, found) in [(clerk, 1), (stranger, 0)] {
            let parties = store
                .read_blocking(move |tx| {
                    let act = Act {
                        actor: &actor,
                        now: NOW,
                        ids: &SystemIds,
                    };
                    outside::search(tx, &act, "isik inş")
                })
                .unwrap();
            assert_eq!(parties.len(), found);
        }
    }
}

fn clerk_of(store: &Store, login: &'static str, unit: &str) -> Actor {
    let unit = unit.to_owned();
    store
        .write_blocking(move |tx| {
            let system = Actor::system();
            let act = Act {
                actor: &system,
                now: NOW,
                ids: &SystemIds,
            };
            let id = user::add(
                tx,
                &act,
                &NewUser {
                    login: login.to_owned(),
                    full_name: login.to_owned(),
                    title: "Memur".to_owned(),
                    password_hash: String::new(),
                    roles: vec![(Role::Clerk, unit)],
                    is_demo: true,
                },
            )?;
            user::actor(tx, &id)
        })
        .unwrap()
}

/// The lines of a seed file below its head, in fields.
fn seed_file(name: &str) -> Vec<Vec<String>> {
    let folder = std::path::Path::new(&std::env::var("CARGO_MANIFEST_DIR").expect("run by cargo"))
        .join("assets/seed");
    let text = std::fs::read_to_string(folder.join(name)).unwrap();
    let fields = |line: &str| line.split(',').map(str::to_owned).collect();
    text.lines().skip(1).map(fields).collect()
}

/// Issue 2: 81 provinces, 973 districts, 1,393 municipalities; each office once for each place.
#[test]
fn every_province_and_district_has_its_offices_once() {
    let (provinces, districts) = (seed_file("provinces.csv"), seed_file("districts.csv"));
    assert_eq!((provinces.len(), districts.len()), (81, 973));
    let mut named: HashMap<(InstitutionKind, String, String, String), u32> = HashMap::new();
    let mut municipalities = 0;
    for unit in seed::units(Schools(0)).unwrap() {
        let (Some(kind), Some((province, district))) = (unit.kind, unit.place) else {
            continue;
        };
        let municipality = kind == InstitutionKind::Municipality;
        municipalities += usize::from(municipality && unit.name.ends_with("Belediye Başkanlığı"));
        let key = (kind, province, district, unit.name);
        *named.entry(key).or_default() += 1;
    }
    assert_eq!(municipalities, 1_393);
    let count = |kind, province: &str, district: &str, name: &str| {
        let key = (
            kind,
            province.to_owned(),
            district.to_owned(),
            name.to_owned(),
        );
        named.get(&key).copied().unwrap_or_default()
    };
    let mut names = HashMap::new();
    for province in &provinces {
        let (plate, name) = (province[0].as_str(), province[1].as_str());
        names.insert(plate, name);
        let governor = format!("{name} Valiliği");
        let education = format!("{name} İl Millî Eğitim Müdürlüğü");
        assert_eq!(
            count(InstitutionKind::Governorship, name, "", &governor),
            1,
            "{governor}"
        );
        assert_eq!(
            count(InstitutionKind::Education, name, "", &education),
            1,
            "{education}"
        );
    }
    let mut governors = 0;
    for district in &districts {
        let (province, name) = (names[district[0].as_str()], district[2].as_str());
        // The governor's own offices serve the province's central district.
        let expected = u32::from(name != "Merkez");
        governors += expected;
        for (kind, office) in [
            (InstitutionKind::DistrictGovernorship, "Kaymakamlığı"),
            (InstitutionKind::Education, "İlçe Millî Eğitim Müdürlüğü"),
        ] {
            let office = format!("{name} {office}");
            let found = count(kind, province, name, &office);
            assert_eq!(found, expected, "{province}: {office}");
        }
    }
    assert_eq!(governors, 922);
}
