//! The demo: an office with people, a past, and a rehearsal provider beside it.

mod office;
pub mod people;
mod provider;

use std::path::Path;

use anyhow::Context as _;
use serde_json::json;

use crate::access::{Act, token, user};
use crate::app::App;
use crate::error::Result;
use crate::ids::new_secret;
use crate::setting;

pub use provider::{LEGAL_PERIOD_SECONDS, Provider};

/// Seeds what is missing and returns the running provider.
///
/// # Errors
/// When a step fails; a later start goes on from the beginning of the unfinished step.
pub async fn prepare(app: &App) -> anyhow::Result<Provider> {
    let seeded = office::is_seeded(app)?;
    if !seeded {
        office::directory(app)?;
        office::people(app)?;
        app.store.write_blocking(|tx| {
            setting::put(
                tx,
                setting::LEGAL_PERIOD_SECONDS.key,
                &LEGAL_PERIOD_SECONDS.to_string(),
            )
        })?;
    }
    let accounts = account_file(app)?;
    let provider = Provider::start(&app.config.data.join("kephs"), &accounts).await?;
    if !seeded {
        office::mark_seeded(app)?;
    }
    Ok(provider)
}

/// The KEP account of the office as the provider reads it; its secrets are made once.
fn account_file(app: &App) -> anyhow::Result<std::path::PathBuf> {
    let path = app.config.data.join("kephs-accounts.json");
    if !path.exists() {
        let account = json!([{
            "address": ADDRESS,
            "tcno": NATIONAL_ID,
            "parola": new_secret(&*app.ids),
            "sifre": new_secret(&*app.ids),
        }]);
        write_private(&path, &account.to_string())?;
    }
    Ok(path)
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
