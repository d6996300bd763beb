//! SQL of users, roles, sessions, tokens and deputies.

use std::collections::HashSet;

use jiff::Timestamp;

use super::token::Scope;
use super::{Actor, Role};
use crate::params;
use crate::store::{Row, StoreError, Tx};

/// An account with what is needed to check a log-in.
#[derive(Debug, Clone)]
pub struct Account {
    pub id: String,
    pub login: String,
    pub full_name: String,
    pub title: String,
    pub password_hash: String,
    pub active: bool,
    pub failed_logins: i64,
    pub locked_until: Option<Timestamp>,
    /// Yetkiyi devreden: in whose name the person signs.
    pub delegator_id: Option<String>,
}

fn account(row: &Row) -> Result<Account, StoreError> {
    Ok(Account {
        id: row.get("id")?,
        login: row.get("login")?,
        full_name: row.get("full_name")?,
        title: row.get("title")?,
        password_hash: row.get("password_hash")?,
        active: row.get("active")?,
        failed_logins: row.get("failed_logins")?,
        locked_until: row.get("locked_until")?,
        delegator_id: row.get("delegator_id")?,
    })
}

const ACCOUNT: &str = "id, login, full_name, title, password_hash, active, failed_logins, \
    locked_until, delegator_id";

pub(super) fn account_by_login(
    tx: &mut Tx<'_>,
    login: &str,
) -> Result<Option<Account>, StoreError> {
    tx.query_opt(
        &format!("SELECT {ACCOUNT} FROM user_account WHERE login = ?1"),
        params![login],
    )?
    .as_ref()
    .map(account)
    .transpose()
}

pub(super) fn account_by_id(tx: &mut Tx<'_>, id: &str) -> Result<Option<Account>, StoreError> {
    tx.query_opt(
        &format!("SELECT {ACCOUNT} FROM user_account WHERE id = ?1"),
        params![id],
    )?
    .as_ref()
    .map(account)
    .transpose()
}

pub(super) fn accounts(tx: &mut Tx<'_>) -> Result<Vec<Account>, StoreError> {
    tx.query(
        &format!("SELECT {ACCOUNT} FROM user_account ORDER BY full_name LIMIT 2000"),
        params![],
    )?
    .iter()
    .map(account)
    .collect()
}

pub(super) fn insert_account(
    tx: &mut Tx<'_>,
    account: &Account,
    is_demo: bool,
    now: Timestamp,
) -> Result<(), StoreError> {
    tx.execute(
        "INSERT INTO user_account (id, login, full_name, title, password_hash, is_demo, created_at) \
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
        params![
            &account.id,
            &account.login,
            &account.full_name,
            &account.title,
            &account.password_hash,
            is_demo,
            now
        ],
    )?;
    Ok(())
}

/// Whether a demo made an account here.
pub(super) fn has_demo_account(tx: &mut Tx<'_>) -> Result<bool, StoreError> {
    let sql = "SELECT id FROM user_account WHERE is_demo = 1 LIMIT 1";
    Ok(tx.query_opt(sql, params![])?.is_some())
}

pub(super) fn set_password(
    tx: &mut Tx<'_>,
    user_id: &str,
    password_hash: &str,
) -> Result<(), StoreError> {
    tx.execute(
        "UPDATE user_account SET password_hash = ?2, failed_logins = 0, locked_until = NULL \
         WHERE id = ?1",
        params![user_id, password_hash],
    )?;
    Ok(())
}

pub(super) fn set_details(
    tx: &mut Tx<'_>,
    user_id: &str,
    full_name: &str,
    title: &str,
) -> Result<(), StoreError> {
    tx.execute(
        "UPDATE user_account SET full_name = ?2, title = ?3 WHERE id = ?1",
        params![user_id, full_name, title],
    )?;
    Ok(())
}

pub(super) fn set_delegator(
    tx: &mut Tx<'_>,
    user_id: &str,
    delegator_id: Option<&str>,
) -> Result<(), StoreError> {
    tx.execute(
        "UPDATE user_account SET delegator_id = ?2 WHERE id = ?1",
        params![user_id, delegator_id],
    )?;
    Ok(())
}

/// How many people sign in the name of this one.
pub(super) fn delegates(tx: &mut Tx<'_>, user_id: &str) -> Result<i64, StoreError> {
    tx.scalar(
        "SELECT COUNT(*) FROM user_account WHERE delegator_id = ?1",
        params![user_id],
    )
}

/// Whether the person has to choose another password before anything else.
pub(super) fn set_must_change(
    tx: &mut Tx<'_>,
    user_id: &str,
    must_change: bool,
) -> Result<(), StoreError> {
    tx.execute(
        "UPDATE user_account SET must_change_password = ?2 WHERE id = ?1",
        params![user_id, must_change],
    )?;
    Ok(())
}

pub(super) fn set_active(tx: &mut Tx<'_>, user_id: &str, active: bool) -> Result<(), StoreError> {
    tx.execute(
        "UPDATE user_account SET active = ?2 WHERE id = ?1",
        params![user_id, active],
    )?;
    Ok(())
}

pub(super) fn note_failed_login(
    tx: &mut Tx<'_>,
    user_id: &str,
    locked_until: Option<Timestamp>,
) -> Result<(), StoreError> {
    tx.execute(
        "UPDATE user_account SET failed_logins = failed_logins + 1, locked_until = ?2 \
         WHERE id = ?1",
        params![user_id, locked_until],
    )?;
    Ok(())
}

pub(super) fn clear_failed_logins(tx: &mut Tx<'_>, user_id: &str) -> Result<(), StoreError> {
    tx.execute(
        "UPDATE user_account SET failed_logins = 0, locked_until = NULL \
         WHERE id = ?1 AND (failed_logins > 0 OR locked_until IS NOT NULL)",
        params![user_id],
    )?;
    Ok(())
}

pub(super) fn add_binding(
    tx: &mut Tx<'_>,
    user_id: &str,
    role: Role,
    unit_id: &str,
) -> Result<(), StoreError> {
    tx.execute(
        "INSERT INTO role_binding (user_id, role, unit_id) VALUES (?1, ?2, ?3) \
         ON CONFLICT DO NOTHING",
        params![user_id, role.code(), unit_id],
    )?;
    Ok(())
}

pub(super) fn remove_binding(
    tx: &mut Tx<'_>,
    user_id: &str,
    role: Role,
    unit_id: &str,
) -> Result<(), StoreError> {
    tx.execute(
        "DELETE FROM role_binding WHERE user_id = ?1 AND role = ?2 AND unit_id = ?3",
        params![user_id, role.code(), unit_id],
    )?;
    Ok(())
}

/// Everybody who holds a role somewhere.
pub(super) fn bound_users(tx: &mut Tx<'_>) -> Result<Vec<String>, StoreError> {
    let rows = tx.query("SELECT DISTINCT user_id FROM role_binding", params![])?;
    rows.iter().map(|row| row.at(0)).collect()
}

/// Makes `user_scope` anew: each bound unit and every unit below it.
pub(super) fn refresh_scope(tx: &mut Tx<'_>, user_id: &str) -> Result<(), StoreError> {
    tx.execute(
        "DELETE FROM user_scope WHERE user_id = ?1",
        params![user_id],
    )?;
    tx.execute(
        "INSERT INTO user_scope (user_id, role, unit_id) \
         WITH RECURSIVE below (role, unit_id) AS ( \
            SELECT role, unit_id FROM role_binding WHERE user_id = ?1 \
            UNION \
            SELECT below.role, unit.id FROM below JOIN unit ON unit.parent_id = below.unit_id \
         ) SELECT CAST(?1 AS TEXT), role, unit_id FROM below",
        params![user_id],
    )?;
    Ok(())
}

fn role_units(
    tx: &mut Tx<'_>,
    table: &str,
    user_id: &str,
) -> Result<Vec<(Role, String)>, StoreError> {
    let rows = tx.query(
        &format!("SELECT role, unit_id FROM {table} WHERE user_id = ?1 ORDER BY role, unit_id"),
        params![user_id],
    )?;
    let mut pairs = Vec::with_capacity(rows.len());
    for row in rows {
        let code: String = row.get("role")?;
        if let Some(role) = Role::from_code(&code) {
            pairs.push((role, row.get("unit_id")?));
        }
    }
    Ok(pairs)
}

pub(super) fn approves_in(tx: &mut Tx<'_>, user_id: &str) -> Result<HashSet<String>, StoreError> {
    let rows = tx.query(
        "SELECT unit_id FROM user_scope WHERE user_id = ?1 AND role = ?2",
        params![user_id, Role::Approver.code()],
    )?;
    rows.iter().map(|row| row.at(0)).collect()
}

/// The person with roles and scope; `None` when the account is absent or closed.
pub(super) fn actor(tx: &mut Tx<'_>, user_id: &str) -> Result<Option<Actor>, StoreError> {
    let Some(account) = account_by_id(tx, user_id)?.filter(|account| account.active) else {
        return Ok(None);
    };
    Ok(Some(Actor {
        bindings: role_units(tx, "role_binding", user_id)?,
        scope: role_units(tx, "user_scope", user_id)?,
        user_id: account.id,
        full_name: account.full_name,
        title: account.title,
    }))
}

pub(super) fn insert_session(
    tx: &mut Tx<'_>,
    token_hash: &str,
    user_id: &str,
    form_token: &str,
    now: Timestamp,
    expires_at: Timestamp,
) -> Result<(), StoreError> {
    tx.execute(
        "INSERT INTO session (token_hash, user_id, form_token, created_at, last_seen_at, \
         expires_at) VALUES (?1, ?2, ?3, ?4, ?4, ?5)",
        params![token_hash, user_id, form_token, now, expires_at],
    )?;
    Ok(())
}

/// A living session as it stands in the database.
pub(super) struct LiveSession {
    pub user_id: String,
    pub form_token: String,
    pub last_seen_at: Timestamp,
    pub must_change_password: bool,
}

pub(super) fn live_session(
    tx: &mut Tx<'_>,
    token_hash: &str,
    now: Timestamp,
) -> Result<Option<LiveSession>, StoreError> {
    tx.query_opt(
        "SELECT s.user_id, s.form_token, s.last_seen_at, u.must_change_password FROM session s \
         JOIN user_account u ON u.id = s.user_id WHERE s.token_hash = ?1 AND s.expires_at > ?2",
        params![token_hash, now],
    )?
    .map(|row| {
        Ok(LiveSession {
            user_id: row.get("user_id")?,
            form_token: row.get("form_token")?,
            last_seen_at: row.get("last_seen_at")?,
            must_change_password: row.get("must_change_password")?,
        })
    })
    .transpose()
}

pub(super) fn touch_session(
    tx: &mut Tx<'_>,
    token_hash: &str,
    now: Timestamp,
    expires_at: Timestamp,
) -> Result<(), StoreError> {
    tx.execute(
        "UPDATE session SET last_seen_at = ?2, expires_at = ?3 WHERE token_hash = ?1",
        params![token_hash, now, expires_at],
    )?;
    Ok(())
}

pub(super) fn delete_session(tx: &mut Tx<'_>, token_hash: &str) -> Result<(), StoreError> {
    tx.execute(
        "DELETE FROM session WHERE token_hash = ?1",
        params![token_hash],
    )?;
    Ok(())
}

pub(super) fn delete_sessions_of(tx: &mut Tx<'_>, user_id: &str) -> Result<(), StoreError> {
    tx.execute("DELETE FROM session WHERE user_id = ?1", params![user_id])?;
    Ok(())
}

pub(super) fn insert_token(
    tx: &mut Tx<'_>,
    token_hash: &str,
    user_id: &str,
    name: &str,
    scope: Scope,
    now: Timestamp,
) -> Result<(), StoreError> {
    tx.execute(
        "INSERT INTO api_token (token_hash, user_id, name, scope, created_at) \
         VALUES (?1, ?2, ?3, ?4, ?5)",
        params![token_hash, user_id, name, scope.code(), now],
    )?;
    Ok(())
}

/// A token as its owner sees it.
#[derive(Debug, Clone)]
pub struct ListedToken {
    /// Names the token without being it.
    pub id: String,
    pub name: String,
    /// Of a paired program at the desk, which reaches nothing else.
    pub is_desk: bool,
    pub created_at: Timestamp,
    pub last_used_at: Option<Timestamp>,
    pub revoked_at: Option<Timestamp>,
}

pub(super) fn tokens_of(tx: &mut Tx<'_>, user_id: &str) -> Result<Vec<ListedToken>, StoreError> {
    tx.query(
        "SELECT token_hash, name, scope, created_at, last_used_at, revoked_at FROM api_token \
         WHERE user_id = ?1 ORDER BY created_at DESC, token_hash LIMIT 200",
        params![user_id],
    )?
    .iter()
    .map(|row| {
        Ok(ListedToken {
            id: row.get("token_hash")?,
            name: row.get("name")?,
            is_desk: row.get::<String>("scope")? == Scope::SignAgent.code(),
            created_at: row.get("created_at")?,
            last_used_at: row.get("last_used_at")?,
            revoked_at: row.get("revoked_at")?,
        })
    })
    .collect()
}

/// The owner of a living token of this scope and when it was last used.
pub(super) fn token_owner(
    tx: &mut Tx<'_>,
    token_hash: &str,
    scope: Scope,
) -> Result<Option<(String, Option<Timestamp>)>, StoreError> {
    tx.query_opt(
        "SELECT user_id, last_used_at FROM api_token \
         WHERE token_hash = ?1 AND scope = ?2 AND revoked_at IS NULL",
        params![token_hash, scope.code()],
    )?
    .map(|row| Ok((row.get("user_id")?, row.get("last_used_at")?)))
    .transpose()
}

pub(super) fn touch_token(
    tx: &mut Tx<'_>,
    token_hash: &str,
    now: Timestamp,
) -> Result<(), StoreError> {
    tx.execute(
        "UPDATE api_token SET last_used_at = ?2 WHERE token_hash = ?1",
        params![token_hash, now],
    )?;
    Ok(())
}

/// The name of the token that was ended, if it was the person's and living.
pub(super) fn revoke_token(
    tx: &mut Tx<'_>,
    token_hash: &str,
    user_id: &str,
    now: Timestamp,
) -> Result<Option<String>, StoreError> {
    tx.query_opt(
        "UPDATE api_token SET revoked_at = ?3 \
         WHERE token_hash = ?1 AND user_id = ?2 AND revoked_at IS NULL RETURNING name",
        params![token_hash, user_id, now],
    )?
    .map(|row| row.get("name"))
    .transpose()
}

/// Ends every living token of the person; says how many there were.
pub(super) fn revoke_tokens_of(
    tx: &mut Tx<'_>,
    user_id: &str,
    now: Timestamp,
) -> Result<u64, StoreError> {
    tx.execute(
        "UPDATE api_token SET revoked_at = ?2 WHERE user_id = ?1 AND revoked_at IS NULL",
        params![user_id, now],
    )
}

pub(super) fn bindings(tx: &mut Tx<'_>, user_id: &str) -> Result<Vec<(Role, String)>, StoreError> {
    role_units(tx, "role_binding", user_id)
}

/// A deputation with the names of both.
#[derive(Debug, Clone)]
pub struct ListedDeputation {
    pub id: String,
    pub absent_id: String,
    pub absent_name: String,
    pub deputy_name: String,
    pub begins_at: Timestamp,
    pub ends_at: Timestamp,
}

const DEPUTATION: &str = "SELECT p.id, p.absent_id, a.full_name AS absent_name, \
     d.full_name AS deputy_name, p.begins_at, p.ends_at FROM deputation p \
     JOIN user_account a ON a.id = p.absent_id JOIN user_account d ON d.id = p.deputy_id";

fn listed_deputation(row: &Row) -> Result<ListedDeputation, StoreError> {
    Ok(ListedDeputation {
        id: row.get("id")?,
        absent_id: row.get("absent_id")?,
        absent_name: row.get("absent_name")?,
        deputy_name: row.get("deputy_name")?,
        begins_at: row.get("begins_at")?,
        ends_at: row.get("ends_at")?,
    })
}

/// Deputations on either side of which the person stands, the latest first.
pub(super) fn deputations_of(
    tx: &mut Tx<'_>,
    user_id: &str,
) -> Result<Vec<ListedDeputation>, StoreError> {
    tx.query(
        &format!(
            "{DEPUTATION} WHERE p.absent_id = ?1 OR p.deputy_id = ?1 \
             ORDER BY p.begins_at DESC, p.id LIMIT 200"
        ),
        params![user_id],
    )?
    .iter()
    .map(listed_deputation)
    .collect()
}

pub(super) fn deputation(
    tx: &mut Tx<'_>,
    id: &str,
) -> Result<Option<ListedDeputation>, StoreError> {
    tx.query_opt(&format!("{DEPUTATION} WHERE p.id = ?1"), params![id])?
        .as_ref()
        .map(listed_deputation)
        .transpose()
}

pub(super) fn end_deputation(
    tx: &mut Tx<'_>,
    id: &str,
    ends_at: Timestamp,
) -> Result<(), StoreError> {
    tx.execute(
        "UPDATE deputation SET ends_at = ?2 WHERE id = ?1",
        params![id, ends_at],
    )?;
    Ok(())
}

/// Absent people for whom the person is deputy at `now`.
pub(super) fn absent_for(
    tx: &mut Tx<'_>,
    deputy_id: &str,
    now: Timestamp,
) -> Result<Vec<String>, StoreError> {
    tx.query(
        "SELECT absent_id FROM deputation \
         WHERE deputy_id = ?1 AND begins_at <= ?2 AND ends_at > ?2 ORDER BY absent_id",
        params![deputy_id, now],
    )?
    .iter()
    .map(|row| row.get("absent_id"))
    .collect()
}

pub(super) fn insert_deputation(
    tx: &mut Tx<'_>,
    id: &str,
    deputation: &super::deputy::Deputation,
    created_by: &str,
    now: Timestamp,
) -> Result<(), StoreError> {
    tx.execute(
        "INSERT INTO deputation (id, absent_id, deputy_id, begins_at, ends_at, created_by, \
         created_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
        params![
            id,
            &deputation.absent_id,
            &deputation.deputy_id,
            deputation.begins_at,
            deputation.ends_at,
            created_by,
            now
        ],
    )?;
    Ok(())
}
