//! The Cloud API against our own samples in the documented form (`tests/fixtures/meta`).

/// A sample's text. Above the modules, which is how they know it.
macro_rules! fixture {
    ($name:literal) => {
        crate::provider::testing::fixture!("meta", $name)
    };
}

mod answers;
mod inbound;
mod outgoing;

use http::StatusCode;
use ring::hmac;
use serde::Deserialize;
use serde_json::{Value, json};

use super::Meta;
use crate::domain::channel::{Credentials, OpenChannel, ProviderKind};
use crate::provider::testing::{self, answer, body, call, header, map};
use crate::provider::trial::{Trial, stands_whatever_comes};
use crate::provider::{Item, Provider, WebhookCall};

const APP_SECRET: &str = "our-own-app-secret";
const VERIFY_TOKEN: &str = "our-verify-token";
const ACCESS_TOKEN: &str = "EAAtest.token-1";
const USER: &str = "573001234567";

fn channel() -> OpenChannel {
    testing::open(
        ProviderKind::Meta,
        "15550102030",
        &[("phone_number_id", "109876500012345"), ("waba_id", "208765400098765")],
        &[
            ("access_token", ACCESS_TOKEN),
            ("app_secret", APP_SECRET),
            ("verify_token", VERIFY_TOKEN),
        ],
    )
}

fn signed(body: &str, signature: &str) -> WebhookCall {
    testing::call_with("X-Hub-Signature-256", signature, body)
}

fn signature(secret: &str, body: &[u8]) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes());
    format!("sha256={}", hex::encode(hmac::sign(&key, body)))
}

#[derive(Deserialize)]
struct Vector {
    name: String,
    app_secret: String,
    raw_body: String,
    value: String,
    valid: bool,
}

/// T2: a webhook counts only with the signature of its raw bytes under the app's secret.
#[test]
fn the_signature_decides() {
    let vectors: Vec<Vector> =
        serde_json::from_str(fixture!("webhook-signature-vectors.json")).unwrap();
    assert_eq!(vectors.iter().filter(|vector| vector.valid).count(), 3);
    for vector in vectors {
        let mut channel = channel();
        channel.credentials = Credentials::new(map(&[("app_secret", &vector.app_secret)]));
        let answer = Meta.verify(&signed(&vector.raw_body, &vector.value), &channel);
        assert_eq!(answer.is_ok(), vector.valid, "{}: {answer:?}", vector.name);
        if let Err(refused) = answer {
            assert_eq!(refused.status, StatusCode::UNAUTHORIZED, "{}", vector.name);
        }
    }
}

/// Without a secret nobody can sign, not even with the empty key; without a signature nothing is looked at.
#[test]
fn no_secret_and_no_signature_refuse() {
    let body = "{}";
    for secret in [None, Some("")] {
        let mut channel = channel();
        let pairs: Vec<(&str, &str)> =
            secret.map(|secret| ("app_secret", secret)).into_iter().collect();
        channel.credentials = Credentials::new(map(&pairs));
        let refused = Meta.verify(&signed(body, &signature("x", b"{}")), &channel).unwrap_err();
        assert_eq!(refused.status, StatusCode::UNAUTHORIZED);
    }
    let refused = Meta.verify(&call(body.as_bytes()), &channel()).unwrap_err();
    assert_eq!(refused.status, StatusCode::UNAUTHORIZED);
}

fn handshake(query: &[(&str, &str)]) -> Option<Result<String, StatusCode>> {
    let mut call = call("");
    call.query = query.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
    Meta.handshake(&call, &channel()).map(|answer| answer.map_err(|refused| refused.status))
}

/// The bare challenge for our token, 403 for everything else that speaks of a handshake.
#[test]
fn the_handshake_answers_the_challenge_to_our_token_only() {
    let mode = ("hub.mode", "subscribe");
    let challenge = ("hub.challenge", "1158201444");
    let token = ("hub.verify_token", VERIFY_TOKEN);
    assert_eq!(handshake(&[mode, token, challenge]), Some(Ok("1158201444".to_owned())));
    for wrong in [
        vec![mode, challenge, ("hub.verify_token", "our-verify-tokem")],
        vec![mode, challenge, ("hub.verify_token", "")],
        vec![mode, challenge],
        vec![("hub.mode", "unsubscribe"), token, challenge],
        vec![token, challenge],
        vec![mode, token],
    ] {
        assert_eq!(handshake(&wrong), Some(Err(StatusCode::FORBIDDEN)), "{wrong:?}");
    }
    assert_eq!(handshake(&[("token", "x")]), None);
    let mut bare = channel();
    bare.credentials = Credentials::default();
    let mut call = call("");
    call.query =
        vec![("hub.mode".into(), "subscribe".into()), ("hub.verify_token".into(), String::new())];
    assert!(Meta.handshake(&call, &bare).is_some_and(|answer| answer.is_err()));
}

/// Every setting takes what the platform gives and refuses what it never gives.
#[test]
fn settings_are_checked() {
    let required = ["access_token", "app_secret", "verify_token", "phone_number_id"];
    let secret = ["access_token", "app_secret", "verify_token"];
    trial().settings_are(
        &required,
        &secret,
        &[
            ("access_token", &["EAAx.-_"], &["", "a b", "a\n", "é"]),
            ("app_secret", &["0123456789abcdef"], &["", "short", "with space 1"]),
            ("verify_token", &["a-verify-token"], &["", "short", "tab\ttab\t1"]),
            ("phone_number_id", &["109876500012345"], &["", "abc", "1/2", "+1"]),
            ("waba_id", &["208765400098765"], &["", "x"]),
            ("app_id", &["308765400098765"], &["", "x"]),
            ("api_version", &["v23.0", "v9.1"], &["", "23.0", "v23", "v.0", "v1.x", "v1.0/.."]),
            (
                "base_url",
                &[
                    "https://graph.facebook.com",
                    "http://127.0.0.1:4010/meta",
                    "http://localhost:1",
                    "http://[::1]/",
                ],
                &[
                    "",
                    "graph",
                    "http://graph.facebook.com",
                    "ftp://localhost",
                    "https://a@b/",
                    "https://a/?b",
                    "http://localhost.evil",
                ],
            ),
        ],
    );
}

fn trial() -> Trial {
    Trial {
        provider: &Meta,
        channels: vec![channel()],
        samples: &[
            fixture!("batch-with-broken-parts.json"),
            fixture!("status-failed-131047.json"),
            fixture!("inbound-interactive-flow-reply.json"),
            fixture!("template-status-rejected.json"),
            fixture!("user-preferences.json"),
        ],
        takes_everything: false,
    }
}

stands_whatever_comes!(trial());

#[test]
fn no_header_lets_anybody_in() {
    trial().no_header_lets_anybody_in("x-hub-signature-256");
}

#[test]
fn any_json_as_a_message_is_one_item() {
    let around = |message: Value| {
        json!({ "object": "whatsapp_business_account", "entry": [
            { "id": "208765400098765", "changes": [
                { "field": "messages", "value": { "messages": [message] } } ] } ] })
    };
    trial().any_part_is_one_item(|text, number| {
        let messages = [
            json!(text),
            json!(number),
            json!([number]),
            json!({ "type": text, "id": number, "from": text, "timestamp": number }),
            json!({ "type": "text", "from": USER, "timestamp": number, "text": text }),
        ];
        messages.map(around).into()
    });
}

/// Bytes that are no JSON object are the caller's fault; any object that is none of ours is answered and counted.
#[test]
fn what_is_not_the_platforms_is_told_apart() {
    trial().refuses(&["", "no json", "[]x", "42", "\"text\"", "{\"object\":", "\u{0}"]);
    assert!(Meta.parse(&call(b"{\"object\":\"\xff\"}"), &channel()).is_err());
    trial().ignores(&[
        ("{}", "other_object"),
        (r#"{"object":"page","entry":[{}]}"#, "other_object"),
        (r#"{"object":"whatsapp_business_account"}"#, "other_object"),
    ]);
}
