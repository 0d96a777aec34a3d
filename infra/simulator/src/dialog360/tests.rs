//! 360dialog from the outside: calls of its routes, and what it posts.

use std::sync::Arc;

use axum::http::StatusCode;
use serde_json::{Value, json};

use super::Dialog360;
use crate::carrier::News;
use crate::fault::{Faults, SendFault};
use crate::message::FromUser;
use crate::simulator::StoredFile;
use crate::world::{self, Gateway, HOOK, World};
use crate::{Carrier, User};

const ANA: &str = "573001234567";

/// A world with a line of each generation, to both of which Ana wrote.
fn world() -> World<Dialog360> {
    let ana = User::new(ANA, "Ana Pérez");
    let world = World::of(Dialog360, 1_710_170_000_000, Gateway::default(), ana);
    for api in ["v1", "v2"] {
        let token = format!("key-{api}");
        let settings = [("token", token.as_str()), ("api", api), ("namespace", "ns_1")];
        world.put_line(api, "15550102030", &settings);
        world.simulator.say(api, ANA, text()).unwrap();
    }
    world
}

async fn call(
    world: &World<Dialog360>,
    method: &str,
    path: &str,
    key: &str,
    body: &Value,
) -> (u16, Value) {
    let path = format!("/360dialog{path}");
    let request = world::request(method, &path, &[("D360-API-KEY", key)], body);
    let (status, answer) = world.fetch_json(request).await;
    (status.as_u16(), answer)
}

fn flat_text(to: &str) -> Value {
    json!({ "recipient_type": "individual", "to": to, "type": "text", "text": { "body": "Hola" } })
}

fn cloud_text() -> Value {
    let mut body = flat_text(ANA);
    body["messaging_product"] = json!("whatsapp");
    body
}

#[tokio::test]
async fn a_key_is_good_for_its_own_generation() {
    let world = world();
    for (path, key, body, expected) in [
        ("/messages", "key-v2", cloud_text(), 200),
        ("/messages", "key-v1", cloud_text(), 401),
        ("/messages", "another", cloud_text(), 401),
        ("/messages", "", cloud_text(), 401),
        ("/v1/messages", "key-v1", flat_text(ANA), 201),
        ("/v1/messages", "key-v2", flat_text(ANA), 401),
        ("/nowhere/at/all", "key-v1", flat_text(ANA), 404),
    ] {
        let (status, answer) = call(&world, "POST", path, key, &body).await;
        assert_eq!(status, expected, "{path} {key} {answer}");
        if status > 300 {
            assert_eq!(answer["meta"]["success"], false);
        }
    }
}

/// What belongs to the other generation is refused, so that a mix-up shows.
#[tokio::test]
async fn a_flat_body_is_read_strictly() {
    let world = world();
    let mut preview = flat_text(ANA);
    preview["text"]["preview_url"] = json!(true);
    let mut quoting = flat_text(ANA);
    quoting["context"] = json!({ "message_id": "x" });
    let language = json!({ "code": "es", "policy": "deterministic" });
    let nameless = json!({ "to": ANA, "type": "template",
                           "template": { "name": "a", "language": language } });
    for body in [cloud_text(), preview, quoting, nameless] {
        let (status, answer) = call(&world, "POST", "/v1/messages", "key-v1", &body).await;
        assert_eq!((status, &answer["errors"][0]["code"]), (400, &json!(1008)), "{body}");
    }
    let mut preview = flat_text(ANA);
    preview["preview_url"] = json!(true);
    assert_eq!(call(&world, "POST", "/v1/messages", "key-v1", &preview).await.0, 201);
}

/// A number that nobody wrote from is looked up first; a variant of a known one leads to its person.
#[tokio::test]
async fn a_contact_is_looked_up_before_it_is_written_to() {
    let world = world();
    world.simulator.put_user(User::new("5215512345678", "Luz"));
    world.simulator.change(|state| state.absent.insert("573009999999".to_owned()));
    let text = FromUser::Text { body: "Hola".to_owned() };
    world.simulator.say("v1", "5215512345678", text).unwrap();
    let send = async |to: &str| {
        let (status, answer) = call(&world, "POST", "/v1/messages", "key-v1", &flat_text(to)).await;
        (status, answer["errors"][0]["code"].as_i64())
    };
    assert_eq!(send("525512345678").await, (404, Some(1006)));
    let asked = json!({ "blocking": "wait", "force_check": true,
                        "contacts": ["+525512345678", "+573009999999"] });
    let (_, found) = call(&world, "POST", "/v1/contacts", "key-v1", &asked).await;
    assert_eq!(found["contacts"][0]["wa_id"], "5215512345678");
    assert_eq!(found["contacts"][1]["status"], "invalid");
    assert_eq!(send("5215512345678").await, (201, None));
}

/// A link that cannot be fetched is refused at once, or found out on the way.
#[tokio::test]
async fn a_file_fails_at_once_or_later() {
    let world = world();
    let (code, text) = ("131053".to_owned(), "no".to_owned());
    let now = SendFault::Code { code: code.clone(), text: text.clone() };
    let later = SendFault::FailsLater { code, text };
    let sends = vec![now, later].into();
    world.simulator.change(|state| {
        state.faults.insert("v1".to_owned(), Faults { sends, ..Faults::default() })
    });
    let image = json!({ "to": ANA, "type": "image", "image": { "link": "https://a.example/1" } });
    let (status, answer) = call(&world, "POST", "/v1/messages", "key-v1", &image).await;
    assert_eq!((status, &answer["errors"][0]["code"]), (400, &json!(1010)));
    assert_eq!(call(&world, "POST", "/v1/messages", "key-v1", &image).await.0, 201);
    while world.simulator.step().await > 0 {}
    let failed =
        world.simulator.read(|state| format!("{:?}", state.messages.last().unwrap().entry));
    assert!(failed.contains("Failed"), "{failed}");
}

/// What is registered comes with every webhook.
#[tokio::test]
async fn a_registered_header_comes_with_every_webhook() {
    let world = world();
    let body = json!({ "url": HOOK, "headers": { "X-Gateway-Token": "t" } });
    let (status, answer) = call(&world, "POST", "/v1/configs/webhook", "key-v2", &body).await;
    assert_eq!((status, &answer), (200, &body));
    assert_eq!(call(&world, "GET", "/v1/configs/webhook", "key-v2", &Value::Null).await.1, body);
    let line = world.simulator.line("v2").unwrap();
    let (said, user) = (world.simulator.say("v2", ANA, text()).unwrap(), User::new(ANA, "Ana"));
    let post = Dialog360.user_message(&line, &user, &said);
    assert!(post.headers.contains(&("X-Gateway-Token".to_owned(), "t".to_owned())));
    assert!(!post.headers.iter().any(|(name, _)| name.contains("signature")));
    for url in ["http://gateway.example/", "https://gate_way.example/", "https://a.example:444/"] {
        let body = json!({ "url": url });
        let (status, answer) = call(&world, "POST", "/v1/configs/webhook", "key-v2", &body).await;
        assert_eq!((status, &answer["meta"]["developer_message"]), (400, &json!("Invalid url")));
    }
}

fn text() -> FromUser {
    FromUser::Text { body: "Hola".to_owned() }
}

#[tokio::test]
async fn a_registration_fails_on_demand() {
    let world = world();
    for (word, expected) in [("refused", 403), ("broken", 500), ("elsewhere", 200)] {
        world.simulator.change(|state| {
            let line = state.lines.get_mut("v2").unwrap();
            line.settings.insert("registration".to_owned(), word.to_owned());
        });
        let body = json!({ "url": "https://new.example/" });
        let (status, answer) = call(&world, "POST", "/v1/configs/webhook", "key-v2", &body).await;
        assert_eq!(status, expected);
        assert_ne!(answer["url"], "https://new.example/");
        assert_eq!(world.simulator.line("v2").unwrap().webhook_url, HOOK);
    }
}

/// The legacy generation's webhooks are flat; voice notes are a type of their own.
#[tokio::test]
async fn a_flat_webhook_has_no_envelope() {
    let world = world();
    let (line, user) = (world.simulator.line("v1").unwrap(), User::new(ANA, "Ana"));
    let file = StoredFile { mime: "audio/ogg".to_owned(), filename: None, bytes: Arc::default() };
    let voice = FromUser::File {
        kind: crate::message::FileKind::Voice,
        file: world.simulator.put_file(file),
        mime: "audio/ogg".to_owned(),
        filename: None,
        caption: None,
    };
    let said = world.simulator.say("v1", ANA, voice).unwrap();
    let post = Dialog360.user_message(&line, &user, &said);
    let body: Value = serde_json::from_slice(&post.body).unwrap();
    assert_eq!(body["contacts"][0]["wa_id"], ANA);
    let message = &body["messages"][0];
    assert_eq!((&message["type"], &message["audio"]), (&json!("voice"), &Value::Null));
    assert!(message["voice"]["link"].is_string() && message["voice"]["voice"].is_null());
    assert!(body["entry"].is_null());
}

/// What is told together stands in the lists of one flat body.
#[tokio::test]
async fn a_flat_webhook_has_several_things() {
    let world = world();
    let (line, user) = (world.simulator.line("v1").unwrap(), User::new(ANA, "Ana"));
    let said = ["v1", "v1"].map(|line| world.simulator.say(line, ANA, text()).unwrap());
    let news = [News::Said(&user, &said[0]), News::Said(&user, &said[1])];
    let post = Dialog360.batch(&line, &news).unwrap();
    let body: Value = serde_json::from_slice(&post.body).unwrap();
    let ids = [&body["messages"][0]["id"], &body["messages"][1]["id"]];
    assert_eq!(ids, [said[0].id.as_str(), said[1].id.as_str()]);
    assert!(body["entry"].is_null() && body["statuses"].is_null(), "{body}");
}

/// A file is looked up at Meta's address and had at ours, for five minutes and with the key.
#[tokio::test]
async fn a_file_is_had_under_metas_path() {
    let world = world();
    let bytes = Arc::new(b"%PDF".to_vec());
    let file = StoredFile { mime: "application/pdf".to_owned(), filename: None, bytes };
    let id = world.simulator.put_file(file);
    let (_, found) = call(&world, "GET", &format!("/{id}"), "key-v2", &Value::Null).await;
    let url = found["url"].as_str().unwrap();
    let path = url.strip_prefix("https://lookaside.fbsbx.com").unwrap();
    assert_eq!(call(&world, "GET", path, "key-v2", &Value::Null).await.0, 200);
    assert_eq!(call(&world, "GET", path, "another", &Value::Null).await.0, 401);
    let late = path.split("&ext=").next().unwrap().to_owned() + "&ext=1";
    assert_eq!(call(&world, "GET", &late, "key-v2", &Value::Null).await.0, 404);
    let flat = format!("/v1/media/{id}");
    assert_eq!(call(&world, "GET", &flat, "key-v1", &Value::Null).await.0, 200);
    let status = StatusCode::NOT_FOUND.as_u16();
    assert_eq!(call(&world, "GET", "/v1/media/none", "key-v1", &Value::Null).await.0, status);
}

/// Users' messages are marked as read, each generation in its way.
#[tokio::test]
async fn a_message_is_marked_as_read() {
    let world = world();
    let id = |line: &str| world.simulator.say(line, ANA, text()).unwrap().id;
    let (flat, cloud) = (id("v1"), id("v2"));
    let read = json!({ "status": "read" });
    let path = format!("/v1/messages/{flat}");
    assert_eq!(call(&world, "PUT", &path, "key-v1", &read).await.0, 200);
    assert_eq!(call(&world, "PUT", "/v1/messages/none", "key-v1", &read).await.0, 404);
    let mark = json!({ "messaging_product": "whatsapp", "status": "read", "message_id": cloud });
    assert_eq!(call(&world, "POST", "/messages", "key-v2", &mark).await.0, 200);
}
