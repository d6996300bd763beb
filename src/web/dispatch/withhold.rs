//! What is done with a signed letter that a rule holds up: today's address, or *Gönderilmeyecek*.

use axum::Router;
use axum::extract::{Path, State};
use axum::routing::post;
use serde::Deserialize;

use crate::app::App;
use crate::dispatch::{send, withhold};
use crate::web::{CheckedForm, Nothing, PageResult, see_other_with};

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/evrak/{id}/adres-yenile", post(follow_addresses))
        .route("/evrak/{id}/gonderilmeyecek", post(close))
        .route("/evrak/{id}/gonderilmeyecek-geri-al", post(open_again))
}

async fn follow_addresses(
    State(app): State<App>,
    Path(id): Path<String>,
    CheckedForm {
        user,
        form: Nothing {},
    }: CheckedForm<Nothing>,
) -> PageResult {
    let letter = id.clone();
    let count = app
        .write(&user.actor, move |tx, act| {
            send::follow_addresses(tx, act, &letter)
        })
        .await?;
    let message = format!(
        "{count} alıcının adresi rehberden yenilendi. Adresleri karşılaştırıp evrakı gönderin."
    );
    Ok(see_other_with(
        &app,
        &format!("/evrak/{id}/gonder"),
        &message,
    ))
}

#[derive(Deserialize)]
struct Reason {
    reason: String,
}

async fn close(
    State(app): State<App>,
    Path(id): Path<String>,
    CheckedForm { user, form }: CheckedForm<Reason>,
) -> PageResult {
    let letter = id.clone();
    app.write(&user.actor, move |tx, act| {
        withhold::withhold(tx, act, &letter, &form.reason)
    })
    .await?;
    let message = "Evrak Gönderilmeyecek olarak kapatıldı; imzalı kalır, sayısı değişmez.";
    Ok(see_other_with(&app, &format!("/evrak/{id}"), message))
}

async fn open_again(
    State(app): State<App>,
    Path(id): Path<String>,
    CheckedForm { user, form }: CheckedForm<Reason>,
) -> PageResult {
    let letter = id.clone();
    app.write(&user.actor, move |tx, act| {
        withhold::take_back(tx, act, &letter, &form.reason)
    })
    .await?;
    let message = "Geri alındı; evrak yeniden Gönderilmeyi Bekleyenler'de.";
    Ok(see_other_with(
        &app,
        &format!("/evrak/{id}/gonder"),
        message,
    ))
}
