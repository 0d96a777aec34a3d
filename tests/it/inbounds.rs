//! Inbounds: the text that starts a flow (contracts 2).

use serde_json::json;
use tests::Bundle;
use tests::stage::{inbound_fields, text};

const INBOUNDS: &str = "/v1/whatsapp/inbounds";

fn greeting() -> serde_json::Value {
    json!([{ "id": "name", "type": "question", "answer": "text", "text": "¿Cómo te llamas?" }])
}

/// T9, T16, T17, T18: a form makes an inbound, and the answer holds what was stored and the link.
#[tokio::test]
async fn a_form_makes_an_inbound_with_its_link() {
    let bundle = Bundle::start().await;
    let shop = bundle.customer().await;
    let number = shop.meta("573177700000").await;
    let flow = shop.flow(greeting()).await;
    let made = shop.inbound(&number, &flow, "¿Qué tal? 50% + IVA & más #1").await;
    assert_eq!(made["waba_provider"], "cloud_api");
    assert_eq!(made["waba_phone_number"], "573177700000");
    assert_eq!(made["flow_id"], flow);
    assert_eq!(made["inbound_message"], "¿Qué tal? 50% + IVA & más #1");
    assert_eq!(made["status"], "active");
    assert_eq!(made["creation_date"], "2024-03-11T15:00:00.000Z");
    assert_eq!(
        made["link"],
        "https://api.whatsapp.com/send?phone=573177700000\
         &text=%C2%BFQu%C3%A9%20tal%3F%2050%25%20%2B%20IVA%20%26%20m%C3%A1s%20%231"
    );
    let id = text(&made, "inbound_id");
    assert_eq!((&id[..3], id.len()), ("INB", 35));
}

/// T20, T21: an inbound is read with its link, listed, changed and deleted.
#[tokio::test]
async fn an_inbound_is_read_listed_changed_and_deleted() {
    let bundle = Bundle::start().await;
    let shop = bundle.customer().await;
    let number = shop.meta("573177700000").await;
    let flow = shop.flow(greeting()).await;
    let made = shop.inbound(&number, &flow, "Hola 😊").await;
    let path = format!("{INBOUNDS}/{}", text(&made, "inbound_id"));
    assert_eq!(shop.get(&path).await.expect(200), made);
    let list = format!("{INBOUNDS}?waba_phone_number=573177700000&flow_id={flow}");
    assert_eq!(shop.get(&list).await.expect(200)["items"], json!([made]));

    let changed = shop.put(&path, &json!({ "inbound_message": "Empezar" })).await.expect(200);
    assert_eq!(changed["inbound_message"], "Empezar");
    assert!(text(&changed, "link").ends_with("&text=Empezar"));
    let ana = number.person("573001234567", "Ana");
    ana.says("Hola 😊").await;
    assert_eq!(ana.sees(), [""; 0], "the old text starts nothing any more");
    ana.says("empezar").await;
    assert_eq!(ana.sees(), ["¿Cómo te llamas?"]);

    shop.delete(&path).await.expect(204);
    shop.get(&path).await.expect_error(404, "");
    assert_eq!(shop.get(&list).await.expect(200)["items"], json!([]));
    // The text is free again.
    shop.inbound(&number, &flow, "Empezar").await;
    bundle.assert_no_dead_letters();
}

/// T10: without the right key nothing is made; the header's name is written in any case.
#[tokio::test]
async fn without_the_right_key_nothing_is_made() {
    let bundle = Bundle::start().await;
    let shop = bundle.customer().await;
    let number = shop.meta("573177700000").await;
    let flow = shop.flow(greeting()).await;
    let fields = inbound_fields(&number, &flow, "Testing message");
    let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
    let form = "application/x-www-form-urlencoded";
    let post = || http::Request::post(INBOUNDS).header("content-type", form);
    for request in
        [post(), post().header("truora-api-key", ""), post().header("truora-api-key", "wrong")]
    {
        let reply = bundle.call(request.body(body.clone().into_bytes()).unwrap()).await;
        assert_eq!(reply.headers["content-type"], "application/problem+json");
        reply.expect_error(401, "");
    }
    assert_eq!(shop.get(INBOUNDS).await.expect(200)["items"], json!([]));
    for name in ["TRUORA-API-KEY", "Truora-Api-Key"] {
        let request =
            http::Request::get(INBOUNDS).header(name, &shop.key).body(Vec::new()).unwrap();
        bundle.call(request).await.expect(200);
    }
    let bearer =
        http::Request::get(INBOUNDS).header("authorization", format!("Bearer {}", shop.key));
    bundle.call(bearer.body(Vec::new()).unwrap()).await.expect(200);
}

/// T11: forms and JSON are read, anything else is not.
#[tokio::test]
async fn forms_and_json_are_read_and_nothing_else() {
    let bundle = Bundle::start().await;
    let shop = bundle.customer().await;
    let number = shop.meta("573177700000").await;
    let flow = shop.flow(greeting()).await;
    let fields: serde_json::Map<_, _> = inbound_fields(&number, &flow, "por JSON")
        .into_iter()
        .map(|(name, value)| (name.to_owned(), value.into()))
        .collect();
    let made = shop.post(INBOUNDS, &fields.into()).await.expect(201);
    assert_eq!(made["inbound_message"], "por JSON");
    let request = shop.request("POST", INBOUNDS).header("content-type", "text/plain");
    shop.call(request, b"waba_provider=gupshup".to_vec()).await.expect_error(415, "");
}

/// T12-T15: each field's rule, and what is unknown.
#[tokio::test]
async fn each_field_has_its_rule() {
    let bundle = Bundle::start().await;
    let (shop, other) = (bundle.customer().await, bundle.customer().await);
    let number = shop.meta("573177700000").await;
    let strange = other.meta("573177700009").await;
    let flow = shop.flow(greeting()).await;
    let strange_flow = other.flow(greeting()).await;
    let draft = json!({ "name": "A draft", "language": "es", "steps": greeting() });
    let draft = text(&shop.post("/v1/flows", &draft).await.expect(201), "flow_id");
    let unknown = format!("IPF{}", "0".repeat(32));
    let long = "x".repeat(1001);
    let good = inbound_fields(&number, &flow, "Testing message");
    for (row, field, value, status) in [
        ("T12", "waba_provider", "", 400),
        ("T12", "waba_provider", "twilio", 400),
        ("T12", "waba_provider", "gupshup", 400),
        ("T13", "waba_phone_number", "3177700000", 400),
        ("T13", "waba_phone_number", "573177700001", 404),
        ("T13", "waba_phone_number", strange.digits.as_str(), 404),
        ("T14", "flow_id", unknown.as_str(), 404),
        ("T14", "flow_id", strange_flow.as_str(), 404),
        ("T20", "flow_id", draft.as_str(), 404),
        ("T15", "inbound_message", "", 400),
        ("T15", "inbound_message", long.as_str(), 400),
    ] {
        let fields = good.map(|(name, known)| (name, if name == field { value } else { known }));
        let reply = shop.form(INBOUNDS, &fields).await;
        assert_eq!(reply.status, status, "{row}: {field}={value}: {}", reply.json);
    }
    for missing in good.map(|(name, _)| name) {
        let fields: Vec<_> = good.into_iter().filter(|(name, _)| *name != missing).collect();
        let problem = shop.form(INBOUNDS, &fields).await.expect_error(400, missing);
        assert_eq!(problem["details"][0]["field"], missing);
    }
    assert_eq!(shop.get(INBOUNDS).await.expect(200)["items"], json!([]));
}

/// T13, T15: one text per number, compared by its normal form; another number may have it too.
#[tokio::test]
async fn a_text_is_unique_on_its_number() {
    let bundle = Bundle::start().await;
    let shop = bundle.customer().await;
    let (one, two) = (shop.meta("573177700000").await, shop.meta("573177700001").await);
    let flow = shop.flow(greeting()).await;
    shop.inbound(&one, &flow, "Testing message").await;
    for same in ["Testing message", "  TESTING   message "] {
        shop.form(INBOUNDS, &inbound_fields(&one, &flow, same)).await.expect_error(409, "");
    }
    shop.inbound(&two, &flow, "Testing message").await;
    let spelled = [
        ("waba_provider", "cloud_api"),
        ("waba_phone_number", "+57 317-770 0000"),
        ("flow_id", flow.as_str()),
        ("inbound_message", "otro"),
    ];
    assert_eq!(
        shop.form(INBOUNDS, &spelled).await.expect(201)["waba_phone_number"],
        "573177700000"
    );
}

/// T7, T8, X24: the text starts its flow, however it is written, and only as a whole.
#[tokio::test]
async fn the_text_starts_its_flow_once() {
    let bundle = Bundle::start().await;
    let shop = bundle.customer().await;
    let number = shop.meta("573177700000").await;
    let flow = shop.flow(greeting()).await;
    shop.inbound(&number, &flow, "Café de Ana").await;
    for (place, said) in (1..).zip(["Café de Ana", "  CAFÉ   de\nana ", "cafe\u{301} de ana"]) {
        let person = number.person(&format!("57300123456{place}"), "Ana");
        person.says(said).await;
        assert_eq!(person.sees(), ["¿Cómo te llamas?"], "{said:?}");
    }
    let person = number.person("573001234569", "Eva");
    for said in ["cafe de ana", "Café de Ana por favor", "Café", "Café de Ana!"] {
        person.says(said).await;
        assert_eq!(person.sees(), [""; 0], "{said:?}");
    }
    bundle.assert_no_dead_letters();
}

/// T7 (contracts 2.3): the same text again restarts the run, another inbound's text cancels it.
#[tokio::test]
async fn a_running_flow_is_restarted_or_canceled() {
    let bundle = Bundle::start().await;
    let shop = bundle.customer().await;
    let number = shop.meta("573177700000").await;
    let two_questions = json!([
        { "id": "name", "type": "question", "answer": "text", "text": "¿Cómo te llamas?" },
        { "id": "age", "type": "question", "answer": "number", "text": "¿Cuántos años tienes?" },
    ]);
    let (first, second) = (shop.flow(two_questions).await, shop.flow(greeting()).await);
    shop.inbound(&number, &first, "uno").await;
    shop.inbound(&number, &second, "dos").await;
    shop.hook_rule("log", &["whatsapp_session.restarted", "whatsapp_session.canceled"], json!({}))
        .await;
    let ana = number.person("573001234567", "Ana");
    ana.says("uno").await;
    ana.says("Ana").await;
    assert_eq!(ana.sees(), ["¿Cómo te llamas?", "¿Cuántos años tienes?"]);
    ana.says("uno").await;
    assert_eq!(ana.sees(), ["¿Cómo te llamas?"], "from the beginning");
    ana.says("dos").await;
    assert_eq!(ana.sees(), ["¿Cómo te llamas?"]);
    let told: Vec<_> = shop.hooks("log").into_iter().map(|hook| hook.json.unwrap()).collect();
    assert_eq!(told[0]["type"], "whatsapp_session.restarted");
    assert_eq!(told[1]["type"], "whatsapp_session.canceled");
    assert_eq!(told[1]["data"]["flow_id"], first);
    bundle.assert_no_dead_letters();
}

/// T6: what a user sends is recorded, also if nothing fits it.
#[tokio::test]
async fn every_message_is_recorded() {
    let bundle = Bundle::start().await;
    let shop = bundle.customer().await;
    let number = shop.meta("573177700000").await;
    let ana = number.person("573001234567", "Ana Pérez");
    ana.says("nadie me espera").await;
    assert_eq!(ana.sees(), [""; 0]);
    let conversations = shop.get("/v1/conversations").await.expect(200);
    let [conversation] = conversations["items"].as_array().unwrap().as_slice() else {
        panic!("{conversations}")
    };
    assert_eq!(conversation["phone_number"], "573001234567");
    assert_eq!(conversation["channel_id"], number.channel);
    let id = text(conversation, "conversation_id");
    let messages = shop.get(&format!("/v1/conversations/{id}/messages")).await.expect(200);
    assert_eq!(
        messages["items"][0]["message"],
        json!({ "type": "text", "body": "nadie me espera" })
    );
    let other = bundle.customer().await;
    other.get(&format!("/v1/conversations/{id}/messages")).await.expect_error(404, "");
}
