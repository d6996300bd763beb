//! Messages, their recipients and the folder entries that show them, in the database.

use rusqlite::{Connection, Row, params};
use serde::Serialize;

use super::{row, rows};
use crate::{clock::Millis, error::Result};

/// An accepted message without its bytes.
#[derive(Debug, Clone)]
pub struct Message {
    pub id: i64,
    /// The provider's id, in Message-ID form with angle brackets.
    pub kep_id: String,
    /// The sender's Message-ID, with angle brackets.
    pub org_mesaj_id: String,
    pub sender: String,
    pub from_header: String,
    pub subject: String,
    /// `X-TR-REM-iletiTip` of the message.
    pub kind: String,
    /// `X-TR-REM-iletiID` of the message.
    pub ileti_id: String,
    /// Of the bytes handed in, hexadecimal.
    pub sha256: String,
    pub submitted_at: Millis,
}

/// `X-TR-REM-iletiTip` of a notice.
pub const NOTICE: &str = "eTebligat";

impl Message {
    /// Whether it was handed in as a notice (tebligat).
    pub fn is_notice(&self) -> bool {
        self.kind == NOTICE
    }
}

/// One addressee of a message.
#[derive(Debug, Clone)]
pub struct Recipient {
    pub n: i64,
    pub address: String,
    pub delivered_at: Option<Millis>,
    pub read_at: Option<Millis>,
}

/// An entry of a folder.
#[derive(Debug, Clone)]
pub struct Item {
    pub id: i64,
    pub account: String,
    pub folder: String,
    pub sira_no: i64,
    pub kep_id: String,
    pub message_id: i64,
    pub recipient_n: Option<i64>,
    pub evidence_id: Option<i64>,
    pub size: i64,
    pub arrived_at: Millis,
    pub visible_at: Millis,
    pub seen_at: Option<Millis>,
}

/// How often a Message-ID of an account was accepted.
#[derive(Debug, Clone, Serialize)]
pub struct Count {
    pub sender: String,
    pub org_mesaj_id: String,
    pub accepted: i64,
    /// Entries in recipients' inboxes.
    pub delivered: i64,
}

/// A delivery into a mailbox, as tests compare it with what was sent.
#[derive(Debug, Clone, Serialize)]
pub struct Received {
    pub kep_id: String,
    pub org_mesaj_id: String,
    pub sender: String,
    pub recipient: String,
    pub subject: String,
    pub sha256: String,
    pub size: i64,
    pub submitted_at: Millis,
    pub delivered_at: Millis,
    pub read_at: Option<Millis>,
}

const MESSAGE: &str = "m.id, m.kep_id, m.org_mesaj_id, m.sender, m.from_header, m.subject, m.kind, \
                       m.ileti_id, m.sha256, m.submitted_at";
const ITEM: &str = "i.id, i.account, i.folder, i.sira_no, i.kep_id, i.message_id, i.recipient_n, \
                    i.evidence_id, i.size, i.arrived_at, i.visible_at, i.seen_at";

fn message(row: &Row) -> rusqlite::Result<Message> {
    Ok(Message {
        id: row.get(0)?,
        kep_id: row.get(1)?,
        org_mesaj_id: row.get(2)?,
        sender: row.get(3)?,
        from_header: row.get(4)?,
        subject: row.get(5)?,
        kind: row.get(6)?,
        ileti_id: row.get(7)?,
        sha256: row.get(8)?,
        submitted_at: row.get(9)?,
    })
}

fn item(row: &Row) -> rusqlite::Result<Item> {
    Ok(Item {
        id: row.get(0)?,
        account: row.get(1)?,
        folder: row.get(2)?,
        sira_no: row.get(3)?,
        kep_id: row.get(4)?,
        message_id: row.get(5)?,
        recipient_n: row.get(6)?,
        evidence_id: row.get(7)?,
        size: row.get(8)?,
        arrived_at: row.get(9)?,
        visible_at: row.get(10)?,
        seen_at: row.get(11)?,
    })
}

/// Stores an accepted message (its `id` is ignored) and answers its id.
pub fn add(db: &Connection, it: &Message, original: &[u8]) -> Result<i64> {
    db.execute(
        "INSERT INTO message (kep_id, org_mesaj_id, sender, from_header, subject, kind, ileti_id,
                              sha256, original, submitted_at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
        params![
            it.kep_id,
            it.org_mesaj_id,
            it.sender,
            it.from_header,
            it.subject,
            it.kind,
            it.ileti_id,
            it.sha256,
            original,
            it.submitted_at
        ],
    )?;
    Ok(db.last_insert_rowid())
}

/// The message of an id.
pub fn get(db: &Connection, id: i64) -> Result<Option<Message>> {
    row(
        db,
        &format!("SELECT {MESSAGE} FROM message m WHERE m.id = ?1"),
        [id],
        message,
    )
}

/// The message of a provider's id.
pub fn by_kep_id(db: &Connection, kep_id: &str) -> Result<Option<Message>> {
    row(
        db,
        &format!("SELECT {MESSAGE} FROM message m WHERE m.kep_id = ?1"),
        [kep_id],
        message,
    )
}

/// The first message that this sender handed in under this Message-ID.
pub fn by_org_id(db: &Connection, sender: &str, org_mesaj_id: &str) -> Result<Option<Message>> {
    row(
        db,
        &format!(
            "SELECT {MESSAGE} FROM message m WHERE m.sender = ?1 AND m.org_mesaj_id = ?2
             ORDER BY m.id LIMIT 1"
        ),
        [sender, org_mesaj_id],
        message,
    )
}

/// The bytes as the sender handed them in.
pub fn original(db: &Connection, id: i64) -> Result<Vec<u8>> {
    Ok(db
        .prepare_cached("SELECT original FROM message WHERE id = ?1")?
        .query_row([id], |row| row.get(0))?)
}

/// Size in bytes of the message as handed in.
pub fn size(db: &Connection, id: i64) -> Result<i64> {
    Ok(db
        .prepare_cached("SELECT length(original) FROM message WHERE id = ?1")?
        .query_row([id], |row| row.get(0))?)
}

/// From when the sender's lists show the message.
pub fn listed_from(db: &Connection, id: i64) -> Result<Option<Millis>> {
    row(
        db,
        "SELECT visible_at FROM item WHERE message_id = ?1 AND recipient_n IS NULL
         AND evidence_id IS NULL",
        [id],
        |row| row.get(0),
    )
}

/// Adds an addressee.
pub fn add_recipient(db: &Connection, message_id: i64, n: i64, address: &str) -> Result<()> {
    db.execute(
        "INSERT INTO recipient (message_id, n, address) VALUES (?1, ?2, ?3)",
        params![message_id, n, address],
    )?;
    Ok(())
}

/// The addressees in the order of the message.
pub fn recipients(db: &Connection, message_id: i64) -> Result<Vec<Recipient>> {
    rows(
        db,
        "SELECT n, address, delivered_at, read_at FROM recipient WHERE message_id = ?1 ORDER BY n",
        [message_id],
        |row| {
            Ok(Recipient {
                n: row.get(0)?,
                address: row.get(1)?,
                delivered_at: row.get(2)?,
                read_at: row.get(3)?,
            })
        },
    )
}

/// Notes that the message lies in the recipient's mailbox.
pub fn mark_delivered(db: &Connection, message_id: i64, n: i64, at: Millis) -> Result<()> {
    db.execute(
        "UPDATE recipient SET delivered_at = ?3 WHERE message_id = ?1 AND n = ?2",
        params![message_id, n, at],
    )?;
    Ok(())
}

/// Notes the first reading by the recipient; false when it was read before.
pub fn mark_read(db: &Connection, message_id: i64, n: i64, at: Millis) -> Result<bool> {
    let changed = db.execute(
        "UPDATE recipient SET read_at = ?3 WHERE message_id = ?1 AND n = ?2 AND read_at IS NULL",
        params![message_id, n, at],
    )?;
    Ok(changed == 1)
}

/// Puts an entry into a folder under the next sequence number (`id` and `sira_no` are ignored).
pub fn add_item(db: &Connection, it: &Item) -> Result<()> {
    db.execute(
        "INSERT INTO item (account, folder, sira_no, kep_id, message_id, recipient_n, evidence_id,
                           size, arrived_at, visible_at)
         VALUES (?1, ?2, (SELECT coalesce(max(sira_no), 0) + 1 FROM item WHERE account = ?1 AND folder = ?2),
                 ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
        params![
            it.account, it.folder, it.kep_id, it.message_id, it.recipient_n, it.evidence_id, it.size,
            it.arrived_at, it.visible_at
        ],
    )?;
    Ok(())
}

/// Entries of a folder that can be seen at `now` and arrived in `[from, to]`, oldest first.
pub fn items(
    db: &Connection,
    account: &str,
    folder: &str,
    now: Millis,
    (from, to): (Millis, Millis),
) -> Result<Vec<Item>> {
    rows(
        db,
        &format!(
            "SELECT {ITEM} FROM item i WHERE i.account = ?1 AND i.folder = ?2 AND i.deleted_at IS NULL
             AND i.visible_at <= ?3 AND i.arrived_at BETWEEN ?4 AND ?5 ORDER BY i.sira_no"
        ),
        params![account, folder, now, from, to],
        item,
    )
}

/// An entry by the provider's id, in the named folder if it lies there, else in any.
pub fn item_by_kep_id(
    db: &Connection,
    account: &str,
    folder: &str,
    kep_id: &str,
    now: Millis,
) -> Result<Option<Item>> {
    row(
        db,
        &format!(
            "SELECT {ITEM} FROM item i WHERE i.account = ?1 AND i.kep_id = ?3 AND i.deleted_at IS NULL
             AND i.visible_at <= ?4 ORDER BY i.folder <> ?2, i.id LIMIT 1"
        ),
        params![account, folder, kep_id, now],
        item,
    )
}

/// An entry by its number in its folder.
pub fn item_by_number(
    db: &Connection,
    account: &str,
    folder: &str,
    sira_no: i64,
    now: Millis,
) -> Result<Option<Item>> {
    row(
        db,
        &format!(
            "SELECT {ITEM} FROM item i WHERE i.account = ?1 AND i.folder = ?2 AND i.sira_no = ?3
             AND i.deleted_at IS NULL AND i.visible_at <= ?4"
        ),
        params![account, folder, sira_no, now],
        item,
    )
}

/// Notes that the owner opened or confirmed an entry.
pub fn mark_seen(db: &Connection, item_id: i64, at: Millis) -> Result<()> {
    db.execute(
        "UPDATE item SET seen_at = coalesce(seen_at, ?2) WHERE id = ?1",
        params![item_id, at],
    )?;
    Ok(())
}

/// Removes an entry from its folder; the message itself stays on record.
pub fn delete_item(db: &Connection, item_id: i64, at: Millis) -> Result<()> {
    db.execute(
        "UPDATE item SET deleted_at = ?2 WHERE id = ?1",
        params![item_id, at],
    )?;
    Ok(())
}

/// How often each Message-ID was accepted and delivered, latest first.
pub fn counts(db: &Connection, limit: i64) -> Result<Vec<Count>> {
    rows(
        db,
        "SELECT m.sender, m.org_mesaj_id, count(*),
                sum((SELECT count(*) FROM item i WHERE i.message_id = m.id AND i.folder = 'INBOX'))
         FROM message m GROUP BY m.sender, m.org_mesaj_id ORDER BY max(m.id) DESC LIMIT ?1",
        [limit],
        |row| {
            Ok(Count {
                sender: row.get(0)?,
                org_mesaj_id: row.get(1)?,
                accepted: row.get(2)?,
                delivered: row.get(3)?,
            })
        },
    )
}

/// Deliveries whose Message-ID and recipient match (empty text matches all), oldest first.
pub fn received(db: &Connection, org_mesaj_id: &str, recipient: &str) -> Result<Vec<Received>> {
    rows(
        db,
        "SELECT m.kep_id, m.org_mesaj_id, m.sender, i.account, m.subject, m.sha256, length(m.original),
                m.submitted_at, i.arrived_at, r.read_at
         FROM item i JOIN message m ON m.id = i.message_id
              JOIN recipient r ON r.message_id = i.message_id AND r.n = i.recipient_n
         WHERE i.folder = 'INBOX' AND (?1 = '' OR m.org_mesaj_id = ?1) AND (?2 = '' OR i.account = ?2)
         ORDER BY i.id",
        [org_mesaj_id, recipient],
        |row| {
            Ok(Received {
                kep_id: row.get(0)?,
                org_mesaj_id: row.get(1)?,
                sender: row.get(2)?,
                recipient: row.get(3)?,
                subject: row.get(4)?,
                sha256: row.get(5)?,
                size: row.get(6)?,
                submitted_at: row.get(7)?,
                delivered_at: row.get(8)?,
                read_at: row.get(9)?,
            })
        },
    )
}
