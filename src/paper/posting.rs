//! *Postaya verildi*: date and barcode or handover record, entered once.

use jiff::civil::Date;
use serde_json::json;

use super::{Item, ROLES, State, barcode, open, store};
use crate::access::Act;
use crate::audit;
use crate::clock;
use crate::error::{Error, Kind, Problem, Result, conflict};
use crate::store::Tx;

/// How an envelope went out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Posting {
    pub posted_on: Date,
    /// Of the post office; or
    pub post_barcode: Option<String>,
    /// number of the record of handing over.
    pub handover_record: Option<String>,
}

/// Records the posting and closes the duty.
///
/// # Errors
/// `gonderi_yok`, `yetki_yok`, `gonderi_var`, `barkod_var`, `gonderi_eksik`.
pub fn record(tx: &mut Tx<'_>, act: &Act<'_>, id: &str, posting: &Posting) -> Result<()> {
    let item = open(tx, act, id)?;
    act.actor.require_in(&ROLES, &item.unit_id)?;
    if item.state != State::ToPost {
        return Err(already(&item));
    }
    if let Some(recipient_id) = &item.recipient_id {
        super::still_obliged(tx, recipient_id)?;
    }
    check(act, posting)?;
    let post_barcode = posting
        .post_barcode
        .as_deref()
        .map(barcode::normal)
        .filter(|code| !code.is_empty());
    if let Some(code) = &post_barcode
        && let Some(other) = store::with_post_barcode(tx, code)?
    {
        // Another unit's letter is not told of; that the barcode is taken, is.
        let whose = match open(tx, act, &other.id) {
            Ok(seen) => format!(": {} sayılı yazı, {}", seen.number, seen.addressee),
            Err(Error::Problem(_)) => String::new(),
            Err(error) => return Err(error),
        };
        return Err(conflict(
            "barkod_var",
            format!("{code} barkodu başka bir gönderide kayıtlı{whose}. Barkodu yeniden okutun."),
        ));
    }
    let handover = posting
        .handover_record
        .as_deref()
        .map(str::trim)
        .filter(|text| !text.is_empty());
    store::set_posted(
        tx,
        act,
        id,
        posting.posted_on,
        post_barcode.as_deref(),
        handover,
    )?;
    store::follow(tx, &item, "posted", "wait", act.now)?;
    let detail = json!({
        "posted_on": posting.posted_on.to_string(),
        "barcode": post_barcode,
        "handover": handover,
        "recipient": item.recipient_id,
    });
    audit::record(tx, act, "paper.posted", "paper_item", id, &detail)
}

/// The refusal of a second posting, with what was entered the first time.
pub(super) fn already(item: &Item) -> Error {
    let day = item.posted_on.map_or_else(String::new, |on| {
        format!("{} tarihinde", on.strftime("%d.%m.%Y"))
    });
    let proof = super::proof(item);
    conflict(
        "gonderi_var",
        format!(
            "Bu gönderi zaten girilmiş: {day}{proof} postaya verildi. İkinci kez girilmez; iade \
             geldiyse önce iadeyi kaydedin."
        ),
    )
}

fn check(act: &Act<'_>, posting: &Posting) -> Result<()> {
    let mut problem = Problem::new(
        Kind::Invalid,
        "gonderi_eksik",
        "Gönderi bilgisi kaydedilemedi. İşaretli alanları düzeltin.",
    );
    let given = |text: &Option<String>| text.as_deref().is_some_and(|text| !text.trim().is_empty());
    if !given(&posting.post_barcode) && !given(&posting.handover_record) {
        problem = problem.field(
            "barcode",
            "Gönderi barkodunu ya da teslim tutanağı numarasını yazın.",
        );
    }
    if posting.post_barcode.as_deref().is_some_and(|code| {
        let code = barcode::normal(code);
        code.len() > 40 || !code.chars().all(|it| it.is_ascii_alphanumeric())
    }) {
        problem = problem.field(
            "barcode",
            "Barkod yalnızca harf ve rakamdan oluşur (en çok 40); yeniden okutun.",
        );
    }
    if posting
        .handover_record
        .as_deref()
        .is_some_and(|text| text.chars().count() > 60 || text.chars().any(char::is_control))
    {
        problem = problem.field(
            "handover_record",
            "Tutanak numarası en çok 60 harf olabilir.",
        );
    }
    if posting.posted_on > clock::local(act.now).date() {
        problem = problem.field("posted_on", "Gönderi tarihi gelecekte olamaz.");
    }
    if problem.fields.is_empty() {
        return Ok(());
    }
    Err(problem.into())
}
