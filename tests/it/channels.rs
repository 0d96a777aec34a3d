//! Channels by the API: their object, credentials, activation and its warnings (contracts 13), apps that guard them.

use serde_json::{Value, json};
use shared::store::CACHE;
use tests::stage::text;
use tests::{Bundle, Customer};

/// A number at Meta that the simulator does not know: its check is refused.
fn meta(digits: &str, base_url: &str) -> Value {
    json!({
        "name": "Shop", "provider": "cloud_api", "phone_number": digits, "default_country": "CO",
        "credentials": { "access_token": "very-secret-token", "app_secret": "very-secret-secret",
                         "verify_token": "very-secret-word" },
        "settings": { "phone_number_id": "1", "waba_id": "2", "base_url": base_url },
    })
}

/// A number at GupShup's enterprise gateway.
fn gupshup(digits: &str) -> Value {
    json!({
        "name": "Shop", "provider": "gupshup", "phone_number": digits, "default_country": "CO",
        "credentials": { "mobile_number": digits, "waba_id": "2000123456", "password": "very-secret" },
        "active": true,
    })
}

const SIMULATED: &str = "https://simulator.test/cloud_api";

async fn channel(customer: &Customer<'_>, body: &Value) -> (String, Value) {
    let channel = customer.post("/v1/channels", body).await.expect(201);
    (format!("/v1/channels/{}", text(&channel, "channel_id")), channel)
}

/// K24: the password and all other secrets are stored sealed and never shown.
#[tokio::test]
async fn credentials_are_never_shown() {
    let bundle = Bundle::start().await;
    let shop = bundle.customer().await;
    let (path, channel) = channel(&shop, &meta("573177700000", SIMULATED)).await;
    let change = json!({ "credentials": { "access_token": "very-secret-too" } });
    let changed = shop.put(&path, &change).await.expect(200);
    let listed = shop.get("/v1/channels").await.expect(200);
    let read = shop.get(&path).await.expect(200);
    for shown in [&channel, &changed, &listed, &read] {
        assert!(!shown.to_string().contains("very-secret"), "{shown}");
    }
    for item in bundle.engine.items().unwrap() {
        assert!(!item.to_string().contains("very-secret"), "{item}");
    }
    assert_eq!(read["settings"]["phone_number_id"], "1");
    assert_eq!(read["type"], "messaging");
    assert_eq!(read["active"], false);
}

/// K24: what the provider needs is asked for by name, wherever it stands.
#[tokio::test]
async fn a_provider_asks_for_its_credentials_by_name() {
    let bundle = Bundle::start().await;
    let shop = bundle.customer().await;
    for (object, name) in [
        ("credentials", "access_token"),
        ("credentials", "app_secret"),
        ("credentials", "verify_token"),
        ("settings", "phone_number_id"),
    ] {
        let mut body = meta("573177700000", SIMULATED);
        body[object].as_object_mut().unwrap().remove(name);
        let error = shop.post("/v1/channels", &body).await.expect_error(400, "is required");
        assert_eq!(error["details"][0]["field"], format!("{object}.{name}"));
        body[object][name] = "\u{0}".into();
        let error = shop.post("/v1/channels", &body).await.expect_error(400, "must be");
        assert_eq!(error["details"][0]["field"], format!("{object}.{name}"));
    }
    for name in ["mobile_number", "waba_id", "password"] {
        let mut body = gupshup("573177700000");
        body["credentials"].as_object_mut().unwrap().remove(name);
        let error = shop.post("/v1/channels", &body).await.expect_error(400, "is required");
        assert!(error["details"][0]["field"].as_str().unwrap().ends_with(name), "{error}");
    }
    assert_eq!(shop.get("/v1/channels").await.expect(200)["items"], json!([]));
}

/// D5: a flow that is not published keeps the channel from being activated, and nothing else is saved.
#[tokio::test]
async fn an_unpublished_flow_keeps_a_channel_inactive() {
    let bundle = Bundle::start().await;
    let shop = bundle.customer().await;
    let flow =
        json!({ "name": "Draft", "steps": [ { "id": "a", "type": "message", "text": "Hola" } ] });
    let flow = text(&shop.post("/v1/flows", &flow).await.expect(201), "flow_id");
    let (path, _) = channel(&shop, &meta("573177700000", SIMULATED)).await;
    let change = json!({ "name": "New name", "use_cases": [flow], "active": true });
    let error = shop.put(&path, &change).await.expect_error(409, "publish");
    assert_eq!(error["warnings"], json!(["agent_not_trained"]));
    let read = shop.get(&path).await.expect(200);
    assert_eq!((&read["active"], &read["name"]), (&json!(false), &json!("Shop")));
    shop.post(&format!("/v1/flows/{flow}/publish"), &json!({})).await.expect(200);
    let read = shop.put(&path, &change).await.expect(200);
    assert_eq!((&read["active"], &read["name"]), (&json!(true), &json!("New name")));
}

/// D6, D8: a provider that cannot be reached is a warning; the channel is active.
#[tokio::test]
async fn an_unreachable_provider_is_a_warning() {
    let bundle = Bundle::start().await;
    let shop = bundle.customer().await;
    let mut body = meta("573177700000", "https://nobody.test/x");
    body["active"] = true.into();
    let (path, created) = channel(&shop, &body).await;
    let read = shop.get(&path).await.expect(200);
    for shown in [created, read] {
        assert_eq!(shown["warnings"], json!(["Can't reach channel"]));
        assert_eq!(shown["active"], true);
    }
}

/// D7, D8: a provider that refuses the webhook is a warning; the channel is active. Corrected, the warning is gone.
#[tokio::test]
async fn a_refused_webhook_is_a_warning() {
    let bundle = Bundle::start().await;
    let shop = bundle.customer().await;
    let number = shop.meta("573177700000").await;
    let path = format!("/v1/channels/{}", number.channel);
    let wrong = json!({ "credentials": { "access_token": "somebody-else" } });
    let read = shop.put(&path, &wrong).await.expect(200);
    assert_eq!(read["warnings"], json!(["Couldn't register agent webhook"]));
    assert_eq!(read["active"], true);
    let right = json!({ "credentials": { "access_token": "token-of-573177700000" } });
    let read = shop.put(&path, &right).await.expect(200);
    assert_eq!(read["warnings"], json!([]));
}

/// D4, D9, K11, K12: a channel works from the moment it is saved active, and not any more once it is not.
#[tokio::test]
async fn only_what_is_saved_active_sends() {
    let bundle = Bundle::start().await;
    let shop = bundle.customer().await;
    let number = shop.meta("573177700000").await;
    let path = format!("/v1/channels/{}", number.channel);
    let message = json!({ "channel_id": number.channel, "to": "573001234567",
                          "message": { "type": "text", "body": "Hola" }, "outside_window": "queue" });
    shop.post("/v1/messages", &message).await.expect(202);
    shop.put(&path, &json!({ "active": false })).await.expect(200);
    shop.post("/v1/messages", &message).await.expect_error(409, "not active");
    shop.put(&path, &json!({ "active": true })).await.expect(200);
    shop.post("/v1/messages", &message).await.expect(202);
}

/// T13: a number is one channel of a tenant; spelled otherwise it is the same.
#[tokio::test]
async fn a_number_is_one_channel() {
    let bundle = Bundle::start().await;
    let shop = bundle.customer().await;
    let (path, first) = channel(&shop, &meta("+57 317-770-0000", SIMULATED)).await;
    assert_eq!(first["phone_number"], "573177700000");
    let again = shop.post("/v1/channels", &meta("573177700000", SIMULATED)).await;
    again.expect_error(409, "phone_number");
    let (_, second) = channel(&shop, &meta("573177700001", SIMULATED)).await;
    let taken = json!({ "phone_number": "573177700001" });
    shop.put(&path, &taken).await.expect_error(409, "phone_number");
    let free = json!({ "phone_number": "573177700002" });
    shop.put(&path, &free).await.expect(200);
    // The old number is free again, and another tenant may have any.
    channel(&shop, &meta("573177700000", SIMULATED)).await;
    channel(&bundle.customer().await, &meta("573177700001", SIMULATED)).await;
    assert_ne!(first["stream_id"], second["stream_id"]);
}

/// A channel that inbounds or outbounds speak of is not deleted under them.
#[tokio::test]
async fn a_channel_in_use_stays() {
    let bundle = Bundle::start().await;
    let shop = bundle.customer().await;
    let number = shop.meta("573177700000").await;
    let flow = shop.flow(json!([{ "id": "a", "type": "message", "text": "Hola" }])).await;
    let inbound = shop.inbound(&number, &flow, "Hola").await;
    let path = format!("/v1/channels/{}", number.channel);
    shop.delete(&path).await.expect_error(409, "inbounds");
    shop.delete(&format!("/v1/flows/{flow}")).await.expect_error(409, "inbound");
    let inbound = text(&inbound, "inbound_id");
    shop.delete(&format!("/v1/whatsapp/inbounds/{inbound}")).await.expect(204);
    shop.delete(&path).await.expect(204);
    shop.get(&path).await.expect_error(404, "channel_id");
    shop.delete(&format!("/v1/flows/{flow}")).await.expect(204);
}

/// K28, K32: an app shows its secret once; associated, it guards the webhook, and it cannot be deleted meanwhile.
#[tokio::test]
async fn an_app_guards_a_webhook() {
    let bundle = Bundle::start().await;
    let shop = bundle.customer().await;
    let app = shop.post("/v1/apps", &json!({ "name": "GupShup prod" })).await.expect(201);
    assert!(text(&app, "client_id").starts_with("cs-"));
    assert_eq!(app["algorithm"], "HS256");
    let (id, secret) = (text(&app, "app_id"), text(&app, "client_secret"));
    let read = shop.get(&format!("/v1/apps/{id}")).await.expect(200);
    assert!(read["client_secret"].is_null() && !read.to_string().contains(&secret), "{read}");
    for item in bundle.engine.items().unwrap() {
        assert!(!item.to_string().contains(&secret), "{item}");
    }
    let (path, created) = channel(&shop, &gupshup("573177700000")).await;
    let stream = text(&created, "stream_id");
    let webhook = || {
        let body =
            br#"{"waNumber":"573177700000","mobile":"573001234567","type":"text","text":"Hi"}"#;
        http::Request::post(format!("/v1/webhooks/gupshup/{stream}"))
            .header("content-type", "application/json")
            .body(body.to_vec())
            .unwrap()
    };
    bundle.call(webhook()).await.expect(200);
    // Another function may remember the channel as it was for a while.
    let remembered = || bundle.turn_clock_only(CACHE);
    shop.put(&path, &json!({ "associated_app_id": id })).await.expect(200);
    remembered();
    let refused = bundle.call(webhook()).await.expect(401);
    assert_eq!(refused["message"], "Access token not found");
    shop.delete(&format!("/v1/apps/{id}")).await.expect_error(409, "channel");
    // What is not given stays; null takes it away.
    shop.put(&path, &json!({ "name": "Other" })).await.expect(200);
    remembered();
    bundle.call(webhook()).await.expect(401);
    shop.put(&path, &json!({ "associated_app_id": null })).await.expect(200);
    remembered();
    bundle.call(webhook()).await.expect(200);
    shop.delete(&format!("/v1/apps/{id}")).await.expect(204);
}
