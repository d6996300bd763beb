//! Whether those who signed a bundle are those who should have: its list against who prepared the
//! package in it, evidence against everybody who is no provider. What a package says of its own
//! signers stands in `package::roles`.

use eyazisma::Party;
use seal::{Certificate, Report};

use super::{Line, Options, Outcome};
use crate::evidence::signer::is_of_person;
pub(super) use crate::package::roles::creator;
use crate::package::roles::{Owner, owner_of};

/// Who signed a bundle's list against who prepared its packages: a list that somebody else signed
/// says what somebody else wants. `sealers` are the certificates whose seals hold and that may be of
/// who prepared the packages.
pub(super) fn list_signer(
    name: &str,
    report: &Report,
    creators: &[Party],
    sealers: &[Certificate],
) -> Option<Line> {
    let certificate = report.signers.first()?.certificate.as_ref()?;
    let who = certificate.common_name();
    let failed = |text: String| Some(Line::new(name, Outcome::Failed, text));
    if report.signers.len() > 1 {
        return failed("İçindekiler listesinde birden çok imza var; tek imza olmalı.".to_owned());
    }
    let Some(first) = creators.first() else {
        if is_of_person(certificate) {
            return failed(format!(
                "Listeyi kurum değil, {who} (gerçek kişi) imzalamış."
            ));
        }
        let text = format!(
            "Pakette denetlenen e-Yazışma paketi yok; listeyi imzalayanın ({who}) yazıyı hazırlayan \
             kurum olup olmadığı bilinmiyor."
        );
        return Some(Line::new(name, Outcome::Open, text));
    };
    let owners = || creators.iter().map(|it| owner_of(certificate, it));
    let another = owners().find_map(|owner| match owner {
        Owner::Another(another) => Some(another),
        Owner::Creator(_) | Owner::Untold(_) => None,
    });
    let prepared = first.name();
    if let Some(another) = another {
        return failed(format!(
            "Listeyi imzalayan sertifika {another}; yazıyı hazırlayan {prepared}."
        ));
    }
    if !is_of_person(certificate) && sealers.contains(certificate) {
        let text = format!("Listeyi imzalayan, paketi mühürleyen ({who}).");
        return Some(Line::new(name, Outcome::Ok, text));
    }
    if owners().any(|owner| matches!(owner, Owner::Untold(false))) {
        let text = format!(
            "Listeyi imzalayan sertifika {who} adına; yazıyı hazırlayanın ({prepared}) olup olmadığını \
             söylemiyor."
        );
        return Some(Line::new(name, Outcome::Open, text));
    }
    let text = format!("Listeyi imzalayan, yazıyı hazırlayan kurum adına ({who}).");
    Some(Line::new(name, Outcome::Ok, text))
}

/// Whether this certificate may be the one of a KEP provider that signs evidence: never that of a
/// party of the letter, and known only under roots that were named for providers. None where
/// nothing is to be said; a natural person's is refused where the evidence itself is examined.
pub(super) fn witness(
    certificate: &Certificate,
    parties: &[Certificate],
    options: &Options,
) -> Option<Line> {
    const NAME: &str = "Sağlayıcı";
    let who = certificate.common_name();
    if parties.contains(certificate) {
        let text = format!(
            "Delili, yazıyı ya da iletiyi imzalayan {who} imzalamış; kendi gönderdiğine kimse delil \
             veremez."
        );
        return Some(Line::new(NAME, Outcome::Failed, text));
    }
    options.evidence_trust.is_none().then(|| {
        let text = format!(
            "Delili imzalayanın ({who}) KEP sağlayıcısı olduğu bilinmiyor; sağlayıcıların köklerini \
             --evidence-roots ile verin."
        );
        Line::new(NAME, Outcome::Open, text)
    })
}
