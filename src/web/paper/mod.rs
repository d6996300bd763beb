//! *Kâğıt Gönderiler*: what is to be posted, one envelope's page, scanning, and finding by barcode.

mod lists;
mod print;
mod wet;

use axum::Router;
use axum::extract::{Path, Query, State};
use axum::routing::{get, post};
use serde::Deserialize;

use super::{
    CheckedForm, CurrentUser, Nothing, PageChrome, PageResult, page, see_other, see_other_with,
};
use crate::app::App;
use crate::dispatch::tracking::{self, Criteria};
use crate::document::attach::Attachment;
use crate::document::draft::parse_day;
use crate::error::{Error, Problem, Result, invalid, malformed};
use crate::inbox::list as incoming;
use crate::paper::{self, Item, State as ItemState, list, outcome, posting};

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/kagit", get(all))
        .route("/kagit/barkod", get(scan))
        .route("/kagit/alici/{id}", post(prepare))
        .route("/kagit/{id}", get(one).post(change))
        .route("/bul", get(find))
        .merge(lists::routes())
        .merge(print::routes())
        .merge(wet::routes())
}

/// The meaning of an envelope's state among the four of colour.
fn meaning(item: &Item) -> &'static str {
    match item.state {
        ItemState::ToPost if item.needless => "none",
        ItemState::ToPost => "act",
        ItemState::Posted => "moving",
        ItemState::Delivered => "proved",
        ItemState::Returned => "failed",
    }
}

#[derive(Debug, Clone, Deserialize, serde::Serialize)]
#[serde(default)]
struct Search {
    /// A state's code; empty for all of them.
    durum: String,
    ara: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    after: Option<String>,
}

impl Default for Search {
    /// What waits to be posted comes first.
    fn default() -> Self {
        Self {
            durum: ItemState::ToPost.code().to_owned(),
            ara: String::new(),
            after: None,
        }
    }
}

#[derive(askama::Template)]
#[template(path = "paper/all.html")]
struct AllPage {
    chrome: PageChrome,
    search: Search,
    items: Vec<Item>,
    more: String,
    problem: Option<Problem>,
}

impl AllPage {
    fn is(&self, state: &ItemState) -> bool {
        self.search.durum == state.code()
    }

    /// Something can be put on a list.
    fn can_list(&self) -> bool {
        self.items.iter().any(Item::waits)
    }
}

async fn all(
    State(app): State<App>,
    user: CurrentUser,
    Query(search): Query<Search>,
) -> PageResult {
    page(&filled(&app, &user, search, None).await?)
}

async fn filled(
    app: &App,
    user: &CurrentUser,
    search: Search,
    problem: Option<Problem>,
) -> PageResult<AllPage> {
    let asked = search.clone();
    let found = app
        .read(&user.actor, move |tx, act| {
            let state = ItemState::from_code(&asked.durum);
            paper::search(tx, act, state, &asked.ara, asked.after.as_deref())
        })
        .await?;
    let more = match found.next {
        Some(next) => {
            let next = Search {
                after: Some(next),
                ..search.clone()
            };
            let query = serde_html_form::to_string(&next)
                .map_err(|error| anyhow::anyhow!("query: {error}"))?;
            format!("/kagit?{query}")
        }
        None => String::new(),
    };
    Ok(AllPage {
        chrome: PageChrome::new(app, user, "Evrak İşlemleri"),
        search,
        items: found.items,
        more,
        problem,
    })
}

#[derive(Deserialize)]
struct Scanned {
    #[serde(default)]
    kod: String,
}

/// The field that takes a scanner's input: straight to the envelope.
async fn scan(
    State(app): State<App>,
    user: CurrentUser,
    Query(scanned): Query<Scanned>,
) -> PageResult {
    let found = app
        .read(&user.actor, move |tx, act| {
            paper::scanned(tx, act, &scanned.kod)
        })
        .await;
    match found {
        Ok(item) => Ok(see_other(&format!("/kagit/{}", item.id))),
        Err(Error::Problem(problem)) => {
            page(&filled(&app, &user, Search::default(), Some(problem)).await?)
        }
        Err(other) => Err(other.into()),
    }
}

#[derive(Deserialize)]
struct Wanted {
    #[serde(default)]
    q: String,
}

/// The frame's search: a barcode leads to its letter, our sayı to the tracking screen, the number
/// of an incoming document to its page, anything else to the letters with these words.
async fn find(
    State(app): State<App>,
    user: CurrentUser,
    Query(wanted): Query<Wanted>,
) -> PageResult {
    let typed = wanted.q.trim().to_owned();
    let asked = typed.clone();
    let (scanned, incoming, numbered) = app
        .read(&user.actor, move |tx, act| {
            let scanned = match paper::scanned(tx, act, &asked) {
                Ok(item) => Some(item),
                Err(Error::Problem(_)) => None,
                Err(other) => return Err(other),
            };
            let criteria = Criteria {
                number: asked.clone(),
                ..Criteria::default()
            };
            let numbered = !asked.is_empty()
                && asked.chars().any(|it| it.is_ascii_digit())
                && !tracking::search(tx, act, &criteria)?.lines.is_empty();
            Ok((scanned, incoming::named(tx, act, &asked)?, numbered))
        })
        .await?;
    if let Some(item) = scanned {
        return Ok(see_other(&match &item.document_id {
            Some(letter) => {
                let recipient = item.recipient_id.as_deref().unwrap_or_default();
                format!("/evrak/{letter}/posta?alici={recipient}#alici-{recipient}")
            }
            None => format!("/kagit/{}", item.id),
        }));
    }
    // Our own sayı leads to the letter, also where it landed in a unit inside.
    match incoming.as_slice() {
        _ if numbered => {}
        [] => {}
        [one] => return Ok(see_other(&format!("/gelen/{one}"))),
        _ => {
            let query = serde_html_form::to_string([("number", typed.as_str())])
                .map_err(|error| anyhow::anyhow!("query: {error}"))?;
            return Ok(see_other(&format!("/gelen?{query}")));
        }
    }
    let field = if numbered { "number" } else { "subject" };
    let query = serde_html_form::to_string([("unit", ""), (field, typed.as_str())])
        .map_err(|error| anyhow::anyhow!("query: {error}"))?;
    Ok(see_other(&format!("/sorgular/birim-giden-evrak?{query}")))
}

/// *Kâğıtla gönder*: the envelope with everything filled in.
async fn prepare(
    State(app): State<App>,
    Path(id): Path<String>,
    CheckedForm {
        user,
        form: Nothing {},
    }: CheckedForm<Nothing>,
) -> PageResult {
    let item = app
        .write(&user.actor, move |tx, act| paper::prepare(tx, act, &id))
        .await?;
    Ok(see_other(&format!("/kagit/{}", item.id)))
}

#[derive(askama::Template)]
#[template(path = "paper/item.html")]
struct ItemPage {
    chrome: PageChrome,
    item: Item,
    /// The annexes that go with it.
    annexes: Vec<Attachment>,
    /// Zimmet and tevdi lists that name it.
    lists: Vec<list::List>,
    /// Who took it, where a zimmet says so.
    receipts: Vec<list::Receipt>,
    today: String,
    problem: Option<Problem>,
}

impl ItemPage {
    fn bars(&self) -> String {
        paper::barcode::svg(&self.item.barcode)
    }
}

async fn one(State(app): State<App>, user: CurrentUser, Path(id): Path<String>) -> PageResult {
    page(&shown(&app, &user, id, None).await?)
}

async fn shown(
    app: &App,
    user: &CurrentUser,
    id: String,
    problem: Option<Problem>,
) -> PageResult<ItemPage> {
    let chrome = PageChrome::new(app, user, "Evrak İşlemleri");
    let today = crate::clock::screen_date(app.now());
    Ok(app
        .read(&user.actor, move |tx, act| {
            let item = paper::open(tx, act, &id)?;
            Ok(ItemPage {
                annexes: paper::print::annexes(tx, act, &item)?,
                lists: list::of_item(tx, act, &item.id)?,
                receipts: list::receipts_of(tx, act, &item.id)?,
                chrome,
                item,
                today,
                problem,
            })
        })
        .await?)
}

#[derive(Deserialize)]
struct ChangeForm {
    action: String,
    #[serde(default)]
    addressee: String,
    #[serde(default)]
    address: String,
    #[serde(default)]
    reason: String,
    #[serde(default)]
    on: String,
    #[serde(default)]
    barcode: String,
    #[serde(default)]
    handover_record: String,
}

fn day(text: &str) -> Result<jiff::civil::Date> {
    parse_day(text).ok_or_else(|| {
        invalid(
            "tarih_okunamadi",
            "Tarih okunamadı. Gün.ay.yıl olarak yazın, örneğin 28.02.2026.",
        )
    })
}

async fn change(
    State(app): State<App>,
    Path(id): Path<String>,
    CheckedForm { user, form }: CheckedForm<ChangeForm>,
) -> PageResult {
    let item = id.clone();
    let outcome = app
        .write(&user.actor, move |tx, act| {
            let id = item.as_str();
            match form.action.as_str() {
                "address" => {
                    paper::readdress(tx, act, id, &form.addressee, &form.address, &form.reason)?;
                    Ok("Adres kaydedildi; etiket ve zarf bu adresle basılır.")
                }
                "post" => {
                    let entry = posting::Posting {
                        posted_on: day(&form.on)?,
                        post_barcode: Some(form.barcode).filter(|it| !it.trim().is_empty()),
                        handover_record: Some(form.handover_record)
                            .filter(|it| !it.trim().is_empty()),
                    };
                    posting::record(tx, act, id, &entry)?;
                    Ok("Postaya verildi olarak kaydedildi; görev kapandı.")
                }
                "delivered" => {
                    outcome::delivered(tx, act, id, day(&form.on)?, &form.reason)?;
                    Ok("Teslim kaydedildi.")
                }
                "returned" => {
                    outcome::returned(tx, act, id, day(&form.on)?, &form.reason)?;
                    Ok("İade kaydedildi; adresi denetleyip yeniden gönderin.")
                }
                _ => Err(malformed(
                    "islem_yok",
                    "Bu düğme tanınmadı. Sayfayı yenileyin.",
                )),
            }
        })
        .await;
    match outcome {
        Ok(words) => Ok(see_other_with(&app, &format!("/kagit/{id}"), words)),
        Err(Error::Problem(problem)) if problem.code != "gonderi_yok" => {
            page(&shown(&app, &user, id, Some(problem)).await?)
        }
        Err(other) => Err(other.into()),
    }
}
