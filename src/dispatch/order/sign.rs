//! Signatures of an order's messages: each is kept as it comes, whoever made it and with what key.

use super::{Message, Signature, store};
use crate::access::{Act, Actor};
use crate::app::App;
use crate::audit;
use crate::error::{Result, conflict};
use crate::signature::{Accepted, Asked, rehearsal};
use crate::store::Tx;

/// Keeps an accepted signature of one message; says how many are missing still. Repeated, it
/// changes nothing.
///
/// # Errors
/// `gonderim_emri_yok`, `imza_baska_icerik` when it was given over something else or by another.
pub fn record(
    tx: &mut Tx<'_>,
    act: &Act<'_>,
    document_id: &str,
    message_id: &str,
    accepted: &Accepted,
) -> Result<usize> {
    let (order, messages) = super::open(tx, act, document_id)?;
    let other = || {
        conflict(
            "imza_baska_icerik",
            "İmzalanan ileti bu evrakın imza bekleyen iletisi değil. Sayfayı yenileyip yeniden \
             imzalayın.",
        )
    };
    let message = messages.iter().find(|it| it.id == message_id);
    let message = message.ok_or_else(other)?;
    if message.content_hash != accepted.content_hash || accepted.user_id != act.actor.user_id {
        return Err(other());
    }
    let open = messages.iter().filter(|it| it.signature.is_none()).count();
    if message.signature.is_some() {
        return Ok(open);
    }
    let signature = Signature {
        cms_hash: accepted.cms_hash.clone(),
        signed_by: act.actor.user_id.clone(),
        fingerprint: accepted.fingerprint.clone(),
        signed_at: act.now,
    };
    store::keep_signature(tx, &order.id, message_id, &signature)?;
    let detail = serde_json::json!({
        "message_id": message.rfc_message_id,
        "signer": accepted.signer_name,
        "certificate": accepted.fingerprint,
    });
    audit::record(
        tx,
        act,
        "dispatch.sign_message",
        "document",
        document_id,
        &detail,
    )?;
    Ok(open - 1)
}

/// Signs every message of an order with the officer's rehearsal key, as if a card had done it.
///
/// # Errors
/// `gonderim_emri_yok`, `pin_yanlis`, `prova_degil`, and those of accepting a signature.
pub async fn sign_with_key(app: &App, actor: &Actor, document_id: &str, pin: &str) -> Result<()> {
    let id = document_id.to_owned();
    let (_, messages) = app
        .read(actor, move |tx, act| super::open(tx, act, &id))
        .await?;
    for message in messages.iter().filter(|it| it.signature.is_none()) {
        let content = &message.content_hash;
        let accepted =
            rehearsal::sign_detached(app, actor, content, pin, known(actor, &messages)).await?;
        let (id, message_id) = (document_id.to_owned(), message.id.clone());
        app.write(actor, move |tx, act| {
            record(tx, act, &id, &message_id, &accepted)
        })
        .await?;
    }
    Ok(())
}

/// The certificate with which the person signed the first message of the order, and when: it is not
/// asked anew for each of many messages whether it was revoked. The later ones may not have been
/// asked about.
#[must_use]
pub fn known<'a>(actor: &Actor, messages: &'a [Message]) -> Option<Asked<'a>> {
    let first = messages
        .iter()
        .filter_map(|it| it.signature.as_ref())
        .filter(|it| it.signed_by == actor.user_id)
        .min_by_key(|it| it.signed_at)?;
    Some(Asked {
        fingerprint: &first.fingerprint,
        at: first.signed_at,
    })
}
