//! Writes the published plan from `assets/seed/file_plan.csv`; a second run changes nothing.

use std::collections::{HashMap, HashSet};

use serde::Deserialize;

use super::{Code, Scope, store};
use crate::error::Result;
use crate::store::{Store, Tx};
use crate::turkish;

const FILE: &str = include_str!("../../assets/seed/file_plan.csv");
/// Codes that one transaction writes (decisions 26).
const ROWS_PER_TRANSACTION: usize = 500;

#[derive(Deserialize)]
struct Row {
    scope: String,
    code: String,
    title: String,
    retention: String,
    disposal: String,
    mark: String,
}

/// A code with what is only needed to write it.
#[derive(Debug, Clone)]
pub(super) struct Entry {
    pub code: Code,
    pub parent: Option<String>,
    /// Words of its title and of the titles above it.
    pub search_key: String,
}

/// Brings the plan in the store up to this program's; says how many codes it holds.
///
/// # Errors
/// When the store fails.
pub fn fill(store: &Store) -> Result<usize> {
    let entries = entries()?;
    let total = entries.len();
    for chunk in entries.chunks(ROWS_PER_TRANSACTION) {
        let chunk = chunk.to_vec();
        store.write_blocking(move |tx: &mut Tx<'_>| store::put(tx, &chunk))?;
    }
    Ok(total)
}

fn entries() -> Result<Vec<Entry>> {
    let rows: Vec<Row> = csv::Reader::from_reader(FILE.as_bytes())
        .into_deserialize()
        .collect::<std::result::Result<_, csv::Error>>()
        .map_err(anyhow::Error::from)?;
    let titles: HashMap<(&str, &str), &str> = rows
        .iter()
        .map(|row| ((row.scope.as_str(), row.code.as_str()), row.title.as_str()))
        .collect();
    let parents: HashSet<(&str, &str)> = rows
        .iter()
        .filter_map(|row| parent_of(&row.code).map(|parent| (row.scope.as_str(), parent)))
        .collect();
    Ok(rows
        .iter()
        .map(|row| entry(row, &titles, &parents))
        .collect())
}

fn entry(
    row: &Row,
    titles: &HashMap<(&str, &str), &str>,
    parents: &HashSet<(&str, &str)>,
) -> Entry {
    let scope = row.scope.as_str();
    let mut words = row.title.clone();
    let mut above = parent_of(&row.code);
    while let Some(code) = above {
        words.push(' ');
        words.push_str(titles.get(&(scope, code)).copied().unwrap_or_default());
        above = parent_of(code);
    }
    let parent = parent_of(&row.code);
    Entry {
        code: Code {
            scope: Scope::parse(scope).unwrap_or(Scope::Common),
            code: row.code.clone(),
            title: row.title.clone(),
            parent_title: parent
                .and_then(|code| titles.get(&(scope, code)))
                .copied()
                .unwrap_or_default()
                .to_owned(),
            retention: row.retention.clone(),
            disposal: row.disposal.clone(),
            has_children: parents.contains(&(scope, row.code.as_str())),
            is_heading: row.mark == "heading",
            secondary_only: row.mark == "secondary",
        },
        parent: parent.map(str::to_owned),
        search_key: turkish::search_words(&words).join(" "),
    }
}

/// `105.04` stands below `105`.
fn parent_of(code: &str) -> Option<&str> {
    code.rsplit_once('.').map(|(parent, _)| parent)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_plan_is_whole() {
        let entries = entries().unwrap();
        let count =
            |test: &dyn Fn(&Code) -> bool| entries.iter().filter(|entry| test(&entry.code)).count();
        assert_eq!(entries.len(), 1_498);
        assert_eq!(count(&|code| code.scope == Scope::Common), 718);
        assert_eq!(count(&|code| code.scope == Scope::Municipal), 392);
        assert_eq!(count(&|code| code.scope == Scope::Education), 388);
        assert_eq!(count(&|code| code.is_heading), 24);
        assert_eq!(count(&|code| code.secondary_only), 6);
        assert_eq!(count(&|code| code.has_children), 225);
        for entry in &entries {
            if let Some(parent) = &entry.parent {
                assert!(
                    entries
                        .iter()
                        .any(|other| other.code.scope == entry.code.scope
                            && other.code.code == *parent),
                    "{} has no parent",
                    entry.code.code
                );
            }
        }
    }
}
