//! The rows of signatures.

use anyhow::Context as _;
use jiff::Timestamp;

use super::Accepted;
use crate::access::Act;
use crate::error::{Result, conflict};
use crate::params;
use crate::store::{BlobHash, StoreError, Tx};

/// A stored signature.
#[derive(Debug, Clone)]
pub struct Signature {
    pub id: String,
    pub step_id: String,
    pub user_id: String,
    pub content_hash: BlobHash,
    pub cms_hash: BlobHash,
    pub signer_name: String,
    /// SHA-256 of the signer's certificate.
    pub fingerprint: String,
    /// `bes`, `t`, `c`, `x_long`, `a`.
    pub level: String,
    /// `verified`, `incomplete`.
    pub verdict: String,
    /// [`seal::Report`] as JSON.
    pub report: String,
    pub stamped_at: Option<Timestamp>,
    pub signed_at: Timestamp,
}

/// Writes the row of an accepted signature; the blobs lie there already.
///
/// # Errors
/// `onay_iki_imza` when the same card has signed another step of the letter, and when the store
/// fails.
pub fn record(
    tx: &mut Tx<'_>,
    act: &Act<'_>,
    document_id: &str,
    step_id: &str,
    accepted: &Accepted,
) -> Result<()> {
    let other = tx.query_opt(
        "SELECT id FROM signature WHERE document_id = ?1 AND content_hash = ?2 \
         AND certificate_fingerprint = ?3 AND step_id <> ?4 LIMIT 1",
        params![
            document_id,
            &accepted.content_hash,
            &accepted.fingerprint,
            step_id
        ],
    )?;
    if other.is_some() {
        // In a package each signer stands once: the second signature would be missing from it.
        return Err(conflict(
            "onay_iki_imza",
            "Bu yazının başka bir imza adımı da bu sertifikayla imzalanmış; bir kişi aynı yazıyı iki \
             kez imzalayamaz. İade Et ile evrakı hazırlayana gönderin, onay listesini düzeltsin.",
        ));
    }
    let report = serde_json::to_string(&accepted.report).context("signature report")?;
    let level = serde_json::to_value(accepted.level).context("signature level")?;
    tx.execute(
        "INSERT INTO signature (id, document_id, step_id, user_id, content_hash, cms_hash, \
         signer_name, certificate_fingerprint, level, verdict, report, stamped_at, signed_at) \
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)",
        params![
            act.new_id(),
            document_id,
            step_id,
            &accepted.user_id,
            &accepted.content_hash,
            &accepted.cms_hash,
            &accepted.signer_name,
            &accepted.fingerprint,
            level.as_str().unwrap_or_default(),
            accepted.verdict(),
            report,
            accepted.stamped_at,
            act.now
        ],
    )?;
    Ok(())
}

/// Signatures over these bytes, in the order of signing; those of an earlier state of the letter
/// stay stored but are not among them.
///
/// # Errors
/// When the store fails.
pub fn of_document(
    tx: &mut Tx<'_>,
    document_id: &str,
    content: &BlobHash,
) -> Result<Vec<Signature>, StoreError> {
    let rows = tx.query(
        "SELECT id, step_id, user_id, content_hash, cms_hash, signer_name, \
         certificate_fingerprint, level, verdict, report, stamped_at, signed_at FROM signature \
         WHERE document_id = ?1 AND content_hash = ?2 ORDER BY signed_at, id",
        params![document_id, content],
    )?;
    rows.iter()
        .map(|row| {
            Ok(Signature {
                id: row.get("id")?,
                step_id: row.get("step_id")?,
                user_id: row.get("user_id")?,
                content_hash: row.get("content_hash")?,
                cms_hash: row.get("cms_hash")?,
                signer_name: row.get("signer_name")?,
                fingerprint: row.get("certificate_fingerprint")?,
                level: row.get("level")?,
                verdict: row.get("verdict")?,
                report: row.get("report")?,
                stamped_at: row.get("stamped_at")?,
                signed_at: row.get("signed_at")?,
            })
        })
        .collect()
}
