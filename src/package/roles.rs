//! Whether what a package says of itself is so: those who signed are whom BelgeImzalar names, the seal is
//! of who prepared it, the date is that of the last stamp, and a digest covers every file. Told alike
//! to whoever checks a package (`dys verify`) and to the registry that receives one.

use std::collections::BTreeSet;

use eyazisma::{Generation, Kind, Metadata, Package, Party, Person, Stamp};
use jiff::civil::Date;
use seal::{Certificate, Report, SignerReport};

use crate::clock;
use crate::evidence::check::{Line, Outcome};
use crate::evidence::signer::is_of_person;
use crate::turkish::search_words;

/// The persons' signatures against the signers that the package names; none where nothing is to be
/// compared. 1.x packages need not name anybody.
pub(crate) fn signers(package: &Package, report: &Report) -> Option<Line> {
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

/// Whose certificate does not say that it is a person's qualified one, or is not for signing
/// documents: a secure electronic signature rests on both (law 5070, articles 4 and 9). One a line.
pub(crate) fn unqualified(report: &Report) -> impl Iterator<Item = Line> {
    const NAME: &str = "Nitelikli sertifika";
    certificates(report).filter_map(|certificate| {
        let name = certificate.common_name();
        // A card's second certificate logs in and has no statement either: its usage says more.
        let text = if !certificate.is_qualified_usage() {
            format!(
                "{name} adına olan sertifika imza için değil (anahtar kullanımında inkâr \
                 edilemezlik yok)."
            )
        } else if !certificate.is_qualified() {
            format!("{name} adına olan sertifikada nitelikli sertifika beyanı yok.")
        } else {
            return None;
        };
        Some(Line::new(NAME, Outcome::Open, text))
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
    let own = signer.serial_number.as_deref();
    let own = own.map(|it| it.rsplit('-').next().unwrap_or_default().trim());
    if let (Some(told), Some(own)) = (told, own.filter(is_number)) {
        return told == own;
    }
    is_name_of(named, signer.name.as_deref().unwrap_or_default())
}

/// Whether a person may be called so: the surname is the same, of the given names one may leave out
/// what the other has.
fn is_name_of(person: &Person, name: &str) -> bool {
    let own = search_words(&person.full_name());
    let surname = search_words(&person.last_name.value);
    let words = search_words(name);
    if surname.is_empty() || own.len() == surname.len() {
        // One word that stands for both, as the schema wants both.
        return !own.is_empty() && own == words;
    }
    let Some(given) = words.strip_suffix(surname.as_slice()) else {
        return false;
    };
    let own: Vec<&String> = own.iter().filter(|word| !surname.contains(word)).collect();
    let within = given.iter().filter(|word| own.contains(word)).count();
    within > 0 && (within == given.len() || within == own.len())
}

/// Whether two names are those of one institution: the same words, but for *T.C.*
fn is_institution(one: &str, other: &str) -> bool {
    let words = |text: &str| -> BTreeSet<String> {
        let all = search_words(text);
        let bare = all.strip_prefix(["t".to_owned(), "c".to_owned()].as_slice());
        let bare = bare.or_else(|| all.strip_prefix(["tc".to_owned()].as_slice()));
        bare.unwrap_or(&all).iter().cloned().collect()
    };
    let (one, other) = (words(one), words(other));
    !one.is_empty() && one == other
}

/// What a certificate says about whether it is of who prepared the package.
pub(crate) enum Owner {
    /// It is: by its number, or by its name alone.
    Creator(Option<String>),
    /// It is of somebody else: whose, in words.
    Another(String),
    /// It does not say; `true` when it is of a rehearsal's authority, which says that of itself.
    Untold(bool),
}

impl Owner {
    /// How much speaks against it.
    const fn doubt(&self) -> u8 {
        match self {
            Self::Creator(_) => 0,
            Self::Untold(true) => 1,
            Self::Untold(false) => 2,
            Self::Another(_) => 3,
        }
    }
}

pub(crate) fn owner_of(certificate: &Certificate, creator: &Party) -> Owner {
    let name = certificate.common_name();
    if let Party::Person(person) = creator {
        return match is_name_of(person, &name) {
            true => Owner::Creator(None),
            false => Owner::Another(format!("{name} adına")),
        };
    }
    // An employee's certificate may carry the institution's name as its organisation.
    if is_of_person(certificate) {
        return Owner::Another(format!("{name} adlı kişinin"));
    }
    match number_of(certificate) {
        Some(number) if is_of(creator, &number) => Owner::Creator(Some(number)),
        Some(number) => Owner::Another(format!("{name} ({number}) kurumunun")),
        None if owns(certificate, &creator.name()) => Owner::Creator(None),
        None => Owner::Untold(certificate.issuer().contains(seal::rehearsal::MARK)),
    }
}

/// The seal against Oluşturan, as far as its certificate says whose it is; none where nothing is to
/// be compared. An update package is sealed by who prepared the package in it.
///
/// No digest covers the seal: whoever has the package may sign beside it or countersign it. So
/// everybody who did is judged, and the line tells of whom most speaks against.
pub(crate) fn sealer(package: &Package, report: &Report) -> Option<Line> {
    const NAME: &str = "Mührün sahibi";
    let creator = creator(package)?;
    let name = creator.name();
    let judged = certificates(report).map(|it| (it.common_name(), owner_of(it, creator)));
    let (owner, judgement) = judged.max_by_key(|(_, owner)| owner.doubt())?;
    let is_anothers = matches!(judgement, Owner::Another(_));
    if package.kind == Kind::Update && report.signers.len() > 1 && !is_anothers {
        let text = "Güncelleme paketinin mühründe birden çok imza var; tek imza olmalı.";
        return Some(Line::new(NAME, Outcome::Failed, text));
    }
    let (outcome, text) = match judgement {
        Owner::Creator(Some(number)) => (
            Outcome::Ok,
            format!("Mühür, paketi hazırlayan kurumun ({owner}, {number})."),
        ),
        Owner::Creator(None) => (
            Outcome::Ok,
            format!("Mühür, paketi hazırlayan kurumun adına ({owner})."),
        ),
        Owner::Another(another) => (
            Outcome::Failed,
            format!("Mühür {another}; paketi hazırlayan {name}."),
        ),
        // A rehearsal's own seal is of no institution, and says that it is worth nothing.
        Owner::Untold(is_rehearsal) => (
            if is_rehearsal {
                Outcome::Ok
            } else {
                Outcome::Open
            },
            format!(
                "Mührün sertifikası {owner} adına; paketi hazırlayanın ({name}) mührü olup olmadığını \
                 söylemiyor."
            ),
        ),
    };
    Some(Line::new(NAME, outcome, text))
}

/// Whose certificates made the seal, of those that may be Oluşturan's. One that does not say whose it
/// is counts where it sealed alone: beside another it may have been put there later.
pub(crate) fn sealers(package: &Package, report: &Report) -> Vec<Certificate> {
    let Some(creator) = creator(package) else {
        return Vec::new();
    };
    let is_alone = report.signers.len() == 1;
    let kept = certificates(report).filter(|it| match owner_of(it, creator) {
        Owner::Creator(_) => true,
        Owner::Untold(_) => is_alone,
        Owner::Another(_) => false,
    });
    kept.cloned().collect()
}

fn certificates(report: &Report) -> impl Iterator<Item = &Certificate> {
    let signers = report.signers.iter();
    signers.filter_map(|it| it.certificate.as_ref())
}

/// Oluşturan; of an update package that of the package in it.
pub(crate) fn creator(package: &Package) -> Option<&Party> {
    let original = package.original.as_ref();
    let metadata: &Metadata = package
        .metadata
        .as_ref()
        .or_else(|| original?.metadata.as_ref())?;
    metadata.creator.as_ref()
}

/// The date of the letter as the package says it.
pub(crate) fn day_of(package: &Package) -> Option<Date> {
    day(&package.final_metadata.as_ref()?.date)
}

/// The day in Turkey, whatever offset the moment is written in.
pub(crate) fn day(stamp: &Stamp) -> Option<Date> {
    match stamp.timestamp() {
        Some(at) => Some(clock::local(at).date()),
        None => stamp.date(),
    }
}

/// The letter's date is the day of its last signer's stamp (regulation article 12, eyp.md 3), so
/// whoever signs before midnight and is stamped after it signs anew (decision 1).
pub(crate) fn day_line(package: &Package, report: &Report) -> Option<Line> {
    const NAME: &str = "Tarih";
    let day = day_of(package)?;
    let written = day.strftime("%d.%m.%Y");
    let mut last = None;
    for signer in &report.signers {
        let Some(at) = signer.stamped_at else {
            let text = format!(
                "Yazının tarihi ({written}) imzanın zaman damgasıyla karşılaştırılamadı: damga yok."
            );
            return Some(Line::new(NAME, Outcome::Open, text));
        };
        last = last.max(Some(at));
    }
    let last = last?;
    Some(if clock::local(last).date() == day {
        let text = format!("Yazının tarihi ({written}), son imzanın zaman damgasının günüdür.");
        Line::new(NAME, Outcome::Ok, text)
    } else {
        let text = format!(
            "Yazının tarihi {written}, son imzanın zaman damgası {}. Resmî yazının tarihi son imzanın \
             damgasının günüdür; gece yarısını aşan imza yeni tarihle yeniden atılır.",
            clock::posta_durumu_time(last)
        );
        Line::new(NAME, Outcome::Failed, text)
    })
}

/// The parts that no digest covers, one a line; more than `most` are counted and not named.
pub(crate) fn uncovered(package: &Package, most: usize) -> Vec<Line> {
    const NAME: &str = "Kapsam";
    let mut parts = package.uncovered();
    let more = parts.len().saturating_sub(most);
    parts.truncate(most);
    let mut lines: Vec<Line> = parts
        .into_iter()
        .map(|name| {
            let name: String = name.chars().take(200).collect();
            let text =
                format!("{name} imza kapsamında değil; paketi elinde tutan koymuş olabilir.");
            Line::new(NAME, Outcome::Open, text)
        })
        .collect();
    if more > 0 {
        let text = format!("İmza kapsamında olmayan {more} dosya daha var.");
        lines.push(Line::new(NAME, Outcome::Open, text));
    }
    lines
}

fn owns(certificate: &Certificate, institution: &str) -> bool {
    is_institution(&certificate.common_name(), institution)
        || certificate
            .organisation()
            .is_some_and(|organisation| is_institution(&organisation, institution))
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

    fn person(given: &str, surname: &str) -> Person {
        Person {
            first_name: given.into(),
            last_name: surname.into(),
            ..Person::default()
        }
    }

    #[test]
    fn a_person_may_leave_given_names_out_and_never_the_surname() {
        for (given, surname, name) in [
            ("Ali", "Şahin", "ALİ ŞAHİN"),
            ("Ali Veli", "Şahin", "ALİ ŞAHİN"),
            ("Ali", "ŞAHİN", "ALİ VELİ ŞAHİN"),
            ("Ayşe", "Yılmaz Öztürk", "AYŞE YILMAZ ÖZTÜRK"),
            ("Ali", "Ali", "ALİ"),
        ] {
            assert!(
                is_name_of(&person(given, surname), name),
                "{given} {surname}: {name}"
            );
        }
        for (given, surname, name) in [
            ("Ali", "Şahin", "Fatma Şahin"),
            ("Ali", "Şahin", "Ali"),
            ("Ali", "Şahin", "Şahin Ali"),
            ("Ali Veli", "Şahin", "ALİ VELİ"),
            ("Ali", "Şahin", "Ali Şahin Kaya"),
            ("Ali Veli", "Şahin", "Ali Can Şahin"),
            ("Ayşe", "Yılmaz Öztürk", "AYŞE ÖZTÜRK"),
            ("Ali", "Ali", "Ali Şahin"),
            ("", "", "Ali Şahin"),
            ("", "", ""),
        ] {
            assert!(
                !is_name_of(&person(given, surname), name),
                "{given} {surname}: {name}"
            );
        }
    }

    #[test]
    fn an_institution_leaves_nothing_out_but_t_c() {
        for (one, other) in [
            ("Sağlık Bakanlığı", "T.C. SAĞLIK BAKANLIĞI"),
            ("TC Sağlık Bakanlığı", "Sağlık Bakanlığı"),
            ("Keşan Belediye Başkanlığı", "KEŞAN BELEDİYE BAŞKANLIĞI"),
        ] {
            assert!(is_institution(one, other), "{one}: {other}");
            assert!(is_institution(other, one), "{one}: {other}");
        }
        for (one, other) in [
            ("İstanbul Üniversitesi", "İstanbul Teknik Üniversitesi"),
            ("Sağlık Bakanlığı", "Sağlık Bakanlığı İl Müdürlüğü"),
            ("Sağlık Bakanlığı", "Adalet Bakanlığı"),
            ("T.C.", "T.C. Sağlık Bakanlığı"),
            ("", "Sağlık Bakanlığı"),
            ("", ""),
            ("T.C.", "T.C."),
        ] {
            assert!(!is_institution(one, other), "{one}: {other}");
            assert!(!is_institution(other, one), "{one}: {other}");
        }
    }
}
