//! What every request passes: the same-origin check and the security headers of every answer.

use axum::extract::{Request, State};
use axum::http::header::{self, HeaderName, HeaderValue};
use axum::http::{HeaderMap, Method};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use super::failure::PageError;
use crate::app::App;
use crate::error::forbidden;

/// No inline script or style, nothing from elsewhere.
pub const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; script-src 'self'; \
    style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self'; \
    form-action 'self'; frame-src 'self'; frame-ancestors 'self'; base-uri 'none'";

/// Refuses writing requests that another site's page sent.
///
/// `Sec-Fetch-Site` decides where the browser sends it, else `Origin`; the form token is the
/// second lock for browsers that send neither.
pub async fn same_origin(State(app): State<App>, request: Request, next: Next) -> Response {
    if matches!(
        *request.method(),
        Method::GET | Method::HEAD | Method::OPTIONS
    ) || is_same_origin(request.headers(), &app.config.public_url)
    {
        return next.run(request).await;
    }
    PageError::from(forbidden(
        "baska_siteden",
        "İstek başka bir siteden geldi ve kabul edilmedi. İşlemi DYS sayfasından yapın.",
    ))
    .into_response()
}

fn is_same_origin(headers: &HeaderMap, public_url: &str) -> bool {
    let text = |name: HeaderName| headers.get(name).and_then(|value| value.to_str().ok());
    if let Some(site) = text(HeaderName::from_static("sec-fetch-site")) {
        return site == "same-origin" || site == "none";
    }
    match (text(header::ORIGIN), text(header::HOST)) {
        (None, _) => true,
        (Some(origin), host) => {
            let own = origin.split_once("://").map(|(_, rest)| rest);
            origin == public_url || (own.is_some() && own == host)
        }
    }
}

/// Adds the headers that every answer carries; a handler's own policy stands.
pub async fn security_headers(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    let defaults = [
        (header::CONTENT_SECURITY_POLICY, CONTENT_SECURITY_POLICY),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "same-origin"),
        (
            HeaderName::from_static("cross-origin-opener-policy"),
            "same-origin",
        ),
        (header::CACHE_CONTROL, "no-store"),
    ];
    for (name, value) in defaults {
        if !headers.contains_key(&name) {
            headers.insert(name, HeaderValue::from_static(value));
        }
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        pairs
            .iter()
            .map(|(name, value)| {
                (
                    HeaderName::from_static(name),
                    HeaderValue::from_static(value),
                )
            })
            .collect()
    }

    #[test]
    fn only_the_own_site_may_write() {
        let url = "https://dys.example";
        let table: &[(&[(&str, &str)], bool)] = &[
            (&[("sec-fetch-site", "same-origin")], true),
            (&[("sec-fetch-site", "none")], true),
            (&[("sec-fetch-site", "cross-site")], false),
            (&[("sec-fetch-site", "same-site")], false),
            (&[("origin", "https://dys.example")], true),
            (
                &[
                    ("origin", "http://127.0.0.1:8080"),
                    ("host", "127.0.0.1:8080"),
                ],
                true,
            ),
            (
                &[("origin", "https://evil.example"), ("host", "dys.example")],
                false,
            ),
            (&[("origin", "null"), ("host", "dys.example")], false),
            (&[], true),
        ];
        for (pairs, expected) in table {
            let pairs: Vec<(&'static str, &'static str)> = pairs.to_vec();
            assert_eq!(
                is_same_origin(&headers(&pairs), url),
                *expected,
                "{pairs:?}"
            );
        }
    }
}
