//! One thing said: by the user to us (`FromUser`) or by us to the user (`ToUser`), in no provider's words.

use serde::{Deserialize, Serialize};

use super::ids::{
    ChannelId, ConversationId, MediaId, MessageId, OutboundId, OutboundSendId, ProcessId,
};
use super::time::Time;
use super::user::{Address, Sender};

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

/// A payment result (WhatsApp Pay). Amounts are integers; decimal text is made from them (contracts 11.5).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Payment {
    pub transaction_id: Option<String>,
    pub reference_id: String,
    /// In units of 1/offset of the currency.
    pub amount_minor: i64,
    pub offset: i64,
    pub currency: String,
    pub transaction_type: Option<String>,
    pub status: String,
    /// The provider's object, unchanged.
    pub raw: serde_json::Value,
}

/// What a user sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum FromUser {
    Text {
        body: String,
    },
    Media(Media),
    Location(Location),
    Contacts {
        contacts: Contacts,
    },
    /// A tap on a reply button or a pick from a list. `id` is what we gave it; `title` what the user saw.
    Choice {
        id: String,
        title: String,
    },
    /// A tap on a template's quick reply. `payload` is ours where the provider carries it, else equal to `text`.
    TemplateButton {
        payload: String,
        text: String,
    },
    /// `emoji` empty: taken back.
    Reaction {
        to: String,
        emoji: Option<String>,
    },
    /// The answer of a WhatsApp Flow.
    FlowReply {
        name: Option<String>,
        response: serde_json::Value,
    },
    Order {
        catalog_id: Option<String>,
        text: Option<String>,
        items: Vec<serde_json::Value>,
    },
    Payment(Payment),
    /// The user changed the number or the like.
    System {
        kind: String,
        body: Option<String>,
        new_address: Option<Address>,
    },
    /// The user corrected an earlier message.
    Edit {
        original: String,
        body: Option<String>,
    },
    /// The user took an earlier message back.
    Revoke {
        original: String,
    },
    /// Something that the provider or we do not know; the provider's word is kept.
    Unsupported {
        kind: String,
    },
}

impl FromUser {
    /// The text that starts flows and answers questions: only texts and titles count (contracts 2.3).
    pub fn text(&self) -> Option<&str> {
        match self {
            Self::Text { body } => Some(body),
            Self::Choice { title, .. } => Some(title),
            Self::TemplateButton { text, .. } => Some(text),
            Self::Media(_)
            | Self::Location(_)
            | Self::Contacts { .. }
            | Self::Reaction { .. }
            | Self::FlowReply { .. }
            | Self::Order { .. }
            | Self::Payment(_)
            | Self::System { .. }
            | Self::Edit { .. }
            | Self::Revoke { .. }
            | Self::Unsupported { .. } => None,
        }
    }

    /// The id that a tap brings back, if it is a tap.
    pub fn payload(&self) -> Option<&str> {
        match self {
            Self::Choice { id, .. } => Some(id),
            Self::TemplateButton { payload, .. } => Some(payload),
            _ => None,
        }
    }

    /// Whether the user spoke to us: opens the service window, answers, stops timers. Reactions, edits, revokes
    /// and system notes do not.
    pub fn is_utterance(&self) -> bool {
        !matches!(
            self,
            Self::Reaction { .. } | Self::System { .. } | Self::Edit { .. } | Self::Revoke { .. }
        )
    }
}

/// What the message was an answer to or came from.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Context {
    /// The provider's id of the message it replies to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reply_to: Option<String>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub forwarded: bool,
    /// Ad, post or product (`referred_product`) that the user came from, in the Cloud API's form.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub referral: Option<serde_json::Value>,
}

/// A message of a user as it is stored.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Received {
    pub id: MessageId,
    pub channel: ChannelId,
    pub from: Sender,
    /// The provider's id, or a hash of the content where there is none.
    pub provider_id: String,
    /// The provider's time.
    pub time: Time,
    /// When our webhook had it.
    pub received: Time,
    pub content: FromUser,
    #[serde(default)]
    pub context: Context,
}

/// A button or row of a menu. Limits: [`super::text`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Choice {
    /// Comes back when it is tapped; 1 to 200 characters.
    #[schema(min_length = 1, max_length = 200)]
    pub id: String,
    /// 1 to 20 characters on a button, to 24 in a list.
    #[schema(min_length = 1, max_length = 24)]
    pub title: String,
    /// Under the title of a list row, to 72 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 72)]
    pub description: Option<String>,
}

/// A titled group of list rows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Section {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 24)]
    pub title: Option<String>,
    #[schema(min_items = 1, max_items = 10)]
    pub rows: Vec<Choice>,
}

/// Above the body of an interactive message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Header {
    Text(String),
    Media(Media),
}

/// Values for a registered template. The name identifies the content, the text is not transmitted (K37),
/// but for providers that compare texts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TemplateMessage {
    /// The provider's name of the template.
    pub name: String,
    /// The provider's id of the template, where sending wants it (GupShup).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub provider_id: Option<String>,
    /// `es`, `pt-BR`.
    pub language: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub header: Option<TemplateHeader>,
    /// In the order of the positions.
    #[serde(default)]
    pub body: Vec<String>,
    /// The body with its values in place, for providers that match texts (GupShup enterprise).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rendered: Option<String>,
    #[serde(default)]
    pub buttons: Vec<TemplateButtonValue>,
}

/// The changing part of a template's header.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TemplateHeader {
    Text(String),
    Media(Media),
    Location(Location),
}

/// The changing part of a template's button, by its place among all buttons of the template.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TemplateButtonValue {
    /// Counted from 0.
    pub index: u8,
    pub value: ButtonValue,
}

/// What a template button takes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ButtonValue {
    /// Comes back when the user taps.
    QuickReply {
        payload: String,
    },
    /// What replaces the variable at the end of the address.
    Url {
        suffix: String,
    },
    CopyCode {
        code: String,
    },
}

/// What we send to a user.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum ToUser {
    Text {
        body: String,
        #[serde(default)]
        preview_url: bool,
    },
    Media(Media),
    Location(Location),
    Contacts {
        contacts: Contacts,
    },
    /// `emoji` empty: take it back. `to` is the provider's id.
    Reaction {
        to: String,
        emoji: Option<String>,
    },
    /// 1 to 3 reply buttons.
    Buttons {
        header: Option<Header>,
        body: String,
        footer: Option<String>,
        buttons: Vec<Choice>,
    },
    /// 1 to 10 rows behind a button.
    List {
        header: Option<String>,
        body: String,
        footer: Option<String>,
        button: String,
        sections: Vec<Section>,
    },
    /// A button that opens an address.
    CtaUrl {
        header: Option<Header>,
        body: String,
        footer: Option<String>,
        display_text: String,
        url: String,
    },
    /// Asks for the user's place.
    LocationRequest {
        body: String,
    },
    /// An interactive object in the Cloud API's form that only some providers take: flows, products, catalogues,
    /// order details and order status.
    Interactive {
        interactive: serde_json::Value,
    },
    Template(TemplateMessage),
}

impl ToUser {
    /// A plain text.
    pub fn text(body: impl Into<String>) -> Self {
        Self::Text { body: body.into(), preview_url: false }
    }

    /// Whether it may go out while the service window is closed.
    pub fn is_template(&self) -> bool {
        matches!(self, Self::Template(_))
    }

    /// The kind as a word, for errors and the API.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Text { .. } => "text",
            Self::Media(media) => match media.kind {
                MediaKind::Image => "image",
                MediaKind::Video => "video",
                MediaKind::Audio | MediaKind::Voice => "audio",
                MediaKind::Document => "document",
                MediaKind::Sticker => "sticker",
            },
            Self::Location(_) => "location",
            Self::Contacts { .. } => "contacts",
            Self::Reaction { .. } => "reaction",
            Self::Buttons { .. }
            | Self::List { .. }
            | Self::CtaUrl { .. }
            | Self::LocationRequest { .. }
            | Self::Interactive { .. } => "interactive",
            Self::Template(_) => "template",
        }
    }
}

/// Why a message goes out: decides what its fate is told to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "by", rename_all = "snake_case")]
pub enum Origin {
    /// A step of a process; `question` is the number of the question that is open from then on.
    Process {
        process: ProcessId,
        question: Option<u32>,
    },
    FollowUp {
        process: ProcessId,
        question: u32,
    },
    /// One sending of an outbound.
    Outbound {
        outbound: OutboundId,
        send: OutboundSendId,
    },
    /// `POST /v1/messages`.
    Api,
}

/// A message to a user on its way: what the message queue carries.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sending {
    pub id: MessageId,
    pub channel: ChannelId,
    pub to: Address,
    /// When it was decided.
    pub time: Time,
    pub content: ToUser,
    pub origin: Origin,
    /// The provider's id of the message that it answers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reply_to: Option<String>,
    /// Until when the service window was known to be open at `time`; only later can it be.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub window_closes: Option<Time>,
    /// Sent in its place if the window is closed when it is sent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub otherwise: Option<TemplateMessage>,
    #[serde(default)]
    pub outside_window: OutsideWindow,
}

/// What to do with a free-form message whose window is closed when it is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OutsideWindow {
    /// It fails with `window_closed`.
    #[default]
    Reject,
    /// It waits until the user writes.
    Queue,
    /// The template of [`Sending::otherwise`] goes instead.
    Template,
}

impl Sending {
    /// The conversation it belongs to.
    pub fn conversation(&self) -> ConversationId {
        self.id.conversation()
    }
}

/// How far a message to a user has come. Only ever rises (whatsapp-rules 10).
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    Hash,
    PartialOrd,
    Ord,
    Serialize,
    Deserialize,
    utoipa::ToSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// Accepted from the caller and stored.
    Queued,
    /// Recorded; the provider is being called.
    Sending,
    /// The provider's answer never came: sent or not, nobody knows yet (README 10).
    Unknown,
    /// The provider has it.
    Accepted,
    Sent,
    Delivered,
    Read,
    /// Nothing follows. Only what was not delivered can fail.
    Failed,
}

impl Status {
    /// What is stored as the message's rank with this status. Nothing rises above `Failed`.
    pub const fn rank(self) -> u32 {
        match self {
            Self::Queued => 0,
            Self::Sending => 1,
            Self::Unknown => 2,
            Self::Accepted => 3,
            Self::Sent => 4,
            Self::Delivered => 5,
            Self::Read => 6,
            Self::Failed => 9,
        }
    }

    /// The status is written only over ranks below this one: its own, but what was delivered cannot fail any more.
    pub const fn below(self) -> u32 {
        match self {
            Self::Failed => Self::Delivered.rank(),
            other => other.rank(),
        }
    }

    /// The word of the API.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Sending => "sending",
            Self::Unknown => "unknown",
            Self::Accepted => "accepted",
            Self::Sent => "sent",
            Self::Delivered => "delivered",
            Self::Read => "read",
            Self::Failed => "failed",
        }
    }
}

/// What a provider said went wrong, or our own reason.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Failure {
    /// `wharf` for our own reasons.
    pub provider: String,
    /// The provider's code, or `window_closed`, `unsupported_type`, …
    pub code: String,
    pub message: String,
}
