//! What a person does on the time line about evidence that does not verify.

use axum::Router;
use axum::extract::{Path, State};
use axum::routing::post;
use serde::Deserialize;

use super::{CheckedForm, Nothing, PageResult, see_other_with};
use crate::app::App;
use crate::dispatch::recheck::recheck;
use crate::document::draft;
use crate::evidence::decide::{self, Decision};

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/evrak/{id}/delil/{evidence}/karar", post(decide))
        .route("/evrak/{id}/deliller/dogrula", post(verify_again))
}

#[derive(Deserialize)]
struct Decided {
    /// `say` or `sayma`.
    answer: String,
    reason: String,
    /// The moment of the decision that stood on the page; empty where there was none.
    #[serde(default)]
    seen: String,
}

async fn decide(
    State(app): State<App>,
    Path((id, evidence_id)): Path<(String, String)>,
    CheckedForm { user, form }: CheckedForm<Decided>,
) -> PageResult {
    let back = format!("/evrak/{id}/posta");
    let decision = Decision {
        evidence_id,
        counts: form.answer == "say",
        reason: form.reason,
        instead_of: form.seen.parse().ok(),
    };
    app.write(&user.actor, move |tx, act| {
        let letter = draft::open(tx, act, &id)?;
        decide::decide(tx, act, &letter, &decision)
    })
    .await?;
    Ok(see_other_with(&app, &back, "Kararınız kaydedildi."))
}

async fn verify_again(
    State(app): State<App>,
    Path(id): Path<String>,
    CheckedForm {
        user,
        form: Nothing {},
    }: CheckedForm<Nothing>,
) -> PageResult {
    let (counts, all) = recheck(&app, &user.actor, &id).await?;
    let message = format!("{all} delil yeniden denetlendi; {counts} tanesi sayılıyor.");
    Ok(see_other_with(
        &app,
        &format!("/evrak/{id}/posta"),
        &message,
    ))
}
