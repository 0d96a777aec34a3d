//! What users send, and how it is stored.

use serde::{Deserialize, Serialize};

use super::super::ids::{ChannelId, MessageId};
use super::super::time::Time;
use super::super::user::{Address, Sender};
use super::{Contacts, Location, Media, ToUser};

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

    /// The same said by the business: what its own phone sends comes in the form of a user's message. `None` for what a
    /// phone does not send as a message of its own.
    pub fn echoed(self) -> Option<ToUser> {
        Some(match self {
            Self::Text { body } => ToUser::text(body),
            Self::Media(media) => ToUser::Media(media),
            Self::Location(place) => ToUser::Location(place),
            Self::Contacts { contacts } => ToUser::Contacts { contacts },
            Self::Reaction { to, emoji } => ToUser::Reaction { to, emoji },
            Self::Choice { .. }
            | Self::TemplateButton { .. }
            | Self::FlowReply { .. }
            | Self::Order { .. }
            | Self::Payment(_)
            | Self::System { .. }
            | Self::Edit { .. }
            | Self::Revoke { .. }
            | Self::Unsupported { .. } => return None,
        })
    }

    /// The user's new number or id, if this tells that there is one.
    pub fn new_address(&self) -> Option<&Address> {
        match self {
            Self::System { kind, new_address, .. } if kind.contains("changed") => {
                new_address.as_ref()
            }
            _ => None,
        }
    }

    /// Whether it opens the service window: the user spoke. A payment's result is the provider speaking.
    pub fn opens_window(&self) -> bool {
        self.is_utterance() && !matches!(self, Self::Payment(_))
    }

    /// Whether it answers questions and stops timers. Reactions, edits, revokes and system notes do not.
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
