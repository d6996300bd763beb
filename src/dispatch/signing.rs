//! The institution's key that signs KEP messages; in a rehearsal folder a demo key made at first use.

use anyhow::{Context as _, anyhow};
use seal::SoftKey;

use super::secret::write_private;
use crate::app::App;
use crate::config::Mode;
use crate::error::{Result, conflict};

const KEY_FILE: &str = "kep-key.pem";
const CERTIFICATE_FILE: &str = "kep-certificate.pem";
/// Days of validity of a demo certificate.
const DEMO_DAYS: i64 = 3650;

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
    let mut random = |bytes: &mut [u8]| ids.fill(bytes);
    let made = seal::rehearsal::throw_away("DYS Prova", app.now(), DEMO_DAYS, &mut random)
        .map_err(|error| anyhow!("demo key: {error}"))?;
    let key_pem = made
        .key_pem()
        .map_err(|error| anyhow!("demo key: {error}"))?;
    let certificate_pem = made.certificates_pem();
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

/// A detached CMS signature of the institution over `content`, made now.
///
/// # Errors
/// As [`key`], and when it cannot sign.
pub fn sign_detached(app: &App, content: &[u8]) -> Result<Vec<u8>> {
    let options = seal::SignOptions::at(app.now());
    let signed = seal::sign(&key(app)?, seal::Content::Detached(content), &options);
    Ok(signed.map_err(|error| anyhow!("signature: {error}"))?)
}
