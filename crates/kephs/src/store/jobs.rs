//! What the engine has still to do, in the database: one row per step, message and addressee.

use rusqlite::{Connection, params};

use super::row;
use crate::{clock::Millis, error::Result};

/// A step that is due at a time.
#[derive(Debug, Clone)]
pub struct Job {
    pub id: i64,
    pub due_at: Millis,
    pub step: String,
    pub message_id: i64,
    pub recipient_n: i64,
}

/// Plans a step; planning it again changes nothing.
pub fn plan(
    db: &Connection,
    due_at: Millis,
    step: &str,
    message_id: i64,
    recipient_n: i64,
) -> Result<()> {
    db.execute(
        "INSERT OR IGNORE INTO job (due_at, step, message_id, recipient_n) VALUES (?1, ?2, ?3, ?4)",
        params![due_at, step, message_id, recipient_n],
    )?;
    Ok(())
}

/// The earliest step that is due at `now`.
pub fn next_due(db: &Connection, now: Millis) -> Result<Option<Job>> {
    row(
        db,
        "SELECT id, due_at, step, message_id, recipient_n FROM job WHERE due_at <= ?1
         ORDER BY due_at, id LIMIT 1",
        [now],
        |row| {
            Ok(Job {
                id: row.get(0)?,
                due_at: row.get(1)?,
                step: row.get(2)?,
                message_id: row.get(3)?,
                recipient_n: row.get(4)?,
            })
        },
    )
}

/// When the earliest planned step is due.
pub fn next_time(db: &Connection) -> Result<Option<Millis>> {
    Ok(db
        .prepare_cached("SELECT min(due_at) FROM job")?
        .query_row([], |row| row.get(0))?)
}

/// Strikes a finished step off.
pub fn done(db: &Connection, id: i64) -> Result<()> {
    db.execute("DELETE FROM job WHERE id = ?1", [id])?;
    Ok(())
}

/// Strikes a step off that is no longer wanted.
pub fn cancel(db: &Connection, step: &str, message_id: i64, recipient_n: i64) -> Result<()> {
    db.execute(
        "DELETE FROM job WHERE step = ?1 AND message_id = ?2 AND recipient_n = ?3",
        params![step, message_id, recipient_n],
    )?;
    Ok(())
}
