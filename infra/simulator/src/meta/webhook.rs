//! What the platform posts: envelope, signature, and the words of every event.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ring::hmac;
use serde_json::{Value, json};

use super::problem::Problem;
use crate::carrier::{News, WebhookPost};
use crate::line::{Line, User};
use crate::message::{FileKind, FromUser, Said, Sent, Status, StatusChange};
use crate::template::{CategoryChange, Review, Template};

/// How much one change, and one entry, of a batch holds.
const PER_CHANGE_MAX: usize = 3;
const CHANGES_PER_ENTRY_MAX: usize = 2;

/// One body with one entry per list of changes.
fn post(line: &Line, entries: &[Value]) -> WebhookPost {
    let body = ascii(&json!({ "object": "whatsapp_business_account", "entry": entries }));
    let key = hmac::Key::new(hmac::HMAC_SHA256, line.setting("app_secret").as_bytes());
    let signature = hex::encode(hmac::sign(&key, body.as_bytes()));
    let headers = vec![
        ("content-type".to_owned(), "application/json".to_owned()),
        ("x-hub-signature-256".to_owned(), format!("sha256={signature}")),
    ];
    WebhookPost { url: line.webhook_url.clone(), headers, body: body.into_bytes() }
}

/// JSON as Meta writes it: everything outside ASCII as `\u` escapes, so that whoever writes the body anew before the
/// signature is checked finds it wrong.
fn ascii(value: &Value) -> String {
    let mut text = String::new();
    for c in value.to_string().chars() {
        if c.is_ascii() {
            text.push(c);
        } else {
            let mut units = [0; 2];
            text.extend(c.encode_utf16(&mut units).iter().map(|unit| format!("\\u{unit:04x}")));
        }
    }
    text
}

fn entry(line: &Line, changes: &[Value]) -> Value {
    json!({ "id": line.setting("waba_id"), "changes": changes })
}

/// The change that brings messages and statuses.
fn messages_change(line: &Line, users: &[&User], messages: &[Value], statuses: &[Value]) -> Value {
    let mut value = json!({
        "messaging_product": "whatsapp",
        "metadata": {
            "display_phone_number": line.number,
            "phone_number_id": line.setting("phone_number_id"),
        },
    });
    if !users.is_empty() {
        value["contacts"] = users.iter().map(|user| card(user)).collect();
    }
    if !messages.is_empty() {
        value["messages"] = json!(messages);
    }
    if !statuses.is_empty() {
        value["statuses"] = json!(statuses);
    }
    json!({ "value": value, "field": "messages" })
}

/// Whoever has a business-scoped id hides the number.
pub(crate) fn card(user: &User) -> Value {
    let mut card = json!({ "profile": { "name": user.name } });
    if let Some(id) = user.told_id() {
        card["user_id"] = json!(id);
    }
    if let Some(number) = user.told_number() {
        card["wa_id"] = json!(number);
    }
    card
}

pub(super) fn user_message(line: &Line, user: &User, said: &Said) -> WebhookPost {
    let change = messages_change(line, &[user], &[message(line, user, said)], &[]);
    post(line, &[entry(line, &[change])])
}

pub(super) fn status(line: &Line, sent: &Sent, change: &StatusChange) -> Option<WebhookPost> {
    let status = status_value(sent, change)?;
    Some(post(line, &[entry(line, &[messages_change(line, &[], &[], &[status])])]))
}

/// Everything in one body: several entries of several changes of several messages and statuses.
pub(super) fn batch(line: &Line, news: &[News<'_>]) -> WebhookPost {
    let (mut said, mut statuses) = (Vec::new(), Vec::new());
    for one in news {
        match one {
            News::Said(user, message) => said.push((*user, *message)),
            News::Status(sent, change) => statuses.extend(status_value(sent, change)),
        }
    }
    let mut changes = Vec::new();
    for part in said.chunks(PER_CHANGE_MAX) {
        let mut users: Vec<&User> = Vec::new();
        for (user, _) in part {
            if !users.iter().any(|known| known.number == user.number) {
                users.push(user);
            }
        }
        let messages: Vec<Value> =
            part.iter().map(|(user, said)| message(line, user, said)).collect();
        changes.push(messages_change(line, &users, &messages, &[]));
    }
    for part in statuses.chunks(PER_CHANGE_MAX) {
        changes.push(messages_change(line, &[], &[], part));
    }
    let entries: Vec<Value> =
        changes.chunks(CHANGES_PER_ENTRY_MAX).map(|changes| entry(line, changes)).collect();
    post(line, &entries)
}

fn seconds(millis: i64) -> String {
    millis.div_euclid(1000).to_string()
}

fn message(line: &Line, user: &User, said: &Said) -> Value {
    let mut message = json!({ "id": said.id, "timestamp": seconds(said.time_millis) });
    if let Some(id) = user.told_id() {
        message["from_user_id"] = json!(id);
    }
    if let Some(number) = user.told_number() {
        message["from"] = json!(number);
    }
    let (kind, content) = content(&said.content);
    message["type"] = json!(kind);
    if !content.is_null() {
        message[kind] = content;
    }
    if let FromUser::ButtonReply { to, .. }
    | FromUser::ListReply { to, .. }
    | FromUser::TemplateReply { to, .. } = &said.content
    {
        message["context"] = json!({ "from": line.number, "id": to });
    }
    message
}

/// The type of a message, and the object of that name.
fn content(content: &FromUser) -> (&str, Value) {
    match content {
        FromUser::Text { body } => ("text", json!({ "body": body })),
        FromUser::File { kind, file, mime, filename, caption } => {
            (kind.as_str(), file_object(*kind, file, mime, filename.as_ref(), caption.as_ref()))
        }
        FromUser::Location { latitude, longitude, name, address } => {
            let degrees = |text: &str| text.parse::<f64>().unwrap_or_default();
            let mut place =
                json!({ "latitude": degrees(latitude), "longitude": degrees(longitude) });
            put(&mut place, "name", name.as_ref());
            put(&mut place, "address", address.as_ref());
            ("location", place)
        }
        FromUser::Contacts { contacts } => ("contacts", json!(contacts)),
        FromUser::ButtonReply { id, title, .. } => {
            let reply = json!({ "id": id, "title": title });
            ("interactive", json!({ "type": "button_reply", "button_reply": reply }))
        }
        FromUser::ListReply { id, title, description, .. } => {
            let mut reply = json!({ "id": id, "title": title });
            put(&mut reply, "description", description.as_ref());
            ("interactive", json!({ "type": "list_reply", "list_reply": reply }))
        }
        FromUser::TemplateReply { payload, text, .. } => {
            ("button", json!({ "payload": payload, "text": text }))
        }
        FromUser::Reaction { emoji, to } => {
            let mut reaction = json!({ "message_id": to });
            // A reaction that is taken back has none.
            put(&mut reaction, "emoji", Some(emoji).filter(|emoji| !emoji.is_empty()));
            ("reaction", reaction)
        }
        FromUser::Other { kind, content } => (kind, content.clone()),
    }
}

fn put(object: &mut Value, key: &str, value: Option<&String>) {
    if let Some(value) = value {
        object[key] = json!(value);
    }
}

/// The digest of the bytes is told when the file is looked up.
fn file_object(
    kind: FileKind,
    file: &str,
    mime: &str,
    filename: Option<&String>,
    caption: Option<&String>,
) -> Value {
    let mut object = json!({ "id": file, "mime_type": mime });
    match kind {
        FileKind::Image | FileKind::Video => put(&mut object, "caption", caption),
        FileKind::Document => {
            put(&mut object, "caption", caption);
            put(&mut object, "filename", filename);
        }
        FileKind::Audio => object["voice"] = json!(false),
        FileKind::Voice => object["voice"] = json!(true),
        FileKind::Sticker => object["animated"] = json!(false),
    }
    object
}

fn status_value(sent: &Sent, change: &StatusChange) -> Option<Value> {
    let mut status = json!({
        "id": sent.whatsapp_id,
        "status": change.status.as_str(),
        "timestamp": seconds(change.time_millis),
    });
    let recipient = if sent.to.contains('.') { "recipient_user_id" } else { "recipient_id" };
    status[recipient] = json!(sent.to);
    put(&mut status, "biz_opaque_callback_data", sent.client_reference.as_ref());
    let pricing = match &sent.content.template {
        Some(_) => json!({
            "billable": true, "pricing_model": "PMP", "type": "regular", "category": "utility" }),
        None => json!({
            "billable": false, "pricing_model": "PMP", "type": "free_customer_service",
            "category": "service" }),
    };
    match &change.status {
        Status::Accepted => return None,
        Status::Sent | Status::Delivered => status["pricing"] = pricing,
        Status::Read => {}
        Status::Failed { refusal } => {
            status["errors"] = json!([Problem::from(refusal).in_status()]);
        }
    }
    Some(status)
}

/// The end of a review. Pending again is told too: an appeal, or a template that was changed.
pub(super) fn template_decided(line: &Line, template: &Template) -> WebhookPost {
    let mut value = json!({
        "event": word(&template.review),
        "message_template_id": template.id.parse::<u64>().unwrap_or_default(),
        "message_template_name": template.name,
        "message_template_language": template.language,
        "message_template_category": template.category,
        "reason": "NONE",
    });
    match &template.review {
        Review::Pending | Review::Approved | Review::Disabled => {}
        Review::Rejected { reason } => {
            value["reason"] = json!(reason);
            value["rejection_info"] = json!({
                "reason": "The template does not follow the guidelines.",
                "recommendation": "Change its content and submit it under another name.",
            });
        }
        Review::Paused => {
            value["other_info"] = json!({
                "title": "FIRST_PAUSE",
                "description": "The template has been paused for 3 hours because of its quality.",
            });
        }
    }
    let change = json!({ "value": value, "field": "message_template_status_update" });
    post(line, &[entry(line, &[change])])
}

/// Another category: told when it has come, and a day before.
pub(super) fn template_recategorized(
    line: &Line,
    before: &Template,
    change: &CategoryChange,
) -> WebhookPost {
    let mut value = json!({
        "message_template_id": before.id.parse::<u64>().unwrap_or_default(),
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
    post(line, &[entry(line, &[json!({ "value": value, "field": "template_category_update" })])])
}

/// The platform's word.
pub(super) const fn word(review: &Review) -> &'static str {
    match review {
        Review::Pending => "PENDING",
        Review::Approved => "APPROVED",
        Review::Rejected { .. } => "REJECTED",
        Review::Paused => "PAUSED",
        Review::Disabled => "DISABLED",
    }
}

/// `wamid.` and base64.
pub(super) fn message_id(seed: [u8; 16]) -> String {
    format!("wamid.{}", STANDARD.encode([b"HB".as_slice(), &seed].concat()))
}
