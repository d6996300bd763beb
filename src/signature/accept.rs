//! Takes a signature in: every check, the owner, time stamp and revocation data, then the blob store.

use anyhow::Context as _;
use jiff::{SignedDuration, Timestamp};
use seal::{
    Certificate, Check, CheckName, Cms, Digest, Level, Material, Outcome, Purpose, Report,
    SealError, SignerReport, TrustStore, Verdict, VerifyOptions,
};

use super::{content_to_sign, identity, outside, trust};
use crate::access::Actor;
use crate::app::App;
use crate::error::{Error, Result, conflict, forbidden, invalid};
use crate::setting;
use crate::store::{BlobHash, Tx};

/// So long an answer about a certificate counts for the next message of the same order.
const ASKED_A_MOMENT_AGO: SignedDuration = SignedDuration::from_mins(10);

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

/// A certificate, and when it was last asked whether it is revoked.
#[derive(Debug, Clone, Copy)]
pub struct Asked<'a> {
    /// SHA-256 of the certificate.
    pub fingerprint: &'a str,
    pub at: Timestamp,
}

/// Checks `cms` as the signature of `actor` over the prepared `content_hash`, adds what makes it
/// last, and stores it.
///
/// Only what the person signed is taken: whose certificate was revoked could put a stamp or
/// revocation data beside the signature, so that nobody would be asked. Where a service completes
/// signatures, one whose stamp or revocation it leaves open is not taken.
///
/// # Errors
/// `imza_gecersiz`, `imza_baska_icerik`, `sertifika_suresi_dolmus`, `sertifika_iptal`,
/// `sertifika_guvenilmiyor`, `sertifika_kullanimi`, `sertifika_nitelikli_degil`,
/// `sertifika_baskasinin`, `kimlik_no_tanimsiz`, `zaman_damgasi_tanimsiz`,
/// `zaman_damgasi_alinamadi`. None of them changes anything.
pub async fn accept(
    app: &App,
    actor: &Actor,
    content_hash: &BlobHash,
    cms: Vec<u8>,
) -> Result<Accepted> {
    let content = content_to_sign(app, content_hash).await?;
    let mut cms = read(&cms)?.1;
    let (mut report, trust) = examine(app, actor, &content, &cms).await?;
    if let Some((online, level)) = outside::completer(app).await? {
        let extended = online.extend(&cms, None, level, Digest::Sha256, &trust);
        cms = extended.await.map_err(|error| not_completed(&error))?;
        report = check(&cms, &content, &trust, app.now());
        require_completed(&report)?;
    }
    store(app, actor, content_hash, cms, report).await
}

/// Checks `cms` as the signature of `actor` beside the content of a KEP message and stores it.
///
/// It stays as the card made it: acceptance by the provider carries a time stamp of its own. Its
/// certificate must not be revoked; `known` names one of which that was asked before, which counts
/// for ten minutes.
///
/// # Errors
/// As [`accept`], and `iptal_bilgisi_alinamadi` when nobody says whether it is revoked.
pub async fn accept_detached(
    app: &App,
    actor: &Actor,
    content_hash: &BlobHash,
    cms: Vec<u8>,
    known: Option<Asked<'_>>,
) -> Result<Accepted> {
    let content = content_to_sign(app, content_hash).await?;
    let (read, cms) = read(&cms)?;
    let (report, trust) = examine(app, actor, &content, &cms).await?;
    let signer = the_signer(&report)?;
    if read.content().is_some() {
        return Err(invalid(
            "imza_gecersiz",
            "KEP iletisinin imzası içeriği taşımamalı (ayrık imza). İmza aracınızı güncelleyip \
             yeniden imzalayın.",
        ));
    }
    let certificate = signer.certificate.as_ref().context("certificate")?;
    let is_known = known.is_some_and(|asked| {
        signer.fingerprint.as_deref() == Some(asked.fingerprint)
            && app.now() < asked.at + ASKED_A_MOMENT_AGO
    });
    let online = outside::completer(app).await?;
    if let Some((online, _)) = online.filter(|_| !is_known) {
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

/// What was sent, and the bytes of it that its signer signed.
fn read(cms: &[u8]) -> Result<(Cms, Vec<u8>)> {
    let unreadable = |why: String| {
        invalid(
            "imza_gecersiz",
            format!(
                "Gönderilen imza okunamadı ({why}). Yeniden imzalayın; sorun sürerse DYS \
                 yöneticinize başvurun."
            ),
        )
    };
    let read = Cms::from_der(cms).map_err(|error| unreadable(error.to_string()))?;
    let bare = read.bare();
    let bare = bare.map_err(|_| unreadable("içindekiler yeniden yazılamıyor".to_owned()))?;
    Ok((read, bare))
}

/// The checks that need nobody outside: content, chain, usage, quality, owner.
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
    let (own, statement) = app
        .store
        .read(move |tx: &mut Tx<'_>| {
            let own = identity::of(tx, &user_id)?;
            Ok::<_, Error>((own, setting::chosen(tx, setting::QUALIFIED)?))
        })
        .await?;
    let report = check(cms, content, &trust, app.now());
    let signer = the_signer(&report)?;
    require_usage(signer)?;
    require_qualified(signer, &statement)?;
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

/// A secure electronic signature rests on a person's qualified certificate, which says what it is
/// (law 5070, articles 4 and 9).
fn require_qualified(signer: &SignerReport, statement: &str) -> Result<()> {
    let certificate = signer.certificate.as_ref();
    let code = "sertifika_nitelikli_degil";
    if certificate.is_some_and(Certificate::is_institution_seal) {
        return Err(invalid(
            code,
            "Bu sertifika bir kurumun mührü için; kişi bununla imza atamaz. Kendi nitelikli \
             elektronik sertifikanızla yeniden imzalayın.",
        ));
    }
    if statement == setting::NOT_REQUIRED || certificate.is_some_and(Certificate::is_qualified) {
        return Ok(());
    }
    Err(invalid(
        code,
        "Sertifikada nitelikli elektronik sertifika olduğunu söyleyen beyan yok (5070 sayılı \
         Kanun, madde 9). Nitelikli sertifikanızla yeniden imzalayın; sertifikanız nitelikliyse \
         DYS yöneticinize başvurun.",
    ))
}

/// What was completed shows who stamped it and that the certificate was not revoked.
fn require_completed(report: &Report) -> Result<()> {
    let signer = the_signer(report)?;
    for name in [CheckName::TimeStamp, CheckName::Revocation] {
        let check = signer.checks.iter().find(|check| check.name == name);
        match check {
            Some(check) if check.outcome == Outcome::Ok => {}
            Some(check) => return Err(unfinished(&check.text)),
            None => return Err(unfinished(name.label())),
        }
    }
    Ok(())
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
        other => unfinished(&other.reason()),
    }
}

fn unfinished(reason: &str) -> Error {
    conflict(
        "zaman_damgasi_alinamadi",
        format!(
            "İmza alındı ama zaman damgası ya da iptal bilgisi alınamadığı için tamamlanamadı \
             ({}). Yazı imzalanmadı; biraz sonra yeniden deneyin, sürerse DYS yöneticinize \
             başvurun.",
            reason.trim_end_matches('.')
        ),
    )
}
