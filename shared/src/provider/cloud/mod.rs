//! The Cloud API's bodies, which several carriers speak: Meta itself, 360dialog, AWS, and GupShup's partner API. Read
//! and made here once; addresses, headers, credentials and signatures are each carrier's own.

pub(super) mod answer;
mod build;
mod content;
mod creation;
mod event;
mod parse;
mod status;
pub(super) mod template;
pub(super) mod upload;
pub(super) mod wire;

pub(super) use build::{Reference, body, content as object};
pub(super) use content::{content, degrees};
pub(super) use parse::{OTHER_OBJECT, any, hash, parse, parse_value, read, said, speaks, text};

use crate::domain::channel::OpenChannel;
use crate::domain::phone;

/// Whether it is the channel's number as it is shown, in any spelling. The on-premise API does not name it.
pub(super) fn is_shown_number(metadata: &wire::Metadata<'_>, channel: &OpenChannel) -> bool {
    let shown = metadata.display_phone_number.as_deref().unwrap_or_default();
    let digits: String = shown.chars().filter(char::is_ascii_digit).collect();
    digits.is_empty() || phone::canonical(&digits) == phone::canonical(&channel.phone_number)
}

/// Where a carrier's form differs from Meta's own.
#[derive(Clone, Copy)]
pub(super) struct Dialect {
    /// Whether what names this business number concerns the channel.
    pub(super) is_ours: fn(&wire::Metadata<'_>, &OpenChannel) -> bool,
    /// Whether the link of a file is open to everyone. Else it wants the channel's credentials.
    pub(super) open_links: bool,
    /// Whether all statuses bring our reference back ([`Reference`]).
    pub(super) echoes: bool,
    /// The setting with the account's id, where events of templates and of the account are told apart by it.
    pub(super) account: Option<&'static str>,
    /// Whether a template's events name it by the id that its list has.
    pub(super) template_ids: bool,
}
