//! Accounts, mailboxes and their log-ins in the database.

use rusqlite::{Connection, Row, params};
use serde::Serialize;

use super::{row, rows};
use crate::{clock::Millis, error::Result};

/// An account or mailbox.
#[derive(Debug, Clone, Serialize)]
pub struct Account {
    pub address: String,
    #[serde(skip)]
    pub credentials: Option<String>,
    /// Credit units left.
    pub kontor: i64,
    pub quota_kb: i64,
    pub created_at: Millis,
}

/// A mailbox with what the list of mailboxes shows.
#[derive(Debug, Clone, Serialize)]
pub struct Overview {
    pub address: String,
    pub can_log_in: bool,
    pub inbox: i64,
    pub unread: i64,
    pub sent: i64,
    pub kontor: i64,
}

/// A started log-in in two steps.
#[derive(Debug, Clone)]
pub struct Login {
    pub token: String,
    pub address: String,
    pub kind: String,
    pub sms_key: String,
    pub confirmed: bool,
}

const COLUMNS: &str = "address, credentials, kontor, quota_kb, created_at";

fn account(row: &Row) -> rusqlite::Result<Account> {
    Ok(Account {
        address: row.get(0)?,
        credentials: row.get(1)?,
        kontor: row.get(2)?,
        quota_kb: row.get(3)?,
        created_at: row.get(4)?,
    })
}

/// The account of an address.
pub fn find(db: &Connection, address: &str) -> Result<Option<Account>> {
    row(
        db,
        &format!("SELECT {COLUMNS} FROM account WHERE address = ?1"),
        [address],
        account,
    )
}

/// Adds an account or gives an existing one these credentials, credit and quota.
pub fn put(db: &Connection, it: &Account) -> Result<()> {
    db.execute(
        "INSERT INTO account (address, credentials, kontor, quota_kb, created_at)
         VALUES (?1, ?2, ?3, ?4, ?5)
         ON CONFLICT (address) DO UPDATE SET credentials = excluded.credentials,
             kontor = excluded.kontor, quota_kb = excluded.quota_kb",
        params![
            it.address,
            it.credentials,
            it.kontor,
            it.quota_kb,
            it.created_at
        ],
    )?;
    Ok(())
}

/// Takes credit units from an account.
pub fn spend(db: &Connection, address: &str, units: i64) -> Result<()> {
    db.execute(
        "UPDATE account SET kontor = kontor - ?2 WHERE address = ?1",
        params![address, units],
    )?;
    Ok(())
}

/// Bytes that an account's folders hold.
pub fn used_bytes(db: &Connection, address: &str) -> Result<i64> {
    Ok(db
        .prepare_cached(
            "SELECT coalesce(sum(size), 0) FROM item WHERE account = ?1 AND deleted_at IS NULL",
        )?
        .query_row([address], |row| row.get(0))?)
}

/// Mailboxes whose address contains `part`, those with unread mail first, at most `limit`.
pub fn overview(db: &Connection, part: &str, limit: i64) -> Result<Vec<Overview>> {
    rows(
        db,
        "SELECT a.address, a.credentials IS NOT NULL,
                count(CASE WHEN i.folder = 'INBOX' THEN 1 END),
                count(CASE WHEN i.folder = 'INBOX' AND i.seen_at IS NULL THEN 1 END),
                count(CASE WHEN i.folder = 'INBOX.Sent' THEN 1 END), a.kontor
         FROM account a LEFT JOIN item i ON i.account = a.address AND i.deleted_at IS NULL
         WHERE instr(a.address, ?1) > 0 OR ?1 = ''
         GROUP BY a.address ORDER BY 4 DESC, 3 DESC, a.address LIMIT ?2",
        params![part, limit],
        |row| {
            Ok(Overview {
                address: row.get(0)?,
                can_log_in: row.get(1)?,
                inbox: row.get(2)?,
                unread: row.get(3)?,
                sent: row.get(4)?,
                kontor: row.get(5)?,
            })
        },
    )
}

/// Remembers a started log-in.
pub fn put_login(db: &Connection, it: &Login, at: Millis) -> Result<()> {
    db.execute(
        "INSERT INTO login (token, address, kind, sms_key, confirmed, created_at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        params![it.token, it.address, it.kind, it.sms_key, it.confirmed, at],
    )?;
    Ok(())
}

/// A log-in of this account.
pub fn login(db: &Connection, address: &str, token: &str) -> Result<Option<Login>> {
    row(
        db,
        "SELECT token, address, kind, sms_key, confirmed FROM login WHERE address = ?1 AND token = ?2",
        [address, token],
        read_login,
    )
}

/// The latest log-in of this account that still waits for its second step.
pub fn open_login(db: &Connection, address: &str) -> Result<Option<Login>> {
    row(
        db,
        "SELECT token, address, kind, sms_key, confirmed FROM login
         WHERE address = ?1 AND confirmed = 0 ORDER BY created_at DESC, rowid DESC LIMIT 1",
        [address],
        read_login,
    )
}

/// Ends all log-ins of the account but this one, which counts from now on.
pub fn confirm_login(db: &Connection, address: &str, token: &str) -> Result<()> {
    db.execute(
        "DELETE FROM login WHERE address = ?1 AND token <> ?2",
        [address, token],
    )?;
    db.execute("UPDATE login SET confirmed = 1 WHERE token = ?1", [token])?;
    Ok(())
}

fn read_login(row: &Row) -> rusqlite::Result<Login> {
    Ok(Login {
        token: row.get(0)?,
        address: row.get(1)?,
        kind: row.get(2)?,
        sms_key: row.get(3)?,
        confirmed: row.get(4)?,
    })
}
