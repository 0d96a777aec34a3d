//! Meta's webhooks, taken apart and put together in another way: what Meta may do and the simulator does not.

use ring::hmac;
use serde_json::{Value, json};
use simulator::WebhookPost;

/// The same items in two entries with two changes each, signed anew. Messages are dealt out in their order; statuses
/// come in the last change.
///
/// # Panics
/// If it is no webhook of Meta with messages.
pub fn spread(post: &WebhookPost, app_secret: &str) -> WebhookPost {
    let body: Value = serde_json::from_slice(&post.body).expect("JSON");
    let all = |name: &str| -> Vec<Value> {
        let changes = body["entry"].as_array().expect("entries").iter();
        let changes = changes.flat_map(|entry| entry["changes"].as_array().expect("changes"));
        changes
            .flat_map(|change| change["value"][name].as_array().cloned().unwrap_or_default())
            .collect()
    };
    let (messages, statuses, contacts) = (all("messages"), all("statuses"), all("contacts"));
    let first = &body["entry"][0]["changes"][0]["value"];
    let size = messages.len().div_ceil(4);
    let mut changes: Vec<Value> = messages
        .chunks(size)
        .map(|part| {
            json!({ "field": "messages", "value": {
                "messaging_product": "whatsapp", "metadata": first["metadata"],
                "contacts": contacts, "messages": part } })
        })
        .collect();
    changes.last_mut().expect("there are messages")["value"]["statuses"] = statuses.into();
    let id = &body["entry"][0]["id"];
    let half = changes.split_off(changes.len() / 2);
    let entries = json!([{ "id": id, "changes": changes }, { "id": id, "changes": half }]);
    signed(&post.url, app_secret, &json!({ "object": body["object"], "entry": entries }))
}

/// A webhook with one change, as the platform signs it.
pub fn change(
    url: &str,
    app_secret: &str,
    account: &str,
    field: &str,
    value: &Value,
) -> WebhookPost {
    let changes = json!([{ "field": field, "value": value }]);
    let entries = json!([{ "id": account, "changes": changes }]);
    let body = json!({ "object": "whatsapp_business_account", "entry": entries });
    signed(url, app_secret, &body)
}

fn signed(url: &str, app_secret: &str, body: &Value) -> WebhookPost {
    let body = body.to_string().into_bytes();
    let key = hmac::Key::new(hmac::HMAC_SHA256, app_secret.as_bytes());
    let signature = format!("sha256={}", hex::encode(hmac::sign(&key, &body)));
    let headers = vec![
        ("content-type".to_owned(), "application/json".to_owned()),
        ("x-hub-signature-256".to_owned(), signature),
    ];
    WebhookPost { url: url.to_owned(), headers, body }
}
