//! Infobip's API called with what its pages show, and what it posts.

use std::sync::Arc;

use axum::http::StatusCode;
use serde_json::{Value, json};

use super::Infobip;
use crate::User;
use crate::fault::SendFault;
use crate::message::{Entry, FileKind, FromUser, Status};
use crate::people::{BatchItem, Target};
use crate::simulator::StoredFile;
use crate::template::Review;
use crate::world::{self, ADDRESS, Gateway, HOOK, LINE};

const NUMBER: &str = "15550102030";
const USER: &str = "573001234567";
const BASIC: &str = "Basic d2hhcmY6cGFzcw==";

type World = world::World<Infobip>;

impl World {
    fn new(settings: &[(&str, &str)]) -> Self {
        let infobip = Infobip { address: ADDRESS.to_owned() };
        let user = User::new(USER, "Ñusta");
        let world = Self::of(infobip, 1_710_169_200_005, Gateway::default(), user);
        let own = [("username", "wharf"), ("password", "pass"), ("api_key", "key-1")];
        world.put_line(LINE, NUMBER, &[&own[..], settings].concat());
        world
    }

    /// The result that the gateway gets of it.
    async fn result_of(&self, content: FromUser) -> Value {
        self.told_of(content).await["results"][0].clone()
    }

    async fn call(
        &self,
        method: &str,
        path: &str,
        authorization: &str,
        body: &Value,
    ) -> (u16, Value) {
        let path = format!("/infobip{path}");
        let request = world::request(method, &path, &[("authorization", authorization)], body);
        let (status, answer) = self.fetch_json(request).await;
        (status.as_u16(), answer)
    }

    async fn sends(&self, kind: &str, content: Value) -> (u16, Value) {
        let body = json!({ "from": NUMBER, "to": USER, "messageId": "m-1", "content": content });
        self.call("POST", &format!("/whatsapp/1/message/{kind}"), BASIC, &body).await
    }
}

#[tokio::test]
async fn only_the_accounts_credentials_may_send() {
    let world = World::new(&[]).opened().await;
    let body = json!({ "from": NUMBER, "to": USER, "content": { "text": "Hola" } });
    for good in [BASIC, "App key-1"] {
        let (status, answer) = world.call("POST", "/whatsapp/1/message/text", good, &body).await;
        assert_eq!((status, &answer["status"]["groupName"]), (200, &json!("PENDING")));
        assert_eq!(answer["messageId"].as_str().unwrap().len(), 36);
    }
    for bad in ["", "App key-2", "Basic d2hhcmY6", "Bearer key-1", "app key-1"] {
        let (status, answer) = world.call("POST", "/whatsapp/1/message/text", bad, &body).await;
        assert_eq!(status, 401, "{bad}");
        assert_eq!(answer["requestError"]["serviceException"]["messageId"], "UNAUTHORIZED");
    }
    let other = json!({ "from": "15550109999", "to": USER, "content": { "text": "Hola" } });
    assert_eq!(world.call("POST", "/whatsapp/1/message/text", BASIC, &other).await.0, 400);
}

#[tokio::test]
async fn a_text_becomes_a_message_with_the_callers_id_and_its_reports() {
    let world = World::new(&[]).opened().await;
    let (status, answer) = world.sends("text", json!({ "text": "Hola 🚀" })).await;
    assert_eq!((status, &answer["messageId"]), (200, &json!("m-1")));
    assert_eq!(world.shown().body, "Hola 🚀");
    let heard = world.heard().await;
    // Nothing is told of what is only sent.
    assert_eq!(heard.len(), 1);
    let report = &heard[0]["results"][0];
    assert_eq!((&report["messageId"], &report["status"]["groupId"]), (&json!("m-1"), &json!(3)));
    assert_eq!(report["doneAt"], "2024-03-11T15:00:00.005+0000");
    world.simulator.look(LINE, USER).unwrap();
    let seen = world.heard().await.remove(0);
    assert_eq!(seen["results"][0]["seenAt"], "2024-03-11T15:00:00.005+0000");
}

#[tokio::test]
async fn what_nobody_documented_is_refused() {
    let world = World::new(&[]).opened().await;
    let long = "x".repeat(4097);
    for (kind, content) in [
        ("text", json!({ "text": "" })),
        ("text", json!({ "text": long })),
        ("text", json!({ "text": "Hola", "previewUrl": true })),
        ("text", json!({ "body": "Hola" })),
        ("image", json!({ "mediaUrl": "no address" })),
        ("audio", json!({ "mediaUrl": "https://a.example/1", "caption": "no" })),
        ("location", json!({ "latitude": 91, "longitude": 0 })),
        ("location", json!({ "latitude": "1", "longitude": "2" })),
        ("contact", json!({ "contacts": [{ "name": { "formattedName": "Luis" } }] })),
        ("contact", json!({ "contacts": [] })),
        ("reaction", json!({ "emoji": "👍" })),
        ("interactive/buttons", json!({ "body": { "text": "?" }, "action": { "buttons": [] } })),
        (
            "interactive/buttons",
            json!({ "body": { "text": "?" }, "action": { "buttons": [
            { "type": "REPLY", "id": "a", "title": "more than twenty chars" }] } }),
        ),
        (
            "interactive/list",
            json!({ "body": { "text": "?" }, "action": { "title": "t", "sections": [
            { "rows": [{ "id": "a", "title": "a" }] }, { "rows": [{ "id": "b", "title": "b" }] }] } }),
        ),
        (
            "interactive/multi-product",
            json!({ "body": { "text": "?" }, "action": { "catalogId": "1", "sections": [] } }),
        ),
        ("template", json!({})),
    ] {
        let (status, answer) = world.sends(kind, content.clone()).await;
        assert_eq!(status, 400, "{kind} {content}");
        assert_eq!(answer["requestError"]["serviceException"]["messageId"], "BAD_REQUEST");
    }
    let long_id = json!({ "from": NUMBER, "to": USER, "messageId": "x".repeat(51), "content": { "text": "Hola" } });
    assert_eq!(world.call("POST", "/whatsapp/1/message/text", BASIC, &long_id).await.0, 400);
    assert_eq!(world.call("GET", "/nothing", BASIC, &json!({})).await.0, 404);
}

#[tokio::test]
async fn what_a_user_does_is_told_in_infobips_words() {
    let world = World::new(&[]);
    let text = world.result_of(FromUser::Text { body: "¡Hola!".to_owned() }).await;
    assert_eq!(text["message"], json!({ "type": "TEXT", "text": "¡Hola!" }));
    assert_eq!([&text["from"], &text["to"]], [&json!(USER), &json!(NUMBER)]);
    assert_eq!(text["receivedAt"], "2024-03-11T15:00:00.005+0000");
    let bytes = Arc::new(b"%PDF".to_vec());
    let stored = StoredFile { mime: "application/pdf".to_owned(), filename: None, bytes };
    let file = world.simulator.put_file(stored);
    let document = world
        .result_of(FromUser::File {
            kind: FileKind::Document,
            file: file.clone(),
            mime: "application/pdf".to_owned(),
            filename: Some("a.pdf".to_owned()),
            caption: None,
        })
        .await;
    let url = format!("http://127.0.0.1:1/infobip/whatsapp/1/senders/{NUMBER}/media/{file}");
    assert_eq!(document["message"], json!({ "type": "DOCUMENT", "url": url, "caption": "a.pdf" }));
    let path = url.strip_prefix("http://127.0.0.1:1/infobip").unwrap();
    assert_eq!(world.call("GET", path, BASIC, &json!({})).await.0, 200);
    assert_eq!(world.call("GET", path, "App no", &json!({})).await.0, 401);
    let removed = FromUser::Reaction { emoji: String::new(), to: "m-1".to_owned() };
    let removed = world.result_of(removed).await;
    assert_eq!(
        removed["message"],
        json!({ "type": "REACTION", "emoji": null, "action": "REMOVED",
                "context": { "from": NUMBER, "id": "m-1" } })
    );
    let other = |kind: &str, content| FromUser::Other { kind: kind.to_owned(), content };
    let filled = json!({ "type": "nfm_reply", "nfm_reply": {
        "name": "flow", "body": "Sent", "response_json": "{\"age\":\"30\"}" } });
    assert_eq!(
        world.result_of(other("interactive", filled)).await["message"],
        json!({ "type": "INTERACTIVE_FLOW_REPLY", "text": "Sent", "response": { "age": "30" } })
    );
    let ordered = json!({ "catalog_id": "6001", "text": "regalo", "product_items": [{
        "product_retailer_id": "sku-9", "quantity": 2, "item_price": 12.5, "currency": "INR" }] });
    assert_eq!(
        world.result_of(other("order", ordered)).await["message"],
        json!({ "type": "ORDER", "catalogId": "6001", "text": "regalo", "productItems": [{
            "productRetailerId": "sku-9", "quantity": 2, "itemPrice": 12.5, "currency": "INR" }] })
    );
    let strange = world.result_of(other("SOMETHING_NEW", json!({ "x": 1 }))).await;
    assert_eq!(strange["message"], json!({ "type": "SOMETHING_NEW", "x": 1 }));
}

#[tokio::test]
async fn webhooks_carry_what_the_line_is_set_to() {
    for (settings, url, header) in [
        (vec![], HOOK, Some(("authorization", BASIC))),
        (
            vec![("webhook_username", "hook"), ("webhook_password", "p")],
            HOOK,
            Some(("authorization", "Basic aG9vazpw")),
        ),
        (
            vec![("webhook_auth", "url_token"), ("webhook_token", "a b")],
            "https://gateway.example/w?token=a+b",
            None,
        ),
        (
            vec![
                ("webhook_auth", "static_header"),
                ("webhook_header", "x-h"),
                ("webhook_token", "t"),
            ],
            HOOK,
            Some(("x-h", "t")),
        ),
    ] {
        let world = World::new(&settings);
        world.says_text("Hola");
        let post = world.posts().await.remove(0);
        assert_eq!(post.url, url);
        let more: Vec<_> =
            post.headers[1..].iter().map(|(k, v)| (k.as_str(), v.as_str())).collect();
        assert_eq!(more, header.into_iter().collect::<Vec<_>>());
    }
}

fn structure() -> Value {
    json!({
        "header": { "format": "IMAGE", "example": "https://a.example/1.png" },
        "body": { "text": "Hola {{1}}.", "examples": ["Ana"] },
        "buttons": [{ "type": "QUICK_REPLY", "text": "Sí" }],
    })
}

fn send_template(parameter: Option<&str>) -> Value {
    let mut data = json!({
        "body": { "placeholders": ["Luis"] },
        "header": { "type": "IMAGE", "mediaUrl": "https://a.example/2.png" },
    });
    if let Some(parameter) = parameter {
        data["buttons"] = json!([{ "type": "QUICK_REPLY", "parameter": parameter }]);
    }
    let content = json!({ "templateName": "start_1", "templateData": data, "language": "es" });
    json!({ "messages": [{ "from": NUMBER, "to": USER, "content": content, "callbackData": "c" }] })
}

#[tokio::test]
async fn a_template_is_reviewed_sent_and_answered() {
    let world = World::new(&[]);
    let path = format!("/whatsapp/2/senders/{NUMBER}/templates");
    let create = json!({ "name": "start_1", "language": "es", "category": "UTILITY", "structure": structure() });
    let (status, made) = world.call("POST", &path, BASIC, &create).await;
    assert_eq!((status, &made["status"]), (201, &json!("PENDING")));
    assert_eq!(world.call("POST", &path, BASIC, &create).await.0, 400);
    let id = made["id"].as_str().unwrap().to_owned();
    world.simulator.decide_template(&id, Review::Rejected { reason: "SCAM".to_owned() }).unwrap();
    let told = world.heard().await.remove(0);
    assert_eq!(
        told["change"],
        json!({ "type": "TEMPLATE_STATUS_UPDATE", "newStatus": "REJECTED", "reason": "SCAM" })
    );
    // The list has no reason, and the message is taken and fails.
    let listed = world.call("GET", &path, BASIC, &json!({})).await.1;
    assert_eq!(listed["templates"][0]["status"], "REJECTED");
    for (review, parameter, error) in [
        (Review::Rejected { reason: "SCAM".to_owned() }, Some("go"), 7009),
        (Review::Approved, None, 7008),
    ] {
        world.simulator.decide_template(&id, review).unwrap();
        world.heard().await;
        let sent = send_template(parameter);
        let (status, answer) =
            world.call("POST", "/whatsapp/1/message/template", BASIC, &sent).await;
        assert_eq!((status, &answer["messages"][0]["status"]["groupId"]), (200, &json!(1)));
        let report = world.heard().await.remove(0);
        assert_eq!(report["results"][0]["error"]["id"], error);
        assert_eq!(report["results"][0]["callbackData"], "c");
    }
    world.call("POST", "/whatsapp/1/message/template", BASIC, &send_template(Some("go"))).await;
    world.heard().await;
    assert_eq!(world.shown().body, "Hola Luis.");
    let number = world.simulator.read(|state| state.messages.last().unwrap().number);
    world.simulator.tap(number, &Target::Button(0)).unwrap();
    let tapped = world.heard().await.remove(0);
    assert_eq!(tapped["results"][0]["message"]["payload"], "go");
    let deleted = world.call("DELETE", &format!("{path}/start_1"), BASIC, &json!({})).await;
    assert_eq!(deleted.0, 204);
}

#[tokio::test]
async fn templates_are_checked_when_they_are_made() {
    let world = World::new(&[]);
    let path = format!("/whatsapp/2/senders/{NUMBER}/templates");
    let with = |name: &str, change: &dyn Fn(&mut Value)| {
        let mut body = json!({ "name": name, "language": "pt_BR", "category": "UTILITY", "structure": structure() });
        change(&mut body);
        body
    };
    for body in [
        with("Big", &|_| {}),
        with("a", &|body| body["language"] = json!("pt-BR")),
        with("a", &|body| body["category"] = json!("OTP")),
        with("a", &|body| body["structure"]["body"]["examples"] = json!([])),
        with("a", &|body| body["structure"]["body"]["text"] = json!("x".repeat(1025))),
        with("a", &|body| body["structure"]["header"]["example"] = json!("handle")),
        with("a", &|body| body["structure"]["buttons"][0]["text"] = json!("x".repeat(26))),
        with("a", &|body| body["allowCategoryChange"] = json!(true)),
    ] {
        assert_eq!(world.call("POST", &path, BASIC, &body).await.0, 400, "{body}");
    }
}

#[tokio::test]
async fn faults_are_answered_in_infobips_shapes() {
    let world = World::new(&[]).opened().await;
    world.fail_next(SendFault::RateLimited);
    world.fail_next(SendFault::Unavailable { status: 503 });
    world.fail_next(SendFault::Garbage);
    world.fail_next(SendFault::Code {
        code: "12".to_owned(),
        text: "Not enough credits".to_owned(),
    });
    let mut answers = Vec::new();
    for _ in 0..4 {
        answers.push(world.sends("text", json!({ "text": "Hola" })).await);
    }
    let statuses: Vec<u16> = answers.iter().map(|(status, _)| *status).collect();
    assert_eq!(statuses, [429, 503, 502, 200]);
    assert_eq!(answers[1].1["errorCode"], "E500");
    assert_eq!(answers[3].1["status"]["groupName"], "REJECTED");
}

#[tokio::test]
async fn one_webhook_brings_messages_and_reports() {
    let world = World::new(&[]).opened().await;
    world.sends("text", json!({ "text": "Hola" })).await;
    let number = world.simulator.read(|state| state.messages.last().unwrap().number);
    world.posts().await;
    let items = vec![
        BatchItem::Said {
            user: USER.to_owned(),
            content: FromUser::Text { body: "uno".to_owned() },
        },
        BatchItem::Status { message: number, status: Status::Read },
        BatchItem::Status { message: number, status: Status::Sent },
    ];
    world.simulator.say_together(LINE, items).unwrap();
    let heard = world.heard().await.remove(0);
    assert_eq!(heard["messageCount"], 2);
    assert_eq!(heard["results"][0]["message"]["text"], "uno");
    assert_eq!(heard["results"][1]["messageId"], "m-1");
}

#[tokio::test]
async fn a_message_is_marked_as_read_and_typing_is_shown() {
    let world = World::new(&[]).opened().await;
    let id = world.simulator.read(|state| match &state.messages[0].entry {
        Entry::FromUser { said, .. } => said.id.clone(),
        Entry::ToUser { .. } => panic!("the user began"),
    });
    let path = |id: &str| {
        let id = id.replace('/', "%2F").replace('=', "%3D").replace('+', "%2B");
        format!("/whatsapp/1/senders/{NUMBER}/message/{id}/read")
    };
    assert_eq!(world.call("POST", &path(&id), BASIC, &json!({})).await.0, 200);
    let (status, answer) = world.call("POST", &path("other"), BASIC, &json!({})).await;
    assert_eq!(status, StatusCode::BAD_REQUEST.as_u16());
    assert!(answer["error"].is_string());
    let typing = json!({ "events": [{ "sender": NUMBER, "destinations": [{ "to": USER }],
                                      "content": { "type": "TYPING_INDICATOR" } }] });
    assert_eq!(world.call("POST", "/whatsapp/1/events", BASIC, &typing).await.0, 200);
}

#[tokio::test]
async fn a_subscription_moves_the_webhooks_once() {
    let world = World::new(&[]);
    let body = json!({
        "subscriptionId": "s", "name": "n", "events": ["INBOUND_MESSAGE"], "resources": [NUMBER],
        "profile": { "profileId": "s",
                     "webhook": { "contentType": "application/json", "notifyUrl": "http://new/w" },
                     "security": { "authId": "s", "type": "BASIC",
                                   "credentials": { "username": "hook", "password": "p" } } },
    });
    let path = "/subscriptions/1/subscription/WHATSAPP";
    assert_eq!(world.call("POST", path, BASIC, &body).await.0, 201);
    world.says_text("Hola");
    let post = world.posts().await.remove(0);
    assert_eq!((post.url.as_str(), post.headers[1].1.as_str()), ("http://new/w", "Basic aG9vazpw"));
    assert_eq!(world.call("POST", path, BASIC, &body).await.0, 409);
}
