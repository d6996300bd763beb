//! Gives a letter back to *Gönderilmeyi Bekleyenler*: the sender withdrew, the officer refused, or
//! a rule stands in the way. The reason stays with it.

use serde_json::json;

use super::{Order, State, store};
use crate::access::Act;
use crate::audit;
use crate::dispatch::send;
use crate::document::draft;
use crate::error::{Result, conflict, invalid};
use crate::signature::request;
use crate::store::Tx;

/// Letters of a reason.
const LONGEST: usize = 500;

/// Whoever may send the letter takes the order back.
///
/// # Errors
/// `evrak_yok`, `yetki_yok`, `gonderim_emri_kapandi`.
pub fn withdraw(tx: &mut Tx<'_>, act: &Act<'_>, document_id: &str) -> Result<()> {
    let letter = draft::open(tx, act, document_id)?;
    send::may_send(act, &letter)?;
    let order = store::of(tx, document_id)?.ok_or_else(closed)?;
    let reason = format!("{} gönderimden vazgeçti.", act.actor.full_name);
    give_back(tx, act, &order, &reason, "dispatch.order_withdraw")
}

/// A KEP officer does not sign, and says why.
///
/// # Errors
/// `gonderim_emri_yok`, `gerekce_bos`.
pub fn refuse(tx: &mut Tx<'_>, act: &Act<'_>, document_id: &str, reason: &str) -> Result<()> {
    let (order, _) = super::open(tx, act, document_id)?;
    let reason = reason.trim();
    if reason.is_empty() || reason.chars().count() > LONGEST {
        return Err(invalid(
            "gerekce_bos",
            format!("KEP iletisini neden imzalamadığınızı yazın (en çok {LONGEST} harf)."),
        ));
    }
    let reason = format!("{}: {reason}", act.actor.full_name);
    give_back(tx, act, &order, &reason, "dispatch.order_refuse")
}

/// Closes the order with its reason, and what waits at cards for it.
///
/// # Errors
/// `gonderim_emri_kapandi` when it is closed already.
pub(super) fn give_back(
    tx: &mut Tx<'_>,
    act: &Act<'_>,
    order: &Order,
    reason: &str,
    action: &'static str,
) -> Result<()> {
    if !store::close(tx, &order.id, State::Returned, reason, act.now)? {
        return Err(closed());
    }
    request::close_messages(tx, act, &order.document_id, false, reason)?;
    let detail = json!({ "reason": reason });
    audit::record(tx, act, action, "document", &order.document_id, &detail)
}

fn closed() -> crate::error::Error {
    conflict(
        "gonderim_emri_kapandi",
        "Bu evrak artık KEP imzası beklemiyor; bu sırada imzalanmış ya da geri verilmiş. Sayfayı \
         yenileyin.",
    )
}
