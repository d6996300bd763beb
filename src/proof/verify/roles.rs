//! Whether those who signed a package are those whom it names: the persons against BelgeImzalar, the
//! seal against who prepared it.

use eyazisma::{Generation, Metadata, Package, Party, Person};
use seal::{Certificate, Report, SignerReport};

use super::{Line, Outcome};
use crate::turkish::search_words;

/// The persons' signatures against the signers that the package names; none where nothing is to be
/// compared. 1.x packages need not name anybody.
pub(super) fn signers(package: &Package, report: &Report) -> Option<Line> {
    const NAME: &str = "Belgedeki imzacılar";
    let named = match package.generation {
        Generation::Two => &package.final_metadata.as_ref()?.signers,
        Generation::One if package.old_signers.is_empty() => return None,
        Generation::One => &package.old_signers,
    };
    if report.signers.is_empty() {
        return None;
    }
    if named.is_empty() {
        let text = "Paket imzacıların adını söylemiyor; imzalayanlarla karşılaştırılamadı.";
        return Some(Line::new(NAME, Outcome::Open, text));
    }
    let mut left: Vec<&eyazisma::Signer> = named.iter().collect();
    let (mut same, mut faults) = (Vec::new(), Vec::new());
    for signer in &report.signers {
        match left.iter().position(|it| is_same(&it.person, signer)) {
            Some(at) => same.push(left.remove(at).person.full_name()),
            None => faults.push(format!(
                "{} imzalamış, BelgeImzalar'da adı yok.",
                signer.name.as_deref().unwrap_or("Adı bilinmeyen biri")
            )),
        }
    }
    // Whoever only initialled signed ParafOzeti, which stays in the house.
    let missing = left.iter().filter(|it| !is_initials(it));
    faults.extend(missing.map(|it| {
        let name = it.person.full_name();
        format!("BelgeImzalar'da adı olan {name} imzalamamış.")
    }));
    Some(if faults.is_empty() {
        let text = format!("İmzalayan, BelgeImzalar'daki kişi: {}.", same.join(", "));
        Line::new(NAME, Outcome::Ok, text)
    } else {
        Line::new(NAME, Outcome::Failed, faults.join(" "))
    })
}

fn is_initials(signer: &eyazisma::Signer) -> bool {
    let purpose = signer.purpose.as_ref().map(|it| it.value.as_str());
    search_words(purpose.unwrap_or_default()).contains(&"paraf".to_owned())
}

/// The national number decides where both tell it, else the name.
fn is_same(named: &Person, signer: &SignerReport) -> bool {
    let is_number = |text: &&str| text.len() == 11 && text.bytes().all(|it| it.is_ascii_digit());
    let told = named.national_id.as_deref().filter(is_number);
    let own = signer.serial_number.as_deref().filter(is_number);
    if let (Some(told), Some(own)) = (told, own) {
        return told == own;
    }
    are_alike(
        &named.full_name(),
        signer.name.as_deref().unwrap_or_default(),
    )
}

/// One name may leave out what the other has: a second given name, *T.C.* before an institution.
fn are_alike(one: &str, other: &str) -> bool {
    let (one, other) = (search_words(one), search_words(other));
    let (short, long) = if one.len() <= other.len() {
        (one, other)
    } else {
        (other, one)
    };
    (short.len() > 1 || short.len() == long.len())
        && !short.is_empty()
        && short.iter().all(|word| long.contains(word))
}

/// The seal against Oluşturan, as far as its certificate says whose it is; none where nothing is to
/// be compared. An update package is sealed by who prepared the package in it.
pub(super) fn sealer(package: &Package, report: &Report) -> Option<Line> {
    const NAME: &str = "Mührün sahibi";
    let original = package.original.as_ref();
    let metadata: &Metadata = package
        .metadata
        .as_ref()
        .or_else(|| original?.metadata.as_ref())?;
    let creator = metadata.creator.as_ref()?;
    let signer = report.signers.first()?;
    let certificate = signer.certificate.as_ref()?;
    let (owner, name) = (certificate.common_name(), creator.name());
    let (outcome, text) = match number_of(certificate) {
        Some(number) if is_of(creator, &number) => (
            Outcome::Ok,
            format!("Mühür, paketi hazırlayan kurumun ({owner}, {number})."),
        ),
        Some(number) => (
            Outcome::Failed,
            format!("Mühür {owner} ({number}) kurumunun; paketi hazırlayan {name}."),
        ),
        None if owns(certificate, &name) => (
            Outcome::Ok,
            format!("Mühür, paketi hazırlayan kurumun adına ({owner})."),
        ),
        None => {
            // A rehearsal's own seal is of no institution, and says that it is worth nothing.
            let issuer = signer.issuer.as_deref().unwrap_or_default();
            let outcome = if issuer.contains(seal::rehearsal::MARK) {
                Outcome::Ok
            } else {
                Outcome::Open
            };
            let text = format!(
                "Mührün sertifikası {owner} adına; paketi hazırlayanın ({name}) mührü olup olmadığını \
                 söylemiyor."
            );
            (outcome, text)
        }
    };
    Some(Line::new(NAME, outcome, text))
}

fn owns(certificate: &Certificate, institution: &str) -> bool {
    are_alike(&certificate.common_name(), institution)
        || certificate
            .organisation()
            .is_some_and(|organisation| are_alike(&organisation, institution))
}

/// The DETSİS number in the certificate, bare or after a scheme (`GOVTR-24322010`).
fn number_of(certificate: &Certificate) -> Option<String> {
    let identifier = certificate.organisation_identifier()?;
    let number = identifier.rsplit('-').next()?.trim();
    let is_number = number.len() == 8
        && number.bytes().all(|it| it.is_ascii_digit())
        && number.bytes().any(|it| it != b'0');
    is_number.then(|| number.to_owned())
}

fn is_of(creator: &Party, number: &str) -> bool {
    match creator {
        Party::Institution(it) => it.code == number || it.unit_code.as_deref() == Some(number),
        Party::Person(_) | Party::Company(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_alike_when_one_leaves_words_out() {
        let alike = [
            ("Ali Şahin", "ALİ ŞAHİN"),
            ("Ali Veli Şahin", "ALİ ŞAHİN"),
            ("Sağlık Bakanlığı", "T.C. SAĞLIK BAKANLIĞI"),
            ("Ali", "ALİ"),
        ];
        for (one, other) in alike {
            assert!(are_alike(one, other), "{one} {other}");
            assert!(are_alike(other, one), "{one} {other}");
        }
        let different = [
            ("Ali Şahin", "Fatma Şahin"),
            ("Ali", "Ali Şahin"),
            ("", "Ali Şahin"),
            ("", ""),
            ("Sağlık Bakanlığı", "Adalet Bakanlığı"),
        ];
        for (one, other) in different {
            assert!(!are_alike(one, other), "{one} {other}");
        }
    }
}
