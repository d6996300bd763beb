//! Screens of the letter: one page that holds everything which belongs to it, and its parts.

mod attachment;
mod list;
mod page;
mod preview;
mod reference;
mod save;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::routing::{get, post};

use crate::app::App;

pub(in crate::web) use page::address;

/// A file beside the form around it; the domain holds the exact limit and says it in words.
const UPLOAD_LIMIT: usize = 110 * 1024 * 1024;

pub(in crate::web) fn routes() -> Router<App> {
    Router::new()
        .route("/evrak", get(list::drafts).post(list::create))
        .route("/evrak/yeni", get(list::new))
        .route("/evrak/{id}", get(page::show))
        .route("/evrak/{id}/gecmis", get(page::history))
        .route("/evrak/{id}/kaydet", post(save::save))
        .route("/evrak/{id}/onizleme", get(preview::preview))
        .route("/evrak/{id}/yazi", get(preview::frozen))
        .route(
            "/evrak/{id}/ekler",
            post(attachment::upload).layer(DefaultBodyLimit::max(UPLOAD_LIMIT)),
        )
        .route("/evrak/{id}/ekler/diger", post(attachment::add_other))
        .route(
            "/evrak/{id}/ekler/{attachment}",
            get(attachment::download).post(attachment::change),
        )
        .route("/evrak/{id}/ilgi", post(reference::add))
        .route("/evrak/{id}/ilgi/{reference}", post(reference::change))
}
