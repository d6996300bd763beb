//! Takes a signature in: every check, the owner, time stamp and revocation data, then the blob store.

use anyhow::Context as _;
use jiff::Timestamp;
use seal::{
    Check, CheckName, Digest, Level, Material, Outcome, Report, SealError, SignerReport,
    TrustStore, Verdict, VerifyOptions,
};

use super::{content_to_sign, identity, outside, trust};
use crate::access::Actor;
use crate::app::App;
use crate::error::{Error, Result, conflict, forbidden, invalid};
use crate::store::{BlobHash, Tx};

/// A signature that holds, stored, not yet named by a step.
#[derive(Debug, Clone)]
pub struct Accepted {
    pub user_id: String,
    pub content_hash: BlobHash,
    pub cms_hash: BlobHash,
    pub signer_name: String,
    pub fingerprint: String,
    pub level: Level,
    pub report: Report,
    pub stamped_at: Option<Timestamp>,
}

/// Checks `cms` as the signature of `actor` over the prepared `content_hash`, adds what makes it
/// last, and stores it.
///
/// # Errors
/// `imza_gecersiz`, `imza_baska_icerik`, `sertifika_suresi_dolmus`, `sertifika_iptal`,
/// `sertifika_guvenilmiyor`, `sertifika_baskasinin`, `kimlik_no_tanimsiz`,
/// `zaman_damgasi_tanimsiz`, `zaman_damgasi_alinamadi`. None of them changes anything.
pub async fn accept(
    app: &App,
    actor: &Actor,
    content_hash: &BlobHash,
    cms: Vec<u8>,
) -> Result<Accepted> {
    let content = content_to_sign(app, content_hash).await?;
    let worker = app.clone();
    let trust = tokio::task::spawn_blocking(move || trust::load(&worker))
        .await
        .context("trust")??;
    let (user_id, full_name) = (actor.user_id.clone(), actor.full_name.clone());
    let own = app
        .store
        .read(move |tx: &mut Tx<'_>| Ok::<_, Error>(identity::of(tx, &user_id)?))
        .await?;
    let report = check(&cms, &content, &trust, app.now());
    let signer = the_signer(&report)?;
    require_owner(signer, own.as_deref(), &full_name)?;

    let cms = match outside::completer(app).await? {
        Some((online, level)) => {
            let extended = online.extend(&cms, None, level, Digest::Sha256, &trust);
            extended.await.map_err(|error| not_completed(&error))?
        }
        None => cms,
    };
    let report = check(&cms, &content, &trust, app.now());
    let signer = the_signer(&report)?.clone();
    Ok(Accepted {
        user_id: actor.user_id.clone(),
        content_hash: content_hash.clone(),
        cms_hash: app.blobs.put(cms).await?,
        signer_name: signer.name.clone().unwrap_or_default(),
        fingerprint: signer.fingerprint.clone().unwrap_or_default(),
        level: signer.level,
        stamped_at: signer.stamped_at,
        report,
    })
}

impl Accepted {
    /// `verified` or `incomplete`, as it is stored.
    #[must_use]
    pub fn verdict(&self) -> &'static str {
        match self.report.verdict() {
            Verdict::Verified => "verified",
            Verdict::Incomplete | Verdict::Failed => "incomplete",
        }
    }
}

fn check(cms: &[u8], content: &[u8], trust: &TrustStore, at: Timestamp) -> Report {
    let material = Material::default();
    let options = VerifyOptions {
        trust,
        at,
        material: &material,
    };
    seal::verify(cms, Some(content), &options)
}

/// The one signer of a signature without a failed check.
fn the_signer(report: &Report) -> Result<&SignerReport> {
    if let Some(check) = report.failure() {
        return Err(refusal(check));
    }
    match report.signers.as_slice() {
        [signer] if signer.outcome(CheckName::Chain) == Some(Outcome::Ok) => Ok(signer),
        [_] => Err(invalid(
            "sertifika_guvenilmiyor",
            "Güvenilen kök sertifika tanımlı değil. DYS yöneticiniz kök sertifikaları guven/kok \
             klasörüne koymalı.",
        )),
        _ => Err(invalid(
            "imza_gecersiz",
            "Gönderilen imzada tek imzacı olmalı. Yeniden imzalayın.",
        )),
    }
}

fn refusal(check: &Check) -> Error {
    let (code, step) = match check.name {
        CheckName::Content | CheckName::Digest => (
            "imza_baska_icerik",
            "Sayfayı yenileyip yazıyı yeniden imzalayın.",
        ),
        CheckName::Validity => (
            "sertifika_suresi_dolmus",
            "Sertifikanızı veren kurumdan (ESHS) yenisini alıp onunla imzalayın.",
        ),
        CheckName::Revocation => (
            "sertifika_iptal",
            "Bu sertifikayla imza atılamaz; sertifikanızı veren kuruma (ESHS) başvurun.",
        ),
        CheckName::Chain => (
            "sertifika_guvenilmiyor",
            "Nitelikli sertifikanızla imzalayın; sorun sürerse DYS yöneticinize başvurun.",
        ),
        CheckName::KeyUsage => (
            "sertifika_kullanimi",
            "Karttaki imza sertifikasını seçip yeniden imzalayın.",
        ),
        _ => (
            "imza_gecersiz",
            "Yeniden imzalayın; sorun sürerse DYS yöneticinize başvurun.",
        ),
    };
    invalid(code, format!("{} {step}", check.text))
}

fn require_owner(signer: &SignerReport, own: Option<&str>, full_name: &str) -> Result<()> {
    let Some(own) = own else {
        return Err(conflict(
            "kimlik_no_tanimsiz",
            "T.C. kimlik numaranız DYS'de tanımlı değil; imzanın size ait olduğu denetlenemez. \
             DYS yöneticinize başvurun.",
        ));
    };
    // Some issuers write a prefix before the number (ETSI EN 319 412-1, 5.1.3).
    let stated = signer.serial_number.as_deref().unwrap_or_default();
    let stated = stated.strip_prefix("PNOTR-").unwrap_or(stated);
    if stated == own {
        return Ok(());
    }
    Err(forbidden(
        "sertifika_baskasinin",
        format!(
            "Bu sertifika {} adına; {full_name} olarak imzalanamaz. Kendi kartınızı takıp yeniden \
             deneyin.",
            signer.name.as_deref().unwrap_or("başka biri")
        ),
    ))
}

fn not_completed(error: &SealError) -> Error {
    match error {
        SealError::Revocation(text) if text.contains("iptal edilmiş") => invalid(
            "sertifika_iptal",
            format!("{text} Bu sertifikayla imza atılamaz."),
        ),
        other => conflict(
            "zaman_damgasi_alinamadi",
            format!(
                "İmza alındı ama zaman damgası ya da iptal bilgisi alınamadığı için tamamlanamadı \
                 ({}). Yazı imzalanmadı; biraz sonra yeniden deneyin, sürerse DYS \
                 yöneticinize başvurun.",
                other.reason().trim_end_matches('.')
            ),
        ),
    }
}
