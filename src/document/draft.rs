//! Preparing a letter: a new draft, its details, its text, and what happens on a stale save.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::body::Body;
use super::{
    Closing, Confidentiality, DocumentKind, Letter, Urgency, attach, case_file, no_such_letter,
    stale, store,
};
use crate::access::{Act, Role};
use crate::audit;
use crate::clock;
use crate::directory::{self, UnitId};
use crate::error::{Error, Kind, Problem, Result, invalid};
use crate::fileplan::{self, Purpose, Scope};
use crate::store::{StoreError, Tx};
use crate::turkish;

/// Everything on the letter page that is typed or chosen; a field left out stays as it is.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Changes {
    pub subject: Option<String>,
    pub kind: Option<String>,
    pub urgency: Option<String>,
    /// `28.02.2022` or `2022-02-28`; empty takes it away.
    pub due_date: Option<String>,
    pub confidentiality: Option<String>,
    pub personal: Option<bool>,
    pub note: Option<String>,
    pub language: Option<String>,
    /// File plan code; empty takes it away.
    pub plan_code: Option<String>,
    pub secondary_code: Option<String>,
    pub closing: Option<String>,
    /// Muhatap as it shall stand; empty: as the rule makes it.
    pub addressee_line: Option<String>,
    /// The editor's document as JSON text.
    pub body: Option<String>,
    /// Plain text, where no editor runs; paragraphs apart by a blank line.
    pub text: Option<String>,
}

impl Changes {
    /// Puts what was typed into the letter as far as it can be read: for showing, never for
    /// keeping.
    pub fn show_in(self, letter: &mut Letter) {
        let choose = |place: &mut Option<String>, typed: Option<String>| {
            if typed.is_some() {
                *place = typed;
            }
        };
        if self.plan_code.is_some() {
            (letter.plan_code, letter.folder_no) = (self.plan_code, None);
        }
        choose(&mut letter.secondary_code, self.secondary_code);
        letter.subject = self.subject.unwrap_or_default();
        letter.note = self.note.unwrap_or_default();
        letter.addressee_line = self.addressee_line.unwrap_or_default();
        letter.personal = self.personal.unwrap_or(letter.personal);
        letter.due_date = self.due_date.as_deref().and_then(parse_day);
        if let Some(language) = self.language {
            letter.language = language;
        }
        let word = |typed: Option<String>| typed.unwrap_or_default();
        letter.kind = DocumentKind::from_code(&word(self.kind)).unwrap_or(letter.kind);
        letter.urgency = Urgency::from_code(&word(self.urgency)).unwrap_or(letter.urgency);
        letter.closing = Closing::from_code(&word(self.closing)).unwrap_or(letter.closing);
        letter.confidentiality = Confidentiality::from_code(&word(self.confidentiality))
            .unwrap_or(letter.confidentiality);
        let body = match (&self.body, &self.text) {
            (Some(json), _) => Body::from_editor(json).ok(),
            (None, Some(text)) => Some(Body::from_plain(text)),
            (None, None) => None,
        };
        letter.body = body.unwrap_or_else(|| std::mem::take(&mut letter.body));
    }

    /// The same without the fields that a problem names, so that the others can be saved.
    #[must_use]
    pub fn without(mut self, problem: &Problem) -> Self {
        for (field, _) in &problem.fields {
            match field.as_str() {
                "subject" => self.subject = None,
                "kind" => self.kind = None,
                "urgency" => self.urgency = None,
                "due_date" => self.due_date = None,
                "confidentiality" => self.confidentiality = None,
                "note" => self.note = None,
                "language" => self.language = None,
                "plan_code" => self.plan_code = None,
                "secondary_code" => self.secondary_code = None,
                "closing" => self.closing = None,
                "addressee_line" => self.addressee_line = None,
                _ => {}
            }
        }
        self
    }
}

const LONGEST_SUBJECT: usize = 250;
const LONGEST_NOTE: usize = 2_000;
const LONGEST_ADDRESSEE: usize = 300;

/// The letter, if the person may see it.
///
/// # Errors
/// `evrak_yok`.
pub fn open(tx: &mut Tx<'_>, act: &Act<'_>, id: &str) -> Result<Letter> {
    store::visible(tx, act, id)?.ok_or_else(no_such_letter)
}

/// A new draft in one of the person's units.
///
/// # Errors
/// `yetki_yok`.
pub fn create(tx: &mut Tx<'_>, act: &Act<'_>, unit_id: &str) -> Result<String> {
    act.actor
        .require_in(&[Role::Clerk, Role::Approver, Role::Registry], unit_id)?;
    let id = act.new_id();
    store::insert(tx, &id, unit_id, act)?;
    let detail = serde_json::json!({ "unit": unit_id });
    audit::record(tx, act, "document.create", "document", &id, &detail)?;
    Ok(id)
}

/// The letter, if the person may change it now: drafter, clerk or registry of its unit, or an
/// approver of the chain, while it is a draft or returned.
///
/// # Errors
/// `evrak_yok`, `yetki_yok`, `evrak_kapali`.
pub(crate) fn require_writable(tx: &mut Tx<'_>, act: &Act<'_>, id: &str) -> Result<Letter> {
    let letter = require_writer(tx, act, id)?;
    letter.require_editable()?;
    Ok(letter)
}

/// The letter, if the person is one of those who write it, whatever its state.
///
/// # Errors
/// `evrak_yok`, `yetki_yok`.
pub(crate) fn require_writer(tx: &mut Tx<'_>, act: &Act<'_>, id: &str) -> Result<Letter> {
    let letter = open(tx, act, id)?;
    if letter.drafter_id != act.actor.user_id {
        act.actor
            .require_in(&[Role::Clerk, Role::Registry], &letter.unit_id)?;
    }
    Ok(letter)
}

/// What a save came to.
#[derive(Debug)]
pub enum Saved {
    /// The new version.
    Done(i64),
    /// Somebody was faster, or the letter went into approval meanwhile: what was typed is kept,
    /// the letter as it stands now is given.
    Stale(Box<Letter>),
}

/// Saves what was changed on the version that it was read at.
///
/// A stale version never overwrites: what was typed is kept beside the letter.
///
/// # Errors
/// `evrak_yok`, `yetki_yok`, and a problem for each field that breaks a rule.
pub fn save(
    tx: &mut Tx<'_>,
    act: &Act<'_>,
    id: &str,
    version: i64,
    changes: &Changes,
) -> Result<Saved> {
    let mut letter = require_writer(tx, act, id)?;
    if !letter.is_editable() || letter.version != version {
        keep_conflict(tx, act, id, version, changes)?;
        return Ok(Saved::Stale(Box::new(letter)));
    }
    apply(tx, act, &mut letter, changes)?;
    if !store::update_content(tx, &letter, act.now)? {
        return Err(stale());
    }
    let fields: Vec<&str> = changed_fields(changes);
    let detail = serde_json::json!({ "version": version + 1, "fields": fields });
    audit::record(tx, act, "document.save", "document", id, &detail)?;
    Ok(Saved::Done(version + 1))
}

/// What this person typed on stale versions, the newest first: content, version, time.
///
/// # Errors
/// `evrak_yok`.
pub fn kept_texts(
    tx: &mut Tx<'_>,
    act: &Act<'_>,
    id: &str,
) -> Result<Vec<(Changes, i64, jiff::Timestamp)>> {
    open(tx, act, id)?;
    let rows = store::conflicts_of(tx, id, &act.actor.user_id)?;
    Ok(rows
        .into_iter()
        .filter_map(|(content, version, at)| {
            serde_json::from_str(&content)
                .ok()
                .map(|changes| (changes, version, at))
        })
        .collect())
}

fn keep_conflict(
    tx: &mut Tx<'_>,
    act: &Act<'_>,
    id: &str,
    version: i64,
    changes: &Changes,
) -> Result<(), StoreError> {
    let content = serde_json::to_string(changes).unwrap_or_default();
    store::keep_conflict(tx, act, id, version, &content).map(drop)
}

fn apply(tx: &mut Tx<'_>, act: &Act<'_>, letter: &mut Letter, changes: &Changes) -> Result<()> {
    let mut refused = Refusals::default();
    set_fields(letter, changes, &mut refused)?;
    if changes.confidentiality.is_some() && attach::degree_of(tx, letter)? != letter.confidentiality
    {
        refused.push(
            "confidentiality",
            "Ek Listesi'nde Hizmete Özel bir ek var; yazı da Hizmete Özel olur. Önce ekin \
             gizliliğini kaldırın ya da eki listeden çıkarın.",
        );
    }
    file(tx, act, letter, changes, &mut refused)?;
    refused.finish()
}

/// Every field but the file plan codes, by rules that need no store.
pub(super) fn set_fields(
    letter: &mut Letter,
    changes: &Changes,
    refused: &mut Refusals,
) -> Result<()> {
    if let Some(subject) = &changes.subject {
        let subject = refused.line("subject", "Konu", subject, LONGEST_SUBJECT);
        // Konu ends without punctuation (regulation article 13).
        turkish::without_end_mark(&subject).clone_into(&mut letter.subject);
    }
    if let Some(note) = &changes.note {
        letter.note = refused.text("note", "Açıklama", note, LONGEST_NOTE);
    }
    if let Some(line) = &changes.addressee_line {
        letter.addressee_line = refused.line("addressee_line", "Muhatap", line, LONGEST_ADDRESSEE);
    }
    if let Some(code) = &changes.kind {
        letter.kind = refused
            .word("kind", DocumentKind::from_code(code))
            .unwrap_or(letter.kind);
    }
    if let Some(code) = &changes.urgency {
        letter.urgency = refused
            .word("urgency", Urgency::from_code(code))
            .unwrap_or(letter.urgency);
    }
    if let Some(text) = &changes.due_date {
        letter.due_date = refused.date("due_date", text);
    }
    if let Some(code) = &changes.confidentiality {
        let chosen = Confidentiality::from_code(code);
        if let Some(degree) = refused.word("confidentiality", chosen) {
            degree.require_electronic()?;
            letter.confidentiality = degree;
        }
    }
    if let Some(code) = &changes.closing {
        letter.closing = refused
            .word("closing", Closing::from_code(code))
            .unwrap_or(letter.closing);
    }
    if let Some(language) = &changes.language {
        if language.len() == 3 && language.bytes().all(|byte| byte.is_ascii_lowercase()) {
            letter.language.clone_from(language);
        } else {
            refused.push(
                "language",
                "Dil üç harfli ISO 639-3 kodu olmalıdır, örneğin tur.",
            );
        }
    }
    letter.personal = changes.personal.unwrap_or(letter.personal);
    if let Some(json) = &changes.body {
        letter.body = Body::from_editor(json)?;
    } else if let Some(text) = &changes.text {
        let typed = Body::from_plain(text);
        // The plain box shows lists and tables as lines; untouched, it must not flatten them.
        if typed != Body::from_plain(&letter.body.to_plain()) {
            letter.body = typed;
        }
    }
    if letter.urgency != Urgency::Dated {
        letter.due_date = None;
    }
    Ok(())
}

/// Dosya Seçimi: the first code decides the folder, the second stands beside it.
fn file(
    tx: &mut Tx<'_>,
    act: &Act<'_>,
    letter: &mut Letter,
    changes: &Changes,
    refused: &mut Refusals,
) -> Result<()> {
    let today = clock::local(act.now).date();
    if let Some(typed) = changes.plan_code.as_deref() {
        let (code, folder) = case_file::parts(typed);
        match find_code(tx, letter, code, Purpose::First, today) {
            Ok(None) => {
                (letter.plan_scope, letter.plan_code) = (None, None);
                (letter.case_file_id, letter.folder_no) = (None, None);
            }
            Ok(Some(code)) => {
                fileplan::record_use(tx, &code, &act.actor.user_id, &letter.unit_id, act.now)?;
                match case_file::put(tx, act, letter, code, folder) {
                    Err(Error::Problem(problem)) => refused.push("plan_code", &problem.message),
                    other => other?,
                }
            }
            Err(Error::Problem(problem)) => refused.push("plan_code", &problem.message),
            Err(other) => return Err(other),
        }
    }
    if let Some(code) = changes.secondary_code.as_deref() {
        match find_code(tx, letter, code, Purpose::Second, today) {
            Ok(found) => letter.secondary_code = found.map(|code| code.code),
            Err(Error::Problem(problem)) => refused.push("secondary_code", &problem.message),
            Err(other) => return Err(other),
        }
    }
    Ok(())
}

/// A code that may be used by the letter's unit today; `None` for an empty text.
///
/// # Errors
/// The file plan's problem with it.
pub(super) fn find_code(
    tx: &mut Tx<'_>,
    letter: &Letter,
    code: &str,
    purpose: Purpose,
    today: Date,
) -> Result<Option<fileplan::Code>> {
    let code = code.trim();
    if code.is_empty() {
        return Ok(None);
    }
    let unit = directory::by_id(tx, &UnitId::new(letter.unit_id.clone()))?;
    let scope = unit.map_or(Scope::Common, |unit| Scope::of(unit.kind));
    let found = fileplan::find(tx, scope, code)?.ok_or_else(|| fileplan::unknown(code))?;
    fileplan::validate(&found, purpose, today)?;
    Ok(Some(found))
}

/// Reads a day as people write it: `28.02.2022`, `28/2/2022`, `2022-02-28`.
#[must_use]
pub fn parse_day(text: &str) -> Option<Date> {
    let text = text.trim();
    if let Ok(date) = text.parse::<Date>() {
        return Some(date);
    }
    let mut parts = text
        .split(['.', '/', '-', ' '])
        .filter(|part| !part.is_empty());
    let (day, month, year) = (parts.next()?, parts.next()?, parts.next()?);
    if parts.next().is_some() || year.len() != 4 {
        return None;
    }
    Date::new(year.parse().ok()?, month.parse().ok()?, day.parse().ok()?).ok()
}

fn changed_fields(changes: &Changes) -> Vec<&'static str> {
    [
        ("subject", changes.subject.is_some()),
        ("kind", changes.kind.is_some()),
        ("urgency", changes.urgency.is_some()),
        ("due_date", changes.due_date.is_some()),
        ("confidentiality", changes.confidentiality.is_some()),
        ("personal", changes.personal.is_some()),
        ("note", changes.note.is_some()),
        ("language", changes.language.is_some()),
        ("plan_code", changes.plan_code.is_some()),
        ("secondary_code", changes.secondary_code.is_some()),
        ("closing", changes.closing.is_some()),
        ("addressee_line", changes.addressee_line.is_some()),
        ("body", changes.body.is_some() || changes.text.is_some()),
    ]
    .into_iter()
    .filter_map(|(name, changed)| changed.then_some(name))
    .collect()
}

/// Sentences for the fields of one form, told together.
#[derive(Default)]
pub(super) struct Refusals(Vec<(String, String)>);

impl Refusals {
    pub(super) fn push(&mut self, field: &str, sentence: &str) {
        self.0.push((field.to_owned(), sentence.to_owned()));
    }

    pub(super) fn line(&mut self, field: &str, label: &str, text: &str, longest: usize) -> String {
        let text = turkish::compose(text.trim());
        if text.chars().any(char::is_control) {
            self.push(field, &format!("{label} tek satır olmalıdır."));
        }
        self.text(field, label, &text, longest)
    }

    fn text(&mut self, field: &str, label: &str, text: &str, longest: usize) -> String {
        let text = turkish::compose(text.trim());
        let length = text.chars().count();
        if length > longest {
            self.push(
                field,
                &format!("{label} en çok {longest} karakter olabilir; {length} karakter yazıldı."),
            );
        }
        text
    }

    fn word<T>(&mut self, field: &str, found: Option<T>) -> Option<T> {
        if found.is_none() {
            self.push(field, "Listeden bir değer seçin.");
        }
        found
    }

    fn date(&mut self, field: &str, text: &str) -> Option<Date> {
        if text.trim().is_empty() {
            return None;
        }
        let day = parse_day(text);
        if day.is_none() {
            self.push(field, "Tarihi gün.ay.yıl olarak yazın, örneğin 28.02.2026.");
        }
        day
    }

    pub(super) fn finish(self) -> Result<()> {
        if self.0.is_empty() {
            return Ok(());
        }
        let mut problem = Problem::new(
            Kind::Invalid,
            "alan_gecersiz",
            "Kaydedilemedi: işaretli alanları düzeltin. Yazdıklarınız durur.",
        );
        problem.fields = self.0;
        Err(problem.into())
    }
}

/// What the letter lacks before it can go into approval, in words; empty when nothing.
///
/// # Errors
/// When the store fails.
pub fn missing(letter: &Letter, today: Date) -> Vec<(&'static str, String)> {
    let mut missing = Vec::new();
    if letter.subject.is_empty() {
        missing.push(("konu_bos", "Konu yazılmadı.".to_owned()));
    }
    if letter.plan_code.is_none() {
        missing.push(("dosya_bos", "Dosya (desimal) seçilmedi.".to_owned()));
    }
    if letter.body.is_empty() {
        missing.push(("metin_bos", "Metin yazılmadı.".to_owned()));
    }
    if letter.urgency == Urgency::Dated {
        match letter.due_date {
            None => missing.push(("miat_bos", "Günlü yazıda miat (tarih) gerekir.".to_owned())),
            Some(day) if day < today => {
                missing.push(("miat_gecmis", "Miat geçmiş bir gün; düzeltin.".to_owned()));
            }
            Some(_) => {}
        }
    }
    missing
}

/// A problem that lists what is missing.
#[must_use]
pub fn incomplete(sentences: &[String]) -> Error {
    invalid(
        "evrak_eksik",
        format!("Onaya sunulamadı: {}", sentences.join(" ")),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_read_as_people_write_them() {
        let expected = Some(jiff::civil::date(2022, 2, 28));
        for text in [
            "28.02.2022",
            "28/2/2022",
            "28-02-2022",
            " 28 2 2022 ",
            "2022-02-28",
        ] {
            assert_eq!(parse_day(text), expected, "{text}");
        }
        for text in ["30.02.2022", "28.02.22", "yarın", "", "1.2.3.2022"] {
            assert_eq!(parse_day(text), None, "{text}");
        }
    }
}
