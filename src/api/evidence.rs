//! What came back about a letter, with what its signatures came to, and the whole proof of it.

use axum::extract::{Path, State};
use axum::response::IntoResponse as _;
use axum::routing::get;
use axum::{Json, Router};
use serde_json::{Value as Json_, json};

use super::{ApiResult, Caller};
use crate::app::App;
use crate::dispatch::tracking;
use crate::evidence::{Stored, Trust};
use crate::proof::bundle;
use crate::web;

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/api/v1/letters/{id}/evidence", get(evidence))
        .route("/api/v1/letters/{id}/proof", get(proof))
}

async fn evidence(State(app): State<App>, caller: Caller, Path(id): Path<String>) -> ApiResult {
    let (_, ways) = app
        .read(&caller.0, move |tx, act| tracking::letter(tx, act, &id))
        .await?;
    let ways: Vec<Json_> = ways
        .iter()
        .map(|way| {
            json!({
                "recipient_id": way.recipient.id,
                "recipient": way.recipient.label,
                "status": way.recipient.status,
                "duty": way.recipient.open_duty,
                "delivery_status": way.delivery_status,
                "evidence": way.evidence.iter().map(one).collect::<Vec<_>>(),
            })
        })
        .collect();
    Ok(Json(json!({ "recipients": ways })).into_response())
}

fn one(stored: &Stored) -> Json_ {
    let signature = stored.check.as_ref().map(|check| {
        json!({
            "result": check.verdict.code(),
            "sentence": check.sentence(),
            "signer": check.signer,
            "signed_at": check.signed_at.map(|at| at.to_string()),
            "stamped_at": check.stamped_at.map(|at| at.to_string()),
            "checked_at": stored.checked_at.map(|at| at.to_string()),
            "checks": check.lines,
        })
    });
    let decision = stored.decision.as_ref().map(|decided| {
        json!({
            "counts": decided.counts,
            "reason": decided.reason,
            "by": decided.by,
            "at": decided.at.to_string(),
        })
    });
    json!({
        "id": stored.fact.id,
        "code": stored.fact.code,
        "kind": stored.fact.kind.name(),
        "text": stored.fact.text,
        "at": stored.fact.at.map(|at| at.to_string()),
        "at_text": stored.fact.at_text,
        "kephs": stored.kephs,
        "sha256": stored.blob_hash.as_ref().map(|hash| hash.as_str()),
        "counts": stored.fact.trust == Trust::Counted,
        "signature": signature,
        "decision": decision,
    })
}

/// The proof bundle as a ZIP; that it was asked for is recorded.
async fn proof(State(app): State<App>, caller: Caller, Path(id): Path<String>) -> ApiResult {
    let made = bundle::make(&app, &caller.0, &id).await?;
    let headers = web::download_headers(&made.name, "application/zip");
    Ok((headers, web::proof::body_of(made)).into_response())
}
