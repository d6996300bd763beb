//! The file plan as a drafter meets it: found by code or words, recent codes first.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use dys::directory::InstitutionKind;
use dys::fileplan::{self, Question, Scope};
use dys::store::Store;
use dys::store::testing::every_engine;
use jiff::Timestamp;

fn ask(store: &Store, text: &str, scope: Scope) -> Vec<String> {
    let text = text.to_owned();
    store
        .read_blocking(move |tx| {
            let question = Question {
                text: &text,
                scope,
                user_id: "ayse",
                unit_id: "yazi-isleri",
            };
            fileplan::search(tx, &question)
        })
        .unwrap()
        .into_iter()
        .map(|code| code.code)
        .collect()
}

#[test]
fn a_drafter_finds_codes_by_number_and_by_words() {
    for test in every_engine() {
        let store = &test.store;
        assert_eq!(fileplan::fill(store).unwrap(), 1_498);
        assert_eq!(
            fileplan::fill(store).unwrap(),
            1_498,
            "a second run changes nothing"
        );

        let municipal = Scope::of(InstitutionKind::Municipality);
        assert_eq!(ask(store, "105.04", municipal), ["105.04"]);
        assert!(ask(store, "105", municipal).len() > 4);
        for words in ["meclis kararları", "KARARLARI MECLİS", "meclis karar"] {
            assert!(
                ask(store, words, municipal).contains(&"105.04".to_owned()),
                "{words}"
            );
        }
        assert!(!ask(store, "meclis karar", Scope::Common).contains(&"105.04".to_owned()));
        assert!(ask(store, "genelge", Scope::Education).contains(&"010.06".to_owned()));
        assert!(ask(store, "%", municipal).is_empty());
        assert!(ask(store, "' OR 1=1", municipal).is_empty());

        let found = store
            .read_blocking(move |tx| fileplan::find(tx, municipal, "020"))
            .unwrap();
        assert!(found.is_some_and(|code| code.secondary_only));
        let other = store.read_blocking(move |tx| fileplan::find(tx, Scope::Common, "105.04"));
        assert_eq!(other.unwrap(), None);
    }
}

#[test]
fn codes_used_lately_come_first() {
    for test in every_engine() {
        let store = &test.store;
        fileplan::fill(store).unwrap();
        assert!(ask(store, "", Scope::Municipal).is_empty());
        for (second, code, user) in [
            (1, "105.05", "ayse"),
            (2, "105.03", "ayse"),
            (3, "010.06", "veli"),
        ] {
            store
                .write_blocking(move |tx| {
                    let code = fileplan::find(tx, Scope::Municipal, code)?.unwrap();
                    let now = Timestamp::from_second(second).unwrap();
                    fileplan::record_use(tx, &code, user, "yazi-isleri", now)
                })
                .unwrap();
        }
        assert_eq!(
            ask(store, "", Scope::Municipal),
            ["105.03", "105.05", "010.06"]
        );
        assert_eq!(
            ask(store, "105.", Scope::Municipal)[..2],
            ["105.03", "105.05"]
        );
    }
}
