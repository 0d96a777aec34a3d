//! What goes out, kind by kind: the user sees it, or whoever sent it is told that the provider has no form for it.

use serde_json::{Value, json};

use super::{Behaviour, Stage};
use crate::providers::table::Cell;

const LINK: &str = "https://files.example/a";

pub(super) static ALL: [Behaviour; 17] = [
    Behaviour {
        name: "a text goes out",
        story: |s| Box::pin(one(s, json!({ "type": "text", "body": "Hola *Ana*" }))),
    },
    Behaviour {
        name: "a text over 4096 characters goes out in order",
        story: |s| Box::pin(long(s)),
    },
    Behaviour { name: "an image goes out", story: |s| Box::pin(file(s, "image")) },
    Behaviour { name: "a video goes out", story: |s| Box::pin(file(s, "video")) },
    Behaviour { name: "an audio goes out", story: |s| Box::pin(file(s, "audio")) },
    Behaviour {
        name: "a document goes out with its name",
        story: |s| Box::pin(file(s, "document")),
    },
    Behaviour { name: "a sticker goes out", story: |s| Box::pin(file(s, "sticker")) },
    Behaviour {
        name: "a place goes out",
        story: |s| {
            Box::pin(one(
                s,
                json!({ "type": "location", "location": {
        "latitude": "4.6097", "longitude": "-74.0817", "name": "Plaza", "address": "Centro" } }),
            ))
        },
    },
    Behaviour {
        name: "cards go out",
        story: |s| {
            Box::pin(one(
                s,
                json!({ "type": "contacts", "contacts": [{
        "name": { "formatted_name": "Eva Luna", "first_name": "Eva" },
        "phones": [{ "phone": "+573009998877", "type": "CELL" }] }] }),
            ))
        },
    },
    Behaviour { name: "a reaction goes out", story: |s| Box::pin(reaction(s)) },
    Behaviour {
        name: "three buttons go out",
        story: |s| {
            Box::pin(one(
                s,
                json!({ "type": "buttons", "body": "¿Qué?",
        "options": [{ "id": "a", "title": "A" }, { "id": "b", "title": "B" }, { "id": "c", "title": "C" }] }),
            ))
        },
    },
    Behaviour {
        name: "a list goes out",
        story: |s| {
            Box::pin(one(
                s,
                json!({ "type": "list", "body": "¿Qué?",
        "button": "Ver", "sections": [{ "rows": [{ "id": "a", "title": "A" }] }] }),
            ))
        },
    },
    Behaviour {
        name: "a menu of five goes out as the channel lays it out",
        story: |s| Box::pin(menu(s)),
    },
    Behaviour {
        name: "a button with an address goes out",
        story: |s| {
            Box::pin(one(
                s,
                json!({ "type": "cta_url",
        "body": "Mira", "button": "Abrir", "link": "https://bank.example/a" }),
            ))
        },
    },
    Behaviour {
        name: "a request for the place goes out",
        story: |s| {
            Box::pin(one(
                s,
                json!({
        "type": "location_request", "body": "¿Dónde estás?" }),
            ))
        },
    },
    Behaviour { name: "order details go out (WhatsApp Pay)", story: |s| Box::pin(order(s)) },
    Behaviour {
        name: "a reply leaves from the number that was written to",
        story: |s| Box::pin(source(s)),
    },
];

/// Seen by the user, or failed with the word for it and not seen.
async fn one(s: &Stage<'_>, message: Value) -> Cell {
    let before = s.ana.shows().len();
    let state = s.send(&message).await;
    let seen = s.ana.shows().len() - before;
    match (state["status"].as_str(), state["error"]["code"].as_str()) {
        (Some("failed"), Some("unsupported_type")) => {
            assert_eq!(seen, 0, "{state}");
            Cell::Said("refused: unsupported_type")
        }
        (Some("accepted" | "sent" | "delivered"), _) => {
            assert_eq!(seen, 1, "{message}: {state}");
            Cell::Holds
        }
        _ => panic!("{message}: {state}"),
    }
}

async fn long(s: &Stage<'_>) -> Cell {
    let body = format!("{} {}", "a".repeat(4000), "b".repeat(4000));
    s.send(&json!({ "type": "text", "body": body })).await;
    let seen = s.ana.shows();
    assert_eq!(seen, ["a".repeat(4000), "b".repeat(4000)]);
    Cell::Holds
}

async fn file(s: &Stage<'_>, kind: &str) -> Cell {
    let mut message = json!({ "type": kind, "link": LINK });
    if kind == "document" {
        message["filename"] = json!("contrato.pdf");
    }
    let cell = one(s, message).await;
    if cell != Cell::Holds {
        return cell;
    }
    let seen = s.ana.last_sent();
    let Some(file) = seen.file else {
        assert!(seen.body.contains(LINK), "neither the file nor its link: {seen:?}");
        return Cell::Said("as its link");
    };
    if kind == "document" {
        assert_eq!(file.filename.as_deref(), Some("contrato.pdf"));
    }
    if file.kind.as_str() == kind { Cell::Holds } else { Cell::Said("as another kind of file") }
}

async fn reaction(s: &Stage<'_>) -> Cell {
    let to = s.heard().await[0]["provider_message_id"].clone();
    let state = s.send(&json!({ "type": "reaction", "to_message": to, "emoji": "👍" })).await;
    match (state["status"].as_str(), state["error"]["code"].as_str()) {
        (Some("failed"), Some("unsupported_type")) => Cell::Said("refused: unsupported_type"),
        (Some("accepted" | "sent" | "delivered"), _) => {
            let reacted =
                s.ana.sent().into_iter().any(|(_, sent, _)| sent.content.reaction.is_some());
            assert!(reacted, "{state}");
            Cell::Holds
        }
        _ => panic!("{state}"),
    }
}

/// D23, D24, X1: what is no list is numbered, and a number answers it.
async fn menu(s: &Stage<'_>) -> Cell {
    let options: Vec<Value> =
        ["A", "B", "C", "D", "E"].iter().map(|t| json!({ "id": t, "title": t })).collect();
    s.send(&json!({ "type": "menu", "body": "¿Qué?", "options": options })).await;
    let seen = s.ana.last_sent();
    if seen.list.is_some() {
        return Cell::Holds;
    }
    assert!(seen.body.ends_with("1. A\n2. B\n3. C\n4. D\n5. E"), "{seen:?}");
    Cell::Said("numbered text")
}

async fn order(s: &Stage<'_>) -> Cell {
    let parameters = json!({ "reference_id": "order-7", "type": "digital-goods", "currency": "INR",
        "payment_settings": [], "total_amount": { "value": 21000, "offset": 100 },
        "order": { "status": "pending", "items": [], "subtotal": { "value": 21000, "offset": 100 } } });
    let action = json!({ "name": "review_and_pay", "parameters": parameters });
    let interactive =
        json!({ "type": "order_details", "body": { "text": "Su pedido" }, "action": action });
    one(s, json!({ "type": "interactive", "interactive": interactive })).await
}

/// A8, K7: two numbers at the same provider.
async fn source(s: &Stage<'_>) -> Cell {
    s.send(&json!({ "type": "text", "body": "desde aquí" })).await;
    let lines: Vec<String> = s.bundle.simulator.read(|state| {
        let ours = |m: &&simulator::message::Message| {
            matches!(m.entry, simulator::message::Entry::ToUser { .. })
        };
        state.messages.iter().filter(ours).map(|m| m.line.clone()).collect()
    });
    assert!(!lines.is_empty() && lines.iter().all(|line| *line == s.number.digits), "{lines:?}");
    Cell::Holds
}
