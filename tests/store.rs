//! The store keeps its promises on both engines.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use dys::params;
use dys::store::{StoreError, testing};

const ADD: &str = "INSERT INTO setting (key, value) VALUES (?1, ?2)";

#[test]
fn a_failed_command_undoes_only_itself() {
    for engine in testing::every_engine() {
        let store = engine.store.clone();
        store
            .write_blocking(|tx| tx.execute(ADD, params!["a", "1"]))
            .unwrap();
        let failed: Result<(), StoreError> = store.write_blocking(|tx| {
            tx.execute(ADD, params!["b", "2"])?;
            Err(StoreError::NoRow)
        });
        assert!(failed.is_err());
        let clash = store
            .write_blocking(|tx| tx.execute(ADD, params!["a", "3"]))
            .unwrap_err();
        assert!(clash.is_unique_violation(), "{}: {clash}", engine.name);
        store
            .write_blocking(|tx| tx.execute(ADD, params!["c", "4"]))
            .unwrap();
        let keys: Vec<String> = store
            .read_blocking(|tx| {
                tx.query("SELECT key FROM setting ORDER BY key", params![])?
                    .iter()
                    .map(|row| row.get("key"))
                    .collect::<Result<_, StoreError>>()
            })
            .unwrap();
        assert_eq!(keys, ["a", "c"], "{}", engine.name);
    }
}

#[test]
fn a_panicking_command_is_an_error_and_the_store_lives_on() {
    for engine in testing::every_engine() {
        let answer: Result<(), StoreError> = engine.store.write_blocking(|tx| {
            tx.execute(ADD, params!["lost", "1"])?;
            panic!("a defect in a command");
        });
        assert!(
            matches!(answer, Err(StoreError::Panicked)),
            "{}",
            engine.name
        );
        engine
            .store
            .write_blocking(|tx| tx.execute(ADD, params!["kept", "1"]))
            .unwrap();
        let count: i64 = engine
            .store
            .read_blocking(|tx| tx.scalar("SELECT COUNT(*) FROM setting", params![]))
            .unwrap();
        assert_eq!(count, 1, "{}", engine.name);
    }
}

#[test]
fn a_read_cannot_write() {
    for engine in testing::every_engine() {
        let answer: Result<u64, StoreError> = engine
            .store
            .read_blocking(|tx| tx.execute(ADD, params!["x", "1"]));
        assert!(answer.is_err(), "{}", engine.name);
    }
}

#[test]
fn many_writers_count_without_losing_one() {
    for engine in testing::every_engine() {
        engine
            .store
            .write_blocking(|tx| tx.execute(ADD, params!["n", "0"]))
            .unwrap();
        std::thread::scope(|scope| {
            for _ in 0..8 {
                let store = engine.store.clone();
                scope.spawn(move || {
                    for _ in 0..25 {
                        store
                            .write_blocking(|tx| {
                                let value: String = tx.scalar(
                                    "SELECT value FROM setting WHERE key = 'n'",
                                    params![],
                                )?;
                                let next = value.parse::<i64>().unwrap() + 1;
                                tx.execute(
                                    "UPDATE setting SET value = ?1 WHERE key = 'n'",
                                    params![next.to_string()],
                                )
                            })
                            .unwrap();
                    }
                });
            }
        });
        let value: String = engine
            .store
            .read_blocking(|tx| tx.scalar("SELECT value FROM setting WHERE key = 'n'", params![]))
            .unwrap();
        assert_eq!(value, "200", "{}", engine.name);
    }
}
