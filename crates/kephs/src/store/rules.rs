//! The switched-on misbehaviours in the database.

use rusqlite::{Connection, Row, params};

use super::rows;
use crate::{
    clock::Millis,
    error::Result,
    misbehaviour::{Kind, NewRule, Rule},
};

fn rule(row: &Row) -> rusqlite::Result<Option<Rule>> {
    let kind: String = row.get(1)?;
    let Some(kind) = Kind::from_name(&kind) else {
        return Ok(None);
    };
    Ok(Some(Rule {
        id: row.get(0)?,
        what: NewRule {
            kind,
            operation: row.get(2)?,
            address: row.get(3)?,
            count: row.get(4)?,
            seconds: row.get(5)?,
            number: row.get(6)?,
            text: row.get(7)?,
        },
    }))
}

/// All rules, oldest first.
pub fn all(db: &Connection) -> Result<Vec<Rule>> {
    let found = rows(
        db,
        "SELECT id, kind, operation, address, remaining, seconds, number, text FROM rule ORDER BY id",
        [],
        rule,
    )?;
    Ok(found.into_iter().flatten().collect())
}

/// Switches a misbehaviour on and answers its id.
pub fn add(db: &Connection, it: &NewRule, at: Millis) -> Result<i64> {
    db.execute(
        "INSERT INTO rule (kind, operation, address, remaining, seconds, number, text, created_at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
        params![
            it.kind.name(),
            it.operation,
            it.address,
            it.count,
            it.seconds,
            it.number,
            it.text,
            at
        ],
    )?;
    Ok(db.last_insert_rowid())
}

/// Counts one use; a rule that was for the next N uses ends with the last.
pub fn count_down(db: &Connection, id: i64) -> Result<()> {
    db.execute(
        "UPDATE rule SET remaining = remaining - 1 WHERE id = ?1",
        [id],
    )?;
    db.execute("DELETE FROM rule WHERE id = ?1 AND remaining <= 0", [id])?;
    Ok(())
}

/// Switches one misbehaviour off; false when there was none.
pub fn remove(db: &Connection, id: i64) -> Result<bool> {
    Ok(db.execute("DELETE FROM rule WHERE id = ?1", [id])? == 1)
}

/// Switches all misbehaviours off.
pub fn clear(db: &Connection) -> Result<()> {
    db.execute("DELETE FROM rule", [])?;
    Ok(())
}
