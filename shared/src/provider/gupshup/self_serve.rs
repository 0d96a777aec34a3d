//! What self-serve sends in its own envelope, version 2 (B6, B7). Not: Meta's envelope, see `v3`.

use serde_json::Value;

use super::NAME;
use super::content::{contacts, location, unsupported};
use super::wire::{address, hash, ignored, text, time};
use crate::domain::event::{Event, MessageReceived, MessageRef, StatusChanged, TemplateChanged};
use crate::domain::message::{Context, Failure, FromUser, Media, MediaKind, MediaSource, Status};
use crate::domain::outbound::Category;
use crate::domain::time::Time;
use crate::domain::user::Sender;
use crate::provider::{Item, Parsed};

/// Whether the body is this dialect. `app` may be missing.
pub(super) fn speaks(body: &Value) -> bool {
    body.get("payload").is_some_and(Value::is_object)
        && (text(body, "type").is_some() || text(body, "app").is_some())
}

/// One item per call.
pub(super) fn parse(body: &Value, now: Time) -> Parsed {
    let payload = body.get("payload").unwrap_or(&Value::Null);
    let time = time(body, "timestamp").unwrap_or(now);
    let item = match text(body, "type").as_deref() {
        Some("message") => message(payload, time),
        Some("message-event") => message_event(payload, time),
        Some("user-event") => user_event(payload, time),
        Some("template-event") => template_event(payload),
        Some("account-event") => Item::Event(Event::AccountChanged {
            kind: text(payload, "type").unwrap_or_else(|| "account-event".to_owned()),
            detail: payload.clone(),
        }),
        Some("billing-event") => return ignored("billing"),
        Some("preference-event") => return ignored("preference"),
        _ => return ignored("unknown_event"),
    };
    Parsed { items: vec![item] }
}

fn message(payload: &Value, time: Time) -> Item {
    let sender = payload.get("sender").unwrap_or(&Value::Null);
    let phone = text(sender, "phone").or_else(|| text(payload, "source"));
    let Some(address) = phone.as_deref().and_then(address) else {
        return Item::Ignored { reason: "unreadable" };
    };
    let kind = text(payload, "type").unwrap_or_else(|| "unknown".to_owned());
    let inner = payload.get("payload").unwrap_or(&Value::Null);
    let provider_id = text(payload, "id").unwrap_or_else(|| {
        hash(&[address.as_str(), &time.millis().to_string(), &kind, &inner.to_string()])
    });
    let from = Sender { address, bsuid: None, name: text(sender, "name"), username: None };
    Item::Event(Event::MessageReceived(MessageReceived {
        provider_id,
        time,
        from,
        content: content(&kind, inner).unwrap_or_else(|| unsupported(&kind)),
        context: context(payload),
    }))
}

/// Our messages are known by the GupShup id, the user's own by the other.
fn context(payload: &Value) -> Context {
    let context = payload.get("context").unwrap_or(&Value::Null);
    Context {
        reply_to: text(context, "gsId").or_else(|| text(context, "id")),
        forwarded: ["forwarded", "frequently_forwarded"]
            .iter()
            .any(|name| context.get(name).and_then(Value::as_bool) == Some(true)),
        referral: payload.get("referral").filter(|referral| referral.is_object()).cloned(),
    }
}

fn content(kind: &str, inner: &Value) -> Option<FromUser> {
    match kind {
        // A tap on a template's button comes as either type (B12).
        "quick_reply" => tap(inner),
        "text" if text(inner, "type").as_deref() == Some("button") => tap(inner),
        "text" => {
            Some(FromUser::Text { body: inner.get("text").and_then(Value::as_str)?.to_owned() })
        }
        "image" => Some(media(MediaKind::Image, inner)),
        "video" => Some(media(MediaKind::Video, inner)),
        "audio" => Some(media(MediaKind::Audio, inner)),
        "file" => Some(media(MediaKind::Document, inner)),
        "sticker" => Some(media(MediaKind::Sticker, inner)),
        "location" => location(inner),
        "contact" => contacts(inner.get("contacts")?),
        "list_reply" | "button_reply" => choice(inner),
        "reaction" => Some(FromUser::Reaction {
            to: text(inner, "gsId").or_else(|| text(inner, "id"))?,
            emoji: text(inner, "emoji"),
        }),
        _ => None,
    }
}

fn tap(inner: &Value) -> Option<FromUser> {
    let label = text(inner, "text").or_else(|| text(inner, "title"))?;
    let payload = text(inner, "postbackText").unwrap_or_else(|| label.clone());
    Some(FromUser::TemplateButton { payload, text: label })
}

/// The id that we gave comes back as `postbackText`; `id` is that of the whole menu (B6).
fn choice(inner: &Value) -> Option<FromUser> {
    let title = text(inner, "title").or_else(|| text(inner, "reply"))?;
    let id = text(inner, "postbackText").or_else(|| text(inner, "reply"));
    Some(FromUser::Choice { id: id.unwrap_or_else(|| title.clone()), title })
}

fn media(kind: MediaKind, inner: &Value) -> FromUser {
    FromUser::Media(Media {
        kind,
        source: text(inner, "url").map(MediaSource::Link),
        mime: text(inner, "contentType"),
        filename: text(inner, "name"),
        caption: text(inner, "caption"),
        stored: None,
    })
}

/// The key is `gsId`, else `id`: events before WhatsApp has the message carry GupShup's id there, late ones
/// WhatsApp's, which an `enqueued` event told us (B7).
fn message_event(payload: &Value, time: Time) -> Item {
    let inner = payload.get("payload").unwrap_or(&Value::Null);
    let status = match text(payload, "type").as_deref() {
        Some("enqueued") => Status::Accepted,
        Some("sent") => Status::Sent,
        Some("delivered") => Status::Delivered,
        Some("read") => Status::Read,
        Some("failed") => Status::Failed,
        Some("deleted") => return Item::Ignored { reason: "deleted" },
        Some("mismatch") => return Item::Ignored { reason: "mismatch" },
        _ => return Item::Ignored { reason: "unknown_status" },
    };
    let Some(id) = text(payload, "gsId").or_else(|| text(payload, "id")) else {
        return Item::Ignored { reason: "unreadable" };
    };
    let failure = (status == Status::Failed).then(|| Failure {
        provider: NAME.to_owned(),
        code: text(inner, "code").unwrap_or_else(|| "unknown".to_owned()),
        message: text(inner, "reason").unwrap_or_default(),
    });
    Item::Event(Event::StatusChanged(StatusChanged {
        message: MessageRef::Provider(id),
        alias: if status == Status::Accepted { text(inner, "whatsappMessageId") } else { None },
        to: text(payload, "destination").as_deref().and_then(address),
        status,
        time: super::wire::time(inner, "ts").unwrap_or(time),
        failure,
    }))
}

fn user_event(payload: &Value, time: Time) -> Item {
    let opted_in = match text(payload, "type").as_deref() {
        Some("opted-in") => true,
        Some("opted-out") => false,
        // Among others the call that tries the address at set-up (B9).
        _ => return Item::Ignored { reason: "user_event" },
    };
    match text(payload, "phone").as_deref().and_then(address) {
        Some(address) => Item::Event(Event::OptInChanged { address, opted_in, time }),
        None => Item::Ignored { reason: "unreadable" },
    }
}

fn template_event(payload: &Value) -> Item {
    match text(payload, "type").as_deref() {
        None | Some("status-update") => {
            let reason = text(payload, "rejectedReason").or_else(|| text(payload, "description"));
            let provider_status = text(payload, "status");
            changed(payload, TemplateChanged { provider_status, reason, ..Default::default() })
        }
        Some("category-update") => {
            let words = payload.get("category").unwrap_or(&Value::Null);
            let category = text(words, "new").and_then(|word| Category::of(&word));
            let next_category = text(words, "correct").and_then(|word| Category::of(&word));
            changed(payload, TemplateChanged { category, next_category, ..Default::default() })
        }
        Some("quality-update") => {
            let quality = text(payload, "quality")
                .or_else(|| payload.get("quality").and_then(|words| text(words, "new")));
            changed(payload, TemplateChanged { quality, ..Default::default() })
        }
        Some(_) => Item::Ignored { reason: "unknown_event" },
    }
}

/// The event with the template's names; nothing to take in is nothing to understand.
fn changed(payload: &Value, told: TemplateChanged) -> Item {
    if told == TemplateChanged::default() {
        return Item::Ignored { reason: "unreadable" };
    }
    Item::Event(Event::TemplateChanged(TemplateChanged {
        provider_id: text(payload, "id"),
        name: text(payload, "elementName"),
        language: text(payload, "languageCode"),
        ..told
    }))
}
