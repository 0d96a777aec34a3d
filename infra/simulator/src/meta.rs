//! The Cloud API as Meta plays it: `/cloud_api/{version}/…`. Written from the documentation and apart from the
//! gateway's own reading of it, so that a misreading there is not made twice.

pub(crate) mod carried;
pub(crate) mod components;
mod filling;
pub(crate) mod interactive;
mod media;
mod message;
pub(crate) mod params;
pub(crate) mod problem;
mod review;
mod subscription;
#[cfg(test)]
mod tests;
pub(crate) mod uploads;
pub(crate) mod webhook;

use std::collections::BTreeMap;

use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, Path, Query, State as Extract};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use crate::carrier::{Carrier, News, Refusal, WebhookPost};
use crate::line::{Line, User, digits};
use crate::message::{Said, Sent, StatusChange};
use crate::simulator::{Sending, Simulator};
use crate::template::{CategoryChange, Template};

use self::params::Params;
use self::problem::Problem;

const NAME: &str = "cloud_api";
/// A link to a file's bytes is good for five minutes.
const LINK_SECONDS: i64 = 300;

/// Meta. Settings of a line: `phone_number_id`, `waba_id`, `app_id`, `access_token`, `app_secret`; `refuses` = `later` lets the
/// closed window show as a failed status and not in the answer, as both occur.
#[derive(Debug, Clone, Copy)]
pub struct Meta;

impl Carrier for Meta {
    fn name(&self) -> &'static str {
        NAME
    }

    fn routes(&self, simulator: Simulator) -> Router {
        Router::new()
            .route("/files/{id}", get(bytes))
            .route("/{version}/{id}", get(node).post(uploads::write))
            .route("/{version}/{id}/uploads", post(uploads::begin))
            .route("/{version}/{id}/messages", post(messages))
            .route(
                "/{version}/{id}/media",
                post(media::upload).layer(DefaultBodyLimit::max(media::BYTES_MAX)),
            )
            .route(
                "/{version}/{id}/message_templates",
                get(list_templates).post(create_template).delete(delete_template),
            )
            .route(
                "/{version}/{id}/subscribed_apps",
                get(subscription::show).post(subscription::change),
            )
            .fallback(|| async {
                Problem::new(2500, "Unknown path components", "").into_response()
            })
            .with_state(simulator)
    }

    fn message_id(&self, _: &Line, seed: [u8; 16]) -> String {
        webhook::message_id(seed)
    }

    fn user_message(&self, line: &Line, user: &User, said: &Said) -> WebhookPost {
        webhook::user_message(line, user, said)
    }

    fn status(&self, line: &Line, sent: &Sent, change: &StatusChange) -> Option<WebhookPost> {
        webhook::status(line, sent, change)
    }

    fn batch(&self, line: &Line, news: &[News<'_>]) -> Option<WebhookPost> {
        Some(webhook::batch(line, news))
    }

    fn template_decided(&self, line: &Line, template: &Template) -> Option<WebhookPost> {
        Some(webhook::template_decided(line, template))
    }

    fn template_recategorized(
        &self,
        line: &Line,
        before: &Template,
        change: &CategoryChange,
    ) -> Option<WebhookPost> {
        Some(webhook::template_recategorized(line, before, change))
    }

    fn refuse(&self, _: &Line, refusal: &Refusal) -> Response {
        problem::answer(refusal)
    }

    /// Whoever is not on WhatsApp is only found out on the way.
    fn refuses_later(&self, line: &Line, refusal: &Refusal) -> bool {
        match refusal {
            Refusal::NotOnWhatsApp => true,
            Refusal::WindowClosed => line.setting("refuses") == "later",
            Refusal::TemplateMissing
            | Refusal::TemplatePaused
            | Refusal::TemplateDisabled
            | Refusal::ParameterCount { .. }
            | Refusal::ParameterFormat { .. }
            | Refusal::Invalid { .. }
            | Refusal::Unauthorized
            | Refusal::RateLimited
            | Refusal::Unavailable { .. }
            | Refusal::Garbage
            | Refusal::Code { .. } => false,
        }
    }
}

/// Version and id of a path.
type Place = Path<(String, String)>;
type Pairs = Query<BTreeMap<String, String>>;

/// The token of the call. Without one nothing is looked at.
fn token(headers: &HeaderMap) -> Result<&str, Problem> {
    headers
        .get(header::AUTHORIZATION)
        .and_then(|value| value.to_str().ok()?.strip_prefix("Bearer "))
        .filter(|token| !token.is_empty())
        .ok_or_else(Problem::token)
}

fn check_version(version: &str) -> Result<(), Problem> {
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    let fits = version
        .strip_prefix('v')
        .and_then(|rest| rest.split_once('.'))
        .is_some_and(|(major, minor)| is_number(major) && is_number(minor));
    if fits { Ok(()) } else { Err(Problem::new(2500, "Unknown path components", version)) }
}

/// The line whose `name` is this id: a number's, or an account's. A token that fits no line at all is told apart from
/// one that may not see this object.
fn line(
    simulator: &Simulator,
    headers: &HeaderMap,
    (version, id): &(String, String),
    name: &str,
) -> Result<Line, Problem> {
    check_version(version)?;
    let token = token(headers)?;
    let line = simulator.line_where(NAME, |line| line.accepts("access_token", token));
    line.ok_or_else(Problem::token)?;
    simulator
        .line_where(NAME, |line| line.accepts(name, id) && line.accepts("access_token", token))
        .ok_or_else(|| Problem::object(id))
}

fn json_body(body: &[u8]) -> Result<Value, Problem> {
    serde_json::from_slice(body).map_err(|_| Problem::parameter("The body must be JSON."))
}

async fn messages(
    Extract(simulator): Extract<Simulator>,
    Path(place): Place,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, Problem> {
    let line = line(&simulator, &headers, &place, "phone_number_id")?;
    take(&simulator, &line, &json_body(&body)?)
}

/// A message, or a mark that one was read.
fn take(simulator: &Simulator, line: &Line, body: &Value) -> Result<Response, Problem> {
    let call = Params::call(body)?;
    if call.has("status") {
        return mark_read(simulator, line, &call);
    }
    let envelope = message::envelope(&call)?;
    let (sending, flaw) = sending(simulator, line, &call, &envelope)?;
    let is_template = sending.content.template.is_some();
    match flaw.map_or_else(|| simulator.send(line, sending), Err) {
        Err(refusal) => Ok(problem::answer(&refusal)),
        Ok(taken) => {
            let number = digits(envelope.to);
            let known = simulator.read(|state| state.user(&number).map(|user| user.number.clone()));
            let wa_id = known.unwrap_or(number);
            let answer = accepted(&envelope, &wa_id, &taken.sent.id, is_template);
            Ok(taken.answer(Json(answer).into_response()))
        }
    }
}

/// What the call sends, and why the account cannot send it. Its id is WhatsApp's.
fn sending(
    simulator: &Simulator,
    line: &Line,
    call: &Params<'_>,
    envelope: &message::Envelope<'_>,
) -> Result<(Sending, Option<Refusal>), Problem> {
    let has_file = |id: &str| simulator.file(id).is_some();
    let (content, flaw) = if envelope.kind == "template" {
        match template_content(simulator, line, call, &has_file)? {
            Ok(content) => (content, None),
            Err(refusal) => (crate::message::ToUser::default(), Some(refusal)),
        }
    } else {
        (message::content(call, envelope.kind, &has_file)?, None)
    };
    let reply_to = envelope.reply_to.map(str::to_owned);
    let id = webhook::message_id(simulator.seed());
    let sending = Sending {
        id: id.clone(),
        whatsapp_id: id,
        to: envelope.to.to_owned(),
        client_reference: envelope.callback_data.map(str::to_owned),
        content: crate::message::ToUser { reply_to, ..content },
    };
    Ok((sending, flaw))
}

/// The filled template, or why the account cannot send it.
fn template_content(
    simulator: &Simulator,
    line: &Line,
    call: &Params<'_>,
    has_file: &dyn Fn(&str) -> bool,
) -> Result<Result<crate::message::ToUser, Refusal>, Problem> {
    let object = call.object("template")?;
    let (name, language) = filling::key(&object)?;
    let found = simulator
        .sendable_template(line, |template| template.name == name && template.language == language);
    let template = match found {
        Ok(template) => template,
        Err(refusal) => return Ok(Err(refusal)),
    };
    let filling = filling::filling(&object, &template, has_file)?;
    Ok(template.fill(&filling))
}

fn accepted(envelope: &message::Envelope<'_>, wa_id: &str, id: &str, is_template: bool) -> Value {
    let mut contact = json!({ "input": envelope.to });
    if envelope.is_scoped_id {
        contact["user_id"] = json!(envelope.to);
    } else {
        contact["wa_id"] = json!(wa_id);
    }
    let mut message = json!({ "id": id });
    if is_template {
        message["message_status"] = json!("accepted");
    }
    json!({ "messaging_product": "whatsapp", "contacts": [contact], "messages": [message] })
}

fn mark_read(simulator: &Simulator, line: &Line, call: &Params<'_>) -> Result<Response, Problem> {
    call.only(&["messaging_product", "status", "message_id", "typing_indicator"])?;
    call.word("messaging_product", &["whatsapp"])?;
    call.word("status", &["read"])?;
    if let Some(typing) = call.optional_object("typing_indicator")? {
        typing.only(&["type"])?;
        typing.word("type", &["text"])?;
    }
    let id = call.text("message_id", 256)?;
    simulator.mark_read(line, id).map_err(|missing| Problem::parameter(missing.to_string()))?;
    Ok(success())
}

fn success() -> Response {
    Json(json!({ "success": true })).into_response()
}

/// A number, or a file.
async fn node(
    Extract(simulator): Extract<Simulator>,
    Path(place): Place,
    Query(query): Pairs,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let Some(file) = simulator.file(&place.1) else {
        let line = line(&simulator, &headers, &place, "phone_number_id")?;
        return Ok(Json(number(&line)).into_response());
    };
    check_version(&place.0)?;
    let token = token(&headers)?;
    let line = simulator
        .line_where(NAME, |line| {
            line.accepts("access_token", token)
                && query.get("phone_number_id").is_none_or(|id| line.accepts("phone_number_id", id))
        })
        .ok_or_else(Problem::token)?;
    let until = simulator.now_millis().div_euclid(1000) + LINK_SECONDS;
    let digest = ring::digest::digest(&ring::digest::SHA256, &file.bytes);
    Ok(Json(json!({
        "messaging_product": "whatsapp",
        "url": format!("{}/{}/files/{}?ext={until}", simulator.address(), line.carrier, place.1),
        "mime_type": file.mime,
        "sha256": STANDARD.encode(digest),
        "file_size": file.bytes.len().to_string(),
        "id": place.1,
    }))
    .into_response())
}

fn number(line: &Line) -> Value {
    json!({
        "id": line.setting("phone_number_id"),
        "verified_name": line.name,
        "display_phone_number": format!("+{}", line.number),
        "quality_rating": "GREEN",
        "platform_type": "CLOUD_API",
        "status": "CONNECTED",
        "code_verification_status": "VERIFIED",
        "name_status": "APPROVED",
        "throughput": { "level": "STANDARD" },
    })
}

/// The bytes: only with a token, and only while the link is good.
async fn bytes(
    Extract(simulator): Extract<Simulator>,
    Path(id): Path<String>,
    Query(query): Pairs,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let token = token(&headers)?;
    let line = simulator.line_where(NAME, |line| line.accepts("access_token", token));
    line.ok_or_else(Problem::token)?;
    let now = simulator.now_millis().div_euclid(1000);
    let is_good =
        query.get("ext").and_then(|until| until.parse().ok()).is_some_and(|until: i64| now < until);
    match simulator.file(&id).filter(|_| is_good) {
        Some(file) => {
            let mime = header::HeaderValue::from_str(&file.mime)
                .unwrap_or(header::HeaderValue::from_static("application/octet-stream"));
            Ok(([(header::CONTENT_TYPE, mime)], file.bytes.as_slice().to_vec()).into_response())
        }
        None => Ok(StatusCode::NOT_FOUND.into_response()),
    }
}

async fn create_template(
    Extract(simulator): Extract<Simulator>,
    Path(place): Place,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, Problem> {
    let line = line(&simulator, &headers, &place, "waba_id")?;
    let answer = review::create(&simulator, &line, &json_body(&body)?)?;
    Ok(Json(answer).into_response())
}

async fn list_templates(
    Extract(simulator): Extract<Simulator>,
    Path(place): Place,
    Query(query): Pairs,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let line = line(&simulator, &headers, &place, "waba_id")?;
    let limit = match query.get("limit").map(|limit| limit.parse()) {
        None => None,
        Some(Ok(limit)) => Some(limit),
        Some(Err(_)) => return Err(Problem::parameter("Param limit must be an integer.")),
    };
    let question = review::Question {
        name: query.get("name").cloned(),
        limit,
        after: query.get("after").cloned(),
    };
    Ok(Json(review::list(&simulator, &line, &question)?).into_response())
}

async fn delete_template(
    Extract(simulator): Extract<Simulator>,
    Path(place): Place,
    Query(query): Pairs,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let line = line(&simulator, &headers, &place, "waba_id")?;
    let name = query.get("name").ok_or_else(|| Problem::missing("name"))?;
    review::delete(&simulator, &line, name, query.get("hsm_id").map(String::as_str))
}
