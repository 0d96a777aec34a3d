//! Karix's API called with what its clients show, and what it posts.

use std::sync::Arc;

use axum::body::Body;
use axum::http::Request;
use serde_json::{Value, json};

use super::Karix;
use crate::User;
use crate::fault::SendFault;
use crate::message::{FileKind, FromUser, ToUser};
use crate::simulator::StoredFile;
use crate::template::Review;
use crate::world::{self, ADDRESS, Gateway, LINE};

const NUMBER: &str = "912200000005";
const USER: &str = "919900000011";

type World = world::World<Karix>;

impl World {
    fn new(more: &[(&str, &str)]) -> Self {
        let karix = Karix { address: ADDRESS.to_owned() };
        let meera = User::new(USER, "Meera");
        let world = Self::of(karix, 1_710_169_260_005, Gateway::default(), meera);
        world.put_line(
            LINE,
            NUMBER,
            &[&[("account_key", "key-1"), ("waba_id", "3001")][..], more].concat(),
        );
        world
    }

    async fn call(&self, request: Request<Body>) -> (u16, Value) {
        let (status, answer) = self.fetch_json(request).await;
        (status.as_u16(), answer)
    }

    async fn send(&self, content: Value) -> (u16, Value) {
        self.call(request("POST", SEND, "key-1", &whole(content))).await
    }
}

const SEND: &str = "/karix/services/rcm/sendMessage";
const TEMPLATES: &str = "/karix/api/v1.0/template/3001";

fn request(method: &str, path: &str, key: &str, body: &Value) -> Request<Body> {
    let key = format!("Bearer {key}");
    world::request(method, path, &[("authentication", key.as_str())], body)
}

fn whole(content: Value) -> Value {
    let mut call = json!({
        "message": {
            "channel": "WABA",
            "recipient": {
                "to": USER, "recipient_type": "individual", "reference": { "cust_ref": "ours-1" },
            },
            "sender": { "from": NUMBER },
            "preferences": { "webHookDNId": "1001" },
        },
        "metaData": { "version": "v1.0.9" },
    });
    call["message"]["content"] = content;
    call
}

/// A text is accepted under an id of 24 digits, and its reports bring our reference back.
#[tokio::test]
async fn a_text_is_sent_and_reported() {
    let world = World::new(&[]).opened().await;
    let (status, answer) = world.send(json!({ "type": "TEXT", "text": "Yes" })).await;
    assert_eq!((status, &answer["statusCode"]), (200, &json!("200")));
    let mid = answer["mid"].as_str().unwrap();
    assert_eq!(mid.len(), 24);
    let heard = world.heard().await;
    let words: Vec<&Value> =
        heard.iter().map(|one| &one["notificationAttributes"]["status"]).collect();
    assert_eq!(words, ["sent", "delivered"]);
    for report in &heard {
        assert_eq!(report["events"]["mid"], mid);
        assert_eq!(report["recipient"]["reference"]["cust_ref"], "ours-1");
        assert_eq!(report["events"]["timestamp"], "1710169260005");
    }
}

/// Errors come inside HTTP 200, but where Karix itself does not answer.
#[tokio::test]
async fn refusals_have_karixs_form() {
    let world = World::new(&[]).opened().await;
    let template = json!({ "templateId": "nothing", "parameterValues": {} });
    let (status, answer) = world.send(json!({ "type": "TEMPLATE", "template": template })).await;
    assert_eq!((status, answer["statusCode"].as_str()), (200, Some("210")));
    for wrong in [
        json!({ "type": "STICKER", "sticker": {} }),
        json!({ "type": "TEXT", "text": "" }),
        json!({ "type": "TEXT", "text": "a", "body": "a" }),
        json!({ "type": "ATTACHMENT", "attachment": { "type": "sticker", "url": "https://a" } }),
        json!({ "type": "ATTACHMENT", "attachment": { "type": "audio", "url": "https://a",
                "caption": "no" } }),
        json!({ "type": "location", "location": { "latitude": 1.5, "longitude": "2" } }),
    ] {
        let (status, answer) = world.send(wrong.clone()).await;
        assert_eq!((status, answer["statusCode"].as_str()), (200, Some("202")), "{wrong}");
    }
    let text = whole(json!({ "type": "TEXT", "text": "a" }));
    let (status, _) = world.call(request("POST", SEND, "key-2", &text)).await;
    assert_eq!(status, 401);
    // The usual header opens nothing.
    let usual = Request::post(SEND).header("authorization", "Bearer key-1");
    let (status, _) = world.call(usual.body(Body::from(text.to_string())).unwrap()).await;
    assert_eq!(status, 401);
    assert_eq!(world.call(request("GET", SEND, "key-1", &json!({}))).await.0, 405);
    for (fault, expected) in [
        (SendFault::RateLimited, 429),
        (SendFault::Unavailable { status: 503 }, 503),
        (SendFault::Garbage, 200),
        (SendFault::Code { code: "250".to_owned(), text: "no".to_owned() }, 200),
    ] {
        world.fail_next(fault.clone());
        let (status, answer) = world.send(json!({ "type": "TEXT", "text": "a" })).await;
        assert_eq!(status, expected, "{fault:?}");
        assert_ne!(answer["statusCode"], "200", "{fault:?}");
    }
    assert!(world.posts().await.is_empty());
}

/// Outside of the window the message is accepted, and the report says that it failed.
#[tokio::test]
async fn a_closed_window_is_reported() {
    let world = World::new(&[("reference", "dropped")]);
    let (_, answer) = world.send(json!({ "type": "TEXT", "text": "late" })).await;
    assert_eq!(answer["statusCode"], "200");
    let report = world.heard().await.remove(0);
    assert_eq!(report["notificationAttributes"]["status"], "FAILED");
    assert_eq!(report["notificationAttributes"]["code"], "131047");
    assert!(report["recipient"].get("reference").is_none());
}

/// A template is made, reviewed, listed, sent with file and buttons, and deleted, by number or by name as Karix wants.
#[tokio::test]
async fn a_template_lives() {
    let world = World::new(&[("template_token", "key-t")]);
    let call = |method: &str, path: &str, body: Value| request(method, path, "key-t", &body);
    let body = json!({
        "template_name": "ready", "language": "en_US", "category": "UTILITY",
        "components": [
            { "type": "BODY", "text": "Hi {{1}}, what you ordered waits for you at the pier.", "example": { "body_text": [["Meera"]] } },
            { "type": "BUTTONS", "buttons": [{ "type": "QUICK_REPLY", "text": "Go" }] },
        ],
    });
    let (status, made) = world.call(call("POST", TEMPLATES, body.clone())).await;
    assert_eq!(status, 201, "{made}");
    let id = made["templateId"].as_str().unwrap();
    let (status, again) = world.call(call("POST", TEMPLATES, body)).await;
    assert_eq!((status, &again["errorCode"]), (400, &json!(1003)));
    world.simulator.decide_template(id, Review::Approved).unwrap();
    assert!(world.posts().await.is_empty(), "Karix tells nobody");
    let (_, list) = world.call(call("GET", TEMPLATES, json!({}))).await;
    let row = &list["response"]["templates"][0];
    assert_eq!((&row["fb_template_id"], &row["template_name"]), (&json!(id), &json!("ready")));
    assert_eq!(row["template_create_status"], "APPROVED");

    let by_number = json!({ "templateId": id, "parameterValues": { "0": "A" } });
    let (_, answer) = world.send(json!({ "type": "TEMPLATE", "template": by_number })).await;
    assert_eq!(answer["statusCode"], "210");
    let by_name = json!({
        "templateId": "ready", "bodyParameterValues": { "0": "Asha" },
        "buttons": { "actions": [{ "type": "quick_reply", "index": "0", "payload": "p1" }] },
    });
    let sent = json!({ "type": "MEDIA_TEMPLATE", "mediaTemplate": by_name });
    assert_eq!(world.send(sent).await.1["statusCode"], "200");

    let by_name = format!("{TEMPLATES}/ready");
    let (status, missing) = world.call(call("GET", &by_name, json!({}))).await;
    assert_eq!((status, &missing["errorCode"]), (404, &json!(1012)));
    let by_number = format!("{TEMPLATES}/{id}");
    assert_eq!(world.call(call("GET", &by_number, json!({}))).await.0, 200);
    assert_eq!(world.call(call("DELETE", &by_number, json!({}))).await.0, 200);
    assert_eq!(world.call(call("GET", &by_number, json!({}))).await.0, 404);
    let other = "/karix/api/v1.0/template/4001";
    assert_eq!(world.call(call("GET", other, json!({}))).await.1["errorCode"], 1004);
    assert_eq!(world.call(request("GET", TEMPLATES, "key-1", &json!({}))).await.0, 401);
}

/// A file lies behind the key, under the link as it was given and no other way of writing it.
#[tokio::test]
async fn a_file_is_downloaded_with_the_key() {
    let world = World::new(&[]);
    let bytes = Arc::new(b"picture".to_vec());
    let file = StoredFile { mime: "image/png".to_owned(), filename: None, bytes };
    let file = world.simulator.put_file(file);
    let content = FromUser::File {
        kind: FileKind::Image,
        file: file.clone(),
        mime: "image/png".to_owned(),
        filename: None,
        caption: None,
    };
    let said = world.told_of(content).await;
    let message = &said["eventContent"]["message"];
    assert_eq!(message["contentType"], "ATTACHMENT");
    let link = message["image"]["fileLink"].as_str().unwrap();
    let path = link.strip_prefix("http://127.0.0.1:1").unwrap();
    assert!(path.contains('%'), "{path}");
    let get = |path: &str, key: &str| request("GET", path, key, &json!({}));
    let (status, body) = world.fetch(get(path, "key-1")).await;
    assert_eq!((status.as_u16(), body.as_slice()), (200, &b"picture"[..]));
    assert_eq!(world.fetch(get(path, "other")).await.0.as_u16(), 401);
    let encoded_again = path.replace('%', "%25");
    assert_eq!(world.fetch(get(&encoded_again, "key-1")).await.0.as_u16(), 404);
    let locate = format!("/karix/services/media/get?media_id={file}");
    let (_, found) = world.call(get(&locate, "key-1")).await;
    assert!(path.ends_with(found["filedata"].as_str().unwrap()));
}

/// A voice note is an attachment of its own type.
#[tokio::test]
async fn a_voice_note_is_told_as_one() {
    let world = World::new(&[]);
    let stored = StoredFile { mime: "audio/ogg".to_owned(), filename: None, bytes: Arc::default() };
    let voice = FromUser::File {
        kind: FileKind::Voice,
        file: world.simulator.put_file(stored),
        mime: "audio/ogg".to_owned(),
        filename: None,
        caption: None,
    };
    let said = world.told_of(voice).await;
    let message = &said["eventContent"]["message"];
    assert_eq!(message["attachmentType"], "voice", "{message}");
    assert!(message["voice"]["fileLink"].is_string() && message["audio"].is_null(), "{message}");
}

/// Every webhook carries what proves Karix, in the header that was agreed on, and all of it may be wrapped.
#[tokio::test]
async fn webhooks_carry_the_secret() {
    for (more, name, value) in [
        (vec![], "authorization", "Bearer key-1"),
        (vec![("webhook_token", "t-1")], "authorization", "Bearer t-1"),
        (vec![("webhook_token", "t-1"), ("webhook_header", "X-T")], "x-t", "Bearer t-1"),
    ] {
        let world = World::new(&more);
        world.says_text("Hi");
        let post = world.posts().await.remove(0);
        assert!(post.headers.contains(&(name.to_owned(), value.to_owned())), "{post:?}");
    }
    let world = World::new(&[("wrapped", "data_body")]);
    let said = world.told_of(FromUser::Text { body: "Hi".to_owned() }).await;
    assert_eq!(said["data_body"]["eventContent"]["message"]["text"]["body"], "Hi");
}

/// What is shown is what was sent, kind by kind.
#[tokio::test]
async fn every_kind_is_shown() {
    let world = World::new(&[]).opened().await;
    let interactive = json!({
        "type": "button", "body": { "text": "Well?" },
        "action": { "buttons": [{ "type": "reply", "reply": { "id": "y", "title": "Yes" } }] },
    });
    let place = json!({ "latitude": "9.93", "longitude": "76.26", "name": "Pier" });
    for (content, shows) in [
        (
            json!({ "type": "ATTACHMENT", "attachment": { "type": "document",
                    "url": "https://a.example/1", "fileName": "a.pdf", "caption": "See" } }),
            (|shown| shown.file.is_some() && shown.body == "See") as fn(&ToUser) -> bool,
        ),
        (json!({ "type": "location", "location": place }), |shown| shown.location.is_some()),
        (json!({ "type": "INTERACTIVE", "interactive": interactive }), |shown| {
            shown.buttons.len() == 1
        }),
    ] {
        let (_, answer) = world.send(content.clone()).await;
        assert_eq!(answer["statusCode"], "200", "{content} {answer}");
        let shown = world.shown();
        assert!(shows(&shown), "{shown:?}");
    }
}
