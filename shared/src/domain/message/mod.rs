//! One thing said: by the user to us (`FromUser`) or by us to the user (`ToUser`), in no provider's words.

mod from_user;
mod status;
mod template;
mod to_user;

pub use from_user::{Context, FromUser, Payment, Received};
pub use status::{Failure, Status};
pub use template::{
    ButtonValue, TemplateButtonValue, TemplateCard, TemplateHeader, TemplateMessage,
};
pub use to_user::{Choice, Header, Origin, OutsideWindow, Section, Sending, ToUser};

use serde::{Deserialize, Serialize};

use super::ids::MediaId;

/// What kind of file it is, in WhatsApp's words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum MediaKind {
    Image,
    Video,
    Audio,
    /// A recorded voice note.
    Voice,
    Document,
    Sticker,
}

impl MediaKind {
    /// The wire word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Image => "image",
            Self::Video => "video",
            Self::Audio => "audio",
            Self::Voice => "voice",
            Self::Document => "document",
            Self::Sticker => "sticker",
        }
    }
}

/// Where a file's bytes are.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MediaSource {
    /// A link that anyone can read for a while.
    Link(String),
    /// The provider's id; the provider's media calls find the bytes.
    ProviderId(String),
    /// A link that wants the channel's credentials, with the id to look it up again when it has expired.
    PrivateLink { url: String, id: String },
}

/// A file in a message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Media {
    pub kind: MediaKind,
    /// `None` where the provider announced a file without saying where it is.
    pub source: Option<MediaSource>,
    /// May carry parameters (`audio/ogg; codecs=opus`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mime: Option<String>,
    /// From the user: shown, never used as a path.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub filename: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub caption: Option<String>,
    /// Our copy, once it is made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stored: Option<MediaId>,
}

/// A place. Numbers are kept as written, so that nothing is rounded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Location {
    /// Degrees north, decimal text.
    pub latitude: String,
    /// Degrees east, decimal text.
    pub longitude: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
}

/// A card of an address book: the fields that all providers share, in the Cloud API's form.
pub type Contacts = Vec<serde_json::Value>;
