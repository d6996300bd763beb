//! The demo: an office with people, a past, and a rehearsal provider beside it.

mod incoming;
mod letters;
mod office;
pub mod people;
mod provider;
mod templates;

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use jiff::SignedDuration;
use kephs::NewAccount;
use serde_json::json;

use crate::access::{Act, Actor, token, user};
use crate::app::App;
use crate::dispatch::account::{self, AccountSettings, Binding};
use crate::error::Result;
use crate::ids::new_secret;
use crate::setting;
use crate::signature::{outside, rehearsal};

pub use provider::{LEGAL_PERIOD_SECONDS, Provider};

/// How far back the demo's past reaches.
const PAST: SignedDuration = SignedDuration::from_hours(24 * 47);

/// Seeds the office and its past, which ends now, into a folder that has none yet.
///
/// # Errors
/// When a step fails; a folder that was seeded halfway is told as one.
pub async fn seed(app: &App) -> anyhow::Result<()> {
    if office::is_seeded(app)? {
        return Ok(());
    }
    office::require_fresh(app)?;
    office::directory(app)?;
    office::people(app)?;
    templates::make(app)?;
    app.store
        .write_blocking(|tx| office::settings(tx, 0, DAY_SECONDS))?;
    seed_past(app, &accounts(app)?).await?;
    app.store
        .write_blocking(|tx| office::settings(tx, HOLD_SECONDS, LEGAL_PERIOD_SECONDS))?;
    app.store.write_blocking(|tx| {
        let period = provider::NOTICE_PERIOD_SECONDS.to_string();
        crate::setting::put(tx, crate::setting::NOTICE_PERIOD_SECONDS.key, &period)
    })?;
    office::mark_seeded(app)?;
    Ok(())
}

/// Seeds what is missing and returns the running provider, bound to the office's account.
///
/// # Errors
/// As [`seed`], and when the provider does not come up.
pub async fn prepare(app: &App) -> anyhow::Result<Provider> {
    let accounts = accounts(app)?;
    seed(app).await?;
    rehearsal::write_root(app)?;
    let authority = rehearsal::authority_file(app);
    let provider = Provider::start(&provider_folder(app), &account_file(app), &authority).await?;
    bind(app, &accounts, &provider.endpoint).await?;
    served_at(app, &provider.base_url)?;
    Ok(provider)
}

/// Time stamps and revocation answers come from the provider at this address, over HTTP.
fn served_at(app: &App, base_url: &str) -> anyhow::Result<()> {
    let place = base_url.trim_start_matches("http://");
    let hosts = format!("{}={place}", seal::rehearsal::HOST);
    app.store.write_blocking(move |tx| -> Result<()> {
        let url = format!("http://{}/prova-esh/tsa", seal::rehearsal::HOST);
        setting::put(tx, outside::HOSTS, &hosts)?;
        Ok(setting::put(tx, outside::TSA_URL, &url)?)
    })?;
    Ok(())
}

const DAY_SECONDS: i64 = 24 * 60 * 60;
/// Long enough to try *Gönderimi durdur*.
const HOLD_SECONDS: i64 = 60;

/// Makes the past against a provider in this process whose clock is moved by hand.
async fn seed_past(app: &App, accounts: &[NewAccount]) -> anyhow::Result<()> {
    let start = app.now() - PAST;
    rehearsal::write_root(app)?;
    let config = kephs::Config {
        accounts: accounts.to_vec(),
        manual_clock: Some(start.as_millisecond()),
        // Signatures of the past are stamped as today's are, under the same authority.
        authority: Some(rehearsal::authority_file(app)),
        ..kephs::Config::new(provider_folder(app))
    };
    let running = kephs::start(config).await?;
    bind(app, accounts, &running.endpoint()).await?;
    served_at(app, &running.base_url())?;
    letters::past(app, &running, start).await?;
    running.stop().await?;
    Ok(())
}

/// Binds the office's KEP account to the endpoint of today's provider process.
async fn bind(app: &App, accounts: &[NewAccount], endpoint: &str) -> anyhow::Result<()> {
    let account = accounts.first().context("demo account")?;
    let unit_id = app
        .store
        .read_blocking(|tx| crate::directory::by_number(tx, office::INSTITUTION))?
        .context("demo institution")?
        .id
        .as_str()
        .to_owned();
    let settings = AccountSettings {
        login_codes: LOG_IN_AGAIN.to_vec(),
        request_timeout_seconds: 20,
        directory_endpoint: Some(endpoint.replace(kephs::soap::PATH, kephs::soap::DIRECTORY_PATH)),
        evidence_roots: vec![evidence_root(app)?],
        evidence_signers: vec![seal::rehearsal::MARK.to_owned()],
        ..AccountSettings::default()
    };
    let binding = Binding {
        unit_id,
        address: account.address.clone(),
        endpoint: endpoint.to_owned(),
        national_id: account.tcno.clone(),
        password: account.parola.clone(),
        passphrase: account.sifre.clone(),
        settings,
    };
    account::bind(app, &Actor::system(), binding).await?;
    Ok(())
}

/// The root under which the rehearsal provider signs its evidence, as it lies in its folder.
fn evidence_root(app: &App) -> anyhow::Result<String> {
    let path = provider_folder(app).join(kephs::ROOT_FILE);
    std::fs::read_to_string(&path).with_context(|| path.display().to_string())
}

/// What the rehearsal provider answers when somebody has to log in again.
const LOG_IN_AGAIN: [i64; 3] = [1, 2, 3];

fn provider_folder(app: &App) -> PathBuf {
    app.config.data.join("kephs")
}

fn account_file(app: &App) -> PathBuf {
    app.config.data.join("kephs-accounts.json")
}

/// The KEP account of the office as the provider reads it; its secrets are made once.
fn accounts(app: &App) -> anyhow::Result<Vec<NewAccount>> {
    let path = account_file(app);
    if !path.exists() {
        let account = json!([{
            "address": ADDRESS,
            "tcno": NATIONAL_ID,
            "parola": new_secret(&*app.ids),
            "sifre": new_secret(&*app.ids),
        }]);
        write_private(&path, &account.to_string())?;
    }
    let text = std::fs::read_to_string(&path).with_context(|| path.display().to_string())?;
    serde_json::from_str(&text).with_context(|| path.display().to_string())
}

/// The KEP address of the demo's municipality.
const ADDRESS: &str = "kesanbelediyesi.edirne@hs99.kep.example";
/// A number whose check digits hold and that no person has.
const NATIONAL_ID: &str = "10000000146";

/// Writes `demo.json` with the address, the log-ins and an API token for each person.
///
/// # Errors
/// When the file cannot be written.
pub fn write_keys(app: &App, provider: &Provider) -> anyhow::Result<()> {
    let path = app.config.data.join("demo.json");
    let kept: serde_json::Value = std::fs::read_to_string(&path)
        .ok()
        .and_then(|text| serde_json::from_str(&text).ok())
        .unwrap_or_default();
    let mut people = Vec::new();
    for person in people::PEOPLE {
        let token = match kept["tokens"][person.login].as_str() {
            Some(token) => token.to_owned(),
            None => issue_token(app, person.login)?,
        };
        people.push((person, token));
    }
    let tokens: serde_json::Map<String, serde_json::Value> = people
        .iter()
        .map(|(person, token)| (person.login.to_owned(), json!(token)))
        .collect();
    let log_ins: Vec<serde_json::Value> = people
        .iter()
        .map(|(person, _)| {
            json!({
                "login": person.login,
                "password": people::PASSWORD,
                "pin": rehearsal::PIN,
                "name": person.full_name,
                "title": person.title,
            })
        })
        .collect();
    let keys = json!({
        "url": app.config.public_url,
        "provider": provider.base_url,
        "users": log_ins,
        "tokens": tokens,
    });
    let text = serde_json::to_string_pretty(&keys)?;
    write_private(&path, &text)
}

fn issue_token(app: &App, login: &'static str) -> Result<String> {
    let now = app.now();
    let ids = std::sync::Arc::clone(&app.ids);
    app.store.write_blocking(move |tx| {
        let account = user::by_login(tx, login)?.with_context(|| format!("demo user {login}"))?;
        let actor = user::actor(tx, &account.id)?;
        token::issue(
            tx,
            &Act {
                actor: &actor,
                now,
                ids: &*ids,
            },
            "demo",
        )
    })
}

/// Writes a file that only its owner may read.
fn write_private(path: &Path, text: &str) -> anyhow::Result<()> {
    use std::io::Write as _;
    use std::os::unix::fs::OpenOptionsExt as _;
    let mut file = std::fs::OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(path)
        .with_context(|| path.display().to_string())?;
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    Ok(())
}
