//! The SQL that asks after many units at once: how they stand, how they are reached, who followed.

use std::collections::HashMap;

use jiff::Timestamp;

use super::super::UnitId;
use super::{COLUMNS, unit};
use crate::directory::Unit;
use crate::params;
use crate::store::{StoreError, Tx, Value};

/// Keys that one statement names.
const AT_ONCE: usize = 500;

/// `?1, ?2, …` for a chunk of keys, with the keys as values.
fn marks(keys: &[&str]) -> (String, Vec<Value>) {
    let marks: Vec<String> = (1..=keys.len()).map(|index| format!("?{index}")).collect();
    let values = keys.iter().map(|key| Value::from(*key)).collect();
    (marks.join(", "), values)
}

/// The units with these identifiers; a statement for every [`AT_ONCE`] of them.
pub(in crate::directory) fn units(
    tx: &mut Tx<'_>,
    ids: &[&str],
) -> Result<HashMap<String, Unit>, StoreError> {
    let mut units = HashMap::with_capacity(ids.len());
    for chunk in ids.chunks(AT_ONCE) {
        let (marks, values) = marks(chunk);
        let sql = format!("SELECT {COLUMNS} FROM unit WHERE id IN ({marks})");
        for row in tx.query(&sql, &values)? {
            let unit = unit(&row)?;
            units.insert(unit.id.as_str().to_owned(), unit);
        }
    }
    Ok(units)
}

/// KEP addresses at which these units are reached: each one's own, or the nearest above it.
pub(in crate::directory) fn addresses(
    tx: &mut Tx<'_>,
    ids: &[&str],
) -> Result<HashMap<String, String>, StoreError> {
    let mut addresses = HashMap::with_capacity(ids.len());
    for chunk in ids.chunks(AT_ONCE) {
        let (marks, values) = marks(chunk);
        // One climbs only as far as the first address, and never out of the institution.
        let sql = format!(
            "WITH RECURSIVE above (asked, id, parent_id, institution_id, kep_address, step) AS (
                 SELECT id, id, parent_id, institution_id, kep_address, 0 FROM unit
                 WHERE id IN ({marks})
                 UNION ALL
                 SELECT a.asked, u.id, u.parent_id, u.institution_id, u.kep_address, a.step + 1
                 FROM above a JOIN unit u ON u.id = a.parent_id
                 WHERE a.kep_address IS NULL AND a.id <> a.institution_id AND a.step < 20
             )
             SELECT asked, kep_address FROM above WHERE kep_address IS NOT NULL"
        );
        for row in tx.query(&sql, &values)? {
            addresses.insert(row.get("asked")?, row.get("kep_address")?);
        }
    }
    Ok(addresses)
}

/// Identifiers of the units that took over from these, as far as they are in the directory.
pub(in crate::directory) fn successors(
    tx: &mut Tx<'_>,
    ids: &[&str],
) -> Result<HashMap<String, String>, StoreError> {
    let mut successors = HashMap::new();
    for chunk in ids.chunks(AT_ONCE) {
        let (marks, values) = marks(chunk);
        let sql = format!(
            "SELECT s.unit_id, u.id FROM unit_successor s JOIN unit u ON u.detsis_no = s.successor_no
             WHERE s.unit_id IN ({marks})"
        );
        for row in tx.query(&sql, &values)? {
            successors.insert(row.get("unit_id")?, row.get("id")?);
        }
    }
    Ok(successors)
}

/// The number of the unit that took over from this one.
pub(in crate::directory) fn successor_no(
    tx: &mut Tx<'_>,
    id: &UnitId,
) -> Result<Option<String>, StoreError> {
    tx.query_opt(
        "SELECT successor_no FROM unit_successor WHERE unit_id = ?1",
        params![id.as_str()],
    )?
    .map(|row| row.get("successor_no"))
    .transpose()
}

pub(in crate::directory) fn put_successor(
    tx: &mut Tx<'_>,
    id: &UnitId,
    successor_no: &str,
) -> Result<(), StoreError> {
    tx.execute(
        "INSERT INTO unit_successor (unit_id, successor_no) VALUES (?1, ?2)
         ON CONFLICT (unit_id) DO UPDATE SET successor_no = excluded.successor_no",
        params![id.as_str(), successor_no],
    )
    .map(drop)
}

/// Postal addresses kept for these units or parties.
pub(in crate::directory) fn postal(
    tx: &mut Tx<'_>,
    owners: &[&str],
) -> Result<HashMap<String, String>, StoreError> {
    let mut found = HashMap::new();
    for chunk in owners.chunks(AT_ONCE) {
        let (marks, values) = marks(chunk);
        let sql =
            format!("SELECT owner_id, address FROM postal_address WHERE owner_id IN ({marks})");
        for row in tx.query(&sql, &values)? {
            found.insert(row.get("owner_id")?, row.get("address")?);
        }
    }
    Ok(found)
}

/// The address kept for one owner, and who wrote it.
pub(in crate::directory) fn postal_with_author(
    tx: &mut Tx<'_>,
    owner_id: &str,
) -> Result<Option<(String, String)>, StoreError> {
    tx.query_opt(
        "SELECT address, updated_by FROM postal_address WHERE owner_id = ?1",
        params![owner_id],
    )?
    .map(|row| Ok((row.get("address")?, row.get("updated_by")?)))
    .transpose()
}

pub(in crate::directory) fn put_postal(
    tx: &mut Tx<'_>,
    owner_id: &str,
    address: &str,
    by: &str,
    now: Timestamp,
) -> Result<(), StoreError> {
    tx.execute(
        "INSERT INTO postal_address (owner_id, address, updated_by, updated_at)
         VALUES (?1, ?2, ?3, ?4)
         ON CONFLICT (owner_id) DO UPDATE SET address = excluded.address,
             updated_by = excluded.updated_by, updated_at = excluded.updated_at",
        params![owner_id, address, by, now],
    )
    .map(drop)
}
