//! Yazı şablonu: what a unit's letters begin with. A template belongs to a unit of the house and
//! serves the units below it; a letter made from it is its own from the first moment.

mod store;

use jiff::Timestamp;
use jiff::civil::Date;
use letter::SignatureBlock;
use serde_json::json;

use super::body::Body;
use super::draft::{self, Changes, Refusals};
use super::render::Gathered;
use super::{Closing, Confidentiality, DocumentKind, Letter, State, Urgency, freeze};
use crate::access::{Act, Role};
use crate::audit;
use crate::clock;
use crate::error::{Error, Result, conflict, forbidden, invalid, not_found};
use crate::fileplan::Purpose;
use crate::letterhead;
use crate::store::Tx;
use crate::turkish;

const LONGEST_NAME: usize = 120;
/// Templates that one unit keeps.
const MOST: i64 = 200;

/// What a letter begins with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Template {
    pub id: String,
    pub unit_id: String,
    pub unit_name: String,
    pub name: String,
    pub version: i64,
    pub subject: String,
    pub kind: DocumentKind,
    pub confidentiality: Confidentiality,
    pub personal: bool,
    pub plan_code: Option<String>,
    pub secondary_code: Option<String>,
    pub closing: Closing,
    pub body: Body,
    pub updated_at: Timestamp,
}

/// A letter that was begun, and what of its template could not be taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Started {
    pub letter_id: String,
    /// A sentence for each field that no longer holds, such as a file code that was closed.
    pub left_out: Vec<String>,
}

/// Whether the person may make and change templates of this unit: those who write for it, an
/// administrator any.
#[must_use]
pub fn may_keep(act: &Act<'_>, unit_id: &str) -> bool {
    act.actor.has(Role::Administrator)
        || [Role::Clerk, Role::Approver, Role::Registry]
            .iter()
            .any(|role| act.actor.has_in(*role, unit_id))
}

/// Templates that the person may begin a letter with, or change, by unit and name.
///
/// # Errors
/// When the store fails.
pub fn list(tx: &mut Tx<'_>, act: &Act<'_>) -> Result<Vec<Template>> {
    let all = act.actor.has(Role::Administrator);
    let mut templates = store::visible(tx, &act.actor.user_id, all)?;
    templates.sort_by(|one, other| {
        turkish::compare(&one.unit_name, &other.unit_name)
            .then_with(|| turkish::compare(&one.name, &other.name))
    });
    Ok(templates)
}

/// Templates with which a letter of this person may begin: those of the units above and of their
/// own.
///
/// # Errors
/// When the store fails.
pub fn usable(tx: &mut Tx<'_>, act: &Act<'_>) -> Result<Vec<Template>> {
    let mut templates = store::visible(tx, &act.actor.user_id, false)?;
    templates.sort_by(|one, other| turkish::compare(&one.name, &other.name));
    Ok(templates)
}

/// One of [`list`].
///
/// # Errors
/// `sablon_yok`.
pub fn open(tx: &mut Tx<'_>, act: &Act<'_>, id: &str) -> Result<Template> {
    let all = act.actor.has(Role::Administrator);
    store::by_id(tx, &act.actor.user_id, all, id)?.ok_or_else(|| {
        not_found(
            "sablon_yok",
            "Böyle bir yazı şablonu yok ya da görme yetkiniz yok.",
        )
    })
}

/// An empty template.
///
/// # Errors
/// `birim_yok`, `yetki_yok`, `sablon_adi`, `sablon_var`, `sablon_cok`.
pub fn create(tx: &mut Tx<'_>, act: &Act<'_>, unit_id: &str, name: &str) -> Result<String> {
    let blank = Template {
        id: act.new_id(),
        unit_id: unit_id.to_owned(),
        unit_name: String::new(),
        name: checked_name(name)?,
        version: 1,
        subject: String::new(),
        kind: DocumentKind::CoverLetter,
        confidentiality: Confidentiality::None,
        personal: false,
        plan_code: None,
        secondary_code: None,
        closing: Closing::Auto,
        body: Body::default(),
        updated_at: act.now,
    };
    add(tx, act, blank)
}

/// *Şablon olarak kaydet*: subject, text and details of a letter, for its unit.
///
/// # Errors
/// `evrak_yok`, and as [`create`].
pub fn save_letter(tx: &mut Tx<'_>, act: &Act<'_>, letter_id: &str, name: &str) -> Result<String> {
    let letter = draft::open(tx, act, letter_id)?;
    let template = Template {
        id: act.new_id(),
        unit_id: letter.unit_id,
        unit_name: String::new(),
        name: checked_name(name)?,
        version: 1,
        subject: letter.subject,
        kind: letter.kind,
        confidentiality: letter.confidentiality,
        personal: letter.personal,
        plan_code: letter.plan_code,
        secondary_code: letter.secondary_code,
        closing: letter.closing,
        body: letter.body,
        updated_at: act.now,
    };
    add(tx, act, template)
}

fn add(tx: &mut Tx<'_>, act: &Act<'_>, template: Template) -> Result<String> {
    letterhead::require_own(tx, &template.unit_id)?;
    require_keeper(act, &template.unit_id)?;
    if store::count(tx, &template.unit_id)? >= MOST {
        return Err(invalid(
            "sablon_cok",
            format!("Bir birim en çok {MOST} şablon tutabilir. Kullanılmayanları silin."),
        ));
    }
    if store::is_taken(tx, &template)? {
        return Err(taken(&template.name));
    }
    store::insert(tx, act, &template)?;
    let detail = json!({ "name": template.name, "unit": template.unit_id });
    audit::record(
        tx,
        act,
        "template.create",
        "template",
        &template.id,
        &detail,
    )?;
    Ok(template.id)
}

/// Keeps name and fields, checked as those of a letter are. A field left out stays as it is.
///
/// # Errors
/// `sablon_yok`, `yetki_yok`, `surum_eski`, `sablon_var`, and `alan_gecersiz` with a sentence for
/// each field.
pub fn save(
    tx: &mut Tx<'_>,
    act: &Act<'_>,
    id: &str,
    version: i64,
    name: &str,
    changes: &Changes,
) -> Result<()> {
    let mut template = changeable(tx, act, id, version)?;
    let mut letter = template.as_letter();
    let mut refused = Refusals::default();
    template.name = refused.line("name", "Şablon adı", name, LONGEST_NAME);
    if template.name.is_empty() {
        refused.push("name", "Şablona bir ad verin.");
    }
    draft::set_fields(&mut letter, changes, &mut refused)?;
    let today = clock::local(act.now).date();
    template.plan_code = code(
        tx,
        &letter,
        ("plan_code", Purpose::First),
        changes.plan_code.as_deref(),
        template.plan_code,
        today,
        &mut refused,
    )?;
    template.secondary_code = code(
        tx,
        &letter,
        ("secondary_code", Purpose::Second),
        changes.secondary_code.as_deref(),
        template.secondary_code,
        today,
        &mut refused,
    )?;
    refused.finish()?;
    template.take(letter);
    if store::is_taken(tx, &template)? {
        return Err(taken(&template.name));
    }
    if !store::update(tx, &template, act.now)? {
        return Err(stale());
    }
    let detail = json!({ "name": template.name, "unit": template.unit_id });
    audit::record(tx, act, "template.save", "template", id, &detail)
}

/// The code that was typed if it may be used, else the one before; a wrong one is told.
fn code(
    tx: &mut Tx<'_>,
    letter: &Letter,
    (field, purpose): (&str, Purpose),
    typed: Option<&str>,
    before: Option<String>,
    today: Date,
    refused: &mut Refusals,
) -> Result<Option<String>> {
    let Some(typed) = typed else {
        return Ok(before);
    };
    match draft::find_code(tx, letter, typed, purpose, today) {
        Ok(found) => Ok(found.map(|code| code.code)),
        Err(Error::Problem(problem)) => {
            refused.push(field, &problem.message);
            Ok(before)
        }
        Err(other) => Err(other),
    }
}

/// Deletes a template; letters that began with it keep their text.
///
/// # Errors
/// `sablon_yok`, `yetki_yok`, `surum_eski`.
pub fn delete(tx: &mut Tx<'_>, act: &Act<'_>, id: &str, version: i64) -> Result<()> {
    let template = changeable(tx, act, id, version)?;
    store::delete(tx, id)?;
    let detail = json!({ "name": template.name, "unit": template.unit_id });
    audit::record(tx, act, "template.delete", "template", id, &detail)
}

/// A new draft of a unit that begins with a template of it or of a unit above it.
///
/// What no longer holds (a file code that was closed) is left out and told, so that a template
/// that has aged still serves.
///
/// # Errors
/// `yetki_yok`, `sablon_yok`, `sablon_baska_birim`.
pub fn start(tx: &mut Tx<'_>, act: &Act<'_>, unit_id: &str, id: &str) -> Result<Started> {
    let template = open(tx, act, id)?;
    if !store::serves(tx, &template.unit_id, unit_id)? {
        return Err(invalid(
            "sablon_baska_birim",
            format!(
                "“{}” şablonu {} biriminindir; seçtiğiniz birimin yazısında kullanılamaz. Başka bir \
                 şablon ya da Boş yazı seçin.",
                template.name, template.unit_name
            ),
        ));
    }
    let letter_id = draft::create(tx, act, unit_id)?;
    let version = draft::open(tx, act, &letter_id)?.version;
    let changes = template.as_changes();
    let left_out = match draft::save(tx, act, &letter_id, version, &changes) {
        Ok(_) => Vec::new(),
        Err(Error::Problem(problem)) if !problem.fields.is_empty() => {
            let fitting = changes.without(&problem);
            draft::save(tx, act, &letter_id, version, &fitting)?;
            problem.fields.into_iter().map(|(_, text)| text).collect()
        }
        Err(other) => return Err(other),
    };
    let detail = json!({ "template": template.id, "name": template.name });
    audit::record(
        tx,
        act,
        "document.template",
        "document",
        &letter_id,
        &detail,
    )?;
    Ok(Started {
        letter_id,
        left_out,
    })
}

/// The page that a letter with what is typed now would be, without number and addressee.
///
/// # Errors
/// `sablon_yok`, and when the store fails.
pub fn gather(tx: &mut Tx<'_>, act: &Act<'_>, id: &str, typed: Changes) -> Result<Gathered> {
    let mut letter = open(tx, act, id)?.as_letter();
    letter.drafter_name.clone_from(&act.actor.full_name);
    "Unvan".clone_into(&mut letter.drafter_title);
    typed.show_in(&mut letter);
    "MUHATAP".clone_into(&mut letter.addressee_line);
    let signature = SignatureBlock {
        name: "Ad SOYAD".to_owned(),
        titles: vec!["Unvan".to_owned()],
    };
    freeze::gather(tx, &letter, vec![signature])
}

impl Template {
    /// The fields as a letter takes them.
    fn as_changes(&self) -> Changes {
        let code = |code: &Option<String>| Some(code.clone().unwrap_or_default());
        Changes {
            subject: Some(self.subject.clone()),
            kind: Some(self.kind.code().to_owned()),
            confidentiality: Some(self.confidentiality.code().to_owned()),
            personal: Some(self.personal),
            plan_code: code(&self.plan_code),
            secondary_code: code(&self.secondary_code),
            closing: Some(self.closing.code().to_owned()),
            body: Some(self.body.to_editor()),
            ..Changes::default()
        }
    }

    /// A letter that stands nowhere, for the rules and the page of one.
    fn as_letter(&self) -> Letter {
        Letter {
            id: self.id.clone(),
            unit_id: self.unit_id.clone(),
            drafter_id: String::new(),
            drafter_name: String::new(),
            drafter_title: String::new(),
            state: State::Draft,
            version: self.version,
            subject: self.subject.clone(),
            kind: self.kind,
            urgency: Urgency::Normal,
            due_date: None,
            confidentiality: self.confidentiality,
            personal: self.personal,
            note: String::new(),
            language: "tur".to_owned(),
            plan_scope: None,
            plan_code: self.plan_code.clone(),
            secondary_code: self.secondary_code.clone(),
            case_file_id: None,
            folder_no: None,
            closing: self.closing,
            addressee_line: String::new(),
            body: self.body.clone(),
            official_number: None,
            official_date: None,
            frozen_hash: None,
            frozen_at: None,
            signed_at: None,
            dispatched_at: None,
            approval_round: 0,
            created_at: self.updated_at,
            updated_at: self.updated_at,
        }
    }

    /// Puts what was typed into the template as far as it can be read: for showing, never for
    /// keeping.
    pub fn show(&mut self, name: &str, typed: Changes) {
        let mut letter = self.as_letter();
        typed.show_in(&mut letter);
        name.clone_into(&mut self.name);
        self.plan_code.clone_from(&letter.plan_code);
        self.secondary_code.clone_from(&letter.secondary_code);
        self.take(letter);
    }

    /// Everything but the file plan codes.
    fn take(&mut self, letter: Letter) {
        self.subject = letter.subject;
        self.kind = letter.kind;
        self.confidentiality = letter.confidentiality;
        self.personal = letter.personal;
        self.closing = letter.closing;
        self.body = letter.body;
    }
}

fn changeable(tx: &mut Tx<'_>, act: &Act<'_>, id: &str, version: i64) -> Result<Template> {
    let template = open(tx, act, id)?;
    require_keeper(act, &template.unit_id)?;
    if template.version != version {
        return Err(stale());
    }
    Ok(template)
}

fn require_keeper(act: &Act<'_>, unit_id: &str) -> Result<()> {
    if may_keep(act, unit_id) {
        return Ok(());
    }
    Err(forbidden(
        "yetki_yok",
        "Bu birimin şablonlarını birimde yazı hazırlayanlar ve DYS Yöneticisi değiştirir. Kendi \
         biriminiz için bir şablon açabilirsiniz.",
    ))
}

fn checked_name(typed: &str) -> Result<String> {
    let name = turkish::compose(typed.trim());
    let length = name.chars().count();
    if (1..=LONGEST_NAME).contains(&length) && !name.chars().any(char::is_control) {
        return Ok(name);
    }
    Err(invalid(
        "sablon_adi",
        format!("Şablona 1-{LONGEST_NAME} harflik, tek satır bir ad verin."),
    ))
}

fn taken(name: &str) -> Error {
    conflict(
        "sablon_var",
        format!("“{name}” adlı bir şablon bu birimde var. Başka bir ad verin."),
    )
}

fn stale() -> Error {
    conflict(
        "surum_eski",
        "Şablon siz açtıktan sonra değişti. Yazdıklarınız aşağıda durur; yeniden kaydederseniz öteki \
         değişikliğin yerine geçer.",
    )
}
