//! What one user and one channel have said to each other, as far as the next decision needs it.

use serde::{Deserialize, Serialize};

use super::bot::Talk;
use super::hook::HookEvent;
use super::ids::{
    BotId, ChannelId, ConversationId, FlowId, MessageId, OutboundId, OutboundSendId, TenantId,
};
use super::menu::Numbered;
use super::message::{Failure, Origin, OutsideWindow, Sending, ToUser};
use super::outbound::Reply;
use super::process::{Process, StepCall};
use super::time::Time;
use super::user::{Address, Bsuid, WaId};

/// How long free-form messages may follow a user's message (T, K36, D21). Exactly 24 h is closed.
pub const SERVICE_WINDOW: std::time::Duration = std::time::Duration::from_hours(24);

/// So many sendings of outbounds are remembered for their buttons.
pub const SENDS_MAX: usize = 5;

/// So many messages may wait for a closed window.
pub const WAITING_MAX: usize = 20;

/// A conversation as it is stored: one item, written once per decision.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Conversation {
    pub id: ConversationId,
    pub tenant: TenantId,
    pub channel: ChannelId,
    /// Where answers go: the identifier of the last message, as it came.
    pub address: Address,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bsuid: Option<Bsuid>,
    /// What the provider calls the number that we dialled, where it is another one (whatsapp-rules 8).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wa_id: Option<WaId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    pub created: Time,
    /// What lies here from before then was said with somebody else, who had the number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<Time>,
    /// Of the last message in either direction.
    pub active: Time,
    /// Opens the service window.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_user_message: Option<Time>,
    /// The run that is going on, or the last one that ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub process: Option<Process>,
    /// What is between the user and a bot, if anything is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bot: Option<Box<Talk>>,
    /// The newest sendings of outbounds, newest last.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sends: Vec<LastSend>,
    /// Messages that wait until the user writes, oldest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub waiting: Vec<MessageId>,
    /// The menu in numbers that was shown last, outside of a run (contracts 8.3).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub menu: Option<Box<Numbered>>,
    /// What the user last said of consent at the provider.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub opted_in: Option<bool>,
    /// When the armed timers fire; in the past means not armed (aws-facts 6).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub follow_up_armed: Option<Time>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expiry_armed: Option<Time>,
    /// What the last decisions of each source want done. Emitted after the write, and again if the source is
    /// delivered again.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub outbox: Vec<Outbox>,
    /// Rises with each write.
    pub version: u64,
}

/// A sending of an outbound whose buttons may be tapped.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LastSend {
    pub outbound: OutboundId,
    pub send: OutboundSendId,
    /// What starts when the user agrees; `None` for notifications.
    pub flow: Option<FlowId>,
    pub account_id: Option<String>,
    /// The visible texts, for providers that carry no payload.
    pub continue_text: Option<String>,
    pub cancel_text: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reply: Option<Reply>,
    pub time: Time,
}

/// Who decides. Each writes only its own outbox, so that a timer cannot wipe what a message's crash left behind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    /// The event queue.
    Event,
    FollowUp,
    Expiry,
}

/// The effects of one decision, under the name of what caused it. It lies in the conversation's item, which is paid
/// for by the kilobyte: what the conversation knows is not said again ([`Outbox::sending`]).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Outbox {
    pub source: Source,
    /// Same on redelivery of the same cause.
    pub cause: String,
    /// When it was decided.
    pub time: Time,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub effects: Vec<Effect>,
}

/// Something to be said.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Say {
    pub content: ToUser,
    pub origin: Origin,
}

/// What a decision wants done outside its conversation. Each has a derived id, so doing it twice is doing it once.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Effect {
    /// To the message queue.
    Send(Box<Say>),
    /// To the hook queue, for each rule that wants it.
    Hook(Box<HookEvent>),
    /// To the hook queue: a `webhook` step's call; its answer comes back as an event.
    Call(Box<StepCall>),
    /// To the hook queue: a bot is asked about this message; its answer comes back as an event.
    Ask { bot: BotId, message: MessageId },
    /// Something that cannot be sent: a message that has failed from the beginning.
    Fail { say: Box<Say>, failure: Failure },
    /// A button of an outbound was tapped: noted on its sending.
    Reply { send: OutboundSendId, reply: Reply },
    /// A message that waited for the service window to open may go.
    Release(MessageId),
}

impl Conversation {
    /// One that nobody has written in yet.
    pub fn new(tenant: TenantId, channel: ChannelId, address: Address, now: Time) -> Self {
        Self {
            id: address.conversation(channel),
            tenant,
            channel,
            address,
            bsuid: None,
            wa_id: None,
            name: None,
            created: now,
            since: None,
            active: now,
            last_user_message: None,
            process: None,
            bot: None,
            sends: Vec::new(),
            waiting: Vec::new(),
            menu: None,
            opted_in: None,
            follow_up_armed: None,
            expiry_armed: None,
            outbox: Vec::new(),
            version: 0,
        }
    }

    /// When the service window closes; `None` if the user never wrote.
    pub fn window_closes(&self) -> Option<Time> {
        self.last_user_message.map(|time| time + SERVICE_WINDOW)
    }

    /// Whether free-form messages may go out.
    pub fn window_open(&self, now: Time) -> bool {
        self.window_closes().is_some_and(|end| now < end)
    }

    /// The run that is going on.
    pub fn running(&self) -> Option<&Process> {
        self.process.as_ref().filter(|process| !process.status.is_final())
    }

    /// What this cause wanted done, if its decision was saved already.
    pub fn saved(&self, source: Source, cause: &str) -> Option<&Outbox> {
        self.outbox.iter().find(|outbox| outbox.source == source && outbox.cause == cause)
    }

    /// What the source's last decision wanted done.
    pub fn outbox_of(&self, source: Source) -> Option<&Outbox> {
        self.outbox.iter().find(|outbox| outbox.source == source)
    }

    /// The same talk under another id: its run looks for it there. What its decisions wanted done was said before, under
    /// ids that follow from the old one.
    #[must_use]
    pub fn renamed(mut self, id: ConversationId) -> Self {
        self.id = id;
        self.outbox.clear();
        if let Some(process) = &mut self.process {
            process.conversation = id;
        }
        self
    }

    /// Two talks turned out to be with the same user: this one goes on, with what the other one knows better. Where both
    /// have a run, a talk with a bot or a menu, this one's goes on, and the other's is over. Only for talks of one user:
    /// nothing of it may be told to anybody else.
    #[must_use]
    pub fn absorbing(mut self, other: Self) -> Self {
        let id = self.id;
        if self.running().is_none() && other.running().is_some() {
            self.process = other.process;
            self.follow_up_armed = other.follow_up_armed;
            self.expiry_armed = other.expiry_armed;
        }
        // A bot that is being asked answers here.
        self.bot = self.bot.or(other.bot);
        self.menu = self.menu.or(other.menu);
        self.bsuid = self.bsuid.or(other.bsuid);
        self.wa_id = self.wa_id.or(other.wa_id);
        self.name = self.name.or(other.name);
        self.opted_in = self.opted_in.or(other.opted_in);
        self.created = self.created.min(other.created);
        self.active = self.active.max(other.active);
        self.last_user_message = self.last_user_message.max(other.last_user_message);
        self.sends.extend(other.sends);
        self.sends.sort_by_key(|send| send.time);
        let surplus = self.sends.len().saturating_sub(SENDS_MAX);
        self.sends.drain(..surplus);
        self.waiting.extend(other.waiting);
        self.renamed(id)
    }

    /// This talk and another of the same user as one that lies here: the one that the user wrote in last goes on.
    #[must_use]
    pub fn joined_by(self, other: Self) -> Self {
        if other.last_user_message <= self.last_user_message {
            return self.absorbing(other);
        }
        let (id, since, version) = (self.id, self.since, self.version);
        Self { since, version, ..other.absorbing(self).renamed(id) }
    }

    /// Keeps a decision's effects in place of the source's earlier ones.
    pub fn keep(&mut self, outbox: Outbox) {
        self.outbox.retain(|kept| kept.source != outbox.source);
        self.outbox.push(outbox);
    }
}

impl Outbox {
    /// The id of the message that is said at this place of the effects.
    pub fn message_id(&self, conversation: ConversationId, place: usize) -> MessageId {
        let key: [&[u8]; 2] = [self.cause.as_bytes(), &place.to_be_bytes()];
        MessageId::of(conversation, self.message_time(place), &key)
    }

    /// A millisecond apart, so that the messages of one decision sort in their order.
    fn message_time(&self, place: usize) -> Time {
        self.time + std::time::Duration::from_millis(place as u64)
    }

    /// The message that is said at this place of the effects.
    pub fn sending(&self, conversation: &Conversation, place: usize, say: &Say) -> Sending {
        Sending {
            id: self.message_id(conversation.id, place),
            channel: conversation.channel,
            to: conversation.address.clone(),
            time: self.message_time(place),
            received: None,
            content: say.content.clone(),
            origin: say.origin,
            reply_to: None,
            window_closes: conversation.window_closes(),
            otherwise: None,
            outside_window: OutsideWindow::Reject,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::bot::Asked;
    use super::super::user::WaId;
    use super::*;

    fn talk(number: &str) -> Conversation {
        let address = Address::Phone(WaId::parse(number).unwrap());
        let zero = [0; 16];
        let (tenant, channel) = (TenantId::from_bytes(zero), ChannelId::from_bytes(zero));
        Conversation::new(tenant, channel, address, Time::from_millis(0))
    }

    /// README 8, D24: where two talks become one, what is between the user and a bot goes on, and so does the menu that
    /// was shown last; those of the talk that goes on win.
    #[test]
    fn a_bot_and_a_menu_go_along() {
        let asked = |name: &str| {
            let context = Some(serde_json::json!({ "name": name }));
            let message = MessageId::of(talk("573001234567").id, Time::from_millis(1), &[]);
            let since = Time::from_millis(1);
            let bot = BotId::from_bytes([4; 16]);
            let asked = Some(Asked { bot, message, since });
            Some(Box::new(Talk { asked, context, ..Talk::default() }))
        };
        let menu = |text: &str| {
            let (text, closes) = (text.to_owned(), Time::from_millis(2));
            Some(Box::new(Numbered { text, options: Vec::new(), closes }))
        };
        let one = talk("573001234567");
        let other = Conversation { bot: asked("b"), menu: menu("b"), ..talk("573007654321") };
        let joined = one.clone().absorbing(other.clone());
        assert_eq!((joined.bot, joined.menu), (other.bot.clone(), other.menu.clone()));
        let one = Conversation { bot: asked("a"), menu: menu("a"), ..one };
        let joined = one.clone().absorbing(other);
        assert_eq!((joined.bot, joined.menu), (one.bot, one.menu));
    }

    /// K36, D21: the service window lasts 24 hours; exactly 24 h is closed.
    #[test]
    fn the_service_window_closes_after_exactly_24_hours() {
        let start = Time::from_millis(0);
        let mut conversation = talk("573001234567");
        assert!(!conversation.window_open(start), "the user never wrote");
        conversation.last_user_message = Some(start);
        assert!(conversation.window_open(Time::from_millis(86_399_999)));
        assert!(!conversation.window_open(Time::from_millis(86_400_000)));
    }
}
