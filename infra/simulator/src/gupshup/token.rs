//! What a callback carries in `Authorization`: the header that the subscription asked for, a fixed token, or a JWT of
//! the associated app (client id and secret are typed into GupShup's console).

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::hmac;
use serde_json::json;

use crate::Line;

/// The header's value, if the line has one.
pub(super) fn authorization(line: &Line) -> Option<String> {
    let given = |name: &str| Some(line.setting(name)).filter(|value| !value.is_empty());
    if let Some(value) = given("authorization") {
        return Some(value.to_owned());
    }
    if let (Some(client), Some(secret)) = (given("client_id"), given("client_secret")) {
        return Some(format!("bearer {}", jwt(client, secret, line.setting("algorithm"))));
    }
    given("webhook_token").map(|token| format!("Bearer {token}"))
}

/// A token without an end, as providers store it.
fn jwt(client: &str, secret: &str, algorithm: &str) -> String {
    let (name, hash) = match algorithm {
        "HS512" => ("HS512", hmac::HMAC_SHA512),
        _ => ("HS256", hmac::HMAC_SHA256),
    };
    let part = |value: serde_json::Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let signed = format!(
        "{}.{}",
        part(json!({ "alg": name, "typ": "JWT" })),
        part(json!({ "iss": client, "sub": "gupshup" }))
    );
    let tag = hmac::sign(&hmac::Key::new(hash, secret.as_bytes()), signed.as_bytes());
    format!("{signed}.{}", URL_SAFE_NO_PAD.encode(tag))
}
