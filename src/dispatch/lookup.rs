//! Before sending, addresses are asked after in a KEP directory where the account has one; answer and date are shown (decision 10).

use std::collections::{BTreeMap, HashMap};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use futures_util::future::join_all;
use jiff::{SignedDuration, Timestamp};
use kep::client::DirectoryClient;

use super::{account, store};
use crate::access::Actor;
use crate::app::App;
use crate::distribution::{Channel, Recipient};
use crate::error::Result;
use crate::params;
use crate::setting;
use crate::store::{StoreError, Tx, Value};

/// A person waits for the page.
const PATIENCE: Duration = Duration::from_secs(4);
/// Addresses asked after when a page is opened; the rest when it is opened again.
const AT_ONCE: usize = 20;

/// So long a directory that gave no answer is not asked again.
const SILENCE: SignedDuration = SignedDuration::from_mins(5);

/// Directories that gave no answer lately, by address: nobody waits for them at each opening.
#[derive(Debug, Default)]
pub struct Silent(Mutex<HashMap<String, Timestamp>>);

impl Silent {
    fn note(&self, endpoint: &str, now: Timestamp) {
        let mut since = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        since.retain(|_, at| now.duration_since(*at) < SILENCE);
        since.insert(endpoint.to_owned(), now);
    }

    fn is(&self, endpoint: &str, now: Timestamp) -> bool {
        let since = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        since
            .get(endpoint)
            .is_some_and(|at| now.duration_since(*at) < SILENCE)
    }
}

/// What a directory answered about an address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    pub asked_at: Timestamp,
    /// Host of the directory.
    pub source: String,
    /// The service's own number; what it means is not public.
    pub status: Option<i64>,
    /// The service's own words.
    pub words: String,
}

/// What is known of one address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Lookup {
    Answered(Answer),
    /// It was not asked, or no answer came; why, in words.
    NotAsked(String),
}

/// What is known of the KEP addresses of these lines, by address; asks where nothing fresh is kept.
///
/// # Errors
/// When the store fails. What a directory does is never an error here.
pub async fn look_up(
    app: &App,
    actor: &Actor,
    unit_id: &str,
    recipients: &[Recipient],
) -> Result<BTreeMap<String, Lookup>> {
    let mut addresses: Vec<String> = recipients
        .iter()
        // Postal and UETS addresses are nothing that a KEP directory should be told.
        .filter(|line| line.destination_type.channel() == Channel::Kep)
        .filter_map(|line| line.delivery_address.clone())
        .collect();
    addresses.sort();
    addresses.dedup();
    let (unit, wanted, now) = (unit_id.to_owned(), addresses.clone(), app.now());
    let (account, kept) = app
        .read(actor, move |tx, _| {
            let hours = setting::number(tx, setting::DIRECTORY_ANSWER_HOURS)?;
            let since = now - SignedDuration::from_hours(hours);
            Ok((
                store::account_for(tx, &unit)?,
                kept_answers(tx, &wanted, since)?,
            ))
        })
        .await?;
    let mut known: BTreeMap<String, Lookup> = kept
        .into_iter()
        .map(|(address, answer)| (address, Lookup::Answered(answer)))
        .collect();
    addresses.retain(|address| !known.contains_key(address));
    let endpoint = account.and_then(|account| account::settings(&account).directory_endpoint);
    let Some(endpoint) = endpoint else {
        let why = "Hesabın sağlayıcısında herkese açık bir rehber sorgusu tanımlı değil.";
        known.extend(addresses.into_iter().map(|it| (it, not_asked(why))));
        return Ok(known);
    };
    if app.silent_directories.is(&endpoint, now) {
        let why = "Rehber az önce yanıt vermedi; birkaç dakika sonra yeniden sorulur.";
        known.extend(addresses.into_iter().map(|it| (it, not_asked(why))));
        return Ok(known);
    }
    let later = addresses.split_off(addresses.len().min(AT_ONCE));
    let asked = ask(app, actor, &endpoint, addresses).await?;
    known.extend(asked);
    let why = "Sırada; sayfayı yenileyince sorulur.";
    known.extend(later.into_iter().map(|it| (it, not_asked(why))));
    Ok(known)
}

fn not_asked(why: &str) -> Lookup {
    Lookup::NotAsked(why.to_owned())
}

async fn ask(
    app: &App,
    actor: &Actor,
    endpoint: &str,
    addresses: Vec<String>,
) -> Result<Vec<(String, Lookup)>> {
    let client = match DirectoryClient::new(endpoint, PATIENCE) {
        Ok(client) => client,
        Err(error) => {
            let why = format!("Rehber adresi kullanılamıyor: {error}.");
            return Ok(addresses
                .into_iter()
                .map(|it| (it, not_asked(&why)))
                .collect());
        }
    };
    let answers = join_all(addresses.iter().map(|address| client.status(address))).await;
    let asked_at = app.now();
    let source = host_of(endpoint);
    let mut fresh = Vec::new();
    let mut known = Vec::new();
    for (address, answer) in addresses.into_iter().zip(answers) {
        match answer {
            Ok(answer) => {
                let answer = Answer {
                    asked_at,
                    source: source.clone(),
                    status: answer.status,
                    words: answer.sentence().chars().take(500).collect(),
                };
                fresh.push((address.clone(), answer.clone()));
                known.push((address, Lookup::Answered(answer)));
            }
            Err(error) => {
                let why = format!("Rehber yanıt vermedi ({}).", error.code());
                known.push((address, Lookup::NotAsked(why)));
            }
        }
    }
    if fresh.is_empty() && !known.is_empty() {
        app.silent_directories.note(endpoint, asked_at);
    }
    if !fresh.is_empty() {
        app.write(actor, move |tx, _| {
            for (address, answer) in &fresh {
                keep(tx, address, answer)?;
            }
            Ok(())
        })
        .await?;
    }
    Ok(known)
}

/// `ws.example` of `https://ws.example/path`.
fn host_of(endpoint: &str) -> String {
    let rest = endpoint
        .split_once("://")
        .map_or(endpoint, |(_, rest)| rest);
    rest.split('/').next().unwrap_or_default().to_owned()
}

fn kept_answers(
    tx: &mut Tx<'_>,
    addresses: &[String],
    since: Timestamp,
) -> Result<Vec<(String, Answer)>, StoreError> {
    let mut kept = Vec::new();
    for chunk in addresses.chunks(500) {
        let marks: Vec<String> = (2..chunk.len() + 2).map(|it| format!("?{it}")).collect();
        let mut values = vec![Value::from(since)];
        values.extend(chunk.iter().map(Value::from));
        let sql = format!(
            "SELECT address, asked_at, source, status, words FROM kep_directory_answer \
             WHERE asked_at > ?1 AND address IN ({})",
            marks.join(", ")
        );
        for row in tx.query(&sql, &values)? {
            let answer = Answer {
                asked_at: row.get("asked_at")?,
                source: row.get("source")?,
                status: row.get("status")?,
                words: row.get("words")?,
            };
            kept.push((row.get("address")?, answer));
        }
    }
    Ok(kept)
}

fn keep(tx: &mut Tx<'_>, address: &str, answer: &Answer) -> Result<(), StoreError> {
    tx.execute(
        "INSERT INTO kep_directory_answer (address, asked_at, source, status, words) \
         VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT (address) DO UPDATE SET \
         asked_at = excluded.asked_at, source = excluded.source, status = excluded.status, \
         words = excluded.words",
        params![
            address,
            answer.asked_at,
            &answer.source,
            answer.status,
            &answer.words
        ],
    )?;
    Ok(())
}
