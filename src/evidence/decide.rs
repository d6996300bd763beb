//! What people do about evidence that does not verify: look again with today's roots, or decide.

use serde_json::json;

use super::check::{Check, Verdict};
use super::{Stored, refresh, store};
use crate::access::{Act, Role};
use crate::audit;
use crate::document::Letter;
use crate::error::{Kind, Problem, Result, conflict, not_found};
use crate::store::Tx;

/// A decision on one evidence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decision {
    pub evidence_id: String,
    /// It counts as if it had verified, or it does not count and needs nobody any more.
    pub counts: bool,
    pub reason: String,
}

const LONGEST_REASON: usize = 1_000;

/// Records the decision and derives the recipients' state anew.
///
/// # Errors
/// `yetki_yok`, `delil_yok`, `karar_gerekmez`, `karar_eksik`.
pub fn decide(tx: &mut Tx<'_>, act: &Act<'_>, letter: &Letter, decision: &Decision) -> Result<()> {
    require(act, letter)?;
    let (message_id, channel, stored) = store::of_letter(tx, &letter.id, &decision.evidence_id)?
        .ok_or_else(|| not_found("delil_yok", "Bu evrakın böyle bir delili yok."))?;
    if !needs_decision(&stored) {
        return Err(conflict(
            "karar_gerekmez",
            "Bu delil için karar verilmez: doğrulanmış, dosyası henüz gelmemiş ya da karar \
             verilmiş.",
        ));
    }
    let length = decision.reason.trim().chars().count();
    if !(5..=LONGEST_REASON).contains(&length) {
        let sentence = "Kararın gerekçesini yazın (en az 5, en çok 1000 harf).";
        return Err(Problem::new(Kind::Invalid, "karar_eksik", sentence)
            .field("reason", sentence)
            .into());
    }
    store::insert_decision(tx, act, &stored.fact, decision)?;
    let detail = json!({
        "evidence": decision.evidence_id,
        "counts": decision.counts,
        "reason": decision.reason.trim(),
    });
    audit::record(tx, act, "evidence.decide", "message", &message_id, &detail)?;
    refresh(tx, channel, &message_id, act.now)?;
    Ok(())
}

/// Those who answer for what became of a letter.
///
/// # Errors
/// `yetki_yok`.
pub fn require(act: &Act<'_>, letter: &Letter) -> Result<()> {
    act.actor
        .require_in(&[Role::Registry, Role::KepOfficer], &letter.unit_id)
}

/// Whether a person is asked to decide: the file is here, does not verify, and nobody has decided.
#[must_use]
pub fn needs_decision(stored: &Stored) -> bool {
    let failed = |check: &Check| check.verdict == Verdict::Failed;
    stored.decision.is_none() && stored.check.as_ref().is_some_and(failed)
}
