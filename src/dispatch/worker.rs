//! The worker: hands stored bytes over, asks after lost answers, fetches evidence.
//!
//! Several workers, in one process or in many, are safe: every claim is one UPDATE that names the
//! state and attempt it was read at. No item stops another; each carries its own next step.

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::join_all;
use jiff::{SignedDuration, Timestamp};
use kep::client::{CallError, Effect, MessageRef, PttClient};
use kep::evidence::Evidence;
use kep::message::MessageKind;
use tokio::sync::watch;

use super::machine::{Event, Outcome, Position, State, step};
use super::store::{self, Account, Outgoing};
use super::uets::{self, NoticeService as _};
use super::{account, crash, send};
use crate::app::App;
use crate::config::Mode;
use crate::distribution::Channel;
use crate::error::Result;
use crate::evidence::check::{Listed, Subject};
use crate::evidence::revocation::{self, Answer, Examiner};
use crate::evidence::{self, Brought, Standing};
use crate::ids;
use crate::setting;
use crate::store::Tx;

/// Calls at a time for each of: new messages, messages tried before, look-ups, evidence.
const BATCH: usize = 4;
/// Evidence is asked for this long after sending.
const POLLED_FOR: SignedDuration = SignedDuration::from_hours(30 * 24);
/// After so long a lost answer goes to a person, whatever listings could not say.
const LOOKED_UP_FOR: SignedDuration = SignedDuration::from_hours(24);
/// Between rounds when nothing was to be done.
const PAUSE: Duration = Duration::from_millis(500);

/// One worker with an identity of its own.
#[derive(Clone)]
pub struct Worker {
    app: App,
    /// Unique per start: a lease of an earlier start is never taken for one's own.
    owner: Arc<str>,
}

/// How a call of the provider ended, as the outbox needs it.
struct Ending {
    outcome: Outcome,
    /// Stable word for the attempt's record.
    code: String,
    /// For people.
    detail: String,
    provider_id: Option<String>,
    /// A person must log in before the queue goes on.
    login: bool,
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

    /// Ends holds, rescues orphans, hands over what is due: new ones and ones tried before apart,
    /// so that new work flows past a backlog.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn submit_round(&self) -> Result<usize> {
        let now = self.app.now();
        let batch = self
            .app
            .store
            .write(move |tx| -> Result<Vec<Outgoing>> {
                for held in store::hold_over(tx, now)? {
                    apply(tx, &held, Event::HoldEnded, now)?;
                }
                for orphan in store::lease_over(tx, now)? {
                    let attempt = orphan.attempt;
                    if apply(tx, &orphan, Event::LeaseRanOut(attempt), now)?.is_some() {
                        store::end_attempt(tx, &orphan.id, attempt, "lost", "", now)?;
                    }
                }
                let mut batch = store::due(tx, now, false, BATCH)?;
                batch.extend(store::due(tx, now, true, BATCH)?);
                Ok(batch)
            })
            .await?;
        let count = batch.len();
        let results = join_all(batch.into_iter().map(|message| self.submit(message))).await;
        log_failures(results);
        Ok(count)
    }

    async fn submit(&self, message: Outgoing) -> Result<()> {
        let account = self.account_of(&message).await?;
        let client = account::client(&self.app, &account)?;
        let bytes = send::bytes(&self.app, &message).await?;
        let Some(attempt) = self.claim(&message, &client).await? else {
            return Ok(());
        };
        crash::point(crash::BEFORE_CALL);
        crash::point_within(crash::DURING_CALL, 4);
        let answer = match message.channel {
            Channel::Uets => {
                let service = uets::service(&self.app, &account)?;
                service.hand_over(&message, bytes).await
            }
            _ => client
                .send(bytes, MessageKind::EYazisma)
                .await
                .map(|sent| sent.kep_id),
        };
        crash::point(crash::AFTER_CALL);
        self.record(message.id, account, attempt, ending_of(answer))
            .await
    }

    /// Writes the intent down before the call; nothing when another worker has the message.
    async fn claim(&self, message: &Outgoing, client: &PttClient) -> Result<Option<i64>> {
        let now = self.app.now();
        let patience = SignedDuration::try_from(client.settings().request_timeout)
            .unwrap_or(SignedDuration::from_mins(10));
        let (message, owner) = (message.clone(), Arc::clone(&self.owner));
        self.app
            .store
            .write(move |tx| {
                let Some(next) = apply(tx, &message, Event::Claimed, now)? else {
                    return Ok(None);
                };
                let grace = setting::number(tx, setting::LEASE_GRACE_SECONDS)?;
                let until = now + patience + SignedDuration::from_secs(grace);
                store::begin_attempt(tx, &message.id, next.attempt, &owner, until, now)?;
                Ok(Some(next.attempt))
            })
            .await
    }

    async fn record(
        &self,
        id: String,
        account: Account,
        attempt: i64,
        ending: Ending,
    ) -> Result<()> {
        let now = self.app.now();
        self.app
            .store
            .write(move |tx| {
                let Some(message) = store::message(tx, &id)? else {
                    return Ok(());
                };
                let next_at = now + retry_after(ending.outcome, attempt);
                let event = Event::Answered(attempt, ending.outcome);
                let moved = apply_at(tx, &message, event, next_at)?;
                store::end_attempt(tx, &id, attempt, &ending.code, &ending.detail, now)?;
                if moved.is_none() {
                    return Ok(());
                }
                match ending.outcome {
                    Outcome::Accepted => {
                        let provider_id = ending.provider_id.unwrap_or_default();
                        store::set_sent(tx, &id, &provider_id, None, now, now)?;
                    }
                    Outcome::Refused => {
                        store::set_failed(tx, &id, &ending.code, &ending.detail, now)?;
                    }
                    Outcome::NotSent | Outcome::Unclear => {}
                }
                if ending.login {
                    store::set_paused(tx, &account.id, Some((&ending.detail, now)))?;
                }
                Ok(())
            })
            .await
    }

    /// Asks the provider after messages whose answer was lost.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn look_up_round(&self) -> Result<usize> {
        let now = self.app.now();
        let batch = self
            .app
            .store
            .read(move |tx| store::unknown_due(tx, now, BATCH))
            .await?;
        let count = batch.len();
        let results = join_all(batch.into_iter().map(|message| self.look_up(message))).await;
        log_failures(results);
        Ok(count)
    }

    async fn look_up(&self, mut message: Outgoing) -> Result<()> {
        let account = self.account_of(&message).await?;
        let client = account::client(&self.app, &account)?;
        let began = self.app.now();
        let since = message.submitting_since.unwrap_or(began);
        let next_at = began + look_up_pause(since, began);
        if !self.take(&message, false, next_at).await? {
            return Ok(());
        }
        message.next_at = next_at;
        let answer = find(&client, &message.rfc_message_id, since, began).await;
        let login = answer.as_ref().err().is_some_and(needs_login);
        let automatic = self.resends_absent().await?;
        self.app
            .store
            .write(move |tx| {
                match answer {
                    Ok(Some((provider_id, folder))) => {
                        let event = Event::Found(message.attempt);
                        if apply(tx, &message, event, began)?.is_some() {
                            let folder = Some(folder.as_str());
                            store::set_sent(tx, &message.id, &provider_id, folder, since, began)?;
                            let attempt = message.attempt;
                            store::end_attempt(tx, &message.id, attempt, "found", "", began)?;
                        }
                    }
                    Ok(None) => absent(tx, &message, since, began, automatic)?,
                    Err(error) if login => {
                        store::set_paused(tx, &account.id, Some((&error.sentence(), began)))?;
                    }
                    Err(_) if began > since + LOOKED_UP_FOR => {
                        store::set_next(tx, &message, next_at, true)?;
                    }
                    Err(_) => {}
                }
                Ok(())
            })
            .await
    }

    /// Whether a message that is surely absent is sent again without a person.
    async fn resends_absent(&self) -> Result<bool> {
        let chosen = self
            .app
            .store
            .read(|tx| setting::text(tx, setting::RESEND_ABSENT))
            .await?;
        Ok(chosen.map_or(self.app.mode == Mode::Rehearsal, |value| value == "1"))
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
        let count = batch.len();
        let results = join_all(batch.into_iter().map(|message| self.poll(message))).await;
        log_failures(results);
        Ok(count)
    }

    async fn poll(&self, message: Outgoing) -> Result<()> {
        let account = self.account_of(&message).await?;
        let client = account::client(&self.app, &account)?;
        let now = self.app.now();
        let sent_at = message.sent_at.unwrap_or(now);
        let next_at = now + poll_pause(sent_at, now);
        if !self.take(&message, true, next_at).await? {
            return Ok(());
        }
        let (listed, folder) = self.list_evidence(&client, &message).await;
        let ((brought, answers), error, login) = match listed {
            Ok(listed) => (
                self.with_files(&client, &account, &message, listed).await?,
                None,
                false,
            ),
            Err(error) => {
                let login = needs_login(&error);
                (Default::default(), Some(error.sentence()), login)
            }
        };
        let arrived = self.app.now();
        let ids = Arc::clone(&self.app.ids);
        self.app
            .store
            .write(move |tx| {
                let channel = message.channel;
                let status = evidence::keep(tx, channel, &message.id, &brought, arrived, &*ids)?;
                revocation::record(tx, &message.id, &answers, arrived)?;
                let complete = brought.iter().all(|one| one.blob.is_some());
                // A notice is finished when it is served, whether somebody read it or not.
                let end = match channel {
                    Channel::Uets => Standing::Served,
                    _ => Standing::Read,
                };
                let finished = status.standing == end && complete && error.is_none();
                let over = finished || arrived > sent_at + POLLED_FOR;
                let poll_at = (!over).then_some(next_at);
                store::set_poll(
                    tx,
                    &message.id,
                    poll_at,
                    error.as_deref(),
                    folder.as_deref(),
                )?;
                if login {
                    let reason = error.unwrap_or_default();
                    store::set_paused(tx, &account.id, Some((&reason, arrived)))?;
                }
                Ok(())
            })
            .await
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

    /// Fetches the files that are not kept yet and checks each as it arrives; one that cannot be
    /// had now is asked for next time. Of those checked before, one whose signer's revocation could
    /// not be told is checked again. Beside them what revocation services answered.
    async fn with_files(
        &self,
        client: &PttClient,
        account: &Account,
        message: &Outgoing,
        listed: Vec<Evidence>,
    ) -> Result<(Vec<Brought>, Vec<Answer>)> {
        let id = message.id.clone();
        let kept = self.app.store.read(move |tx| evidence::of(tx, &id)).await?;
        let demand = account::demand(&self.app, account)?;
        let mut examiner = Examiner::new(&self.app, demand, &message.id).await?;
        let subject = Subject::of(message);
        let mut brought = Vec::with_capacity(listed.len());
        for evidence in listed {
            let known = kept.iter().find(|stored| stored.fact.id == evidence.id);
            let blob = known.and_then(|stored| stored.blob_hash.clone());
            let checked = known.and_then(|stored| stored.check.as_ref());
            let settled = checked.is_some_and(|check| !revocation::is_open(check));
            if blob.is_some() && settled {
                brought.push(Brought {
                    evidence,
                    blob,
                    check: None,
                });
                continue;
            }
            let bytes = match &blob {
                // Kept before files were checked.
                Some(hash) => Some(self.app.blobs.get(hash).await?),
                None => client.evidence_file(&evidence.id).await.ok(),
            };
            let Some(bytes) = bytes else {
                brought.push(Brought {
                    evidence,
                    blob: None,
                    check: None,
                });
                continue;
            };
            let hash = self.app.blobs.put(bytes.clone()).await?;
            let evidence = evidence.with_file(bytes, &client.settings().recognition);
            let listed = Listed {
                kind: evidence.kind,
                at: evidence.time.at,
            };
            let raw = evidence.raw.clone().unwrap_or_default();
            let check = examiner.check(raw, listed, &subject).await?;
            // A second look that can tell no more than the first is no news.
            let news = checked.is_none() || !revocation::is_open(&check);
            brought.push(Brought {
                evidence,
                blob: Some(hash),
                check: news.then_some(check),
            });
        }
        Ok((brought, examiner.into_answers()))
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
        let id = message.account_id.clone();
        let account = self
            .app
            .store
            .read(move |tx| store::account(tx, &id))
            .await?;
        account.ok_or_else(|| anyhow::anyhow!("a message without its account").into())
    }
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

/// One complete listing did not show the message: note it, and resend, wait or ask a person.
fn absent(
    tx: &mut Tx<'_>,
    message: &Outgoing,
    since: Timestamp,
    listed_at: Timestamp,
    automatic: bool,
) -> Result<()> {
    store::note_absence(tx, message, listed_at)?;
    let delay = setting::number(tx, setting::PROVIDER_DELAY_SECONDS)?;
    let late_enough = listed_at > since + SignedDuration::from_secs(delay);
    if message.absence_listings + 1 < 2 || !late_enough {
        return Ok(());
    }
    if !automatic {
        store::set_next(tx, message, message.next_at, true)?;
        return Ok(());
    }
    if apply(tx, message, Event::Absent(message.attempt), listed_at)?.is_some() {
        store::end_attempt(tx, &message.id, message.attempt, "absent", "", listed_at)?;
    }
    Ok(())
}

/// Looks through every folder for the Message-ID. `Ok(None)` means: all were listed completely
/// and none has it.
async fn find(
    client: &PttClient,
    rfc_message_id: &str,
    since: Timestamp,
    now: Timestamp,
) -> Result<Option<(String, String)>, CallError> {
    // A day on both sides: the provider's clock is not ours.
    let day = SignedDuration::from_hours(24);
    let wanted = bare(rfc_message_id);
    for folder in client.folders().await? {
        for row in client.list(&folder, since - day, now + day).await? {
            let same = row.original_message_id.as_deref().map(bare) == Some(wanted);
            if let (true, Some(id)) = (same, row.kep_id) {
                return Ok(Some((id, folder)));
            }
        }
    }
    Ok(None)
}

fn bare(message_id: &str) -> &str {
    message_id.trim().trim_matches(['<', '>'])
}

/// The folder of sent mail among those that the provider names; sources disagree on the name.
fn sent_folder(folders: &[String]) -> String {
    folders
        .iter()
        .find(|folder| {
            let name = folder.to_ascii_lowercase();
            name.contains("sent") || name.contains("outbox")
        })
        .cloned()
        .unwrap_or_else(|| "OUTBOX".to_owned())
}

fn needs_login(error: &CallError) -> bool {
    matches!(
        error,
        CallError::LoginNeeded { .. } | CallError::Unauthorized { .. }
    )
}

fn ending_of(answer: Result<Option<String>, CallError>) -> Ending {
    let error = match answer {
        Ok(provider_id) => {
            // Without the provider's id evidence cannot be asked for: look the message up.
            let known = provider_id.is_some();
            return Ending {
                outcome: if known {
                    Outcome::Accepted
                } else {
                    Outcome::Unclear
                },
                code: "accepted".to_owned(),
                detail: String::new(),
                provider_id,
                login: false,
            };
        }
        Err(error) => error,
    };
    let login = needs_login(&error);
    let outcome = match error.effect() {
        Effect::Unknown => Outcome::Unclear,
        Effect::None if login || error.is_transient() => Outcome::NotSent,
        Effect::None => Outcome::Refused,
    };
    Ending {
        outcome,
        code: error.code().to_owned(),
        detail: error.sentence(),
        provider_id: None,
        login,
    }
}

/// Back-off after a call that surely did nothing; a lost answer is looked up at once.
fn retry_after(outcome: Outcome, attempt: i64) -> SignedDuration {
    if outcome != Outcome::NotSent {
        return SignedDuration::ZERO;
    }
    SignedDuration::from_secs(match attempt {
        ..=1 => 5,
        2 => 30,
        3 => 120,
        4 => 300,
        5 => 900,
        6 => 1800,
        _ => 3600,
    })
}

/// A lost answer is asked after often at first, then ever less.
fn look_up_pause(since: Timestamp, now: Timestamp) -> SignedDuration {
    let elapsed = now.duration_since(since).as_secs();
    SignedDuration::from_secs((elapsed / 2).clamp(1, 300))
}

/// Evidence is asked for every five seconds at first, after a day every three hours.
fn poll_pause(sent_at: Timestamp, now: Timestamp) -> SignedDuration {
    let elapsed = now.duration_since(sent_at).as_secs();
    SignedDuration::from_secs((elapsed / 8).clamp(5, 6 * 3600))
}

fn log_failures(results: Vec<Result<()>>) {
    for error in results.into_iter().filter_map(Result::err) {
        tracing::error!(%error, "one message could not be handled; it is tried again");
    }
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
