//! *Teslim edildi* and *İade geldi*: what became of a posted envelope, with date and reason.

use jiff::civil::Date;
use serde_json::json;

use super::{Item, ROLES, State, open, store};
use crate::access::Act;
use crate::audit;
use crate::clock;
use crate::error::{Result, conflict, invalid};
use crate::store::Tx;
use crate::turkish;

/// Why the post brings things back; a reason of one's own may be written instead.
pub const RETURN_REASONS: [&str; 6] = [
    "Adres yetersiz",
    "Adreste tanınmıyor",
    "Adresten ayrılmış",
    "Kabul edilmedi",
    "Süresinde alınmadı",
    "Kurum kapalı",
];

/// The post brought it to the addressee.
///
/// # Errors
/// `gonderi_yok`, `yetki_yok`, `sonuc_gecersiz`, `tarih_gecersiz`.
pub fn delivered(tx: &mut Tx<'_>, act: &Act<'_>, id: &str, on: Date, to_whom: &str) -> Result<()> {
    let item = posted(tx, act, id, on)?;
    let to_whom = text(to_whom)?;
    store::set_outcome(tx, act, id, State::Delivered, on, &to_whom)?;
    store::follow(tx, &item, "paper_delivered", "none", act.now)?;
    let detail = json!({ "on": on.to_string(), "recipient": item.recipient_id });
    audit::record(tx, act, "paper.delivered", "paper_item", id, &detail)
}

/// The post brought it back: the duty stands again, a new envelope can be made.
///
/// # Errors
/// As [`delivered`], and `iade_nedeni`.
pub fn returned(tx: &mut Tx<'_>, act: &Act<'_>, id: &str, on: Date, reason: &str) -> Result<()> {
    let item = posted(tx, act, id, on)?;
    let reason = text(reason)?;
    if reason.is_empty() {
        return Err(invalid(
            "iade_nedeni",
            "İade nedenini yazın; zarfın üzerindeki notu seçebilirsiniz.",
        ));
    }
    store::set_outcome(tx, act, id, State::Returned, on, &reason)?;
    store::follow(tx, &item, "paper_returned", "paper", act.now)?;
    let detail = json!({ "on": on.to_string(), "reason": reason, "recipient": item.recipient_id });
    audit::record(tx, act, "paper.returned", "paper_item", id, &detail)
}

/// The item, if it is posted and the day can be.
fn posted(tx: &mut Tx<'_>, act: &Act<'_>, id: &str, on: Date) -> Result<Item> {
    let item = open(tx, act, id)?;
    act.actor.require_in(&ROLES, &item.unit_id)?;
    if item.state != State::Posted {
        return Err(conflict(
            "sonuc_gecersiz",
            match item.state {
                State::ToPost => "Gönderi henüz postaya verilmedi; önce gönderiyi kaydedin.",
                _ => "Bu gönderinin sonucu zaten kaydedilmiş. Sayfayı yenileyin.",
            },
        ));
    }
    let today = clock::local(act.now).date();
    if on > today || item.posted_on.is_some_and(|posted| on < posted) {
        return Err(invalid(
            "tarih_gecersiz",
            "Tarih, postaya verildiği gün ile bugün arasında olmalı.",
        ));
    }
    Ok(item)
}

fn text(typed: &str) -> Result<String> {
    let text = turkish::compose(typed.trim());
    if text.chars().count() > 200 || text.chars().any(char::is_control) {
        return Err(invalid(
            "gonderi_eksik",
            "Açıklama en çok 200 harf olabilir.",
        ));
    }
    Ok(text)
}
