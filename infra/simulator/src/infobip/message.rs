//! The `content` of a message that is neither interactive nor a template, and the answer to any message.

use serde_json::{Value, json};

use super::cards;
use super::fields::Fields;
use crate::Refusal;
use crate::message::{FileKind, Sent, ShownFile, ShownLocation, ToUser};

const TEXT_CHARS_MAX: usize = 4096;
const CAPTION_CHARS_MAX: usize = 3000;
const FILENAME_CHARS_MAX: usize = 240;

/// What the user will see.
pub(super) fn content(kind: &str, content: &Fields<'_>) -> Result<ToUser, Refusal> {
    match kind {
        "text" => {
            content.only(&["text", "previewUrl"])?;
            let text = content.text("text", TEXT_CHARS_MAX)?;
            let has_address = ["http://", "https://"].iter().any(|start| text.contains(start));
            if content.flag("previewUrl")? && !has_address {
                return Err(content.wrong("previewUrl", "needs a text with a URL"));
            }
            Ok(ToUser::text(text))
        }
        "image" => file(content, FileKind::Image, &["mediaUrl", "caption"]),
        "video" => file(content, FileKind::Video, &["mediaUrl", "caption"]),
        "document" => file(content, FileKind::Document, &["mediaUrl", "caption", "filename"]),
        "audio" => file(content, FileKind::Audio, &["mediaUrl"]),
        "sticker" => file(content, FileKind::Sticker, &["mediaUrl"]),
        "location" => {
            content.only(&["latitude", "longitude", "name", "address"])?;
            Ok(ToUser { location: Some(place(content)?), ..ToUser::default() })
        }
        "contact" => {
            content.only(&["contacts"])?;
            let contacts = cards::shown(content)?;
            Ok(ToUser { contacts, ..ToUser::default() })
        }
        other => Err(content.wrong("type", &format!("{other} is not known"))),
    }
}

fn file(content: &Fields<'_>, kind: FileKind, keys: &[&str]) -> Result<ToUser, Refusal> {
    content.only(keys)?;
    let file = ShownFile {
        kind,
        link: Some(content.address("mediaUrl")?),
        file: None,
        filename: content.optional_text("filename", FILENAME_CHARS_MAX)?.map(str::to_owned),
    };
    let body = content.text_or_empty("caption", CAPTION_CHARS_MAX)?;
    Ok(ToUser { file: Some(file), body, ..ToUser::default() })
}

/// Degrees are numbers.
pub(super) fn place(object: &Fields<'_>) -> Result<ShownLocation, Refusal> {
    Ok(ShownLocation {
        latitude: object.number("latitude", -90.0, 90.0)?,
        longitude: object.number("longitude", -180.0, 180.0)?,
        name: object.text_or_empty("name", 1000)?,
        address: object.text_or_empty("address", 1000)?,
    })
}

/// A file above a body or in a template's header.
pub(super) fn header_file(header: &Fields<'_>, word: &str) -> Result<ShownFile, Refusal> {
    let (kind, keys, filename): (_, &[&str], _) = match word {
        "IMAGE" => (FileKind::Image, &["type", "mediaUrl"], None),
        "VIDEO" => (FileKind::Video, &["type", "mediaUrl"], None),
        _ => {
            let name = header.text("filename", FILENAME_CHARS_MAX)?.to_owned();
            (FileKind::Document, &["type", "mediaUrl", "filename"], Some(name))
        }
    };
    header.only(keys)?;
    Ok(ShownFile { kind, link: Some(header.address("mediaUrl")?), file: None, filename })
}

/// What is answered for one message: it is on its way.
pub(super) fn accepted(sent: &Sent) -> Value {
    json!({
        "to": sent.to,
        "messageCount": 1,
        "messageId": sent.id,
        "status": {
            "groupId": 1,
            "groupName": "PENDING",
            "id": 7,
            "name": "PENDING_ENROUTE",
            "description": "Message sent to next instance",
        },
    })
}
