//! The SQL of messages that a listing shows without the provider's id (kepId): nothing can be asked
//! about them, so each is set aside once and shown, until a listing tells its id.

use jiff::Timestamp;

use super::{Message, Row};
use crate::params;
use crate::store::{BlobHash, StoreError, Tx};

/// Stands in `kep_id` before what the listing told instead.
const MARK: &str = "kepId-yok:";
const CODE: &str = "kepid_yok";
/// Of the one line for all that are not shown one by one.
const REST_KEY: &str = "kalan";
/// So many of an account are set aside one by one; the rest is told in one line.
const MOST: i64 = 100;
const SENTENCE: &str = "Sağlayıcı bu iletiyi kimliksiz (kepId olmadan) listeledi; DYS indiremez. \
    İletiyi KEP hesabının web kutusunda açıp kaydını elle yapın, sağlayıcıya bildirin. Yeniden \
    dene, kutunun listesini baştan okur.";
const REST: &str = "Sağlayıcı yüzden çok iletiyi kimliksiz (kepId olmadan) listeliyor; kalanlar \
    burada tek tek gösterilmez. KEP hesabının web kutusuna bakın, sağlayıcıya bildirin. Yeniden \
    dene, kutunun listesini baştan okur.";

impl Message {
    /// The listing told no kepId.
    #[must_use]
    pub fn is_nameless(&self) -> bool {
        self.kep_id.starts_with(MARK)
    }

    /// The line that tells of the rest: nobody can have taken up what it does not name.
    #[must_use]
    pub fn is_rest(&self) -> bool {
        self.kep_id.strip_prefix(MARK) == Some(REST_KEY)
    }
}

/// How many of an account are set aside for want of an id.
pub(in crate::inbox::mailbox) fn nameless(
    tx: &mut Tx<'_>,
    account_id: &str,
) -> Result<i64, StoreError> {
    tx.scalar(
        "SELECT COUNT(*) FROM incoming_message WHERE state = 'unreadable' AND account_id = ?1 \
         AND error_code = ?2",
        params![account_id, CODE],
    )
}

/// How many of them nobody has taken up by hand.
fn waiting(tx: &mut Tx<'_>, account_id: &str) -> Result<i64, StoreError> {
    tx.scalar(
        "SELECT COUNT(*) FROM incoming_message WHERE state = 'unreadable' AND account_id = ?1 \
         AND error_code = ?2 AND handled_at IS NULL",
        params![account_id, CODE],
    )
}

/// Sets a row without an id aside, once; false when there are too many and it is only told that
/// there are more. A message that was noted under its id before is no news, and evidence needs no
/// id: it is asked for by the message that it is about.
pub(in crate::inbox::mailbox) fn set_nameless_aside(
    tx: &mut Tx<'_>,
    id: &str,
    account_id: &str,
    row: &Row,
    now: Timestamp,
) -> Result<bool, StoreError> {
    if row.evidence {
        let key = key(&[&row.folder, &row.org_message_id, &number(row)]);
        if insert(tx, id, account_id, &key, row, "evidence", "", now)? {
            crate::dispatch::ask_for_evidence(tx, &row.org_message_id, now)?;
        }
        return Ok(true);
    }
    let known = tx.query_opt(
        "SELECT 1 FROM incoming_message WHERE account_id = ?1 AND org_message_id = ?2 LIMIT 1",
        params![account_id, &row.org_message_id],
    )?;
    if !row.org_message_id.is_empty() && known.is_some() {
        return Ok(true);
    }
    let told = match row.org_message_id.as_str() {
        "" => key(&[&row.folder, &row.sender, &row.subject, &number(row)]),
        told => key(&[told]),
    };
    let stands = tx.query_opt(
        "SELECT 1 FROM incoming_message WHERE account_id = ?1 AND kep_id = ?2",
        params![account_id, &told],
    )?;
    if stands.is_some() {
        return Ok(true);
    }
    if waiting(tx, account_id)? < MOST {
        insert(tx, id, account_id, &told, row, "unreadable", SENTENCE, now)?;
        return Ok(true);
    }
    let rest = Row {
        kep_id: None,
        sequence: None,
        folder: row.folder.clone(),
        org_message_id: String::new(),
        sender: String::new(),
        subject: "Kimliksiz öteki iletiler".to_owned(),
        evidence: false,
    };
    let told = format!("{MARK}{REST_KEY}");
    insert(tx, id, account_id, &told, &rest, "unreadable", REST, now)?;
    Ok(false)
}

/// Where a message stands aside without an id and the listing tells it now, it is taken up under
/// it; false when there is none.
pub(in crate::inbox::mailbox) fn take_up_named(
    tx: &mut Tx<'_>,
    account_id: &str,
    kep_id: &str,
    row: &Row,
    now: Timestamp,
) -> Result<bool, StoreError> {
    if row.org_message_id.is_empty() {
        return Ok(false);
    }
    let touched = tx.execute(
        "UPDATE incoming_message SET kep_id = ?2, folder = ?3, state = 'listed', next_at = ?5, \
         error_code = '', error_text = '', handled_at = NULL \
         WHERE account_id = ?1 AND org_message_id = ?4 AND state = 'unreadable' \
         AND error_code = ?6 AND NOT EXISTS (SELECT 1 FROM incoming_message k \
         WHERE k.account_id = ?1 AND k.kep_id = ?2)",
        params![
            account_id,
            kep_id,
            &row.folder,
            &row.org_message_id,
            now,
            CODE
        ],
    )?;
    Ok(touched > 0)
}

/// The mailbox is listed again from where its mark stands at the latest; what is still there
/// without an id is set aside anew. False when the message is not set aside any more.
pub(in crate::inbox::mailbox) fn look_again(
    tx: &mut Tx<'_>,
    message: &Message,
    until: Timestamp,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let touched = tx.execute(
        "DELETE FROM incoming_message WHERE id = ?1 AND state = 'unreadable'",
        params![&message.id],
    )?;
    tx.execute(
        "UPDATE mailbox_watch SET next_at = ?2, listed_until = CASE WHEN listed_until > ?3 \
         THEN ?3 ELSE listed_until END WHERE account_id = ?1",
        params![&message.account_id, now, until],
    )?;
    Ok(touched == 1)
}

fn number(row: &Row) -> String {
    row.sequence
        .map_or_else(String::new, |number| number.to_string())
}

fn key(told: &[&str]) -> String {
    let hash = BlobHash::of(told.join("\n").as_bytes());
    format!("{MARK}{}", hash.as_str())
}

#[expect(clippy::too_many_arguments, reason = "the columns of one row")]
fn insert(
    tx: &mut Tx<'_>,
    id: &str,
    account_id: &str,
    kep_id: &str,
    row: &Row,
    state: &str,
    sentence: &str,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let touched = tx.execute(
        "INSERT INTO incoming_message (id, account_id, kep_id, folder, org_message_id, sender, \
         subject, state, size, listed_at, attempt, next_at, error_code, error_text, confirm, \
         confirm_attempt, confirm_error) \
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, 0, ?9, 0, ?9, ?10, ?11, 'none', 0, '') \
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
            now,
            if sentence.is_empty() { "" } else { CODE },
            sentence
        ],
    )?;
    Ok(touched == 1)
}
