//! What the enterprise gateway posts: a flat message with its content as JSON in a string, and lists of delivery
//! reports in a string.

use serde_json::{Map, Value, json};

use crate::carrier::Refusal;
use crate::message::{FileKind, FromUser, Said, Sent, Status, StatusChange};
use crate::{Line, User};

/// Members that are there in every call and are null where they do not count.
const UNUSED: [&str; 14] = [
    "replyId",
    "messageId",
    "type",
    "text",
    "image",
    "document",
    "voice",
    "audio",
    "video",
    "location",
    "response",
    "extra",
    "app",
    "mobile",
];

pub(super) fn message(
    line: &Line,
    user: &User,
    said: &Said,
    address_of: &dyn Fn(&str) -> String,
) -> Value {
    let mut body: Map<String, Value> =
        UNUSED.iter().map(|name| ((*name).to_owned(), Value::Null)).collect();
    let (reply, message) = said.id.split_once('-').unwrap_or((&said.id, &said.id));
    let (kind, content) = content(&said.content, address_of);
    for (name, value) in [
        ("waNumber", json!(line.number)),
        ("mobile", json!(user.number)),
        ("name", json!(user.name)),
        ("replyId", json!(reply)),
        ("messageId", json!(message)),
        ("timestamp", json!(said.time_millis.to_string())),
        ("version", json!(0)),
        ("type", json!(kind)),
    ] {
        body.insert(name.to_owned(), value);
    }
    match content {
        Value::Null => {}
        Value::String(text) => {
            body.insert(kind, json!(text));
        }
        object => {
            body.insert(kind, json!(object.to_string()));
        }
    }
    Value::Object(body)
}

/// The type and its content; a text is a text, the rest an object.
fn content(said: &FromUser, address_of: &dyn Fn(&str) -> String) -> (String, Value) {
    let (kind, value) = match said {
        FromUser::Text { body } => ("text", json!(body)),
        FromUser::File { kind, file, mime, filename, caption } => {
            let word = match kind {
                FileKind::Voice => "voice",
                other => other.as_str(),
            };
            let mut object = json!({
                "signature": "?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Expires=172800",
                "mime_type": mime,
                "url": address_of(file),
            });
            // A document's name comes as its caption.
            if let Some(caption) = caption.as_ref().or(filename.as_ref()) {
                object["caption"] = json!(caption);
            }
            (word, object)
        }
        FromUser::Location { latitude, longitude, name, address } => (
            "location",
            json!({ "latitude": latitude, "longitude": longitude, "name": name, "address": address }),
        ),
        FromUser::Contacts { contacts } => ("contacts", json!(contacts)),
        FromUser::ButtonReply { id, title, .. } => (
            "interactive",
            json!({ "type": "button_reply", "button_reply": { "id": id, "title": title } }),
        ),
        FromUser::ListReply { id, title, description, .. } => (
            "interactive",
            json!({
                "type": "list_reply",
                "list_reply": { "id": id, "title": title, "description": description },
            }),
        ),
        FromUser::TemplateReply { payload, text, .. } => {
            ("button", json!({ "text": text, "payload": payload }))
        }
        FromUser::Reaction { emoji, to } => {
            ("reaction", json!({ "emoji": emoji, "message_id": to }))
        }
        FromUser::Other { kind, content } => return (kind.clone(), content.clone()),
    };
    (kind.to_owned(), value)
}

/// One report; the gateway has none for a message that it only took.
pub(super) fn report(sent: &Sent, change: &StatusChange) -> Option<Value> {
    let (event, cause, code) = match &change.status {
        Status::Accepted => return None,
        Status::Sent => ("SENT", "SENT", "025".to_owned()),
        Status::Delivered => ("DELIVERED", "SUCCESS", "000".to_owned()),
        Status::Read => ("READ", "READ", "026".to_owned()),
        Status::Failed { refusal } => {
            let (cause, code) = failure(refusal);
            ("FAILED", cause, code)
        }
    };
    Some(json!({
        "srcAddr": "SDTEXT",
        "extra": sent.client_reference,
        "channel": "WHATSAPP",
        "externalId": sent.id,
        "cause": cause,
        "errorCode": code,
        "destAddr": sent.to,
        "eventType": event,
        "eventTs": change.time_millis,
    }))
}

fn failure(refusal: &Refusal) -> (&'static str, String) {
    match refusal {
        Refusal::NotOnWhatsApp => ("UNKNOWN_SUBSCRIBER", "003".to_owned()),
        Refusal::WindowClosed => ("OUTSIDE_WINDOW", "470".to_owned()),
        Refusal::Code { code, .. } => ("OTHER", code.clone()),
        Refusal::TemplateMissing
        | Refusal::TemplatePaused
        | Refusal::TemplateDisabled
        | Refusal::ParameterCount { .. }
        | Refusal::ParameterFormat { .. }
        | Refusal::Invalid { .. }
        | Refusal::Unauthorized
        | Refusal::RateLimited
        | Refusal::Unavailable { .. }
        | Refusal::Garbage => ("OTHER", "999".to_owned()),
    }
}

pub(super) fn reports(reports: Vec<Value>) -> Value {
    let mut body: Map<String, Value> =
        UNUSED.iter().map(|name| ((*name).to_owned(), Value::Null)).collect();
    body.insert("response".to_owned(), json!(Value::Array(reports).to_string()));
    Value::Object(body)
}
