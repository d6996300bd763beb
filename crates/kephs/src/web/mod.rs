//! The pages for people and the JSON API for tests.
//!
//! | request | body or query | answer |
//! |---|---|---|
//! | `GET /health` | | `{"status":"ok"}` |
//! | `POST /prova/api/accounts` | `{address, tcno, parola, sifre, kontor?, kota_kb?}` | 201 |
//! | `GET /prova/api/accounts` | `?q=` | mailboxes with counts |
//! | `GET /prova/api/received` | `?org_mesaj_id=&recipient=` | deliveries with SHA-256 of the original |
//! | `GET /prova/api/counters` | | accepted and delivered per sender and Message-ID |
//! | `GET /prova/api/evidence` | `?kep_id=` | evidence of a message |
//! | `POST /prova/api/read` | `{address, kep_id}` | the recipient reads it (60) |
//! | `GET /prova/api/misbehaviours` | | those that are on |
//! | `POST /prova/api/misbehaviours` | `{kind, operation?, address?, count?, seconds?, number?, text?}` | `{id}` |
//! | `DELETE /prova/api/misbehaviours` and `…/{id}` | | switches all or one off |
//! | `GET /prova/kok.pem` | | the root under which evidence is signed |
//! | `GET /prova/api/clock` | | `{now, manual}` |
//! | `POST /prova/api/clock/advance` | `{seconds}` | `{now}`; 409 without `--manual-clock` |
//!
//! Times are milliseconds since the epoch; kinds are listed in [`crate::misbehaviour::Kind`].
//! An error is `{"code", "message"}` with a Turkish message.

mod admin;
mod authority;
mod guard;
mod link;
mod pages;

use std::sync::Arc;

use axum::{Router, http::StatusCode, middleware, response::Response};

use crate::{
    engine::Provider,
    error::{Error, Result},
};

/// Pages, API and health, guarded against requests from foreign pages.
pub fn routes(provider: Arc<Provider>) -> Router {
    Router::new()
        .merge(pages::routes())
        .merge(admin::routes())
        .merge(authority::routes())
        .fallback(async || StatusCode::NOT_FOUND)
        .with_state(provider)
        .layer(middleware::from_fn(guard::guard))
}

/// A refused request in words, as a page or in the form of the API.
fn in_words(status: StatusCode, is_api: bool) -> Response {
    let words = match status {
        StatusCode::FORBIDDEN => "Bu istek başka bir siteden geldiği için kabul edilmedi.",
        StatusCode::NOT_FOUND => "Böyle bir sayfa yok.",
        StatusCode::METHOD_NOT_ALLOWED => "Bu adres bu şekilde çağrılamaz.",
        _ => "Adreste ya da formda eksik veya hatalı bir değer var.",
    };
    if is_api {
        admin::problem(status, words)
    } else {
        pages::failure(status, words)
    }
}

/// Runs blocking work of the provider off the event loop.
async fn blocking<T: Send + 'static>(
    provider: &Arc<Provider>,
    work: impl FnOnce(&Provider) -> Result<T> + Send + 'static,
) -> Result<T> {
    let provider = Arc::clone(provider);
    tokio::task::spawn_blocking(move || work(&provider))
        .await
        .map_err(|_| Error::Worker)?
}
