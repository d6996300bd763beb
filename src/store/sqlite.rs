//! SQLite: one thread owns writing and groups commits, a few threads read snapshots.

use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use rusqlite::types::{ToSqlOutput, ValueRef};
use rusqlite::{Connection as Sqlite, OpenFlags};

use super::tx::{Command, Connection};
use super::{Row, StoreError, Tx, Value};

/// Threads that answer reads.
const READERS: usize = 3;
/// Commands that share one commit at most; bounds how long the first of them waits.
const GROUP: usize = 64;
/// Other processes (imports, user administration) may hold the write lock this long.
const BUSY_TIMEOUT: Duration = Duration::from_secs(15);

pub(super) struct Pool {
    writer: Sender<Box<dyn Command>>,
    readers: Sender<Box<dyn Command>>,
}

impl Pool {
    pub(super) fn open(path: &Path) -> Result<Self, StoreError> {
        let write_connection = connect(path)?;
        let (writer, write_queue) = channel();
        spawn("dys-store-writer", move || {
            write_loop(&write_connection, &write_queue)
        })?;

        let (readers, read_queue) = channel();
        let read_queue = Arc::new(Mutex::new(read_queue));
        for index in 0..READERS {
            let connection = connect(path)?;
            connection.pragma_update(None, "query_only", true)?;
            let queue = Arc::clone(&read_queue);
            spawn(&format!("dys-store-reader-{index}"), move || {
                read_loop(&connection, &queue)
            })?;
        }
        Ok(Self { writer, readers })
    }

    pub(super) fn read(&self, command: Box<dyn Command>) {
        if let Err(refused) = self.readers.send(command) {
            refused.0.finish(Err(StoreError::Closed));
        }
    }

    pub(super) fn write(&self, command: Box<dyn Command>) {
        if let Err(refused) = self.writer.send(command) {
            refused.0.finish(Err(StoreError::Closed));
        }
    }
}

fn spawn(name: &str, body: impl FnOnce() + Send + 'static) -> Result<(), StoreError> {
    std::thread::Builder::new()
        .name(name.to_owned())
        .spawn(body)
        .map(drop)
        .map_err(|error| StoreError::Schema(format!("thread {name}: {error}")))
}

/// WAL keeps readers and the writer apart; `synchronous=FULL` makes "saved" mean on disk.
fn connect(path: &Path) -> Result<Sqlite, StoreError> {
    let connection = Sqlite::open_with_flags(
        PathBuf::from(path),
        OpenFlags::SQLITE_OPEN_READ_WRITE
            | OpenFlags::SQLITE_OPEN_CREATE
            | OpenFlags::SQLITE_OPEN_NO_MUTEX,
    )?;
    connection.busy_timeout(BUSY_TIMEOUT)?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.pragma_update(None, "foreign_keys", true)?;
    connection.pragma_update(None, "temp_store", "MEMORY")?;
    connection.set_prepared_statement_cache_capacity(256);
    Ok(connection)
}

fn read_loop(connection: &Sqlite, queue: &Mutex<Receiver<Box<dyn Command>>>) {
    loop {
        let Ok(next) = queue.lock().map(|queue| queue.recv()) else {
            return;
        };
        let Ok(mut command) = next else { return };
        let begun = connection.execute_batch("BEGIN").map_err(StoreError::from);
        if begun.is_ok() {
            command.run(&mut Tx {
                connection: Connection::Sqlite(connection),
                statements: 0,
            });
            // A read transaction has nothing to keep; ending it cannot lose anything.
            let _ = connection.execute_batch("ROLLBACK");
        }
        command.finish(begun);
    }
}

fn write_loop(connection: &Sqlite, queue: &Receiver<Box<dyn Command>>) {
    while let Ok(first) = queue.recv() {
        let mut group = vec![first];
        if let Err(error) = connection.execute_batch("BEGIN IMMEDIATE") {
            finish_all(group, &error.into());
            continue;
        }
        let mut failure = None;
        let mut index = 0;
        while index < group.len() {
            if let Err(error) = run_in_savepoint(connection, &mut group[index]) {
                failure = Some(error);
                break;
            }
            index += 1;
            if group.len() < GROUP
                && let Ok(next) = queue.try_recv()
            {
                group.push(next);
            }
        }
        let outcome = match failure {
            None => connection.execute_batch("COMMIT").map_err(StoreError::from),
            Some(error) => Err(error),
        };
        match outcome {
            Ok(()) => group.into_iter().for_each(|command| command.finish(Ok(()))),
            Err(error) => {
                // The engine may already have ended the transaction itself.
                let _ = connection.execute_batch("ROLLBACK");
                finish_all(group, &error);
            }
        }
    }
}

/// Each grouped command stands alone: when it fails, only its own writes are undone.
fn run_in_savepoint(connection: &Sqlite, command: &mut Box<dyn Command>) -> Result<(), StoreError> {
    connection.execute_batch("SAVEPOINT command")?;
    if !command.run(&mut Tx {
        connection: Connection::Sqlite(connection),
        statements: 0,
    }) {
        connection.execute_batch("ROLLBACK TO command")?;
    }
    connection.execute_batch("RELEASE command")?;
    Ok(())
}

fn finish_all(group: Vec<Box<dyn Command>>, error: &StoreError) {
    for command in group {
        command.finish(Err(StoreError::Schema(format!("commit failed: {error}"))));
    }
}

impl rusqlite::ToSql for Value {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(match self {
            Value::Null => ValueRef::Null,
            Value::Int(int) => ValueRef::Integer(*int),
            Value::Text(text) => ValueRef::Text(text.as_bytes()),
            Value::Blob(bytes) => ValueRef::Blob(bytes),
        }))
    }
}

pub(super) fn execute(connection: &Sqlite, sql: &str, params: &[Value]) -> Result<u64, StoreError> {
    let mut statement = connection.prepare_cached(sql)?;
    Ok(statement.execute(rusqlite::params_from_iter(params))? as u64)
}

pub(super) fn query(
    connection: &Sqlite,
    sql: &str,
    params: &[Value],
) -> Result<Vec<Row>, StoreError> {
    let mut statement = connection.prepare_cached(sql)?;
    let columns: Arc<[String]> = statement
        .column_names()
        .map(str::to_owned)
        .collect::<Vec<_>>()
        .into();
    let mut rows = statement.query(rusqlite::params_from_iter(params))?;
    let mut answer = Vec::new();
    while let Some(row) = rows.next()? {
        let mut values = Vec::with_capacity(columns.len());
        for index in 0..columns.len() {
            values.push(match row.get_ref(index)? {
                ValueRef::Null => Value::Null,
                ValueRef::Integer(int) => Value::Int(int),
                ValueRef::Real(real) => Value::Text(real.to_string()),
                ValueRef::Text(text) => Value::Text(String::from_utf8_lossy(text).into_owned()),
                ValueRef::Blob(bytes) => Value::Blob(bytes.to_vec()),
            });
        }
        answer.push(Row::new(Arc::clone(&columns), values));
    }
    Ok(answer)
}
