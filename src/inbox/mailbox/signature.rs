//! The signatures of an incoming message: over the message itself, over the package and its seal.
//!
//! Whether a signature is sound and whose it is are two questions: one that is broken is an error,
//! one of somebody whom no configured root vouches for is a warning; neither keeps a letter out.

use jiff::Timestamp;
use seal::{Certificate, CheckName, Material, Outcome, Report, TrustStore, VerifyOptions};

use crate::app::App;
use crate::inbox::Finding;

/// Folder in the data folder with the roots of signing certificates, PEM or DER.
const ROOTS_FOLDER: &str = "imza-kokleri";

/// The configured roots; one that cannot be read is left out and told in the log, so that a
/// signature fails to verify rather than counts by mistake.
pub(super) fn roots(app: &App) -> Vec<Certificate> {
    let folder = app.config.data.join(ROOTS_FOLDER);
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let mut roots = Vec::new();
    for entry in entries {
        let read =
            std::fs::read(entry.path())
                .ok()
                .and_then(|bytes| match std::str::from_utf8(&bytes) {
                    Ok(pem) => Certificate::from_pem(pem).ok(),
                    Err(_) => Certificate::from_der(&bytes).ok(),
                });
        match read {
            Some(root) => roots.push(root),
            None => tracing::warn!(path = %entry.path().display(), "a root cannot be read"),
        }
    }
    roots
}

/// Checks one CMS signature over `content` and says what came of it.
pub(super) fn check(
    what: &str,
    code: &str,
    cms: &[u8],
    content: &[u8],
    roots: &[Certificate],
    at: Timestamp,
) -> Finding {
    let trust = TrustStore::new(roots.to_vec(), Vec::new());
    let material = Material::default();
    let options = VerifyOptions {
        trust: &trust,
        at,
        material: &material,
    };
    finding(what, code, &seal::verify(cms, Some(content), &options))
}

fn finding(what: &str, code: &str, report: &Report) -> Finding {
    let who = report
        .signers
        .iter()
        .filter_map(|signer| signer.name.clone())
        .collect::<Vec<_>>()
        .join(", ");
    let who = if who.is_empty() {
        String::new()
    } else {
        format!(" ({who})")
    };
    let broken = report
        .all()
        .find(|check| check.outcome == Outcome::Failed && !is_about_trust(check.name));
    let unknown = report
        .all()
        .find(|check| check.name == CheckName::Chain && check.outcome != Outcome::Ok);
    let unsure = report.all().find(|check| check.outcome != Outcome::Ok);
    let (severity, sentence) = match (broken, unknown, unsure) {
        (Some(check), _, _) => (
            "error",
            format!("{what}{who} doğrulanamadı: {}", check.text),
        ),
        (None, Some(_), _) => (
            "warning",
            format!("{what}{who} içerikle tutarlı; imzalayan güvenilen bir köke bağlanamadı."),
        ),
        (None, None, Some(check)) => (
            "note",
            format!("{what}{who} doğru; eksik denetim: {}", check.text),
        ),
        (None, None, None) if report.signers.is_empty() => ("error", format!("{what} okunamadı.")),
        (None, None, None) => ("ok", format!("{what}{who} doğrulandı.")),
    };
    Finding {
        about: "signature",
        severity: severity.to_owned(),
        code: code.to_owned(),
        sentence,
    }
}

/// Checks that say who somebody is, not whether the bytes are theirs.
fn is_about_trust(name: CheckName) -> bool {
    matches!(
        name,
        CheckName::Chain | CheckName::Revocation | CheckName::KeyUsage | CheckName::Validity
    )
}
