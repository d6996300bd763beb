//! An evidence file on its own: its signature, and what it says in words.

use kep::evidence::{EvidenceTime, RecognitionSettings, RemEvidence, Signs, recognise};
use seal::{Certificate, VerifyOptions};

use super::signature::tell_unstamped;
use super::{Line, Options, Outcome, roles};
use crate::clock;
use crate::evidence::signature;
use crate::evidence::signer::Signers;

/// An evidence without the message that it belongs to.
pub(super) fn alone(bytes: &[u8], options: &Options) -> Vec<Line> {
    let roots = options.evidence_roots();
    let examined = signature::examine(
        bytes,
        roots,
        &Signers::default(),
        &options.material,
        options.at,
    );
    let mut lines = match examined {
        Some(mut examined) => {
            if examined.stamped_at.is_none() {
                examined.lines.iter_mut().for_each(tell_unstamped);
            }
            let signer = signer_of(bytes, options);
            let witness = signer.and_then(|it| roles::witness(&it, &[], options));
            examined.lines.extend(witness);
            examined.lines
        }
        None => vec![Line::new("İmza", Outcome::Failed, "Dosyada imza yok.")],
    };
    match RemEvidence::read(bytes) {
        Ok(rem) => lines.push(Line::new("Delil", Outcome::Ok, words(&rem))),
        Err(finding) => lines.push(Line::new("Delil", Outcome::Failed, finding.sentence())),
    }
    lines
}

/// Whose certificate signed an evidence file.
pub(super) fn signer_of(bytes: &[u8], options: &Options) -> Option<Certificate> {
    let told = VerifyOptions {
        trust: options.evidence_roots(),
        at: options.at,
        material: &options.material,
    };
    let report = seal::xades::verify(bytes, &told);
    report.signers.into_iter().next()?.certificate
}

fn words(rem: &RemEvidence) -> String {
    let settings = RecognitionSettings::default();
    let signs = Signs {
        element: rem.element.as_deref(),
        event: rem.event.as_deref(),
        ..Signs::default()
    };
    let (kind, _) = recognise(signs, &settings);
    let mut text = kind.sentence().unwrap_or("Bilinmeyen olay.").to_owned();
    let time = rem.time.as_deref().unwrap_or_default();
    match EvidenceTime::read(time, &settings.assumed_zone).at {
        Some(at) => text.push_str(&format!(" {}", clock::posta_durumu_time(at))),
        None => text.push_str(" Zamanı okunamıyor."),
    }
    if let Some(id) = &rem.original_message_id {
        text.push_str(&format!("; ileti {id}"));
    }
    text
}
