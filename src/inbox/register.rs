//! Registering: paper by a person, KEP and internal by the system; one number, one line, once.

use jiff::Timestamp;
use jiff::civil::Date;
use serde_json::json;

use super::number;
use super::period::Period;
use super::{File, Finding, IncomingKind, Petition, Source, store};
use crate::access::{Act, Role};
use crate::audit;
use crate::clock;
use crate::directory::Identifier;
use crate::distribution::Purpose;
use crate::document::{Confidentiality, Urgency};
use crate::error::{Error, Kind, Problem, Result, conflict};
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
    let entry = checked(act, entry.clone())?;
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

fn checked(act: &Act<'_>, mut entry: Entry) -> Result<Entry> {
    let mut problem = Problem::new(
        Kind::Invalid,
        "kayit_eksik",
        "Kaydedilemedi: işaretli alanları düzeltin. Yazdıklarınız durur.",
    );
    let mut wrong = |field: &str, sentence: &str| {
        problem.fields.push((field.to_owned(), sentence.to_owned()));
    };
    for (field, label, text) in [
        ("sender", "Geldiği yer/kişi", &mut entry.sender),
        ("subject", "Konusu", &mut entry.subject),
        ("their_number", "Evrak no", &mut entry.their_number),
        ("sender_file", "Gönderen dosya adı", &mut entry.sender_file),
        ("place", "Evrakın yeri", &mut entry.place),
    ] {
        *text = turkish::compose(text.trim());
        if text.chars().count() > LONGEST_LINE || text.chars().any(char::is_control) {
            wrong(
                field,
                &format!("{label} tek satır ve en çok {LONGEST_LINE} karakter olmalıdır."),
            );
        }
    }
    entry.barcode = entry
        .barcode
        .map(|code| code.trim().to_owned())
        .filter(|code| !code.is_empty());
    if entry
        .barcode
        .as_deref()
        .is_some_and(|code| code.len() > 40 || !code.bytes().all(|byte| byte.is_ascii_graphic()))
    {
        wrong("barcode", "Barkod en çok 40 harf ve rakam olmalıdır.");
    }
    if entry.kind == IncomingKind::Petition {
        let petition = &entry.petition;
        if petition.name.trim().is_empty() {
            wrong("petition_name", "Dilekçe sahibinin adını yazın.");
        }
        if !petition.national_id.is_empty()
            && !matches!(
                Identifier::parse(&petition.national_id),
                Ok(Identifier::National(_))
            )
        {
            wrong(
                "national_id",
                "T.C. kimlik numarası hatalı; 11 haneyi denetleyin.",
            );
        }
        if entry.sender.is_empty() {
            entry.sender = petition.name.trim().to_owned();
        }
    }
    if entry.sender.is_empty() {
        wrong("sender", "Evrakın geldiği yeri ya da kişiyi yazın.");
    }
    if entry.subject.is_empty() {
        wrong("subject", "Evrakın konusunu yazın.");
    }
    if entry.note.chars().count() > LONGEST_NOTE {
        wrong("note", "Açıklama en çok 2000 karakter olabilir.");
    }
    let today = clock::local(act.now).date();
    if entry.their_date.is_some_and(|day| day > today) {
        wrong("their_date", "Evrakın tarihi gelecekte olamaz.");
    }
    if entry.files.len() > MOST_FILES {
        wrong("file", "En çok 200 dosya eklenebilir.");
    }
    // Decision 3: what is Özel or above lives on paper; the register names it without content.
    let on_paper_only = entry.confidentiality.require_electronic().is_err();
    if on_paper_only && (entry.content_hash.is_some() || !entry.files.is_empty()) {
        wrong(
            "file",
            "Özel ve üstü gizlilikte evrak taranmaz; dosyayı kaldırın, yalnızca kaydını açın.",
        );
    }
    if problem.fields.is_empty() {
        return Ok(entry);
    }
    Err(Error::Problem(problem))
}

/// Writes the line with its number, files and findings; says id and number.
pub(crate) fn insert(tx: &mut Tx<'_>, act: &Act<'_>, entry: &Entry) -> Result<(String, String)> {
    let today = clock::local(act.now).date();
    let number = number::take(tx, &entry.unit_id, today)?;
    let id = act.new_id();
    let period = entry.period.unwrap_or(match entry.kind {
        IncomingKind::Petition => Period::Petition,
        IncomingKind::Letter => Period::None,
    });
    let due = entry.due_date.or_else(|| period.last_day(today));
    store::insert(tx, act, &id, &number, entry, due, period)?;
    for (position, file) in entry.files.iter().enumerate() {
        store::insert_file(tx, &id, position, file)?;
    }
    for (position, finding) in entry.findings.iter().enumerate() {
        store::insert_finding(tx, &id, position, finding)?;
    }
    let detail = json!({
        "number": number.text,
        "source": entry.source.code(),
        "kind": entry.kind.code(),
        "unit": entry.unit_id,
        "files": entry.files.len(),
    });
    audit::record(tx, act, "inbox.register", "incoming", &id, &detail)?;
    Ok((id, number.text))
}
