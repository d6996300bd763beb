//! *DYS Dışı KEP Gönderim*: one signed message per address and set of left-out attachments.

use std::collections::BTreeMap;

use anyhow::anyhow;
use bytes::Bytes;
use jiff::Timestamp;
use kep::message::{Attachment as Part, MessageKind, OriginalMessage};
use serde_json::json;

use super::channel::{Job, Receipt};
use super::machine::{Event, State, step};
use super::send::{refused, too_late};
use super::store::{self, Outgoing};
use super::{account, signing};
use crate::access::{Act, Actor};
use crate::app::App;
use crate::clock;
use crate::config::Mode;
use crate::distribution::{Finding, Recipient, Severity};
use crate::document::Letter;
use crate::document::attach::size_label;
use crate::error::{Result, conflict};
use crate::setting;
use crate::store::{BlobHash, Tx};

/// The letter's messages, made and signed and stored.
pub(super) struct Consignment {
    account_id: String,
    messages: Vec<Ready>,
}

struct Ready {
    id: String,
    rfc_message_id: String,
    address: String,
    recipients: Vec<String>,
    blob_hash: BlobHash,
    size: i64,
}

/// Makes, signs and stores one message per address and set of left-out attachments
/// (decisions 9 and 13).
///
/// # Errors
/// `kep_hesabi_yok`, `imza_anahtari_yok`, `gonderim_engeli` when a whole message is over the limit.
pub(super) async fn make(
    app: &App,
    actor: &Actor,
    job: &Job,
    lines: &[Recipient],
) -> Result<Consignment> {
    let unit_id = job.letter.unit_id.clone();
    let (account, limit) = app
        .read(actor, move |tx, _| {
            let limit = setting::number(tx, setting::MESSAGE_LIMIT)?;
            Ok((store::account_for(tx, &unit_id)?, limit))
        })
        .await?;
    let account = account.ok_or_else(|| {
        conflict(
            "kep_hesabi_yok",
            "Biriminizin gönderim yapacağı bir KEP hesabı tanımlı değil. DYS yöneticinize başvurun.",
        )
    })?;
    let key = signing::key(app)?;
    let frozen = match &job.letter.frozen_hash {
        Some(hash) => app.blobs.get(hash).await?,
        None => return Err(anyhow!("signed letter without frozen bytes").into()),
    };
    let mut files = BTreeMap::new();
    for attachment in &job.attachments {
        if let Some(hash) = &attachment.blob_hash {
            files.insert(attachment.id.clone(), app.blobs.get(hash).await?);
        }
    }
    let mut messages = Vec::new();
    for group in groups(lines) {
        let id = crate::ids::new_id(&*app.ids, app.now());
        let message = compose(app, job, &account, &group, &id, &frozen, &files)?;
        let rfc_message_id = format!("<{}>", message.message_id);
        let options = seal::SignOptions::at(app.now());
        let bytes = message
            .sign(|content| seal::sign(&key, seal::Content::Detached(content), &options))
            .map_err(|error| anyhow!("message: {error}"))?;
        let size = i64::try_from(bytes.len()).unwrap_or(i64::MAX);
        if size > limit {
            return Err(refused(&[too_large(size, limit, &group.label)]));
        }
        messages.push(Ready {
            id,
            rfc_message_id,
            address: group.address,
            recipients: group.recipients,
            blob_hash: app.blobs.put(bytes).await?,
            size,
        });
    }
    Ok(Consignment {
        account_id: account.id,
        messages,
    })
}

impl Consignment {
    /// Writes the messages down as Held.
    pub(super) fn commit(
        &self,
        tx: &mut Tx<'_>,
        act: &Act<'_>,
        letter: &Letter,
        hold_until: Timestamp,
    ) -> Result<Receipt> {
        for ready in &self.messages {
            let message = Outgoing {
                id: ready.id.clone(),
                document_id: letter.id.clone(),
                account_id: self.account_id.clone(),
                address: ready.address.clone(),
                rfc_message_id: ready.rfc_message_id.clone(),
                blob_hash: ready.blob_hash.clone(),
                size: ready.size,
                state: State::Held,
                attempt: 0,
                held_until: Some(hold_until),
                next_at: hold_until,
                provider_id: None,
                folder: None,
                submitting_since: None,
                sent_at: None,
                failure_code: None,
                failure_text: None,
                absence_listings: 0,
                absence_listed_at: None,
                needs_person: false,
                poll_at: None,
                poll_count: 0,
                poll_error: None,
            };
            store::insert(tx, &message, act.now)?;
            for recipient in &ready.recipients {
                store::link_recipient(tx, recipient, &ready.id)?;
            }
        }
        let facts = self.messages.iter().map(|ready| {
            json!({
                "message_id": ready.rfc_message_id,
                "address": ready.address,
                "hash": ready.blob_hash.as_str(),
            })
        });
        Ok(Receipt {
            name: "messages",
            facts: facts.collect(),
            message_ids: self.messages.iter().map(|ready| ready.id.clone()).collect(),
            held_until: Some(hold_until),
        })
    }
}

/// Stops the letter's messages while every one of them is Held.
pub(super) fn stop(tx: &mut Tx<'_>, act: &Act<'_>, letter: &Letter) -> Result<usize> {
    let messages = store::messages_of(tx, &letter.id)?;
    for message in &messages {
        let now = message.position();
        let next = step(now, Event::StopAsked).ok_or_else(too_late)?;
        if message.next_at <= act.now
            || !store::advance(tx, &message.id, now, next, message.next_at)?
        {
            return Err(too_late());
        }
    }
    Ok(messages.len())
}

/// The whole message as it was made, signed, against the limit.
fn too_large(size: i64, limit: i64, label: &str) -> Finding {
    let words = |bytes: i64| size_label(u64::try_from(bytes).unwrap_or(0));
    Finding {
        severity: Severity::Blocking,
        code: "ileti_buyuk",
        sentence: format!(
            "{label}: KEP iletisi {}; sınır {}.",
            words(size),
            words(limit)
        ),
        ways_out: vec![
            "Bir eki bu alıcıya göndermeyin (ek bırakma).",
            "Eki CD/USB olarak fiziksel ek yapın.",
            "DYS Dışı Evrak Gönderim ile gönderin.",
        ],
    }
}

/// The recipients that share a message.
struct Group {
    address: String,
    left_out: Vec<String>,
    recipients: Vec<String>,
    label: String,
}

fn groups(recipients: &[Recipient]) -> Vec<Group> {
    let mut groups: Vec<Group> = Vec::new();
    for line in recipients {
        let address = line.delivery_address.clone().unwrap_or_default();
        let shared = groups
            .iter_mut()
            .find(|group| group.address == address && group.left_out == line.left_out);
        match shared {
            Some(group) => group.recipients.push(line.id.clone()),
            None => groups.push(Group {
                address,
                left_out: line.left_out.clone(),
                recipients: vec![line.id.clone()],
                label: line.label.clone(),
            }),
        }
    }
    groups
}

fn compose(
    app: &App,
    job: &Job,
    account: &account::Account,
    group: &Group,
    id: &str,
    frozen: &Bytes,
    files: &BTreeMap<String, Bytes>,
) -> Result<OriginalMessage> {
    let rehearsal = app.mode == Mode::Rehearsal;
    let address = |text: &str| {
        kep::address::KepAddress::parse(text, rehearsal)
            .map_err(|error| crate::error::invalid("kep_adresi", error.sentence()))
    };
    let from = address(&account.address)?;
    let number = job.letter.official_number.clone().unwrap_or_default();
    let date = job.letter.official_date;
    let date = date.map_or_else(String::new, |date| date.strftime("%d.%m.%Y").to_string());
    let mut attachments = vec![letter_part(&number, frozen)];
    let mut names = Vec::new();
    for attachment in &job.attachments {
        if group.left_out.contains(&attachment.id) {
            continue;
        }
        names.push(attachment.title.clone());
        if let Some(bytes) = files.get(&attachment.id) {
            let name = attachment.file_name.clone();
            let media = attachment.media_type.clone();
            attachments.push(Part {
                name: name.unwrap_or_else(|| attachment.title.clone()),
                content_type: media.unwrap_or_else(|| "application/octet-stream".to_owned()),
                bytes: bytes.clone(),
            });
        }
    }
    Ok(OriginalMessage {
        message_id: format!("{id}@dys.{}", from.domain()),
        date: clock::local(app.now()),
        to: vec![address(&group.address)?],
        from,
        subject: job.letter.subject.clone(),
        // It becomes an e-Yazışma message when it carries a package.
        kind: MessageKind::Standard,
        inner_id: Some(job.letter.id.clone()),
        text: covering_text(&number, &date, &job.letter.subject, &names),
        attachments,
        boundary: format!("dys-{id}"),
    })
}

fn letter_part(number: &str, frozen: &Bytes) -> Part {
    let (extension, media) = match infer::get(frozen) {
        Some(kind) if kind.mime_type() == "application/pdf" => ("pdf", "application/pdf"),
        _ => ("bin", "application/octet-stream"),
    };
    let name = number.replace(['/', '\\'], "-");
    let name = if name.is_empty() { "yazi" } else { &name };
    Part {
        name: format!("{name}.{extension}"),
        content_type: media.to_owned(),
        bytes: frozen.clone(),
    }
}

fn covering_text(number: &str, date: &str, subject: &str, attachments: &[String]) -> String {
    let mut text =
        format!("Sayı: {number}\r\nTarih: {date}\r\nKonu: {subject}\r\n\r\nYazımız ektedir.\r\n");
    if !attachments.is_empty() {
        text.push_str("\r\nEkler:\r\n");
        for (number, title) in (1..).zip(attachments) {
            text.push_str(&format!("{number}. {title}\r\n"));
        }
    }
    text
}
