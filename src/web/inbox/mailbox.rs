//! *Okunamayan İletiler*: what was set aside, why, and trying it again.

use axum::extract::{Path, State};
use axum::response::Response;
use serde::Deserialize;

use super::MENU;
use crate::app::App;
use crate::document::attach::size_label;
use crate::inbox::mailbox::{Message, Trouble, screen};
use crate::web::{
    CheckedForm, CurrentUser, Nothing, PageChrome, PageResult, download, page, see_other_with,
};

#[derive(askama::Template)]
#[template(path = "inbox/unreadable.html")]
struct UnreadablePage {
    chrome: PageChrome,
    messages: Vec<Message>,
    handled: Vec<Message>,
    troubles: Vec<Trouble>,
}

pub(super) async fn show(State(app): State<App>, user: CurrentUser) -> PageResult {
    let (messages, handled, troubles) = app
        .read(&user.actor, |tx, act| {
            let handled = screen::handled(tx, act)?;
            Ok((
                screen::unreadable(tx, act)?,
                handled,
                screen::troubles(tx, act)?,
            ))
        })
        .await?;
    page(&UnreadablePage {
        chrome: PageChrome::new(&app, &user, MENU),
        messages,
        handled,
        troubles,
    })
}

pub(super) async fn try_again(
    State(app): State<App>,
    Path(id): Path<String>,
    CheckedForm {
        user,
        form: Nothing {},
    }: CheckedForm<Nothing>,
) -> PageResult<Response> {
    app.write(&user.actor, move |tx, act| screen::try_again(tx, act, &id))
        .await?;
    Ok(see_other_with(
        &app,
        "/gelen/okunamayan",
        "İleti yeniden sıraya alındı; okunabilirse Gelen Evrak'ta görünür.",
    ))
}

#[derive(Deserialize)]
pub(super) struct Taken {
    #[serde(default)]
    reason: String,
}

pub(super) async fn take_by_hand(
    State(app): State<App>,
    Path(id): Path<String>,
    CheckedForm { user, form }: CheckedForm<Taken>,
) -> PageResult<Response> {
    app.write(&user.actor, move |tx, act| {
        screen::take_by_hand(tx, act, &id, &form.reason)
    })
    .await?;
    Ok(see_other_with(
        &app,
        "/gelen/okunamayan",
        "Elle ele alındığı yazıldı; ileti saklanır, İş Listesi'nde beklemez.",
    ))
}

/// The raw message as a download; it is never shown inside the site.
pub(super) async fn raw(
    State(app): State<App>,
    user: CurrentUser,
    Path(id): Path<String>,
) -> PageResult<Response> {
    let hash = app
        .write(&user.actor, move |tx, act| screen::raw(tx, act, &id))
        .await?;
    let bytes = app.blobs.get(&hash).await?;
    Ok(download("ileti.eml", "application/octet-stream", bytes))
}

fn size_of(size: &i64) -> String {
    size_label(u64::try_from(*size).unwrap_or(0))
}
