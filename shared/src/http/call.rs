//! What stands before every endpoint: the API key, the size of the body, and answers that were given already.

use std::sync::Arc;

use axum::body::{Body, Bytes};
use axum::extract::{FromRequestParts, Path, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use serde::Serialize;

use super::body::BYTES_MAX;
use super::error::Problem;
use super::files;
use crate::domain::ids::{
    AppId, BotId, ChannelId, ConversationId, EventId, FlowId, HookRuleId, InboundId, KeyId,
    MediaId, MessageId, OutboundId, OutboundSendId, ProcessId,
};
use crate::error::{Error, Result};
use crate::handlers::admit::{Admit, Admitted, Call};
use crate::handlers::manage;

const API_KEY: &str = "truora-api-key";
const IDEMPOTENCY_KEY: &str = "idempotency-key";
const REPLAYED: &str = "idempotent-replayed";
const JSON: HeaderValue = HeaderValue::from_static("application/json; charset=utf-8");

/// Lets a call in, or answers in its place.
pub(crate) async fn admit(
    State(admit): State<Arc<Admit>>,
    request: Request,
    next: Next,
) -> Response {
    match try_admit(&admit, request, next).await {
        Ok(response) => response,
        Err(problem) => problem.into_response(),
    }
}

async fn try_admit(admit: &Admit, request: Request, next: Next) -> Result<Response, Problem> {
    let caller = admit.caller(api_key(request.headers())).await?;
    let (mut parts, body) = request.into_parts();
    let bytes_max =
        if parts.uri.path() == files::PATH { manage::files::BYTES_MAX } else { BYTES_MAX };
    let body: Bytes =
        axum::body::to_bytes(body, bytes_max).await.map_err(|_| Problem::TooLarge { bytes_max })?;
    let claim = if parts.method == Method::POST {
        let key = idempotency_key(&parts.headers)?;
        let path = parts.uri.path().as_bytes();
        match admit.begin(&caller, key, &[path, &body]).await? {
            Admitted::Work(claim) => claim,
            Admitted::Replay { status, body } => return Ok(replay(status, body)),
        }
    } else {
        None
    };
    parts.extensions.insert(Call { caller, claim: claim.clone(), now: admit.now() });
    let response = next.run(Request::from_parts(parts, Body::from(body))).await;
    if let Some(claim) = claim
        && !response.status().is_success()
    {
        admit.abandon(&claim).await?;
    }
    Ok(response)
}

/// `Authorization: Bearer <key>` or `Truora-API-Key: <key>` (README 4).
pub(crate) fn api_key(headers: &HeaderMap) -> Option<&str> {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let bearer = text(header::AUTHORIZATION.as_str()).and_then(|value| {
        let (scheme, key) = value.split_once(' ')?;
        scheme.eq_ignore_ascii_case("bearer").then(|| key.trim())
    });
    bearer.or_else(|| text(API_KEY).map(str::trim))
}

fn idempotency_key(headers: &HeaderMap) -> Result<Option<&str>> {
    let Some(value) = headers.get(IDEMPOTENCY_KEY) else { return Ok(None) };
    let wrong = || Error::invalid("Idempotency-Key", "must be 1 to 255 visible characters");
    value.to_str().map(Some).map_err(|_| wrong())
}

fn replay(status: u16, body: String) -> Response {
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::OK);
    let mut response = (status, [(header::CONTENT_TYPE, JSON)], body).into_response();
    response.headers_mut().insert(REPLAYED, HeaderValue::from_static("true"));
    response
}

impl<S: Send + Sync> FromRequestParts<S> for Call {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let call = parts.extensions.get::<Self>().cloned();
        call.ok_or_else(|| Error::internal("a route that nobody is let in to").into())
    }
}

/// The id at the end of a path. One that cannot be an id is one that is not there: 404.
pub(crate) struct Id<T>(pub(crate) T);

/// What an id is called on the wire.
pub(crate) trait Named: std::str::FromStr {
    const NAME: &str;
}

macro_rules! named {
    ($($id:ty = $name:literal,)*) => {$(
        impl Named for $id {
            const NAME: &str = $name;
        }
    )*};
}

named! {
    AppId = "app_id",
    BotId = "bot_id",
    ChannelId = "channel_id",
    ConversationId = "conversation_id",
    EventId = "event_id",
    FlowId = "flow_id",
    HookRuleId = "rule_id",
    InboundId = "inbound_id",
    KeyId = "key_id",
    MediaId = "media_id",
    MessageId = "message_id",
    OutboundId = "outbound_id",
    OutboundSendId = "outbound_message_id",
    ProcessId = "process_id",
}

impl<S: Send + Sync, T: Named> FromRequestParts<S> for Id<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let not_found = || Problem::from(Error::NotFound { what: T::NAME });
        let Path(text) =
            Path::<String>::from_request_parts(parts, state).await.map_err(|_| not_found())?;
        text.parse().map(Self).map_err(|_| not_found())
    }
}

/// The two ids of a path.
pub(crate) struct Ids<A, B>(pub(crate) A, pub(crate) B);

impl<S: Send + Sync, A: Named, B: Named> FromRequestParts<S> for Ids<A, B> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let not_found = |what| Problem::from(Error::NotFound { what });
        let Path((a, b)) = Path::<(String, String)>::from_request_parts(parts, state)
            .await
            .map_err(|_| not_found(A::NAME))?;
        let a = a.parse().map_err(|_| not_found(A::NAME))?;
        Ok(Self(a, b.parse().map_err(|_| not_found(B::NAME))?))
    }
}

/// A JSON answer.
pub(crate) struct Reply<T>(pub(crate) StatusCode, pub(crate) T);

impl<T> Reply<T> {
    pub(crate) fn ok(body: T) -> Self {
        Self(StatusCode::OK, body)
    }

    pub(crate) fn created(body: T) -> Self {
        Self(StatusCode::CREATED, body)
    }

    pub(crate) fn accepted(body: T) -> Self {
        Self(StatusCode::ACCEPTED, body)
    }
}

impl<T: Serialize> IntoResponse for Reply<T> {
    fn into_response(self) -> Response {
        match serde_json::to_vec(&self.1) {
            Ok(body) => (self.0, [(header::CONTENT_TYPE, JSON)], body).into_response(),
            Err(error) => {
                Problem::from(Error::internal(format!("an answer cannot be written: {error}")))
                    .into_response()
            }
        }
    }
}

/// What an endpoint returns.
pub(crate) type Answer<T> = Result<Reply<T>, Problem>;

/// The same for one that answers 204.
pub(crate) type Emptied = Result<StatusCode, Problem>;
