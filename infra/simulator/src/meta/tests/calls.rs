//! What the gateway calls: messages, files, the number, the subscription.

use super::*;
use crate::fault::SendFault;
use crate::message::{Button, FileKind};
use crate::simulator::StoredFile;

fn code(answer: &Value) -> i64 {
    answer["error"]["code"].as_i64().unwrap_or_default()
}

/// T2: a text goes out, the user sees it, and each step comes back with the sender's own reference.
#[tokio::test]
async fn a_text_is_accepted_and_its_steps_are_told() {
    let world = World::new().opened().await;
    let mut body = text("¿En qué ayudo?");
    body["biz_opaque_callback_data"] = json!("our-1");
    body["context"] = json!({ "message_id": "wamid.X" });
    let (status, answer) = world.send(&body).await;
    assert_eq!(status, StatusCode::OK);
    assert_eq!(answer["contacts"], json!([{ "input": ANA, "wa_id": ANA }]));
    let id = answer["messages"][0]["id"].as_str().unwrap();
    assert!(id.starts_with("wamid."));
    assert_eq!(world.shown().body, "¿En qué ayudo?");
    assert_eq!(world.shown().reply_to.as_deref(), Some("wamid.X"));
    world.simulator.look(LINE, ANA).unwrap();
    let mut told = world.heard().await;
    world.simulator.look(LINE, ANA).unwrap();
    told.extend(world.heard().await);
    let steps: Vec<&Value> = told.iter().map(|webhook| &value(webhook)["statuses"][0]).collect();
    let words: Vec<&str> = steps.iter().filter_map(|step| step["status"].as_str()).collect();
    assert_eq!(words, ["sent", "delivered", "read"]);
    for step in steps {
        assert_eq!(step["id"], id);
        assert_eq!(step["recipient_id"], ANA);
        assert_eq!(step["biz_opaque_callback_data"], "our-1");
        assert_eq!(step["timestamp"], "1710170000");
    }
}

/// A token that fits nothing, no token, and a token that may not see this number are told apart.
#[tokio::test]
async fn who_calls_is_checked() {
    let world = World::new().opened().await;
    let path = "/cloud_api/v23.0/111/messages";
    for token in [None, Some("other")] {
        let (status, body) = world.raw("POST", path, token, &text("x")).await;
        let body: Value = serde_json::from_slice(&body).unwrap();
        assert_eq!((status, code(&body)), (StatusCode::UNAUTHORIZED, 190));
        assert_eq!(body["error"]["type"], "OAuthException");
    }
    let (status, body) = world.call("POST", "999/messages", &text("x")).await;
    assert_eq!((status, code(&body)), (StatusCode::BAD_REQUEST, 100));
    assert_eq!(body["error"]["error_subcode"], 33);
    for path in
        ["/cloud_api/23/111/messages", "/cloud_api/v23/111/messages", "/cloud_api/v23.0/a/b/c"]
    {
        let (_, body) = world.raw("POST", path, Some(TOKEN), &text("x")).await;
        assert_eq!(code(&serde_json::from_slice(&body).unwrap()), 2500, "{path}");
    }
}

fn with(mut body: Value, key: &str, value: Value) -> Value {
    body[key] = value;
    body
}

fn without(mut body: Value, key: &str) -> Value {
    body.as_object_mut().unwrap().remove(key);
    body
}

fn buttons(titles: &[&str]) -> Value {
    let buttons: Vec<Value> = titles
        .iter()
        .map(|title| json!({ "type": "reply", "reply": { "id": title, "title": title } }))
        .collect();
    json!({ "type": "button", "body": { "text": "?" }, "action": { "buttons": buttons } })
}

fn list(rows: usize) -> Value {
    let rows: Vec<Value> =
        (0..rows).map(|n| json!({ "id": n.to_string(), "title": format!("Row {n}") })).collect();
    json!({ "type": "list", "body": { "text": "?" },
            "action": { "button": "Open", "sections": [{ "title": "All", "rows": rows }] } })
}

/// Everything that is not as documented is refused with the platform's code.
#[tokio::test]
async fn a_call_that_is_not_as_documented_is_refused() {
    let world = World::new().opened().await;
    let long = "x".repeat(4097);
    let link = "https://files.example/1";
    let rows = [
        (json!([]), 100),
        (without(text("x"), "messaging_product"), 131_008),
        (with(text("x"), "messaging_product", json!("sms")), 100),
        (with(text("x"), "recipient_type", json!("group")), 100),
        (without(text("x"), "to"), 131_008),
        (with(text("x"), "to", json!("ana")), 100),
        (with(text("x"), "recipient", json!("CO.1")), 100),
        (with(without(text("x"), "to"), "recipient", json!("573001234567")), 100),
        (with(text("x"), "type", json!("hologram")), 100),
        (without(text("x"), "text"), 131_008),
        (with(text("x"), "extra", json!(1)), 100),
        (with(text("x"), "context", json!({ "id": "wamid.X" })), 100),
        (with(text("x"), "biz_opaque_callback_data", json!("x".repeat(513))), 131_009),
        (text(""), 131_009),
        (text(&long), 131_009),
        (message("text", &json!({ "text": "x" })), 100),
        (message("text", &json!({ "body": 1 })), 100),
        (message("text", &json!({ "body": "x", "preview_url": "yes" })), 100),
        (message("image", &json!({})), 100),
        (message("image", &json!({ "link": link, "id": "1" })), 100),
        (message("image", &json!({ "link": "files/1" })), 131_009),
        (message("image", &json!({ "id": "nobody-uploaded-it" })), 100),
        (message("audio", &json!({ "link": link, "caption": "x" })), 100),
        (message("sticker", &json!({ "link": link, "caption": "x" })), 100),
        (message("image", &json!({ "link": link, "filename": "x" })), 100),
        (message("location", &json!({ "latitude": "1", "longitude": 2 })), 100),
        (message("location", &json!({ "latitude": 91, "longitude": 2 })), 131_009),
        (message("contacts", &json!([])), 131_009),
        (message("contacts", &json!([{ "name": {} }])), 131_008),
        (message("reaction", &json!({ "message_id": "wamid.X" })), 131_008),
        (message("interactive", &buttons(&[])), 131_009),
        (message("interactive", &buttons(&["a", "b", "c", "d"])), 131_009),
        (message("interactive", &buttons(&["a", "a"])), 131_009),
        (message("interactive", &buttons(&["a title of 21 letters"])), 131_009),
        (message("interactive", &list(11)), 131_009),
        (
            message(
                "interactive",
                &with(list(1), "header", json!({ "type": "image", "image": {} })),
            ),
            100,
        ),
        (message("interactive", &json!({ "type": "button", "body": { "text": "" } })), 131_009),
        (message("template", &json!({ "name": "x" })), 131_008),
        (message("template", &json!({ "name": "x", "language": "es" })), 100),
        (message("template", &json!({ "name": "x", "language": { "code": "es" } })), 132_001),
    ];
    for (body, expected) in rows {
        let (status, answer) = world.send(&body).await;
        assert_eq!(code(&answer), expected, "{body} {answer}");
        assert!(status.is_client_error());
        assert!(!answer["error"]["error_data"]["details"].as_str().unwrap().is_empty());
    }
    assert_eq!(world.heard().await, Vec::<Value>::new());
}

/// T1, T61: what the user sees of each kind.
#[tokio::test]
async fn every_kind_is_shown() {
    let world = World::new().opened().await;
    let link = "https://files.example/1";
    let cta = json!({ "type": "cta_url", "body": { "text": "Pague" }, "footer": { "text": "Hoy" },
        "header": { "type": "text", "text": "Factura" },
        "action": { "name": "cta_url", "parameters": { "display_text": "Pagar", "url": link } } });
    let ask = json!({ "type": "location_request_message", "body": { "text": "¿Dónde?" },
        "action": { "name": "send_location" } });
    let card = json!([{ "name": { "formatted_name": "Luis" }, "phones": [{ "phone": "+1555" }] }]);
    for (body, see) in [
        (message("document", &json!({ "link": link, "caption": "c", "filename": "f.pdf" })), "c"),
        (message("audio", &json!({ "link": link })), ""),
        (message("location", &json!({ "latitude": 4.6, "longitude": -74.08, "name": "n" })), ""),
        (message("contacts", &card), ""),
        (message("reaction", &json!({ "message_id": "wamid.X", "emoji": "" })), ""),
        (message("interactive", &buttons(&["Sí", "No"])), "?"),
        (message("interactive", &list(10)), "?"),
        (message("interactive", &cta), "Pague"),
        (message("interactive", &ask), "¿Dónde?"),
    ] {
        let (status, answer) = world.send(&body).await;
        assert_eq!(status, StatusCode::OK, "{answer}");
        assert_eq!(world.shown().body, see, "{body}");
    }
    world.send(&message("interactive", &cta)).await;
    let shown = world.shown();
    assert_eq!((shown.header.as_str(), shown.footer.as_str()), ("Factura", "Hoy"));
    let url = Button::Url { title: "Pagar".to_owned(), url: link.to_owned() };
    assert_eq!(shown.buttons, [url]);
    world.send(&message("interactive", &list(2))).await;
    assert_eq!(world.shown().list.unwrap().sections[0].rows.len(), 2);
    world.send(&message("video", &json!({ "link": link }))).await;
    assert_eq!(world.shown().file.unwrap().kind, FileKind::Video);
}

/// T2: a closed window refuses at once or later, as both occur; who is not there is found out later.
#[tokio::test]
async fn what_whatsapp_refuses_is_told_at_once_or_later() {
    let world = World::new().opened().await;
    world.forward(24 * HOUR_MILLIS).await;
    let (status, answer) = world.send(&text("x")).await;
    assert_eq!((status, code(&answer)), (StatusCode::BAD_REQUEST, 131_047));
    let mut line = world.simulator.line(LINE).unwrap();
    line.settings.insert("refuses".to_owned(), "later".to_owned());
    world.simulator.put_line(line);
    let (status, _) = world.send(&text("x")).await;
    assert_eq!(status, StatusCode::OK);
    let absent = "573009999999";
    world.simulator.change(|state| state.absent.insert(absent.to_owned()));
    let (status, _) = world.send(&with(text("x"), "to", json!(absent))).await;
    assert_eq!(status, StatusCode::OK);
    let failed: Vec<Value> = world
        .heard()
        .await
        .iter()
        .map(|webhook| value(webhook)["statuses"][0].clone())
        .map(|status| json!([status["status"], status["errors"][0]["code"]]))
        .collect();
    assert_eq!(failed, [json!(["failed", 131_047]), json!(["failed", 131_026])]);
}

/// Faults on demand are answered in the platform's words.
#[tokio::test]
async fn faults_are_played() {
    let world = World::new().opened().await;
    let code_of =
        |code: &str| SendFault::Code { code: code.to_owned(), text: "On demand".to_owned() };
    let faults = [
        (SendFault::RateLimited, 429, 130_429),
        (SendFault::Unavailable { status: 503 }, 503, 2),
        (SendFault::Garbage, 502, 0),
        (code_of("131056"), 400, 131_056),
        (code_of("80007"), 429, 80_007),
        (code_of("190"), 401, 190),
    ];
    for (fault, status, expected) in faults {
        world.fail_next(fault);
        let (got, answer) = world.send(&text("x")).await;
        assert_eq!((got.as_u16(), code(&answer)), (status, expected));
    }
    assert_eq!(world.send(&text("x")).await.0, StatusCode::OK);
}

/// T2: a user's file is looked up and then fetched, with the token both times, while the link is good.
#[tokio::test]
async fn a_file_is_looked_up_and_fetched() {
    let world = World::new();
    let bytes = Arc::new(b"\xff\xd8jpeg".to_vec());
    let file = StoredFile { mime: "image/jpeg".to_owned(), filename: None, bytes: bytes.clone() };
    let id = world.simulator.put_file(file);
    let (status, found) =
        world.call("GET", &format!("{id}?phone_number_id=111"), &Value::Null).await;
    assert_eq!(status, StatusCode::OK, "{found}");
    assert_eq!((&found["mime_type"], &found["file_size"]), (&json!("image/jpeg"), &json!("6")));
    let url = found["url"].as_str().unwrap().strip_prefix(ADDRESS).unwrap();
    let (status, got) = world.raw("GET", url, Some(TOKEN), &Value::Null).await;
    assert_eq!((status, &got), (StatusCode::OK, &*bytes));
    assert_eq!(world.raw("GET", url, None, &Value::Null).await.0, StatusCode::UNAUTHORIZED);
    world.forward(300_000).await;
    assert_eq!(world.raw("GET", url, Some(TOKEN), &Value::Null).await.0, StatusCode::NOT_FOUND);
    let other = format!("{id}?phone_number_id=999");
    assert_eq!(world.call("GET", &other, &Value::Null).await.0, StatusCode::UNAUTHORIZED);
    let (_, answer) = world.call("GET", "0000", &Value::Null).await;
    assert_eq!(code(&answer), 100);
}

#[tokio::test]
async fn the_number_tells_about_itself() {
    let world = World::new();
    let (status, number) = world.call("GET", "111?fields=id,status", &Value::Null).await;
    assert_eq!(status, StatusCode::OK);
    assert_eq!((&number["id"], &number["status"]), (&json!("111"), &json!("CONNECTED")));
}

/// Webhooks go where the handshake was answered, and nowhere else.
#[tokio::test]
async fn the_subscription_shakes_hands_first() {
    let world = World::new();
    let subscribe =
        |url: &str, token: &str| json!({ "override_callback_uri": url, "verify_token": token });
    let url = "https://gateway.example/other";
    let body = subscribe(url, "not the token");
    let (status, answer) = world.call("POST", "222/subscribed_apps", &body).await;
    assert_eq!((status, code(&answer)), (StatusCode::BAD_REQUEST, 2200));
    assert_eq!(world.simulator.line(LINE).unwrap().webhook_url, HOOK);
    let body = subscribe(url, VERIFY_TOKEN);
    let (status, answer) = world.call("POST", "222/subscribed_apps", &body).await;
    assert_eq!((status, &answer["success"]), (StatusCode::OK, &json!(true)));
    assert_eq!(world.simulator.line(LINE).unwrap().webhook_url, url);
    assert_eq!(world.gateway.asked.lock().unwrap().len(), 2);
    let (_, answer) = world.call("GET", "222/subscribed_apps", &Value::Null).await;
    assert_eq!(answer["data"][0]["override_callback_uri"], url);
    let (_, answer) =
        world.call("POST", "222/subscribed_apps", &json!({ "override_callback_uri": url })).await;
    assert_eq!(code(&answer), 131_008);
}

#[tokio::test]
async fn a_message_is_marked_as_read() {
    let world = World::new();
    let id = world.says_text("Hola");
    let read = |id: &str| {
        json!({ "messaging_product": "whatsapp", "status": "read", "message_id": id,
                "typing_indicator": { "type": "text" } })
    };
    assert_eq!(world.send(&read(&id)).await, (StatusCode::OK, json!({ "success": true })));
    assert_eq!(code(&world.send(&read("wamid.nobody")).await.1), 100);
}

/// Whoever hides the number is written to by the other id, and comes back with it.
#[tokio::test]
async fn a_hidden_number_is_never_told() {
    let world = World::new();
    let mut user = User::new(ANA, "Ana");
    user.scoped_id = Some("CO.abc123".to_owned());
    world.simulator.put_user(user);
    world.says_text("Hola");
    let heard = world.heard().await;
    let value = value(&heard[0]);
    assert_eq!(value["messages"][0]["from_user_id"], "CO.abc123");
    assert!(!heard[0].to_string().contains(ANA), "{value}");
    let body = with(without(text("x"), "to"), "recipient", json!("CO.abc123"));
    let (status, answer) = world.send(&body).await;
    assert_eq!(status, StatusCode::OK, "{answer}");
    assert_eq!(answer["contacts"], json!([{ "input": "CO.abc123", "user_id": "CO.abc123" }]));
    let heard = world.heard().await;
    assert_eq!(super::value(&heard[0])["statuses"][0]["recipient_user_id"], "CO.abc123");
}
