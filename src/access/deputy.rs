//! Vekâlet: somebody acts for an absent person between two moments.

use jiff::Timestamp;
use jiff::civil::Date;

use super::{Act, Role, store};
use crate::audit;
use crate::clock;
use crate::error::{Result, conflict, invalid, not_found};
use crate::store::Tx;

/// Who acts for whom, and when.
#[derive(Debug, Clone)]
pub struct Deputation {
    pub absent_id: String,
    pub deputy_id: String,
    pub begins_at: Timestamp,
    pub ends_at: Timestamp,
}

pub use super::store::ListedDeputation as Listed;

impl Deputation {
    /// From the beginning of the first day to the end of the last, in Turkey.
    ///
    /// # Errors
    /// `vekalet_gecersiz` for days outside the calendar.
    pub fn of_days(absent_id: &str, deputy_id: &str, first: Date, last: Date) -> Result<Self> {
        let outside = |_| invalid("vekalet_gecersiz", "Tarih geçersiz. Günleri düzeltin.");
        let midnight = |day: Date| {
            day.to_zoned_datetime(clock::istanbul())
                .map(|midnight| midnight.timestamp())
                .map_err(outside)
        };
        Ok(Self {
            absent_id: absent_id.to_owned(),
            deputy_id: deputy_id.to_owned(),
            begins_at: midnight(first)?,
            ends_at: midnight(last.tomorrow().map_err(outside)?)?,
        })
    }
}

/// Enters a deputation; the absent person or an administrator may do it.
///
/// # Errors
/// `vekalet_gecersiz` when the period is empty or somebody would be their own deputy.
pub fn appoint(tx: &mut Tx<'_>, act: &Act<'_>, deputation: &Deputation) -> Result<String> {
    if act.actor.user_id != deputation.absent_id && !act.actor.has(Role::Administrator) {
        act.actor.require_administrator()?;
    }
    if deputation.absent_id == deputation.deputy_id || deputation.begins_at >= deputation.ends_at {
        return Err(invalid(
            "vekalet_gecersiz",
            "Vekil başka bir kişi, bitiş başlangıçtan sonra olmalıdır. Seçimi düzeltin.",
        ));
    }
    if deputation.ends_at <= act.now {
        return Err(invalid(
            "vekalet_gecersiz",
            "Bitiş günü geçmiş. İleri bir gün yazın.",
        ));
    }
    if store::account_by_id(tx, &deputation.deputy_id)?.is_none_or(|account| !account.active) {
        return Err(invalid(
            "vekalet_gecersiz",
            "Vekil olacak kişiyi listeden seçin.",
        ));
    }
    let id = act.new_id();
    store::insert_deputation(tx, &id, deputation, &act.actor.user_id, act.now)?;
    let detail = serde_json::json!({
        "absent": deputation.absent_id,
        "deputy": deputation.deputy_id,
        "begins_at": deputation.begins_at.to_string(),
        "ends_at": deputation.ends_at.to_string(),
    });
    audit::record(tx, act, "deputation.appoint", "deputation", &id, &detail)?;
    Ok(id)
}

/// Deputations that the acting person gave or was given, the latest first.
///
/// # Errors
/// When the store fails.
pub fn list(tx: &mut Tx<'_>, act: &Act<'_>) -> Result<Vec<Listed>> {
    Ok(store::deputations_of(tx, &act.actor.user_id)?)
}

/// Deputations of another person, for an administrator.
///
/// # Errors
/// `yetki_yok`.
pub fn list_of(tx: &mut Tx<'_>, act: &Act<'_>, user_id: &str) -> Result<Vec<Listed>> {
    act.actor.require_administrator()?;
    Ok(store::deputations_of(tx, user_id)?)
}

/// Ends a deputation before its day; one that has not begun never takes effect.
///
/// # Errors
/// `vekalet_yok` when it is not the person's, `vekalet_bitmis`.
pub fn end(tx: &mut Tx<'_>, act: &Act<'_>, id: &str) -> Result<()> {
    let own =
        |found: &Listed| found.absent_id == act.actor.user_id || act.actor.has(Role::Administrator);
    let found = store::deputation(tx, id)?
        .filter(own)
        .ok_or_else(|| not_found("vekalet_yok", "Böyle bir vekâletiniz yok."))?;
    if found.ends_at <= act.now {
        return Err(conflict("vekalet_bitmis", "Bu vekâlet zaten bitmiş."));
    }
    store::end_deputation(tx, id, found.begins_at.max(act.now))?;
    let detail = serde_json::json!({ "absent": found.absent_id });
    audit::record(tx, act, "deputation.end", "deputation", id, &detail)
}

/// The absent people for whom `deputy_id` acts at `now`.
///
/// # Errors
/// When the store fails.
pub fn absent_for(tx: &mut Tx<'_>, deputy_id: &str, now: Timestamp) -> Result<Vec<String>> {
    Ok(store::absent_for(tx, deputy_id, now)?)
}
