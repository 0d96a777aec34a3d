//! From our message to the body of `POST /{phone-number-id}/messages`.

use http::{Method, Request};
use serde_json::{Map, Value, json};

use super::call;
use crate::domain::channel::{OpenChannel, ProviderKind};
use crate::domain::message::{
    ButtonValue, Header, Location, Media, MediaKind, MediaSource, Section, Sending,
    TemplateButtonValue, TemplateHeader, TemplateMessage, ToUser,
};
use crate::domain::user::Address;
use crate::provider::Unsupported;

/// The call that sends the message.
pub(super) fn request(
    channel: &OpenChannel,
    message: &Sending,
) -> Result<Request<Vec<u8>>, Unsupported> {
    let body = body(message)?;
    let number = channel.setting("phone_number_id", "");
    Ok(call::graph(channel, Method::POST, &[number, "messages"], &[], Some(&body)))
}

/// The envelope with the object that is named like its type.
fn body(message: &Sending) -> Result<Value, Unsupported> {
    let content = content(&message.content).ok_or(Unsupported {
        provider: ProviderKind::Meta.as_str(),
        kind: message.content.kind(),
    })?;
    let kind = message.content.kind();
    let mut body = json!({
        "messaging_product": "whatsapp",
        "recipient_type": "individual",
        "type": kind,
        // Comes back in every status: the status finds the message even if the answer to this call is lost.
        "biz_opaque_callback_data": message.id.to_string(),
    });
    body[kind] = content;
    match &message.to {
        Address::Phone(id) => body["to"] = json!(id.as_str()),
        Address::Bsuid(id) => body["recipient"] = json!(id.as_str()),
    }
    if let Some(id) = &message.reply_to {
        body["context"] = json!({ "message_id": id });
    }
    Ok(body)
}

/// `None`: there is nothing to send, such as a file without a place.
fn content(content: &ToUser) -> Option<Value> {
    Some(match content {
        ToUser::Text { body, preview_url } => json!({ "body": body, "preview_url": preview_url }),
        ToUser::Media(media) => file(media, true)?,
        ToUser::Location(place) => location(place)?,
        ToUser::Contacts { contacts } => json!(contacts),
        ToUser::Reaction { to, emoji } => {
            json!({ "message_id": to, "emoji": emoji.as_deref().unwrap_or_default() })
        }
        ToUser::Buttons { header, body, footer, buttons } => {
            let buttons: Vec<Value> = buttons
                .iter()
                .map(
                    |one| json!({ "type": "reply", "reply": { "id": one.id, "title": one.title } }),
                )
                .collect();
            let header = optional(header.as_ref(), above)?;
            interactive("button", header, body, footer.as_ref(), &json!({ "buttons": buttons }))
        }
        ToUser::List { header, body, footer, button, sections } => {
            let header = header.as_ref().map(|text| json!({ "type": "text", "text": text }));
            let sections: Vec<Value> = sections.iter().map(section).collect();
            let action = json!({ "button": button, "sections": sections });
            interactive("list", header, body, footer.as_ref(), &action)
        }
        ToUser::CtaUrl { header, body, footer, display_text, url } => {
            let parameters = json!({ "display_text": display_text, "url": url });
            let action = json!({ "name": "cta_url", "parameters": parameters });
            interactive(
                "cta_url",
                optional(header.as_ref(), above)?,
                body,
                footer.as_ref(),
                &action,
            )
        }
        ToUser::LocationRequest { body } => {
            let action = json!({ "name": "send_location" });
            interactive("location_request_message", None, body, None, &action)
        }
        ToUser::Interactive { interactive } => interactive.clone(),
        ToUser::Template(message) => template(message)?,
    })
}

/// Turns what may be missing; the outer `None` says that what is there cannot be sent.
#[expect(clippy::option_option, reason = "not there and not sendable are two answers")]
fn optional<T>(value: Option<&T>, turn: fn(&T) -> Option<Value>) -> Option<Option<Value>> {
    match value {
        Some(value) => turn(value).map(Some),
        None => Some(None),
    }
}

fn interactive(
    kind: &str,
    header: Option<Value>,
    body: &str,
    footer: Option<&String>,
    action: &Value,
) -> Value {
    let mut object = json!({ "type": kind, "body": { "text": body }, "action": action });
    if let Some(header) = header {
        object["header"] = header;
    }
    if let Some(footer) = footer {
        object["footer"] = json!({ "text": footer });
    }
    object
}

fn section(section: &Section) -> Value {
    let rows: Vec<Value> = section
        .rows
        .iter()
        .map(|row| {
            let mut object = json!({ "id": row.id, "title": row.title });
            if let Some(description) = &row.description {
                object["description"] = json!(description);
            }
            object
        })
        .collect();
    let mut object = json!({ "rows": rows });
    if let Some(title) = &section.title {
        object["title"] = json!(title);
    }
    object
}

fn above(header: &Header) -> Option<Value> {
    Some(match header {
        Header::Text(text) => json!({ "type": "text", "text": text }),
        Header::Media(media) => typed(word(media.kind), file(media, false)?),
    })
}

/// An object that holds its content under the name of its type.
fn typed(kind: &str, content: Value) -> Value {
    let mut object = json!({ "type": kind });
    object[kind] = content;
    object
}

/// The name of the object that holds the file.
const fn word(kind: MediaKind) -> &'static str {
    match kind {
        MediaKind::Image => "image",
        MediaKind::Video => "video",
        MediaKind::Audio | MediaKind::Voice => "audio",
        MediaKind::Document => "document",
        MediaKind::Sticker => "sticker",
    }
}

/// A caption on audio or a sticker makes the platform refuse the whole message: it is left out.
fn file(media: &Media, with_caption: bool) -> Option<Value> {
    let mut object = Map::new();
    match media.source.as_ref()? {
        MediaSource::Link(url) => object.insert("link".to_owned(), json!(url)),
        MediaSource::ProviderId(id) | MediaSource::PrivateLink { id, .. } => {
            object.insert("id".to_owned(), json!(id))
        }
    };
    let can_have_caption = match media.kind {
        MediaKind::Image | MediaKind::Video | MediaKind::Document => with_caption,
        MediaKind::Audio | MediaKind::Voice | MediaKind::Sticker => false,
    };
    if let Some(caption) = media.caption.as_ref().filter(|_| can_have_caption) {
        object.insert("caption".to_owned(), json!(caption));
    }
    let has_name = media.kind == MediaKind::Document;
    if let Some(name) = media.filename.as_ref().filter(|_| has_name) {
        object.insert("filename".to_owned(), json!(name));
    }
    Some(Value::Object(object))
}

fn location(place: &Location) -> Option<Value> {
    let degrees = |text: &str| text.parse().ok().and_then(serde_json::Number::from_f64);
    let mut object = json!({
        "latitude": degrees(&place.latitude)?,
        "longitude": degrees(&place.longitude)?,
    });
    if let Some(name) = &place.name {
        object["name"] = json!(name);
    }
    if let Some(address) = &place.address {
        object["address"] = json!(address);
    }
    Some(object)
}

fn template(message: &TemplateMessage) -> Option<Value> {
    let mut components = Vec::new();
    if let Some(header) = &message.header {
        let parameter = match header {
            TemplateHeader::Text(text) => json!({ "type": "text", "text": text }),
            TemplateHeader::Media(media) => typed(word(media.kind), file(media, false)?),
            TemplateHeader::Location(place) => typed("location", location(place)?),
        };
        components.push(json!({ "type": "header", "parameters": [parameter] }));
    }
    if !message.body.is_empty() {
        let parameters: Vec<Value> =
            message.body.iter().map(|text| json!({ "type": "text", "text": text })).collect();
        components.push(json!({ "type": "body", "parameters": parameters }));
    }
    components.extend(message.buttons.iter().map(button));
    let mut object = json!({
        "name": message.name,
        "language": { "code": language(&message.language) },
    });
    if !components.is_empty() {
        object["components"] = json!(components);
    }
    Some(object)
}

/// `pt-BR` is `pt_BR` here (T34).
pub(super) fn language(code: &str) -> String {
    code.replace('-', "_")
}

fn button(button: &TemplateButtonValue) -> Value {
    let (kind, parameter) = match &button.value {
        ButtonValue::QuickReply { payload } => {
            ("quick_reply", json!({ "type": "payload", "payload": payload }))
        }
        ButtonValue::Url { suffix } => ("url", json!({ "type": "text", "text": suffix })),
        ButtonValue::CopyCode { code } => {
            ("copy_code", json!({ "type": "coupon_code", "coupon_code": code }))
        }
    };
    json!({
        "type": "button",
        "sub_type": kind,
        "index": button.index.to_string(),
        "parameters": [parameter],
    })
}
