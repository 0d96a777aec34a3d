//! The Cloud API against our own samples in the documented form (`tests/fixtures/meta`).

/// A sample's text. Above the modules, which is how they know it.
macro_rules! fixture {
    ($name:literal) => {
        include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/fixtures/meta/", $name))
    };
}

mod answers;
mod inbound;
mod outgoing;

use std::collections::BTreeMap;

use http::{HeaderMap, HeaderValue, StatusCode};
use proptest::prelude::*;
use ring::hmac;
use serde::Deserialize;

use super::Meta;
use crate::domain::channel::{
    Channel, Credentials, Language, MarkdownType, OpenChannel, OptionsLayout, ProviderKind,
};
use crate::domain::ids::{ChannelId, TenantId};
use crate::domain::time::Time;
use crate::provider::{Item, Provider, WebhookCall};

const APP_SECRET: &str = "our-own-app-secret";
const VERIFY_TOKEN: &str = "our-verify-token";
const ACCESS_TOKEN: &str = "EAAtest.token-1";

fn map(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
    pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
}

fn channel() -> OpenChannel {
    OpenChannel {
        channel: Channel {
            id: ChannelId::derive(&[b"meta"]),
            tenant: TenantId::derive(&[b"tenant"]),
            name: "Support".to_owned(),
            provider: ProviderKind::Meta,
            phone_number: "15550102030".to_owned(),
            default_country: "CO".to_owned(),
            language: Language::Es,
            credentials: String::new(),
            settings: map(&[
                ("phone_number_id", "109876500012345"),
                ("waba_id", "208765400098765"),
            ]),
            associated_app: None,
            require_exp: false,
            options_layout: OptionsLayout::Auto,
            markdown_type: MarkdownType::Whatsapp,
            send_images_as_files: true,
            use_case: None,
            active: true,
            limits: crate::domain::limits::Limits::default(),
            warnings: Vec::new(),
            created: Time::from_millis(0),
            updated: Time::from_millis(0),
            version: 1,
        },
        credentials: Credentials::new(map(&[
            ("access_token", ACCESS_TOKEN),
            ("app_secret", APP_SECRET),
            ("verify_token", VERIFY_TOKEN),
        ])),
        app: None,
    }
}

fn call(body: &[u8]) -> WebhookCall {
    WebhookCall {
        headers: HeaderMap::new(),
        query: Vec::new(),
        body: body.to_vec(),
        now: Time::from_millis(1_710_170_500_000),
    }
}

fn signed(body: &str, signature: &str) -> WebhookCall {
    let mut call = call(body.as_bytes());
    call.headers.insert("X-Hub-Signature-256", HeaderValue::from_str(signature).unwrap());
    call
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
    let mut call = call(b"");
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
    let mut call = call(b"");
    call.query =
        vec![("hub.mode".into(), "subscribe".into()), ("hub.verify_token".into(), String::new())];
    assert!(Meta.handshake(&call, &bare).is_some_and(|answer| answer.is_err()));
}

/// Every setting takes what the platform gives and refuses what it never gives.
#[test]
fn settings_are_checked() {
    /// Name, required, secret, good values, bad values.
    type Row = (&'static str, bool, bool, &'static [&'static str], &'static [&'static str]);
    let rows: &[Row] = &[
        ("access_token", true, true, &["EAAx.-_"], &["", "a b", "a\n", "é"]),
        ("app_secret", true, true, &["0123456789abcdef"], &["", "short", "with space 1"]),
        ("verify_token", true, true, &["a-verify-token"], &["", "short", "tab\ttab\t1"]),
        ("phone_number_id", true, false, &["109876500012345"], &["", "abc", "1/2", "+1"]),
        ("waba_id", false, false, &["208765400098765"], &["", "x"]),
        ("app_id", false, false, &["308765400098765"], &["", "x"]),
        (
            "api_version",
            false,
            false,
            &["v23.0", "v9.1"],
            &["", "23.0", "v23", "v.0", "v1.x", "v1.0/.."],
        ),
        (
            "base_url",
            false,
            false,
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
    ];
    assert_eq!(Meta.settings().len(), rows.len());
    for (name, required, secret, good, bad) in rows {
        let setting = Meta.settings().iter().find(|setting| setting.name == *name).unwrap();
        assert_eq!((setting.required, setting.secret), (*required, *secret), "{name}");
        for text in *good {
            assert!((setting.check)(text), "{name} {text}");
        }
        for text in *bad {
            assert!(!(setting.check)(text), "{name} {text:?}");
        }
    }
}

/// Where a sample is cut or broken at will.
fn mutated() -> impl Strategy<Value = Vec<u8>> {
    let samples = [
        fixture!("batch-with-broken-parts.json"),
        fixture!("status-failed-131047.json"),
        fixture!("inbound-interactive-flow-reply.json"),
        fixture!("template-status-rejected.json"),
        fixture!("user-preferences.json"),
    ];
    (0..samples.len(), any::<prop::sample::Index>(), any::<u8>(), any::<bool>()).prop_map(
        move |(sample, at, byte, is_cut)| {
            let mut bytes = samples[sample].as_bytes().to_vec();
            let at = at.index(bytes.len());
            if is_cut {
                bytes.truncate(at);
            } else {
                bytes[at] = byte;
            }
            bytes
        },
    )
}

proptest! {
    /// No bytes make reading panic.
    #[test]
    fn no_bytes_panic(body in prop::collection::vec(any::<u8>(), 0..400)) {
        let _ = Meta.parse(&call(&body), &channel());
    }

    #[test]
    fn no_broken_sample_panics(body in mutated()) {
        let _ = Meta.parse(&call(&body), &channel());
    }

    /// Any JSON at all in the place of a message is one item.
    #[test]
    fn any_json_as_a_message_is_one_item(text in "[ -~]{0,40}", number in any::<i64>()) {
        for part in [
            serde_json::json!(text), serde_json::json!(number), serde_json::json!([number]),
            serde_json::json!({ "type": text, "id": number, "from": text, "timestamp": number }),
            serde_json::json!({ "type": "text", "from": "573001234567", "timestamp": number, "text": text }),
        ] {
            let body = serde_json::json!({ "object": "whatsapp_business_account", "entry": [
                { "id": "208765400098765", "changes": [
                    { "field": "messages", "value": { "messages": [part] } } ] } ] });
            let parsed = Meta.parse(&call(body.to_string().as_bytes()), &channel()).unwrap();
            prop_assert_eq!(parsed.items.len(), 1);
        }
    }

    #[test]
    fn no_answer_panics(body in prop::collection::vec(any::<u8>(), 0..200), status in 200_u16..600) {
        let response = http::Response::builder().status(status).body(body).unwrap();
        let channel = channel();
        let _ = Meta.read(&channel, &response);
        let _ = Meta.read_submitted(&channel, &response);
        let _ = Meta.read_templates(&channel, None, &response);
        let _ = Meta.read_media_location(&channel, &response);
        let _ = Meta.read_check(&channel, &response);
    }
}

/// Bytes that are no JSON object are the caller's fault; any object that is none of ours is answered and counted.
#[test]
fn what_is_not_the_platforms_is_told_apart() {
    for body in ["", "no json", "[]x", "42", "\"text\"", "{\"object\":", "\u{0}"] {
        let refused = Meta.parse(&call(body.as_bytes()), &channel()).unwrap_err();
        assert_eq!(refused.status, StatusCode::BAD_REQUEST, "{body:?}");
    }
    assert!(Meta.parse(&call(b"{\"object\":\"\xff\"}"), &channel()).is_err());
    for body in
        ["{}", r#"{"object":"page","entry":[{}]}"#, r#"{"object":"whatsapp_business_account"}"#]
    {
        let parsed = Meta.parse(&call(body.as_bytes()), &channel()).unwrap();
        assert_eq!(parsed.items, [Item::Ignored { reason: "other_object" }], "{body}");
    }
}
