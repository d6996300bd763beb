//! The worker: hands stored bytes over, asks after lost answers, fetches evidence.
//!
//! Several workers, in one process or in many, are safe: every claim is one UPDATE that names the
//! state and attempt it was read at. No item stops another: each is taken, which moves its own next
//! step into the future, before anything that can go wrong with it alone.

mod look_up;
mod submit;

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::join_all;
use jiff::{SignedDuration, Timestamp};
use kep::client::{CallError, MessageRef, PttClient};
use kep::evidence::Evidence;
use tokio::sync::watch;

use super::account;
use super::machine::{Event, Position, State, step};
use super::store::{self, Account, Outgoing};
use crate::app::App;
use crate::error::{Error, Result};
use crate::evidence::check::{Listed, Subject};
use crate::evidence::revocation::{self, Answer, Examiner};
use crate::evidence::{self, Brought, Stored};
use crate::ids;
use crate::store::Tx;

/// Calls at a time for each of: new messages, messages tried before, look-ups, evidence.
const BATCH: usize = 4;
/// Evidence is asked for this long after sending.
const POLLED_FOR: SignedDuration = SignedDuration::from_hours(30 * 24);
/// A letter that was read is asked after so seldom, for what a revocation service has not answered.
const ASKED_AGAIN: SignedDuration = SignedDuration::from_hours(1);
/// Between rounds when nothing was to be done.
const PAUSE: Duration = Duration::from_millis(500);

/// One worker with an identity of its own.
#[derive(Clone)]
pub struct Worker {
    app: App,
    /// Unique per start: a lease of an earlier start is never taken for one's own.
    owner: Arc<str>,
}

/// What went wrong with one item, in the reader's words.
struct Trouble {
    words: String,
    /// A person must look after the account before its queue goes on.
    login: bool,
}

impl Trouble {
    /// Of an error of our own; told in the log as well.
    fn of(error: &Error, message_id: &str) -> Self {
        tracing::error!(%error, id = message_id, "one message could not be handled; it is tried again");
        let words = error.problem().map_or_else(
            || {
                "DYS'de bir iç hata oldu; yeniden denenecek. Sürerse DYS yöneticinize bildirin."
                    .to_owned()
            },
            |problem| problem.message.clone(),
        );
        Self {
            words,
            login: account::needs_person(error),
        }
    }
}

impl From<&CallError> for Trouble {
    fn from(error: &CallError) -> Self {
        Self {
            words: error.sentence_of_question(),
            login: needs_login(error),
        }
    }
}

impl Worker {
    #[must_use]
    pub fn new(app: App) -> Self {
        let owner = ids::new_secret(&*app.ids).into();
        Self { app, owner }
    }

    /// Works until `stop` says so; calls that have begun are awaited.
    pub async fn run(self, stop: watch::Receiver<bool>) {
        let submitting = self.repeat(stop.clone(), Self::submit_round);
        let looking_up = self.repeat(stop.clone(), Self::look_up_round);
        let sending = self.repeat(stop.clone(), Self::send_itself_round);
        let finishing = self.repeat(stop.clone(), Self::order_round);
        let polling = self.repeat(stop, Self::poll_round);
        tokio::join!(submitting, looking_up, sending, finishing, polling);
    }

    async fn repeat(
        &self,
        mut stop: watch::Receiver<bool>,
        round: impl AsyncFn(&Self) -> Result<usize>,
    ) {
        while !*stop.borrow() {
            match round(self).await {
                Ok(done) if done > 0 => continue,
                Ok(_) => {}
                Err(error) => tracing::error!(%error, "worker round failed; it is tried again"),
            }
            let _ = tokio::time::timeout(PAUSE, stop.wait_for(|stop| *stop)).await;
        }
    }

    /// One round of everything; says how many items were handled.
    ///
    /// # Errors
    /// When the store fails. What a provider does is never an error here.
    pub async fn round(&self) -> Result<usize> {
        let begun = self.send_itself_round().await? + self.order_round().await?;
        let sent = begun + self.submit_round().await?;
        Ok(sent + self.look_up_round().await? + self.poll_round().await?)
    }

    pub(super) fn app(&self) -> &App {
        &self.app
    }

    /// Asks for evidence of what is due: fresh messages often, old ones less, finished ones never.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn poll_round(&self) -> Result<usize> {
        let now = self.app.now();
        let batch = self
            .app
            .store
            .read(move |tx| store::poll_due(tx, now, BATCH))
            .await?;
        Ok(done(
            join_all(batch.into_iter().map(|message| self.poll(message))).await,
        ))
    }

    async fn poll(&self, message: Outgoing) -> Result<()> {
        let now = self.app.now();
        let sent_at = message.sent_at.unwrap_or(now);
        let next_at = now + poll_pause(sent_at, now);
        if !self.take(&message, true, next_at).await? {
            return Ok(());
        }
        let account = self.account_of(&message).await?;
        let asked = match account::client(&self.app, &account) {
            Ok(client) => self.ask(&client, &account, &message).await?,
            Err(error) => Asked::in_vain(Trouble::of(&error, &message.id)),
        };
        let arrived = self.app.now();
        let ids = Arc::clone(&self.app.ids);
        let id = message.id.clone();
        let kept = self
            .app
            .store
            .write(move |tx| {
                let channel = message.channel;
                let brought = &asked.brought;
                let status = evidence::keep(tx, channel, &message.id, brought, arrived, &*ids)?;
                revocation::record(tx, &message.id, &asked.answers, arrived)?;
                let complete = brought.iter().all(|one| one.blob.is_some());
                let trouble = asked.trouble.as_ref();
                // A letter that was read is asked after while a revocation service keeps silent, but
                // seldom: those that nobody has read yet go first.
                let told = complete && trouble.is_none() && status.standing.is_final(channel);
                let finished =
                    told && evidence::is_settled(tx, channel, &message.id, status.standing)?;
                let over = finished || arrived > sent_at + POLLED_FOR;
                let again = if told {
                    next_at.max(arrived + ASKED_AGAIN)
                } else {
                    next_at
                };
                let poll_at = (!over).then_some(again);
                let words = trouble.map(|trouble| trouble.words.as_str());
                store::set_poll(tx, &message.id, poll_at, words, asked.folder.as_deref())?;
                if let Some(trouble) = trouble.filter(|trouble| trouble.login) {
                    store::set_paused(tx, &account.id, Some((&trouble.words, arrived)))?;
                }
                Ok(())
            })
            .await;
        let Err(error) = kept else {
            return Ok(());
        };
        // What could not be kept is asked for again; meanwhile the page says so.
        let words = Trouble::of(&error, &id).words;
        let write =
            move |tx: &mut Tx<'_>| store::set_poll(tx, &id, Some(next_at), Some(&words), None);
        Ok(self.app.store.write(write).await?)
    }

    async fn ask(
        &self,
        client: &PttClient,
        account: &Account,
        message: &Outgoing,
    ) -> Result<Asked> {
        let (listed, folder) = self.list_evidence(client, message).await;
        let (brought, answers, trouble) = match listed {
            Ok(listed) => self.with_files(client, account, message, listed).await?,
            Err(error) => (Vec::new(), Vec::new(), Some(Trouble::from(&error))),
        };
        Ok(Asked {
            brought,
            answers,
            folder,
            trouble,
        })
    }

    /// The evidence list, and the folder of sent mail when it had to be asked for.
    async fn list_evidence(
        &self,
        client: &PttClient,
        message: &Outgoing,
    ) -> (Result<Vec<Evidence>, CallError>, Option<String>) {
        let folder = match &message.folder {
            Some(folder) => folder.clone(),
            None => match client.folders().await {
                Ok(folders) => sent_folder(&folders),
                Err(error) => return (Err(error), None),
            },
        };
        let provider_id = message.provider_id.as_deref().unwrap_or_default();
        let listed = client
            .evidence(&MessageRef::new(provider_id, Some(&folder)))
            .await;
        let learnt = listed.is_ok().then_some(folder);
        (listed, learnt)
    }

    /// Fetches the files that are not kept yet and checks each as it arrives; of those checked
    /// before, one whose signer's revocation could not be told is checked again. What goes wrong
    /// with one is told, and that one asked for next time; the others are kept. Beside them what
    /// revocation services answered.
    async fn with_files(
        &self,
        client: &PttClient,
        account: &Account,
        message: &Outgoing,
        listed: Vec<Evidence>,
    ) -> Result<(Vec<Brought>, Vec<Answer>, Option<Trouble>)> {
        let id = message.id.clone();
        let kept = self.app.store.read(move |tx| evidence::of(tx, &id)).await?;
        let mut trouble = None;
        let mut examiner = match self.examiner(account, message).await {
            Ok(examiner) => Some(examiner),
            Err(error) => {
                trouble = Some(Trouble::of(&error, &message.id));
                None
            }
        };
        let mut brought = Vec::with_capacity(listed.len());
        for evidence in listed {
            let known = kept.iter().find(|stored| stored.fact.id == evidence.id);
            let alone = evidence.clone();
            let one = self
                .with_file(client, message, evidence, known, examiner.as_mut())
                .await;
            brought.push(one.unwrap_or_else(|wrong| {
                // That a person must act is not hidden by what goes wrong after it.
                if !trouble.as_ref().is_some_and(|told| told.login) {
                    trouble = Some(wrong);
                }
                Brought {
                    evidence: alone,
                    blob: None,
                    check: None,
                }
            }));
        }
        let answers = examiner.map_or_else(Vec::new, Examiner::into_answers);
        Ok((brought, answers, trouble))
    }

    async fn examiner(&self, account: &Account, message: &Outgoing) -> Result<Examiner> {
        let demand = account::demand(&self.app, account)?;
        Examiner::new(&self.app, demand, &message.id).await
    }

    /// One evidence with its file, and with its check when it has none that is settled and one can
    /// be made.
    async fn with_file(
        &self,
        client: &PttClient,
        message: &Outgoing,
        evidence: Evidence,
        known: Option<&Stored>,
        examiner: Option<&mut Examiner>,
    ) -> Result<Brought, Trouble> {
        let failed = |error: Error| Trouble::of(&error, &message.id);
        let kept = known.and_then(|stored| stored.blob_hash.clone());
        let checked = known.and_then(|stored| stored.check.as_ref());
        let settled = checked.is_some_and(|check| !revocation::is_open(check));
        let bytes = match &kept {
            Some(_) if settled || examiner.is_none() => {
                return Ok(Brought {
                    evidence,
                    blob: kept,
                    check: None,
                });
            }
            // Kept before files were checked, or its signer's revocation could not be told.
            Some(hash) => self.app.blobs.get(hash).await.map_err(|error| {
                tracing::error!(%error, id = %message.id, "a kept evidence cannot be read");
                Trouble {
                    words: UNREADABLE_EVIDENCE.to_owned(),
                    login: false,
                }
            })?,
            None => client
                .evidence_file(&evidence.id)
                .await
                .map_err(|error| Trouble::from(&error))?,
        };
        let hash = self.app.blobs.put(bytes.clone()).await;
        let hash = hash.map_err(|error| failed(error.into()))?;
        let evidence = evidence.with_file(bytes, &client.settings().recognition);
        let check = match examiner {
            Some(examiner) => {
                let listed = Listed {
                    kind: evidence.kind,
                    at: evidence.time.at,
                };
                let raw = evidence.raw.clone().unwrap_or_default();
                let subject = Subject::of(message);
                let held_since = known.and_then(|stored| stored.held_since);
                let check = examiner.check(raw, listed, &subject, held_since).await;
                let check = check.map_err(failed)?;
                // A second look that can tell no more than the first is no news.
                let news = checked.is_none() || !revocation::is_open(&check);
                news.then_some(check)
            }
            None => None,
        };
        Ok(Brought {
            evidence,
            blob: Some(hash),
            check,
        })
    }

    async fn take(&self, message: &Outgoing, poll: bool, until: Timestamp) -> Result<bool> {
        let message = message.clone();
        Ok(self
            .app
            .store
            .write(move |tx| store::take(tx, &message, poll, until))
            .await?)
    }

    async fn account_of(&self, message: &Outgoing) -> Result<Account> {
        let message = message.clone();
        self.app
            .store
            .read(move |tx| account_of(tx, &message))
            .await
    }
}

/// A kept file that is missing or damaged.
const UNREADABLE_EVIDENCE: &str = "Saklanan bir delil dosyası okunamıyor; öbür deliller etkilenmez. \
    DYS yöneticinize bildirin: blob klasörü yedekten geri yüklenince kendiliğinden denetlenir.";

/// What a question for evidence brought.
struct Asked {
    brought: Vec<Brought>,
    /// What revocation services said about who signed it.
    answers: Vec<Answer>,
    /// The folder of sent mail, when it was learnt.
    folder: Option<String>,
    trouble: Option<Trouble>,
}

impl Asked {
    fn in_vain(trouble: Trouble) -> Self {
        Self {
            brought: Vec::new(),
            answers: Vec::new(),
            folder: None,
            trouble: Some(trouble),
        }
    }
}

fn account_of(tx: &mut Tx<'_>, message: &Outgoing) -> Result<Account> {
    let account = store::account(tx, &message.account_id)?;
    account.ok_or_else(|| anyhow::anyhow!("a message without its account").into())
}

/// Applies an event where the message stood when it was read; nothing when it moved meanwhile.
fn apply(
    tx: &mut Tx<'_>,
    message: &Outgoing,
    event: Event,
    now: Timestamp,
) -> Result<Option<Position>> {
    apply_at(tx, message, event, now)
}

fn apply_at(
    tx: &mut Tx<'_>,
    message: &Outgoing,
    event: Event,
    next_at: Timestamp,
) -> Result<Option<Position>> {
    let from = message.position();
    let Some(to) = step(from, event) else {
        return Ok(None);
    };
    let moved = store::advance(tx, &message.id, from, to, next_at)?;
    Ok(moved.then_some(to))
}

/// The folder of sent mail among those that the provider names; sources disagree on the name.
fn sent_folder(folders: &[String]) -> String {
    folders
        .iter()
        .find(|folder| is_sent_folder(folder))
        .cloned()
        .unwrap_or_else(|| "OUTBOX".to_owned())
}

/// Whether sent mail lies there; the provider's names are not public.
fn is_sent_folder(folder: &str) -> bool {
    let name = folder.to_lowercase();
    ["sent", "outbox", "gönder", "gonder", "giden"]
        .iter()
        .any(|word| name.contains(word))
}

fn needs_login(error: &CallError) -> bool {
    matches!(
        error,
        CallError::LoginNeeded { .. } | CallError::Unauthorized { .. }
    )
}

/// Evidence is asked for every five seconds at first, after a day every three hours.
fn poll_pause(sent_at: Timestamp, now: Timestamp) -> SignedDuration {
    let elapsed = now.duration_since(sent_at).as_secs();
    SignedDuration::from_secs((elapsed / 8).clamp(5, 6 * 3600))
}

/// How many items were handled. One that was not stands where it stood, or its lease runs out: it
/// must not keep the worker from its pause.
fn done(results: Vec<Result<()>>) -> usize {
    let count = results.iter().filter(|result| result.is_ok()).count();
    for error in results.into_iter().filter_map(Result::err) {
        tracing::error!(%error, "one message could not be handled; it is tried again");
    }
    count
}

/// What happens next with a message, and when; for *neden bekliyor?*.
#[must_use]
pub fn next_step(message: &Outgoing, paused: bool) -> Option<(&'static str, Timestamp)> {
    if paused && !matches!(message.state, State::Failed | State::Stopped) {
        return None;
    }
    match message.state {
        State::Held => Some(("Sağlayıcıya verilecek", message.next_at)),
        State::Waiting => Some(("Sağlayıcıya verilecek", message.next_at)),
        State::Unknown if !message.needs_person => {
            Some(("Sağlayıcıya yeniden sorulacak", message.next_at))
        }
        State::Sent => message.poll_at.map(|at| ("Deliller sorgulanacak", at)),
        State::Submitting | State::Unknown | State::Failed | State::Stopped => None,
    }
}
