//! SOAP over HTTP: MTOM or inline as asked, and the misbehaviours of the answer itself.

use std::sync::Arc;

use axum::{
    Router,
    extract::{ConnectInfo, DefaultBodyLimit, OriginalUri, State, rejection::BytesRejection},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
    routing::get,
};
use bytes::Bytes;
use kep::{
    mtom,
    soap::{Body, Element, Fault, Limits},
    wire,
};

use super::{PATH, operations, wsdl};
use crate::{
    config::Binary,
    engine::Provider,
    error::{Error, Refusal, Result},
    line::Line,
    misbehaviour::{Kind, NewRule},
};

/// The service at its public path.
pub fn routes(provider: Arc<Provider>) -> Router {
    let limit = request_limit(&provider);
    Router::new()
        .route(PATH, get(describe).post(call))
        .layer(DefaultBodyLimit::max(limit))
        .with_state(provider)
}

/// Base64 in base64 of the largest message, and some more, so that "too large" can be said in words.
fn request_limit(provider: &Provider) -> usize {
    provider
        .config()
        .max_message_bytes
        .saturating_mul(4)
        .saturating_add(1024 * 1024)
}

async fn describe(OriginalUri(uri): OriginalUri, headers: HeaderMap) -> Response {
    if !uri
        .query()
        .is_some_and(|query| query.to_ascii_lowercase().starts_with("wsdl"))
    {
        let hint = format!("KEP e-Yazışma prova servisi. Tanımı: {PATH}?wsdl\n");
        return (StatusCode::OK, hint).into_response();
    }
    let host = headers
        .get(header::HOST)
        .and_then(|host| host.to_str().ok())
        .unwrap_or("127.0.0.1");
    (
        [(header::CONTENT_TYPE, "text/xml; charset=utf-8")],
        wsdl::write(&format!("http://{host}{PATH}")),
    )
        .into_response()
}

async fn call(
    State(provider): State<Arc<Provider>>,
    ConnectInfo(line): ConnectInfo<Line>,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Response {
    let as_mtom = wants_mtom(provider.config().binary, &headers);
    let content_type = text_of(&headers, header::CONTENT_TYPE);
    let limits = Limits {
        bytes: request_limit(&provider),
        ..Limits::default()
    };
    let Ok(body) = body else {
        let words = format!(
            "İstek çok büyük ya da yarım kaldı; en fazla {} bayt.",
            limits.bytes
        );
        return fault(&words, as_mtom);
    };
    let request = match mtom::open(content_type, &body, &limits) {
        Ok(Body::Payload(request)) => request,
        Ok(Body::Fault(_)) => return fault("İstek yerine bir SOAP hatası geldi.", as_mtom),
        Err(error) => return fault(&format!("İstek okunamadı: {error}"), as_mtom),
    };
    // A task of its own: a client that hangs up must not stop what the provider has begun.
    let work = tokio::spawn(answer(provider, line, request, as_mtom));
    match work.await {
        Ok(Ok(response)) => response,
        Ok(Err(error)) => fault(&error.to_string(), as_mtom),
        Err(_) => fault(&Error::Worker.to_string(), as_mtom),
    }
}

async fn answer(
    provider: Arc<Provider>,
    line: Line,
    request: Element,
    as_mtom: bool,
) -> Result<Response> {
    let operation = wire::operation_of(&request).to_owned();
    let (request, rule) = blocking(&provider, move |provider| {
        let rule = provider.call_rule(&operation, || operations::concerned(&request))?;
        Ok((request, rule))
    })
    .await?;
    let kind = rule.as_ref().map(|rule| rule.kind);
    if kind == Some(Kind::Fault) {
        let words = rule.and_then(|rule| rule.text);
        return Ok(fault(
            words
                .as_deref()
                .unwrap_or("Servis geçici olarak kullanılamıyor."),
            as_mtom,
        ));
    }
    if let Some(rule) = rule.as_ref().filter(|rule| rule.kind == Kind::LateAccept) {
        provider
            .wait_until(provider.now() + rule.millis_or(60))
            .await;
    }
    let told = rule.as_ref().and_then(refusal);
    let result = blocking(&provider, move |provider| {
        Ok(operations::perform(provider, &request, told.as_ref()))
    })
    .await?;
    let response = respond(result, as_mtom);
    match rule {
        Some(rule) => misbehave(&provider, &line, &rule, response).await,
        None => Ok(response.into_response()),
    }
}

/// The refusal that a rule demands instead of the operation.
fn refusal(rule: &NewRule) -> Option<Refusal> {
    match rule.kind {
        Kind::LoginExpired => Some(Refusal::LoginExpired),
        Kind::Refuse => Some(Refusal::ByRule {
            durum: rule
                .number
                .and_then(|n| n.try_into().ok())
                .filter(|n| *n != 0)
                .unwrap_or(99),
            text: rule
                .text
                .clone()
                .unwrap_or_else(|| "İşlem prova ayarıyla reddedildi.".into()),
        }),
        _ => None,
    }
}

/// Spoils an answer whose operation has been done.
async fn misbehave(
    provider: &Provider,
    line: &Line,
    rule: &NewRule,
    answer: Packed,
) -> Result<Response> {
    match rule.kind {
        Kind::LoseAnswer => line.cut_after(0),
        Kind::CutAnswer => line.cut_after(HEAD_BYTES + answer.body.len() / 2),
        Kind::LateAnswer => {
            provider
                .wait_until(provider.now() + rule.millis_or(30))
                .await
        }
        Kind::HugeAnswer => return Ok(huge(rule, answer)),
        Kind::NotXml => return Ok((StatusCode::OK, NOT_XML).into_response()),
        _ => {}
    }
    Ok(answer.into_response())
}

/// About as long as the head of an answer is.
const HEAD_BYTES: usize = 160;

const NOT_XML: &str = "<html><body><h1>Bakım çalışması</h1><p>Lütfen <b>sonra deneyin";

fn huge(rule: &NewRule, answer: Packed) -> Response {
    let megabytes = rule
        .number
        .and_then(|n| usize::try_from(n).ok())
        .unwrap_or(64)
        .min(1024);
    let mut body = answer.body.to_vec();
    body.resize(body.len() + megabytes * 1024 * 1024, b' ');
    Packed {
        body: body.into(),
        ..answer
    }
    .into_response()
}

/// A finished answer, before it is sent or spoilt.
struct Packed {
    status: StatusCode,
    content_type: String,
    body: Bytes,
}

impl IntoResponse for Packed {
    fn into_response(self) -> Response {
        (
            self.status,
            [(header::CONTENT_TYPE, self.content_type)],
            self.body,
        )
            .into_response()
    }
}

fn respond(result: Result<Element, Fault>, as_mtom: bool) -> Packed {
    let (status, body) = match result {
        Ok(payload) => (StatusCode::OK, Body::Payload(payload)),
        Err(fault) => (StatusCode::INTERNAL_SERVER_ERROR, Body::Fault(fault)),
    };
    let packed = mtom::pack(body, as_mtom);
    Packed {
        status,
        content_type: packed.content_type,
        body: packed.body,
    }
}

fn fault(words: &str, as_mtom: bool) -> Response {
    respond(Err(Fault::client(words)), as_mtom).into_response()
}

fn wants_mtom(setting: Binary, headers: &HeaderMap) -> bool {
    match setting {
        Binary::Mtom => true,
        Binary::Inline => false,
        Binary::AsAsked => {
            let accept = text_of(headers, header::ACCEPT);
            text_of(headers, header::CONTENT_TYPE).starts_with("multipart/related")
                || accept.contains("multipart/related")
                || accept.contains("application/xop+xml")
        }
    }
}

fn text_of(headers: &HeaderMap, name: header::HeaderName) -> &str {
    headers
        .get(name)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default()
}

async fn blocking<T: Send + 'static>(
    provider: &Arc<Provider>,
    work: impl FnOnce(&Provider) -> Result<T> + Send + 'static,
) -> Result<T> {
    let provider = Arc::clone(provider);
    tokio::task::spawn_blocking(move || work(&provider))
        .await
        .map_err(|_| Error::Worker)?
}
