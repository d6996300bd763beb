//! Gönderim emri: a letter on its way out whose KEP messages a KEP officer signs with a card.
//!
//! ```text
//! Evrakı Gönder ─ ask ─> waiting ─ every message signed ─ finish ─> done: the letter is Held
//!                           └─ withdraw (sender) · refuse (officer) · a rule ─> returned, with the reason
//! ```
//!
//! Nothing is promised before the last signature: until then the letter stays a signed one, and
//! whatever a crash cuts off is taken up by asking again (decision 13).

mod close;
mod finish;
mod sign;
pub(super) mod store;

pub use close::{refuse, withdraw};
pub use finish::{Finished, finish};
pub use sign::{known, record, sign_with_key};

use jiff::Timestamp;
use kep::message::Envelope;
use serde_json::json;

use super::store as outbox;
use crate::access::{Act, Role};
use crate::audit;
use crate::document::{Letter, words};
use crate::error::{Result, conflict, not_found};
use crate::store::{BlobHash, StoreError, Tx};

words! {
    /// Where an order stands.
    State {
        Waiting = "waiting", "KEP işlem yetkilisinin imzası bekleniyor";
        Returned = "returned", "Geri verildi";
        Done = "done", "İmzalandı";
    }
}

/// The order of one letter; a new Evrakı Gönder replaces one that is closed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Order {
    pub id: String,
    pub document_id: String,
    /// The letter's version that the messages were made of.
    pub version: i64,
    pub account_id: String,
    pub asked_by_name: String,
    pub asked_at: Timestamp,
    pub state: State,
    /// Why it was given back.
    pub reason: String,
}

/// One message of an order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// Becomes that of the outgoing message.
    pub id: String,
    pub rfc_message_id: String,
    pub address: String,
    /// Ids of the recipients that share it.
    pub recipients: Vec<String>,
    pub envelope: Envelope,
    /// The bytes that are signed; they lie in the blob store.
    pub content_hash: BlobHash,
    pub signature: Option<Signature>,
}

/// The signature of a message as it was accepted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signature {
    pub cms_hash: BlobHash,
    pub signed_by: String,
    /// SHA-256 of the certificate.
    pub fingerprint: String,
    pub signed_at: Timestamp,
}

/// Messages that are made and stored, and wait for [`ask`].
pub(super) struct Draft {
    pub account_id: String,
    pub messages: Vec<Message>,
}

/// An order in the officer's list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Waiting {
    pub order: Order,
    pub subject: String,
    pub official_number: String,
    /// Messages in all, and those that are signed already.
    pub messages: i64,
    pub signed: i64,
}

/// Writes the order down in the transaction of Evrakı Gönder; one that waits already stays.
///
/// # Errors
/// `kep_yetkilisi_yok` when nobody could sign.
pub(super) fn ask(tx: &mut Tx<'_>, act: &Act<'_>, letter: &Letter, draft: &Draft) -> Result<()> {
    let known = store::of(tx, &letter.id)?;
    if known.is_some_and(|it| it.state == State::Waiting && it.version == letter.version) {
        return Ok(());
    }
    let account = outbox::account(tx, &draft.account_id)?;
    let unit_id = account.map(|account| account.unit_id).unwrap_or_default();
    if store::officers(tx, &unit_id)? == 0 {
        return Err(conflict(
            "kep_yetkilisi_yok",
            "Bu KEP hesabının iletilerini KEP İşlem Yetkilisi kendi kartıyla imzalar, ama hesabın \
             biriminde bu role sahip kimse yok. DYS yöneticinize başvurun.",
        ));
    }
    let order = Order {
        id: act.new_id(),
        document_id: letter.id.clone(),
        version: letter.version,
        account_id: draft.account_id.clone(),
        asked_by_name: act.actor.full_name.clone(),
        asked_at: act.now,
        state: State::Waiting,
        reason: String::new(),
    };
    store::replace(tx, &order, &act.actor.user_id, &draft.messages)?;
    let messages = draft.messages.iter().map(|message| {
        json!({
            "message_id": message.rfc_message_id,
            "address": message.address,
            "content": message.content_hash.as_str(),
        })
    });
    let detail = json!({ "version": letter.version, "messages": messages.collect::<Vec<_>>() });
    audit::record(tx, act, "dispatch.order", "document", &letter.id, &detail)
}

/// The letter's order, whatever its state; the caller has checked that the letter may be seen.
///
/// # Errors
/// When the store fails.
pub fn of(tx: &mut Tx<'_>, document_id: &str) -> Result<Option<Order>, StoreError> {
    store::of(tx, document_id)
}

/// The orders that wait for the acting person as a KEP officer of the account's unit.
///
/// # Errors
/// When the store fails.
pub fn waiting(tx: &mut Tx<'_>, act: &Act<'_>) -> Result<Vec<Waiting>> {
    Ok(store::waiting_for(tx, &act.actor.user_id)?)
}

/// True when the acting person may sign this order.
///
/// # Errors
/// When the store fails.
pub fn may_sign(tx: &mut Tx<'_>, act: &Act<'_>, order: &Order) -> Result<bool, StoreError> {
    let account = outbox::account(tx, &order.account_id)?;
    Ok(account.is_some_and(|it| act.actor.has_in(Role::KepOfficer, &it.unit_id)))
}

/// A waiting order with its messages, for a KEP officer of its account.
///
/// # Errors
/// `gonderim_emri_yok` when it waits no longer or is none of theirs.
pub fn open(tx: &mut Tx<'_>, act: &Act<'_>, document_id: &str) -> Result<(Order, Vec<Message>)> {
    let gone = || {
        not_found(
            "gonderim_emri_yok",
            "Bu evrakın KEP iletileri artık imza beklemiyor: imzalanmış, geri verilmiş ya da \
             gönderen vazgeçmiş olabilir. Sayfayı yenileyin.",
        )
    };
    let order = store::of(tx, document_id)?.ok_or_else(gone)?;
    if order.state != State::Waiting || !may_sign(tx, act, &order)? {
        return Err(gone());
    }
    let messages = store::messages(tx, &order.id)?;
    Ok((order, messages))
}
