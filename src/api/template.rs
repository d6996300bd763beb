//! Letter templates for programs: those with which a letter of the caller may begin.

use axum::extract::State;
use axum::response::IntoResponse as _;
use axum::routing::get;
use axum::{Json, Router};
use serde_json::{Value as Json_, json};

use super::{ApiResult, Caller};
use crate::app::App;
use crate::document::template::{self, Template};

pub(super) fn routes() -> Router<App> {
    Router::new().route("/api/v1/templates", get(list))
}

async fn list(State(app): State<App>, caller: Caller) -> ApiResult {
    let templates = app.read(&caller.0, template::usable).await?;
    let templates: Vec<Json_> = templates.iter().map(template_json).collect();
    Ok(Json(json!({ "templates": templates })).into_response())
}

fn template_json(it: &Template) -> Json_ {
    json!({
        "id": it.id,
        "unit_id": it.unit_id,
        "unit_name": it.unit_name,
        "name": it.name,
        "version": it.version,
        "subject": it.subject,
        "kind": it.kind.code(),
        "confidentiality": it.confidentiality.code(),
        "personal": it.personal,
        "plan_code": it.plan_code,
        "secondary_code": it.secondary_code,
        "closing": it.closing.code(),
        "text": it.body.to_plain(),
    })
}
