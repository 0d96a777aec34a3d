//! GupShup as the gateway sees it: the enterprise gateway, self-serve and the partner API. Written from its
//! documentation alone. A line's `mode` (`enterprise`, `self_serve`) says which product it is a customer of; its other
//! settings have the names of GupShup's own fields.

mod enterprise;
mod enterprise_news;
mod enterprise_templates;
mod form;
mod partner;
mod self_serve;
mod self_serve_templates;
#[cfg(test)]
mod tests;
mod token;
mod uploads;
mod v2_news;
mod v3_news;

use axum::Router;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post, put};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::Value;

use crate::carrier::News;
use crate::message::{Said, Sent, StatusChange};
use crate::template::{CategoryChange, Template};
use crate::{Carrier, Line, Refusal, Simulator, User, WebhookPost};

/// The path below which the API is, and the carrier of a line.
pub const NAME: &str = "gupshup";

/// GupShup with all of its products.
pub struct Gupshup {
    /// Where the simulator is reached: files of users are told as links.
    pub address: String,
}

/// How a line is told what happens.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Dialect {
    Enterprise,
    V2,
    V3,
}

fn dialect(line: &Line) -> Dialect {
    match (line.setting("mode"), line.setting("webhook_version")) {
        ("self_serve", "3") => Dialect::V3,
        ("self_serve", _) => Dialect::V2,
        _ => Dialect::Enterprise,
    }
}

impl Gupshup {
    fn link(&self, file: &str) -> String {
        format!("{}/simulator/files/{file}", self.address.trim_end_matches('/'))
    }
}

impl Carrier for Gupshup {
    fn name(&self) -> &'static str {
        NAME
    }

    fn routes(&self, simulator: Simulator) -> Router {
        let templates = get(self_serve_templates::list).post(self_serve_templates::create);
        let template = get(self_serve_templates::one).delete(self_serve_templates::delete);
        Router::new()
            .route("/GatewayAPI/rest", get(enterprise::by_query).post(enterprise::by_form))
            .route("/wa/api/v1/msg", post(self_serve::message))
            .route("/wa/api/v1/template/msg", post(self_serve::template_message))
            .route("/wa/app/{app}/msg/{id}/read", put(self_serve::read))
            .route("/wa/app/{app}/subscription", post(self_serve::subscribe))
            .route("/wa/app/{app}/template", templates.clone())
            .route("/wa/app/{app}/template/{name}", template.clone())
            .route("/partner/app/{app}/v3/message", post(partner::message))
            .route("/partner/app/{app}/media/{id}", get(partner::media))
            .route("/partner/app/{app}/subscription", post(self_serve::subscribe))
            .route("/partner/app/{app}/upload/media", post(uploads::partner))
            .route("/wa/{app}/wa/media/v2", post(uploads::self_serve))
            .route("/partner/app/{app}/templates", templates)
            .route("/partner/app/{app}/template/{name}", template)
            .with_state(simulator)
    }

    fn message_id(&self, line: &Line, seed: [u8; 16]) -> String {
        match dialect(line) {
            Dialect::Enterprise => gateway_id(seed),
            Dialect::V2 => format!("ABEG{}", URL_SAFE_NO_PAD.encode(seed)),
            Dialect::V3 => format!("wamid.{}", URL_SAFE_NO_PAD.encode(seed)),
        }
    }

    fn user_message(&self, line: &Line, user: &User, said: &Said) -> WebhookPost {
        match dialect(line) {
            Dialect::Enterprise => {
                let address_of = |file: &str| self.link(file);
                callback(line, &enterprise_news::message(line, user, said, &address_of))
            }
            Dialect::V2 => {
                let address_of = |file: &str| self.link(file);
                callback(line, &v2_news::message(line, user, said, &address_of))
            }
            Dialect::V3 => self.v3(line, &[News::Said(user, said)]),
        }
    }

    fn status(&self, line: &Line, sent: &Sent, change: &StatusChange) -> Option<WebhookPost> {
        Some(match dialect(line) {
            Dialect::Enterprise => {
                let report = enterprise_news::report(sent, change)?;
                callback(line, &enterprise_news::reports(vec![report]))
            }
            Dialect::V2 => callback(line, &v2_news::status(line, sent, change)),
            Dialect::V3 => self.v3(line, &[News::Status(sent, change)]),
        })
    }

    /// The gateway joins reports, version 3 anything; version 2 tells one thing at a time.
    fn batch(&self, line: &Line, news: &[News<'_>]) -> Option<WebhookPost> {
        match dialect(line) {
            Dialect::Enterprise => {
                let reports = news.iter().map(|one| match one {
                    News::Said(..) => None,
                    News::Status(sent, change) => enterprise_news::report(sent, change),
                });
                let reports: Option<Vec<Value>> = reports.collect();
                Some(callback(line, &enterprise_news::reports(reports?)))
            }
            Dialect::V2 => None,
            Dialect::V3 => Some(self.v3(line, news)),
        }
    }

    /// The gateway only shows it in its list.
    fn template_decided(&self, line: &Line, template: &Template) -> Option<WebhookPost> {
        match dialect(line) {
            Dialect::Enterprise => None,
            Dialect::V2 => Some(callback(line, &v2_news::template(line, template))),
            Dialect::V3 => Some(callback(line, &v3_news::template(line, template))),
        }
    }

    fn template_recategorized(
        &self,
        line: &Line,
        before: &Template,
        change: &CategoryChange,
    ) -> Option<WebhookPost> {
        match dialect(line) {
            Dialect::Enterprise => None,
            Dialect::V2 => Some(callback(line, &v2_news::category(line, before, change)?)),
            Dialect::V3 => Some(callback(line, &v3_news::category(line, before, change))),
        }
    }

    fn refuse(&self, line: &Line, refusal: &Refusal) -> Response {
        match dialect(line) {
            Dialect::Enterprise => enterprise::refuse(refusal, "json"),
            Dialect::V2 | Dialect::V3 => self_serve::refuse(refusal),
        }
    }

    /// Both products take a message first and find out later whether WhatsApp does.
    fn refuses_later(&self, _: &Line, refusal: &Refusal) -> bool {
        matches!(refusal, Refusal::WindowClosed | Refusal::NotOnWhatsApp)
    }
}

impl Gupshup {
    fn v3(&self, line: &Line, news: &[News<'_>]) -> WebhookPost {
        callback(line, &v3_news::envelope(line, news, &|file| self.link(file)))
    }
}

/// Two long numbers with a dash, as the gateway counts.
fn gateway_id(seed: [u8; 16]) -> String {
    let (first, second) = (number(&seed[..8]), number(&seed[8..]));
    format!("{first}-{second}")
}

/// Eighteen or nineteen digits.
fn number(bytes: &[u8]) -> u64 {
    let value = bytes.iter().fold(0_u64, |value, byte| (value << 8) | u64::from(*byte));
    1_000_000_000_000_000_000 + value % 8_000_000_000_000_000_000
}

/// GupShup's own id of a sending: a UUID.
fn gupshup_id(seed: [u8; 16]) -> String {
    let hex = hex::encode(seed);
    format!("{}-{}-{}-{}-{}", &hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..])
}

/// WhatsApp's id of the same sending; [`gupshup_id_of`] finds the way back.
fn whatsapp_id(seed: [u8; 16]) -> String {
    format!("gBEG{}", URL_SAFE_NO_PAD.encode(seed))
}

/// GupShup's id of a message of ours, where WhatsApp's id is one that we gave out.
fn gupshup_id_of(whatsapp_id: &str) -> Option<String> {
    let bytes = URL_SAFE_NO_PAD.decode(whatsapp_id.strip_prefix("gBEG")?).ok()?;
    Some(gupshup_id(bytes.try_into().ok()?))
}

/// A callback with what proves that it is GupShup. The gateway can be set to forms (`callback_format`).
fn callback(line: &Line, body: &Value) -> WebhookPost {
    let is_form = line.setting("callback_format") == "form";
    let (kind, body) = match body.as_object().filter(|_| is_form) {
        Some(fields) => ("application/x-www-form-urlencoded", form::encode(fields)),
        None => ("application/json", body.to_string()),
    };
    let mut headers = vec![("content-type".to_owned(), kind.to_owned())];
    headers.extend(token::authorization(line).map(|value| ("authorization".to_owned(), value)));
    WebhookPost { url: line.webhook_url.clone(), headers, body: body.into_bytes() }
}

/// What an outage answers.
fn garbage() -> Response {
    let page = "<html><body><h1>502 Bad Gateway</h1></body></html>";
    (StatusCode::OK, [("content-type", "text/html")], page).into_response()
}

/// A status of the 5xx class with nothing in it.
fn unavailable(status: u16) -> Response {
    StatusCode::from_u16(status).unwrap_or(StatusCode::SERVICE_UNAVAILABLE).into_response()
}
