//! *Gönderim Kanalları*: which ways this installation sends by, and what a real connection needs.

use axum::Router;
use axum::extract::State;
use axum::routing::get;

use super::{CurrentUser, PageChrome, PageResult, page};
use crate::app::App;
use crate::config::Mode;
use crate::dispatch::uets;
use crate::setting;

pub(super) fn routes() -> Router<App> {
    Router::new().route("/yonetim/kanallar", get(show))
}

#[derive(askama::Template)]
#[template(path = "channels.html")]
struct ChannelsPage {
    chrome: PageChrome,
    rehearsal: bool,
    /// Seconds after which the rehearsal serves a notice; 0 is the law's rule.
    notice_seconds: i64,
}

async fn show(State(app): State<App>, user: CurrentUser) -> PageResult {
    let notice_seconds = app
        .read(&user.actor, |tx, act| {
            act.actor.require_administrator()?;
            Ok(setting::number(tx, setting::NOTICE_PERIOD_SECONDS)?)
        })
        .await?;
    page(&ChannelsPage {
        chrome: PageChrome::new(&app, &user, "Yönetim"),
        rehearsal: app.mode == Mode::Rehearsal,
        notice_seconds,
    })
}
