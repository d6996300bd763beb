//! The store: one SQL text for SQLite and PostgreSQL, transactions, migrations and blobs.
//!
//! Domain functions are synchronous and take a [`Tx`]; callers reach one through
//! [`Store::read`] and [`Store::write`]. Writing is serialised on both engines: SQLite has one
//! owner of writing that groups commits, PostgreSQL takes an advisory lock, because the audit
//! chain orders every write anyway and one order of events is easier to prove than many.

pub mod blobs;
mod error;
mod migrate;
mod postgres;
mod row;
mod sqlite;
pub mod testing;
mod tx;
mod value;

use std::path::Path;
use std::sync::Arc;

pub use blobs::{BlobHash, BlobHasher, Blobs};
pub use error::StoreError;
pub use row::Row;
pub use tx::{Engine, Tx};
pub use value::{FromValue, Value};

/// Positional parameters `?1`, `?2`, … of a statement, in order.
#[macro_export]
macro_rules! params {
    () => { &[] as &[$crate::store::Value] };
    ($($value:expr),+ $(,)?) => { &[$($crate::store::Value::from($value)),+] };
}

/// A handle to the database that is cheap to clone and safe to share between tasks.
#[derive(Clone)]
pub struct Store {
    inner: Arc<Inner>,
}

enum Inner {
    Sqlite(sqlite::Pool),
    Postgres(postgres::Pool),
}

/// Where the rows live.
#[derive(Debug, Clone)]
pub enum Location<'a> {
    /// A SQLite file, made when it does not exist.
    Sqlite(&'a Path),
    /// A PostgreSQL connection string, `postgres://user@host/database`.
    Postgres(&'a str),
}

impl Store {
    /// Opens the database and brings its schema up to date.
    ///
    /// # Errors
    /// When the file or server cannot be reached, or when the schema is newer than this program.
    pub fn open(location: &Location<'_>) -> Result<Self, StoreError> {
        let inner = match location {
            Location::Sqlite(path) => Inner::Sqlite(sqlite::Pool::open(path)?),
            Location::Postgres(url) => Inner::Postgres(postgres::Pool::open(url)?),
        };
        let store = Self {
            inner: Arc::new(inner),
        };
        store.write_blocking(migrate::run)?;
        Ok(store)
    }

    /// Runs `work` on a consistent snapshot; nothing that it writes is kept.
    ///
    /// # Errors
    /// Those of `work`, and [`StoreError`] when the engine fails.
    pub async fn read<T, E, F>(&self, work: F) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
        F: FnOnce(&mut Tx<'_>) -> Result<T, E> + Send + 'static,
    {
        let (reply, answer) = tokio::sync::oneshot::channel();
        self.submit_read(work, move |result| {
            let _ = reply.send(result);
        });
        answer
            .await
            .unwrap_or_else(|_| Err(StoreError::Closed.into()))
    }

    /// Runs `work` in a writing transaction of its own; answers only after the commit is on disk.
    ///
    /// An error of `work` rolls back what it wrote and nothing else.
    ///
    /// # Errors
    /// Those of `work`, and [`StoreError`] when the engine fails.
    pub async fn write<T, E, F>(&self, work: F) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
        F: FnOnce(&mut Tx<'_>) -> Result<T, E> + Send + 'static,
    {
        let (reply, answer) = tokio::sync::oneshot::channel();
        self.submit_write(work, move |result| {
            let _ = reply.send(result);
        });
        answer
            .await
            .unwrap_or_else(|_| Err(StoreError::Closed.into()))
    }

    /// [`Store::read`] for callers outside the asynchronous runtime (commands, tests).
    ///
    /// # Errors
    /// As [`Store::read`].
    pub fn read_blocking<T, E, F>(&self, work: F) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
        F: FnOnce(&mut Tx<'_>) -> Result<T, E> + Send + 'static,
    {
        let (reply, answer) = std::sync::mpsc::channel();
        self.submit_read(work, move |result| {
            let _ = reply.send(result);
        });
        answer
            .recv()
            .unwrap_or_else(|_| Err(StoreError::Closed.into()))
    }

    /// [`Store::write`] for callers outside the asynchronous runtime (commands, tests).
    ///
    /// # Errors
    /// As [`Store::write`].
    pub fn write_blocking<T, E, F>(&self, work: F) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
        F: FnOnce(&mut Tx<'_>) -> Result<T, E> + Send + 'static,
    {
        let (reply, answer) = std::sync::mpsc::channel();
        self.submit_write(work, move |result| {
            let _ = reply.send(result);
        });
        answer
            .recv()
            .unwrap_or_else(|_| Err(StoreError::Closed.into()))
    }

    fn submit_read<T, E, F>(&self, work: F, reply: impl FnOnce(Result<T, E>) + Send + 'static)
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
        F: FnOnce(&mut Tx<'_>) -> Result<T, E> + Send + 'static,
    {
        let command = tx::Typed::boxed(work, reply);
        match &*self.inner {
            Inner::Sqlite(pool) => pool.read(command),
            Inner::Postgres(pool) => pool.read(command),
        }
    }

    fn submit_write<T, E, F>(&self, work: F, reply: impl FnOnce(Result<T, E>) + Send + 'static)
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
        F: FnOnce(&mut Tx<'_>) -> Result<T, E> + Send + 'static,
    {
        let command = tx::Typed::boxed(work, reply);
        match &*self.inner {
            Inner::Sqlite(pool) => pool.write(command),
            Inner::Postgres(pool) => pool.write(command),
        }
    }
}
