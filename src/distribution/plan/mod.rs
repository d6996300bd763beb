//! Dağıtım planı: a named recipient list of a unit or of the institution, expanded to today's units.

pub mod drift;
mod store;

use std::collections::{HashMap, HashSet};

use jiff::Timestamp;
use serde_json::json;

use super::list::{self, Recipient};
use super::{Channel, DestinationType, Purpose, store as recipients};
use crate::access::{Act, Role};
use crate::audit;
use crate::directory::outside::{self, Party};
use crate::directory::today::{self, Today};
use crate::document;
use crate::error::{Error, Result, conflict, forbidden, invalid, not_found};
use crate::store::Tx;
use crate::turkish;

pub use drift::{Change, Drift};

/// Plans of one page, and lines of one page of a plan.
pub const PAGE: usize = 50;
/// Lines of a plan; as many as a letter takes.
const MOST_LINES: usize = list::MOST;
const LONGEST_NAME: usize = 120;

/// A plan without its lines.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    pub id: String,
    pub name: String,
    pub owner_unit_id: String,
    pub owner_name: String,
    pub version: i64,
    pub lines: i64,
    pub updated_at: Timestamp,
}

/// One line, with name and address as they stood when it was saved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    pub position: i64,
    pub destination_type: DestinationType,
    pub unit_id: Option<String>,
    pub outside_party_id: Option<String>,
    pub label: String,
    pub delivery_address: Option<String>,
    pub purpose: Purpose,
    /// *Yazıdaki adı* as it was written for this label; empty: as the rule makes it.
    pub written: String,
}

/// Where a line leads today.
#[derive(Debug, Clone)]
struct Target {
    destination_type: DestinationType,
    unit: Option<Today>,
    party: Option<Party>,
    /// *Yazıdaki adı*, where it still names what the line was saved for.
    written: String,
}

/// What choosing a plan did to a letter's list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Used {
    pub plan: Plan,
    pub added: usize,
    /// Lines whose unit stood in the letter's list already.
    pub present: usize,
    /// The plan names the unit that drafts the letter; it does not write to itself.
    pub itself: Option<String>,
    /// What changed in the directory since the plan was saved.
    pub changes: Vec<Change>,
}

/// Plans that the person may use, by name: those of one's units and of the institution.
///
/// # Errors
/// When the store fails.
pub fn search(
    tx: &mut Tx<'_>,
    act: &Act<'_>,
    text: &str,
    after: Option<&str>,
) -> Result<(Vec<Plan>, Option<String>)> {
    let words = turkish::search_words(text);
    let mut plans = store::plans(tx, &act.actor.user_id, &words, after, PAGE + 1)?;
    let more = plans.len() > PAGE;
    plans.truncate(PAGE);
    let next = plans
        .last()
        .filter(|_| more)
        .map(|plan| format!("{}.{}", turkish::search_key(&plan.name), plan.id));
    Ok((plans, next))
}

/// A plan that the person may use.
///
/// # Errors
/// `plan_yok`.
pub fn open(tx: &mut Tx<'_>, act: &Act<'_>, id: &str) -> Result<Plan> {
    store::plan(tx, &act.actor.user_id, id)?.ok_or_else(|| {
        not_found(
            "plan_yok",
            "Böyle bir dağıtım planı yok ya da görme yetkiniz yok.",
        )
    })
}

/// A page of a plan's lines after a position.
///
/// # Errors
/// `plan_yok`.
pub fn lines(tx: &mut Tx<'_>, act: &Act<'_>, id: &str, after: i64) -> Result<Vec<Line>> {
    open(tx, act, id)?;
    Ok(store::lines(tx, id, after, PAGE + 1)?)
}

/// Whether the person may change plans of this unit: its clerks and registry, an administrator any.
#[must_use]
pub fn may_keep(act: &Act<'_>, owner_unit_id: &str) -> bool {
    act.actor.has(Role::Administrator)
        || [Role::Clerk, Role::Registry, Role::KepOfficer]
            .iter()
            .any(|role| act.actor.has_in(*role, owner_unit_id))
}

/// A plan without lines.
///
/// # Errors
/// `yetki_yok`, `plan_adi`, `plan_var`.
pub fn create(tx: &mut Tx<'_>, act: &Act<'_>, owner_unit_id: &str, name: &str) -> Result<String> {
    require_keeper(act, owner_unit_id)?;
    let name = checked_name(name)?;
    let id = act.new_id();
    match store::insert(tx, act, &id, owner_unit_id, &name) {
        Err(error) if error.is_unique_violation() => return Err(taken(&name)),
        other => other?,
    }
    let detail = json!({ "name": name, "owner": owner_unit_id });
    audit::record(tx, act, "plan.create", "distribution_plan", &id, &detail)?;
    Ok(id)
}

/// *Bu listeyi plan olarak kaydet*: the letter's list as it stands, mixed channels and all.
///
/// # Errors
/// `evrak_yok`, `plan_bos`, and as [`create`].
pub fn save_list(
    tx: &mut Tx<'_>,
    act: &Act<'_>,
    document_id: &str,
    owner_unit_id: &str,
    name: &str,
) -> Result<String> {
    document::draft::open(tx, act, document_id)?;
    let id = create(tx, act, owner_unit_id, name)?;
    if store::copy_list(tx, &id, document_id)? == 0 {
        return Err(invalid(
            "plan_bos",
            "Dağıtım listesi boş; plan olarak kaydedilecek alıcı yok.",
        ));
    }
    Ok(id)
}

/// Gives the plan another name.
///
/// # Errors
/// `plan_yok`, `yetki_yok`, `surum_eski`, `plan_adi`, `plan_var`.
pub fn rename(tx: &mut Tx<'_>, act: &Act<'_>, id: &str, version: i64, name: &str) -> Result<()> {
    let name = checked_name(name)?;
    let plan = changeable(tx, act, id, version)?;
    match store::rename(tx, id, &name) {
        Err(error) if error.is_unique_violation() => return Err(taken(&name)),
        other => other?,
    }
    changed(tx, act, &plan, "plan.rename", &json!({ "name": name }))
}

/// Adds units by one way of delivery, as they stand today; those present are passed over.
///
/// # Errors
/// `birim_yok`, `alici_cok`, and as [`rename`].
pub fn add_units(
    tx: &mut Tx<'_>,
    act: &Act<'_>,
    id: &str,
    version: i64,
    destination_type: DestinationType,
    unit_ids: &[String],
) -> Result<()> {
    let plan = changeable(tx, act, id, version)?;
    let ids: Vec<&str> = unit_ids.iter().map(String::as_str).collect();
    let mut found = today::of(tx, &ids)?;
    let mut all = store::lines(tx, id, 0, MOST_LINES)?;
    let mut present: HashSet<String> = all.iter().filter_map(|it| it.unit_id.clone()).collect();
    let mut added = 0;
    for unit_id in unit_ids {
        let unit = found.remove(unit_id).ok_or_else(|| {
            not_found(
                "birim_yok",
                "Seçilen birim rehberde yok. Yeniden arayıp seçin.",
            )
        });
        let Ok(unit) = unit else {
            if present.contains(unit_id) {
                continue;
            }
            return unit.map(drop);
        };
        if !present.insert(unit_id.clone()) {
            continue;
        }
        list::fits(destination_type, &unit.unit)?;
        let target = Target {
            destination_type,
            unit: Some(unit),
            party: None,
            written: String::new(),
        };
        all.push(target.as_line(Purpose::Action));
        added += 1;
    }
    if all.len() > MOST_LINES {
        return Err(list::too_many());
    }
    store::replace_lines(tx, id, &all)?;
    changed(tx, act, &plan, "plan.add", &json!({ "count": added }))
}

/// Takes lines out of the plan.
///
/// # Errors
/// As [`rename`].
pub fn remove_lines(
    tx: &mut Tx<'_>,
    act: &Act<'_>,
    id: &str,
    version: i64,
    positions: &[i64],
) -> Result<()> {
    let plan = changeable(tx, act, id, version)?;
    let gone: HashSet<i64> = positions.iter().copied().collect();
    let mut all = store::lines(tx, id, 0, MOST_LINES)?;
    all.retain(|line| !gone.contains(&line.position));
    store::replace_lines(tx, id, &all)?;
    changed(
        tx,
        act,
        &plan,
        "plan.remove",
        &json!({ "count": gone.len() }),
    )
}

/// Deletes the plan; letters that were made with it keep their lists.
///
/// # Errors
/// As [`rename`].
pub fn delete(tx: &mut Tx<'_>, act: &Act<'_>, id: &str, version: i64) -> Result<()> {
    let plan = changeable(tx, act, id, version)?;
    store::delete(tx, id)?;
    let detail = json!({ "name": plan.name, "lines": plan.lines });
    audit::record(tx, act, "plan.delete", "distribution_plan", id, &detail)
}

/// What changed in the directory since the plan was saved; a handful of statements for any length.
///
/// # Errors
/// `plan_yok`.
pub fn changes(tx: &mut Tx<'_>, act: &Act<'_>, id: &str) -> Result<Vec<Change>> {
    open(tx, act, id)?;
    Ok(resolve(tx, id)?
        .into_iter()
        .flat_map(|(_, changes, _)| changes)
        .collect())
}

/// Brings every line to what the directory says today, as [`Drift::remedy`] tells for each.
///
/// # Errors
/// As [`rename`].
pub fn repair(tx: &mut Tx<'_>, act: &Act<'_>, id: &str, version: i64) -> Result<usize> {
    let plan = changeable(tx, act, id, version)?;
    let mut count = 0;
    let mut seen = HashSet::new();
    let mut lines = Vec::new();
    for (line, changes, target) in resolve(tx, id)? {
        count += changes.len();
        let Some(target) = target else { continue };
        if seen.insert(target.key()) {
            lines.push(target.as_line(line.purpose));
        }
    }
    store::replace_lines(tx, id, &lines)?;
    changed(tx, act, &plan, "plan.repair", &json!({ "changes": count }))?;
    Ok(count)
}

/// *DYS İçi Evrak Gönderim Dağıtım Planı*: puts today's units of the plan into a letter's list.
///
/// # Errors
/// `plan_yok`, `alici_cok`, and as `document::draft`.
pub fn use_in(tx: &mut Tx<'_>, act: &Act<'_>, document_id: &str, id: &str) -> Result<Used> {
    let letter = document::draft::require_writable(tx, act, document_id)?;
    let plan = open(tx, act, id)?;
    let present_lines = recipients::of_document(tx, document_id)?;
    let mut seen: HashSet<String> = present_lines.iter().filter_map(list::key_of).collect();
    let (mut new, mut present, mut changes) = (Vec::new(), 0, Vec::new());
    let mut itself = None;
    for (line, told, target) in resolve(tx, id)? {
        changes.extend(told);
        let Some(target) = target else { continue };
        if target.key() == letter.unit_id {
            itself = target.unit.map(|it| it.unit.name);
            continue;
        }
        if seen.insert(target.key()) {
            new.push(target.as_recipient(act, document_id, line.purpose));
        } else {
            present += 1;
        }
    }
    if present_lines.len() + new.len() > list::MOST {
        return Err(list::too_many());
    }
    recipients::insert_many(tx, document_id, &new)?;
    document::touch(tx, &letter, act.now)?;
    let detail = json!({ "plan": plan.id, "name": plan.name, "count": new.len() });
    audit::record(
        tx,
        act,
        "distribution.plan",
        "document",
        document_id,
        &detail,
    )?;
    Ok(Used {
        added: new.len(),
        present,
        itself,
        changes,
        plan,
    })
}

type Resolved = (Line, Vec<Change>, Option<Target>);

/// Each line with what changed and where it leads today.
fn resolve(tx: &mut Tx<'_>, id: &str) -> Result<Vec<Resolved>> {
    let lines = store::lines(tx, id, 0, MOST_LINES)?;
    let ids: Vec<&str> = lines
        .iter()
        .filter_map(|it| it.unit_id.as_deref())
        .collect();
    let mut units = today::of(tx, &ids)?;
    let followed: Vec<String> = units
        .values()
        .filter_map(|it| it.successor_id.clone())
        .collect();
    let missing: Vec<&str> = followed.iter().map(String::as_str).collect();
    for (id, unit) in today::of(tx, &missing)? {
        units.entry(id).or_insert(unit);
    }
    let ids: Vec<&str> = lines
        .iter()
        .filter_map(|it| it.outside_party_id.as_deref())
        .collect();
    let parties = outside::by_ids(tx, &ids)?;
    Ok(lines
        .into_iter()
        .map(|line| {
            let (changes, target) = resolve_one(&line, &units, &parties);
            let target = target.map(|target| target.naming(&line));
            (line, changes, target)
        })
        .collect())
}

fn resolve_one(
    line: &Line,
    units: &HashMap<String, Today>,
    parties: &HashMap<String, Party>,
) -> (Vec<Change>, Option<Target>) {
    let mut drifts = Vec::new();
    let target = match (&line.unit_id, &line.outside_party_id) {
        (Some(id), _) => unit_target(line, units.get(id), units, &mut drifts),
        (None, Some(id)) => match parties.get(id) {
            Some(party) => Some(party_target(line, party, &mut drifts)),
            None => {
                drifts.push(Drift::Gone);
                None
            }
        },
        (None, None) => None,
    };
    let changes = drifts
        .into_iter()
        .map(|drift| Change {
            position: line.position,
            label: line.label.clone(),
            drift,
        })
        .collect();
    (changes, target)
}

fn unit_target(
    line: &Line,
    unit: Option<&Today>,
    units: &HashMap<String, Today>,
    drifts: &mut Vec<Drift>,
) -> Option<Target> {
    let Some(unit) = unit else {
        drifts.push(Drift::Gone);
        return None;
    };
    let unit = if unit.unit.active {
        if unit.unit.label != line.label {
            drifts.push(Drift::Renamed(unit.unit.label.clone()));
        }
        unit
    } else {
        let successor = unit.successor_id.as_ref().and_then(|id| units.get(id));
        match successor.filter(|successor| successor.unit.active) {
            Some(successor) => {
                drifts.push(Drift::Merged(successor.unit.label.clone()));
                successor
            }
            None => {
                drifts.push(Drift::Closed);
                return None;
            }
        }
    };
    let was_inside = line.destination_type.channel() == Channel::Internal;
    let destination_type = match (was_inside, unit.unit.is_own) {
        (false, true) => {
            drifts.push(Drift::Inside);
            DestinationType::InternalUnit
        }
        (true, false) => {
            drifts.push(Drift::Outside);
            match unit.kep_address {
                Some(_) => DestinationType::ExternalKep,
                None => DestinationType::ExternalPaper,
            }
        }
        _ => by_address(line, list::address_of(line.destination_type, unit), drifts),
    };
    Some(Target {
        destination_type,
        unit: Some(unit.clone()),
        party: None,
        written: String::new(),
    })
}

fn party_target(line: &Line, party: &Party, drifts: &mut Vec<Drift>) -> Target {
    if party.name != line.label {
        drifts.push(Drift::Renamed(party.name.clone()));
    }
    let address = list::party_address(line.destination_type, party);
    Target {
        destination_type: by_address(line, address, drifts),
        unit: None,
        party: Some(party.clone()),
        written: String::new(),
    }
}

/// Tells a changed address; a line whose electronic address is gone turns to paper.
fn by_address(line: &Line, today: Option<String>, drifts: &mut Vec<Drift>) -> DestinationType {
    let electronic = matches!(
        line.destination_type,
        DestinationType::ExternalKep | DestinationType::ExternalUets
    );
    match (&line.delivery_address, today) {
        _ if !electronic => {}
        (_, None) => {
            drifts.push(Drift::AddressGone);
            return DestinationType::ExternalPaper;
        }
        (before, Some(today)) if before.as_ref() != Some(&today) => {
            let merged = drifts.iter().any(|it| matches!(it, Drift::Merged(_)));
            if !merged {
                drifts.push(Drift::AddressChanged(today));
            }
        }
        _ => {}
    }
    line.destination_type
}

impl Target {
    /// What makes two targets the same recipient.
    fn key(&self) -> String {
        match (&self.unit, &self.party) {
            (Some(unit), _) => unit.unit.id.as_str().to_owned(),
            (None, Some(party)) => party.id.clone(),
            (None, None) => String::new(),
        }
    }

    fn label(&self) -> &str {
        match (&self.unit, &self.party) {
            (Some(unit), _) => &unit.unit.label,
            (None, Some(party)) => &party.name,
            (None, None) => "",
        }
    }

    /// With the line's *Yazıdaki adı*; what was written for another name is left to the rule.
    fn naming(mut self, line: &Line) -> Self {
        if self.label() == line.label {
            self.written.clone_from(&line.written);
        }
        self
    }

    fn address(&self) -> Option<String> {
        match (&self.unit, &self.party) {
            (Some(unit), _) => list::address_of(self.destination_type, unit),
            (None, Some(party)) => list::party_address(self.destination_type, party),
            (None, None) => None,
        }
    }

    fn as_line(&self, purpose: Purpose) -> Line {
        Line {
            position: 0,
            destination_type: self.destination_type,
            unit_id: self
                .unit
                .as_ref()
                .map(|unit| unit.unit.id.as_str().to_owned()),
            outside_party_id: self.party.as_ref().map(|party| party.id.clone()),
            label: self.label().to_owned(),
            delivery_address: self.address(),
            purpose,
            written: self.written.clone(),
        }
    }

    fn as_recipient(&self, act: &Act<'_>, document_id: &str, purpose: Purpose) -> Recipient {
        let id = act.new_id();
        let mut recipient = match (&self.unit, &self.party) {
            (Some(unit), _) => list::unit_recipient(id, document_id, self.destination_type, unit),
            (None, Some(party)) => {
                list::party_recipient(id, document_id, self.destination_type, party)
            }
            (None, None) => Recipient::blank(id, document_id, self.destination_type),
        };
        recipient.purpose = purpose;
        recipient.written.clone_from(&self.written);
        recipient
    }
}

fn require_keeper(act: &Act<'_>, owner_unit_id: &str) -> Result<()> {
    if may_keep(act, owner_unit_id) {
        return Ok(());
    }
    Err(forbidden(
        "yetki_yok",
        "Bu birimin dağıtım planlarını yalnızca birimin memurları, evrak kayıt sorumlusu ve DYS \
         Yöneticisi değiştirebilir.",
    ))
}

/// The plan, locked at the version that the person read.
fn changeable(tx: &mut Tx<'_>, act: &Act<'_>, id: &str, version: i64) -> Result<Plan> {
    let plan = open(tx, act, id)?;
    require_keeper(act, &plan.owner_unit_id)?;
    if plan.version != version {
        return Err(conflict(
            "surum_eski",
            "Plan siz bakarken başkası tarafından değiştirildi. Sayfayı yenileyip yeniden deneyin.",
        ));
    }
    Ok(plan)
}

fn changed(
    tx: &mut Tx<'_>,
    act: &Act<'_>,
    plan: &Plan,
    action: &str,
    detail: &serde_json::Value,
) -> Result<()> {
    store::touch(tx, &plan.id, act.now)?;
    audit::record(tx, act, action, "distribution_plan", &plan.id, detail)
}

fn checked_name(typed: &str) -> Result<String> {
    let name = turkish::compose(typed.trim());
    let holds = !turkish::search_key(&name).is_empty()
        && name.chars().count() <= LONGEST_NAME
        && !name.chars().any(char::is_control);
    if holds {
        return Ok(name);
    }
    Err(invalid(
        "plan_adi",
        format!("Plana ad verin (en çok {LONGEST_NAME} harf)."),
    ))
}

fn taken(name: &str) -> Error {
    conflict(
        "plan_var",
        format!("Birimin “{name}” adlı bir dağıtım planı var. Başka bir ad verin."),
    )
}
