//! The one place where errors become pages and JSON.

use std::any::Any;

use axum::Json;
use axum::http::StatusCode;
use axum::http::Uri;
use axum::response::{Html, IntoResponse, Redirect, Response};
use serde_json::json;

use crate::error::{Error, Kind, Problem};
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
        (status, Html(text)).into_response()
    }
}

impl IntoResponse for JsonError {
    fn into_response(self) -> Response {
        let (status, problem) = in_words(self.0);
        (status, Json(problem_json(&problem))).into_response()
    }
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
    let error = crate::error::not_found(
        "sayfa_yok",
        "Böyle bir sayfa yok. Adresi denetleyin ya da İş Listesi'ne dönün.",
    );
    if uri.path().starts_with("/api/") {
        return JsonError(error).into_response();
    }
    PageError(error).into_response()
}

/// The answer after a panic: a defect, told as one, with the process alive.
pub fn panicked(_panic: Box<dyn Any + Send + 'static>) -> Response {
    tracing::error!("a handler panicked");
    PageError(StoreError::Panicked.into()).into_response()
}
