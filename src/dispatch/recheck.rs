//! *Delilleri yeniden doğrula*: checks what is kept once more with today's roots and settings, as of
//! the moment since which each file is known to be here.

use super::account;
use super::store::{self, Account, Outgoing};
use crate::access::Actor;
use crate::app::App;
use crate::distribution::Channel;
use crate::document::draft;
use crate::error::Result;
use crate::evidence::check::{Listed, Subject};
use crate::evidence::revocation::{self, Answer, Examiner};
use crate::evidence::{self, Check, Stored, decide};
use crate::store::BlobHash;

/// One evidence that was checked again.
struct Again {
    message_id: String,
    channel: Channel,
    provider: String,
    evidence_id: String,
    blob: BlobHash,
    check: Check,
}

/// Checks every evidence of a letter again; each result is a new row. Says how many count now.
///
/// # Errors
/// `evrak_yok`, `yetki_yok`, and when files or roots cannot be read.
pub async fn recheck(app: &App, actor: &Actor, document_id: &str) -> Result<(usize, usize)> {
    let id = document_id.to_owned();
    let kept = app
        .read(actor, move |tx, act| {
            let letter = draft::open(tx, act, &id)?;
            decide::require(act, &letter)?;
            let mut kept: Vec<(Outgoing, Account, Vec<Stored>)> = Vec::new();
            for message in store::messages_of(tx, &id)? {
                if let Some(account) = store::account(tx, &message.account_id)? {
                    let evidence = evidence::of(tx, &message.id)?;
                    kept.push((message, account, evidence));
                }
            }
            Ok(kept)
        })
        .await?;
    let mut again = Vec::new();
    let mut answers: Vec<(String, Vec<Answer>)> = Vec::new();
    for (message, account, evidence) in kept {
        let demand = account::demand(app, &account)?;
        let mut examiner = Examiner::new(app, demand, &message.id).await?;
        let subject = Subject::of(&message);
        for stored in evidence {
            let Some(blob) = stored.blob_hash else {
                continue;
            };
            let bytes = app.blobs.get(&blob).await?;
            let listed = Listed {
                kind: stored.fact.kind,
                at: stored.fact.at,
            };
            again.push(Again {
                check: examiner
                    .check(bytes, listed, &subject, stored.held_since)
                    .await?,
                message_id: message.id.clone(),
                channel: message.channel,
                provider: stored.fact.provider,
                evidence_id: stored.fact.id,
                blob,
            });
        }
        answers.push((message.id, examiner.into_answers()));
    }
    let counts = again
        .iter()
        .filter(|one| one.check.verdict.counts())
        .count();
    let all = again.len();
    app.write(actor, move |tx, act| {
        for (message_id, answers) in &answers {
            revocation::record(tx, message_id, answers, act.now)?;
        }
        for one in &again {
            let key = (one.provider.as_str(), one.evidence_id.as_str());
            evidence::record_check(tx, act, &one.message_id, key, &one.blob, &one.check)?;
        }
        let of = |one: &Again| (one.message_id.clone(), one.channel);
        let mut messages: Vec<(String, Channel)> = again.iter().map(of).collect();
        messages.dedup();
        for (message_id, channel) in &messages {
            evidence::reconsider(tx, *channel, message_id, act.now)?;
        }
        Ok(())
    })
    .await?;
    Ok((counts, all))
}
