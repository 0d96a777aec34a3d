//! Sending freely and reading what was said (README 9). The service window is looked at here so that a caller hears at
//! once what cannot work; what counts is the look when the message is sent.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::content::NewContent;
use super::{Manage, found};
use crate::domain::channel::Channel;
use crate::domain::conversation::{Conversation, SERVICE_WINDOW};
use crate::domain::decision::content_object;
use crate::domain::ids::{ChannelId, ConversationId, MessageId, OutboundId};
use crate::domain::menu::Numbered;
use crate::domain::message::{
    Failure, Origin, OutsideWindow, Sending, Status, TemplateMessage, ToUser,
};
use crate::domain::outbound::{self, Filling, ReviewStatus};
use crate::domain::phone;
use crate::domain::tenant::Role;
use crate::domain::time::Time;
use crate::domain::user::{Address, Bsuid, WaId};
use crate::error::{Error, Result};
use crate::handlers::admit::Call;
use crate::handlers::deliver::window_closed;
use crate::handlers::effects::change;
use crate::handlers::message_job;
use crate::ports::QueueName;
use crate::store::messages::{Message, Sent};
use crate::store::statuses::Step;

/// A message to send (README 9).
#[derive(Debug, Clone, Deserialize, ToSchema)]
pub struct NewMessage {
    /// May be left out where a chat id names a provider that the tenant has one channel at.
    pub channel_id: Option<ChannelId>,
    /// Number with its country code (or one of the channel's `default_country`), or a business-scoped user id. This or
    /// `channel_chat_id`.
    #[schema(min_length = 1, max_length = 140)]
    pub to: Option<String>,
    /// `<number>|<provider>` as the channel's variables give it.
    #[schema(min_length = 1, max_length = 160)]
    pub channel_chat_id: Option<String>,
    pub message: NewContent,
    /// What to do while the service window is closed; `reject` where nothing is said.
    pub outside_window: Option<OutsideWindowRule>,
}

/// `reject`, `queue`, or the outbound that goes in its place.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(untagged)]
pub enum OutsideWindowRule {
    Word(OutsideWindowWord),
    Outbound(OutboundInstead),
}

/// Reject: 422. Queue: it waits until the user writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum OutsideWindowWord {
    Reject,
    Queue,
}

/// An approved outbound with a value for each of its variables.
#[derive(Debug, Clone, Deserialize, ToSchema)]
pub struct OutboundInstead {
    pub outbound_id: OutboundId,
    #[serde(default)]
    pub vars: BTreeMap<String, String>,
}

/// An accepted message.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct QueuedMessage {
    pub message_id: MessageId,
    pub conversation_id: ConversationId,
    pub status: Status,
    pub creation_date: Time,
}

/// A message as it is shown.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct MessageBody {
    pub message_id: MessageId,
    pub conversation_id: ConversationId,
    pub channel_id: ChannelId,
    pub direction: Direction,
    pub provider_message_id: Option<String>,
    /// The user's number; null for users who hide it.
    pub phone_number: Option<String>,
    /// The user's business-scoped id, where it is known.
    pub user_id: Option<String>,
    /// What was said; `type` tells the kind.
    pub message: serde_json::Value,
    /// Only of messages to users.
    pub status: Option<Status>,
    pub status_history: Vec<StatusTime>,
    pub error: Option<Failure>,
    pub timestamp: Time,
}

/// Who said it.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    FromUser,
    ToUser,
}

/// When a status came about.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
pub struct StatusTime {
    pub status: Status,
    pub time: Time,
}

impl From<Message> for MessageBody {
    fn from(message: Message) -> Self {
        match message {
            Message::FromUser(m) => Self {
                message_id: m.id,
                conversation_id: m.id.conversation(),
                channel_id: m.channel,
                direction: Direction::FromUser,
                provider_message_id: Some(m.provider_id),
                phone_number: m.from.address.phone().map(str::to_owned),
                user_id: m.from.bsuid().map(|id| id.as_str().to_owned()),
                message: content_object(&m.content),
                status: None,
                status_history: Vec::new(),
                error: None,
                timestamp: m.time,
            },
            Message::ToUser(sent) => Self::from(sent),
        }
    }
}

impl From<Sent> for MessageBody {
    fn from(sent: Sent) -> Self {
        let m = sent.sending;
        let history = sent.history.into_iter();
        Self {
            message_id: m.id,
            conversation_id: m.id.conversation(),
            channel_id: m.channel,
            direction: Direction::ToUser,
            provider_message_id: sent.provider_id,
            phone_number: m.to.phone().map(str::to_owned),
            user_id: m.to.phone().is_none().then(|| m.to.as_str().to_owned()),
            message: content_object(&m.content),
            status: Some(sent.status),
            status_history: history.map(|(status, time)| StatusTime { status, time }).collect(),
            error: sent.failure,
            timestamp: m.time,
        }
    }
}

/// What is to be said, and the menu in numbers that is open from then on.
pub(super) struct Words {
    pub(super) contents: Vec<ToUser>,
    pub(super) menu: Option<Numbered>,
}

/// What becomes of a message while the window is closed, with the template that goes instead.
type Outside = (OutsideWindow, Option<TemplateMessage>);

impl Manage {
    /// Accepts a message: stored and queued before the answer. `host` is where the caller found the API.
    pub async fn send_message(
        &self,
        call: &Call,
        new: NewMessage,
        host: Option<&str>,
    ) -> Result<QueuedMessage> {
        call.require(Role::Integrator)?;
        let channel =
            self.channel_to_send(call, new.channel_id, new.channel_chat_id.as_deref()).await?;
        let address =
            address(new.to.as_deref(), new.channel_chat_id.as_deref(), &channel.default_country)?;
        let outside = self.outside(call, &channel, new.outside_window).await?;
        let menu = new.message.numbered(&channel, call.now + SERVICE_WINDOW);
        let file = match new.message.media_id {
            Some(id) => Some(self.file_to_send(call, id, host).await?),
            None => None,
        };
        let words = Words { contents: new.message.read(&channel, file)?, menu };
        self.queue(call, &channel, address, words, outside).await
    }

    /// Stores and queues what is to be said, in order. The answer speaks of the last message.
    pub(super) async fn queue(
        &self,
        call: &Call,
        channel: &Channel,
        address: Address,
        words: Words,
        (outside_window, otherwise): Outside,
    ) -> Result<QueuedMessage> {
        let by_address = address.conversation(channel.id);
        let known = self.store.conversation(by_address, true).await?;
        // A user who has been known by this identifier is written to where answers go.
        let (id, address) = match &known {
            Some(known) if known.id != by_address => (known.id, known.address.clone()),
            Some(_) | None => (by_address, address),
        };
        let window_closes = known.as_ref().and_then(Conversation::window_closes);
        let open = window_closes.is_some_and(|end| call.now < end);
        let sendings: Vec<Sending> = (0..)
            .zip(words.contents)
            .map(|(place, content)| {
                let time = call.now + std::time::Duration::from_millis(place);
                Sending {
                    id: MessageId::of(id, time, &[&self.draw()]),
                    channel: channel.id,
                    to: address.clone(),
                    time,
                    received: None,
                    content,
                    origin: Origin::Api,
                    reply_to: None,
                    window_closes,
                    otherwise: otherwise.clone(),
                    outside_window,
                }
            })
            .collect();
        let Some(last) = sendings.last() else {
            return Err(Error::invalid("message", "says nothing"));
        };
        let refused = sendings.iter().any(|sending| !sending.content.is_template());
        if !open && refused && outside_window == OutsideWindow::Reject {
            return self.refuse(&sendings, call.now).await;
        }
        let answer = QueuedMessage {
            message_id: last.id,
            conversation_id: id,
            status: Status::Queued,
            creation_date: call.now,
        };
        let menu = words.menu.map(Box::new);
        let new = known.is_none().then(|| {
            let new = Conversation::new(channel.tenant, channel.id, address, call.now);
            Conversation { menu: menu.clone(), ..new }
        });
        if known.is_some() && menu.is_some() {
            // Before it is sent: a menu that nobody saw harms nobody, a number that means nothing does.
            let open = |old| Some(Conversation { menu: menu.clone(), ..old });
            change(&self.store, id, open).await?;
        }
        let jobs =
            sendings.iter().map(|sending| message_job(sending, "")).collect::<Result<Vec<_>>>()?;
        let named = jobs.iter().map(|job| (QueueName::Message, job.clone())).collect();
        let receipt = self.admit.receipt(call, 202, &answer, named)?;
        self.store.queue_messages(&sendings, new.as_ref(), receipt).await?;
        self.ports.queue.put(QueueName::Message, jobs).await?;
        Ok(answer)
    }

    /// The window is closed already: the messages are kept as failed, and the caller hears it (contracts 8.4).
    async fn refuse(&self, sendings: &[Sending], now: Time) -> Result<QueuedMessage> {
        let failure = window_closed();
        self.store.queue_messages(sendings, None, None).await?;
        for sending in sendings {
            let step = Step { status: Status::Failed, time: now, failure: Some(failure.clone()) };
            self.store.raise(sending.id, &step, None).await?;
        }
        Err(Error::refused(failure.message))
    }

    /// The channel that a message goes out by. It must be active (contracts 13).
    pub(super) async fn channel_to_send(
        &self,
        call: &Call,
        id: Option<ChannelId>,
        chat: Option<&str>,
    ) -> Result<Channel> {
        let tenant = call.caller.tenant;
        let channel = match (id, chat.and_then(|chat| chat.split_once('|'))) {
            (Some(id), chat) => {
                let channel = found(self.store.channel_of(tenant, id).await?, "channel_id")?;
                if chat.is_some_and(|(_, suffix)| suffix != channel.provider.chat_suffix()) {
                    let rule = "is a chat at another provider than the channel's";
                    return Err(Error::invalid("channel_chat_id", rule));
                }
                channel
            }
            (None, Some((_, suffix))) => self.only_channel(call, suffix).await?,
            (None, None) => return Err(Error::invalid("channel_id", "is required")),
        };
        if channel.active {
            Ok(channel)
        } else {
            Err(Error::Conflict("the channel is not active".to_owned()))
        }
    }

    async fn only_channel(&self, call: &Call, suffix: &str) -> Result<Channel> {
        let mut fitting = Vec::new();
        for id in self.store.channel_ids(call.caller.tenant).await? {
            let channel = self.store.channel(id).await?;
            fitting.extend(channel.filter(|channel| channel.provider.chat_suffix() == suffix));
        }
        match (fitting.pop(), fitting.is_empty()) {
            (Some(channel), true) => Ok(channel),
            (Some(_), false) => {
                Err(Error::invalid("channel_id", "is required: several channels fit"))
            }
            (None, _) => Err(Error::NotFound { what: "channel_chat_id" }),
        }
    }

    async fn outside(
        &self,
        call: &Call,
        channel: &Channel,
        rule: Option<OutsideWindowRule>,
    ) -> Result<Outside> {
        let instead = match rule {
            None | Some(OutsideWindowRule::Word(OutsideWindowWord::Reject)) => {
                return Ok((OutsideWindow::Reject, None));
            }
            Some(OutsideWindowRule::Word(OutsideWindowWord::Queue)) => {
                return Ok((OutsideWindow::Queue, None));
            }
            Some(OutsideWindowRule::Outbound(instead)) => instead,
        };
        let outbound = self.store.outbound(call.caller.tenant, instead.outbound_id).await?;
        let outbound = found(outbound, "outside_window.outbound_id")?;
        if outbound.channel != channel.id {
            let rule = "must be an outbound of the same channel";
            return Err(Error::invalid("outside_window.outbound_id", rule));
        }
        if outbound.status != ReviewStatus::Approved {
            return Err(Error::refused(format!("the outbound is {}", outbound.status.as_str())));
        }
        let filling = outbound.fit(Filling::of(&instead.vars)).map_err(|missing| {
            let name = missing.field.replacen("var.", "vars.", 1);
            Error::invalid(format!("outside_window.{name}"), missing.rule)
        })?;
        let payload = |reply| outbound::payload(outbound.id, reply);
        Ok((OutsideWindow::Template, Some(outbound.message(&filling, payload))))
    }

    /// A message of either side.
    pub async fn message(&self, call: &Call, id: MessageId) -> Result<MessageBody> {
        call.require_any(&[Role::Integrator, Role::ContactAdmin])?;
        let message = found(self.store.message(id).await?, "message_id")?;
        let channel = match &message {
            Message::FromUser(received) => received.channel,
            Message::ToUser(sent) => sent.sending.channel,
        };
        let own = self.store.channel_of(call.caller.tenant, channel).await?;
        found(own, "message_id").map(|_| message.into())
    }
}

/// Where the message goes: a number, a hidden user's id, or a chat id, whose number is somebody's who has written and is
/// taken as it is.
pub(super) fn address(to: Option<&str>, chat: Option<&str>, country: &str) -> Result<Address> {
    let (field, text) = match (to, chat) {
        (Some(to), None) => ("to", to),
        (None, Some(chat)) => {
            let (user, _) = chat.split_once('|').unwrap_or((chat, ""));
            ("channel_chat_id", user)
        }
        (Some(_), Some(_)) => {
            return Err(Error::invalid("to", "and channel_chat_id exclude each other"));
        }
        (None, None) => return Err(Error::invalid("to", "is required")),
    };
    let digits = match to {
        Some(to) => phone::recipient(to, country),
        None => Some(text.to_owned()),
    };
    if let Some(id) = digits.and_then(|digits| WaId::parse(&digits).ok()) {
        return Ok(Address::Phone(id));
    }
    let rule = "must be a valid number with its country code, or a user id";
    let wrong = || Error::invalid(field, rule);
    Bsuid::parse(text).map(Address::Bsuid).map_err(|_| wrong())
}
