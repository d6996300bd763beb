//! The KEP mailboxes: listed, fetched, opened, registered once, confirmed after.
//!
//! Each step is a row's state, so that a process killed anywhere goes on where it stood:
//! *listed* → (bytes in the blob store) *stored* → *registered*, or *evidence*, *duplicate*,
//! *unreadable*. What cannot be read is set aside and shown; it never holds anything else up.

pub mod envelope;
mod open;
mod package;
mod provider;
pub mod screen;
mod signature;
mod store;

use std::collections::HashSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures_util::future::join_all;
use tokio::sync::watch;
use tokio::task::JoinSet;

use super::register;
use crate::access::{Act, Actor};
use crate::app::App;
use crate::dispatch::crash;
use crate::error::Result;
use crate::setting;
use crate::store::Tx;

pub(crate) use store::confirm_due;
pub(in crate::inbox) use store::original;
pub use store::{Handled, Message, MessageState, Trouble};

use open::Opened;
use signature::Outside;
use store::{Lane, Turn};

/// Messages handled at a time, of one account where they come from a provider.
const BATCH: usize = 4;
/// Between two looks at what is due.
const PAUSE: Duration = Duration::from_millis(500);
/// Told about a message that opens and still cannot be written down.
const NOT_REGISTERED: &str = "İleti okundu ama kayda yazılamadı; ileti saklandı. Yeniden deneyin, \
     sürerse DYS yöneticinize bildirin.";
/// A message that the provider refuses to give is set aside after so many tries.
const MOST_TRIES: i64 = 5;

/// The turns that tasks of this process are taking; another process is kept off by the rows.
#[derive(Clone, Default)]
struct UnderWay(Arc<Mutex<HashSet<Turn>>>);

/// One turn, free again when this is dropped.
struct Claim {
    turn: Turn,
    under_way: UnderWay,
}

impl UnderWay {
    /// None while a task is at it.
    fn claim(&self, turn: Turn) -> Option<Claim> {
        self.turns().insert(turn.clone()).then(|| Claim {
            turn,
            under_way: self.clone(),
        })
    }

    fn turns(&self) -> MutexGuard<'_, HashSet<Turn>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Claim {
    fn drop(&mut self) {
        self.under_way.turns().remove(&self.turn);
    }
}

/// The worker of the mailboxes.
#[derive(Clone)]
pub struct Mailboxes {
    app: App,
    /// The way to revocation data of what others signed.
    outside: Outside,
}

impl Mailboxes {
    #[must_use]
    pub fn new(app: App) -> Self {
        Self {
            app,
            outside: Outside::default(),
        }
    }

    /// Works until `stop` says so. What is done for one account at its provider is a task of its
    /// own, and registering goes on beside: a provider that does not answer keeps nobody else up.
    pub async fn run(self, stop: watch::Receiver<bool>) {
        tokio::join!(self.take_turns(stop.clone()), self.keep_registering(stop));
    }

    async fn take_turns(&self, mut stop: watch::Receiver<bool>) {
        let under_way = UnderWay::default();
        let mut tasks = JoinSet::new();
        while !*stop.borrow() {
            match self.due().await {
                Ok(due) => {
                    for claim in due.into_iter().filter_map(|turn| under_way.claim(turn)) {
                        let worker = self.clone();
                        tasks.spawn(async move { worker.try_turn(&claim.turn).await });
                    }
                }
                Err(error) => tracing::error!(%error, "it is not known which mailboxes are due"),
            }
            tokio::select! {
                () = tokio::time::sleep(PAUSE) => {}
                _ = stop.wait_for(|stop| *stop) => {}
                // Where something was done, more may be due at once.
                Some(Ok(true)) = tasks.join_next() => {}
            }
        }
        // A call that has begun may end.
        while tasks.join_next().await.is_some() {}
    }

    async fn try_turn(&self, turn: &Turn) -> bool {
        match self.take_turn(turn).await {
            Ok(done) => done > 0,
            Err(error) => {
                tracing::error!(%error, "a mailbox's turn failed; it is tried again");
                false
            }
        }
    }

    async fn keep_registering(&self, mut stop: watch::Receiver<bool>) {
        while !*stop.borrow() {
            match self.register_round().await {
                Ok(done) if done > 0 => continue,
                Ok(_) => {}
                Err(error) => tracing::error!(%error, "registering failed; it is tried again"),
            }
            let _ = tokio::time::timeout(PAUSE, stop.wait_for(|stop| *stop)).await;
        }
    }

    /// One round of everything, each step waited for; says how many items were handled.
    ///
    /// # Errors
    /// When the store fails. What a provider does is never an error here.
    pub async fn round(&self) -> Result<usize> {
        let mut done = self.lane_round(Lane::List).await? + self.lane_round(Lane::Fetch).await?;
        done += self.register_round().await?;
        Ok(done + self.lane_round(Lane::Confirm).await?)
    }

    async fn lane_round(&self, lane: Lane) -> Result<usize> {
        let due = self.due().await?;
        let turns = due.iter().filter(|turn| turn.lane == lane);
        let results = join_all(turns.map(|turn| self.take_turn(turn))).await;
        results.into_iter().sum()
    }

    async fn due(&self) -> Result<Vec<Turn>> {
        let now = self.app.now();
        Ok(self.app.store.read(move |tx| store::due(tx, now)).await?)
    }

    /// Opens what is stored and writes it into the registry; what cannot be read is set aside.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn register_round(&self) -> Result<usize> {
        let now = self.app.now();
        let batch = self
            .app
            .store
            .write(move |tx| store::take_stored(tx, now, BATCH))
            .await?;
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
        let opened = open::open(&self.app, &self.outside, &message, bytes).await?;
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
}

/// Writes down what an opened message turned out to be, once.
fn settle(tx: &mut Tx<'_>, act: &Act<'_>, message: &Message, opened: Opened) -> Result<()> {
    let mut letter = match opened {
        Opened::Unreadable { code, sentence } => {
            store::set_aside(tx, message, code, &sentence)?;
            return Ok(());
        }
        Opened::Evidence { about } => {
            let id = &message.org_message_id;
            store::finish(tx, message, MessageState::Evidence, id, None, None)?;
            crate::dispatch::ask_for_evidence(tx, &about, act.now)?;
            return Ok(());
        }
        Opened::Letter(letter) => letter,
    };
    // Where the listing told no Message-ID, the message's own.
    let org_message_id = match message.org_message_id.as_str() {
        "" => provider::usable_id(&letter.message_id).unwrap_or_default(),
        told => told.to_owned(),
    };
    if !store::finish(
        tx,
        message,
        MessageState::Registered,
        &org_message_id,
        Some(&letter.content),
        letter.entry.delivered_at,
    )? {
        // Another worker was faster; what it wrote stands.
        return Ok(());
    }
    let others = store::same_original(tx, message, &org_message_id, &letter.content)?;
    if others.contains(&letter.content) {
        store::mark_duplicate(tx, &message.id, act.now)?;
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
