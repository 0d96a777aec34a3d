//! A file that somebody attaches by its address: as a file, or as a link (D26 to D30, contracts 8.2). What becomes
//! of a link that the provider cannot take is in `handlers::as_link`.

use serde::{Deserialize, Serialize};
use url::Url;

use super::bounds::{FILENAME_CHARS_MAX, types};
use super::channel::Channel;
use super::message::{Media, MediaKind, MediaSource, ToUser};
use super::text::first_part;

/// How a file goes out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// Videos as videos, audio as audio, images if the channel sends them as files, else as their link in a text;
    /// everything else as a document.
    File,
    /// As what it is, by its link; as the link in a text if the provider cannot take it.
    Link,
}

/// The message that brings the file.
pub fn message(
    channel: &Channel,
    mode: Mode,
    link: String,
    mime: Option<String>,
    filename: Option<String>,
) -> ToUser {
    let kind = kind(&link, mime.as_deref(), filename.as_deref());
    if kind == MediaKind::Image && mode == Mode::File && !channel.send_images_as_files {
        return ToUser::Text { body: link, preview_url: true };
    }
    let filename = filename.or_else(|| named(&link)).filter(|_| kind == MediaKind::Document);
    let source = Some(MediaSource::Link(link));
    ToUser::Media(Media { kind, source, mime, filename, caption: None, stored: None })
}

/// The kind that WhatsApp has for a file: by its type, else by the end of its name or link. What fits nowhere else is
/// a document.
pub fn kind(link: &str, mime: Option<&str>, filename: Option<&str>) -> MediaKind {
    let by_name = || {
        let name = filename.map(str::to_owned).or_else(|| named(link)).unwrap_or_default();
        guessed(&name).unwrap_or_default().to_owned()
    };
    let mime = mime.map_or_else(by_name, super::bounds::essence);
    [MediaKind::Image, MediaKind::Video, MediaKind::Audio]
        .into_iter()
        .find(|kind| types(*kind).contains(&mime.as_str()))
        .unwrap_or(MediaKind::Document)
}

/// Ends of names and the types that they stand for; the first end of a type is the one that it gets.
const ENDS: [(&str, &str); 23] = [
    ("jpg", "image/jpeg"),
    ("jpeg", "image/jpeg"),
    ("png", "image/png"),
    ("webp", "image/webp"),
    ("mp4", "video/mp4"),
    ("3gp", "video/3gpp"),
    ("3gpp", "video/3gpp"),
    ("aac", "audio/aac"),
    ("amr", "audio/amr"),
    ("mp3", "audio/mpeg"),
    ("m4a", "audio/mp4"),
    ("ogg", "audio/ogg"),
    ("opus", "audio/ogg"),
    ("pdf", "application/pdf"),
    ("txt", "text/plain"),
    ("csv", "text/csv"),
    ("zip", "application/zip"),
    ("doc", "application/msword"),
    ("docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
    ("xls", "application/vnd.ms-excel"),
    ("xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
    ("ppt", "application/vnd.ms-powerpoint"),
    ("pptx", "application/vnd.openxmlformats-officedocument.presentationml.presentation"),
];

/// The type that the end of a name stands for.
fn guessed(name: &str) -> Option<&'static str> {
    let (_, end) = name.rsplit_once('.')?;
    ENDS.iter().find(|(known, _)| end.eq_ignore_ascii_case(known)).map(|(_, mime)| *mime)
}

/// What a file of this type is called where nobody gave it a name: `document.pdf`.
pub fn default_name(kind: MediaKind, mime: &str) -> String {
    let mime = super::bounds::essence(mime);
    let end = ENDS.iter().find(|(_, known)| *known == mime).map_or("bin", |(end, _)| end);
    format!("{}.{end}", kind.as_str())
}

/// The last part of a link's path, where it looks like a file's name.
fn named(link: &str) -> Option<String> {
    let url = Url::parse(link).ok()?;
    let last = url.path_segments()?.next_back()?;
    let name = percent_encoding::percent_decode_str(last).decode_utf8().ok()?;
    let is_name = name.contains('.') && !name.chars().any(char::is_control);
    is_name.then(|| first_part(&name, FILENAME_CHARS_MAX).0.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// D27 to D30: what a file goes as, by its type or by its name.
    #[test]
    fn a_file_goes_as_the_kind_that_its_type_has() {
        for (link, mime, filename, expected) in [
            ("https://x.example/a.png", None, None, MediaKind::Image),
            ("https://x.example/a.JPG?x=1", None, None, MediaKind::Image),
            ("https://x.example/a.webp", None, None, MediaKind::Document),
            ("https://x.example/a.png", Some("image/heic"), None, MediaKind::Document),
            ("https://x.example/a", Some("Image/JPEG; q=1"), None, MediaKind::Image),
            ("https://x.example/v", Some("video/mp4"), None, MediaKind::Video),
            ("https://x.example/v.mov", None, None, MediaKind::Document),
            ("https://x.example/v", None, Some("v.3gp"), MediaKind::Video),
            ("https://x.example/a.mp3", None, None, MediaKind::Audio),
            ("https://x.example/a", Some("audio/ogg; codecs=opus"), None, MediaKind::Audio),
            ("https://x.example/a.pdf", None, None, MediaKind::Document),
            ("https://x.example/", None, None, MediaKind::Document),
            ("no address", None, None, MediaKind::Document),
        ] {
            assert_eq!(kind(link, mime, filename), expected, "{link} {mime:?}");
        }
    }

    /// D29: a document that nobody named has the name of its link.
    #[test]
    fn a_link_gives_a_name() {
        for (link, expected) in [
            ("https://x.example/d/Plan%20A.pdf?x=1", Some("Plan A.pdf")),
            ("https://x.example/d/", None),
            ("https://x.example/d", None),
            ("https://x.example/%ff.pdf", None),
            ("nothing", None),
        ] {
            assert_eq!(named(link).as_deref(), expected, "{link}");
        }
        assert_eq!(default_name(MediaKind::Document, "application/pdf"), "document.pdf");
        assert_eq!(default_name(MediaKind::Audio, "audio/ogg; codecs=opus"), "audio.ogg");
        assert_eq!(default_name(MediaKind::Document, "application/x-new"), "document.bin");
    }
}
