//! The running application: the store, the blobs, and where time and identifiers come from.

use std::path::Path;
use std::sync::Arc;

use anyhow::{Context as _, bail};
use jiff::Timestamp;
use tokio::sync::Semaphore;

use crate::access::{Act, Actor};
use crate::clock::{Clock, SystemClock};
use crate::config::{Config, Mode};
use crate::directory::own;
use crate::dispatch::lookup::Silent;
use crate::document::press::Press;
use crate::error::Result;
use crate::ids::{Ids, SystemIds};
use crate::setting;
use crate::signature::outside::Fetchers;
use crate::store::{Blobs, Location, Store, StoreError, Tx};

/// Passwords hashed at the same time at most; each takes 19 MB.
const PARALLEL_HASHES: usize = 2;

/// Everything that handlers and the worker need; cheap to clone.
#[derive(Clone)]
pub struct App {
    pub store: Store,
    pub blobs: Blobs,
    pub clock: Arc<dyn Clock>,
    pub ids: Arc<dyn Ids>,
    pub config: Arc<Config>,
    pub mode: Mode,
    pub hashing: Arc<Semaphore>,
    pub press: Arc<Press>,
    pub fetchers: Arc<Fetchers>,
    pub silent_directories: Arc<Silent>,
}

impl App {
    /// Opens the data folder that `config` names, making it in `mode` when it is new.
    ///
    /// # Errors
    /// When the folder was made in the other mode (it stays what it is for ever), or when files
    /// or database cannot be opened.
    pub fn open(config: Config, mode: Mode) -> anyhow::Result<Self> {
        std::fs::create_dir_all(&config.data)
            .with_context(|| format!("{}", config.data.display()))?;
        let store = open_store(&config)?;
        let blobs = Blobs::open_local(&config.data.join("blobs"))?;
        let kept = store
            .write_blocking(move |tx| fix_mode(tx, mode))
            .context("data folder")?;
        let Some(kept) = kept else {
            bail!(
                "{} klasöründe örnek birimler ya da örnek kullanıcılar var; böyle bir klasör \
                 gerçek kurulum olamaz. DYS_DATA ile boş bir klasör seçip yalnızca kendi \
                 rehberinizi yükleyin ya da bu klasörü prova olarak açın: dys serve --rehearsal",
                config.data.display()
            );
        };
        if kept != mode.code() {
            bail!(
                "{} {} klasörü olarak kuruldu ve öyle kalır; başka bir klasör için DYS_DATA verin",
                config.data.display(),
                if kept == Mode::Real.code() {
                    "gerçek kurulum"
                } else {
                    "prova"
                }
            );
        }
        Ok(Self {
            store,
            blobs,
            clock: Arc::new(SystemClock),
            ids: Arc::new(SystemIds),
            config: Arc::new(config),
            mode,
            hashing: Arc::new(Semaphore::new(PARALLEL_HASHES)),
            press: Arc::new(Press::default()),
            fetchers: Arc::default(),
            silent_directories: Arc::default(),
        })
    }

    /// Opens a data folder that is there already, in the mode that it was made in.
    ///
    /// # Errors
    /// When there is none, and as [`Self::open`].
    pub fn open_existing(config: Config) -> anyhow::Result<Self> {
        if config.database.is_none() && !config.data.join("dys.db").is_file() {
            bail!("{} bir DYS veri klasörü değil", config.data.display());
        }
        let kept = open_store(&config)?
            .read_blocking(|tx| setting::text(tx, setting::MODE))
            .context("data folder")?;
        let mode = match kept.as_deref() {
            Some(kept) if kept == Mode::Real.code() => Mode::Real,
            Some(_) => Mode::Rehearsal,
            None => bail!("{} bir DYS veri klasörü değil", config.data.display()),
        };
        Self::open(config, mode)
    }

    /// The same application with another clock and another source of identifiers.
    #[must_use]
    pub fn with(mut self, clock: Arc<dyn Clock>, ids: Arc<dyn Ids>) -> Self {
        self.clock = clock;
        self.ids = ids;
        self
    }

    /// Now, by the application's clock.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Runs a use case of `actor` in a writing transaction.
    ///
    /// # Errors
    /// Those of `work`.
    pub async fn write<T: Send + 'static>(
        &self,
        actor: &Actor,
        work: impl FnOnce(&mut Tx<'_>, &Act<'_>) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let (actor, now, ids) = (actor.clone(), self.now(), Arc::clone(&self.ids));
        self.store
            .write(move |tx| {
                work(
                    tx,
                    &Act {
                        actor: &actor,
                        now,
                        ids: &*ids,
                    },
                )
            })
            .await
    }

    /// Runs a question of `actor` on a snapshot.
    ///
    /// # Errors
    /// Those of `work`.
    pub async fn read<T: Send + 'static>(
        &self,
        actor: &Actor,
        work: impl FnOnce(&mut Tx<'_>, &Act<'_>) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let (actor, now, ids) = (actor.clone(), self.now(), Arc::clone(&self.ids));
        self.store
            .read(move |tx| {
                work(
                    tx,
                    &Act {
                        actor: &actor,
                        now,
                        ids: &*ids,
                    },
                )
            })
            .await
    }
}

/// Fixes the mode of a new folder and says which one stands; `None` when it would become real over
/// demo data, whatever the order in which a person set it up (decision 15).
fn fix_mode(tx: &mut Tx<'_>, mode: Mode) -> Result<Option<String>, StoreError> {
    let is_new = setting::text(tx, setting::MODE)?.is_none();
    if is_new && mode == Mode::Real && own::has_demo(tx)? {
        return Ok(None);
    }
    setting::fix(tx, setting::MODE, mode.code()).map(Some)
}

/// Opens the database that `config` names.
///
/// # Errors
/// When it cannot be opened.
pub fn open_store(config: &Config) -> anyhow::Result<Store> {
    let file = config.data.join("dys.db");
    let location = match &config.database {
        Some(url) => Location::Postgres(url),
        None => Location::Sqlite(Path::new(&file)),
    };
    Ok(Store::open(&location)?)
}
