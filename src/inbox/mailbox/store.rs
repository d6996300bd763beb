//! The SQL of mailboxes and their messages; every claim names what it was read at.

mod nameless;

use jiff::{SignedDuration, Timestamp};

use crate::access::Act;
use crate::dispatch::account::{Account, AccountSettings};
use crate::document::words;
use crate::params;
use crate::setting;
use crate::store::{BlobHash, Row as DbRow, StoreError, Tx};

pub(super) use nameless::{look_again, nameless, set_nameless_aside, take_up_named};

words! {
    /// How far a message of a mailbox is.
    MessageState {
        Listed = "listed", "İndirilecek";
        Stored = "stored", "Kaydedilecek";
        Registered = "registered", "Kaydedildi";
        Duplicate = "duplicate", "Aynısı kayıtlı";
        Evidence = "evidence", "Delil iletisi";
        Unreadable = "unreadable", "Okunamadı";
    }
}

/// A row of a listing.
pub(super) struct Row {
    /// None where the provider told none that can be used.
    pub kep_id: Option<String>,
    /// Its number within the folder.
    pub sequence: Option<i64>,
    pub folder: String,
    /// Without brackets; empty where none was told.
    pub org_message_id: String,
    pub sender: String,
    pub subject: String,
    /// It lies in a folder of evidence.
    pub evidence: bool,
}

/// A message as it was noted.
#[derive(Debug, Clone)]
pub struct Message {
    pub id: String,
    pub account_id: String,
    /// KEP address of the account.
    pub account: String,
    pub kep_id: String,
    pub folder: String,
    pub org_message_id: String,
    pub sender: String,
    pub subject: String,
    pub state: MessageState,
    pub blob_hash: Option<BlobHash>,
    pub size: i64,
    pub listed_at: Timestamp,
    pub attempt: i64,
    pub error_text: String,
    pub confirm_attempt: i64,
    /// Who took up by hand what DYS could not read.
    pub handled: Option<Handled>,
}

/// That a person took up by hand what could not be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Handled {
    pub at: Timestamp,
    pub by: String,
    pub reason: String,
}

const MESSAGE: &str = "SELECT m.id, m.account_id, k.address AS account, m.kep_id, m.folder, \
    m.org_message_id, m.sender, m.subject, m.state, m.blob_hash, m.size, m.listed_at, m.attempt, \
    m.error_text, m.confirm_attempt, m.handled_at, m.handled_reason, \
    (SELECT u.full_name FROM user_account u WHERE u.id = m.handled_by) AS handled_by \
    FROM incoming_message m JOIN kep_account k ON k.id = m.account_id";

fn message(row: &DbRow) -> Result<Message, StoreError> {
    Ok(Message {
        id: row.get("id")?,
        account_id: row.get("account_id")?,
        account: row.get("account")?,
        kep_id: row.get("kep_id")?,
        folder: row.get("folder")?,
        org_message_id: row.get("org_message_id")?,
        sender: row.get("sender")?,
        subject: row.get("subject")?,
        state: row.get("state")?,
        blob_hash: row.get("blob_hash")?,
        size: row.get("size")?,
        listed_at: row.get("listed_at")?,
        attempt: row.get("attempt")?,
        error_text: row.get("error_text")?,
        confirm_attempt: row.get("confirm_attempt")?,
        handled: match row.get::<Option<Timestamp>>("handled_at")? {
            Some(at) => Some(Handled {
                at,
                by: row.get::<Option<String>>("handled_by")?.unwrap_or_default(),
                reason: row
                    .get::<Option<String>>("handled_reason")?
                    .unwrap_or_default(),
            }),
            None => None,
        },
    })
}

/// A mailbox that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trouble {
    pub address: String,
    /// Why, in the words of the last try.
    pub words: String,
    pub since: Timestamp,
}

/// What is asked of a provider.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Lane {
    List,
    Fetch,
    Confirm,
}

/// One account with which one thing is due.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Turn {
    pub lane: Lane,
    pub account_id: String,
}

/// What is due now; an account that is paused or inactive is left alone.
pub(super) fn due(tx: &mut Tx<'_>, now: Timestamp) -> Result<Vec<Turn>, StoreError> {
    let rows = tx.query(
        "SELECT 'list' AS lane, k.id AS account_id FROM kep_account k \
         LEFT JOIN mailbox_watch w ON w.account_id = k.id \
         WHERE k.active = 1 AND k.paused_at IS NULL AND (w.next_at IS NULL OR w.next_at <= ?1) \
         UNION SELECT 'fetch', m.account_id FROM incoming_message m \
         JOIN kep_account k ON k.id = m.account_id \
         WHERE m.state = 'listed' AND m.next_at <= ?1 AND k.active = 1 AND k.paused_at IS NULL \
         UNION SELECT 'confirm', m.account_id FROM incoming_message m \
         JOIN kep_account k ON k.id = m.account_id \
         WHERE m.confirm = 'due' AND m.confirm_at <= ?1 AND k.active = 1 \
         AND k.paused_at IS NULL ORDER BY 2, 1",
        params![now],
    )?;
    rows.iter()
        .map(|row| {
            let lane: String = row.get("lane")?;
            Ok(Turn {
                lane: match lane.as_str() {
                    "list" => Lane::List,
                    "fetch" => Lane::Fetch,
                    _ => Lane::Confirm,
                },
                account_id: row.get("account_id")?,
            })
        })
        .collect()
}

/// The account if its mailbox is due, moved on so that no other worker lists it now, and up to
/// when it was listed.
pub(super) fn take_mailbox(
    tx: &mut Tx<'_>,
    account_id: &str,
    now: Timestamp,
    next: Timestamp,
) -> Result<Option<(Account, Option<Timestamp>)>, StoreError> {
    let Some(row) = tx.query_opt(
        "SELECT w.listed_until FROM kep_account k \
         LEFT JOIN mailbox_watch w ON w.account_id = k.id \
         WHERE k.id = ?2 AND k.active = 1 AND k.paused_at IS NULL \
         AND (w.next_at IS NULL OR w.next_at <= ?1)",
        params![now, account_id],
    )?
    else {
        return Ok(None);
    };
    tx.execute(
        "INSERT INTO mailbox_watch (account_id, next_at, error) VALUES (?1, ?2, '') \
         ON CONFLICT (account_id) DO UPDATE SET next_at = excluded.next_at",
        params![account_id, next],
    )?;
    let account = crate::dispatch::account_by_id(tx, account_id)?;
    let until = row.get("listed_until")?;
    Ok(account.map(|account| (account, until)))
}

/// How a listing ended; only a complete one moves the mark, only one that fails leaves its words.
pub(super) fn listed(
    tx: &mut Tx<'_>,
    account_id: &str,
    until: Option<Timestamp>,
    error: &str,
    now: Timestamp,
) -> Result<(), StoreError> {
    tx.execute(
        "UPDATE mailbox_watch SET listed_until = COALESCE(?2, listed_until), error = ?3, \
         failing_since = CASE WHEN ?3 = '' THEN NULL ELSE COALESCE(failing_since, ?4) END \
         WHERE account_id = ?1",
        params![account_id, until, error, now],
    )?;
    Ok(())
}

/// Mailboxes of the person that cannot be read. A paused account has a work list of its own.
pub(super) fn troubles(tx: &mut Tx<'_>, act: &Act<'_>) -> Result<Vec<Trouble>, StoreError> {
    tx.query(
        &format!(
            "SELECT k.address, w.error, w.failing_since FROM mailbox_watch w \
             JOIN kep_account k ON k.id = w.account_id \
             WHERE w.failing_since IS NOT NULL AND k.active = 1 AND k.paused_at IS NULL \
             AND {VISIBLE} ORDER BY k.address"
        ),
        params![&act.actor.user_id],
    )?
    .iter()
    .map(|row| {
        Ok(Trouble {
            address: row.get("address")?,
            words: row.get("error")?,
            since: row.get("failing_since")?,
        })
    })
    .collect()
}

/// Notes a message once; true when it is new.
pub(super) fn note(
    tx: &mut Tx<'_>,
    id: &str,
    account_id: &str,
    kep_id: &str,
    row: &Row,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let state = if row.evidence {
        MessageState::Evidence
    } else {
        MessageState::Listed
    };
    let touched = tx.execute(
        "INSERT INTO incoming_message (id, account_id, kep_id, folder, org_message_id, sender, \
         subject, state, size, listed_at, attempt, next_at, error_code, error_text, confirm, \
         confirm_attempt, confirm_error) \
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, 0, ?9, 0, ?9, '', '', 'none', 0, '') \
         ON CONFLICT (account_id, kep_id) DO NOTHING",
        params![
            id,
            account_id,
            kep_id,
            &row.folder,
            &row.org_message_id,
            &row.sender,
            &row.subject,
            state,
            now
        ],
    )?;
    if touched == 1 && row.evidence {
        crate::dispatch::ask_for_evidence(tx, &row.org_message_id, now)?;
    }
    Ok(touched == 1)
}

/// Until when a claim made now stands: a call's own time-out and the grace of the settings.
fn lease(tx: &mut Tx<'_>, account_id: &str, now: Timestamp) -> Result<Timestamp, StoreError> {
    let patience = crate::dispatch::account_by_id(tx, account_id)?
        .and_then(|account| serde_json::from_str::<AccountSettings>(&account.settings).ok())
        .unwrap_or_default()
        .request_timeout_seconds;
    let grace = setting::number(tx, setting::LEASE_GRACE_SECONDS)?;
    let patience = i64::try_from(patience).unwrap_or(600).saturating_add(grace);
    Ok(now + SignedDuration::from_secs(patience))
}

/// Takes an account's messages that are to be fetched.
pub(super) fn take_listed(
    tx: &mut Tx<'_>,
    account_id: &str,
    now: Timestamp,
    limit: usize,
) -> Result<Vec<Message>, StoreError> {
    let due = tx.query(
        &format!(
            "{MESSAGE} WHERE m.state = 'listed' AND m.next_at <= ?1 AND m.account_id = ?3 \
             AND k.active = 1 AND k.paused_at IS NULL ORDER BY m.next_at, m.id LIMIT ?2"
        ),
        params![now, limit, account_id],
    )?;
    claimed(tx, due, now)
}

/// Takes messages that are to be registered, whosever they are: it needs no provider.
pub(super) fn take_stored(
    tx: &mut Tx<'_>,
    now: Timestamp,
    limit: usize,
) -> Result<Vec<Message>, StoreError> {
    let due = tx.query(
        &format!(
            "{MESSAGE} WHERE m.state = 'stored' AND m.next_at <= ?1 AND k.active = 1 \
             ORDER BY m.next_at, m.id LIMIT ?2"
        ),
        params![now, limit],
    )?;
    claimed(tx, due, now)
}

/// Claims each by counting an attempt; another worker finds it moved.
fn claimed(tx: &mut Tx<'_>, due: Vec<DbRow>, now: Timestamp) -> Result<Vec<Message>, StoreError> {
    let mut taken = Vec::new();
    for row in due {
        let mut each = message(&row)?;
        let lease = lease(tx, &each.account_id, now)?;
        let touched = tx.execute(
            "UPDATE incoming_message SET attempt = attempt + 1, next_at = ?3 \
             WHERE id = ?1 AND attempt = ?2 AND state = ?4",
            params![&each.id, each.attempt, lease, each.state],
        )?;
        if touched == 1 {
            each.attempt += 1;
            taken.push(each);
        }
    }
    Ok(taken)
}

/// The bytes are safe; the row names them.
pub(super) fn stored(
    tx: &mut Tx<'_>,
    message: &Message,
    hash: &BlobHash,
    size: i64,
    now: Timestamp,
) -> Result<(), StoreError> {
    tx.execute(
        "UPDATE incoming_message SET state = 'stored', blob_hash = ?3, size = ?4, attempt = 0, \
         next_at = ?5, error_code = '', error_text = '' \
         WHERE id = ?1 AND attempt = ?2 AND state = 'listed'",
        params![&message.id, message.attempt, hash, size, now],
    )?;
    Ok(())
}

pub(super) fn retry(
    tx: &mut Tx<'_>,
    message: &Message,
    next: Timestamp,
    error: &str,
) -> Result<(), StoreError> {
    tx.execute(
        "UPDATE incoming_message SET next_at = ?3, error_text = ?4 WHERE id = ?1 AND attempt = ?2",
        params![&message.id, message.attempt, next, error],
    )?;
    Ok(())
}

/// *Okunamayan*: shown to people, out of the way of the rest.
pub(super) fn set_aside(
    tx: &mut Tx<'_>,
    message: &Message,
    code: &str,
    sentence: &str,
) -> Result<(), StoreError> {
    tx.execute(
        "UPDATE incoming_message SET state = 'unreadable', error_code = ?3, error_text = ?4 \
         WHERE id = ?1 AND attempt = ?2 AND state IN ('listed', 'stored')",
        params![&message.id, message.attempt, code, sentence],
    )?;
    Ok(())
}

/// Ends the work on a stored message, under the Message-ID that is known now; false when it is not
/// there any more.
pub(super) fn finish(
    tx: &mut Tx<'_>,
    message: &Message,
    state: MessageState,
    org_message_id: &str,
    content: Option<&BlobHash>,
    delivered_at: Option<Timestamp>,
) -> Result<bool, StoreError> {
    let touched = tx.execute(
        "UPDATE incoming_message SET state = ?2, content_hash = ?3, delivered_at = ?4, \
         org_message_id = ?5, error_code = '', error_text = '' \
         WHERE id = ?1 AND state = 'stored'",
        params![&message.id, state, content, delivered_at, org_message_id],
    )?;
    Ok(touched == 1)
}

/// Contents of registered messages of the account with the same content or the same Message-ID, this
/// one apart; the same content first.
pub(super) fn same_original(
    tx: &mut Tx<'_>,
    message: &Message,
    org_message_id: &str,
    content: &BlobHash,
) -> Result<Vec<BlobHash>, StoreError> {
    tx.query(
        "SELECT content_hash FROM incoming_message WHERE account_id = ?1 AND id <> ?3 \
         AND state = 'registered' AND content_hash IS NOT NULL AND (content_hash = ?4 \
         OR (org_message_id = ?2 AND org_message_id <> '')) \
         ORDER BY CASE WHEN content_hash = ?4 THEN 0 ELSE 1 END, id LIMIT 20",
        params![&message.account_id, org_message_id, &message.id, content],
    )?
    .iter()
    .map(|row| row.get("content_hash"))
    .collect()
}

/// The same bytes once more: no line of its own, and confirmed with the line that stands.
pub(super) fn mark_duplicate(tx: &mut Tx<'_>, id: &str, now: Timestamp) -> Result<(), StoreError> {
    tx.execute(
        "UPDATE incoming_message SET state = 'duplicate' WHERE id = ?1",
        params![id],
    )?;
    tx.execute(
        &format!(
            "UPDATE incoming_message SET confirm = 'due', confirm_at = ?2 \
             WHERE id = ?1 AND confirm = 'none' AND EXISTS (SELECT 1 FROM incoming_message o \
             WHERE o.state = 'registered' AND o.confirm <> 'none' AND {SAME})"
        ),
        params![id, now],
    )?;
    Ok(())
}

/// `o` is what the message being changed says once more: the same bytes, whatever a listing calls
/// them.
const SAME: &str = "o.account_id = incoming_message.account_id \
    AND o.content_hash = incoming_message.content_hash";

/// From now on the provider may be told that it was received: the outbox row of AlindiOnay. What
/// repeats the message is confirmed with it: unconfirmed, it would count as unread. False when that
/// was decided before.
pub(crate) fn confirm_due(tx: &mut Tx<'_>, id: &str, now: Timestamp) -> Result<bool, StoreError> {
    let touched = tx.execute(
        "UPDATE incoming_message SET confirm = 'due', confirm_at = ?2 \
         WHERE id = ?1 AND confirm = 'none' AND state = 'registered'",
        params![id, now],
    )?;
    tx.execute(
        &format!(
            "UPDATE incoming_message SET confirm = 'due', confirm_at = ?2 \
             WHERE state = 'duplicate' AND confirm = 'none' AND content_hash = \
             (SELECT s.content_hash FROM incoming_message s WHERE s.id = ?1) \
             AND EXISTS (SELECT 1 FROM incoming_message o \
             WHERE o.id = ?1 AND o.state = 'registered' AND {SAME})"
        ),
        params![id, now],
    )?;
    Ok(touched == 1)
}

pub(super) fn take_confirmations(
    tx: &mut Tx<'_>,
    account_id: &str,
    now: Timestamp,
    limit: usize,
) -> Result<Vec<Message>, StoreError> {
    let due = tx.query(
        &format!(
            "{MESSAGE} WHERE m.confirm = 'due' AND m.confirm_at <= ?1 AND m.account_id = ?3 \
             AND k.active = 1 AND k.paused_at IS NULL ORDER BY m.confirm_at, m.id LIMIT ?2"
        ),
        params![now, limit, account_id],
    )?;
    let mut taken = Vec::new();
    for row in due {
        let mut each = message(&row)?;
        let lease = lease(tx, &each.account_id, now)?;
        let touched = tx.execute(
            "UPDATE incoming_message SET confirm_attempt = confirm_attempt + 1, confirm_at = ?3 \
             WHERE id = ?1 AND confirm_attempt = ?2 AND confirm = 'due'",
            params![&each.id, each.confirm_attempt, lease],
        )?;
        if touched == 1 {
            each.confirm_attempt += 1;
            taken.push(each);
        }
    }
    Ok(taken)
}

pub(super) fn confirmed(tx: &mut Tx<'_>, id: &str, now: Timestamp) -> Result<(), StoreError> {
    tx.execute(
        "UPDATE incoming_message SET confirm = 'done', confirmed_at = ?2, confirm_error = '' \
         WHERE id = ?1",
        params![id, now],
    )?;
    Ok(())
}

pub(super) fn confirm_later(
    tx: &mut Tx<'_>,
    id: &str,
    next: Timestamp,
    error: &str,
) -> Result<(), StoreError> {
    tx.execute(
        "UPDATE incoming_message SET confirm_at = ?2, confirm_error = ?3 WHERE id = ?1",
        params![id, next, error],
    )?;
    Ok(())
}

const VISIBLE: &str = "k.unit_id IN (SELECT unit_id FROM user_scope WHERE user_id = ?1 \
     AND role IN ('registry', 'kep_officer'))";

/// What was taken up by hand, the newest first.
pub(super) fn handled(tx: &mut Tx<'_>, act: &Act<'_>) -> Result<Vec<Message>, StoreError> {
    tx.query(
        &format!(
            "{MESSAGE} WHERE m.state = 'unreadable' AND m.handled_at IS NOT NULL AND {VISIBLE} \
             ORDER BY m.handled_at DESC, m.id DESC LIMIT 50"
        ),
        params![&act.actor.user_id],
    )?
    .iter()
    .map(message)
    .collect()
}

/// Notes that the person took a message up by hand; false when it does not wait for that any more.
pub(super) fn set_handled(
    tx: &mut Tx<'_>,
    act: &Act<'_>,
    id: &str,
    reason: &str,
) -> Result<bool, StoreError> {
    let touched = tx.execute(
        "UPDATE incoming_message SET handled_at = ?2, handled_by = ?3, handled_reason = ?4 \
         WHERE id = ?1 AND state = 'unreadable' AND handled_at IS NULL",
        params![id, act.now, &act.actor.user_id, reason],
    )?;
    Ok(touched == 1)
}

/// What could not be read in the mailboxes that the person looks after, the newest first.
pub(super) fn unreadable(tx: &mut Tx<'_>, act: &Act<'_>) -> Result<Vec<Message>, StoreError> {
    tx.query(
        &format!(
            "{MESSAGE} WHERE m.state = 'unreadable' AND m.handled_at IS NULL AND {VISIBLE} \
             ORDER BY m.id DESC LIMIT 200"
        ),
        params![&act.actor.user_id],
    )?
    .iter()
    .map(message)
    .collect()
}

/// One message of a mailbox that the person looks after.
pub(super) fn visible(
    tx: &mut Tx<'_>,
    act: &Act<'_>,
    id: &str,
) -> Result<Option<Message>, StoreError> {
    tx.query_opt(
        &format!("{MESSAGE} WHERE m.id = ?2 AND {VISIBLE}"),
        params![&act.actor.user_id, id],
    )?
    .as_ref()
    .map(message)
    .transpose()
}

/// The stored bytes of the message that a line came by: name and size.
pub(in crate::inbox) fn original(
    tx: &mut Tx<'_>,
    incoming_id: &str,
) -> Result<Option<(BlobHash, u64)>, StoreError> {
    tx.query_opt(
        "SELECT m.blob_hash, m.size FROM incoming_message m JOIN incoming_document i \
         ON i.message_id = m.id WHERE i.id = ?1 AND m.blob_hash IS NOT NULL",
        params![incoming_id],
    )?
    .map(|row| Ok((row.get("blob_hash")?, row.get("size")?)))
    .transpose()
}

/// A message that was set aside goes through the same steps again.
pub(super) fn try_again(tx: &mut Tx<'_>, id: &str, now: Timestamp) -> Result<bool, StoreError> {
    let touched = tx.execute(
        "UPDATE incoming_message SET attempt = 0, next_at = ?2, error_code = '', error_text = '', \
         handled_at = NULL, state = CASE WHEN blob_hash IS NULL THEN 'listed' ELSE 'stored' END \
         WHERE id = ?1 AND state = 'unreadable'",
        params![id, now],
    )?;
    Ok(touched == 1)
}

/// When a message was confirmed, or why not yet: (state, when, error).
pub(super) fn confirmation(
    tx: &mut Tx<'_>,
    id: &str,
) -> Result<Option<(String, Option<Timestamp>, String)>, StoreError> {
    tx.query_opt(
        "SELECT confirm, confirmed_at, confirm_error FROM incoming_message WHERE id = ?1",
        params![id],
    )?
    .map(|row| {
        Ok((
            row.get("confirm")?,
            row.get("confirmed_at")?,
            row.get("confirm_error")?,
        ))
    })
    .transpose()
}
