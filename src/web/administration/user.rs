//! *Kullanıcılar*: accounts, the roles bound to units, first passwords, closing an account.

use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use jiff::Timestamp;
use serde::Deserialize;

use super::NAME;
use crate::access::deputy::{self, Listed as Deputation};
use crate::access::user::{self, NewUser, UserAccount};
use crate::access::{Act, Actor, Role, password, token};
use crate::app::App;
use crate::config::Mode;
use crate::directory::{self, Unit, UnitId};
use crate::error::{Error, Problem, Result, invalid};
use crate::signature::identity;
use crate::store::Tx;
use crate::turkish;
use crate::web::{CheckedForm, CurrentUser, Nothing, PageChrome, PageResult, page, see_other_with};

/// A role as the screen shows it.
struct Held {
    role: Role,
    unit_id: String,
    unit_name: String,
}

fn roles_of(tx: &mut Tx<'_>, act: &Act<'_>, user_id: &str) -> Result<Vec<Held>> {
    let mut held = Vec::new();
    for (role, unit_id) in user::roles_of(tx, act, user_id)? {
        let unit = directory::by_id(tx, &UnitId::new(unit_id.as_str()))?;
        let unit_name = unit.map_or_else(|| unit_id.clone(), |unit| unit.name);
        held.push(Held {
            role,
            unit_id,
            unit_name,
        });
    }
    Ok(held)
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct ListQuery {
    /// Words of a name, title or log-in.
    q: String,
}

struct Row {
    account: UserAccount,
    roles: Vec<Held>,
}

#[derive(askama::Template)]
#[template(path = "administration/users.html")]
struct UsersPage {
    chrome: PageChrome,
    typed: String,
    rows: Vec<Row>,
    total: usize,
}

pub(super) async fn list(
    State(app): State<App>,
    user: CurrentUser,
    Query(query): Query<ListQuery>,
) -> PageResult {
    let typed = query.q.clone();
    let (rows, total) = app
        .read(&user.actor, move |tx, act| {
            let accounts = user::list(tx, act)?;
            let total = accounts.len();
            let words = turkish::search_key(&query.q);
            let matches = |account: &UserAccount| {
                let text = format!("{} {} {}", account.full_name, account.title, account.login);
                let key = turkish::search_key(&text);
                words.split(' ').all(|word| key.contains(word))
            };
            let mut rows = Vec::new();
            for account in accounts.into_iter().filter(matches) {
                let roles = roles_of(tx, act, &account.id)?;
                rows.push(Row { account, roles });
            }
            rows.sort_by(|a, b| turkish::compare(&a.account.full_name, &b.account.full_name));
            Ok((rows, total))
        })
        .await?;
    page(&UsersPage {
        chrome: PageChrome::new(&app, &user, NAME),
        typed,
        rows,
        total,
    })
}

#[derive(Deserialize, Default, Clone)]
#[serde(default)]
pub(super) struct NewForm {
    login: String,
    full_name: String,
    title: String,
    role: String,
    unit: String,
}

#[derive(askama::Template)]
#[template(path = "administration/new_user.html")]
struct NewPage {
    chrome: PageChrome,
    problem: Option<Problem>,
    form: NewForm,
    units: Vec<Unit>,
}

async fn new_page(
    app: &App,
    user: &CurrentUser,
    form: NewForm,
    problem: Option<Problem>,
) -> PageResult {
    user.actor.require_administrator()?;
    let units = app
        .read(&user.actor, |tx, _| Ok(directory::own_units(tx)?))
        .await?;
    page(&NewPage {
        chrome: PageChrome::new(app, user, NAME),
        problem,
        form,
        units,
    })
}

pub(super) async fn new(State(app): State<App>, user: CurrentUser) -> PageResult {
    new_page(&app, &user, NewForm::default(), None).await
}

pub(super) async fn add(
    State(app): State<App>,
    CheckedForm { user, form }: CheckedForm<NewForm>,
) -> PageResult<Response> {
    match try_add(&app, &user.actor, form.clone()).await {
        Ok((id, first)) => shown(&app, &user, id, Some(first), None).await,
        Err(Error::Problem(problem)) if problem.code != "yetki_yok" => {
            let again = new_page(&app, &user, form, Some(problem)).await?;
            Ok((StatusCode::UNPROCESSABLE_ENTITY, again).into_response())
        }
        Err(other) => Err(other.into()),
    }
}

async fn try_add(app: &App, actor: &Actor, form: NewForm) -> Result<(String, String)> {
    actor.require_administrator()?;
    let role =
        Role::from_code(&form.role).ok_or_else(|| invalid("rol_yok", "Rolü listeden seçin."))?;
    let (first, password_hash) = temporary(app).await?;
    let new = NewUser {
        login: form.login.trim().to_owned(),
        full_name: form.full_name,
        title: form.title,
        password_hash,
        roles: vec![(role, form.unit)],
        is_demo: app.mode == Mode::Rehearsal,
    };
    let id = app
        .write(actor, move |tx, act| {
            user::add_with_temporary_password(tx, act, &new)
        })
        .await?;
    Ok((id, first))
}

/// A password to hand over, and its hash.
async fn temporary(app: &App) -> Result<(String, String)> {
    let ids = std::sync::Arc::clone(&app.ids);
    let _permit = app
        .hashing
        .acquire()
        .await
        .map_err(|error| anyhow::anyhow!(error))?;
    tokio::task::spawn_blocking(move || {
        let first = password::temporary(&*ids);
        let hash = password::hash(&first, &*ids)?;
        Ok((first, hash))
    })
    .await
    .map_err(|error| anyhow::anyhow!(error))?
}

#[derive(askama::Template)]
#[template(path = "administration/user.html")]
struct UserPage {
    chrome: PageChrome,
    problem: Option<Problem>,
    account: UserAccount,
    roles: Vec<Held>,
    units: Vec<Unit>,
    deputations: Vec<Deputation>,
    /// Who may delegate the power to sign to this person.
    delegators: Vec<UserAccount>,
    tokens: usize,
    /// Last digits of the T.C. kimlik no, once it was set.
    identity_ending: Option<String>,
    /// The password just made; it cannot be shown again.
    first_password: Option<String>,
    now: Timestamp,
    is_self: bool,
}

async fn shown(
    app: &App,
    user: &CurrentUser,
    id: String,
    first_password: Option<String>,
    problem: Option<Problem>,
) -> PageResult {
    let is_self = id == user.actor.user_id;
    let (account, roles, units, deputations, delegators, tokens, identity_ending) = app
        .read(&user.actor, move |tx, act| {
            let tokens = token::list_of(tx, act, &id)?;
            Ok((
                user::by_id(tx, act, &id)?,
                roles_of(tx, act, &id)?,
                directory::own_units(tx)?,
                deputy::list_of(tx, act, &id)?,
                user::delegators(tx, act, &id)?,
                tokens
                    .iter()
                    .filter(|token| token.revoked_at.is_none())
                    .count(),
                identity::ending(tx, act, &id)?,
            ))
        })
        .await?;
    page(&UserPage {
        chrome: PageChrome::new(app, user, NAME),
        problem,
        account,
        roles,
        units,
        deputations,
        delegators,
        tokens,
        identity_ending,
        first_password,
        now: app.now(),
        is_self,
    })
}

pub(super) async fn show(
    State(app): State<App>,
    user: CurrentUser,
    Path(id): Path<String>,
) -> PageResult {
    shown(&app, &user, id, None, None).await
}

/// Answers a change: back to the person's page with a message, or the page with the problem.
async fn answer(
    app: &App,
    user: &CurrentUser,
    id: String,
    done: Result<&'static str>,
) -> PageResult<Response> {
    match done {
        Ok(message) => {
            let location = format!("/yonetim/kullanicilar/{id}");
            Ok(see_other_with(app, &location, message))
        }
        Err(Error::Problem(problem)) if !matches!(problem.code, "yetki_yok" | "kullanici_yok") => {
            let again = shown(app, user, id, None, Some(problem)).await?;
            Ok((StatusCode::UNPROCESSABLE_ENTITY, again).into_response())
        }
        Err(other) => Err(other.into()),
    }
}

#[derive(Deserialize)]
pub(super) struct DetailsForm {
    full_name: String,
    title: String,
}

pub(super) async fn edit(
    State(app): State<App>,
    Path(id): Path<String>,
    CheckedForm { user, form }: CheckedForm<DetailsForm>,
) -> PageResult<Response> {
    let of = id.clone();
    let done = app
        .write(&user.actor, move |tx, act| {
            user::edit(tx, act, &of, &form.full_name, &form.title)
        })
        .await;
    answer(&app, &user, id, done.map(|()| "Bilgiler kaydedildi.")).await
}

#[derive(Deserialize)]
pub(super) struct IdentityForm {
    national_id: String,
}

/// The number by which a signature is tied to the person; it is neither shown again nor logged.
pub(super) async fn set_identity(
    State(app): State<App>,
    Path(id): Path<String>,
    CheckedForm { user, form }: CheckedForm<IdentityForm>,
) -> PageResult<Response> {
    let of = id.clone();
    let done = app
        .write(&user.actor, move |tx, act| {
            user::by_id(tx, act, &of)?;
            identity::set(tx, act, &of, form.national_id.trim())
        })
        .await;
    let message = "T.C. kimlik numarası kaydedildi.";
    answer(&app, &user, id, done.map(|()| message)).await
}

#[derive(Deserialize)]
pub(super) struct DelegateForm {
    /// Whose power; empty: one's own.
    delegator: String,
}

pub(super) async fn delegate(
    State(app): State<App>,
    Path(id): Path<String>,
    CheckedForm { user, form }: CheckedForm<DelegateForm>,
) -> PageResult<Response> {
    let of = id.clone();
    let done = app
        .write(&user.actor, move |tx, act| {
            let delegator = Some(form.delegator.as_str()).filter(|id| !id.is_empty());
            user::set_delegator(tx, act, &of, delegator)?;
            Ok(if delegator.is_some() {
                "Yetki devri kaydedildi; bundan sonra imzaya hazırlanan yazılarda geçerli."
            } else {
                "Yetki devri kaldırıldı; kişi kendi adına imzalar."
            })
        })
        .await;
    answer(&app, &user, id, done).await
}

#[derive(Deserialize)]
pub(super) struct RoleForm {
    role: String,
    unit: String,
    /// `add` or `remove`.
    action: String,
}

pub(super) async fn role(
    State(app): State<App>,
    Path(id): Path<String>,
    CheckedForm { user, form }: CheckedForm<RoleForm>,
) -> PageResult<Response> {
    let of = id.clone();
    let done = app
        .write(&user.actor, move |tx, act| {
            let role = Role::from_code(&form.role)
                .ok_or_else(|| invalid("rol_yok", "Rolü listeden seçin."))?;
            if form.action == "remove" {
                user::revoke(tx, act, &of, role, &form.unit)?;
                return Ok("Rol kaldırıldı; hemen geçerli.");
            }
            user::grant(tx, act, &of, role, &form.unit)?;
            Ok("Rol verildi; hemen geçerli.")
        })
        .await;
    answer(&app, &user, id, done).await
}

pub(super) async fn reset(
    State(app): State<App>,
    Path(id): Path<String>,
    CheckedForm {
        user,
        form: Nothing {},
    }: CheckedForm<Nothing>,
) -> PageResult<Response> {
    user.actor.require_administrator()?;
    let (first, hash) = temporary(&app).await?;
    let of = id.clone();
    let done = app
        .write(&user.actor, move |tx, act| {
            user::reset_password(tx, act, &of, &hash)
        })
        .await;
    match done {
        Ok(()) => shown(&app, &user, id, Some(first), None).await,
        Err(error) => answer(&app, &user, id, Err(error)).await,
    }
}

#[derive(Deserialize)]
pub(super) struct ActiveForm {
    /// `1` opens the account, all else closes it.
    active: String,
}

pub(super) async fn set_active(
    State(app): State<App>,
    Path(id): Path<String>,
    CheckedForm { user, form }: CheckedForm<ActiveForm>,
) -> PageResult<Response> {
    let of = id.clone();
    let active = form.active == "1";
    let done = app
        .write(&user.actor, move |tx, act| {
            user::set_active(tx, act, &of, active)
        })
        .await;
    let message = if active {
        "Hesap açıldı."
    } else {
        "Hesap kapatıldı; oturumları ve API anahtarları sona erdi."
    };
    answer(&app, &user, id, done.map(|()| message)).await
}
