//! A bot: a customer's server that is called with what users write and answers with what to say (README 8). The types
//! and their limits; what an answer means is in [`super::decision`], how it is read in `partner::bot`.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::channel::Language;
use super::channel::MarkdownType;
use super::ids::{BotId, ChannelId, ConversationId, EventId, FlowId, MessageId, TenantId};
use super::message::{Choice, Failure, ToUser};
use super::time::Time;

/// The context that a bot may keep with a conversation, as JSON. It lies in the conversation's item, which is paid for
/// by the kilobyte at every write.
pub const CONTEXT_BYTES_MAX: usize = 8 * 1024;

/// The replies of one answer; what is more is told to the customer and not said.
pub const REPLIES_MAX: usize = 10;

/// Messages that may wait while the bot is asked about an earlier one; what is more it is not asked about.
pub const WAITING_MAX: usize = 20;

/// Options of a bot's menu.
pub const OPTIONS_MAX: usize = 50;

/// Whoever has been asked for so long will not answer any more: the job was lost. Longer than all attempts together.
pub const ASKED_MAX: Duration = Duration::from_mins(15);

/// A bot as it is stored: what is being edited, and what is called.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bot {
    pub id: BotId,
    pub tenant: TenantId,
    pub draft: Terms,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub published: Option<Published>,
    pub created: Time,
    pub updated: Time,
    /// Rises with each write.
    pub version: u64,
}

/// What the customer decides about a bot.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Terms {
    pub name: String,
    /// https, public.
    pub url: String,
    /// Of what the gateway says in its place; the channel's where it is not set.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub language: Option<Language>,
    /// Said when it does not answer, in place of the built-in `bot.unavailable`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unavailable_text: Option<String>,
    /// The customer's own name of a training or model: passed on with each call (A12).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub training: Option<String>,
    /// Only on these channels is it reachable; empty: on all (A14).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub channels: Vec<ChannelId>,
}

/// What is called.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Published {
    /// Counts the publishings from 1.
    pub number: u32,
    pub terms: Terms,
}

impl Bot {
    /// What is called from this channel, if anything is (K64, A14).
    pub fn on(&self, channel: ChannelId) -> Option<&Terms> {
        let terms = &self.published.as_ref()?.terms;
        let reaches = terms.channels.is_empty() || terms.channels.contains(&channel);
        reaches.then_some(terms)
    }
}

/// What a conversation knows of its talk with a bot.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Talk {
    /// It is asked about one message at a time, so that it sees them in their order and each with the context that
    /// the one before left.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub asked: Option<Asked>,
    /// What it will be asked about next, oldest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub waiting: Vec<MessageId>,
    /// What it wants to be told again: an object, at most [`CONTEXT_BYTES_MAX`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub context: Option<Value>,
    /// The last payment that no question waited for (contracts 11.5). Beside the context, so that no answer that was
    /// under way can wipe it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_payment: Option<Value>,
    /// The options of its last answer: a number that is typed means one of them (D24).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub options: Vec<Choice>,
    /// When the user was last told that it does not answer: said once for all that was written before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub told_unavailable: Option<Time>,
}

/// The message that a bot is being asked about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Asked {
    pub bot: BotId,
    pub message: MessageId,
    pub since: Time,
}

impl Talk {
    /// The context as the bot is told it: its own, and the last payment.
    pub fn told_context(&self) -> Value {
        let mut context = self.context.clone().unwrap_or_else(|| Value::Object(Map::default()));
        if let (Some(payment), Some(members)) = (&self.last_payment, context.as_object_mut()) {
            members.insert("last_payment".to_owned(), payment.clone());
        }
        context
    }
}

/// A call to a bot, as the hook queue carries it: what to say is looked up when it is made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BotCall {
    /// Derived from the message; the call's `webhook-id`, the same over all attempts.
    pub id: EventId,
    pub tenant: TenantId,
    pub channel: ChannelId,
    pub bot: BotId,
    pub message: MessageId,
}

impl BotCall {
    pub fn new(tenant: TenantId, channel: ChannelId, bot: BotId, message: MessageId) -> Self {
        let id = EventId::derive(&[message.bytes(), bot.bytes(), b"bot"]);
        Self { id, tenant, channel, bot, message }
    }

    /// The conversation that its answer goes back to.
    pub fn conversation(&self) -> ConversationId {
        self.message.conversation()
    }
}

/// What came of a [`BotCall`], on its way back to the conversation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct BotAnswer {
    pub bot: BotId,
    /// What it was asked about.
    pub message: MessageId,
    /// When our webhook had that message.
    pub received: Time,
    pub outcome: BotOutcome,
}

/// Whether the bot answered.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BotOutcome {
    Answered(Box<BotSaid>),
    /// It never answered usefully, and why.
    Unavailable {
        why: String,
    },
}

/// What a bot answered.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct BotSaid {
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub replies: Vec<BotReply>,
    #[serde(default, skip_serializing_if = "NewContext::is_none")]
    pub context: NewContext,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub action: Option<BotAction>,
    /// Parts that are not done: told to the customer, never passed over in silence.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub refused: Vec<Refused>,
}

/// What a bot says of its context.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NewContext {
    /// Nothing: it stays.
    #[default]
    Same,
    /// An object that takes the place of the one before.
    Is(Value),
    /// There is none any more.
    Gone,
}

impl NewContext {
    fn is_none(&self) -> bool {
        *self == Self::Same
    }
}

/// A reply of a bot (contracts 11.4).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BotReply {
    Say(Box<ToUser>),
    /// Options, laid out as the channel does it.
    Menu {
        body: String,
        options: Vec<Choice>,
    },
    /// One of these, written as it says itself and not as the channel's texts are.
    Marked {
        markdown: MarkdownType,
        reply: Box<BotReply>,
    },
    /// Something that cannot be sent: it becomes a message that has failed. `object` is what the bot said.
    Failed {
        object: Value,
        failure: Failure,
    },
}

/// What a bot wants done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BotAction {
    StartFlow(FlowId),
    /// The talk is over: its context goes.
    End,
}

/// A part of an answer that is not done, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refused {
    /// `unsupported_action`, `context_too_large`, …
    pub reason: String,
    pub detail: String,
}

impl Refused {
    /// A handover that nobody takes.
    pub const HANDOVER: &str = "handover_unavailable";

    pub fn new(reason: &str, detail: impl Into<String>) -> Self {
        Self { reason: reason.to_owned(), detail: detail.into() }
    }
}
