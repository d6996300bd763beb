//! The logged-in person as an extractor, and the cookie that names the session.

use axum::extract::FromRequestParts;
use axum::http::header;
use axum::http::request::Parts;
use axum::response::{IntoResponse as _, Redirect, Response};
use axum_extra::extract::CookieJar;
use axum_extra::extract::cookie::{Cookie, SameSite};

use super::failure::PageError;
use crate::access::{Actor, session};
use crate::app::App;
use crate::error::unauthenticated;

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
        let flash = jar.get(FLASH).and_then(|cookie| flash_text(cookie.value()));
        Ok(Self {
            actor: session.actor,
            form_token: session.form_token,
            token,
            flash,
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

/// Sends the browser on to `location`, where `message` is shown once.
#[must_use]
pub fn see_other_with(app: &App, location: &str, message: &str) -> Response {
    use base64::Engine as _;
    let value = base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(message);
    let secure = if app.config.secure_cookies() {
        "; Secure"
    } else {
        ""
    };
    // It lives for the few seconds that the next page takes to load.
    let cookie = format!("{FLASH}={value}; Path=/; Max-Age=5; HttpOnly; SameSite=Lax{secure}");
    ([(header::SET_COOKIE, cookie)], Redirect::to(location)).into_response()
}

fn flash_text(value: &str) -> Option<String> {
    use base64::Engine as _;
    let bytes = base64::engine::general_purpose::URL_SAFE_NO_PAD
        .decode(value)
        .ok()?;
    String::from_utf8(bytes)
        .ok()
        .filter(|text| text.len() <= 500)
}
