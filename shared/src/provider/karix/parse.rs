//! What Karix posts: one message of a user or one delivery report per call (karix 3, 4). What it is about is told by
//! the objects that are there; the word in `events.eventType` is only a hint.

use http::StatusCode;
use serde_json::value::RawValue;

use super::content;
use super::settings::our_number;
use super::wire::Object;
use crate::domain::channel::OpenChannel;
use crate::domain::event::{Event, MessageReceived, MessageRef, StatusChanged};
use crate::domain::message::{Context, Failure, Status};
use crate::domain::phone;
use crate::domain::time::Time;
use crate::domain::user::{Address, Bsuid, Sender, WaId};
use crate::provider::cloud::{any, hash, wire::Word};
use crate::provider::{Item, Malformed, Parsed, WebhookCall};

const UNREADABLE: Item = Item::Ignored { reason: "unreadable" };
const OTHER_NUMBER: Item = Item::Ignored { reason: "other_number" };

/// The whole body.
pub(super) fn parse(call: &WebhookCall, channel: &OpenChannel) -> Result<Parsed, Malformed> {
    let malformed =
        Malformed { status: StatusCode::BAD_REQUEST, message: "the body must be a JSON object" };
    let body = Object::of_bytes(&call.body).ok_or(malformed)?;
    let reader = Reader { channel, now: call.now };
    Ok(Parsed { items: vec![reader.unwrapped(&body)] })
}

struct Reader<'c> {
    channel: &'c OpenChannel,
    now: Time,
}

impl Reader<'_> {
    /// Some streams wrap all of it in `data_body`, as an object or as JSON in a text.
    fn unwrapped(&self, body: &Object<'_>) -> Item {
        let Some(part) = body.part("data_body") else { return self.event(body) };
        if let Some(inner) = Object::of(part) {
            return self.event(&inner);
        }
        let text: Option<Word<'_>> = any(Some(part));
        let inner = text.as_ref().and_then(|text| Object::of_bytes(text.as_bytes()));
        inner.map_or(UNREADABLE, |inner| self.event(&inner))
    }

    fn event(&self, body: &Object<'_>) -> Item {
        let message = body.object("eventContent").and_then(|content| content.part("message"));
        if let Some(part) = message.filter(|part| part.get().starts_with('{')) {
            return self.message(body, part).unwrap_or(UNREADABLE);
        }
        match body.object("notificationAttributes") {
            Some(attributes) => self.report(body, &attributes),
            None => Item::Ignored { reason: "unknown_event" },
        }
    }

    /// `None`: nobody can tell who wrote.
    fn message(&self, body: &Object<'_>, part: &RawValue) -> Option<Item> {
        let message = Object::of(part)?;
        if self.is_other(message.text("to")) {
            return Some(OTHER_NUMBER);
        }
        let address = address(&message.text("from")?)?;
        let reply_to = message.object("context").and_then(|context| context.text("id"));
        let content = content::of(&message, part, self.channel);
        Some(Item::Event(Event::MessageReceived(MessageReceived {
            // A repeated webhook has the same bytes, so their hash is the same then.
            provider_id: message.text("id").unwrap_or_else(|| hash(&[part.get()])),
            time: self.time(body),
            from: Sender {
                address,
                bsuid: None,
                name: message.text("profileName"),
                username: None,
            },
            content,
            context: Context { reply_to, ..Context::default() },
        })))
    }

    fn report(&self, body: &Object<'_>, attributes: &Object<'_>) -> Item {
        let sender = body.object("sender");
        if self.is_other(sender.and_then(|sender| sender.text("from"))) {
            return OTHER_NUMBER;
        }
        let Some(word) = attributes.text("status") else { return UNREADABLE };
        let status = match word.to_ascii_lowercase().as_str() {
            "submitted" | "accepted" => Status::Accepted,
            "sent" => Status::Sent,
            "delivered" => Status::Delivered,
            "read" => Status::Read,
            "failed" | "undelivered" | "rejected" => Status::Failed,
            _ => return Item::Ignored { reason: "unknown_status" },
        };
        let recipient = body.object("recipient");
        let Some(message) = which(body, recipient.as_ref()) else { return UNREADABLE };
        let to = match &message {
            MessageRef::Ours(_) => None,
            MessageRef::Provider(_) => recipient.and_then(|to| address(&to.text("to")?)),
        };
        let failure = (status == Status::Failed).then(|| Failure {
            provider: self.channel.provider.as_str().to_owned(),
            code: attributes.text("code").unwrap_or_else(|| "unknown".to_owned()),
            message: attributes.text("reason").unwrap_or(word),
        });
        let time = self.time(body);
        let changed = StatusChanged { message, alias: None, to, status, time, failure };
        Item::Event(Event::StatusChanged(changed))
    }

    /// Seconds or milliseconds, which one reader each has seen; `date` is for people. Without one it counts from when
    /// it came.
    fn time(&self, body: &Object<'_>) -> Time {
        let told = body.object("events").and_then(|events| events.text("timestamp"));
        let told = told.and_then(|text| text.parse().ok());
        told.map_or(self.now, Time::from_seconds_or_millis)
    }

    /// Whether this is another business number than the channel's. What cannot be compared is not another.
    fn is_other(&self, number: Option<String>) -> bool {
        let Some(number) = number.map(|number| digits(&number)) else { return false };
        let number = phone::canonical(&number);
        let ours = [our_number(self.channel), &self.channel.phone_number];
        !number.is_empty() && ours.iter().all(|our| phone::canonical(&digits(our)) != number)
    }
}

/// Our own id if it came back, else Karix's of the sending.
fn which(body: &Object<'_>, recipient: Option<&Object<'_>>) -> Option<MessageRef> {
    let reference = recipient.and_then(|recipient| recipient.object("reference"));
    let ours = reference.and_then(|reference| reference.text("cust_ref")?.parse().ok());
    let theirs = || body.object("events")?.text("mid").map(MessageRef::Provider);
    ours.map(MessageRef::Ours).or_else(theirs)
}

/// A number however it is written, or a business-scoped id. A few digits among other characters are no number.
fn address(text: &str) -> Option<Address> {
    let bsuid = Bsuid::parse(text).ok().map(Address::Bsuid);
    let told = || WaId::parse(text).ok();
    let written = || WaId::parse(&digits(text)).ok().filter(WaId::is_whole);
    bsuid.or_else(|| told().or_else(written).map(Address::Phone))
}

fn digits(text: &str) -> String {
    text.chars().filter(char::is_ascii_digit).collect()
}
