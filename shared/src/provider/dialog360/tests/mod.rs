//! 360dialog against our own samples in the documented form (`tests/fixtures/dialog360`).

/// A sample's text. Above the modules, which is how they know it.
macro_rules! fixture {
    ($name:literal) => {
        crate::provider::testing::fixture!("dialog360", $name)
    };
}

mod answers;
mod calls;
mod inbound;
mod outgoing;
mod templates;

use http::{HeaderMap, HeaderValue, Request, StatusCode};
use serde_json::{Value, json};

use super::Dialog360;
use crate::domain::channel::{Credentials, OpenChannel, ProviderKind};
use crate::provider::testing::{self, answer, body, line, map};
use crate::provider::trial::{Trial, stands_whatever_comes};
use crate::provider::{Provider, WebhookCall};

const GATEWAY_TOKEN: &str = "our-own-gateway-token";
const KEY: &str = "our-own-api-key";
const USER: &str = "573001234567";

/// A channel with these settings.
fn channel(settings: &[(&str, &str)]) -> OpenChannel {
    let credentials = [("token", KEY), ("webhook_token", GATEWAY_TOKEN)];
    testing::open(ProviderKind::Dialog360, "15550102030", settings, &credentials)
}

fn v2() -> OpenChannel {
    channel(&[])
}

fn v1() -> OpenChannel {
    channel(&[("api", "v1")])
}

fn trial() -> Trial {
    Trial {
        provider: &Dialog360,
        channels: vec![v1(), v2()],
        samples: &[
            fixture!("v1-several.json"),
            fixture!("v1-document.json"),
            fixture!("v1-status-delivered.json"),
            fixture!("v2-button-reply.json"),
            fixture!("v2-status-failed.json"),
            fixture!("partner-event.json"),
        ],
        takes_everything: true,
    }
}

/// A webhook with its token.
fn webhook(body: &str) -> WebhookCall {
    testing::call_with("x-gateway-token", GATEWAY_TOKEN, body)
}

/// Method, address and body. Every call bears the key, and nothing else that proves us.
fn shown(request: &Request<Vec<u8>>) -> String {
    assert_eq!(request.headers()["d360-api-key"], KEY);
    assert!(!request.headers().contains_key("authorization"));
    let line = line(request);
    let body = String::from_utf8_lossy(request.body());
    if body.is_empty() { line } else { format!("{line}\n{body}") }
}

/// Whoever does not bring the channel's token is refused, whatever else is right about the call.
#[test]
fn only_the_token_lets_a_webhook_in() {
    let right = webhook(fixture!("v2-text.json"));
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
    trial().settings_are(
        &["token"],
        &["token", "webhook_token"],
        &[
            ("token", &["abc_123"], &["", "a b"]),
            ("webhook_token", &["0123456789abcdef"], &["", "0123456789abcde"]),
            ("api", &["v1", "v2"], &["", "v3"]),
            (
                "base_url",
                &["https://waba-sandbox.360dialog.io/v1", "http://127.0.0.1:4000/360dialog"],
                &["http://waba.360dialog.io", "https://waba.360dialog.io/?a=b"],
            ),
            ("namespace", &["aa11bb22_3344"], &["", "aa/bb"]),
        ],
    );
}

stands_whatever_comes!(trial());

#[test]
fn no_header_lets_anybody_in() {
    trial().no_header_lets_anybody_in("x-gateway-token");
}
