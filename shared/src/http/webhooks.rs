//! The webhook of one provider: `GET|POST /v1/webhooks/<provider>/{channel}`, the channel by its id or stream id.
//! What the bytes mean is the provider's matter; here they are only passed on untouched.

use std::sync::Arc;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{DefaultBodyLimit, Path, RawQuery, State};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use http::{HeaderMap, StatusCode, header};
use serde_json::json;

use crate::error::{Result, chain};
use crate::handlers::receive::{Receive, Reception};
use crate::provider::WebhookCall;

/// Meta sends up to 3 MB.
const BODY_BYTES_MAX: usize = 4 * 1024 * 1024;

/// The routes of one provider's webhook.
pub fn router(receive: Arc<Receive>) -> Router {
    let path = format!("/v1/webhooks/{}/{{address}}", receive.provider());
    Router::new()
        .route(&path, get(shake_hands).post(take))
        .layer(DefaultBodyLimit::max(BODY_BYTES_MAX))
        .with_state(receive)
}

async fn shake_hands(
    State(receive): State<Arc<Receive>>,
    Path(address): Path<String>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Response {
    let call = webhook_call(&receive, headers, query.as_deref(), &[]);
    respond(receive.shake_hands(&address, &call).await)
}

async fn take(
    State(receive): State<Arc<Receive>>,
    Path(address): Path<String>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let call = webhook_call(&receive, headers, query.as_deref(), &body);
    respond(receive.receive(&address, &call).await)
}

fn webhook_call(
    receive: &Receive,
    headers: HeaderMap,
    query: Option<&str>,
    body: &[u8],
) -> WebhookCall {
    let query = form_urlencoded::parse(query.unwrap_or_default().as_bytes()).into_owned().collect();
    WebhookCall { headers, query, body: body.to_vec(), now: receive.now() }
}

fn respond(reception: Result<Reception>) -> Response {
    match reception {
        Ok(Reception::Taken(body)) => {
            let kind = if body.starts_with('{') {
                "application/json"
            } else {
                "text/plain; charset=utf-8"
            };
            ([(header::CONTENT_TYPE, kind)], Body::from(body)).into_response()
        }
        Ok(Reception::Refused { status, message }) => refusal(status, message),
        // The provider sends it again: nothing was answered, so nothing is lost.
        Err(error) if error.is_transient() => {
            tracing::error!(error = %chain(&error), "a webhook could not be taken");
            refusal(StatusCode::SERVICE_UNAVAILABLE, "Service Unavailable")
        }
        Err(error) => {
            tracing::error!(error = %chain(&error), "a webhook could not be taken");
            refusal(StatusCode::INTERNAL_SERVER_ERROR, "Internal Server Error")
        }
    }
}

/// The body of contracts 11.2, for every provider that is told anything.
fn refusal(status: StatusCode, message: &str) -> Response {
    if message.is_empty() {
        return status.into_response();
    }
    let code = status.as_u16();
    let body = json!({ "code": code, "http_code": code, "message": message }).to_string();
    (status, [(header::CONTENT_TYPE, "application/json")], body).into_response()
}
