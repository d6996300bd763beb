//! What is typed about a line of the registry: shared by *Gelen Evrak Kayıt* and *Kaydı Düzelt*.

use jiff::civil::Date;

use super::find::{self, Found};
use crate::document::draft::parse_day;
use crate::error::{Error, Kind, Problem, Result};
use crate::inbox::{Incoming, Petition};
use crate::store::Tx;

/// The form as it was typed.
#[derive(Debug, Clone, Default)]
pub(super) struct Typed {
    /// The button: a verb, sometimes with a value behind a colon; empty for the form's own one.
    pub action: String,
    pub unit: String,
    pub kind: String,
    pub sender: String,
    /// The sender in the directory, and what its line says.
    pub sender_unit: String,
    pub sender_label: String,
    pub their_number: String,
    pub their_date: String,
    pub subject: String,
    pub purpose: String,
    pub plan_code: String,
    pub sender_file: String,
    pub place: String,
    pub barcode: String,
    pub confidentiality: String,
    pub urgency: String,
    pub period: String,
    pub due_date: String,
    pub note: String,
    pub petition: Petition,
}

impl Typed {
    /// What stands in the registry.
    pub(super) fn of(incoming: &Incoming) -> Self {
        let shown = |day: Option<Date>| {
            day.map_or_else(String::new, |day| day.strftime("%d.%m.%Y").to_string())
        };
        Self {
            unit: incoming.unit_id.clone(),
            kind: incoming.kind.code().to_owned(),
            sender: incoming.sender.clone(),
            sender_unit: incoming.sender_unit_id.clone().unwrap_or_default(),
            their_number: incoming.their_number.clone(),
            their_date: shown(incoming.their_date),
            subject: incoming.subject.clone(),
            purpose: incoming.purpose.code().to_owned(),
            plan_code: incoming.plan_code.clone().unwrap_or_default(),
            sender_file: incoming.sender_file.clone(),
            place: incoming.place.clone(),
            barcode: incoming.barcode.clone().unwrap_or_default(),
            period: incoming.period.code().to_owned(),
            due_date: shown(incoming.due_date),
            note: incoming.note.clone(),
            petition: incoming.petition.clone(),
            ..Self::default()
        }
    }

    /// Puts one field of the form in its place; unknown ones are passed over.
    pub(super) fn set(&mut self, name: &str, text: String) {
        let place = match name {
            "action" => &mut self.action,
            "unit" => &mut self.unit,
            "kind" => &mut self.kind,
            "sender" => &mut self.sender,
            "sender_unit" => &mut self.sender_unit,
            "sender_label" => &mut self.sender_label,
            "their_number" => &mut self.their_number,
            "their_date" => &mut self.their_date,
            "subject" => &mut self.subject,
            "purpose" => &mut self.purpose,
            "plan_code" => &mut self.plan_code,
            "sender_file" => &mut self.sender_file,
            "place" => &mut self.place,
            "barcode" => &mut self.barcode,
            "confidentiality" => &mut self.confidentiality,
            "urgency" => &mut self.urgency,
            "period" => &mut self.period,
            "due_date" => &mut self.due_date,
            "note" => &mut self.note,
            "petition_name" => &mut self.petition.name,
            "national_id" => &mut self.petition.national_id,
            "petition_address" => &mut self.petition.address,
            "phone" => &mut self.petition.phone,
            "email" => &mut self.petition.email,
            _ => return,
        };
        *place = text;
    }

    /// True for a button that only changes the form.
    pub(super) fn only_changes_the_form(&self) -> bool {
        !self.action.is_empty()
    }

    /// Does what the form's own buttons do: looks a sender up, takes one, drops it.
    pub(super) fn changed(&mut self, tx: &mut Tx<'_>) -> Result<Option<Found>> {
        let action = std::mem::take(&mut self.action);
        match action.split_once(':').unwrap_or((&action, "")) {
            ("find-sender", _) => return find::senders_of(tx, &self.sender).map(Some),
            ("take", unit_id) => {
                if let Some(taken) = find::sender(tx, unit_id)? {
                    self.sender.clone_from(&taken.label);
                    self.sender_label = taken.label;
                    self.sender_unit = taken.value;
                }
            }
            ("drop-sender", _) => {
                self.sender_unit.clear();
                self.sender_label.clear();
            }
            _ => {}
        }
        Ok(None)
    }

    /// The sender's unit, if one was chosen.
    pub(super) fn sender_unit(&self) -> Option<String> {
        Some(self.sender_unit.clone()).filter(|id| !id.is_empty())
    }
}

/// A day as people write it; a sentence at its field when it cannot be read.
pub(super) fn day(field: &str, text: &str) -> Result<Option<Date>> {
    match parse_day(text) {
        None if !text.trim().is_empty() => {
            let problem = Problem::new(Kind::Invalid, "tarih_okunamadi", "Tarih okunamadı.")
                .field(field, "Tarihi gün.ay.yıl olarak yazın, örneğin 28.02.2026.");
            Err(Error::Problem(problem))
        }
        day => Ok(day),
    }
}
