//! An e-Yazışma package: its rules and digests, signatures and seal.

use std::fs::File;

use eyazisma::{Finding, Limits, Package, Severity};
use seal::Cms;

use super::{Line, Options, Outcome, signature};

/// The checks of a package.
pub(super) fn check(file: File, options: &Options) -> Vec<Line> {
    match Package::read(file, &Limits::default()) {
        Ok(package) => checks(&package, options),
        Err(error) => vec![of_finding(&error.finding())],
    }
}

fn checks(package: &Package, options: &Options) -> Vec<Line> {
    let mut lines = vec![Line::new(
        "Paket",
        Outcome::Ok,
        format!(
            "e-Yazışma {} paketi, sayı {}.",
            package.version,
            package.number().unwrap_or("yok")
        ),
    )];
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
    let signed = [
        ("İmza", &package.signature, &package.package_digest_bytes),
        ("Mühür", &package.seal, &package.final_digest_bytes),
    ];
    for (name, signature, content) in signed {
        lines.extend(signature_lines(name, signature, content, options));
    }
    if let Some(original) = &package.original {
        lines.extend(checks(original, options));
    }
    lines
}

/// What `seal` says of a signature or seal of the package.
fn signature_lines(
    name: &str,
    signed: &Option<Vec<u8>>,
    content: &Option<Vec<u8>>,
    options: &Options,
) -> Vec<Line> {
    let Some(signed) = signed else {
        let text = format!("{name} yok.");
        return vec![Line::new(name, Outcome::Failed, text)];
    };
    let mut lines = signature::check(signed, content.as_deref(), options);
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
