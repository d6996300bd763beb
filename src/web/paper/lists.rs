//! Zimmet and posta tevdi listesi: the book, making one of chosen envelopes, its print, posting all
//! of it.

use axum::Router;
use axum::extract::{Path, Query, State};
use axum::routing::{get, post};
use serde::{Deserialize, Serialize};

use super::super::{
    CheckedForm, CurrentUser, PageChrome, PageResult, page, see_other, see_other_with,
};
use super::{Search, day, filled};
use crate::app::App;
use crate::error::{Error, Problem, Result, invalid};
use crate::paper::list::{self, Criteria, Kind, List};
use crate::paper::{Item, State as ItemState};

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/kagit/liste", post(create).get(book))
        .route("/kagit/liste/{id}", get(one).post(post_all))
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
    today: String,
    problem: Option<Problem>,
}

impl ListPage {
    fn waits(&self) -> bool {
        self.list.kind == Kind::Handover
            && self
                .items
                .iter()
                .any(|item| item.state == ItemState::ToPost)
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
    let (list, items) = app
        .read(&user.actor, move |tx, act| list::show(tx, act, &id))
        .await?;
    Ok(ListPage {
        chrome: PageChrome::new(app, user, "Evrak İşlemleri"),
        list,
        items,
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
        Ok(count) => {
            let words = format!("{count} gönderi postaya verildi olarak kaydedildi.");
            Ok(see_other_with(&app, &format!("/kagit/liste/{id}"), &words))
        }
        Err(Error::Problem(problem)) if problem.code != "liste_yok" => {
            page(&shown(&app, &user, id, Some(problem)).await?)
        }
        Err(other) => Err(other.into()),
    }
}
