//! What GupShup sends in Meta's envelope, version 3 (B8). Where it differs: ids of our sendings in `gs_id`, the status
//! `enqueued`, payments among the statuses, links on files. Not: version 2, see `self_serve`.

use serde_json::Value;

use super::NAME;
use super::content::{
    button, contacts, interactive, location, order, reaction, status_payment, unsupported,
};
use super::wire::{address, hash, is_other_number, list, text, time};
use crate::domain::channel::OpenChannel;
use crate::domain::event::{Event, MessageReceived, MessageRef, StatusChanged, TemplateChanged};
use crate::domain::message::{Context, Failure, FromUser, Media, MediaKind, MediaSource, Status};
use crate::domain::time::Time;
use crate::domain::user::{Address, Bsuid, Sender};
use crate::provider::{Item, Parsed};

/// Whether the body is this dialect.
pub(super) fn speaks(body: &Value) -> bool {
    text(body, "object").as_deref() == Some("whatsapp_business_account")
        || body.get("entry").is_some_and(Value::is_array)
}

/// All entries, changes, messages and statuses in the body's order.
pub(super) fn parse(body: &Value, now: Time, channel: &OpenChannel) -> Parsed {
    let changes = list(body, "entry").iter().flat_map(|entry| list(entry, "changes"));
    let items: Vec<Item> = changes.flat_map(|one| change(one, now, channel)).collect();
    if items.is_empty() { super::wire::ignored("empty") } else { Parsed { items } }
}

fn change(change: &Value, now: Time, channel: &OpenChannel) -> Vec<Item> {
    let value = change.get("value").unwrap_or(&Value::Null);
    let field = text(change, "field").unwrap_or_default();
    match field.as_str() {
        "messages" => messages(value, now, channel),
        "message_template_status_update" => vec![template(value)],
        "user_preferences" => vec![Item::Ignored { reason: "preference" }],
        "account_alerts"
        | "account_review_update"
        | "account_update"
        | "business_capability_update"
        | "phone_number_name_update"
        | "phone_number_quality_update" => {
            vec![Item::Event(Event::AccountChanged { kind: field, detail: value.clone() })]
        }
        _ => vec![Item::Ignored { reason: "unknown_field" }],
    }
}

fn messages(value: &Value, now: Time, channel: &OpenChannel) -> Vec<Item> {
    let contacts = list(value, "contacts");
    let messages = list(value, "messages");
    let statuses = list(value, "statuses");
    let errors = list(value, "errors");
    let metadata = value.get("metadata").unwrap_or(&Value::Null);
    if is_other_number(channel, text(metadata, "display_phone_number")) {
        let count = messages.len() + statuses.len() + errors.len();
        return vec![Item::Ignored { reason: "other_number" }; count];
    }
    let messages = messages.iter().enumerate().map(|(at, one)| {
        let sender = contacts.iter().find(|c| is_of(c, one)).or_else(|| contacts.get(at));
        message(one, sender.unwrap_or(&Value::Null), now)
    });
    let statuses = statuses.iter().map(|one| status(one, now));
    let errors = errors.iter().map(|error| {
        let (kind, detail) = ("error".to_owned(), error.clone());
        Item::Event(Event::AccountChanged { kind, detail })
    });
    messages.chain(statuses).chain(errors).collect()
}

/// Whether the contact is the message's sender.
fn is_of(contact: &Value, message: &Value) -> bool {
    [("wa_id", "from"), ("user_id", "from_user_id")].iter().any(|(of_contact, of_message)| {
        let id = text(contact, of_contact);
        id.is_some() && id == text(message, of_message)
    })
}

fn message(message: &Value, contact: &Value, now: Time) -> Item {
    let Some(from) = sender(message, contact) else {
        return Item::Ignored { reason: "unreadable" };
    };
    let kind = text(message, "type").unwrap_or_else(|| "unknown".to_owned());
    let time = time(message, "timestamp").unwrap_or(now);
    let provider_id = text(message, "id").unwrap_or_else(|| {
        let content = message.get(&kind).map(Value::to_string).unwrap_or_default();
        hash(&[from.address.as_str(), &time.millis().to_string(), &kind, &content])
    });
    Item::Event(Event::MessageReceived(MessageReceived {
        provider_id,
        time,
        from,
        content: content(message, &kind).unwrap_or_else(|| unsupported(&kind)),
        context: context(message),
    }))
}

/// The number where it is told, else the business-scoped id (whatsapp-rules 9).
fn sender(message: &Value, contact: &Value) -> Option<Sender> {
    let of = |object: &Value, name: &str| text(object, name).as_deref().and_then(address);
    let user_id = of(message, "from_user_id").or_else(|| of(contact, "user_id"));
    let address =
        of(message, "from").or_else(|| of(contact, "wa_id")).or_else(|| user_id.clone())?;
    let bsuid = user_id.and_then(bsuid).filter(|id| id.as_str() != address.as_str());
    let profile = contact.get("profile").unwrap_or(&Value::Null);
    let username = text(profile, "username");
    Some(Sender { address, bsuid, name: text(profile, "name"), username })
}

fn bsuid(address: Address) -> Option<Bsuid> {
    match address {
        Address::Bsuid(id) => Some(id),
        Address::Phone(_) => None,
    }
}

fn context(message: &Value) -> Context {
    let context = message.get("context").unwrap_or(&Value::Null);
    Context {
        reply_to: text(context, "gs_id").or_else(|| text(context, "id")),
        forwarded: ["forwarded", "frequently_forwarded"]
            .iter()
            .any(|name| context.get(name).and_then(Value::as_bool) == Some(true)),
        referral: message.get("referral").filter(|referral| referral.is_object()).cloned(),
    }
}

fn content(message: &Value, kind: &str) -> Option<FromUser> {
    let object = message.get(kind)?;
    match kind {
        "text" => {
            Some(FromUser::Text { body: object.get("body").and_then(Value::as_str)?.to_owned() })
        }
        "image" => Some(media(MediaKind::Image, object)),
        "video" => Some(media(MediaKind::Video, object)),
        "audio" if object.get("voice").and_then(Value::as_bool) == Some(true) => {
            Some(media(MediaKind::Voice, object))
        }
        "audio" => Some(media(MediaKind::Audio, object)),
        "document" => Some(media(MediaKind::Document, object)),
        "sticker" => Some(media(MediaKind::Sticker, object)),
        "location" => location(object),
        "contacts" => contacts(object),
        "button" => button(object),
        "interactive" => Some(interactive(object)),
        "order" => order(object),
        "reaction" => reaction(object),
        "edit" => Some(edit(object)?),
        "revoke" => Some(FromUser::Revoke { original: text(object, "original_message_id")? }),
        "system" => Some(system(object)),
        _ => None,
    }
}

/// Files come with a link that needs no credentials; the id is for the partner API.
fn media(kind: MediaKind, object: &Value) -> FromUser {
    let link = text(object, "url").map(MediaSource::Link);
    FromUser::Media(Media {
        kind,
        source: link.or_else(|| text(object, "id").map(MediaSource::ProviderId)),
        mime: text(object, "mime_type"),
        filename: text(object, "filename"),
        caption: text(object, "caption"),
        stored: None,
    })
}

fn edit(object: &Value) -> Option<FromUser> {
    let body = object.pointer("/message/text").and_then(|edited| text(edited, "body"));
    Some(FromUser::Edit { original: text(object, "original_message_id")?, body })
}

fn system(object: &Value) -> FromUser {
    let new = text(object, "wa_id").or_else(|| text(object, "user_id"));
    FromUser::System {
        kind: text(object, "type").unwrap_or_else(|| "system".to_owned()),
        body: text(object, "body"),
        new_address: new.as_deref().and_then(address),
    }
}

fn status(status: &Value, now: Time) -> Item {
    let time = time(status, "timestamp").unwrap_or(now);
    if text(status, "type").as_deref() == Some("payment") {
        return payment(status, time);
    }
    let rank = match text(status, "status").as_deref() {
        Some("enqueued") => Status::Accepted,
        Some("sent") => Status::Sent,
        Some("delivered") => Status::Delivered,
        Some("read" | "played") => Status::Read,
        Some("failed") => Status::Failed,
        Some("deleted") => return Item::Ignored { reason: "deleted" },
        _ => return Item::Ignored { reason: "unknown_status" },
    };
    let (gupshup, whatsapp) = (text(status, "gs_id"), text(status, "id"));
    // Later statuses may come with WhatsApp's id alone (B7).
    let alias =
        if rank == Status::Accepted { gupshup.as_ref().and(whatsapp.clone()) } else { None };
    let Some(id) = gupshup.or(whatsapp) else { return Item::Ignored { reason: "unreadable" } };
    let message = MessageRef::Provider(id);
    let failure = (rank == Status::Failed).then(|| failure(status));
    let to = recipient(status);
    let changed = StatusChanged { message, alias, to, status: rank, time, failure };
    Item::Event(Event::StatusChanged(changed))
}

/// Whom a message was for.
fn recipient(status: &Value) -> Option<Address> {
    let id = text(status, "recipient_id").or_else(|| text(status, "recipient_user_id"));
    id.as_deref().and_then(address)
}

fn failure(status: &Value) -> Failure {
    let error = list(status, "errors").first().unwrap_or(&Value::Null);
    let details = error.get("error_data").and_then(|data| text(data, "details"));
    let message = details.or_else(|| text(error, "message")).or_else(|| text(error, "title"));
    Failure {
        provider: NAME.to_owned(),
        code: text(error, "code").unwrap_or_else(|| "unknown".to_owned()),
        message: message.unwrap_or_default(),
    }
}

/// A payment is told among the statuses but is what the user did, not a step of our message (B5). Each of its
/// states is one message.
fn payment(status: &Value, time: Time) -> Item {
    let (Some(address), Some(payment)) = (recipient(status), status_payment(status)) else {
        return Item::Ignored { reason: "unreadable" };
    };
    let transaction = payment.transaction_id.clone().unwrap_or_default();
    Item::Event(Event::MessageReceived(MessageReceived {
        provider_id: hash(&[&payment.reference_id, &transaction, &payment.status]),
        time,
        from: Sender { address, bsuid: None, name: None, username: None },
        content: FromUser::Payment(payment),
        context: Context {
            reply_to: text(status, "gs_id").or_else(|| text(status, "id")),
            ..Context::default()
        },
    }))
}

/// Known by name and language: the id in it is Meta's, ours is GupShup's.
fn template(value: &Value) -> Item {
    let Some(provider_status) = text(value, "event") else {
        return Item::Ignored { reason: "unreadable" };
    };
    Item::Event(Event::TemplateChanged(TemplateChanged {
        provider_id: None,
        name: text(value, "message_template_name"),
        language: text(value, "message_template_language"),
        provider_status,
        reason: text(value, "reason").filter(|reason| !reason.eq_ignore_ascii_case("none")),
    }))
}
