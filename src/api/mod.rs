//! The JSON interface: the same use cases as the screens, with tokens.

pub mod caller;
mod evidence;
mod files;
pub mod idempotency;
mod incoming;
mod letter;
mod letter_json;
mod openapi;
mod outgoing;
mod plan;
mod template;
mod unit;

use axum::Router;

use crate::app::App;

pub use crate::web::failure::JsonError;
pub use caller::{Caller, Desk};

/// The result of an API handler.
pub type ApiResult<T = axum::response::Response> = Result<T, JsonError>;

/// Everything below `/api/v1`.
pub fn routes() -> Router<App> {
    Router::new()
        .merge(files::routes())
        .merge(evidence::routes())
        .merge(incoming::routes())
        .merge(letter::routes())
        .merge(openapi::routes())
        .merge(outgoing::routes())
        .merge(plan::routes())
        .merge(template::routes())
        .merge(unit::routes())
}
