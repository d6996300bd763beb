//! SQL of letterheads.

use jiff::Timestamp;

use super::Chosen;
use crate::params;
use crate::store::{BlobHash, StoreError, Tx};

const FACES: [&str; 4] = ["face_1", "face_2", "face_3", "face_4"];

pub(super) fn of_unit(tx: &mut Tx<'_>, unit_id: &str) -> Result<Option<Chosen>, StoreError> {
    tx.query_opt(
        "SELECT version, header, contact, person, verification, size, left_logo, right_logo, \
         face_1, face_2, face_3, face_4 FROM letterhead WHERE unit_id = ?1",
        params![unit_id],
    )?
    .map(|row| {
        let mut faces = Vec::new();
        for column in FACES {
            faces.extend(row.get::<Option<BlobHash>>(column)?);
        }
        Ok(Chosen {
            version: row.get("version")?,
            header: row.get("header")?,
            contact: row.get("contact")?,
            person: row.get("person")?,
            verification: row.get("verification")?,
            size: row.get("size")?,
            left_logo: row.get("left_logo")?,
            right_logo: row.get("right_logo")?,
            faces,
        })
    })
    .transpose()
}

pub(super) fn units(tx: &mut Tx<'_>) -> Result<Vec<String>, StoreError> {
    tx.query("SELECT unit_id FROM letterhead ORDER BY unit_id", params![])?
        .iter()
        .map(|row| row.get("unit_id"))
        .collect()
}

/// Writes the choice when the row still has the version that was read; false otherwise.
pub(super) fn put(
    tx: &mut Tx<'_>,
    unit_id: &str,
    chosen: &Chosen,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let touched = tx.execute(
        "INSERT INTO letterhead (unit_id, version, header, contact, person, verification, size, \
         left_logo, right_logo, face_1, face_2, face_3, face_4, updated_at) \
         VALUES (?1, ?2 + 1, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14) \
         ON CONFLICT (unit_id) DO UPDATE SET version = excluded.version, \
         header = excluded.header, contact = excluded.contact, person = excluded.person, \
         verification = excluded.verification, size = excluded.size, \
         left_logo = excluded.left_logo, right_logo = excluded.right_logo, \
         face_1 = excluded.face_1, face_2 = excluded.face_2, face_3 = excluded.face_3, \
         face_4 = excluded.face_4, updated_at = excluded.updated_at \
         WHERE letterhead.version = ?2",
        params![
            unit_id,
            chosen.version,
            &chosen.header,
            &chosen.contact,
            &chosen.person,
            &chosen.verification,
            chosen.size,
            chosen.left_logo.as_ref(),
            chosen.right_logo.as_ref(),
            chosen.faces.first(),
            chosen.faces.get(1),
            chosen.faces.get(2),
            chosen.faces.get(3),
            now
        ],
    )?;
    Ok(touched == 1)
}
