//! `Idempotency-Key`: the same request again gets the same answer, once done (decision 17).

use axum::Json;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Response};
use jiff::SignedDuration;
use serde_json::Value as Json_;

use super::{ApiResult, Caller};
use crate::access::Act;
use crate::app::App;
use crate::error::{Result, conflict, malformed};
use crate::params;
use crate::store::{BlobHash, Tx};

/// How long an answer is kept.
const KEPT: SignedDuration = SignedDuration::from_hours(30 * 24);
const LONGEST_KEY: usize = 200;

/// Runs a writing use case; request hash and answer are stored in the same transaction.
///
/// `request` is what makes two requests the same: method, path and body.
///
/// # Errors
/// `anahtar_farkli` when the key was used with another request, and those of `work`.
pub async fn once(
    app: &App,
    caller: &Caller,
    headers: &HeaderMap,
    request: &[u8],
    work: impl FnOnce(&mut Tx<'_>, &Act<'_>) -> Result<(StatusCode, Json_)> + Send + 'static,
) -> ApiResult {
    let key = key_of(headers)?;
    let request_hash = BlobHash::of(request);
    let (status, body) = app
        .write(&caller.0, move |tx, act| {
            let Some(key) = key else { return work(tx, act) };
            if let Some(answer) = stored(tx, act, &key, &request_hash)? {
                return Ok(answer);
            }
            let (status, body) = work(tx, act)?;
            tx.execute(
                "INSERT INTO idempotency_key (user_id, key, request_hash, status, response, \
                 created_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
                params![
                    &act.actor.user_id,
                    &key,
                    &request_hash,
                    status.as_u16(),
                    body.to_string(),
                    act.now
                ],
            )?;
            Ok((status, body))
        })
        .await?;
    let answer: Response = (status, Json(body)).into_response();
    Ok(answer)
}

/// The kept answer of a request whose work cannot run inside one transaction; it is looked for
/// before the work and the answer is kept with [`keep`] after it.
///
/// # Errors
/// `anahtar_farkli` when the key was used with another request.
pub async fn kept(
    app: &App,
    caller: &Caller,
    headers: &HeaderMap,
    request: &[u8],
) -> Result<Option<Response>> {
    let Some(key) = key_of(headers)? else {
        return Ok(None);
    };
    let request_hash = BlobHash::of(request);
    let found = app
        .read(&caller.0, move |tx, act| {
            found(tx, act, &key, &request_hash)
        })
        .await?;
    Ok(found.map(|(status, body)| (status, Json(body)).into_response()))
}

/// Keeps and gives an answer; when somebody was faster with the same request, theirs.
///
/// # Errors
/// As [`once`].
pub async fn keep(
    app: &App,
    caller: &Caller,
    headers: &HeaderMap,
    request: &[u8],
    answer: Json_,
) -> ApiResult {
    once(app, caller, headers, request, move |_, _| {
        Ok((StatusCode::OK, answer))
    })
    .await
}

fn key_of(headers: &HeaderMap) -> Result<Option<String>> {
    let Some(value) = headers.get("idempotency-key") else {
        return Ok(None);
    };
    let text = value.to_str().unwrap_or_default();
    if text.is_empty() || text.len() > LONGEST_KEY {
        return Err(malformed(
            "anahtar_gecersiz",
            format!("Idempotency-Key 1-{LONGEST_KEY} ASCII karakter olmalıdır."),
        ));
    }
    Ok(Some(text.to_owned()))
}

fn stored(
    tx: &mut Tx<'_>,
    act: &Act<'_>,
    key: &str,
    request_hash: &BlobHash,
) -> Result<Option<(StatusCode, Json_)>> {
    let kept = found(tx, act, key, request_hash)?;
    if kept.is_none() {
        tx.execute(
            "DELETE FROM idempotency_key WHERE created_at <= ?1",
            params![act.now - KEPT],
        )?;
    }
    Ok(kept)
}

fn found(
    tx: &mut Tx<'_>,
    act: &Act<'_>,
    key: &str,
    request_hash: &BlobHash,
) -> Result<Option<(StatusCode, Json_)>> {
    let row = tx.query_opt(
        "SELECT request_hash, status, response FROM idempotency_key \
         WHERE user_id = ?1 AND key = ?2 AND created_at > ?3",
        params![&act.actor.user_id, key, act.now - KEPT],
    )?;
    let Some(row) = row else {
        return Ok(None);
    };
    if row.get::<String>("request_hash")? != request_hash.as_str() {
        return Err(conflict(
            "anahtar_farkli",
            "Bu Idempotency-Key başka bir istekle kullanılmış. Yeni bir anahtar gönderin.",
        ));
    }
    let status = u16::try_from(row.get::<i64>("status")?)
        .ok()
        .and_then(|code| StatusCode::from_u16(code).ok())
        .unwrap_or(StatusCode::OK);
    let body = serde_json::from_str(&row.get::<String>("response")?)
        .map_err(|error| anyhow::anyhow!("stored answer: {error}"))?;
    Ok(Some((status, body)))
}
