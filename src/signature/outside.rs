//! The way out: which authority stamps, how far a signature is completed, whom the server may ask.

use std::sync::Arc;

use anyhow::anyhow;
use seal::fetch::{FetchLimits, Fetcher};
use seal::{Level, Online, TimeStampAuthority};

use crate::app::App;
use crate::config::Mode;
use crate::error::{Result, conflict};
use crate::setting;
use crate::store::{StoreError, Tx};

/// Address of the time-stamp authority (RFC 3161 over HTTP).
pub const TSA_URL: &str = "signature.tsa_url";
/// User and password of the authority, `user:password`, where it asks for them.
pub const TSA_LOGIN: &str = "signature.tsa_login";
/// Hosts that may be asked though they are not public, and hosts pinned to an address:
/// `ocsp.local`, `prova-esh.example=127.0.0.1:8099`; separated by spaces.
pub const HOSTS: &str = "signature.hosts";

/// What the settings say.
#[derive(Debug, Clone, Default)]
pub struct Chosen {
    pub tsa_url: Option<String>,
    pub tsa_login: Option<(String, String)>,
    pub hosts: Vec<String>,
}

/// Reads the settings.
///
/// # Errors
/// When the store fails.
pub fn chosen(tx: &mut Tx<'_>) -> Result<Chosen, StoreError> {
    let filled = |text: Option<String>| text.filter(|text| !text.trim().is_empty());
    let login = filled(setting::text(tx, TSA_LOGIN)?);
    Ok(Chosen {
        tsa_url: filled(setting::text(tx, TSA_URL)?),
        tsa_login: login.and_then(|login| {
            let (user, password) = login.split_once(':')?;
            Some((user.to_owned(), password.to_owned()))
        }),
        hosts: setting::text(tx, HOSTS)?
            .unwrap_or_default()
            .split_whitespace()
            .map(str::to_owned)
            .collect(),
    })
}

/// Who completes signatures, and to which level: X-Long where a time-stamp authority is configured.
/// A rehearsal without one leaves them as they are; a real folder refuses to sign.
///
/// # Errors
/// `zaman_damgasi_tanimsiz` in a real folder without an authority.
pub async fn completer(app: &App) -> Result<Option<(Online, Level)>> {
    let chosen = app
        .store
        .read(|tx: &mut Tx<'_>| Ok::<_, crate::error::Error>(chosen(tx)?))
        .await?;
    let Some(url) = chosen.tsa_url else {
        if app.mode == Mode::Rehearsal {
            return Ok(None);
        }
        return Err(conflict(
            "zaman_damgasi_tanimsiz",
            "Zaman damgası sunucusu tanımlı değil; imza tamamlanamaz. DYS yöneticiniz \
             signature.tsa_url ayarını yapmalı.",
        ));
    };
    let fetcher = Fetcher::new(chosen.hosts, FetchLimits::default())
        .map_err(|error| anyhow!("signature services: {error}"))?;
    let authority = TimeStampAuthority {
        login: chosen.tsa_login,
        ..TimeStampAuthority::new(url)
    };
    let (ids, clock) = (Arc::clone(&app.ids), Arc::clone(&app.clock));
    let online = Online::new(
        Arc::new(fetcher),
        Some(authority),
        Arc::new(move |bytes: &mut [u8]| ids.fill(bytes)),
        Arc::new(move || clock.now()),
    );
    Ok(Some((online, Level::XLong)))
}
