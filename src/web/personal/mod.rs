//! *Kişisel İşlemler*: one's own password, deputies and API tokens.

mod deputy;
mod password;
mod token;

use axum::Router;
use axum::routing::{get, post};

use crate::app::App;

const MENU: &str = "Kişisel İşlemler";

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/parola", get(password::show).post(password::change))
        .route("/vekalet", get(deputy::show).post(deputy::appoint))
        .route("/vekalet/bitir", post(deputy::end))
        .route("/api-anahtarlari", get(token::show).post(token::issue))
        .route("/api-anahtarlari/iptal", post(token::revoke))
}
