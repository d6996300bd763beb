//! CMS signatures, attached or beside their content.

use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use seal::{Certificate, CheckName, Level, VerifyOptions};

use super::{Line, Options, Outcome, whole};

/// A signature file with the content that lies beside it, if it has none inside.
pub(super) fn file(path: &Path, bytes: &[u8], options: &Options) -> Vec<Line> {
    let der = match from_pem(bytes) {
        Some(Ok(der)) => der,
        Some(Err(line)) => return vec![line],
        None => bytes.to_vec(),
    };
    let beside = options.content.clone().or_else(|| content_of(path));
    let content = match beside.map(std::fs::File::open) {
        Some(Ok(file)) => match whole(file) {
            Ok(content) => Some(content),
            Err(line) => return vec![line],
        },
        Some(Err(error)) => {
            let text = format!("İmzanın içeriği okunamıyor: {error}.");
            return vec![Line::new("İçerik", Outcome::Failed, text)];
        }
        None => None,
    };
    check(&der, content.as_deref(), options)
}

/// The named checks of a signature that is whole without a time stamp.
pub(super) fn check(der: &[u8], content: Option<&[u8]>, options: &Options) -> Vec<Line> {
    of_report(&report(der, content, options), Stamp::May)
}

/// Whether a signature of its kind has to carry a time stamp.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Stamp {
    /// One without is open: what it lacks keeps it from being proved for long.
    Must,
    May,
}

/// What `seal` finds out about a signature under the caller's trust.
pub(super) fn report(der: &[u8], content: Option<&[u8]>, options: &Options) -> seal::Report {
    let told = VerifyOptions {
        trust: &options.trust,
        at: options.at,
        material: &options.material,
    };
    seal::verify(der, content, &told)
}

/// Whose certificates made the signatures of a report.
pub(super) fn certificates(report: &seal::Report) -> Vec<Certificate> {
    let signers = report.signers.iter();
    signers.filter_map(|it| it.certificate.clone()).collect()
}

/// Whether everything about each signature holds, up to a root.
pub(super) fn holds(report: &seal::Report) -> bool {
    let rooted =
        |signer: &seal::SignerReport| signer.outcome(CheckName::Chain) == Some(seal::Outcome::Ok);
    report.failure().is_none() && !report.signers.is_empty() && report.signers.iter().all(rooted)
}

/// A report of `seal` as lines; who signed stands before the checks of each signature.
pub(super) fn of_report(report: &seal::Report, stamp: Stamp) -> Vec<Line> {
    let mut lines: Vec<Line> = report.checks.iter().map(Line::from).collect();
    for signer in &report.signers {
        let name = signer.name.as_deref().unwrap_or("bilinmiyor");
        let mut text = format!("{name}, düzey {:?}", signer.level);
        if let Some(at) = signer.stamped_at.or(signer.signing_time) {
            text.push_str(&format!(", {}", crate::clock::posta_durumu_time(at)));
        }
        if let Some(issuer) = signer.issuer.as_deref()
            && issuer.contains(seal::rehearsal::MARK)
        {
            text.push_str("; PROVA sertifikası, hukuki değeri yok");
        }
        lines.push(Line::new("İmzacı", Outcome::Ok, format!("{text}.")));
        lines.extend(signer.checks.iter().map(|check| {
            let mut line = Line::from(check);
            if signer.level == Level::Bes && stamp == Stamp::May {
                tell_unstamped(&mut line);
            }
            line
        }));
    }
    if report.signers.is_empty() {
        let text = "İmza bulunamadı.";
        lines.push(Line::new("İmza", Outcome::Failed, text));
    }
    lines
}

/// A signature without a time stamp is whole as it is: what it lacks is told, and its certificate
/// is looked at as of the moment of the check.
pub(super) fn tell_unstamped(line: &mut Line) {
    if line.name == CheckName::TimeStamp.label() && line.outcome == Outcome::Open {
        line.outcome = Outcome::Ok;
        line.text
            .push_str(" Geçerliliğe denetim anına göre bakıldı.");
    }
}

/// `yazi.pdf` for `yazi.pdf.p7s` or `yazi.pdf.imz`.
fn content_of(path: &Path) -> Option<PathBuf> {
    let ending = path.extension()?.to_str()?.to_ascii_lowercase();
    if !matches!(ending.as_str(), "p7s" | "imz") {
        return None;
    }
    let beside = path.with_extension("");
    beside.is_file().then_some(beside)
}

fn from_pem(bytes: &[u8]) -> Option<Result<Vec<u8>, Line>> {
    let text = std::str::from_utf8(bytes).ok()?.trim();
    let inside = text.strip_prefix("-----BEGIN ")?;
    let unreadable = || Line::new("Yapı", Outcome::Failed, "PEM imza dosyası okunamadı.");
    let body: Option<String> = inside
        .split_once("-----")
        .and_then(|(_, rest)| rest.split_once("-----END"))
        .map(|(body, _)| body.split_whitespace().collect());
    Some(
        body.and_then(|body| STANDARD.decode(body).ok())
            .ok_or_else(unreadable),
    )
}
