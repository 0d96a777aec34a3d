//! 360dialog as it plays both of its generations: `/360dialog/…`. The second hands the Cloud API on under its own key
//! (`messages`, `media`, `health_status`), the first is the on-premise API under `/v1` (`flat`). Both have the same
//! calls for webhooks and templates.

mod flat;
mod hub;
mod media;
mod templates;
#[cfg(test)]
mod tests;

use axum::body::Bytes;
use axum::extract::State as Extract;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{delete, get, post, put};
use axum::{Json, Router};
use serde_json::{Value, json};

use crate::carrier::{Carrier, News, Refusal, WebhookPost};
use crate::line::{Line, User};
use crate::message::{Said, Sent, StatusChange};
use crate::meta::{Meta, carried};
use crate::simulator::Simulator;
use crate::template::Template;

const NAME: &str = "360dialog";
const KEY: &str = "d360-api-key";
/// Headers that were registered with the webhook are settings of the line under this beginning.
const HEADER: &str = "header:";

/// 360dialog. Settings of a line: `token`; `api` = `v1` for the legacy generation, whose templates are in `namespace`;
/// `registration` = `refused`, `broken` or `elsewhere` for what becomes of the registration of a webhook.
#[derive(Debug, Clone, Copy)]
pub struct Dialog360;

impl Carrier for Dialog360 {
    fn name(&self) -> &'static str {
        NAME
    }

    fn routes(&self, simulator: Simulator) -> Router {
        Router::new()
            .route("/messages", post(messages))
            .route("/media", post(media::upload))
            .route("/message_templates", get(templates::list_as_meta))
            .route("/health_status", get(hub::health))
            .route("/whatsapp_business/attachments/", get(media::bytes))
            .route("/{id}", get(media::look_up))
            .route("/v1/messages", post(flat::messages))
            .route("/v1/messages/{id}", put(flat::mark_read))
            .route("/v1/contacts", post(flat::contacts))
            .route("/v1/media", post(media::upload_flat))
            .route("/v1/media/{id}", get(media::bytes_flat))
            .route("/v1/health", get(hub::health_flat))
            .route("/v1/configs/webhook", get(hub::webhook).post(hub::register))
            .route("/v1/configs/templates", get(templates::list).post(templates::create))
            .route("/v1/configs/templates/{name}", delete(templates::delete))
            .fallback(|| async { Problem::new(404, "Not found") })
            .with_state(simulator)
    }

    fn message_id(&self, line: &Line, seed: [u8; 16]) -> String {
        match api(line) {
            Api::V1 => flat::message_id(seed),
            Api::V2 => Meta.message_id(line, seed),
        }
    }

    fn user_message(&self, line: &Line, user: &User, said: &Said) -> WebhookPost {
        let post = Meta.user_message(line, user, said);
        match api(line) {
            Api::V1 => webhook(line, &flat::user_message(&json_of(&post), said)),
            Api::V2 => webhook(line, &json_of(&post)),
        }
    }

    fn status(&self, line: &Line, sent: &Sent, change: &StatusChange) -> Option<WebhookPost> {
        let post = Meta.status(line, sent, change)?;
        Some(match api(line) {
            Api::V1 => webhook(line, &flat::status(&json_of(&post))),
            Api::V2 => webhook(line, &json_of(&post)),
        })
    }

    fn batch(&self, line: &Line, news: &[News<'_>]) -> Option<WebhookPost> {
        match api(line) {
            Api::V1 => {
                let parts = news.iter().filter_map(|one| match one {
                    News::Said(user, said) => Some(self.user_message(line, user, said)),
                    News::Status(sent, change) => self.status(line, sent, change),
                });
                Some(webhook(line, &flat::joined(parts.map(|post| json_of(&post)))))
            }
            Api::V2 => Some(webhook(line, &json_of(&Meta.batch(line, news)?))),
        }
    }

    /// The end of a review is told to the account's webhook, and the number's is another one.
    fn template_decided(&self, _: &Line, _: &Template) -> Option<WebhookPost> {
        None
    }

    fn refuse(&self, line: &Line, refusal: &Refusal) -> Response {
        match api(line) {
            Api::V1 => flat::refuse(refusal),
            Api::V2 => carried::refuse(refusal),
        }
    }

    fn refuses_later(&self, line: &Line, refusal: &Refusal) -> bool {
        match api(line) {
            Api::V1 => false,
            Api::V2 => Meta.refuses_later(line, refusal),
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Api {
    V1,
    V2,
}

fn api(line: &Line) -> Api {
    if line.setting("api") == "v1" { Api::V1 } else { Api::V2 }
}

/// An error of the proxy itself.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Problem {
    http_code: u16,
    message: String,
}

impl Problem {
    fn new(http_code: u16, message: impl Into<String>) -> Self {
        Self { http_code, message: message.into() }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.http_code).unwrap_or(StatusCode::BAD_REQUEST);
        let meta = json!({
            "success": false,
            "http_code": self.http_code,
            "developer_message": self.message,
        });
        (status, Json(json!({ "meta": meta }))).into_response()
    }
}

/// The line of a key.
fn line(simulator: &Simulator, headers: &HeaderMap) -> Result<Line, Problem> {
    let key = headers.get(KEY).and_then(|value| value.to_str().ok()).unwrap_or_default();
    simulator
        .line_where(NAME, |line| line.accepts("token", key))
        .ok_or_else(|| Problem::new(401, "Invalid api_key"))
}

/// The line of a key of this generation: the hosts of the other do not know it.
fn line_of(simulator: &Simulator, headers: &HeaderMap, wanted: Api) -> Result<Line, Problem> {
    let line = line(simulator, headers)?;
    if api(&line) == wanted { Ok(line) } else { Err(Problem::new(401, "Invalid api_key")) }
}

fn json_body(body: &[u8]) -> Result<Value, Problem> {
    serde_json::from_slice(body).map_err(|_| Problem::new(400, "The body must be JSON"))
}

async fn messages(
    Extract(simulator): Extract<Simulator>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, Problem> {
    let line = line_of(&simulator, &headers, Api::V2)?;
    Ok(carried::messages(&simulator, &line, &json_body(&body)?))
}

/// With the headers that were registered, and signed by nobody.
fn webhook(line: &Line, body: &Value) -> WebhookPost {
    let own = line
        .settings
        .iter()
        .filter_map(|(name, value)| Some((name.strip_prefix(HEADER)?.to_owned(), value.clone())));
    let kind = ("content-type".to_owned(), "application/json".to_owned());
    WebhookPost {
        url: line.webhook_url.clone(),
        headers: std::iter::once(kind).chain(own).collect(),
        body: body.to_string().into_bytes(),
    }
}

fn json_of(post: &WebhookPost) -> Value {
    serde_json::from_slice(&post.body).unwrap_or_default()
}
