//! What every page answers with, and who may not ask: a rehearsal has no log-in, so no foreign
//! page may act through the visitor's browser.

use axum::{
    extract::Request,
    http::{HeaderMap, HeaderValue, Method, StatusCode, header},
    middleware::Next,
    response::Response,
};

const CSP: &str = "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; \
                   base-uri 'none'; frame-ancestors 'none'";

/// Refuses foreign hosts and origins; adds the security headers.
pub(super) async fn guard(request: Request, next: Next) -> Response {
    let foreign = !is_loopback_host(request.headers())
        || (request.method() != Method::GET && is_foreign_origin(request.headers()));
    let is_api = request.uri().path().starts_with("/prova/api/");
    let mut response = if foreign {
        super::in_words(StatusCode::FORBIDDEN, is_api)
    } else {
        next.run(request).await
    };
    if response.status().is_client_error() && speaks_plain_text(response.headers()) {
        response = super::in_words(response.status(), is_api);
    }
    let headers = response.headers_mut();
    headers.insert(
        header::CONTENT_SECURITY_POLICY,
        HeaderValue::from_static(CSP),
    );
    headers.insert(
        header::X_CONTENT_TYPE_OPTIONS,
        HeaderValue::from_static("nosniff"),
    );
    headers.insert(
        header::REFERRER_POLICY,
        HeaderValue::from_static("same-origin"),
    );
    headers
        .entry(header::CACHE_CONTROL)
        .or_insert(HeaderValue::from_static("no-store"));
    response
}

/// Refusals of the web framework itself are English sentences, or nothing.
fn speaks_plain_text(headers: &HeaderMap) -> bool {
    headers
        .get(header::CONTENT_TYPE)
        .is_none_or(|kind| kind.as_bytes().starts_with(b"text/plain"))
}

fn is_loopback_host(headers: &HeaderMap) -> bool {
    let host = headers
        .get(header::HOST)
        .and_then(|host| host.to_str().ok())
        .unwrap_or_default();
    let name = host.rsplit_once(':').map_or(host, |(name, _)| name);
    matches!(name, "localhost" | "[::1]") || name.starts_with("127.")
}

fn is_foreign_origin(headers: &HeaderMap) -> bool {
    let host = headers
        .get(header::HOST)
        .and_then(|host| host.to_str().ok())
        .unwrap_or_default();
    headers
        .get(header::ORIGIN)
        .is_some_and(|origin| origin.to_str().ok() != Some(&format!("http://{host}")))
}
