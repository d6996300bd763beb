//! The SQL of the proof bundle: which letter a number means.

use jiff::civil::Date;

use crate::store::{StoreError, Tx, Value};

/// A letter that a number may mean.
pub(super) struct Numbered {
    pub id: String,
    pub number: String,
    pub dated: Option<Date>,
}

/// Letters with this whole number, or with this last part when it is a plain number; of one year
/// alone when it is named.
pub(super) fn by_number(
    tx: &mut Tx<'_>,
    number: &str,
    year: Option<i16>,
) -> Result<Vec<Numbered>, StoreError> {
    let (condition, value) = match number.parse::<i64>() {
        Ok(last_part) => ("official_seq", Value::from(last_part)),
        Err(_) => ("official_number", Value::from(number)),
    };
    let mut sql = format!(
        "SELECT id, official_number, official_date FROM document \
         WHERE {condition} = ?1 AND official_number IS NOT NULL"
    );
    let mut values = vec![value];
    if let Some(year) = year {
        sql.push_str(" AND substr(official_date, 1, 4) = ?2");
        values.push(Value::from(format!("{year:04}")));
    }
    sql.push_str(" ORDER BY id LIMIT 20");
    tx.query(&sql, &values)?
        .iter()
        .map(|row| {
            Ok(Numbered {
                id: row.get("id")?,
                number: row.get("official_number")?,
                dated: row.get("official_date")?,
            })
        })
        .collect()
}
