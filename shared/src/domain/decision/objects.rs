//! The objects that hooks carry (contracts 9.3).

use serde::Serialize;
use serde_json::{Value, json};

use super::super::conversation::Conversation;
use super::super::flow::Definition;
use super::super::message::{Received, Sending};
use super::super::process::{Process, ProcessStatus, ValidationStatus};

/// A run, as `identity_process` and `whatsapp_*` events tell it.
pub fn process_object(
    process: &Process,
    conversation: &Conversation,
    business_number: &str,
    definition: Option<&Definition>,
) -> Value {
    let asked =
        |step: &str| definition.and_then(|d| d.step(step)).and_then(|(_, step)| step.action.text());
    let answers: Vec<_> = process
        .answers
        .iter()
        .map(|answer| {
            json!({ "step_id": answer.step, "question": asked(&answer.step), "type": answer.kind, "value": answer.value })
        })
        .collect();
    let validations: Vec<_> = process
        .validations
        .iter()
        .map(|v| {
            json!({ "step_id": v.step, "type": v.kind, "status": v.status, "details": v.details })
        })
        .collect();
    json!({
        "identity_process_id": process.id,
        "process_id": process.id,
        "flow_id": process.flow,
        "account_id": process.account_id,
        "platform": "whatsapp",
        "status": status_word(process.status),
        "validation_status": validation_word(process),
        "failure_reason": process.failure,
        "conversation_id": conversation.id,
        "phone_number": conversation.address.phone(),
        "user_id": conversation.bsuid,
        "waba_phone_number": business_number,
        "inbound_id": process.inbound,
        "outbound_message_id": process.send,
        "answers": answers,
        "validations": validations,
        "creation_date": process.created,
        "update_date": process.updated,
    })
}

const fn status_word(status: ProcessStatus) -> &'static str {
    match status {
        ProcessStatus::Created | ProcessStatus::Started | ProcessStatus::Waiting => "pending",
        ProcessStatus::Succeeded => "success",
        ProcessStatus::Failed => "failure",
        ProcessStatus::Expired => "expired",
        ProcessStatus::Canceled => "canceled",
    }
}

/// Success once the run has succeeded, failure once anything failed, pending before.
fn validation_word(process: &Process) -> &'static str {
    let failed = process.validations.iter().any(|v| v.status == ValidationStatus::Failure);
    match process.status {
        _ if failed => "failure",
        ProcessStatus::Succeeded => "success",
        ProcessStatus::Failed | ProcessStatus::Expired | ProcessStatus::Canceled => "failure",
        ProcessStatus::Created | ProcessStatus::Started | ProcessStatus::Waiting => "pending",
    }
}

/// A message of either side, as `message` events and the API tell it.
pub fn message_object(message: &MessageView<'_>) -> Value {
    match message {
        MessageView::FromUser(m) => json!({
            "message_id": m.id,
            "conversation_id": m.id.conversation(),
            "channel_id": m.channel,
            "direction": "from_user",
            "provider_message_id": m.provider_id,
            "from": { "phone_number": m.from.address.phone(), "user_id": m.from.bsuid(), "name": m.from.name,
                      "username": m.from.username },
            "message": content_object(&m.content),
            "context": m.context,
            "timestamp": m.time,
        }),
        MessageView::ToUser(m) => json!({
            "message_id": m.id,
            "conversation_id": m.id.conversation(),
            "channel_id": m.channel,
            "direction": "to_user",
            "to": { "phone_number": m.to.phone(), "user_id": if m.to.phone().is_none() { Some(m.to.as_str()) } else { None } },
            "message": content_object(&m.content),
            "timestamp": m.time,
        }),
    }
}

/// What was said, as callers see it: a file has its own kind as type, the id of our copy, and nothing of where the
/// provider keeps it.
pub fn content_object(content: &impl Serialize) -> Value {
    let mut object = serde_json::to_value(content).unwrap_or_default();
    if object["type"] == "media"
        && let Some(file) = object.as_object_mut()
    {
        let kind = file.remove("kind").unwrap_or_default();
        let link = file.remove("source").and_then(|source| source.get("link").cloned());
        let stored = file.remove("stored").unwrap_or_default();
        file.insert("type".to_owned(), kind);
        // A link is ours or the public one of a provider; our copy outlives it.
        file.insert(
            "link".to_owned(),
            if stored.is_null() { link.unwrap_or_default() } else { Value::Null },
        );
        file.insert("media_id".to_owned(), stored);
    }
    object
}

/// A message, borrowed.
#[derive(Debug, Clone, Copy)]
pub enum MessageView<'a> {
    FromUser(&'a Received),
    ToUser(&'a Sending),
}
