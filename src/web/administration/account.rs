//! *KEP Hesapları*: binding, pausing and asking for what is left; secrets are never shown again.

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use jiff::tz::TimeZone;
use kep::evidence::EvidenceKind;
use serde::Deserialize;

use super::NAME;
use crate::app::App;
use crate::config::Mode;
use crate::directory::{self, Unit, UnitId};
use crate::dispatch::account::{self, Account, AccountSettings, Balance, Binding, MessageSigner};
use crate::error::{Error, Problem, Result, invalid};
use crate::evidence::signer;
use crate::web::{CheckedForm, CurrentUser, Nothing, PageChrome, PageResult, page, see_other_with};

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
    /// Choices about the contract: empty leaves what holds.
    mtom: String,
    soap_action: String,
    listing: String,
    evidence_listing: String,
    times_with_offset: String,
    missing_durum: String,
    /// Names of folders, one a line; empty asks the provider.
    folders: String,
    max_answer_megabytes: String,
    /// Comma-separated evidence numbers that mean "counted as read".
    deemed_read_codes: String,
    assumed_zone: String,
    /// `0`, `1` or `unknown`.
    first_recipient: String,
    directory_endpoint: String,
    /// Roots of evidence, in PEM, one after the other.
    evidence_roots: String,
    /// Whose certificates sign evidence, one a line.
    evidence_signers: String,
    /// [`MessageSigner`] by its code; empty leaves it as it is.
    signer: String,
    /// `1`: evidence without a signature is taken.
    accept_unsigned: String,
    /// The address once more, typed to confirm a real account.
    confirmed: String,
}

impl BindForm {
    /// The form of an account that is new: what fits the public contract.
    fn fresh() -> Self {
        Self::of_settings(AccountSettings::default())
    }

    /// The form of a bound account; the secrets stay empty.
    fn of(account: &Account) -> Self {
        Self {
            unit: account.unit_id.clone(),
            address: account.address.clone(),
            endpoint: account.endpoint.clone(),
            national_id: account.national_id.clone(),
            ..Self::of_settings(account::settings(account))
        }
    }

    fn of_settings(settings: AccountSettings) -> Self {
        let flag = |on: bool| if on { "1" } else { "0" }.to_owned();
        Self {
            login_codes: numbers(&settings.login_codes),
            timeout_seconds: settings.request_timeout_seconds.to_string(),
            mtom: flag(settings.mtom),
            soap_action: flag(!settings.empty_soap_action),
            listing: settings.listing.to_string(),
            evidence_listing: flag(!settings.plain_evidence_listing),
            times_with_offset: flag(settings.times_with_offset),
            missing_durum: flag(settings.missing_durum_is_success),
            folders: settings.folders.join("\n"),
            max_answer_megabytes: settings.max_answer_megabytes.to_string(),
            deemed_read_codes: numbers(&settings.deemed_read_codes),
            assumed_zone: settings.assumed_zone,
            first_recipient: settings
                .first_recipient_number
                .map_or_else(|| "unknown".to_owned(), |number| number.to_string()),
            directory_endpoint: settings.directory_endpoint.unwrap_or_default(),
            evidence_roots: settings.evidence_roots.join("\n"),
            evidence_signers: settings.evidence_signers.join("\n"),
            signer: settings.signer.code().to_owned(),
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
        let flag = |text: &str, before: bool| match text {
            "" => before,
            text => text == "1",
        };
        let login_codes = read_numbers(&self.login_codes)
            .ok_or_else(|| wrong("Giriş kodlarını virgülle ayrılmış sayılar olarak yazın."))?;
        let deemed_read_codes = read_numbers(&self.deemed_read_codes).ok_or_else(|| {
            wrong("Okundu sayılma kodlarını virgülle ayrılmış sayılar olarak yazın.")
        })?;
        if let Some(code) = deemed_read_codes.iter().find(|code| has_meaning(**code)) {
            return Err(wrong(&format!(
                "{code} delilinin yönergede başka bir anlamı var; okundu sayılma kodu olamaz."
            )));
        }
        let within =
            |text: &str, before: u64, most: std::ops::RangeInclusive<u64>| match text.trim() {
                "" => Some(before),
                text => text.parse().ok().filter(|number| most.contains(number)),
            };
        let seconds = within(
            &self.timeout_seconds,
            before.request_timeout_seconds,
            5..=1800,
        )
        .ok_or_else(|| wrong("Yanıt süresi 5 ile 1800 saniye arasında olmalıdır."))?;
        let megabytes = within(
            &self.max_answer_megabytes,
            before.max_answer_megabytes as u64,
            1..=500,
        )
        .and_then(|number| usize::try_from(number).ok())
        .ok_or_else(|| wrong("En büyük yanıt 1 ile 500 MB arasında olmalıdır."))?;
        let listing = match self.listing.as_str() {
            "" => before.listing,
            "1" => 1,
            "2" => 2,
            "3" => 3,
            _ => return Err(wrong("Gelen kutusu sorgusunu listeden seçin.")),
        };
        let zone = match self.assumed_zone.trim() {
            "" => before.assumed_zone.clone(),
            name if TimeZone::get(name).is_ok() => name.to_owned(),
            _ => return Err(wrong("Saat dilimini Europe/Istanbul biçiminde yazın.")),
        };
        let folders = self.folders.lines().map(str::trim);
        let folders = folders.filter(|name| !name.is_empty()).map(str::to_owned);
        let directory = self.directory_endpoint.trim();
        Ok(AccountSettings {
            login_codes,
            request_timeout_seconds: seconds,
            mtom: flag(&self.mtom, before.mtom),
            empty_soap_action: !flag(&self.soap_action, !before.empty_soap_action),
            listing,
            plain_evidence_listing: !flag(&self.evidence_listing, !before.plain_evidence_listing),
            times_with_offset: flag(&self.times_with_offset, before.times_with_offset),
            missing_durum_is_success: flag(&self.missing_durum, before.missing_durum_is_success),
            folders: folders.collect(),
            max_answer_megabytes: megabytes,
            deemed_read_codes,
            assumed_zone: zone,
            first_recipient_number: match self.first_recipient.as_str() {
                "" => before.first_recipient_number,
                text => text.parse().ok().filter(|number| (0..=1).contains(number)),
            },
            directory_endpoint: (!directory.is_empty()).then(|| directory.to_owned()),
            evidence_roots: account::read_roots(&self.evidence_roots)?,
            evidence_signers: signer::read(&self.evidence_signers)?,
            signer: MessageSigner::from_code(&self.signer).unwrap_or(before.signer),
            accept_unsigned_evidence: self.accept_unsigned == "1",
        })
    }
}

/// Whether the number of an evidence is a certain one (kep.md, `delilTurId`).
fn has_meaning(code: i64) -> bool {
    EvidenceKind::ALL
        .into_iter()
        .any(|kind| kind != EvidenceKind::DeemedRead && kind.code() == Some(code))
}

/// `61, 62`
fn numbers(codes: &[i64]) -> String {
    let codes: Vec<String> = codes.iter().map(i64::to_string).collect();
    codes.join(", ")
}

/// What [`numbers`] writes; none when a part is not a number.
fn read_numbers(text: &str) -> Option<Vec<i64>> {
    let parts = text.split([',', ' ']).filter(|part| !part.is_empty());
    parts.map(|part| part.parse().ok()).collect()
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
    listed(&app, &user, BindForm::fresh(), None).await
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
