//! 360dialog against our own samples in the documented form (`tests/fixtures/dialog360`).

/// A sample's text. Above the modules, which is how they know it.
macro_rules! fixture {
    ($name:literal) => {
        include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/fixtures/dialog360/", $name))
    };
}

mod answers;
mod calls;
mod inbound;
mod outgoing;
mod templates;

use http::{HeaderMap, HeaderValue, Request, Response, StatusCode};
use serde_json::{Value, json};

use super::Dialog360;
use crate::domain::channel::{Channel, Credentials, OpenChannel, ProviderKind};
use crate::domain::ids::{ChannelId, TenantId};
use crate::domain::time::Time;
use crate::provider::{Provider, WebhookCall};

const GATEWAY_TOKEN: &str = "our-own-gateway-token";
const KEY: &str = "our-own-api-key";

/// A channel with these settings.
fn channel(settings: &Value) -> OpenChannel {
    let channel: Channel = serde_json::from_value(json!({
        "id": ChannelId::derive(&[b"360dialog"]), "tenant": TenantId::derive(&[b"tenant"]),
        "name": "Support", "provider": ProviderKind::Dialog360, "phone_number": "15550102030",
        "default_country": "CO", "language": "es", "credentials": "", "settings": settings,
        "active": true, "created": Time::from_millis(0), "updated": Time::from_millis(0),
        "version": 1,
    }))
    .unwrap();
    let credentials = [("token", KEY), ("webhook_token", GATEWAY_TOKEN)];
    let credentials = credentials.map(|(name, value)| (name.to_owned(), value.to_owned()));
    OpenChannel { channel, credentials: Credentials::new(credentials.into()), app: None }
}

fn v2() -> OpenChannel {
    channel(&json!({}))
}

fn v1() -> OpenChannel {
    channel(&json!({ "api": "v1" }))
}

/// A webhook with its token.
fn webhook(body: &[u8]) -> WebhookCall {
    let mut headers = HeaderMap::new();
    headers.insert("x-gateway-token", HeaderValue::from_static(GATEWAY_TOKEN));
    WebhookCall { headers, query: Vec::new(), body: body.to_vec(), now: Time::from_millis(0) }
}

fn response(status: u16, body: &str) -> Response<Vec<u8>> {
    Response::builder().status(status).body(body.as_bytes().to_vec()).unwrap()
}

/// Method, address and body. Every call bears the key, and nothing else that proves us.
fn shown(request: &Request<Vec<u8>>) -> String {
    assert_eq!(request.headers()["d360-api-key"], KEY);
    assert!(!request.headers().contains_key("authorization"));
    let line = format!("{} {}", request.method(), request.uri());
    let body = String::from_utf8_lossy(request.body());
    if body.is_empty() { line } else { format!("{line}\n{body}") }
}

fn body(request: &Request<Vec<u8>>) -> Value {
    serde_json::from_slice(request.body()).unwrap()
}

/// Whoever does not bring the channel's token is refused, whatever else is right about the call.
#[test]
fn only_the_token_lets_a_webhook_in() {
    let right = webhook(fixture!("v2-text.json").as_bytes());
    assert_eq!(Dialog360.verify(&right, &v2()), Ok(()));
    let mut none = v2();
    none.credentials = Credentials::default();
    let refused = Dialog360.verify(&right, &none).unwrap_err();
    assert_eq!(refused.status, StatusCode::UNAUTHORIZED);
    let nothing = WebhookCall { headers: HeaderMap::new(), ..right.clone() };
    assert!(Dialog360.verify(&nothing, &v2()).is_err());
    for wrong in ["", "our-own-gateway-toke", "our-own-gateway-token2", "OUR-OWN-GATEWAY-TOKEN"] {
        let mut call = right.clone();
        call.headers.insert("x-gateway-token", HeaderValue::from_static(wrong));
        assert!(Dialog360.verify(&call, &v2()).is_err(), "{wrong}");
    }
}

/// D2, D3: the key is all that has to be given.
#[test]
fn only_the_key_is_required() {
    let settings = Dialog360.settings();
    let required: Vec<&str> = settings.iter().filter(|s| s.required).map(|s| s.name).collect();
    assert_eq!(required, ["token"]);
    let secrets: Vec<&str> = settings.iter().filter(|s| s.secret).map(|s| s.name).collect();
    assert_eq!(secrets, ["token", "webhook_token"]);
    let check = |name: &str, value: &str| {
        settings.iter().find(|s| s.name == name).is_some_and(|s| (s.check)(value))
    };
    for (name, good, bad) in [
        ("token", "abc_123", "a b"),
        ("webhook_token", "0123456789abcdef", "0123456789abcde"),
        ("api", "v1", "v3"),
        ("base_url", "https://waba-sandbox.360dialog.io/v1", "http://waba.360dialog.io"),
        ("base_url", "http://127.0.0.1:4000/360dialog", "https://waba.360dialog.io/?a=b"),
        ("namespace", "aa11bb22_3344", "aa/bb"),
    ] {
        assert!(check(name, good), "{name} {good}");
        assert!(!check(name, bad), "{name} {bad}");
    }
}
