//! What GupShup posts in Meta's envelope, version 3: `gs_app_id` on top, `gs_id` on what is about our sendings, links
//! on files.

use serde_json::{Value, json};

use super::{gupshup_id_of, self_serve_templates, v2_news};
use crate::carrier::News;
use crate::message::{FileKind, FromUser, Said, Sent, Status, StatusChange};
use crate::meta::webhook::card;
use crate::template::{CategoryChange, Review, Template};
use crate::{Line, User};

fn wrap(line: &Line, field: &str, value: &Value) -> Value {
    json!({
        "object": "whatsapp_business_account",
        "gs_app_id": line.setting("app_id"),
        "entry": [{ "id": line.setting("waba_id"), "changes": [{ "field": field, "value": value }] }],
    })
}

/// One call for all of it.
pub(super) fn envelope(
    line: &Line,
    news: &[News<'_>],
    address_of: &dyn Fn(&str) -> String,
) -> Value {
    let (mut contacts, mut messages, mut statuses) = (Vec::new(), Vec::new(), Vec::new());
    for one in news {
        match one {
            News::Said(user, said) => {
                contacts.push(card(user));
                messages.push(message(user, said, address_of));
            }
            News::Status(sent, change) => statuses.push(status(sent, change)),
        }
    }
    let mut value = json!({
        "messaging_product": "whatsapp",
        "metadata": {
            "display_phone_number": line.number, "phone_number_id": line.setting("phone_number_id"),
        },
    });
    for (name, list) in [("contacts", contacts), ("messages", messages), ("statuses", statuses)] {
        if !list.is_empty() {
            value[name] = Value::Array(list);
        }
    }
    wrap(line, "messages", &value)
}

fn message(user: &User, said: &Said, address_of: &dyn Fn(&str) -> String) -> Value {
    let (kind, content, to) = content(&said.content, address_of);
    let mut message = json!({
        "id": said.id, "timestamp": (said.time_millis / 1000).to_string(), "type": kind,
    });
    message[kind] = content;
    if let Some(id) = user.told_id() {
        message["from_user_id"] = json!(id);
    }
    if let Some(number) = user.told_number() {
        message["from"] = json!(number);
    }
    if let Some(to) = to {
        message["context"] = json!({ "id": to });
        if let Some(id) = gupshup_id_of(to) {
            message["context"]["gs_id"] = json!(id);
        }
    }
    message
}

/// Type, content, and the message that it answers.
fn content<'a>(
    said: &'a FromUser,
    address_of: &dyn Fn(&str) -> String,
) -> (&'a str, Value, Option<&'a str>) {
    match said {
        FromUser::Text { body } => ("text", json!({ "body": body }), None),
        FromUser::File { kind, file, mime, filename, caption } => {
            let mut object = json!({ "id": file, "mime_type": mime, "url": address_of(file) });
            for (name, value) in [("caption", caption), ("filename", filename)] {
                if let Some(value) = value {
                    object[name] = json!(value);
                }
            }
            if *kind == FileKind::Voice {
                object["voice"] = json!(true);
            }
            (kind.as_str(), object, None)
        }
        FromUser::Location { latitude, longitude, name, address } => {
            let object = json!({
                "latitude": latitude, "longitude": longitude, "name": name, "address": address,
            });
            ("location", object, None)
        }
        FromUser::Contacts { contacts } => ("contacts", json!(contacts), None),
        FromUser::ButtonReply { id, title, to } => {
            let reply = json!({ "id": id, "title": title });
            ("interactive", json!({ "type": "button_reply", "button_reply": reply }), Some(to))
        }
        FromUser::ListReply { id, title, description, to } => {
            let reply = json!({ "id": id, "title": title, "description": description });
            ("interactive", json!({ "type": "list_reply", "list_reply": reply }), Some(to))
        }
        FromUser::TemplateReply { payload, text, to } => {
            ("button", json!({ "payload": payload, "text": text }), Some(to))
        }
        FromUser::Reaction { emoji, to } => {
            ("reaction", json!({ "message_id": to, "emoji": emoji }), None)
        }
        FromUser::Other { kind, content } => (kind, content.clone(), None),
    }
}

fn status(sent: &Sent, change: &StatusChange) -> Value {
    let word = match &change.status {
        Status::Accepted => "enqueued",
        other => other.as_str(),
    };
    let mut status = json!({
        "gs_id": sent.id, "id": sent.whatsapp_id, "recipient_id": sent.to, "status": word,
        "timestamp": (change.time_millis / 1000).to_string(),
    });
    match &change.status {
        // Milliseconds as a number, as seen on this one.
        Status::Accepted => status["timestamp"] = json!(change.time_millis),
        Status::Failed { refusal } => {
            let (code, title) = v2_news::failure(refusal);
            status["errors"] = json!([{ "code": code, "title": title }]);
        }
        Status::Sent | Status::Delivered | Status::Read => {}
    }
    status
}

pub(super) fn template(line: &Line, template: &Template) -> Value {
    let reason = match &template.review {
        Review::Rejected { reason } => reason.as_str(),
        Review::Pending | Review::Approved | Review::Paused | Review::Disabled => "NONE",
    };
    let value = json!({
        "event": self_serve_templates::word(&template.review),
        "message_template_name": template.name,
        "message_template_language": template.language,
        "reason": reason,
    });
    wrap(line, "message_template_status_update", &value)
}

pub(super) fn category(line: &Line, before: &Template, change: &CategoryChange) -> Value {
    let mut value = json!({
        "message_template_name": before.name,
        "message_template_language": before.language,
    });
    if change.is_announced {
        value["new_category"] = json!(before.category);
        value["correct_category"] = json!(change.category);
    } else {
        value["previous_category"] = json!(before.category);
        value["new_category"] = json!(change.category);
    }
    wrap(line, "template_category_update", &value)
}
