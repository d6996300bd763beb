//! Stores for tests: a fresh SQLite file, and a fresh PostgreSQL database when a server is named.

use std::sync::atomic::{AtomicU32, Ordering};

use tempfile::TempDir;

use super::{Location, Store};

/// Environment variable with the URL of a PostgreSQL server on which tests may make databases.
pub const POSTGRES_URL: &str = "DYS_TEST_POSTGRES";

/// A store that vanishes with this value.
pub struct TestStore {
    pub name: &'static str,
    pub store: Store,
    /// The connection string of a database on a server, for other processes.
    pub database: Option<String>,
    _folder: Option<TempDir>,
}

/// One fresh store per engine: SQLite always, PostgreSQL when [`POSTGRES_URL`] is set.
///
/// # Panics
/// When a store cannot be made; tests cannot go on then.
#[must_use]
#[expect(clippy::expect_used, reason = "only tests call this")]
pub fn every_engine() -> Vec<TestStore> {
    let mut stores = vec![sqlite()];
    match std::env::var(POSTGRES_URL) {
        Ok(server) => {
            let url = fresh_postgres(&server);
            let store = Store::open(&Location::Postgres(&url)).expect("PostgreSQL store");
            stores.push(TestStore {
                name: "postgres",
                store,
                database: Some(url),
                _folder: None,
            });
        }
        Err(_) => eprintln!("{POSTGRES_URL} is not set: PostgreSQL is left out of this test"),
    }
    stores
}

/// A fresh SQLite store.
///
/// # Panics
/// When it cannot be made.
#[must_use]
#[expect(clippy::expect_used, reason = "only tests call this")]
pub fn sqlite() -> TestStore {
    let folder = tempfile::tempdir().expect("temporary folder");
    let store =
        Store::open(&Location::Sqlite(&folder.path().join("dys.db"))).expect("SQLite store");
    TestStore {
        name: "sqlite",
        store,
        database: None,
        _folder: Some(folder),
    }
}

#[expect(clippy::expect_used, reason = "only tests call this")]
fn fresh_postgres(server: &str) -> String {
    static COUNTER: AtomicU32 = AtomicU32::new(0);
    let number = COUNTER.fetch_add(1, Ordering::Relaxed);
    let name = format!("dys_test_{}_{number}", std::process::id());
    let mut client =
        ::postgres::Client::connect(server, ::postgres::NoTls).expect("PostgreSQL server");
    client
        .batch_execute(&format!("DROP DATABASE IF EXISTS {name}"))
        .and_then(|()| client.batch_execute(&format!("CREATE DATABASE {name}")))
        .expect("fresh database");
    match server.rsplit_once('/') {
        Some((base, _)) => format!("{base}/{name}"),
        None => server.to_owned(),
    }
}
