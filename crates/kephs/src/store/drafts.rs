//! Messages that the provider built and that wait for their signature.

use rusqlite::{Connection, params};

use super::row;
use crate::{clock::Millis, error::Result};

/// A message but for its signature.
#[derive(Debug, Clone)]
pub struct Draft {
    pub message_id: String,
    pub sender: String,
    /// Everything before the base64 of the signature.
    pub head: Vec<u8>,
    /// Everything after it.
    pub tail: Vec<u8>,
    pub made_at: Millis,
}

/// Keeps a draft.
pub fn put(db: &Connection, draft: &Draft) -> Result<()> {
    db.execute(
        "INSERT INTO draft (message_id, sender, head, tail, made_at) VALUES (?1, ?2, ?3, ?4, ?5)",
        params![
            draft.message_id,
            draft.sender,
            draft.head,
            draft.tail,
            draft.made_at
        ],
    )?;
    Ok(())
}

/// The sender's draft with this Message-ID.
pub fn find(db: &Connection, sender: &str, message_id: &str) -> Result<Option<Draft>> {
    row(
        db,
        "SELECT message_id, sender, head, tail, made_at FROM draft
         WHERE sender = ?1 AND message_id = ?2",
        [sender, message_id],
        |row| {
            Ok(Draft {
                message_id: row.get(0)?,
                sender: row.get(1)?,
                head: row.get(2)?,
                tail: row.get(3)?,
                made_at: row.get(4)?,
            })
        },
    )
}

/// Strikes off what was sent.
pub fn remove(db: &Connection, sender: &str, message_id: &str) -> Result<()> {
    db.execute(
        "DELETE FROM draft WHERE sender = ?1 AND message_id = ?2",
        [sender, message_id],
    )?;
    Ok(())
}
