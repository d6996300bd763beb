//! *API Anahtarları*: one's tokens; a new one is shown once.

use axum::extract::State;
use axum::response::Response;
use serde::Deserialize;

use crate::access::token::{self, Listed};
use crate::app::App;
use crate::web::{CheckedForm, CurrentUser, PageChrome, PageResult, page, see_other_with};

#[derive(askama::Template)]
#[template(path = "access/tokens.html")]
struct TokensPage {
    chrome: PageChrome,
    /// The token just made; it cannot be shown again.
    issued: Option<String>,
    tokens: Vec<Listed>,
}

async fn shown(app: &App, user: &CurrentUser, issued: Option<String>) -> PageResult {
    let tokens = app.read(&user.actor, token::list).await?;
    page(&TokensPage {
        chrome: PageChrome::new(app, user, "Entegrasyon İşlemleri"),
        issued,
        tokens,
    })
}

pub(super) async fn show(State(app): State<App>, user: CurrentUser) -> PageResult {
    shown(&app, &user, None).await
}

#[derive(Deserialize)]
pub(super) struct IssueForm {
    name: String,
}

pub(super) async fn issue(
    State(app): State<App>,
    CheckedForm { user, form }: CheckedForm<IssueForm>,
) -> PageResult<Response> {
    let issued = app
        .write(&user.actor, move |tx, act| {
            token::issue(tx, act, &form.name)
        })
        .await?;
    shown(&app, &user, Some(issued)).await
}

#[derive(Deserialize)]
pub(super) struct RevokeForm {
    id: String,
}

pub(super) async fn revoke(
    State(app): State<App>,
    CheckedForm { user, form }: CheckedForm<RevokeForm>,
) -> PageResult<Response> {
    app.write(&user.actor, move |tx, act| token::revoke(tx, act, &form.id))
        .await?;
    Ok(see_other_with(
        &app,
        "/api-anahtarlari",
        "Anahtar iptal edildi.",
    ))
}
