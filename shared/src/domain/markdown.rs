//! Marks in texts: standard Markdown as WhatsApp writes it (contracts 15; where that is silent, whatsapp-rules 7).
//! A parser finds the marks and only they are replaced, so that everything else stays as it was typed, byte for byte:
//! spacing, unbalanced marks, code. Which texts have marks at all is in [`super::rendering`].

mod addresses; // what looks like marks and is none
mod walk; // the way through a text

use self::walk::{Target, Walk};
use super::channel::MarkdownType;

/// Texts over this are not looked into: nobody is sent so much.
const TEXT_BYTES_MAX: usize = 512 * 1024;

/// The text as WhatsApp shows it. Only `standard` changes anything (A23, A24, D37).
pub fn render(markdown: MarkdownType, text: &str) -> String {
    convert(markdown, text, Target::Marks)
}

/// The text without marks, for headers, footers and titles, where marks have no effect. Only `standard` has marks
/// that are ours to remove.
pub fn plain(markdown: MarkdownType, text: &str) -> String {
    convert(markdown, text, Target::Plain)
}

fn convert(markdown: MarkdownType, text: &str, target: Target) -> String {
    match markdown {
        MarkdownType::Whatsapp | MarkdownType::None => text.to_owned(),
        MarkdownType::Standard if text.len() > TEXT_BYTES_MAX => text.to_owned(),
        MarkdownType::Standard => Walk::new(text, target).run(),
    }
}

#[cfg(test)]
#[path = "markdown_tests.rs"]
mod tests;
