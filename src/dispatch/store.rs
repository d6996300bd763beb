//! The SQL of the outbox: accounts, messages, attempts, leases.

use jiff::Timestamp;

use super::machine::{Position, State};
use crate::distribution::Channel;
use crate::params;
use crate::store::{BlobHash, Row, StoreError, Tx, Value};

/// A KEP account; password and passphrase are sealed.
#[derive(Clone)]
pub struct Account {
    pub id: String,
    pub unit_id: String,
    pub address: String,
    pub provider: String,
    pub endpoint: String,
    pub national_id: String,
    pub password: String,
    pub passphrase: String,
    /// [`super::account::AccountSettings`] as JSON.
    pub settings: String,
    pub paused_reason: Option<String>,
    pub paused_at: Option<Timestamp>,
}

const ACCOUNT: &str = "SELECT id, unit_id, address, provider, endpoint, national_id, password, \
    passphrase, settings, paused_reason, paused_at FROM kep_account";

fn account_of(row: &Row) -> Result<Account, StoreError> {
    Ok(Account {
        id: row.get("id")?,
        unit_id: row.get("unit_id")?,
        address: row.get("address")?,
        provider: row.get("provider")?,
        endpoint: row.get("endpoint")?,
        national_id: row.get("national_id")?,
        password: row.get("password")?,
        passphrase: row.get("passphrase")?,
        settings: row.get("settings")?,
        paused_reason: row.get("paused_reason")?,
        paused_at: row.get("paused_at")?,
    })
}

pub(super) fn put_account(tx: &mut Tx<'_>, account: &Account) -> Result<String, StoreError> {
    tx.execute(
        "INSERT INTO kep_account (id, unit_id, address, provider, endpoint, national_id, \
         password, passphrase, settings, active) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, 1) \
         ON CONFLICT (address) DO UPDATE SET unit_id = excluded.unit_id, \
         endpoint = excluded.endpoint, national_id = excluded.national_id, \
         password = excluded.password, passphrase = excluded.passphrase, \
         settings = excluded.settings, active = 1",
        params![
            &account.id,
            &account.unit_id,
            &account.address,
            &account.provider,
            &account.endpoint,
            &account.national_id,
            &account.password,
            &account.passphrase,
            &account.settings
        ],
    )?;
    tx.scalar(
        "SELECT id FROM kep_account WHERE address = ?1",
        params![&account.address],
    )
}

pub(crate) fn account(tx: &mut Tx<'_>, id: &str) -> Result<Option<Account>, StoreError> {
    tx.query_opt(&format!("{ACCOUNT} WHERE id = ?1"), params![id])?
        .map(|row| account_of(&row))
        .transpose()
}

pub(super) fn account_at(tx: &mut Tx<'_>, address: &str) -> Result<Option<Account>, StoreError> {
    tx.query_opt(&format!("{ACCOUNT} WHERE address = ?1"), params![address])?
        .map(|row| account_of(&row))
        .transpose()
}

pub(super) fn accounts(tx: &mut Tx<'_>) -> Result<Vec<Account>, StoreError> {
    tx.query(&format!("{ACCOUNT} ORDER BY address LIMIT 500"), params![])?
        .iter()
        .map(account_of)
        .collect()
}

/// The active account of the unit, or of the nearest unit above it that has one.
pub(super) fn account_for(tx: &mut Tx<'_>, unit_id: &str) -> Result<Option<Account>, StoreError> {
    let nearest: Option<String> = tx
        .query_opt(
            "WITH RECURSIVE above (id, parent_id, step) AS (
                 SELECT id, parent_id, 0 FROM unit WHERE id = ?1
                 UNION ALL
                 SELECT u.id, u.parent_id, a.step + 1
                 FROM unit u JOIN above a ON u.id = a.parent_id WHERE a.step < 20
             )
             SELECT k.id FROM above JOIN kep_account k ON k.unit_id = above.id
             WHERE k.active = 1 ORDER BY above.step, k.address LIMIT 1",
            params![unit_id],
        )?
        .map(|row| row.at(0))
        .transpose()?;
    match nearest {
        Some(id) => account(tx, &id),
        None => Ok(None),
    }
}

/// Stops the account's queues until a person has looked after the log-in.
pub(crate) fn pause(
    tx: &mut Tx<'_>,
    id: &str,
    reason: &str,
    at: Timestamp,
) -> Result<(), StoreError> {
    set_paused(tx, id, Some((reason, at)))
}

/// A notification came in about a message that we sent: its evidence is asked for at once.
pub(crate) fn ask_for_evidence(
    tx: &mut Tx<'_>,
    rfc_message_id: &str,
    now: Timestamp,
) -> Result<(), StoreError> {
    tx.execute(
        "UPDATE outgoing_message SET poll_at = ?2 WHERE rfc_message_id = ?1 AND state = 'sent' \
         AND poll_at > ?2",
        params![format!("<{rfc_message_id}>"), now],
    )?;
    Ok(())
}

pub(super) fn set_paused(
    tx: &mut Tx<'_>,
    id: &str,
    paused: Option<(&str, Timestamp)>,
) -> Result<(), StoreError> {
    let (reason, at) = paused.unzip();
    tx.execute(
        "UPDATE kep_account SET paused_reason = ?2, paused_at = ?3 WHERE id = ?1",
        params![id, reason, at],
    )?;
    Ok(())
}

/// One message of the outbox.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outgoing {
    pub id: String,
    pub document_id: String,
    pub account_id: String,
    /// By which service: KEP or UETS.
    pub channel: Channel,
    pub address: String,
    pub rfc_message_id: String,
    pub blob_hash: BlobHash,
    pub size: i64,
    pub state: State,
    pub attempt: i64,
    pub held_until: Option<Timestamp>,
    pub next_at: Timestamp,
    pub provider_id: Option<String>,
    pub folder: Option<String>,
    pub submitting_since: Option<Timestamp>,
    pub sent_at: Option<Timestamp>,
    pub failure_code: Option<String>,
    pub failure_text: Option<String>,
    pub absence_listings: i64,
    pub absence_listed_at: Option<Timestamp>,
    pub needs_person: bool,
    pub poll_at: Option<Timestamp>,
    pub poll_count: i64,
    /// Why the last question to the provider (for evidence, or after a lost answer) told nothing.
    pub poll_error: Option<String>,
}

impl Outgoing {
    /// State and attempt together.
    #[must_use]
    pub fn position(&self) -> Position {
        Position {
            state: self.state,
            attempt: self.attempt,
        }
    }
}

const OUTGOING: &str = "SELECT m.id, m.document_id, m.account_id, m.channel, m.address, m.rfc_message_id, \
    m.blob_hash, m.size, m.state, m.attempt, m.held_until, m.next_at, m.provider_id, m.folder, \
    m.submitting_since, m.sent_at, m.failure_code, m.failure_text, m.absence_listings, \
    m.absence_listed_at, m.needs_person, m.poll_at, m.poll_count, m.poll_error \
    FROM outgoing_message m JOIN kep_account k ON k.id = m.account_id";

fn outgoing_of(row: &Row) -> Result<Outgoing, StoreError> {
    let state: String = row.get("state")?;
    Ok(Outgoing {
        id: row.get("id")?,
        document_id: row.get("document_id")?,
        account_id: row.get("account_id")?,
        channel: row.get("channel")?,
        address: row.get("address")?,
        rfc_message_id: row.get("rfc_message_id")?,
        blob_hash: row.get("blob_hash")?,
        size: row.get("size")?,
        state: State::from_code(&state)
            .ok_or_else(|| StoreError::Schema(format!("outgoing_message.state: {state}")))?,
        attempt: row.get("attempt")?,
        held_until: row.get("held_until")?,
        next_at: row.get("next_at")?,
        provider_id: row.get("provider_id")?,
        folder: row.get("folder")?,
        submitting_since: row.get("submitting_since")?,
        sent_at: row.get("sent_at")?,
        failure_code: row.get("failure_code")?,
        failure_text: row.get("failure_text")?,
        absence_listings: row.get("absence_listings")?,
        absence_listed_at: row.get("absence_listed_at")?,
        needs_person: row.get("needs_person")?,
        poll_at: row.get("poll_at")?,
        poll_count: row.get("poll_count")?,
        poll_error: row.get("poll_error")?,
    })
}

fn all(rows: &[Row]) -> Result<Vec<Outgoing>, StoreError> {
    rows.iter().map(outgoing_of).collect()
}

pub(crate) fn message(tx: &mut Tx<'_>, id: &str) -> Result<Option<Outgoing>, StoreError> {
    tx.query_opt(&format!("{OUTGOING} WHERE m.id = ?1"), params![id])?
        .map(|row| outgoing_of(&row))
        .transpose()
}

/// Messages of a letter, those that were stopped apart.
pub(crate) fn messages_of(tx: &mut Tx<'_>, document_id: &str) -> Result<Vec<Outgoing>, StoreError> {
    all(&tx.query(
        &format!("{OUTGOING} WHERE m.document_id = ?1 AND m.state <> 'stopped' ORDER BY m.id"),
        params![document_id],
    )?)
}

/// Rows that one statement writes.
const ROWS_AT_ONCE: usize = 500;

/// `?first, …` for one row.
fn marks(first: usize, count: usize) -> String {
    let marks: Vec<String> = (first..first + count).map(|it| format!("?{it}")).collect();
    marks.join(", ")
}

/// Writes new messages; a statement for every [`ROWS_AT_ONCE`] of them.
pub(super) fn insert_many(
    tx: &mut Tx<'_>,
    messages: &[Outgoing],
    now: Timestamp,
) -> Result<(), StoreError> {
    for chunk in messages.chunks(ROWS_AT_ONCE) {
        let mut values = vec![Value::from(now)];
        let mut rows = Vec::with_capacity(chunk.len());
        for message in chunk {
            rows.push(format!("({}, 0, ?1)", marks(values.len() + 1, 11)));
            values.extend([
                Value::from(&message.id),
                (&message.document_id).into(),
                (&message.account_id).into(),
                message.channel.into(),
                (&message.address).into(),
                (&message.rfc_message_id).into(),
                (&message.blob_hash).into(),
                message.size.into(),
                message.state.code().into(),
                message.held_until.into(),
                message.next_at.into(),
            ]);
        }
        let sql = format!(
            "INSERT INTO outgoing_message (id, document_id, account_id, channel, address, \
             rfc_message_id, blob_hash, size, state, held_until, next_at, attempt, created_at) \
             VALUES {}",
            rows.join(", ")
        );
        tx.execute(&sql, &values)?;
    }
    Ok(())
}

/// Moves a message from one position to another; false when it is no longer where it was.
///
/// The one statement that changes a state: state and attempt fence it.
pub(super) fn advance(
    tx: &mut Tx<'_>,
    id: &str,
    from: Position,
    to: Position,
    next_at: Timestamp,
) -> Result<bool, StoreError> {
    let changed = tx.execute(
        "UPDATE outgoing_message SET state = ?4, attempt = ?5, next_at = ?6, needs_person = 0 \
         WHERE id = ?1 AND state = ?2 AND attempt = ?3",
        params![
            id,
            from.state.code(),
            from.attempt,
            to.state.code(),
            to.attempt,
            next_at
        ],
    )?;
    Ok(changed == 1)
}

/// Until when the letter's sending can be stopped; none once something left or the time is over.
pub(super) fn held_until(
    tx: &mut Tx<'_>,
    document_id: &str,
    now: Timestamp,
) -> Result<Option<Timestamp>, StoreError> {
    let row = tx.query_one(
        "SELECT MIN(held_until) AS until, COUNT(*) AS count, \
         SUM(CASE WHEN state = 'held' THEN 1 ELSE 0 END) AS held FROM outgoing_message \
         WHERE document_id = ?1 AND state <> 'stopped'",
        params![document_id],
    )?;
    let count: i64 = row.get("count")?;
    if count == 0 {
        return Ok(None);
    }
    let held: i64 = row.get("held")?;
    let until: Option<Timestamp> = row.get("until")?;
    Ok(until.filter(|until| held == count && *until > now))
}

/// Names the message of each (recipient, message); the recipients wait from now on.
pub(super) fn link_recipients(tx: &mut Tx<'_>, links: &[(&str, &str)]) -> Result<(), StoreError> {
    for chunk in links.chunks(ROWS_AT_ONCE) {
        let mut values: Vec<Value> = Vec::with_capacity(chunk.len() * 2);
        let mut rows = Vec::with_capacity(chunk.len());
        for (recipient, message) in chunk {
            rows.push(format!("({})", marks(values.len() + 1, 2)));
            values.extend([Value::from(*recipient), Value::from(*message)]);
        }
        let sql = format!(
            "WITH link (recipient_id, message_id) AS (VALUES {}) \
             UPDATE recipient SET message_id = link.message_id, status = 'none', duty = 'wait' \
             FROM link WHERE recipient.id = link.recipient_id",
            rows.join(", ")
        );
        tx.execute(&sql, &values)?;
    }
    Ok(())
}

pub(super) fn unlink_recipients(tx: &mut Tx<'_>, document_id: &str) -> Result<(), StoreError> {
    tx.execute(
        "UPDATE recipient SET message_id = NULL, status = 'none', duty = 'none', \
         status_line = '', status_at = NULL WHERE document_id = ?1",
        params![document_id],
    )?;
    Ok(())
}

/// Held messages whose time is over.
pub(super) fn hold_over(tx: &mut Tx<'_>, now: Timestamp) -> Result<Vec<Outgoing>, StoreError> {
    all(&tx.query(
        &format!(
            "{OUTGOING} WHERE m.state = 'held' AND m.next_at <= ?1 ORDER BY m.next_at LIMIT 100"
        ),
        params![now],
    )?)
}

/// Waiting messages that are due, of accounts that are not paused: new ones or ones tried before.
pub(super) fn due(
    tx: &mut Tx<'_>,
    now: Timestamp,
    tried_before: bool,
    limit: usize,
) -> Result<Vec<Outgoing>, StoreError> {
    let which = if tried_before { "> 0" } else { "= 0" };
    all(&tx.query(
        &format!(
            "{OUTGOING} WHERE m.state = 'waiting' AND m.next_at <= ?1 AND m.attempt {which} \
             AND k.active = 1 AND k.paused_at IS NULL ORDER BY m.next_at, m.id LIMIT ?2"
        ),
        params![now, limit],
    )?)
}

/// Messages whose worker vanished.
pub(super) fn lease_over(tx: &mut Tx<'_>, now: Timestamp) -> Result<Vec<Outgoing>, StoreError> {
    all(&tx.query(
        &format!(
            "{OUTGOING} WHERE m.state = 'submitting' AND m.lease_until <= ?1 \
             ORDER BY m.lease_until LIMIT 100"
        ),
        params![now],
    )?)
}

/// Messages whose answer was lost and that are to be looked up now.
pub(super) fn unknown_due(
    tx: &mut Tx<'_>,
    now: Timestamp,
    limit: usize,
) -> Result<Vec<Outgoing>, StoreError> {
    all(&tx.query(
        &format!(
            "{OUTGOING} WHERE m.state = 'unknown' AND m.next_at <= ?1 AND m.needs_person = 0 \
             AND k.active = 1 AND k.paused_at IS NULL ORDER BY m.next_at, m.id LIMIT ?2"
        ),
        params![now, limit],
    )?)
}

/// Sent messages whose evidence is to be asked for now.
pub(super) fn poll_due(
    tx: &mut Tx<'_>,
    now: Timestamp,
    limit: usize,
) -> Result<Vec<Outgoing>, StoreError> {
    all(&tx.query(
        &format!(
            "{OUTGOING} WHERE m.state = 'sent' AND m.poll_at <= ?1 AND k.active = 1 \
             AND k.paused_at IS NULL ORDER BY m.poll_at, m.id LIMIT ?2"
        ),
        params![now, limit],
    )?)
}

/// Writes down who makes this attempt and until when it counts as alive.
pub(super) fn begin_attempt(
    tx: &mut Tx<'_>,
    id: &str,
    attempt: i64,
    owner: &str,
    lease_until: Timestamp,
    now: Timestamp,
) -> Result<(), StoreError> {
    tx.execute(
        "UPDATE outgoing_message SET lease_owner = ?3, lease_until = ?4, submitting_since = ?5, \
         absence_listings = 0, absence_listed_at = NULL WHERE id = ?1 AND attempt = ?2",
        params![id, attempt, owner, lease_until, now],
    )?;
    tx.execute(
        "INSERT INTO dispatch_attempt (message_id, attempt, started_at) VALUES (?1, ?2, ?3)",
        params![id, attempt, now],
    )?;
    Ok(())
}

pub(super) fn end_attempt(
    tx: &mut Tx<'_>,
    id: &str,
    attempt: i64,
    outcome: &str,
    detail: &str,
    now: Timestamp,
) -> Result<(), StoreError> {
    tx.execute(
        "UPDATE dispatch_attempt SET ended_at = ?3, outcome = ?4, detail = ?5 \
         WHERE message_id = ?1 AND attempt = ?2",
        params![id, attempt, now, outcome, detail],
    )?;
    Ok(())
}

pub(super) fn set_sent(
    tx: &mut Tx<'_>,
    id: &str,
    provider_id: &str,
    folder: Option<&str>,
    sent_at: Timestamp,
    now: Timestamp,
) -> Result<(), StoreError> {
    tx.execute(
        "UPDATE outgoing_message SET provider_id = ?2, folder = ?3, sent_at = ?4, poll_at = ?5, \
         poll_error = NULL, failure_code = NULL, failure_text = NULL WHERE id = ?1",
        params![id, provider_id, folder, sent_at, now],
    )?;
    tx.execute(
        "UPDATE recipient SET status = 'sent', duty = 'wait', status_at = ?2, \
         standing_since = ?3 WHERE message_id = ?1",
        params![id, sent_at, now],
    )?;
    Ok(())
}

pub(super) fn set_failed(
    tx: &mut Tx<'_>,
    id: &str,
    code: &str,
    text: &str,
    now: Timestamp,
) -> Result<(), StoreError> {
    tx.execute(
        "UPDATE outgoing_message SET failure_code = ?2, failure_text = ?3 WHERE id = ?1",
        params![id, code, text],
    )?;
    tx.execute(
        "UPDATE recipient SET status = 'failed', duty = 'paper', status_at = ?2 \
         WHERE message_id = ?1",
        params![id, now],
    )?;
    Ok(())
}

/// After a person asked for another try: the recipients wait again.
pub(super) fn clear_failed(tx: &mut Tx<'_>, id: &str) -> Result<(), StoreError> {
    tx.execute(
        "UPDATE outgoing_message SET failure_code = NULL, failure_text = NULL WHERE id = ?1",
        params![id],
    )?;
    tx.execute(
        "UPDATE recipient SET status = 'none', duty = 'wait', status_at = NULL \
         WHERE message_id = ?1",
        params![id],
    )?;
    Ok(())
}

/// One more complete listing without the message.
pub(super) fn note_absence(
    tx: &mut Tx<'_>,
    message: &Outgoing,
    listed_at: Timestamp,
) -> Result<(), StoreError> {
    tx.execute(
        "UPDATE outgoing_message SET absence_listings = absence_listings + 1, \
         absence_listed_at = ?3 WHERE id = ?1 AND state = 'unknown' AND attempt = ?2",
        params![&message.id, message.attempt, listed_at],
    )?;
    Ok(())
}

pub(super) fn set_next(
    tx: &mut Tx<'_>,
    message: &Outgoing,
    next_at: Timestamp,
    needs_person: bool,
) -> Result<(), StoreError> {
    tx.execute(
        "UPDATE outgoing_message SET next_at = ?3, needs_person = ?4 \
         WHERE id = ?1 AND attempt = ?2 AND state = 'unknown'",
        params![&message.id, message.attempt, next_at, needs_person],
    )?;
    Ok(())
}

/// What the last question after a lost answer came to, where nothing follows from it.
pub(super) fn set_asked(
    tx: &mut Tx<'_>,
    message: &Outgoing,
    words: Option<&str>,
) -> Result<(), StoreError> {
    tx.execute(
        "UPDATE outgoing_message SET poll_error = ?3 \
         WHERE id = ?1 AND attempt = ?2 AND state = 'unknown'",
        params![&message.id, message.attempt, words],
    )?;
    Ok(())
}

/// Takes a due item by moving its time; false when another worker took it.
pub(super) fn take(
    tx: &mut Tx<'_>,
    message: &Outgoing,
    poll: bool,
    until: Timestamp,
) -> Result<bool, StoreError> {
    let changed = if poll {
        tx.execute(
            "UPDATE outgoing_message SET poll_at = ?3 WHERE id = ?1 AND poll_at = ?2",
            params![&message.id, message.poll_at, until],
        )?
    } else {
        tx.execute(
            "UPDATE outgoing_message SET next_at = ?3 \
             WHERE id = ?1 AND next_at = ?2 AND state = 'unknown'",
            params![&message.id, message.next_at, until],
        )?
    };
    Ok(changed == 1)
}

pub(super) fn set_poll(
    tx: &mut Tx<'_>,
    id: &str,
    poll_at: Option<Timestamp>,
    error: Option<&str>,
    folder: Option<&str>,
) -> Result<(), StoreError> {
    tx.execute(
        "UPDATE outgoing_message SET poll_at = ?2, poll_error = ?3, poll_count = poll_count + 1, \
         folder = COALESCE(?4, folder) WHERE id = ?1",
        params![id, poll_at, error, folder],
    )?;
    Ok(())
}

/// One try to hand the message over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attempt {
    pub attempt: i64,
    pub started_at: Timestamp,
    pub ended_at: Option<Timestamp>,
    pub outcome: Option<String>,
    pub detail: Option<String>,
}

pub(crate) fn attempts(tx: &mut Tx<'_>, message_id: &str) -> Result<Vec<Attempt>, StoreError> {
    tx.query(
        "SELECT attempt, started_at, ended_at, outcome, detail FROM dispatch_attempt \
         WHERE message_id = ?1 ORDER BY attempt DESC LIMIT 100",
        params![message_id],
    )?
    .iter()
    .map(|row| {
        Ok(Attempt {
            attempt: row.get("attempt")?,
            started_at: row.get("started_at")?,
            ended_at: row.get("ended_at")?,
            outcome: row.get("outcome")?,
            detail: row.get("detail")?,
        })
    })
    .collect()
}
