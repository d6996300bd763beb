//! What people do about evidence that does not verify: look again with today's roots, or decide.

use jiff::Timestamp;
use serde_json::json;

use super::check::{Check, Verdict};
use super::{Stored, reconsider, store};
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
    /// Of the decision that the person saw and that this one replaces, its moment; none where
    /// nobody had decided.
    pub instead_of: Option<Timestamp>,
}

const LONGEST_REASON: usize = 1_000;

/// Records the decision and derives the recipients' state anew. The last decision stands; those
/// before it stay recorded with their reasons.
///
/// # Errors
/// `yetki_yok`, `delil_yok`, `karar_gerekmez`, `karar_degisti`, `karar_eksik`.
pub fn decide(tx: &mut Tx<'_>, act: &Act<'_>, letter: &Letter, decision: &Decision) -> Result<()> {
    require(act, letter)?;
    let (message_id, channel, stored) = store::of_letter(tx, &letter.id, &decision.evidence_id)?
        .ok_or_else(|| not_found("delil_yok", "Bu evrakın böyle bir delili yok."))?;
    if !may_be_decided(&stored) {
        return Err(conflict(
            "karar_gerekmez",
            "Bu delil için karar verilmez: doğrulanmış ya da dosyası henüz gelmemiş.",
        ));
    }
    let before = stored.decision.as_ref();
    if before.map(|decided| decided.at) != decision.instead_of {
        return Err(conflict(
            "karar_degisti",
            "Bu delil için bu sırada başka bir karar verildi; sizinki kaydedilmedi. Sayfayı \
             yenileyip o kararı okuyun.",
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
        "instead_of": before.map(|decided| decided.counts),
    });
    audit::record(tx, act, "evidence.decide", "message", &message_id, &detail)?;
    reconsider(tx, channel, &message_id, act.now)
}

/// Those who answer for what became of a letter.
///
/// # Errors
/// `yetki_yok`.
pub fn require(act: &Act<'_>, letter: &Letter) -> Result<()> {
    act.actor
        .require_in(&[Role::Registry, Role::KepOfficer], &letter.unit_id)
}

/// Whether a person may decide, or decide anew: the file is here and does not verify.
#[must_use]
pub fn may_be_decided(stored: &Stored) -> bool {
    let failed = |check: &Check| check.verdict == Verdict::Failed;
    stored.check.as_ref().is_some_and(failed)
}
