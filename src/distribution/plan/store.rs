//! The SQL of plans; who may use one stands inside each query.

use jiff::Timestamp;

use super::{Line, Plan};
use crate::access::Act;
use crate::params;
use crate::store::{Row, StoreError, Tx, Value};
use crate::turkish;

/// `?1` is the person: plans of one's units, and those of the own institution for everybody.
const USABLE: &str = "(p.owner_unit_id IN (SELECT unit_id FROM user_scope WHERE user_id = ?1) \
     OR p.owner_unit_id IN (SELECT id FROM unit WHERE is_own = 1 AND institution_id = id))";
const PLAN: &str = "p.id, p.name, p.owner_unit_id, u.name AS owner_name, p.version, p.updated_at, \
     (SELECT COUNT(*) FROM distribution_plan_line l WHERE l.plan_id = p.id) AS lines \
     FROM distribution_plan p JOIN unit u ON u.id = p.owner_unit_id";
/// Rows that one statement inserts.
const ROWS_AT_ONCE: usize = 500;

fn plan_of(row: &Row) -> Result<Plan, StoreError> {
    Ok(Plan {
        id: row.get("id")?,
        name: row.get("name")?,
        owner_unit_id: row.get("owner_unit_id")?,
        owner_name: row.get("owner_name")?,
        version: row.get("version")?,
        lines: row.get("lines")?,
        updated_at: row.get("updated_at")?,
    })
}

/// Plans by name after a key `name_key.id`.
pub(super) fn plans(
    tx: &mut Tx<'_>,
    user_id: &str,
    words: &[String],
    after: Option<&str>,
    limit: usize,
) -> Result<Vec<Plan>, StoreError> {
    let mut values = vec![Value::from(user_id)];
    let mut conditions = String::new();
    for word in words {
        values.push(format!("% {word}%").into());
        conditions.push_str(&format!(" AND (' ' || p.name_key) LIKE ?{}", values.len()));
    }
    if let Some((key, id)) = after.and_then(|after| after.rsplit_once('.')) {
        values.push(key.into());
        values.push(id.into());
        let (k, i) = (values.len() - 1, values.len());
        conditions.push_str(&format!(" AND (p.name_key, p.id) > (?{k}, ?{i})"));
    }
    values.push(limit.into());
    let sql = format!(
        "SELECT {PLAN} WHERE {USABLE}{conditions} ORDER BY p.name_key, p.id LIMIT ?{}",
        values.len()
    );
    tx.query(&sql, &values)?.iter().map(plan_of).collect()
}

pub(super) fn plan(tx: &mut Tx<'_>, user_id: &str, id: &str) -> Result<Option<Plan>, StoreError> {
    let sql = format!("SELECT {PLAN} WHERE {USABLE} AND p.id = ?2");
    tx.query_opt(&sql, params![user_id, id])?
        .map(|row| plan_of(&row))
        .transpose()
}

pub(super) fn lines(
    tx: &mut Tx<'_>,
    plan_id: &str,
    after: i64,
    limit: usize,
) -> Result<Vec<Line>, StoreError> {
    tx.query(
        "SELECT position, destination_type, unit_id, outside_party_id, label, delivery_address, \
         purpose, written FROM distribution_plan_line WHERE plan_id = ?1 AND position > ?2 \
         ORDER BY position LIMIT ?3",
        params![plan_id, after, limit],
    )?
    .iter()
    .map(|row| {
        Ok(Line {
            position: row.get("position")?,
            destination_type: row.get("destination_type")?,
            unit_id: row.get("unit_id")?,
            outside_party_id: row.get("outside_party_id")?,
            label: row.get("label")?,
            delivery_address: row.get("delivery_address")?,
            purpose: row.get("purpose")?,
            written: row.get("written")?,
        })
    })
    .collect()
}

pub(super) fn insert(
    tx: &mut Tx<'_>,
    act: &Act<'_>,
    id: &str,
    owner_unit_id: &str,
    name: &str,
) -> Result<(), StoreError> {
    tx.execute(
        "INSERT INTO distribution_plan (id, owner_unit_id, name, name_key, version, created_by, \
         created_at, updated_at) VALUES (?1, ?2, ?3, ?4, 1, ?5, ?6, ?6)",
        params![
            id,
            owner_unit_id,
            name,
            turkish::search_key(name),
            &act.actor.user_id,
            act.now
        ],
    )
    .map(drop)
}

/// The lines of a letter's list as lines of the plan; says how many.
pub(super) fn copy_list(
    tx: &mut Tx<'_>,
    plan_id: &str,
    document_id: &str,
) -> Result<u64, StoreError> {
    tx.execute(
        "INSERT INTO distribution_plan_line (plan_id, position, destination_type, unit_id, \
         outside_party_id, label, delivery_address, purpose, written) \
         SELECT ?1, ROW_NUMBER() OVER (ORDER BY position, id), destination_type, unit_id, \
         outside_party_id, label, delivery_address, purpose, written FROM recipient \
         WHERE document_id = ?2",
        params![plan_id, document_id],
    )
}

/// Puts these lines, numbered anew, in the place of all there were.
pub(super) fn replace_lines(
    tx: &mut Tx<'_>,
    plan_id: &str,
    lines: &[Line],
) -> Result<(), StoreError> {
    tx.execute(
        "DELETE FROM distribution_plan_line WHERE plan_id = ?1",
        params![plan_id],
    )?;
    let numbered: Vec<(i64, &Line)> = (1..).zip(lines).collect();
    for chunk in numbered.chunks(ROWS_AT_ONCE) {
        let mut values = vec![Value::from(plan_id)];
        let mut rows = Vec::with_capacity(chunk.len());
        for (position, line) in chunk {
            let first = values.len() + 1;
            let marks: Vec<String> = (first..first + 8).map(|it| format!("?{it}")).collect();
            rows.push(format!("(?1, {})", marks.join(", ")));
            values.extend([
                Value::from(*position),
                line.destination_type.into(),
                line.unit_id.as_deref().into(),
                line.outside_party_id.as_deref().into(),
                (&line.label).into(),
                line.delivery_address.as_deref().into(),
                line.purpose.into(),
                (&line.written).into(),
            ]);
        }
        let sql = format!(
            "INSERT INTO distribution_plan_line (plan_id, position, destination_type, unit_id, \
             outside_party_id, label, delivery_address, purpose, written) VALUES {}",
            rows.join(", ")
        );
        tx.execute(&sql, &values)?;
    }
    Ok(())
}

pub(super) fn rename(tx: &mut Tx<'_>, id: &str, name: &str) -> Result<(), StoreError> {
    tx.execute(
        "UPDATE distribution_plan SET name = ?2, name_key = ?3 WHERE id = ?1",
        params![id, name, turkish::search_key(name)],
    )
    .map(drop)
}

pub(super) fn touch(tx: &mut Tx<'_>, id: &str, now: Timestamp) -> Result<(), StoreError> {
    tx.execute(
        "UPDATE distribution_plan SET version = version + 1, updated_at = ?2 WHERE id = ?1",
        params![id, now],
    )
    .map(drop)
}

pub(super) fn delete(tx: &mut Tx<'_>, id: &str) -> Result<(), StoreError> {
    tx.execute(
        "DELETE FROM distribution_plan_line WHERE plan_id = ?1",
        params![id],
    )?;
    tx.execute("DELETE FROM distribution_plan WHERE id = ?1", params![id])
        .map(drop)
}
