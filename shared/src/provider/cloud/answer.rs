//! What the platform's answers mean. Decided on the code, not on the HTTP status: hosts differ in it
//! (whatsapp-rules 5).

use http::{Response, StatusCode};

use serde_json::value::RawValue;

use super::parse::{self, any, said, text};
use super::wire;
use crate::domain::channel::OpenChannel;
use crate::domain::message::Failure;
use crate::domain::user::WaId;
use crate::provider::{Answer, Class, codes};

/// The answer to a sending.
pub(in crate::provider) fn to_sending(
    channel: &OpenChannel,
    response: &Response<Vec<u8>>,
) -> Answer {
    let read = serde_json::from_slice::<wire::Answer<'_>>(response.body()).ok();
    let has_error = read.as_ref().is_some_and(|answer| answer.error.is_some());
    if response.status().is_success() && !has_error {
        let first = read.as_ref().and_then(|answer| answer.messages.as_ref()?.first());
        if let Some(provider_id) = first.and_then(|message| text(message.id.as_deref())) {
            let contacts = read.as_ref().and_then(|answer| answer.contacts);
            return Answer::Accepted { provider_id, wa_id: wa_id(contacts) };
        }
    }
    let problem = read.as_ref().and_then(|answer| answer.error.as_ref());
    let failure = Failure {
        provider: channel.provider.as_str().to_owned(),
        code: code(problem, response.status()),
        message: message(problem, read.is_some(), response.status()),
    };
    Answer::Refused { class: class(read.as_ref(), response), failure }
}

/// What the platform calls the number that was dialled (whatsapp-rules 8).
fn wa_id(contacts: Option<&RawValue>) -> Option<WaId> {
    let contacts: Vec<&RawValue> = any(contacts)?;
    let first: wire::Dialled<'_> = parse::read(contacts.first().copied())?;
    WaId::parse(first.wa_id.as_deref()?).ok()
}

/// What an answer that is not a success means.
pub(in crate::provider) fn class(
    answer: Option<&wire::Answer<'_>>,
    response: &Response<Vec<u8>>,
) -> Class {
    let problem = answer.and_then(|answer| answer.error.as_ref());
    let code = problem.and_then(|problem| problem.code.as_deref()?.parse().ok());
    let status = response.status();
    if let Some(class) = code.and_then(codes::meta::class) {
        return class;
    }
    if problem.is_some_and(|problem| problem.is_transient == Some(true)) {
        return Class::Retry(None);
    }
    match codes::of_status(status) {
        // Not the platform's words at all: something in between answered.
        Class::Final if answer.is_none() => Class::Retry(None),
        // A success without an id: the platform has the message, so a second one would double it.
        Class::Retry(_) if status.is_success() && answer.is_some() => Class::Final,
        class => class,
    }
}

/// The platform's code, or the HTTP status where it gave none.
fn code(problem: Option<&wire::Problem<'_>>, status: StatusCode) -> String {
    problem
        .and_then(|problem| text(problem.code.as_deref()))
        .unwrap_or_else(|| format!("http_{}", status.as_u16()))
}

/// What it said, with the trace id that Meta's support asks for.
fn message(problem: Option<&wire::Problem<'_>>, is_json: bool, status: StatusCode) -> String {
    let Some(problem) = problem else {
        return match (is_json, status.is_success()) {
            (true, true) => "the answer names no message".to_owned(),
            (true, false) => format!("the answer was status {}", status.as_u16()),
            (false, _) => format!("the answer was status {} and no JSON", status.as_u16()),
        };
    };
    let words = said(problem).unwrap_or("the provider gave no reason");
    match problem.fbtrace_id.as_deref() {
        Some(trace) => format!("{words} (fbtrace_id {trace})"),
        None => words.to_owned(),
    }
}
