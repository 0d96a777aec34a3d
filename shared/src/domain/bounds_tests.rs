use super::*;
use crate::domain::message::Location;

fn choice(id: &str, title: &str) -> Choice {
    Choice { id: id.to_owned(), title: title.to_owned(), description: None }
}

fn buttons(body: &str, buttons: Vec<Choice>) -> ToUser {
    ToUser::Buttons { header: None, body: body.to_owned(), footer: None, buttons }
}

fn section(title: Option<&str>, rows: usize, first: usize) -> Section {
    let rows = (first..first + rows).map(|n| choice(&n.to_string(), &format!("Row {n}")));
    Section { title: title.map(str::to_owned), rows: rows.collect() }
}

fn list(sections: Vec<Section>) -> ToUser {
    let (body, button) = ("Elige".to_owned(), "Ver".to_owned());
    ToUser::List { header: None, body, footer: None, button, sections }
}

fn file(kind: MediaKind, mime: Option<&str>, caption: Option<&str>) -> ToUser {
    let source = Some(MediaSource::Link("https://x.example/a".to_owned()));
    let (mime, caption) = (mime.map(str::to_owned), caption.map(str::to_owned));
    ToUser::Media(Media { kind, source, mime, filename: None, caption, stored: None })
}

/// The field that is wrong and the rule; `None`: nothing is.
#[track_caller]
fn check_row(content: &ToUser, expected: Option<(&str, &str)>) {
    let found = check(ProviderKind::Meta, content).err();
    let found = found.as_ref().map(|breach| (breach.field.as_str(), breach.rule.as_str()));
    assert_eq!(found, expected, "{content:?}");
}

/// Whatsapp-rules 2: a breach names the field and the rule.
#[test]
fn lengths_and_counts_are_whatsapps() {
    let text = |n: usize| "ñ".repeat(n);
    for (content, expected) in [
        (ToUser::text(text(4096)), None),
        (ToUser::text(text(4097)), Some(("body", "must have at most 4096 characters"))),
        (ToUser::text(" "), Some(("body", "must not be empty"))),
        (buttons(&text(1024), vec![choice("a", &text(20))]), None),
        (
            buttons(&text(1025), vec![choice("a", "A")]),
            Some(("body", "must have at most 1024 characters")),
        ),
        (
            buttons("b", vec![choice("a", &text(21))]),
            Some(("options[0].title", "must have at most 20 characters on a button")),
        ),
        (
            buttons("b", vec![choice(&text(201), "A")]),
            Some(("options[0].id", "must have at most 200 characters")),
        ),
        (
            buttons("b", vec![choice("a", "A"), choice("b", "A")]),
            Some(("options[1]", "has the id or the title of another button")),
        ),
        (
            buttons("b", (0..4).map(|n| choice(&n.to_string(), &n.to_string())).collect()),
            Some(("options", "must have at most 3 buttons; use a menu for more")),
        ),
        (list(vec![section(None, 10, 0)]), None),
        (list(vec![section(Some("A"), 5, 0), section(Some("B"), 5, 5)]), None),
        (
            list(vec![section(Some("A"), 5, 0), section(None, 5, 5)]),
            Some(("sections[1].title", "is required where there are several sections")),
        ),
        (
            list(vec![section(Some("A"), 6, 0), section(Some("B"), 5, 6)]),
            Some(("sections", "must have at most 10 rows in all")),
        ),
        (
            list(vec![section(Some("A"), 2, 0), section(Some("B"), 1, 1)]),
            Some(("sections[1].rows[0].id", "is the id of another row")),
        ),
        (list(Vec::new()), Some(("sections", "must have 1 to 10 sections"))),
        (ToUser::Contacts { contacts: Vec::new() }, Some(("contacts", "must have 1 to 5 cards"))),
        (
            ToUser::Location(Location {
                latitude: "1".to_owned(),
                longitude: "2".to_owned(),
                name: Some(text(1001)),
                address: None,
            }),
            Some(("location.name", "must have at most 1000 characters")),
        ),
        (
            ToUser::Interactive {
                interactive: serde_json::json!({ "body": { "text": text(1025) } }),
            },
            Some(("interactive.body.text", "must have at most 1024 characters")),
        ),
    ] {
        check_row(&content, expected);
    }
}

/// Whatsapp-rules 3: types, sizes and captions by kind.
#[test]
fn files_are_of_the_types_that_whatsapp_takes() {
    for (content, expected) in [
        (file(MediaKind::Image, Some("image/png"), None), None),
        (file(MediaKind::Image, None, Some("c")), None),
        (
            file(MediaKind::Image, Some("image/webp"), None),
            Some(("mime", "must be image/jpeg or image/png as image")),
        ),
        (
            file(MediaKind::Audio, Some("audio/ogg; codecs=vorbis"), None),
            Some(("mime", "must be Opus in Ogg")),
        ),
        (file(MediaKind::Document, Some("application/x-anything"), Some("c")), None),
        (file(MediaKind::Audio, None, Some("c")), Some(("caption", "cannot stand under audio"))),
        (
            file(MediaKind::Sticker, None, Some("c")),
            Some(("caption", "cannot stand under sticker")),
        ),
    ] {
        check_row(&content, expected);
    }
    let webp = |flags: u8, size: usize| {
        let mut bytes = b"RIFF\0\0\0\0WEBPVP8X\0\0\0\0".to_vec();
        bytes.push(flags);
        bytes.resize(size, 0);
        bytes
    };
    let ogg = |codec: &[u8]| [b"OggS", codec, &[0; 600]].concat();
    let kb = 1024;
    for (kind, mime, bytes, expected) in [
        (MediaKind::Image, "image/png", vec![0; 5 * kb * kb], None),
        (
            MediaKind::Image,
            "image/png",
            vec![0; 5 * kb * kb + 1],
            Some("must have at most 5 MB as image"),
        ),
        (MediaKind::Image, "image/png", Vec::new(), Some("must not be empty")),
        (MediaKind::Sticker, "image/webp", webp(0, 100 * kb), None),
        (
            MediaKind::Sticker,
            "image/webp",
            webp(0, 101 * kb),
            Some("must have at most 100 KB, as a sticker that does not move"),
        ),
        (MediaKind::Sticker, "image/webp", webp(2, 500 * kb), None),
        (
            MediaKind::Sticker,
            "image/webp",
            webp(2, 501 * kb),
            Some("must have at most 500 KB as sticker"),
        ),
        (MediaKind::Audio, "audio/ogg", ogg(b"OpusHead"), None),
        (MediaKind::Audio, "audio/ogg", ogg(b"\x01vorbis"), Some("must be Opus in Ogg")),
    ] {
        assert_eq!(check_file(kind, mime, &bytes).err().as_deref(), expected, "{mime}");
    }
}
