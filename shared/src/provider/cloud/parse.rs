//! From a webhook's body to what happened. Every message, status and other fact of every change of every entry is
//! one item; a part that cannot be read is an ignored item and loses nothing beside it.

use http::StatusCode;
use serde::Deserialize;
use serde_json::value::RawValue;

use super::{Dialect, content, event, status, wire};
use crate::domain::channel::OpenChannel;
use crate::domain::event::{Event, MessageEchoed, MessageReceived};
use crate::domain::message::Context;
use crate::domain::time::Time;
use crate::domain::user::{Address, Bsuid, Sender, WaId};
use crate::provider::{Item, Malformed, Parsed};

/// A part that is not what is expected in its place.
pub(super) const UNREADABLE: Item = Item::Ignored { reason: "unreadable" };

/// Whether the body is this envelope: it has entries, or says that it is about an account.
pub(in crate::provider) fn speaks(body: &[u8]) -> bool {
    let part = serde_json::from_slice::<&RawValue>(body).ok();
    let envelope: Option<wire::Envelope<'_>> = read(part);
    envelope.is_some_and(|envelope| {
        envelope.entry.is_some() || envelope.object.as_deref() == Some(ACCOUNT)
    })
}

/// What the envelope is about.
const ACCOUNT: &str = "whatsapp_business_account";

/// The whole body.
pub(in crate::provider) fn parse(
    body: &[u8],
    channel: &OpenChannel,
    dialect: Dialect,
) -> Result<Parsed, Malformed> {
    let malformed =
        Malformed { status: StatusCode::BAD_REQUEST, message: "the body must be a JSON object" };
    let part: &RawValue = serde_json::from_slice(body).map_err(|_| malformed.clone())?;
    let envelope: wire::Envelope<'_> = read(Some(part)).ok_or(malformed)?;
    let mut items = Vec::new();
    match (envelope.object.as_deref(), envelope.entry) {
        (Some(ACCOUNT), Some(entries)) => {
            let mut reader = Reader { channel, dialect, items: Vec::new() };
            for part in entries {
                reader.entry(part);
            }
            items = reader.items;
        }
        _ => items.push(Item::Ignored { reason: OTHER_OBJECT }),
    }
    Ok(Parsed { items })
}

/// The reason for what is no envelope.
pub(in crate::provider) const OTHER_OBJECT: &str = "other_object";

/// A body that is what stands inside of an envelope, without one: the on-premise API's form. `None` if it has none of
/// its parts.
pub(in crate::provider) fn parse_value(
    body: &[u8],
    channel: &OpenChannel,
    dialect: Dialect,
) -> Option<Parsed> {
    let part: &RawValue = serde_json::from_slice(body).ok()?;
    let bare: Bare<'_> = read(Some(part))?;
    if [bare.contacts, bare.messages, bare.statuses, bare.errors].iter().all(Option::is_none) {
        return None;
    }
    let mut reader = Reader { channel, dialect, items: Vec::new() };
    match read::<wire::Value<'_>>(Some(part)) {
        Some(value) => reader.of_number(&value),
        None => reader.items.push(UNREADABLE),
    }
    Some(Parsed { items: reader.items })
}

/// What tells a [`wire::Value`] without its envelope from anything else.
#[derive(Deserialize)]
struct Bare<'a> {
    #[serde(borrow)]
    contacts: wire::Part<'a>,
    messages: wire::Part<'a>,
    statuses: wire::Part<'a>,
    errors: wire::Part<'a>,
}

/// An object of the body, if it is what is expected there. A list is not taken for the fields in their order.
pub(in crate::provider) fn read<'a, T: Deserialize<'a>>(part: Option<&'a RawValue>) -> Option<T> {
    part.filter(|part| part.get().starts_with('{')).and_then(|part| any(Some(part)))
}

/// Any part of the body, if it is what is expected there.
pub(in crate::provider) fn any<'a, T: Deserialize<'a>>(part: Option<&'a RawValue>) -> Option<T> {
    serde_json::from_str(part?.get()).ok()
}

/// Reads one body into items.
struct Reader<'c> {
    channel: &'c OpenChannel,
    dialect: Dialect,
    items: Vec<Item>,
}

impl Reader<'_> {
    fn entry(&mut self, part: &RawValue) {
        let Some(entry) = read::<wire::Entry<'_>>(Some(part)) else {
            self.items.push(UNREADABLE);
            return;
        };
        let changes = entry.changes.unwrap_or_default();
        if changes.is_empty() {
            self.items.push(Item::Ignored { reason: "empty" });
        }
        let is_other_account = self.is_other_account(entry.id.as_deref());
        for part in changes {
            match read::<wire::Change<'_>>(Some(part)) {
                Some(one) => self.change(&one, is_other_account),
                None => self.items.push(UNREADABLE),
            }
        }
    }

    /// Template and account events carry no number: they are told apart by the account. `0` is the account of the
    /// samples that the app's dashboard sends.
    fn is_other_account(&self, id: Option<&str>) -> bool {
        let ours = self.dialect.account.map_or("", |name| self.channel.setting(name, ""));
        id.is_some_and(|id| !ours.is_empty() && id != "0" && id != ours)
    }

    fn change(&mut self, change: &wire::Change<'_>, is_other_account: bool) {
        let field = change.field.as_deref().unwrap_or_default();
        let item = match field {
            "messages" | "smb_message_echoes" | "user_preferences" => {
                match read::<wire::Value<'_>>(change.value) {
                    Some(value) => return self.of_number(&value),
                    None => UNREADABLE,
                }
            }
            _ if is_other_account => Item::Ignored { reason: "other_account" },
            "message_template_status_update" => event::template(change.value, self.dialect),
            "message_template_quality_update" => event::quality(change.value, self.dialect),
            "template_category_update" => event::category(change.value, self.dialect),
            "message_template_components_update"
            | "account_update"
            | "account_alerts"
            | "account_review_update"
            | "business_capability_update"
            | "phone_number_quality_update"
            | "phone_number_name_update"
            | "security" => event::account(field, change.value),
            _ => Item::Ignored { reason: "unknown_field" },
        };
        self.items.push(item);
    }

    /// What concerns one number: messages, statuses, errors, echoes, preferences.
    fn of_number(&mut self, value: &wire::Value<'_>) {
        let before = self.items.len();
        let metadata = read::<wire::Metadata<'_>>(value.metadata);
        let is_ours =
            metadata.is_none_or(|metadata| (self.dialect.is_ours)(&metadata, self.channel));
        let contacts: Vec<wire::Contact<'_>> =
            parts(value.contacts.as_ref()).filter_map(|part| read(Some(part))).collect();
        let (channel, dialect) = (self.channel, self.dialect);
        let mut push = |item: Item| {
            self.items.push(if is_ours { item } else { Item::Ignored { reason: "other_number" } });
        };
        parts(value.messages.as_ref()).for_each(|part| push(message(part, &contacts, dialect)));
        parts(value.statuses.as_ref()).for_each(|part| push(status::read(part, channel, dialect)));
        parts(value.errors.as_ref()).for_each(|part| push(event::account("errors", Some(part))));
        parts(value.message_echoes.as_ref()).for_each(|part| push(echo(part, dialect)));
        parts(value.user_preferences.as_ref()).for_each(|part| push(event::preference(part)));
        if self.items.len() == before {
            self.items.push(Item::Ignored { reason: "empty" });
        }
    }
}

/// The parts of a list, each to be read on its own.
pub(super) fn parts<'a, 'b>(
    list: Option<&'b Vec<&'a RawValue>>,
) -> impl Iterator<Item = &'a RawValue> + 'b {
    list.into_iter().flatten().copied()
}

fn message(part: &RawValue, contacts: &[wire::Contact<'_>], dialect: Dialect) -> Item {
    let Some(message) = read::<wire::Message<'_>>(Some(part)) else { return UNREADABLE };
    if message.group_id.is_some() {
        return Item::Ignored { reason: "group_message" };
    }
    let Some(time) = time(message.timestamp.as_deref()) else { return UNREADABLE };
    let Some(from) = sender(&message, contacts) else {
        return Item::Ignored { reason: "no_sender" };
    };
    let provider_id = match message.id.as_deref() {
        Some(id) if !id.is_empty() => id.to_owned(),
        // The platform repeats the same bytes, so their hash is the same on redelivery.
        _ => hash(&[part.get()]),
    };
    Item::Event(Event::MessageReceived(MessageReceived {
        provider_id,
        time,
        from,
        content: content::of(&message, dialect),
        context: context(&message),
    }))
}

/// What the business said from its own phone, beside us.
fn echo(part: &RawValue, dialect: Dialect) -> Item {
    let Some(message) = read::<wire::Message<'_>>(Some(part)) else { return UNREADABLE };
    let phone = message.to.as_deref().and_then(|to| WaId::parse(to).ok()).map(Address::Phone);
    let bsuid = [message.to_user_id.as_deref(), message.to.as_deref()];
    let bsuid = bsuid.into_iter().flatten().find_map(|to| Bsuid::parse(to).ok());
    let to = phone.or(bsuid.map(Address::Bsuid));
    let id = text(message.id.as_deref());
    let (Some(to), Some(provider_id), Some(time)) = (to, id, time(message.timestamp.as_deref()))
    else {
        return UNREADABLE;
    };
    match content::of(&message, dialect).echoed() {
        Some(content) => {
            Item::Event(Event::MessageEchoed(MessageEchoed { provider_id, time, to, content }))
        }
        None => Item::Ignored { reason: "echo" },
    }
}

/// A name for what has none, out of what identifies it.
pub(in crate::provider) fn hash(parts: &[&str]) -> String {
    let text = parts.join("\u{1f}");
    hex::encode(ring::digest::digest(&ring::digest::SHA256, text.as_bytes()))
}

/// Seconds or milliseconds since 1970 (whatsapp-rules 10).
pub(super) fn time(text: Option<&str>) -> Option<Time> {
    text?.parse().ok().map(Time::from_seconds_or_millis)
}

/// `from` if it is a number, else the first business-scoped id (whatsapp-rules 9).
fn sender(message: &wire::Message<'_>, contacts: &[wire::Contact<'_>]) -> Option<Sender> {
    let from = message.from.as_deref();
    let user_id = message.from_user_id.as_deref();
    let contact = contacts.iter().find(|contact| {
        let same = |a: Option<&str>, b: Option<&str>| a.is_some() && a == b;
        same(contact.wa_id.as_deref(), from)
            || same(contact.user_id.as_deref(), user_id)
            || same(contact.user_id.as_deref(), from)
    });
    let bsuid = [user_id, from, contact.and_then(|contact| contact.user_id.as_deref())]
        .into_iter()
        .flatten()
        .find_map(|text| Bsuid::parse(text).ok());
    let profile = contact.and_then(|contact| contact.profile.as_ref());
    let shown = |word: Option<&wire::Word<'_>>| text(word.map(|word| word.trim_start_matches('@')));
    let (address, bsuid) = match from.and_then(|from| WaId::parse(from).ok()) {
        Some(phone) => (Address::Phone(phone), bsuid),
        None => (Address::Bsuid(bsuid?), None),
    };
    Some(Sender {
        address,
        bsuid,
        name: text(profile.and_then(|profile| profile.name.as_deref())),
        username: shown(profile.and_then(|profile| profile.username.as_ref())),
    })
}

/// The text, if there is any.
pub(in crate::provider) fn text(text: Option<&str>) -> Option<String> {
    text.filter(|text| !text.is_empty()).map(str::to_owned)
}

/// A context that cannot be read costs the context, not the message.
fn context(message: &wire::Message<'_>) -> Context {
    let given = read::<wire::Context<'_>>(message.context);
    let referral = read::<serde_json::Value>(message.referral);
    let Some(given) = given else { return Context { referral, ..Context::default() } };
    let product =
        given.referred_product.map(|product| serde_json::json!({ "referred_product": product }));
    Context {
        // GupShup names a message of ours by the id that it gave us, beside WhatsApp's.
        reply_to: text(given.gs_id.as_deref()).or_else(|| text(given.id.as_deref())),
        forwarded: given.forwarded == Some(true) || given.frequently_forwarded == Some(true),
        referral: referral.or(product),
    }
}

/// The most exact words of an error.
pub(in crate::provider) fn said<'a>(problem: &'a wire::Problem<'_>) -> Option<&'a str> {
    let details = problem.error_data.as_ref().and_then(|more| more.details.as_deref());
    [details, problem.message.as_deref(), problem.title.as_deref()]
        .into_iter()
        .flatten()
        .find(|text| !text.is_empty())
}
