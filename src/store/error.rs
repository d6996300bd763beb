//! What can go wrong between the domain and the database engine.

/// A failure of the database engine or of the agreement between code and schema.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// SQLite refused a statement.
    #[error("sqlite: {0}")]
    Sqlite(#[from] rusqlite::Error),
    /// PostgreSQL refused a statement or the connection broke.
    #[error("postgres: {}", postgres_text(.0))]
    Postgres(#[from] ::postgres::Error),
    /// A column is absent or holds another type than the code expects.
    #[error("column {column}: expected {expected}, found {found}")]
    Column {
        column: String,
        expected: &'static str,
        found: &'static str,
    },
    /// A row that must exist does not.
    #[error("no row where exactly one was expected")]
    NoRow,
    /// The schema in the database was changed by hand or is newer than this program.
    #[error("schema: {0}")]
    Schema(String),
    /// Files beside the database cannot be written or read.
    #[error("blob {hash}: {reason}")]
    Blob { hash: String, reason: String },
    /// A command ended in a panic; its writes were rolled back.
    #[error("a command panicked and was rolled back")]
    Panicked,
    /// The store is shutting down.
    #[error("the store is closed")]
    Closed,
}

impl StoreError {
    /// True when a unique or primary-key constraint refused the row.
    #[must_use]
    pub fn is_unique_violation(&self) -> bool {
        match self {
            Self::Sqlite(rusqlite::Error::SqliteFailure(failure, _)) => {
                failure.extended_code == rusqlite::ffi::SQLITE_CONSTRAINT_UNIQUE
                    || failure.extended_code == rusqlite::ffi::SQLITE_CONSTRAINT_PRIMARYKEY
            }
            Self::Postgres(error) => {
                error.code() == Some(&::postgres::error::SqlState::UNIQUE_VIOLATION)
            }
            _ => false,
        }
    }
}

fn postgres_text(error: &::postgres::Error) -> String {
    error
        .as_db_error()
        .map_or_else(|| error.to_string(), |db| db.message().to_owned())
}
