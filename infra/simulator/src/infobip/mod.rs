//! Infobip as the gateway sees it: its WhatsApp API and what it posts. Written from its documentation alone. Settings of
//! a line: `api_key`, or `username` and `password`; `webhook_auth` (`basic`, `url_token`, `static_header`, `hmac`) with
//! `webhook_username`, `webhook_password`, `webhook_token`, `webhook_secret`, `webhook_header` for what its webhooks
//! carry; `sandbox_keyword` where users begin with the account's word.

mod cards;
mod fields;
mod interactive;
mod message;
mod news;
mod problem;
mod proof;
mod template;
#[cfg(test)]
mod tests;
mod time;

use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use self::fields::{Fields, invalid};
use crate::carrier::News;
use crate::message::{Said, Sent, StatusChange, ToUser};
use crate::template::{CategoryChange, Template};
use crate::{Carrier, Line, Refusal, Sending, Simulator, Taken, User, WebhookPost};

/// The path below which the API is, and the carrier of a line.
pub const NAME: &str = "infobip";

/// Infobip.
pub struct Infobip {
    /// Where the simulator is reached: files of users lie at the account's own host.
    pub address: String,
}

impl Infobip {
    fn media(&self, line: &Line, file: &str) -> String {
        let host = self.address.trim_end_matches('/');
        format!("{host}/{NAME}/whatsapp/1/senders/{}/media/{file}", line.number)
    }
}

impl Carrier for Infobip {
    fn name(&self) -> &'static str {
        NAME
    }

    fn routes(&self, simulator: Simulator) -> Router {
        let templates = get(template::list).post(template::create);
        let one = get(template::one).delete(template::delete);
        Router::new()
            .route("/whatsapp/1/message/template", post(templates_sent))
            .route("/whatsapp/1/message/{kind}", post(sent))
            .route("/whatsapp/1/message/interactive/{kind}", post(interactive_sent))
            .route("/whatsapp/1/events", post(typing))
            .route("/whatsapp/1/senders/{sender}/message/{id}/read", post(read))
            .route("/whatsapp/1/senders/{sender}/media/{id}", get(media))
            .route("/whatsapp/2/senders/{sender}/templates", templates)
            .route("/whatsapp/2/senders/{sender}/templates/{name}", one)
            .route("/subscriptions/1/subscription/WHATSAPP", post(proof::subscribe))
            .fallback(|| async { problem::not_found() })
            .with_state(simulator)
    }

    fn message_id(&self, _: &Line, seed: [u8; 16]) -> String {
        format!("wamid.{}", STANDARD.encode(seed))
    }

    fn user_message(&self, line: &Line, user: &User, said: &Said) -> WebhookPost {
        self.results(line, &[News::Said(user, said)])
    }

    fn status(&self, line: &Line, sent: &Sent, change: &StatusChange) -> Option<WebhookPost> {
        let report = news::report(sent, change)?;
        Some(proof::post(line, &news::envelope(&[report])))
    }

    fn batch(&self, line: &Line, news: &[News<'_>]) -> Option<WebhookPost> {
        Some(self.results(line, news))
    }

    fn template_decided(&self, line: &Line, template: &Template) -> Option<WebhookPost> {
        Some(proof::post(line, &news::template(template)))
    }

    /// A change that is only announced is not told.
    fn template_recategorized(
        &self,
        line: &Line,
        before: &Template,
        change: &CategoryChange,
    ) -> Option<WebhookPost> {
        (!change.is_announced).then(|| proof::post(line, &news::recategorized(before, change)))
    }

    fn refuse(&self, _: &Line, refusal: &Refusal) -> Response {
        problem::answer(refusal)
    }

    /// Whatever is wrong with the user or the template is found out on the way (7008, 7009).
    fn refuses_later(&self, _: &Line, refusal: &Refusal) -> bool {
        match refusal {
            Refusal::WindowClosed
            | Refusal::NotOnWhatsApp
            | Refusal::TemplateMissing
            | Refusal::TemplatePaused
            | Refusal::TemplateDisabled
            | Refusal::ParameterCount { .. }
            | Refusal::ParameterFormat { .. } => true,
            Refusal::Invalid { .. }
            | Refusal::Unauthorized
            | Refusal::RateLimited
            | Refusal::Unavailable { .. }
            | Refusal::Garbage
            | Refusal::Code { .. } => false,
        }
    }
}

impl Infobip {
    fn results(&self, line: &Line, news: &[News<'_>]) -> WebhookPost {
        let media = |file: &str| self.media(line, file);
        let results = news.iter().filter_map(|one| match one {
            News::Said(user, said) => Some(news::message(line, user, said, &media)),
            News::Status(sent, change) => news::report(sent, change),
        });
        let results: Vec<Value> = results.collect();
        proof::post(line, &news::envelope(&results))
    }
}

/// Whether the call bears the line's credentials.
fn is_of(line: &Line, headers: &HeaderMap) -> bool {
    let given = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    let Some((scheme, given)) = given.and_then(|given| given.split_once(' ')) else { return false };
    match scheme {
        "App" => line.accepts("api_key", given),
        "Basic" => {
            let (user, password) = (line.setting("username"), line.setting("password"));
            let pair = STANDARD.encode(format!("{user}:{password}"));
            !user.is_empty() && !password.is_empty() && given == pair
        }
        _ => false,
    }
}

/// The line with this number, if the call bears its credentials. Whoever bears those of no line at all is told apart
/// from one whose account has no such number.
fn line(simulator: &Simulator, headers: &HeaderMap, number: &str) -> Result<Line, Refusal> {
    let known = simulator.line_where(NAME, |line| is_of(line, headers));
    known.ok_or(Refusal::Unauthorized)?;
    simulator
        .line_where(NAME, |line| is_of(line, headers) && line.number == number)
        .ok_or_else(|| invalid("from", "is no sender of the account"))
}

async fn sent(
    State(simulator): State<Simulator>,
    Path(kind): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    one_sent(&simulator, &headers, &body, |content| message::content(&kind, content))
}

async fn interactive_sent(
    State(simulator): State<Simulator>,
    Path(kind): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    one_sent(&simulator, &headers, &body, |content| interactive::content(&kind, content))
}

fn one_sent(
    simulator: &Simulator,
    headers: &HeaderMap,
    body: &[u8],
    content: impl Fn(&Fields<'_>) -> Result<ToUser, Refusal>,
) -> Response {
    let answer = fields::body(body).and_then(|body| {
        let call = Fields::call(&body)?;
        call.only(&[
            "from",
            "to",
            "messageId",
            "content",
            "callbackData",
            "notifyUrl",
            "urlOptions",
            "entityId",
            "applicationId",
            "context",
        ])?;
        let line = line(simulator, headers, call.text("from", 24)?)?;
        let shown = content(&call.object("content")?)?;
        let reply_to = match call.optional_object("context")? {
            None => None,
            Some(context) => {
                context.only(&["replyToMessageId"])?;
                Some(context.text("replyToMessageId", 512)?.to_owned())
            }
        };
        let taken = hand_over(simulator, &line, &call, ToUser { reply_to, ..shown }, None)?;
        let answer = Json(message::accepted(&taken.sent)).into_response();
        Ok(taken.answer(answer))
    });
    answer.unwrap_or_else(|refusal| problem::answer(&refusal))
}

/// Gives the message to WhatsApp under the caller's id, or under a new one.
fn hand_over(
    simulator: &Simulator,
    line: &Line,
    call: &Fields<'_>,
    content: ToUser,
    flaw: Option<Refusal>,
) -> Result<Taken, Refusal> {
    let given = call.optional_text("messageId", 50)?.map(str::to_owned);
    let id = given.unwrap_or_else(|| uuid(simulator.seed()));
    let to = call.text("to", 24)?;
    if !to.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(invalid("to", "must be digits"));
    }
    let sending = Sending {
        id: id.clone(),
        whatsapp_id: id,
        to: to.to_owned(),
        client_reference: call.optional_text("callbackData", 4000)?.map(str::to_owned),
        content,
    };
    simulator.send_with(line, sending, flaw)
}

/// Infobip's own id.
fn uuid(seed: [u8; 16]) -> String {
    let hex = hex::encode(seed);
    format!("{}-{}-{}-{}-{}", &hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..])
}

/// The only call that takes several messages. A message of the list that cannot be read refuses all of them.
async fn templates_sent(
    State(simulator): State<Simulator>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let answer = fields::body(&body).and_then(|body| {
        let call = Fields::call(&body)?;
        call.only(&["messages", "bulkId", "tracking"])?;
        let mut taken = Vec::new();
        for message in call.objects("messages", 1, 1000)? {
            message.only(&[
                "from",
                "to",
                "messageId",
                "content",
                "callbackData",
                "notifyUrl",
                "urlOptions",
                "smsFailover",
                "entityId",
                "applicationId",
            ])?;
            let line = line(&simulator, &headers, message.text("from", 24)?)?;
            let (shown, flaw) = template::filled(&simulator, &line, &message.object("content")?)?;
            taken.push(hand_over(&simulator, &line, &message, shown, flaw)?);
        }
        let messages: Vec<Value> =
            taken.iter().map(|taken| message::accepted(&taken.sent)).collect();
        let bulk = call.optional_text("bulkId", 100)?.unwrap_or("2034072219640523073");
        let answer = Json(json!({ "messages": messages, "bulkId": bulk })).into_response();
        // What is played on an answer is played for the first of its messages.
        Ok(match taken.into_iter().next() {
            Some(first) => first.answer(answer),
            None => answer,
        })
    });
    answer.unwrap_or_else(|refusal| problem::answer(&refusal))
}

async fn read(
    State(simulator): State<Simulator>,
    Path((sender, id)): Path<(String, String)>,
    headers: HeaderMap,
) -> Response {
    let line = match line(&simulator, &headers, &sender) {
        Ok(line) => line,
        Err(refusal) => return problem::answer(&refusal),
    };
    match simulator.mark_read(&line, &id) {
        Ok(()) => StatusCode::OK.into_response(),
        // The third shape of an error.
        Err(missing) => {
            let body = json!({ "error": missing.to_string() });
            (StatusCode::BAD_REQUEST, Json(body)).into_response()
        }
    }
}

/// Nobody sees the three dots here; the call is only checked.
async fn typing(State(simulator): State<Simulator>, headers: HeaderMap, body: Bytes) -> Response {
    let answer = fields::body(&body).and_then(|body| {
        let call = Fields::call(&body)?;
        call.only(&["events"])?;
        for event in call.objects("events", 1, 100)? {
            event.only(&["sender", "destinations", "content"])?;
            line(&simulator, &headers, event.text("sender", 24)?)?;
            for destination in event.objects("destinations", 1, 100)? {
                destination.text("to", 24)?;
            }
            event.object("content")?.word("type", &["TYPING_INDICATOR"])?;
        }
        Ok(Json(json!({ "bulkId": "2034072219640523073", "messages": [] })).into_response())
    });
    answer.unwrap_or_else(|refusal| problem::answer(&refusal))
}

/// A user's file: only with the account's credentials.
async fn media(
    State(simulator): State<Simulator>,
    Path((sender, id)): Path<(String, String)>,
    headers: HeaderMap,
) -> Response {
    if let Err(refusal) = line(&simulator, &headers, &sender) {
        return problem::answer(&refusal);
    }
    let Some(file) = simulator.file(&id) else { return problem::not_found() };
    let mime = HeaderValue::from_str(&file.mime)
        .unwrap_or(HeaderValue::from_static("application/octet-stream"));
    ([(header::CONTENT_TYPE, mime)], file.bytes.as_slice().to_vec()).into_response()
}
