//! What the program at a signer's desk asks: pairing, waiting letters, and the signature back.
//!
//! It is no part of the API for programs: both ends are DYS and change together.

use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::header;
use axum::response::IntoResponse as _;
use axum::routing::{get, post};
use axum::{Json, Router};
use serde::Deserialize;
use serde_json::json;

use crate::access::{Act, Actor};
use crate::api::{ApiResult, Caller};
use crate::app::App;
use crate::approval::sign;
use crate::document::view;
use crate::error::{Error, Result, malformed};
use crate::package;
use crate::signature::{self, request};
use crate::store::Tx;

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/imza-araci/v1/pair", post(pair))
        .route("/imza-araci/v1/requests", get(waiting))
        .route("/imza-araci/v1/requests/{id}/content", get(content))
        .route("/imza-araci/v1/requests/{id}/letter", get(letter))
        .route("/imza-araci/v1/requests/{id}/signature", post(take))
        .route("/imza-araci/v1/requests/{id}/refusal", post(refuse))
}

fn parse<T: serde::de::DeserializeOwned>(body: &[u8]) -> Result<T> {
    serde_json::from_slice(body)
        .map_err(|error| malformed("govde_okunamadi", format!("İstek okunamadı: {error}.")))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PairBody {
    code: String,
}

/// The code itself says who is paired; it works once.
async fn pair(State(app): State<App>, body: Bytes) -> ApiResult {
    let PairBody { code } = parse(&body)?;
    let (now, ids) = (app.now(), std::sync::Arc::clone(&app.ids));
    let paired = app
        .store
        .write(move |tx: &mut Tx<'_>| {
            let system = Actor::system();
            let act = Act {
                actor: &system,
                now,
                ids: &*ids,
            };
            request::pair(tx, &act, &code)
        })
        .await?;
    let (token, name) = paired?;
    Ok(Json(json!({ "token": token, "name": name })).into_response())
}

async fn waiting(State(app): State<App>, caller: Caller) -> ApiResult {
    let requests = app
        .read(&caller.0, |tx, act| {
            let mut all = Vec::new();
            for request in request::waiting(tx, act)? {
                let recipients = crate::distribution::list::all(tx, &request.document_id)?;
                let names: Vec<String> = recipients
                    .into_iter()
                    .map(|line| line.institution_name)
                    .collect();
                all.push(json!({
                    "id": request.id,
                    "official_number": request.official_number,
                    "subject": request.subject,
                    "recipients": names,
                    "content_hash": request.content_hash.as_str(),
                }));
            }
            Ok(all)
        })
        .await?;
    let name = &caller.0.full_name;
    Ok(Json(json!({ "signer": name, "requests": requests })).into_response())
}

/// The bytes to sign.
async fn content(State(app): State<App>, caller: Caller, Path(id): Path<String>) -> ApiResult {
    let request = app
        .read(&caller.0, move |tx, act| request::one(tx, act, &id))
        .await?;
    let bytes = signature::content_to_sign(&app, &request.content_hash).await?;
    Ok(([(header::CONTENT_TYPE, "application/octet-stream")], bytes).into_response())
}

/// The letter as the signer reads it.
async fn letter(State(app): State<App>, caller: Caller, Path(id): Path<String>) -> ApiResult {
    let request = app
        .read(&caller.0, move |tx, act| request::one(tx, act, &id))
        .await?;
    let letter = view::opened(&app, &caller.0, &request.document_id).await?;
    let frozen = letter.frozen_hash.ok_or_else(sign::other_content)?;
    let bytes = app.blobs.get(&frozen).await.map_err(Error::from)?;
    Ok(([(header::CONTENT_TYPE, "application/pdf")], bytes).into_response())
}

/// The CMS in DER. What is wrong with it stands in the answer and beside the request on the screen.
async fn take(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<String>,
    body: Bytes,
) -> ApiResult {
    let asked = id.clone();
    let request = app
        .read(&caller.0, move |tx, act| request::one(tx, act, &asked))
        .await?;
    let done = finish(&app, &caller.0, &request, body.to_vec()).await;
    if let Err(error) = &done {
        let message = error
            .problem()
            .map_or_else(String::new, |p| p.message.clone());
        app.write(&caller.0, move |tx, act| {
            request::fail(tx, act, &id, &message)
        })
        .await?;
    }
    let last = done?;
    Ok(Json(json!({ "official_number": request.official_number, "signed": last })).into_response())
}

async fn finish(
    app: &App,
    actor: &Actor,
    request: &request::Request,
    cms: Vec<u8>,
) -> Result<bool> {
    let accepted = signature::accept(app, actor, &request.content_hash, cms).await?;
    let document_id = request.document_id.clone();
    let request = request.clone();
    let last = app
        .write(actor, move |tx, act| {
            request::complete(tx, act, &request, &accepted)
        })
        .await?;
    if last {
        package::after_signature(app, &document_id).await;
    }
    Ok(last)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RefusalBody {
    message: String,
}

/// The signer said no, or the card did.
async fn refuse(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<String>,
    body: Bytes,
) -> ApiResult {
    let RefusalBody { message } = parse(&body)?;
    app.write(&caller.0, move |tx, act| {
        request::fail(tx, act, &id, &message)
    })
    .await?;
    Ok(Json(json!({})).into_response())
}
