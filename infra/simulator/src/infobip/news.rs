//! What Infobip posts: messages of users, reports about ours, and what became of templates.

use serde_json::{Value, json};

use super::{cards, time};
use crate::message::{FileKind, FromUser, Said, Sent, Status, StatusChange};
use crate::template::{CategoryChange, Review, Template};
use crate::{Line, Refusal, User};

/// What one webhook brings.
pub(super) fn envelope(results: &[Value]) -> Value {
    json!({ "results": results, "messageCount": results.len(), "pendingMessageCount": 0 })
}

/// A message of a user. Whoever has a business-scoped id hides the number.
pub(super) fn message(
    line: &Line,
    user: &User,
    said: &Said,
    media: &dyn Fn(&str) -> String,
) -> Value {
    let mut result = json!({
        "to": line.number,
        "integrationType": "WHATSAPP",
        "receivedAt": time::written(said.time_millis),
        "messageId": said.id,
        "pairedMessageId": null,
        "callbackData": null,
        "message": content(line, said, media),
        "contact": { "name": user.name },
        "price": { "pricePerMessage": 0, "currency": "USD" },
    });
    match &user.scoped_id {
        Some(id) => result["contact"]["userId"] = json!(id),
        None => result["from"] = json!(user.number),
    }
    let keyword = line.setting("sandbox_keyword");
    if !keyword.is_empty() {
        result["keyword"] = json!(keyword.to_uppercase());
    }
    result
}

fn content(line: &Line, said: &Said, media: &dyn Fn(&str) -> String) -> Value {
    let answers = |to: &str| json!({ "from": line.number, "id": to });
    match &said.content {
        FromUser::Text { body } => json!({ "type": "TEXT", "text": body }),
        FromUser::File { kind, file, filename, caption, .. } => {
            let word = match kind {
                FileKind::Image => "IMAGE",
                FileKind::Video => "VIDEO",
                FileKind::Audio => "AUDIO",
                FileKind::Voice => "VOICE",
                FileKind::Document => "DOCUMENT",
                FileKind::Sticker => "STICKER",
            };
            // There is no field for a name: WhatsApp puts it where the user wrote nothing.
            let caption = caption.as_ref().or(filename.as_ref());
            let mut content = json!({ "type": word, "url": media(file) });
            if !matches!(kind, FileKind::Sticker | FileKind::Audio) {
                content["caption"] = json!(caption);
            }
            content
        }
        FromUser::Location { latitude, longitude, name, address } => {
            let degrees = |text: &str| text.parse::<f64>().unwrap_or_default();
            json!({ "type": "LOCATION", "latitude": degrees(latitude), "longitude": degrees(longitude),
                    "name": name, "address": address, "url": null })
        }
        FromUser::Contacts { contacts } => {
            json!({ "type": "CONTACT", "contacts": cards::told(contacts) })
        }
        FromUser::ButtonReply { id, title, to } => {
            json!({ "type": "INTERACTIVE_BUTTON_REPLY", "id": id, "title": title, "context": answers(to) })
        }
        FromUser::ListReply { id, title, description, to } => json!({
            "type": "INTERACTIVE_LIST_REPLY", "id": id, "title": title, "description": description,
            "context": answers(to),
        }),
        FromUser::TemplateReply { payload, text, to } => {
            json!({ "type": "BUTTON", "text": text, "payload": payload, "context": answers(to) })
        }
        FromUser::Reaction { emoji, to } => {
            let action = if emoji.is_empty() { "REMOVED" } else { "ADDED" };
            let emoji = Some(emoji).filter(|emoji| !emoji.is_empty());
            json!({ "type": "REACTION", "emoji": emoji, "action": action, "context": answers(to) })
        }
        FromUser::Other { kind, content } => other(kind, content),
    }
}

/// What comes in the Cloud API's form, in the words that Infobip has for it; anything else under its own type.
fn other(kind: &str, content: &Value) -> Value {
    match (kind, content["type"].as_str()) {
        ("interactive", Some("nfm_reply")) => {
            let reply = &content["nfm_reply"];
            let response = reply["response_json"].as_str().unwrap_or_default();
            let response: Value = serde_json::from_str(response).unwrap_or_default();
            json!({ "type": "INTERACTIVE_FLOW_REPLY", "text": reply["body"], "response": response })
        }
        ("order", _) => {
            let items = content["product_items"].as_array().into_iter().flatten();
            let items: Vec<Value> = items.map(ordered).collect();
            json!({ "type": "ORDER", "catalogId": content["catalog_id"], "productItems": items,
                    "text": content["text"] })
        }
        _ => {
            let mut content = if content.is_object() { content.clone() } else { json!({}) };
            content["type"] = json!(kind);
            content
        }
    }
}

fn ordered(item: &Value) -> Value {
    json!({ "productRetailerId": item["product_retailer_id"], "quantity": item["quantity"],
            "itemPrice": item["item_price"], "currency": item["currency"] })
}

/// A delivery or seen report. Nothing is told of a message that is only sent.
pub(super) fn report(sent: &Sent, change: &StatusChange) -> Option<Value> {
    let at = time::written(change.time_millis);
    let sent_at = time::written(sent.time_millis);
    let (status, error) = match &change.status {
        Status::Accepted | Status::Sent => return None,
        Status::Read => {
            return Some(json!({
                "messageId": sent.id, "to": sent.to, "sentAt": sent_at, "seenAt": at,
            }));
        }
        Status::Delivered => (
            status(3, "DELIVERED", 5, "DELIVERED_TO_HANDSET", "Message delivered to handset"),
            None,
        ),
        Status::Failed { refusal } => failure(refusal),
    };
    let none = json!({ "id": 0, "name": "NO_ERROR", "description": "No Error", "groupId": 0,
                       "groupName": "OK", "permanent": false });
    let mut report = json!({
        "bulkId": "2034072219640523073",
        "messageId": sent.id,
        "to": sent.to,
        "sentAt": sent_at,
        "doneAt": at,
        "messageCount": 1,
        "price": { "pricePerMessage": 0, "currency": "USD" },
        "status": status,
        "error": error.unwrap_or(none),
    });
    if let Some(reference) = &sent.client_reference {
        report["callbackData"] = json!(reference);
    }
    Some(report)
}

fn status(group: u8, group_name: &str, id: i64, name: &str, description: &str) -> Value {
    json!({ "groupId": group, "groupName": group_name, "id": id, "name": name, "description": description })
}

/// Status and error of a message that will not arrive.
fn failure(refusal: &Refusal) -> (Value, Option<Value>) {
    let undeliverable = |id: i64, name: &str, description: &str| {
        let word = "UNDELIVERABLE_NOT_DELIVERED";
        let error = json!({ "id": id, "name": name, "description": description, "groupId": 2,
                            "groupName": "USER_ERRORS", "permanent": true });
        (status(2, "UNDELIVERABLE", 9, word, "Message sent not delivered"), Some(error))
    };
    match refusal {
        Refusal::NotOnWhatsApp => undeliverable(1, "EC_UNKNOWN_SUBSCRIBER", "Unknown Subscriber"),
        Refusal::TemplateMissing | Refusal::TemplatePaused | Refusal::TemplateDisabled => {
            undeliverable(7009, "EC_INVALID_TEMPLATE", "Invalid template")
        }
        Refusal::ParameterCount { .. } | Refusal::ParameterFormat { .. } => {
            undeliverable(7008, "EC_INVALID_TEMPLATE_ARGS", "Invalid template arguments")
        }
        Refusal::Code { code, text } => {
            undeliverable(code.parse().unwrap_or(7999), "EC_OTHER", text)
        }
        // The number of this one is not published.
        Refusal::WindowClosed => (rejected("The service window is closed"), None),
        Refusal::Invalid { detail } => (rejected(detail), None),
        Refusal::Unauthorized
        | Refusal::RateLimited
        | Refusal::Unavailable { .. }
        | Refusal::Garbage => (rejected("Network is not available"), None),
    }
}

/// Refused by the network, which says why in words alone.
pub(super) fn rejected(description: &str) -> Value {
    status(5, "REJECTED", 6, "REJECTED_NETWORK", description)
}

/// What became of a template.
pub(super) fn template(template: &Template) -> Value {
    let reason = match &template.review {
        Review::Rejected { reason } => reason,
        Review::Pending | Review::Approved | Review::Paused | Review::Disabled => "NONE",
    };
    let status = word(&template.review);
    let change = json!({ "type": "TEMPLATE_STATUS_UPDATE", "newStatus": status, "reason": reason });
    event(template, &change)
}

/// WhatsApp moved a template to another category.
pub(super) fn recategorized(before: &Template, change: &CategoryChange) -> Value {
    let change = json!({ "type": "TEMPLATE_CATEGORY_UPDATE", "previousCategory": before.category,
                         "newCategory": change.category });
    event(before, &change)
}

/// A template has its WhatsApp id here, which the list does not have.
fn event(template: &Template, change: &Value) -> Value {
    json!({
        "messageTemplateId": template.id.parse::<u64>().unwrap_or_default() + 594_400_000_000_000,
        "messageTemplateName": template.name,
        "messageTemplateLanguage": template.language,
        "timestamp": time::written(template.created_millis),
        "change": change,
    })
}

/// The word of a review.
pub(super) const fn word(review: &Review) -> &'static str {
    match review {
        Review::Pending => "PENDING",
        Review::Approved => "APPROVED",
        Review::Rejected { .. } => "REJECTED",
        Review::Paused => "FIRST_PAUSED",
        Review::Disabled => "DISABLED",
    }
}
