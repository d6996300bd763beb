//! The freeze: the letter's facts gathered in one transaction, set by the press away from it, kept
//! by their hash.

use jiff::civil::Date;
use letter::{Day, Sheet, SignatureBlock};

use super::render::{self, Gathered, Line};
use super::{
    DocumentKind, Letter, Urgency, attach, closing, number, reference, stale, store, verification,
};
use crate::access::Act;
use crate::audit;
use crate::config::Config;
use crate::directory::{outside, today};
use crate::distribution;
use crate::error::{Result, conflict};
use crate::letterhead::{self, Chosen, Names};
use crate::store::{BlobHash, Tx};

/// Everything that stands on the letter, with the signatures given in the chain's order.
///
/// # Errors
/// When the store fails.
pub(crate) fn gather(
    tx: &mut Tx<'_>,
    letter: &Letter,
    signatures: Vec<SignatureBlock>,
) -> Result<Gathered> {
    let (mut lines, mut ranks) = (Vec::new(), Vec::new());
    let recipients = distribution::list::all(tx, &letter.id)?;
    let single = recipients.len() == 1;
    let ids: Vec<&str> = recipients
        .iter()
        .filter_map(|line| line.unit_id.as_deref())
        .collect();
    let units = today::of(tx, &ids)?;
    let towards = closing::Ranks::of_letter(tx, letter)?;
    for recipient in recipients {
        let party = match &recipient.outside_party_id {
            Some(id) => outside::kind_of(tx, id)?,
            None => None,
        };
        let address = if single {
            distribution::list::postal_address(tx, &recipient)?
        } else {
            None
        };
        let unit = recipient.unit_id.as_ref().and_then(|id| units.get(id));
        let unit = unit.map(|today| &today.unit);
        ranks.extend(towards.of(unit, party));
        lines.push(Line {
            unit: render::unit_of(&recipient.label, unit),
            recipient,
            party,
            address,
        });
    }
    let attachments = attach::all(tx, &letter.id)?;
    let mut names = Names::of_unit(tx, &letter.unit_id)?;
    names.drafter = render::person(&letter.drafter_name);
    names.drafter_title.clone_from(&letter.drafter_title);
    let day = letter.official_date;
    let closing = closing::settle(tx, letter, &ranks)?;
    let sheet = Sheet {
        id: letter.id.clone(),
        language: letter.language.clone(),
        form: render::form(letter.kind),
        number: letter.official_number.clone().unwrap_or_default(),
        date: day.map_or_else(String::new, |day| day.strftime("%d.%m.%Y").to_string()),
        day: day.map_or_else(Day::default, of_calendar),
        subject: letter.subject.clone(),
        marks: render::marks(letter),
        confidentiality: render::confidentiality(letter, &attachments),
        addressee: match letter.kind {
            DocumentKind::Consent => {
                render::granting_office(&letter.addressee_line, signatures.last())
            }
            _ => render::addressee(&lines, &letter.addressee_line),
        },
        references: render::references(&reference::all(tx, &letter.id)?),
        body: render::text(&letter.body, letter.kind, closing),
        signatures: render::by_rank(signatures),
        attachments: attachments
            .iter()
            .map(|line| render::attachment(line, left_out(letter, &lines, line)))
            .collect(),
        distribution: render::distribution(letter.kind, &lines, &attachments),
        verification: None,
    };
    Ok(Gathered {
        sheet,
        chosen: letterhead::of_unit(tx, &letter.unit_id)?,
        names,
    })
}

/// Whether the only recipient does not get this attachment; of several, each line says it itself.
fn left_out(letter: &Letter, lines: &[Line], attachment: &attach::Attachment) -> bool {
    letter.kind != DocumentKind::Consent
        && matches!(lines, [one] if one.recipient.left_out.contains(&attachment.id))
}

/// A sample letter under a letterhead that is being chosen.
///
/// # Errors
/// When the store fails.
pub fn sample(
    tx: &mut Tx<'_>,
    config: &Config,
    today: Date,
    chosen: Chosen,
    names: Names,
) -> Result<Gathered> {
    let code = "2345678923456789";
    let paragraph = |text: &str| letter::Block::Paragraph {
        runs: vec![letter::Run {
            text: text.to_owned(),
            ..letter::Run::default()
        }],
    };
    let sheet = Sheet {
        id: "sample".to_owned(),
        number: "E-12345678-105.04-1".to_owned(),
        date: today.strftime("%d.%m.%Y").to_string(),
        day: of_calendar(today),
        subject: "Örnek Yazı".to_owned(),
        addressee: letter::Addressee::Office {
            name: "ÖRNEK KURUM BAŞKANLIĞINA".to_owned(),
            unit: "Yazı İşleri Müdürlüğü".to_owned(),
            address: Vec::new(),
        },
        references: vec![letter::Reference {
            mark: String::new(),
            text: "01.01.2026 tarihli ve E-87654321-105.04-1 sayılı yazınız.".to_owned(),
        }],
        body: vec![
            paragraph(
                "Bu sayfa, kurumunuzun yazılarının nasıl görüneceğini gösterir. Işık, ığdır, \
                 çağrı, şölen ve üzüm sözcüklerindeki harfler seçtiğiniz yazı tipiyle basılır.",
            ),
            paragraph("Bilgilerinizi ve gereğini arz ederim."),
        ],
        signatures: vec![SignatureBlock {
            name: "Ad SOYAD".to_owned(),
            titles: vec!["Unvan".to_owned()],
        }],
        attachments: vec!["Örnek ek (1 sayfa)".to_owned()],
        verification: Some(verification::foot(tx, config, code)?),
        ..Sheet::default()
    };
    Ok(Gathered {
        sheet,
        chosen,
        names,
    })
}

fn of_calendar(day: Date) -> Day {
    Day {
        year: i32::from(day.year()),
        month: day.month().unsigned_abs(),
        day: day.day().unsigned_abs(),
    }
}

/// Takes number, date and verification code for `today` and gathers the letter with them.
///
/// The press sets it afterwards; its bytes go to the blob store before [`record`] names them.
///
/// # Errors
/// `miat_gecmis`, and when the store fails.
pub(crate) fn take_number(
    tx: &mut Tx<'_>,
    act: &Act<'_>,
    config: &Config,
    letter: &mut Letter,
    today: Date,
    signatures: Vec<SignatureBlock>,
) -> Result<Gathered> {
    require_due_day(letter, today)?;
    letter.official_number = Some(number::reserve(tx, act, letter, today)?);
    letter.official_date = Some(today);
    let code = verification::of_letter(tx, act, &letter.id)?;
    let mut gathered = gather(tx, letter, signatures)?;
    gathered.sheet.verification = Some(verification::foot(tx, config, &code)?);
    Ok(gathered)
}

/// The day on which the answer is due is not before the letter's own: approval may take longer than
/// the drafter thought.
fn require_due_day(letter: &Letter, today: Date) -> Result<()> {
    let due = letter.due_date.filter(|_| letter.urgency == Urgency::Dated);
    match due {
        Some(due) if due < today => Err(conflict(
            "miat_gecmis",
            format!(
                "Yazının miadı ({}) geçti; bugünün tarihiyle imzalanamaz. İade Et ile hazırlayana \
                 gönderin, yeni miat yazsın.",
                due.strftime("%d.%m.%Y")
            ),
        )),
        _ => Ok(()),
    }
}

/// Names the frozen bytes in the letter's row, if it is still the version that was rendered; the log
/// tells the standard that they keep.
pub(crate) fn record(
    tx: &mut Tx<'_>,
    act: &Act<'_>,
    letter_id: &str,
    version: i64,
    hash: &BlobHash,
    standard: &str,
) -> Result<()> {
    let letter = super::any(tx, letter_id)?;
    if letter.version != version {
        return Err(stale());
    }
    if letter.frozen_hash.as_ref() == Some(hash) {
        return Ok(());
    }
    store::set_frozen(tx, letter_id, Some((hash, act.now)))?;
    let detail = serde_json::json!({ "hash": hash.as_str(), "standard": standard });
    audit::record(tx, act, "document.freeze", "document", letter_id, &detail)
}
