//! The posting on paper that closes the duty to send again, guarded against double delivery.

use jiff::civil::Date;
use serde_json::json;

use super::store;
use crate::access::{Act, Role};
use crate::audit;
use crate::clock;
use crate::error::{Kind, Problem, Result, conflict, not_found};
use crate::store::Tx;

/// How the paper copy went out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Posting {
    pub recipient_id: String,
    pub posted_on: Date,
    /// Of the post office; or
    pub barcode: Option<String>,
    /// number of the record of handing over.
    pub handover_record: Option<String>,
    pub note: String,
}

/// Records the posting. What reached them by KEP is not also sent on paper.
///
/// # Errors
/// `alici_yok`, `yetki_yok`, `kagit_gerekmez`, `gonderi_var`, `gonderi_eksik`.
pub fn record(tx: &mut Tx<'_>, act: &Act<'_>, posting: &Posting) -> Result<()> {
    let (unit_id, duty, _) = store::recipient(tx, act, &posting.recipient_id)?
        .ok_or_else(|| not_found("alici_yok", "Böyle bir alıcı yok ya da görme yetkiniz yok."))?;
    act.actor
        .require_in(&[Role::Registry, Role::Clerk, Role::KepOfficer], &unit_id)?;
    if duty != "paper" {
        return Err(conflict(
            "kagit_gerekmez",
            "Bu alıcıya yazı KEP ile ulaştı ya da sonucu bekleniyor; ayrıca kâğıtla gönderilmez.",
        ));
    }
    check(act, posting)?;
    let id = act.new_id();
    match store::insert_posting(tx, act, &id, posting) {
        Err(error) if error.is_unique_violation() => {
            return Err(conflict(
                "gonderi_var",
                "Bu alıcının gönderi bilgisi zaten girilmiş.",
            ));
        }
        other => other?,
    }
    let detail = json!({ "posted_on": posting.posted_on.to_string(), "barcode": posting.barcode });
    audit::record(
        tx,
        act,
        "worklist.posting",
        "recipient",
        &posting.recipient_id,
        &detail,
    )
}

fn check(act: &Act<'_>, posting: &Posting) -> Result<()> {
    let mut problem = Problem::new(
        Kind::Invalid,
        "gonderi_eksik",
        "Gönderi bilgisi kaydedilemedi. İşaretli alanları düzeltin.",
    );
    let given = |text: &Option<String>| text.as_deref().is_some_and(|text| !text.trim().is_empty());
    if !given(&posting.barcode) && !given(&posting.handover_record) {
        problem = problem.field(
            "barcode",
            "Gönderi barkodunu ya da teslim tutanağı numarasını yazın.",
        );
    }
    if posting.posted_on > clock::local(act.now).date() {
        problem = problem.field("posted_on", "Gönderi tarihi gelecekte olamaz.");
    }
    if problem.fields.is_empty() {
        return Ok(());
    }
    Err(problem.into())
}

/// What people recorded about a recipient, as (moment, sentence).
///
/// # Errors
/// When the store fails.
pub fn records(tx: &mut Tx<'_>, recipient_id: &str) -> Result<Vec<(jiff::Timestamp, String)>> {
    Ok(store::records(tx, recipient_id)?)
}
