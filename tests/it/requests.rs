//! What all of the API shares: keys and roles, repeated requests, errors, lists.

use std::collections::BTreeSet;
use std::time::Duration;

use serde_json::{Value, json};
use tests::stage::text;
use tests::{Bundle, Customer, Reply};

async fn post_with_key(customer: &Customer<'_>, path: &str, key: &str, body: &Value) -> Reply {
    let request = customer
        .request("POST", path)
        .header("content-type", "application/json")
        .header("Idempotency-Key", key);
    customer.call(request, body.to_string().into_bytes()).await
}

/// A customer with a key of the same tenant that has these roles.
async fn with_roles<'a>(bundle: &'a Bundle, admin: &Customer<'_>, roles: &[&str]) -> Role<'a> {
    let body = json!({ "name": "limited", "roles": roles });
    let key = admin.post("/v1/api-keys", &body).await.expect(201);
    Role { bundle, id: text(&key, "key_id"), key: text(&key, "key") }
}

struct Role<'a> {
    bundle: &'a Bundle,
    id: String,
    key: String,
}

impl Role<'_> {
    async fn call(&self, method: &str, path: &str, body: &Value) -> Reply {
        let request = http::Request::builder()
            .method(method)
            .uri(path)
            .header("authorization", format!("bEaReR {}", self.key))
            .header("content-type", "application/json")
            .body(body.to_string().into_bytes());
        self.bundle.call(request.unwrap()).await
    }
}

/// T10, T26: a key is shown once, opens what its roles allow, and nothing once it is revoked.
#[tokio::test]
async fn a_key_opens_what_its_roles_allow() {
    let bundle = Bundle::start().await;
    let admin = bundle.customer().await;
    let integrator = with_roles(&bundle, &admin, &["integrator"]).await;
    let channels = with_roles(&bundle, &admin, &["channels_admin"]).await;
    let nothing = json!({});
    integrator.call("GET", "/v1/whatsapp/inbounds", &nothing).await.expect(200);
    channels.call("GET", "/v1/whatsapp/inbounds", &nothing).await.expect_error(403, "integrator");
    channels.call("GET", "/v1/apps", &nothing).await.expect(200);
    integrator.call("GET", "/v1/apps", &nothing).await.expect_error(403, "channels_admin");
    for limited in [&integrator, &channels] {
        limited.call("GET", "/v1/api-keys", &nothing).await.expect_error(403, "global_admin");
    }
    let listed = admin.get("/v1/api-keys").await.expect(200);
    assert!(!listed.to_string().contains(&integrator.key), "{listed}");
    for item in bundle.engine.items().unwrap() {
        assert!(!item.to_string().contains(&integrator.key), "{item}");
    }
    admin.delete(&format!("/v1/api-keys/{}", integrator.id)).await.expect(204);
    integrator.call("GET", "/v1/tenant", &nothing).await.expect_error(401, "");
    channels.call("GET", "/v1/tenant", &nothing).await.expect(200);
}

/// Nobody locks a tenant out: a key does not delete itself.
#[tokio::test]
async fn a_key_does_not_delete_itself() {
    let bundle = Bundle::start().await;
    let admin = bundle.customer().await;
    let second = with_roles(&bundle, &admin, &["global_admin"]).await;
    let path = format!("/v1/api-keys/{}", second.id);
    second.call("DELETE", &path, &json!({})).await.expect_error(409, "itself");
    admin.delete(&path).await.expect(204);
}

/// Errors have the members of RFC 9457 and those of contracts 1.2.
#[tokio::test]
async fn an_error_serves_both_kinds_of_clients() {
    let bundle = Bundle::start().await;
    let shop = bundle.customer().await;
    let flow = json!({ "name": "A", "config": { "follow_up_delay": 29 } });
    let reply = shop.post("/v1/flows", &flow).await;
    assert_eq!(reply.headers["content-type"], "application/problem+json");
    let rule = "must be between 30 and 1380 minutes";
    assert_eq!(
        reply.expect(400),
        json!({
            "type": "about:blank", "title": "Bad Request", "status": 400,
            "detail": format!("follow_up_delay {rule}"), "instance": "/v1/flows",
            "code": 10400, "http_code": 400, "message": format!("follow_up_delay {rule}"),
            "details": [ { "field": "follow_up_delay", "message": rule } ],
        })
    );
    let reply = shop.get("/v1/flows").await;
    assert_eq!(reply.headers["content-type"], "application/json; charset=utf-8");
}

/// A repeated request is done once and answered the same again, for a day.
#[tokio::test]
async fn a_repeated_request_is_done_once() {
    let bundle = Bundle::start().await;
    let shop = bundle.customer().await;
    let body = json!({ "name": "App", "algorithm": "HS512" });
    let first = post_with_key(&shop, "/v1/apps", "k-1", &body).await;
    assert!(first.headers.get("idempotent-replayed").is_none());
    let first = first.expect(201);
    let again = post_with_key(&shop, "/v1/apps", "k-1", &body).await;
    assert_eq!(again.headers["idempotent-replayed"], "true");
    assert_eq!(again.expect(201), first, "with the same secret");
    for item in bundle.engine.items().unwrap() {
        assert!(!item.to_string().contains(&text(&first, "client_secret")), "{item}");
    }
    let other = json!({ "name": "Other" });
    post_with_key(&shop, "/v1/apps", "k-1", &other).await.expect_error(422, "Idempotency-Key");
    post_with_key(&shop, "/v1/api-keys", "k-1", &body).await.expect_error(422, "Idempotency-Key");
    assert_eq!(shop.get("/v1/apps").await.expect(200)["items"].as_array().unwrap().len(), 1);
    // The key of another tenant is another key.
    let neighbour = bundle.customer().await;
    post_with_key(&neighbour, "/v1/apps", "k-1", &other).await.expect(201);
    bundle.turn_clock_only(Duration::from_secs(24 * 3600 + 1));
    let later = post_with_key(&shop, "/v1/apps", "k-1", &body).await;
    assert!(later.headers.get("idempotent-replayed").is_none());
    assert_ne!(later.expect(201), first);
}

/// What failed had no effect, so its key is free.
#[tokio::test]
async fn a_request_that_failed_may_be_corrected() {
    let bundle = Bundle::start().await;
    let shop = bundle.customer().await;
    let wrong = json!({ "name": "" });
    post_with_key(&shop, "/v1/apps", "k-1", &wrong).await.expect_error(400, "name");
    let right = json!({ "name": "App" });
    post_with_key(&shop, "/v1/apps", "k-1", &right).await.expect(201);
}

/// Of many at once one is done; the others hear that it is being done, or its answer.
#[tokio::test]
async fn of_many_equal_requests_at_once_one_is_done() {
    let bundle = Bundle::start().await;
    let shop = bundle.customer().await;
    let body = json!({ "name": "App" });
    let calls = (0..8).map(|_| post_with_key(&shop, "/v1/apps", "k-1", &body));
    let mut made = BTreeSet::new();
    for reply in all(calls.collect()).await {
        match reply.status {
            201 => {
                made.insert(text(&reply.json, "app_id"));
            }
            409 => assert_eq!(reply.headers["retry-after"], "2", "{}", reply.json),
            other => panic!("{other}: {}", reply.json),
        }
    }
    assert_eq!(made.len(), 1);
    assert_eq!(shop.get("/v1/apps").await.expect(200)["items"].as_array().unwrap().len(), 1);
}

/// All of them, each a step at a time in turns.
async fn all<F: Future<Output = Reply>>(calls: Vec<F>) -> Vec<Reply> {
    use std::task::Poll;
    let mut calls: Vec<_> = calls.into_iter().map(Box::pin).collect();
    let mut replies = Vec::new();
    std::future::poll_fn(|context| {
        calls.retain_mut(|call| match call.as_mut().poll(context) {
            Poll::Ready(reply) => {
                replies.push(reply);
                false
            }
            Poll::Pending => true,
        });
        if calls.is_empty() { Poll::Ready(()) } else { Poll::Pending }
    })
    .await;
    replies
}

/// A message whose sender died after it was stored goes out when the request is repeated, and only once.
#[tokio::test]
async fn a_repeated_request_repeats_what_it_put_on_a_queue() {
    let bundle = Bundle::start().await;
    let shop = bundle.customer().await;
    let number = shop.meta("573177700000").await;
    let person = number.person("573001234567", "Ana");
    person.says("Hola").await;
    bundle.run().await;
    let body = json!({ "channel_id": number.channel, "to": "573001234567",
                       "message": { "type": "text", "body": "Buenas" } });
    let first = post_with_key(&shop, "/v1/messages", "k-1", &body).await.expect(202);
    let again = post_with_key(&shop, "/v1/messages", "k-1", &body).await.expect(202);
    assert_eq!(first, again);
    bundle.run().await;
    assert_eq!(person.sees().iter().filter(|said| said.contains("Buenas")).count(), 1);
    bundle.assert_no_dead_letters();
}

/// A list comes in pages; a page's start is taken from its own list only.
#[tokio::test]
async fn lists_come_in_pages() {
    let bundle = Bundle::start().await;
    let shop = bundle.customer().await;
    for n in 0..5 {
        shop.post("/v1/apps", &json!({ "name": format!("App {n}") })).await.expect(201);
    }
    let (mut names, mut next, mut pages) = (BTreeSet::new(), String::new(), 0);
    loop {
        let page = shop.get(&format!("/v1/apps?page_size=2{next}")).await.expect(200);
        let items = page["items"].as_array().unwrap();
        assert!(items.len() <= 2);
        names.extend(items.iter().map(|app| text(app, "name")));
        pages += 1;
        match page["next_key"].as_str() {
            Some(key) => next = format!("&start_key={key}"),
            None => break,
        }
    }
    assert_eq!((names.len(), pages), (5, 3));
    let neighbour = bundle.customer().await;
    let foreign = neighbour.get(&format!("/v1/apps?page_size=2{next}")).await;
    let error = foreign.expect_error(400, "start_key");
    assert_eq!(error["details"][0]["field"], "start_key");
    // A key of another list of the same tenant.
    shop.get(&format!("/v1/flows?page_size=2{next}")).await.expect_error(400, "start_key");
}

/// In JSON a dotted key and a nested object say the same; different values are refused.
#[tokio::test]
async fn dotted_keys_are_nested_objects() {
    let bundle = Bundle::start().await;
    let shop = bundle.customer().await;
    let number = shop.meta("573177700000").await;
    let body = |more: Value| {
        let mut body = json!({
            "waba_phone_number": number.digits, "is_notification": true, "content": "Hola {{.name}}, ¿seguimos?",
            "category": "UTILITY", "template_type": "TEXT", "language_code": "es", "outbound_name": "A",
        });
        for (name, value) in more.as_object().unwrap() {
            body[name] = value.clone();
        }
        body
    };
    for more in [json!({ "var.name": "Ana" }), json!({ "var": { "name": "Ana" } })] {
        let made = shop.post("/v1/whatsapp/outbounds", &body(more)).await.expect(201);
        assert_eq!(made["variable_examples"], json!({ "name": "Ana" }));
    }
    let both = body(json!({ "var.name": "Ana", "var": { "name": "Eva" } }));
    let error = shop.post("/v1/whatsapp/outbounds", &both).await.expect_error(400, "var.name");
    assert_eq!(error["details"][0]["field"], "var.name");
}
