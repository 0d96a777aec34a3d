//! A customer's receiver of hooks: it checks signatures, remembers what came, and answers as it is told to.

use std::collections::VecDeque;

use axum::body::Bytes;
use axum::extract::{Path, State as Extract};
use axum::http::{HeaderMap, Method, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::fault::Hold;
use crate::signature::{self, Check};
use crate::simulator::Simulator;

/// How many hooks are remembered, over all receivers.
const HOOKS_MAX: usize = 500;

/// How the receiver answers from now on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct HookAnswer {
    pub status: u16,
    /// How long it waits before it answers.
    pub delay_millis: u64,
    /// `Retry-After`, in seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retry_after_seconds: Option<u32>,
    /// JSON, for callers who read the answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub body: Option<Value>,
}

impl Default for HookAnswer {
    fn default() -> Self {
        Self { status: 204, delay_millis: 0, retry_after_seconds: None, body: None }
    }
}

/// A receiver. One that was never set up answers 204 and knows no secret.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Receiver {
    /// As the gateway gave it out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub secret: Option<String>,
    /// The next answers, used up one by one; then `answer`.
    pub next: VecDeque<HookAnswer>,
    pub answer: HookAnswer,
}

/// A hook that came.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ReceivedHook {
    pub number: u64,
    pub receiver: String,
    /// Milliseconds since 1970.
    pub time_millis: i64,
    pub method: String,
    /// `webhook-id`.
    pub id: Option<String>,
    /// All headers, by their lower-case names.
    pub headers: Vec<(String, String)>,
    /// The bytes as text.
    pub body: String,
    /// The body as JSON, or the claims of the token that it is.
    pub json: Option<Value>,
    /// Of the Standard Webhooks headers.
    pub standard: Check,
    /// Of the token, where the body is one.
    pub jwt: Option<Check>,
    /// What was answered.
    pub answered: u16,
}

/// `ANY /simulator/hooks/{receiver}`
pub(crate) async fn receive(
    Extract(simulator): Extract<Simulator>,
    Path(receiver): Path<String>,
    method: Method,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let known = simulator.read(|state| state.receivers.get(&receiver).cloned()).unwrap_or_default();
    let answer = known.next.front().cloned().unwrap_or_else(|| known.answer.clone());
    let hook = read(&simulator, &receiver, &known, &answer, &method, &headers, &body);
    simulator.change(|state| {
        if let Some(receiver) = state.receivers.get_mut(&receiver) {
            receiver.next.pop_front();
        }
    });
    keep(&simulator, hook);
    respond(&answer)
}

/// Remembers a hook under the next number.
pub(crate) fn keep(simulator: &Simulator, hook: ReceivedHook) {
    simulator.change(|state| {
        let number = state.next_number();
        state.hooks.push_back(ReceivedHook { number, ..hook });
        while state.hooks.len() > HOOKS_MAX {
            state.hooks.pop_front();
        }
    });
}

fn respond(answer: &HookAnswer) -> Response {
    let status = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut response = match &answer.body {
        Some(body) => (status, axum::Json(body.clone())).into_response(),
        None => status.into_response(),
    };
    if let Some(seconds) = answer.retry_after_seconds {
        response.headers_mut().insert("retry-after", seconds.into());
    }
    if answer.delay_millis > 0 {
        response.extensions_mut().insert(Hold::Slow { millis: answer.delay_millis });
    }
    response
}

pub(crate) fn read(
    simulator: &Simulator,
    receiver: &str,
    known: &Receiver,
    answer: &HookAnswer,
    method: &Method,
    headers: &HeaderMap,
    body: &[u8],
) -> ReceivedHook {
    let time_millis = simulator.now_millis();
    let now_seconds = time_millis.div_euclid(1000);
    let is_jwt = signature::is_jwt(body);
    let check =
        |with: &dyn Fn(&str) -> Check| known.secret.as_deref().map_or(Check::NoSecret, with);
    let text = |value: &axum::http::HeaderValue| String::from_utf8_lossy(value.as_bytes()).into();
    let all = headers.iter().map(|(name, value)| (name.to_string(), text(value)));
    ReceivedHook {
        number: 0,
        receiver: receiver.to_owned(),
        time_millis,
        method: method.to_string(),
        id: headers.get("webhook-id").map(text),
        headers: all.collect(),
        body: String::from_utf8_lossy(body).into_owned(),
        json: if is_jwt { signature::claims(body) } else { serde_json::from_slice(body).ok() },
        standard: check(&|secret| signature::standard(secret, headers, body, now_seconds)),
        jwt: is_jwt.then(|| check(&|secret| signature::jwt(secret, body, now_seconds))),
        answered: answer.status,
    }
}
