//! The certificate authorities of the rehearsal over HTTP: time stamps, OCSP, CRLs, the issuer.
//!
//! `/prova-esh/` is that of people and seals, `/prova-kephs/` that of the providers' evidence.

use std::sync::Arc;

use axum::{
    Router,
    body::Bytes,
    extract::{Path, State},
    http::{StatusCode, header},
    response::{IntoResponse, Response},
    routing::get,
};
use seal::rehearsal::{Answer, ServiceKind};

use crate::engine::Provider;
use crate::error::Result;

/// Larger questions than any of these protocols has.
const MOST_BYTES: usize = 64 * 1024;

/// What answers at one of the authorities.
type Service = fn(&Provider, ServiceKind, &[u8]) -> Result<Answer>;

pub(super) fn routes() -> Router<Arc<Provider>> {
    let at = |service: Service| {
        let handler =
            move |State(provider): State<Arc<Provider>>, Path(name): Path<String>, body: Bytes| {
                answer(provider, name, body, service)
            };
        get(handler).post(handler)
    };
    Router::new()
        .route("/prova-esh/{service}", at(Provider::certificate_service))
        .route("/prova-kephs/{service}", at(Provider::evidence_service))
}

async fn answer(provider: Arc<Provider>, name: String, body: Bytes, service: Service) -> Response {
    let Some(kind) = ServiceKind::at(&name).filter(|_| body.len() <= MOST_BYTES) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let answer = tokio::task::spawn_blocking(move || service(&provider, kind, &body));
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
