//! Takes a signature in: every check, the owner, time stamp and revocation data, then the blob store.

use anyhow::{Context as _, anyhow};
use jiff::Timestamp;
use seal::{
    Certificate, Check, CheckName, Cms, Digest, Level, Material, Outcome, Purpose, Report,
    SealError, SignerReport, TrustStore, Verdict, VerifyOptions,
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
/// `sertifika_guvenilmiyor`, `sertifika_kullanimi`, `sertifika_baskasinin`, `kimlik_no_tanimsiz`,
/// `zaman_damgasi_tanimsiz`, `zaman_damgasi_alinamadi`. None of them changes anything.
pub async fn accept(
    app: &App,
    actor: &Actor,
    content_hash: &BlobHash,
    cms: Vec<u8>,
) -> Result<Accepted> {
    let content = content_to_sign(app, content_hash).await?;
    let (_, trust) = examine(app, actor, &content, &cms).await?;
    let cms = match outside::completer(app).await? {
        Some((online, level)) => {
            let extended = online.extend(&cms, None, level, Digest::Sha256, &trust);
            extended.await.map_err(|error| not_completed(&error))?
        }
        None => cms,
    };
    let report = check(&cms, &content, &trust, app.now());
    store(app, actor, content_hash, cms, report).await
}

/// Checks `cms` as the signature of `actor` beside the content of a KEP message and stores it.
///
/// It stays as the card made it: acceptance by the provider carries a time stamp of its own. Its
/// certificate must not be revoked; `known` names one of which that was asked a moment ago.
///
/// # Errors
/// As [`accept`], and `iptal_bilgisi_alinamadi` when nobody says whether it is revoked.
pub async fn accept_detached(
    app: &App,
    actor: &Actor,
    content_hash: &BlobHash,
    cms: Vec<u8>,
    known: Option<&str>,
) -> Result<Accepted> {
    let content = content_to_sign(app, content_hash).await?;
    let (report, trust) = examine(app, actor, &content, &cms).await?;
    let signer = the_signer(&report)?;
    let read = Cms::from_der(&cms).map_err(|error| anyhow!("signature: {error}"))?;
    if read.content().is_some() {
        return Err(invalid(
            "imza_gecersiz",
            "KEP iletisinin imzası içeriği taşımamalı (ayrık imza). İmza aracınızı güncelleyip \
             yeniden imzalayın.",
        ));
    }
    let certificate = signer.certificate.as_ref().context("certificate")?;
    let online = outside::completer(app).await?;
    if let Some((online, _)) = online.filter(|_| signer.fingerprint.as_deref() != known) {
        let beside = read.certificates();
        let mut material = Material::default();
        let asked = online.collect(
            certificate,
            &beside,
            Purpose::Document,
            &trust,
            &mut material,
        );
        asked.await.map_err(|error| not_asked(&error))?;
    }
    store(app, actor, content_hash, cms, report).await
}

/// The checks that need nobody outside: content, chain, usage, owner.
async fn examine(
    app: &App,
    actor: &Actor,
    content: &[u8],
    cms: &[u8],
) -> Result<(Report, TrustStore)> {
    let worker = app.clone();
    let trust = tokio::task::spawn_blocking(move || trust::load(&worker))
        .await
        .context("trust")??;
    let user_id = actor.user_id.clone();
    let own = app
        .store
        .read(move |tx: &mut Tx<'_>| Ok::<_, Error>(identity::of(tx, &user_id)?))
        .await?;
    let report = check(cms, content, &trust, app.now());
    let signer = the_signer(&report)?;
    require_usage(signer)?;
    require_owner(signer, own.as_deref(), &actor.full_name)?;
    Ok((report, trust))
}

async fn store(
    app: &App,
    actor: &Actor,
    content_hash: &BlobHash,
    cms: Vec<u8>,
    report: Report,
) -> Result<Accepted> {
    let signer = the_signer(&report)?.clone();
    Ok(Accepted {
        user_id: actor.user_id.clone(),
        content_hash: content_hash.clone(),
        cms_hash: app.blobs.put(cms).await?,
        signer_name: signer.name.unwrap_or_default(),
        fingerprint: signer.fingerprint.unwrap_or_default(),
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

/// A card holds a second certificate for logging in; it signs no letter (RFC 3739, 3.2.3).
fn require_usage(signer: &SignerReport) -> Result<()> {
    let qualified = signer.certificate.as_ref();
    if qualified.is_some_and(Certificate::is_qualified_usage) {
        return Ok(());
    }
    Err(invalid(
        "sertifika_kullanimi",
        "Bu sertifika imza için değil (anahtar kullanımında inkâr edilemezlik yok); kartınızdaki \
         kimlik doğrulama sertifikası seçilmiş olabilir. Karttaki imza sertifikasını seçip yeniden \
         imzalayın.",
    ))
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

fn not_asked(error: &SealError) -> Error {
    match error {
        SealError::Revocation(text) if text.contains("iptal edilmiş") => not_completed(error),
        other => conflict(
            "iptal_bilgisi_alinamadi",
            format!(
                "Sertifikanızın iptal edilip edilmediği sorulamadı ({other}). İleti imzalanmadı; \
                 biraz sonra yeniden deneyin, sürerse DYS yöneticinize başvurun."
            ),
        ),
    }
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
