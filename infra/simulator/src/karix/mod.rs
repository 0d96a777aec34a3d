//! Karix as the gateway sees it: the RCM API, its files and its templates, which are three hosts there and one here.
//! Settings of a line: `account_key`, `waba_id`, `template_token` where it is another key, `webhook_token` and
//! `webhook_header` where something else than the key proves Karix; `reference` = `dropped` leaves out of the reports
//! what the sender gave, `wrapped` = `data_body` wraps all that is posted.

mod media;
mod news;
mod send;
mod templates;
#[cfg(test)]
mod tests;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use crate::message::{Said, Sent, StatusChange};
use crate::template::Template;
use crate::{Carrier, Line, Refusal, Simulator, User, WebhookPost};

/// The path below which the API is, and the carrier of a line.
pub const NAME: &str = "karix";

/// Room for the largest example of a template.
const UPLOAD_BYTES_MAX: usize = 20 * 1024 * 1024;

/// Karix.
pub struct Karix {
    /// Where the simulator is reached: files of users are told as links.
    pub address: String,
}

impl Carrier for Karix {
    fn name(&self) -> &'static str {
        NAME
    }

    fn routes(&self, simulator: Simulator) -> Router {
        let template = get(templates::one).delete(templates::delete);
        Router::new()
            .route("/services/rcm/sendMessage", post(send::message).get(send::not_so))
            .route("/services/media/download", get(media::download))
            .route("/services/media/get", get(media::locate))
            .route("/api/v1.0/template/{waba}", get(templates::list).post(templates::create))
            .route(
                "/api/v1.0/template/{waba}/media",
                post(templates::upload).layer(DefaultBodyLimit::max(UPLOAD_BYTES_MAX)),
            )
            .route("/api/v1.0/template/{waba}/{id}", template)
            .with_state(simulator)
    }

    fn message_id(&self, _: &Line, seed: [u8; 16]) -> String {
        format!("wamid.{}", STANDARD.encode(seed))
    }

    fn user_message(&self, line: &Line, user: &User, said: &Said) -> WebhookPost {
        let link_of = |file: &str| {
            let address = self.address.trim_end_matches('/');
            format!("{address}/{NAME}/services/media/download?filedata={}", media::filedata(file))
        };
        posted(line, news::message(line, user, said, &link_of))
    }

    fn status(&self, line: &Line, sent: &Sent, change: &StatusChange) -> Option<WebhookPost> {
        Some(posted(line, news::report(line, sent, change)))
    }

    /// Karix only shows it in its list.
    fn template_decided(&self, _: &Line, _: &Template) -> Option<WebhookPost> {
        None
    }

    fn refuse(&self, _: &Line, refusal: &Refusal) -> Response {
        refuse(refusal)
    }

    /// Karix takes a message first and finds out later whether WhatsApp does.
    fn refuses_later(&self, _: &Line, refusal: &Refusal) -> bool {
        matches!(refusal, Refusal::WindowClosed | Refusal::NotOnWhatsApp)
    }
}

/// An event with what proves that it is Karix.
fn posted(line: &Line, body: Value) -> WebhookPost {
    let body = match line.setting("wrapped") {
        "data_body" => json!({ "data_body": body }),
        _ => body,
    };
    let (header, token) = (line.setting("webhook_header"), line.setting("webhook_token"));
    let token = if token.is_empty() { line.setting("account_key") } else { token };
    let header = if header.is_empty() { "authorization" } else { header };
    let headers = vec![
        ("content-type".to_owned(), "application/json".to_owned()),
        (header.to_ascii_lowercase(), format!("Bearer {token}")),
    ];
    WebhookPost { url: line.webhook_url.clone(), headers, body: body.to_string().into_bytes() }
}

/// The key of Karix's odd header. The usual one does not open anything.
fn key(headers: &HeaderMap) -> &str {
    let value = headers.get("authentication").and_then(|value| value.to_str().ok());
    value.and_then(|value| value.strip_prefix("Bearer ")).unwrap_or_default()
}

/// A line whose account key this is; an account may have several.
fn line(simulator: &Simulator, headers: &HeaderMap) -> Result<Line, Refusal> {
    let key = key(headers);
    let found = simulator.line_where(NAME, |line| line.accepts("account_key", key));
    found.ok_or(Refusal::Unauthorized)
}

/// The account's line with this number.
fn sender(simulator: &Simulator, headers: &HeaderMap, number: &str) -> Result<Line, Refusal> {
    let key = key(headers);
    let is_it = |line: &Line| line.accepts("account_key", key) && line.number == number;
    let found = simulator.line_where(NAME, is_it);
    found.ok_or_else(|| invalid("the sender is not of this account"))
}

fn invalid(detail: impl Into<String>) -> Refusal {
    Refusal::Invalid { detail: detail.into() }
}

/// The answer to a sending that was refused: with HTTP 200, but where not Karix itself answers. Of the codes only 210
/// is published; the others here are of the class that it stands for.
fn refuse(refusal: &Refusal) -> Response {
    let (code, text) = match refusal {
        Refusal::Unauthorized => {
            let body = json!({ "statusCode": "401", "statusDesc": "Invalid account key" });
            return json_answer(StatusCode::UNAUTHORIZED, &body);
        }
        Refusal::RateLimited => {
            let body = json!({ "statusCode": "429", "statusDesc": "Too many requests" });
            return json_answer(StatusCode::TOO_MANY_REQUESTS, &body);
        }
        Refusal::Unavailable { status } => {
            let status = StatusCode::from_u16(*status);
            return status.unwrap_or(StatusCode::SERVICE_UNAVAILABLE).into_response();
        }
        Refusal::Garbage => {
            let page = "<html><body><h1>502 Bad Gateway</h1></body></html>";
            return (StatusCode::OK, [("content-type", "text/html")], page).into_response();
        }
        Refusal::TemplateMissing => ("210".to_owned(), "HSM ID does not exist".to_owned()),
        Refusal::TemplatePaused | Refusal::TemplateDisabled => {
            ("211".to_owned(), "HSM ID is not active".to_owned())
        }
        Refusal::ParameterCount { expected, got } => {
            ("212".to_owned(), format!("the template has {expected} parameters, not {got}"))
        }
        Refusal::ParameterFormat { detail } => ("213".to_owned(), detail.clone()),
        Refusal::Invalid { detail } => ("202".to_owned(), detail.clone()),
        Refusal::WindowClosed | Refusal::NotOnWhatsApp => news::failure(refusal),
        Refusal::Code { code, text } => (code.clone(), text.clone()),
    };
    json_answer(StatusCode::OK, &json!({ "statusCode": code, "statusDesc": text }))
}

fn json_answer(status: StatusCode, body: &Value) -> Response {
    (status, [("content-type", "application/json")], body.to_string()).into_response()
}
