//! The certificate authority of the rehearsal over HTTP: time stamps, OCSP, CRLs, the issuer.

use std::sync::Arc;

use axum::{
    Router,
    body::Bytes,
    extract::{Path, State},
    http::{StatusCode, header},
    response::{IntoResponse, Response},
    routing::get,
};
use seal::rehearsal::ServiceKind;

use crate::engine::Provider;

/// Larger questions than any of these protocols has.
const MOST_BYTES: usize = 64 * 1024;

pub(super) fn routes() -> Router<Arc<Provider>> {
    Router::new().route("/prova-esh/{service}", get(answer).post(answer))
}

async fn answer(
    State(provider): State<Arc<Provider>>,
    Path(service): Path<String>,
    body: Bytes,
) -> Response {
    let Some(service) = ServiceKind::at(&service).filter(|_| body.len() <= MOST_BYTES) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let answer = tokio::task::spawn_blocking(move || provider.certificate_service(service, &body));
    match answer.await {
        Ok(Ok(answer)) => {
            ([(header::CONTENT_TYPE, answer.media_type)], answer.body).into_response()
        }
        Ok(Err(error)) => {
            tracing::error!(%error, "rehearsal authority");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}
