//! What users do, kind by kind: it is kept as what it is, or as something unsupported under the provider's word; it is
//! never lost.

use serde_json::{Value, json};
use simulator::message::{FileKind, FromUser};
use simulator::people::BatchItem;

use super::{Behaviour, Stage, USER};
use crate::providers::table::Cell;

pub(super) static ALL: [Behaviour; 21] = [
    Behaviour { name: "a text comes in", story: |s| Box::pin(text(s)) },
    Behaviour {
        name: "a text of 4096 characters comes in whole",
        story: |s| Box::pin(long_text(s)),
    },
    Behaviour {
        name: "an image comes in and is copied",
        story: |s| Box::pin(file(s, FileKind::Image, "image/png", "image")),
    },
    Behaviour {
        name: "a video comes in and is copied",
        story: |s| Box::pin(file(s, FileKind::Video, "video/mp4", "video")),
    },
    Behaviour {
        name: "an audio comes in and is copied",
        story: |s| Box::pin(file(s, FileKind::Audio, "audio/mpeg", "audio")),
    },
    Behaviour {
        name: "a voice note comes in and is copied",
        story: |s| Box::pin(file(s, FileKind::Voice, "audio/ogg", "voice")),
    },
    Behaviour {
        name: "a document comes in and is copied",
        story: |s| Box::pin(file(s, FileKind::Document, "application/pdf", "document")),
    },
    Behaviour {
        name: "a sticker comes in and is copied",
        story: |s| Box::pin(file(s, FileKind::Sticker, "image/webp", "sticker")),
    },
    Behaviour { name: "a place comes in", story: |s| Box::pin(place(s)) },
    Behaviour { name: "cards come in", story: |s| Box::pin(cards(s)) },
    Behaviour { name: "a tap on a button comes in with its id", story: |s| Box::pin(button(s)) },
    Behaviour { name: "a pick from a list comes in with its id", story: |s| Box::pin(row(s)) },
    Behaviour { name: "a reaction comes in and answers nothing", story: |s| Box::pin(reaction(s)) },
    Behaviour { name: "the answer of a WhatsApp Flow comes in", story: |s| Box::pin(flow(s)) },
    Behaviour { name: "an order comes in", story: |s| Box::pin(order(s)) },
    Behaviour { name: "an edit comes in", story: |s| Box::pin(edit(s)) },
    Behaviour { name: "a revocation comes in", story: |s| Box::pin(revoke(s)) },
    Behaviour { name: "a change of the user's number comes in", story: |s| Box::pin(system(s)) },
    Behaviour { name: "an unknown kind is kept under its word", story: |s| Box::pin(unknown(s)) },
    Behaviour {
        name: "a broken item does not lose the ones beside it",
        story: |s| Box::pin(broken(s)),
    },
    Behaviour {
        name: "3 MB of messages in one webhook are all kept",
        story: |s| Box::pin(large(s)),
    },
];

/// Kept as this type, or as unsupported.
fn kept(heard: &Value, kind: &str) -> Cell {
    match heard["message"]["type"].as_str() {
        Some(found) if found == kind => Cell::Holds,
        Some("unsupported") => Cell::Said("kept as unsupported"),
        found => panic!("{kind} was kept as {found:?}: {heard}"),
    }
}

async fn does(s: &Stage<'_>, content: FromUser, kind: &str) -> (Value, Cell) {
    s.ana.does(content).await;
    let heard = s.heard().await;
    assert_eq!(heard.len(), 2, "after the greeting: {heard:?}");
    let cell = kept(&heard[0], kind);
    (heard[0].clone(), cell)
}

async fn other(s: &Stage<'_>, kind: &str, content: Value, kept_as: &str) -> (Value, Cell) {
    does(s, FromUser::Other { kind: kind.to_owned(), content }, kept_as).await
}

async fn text(s: &Stage<'_>) -> Cell {
    let (heard, cell) =
        does(s, FromUser::Text { body: "¿Cómo estás? 😊".to_owned() }, "text").await;
    assert_eq!(heard["message"]["body"], "¿Cómo estás? 😊");
    cell
}

async fn long_text(s: &Stage<'_>) -> Cell {
    let body = "ñ".repeat(4096);
    let (heard, cell) = does(s, FromUser::Text { body: body.clone() }, "text").await;
    assert_eq!(heard["message"]["body"], json!(body));
    cell
}

async fn file(s: &Stage<'_>, kind: FileKind, mime: &str, word: &str) -> Cell {
    let name = (kind == FileKind::Document).then_some("dni.pdf");
    s.ana.sends_file(kind, mime, name).await;
    let heard = s.heard().await;
    let message = &heard[0]["message"];
    if message["type"] == "unsupported" {
        return Cell::Said("kept as unsupported");
    }
    // Not every provider tells a voice note from an audio.
    let words = if word == "voice" { vec!["voice", "audio"] } else { vec![word] };
    let found = message["type"].as_str().unwrap_or_default();
    assert!(words.contains(&found), "{word}: {heard:?}");
    let media = message["media_id"].as_str().unwrap_or_else(|| panic!("no copy: {message}"));
    let copy = s.shop.get(&format!("/v1/media/{media}")).await;
    assert_eq!(copy.status, 200);
    if found == word { Cell::Holds } else { Cell::Said("as audio") }
}

async fn place(s: &Stage<'_>) -> Cell {
    let content = FromUser::Location {
        latitude: "4.6097".to_owned(),
        longitude: "-74.0817".to_owned(),
        name: Some("Plaza".to_owned()),
        address: None,
    };
    let (heard, cell) = does(s, content, "location").await;
    if cell == Cell::Holds {
        assert_eq!(heard["message"]["latitude"], "4.6097");
    }
    cell
}

async fn cards(s: &Stage<'_>) -> Cell {
    let card = json!({ "name": { "formatted_name": "Eva Luna", "first_name": "Eva" },
                       "phones": [{ "phone": "+573009998877", "type": "CELL" }] });
    does(s, FromUser::Contacts { contacts: vec![card] }, "contacts").await.1
}

async fn button(s: &Stage<'_>) -> Cell {
    let options = json!([{ "id": "yes", "title": "Sí" }, { "id": "no", "title": "No" }]);
    s.send(&json!({ "type": "buttons", "body": "¿Seguimos?", "options": options })).await;
    s.ana.taps("Sí").await;
    let heard = s.heard().await;
    assert_eq!(heard[0]["message"]["id"], "yes", "{heard:?}");
    Cell::Holds
}

async fn row(s: &Stage<'_>) -> Cell {
    let rows =
        json!([{ "rows": [{ "id": "am", "title": "Mañana" }, { "id": "pm", "title": "Tarde" }] }]);
    let list = json!({ "type": "list", "body": "¿Cuándo?", "button": "Ver", "sections": rows });
    s.send(&list).await;
    s.ana.taps("Tarde").await;
    let heard = s.heard().await;
    assert_eq!(heard[0]["message"]["id"], "pm", "{heard:?}");
    Cell::Holds
}

async fn reaction(s: &Stage<'_>) -> Cell {
    s.send(&json!({ "type": "text", "body": "Listo" })).await;
    let to = s.ana.sent().pop().expect("it was sent").1.whatsapp_id;
    does(s, FromUser::Reaction { emoji: "👍".to_owned(), to }, "reaction").await.1
}

async fn flow(s: &Stage<'_>) -> Cell {
    let reply = json!({ "type": "nfm_reply", "nfm_reply": { "name": "flow", "body": "Sent",
                        "response_json": "{\"flow_token\":\"t1\",\"age\":\"30\"}" } });
    let (heard, cell) = other(s, "interactive", reply, "flow_reply").await;
    if cell == Cell::Holds {
        assert_eq!(heard["message"]["response"], json!({ "flow_token": "t1", "age": "30" }));
    }
    cell
}

async fn order(s: &Stage<'_>) -> Cell {
    let order = json!({ "catalog_id": "6001", "text": "regalo", "product_items": [{
        "product_retailer_id": "sku-9", "quantity": 2, "item_price": 12.5, "currency": "INR" }] });
    let (heard, cell) = other(s, "order", order.clone(), "order").await;
    if cell == Cell::Holds {
        let message = &heard["message"];
        assert_eq!(message["items"], order["product_items"], "{heard}");
        assert_eq!([&message["catalog_id"], &message["text"]], ["6001", "regalo"], "{heard}");
    }
    cell
}

async fn edit(s: &Stage<'_>) -> Cell {
    let edit = json!({ "original_message_id": "wamid.BEFORE",
                       "message": { "type": "text", "text": { "body": "hola!" } } });
    other(s, "edit", edit, "edit").await.1
}

async fn revoke(s: &Stage<'_>) -> Cell {
    other(s, "revoke", json!({ "original_message_id": "wamid.BEFORE" }), "revoke").await.1
}

async fn system(s: &Stage<'_>) -> Cell {
    let change = json!({ "type": "user_changed_number", "body": "Ana changed her number",
                         "wa_id": "573009998877" });
    other(s, "system", change, "system").await.1
}

async fn unknown(s: &Stage<'_>) -> Cell {
    let (heard, _) = other(s, "hologram", json!({ "x": 1 }), "unsupported").await;
    assert!(heard["message"]["kind"].is_string(), "{heard}");
    Cell::Holds
}

fn said(body: &str) -> BatchItem {
    BatchItem::Said { user: USER.to_owned(), content: FromUser::Text { body: body.to_owned() } }
}

/// The second of three is cut out of the middle of what the provider posted.
async fn broken(s: &Stage<'_>) -> Cell {
    let strange = FromUser::Other { kind: "hologram".to_owned(), content: json!([[]]) };
    let strange = BatchItem::Said { user: USER.to_owned(), content: strange };
    if !s.together(vec![said("uno"), strange, said("dos")]) {
        return Cell::Said("one item per call");
    }
    s.bundle.run().await;
    let heard = s.heard().await;
    let words: Vec<&Value> = heard.iter().map(|message| &message["message"]["body"]).collect();
    assert!(words.contains(&&json!("uno")) && words.contains(&&json!("dos")), "{words:?}");
    Cell::Holds
}

async fn large(s: &Stage<'_>) -> Cell {
    let bodies: Vec<String> = (0..700).map(|n| format!("{n} {}", "x".repeat(4000))).collect();
    if !s.together(bodies.iter().map(|body| said(body)).collect()) {
        return Cell::Said("one item per call");
    }
    let posts = s.intercepted();
    assert!(posts.iter().map(|post| post.body.len()).sum::<usize>() > 2_800_000);
    for post in posts {
        assert_eq!(s.bundle.deliver(post).await, 200);
    }
    s.bundle.run().await;
    let balance = s.shop.get("/v1/audit/balance").await.expect(200);
    assert!(balance["events"].as_u64() >= Some(701), "{balance}");
    Cell::Holds
}
