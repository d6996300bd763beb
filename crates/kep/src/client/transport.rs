//! One SOAP call over HTTP: bounded in time and size, and exact about what a failure means.

use bytes::{Bytes, BytesMut};
use reqwest::header::{CONTENT_TYPE, HeaderValue};
use reqwest::{Client, Response, StatusCode, Url, redirect, retry};

use super::settings::{PttSettings, SettingsError, SoapAction, check_endpoint};
use super::{CallError, Lost};
use crate::mtom;
use crate::soap::{Body, Element, Limits};

#[derive(Clone)]
pub(super) struct Transport {
    http: Client,
    url: Url,
    soap_action: SoapAction,
    mtom: bool,
    limits: Limits,
}

impl Transport {
    pub fn new(settings: &PttSettings) -> Result<Self, SettingsError> {
        let (url, loopback) = check_endpoint(&settings.endpoint)?;
        // Whoever comes second finds the same provider installed.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let mut builder = Client::builder()
            .http1_only()
            .redirect(redirect::Policy::none())
            // Neither the library's own retries nor a reused connection may blur whether a request left.
            .retry(retry::never())
            .pool_max_idle_per_host(0)
            .connect_timeout(settings.connect_timeout)
            .timeout(settings.request_timeout);
        if loopback {
            builder = builder.no_proxy();
        }
        if url.scheme() == "http" {
            builder = builder.tls_certs_only([]); // no trust store is needed, nor need there be one
        }
        let http = builder
            .build()
            .map_err(|error| SettingsError::Http(chain(&error)))?;
        let limits = Limits {
            bytes: settings.max_answer_bytes,
            ..Limits::default()
        };
        Ok(Self {
            http,
            url,
            soap_action: settings.soap_action,
            mtom: settings.mtom,
            limits,
        })
    }

    /// Sends a request element and gives the answer element.
    pub async fn call(&self, operation: &str, request: Element) -> Result<Element, CallError> {
        let result = self.exchange(operation, request).await;
        // Operation and kind of result only: bodies carry secrets, explanations may carry names.
        match &result {
            Ok(_) => tracing::debug!(operation, "provider answered"),
            Err(error) => tracing::warn!(operation, code = error.code(), "provider call failed"),
        }
        result
    }

    async fn exchange(&self, operation: &str, request: Element) -> Result<Element, CallError> {
        let packed = mtom::pack(Body::Payload(request), self.mtom);
        let action = match self.soap_action {
            SoapAction::Operation => format!("\"urn:{operation}\""),
            SoapAction::Empty => "\"\"".into(),
        };
        let call = self
            .http
            .post(self.url.clone())
            .header(CONTENT_TYPE, packed.content_type)
            .header("SOAPAction", action)
            .body(packed.body);
        let response = call.send().await.map_err(|error| not_answered(&error))?;
        self.open(response).await
    }

    async fn open(&self, response: Response) -> Result<Element, CallError> {
        let status = response.status();
        if let Some(error) = refused_by_web_server(status) {
            return Err(error);
        }
        let content_type = response
            .headers()
            .get(CONTENT_TYPE)
            .map(HeaderValue::as_bytes);
        let content_type =
            String::from_utf8_lossy(content_type.unwrap_or(b"text/xml")).into_owned();
        let body = self.read(response).await?;
        match mtom::open(&content_type, &body, &self.limits) {
            Ok(Body::Fault(fault)) => Err(CallError::Fault(Box::new(fault))),
            Ok(Body::Payload(element)) if status.is_success() => Ok(element),
            Err(error) if status.is_success() => {
                Err(CallError::OutcomeUnknown(Lost::Unreadable(error)))
            }
            _ => Err(CallError::OutcomeUnknown(Lost::Status(status.as_u16()))),
        }
    }

    /// The whole answer, or an error as soon as it is too large.
    async fn read(&self, mut response: Response) -> Result<Bytes, CallError> {
        let limit = self.limits.bytes;
        let told = response.content_length().unwrap_or(0);
        if usize::try_from(told).unwrap_or(usize::MAX) > limit {
            return Err(CallError::OutcomeUnknown(Lost::TooLarge { limit }));
        }
        let mut body = BytesMut::new();
        while let Some(chunk) = response
            .chunk()
            .await
            .map_err(|error| CallError::OutcomeUnknown(lost(&error)))?
        {
            if body.len() + chunk.len() > limit {
                return Err(CallError::OutcomeUnknown(Lost::TooLarge { limit }));
            }
            body.extend_from_slice(&chunk);
        }
        Ok(body.freeze())
    }
}

/// Answers that come from the web server and not from the service behind it.
fn refused_by_web_server(status: StatusCode) -> Option<CallError> {
    let status = status.as_u16();
    match status {
        401 | 403 | 407 => Some(CallError::Unauthorized { status }),
        // Not 302 and 303: some services answer so after they have done it.
        301 | 307 | 308 | 404 | 405 | 410 | 411 | 413 | 414 | 415 | 417 | 429 | 431 => {
            Some(CallError::Rejected { status })
        }
        _ => None,
    }
}

/// An error before an answer began: only a connection that never came about is certain.
fn not_answered(error: &reqwest::Error) -> CallError {
    if error.is_connect() || error.is_dns() || error.is_builder() {
        return CallError::NotSent {
            reason: chain(error),
        };
    }
    CallError::OutcomeUnknown(lost(error))
}

fn lost(error: &reqwest::Error) -> Lost {
    if error.is_timeout() {
        Lost::TimedOut
    } else {
        Lost::Cut(chain(error))
    }
}

/// The innermost cause, which is what helps; the address is not repeated.
fn chain(error: &reqwest::Error) -> String {
    let mut cause: &dyn std::error::Error = error;
    while let Some(inner) = cause.source() {
        cause = inner;
    }
    cause.to_string()
}
