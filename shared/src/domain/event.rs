//! A fact out of a webhook. What it means for a conversation is decided elsewhere.

use serde::{Deserialize, Serialize};

use super::bot::BotAnswer;
use super::ids::{ChannelId, ConversationId, MessageId};
use super::message::{Context, Failure, FromUser, Status, ToUser};
use super::process::StepAnswer;
use super::template::Category;
use super::time::Time;
use super::user::{Address, Sender, WaId};

/// What happened, in no provider's words.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum Event {
    /// A user wrote.
    MessageReceived(MessageReceived),
    /// The business wrote from its own phone, beside the gateway (coexistence).
    MessageEchoed(MessageEchoed),
    /// One of our messages came a step further.
    StatusChanged(StatusChanged),
    /// The review of a template ended or was reopened, or WhatsApp thinks otherwise of it.
    TemplateChanged(TemplateChanged),
    /// A user gave or took back consent.
    OptInChanged { address: Address, opted_in: bool, time: Time },
    /// The channel's account changed at the provider: restrictions, quality, limits.
    AccountChanged { kind: String, detail: serde_json::Value },
}

/// A user's message as the provider told it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MessageReceived {
    /// The provider's id; where it gives none, a hash of what identifies the message. Together with `time` it
    /// makes our id, so both must be the same on redelivery.
    pub provider_id: String,
    /// The provider's time.
    pub time: Time,
    pub from: Sender,
    pub content: FromUser,
    #[serde(default)]
    pub context: Context,
}

/// What the business said to a user from its own phone.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MessageEchoed {
    /// The provider's id. Together with `time` it makes our id, so both must be the same on redelivery.
    pub provider_id: String,
    /// The provider's time.
    pub time: Time,
    pub to: Address,
    pub content: ToUser,
}

/// Which of our messages a status speaks of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum MessageRef {
    /// Our own id came back (Cloud API `biz_opaque_callback_data`, GupShup enterprise `extra`).
    Ours(MessageId),
    /// The provider's id of the sending.
    Provider(String),
}

/// A step of one of our messages.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StatusChanged {
    pub message: MessageRef,
    /// A second id that the provider uses later (GupShup: `whatsappMessageId` of an `enqueued` event).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub alias: Option<String>,
    /// Whom the message was for, where nothing else may tell which one it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<Address>,
    pub status: Status,
    /// The provider's time.
    pub time: Time,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure: Option<Failure>,
}

/// A template's state at the provider: as much of it as was told.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct TemplateChanged {
    /// The provider's id of the template, if it came.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub provider_id: Option<String>,
    /// The provider's name, if it came.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub language: Option<String>,
    /// The provider's word for where the review stands.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub provider_status: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// What it is now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub category: Option<Category>,
    /// What it will be: announced a day ahead.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_category: Option<Category>,
    /// The provider's word.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quality: Option<String>,
}

/// What the event queue carries: something that a conversation has to be told.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Occurrence {
    pub channel: ChannelId,
    /// Tells the deliveries of a webhook apart. The job's own id does not: a job that is put back from the dead letters
    /// is a new one. Jobs of before have none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delivery: Option<String>,
    /// When our webhook had it, or when it happened inside.
    pub received: Time,
    pub what: What,
}

/// Where an [`Occurrence`] comes from.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(clippy::large_enum_variant, reason = "nearly every job is a webhook's")]
pub enum What {
    /// A provider's webhook.
    Webhook(Event),
    /// A customer's server answered a `webhook` step.
    StepAnswered { conversation: ConversationId, answer: StepAnswer },
    /// A bot answered, or did not.
    BotAnswered(Box<BotAnswer>),
    /// A message of a process cannot reach the user.
    SendFailed { message: MessageId },
    /// A provider calls a number that we dialled by another one.
    Dialled { conversation: ConversationId, wa_id: WaId },
    /// A provider took a message and refused it later, for a reason that concerns more than this one.
    ChannelRefused { failure: Failure },
}

#[cfg(test)]
mod tests {
    use super::*;

    /// README 11: what a user answered in a form comes through the queue as it is, to the last digit of a number.
    #[test]
    fn numbers_come_through_the_queue_to_their_last_digit() {
        for number in ["2.2222222222222225e+92", "0.1", "-1e-300", "18446744073709551615", "1e300"]
        {
            let response: serde_json::Value = serde_json::from_str(number).unwrap();
            let number = WaId::parse("573001234567").unwrap();
            let from =
                Sender { address: Address::Phone(number), bsuid: None, name: None, username: None };
            let message = MessageReceived {
                provider_id: "wamid.1".to_owned(),
                time: Time::from_millis(0),
                from,
                content: FromUser::FlowReply { name: None, response },
                context: Context::default(),
            };
            let told = Occurrence {
                channel: ChannelId::derive(&[b"channel"]),
                delivery: None,
                received: Time::from_millis(0),
                what: What::Webhook(Event::MessageReceived(message)),
            };
            let job = serde_json::to_string(&told).unwrap();
            assert_eq!(serde_json::from_str::<Occurrence>(&job).unwrap(), told);
        }
    }
}
