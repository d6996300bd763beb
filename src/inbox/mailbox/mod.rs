//! The KEP mailboxes: listed, fetched, opened, registered once, confirmed after.
//!
//! Each step is a row's state, so that a process killed anywhere goes on where it stood:
//! *listed* → (bytes in the blob store) *stored* → *registered*, or *evidence*, *duplicate*,
//! *unreadable*. What cannot be read is set aside and shown; it never holds anything else up.

pub mod envelope;
mod open;
pub mod screen;
mod signature;
mod store;

use std::sync::Arc;

use futures_util::future::join_all;
use jiff::{SignedDuration, Timestamp};
use kep::client::{CallError, MessageRef, PttClient};
use tokio::sync::watch;

use super::register;
use crate::access::{Act, Actor};
use crate::app::App;
use crate::dispatch::account::{self, Account};
use crate::dispatch::crash;
use crate::error::{Error, Result};
use crate::setting;
use crate::store::Tx;

pub(crate) use store::confirm_due;
pub use store::{Message, MessageState};

use open::Opened;

/// Messages handled at a time.
const BATCH: usize = 4;
/// Told about a message that opens and still cannot be written down.
const NOT_REGISTERED: &str = "İleti okundu ama kayda yazılamadı; ileti saklandı. Yeniden deneyin, \
     sürerse DYS yöneticinize bildirin.";
/// How far back a mailbox is looked at the first time.
const FIRST_LOOK: SignedDuration = SignedDuration::from_hours(30 * 24);
/// Listings overlap by this much: messages may be listed late, clocks differ.
const OVERLAP: SignedDuration = SignedDuration::from_hours(48);
/// A message that the provider refuses to give is set aside after so many tries.
const MOST_TRIES: i64 = 5;

/// The worker of the mailboxes.
#[derive(Clone)]
pub struct Mailboxes {
    app: App,
}

impl Mailboxes {
    #[must_use]
    pub fn new(app: App) -> Self {
        Self { app }
    }

    /// Works until `stop` says so.
    pub async fn run(self, mut stop: watch::Receiver<bool>) {
        while !*stop.borrow() {
            match self.round().await {
                Ok(done) if done > 0 => continue,
                Ok(_) => {}
                Err(error) => tracing::error!(%error, "mailbox round failed; it is tried again"),
            }
            let pause = std::time::Duration::from_millis(500);
            let _ = tokio::time::timeout(pause, stop.wait_for(|stop| *stop)).await;
        }
    }

    /// One round of everything; says how many items were handled.
    ///
    /// # Errors
    /// When the store fails. What a provider does is never an error here.
    pub async fn round(&self) -> Result<usize> {
        let listed = self.list_round().await?;
        let fetched = self.fetch_round().await?;
        let registered = self.register_round().await?;
        let confirmed = self.confirm_round().await?;
        Ok(listed + fetched + registered + confirmed)
    }

    /// Lists the mailboxes that are due; every message is noted once.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn list_round(&self) -> Result<usize> {
        let now = self.app.now();
        let due = self
            .app
            .store
            .write(move |tx| -> Result<_> {
                let pause = setting::number(tx, setting::MAILBOX_SECONDS)?;
                let next = now + SignedDuration::from_secs(pause);
                Ok(store::take_mailboxes(tx, now, next)?)
            })
            .await?;
        let results = join_all(due.into_iter().map(|box_| self.list(box_))).await;
        let mut found = 0;
        for result in results {
            match result {
                Ok(count) => found += count,
                Err(error) => tracing::error!(%error, "a mailbox could not be listed"),
            }
        }
        Ok(found)
    }

    async fn list(&self, (account, until): (Account, Option<Timestamp>)) -> Result<usize> {
        let client = account::client(&self.app, &account)?;
        let began = self.app.now();
        let since = until.map_or(began - FIRST_LOOK, |until| until - OVERLAP);
        let answer = rows(&client, since, began).await;
        let ids = Arc::clone(&self.app.ids);
        self.app
            .store
            .write(move |tx| {
                let (rows, error) = match answer {
                    Ok(rows) => (rows, None),
                    Err(error) => (Vec::new(), Some(error)),
                };
                let mut fresh = 0;
                for row in &rows {
                    let id = crate::ids::new_id(&*ids, began);
                    fresh += usize::from(store::note(tx, &id, &account.id, row, began)?);
                }
                let done = error.is_none().then_some(began);
                let words = error.as_ref().map_or_else(String::new, CallError::sentence);
                store::listed(tx, &account.id, done, &words)?;
                if let Some(error) = error.filter(needs_login) {
                    crate::dispatch::pause(tx, &account.id, &error.sentence(), began)?;
                }
                Ok(fresh)
            })
            .await
    }

    /// Fetches what was listed: raw bytes into the blob store, then the row that names them.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn fetch_round(&self) -> Result<usize> {
        let now = self.app.now();
        let batch = self.take(MessageState::Listed, now).await?;
        let count = batch.len();
        log(join_all(batch.into_iter().map(|message| self.fetch(message))).await);
        Ok(count)
    }

    async fn take(&self, state: MessageState, now: Timestamp) -> Result<Vec<Message>> {
        Ok(self
            .app
            .store
            .write(move |tx| store::take(tx, state, now, BATCH))
            .await?)
    }

    async fn fetch(&self, message: Message) -> Result<()> {
        let id = message.account_id.clone();
        let account = self
            .app
            .store
            .read(move |tx| crate::dispatch::account_by_id(tx, &id))
            .await?;
        let Some(account) = account else {
            return Ok(());
        };
        let client = account::client(&self.app, &account)?;
        let which = MessageRef::new(&message.kep_id, Some(&message.folder));
        let answer = client.fetch(&which, None).await;
        let now = self.app.now();
        match answer {
            Ok(items) => {
                // Of several items the largest is the whole message; the others repeat parts of it.
                let bytes = items
                    .into_iter()
                    .max_by_key(bytes::Bytes::len)
                    .unwrap_or_default();
                let size = i64::try_from(bytes.len()).unwrap_or(i64::MAX);
                crash::point(crash::INBOX_FETCHED);
                let hash = self.app.blobs.put(bytes).await?;
                crash::point(crash::INBOX_STORED);
                self.app
                    .store
                    .write(move |tx| store::stored(tx, &message, &hash, size, now))
                    .await?;
            }
            Err(error) => {
                let login = needs_login(&error);
                let hopeless = !login && !error.is_transient() && message.attempt >= MOST_TRIES;
                let too_large = is_too_large(&error);
                self.app
                    .store
                    .write(move |tx| {
                        if hopeless || too_large {
                            let (code, words) = if too_large {
                                (
                                    "ileti_buyuk",
                                    "İleti indirme sınırından büyük; indirilmedi.".to_owned(),
                                )
                            } else {
                                (error.code(), error.sentence())
                            };
                            return store::set_aside(tx, &message, code, &words);
                        }
                        if login {
                            crate::dispatch::pause(tx, &account.id, &error.sentence(), now)?;
                        }
                        store::retry(
                            tx,
                            &message,
                            now + pause_after(message.attempt),
                            &error.sentence(),
                        )
                    })
                    .await?;
            }
        }
        Ok(())
    }

    /// Opens what is stored and writes it into the registry; what cannot be read is set aside.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn register_round(&self) -> Result<usize> {
        let now = self.app.now();
        let batch = self.take(MessageState::Stored, now).await?;
        let count = batch.len();
        // One after another: each holds a whole message in memory.
        for message in batch {
            let tried = message.clone();
            let Err(error) = self.register(message).await else {
                continue;
            };
            tracing::error!(%error, "one message could not be registered; it is tried again");
            if tried.attempt >= MOST_TRIES {
                self.app
                    .store
                    .write(move |tx| store::set_aside(tx, &tried, "kayit_hatasi", NOT_REGISTERED))
                    .await?;
            }
        }
        Ok(count)
    }

    async fn register(&self, message: Message) -> Result<()> {
        let Some(hash) = message.blob_hash.clone() else {
            return Ok(());
        };
        let bytes = self.app.blobs.get(&hash).await?;
        let opened = open::open(&self.app, &message, bytes).await?;
        crash::point(crash::INBOX_OPENED);
        let (now, ids) = (self.app.now(), Arc::clone(&self.app.ids));
        self.app
            .store
            .write(move |tx| {
                let actor = Actor::system();
                let act = Act {
                    actor: &actor,
                    now,
                    ids: &*ids,
                };
                settle(tx, &act, &message, opened)
            })
            .await?;
        crash::point(crash::INBOX_REGISTERED);
        Ok(())
    }

    /// Confirms what is registered and due: only now may it count as read (decision 23).
    ///
    /// # Errors
    /// When the store fails.
    pub async fn confirm_round(&self) -> Result<usize> {
        let now = self.app.now();
        let batch = self
            .app
            .store
            .write(move |tx| store::take_confirmations(tx, now, BATCH))
            .await?;
        let count = batch.len();
        log(join_all(batch.into_iter().map(|message| self.confirm(message))).await);
        Ok(count)
    }

    async fn confirm(&self, message: Message) -> Result<()> {
        let id = message.account_id.clone();
        let account = self
            .app
            .store
            .read(move |tx| crate::dispatch::account_by_id(tx, &id))
            .await?;
        let Some(account) = account else {
            return Ok(());
        };
        let client = account::client(&self.app, &account)?;
        let which = MessageRef::new(&message.kep_id, Some(&message.folder));
        // Confirming twice confirms once, so a lost answer is simply asked again.
        let answer = client.confirm(&which).await;
        let now = self.app.now();
        self.app
            .store
            .write(move |tx| match answer {
                Ok(()) => store::confirmed(tx, &message.id, now),
                Err(error) => {
                    if needs_login(&error) {
                        crate::dispatch::pause(tx, &account.id, &error.sentence(), now)?;
                    }
                    let next = now + pause_after(message.confirm_attempt);
                    store::confirm_later(tx, &message.id, next, &error.sentence())
                }
            })
            .await?;
        Ok(())
    }
}

/// Writes down what an opened message turned out to be, once.
fn settle(tx: &mut Tx<'_>, act: &Act<'_>, message: &Message, opened: Opened) -> Result<()> {
    let mut letter = match opened {
        Opened::Unreadable { code, sentence } => {
            store::set_aside(tx, message, code, &sentence)?;
            return Ok(());
        }
        Opened::Evidence { about } => {
            store::finish(tx, message, MessageState::Evidence, None, None)?;
            crate::dispatch::ask_for_evidence(tx, &about, act.now)?;
            return Ok(());
        }
        Opened::Letter(letter) => letter,
    };
    if !store::finish(
        tx,
        message,
        MessageState::Registered,
        Some(&letter.content),
        letter.entry.delivered_at,
    )? {
        // Another worker was faster; what it wrote stands.
        return Ok(());
    }
    let others = store::same_original(tx, message)?;
    if others.contains(&letter.content) {
        store::mark_duplicate(tx, &message.id)?;
        return Ok(());
    }
    if !others.is_empty() {
        letter.entry.findings.insert(0, open::other_content());
    }
    let by_itself = setting::chosen(tx, setting::CONFIRMATION)? == "itself";
    register::insert(tx, act, &letter.entry)?;
    if by_itself {
        store::confirm_due(tx, &message.id, act.now)?;
    }
    Ok(())
}

/// Every message of every folder but those of what was sent.
async fn rows(
    client: &PttClient,
    since: Timestamp,
    now: Timestamp,
) -> Result<Vec<store::Row>, CallError> {
    let mut rows = Vec::new();
    for folder in client.folders().await? {
        let name = folder.to_lowercase();
        if ["sent", "outbox", "draft", "taslak", "giden"]
            .iter()
            .any(|word| name.contains(word))
        {
            continue;
        }
        let evidence = ["delil", "evidence"].iter().any(|word| name.contains(word));
        // A day on top: the provider's clock is not ours.
        let until = now + SignedDuration::from_hours(24);
        for row in client.list(&folder, since, until).await? {
            if let Some(kep_id) = row.kep_id.filter(|id| !id.trim().is_empty()) {
                rows.push(store::Row {
                    kep_id,
                    folder: folder.clone(),
                    org_message_id: row.original_message_id.unwrap_or_default(),
                    sender: row.from_kep.or(row.from).unwrap_or_default(),
                    subject: row.subject.unwrap_or_default(),
                    evidence,
                });
            }
        }
    }
    Ok(rows)
}

fn needs_login(error: &CallError) -> bool {
    matches!(
        error,
        CallError::LoginNeeded { .. } | CallError::Unauthorized { .. }
    )
}

fn is_too_large(error: &CallError) -> bool {
    matches!(
        error,
        CallError::OutcomeUnknown(kep::client::Lost::TooLarge { .. })
    )
}

fn pause_after(attempt: i64) -> SignedDuration {
    SignedDuration::from_secs(match attempt {
        ..=1 => 5,
        2 => 30,
        3 => 120,
        4 => 600,
        _ => 3600,
    })
}

fn log(results: Vec<Result<(), Error>>) {
    for error in results.into_iter().filter_map(Result::err) {
        tracing::error!(%error, "one message could not be handled; it is tried again");
    }
}
