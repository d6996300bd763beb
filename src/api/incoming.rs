//! Incoming documents for programs: the registry, one document, and what people do with it.

use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::IntoResponse as _;
use axum::routing::{get, post};
use axum::{Json, Router};
use bytes::Bytes;
use jiff::civil::Date;
use serde::Deserialize;
use serde_json::{Value as Json_, json};

use super::letter::parse;
use super::{ApiResult, Caller, idempotency};
use crate::access::Act;
use crate::app::App;
use crate::distribution::Purpose;
use crate::error::{Result, malformed};
use crate::inbox::answer::{self, Follow};
use crate::inbox::list::{self, Criteria, Line};
use crate::inbox::referral::{self, Order, Referral, Target};
use crate::inbox::view::{self, View};
use crate::inbox::{self, IncomingKind, Source, State as Standing, close, confirm};
use crate::store::Tx;

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/api/v1/incoming", get(search))
        .route("/api/v1/incoming/{id}", get(show))
        .route("/api/v1/incoming/{id}/refer", post(refer))
        .route("/api/v1/incoming/{id}/finish", post(finish))
        .route("/api/v1/incoming/{id}/return", post(give_back))
        .route("/api/v1/incoming/{id}/pull-back", post(pull_back))
        .route("/api/v1/incoming/{id}/close", post(end))
        .route("/api/v1/incoming/{id}/confirm", post(tell))
        .route("/api/v1/incoming/{id}/letter", post(letter))
}

/// What makes two requests the same: their address and their body.
fn identity(id: &str, verb: &str, body: &[u8]) -> Vec<u8> {
    let mut bytes = format!("POST incoming/{id}/{verb}\n").into_bytes();
    bytes.extend_from_slice(body);
    bytes
}

/// The criteria of the screen; dates as `YYYY-MM-DD`, words as the answers write them.
#[derive(Deserialize, Default)]
#[serde(default)]
struct Question {
    q: String,
    number: String,
    unit: String,
    source: Option<String>,
    kind: Option<String>,
    state: Option<String>,
    from: Option<String>,
    until: Option<String>,
    after: Option<String>,
}

/// A word of a list, or a sentence that names the parameter.
fn word<T>(field: &str, given: Option<&String>, read: fn(&str) -> Option<T>) -> Result<Option<T>> {
    given
        .map(|code| {
            read(code).ok_or_else(|| {
                malformed("deger_gecersiz", format!("{field}: “{code}” tanınmıyor."))
            })
        })
        .transpose()
}

fn day(field: &str, given: Option<&String>) -> Result<Option<Date>> {
    given
        .map(|text| {
            text.parse().map_err(|_| {
                let sentence = format!("{field}: tarihi YYYY-AA-GG olarak yazın.");
                malformed("tarih_gecersiz", sentence)
            })
        })
        .transpose()
}

async fn search(
    State(app): State<App>,
    caller: Caller,
    Query(question): Query<Question>,
) -> ApiResult {
    let criteria = Criteria {
        source: word("source", question.source.as_ref(), Source::from_code)?,
        kind: word("kind", question.kind.as_ref(), IncomingKind::from_code)?,
        state: word("state", question.state.as_ref(), Standing::from_code)?,
        unit_id: question.unit,
        words: question.q,
        number: question.number,
        from: day("from", question.from.as_ref())?,
        until: day("until", question.until.as_ref())?,
        after: question.after,
    };
    let page = app
        .read(&caller.0, move |tx, act| list::search(tx, act, &criteria))
        .await?;
    let lines: Vec<Json_> = page.lines.iter().map(line_json).collect();
    Ok(Json(json!({ "incoming": lines, "next": page.next })).into_response())
}

/// The document as its page shows it; reading it leaves the same trace, and tells no provider.
async fn show(State(app): State<App>, caller: Caller, Path(id): Path<String>) -> ApiResult {
    view::opened(&app, &caller.0, &id).await?;
    let view = app
        .read(&caller.0, move |tx, act| view::look(tx, act, &id))
        .await?;
    Ok(Json(whole(&view)).into_response())
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewReferral {
    version: i64,
    to: Vec<NewTarget>,
    #[serde(default)]
    due_date: Option<String>,
    #[serde(default)]
    note: String,
}

/// A unit or a person, by `id`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewTarget {
    unit: Option<String>,
    person: Option<String>,
    /// `action` (default) or `information`.
    purpose: Option<String>,
}

impl NewTarget {
    fn read(self) -> Result<(Target, Option<Purpose>)> {
        let target = match (self.unit, self.person) {
            (Some(id), None) => Target::Unit(id),
            (None, Some(id)) => Target::Person(id),
            _ => {
                return Err(malformed(
                    "hedef_gecersiz",
                    "to: her satırda unit ya da person yazın, ikisini birden değil.",
                ));
            }
        };
        let purpose = word("purpose", self.purpose.as_ref(), Purpose::from_code)?;
        Ok((target, purpose))
    }
}

async fn refer(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> ApiResult {
    let new: NewReferral = parse(&body)?;
    let targets = new.to.into_iter().map(NewTarget::read);
    let order = Order {
        targets: targets.collect::<Result<_>>()?,
        due_date: day("due_date", new.due_date.as_ref())?,
        note: new.note,
    };
    let request = identity(&id, "refer", &body);
    idempotency::once(&app, &caller, &headers, &request, move |tx, act| {
        referral::refer(tx, act, &id, new.version, &order)?;
        standing(tx, act, &id)
    })
    .await
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct OnReferral {
    version: i64,
    /// The referral, by `id`.
    referral: String,
    /// What was done, or why it is returned.
    #[serde(default)]
    reason: String,
}

/// A use case on one referral of a document, at the version that was read.
type ReferralUse = fn(&mut Tx<'_>, &Act<'_>, &str, &OnReferral) -> Result<()>;

async fn on_referral(
    (app, caller, id): (App, Caller, String),
    headers: HeaderMap,
    body: Bytes,
    verb: &'static str,
    work: ReferralUse,
) -> ApiResult {
    let asked: OnReferral = parse(&body)?;
    let request = identity(&id, verb, &body);
    idempotency::once(&app, &caller, &headers, &request, move |tx, act| {
        work(tx, act, &id, &asked)?;
        standing(tx, act, &id)
    })
    .await
}

async fn finish(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> ApiResult {
    let of = (app, caller, id);
    on_referral(of, headers, body, "finish", |tx, act, id, it| {
        referral::finish(tx, act, id, it.version, &it.referral, &it.reason)
    })
    .await
}

async fn give_back(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> ApiResult {
    let of = (app, caller, id);
    on_referral(of, headers, body, "return", |tx, act, id, it| {
        referral::give_back(tx, act, id, it.version, &it.referral, &it.reason)
    })
    .await
}

async fn pull_back(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> ApiResult {
    let of = (app, caller, id);
    on_referral(of, headers, body, "pull-back", |tx, act, id, it| {
        referral::pull_back(tx, act, id, it.version, &it.referral)
    })
    .await
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Closing {
    version: i64,
    reason: String,
}

async fn end(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> ApiResult {
    let Closing { version, reason } = parse(&body)?;
    let request = identity(&id, "close", &body);
    idempotency::once(&app, &caller, &headers, &request, move |tx, act| {
        close::close(tx, act, &id, version, &reason)?;
        standing(tx, act, &id)
    })
    .await
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Version {
    version: i64,
}

/// *Kaydı onayla*: irrevocable, the provider is told.
async fn tell(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> ApiResult {
    let Version { version } = parse(&body)?;
    let request = identity(&id, "confirm", &body);
    idempotency::once(&app, &caller, &headers, &request, move |tx, act| {
        confirm::confirm(tx, act, &id, version)?;
        standing(tx, act, &id)
    })
    .await
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewLetter {
    /// `answer`, `forward` or `return`.
    kind: String,
}

async fn letter(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> ApiResult {
    let NewLetter { kind } = parse(&body)?;
    let follow = word("kind", Some(&kind), Follow::from_code)?.unwrap_or(Follow::Answer);
    let request = identity(&id, "letter", &body);
    idempotency::once(&app, &caller, &headers, &request, move |tx, act| {
        let begun = answer::begin(tx, act, &id, follow)?;
        let status = if begun.existed {
            StatusCode::OK
        } else {
            StatusCode::CREATED
        };
        let answer = json!({
            "letter_id": begun.letter_id,
            "existed": begun.existed,
            "filled": begun.filled,
            "missing": begun.missing,
        });
        Ok((status, answer))
    })
    .await
}

/// Where the document stands after a use case.
fn standing(tx: &mut Tx<'_>, act: &Act<'_>, id: &str) -> Result<(StatusCode, Json_)> {
    // A referral that was given back may have taken the document out of the caller's sight.
    let answer = match inbox::open(tx, act, id) {
        Ok(incoming) => json!({
            "id": id,
            "state": incoming.state.code(),
            "version": incoming.version,
        }),
        Err(crate::error::Error::Problem(_)) => json!({ "id": id }),
        Err(other) => return Err(other),
    };
    Ok((StatusCode::OK, answer))
}

fn line_json(line: &Line) -> Json_ {
    json!({
        "id": line.id,
        "registration_number": line.registration_number,
        "registered_at": line.registered_at.to_string(),
        "delivered_at": line.delivered_at.map(|at| at.to_string()),
        "source": line.source.code(),
        "kind": line.kind.code(),
        "state": line.state.code(),
        "is_read": line.is_read,
        "sender": line.sender,
        "their_number": line.their_number,
        "their_date": line.their_date.map(|day| day.to_string()),
        "subject": line.subject,
        "urgency": line.urgency.code(),
        "due_date": line.due_date.map(|day| day.to_string()),
        "unit": line.unit_name,
        "files": line.files,
    })
}

fn whole(view: &View) -> Json_ {
    let it = &view.incoming;
    let files: Vec<Json_> = view
        .files
        .iter()
        .map(|file| json!({ "title": file.title, "size": file.size, "scan": file.scan.code() }))
        .collect();
    let findings: Vec<Json_> = view
        .findings
        .iter()
        .map(|found| {
            json!({ "about": found.about, "severity": found.severity, "code": found.code,
                "sentence": found.sentence })
        })
        .collect();
    let letters: Vec<Json_> = view
        .linked
        .iter()
        .map(|linked| {
            json!({ "letter_id": linked.document_id, "kind": linked.kind,
                "state": linked.state.code(), "official_number": linked.official_number })
        })
        .collect();
    json!({
        "id": it.id,
        "version": it.version,
        "registration_number": it.registration_number,
        "registered_at": it.registered_at.to_string(),
        "delivered_at": it.delivered_at.map(|at| at.to_string()),
        "source": it.source.code(),
        "kind": it.kind.code(),
        "state": it.state.code(),
        "unit_id": it.unit_id,
        "sender": it.sender,
        "sender_unit_id": it.sender_unit_id,
        "sender_address": it.sender_address,
        "their_number": it.their_number,
        "their_date": it.their_date.map(|day| day.to_string()),
        "subject": it.subject,
        "text": it.text,
        "note": it.note,
        "urgency": it.urgency.code(),
        "confidentiality": it.confidentiality.code(),
        "personal": it.personal,
        "purpose": it.purpose.code(),
        "plan_code": it.plan_code,
        "due_date": it.due_date.map(|day| day.to_string()),
        "confirmation": view.confirmation.as_ref().map(|(state, ..)| state),
        "closing_reason": it.closing_reason,
        "referrals": view.referrals.iter().map(|it| referral_json(view, it)).collect::<Vec<_>>(),
        "mine": view.mine.as_ref().map(|mine| &mine.id),
        "letters": letters,
        "files": files,
        "findings": findings,
    })
}

fn referral_json(view: &View, it: &Referral) -> Json_ {
    let (unit, person) = match &it.target {
        Target::Unit(id) => (Some(id), None),
        Target::Person(id) => (None, Some(id)),
    };
    json!({
        "id": it.id,
        "unit": unit,
        "person": person,
        "name": it.to_name,
        "from": it.from_name,
        "purpose": it.purpose.code(),
        "due_date": it.due_date.map(|day| day.to_string()),
        "note": it.note,
        "state": it.state.code(),
        "nobodys": view.nobodys.contains(&it.id),
        "referred_at": it.referred_at.to_string(),
        "seen_at": it.seen_at.map(|at| at.to_string()),
        "reason": it.reason,
    })
}
