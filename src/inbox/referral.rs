//! *Havale*: to units and persons, for action or information; return, pull back, pass on, finish.

use jiff::Timestamp;
use jiff::civil::Date;
use serde_json::json;

use super::{Incoming, State, answer, confirm, store, touch, view};
use crate::access::{Act, Role, user};
use crate::audit;
use crate::clock;
use crate::directory::{self, UnitId};
use crate::distribution::Purpose;
use crate::document::words;
use crate::error::{Error, Kind, Problem, Result, conflict, forbidden, invalid, not_found};
use crate::store::Tx;
use crate::turkish;

words! {
    /// Where a referral stands.
    ReferralState {
        Open = "open", "İşlemde";
        Done = "done", "Tamamlandı";
        Returned = "returned", "İade edildi";
        PulledBack = "pulled_back", "Geri çekildi";
        PassedOn = "passed_on", "Havale edildi";
    }
}

/// To whom.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    Unit(String),
    Person(String),
}

/// One referral with names for the screen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Referral {
    pub id: String,
    pub incoming_id: String,
    /// The referral from which it was passed on.
    pub parent_id: Option<String>,
    pub from_user_id: String,
    pub from_name: String,
    pub target: Target,
    pub to_name: String,
    pub purpose: Purpose,
    pub due_date: Option<Date>,
    pub note: String,
    pub state: ReferralState,
    pub referred_at: Timestamp,
    pub seen_at: Option<Timestamp>,
    pub ended_at: Option<Timestamp>,
    /// Why it was returned or pulled back; what was done.
    pub reason: String,
}

/// What is asked: each target with its purpose, one due date and note for all.
#[derive(Debug, Clone, Default)]
pub struct Order {
    pub targets: Vec<(Target, Option<Purpose>)>,
    pub due_date: Option<Date>,
    pub note: String,
}

const LONGEST_NOTE: usize = 1_000;
const MOST_TARGETS: usize = 100;
/// So many of those to whom was referred lately are offered before anything is typed.
const LATELY: usize = 8;

/// Refers the line. One's own open referral is passed on by it; the registry and approvers of
/// the unit refer beside what is open.
///
/// # Errors
/// `gelen_yok`, `gelen_kapali`, `gelen_surum_eski`, `yetki_yok`, `havale_eksik`, `havale_var`.
pub fn refer(tx: &mut Tx<'_>, act: &Act<'_>, id: &str, version: i64, order: &Order) -> Result<()> {
    let incoming = super::open(tx, act, id)?;
    incoming.require_version(version)?;
    incoming.require_open()?;
    let referrals = store::referrals(tx, id)?;
    let parent = if view::manages(act, &incoming) {
        None
    } else {
        let mine = of_person(tx, act, &referrals)?.ok_or_else(|| {
            forbidden(
                "yetki_yok",
                "Havale için evrakın biriminde Evrak Kayıt Sorumlusu ya da Paraf/İmza Yetkilisi \
                 olmalısınız ya da evrak size havale edilmiş olmalıdır.",
            )
        })?;
        Some(mine.id)
    };
    check(act, order)?;
    for (target, purpose) in &order.targets {
        let name = name_of(tx, target)?;
        let known = referrals.iter().any(|known| {
            known.target == *target
                && known.state == ReferralState::Open
                && Some(&known.id) != parent.as_ref()
        });
        if known {
            return Err(conflict(
                "havale_var",
                format!("Evrak {name} için zaten havale edilmiş ve işlemde."),
            ));
        }
        let new = Referral {
            id: act.new_id(),
            incoming_id: id.to_owned(),
            parent_id: parent.clone(),
            from_user_id: act.actor.user_id.clone(),
            from_name: String::new(),
            target: target.clone(),
            to_name: name,
            purpose: purpose.unwrap_or(Purpose::Action),
            due_date: order.due_date,
            note: order.note.trim().to_owned(),
            state: ReferralState::Open,
            referred_at: act.now,
            seen_at: None,
            ended_at: None,
            reason: String::new(),
        };
        store::insert_referral(tx, act, &new)?;
    }
    if let Some(parent) = &parent {
        store::end_referral(tx, act, parent, ReferralState::PassedOn, "")?;
    }
    let state = match parent {
        // What waits for the registry's referral is not answered by passing on something else.
        Some(_) => incoming.state,
        None if has_nobody(&store::referrals(tx, id)?) => State::Registered,
        None => State::Referred,
    };
    touch(tx, &incoming, state)?;
    confirm::by_officer(tx, act, &incoming)?;
    let detail = json!({ "to": order.targets.len(), "passed_on": parent.is_some() });
    audit::record(tx, act, "inbox.refer", "incoming", id, &detail)
}

fn check(act: &Act<'_>, order: &Order) -> Result<()> {
    let mut problem = Problem::new(
        Kind::Invalid,
        "havale_eksik",
        "Havale edilemedi: işaretli alanları düzeltin. Yazdıklarınız durur.",
    );
    if order.targets.is_empty() {
        problem = problem.field("ara", "En az bir birim ya da kişi seçin.");
    }
    if order.targets.len() > MOST_TARGETS {
        problem = problem.field("ara", "Bir kerede en çok 100 yere havale edilir.");
    }
    if order
        .due_date
        .is_some_and(|day| day < clock::local(act.now).date())
    {
        problem = problem.field("due_date", "Süre geçmiş bir gün olamaz.");
    }
    if order.note.chars().count() > LONGEST_NOTE {
        problem = problem.field("note", "Havale notu en çok 1000 karakter olabilir.");
    }
    if problem.fields.is_empty() {
        return Ok(());
    }
    Err(problem.into())
}

fn name_of(tx: &mut Tx<'_>, target: &Target) -> Result<String> {
    match target {
        Target::Unit(id) => directory::by_id(tx, &UnitId::new(id.as_str()))?
            .filter(|unit| unit.is_own && unit.active)
            .map(|unit| unit.name)
            .ok_or_else(|| {
                invalid(
                    "birim_yok",
                    "Seçilen birim kurumunuzda yok ya da kapalı. Yeniden seçin.",
                )
            }),
        Target::Person(id) => Ok(user::actor(tx, id)
            .map_err(|_| {
                invalid(
                    "kisi_yok",
                    "Seçilen kişi yok ya da hesabı kapalı. Yeniden seçin.",
                )
            })?
            .full_name),
    }
}

/// The open referral that is this person's: addressed to them, to one whose deputy they are, or
/// to a unit to which a role of theirs is bound, as on the work list; who stands above the unit
/// has no turn there.
pub(super) fn of_person(
    tx: &mut Tx<'_>,
    act: &Act<'_>,
    referrals: &[Referral],
) -> Result<Option<Referral>> {
    let absent = crate::access::deputy::absent_for(tx, &act.actor.user_id, act.now)?;
    let personal = |known: &&Referral| match &known.target {
        Target::Person(id) => *id == act.actor.user_id || absent.contains(id),
        Target::Unit(_) => false,
    };
    let of_unit = |known: &&Referral| match &known.target {
        Target::Unit(id) => act.actor.bindings.iter().any(|(role, unit)| {
            matches!(role, Role::Clerk | Role::Approver | Role::Registry) && unit == id
        }),
        Target::Person(_) => false,
    };
    let open: Vec<&Referral> = referrals
        .iter()
        .filter(|known| known.state == ReferralState::Open)
        .collect();
    let mine = open
        .iter()
        .copied()
        .find(personal)
        .or_else(|| open.iter().copied().find(of_unit));
    Ok(mine.cloned())
}

/// *İade*: back to who referred it, with a reason.
///
/// # Errors
/// As [`refer`], `gerekce_bos`, `havale_yok`.
pub fn give_back(
    tx: &mut Tx<'_>,
    act: &Act<'_>,
    id: &str,
    version: i64,
    referral_id: &str,
    reason: &str,
) -> Result<()> {
    let reason = required(reason, "İade gerekçesini yazın (en çok 1000 karakter).")?;
    let (incoming, referral) = own(tx, act, id, version, referral_id)?;
    store::end_referral(tx, act, &referral.id, ReferralState::Returned, &reason)?;
    // Passed on by somebody: it is theirs again. Else it is the registry's to refer anew, at once
    // and whoever else still has it.
    let taken_back = revived(tx, &referral)?;
    let left = any_open(&store::referrals(tx, id)?);
    let state = match referral.purpose {
        _ if taken_back => incoming.state,
        Purpose::Information if left => incoming.state,
        Purpose::Action | Purpose::Information => State::Registered,
    };
    touch(tx, &incoming, state)?;
    audit::record(tx, act, "inbox.give_back", "incoming", id, &json!({}))
}

/// *Geri çek*: by who referred it, or by registry and approvers of the unit, while it is open.
///
/// # Errors
/// As [`refer`], `havale_yok`.
pub fn pull_back(
    tx: &mut Tx<'_>,
    act: &Act<'_>,
    id: &str,
    version: i64,
    referral_id: &str,
) -> Result<()> {
    let incoming = super::open(tx, act, id)?;
    incoming.require_version(version)?;
    let referral = open_one(tx, id, referral_id)?;
    if referral.from_user_id != act.actor.user_id && !view::manages(act, &incoming) {
        return Err(forbidden(
            "yetki_yok",
            "Havaleyi yalnızca havale eden kişi ya da evrakın biriminde Evrak Kayıt Sorumlusu ya da \
             Paraf/İmza Yetkilisi geri çeker.",
        ));
    }
    store::end_referral(tx, act, referral_id, ReferralState::PulledBack, "")?;
    let taken_back = revived(tx, &referral)?;
    let referrals = store::referrals(tx, id)?;
    let state = if taken_back || (any_open(&referrals) && !has_nobody(&referrals)) {
        incoming.state
    } else {
        State::Registered
    };
    touch(tx, &incoming, state)?;
    audit::record(tx, act, "inbox.pull_back", "incoming", id, &json!({}))
}

/// *Tamamla*: gereği yapıldı, or the information was taken. With the last one the line closes, if
/// the work was done by somebody.
///
/// # Errors
/// As [`refer`], `gerekce_bos` when what was done is not said, `havale_yok`.
pub fn finish(
    tx: &mut Tx<'_>,
    act: &Act<'_>,
    id: &str,
    version: i64,
    referral_id: &str,
    done: &str,
) -> Result<()> {
    let (incoming, referral) = own(tx, act, id, version, referral_id)?;
    let done = match referral.purpose {
        Purpose::Information if done.trim().is_empty() => "Bilgi edinildi.".to_owned(),
        _ => required(done, "Ne yapıldığını yazın (en çok 1000 karakter).")?,
    };
    store::end_referral(tx, act, &referral.id, ReferralState::Done, &done)?;
    let mut state = after_finishing(&incoming, &store::referrals(tx, id)?);
    if state == State::Closed {
        store::set_closed(tx, act, id, &done)?;
        // Somebody else has answered meanwhile.
        if answer::is_out(tx, id)? {
            state = State::Answered;
        }
    }
    touch(tx, &incoming, state)?;
    audit::record(tx, act, "inbox.finish", "incoming", id, &json!({}))
}

fn any_open(referrals: &[Referral]) -> bool {
    referrals
        .iter()
        .any(|known| known.state == ReferralState::Open)
}

/// Where a line stands as far as its referrals tell.
pub(super) fn standing(referrals: &[Referral]) -> State {
    let lives = |known: &Referral| known.state != ReferralState::PulledBack;
    if has_nobody(referrals) || !referrals.iter().any(lives) {
        return State::Registered;
    }
    State::Referred
}

/// Somebody still has work to do.
pub(super) fn has_work(referrals: &[Referral]) -> bool {
    referrals
        .iter()
        .any(|known| known.purpose == Purpose::Action && known.state == ReferralState::Open)
}

/// The work was asked of somebody, and nobody has it or did it.
fn has_nobody(referrals: &[Referral]) -> bool {
    let mut work = referrals
        .iter()
        .filter(|known| known.purpose == Purpose::Action)
        .peekable();
    work.peek().is_some()
        && work.all(|known| !matches!(known.state, ReferralState::Open | ReferralState::Done))
}

/// Where a line stands when one of its referrals was finished: only work that was done closes it,
/// or the reading of what was sent for information alone. One that waits for a new referral
/// (its work was returned) goes on waiting.
fn after_finishing(incoming: &Incoming, referrals: &[Referral]) -> State {
    let work = |state: Option<ReferralState>| {
        referrals.iter().any(|known| {
            known.purpose == Purpose::Action && state.is_none_or(|state| known.state == state)
        })
    };
    let only_told = incoming.purpose == Purpose::Information && !work(None);
    if any_open(referrals) || incoming.state == State::Registered {
        incoming.state
    } else if only_told || work(Some(ReferralState::Done)) {
        State::Closed
    } else {
        State::Registered
    }
}

/// A referral that was passed on is its holder's again when what it was passed on as ends undone;
/// it may be already, when it was passed on to several.
fn revived(tx: &mut Tx<'_>, referral: &Referral) -> Result<bool> {
    let Some(parent) = &referral.parent_id else {
        return Ok(false);
    };
    if store::revive(tx, parent)? {
        return Ok(true);
    }
    let referrals = store::referrals(tx, &referral.incoming_id)?;
    Ok(referrals
        .iter()
        .any(|known| known.id == *parent && known.state == ReferralState::Open))
}

fn own(
    tx: &mut Tx<'_>,
    act: &Act<'_>,
    id: &str,
    version: i64,
    referral_id: &str,
) -> Result<(Incoming, Referral)> {
    let incoming = super::open(tx, act, id)?;
    incoming.require_version(version)?;
    incoming.require_open()?;
    let referral = open_one(tx, id, referral_id)?;
    if of_person(tx, act, std::slice::from_ref(&referral))?.is_none() {
        return Err(forbidden(
            "yetki_yok",
            "Bu havale size ya da biriminize yapılmamış.",
        ));
    }
    Ok((incoming, referral))
}

fn open_one(tx: &mut Tx<'_>, id: &str, referral_id: &str) -> Result<Referral> {
    store::referrals(tx, id)?
        .into_iter()
        .find(|known| known.id == referral_id && known.state == ReferralState::Open)
        .ok_or_else(|| {
            not_found(
                "havale_yok",
                "Bu havale artık işlemde değil. Sayfayı yenileyin.",
            )
        })
}

fn required(text: &str, sentence: &str) -> Result<String> {
    let text = turkish::compose(text.trim());
    if text.is_empty() || text.chars().count() > LONGEST_NOTE {
        return Err(Problem::new(Kind::Invalid, "gerekce_bos", sentence)
            .field("reason", sentence)
            .into());
    }
    Ok(text)
}

/// One to whom a line may be referred.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choice {
    pub target: Target,
    pub name: String,
    /// Of a person: title and unit.
    pub detail: String,
}

/// Units and people of the institution whose words begin with those of `text`, units first;
/// without words those to whom the unit referred lately.
///
/// # Errors
/// When the store fails.
pub fn choices(
    tx: &mut Tx<'_>,
    incoming: &Incoming,
    text: &str,
    limit: usize,
) -> Result<Vec<Choice>> {
    let words = turkish::search_words(text);
    if words.is_empty() {
        return Ok(store::referred_lately(tx, &incoming.unit_id, LATELY)?);
    }
    let mut found: Vec<Choice> = store::units(tx, &incoming.unit_id)?
        .into_iter()
        .filter(|(_, name)| opens(&words, &turkish::search_key(name)))
        .map(|(id, name)| Choice {
            target: Target::Unit(id),
            name,
            detail: String::new(),
        })
        .take(limit)
        .collect();
    for choice in store::people(tx, &incoming.unit_id)? {
        if found.len() >= limit {
            break;
        }
        let key = turkish::search_key(&format!("{} {}", choice.name, choice.detail));
        if opens(&words, &key) {
            found.push(choice);
        }
    }
    Ok(found)
}

/// Every word of the question opens a word of the key.
fn opens(words: &[String], key: &str) -> bool {
    words
        .iter()
        .all(|word| key.split(' ').any(|known| known.starts_with(word.as_str())))
}

/// Names for targets that a form carries, in its order; those that are gone are left out.
///
/// # Errors
/// When the store fails.
pub fn names(tx: &mut Tx<'_>, targets: &[Target]) -> Result<Vec<(Target, String)>> {
    let mut names = Vec::with_capacity(targets.len());
    for target in targets.iter().take(MOST_TARGETS) {
        match name_of(tx, target) {
            Ok(name) => names.push((target.clone(), name)),
            Err(Error::Problem(_)) => {}
            Err(other) => return Err(other),
        }
    }
    Ok(names)
}
