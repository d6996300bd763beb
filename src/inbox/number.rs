//! *Kayıt numarası*: taken once from the institution's series, never used twice.

use jiff::civil::Date;

use crate::directory::{self, UnitId};
use crate::error::{Result, invalid};
use crate::params;
use crate::store::{StoreError, Tx};

/// A number of the registry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Number {
    pub series: String,
    pub year: i64,
    pub seq: i64,
    /// `2026/1542`
    pub text: String,
}

/// Whether a number was ever taken.
///
/// # Errors
/// When the store fails.
pub fn is_any_taken(tx: &mut Tx<'_>) -> Result<bool, StoreError> {
    let sql = "SELECT series FROM incoming_series LIMIT 1";
    Ok(tx.query_opt(sql, params![])?.is_some())
}

/// The series of the institution to which the unit belongs.
///
/// # Errors
/// `birim_yok`, and when the store fails.
pub(super) fn series_of(tx: &mut Tx<'_>, unit_id: &str) -> Result<String> {
    let unit = directory::by_id(tx, &UnitId::new(unit_id))?
        .ok_or_else(|| invalid("birim_yok", "Kaydı tutan birim rehberde yok."))?;
    Ok(unit.institution_id.as_str().to_owned())
}

/// The next `count` numbers of a series, in their order.
///
/// # Errors
/// When the store fails.
pub(super) fn take(
    tx: &mut Tx<'_>,
    series: &str,
    today: Date,
    count: usize,
) -> Result<Vec<Number>> {
    let year = i64::from(today.year());
    let count = i64::try_from(count).unwrap_or(i64::MAX);
    let last: i64 = tx.scalar(
        "INSERT INTO incoming_series (series, year, last_seq) VALUES (?1, ?2, ?3) \
         ON CONFLICT (series, year) DO UPDATE SET last_seq = incoming_series.last_seq + ?3 \
         RETURNING last_seq",
        params![series, year, count],
    )?;
    let numbers = (last - count + 1..=last).map(|seq| Number {
        text: format!("{year}/{seq}"),
        series: series.to_owned(),
        year,
        seq,
    });
    Ok(numbers.collect())
}
