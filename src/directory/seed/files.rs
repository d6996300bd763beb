//! The seed's files as rows.

use std::collections::{HashMap, HashSet};

use serde::Deserialize;
use serde::de::DeserializeOwned;

/// Why a seed file cannot be read; a mistake in the program's own files.
#[derive(Debug, thiserror::Error)]
#[error("seed file {file}: {reason}")]
pub struct SeedError {
    pub(super) file: &'static str,
    pub(super) reason: String,
}

#[derive(Deserialize)]
pub(super) struct Province {
    pub plate: u32,
    pub name: String,
    pub metropolitan: u8,
}

#[derive(Deserialize)]
pub(super) struct District {
    pub plate: u32,
    /// Number of the district in the population registry (NVİ); four digits.
    pub code: u32,
    pub name: String,
    pub population: u32,
}

#[derive(Deserialize)]
pub(super) struct Municipality {
    pub plate: u32,
    pub code: u32,
    pub district: String,
    pub name: String,
    pub kind: String,
    pub population: u32,
}

#[derive(Deserialize)]
pub(super) struct University {
    pub code: u32,
    pub province: String,
    pub name: String,
}

#[derive(Deserialize)]
pub(super) struct Central {
    pub place: u32,
    pub unit: u32,
    pub number: String,
    pub parent: Option<u32>,
    pub kind: String,
    pub province: String,
    pub name: String,
}

/// A unit whose DETSİS number is public; without a parent it is an institution made by rule.
#[derive(Deserialize)]
pub(super) struct Registered {
    pub number: String,
    pub parent: String,
    pub province: String,
    pub district: String,
    pub name: String,
}

#[derive(Deserialize)]
pub(super) struct TemplateUnit {
    pub series: String,
    pub code: u32,
    pub parent: Option<u32>,
    pub name: String,
    pub classes: String,
}

#[derive(Deserialize)]
pub(super) struct Exception {
    pub number: String,
    pub exception: String,
}

/// What the files state.
pub(super) struct Seed {
    pub provinces: Vec<Province>,
    pub districts: Vec<District>,
    pub municipalities: Vec<Municipality>,
    pub universities: Vec<University>,
    pub central: Vec<Central>,
    pub templates: Vec<TemplateUnit>,
    /// Real numbers of institutions by (province, district, name).
    pub registered: HashMap<(String, String, String), String>,
    /// Real units by the number of the unit above.
    pub registered_units: HashMap<String, Vec<Registered>>,
    pub without_address: HashSet<String>,
    pub inactive: HashSet<String>,
}

impl Seed {
    pub(super) fn read() -> Result<Self, SeedError> {
        let mut registered = HashMap::new();
        let mut registered_units: HashMap<String, Vec<Registered>> = HashMap::new();
        for row in rows::<Registered>(
            "registered.csv",
            include_str!("../../../assets/seed/registered.csv"),
        )? {
            if row.parent.is_empty() {
                registered.insert((row.province, row.district, row.name), row.number);
            } else {
                registered_units
                    .entry(row.parent.clone())
                    .or_default()
                    .push(row);
            }
        }
        let exceptions = rows::<Exception>(
            "exceptions.csv",
            include_str!("../../../assets/seed/exceptions.csv"),
        )?;
        let named = |what: &str| {
            exceptions
                .iter()
                .filter(|row| row.exception == what)
                .map(|row| row.number.clone())
                .collect()
        };
        Ok(Self {
            provinces: rows(
                "provinces.csv",
                include_str!("../../../assets/seed/provinces.csv"),
            )?,
            districts: rows(
                "districts.csv",
                include_str!("../../../assets/seed/districts.csv"),
            )?,
            municipalities: rows(
                "municipalities.csv",
                include_str!("../../../assets/seed/municipalities.csv"),
            )?,
            universities: rows(
                "universities.csv",
                include_str!("../../../assets/seed/universities.csv"),
            )?,
            central: rows(
                "central.csv",
                include_str!("../../../assets/seed/central.csv"),
            )?,
            templates: rows(
                "unit_templates.csv",
                include_str!("../../../assets/seed/unit_templates.csv"),
            )?,
            registered,
            registered_units,
            without_address: named("no_address"),
            inactive: named("inactive"),
        })
    }
}

pub(super) fn rows<T: DeserializeOwned>(
    file: &'static str,
    text: &str,
) -> Result<Vec<T>, SeedError> {
    csv::Reader::from_reader(text.as_bytes())
        .into_deserialize()
        .collect::<Result<Vec<T>, csv::Error>>()
        .map_err(|error| SeedError {
            file,
            reason: error.to_string(),
        })
}
