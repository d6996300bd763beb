//! The one place where errors become pages and JSON.

use std::any::Any;

use axum::Json;
use axum::extract::Request;
use axum::http::{StatusCode, Uri, header};
use axum::middleware::Next;
use axum::response::{Html, IntoResponse, Redirect, Response};
use serde_json::json;

use crate::error::{Error, Kind, Problem, malformed, not_found, too_large};
use crate::store::StoreError;

/// The result of a screen's handler.
pub type PageResult<T = Response> = Result<T, PageError>;

/// An error on its way to a person.
#[derive(Debug)]
pub struct PageError(pub Error);

/// An error on its way to a program.
#[derive(Debug)]
pub struct JsonError(pub Error);

impl<E: Into<Error>> From<E> for PageError {
    fn from(error: E) -> Self {
        Self(error.into())
    }
}
impl<E: Into<Error>> From<E> for JsonError {
    fn from(error: E) -> Self {
        Self(error.into())
    }
}

fn status(kind: Kind) -> StatusCode {
    match kind {
        Kind::Malformed => StatusCode::BAD_REQUEST,
        Kind::Unauthenticated => StatusCode::UNAUTHORIZED,
        Kind::Forbidden => StatusCode::FORBIDDEN,
        Kind::NotFound => StatusCode::NOT_FOUND,
        Kind::Conflict => StatusCode::CONFLICT,
        Kind::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
        Kind::Invalid => StatusCode::UNPROCESSABLE_ENTITY,
        Kind::TooMany => StatusCode::TOO_MANY_REQUESTS,
    }
}

/// Status and words for any error; what no person can act on is logged here, once.
fn in_words(error: Error) -> (StatusCode, Problem) {
    match error {
        Error::Problem(problem) => (status(problem.kind), problem),
        other => {
            tracing::error!(error = %other, "request failed");
            (StatusCode::INTERNAL_SERVER_ERROR, internal())
        }
    }
}

fn internal() -> Problem {
    Problem::new(
        Kind::Conflict,
        "ic_hata",
        "Sistemde beklenmeyen bir hata oluştu; kaydedilmiş olanlar durur. Biraz sonra yeniden \
         deneyin, sürerse DYS yöneticinize bildirin.",
    )
}

#[derive(askama::Template)]
#[template(path = "error.html")]
struct ErrorPage<'a> {
    title: &'a str,
    problem: &'a Problem,
}

impl IntoResponse for PageError {
    fn into_response(self) -> Response {
        let (status, problem) = in_words(self.0);
        if status == StatusCode::UNAUTHORIZED {
            return Redirect::to("/giris").into_response();
        }
        if problem.code == super::session::CHANGE_PASSWORD {
            return Redirect::to("/parola").into_response();
        }
        let title = match status {
            StatusCode::NOT_FOUND => "Bulunamadı",
            StatusCode::FORBIDDEN => "Yetkiniz yok",
            StatusCode::CONFLICT => "Yapılamadı",
            StatusCode::INTERNAL_SERVER_ERROR => "Hata",
            _ => "İşlem yapılamadı",
        };
        let page = ErrorPage {
            title,
            problem: &problem,
        };
        let text = askama::Template::render(&page).unwrap_or_else(|_| problem.message.clone());
        with_pause((status, Html(text)).into_response(), &problem)
    }
}

impl IntoResponse for JsonError {
    fn into_response(self) -> Response {
        let (status, problem) = in_words(self.0);
        with_pause(
            (status, Json(problem_json(&problem))).into_response(),
            &problem,
        )
    }
}

/// Adds `Retry-After` where the problem says when to come again.
pub(super) fn with_pause(mut response: Response, problem: &Problem) -> Response {
    if let Some(seconds) = problem.retry_after {
        let value = header::HeaderValue::from(seconds);
        response.headers_mut().insert(header::RETRY_AFTER, value);
    }
    response
}

/// The JSON form of a problem: `{"error": {"code", "message", "fields"}}`.
#[must_use]
pub fn problem_json(problem: &Problem) -> serde_json::Value {
    let fields: serde_json::Map<String, serde_json::Value> = problem
        .fields
        .iter()
        .map(|(name, text)| (name.clone(), json!(text)))
        .collect();
    json!({ "error": { "code": problem.code, "message": problem.message, "fields": fields } })
}

/// The answer to an address that leads nowhere.
pub async fn no_such_page(uri: Uri) -> Response {
    let error = refusal(StatusCode::NOT_FOUND);
    if uri.path().starts_with("/api/") {
        return JsonError(error).into_response();
    }
    PageError(error).into_response()
}

/// Puts the framework's own refusals (a body over the limit, an unreadable query, another method)
/// into our form: JSON with a stable code for programs, a page in Turkish for people.
pub async fn refusals_in_form(request: Request, next: Next) -> Response {
    let for_program = request.uri().path().starts_with("/api/");
    let refused = next.run(request).await;
    if !refused.status().is_client_error() && !refused.status().is_server_error() {
        return refused;
    }
    let kind = refused.headers().get(header::CONTENT_TYPE);
    let kind = kind.map(header::HeaderValue::as_bytes).unwrap_or_default();
    let formed = match for_program {
        true => kind.starts_with(b"application/json"),
        // Screens answer scripts with JSON where they ask for it.
        false => kind.starts_with(b"text/html") || kind.starts_with(b"application/json"),
    };
    if formed {
        return refused;
    }
    let error = refusal(refused.status());
    let mut answer = if for_program {
        JsonError(error).into_response()
    } else {
        PageError(error).into_response()
    };
    *answer.status_mut() = refused.status();
    if let Some(allow) = refused.headers().get(header::ALLOW) {
        answer.headers_mut().insert(header::ALLOW, allow.clone());
    }
    answer
}

/// What a bare status means.
fn refusal(status: StatusCode) -> Error {
    match status {
        StatusCode::NOT_FOUND => not_found(
            "sayfa_yok",
            "Böyle bir sayfa yok. Adresi denetleyin ya da İş Listesi'ne dönün.",
        ),
        StatusCode::METHOD_NOT_ALLOWED => malformed(
            "yontem_yok",
            "Bu adres istenen yöntemle çağrılamaz. Kullanılabilenler Allow başlığındadır.",
        ),
        StatusCode::PAYLOAD_TOO_LARGE => too_large(
            "istek_buyuk",
            "İstek sınırdan büyük. Dosyaları ek olarak ayrı ayrı gönderin.",
        ),
        StatusCode::UNSUPPORTED_MEDIA_TYPE => malformed(
            "icerik_turu",
            "İsteğin içerik türü (Content-Type) bu adreste kabul edilmiyor.",
        ),
        status if status.is_client_error() => malformed(
            "istek_okunamadi",
            "İstek okunamadı: adres, ölçüt ya da gövde beklenen biçimde değil.",
        ),
        _ => StoreError::Panicked.into(),
    }
}

/// The answer after a panic: a defect, told as one, with the process alive.
pub fn panicked(_panic: Box<dyn Any + Send + 'static>) -> Response {
    tracing::error!("a handler panicked");
    PageError(StoreError::Panicked.into()).into_response()
}
