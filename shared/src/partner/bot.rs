//! Calls to a customer's bot: what it is told of a message, and how its answer is read (README 8). Pure: keys and time
//! come in, nothing is sent here. A single reply is read in [`super::bot_reply`].

use std::time::Duration;

use http::{Request, Response, StatusCode};
use serde_json::{Map, Value, json};

pub use super::bot_reply::OwnForms;
use super::bot_reply::{self, unsupported};
use super::hook::{CannotWrite, Unusable, signed};
use super::signature::Key;
use crate::domain::bot::{
    BotAction, BotCall, BotReply, BotSaid, CONTEXT_BYTES_MAX, NewContext, REPLIES_MAX, Refused,
    Talk, Terms,
};
use crate::domain::channel::Channel;
use crate::domain::conversation::Conversation;
use crate::domain::decision::{MessageView, content_object, message_object};
use crate::domain::menu;
use crate::domain::message::{FromUser, Received};
use crate::domain::time::Time;
use crate::domain::user::Address;
use crate::domain::variables::{Manner, Variables};

/// Connection and answer together (README 8).
pub const TIMEOUT: Duration = Duration::from_secs(10);

/// So much of an answer is read; a longer one cannot be understood.
pub const ANSWER_BYTES_MAX: usize = 64 * 1024;

/// What a bot is asked about.
#[derive(Debug, Clone, Copy)]
pub struct Question<'a> {
    pub call: &'a BotCall,
    pub terms: &'a Terms,
    pub channel: &'a Channel,
    pub conversation: &'a Conversation,
    pub message: &'a Received,
    /// A link to the message's file that needs no API key, and until when it works.
    pub link: Option<(&'a str, Time)>,
    /// Where callers reach the API, where that is known.
    pub api: Option<&'a str>,
}

/// The request, signed as a hook.
pub fn build(
    question: &Question<'_>,
    keys: &[Key],
    now: Time,
) -> Result<Request<Vec<u8>>, CannotWrite> {
    let id = question.call.id.to_string();
    let body = body(question).to_string().into_bytes();
    signed(http::Method::POST, &question.terms.url, &id, body, keys, now)
}

/// `{"type", "timestamp", "data"}`, as a `message.received` hook has it, with what only a bot needs.
fn body(question: &Question<'_>) -> Value {
    let Question { call, terms, channel, conversation, message, .. } = question;
    let none = Talk::default();
    let talk = conversation.bot.as_deref().unwrap_or(&none);
    let Conversation { address, name, .. } = conversation;
    json!({
        "type": "message.received",
        "timestamp": message.time,
        "data": {
            "bot": { "id": call.bot, "training": terms.training },
            "conversation": {
                "id": conversation.id,
                "channel_id": channel.id,
                "phone": address.phone(),
                "user_id": conversation.bsuid,
                "name": name,
                "loa": assurance(address),
                "window_closes_at": conversation.window_closes(),
                "context": talk.told_context(),
            },
            "message": told_message(question, talk),
            "variables": Variables::of(channel.provider, address, name.as_deref()),
        },
    })
}

/// How sure it is who writes (A31): a number that WhatsApp knows is 1, a user who hides it 0.
fn assurance(address: &Address) -> u8 {
    match address {
        Address::Phone(_) => 1,
        Address::Bsuid(_) => 0,
    }
}

/// The message as hooks tell it; `text` is all of it in one text, `choice` the option of the bot's last menu that it
/// means (D24).
fn told_message(question: &Question<'_>, talk: &Talk) -> Value {
    let message = question.message;
    let manner = Manner::of(question.channel, question.api);
    let mut told = message_object(&MessageView::FromUser(message));
    if matches!(message.content, FromUser::Location(_)) && !manner.places {
        let kind = "location".to_owned();
        told["message"] = content_object(&FromUser::Unsupported { kind });
    }
    if let Some((url, expires)) = question.link {
        told["message"]["link"] = json!(url);
        told["message"]["link_expires_at"] = json!(expires);
    }
    let place = menu::read(&talk.options, &message.content);
    told["choice"] = place.map_or(
        Value::Null,
        |place| json!({ "id": talk.options[place].id, "title": talk.options[place].title }),
    );
    told["text"] = json!(manner.text(&message.content));
    told
}

/// Reads an answer: 204 (or 202) says nothing now; 200 says a reply, a list of them, or
/// `{"replies", "context", "action"}`. What cannot be done of it is kept as refused; only what is no answer at all is
/// [`Unusable`].
pub fn read(response: &Response<Vec<u8>>, own: OwnForms<'_>) -> Result<BotSaid, Unusable> {
    let body = response.body();
    match response.status() {
        StatusCode::NO_CONTENT | StatusCode::ACCEPTED => return Ok(BotSaid::default()),
        StatusCode::OK if body.iter().all(u8::is_ascii_whitespace) => return Ok(BotSaid::default()),
        StatusCode::OK if body.len() >= ANSWER_BYTES_MAX => {
            return Err(Unusable(format!("the body has over {ANSWER_BYTES_MAX} bytes")));
        }
        StatusCode::OK => {}
        other => return Err(Unusable(format!("status {}", other.as_u16()))),
    }
    let value: Value = serde_json::from_slice(body)
        .map_err(|e| Unusable(format!("the body is not the answer of a bot: {e}")))?;
    let mut said = BotSaid::default();
    match value {
        Value::Object(members) if is_envelope(&members) => said.read_envelope(members, own),
        Value::Array(replies) => said.read_replies(replies, own),
        reply => said.read_replies(vec![reply], own),
    }
    Ok(said)
}

/// An object that is no message and has one of the three parts.
fn is_envelope(members: &Map<String, Value>) -> bool {
    let parts = ["replies", "context", "action"];
    !members.contains_key("type") && parts.iter().any(|part| members.contains_key(*part))
}

impl BotSaid {
    fn read_envelope(&mut self, mut members: Map<String, Value>, own: OwnForms<'_>) {
        match members.remove("replies") {
            None | Some(Value::Null) => {}
            Some(Value::Array(replies)) => self.read_replies(replies, own),
            Some(reply) => self.read_replies(vec![reply], own),
        }
        if let Some(context) = members.remove("context") {
            self.read_context(context);
        }
        if let Some(action) = members.remove("action").filter(|action| !action.is_null()) {
            self.read_action(&action);
        }
    }

    fn read_replies(&mut self, mut replies: Vec<Value>, own: OwnForms<'_>) {
        if replies.len() > REPLIES_MAX {
            let detail = format!("{} replies, of which {REPLIES_MAX} are said", replies.len());
            self.refused.push(Refused::new("too_many_replies", detail));
            replies.truncate(REPLIES_MAX);
        }
        self.replies = replies.into_iter().flat_map(|reply| bot_reply::read(reply, own)).collect();
    }

    fn read_context(&mut self, context: Value) {
        let length = context.to_string().len();
        match context {
            Value::Null => self.context = NewContext::Gone,
            Value::Object(members) if members.is_empty() => self.context = NewContext::Gone,
            Value::Object(_) if length > CONTEXT_BYTES_MAX => {
                let detail =
                    format!("{length} bytes, of which {CONTEXT_BYTES_MAX} are kept at most");
                self.refused.push(Refused::new("context_too_large", detail));
            }
            Value::Object(_) => self.context = NewContext::Is(context),
            Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => {
                self.refused.push(Refused::new("invalid_context", "must be an object"));
            }
        }
    }

    fn read_action(&mut self, action: &Value) {
        let refused = match action["type"].as_str() {
            Some("start_flow") => match action["flow_id"].as_str().map(str::parse) {
                Some(Ok(flow)) => {
                    self.action = Some(BotAction::StartFlow(flow));
                    return;
                }
                Some(Err(_)) | None => {
                    Refused::new("invalid_action", "flow_id must be a flow's id")
                }
            },
            Some("end") => {
                self.action = Some(BotAction::End);
                return;
            }
            Some("handover") => Refused::new(Refused::HANDOVER, "no operators are connected"),
            Some(other) => {
                let word: String = other.chars().take(100).collect();
                Refused::new("unsupported_action", word)
            }
            None => Refused::new("invalid_action", "type is required"),
        };
        self.refused.push(refused);
    }
}

/// A reply that is no message, whatever it is.
pub(super) fn not_a_message(object: Value) -> BotReply {
    BotReply::Failed { object, failure: unsupported("a reply is a text or an object with a type") }
}

#[cfg(test)]
#[path = "bot_tests.rs"]
mod tests;
