//! What was said, both ways, in no provider's words: what the user did, and what the user saw.

use serde::{Deserialize, Serialize};

use crate::carrier::Refusal;

/// What kind of file it is, in WhatsApp's words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FileKind {
    Image,
    Video,
    Audio,
    Voice,
    Document,
    Sticker,
}

impl FileKind {
    /// The word of the Cloud API; a voice note is an audio there.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Image => "image",
            Self::Video => "video",
            Self::Audio | Self::Voice => "audio",
            Self::Document => "document",
            Self::Sticker => "sticker",
        }
    }
}

/// Something a user did. `to` is the provider's id of the message it answers, as the carrier gave it out.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum FromUser {
    Text {
        body: String,
    },
    /// A file that is in the simulator under `file` ([`crate::Simulator::file`]).
    File {
        kind: FileKind,
        file: String,
        mime: String,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        filename: Option<String>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        caption: Option<String>,
    },
    /// Degrees as decimal text.
    Location {
        latitude: String,
        longitude: String,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        name: Option<String>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        address: Option<String>,
    },
    /// Cards in the Cloud API's form.
    Contacts {
        contacts: Vec<serde_json::Value>,
    },
    /// A tap on a reply button of an interactive message.
    ButtonReply {
        id: String,
        title: String,
        to: String,
    },
    /// A pick from a list.
    ListReply {
        id: String,
        title: String,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        description: Option<String>,
        to: String,
    },
    /// A tap on a quick reply of a template.
    TemplateReply {
        payload: String,
        text: String,
        to: String,
    },
    /// An empty `emoji` takes it back.
    Reaction {
        emoji: String,
        to: String,
    },
    /// Anything else: `kind` is the provider's type and `content` the object of that name.
    Other {
        kind: String,
        content: serde_json::Value,
    },
}

/// A button under a message, or a row of its list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Button {
    /// Brings `id` back.
    Reply {
        id: String,
        title: String,
    },
    /// A template's; brings `payload` back.
    QuickReply {
        payload: String,
        title: String,
    },
    Url {
        title: String,
        url: String,
    },
    Phone {
        title: String,
        number: String,
    },
    /// Puts the code where it can be pasted.
    CopyCode {
        title: String,
        code: String,
    },
}

/// A row of a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Row {
    pub id: String,
    pub title: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
}

/// A titled group of rows; the title may be empty.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Section {
    pub title: String,
    pub rows: Vec<Row>,
}

/// A list that opens from a button.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct List {
    pub button: String,
    pub sections: Vec<Section>,
}

/// A file that the business sent: by link, or by the id of an upload.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShownFile {
    pub kind: FileKind,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub link: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub filename: Option<String>,
}

/// What the user sees of a message of the business. Everything that is not there is empty.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ToUser {
    /// Above the text, in bold.
    pub header: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub file: Option<ShownFile>,
    /// The text, the caption of the file, or the filled template.
    pub body: String,
    pub footer: String,
    pub buttons: Vec<Button>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub list: Option<List>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub location: Option<ShownLocation>,
    /// Cards in the Cloud API's form.
    pub contacts: Vec<serde_json::Value>,
    /// A reaction to a message of the user, which is all the message is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reaction: Option<ShownReaction>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub offer: Option<ShownOffer>,
    /// Side by side below the text.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub cards: Vec<ShownCard>,
    /// Name of the template it came from: allowed outside the service window.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub template: Option<String>,
    /// The provider's id of the message it quotes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reply_to: Option<String>,
}

impl ToUser {
    /// A plain text.
    pub fn text(body: &str) -> Self {
        Self { body: body.to_owned(), ..Self::default() }
    }
}

/// Degrees as decimal text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShownLocation {
    pub latitude: String,
    pub longitude: String,
    pub name: String,
    pub address: String,
}

/// A limited-time offer with its countdown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShownOffer {
    pub text: String,
    /// Milliseconds since 1970.
    pub ends_millis: Option<i64>,
}

/// A card of a carousel.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShownCard {
    pub file: ShownFile,
    pub body: String,
    pub buttons: Vec<Button>,
}

/// An empty emoji takes it back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShownReaction {
    pub to: String,
    pub emoji: String,
}

/// How far a message of the business got. In rising order, but for `Failed`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "status", rename_all = "snake_case")]
pub enum Status {
    /// The provider took it.
    Accepted,
    /// It is on its way: one tick.
    Sent,
    /// It is on the phone: two ticks.
    Delivered,
    /// The user saw it: two blue ticks.
    Read,
    Failed {
        refusal: Refusal,
    },
}

impl Status {
    /// The Cloud API's word.
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Accepted => "accepted",
            Self::Sent => "sent",
            Self::Delivered => "delivered",
            Self::Read => "read",
            Self::Failed { .. } => "failed",
        }
    }

    pub(crate) const fn rank(&self) -> u8 {
        match self {
            Self::Accepted => 0,
            Self::Sent => 1,
            Self::Delivered => 2,
            Self::Read => 3,
            Self::Failed { .. } => 4,
        }
    }
}

/// What a status webhook tells: which, and when in milliseconds since 1970.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StatusChange {
    #[serde(flatten)]
    pub status: Status,
    pub time_millis: i64,
}

/// A message of a user, as the carrier tells it to the gateway.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Said {
    /// The provider's id: what [`crate::Carrier::message_id`] made.
    pub id: String,
    /// Milliseconds since 1970.
    pub time_millis: i64,
    pub content: FromUser,
}

/// A message of the business, as the provider has it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Sent {
    /// The provider's id: what the answer to the sending carried.
    pub id: String,
    /// A second id where the provider has one (the WhatsApp id beside Gupshup's own); else the same as `id`.
    pub whatsapp_id: String,
    /// Digits with the country code, or a business-scoped user id.
    pub to: String,
    /// What the sender gave to have it back in statuses.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client_reference: Option<String>,
    /// Milliseconds since 1970.
    pub time_millis: i64,
    pub content: ToUser,
}

/// How far the webhook of a user's message got.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum Delivery {
    /// It is on its way.
    Waiting,
    /// The gateway answered 2xx.
    Taken,
    /// The gateway answered with this status, or not at all. The provider tries again.
    Refused { status: Option<u16> },
}

/// One line of the ledger.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "direction", rename_all = "snake_case")]
#[expect(clippy::large_enum_variant, reason = "a box would stand in every match and save little")]
pub enum Entry {
    FromUser {
        said: Said,
        /// How far its webhook got.
        delivery: Delivery,
        /// Whether the business marked it as read.
        is_read: bool,
    },
    ToUser {
        sent: Sent,
        status: Status,
        /// Whether the user ever saw it: failed ones and those for a phone that is off are not shown.
        is_shown: bool,
    },
}

/// A message between a line and a user. The list of them is what users saw and did.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Message {
    /// Rises by one with each message.
    pub number: u64,
    pub line: String,
    /// [`crate::User::number`].
    pub user: String,
    #[serde(flatten)]
    pub entry: Entry,
}
