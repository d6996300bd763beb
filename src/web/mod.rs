//! The screens: thin handlers over the domain, one file per screen under its noun.

pub mod assets;
pub mod chrome;
pub mod directory;
pub mod failure;
pub mod fileplan;
pub mod form;
pub mod guard;
pub mod limit;
mod login;
pub mod session;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware::{from_fn, from_fn_with_state};
use axum::response::{Html, IntoResponse, Response};
use axum::routing::get;
use tower_http::catch_panic::CatchPanicLayer;

use crate::app::App;

pub use chrome::PageChrome;
pub use failure::{PageError, PageResult};
pub use form::CheckedForm;
pub use session::{CurrentUser, see_other_with};

/// Forms without files stay below this.
const FORM_LIMIT: usize = 4 * 1024 * 1024;

/// The whole HTTP surface: screens, API, assets, health.
pub fn router(app: App) -> Router {
    let screens = Router::new()
        .merge(login::routes())
        .merge(directory::routes())
        .merge(fileplan::routes())
        .layer(from_fn_with_state(app.clone(), guard::same_origin));
    Router::new()
        .route("/health", get(health))
        .merge(assets::routes())
        .merge(screens)
        .merge(crate::api::routes())
        .fallback(failure::no_such_page)
        .layer(DefaultBodyLimit::max(FORM_LIMIT))
        .layer(CatchPanicLayer::custom(failure::panicked))
        .layer(from_fn(guard::security_headers))
        .with_state(app)
}

/// Answers once the application serves.
async fn health() -> &'static str {
    "ok\n"
}

/// Renders a template; a template that fails is a defect and is told as one.
pub fn page(template: &impl askama::Template) -> PageResult {
    let text = template
        .render()
        .map_err(|error| anyhow::anyhow!("template: {error}"))?;
    Ok(Html(text).into_response())
}

/// Sends the browser on after a successful POST.
#[must_use]
pub fn see_other(location: &str) -> Response {
    axum::response::Redirect::to(location).into_response()
}
