//! SQL of the audit log.

use jiff::Timestamp;

use crate::params;
use crate::store::{Row, StoreError, Tx, Value};

/// One line of the log.
#[derive(Debug, Clone)]
pub struct Entry {
    pub seq: i64,
    pub at: Timestamp,
    pub actor_id: String,
    pub actor_name: String,
    pub action: String,
    pub object_kind: String,
    pub object_id: String,
    /// Facts as JSON text, kept to the byte because the hash covers it.
    pub detail: String,
    pub previous_hash: String,
    pub hash: String,
}

const COLUMNS: &str =
    "seq, at, actor_id, actor_name, action, object_kind, object_id, detail, previous_hash, hash";

/// Takes the next `count` numbers: the first of them, and the hash of the newest entry.
pub(super) fn advance_head(tx: &mut Tx<'_>, count: usize) -> Result<(i64, String), StoreError> {
    let count = i64::try_from(count).unwrap_or(i64::MAX);
    let row = tx.query_one(
        "UPDATE audit_head SET seq = seq + ?1 WHERE id = 1 RETURNING seq, hash",
        params![count],
    )?;
    Ok((row.get::<i64>("seq")? - count + 1, row.get("hash")?))
}

/// Rows that one statement inserts.
const ROWS_AT_ONCE: usize = 500;

/// Writes entries that follow from each other; `last` is the hash of the last one.
pub(super) fn append(tx: &mut Tx<'_>, entries: &[Entry], last: &str) -> Result<(), StoreError> {
    for chunk in entries.chunks(ROWS_AT_ONCE) {
        let mut values: Vec<Value> = Vec::with_capacity(chunk.len() * 10);
        let mut rows = Vec::with_capacity(chunk.len());
        for entry in chunk {
            let first = values.len() + 1;
            let marks: Vec<String> = (first..first + 10).map(|it| format!("?{it}")).collect();
            rows.push(format!("({})", marks.join(", ")));
            values.extend([
                Value::from(entry.seq),
                entry.at.into(),
                (&entry.actor_id).into(),
                (&entry.actor_name).into(),
                (&entry.action).into(),
                (&entry.object_kind).into(),
                (&entry.object_id).into(),
                (&entry.detail).into(),
                (&entry.previous_hash).into(),
                (&entry.hash).into(),
            ]);
        }
        let rows = rows.join(", ");
        let sql = format!("INSERT INTO audit_entry ({COLUMNS}) VALUES {rows}");
        tx.execute(&sql, &values)?;
    }
    tx.execute(
        "UPDATE audit_head SET hash = ?1 WHERE id = 1",
        params![last],
    )?;
    Ok(())
}

pub(super) fn page_after(tx: &mut Tx<'_>, seq: i64) -> Result<Vec<Entry>, StoreError> {
    tx.query(
        &format!("SELECT {COLUMNS} FROM audit_entry WHERE seq > ?1 ORDER BY seq LIMIT 1000"),
        params![seq],
    )?
    .iter()
    .map(entry)
    .collect()
}

/// The lines about one object, oldest first.
///
/// # Errors
/// When the store fails.
pub fn entries_of(
    tx: &mut Tx<'_>,
    object_kind: &str,
    object_id: &str,
) -> Result<Vec<Entry>, StoreError> {
    tx.query(
        &format!(
            "SELECT {COLUMNS} FROM audit_entry WHERE object_kind = ?1 AND object_id = ?2 \
             ORDER BY seq LIMIT 1000"
        ),
        params![object_kind, object_id],
    )?
    .iter()
    .map(entry)
    .collect()
}

/// Whether the log holds this action of this person on this object since then.
///
/// # Errors
/// When the store fails.
pub fn acted_since(
    tx: &mut Tx<'_>,
    action: &str,
    object_kind: &str,
    object_id: &str,
    actor_id: &str,
    since: Timestamp,
) -> Result<bool, StoreError> {
    let found = tx.query_opt(
        "SELECT seq FROM audit_entry WHERE object_kind = ?1 AND object_id = ?2 AND action = ?3 \
         AND actor_id = ?4 AND at > ?5 LIMIT 1",
        params![object_kind, object_id, action, actor_id, since],
    )?;
    Ok(found.is_some())
}

/// Number and hash of the newest entry.
///
/// # Errors
/// When the store fails.
pub fn head(tx: &mut Tx<'_>) -> Result<(i64, String), StoreError> {
    let row = tx.query_one("SELECT seq, hash FROM audit_head WHERE id = 1", params![])?;
    Ok((row.get("seq")?, row.get("hash")?))
}

/// Number and hash of the entries from one number to another, both included; at most 1,000.
///
/// # Errors
/// When the store fails.
pub fn hashes(tx: &mut Tx<'_>, from: i64, to: i64) -> Result<Vec<(i64, String)>, StoreError> {
    tx.query(
        "SELECT seq, hash FROM audit_entry WHERE seq >= ?1 AND seq <= ?2 ORDER BY seq LIMIT 1000",
        params![from, to],
    )?
    .iter()
    .map(|row| Ok((row.get("seq")?, row.get("hash")?)))
    .collect()
}

fn entry(row: &Row) -> Result<Entry, StoreError> {
    Ok(Entry {
        seq: row.get("seq")?,
        at: row.get("at")?,
        actor_id: row.get("actor_id")?,
        actor_name: row.get("actor_name")?,
        action: row.get("action")?,
        object_kind: row.get("object_kind")?,
        object_id: row.get("object_id")?,
        detail: row.get("detail")?,
        previous_hash: row.get("previous_hash")?,
        hash: row.get("hash")?,
    })
}
