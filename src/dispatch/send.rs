//! *Evrakı Gönder* and *Gönderimi durdur*: from a signed letter to stored, signed messages.

use std::collections::BTreeMap;

use anyhow::{Context as _, anyhow};
use bytes::Bytes;
use jiff::{SignedDuration, Timestamp};
use kep::message::{Attachment as Part, MessageKind, OriginalMessage};
use serde_json::json;

use super::machine::{Event, State, step};
use super::store::{self, Outgoing};
use super::{account, signing};
use crate::access::{Act, Actor, Role};
use crate::app::App;
use crate::audit;
use crate::clock;
use crate::config::Mode;
use crate::distribution::preflight::preflight;
use crate::distribution::{self, Finding, Recipient, Severity};
use crate::document::attach::{self, Attachment, size_label};
use crate::document::{self, Letter, draft};
use crate::error::{Error, Kind, Problem, Result, conflict, not_found};
use crate::setting;
use crate::store::{BlobHash, Tx};

/// A letter's messages, made and signed and stored; nothing is promised yet.
pub struct Prepared {
    document_id: String,
    /// The version that the messages were made of.
    version: i64,
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

/// What the person gets to hear.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dispatched {
    pub message_ids: Vec<String>,
    /// Until then *Gönderimi durdur* works.
    pub held_until: Timestamp,
}

/// Everything about the letter that the messages are made of.
struct Plan {
    letter: Letter,
    recipients: Vec<Recipient>,
    attachments: Vec<Attachment>,
    account: account::Account,
    limit: i64,
}

/// [`prepare`] and [`commit`] in one go.
///
/// # Errors
/// Those of both.
pub async fn send(app: &App, actor: &Actor, document_id: &str, version: i64) -> Result<Dispatched> {
    let prepared = prepare(app, actor, document_id, version).await?;
    app.write(actor, move |tx, act| commit(tx, act, &prepared))
        .await
}

/// Makes, signs and stores one message per address and set of left-out attachments
/// (decisions 9 and 13).
///
/// # Errors
/// `evrak_yok`, `yetki_yok`, `imzali_degil`, `surum_eski`, `gonderim_engeli`, `kep_hesabi_yok`,
/// `imza_anahtari_yok`.
pub async fn prepare(
    app: &App,
    actor: &Actor,
    document_id: &str,
    version: i64,
) -> Result<Prepared> {
    let id = document_id.to_owned();
    let plan = app
        .read(actor, move |tx, act| plan(tx, act, &id, version))
        .await?;
    let key = signing::key(app)?;
    let frozen = match &plan.letter.frozen_hash {
        Some(hash) => app.blobs.get(hash).await?,
        None => return Err(anyhow!("signed letter without frozen bytes").into()),
    };
    let mut files = BTreeMap::new();
    for attachment in &plan.attachments {
        if let Some(hash) = &attachment.blob_hash {
            files.insert(attachment.id.clone(), app.blobs.get(hash).await?);
        }
    }
    let mut messages = Vec::new();
    for group in groups(&plan.recipients) {
        let id = crate::ids::new_id(&*app.ids, app.now());
        let message = compose(app, &plan, &group, &id, &frozen, &files)?;
        let rfc_message_id = format!("<{}>", message.message_id);
        let at = signing::system_time(app.now());
        let bytes = message
            .sign(|content| key.sign_detached(content, at))
            .map_err(|error| anyhow!("message: {error}"))?;
        let size = i64::try_from(bytes.len()).unwrap_or(i64::MAX);
        if size > plan.limit {
            return Err(refused(&[too_large(size, plan.limit, &group.label)]));
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
    Ok(Prepared {
        document_id: document_id.to_owned(),
        version,
        account_id: plan.account.id,
        messages,
    })
}

/// Writes the messages down as Held and the letter as dispatched, if nothing changed meanwhile.
///
/// # Errors
/// `surum_eski`, `imzali_degil`.
pub fn commit(tx: &mut Tx<'_>, act: &Act<'_>, prepared: &Prepared) -> Result<Dispatched> {
    let letter = draft::open(tx, act, &prepared.document_id)?;
    may_send(act, &letter)?;
    require_signed(&letter, prepared.version)?;
    let hold = setting::number(tx, setting::HOLD_SECONDS)?;
    let held_until = act.now + SignedDuration::from_secs(hold);
    document::move_to(tx, &letter, document::State::Dispatched, act.now)?;
    for ready in &prepared.messages {
        let message = Outgoing {
            id: ready.id.clone(),
            document_id: letter.id.clone(),
            account_id: prepared.account_id.clone(),
            address: ready.address.clone(),
            rfc_message_id: ready.rfc_message_id.clone(),
            blob_hash: ready.blob_hash.clone(),
            size: ready.size,
            state: State::Held,
            attempt: 0,
            held_until: Some(held_until),
            next_at: held_until,
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
    let detail = json!({
        "version": prepared.version,
        "messages": prepared.messages.iter().map(|ready| json!({
            "message_id": ready.rfc_message_id,
            "address": ready.address,
            "hash": ready.blob_hash.as_str(),
        })).collect::<Vec<_>>(),
    });
    audit::record(tx, act, "dispatch.send", "document", &letter.id, &detail)?;
    Ok(Dispatched {
        message_ids: prepared.messages.iter().map(|m| m.id.clone()).collect(),
        held_until,
    })
}

/// *Gönderimi durdur*: while every message of the letter is Held, it becomes a signed letter again.
///
/// # Errors
/// `evrak_yok`, `yetki_yok`, `durdurulamaz`.
pub fn stop(tx: &mut Tx<'_>, act: &Act<'_>, document_id: &str) -> Result<()> {
    let letter = draft::open(tx, act, document_id)?;
    may_send(act, &letter)?;
    let messages = store::messages_of(tx, document_id)?;
    let too_late = || {
        conflict(
            "durdurulamaz",
            "Gönderim başladı; evrak artık durdurulamaz, iptal edilemez ve başka adrese \
             yönlendirilemez.",
        )
    };
    if messages.is_empty() {
        return Err(too_late());
    }
    for message in &messages {
        let now = message.position();
        let next = step(now, Event::StopAsked).ok_or_else(too_late)?;
        if message.next_at <= act.now
            || !store::advance(tx, &message.id, now, next, message.next_at)?
        {
            return Err(too_late());
        }
    }
    store::unlink_recipients(tx, document_id)?;
    document::move_to(tx, &letter, document::State::Signed, act.now)?;
    audit::record(
        tx,
        act,
        "dispatch.stop",
        "document",
        document_id,
        &json!({}),
    )
}

/// Tries a message again that the provider refused definitely: the same bytes, the same id.
///
/// # Errors
/// `ileti_yok`, `yetki_yok`, `yeniden_denenemez`.
pub fn retry(tx: &mut Tx<'_>, act: &Act<'_>, message_id: &str) -> Result<()> {
    let message = message_for(tx, act, message_id)?;
    let refused = || {
        conflict(
            "yeniden_denenemez",
            "Bu ileti artık yeniden denenemez. Sayfayı yenileyin.",
        )
    };
    let now = message.position();
    let next = step(now, Event::RetryAsked).ok_or_else(refused)?;
    if !store::advance(tx, message_id, now, next, act.now)? {
        return Err(refused());
    }
    store::clear_failed(tx, message_id)?;
    audit::record(tx, act, "dispatch.retry", "message", message_id, &json!({}))
}

/// A person decides what no listing could prove (decision 14).
///
/// `present`: the provider has it, under the id that the person read there.
///
/// # Errors
/// `ileti_yok`, `yetki_yok`, `karar_gecersiz`, `kep_kimligi_bos`.
pub fn decide(
    tx: &mut Tx<'_>,
    act: &Act<'_>,
    message_id: &str,
    present: Option<&str>,
) -> Result<()> {
    let message = message_for(tx, act, message_id)?;
    let late = || {
        conflict(
            "karar_gecersiz",
            "Bu iletinin sonucu bu sırada belli oldu. Sayfayı yenileyin.",
        )
    };
    let now = message.position();
    let event = match present {
        Some(_) => Event::Found(message.attempt),
        None => Event::Absent(message.attempt),
    };
    let next = step(now, event).ok_or_else(late)?;
    if !message.needs_person || !store::advance(tx, message_id, now, next, act.now)? {
        return Err(late());
    }
    if let Some(provider_id) = present {
        if provider_id.trim().is_empty() {
            return Err(crate::error::invalid(
                "kep_kimligi_bos",
                "Sağlayıcıdaki ileti kimliğini (kepId) yazın; deliller onunla sorgulanır.",
            ));
        }
        let since = message.submitting_since.unwrap_or(act.now);
        store::set_sent(tx, message_id, provider_id.trim(), None, since, act.now)?;
    }
    let outcome = if present.is_some() {
        "person_found"
    } else {
        "person_absent"
    };
    store::end_attempt(tx, message_id, message.attempt, outcome, "", act.now)?;
    let detail = json!({ "present": present.is_some(), "attempt": message.attempt });
    audit::record(tx, act, "dispatch.decide", "message", message_id, &detail)
}

fn message_for(tx: &mut Tx<'_>, act: &Act<'_>, message_id: &str) -> Result<Outgoing> {
    let unknown = || not_found("ileti_yok", "Böyle bir ileti yok ya da görme yetkiniz yok.");
    let message = store::message(tx, message_id)?.ok_or_else(unknown)?;
    let letter = draft::open(tx, act, &message.document_id).map_err(|_| unknown())?;
    act.actor
        .require_in(&[Role::Registry, Role::KepOfficer], &letter.unit_id)?;
    Ok(message)
}

fn may_send(act: &Act<'_>, letter: &Letter) -> Result<()> {
    if letter.drafter_id == act.actor.user_id {
        return Ok(());
    }
    act.actor.require_in(
        &[Role::Clerk, Role::Registry, Role::KepOfficer],
        &letter.unit_id,
    )
}

fn require_signed(letter: &Letter, version: i64) -> Result<()> {
    if letter.state != document::State::Signed {
        return Err(conflict(
            "imzali_degil",
            match letter.state {
                document::State::Dispatched => "Evrak zaten gönderildi.",
                _ => "Evrakın onay işlemleri tamamlanmadı; son imzadan sonra gönderilebilir.",
            },
        ));
    }
    letter.require_version(version)
}

fn plan(tx: &mut Tx<'_>, act: &Act<'_>, document_id: &str, version: i64) -> Result<Plan> {
    let letter = draft::open(tx, act, document_id)?;
    may_send(act, &letter)?;
    require_signed(&letter, version)?;
    let findings = preflight(tx, document_id)?;
    let errors: Vec<Finding> = findings
        .into_iter()
        .filter(|finding| finding.severity == Severity::Blocking)
        .collect();
    if !errors.is_empty() {
        return Err(refused(&errors));
    }
    let account = store::account_for(tx, &letter.unit_id)?.ok_or_else(|| {
        conflict(
            "kep_hesabi_yok",
            "Biriminizin gönderim yapacağı bir KEP hesabı tanımlı değil. DYS yöneticinize başvurun.",
        )
    })?;
    Ok(Plan {
        recipients: distribution::list::all(tx, document_id)?,
        attachments: attach::all(tx, document_id)?,
        limit: setting::number(tx, setting::MESSAGE_LIMIT)?,
        letter,
        account,
    })
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

/// The refusal that carries every finding as a sentence.
fn refused(findings: &[Finding]) -> Error {
    let mut problem = Problem::new(
        Kind::Invalid,
        "gonderim_engeli",
        "Evrak bu hâliyle gönderilemez; hiçbir şey gönderilmedi.",
    );
    for finding in findings {
        let sentence = if finding.ways_out.is_empty() {
            finding.sentence.clone()
        } else {
            format!("{} Çözüm: {}", finding.sentence, finding.ways_out.join(" "))
        };
        problem = problem.field(finding.code, sentence);
    }
    problem.into()
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
    plan: &Plan,
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
    let from = address(&plan.account.address)?;
    let number = plan.letter.official_number.clone().unwrap_or_default();
    let date = plan.letter.official_date;
    let date = date.map_or_else(String::new, |date| date.strftime("%d.%m.%Y").to_string());
    let mut attachments = vec![letter_part(&number, frozen)];
    let mut names = Vec::new();
    for attachment in &plan.attachments {
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
        subject: plan.letter.subject.clone(),
        // It becomes an e-Yazışma message when it carries a package.
        kind: MessageKind::Standard,
        inner_id: Some(plan.letter.id.clone()),
        text: covering_text(&number, &date, &plan.letter.subject, &names),
        attachments,
        boundary: format!("dys-{id}"),
    })
}

fn letter_part(number: &str, frozen: &Bytes) -> Part {
    let (extension, media) = match infer::get(frozen) {
        Some(kind) if kind.mime_type() == "application/pdf" => ("pdf", "application/pdf"),
        _ if frozen.starts_with(b"{") => ("json", "application/json"),
        _ => ("html", "text/html; charset=utf-8"),
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

/// The stored bytes of a message; for the worker and for download.
///
/// # Errors
/// When they are not what was stored.
pub(super) async fn bytes(app: &App, message: &Outgoing) -> Result<Bytes> {
    Ok(app
        .blobs
        .get(&message.blob_hash)
        .await
        .context("outgoing message")?)
}
