//! What the enterprise gateway sends: one message per call, or a list of delivery reports in a string (A3, A4).
//! Not: how messages go out.

use serde_json::Value;

use super::NAME;
use super::content::{button, contacts, interactive, location, order, reaction, unsupported};
use super::wire::{address, hash, ignored, inner, is_other_number, text, time};
use crate::domain::channel::OpenChannel;
use crate::domain::event::{Event, MessageReceived, MessageRef, StatusChanged};
use crate::domain::message::{Context, Failure, FromUser, Media, MediaKind, MediaSource, Status};
use crate::domain::time::Time;
use crate::domain::user::{Address, Sender};
use crate::provider::{Item, Parsed};

/// `None`: `mobile` is missing (K58). Reports and clicks have none either and are recognised first (A5).
pub(super) fn parse(body: &Value, now: Time, channel: &OpenChannel) -> Option<Parsed> {
    if body.get("response").is_some_and(|reports| !is_blank(reports)) {
        return Some(reports(body, now));
    }
    if text(body, "gsurl").is_some() || text(body, "originalURL").is_some() {
        return Some(ignored("click"));
    }
    if body.get("payloadVersion").is_some() && body.get("statuses").is_some_and(|s| !is_blank(s)) {
        let clicks = inner(body, "statuses").unwrap_or_default();
        let count = clicks.as_array().map_or(1, |clicks| clicks.len().max(1));
        return Some(Parsed { items: vec![Item::Ignored { reason: "click" }; count] });
    }
    let mobile = text(body, "mobile")?;
    Some(Parsed { items: vec![message(body, &mobile, now, channel)] })
}

fn is_blank(value: &Value) -> bool {
    value.is_null() || value.as_str().is_some_and(|text| text.trim().is_empty())
}

fn message(body: &Value, mobile: &str, now: Time, channel: &OpenChannel) -> Item {
    if is_other_number(channel, text(body, "waNumber")) {
        return Item::Ignored { reason: "other_number" };
    }
    let Some(address) = address(mobile) else { return Item::Ignored { reason: "unreadable" } };
    let kind = text(body, "type").unwrap_or_else(|| "text".to_owned());
    // Without a time of its own the message counts from when it came; its id then has only the content.
    let time = time(body, "timestamp").unwrap_or(now);
    if let Some(opted_in) = opt_in(&kind) {
        return Item::Event(Event::OptInChanged { address, opted_in, time });
    }
    Item::Event(Event::MessageReceived(MessageReceived {
        provider_id: provider_id(body, mobile, &kind),
        time,
        from: sender(address, text(body, "name")),
        content: content(body, &kind),
        context: Context::default(),
    }))
}

fn opt_in(kind: &str) -> Option<bool> {
    match kind {
        "OPT_IN" => Some(true),
        "OPT_OUT" => Some(false),
        _ => None,
    }
}

fn sender(address: Address, name: Option<String>) -> Sender {
    Sender { address, bsuid: None, name, username: None }
}

/// The ids may be null (A3): then a hash of what identifies the message.
fn provider_id(body: &Value, mobile: &str, kind: &str) -> String {
    match (text(body, "replyId"), text(body, "messageId")) {
        (Some(reply), Some(message)) => format!("{reply}-{message}"),
        (Some(id), None) | (None, Some(id)) => id,
        (None, None) => {
            let own = text(body, "waNumber").unwrap_or_default();
            let time = text(body, "timestamp").unwrap_or_default();
            let content = body.get(kind).map(Value::to_string).unwrap_or_default();
            hash(&[&own, mobile, &time, kind, &content])
        }
    }
}

/// The content stands in the field that is named like the type; all but texts are JSON in a string. Broken JSON
/// does not break the call (K51).
fn content(body: &Value, kind: &str) -> FromUser {
    if kind == "text" {
        return match body.get("text").and_then(Value::as_str) {
            Some(text) => FromUser::Text { body: text.to_owned() },
            None => unsupported(kind),
        };
    }
    let object = inner(body, kind);
    let read = object.as_ref().and_then(|object| match kind {
        "image" => Some(media(MediaKind::Image, object)),
        "video" => Some(media(MediaKind::Video, object)),
        "audio" => Some(media(MediaKind::Audio, object)),
        "voice" => Some(media(MediaKind::Voice, object)),
        "document" => Some(media(MediaKind::Document, object)),
        "sticker" => Some(media(MediaKind::Sticker, object)),
        "location" => location(object),
        "contacts" => contacts(object),
        "button" => button(object),
        "interactive" => Some(interactive(object)),
        "reaction" => reaction(object),
        "order" => order(object),
        _ => None,
    });
    read.unwrap_or_else(|| unsupported(kind))
}

/// The address is `url` with `signature` behind it (A3).
fn media(kind: MediaKind, object: &Value) -> FromUser {
    let signature = text(object, "signature").unwrap_or_default();
    let source = text(object, "url").map(|url| MediaSource::Link(url + &signature));
    FromUser::Media(Media {
        kind,
        source,
        mime: text(object, "mime_type"),
        filename: text(object, "filename"),
        caption: text(object, "caption"),
        stored: None,
    })
}

/// Each report counts; one that cannot be read does not lose the others.
fn reports(body: &Value, now: Time) -> Parsed {
    let Some(reports) = inner(body, "response") else { return ignored("unreadable") };
    let items = match &reports {
        Value::Array(reports) => reports.iter().map(|r| report(r, now)).collect(),
        one => vec![report(one, now)],
    };
    Parsed { items }
}

fn report(report: &Value, now: Time) -> Item {
    let ours = text(report, "extra").and_then(|extra| extra.parse().ok()).map(MessageRef::Ours);
    let message = ours.or_else(|| text(report, "externalId").map(MessageRef::Provider));
    let (Some(message), Some(word)) = (message, text(report, "eventType")) else {
        return Item::Ignored { reason: "unreadable" };
    };
    let status = match word.to_ascii_uppercase().as_str() {
        "SENT" => Status::Sent,
        "DELIVERED" => Status::Delivered,
        "READ" => Status::Read,
        // Every word that is not known is a failure of its own (A4).
        _ => Status::Failed,
    };
    let failure = (status == Status::Failed).then(|| Failure {
        provider: NAME.to_owned(),
        code: text(report, "errorCode").unwrap_or_else(|| word.clone()),
        message: text(report, "cause").unwrap_or(word),
    });
    let time = time(report, "eventTs").unwrap_or(now);
    let changed = StatusChanged { message, alias: None, to: None, status, time, failure };
    Item::Event(Event::StatusChanged(changed))
}
