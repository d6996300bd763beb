//! Styles and scripts, embedded in the program and addressed by their content.

use axum::Router;
use axum::http::header;
use axum::response::IntoResponse;
use axum::routing::get;

use crate::app::App;

/// Changes whenever one of the files changes, so that browsers may keep them for ever.
const HASH: &str = env!("DYS_ASSET_HASH");
const KEEP: &str = "public, max-age=31536000, immutable";
const CSS: &str = "text/css; charset=utf-8";
const TEXT: &str = "text/plain; charset=utf-8";
const SCRIPT: &str = "text/javascript; charset=utf-8";

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route(
            "/assets/app.css",
            get(async || file(CSS, include_bytes!("../../assets/dist/app.css"))),
        )
        .route(
            "/assets/app.js",
            get(async || file(SCRIPT, include_bytes!("../../assets/dist/app.js"))),
        )
        .route(
            "/assets/paper.css",
            get(async || file(CSS, include_bytes!("../../assets/dist/paper.css"))),
        )
        .route(
            "/assets/editor.js",
            get(async || file(SCRIPT, include_bytes!("../../assets/dist/editor.js"))),
        )
        // The licence of the serif that stands in every letter travels with the program.
        .route(
            "/assets/yazi-tipi-lisansi.txt",
            get(async || file(TEXT, include_bytes!("../../assets/dist/fonts/LICENSE.txt"))),
        )
}

fn file(kind: &'static str, bytes: &'static [u8]) -> impl IntoResponse {
    (
        [(header::CONTENT_TYPE, kind), (header::CACHE_CONTROL, KEEP)],
        bytes,
    )
}

/// The address of the asset `name`.
#[must_use]
pub fn url(name: &str) -> String {
    format!("/assets/{name}?v={HASH}")
}
