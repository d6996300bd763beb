//! Recipients, sending and tracking for programs.

use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::IntoResponse as _;
use axum::routing::{get, post};
use axum::{Json, Router};
use bytes::Bytes;
use serde::Deserialize;
use serde_json::{Value as Json_, json};

use super::letter::{identity, parse};
use super::{ApiResult, Caller, idempotency, letter_json};
use crate::app::App;
use crate::dispatch::send;
use crate::dispatch::tracking::{self, Criteria, Line};
use crate::distribution::{DestinationType, Purpose, Severity, list, plan, preflight};
use crate::error::{Error, Result, malformed};

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/api/v1/letters/{id}/recipients", post(add_recipients))
        .route("/api/v1/letters/{id}/dispatch", post(dispatch))
        .route("/api/v1/outgoing", get(outgoing))
}

/// What is to be added: units of the directory, or parties outside it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewRecipients {
    /// Rows of the directory, by `id`.
    #[serde(default)]
    units: Vec<String>,
    /// Rows of *Rehberde Yok*, by `id`.
    #[serde(default)]
    parties: Vec<String>,
    /// Distribution plans, by `id`: expanded to today's units.
    #[serde(default)]
    plans: Vec<String>,
    /// Postal address and reason of what goes on paper.
    #[serde(default)]
    postal_address: Option<String>,
    #[serde(default)]
    paper_reason: Option<String>,
    /// `external_kep` unless said otherwise.
    #[serde(default)]
    destination_type: Option<String>,
    /// `action` (default) or `information`, for all that are added.
    #[serde(default)]
    purpose: Option<String>,
}

/// Adds recipients and answers the letter with what stands in the way of sending.
async fn add_recipients(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> ApiResult {
    let new: NewRecipients = parse(&body)?;
    let destination = match new.destination_type.as_deref() {
        None => DestinationType::ExternalKep,
        Some(code) => DestinationType::from_code(code).ok_or_else(|| {
            malformed(
                "yer_turu_gecersiz",
                "destination_type tanınmıyor: external_kep, external_paper, external_uets yazın.",
            )
        })?,
    };
    let purpose = match new.purpose.as_deref() {
        None => Purpose::Action,
        Some(code) => Purpose::from_code(code).ok_or_else(|| {
            malformed("amac_gecersiz", "purpose: action ya da information olmalı.")
        })?,
    };
    let request = identity(&id, "recipients", &body);
    idempotency::once(&app, &caller, &headers, &request, move |tx, act| {
        let before = list::list(tx, act, &id)?;
        list::add_units(tx, act, &id, destination, &new.units)?;
        for party in &new.parties {
            list::add_party(tx, act, &id, destination, party)?;
        }
        for plan in &new.plans {
            plan::use_in(tx, act, &id, plan)?;
        }
        if let Some(address) = &new.postal_address {
            let reason = new.paper_reason.as_deref().unwrap_or_default();
            for line in list::list(tx, act, &id)? {
                let added = !before.iter().any(|known| known.id == line.id);
                if added && line.destination_type == DestinationType::ExternalPaper {
                    list::set_paper(tx, act, &id, &line.id, address, reason)?;
                }
            }
        }
        if purpose != Purpose::Action {
            for line in list::list(tx, act, &id)? {
                if !before.iter().any(|known| known.id == line.id) {
                    list::set_purpose(tx, act, &id, &line.id, purpose)?;
                }
            }
        }
        let findings: Vec<Json_> = preflight::preflight(tx, &id)?
            .iter()
            .map(|finding| {
                json!({
                    "severity": severity(finding.severity),
                    "code": finding.code,
                    "sentence": finding.sentence,
                    "ways_out": finding.ways_out,
                })
            })
            .collect();
        let mut answer = letter_json::whole(tx, act, &id)?;
        if let Some(fields) = answer.as_object_mut() {
            fields.insert("findings".to_owned(), json!(findings));
        }
        Ok((StatusCode::CREATED, answer))
    })
    .await
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Version {
    /// The version that was read; a letter that changed since is not sent.
    version: i64,
}

/// *Evrakı Gönder*. A repeated request with the same `Idempotency-Key` gets the first answer.
async fn dispatch(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> ApiResult {
    let Version { version } = parse(&body)?;
    // A repeated request finds the letter sent already: what could not be made anew is told only
    // when no first answer is kept.
    let prepared = send::prepare(&app, &caller.0, &id, version).await;
    let prepared = match prepared {
        Err(Error::Problem(problem)) => Err(problem),
        other => Ok(other?),
    };
    let request = identity(&id, "dispatch", &body);
    idempotency::once(&app, &caller, &headers, &request, move |tx, act| {
        let dispatched = send::commit(tx, act, &prepared?)?;
        let answer = json!({
            "state": if dispatched.awaits_officer { "awaiting_signature" } else { "dispatched" },
            "messages": dispatched.message_ids,
            "held_until": dispatched.held_until.map(|until| until.to_string()),
        });
        Ok((StatusCode::ACCEPTED, answer))
    })
    .await
}

/// The manual's criteria; dates as `YYYY-MM-DD`.
#[derive(Deserialize)]
#[serde(default)]
#[derive(Default)]
struct Question {
    file_no: String,
    unit: String,
    recipient: String,
    number: String,
    subject: String,
    from: String,
    until: String,
    status: String,
    after: Option<String>,
}

async fn outgoing(
    State(app): State<App>,
    caller: Caller,
    Query(question): Query<Question>,
) -> ApiResult {
    let criteria = Criteria {
        from: day("from", &question.from)?,
        until: day("until", &question.until)?,
        file_no: question.file_no,
        unit_id: question.unit,
        recipient: question.recipient,
        number: question.number,
        subject: question.subject,
        standing: question.status,
        after: question.after,
    };
    let page = app
        .read(&caller.0, move |tx, act| {
            tracking::search(tx, act, &criteria)
        })
        .await?;
    let rows: Vec<Json_> = page.lines.iter().map(line_json).collect();
    Ok(Json(json!({ "outgoing": rows, "next": page.next })).into_response())
}

fn day(field: &str, text: &str) -> Result<Option<jiff::civil::Date>> {
    if text.is_empty() {
        return Ok(None);
    }
    text.parse().map(Some).map_err(|_| {
        malformed(
            "tarih_gecersiz",
            format!("{field}: tarih YYYY-AA-GG olmalı, örneğin 2026-02-28."),
        )
    })
}

fn line_json(line: &Line) -> Json_ {
    json!({
        "letter_id": line.document_id,
        "recipient_id": line.recipient_id,
        "file_no": line.file_no,
        "file_kind": line.file_kind,
        "subject": line.subject,
        "note": line.note,
        "recipient": line.recipient,
        "kind": line.kind,
        "official_date": line.official_date.map(|day| day.to_string()),
        "official_number": line.official_number,
        "attachments": line.attachments,
        "status": line.standing.code(),
        "duty": line.duty.code(),
        "delivery_status": line.delivery_status,
    })
}

fn severity(severity: Severity) -> &'static str {
    match severity {
        Severity::Note => "note",
        Severity::Warning => "warning",
        Severity::Blocking => "blocking",
    }
}
