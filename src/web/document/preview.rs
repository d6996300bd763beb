//! The letter as it prints: the preview while it is prepared, the frozen bytes afterwards.

use std::sync::LazyLock;

use axum::extract::{Path, State};
use axum::http::{HeaderName, header};
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use bytes::Bytes;
use sha2::{Digest as _, Sha256};

use crate::app::App;
use crate::approval::{chain, sign};
use crate::document::{draft, freeze, render};
use crate::error::not_found;
use crate::web::{CurrentUser, PageResult};

/// The letter's own style stands in it, named by its hash; nothing else may run or load.
static POLICY: LazyLock<String> = LazyLock::new(|| {
    let hash = base64::engine::general_purpose::STANDARD.encode(Sha256::digest(render::STYLE));
    format!("sandbox; default-src 'none'; style-src 'sha256-{hash}'; frame-ancestors 'self'")
});

pub(super) async fn preview(
    State(app): State<App>,
    user: CurrentUser,
    Path(id): Path<String>,
) -> PageResult<Response> {
    let rendered = app
        .read(&user.actor, move |tx, act| {
            let letter = draft::open(tx, act, &id)?;
            let steps = chain::current(tx, act, &id)?;
            freeze::preview(tx, &letter, sign::blocks(&steps, None))
        })
        .await?;
    Ok(letter_response(rendered.bytes.into()))
}

pub(super) async fn frozen(
    State(app): State<App>,
    user: CurrentUser,
    Path(id): Path<String>,
) -> PageResult<Response> {
    let letter = app
        .read(&user.actor, move |tx, act| draft::open(tx, act, &id))
        .await?;
    let Some(hash) = letter.frozen_hash else {
        return Err(not_found(
            "yazi_dondurulmadi",
            "Yazı henüz imzaya hazırlanmadı; önizlemeyi açın.",
        )
        .into());
    };
    Ok(letter_response(app.blobs.get(&hash).await?))
}

fn letter_response(bytes: Bytes) -> Response {
    let headers: [(HeaderName, &str); 2] = [
        (header::CONTENT_TYPE, "text/html; charset=utf-8"),
        (header::CONTENT_SECURITY_POLICY, &POLICY),
    ];
    (headers, bytes).into_response()
}
