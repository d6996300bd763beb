//! Evidence in the database: written once, never changed.

use rusqlite::{Connection, Row, params};
use serde::Serialize;

use super::{row, rows};
use crate::{clock::Millis, error::Result};

/// One piece of evidence without its XML.
#[derive(Debug, Clone, Serialize)]
pub struct Evidence {
    pub id: i64,
    pub delil_id: String,
    pub message_id: i64,
    /// 1-based addressee; 0 for the submission as a whole.
    pub recipient_n: i64,
    pub event: String,
    pub copy: i64,
    pub code: Option<i32>,
    pub text: String,
    pub event_at: Millis,
    pub time_text: Option<String>,
    pub visible_at: Millis,
    pub kephs: String,
}

const COLUMNS: &str = "id, delil_id, message_id, recipient_n, event, copy, code, text, event_at, \
                       time_text, visible_at, kephs";

fn evidence(row: &Row) -> rusqlite::Result<Evidence> {
    Ok(Evidence {
        id: row.get(0)?,
        delil_id: row.get(1)?,
        message_id: row.get(2)?,
        recipient_n: row.get(3)?,
        event: row.get(4)?,
        copy: row.get(5)?,
        code: row.get(6)?,
        text: row.get(7)?,
        event_at: row.get(8)?,
        time_text: row.get(9)?,
        visible_at: row.get(10)?,
        kephs: row.get(11)?,
    })
}

/// Stores evidence (its `id` is ignored); `None` when that event was already evidenced.
pub fn add(db: &Connection, it: &Evidence, xml: &str) -> Result<Option<i64>> {
    let added = db.execute(
        "INSERT OR IGNORE INTO evidence (delil_id, message_id, recipient_n, event, copy, code, text,
                                         event_at, time_text, visible_at, kephs, xml)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)",
        params![
            it.delil_id, it.message_id, it.recipient_n, it.event, it.copy, it.code, it.text, it.event_at,
            it.time_text, it.visible_at, it.kephs, xml.as_bytes()
        ],
    )?;
    Ok((added == 1).then(|| db.last_insert_rowid()))
}

/// Evidence of a message that can be seen at `now`, in the order in which it could be seen.
pub fn of_message(db: &Connection, message_id: i64, now: Millis) -> Result<Vec<Evidence>> {
    rows(
        db,
        &format!(
            "SELECT {COLUMNS} FROM evidence WHERE message_id = ?1 AND visible_at <= ?2
             ORDER BY visible_at, id"
        ),
        params![message_id, now],
        evidence,
    )
}

/// Evidence by the id that the provider gave it.
pub fn by_delil_id(db: &Connection, delil_id: &str) -> Result<Option<Evidence>> {
    row(
        db,
        &format!("SELECT {COLUMNS} FROM evidence WHERE delil_id = ?1"),
        [delil_id],
        evidence,
    )
}

/// Evidence by its row.
pub fn get(db: &Connection, id: i64) -> Result<Option<Evidence>> {
    row(
        db,
        &format!("SELECT {COLUMNS} FROM evidence WHERE id = ?1"),
        [id],
        evidence,
    )
}

/// The evidence of one event of one addressee.
pub fn of_event(
    db: &Connection,
    message_id: i64,
    recipient_n: i64,
    event: &str,
) -> Result<Option<Evidence>> {
    row(
        db,
        &format!(
            "SELECT {COLUMNS} FROM evidence WHERE message_id = ?1 AND recipient_n = ?2 AND event = ?3
             ORDER BY copy LIMIT 1"
        ),
        params![message_id, recipient_n, event],
        evidence,
    )
}

/// The XML of a piece of evidence.
pub fn xml(db: &Connection, id: i64) -> Result<Vec<u8>> {
    Ok(db
        .prepare_cached("SELECT xml FROM evidence WHERE id = ?1")?
        .query_row([id], |row| row.get(0))?)
}
