//! Letters for programs: writing one, its attachments and chain, and its way through approval.

use axum::extract::{DefaultBodyLimit, Multipart, Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::IntoResponse as _;
use axum::routing::{get, post};
use axum::{Json, Router};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value as Json_, json};

use super::{ApiResult, Caller, idempotency, letter_json};
use crate::access::Act;
use crate::app::App;
use crate::approval::chain::{self, Planned};
use crate::approval::{act as steps, sign};
use crate::document::attach::{self, New};
use crate::document::draft::{self, Changes, Saved};
use crate::document::{file_name, reference, template, view};
use crate::error::{Result, forbidden, malformed};
use crate::package;
use crate::setting;
use crate::signature::{self, Accepted, rehearsal};
use crate::store::Tx;
use crate::web::upload;

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/api/v1/letters", post(create))
        .route("/api/v1/letters/{id}", get(show).patch(change))
        .route(
            "/api/v1/letters/{id}/attachments",
            post(add_attachment).layer(DefaultBodyLimit::max(upload::LIMIT)),
        )
        .route("/api/v1/letters/{id}/chain", post(set_chain))
        .route("/api/v1/letters/{id}/submit", post(submit))
        .route("/api/v1/letters/{id}/approve", post(approve))
        .route("/api/v1/letters/{id}/return", post(give_back))
}

/// Reads a body; the sentence names the field that is wrong.
pub(super) fn parse<T: DeserializeOwned>(body: &[u8]) -> Result<T> {
    serde_json::from_slice(body).map_err(|error| {
        malformed(
            "json_gecersiz",
            format!("İstek gövdesi beklenen JSON değil: {error}."),
        )
    })
}

/// What makes two requests the same: their address and their body.
pub(super) fn identity(id: &str, verb: &str, body: &[u8]) -> Vec<u8> {
    let mut bytes = format!("POST letters/{id}/{verb}\n").into_bytes();
    bytes.extend_from_slice(body);
    bytes
}

/// Where the letter stands after a use case.
fn standing(tx: &mut Tx<'_>, act: &Act<'_>, id: &str) -> Result<Json_> {
    let letter = draft::open(tx, act, id)?;
    Ok(
        json!({ "id": letter.id, "state": letter.state.code(), "version": letter.version,
        "official_number": letter.official_number }),
    )
}

/// A new letter: the fields of `draft::Changes`, with `unit_id`, `template` and `references` beside
/// them. What is given stands above what the template says.
async fn create(
    State(app): State<App>,
    caller: Caller,
    headers: HeaderMap,
    body: Bytes,
) -> ApiResult {
    let mut fields: serde_json::Map<String, Json_> = parse(&body)?;
    let unit = fields.remove("unit_id");
    let template: Option<String> = match fields.remove("template") {
        Some(id) => parse(id.to_string().as_bytes())?,
        None => None,
    };
    let references: Vec<String> = match fields.remove("references") {
        Some(lines) => parse(lines.to_string().as_bytes())?,
        None => Vec::new(),
    };
    let changes: Changes = parse(Json_::Object(fields).to_string().as_bytes())?;
    let request = identity("", "", &body);
    idempotency::once(&app, &caller, &headers, &request, move |tx, act| {
        let unit = unit.as_ref().and_then(Json_::as_str);
        let unit = unit.or_else(|| act.actor.home_unit()).ok_or_else(|| {
            forbidden(
                "yetki_yok",
                "Evrak hazırlamak için bir birimde rolünüz olmalı.",
            )
        })?;
        let id = match &template {
            Some(template) => template::start(tx, act, unit, template)?.letter_id,
            None => draft::create(tx, act, unit)?,
        };
        let version = draft::open(tx, act, &id)?.version;
        draft::save(tx, act, &id, version, &changes)?;
        for text in &references {
            reference::cite_text(tx, act, &id, text)?;
        }
        Ok((StatusCode::CREATED, letter_json::whole(tx, act, &id)?))
    })
    .await
}

async fn show(State(app): State<App>, caller: Caller, Path(id): Path<String>) -> ApiResult {
    view::opened(&app, &caller.0, &id).await?;
    let letter = app
        .read(&caller.0, move |tx, act| letter_json::whole(tx, act, &id))
        .await?;
    Ok(Json(letter).into_response())
}

/// Changes fields on the `version` that was read; 409 when somebody was faster.
async fn change(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<String>,
    body: Bytes,
) -> ApiResult {
    let mut fields: serde_json::Map<String, Json_> = parse(&body)?;
    let version = fields
        .remove("version")
        .and_then(|version| version.as_i64())
        .ok_or_else(|| malformed("surum_yok", "version alanı gerekli: okuduğunuz sürüm."))?;
    let changes: Changes = parse(Json_::Object(fields).to_string().as_bytes())?;
    let saved = app
        .write(&caller.0, move |tx, act| {
            match draft::save(tx, act, &id, version, &changes)? {
                Saved::Done(_) => Ok(Ok(letter_json::whole(tx, act, &id)?)),
                Saved::Stale(letter) => Ok(Err(letter)),
            }
        })
        .await?;
    match saved {
        Ok(letter) => Ok(Json(letter).into_response()),
        Err(letter) => Err(letter.refusal().into()),
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct OtherAttachment {
    /// `physical` or `external`.
    kind: String,
    title: String,
    #[serde(default)]
    reference: String,
}

/// A file as `multipart/form-data` (part `file`), or JSON for what is not a file.
async fn add_attachment(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<String>,
    headers: HeaderMap,
    request: axum::extract::Request,
) -> ApiResult {
    use axum::extract::FromRequest as _;
    let is_form = headers
        .get(axum::http::header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .is_some_and(|kind| kind.starts_with("multipart/"));
    let unreadable = |_| malformed("istek_okunamadi", "İstek okunamadı ya da çok büyük.");
    let (request, new) = if is_form {
        let form = Multipart::from_request(request, &app)
            .await
            .map_err(|_| malformed("istek_okunamadi", "multipart/form-data okunamadı."))?;
        let file = file_of(&app, &caller, form).await?;
        let identity = identity(&id, &file_name::clean(&file.name), &file.bytes);
        let new = attach::receive(&app, &caller.0, &id, &file.name, file.bytes).await?;
        (identity, new)
    } else {
        let body = Bytes::from_request(request, &app)
            .await
            .map_err(unreadable)?;
        let other: OtherAttachment = parse(&body)?;
        let new = match other.kind.as_str() {
            "physical" => New::Physical { title: other.title },
            "external" => New::External {
                title: other.title,
                reference: other.reference,
            },
            _ => {
                return Err(malformed("ek_turu", "kind: physical ya da external olmalı.").into());
            }
        };
        (identity(&id, "attachments", &body), new)
    };
    idempotency::once(&app, &caller, &headers, &request, move |tx, act| {
        let added = attach::add(tx, act, &id, new)?;
        let mut answer = standing(tx, act, &id)?;
        answer["attachment"] = letter_json::attachment(&added);
        Ok((StatusCode::CREATED, answer))
    })
    .await
}

/// The part `file`, read up to the limit of the settings.
async fn file_of(app: &App, caller: &Caller, mut form: Multipart) -> Result<upload::File> {
    let limit = app
        .read(&caller.0, |tx, _| {
            Ok(setting::number(tx, setting::ATTACHMENT_LIMIT)?)
        })
        .await?;
    while let Some(field) = form.next_field().await.map_err(upload::broken)? {
        if let Some(name) = upload::file_name(&field) {
            return upload::read(field, name, limit).await;
        }
    }
    Err(malformed("dosya_yok", "İstekte file adlı dosya yok."))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ChainBody {
    steps: Vec<Planned>,
}

async fn set_chain(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> ApiResult {
    let chain_body: ChainBody = parse(&body)?;
    let request = identity(&id, "chain", &body);
    idempotency::once(&app, &caller, &headers, &request, move |tx, act| {
        chain::set(tx, act, &id, &chain_body.steps)?;
        Ok((StatusCode::OK, standing(tx, act, &id)?))
    })
    .await
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct VersionBody {
    version: i64,
}

async fn submit(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> ApiResult {
    let VersionBody { version } = parse(&body)?;
    let request = identity(&id, "submit", &body);
    if let Some(answer) = idempotency::kept(&app, &caller, &headers, &request).await? {
        return Ok(answer);
    }
    sign::try_out(&app, &caller.0, &id).await?;
    idempotency::once(&app, &caller, &headers, &request, move |tx, act| {
        steps::submit(tx, act, &id, version)?;
        Ok((StatusCode::OK, standing(tx, act, &id)?))
    })
    .await
}

#[derive(Deserialize)]
#[serde(tag = "step", rename_all = "lowercase", deny_unknown_fields)]
enum ApproveBody {
    /// Parafla.
    Initial { version: i64 },
    /// First half of İmzala: number, date and hash of what will be signed.
    Prepare { version: i64 },
    /// Second half: the signature over exactly those bytes; a CMS in base64, or in a rehearsal the
    /// PIN of one's key there.
    Complete {
        version: i64,
        hash: String,
        #[serde(default)]
        cms: String,
        #[serde(default)]
        pin: String,
    },
}

/// `prepare` may be repeated freely: it keeps the number that it took.
async fn approve(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> ApiResult {
    let request = identity(&id, "approve", &body);
    let approval: ApproveBody = parse(&body)?;
    if let ApproveBody::Prepare { version } = approval {
        if let Some(answer) = idempotency::kept(&app, &caller, &headers, &request).await? {
            return Ok(answer);
        }
        let prepared = sign::prepare(&app, &caller.0, &id, version).await?;
        let answer = json!({
            "version": prepared.version,
            "official_number": prepared.number,
            "hash": prepared.hash.as_str(),
            "content": prepared.content.as_str(),
            "sign_again": prepared.sign_again,
        });
        return idempotency::keep(&app, &caller, &headers, &request, answer).await;
    }
    let completes = matches!(approval, ApproveBody::Complete { .. });
    let letter_id = id.clone();
    let (version, accepted) = match approval {
        ApproveBody::Initial { version } | ApproveBody::Prepare { version } => (version, None),
        ApproveBody::Complete {
            version,
            hash,
            cms,
            pin,
        } => {
            if let Some(earlier) = idempotency::kept(&app, &caller, &headers, &request).await? {
                return Ok(earlier);
            }
            let signed = signed_over(&app, &caller, &id, &hash, &cms, &pin).await?;
            (version, Some(signed))
        }
    };
    let answer = idempotency::once(&app, &caller, &headers, &request, move |tx, act| {
        match &accepted {
            Some(accepted) => {
                sign::complete(tx, act, &id, version, accepted)?;
            }
            None => steps::initial(tx, act, &id, version)?,
        }
        Ok((StatusCode::OK, standing(tx, act, &id)?))
    })
    .await?;
    if completes {
        package::after_signature(&app, &letter_id).await;
    }
    Ok(answer)
}

/// The signature that a program sends, or that the person's rehearsal key gives.
async fn signed_over(
    app: &App,
    caller: &Caller,
    id: &str,
    hash: &str,
    cms: &str,
    pin: &str,
) -> Result<Accepted> {
    let id = id.to_owned();
    let package = app
        .read(&caller.0, move |tx, act| {
            let letter = draft::open(tx, act, &id)?;
            Ok(package::of(tx, &letter.id)?)
        })
        .await?;
    let package = package.filter(|package| package.letter_hash.as_str() == hash);
    let Some(content) = package.map(|package| package.content_hash) else {
        return Err(sign::other_content());
    };
    if cms.is_empty() {
        return rehearsal::sign(app, &caller.0, &content, pin).await;
    }
    let cms = STANDARD.decode(cms).map_err(|_| {
        malformed(
            "imza_okunamadi",
            "cms alanı base64 değil. İmzayı DER olarak kodlayıp gönderin.",
        )
    })?;
    signature::accept(app, &caller.0, &content, cms).await
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ReturnBody {
    version: i64,
    reason: String,
    /// Number of an earlier step, counted from 1; without it the letter goes to its drafter.
    #[serde(default)]
    to_step: Option<i64>,
}

async fn give_back(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> ApiResult {
    let ReturnBody {
        version,
        reason,
        to_step,
    } = parse(&body)?;
    let request = identity(&id, "return", &body);
    idempotency::once(&app, &caller, &headers, &request, move |tx, act| {
        match to_step {
            Some(step) => steps::give_back_to_step(tx, act, &id, version, &reason, step)?,
            None => steps::give_back(tx, act, &id, version, &reason)?,
        }
        Ok((StatusCode::OK, standing(tx, act, &id)?))
    })
    .await
}
