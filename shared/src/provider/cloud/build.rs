//! From our message to the body that sends it.

use serde_json::{Map, Value, json};

use super::template;
use crate::domain::channel::ProviderKind;
use crate::domain::message::{
    Header, Location, Media, MediaKind, MediaSource, Section, Sending, ToUser,
};
use crate::domain::user::Address;
use crate::provider::Unsupported;

/// Whether a reference of ours comes back in every status: it finds the message even if the answer to this call is lost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::provider) enum Reference {
    Echoed,
    Unknown,
}

/// The envelope with the object that is named like its type.
///
/// # Errors
/// There is nothing to send, such as a file without a place.
pub(in crate::provider) fn body(
    provider: ProviderKind,
    message: &Sending,
    reference: Reference,
) -> Result<Value, Unsupported> {
    let kind = message.content.kind();
    let content =
        content(&message.content).ok_or(Unsupported { provider: provider.as_str(), kind })?;
    let mut body = json!({
        "messaging_product": "whatsapp",
        "recipient_type": "individual",
        "type": kind,
    });
    body[kind] = content;
    if reference == Reference::Echoed {
        body["biz_opaque_callback_data"] = json!(message.id.to_string());
    }
    match &message.to {
        Address::Phone(id) => body["to"] = json!(id.as_str()),
        Address::Bsuid(id) => body["recipient"] = json!(id.as_str()),
    }
    if let Some(id) = &message.reply_to {
        body["context"] = json!({ "message_id": id });
    }
    Ok(body)
}

/// The object under the name of its type. `None`: there is nothing to send, such as a file without a place.
pub(in crate::provider) fn content(content: &ToUser) -> Option<Value> {
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
        ToUser::Template(message) => template::sending(message)?,
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
pub(super) fn typed(kind: &str, content: Value) -> Value {
    let mut object = json!({ "type": kind });
    object[kind] = content;
    object
}

/// The name of the object that holds the file.
pub(super) const fn word(kind: MediaKind) -> &'static str {
    match kind {
        MediaKind::Image => "image",
        MediaKind::Video => "video",
        MediaKind::Audio | MediaKind::Voice => "audio",
        MediaKind::Document => "document",
        MediaKind::Sticker => "sticker",
    }
}

/// A caption on audio or a sticker makes the platform refuse the whole message: it is left out.
pub(super) fn file(media: &Media, with_caption: bool) -> Option<Value> {
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

pub(super) fn location(place: &Location) -> Option<Value> {
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
