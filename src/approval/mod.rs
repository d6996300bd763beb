//! Onay: the ordered chain of initials and signatures, from Onaya Sun to the last signature.

pub mod act;
pub mod chain;
pub mod machine;
pub mod sign;
mod store;

use jiff::Timestamp;

use crate::document::{render, words};
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
    /// Whom the chain asks; name and titles are those of the act once there is one.
    pub user_id: String,
    pub full_name: String,
    pub title: String,
    /// In whose name a signature is given (yetki devri).
    pub delegator: Option<Delegator>,
    pub state: StepState,
    /// Who acted; another person than `user_id` when a deputy did.
    pub acted_by: Option<String>,
    pub acted_by_name: Option<String>,
    pub as_deputy: bool,
    /// Who is to sign for the absent person, since the page was made anew for them.
    pub deputy: Option<Deputy>,
    pub acted_at: Option<Timestamp>,
    pub reason: Option<String>,
    /// The frozen bytes that were signed.
    pub seen_hash: Option<BlobHash>,
}

/// Whose power a signer uses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delegator {
    pub id: String,
    pub full_name: String,
    pub title: String,
}

/// Somebody who signs for an absent person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Deputy {
    pub id: String,
    pub full_name: String,
}

impl Step {
    /// `Ali Şahin`, `Fatma Kaya (Ali Şahin adına vekâleten)`, or `Fatma Kaya (yetkiyi devreden: Ali
    /// Şahin)`.
    #[must_use]
    pub fn who(&self) -> String {
        let mut reasons = Vec::new();
        let mut who = &self.full_name;
        if let Some(deputy) = self.acted_by_name.as_ref().filter(|_| self.as_deputy) {
            reasons.push(format!("{who} adına vekâleten"));
            who = deputy;
        }
        if let Some(delegator) = &self.delegator {
            reasons.push(format!("yetkiyi devreden: {}", delegator.full_name));
        }
        if reasons.is_empty() {
            who.clone()
        } else {
            format!("{who} ({})", reasons.join("; "))
        }
    }

    /// The lines below the name: `Belediye Başkanı a.`, `Başkan Yardımcısı` (article 17).
    #[must_use]
    pub fn titles(&self) -> Vec<String> {
        let mut titles = render::titles(&self.title);
        if let Some(delegator) = self.delegator.as_ref().filter(|_| titles.len() < 2) {
            titles.insert(0, format!("{} a.", delegator.title));
        }
        titles
    }
}
