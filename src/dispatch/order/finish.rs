//! After the last signature: the messages are put together and stored, and the letter becomes Held.

use anyhow::anyhow;

use super::close::give_back;
use super::{Message, Order, State, store};
use crate::access::Actor;
use crate::app::App;
use crate::dispatch::kep::{self, Consignment, Ready};
use crate::dispatch::send::{self, Dispatched};
use crate::dispatch::{Worker, channel, crash};
use crate::distribution::Channel;
use crate::error::{Error, Result};
use crate::signature::request;

/// What became of an order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Finished {
    /// The letter is on its way.
    Sent(Dispatched),
    /// A rule stands in the way by now; the letter waits for a person, who is told this.
    GivenBack(String),
    /// Signatures are missing, or somebody else finished it.
    Nothing,
}

/// Sends a letter whose messages are all signed, through the same checks as Evrakı Gönder.
///
/// May be asked at any time and by anybody: what a crash left undone is done then.
///
/// # Errors
/// When store or blobs fail; what a rule refuses gives the letter back instead.
pub async fn finish(app: &App, actor: &Actor, document_id: &str) -> Result<Finished> {
    let id = document_id.to_owned();
    let found = app
        .read(actor, move |tx, _| {
            let order = store::of(tx, &id)?.filter(|it| it.state == State::Waiting);
            let Some(order) = order else { return Ok(None) };
            let messages = store::messages(tx, &order.id)?;
            Ok(Some((order, messages)))
        })
        .await?;
    let Some((order, messages)) = found else {
        return Ok(Finished::Nothing);
    };
    if messages.iter().any(|message| message.signature.is_none()) {
        return Ok(Finished::Nothing);
    }
    match sent(app, actor, &order, messages).await {
        Ok(Some(dispatched)) => Ok(Finished::Sent(dispatched)),
        Ok(None) => Ok(Finished::Nothing),
        Err(Error::Problem(problem)) => {
            let reason = problem.sentences();
            let told = reason.clone();
            let system = Actor::system();
            let given = app.write(&system, move |tx, act| {
                give_back(tx, act, &order, &reason, "dispatch.order_rule")
            });
            match given.await {
                Ok(()) => Ok(Finished::GivenBack(told)),
                // Somebody else closed it meanwhile.
                Err(Error::Problem(_)) => Ok(Finished::Nothing),
                Err(other) => Err(other),
            }
        }
        Err(other) => Err(other),
    }
}

/// None when another finished it meanwhile.
async fn sent(
    app: &App,
    actor: &Actor,
    order: &Order,
    messages: Vec<Message>,
) -> Result<Option<Dispatched>> {
    let (id, version) = (order.document_id.clone(), order.version);
    let (job, lines) = app
        .read(actor, move |tx, act| send::plan(tx, act, &id, version))
        .await?;
    let limit = kep::limit(app, actor).await?;
    let mut ready = Vec::with_capacity(messages.len());
    for message in messages {
        ready.push(put_together(app, message, limit).await?);
    }
    let mut consignments = vec![channel::Consignment::Messages(Consignment::signed(
        order.account_id.clone(),
        ready,
    ))];
    for (channel, lines) in send::by_channel(&lines) {
        if channel != Channel::Kep {
            let made = channel::make(app, actor, &job, channel, lines).await?;
            consignments.extend(made.consignment());
        }
    }
    let order = order.clone();
    crash::point(crash::ORDER_SIGNED);
    app.write(actor, move |tx, act| {
        if !store::close(tx, &order.id, State::Done, "", act.now)? {
            return Ok(None);
        }
        request::close_messages(tx, act, &order.document_id, true, "")?;
        send::commit_now(tx, act, &order.document_id, version, &consignments).map(Some)
    })
    .await
}

async fn put_together(app: &App, message: Message, limit: i64) -> Result<Ready> {
    let signature = message
        .signature
        .ok_or_else(|| anyhow!("a message without its signature"))?;
    let content = app.blobs.get(&message.content_hash).await?;
    let cms = app.blobs.get(&signature.cms_hash).await?;
    let bytes = message.envelope.assemble(&content, &cms);
    let size = kep::within(&bytes, limit, &message.address)?;
    Ok(Ready {
        id: message.id,
        rfc_message_id: message.rfc_message_id,
        address: message.address,
        recipients: message.recipients,
        blob_hash: app.blobs.put(bytes).await?,
        size,
    })
}

impl Worker {
    /// Finishes orders whose last signature was kept by a process that ended before it could.
    ///
    /// # Errors
    /// When the store fails. An order that cannot be finished is told in the log and tried again.
    pub async fn order_round(&self) -> Result<usize> {
        let app = self.app();
        let mut done = 0;
        for document_id in app.store.read(store::signed).await? {
            match finish(app, &Actor::system(), &document_id).await {
                Ok(_) => done += 1,
                Err(error) => tracing::error!(%error, document_id, "an order is not finished"),
            }
        }
        Ok(done)
    }
}
