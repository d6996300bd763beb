//! KEP accounts of the institution: bound by name, paused when a log-in has run out.

use std::time::Duration;

use anyhow::Context as _;
use kep::client::{PttClient, PttSettings};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::secret::SecretKey;
use super::store;
use crate::access::{Act, Role};
use crate::app::App;
use crate::audit;
use crate::config::Mode;
use crate::error::{Result, invalid, not_found};
use crate::store::Tx;

pub use super::store::Account;

/// What is open about a provider (kep.md), as JSON in the row.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct AccountSettings {
    /// `durum` numbers that mean "log in again"; the provider's list is not public.
    pub login_codes: Vec<i64>,
    pub request_timeout_seconds: u64,
    pub mtom: bool,
    /// Numbers that mean "counted as read".
    pub deemed_read_codes: Vec<i64>,
    pub assumed_zone: String,
}

impl Default for AccountSettings {
    fn default() -> Self {
        Self {
            login_codes: Vec::new(),
            request_timeout_seconds: 300,
            mtom: true,
            deemed_read_codes: vec![61],
            assumed_zone: "Europe/Istanbul".to_owned(),
        }
    }
}

/// What is asked of a new binding. `Debug` is left out: it holds secrets.
pub struct Binding {
    pub unit_id: String,
    pub address: String,
    pub endpoint: String,
    pub national_id: String,
    pub password: String,
    pub passphrase: String,
    pub settings: AccountSettings,
}

/// Binds an account, or gives a bound one a new endpoint, secrets and settings.
///
/// A rehearsal folder speaks only to this machine, a real one never to a rehearsal address
/// (decision 15).
///
/// # Errors
/// `yetki_yok` for anybody but an administrator, `hesap_gecersiz`, and when the store fails.
pub async fn bind(app: &App, actor: &crate::access::Actor, binding: Binding) -> Result<String> {
    actor.require_administrator()?;
    let rehearsal = app.mode == Mode::Rehearsal;
    let wrong = |why: String| invalid("hesap_gecersiz", why);
    let address = kep::address::KepAddress::parse(&binding.address, rehearsal)
        .map_err(|error| wrong(error.sentence()))?;
    let loopback = binding.endpoint.starts_with("http://127.0.0.1:")
        || binding.endpoint.starts_with("http://[::1]:");
    if rehearsal != loopback {
        return Err(wrong(
            "Prova kurulumu yalnızca bu bilgisayardaki prova sağlayıcısına, gerçek kurulum \
             yalnızca gerçek sağlayıcıya bağlanır."
                .to_owned(),
        ));
    }
    let key = SecretKey::load_or_make(&app.config.data, &*app.ids)?;
    let settings = serde_json::to_string(&binding.settings).context("account settings")?;
    let mut account = Account {
        id: String::new(),
        unit_id: binding.unit_id,
        address: address.as_str().to_owned(),
        provider: "ptt".to_owned(),
        endpoint: binding.endpoint,
        national_id: binding.national_id,
        password: key.seal(&binding.password, &*app.ids)?,
        passphrase: key.seal(&binding.passphrase, &*app.ids)?,
        settings,
        paused_reason: None,
        paused_at: None,
    };
    app.write(actor, move |tx, act| {
        account.id = act.new_id();
        let id = store::put_account(tx, &account)?;
        let detail = json!({ "address": account.address, "unit": account.unit_id });
        audit::record(tx, act, "kep_account.bind", "kep_account", &id, &detail)?;
        Ok(id)
    })
    .await
}

/// The client of an account; no call is made.
///
/// # Errors
/// When secrets cannot be opened or the endpoint is not allowed.
pub fn client(app: &App, account: &Account) -> anyhow::Result<PttClient> {
    let key = SecretKey::load_or_make(&app.config.data, &*app.ids)?;
    let own: AccountSettings = serde_json::from_str(&account.settings).unwrap_or_default();
    let credentials = kep::wire::Account {
        address: Some(account.address.clone()),
        national_id: Some(account.national_id.clone()),
        parola: Some(key.open(&account.password)?),
        sifre: Some(key.open(&account.passphrase)?),
    };
    let mut settings = PttSettings::new(&account.provider, &account.endpoint, credentials);
    settings.login_codes = own.login_codes;
    settings.request_timeout = Duration::from_secs(own.request_timeout_seconds);
    settings.mtom = own.mtom;
    settings.recognition.deemed_read_codes = own.deemed_read_codes;
    settings.recognition.assumed_zone = own.assumed_zone;
    PttClient::new(settings).context("provider client")
}

/// Lets a paused account's queue go on, after a person looked after the log-in.
///
/// # Errors
/// `hesap_yok`, `yetki_yok`.
pub fn resume(tx: &mut Tx<'_>, act: &Act<'_>, account_id: &str) -> Result<()> {
    let account = store::account(tx, account_id)?
        .ok_or_else(|| not_found("hesap_yok", "Böyle bir KEP hesabı yok."))?;
    act.actor
        .require_in(&[Role::KepOfficer, Role::Registry], &account.unit_id)?;
    store::set_paused(tx, account_id, None)?;
    let detail = json!({ "address": account.address });
    audit::record(
        tx,
        act,
        "kep_account.resume",
        "kep_account",
        account_id,
        &detail,
    )
}
