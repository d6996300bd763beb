//! Distribution plans for programs: those that the caller may use, with what changed since.

use axum::extract::{Path, Query, State};
use axum::response::IntoResponse as _;
use axum::routing::get;
use axum::{Json, Router};
use serde::Deserialize;
use serde_json::{Value as Json_, json};

use super::{ApiResult, Caller};
use crate::app::App;
use crate::distribution::plan::{self, Change, Plan};

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/api/v1/plans", get(search))
        .route("/api/v1/plans/{id}", get(show))
}

#[derive(Deserialize)]
struct Question {
    #[serde(default)]
    q: String,
    after: Option<String>,
}

async fn search(
    State(app): State<App>,
    caller: Caller,
    Query(question): Query<Question>,
) -> ApiResult {
    let (plans, next) = app
        .read(&caller.0, move |tx, act| {
            plan::search(tx, act, &question.q, question.after.as_deref())
        })
        .await?;
    let plans: Vec<Json_> = plans.iter().map(plan_json).collect();
    Ok(Json(json!({ "plans": plans, "next": next })).into_response())
}

async fn show(State(app): State<App>, caller: Caller, Path(id): Path<String>) -> ApiResult {
    let (found, changes) = app
        .read(&caller.0, move |tx, act| {
            Ok((plan::open(tx, act, &id)?, plan::changes(tx, act, &id)?))
        })
        .await?;
    let mut answer = plan_json(&found);
    answer["changes"] = changes.iter().map(change_json).collect();
    Ok(Json(answer).into_response())
}

fn plan_json(plan: &Plan) -> Json_ {
    json!({
        "id": plan.id,
        "name": plan.name,
        "owner_unit_id": plan.owner_unit_id,
        "version": plan.version,
        "lines": plan.lines,
    })
}

fn change_json(change: &Change) -> Json_ {
    json!({
        "label": change.label,
        "code": change.drift.code(),
        "sentence": change.drift.sentence(),
        "remedy": change.drift.remedy(),
    })
}
