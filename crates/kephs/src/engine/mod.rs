//! The provider at work: everything that the SOAP service, the pages and the admin API call.

mod accounts;
mod authority;
mod delivery;
pub mod drafts;
mod issue;
mod mailbox;
mod notice;
mod rules;
mod submission;

use std::{
    sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError},
    time::Duration,
};

use jiff::SignedDuration;
use rusqlite::{Connection, Transaction};
use tokio::sync::{Notify, watch};

pub use accounts::{Credentials, LoginKind, LoginStep};
pub use mailbox::{EvidenceView, File, Listed, MessageRef, Part};
pub use notice::{HandoverList, NoticeLabel, uets_address};

use seal::rehearsal::{Answer, Authority, ServiceKind};

use crate::{
    clock::{Clock, ManualClock, Millis, SystemClock},
    config::Config,
    error::{Error, Result},
    ids::{Ids, RandomIds},
    notary::Notary,
    store::{self, Store, jobs},
};

/// The folder of received messages.
pub const INBOX: &str = "INBOX";
/// The folder of sent messages.
pub const SENT: &str = "INBOX.Sent";
/// The folder of evidence mail.
pub const EVIDENCE: &str = "INBOX.Delil";
/// The folders that every account has.
pub const FOLDERS: [&str; 3] = [INBOX, SENT, EVIDENCE];

const CLOCK_KEY: &str = "manual_clock";

/// A rehearsal provider over its database. All functions block; none waits for time to pass.
pub struct Provider {
    config: Config,
    store: Mutex<Store>,
    clock: Arc<dyn Clock>,
    ids: Arc<dyn Ids>,
    notary: Notary,
    wake: Notify,
    authority: OnceLock<Authority>,
    /// The time as last moved by hand.
    moved: watch::Sender<Millis>,
}

impl Provider {
    /// Opens the data folder with the clock that the configuration asks for.
    pub fn open(config: Config) -> Result<Self> {
        let store = Store::open(&config.data)?;
        let clock: Arc<dyn Clock> = match config.manual_clock {
            None => Arc::new(SystemClock),
            Some(start) => {
                let stood_at = store::meta(store.read(), CLOCK_KEY)?.and_then(|at| at.parse().ok());
                Arc::new(ManualClock::starting_at(stood_at.unwrap_or(start)))
            }
        };
        Self::over(config, store, clock, Arc::new(RandomIds))
    }

    /// Opens the data folder with a given clock and source of ids.
    pub fn open_with(config: Config, clock: Arc<dyn Clock>, ids: Arc<dyn Ids>) -> Result<Self> {
        let store = Store::open(&config.data)?;
        Self::over(config, store, clock, ids)
    }

    fn over(
        config: Config,
        store: Store,
        clock: Arc<dyn Clock>,
        ids: Arc<dyn Ids>,
    ) -> Result<Self> {
        config.check()?;
        let accounts = config.accounts.clone();
        let moved = watch::Sender::new(clock.now());
        let notary = Notary::open(&config.data, clock.now(), Arc::clone(&ids))?;
        let provider = Self {
            config,
            store: Mutex::new(store),
            clock,
            ids,
            notary,
            wake: Notify::new(),
            authority: OnceLock::new(),
            moved,
        };
        for account in &accounts {
            provider.put_account(account)?;
        }
        for address in provider.config.local_addresses.clone() {
            provider.ensure_mailbox(&address)?;
        }
        Ok(provider)
    }

    /// What the provider was started with.
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// The root under which evidence is signed, in PEM.
    pub fn root_pem(&self) -> String {
        self.notary.root_pem()
    }

    /// Revocation lists of that authority as of now, in DER.
    pub fn revocation_lists(&self) -> Result<Vec<Vec<u8>>> {
        self.notary.revocation_lists(self.now())
    }

    /// Answers one request to the services of that authority.
    pub fn evidence_service(&self, service: ServiceKind, body: &[u8]) -> Result<Answer> {
        self.notary.answer(service, body, self.now())
    }

    /// The provider's present moment.
    pub fn now(&self) -> Millis {
        self.clock.now()
    }

    /// Whether the clock moves only by [`Provider::advance`].
    pub fn has_manual_clock(&self) -> bool {
        self.clock.is_manual()
    }

    /// Does every step that is due, each in a transaction of its own, and answers how many.
    pub fn tick(&self) -> Result<usize> {
        let mut count = 0;
        while self.write(|tx, now| match jobs::next_due(tx, now)? {
            None => Ok(false),
            Some(job) => {
                self.do_step(tx, &job, now)?;
                jobs::done(tx, job.id)?;
                Ok(true)
            }
        })? {
            count += 1;
        }
        Ok(count)
    }

    /// When the next step is due, if one is planned.
    pub fn next_step_at(&self) -> Result<Option<Millis>> {
        jobs::next_time(self.lock().read())
    }

    /// Resolves when new steps may have been planned.
    pub async fn planned(&self) {
        self.wake.notified().await;
    }

    /// Moves the manual clock and does what became due; the new time stays after a restart.
    pub fn advance(&self, by: SignedDuration) -> Result<Millis> {
        let now = self.clock.advance(by).ok_or_else(|| {
            Error::Config(
                "Saat elle ilerletilemez; sağlayıcıyı --manual-clock ile başlatın.".into(),
            )
        })?;
        self.write(|tx, _| store::set_meta(tx, CLOCK_KEY, &now.to_string()))?;
        self.tick()?;
        self.moved.send_replace(now);
        Ok(now)
    }

    /// Waits until the provider's clock shows `at`; a manual clock must be moved there by
    /// [`Provider::advance`].
    pub async fn wait_until(&self, at: Millis) {
        if self.clock.is_manual() {
            // The sender lives as long as `self`, so waiting ends only by the clock.
            let _ = self.moved.subscribe().wait_for(|now| *now >= at).await;
        } else {
            let left = u64::try_from(at - self.now()).unwrap_or(0);
            tokio::time::sleep(Duration::from_millis(left)).await;
        }
    }

    fn write<T>(&self, work: impl FnOnce(&Transaction, Millis) -> Result<T>) -> Result<T> {
        let mut store = self.lock();
        let now = self.clock.now();
        store.write(|tx| work(tx, now))
    }

    fn read<T>(&self, work: impl FnOnce(&Connection, Millis) -> Result<T>) -> Result<T> {
        let store = self.lock();
        work(store.read(), self.clock.now())
    }

    /// A panic elsewhere leaves no half transaction behind, so the store stays usable.
    fn lock(&self) -> MutexGuard<'_, Store> {
        self.store.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
