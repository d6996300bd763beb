//! İlgi: earlier letters and other writings that the letter cites, oldest first.

use super::{Letter, Summary, no_such_letter, stale, store};
use crate::access::Act;
use crate::audit;
use crate::clock;
use crate::error::{Result, invalid};
use crate::store::Tx;
use crate::turkish;

/// One line of the list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reference {
    pub id: String,
    /// The earlier letter, when it was written here.
    pub linked_document_id: Option<String>,
    /// As it stands on the letter: `28.02.2022 tarihli ve E-…-12 sayılı yazımız.`
    pub text: String,
}

const MOST: usize = 29;
const LONGEST: usize = 500;
/// Small letters of the Turkish alphabet, in order (regulation article 15).
const LETTERS: [&str; 29] = [
    "a", "b", "c", "ç", "d", "e", "f", "g", "ğ", "h", "ı", "i", "j", "k", "l", "m", "n", "o", "ö",
    "p", "r", "s", "ş", "t", "u", "ü", "v", "y", "z",
];

/// `a`, `b`, `c`, `ç`: the mark of the line at `index`, counted from zero.
#[must_use]
pub fn mark(index: usize) -> &'static str {
    LETTERS.get(index).copied().unwrap_or("z")
}

/// The list of a letter that the person may see.
///
/// # Errors
/// `evrak_yok`.
pub fn list(tx: &mut Tx<'_>, act: &Act<'_>, document_id: &str) -> Result<Vec<Reference>> {
    store::visible(tx, act, document_id)?.ok_or_else(no_such_letter)?;
    Ok(store::references(tx, document_id)?)
}

/// The list for the system's own work.
pub(crate) fn all(tx: &mut Tx<'_>, document_id: &str) -> Result<Vec<Reference>> {
    Ok(store::references(tx, document_id)?)
}

/// Letters that may be cited: numbered, visible, found by number or subject.
///
/// # Errors
/// When the store fails.
pub fn citable(tx: &mut Tx<'_>, act: &Act<'_>, text: &str) -> Result<Vec<Summary>> {
    Ok(store::citable(tx, act, &turkish::search_words(text))?)
}

/// Cites a letter written here; the sentence is made of its date and number.
///
/// # Errors
/// `evrak_yok` when the person may not see it, `ilgi_var`, `ilgi_cok`, and as `document::draft`.
pub fn cite(tx: &mut Tx<'_>, act: &Act<'_>, document_id: &str, cited_id: &str) -> Result<()> {
    let cited = store::visible(tx, act, cited_id)?.ok_or_else(no_such_letter)?;
    let (Some(number), Some(date)) = (&cited.official_number, cited.official_date) else {
        return Err(invalid(
            "ilgi_sayisiz",
            "Sayısı olmayan bir yazı ilgi tutulamaz.",
        ));
    };
    let text = format!(
        "{} tarihli ve {number} sayılı yazımız.",
        date.strftime("%d.%m.%Y")
    );
    push(tx, act, document_id, Some(cited_id.to_owned()), text)
}

/// Cites a writing from elsewhere in one's own words.
///
/// # Errors
/// `ilgi_bos`, `ilgi_cok`, and as `document::draft`.
pub fn cite_text(tx: &mut Tx<'_>, act: &Act<'_>, document_id: &str, text: &str) -> Result<()> {
    let text = turkish::compose(text.trim());
    if text.is_empty() || text.chars().count() > LONGEST || text.chars().any(char::is_control) {
        return Err(invalid(
            "ilgi_bos",
            format!("İlgi metni 1-{LONGEST} karakter, tek satır olmalıdır."),
        ));
    }
    push(tx, act, document_id, None, text)
}

/// Takes a line off the list.
///
/// # Errors
/// As `document::draft`.
pub fn remove(tx: &mut Tx<'_>, act: &Act<'_>, document_id: &str, id: &str) -> Result<()> {
    let letter = super::draft::require_writable(tx, act, document_id)?;
    let mut lines = store::references(tx, document_id)?;
    lines.retain(|line| line.id != id);
    keep(tx, act, &letter, &lines)
}

/// Moves a line one place up or down.
///
/// # Errors
/// As `document::draft`.
pub fn shift(tx: &mut Tx<'_>, act: &Act<'_>, document_id: &str, id: &str, up: bool) -> Result<()> {
    let letter = super::draft::require_writable(tx, act, document_id)?;
    let mut lines = store::references(tx, document_id)?;
    if let Some(place) = lines.iter().position(|line| line.id == id) {
        let other = if up {
            place.saturating_sub(1)
        } else {
            (place + 1).min(lines.len() - 1)
        };
        lines.swap(place, other);
    }
    keep(tx, act, &letter, &lines)
}

fn push(
    tx: &mut Tx<'_>,
    act: &Act<'_>,
    document_id: &str,
    linked_document_id: Option<String>,
    text: String,
) -> Result<()> {
    let letter = super::draft::require_writable(tx, act, document_id)?;
    let mut lines = store::references(tx, document_id)?;
    if lines.len() >= MOST {
        return Err(invalid(
            "ilgi_cok",
            format!("En çok {MOST} ilgi yazılabilir."),
        ));
    }
    if lines.iter().any(|line| line.text == text) {
        return Err(invalid("ilgi_var", "Bu ilgi listede var."));
    }
    lines.push(Reference {
        id: act.new_id(),
        linked_document_id,
        text,
    });
    keep(tx, act, &letter, &lines)
}

fn keep(tx: &mut Tx<'_>, act: &Act<'_>, letter: &Letter, lines: &[Reference]) -> Result<()> {
    store::replace_references(tx, &letter.id, lines)?;
    if !store::bump(tx, &letter.id, letter.version, act.now)? {
        return Err(stale());
    }
    let detail = serde_json::json!({ "count": lines.len(), "at": clock::screen_time(act.now) });
    audit::record(
        tx,
        act,
        "document.references",
        "document",
        &letter.id,
        &detail,
    )
}
