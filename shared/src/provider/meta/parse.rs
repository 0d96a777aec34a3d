//! From a webhook's body to what happened. Every message, status and other fact of every change of every entry is
//! one item; a part that cannot be read is an ignored item and loses nothing beside it.

use http::StatusCode;
use serde::Deserialize;
use serde_json::value::RawValue;

use super::content;
use super::wire;
use crate::domain::channel::OpenChannel;
use crate::domain::event::{Event, MessageReceived, MessageRef, StatusChanged, TemplateChanged};
use crate::domain::message::{Context, Failure, Status};
use crate::domain::time::Time;
use crate::domain::user::{Address, Bsuid, Sender, WaId};
use crate::provider::{Item, Malformed, Parsed};

const UNREADABLE: Item = Item::Ignored { reason: "unreadable" };

/// The whole body.
pub(super) fn body(body: &[u8], channel: &OpenChannel) -> Result<Parsed, Malformed> {
    let malformed =
        Malformed { status: StatusCode::BAD_REQUEST, message: "the body must be a JSON object" };
    let part: &RawValue = serde_json::from_slice(body).map_err(|_| malformed.clone())?;
    let envelope: wire::Envelope<'_> = read(Some(part)).ok_or(malformed)?;
    let mut items = Vec::new();
    match (envelope.object.as_deref(), envelope.entry) {
        (Some("whatsapp_business_account"), Some(entries)) => {
            for part in entries {
                entry(part, channel, &mut items);
            }
        }
        _ => items.push(Item::Ignored { reason: "other_object" }),
    }
    Ok(Parsed { items })
}

/// An object of the body, if it is what is expected there. A list is not taken for the fields in their order.
pub(super) fn read<'a, T: Deserialize<'a>>(part: Option<&'a RawValue>) -> Option<T> {
    part.filter(|part| part.get().starts_with('{')).and_then(|part| any(Some(part)))
}

/// Any part of the body, if it is what is expected there.
pub(super) fn any<'a, T: Deserialize<'a>>(part: Option<&'a RawValue>) -> Option<T> {
    serde_json::from_str(part?.get()).ok()
}

fn entry(part: &RawValue, channel: &OpenChannel, items: &mut Vec<Item>) {
    let Some(entry) = read::<wire::Entry<'_>>(Some(part)) else {
        items.push(UNREADABLE);
        return;
    };
    let changes = entry.changes.unwrap_or_default();
    if changes.is_empty() {
        items.push(Item::Ignored { reason: "empty" });
    }
    let is_other_account = other_account(entry.id.as_deref(), channel);
    for part in changes {
        match read::<wire::Change<'_>>(Some(part)) {
            Some(one) => change(&one, is_other_account, channel, items),
            None => items.push(UNREADABLE),
        }
    }
}

/// Template and account events carry no number: they are told apart by the account. `0` is the account of the
/// samples that the app's dashboard sends.
fn other_account(id: Option<&str>, channel: &OpenChannel) -> bool {
    let ours = channel.setting("waba_id", "");
    id.is_some_and(|id| !ours.is_empty() && id != "0" && id != ours)
}

fn change(
    change: &wire::Change<'_>,
    is_other_account: bool,
    channel: &OpenChannel,
    items: &mut Vec<Item>,
) {
    let field = change.field.as_deref().unwrap_or_default();
    match field {
        "messages" | "smb_message_echoes" | "user_preferences" => {
            match read::<wire::Value<'_>>(change.value) {
                Some(value) => of_number(&value, channel, items),
                None => items.push(UNREADABLE),
            }
        }
        _ if is_other_account => items.push(Item::Ignored { reason: "other_account" }),
        "message_template_status_update" => items.push(template(change.value)),
        "message_template_quality_update"
        | "message_template_components_update"
        | "template_category_update"
        | "account_update"
        | "account_alerts"
        | "account_review_update"
        | "business_capability_update"
        | "phone_number_quality_update"
        | "phone_number_name_update"
        | "security" => items.push(account(field, change.value)),
        _ => items.push(Item::Ignored { reason: "unknown_field" }),
    }
}

/// What concerns one number: messages, statuses, errors, echoes, preferences.
fn of_number(value: &wire::Value<'_>, channel: &OpenChannel, items: &mut Vec<Item>) {
    let before = items.len();
    let metadata = read::<wire::Metadata<'_>>(value.metadata);
    let number = metadata.as_ref().and_then(|m| m.phone_number_id.as_deref());
    let is_ours = number.is_none_or(|number| number == channel.setting("phone_number_id", ""));
    let contacts: Vec<wire::Contact<'_>> =
        parts(value.contacts.as_ref()).filter_map(|part| read(Some(part))).collect();
    let mut push = |item: Item| {
        items.push(if is_ours { item } else { Item::Ignored { reason: "other_number" } });
    };
    parts(value.messages.as_ref()).for_each(|part| push(message(part, &contacts)));
    parts(value.statuses.as_ref()).for_each(|part| push(status(part, channel)));
    parts(value.errors.as_ref()).for_each(|part| push(account("errors", Some(part))));
    parts(value.message_echoes.as_ref()).for_each(|_| push(Item::Ignored { reason: "echo" }));
    parts(value.user_preferences.as_ref()).for_each(|part| push(preference(part)));
    if items.len() == before {
        items.push(Item::Ignored { reason: "empty" });
    }
}

fn parts<'a, 'b>(list: Option<&'b Vec<&'a RawValue>>) -> impl Iterator<Item = &'a RawValue> + 'b {
    list.into_iter().flatten().copied()
}

fn message(part: &RawValue, contacts: &[wire::Contact<'_>]) -> Item {
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
        _ => hex::encode(ring::digest::digest(&ring::digest::SHA256, part.get().as_bytes())),
    };
    Item::Event(Event::MessageReceived(MessageReceived {
        provider_id,
        time,
        from,
        content: content::of(&message),
        context: context(&message),
    }))
}

/// Seconds or milliseconds since 1970 (whatsapp-rules 10).
fn time(text: Option<&str>) -> Option<Time> {
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
pub(super) fn text(text: Option<&str>) -> Option<String> {
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
        reply_to: text(given.id.as_deref()),
        forwarded: given.forwarded == Some(true) || given.frequently_forwarded == Some(true),
        referral: referral.or(product),
    }
}

fn status(part: &RawValue, channel: &OpenChannel) -> Item {
    let Some(given) = read::<wire::Status<'_>>(Some(part)) else { return UNREADABLE };
    let ignored = |reason| Item::Ignored { reason };
    // Neither says how far a message to one user has come.
    if given.kind.as_deref() == Some("payment") {
        return ignored("payment_status");
    }
    if given.recipient_type.as_deref() == Some("group") {
        return ignored("group_status");
    }
    let status = match given.status.as_deref() {
        Some("sent") => Status::Sent,
        Some("delivered") => Status::Delivered,
        Some("read" | "played") => Status::Read,
        Some("failed") => Status::Failed,
        Some("deleted" | "warning") => return ignored("old_status"),
        Some(_) => return ignored("unknown_status"),
        None => return UNREADABLE,
    };
    let ours = given.biz_opaque_callback_data.as_deref().and_then(|text| text.parse().ok());
    let message = match (ours, text(given.id.as_deref())) {
        (Some(ours), _) => MessageRef::Ours(ours),
        (None, Some(id)) => MessageRef::Provider(id),
        (None, None) => return UNREADABLE,
    };
    let Some(time) = time(given.timestamp.as_deref()) else { return UNREADABLE };
    let failure = (status == Status::Failed).then(|| failure(given.errors.as_ref(), channel));
    let changed = StatusChanged { message, alias: None, to: None, status, time, failure };
    Item::Event(Event::StatusChanged(changed))
}

/// The first error that says something.
fn failure(errors: Option<&Vec<&RawValue>>, channel: &OpenChannel) -> Failure {
    let given = parts(errors).find_map(|part| read::<wire::Problem<'_>>(Some(part)));
    let code = given.as_ref().and_then(|problem| text(problem.code.as_deref()));
    let message = given.as_ref().and_then(said);
    Failure {
        provider: channel.provider.as_str().to_owned(),
        code: code.unwrap_or_else(|| "unknown".to_owned()),
        message: message.unwrap_or("the provider gave no reason").to_owned(),
    }
}

/// The most exact words of an error.
pub(super) fn said<'a>(problem: &'a wire::Problem<'_>) -> Option<&'a str> {
    let details = problem.error_data.as_ref().and_then(|more| more.details.as_deref());
    [details, problem.message.as_deref(), problem.title.as_deref()]
        .into_iter()
        .flatten()
        .find(|text| !text.is_empty())
}

fn template(value: Option<&RawValue>) -> Item {
    let Some(given) = read::<wire::TemplateStatus<'_>>(value) else { return UNREADABLE };
    let Some(word) = text(given.event.as_deref()) else { return UNREADABLE };
    let reason = given.reason.as_deref().filter(|reason| *reason != "NONE");
    let sentence = given.rejection_info.as_ref().and_then(|info| info.reason.as_deref());
    let pause = given.other_info.as_ref().and_then(|info| info.description.as_deref());
    Item::Event(Event::TemplateChanged(TemplateChanged {
        provider_id: text(given.message_template_id.as_deref()),
        name: text(given.message_template_name.as_deref()),
        language: text(given.message_template_language.as_deref()),
        provider_status: word,
        reason: match (reason, sentence) {
            (Some(reason), Some(sentence)) => Some(format!("{reason}: {sentence}")),
            (reason, sentence) => text(reason.or(sentence).or(pause)),
        },
    }))
}

fn account(field: &str, value: Option<&RawValue>) -> Item {
    match read::<serde_json::Value>(value) {
        Some(detail) => Item::Event(Event::AccountChanged { kind: field.to_owned(), detail }),
        None => UNREADABLE,
    }
}

fn preference(part: &RawValue) -> Item {
    let Some(given) = read::<wire::Preference<'_>>(Some(part)) else { return UNREADABLE };
    let opted_in = match given.value.as_deref() {
        Some("stop") => false,
        Some("resume" | "signup") => true,
        Some(_) | None => return Item::Ignored { reason: "unknown_preference" },
    };
    let phone = given.wa_id.as_deref().and_then(|id| WaId::parse(id).ok()).map(Address::Phone);
    let bsuid = given.user_id.as_deref().and_then(|id| Bsuid::parse(id).ok()).map(Address::Bsuid);
    match (phone.or(bsuid), time(given.timestamp.as_deref())) {
        (Some(address), Some(time)) => Item::Event(Event::OptInChanged { address, opted_in, time }),
        _ => UNREADABLE,
    }
}
