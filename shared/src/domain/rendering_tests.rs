use super::*;
use crate::domain::channel::ProviderKind;
use crate::domain::fixtures;
use crate::domain::message::{MediaKind, MediaSource};

fn channel(markdown_type: MarkdownType) -> Channel {
    Channel { markdown_type, ..fixtures::channel(ProviderKind::Meta) }
}

fn file(kind: MediaKind, caption: &str) -> ToUser {
    let source = Some(MediaSource::Link("https://x.example/a".to_owned()));
    let caption = Some(caption.to_owned());
    ToUser::Media(Media { kind, source, mime: None, filename: None, caption, stored: None })
}

/// The caption of the file and the texts behind it.
fn parts(messages: &[ToUser]) -> (Option<&str>, Vec<&str>) {
    let [ToUser::Media(media), behind @ ..] = messages else { panic!("no file: {messages:?}") };
    let texts = behind.iter().map(|message| match message {
        ToUser::Text { body, .. } => body.as_str(),
        other => panic!("no text: {other:?}"),
    });
    (media.caption.as_deref(), texts.collect())
}

/// X2: what the message says of its marks wins over what the channel says.
#[test]
fn a_message_may_say_how_it_is_written() {
    use MarkdownType::{None as Nothing, Standard, Whatsapp};
    let say = |channel_type, own| {
        let messages = messages(&channel(channel_type), own, ToUser::text("**b**"));
        let [ToUser::Text { body, .. }] = &messages[..] else { panic!("{messages:?}") };
        body.clone()
    };
    for (of_channel, own, expected) in [
        (Whatsapp, None, "**b**"),
        (Nothing, None, "**b**"),
        (Standard, None, "*b*"),
        (Standard, Some(Whatsapp), "**b**"),
        (Standard, Some(Nothing), "**b**"),
        (Whatsapp, Some(Standard), "*b*"),
    ] {
        assert_eq!(say(of_channel, own), expected, "{of_channel:?} {own:?}");
    }
}

/// A23: marks are written in texts and removed where they have no effect.
#[test]
fn only_texts_have_marks() {
    let options = vec![Choice {
        id: "**a**".to_owned(),
        title: "**A**".to_owned(),
        description: Some("_d_".to_owned()),
    }];
    let content = ToUser::List {
        header: Some("# H".to_owned()),
        body: "**b**".to_owned(),
        footer: Some("*f*".to_owned()),
        button: "~~Ver~~".to_owned(),
        sections: vec![Section { title: Some("__S__".to_owned()), rows: options }],
    };
    let shown = messages(&channel(MarkdownType::Standard), None, content);
    let [ToUser::List { header, body, footer, button, sections }] = &shown[..] else {
        panic!("{shown:?}")
    };
    let row = &sections[0].rows[0];
    assert_eq!((header.as_deref(), body.as_str()), (Some("H"), "*b*"));
    assert_eq!((footer.as_deref(), button.as_str()), (Some("f"), "Ver"));
    assert_eq!(sections[0].title.as_deref(), Some("S"));
    assert_eq!((row.id.as_str(), row.title.as_str()), ("**a**", "A"));
    assert_eq!(row.description.as_deref(), Some("d"));
}

/// 360dialog 10: what is too long for a caption, or has no place under its file, is said behind it.
#[test]
fn a_long_caption_goes_on_behind_its_file() {
    let channel = channel(MarkdownType::Whatsapp);
    let (a, b) = ("a".repeat(1000), "b".repeat(5000));
    let shown = messages(&channel, None, file(MediaKind::Image, &format!("{a} {b}")));
    assert_eq!(parts(&shown), (Some(a.as_str()), vec![&b[..4096], &b[4096..]]));
    let shown = messages(&channel, None, file(MediaKind::Audio, "dicho"));
    assert_eq!(parts(&shown), (None, vec!["dicho"]));
    let shown = messages(&channel, None, file(MediaKind::Sticker, " "));
    assert_eq!(parts(&shown), (None, vec![]));
    let whole = "c".repeat(1024);
    let shown = messages(&channel, None, file(MediaKind::Document, &whole));
    assert_eq!(parts(&shown), (Some(whole.as_str()), vec![]));
}
