//! Units and file-plan codes for programs: `GET /api/v1/units` and `GET /api/v1/file-plan`.

use axum::extract::{Path, Query, State};
use axum::response::IntoResponse as _;
use axum::routing::get;
use axum::{Json, Router};
use serde::Deserialize;
use serde_json::{Value as Json_, json};

use super::{ApiResult, Caller};
use crate::app::App;
use crate::directory::search::{Answer, Node, Question, Side};
use crate::directory::{self, Unit, UnitId};
use crate::error::{malformed, not_found};
use crate::fileplan::{self, Code, Scope};

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/api/v1/units", get(search))
        .route("/api/v1/units/{number}", get(show))
        .route("/api/v1/file-plan", get(codes))
}

#[derive(Deserialize)]
struct UnitQuery {
    #[serde(default)]
    q: String,
    /// `outside` (default), `inside` or `all`.
    side: Option<String>,
    /// `1`: only units that KEP reaches.
    kep: Option<String>,
    /// `1`: only units that have a UETS address.
    uets: Option<String>,
}

/// The tree as a flat list, parents before children.
async fn search(
    State(app): State<App>,
    caller: Caller,
    Query(query): Query<UnitQuery>,
) -> ApiResult {
    let side = match query.side.as_deref() {
        None | Some("outside") => Side::Outside,
        Some("inside") => Side::Inside,
        Some("all") => Side::Both,
        Some(_) => {
            return Err(
                malformed("side_gecersiz", "side: outside, inside ya da all olmalı.").into(),
            );
        }
    };
    let with_kep_address = query.kep.as_deref() == Some("1");
    let answer = app
        .read(&caller.0, move |tx, _| {
            let question = Question {
                text: &query.q,
                side,
                with_kep_address,
                with_uets_address: query.uets.as_deref() == Some("1"),
                with_inactive: false,
            };
            Ok(directory::search::search(tx, &question)?)
        })
        .await?;
    Ok(Json(answer_json(&answer)).into_response())
}

/// A unit by its DETSİS number.
async fn show(State(app): State<App>, caller: Caller, Path(number): Path<String>) -> ApiResult {
    let found = app
        .read(&caller.0, move |tx, _| {
            let Some(unit) = directory::by_number(tx, &number)? else {
                return Ok(None);
            };
            let address = directory::delivery_address(tx, &unit.id)?;
            Ok(Some((unit, address)))
        })
        .await?;
    let (unit, address) =
        found.ok_or_else(|| not_found("birim_yok", "Bu DETSİS numarası rehberde yok."))?;
    let address = address.as_ref().map(directory::KepAddress::as_str);
    Ok(Json(unit_json(&unit, address)).into_response())
}

#[derive(Deserialize)]
struct CodeQuery {
    #[serde(default)]
    q: String,
}

/// Codes of the common part and of the own institution's; without `q` those used lately.
async fn codes(
    State(app): State<App>,
    caller: Caller,
    Query(query): Query<CodeQuery>,
) -> ApiResult {
    let codes = app
        .read(&caller.0, move |tx, act| {
            let own = directory::own_institution(tx)?;
            fileplan::search(
                tx,
                &fileplan::Question {
                    text: &query.q,
                    scope: own.map_or(Scope::Common, |unit| Scope::of(unit.kind)),
                    user_id: &act.actor.user_id,
                    unit_id: act.actor.home_unit().unwrap_or_default(),
                },
            )
        })
        .await?;
    let codes: Vec<Json_> = codes.iter().map(code_json).collect();
    Ok(Json(json!({ "codes": codes })).into_response())
}

fn answer_json(answer: &Answer) -> Json_ {
    let units: Vec<Json_> = answer.nodes().iter().map(node_json).collect();
    let complete = match answer {
        Answer::Found(tree) => tree.complete,
        Answer::TooShort | Answer::Nothing => true,
    };
    json!({ "message": answer.message(), "complete": complete, "units": units })
}

fn node_json(node: &Node) -> Json_ {
    let mut value = unit_json(&node.unit, node.delivery_address.as_deref());
    if let Some(fields) = value.as_object_mut() {
        fields.insert("depth".to_owned(), json!(node.depth));
        fields.insert("matched".to_owned(), json!(node.matched));
    }
    value
}

fn unit_json(unit: &Unit, address: Option<&str>) -> Json_ {
    json!({
        "id": unit.id.as_str(),
        "detsis_no": unit.detsis_no,
        "number_is_demo": unit.number_is_demo,
        "parent_id": unit.parent_id.as_ref().map(UnitId::as_str),
        "institution_id": unit.institution_id.as_str(),
        "kind": unit.kind.code(),
        "name": unit.name,
        "province": unit.province,
        "district": unit.district,
        "label": unit.label,
        "kep_address": address,
        "uets_address": unit.uets_address,
        "active": unit.active,
    })
}

fn code_json(code: &Code) -> Json_ {
    json!({
        "scope": code.scope.code(),
        "code": code.code,
        "title": code.title,
        "parent_title": code.parent_title,
        "retention": code.retention,
        "disposal": code.disposal,
        "preferred": code.is_preferred(),
        "heading": code.is_heading,
        "secondary_only": code.secondary_only,
    })
}
