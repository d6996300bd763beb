//! *Havale*: to units and persons, for action or information; return, pull back, pass on, finish.

use jiff::Timestamp;
use jiff::civil::Date;
use serde_json::json;

use super::{Incoming, State, store, touch, view};
use crate::access::{Act, Role, user};
use crate::audit;
use crate::clock;
use crate::directory::{self, UnitId};
use crate::distribution::Purpose;
use crate::document::words;
use crate::error::{Kind, Problem, Result, conflict, invalid, not_found};
use crate::store::Tx;

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
    let mine = of_person(tx, act, &referrals)?;
    let parent = if view::manages(act, &incoming) {
        None
    } else {
        let mine = mine.ok_or_else(|| {
            crate::error::forbidden(
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
    touch(tx, &incoming, State::Referred)?;
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
        problem = problem.field("unit", "En az bir birim ya da kişi seçin.");
    }
    if order.targets.len() > MOST_TARGETS {
        problem = problem.field("unit", "Bir kerede en çok 100 yere havale edilir.");
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
/// to a unit in which they have a role.
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
        Target::Unit(id) => [Role::Clerk, Role::Approver, Role::Registry]
            .iter()
            .any(|role| act.actor.has_in(*role, id)),
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
    // Passed on by somebody: it is theirs again.
    if let Some(parent) = &referral.parent_id {
        store::revive(tx, parent)?;
    }
    settle(tx, &incoming, false)?;
    audit::record(tx, act, "inbox.give_back", "incoming", id, &json!({}))
}

/// *Geri çek*: by who referred it, or by the registry, while it is open.
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
    if referral.from_user_id != act.actor.user_id {
        act.actor.require_in(&[Role::Registry], &incoming.unit_id)?;
    }
    store::end_referral(tx, act, referral_id, ReferralState::PulledBack, "")?;
    if let Some(parent) = &referral.parent_id {
        store::revive(tx, parent)?;
    }
    settle(tx, &incoming, false)?;
    audit::record(tx, act, "inbox.pull_back", "incoming", id, &json!({}))
}

/// *Tamamla*: gereği yapıldı, or the information was taken. With the last one the line closes.
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
    if settle(tx, &incoming, true)? == State::Closed {
        store::set_closed(tx, act, id, &done)?;
    }
    audit::record(tx, act, "inbox.finish", "incoming", id, &json!({}))
}

/// The state that follows from what is still open.
fn settle(tx: &mut Tx<'_>, incoming: &Incoming, finished: bool) -> Result<State> {
    let left = store::referrals(tx, &incoming.id)?
        .iter()
        .any(|known| known.state == ReferralState::Open);
    let state = match (left, finished) {
        (true, _) => State::Referred,
        (false, true) => State::Closed,
        (false, false) => State::Registered,
    };
    touch(tx, incoming, state)?;
    Ok(state)
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
        return Err(crate::error::forbidden(
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
    let text = crate::turkish::compose(text.trim());
    if text.is_empty() || text.chars().count() > LONGEST_NOTE {
        return Err(Problem::new(Kind::Invalid, "gerekce_bos", sentence)
            .field("reason", sentence)
            .into());
    }
    Ok(text)
}

/// Whom one may refer to: units and people of the institution.
#[derive(Debug, Clone, Default)]
pub struct Choices {
    /// id, name
    pub units: Vec<(String, String)>,
    /// id, name, title
    pub people: Vec<(String, String, String)>,
}

/// The choices for a line.
///
/// # Errors
/// When the store fails.
pub fn choices(tx: &mut Tx<'_>, incoming: &Incoming) -> Result<Choices> {
    Ok(Choices {
        units: store::units(tx, &incoming.unit_id)?,
        people: store::people(tx, &incoming.unit_id)?,
    })
}
