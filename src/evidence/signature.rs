//! The XAdES signature of an evidence file (ETSI TS 102 640-2, 5.1; TS 101 903).

use jiff::Timestamp;
use seal::{CheckName, Material, Report, TrustStore, VerifyOptions};

use super::check::{Line, Outcome};
use super::signer::Signers;

/// Roots that evidence is checked against.
pub type Roots = TrustStore;

/// What the signature of a file came to.
#[derive(Debug, Clone, Default)]
pub struct Examined {
    pub lines: Vec<Line>,
    pub signer: Option<String>,
    pub signed_at: Option<Timestamp>,
    pub stamped_at: Option<Timestamp>,
}

impl From<&seal::Check> for Line {
    fn from(check: &seal::Check) -> Self {
        let outcome = match check.outcome {
            seal::Outcome::Ok => Outcome::Ok,
            seal::Outcome::NotChecked => Outcome::Open,
            seal::Outcome::Failed => Outcome::Failed,
        };
        Self::new(check.name.label(), outcome, check.text.clone())
    }
}

/// Examines the signature; none when the file has no signature element.
///
/// `at`: since when the file is known to have been there, at the latest now. What carries no time
/// stamp of its own is judged as of then, and a stamp's authority too.
#[must_use]
pub fn examine(
    bytes: &[u8],
    roots: &Roots,
    signers: &Signers,
    material: &Material,
    at: Timestamp,
) -> Option<Examined> {
    if !has_signature(bytes) {
        return None;
    }
    let options = VerifyOptions {
        trust: roots,
        at,
        material,
    };
    Some(of_report(&seal::xades::verify(bytes, &options), signers))
}

fn of_report(report: &Report, signers: &Signers) -> Examined {
    let mut lines: Vec<Line> = report.all().map(Line::from).collect();
    // Without a way to a root the signature may be anybody's.
    let rooted = |line: &Line| line.name == CheckName::Chain.label() && line.outcome == Outcome::Ok;
    if !lines.iter().any(rooted) {
        for line in &mut lines {
            if line.name == CheckName::Chain.label() {
                line.outcome = Outcome::Failed;
            }
        }
        if !lines.iter().any(|line| line.outcome == Outcome::Failed) {
            let text = "İmzanın sahibi güvenilen bir köke bağlanamadı.";
            lines.push(Line::new(CheckName::Chain.label(), Outcome::Failed, text));
        }
    }
    let signer = report.signers.first();
    let certificate = signer.and_then(|signer| signer.certificate.as_ref());
    lines.extend(certificate.and_then(|it| signers.line(it)));
    Examined {
        lines,
        signer: signer.and_then(|signer| signer.name.clone()),
        signed_at: signer.and_then(|signer| signer.signing_time),
        stamped_at: signer.and_then(|signer| signer.stamped_at),
    }
}

/// Whether the file holds a signature, under whatever prefix: the name alone decides, so that a
/// broken signature is never taken for none.
fn has_signature(bytes: &[u8]) -> bool {
    const NAME: &[u8] = b"SignatureValue";
    bytes.windows(NAME.len()).any(|window| window == NAME)
}
