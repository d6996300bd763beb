//! The SQL of the proof bundle: which letter a number means.

use crate::params;
use crate::store::{StoreError, Tx};

/// Letters with this whole number, or with this last part when it is a plain number.
pub(super) fn by_number(
    tx: &mut Tx<'_>,
    number: &str,
) -> Result<Vec<(String, String)>, StoreError> {
    let rows = match number.parse::<i64>() {
        Ok(last_part) => tx.query(
            "SELECT id, official_number FROM document WHERE official_seq = ?1 \
             AND official_number IS NOT NULL ORDER BY id LIMIT 20",
            params![last_part],
        )?,
        Err(_) => tx.query(
            "SELECT id, official_number FROM document WHERE official_number = ?1 \
             ORDER BY id LIMIT 20",
            params![number],
        )?,
    };
    rows.iter()
        .map(|row| Ok((row.get("id")?, row.get("official_number")?)))
        .collect()
}
