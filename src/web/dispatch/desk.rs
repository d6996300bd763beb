//! What the program at a KEP officer's desk asks: the messages to sign, and their signatures back.

use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::header;
use axum::response::IntoResponse as _;
use axum::routing::{get, post};
use axum::{Json, Router};
use serde_json::json;

use crate::access::Actor;
use crate::api::{ApiResult, Desk};
use crate::app::App;
use crate::dispatch::order::{self, Finished, Message};
use crate::error::{Result, not_found};
use crate::signature::{self, request};
use crate::web::approval::told_on_screen;

pub(super) fn routes() -> Router<App> {
    let one = "/imza-araci/v1/requests/{id}/messages/{message}";
    Router::new()
        .route(one, get(content))
        .route(&format!("{one}/signature"), post(take))
}

/// The bytes of one message that are signed.
async fn content(
    State(app): State<App>,
    desk: Desk,
    Path((id, message)): Path<(String, String)>,
) -> ApiResult {
    let (_, messages) = open(&app, &desk.0, &id).await?;
    let message = find(&messages, &message)?;
    let bytes = signature::content_to_sign(&app, &message.content_hash).await?;
    Ok(([(header::CONTENT_TYPE, "application/octet-stream")], bytes).into_response())
}

/// A detached CMS in DER. The last one sends the letter; what is wrong stands in the answer and
/// beside the request on the screen.
async fn take(
    State(app): State<App>,
    desk: Desk,
    Path((id, message)): Path<(String, String)>,
    body: Bytes,
) -> ApiResult {
    let done = keep(&app, &desk.0, &id, &message, body.to_vec()).await;
    let (document_id, left) = told_on_screen(&app, &desk.0, &id, done).await?;
    if left > 0 {
        return Ok(Json(json!({ "left": left, "sent": false })).into_response());
    }
    let answer = match order::finish(&app, &desk.0, &document_id).await? {
        Finished::GivenBack(reason) => json!({ "left": 0, "sent": false, "message": reason }),
        // Somebody else was faster: it is on its way all the same.
        Finished::Sent(_) | Finished::Nothing => json!({ "left": 0, "sent": true }),
    };
    Ok(Json(answer).into_response())
}

async fn keep(
    app: &App,
    actor: &Actor,
    id: &str,
    message_id: &str,
    cms: Vec<u8>,
) -> Result<(String, usize)> {
    let (document_id, messages) = open(app, actor, id).await?;
    let message = find(&messages, message_id)?;
    let known = order::known(actor, &messages);
    let content = &message.content_hash;
    let accepted = signature::accept_detached(app, actor, content, cms, known).await?;
    let (letter, message_id) = (document_id.clone(), message_id.to_owned());
    let left = app
        .write(actor, move |tx, act| {
            order::record(tx, act, &letter, &message_id, &accepted)
        })
        .await?;
    Ok((document_id, left))
}

/// The letter of a request, and the messages of its order.
async fn open(app: &App, actor: &Actor, id: &str) -> Result<(String, Vec<Message>)> {
    let id = id.to_owned();
    app.read(actor, move |tx, act| {
        let request = request::messages(tx, act, &id)?;
        let (_, messages) = order::open(tx, act, &request.document_id)?;
        Ok((request.document_id, messages))
    })
    .await
}

fn find<'a>(messages: &'a [Message], id: &str) -> Result<&'a Message> {
    let found = messages.iter().find(|message| message.id == id);
    found.ok_or_else(|| {
        not_found(
            "ileti_yok",
            "Bu ileti imza bekleyenler arasında yok. DYS'de yeniden imzaya alın.",
        )
    })
}
