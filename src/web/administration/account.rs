//! *KEP Hesapları*: binding, pausing and asking for what is left; secrets are never shown again.

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use serde::Deserialize;

use super::NAME;
use crate::app::App;
use crate::config::Mode;
use crate::directory::{self, Unit, UnitId};
use crate::dispatch::account::{self, Account, AccountSettings, Balance, Binding};
use crate::error::{Error, Problem, Result, invalid};
use crate::web::{CheckedForm, CurrentUser, PageChrome, PageResult, page, see_other_with};

struct Row {
    account: Account,
    unit_name: String,
}

#[derive(Deserialize, Default, Clone)]
#[serde(default)]
pub(super) struct BindForm {
    unit: String,
    address: String,
    endpoint: String,
    national_id: String,
    password: String,
    passphrase: String,
    /// Comma-separated `durum` numbers that mean "log in again".
    login_codes: String,
    timeout_seconds: String,
    directory_endpoint: String,
    /// Roots of evidence, in PEM, one after the other.
    evidence_roots: String,
    /// `1`: evidence without a signature is taken.
    accept_unsigned: String,
    /// The address once more, typed to confirm a real account.
    confirmed: String,
}

impl BindForm {
    /// The form of a bound account; the secrets stay empty.
    fn of(account: &Account) -> Self {
        let settings = account::settings(account);
        let codes: Vec<String> = settings.login_codes.iter().map(i64::to_string).collect();
        Self {
            unit: account.unit_id.clone(),
            address: account.address.clone(),
            endpoint: account.endpoint.clone(),
            national_id: account.national_id.clone(),
            login_codes: codes.join(", "),
            timeout_seconds: settings.request_timeout_seconds.to_string(),
            directory_endpoint: settings.directory_endpoint.unwrap_or_default(),
            evidence_roots: settings.evidence_roots.join("\n"),
            accept_unsigned: if settings.accept_unsigned_evidence {
                "1".to_owned()
            } else {
                String::new()
            },
            ..Self::default()
        }
    }

    fn settings(&self, before: AccountSettings) -> Result<AccountSettings> {
        let wrong = |what: &str| invalid("hesap_gecersiz", what.to_owned());
        let codes = self
            .login_codes
            .split([',', ' '])
            .filter(|code| !code.is_empty());
        let login_codes = codes
            .map(|code| code.parse().map_err(|_| ()))
            .collect::<Result<Vec<i64>, ()>>()
            .map_err(|()| wrong("Giriş kodlarını virgülle ayrılmış sayılar olarak yazın."))?;
        let seconds = match self.timeout_seconds.trim() {
            "" => before.request_timeout_seconds,
            text => text
                .parse()
                .ok()
                .filter(|seconds| (5..=1800).contains(seconds))
                .ok_or_else(|| wrong("Yanıt süresi 5 ile 1800 saniye arasında olmalıdır."))?,
        };
        let directory = self.directory_endpoint.trim();
        Ok(AccountSettings {
            login_codes,
            request_timeout_seconds: seconds,
            directory_endpoint: (!directory.is_empty()).then(|| directory.to_owned()),
            evidence_roots: account::read_roots(&self.evidence_roots)?,
            accept_unsigned_evidence: self.accept_unsigned == "1",
            ..before
        })
    }
}

#[derive(askama::Template)]
#[template(path = "administration/accounts.html")]
struct AccountsPage {
    chrome: PageChrome,
    problem: Option<Problem>,
    rows: Vec<Row>,
    form: BindForm,
    units: Vec<Unit>,
    is_real: bool,
}

async fn listed(
    app: &App,
    user: &CurrentUser,
    form: BindForm,
    problem: Option<Problem>,
) -> PageResult {
    let (rows, units) = app
        .read(&user.actor, |tx, act| {
            let mut rows = Vec::new();
            for account in account::list(tx, act)? {
                let unit = directory::by_id(tx, &UnitId::new(account.unit_id.as_str()))?;
                rows.push(Row {
                    unit_name: unit.map(|unit| unit.name).unwrap_or_default(),
                    account,
                });
            }
            Ok((rows, directory::own_units(tx)?))
        })
        .await?;
    page(&AccountsPage {
        chrome: PageChrome::new(app, user, NAME),
        problem,
        rows,
        form,
        units,
        is_real: app.mode == Mode::Real,
    })
}

pub(super) async fn list(State(app): State<App>, user: CurrentUser) -> PageResult {
    listed(&app, &user, BindForm::default(), None).await
}

pub(super) async fn bind(
    State(app): State<App>,
    CheckedForm { user, form }: CheckedForm<BindForm>,
) -> PageResult<Response> {
    match try_bind(&app, &user, form.clone()).await {
        Ok(id) => {
            let location = format!("/yonetim/kep-hesaplari/{id}");
            Ok(see_other_with(&app, &location, "KEP hesabı bağlandı."))
        }
        Err(Error::Problem(problem)) if problem.code != "yetki_yok" => {
            let kept = BindForm {
                password: String::new(),
                passphrase: String::new(),
                ..form
            };
            let again = listed(&app, &user, kept, Some(problem)).await?;
            Ok((StatusCode::UNPROCESSABLE_ENTITY, again).into_response())
        }
        Err(other) => Err(other.into()),
    }
}

async fn try_bind(app: &App, user: &CurrentUser, form: BindForm) -> Result<String> {
    user.actor.require_administrator()?;
    let address = form.address.trim().to_owned();
    let bound = app
        .read(&user.actor, move |tx, act| account::at(tx, act, &address))
        .await?;
    let before = bound.as_ref().map(account::settings).unwrap_or_default();
    let settings = form.settings(before)?;
    account::confirm(app, form.address.trim(), form.confirmed.trim())?;
    let binding = Binding {
        unit_id: form.unit,
        address: form.address.trim().to_owned(),
        endpoint: form.endpoint.trim().to_owned(),
        national_id: form.national_id.trim().to_owned(),
        password: form.password,
        passphrase: form.passphrase,
        settings,
    };
    account::bind(app, &user.actor, binding).await
}

#[derive(askama::Template)]
#[template(path = "administration/account.html")]
struct AccountPage {
    chrome: PageChrome,
    account: Account,
    unit_name: String,
    /// What the provider told just now, or why it could not be asked.
    balance: Result<Balance, String>,
    form: BindForm,
    units: Vec<Unit>,
    is_real: bool,
}

pub(super) async fn show(
    State(app): State<App>,
    user: CurrentUser,
    Path(id): Path<String>,
) -> PageResult {
    let (account, unit_name, units) = app
        .read(&user.actor, move |tx, act| {
            let account = account::by_id(tx, act, &id)?;
            let unit = directory::by_id(tx, &UnitId::new(account.unit_id.as_str()))?;
            let name = unit.map(|unit| unit.name).unwrap_or_default();
            Ok((account, name, directory::own_units(tx)?))
        })
        .await?;
    let balance = account::balance(&app, &account).await;
    page(&AccountPage {
        chrome: PageChrome::new(&app, &user, NAME),
        form: BindForm::of(&account),
        account,
        unit_name,
        balance,
        units,
        is_real: app.mode == Mode::Real,
    })
}

#[derive(Deserialize)]
pub(super) struct PauseForm {
    reason: String,
}

pub(super) async fn pause(
    State(app): State<App>,
    Path(id): Path<String>,
    CheckedForm { user, form }: CheckedForm<PauseForm>,
) -> PageResult {
    let location = format!("/yonetim/kep-hesaplari/{id}");
    app.write(&user.actor, move |tx, act| {
        account::pause(tx, act, &id, &form.reason)
    })
    .await?;
    let message = "Hesabın kuyruğu durdu; sürdürülünceye kadar bu hesapla ileti gitmez.";
    Ok(see_other_with(&app, &location, message))
}

#[derive(Deserialize)]
pub(super) struct Nothing {}

pub(super) async fn resume(
    State(app): State<App>,
    Path(id): Path<String>,
    CheckedForm {
        user,
        form: Nothing {},
    }: CheckedForm<Nothing>,
) -> PageResult {
    let location = format!("/yonetim/kep-hesaplari/{id}");
    app.write(&user.actor, move |tx, act| account::resume(tx, act, &id))
        .await?;
    Ok(see_other_with(
        &app,
        &location,
        "Hesabın kuyruğu yeniden çalışıyor.",
    ))
}
