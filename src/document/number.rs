//! Sayı: the official number, taken once, never used twice (decision 1 and 2; regulation m. 11).

use jiff::civil::Date;

use super::{Letter, store};
use crate::access::{Act, Role, VISIBLE_LETTER};
use crate::audit;
use crate::directory::{self, UnitId};
use crate::error::{Result, conflict, invalid};
use crate::params;
use crate::setting;
use crate::store::{StoreError, Tx};

/// A line of the register.
#[derive(Debug, Clone)]
pub struct Registered {
    pub number: String,
    pub document_id: String,
    /// `reserved`, `used` or `cancelled` (*İptal*).
    pub state: String,
    pub reason: Option<String>,
    pub taken_at: jiff::Timestamp,
}

/// The number and date of a letter that is about to be signed on `today`.
///
/// A number that the letter has already is kept while year and file code still fit it;
/// otherwise it becomes *İptal* and a new one is taken.
///
/// # Errors
/// `dosya_bos` when no file code is chosen, `sayi_ayari` as [`series_of`].
pub(super) fn reserve(
    tx: &mut Tx<'_>,
    act: &Act<'_>,
    letter: &Letter,
    today: Date,
) -> Result<String> {
    let Some(code) = &letter.plan_code else {
        return Err(invalid(
            "dosya_bos",
            "Dosya (desimal) seçilmedi; sayı verilemez.",
        ));
    };
    let (series, detsis) = series_of(tx, &letter.unit_id)?;
    let year = i64::from(today.year());
    let prefix = format!("E-{detsis}-{code}-");
    if let Some(kept) = reserved(tx, &letter.id)? {
        let fits = kept.number.starts_with(&prefix) && kept.series == series;
        if fits && (kept.year == year || !starts_anew(tx)?) {
            store::set_number(tx, &letter.id, Some((&kept.number, kept.seq, today)))?;
            return Ok(kept.number);
        }
        cancel(tx, act, &letter.id, "Dosya kodu ya da yıl değişti.")?;
    }
    // After a change of the settings within a year, the series may come to a number that this year
    // has given already under another one.
    let (seq, number) = loop {
        let seq = next(tx, &series, year)?;
        let number = format!("{prefix}{seq}");
        if !is_taken(tx, &number, year)? {
            break (seq, number);
        }
    };
    tx.execute(
        "INSERT INTO official_number (series, year, seq, number, document_id, state, taken_at) \
         VALUES (?1, ?2, ?3, ?4, ?5, 'reserved', ?6)",
        params![&series, year, seq, &number, &letter.id, act.now],
    )?;
    store::set_number(tx, &letter.id, Some((&number, seq, today)))?;
    let detail = serde_json::json!({ "number": number });
    audit::record(tx, act, "number.take", "document", &letter.id, &detail)?;
    Ok(number)
}

/// The last signature makes the number used.
pub(crate) fn mark_used(tx: &mut Tx<'_>, document_id: &str) -> Result<(), StoreError> {
    tx.execute(
        "UPDATE official_number SET state = 'used' WHERE document_id = ?1 AND state = 'reserved'",
        params![document_id],
    )?;
    Ok(())
}

/// An unused number stays in the register as *İptal* with its reason.
pub(crate) fn cancel(
    tx: &mut Tx<'_>,
    act: &Act<'_>,
    document_id: &str,
    reason: &str,
) -> Result<()> {
    let touched = tx.execute(
        "UPDATE official_number SET state = 'cancelled', reason = ?2 \
         WHERE document_id = ?1 AND state = 'reserved'",
        params![document_id, reason],
    )?;
    if touched > 0 {
        store::set_number(tx, document_id, None)?;
        store::set_frozen(tx, document_id, None)?;
        let detail = serde_json::json!({ "reason": reason });
        audit::record(tx, act, "number.cancel", "document", document_id, &detail)?;
    }
    Ok(())
}

/// The register, the newest first, with what became of each number.
///
/// # Errors
/// When the store fails.
pub fn register(tx: &mut Tx<'_>, limit: usize) -> Result<Vec<Registered>> {
    let rows = tx.query(
        "SELECT number, document_id, state, reason, taken_at FROM official_number \
         ORDER BY taken_at DESC, seq DESC LIMIT ?1",
        params![limit],
    )?;
    let lines: Result<Vec<_>, StoreError> = rows
        .iter()
        .map(|row| {
            Ok(Registered {
                number: row.get("number")?,
                document_id: row.get("document_id")?,
                state: row.get("state")?,
                reason: row.get("reason")?,
                taken_at: row.get("taken_at")?,
            })
        })
        .collect();
    Ok(lines?)
}

/// What is asked of the register.
#[derive(Debug, Clone, Default)]
pub struct Question {
    /// The whole number or a part of it.
    pub number: String,
    /// `reserved`, `used`, `cancelled`, or empty for all.
    pub state: String,
    /// Key of the last line seen, as [`page`] gave it.
    pub after: String,
    pub limit: usize,
}

/// A line of the register as a person sees it.
#[derive(Debug, Clone)]
pub struct Line {
    pub registered: Registered,
    pub unit_name: String,
    /// Only of letters that the person may see.
    pub subject: Option<String>,
}

impl Line {
    /// The word for what became of the number.
    #[must_use]
    pub fn state_label(&self) -> &'static str {
        match self.registered.state.as_str() {
            "used" => "Kullanıldı",
            "cancelled" => "İptal",
            _ => "İmza bekliyor",
        }
    }
}

/// The register, the newest first: all of it for an administrator, otherwise that of the units in
/// which the person has a role. With the key of the lines that follow.
///
/// # Errors
/// When the store fails.
pub fn page(
    tx: &mut Tx<'_>,
    act: &Act<'_>,
    question: &Question,
) -> Result<(Vec<Line>, Option<String>)> {
    let (before, seq) = question.after.split_once('-').unwrap_or_default();
    let before: i64 = before.parse().unwrap_or(i64::MAX);
    let seq: i64 = seq.parse().unwrap_or(i64::MAX);
    let part = question.number.trim().to_lowercase();
    let sql = format!(
        "SELECT n.number, n.document_id, n.state, n.reason, n.taken_at, n.seq, \
         u.name AS unit_name, CASE WHEN {VISIBLE_LETTER} THEN d.subject END AS subject \
         FROM official_number n JOIN document d ON d.id = n.document_id \
         JOIN unit u ON u.id = d.unit_id \
         WHERE (CAST(?3 AS BIGINT) = 1 OR d.unit_id IN (SELECT unit_id FROM user_scope WHERE user_id = ?1)) \
         AND LOWER(n.number) LIKE ?4 ESCAPE '!' AND (CAST(?5 AS TEXT) = '' OR n.state = ?5) \
         AND (n.taken_at < ?6 OR (n.taken_at = ?6 AND n.seq < ?7)) \
         ORDER BY n.taken_at DESC, n.seq DESC LIMIT ?8"
    );
    let rows = tx.query(
        &sql,
        params![
            &act.actor.user_id,
            act.now,
            act.actor.has(Role::Administrator),
            format!("%{}%", store::like(&part)),
            &question.state,
            before,
            seq,
            question.limit + 1
        ],
    )?;
    let mut lines = Vec::with_capacity(rows.len());
    let mut key = None;
    for row in rows.iter().take(question.limit) {
        let taken_at: jiff::Timestamp = row.get("taken_at")?;
        key = Some(format!(
            "{}-{}",
            taken_at.as_microsecond(),
            row.get::<i64>("seq")?
        ));
        lines.push(Line {
            registered: Registered {
                number: row.get("number")?,
                document_id: row.get("document_id")?,
                state: row.get("state")?,
                reason: row.get("reason")?,
                taken_at,
            },
            unit_name: row.get("unit_name")?,
            subject: row.get("subject")?,
        });
    }
    let more = rows.len() > question.limit;
    Ok((lines, key.filter(|_| more)))
}

/// Whether the letter ever took a number, whatever became of it.
pub(super) fn was_taken(tx: &mut Tx<'_>, document_id: &str) -> Result<bool, StoreError> {
    let found = tx.query_opt(
        "SELECT number FROM official_number WHERE document_id = ?1 LIMIT 1",
        params![document_id],
    )?;
    Ok(found.is_some())
}

struct Reserved {
    series: String,
    year: i64,
    seq: i64,
    number: String,
}

fn reserved(tx: &mut Tx<'_>, document_id: &str) -> Result<Option<Reserved>, StoreError> {
    tx.query_opt(
        "SELECT series, year, seq, number FROM official_number \
         WHERE document_id = ?1 AND state = 'reserved'",
        params![document_id],
    )?
    .map(|row| {
        Ok(Reserved {
            series: row.get("series")?,
            year: row.get("year")?,
            seq: row.get("seq")?,
            number: row.get("number")?,
        })
    })
    .transpose()
}

/// The series that counts and the DETSİS number that stands in the sayı.
///
/// # Errors
/// `birim_yok`; `sayi_ayari` for the pair of settings that [`setting::choose`] refuses, should an
/// older version have taken it.
fn series_of(tx: &mut Tx<'_>, unit_id: &str) -> Result<(String, String)> {
    let missing = || {
        invalid(
            "birim_yok",
            "Evrakın birimi rehberde yok; yöneticinize bildirin.",
        )
    };
    let unit = directory::by_id(tx, &UnitId::new(unit_id))?.ok_or_else(missing)?;
    let institution = directory::by_id(tx, &unit.institution_id)?.ok_or_else(missing)?;
    let per_unit = setting::chosen(tx, setting::NUMBER_SCOPE)? == "unit";
    let whole = setting::chosen(tx, setting::NUMBER_DETSIS)? == "institution";
    match (per_unit, whole) {
        (true, true) => Err(conflict("sayi_ayari", setting::SAME_NUMBER_TWICE)),
        (true, false) => Ok((unit.id.as_str().to_owned(), unit.detsis_no)),
        (false, true) => Ok((institution.id.as_str().to_owned(), institution.detsis_no)),
        (false, false) => Ok((institution.id.as_str().to_owned(), unit.detsis_no)),
    }
}

/// Whether a year begins with 1; otherwise it goes on from the number before.
fn starts_anew(tx: &mut Tx<'_>) -> Result<bool, StoreError> {
    Ok(setting::chosen(tx, setting::NUMBER_YEARLY)? != "no")
}

/// The number of a wet-signed letter: `Z-` or `O-`, counted in the series of the electronic ones,
/// so that no running number stands twice (decision 3).
///
/// # Errors
/// `birim_yok`, `sayi_ayari`.
pub(crate) fn take_wet(
    tx: &mut Tx<'_>,
    unit_id: &str,
    prefix: &str,
    code: &str,
    dated: Date,
) -> Result<String> {
    let (series, detsis) = series_of(tx, unit_id)?;
    let seq = next(tx, &series, i64::from(dated.year()))?;
    Ok(format!("{prefix}-{detsis}-{code}-{seq}"))
}

/// The first of `count` numbers of a series that runs over the years and never goes back: what was
/// taken once stays taken, whatever became of it.
pub(crate) fn take_many(tx: &mut Tx<'_>, series: &str, count: usize) -> Result<i64, StoreError> {
    let count = i64::try_from(count).unwrap_or(i64::MAX);
    let last: i64 = tx.scalar(
        "INSERT INTO number_series (series, year, last_seq) VALUES (?1, 0, ?2) \
         ON CONFLICT (series, year) DO UPDATE SET last_seq = number_series.last_seq + ?2 \
         RETURNING last_seq",
        params![series, count],
    )?;
    Ok(last - count + 1)
}

fn is_taken(tx: &mut Tx<'_>, number: &str, year: i64) -> Result<bool, StoreError> {
    let row = tx.query_opt(
        "SELECT 1 AS one FROM official_number WHERE number = ?1 AND year = ?2",
        params![number, year],
    )?;
    Ok(row.is_some())
}

/// Counts one on in the year's row of the series. A year begins with 1, or where the setting says
/// that counting never starts again, after the last number of the years before; then a letter that
/// is dated back counts on, too, since its own year's numbers have been gone on from.
fn next(tx: &mut Tx<'_>, series: &str, year: i64) -> Result<i64, StoreError> {
    let newest = tx.query_opt(
        "SELECT year, last_seq FROM number_series WHERE series = ?1 ORDER BY year DESC LIMIT 1",
        params![series],
    )?;
    let (year, first) = match newest {
        Some(row) if !starts_anew(tx)? => {
            let last: i64 = row.get("last_seq")?;
            (year.max(row.get("year")?), last + 1)
        }
        _ => (year, 1),
    };
    tx.scalar(
        "INSERT INTO number_series (series, year, last_seq) VALUES (?1, ?2, ?3) \
         ON CONFLICT (series, year) DO UPDATE SET last_seq = number_series.last_seq + 1 \
         RETURNING last_seq",
        params![series, year, first],
    )
}
