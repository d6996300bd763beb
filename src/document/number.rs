//! Sayı: the official number, taken once, never used twice (decision 1 and 2; regulation m. 11).

use jiff::civil::Date;

use super::{Letter, store};
use crate::access::Act;
use crate::audit;
use crate::directory::{self, UnitId};
use crate::error::{Result, invalid};
use crate::params;
use crate::setting;
use crate::store::{StoreError, Tx};

/// `institution` (default) or `unit`: who counts.
const SCOPE: &str = "number.series_scope";
/// `yes` (default) or `no`: whether counting starts again each year.
const YEARLY: &str = "number.yearly_reset";
/// `unit` (default) or `institution`: whose DETSİS number stands in the sayı. Sources show both.
const WHOSE: &str = "number.detsis_of";

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
/// `dosya_bos` when no file code is chosen.
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
    let (series, detsis) = series_of(tx, letter)?;
    let yearly = setting::text(tx, YEARLY)?.is_none_or(|choice| choice != "no");
    let year = if yearly { i64::from(today.year()) } else { 0 };
    let prefix = format!("E-{detsis}-{code}-");
    if let Some(kept) = reserved(tx, &letter.id)? {
        let fits = kept.number.starts_with(&prefix) && kept.series == series && kept.year == year;
        if fits {
            store::set_number(tx, &letter.id, Some((&kept.number, kept.seq, today)))?;
            return Ok(kept.number);
        }
        cancel(tx, act, &letter.id, "Dosya kodu ya da yıl değişti.")?;
    }
    let seq = next(tx, &series, year)?;
    let number = format!("{prefix}{seq}");
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
fn series_of(tx: &mut Tx<'_>, letter: &Letter) -> Result<(String, String)> {
    let missing = || {
        invalid(
            "birim_yok",
            "Evrakın birimi rehberde yok; yöneticinize bildirin.",
        )
    };
    let unit = directory::by_id(tx, &UnitId::new(letter.unit_id.clone()))?.ok_or_else(missing)?;
    let institution = directory::by_id(tx, &unit.institution_id)?.ok_or_else(missing)?;
    let per_unit = setting::text(tx, SCOPE)?.is_some_and(|choice| choice == "unit");
    let whole = setting::text(tx, WHOSE)?.is_some_and(|choice| choice == "institution");
    let series = if per_unit {
        unit.id.as_str()
    } else {
        institution.id.as_str()
    };
    let detsis = if whole {
        institution.detsis_no.clone()
    } else {
        unit.detsis_no.clone()
    };
    Ok((series.to_owned(), detsis))
}

fn next(tx: &mut Tx<'_>, series: &str, year: i64) -> Result<i64, StoreError> {
    tx.scalar(
        "INSERT INTO number_series (series, year, last_seq) VALUES (?1, ?2, 1) \
         ON CONFLICT (series, year) DO UPDATE SET last_seq = number_series.last_seq + 1 \
         RETURNING last_seq",
        params![series, year],
    )
}
