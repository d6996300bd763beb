//! Closing with a reason, and changing until when an answer is due.

use jiff::civil::Date;
use serde_json::json;

use super::period::Period;
use super::referral::ReferralState;
use super::{Incoming, State, confirm, store, touch, view};
use crate::access::Act;
use crate::audit;
use crate::error::{Kind, Problem, Result, forbidden};
use crate::store::Tx;

const LONGEST_REASON: usize = 1_000;

/// Reasons that offices write; another may be typed.
pub const REASONS: [&str; 4] = [
    "Gereği yapıldı, cevap gerekmiyor.",
    "Bilgi için geldi, dosyasına kaldırıldı.",
    "Mükerrer kayıt.",
    "İşlemden kaldırıldı.",
];

/// *Kapat*: nothing more is done about it, for this reason.
///
/// # Errors
/// `gelen_yok`, `gelen_surum_eski`, `gelen_kapali`, `yetki_yok`, `gerekce_bos`.
pub fn close(tx: &mut Tx<'_>, act: &Act<'_>, id: &str, version: i64, reason: &str) -> Result<()> {
    let incoming = manageable(tx, act, id, version)?;
    let reason = crate::turkish::compose(reason.trim());
    if reason.is_empty() || reason.chars().count() > LONGEST_REASON {
        let sentence = "Kapatma gerekçesini yazın (en çok 1000 karakter).";
        return Err(Problem::new(Kind::Invalid, "gerekce_bos", sentence)
            .field("reason", sentence)
            .into());
    }
    store::end_all(tx, act, id, ReferralState::Done, &reason)?;
    store::set_closed(tx, act, id, &reason)?;
    touch(tx, &incoming, State::Closed)?;
    confirm::by_officer(tx, act, &incoming)?;
    audit::record(tx, act, "inbox.close", "incoming", id, &json!({}))
}

/// Sets until when an answer is due: a day, or what a rule proposes.
///
/// # Errors
/// As [`close`].
pub fn set_due(
    tx: &mut Tx<'_>,
    act: &Act<'_>,
    id: &str,
    version: i64,
    period: Period,
    day: Option<Date>,
) -> Result<()> {
    let incoming = manageable(tx, act, id, version)?;
    let received = crate::clock::local(incoming.registered_at).date();
    let due = day.or_else(|| period.last_day(received));
    let period = match (period, day) {
        (Period::None, Some(_)) => Period::Given,
        (period, _) => period,
    };
    store::set_due(tx, id, due, period)?;
    touch(tx, &incoming, incoming.state)?;
    let detail = json!({ "period": period.code(), "due": due.map(|day| day.to_string()) });
    audit::record(tx, act, "inbox.due", "incoming", id, &detail)
}

fn manageable(tx: &mut Tx<'_>, act: &Act<'_>, id: &str, version: i64) -> Result<Incoming> {
    let incoming = super::open(tx, act, id)?;
    incoming.require_version(version)?;
    incoming.require_open()?;
    if !view::manages(act, &incoming) {
        return Err(forbidden(
            "yetki_yok",
            "Bu işlem için evrakın biriminde Evrak Kayıt Sorumlusu ya da Paraf/İmza Yetkilisi \
             rolü gerekir.",
        ));
    }
    Ok(incoming)
}
