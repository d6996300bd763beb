//! The schema's history: numbered texts in `migrations/`, applied once, checked by hash.
//!
//! One text serves both engines. The few differences are written as blocks that begin with
//! `-- only sqlite` or `-- only postgres` and end with `-- end`; `BLOB` becomes `BYTEA`.

use super::{BlobHash, Engine, StoreError, Tx};
use crate::params;

macro_rules! migrations {
    ($($name:literal),+ $(,)?) => {
        &[$(($name, include_str!(concat!("../../migrations/", $name, ".sql")))),+]
    };
}

/// Every migration in order; a text that has been released is never edited again.
const MIGRATIONS: &[(&str, &str)] = migrations![
    "0001_access",
    "0002_directory",
    "0003_document",
    "0004_dispatch",
    "0005_worklist",
    "0006_administration",
    "0007_inbox",
    "0008_channels",
    "0009_letterhead",
    "0010_signature",
    "0011_package",
    "0017_incoming_lookup",
    "0012_evidence_check",
    "0019_standing_since",
    "0024_incoming_search",
    "0025_attachment_scan",
    "0022_template",
    "0026_paper_series",
    "0021_revocation_answer",
    "0023_order",
    "0018_number_year",
    "0028_custody_receipt",
    "0029_plan_written",
    "0027_answer_turn",
    "0032_message_content",
    "0033_mailbox_trouble",
    "0030_case_file_use",
    "0034_message_handled",
    "0036_reference_incoming",
    "0037_signed_as",
    "0038_withheld",
];

const HISTORY: &str = "CREATE TABLE IF NOT EXISTS schema_migration (
    name TEXT PRIMARY KEY,
    hash TEXT NOT NULL
)";

/// Applies what is missing.
pub(super) fn run(tx: &mut Tx<'_>) -> Result<(), StoreError> {
    tx.execute(HISTORY, params![])?;
    let applied = tx.query("SELECT name, hash FROM schema_migration", params![])?;
    for row in &applied {
        let name: String = row.get("name")?;
        if !MIGRATIONS.iter().any(|(known, _)| *known == name) {
            return Err(StoreError::Schema(format!(
                "{name} is newer than this program"
            )));
        }
    }
    for (name, text) in MIGRATIONS {
        let hash = BlobHash::of(text.as_bytes());
        let known = applied
            .iter()
            .find(|row| row.get::<String>("name").is_ok_and(|n| n == *name));
        match known {
            Some(row) if row.get::<String>("hash")? == hash.as_str() => {}
            Some(_) => {
                return Err(StoreError::Schema(format!(
                    "{name} differs from what was applied"
                )));
            }
            None => {
                tx.execute_batch(&for_engine(text, tx.engine()))?;
                tx.execute(
                    "INSERT INTO schema_migration (name, hash) VALUES (?1, ?2)",
                    params![*name, &hash],
                )?;
            }
        }
    }
    Ok(())
}

fn for_engine(text: &str, engine: Engine) -> String {
    let mut kept = String::with_capacity(text.len());
    let mut block: Option<Engine> = None;
    for line in text.lines() {
        match line.trim() {
            "-- only sqlite" => block = Some(Engine::Sqlite),
            "-- only postgres" => block = Some(Engine::Postgres),
            "-- end" => block = None,
            _ if block.is_none_or(|only| only == engine) => {
                match engine {
                    Engine::Sqlite => kept.push_str(line),
                    Engine::Postgres => kept.push_str(&line.replace("BLOB", "BYTEA")),
                }
                kept.push('\n');
            }
            _ => {}
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_reach_only_their_engine() {
        let text = "a BLOB\n-- only sqlite\nb\n-- end\n-- only postgres\nc\n-- end\nd";
        assert_eq!(for_engine(text, Engine::Sqlite), "a BLOB\nb\nd\n");
        assert_eq!(for_engine(text, Engine::Postgres), "a BYTEA\nc\nd\n");
    }
}
