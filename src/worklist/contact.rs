//! *Görüşme Kaydı*: closes the duty to contact the institution (decision 21).

use jiff::Timestamp;
use serde_json::json;

use super::store;
use crate::access::Act;
use crate::audit;
use crate::error::{Kind, Problem, Result, conflict, not_found};
use crate::store::Tx;

/// What the talk came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    TakenUp,
    ReminderFollows,
    NewLetterFollows,
}

impl Outcome {
    pub const ALL: [Self; 3] = [Self::TakenUp, Self::ReminderFollows, Self::NewLetterFollows];

    /// The word in the database and in forms.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::TakenUp => "taken_up",
            Self::ReminderFollows => "reminder_follows",
            Self::NewLetterFollows => "new_letter_follows",
        }
    }

    /// Reads [`Self::code`].
    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|result| result.code() == code)
    }

    #[must_use]
    pub fn label(self) -> &'static str {
        match self {
            Self::TakenUp => "işleme alındı",
            Self::ReminderFollows => "tekit yazılacak",
            Self::NewLetterFollows => "yeni yazı yazılacak",
        }
    }
}

/// A talk with the institution.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    pub recipient_id: String,
    pub with_whom: String,
    pub spoken_at: Timestamp,
    pub result: Outcome,
    pub note: String,
}

/// Records the talk; a later proof of reading closes the duty by itself.
///
/// # Errors
/// `alici_yok`, `gorev_yok`, `gorusme_eksik` with a sentence per field.
pub fn record(tx: &mut Tx<'_>, act: &Act<'_>, note: &Note) -> Result<()> {
    let (_, duty, _) = store::recipient(tx, act, &note.recipient_id)?
        .ok_or_else(|| not_found("alici_yok", "Böyle bir alıcı yok ya da görme yetkiniz yok."))?;
    if !matches!(duty.as_str(), "contact" | "person" | "wait") {
        return Err(conflict(
            "gorev_yok",
            "Bu alıcı için görüşme gerekmiyor; durum bu sırada değişmiş olabilir.",
        ));
    }
    let mut problem = Problem::new(
        Kind::Invalid,
        "gorusme_eksik",
        "Görüşme kaydedilemedi. İşaretli alanları düzeltin.",
    );
    if note.with_whom.trim().is_empty() || note.with_whom.chars().count() > 200 {
        problem = problem.field(
            "with_whom",
            "Kiminle görüştüğünüzü yazın (en çok 200 harf).",
        );
    }
    if note.spoken_at > act.now {
        problem = problem.field("spoken_at", "Görüşme zamanı gelecekte olamaz.");
    }
    if note.note.chars().count() > 2000 {
        problem = problem.field("note", "Not en çok 2000 harf olabilir.");
    }
    if !problem.fields.is_empty() {
        return Err(problem.into());
    }
    let id = act.new_id();
    store::insert_note(tx, act, &id, note)?;
    let detail = json!({ "result": note.result.code() });
    audit::record(
        tx,
        act,
        "worklist.contact",
        "recipient",
        &note.recipient_id,
        &detail,
    )
}
