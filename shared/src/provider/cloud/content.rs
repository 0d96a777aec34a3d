//! What a user's message says: one function per kind of the Cloud API. What cannot be read is kept as
//! unsupported, so that the message itself is recorded (T6).

use serde_json::value::RawValue;

use super::parse::{any, read, text};
use super::{Dialect, wire};
use crate::domain::message::{FromUser, Location, Media, MediaKind, MediaSource};
use crate::domain::user::{Address, Bsuid, WaId};

/// The content of a message, by its `type`.
pub(super) fn of(message: &wire::Message<'_>, dialect: Dialect) -> FromUser {
    content(message.kind.as_deref().unwrap_or("unknown"), message, dialect)
}

/// The content of a message of this kind, for carriers that tell the kind elsewhere.
pub(in crate::provider) fn content(
    kind: &str,
    message: &wire::Message<'_>,
    dialect: Dialect,
) -> FromUser {
    let content = match kind {
        "text" => said(message.text),
        "image" => file(MediaKind::Image, message.image, dialect),
        "video" => file(MediaKind::Video, message.video, dialect),
        "audio" => file(MediaKind::Audio, message.audio, dialect),
        "voice" => file(MediaKind::Voice, message.voice, dialect),
        "document" => file(MediaKind::Document, message.document, dialect),
        "sticker" => file(MediaKind::Sticker, message.sticker, dialect),
        "location" => place(message.location),
        "contacts" => any(message.contacts).map(|contacts| FromUser::Contacts { contacts }),
        "interactive" => choice(message.interactive),
        "button" => button(message.button),
        "order" => order(message.order),
        "reaction" => reaction(message.reaction),
        "system" => system(message.system),
        // The user opened the chat and said nothing.
        "request_welcome" => {
            Some(FromUser::System { kind: kind.to_owned(), body: None, new_address: None })
        }
        "edit" => edit(message.edit),
        "revoke" => revoke(message.revoke),
        "unsupported" => unsupported(message.unsupported),
        _ => None,
    };
    content.unwrap_or_else(|| FromUser::Unsupported { kind: kind.to_owned() })
}

fn said(part: Option<&RawValue>) -> Option<FromUser> {
    let given: wire::Text<'_> = read(part)?;
    text(given.body.as_deref()).map(|body| FromUser::Text { body })
}

fn file(kind: MediaKind, part: Option<&RawValue>, dialect: Dialect) -> Option<FromUser> {
    let given: wire::File<'_> = read(part)?;
    let is_voice = kind == MediaKind::Audio && given.voice == Some(true);
    // An attachment without id or link occurs: announced, and not to be had.
    let source = match (text(given.id.as_deref()), text(given.url.as_deref())) {
        (_, Some(url)) if dialect.open_links => Some(MediaSource::Link(url)),
        (Some(id), Some(url)) => Some(MediaSource::PrivateLink { url, id }),
        (Some(id), None) => Some(MediaSource::ProviderId(id)),
        (None, Some(url)) => Some(MediaSource::PrivateLink { url, id: String::new() }),
        (None, None) => None,
    };
    Some(FromUser::Media(Media {
        kind: if is_voice { MediaKind::Voice } else { kind },
        source,
        mime: text(given.mime_type.as_deref()),
        filename: text(given.filename.as_deref()),
        caption: text(given.caption.as_deref()),
        stored: None,
    }))
}

fn place(part: Option<&RawValue>) -> Option<FromUser> {
    let given: wire::Location<'_> = read(part)?;
    Some(FromUser::Location(Location {
        latitude: degrees(given.latitude)?,
        longitude: degrees(given.longitude)?,
        name: text(given.name.as_deref()),
        address: text(given.address.as_deref()),
    }))
}

/// The number as it was written.
pub(in crate::provider) fn degrees(part: Option<&RawValue>) -> Option<String> {
    let written = part?.get();
    let digits = match any::<String>(part) {
        Some(text) => text,
        None => written.to_owned(),
    };
    digits.parse::<f64>().ok().filter(|number| number.is_finite())?;
    Some(digits)
}

fn choice(part: Option<&RawValue>) -> Option<FromUser> {
    let given: wire::Interactive<'_> = read(part)?;
    if let Some(reply) = given.button_reply.or(given.list_reply) {
        let title = text(reply.title.as_deref())?;
        let id = text(reply.id.as_deref()).unwrap_or_else(|| title.clone());
        return Some(FromUser::Choice { id, title });
    }
    let flow = given.nfm_reply?;
    let response = flow.response_json?;
    // Not always an object, and not always JSON: then the text itself.
    let response = serde_json::from_str(&response)
        .unwrap_or_else(|_| serde_json::Value::String(response.to_string()));
    Some(FromUser::FlowReply { name: text(flow.name.as_deref()), response })
}

fn button(part: Option<&RawValue>) -> Option<FromUser> {
    let given: wire::Button<'_> = read(part)?;
    let shown = text(given.text.as_deref()).or_else(|| text(given.payload.as_deref()))?;
    let payload = text(given.payload.as_deref()).unwrap_or_else(|| shown.clone());
    Some(FromUser::TemplateButton { payload, text: shown })
}

fn order(part: Option<&RawValue>) -> Option<FromUser> {
    let given: wire::Order<'_> = read(part)?;
    Some(FromUser::Order {
        catalog_id: text(given.catalog_id.as_deref()),
        text: text(given.text.as_deref()),
        items: given.product_items.unwrap_or_default(),
    })
}

fn reaction(part: Option<&RawValue>) -> Option<FromUser> {
    let given: wire::Reaction<'_> = read(part)?;
    let to = text(given.message_id.as_deref())?;
    Some(FromUser::Reaction { to, emoji: text(given.emoji.as_deref()) })
}

fn system(part: Option<&RawValue>) -> Option<FromUser> {
    let given: wire::System<'_> = read(part)?;
    let phone = [given.new_wa_id.as_deref(), given.wa_id.as_deref()]
        .into_iter()
        .flatten()
        .find_map(|id| WaId::parse(id).ok())
        .map(Address::Phone);
    let bsuid = given.user_id.as_deref().and_then(|id| Bsuid::parse(id).ok()).map(Address::Bsuid);
    let kind = text(given.kind.as_deref())?;
    // A number may stand beside a new id, and an id beside a new number.
    let new_address =
        if kind == "user_changed_user_id" { bsuid.or(phone) } else { phone.or(bsuid) };
    Some(FromUser::System { kind, body: text(given.body.as_deref()), new_address })
}

fn edit(part: Option<&RawValue>) -> Option<FromUser> {
    let given: wire::Correction<'_> = read(part)?;
    let original = text(given.original_message_id.as_deref())?;
    let body = given.message.and_then(|message| {
        let words = message.text.and_then(|text| text.body);
        let caption = [message.image, message.video, message.document]
            .into_iter()
            .flatten()
            .find_map(|file| file.caption);
        text(words.or(caption).as_deref())
    });
    Some(FromUser::Edit { original, body })
}

fn revoke(part: Option<&RawValue>) -> Option<FromUser> {
    let given: wire::Correction<'_> = read(part)?;
    Some(FromUser::Revoke { original: text(given.original_message_id.as_deref())? })
}

/// The newer webhooks say what it was that the API cannot carry.
fn unsupported(part: Option<&RawValue>) -> Option<FromUser> {
    let given: wire::Unsupported<'_> = read(part)?;
    Some(FromUser::Unsupported { kind: text(given.kind.as_deref())? })
}
