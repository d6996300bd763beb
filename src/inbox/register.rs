//! Registering: paper by a person, KEP and internal by the system; one number, one line, once.

use jiff::Timestamp;
use jiff::civil::Date;
use serde_json::{Value as Json, json};

use super::number;
use super::period::Period;
use super::store::{self, Arrival};
use super::{File, Finding, IncomingKind, Petition, Source};
use crate::access::{Act, Role};
use crate::audit;
use crate::clock;
use crate::directory::{self, Identifier, InstitutionKind, UnitId};
use crate::distribution::Purpose;
use crate::document::{Confidentiality, Urgency};
use crate::error::{Error, Kind, Problem, Result, conflict};
use crate::fileplan;
use crate::store::{BlobHash, Tx};
use crate::turkish;

/// What is written into the registry.
#[derive(Debug, Clone)]
pub struct Entry {
    pub unit_id: String,
    pub source: Source,
    pub kind: IncomingKind,
    pub sender: String,
    pub sender_unit_id: Option<String>,
    pub sender_address: Option<String>,
    pub their_number: String,
    pub their_date: Option<Date>,
    pub subject: String,
    pub note: String,
    pub urgency: Urgency,
    pub confidentiality: Confidentiality,
    pub personal: bool,
    pub purpose: Purpose,
    /// Overrides what the period proposes.
    pub due_date: Option<Date>,
    pub period: Option<Period>,
    pub delivered_at: Option<Timestamp>,
    pub content_hash: Option<BlobHash>,
    pub content_type: String,
    pub text: String,
    pub plan_code: Option<String>,
    pub document_id: Option<String>,
    pub recipient_id: Option<String>,
    pub message_id: Option<String>,
    pub place: String,
    pub barcode: Option<String>,
    pub sender_file: String,
    pub petition: Petition,
    pub files: Vec<File>,
    pub findings: Vec<Finding>,
}

impl Entry {
    /// An empty entry of a unit's registry.
    #[must_use]
    pub fn new(unit_id: &str, source: Source, kind: IncomingKind) -> Self {
        Self {
            unit_id: unit_id.to_owned(),
            source,
            kind,
            sender: String::new(),
            sender_unit_id: None,
            sender_address: None,
            their_number: String::new(),
            their_date: None,
            subject: String::new(),
            note: String::new(),
            urgency: Urgency::Normal,
            confidentiality: Confidentiality::None,
            personal: false,
            purpose: Purpose::Action,
            due_date: None,
            period: None,
            delivered_at: None,
            content_hash: None,
            content_type: String::new(),
            text: String::new(),
            plan_code: None,
            document_id: None,
            recipient_id: None,
            message_id: None,
            place: String::new(),
            barcode: None,
            sender_file: String::new(),
            petition: Petition::default(),
            files: Vec::new(),
            findings: Vec::new(),
        }
    }
}

const LONGEST_LINE: usize = 250;
const LONGEST_NOTE: usize = 2_000;
const MOST_FILES: usize = 200;

/// *Gelen Evrak Kayıt*: what came on paper, by the registry or a clerk of the unit.
///
/// Says the id and the number for the TARANMIŞTIR stamp.
///
/// # Errors
/// `yetki_yok`, `kayit_eksik` with a sentence per field, `barkod_var`.
pub fn paper(tx: &mut Tx<'_>, act: &Act<'_>, entry: &Entry) -> Result<(String, String)> {
    act.actor
        .require_in(&[Role::Registry, Role::Clerk], &entry.unit_id)?;
    let entry = checked(tx, act, entry.clone(), None)?;
    if let Some(barcode) = &entry.barcode
        && let Some(number) = store::number_of_barcode(tx, &entry.unit_id, barcode)?
    {
        return Err(conflict(
            "barkod_var",
            format!("{barcode} barkodlu evrak zaten kayıtlı: {number}."),
        ));
    }
    insert(tx, act, &entry)
}

/// The entry as it may stand: composed, trimmed, every field by its rule. A file code that stands
/// already may be the sender's own and is not looked up again.
///
/// # Errors
/// `kayit_eksik` with a sentence per field.
pub(super) fn checked(
    tx: &mut Tx<'_>,
    act: &Act<'_>,
    mut entry: Entry,
    standing_code: Option<&str>,
) -> Result<Entry> {
    let mut wrong = Wrong(Vec::new());
    one_line(&mut entry, &mut wrong);
    named_in_directory(tx, &mut entry, &mut wrong)?;
    filed(tx, act, &mut entry, standing_code, &mut wrong)?;
    if entry.kind == IncomingKind::Petition {
        of_petition(&mut entry, &mut wrong);
    }
    if entry.sender.is_empty() {
        wrong.push("sender", "Evrakın geldiği yeri ya da kişiyi yazın.");
    }
    if entry.subject.is_empty() {
        wrong.push("subject", "Evrakın konusunu yazın.");
    }
    entry.note = turkish::compose(entry.note.trim());
    if entry.note.chars().count() > LONGEST_NOTE {
        wrong.push("note", "Açıklama en çok 2000 karakter olabilir.");
    }
    let today = clock::local(act.now).date();
    if entry.their_date.is_some_and(|day| day > today) {
        wrong.push("their_date", "Evrakın tarihi gelecekte olamaz.");
    }
    if entry.files.len() > MOST_FILES {
        wrong.push("file", "En çok 200 dosya eklenebilir.");
    }
    // Decision 3: what is Özel or above lives on paper; the register names it without content.
    let on_paper_only = entry.confidentiality.require_electronic().is_err();
    if on_paper_only && (entry.content_hash.is_some() || !entry.files.is_empty()) {
        wrong.push(
            "file",
            "Özel ve üstü gizlilikte evrak taranmaz; dosyayı kaldırın, yalnızca kaydını açın.",
        );
    }
    wrong.finish()?;
    Ok(entry)
}

/// Sentences for the fields of one form, told together.
struct Wrong(Vec<(String, String)>);

impl Wrong {
    fn push(&mut self, field: &str, sentence: &str) {
        self.0.push((field.to_owned(), sentence.to_owned()));
    }

    fn finish(self) -> Result<()> {
        if self.0.is_empty() {
            return Ok(());
        }
        let sentence = "Kaydedilemedi: işaretli alanları düzeltin. Yazdıklarınız durur.";
        let mut problem = Problem::new(Kind::Invalid, "kayit_eksik", sentence);
        problem.fields = self.0;
        Err(problem.into())
    }
}

/// Fields of one line each, and the barcode.
fn one_line(entry: &mut Entry, wrong: &mut Wrong) {
    for (field, label, text) in [
        ("sender", "Geldiği yer/kişi", &mut entry.sender),
        ("subject", "Konusu", &mut entry.subject),
        ("their_number", "Evrak no", &mut entry.their_number),
        ("sender_file", "Gönderen dosya adı", &mut entry.sender_file),
        ("place", "Evrakın yeri", &mut entry.place),
    ] {
        *text = turkish::compose(text.trim());
        if text.chars().count() > LONGEST_LINE || text.chars().any(char::is_control) {
            let rule = format!("tek satır ve en çok {LONGEST_LINE} karakter olmalıdır.");
            wrong.push(field, &format!("{label} {rule}"));
        }
    }
    entry.barcode = given(entry.barcode.take());
    if entry
        .barcode
        .as_deref()
        .is_some_and(|code| code.len() > 40 || !code.bytes().all(|byte| byte.is_ascii_graphic()))
    {
        wrong.push("barcode", "Barkod en çok 40 harf ve rakam olmalıdır.");
    }
}

/// Trimmed; nothing where only blanks were typed.
fn given(text: Option<String>) -> Option<String> {
    text.map(|text| text.trim().to_owned())
        .filter(|text| !text.is_empty())
}

/// A sender that was chosen in the directory lends its name where none was typed.
fn named_in_directory(tx: &mut Tx<'_>, entry: &mut Entry, wrong: &mut Wrong) -> Result<()> {
    let Some(id) = given(entry.sender_unit_id.take()) else {
        return Ok(());
    };
    let Some(unit) = directory::by_id(tx, &UnitId::new(id.as_str()))? else {
        let sentence = "Seçilen gönderen rehberde yok. Yeniden arayıp seçin.";
        wrong.push("sender", sentence);
        return Ok(());
    };
    if entry.sender.is_empty() {
        entry.sender = unit.name;
    }
    entry.sender_unit_id = Some(id);
    Ok(())
}

/// *Dosya*: a code of the unit's plan, or the one that stands.
fn filed(
    tx: &mut Tx<'_>,
    act: &Act<'_>,
    entry: &mut Entry,
    standing_code: Option<&str>,
    wrong: &mut Wrong,
) -> Result<()> {
    entry.plan_code = given(entry.plan_code.take());
    let Some(code) = entry.plan_code.as_deref() else {
        return Ok(());
    };
    if Some(code) == standing_code {
        return Ok(());
    }
    let unit = directory::by_id(tx, &UnitId::new(entry.unit_id.as_str()))?;
    let kind = unit.map_or(InstitutionKind::Other, |unit| unit.kind);
    match fileplan::first_code(tx, kind, code, clock::local(act.now).date()) {
        Ok(_) => Ok(()),
        Err(Error::Problem(problem)) => {
            wrong.push("plan_code", &problem.message);
            Ok(())
        }
        Err(other) => Err(other),
    }
}

/// *Dilekçe Bilgileri*. Mail tells nothing but an address, so only paper must name its owner.
fn of_petition(entry: &mut Entry, wrong: &mut Wrong) {
    let petition = &mut entry.petition;
    for (field, text) in [
        ("petition_name", &mut petition.name),
        ("phone", &mut petition.phone),
        ("email", &mut petition.email),
        ("petition_address", &mut petition.address),
    ] {
        let lines: Vec<String> = text
            .lines()
            .map(|line| turkish::compose(line.trim()))
            .filter(|line| !line.is_empty())
            .collect();
        // Only an address has lines.
        *text = lines.join(if field == "petition_address" {
            "\n"
        } else {
            " "
        });
        if text.chars().count() > LONGEST_LINE {
            wrong.push(field, "En çok 250 karakter yazılabilir.");
        }
    }
    if petition.name.is_empty() && entry.source == Source::Paper {
        wrong.push("petition_name", "Dilekçe sahibinin adını yazın.");
    }
    match petition.national_id.trim() {
        "" => petition.national_id.clear(),
        typed => match Identifier::parse(typed) {
            Ok(number) => petition.national_id = number.as_str().to_owned(),
            Err(_) => wrong.push(
                "national_id",
                "Numara hatalı: T.C. kimlik no 11, VKN 10, MERSİS 16 rakamdır.",
            ),
        },
    }
    // Whose name was not known is told by it from now on, not by an address.
    let unnamed = entry.sender.is_empty() || Some(&entry.sender) == entry.sender_address.as_ref();
    if unnamed && !petition.name.is_empty() {
        entry.sender.clone_from(&petition.name);
    }
}

/// Writes the line with its number, files and findings; says id and number.
pub(crate) fn insert(tx: &mut Tx<'_>, act: &Act<'_>, entry: &Entry) -> Result<(String, String)> {
    let series = number::series_of(tx, &entry.unit_id)?;
    let mut lines = insert_each(tx, act, &series, std::slice::from_ref(entry))?;
    lines
        .pop()
        .ok_or_else(|| anyhow::anyhow!("a line without its number").into())
}

/// The same for many lines of one institution's series, in a handful of statements; in their order.
pub(super) fn insert_each(
    tx: &mut Tx<'_>,
    act: &Act<'_>,
    series: &str,
    entries: &[Entry],
) -> Result<Vec<(String, String)>> {
    let today = clock::local(act.now).date();
    let numbers = number::take(tx, series, today, entries.len())?;
    let arrivals: Vec<Arrival> = entries
        .iter()
        .zip(numbers)
        .map(|(entry, number)| {
            let period = entry.period.unwrap_or(match entry.kind {
                IncomingKind::Petition => Period::Petition,
                IncomingKind::Letter => Period::None,
            });
            Arrival {
                id: act.new_id(),
                number,
                entry,
                due: entry.due_date.or_else(|| period.last_day(today)),
                period,
            }
        })
        .collect();
    store::insert_all(tx, act, &arrivals)?;
    let told: Vec<(String, Json)> = arrivals
        .iter()
        .map(|it| {
            let detail = json!({
                "number": it.number.text,
                "source": it.entry.source.code(),
                "kind": it.entry.kind.code(),
                "unit": it.entry.unit_id,
                "files": it.entry.files.len(),
            });
            (it.id.clone(), detail)
        })
        .collect();
    audit::record_each(tx, act, "inbox.register", "incoming", &told)?;
    let lines = arrivals.into_iter().map(|it| (it.id, it.number.text));
    Ok(lines.collect())
}
