//! What is asked of a provider for one account: listing, fetching, confirming.

use std::sync::Arc;

use futures_util::future::join_all;
use jiff::{SignedDuration, Timestamp};
use kep::client::{CallError, MessageRef, PttClient};

use super::store::{self, Lane, Message, Turn};
use super::{BATCH, MOST_TRIES, Mailboxes, open};
use crate::dispatch::account::{self, Account};
use crate::dispatch::crash;
use crate::error::Result;
use crate::setting;

/// How far back a mailbox is looked at the first time.
const FIRST_LOOK: SignedDuration = SignedDuration::from_hours(30 * 24);
/// Listings overlap by this much: messages may be listed late, clocks differ.
const OVERLAP: SignedDuration = SignedDuration::from_hours(48);
/// Most bytes of an identifier: a line of a message (RFC 5322) holds no longer one.
const LONGEST_ID: usize = 998;

impl Mailboxes {
    /// Does what is due for one account; says how many items were handled.
    ///
    /// # Errors
    /// When the store fails. What a provider does is never an error here.
    pub(super) async fn take_turn(&self, turn: &Turn) -> Result<usize> {
        let (now, account_id) = (self.app.now(), turn.account_id.clone());
        let handled: Vec<Result<()>> = match turn.lane {
            Lane::List => {
                let taken = self
                    .app
                    .store
                    .write(move |tx| -> Result<_> {
                        let pause = setting::number(tx, setting::MAILBOX_SECONDS)?;
                        let next = now + SignedDuration::from_secs(pause);
                        Ok(store::take_mailbox(tx, &account_id, now, next)?)
                    })
                    .await?;
                return match taken {
                    Some((account, until)) => self.list(account, until).await,
                    None => Ok(0),
                };
            }
            Lane::Fetch => {
                let batch = self
                    .app
                    .store
                    .write(move |tx| store::take_listed(tx, &account_id, now, BATCH))
                    .await?;
                join_all(batch.into_iter().map(|message| self.fetch(message))).await
            }
            Lane::Confirm => {
                let batch = self
                    .app
                    .store
                    .write(move |tx| store::take_confirmations(tx, &account_id, now, BATCH))
                    .await?;
                join_all(batch.into_iter().map(|message| self.confirm(message))).await
            }
        };
        let count = handled.len();
        for error in handled.into_iter().filter_map(Result::err) {
            tracing::error!(%error, "one message could not be handled; it is tried again");
        }
        Ok(count)
    }

    /// Notes every message of the mailbox once; only a complete listing moves the mark.
    async fn list(&self, account: Account, until: Option<Timestamp>) -> Result<usize> {
        let began = self.app.now();
        let since = until.map_or(began - FIRST_LOOK, |until| until - OVERLAP);
        let answer = match account::client(&self.app, &account) {
            Ok(client) => rows(&client, since, began).await.map_err(Unread::from),
            Err(error) => Err(Unread::without_client(&error)),
        };
        let ids = Arc::clone(&self.app.ids);
        self.app
            .store
            .write(move |tx| {
                let (rows, error) = match answer {
                    Ok(rows) => (rows, None),
                    Err(error) => (Vec::new(), Some(error)),
                };
                let mut fresh = 0;
                let mut whole = error.is_none();
                let any_aside = store::nameless(tx, &account.id)? > 0;
                for row in &rows {
                    let id = crate::ids::new_id(&*ids, began);
                    let Some(kep_id) = &row.kep_id else {
                        whole &= store::set_nameless_aside(tx, &id, &account.id, row, began)?;
                        continue;
                    };
                    let is_new = (any_aside
                        && store::take_up_named(tx, &account.id, kep_id, row, began)?)
                        || store::note(tx, &id, &account.id, kep_id, row, began)?;
                    fresh += usize::from(is_new);
                }
                let done = whole.then_some(began);
                let words = error.as_ref().map_or("", |error| error.words.as_str());
                store::listed(tx, &account.id, done, words, began)?;
                if let Some(error) = error.as_ref().filter(|error| error.needs_login) {
                    crate::dispatch::pause(tx, &account.id, &error.words, began)?;
                }
                Ok(fresh)
            })
            .await
    }

    /// Raw bytes into the blob store, then the row that names them.
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
                                (error.code(), error.sentence_of_question())
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
                            &error.sentence_of_question(),
                        )
                    })
                    .await?;
            }
        }
        Ok(())
    }

    /// Confirms what is registered: only now may it count as read (decision 23).
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
            let fits = |id: &String| !id.trim().is_empty() && id.len() <= LONGEST_ID;
            let sender = row.from_kep.or(row.from).unwrap_or_default();
            rows.push(store::Row {
                kep_id: row.kep_id.filter(fits),
                sequence: row.sequence,
                folder: folder.clone(),
                org_message_id: row
                    .original_message_id
                    .and_then(|id| usable_id(&id))
                    .unwrap_or_default(),
                sender: open::line(&sender),
                subject: open::line(&row.subject.unwrap_or_default()),
                evidence,
            });
        }
    }
    Ok(rows)
}

/// A Message-ID without its brackets, if a database can hold and find it.
pub(super) fn usable_id(told: &str) -> Option<String> {
    let bare = told.trim().trim_matches(['<', '>']);
    let fits = !bare.is_empty() && bare.len() <= LONGEST_ID && !bare.contains(char::is_control);
    fits.then(|| bare.to_owned())
}

/// The mark from which a listing shows again what one showed at this moment.
pub(super) fn mark_before(listed_at: Timestamp) -> Timestamp {
    listed_at - (FIRST_LOOK - OVERLAP)
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

/// Why a mailbox could not be listed.
struct Unread {
    words: String,
    /// The account is paused until somebody logs in.
    needs_login: bool,
}

impl From<CallError> for Unread {
    fn from(error: CallError) -> Self {
        Self {
            words: error.sentence_of_question(),
            needs_login: needs_login(&error),
        }
    }
}

impl Unread {
    fn without_client(error: &crate::error::Error) -> Self {
        tracing::error!(%error, "an account cannot be used");
        Self {
            words: "Hesabın parolası ya da ayarları okunamadı. DYS yöneticiniz Yönetim › KEP \
                    Hesapları ekranında yeniden girmeli."
                .to_owned(),
            needs_login: false,
        }
    }
}
