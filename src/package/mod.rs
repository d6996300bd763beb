//! The e-Yazışma package of a letter: drafted when the first signature is prepared, sealed after
//! the last, kept for each set of left-out attachments (issue of form: `crates/eyazisma`).
//!
//! ```text
//! approval::sign::prepare  → draft   letter + attachments + Üstveri → PaketOzeti: what is signed
//! last signature           → finish  signatures + NihaiÜstveri → NihaiÖzet → seal → variants
//! dispatch                 → sent    the variant's bytes; finishes first what a crash left behind
//! ```

mod draft;
mod facts;
mod finish;
pub(crate) mod roles;
mod seal;
mod store;

pub use draft::metadata;
pub(crate) use draft::{make, record};
pub(crate) use facts::addressees;
pub(crate) use finish::key;
pub use finish::{Sent, finish, sent, whole};
pub(crate) use store::sizes;
pub use store::{Package, keep_signature, of};

use crate::error::{Error, Kind, Problem};

/// Other people still have to sign, or nobody signed with a key.
const SIGNATURE_MISSING: &str = "imza_eksik";

/// Completes the package right after the last signature. The letter stays signed whatever comes of
/// it: what fails now is done again before sending or when somebody asks for the package.
pub async fn after_signature(app: &crate::app::App, document_id: &str) {
    match finish(app, document_id).await {
        Ok(()) => {}
        Err(Error::Problem(problem)) if problem.code == SIGNATURE_MISSING => {}
        Err(error) => tracing::warn!(document_id, %error, "the package is not complete yet"),
    }
}

/// The package's file name: the document's id, as other writers name it.
#[must_use]
pub fn file_name(document_id: &str) -> String {
    format!("{}.eyp", document_id.to_uppercase())
}

/// A package that would break rules is not made; every rule is told.
fn refused(error: eyazisma::WriteError) -> Error {
    match error {
        eyazisma::WriteError::Rules(findings) => {
            let mut problem = Problem::new(
                Kind::Invalid,
                "paket_kurali",
                "Yazının e-Yazışma paketi bu bilgilerle hazırlanamaz; alıcılar reddederdi. \
                 Aşağıdakileri düzeltin.",
            );
            for finding in findings {
                problem = problem.field(finding.code, finding.sentence);
            }
            problem.into()
        }
        other => anyhow::anyhow!("package: {other}").into(),
    }
}
