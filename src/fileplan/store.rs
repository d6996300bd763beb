//! The SQL of the file plan and of who used which code.

use jiff::Timestamp;

use super::seed::Entry;
use super::{Code, Scope};
use crate::error::Result;
use crate::params;
use crate::store::{Row, StoreError, Tx, Value};
use crate::turkish;

/// Codes that a search shows at most.
pub const MOST: usize = 50;
/// Recent codes that are offered before a word is typed.
const RECENT: usize = 12;
const MOST_WORDS: usize = 6;

const COLUMNS: &str = "c.scope, c.code, c.title, c.retention, c.disposal, c.has_children, \
     c.is_heading, c.secondary_only, COALESCE(p.title, '') AS parent_title";
const TABLES: &str = "file_plan_code c \
     LEFT JOIN file_plan_code p ON p.scope = c.scope AND p.code = c.parent_code";

/// What is looked for, by whom.
#[derive(Debug, Clone, Copy)]
pub struct Question<'a> {
    /// A code's beginning (`105.0`) or words in any order; empty asks for recent codes.
    pub text: &'a str,
    /// The part of the plan beside the common one.
    pub scope: Scope,
    /// Whose codes come first, then those of the unit.
    pub user_id: &'a str,
    pub unit_id: &'a str,
}

/// Codes of the common part and of `question.scope`, those used lately first, narrow ones before
/// broad ones; headings come last, so that one sees where one is. At most 50.
///
/// # Errors
/// When the store fails.
pub fn search(tx: &mut Tx<'_>, question: &Question<'_>) -> Result<Vec<Code>> {
    let text = question.text.trim();
    if text.is_empty() {
        return recent(tx, question);
    }
    let mut values = vec![
        Value::from(question.scope.code()),
        Value::from(question.user_id),
        Value::from(question.unit_id),
    ];
    let is_code = text
        .chars()
        .all(|character| character.is_ascii_digit() || character == '.');
    let patterns = if is_code {
        vec![format!("{text}%")]
    } else {
        let words = turkish::search_words(text);
        words
            .iter()
            .take(MOST_WORDS)
            .map(|word| format!("% {word}%"))
            .collect()
    };
    if patterns.is_empty() {
        return Ok(Vec::new());
    }
    let column = if is_code {
        "c.code"
    } else {
        "(' ' || c.search_key)"
    };
    let conditions: String = (4..4 + patterns.len())
        .map(|index| format!(" AND {column} LIKE ?{index}"))
        .collect();
    values.extend(patterns.into_iter().map(Value::from));
    let sql = format!(
        "SELECT {COLUMNS} FROM {TABLES}
         WHERE c.scope IN ('common', ?1){conditions}
         ORDER BY CASE WHEN EXISTS (SELECT 1 FROM file_plan_use u WHERE u.scope = c.scope
                 AND u.code = c.code AND (u.user_id = ?2 OR u.unit_id = ?3)) THEN 0 ELSE 1 END,
             c.is_heading, c.has_children, c.code
         LIMIT {MOST}"
    );
    codes(&tx.query(&sql, &values)?)
}

/// Codes that the person used last, then those of the unit; at most 12.
///
/// # Errors
/// When the store fails.
pub fn recent(tx: &mut Tx<'_>, question: &Question<'_>) -> Result<Vec<Code>> {
    let sql = format!(
        "SELECT {COLUMNS}, MAX(CASE WHEN u.user_id = ?2 THEN 1 ELSE 0 END) AS own,
             MAX(u.used_at) AS used_at
         FROM file_plan_use u
         JOIN file_plan_code c ON c.scope = u.scope AND c.code = u.code
         LEFT JOIN file_plan_code p ON p.scope = c.scope AND p.code = c.parent_code
         WHERE (u.user_id = ?2 OR u.unit_id = ?3) AND c.scope IN ('common', ?1)
         GROUP BY c.scope, c.code, c.title, c.retention, c.disposal, c.has_children,
             c.is_heading, c.secondary_only, p.title
         ORDER BY own DESC, used_at DESC, c.code LIMIT {RECENT}"
    );
    let rows = tx.query(
        &sql,
        params![question.scope.code(), question.user_id, question.unit_id],
    )?;
    codes(&rows)
}

/// The code of the common part or of `scope`; none when neither has it.
///
/// # Errors
/// When the store fails.
pub fn find(tx: &mut Tx<'_>, scope: Scope, code: &str) -> Result<Option<Code>> {
    let sql = format!(
        "SELECT {COLUMNS} FROM {TABLES} WHERE c.scope IN ('common', ?1) AND c.code = ?2 LIMIT 1"
    );
    let row = tx.query_opt(&sql, params![scope.code(), code])?;
    Ok(row.map(|row| read(&row)).transpose()?)
}

/// Remembers that a person of a unit chose the code.
///
/// # Errors
/// When the store fails.
pub fn record_use(
    tx: &mut Tx<'_>,
    code: &Code,
    user_id: &str,
    unit_id: &str,
    now: Timestamp,
) -> Result<()> {
    tx.execute(
        "INSERT INTO file_plan_use (user_id, unit_id, scope, code, used_at)
         VALUES (?1, ?2, ?3, ?4, ?5)
         ON CONFLICT (user_id, unit_id, scope, code) DO UPDATE SET used_at = excluded.used_at",
        params![user_id, unit_id, code.scope.code(), &code.code, now],
    )?;
    Ok(())
}

/// Writes codes over what stands.
pub(super) fn put(tx: &mut Tx<'_>, entries: &[Entry]) -> Result<()> {
    for entry in entries {
        let code = &entry.code;
        let selectable = !code.is_heading && !code.secondary_only;
        tx.execute(
            "INSERT INTO file_plan_code (scope, code, parent_code, title, search_key, retention,
                 disposal, has_children, is_heading, secondary_only, selectable, plan_version)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)
             ON CONFLICT (scope, code) DO UPDATE SET parent_code = excluded.parent_code,
                 title = excluded.title, search_key = excluded.search_key,
                 retention = excluded.retention, disposal = excluded.disposal,
                 has_children = excluded.has_children, is_heading = excluded.is_heading,
                 secondary_only = excluded.secondary_only, selectable = excluded.selectable,
                 plan_version = excluded.plan_version",
            params![
                code.scope.code(),
                &code.code,
                entry.parent.as_deref(),
                &code.title,
                &entry.search_key,
                &code.retention,
                &code.disposal,
                code.has_children,
                code.is_heading,
                code.secondary_only,
                selectable,
                code.scope.plan_version(),
            ],
        )?;
    }
    Ok(())
}

fn codes(rows: &[Row]) -> Result<Vec<Code>> {
    Ok(rows.iter().map(read).collect::<Result<_, StoreError>>()?)
}

fn read(row: &Row) -> Result<Code, StoreError> {
    let scope: String = row.get("scope")?;
    Ok(Code {
        scope: Scope::parse(&scope).unwrap_or(Scope::Common),
        code: row.get("code")?,
        title: row.get("title")?,
        parent_title: row.get("parent_title")?,
        retention: row.get("retention")?,
        disposal: row.get("disposal")?,
        has_children: row.get("has_children")?,
        is_heading: row.get("is_heading")?,
        secondary_only: row.get("secondary_only")?,
    })
}
