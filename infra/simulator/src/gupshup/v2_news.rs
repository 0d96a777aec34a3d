//! What self-serve posts in its own envelope, version 2: one thing per call.

use serde_json::{Value, json};

use super::{gupshup_id_of, self_serve_templates};
use crate::message::{FileKind, FromUser, Said, Sent, Status, StatusChange};
use crate::template::{CategoryChange, Review, Template};
use crate::{Line, Refusal, User};

/// Files are public for a week.
const FILE_MILLIS: i64 = 7 * 24 * 3_600_000;

fn envelope(line: &Line, time_millis: i64, kind: &str, payload: &Value) -> Value {
    json!({
        "app": line.setting("app_name"), "timestamp": time_millis, "version": 2, "type": kind,
        "payload": payload,
    })
}

pub(super) fn message(
    line: &Line,
    user: &User,
    said: &Said,
    address_of: &dyn Fn(&str) -> String,
) -> Value {
    let (kind, inner, to) = content(said, address_of);
    let mut payload = json!({
        "id": said.id,
        "source": user.number,
        "type": kind,
        "payload": inner,
        "sender": { "phone": user.number, "name": user.name },
    });
    if let Some(to) = to {
        payload["context"] = json!({ "id": to, "gsId": gupshup_id_of(to) });
    }
    envelope(line, said.time_millis, "message", &payload)
}

/// Type, content, and the message that it answers.
fn content<'a>(
    said: &'a Said,
    address_of: &dyn Fn(&str) -> String,
) -> (&'a str, Value, Option<&'a str>) {
    match &said.content {
        FromUser::Text { body } => ("text", json!({ "text": body }), None),
        FromUser::File { kind, file, mime, filename, caption } => {
            let word = match kind {
                FileKind::Document => "file",
                other => other.as_str(),
            };
            let mut inner = json!({
                "url": address_of(file), "contentType": mime,
                "urlExpiry": said.time_millis + FILE_MILLIS,
            });
            for (name, value) in [("caption", caption), ("name", filename)] {
                if let Some(value) = value {
                    inner[name] = json!(value);
                }
            }
            (word, inner, None)
        }
        FromUser::Location { latitude, longitude, name, address } => {
            let inner = json!({
                "latitude": latitude, "longitude": longitude, "name": name, "address": address,
            });
            ("location", inner, None)
        }
        FromUser::Contacts { contacts } => ("contact", json!({ "contacts": contacts }), None),
        FromUser::ButtonReply { id, title, to } => {
            let reply = format!("{title} 1");
            let inner = json!({ "title": title, "id": to, "reply": reply, "postbackText": id });
            ("button_reply", inner, Some(to))
        }
        FromUser::ListReply { id, title, description, to } => {
            let inner = json!({
                "title": title, "id": to, "reply": format!("{title} 1"), "postbackText": id,
                "description": description,
            });
            ("list_reply", inner, Some(to))
        }
        FromUser::TemplateReply { payload, text, to } => {
            let mut inner = json!({ "text": text, "type": "button" });
            // Only what was given with the sending comes back.
            if payload != text {
                inner["postbackText"] = json!(payload);
            }
            ("quick_reply", inner, Some(to))
        }
        FromUser::Reaction { emoji, to } => {
            ("reaction", json!({ "emoji": emoji, "id": to, "gsId": gupshup_id_of(to) }), None)
        }
        FromUser::Other { kind, content } => (kind, content.clone(), None),
    }
}

/// `enqueued` tells WhatsApp's id under GupShup's, later events the other way round.
pub(super) fn status(line: &Line, sent: &Sent, change: &StatusChange) -> Value {
    let seconds = change.time_millis / 1000;
    let (word, inner) = match &change.status {
        Status::Accepted => {
            let payload = json!({
                "id": sent.id, "type": "enqueued", "destination": sent.to,
                "payload": { "whatsappMessageId": sent.whatsapp_id, "type": "session" },
            });
            return envelope(line, change.time_millis, "message-event", &payload);
        }
        Status::Sent => ("sent", json!({ "ts": seconds })),
        Status::Delivered => ("delivered", json!({ "ts": seconds })),
        Status::Read => ("read", json!({ "ts": seconds })),
        Status::Failed { refusal } => {
            let (code, reason) = failure(refusal);
            ("failed", json!({ "ts": seconds, "code": code, "reason": reason }))
        }
    };
    let payload = json!({
        "id": sent.whatsapp_id, "gsId": sent.id, "type": word, "destination": sent.to,
        "payload": inner,
    });
    envelope(line, change.time_millis, "message-event", &payload)
}

/// Code and reason of a failure.
pub(super) fn failure(refusal: &Refusal) -> (i64, String) {
    let (code, reason) = match refusal {
        Refusal::WindowClosed => {
            (470, "More than 24 hours have passed since the customer last replied to this number.")
        }
        Refusal::NotOnWhatsApp => (1002, "Number Does Not Exists On WhatsApp"),
        Refusal::TemplateMissing => (132_001, "The template does not exist in the translation"),
        Refusal::TemplatePaused => (132_015, "The template is paused"),
        Refusal::TemplateDisabled => (132_016, "The template is disabled"),
        Refusal::ParameterCount { expected, got } => {
            return (132_000, format!("The template has {expected} parameters, not {got}"));
        }
        Refusal::ParameterFormat { detail } => return (132_012, detail.clone()),
        Refusal::Invalid { detail } => return (1009, detail.clone()),
        Refusal::Code { code, text } => return (code.parse().unwrap_or(4002), text.clone()),
        Refusal::RateLimited => (130_429, "Rate limit hit"),
        Refusal::Unauthorized | Refusal::Unavailable { .. } | Refusal::Garbage => {
            (4002, "Invalid answer from WhatsApp")
        }
    };
    (code, reason.to_owned())
}

/// What an address is tried with when it is subscribed.
pub(super) fn sandbox_start(line: &Line, time_millis: i64) -> Value {
    let payload = json!({ "phone": "callbackSetPhone", "type": "sandbox-start" });
    envelope(line, time_millis, "user-event", &payload)
}

pub(super) fn template(line: &Line, template: &Template) -> Value {
    let mut payload = json!({
        "type": "status-update",
        "id": template.id,
        "status": self_serve_templates::word(&template.review).to_ascii_lowercase(),
        "elementName": template.name,
        "languageCode": template.language,
    });
    if let Review::Rejected { reason } = &template.review {
        payload["rejectedReason"] = json!(reason);
    }
    envelope(line, template.created_millis, "template-event", &payload)
}

/// Another category, once it has come: an announcement is not told.
pub(super) fn category(line: &Line, before: &Template, change: &CategoryChange) -> Option<Value> {
    let payload = json!({
        "type": "category-update",
        "id": before.id,
        "elementName": before.name,
        "languageCode": before.language,
        "category": { "old": before.category, "new": change.category },
    });
    let told = envelope(line, before.created_millis, "template-event", &payload);
    (!change.is_announced).then_some(told)
}
