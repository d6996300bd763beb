//! *DYS Dışı KEP Gönderim*: one signed message per address and set of left-out attachments.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use anyhow::{Context as _, anyhow};
use bytes::Bytes;
use futures_util::future::try_join_all;
use jiff::Timestamp;
use kep::message::{Attachment as Part, MessageKind, OriginalMessage};
use seal::SoftKey;
use serde_json::json;

use super::channel::{Job, Receipt};
use super::machine::{Event, State, step};
use super::send::{refused, too_late};
use super::store::{self, Outgoing};
use super::{account, signing, uets};
use crate::access::{Act, Actor};
use crate::app::App;
use crate::clock;
use crate::config::Mode;
use crate::distribution::{Channel, Finding, Recipient, Severity};
use crate::document::Letter;
use crate::document::attach::{Attachment, size_label};
use crate::error::{Result, conflict};
use crate::package;
use crate::setting;
use crate::store::{BlobHash, Tx};

/// The letter's messages, made and signed and stored.
pub(super) struct Consignment {
    channel: Channel,
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
    make_by(app, actor, job, Channel::Kep, lines).await
}

/// Messages that are signed together before their bytes are stored together.
const AT_ONCE: usize = 32;

/// The same for every service that takes signed messages from an account.
pub(super) async fn make_by(
    app: &App,
    actor: &Actor,
    job: &Job,
    channel: Channel,
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
    let content = match channel {
        Channel::Uets => Carried::loose(app, job).await?,
        _ => Carried::packages(app, job, lines).await?,
    };
    let account_id = account.id.clone();
    let making = Arc::new(Making {
        app: app.clone(),
        job: job.clone(),
        channel,
        account,
        limit,
        key,
        content,
    });
    let mut messages = Vec::new();
    let mut groups = groups(lines).into_iter().peekable();
    while groups.peek().is_some() {
        let chunk: Vec<Group> = groups.by_ref().take(AT_ONCE).collect();
        let making = Arc::clone(&making);
        // Signing is work for the processor: it must not hold up whoever else is served.
        let signed = tokio::task::spawn_blocking(move || {
            chunk
                .into_iter()
                .map(|group| making.signed(group))
                .collect::<Result<Vec<_>>>()
        })
        .await
        .context("signing")??;
        let stored = signed.into_iter().map(|(ready, bytes)| async move {
            let blob_hash = app.blobs.put(bytes).await?;
            Ok::<_, crate::error::Error>(Ready { blob_hash, ..ready })
        });
        messages.extend(try_join_all(stored).await?);
    }
    Ok(Consignment {
        channel,
        account_id,
        messages,
    })
}

/// What all messages of one sending are made of.
struct Making {
    app: App,
    job: Job,
    channel: Channel,
    account: account::Account,
    limit: i64,
    key: SoftKey,
    content: Carried,
}

/// What a message carries: the e-Yazışma package, or for a notice the page and its files.
enum Carried {
    /// By the set of left-out attachments.
    Packages(BTreeMap<Vec<String>, package::Sent>),
    Loose {
        page: Bytes,
        files: BTreeMap<String, Bytes>,
    },
}

impl Carried {
    /// One package for each set of left-out attachments, however many recipients share it.
    async fn packages(app: &App, job: &Job, lines: &[Recipient]) -> Result<Self> {
        let mut packages = BTreeMap::new();
        for line in lines {
            if !packages.contains_key(&line.left_out) {
                let package = package::sent(app, &job.letter.id, &line.left_out).await?;
                packages.insert(line.left_out.clone(), package);
            }
        }
        Ok(Self::Packages(packages))
    }

    async fn loose(app: &App, job: &Job) -> Result<Self> {
        let page = match &job.letter.frozen_hash {
            Some(hash) => app.blobs.get(hash).await?,
            None => return Err(anyhow!("signed letter without frozen bytes").into()),
        };
        let mut files = BTreeMap::new();
        for attachment in &job.attachments {
            if let Some(hash) = &attachment.blob_hash {
                files.insert(attachment.id.clone(), app.blobs.get(hash).await?);
            }
        }
        Ok(Self::Loose { page, files })
    }

    /// The message's parts, and the id of what is inside.
    fn parts(&self, job: &Job, left_out: &[String]) -> Result<(String, Vec<Part>)> {
        match self {
            Self::Packages(packages) => {
                let package = packages.get(left_out).context("package of the message")?;
                let part = Part {
                    name: package.file_name.clone(),
                    content_type: eyazisma::MEDIA_TYPE.to_owned(),
                    bytes: package.bytes.clone(),
                };
                Ok((package.id.clone(), vec![part]))
            }
            Self::Loose { page, files } => {
                let number = job.letter.official_number.as_deref().unwrap_or_default();
                let mut parts = vec![letter_part(number, page)];
                for line in kept(job, left_out) {
                    if let Some(bytes) = files.get(&line.id) {
                        let media = line.media_type.clone();
                        parts.push(Part {
                            name: line.file_name.clone().unwrap_or_else(|| line.title.clone()),
                            content_type: media
                                .unwrap_or_else(|| "application/octet-stream".to_owned()),
                            bytes: bytes.clone(),
                        });
                    }
                }
                Ok((job.letter.id.clone(), parts))
            }
        }
    }
}

/// The attachments that go along.
fn kept<'a>(job: &'a Job, left_out: &'a [String]) -> impl Iterator<Item = &'a Attachment> {
    job.attachments
        .iter()
        .filter(|attachment| !left_out.contains(&attachment.id))
}

impl Making {
    /// One message, signed, against the limit; its bytes are not stored yet.
    fn signed(&self, group: Group) -> Result<(Ready, Vec<u8>)> {
        let id = crate::ids::new_id(&*self.app.ids, self.app.now());
        let message = self.compose(&group, &id)?;
        let rfc_message_id = format!("<{}>", message.message_id);
        let options = seal::SignOptions::at(self.app.now());
        let bytes = message
            .sign(|content| seal::sign(&self.key, seal::Content::Detached(content), &options))
            .map_err(|error| anyhow!("message: {error}"))?;
        let size = i64::try_from(bytes.len()).unwrap_or(i64::MAX);
        if size > self.limit {
            return Err(refused(&[too_large(size, self.limit, &group.label)]));
        }
        let ready = Ready {
            id,
            rfc_message_id,
            address: group.address,
            recipients: group.recipients,
            blob_hash: BlobHash::of(&bytes),
            size,
        };
        Ok((ready, bytes))
    }
}

impl Consignment {
    /// Writes the messages down as Held, in a handful of statements however many there are.
    pub(super) fn commit(
        &self,
        tx: &mut Tx<'_>,
        act: &Act<'_>,
        letter: &Letter,
        hold_until: Timestamp,
    ) -> Result<Receipt> {
        let rows: Vec<Outgoing> = self
            .messages
            .iter()
            .map(|ready| Outgoing {
                id: ready.id.clone(),
                document_id: letter.id.clone(),
                account_id: self.account_id.clone(),
                channel: self.channel,
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
            })
            .collect();
        store::insert_many(tx, &rows, act.now)?;
        let links: Vec<(&str, &str)> = self
            .messages
            .iter()
            .flat_map(|ready| {
                let id = ready.id.as_str();
                ready.recipients.iter().map(move |line| (line.as_str(), id))
            })
            .collect();
        store::link_recipients(tx, &links)?;
        let facts = self.messages.iter().map(|ready| {
            json!({
                "message_id": ready.rfc_message_id,
                "address": ready.address,
                "hash": ready.blob_hash.as_str(),
            })
        });
        Ok(Receipt {
            name: match self.channel {
                Channel::Uets => "notices",
                _ => "messages",
            },
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
    let mut places: HashMap<(&str, &[String]), usize> = HashMap::new();
    for line in recipients {
        let address = line.delivery_address.as_deref().unwrap_or_default();
        let place = *places
            .entry((address, line.left_out.as_slice()))
            .or_insert(groups.len());
        match groups.get_mut(place) {
            Some(group) => group.recipients.push(line.id.clone()),
            None => groups.push(Group {
                address: address.to_owned(),
                left_out: line.left_out.clone(),
                recipients: vec![line.id.clone()],
                label: line.label.clone(),
            }),
        }
    }
    groups
}

impl Making {
    fn compose(&self, group: &Group, id: &str) -> Result<OriginalMessage> {
        let rehearsal = self.app.mode == Mode::Rehearsal;
        let address = |text: &str| {
            kep::address::KepAddress::parse(text, rehearsal)
                .map_err(|error| crate::error::invalid("kep_adresi", error.sentence()))
        };
        let job = &self.job;
        let from = address(&self.account.address)?;
        let number = job.letter.official_number.clone().unwrap_or_default();
        let date = job.letter.official_date;
        let date = date.map_or_else(String::new, |date| date.strftime("%d.%m.%Y").to_string());
        let (inner_id, attachments) = self.content.parts(job, &group.left_out)?;
        let names: Vec<String> = kept(job, &group.left_out)
            .map(|attachment| attachment.title.clone())
            .collect();
        let to = match self.channel {
            Channel::Uets => address(&uets::mail_address(&group.address, from.domain())?)?,
            _ => address(&group.address)?,
        };
        Ok(OriginalMessage {
            message_id: format!("{id}@dys.{}", from.domain()),
            date: clock::local(self.app.now()),
            to: vec![to],
            from,
            subject: job.letter.subject.clone(),
            kind: match self.channel {
                Channel::Uets => MessageKind::ETebligat,
                _ => MessageKind::EYazisma,
            },
            inner_id: Some(inner_id),
            text: covering_text(&number, &date, &job.letter.subject, &names),
            attachments,
            boundary: format!("dys-{id}"),
        })
    }
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
