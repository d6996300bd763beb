//! The screens: thin handlers over the domain, one file per screen under its noun.

pub mod administration;
mod approval;
pub mod assets;
mod channels;
pub mod chrome;
mod client;
pub mod directory;
mod dispatch;
mod distribution;
mod document;
mod evidence;
pub mod failure;
pub mod fileplan;
pub mod form;
pub mod guard;
mod inbox;
mod letterhead;
pub mod limit;
mod login;
mod paper;
mod personal;
pub(crate) mod proof;
pub mod session;
pub mod show;
mod template;
mod tracking;
pub mod upload;
mod verification;
mod worklist;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::http::{Extensions, HeaderMap, StatusCode, Version, header};
use axum::middleware::{from_fn, from_fn_with_state};
use axum::response::{Html, IntoResponse, Response};
use axum::routing::get;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::compression::CompressionLayer;
use tower_http::compression::predicate::{Predicate, SizeAbove};

use crate::app::App;

pub use chrome::PageChrome;
pub(crate) use document::package_file;
pub use failure::{PageError, PageResult};
pub use form::{CheckedForm, Nothing};
pub use session::{CurrentUser, see_other_with};

/// Forms without files stay below this.
const FORM_LIMIT: usize = 4 * 1024 * 1024;

/// The whole HTTP surface: screens, API, assets, health.
pub fn router(app: App) -> Router {
    let screens = Router::new()
        .merge(login::routes())
        .merge(administration::routes())
        .merge(approval::routes())
        .merge(directory::routes())
        .merge(dispatch::routes())
        .merge(channels::routes())
        .merge(distribution::routes())
        .merge(document::routes())
        .merge(evidence::routes())
        .merge(fileplan::routes())
        .merge(inbox::routes())
        .merge(letterhead::routes())
        .merge(paper::routes())
        .merge(personal::routes())
        .merge(proof::routes())
        .merge(template::routes())
        .merge(tracking::routes())
        .merge(verification::routes())
        .merge(worklist::routes())
        .layer(from_fn(session::flash_once))
        .layer(from_fn_with_state(app.clone(), guard::same_origin));
    Router::new()
        .route("/health", get(health))
        .merge(assets::routes())
        .merge(screens)
        .merge(crate::api::routes())
        .fallback(failure::no_such_page)
        .layer(DefaultBodyLimit::max(FORM_LIMIT))
        .layer(CatchPanicLayer::custom(failure::panicked))
        .layer(from_fn(failure::refusals_in_form))
        .layer(compression())
        .layer(from_fn(guard::security_headers))
        .with_state(app)
}

/// Text travels compressed; files of letters are compressed already or too dear to.
fn compression() -> CompressionLayer<impl Predicate> {
    let texts = |_: StatusCode, _: Version, headers: &HeaderMap, _: &Extensions| {
        let kind = headers.get(header::CONTENT_TYPE);
        let kind = kind.and_then(|kind| kind.to_str().ok()).unwrap_or_default();
        let known = ["text/", "application/json", "image/svg+xml"];
        // A download keeps its length, so that the browser can show how far it is.
        known.iter().any(|text| kind.starts_with(text))
            && !headers.contains_key(header::CONTENT_DISPOSITION)
    };
    CompressionLayer::new().compress_when(SizeAbove::new(SMALLEST_COMPRESSED).and(texts))
}

/// Below this a packet holds the answer anyway.
const SMALLEST_COMPRESSED: u64 = 1024;

/// Answers once the application serves.
async fn health() -> &'static str {
    "ok\n"
}

/// Renders a template; a template that fails is a defect and is told as one.
pub fn page(template: &impl askama::Template) -> PageResult {
    let text = template
        .render()
        .map_err(|error| anyhow::anyhow!("template: {error}"))?;
    Ok(Html(text).into_response())
}

/// Sends the browser on after a successful POST.
#[must_use]
pub fn see_other(location: &str) -> Response {
    axum::response::Redirect::to(location).into_response()
}

/// A letter's PDF, shown by the browser itself; only our own pages may frame it.
#[must_use]
pub fn pdf(number: &str, bytes: bytes::Bytes) -> Response {
    let name: String = number
        .chars()
        .filter(|character| character.is_ascii_alphanumeric() || "-.".contains(*character))
        .collect();
    (
        [
            (header::CONTENT_TYPE, "application/pdf".to_owned()),
            (
                header::CONTENT_DISPOSITION,
                format!("inline; filename=\"{name}.pdf\""),
            ),
            (
                header::CONTENT_SECURITY_POLICY,
                "default-src 'none'; frame-ancestors 'self'".to_owned(),
            ),
        ],
        bytes,
    )
        .into_response()
}

/// A file as a download: never shown inside the site, its name in any alphabet (RFC 6266).
#[must_use]
pub fn download(name: &str, media_type: &'static str, bytes: bytes::Bytes) -> Response {
    (download_headers(name, media_type), bytes).into_response()
}

/// The head of such a download.
pub(crate) fn download_headers(
    name: &str,
    media_type: &'static str,
) -> [(header::HeaderName, String); 3] {
    let mut encoded = String::with_capacity(name.len());
    for byte in name.bytes() {
        if byte.is_ascii_alphanumeric() || b".-_".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            encoded.push_str(&format!("%{byte:02X}"));
        }
    }
    [
        (header::CONTENT_TYPE, media_type.to_owned()),
        (
            header::CONTENT_DISPOSITION,
            format!("attachment; filename*=UTF-8''{encoded}"),
        ),
        (
            header::CONTENT_SECURITY_POLICY,
            "sandbox; default-src 'none'".to_owned(),
        ),
    ]
}
