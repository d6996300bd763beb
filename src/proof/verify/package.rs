//! An e-Yazışma package: its rules and digests, its letter, signatures and seal, by kind and
//! generation.

use std::fs::File;
use std::io::{Read, Seek};

use eyazisma::{Finding, Generation, Kind, Limits, Package, Role, Severity};
use seal::{Certificate, Cms};

use super::signature::Stamp;
use super::{Line, Options, Outcome, pdf, signature};
use crate::package::roles;
pub(super) use crate::package::roles::day_of;

/// The checks of a package.
pub(super) fn check(mut reader: impl Read + Seek, options: &Options) -> Vec<Line> {
    match read(&mut reader) {
        Ok(package) => checks(&package, &mut reader, options, &[]).lines,
        Err(line) => vec![line],
    }
}

/// Reads it, or says why it cannot be read.
pub(super) fn read(reader: impl Read + Seek) -> Result<Package, Line> {
    Package::read(reader, &Limits::default()).map_err(|error| of_finding(&error.finding()))
}

/// Whether a package has to have a signature or a seal.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Need {
    Must,
    May,
}

/// What the checks of a package came to.
#[derive(Default)]
pub(super) struct Examined {
    pub lines: Vec<Line>,
    /// Whose certificates signed it, persons and seal.
    pub signers: Vec<Certificate>,
    /// Of the seals, where everything about them holds: those that may be Oluşturan's.
    pub sealers: Vec<Certificate>,
}

/// The checks of a package that was read from `reader`. `receiver`: numbers of who got it; when empty,
/// attachments that were left out for any recipient may be missing.
pub(super) fn checks(
    package: &Package,
    reader: &mut (impl Read + Seek),
    options: &Options,
    receiver: &[String],
) -> Examined {
    let mut found = Examined {
        lines: vec![Line::new("Paket", Outcome::Ok, head(package))],
        ..Examined::default()
    };
    // Who has to sign what: eyp.md part 3. The seal came with 2.0; an update package is sealed
    // only, the persons' signatures are those of the package that it carries.
    let (signature, seal) = match (package.kind, package.generation) {
        (Kind::Plain, Generation::Two) => (Some(Need::Must), Some(Need::Must)),
        (Kind::Plain, Generation::One) => (Some(Need::Must), Some(Need::May)),
        (Kind::Update, _) => (None, Some(Need::Must)),
        (Kind::Encrypted, _) => (None, None),
    };
    // Signature and seal are CAdES-X-Long and -A since 2.0 (eyp.md part 3), so they are stamped.
    let stamp = match package.generation {
        Generation::Two => Stamp::Must,
        Generation::One => Stamp::May,
    };
    let mut signatures = Vec::new();
    let mut is_rehearsal = false;
    if let Some(need) = signature {
        let signed = Signed {
            name: "İmza",
            need,
            stamp,
            cms: package.signature.as_deref(),
            content: package.package_digest_bytes.as_deref(),
        };
        let named = |report: &seal::Report| {
            let day = roles::day_line(package, report);
            roles::signers(package, report)
                .into_iter()
                .chain(roles::unqualified(report))
                .chain(day)
                .collect()
        };
        let (lines, report) = signature_lines(&signed, options, named);
        signatures.extend(lines);
        if let Some(report) = report {
            is_rehearsal |= of_rehearsal(&report);
            found.signers.extend(signature::certificates(&report));
        }
    }
    if let Some(need) = seal {
        let sealed = Signed {
            name: "Mühür",
            need,
            stamp,
            cms: package.seal.as_deref(),
            content: package.final_digest_bytes.as_deref(),
        };
        let named = |report: &seal::Report| Vec::from_iter(roles::sealer(package, report));
        let (lines, report) = signature_lines(&sealed, options, named);
        signatures.extend(lines);
        if let Some(report) = report {
            is_rehearsal |= of_rehearsal(&report);
            if signature::holds(&report) {
                found.sealers.extend(roles::sealers(package, &report));
            }
            found.signers.extend(signature::certificates(&report));
        }
    }
    found.lines.extend(rules(package, receiver, is_rehearsal));
    found.lines.extend(letter_lines(package, reader));
    found.lines.extend(signatures);
    if package.kind == Kind::Encrypted {
        let text = "Paket şifreli; yazı, imza ve mühür içindedir ve anahtarı olmadan denetlenemez. \
                    Alıcının açtığı .eyp paketini denetleyin.";
        let line = Line::new("Şifreli içerik", Outcome::Open, text);
        found.lines.push(line);
    }
    if let Some(original) = &package.original {
        match package
            .part_of(Role::Original)
            .map(|it| taken_out(reader, it))
        {
            Some(Ok(mut file)) => {
                let inside = checks(original, &mut file, options, receiver);
                found.lines.extend(inside.lines);
                found.signers.extend(inside.signers);
            }
            Some(Err(text)) => found.lines.push(Line::new("Paket", Outcome::Failed, text)),
            None => {}
        }
    }
    found
}

/// The rules of the form and the digests, and which parts no digest covers.
fn rules(package: &Package, receiver: &[String], is_rehearsal: bool) -> Vec<Line> {
    let content_of = |der: &[u8]| Cms::from_der(der).ok()?.content().map(<[u8]>::to_vec);
    let asked = eyazisma::Options {
        rehearsal: true,
        receiver,
        content_of: Some(&content_of),
        ..eyazisma::Options::default()
    };
    let findings = package.check(&asked);
    let mut lines = Vec::new();
    let grave = |it: &Finding| it.severity >= Severity::Serious;
    if !findings.iter().any(grave) {
        let text = "Paketin özetleri ve kuralları tutuyor.";
        lines.push(Line::new("Kurallar", Outcome::Ok, text));
    }
    lines.extend(findings.iter().map(|finding| {
        let mut line = of_finding(finding);
        if finding.code == SAMPLE_NUMBER && !is_rehearsal {
            line.outcome = Outcome::Open;
            line.text
                .push_str(" İmzalar prova sertifikasıyla atılmamış.");
        } else if UNKNOWN.contains(&finding.code) {
            line.outcome = Outcome::Open;
        }
        line
    }));
    lines.extend(roles::uncovered(package, MOST_PARTS));
    lines
}

/// The rule that takes a number of the demo's series for one.
const SAMPLE_NUMBER: &str = "PROVA.KKK";
/// What leaves something unknown: which file an attachment is, and what else there was to say.
const UNKNOWN: [&str; 2] = ["OKUMA.EK_DOSYAADI", "KAP.COK_BULGU"];
/// More parts than these are counted and not named.
const MOST_PARTS: usize = 50;

/// Whether a certificate of a rehearsal made one of the signatures.
fn of_rehearsal(report: &seal::Report) -> bool {
    report
        .signers
        .iter()
        .filter_map(|signer| signer.issuer.as_deref())
        .any(|issuer| issuer.contains(seal::rehearsal::MARK))
}

/// The letter in the package is a PDF like any other that is checked here. That it lacks is a
/// finding of the rules.
fn letter_lines(package: &Package, reader: &mut (impl Read + Seek)) -> Vec<Line> {
    let Some(part) = package.letter().filter(|it| package.part(it).is_some()) else {
        return Vec::new();
    };
    let mut lines = match taken_out(reader, part) {
        Ok(file) => pdf::check(file),
        Err(text) => vec![Line::new("PDF", Outcome::Failed, text)],
    };
    lines.push(Line::new("Metin", Outcome::Ok, TEXT_NOTE));
    for line in &mut lines {
        line.name = format!("{LETTER}: {}", line.name);
    }
    lines
}

/// What is not checked of a letter, and who can.
pub(super) const TEXT_NOTE: &str = "Sayfada görünen sayı, tarih, konu ve muhatap üstveriyle \
    karşılaştırılmadı; yazıyı açıp gözle karşılaştırın.";

/// What the lines about the letter begin with.
pub(super) const LETTER: &str = "Üst yazı";

/// A part as a file of its own, within the limits of packages: nothing is held in memory.
fn taken_out(reader: &mut (impl Read + Seek), part: &str) -> Result<File, String> {
    let failed = |error: std::io::Error| format!("{part}: {error}.");
    let mut file = tempfile::tempfile().map_err(failed)?;
    eyazisma::extract(reader, &Limits::default(), part, &mut file)
        .map_err(|error| error.finding().sentence)?;
    file.rewind().map_err(failed)?;
    Ok(file)
}

fn head(package: &Package) -> String {
    let kind = match package.kind {
        Kind::Plain => "paketi",
        Kind::Encrypted => "şifreli paketi",
        Kind::Update => "güncelleme paketi",
    };
    match package.number() {
        Some(number) => format!("e-Yazışma {} {kind}, sayı {number}.", package.version),
        None => format!("e-Yazışma {} {kind}.", package.version),
    }
}

/// A signature or seal of the package, or where one should be.
struct Signed<'a> {
    name: &'static str,
    need: Need,
    stamp: Stamp,
    cms: Option<&'a [u8]>,
    content: Option<&'a [u8]>,
}

/// What `seal` says of a signature or seal of the package, and what else is to be said of its report:
/// whether it is of whom the package names.
fn signature_lines(
    signed: &Signed<'_>,
    options: &Options,
    named: impl Fn(&seal::Report) -> Vec<Line>,
) -> (Vec<Line>, Option<seal::Report>) {
    let Signed {
        name, need, stamp, ..
    } = *signed;
    let Some(cms) = signed.cms else {
        let missing = match need {
            Need::Must => vec![Line::new(name, Outcome::Failed, format!("{name} yok."))],
            Need::May => Vec::new(),
        };
        return (missing, None);
    };
    let Some(content) = signed.content else {
        let text = format!("{name} var, ama üzerinde olduğu özet pakette yok.");
        return (vec![Line::new(name, Outcome::Failed, text)], None);
    };
    let report = signature::report(cms, Some(content), options);
    let mut lines = signature::of_report(&report, stamp);
    lines.extend(named(&report));
    for line in &mut lines {
        line.name = format!("{name}: {}", line.name);
    }
    (lines, Some(report))
}

/// Warnings are told and break nothing.
fn of_finding(finding: &Finding) -> Line {
    let outcome = match finding.severity {
        Severity::Critical | Severity::Serious => Outcome::Failed,
        Severity::Warning | Severity::Note => Outcome::Ok,
    };
    let label = finding.severity.label();
    let text = format!("{label} {}: {}", finding.code, finding.sentence);
    Line::new("Kurallar", outcome, text)
}
