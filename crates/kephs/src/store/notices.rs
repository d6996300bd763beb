//! Notices (tebligat) and the handover lists that name them, in the database.

use rusqlite::{Connection, params};

use super::rows;
use crate::{clock::Millis, error::Result};

/// What came with a notice.
#[derive(Debug, Clone)]
pub struct Notice<'a> {
    pub message_id: i64,
    pub account: &'a str,
    pub unit_id: &'a str,
    pub unit_name: &'a str,
    pub barcode: &'a str,
}

/// Stores what came with a notice.
pub fn add(db: &Connection, it: &Notice) -> Result<()> {
    db.execute(
        "INSERT INTO notice (message_id, account, unit_id, unit_name, barcode)
         VALUES (?1, ?2, ?3, ?4, ?5)",
        params![
            it.message_id,
            it.account,
            it.unit_id,
            it.unit_name,
            it.barcode
        ],
    )?;
    Ok(())
}

/// Puts every notice of the unit that no list names onto a new list; answers their barcodes.
pub fn make_list(
    db: &Connection,
    number: &str,
    account: &str,
    unit_id: &str,
    now: Millis,
) -> Result<Vec<String>> {
    let barcodes = rows(
        db,
        "SELECT barcode FROM notice WHERE account = ?1 AND unit_id = ?2 AND list_number IS NULL
         ORDER BY message_id",
        [account, unit_id],
        |row| row.get(0),
    )?;
    if barcodes.is_empty() {
        return Ok(barcodes);
    }
    db.execute(
        "INSERT INTO notice_list (number, account, unit_id, created_at) VALUES (?1, ?2, ?3, ?4)",
        params![number, account, unit_id, now],
    )?;
    db.execute(
        "UPDATE notice SET list_number = ?1
         WHERE account = ?2 AND unit_id = ?3 AND list_number IS NULL",
        [number, account, unit_id],
    )?;
    Ok(barcodes)
}

/// Takes a list back; false when the account has no such list.
pub fn delete_list(db: &Connection, number: &str, account: &str, now: Millis) -> Result<bool> {
    let deleted = db.execute(
        "UPDATE notice_list SET deleted_at = ?3
         WHERE number = ?1 AND account = ?2 AND deleted_at IS NULL",
        params![number, account, now],
    )?;
    if deleted == 1 {
        db.execute(
            "UPDATE notice SET list_number = NULL WHERE list_number = ?1",
            [number],
        )?;
    }
    Ok(deleted == 1)
}
