//! The few value types that both engines store alike: integers, text, bytes and nothing.

use jiff::Timestamp;
use jiff::civil::Date;

use super::StoreError;

/// A parameter or a cell.
///
/// Times are microseconds since 1970 in UTC, dates are `YYYY-MM-DD`, truth is 0 or 1.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    Null,
    Int(i64),
    Text(String),
    Blob(Vec<u8>),
}

impl Value {
    pub(super) fn kind(&self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Int(_) => "integer",
            Self::Text(_) => "text",
            Self::Blob(_) => "blob",
        }
    }
}

macro_rules! int_value {
    ($($int:ty),+) => { $(impl From<$int> for Value {
        fn from(value: $int) -> Self { Self::Int(i64::from(value)) }
    })+ };
}
int_value!(i64, i32, i16, u32, u16, u8, bool);

impl From<usize> for Value {
    fn from(value: usize) -> Self {
        Self::Int(i64::try_from(value).unwrap_or(i64::MAX))
    }
}
impl From<&str> for Value {
    fn from(value: &str) -> Self {
        Self::Text(value.to_owned())
    }
}
impl From<String> for Value {
    fn from(value: String) -> Self {
        Self::Text(value)
    }
}
impl From<&String> for Value {
    fn from(value: &String) -> Self {
        Self::Text(value.clone())
    }
}
impl From<Vec<u8>> for Value {
    fn from(value: Vec<u8>) -> Self {
        Self::Blob(value)
    }
}
impl From<&[u8]> for Value {
    fn from(value: &[u8]) -> Self {
        Self::Blob(value.to_vec())
    }
}
impl From<Timestamp> for Value {
    fn from(value: Timestamp) -> Self {
        Self::Int(value.as_microsecond())
    }
}
impl From<Date> for Value {
    fn from(value: Date) -> Self {
        Self::Text(value.to_string())
    }
}
impl<T: Into<Value>> From<Option<T>> for Value {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}
impl From<&Value> for Value {
    fn from(value: &Value) -> Self {
        value.clone()
    }
}

/// A Rust type that a cell can be read as.
pub trait FromValue: Sized {
    /// Reads the cell, naming the column when it does not fit.
    ///
    /// # Errors
    /// [`StoreError::Column`] when the cell holds another type.
    fn from_value(value: &Value, column: &str) -> Result<Self, StoreError>;
}

fn mismatch<T>(value: &Value, column: &str, expected: &'static str) -> Result<T, StoreError> {
    Err(StoreError::Column {
        column: column.to_owned(),
        expected,
        found: value.kind(),
    })
}

impl FromValue for i64 {
    fn from_value(value: &Value, column: &str) -> Result<Self, StoreError> {
        match value {
            Value::Int(int) => Ok(*int),
            other => mismatch(other, column, "integer"),
        }
    }
}
impl FromValue for bool {
    fn from_value(value: &Value, column: &str) -> Result<Self, StoreError> {
        i64::from_value(value, column).map(|int| int != 0)
    }
}
impl FromValue for usize {
    fn from_value(value: &Value, column: &str) -> Result<Self, StoreError> {
        usize::try_from(i64::from_value(value, column)?)
            .or_else(|_| mismatch(value, column, "non-negative integer"))
    }
}
impl FromValue for u32 {
    fn from_value(value: &Value, column: &str) -> Result<Self, StoreError> {
        u32::try_from(i64::from_value(value, column)?)
            .or_else(|_| mismatch(value, column, "32-bit non-negative integer"))
    }
}
impl FromValue for u64 {
    fn from_value(value: &Value, column: &str) -> Result<Self, StoreError> {
        u64::try_from(i64::from_value(value, column)?)
            .or_else(|_| mismatch(value, column, "non-negative integer"))
    }
}
impl FromValue for String {
    fn from_value(value: &Value, column: &str) -> Result<Self, StoreError> {
        match value {
            Value::Text(text) => Ok(text.clone()),
            other => mismatch(other, column, "text"),
        }
    }
}
impl FromValue for Vec<u8> {
    fn from_value(value: &Value, column: &str) -> Result<Self, StoreError> {
        match value {
            Value::Blob(bytes) => Ok(bytes.clone()),
            other => mismatch(other, column, "blob"),
        }
    }
}
impl FromValue for Timestamp {
    fn from_value(value: &Value, column: &str) -> Result<Self, StoreError> {
        Timestamp::from_microsecond(i64::from_value(value, column)?)
            .or_else(|_| mismatch(value, column, "time in microseconds"))
    }
}
impl FromValue for Date {
    fn from_value(value: &Value, column: &str) -> Result<Self, StoreError> {
        String::from_value(value, column)?
            .parse()
            .or_else(|_| mismatch(value, column, "date YYYY-MM-DD"))
    }
}
impl<T: FromValue> FromValue for Option<T> {
    fn from_value(value: &Value, column: &str) -> Result<Self, StoreError> {
        match value {
            Value::Null => Ok(None),
            other => T::from_value(other, column).map(Some),
        }
    }
}
