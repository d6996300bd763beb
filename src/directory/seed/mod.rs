//! The directory of a fresh installation, grown by rule from the compact files in `assets/seed`.
//!
//! The files state public facts (places, municipalities, the few DETSİS numbers that are public)
//! and templates of units per kind of institution; everything else follows from them. Only
//! institutions carry addresses, and those lie under a reserved domain, Havsa's excepted, which
//! the manual prints (figure 8). `exceptions.csv` names institutions without an address and
//! units that are inactive, so that pre-flight has something to say.

mod files;

use std::collections::HashMap;

use super::{DetsisNo, InstitutionKind, KepAddress, UnitRecord};
use crate::turkish;

pub use files::SeedError;
use files::{Central, District, Municipality, Province, Seed, TemplateUnit, University};

/// Schools per district that [`units`] adds; the demo needs none, benchmarks grow with them.
///
/// None gives about 60,000 units, 165 about 220,000; 192 is the most.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Schools(pub u32);

/// Courthouses stand in districts with at least this many people (a rule of ours, not a registry).
const COURTHOUSE_POPULATION: u32 = 20_000;
/// From this many people on a courthouse has the courts of the large class.
const LARGE_COURTHOUSE_POPULATION: u32 = 100_000;
/// Lower bounds of the classes of district municipalities.
const MEDIUM_MUNICIPALITY: u32 = 25_000;
const LARGE_MUNICIPALITY: u32 = 100_000;
/// Names in the template of schools; each may stand twice in a district.
const SCHOOL_NAMES: u32 = 96;
const CENTRAL_DISTRICT: &str = "Merkez";
/// The one address of the manual.
const HAVSA: (&str, &str) = ("Havsa Belediye Başkanlığı", "havsabelediyesi@hs01.kep.tr");
/// Domain of all other addresses; nothing under it can ever be delivered.
const DEMO_DOMAIN: &str = "hs99.kep.example";

/// The second digit of a demo number says which rule made it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Series {
    MoreSchools = 0,
    Municipality = 1,
    Governorship = 2,
    DistrictGovernorship = 3,
    ProvincialEducation = 4,
    DistrictEducation = 5,
    Courthouse = 6,
    University = 7,
    Central = 8,
    School = 9,
}

/// All units, parents before children; a pure function of the files and `schools`.
///
/// # Errors
/// [`SeedError`] when a file of the program is broken.
pub fn units(schools: Schools) -> Result<impl Iterator<Item = UnitRecord>, SeedError> {
    let seed = Seed::read()?;
    let central = seed.central()?;
    let mut institutions: Vec<Plan> = Vec::new();
    for province in &seed.provinces {
        seed.plan_province(province, &mut institutions);
    }
    for university in &seed.universities {
        institutions.push(Plan::university(university));
    }
    if schools.0 > 0 {
        seed.plan_schools(schools, &mut institutions);
    }
    Ok(central.into_iter().chain(
        institutions
            .into_iter()
            .flat_map(move |plan| seed.grow(&plan)),
    ))
}

/// An institution that the rules call for, before its units are grown.
struct Plan {
    series: Series,
    place: u32,
    kind: InstitutionKind,
    /// The number of the unit above, real or of the demo series.
    parent: Option<String>,
    name: String,
    /// What `{}` in a template stands for.
    town: String,
    province: String,
    district: String,
    template: &'static str,
    class: &'static str,
    /// First part of its address; none for what is reached at its institution's.
    local_part: Option<String>,
    is_institution: bool,
    /// Only the units are wanted, the institution stands already (schools).
    units_only: bool,
    /// Stands before the names of the template's units.
    prefix: &'static str,
    /// At most this many template units.
    most: usize,
}

impl Plan {
    /// An institution of the whole province, with an address, no unit above and all of its template.
    fn institution(
        series: Series,
        place: u32,
        kind: InstitutionKind,
        name: String,
        province: &str,
        template: &'static str,
    ) -> Self {
        Self {
            series,
            place,
            kind,
            parent: None,
            local_part: Some(ascii(&name)),
            name,
            town: province.to_owned(),
            province: province.to_owned(),
            district: String::new(),
            template,
            class: "all",
            is_institution: true,
            units_only: false,
            prefix: "",
            most: usize::MAX,
        }
    }

    fn university(row: &University) -> Self {
        let known_as = row.name.trim_end_matches(" Rektörlüğü");
        Self {
            local_part: Some(ascii(known_as)),
            ..Self::institution(
                Series::University,
                row.code,
                InstitutionKind::University,
                row.name.clone(),
                &row.province,
                "university",
            )
        }
    }

    /// The same below the province: its address carries the province too, as names recur.
    fn in_district(self, district: &str) -> Self {
        Self {
            local_part: Some(format!("{}.{}", ascii(&self.name), ascii(&self.province))),
            town: district.to_owned(),
            district: district.to_owned(),
            ..self
        }
    }
}

impl Seed {
    /// Ministries and other central bodies with the units that `central.csv` names.
    fn central(&self) -> Result<Vec<UnitRecord>, SeedError> {
        let mut records = Vec::new();
        for row in self.central.iter().filter(|row| row.unit == 0) {
            let kind = InstitutionKind::parse(&row.kind).ok_or_else(|| SeedError {
                file: "central.csv",
                reason: format!("{}: unknown kind {}", row.name, row.kind),
            })?;
            let template = if kind == InstitutionKind::Agency {
                "agency"
            } else {
                "ministry"
            };
            let name = row.name.clone();
            let plan = Plan {
                parent: row.parent.and_then(|place| self.central_number(place)),
                ..Plan::institution(
                    Series::Central,
                    row.place,
                    kind,
                    name,
                    &row.province,
                    template,
                )
            };
            let number = self.number_of(&plan);
            records.extend(self.grow(&plan));
            for unit in self
                .central
                .iter()
                .filter(|unit| unit.place == row.place && unit.unit != 0)
            {
                let own = central_number(unit);
                records.extend(self.record(&own, Some(&number), &unit.name, None, None));
            }
        }
        Ok(records)
    }

    fn central_number(&self, place: u32) -> Option<String> {
        self.central
            .iter()
            .find(|row| row.place == place && row.unit == 0)
            .map(central_number)
    }

    fn central_named(&self, name: &str) -> Option<String> {
        self.central
            .iter()
            .find(|row| row.name == name)
            .map(central_number)
    }

    fn plan_province(&self, province: &Province, plans: &mut Vec<Plan>) {
        let governorship = Plan {
            parent: self.central_named("İçişleri Bakanlığı"),
            class: if province.metropolitan == 1 {
                "metropolitan"
            } else {
                "all"
            },
            ..Plan::institution(
                Series::Governorship,
                province.plate,
                InstitutionKind::Governorship,
                format!("{} Valiliği", province.name),
                &province.name,
                "governorship",
            )
        };
        let governorship_number = self.number_of(&governorship);
        plans.push(governorship);
        plans.push(Plan {
            parent: Some(governorship_number.clone()),
            ..provincial_education(province)
        });
        plans.push(self.courthouse(&province.name, province.plate, &province.name, true));
        for district in self
            .districts
            .iter()
            .filter(|row| row.plate == province.plate)
        {
            self.plan_district(province, district, &governorship_number, plans);
        }
        for municipality in self
            .municipalities
            .iter()
            .filter(|row| row.plate == province.plate)
        {
            plans.push(plan_municipality(province, municipality));
        }
    }

    /// Central districts (Merkez) have no district governor; the governor's own offices serve them.
    fn plan_district(
        &self,
        province: &Province,
        district: &District,
        governorship: &str,
        plans: &mut Vec<Plan>,
    ) {
        if district.name == CENTRAL_DISTRICT {
            return;
        }
        let governor = Plan {
            parent: Some(governorship.to_owned()),
            ..Plan::institution(
                Series::DistrictGovernorship,
                district.code,
                InstitutionKind::DistrictGovernorship,
                format!("{} Kaymakamlığı", district.name),
                &province.name,
                "district_governorship",
            )
            .in_district(&district.name)
        };
        let governor_number = self.number_of(&governor);
        plans.push(governor);
        plans.push(Plan {
            parent: Some(governor_number),
            ..district_education(province, district)
        });
        if district.population >= COURTHOUSE_POPULATION {
            let large = district.population >= LARGE_COURTHOUSE_POPULATION;
            let courthouse = self.courthouse(&district.name, district.code, &province.name, large);
            plans.push(courthouse.in_district(&district.name));
        }
    }

    /// A courthouse is a unit of the ministry, so the word Adalet finds it (manual, figure 4).
    fn courthouse(&self, town: &str, place: u32, province: &str, large: bool) -> Plan {
        Plan {
            parent: self.central_named("Adalet Bakanlığı"),
            class: if large { "large" } else { "all" },
            is_institution: false,
            ..Plan::institution(
                Series::Courthouse,
                place,
                InstitutionKind::Justice,
                format!("{town} Adliyesi"),
                province,
                "courthouse",
            )
        }
    }

    fn plan_schools(&self, schools: Schools, plans: &mut Vec<Plan>) {
        let rounds = [
            (Series::School, "", 0),
            (Series::MoreSchools, "Yeni ", SCHOOL_NAMES),
        ];
        for district in &self.districts {
            let Some(province) = self
                .provinces
                .iter()
                .find(|row| row.plate == district.plate)
            else {
                continue;
            };
            for (series, prefix, before) in rounds {
                let office = if district.name == CENTRAL_DISTRICT {
                    provincial_education(province)
                } else {
                    district_education(province, district)
                };
                plans.push(Plan {
                    parent: Some(self.number_of(&office)),
                    series,
                    place: district.code,
                    prefix,
                    template: "school",
                    units_only: true,
                    most: schools.0.saturating_sub(before).min(SCHOOL_NAMES) as usize,
                    ..office
                });
            }
        }
    }

    fn number_of(&self, plan: &Plan) -> String {
        if plan.series == Series::Central {
            return self.central_number(plan.place).unwrap_or_default();
        }
        self.registered
            .get(&(
                plan.province.clone(),
                plan.district.clone(),
                plan.name.clone(),
            ))
            .cloned()
            .unwrap_or_else(|| demo_number(plan.series, plan.place, 0))
    }

    /// The institution's row and those of its units.
    fn grow(&self, plan: &Plan) -> Vec<UnitRecord> {
        let mut records = Vec::new();
        let number = self.number_of(plan);
        if !plan.units_only {
            let address = match &plan.local_part {
                _ if plan.name == HAVSA.0 => Some(HAVSA.1.to_owned()),
                Some(local) => Some(format!("{local}@{DEMO_DOMAIN}")),
                None => None,
            };
            let place = Some((plan.province.clone(), plan.district.clone()));
            records.extend(
                self.record(&number, plan.parent.as_deref(), &plan.name, place, address)
                    .map(|record| UnitRecord {
                        is_institution: plan.is_institution,
                        kind: Some(plan.kind),
                        ..record
                    }),
            );
        }
        let root = if plan.units_only {
            plan.parent.clone().unwrap_or_default()
        } else {
            number
        };
        let known = if plan.units_only {
            HashMap::new()
        } else {
            self.grow_registered(&root, &mut records)
        };
        let mut number_by_code = HashMap::new();
        for unit in self.template(plan).take(plan.most) {
            let name = format!("{}{}", plan.prefix, unit.name.replace("{}", &plan.town));
            let demo = demo_number(plan.series, plan.place, unit.code);
            let number = known.get(&name).unwrap_or(&demo);
            if *number == demo {
                let parent = unit.parent.and_then(|code| number_by_code.get(&code));
                let parent: &String = parent.unwrap_or(&root);
                records.extend(self.record(&demo, Some(parent), &name, None, None));
            }
            number_by_code.insert(unit.code, number.clone());
        }
        records
    }

    /// Units with public numbers below `root`; returns their numbers by name.
    fn grow_registered(
        &self,
        root: &str,
        records: &mut Vec<UnitRecord>,
    ) -> HashMap<String, String> {
        let mut numbers = HashMap::new();
        for unit in self.registered_units.get(root).into_iter().flatten() {
            records.extend(self.record(&unit.number, Some(root), &unit.name, None, None));
            numbers.insert(unit.name.clone(), unit.number.clone());
            numbers.extend(self.grow_registered(&unit.number, records));
        }
        numbers
    }

    fn template<'a>(&'a self, plan: &Plan) -> impl Iterator<Item = &'a TemplateUnit> + use<'a> {
        let (template, class) = (plan.template, plan.class);
        self.templates.iter().filter(move |unit| {
            unit.series == template
                && unit
                    .classes
                    .split(' ')
                    .any(|known| known == class || known == "all")
        })
    }

    fn record(
        &self,
        number: &str,
        parent: Option<&str>,
        name: &str,
        place: Option<(String, String)>,
        address: Option<String>,
    ) -> Option<UnitRecord> {
        let address = address.filter(|_| !self.without_address.contains(number));
        Some(UnitRecord {
            detsis_no: DetsisNo::parse(number).ok()?,
            parent: parent.and_then(|parent| DetsisNo::parse(parent).ok()),
            is_institution: false,
            kind: None,
            name: name.to_owned(),
            place,
            kep_address: address.and_then(|address| KepAddress::parse(&address).ok()),
            uets_address: None,
            postal_address: None,
            active: !self.inactive.contains(number),
            successor: None,
        })
    }
}

fn provincial_education(province: &Province) -> Plan {
    Plan::institution(
        Series::ProvincialEducation,
        province.plate,
        InstitutionKind::Education,
        format!("{} İl Millî Eğitim Müdürlüğü", province.name),
        &province.name,
        "provincial_education",
    )
}

fn district_education(province: &Province, district: &District) -> Plan {
    Plan::institution(
        Series::DistrictEducation,
        district.code,
        InstitutionKind::Education,
        format!("{} İlçe Millî Eğitim Müdürlüğü", district.name),
        &province.name,
        "district_education",
    )
    .in_district(&district.name)
}

fn plan_municipality(province: &Province, row: &Municipality) -> Plan {
    let (title, class) = match (row.kind.as_str(), row.population) {
        ("metropolitan", _) => ("Büyükşehir Belediye Başkanlığı", "metropolitan"),
        ("city", _) => ("Belediye Başkanlığı", "city"),
        ("town", _) => ("Belediye Başkanlığı", "town"),
        (_, LARGE_MUNICIPALITY..) => ("Belediye Başkanlığı", "large"),
        (_, MEDIUM_MUNICIPALITY..) => ("Belediye Başkanlığı", "medium"),
        _ => ("Belediye Başkanlığı", "small"),
    };
    let mut address = vec![ascii(&format!(
        "{} {}",
        row.name,
        title.replace("Başkanlığı", "si")
    ))];
    if class == "town" {
        address.push(ascii(&row.district));
    }
    if !matches!(class, "metropolitan" | "city") {
        address.push(ascii(&province.name));
    }
    Plan {
        district: row.district.clone(),
        class,
        local_part: Some(address.join(".")),
        ..Plan::institution(
            Series::Municipality,
            row.code,
            InstitutionKind::Municipality,
            format!("{} {title}", row.name),
            &province.name,
            "municipality",
        )
    }
}

/// `0`, the series, four digits of the place, two of the unit: a pure function of what it names.
fn demo_number(series: Series, place: u32, unit: u32) -> String {
    format!("0{}{place:04}{unit:02}", series as u8)
}

fn central_number(row: &Central) -> String {
    if row.number.is_empty() {
        demo_number(Series::Central, row.place, row.unit)
    } else {
        row.number.clone()
    }
}

fn ascii(name: &str) -> String {
    turkish::search_key(name).split(' ').collect()
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::files::{Exception, rows};
    use super::*;

    fn all(schools: u32) -> Vec<UnitRecord> {
        units(Schools(schools)).unwrap().collect()
    }

    #[test]
    fn every_unit_has_its_own_number_and_a_parent_before_it() {
        for schools in [0, 165] {
            let mut seen = HashSet::new();
            for unit in all(schools) {
                if let Some(parent) = &unit.parent {
                    assert!(
                        seen.contains(parent),
                        "{} comes before its parent",
                        unit.name
                    );
                }
                assert!(
                    seen.insert(unit.detsis_no.clone()),
                    "{} {}",
                    unit.detsis_no,
                    unit.name
                );
            }
            let least = if schools == 0 { 30_000 } else { 200_000 };
            assert!(seen.len() >= least, "{}", seen.len());
        }
    }

    #[test]
    fn havsa_has_exactly_the_units_of_the_manual() {
        let all = all(0);
        let havsa = all
            .iter()
            .find(|unit| unit.name == "Havsa Belediye Başkanlığı")
            .unwrap();
        assert_eq!(
            havsa.kep_address.as_ref().map(KepAddress::as_str),
            Some("havsabelediyesi@hs01.kep.tr")
        );
        let mut names: Vec<String> = all
            .iter()
            .filter(|unit| unit.parent.as_ref() == Some(&havsa.detsis_no))
            .map(|unit| turkish::upper(&unit.name))
            .collect();
        names.sort_by(|left, right| turkish::compare(left, right));
        assert_eq!(
            names,
            [
                "EMLAK VE İSTİMLAK MÜDÜRLÜĞÜ",
                "FEN İŞLERİ MÜDÜRLÜĞÜ",
                "İMAR VE ŞEHİRCİLİK MÜDÜRLÜĞÜ",
                "İTFAİYE ÇAVUŞLUĞU",
                "MALİ HİZMETLER MÜDÜRLÜĞÜ",
                "MUHTARLIK İŞLERİ MÜDÜRLÜĞÜ",
                "TEMİZLİK İŞLERİ MÜDÜRLÜĞÜ",
                "VETERİNER İŞLERİ MÜDÜRLÜĞÜ",
                "YAZI İŞLERİ MÜDÜRLÜĞÜ",
                "ZABITA AMİRLİĞİ",
            ]
        );
    }

    #[test]
    fn addresses_are_unique_and_only_havsa_leaves_the_reserved_domain() {
        let mut seen = HashSet::new();
        for unit in all(0) {
            let Some(address) = unit.kep_address else {
                continue;
            };
            assert!(
                address.is_demo() || unit.name == "Havsa Belediye Başkanlığı",
                "{address} of {}",
                unit.name
            );
            assert!(seen.insert(address.clone()), "{address} twice");
        }
    }

    #[test]
    fn exceptions_name_units_that_exist() {
        let all = all(0);
        for exception in rows::<Exception>(
            "exceptions.csv",
            include_str!("../../../assets/seed/exceptions.csv"),
        )
        .unwrap()
        {
            let unit = all
                .iter()
                .find(|unit| unit.detsis_no.as_str() == exception.number)
                .unwrap();
            match exception.exception.as_str() {
                "inactive" => assert!(!unit.active),
                _ => assert!(unit.is_institution && unit.kep_address.is_none()),
            }
        }
    }
}
