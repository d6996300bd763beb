//! *Evrakı Gönder* and *Gönderimi durdur*: from a signed letter to what each channel made of it.

use bytes::Bytes;
use jiff::{SignedDuration, Timestamp};
use serde_json::json;

use super::channel::{self, Consignment, Job, Made};
use super::machine::{Event, step};
use super::order;
use super::store::{self, Outgoing};
use super::withhold;
use crate::access::{Act, Actor, Role};
use crate::app::App;
use crate::audit;
use crate::distribution::preflight::preflight;
use crate::distribution::{self, Channel, Finding, Recipient, Severity};
use crate::document::attach;
use crate::document::{self, Letter, draft};
use crate::error::{Error, Kind, Problem, Result, conflict, not_found};
use crate::inbox;
use crate::setting;
use crate::store::Tx;

/// What every channel made of the letter's lines; nothing is promised yet.
pub struct Prepared {
    document_id: String,
    /// The version that it was made of.
    version: i64,
    consignments: Vec<Consignment>,
    /// The KEP messages, where a KEP officer signs them before anything goes.
    order: Option<order::Draft>,
}

/// What the person gets to hear.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dispatched {
    /// Messages for KEP providers.
    pub message_ids: Vec<String>,
    /// Until then *Gönderimi durdur* works; `None` where nothing is held.
    pub held_until: Option<Timestamp>,
    /// Nothing is on its way yet: a KEP officer has to sign the messages first.
    pub awaits_officer: bool,
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

/// Has each channel make what its lines need, before anything is promised.
///
/// # Errors
/// `evrak_yok`, `yetki_yok`, `imzali_degil`, `gonderilmeyecek`, `surum_eski`, `gonderim_engeli`, and
/// those of the channels.
pub async fn prepare(
    app: &App,
    actor: &Actor,
    document_id: &str,
    version: i64,
) -> Result<Prepared> {
    let id = document_id.to_owned();
    let (job, recipients) = app
        .read(actor, move |tx, act| plan(tx, act, &id, version))
        .await?;
    let mut consignments = Vec::new();
    let mut order = None;
    for (channel, lines) in by_channel(&recipients) {
        match channel::make(app, actor, &job, channel, lines).await? {
            Made::Ready(consignment) => consignments.push(consignment),
            Made::ToSign(draft) => order = Some(draft),
        }
    }
    Ok(Prepared {
        document_id: document_id.to_owned(),
        version,
        consignments,
        order,
    })
}

/// The lines of each channel that has any.
pub(super) fn by_channel(recipients: &[Recipient]) -> Vec<(Channel, Vec<Recipient>)> {
    let of = |channel: Channel| -> Vec<Recipient> {
        recipients
            .iter()
            .filter(|line| line.destination_type.channel() == channel)
            .cloned()
            .collect()
    };
    Channel::ALL
        .iter()
        .map(|channel| (*channel, of(*channel)))
        .filter(|(_, lines)| !lines.is_empty())
        .collect()
}

/// Writes the consignments down and the letter as dispatched, if nothing changed meanwhile; where
/// a KEP officer signs the messages first, writes down that they wait for that.
///
/// # Errors
/// `surum_eski`, `imzali_degil`, `kep_yetkilisi_yok`, and those of the channels.
pub fn commit(tx: &mut Tx<'_>, act: &Act<'_>, prepared: &Prepared) -> Result<Dispatched> {
    let (id, version) = (prepared.document_id.as_str(), prepared.version);
    let Some(draft) = &prepared.order else {
        return commit_now(tx, act, id, version, &prepared.consignments);
    };
    let letter = sendable(tx, act, id)?;
    require_signed(&letter, version)?;
    order::ask(tx, act, &letter, draft)?;
    Ok(Dispatched {
        message_ids: Vec::new(),
        held_until: None,
        awaits_officer: true,
    })
}

/// The letter is on its way from here on: Held.
///
/// # Errors
/// `surum_eski`, `imzali_degil`, and those of the channels.
pub(super) fn commit_now(
    tx: &mut Tx<'_>,
    act: &Act<'_>,
    document_id: &str,
    version: i64,
    consignments: &[Consignment],
) -> Result<Dispatched> {
    let letter = sendable(tx, act, document_id)?;
    require_signed(&letter, version)?;
    let hold = setting::number(tx, setting::HOLD_SECONDS)?;
    let hold = act.now + SignedDuration::from_secs(hold);
    document::move_to(tx, &letter, document::State::Dispatched, act.now)?;
    let mut dispatched = Dispatched {
        message_ids: Vec::new(),
        held_until: None,
        awaits_officer: false,
    };
    let mut facts = json!({ "version": version });
    for consignment in consignments {
        let receipt = consignment.commit(tx, act, &letter, hold)?;
        dispatched.message_ids.extend(receipt.message_ids);
        dispatched.held_until = dispatched.held_until.or(receipt.held_until);
        facts[receipt.name] = receipt.facts;
    }
    inbox::answer::sent(tx, act, &letter.id)?;
    audit::record(tx, act, "dispatch.send", "document", &letter.id, &facts)?;
    Ok(dispatched)
}

/// *Adresi rehberden yenile*: each line of a signed letter goes where its unit is reached today. Page
/// and recipients are as they were signed; how many lines it was.
///
/// # Errors
/// `evrak_yok`, `yetki_yok`, `imzali_degil`, `gonderilmeyecek`, `kep_imzasi_bekliyor`,
/// `adres_guncel`.
pub fn follow_addresses(tx: &mut Tx<'_>, act: &Act<'_>, document_id: &str) -> Result<usize> {
    let letter = sendable(tx, act, document_id)?;
    require_signed(&letter, letter.version)?;
    require_no_order(tx, document_id)?;
    let moved = distribution::list::follow_addresses(tx, document_id)?;
    if moved.is_empty() {
        return Err(conflict(
            "adres_guncel",
            "Alıcıların adresi rehberdekiyle aynı; yenilenecek adres yok.",
        ));
    }
    document::touch(tx, &letter, act.now)?;
    let lines = moved
        .iter()
        .map(|line| json!({ "recipient": line.label, "from": line.from, "to": line.to }));
    let detail = json!({ "lines": lines.collect::<Vec<_>>() });
    audit::record(
        tx,
        act,
        "dispatch.follow_addresses",
        "document",
        document_id,
        &detail,
    )?;
    Ok(moved.len())
}

/// Messages that wait for a KEP officer were made of the letter as it is: they are taken back first.
pub(super) fn require_no_order(tx: &mut Tx<'_>, document_id: &str) -> Result<()> {
    let order = order::of(tx, document_id)?;
    if order.is_some_and(|it| it.state == order::State::Waiting) {
        return Err(conflict(
            "kep_imzasi_bekliyor",
            "Evrak KEP işlem yetkilisinin imzasını bekliyor; önce Gönderimden vazgeç düğmesiyle geri \
             alın.",
        ));
    }
    Ok(())
}

/// *Gönderimi durdur*: while something is Held and nothing has left, the letter becomes a signed
/// one again.
///
/// # Errors
/// `evrak_yok`, `yetki_yok`, `durdurulamaz`.
pub fn stop(tx: &mut Tx<'_>, act: &Act<'_>, document_id: &str) -> Result<()> {
    let letter = draft::open(tx, act, document_id)?;
    may_send(act, &letter)?;
    if channel::stop(tx, act, &letter)? == 0 {
        return Err(too_late());
    }
    store::unlink_recipients(tx, document_id)?;
    document::move_to(tx, &letter, document::State::Signed, act.now)?;
    inbox::answer::stopped(tx, act, document_id)?;
    audit::record(
        tx,
        act,
        "dispatch.stop",
        "document",
        document_id,
        &json!({}),
    )
}

/// What has left cannot be stopped.
pub(super) fn too_late() -> Error {
    conflict(
        "durdurulamaz",
        "Gönderim başladı; evrak artık durdurulamaz, iptal edilemez ve başka adrese \
         yönlendirilemez.",
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
    if crate::paper::posted_for_message(tx, message_id)? {
        return Err(conflict(
            "kagitla_gonderildi",
            "Bu iletinin bir alıcısına yazı kâğıtla gönderildi; aynı yazı ayrıca elektronik \
             gönderilmez.",
        ));
    }
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

/// The letter, if the person may send it and nobody closed it as *Gönderilmeyecek*; the system itself
/// may where a unit chose so.
fn sendable(tx: &mut Tx<'_>, act: &Act<'_>, document_id: &str) -> Result<Letter> {
    let letter = if act.actor.is_system() {
        document::any(tx, document_id)?
    } else {
        let letter = draft::open(tx, act, document_id)?;
        may_send(act, &letter)?;
        letter
    };
    withhold::require_none(tx, document_id)?;
    Ok(letter)
}

pub(crate) fn may_send(act: &Act<'_>, letter: &Letter) -> Result<()> {
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

pub(super) fn plan(
    tx: &mut Tx<'_>,
    act: &Act<'_>,
    document_id: &str,
    version: i64,
) -> Result<(Job, Vec<Recipient>)> {
    let letter = sendable(tx, act, document_id)?;
    require_signed(&letter, version)?;
    let recipients = distribution::list::all(tx, document_id)?;
    if letter.stays(recipients.len()) {
        return Err(conflict(
            "olur_gonderilmez",
            "Olurun alıcısı yok; gönderilmez, dosyasında saklanır. Bir birime bildirmek için \
             oluru ek yaparak yeni bir yazı hazırlayın.",
        ));
    }
    let findings = preflight(tx, document_id)?;
    let errors: Vec<Finding> = findings
        .into_iter()
        .filter(|finding| finding.severity == Severity::Blocking)
        .collect();
    if !errors.is_empty() {
        return Err(refused(&errors));
    }
    let job = Job {
        attachments: attach::all(tx, document_id)?,
        letter,
    };
    Ok((job, recipients))
}

/// The refusal that carries every finding as a sentence; whoever found it, the letter is signed.
pub(super) fn refused(findings: &[Finding]) -> Error {
    let mut problem = Problem::new(
        Kind::Invalid,
        "gonderim_engeli",
        "Evrak bu hâliyle gönderilemez; hiçbir şey gönderilmedi.",
    );
    for finding in findings.iter().cloned().map(Finding::of_signed) {
        let sentence = if finding.ways_out.is_empty() {
            finding.sentence
        } else {
            format!("{} Çözüm: {}", finding.sentence, finding.ways_out.join(" "))
        };
        problem = problem.field(finding.code, sentence);
    }
    problem.into()
}

/// The stored bytes of a message, for the worker.
///
/// # Errors
/// `ileti_baytlari` when they are not what was stored: nothing else is ever sent in their place.
pub(super) async fn bytes(app: &App, message: &Outgoing) -> Result<Bytes> {
    app.blobs.get(&message.blob_hash).await.map_err(|error| {
        tracing::error!(%error, id = %message.id, "the bytes of a message cannot be read");
        conflict(
            "ileti_baytlari",
            "İletinin imzalanıp saklanan baytları okunamıyor; ileti gönderilmedi. DYS yöneticinize \
             bildirin: blob klasörü yedekten geri yüklenince kendiliğinden gönderilir.",
        )
    })
}
