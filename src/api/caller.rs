//! The person behind a token, as an extractor.

use std::sync::LazyLock;

use axum::extract::FromRequestParts;
use axum::http::header::AUTHORIZATION;
use axum::http::request::Parts;

use jiff::{SignedDuration, Timestamp};

use super::JsonError;
use crate::access::Actor;
use crate::access::token::{self, Scope};
use crate::app::App;
use crate::error::{Error, Kind, Problem, Result, unauthenticated};
use crate::setting;
use crate::store::BlobHash;
use crate::web::limit::Limit;

/// Requests of the running minute, by token.
static REQUESTS: LazyLock<Limit<BlobHash>> =
    LazyLock::new(|| Limit::new(SignedDuration::from_mins(1)));

fn count(token: String, most: u32, now: Timestamp) -> Result<()> {
    let counted = REQUESTS.count(BlobHash::of(token.as_bytes()), most, now);
    counted.map_err(|pause| {
        let message =
            "Bu anahtarla bir dakikada çok fazla istek geldi. Retry-After kadar bekleyin.";
        Problem::new(Kind::TooMany, "cok_istek", message)
            .after(pause)
            .into()
    })
}

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
        Ok(Self(caller(parts, app, Scope::Api, refused).await?))
    }
}

/// The paired program at a signer's desk; its token opens nothing else, and no other opens this.
#[derive(Debug, Clone)]
pub struct Desk(pub Actor);

impl FromRequestParts<App> for Desk {
    type Rejection = JsonError;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, JsonError> {
        let refused = || {
            unauthenticated(
                "esleme_gecersiz",
                "İmza aracının eşlemesi yok ya da kaldırılmış. DYS'de Kişisel İşlemler > İmza \
                 Aracı ekranından yeni kod alın.",
            )
        };
        Ok(Self(caller(parts, app, Scope::SignAgent, refused).await?))
    }
}

/// Whose token of this scope the request carries, within the limit of requests.
async fn caller(
    parts: &Parts,
    app: &App,
    scope: Scope,
    refused: impl Fn() -> Error,
) -> Result<Actor> {
    let presented = parts
        .headers
        .get(AUTHORIZATION)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.strip_prefix("Bearer "))
        .ok_or_else(&refused)?
        .trim()
        .to_owned();
    let (now, asked) = (app.now(), presented.clone());
    let (owner, most) = app
        .store
        .read(move |tx| -> Result<_> {
            let most = setting::number(tx, setting::API_REQUESTS_PER_MINUTE)?;
            Ok((token::owner(tx, &asked, scope, now)?, most))
        })
        .await?;
    let Some((actor, touch_due)) = owner else {
        // Guesses are counted together: nobody has a token to be told apart by.
        let most = u32::try_from(most).unwrap_or(u32::MAX);
        count(String::new(), most, now)?;
        return Err(refused());
    };
    count(
        presented.clone(),
        u32::try_from(most).unwrap_or(u32::MAX),
        now,
    )?;
    if touch_due {
        app.store
            .write(move |tx| token::touch(tx, &presented, now))
            .await?;
    }
    Ok(actor)
}
