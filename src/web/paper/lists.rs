//! Zimmet and posta tevdi listesi: the book, making one of chosen envelopes, its print, posting all
//! of it, who took what.

use axum::Router;
use axum::extract::{Path, Query, State};
use axum::routing::{get, post};
use serde::{Deserialize, Serialize};

use super::super::{
    CheckedForm, CurrentUser, PageChrome, PageResult, page, see_other, see_other_with,
};
use super::{Search, day, filled};
use crate::app::App;
use crate::error::{Error, Problem, Result, invalid, malformed};
use crate::paper::list::{self, Criteria, Kind, List, Receipt};
use crate::paper::{Item, State as ItemState};

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/kagit/liste", post(create).get(book))
        .route("/kagit/liste/{id}", get(one).post(post_all))
        .route("/kagit/liste/{id}/teslim", post(receive))
}

/// The book's criteria as they stand in the address.
#[derive(Debug, Clone, Default, Deserialize, Serialize)]
#[serde(default)]
struct Asked {
    tur: String,
    ara: String,
    ilk: String,
    son: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    after: Option<String>,
}

impl Asked {
    fn criteria(&self) -> Result<Criteria> {
        let day_of = |typed: &str| match typed.trim() {
            "" => Ok(None),
            typed => day(typed).map(Some),
        };
        Ok(Criteria {
            kind: Kind::from_code(&self.tur),
            text: self.ara.clone(),
            from: day_of(&self.ilk)?,
            to: day_of(&self.son)?,
            after: self.after.clone(),
        })
    }
}

#[derive(askama::Template)]
#[template(path = "paper/book.html")]
struct BookPage {
    chrome: PageChrome,
    asked: Asked,
    lists: Vec<List>,
    more: String,
    problem: Option<Problem>,
}

impl BookPage {
    fn is(&self, kind: &Kind) -> bool {
        self.asked.tur == kind.code()
    }
}

/// *Zimmet ve Tevdi Defteri*: every list, found by receiver, day, number or an envelope on it.
async fn book(State(app): State<App>, user: CurrentUser, Query(asked): Query<Asked>) -> PageResult {
    let (criteria, problem) = match asked.criteria() {
        Ok(criteria) => (criteria, None),
        Err(Error::Problem(problem)) => (Criteria::default(), Some(problem)),
        Err(other) => return Err(other.into()),
    };
    let (lists, next) = app
        .read(&user.actor, move |tx, act| list::search(tx, act, &criteria))
        .await?;
    let more = match next {
        Some(after) => {
            let next = Asked {
                after: Some(after),
                ..asked.clone()
            };
            let query = serde_html_form::to_string(&next)
                .map_err(|error| anyhow::anyhow!("query: {error}"))?;
            format!("/kagit/liste?{query}")
        }
        None => String::new(),
    };
    page(&BookPage {
        chrome: PageChrome::new(&app, &user, "Evrak İşlemleri"),
        asked,
        lists,
        more,
        problem,
    })
}

#[derive(Deserialize)]
struct NewList {
    kind: String,
    #[serde(default)]
    item: Vec<String>,
    #[serde(default)]
    to_whom: String,
}

async fn create(
    State(app): State<App>,
    CheckedForm { user, form }: CheckedForm<NewList>,
) -> PageResult {
    // Labels and envelopes are printed of the same choice; they change nothing.
    if let Some(what) = form.kind.strip_prefix("print:") {
        let ids: Vec<(&str, &str)> = form.item.iter().map(|id| ("item", id.as_str())).collect();
        let query =
            serde_html_form::to_string(&ids).map_err(|error| anyhow::anyhow!("query: {error}"))?;
        let what = if what == "zarf" { "zarf" } else { "etiket" };
        return Ok(see_other(&format!("/kagit/bas/{what}?{query}")));
    }
    let made = app
        .write(&user.actor, move |tx, act| {
            let kind = Kind::from_code(&form.kind)
                .ok_or_else(|| invalid("liste_turu", "Listenin türünü seçin."))?;
            list::create(tx, act, kind, &form.item, &form.to_whom)
        })
        .await;
    match made {
        Ok(id) => Ok(see_other(&format!("/kagit/liste/{id}"))),
        Err(Error::Problem(problem)) => {
            page(&filled(&app, &user, Search::default(), Some(problem)).await?)
        }
        Err(other) => Err(other.into()),
    }
}

#[derive(askama::Template)]
#[template(path = "paper/list.html")]
struct ListPage {
    chrome: PageChrome,
    list: List,
    items: Vec<Item>,
    receipts: Vec<Receipt>,
    today: String,
    problem: Option<Problem>,
}

impl ListPage {
    fn waits(&self) -> bool {
        self.list.kind == Kind::Handover && self.items.iter().any(Item::waits)
    }

    /// Who took an item of this list.
    fn receipt(&self, item: &Item) -> Option<&Receipt> {
        self.receipts.iter().find(|it| it.item_id == item.id)
    }

    /// Somebody is still to take something.
    fn is_open(&self) -> bool {
        self.list.kind == Kind::Custody
            && self.items.iter().any(|item| self.receipt(item).is_none())
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
) -> PageResult<ListPage> {
    let ((list, items), receipts) = app
        .read(&user.actor, move |tx, act| {
            let receipts = list::receipts(tx, act, &id)?;
            Ok((list::show(tx, act, &id)?, receipts))
        })
        .await?;
    Ok(ListPage {
        chrome: PageChrome::new(app, user, "Evrak İşlemleri"),
        list,
        items,
        receipts,
        today: crate::clock::screen_date(app.now()),
        problem,
    })
}

#[derive(Deserialize)]
struct PostForm {
    on: String,
    #[serde(default)]
    item: Vec<String>,
    #[serde(default)]
    barcode: Vec<String>,
}

async fn post_all(
    State(app): State<App>,
    Path(id): Path<String>,
    CheckedForm { user, form }: CheckedForm<PostForm>,
) -> PageResult {
    let list = id.clone();
    let outcome = app
        .write(&user.actor, move |tx, act| {
            let barcodes: Vec<(String, String)> = form.item.into_iter().zip(form.barcode).collect();
            list::post_all(tx, act, &list, day(&form.on)?, &barcodes)
        })
        .await;
    match outcome {
        Ok(posted) => {
            let mut words = format!(
                "{} gönderi postaya verildi olarak kaydedildi.",
                posted.count
            );
            if !posted.needless.is_empty() {
                words.push_str(&format!(
                    " Gerek kalmadığı için verilmeyen: {}. Bunları postaya bırakmayın.",
                    list::named(&posted.needless)
                ));
            }
            Ok(see_other_with(&app, &format!("/kagit/liste/{id}"), &words))
        }
        Err(Error::Problem(problem)) if problem.code != "liste_yok" => {
            page(&shown(&app, &user, id, Some(problem)).await?)
        }
        Err(other) => Err(other.into()),
    }
}

#[derive(Deserialize)]
struct ReceiveForm {
    action: String,
    on: String,
    #[serde(default)]
    name: String,
    #[serde(default)]
    item: Vec<String>,
}

/// *Teslim alındı* and *Alıcıya elden teslim edildi* of chosen rows.
async fn receive(
    State(app): State<App>,
    Path(id): Path<String>,
    CheckedForm { user, form }: CheckedForm<ReceiveForm>,
) -> PageResult {
    let list = id.clone();
    let outcome = app
        .write(&user.actor, move |tx, act| {
            let by_hand = match form.action.as_str() {
                "received" => false,
                "hand" => true,
                _ => {
                    return Err(malformed(
                        "islem_yok",
                        "Bu düğme tanınmadı. Sayfayı yenileyin.",
                    ));
                }
            };
            let on = day(&form.on)?;
            let count = list::receive(tx, act, &list, &form.item, on, &form.name, by_hand)?;
            Ok(if by_hand {
                format!("{count} gönderinin alıcıya elden teslimi kaydedildi.")
            } else {
                format!("{count} gönderinin teslim alındığı kaydedildi.")
            })
        })
        .await;
    match outcome {
        Ok(words) => Ok(see_other_with(&app, &format!("/kagit/liste/{id}"), &words)),
        Err(Error::Problem(problem)) if problem.code != "liste_yok" => {
            page(&shown(&app, &user, id, Some(problem)).await?)
        }
        Err(other) => Err(other.into()),
    }
}
