//! Hooks and calls to the customer's servers: what is sent, and what an answer means. Pure: keys and time come in,
//! nothing is sent here.

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::header::{CONTENT_TYPE, RETRY_AFTER};
use http::{HeaderName, HeaderValue, Request, Response};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::signature::{self, Key};
use crate::domain::delivery::Heard;
use crate::domain::hook::{EventKind, Format, HookEvent, Method, WebAction};
use crate::domain::process::{StepAnswer, StepCall, Validation, ValidationStatus};
use crate::domain::time::Time;

/// The delivery's id once more, for receivers that read no signature.
pub const DELIVERY: &str = "x-gateway-delivery";

/// Connection and answer together.
pub const TIMEOUT: Duration = Duration::from_secs(15);

/// So much of an answer is kept.
pub const ANSWER_BYTES_MAX: usize = 16 * 1024;

/// So much of the answer to a call is read; a longer one cannot be understood.
pub const CALL_ANSWER_BYTES_MAX: usize = 64 * 1024;

/// The longest wait for the answer to a call, whatever the flow says.
pub const CALL_TIMEOUT_MAX: Duration = Duration::from_secs(30);

/// Characters of a call's `message`: what `WhatsApp` takes as one text.
const MESSAGE_CHARS_MAX: usize = 4096;

/// How long the JWT of an attempt is valid.
const JWT_VALID_S: i64 = 600;

/// A stored address or header that cannot be sent. Rules are checked when they are made, so this is a fault of ours.
#[derive(Debug, thiserror::Error)]
#[error("the request cannot be written: {0}")]
pub struct CannotWrite(String);

/// The request of one attempt. `keys` are those that sign now, the newest first; a JWT carries one signature only
/// and is signed by the oldest of them, so that a receiver has the whole overlap to learn the new key.
pub fn build(
    event: &HookEvent,
    action: &WebAction,
    format: Format,
    keys: &[Key],
    now: Time,
) -> Result<Request<Vec<u8>>, CannotWrite> {
    let (content_type, body) = match format {
        Format::Standard => ("application/json", standard(event)),
        Format::Jwt => {
            let key = keys.last().ok_or_else(|| CannotWrite("there is no key".into()))?;
            ("text/plain; charset=utf-8", jwt(event, key, now).into_bytes())
        }
    };
    let method = match action.method {
        Method::Post => http::Method::POST,
        Method::Put => http::Method::PUT,
        Method::Patch => http::Method::PATCH,
    };
    let url = address(action)?;
    let mut request = signed(method, &url, &event.id.to_string(), body, keys, now)?;
    let headers = request.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    for (name, value) in &action.headers {
        let name = name.parse::<HeaderName>().map_err(|e| CannotWrite(e.to_string()))?;
        let value = HeaderValue::from_str(value).map_err(|e| CannotWrite(e.to_string()))?;
        headers.insert(name, value);
    }
    Ok(request)
}

/// The request of a `webhook` step's call, signed as a hook.
pub fn build_call(
    call: &StepCall,
    keys: &[Key],
    now: Time,
) -> Result<Request<Vec<u8>>, CannotWrite> {
    let body = call.body.to_string().into_bytes();
    signed(http::Method::POST, &call.url, &call.id.to_string(), body, keys, now)
}

/// A JSON request with the three headers of Standard Webhooks.
pub(super) fn signed(
    method: http::Method,
    url: &str,
    id: &str,
    body: Vec<u8>,
    keys: &[Key],
    now: Time,
) -> Result<Request<Vec<u8>>, CannotWrite> {
    let timestamp = now.seconds();
    Request::builder()
        .method(method)
        .uri(url)
        .header(CONTENT_TYPE, "application/json")
        .header(signature::ID, id)
        .header(signature::TIMESTAMP, timestamp)
        .header(signature::SIGNATURE, signature::header(keys, id, timestamp, &body))
        .header(DELIVERY, id)
        .body(body)
        .map_err(|e| CannotWrite(e.to_string()))
}

fn address(action: &WebAction) -> Result<String, CannotWrite> {
    let mut url = url::Url::parse(&action.url).map_err(|e| CannotWrite(e.to_string()))?;
    url.set_fragment(None);
    if !action.parameters.is_empty() {
        url.query_pairs_mut().extend_pairs(&action.parameters);
    }
    Ok(url.into())
}

/// `{"type", "timestamp", "data"}`.
fn standard(event: &HookEvent) -> Vec<u8> {
    #[derive(Serialize)]
    struct Payload {
        r#type: String,
        timestamp: Time,
        data: Value,
    }
    let r#type = format!("{}.{}", event.kind.as_str(), event.action);
    json_bytes(&Payload { r#type, timestamp: event.time, data: object(event) })
}

/// The compact JWT of contracts 9.3. `iat` and `exp` are of this attempt, the ids are of the event.
fn jwt(event: &HookEvent, key: &Key, now: Time) -> String {
    let claims = json!({
        "iss": "whatsapp-gateway",
        "iat": now.seconds(),
        "exp": now.seconds() + JWT_VALID_S,
        "jti": event.id,
        "events": [{
            "id": event.id,
            "event_type": event.kind,
            "event_action": event.action,
            "timestamp": event.time,
            "version": "1.0",
            "object": object(event),
        }],
    });
    let part = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
    let signed = format!(
        "{}.{}",
        part(br#"{"alg":"HS256","typ":"JWT"}"#),
        part(claims.to_string().as_bytes())
    );
    let key = ring::hmac::Key::new(ring::hmac::HMAC_SHA256, key.reveal().as_bytes());
    let tag = ring::hmac::sign(&key, signed.as_bytes());
    format!("{signed}.{}", part(tag.as_ref()))
}

/// What the event is about, with what receivers tell events apart by (T76).
fn object(event: &HookEvent) -> Value {
    let mut object = event.object.clone();
    if let (Value::Object(members), false) = (&mut object, event.kind == EventKind::Endpoint) {
        members.entry("channel_id").or_insert_with(|| json!(event.channel));
        members.entry("flow_id").or_insert_with(|| json!(event.flow));
        members.entry("platform").or_insert_with(|| json!("whatsapp"));
        if let Some(sequence) = event.sequence {
            members.insert("sequence".to_owned(), json!(sequence));
        }
    }
    object
}

fn json_bytes(value: &impl Serialize) -> Vec<u8> {
    serde_json::to_vec(value)
        .expect("derived types whose maps have text keys can always be written as JSON")
}

/// What an answer means for the delivery (standard-webhooks 4). Its body is not read.
pub fn read(response: &Response<Vec<u8>>, now: Time) -> Heard {
    let status = response.status();
    let retry_after = retry_after(response, now);
    match status.as_u16() {
        200..=299 => Heard::Success,
        410 => Heard::Gone,
        429 | 502 | 504 => Heard::SlowDown { retry_after },
        _ => Heard::Failure { retry_after },
    }
}

/// Seconds, or a date.
fn retry_after(response: &Response<Vec<u8>>, now: Time) -> Option<Duration> {
    let text = response.headers().get(RETRY_AFTER)?.to_str().ok()?.trim();
    if let Ok(seconds) = text.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let date = jiff::fmt::rfc2822::parse(text).ok()?.timestamp();
    Some(Time::from_millis(date.as_millisecond()).since(now))
}

/// An answer to a call that says nothing useful.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Unusable(pub(super) String);

/// Reads the answer to a call: 200 with
/// `{"status": "success"|"failure", "type": "face-recognition", "details": {}, "message": "…"}`. Only `status` must
/// be there; `type` is `webhook` where it is not.
pub fn read_call(
    call: &StepCall,
    response: &Response<Vec<u8>>,
    now: Time,
) -> Result<StepAnswer, Unusable> {
    #[derive(Deserialize)]
    struct Answer {
        status: ValidationStatus,
        r#type: Option<String>,
        #[serde(default)]
        details: Option<Value>,
        message: Option<String>,
    }
    if response.status() != http::StatusCode::OK {
        return Err(Unusable(format!("status {}", response.status().as_u16())));
    }
    let answer: Answer = serde_json::from_slice(response.body())
        .map_err(|e| Unusable(format!("the body is not the answer to a step: {e}")))?;
    let message = answer.message.filter(|text| !text.trim().is_empty());
    if message.as_ref().is_some_and(|text| text.chars().count() > MESSAGE_CHARS_MAX) {
        return Err(Unusable(format!("message must have at most {MESSAGE_CHARS_MAX} characters")));
    }
    let kind = answer.r#type.filter(|kind| !kind.is_empty()).unwrap_or_else(|| "webhook".into());
    let validation = Validation {
        step: call.step.clone(),
        kind,
        status: answer.status,
        details: answer.details.unwrap_or_else(|| json!({})),
        time: now,
    };
    let (process, step) = (call.process, call.step.clone());
    Ok(StepAnswer { process, step, validation: Some(validation), message })
}

/// What the conversation is told when a call was never answered usefully.
pub fn no_answer(call: &StepCall) -> StepAnswer {
    let (process, step) = (call.process, call.step.clone());
    StepAnswer { process, step, validation: None, message: None }
}

#[cfg(test)]
#[path = "hook_tests.rs"]
mod tests;
