//! *Gelen Evrak*: the registry, one document with its referral, and what cannot be read.

mod act;
mod correct;
mod fields;
mod find;
mod list;
mod mailbox;
mod page;
mod paper;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::routing::{get, post};

use super::upload;
use crate::app::App;

/// The menu that these screens belong to.
const MENU: &str = "Gelen Evrak İşlemleri";

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/gelen", get(list::show))
        .route(
            "/gelen/kayit",
            get(paper::show)
                .post(paper::register)
                .layer(DefaultBodyLimit::max(upload::LIMIT)),
        )
        .route("/gelen/gonderen-ara", get(find::senders))
        .route("/gelen/okunamayan", get(mailbox::show))
        .route("/gelen/okunamayan/{id}/yeniden", post(mailbox::try_again))
        .route(
            "/gelen/okunamayan/{id}/ele-alindi",
            post(mailbox::take_by_hand),
        )
        .route("/gelen/okunamayan/{id}/ham", get(mailbox::raw))
        .route("/gelen/{id}", get(page::show))
        .route("/gelen/{id}/icerik", get(page::content))
        .route("/gelen/{id}/dosya/{file}", get(page::file))
        .route("/gelen/{id}/duzelt", get(correct::show).post(correct::save))
        .route("/gelen/{id}/onayla", post(act::confirm))
        .route("/gelen/{id}/havale-yerleri", get(find::targets))
        .route("/gelen/{id}/havale", post(act::refer))
        .route("/gelen/{id}/havale/{referral}", post(act::on_referral))
        .route("/gelen/{id}/kapat", post(act::close))
        .route("/gelen/{id}/sure", post(act::due))
        .route("/gelen/{id}/yazi", post(act::letter))
}

/// Where an incoming document stands on the web.
fn address(id: &str) -> String {
    format!("/gelen/{id}")
}
