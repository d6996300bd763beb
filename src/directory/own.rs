//! Names the institution that this installation serves (decision 2).

use serde_json::json;

use super::{DetsisNo, Unit, store};
use crate::access::Act;
use crate::audit;
use crate::config::Mode;
use crate::document;
use crate::error::{Result, conflict, invalid, not_found};
use crate::inbox;
use crate::setting;
use crate::store::{StoreError, Tx};
use crate::turkish;

/// The institution that `number` names, whether it is the own one or not.
///
/// # Errors
/// `detsis_gecersiz`, `kurum_yok`, `kurum_degil` (with the institution to which the unit belongs),
/// `kurum_kapali`.
pub fn candidate(tx: &mut Tx<'_>, number: &str) -> Result<Unit> {
    let number =
        DetsisNo::parse(number).map_err(|error| invalid("detsis_gecersiz", format!("{error}.")))?;
    let unit = store::by_number(tx, number.as_str())?.ok_or_else(|| {
        let why = format!(
            "{number} numaralı kurum rehberde yok. Önce rehberi yükleyin: dys directory import \
             birimler.csv"
        );
        not_found("kurum_yok", why)
    })?;
    if !unit.is_institution() {
        let above = store::by_id(tx, &unit.institution_id)?;
        let above = above.map_or_else(String::new, |above| {
            format!(
                " Kurumun numarasını yazın: {} {}.",
                above.detsis_no, above.name
            )
        });
        let why = format!(
            "{} bir kurum değil, bir kurumun birimidir.{above}",
            unit.name
        );
        return Err(invalid("kurum_degil", why));
    }
    if !unit.active {
        let why = format!(
            "{} rehberde kapanmış görünüyor; etkin bir kurum seçin.",
            unit.name
        );
        return Err(invalid("kurum_kapali", why));
    }
    Ok(unit)
}

/// Whether the institution may still be chosen or changed: until the first letter is drafted or
/// registered, since numbers, files and permissions hang on it from then on.
///
/// # Errors
/// When the store fails.
pub fn is_open(tx: &mut Tx<'_>) -> Result<bool, StoreError> {
    Ok(!document::is_any(tx)? && !inbox::number::is_any_taken(tx)?)
}

/// Whether the name has to be typed: everywhere but in a rehearsal folder.
///
/// # Errors
/// When the store fails.
pub fn asks_name(tx: &mut Tx<'_>) -> Result<bool, StoreError> {
    let mode = setting::text(tx, setting::MODE)?;
    Ok(mode.as_deref() != Some(Mode::Rehearsal.code()))
}

/// Makes the institution with this number and its units the ones that the installation serves.
/// `typed` is its name, typed once more where [`asks_name`]; case does not matter.
///
/// Choosing the same one again takes in units that were imported since and is always allowed.
///
/// # Errors
/// `yetki_yok`, those of [`candidate`], `kurum_onayi` when the name is another,
/// `kurum_degismez` once letters exist, `kurum_ornek` for a demo number in a real folder.
pub fn choose(tx: &mut Tx<'_>, act: &Act<'_>, number: &str, typed: &str) -> Result<Unit> {
    act.actor.require_administrator()?;
    let unit = candidate(tx, number)?;
    let before = store::own_institution(tx)?;
    if before.as_ref().is_some_and(|own| own.id != unit.id) && !is_open(tx)? {
        return Err(conflict(
            "kurum_degismez",
            "Bu kurulumda evrak var; kurum artık değiştirilemez. Başka bir kurum için yeni bir \
             veri klasörü kurun.",
        ));
    }
    let real = setting::text(tx, setting::MODE)?.as_deref() == Some(Mode::Real.code());
    if real && unit.number_is_demo {
        let why = "Örnek numaralı bir kurum gerçek kurulumun kurumu olamaz.";
        return Err(invalid("kurum_ornek", why));
    }
    if asks_name(tx)? && turkish::upper(typed.trim()) != turkish::upper(&unit.name) {
        let why = format!(
            "Onaylamak için kurumun adını rehberdeki gibi yazın: {}",
            unit.name
        );
        return Err(invalid("kurum_onayi", why));
    }
    let units = store::mark_own(tx, &unit.id)?;
    let detail = json!({
        "number": unit.detsis_no,
        "name": unit.name,
        "units": units,
        "before": before.map(|own| own.detsis_no),
    });
    audit::record(tx, act, "directory.own", "unit", unit.id.as_str(), &detail)?;
    Ok(unit)
}

/// Whether anything of a demo stands here: units of the demo series, demo addresses, demo users.
/// A folder that has some never becomes real (decision 15).
///
/// # Errors
/// When the store fails.
pub fn has_demo(tx: &mut Tx<'_>) -> Result<bool, StoreError> {
    Ok(store::has_demo(tx)? || crate::access::user::has_demo(tx)?)
}
