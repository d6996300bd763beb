//! *KEP İmzaları*: what waits for the KEP officer's card, one letter or several, and giving back.

use axum::Router;
use axum::extract::{Path, State};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, post};
use serde::Deserialize;

use crate::access::Actor;
use crate::app::App;
use crate::dispatch::order::{self, Finished, Waiting};
use crate::document::draft;
use crate::error::{Error, Result};
use crate::signature::request;
use crate::web::approval::{Line, SeveralForm, SignedPage};
use crate::web::{
    CheckedForm, CurrentUser, Nothing, PageChrome, PageResult, page, see_other, see_other_with,
};

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/kep-imza", get(list))
        .route("/kep-imza/imzala", post(with_key))
        .route("/kep-imza/kartla-imzala", post(by_card))
        .route("/evrak/{id}/kep-imzasiz-iade", post(refuse))
        .route("/evrak/{id}/gonderimden-vazgec", post(withdraw))
}

#[derive(askama::Template)]
#[template(path = "dispatch/orders.html")]
struct OrdersPage {
    chrome: PageChrome,
    orders: Vec<Waiting>,
}

async fn list(State(app): State<App>, user: CurrentUser) -> PageResult {
    let orders = app.read(&user.actor, order::waiting).await?;
    page(&OrdersPage {
        chrome: PageChrome::new(&app, &user, "Evrak İşlemleri"),
        orders,
    })
}

/// Several letters with the rehearsal's key; one that fails does not hold up the others.
async fn with_key(
    State(app): State<App>,
    CheckedForm { user, form }: CheckedForm<SeveralForm>,
) -> PageResult<Response> {
    form.require_pin()?;
    let mut lines = Vec::new();
    for id in form.chosen()? {
        let subject = subject(&app, &user.actor, id).await?;
        let (ok, text) = match signed(&app, &user.actor, id, &form.pin).await {
            Ok(Finished::GivenBack(reason)) => (false, format!("Gönderilmedi: {reason}")),
            Ok(_) => (true, "Gönderim başladı.".to_owned()),
            Err(Error::Problem(problem)) => (false, problem.message),
            Err(other) => return Err(other.into()),
        };
        lines.push(Line {
            subject,
            href: format!("/evrak/{id}/gonder"),
            ok,
            text,
        });
    }
    let shown = SignedPage {
        chrome: PageChrome::new(&app, &user, "Evrak İşlemleri"),
        lines,
        back: ("/kep-imza", "KEP İmzaları"),
    };
    Ok(page(&shown)?.into_response())
}

async fn signed(app: &App, actor: &Actor, id: &str, pin: &str) -> Result<Finished> {
    order::sign_with_key(app, actor, id, pin).await?;
    order::finish(app, actor, id).await
}

async fn subject(app: &App, actor: &Actor, id: &str) -> Result<String> {
    let id = id.to_owned();
    app.read(actor, move |tx, act| Ok(draft::open(tx, act, &id)?.subject))
        .await
}

/// Puts the messages of several letters before the officer's card together.
async fn by_card(
    State(app): State<App>,
    CheckedForm { user, form }: CheckedForm<SeveralForm>,
) -> PageResult<Response> {
    let mut refused = Vec::new();
    for id in form.chosen()? {
        let letter = id.to_owned();
        let asked = app
            .write(&user.actor, move |tx, act| {
                request::ask_messages(tx, act, &letter)
            })
            .await;
        match asked {
            Ok(()) => {}
            Err(Error::Problem(problem)) => {
                let subject = subject(&app, &user.actor, id).await?;
                refused.push(format!("{subject}: {}", problem.message));
            }
            Err(other) => return Err(other.into()),
        }
    }
    if refused.is_empty() {
        return Ok(see_other("/imza-araci"));
    }
    Ok(see_other_with(&app, "/imza-araci", &refused.join(" ")))
}

#[derive(Deserialize)]
struct Reason {
    reason: String,
}

async fn refuse(
    State(app): State<App>,
    Path(id): Path<String>,
    CheckedForm { user, form }: CheckedForm<Reason>,
) -> PageResult<Response> {
    app.write(&user.actor, move |tx, act| {
        order::refuse(tx, act, &id, &form.reason)
    })
    .await?;
    let message = "Evrak, gerekçenizle Gönderilmeyi Bekleyenler'e geri verildi.";
    Ok(see_other_with(&app, "/kep-imza", message))
}

async fn withdraw(
    State(app): State<App>,
    Path(id): Path<String>,
    CheckedForm {
        user,
        form: Nothing {},
    }: CheckedForm<Nothing>,
) -> PageResult<Response> {
    let letter = id.clone();
    app.write(&user.actor, move |tx, act| {
        order::withdraw(tx, act, &letter)
    })
    .await?;
    let message = "Gönderimden vazgeçildi; evrak imzalı olarak bekliyor. Hiçbir şey gönderilmedi.";
    Ok(see_other_with(&app, &format!("/evrak/{id}"), message))
}
