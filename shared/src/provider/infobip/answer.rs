//! What Infobip's answers mean. 200 says accepted, unless the status of the message says otherwise (infobip 2.6);
//! refusals have three shapes (2.7).

use http::{Response, StatusCode};
use serde_json::Value;
use serde_json::value::RawValue;

use super::report::{self, Group};
use super::wire;
use crate::domain::channel::OpenChannel;
use crate::domain::message::Failure;
use crate::provider::cloud::{read, text};
use crate::provider::codes::infobip::{Verdict, class, request_class};
use crate::provider::{Answer, Class, codes};

/// The answer to a sending.
pub(super) fn to_sending(channel: &OpenChannel, response: &Response<Vec<u8>>) -> Answer {
    if !response.status().is_success() {
        let (class, failure) = refusal(channel, response);
        return Answer::Refused { class, failure };
    }
    let part = serde_json::from_slice::<&RawValue>(response.body()).ok();
    let whole = read::<wire::Answer<'_>>(part);
    let first = whole.as_ref().and_then(|answer| answer.messages.as_ref()?.first().copied());
    let Some(answer) = read::<wire::Answer<'_>>(first.or(part)) else {
        // Not Infobip's words at all: something in between answered.
        let failure = unclear(channel, response.status(), "the answer cannot be read");
        return Answer::Refused { class: Class::Retry(None), failure };
    };
    let state = read::<wire::State<'_>>(answer.status);
    if let Some(state) = state.filter(|state| report::group(state) == Some(Group::Failed)) {
        let number = |id: Option<&str>| id.and_then(|id| id.parse().ok());
        let verdict = Verdict {
            status_group: number(state.group_id.as_deref()).unwrap_or_default(),
            status_id: number(state.id.as_deref()).unwrap_or_default(),
            ..Verdict::default()
        };
        let failure = report::failure(channel, &state, None);
        return Answer::Refused { class: class(verdict), failure };
    }
    let Some(provider_id) = text(answer.message_id.as_deref()) else {
        // Infobip may have the message, so a second one would double it.
        let failure = unclear(channel, response.status(), "the answer names no message");
        return Answer::Refused { class: Class::Final, failure };
    };
    // `to` is the number as we wrote it.
    Answer::Accepted { provider_id, wa_id: None }
}

fn unclear(channel: &OpenChannel, status: StatusCode, words: &str) -> Failure {
    Failure {
        provider: channel.provider.as_str().to_owned(),
        code: format!("http_{}", status.as_u16()),
        message: words.to_owned(),
    }
}

/// What an answer that is no success means.
pub(super) fn refusal(channel: &OpenChannel, response: &Response<Vec<u8>>) -> (Class, Failure) {
    let status = response.status();
    let part = serde_json::from_slice::<&RawValue>(response.body()).ok();
    let given = read::<wire::Refusal<'_>>(part);
    let old =
        given.as_ref().and_then(|given| given.request_error.as_ref()?.service_exception.as_ref());
    let word = [
        old.and_then(|old| old.message_id.as_deref()),
        given.as_ref().and_then(|given| given.error_code.as_deref()),
    ]
    .into_iter()
    .flatten()
    .find(|word| !word.is_empty());
    let class = word.and_then(request_class).unwrap_or_else(|| by_status(status, given.is_some()));
    let message = match (&given, old) {
        (_, Some(old)) => sentence(old.text.as_deref(), &validation_errors(old)),
        (Some(given), None) => {
            let words = given.description.as_deref().or(given.error.as_deref());
            sentence(words, &violations(given))
        }
        (None, None) => format!("the answer was status {} and no JSON", status.as_u16()),
    };
    let code = word.map_or_else(|| format!("http_{}", status.as_u16()), str::to_owned);
    let provider = channel.provider.as_str().to_owned();
    (class, Failure { provider, code, message })
}

/// Where the body has no word that is known. What is no JSON is not Infobip's: something in between answered.
fn by_status(status: StatusCode, is_json: bool) -> Class {
    match codes::of_status(status) {
        Class::Final if !is_json => Class::Retry(None),
        class => class,
    }
}

fn sentence(words: Option<&str>, details: &[String]) -> String {
    let words = words.filter(|words| !words.is_empty()).unwrap_or("the provider gave no reason");
    match details {
        [] => words.to_owned(),
        _ => format!("{words} ({})", details.join("; ")),
    }
}

/// `content.text: must not be blank`.
fn validation_errors(old: &wire::ServiceException<'_>) -> Vec<String> {
    let fields = old.validation_errors.as_ref().and_then(Value::as_object);
    let lines = fields.into_iter().flatten().map(|(field, rules)| {
        let rules = rules.as_array().into_iter().flatten().filter_map(Value::as_str);
        format!("{field}: {}", rules.collect::<Vec<_>>().join(", "))
    });
    lines.collect()
}

fn violations(given: &wire::Refusal<'_>) -> Vec<String> {
    let parts = given.violations.iter().flatten();
    let lines = parts.filter_map(|part| read::<wire::Violation<'_>>(Some(part))).map(|one| {
        let (property, rule) = (one.property.as_deref(), one.violation.as_deref());
        format!("{}: {}", property.unwrap_or_default(), rule.unwrap_or_default())
    });
    lines.collect()
}
