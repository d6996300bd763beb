//! Screens of approval: the chain, Onaya Sun, and what the asked person does.

mod agent;
mod sign;

pub(super) use agent::told_on_screen;
pub(super) use sign::{Line, SeveralForm, SignedPage};

use axum::Router;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, post};
use serde::Deserialize;

use super::document::{LetterPage, address};
use super::{CheckedForm, CurrentUser, PageChrome, PageResult, page, see_other, see_other_with};
use crate::access::Actor;
use crate::app::App;
use crate::approval::chain::{self, Planned};
use crate::approval::{self, StepKind, Waiting, act as steps};
use crate::error::{Error, Kind, Result};

pub(super) fn routes() -> Router<App> {
    Router::new()
        .merge(agent::routes())
        .route("/onay", get(waiting))
        .route("/evrak/{id}/onay-listesi", post(change_chain))
        .route("/evrak/{id}/onaya-sun", post(submit))
        .route("/evrak/{id}/geri-cek", post(withdraw))
        .route("/evrak/{id}/parafla", post(initial))
        .route("/evrak/{id}/imzala", post(sign::one))
        .route("/evrak/{id}/kartla-imzala", post(sign::one_by_card))
        .route("/onay/imzala", post(sign::several))
        .route("/onay/kartla-imzala", post(sign::several_by_card))
        .route("/imza-araci", get(sign::agent).post(sign::pair))
        .route("/imza-araci/durum", get(sign::requests))
        .route("/evrak/{id}/iade", post(give_back))
}

#[derive(askama::Template)]
#[template(path = "approval/waiting.html")]
struct WaitingPage {
    chrome: PageChrome,
    letters: Vec<Waiting>,
    /// Whether any of them asks for a signature.
    any_signature: bool,
    more: String,
}

#[derive(Deserialize)]
struct From {
    sonra: Option<String>,
}

async fn waiting(
    State(app): State<App>,
    user: CurrentUser,
    Query(from): Query<From>,
) -> PageResult {
    let (letters, next) = app
        .read(&user.actor, move |tx, act| {
            Ok(approval::waiting_page(tx, act, from.sonra.as_deref())?)
        })
        .await?;
    page(&WaitingPage {
        more: next.map_or_else(String::new, |next| format!("/onay?sonra={next}")),
        chrome: PageChrome::new(&app, &user, "Evrak İşlemleri"),
        any_signature: letters
            .iter()
            .any(|letter| letter.kind == StepKind::Signature),
        letters,
    })
}

#[derive(Deserialize)]
struct ChainForm {
    /// `add`, `remove:N`, `up:N`, `down:N`, `use`, `save`.
    action: String,
    #[serde(default)]
    kind: String,
    #[serde(default)]
    user_id: String,
    #[serde(default)]
    saved: String,
    #[serde(default)]
    name: String,
}

async fn change_chain(
    State(app): State<App>,
    Path(id): Path<String>,
    CheckedForm { user, form }: CheckedForm<ChainForm>,
) -> PageResult<Response> {
    let letter_id = id.clone();
    app.write(&user.actor, move |tx, act| {
        let mut plan = chain::planned(&chain::prepared(tx, act, &letter_id)?);
        let (verb, number) = form.action.split_once(':').unwrap_or((&form.action, ""));
        let at = number
            .parse::<usize>()
            .ok()
            .filter(|index| *index < plan.len());
        match (verb, at) {
            ("use", _) => return chain::use_saved(tx, act, &letter_id, &form.saved),
            ("save", _) => return chain::save_as(tx, act, &letter_id, &form.name),
            ("remove", Some(at)) => {
                plan.remove(at);
            }
            ("up", Some(at)) => plan.swap(at, at.saturating_sub(1)),
            ("down", Some(at)) => {
                let below = (at + 1).min(plan.len() - 1);
                plan.swap(at, below);
            }
            _ => plan.push(Planned {
                kind: form.kind,
                user_id: form.user_id,
            }),
        }
        chain::set(tx, act, &letter_id, &plan)
    })
    .await?;
    Ok(see_other(&format!("{}#onay", address(&id))))
}

#[derive(Deserialize)]
struct VersionForm {
    version: i64,
}

async fn submit(
    State(app): State<App>,
    Path(id): Path<String>,
    CheckedForm { user, form }: CheckedForm<VersionForm>,
) -> PageResult<Response> {
    match try_submit(&app, &user, id.clone(), form.version).await {
        Ok(()) => Ok(see_other_with(&app, &address(&id), "Evrak onaya sunuldu.")),
        Err(Error::Problem(problem)) if matches!(problem.kind, Kind::Invalid | Kind::Conflict) => {
            let shown = LetterPage::load(&app, &user, &id, Some(problem)).await?;
            Ok((StatusCode::UNPROCESSABLE_ENTITY, page(&shown)?).into_response())
        }
        Err(other) => Err(other.into()),
    }
}

async fn try_submit(app: &App, user: &CurrentUser, id: String, version: i64) -> Result<(), Error> {
    approval::sign::try_out(app, &user.actor, &id).await?;
    app.write(&user.actor, move |tx, act| {
        steps::submit(tx, act, &id, version)
    })
    .await
}

async fn withdraw(
    State(app): State<App>,
    Path(id): Path<String>,
    CheckedForm { user, form }: CheckedForm<VersionForm>,
) -> PageResult<Response> {
    let letter_id = id.clone();
    app.write(&user.actor, move |tx, act| {
        steps::withdraw(tx, act, &letter_id, form.version)
    })
    .await?;
    Ok(see_other_with(
        &app,
        &address(&id),
        "Evrak geri çekildi; düzeltip yeniden sunabilirsiniz.",
    ))
}

async fn initial(
    State(app): State<App>,
    Path(id): Path<String>,
    CheckedForm { user, form }: CheckedForm<VersionForm>,
) -> PageResult<Response> {
    let letter_id = id.clone();
    app.write(&user.actor, move |tx, act| {
        steps::initial(tx, act, &letter_id, form.version)
    })
    .await?;
    on_to_next(&app, &user.actor, &id, "Evrak paraflandı.").await
}

#[derive(Deserialize)]
struct ReturnForm {
    version: i64,
    reason: String,
    /// Position of an earlier step; empty: to the drafter.
    #[serde(default)]
    to: String,
}

async fn give_back(
    State(app): State<App>,
    Path(id): Path<String>,
    CheckedForm { user, form }: CheckedForm<ReturnForm>,
) -> PageResult<Response> {
    let letter_id = id.clone();
    app.write(&user.actor, move |tx, act| match form.to.parse() {
        Ok(step) => steps::give_back_to_step(tx, act, &letter_id, form.version, &form.reason, step),
        Err(_) => steps::give_back(tx, act, &letter_id, form.version, &form.reason),
    })
    .await?;
    on_to_next(&app, &user.actor, &id, "Evrak gerekçesiyle iade edildi.").await
}

/// The next letter that waits for the person, so that twenty take two minutes.
async fn on_to_next(app: &App, actor: &Actor, id: &str, message: &str) -> PageResult<Response> {
    let next: Option<String> = app
        .read(actor, |tx, act| -> Result<_> {
            Ok(approval::waiting_for(tx, act)?
                .into_iter()
                .next()
                .map(|letter| letter.document_id))
        })
        .await?;
    let target = next.map_or_else(|| address(id), |next| address(&next));
    Ok(see_other_with(app, &target, message))
}
