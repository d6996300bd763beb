//! How many units stand today, asked in a handful of statements however many they are.

use std::collections::HashMap;

use super::store::today as sql;
use super::{KepAddress, Unit};
use crate::store::{StoreError, Tx};

/// A unit with everything that a recipient list asks about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Today {
    pub unit: Unit,
    /// The KEP address at which it is reached, its own or that of a unit above.
    pub kep_address: Option<String>,
    /// `Havsa Belediye Başkanlığı`.
    pub institution_name: String,
    /// The postal address kept for it, or for its institution.
    pub postal_address: Option<String>,
    /// The unit that took over from it.
    pub successor_id: Option<String>,
}

/// The units with these identifiers, by identifier; those that the directory lacks are absent.
///
/// # Errors
/// When the store fails.
pub fn of(tx: &mut Tx<'_>, ids: &[&str]) -> Result<HashMap<String, Today>, StoreError> {
    let units = sql::units(tx, ids)?;
    let mut institutions: Vec<&str> = units
        .values()
        .map(|unit| unit.institution_id.as_str())
        .collect();
    institutions.sort_unstable();
    institutions.dedup();
    let names = sql::units(tx, &institutions)?;
    let mut addresses = sql::addresses(tx, ids)?;
    let mut successors = sql::successors(tx, ids)?;
    let mut owners = institutions.clone();
    owners.extend(ids);
    let postal = sql::postal(tx, &owners)?;
    Ok(units
        .iter()
        .map(|(id, unit)| {
            let institution = unit.institution_id.as_str();
            let address = addresses.remove(id);
            let today = Today {
                kep_address: address.filter(|address| KepAddress::parse(address).is_ok()),
                institution_name: names
                    .get(institution)
                    .map_or_else(|| unit.name.clone(), |found| found.name.clone()),
                postal_address: postal.get(id).or_else(|| postal.get(institution)).cloned(),
                successor_id: successors.remove(id),
                unit: unit.clone(),
            };
            (id.clone(), today)
        })
        .collect())
}
