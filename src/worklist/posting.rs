//! The posting on paper that closes the duty to send again, guarded against double delivery.

use jiff::civil::Date;

use crate::access::Act;
use crate::error::Result;
use crate::paper;
use crate::store::Tx;

/// How the paper copy went out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Posting {
    pub recipient_id: String,
    pub posted_on: Date,
    /// Of the post office; or
    pub barcode: Option<String>,
    /// number of the record of handing over.
    pub handover_record: Option<String>,
    /// Why it went on paper, where the failure does not say it already.
    pub note: String,
}

/// Makes the recipient's envelope, if there is none yet, and records that it was posted.
///
/// # Errors
/// `alici_yok`, `yetki_yok`, `kagit_gerekmez`, `gonderi_var`, `barkod_var`, `gonderi_eksik`.
pub fn record(tx: &mut Tx<'_>, act: &Act<'_>, posting: &Posting) -> Result<()> {
    let item = paper::prepare(tx, act, &posting.recipient_id)?;
    if !posting.note.trim().is_empty() {
        paper::explain(tx, &item, &posting.note)?;
    }
    let entry = paper::posting::Posting {
        posted_on: posting.posted_on,
        post_barcode: posting.barcode.clone(),
        handover_record: posting.handover_record.clone(),
    };
    paper::posting::record(tx, act, &item.id, &entry)
}
