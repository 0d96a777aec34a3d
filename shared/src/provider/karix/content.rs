//! What a user's message says: files in Karix's own words, everything else in the Cloud API's, which Karix passes on.

use serde_json::value::RawValue;

use super::settings::is_karix;
use super::wire::Object;
use crate::domain::channel::OpenChannel;
use crate::domain::message::{FromUser, Media, MediaKind, MediaSource};
use crate::provider::cloud::{self, Dialect, any, wire};

/// Only what concerns the content of a message: numbers, links and statuses are read here.
const DIALECT: Dialect = Dialect {
    is_ours: |_, _| true,
    open_links: false,
    echoes: false,
    account: None,
    template_ids: false,
};

/// The names of the objects that hold a content, in the order in which a message without a type is searched for them.
const OBJECTS: [&str; 13] = [
    "image",
    "video",
    "audio",
    "voice",
    "document",
    "sticker",
    "interactive",
    "button",
    "location",
    "contacts",
    "order",
    "reaction",
    "text",
];

/// The content of the message; `part` is the same message unread.
pub(super) fn of(message: &Object<'_>, part: &RawValue, channel: &OpenChannel) -> FromUser {
    let kind = kind(message);
    let content = match kind.as_str() {
        "image" => Some(file(MediaKind::Image, &kind, message, channel)),
        "video" => Some(file(MediaKind::Video, &kind, message, channel)),
        "audio" => Some(file(MediaKind::Audio, &kind, message, channel)),
        "voice" => Some(file(MediaKind::Voice, &kind, message, channel)),
        "document" => Some(file(MediaKind::Document, &kind, message, channel)),
        "sticker" => Some(file(MediaKind::Sticker, &kind, message, channel)),
        "text" => bare_text(message),
        _ => None,
    };
    let passed_on = || {
        let message: Option<wire::Message<'_>> = cloud::read(Some(part));
        message.map(|message| cloud::content(&kind, &message, DIALECT))
    };
    content.or_else(passed_on).unwrap_or_else(|| FromUser::Unsupported { kind: kind.clone() })
}

/// The word of the content in small letters: `contentType`, or `messageType` where a stream has only that; for an
/// attachment its own type. Where nothing is said, the name of the object that is there.
fn kind(message: &Object<'_>) -> String {
    let lower = |text: String| text.to_ascii_lowercase();
    let told = message.first_text(&["contentType", "messageType", "type"]).map(lower);
    if let Some(told) = told.filter(|told| told != "attachment") {
        return told;
    }
    let file = message.text("attachmentType").map(lower);
    let known = OBJECTS.iter().find(|name| file.as_deref() == Some(name));
    let there = || OBJECTS.iter().find(|name| message.part(name).is_some());
    // A link of an unknown type is a file all the same.
    let link = message.part("attachmentUrl").map(|_| "document".to_owned());
    let found = known.or_else(there).map(|name| (*name).to_owned());
    found.or(link).or(file).unwrap_or_else(|| "unknown".to_owned())
}

/// A file in the object of its type, or in fields of the message itself. One without a link was announced and is not to
/// be had.
fn file(kind: MediaKind, name: &str, message: &Object<'_>, channel: &OpenChannel) -> FromUser {
    let own = message.object(name);
    let text = |names: &[&str], flat: &str| {
        own.as_ref().and_then(|own| own.first_text(names)).or_else(|| message.text(flat))
    };
    let link = text(&["fileLink", "url"], "attachmentUrl");
    let id = text(&["mediaId", "media_id"], "attachmentId");
    let source = match (link, id) {
        (Some(url), id) if is_karix(channel, &url) => {
            Some(MediaSource::PrivateLink { url, id: id.unwrap_or_default() })
        }
        (Some(url), _) => Some(MediaSource::Link(url)),
        (None, id) => id.map(MediaSource::ProviderId),
    };
    FromUser::Media(Media {
        kind,
        source,
        mime: text(&["mimeType", "mime_type"], "attachmentMimeType"),
        filename: text(&["fileName", "file_name"], "attachmentFilename"),
        caption: text(&["caption"], "caption"),
        stored: None,
    })
}

/// A text that stands there without an object around it.
fn bare_text(message: &Object<'_>) -> Option<FromUser> {
    let part = message.part("text").filter(|part| part.get().starts_with('"'));
    let body: String = any(part)?;
    (!body.is_empty()).then_some(FromUser::Text { body })
}
