//! *Gönderilmeyecek*: a signed letter is closed without being sent, with the reason, and opened again.
//!
//! It stays signed and keeps its number; what a rule holds up for good would otherwise wait for ever
//! (decision 11).

use jiff::Timestamp;
use serde_json::json;

use super::send;
use crate::access::{Act, Role};
use crate::audit;
use crate::distribution;
use crate::document::{self, Letter, State, draft};
use crate::error::{Result, conflict, invalid};
use crate::params;
use crate::store::{StoreError, Tx};
use crate::turkish;

/// Letters of a reason.
const SHORTEST: usize = 5;
const LONGEST: usize = 500;

/// Why a letter is not sent, and who said so.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Withheld {
    pub reason: String,
    pub by_name: String,
    pub at: Timestamp,
}

impl Withheld {
    /// *Posta Durumu* of its recipients.
    #[must_use]
    pub fn delivery_status(&self) -> String {
        delivery_status(&self.reason)
    }
}

pub(super) fn delivery_status(reason: &str) -> String {
    format!("Gönderilmeyecek: {reason}")
}

/// The closing of a letter, if there is one; the caller has checked that the letter may be seen.
///
/// # Errors
/// When the store fails.
pub fn of(tx: &mut Tx<'_>, document_id: &str) -> Result<Option<Withheld>, StoreError> {
    tx.query_opt(
        "SELECT d.withheld_reason, d.withheld_at, u.full_name FROM document d \
         LEFT JOIN user_account u ON u.id = d.withheld_by \
         WHERE d.id = ?1 AND d.withheld_at IS NOT NULL",
        params![document_id],
    )?
    .map(|row| {
        Ok(Withheld {
            reason: row.get("withheld_reason")?,
            by_name: row.get::<Option<String>>("full_name")?.unwrap_or_default(),
            at: row.get("withheld_at")?,
        })
    })
    .transpose()
}

/// Whether the acting person may close the letter and open it again: its drafter, and the registry.
#[must_use]
pub fn may(act: &Act<'_>, letter: &Letter) -> bool {
    require_right(act, letter).is_ok()
}

/// Closes a signed letter that was not sent; nothing sends it until somebody takes this back.
///
/// # Errors
/// `evrak_yok`, `yetki_yok`, `gerekce_bos`, `imzali_degil`, `olur_gonderilmez`, `gonderilmeyecek`,
/// `kep_imzasi_bekliyor`.
pub fn withhold(tx: &mut Tx<'_>, act: &Act<'_>, document_id: &str, reason: &str) -> Result<()> {
    let letter = open(tx, act, document_id)?;
    let reason = checked(reason)?;
    if letter.state != State::Signed {
        return Err(conflict(
            "imzali_degil",
            match letter.state {
                State::Dispatched => "Evrak zaten gönderildi.",
                _ => "Yalnızca imzalanıp gönderilmemiş evrak Gönderilmeyecek olarak kapatılır.",
            },
        ));
    }
    if letter.stays(distribution::list::all(tx, document_id)?.len()) {
        return Err(conflict(
            "olur_gonderilmez",
            "Olurun alıcısı yok; zaten gönderilmez, dosyasında saklanır.",
        ));
    }
    require_none(tx, document_id)?;
    send::require_no_order(tx, document_id)?;
    // A sending that was begun on an older version of the letter fails from here on.
    document::touch(tx, &letter, act.now)?;
    tx.execute(
        "UPDATE document SET withheld_reason = ?2, withheld_by = ?3, withheld_at = ?4, \
         auto_dispatch = 0, auto_dispatch_error = NULL WHERE id = ?1",
        params![document_id, &reason, &act.actor.user_id, act.now],
    )?;
    let detail = json!({ "reason": reason });
    audit::record(
        tx,
        act,
        "dispatch.withhold",
        "document",
        document_id,
        &detail,
    )
}

/// Opens it again: it waits for a person who sends it.
///
/// # Errors
/// `evrak_yok`, `yetki_yok`, `gerekce_bos`, `gonderilmeyecek_degil`.
pub fn take_back(tx: &mut Tx<'_>, act: &Act<'_>, document_id: &str, reason: &str) -> Result<()> {
    let letter = open(tx, act, document_id)?;
    let reason = checked(reason)?;
    let Some(former) = of(tx, document_id)? else {
        return Err(conflict(
            "gonderilmeyecek_degil",
            "Bu evrak Gönderilmeyecek olarak kapatılmış değil; bu sırada geri alınmış olabilir. \
             Sayfayı yenileyin.",
        ));
    };
    document::touch(tx, &letter, act.now)?;
    tx.execute(
        "UPDATE document SET withheld_reason = NULL, withheld_by = NULL, withheld_at = NULL \
         WHERE id = ?1",
        params![document_id],
    )?;
    let detail = json!({ "reason": reason, "withheld": former.reason });
    audit::record(
        tx,
        act,
        "dispatch.withhold_undo",
        "document",
        document_id,
        &detail,
    )
}

/// Refuses what a closed letter does not allow.
pub(super) fn require_none(tx: &mut Tx<'_>, document_id: &str) -> Result<()> {
    match of(tx, document_id)? {
        None => Ok(()),
        Some(withheld) => Err(conflict(
            "gonderilmeyecek",
            format!(
                "Evrak Gönderilmeyecek olarak kapatıldı: “{}” ({}). Göndermek için önce Evrakı Gönder \
                 ekranında Geri al düğmesine basın.",
                withheld.reason, withheld.by_name
            ),
        )),
    }
}

fn open(tx: &mut Tx<'_>, act: &Act<'_>, document_id: &str) -> Result<Letter> {
    let letter = draft::open(tx, act, document_id)?;
    require_right(act, &letter)?;
    Ok(letter)
}

fn require_right(act: &Act<'_>, letter: &Letter) -> Result<()> {
    if letter.drafter_id == act.actor.user_id {
        return Ok(());
    }
    act.actor.require_in(&[Role::Registry], &letter.unit_id)
}

fn checked(reason: &str) -> Result<String> {
    let reason = turkish::compose(reason.trim());
    let length = reason.chars().count();
    let breaks = |letter: char| letter.is_control() && !matches!(letter, '\n' | '\r');
    if !(SHORTEST..=LONGEST).contains(&length) || reason.chars().any(breaks) {
        return Err(invalid(
            "gerekce_bos",
            format!("Gerekçeyi yazın ({SHORTEST}-{LONGEST} harf)."),
        ));
    }
    Ok(reason)
}
