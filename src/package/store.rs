//! SQL of packages and their variants.

use std::collections::BTreeMap;

use jiff::Timestamp;

use crate::params;
use crate::store::{BlobHash, StoreError, Tx};

/// Where a letter's package stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Package {
    pub document_id: String,
    /// The approval round and the frozen letter that it was made of.
    pub round: i64,
    pub letter_hash: BlobHash,
    pub draft_hash: BlobHash,
    /// The bytes of PaketOzeti: the content that every signer signs.
    pub content_hash: BlobHash,
    /// CMS over that content with every signer in it.
    pub signature_hash: Option<BlobHash>,
    /// The sealed package with every attachment; none before the last signature.
    pub package_hash: Option<BlobHash>,
}

/// The package of a letter, if one was begun.
///
/// # Errors
/// When the store fails.
pub fn of(tx: &mut Tx<'_>, document_id: &str) -> Result<Option<Package>, StoreError> {
    tx.query_opt(
        "SELECT document_id, round, letter_hash, draft_hash, content_hash, signature_hash, \
         package_hash FROM package WHERE document_id = ?1",
        params![document_id],
    )?
    .map(|row| {
        Ok(Package {
            document_id: row.get("document_id")?,
            round: row.get("round")?,
            letter_hash: row.get("letter_hash")?,
            draft_hash: row.get("draft_hash")?,
            content_hash: row.get("content_hash")?,
            signature_hash: row.get("signature_hash")?,
            package_hash: row.get("package_hash")?,
        })
    })
    .transpose()
}

/// Begins the package anew: what was signed over another content falls away.
pub(super) fn replace(tx: &mut Tx<'_>, it: &Package, now: Timestamp) -> Result<(), StoreError> {
    tx.execute(
        "DELETE FROM package_variant WHERE document_id = ?1",
        params![&it.document_id],
    )?;
    tx.execute(
        "DELETE FROM package WHERE document_id = ?1",
        params![&it.document_id],
    )?;
    tx.execute(
        "INSERT INTO package (document_id, round, letter_hash, draft_hash, content_hash, made_at) \
         VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        params![
            &it.document_id,
            it.round,
            &it.letter_hash,
            &it.draft_hash,
            &it.content_hash,
            now,
        ],
    )
    .map(drop)
}

/// Names the CMS with everybody who has signed this content so far; false when the content is no
/// longer the one to sign.
///
/// # Errors
/// When the store fails.
pub fn keep_signature(
    tx: &mut Tx<'_>,
    document_id: &str,
    content: &BlobHash,
    signature: &BlobHash,
) -> Result<bool, StoreError> {
    let changed = tx.execute(
        "UPDATE package SET signature_hash = ?3 \
         WHERE document_id = ?1 AND content_hash = ?2 AND package_hash IS NULL",
        params![document_id, content, signature],
    )?;
    Ok(changed == 1)
}

/// Names the finished package, once: false when another was faster or the content changed.
pub(super) fn set_finished(
    tx: &mut Tx<'_>,
    it: &Package,
    signature: &BlobHash,
    package: &BlobHash,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let changed = tx.execute(
        "UPDATE package SET signature_hash = ?3, package_hash = ?4, finished_at = ?5 \
         WHERE document_id = ?1 AND content_hash = ?2 AND package_hash IS NULL",
        params![&it.document_id, &it.content_hash, signature, package, now],
    )?;
    Ok(changed == 1)
}

pub(super) fn insert_variant(
    tx: &mut Tx<'_>,
    document_id: &str,
    left_out: &str,
    blob: &BlobHash,
    size: i64,
) -> Result<(), StoreError> {
    tx.execute(
        "INSERT INTO package_variant (document_id, left_out, blob_hash, size) \
         VALUES (?1, ?2, ?3, ?4)",
        params![document_id, left_out, blob, size],
    )
    .map(drop)
}

/// The bytes' hash of a variant.
pub(super) fn variant(
    tx: &mut Tx<'_>,
    document_id: &str,
    left_out: &str,
) -> Result<Option<BlobHash>, StoreError> {
    tx.query_opt(
        "SELECT blob_hash FROM package_variant WHERE document_id = ?1 AND left_out = ?2",
        params![document_id, left_out],
    )?
    .map(|row| row.get("blob_hash"))
    .transpose()
}

/// Bytes of every variant that exists, by its key.
pub(crate) fn sizes(
    tx: &mut Tx<'_>,
    document_id: &str,
) -> Result<BTreeMap<String, u64>, StoreError> {
    tx.query(
        "SELECT left_out, size FROM package_variant WHERE document_id = ?1",
        params![document_id],
    )?
    .iter()
    .map(|row| {
        let size: i64 = row.get("size")?;
        Ok((row.get("left_out")?, u64::try_from(size).unwrap_or(0)))
    })
    .collect()
}
