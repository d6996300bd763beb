//! The institution's key that signs KEP messages.

use anyhow::anyhow;
use seal::{Signer as _, SoftKey};

use crate::app::App;
use crate::clock;
use crate::error::{Result, conflict};
use crate::signature::institution::{self, Purpose};

/// The key in the data folder; in a rehearsal one made at first use.
///
/// # Errors
/// `imza_anahtari_yok` in a real folder without one; when the files cannot be read.
pub fn key(app: &App) -> Result<SoftKey> {
    institution::key(app, Purpose::Kep)
}

/// The same for messages: their provider rejects what an outdated key signed, and each letter would
/// come back as one to send on paper.
///
/// # Errors
/// As [`key`], and `imza_anahtari_suresi` when its certificate is not valid now.
pub(super) fn key_for_messages(app: &App) -> Result<SoftKey> {
    let key = key(app)?;
    let (certificate, now) = (key.certificate(), app.now());
    if certificate.valid_at(now) {
        return Ok(key);
    }
    let why = if now < certificate.not_before() {
        let from = clock::screen_time(certificate.not_before());
        format!("sertifikası {from} tarihine dek geçerli değil")
    } else {
        let until = clock::screen_time(certificate.not_after());
        format!("sertifikasının süresi {until} tarihinde doldu")
    };
    Err(conflict(
        "imza_anahtari_suresi",
        format!(
            "Kurumun KEP iletilerini imzalayan {why}; sağlayıcı onunla imzalanan iletiyi kabul \
             etmez. Hiçbir şey gönderilmedi. DYS yöneticiniz veri klasöründeki KEP imza anahtarını \
             yenileyince Evrakı Gönder ile yeniden deneyin."
        ),
    ))
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
