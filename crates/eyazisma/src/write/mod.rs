//! Writes 2.0 packages and 2.1 update packages, strictly by the rules and always the same bytes.

mod draft;
mod opc;
mod parts;
mod update;

pub use draft::{Draft, File, Finished, Settings, Unsealed, Unsigned};
pub use update::UpdateDraft;

use crate::check::Finding;

/// Why a package is not written.
#[derive(Debug, thiserror::Error)]
pub enum WriteError {
    /// The package would break rules; readers would refuse it.
    #[error("the package would break {} rules, first: {}", .0.len(), .0.first().map(ToString::to_string).unwrap_or_default())]
    Rules(Vec<Finding>),
    /// An attachment's file is missing, or there is one too many.
    #[error("files and metadata do not agree: {0}")]
    Files(String),
    #[error("the stored draft cannot be read: {0}")]
    Draft(String),
    #[error("the archive cannot be written: {0}")]
    Container(String),
}
