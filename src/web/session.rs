//! The logged-in person as an extractor, and the cookie that names the session.

use axum::extract::{FromRequestParts, Request};
use axum::http::header::{self, HeaderValue};
use axum::http::request::Parts;
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Redirect, Response};
use axum_extra::extract::CookieJar;
use axum_extra::extract::cookie::{Cookie, SameSite};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::failure::PageError;
use crate::access::{Actor, session};
use crate::app::App;
use crate::error::{Error, forbidden, unauthenticated};

/// Name of the session cookie.
pub const COOKIE: &str = "dys_oturum";
/// Name of the cookie that carries one message to the next page.
pub const FLASH: &str = "dys_mesaj";

/// The person who sent the request; a page asks for it to demand a log-in.
#[derive(Debug, Clone)]
pub struct CurrentUser {
    pub actor: Actor,
    pub form_token: String,
    pub token: String,
    /// A message that the page before left for this one.
    pub flash: Option<String>,
    pub must_change_password: bool,
}

impl FromRequestParts<App> for CurrentUser {
    type Rejection = PageError;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, PageError> {
        let jar = CookieJar::from_headers(&parts.headers);
        let log_in = || unauthenticated("oturum_yok", "Oturumunuz kapalı. Giriş yapın.");
        let token = jar
            .get(COOKIE)
            .map(|cookie| cookie.value().to_owned())
            .ok_or_else(log_in)?;
        let now = app.now();
        let presented = token.clone();
        let (session, touch_due) = app
            .store
            .read(move |tx| session::load(tx, &presented, now))
            .await?
            .ok_or_else(log_in)?;
        if touch_due {
            let presented = token.clone();
            app.store
                .write(move |tx| session::touch(tx, &presented, now))
                .await?;
        }
        let path = parts.uri.path();
        if session.must_change_password && !["/parola", "/cikis"].contains(&path) {
            return Err(change_password().into());
        }
        let flash = jar
            .get(FLASH)
            .and_then(|cookie| flash_for(cookie.value(), path));
        Ok(Self {
            actor: session.actor,
            form_token: session.form_token,
            token,
            flash,
            must_change_password: session.must_change_password,
        })
    }
}

/// The cookie of a fresh session.
#[must_use]
pub fn session_cookie(app: &App, token: String) -> Cookie<'static> {
    Cookie::build((COOKIE, token))
        .path("/")
        .http_only(true)
        .same_site(SameSite::Lax)
        .secure(app.config.secure_cookies())
        .build()
}

/// Refuses everything until a password that an administrator chose was changed.
fn change_password() -> Error {
    forbidden(
        CHANGE_PASSWORD,
        "Önce DYS yöneticinizin verdiği parolayı değiştirin.",
    )
}

/// The code of the problem whose page is *Parola Değiştir*.
pub(super) const CHANGE_PASSWORD: &str = "parola_degistir";

/// Sends the browser on to `location`, where `message` is shown once.
#[must_use]
pub fn see_other_with(app: &App, location: &str, message: &str) -> Response {
    let path = location.split(['?', '#']).next().unwrap_or(location);
    let value = URL_SAFE_NO_PAD.encode(format!("{path}\n{message}"));
    let secure = if app.config.secure_cookies() {
        "; Secure"
    } else {
        ""
    };
    let cookie = format!("{FLASH}={value}; Path=/; Max-Age=60; HttpOnly; SameSite=Lax{secure}");
    ([(header::SET_COOKIE, cookie)], Redirect::to(location)).into_response()
}

/// The message, when it was left for this page.
fn flash_for(value: &str, path: &str) -> Option<String> {
    let text = String::from_utf8(URL_SAFE_NO_PAD.decode(value).ok()?).ok()?;
    let (of, message) = text.split_once('\n')?;
    (of == path && message.len() <= 1_000).then(|| message.to_owned())
}

/// Takes the message away with the page that shows it, so that no second page does.
pub async fn flash_once(request: Request, next: Next) -> Response {
    let shows = CookieJar::from_headers(request.headers())
        .get(FLASH)
        .is_some_and(|cookie| flash_for(cookie.value(), request.uri().path()).is_some());
    let mut response = next.run(request).await;
    let is_page = response
        .headers()
        .get(header::CONTENT_TYPE)
        .is_some_and(|kind| kind.as_bytes().starts_with(b"text/html"));
    if shows && is_page && !response.headers().contains_key(header::SET_COOKIE) {
        let gone = HeaderValue::from_static("dys_mesaj=; Path=/; Max-Age=0; HttpOnly");
        response.headers_mut().append(header::SET_COOKIE, gone);
    }
    response
}
