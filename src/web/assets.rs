//! Styles and scripts, embedded in the program and addressed by their content.

use axum::Router;

use crate::app::App;

pub(super) fn routes() -> Router<App> {
    Router::new()
}

/// The address of the asset `name`.
#[must_use]
pub fn url(name: &str) -> String {
    format!("/assets/{name}")
}
