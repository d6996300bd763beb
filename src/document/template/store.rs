//! The SQL of templates; who may see one stands inside each query.

use jiff::Timestamp;

use super::Template;
use crate::access::Act;
use crate::document::body::Body;
use crate::params;
use crate::store::{Row, StoreError, Tx};
use crate::turkish;

const TEMPLATE: &str = "t.id, t.unit_id, u.name AS unit_name, t.name, t.version, t.subject, t.kind, \
    t.confidentiality, t.personal, t.plan_code, t.secondary_code, t.closing, t.body, t.updated_at \
    FROM letter_template t JOIN unit u ON u.id = t.unit_id";

/// `?1` is the person, `?2` whether every template is to be seen: else those of the units for which
/// the person writes, and of the units above these.
const VISIBLE: &str = "(CAST(?2 AS BIGINT) = 1 OR t.unit_id IN ( \
    WITH RECURSIVE above (id, step) AS ( \
        SELECT unit_id, 0 FROM user_scope WHERE user_id = ?1 \
        AND role IN ('clerk', 'approver', 'registry') \
        UNION \
        SELECT p.parent_id, a.step + 1 FROM above a JOIN unit p ON p.id = a.id \
        WHERE p.parent_id IS NOT NULL AND p.is_own = 1 AND a.step < 20 \
    ) SELECT id FROM above))";

fn template(row: &Row) -> Result<Template, StoreError> {
    Ok(Template {
        id: row.get("id")?,
        unit_id: row.get("unit_id")?,
        unit_name: row.get("unit_name")?,
        name: row.get("name")?,
        version: row.get("version")?,
        subject: row.get("subject")?,
        kind: row.get("kind")?,
        confidentiality: row.get("confidentiality")?,
        personal: row.get("personal")?,
        plan_code: row.get("plan_code")?,
        secondary_code: row.get("secondary_code")?,
        closing: row.get("closing")?,
        body: Body::from_stored(&row.get::<String>("body")?),
        updated_at: row.get("updated_at")?,
    })
}

pub(super) fn visible(
    tx: &mut Tx<'_>,
    user_id: &str,
    all: bool,
) -> Result<Vec<Template>, StoreError> {
    tx.query(
        &format!("SELECT {TEMPLATE} WHERE {VISIBLE} ORDER BY t.name_key, t.id LIMIT 1000"),
        params![user_id, all],
    )?
    .iter()
    .map(template)
    .collect()
}

pub(super) fn by_id(
    tx: &mut Tx<'_>,
    user_id: &str,
    all: bool,
    id: &str,
) -> Result<Option<Template>, StoreError> {
    tx.query_opt(
        &format!("SELECT {TEMPLATE} WHERE {VISIBLE} AND t.id = ?3"),
        params![user_id, all, id],
    )?
    .as_ref()
    .map(template)
    .transpose()
}

/// Whether the template's unit is the letter's, or stands above it.
pub(super) fn serves(
    tx: &mut Tx<'_>,
    template_unit: &str,
    letter_unit: &str,
) -> Result<bool, StoreError> {
    let found: i64 = tx.scalar(
        "WITH RECURSIVE above (id, step) AS ( \
            SELECT CAST(?2 AS TEXT), 0 \
            UNION \
            SELECT p.parent_id, a.step + 1 FROM above a JOIN unit p ON p.id = a.id \
            WHERE p.parent_id IS NOT NULL AND a.step < 20 \
         ) SELECT COUNT(*) FROM above WHERE id = ?1",
        params![template_unit, letter_unit],
    )?;
    Ok(found > 0)
}

pub(super) fn count(tx: &mut Tx<'_>, unit_id: &str) -> Result<i64, StoreError> {
    tx.scalar(
        "SELECT COUNT(*) FROM letter_template WHERE unit_id = ?1",
        params![unit_id],
    )
}

/// Whether another template of the unit has this name; case and diacritics make no other name.
pub(super) fn is_taken(tx: &mut Tx<'_>, it: &Template) -> Result<bool, StoreError> {
    let found: i64 = tx.scalar(
        "SELECT COUNT(*) FROM letter_template WHERE unit_id = ?1 AND name_key = ?2 AND id <> ?3",
        params![&it.unit_id, turkish::search_key(&it.name), &it.id],
    )?;
    Ok(found > 0)
}

pub(super) fn insert(tx: &mut Tx<'_>, act: &Act<'_>, it: &Template) -> Result<(), StoreError> {
    tx.execute(
        "INSERT INTO letter_template (id, unit_id, name, name_key, version, subject, kind, \
         confidentiality, personal, plan_code, secondary_code, closing, body, created_by, \
         created_at, updated_at) \
         VALUES (?1, ?2, ?3, ?4, 1, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?14)",
        params![
            &it.id,
            &it.unit_id,
            &it.name,
            turkish::search_key(&it.name),
            &it.subject,
            it.kind,
            it.confidentiality,
            it.personal,
            it.plan_code.as_deref(),
            it.secondary_code.as_deref(),
            it.closing,
            it.body.to_stored(),
            &act.actor.user_id,
            act.now
        ],
    )?;
    Ok(())
}

/// Writes the template when the row still has the version that was read; false otherwise.
pub(super) fn update(tx: &mut Tx<'_>, it: &Template, now: Timestamp) -> Result<bool, StoreError> {
    let touched = tx.execute(
        "UPDATE letter_template SET version = version + 1, name = ?3, name_key = ?4, \
         subject = ?5, kind = ?6, confidentiality = ?7, personal = ?8, plan_code = ?9, \
         secondary_code = ?10, closing = ?11, body = ?12, updated_at = ?13 \
         WHERE id = ?1 AND version = ?2",
        params![
            &it.id,
            it.version,
            &it.name,
            turkish::search_key(&it.name),
            &it.subject,
            it.kind,
            it.confidentiality,
            it.personal,
            it.plan_code.as_deref(),
            it.secondary_code.as_deref(),
            it.closing,
            it.body.to_stored(),
            now
        ],
    )?;
    Ok(touched == 1)
}

pub(super) fn delete(tx: &mut Tx<'_>, id: &str) -> Result<(), StoreError> {
    tx.execute("DELETE FROM letter_template WHERE id = ?1", params![id])
        .map(drop)
}
