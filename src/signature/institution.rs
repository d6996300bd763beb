//! The institution's own keys on the server: the seal over packages, and the key of KEP messages.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, anyhow};
use jiff::SignedDuration;
use seal::rehearsal::{Curve, Holder, Validity};
use seal::{Content, Digest, Level, SignOptions, SoftKey};

use super::{outside, rehearsal, trust};
use crate::app::App;
use crate::config::Mode;
use crate::dispatch::secret::write_private;
use crate::error::{Result, conflict};

/// Which of the institution's keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// Elektronik mühür, over `NihaiOzet`.
    Seal,
    /// The signature of KEP messages (decision 13).
    Kep,
}

impl Purpose {
    /// Files in the data folder: `<stem>-key.pem` and `<stem>-certificate.pem`, or `<stem>.p12`.
    pub const fn stem(self) -> &'static str {
        match self {
            Self::Seal => "muhur",
            Self::Kep => "kep",
        }
    }

    /// The variable that holds the password of the PKCS#12 file.
    pub const fn password(self) -> &'static str {
        match self {
            Self::Seal => "DYS_MUHUR_PASSWORD",
            Self::Kep => "DYS_KEP_PASSWORD",
        }
    }

    fn missing(self) -> crate::error::Error {
        match self {
            Self::Seal => conflict(
                "muhur_anahtari_yok",
                "Kurumun elektronik mühür anahtarı tanımlı değil. DYS yöneticinize başvurun.",
            ),
            Self::Kep => conflict(
                "imza_anahtari_yok",
                "Kurumun KEP imza anahtarı tanımlı değil. DYS yöneticinize başvurun.",
            ),
        }
    }
}

const DAYS: i64 = 3650;
const BACK: SignedDuration = SignedDuration::from_hours(24 * 400);

/// Where a key may lie in the data folder.
struct Files {
    p12: PathBuf,
    key: PathBuf,
    certificate: PathBuf,
}

impl Files {
    fn of(app: &App, purpose: Purpose) -> Self {
        let file = |end: &str| app.config.data.join(format!("{}{end}", purpose.stem()));
        Self {
            p12: file(".p12"),
            key: file("-key.pem"),
            certificate: file("-certificate.pem"),
        }
    }
}

/// The key that lies in the data folder, if one does; nothing is made.
///
/// # Errors
/// When files are there and cannot be read.
pub fn stored(app: &App, purpose: Purpose) -> anyhow::Result<Option<SoftKey>> {
    let files = Files::of(app, purpose);
    if files.p12.exists() {
        let bytes = std::fs::read(&files.p12).context("institution key")?;
        let password = std::env::var(purpose.password()).unwrap_or_default();
        let key = SoftKey::from_pkcs12(&bytes, &password);
        let key = key.map_err(|error| anyhow!("{}: {error}", files.p12.display()))?;
        return Ok(Some(key));
    }
    if files.key.exists() && files.certificate.exists() {
        let read = |path: &Path| std::fs::read_to_string(path).context("institution key");
        let key = SoftKey::from_pem(&read(&files.key)?, &read(&files.certificate)?);
        return Ok(Some(
            key.map_err(|error| anyhow!("institution key: {error}"))?,
        ));
    }
    Ok(None)
}

/// The key in the data folder; a rehearsal's authority issues one at its first use.
///
/// # Errors
/// `muhur_anahtari_yok`, `imza_anahtari_yok` in a real folder without one; when files cannot be read.
pub fn key(app: &App, purpose: Purpose) -> Result<SoftKey> {
    if let Some(key) = stored(app, purpose)? {
        return Ok(key);
    }
    if app.mode == Mode::Real {
        return Err(purpose.missing());
    }
    let made = issue(app, purpose)?;
    let Files {
        key, certificate, ..
    } = Files::of(app, purpose);
    // A certificate without its key is of no use, so a half-made pair is made anew.
    for path in [&key, &certificate] {
        if path.exists() {
            std::fs::remove_file(path).context("institution key")?;
        }
    }
    let key_pem = made.key_pem().map_err(|error| anyhow!("{error}"))?;
    write_private(&key, key_pem.as_bytes())?;
    write_private(&certificate, made.certificates_pem().as_bytes())?;
    Ok(made)
}

fn issue(app: &App, purpose: Purpose) -> Result<SoftKey> {
    let authority = rehearsal::authority(app)?;
    let name = match purpose {
        Purpose::Seal => "DYS Prova Mühür",
        Purpose::Kep => "DYS Prova KEP",
    };
    let holder = Holder::Seal {
        name,
        detsis: "00000000",
    };
    let mut validity = Validity::days(app.now(), DAYS);
    validity.from -= BACK;
    let ids = std::sync::Arc::clone(&app.ids);
    let made = authority.issue_key(&holder, Curve::P256, validity, &mut |bytes| ids.fill(bytes));
    Ok(made.map_err(|error| anyhow!("institution key: {error}"))?)
}

/// Seals `content` (attached, as e-Yazışma wants it): CAdES-A where a time-stamp authority is
/// configured, BES in a rehearsal without one.
///
/// # Errors
/// Those of [`key`] and [`outside::completer`]; `zaman_damgasi_alinamadi`.
pub async fn seal(app: &App, content: &[u8]) -> Result<Vec<u8>> {
    let (worker, bytes) = (app.clone(), content.to_vec());
    let (cms, trust) = tokio::task::spawn_blocking(move || -> Result<_> {
        let key = key(&worker, Purpose::Seal)?;
        let options = SignOptions::at(worker.now());
        let cms = seal::sign(&key, Content::Attached(&bytes), &options);
        Ok((
            cms.map_err(|error| anyhow!("seal: {error}"))?,
            trust::load(&worker)?,
        ))
    })
    .await
    .context("seal")??;
    let Some((online, _)) = outside::completer(app).await? else {
        return Ok(cms);
    };
    let sealed = online.extend(&cms, None, Level::A, Digest::Sha256, &trust);
    sealed.await.map_err(|error| {
        conflict(
            "zaman_damgasi_alinamadi",
            format!(
                "Kurumun mührü tamamlanamadı ({}). Biraz sonra yeniden deneyin; sürerse DYS \
                 yöneticinize başvurun.",
                error.reason().trim_end_matches('.')
            ),
        )
    })
}
