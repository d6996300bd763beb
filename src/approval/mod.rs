//! Onay: the ordered chain of initials and signatures, from Onaya Sun to the last signature.

pub mod act;
pub mod chain;
pub mod machine;
pub mod sign;
mod store;

use jiff::Timestamp;

use crate::document::words;
use crate::store::BlobHash;

pub(crate) use store::forget;
pub use store::{Waiting, steps_of_round, waiting_for, waiting_page};

words! {
    /// What a step asks of its person.
    StepKind {
        Initial = "initial", "Paraf";
        Signature = "signature", "İmza";
    }
}

words! {
    /// Where a step stands.
    StepState {
        Waiting = "waiting", "Sırada";
        Active = "active", "Bekliyor";
        Done = "done", "Tamam";
        Returned = "returned", "İade etti";
        Withdrawn = "withdrawn", "Geri çekildi";
    }
}

/// One step of a round.
#[derive(Debug, Clone)]
pub struct Step {
    pub id: String,
    pub document_id: String,
    pub round: i64,
    pub position: i64,
    pub kind: StepKind,
    /// Whom the chain asks.
    pub user_id: String,
    pub full_name: String,
    pub title: String,
    pub state: StepState,
    /// Who acted; another person than `user_id` when a deputy did.
    pub acted_by: Option<String>,
    pub acted_by_name: Option<String>,
    pub as_deputy: bool,
    pub acted_at: Option<Timestamp>,
    pub reason: Option<String>,
    /// The frozen bytes that were signed.
    pub seen_hash: Option<BlobHash>,
}

impl Step {
    /// `Ali Şahin`, or `Fatma Kaya (Ali Şahin adına vekâleten)`.
    #[must_use]
    pub fn who(&self) -> String {
        match &self.acted_by_name {
            Some(deputy) if self.as_deputy => {
                format!("{deputy} ({} adına vekâleten)", self.full_name)
            }
            _ => self.full_name.clone(),
        }
    }
}
