//! The body of `POST /{phone-number-id}/messages`: what the user will see, or what is wrong with it.

use super::interactive;
use super::params::Params;
use super::problem::Problem;
use crate::message::{FileKind, ShownFile, ShownLocation, ShownReaction, ToUser};

const TEXT_CHARS_MAX: usize = 4096;
const CAPTION_CHARS_MAX: usize = 1024;
const CALLBACK_DATA_CHARS_MAX: usize = 512;
const ID_CHARS_MAX: usize = 256;
const LINK_CHARS_MAX: usize = 2048;
const CARDS_MAX: usize = 5;

const TYPES: [&str; 11] = [
    "text",
    "image",
    "video",
    "audio",
    "document",
    "sticker",
    "location",
    "contacts",
    "reaction",
    "interactive",
    "template",
];

/// A message before its content is read.
#[derive(Debug)]
pub(super) struct Envelope<'a> {
    /// As it was written.
    pub(super) to: &'a str,
    /// `to` is a business-scoped user id.
    pub(super) is_scoped_id: bool,
    pub(super) kind: &'a str,
    pub(super) reply_to: Option<&'a str>,
    pub(super) callback_data: Option<&'a str>,
}

/// What holds for every kind.
pub(super) fn envelope<'a>(call: &Params<'a>) -> Result<Envelope<'a>, Problem> {
    call.word("messaging_product", &["whatsapp"])?;
    if call.has("recipient_type") {
        call.word("recipient_type", &["individual"])?;
    }
    let kind = if call.has("type") { call.word("type", &TYPES)? } else { "text" };
    call.only(&[
        "messaging_product",
        "recipient_type",
        "to",
        "recipient",
        "type",
        "context",
        "biz_opaque_callback_data",
        kind,
    ])?;
    let is_scoped_id = call.has("recipient");
    let to = match (call.has("to"), is_scoped_id) {
        (true, false) => number(call.text("to", 32)?)?,
        (false, true) => scoped_id(call.text("recipient", ID_CHARS_MAX)?)?,
        (false, false) => return Err(Problem::missing("to")),
        (true, true) => {
            return Err(Problem::parameter("Only one of to and recipient may be there."));
        }
    };
    let reply_to = match call.optional_object("context")? {
        None => None,
        Some(context) => {
            context.only(&["message_id"])?;
            Some(context.text("message_id", ID_CHARS_MAX)?)
        }
    };
    let callback_data = call.optional_text("biz_opaque_callback_data", CALLBACK_DATA_CHARS_MAX)?;
    Ok(Envelope { to, is_scoped_id, kind, reply_to, callback_data })
}

fn number(text: &str) -> Result<&str, Problem> {
    let digits = text.strip_prefix('+').unwrap_or(text);
    let fits = (1..=20).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit());
    if fits { Ok(text) } else { Err(Problem::parameter("Param to must be a phone number.")) }
}

fn scoped_id(text: &str) -> Result<&str, Problem> {
    let wrong = || Problem::parameter("Param recipient must be a business-scoped user id.");
    let (country, id) = text.split_once('.').ok_or_else(wrong)?;
    let fits = country.len() == 2
        && country.bytes().all(|b| b.is_ascii_uppercase())
        && (1..=128).contains(&id.len())
        && id.bytes().all(|b| b.is_ascii_alphanumeric());
    if fits { Ok(text) } else { Err(wrong()) }
}

/// The content of every kind but templates, which the account decides about.
pub(super) fn content(
    call: &Params<'_>,
    kind: &str,
    has_file: &dyn Fn(&str) -> bool,
) -> Result<ToUser, Problem> {
    if kind == "contacts" {
        return cards(call);
    }
    let object = call.object(kind)?;
    match kind {
        "text" => {
            object.only(&["body", "preview_url"])?;
            object.flag("preview_url")?;
            Ok(ToUser::text(object.text("body", TEXT_CHARS_MAX)?))
        }
        "location" => location(&object),
        "reaction" => {
            object.only(&["message_id", "emoji"])?;
            let to = object.text("message_id", ID_CHARS_MAX)?.to_owned();
            // The one text that may be empty: it takes the reaction back.
            let emoji = match object.get("emoji").and_then(|emoji| emoji.as_str()) {
                Some(emoji) => emoji.to_owned(),
                None => return Err(Problem::missing(&object.name_of("emoji"))),
            };
            Ok(ToUser { reaction: Some(ShownReaction { to, emoji }), ..ToUser::default() })
        }
        "interactive" => interactive::content(&object, has_file),
        _ => {
            let (file, caption) = file(&object, kind_of(kind)?, true, has_file)?;
            Ok(ToUser { file: Some(file), body: caption, ..ToUser::default() })
        }
    }
}

fn kind_of(word: &str) -> Result<FileKind, Problem> {
    Ok(match word {
        "image" => FileKind::Image,
        "video" => FileKind::Video,
        "audio" => FileKind::Audio,
        "document" => FileKind::Document,
        "sticker" => FileKind::Sticker,
        _ => return Err(Problem::parameter(format!("There is no file of type {word}."))),
    })
}

/// A file by link or by id. Audio and stickers have no caption, and only documents a name.
pub(super) fn file(
    object: &Params<'_>,
    kind: FileKind,
    may_have_caption: bool,
    has_file: &dyn Fn(&str) -> bool,
) -> Result<(ShownFile, String), Problem> {
    let mut keys = vec!["link", "id"];
    let has_caption = matches!(kind, FileKind::Image | FileKind::Video | FileKind::Document);
    if may_have_caption && has_caption {
        keys.push("caption");
    }
    if kind == FileKind::Document {
        keys.push("filename");
    }
    object.only(&keys)?;
    let link = object.optional_text("link", LINK_CHARS_MAX)?;
    let id = object.optional_text("id", ID_CHARS_MAX)?;
    match (link, id) {
        (Some(link), None) => web_address(link, &object.name_of("link"))?,
        (None, Some(id)) if has_file(id) => {}
        (None, Some(_)) => {
            return Err(Problem::parameter(format!(
                "Param {} is not a valid whatsapp business account media attachment ID.",
                object.name_of("id")
            )));
        }
        (None, None) | (Some(_), Some(_)) => {
            return Err(Problem::parameter(format!(
                "Exactly one of {} and {} must be there.",
                object.name_of("link"),
                object.name_of("id")
            )));
        }
    }
    let caption = object.optional_text("caption", CAPTION_CHARS_MAX)?.unwrap_or_default();
    let filename = object.optional_text("filename", 240)?.map(str::to_owned);
    let shown =
        ShownFile { kind, link: link.map(str::to_owned), file: id.map(str::to_owned), filename };
    Ok((shown, caption.to_owned()))
}

/// An absolute address that a phone could open.
pub(super) fn web_address(text: &str, name: &str) -> Result<(), Problem> {
    let rest = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
    let host = rest.and_then(|rest| rest.split(['/', '?', '#']).next()).unwrap_or_default();
    if host.is_empty() || text.chars().any(char::is_whitespace) {
        return Err(Problem::value(format!("Param {name} must be a valid URI.")));
    }
    Ok(())
}

fn location(object: &Params<'_>) -> Result<ToUser, Problem> {
    let location = place(object)?;
    Ok(ToUser { location: Some(location), ..ToUser::default() })
}

pub(super) fn place(object: &Params<'_>) -> Result<ShownLocation, Problem> {
    object.only(&["latitude", "longitude", "name", "address"])?;
    Ok(ShownLocation {
        latitude: object.number("latitude", -90.0, 90.0)?,
        longitude: object.number("longitude", -180.0, 180.0)?,
        name: object.optional_text("name", 1000)?.unwrap_or_default().to_owned(),
        address: object.optional_text("address", 1000)?.unwrap_or_default().to_owned(),
    })
}

fn cards(call: &Params<'_>) -> Result<ToUser, Problem> {
    let mut contacts = Vec::new();
    for card in call.objects("contacts", 1, CARDS_MAX)? {
        card.only(&["name", "phones", "emails", "addresses", "urls", "org", "birthday"])?;
        let name = card.object("name")?;
        name.only(&[
            "formatted_name",
            "first_name",
            "last_name",
            "middle_name",
            "prefix",
            "suffix",
        ])?;
        name.text("formatted_name", 256)?;
        for phone in if card.has("phones") { card.objects("phones", 1, 20)? } else { Vec::new() } {
            phone.only(&["phone", "type", "wa_id"])?;
        }
    }
    if let Some(list) = call.get("contacts").and_then(|list| list.as_array()) {
        contacts.clone_from(list);
    }
    Ok(ToUser { contacts, ..ToUser::default() })
}
