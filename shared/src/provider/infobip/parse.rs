//! From a webhook's body to what happened (infobip 3, 4). Every result is one item, told apart by what it holds and not
//! by the address it came to; a result that cannot be read is an ignored item and loses nothing beside it.

use http::StatusCode;
use serde_json::value::RawValue;

use super::{content, notice, report, wire};
use crate::domain::channel::OpenChannel;
use crate::domain::event::{Event, MessageReceived};
use crate::domain::phone;
use crate::domain::time::Time;
use crate::domain::user::{Address, Bsuid, Sender, WaId};
use crate::provider::cloud::{any, read, text};
use crate::provider::{Item, Malformed, Parsed, WebhookCall};

/// A part that is not what is expected in its place.
pub(super) const UNREADABLE: Item = Item::Ignored { reason: "unreadable" };

/// The whole body.
pub(super) fn parse(call: &WebhookCall, channel: &OpenChannel) -> Result<Parsed, Malformed> {
    let malformed =
        Malformed { status: StatusCode::BAD_REQUEST, message: "the body must be a JSON object" };
    let body: &RawValue = serde_json::from_slice(&call.body).map_err(|_| malformed.clone())?;
    let envelope: wire::Envelope<'_> = read(Some(body)).ok_or(malformed)?;
    let items = match envelope.results {
        None => vec![notice::read(body, channel)],
        Some(part) => match any::<Vec<&RawValue>>(Some(part)) {
            None => vec![UNREADABLE],
            Some(results) if results.is_empty() => vec![Item::Ignored { reason: "empty" }],
            Some(results) => {
                results.into_iter().map(|part| result(part, channel, call.now)).collect()
            }
        },
    };
    Ok(Parsed { items })
}

fn result(part: &RawValue, channel: &OpenChannel, now: Time) -> Item {
    let Some(given) = read::<wire::Outcome<'_>>(Some(part)) else { return UNREADABLE };
    let integration = given.integration_type.as_deref();
    if integration.is_some_and(|word| !word.eq_ignore_ascii_case("WHATSAPP")) {
        return Item::Ignored { reason: "other_integration" };
    }
    if given.message.is_some() {
        return match other_number(channel, given.to.as_deref()) {
            Some(number) => elsewhere(number, &format!(r#"{{"results":[{}]}}"#, part.get())),
            None => message(part, &given, channel),
        };
    }
    if given.deleted_at.is_some() {
        return Item::Ignored { reason: "deleted" };
    }
    if given.seen_at.is_some() {
        return report::seen(&given, now);
    }
    if given.status.is_some() {
        return report::delivery(&given, channel, now);
    }
    Item::Ignored { reason: "unknown_event" }
}

/// K7: another business number of the account, by which its channel is found. What names none is for this one.
pub(super) fn other_number(channel: &OpenChannel, number: Option<&str>) -> Option<String> {
    let number = WaId::parse(number?).ok().filter(WaId::is_whole)?;
    let is_ours = phone::canonical(number.as_str()) == phone::canonical(&channel.phone_number);
    (!is_ours).then(|| number.as_str().to_owned())
}

/// What concerns that number, as a webhook of its own.
pub(super) fn elsewhere(number: String, body: &str) -> Item {
    Item::Elsewhere { number, body: body.as_bytes().to_vec() }
}

fn message(part: &RawValue, given: &wire::Outcome<'_>, channel: &OpenChannel) -> Item {
    let Some(time) = time(given.received_at.as_deref()) else { return UNREADABLE };
    let Some(from) = sender(given) else { return Item::Ignored { reason: "no_sender" } };
    let Some(content) = content::of(given.message, channel) else {
        // K13: the keyword of the shared number and nothing else.
        return Item::Ignored { reason: "keyword_alone" };
    };
    let provider_id = text(given.message_id.as_deref())
        // The same bytes come again, so their hash is the same on redelivery.
        .unwrap_or_else(|| hash(&[part.get()]));
    let context = content::context(given.message);
    let message = MessageReceived { provider_id, time, from, content, context };
    Item::Event(Event::MessageReceived(message))
}

/// A name for what has none, out of what identifies it.
pub(super) fn hash(parts: &[&str]) -> String {
    let text = parts.join("\u{1f}");
    hex::encode(ring::digest::digest(&ring::digest::SHA256, text.as_bytes()))
}

/// `2024-05-14T09:11:34.217+0000`: the offset has no colon (infobip 8).
pub(super) fn time(text: Option<&str>) -> Option<Time> {
    Time::parse(text?.trim()).ok()
}

/// A user's identifier: digits, or a business-scoped id.
pub(super) fn address(text: &str) -> Option<Address> {
    let phone = WaId::parse(text).ok().map(Address::Phone);
    phone.or_else(|| Bsuid::parse(text).ok().map(Address::Bsuid))
}

/// The number, and where it is hidden the business-scoped id (whatsapp-rules 9).
fn sender(given: &wire::Outcome<'_>) -> Option<Sender> {
    let contact = read::<wire::Contact<'_>>(given.contact);
    let contact = contact.as_ref();
    let from = given.from.as_deref();
    let number = [from, contact.and_then(|contact| contact.phone_number.as_deref())]
        .into_iter()
        .flatten()
        .find_map(|text| WaId::parse(text).ok());
    let bsuid = [contact.and_then(|contact| contact.user_id.as_deref()), from]
        .into_iter()
        .flatten()
        .find_map(|text| Bsuid::parse(text).ok());
    let (address, bsuid) = match number {
        Some(number) => (Address::Phone(number), bsuid),
        None => (Address::Bsuid(bsuid?), None),
    };
    let username = contact.and_then(|contact| contact.username.as_deref());
    Some(Sender {
        address,
        bsuid,
        name: text(contact.and_then(|contact| contact.name.as_deref())),
        username: text(username.map(|name| name.trim_start_matches('@'))),
    })
}
