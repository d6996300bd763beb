//! Adds and updates units from a CSV file or from the seed, beside a live server.
//!
//! Rows are written in transactions of at most [`ROWS_PER_TRANSACTION`] (decisions 26). What is
//! not in the file is left alone; a second run of the same file changes nothing.

mod file;

use std::collections::{HashMap, HashSet};
use std::io::Read;
use std::sync::Arc;

use jiff::Timestamp;

use super::store::{self, DEEPEST};
use super::{DetsisNo, InstitutionKind, KepAddress, Unit, UnitId, UnitRecord};
use super::{label, path_of, postal};
use crate::access::user;
use crate::config::Mode;
use crate::setting;
use crate::store::{Store, StoreError, Tx};
use crate::turkish;

pub use file::{ImportError, Numbered, Refusal, read};

/// Units that one transaction writes; bounds how long a live server waits.
pub const ROWS_PER_TRANSACTION: usize = 500;
/// Units above which others hang that are remembered between rows.
const REMEMBERED: usize = 20_000;

/// What an import did.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Report {
    pub added: usize,
    pub updated: usize,
    pub unchanged: usize,
    /// In the order of the file.
    pub refused: Vec<Refusal>,
}

impl Report {
    /// One Turkish sentence on the outcome.
    #[must_use]
    pub fn summary(&self) -> String {
        if self.added + self.updated + self.refused.len() == 0 {
            return format!("Değişiklik yok: {} birim zaten güncel.", self.unchanged);
        }
        format!(
            "{} birim eklendi, {} birim güncellendi, {} birim zaten günceldi, {} satır alınmadı.",
            self.added,
            self.updated,
            self.unchanged,
            self.refused.len()
        )
    }
}

/// Imports a file: reads it, puts parents before children, writes what can stand.
///
/// `progress` is called with the number of rows done and of all rows.
///
/// # Errors
/// When the file cannot be used at all or the store fails; rows written before stay.
pub fn run(
    store: &Store,
    source: impl Read,
    now: Timestamp,
    mut progress: impl FnMut(usize, usize),
) -> Result<Report, ImportError> {
    let (mut records, mut refused) = read(source)?;
    if is_real(store)? {
        refuse_demo(&mut records, &mut refused);
    }
    let total = records.len();
    let (ordered, unplaced) = parents_first(store, records)?;
    refused.extend(unplaced);
    let mut report = write(store, ordered.into_iter(), now, |done| {
        progress(done, total)
    })?;
    report.refused.extend(refused);
    report.refused.sort_by_key(|refusal| refusal.line);
    progress(total, total);
    Ok(report)
}

/// Writes units whose parents stand before them or in the directory already.
///
/// # Errors
/// When the store fails; whole transactions written before stay.
pub fn write(
    store: &Store,
    records: impl Iterator<Item = Numbered>,
    now: Timestamp,
    mut progress: impl FnMut(usize),
) -> Result<Report, StoreError> {
    let mut report = Report::default();
    let mut memory = Memory::default();
    let mut renamed = Vec::new();
    let mut done = 0;
    let mut records = records.peekable();
    while records.peek().is_some() {
        let chunk: Vec<Numbered> = records.by_ref().take(ROWS_PER_TRANSACTION).collect();
        done += chunk.len();
        let (part, above, moved) = store.write_blocking(move |tx| {
            let mut writer = Writer {
                tx,
                memory,
                now,
                report: Report::default(),
                renamed: vec![],
            };
            writer.write(&chunk)?;
            Ok::<_, StoreError>((writer.report, writer.memory, writer.renamed))
        })?;
        memory = above;
        renamed.extend(moved);
        report.added += part.added;
        report.updated += part.updated;
        report.unchanged += part.unchanged;
        report.refused.extend(part.refused);
        progress(done);
    }
    relabel_below(store, renamed, now)?;
    if report.added + report.updated > 0 {
        // Roles hold for units below the bound one, new ones included.
        store.write_blocking(user::refresh_scopes)?;
    }
    Ok(report)
}

/// A real folder takes no demo data, for ever (decisions 15).
fn is_real(store: &Store) -> Result<bool, StoreError> {
    let mode = store.read_blocking(|tx| setting::text(tx, setting::MODE))?;
    Ok(mode.as_deref() == Some(Mode::Real.code()))
}

fn refuse_demo(records: &mut Vec<Numbered>, refused: &mut Vec<Refusal>) {
    records.retain(|(line, record)| {
        let demo = record.detsis_no.is_demo()
            || record.kep_address.as_ref().is_some_and(KepAddress::is_demo);
        if demo {
            let reason = "örnek numara ya da örnek adres gerçek kuruluma alınmaz".to_owned();
            refused.push(Refusal {
                line: *line,
                reason,
            });
        }
        !demo
    });
}

/// Orders rows so that each follows its parent; refuses unknown parents and circles.
fn parents_first(
    store: &Store,
    records: Vec<Numbered>,
) -> Result<(Vec<Numbered>, Vec<Refusal>), StoreError> {
    let in_file: HashMap<DetsisNo, Option<DetsisNo>> = records
        .iter()
        .map(|(_, record)| (record.detsis_no.clone(), record.parent.clone()))
        .collect();
    let outside: HashSet<DetsisNo> = in_file
        .values()
        .flatten()
        .filter(|parent| !in_file.contains_key(*parent))
        .cloned()
        .collect();
    let known = parents_in_directory(store, outside)?;
    let parent_of = |number: &DetsisNo| match in_file.get(number) {
        Some(parent) => Some(parent.clone()),
        None => known.get(number).cloned(),
    };

    let mut ranked = Vec::with_capacity(records.len());
    let mut refused = Vec::new();
    for (line, record) in records {
        match depth(&record.detsis_no, parent_of) {
            Ok(depth) => ranked.push((depth, line, record)),
            Err(reason) => refused.push(Refusal { line, reason }),
        }
    }
    ranked.sort_by_key(|(depth, line, _)| (*depth, *line));
    Ok((
        ranked
            .into_iter()
            .map(|(_, line, record)| (line, record))
            .collect(),
        refused,
    ))
}

/// The parents of `numbers` and of everything above them, as the directory has them.
fn parents_in_directory(
    store: &Store,
    numbers: HashSet<DetsisNo>,
) -> Result<HashMap<DetsisNo, Option<DetsisNo>>, StoreError> {
    store.read_blocking(move |tx| {
        let mut known = HashMap::new();
        let mut wanted: Vec<DetsisNo> = numbers.into_iter().collect();
        while let Some(number) = wanted.pop() {
            if known.contains_key(&number) {
                continue;
            }
            let Some(unit) = store::by_number(tx, number.as_str())? else {
                continue;
            };
            let parent = match &unit.parent_id {
                Some(id) => {
                    store::by_id(tx, id)?.and_then(|unit| DetsisNo::parse(&unit.detsis_no).ok())
                }
                None => None,
            };
            wanted.extend(parent.clone());
            known.insert(number, parent);
        }
        Ok(known)
    })
}

/// How many units stand above `number`.
fn depth(
    number: &DetsisNo,
    parent_of: impl Fn(&DetsisNo) -> Option<Option<DetsisNo>>,
) -> Result<usize, String> {
    let mut above = number.clone();
    for depth in 0..=DEEPEST {
        match parent_of(&above) {
            None if depth == 1 => return Err(format!("üst birim {above} rehberde yok")),
            None => return Err(format!("üst birimlerden {above} rehberde yok")),
            Some(None) => return Ok(depth),
            Some(Some(parent)) if parent == *number => {
                return Err("birim kendi üstünde yer alıyor (döngü)".to_owned());
            }
            Some(Some(parent)) => above = parent,
        }
    }
    Err(format!(
        "birim ağacı {DEEPEST} düzeyden derin ya da döngülü"
    ))
}

/// What a unit hands down to those below it.
#[derive(Debug, Clone)]
struct Above {
    id: UnitId,
    institution_id: UnitId,
    kind: InstitutionKind,
    place: (String, String),
    path: String,
    institution_words: Arc<Vec<String>>,
    is_own: bool,
}

type Memory = HashMap<String, Above>;

struct Writer<'a, 'tx> {
    tx: &'a mut Tx<'tx>,
    memory: Memory,
    now: Timestamp,
    report: Report,
    /// Units whose line changed, so that those below must follow.
    renamed: Vec<String>,
}

impl Writer<'_, '_> {
    fn write(&mut self, rows: &[Numbered]) -> Result<(), StoreError> {
        if self.memory.len() > REMEMBERED {
            self.memory.clear();
        }
        let numbers: Vec<&str> = rows
            .iter()
            .map(|(_, record)| record.detsis_no.as_str())
            .collect();
        let mut present = store::by_numbers(self.tx, &numbers)?;
        for (line, record) in rows {
            self.write_row(*line, record, present.remove(record.detsis_no.as_str()))?;
        }
        Ok(())
    }

    fn write_row(
        &mut self,
        line: u64,
        record: &UnitRecord,
        old: Option<Unit>,
    ) -> Result<(), StoreError> {
        let above = match &record.parent {
            Some(parent) => match self.above(parent.as_str())? {
                Some(above) => Some(above),
                None => {
                    let reason = format!("üst birim {parent} alınmadı ya da rehberde yok");
                    self.report.refused.push(Refusal { line, reason });
                    return Ok(());
                }
            },
            None => None,
        };
        let unit = placed(record, above.as_ref(), old.as_ref());
        let (words, handed_down) = words_of(&unit, above.as_ref());
        let follows = match (&record.successor, &old) {
            (Some(successor), Some(old)) => {
                store::today::successor_no(self.tx, &old.id)?.as_deref() != Some(successor.as_str())
            }
            _ => false,
        };
        let addressed = match &record.postal_address {
            Some(address) => postal::keep_imported(self.tx, unit.id.as_str(), address, self.now)?,
            None => false,
        };
        match old {
            None => {
                store::insert(self.tx, &unit, &words, self.now)?;
                self.report.added += 1;
            }
            Some(old) if old == unit && !follows => {
                if addressed {
                    self.report.updated += 1;
                } else {
                    self.report.unchanged += 1;
                }
            }
            Some(old) => {
                let renamed = old.label != unit.label
                    || old.institution_id != unit.institution_id
                    || old.kind != unit.kind;
                store::update(self.tx, &unit, renamed.then_some(&words), self.now)?;
                if renamed {
                    self.renamed.push(unit.id.as_str().to_owned());
                }
                self.report.updated += 1;
            }
        }
        if let Some(successor) = &record.successor {
            store::today::put_successor(self.tx, &unit.id, successor.as_str())?;
        }
        self.memory
            .insert(unit.detsis_no.clone(), above_of(&unit, handed_down));
        Ok(())
    }

    /// The unit with this number as those below it see it.
    fn above(&mut self, number: &str) -> Result<Option<Above>, StoreError> {
        if let Some(above) = self.memory.get(number) {
            return Ok(Some(above.clone()));
        }
        let Some(unit) = store::by_number(self.tx, number)? else {
            return Ok(None);
        };
        let above = read_above(self.tx, &unit)?;
        self.memory.insert(number.to_owned(), above.clone());
        Ok(Some(above))
    }
}

fn read_above(tx: &mut Tx<'_>, unit: &Unit) -> Result<Above, StoreError> {
    let institution = if unit.is_institution() {
        unit.clone()
    } else {
        store::by_id(tx, &unit.institution_id)?.unwrap_or_else(|| unit.clone())
    };
    Ok(above_of(
        unit,
        Arc::new(turkish::search_words(&institution.label)),
    ))
}

fn above_of(unit: &Unit, institution_words: Arc<Vec<String>>) -> Above {
    Above {
        id: unit.id.clone(),
        institution_id: unit.institution_id.clone(),
        kind: unit.kind,
        place: (unit.province.clone(), unit.district.clone()),
        path: path_of(&unit.label).to_owned(),
        institution_words,
        is_own: unit.is_own,
    }
}

/// The unit that `record` describes, below `above`; keeps identifier and ownership of `old`.
fn placed(record: &UnitRecord, above: Option<&Above>, old: Option<&Unit>) -> Unit {
    let id = old.map_or_else(
        || UnitId::new(record.detsis_no.as_str()),
        |old| old.id.clone(),
    );
    let inside = above.filter(|_| !record.is_institution);
    let (province, district) = record
        .place
        .clone()
        .or_else(|| above.map(|above| above.place.clone()))
        .unwrap_or_default();
    let path = match inside {
        Some(above) => format!("{} > {}", above.path, record.name),
        None => record.name.clone(),
    };
    Unit {
        institution_id: inside.map_or_else(|| id.clone(), |above| above.institution_id.clone()),
        detsis_no: record.detsis_no.as_str().to_owned(),
        number_is_demo: record.detsis_no.is_demo(),
        parent_id: above.map(|above| above.id.clone()),
        kind: record
            .kind
            .or_else(|| above.map(|above| above.kind))
            .unwrap_or(InstitutionKind::Other),
        name: record.name.clone(),
        label: label(&province, &district, &path),
        province,
        district,
        kep_address: record
            .kep_address
            .as_ref()
            .map(|address| address.as_str().to_owned()),
        uets_address: record
            .uets_address
            .as_ref()
            .map(|address| address.as_str().to_owned()),
        active: record.active,
        // A unit belongs to the house that it hangs in today, wherever it came from.
        is_own: inside
            .map(|above| above.is_own)
            .or_else(|| old.map(|old| old.is_own))
            .unwrap_or(false),
        id,
    }
}

/// The words that are stored for a unit, and those of its institution that it hands down.
fn words_of(unit: &Unit, above: Option<&Above>) -> (Vec<String>, Arc<Vec<String>>) {
    let mut words = turkish::search_words(&unit.label);
    match above.filter(|_| !unit.is_institution()) {
        Some(above) => {
            words.retain(|word| !above.institution_words.contains(word));
            (words, Arc::clone(&above.institution_words))
        }
        None => (words.clone(), Arc::new(words)),
    }
}

/// Brings the lines of units below renamed ones up to date, level by level.
fn relabel_below(
    store: &Store,
    mut renamed: Vec<String>,
    now: Timestamp,
) -> Result<(), StoreError> {
    for _ in 0..DEEPEST {
        if renamed.is_empty() {
            break;
        }
        let parents = std::mem::take(&mut renamed);
        let children = store.read_blocking(move |tx| {
            let parents: Vec<&str> = parents.iter().map(String::as_str).collect();
            store::child_ids(tx, &parents)
        })?;
        for chunk in children.chunks(ROWS_PER_TRANSACTION) {
            let chunk = chunk.to_vec();
            renamed.extend(store.write_blocking(move |tx| relabel(tx, &chunk, now))?);
        }
    }
    Ok(())
}

fn relabel(tx: &mut Tx<'_>, ids: &[String], now: Timestamp) -> Result<Vec<String>, StoreError> {
    let mut renamed = Vec::new();
    let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
    for old in store::by_ids(tx, &ids)? {
        let parent = old.parent_id.as_ref().filter(|_| !old.is_institution());
        let Some(parent) = parent else { continue };
        let Some(parent) = store::by_id(tx, parent)? else {
            continue;
        };
        let above = read_above(tx, &parent)?;
        let path = format!("{} > {}", above.path, old.name);
        let unit = Unit {
            institution_id: above.institution_id.clone(),
            label: label(&old.province, &old.district, &path),
            is_own: above.is_own,
            ..old.clone()
        };
        let (words, _) = words_of(&unit, Some(&above));
        store::update(tx, &unit, Some(&words), now)?;
        renamed.push(unit.id.as_str().to_owned());
    }
    Ok(renamed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn circles_and_depth_end() {
        let number = |text: &str| DetsisNo::parse(text).unwrap();
        let chain: HashMap<DetsisNo, Option<DetsisNo>> = (1..=30)
            .map(|place| {
                let own = number(&format!("910000{place:02}"));
                (
                    own,
                    (place > 1).then(|| number(&format!("910000{:02}", place - 1))),
                )
            })
            .collect();
        let parent_of = |of: &DetsisNo| chain.get(of).cloned();
        assert_eq!(depth(&number("91000005"), parent_of), Ok(4));
        assert!(depth(&number("91000030"), parent_of).is_err());
        let circle = |of: &DetsisNo| {
            Some(Some(number(if of.as_str() == "91000001" {
                "91000002"
            } else {
                "91000001"
            })))
        };
        assert!(depth(&number("91000001"), circle).is_err_and(|reason| reason.contains("döngü")));
        assert!(depth(&number("91000003"), circle).is_err());
    }
}
