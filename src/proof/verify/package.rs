//! An e-Yazışma package: its rules and digests, its letter, signatures and seal, by kind and
//! generation.

use std::fs::File;
use std::io::{Read, Seek};

use eyazisma::{Finding, Generation, Kind, Limits, Package, Role, Severity};
use seal::Cms;

use super::signature::Stamp;
use super::{Line, Options, Outcome, pdf, roles, signature};

/// The checks of a package.
pub(super) fn check(mut reader: impl Read + Seek, options: &Options) -> Vec<Line> {
    match read(&mut reader) {
        Ok(package) => checks(&package, &mut reader, options),
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

/// The checks of a package that was read from `reader`.
pub(super) fn checks(
    package: &Package,
    reader: &mut (impl Read + Seek),
    options: &Options,
) -> Vec<Line> {
    let mut lines = vec![Line::new("Paket", Outcome::Ok, head(package))];
    let content_of = |der: &[u8]| Cms::from_der(der).ok()?.content().map(<[u8]>::to_vec);
    let asked = eyazisma::Options {
        rehearsal: true,
        content_of: Some(&content_of),
        ..eyazisma::Options::default()
    };
    let findings = package.check(&asked);
    let grave = |it: &&Finding| it.severity >= Severity::Serious;
    if !findings.iter().any(|it| grave(&it)) {
        let text = "Paketin özetleri ve kuralları tutuyor.";
        lines.push(Line::new("Kurallar", Outcome::Ok, text));
    }
    lines.extend(findings.iter().map(of_finding));
    lines.extend(letter_lines(package, reader));
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
    if let Some(need) = signature {
        let signed = Signed {
            name: "İmza",
            need,
            stamp,
            cms: package.signature.as_deref(),
            content: package.package_digest_bytes.as_deref(),
        };
        let named = |report: &seal::Report| roles::signers(package, report);
        lines.extend(signature_lines(&signed, options, named));
    }
    if let Some(need) = seal {
        let sealed = Signed {
            name: "Mühür",
            need,
            stamp,
            cms: package.seal.as_deref(),
            content: package.final_digest_bytes.as_deref(),
        };
        let named = |report: &seal::Report| roles::sealer(package, report);
        lines.extend(signature_lines(&sealed, options, named));
    }
    if package.kind == Kind::Encrypted {
        let text = "Paket şifreli; yazı, imza ve mühür içindedir ve anahtarı olmadan denetlenemez. \
                    Alıcının açtığı .eyp paketini denetleyin.";
        lines.push(Line::new("Şifreli içerik", Outcome::Open, text));
    }
    if let Some(original) = &package.original {
        match package
            .part_of(Role::Original)
            .map(|it| taken_out(reader, it))
        {
            Some(Ok(mut file)) => lines.extend(checks(original, &mut file, options)),
            Some(Err(text)) => lines.push(Line::new("Paket", Outcome::Failed, text)),
            None => {}
        }
    }
    lines
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
    for line in &mut lines {
        line.name = format!("{LETTER}: {}", line.name);
    }
    lines
}

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

/// What `seal` says of a signature or seal of the package, and whether it is of whom the package
/// names.
fn signature_lines(
    signed: &Signed<'_>,
    options: &Options,
    named: impl Fn(&seal::Report) -> Option<Line>,
) -> Vec<Line> {
    let Signed {
        name, need, stamp, ..
    } = *signed;
    let Some(cms) = signed.cms else {
        return match need {
            Need::Must => vec![Line::new(name, Outcome::Failed, format!("{name} yok."))],
            Need::May => Vec::new(),
        };
    };
    let Some(content) = signed.content else {
        let text = format!("{name} var, ama üzerinde olduğu özet pakette yok.");
        return vec![Line::new(name, Outcome::Failed, text)];
    };
    let report = signature::report(cms, Some(content), options);
    let mut lines = signature::of_report(&report, stamp);
    lines.extend(named(&report));
    for line in &mut lines {
        line.name = format!("{name}: {}", line.name);
    }
    lines
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
