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
use crate::error::{Error, Problem};
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
    language: Option<String>,
    closing: Option<String>,
    addressee_line: Option<String>,
    plan_code: Option<String>,
    secondary_code: Option<String>,
    body: Option<String>,
    text: Option<String>,
}

impl LetterForm {
    pub(super) fn into_changes(self) -> Changes {
        Changes {
            personal: Some(self.personal.is_some()),
            subject: self.subject,
            kind: self.kind,
            urgency: self.urgency,
            due_date: self.due_date,
            confidentiality: self.confidentiality,
            note: self.note,
            language: self.language,
            plan_code: self.plan_code,
            secondary_code: self.secondary_code,
            closing: self.closing,
            addressee_line: self.addressee_line,
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
    let outcome = write(&app, &user, &id, version, changes.clone()).await;
    let by_itself = headers
        .get(header::ACCEPT)
        .and_then(|value| value.to_str().ok())
        .is_some_and(|accepted| accepted.contains("application/json"));
    if by_itself {
        let (outcome, left) = match outcome {
            Err(Error::Problem(problem)) if !problem.fields.is_empty() => {
                let fitting = changes.without(&problem);
                let saved = write(&app, &user, &id, version, fitting).await;
                (saved, Some(problem))
            }
            other => (other, None),
        };
        return Ok(for_script(outcome, left.as_ref()));
    }
    for_person(&app, &user, &id, outcome, changes).await
}

async fn write(
    app: &App,
    user: &CurrentUser,
    id: &str,
    version: i64,
    changes: Changes,
) -> Result<Saved, Error> {
    let id = id.to_owned();
    app.write(&user.actor, move |tx, act| {
        draft::save(tx, act, &id, version, &changes)
    })
    .await
}

/// `left` names the fields that were not saved yet, while somebody types them.
fn for_script(outcome: Result<Saved, Error>, left: Option<&Problem>) -> Response {
    match outcome {
        Ok(Saved::Done(version)) => {
            let mut answer = left.map_or_else(|| json!({}), problem_json);
            answer["version"] = json!(version);
            Json(answer).into_response()
        }
        Ok(Saved::Stale(letter)) => {
            let current = format!("Konu: {}\n\n{}", letter.subject, letter.body.to_plain());
            let mut answer = match letter.refusal() {
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
    typed: Changes,
) -> PageResult<Response> {
    let (problem, typed) = match outcome {
        Ok(Saved::Done(_)) => return Ok(see_other_with(app, &super::address(id), "Kaydedildi.")),
        Ok(Saved::Stale(letter)) => match letter.refusal() {
            Error::Problem(problem) => (problem, None),
            other => return Err(other.into()),
        },
        Err(Error::Problem(problem)) if !problem.fields.is_empty() => (problem, Some(typed)),
        Err(other) => return Err(other.into()),
    };
    let status = if typed.is_some() {
        StatusCode::UNPROCESSABLE_ENTITY
    } else {
        StatusCode::CONFLICT
    };
    let mut shown = LetterPage::load(app, user, id, Some(problem)).await?;
    if let Some(typed) = typed {
        shown.keep_typed(typed);
    }
    Ok((status, page(&shown)?).into_response())
}
