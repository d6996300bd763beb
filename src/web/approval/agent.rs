//! What the program at a signer's desk asks: pairing, waiting letters, and the signature back.
//!
//! It is no part of the API for programs: both ends are DYS and change together.

use std::net::IpAddr;
use std::sync::LazyLock;

use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::header;
use axum::response::IntoResponse as _;
use axum::routing::{get, post};
use axum::{Json, Router};
use jiff::SignedDuration;
use serde::Deserialize;
use serde_json::{Value as Json_, json};

use crate::access::{Act, Actor};
use crate::api::{ApiResult, Desk};
use crate::app::App;
use crate::approval::sign;
use crate::dispatch::order;
use crate::document::view;
use crate::error::{Error, Kind, Problem, Result, malformed};
use crate::package;
use crate::signature;
use crate::signature::request::{self, Request, RequestKind};
use crate::store::Tx;
use crate::web::client::ClientAddress;
use crate::web::limit::Limit;

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/imza-araci/v1/pair", post(pair))
        .route("/imza-araci/v1/requests", get(waiting))
        .route("/imza-araci/v1/requests/{id}/content", get(content))
        .route("/imza-araci/v1/requests/{id}/metadata", get(metadata))
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

/// Thirty codes that pair nobody in five minutes from one address; those that pair are not counted.
static PAIRINGS: LazyLock<Limit<IpAddr>> =
    LazyLock::new(|| Limit::new(SignedDuration::from_mins(5)));
const TRIES: u32 = 30;

/// The code itself says who is paired; it works once.
async fn pair(
    State(app): State<App>,
    ClientAddress(address): ClientAddress,
    body: Bytes,
) -> ApiResult {
    let PairBody { code } = parse(&body)?;
    let counted = PAIRINGS.count(address, TRIES, app.now());
    counted.map_err(|pause| {
        let message =
            "Bu bağlantıdan çok sayıda eşleme denemesi yapıldı. Beş dakika sonra yeniden deneyin.";
        Error::from(Problem::new(Kind::TooMany, "cok_deneme", message).after(pause))
    })?;
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
    PAIRINGS.take_back(&address);
    Ok(Json(json!({ "token": token, "name": name })).into_response())
}

async fn waiting(State(app): State<App>, desk: Desk) -> ApiResult {
    let requests = app
        .read(&desk.0, |tx, act| {
            let mut all = Vec::new();
            for request in request::waiting(tx, act)? {
                match told(tx, act, &request) {
                    Ok(told) => all.extend(told),
                    // What one may sign no longer does not keep the rest from the card.
                    Err(Error::Problem(_)) => {}
                    Err(other) => return Err(other),
                }
            }
            Ok(all)
        })
        .await?;
    let name = &desk.0.full_name;
    Ok(Json(json!({ "signer": name, "requests": requests })).into_response())
}

/// What the server says about a request; the program compares it with the bytes that it signs.
/// None when every message of it is signed and it is about to be finished.
fn told(tx: &mut Tx<'_>, act: &Act<'_>, request: &Request) -> Result<Option<Json_>> {
    let mut told = json!({
        "id": request.id,
        "kind": request.kind.code(),
        "official_number": request.official_number,
        "subject": request.subject,
    });
    match request.kind {
        RequestKind::Letter => {
            let parties = package::addressees(tx, &request.document_id)?;
            let recipients = parties
                .iter()
                .map(|party| json!({ "name": party.name(), "key": party.key() }));
            told["recipients"] = recipients.collect();
            told["content_hash"] = request.content_hash.as_str().into();
        }
        RequestKind::Messages => {
            let (_, messages) = order::open(tx, act, &request.document_id)?;
            let open = messages.iter().filter(|it| it.signature.is_none());
            let messages: Vec<Json_> = open
                .map(|message| {
                    json!({
                        "id": message.id,
                        "address": message.address,
                        "content_hash": message.content_hash.as_str(),
                    })
                })
                .collect();
            if messages.is_empty() {
                return Ok(None);
            }
            told["messages"] = messages.into();
        }
    }
    Ok(Some(told))
}

/// The bytes to sign.
async fn content(State(app): State<App>, desk: Desk, Path(id): Path<String>) -> ApiResult {
    let request = app
        .read(&desk.0, move |tx, act| request::letter(tx, act, &id))
        .await?;
    let bytes = signature::content_to_sign(&app, &request.content_hash).await?;
    Ok(([(header::CONTENT_TYPE, "application/octet-stream")], bytes).into_response())
}

/// Üstveri, whose digest stands in the bytes to sign.
async fn metadata(State(app): State<App>, desk: Desk, Path(id): Path<String>) -> ApiResult {
    let request = app
        .read(&desk.0, move |tx, act| request::letter(tx, act, &id))
        .await?;
    let bytes = package::metadata(&app, &request.document_id, &request.content_hash).await?;
    Ok(([(header::CONTENT_TYPE, "application/xml")], bytes).into_response())
}

/// The letter as the signer reads it.
async fn letter(State(app): State<App>, desk: Desk, Path(id): Path<String>) -> ApiResult {
    let request = app
        .read(&desk.0, move |tx, act| request::letter(tx, act, &id))
        .await?;
    let letter = view::opened(&app, &desk.0, &request.document_id).await?;
    let frozen = letter.frozen_hash.ok_or_else(sign::other_content)?;
    let bytes = app.blobs.get(&frozen).await.map_err(Error::from)?;
    Ok(([(header::CONTENT_TYPE, "application/pdf")], bytes).into_response())
}

/// The CMS in DER. What is wrong with it stands in the answer and beside the request on the screen.
async fn take(
    State(app): State<App>,
    desk: Desk,
    Path(id): Path<String>,
    body: Bytes,
) -> ApiResult {
    let asked = id.clone();
    let request = app
        .read(&desk.0, move |tx, act| request::letter(tx, act, &asked))
        .await?;
    let done = finish(&app, &desk.0, &request, body.to_vec()).await;
    let last = told_on_screen(&app, &desk.0, &id, done).await?;
    Ok(Json(json!({ "official_number": request.official_number, "signed": last })).into_response())
}

/// Whatever went wrong stands beside the request on the screen too.
pub(in crate::web) async fn told_on_screen<T>(
    app: &App,
    actor: &Actor,
    id: &str,
    done: Result<T>,
) -> Result<T> {
    if let Err(error) = &done {
        let message = error
            .problem()
            .map_or_else(String::new, |p| p.message.clone());
        let id = id.to_owned();
        app.write(actor, move |tx, act| request::fail(tx, act, &id, &message))
            .await?;
    }
    done
}

async fn finish(app: &App, actor: &Actor, request: &Request, cms: Vec<u8>) -> Result<bool> {
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
    /// The person said no; otherwise the card or the network did.
    #[serde(default)]
    declined: bool,
}

/// The signer said no, or the card did. A KEP officer's no gives the letter back to its sender.
async fn refuse(
    State(app): State<App>,
    desk: Desk,
    Path(id): Path<String>,
    body: Bytes,
) -> ApiResult {
    let RefusalBody { message, declined } = parse(&body)?;
    app.write(&desk.0, move |tx, act| {
        let request = request::one(tx, act, &id)?;
        if declined && request.kind == RequestKind::Messages {
            return order::refuse(tx, act, &request.document_id, &message);
        }
        request::fail(tx, act, &id, &message)
    })
    .await?;
    Ok(Json(json!({})).into_response())
}
