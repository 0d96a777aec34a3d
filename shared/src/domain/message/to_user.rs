//! What we send to users, and a message on its way.

use serde::{Deserialize, Serialize};

use super::super::ids::{
    BotId, ChannelId, ConversationId, MessageId, OutboundId, OutboundSendId, ProcessId,
};
use super::super::time::Time;
use super::super::user::Address;
use super::{Contacts, Location, Media, MediaKind, TemplateMessage};

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

    /// Which object of WhatsApp Pay it is, if it is one.
    pub fn order(&self) -> Option<&'static str> {
        let Self::Interactive { interactive } = self else { return None };
        match interactive["type"].as_str() {
            Some("order_details") => Some("order_details"),
            Some("order_status") => Some("order_status"),
            Some(_) | None => None,
        }
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
        /// The user's consent is new: a provider that asks for it is told before the message goes.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        new_consent: bool,
    },
    /// A reply of a bot, or what is said in its place.
    Bot {
        bot: BotId,
    },
    /// `POST /v1/messages`.
    Api,
    /// The business's own phone: it went out without us.
    Phone,
}

/// A message to a user on its way: what the message queue carries.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sending {
    pub id: MessageId,
    pub channel: ChannelId,
    pub to: Address,
    /// When it was decided.
    pub time: Time,
    /// When the webhook came that it answers. Known on the queue only: nobody asks for it later.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub received: Option<Time>,
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
