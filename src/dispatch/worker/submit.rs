//! Handing stored messages over. The intent is written down before anything else, so whatever goes
//! wrong afterwards is told on the message, which waits its turn; it never holds up another one.

use std::sync::Arc;

use futures_util::future::join_all;
use jiff::{SignedDuration, Timestamp};
use kep::client::{CallError, Effect};
use kep::message::MessageKind;

use super::{BATCH, Trouble, Worker, account_of, apply, apply_at, done, needs_login};
use crate::dispatch::machine::{Event, Outcome};
use crate::dispatch::store::{self, Account, Outgoing};
use crate::dispatch::uets::{self, NoticeService as _};
use crate::dispatch::{account, crash, send};
use crate::distribution::Channel;
use crate::error::{Result, conflict};
use crate::setting;

/// Making a call ready takes moments; whatever the setting says, it has these.
const LEAST_GRACE: SignedDuration = SignedDuration::from_secs(5);

/// How an attempt ended, as the outbox needs it.
struct Ending {
    outcome: Outcome,
    /// Stable word for the attempt's record.
    code: String,
    /// For people.
    detail: String,
    provider_id: Option<String>,
    /// A person must look after the account before its queue goes on.
    login: bool,
}

impl Worker {
    /// Ends holds, rescues orphans, hands over what is due: new ones and ones tried before apart,
    /// so that new work flows past a backlog. Says how many were handled.
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
        Ok(done(
            join_all(batch.into_iter().map(|message| self.submit(message))).await,
        ))
    }

    async fn submit(&self, message: Outgoing) -> Result<()> {
        let Some((attempt, account, start_by)) = self.claim(&message).await? else {
            return Ok(());
        };
        let ending = match self.hand_over(&message, &account, start_by).await {
            Ok(answer) => ending_of(answer),
            Err(error) => {
                let code = error.code().to_owned();
                unprepared(code, Trouble::of(&error, &message.id))
            }
        };
        self.record(message.id, account, attempt, ending).await
    }

    /// Writes the intent down before the call; nothing when another worker has the message. Says
    /// until when the call has to begin so that it ends within the lease.
    async fn claim(&self, message: &Outgoing) -> Result<Option<(i64, Account, Timestamp)>> {
        let now = self.app.now();
        let (message, owner) = (message.clone(), Arc::clone(&self.owner));
        self.app
            .store
            .write(move |tx| {
                let account = account_of(tx, &message)?;
                let Some(next) = apply(tx, &message, Event::Claimed, now)? else {
                    return Ok(None);
                };
                let grace = setting::number(tx, setting::LEASE_GRACE_SECONDS)?;
                let start_by = now + SignedDuration::from_secs(grace).max(LEAST_GRACE);
                let until = start_by + account::patience(&account);
                store::begin_attempt(tx, &message.id, next.attempt, &owner, until, now)?;
                Ok(Some((next.attempt, account, start_by)))
            })
            .await
    }

    /// Makes ready what the call needs, and calls.
    ///
    /// # Errors
    /// When no call was made; how a call ended is in the answer.
    async fn hand_over(
        &self,
        message: &Outgoing,
        account: &Account,
        start_by: Timestamp,
    ) -> Result<Result<Option<String>, CallError>> {
        let bytes = send::bytes(&self.app, message).await?;
        if message.channel == Channel::Uets {
            let service = uets::service(&self.app, account)?;
            self.about_to_call(start_by)?;
            let answer = service.hand_over(message, bytes).await;
            crash::point(crash::AFTER_CALL);
            return Ok(answer);
        }
        let client = account::client(&self.app, account)?;
        self.about_to_call(start_by)?;
        let answer = client.send(bytes, MessageKind::EYazisma).await;
        crash::point(crash::AFTER_CALL);
        Ok(answer.map(|sent| sent.kep_id))
    }

    /// A worker that stood still since its claim must not call any more: another one may have taken
    /// the message for lost, proved that it is absent and sent it (decision 14).
    ///
    /// # Errors
    /// `gonderim_gecikti`.
    fn about_to_call(&self, start_by: Timestamp) -> Result<()> {
        if self.app.now() > start_by {
            return Err(conflict(
                "gonderim_gecikti",
                "Gönderim hazırlanırken ayrılan süre doldu; çağrı yapılmadı, ileti yeniden sıraya \
                 girer.",
            ));
        }
        crash::point(crash::BEFORE_CALL);
        crash::point_within(crash::DURING_CALL, 4);
        Ok(())
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
}

fn unprepared(code: String, trouble: Trouble) -> Ending {
    Ending {
        outcome: Outcome::NotSent,
        code,
        detail: trouble.words,
        provider_id: None,
        login: trouble.login,
    }
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

/// Back-off after an attempt that surely did nothing; a lost answer is looked up at once.
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
