//! The description of the whole interface for programs, in OpenAPI 3.1; no token is needed.

use std::sync::LazyLock;

use axum::Router;
use axum::http::header;
use axum::response::IntoResponse;
use axum::routing::get;

use crate::app::App;

/// The place in the file where the program's version is filled in.
const VERSION_LINE: &str = r#""version": "0.0.0""#;

static DESCRIPTION: LazyLock<String> = LazyLock::new(|| {
    let version = format!(r#""version": "{}""#, env!("CARGO_PKG_VERSION"));
    include_str!("openapi.json").replacen(VERSION_LINE, &version, 1)
});

pub(super) fn routes() -> Router<App> {
    Router::new().route("/api/v1/openapi.json", get(describe))
}

async fn describe() -> impl IntoResponse {
    (
        [(header::CONTENT_TYPE, "application/json")],
        DESCRIPTION.as_str(),
    )
}
