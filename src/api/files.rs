//! A letter's documents for programs: the page, the e-Yazışma package, the evidence.

use axum::Router;
use axum::extract::{Path, State};
use axum::http::header;
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;

use super::{ApiResult, Caller};
use crate::app::App;
use crate::dispatch::tracking;
use crate::document::view;
use crate::error::not_found;
use crate::{package, web};

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/api/v1/letters/{id}/pdf", get(page))
        .route("/api/v1/letters/{id}/package", get(whole))
        .route("/api/v1/letters/{id}/evidence/{evidence}", get(evidence))
}

async fn page(State(app): State<App>, caller: Caller, Path(id): Path<String>) -> ApiResult {
    let letter = view::opened(&app, &caller.0, &id).await?;
    let hash = letter
        .frozen_hash
        .ok_or_else(|| not_found("yazi_dondurulmadi", "Yazı henüz imzaya hazırlanmadı."))?;
    let number = letter.official_number.unwrap_or_default();
    Ok(web::pdf(&number, app.blobs.get(&hash).await?))
}

async fn whole(State(app): State<App>, caller: Caller, Path(id): Path<String>) -> ApiResult {
    let letter = view::opened(&app, &caller.0, &id).await?;
    Ok(web::package_file(package::whole(&app, &letter.id).await?))
}

async fn evidence(
    State(app): State<App>,
    caller: Caller,
    Path((id, evidence)): Path<(String, String)>,
) -> ApiResult<Response> {
    let hash = app
        .read(&caller.0, move |tx, act| {
            tracking::evidence_file(tx, act, &id, &evidence)
        })
        .await?;
    let bytes = app.blobs.get(&hash).await?;
    let media = [(header::CONTENT_TYPE, "application/octet-stream")];
    Ok((media, bytes).into_response())
}
