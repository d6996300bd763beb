//! *Görüşme Kaydı*: closes the duty to contact the institution (decision 21).

use jiff::Timestamp;
use jiff::civil::Time;
use serde_json::json;

use super::list::moments;
use super::store;
use crate::access::Act;
use crate::audit;
use crate::clock;
use crate::document::draft::parse_day;
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

/// Whether the recipient's present duty asks for a talk that nobody has written down yet.
///
/// # Errors
/// When the store fails.
pub fn is_due(tx: &mut Tx<'_>, act: &Act<'_>, recipient_id: &str) -> Result<bool> {
    let silent_before = moments(tx, act)?.silent_before;
    let asked = store::asked(tx, act, recipient_id, silent_before)?;
    Ok(asked.is_some_and(|asked| asked.talk && !asked.talked))
}

/// Reads a moment of Turkey's wall clock as people write it: `28.02.2022 17.52`, `28/2/2022 17:52`
/// or `2022-02-28T17:52`.
#[must_use]
pub fn parse_moment(text: &str) -> Option<Timestamp> {
    let text = text.trim();
    let (day, time) = text
        .split_once('T')
        .or_else(|| text.rsplit_once(char::is_whitespace))?;
    let (hour, minute) = time.trim().split_once(['.', ':'])?;
    let time = Time::new(hour.parse().ok()?, minute.parse().ok()?, 0, 0).ok()?;
    let moment = parse_day(day)?.to_datetime(time);
    Some(
        moment
            .to_zoned_datetime(clock::istanbul())
            .ok()?
            .timestamp(),
    )
}

/// Records the talk, which closes the duty that stands now; a later proof of reading closes it by
/// itself, and a duty that arises later asks for a talk of its own.
///
/// # Errors
/// `alici_yok`, `gorev_yok`, `gorusme_eksik` with a sentence per field.
pub fn record(tx: &mut Tx<'_>, act: &Act<'_>, note: &Note) -> Result<()> {
    let silent_before = moments(tx, act)?.silent_before;
    let asked = store::asked(tx, act, &note.recipient_id, silent_before)?
        .ok_or_else(|| not_found("alici_yok", "Böyle bir alıcı yok ya da görme yetkiniz yok."))?;
    if !asked.talk {
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
    } else if asked
        .dispatched_at
        .is_some_and(|sent| note.spoken_at < sent)
    {
        problem = problem.field(
            "spoken_at",
            "Görüşme zamanı yazının gönderilmesinden önce olamaz.",
        );
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_read_as_people_write_them() {
        let expected: Timestamp = "2022-02-28T14:52:00Z".parse().unwrap();
        for text in [
            "28.02.2022 17.52",
            "28.02.2022 17:52",
            " 28/2/2022  17:52 ",
            "2022-02-28T17:52",
            "2022-02-28 17:52",
        ] {
            assert_eq!(parse_moment(text), Some(expected), "{text}");
        }
        for text in ["28.02.2022", "17:52", "28.02.2022 25:00", "dün 10.00", ""] {
            assert_eq!(parse_moment(text), None, "{text}");
        }
    }
}
