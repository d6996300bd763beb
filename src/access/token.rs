//! API tokens: shown once, stored as a hash, owned by a person.

use super::session::hash_of;
use super::{Act, Actor, store};
use crate::audit;
use crate::error::Result;
use crate::ids::new_secret;
use crate::store::Tx;

/// Every token begins so that a leaked one is recognised by scanners.
const PREFIX: &str = "dys_";

/// Makes a token for the acting person and returns it; it cannot be read again.
///
/// # Errors
/// When the store fails.
pub fn issue(tx: &mut Tx<'_>, act: &Act<'_>, name: &str) -> Result<String> {
    let token = format!("{PREFIX}{}", new_secret(act.ids));
    store::insert_token(tx, &hash_of(&token), &act.actor.user_id, name, act.now)?;
    let detail = serde_json::json!({ "name": name });
    audit::record(tx, act, "token.issue", "user", &act.actor.user_id, &detail)?;
    Ok(token)
}

/// The person behind a token, unless it was revoked or the account closed.
///
/// # Errors
/// When the store fails.
pub fn owner(tx: &mut Tx<'_>, token: &str) -> Result<Option<Actor>> {
    match store::token_owner(tx, &hash_of(token))? {
        Some(user_id) => Ok(store::actor(tx, &user_id)?),
        None => Ok(None),
    }
}
