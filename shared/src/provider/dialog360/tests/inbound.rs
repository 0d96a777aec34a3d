//! What comes: every sample of both generations as the event that it is.

use super::*;
use crate::domain::event::{Event, MessageReceived, MessageRef, StatusChanged};
use crate::domain::message::Status;
use crate::domain::time::Time;
use crate::provider::Item;

fn items(body: &str) -> Vec<Item> {
    Dialog360.parse(&webhook(body), &v2()).unwrap().items
}

fn received(body: &str) -> MessageReceived {
    match items(body).as_slice() {
        [Item::Event(Event::MessageReceived(message))] => message.clone(),
        other => panic!("not one message but {other:?}"),
    }
}

fn status(body: &str, channel: &OpenChannel) -> StatusChanged {
    match Dialog360.parse(&webhook(body), channel).unwrap().items.as_slice() {
        [Item::Event(Event::StatusChanged(status))] => status.clone(),
        other => panic!("not one status but {other:?}"),
    }
}

fn ignored(body: &str) -> &'static str {
    match items(body).as_slice() {
        [Item::Ignored { reason }] => reason,
        other => panic!("not one that is ignored but {other:?}"),
    }
}

const UUID: &str = "2f6c1d9e-41a7-4c55-9f0b-7a1b2c3d4e5f";

fn file(kind: &str, mime: &str, more: &Value) -> Value {
    let mut file = json!({
        "type": "media", "kind": kind, "mime": mime, "source": { "provider_id": UUID },
    });
    for (name, value) in more.as_object().into_iter().flatten() {
        file[name] = value.clone();
    }
    file
}

/// D1: every kind of message of the legacy generation is read. A file is known by its id alone: paths and links of
/// its object lead into the provider, or elsewhere.
#[test]
fn every_kind_of_the_legacy_generation_is_read() {
    let ogg = "audio/ogg; codecs=opus";
    let rows = [
        (fixture!("v1-text.json"), json!({ "type": "text", "body": "¿Está abierto? 👋" })),
        (fixture!("v1-text-without-contact.json"), json!({ "type": "text", "body": "Hola" })),
        (
            fixture!("v1-image.json"),
            file("image", "image/jpeg", &json!({ "caption": "Mi carnet" })),
        ),
        (fixture!("v1-voice.json"), file("voice", ogg, &json!({}))),
        (fixture!("v1-audio.json"), file("audio", "audio/mpeg", &json!({}))),
        (fixture!("v1-video.json"), file("video", "video/mp4", &json!({}))),
        (fixture!("v1-sticker.json"), file("sticker", "image/webp", &json!({}))),
        (
            fixture!("v1-document.json"),
            file(
                "document",
                "application/pdf",
                &json!({ "filename": "factura.pdf", "caption": "La factura" }),
            ),
        ),
        (
            fixture!("v1-location.json"),
            json!({ "type": "location", "latitude": "4.60971", "longitude": "-74.08175",
                    "name": "Plaza" }),
        ),
        (
            fixture!("v1-contacts.json"),
            json!({ "type": "contacts", "contacts": [{
                "name": { "formatted_name": "Luis Ortiz" },
                "phones": [{ "phone": "+573007654321" }] }] }),
        ),
        (fixture!("v1-button-reply.json"), json!({ "type": "choice", "id": "b", "title": "Pro" })),
        (fixture!("v1-list-reply.json"), json!({ "type": "choice", "id": "r", "title": "Fila" })),
        (
            fixture!("v1-template-button.json"),
            json!({ "type": "template_button", "payload": "Continuar", "text": "Continuar" }),
        ),
        (
            fixture!("v1-order.json"),
            json!({ "type": "order", "catalog_id": "445566", "text": null, "items": [{
                "product_retailer_id": "sku-1", "quantity": 2, "item_price": 599.9,
                "currency": "COP" }] }),
        ),
        (
            fixture!("v1-system.json"),
            json!({ "type": "system", "kind": "user_changed_number", "body": "Ana changed",
                    "new_address": { "phone": "573001234568" } }),
        ),
        (fixture!("v1-ephemeral.json"), json!({ "type": "unsupported", "kind": "ephemeral" })),
        (fixture!("v1-unknown.json"), json!({ "type": "unsupported", "kind": "unknown" })),
    ];
    for (body, expected) in rows {
        let message = received(body);
        assert_eq!(serde_json::to_value(&message.content).unwrap(), expected);
        assert_eq!(message.from.address.phone(), Some("573001234567"));
        assert_eq!(message.time, Time::from_millis(1_710_169_260_000));
    }
}

/// D10, D12: who wrote, and the whole name of the profile; empty where it does not come.
#[test]
fn who_wrote_is_told_with_the_name() {
    for (body, name) in [
        (fixture!("v1-text.json"), Some("Ana Gómez")),
        (fixture!("v1-text-without-contact.json"), None),
        (fixture!("v2-text.json"), Some("Ana Gómez")),
    ] {
        let message = received(body);
        assert_eq!(message.from.name.as_deref(), name);
        assert_eq!(message.from.address.as_str(), "573001234567");
    }
    let message = received(fixture!("v2-text-with-user-id.json"));
    assert_eq!(message.from.address.phone(), Some("573001234567"));
    assert_eq!(message.from.bsuid.unwrap().as_str(), "CO.1a2B3c");
    assert_eq!(message.from.username.as_deref(), Some("anag"));
}

/// whatsapp-rules 8: a user's id is whatever digits come, of any length.
#[test]
fn a_user_of_few_digits_is_a_user() {
    for body in [fixture!("v1-text.json"), fixture!("v2-text.json")] {
        let message = received(&body.replace("573001234567", "5678"));
        assert_eq!(message.from.address.phone(), Some("5678"));
        assert_eq!(message.from.name.as_deref(), Some("Ana Gómez"));
    }
    let body = fixture!("v1-status-delivered.json").replace("573001234567", "5678");
    assert_eq!(status(&body, &v1()).to.unwrap().phone(), Some("5678"));
}

/// What the user came from, and what was answered to.
#[test]
fn what_a_message_refers_to_is_kept() {
    let context = received(fixture!("v1-referral.json")).context;
    assert_eq!(context.referral.unwrap()["source_id"], "ad-1");
    let context = received(fixture!("v1-template-button.json")).context;
    assert_eq!(context.reply_to.as_deref(), Some("gBEGours"));
    let context = received(fixture!("v2-button-reply.json")).context;
    assert_eq!(context.reply_to.as_deref(), Some("wamid.OURS1"));
}

/// D1, D35: the second generation is the Cloud API. A place stays a place: what scripts are told of it is decided later.
#[test]
fn the_second_generation_is_read() {
    let rows = [
        (fixture!("v2-text.json"), json!({ "type": "text", "body": "¿Está abierto? 👋" })),
        (
            fixture!("v2-document.json"),
            json!({ "type": "media", "kind": "document", "mime": "application/pdf",
                    "source": { "provider_id": "1098765432109876" },
                    "filename": "factura.pdf", "caption": "La factura" }),
        ),
        // Announced, and not to be had: the words under it are kept.
        (
            fixture!("v2-image-without-id.json"),
            json!({ "type": "media", "kind": "image", "mime": "image/jpeg", "source": null,
                    "caption": "Mira" }),
        ),
        (
            fixture!("v2-location.json"),
            json!({ "type": "location", "latitude": "4.60971", "longitude": "-74.08175",
                    "name": "Plaza" }),
        ),
        (fixture!("v2-button-reply.json"), json!({ "type": "choice", "id": "b", "title": "Pro" })),
    ];
    for (body, expected) in rows {
        assert_eq!(serde_json::to_value(received(body).content).unwrap(), expected);
    }
    let [Item::Event(Event::TemplateChanged(changed))] =
        &items(fixture!("v2-template-status.json"))[..]
    else {
        panic!("no template")
    };
    assert_eq!(changed.name.as_deref(), Some("start_03030303"));
    assert_eq!(changed.provider_status.as_deref(), Some("REJECTED"));
    assert_eq!(changed.provider_id, None);
}

/// A number that was shown otherwise is the same number; another one is another channel's.
#[test]
fn only_our_number_is_heard() {
    assert_eq!(ignored(fixture!("v2-text-other-number.json")), "other_number");
    let mexican = |number: &str| {
        let mut channel = v2();
        number.clone_into(&mut channel.channel.phone_number);
        channel
    };
    let body = fixture!("v2-text.json").replace("+1 555-010-2030", "+52 1 55 1234 5678");
    for number in ["525512345678", "5215512345678"] {
        let call = webhook(&body);
        let items = Dialog360.parse(&call, &mexican(number)).unwrap().items;
        assert!(matches!(items[..], [Item::Event(_)]), "{number}: {items:?}");
    }
}

/// D1: each step of the legacy generation is found by the provider's id and the user, wherever that is told.
#[test]
fn statuses_of_the_legacy_generation_name_the_user() {
    for (body, expected) in [
        (fixture!("v1-status-sent.json"), Status::Sent),
        (fixture!("v1-status-delivered.json"), Status::Delivered),
        (fixture!("v1-status-read.json"), Status::Read),
        (fixture!("v1-status-failed.json"), Status::Failed),
    ] {
        let status = status(body, &v1());
        assert_eq!(status.status, expected);
        assert_eq!(status.message, MessageRef::Provider("gBEGours".to_owned()));
        assert_eq!(status.to.unwrap().as_str(), "573001234567");
        let failure = status.failure.map(|failure| (failure.provider, failure.code));
        let window =
            (expected == Status::Failed).then(|| ("360dialog".to_owned(), "470".to_owned()));
        assert_eq!(failure, window);
    }
    assert_eq!(ignored(fixture!("v1-status-deleted.json")), "old_status");
    assert_eq!(ignored(fixture!("v1-status-warning.json")), "old_status");
}

/// The second generation brings our own id back.
#[test]
fn statuses_of_the_second_generation_bring_our_id_back() {
    let ours = format!("MSG{}", "0".repeat(60));
    let body = fixture!("v2-status-delivered.json").replace("\"MSG\"", &format!("\"{ours}\""));
    let told = status(&body, &v2());
    assert_eq!(told.message, MessageRef::Ours(ours.parse().unwrap()));
    let failed = status(fixture!("v2-status-failed.json"), &v2());
    assert_eq!(failed.failure.unwrap().code, "131053");
    assert!(Dialog360.echoes_our_id(&v2()) && !Dialog360.echoes_our_id(&v1()));
    // Sent before the channel moved to the second generation, and told of by the first.
    let moved = status(fixture!("v1-status-sent.json"), &v2());
    assert_eq!(moved.message, MessageRef::Provider("gBEGours".to_owned()));
}

/// A broken part costs itself and nothing beside it.
#[test]
fn a_broken_part_loses_nothing_else() {
    let kinds: Vec<&str> = items(fixture!("v1-several.json"))
        .iter()
        .map(|item| match item {
            Item::Event(Event::MessageReceived(_)) => "message",
            Item::Event(Event::StatusChanged(_)) => "status",
            Item::Event(_) => "other",
            Item::Elsewhere { .. } => "elsewhere",
            Item::Ignored { reason } => reason,
        })
        .collect();
    assert_eq!(kinds, ["message", "unreadable", "message", "status", "unreadable"]);
}

/// Everything authentic is answered 200: 360dialog would keep the next ones back. What is none of ours says why.
#[test]
fn everything_is_taken_with_a_reason() {
    trial().ignores(&[
        ("", "unreadable"),
        ("no json", "unreadable"),
        ("[]", "unreadable"),
        ("{}", "other_object"),
        (r#"{"id":"EVT1","event":"client_created"}"#, "other_object"),
        (fixture!("partner-event.json"), "partner_event"),
        (r#"{"messages":[]}"#, "empty"),
        (r#"{"messages":{}}"#, "unreadable"),
        (r#"{"object":"page","entry":[]}"#, "other_object"),
    ]);
    let errors = items(fixture!("v1-errors.json"));
    let [Item::Event(Event::AccountChanged { kind, detail })] = errors.as_slice() else {
        panic!("{errors:?}")
    };
    assert_eq!((kind.as_str(), &detail["code"]), ("errors", &json!(1015)));
}
