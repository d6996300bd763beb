//! *Kaydı Düzelt*: what the registry holds about a line, put right by those who register.

use jiff::civil::Date;
use serde_json::{Map, Value, json};

use super::period::Period;
use super::register::{self, Entry};
use super::{Incoming, IncomingKind, Petition, Source, confirm, store, touch, view};
use crate::access::{Act, Role};
use crate::audit;
use crate::clock;
use crate::directory::{self, UnitId};
use crate::distribution::Purpose;
use crate::error::{Kind, Problem, Result, conflict, forbidden};
use crate::store::Tx;

/// The registry's words about a line as they shall stand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Correction {
    /// The unit whose registry holds it; another one moves it.
    pub unit_id: String,
    pub kind: IncomingKind,
    pub sender: String,
    /// The sender in the directory.
    pub sender_unit_id: Option<String>,
    pub their_number: String,
    pub their_date: Option<Date>,
    pub subject: String,
    pub note: String,
    pub purpose: Purpose,
    pub plan_code: Option<String>,
    pub place: String,
    pub barcode: Option<String>,
    pub sender_file: String,
    pub petition: Petition,
    pub period: Period,
    pub due_date: Option<Date>,
}

impl Correction {
    /// What stands now.
    #[must_use]
    pub fn of(incoming: &Incoming) -> Self {
        Self {
            unit_id: incoming.unit_id.clone(),
            kind: incoming.kind,
            sender: incoming.sender.clone(),
            sender_unit_id: incoming.sender_unit_id.clone(),
            their_number: incoming.their_number.clone(),
            their_date: incoming.their_date,
            subject: incoming.subject.clone(),
            note: incoming.note.clone(),
            purpose: incoming.purpose,
            plan_code: incoming.plan_code.clone(),
            place: incoming.place.clone(),
            barcode: incoming.barcode.clone(),
            sender_file: incoming.sender_file.clone(),
            petition: incoming.petition.clone(),
            period: incoming.period,
            due_date: incoming.due_date,
        }
    }

    /// The same as an entry of the registry, so that one place knows the rules of its fields.
    fn entry(&self, incoming: &Incoming) -> Entry {
        Entry {
            sender: self.sender.clone(),
            sender_unit_id: self.sender_unit_id.clone(),
            sender_address: incoming.sender_address.clone(),
            their_number: self.their_number.clone(),
            their_date: self.their_date,
            subject: self.subject.clone(),
            note: self.note.clone(),
            purpose: self.purpose,
            plan_code: self.plan_code.clone(),
            place: self.place.clone(),
            barcode: self.barcode.clone(),
            sender_file: self.sender_file.clone(),
            petition: self.petition.clone(),
            ..Entry::new(&self.unit_id, incoming.source, self.kind)
        }
    }
}

/// True for those who may correct a line of this unit: its registry, KEP officers and approvers,
/// and for paper the clerks who register it.
pub(super) fn may(act: &Act<'_>, incoming: &Incoming) -> bool {
    view::manages(act, incoming)
        || act.actor.has_in(Role::KepOfficer, &incoming.unit_id)
        || (incoming.source == Source::Paper && act.actor.has_in(Role::Clerk, &incoming.unit_id))
}

/// Units to which a line can be moved: id, name.
///
/// # Errors
/// When the store fails.
pub fn units(tx: &mut Tx<'_>, incoming: &Incoming) -> Result<Vec<(String, String)>> {
    Ok(store::units(tx, &incoming.unit_id)?)
}

/// Writes the correction; an officer's one confirms the registration of a KEP message.
///
/// A letter of a unit inside keeps what its sender wrote: only unit-independent words of the
/// registry (file, place, note, due date) change.
///
/// # Errors
/// `gelen_yok`, `gelen_surum_eski`, `gelen_kapali`, `yetki_yok`, `kayit_eksik` with a sentence per
/// field, `barkod_var`.
pub fn correct(
    tx: &mut Tx<'_>,
    act: &Act<'_>,
    id: &str,
    version: i64,
    correction: &Correction,
) -> Result<()> {
    let incoming = super::open(tx, act, id)?;
    incoming.require_version(version)?;
    incoming.require_open()?;
    if !may(act, &incoming) {
        return Err(forbidden(
            "yetki_yok",
            "Kaydı evrakın biriminde Evrak Kayıt Sorumlusu, KEP İşlem Yetkilisi ya da Paraf/İmza \
             Yetkilisi düzeltir.",
        ));
    }
    let before = Correction::of(&incoming);
    let wanted = settled(&incoming, correction);
    if wanted.unit_id != incoming.unit_id {
        require_movable(tx, &incoming, &wanted.unit_id)?;
    }
    let checked = register::checked(
        tx,
        act,
        wanted.entry(&incoming),
        before.plan_code.as_deref(),
    )?;
    if checked.barcode != before.barcode
        && let Some(barcode) = &checked.barcode
        && let Some(number) = store::number_of_barcode(tx, &wanted.unit_id, barcode)?
    {
        return Err(conflict(
            "barkod_var",
            format!("{barcode} barkodlu evrak zaten kayıtlı: {number}."),
        ));
    }
    let received = clock::local(incoming.registered_at).date();
    let (period, due_date) = due_after(&before, &wanted, received);
    let after = Correction {
        unit_id: wanted.unit_id,
        kind: wanted.kind,
        sender: checked.sender,
        sender_unit_id: checked.sender_unit_id,
        their_number: checked.their_number,
        their_date: checked.their_date,
        subject: checked.subject,
        note: checked.note,
        purpose: checked.purpose,
        plan_code: checked.plan_code,
        place: checked.place,
        barcode: checked.barcode,
        sender_file: checked.sender_file,
        petition: checked.petition,
        period,
        due_date,
    };
    store::correct(tx, &incoming, &after)?;
    touch(tx, &incoming, incoming.state)?;
    confirm::by_officer(tx, act, &incoming)?;
    let detail = changes(&before, &after);
    audit::record(tx, act, "inbox.correct", "incoming", id, &detail)
}

/// The correction with what cannot change as it stands.
fn settled(incoming: &Incoming, correction: &Correction) -> Correction {
    let mut wanted = correction.clone();
    if incoming.source == Source::Internal {
        wanted = Correction {
            note: wanted.note,
            plan_code: wanted.plan_code,
            place: wanted.place,
            period: wanted.period,
            due_date: wanted.due_date,
            ..Correction::of(incoming)
        };
    }
    if wanted.kind == IncomingKind::Letter {
        wanted.petition = Petition::default();
    }
    wanted
}

/// Refuses a unit that is closed or another institution's.
fn require_movable(tx: &mut Tx<'_>, incoming: &Incoming, unit_id: &str) -> Result<()> {
    let institution = directory::by_id(tx, &UnitId::new(incoming.unit_id.as_str()))?
        .map(|unit| unit.institution_id);
    let fits = directory::by_id(tx, &UnitId::new(unit_id))?.is_some_and(|unit| {
        unit.active && unit.is_own && Some(&unit.institution_id) == institution.as_ref()
    });
    if fits {
        return Ok(());
    }
    let sentence = "Seçilen birim kurumunuzda yok ya da kapalı. Yeniden seçin.";
    Err(
        Problem::new(Kind::Invalid, "kayit_eksik", "Kayıt düzeltilmedi.")
            .field("unit", sentence)
            .into(),
    )
}

/// Rule and last day that follow: a day that was typed stands; another rule counts anew; another
/// kind takes its own rule, unless one was chosen.
fn due_after(before: &Correction, wanted: &Correction, received: Date) -> (Period, Option<Date>) {
    if wanted.due_date != before.due_date {
        let period = match (wanted.period, wanted.due_date) {
            (Period::None, Some(_)) => Period::Given,
            (_, None) => Period::None,
            (period, Some(_)) => period,
        };
        return (period, wanted.due_date);
    }
    let period = if wanted.period != before.period {
        wanted.period
    } else if wanted.kind != before.kind {
        match wanted.kind {
            IncomingKind::Petition => Period::Petition,
            // What the sender wrote into a letter stays.
            IncomingKind::Letter if before.period == Period::Petition => Period::None,
            IncomingKind::Letter => return (before.period, before.due_date),
        }
    } else {
        return (before.period, before.due_date);
    };
    match period {
        // The day in the letter is known only when somebody types it.
        Period::Given => (period, before.due_date),
        period => (period, period.last_day(received)),
    }
}

/// Before and after of every field that changed. A national id is told without its digits.
fn changes(before: &Correction, after: &Correction) -> Value {
    let told = |it: &Correction| {
        let day = |day: Option<Date>| day.map(|day| day.to_string());
        json!({
            "unit": it.unit_id,
            "kind": it.kind.code(),
            "sender": it.sender,
            "sender_unit": it.sender_unit_id,
            "their_number": it.their_number,
            "their_date": day(it.their_date),
            "subject": it.subject,
            "note": it.note,
            "purpose": it.purpose.code(),
            "plan_code": it.plan_code,
            "place": it.place,
            "barcode": it.barcode,
            "sender_file": it.sender_file,
            "petition_name": it.petition.name,
            "petition_address": it.petition.address,
            "phone": it.petition.phone,
            "email": it.petition.email,
            "period": it.period.code(),
            "due": day(it.due_date),
        })
    };
    let (old, new) = (told(before), told(after));
    let mut changed: Map<String, Value> = Map::new();
    for (field, value) in old.as_object().into_iter().flatten() {
        if new[field] != *value {
            changed.insert(field.clone(), json!([value, new[field]]));
        }
    }
    if before.petition.national_id != after.petition.national_id {
        let state = |petition: &Petition| {
            if petition.national_id.is_empty() {
                ""
            } else {
                "***"
            }
        };
        changed.insert(
            "national_id".to_owned(),
            json!([state(&before.petition), state(&after.petition)]),
        );
    }
    Value::Object(changed)
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    fn line(kind: IncomingKind, period: Period, due_date: Option<Date>) -> Correction {
        Correction {
            unit_id: "u".to_owned(),
            kind,
            sender: "Edirne Valiliği".to_owned(),
            sender_unit_id: None,
            their_number: String::new(),
            their_date: None,
            subject: "Konu".to_owned(),
            note: String::new(),
            purpose: Purpose::Action,
            plan_code: None,
            place: String::new(),
            barcode: None,
            sender_file: String::new(),
            petition: Petition::default(),
            period,
            due_date,
        }
    }

    #[test]
    fn the_due_date_follows_what_was_changed() {
        use IncomingKind::{Letter, Petition};
        let received = date(2026, 11, 24);
        let (thirty, typed) = (Some(date(2026, 12, 24)), Some(date(2026, 12, 1)));
        let petition = line(Petition, Period::Petition, thirty);
        let letter = line(Letter, Period::None, None);
        let given = line(Letter, Period::Given, typed);
        let cases = [
            (
                &petition,
                line(Petition, Period::Petition, thirty),
                (Period::Petition, thirty),
            ),
            // An institution that was missing from the directory: no thirty days.
            (
                &petition,
                line(Letter, Period::Petition, thirty),
                (Period::None, None),
            ),
            (
                &letter,
                line(Petition, Period::None, None),
                (Period::Petition, thirty),
            ),
            (
                &petition,
                line(Petition, Period::Information, thirty),
                (Period::Information, Some(date(2026, 12, 15))),
            ),
            (
                &letter,
                line(Letter, Period::None, typed),
                (Period::Given, typed),
            ),
            (
                &petition,
                line(Letter, Period::None, typed),
                (Period::Given, typed),
            ),
            (
                &petition,
                line(Petition, Period::Petition, None),
                (Period::None, None),
            ),
            (
                &petition,
                line(Petition, Period::None, thirty),
                (Period::None, None),
            ),
            (
                &given,
                line(Letter, Period::Given, typed),
                (Period::Given, typed),
            ),
        ];
        for (before, wanted, expected) in cases {
            assert_eq!(due_after(before, &wanted, received), expected, "{wanted:?}");
        }
    }

    #[test]
    fn the_log_tells_before_and_after_but_no_national_id() {
        let before = line(IncomingKind::Petition, Period::None, None);
        let mut after = before.clone();
        "Su".clone_into(&mut after.subject);
        "10000000146".clone_into(&mut after.petition.national_id);
        assert_eq!(
            changes(&before, &after),
            json!({ "subject": ["Konu", "Su"], "national_id": ["", "***"] })
        );
    }
}
