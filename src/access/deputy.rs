//! Vekâlet: somebody acts for an absent person between two moments.

use jiff::Timestamp;

use super::{Act, Role, store};
use crate::audit;
use crate::error::{Result, invalid};
use crate::store::Tx;

/// Who acts for whom, and when.
#[derive(Debug, Clone)]
pub struct Deputation {
    pub absent_id: String,
    pub deputy_id: String,
    pub begins_at: Timestamp,
    pub ends_at: Timestamp,
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

/// The absent people for whom `deputy_id` acts at `now`.
///
/// # Errors
/// When the store fails.
pub fn absent_for(tx: &mut Tx<'_>, deputy_id: &str, now: Timestamp) -> Result<Vec<String>> {
    Ok(store::absent_for(tx, deputy_id, now)?)
}
