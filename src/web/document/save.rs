//! Saving what was typed: by the button, and by itself while one types.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use serde_json::json;

use super::page::LetterPage;
use crate::app::App;
use crate::document::draft::{self, Changes, Saved};
use crate::error::Error;
use crate::web::failure::{JsonError, problem_json};
use crate::web::{CheckedForm, CurrentUser, PageResult, page, see_other_with};

#[derive(Deserialize)]
pub(super) struct LetterForm {
    version: i64,
    subject: Option<String>,
    kind: Option<String>,
    urgency: Option<String>,
    due_date: Option<String>,
    confidentiality: Option<String>,
    personal: Option<String>,
    note: Option<String>,
    closing: Option<String>,
    plan_code: Option<String>,
    secondary_code: Option<String>,
    body: Option<String>,
    text: Option<String>,
}

impl LetterForm {
    fn into_changes(self) -> Changes {
        Changes {
            personal: Some(self.personal.is_some()),
            subject: self.subject,
            kind: self.kind,
            urgency: self.urgency,
            due_date: self.due_date,
            confidentiality: self.confidentiality,
            note: self.note,
            language: None,
            plan_code: self.plan_code,
            secondary_code: self.secondary_code,
            closing: self.closing,
            body: self.body,
            text: self.text,
        }
    }
}

pub(super) async fn save(
    State(app): State<App>,
    Path(id): Path<String>,
    headers: HeaderMap,
    CheckedForm { user, form }: CheckedForm<LetterForm>,
) -> PageResult<Response> {
    let version = form.version;
    let changes = form.into_changes();
    let letter_id = id.clone();
    let outcome = app
        .write(&user.actor, move |tx, act| {
            draft::save(tx, act, &letter_id, version, &changes)
        })
        .await;
    let by_itself = headers
        .get(header::ACCEPT)
        .and_then(|value| value.to_str().ok())
        .is_some_and(|accepted| accepted.contains("application/json"));
    if by_itself {
        return Ok(for_script(outcome));
    }
    for_person(&app, &user, &id, outcome).await
}

fn for_script(outcome: Result<Saved, Error>) -> Response {
    match outcome {
        Ok(Saved::Done(version)) => Json(json!({ "version": version })).into_response(),
        Ok(Saved::Stale(letter)) => {
            let current = format!("Konu: {}\n\n{}", letter.subject, letter.body.to_plain());
            let mut answer = match crate::document::stale() {
                Error::Problem(problem) => problem_json(&problem),
                _ => json!({}),
            };
            answer["current"] = json!(current);
            answer["version"] = json!(letter.version);
            (StatusCode::CONFLICT, Json(answer)).into_response()
        }
        Err(error) => JsonError(error).into_response(),
    }
}

async fn for_person(
    app: &App,
    user: &CurrentUser,
    id: &str,
    outcome: Result<Saved, Error>,
) -> PageResult<Response> {
    let problem = match outcome {
        Ok(Saved::Done(_)) => return Ok(see_other_with(app, &super::address(id), "Kaydedildi.")),
        Ok(Saved::Stale(_)) => match crate::document::stale() {
            Error::Problem(problem) => problem,
            other => return Err(other.into()),
        },
        Err(Error::Problem(problem)) if !problem.fields.is_empty() => problem,
        Err(other) => return Err(other.into()),
    };
    let status = StatusCode::UNPROCESSABLE_ENTITY;
    let shown = LetterPage::load(app, user, id, Some(problem)).await?;
    Ok((status, page(&shown)?).into_response())
}
