//! Zimmet (custody book) and posta tevdi listesi (handover list): what was handed to whom.

use jiff::civil::Date;
use serde_json::json;

use super::posting::{self, Posting};
use super::{Item, ROLES, State, open, outcome, store};
use crate::access::Act;
use crate::audit;
use crate::clock;
use crate::document::words;
use crate::error::{Error, Result, conflict, invalid, not_found};
use crate::store::Tx;
use crate::turkish;

words! {
    /// What a list is for.
    Kind {
        Custody = "custody", "Zimmet";
        Handover = "handover", "Posta tevdi listesi";
    }
}

/// Items of one list; more do not fit a morning's bag.
const MOST: usize = 500;

/// A numbered list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct List {
    pub id: String,
    pub unit_id: String,
    pub unit_name: String,
    pub kind: Kind,
    pub year: i64,
    pub seq: i64,
    pub to_whom: String,
    pub dated: Date,
    /// Who made the list, and so hands over what is on it.
    pub made_by: String,
    pub count: i64,
}

/// Who took an item of a custody list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Receipt {
    pub list_id: String,
    pub item_id: String,
    pub on: Date,
    /// Of the person who took it.
    pub name: String,
    /// Who wrote it down.
    pub recorded_by: String,
}

/// What posting a whole list did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Posted {
    pub count: usize,
    /// Envelopes left where they are: the letter reached, or may still reach, electronically.
    pub needless: Vec<Item>,
}

/// What is asked of the book of lists.
#[derive(Debug, Clone, Default)]
pub struct Criteria {
    pub kind: Option<Kind>,
    /// Receiver, number of the list, or an envelope on it (sayı, addressee, barcode).
    pub text: String,
    pub from: Option<Date>,
    pub to: Option<Date>,
    /// The list after which the page begins.
    pub after: Option<String>,
}

/// Lists of one page.
const PAGE: usize = 50;

impl List {
    /// `2026/14`.
    #[must_use]
    pub fn number(&self) -> String {
        format!("{}/{}", self.year, self.seq)
    }
}

/// Makes a list of envelopes that wait to be posted, all of one unit.
///
/// # Errors
/// `liste_bos`, `gonderi_yok`, `yetki_yok`, `gonderi_var`, `kagit_gerekmez`, `listede_var`,
/// `teslim_alan`.
pub fn create(
    tx: &mut Tx<'_>,
    act: &Act<'_>,
    kind: Kind,
    item_ids: &[String],
    to_whom: &str,
) -> Result<String> {
    let to_whom = receiver(to_whom)?;
    if item_ids.is_empty() || item_ids.len() > MOST {
        return Err(invalid(
            "liste_bos",
            format!("Listeye girecek gönderileri seçin (en çok {MOST})."),
        ));
    }
    let mut unit: Option<String> = None;
    for id in item_ids {
        let item = open(tx, act, id)?;
        act.actor.require_in(&ROLES, &item.unit_id)?;
        if item.state != State::ToPost {
            return Err(posting::already(&item));
        }
        if item.needless {
            return Err(no_need(std::slice::from_ref(&item)));
        }
        if let Some(number) = store::listed(tx, id, kind)? {
            return Err(conflict(
                "listede_var",
                format!(
                    "{} gönderisi {number} numaralı listede zaten var.",
                    item.barcode
                ),
            ));
        }
        match &unit {
            Some(unit) if *unit != item.unit_id => {
                return Err(invalid(
                    "liste_karisik",
                    "Bir listede tek birimin gönderileri bulunur; seçimi daraltın.",
                ));
            }
            _ => unit = Some(item.unit_id),
        }
    }
    let unit = unit.unwrap_or_default();
    let today = clock::local(act.now).date();
    let id = act.new_id();
    store::insert_list(tx, act, &id, &unit, kind, today, &to_whom, item_ids)?;
    let detail = json!({ "kind": kind.code(), "count": item_ids.len(), "to": to_whom });
    audit::record(tx, act, "paper.list", "paper_list", &id, &detail)?;
    Ok(id)
}

/// A list of the person's units with its envelopes.
///
/// # Errors
/// `liste_yok`.
pub fn show(tx: &mut Tx<'_>, act: &Act<'_>, id: &str) -> Result<(List, Vec<Item>)> {
    let list = store::list(tx, &act.actor.user_id, id)?.ok_or_else(no_such_list)?;
    Ok((list, store::items_of_list(tx, id)?))
}

/// The book: lists of the person's units, the newest first, and the key of the next page.
///
/// # Errors
/// When the store fails.
pub fn search(
    tx: &mut Tx<'_>,
    act: &Act<'_>,
    asked: &Criteria,
) -> Result<(Vec<List>, Option<String>)> {
    let mut lists = store::lists(tx, &act.actor.user_id, asked, PAGE + 1)?;
    let more = lists.len() > PAGE;
    lists.truncate(PAGE);
    let next = lists.last().filter(|_| more).map(|list| list.id.clone());
    Ok((lists, next))
}

/// The lists on which an envelope stands.
///
/// # Errors
/// When the store fails.
pub fn of_item(tx: &mut Tx<'_>, act: &Act<'_>, item_id: &str) -> Result<Vec<List>> {
    Ok(store::lists_of_item(tx, &act.actor.user_id, item_id)?)
}

/// Posts everything on a handover list at once; an envelope without a barcode of the post counts
/// as handed over by the list's number. All or nothing, but for envelopes that nothing obliges any
/// more: those stay and are named.
///
/// # Errors
/// `liste_yok`, `liste_turu`, `kagit_gerekmez` when no other is left, and as [`posting::record`].
pub fn post_all(
    tx: &mut Tx<'_>,
    act: &Act<'_>,
    id: &str,
    posted_on: Date,
    barcodes: &[(String, String)],
) -> Result<Posted> {
    let (list, items) = show(tx, act, id)?;
    if list.kind != Kind::Handover {
        return Err(invalid(
            "liste_turu",
            "Zimmet kurum içi teslimdir; postaya verme tevdi listesinden kaydedilir.",
        ));
    }
    let mut count = 0;
    for item in items.iter().filter(|item| item.waits()) {
        let code = barcodes
            .iter()
            .find(|(item_id, code)| *item_id == item.id && !code.trim().is_empty())
            .map(|(_, code)| code.clone());
        let posting = Posting {
            posted_on,
            post_barcode: code,
            handover_record: Some(format!("Tevdi listesi {}", list.number())),
        };
        posting::record(tx, act, &item.id, &posting)?;
        count += 1;
    }
    let needless: Vec<Item> = items.into_iter().filter(|item| item.needless).collect();
    if count == 0 && !needless.is_empty() {
        return Err(no_need(&needless));
    }
    if count == 0 {
        return Err(conflict(
            "gonderi_var",
            "Bu listedeki gönderilerin hepsi zaten postaya verilmiş.",
        ));
    }
    Ok(Posted { count, needless })
}

/// Who took which items of a list, for a person who may see it.
///
/// # Errors
/// `liste_yok`.
pub fn receipts(tx: &mut Tx<'_>, act: &Act<'_>, id: &str) -> Result<Vec<Receipt>> {
    store::list(tx, &act.actor.user_id, id)?.ok_or_else(no_such_list)?;
    Ok(store::receipts(tx, id)?)
}

/// Who took an envelope, list by list.
///
/// # Errors
/// `gonderi_yok`.
pub fn receipts_of(tx: &mut Tx<'_>, act: &Act<'_>, item_id: &str) -> Result<Vec<Receipt>> {
    open(tx, act, item_id)?;
    Ok(store::receipts_of_item(tx, item_id)?)
}

/// *Teslim alındı*: writes down on a custody list who took these items and on which day. With
/// `hand_delivered` it was the addressee who signed: the item is posted with the list's number as
/// the record of handing over, and delivered, at once. All or nothing.
///
/// # Errors
/// `liste_yok`, `yetki_yok`, `liste_turu`, `teslim_alan`, `liste_bos`, `tarih_gecersiz`,
/// `listede_yok`, `teslim_alinmis`, `kagit_gerekmez`, and as [`posting::record`].
pub fn receive(
    tx: &mut Tx<'_>,
    act: &Act<'_>,
    id: &str,
    item_ids: &[String],
    on: Date,
    name: &str,
    hand_delivered: bool,
) -> Result<usize> {
    let (list, items) = show(tx, act, id)?;
    act.actor.require_in(&ROLES, &list.unit_id)?;
    if list.kind != Kind::Custody {
        return Err(invalid(
            "liste_turu",
            "Teslim alan zimmette kaydedilir; tevdi listesindeki gönderiler postaya verilir.",
        ));
    }
    let name = receiver(name)?;
    if item_ids.is_empty() {
        return Err(invalid("liste_bos", "Teslim alınan gönderileri seçin."));
    }
    if on > clock::local(act.now).date() || on < list.dated {
        return Err(invalid(
            "tarih_gecersiz",
            "Teslim tarihi, listenin tarihi ile bugün arasında olmalı.",
        ));
    }
    let record = format!("{} {}", list.kind.label(), list.number());
    for item_id in item_ids {
        let item = items
            .iter()
            .find(|item| item.id == *item_id)
            .ok_or_else(|| {
                not_found(
                    "listede_yok",
                    "Seçilen gönderi bu listede yok. Sayfayı yenileyip yeniden seçin.",
                )
            })?;
        if !store::set_received(tx, act, id, item_id, on, &name)? {
            return Err(received_already(tx, id, item)?);
        }
        if hand_delivered {
            if item.needless {
                return Err(no_need(std::slice::from_ref(item)));
            }
            let posting = Posting {
                posted_on: on,
                post_barcode: None,
                handover_record: Some(record.clone()),
            };
            posting::record(tx, act, item_id, &posting)?;
            outcome::delivered(tx, act, item_id, on, &name)?;
        }
    }
    let detail = json!({
        "items": item_ids,
        "on": on.to_string(),
        "by": name,
        "hand_delivered": hand_delivered,
    });
    audit::record(tx, act, "paper.received", "paper_list", id, &detail)?;
    Ok(item_ids.len())
}

/// The refusal of a second receipt, with what the first one said.
fn received_already(tx: &mut Tx<'_>, list_id: &str, item: &Item) -> Result<Error> {
    let first = store::receipts(tx, list_id)?
        .into_iter()
        .find(|receipt| receipt.item_id == item.id);
    let told = first.map_or_else(String::new, |receipt| {
        format!(
            "{} tarihinde {} teslim aldı. ",
            receipt.on.strftime("%d.%m.%Y"),
            receipt.name
        )
    });
    Ok(conflict(
        "teslim_alinmis",
        format!(
            "{} ({}): {told}Teslim ikinci kez kaydedilmez; alıcıya sonra ulaştıysa gönderinin \
             sayfasında kaydedin.",
            item.barcode, item.addressee
        ),
    ))
}

/// Envelopes that nothing obliges any more, by barcode and addressee.
#[must_use]
pub fn named(items: &[Item]) -> String {
    const SHOWN: usize = 20;
    let mut names: Vec<String> = items
        .iter()
        .take(SHOWN)
        .map(|item| format!("{} ({})", item.barcode, item.addressee))
        .collect();
    if items.len() > SHOWN {
        names.push(format!("… ve {} gönderi daha", items.len() - SHOWN));
    }
    names.join(", ")
}

fn no_need(items: &[Item]) -> Error {
    conflict(
        "kagit_gerekmez",
        format!(
            "{}: yazı elektronik ulaştı ya da sonucu bekleniyor; kâğıtla gönderilmez. Zarfı ayırın.",
            named(items)
        ),
    )
}

/// Who takes something over, as a person typed it.
fn receiver(typed: &str) -> Result<String> {
    let name = turkish::compose(typed.trim());
    if name.is_empty() || name.chars().count() > 120 || name.chars().any(char::is_control) {
        return Err(invalid(
            "teslim_alan",
            "Kime teslim edildiğini yazın (en çok 120 harf).",
        ));
    }
    Ok(name)
}

fn no_such_list() -> Error {
    not_found("liste_yok", "Böyle bir liste yok ya da görme yetkiniz yok.")
}
