//! An e-Yazışma package: its rules and digests, signatures and seal, by kind and generation.

use std::io::{Read, Seek};

use eyazisma::{Finding, Generation, Kind, Limits, Package, Severity};
use seal::Cms;

use super::{Line, Options, Outcome, signature};

/// The checks of a package.
pub(super) fn check(reader: impl Read + Seek, options: &Options) -> Vec<Line> {
    match read(reader) {
        Ok(package) => checks(&package, options),
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

/// The checks of a package that was read.
pub(super) fn checks(package: &Package, options: &Options) -> Vec<Line> {
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
    // Who has to sign what: eyp.md part 3. The seal came with 2.0; an update package is sealed
    // only, the persons' signatures are those of the package that it carries.
    let (signature, seal) = match (package.kind, package.generation) {
        (Kind::Plain, Generation::Two) => (Some(Need::Must), Some(Need::Must)),
        (Kind::Plain, Generation::One) => (Some(Need::Must), Some(Need::May)),
        (Kind::Update, _) => (None, Some(Need::Must)),
        (Kind::Encrypted, _) => (None, None),
    };
    let signed = [
        (
            "İmza",
            signature,
            &package.signature,
            &package.package_digest_bytes,
        ),
        ("Mühür", seal, &package.seal, &package.final_digest_bytes),
    ];
    for (name, need, cms, content) in signed {
        if let Some(need) = need {
            lines.extend(signature_lines(name, need, cms, content, options));
        }
    }
    if package.kind == Kind::Encrypted {
        let text = "Paket şifreli; yazı, imza ve mühür içindedir ve anahtarı olmadan denetlenemez. \
                    Alıcının açtığı .eyp paketini denetleyin.";
        lines.push(Line::new("Şifreli içerik", Outcome::Open, text));
    }
    if let Some(original) = &package.original {
        lines.extend(checks(original, options));
    }
    lines
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

/// What `seal` says of a signature or seal of the package.
fn signature_lines(
    name: &str,
    need: Need,
    signed: &Option<Vec<u8>>,
    content: &Option<Vec<u8>>,
    options: &Options,
) -> Vec<Line> {
    let Some(signed) = signed else {
        return match need {
            Need::Must => vec![Line::new(name, Outcome::Failed, format!("{name} yok."))],
            Need::May => Vec::new(),
        };
    };
    let Some(content) = content else {
        let text = format!("{name} var, ama üzerinde olduğu özet pakette yok.");
        return vec![Line::new(name, Outcome::Failed, text)];
    };
    let mut lines = signature::check(signed, Some(content), options);
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
