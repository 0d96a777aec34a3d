//! From what is to be said to the messages that say it: marks as WhatsApp writes them, long texts and captions in
//! parts that fit (contracts 8.5, 15). Done once, when it is decided what to say; what is stored is what goes out.

use super::bounds::{caption_chars_max, may_have_caption};
use super::channel::{Channel, MarkdownType};
use super::markdown::{plain, render};
use super::message::{Choice, Header, Media, Section, ToUser};
use super::text::{first_part, split};

/// The messages that say this through this channel, in order. `markdown` is how the author wrote it; the channel's
/// where nothing is said.
pub fn messages(channel: &Channel, markdown: Option<MarkdownType>, content: ToUser) -> Vec<ToUser> {
    let markdown = markdown.unwrap_or(channel.markdown_type);
    match marked(markdown, content) {
        ToUser::Text { body, preview_url } => texts(&body, preview_url).collect(),
        ToUser::Media(media) => captioned(channel, media),
        whole => vec![whole],
    }
}

/// The options as they are shown: titles have no marks.
pub fn options(markdown: MarkdownType, options: &[Choice]) -> Vec<Choice> {
    options.iter().map(|option| choice(markdown, option.clone())).collect()
}

fn texts(body: &str, preview_url: bool) -> impl Iterator<Item = ToUser> + use<> {
    split(body).into_iter().map(move |body| ToUser::Text { body, preview_url })
}

/// A file with as much of its caption as fits; the rest is said behind it.
fn captioned(channel: &Channel, mut media: Media) -> Vec<ToUser> {
    let caption = media.caption.take().filter(|caption| !caption.trim().is_empty());
    let Some(caption) = caption else { return vec![ToUser::Media(media)] };
    let (under, rest) = if may_have_caption(media.kind) {
        let (under, rest) = first_part(&caption, caption_chars_max(channel.provider));
        (Some(under.to_owned()), rest)
    } else {
        (None, Some(caption.as_str()))
    };
    media.caption = under;
    let rest = rest.filter(|rest| !rest.is_empty());
    let behind = rest.into_iter().flat_map(|rest| texts(rest, false));
    std::iter::once(ToUser::Media(media)).chain(behind).collect()
}

/// The same with its marks as WhatsApp writes them, and without any where they have no effect. Objects in the Cloud
/// API's form and templates, whose text is approved, stay as they are.
fn marked(markdown: MarkdownType, content: ToUser) -> ToUser {
    if markdown != MarkdownType::Standard {
        return content;
    }
    let (text, bare) = (|t: String| render(markdown, &t), |t: String| plain(markdown, &t));
    match content {
        ToUser::Text { body, preview_url } => ToUser::Text { body: text(body), preview_url },
        ToUser::Media(media) => ToUser::Media(Media { caption: media.caption.map(text), ..media }),
        ToUser::Buttons { header, body, footer, buttons } => ToUser::Buttons {
            header: header.map(|above| self::header(markdown, above)),
            body: text(body),
            footer: footer.map(bare),
            buttons: options(markdown, &buttons),
        },
        ToUser::List { header, body, footer, button, sections } => ToUser::List {
            header: header.map(bare),
            body: text(body),
            footer: footer.map(bare),
            button: bare(button),
            sections: sections.into_iter().map(|one| section(markdown, one)).collect(),
        },
        ToUser::CtaUrl { header, body, footer, display_text, url } => ToUser::CtaUrl {
            header: header.map(|above| self::header(markdown, above)),
            body: text(body),
            footer: footer.map(bare),
            display_text: bare(display_text),
            url,
        },
        ToUser::LocationRequest { body } => ToUser::LocationRequest { body: text(body) },
        ToUser::Location(_)
        | ToUser::Contacts { .. }
        | ToUser::Reaction { .. }
        | ToUser::Interactive { .. }
        | ToUser::Template(_) => content,
    }
}

fn header(markdown: MarkdownType, header: Header) -> Header {
    match header {
        Header::Text(text) => Header::Text(plain(markdown, &text)),
        Header::Media(media) => Header::Media(media),
    }
}

fn section(markdown: MarkdownType, section: Section) -> Section {
    Section {
        title: section.title.map(|title| plain(markdown, &title)),
        rows: options(markdown, &section.rows),
    }
}

fn choice(markdown: MarkdownType, choice: Choice) -> Choice {
    Choice {
        id: choice.id,
        title: plain(markdown, &choice.title),
        description: choice.description.map(|text| plain(markdown, &text)),
    }
}

#[cfg(test)]
#[path = "rendering_tests.rs"]
mod tests;
