//! The person behind a token, as an extractor.

use axum::extract::FromRequestParts;
use axum::http::header::AUTHORIZATION;
use axum::http::request::Parts;

use super::JsonError;
use crate::access::{Actor, token};
use crate::app::App;
use crate::error::unauthenticated;

/// Who calls; `Authorization: Bearer dys_…` is demanded.
#[derive(Debug, Clone)]
pub struct Caller(pub Actor);

impl FromRequestParts<App> for Caller {
    type Rejection = JsonError;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, JsonError> {
        let refused = || {
            unauthenticated(
                "jeton_gecersiz",
                "API anahtarı yok ya da geçersiz. Authorization: Bearer dys_… gönderin.",
            )
        };
        let presented = parts
            .headers
            .get(AUTHORIZATION)
            .and_then(|value| value.to_str().ok())
            .and_then(|value| value.strip_prefix("Bearer "))
            .ok_or_else(refused)?
            .trim()
            .to_owned();
        let (now, asked) = (app.now(), presented.clone());
        let (actor, touch_due) = app
            .store
            .read(move |tx| token::owner(tx, &asked, now))
            .await?
            .ok_or_else(refused)?;
        if touch_due {
            app.store
                .write(move |tx| token::touch(tx, &presented, now))
                .await?;
        }
        Ok(Self(actor))
    }
}
