//! The way out: which authority stamps, how far a signature is completed, whom the server may ask.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::{Context as _, anyhow};
use seal::fetch::{FetchLimits, Fetcher, Login};
use seal::{Level, Online, TimeStampAuthority};

use crate::app::App;
use crate::config::Mode;
use crate::dispatch::secret::SecretKey;
use crate::error::{Result, conflict};
use crate::setting;
use crate::store::{StoreError, Tx};

/// Address of the time-stamp authority (RFC 3161 over HTTP).
pub const TSA_URL: &str = "signature.tsa_url";
/// User of the authority, where it asks for one.
pub const TSA_USER: &str = "signature.tsa_user";
/// How it is told who asks: the code of a [`LoginKind`]; HTTP Basic where nothing is said.
pub const TSA_LOGIN: &str = "signature.tsa_login";
/// Its password, sealed by [`SecretKey`].
pub const TSA_PASSWORD: &str = "signature.tsa_password";
/// Hosts that may be asked though they are not public, and hosts pinned to an address:
/// `ocsp.local`, `prova-esh.example=127.0.0.1:8099`; separated by spaces.
pub const HOSTS: &str = "signature.hosts";

/// How a time-stamp authority is told who asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum LoginKind {
    #[default]
    Nobody,
    Basic,
    /// Kamu SM's header; see [`Login::Identity`].
    Identity,
}

impl LoginKind {
    pub const ALL: [Self; 3] = [Self::Nobody, Self::Basic, Self::Identity];

    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Nobody => "none",
            Self::Basic => "basic",
            Self::Identity => "identity",
        }
    }

    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::Nobody => "Yok",
            Self::Basic => "HTTP Basic",
            Self::Identity => "Kamu SM (identity)",
        }
    }

    #[must_use]
    pub fn of(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.code() == code)
    }

    /// What is meant where nothing is said.
    #[must_use]
    pub fn for_user(user: &str) -> Self {
        if user.trim().is_empty() {
            Self::Nobody
        } else {
            Self::Basic
        }
    }
}

/// What the settings say.
///
/// `Debug` is left out: it holds a password.
#[derive(Clone, PartialEq, Eq)]
struct Chosen {
    tsa_url: Option<String>,
    tsa_user: Option<String>,
    tsa_login: Option<LoginKind>,
    /// Still sealed.
    tsa_password: Option<String>,
    hosts: Vec<String>,
    /// How long one answer is waited for.
    timeout: Duration,
}

fn chosen(tx: &mut Tx<'_>) -> Result<Chosen, StoreError> {
    let filled = |text: Option<String>| text.filter(|text| !text.trim().is_empty());
    Ok(Chosen {
        tsa_url: filled(setting::text(tx, TSA_URL)?),
        tsa_user: filled(setting::text(tx, TSA_USER)?),
        tsa_login: setting::text(tx, TSA_LOGIN)?.and_then(|code| LoginKind::of(&code)),
        tsa_password: filled(setting::text(tx, TSA_PASSWORD)?),
        hosts: setting::text(tx, HOSTS)?
            .unwrap_or_default()
            .split_whitespace()
            .map(str::to_owned)
            .collect(),
        timeout: Duration::from_secs(
            u64::try_from(setting::number(tx, setting::SERVICE_SECONDS)?).unwrap_or(1),
        ),
    })
}

/// Hosts of the settings that may be asked though they are not public.
///
/// # Errors
/// When the store fails.
pub fn hosts(tx: &mut Tx<'_>) -> Result<Vec<String>, StoreError> {
    Ok(chosen(tx)?.hosts)
}

impl Chosen {
    fn login(&self, app: &App) -> anyhow::Result<Option<Login>> {
        let (Some(user), Some(password)) = (&self.tsa_user, &self.tsa_password) else {
            return Ok(None);
        };
        let key = SecretKey::load_or_make(&app.config.data, &*app.ids)?;
        let (user, password) = (user.clone(), key.open(password)?);
        Ok(Some(match self.tsa_login {
            Some(LoginKind::Identity) => Login::Identity {
                customer: user.trim().parse().context("customer number")?,
                password,
            },
            Some(LoginKind::Basic | LoginKind::Nobody) | None => Login::Basic { user, password },
        }))
    }
}

/// The one fetcher of the program, kept for its cache and its connections; made anew when the
/// settings that it follows have changed.
#[derive(Default)]
pub struct Fetchers(Mutex<Option<(Chosen, Arc<Fetcher>)>>);

impl Fetchers {
    fn of(&self, chosen: &Chosen, mode: Mode) -> Result<Arc<Fetcher>> {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((known, fetcher)) = &*kept
            && known == chosen
        {
            return Ok(Arc::clone(fetcher));
        }
        let limits = FetchLimits {
            timeout: chosen.timeout,
            ..FetchLimits::default()
        };
        let made = Fetcher::new(chosen.hosts.clone(), limits)
            .map_err(|error| anyhow!("signature services: {error}"))?;
        let made = Arc::new(kept_in(mode, made));
        *kept = Some((chosen.clone(), Arc::clone(&made)));
        Ok(made)
    }
}

/// In a rehearsal, addresses that stand in certificates lead to named hosts only: it asks nobody
/// outside (decision 15).
fn kept_in(mode: Mode, fetcher: Fetcher) -> Fetcher {
    match mode {
        Mode::Rehearsal => fetcher.only_allowed(),
        Mode::Real => fetcher,
    }
}

/// Who asks services outside: after revocation always, for stamps where an authority is configured.
///
/// # Errors
/// When the store fails or no HTTP client can be made.
pub async fn online(app: &App) -> Result<Online> {
    let chosen = app
        .store
        .read(|tx: &mut Tx<'_>| Ok::<_, crate::error::Error>(chosen(tx)?))
        .await?;
    let login = chosen.login(app)?;
    let fetcher = app.fetchers.of(&chosen, app.mode)?;
    let authority = chosen.tsa_url.map(|url| TimeStampAuthority {
        login,
        ..TimeStampAuthority::new(url)
    });
    let (ids, clock) = (Arc::clone(&app.ids), Arc::clone(&app.clock));
    Ok(Online::new(
        fetcher,
        authority,
        Arc::new(move |bytes: &mut [u8]| ids.fill(bytes)),
        Arc::new(move || clock.now()),
    ))
}

/// Who completes signatures, and to which level: X-Long where a time-stamp authority is configured.
/// A rehearsal without one leaves them as they are; a real folder refuses to sign.
///
/// # Errors
/// `zaman_damgasi_tanimsiz` in a real folder without an authority.
pub async fn completer(app: &App) -> Result<Option<(Online, Level)>> {
    let online = online(app).await?;
    if online.stamps() {
        return Ok(Some((online, Level::XLong)));
    }
    if app.mode == Mode::Rehearsal {
        return Ok(None);
    }
    Err(conflict(
        "zaman_damgasi_tanimsiz",
        "Zaman damgası sunucusu tanımlı değil; imza tamamlanamaz. DYS yöneticiniz sunucuyu \
         Yönetim › İmza ekranında tanımlamalı.",
    ))
}

/// How long revocation data of what others signed is waited for: one try, since nothing hangs on it.
const READER: FetchLimits = FetchLimits {
    timeout: Duration::from_secs(8),
    max_bytes: 32 * 1024 * 1024,
    attempts: 1,
    keep: jiff::SignedDuration::from_mins(10),
};

/// The way out for whoever looks at what others signed: revocation data only, no time stamps.
///
/// # Errors
/// When the HTTP client cannot be made.
pub fn reader(app: &App, hosts: Vec<String>) -> Result<Online> {
    let fetcher =
        Fetcher::new(hosts, READER).map_err(|error| anyhow!("signature services: {error}"))?;
    let (ids, clock) = (Arc::clone(&app.ids), Arc::clone(&app.clock));
    Ok(Online::new(
        Arc::new(kept_in(app.mode, fetcher)),
        None,
        Arc::new(move |bytes: &mut [u8]| ids.fill(bytes)),
        Arc::new(move || clock.now()),
    ))
}
