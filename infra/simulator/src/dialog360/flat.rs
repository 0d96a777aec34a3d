//! The legacy generation: the on-premise API's flat bodies, which are the Cloud API's with other edges. What differs is
//! looked at here, the rest is read and written as the Cloud API's.

use axum::Json;
use axum::body::{Bytes, to_bytes};
use axum::extract::{Path, State as Extract};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::{Map, Value, json};

use super::{Api, Problem, json_body, line_of};
use crate::carrier::Refusal;
use crate::line::{Line, User, digits};
use crate::message::{FileKind, FromUser, Said};
use crate::meta::carried;
use crate::simulator::Simulator;

const ANSWER_BYTES_MAX: usize = 64 * 1024;
/// What variants of one number share: the last digits.
const SHARED_DIGITS: usize = 8;
const UNKNOWN_CONTACT: i64 = 1006;

pub(super) fn message_id(seed: [u8; 16]) -> String {
    format!("gBEG{}", hex::encode(seed))
}

/// A message. Whoever was never heard of has to be looked up first.
pub(super) async fn messages(
    Extract(simulator): Extract<Simulator>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, Problem> {
    let line = line_of(&simulator, &headers, Api::V1)?;
    let mut body = json_body(&body)?;
    let fields = body.as_object_mut().ok_or_else(|| invalid("the body must be an object"))?;
    let to = digits(fields.get("to").and_then(Value::as_str).unwrap_or_default());
    if let Err(details) = to_cloud(&line, fields) {
        return Ok(error(StatusCode::BAD_REQUEST, 1008, "Required parameter is missing", &details));
    }
    if !simulator.read(|state| state.users.contains_key(&to)) {
        let status = StatusCode::NOT_FOUND;
        return Ok(error(status, UNKNOWN_CONTACT, "Resource not found", "unknown contact"));
    }
    Ok(from_cloud(carried::messages(&simulator, &line, &body)).await)
}

fn invalid(message: &str) -> Problem {
    Problem::new(400, message)
}

/// The body as the Cloud API has it, or what is wrong with it here.
fn to_cloud(line: &Line, fields: &mut Map<String, Value>) -> Result<(), String> {
    for name in ["messaging_product", "context", "biz_opaque_callback_data", "recipient"] {
        if fields.contains_key(name) {
            return Err(format!("{name} is not known"));
        }
    }
    fields.insert("messaging_product".to_owned(), json!("whatsapp"));
    if let Some(preview) = fields.remove("preview_url") {
        let text = fields.get_mut("text").and_then(Value::as_object_mut);
        let text = text.ok_or("preview_url without text")?;
        text.insert("preview_url".to_owned(), preview);
    } else if fields.get("text").is_some_and(|text| text.get("preview_url").is_some()) {
        return Err("preview_url belongs to the top".to_owned());
    }
    if let Some(template) = fields.get_mut("template").and_then(Value::as_object_mut) {
        let namespace = template.remove("namespace").unwrap_or_default();
        if namespace.as_str() != Some(line.setting("namespace")) {
            return Err("template.namespace is missing or wrong".to_owned());
        }
        if template.get("language").and_then(|language| language.get("policy")).is_none() {
            return Err("template.language.policy is missing".to_owned());
        }
    }
    Ok(())
}

/// The Cloud API's answer in the words of this one. Faults that are played on the answer stay on it.
async fn from_cloud(response: Response) -> Response {
    let (parts, body) = response.into_parts();
    let bytes = to_bytes(body, ANSWER_BYTES_MAX).await.unwrap_or_default();
    let Ok(answer) = serde_json::from_slice::<Value>(&bytes) else {
        return Response::from_parts(parts, bytes.into());
    };
    let mut translated = if let Some(problem) = answer.get("error") {
        let title = problem.pointer("/message").and_then(Value::as_str).unwrap_or_default();
        let details = problem.pointer("/error_data/details").and_then(Value::as_str);
        let code = problem.get("code").and_then(Value::as_i64).unwrap_or_default();
        error(parts.status, on_premise(code), title, details.unwrap_or(title))
    } else {
        let id = answer.pointer("/messages/0/id").cloned().unwrap_or_default();
        let body = json!({ "messages": [{ "id": id }], "meta": meta() });
        (StatusCode::CREATED, Json(body)).into_response()
    };
    *translated.extensions_mut() = parts.extensions;
    translated
}

fn meta() -> Value {
    json!({ "api_status": "stable", "version": "2.53.0" })
}

fn error(status: StatusCode, code: i64, title: &str, details: &str) -> Response {
    let errors = json!([{ "code": code, "title": title, "details": details }]);
    (status, Json(json!({ "errors": errors, "meta": meta() }))).into_response()
}

/// The twin of a code of the Cloud API.
const fn on_premise(code: i64) -> i64 {
    match code {
        131_047 => 470,
        131_048 => 471,
        130_472 => 472,
        131_026 => 1013,
        132_000 => 2000,
        132_001 => 2001,
        132_012 => 2012,
        131_008 => 1008,
        100 | 131_009 => 1009,
        131_014 | 131_053 => 1010,
        1 | 2 | 131_000 => 1015,
        other => other,
    }
}

pub(super) fn refuse(refusal: &Refusal) -> Response {
    if *refusal == Refusal::Garbage {
        return carried::refuse(refusal);
    }
    let (status, code, title, details) = carried::refusal(refusal);
    error(status, on_premise(code), &title, &details)
}

pub(super) async fn mark_read(
    Extract(simulator): Extract<Simulator>,
    Path(id): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, Problem> {
    let line = line_of(&simulator, &headers, Api::V1)?;
    if json_body(&body)? != json!({ "status": "read" }) {
        return Err(invalid("status must be read"));
    }
    simulator.mark_read(&line, &id).map_err(|missing| Problem::new(404, missing.to_string()))?;
    Ok(Json(json!({ "meta": meta() })).into_response())
}

/// Looks numbers up. A variant of a number that somebody has leads to that person; any other number is a new person's,
/// unless nobody has it.
pub(super) async fn contacts(
    Extract(simulator): Extract<Simulator>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, Problem> {
    line_of(&simulator, &headers, Api::V1)?;
    let body = json_body(&body)?;
    let list = body.get("contacts").and_then(Value::as_array);
    let list = list.ok_or_else(|| invalid("contacts must be a list"))?;
    if body.get("blocking").is_none_or(|word| word != "wait" && word != "no_wait") {
        return Err(invalid("blocking must be wait or no_wait"));
    }
    let mut found = Vec::new();
    for input in list {
        let text = input.as_str().filter(|text| text.starts_with('+'));
        let number = digits(text.ok_or_else(|| invalid("a contact begins with +"))?);
        found.push(match wa_id(&simulator, &number) {
            Some(id) => json!({ "input": input, "status": "valid", "wa_id": id }),
            None => json!({ "input": input, "status": "invalid" }),
        });
    }
    Ok(Json(json!({ "contacts": found })).into_response())
}

fn wa_id(simulator: &Simulator, number: &str) -> Option<String> {
    let end = number.get(number.len().checked_sub(SHARED_DIGITS)?..)?;
    let known = simulator.read(|state| {
        if state.absent.contains(number) {
            return Err(());
        }
        let is_variant = |known: &&String| known.ends_with(end) && known.starts_with(&number[..2]);
        Ok(state.users.keys().find(is_variant).cloned())
    });
    let known = known.ok()?;
    if known.is_none() {
        simulator.put_user(User::new(number, ""));
    }
    Some(known.unwrap_or_else(|| number.to_owned()))
}

/// The part of the Cloud API's envelope that holds everything.
fn value(envelope: &Value) -> &Value {
    envelope.pointer("/entry/0/changes/0/value").unwrap_or(&Value::Null)
}

/// Voice notes have a type of their own, and files a link that leads back here.
pub(super) fn user_message(envelope: &Value, said: &Said) -> Value {
    let value = value(envelope);
    let mut message = value.pointer("/messages/0").cloned().unwrap_or_default();
    if let FromUser::File { kind, .. } = &said.content {
        let word = kind.as_str();
        let mut file = message[word].take();
        if let Some(fields) = file.as_object_mut() {
            fields.remove("voice");
            let id = fields.get("id").and_then(Value::as_str).unwrap_or_default();
            let (link, path) =
                (format!("https://elsewhere.example/v1/media/{id}"), format!("/wamedia/{id}"));
            fields.insert("link".to_owned(), json!(link));
            fields.insert("file".to_owned(), json!(path));
        }
        if let Some(fields) = message.as_object_mut() {
            fields.remove(word);
            let word = if *kind == FileKind::Voice { "voice" } else { word };
            fields.insert("type".to_owned(), json!(word));
            fields.insert(word.to_owned(), file);
        }
    }
    json!({ "contacts": value["contacts"], "messages": [message] })
}

/// Without a reference of ours, and with the codes of this generation.
pub(super) fn status(envelope: &Value) -> Value {
    let mut status = value(envelope).pointer("/statuses/0").cloned().unwrap_or_default();
    if let Some(fields) = status.as_object_mut() {
        fields.remove("biz_opaque_callback_data");
        fields.insert("type".to_owned(), json!("message"));
        if let Some(to) = fields.remove("recipient_id") {
            fields.insert("message".to_owned(), json!({ "recipient_id": to }));
        }
    }
    let errors = status.pointer_mut("/errors").and_then(Value::as_array_mut);
    for problem in errors.into_iter().flatten() {
        let code = problem["code"].as_i64().unwrap_or_default();
        let title = problem["title"].take();
        *problem = json!({ "code": on_premise(code), "title": title });
    }
    json!({ "statuses": [status] })
}

/// Several bodies as one: each list has what all of them have of it.
pub(super) fn joined(bodies: impl Iterator<Item = Value>) -> Value {
    let mut lists: Map<String, Value> = Map::new();
    for body in bodies {
        for (name, list) in body.as_object().into_iter().flatten() {
            let all = lists.entry(name).or_insert_with(|| json!([]));
            if let Some(all) = all.as_array_mut() {
                all.extend(list.as_array().into_iter().flatten().cloned());
            }
        }
    }
    Value::Object(lists)
}
