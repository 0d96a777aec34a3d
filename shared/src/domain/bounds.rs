//! What a message may hold: WhatsApp's limits (whatsapp-rules 2, 3) and where a provider has others. Everything is
//! looked at before the provider is called. Texts that are too long are cut before ([`super::rendering`]); what is
//! still wrong here cannot be sent.

use std::collections::BTreeSet;

use super::channel::ProviderKind;
use super::message::{Choice, Header, Media, MediaKind, MediaSource, Section, ToUser};
use super::text::{
    BODY_CHARS_MAX, BUTTON_CHARS_MAX, BUTTONS_MAX, CAPTION_CHARS_MAX, CHOICE_ID_CHARS_MAX,
    DESCRIPTION_CHARS_MAX, FOOTER_CHARS_MAX, HEADER_CHARS_MAX, LINK_BUTTON_CHARS_MAX,
    LIST_BUTTON_CHARS_MAX, ROW_CHARS_MAX, ROWS_MAX, TEXT_CHARS_MAX, chars,
};

/// Sections of one list.
const SECTIONS_MAX: usize = 10;
/// Cards of one message.
const CONTACTS_MAX: usize = 5;
/// Of a link to a file.
const LINK_CHARS_MAX: usize = 2048;
/// Of the address behind a button.
const URL_CHARS_MAX: usize = 2000;
/// Name and address of a place.
const PLACE_CHARS_MAX: usize = 1000;
/// The name that a document is shown by.
pub const FILENAME_CHARS_MAX: usize = 240;

const KB: u64 = 1024;
const MB: u64 = 1024 * KB;

/// A sticker that does not move.
const STILL_STICKER_BYTES_MAX: u64 = 100 * KB;

/// A field of a message, by its name in the API, and the rule that it breaks.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{field} {rule}")]
pub struct Breach {
    pub field: String,
    pub rule: String,
}

type Checked = Result<(), Breach>;

fn breach(field: impl Into<String>, rule: impl Into<String>) -> Breach {
    Breach { field: field.into(), rule: rule.into() }
}

/// Under an image, a video or a document; more goes as a text behind it.
pub const fn caption_chars_max(provider: ProviderKind) -> usize {
    match provider {
        ProviderKind::Gupshup
        | ProviderKind::Meta
        | ProviderKind::Karix
        | ProviderKind::Dialog360
        | ProviderKind::AwsSocial => CAPTION_CHARS_MAX,
        ProviderKind::Infobip => 3000,
    }
}

/// Whether there may be a text under such a file.
pub const fn may_have_caption(kind: MediaKind) -> bool {
    match kind {
        MediaKind::Image | MediaKind::Video | MediaKind::Document => true,
        MediaKind::Audio | MediaKind::Voice | MediaKind::Sticker => false,
    }
}

/// The largest file of a kind.
pub const fn bytes_max(kind: MediaKind) -> u64 {
    match kind {
        MediaKind::Image => 5 * MB,
        MediaKind::Video | MediaKind::Audio | MediaKind::Voice => 16 * MB,
        MediaKind::Document => 100 * MB,
        MediaKind::Sticker => 500 * KB,
    }
}

/// The types of a kind; none: any. Documents of other types than the platform names are often taken.
pub const fn types(kind: MediaKind) -> &'static [&'static str] {
    match kind {
        MediaKind::Image => &["image/jpeg", "image/png"],
        MediaKind::Video => &["video/mp4", "video/3gpp"],
        MediaKind::Audio | MediaKind::Voice => {
            &["audio/aac", "audio/amr", "audio/mpeg", "audio/mp4", "audio/ogg"]
        }
        MediaKind::Sticker => &["image/webp"],
        MediaKind::Document => &[],
    }
}

/// A type without its parameters, in lower case: `audio/ogg` of `Audio/OGG; codecs=opus`.
pub fn essence(mime: &str) -> String {
    mime.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
}

/// Whether a file of this type may go as this kind. The error names the rule.
pub fn check_type(kind: MediaKind, mime: &str) -> Result<(), String> {
    let (types, essence) = (types(kind), essence(mime));
    if !types.is_empty() && !types.contains(&essence.as_str()) {
        return Err(format!("must be {} as {}", types.join(" or "), kind.as_str()));
    }
    let codec = mime.split_once("codecs=").map(|(_, codec)| codec.trim_matches(['"', ' ']));
    match codec {
        Some(codec) if essence == "audio/ogg" && !codec.eq_ignore_ascii_case("opus") => {
            Err("must be Opus in Ogg".to_owned())
        }
        Some(_) | None => Ok(()),
    }
}

/// Whether a file with this type and these bytes may go as this kind. The error names the rule.
pub fn check_file(kind: MediaKind, mime: &str, bytes: &[u8]) -> Result<(), String> {
    check_type(kind, mime)?;
    if bytes.is_empty() {
        return Err("must not be empty".to_owned());
    }
    check_size(kind, bytes.len() as u64)?;
    let is_still = kind == MediaKind::Sticker && !is_animated(bytes);
    if is_still && bytes.len() as u64 > STILL_STICKER_BYTES_MAX {
        return Err("must have at most 100 KB, as a sticker that does not move".to_owned());
    }
    let is_ogg =
        matches!(kind, MediaKind::Audio | MediaKind::Voice) && essence(mime) == "audio/ogg";
    if is_ogg && !bytes.windows(OPUS.len()).take(OPUS_WITHIN).any(|window| window == OPUS) {
        return Err("must be Opus in Ogg".to_owned());
    }
    Ok(())
}

/// Whether a file of this size may go as this kind. The error names the rule.
pub fn check_size(kind: MediaKind, bytes: u64) -> Result<(), String> {
    let max = bytes_max(kind);
    if bytes <= max {
        return Ok(());
    }
    let size = if max < MB { format!("{} KB", max / KB) } else { format!("{} MB", max / MB) };
    Err(format!("must have at most {size} as {}", kind.as_str()))
}

/// What the head of Opus begins with, in the first page of an Ogg file.
const OPUS: &[u8] = b"OpusHead";
const OPUS_WITHIN: usize = 512;

/// The flag for it in the extended header of a WebP file.
fn is_animated(webp: &[u8]) -> bool {
    webp.get(12..16) == Some(b"VP8X") && webp.get(20).is_some_and(|flags| flags & 0x02 != 0)
}

/// Whether the provider takes this message as far as lengths, counts and types say.
pub fn check(provider: ProviderKind, content: &ToUser) -> Checked {
    match content {
        ToUser::Text { body, .. } => length("body", body, TEXT_CHARS_MAX),
        ToUser::Media(media) => file(provider, media),
        ToUser::Location(place) => {
            at_most("location.name", place.name.as_deref(), PLACE_CHARS_MAX)?;
            at_most("location.address", place.address.as_deref(), PLACE_CHARS_MAX)
        }
        ToUser::Contacts { contacts } => count("contacts", contacts.len(), CONTACTS_MAX, "cards"),
        ToUser::Buttons { header, body, footer, buttons } => {
            menu_body(header.as_ref(), body, footer.as_deref())?;
            reply_buttons(buttons)
        }
        ToUser::List { header, body, footer, button, sections } => {
            at_most("header", header.as_deref(), HEADER_CHARS_MAX)?;
            menu_body(None, body, footer.as_deref())?;
            length("button", button, LIST_BUTTON_CHARS_MAX)?;
            list(sections)
        }
        ToUser::CtaUrl { header, body, footer, display_text, url } => {
            menu_body(header.as_ref(), body, footer.as_deref())?;
            length("button", display_text, LINK_BUTTON_CHARS_MAX)?;
            length("link", url, URL_CHARS_MAX)
        }
        ToUser::LocationRequest { body } => length("body", body, BODY_CHARS_MAX),
        ToUser::Interactive { interactive } => {
            let text = |path| interactive.pointer(path).and_then(serde_json::Value::as_str);
            at_most("interactive.body.text", text("/body/text"), BODY_CHARS_MAX)?;
            at_most("interactive.header.text", text("/header/text"), HEADER_CHARS_MAX)?;
            at_most("interactive.footer.text", text("/footer/text"), FOOTER_CHARS_MAX)
        }
        // What a template's values may be is the template's rule; a reaction has no length.
        ToUser::Reaction { .. } | ToUser::Template(_) => Ok(()),
    }
}

fn length(field: &str, text: &str, max: usize) -> Checked {
    if text.trim().is_empty() {
        return Err(breach(field, "must not be empty"));
    }
    at_most(field, Some(text), max)
}

fn at_most(field: &str, text: Option<&str>, max: usize) -> Checked {
    if text.map_or(0, chars) <= max {
        return Ok(());
    }
    Err(breach(field, format!("must have at most {max} characters")))
}

fn count(field: &str, n: usize, max: usize, what: &str) -> Checked {
    if (1..=max).contains(&n) {
        return Ok(());
    }
    Err(breach(field, format!("must have 1 to {max} {what}")))
}

fn file(provider: ProviderKind, media: &Media) -> Checked {
    if media.caption.is_some() && !may_have_caption(media.kind) {
        return Err(breach("caption", format!("cannot stand under {}", media.kind.as_str())));
    }
    at_most("caption", media.caption.as_deref(), caption_chars_max(provider))?;
    at_most("filename", media.filename.as_deref(), FILENAME_CHARS_MAX)?;
    if let Some(MediaSource::Link(link)) = &media.source {
        at_most("link", Some(link), LINK_CHARS_MAX)?;
    }
    match &media.mime {
        Some(mime) => check_type(media.kind, mime).map_err(|rule| breach("mime", rule)),
        None => Ok(()),
    }
}

fn menu_body(header: Option<&Header>, body: &str, footer: Option<&str>) -> Checked {
    match header {
        Some(Header::Text(text)) => at_most("header", Some(text), HEADER_CHARS_MAX)?,
        Some(Header::Media(media)) if !may_have_caption(media.kind) => {
            return Err(breach("header", "must be a text, an image, a video or a document"));
        }
        Some(Header::Media(_)) | None => {}
    }
    length("body", body, BODY_CHARS_MAX)?;
    at_most("footer", footer, FOOTER_CHARS_MAX)
}

fn reply_buttons(buttons: &[Choice]) -> Checked {
    if buttons.len() > BUTTONS_MAX {
        return Err(breach("options", "must have at most 3 buttons; use a menu for more"));
    }
    count("options", buttons.len(), BUTTONS_MAX, "buttons")?;
    let (mut ids, mut titles) = (BTreeSet::new(), BTreeSet::new());
    for (place, button) in buttons.iter().enumerate() {
        let field = format!("options[{place}]");
        choice(&field, button, BUTTON_CHARS_MAX, " on a button")?;
        if !ids.insert(&button.id) || !titles.insert(&button.title) {
            return Err(breach(field, "has the id or the title of another button"));
        }
    }
    Ok(())
}

fn choice(field: &str, choice: &Choice, title_chars_max: usize, on: &str) -> Checked {
    length(&format!("{field}.id"), &choice.id, CHOICE_ID_CHARS_MAX)?;
    let title = format!("{field}.title");
    length(&title, &choice.title, title_chars_max)
        .map_err(|breach| Breach { rule: format!("{}{on}", breach.rule), ..breach })
}

fn list(sections: &[Section]) -> Checked {
    count("sections", sections.len(), SECTIONS_MAX, "sections")?;
    if sections.iter().map(|section| section.rows.len()).sum::<usize>() > ROWS_MAX {
        return Err(breach("sections", "must have at most 10 rows in all"));
    }
    let mut ids = BTreeSet::new();
    for (place, section) in sections.iter().enumerate() {
        let field = format!("sections[{place}]");
        let title = section.title.as_deref().filter(|title| !title.trim().is_empty());
        if sections.len() > 1 && title.is_none() {
            let rule = "is required where there are several sections";
            return Err(breach(format!("{field}.title"), rule));
        }
        at_most(&format!("{field}.title"), title, ROW_CHARS_MAX)?;
        count(&format!("{field}.rows"), section.rows.len(), ROWS_MAX, "rows")?;
        for (place, row) in section.rows.iter().enumerate() {
            let field = format!("{field}.rows[{place}]");
            choice(&field, row, ROW_CHARS_MAX, "")?;
            let description = format!("{field}.description");
            at_most(&description, row.description.as_deref(), DESCRIPTION_CHARS_MAX)?;
            if !ids.insert(&row.id) {
                return Err(breach(format!("{field}.id"), "is the id of another row"));
            }
        }
    }
    Ok(())
}

#[cfg(test)]
#[path = "bounds_tests.rs"]
mod tests;
