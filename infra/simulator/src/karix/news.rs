//! What Karix posts: a user's message, or a report about a message of the business. One thing per call.

use serde_json::{Value, json};

use crate::message::{FileKind, FromUser, Said, Sent, Status, StatusChange};
use crate::{Line, Refusal, User};

/// The day as Karix writes it beside the time; nobody can depend on it.
const DATE: &str = "2024-March-11";

pub(super) fn message(
    line: &Line,
    user: &User,
    said: &Said,
    link_of: &dyn Fn(&str) -> String,
) -> Value {
    let mut message = json!({
        "from": user.number,
        "to": line.number,
        "id": said.id,
        "profileName": user.name,
    });
    let (content, answers) = content(&said.content, link_of);
    for (name, value) in content {
        message[name] = value;
    }
    if let Some(id) = answers {
        message["context"] = json!({ "id": id, "from": line.number });
    }
    json!({
        "channel": "WABA",
        "appDetails": { "type": "LIVE", "id": "" },
        "events": {
            "eventType": "User initiated",
            "timestamp": (said.time_millis / 1000).to_string(),
            "date": DATE,
        },
        "eventContent": { "message": message },
    })
}

/// The fields of the content, and the message that it answers.
fn content<'a>(
    content: &'a FromUser,
    link_of: &dyn Fn(&str) -> String,
) -> (Vec<(&'a str, Value)>, Option<&'a str>) {
    let of = |kind: &'a str, object: Value| vec![("contentType", json!(kind)), (kind, object)];
    match content {
        FromUser::Text { body } => (of("text", json!({ "body": body })), None),
        FromUser::File { kind, file, mime, filename, caption } => {
            let word = if *kind == FileKind::Voice { "voice" } else { kind.as_str() };
            let mut object = json!({ "fileLink": link_of(file), "mimeType": mime });
            for (name, value) in [("caption", caption), ("fileName", filename)] {
                if let Some(value) = value {
                    object[name] = json!(value);
                }
            }
            let fields = vec![
                ("contentType", json!("ATTACHMENT")),
                ("attachmentType", json!(word)),
                (word, object),
            ];
            (fields, None)
        }
        FromUser::Location { latitude, longitude, name, address } => {
            let object = json!({
                "latitude": latitude, "longitude": longitude, "name": name, "address": address,
            });
            (of("location", object), None)
        }
        FromUser::Contacts { contacts } => (of("contacts", json!(contacts)), None),
        FromUser::ButtonReply { id, title, to } => {
            let object =
                json!({ "type": "button_reply", "button_reply": { "id": id, "title": title } });
            (of("interactive", object), Some(to))
        }
        FromUser::ListReply { id, title, description, to } => {
            let reply = json!({ "id": id, "title": title, "description": description });
            let object = json!({ "type": "list_reply", "list_reply": reply });
            (of("interactive", object), Some(to))
        }
        // Some streams have only this name for the type.
        FromUser::TemplateReply { payload, text, to } => {
            let object = json!({ "payload": payload, "text": text });
            (vec![("messageType", json!("button")), ("button", object)], Some(to))
        }
        FromUser::Reaction { emoji, to } => {
            (of("reaction", json!({ "message_id": to, "emoji": emoji })), None)
        }
        FromUser::Other { kind, content } => (of(kind, content.clone()), None),
    }
}

pub(super) fn report(line: &Line, sent: &Sent, change: &StatusChange) -> Value {
    let (word, reason, code) = match &change.status {
        Status::Accepted => ("submitted", "Submitted to WhatsApp".to_owned(), "100".to_owned()),
        Status::Sent => ("sent", "Message sent to WhatsApp".to_owned(), "100".to_owned()),
        Status::Delivered => ("delivered", "Delivered to User".to_owned(), "101".to_owned()),
        Status::Read => ("Read", "Read by User".to_owned(), "102".to_owned()),
        Status::Failed { refusal } => {
            let (code, reason) = failure(refusal);
            ("FAILED", reason, code)
        }
    };
    let mut recipient = json!({ "to": sent.to, "recipient_type": "individual" });
    let reference = sent.client_reference.as_ref();
    if let Some(reference) = reference.filter(|_| line.setting("reference") != "dropped") {
        recipient["reference"] = json!({ "cust_ref": reference });
    }
    json!({
        "channel": "WABA",
        "appDetails": { "type": "LIVE", "id": "" },
        "recipient": recipient,
        "batchId": "",
        "campaignId": "",
        "templateId": sent.content.template.as_deref().unwrap_or_default(),
        "sender": { "from": line.number },
        "events": {
            "eventType": "DELIVERY EVENTS",
            "timestamp": change.time_millis.to_string(),
            "date": DATE,
            "mid": sent.id,
        },
        "notificationAttributes": { "status": word, "reason": reason, "code": code },
    })
}

/// Code and reason of a message that did not arrive.
pub(super) fn failure(refusal: &Refusal) -> (String, String) {
    let (code, reason) = match refusal {
        Refusal::WindowClosed => ("131047", "Re-engagement message"),
        Refusal::NotOnWhatsApp => ("131026", "Message Undeliverable"),
        Refusal::Code { code, text } => (code.as_str(), text.as_str()),
        Refusal::TemplateMissing
        | Refusal::TemplatePaused
        | Refusal::TemplateDisabled
        | Refusal::ParameterCount { .. }
        | Refusal::ParameterFormat { .. }
        | Refusal::Invalid { .. }
        | Refusal::Unauthorized
        | Refusal::RateLimited
        | Refusal::Unavailable { .. }
        | Refusal::Garbage => ("103", "Failed"),
    };
    (code.to_owned(), reason.to_owned())
}
