//! Accounts and the roles bound to them.

use std::collections::HashSet;

use super::store::{self, Account};
use super::{Act, Actor, Role};
use crate::audit;
use crate::directory::{self, UnitId};
use crate::error::{Result, conflict, invalid, not_found};
use crate::store::{StoreError, Tx};

pub use super::store::Account as UserAccount;

/// What is asked of a new account.
#[derive(Debug, Clone)]
pub struct NewUser {
    pub login: String,
    pub full_name: String,
    /// Unvan, as it stands under a signature.
    pub title: String,
    /// Already hashed by [`super::password::hash`], since hashing is slow.
    pub password_hash: String,
    pub roles: Vec<(Role, String)>,
    pub is_demo: bool,
}

/// Makes an account. Its first use is `dys user add`; later an administrator's screen.
///
/// # Errors
/// `yetki_yok`, `kullanici_adi_gecersiz`, `ad_bos`, `unvan_yetki_devri`, `kullanici_var`.
pub fn add(tx: &mut Tx<'_>, act: &Act<'_>, user: &NewUser) -> Result<String> {
    act.actor.require_administrator()?;
    let valid = (3..=64).contains(&user.login.len())
        && user
            .login
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b".-_@".contains(&byte));
    if !valid {
        return Err(invalid(
            "kullanici_adi_gecersiz",
            "Kullanıcı adı 3-64 karakter olmalı; harf, rakam, nokta, tire ve alt çizgi içerebilir.",
        ));
    }
    if user.full_name.trim().is_empty() || user.full_name.chars().count() > 200 {
        return Err(invalid("ad_bos", "Ad soyad boş olamaz."));
    }
    require_own_title(&user.title)?;
    let login = user.login.to_lowercase();
    if store::account_by_login(tx, &login)?.is_some() {
        return Err(conflict(
            "kullanici_var",
            format!("“{login}” kullanıcı adı zaten var."),
        ));
    }
    let account = Account {
        id: act.new_id(),
        login,
        full_name: user.full_name.trim().to_owned(),
        title: user.title.trim().to_owned(),
        password_hash: user.password_hash.clone(),
        active: true,
        failed_logins: 0,
        locked_until: None,
        delegator_id: None,
    };
    store::insert_account(tx, &account, user.is_demo, act.now)?;
    for (role, unit_id) in &user.roles {
        store::add_binding(tx, &account.id, *role, unit_id)?;
    }
    store::refresh_scope(tx, &account.id)?;
    let detail = serde_json::json!({
        "login": account.login,
        "roles": user.roles.iter().map(|(role, unit)| [role.code(), unit]).collect::<Vec<_>>(),
    });
    audit::record(tx, act, "user.add", "user", &account.id, &detail)?;
    Ok(account.id)
}

/// Makes an account whose password an administrator chose: it is changed at the first log-in.
///
/// # Errors
/// As [`add`].
pub fn add_with_temporary_password(
    tx: &mut Tx<'_>,
    act: &Act<'_>,
    user: &NewUser,
) -> Result<String> {
    for (_, unit_id) in &user.roles {
        require_own_unit(tx, unit_id)?;
    }
    let id = add(tx, act, user)?;
    store::set_must_change(tx, &id, true)?;
    Ok(id)
}

/// Changes name and title; letters that were signed keep what stood under them.
///
/// # Errors
/// `yetki_yok`, `kullanici_yok`, `ad_bos`, `unvan_yetki_devri`.
pub fn edit(
    tx: &mut Tx<'_>,
    act: &Act<'_>,
    user_id: &str,
    full_name: &str,
    title: &str,
) -> Result<()> {
    act.actor.require_administrator()?;
    require_account(tx, user_id)?;
    let (full_name, title) = (full_name.trim(), title.trim());
    if full_name.is_empty() || full_name.chars().count() > 200 || title.chars().count() > 200 {
        return Err(invalid(
            "ad_bos",
            "Ad soyad boş olamaz; ad ve unvan en çok 200 harf olabilir.",
        ));
    }
    require_own_title(title)?;
    store::set_details(tx, user_id, full_name, title)?;
    let detail = serde_json::json!({ "full_name": full_name, "title": title });
    audit::record(tx, act, "user.edit", "user", user_id, &detail)
}

/// `… a.` comes onto the letter from the delegator, whose name the record then has too.
fn require_own_title(title: &str) -> Result<()> {
    if title.contains(" a. ") {
        return Err(invalid(
            "unvan_yetki_devri",
            "Unvana yalnızca kişinin kendi unvanını yazın; “… a.” satırını DYS, kullanıcının \
             Yetki devri bölümünde seçilen kişiden yazar.",
        ));
    }
    Ok(())
}

/// Yetki devri: the person signs in the name of another from now on, or in their own again.
/// Signatures that were given keep whose power they used.
///
/// # Errors
/// `yetki_yok`, `kullanici_yok`, `yetki_devri` with what is wrong in words.
pub fn set_delegator(
    tx: &mut Tx<'_>,
    act: &Act<'_>,
    user_id: &str,
    delegator_id: Option<&str>,
) -> Result<()> {
    act.actor.require_administrator()?;
    require_account(tx, user_id)?;
    let wrong = |sentence: &str| Err(invalid("yetki_devri", sentence));
    if let Some(id) = delegator_id {
        let Some(delegator) = store::account_by_id(tx, id)?.filter(|it| it.active) else {
            return wrong("Yetkiyi devreden kişiyi listeden seçin.");
        };
        if id == user_id {
            return wrong("Kişi yetkisini kendisine devredemez. Başka birini seçin.");
        }
        if delegator.title.is_empty() {
            return wrong(
                "Yetkiyi devreden kişinin unvanı boş; yazıda “… a.” satırına unvanı yazılır. Önce \
                 unvanını girin.",
            );
        }
        if delegator.delegator_id.is_some() || store::delegates(tx, user_id)? > 0 {
            return wrong(
                "Devralınan imza yetkisi yeniden devredilemez. Yetkinin asıl sahibini seçin.",
            );
        }
    }
    store::set_delegator(tx, user_id, delegator_id)?;
    let detail = serde_json::json!({ "delegator": delegator_id });
    audit::record(tx, act, "user.delegator", "user", user_id, &detail)
}

/// One account.
///
/// # Errors
/// `yetki_yok`, `kullanici_yok`.
pub fn by_id(tx: &mut Tx<'_>, act: &Act<'_>, user_id: &str) -> Result<Account> {
    act.actor.require_administrator()?;
    store::account_by_id(tx, user_id)?.ok_or_else(unknown_user)
}

/// A role is held in a unit of the institution that this installation serves.
fn require_own_unit(tx: &mut Tx<'_>, unit_id: &str) -> Result<()> {
    let unit = directory::by_id(tx, &UnitId::new(unit_id))?;
    if unit.is_some_and(|unit| unit.is_own) {
        return Ok(());
    }
    Err(invalid(
        "birim_yok",
        "Rolün geçerli olacağı birimi listeden seçin; yalnızca kurumunuzun birimleri olabilir.",
    ))
}

/// Binds a role to a unit for a person.
///
/// # Errors
/// `yetki_yok`, `kullanici_yok`, `birim_yok`.
pub fn grant(
    tx: &mut Tx<'_>,
    act: &Act<'_>,
    user_id: &str,
    role: Role,
    unit_id: &str,
) -> Result<()> {
    act.actor.require_administrator()?;
    require_account(tx, user_id)?;
    require_own_unit(tx, unit_id)?;
    store::add_binding(tx, user_id, role, unit_id)?;
    store::refresh_scope(tx, user_id)?;
    let detail = serde_json::json!({ "role": role.code(), "unit": unit_id });
    audit::record(tx, act, "user.grant", "user", user_id, &detail)
}

/// Takes a role from a person.
///
/// # Errors
/// `yetki_yok`, `kullanici_yok`.
pub fn revoke(
    tx: &mut Tx<'_>,
    act: &Act<'_>,
    user_id: &str,
    role: Role,
    unit_id: &str,
) -> Result<()> {
    act.actor.require_administrator()?;
    require_account(tx, user_id)?;
    if role == Role::Administrator && user_id == act.actor.user_id {
        return Err(conflict(
            "kendi_rolu",
            "Kendi yöneticilik rolünüzü kaldıramazsınız. Başka bir DYS Yöneticisinden isteyin.",
        ));
    }
    store::remove_binding(tx, user_id, role, unit_id)?;
    store::refresh_scope(tx, user_id)?;
    let detail = serde_json::json!({ "role": role.code(), "unit": unit_id });
    audit::record(tx, act, "user.revoke", "user", user_id, &detail)
}

/// Whether accounts of a rehearsal exist, which a real folder refuses (decision 15).
///
/// # Errors
/// When the store fails.
pub fn has_demo(tx: &mut Tx<'_>) -> Result<bool, StoreError> {
    store::has_demo_account(tx)
}

/// Makes everybody's scope anew, after units were added or moved.
///
/// # Errors
/// When the store fails.
pub fn refresh_scopes(tx: &mut Tx<'_>) -> Result<(), StoreError> {
    for user_id in store::bound_users(tx)? {
        store::refresh_scope(tx, &user_id)?;
    }
    Ok(())
}

/// What a change of one's own password brought about.
#[derive(Debug)]
pub struct PasswordChanged {
    /// Token of the session that goes on; all others have ended.
    pub session: String,
    /// API tokens that ended with it.
    pub tokens_ended: u64,
}

/// Parola Değiştir: a person's own password, once the old one was checked.
///
/// Every session ends and the present one goes on under a new token. API tokens end too unless
/// the person keeps them: a token made by whoever knew the old password would outlive it.
/// The wrong answer comes inside, so that the counted try is kept.
///
/// # Errors
/// When the store fails.
pub fn change_own_password(
    tx: &mut Tx<'_>,
    act: &Act<'_>,
    account: &Account,
    old_holds: bool,
    hash: &str,
    keep_tokens: bool,
) -> Result<Result<PasswordChanged>> {
    if !old_holds {
        super::session::note_wrong_password(tx, account, act.now)?;
        let message = "Eski parola yanlış. Yeniden deneyin.";
        return Ok(Err(invalid("eski_parola_yanlis", message)));
    }
    let user_id = &act.actor.user_id;
    store::set_password(tx, user_id, hash)?;
    store::set_must_change(tx, user_id, false)?;
    store::delete_sessions_of(tx, user_id)?;
    let tokens_ended = if keep_tokens {
        0
    } else {
        store::revoke_tokens_of(tx, user_id, act.now)?
    };
    let session = super::session::begin(tx, user_id, act.now, act.ids)?;
    let detail = serde_json::json!({ "tokens_ended": tokens_ended });
    audit::record(tx, act, "user.password", "user", user_id, &detail)?;
    Ok(Ok(PasswordChanged {
        session,
        tokens_ended,
    }))
}

/// Parola sıfırla: an administrator gives a person a password that has to be changed at log-in.
/// Sessions and API tokens of the person end.
///
/// # Errors
/// `yetki_yok`, `kullanici_yok`, `kendi_parolasi`.
pub fn reset_password(tx: &mut Tx<'_>, act: &Act<'_>, user_id: &str, hash: &str) -> Result<()> {
    act.actor.require_administrator()?;
    require_account(tx, user_id)?;
    if user_id == act.actor.user_id {
        return Err(conflict(
            "kendi_parolasi",
            "Kendi parolanızı Kişisel İşlemler › Parola Değiştir ekranında değiştirin.",
        ));
    }
    store::set_password(tx, user_id, hash)?;
    store::set_must_change(tx, user_id, true)?;
    store::delete_sessions_of(tx, user_id)?;
    let tokens_ended = store::revoke_tokens_of(tx, user_id, act.now)?;
    let detail = serde_json::json!({ "tokens_ended": tokens_ended });
    audit::record(tx, act, "user.password_reset", "user", user_id, &detail)
}

/// Opens or closes an account; a closed one loses its sessions and API tokens at once.
///
/// # Errors
/// `yetki_yok`, `kullanici_yok`.
pub fn set_active(tx: &mut Tx<'_>, act: &Act<'_>, user_id: &str, active: bool) -> Result<()> {
    act.actor.require_administrator()?;
    require_account(tx, user_id)?;
    if !active && user_id == act.actor.user_id {
        return Err(conflict(
            "kendi_hesabi",
            "Kendi hesabınızı kapatamazsınız. Başka bir DYS Yöneticisinden isteyin.",
        ));
    }
    store::set_active(tx, user_id, active)?;
    if !active {
        store::delete_sessions_of(tx, user_id)?;
        // A token must not come back to life when the account is opened again.
        store::revoke_tokens_of(tx, user_id, act.now)?;
    }
    let detail = serde_json::json!({ "active": active });
    audit::record(tx, act, "user.active", "user", user_id, &detail)
}

/// All accounts by name, for the administrator's list.
///
/// # Errors
/// `yetki_yok`.
pub fn list(tx: &mut Tx<'_>, act: &Act<'_>) -> Result<Vec<Account>> {
    act.actor.require_administrator()?;
    Ok(store::accounts(tx)?)
}

/// Who may delegate the power to sign to this person: open accounts with a title that sign in their
/// own name; and who does so now, even when their account was closed meanwhile.
///
/// # Errors
/// `yetki_yok`, `kullanici_yok`.
pub fn delegators(tx: &mut Tx<'_>, act: &Act<'_>, user_id: &str) -> Result<Vec<Account>> {
    let now = by_id(tx, act, user_id)?.delegator_id;
    let mut accounts = store::accounts(tx)?;
    accounts.retain(|it| {
        let may = it.active && !it.title.is_empty() && it.delegator_id.is_none();
        now.as_ref() == Some(&it.id) || (may && it.id != user_id)
    });
    Ok(accounts)
}

/// The roles of a person, each with its unit.
///
/// # Errors
/// `yetki_yok`.
pub fn roles_of(tx: &mut Tx<'_>, act: &Act<'_>, user_id: &str) -> Result<Vec<(Role, String)>> {
    act.actor.require_administrator()?;
    Ok(store::bindings(tx, user_id)?)
}

/// Identifier, name and title of everybody else with an open account, to choose from.
///
/// # Errors
/// When the store fails.
pub fn colleagues(tx: &mut Tx<'_>, act: &Act<'_>) -> Result<Vec<(String, String, String)>> {
    let others = store::accounts(tx)?.into_iter();
    Ok(others
        .filter(|account| account.active && account.id != act.actor.user_id)
        .map(|account| (account.id, account.full_name, account.title))
        .collect())
}

/// The person with roles and scope.
///
/// # Errors
/// `kullanici_yok` when the account is absent or closed.
pub fn actor(tx: &mut Tx<'_>, user_id: &str) -> Result<Actor> {
    store::actor(tx, user_id)?.ok_or_else(unknown_user)
}

/// Units whose letters the person may initial or sign: those that they are bound to and all below.
///
/// # Errors
/// When the store fails.
pub(crate) fn may_sign_for(tx: &mut Tx<'_>, user_id: &str) -> Result<HashSet<String>> {
    Ok(store::approves_in(tx, user_id)?)
}

/// The account with this log-in name.
///
/// # Errors
/// When the store fails.
pub fn by_login(tx: &mut Tx<'_>, login: &str) -> Result<Option<Account>> {
    Ok(store::account_by_login(tx, &login.to_lowercase())?)
}

fn require_account(tx: &mut Tx<'_>, user_id: &str) -> Result<()> {
    store::account_by_id(tx, user_id)?
        .map(drop)
        .ok_or_else(unknown_user)
}

fn unknown_user() -> crate::error::Error {
    not_found(
        "kullanici_yok",
        "Böyle bir kullanıcı yok ya da hesabı kapalı.",
    )
}
