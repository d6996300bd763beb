//! İlgi: earlier letters and other writings that the letter cites, oldest first.

use jiff::civil::Date;

use super::{Letter, State, Summary, draft, no_such_letter, stale, store};
use crate::access::Act;
use crate::audit;
use crate::clock;
use crate::distribution::preflight::{Finding, Severity};
use crate::error::{Result, invalid};
use crate::store::Tx;
use crate::turkish;

/// One line of the list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reference {
    pub id: String,
    /// The earlier letter, when it was written here.
    pub linked_document_id: Option<String>,
    /// The line of the registry, when it came in.
    pub incoming_id: Option<String>,
    /// As it stands on the letter: `28.02.2022 tarihli ve E-…-12 sayılı yazımız.`
    pub text: String,
}

/// What the sentence of a line says of the writing that it cites.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Said {
    pub date: Option<Date>,
    pub number: Option<String>,
}

const MOST: usize = 29;
const LONGEST: usize = 500;
/// Small letters of the Turkish alphabet, in order (regulation article 15).
const LETTERS: [&str; 29] = [
    "a", "b", "c", "ç", "d", "e", "f", "g", "ğ", "h", "ı", "i", "j", "k", "l", "m", "n", "o", "ö",
    "p", "r", "s", "ş", "t", "u", "ü", "v", "y", "z",
];

const MONTHS: [&str; 12] = [
    "ocak", "şubat", "mart", "nisan", "mayıs", "haziran", "temmuz", "ağustos", "eylül", "ekim",
    "kasım", "aralık",
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

/// Letters that may be cited: signed, visible, found by number or subject.
///
/// # Errors
/// When the store fails.
pub fn citable(tx: &mut Tx<'_>, act: &Act<'_>, text: &str) -> Result<Vec<Summary>> {
    Ok(store::citable(tx, act, &turkish::search_words(text))?)
}

/// Cites a letter written here; the sentence is made of its date and number, which may still change
/// until the last signature.
///
/// # Errors
/// `evrak_yok` when the person may not see it, `ilgi_sayisiz`, `ilgi_var`, `ilgi_cok`, and as
/// `document::draft`.
pub fn cite(tx: &mut Tx<'_>, act: &Act<'_>, document_id: &str, cited_id: &str) -> Result<()> {
    let cited = store::visible(tx, act, cited_id)?.ok_or_else(no_such_letter)?;
    let is_signed = matches!(cited.state, State::Signed | State::Dispatched);
    let (true, Some(number), Some(date)) = (is_signed, &cited.official_number, cited.official_date)
    else {
        return Err(invalid(
            "ilgi_sayisiz",
            "İmzaları tamamlanmamış bir yazı ilgi tutulamaz: sayısı ve tarihi değişebilir. Son \
             imzadan sonra ekleyin.",
        ));
    };
    let text = format!(
        "{} tarihli ve {number} sayılı yazımız.",
        date.strftime("%d.%m.%Y")
    );
    push(tx, act, document_id, Link::Letter(cited_id), &text)
}

/// Cites a line of the registry that the caller may see, in the words given.
///
/// # Errors
/// As [`cite_text`].
pub(crate) fn cite_incoming(
    tx: &mut Tx<'_>,
    act: &Act<'_>,
    document_id: &str,
    incoming_id: &str,
    text: &str,
) -> Result<()> {
    push(tx, act, document_id, Link::Incoming(incoming_id), text)
}

/// Cites a writing from elsewhere in one's own words.
///
/// # Errors
/// `ilgi_bos`, `ilgi_var`, `ilgi_cok`, and as `document::draft`.
pub fn cite_text(tx: &mut Tx<'_>, act: &Act<'_>, document_id: &str, text: &str) -> Result<()> {
    push(tx, act, document_id, Link::None, text)
}

/// Takes a line off the list.
///
/// # Errors
/// As `document::draft`.
pub fn remove(tx: &mut Tx<'_>, act: &Act<'_>, document_id: &str, id: &str) -> Result<()> {
    let letter = draft::require_writable(tx, act, document_id)?;
    let mut lines = store::references(tx, document_id)?;
    lines.retain(|line| line.id != id);
    keep(tx, act, &letter, &lines)
}

/// Moves a line one place up or down.
///
/// # Errors
/// As `document::draft`.
pub fn shift(tx: &mut Tx<'_>, act: &Act<'_>, document_id: &str, id: &str, up: bool) -> Result<()> {
    let letter = draft::require_writable(tx, act, document_id)?;
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

/// What a line leads to.
enum Link<'a> {
    None,
    /// A letter written here.
    Letter(&'a str),
    /// A line of the registry.
    Incoming(&'a str),
}

/// Puts the line where its date belongs, oldest first (regulation article 15): before the first one
/// that is younger; one without a date stands at the end.
fn push(
    tx: &mut Tx<'_>,
    act: &Act<'_>,
    document_id: &str,
    link: Link<'_>,
    text: &str,
) -> Result<()> {
    let text = sentence(text)?;
    let letter = draft::require_writable(tx, act, document_id)?;
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
    let date = said(&text).date;
    let younger = |line: &Reference| date.is_some() && said(&line.text).date > date;
    let place = lines.iter().position(younger).unwrap_or(lines.len());
    let (linked_document_id, incoming_id) = match link {
        Link::None => (None, None),
        Link::Letter(id) => (Some(id.to_owned()), None),
        Link::Incoming(id) => (None, Some(id.to_owned())),
    };
    let line = Reference {
        id: act.new_id(),
        linked_document_id,
        incoming_id,
        text,
    };
    lines.insert(place, line);
    keep(tx, act, &letter, &lines)
}

/// A line as it is kept: one line of text that ends in a period (regulation article 15).
fn sentence(text: &str) -> Result<String> {
    let mut text = turkish::compose(text.trim_end_matches([' ', ',', ';', ':']).trim());
    if !text.is_empty() && !text.ends_with(['.', '…', '!', '?']) {
        text.push('.');
    }
    if text.is_empty() || text.chars().count() > LONGEST || text.chars().any(char::is_control) {
        return Err(invalid(
            "ilgi_bos",
            format!("İlgi metni 1-{LONGEST} karakter, tek satır olmalıdır."),
        ));
    }
    Ok(text)
}

/// Date and number in `… 28.02.2022 tarihli ve E-…-12 sayılı …`, as far as they stand there.
pub(crate) fn said(text: &str) -> Said {
    let words: Vec<&str> = text.split_whitespace().collect();
    let bare = |word: &str| word.trim_end_matches([',', ';']).to_owned();
    let is_day = |word: &str| ["tarihli", "tarih", "günlü", "gün"].contains(&bare(word).as_str());
    let dated = (0..words.len()).find_map(|at| {
        // `28.02.2022 tarihli` or `28 Şubat 2022 tarihli` (article 12).
        [1, 3].into_iter().find_map(|length| {
            let date = day_of(words.get(at..at + length)?)?;
            let named = words.get(at + length).is_some_and(|word| is_day(word));
            named.then_some((date, at + length + 1))
        })
    });
    let Some((date, after)) = dated else {
        return Said::default();
    };
    let rest = words.get(after..).unwrap_or_default();
    let rest = rest.strip_prefix(&["ve"]).unwrap_or(rest);
    let number = rest.iter().position(|word| bare(word) == "sayılı");
    // A number may be written in pieces; a sentence that goes on is none.
    let number = number.filter(|length| (1..=3).contains(length));
    Said {
        date: Some(date),
        number: number.map(|length| rest[..length].join(" ")),
    }
}

/// A day in one word of numbers, or in three with its month as a word.
fn day_of(words: &[&str]) -> Option<Date> {
    match words {
        [numbers] => draft::parse_day(numbers),
        [day, month, year] if year.len() == 4 => {
            let month = turkish::lower(month);
            let place = MONTHS.iter().position(|name| *name == month)?;
            let month = i8::try_from(place + 1).ok()?;
            Date::new(year.parse().ok()?, month, day.parse().ok()?).ok()
        }
        _ => None,
    }
}

/// A draft's lines that do not stand oldest first.
///
/// # Errors
/// When the store fails.
pub(crate) fn out_of_order(tx: &mut Tx<'_>, letter: &Letter) -> Result<Option<Finding>> {
    if !letter.is_editable() {
        return Ok(None);
    }
    let lines = store::references(tx, &letter.id)?;
    let dates = lines.iter().filter_map(|line| said(&line.text).date);
    if dates.is_sorted() {
        return Ok(None);
    }
    Ok(Some(Finding {
        severity: Severity::Warning,
        code: "ilgi_sirasi",
        sentence: "İlgi satırları tarih sırasında değil; eski tarihli olan önce yazılır."
            .to_owned(),
        ways_out: vec!["İlgi bölümünde satırları ↑ ve ↓ ile sıralayın."],
    }))
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sentence_says_date_and_number() {
        for (text, date, number) in [
            (
                "20.11.2026 tarihli ve E-01039100-105.04-7 sayılı yazımız.",
                Some("2026-11-20"),
                Some("E-01039100-105.04-7"),
            ),
            (
                "Edirne Valiliğinin 8/1/2026 tarihli ve 155 - 12 sayılı yazısı.",
                Some("2026-01-08"),
                Some("155 - 12"),
            ),
            ("12.11.2026 tarihli dilekçeniz.", Some("2026-11-12"), None),
            (
                "12.11.2026 tarihli, 1880 sayılı karar.",
                Some("2026-11-12"),
                Some("1880"),
            ),
            (
                "12.11.2026 tarihli toplantıda görüşülen ve 5 sayılı ile başlayan konu.",
                Some("2026-11-12"),
                None,
            ),
            (
                "Valiliğin 28.02.2022 tarih ve 155 sayılı yazısı.",
                Some("2022-02-28"),
                Some("155"),
            ),
            (
                "10 EKİM 2019 tarihli ve E-1-2-3 sayılı yazımız.",
                Some("2019-10-10"),
                Some("E-1-2-3"),
            ),
            (
                "1 Ağustos 2024 gün ve 7 sayılı karar.",
                Some("2024-08-01"),
                Some("7"),
            ),
            ("31 Şubat 2024 tarihli ve 7 sayılı karar.", None, None),
            ("3071 sayılı Kanun.", None, None),
            ("31.02.2026 tarihli ve 5 sayılı yazı.", None, None),
            ("tarihli", None, None),
            ("", None, None),
        ] {
            let said = said(text);
            let expected = date.map(|date| date.parse::<Date>().unwrap());
            assert_eq!(said.date, expected, "{text}");
            assert_eq!(said.number.as_deref(), number, "{text}");
        }
    }

    #[test]
    fn a_line_ends_in_a_period() {
        for (typed, kept) in [
            (" 5393 sayılı Kanun ", "5393 sayılı Kanun."),
            ("Yazınız.", "Yazınız."),
            ("a yazısı; ", "a yazısı."),
            ("Yazı (ekli)", "Yazı (ekli)."),
        ] {
            assert_eq!(sentence(typed).unwrap(), kept);
        }
        for wrong in ["", " , ", "iki\nsatır", &"x".repeat(501)] {
            assert_eq!(sentence(wrong).unwrap_err().code(), "ilgi_bos");
        }
    }
}
