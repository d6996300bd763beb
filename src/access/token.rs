//! API tokens: shown once, stored as a hash, owned by a person.

use jiff::{SignedDuration, Timestamp};

use super::session::hash_of;
use super::{Act, Actor, store};
use crate::audit;
use crate::error::{Result, invalid, not_found};
use crate::ids::new_secret;
use crate::store::Tx;

/// Every token begins so that a leaked one is recognised by scanners.
const PREFIX: &str = "dys_";

/// `last_used_at` is written at most this often, so that questions write little.
const TOUCH_EVERY: SignedDuration = SignedDuration::from_mins(5);
const MOST_OF_NAME: usize = 100;

pub use super::store::ListedToken as Listed;

/// What a token opens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Scope {
    /// The whole API, with its owner's rights.
    Api,
    /// Only what the program at a signer's desk asks: one that is stolen there reads no archive.
    SignAgent,
}

impl Scope {
    /// The word in the database.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Api => "api",
            Self::SignAgent => "sign_agent",
        }
    }
}

/// Makes a token for the acting person and returns it; it cannot be read again.
///
/// # Errors
/// `ad_bos` when it has no name to know it by.
pub fn issue(tx: &mut Tx<'_>, act: &Act<'_>, name: &str) -> Result<String> {
    make(tx, act, name, Scope::Api)
}

/// Makes the token of the program that was paired at the acting person's desk.
///
/// # Errors
/// When the store fails.
pub fn issue_for_desk(tx: &mut Tx<'_>, act: &Act<'_>) -> Result<String> {
    make(tx, act, "İmza aracı", Scope::SignAgent)
}

fn make(tx: &mut Tx<'_>, act: &Act<'_>, name: &str, scope: Scope) -> Result<String> {
    let name = name.trim();
    if name.is_empty() || name.chars().count() > MOST_OF_NAME {
        return Err(invalid(
            "ad_bos",
            format!("Anahtara 1-{MOST_OF_NAME} karakterlik bir ad verin."),
        ));
    }
    let token = format!("{PREFIX}{}", new_secret(act.ids));
    let owner = &act.actor.user_id;
    store::insert_token(tx, &hash_of(&token), owner, name, scope, act.now)?;
    let detail = serde_json::json!({ "name": name, "scope": scope.code() });
    audit::record(tx, act, "token.issue", "user", &act.actor.user_id, &detail)?;
    Ok(token)
}

/// The acting person's tokens, the newest first; the tokens themselves are not kept.
///
/// # Errors
/// When the store fails.
pub fn list(tx: &mut Tx<'_>, act: &Act<'_>) -> Result<Vec<Listed>> {
    Ok(store::tokens_of(tx, &act.actor.user_id)?)
}

/// Tokens of another person, for an administrator.
///
/// # Errors
/// `yetki_yok`.
pub fn list_of(tx: &mut Tx<'_>, act: &Act<'_>, user_id: &str) -> Result<Vec<Listed>> {
    act.actor.require_administrator()?;
    Ok(store::tokens_of(tx, user_id)?)
}

/// Ends one of the acting person's own tokens.
///
/// # Errors
/// `anahtar_yok` when there is none that could be ended.
pub fn revoke(tx: &mut Tx<'_>, act: &Act<'_>, id: &str) -> Result<()> {
    let user_id = &act.actor.user_id;
    let Some(name) = store::revoke_token(tx, id, user_id, act.now)? else {
        return Err(not_found(
            "anahtar_yok",
            "Böyle bir anahtarınız yok ya da iptal edilmiş.",
        ));
    };
    let detail = serde_json::json!({ "name": name });
    audit::record(tx, act, "token.revoke", "user", user_id, &detail)
}

/// The person behind a token of this scope, unless it was revoked or the account closed, and
/// whether [`touch`] is due.
///
/// # Errors
/// When the store fails.
pub fn owner(
    tx: &mut Tx<'_>,
    token: &str,
    scope: Scope,
    now: Timestamp,
) -> Result<Option<(Actor, bool)>> {
    let Some((user_id, used)) = store::token_owner(tx, &hash_of(token), scope)? else {
        return Ok(None);
    };
    let due = used.is_none_or(|used| now.duration_since(used) >= TOUCH_EVERY);
    Ok(store::actor(tx, &user_id)?.map(|actor| (actor, due)))
}

/// Notes that a token is in use.
///
/// # Errors
/// When the store fails.
pub fn touch(tx: &mut Tx<'_>, token: &str, now: Timestamp) -> Result<()> {
    Ok(store::touch_token(tx, &hash_of(token), now)?)
}
