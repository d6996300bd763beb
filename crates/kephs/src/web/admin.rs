//! The JSON API for tests; its table stands in [`super`].

use std::sync::Arc;

use axum::{
    Json, Router,
    extract::{Path, Query, State, rejection::JsonRejection},
    http::StatusCode,
    response::{IntoResponse, Response},
    routing::{delete, get, post},
};
use jiff::SignedDuration;
use serde::Deserialize;
use serde_json::{Value, json};

use super::blocking;
use crate::{
    config::{NewAccount, normal_address},
    engine::{INBOX, MessageRef, Provider},
    error::Error,
    misbehaviour::NewRule,
};

type App = State<Arc<Provider>>;
type Answer = Result<Json<Value>, Problem>;

pub(super) fn routes() -> Router<Arc<Provider>> {
    Router::new()
        .route("/health", get(health))
        .route("/prova/api/accounts", get(accounts).post(put_account))
        .route("/prova/api/received", get(received))
        .route("/prova/api/counters", get(counters))
        .route("/prova/api/evidence", get(evidence))
        .route("/prova/api/read", post(read))
        .route(
            "/prova/api/misbehaviours",
            get(rules).post(add_rule).delete(clear_rules),
        )
        .route("/prova/api/misbehaviours/{id}", delete(remove_rule))
        .route("/prova/kok.pem", get(root))
        .route("/prova/api/clock", get(clock))
        .route("/prova/api/clock/advance", post(advance))
}

/// A request that the API's routes could not even read.
pub(super) fn problem(status: StatusCode, words: &str) -> Response {
    Problem(status, "bad-request", words.to_owned()).into_response()
}

/// An error in the API's form.
struct Problem(StatusCode, &'static str, String);

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        (self.0, Json(json!({ "code": self.1, "message": self.2 }))).into_response()
    }
}

impl From<Error> for Problem {
    fn from(error: Error) -> Self {
        let (status, code) = match &error {
            Error::Refused(_) => (StatusCode::UNPROCESSABLE_ENTITY, "refused"),
            Error::Config(_) => (StatusCode::CONFLICT, "not-possible"),
            _ => (StatusCode::INTERNAL_SERVER_ERROR, "failed"),
        };
        Self(status, code, error.to_string())
    }
}

impl From<JsonRejection> for Problem {
    fn from(error: JsonRejection) -> Self {
        Self(
            StatusCode::BAD_REQUEST,
            "bad-json",
            format!("İstek gövdesi okunamadı: {error}"),
        )
    }
}

/// The root under which evidence is signed: a rehearsal's own, trusted by nobody else.
async fn root(State(app): App) -> String {
    app.root_pem()
}

async fn health() -> Json<Value> {
    Json(json!({ "status": "ok" }))
}

#[derive(Deserialize)]
struct Search {
    #[serde(default)]
    q: String,
}

async fn accounts(State(app): App, Query(search): Query<Search>) -> Answer {
    let found = blocking(&app, move |provider| provider.mailboxes(&search.q, 1000)).await?;
    Ok(Json(json!(found)))
}

async fn put_account(
    State(app): App,
    new: Result<Json<NewAccount>, JsonRejection>,
) -> Result<(StatusCode, Json<Value>), Problem> {
    let Json(new) = new?;
    let address = normal_address(&new.address);
    blocking(&app, move |provider| provider.put_account(&new)).await?;
    Ok((StatusCode::CREATED, Json(json!({ "address": address }))))
}

#[derive(Deserialize)]
struct Which {
    #[serde(default)]
    org_mesaj_id: String,
    #[serde(default)]
    recipient: String,
}

async fn received(State(app): App, Query(which): Query<Which>) -> Answer {
    let found = blocking(&app, move |provider| {
        provider.received(which.org_mesaj_id.trim(), &normal_address(&which.recipient))
    })
    .await?;
    Ok(Json(json!(found)))
}

async fn counters(State(app): App) -> Answer {
    Ok(Json(json!(
        blocking(&app, |provider| provider.counts(100_000)).await?
    )))
}

#[derive(Deserialize)]
struct OfMessage {
    kep_id: String,
}

async fn evidence(State(app): App, Query(which): Query<OfMessage>) -> Answer {
    let (_, views) = blocking(&app, move |provider| provider.story(&which.kep_id)).await?;
    let list: Vec<Value> = views
        .into_iter()
        .map(|view| {
            let mut value = json!(view.evidence);
            value["recipient"] = json!(view.recipient);
            value
        })
        .collect();
    Ok(Json(json!(list)))
}

#[derive(Deserialize)]
struct Read {
    address: String,
    kep_id: String,
}

async fn read(State(app): App, body: Result<Json<Read>, JsonRejection>) -> Answer {
    let Json(body) = body?;
    let which = MessageRef {
        kep_id: Some(body.kep_id),
        sira_no: None,
        folder: INBOX.into(),
    };
    blocking(&app, move |provider| {
        provider.confirm(&normal_address(&body.address), &which)
    })
    .await?;
    Ok(Json(json!({})))
}

async fn rules(State(app): App) -> Answer {
    Ok(Json(json!(
        blocking(&app, |provider| provider.misbehaviours()).await?
    )))
}

async fn add_rule(
    State(app): App,
    rule: Result<Json<NewRule>, JsonRejection>,
) -> Result<(StatusCode, Json<Value>), Problem> {
    let Json(rule) = rule?;
    let id = blocking(&app, move |provider| provider.misbehave(&rule)).await?;
    Ok((StatusCode::CREATED, Json(json!({ "id": id }))))
}

async fn clear_rules(State(app): App) -> Answer {
    blocking(&app, |provider| provider.behave_entirely()).await?;
    Ok(Json(json!({})))
}

async fn remove_rule(State(app): App, Path(id): Path<i64>) -> Answer {
    if blocking(&app, move |provider| provider.behave(id)).await? {
        return Ok(Json(json!({})));
    }
    Err(Problem(
        StatusCode::NOT_FOUND,
        "not-found",
        "Böyle bir aksaklık açık değil.".into(),
    ))
}

async fn clock(State(app): App) -> Json<Value> {
    Json(json!({ "now": app.now(), "manual": app.has_manual_clock() }))
}

#[derive(Deserialize)]
struct Advance {
    seconds: i64,
}

async fn advance(State(app): App, by: Result<Json<Advance>, JsonRejection>) -> Answer {
    let Json(by) = by?;
    if by.seconds < 0 {
        let words = "Saat geriye alınamaz.".into();
        return Err(Problem(StatusCode::BAD_REQUEST, "bad-value", words));
    }
    let now = blocking(&app, move |provider| {
        provider.advance(SignedDuration::from_secs(by.seconds))
    })
    .await?;
    Ok(Json(json!({ "now": now })))
}
