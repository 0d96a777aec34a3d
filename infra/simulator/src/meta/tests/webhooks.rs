//! What is posted. Every body's signature is checked where it arrives.

use super::*;
use crate::fault::PostFault;
use crate::message::{FileKind, Status};
use crate::people::BatchItem;

/// T2: every kind that a user can send, in the documented form.
#[tokio::test]
#[expect(clippy::too_many_lines, reason = "one row per kind")]
async fn every_kind_of_message_is_told() {
    let world = World::new();
    let file = |kind, caption: Option<&str>, filename: Option<&str>| FromUser::File {
        kind,
        file: "f1".to_owned(),
        mime: "x/y".to_owned(),
        filename: filename.map(str::to_owned),
        caption: caption.map(str::to_owned),
    };
    let to = || "wamid.OURS".to_owned();
    let context = json!({ "from": "15550102030", "id": "wamid.OURS" });
    let rows = [
        (
            FromUser::Text { body: "¡Sí! 👍".to_owned() },
            "text",
            json!({ "body": "¡Sí! 👍" }),
            false,
        ),
        (
            file(FileKind::Image, Some("c"), None),
            "image",
            json!({ "id": "f1", "mime_type": "x/y", "caption": "c" }),
            false,
        ),
        (
            file(FileKind::Voice, None, None),
            "audio",
            json!({ "id": "f1", "mime_type": "x/y", "voice": true }),
            false,
        ),
        (
            file(FileKind::Document, None, Some("a.pdf")),
            "document",
            json!({ "id": "f1", "mime_type": "x/y", "filename": "a.pdf" }),
            false,
        ),
        (
            FromUser::Location {
                latitude: "4.6".to_owned(),
                longitude: "-74.08".to_owned(),
                name: None,
                address: None,
            },
            "location",
            json!({ "latitude": 4.6, "longitude": -74.08 }),
            false,
        ),
        (
            FromUser::Contacts { contacts: vec![json!({ "name": {} })] },
            "contacts",
            json!([{ "name": {} }]),
            false,
        ),
        (
            FromUser::ButtonReply { id: "y".to_owned(), title: "Sí".to_owned(), to: to() },
            "interactive",
            json!({ "type": "button_reply", "button_reply": { "id": "y", "title": "Sí" } }),
            true,
        ),
        (
            FromUser::ListReply {
                id: "r".to_owned(),
                title: "R".to_owned(),
                description: Some("d".to_owned()),
                to: to(),
            },
            "interactive",
            json!({ "type": "list_reply", "list_reply": { "id": "r", "title": "R", "description": "d" } }),
            true,
        ),
        (
            FromUser::TemplateReply { payload: "p".to_owned(), text: "T".to_owned(), to: to() },
            "button",
            json!({ "payload": "p", "text": "T" }),
            true,
        ),
        (
            FromUser::Reaction { emoji: "👍".to_owned(), to: to() },
            "reaction",
            json!({ "message_id": "wamid.OURS", "emoji": "👍" }),
            false,
        ),
        (
            FromUser::Reaction { emoji: String::new(), to: to() },
            "reaction",
            json!({ "message_id": "wamid.OURS" }),
            false,
        ),
        (
            FromUser::Other { kind: "order".to_owned(), content: json!({ "catalog_id": "1" }) },
            "order",
            json!({ "catalog_id": "1" }),
            false,
        ),
    ];
    for (content, kind, expected, has_context) in rows {
        let id = world.says(content);
        let heard = world.heard().await;
        let value = value(&heard[0]);
        assert_eq!(value["metadata"]["phone_number_id"], "111");
        assert_eq!(
            value["contacts"],
            json!([{ "profile": { "name": "Ana Pérez 🚀" }, "wa_id": ANA }])
        );
        let told = &value["messages"][0];
        assert_eq!((&told["id"], &told["from"]), (&json!(id), &json!(ANA)));
        assert_eq!((&told["type"], &told[kind]), (&json!(kind), &expected));
        assert_eq!(told["context"] == context, has_context);
        assert_eq!(told["timestamp"], "1710170000");
    }
}

/// Several things in one body, in several entries and changes; nothing is lost.
#[tokio::test]
async fn a_batch_holds_everything() {
    let world = World::new().opened().await;
    world.send(&text("x")).await;
    world.heard().await;
    let sent = world.simulator.read(|state| state.messages.last().unwrap().number);
    let said = |n: usize| BatchItem::Said {
        user: ANA.to_owned(),
        content: FromUser::Text { body: n.to_string() },
    };
    let mut items: Vec<BatchItem> = (0..12).map(said).collect();
    items.push(BatchItem::Status { message: sent, status: Status::Delivered });
    items.push(BatchItem::Status { message: sent, status: Status::Read });
    world.simulator.say_together(LINE, items).unwrap();
    let heard = world.heard().await;
    assert_eq!(heard.len(), 1);
    let (mut messages, mut statuses, mut changes) = (Vec::new(), 0, 0);
    let entries = heard[0]["entry"].as_array().unwrap();
    for change in entries.iter().flat_map(|entry| entry["changes"].as_array().unwrap()) {
        changes += 1;
        let of = |key: &str| change["value"][key].as_array().cloned().unwrap_or_default();
        messages.extend(of("messages").into_iter().map(|message| message["text"]["body"].clone()));
        statuses += of("statuses").len();
    }
    let expected: Vec<Value> = (0..12).map(|n: usize| json!(n.to_string())).collect();
    assert_eq!((messages, statuses), (expected, 2));
    assert_eq!((entries.len(), changes), (3, 5));
}

/// Duplicates are the same bytes, and what is overtaken comes later.
#[tokio::test]
async fn duplicates_and_disorder_are_played() {
    let world = World::new();
    let faults = [PostFault::Repeated { times: 3 }, PostFault::Overtaken];
    world.simulator.change(|state| {
        state.faults.entry(LINE.to_owned()).or_default().posts.extend(faults);
    });
    world.says_text("1");
    let heard = world.heard().await;
    assert_eq!(heard.len(), 3);
    assert!(heard.iter().all(|one| *one == heard[0]));
    world.says_text("2");
    world.says_text("3");
    let mut heard = world.heard().await;
    world.forward(10_000).await;
    heard.extend(world.heard().await);
    let told: Vec<&Value> =
        heard.iter().map(|one| &value(one)["messages"][0]["text"]["body"]).collect();
    assert_eq!(told, ["3", "2"]);
}
