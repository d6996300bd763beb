//! Letters on paper: what is to be posted, was posted, was delivered or came back.
//!
//! One item is one envelope. It is made when a letter leaves whose recipient gets paper, or when a
//! failed electronic delivery obliges it; never beside an electronic delivery that may still reach.

pub mod barcode;
pub mod list;
pub mod outcome;
pub mod posting;
pub mod print;
pub(crate) mod store;
pub mod wet;

use jiff::Timestamp;
use jiff::civil::Date;
use serde_json::json;

use crate::access::{Act, Role};
use crate::audit;
use crate::directory::{postal, today};
use crate::distribution::{self, DestinationType, Recipient};
use crate::document::{Letter, State as LetterState, draft, words};
use crate::error::{Error, Result, conflict, not_found};
use crate::store::Tx;

words! {
    /// Where an envelope stands.
    State {
        ToPost = "to_post", "Postaya verilecek";
        Posted = "posted", "Postaya verildi";
        Delivered = "delivered", "Teslim edildi";
        Returned = "returned", "İade geldi";
    }
}

/// Items of one page.
pub const PAGE: usize = 50;
/// Who works with paper in a unit.
pub const ROLES: [Role; 3] = [Role::Registry, Role::Clerk, Role::KepOfficer];

/// One envelope.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
    pub id: String,
    /// Our own, on the label: `DYS` and ten digits.
    pub barcode: String,
    pub unit_id: String,
    pub document_id: Option<String>,
    pub recipient_id: Option<String>,
    pub wet_letter_id: Option<String>,
    /// 1, or more when an earlier one came back.
    pub attempt: i64,
    /// Sayı.
    pub number: String,
    /// Konu; empty for a confidential letter.
    pub subject: String,
    pub addressee: String,
    /// Lines for the label; may be empty until somebody writes it.
    pub address: String,
    /// Why it goes on paper; stands here and never on the letter.
    pub reason: String,
    pub state: State,
    pub posted_on: Option<Date>,
    pub posted_at: Option<Timestamp>,
    /// The post's own.
    pub post_barcode: Option<String>,
    pub handover_record: Option<String>,
    pub outcome_on: Option<Date>,
    pub outcome_at: Option<Timestamp>,
    pub outcome_reason: Option<String>,
    /// Not posted yet, and the letter reached or may still reach electronically: nothing to post.
    pub needless: bool,
}

impl Item {
    /// It waits to be posted and is to be.
    #[must_use]
    pub fn waits(&self) -> bool {
        self.state == State::ToPost && !self.needless
    }

    /// Where it stands, as screens show it.
    #[must_use]
    pub fn standing(&self) -> &'static str {
        if self.needless {
            return "Gerek kalmadı";
        }
        self.state.label()
    }

    /// Everything that a label carries, a line each.
    #[must_use]
    pub fn label_lines(&self) -> Vec<&str> {
        let mut lines = vec![self.addressee.as_str()];
        lines.extend(self.address.lines());
        lines
    }
}

/// One page of items.
#[derive(Debug, Clone)]
pub struct Page {
    pub items: Vec<Item>,
    /// Asks for the next page, when there is one.
    pub next: Option<String>,
}

/// Items of the person's units, the newest first.
///
/// # Errors
/// When the store fails.
pub fn search(
    tx: &mut Tx<'_>,
    act: &Act<'_>,
    state: Option<State>,
    text: &str,
    after: Option<&str>,
) -> Result<Page> {
    let mut items = store::search(tx, &act.actor.user_id, state, text.trim(), after, PAGE + 1)?;
    let more = items.len() > PAGE;
    items.truncate(PAGE);
    let next = items.last().filter(|_| more).map(|item| item.id.clone());
    Ok(Page { items, next })
}

/// An item of the person's units.
///
/// # Errors
/// `gonderi_yok`.
pub fn open(tx: &mut Tx<'_>, act: &Act<'_>, id: &str) -> Result<Item> {
    store::item(tx, &act.actor.user_id, id)?.ok_or_else(no_such_item)
}

/// What a scanner read: our barcode or the post's, as it is printed below the bars.
///
/// # Errors
/// `barkod_yok`.
pub fn scanned(tx: &mut Tx<'_>, act: &Act<'_>, code: &str) -> Result<Item> {
    let code = barcode::normal(code);
    store::by_barcode(tx, &act.actor.user_id, &code)?.ok_or_else(|| {
        not_found(
            "barkod_yok",
            format!("“{code}” barkodlu bir gönderi bulunamadı ya da görme yetkiniz yok."),
        )
    })
}

/// The newest item of a recipient.
///
/// # Errors
/// When the store fails.
pub fn of_recipient(tx: &mut Tx<'_>, recipient_id: &str) -> Result<Option<Item>> {
    Ok(store::latest(tx, recipient_id)?)
}

/// The envelope for a recipient, everything filled in: made once, found again after that.
///
/// Never both ways: an electronic recipient gets paper only when a failure obliges it.
///
/// # Errors
/// `alici_yok`, `yetki_yok`, `kagit_gerekmez`.
pub fn prepare(tx: &mut Tx<'_>, act: &Act<'_>, recipient_id: &str) -> Result<Item> {
    let (letter, recipient) = open_recipient(tx, act, recipient_id)?;
    act.actor.require_in(&ROLES, &letter.unit_id)?;
    let attempt = match store::latest(tx, recipient_id)? {
        Some(item) if item.state == State::Returned => item.attempt + 1,
        Some(item) => return Ok(item),
        None => 1,
    };
    let reason = obliged(&letter, &recipient)?;
    let mut new = of_line(act, &letter, &recipient, reason);
    new.attempt = attempt;
    if recipient.destination_type != DestinationType::ExternalPaper {
        new.address = postal_of(tx, &recipient)?.unwrap_or_default();
    }
    let id = new.id.clone();
    store::insert_many(tx, act, &[new])?;
    let detail = json!({ "item": id, "attempt": attempt });
    audit::record(tx, act, "paper.prepare", "recipient", recipient_id, &detail)?;
    store::latest(tx, recipient_id)?.ok_or_else(no_such_item)
}

/// The envelopes of a letter that leaves; a handful of statements however many there are.
pub(crate) fn make_for(
    tx: &mut Tx<'_>,
    act: &Act<'_>,
    letter: &Letter,
    lines: &[Recipient],
) -> Result<()> {
    let items: Vec<Item> = lines
        .iter()
        .map(|line| of_line(act, letter, line, line.paper_reason.clone()))
        .collect();
    store::insert_many(tx, act, &items)?;
    store::set_to_post(tx, &letter.id)?;
    Ok(())
}

/// Takes the letter's envelopes back while none was posted; says how many there were.
///
/// # Errors
/// `durdurulamaz` when one was posted, or taken over against a receipt: who took it is never
/// forgotten.
pub(crate) fn withdraw(tx: &mut Tx<'_>, letter: &Letter) -> Result<usize> {
    if store::posted_of(tx, &letter.id)? > 0 {
        return Err(conflict(
            "durdurulamaz",
            "Yazının bir nüshası postaya verildi; gönderim artık durdurulamaz.",
        ));
    }
    if store::received_of(tx, &letter.id)? > 0 {
        return Err(conflict(
            "durdurulamaz",
            "Yazının bir nüshası zimmet karşılığı teslim edildi; gönderim artık durdurulamaz.",
        ));
    }
    Ok(store::delete_of(tx, &letter.id)?)
}

/// Whether paper left for a recipient of this message: then it is not sent electronically again.
pub(crate) fn posted_for_message(tx: &mut Tx<'_>, message_id: &str) -> Result<bool> {
    Ok(store::posted_for_message(tx, message_id)?)
}

/// Addressee, address and reason of an envelope that was not posted yet.
///
/// # Errors
/// `gonderi_yok`, `yetki_yok`, `gonderi_var`, `posta_adresi`.
pub fn readdress(
    tx: &mut Tx<'_>,
    act: &Act<'_>,
    id: &str,
    addressee: &str,
    address: &str,
    reason: &str,
) -> Result<()> {
    let item = open(tx, act, id)?;
    act.actor.require_in(&ROLES, &item.unit_id)?;
    if item.state != State::ToPost {
        return Err(posting::already(&item));
    }
    let address = postal::checked(address)?;
    let line = |typed: &str, what: &str, most: usize| {
        let text = crate::turkish::compose(typed.trim());
        let holds = text.chars().count() <= most && !text.chars().any(char::is_control);
        if holds {
            return Ok(text);
        }
        Err(crate::error::invalid(
            "gonderi_eksik",
            format!("{what} en çok {most} harf olabilir."),
        ))
    };
    let addressee = line(addressee, "Alıcı", 200)?;
    if addressee.is_empty() {
        return Err(crate::error::invalid(
            "gonderi_eksik",
            "Alıcının adını yazın.",
        ));
    }
    let reason = line(reason, "Gerekçe", 300)?;
    store::readdress(tx, id, &addressee, &address, &reason)?;
    if let Some(owner) = store::owner_of(tx, id)? {
        postal::keep(tx, act, &owner, &address)?;
    }
    audit::record(tx, act, "paper.address", "paper_item", id, &json!({}))
}

/// Adds a person's words to the reason of an envelope.
///
/// # Errors
/// `gonderi_eksik` when they are too long.
pub fn explain(tx: &mut Tx<'_>, item: &Item, note: &str) -> Result<()> {
    let note = crate::turkish::compose(note.trim());
    if note.chars().count() > 300 || note.chars().any(char::is_control) {
        return Err(crate::error::invalid(
            "gonderi_eksik",
            "Gerekçe en çok 300 harf olabilir.",
        ));
    }
    let reason = if item.reason.is_empty() {
        note
    } else {
        format!("{} {note}", item.reason)
    };
    Ok(store::readdress(
        tx,
        &item.id,
        &item.addressee,
        &item.address,
        &reason,
    )?)
}

/// What people did with a recipient's envelopes, as (moment, sentence), the oldest first.
///
/// # Errors
/// When the store fails.
pub fn records(tx: &mut Tx<'_>, recipient_id: &str) -> Result<Vec<(Timestamp, String)>> {
    let mut records = Vec::new();
    for (item, who) in store::of_recipient(tx, recipient_id)? {
        if let (Some(at), Some(on)) = (item.posted_at, item.posted_on) {
            let mut sentence = format!("Kâğıtla gönderildi: {}", on.strftime("%d.%m.%Y"));
            sentence.push_str(&proof(&item));
            if !item.reason.is_empty() {
                sentence.push_str(&format!(". Neden: {}", item.reason));
            }
            records.push((at, format!("{sentence} ({who})")));
        }
        if let (Some(at), Some(on)) = (item.outcome_at, item.outcome_on) {
            let why = item.outcome_reason.as_deref().unwrap_or_default();
            let why = if why.is_empty() {
                String::new()
            } else {
                format!(": {why}")
            };
            let day = on.strftime("%d.%m.%Y");
            records.push((at, format!("{}: {day}{why}", item.state.label())));
        }
    }
    Ok(records)
}

/// `, barkod RR123TR`.
fn proof(item: &Item) -> String {
    match (&item.post_barcode, &item.handover_record) {
        (Some(barcode), _) => format!(", barkod {barcode}"),
        (None, Some(record)) => format!(", teslim tutanağı {record}"),
        (None, None) => String::new(),
    }
}

/// Posta Durumu of a recipient on paper, the newest first.
pub(crate) fn status_line(items: &[Item]) -> String {
    let day =
        |on: Option<Date>| on.map_or_else(String::new, |on| on.strftime("%d/%m/%Y").to_string());
    let mut parts = Vec::new();
    for item in items.iter().rev() {
        match item.state {
            State::Delivered => parts.push(format!("Teslim edildi. ({})", day(item.outcome_on))),
            State::Returned => parts.push(format!(
                "İade geldi: {}. ({})",
                item.outcome_reason.as_deref().unwrap_or_default(),
                day(item.outcome_on)
            )),
            State::ToPost | State::Posted => {}
        }
        if item.posted_on.is_some() {
            parts.push(format!(
                "Postaya verildi{}. ({})",
                proof(item),
                day(item.posted_on)
            ));
        }
    }
    parts.join(" / ")
}

fn of_line(act: &Act<'_>, letter: &Letter, line: &Recipient, reason: String) -> Item {
    Item {
        id: act.new_id(),
        barcode: String::new(),
        unit_id: letter.unit_id.clone(),
        document_id: Some(letter.id.clone()),
        recipient_id: Some(line.id.clone()),
        wet_letter_id: None,
        attempt: 1,
        number: letter.official_number.clone().unwrap_or_default(),
        // The row has none of its own; what is shown of it is a question to the letter.
        subject: String::new(),
        addressee: addressee(line),
        address: line.delivery_address.clone().unwrap_or_default(),
        reason,
        state: State::ToPost,
        posted_on: None,
        posted_at: None,
        post_barcode: None,
        handover_record: None,
        outcome_on: None,
        outcome_at: None,
        outcome_reason: None,
        needless: false,
    }
}

/// `HAVSA BELEDİYE BAŞKANLIĞI (Yazı İşleri Müdürlüğü)`, or the name of a party.
fn addressee(line: &Recipient) -> String {
    let path = crate::directory::path_of(&line.label);
    match path.split_once(" > ") {
        Some((institution, below)) => {
            let unit = below.rsplit(" > ").next().unwrap_or(below);
            format!("{institution} ({unit})")
        }
        None => path.to_owned(),
    }
}

/// The reason that obliges paper, or a refusal.
fn obliged(letter: &Letter, recipient: &Recipient) -> Result<String> {
    let refused = |why: &str| Err(conflict("kagit_gerekmez", why));
    if letter.state != LetterState::Dispatched {
        return refused("Yazı gönderilmedi; önce Evrakı Gönder ile gönderin.");
    }
    if recipient.destination_type == DestinationType::ExternalPaper {
        return Ok(recipient.paper_reason.clone());
    }
    if recipient.duty != "paper" {
        return Err(electronic());
    }
    let newest = recipient
        .status_line
        .split(" / ")
        .next()
        .unwrap_or_default();
    let way = recipient.destination_type.channel().label();
    Ok(if newest.is_empty() {
        format!("{way} ile ulaşmadı.")
    } else {
        format!("{way} ile ulaşmadı: {newest}")
    })
}

/// Refuses paper for a recipient whom the letter reached, or may still reach, electronically: the
/// evidence may have come after the envelope was made.
fn still_obliged(tx: &mut Tx<'_>, recipient_id: &str) -> Result<()> {
    let recipient = distribution::list::by_id(tx, recipient_id)?;
    let obliged = recipient.is_none_or(|line| {
        line.destination_type == DestinationType::ExternalPaper || line.duty == "paper"
    });
    if obliged {
        return Ok(());
    }
    Err(electronic())
}

fn electronic() -> Error {
    conflict(
        "kagit_gerekmez",
        "Bu alıcıya yazı elektronik ulaştı ya da sonucu bekleniyor; ayrıca kâğıtla gönderilmez.",
    )
}

/// The postal address kept for a recipient, or for its institution.
fn postal_of(tx: &mut Tx<'_>, recipient: &Recipient) -> Result<Option<String>> {
    if let Some(unit_id) = &recipient.unit_id {
        let mut found = today::of(tx, &[unit_id])?;
        return Ok(found.remove(unit_id).and_then(|unit| unit.postal_address));
    }
    match &recipient.outside_party_id {
        Some(party_id) => Ok(postal::of(tx, party_id)?),
        None => Ok(None),
    }
}

fn open_recipient(
    tx: &mut Tx<'_>,
    act: &Act<'_>,
    recipient_id: &str,
) -> Result<(Letter, Recipient)> {
    let unknown = || not_found("alici_yok", "Böyle bir alıcı yok ya da görme yetkiniz yok.");
    let recipient = distribution::list::by_id(tx, recipient_id)?.ok_or_else(unknown)?;
    let letter = draft::open(tx, act, &recipient.document_id).map_err(|_| unknown())?;
    Ok((letter, recipient))
}

fn no_such_item() -> Error {
    not_found(
        "gonderi_yok",
        "Böyle bir kâğıt gönderi yok ya da görme yetkiniz yok.",
    )
}
