//! Templates of a number's account: submission, both forms of the list, deletion.

use std::collections::BTreeMap;

use axum::Json;
use axum::body::Bytes;
use axum::extract::{Path, Query, State as Extract};
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use super::{Problem, json_body, line};
use crate::line::Line;
use crate::meta::{carried, uploads};
use crate::simulator::Simulator;
use crate::template::{Review, Template};

type Pairs = Query<BTreeMap<String, String>>;

const PAGE_ROWS: usize = 1000;

pub(super) async fn create(
    Extract(simulator): Extract<Simulator>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, Problem> {
    let line = line(&simulator, &headers)?;
    let body = json_body(&body)?;
    let is_same = |template: &Template| {
        body["name"] == template.name.as_str() && body["language"] == template.language.as_str()
    };
    if simulator.templates(&line).iter().any(is_same) {
        return Err(Problem::new(400, "Template already exists"));
    }
    carried::create_template(&simulator, &line, &brought(&simulator, body.clone()))
        .map_err(|details| Problem::new(400, details))?;
    let made = simulator.templates(&line).into_iter().find(is_same);
    let made = made.ok_or_else(|| Problem::new(500, "Internal server error"))?;
    Ok(Json(row(&line, &made)).into_response())
}

/// The submission as it goes on to Meta: files are fetched from their addresses and uploaded to the app.
fn brought(simulator: &Simulator, mut body: Value) -> Value {
    for component in body["components"].as_array_mut().into_iter().flatten() {
        let Some(sample) = component.pointer_mut("/example/header_handle/0") else { continue };
        let address = sample.as_str().filter(|sample| sample.starts_with("https://"));
        let file = address.and_then(|address| simulator.file(address.rsplit('/').next()?));
        if let Some(file) = file {
            *sample = json!(uploads::keep(simulator, file));
        }
    }
    body
}

fn row(line: &Line, template: &Template) -> Value {
    let status = match &template.review {
        Review::Pending => "submitted".to_owned(),
        other => carried::word(other).to_ascii_lowercase(),
    };
    json!({
        "name": template.name,
        "namespace": line.setting("namespace"),
        "language": template.language,
        "status": status,
        "category": template.category,
        "rejected_reason": reason(template),
        "components": template.submitted["components"],
    })
}

fn reason(template: &Template) -> &str {
    match &template.review {
        Review::Rejected { reason } => reason,
        Review::Pending | Review::Approved | Review::Paused | Review::Disabled => "NONE",
    }
}

/// Page by page, from a row on.
pub(super) async fn list(
    Extract(simulator): Extract<Simulator>,
    Query(query): Pairs,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let line = line(&simulator, &headers)?;
    let number = |name: &str, default: usize| match query.get(name) {
        None => Ok(default),
        Some(text) => {
            text.parse().map_err(|_| Problem::new(400, format!("{name} must be a number")))
        }
    };
    let (offset, limit) = (number("offset", 0)?, number("limit", PAGE_ROWS)?.clamp(1, PAGE_ROWS));
    let templates = simulator.templates(&line);
    let rows: Vec<Value> =
        templates.iter().skip(offset).take(limit).map(|one| row(&line, one)).collect();
    Ok(Json(json!({
        "count": rows.len(), "filters": {}, "limit": limit, "offset": offset, "sort": ["id"],
        "total": templates.len(), "waba_templates": rows,
    }))
    .into_response())
}

/// The Cloud API's own list.
pub(super) async fn list_as_meta(
    Extract(simulator): Extract<Simulator>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let line = line(&simulator, &headers)?;
    let rows: Vec<Value> = simulator
        .templates(&line)
        .iter()
        .map(|template| {
            json!({
                "id": template.id, "name": template.name, "language": template.language,
                "status": carried::word(&template.review), "category": template.category,
                "rejected_reason": reason(template),
                "components": template.submitted["components"],
            })
        })
        .collect();
    Ok(Json(json!({ "data": rows })).into_response())
}

/// All languages of the name.
pub(super) async fn delete(
    Extract(simulator): Extract<Simulator>,
    Path(name): Path<String>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let line = line(&simulator, &headers)?;
    if simulator.remove_templates(&line, |template| template.name == name) == 0 {
        return Err(Problem::new(404, "Template not found"));
    }
    let meta =
        json!({ "success": true, "http_code": 200, "developer_message": "Template deleted" });
    Ok(Json(json!({ "meta": meta })).into_response())
}
