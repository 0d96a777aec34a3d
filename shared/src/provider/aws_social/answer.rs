//! What AWS answers. A refusal has the name of its kind in a header or in its body, and one sentence (JSON), or is S3's
//! (XML), which is known by its status alone.

use http::{Response, StatusCode};
use serde::Deserialize;

use crate::domain::channel::OpenChannel;
use crate::domain::message::Failure;
use crate::domain::phone;
use crate::provider::{Answer, Check, Class, codes};

/// Where the kind of a refusal stands.
const ERROR_TYPE: &str = "x-amzn-errortype";

#[derive(Default, Deserialize)]
#[serde(default)]
struct Told {
    #[serde(rename = "messageId")]
    message_id: Option<String>,
    #[serde(rename = "__type", alias = "code")]
    kind: Option<String>,
    #[serde(alias = "Message")]
    message: Option<String>,
}

/// The answer to a sending: AWS has queued it.
pub(super) fn to_sending(channel: &OpenChannel, response: &Response<Vec<u8>>) -> Answer {
    let read = serde_json::from_slice::<Told>(response.body()).ok();
    let is_json = read.is_some();
    if response.status().is_success() {
        let id = read.and_then(|told| told.message_id).filter(|id| !id.is_empty());
        return match id {
            Some(provider_id) => Answer::Accepted { provider_id, wa_id: None },
            // In its own words, but without an id: it has the message, so a second one would double it.
            None if is_json => {
                refused(channel, Class::Final, "http_200", "the answer names no message")
            }
            None => refused(channel, Class::Retry(None), "http_200", "the answer is no JSON"),
        };
    }
    let (class, failure) = refusal(channel, response);
    Answer::Refused { class, failure }
}

fn refused(channel: &OpenChannel, class: Class, code: &str, message: &str) -> Answer {
    Answer::Refused { class, failure: failure(channel, code, message) }
}

/// What an answer that is no success means.
pub(super) fn refusal(channel: &OpenChannel, response: &Response<Vec<u8>>) -> (Class, Failure) {
    let read = serde_json::from_slice::<Told>(response.body()).ok();
    let (is_json, told) = (read.is_some(), read.unwrap_or_default());
    let status = response.status();
    let header = response.headers().get(ERROR_TYPE).and_then(|value| value.to_str().ok());
    let kind = header.map(str::to_owned).or(told.kind);
    let kind = kind.as_deref().map(bare).filter(|kind| !kind.is_empty());
    let class =
        kind.and_then(codes::aws_social::class).unwrap_or_else(|| of_status(status, is_json));
    let code = kind.map_or_else(|| format!("http_{}", status.as_u16()), str::to_owned);
    let message = told.message.filter(|message| !message.is_empty());
    let message = message.unwrap_or_else(|| format!("the answer was status {}", status.as_u16()));
    (class, failure(channel, &code, &message))
}

/// `ThrottledRequestException` of `com.amazonaws#ThrottledRequestException:http://…`.
fn bare(kind: &str) -> &str {
    let kind = kind.split(':').next().unwrap_or_default();
    kind.rsplit('#').next().unwrap_or_default()
}

/// A bucket or a number that is not there, and a key that may not, are for people.
fn of_status(status: StatusCode, is_json: bool) -> Class {
    match (status, codes::of_status(status)) {
        (StatusCode::NOT_FOUND, _) => Class::Configuration,
        // Not the service's words at all: something in between answered.
        (_, Class::Final) if !is_json => Class::Retry(None),
        (_, class) => class,
    }
}

pub(super) fn failure(channel: &OpenChannel, code: &str, message: &str) -> Failure {
    let provider = channel.provider.as_str().to_owned();
    Failure { provider, code: code.to_owned(), message: message.to_owned() }
}

#[derive(Deserialize)]
struct Number {
    #[serde(rename = "phoneNumber")]
    details: Details,
}

#[derive(Deserialize)]
struct Details {
    #[serde(rename = "phoneNumber", default)]
    number: String,
}

/// Good is only the channel's own number.
pub(super) fn to_check(channel: &OpenChannel, response: &Response<Vec<u8>>) -> Check {
    let told = serde_json::from_slice::<Number>(response.body()).ok();
    let is_ours = told.is_some_and(|told| {
        let digits: String = told.details.number.chars().filter(char::is_ascii_digit).collect();
        phone::canonical(&digits) == phone::canonical(&channel.phone_number)
    });
    if response.status().is_success() && is_ours { Check::Good } else { Check::Refused }
}
