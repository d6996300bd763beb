//! Onay Listesi: preparing the chain, and saved chains.

use serde::{Deserialize, Serialize};

use super::{Step, StepKind, StepState, store};
use crate::access::{Act, deputy};
use crate::audit;
use crate::document::{self, Letter, draft};
use crate::error::{Result, invalid, not_found};
use crate::store::Tx;

/// A step as it is prepared.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Planned {
    /// `initial` or `signature`.
    pub kind: String,
    pub user_id: String,
}

/// A person who may be asked.
#[derive(Debug, Clone)]
pub struct Approver {
    pub user_id: String,
    pub full_name: String,
    pub title: String,
}

/// A chain that the person keeps for the next letter.
#[derive(Debug, Clone)]
pub struct Saved {
    pub id: String,
    pub name: String,
    pub steps: Vec<Planned>,
}

const LONGEST: usize = 20;
/// Round 0 holds the chain while the letter is prepared.
pub(super) const PREPARED: i64 = 0;

/// The chain: the running round when there is one, else the prepared one.
///
/// # Errors
/// `evrak_yok`.
pub fn current(tx: &mut Tx<'_>, act: &Act<'_>, document_id: &str) -> Result<Vec<Step>> {
    let letter = draft::open(tx, act, document_id)?;
    steps_now(tx, act, document_id, running_round(&letter))
}

/// The steps of a round as its page would be made now: a deputy whose deputation has ended is not
/// named any more.
pub(super) fn steps_now(
    tx: &mut Tx<'_>,
    act: &Act<'_>,
    document_id: &str,
    round: i64,
) -> Result<Vec<Step>> {
    let mut steps = store::steps_of_round(tx, document_id, round)?;
    for step in &mut steps {
        let Some(kept) = &step.deputy else { continue };
        if !deputy::absent_for(tx, &kept.id, act.now)?.contains(&step.user_id) {
            step.deputy = None;
        }
    }
    Ok(steps)
}

fn running_round(letter: &Letter) -> i64 {
    if letter.is_editable() {
        PREPARED
    } else {
        letter.approval_round
    }
}

/// The chain as it was prepared.
///
/// # Errors
/// `evrak_yok`.
pub fn prepared(tx: &mut Tx<'_>, act: &Act<'_>, document_id: &str) -> Result<Vec<Step>> {
    draft::open(tx, act, document_id)?;
    Ok(store::steps_of_round(tx, document_id, PREPARED)?)
}

/// Whose power the last signature of a letter uses: that of the person who is asked for it, or of
/// whoever delegated it to them; `None` while nobody is asked to sign.
///
/// # Errors
/// When the store fails.
pub(crate) fn last_signer(tx: &mut Tx<'_>, letter: &Letter) -> Result<Option<String>> {
    let round = running_round(letter);
    let last = store::steps_of_round(tx, &letter.id, round)?
        .into_iter()
        .rfind(|step| step.kind == StepKind::Signature);
    Ok(last.map(|step| {
        step.delegator
            .map_or(step.user_id, |delegator| delegator.id)
    }))
}

/// Who may be put into the chain of a letter of this unit.
///
/// # Errors
/// When the store fails.
pub fn approvers(tx: &mut Tx<'_>, unit_id: &str) -> Result<Vec<Approver>> {
    let rows = store::approvers(tx, unit_id)?;
    Ok(rows
        .into_iter()
        .map(|(user_id, full_name, title)| Approver {
            user_id,
            full_name,
            title,
        })
        .collect())
}

/// Puts the prepared chain in place of the one before.
///
/// # Errors
/// `onay_uzun`, `onay_kisi`, `onay_iki_imza`, and as `document::draft`.
pub fn set(tx: &mut Tx<'_>, act: &Act<'_>, document_id: &str, steps: &[Planned]) -> Result<()> {
    let letter = draft::require_writable(tx, act, document_id)?;
    if steps.len() > LONGEST {
        return Err(invalid(
            "onay_uzun",
            format!("Onay listesi en çok {LONGEST} adım olabilir."),
        ));
    }
    let allowed = store::approvers(tx, &letter.unit_id)?;
    let mut rows = Vec::with_capacity(steps.len());
    for step in steps {
        let kind = StepKind::from_code(&step.kind)
            .ok_or_else(|| invalid("onay_turu", "Adım türü Paraf ya da İmza olmalıdır."))?;
        if !allowed.iter().any(|(id, _, _)| *id == step.user_id) {
            return Err(invalid(
                "onay_kisi",
                "Listedeki bir kişi bu birimin evrakını paraflayamaz ya da imzalayamaz. \
                 Paraf/İmza Yetkilisi olan birini seçin.",
            ));
        }
        let twice = rows
            .iter()
            .any(|(other, user, _): &(StepKind, String, StepState)| {
                *user == step.user_id && *other == kind && kind == StepKind::Signature
            });
        if twice {
            return Err(invalid(
                "onay_iki_imza",
                "Bir kişi aynı evrakı iki kez imzalayamaz.",
            ));
        }
        rows.push((kind, step.user_id.clone(), StepState::Waiting));
    }
    store::replace_round(tx, act, document_id, PREPARED, &rows)?;
    document::touch(tx, &letter, act.now)?;
    let detail = serde_json::json!({ "steps": steps });
    audit::record(tx, act, "approval.chain", "document", document_id, &detail)
}

/// Keeps the prepared chain of a letter under a name.
///
/// # Errors
/// `onay_adi_bos`, `onay_bos`.
pub fn save_as(tx: &mut Tx<'_>, act: &Act<'_>, document_id: &str, name: &str) -> Result<()> {
    let letter = draft::open(tx, act, document_id)?;
    let name = name.trim();
    if name.is_empty() || name.chars().count() > 100 {
        return Err(invalid(
            "onay_adi_bos",
            "Onay listesine 1-100 karakterlik bir ad verin.",
        ));
    }
    let steps = planned(&store::steps_of_round(tx, document_id, PREPARED)?);
    if steps.is_empty() {
        return Err(invalid("onay_bos", "Kaydedilecek onay listesi boş."));
    }
    let json = serde_json::to_string(&steps).map_err(|error| anyhow::anyhow!(error))?;
    Ok(store::save_chain(tx, act, &letter.unit_id, name, &json)?)
}

/// The person's saved chains by name.
///
/// # Errors
/// When the store fails.
pub fn saved(tx: &mut Tx<'_>, act: &Act<'_>) -> Result<Vec<Saved>> {
    let rows = store::saved_chains(tx, &act.actor.user_id)?;
    Ok(rows
        .into_iter()
        .map(|(id, name, steps)| Saved {
            id,
            name,
            steps: serde_json::from_str(&steps).unwrap_or_default(),
        })
        .collect())
}

/// Puts a saved chain onto a letter.
///
/// # Errors
/// `onay_listesi_yok`, and as [`set`].
pub fn use_saved(tx: &mut Tx<'_>, act: &Act<'_>, document_id: &str, saved_id: &str) -> Result<()> {
    let chain = saved(tx, act)?
        .into_iter()
        .find(|chain| chain.id == saved_id)
        .ok_or_else(|| not_found("onay_listesi_yok", "Böyle bir kayıtlı onay listesi yok."))?;
    set(tx, act, document_id, &chain.steps)
}

/// The steps in the form in which they are prepared.
#[must_use]
pub fn planned(steps: &[Step]) -> Vec<Planned> {
    steps
        .iter()
        .map(|step| Planned {
            kind: step.kind.code().to_owned(),
            user_id: step.user_id.clone(),
        })
        .collect()
}
