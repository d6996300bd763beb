//! Screens of the letter: one page that holds everything which belongs to it, and its parts.

mod attachment;
mod list;
mod package;
mod page;
mod preview;
mod reference;
mod save;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::routing::{get, post};

use crate::app::App;
use crate::web::upload;

pub(crate) use package::file as package_file;
pub(in crate::web) use page::{LetterPage, address};
pub(in crate::web) use preview::picture;

pub(in crate::web) fn routes() -> Router<App> {
    Router::new()
        .route("/evrak", get(list::unfinished).post(list::create))
        .route("/evrak/yeni", get(list::new))
        .route("/evrak/{id}", get(page::show))
        .route("/evrak/{id}/gecmis", get(page::history))
        .route("/evrak/{id}/sil", post(list::discard))
        .route("/evrak/{id}/kaydet", post(save::save))
        .route("/evrak/{id}/sablon", post(list::keep_as_template))
        .route(
            "/evrak/{id}/onizleme",
            get(preview::preview).post(preview::typed),
        )
        .route("/evrak/{id}/yazi", get(preview::frozen))
        .route("/evrak/{id}/paket", get(package::download))
        .route(
            "/evrak/{id}/ekler",
            post(attachment::upload).layer(DefaultBodyLimit::max(upload::LIMIT)),
        )
        .route("/evrak/{id}/ekler/diger", post(attachment::add_other))
        .route(
            "/evrak/{id}/ekler/{attachment}",
            get(attachment::download).post(attachment::change),
        )
        .route(
            "/evrak/{id}/ilgi",
            get(reference::find).post(reference::add),
        )
        .route("/evrak/{id}/ilgi/{reference}", post(reference::change))
}
