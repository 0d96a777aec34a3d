//! Templates of the account: submission, samples, list, deletion.

use axum::Json;
use axum::extract::State as Extract;
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::call::{self, Call};
use super::problem::Problem;
use super::{SERVICE, bucket};
use crate::meta::{carried, uploads};
use crate::simulator::Simulator;

const DEFINITION_BYTES_MAX: usize = 6000;
const PAGE_ROWS: usize = 100;

pub(super) async fn put(
    Extract(simulator): Extract<Simulator>,
    call: Call,
) -> Result<Response, Problem> {
    let line = call.line(&simulator, SERVICE)?;
    let asked = call.json()?;
    call::own_account(&line, &asked)?;
    let bytes = asked["templateDefinition"].as_str().and_then(|text| STANDARD.decode(text).ok());
    let bytes = bytes.filter(|bytes| (1..=DEFINITION_BYTES_MAX).contains(&bytes.len()));
    let bytes = bytes.ok_or_else(|| Problem::invalid("templateDefinition is too long"))?;
    let body: Value = serde_json::from_slice(&bytes)
        .map_err(|_| Problem::invalid("templateDefinition must be JSON"))?;
    carried::create_template(&simulator, &line, &body).map_err(Problem::invalid)?;
    let is_same = |one: &crate::template::Template| {
        body["name"] == one.name.as_str() && body["language"] == one.language.as_str()
    };
    let made = simulator.templates(&line).into_iter().find(is_same);
    let made = made.ok_or_else(|| Problem::missing("The template is gone"))?;
    Ok(Json(json!({
        "metaTemplateId": made.id, "templateStatus": carried::word(&made.review),
        "category": made.category,
    }))
    .into_response())
}

/// A sample for a header, from the bucket.
pub(super) async fn bring(
    Extract(simulator): Extract<Simulator>,
    call: Call,
) -> Result<Response, Problem> {
    let line = call.line(&simulator, SERVICE)?;
    let asked = call.json()?;
    call::own_account(&line, &asked)?;
    let file = bucket::source(&simulator, &line, &asked)?;
    Ok(Json(json!({ "metaHeaderHandle": uploads::keep(&simulator, file) })).into_response())
}

/// Page by page; the token is the place of the next row.
pub(super) async fn list(
    Extract(simulator): Extract<Simulator>,
    call: Call,
) -> Result<Response, Problem> {
    let line = call.line(&simulator, SERVICE)?;
    call::own_account(&line, &json!({ "id": call.query("id") }))?;
    let place = |text: &str| text.parse::<usize>().map_err(|_| Problem::invalid("nextToken"));
    let from = call.query("nextToken").map_or(Ok(0), place)?;
    let rows = call.query("maxResults").map_or(Ok(PAGE_ROWS), place)?.clamp(1, PAGE_ROWS);
    let templates = simulator.templates(&line);
    let page: Vec<Value> = templates
        .iter()
        .skip(from)
        .take(rows)
        .map(|one| {
            json!({
                "templateName": one.name, "metaTemplateId": one.id,
                "templateStatus": carried::word(&one.review),
                "templateQualityScore": "UNKNOWN",
                "templateLanguage": one.language, "templateCategory": one.category,
            })
        })
        .collect();
    let mut answer = json!({ "templates": page });
    if from + rows < templates.len() {
        answer["nextToken"] = json!((from + rows).to_string());
    }
    Ok(Json(answer).into_response())
}

/// One language, or all of a name.
pub(super) async fn delete(
    Extract(simulator): Extract<Simulator>,
    call: Call,
) -> Result<Response, Problem> {
    let line = call.line(&simulator, SERVICE)?;
    call::own_account(&line, &json!({ "id": call.query("id") }))?;
    let name = call.query("templateName").unwrap_or_default().to_owned();
    let id = call.query("metaTemplateId").map(str::to_owned);
    let all = match call.query("deleteAllTemplates") {
        Some("true") => true,
        Some("false") if id.is_some() => false,
        _ => return Err(Problem::invalid("deleteAllTemplates must say which")),
    };
    let removed = simulator.remove_templates(&line, |one| {
        one.name == name && (all || id.as_deref() == Some(one.id.as_str()))
    });
    if removed == 0 {
        return Err(Problem::missing("The template was not found"));
    }
    Ok(Json(json!({})).into_response())
}
