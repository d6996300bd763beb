//! The SQL of units and of the words under which they are found.

pub(super) mod outside;
pub(super) mod today;

use std::collections::{HashMap, HashSet};

use jiff::Timestamp;

use super::search::Side;
use super::{InstitutionKind, KepAddress, Unit, UnitId};
use crate::params;
use crate::store::{Row, StoreError, Tx, Value};
use crate::turkish;

/// Deepest tree that is followed; real ones have about eight levels.
pub(super) const DEEPEST: usize = 20;

const COLUMNS: &str = "id, detsis_no, number_is_demo, parent_id, institution_id, kind, name, \
     province, district, label, kep_address, uets_address, active, is_own";

/// The unit with this identifier.
///
/// # Errors
/// When the store fails.
pub fn by_id(tx: &mut Tx<'_>, id: &UnitId) -> Result<Option<Unit>, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM unit WHERE id = ?1");
    tx.query_opt(&sql, params![id.as_str()])?
        .map(|row| unit(&row))
        .transpose()
}

/// The unit with this DETSİS number.
///
/// # Errors
/// When the store fails.
pub fn by_number(tx: &mut Tx<'_>, detsis_no: &str) -> Result<Option<Unit>, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM unit WHERE detsis_no = ?1");
    tx.query_opt(&sql, params![detsis_no])?
        .map(|row| unit(&row))
        .transpose()
}

/// The active unit with this KEP address of its own; an institution before its units.
///
/// # Errors
/// When the store fails.
pub fn by_kep_address(tx: &mut Tx<'_>, address: &str) -> Result<Option<Unit>, StoreError> {
    let sql = format!(
        "SELECT {COLUMNS} FROM unit WHERE kep_address = ?1 AND active = 1 \
         ORDER BY CASE WHEN id = institution_id THEN 0 ELSE 1 END, id LIMIT 1"
    );
    tx.query_opt(&sql, params![address.trim().to_lowercase()])?
        .map(|row| unit(&row))
        .transpose()
}

/// How many units the directory holds.
///
/// # Errors
/// When the store fails.
pub fn count(tx: &mut Tx<'_>) -> Result<usize, StoreError> {
    tx.scalar("SELECT COUNT(*) FROM unit", params![])
}

/// The KEP address at which a unit is reached: its own, or the nearest above it up to its
/// institution; none when the institution has none either (manual, figure 8).
///
/// # Errors
/// When the store fails.
pub fn delivery_address(tx: &mut Tx<'_>, id: &UnitId) -> Result<Option<KepAddress>, StoreError> {
    let row = tx.query_opt(
        "WITH RECURSIVE above (id, parent_id, institution_id, kep_address, step) AS (
             SELECT id, parent_id, institution_id, kep_address, 0 FROM unit WHERE id = ?1
             UNION ALL
             SELECT u.id, u.parent_id, u.institution_id, u.kep_address, a.step + 1
             FROM unit u JOIN above a ON u.id = a.parent_id
             WHERE a.id <> a.institution_id AND a.step < 20
         )
         SELECT kep_address FROM above WHERE kep_address IS NOT NULL ORDER BY step LIMIT 1",
        params![id.as_str()],
    )?;
    let address: Option<String> = row.map(|row| row.at(0)).transpose()?;
    Ok(address.and_then(|address| KepAddress::parse(&address).ok()))
}

/// Every unit below this one.
///
/// # Errors
/// When the store fails.
pub fn below(tx: &mut Tx<'_>, id: &str) -> Result<HashSet<String>, StoreError> {
    let rows = tx.query(
        "WITH RECURSIVE below (id) AS (
             SELECT id FROM unit WHERE parent_id = ?1
             UNION
             SELECT u.id FROM below JOIN unit u ON u.parent_id = below.id
         )
         SELECT id FROM below",
        params![id],
    )?;
    rows.iter().map(|row| row.at(0)).collect()
}

/// Makes the institution `id` and its units the ones that this installation serves.
///
/// # Errors
/// When the store fails.
pub fn mark_own(tx: &mut Tx<'_>, id: &UnitId) -> Result<u64, StoreError> {
    tx.execute(
        "UPDATE unit SET is_own = 0 WHERE is_own = 1 AND institution_id <> ?1",
        params![id.as_str()],
    )?;
    tx.execute(
        "UPDATE unit SET is_own = 1 WHERE institution_id = ?1",
        params![id.as_str()],
    )
}

/// Whether a unit has a number of the demo series or a KEP address of the rehearsal's domain.
///
/// # Errors
/// When the store fails.
pub(super) fn has_demo(tx: &mut Tx<'_>) -> Result<bool, StoreError> {
    let row = tx.query_opt(
        "SELECT id FROM unit WHERE number_is_demo = 1 OR kep_address LIKE '%.kep.example' LIMIT 1",
        params![],
    )?;
    Ok(row.is_some())
}

/// The institution that this installation serves, once [`mark_own`] has named it.
///
/// # Errors
/// When the store fails.
pub fn own_institution(tx: &mut Tx<'_>) -> Result<Option<Unit>, StoreError> {
    let sql =
        format!("SELECT {COLUMNS} FROM unit WHERE is_own = 1 AND institution_id = id LIMIT 1");
    tx.query_opt(&sql, params![])?
        .map(|row| unit(&row))
        .transpose()
}

/// The units of the own institution, the institution first, then in Turkish order.
///
/// # Errors
/// When the store fails.
pub fn own_units(tx: &mut Tx<'_>) -> Result<Vec<Unit>, StoreError> {
    let sql = format!(
        "SELECT {COLUMNS} FROM unit WHERE is_own = 1 \
         ORDER BY CASE WHEN id = institution_id THEN 0 ELSE 1 END, sort_key, id LIMIT 2000"
    );
    let rows = tx.query(&sql, params![])?;
    rows.iter().map(unit).collect()
}

/// DETSİS numbers of the own institution and all its units, closed ones too: a letter to any of
/// them is a letter to us.
///
/// # Errors
/// When the store fails.
pub fn own_numbers(tx: &mut Tx<'_>) -> Result<Vec<String>, StoreError> {
    let rows = tx.query("SELECT detsis_no FROM unit WHERE is_own = 1", params![])?;
    rows.iter().map(|row| row.at(0)).collect()
}

/// Institutions (`institution` none) or an institution's units in Turkish order, after the key
/// of the last one seen; at most `limit`.
///
/// # Errors
/// When the store fails.
pub fn page(
    tx: &mut Tx<'_>,
    institution: Option<&UnitId>,
    after: Option<&Unit>,
    limit: usize,
) -> Result<Vec<Unit>, StoreError> {
    let condition = match institution {
        Some(_) => "institution_id = ?1 AND id <> ?1",
        None => "institution_id = id AND ?1 = ''",
    };
    let sql = format!(
        "SELECT {COLUMNS} FROM unit WHERE {condition} AND (sort_key, id) > (?2, ?3)
         ORDER BY sort_key, id LIMIT ?4"
    );
    let institution = institution.map_or("", UnitId::as_str);
    let (key, id) = after.map_or((String::new(), ""), |unit| {
        (sort_key(unit), unit.id.as_str())
    });
    let rows = tx.query(&sql, params![institution, key, id, limit])?;
    rows.iter().map(unit).collect()
}

/// The units with these numbers, by number.
pub(super) fn by_numbers(
    tx: &mut Tx<'_>,
    numbers: &[&str],
) -> Result<HashMap<String, Unit>, StoreError> {
    let units = units_where(tx, "detsis_no", numbers)?;
    Ok(units
        .into_iter()
        .map(|unit| (unit.detsis_no.clone(), unit))
        .collect())
}

/// The units with these identifiers, in no order.
pub(super) fn by_ids(tx: &mut Tx<'_>, ids: &[&str]) -> Result<Vec<Unit>, StoreError> {
    units_where(tx, "id", ids)
}

/// Identifiers of the units directly below those named.
pub(super) fn child_ids(tx: &mut Tx<'_>, parents: &[&str]) -> Result<Vec<String>, StoreError> {
    let mut ids = Vec::new();
    for parent in parents {
        let rows = tx.query("SELECT id FROM unit WHERE parent_id = ?1", params![*parent])?;
        for row in rows {
            ids.push(row.at(0)?);
        }
    }
    Ok(ids)
}

/// What a search leaves out whatever the words.
#[derive(Debug, Clone, Copy)]
pub(super) struct MatchFilter {
    pub side: Side,
    pub with_inactive: bool,
}

impl MatchFilter {
    /// A condition on the table or alias `unit`.
    fn sql(self, unit: &str) -> String {
        let side = match self.side {
            Side::Outside => format!("{unit}.is_own = 0"),
            Side::Inside => format!("{unit}.is_own = 1"),
            Side::Both => "1 = 1".to_owned(),
        };
        if self.with_inactive {
            side
        } else {
            format!("{side} AND {unit}.active = 1")
        }
    }
}

/// Institutions whose own words answer every word of the question; at most `limit`.
pub(super) fn matching_institutions(
    tx: &mut Tx<'_>,
    words: &[String],
    filter: MatchFilter,
    limit: usize,
) -> Result<Vec<Unit>, StoreError> {
    let Some(first) = rarest_of_institutions(tx, words)? else {
        return Ok(Vec::new());
    };
    let question = Words::new(words);
    let driver = question.range("w.word", first);
    let others: String = (0..words.len())
        .filter(|index| *index != first)
        .map(|index| format!(" AND {}", question.own("w.unit_id", index)))
        .collect();
    let sql = format!(
        "SELECT DISTINCT w.unit_id FROM unit_word w JOIN unit u ON u.id = w.unit_id
         WHERE w.of_institution = 1 AND {driver}{others} AND {} LIMIT {limit}",
        filter.sql("u")
    );
    let ids = distinct_ids(tx, &sql, &question)?;
    by_ids(tx, &ids.iter().map(String::as_str).collect::<Vec<_>>())
}

/// Units below institutions of which at least one word is their own; at most `limit`.
///
/// Either one rare word leads (its own units, and all units of institutions that carry it), or
/// every word does with its own units alone, whichever promises fewer candidates.
pub(super) fn matching_units(
    tx: &mut Tx<'_>,
    words: &[String],
    filter: MatchFilter,
    limit: usize,
) -> Result<Vec<Unit>, StoreError> {
    let question = Words::new(words);
    let mut all_own = 0;
    let mut leader: Option<(usize, usize)> = None;
    for (index, word) in words.iter().enumerate() {
        let own = carriers(tx, word, false)?;
        let below = if words.len() > 1 {
            units_below_carriers(tx, word)?
        } else {
            0
        };
        if own + below == 0 {
            return Ok(Vec::new());
        }
        all_own += own;
        if leader.is_none_or(|(least, _)| own + below < least) {
            leader = Some((own + below, index));
        }
    }
    let mut parts = Vec::new();
    match leader {
        Some((least, index)) if least < all_own => {
            parts.push(question.units_led_by(index, filter));
            parts.push(question.units_below_led_by(index, filter));
        }
        _ => parts.extend((0..words.len()).map(|index| question.units_led_by(index, filter))),
    }
    // A unit may come once for each of its words; twice the limit leaves room for that.
    let sql = format!("{} LIMIT {}", parts.join(" UNION ALL "), limit * 2);
    let mut ids = distinct_ids(tx, &sql, &question)?;
    ids.truncate(limit);
    by_ids(tx, &ids.iter().map(String::as_str).collect::<Vec<_>>())
}

/// All units of `institutions` but these themselves; at most `limit`.
pub(super) fn units_of(
    tx: &mut Tx<'_>,
    institutions: &[Unit],
    filter: MatchFilter,
    limit: usize,
) -> Result<Vec<Unit>, StoreError> {
    let mut units = Vec::new();
    let filter = filter.sql("unit");
    let sql = format!(
        "SELECT {COLUMNS} FROM unit
         WHERE institution_id = ?1 AND id <> ?1 AND {filter} LIMIT ?2"
    );
    for institution in institutions {
        let room = limit.saturating_sub(units.len());
        if room == 0 {
            break;
        }
        for row in tx.query(&sql, params![institution.id.as_str(), room])? {
            units.push(unit(&row)?);
        }
    }
    Ok(units)
}

/// Beyond this many, one word counts as being as frequent as another.
const COUNTED: usize = 10_000;

/// The place of the word that the fewest institutions carry; none when nobody carries one.
fn rarest_of_institutions(tx: &mut Tx<'_>, words: &[String]) -> Result<Option<usize>, StoreError> {
    let mut fewest = None;
    for (index, word) in words.iter().enumerate() {
        let candidates = carriers(tx, word, true)?;
        if candidates == 0 {
            return Ok(None);
        }
        if fewest.is_none_or(|(least, _)| candidates < least) {
            fewest = Some((candidates, index));
        }
    }
    Ok(fewest.map(|(_, index)| index))
}

fn carriers(tx: &mut Tx<'_>, word: &str, institutions: bool) -> Result<usize, StoreError> {
    tx.scalar(
        "SELECT COUNT(*) FROM (
             SELECT 1 AS one FROM unit_word
             WHERE of_institution = ?1 AND word >= ?2 AND word < ?3 LIMIT ?4) counted",
        params![institutions, word, beyond(word), COUNTED],
    )
}

fn units_below_carriers(tx: &mut Tx<'_>, word: &str) -> Result<usize, StoreError> {
    tx.scalar(
        "SELECT COUNT(*) FROM (
             SELECT 1 AS one FROM unit_word w JOIN unit u ON u.institution_id = w.unit_id
             WHERE w.of_institution = 1 AND w.word >= ?1 AND w.word < ?2 LIMIT ?3) counted",
        params![word, beyond(word), COUNTED],
    )
}

/// The end of the range of words that `word` opens.
fn beyond(word: &str) -> String {
    format!("{word}\u{10ffff}")
}

/// The words of a question as parameters: word `i` and its end are `?2i+1` and `?2i+2`.
struct Words(Vec<Value>);

impl Words {
    fn new(words: &[String]) -> Self {
        Self(
            words
                .iter()
                .flat_map(|word| [Value::from(word), beyond(word).into()])
                .collect(),
        )
    }

    fn range(&self, column: &str, index: usize) -> String {
        format!(
            "{column} >= ?{} AND {column} < ?{}",
            index * 2 + 1,
            index * 2 + 2
        )
    }

    fn count(&self) -> usize {
        self.0.len() / 2
    }

    /// Units that carry word `leader` themselves; other words may be their institution's.
    fn units_led_by(&self, leader: usize, filter: MatchFilter) -> String {
        let driver = self.range("w.word", leader);
        let others = self.others_anywhere(leader);
        format!(
            "SELECT u.id FROM unit_word w JOIN unit u ON u.id = w.unit_id
             WHERE w.of_institution = 0 AND {driver}{others} AND {}",
            filter.sql("u")
        )
    }

    /// Units whose institution carries word `leader`, with at least one other word of their own.
    fn units_below_led_by(&self, leader: usize, filter: MatchFilter) -> String {
        let driver = self.range("w.word", leader);
        let others = self.others_anywhere(leader);
        let own: Vec<String> = (0..self.count())
            .filter(|index| *index != leader)
            .map(|index| self.own("u.id", index))
            .collect();
        format!(
            "SELECT u.id FROM unit_word w JOIN unit u ON u.institution_id = w.unit_id
             WHERE w.of_institution = 1 AND {driver} AND u.id <> u.institution_id{others}
                 AND ({}) AND {}",
            own.join(" OR "),
            filter.sql("u")
        )
    }

    fn others_anywhere(&self, leader: usize) -> String {
        (0..self.count())
            .filter(|index| *index != leader)
            .map(|index| {
                let own = self.own("u.id", index);
                let of_institution = self.own("u.institution_id", index);
                format!(" AND ({own} OR {of_institution})")
            })
            .collect()
    }

    /// The row `unit` carries a word that word `index` opens.
    fn own(&self, unit: &str, index: usize) -> String {
        let range = self.range("x.word", index);
        format!("EXISTS (SELECT 1 FROM unit_word x WHERE x.unit_id = {unit} AND {range})")
    }
}

fn distinct_ids(tx: &mut Tx<'_>, sql: &str, question: &Words) -> Result<Vec<String>, StoreError> {
    let mut seen = HashSet::new();
    let mut ids = Vec::new();
    for row in tx.query(sql, &question.0)? {
        let id: String = row.at(0)?;
        if seen.insert(id.clone()) {
            ids.push(id);
        }
    }
    Ok(ids)
}

/// Writes a new unit with its words.
pub(super) fn insert(
    tx: &mut Tx<'_>,
    unit: &Unit,
    words: &[String],
    now: Timestamp,
) -> Result<(), StoreError> {
    tx.execute(
        "INSERT INTO unit (id, detsis_no, number_is_demo, parent_id, institution_id, kind, name,
             province, district, label, sort_key, kep_address, uets_address, active, is_own,
             updated_at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16)",
        &row_values(unit, now),
    )?;
    insert_words(tx, unit, words)
}

/// Overwrites a unit; its words only when its display line has changed.
pub(super) fn update(
    tx: &mut Tx<'_>,
    unit: &Unit,
    words: Option<&[String]>,
    now: Timestamp,
) -> Result<(), StoreError> {
    tx.execute(
        "UPDATE unit SET detsis_no = ?2, number_is_demo = ?3, parent_id = ?4,
             institution_id = ?5, kind = ?6, name = ?7, province = ?8, district = ?9, label = ?10,
             sort_key = ?11, kep_address = ?12, uets_address = ?13, active = ?14, is_own = ?15,
             updated_at = ?16
         WHERE id = ?1",
        &row_values(unit, now),
    )?;
    if let Some(words) = words {
        tx.execute(
            "DELETE FROM unit_word WHERE unit_id = ?1",
            params![unit.id.as_str()],
        )?;
        insert_words(tx, unit, words)?;
    }
    Ok(())
}

fn insert_words(tx: &mut Tx<'_>, unit: &Unit, words: &[String]) -> Result<(), StoreError> {
    if words.is_empty() {
        return Ok(());
    }
    let rows: Vec<String> = (0..words.len())
        .map(|index| format!("(?1, ?{}, ?2)", index + 3))
        .collect();
    let sql = format!(
        "INSERT INTO unit_word (of_institution, word, unit_id) VALUES {}",
        rows.join(", ")
    );
    let mut values = vec![
        Value::from(unit.is_institution()),
        Value::from(unit.id.as_str()),
    ];
    values.extend(words.iter().map(Value::from));
    tx.execute(&sql, &values).map(drop)
}

fn units_where(tx: &mut Tx<'_>, column: &str, keys: &[&str]) -> Result<Vec<Unit>, StoreError> {
    if keys.is_empty() {
        return Ok(Vec::new());
    }
    let marks: Vec<String> = (1..=keys.len()).map(|index| format!("?{index}")).collect();
    let sql = format!(
        "SELECT {COLUMNS} FROM unit WHERE {column} IN ({})",
        marks.join(", ")
    );
    let values: Vec<Value> = keys.iter().map(|key| Value::from(*key)).collect();
    tx.query(&sql, &values)?.iter().map(unit).collect()
}

fn row_values(unit: &Unit, now: Timestamp) -> [Value; 16] {
    [
        unit.id.as_str().into(),
        (&unit.detsis_no).into(),
        unit.number_is_demo.into(),
        unit.parent_id.as_ref().map(UnitId::as_str).into(),
        unit.institution_id.as_str().into(),
        unit.kind.code().into(),
        (&unit.name).into(),
        (&unit.province).into(),
        (&unit.district).into(),
        (&unit.label).into(),
        sort_key(unit).into(),
        unit.kep_address.as_deref().into(),
        unit.uets_address.as_deref().into(),
        unit.active.into(),
        unit.is_own.into(),
        now.into(),
    ]
}

/// Siblings stand in the order of their names, institutions also by place.
pub(super) fn sort_key(unit: &Unit) -> String {
    turkish::sort_key(&format!(
        "{} {} {}",
        unit.name, unit.province, unit.district
    ))
}

fn unit(row: &Row) -> Result<Unit, StoreError> {
    let kind: String = row.get("kind")?;
    Ok(Unit {
        id: UnitId::new(row.get::<String>("id")?),
        detsis_no: row.get("detsis_no")?,
        number_is_demo: row.get("number_is_demo")?,
        parent_id: row.get::<Option<String>>("parent_id")?.map(UnitId::new),
        institution_id: UnitId::new(row.get::<String>("institution_id")?),
        kind: InstitutionKind::from_code(&kind).unwrap_or(InstitutionKind::Other),
        name: row.get("name")?,
        province: row.get("province")?,
        district: row.get("district")?,
        label: row.get("label")?,
        kep_address: row.get("kep_address")?,
        uets_address: row.get("uets_address")?,
        active: row.get("active")?,
        is_own: row.get("is_own")?,
    })
}
