//! A row that has left the engine: named columns with plain values.

use std::sync::Arc;

use super::{FromValue, StoreError, Value};

/// One answer row. Columns are read by name, so a statement may list them in any order.
#[derive(Debug, Clone)]
pub struct Row {
    columns: Arc<[String]>,
    values: Vec<Value>,
}

impl Row {
    pub(super) fn new(columns: Arc<[String]>, values: Vec<Value>) -> Self {
        Self { columns, values }
    }

    /// Reads the column `name`.
    ///
    /// # Errors
    /// [`StoreError::Column`] when it is absent or of another type.
    pub fn get<T: FromValue>(&self, name: &str) -> Result<T, StoreError> {
        let value = self
            .columns
            .iter()
            .position(|column| column == name)
            .and_then(|index| self.values.get(index))
            .ok_or_else(|| StoreError::Column {
                column: name.to_owned(),
                expected: "a column of the answer",
                found: "none",
            })?;
        T::from_value(value, name)
    }

    /// Reads the column at `index`, counted from zero.
    ///
    /// # Errors
    /// [`StoreError::Column`] when it is absent or of another type.
    pub fn at<T: FromValue>(&self, index: usize) -> Result<T, StoreError> {
        let value = self.values.get(index).ok_or_else(|| StoreError::Column {
            column: index.to_string(),
            expected: "a column of the answer",
            found: "none",
        })?;
        T::from_value(value, &index.to_string())
    }
}
