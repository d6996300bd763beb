//! Log-in and log-out: a random token in a cookie, its hash in the database.

use jiff::{SignedDuration, Timestamp};

use super::store::{self, Account};
use super::{Act, Actor, password};
use crate::audit;
use crate::error::{Kind, Problem, Result, invalid};
use crate::ids::{Ids, new_secret};
use crate::store::{BlobHash, Tx};

/// A session ends this long after it was last used.
pub const IDLE_LIFETIME: SignedDuration = SignedDuration::from_hours(8);
/// `last_seen_at` is written at most this often, so that reading pages writes little.
const TOUCH_EVERY: SignedDuration = SignedDuration::from_mins(5);
/// Wrong passwords in a row before the account rests.
const FAILURES_BEFORE_REST: i64 = 5;
/// How long it rests.
const REST: SignedDuration = SignedDuration::from_mins(5);

/// What a new session hands to the browser.
#[derive(Debug)]
pub struct Opened {
    /// Goes into the cookie; only its hash is stored.
    pub token: String,
    pub actor: Actor,
}

/// A living session.
#[derive(Debug, Clone)]
pub struct Session {
    pub actor: Actor,
    /// Stands in every form, against forged requests.
    pub form_token: String,
    /// An administrator chose the password: nothing else is open until it was changed.
    pub must_change_password: bool,
}

/// The account that a log-in names, read before the slow password check.
///
/// # Errors
/// `giris_bekle` while the account rests after wrong passwords.
pub fn find_account(tx: &mut Tx<'_>, login: &str, now: Timestamp) -> Result<Option<Account>> {
    let account = store::account_by_login(tx, login)?.filter(|account| account.active);
    refuse_resting(account.as_ref(), now)?;
    Ok(account)
}

/// The acting person's own account, before a change of password checks the old one.
///
/// # Errors
/// `giris_bekle` as in [`find_account`].
pub fn own_account(tx: &mut Tx<'_>, act: &Act<'_>) -> Result<Option<Account>> {
    let account = store::account_by_id(tx, &act.actor.user_id)?;
    refuse_resting(account.as_ref(), act.now)?;
    Ok(account)
}

fn refuse_resting(account: Option<&Account>, now: Timestamp) -> Result<()> {
    if let Some(until) = account.and_then(|account| account.locked_until)
        && until > now
    {
        let problem = Problem::new(
            Kind::TooMany,
            "giris_bekle",
            format!(
                "Art arda yanlış parola girildi. {} sonrasında yeniden deneyin.",
                crate::clock::screen_time(until)
            ),
        );
        return Err(problem.after(until.duration_since(now)).into());
    }
    Ok(())
}

/// Counts a wrong password; after some in a row the account rests.
pub(super) fn note_wrong_password(
    tx: &mut Tx<'_>,
    account: &Account,
    now: Timestamp,
) -> Result<()> {
    let rest = account.failed_logins + 1 >= FAILURES_BEFORE_REST;
    store::note_failed_login(tx, &account.id, rest.then(|| now + REST))?;
    Ok(())
}

/// Records the outcome of the password check and opens the session when it held.
///
/// # Errors
/// `giris_yanlis` when the password did not hold; name and password are not told apart.
pub fn open(
    tx: &mut Tx<'_>,
    account: Option<&Account>,
    password_holds: bool,
    now: Timestamp,
    ids: &dyn Ids,
) -> Result<Result<Opened>> {
    let wrong = || {
        invalid(
            "giris_yanlis",
            "Kullanıcı adı veya parola yanlış. Yeniden deneyin.",
        )
    };
    let Some(account) = account else {
        return Ok(Err(wrong()));
    };
    if !password_holds {
        note_wrong_password(tx, account, now)?;
        return Ok(Err(wrong()));
    }
    store::clear_failed_logins(tx, &account.id)?;
    let Some(actor) = store::actor(tx, &account.id)? else {
        return Ok(Err(wrong()));
    };
    let token = begin(tx, &account.id, now, ids)?;
    let act = Act {
        actor: &actor,
        now,
        ids,
    };
    audit::record(
        tx,
        &act,
        "session.open",
        "user",
        &account.id,
        &serde_json::json!({}),
    )?;
    Ok(Ok(Opened { token, actor }))
}

/// A fresh session of the person; its token goes into the cookie.
pub(super) fn begin(
    tx: &mut Tx<'_>,
    user_id: &str,
    now: Timestamp,
    ids: &dyn Ids,
) -> Result<String> {
    let token = new_secret(ids);
    store::insert_session(
        tx,
        &hash_of(&token),
        user_id,
        &new_secret(ids),
        now,
        now + IDLE_LIFETIME,
    )?;
    Ok(token)
}

/// The session behind a cookie, if it lives, and whether [`touch`] is due.
///
/// # Errors
/// When the store fails.
pub fn load(tx: &mut Tx<'_>, token: &str, now: Timestamp) -> Result<Option<(Session, bool)>> {
    let Some(found) = store::live_session(tx, &hash_of(token), now)? else {
        return Ok(None);
    };
    let Some(actor) = store::actor(tx, &found.user_id)? else {
        return Ok(None);
    };
    let session = Session {
        actor,
        form_token: found.form_token,
        must_change_password: found.must_change_password,
    };
    Ok(Some((
        session,
        now.duration_since(found.last_seen_at) >= TOUCH_EVERY,
    )))
}

/// Prolongs a session that is in use.
///
/// # Errors
/// When the store fails.
pub fn touch(tx: &mut Tx<'_>, token: &str, now: Timestamp) -> Result<()> {
    Ok(store::touch_session(
        tx,
        &hash_of(token),
        now,
        now + IDLE_LIFETIME,
    )?)
}

/// Güvenli Çıkış.
///
/// # Errors
/// When the store fails.
pub fn close(tx: &mut Tx<'_>, act: &Act<'_>, token: &str) -> Result<()> {
    store::delete_session(tx, &hash_of(token))?;
    audit::record(
        tx,
        act,
        "session.close",
        "user",
        &act.actor.user_id,
        &serde_json::json!({}),
    )
}

/// True when the password is that of the account; slow on purpose, run it off the async threads.
#[must_use]
pub fn password_holds(account: Option<&Account>, given: &str) -> bool {
    let hash = account.map_or(password::NOBODY, |account| account.password_hash.as_str());
    password::verify(given, hash) && account.is_some()
}

pub(super) fn hash_of(token: &str) -> String {
    BlobHash::of(token.as_bytes()).as_str().to_owned()
}
