//! The institution's key that signs KEP messages; in a rehearsal folder a demo key made at first use.

use std::time::SystemTime;

use anyhow::{Context as _, anyhow};
use jiff::Timestamp;
use seal::SoftKey;

use super::secret::write_private;
use crate::app::App;
use crate::config::Mode;
use crate::error::{Result, conflict};

const KEY_FILE: &str = "kep-key.pem";
const CERTIFICATE_FILE: &str = "kep-certificate.pem";
/// Days of validity of a demo certificate.
const DEMO_DAYS: u32 = 3650;

/// The key in the data folder.
///
/// # Errors
/// `imza_anahtari_yok` in a real folder without one; when the files cannot be read.
pub fn key(app: &App) -> Result<SoftKey> {
    let (key, certificate) = (
        app.config.data.join(KEY_FILE),
        app.config.data.join(CERTIFICATE_FILE),
    );
    if key.exists() && certificate.exists() {
        let read = |path| std::fs::read_to_string(path).context("signing key");
        let key = SoftKey::from_pem(&read(&key)?, &read(&certificate)?);
        return Ok(key.map_err(|error| anyhow!("signing key: {error}"))?);
    }
    if app.mode == Mode::Real {
        return Err(conflict(
            "imza_anahtari_yok",
            "Kurumun KEP imza anahtarı tanımlı değil. DYS yöneticinize başvurun.",
        ));
    }
    let ids = std::sync::Arc::clone(&app.ids);
    let made = SoftKey::demo(
        "DYS Prova",
        system_time(app.now()),
        DEMO_DAYS,
        &mut |bytes| {
            ids.fill(bytes);
        },
    )
    .map_err(|error| anyhow!("demo key: {error}"))?;
    let key_pem = made
        .key_pem()
        .map_err(|error| anyhow!("demo key: {error}"))?;
    let certificate_pem = made
        .certificate_pem()
        .map_err(|error| anyhow!("demo key: {error}"))?;
    // A certificate without its key is of no use, so a half-made pair is made anew.
    for path in [&key, &certificate] {
        if path.exists() {
            std::fs::remove_file(path).context("signing key")?;
        }
    }
    write_private(&key, key_pem.as_bytes())?;
    write_private(&certificate, certificate_pem.as_bytes())?;
    Ok(made)
}

/// The moment as the standard library says it.
pub(super) fn system_time(moment: Timestamp) -> SystemTime {
    let since = std::time::Duration::try_from(moment.as_duration()).unwrap_or_default();
    SystemTime::UNIX_EPOCH + since
}
