//! A transaction as the domain sees it, and the command that carries a closure to its engine.

use std::panic::{AssertUnwindSafe, catch_unwind};

use super::{FromValue, Row, StoreError, Value, postgres, sqlite};

/// The database engine behind a transaction, for the few statements that differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Engine {
    Sqlite,
    Postgres,
}

/// A running transaction.
///
/// Statements are written once for both engines with parameters `?1`, `?2`, …; use
/// [`crate::params!`] to bind them.
pub struct Tx<'a> {
    pub(super) connection: Connection<'a>,
    pub(super) statements: usize,
}

pub(super) enum Connection<'a> {
    Sqlite(&'a rusqlite::Connection),
    Postgres(&'a mut postgres::Session),
}

impl Tx<'_> {
    /// Which engine runs this transaction.
    #[must_use]
    pub fn engine(&self) -> Engine {
        match self.connection {
            Connection::Sqlite(_) => Engine::Sqlite,
            Connection::Postgres(_) => Engine::Postgres,
        }
    }

    /// How many statements ran so far: long lists must not need one for each of their lines.
    #[must_use]
    pub fn statements(&self) -> usize {
        self.statements
    }

    /// Runs a statement and says how many rows it touched.
    ///
    /// # Errors
    /// When the engine refuses the statement.
    pub fn execute(&mut self, sql: &str, params: &[Value]) -> Result<u64, StoreError> {
        self.statements += 1;
        match &mut self.connection {
            Connection::Sqlite(connection) => sqlite::execute(connection, sql, params),
            Connection::Postgres(session) => session.execute(sql, params),
        }
    }

    /// Runs several statements without parameters.
    ///
    /// # Errors
    /// When the engine refuses one of them.
    pub fn execute_batch(&mut self, sql: &str) -> Result<(), StoreError> {
        match &mut self.connection {
            Connection::Sqlite(connection) => Ok(connection.execute_batch(sql)?),
            Connection::Postgres(session) => session.execute_batch(sql),
        }
    }

    /// Runs a query and returns all its rows; lists must carry a LIMIT.
    ///
    /// # Errors
    /// When the engine refuses the statement.
    pub fn query(&mut self, sql: &str, params: &[Value]) -> Result<Vec<Row>, StoreError> {
        self.statements += 1;
        match &mut self.connection {
            Connection::Sqlite(connection) => sqlite::query(connection, sql, params),
            Connection::Postgres(session) => session.query(sql, params),
        }
    }

    /// The first row, if any.
    ///
    /// # Errors
    /// When the engine refuses the statement.
    pub fn query_opt(&mut self, sql: &str, params: &[Value]) -> Result<Option<Row>, StoreError> {
        Ok(self.query(sql, params)?.into_iter().next())
    }

    /// The first row.
    ///
    /// # Errors
    /// [`StoreError::NoRow`] when there is none, or when the engine refuses the statement.
    pub fn query_one(&mut self, sql: &str, params: &[Value]) -> Result<Row, StoreError> {
        self.query_opt(sql, params)?.ok_or(StoreError::NoRow)
    }

    /// The first column of the first row.
    ///
    /// # Errors
    /// As [`Tx::query_one`], and when the cell is of another type.
    pub fn scalar<T: FromValue>(&mut self, sql: &str, params: &[Value]) -> Result<T, StoreError> {
        self.query_one(sql, params)?.at(0)
    }
}

/// A closure on its way to the engine, with its answer on the way back.
pub(super) trait Command: Send {
    /// Runs the closure; true when its writes are to be kept.
    fn run(&mut self, tx: &mut Tx<'_>) -> bool;
    /// Sends the answer, or the commit's error in its place.
    fn finish(self: Box<Self>, commit: Result<(), StoreError>);
}

pub(super) struct Typed<T, E, F, R> {
    work: Option<F>,
    outcome: Option<Result<T, E>>,
    reply: R,
}

impl<T, E, F, R> Typed<T, E, F, R>
where
    T: Send + 'static,
    E: From<StoreError> + Send + 'static,
    F: FnOnce(&mut Tx<'_>) -> Result<T, E> + Send + 'static,
    R: FnOnce(Result<T, E>) + Send + 'static,
{
    pub(super) fn boxed(work: F, reply: R) -> Box<dyn Command> {
        Box::new(Self {
            work: Some(work),
            outcome: None,
            reply,
        })
    }
}

impl<T, E, F, R> Command for Typed<T, E, F, R>
where
    T: Send,
    E: From<StoreError> + Send,
    F: FnOnce(&mut Tx<'_>) -> Result<T, E> + Send,
    R: FnOnce(Result<T, E>) + Send,
{
    fn run(&mut self, tx: &mut Tx<'_>) -> bool {
        let Some(work) = self.work.take() else {
            return false;
        };
        let outcome = catch_unwind(AssertUnwindSafe(|| work(tx)))
            .unwrap_or_else(|_| Err(StoreError::Panicked.into()));
        let keep = outcome.is_ok();
        self.outcome = Some(outcome);
        keep
    }

    fn finish(self: Box<Self>, commit: Result<(), StoreError>) {
        let answer = match (commit, self.outcome) {
            (Ok(()), Some(outcome)) => outcome,
            (Ok(()), None) => Err(StoreError::Closed.into()),
            (Err(_), Some(Err(own))) => Err(own),
            (Err(error), _) => Err(error.into()),
        };
        (self.reply)(answer);
    }
}
