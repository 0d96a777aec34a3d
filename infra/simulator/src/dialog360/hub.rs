//! Where the webhooks of a number go, and how the number is.

use axum::Json;
use axum::body::Bytes;
use axum::extract::State as Extract;
use axum::http::{HeaderMap, Uri};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use super::{Api, HEADER, Problem, json_body, line, line_of};
use crate::line::Line;
use crate::simulator::Simulator;

/// What is registered.
pub(super) async fn webhook(
    Extract(simulator): Extract<Simulator>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let line = line(&simulator, &headers)?;
    Ok(Json(registered(&line)).into_response())
}

fn registered(line: &Line) -> Value {
    let headers = line
        .settings
        .iter()
        .filter_map(|(name, value)| Some((name.strip_prefix(HEADER)?.to_owned(), json!(value))));
    let headers: serde_json::Map<String, Value> = headers.collect();
    json!({ "url": line.webhook_url, "headers": headers })
}

/// Takes the place of what was registered.
pub(super) async fn register(
    Extract(simulator): Extract<Simulator>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, Problem> {
    let line = line(&simulator, &headers)?;
    let body = json_body(&body)?;
    let url = body.get("url").and_then(Value::as_str).unwrap_or_default();
    if !is_taken(url) {
        return Err(Problem::new(400, "Invalid url"));
    }
    match line.setting("registration") {
        "refused" => return Err(Problem::new(403, "This endpoint is not allowed for this key")),
        "broken" => return Err(Problem::new(500, "Internal server error")),
        "elsewhere" => {
            return Ok(Json(json!({ "url": "https://another.example/" })).into_response());
        }
        _ => {}
    }
    let given = body.get("headers").and_then(Value::as_object).cloned().unwrap_or_default();
    let line = simulator.change(|state| {
        let line = state.lines.get_mut(&line.id)?;
        url.clone_into(&mut line.webhook_url);
        line.settings.retain(|name, _| !name.starts_with(HEADER));
        for (name, value) in &given {
            let value = value.as_str().unwrap_or_default().to_owned();
            line.settings.insert(format!("{HEADER}{name}"), value);
        }
        Some(line.clone())
    });
    let line = line.ok_or_else(|| Problem::new(404, "The number is gone"))?;
    Ok(Json(registered(&line)).into_response())
}

/// Neither ports nor `_` in the host; of this machine anything, so that a person can try it out.
fn is_taken(url: &str) -> bool {
    let Ok(url) = url.parse::<Uri>() else { return false };
    let Some(host) = url.host() else { return false };
    if matches!(host, "localhost" | "127.0.0.1" | "[::1]") {
        return true;
    }
    url.scheme_str() == Some("https") && url.port().is_none() && !host.contains('_')
}

pub(super) async fn health(
    Extract(simulator): Extract<Simulator>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let line = line_of(&simulator, &headers, Api::V2)?;
    let entity = json!({
        "entity_type": "PHONE_NUMBER", "id": line.number, "can_send_message": "AVAILABLE",
    });
    let status = json!({ "can_send_message": "AVAILABLE", "entities": [entity] });
    Ok(Json(json!({ "health_status": status })).into_response())
}

pub(super) async fn health_flat(
    Extract(simulator): Extract<Simulator>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    line_of(&simulator, &headers, Api::V1)?;
    let health = json!({ "wacore:0": { "gateway_status": "connected", "role": "primary_master" } });
    Ok(Json(json!({ "health": health })).into_response())
}
