//! Templates: creation, review, list, sending.

use super::*;
use crate::message::Button;
use crate::template::{CategoryChange, Review};

fn components() -> Value {
    json!([
        { "type": "BODY", "text": "Hola {{1}}, su código es {{2}}.",
          "example": { "body_text": [["Ana", "42"]] } },
        { "type": "BUTTONS", "buttons": [
            { "type": "QUICK_REPLY", "text": "Continuar" },
            { "type": "QUICK_REPLY", "text": "Cancelar" },
            { "type": "URL", "text": "Ver", "url": "https://a.example/{{1}}", "example": ["7"] },
            { "type": "PHONE_NUMBER", "text": "Llamar", "phone_number": "+15550102030" } ] },
    ])
}

fn template(name: &str) -> Value {
    json!({ "name": name, "language": "pt_BR", "category": "UTILITY", "components": components() })
}

async fn create(world: &World, body: &Value) -> (StatusCode, Value) {
    world.call("POST", "222/message_templates", body).await
}

fn sending(values: &[&str]) -> Value {
    let parameters: Vec<Value> =
        values.iter().map(|value| json!({ "type": "text", "text": value })).collect();
    message(
        "template",
        &json!({ "name": "welcome", "language": { "code": "pt_BR" }, "components": [
        { "type": "body", "parameters": parameters },
        { "type": "button", "sub_type": "quick_reply", "index": "0",
          "parameters": [{ "type": "payload", "payload": "yes-1" }] },
        { "type": "button", "sub_type": "url", "index": 2,
          "parameters": [{ "type": "text", "text": "9" }] },
    ] }),
    )
}

/// T25, T45, T48: submitted, in review, approved with a webhook, sent to a user who never wrote (T22).
#[tokio::test]
async fn a_template_is_reviewed_and_then_sent() {
    let world = World::new();
    let (status, created) = create(&world, &template("welcome")).await;
    assert_eq!((status, &created["status"]), (StatusCode::OK, &json!("PENDING")));
    let id = created["id"].as_str().unwrap();
    let (status, refused) = world.send(&sending(&["Ana", "42"])).await;
    assert_eq!((status, &refused["error"]["code"]), (StatusCode::NOT_FOUND, &json!(132_001)));
    world.simulator.decide_template(id, Review::Approved).unwrap();
    let heard = world.heard().await;
    assert_eq!(heard[0]["entry"][0]["changes"][0]["field"], "message_template_status_update");
    let told = value(&heard[0]);
    assert_eq!((&told["event"], &told["reason"]), (&json!("APPROVED"), &json!("NONE")));
    assert_eq!(told["message_template_id"].as_u64().unwrap().to_string(), id);
    let (status, answer) = world.send(&sending(&["Ana", "42"])).await;
    assert_eq!(status, StatusCode::OK, "{answer}");
    assert_eq!(answer["messages"][0]["message_status"], "accepted");
    let shown = world.shown();
    assert_eq!(shown.body, "Hola Ana, su código es 42.");
    let reply = |payload: &str, title: &str| Button::QuickReply {
        payload: payload.to_owned(),
        title: title.to_owned(),
    };
    assert_eq!(shown.buttons[..2], [reply("yes-1", "Continuar"), reply("Cancelar", "Cancelar")]);
    let url = Button::Url { title: "Ver".to_owned(), url: "https://a.example/9".to_owned() };
    assert_eq!(shown.buttons[2], url);
}

/// T46, T47: what is paused, switched off or filled wrongly is refused with its own code.
#[tokio::test]
async fn what_does_not_fit_is_refused() {
    let world = World::new();
    let (_, created) = create(&world, &template("welcome")).await;
    let id = created["id"].as_str().unwrap();
    let rejected = Review::Rejected { reason: "PROMOTIONAL".to_owned() };
    for (review, expected) in [
        (rejected, 132_001),
        (Review::Paused, 132_015),
        (Review::Disabled, 132_016),
        (Review::Approved, 0),
    ] {
        world.simulator.decide_template(id, review).unwrap();
        let (_, answer) = world.send(&sending(&["Ana", "42"])).await;
        assert_eq!(answer["error"]["code"].as_i64().unwrap_or_default(), expected, "{answer}");
    }
    let component = |component: Value| {
        let mut body = sending(&["Ana", "42"]);
        body["template"]["components"].as_array_mut().unwrap().push(component);
        body
    };
    let payload = json!([{ "type": "payload", "payload": "x" }]);
    for (body, expected) in [
        (sending(&["Ana"]), 132_000),
        (sending(&["Ana", "42", "x"]), 132_000),
        (sending(&["Ana", " "]), 132_012),
        (
            component(
                json!({ "type": "button", "sub_type": "quick_reply", "index": "3", "parameters": payload }),
            ),
            132_012,
        ),
        (
            component(
                json!({ "type": "button", "sub_type": "quick_reply", "index": "9", "parameters": payload }),
            ),
            132_012,
        ),
        (
            component(json!({ "type": "header", "parameters": [{ "type": "text", "text": "x" }] })),
            132_012,
        ),
        (component(json!({ "type": "footer" })), 100),
    ] {
        let (_, answer) = world.send(&body).await;
        assert_eq!(answer["error"]["code"], expected, "{body}");
    }
}

/// T24: what the platform refuses at once has the subcode that says why.
#[tokio::test]
async fn a_bad_template_is_refused_at_once() {
    let world = World::new();
    assert_eq!(create(&world, &template("welcome")).await.0, StatusCode::OK);
    let body = |text: &str, samples: Value| {
        let mut body = template("other");
        body["components"] =
            json!([{ "type": "BODY", "text": text, "example": { "body_text": [samples] } }]);
        body
    };
    let with = |key: &str, value: Value| {
        let mut body = template("other");
        body[key] = value;
        body
    };
    let header = |example: Value| {
        json!([{ "type": "HEADER", "format": "IMAGE", "example": example },
               { "type": "BODY", "text": "Hola" }])
    };
    let two_groups = json!([{ "type": "BODY", "text": "Hola" }, { "type": "BUTTONS", "buttons": [
        { "type": "QUICK_REPLY", "text": "A" }, { "type": "URL", "text": "B", "url": "https://b.example" },
        { "type": "QUICK_REPLY", "text": "C" } ] }]);
    for (body, subcode) in [
        (template("welcome"), 2_388_024),
        (with("name", json!("Not Lower")), 0),
        (with("language", json!("pt-BR")), 0),
        (with("category", json!("OTHER")), 0),
        (with("components", json!([{ "type": "FOOTER", "text": "x" }])), 2_388_072),
        (with("components", json!([{ "type": "BODY", "text": "x".repeat(1025) }])), 0),
        (with("components", header(json!({}))), 0),
        (with("components", two_groups), 0),
        (body("{{1}} hola", json!(["a"])), 2_388_299),
        (body("hola {{1}}", json!(["a"])), 2_388_299),
        (body("hola {{2}} x", json!(["a"])), 2_388_072),
        (body("hola {{.name}} x", json!(["a"])), 2_388_072),
        (body("hola {{1}}{{2}} x y z", json!(["a", "b"])), 2_388_072),
        (body("hola {{1}}, {{2}} x", json!(["a", "b"])), 2_388_293),
        (body("hola {{1}} x", json!([])), 2_388_043),
        (body("hola {{1}} x", json!(["a", "b"])), 2_388_043),
    ] {
        let (status, answer) = create(&world, &body).await;
        assert_eq!(status, StatusCode::BAD_REQUEST, "{body}");
        let got = answer["error"]["error_subcode"].as_i64().unwrap_or_default();
        assert_eq!(got, subcode, "{body} {answer}");
    }
    let address = with("components", header(json!({ "header_handle": ["https://a.example/1"] })));
    assert_eq!(create(&world, &address).await.0, StatusCode::BAD_REQUEST);
}

/// A file is told of first, then written under another word for the token, and its handle stands in a template of its
/// kind.
#[tokio::test]
async fn a_sample_is_uploaded_to_the_app() {
    let world = World::new();
    let begin = |length: usize, kind: &str| {
        format!("333/uploads?file_name=a.png&file_length={length}&file_type=image%2F{kind}")
    };
    let (status, _) = world.call("POST", &begin(4, "gif"), &Value::Null).await;
    assert_eq!(status, StatusCode::BAD_REQUEST, "no type of a sample");
    let (status, begun) = world.call("POST", &begin(4, "png"), &Value::Null).await;
    assert_eq!(status, StatusCode::OK, "{begun}");
    let path = format!("/cloud_api/v23.0/{}", begun["id"].as_str().unwrap());
    let write = |path: &str, word: &str, bytes: &'static [u8]| {
        let request = Request::post(path)
            .header("authorization", format!("{word} {TOKEN}"))
            .header("file_offset", "0")
            .body(Body::from(bytes));
        world.fetch_json(request.unwrap())
    };
    for (path, word, bytes) in [
        (path.as_str(), "Bearer", b"1234".as_slice()),
        (path.as_str(), "OAuth", b"123"),
        (path.split('?').next().unwrap(), "OAuth", b"1234"),
    ] {
        assert!(!write(path, word, bytes).await.0.is_success(), "{path} {word}");
    }
    let (status, written) = write(&path, "OAuth", b"1234").await;
    assert_eq!(status, StatusCode::OK);
    let handle = written["h"].clone();
    let submitted = |format: &str| {
        let mut body = template("picture");
        let example = json!({ "header_handle": [handle] });
        body["components"] = json!([
            { "type": "HEADER", "format": format, "example": example },
            { "type": "BODY", "text": "Hola" },
        ]);
        body
    };
    assert_eq!(create(&world, &submitted("VIDEO")).await.0, StatusCode::BAD_REQUEST);
    assert_eq!(create(&world, &submitted("IMAGE")).await.0, StatusCode::OK);
}

/// What the platform words itself has no text of ours, and the code is a value of body and button.
#[tokio::test]
async fn an_authentication_template_is_worded_by_the_platform() {
    let world = World::new();
    let submitted = |components: Value| json!({ "name": "code", "language": "en", "category": "AUTHENTICATION", "components": components });
    let button = json!({ "type": "OTP", "otp_type": "COPY_CODE" });
    let buttons = json!({ "type": "BUTTONS", "buttons": [button] });
    let ours = json!([{ "type": "BODY", "text": "Your code is {{1}}." }, buttons]);
    assert_eq!(create(&world, &submitted(ours)).await.0, StatusCode::BAD_REQUEST);
    let (status, created) = create(
        &world,
        &submitted(json!([
            { "type": "BODY", "add_security_recommendation": true },
            { "type": "FOOTER", "code_expiration_minutes": 5 }, buttons,
        ])),
    )
    .await;
    assert_eq!(status, StatusCode::OK, "{created}");
    world.simulator.decide_template(created["id"].as_str().unwrap(), Review::Approved).unwrap();
    let value = json!([{ "type": "text", "text": "123456" }]);
    let body = json!({ "type": "body", "parameters": value });
    let button = json!({ "type": "button", "sub_type": "url", "index": "0", "parameters": value });
    let send = |components: Value| {
        let object =
            json!({ "name": "code", "language": { "code": "en" }, "components": components });
        message("template", &object)
    };
    let (_, refused) = world.send(&send(json!([body]))).await;
    assert_eq!(refused["error"]["code"], 132_012, "the button wants it too");
    assert_eq!(world.send(&send(json!([body, button]))).await.0, StatusCode::OK);
    let shown = world.shown();
    assert!(shown.body.starts_with("123456 is your verification code."), "{shown:?}");
    assert_eq!(shown.footer, "This code expires in 5 minutes.");
    let copy = Button::CopyCode { title: "Copy code".to_owned(), code: "123456".to_owned() };
    assert_eq!(shown.buttons, [copy]);
}

/// Another category is told when it has come, and a day ahead.
#[tokio::test]
async fn another_category_is_told() {
    let world = World::new();
    let (_, created) = create(&world, &template("welcome")).await;
    let id = created["id"].as_str().unwrap();
    for (is_announced, told) in [
        (true, json!({ "new_category": "UTILITY", "correct_category": "MARKETING" })),
        (false, json!({ "previous_category": "UTILITY", "new_category": "MARKETING" })),
    ] {
        let change = CategoryChange { category: "MARKETING".to_owned(), is_announced };
        world.simulator.recategorize_template(id, &change).unwrap();
        let heard = world.heard().await;
        assert_eq!(heard[0]["entry"][0]["changes"][0]["field"], "template_category_update");
        for (name, word) in told.as_object().unwrap() {
            assert_eq!(value(&heard[0])[name], *word, "{heard:?}");
        }
    }
    let (_, list) = world.call("GET", "222/message_templates", &Value::Null).await;
    assert_eq!(list["data"][0]["category"], "MARKETING");
}

/// T44: the list goes page by page to its end, and forgets what was deleted.
#[tokio::test]
async fn the_list_goes_page_by_page() {
    let world = World::new();
    for name in ["a_1", "b_2", "c_3"] {
        create(&world, &template(name)).await;
    }
    let (_, first) = world.call("GET", "222/message_templates?limit=2", &Value::Null).await;
    let names = |page: &Value| -> Vec<String> {
        let rows = page["data"].as_array().unwrap();
        rows.iter().map(|row| row["name"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(names(&first), ["a_1", "b_2"]);
    assert_eq!(first["data"][0]["rejected_reason"], "NONE");
    assert!(first["paging"]["next"].is_string());
    let after = first["paging"]["cursors"]["after"].as_str().unwrap();
    let path = format!("222/message_templates?limit=2&after={after}");
    let (_, second) = world.call("GET", &path, &Value::Null).await;
    assert_eq!(names(&second), ["c_3"]);
    assert!(second["paging"]["next"].is_null() && second["paging"]["cursors"]["after"].is_string());
    let (status, _) = world.call("DELETE", "222/message_templates?name=a_1", &Value::Null).await;
    assert_eq!(status, StatusCode::OK);
    let (status, _) = world.call("DELETE", "222/message_templates?name=a_1", &Value::Null).await;
    assert_eq!(status, StatusCode::BAD_REQUEST);
    let (_, rest) = world.call("GET", "222/message_templates", &Value::Null).await;
    assert_eq!(names(&rest), ["b_2", "c_3"]);
}
