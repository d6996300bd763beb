//! Finds units by the beginnings of words, in any order, and answers with a tree.
//!
//! Every word of the question must open a word of the unit's name, of its institution, of what
//! stands between them, of its province or its district. Institutions that match as a whole come
//! first and bring all their units, as in the manual (figure 5).

use std::collections::{HashMap, HashSet};

use super::store::{self, MatchFilter};
use super::{Unit, UnitId};
use crate::store::{StoreError, Tx};
use crate::turkish;

/// Fewer letters than this find nothing.
pub const FEWEST_LETTERS: usize = 2;
/// Lines that a tree holds at most; beyond them one more word is asked for.
pub const MOST_LINES: usize = 400;
/// Words of a question beyond these are not looked at.
const MOST_WORDS: usize = 8;

/// Which side of one's own institution is searched.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// Units of other institutions (DYS Dışı).
    Outside,
    /// Units of one's own institution (DYS İçi).
    Inside,
    Both,
}

/// A question to the directory.
#[derive(Debug, Clone, Copy)]
pub struct Question<'a> {
    pub text: &'a str,
    pub side: Side,
    /// Leave out units that KEP cannot reach.
    pub with_kep_address: bool,
    /// Leave out units without a UETS address of their own; lines show it as their address.
    pub with_uets_address: bool,
    /// Show inactive units too (administration).
    pub with_inactive: bool,
}

impl<'a> Question<'a> {
    /// The question of the *Birim Seçme Ekranı* for KEP: active units of other institutions.
    #[must_use]
    pub fn outside(text: &'a str) -> Self {
        Self {
            text,
            side: Side::Outside,
            with_kep_address: false,
            with_uets_address: false,
            with_inactive: false,
        }
    }
}

/// What the directory answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// Fewer than [`FEWEST_LETTERS`] letters.
    TooShort,
    Nothing,
    Found(Tree),
}

/// Lines in the order in which they are shown, parents before children.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tree {
    pub nodes: Vec<Node>,
    /// False when more was found than is shown.
    pub complete: bool,
}

/// A line of the tree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Node {
    pub unit: Unit,
    /// 0 for an institution.
    pub depth: usize,
    /// False for a line that stands only because something below it was found.
    pub matched: bool,
    /// The KEP address at which the unit is reached, its own or that of a unit above.
    pub delivery_address: Option<String>,
}

impl Answer {
    /// The lines, if any.
    #[must_use]
    pub fn nodes(&self) -> &[Node] {
        match self {
            Self::Found(tree) => &tree.nodes,
            _ => &[],
        }
    }

    /// A Turkish sentence for the person who asked.
    #[must_use]
    pub fn message(&self) -> String {
        match self {
            Self::TooShort => "En az iki harf yazın.".to_owned(),
            Self::Nothing => "Kayıt bulunamadı. Daha az sözcükle ya da il, ilçe adıyla deneyin; \
                              mahkemeler için yer adından sonra Adalet yazın."
                .to_owned(),
            Self::Found(tree) => {
                let matched = tree.nodes.iter().filter(|node| node.matched).count();
                if tree.complete {
                    format!("{matched} kayıt bulundu.")
                } else {
                    format!(
                        "Çok sayıda kayıt bulundu, ilk {matched} tanesi gösteriliyor. \
                         Daraltmak için bir sözcük daha yazın."
                    )
                }
            }
        }
    }
}

/// Asks the directory.
///
/// # Errors
/// When the store fails.
pub fn search(tx: &mut Tx<'_>, question: &Question<'_>) -> Result<Answer, StoreError> {
    let words = words(question.text);
    if words.iter().map(|word| word.chars().count()).sum::<usize>() < FEWEST_LETTERS {
        return Ok(Answer::TooShort);
    }
    let filter = MatchFilter {
        side: question.side,
        with_inactive: question.with_inactive,
    };

    let mut institutions = store::matching_institutions(tx, &words, filter, MOST_LINES + 1)?;
    let mut complete = institutions.len() <= MOST_LINES;
    institutions.truncate(MOST_LINES);
    let whole: HashSet<UnitId> = institutions.iter().map(|unit| unit.id.clone()).collect();
    let mut units = Vec::new();
    if complete {
        units = store::matching_units(tx, &words, filter, MOST_LINES + 1)?;
        complete = units.len() <= MOST_LINES;
        units.retain(|unit| !whole.contains(&unit.institution_id));
        let room = MOST_LINES.saturating_sub(institutions.len() + units.len());
        let brought = store::units_of(tx, &institutions, filter, room + 1)?;
        if brought.len() <= room {
            units.extend(brought);
        } else {
            complete = false;
        }
        units.truncate(MOST_LINES.saturating_sub(institutions.len()));
    }

    let mut nodes = Forest::grow(tx, institutions, units, &whole)?.lines();
    if question.with_uets_address {
        for node in &mut nodes {
            node.delivery_address = node.unit.uets_address.clone();
            node.matched &= node.delivery_address.is_some();
        }
    }
    if question.with_kep_address || question.with_uets_address {
        prune(&mut nodes);
    }
    if nodes.is_empty() {
        return Ok(Answer::Nothing);
    }
    Ok(Answer::Found(Tree { nodes, complete }))
}

/// The folded words of a question; one that opens another is left out, as the longer one decides.
///
/// `valilik` must find `valiliği`: the `k` that softens in the registry's names is dropped.
fn words(text: &str) -> Vec<String> {
    let mut all = turkish::search_words(text);
    for word in &mut all {
        if word.len() > 4 && (word.ends_with("lik") || word.ends_with("luk")) {
            word.pop();
        }
    }
    all.iter()
        .filter(|word| {
            !all.iter()
                .any(|other| other.len() > word.len() && other.starts_with(word.as_str()))
        })
        .take(MOST_WORDS)
        .cloned()
        .collect()
}

/// What was found with everything above it, up to the institutions.
struct Forest {
    units: HashMap<UnitId, Unit>,
    matched: HashSet<UnitId>,
    children: HashMap<UnitId, Vec<UnitId>>,
    /// Institutions in order: whole matches first, each group by name.
    roots: Vec<UnitId>,
}

impl Forest {
    fn grow(
        tx: &mut Tx<'_>,
        institutions: Vec<Unit>,
        found: Vec<Unit>,
        whole: &HashSet<UnitId>,
    ) -> Result<Self, StoreError> {
        let mut units: HashMap<UnitId, Unit> = institutions
            .into_iter()
            .chain(found)
            .map(|unit| (unit.id.clone(), unit))
            .collect();
        let matched = units.keys().cloned().collect();
        complete_upwards(tx, &mut units)?;

        let mut keyed: Vec<(String, &Unit)> = units
            .values()
            .map(|unit| (store::sort_key(unit), unit))
            .collect();
        keyed.sort_by(|(left, one), (right, other)| (left, &one.id).cmp(&(right, &other.id)));
        let mut children: HashMap<UnitId, Vec<UnitId>> = HashMap::new();
        let mut roots = Vec::new();
        for (_, unit) in keyed {
            match unit.parent_id.as_ref().filter(|_| !unit.is_institution()) {
                Some(parent) => children
                    .entry(parent.clone())
                    .or_default()
                    .push(unit.id.clone()),
                None => roots.push(unit.id.clone()),
            }
        }
        roots.sort_by_key(|root| !whole.contains(root));
        Ok(Self {
            units,
            matched,
            children,
            roots,
        })
    }

    fn lines(self) -> Vec<Node> {
        let mut lines = Vec::with_capacity(self.units.len());
        for root in &self.roots {
            self.walk(root, 0, None, &mut lines);
        }
        lines
    }

    fn walk(&self, id: &UnitId, depth: usize, above: Option<&str>, lines: &mut Vec<Node>) {
        let Some(unit) = self.units.get(id).filter(|_| depth <= store::DEEPEST) else {
            return;
        };
        let address = unit.kep_address.as_deref().or(above);
        let children = self
            .children
            .get(id)
            .map_or(&[] as &[UnitId], Vec::as_slice);
        lines.push(Node {
            unit: unit.clone(),
            depth,
            matched: self.matched.contains(id),
            delivery_address: address.map(str::to_owned),
        });
        for child in children {
            self.walk(child, depth + 1, address, lines);
        }
    }
}

/// Adds the units between what was found and its institutions.
fn complete_upwards(tx: &mut Tx<'_>, units: &mut HashMap<UnitId, Unit>) -> Result<(), StoreError> {
    for _ in 0..store::DEEPEST {
        let missing: HashSet<UnitId> = units
            .values()
            .filter(|unit| !unit.is_institution())
            .filter_map(|unit| unit.parent_id.clone())
            .filter(|parent| !units.contains_key(parent))
            .collect();
        if missing.is_empty() {
            break;
        }
        let missing: Vec<&str> = missing.iter().map(UnitId::as_str).collect();
        for unit in store::by_ids(tx, &missing)? {
            units.insert(unit.id.clone(), unit);
        }
    }
    Ok(())
}

/// Keeps what KEP reaches, and the lines above it.
fn prune(nodes: &mut Vec<Node>) {
    let mut kept = Vec::with_capacity(nodes.len());
    let mut needed_above = 0;
    for node in nodes.drain(..).rev() {
        let reached = node.matched && node.delivery_address.is_some();
        if reached || node.depth < needed_above {
            needed_above = node.depth;
            kept.push(node);
        }
    }
    kept.reverse();
    *nodes = kept;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_that_open_longer_ones_are_left_out() {
        assert_eq!(words("Bel HAVSA belediye"), ["havsa", "belediye"]);
        assert_eq!(words("Edirne VALİLİK"), ["edirne", "valili"]);
        assert_eq!(words(" , "), Vec::<String>::new());
    }
}
