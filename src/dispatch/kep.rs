//! *DYS Dışı KEP Gönderim*: one signed message per address and set of left-out attachments.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use anyhow::{Context as _, anyhow};
use bytes::Bytes;
use futures_util::future::try_join_all;
use futures_util::stream::{self, StreamExt as _, TryStreamExt as _};
use jiff::Timestamp;
use kep::message::{Attachment as Part, MessageKind, OriginalMessage, cover};
use seal::SoftKey;
use serde_json::json;

use super::account::{self, Account, MessageSigner};
use super::channel::{Job, Receipt};
use super::machine::{Event, State, step};
use super::send::{refused, too_late};
use super::store::{self, Outgoing};
use super::{order, signing, uets};
use crate::access::{Act, Actor};
use crate::app::App;
use crate::clock;
use crate::config::Mode;
use crate::distribution::preflight::TOO_LARGE_WAYS;
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

/// A message that is complete and stored.
pub(super) struct Ready {
    pub id: String,
    pub rfc_message_id: String,
    pub address: String,
    pub recipients: Vec<String>,
    pub blob_hash: BlobHash,
    pub size: i64,
}

/// What was made of the lines.
pub(super) enum Made {
    Signed(Consignment),
    /// A KEP officer signs the messages of this account.
    ToSign(order::Draft),
}

/// Makes and stores one message per address and set of left-out attachments (decisions 9 and 13):
/// signed with the institution's key, or waiting for a KEP officer's, by the account's setting.
///
/// # Errors
/// `kep_hesabi_yok`, `imza_anahtari_yok`, `imza_anahtari_suresi`, `gonderim_engeli` when a whole
/// message is over the limit.
pub(super) async fn make(app: &App, actor: &Actor, job: &Job, lines: &[Recipient]) -> Result<Made> {
    let account = account_for(app, actor, job).await?;
    if account::settings(&account).signer == MessageSigner::Officer {
        return Ok(Made::ToSign(
            unsigned(app, actor, job, account, lines).await?,
        ));
    }
    let made = signed(app, actor, job, Channel::Kep, account, lines);
    Ok(Made::Signed(made.await?))
}

/// Messages that are signed together before their bytes are stored together.
const AT_ONCE: usize = 8;
/// So many of these are under way: while some are made, the disk takes others.
const LANES: usize = 4;

/// Most bytes of a whole message.
///
/// # Errors
/// When the store fails.
pub(super) async fn limit(app: &App, actor: &Actor) -> Result<i64> {
    app.read(actor, |tx, _| {
        Ok(setting::number(tx, setting::MESSAGE_LIMIT)?)
    })
    .await
}

/// The account by which the letter leaves.
///
/// # Errors
/// `kep_hesabi_yok`.
pub(super) async fn account_for(app: &App, actor: &Actor, job: &Job) -> Result<Account> {
    let unit_id = job.letter.unit_id.clone();
    let account = app
        .read(actor, move |tx, _| Ok(store::account_for(tx, &unit_id)?))
        .await?;
    account.ok_or_else(|| {
        conflict(
            "kep_hesabi_yok",
            "Biriminizin gönderim yapacağı bir KEP hesabı tanımlı değil. DYS yöneticinize başvurun.",
        )
    })
}

/// Messages signed with the institution's key, for every service that takes such from an account.
pub(super) async fn signed(
    app: &App,
    actor: &Actor,
    job: &Job,
    channel: Channel,
    account: Account,
    lines: &[Recipient],
) -> Result<Consignment> {
    let account_id = account.id.clone();
    let key = signing::key_for_messages(app)?;
    let making = Making::of(app, actor, job, channel, account, lines).await?;
    let messages = each(app, lines, move |group| making.signed(group, &key)).await?;
    Ok(Consignment {
        channel,
        account_id,
        messages,
    })
}

/// Makes something of each group and stores its bytes before it is named.
async fn each<T: Send + 'static>(
    app: &App,
    lines: &[Recipient],
    make: impl Fn(Group) -> Result<(T, Vec<u8>)> + Send + Sync + 'static,
) -> Result<Vec<T>> {
    let make = Arc::new(make);
    let mut groups = groups(lines).into_iter().peekable();
    let mut chunks: Vec<Vec<Group>> = Vec::new();
    while groups.peek().is_some() {
        chunks.push(groups.by_ref().take(AT_ONCE).collect());
    }
    let made = chunks.into_iter().map(|chunk| {
        let (make, blobs) = (Arc::clone(&make), app.blobs.clone());
        async move {
            // Work for the processor: it must not hold up whoever else is served.
            let made = tokio::task::spawn_blocking(move || {
                let made = chunk.into_iter().map(|group| make(group));
                made.collect::<Result<Vec<_>>>()
            })
            .await
            .context("messages")??;
            let stored = made.into_iter().map(|(one, bytes)| {
                let blobs = blobs.clone();
                async move {
                    blobs.put(bytes).await?;
                    Ok::<_, crate::error::Error>(one)
                }
            });
            try_join_all(stored).await
        }
    });
    let all: Vec<Vec<T>> = stream::iter(made).buffered(LANES).try_collect().await?;
    Ok(all.into_iter().flatten().collect())
}

/// Room for a signature in the limit, before there is one: certificates of a chain, in base64.
const SIGNATURE_ROOM: usize = 16 * 1024;

/// Messages whose content is stored and waits for a KEP officer's signature.
async fn unsigned(
    app: &App,
    actor: &Actor,
    job: &Job,
    account: Account,
    lines: &[Recipient],
) -> Result<order::Draft> {
    let account_id = account.id.clone();
    let making = Making::of(app, actor, job, Channel::Kep, account, lines).await?;
    let messages = each(app, lines, move |group| making.unsigned(group)).await?;
    Ok(order::Draft {
        account_id,
        messages,
    })
}

/// What all messages of one sending are made of.
struct Making {
    app: App,
    job: Job,
    channel: Channel,
    account: Account,
    limit: i64,
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
    async fn of(
        app: &App,
        actor: &Actor,
        job: &Job,
        channel: Channel,
        account: Account,
        lines: &[Recipient],
    ) -> Result<Self> {
        let content = match channel {
            Channel::Uets => Carried::loose(app, job).await?,
            _ => Carried::packages(app, job, lines).await?,
        };
        Ok(Self {
            app: app.clone(),
            job: job.clone(),
            channel,
            account,
            limit: limit(app, actor).await?,
            content,
        })
    }

    /// One message that waits for its signature, and the content that is signed.
    fn unsigned(&self, group: Group) -> Result<(order::Message, Vec<u8>)> {
        let id = crate::ids::new_id(&*self.app.ids, self.app.now());
        let message = self.compose(&group, &id)?;
        let told: Result<(), kep::message::MessageError> = message.check();
        told.map_err(|error| anyhow!("message: {error}"))?;
        let content = message.signed_part();
        let size = i64::try_from(content.len() + SIGNATURE_ROOM).unwrap_or(i64::MAX);
        if size > self.limit {
            return Err(refused(&[too_large(size, self.limit, &group.label)]));
        }
        let made = order::Message {
            rfc_message_id: format!("<{}>", message.message_id),
            address: group.address,
            recipients: group.recipients,
            envelope: message.envelope(),
            content_hash: BlobHash::of(&content),
            signature: None,
            id,
        };
        Ok((made, content))
    }

    /// One message, signed, against the limit; its bytes are not stored yet.
    fn signed(&self, group: Group, key: &SoftKey) -> Result<(Ready, Vec<u8>)> {
        let id = crate::ids::new_id(&*self.app.ids, self.app.now());
        let message = self.compose(&group, &id)?;
        let rfc_message_id = format!("<{}>", message.message_id);
        let options = seal::SignOptions::at(self.app.now());
        let bytes = message
            .sign(|content| seal::sign(key, seal::Content::Detached(content), &options))
            .map_err(|error| anyhow!("message: {error}"))?;
        let size = within(&bytes, self.limit, &group.label)?;
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

/// The size of a whole message, if it is within the limit.
///
/// # Errors
/// `gonderim_engeli` that names `label`.
pub(super) fn within(bytes: &[u8], limit: i64, label: &str) -> Result<i64> {
    let size = i64::try_from(bytes.len()).unwrap_or(i64::MAX);
    if size > limit {
        return Err(refused(&[too_large(size, limit, label)]));
    }
    Ok(size)
}

impl Consignment {
    /// Messages that KEP officers signed.
    pub(super) fn signed(account_id: String, messages: Vec<Ready>) -> Self {
        Self {
            channel: Channel::Kep,
            account_id,
            messages,
        }
    }

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
        ways_out: TOO_LARGE_WAYS.to_vec(),
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
            text: cover::text(&number, &date, &job.letter.subject, &group.address, &names),
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
