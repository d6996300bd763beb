//! Opening a line of the registry: what the person sees and may do, and what reading leaves behind.

use jiff::{SignedDuration, Timestamp};
use serde_json::json;

use super::referral::{self, Referral};
use super::{
    File, Finding, Incoming, IncomingKind, Linked, Source, confirm, correct, internal, mailbox,
    store,
};
use crate::access::{Act, Actor, Role};
use crate::app::App;
use crate::audit;
use crate::document::scan::Verdict;
use crate::error::{Error, Result, not_found};
use crate::store::{BlobHash, StoreError, Tx};

/// Page, letter and files of one sitting are one reading.
const SITTING: SignedDuration = SignedDuration::from_hours(1);
const READ: &str = "inbox.read";

/// A line with everything around it.
#[derive(Debug, Clone)]
pub struct View {
    pub incoming: Incoming,
    pub files: Vec<File>,
    pub findings: Vec<Finding>,
    pub referrals: Vec<Referral>,
    /// Open referrals, by id, that are nobody's turn: the account is closed, the unit has no people.
    pub nobodys: Vec<String>,
    pub linked: Vec<Linked>,
    /// Whether the KEP provider was told: `none`, `due` or `done`, when, and the last error.
    pub confirmation: Option<(String, Option<Timestamp>, String)>,
    /// May refer, close, send back: the registry or an approver of the unit.
    pub may_manage: bool,
    /// May confirm the registration to the KEP provider, which has not been told yet.
    pub may_confirm: bool,
    /// *Kaydı Düzelt*.
    pub may_correct: bool,
    /// The open referral that is this person's to deal with.
    pub mine: Option<Referral>,
    pub may_answer: bool,
    pub may_return: bool,
    pub may_forward: bool,
    /// Opening it has to be written down: the first reading, or a new one of what is confidential.
    pub leaves_a_trace: bool,
}

/// Before anything of the line is handed out, by whichever door: what has to be written about
/// reading it stands in the store, as [`mark`] writes it.
///
/// # Errors
/// `gelen_yok`.
pub async fn opened(app: &App, actor: &Actor, id: &str) -> Result<()> {
    let asked = id.to_owned();
    let leaves_a_trace = app
        .read(actor, move |tx, act| {
            Ok(look(tx, act, &asked)?.leaves_a_trace)
        })
        .await?;
    if leaves_a_trace {
        let id = id.to_owned();
        app.write(actor, move |tx, act| mark(tx, act, &id)).await?;
    }
    Ok(())
}

/// The line as the person sees it; nothing is written.
///
/// # Errors
/// `gelen_yok`.
pub fn look(tx: &mut Tx<'_>, act: &Act<'_>, id: &str) -> Result<View> {
    let incoming = super::open(tx, act, id)?;
    let referrals = store::referrals(tx, id)?;
    let may_manage = manages(act, &incoming);
    let mine = referral::of_person(tx, act, &referrals)?;
    let works = may_manage || mine.is_some() || act.actor.has_in(Role::Clerk, &incoming.unit_id);
    let open = incoming.state.is_open();
    let reads = is_reader(tx, act, &incoming, mine.is_some())?;
    let unseen = mine.as_ref().is_some_and(|mine| mine.seen_at.is_none());
    let confirmation = match &incoming.message_id {
        Some(message_id) => mailbox::screen::confirmation(tx, message_id)?,
        None => None,
    };
    let untold = matches!(&confirmation, Some((state, ..)) if state == "none");
    Ok(View {
        files: store::files(tx, id)?,
        findings: store::findings(tx, id)?,
        nobodys: store::nobodys(tx, act.now, id)?,
        linked: store::linked(tx, act, id)?,
        may_confirm: untold && confirm::is_officer(act, &incoming),
        may_correct: open && correct::may(act, &incoming),
        confirmation,
        may_manage: may_manage && open,
        may_answer: works && open,
        may_return: may_manage
            && open
            && incoming.kind == IncomingKind::Letter
            && incoming.source != Source::Internal,
        may_forward: works && open && incoming.kind == IncomingKind::Petition,
        leaves_a_trace: (reads && incoming.first_read_at.is_none())
            || unseen
            || is_new_reading(tx, act, &incoming)?,
        mine: mine.filter(|_| open),
        referrals,
        incoming,
    })
}

/// Writes the reading down: the first one is told to a sender inside, one of what is confidential
/// stands in the audit log, once for each person and hour. No provider is told by it: see
/// [`confirm`].
///
/// # Errors
/// `gelen_yok`.
pub fn mark(tx: &mut Tx<'_>, act: &Act<'_>, id: &str) -> Result<()> {
    let incoming = super::open(tx, act, id)?;
    let referrals = store::referrals(tx, id)?;
    let mine = referral::of_person(tx, act, &referrals)?;
    if is_reader(tx, act, &incoming, mine.is_some())? && store::set_read(tx, act, id)? {
        if incoming.state != super::State::Withdrawn {
            internal::read(tx, act, &incoming)?;
        }
        audit::record(tx, act, "inbox.first_read", "incoming", id, &json!({}))?;
    }
    store::set_seen(tx, act, id)?;
    // Page and letter are asked for at the same moment; the first one writes.
    if is_new_reading(tx, act, &incoming)? {
        let detail = json!({
            "degree": incoming.confidentiality.code(),
            "personal": incoming.personal,
        });
        audit::record(tx, act, READ, "incoming", id, &detail)?;
    }
    Ok(())
}

fn is_new_reading(tx: &mut Tx<'_>, act: &Act<'_>, it: &Incoming) -> Result<bool, StoreError> {
    if !it.is_confidential() {
        return Ok(false);
    }
    let since = act.now - SITTING;
    let read = audit::acted_since(tx, READ, "incoming", &it.id, &act.actor.user_id, since)?;
    Ok(!read)
}

/// The registry or an approver of the unit that holds it.
pub(super) fn manages(act: &Act<'_>, incoming: &Incoming) -> bool {
    [Role::Registry, Role::Approver]
        .iter()
        .any(|role| act.actor.has_in(*role, &incoming.unit_id))
}

/// Whose opening counts as the unit's reading: people bound to the unit and those to whom it was
/// referred; for what comes from outside also the registry above the unit; never the person who
/// wrote it.
fn is_reader(tx: &mut Tx<'_>, act: &Act<'_>, incoming: &Incoming, referred: bool) -> Result<bool> {
    if let Some(document_id) = &incoming.document_id
        && crate::document::any(tx, document_id)?.drafter_id == act.actor.user_id
    {
        return Ok(false);
    }
    let bound = act
        .actor
        .bindings
        .iter()
        .any(|(role, unit)| *role != Role::Administrator && *unit == incoming.unit_id);
    let registers =
        incoming.source != Source::Internal && act.actor.has_in(Role::Registry, &incoming.unit_id);
    Ok(bound || referred || registers)
}

/// The letter's bytes, if it has any, for reading once it is [`opened`]. What a scanner refused is
/// never given out.
///
/// # Errors
/// `gelen_yok`, `icerik_yok`, `dosya_zararli`.
pub fn content(tx: &mut Tx<'_>, act: &Act<'_>, id: &str) -> Result<(Incoming, BlobHash)> {
    let incoming = super::open(tx, act, id)?;
    let hash = incoming.content_hash.clone().ok_or_else(|| {
        not_found(
            "icerik_yok",
            "Bu evrakın taranmış ya da elektronik metni yok.",
        )
    })?;
    if let Some(file) = harmful_content(&incoming, &store::files(tx, id)?) {
        return Err(infected(&file.title));
    }
    Ok((incoming, hash))
}

/// The file that is the letter itself, if a scanner found something in it.
#[must_use]
pub fn harmful_content<'a>(incoming: &Incoming, files: &'a [File]) -> Option<&'a File> {
    files.iter().find(|file| {
        file.scan == Verdict::Infected
            && file.blob_hash.is_some()
            && file.blob_hash == incoming.content_hash
    })
}

/// A file of the line, for reading once it is [`opened`]; one that a scanner refused is never given
/// out.
///
/// # Errors
/// `gelen_yok`, `dosya_yok`, `dosya_zararli`.
pub fn file(tx: &mut Tx<'_>, act: &Act<'_>, id: &str, file_id: &str) -> Result<(File, BlobHash)> {
    super::open(tx, act, id)?;
    let unknown = || not_found("dosya_yok", "Böyle bir dosya yok.");
    let file = store::files(tx, id)?
        .into_iter()
        .find(|file| file.id == file_id)
        .ok_or_else(unknown)?;
    if file.scan == Verdict::Infected {
        return Err(infected(&file.title));
    }
    let hash = file.blob_hash.clone().ok_or_else(unknown)?;
    Ok((file, hash))
}

fn infected(title: &str) -> Error {
    crate::error::invalid(
        "dosya_zararli",
        format!("“{title}” zararlı yazılım içeriyor; açılamaz. Gönderenden temiz dosya isteyin."),
    )
}
