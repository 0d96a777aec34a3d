//! What every target does with its bytes: they are a provider's webhook, and its answer to each call of ours. Nothing may
//! panic, and what a webhook says must come through the event queue as it is.

#[path = "../../tests/src/channels.rs"]
mod channels;

use http::{HeaderMap, HeaderValue, Response, header};
use shared::domain::channel::OpenChannel;
use shared::domain::event::{Event, Occurrence, What};
use shared::domain::message::{FromUser, MediaKind};
use shared::provider::{Item, Provider, Purpose, Upload, WebhookCall};

/// Gives the bytes to a provider in every way in which bytes of the outside reach it.
pub fn feed(provider: &dyn Provider, bytes: &[u8]) {
    for channel in channels::of(provider.kind()) {
        for kind in ["application/json", "application/x-www-form-urlencoded"] {
            webhook(provider, &channel, kind, bytes);
        }
        for status in [200, 400, 500] {
            answer(provider, &channel, status, bytes);
        }
    }
}

fn webhook(provider: &dyn Provider, channel: &OpenChannel, kind: &'static str, bytes: &[u8]) {
    let mut headers = HeaderMap::new();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    let body = bytes.to_vec();
    let call = WebhookCall { headers, query: Vec::new(), body, now: channels::TIME };
    let _ = provider.verify(&call, channel);
    let Ok(parsed) = provider.parse(&call, channel) else { return };
    for item in parsed.items {
        let Item::Event(event) = item else { continue };
        if let Event::MessageReceived(message) = &event
            && let FromUser::Media(media) = &message.content
        {
            let _ = provider.fetch_media(channel, media);
        }
        let what = What::Webhook(event);
        let told = Occurrence { channel: channel.id, delivery: None, received: call.now, what };
        let job = serde_json::to_string(&told).expect("an event has a form");
        let read: Occurrence = serde_json::from_str(&job).expect("a job can be read again");
        assert_eq!(read, told, "the queue changes nothing");
    }
}

fn answer(provider: &dyn Provider, channel: &OpenChannel, status: u16, bytes: &[u8]) {
    let response = Response::builder().status(status).body(bytes.to_vec()).expect("a status");
    let _ = provider.read(channel, &response);
    let _ = provider.read_submitted(channel, &response);
    let _ = provider.read_templates(channel, None, &response);
    let _ = provider.read_check(channel, &response);
    let _ = provider.read_media_location(channel, &response);
    for purpose in [Purpose::Sample, Purpose::Message] {
        let file = Upload {
            purpose,
            kind: MediaKind::Image,
            mime: "image/png",
            filename: None,
            bytes: b"png",
        };
        let _ = provider.upload(channel, &file, std::slice::from_ref(&response));
    }
}
