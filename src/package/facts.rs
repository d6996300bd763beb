//! What stands in Üstveri and NihaiÜstveri, gathered from the letter as the visible page is: the
//! two may not differ (regulation article 28).

use std::collections::HashMap;

use eyazisma::{
    Attachment, AttachmentKind, Company, Contact, Distribution, FilePlan, FinalMetadata, Guid,
    Identifier, Institution, Metadata, Party, Person, PlanCode, Purpose, Reference, Secrecy,
    Signer, Stamp, Text, Urgency,
};
use jiff::Timestamp;
use uuid::Uuid;

use crate::approval::{self, Step, StepKind, StepState};
use crate::clock;
use crate::directory::{self, UnitId, outside};
use crate::distribution::{self, Recipient};
use crate::document::attach::{self, AttachmentKind as Kind};
use crate::document::{self, Confidentiality, Letter, reference};
use crate::error::Result;
use crate::fileplan;
use crate::letterhead;
use crate::signature;
use crate::store::{BlobHash, Tx};
use crate::turkish;

/// Üstveri, and which blob is the file of which attachment.
pub(super) struct Facts {
    pub metadata: Metadata,
    pub files: Vec<(Guid, BlobHash)>,
}

/// Gathers what the package says about a letter that has its number and date, and whose page names
/// this address for its verification.
pub(super) fn gather(tx: &mut Tx<'_>, letter: &Letter, verified_at: String) -> Result<Facts> {
    let lines = attach::all(tx, &letter.id)?;
    let names = lines
        .iter()
        .map(|line| line.file_name.as_deref().unwrap_or_default());
    let names = eyazisma::part_file_names(names);
    let attachments: Vec<Attachment> = lines
        .iter()
        .zip(names)
        .zip(1..)
        .map(|((line, name), order)| attachment(line, name, order))
        .collect();
    let files = lines
        .iter()
        .filter_map(|line| Some((guid(&line.id), line.blob_hash.clone()?)))
        .collect();
    let mut recipients = Vec::new();
    let all = distribution::list::all(tx, &letter.id)?;
    if letter.stays(all.len()) {
        recipients.extend(house(tx, letter)?.map(|party| to(letter, party, Purpose::Action)));
    }
    // As on the visible letter: other recipients do not learn where somebody lives.
    let single = all.len() == 1;
    for line in all {
        let address = if single {
            distribution::list::postal_address(tx, &line)?
        } else {
            None
        };
        recipients.push(recipient(tx, letter, &line, address)?);
    }
    let mut references = Vec::new();
    for (index, line) in reference::all(tx, &letter.id)?.into_iter().enumerate() {
        references.push(cited(index, &line));
    }
    let number = letter.official_number.clone().unwrap_or_default();
    let metadata = Metadata {
        id: guid(&letter.id),
        subject: text(&letter.subject, &letter.language),
        secrecy: match attach::degree(letter, &lines) {
            Confidentiality::None => Secrecy::None,
            _ => Secrecy::Restricted,
        },
        mime_type: "application/pdf".to_owned(),
        own_id: Some(Identifier {
            value: letter.id.to_uppercase(),
            scheme: Some("GUID".to_owned()),
        }),
        recipients,
        attachments,
        references,
        language: Some(letter.language.clone()),
        creator: creator(tx, &letter.unit_id)?,
        file_name: eyazisma::part_file_name(&format!("{number}.pdf")),
        file_plan: file_plan(tx, letter)?,
        verification_address: verified_at,
        ..Metadata::default()
    };
    Ok(Facts { metadata, files })
}

/// Date, number and signers, known after the last signature over `content`. Each signature's moment
/// is that of its time stamp (eyp.md part 3), of the act where nothing stamped it.
pub(super) fn last(tx: &mut Tx<'_>, letter: &Letter, content: &BlobHash) -> Result<FinalMetadata> {
    let steps = approval::steps_of_round(tx, &letter.id, letter.approval_round)?;
    let signers: Vec<&Step> = steps
        .iter()
        .filter(|step| step.kind == StepKind::Signature && step.state == StepState::Done)
        .collect();
    let mut stamped: HashMap<String, Timestamp> = HashMap::new();
    for signature in signature::of_document(tx, &letter.id, content)? {
        stamped.extend(signature.stamped_at.map(|at| (signature.step_id, at)));
    }
    let moment = |step: &Step| stamped.get(&step.id).copied().or(step.acted_at);
    // The date of the letter is that of its last signature (regulation article 12).
    let at = signers.iter().filter_map(|step| moment(step)).max();
    Ok(FinalMetadata {
        date: at.map(stamp).unwrap_or_default(),
        number: letter.official_number.clone().unwrap_or_default(),
        signers: signers
            .into_iter()
            .map(|step| signer(step, moment(step)))
            .collect(),
    })
}

fn signer(step: &Step, at: Option<Timestamp>) -> Signer {
    let who = step.acted_by_name.as_deref().unwrap_or(&step.full_name);
    Signer {
        person: person(who),
        delegated_by: step.delegator.as_ref().map(|it| person(&it.full_name)),
        deputised_by: step.as_deputy.then(|| person(&step.full_name)),
        office: (!step.title.is_empty()).then(|| Text::turkish(step.titles().join(" "))),
        purpose: Some(Text::turkish("İmza")),
        date: at.map(stamp),
        ..Signer::default()
    }
}

fn stamp(at: Timestamp) -> Stamp {
    Stamp::new(at, clock::local(at).offset())
}

/// Rows are named by UUIDs; what is none would be refused by the writer's rules.
pub(super) fn guid(id: &str) -> Guid {
    match Uuid::parse_str(id) {
        Ok(uuid) => Guid::new(uuid),
        Err(_) => Guid::as_read(id),
    }
}

fn text(value: &str, language: &str) -> Text {
    Text {
        value: value.trim().to_owned(),
        language: Some(language.to_owned()),
    }
}

/// A name of one word stands for both, since the schema wants both.
fn person(full_name: &str) -> Person {
    let (given, surname) = turkish::surname_of(full_name);
    Person {
        first_name: Text::turkish(if given.is_empty() { &surname } else { &given }),
        last_name: Text::turkish(&surname),
        ..Person::default()
    }
}

/// Oluşturan: the unit's institution, answered to where its letters leave from.
fn creator(tx: &mut Tx<'_>, unit_id: &str) -> Result<Option<Party>> {
    let mut party = unit_party(tx, unit_id)?;
    if let Some(party) = &mut party {
        contact_of(party).kep_address = letterhead::sender_address(tx, unit_id)?;
    }
    Ok(party)
}

/// A unit with its institution: KKK is the institution's number, BirimKKK the unit's.
fn unit_party(tx: &mut Tx<'_>, unit_id: &str) -> Result<Option<Party>> {
    let Some(unit) = directory::by_id(tx, &UnitId::new(unit_id.to_owned()))? else {
        return Ok(None);
    };
    let institution = directory::by_id(tx, &unit.institution_id)?.unwrap_or_else(|| unit.clone());
    let place = |name: &str| (!name.is_empty()).then(|| Text::turkish(name));
    Ok(Some(Party::Institution(Institution {
        code: institution.detsis_no.clone(),
        name: Some(Text::turkish(&institution.name)),
        contact: Some(Contact {
            kep_address: institution.kep_address.clone(),
            province: place(&institution.province),
            district: place(&institution.district),
            ..Contact::default()
        }),
        unit_code: (!unit.is_institution()).then(|| unit.detsis_no.clone()),
    })))
}

/// Whom the letter's lines name, by the rule of the package: what the signer's program compares
/// with DagitimListesi.
pub(crate) fn addressees(tx: &mut Tx<'_>, document_id: &str) -> Result<Vec<Party>> {
    let mut parties = Vec::new();
    let all = distribution::list::all(tx, document_id)?;
    let letter = document::any(tx, document_id)?;
    if letter.stays(all.len()) {
        parties.extend(house(tx, &letter)?);
    }
    for line in all {
        parties.push(addressee(tx, &line)?);
    }
    Ok(parties)
}

/// The institution itself, whose office an Olur is written to: a package names somebody.
fn house(tx: &mut Tx<'_>, letter: &Letter) -> Result<Option<Party>> {
    let unit = directory::by_id(tx, &UnitId::new(letter.unit_id.clone()))?;
    match unit {
        Some(unit) => unit_party(tx, unit.institution_id.as_str()),
        None => Ok(None),
    }
}

fn addressee(tx: &mut Tx<'_>, line: &Recipient) -> Result<Party> {
    let unit = match &line.unit_id {
        Some(id) => unit_party(tx, id)?,
        None => None,
    };
    Ok(match (unit, &line.outside_party_id) {
        (Some(party), _) => party,
        (None, Some(id)) => match outside::any(tx, id)? {
            Some(found) => outside_party(&found),
            None => unknown(line),
        },
        (None, None) => unknown(line),
    })
}

fn recipient(
    tx: &mut Tx<'_>,
    letter: &Letter,
    line: &Recipient,
    address: Option<String>,
) -> Result<Distribution> {
    let mut party = addressee(tx, line)?;
    if let Some(address) = address {
        contact_of(&mut party).address = Some(Text::turkish(address.replace('\n', ", ")));
    }
    let purpose = match line.purpose {
        distribution::Purpose::Action => Purpose::Action,
        distribution::Purpose::Information => Purpose::Information,
    };
    Ok(Distribution {
        left_out: line.left_out.iter().map(|id| guid(id)).collect(),
        ..to(letter, party, purpose)
    })
}

/// A line of DagitimListesi that gets every attachment.
fn to(letter: &Letter, party: Party, purpose: Purpose) -> Distribution {
    let urgency = match letter.urgency {
        document::Urgency::Normal => Urgency::Normal,
        document::Urgency::Urgent => Urgency::Urgent,
        document::Urgency::Dated => Urgency::Dated,
    };
    Distribution {
        party,
        purpose,
        deadline: (urgency == Urgency::Dated).then(|| deadline(letter)),
        urgency,
        left_out: Vec::new(),
    }
}

fn contact_of(party: &mut Party) -> &mut Contact {
    let contact = match party {
        Party::Institution(it) => &mut it.contact,
        Party::Person(it) => &mut it.contact,
        Party::Company(it) => &mut it.contact,
    };
    contact.get_or_insert_default()
}

/// Miat: the days from the letter's date to the day on which the answer is due.
fn deadline(letter: &Letter) -> String {
    let days = match (letter.official_date, letter.due_date) {
        (Some(from), Some(to)) => (to - from).get_days().max(0),
        _ => 0,
    };
    format!("P{days}D")
}

fn outside_party(it: &outside::Party) -> Party {
    let contact = Some(Contact {
        kep_address: it.kep_address.clone(),
        ..Contact::default()
    });
    match it.kind {
        outside::PartyKind::Person | outside::PartyKind::Lawyer => {
            Party::Person(Box::new(Person {
                national_id: (it.identifier.len() == 11).then(|| it.identifier.clone()),
                contact,
                ..person(&it.name)
            }))
        }
        outside::PartyKind::Company => Party::Company(Company {
            id: Identifier {
                value: it.identifier.clone(),
                scheme: Some(it.identifier_kind.to_uppercase()),
            },
            name: Some(Text::turkish(&it.name)),
            contact,
        }),
    }
}

/// A line whose unit or party is gone keeps the name and number that it was chosen with.
fn unknown(line: &Recipient) -> Party {
    Party::Institution(Institution {
        code: line.detsis_no.clone().unwrap_or_default(),
        name: Some(Text::turkish(&line.institution_name)),
        ..Institution::default()
    })
}

fn attachment(line: &attach::Attachment, part: String, order: i32) -> Attachment {
    let is_file = line.kind == Kind::File;
    Attachment {
        id: guid(&line.id),
        is_package_id: Some(false),
        number: None,
        kind: match line.kind {
            Kind::File => AttachmentKind::File,
            Kind::Physical => AttachmentKind::Physical,
            Kind::External => AttachmentKind::External,
        },
        file_name: is_file.then_some(part),
        mime_type: is_file.then(|| {
            let media = line.media_type.as_deref().unwrap_or_default();
            media_type(media).to_owned()
        }),
        title: Some(Text::turkish(&line.title)),
        order,
        note: None,
        location: line.reference.clone(),
        own_id: None,
        signed: is_file.then_some(true),
        digest: None,
    }
}

/// A content type without parameters.
fn media_type(media: &str) -> &str {
    match media.split(';').next().unwrap_or_default().trim() {
        "" => "application/octet-stream",
        media => media,
    }
}

/// BelgeNo and Tarih are those of the line's own sentence, so that they are what the page says
/// whatever becomes of the record that it was made from.
fn cited(index: usize, line: &reference::Reference) -> Reference {
    let said = reference::said(&line.text);
    Reference {
        id: guid(&line.id),
        is_package_id: Some(false),
        number: said.number,
        date: (said.date).map(|date| Stamp::as_read(&format!("{date}T00:00:00"))),
        label: reference::mark(index).to_owned(),
        title: Some(Text::turkish(&line.text)),
        ..Reference::default()
    }
}

/// The code that stands in the number, and the secondary one beside it.
fn file_plan(tx: &mut Tx<'_>, letter: &Letter) -> Result<Option<FilePlan>> {
    let scope = letter
        .plan_scope
        .as_deref()
        .and_then(fileplan::Scope::parse);
    let (Some(scope), Some(code)) = (scope, &letter.plan_code) else {
        return Ok(None);
    };
    let Some(main) = fileplan::find(tx, scope, code)? else {
        return Ok(None);
    };
    let mut others = Vec::new();
    if let Some(code) = &letter.secondary_code {
        others.extend(fileplan::find(tx, scope, code)?.map(plan_code));
    }
    Ok(Some(FilePlan {
        main: plan_code(main),
        others,
    }))
}

fn plan_code(code: fileplan::Code) -> PlanCode {
    PlanCode {
        code: code.code,
        name: code.title,
        note: None,
    }
}
