//! A call as it came: who made it is known by its signature, so all of it is kept.

use std::collections::BTreeMap;

use axum::body::Bytes;
use axum::extract::{FromRequest, OriginalUri, Request};
use axum::http::{HeaderMap, Method, Uri};
use axum::response::Response;
use serde_json::Value;

use super::problem::Problem;
use super::{NAME, signature};
use crate::line::Line;
use crate::simulator::Simulator;

/// A call.
#[derive(Debug, Clone)]
pub(super) struct Call {
    pub(super) method: Method,
    /// As the caller wrote it.
    pub(super) uri: Uri,
    pub(super) headers: HeaderMap,
    pub(super) body: Bytes,
    query: BTreeMap<String, String>,
}

impl<S: Send + Sync> FromRequest<S> for Call {
    type Rejection = Response;

    async fn from_request(request: Request, state: &S) -> Result<Self, Response> {
        let original = request.extensions().get::<OriginalUri>().map(|uri| uri.0.clone());
        let uri = original.unwrap_or_else(|| request.uri().clone());
        let (method, headers) = (request.method().clone(), request.headers().clone());
        let body = Bytes::from_request(request, state)
            .await
            .map_err(axum::response::IntoResponse::into_response)?;
        let pairs = form_urlencoded::parse(uri.query().unwrap_or_default().as_bytes());
        let query = pairs.into_owned().collect();
        Ok(Self { method, uri, headers, body, query })
    }
}

impl Call {
    pub(super) fn query(&self, name: &str) -> Option<&str> {
        self.query.get(name).map(String::as_str)
    }

    /// The line whose key signed the call for this service.
    pub(super) fn line(&self, simulator: &Simulator, service: &str) -> Result<Line, Problem> {
        let proof = signature::read(&self.headers).ok_or_else(Problem::unsigned)?;
        let line = simulator
            .line_where(NAME, |line| line.accepts("access_key_id", &proof.key_id))
            .ok_or_else(Problem::unknown_key)?;
        let is_for_us = proof.service == service && proof.region == line.setting("region");
        if is_for_us && signature::is_good(&proof, self, line.setting("secret_access_key")) {
            Ok(line)
        } else {
            Err(Problem::bad_signature())
        }
    }

    pub(super) fn json(&self) -> Result<Value, Problem> {
        serde_json::from_slice(&self.body).map_err(|_| Problem::invalid("The body must be JSON"))
    }
}

/// Whether the call names the line's number.
pub(super) fn own_number(line: &Line, asked: &Value) -> Result<(), Problem> {
    own(line, asked, "originationPhoneNumberId", "phone_number_id")
}

/// Whether the call names the line's account.
pub(super) fn own_account(line: &Line, asked: &Value) -> Result<(), Problem> {
    own(line, asked, "id", "waba_id")
}

fn own(line: &Line, asked: &Value, field: &str, setting: &str) -> Result<(), Problem> {
    match asked[field].as_str() {
        Some(id) if line.accepts(setting, id) => Ok(()),
        Some(_) => Err(Problem::missing(format!("{field} was not found"))),
        None => Err(Problem::invalid(format!("{field} must be there"))),
    }
}
