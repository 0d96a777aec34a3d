//! Karix against our own samples in the form that its clients show (`tests/fixtures/karix`).

/// A sample's text. Above the modules, which is how they know it.
macro_rules! fixture {
    ($name:literal) => {
        include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/fixtures/karix/", $name))
    };
}

mod answers;
mod inbound;
mod outgoing;
mod templates;

use std::collections::BTreeMap;

use http::{HeaderMap, HeaderName, HeaderValue, Response, StatusCode};
use proptest::prelude::*;
use serde_json::json;

use super::Karix;
use crate::domain::channel::{
    Channel, Credentials, Language, MarkdownType, OpenChannel, OptionsLayout, ProviderKind,
};
use crate::domain::ids::{ChannelId, TenantId};
use crate::domain::time::Time;
use crate::provider::{Item, Provider, WebhookCall};

const KEY: &str = "our-account-key==";
const NUMBER: &str = "912200000005";
const USER: &str = "919900000011";
const NOW: Time = Time::from_millis(1_710_169_300_000);

fn map(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
    pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
}

fn channel_with(settings: &[(&str, &str)], credentials: &[(&str, &str)]) -> OpenChannel {
    let channel = Channel {
        id: ChannelId::from_bytes([1; 16]),
        tenant: TenantId::from_bytes([2; 16]),
        name: "Pier".to_owned(),
        provider: ProviderKind::Karix,
        phone_number: NUMBER.to_owned(),
        default_country: "IN".to_owned(),
        language: Language::En,
        credentials: String::new(),
        settings: map(settings),
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
    };
    OpenChannel { channel, credentials: Credentials::new(map(credentials)), app: None }
}

/// K61: with what the set-up asks for and nothing else.
fn channel() -> OpenChannel {
    channel_with(&[], &[("account_key", KEY)])
}

/// With templates.
fn with_account() -> OpenChannel {
    channel_with(&[("waba_id", "300400500600")], &[("account_key", KEY)])
}

fn call(body: &[u8]) -> WebhookCall {
    WebhookCall { headers: HeaderMap::new(), query: Vec::new(), body: body.to_vec(), now: NOW }
}

fn proved(name: &str, value: &str) -> WebhookCall {
    let mut call = call(b"{}");
    let name = HeaderName::from_bytes(name.as_bytes()).unwrap();
    call.headers.insert(name, HeaderValue::from_str(value).unwrap());
    call
}

fn answer(status: u16, body: &str) -> Response<Vec<u8>> {
    Response::builder().status(status).body(body.as_bytes().to_vec()).unwrap()
}

/// T2: only who sends the secret that was agreed on is Karix, however the header is written.
#[test]
fn the_secret_in_the_header_decides() {
    let token = channel_with(&[], &[("account_key", KEY), ("webhook_token", "agreed-on-1")]);
    let named = channel_with(
        &[("webhook_header", "X-Karix-Token")],
        &[("account_key", KEY), ("webhook_token", "agreed-on-1")],
    );
    let pair = channel_with(&[], &[("account_key", KEY), ("webhook_token", "wharf:secret-1")]);
    for (channel, name, value, is_let_in) in [
        (&channel(), "authorization", "Bearer our-account-key==", true),
        (&channel(), "Authentication", "bearer   our-account-key==", true),
        (&channel(), "authorization", "our-account-key==", true),
        (&channel(), "authorization", "our-account-key=", false),
        (&channel(), "authorization", "Bearer our-account-key==x", false),
        (&channel(), "authorization", "Digest our-account-key==", false),
        (&channel(), "authorization", "Bearer", false),
        (&channel(), "authorization", "", false),
        (&channel(), "x-token", "our-account-key==", false),
        (&token, "authorization", "Bearer agreed-on-1", true),
        (&token, "authorization", "Bearer our-account-key==", false),
        (&named, "x-karix-token", "agreed-on-1", true),
        (&named, "authorization", "Bearer agreed-on-1", false),
        (&pair, "authorization", "Basic d2hhcmY6c2VjcmV0LTE=", true),
        (&pair, "authorization", "Basic d2hhcmY6c2VjcmV0LTI=", false),
        (&pair, "authorization", "Basic ###", false),
    ] {
        let verified = Karix.verify(&proved(name, value), channel);
        assert_eq!(verified.is_ok(), is_let_in, "{name}: {value}: {verified:?}");
        if let Err(refused) = verified {
            assert_eq!(refused.status, StatusCode::UNAUTHORIZED);
        }
    }
    assert!(Karix.verify(&call(b"{}"), &channel()).is_err());
    for empty in [channel_with(&[], &[]), channel_with(&[], &[("account_key", "")])] {
        assert!(Karix.verify(&proved("authorization", "Bearer "), &empty).is_err());
        assert!(Karix.verify(&proved("authorization", "Bearer"), &empty).is_err());
    }
}

/// K59, K61: only the account key is required, and every setting takes what Karix gives.
#[test]
fn settings_are_checked() {
    let required: Vec<&str> =
        Karix.settings().iter().filter(|s| s.required).map(|s| s.name).collect();
    assert_eq!(required, ["account_key"]);
    let secrets: Vec<&str> = Karix.settings().iter().filter(|s| s.secret).map(|s| s.name).collect();
    assert_eq!(secrets, ["account_key", "template_token", "webhook_token"]);
    let rows: &[(&str, &[&str], &[&str])] = &[
        ("account_key", &["aB/1+=="], &["", "a b", "é"]),
        ("from", &["912200000005", "+912200000005"], &["", "our number", "91 22"]),
        ("vendor", &["Karix"], &["", " "]),
        ("waba_id", &["300400500600"], &["", "x", "1/2"]),
        ("template_token", &["t"], &["", "t t"]),
        ("webhook_header", &["X-Token", "authorization"], &["", "X Token", "x:"]),
        ("webhook_token", &["12345678"], &["", "1234567", "1234 5678"]),
        ("webhook_dn_id", &["1001", "sandbox"], &["", "1 1"]),
        ("cloud_interactive", &["true", "false"], &["", "yes"]),
        ("template_language", &["true", "false"], &["", "en"]),
        (
            "base_url",
            &["https://rcmqa.karix.com", "http://127.0.0.1:1/karix"],
            &["http://a.example"],
        ),
        ("media_url", &["https://rcmmedia.instaalerts.zone/"], &["rcmmedia", "https://a/?b"]),
        ("template_url", &["http://localhost:1"], &["ftp://localhost", "https://a@b/"]),
    ];
    assert_eq!(Karix.settings().len(), rows.len());
    for (name, good, bad) in rows {
        let setting = Karix.settings().iter().find(|setting| setting.name == *name).unwrap();
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
        fixture!("inbound-image.json"),
        fixture!("inbound-flow-reply.json"),
        fixture!("inbound-wrapped.json"),
        fixture!("inbound-wrapped-text.json"),
        fixture!("report-failed.json"),
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
        let _ = Karix.parse(&call(&body), &channel());
    }

    #[test]
    fn no_broken_sample_panics(body in mutated()) {
        let _ = Karix.parse(&call(&body), &channel());
    }

    /// Any JSON at all in the place of a part is one item, and loses nothing but itself.
    #[test]
    fn any_json_in_a_part_is_one_item(text in "[ -~]{0,40}", number in any::<i64>()) {
        for part in [json!(text), json!(number), json!([number]), json!(null), json!({ "id": [text] })] {
            for body in [
                json!({ "eventContent": { "message": part } }),
                json!({ "eventContent": part }),
                json!({ "notificationAttributes": part }),
                json!({ "notificationAttributes": { "status": part }, "events": part }),
                json!({ "data_body": part }),
                json!({ "eventContent": { "message": {
                    "from": USER, "contentType": text, "text": part, "image": part,
                } } }),
            ] {
                let parsed = Karix.parse(&call(body.to_string().as_bytes()), &channel()).unwrap();
                prop_assert_eq!(parsed.items.len(), 1);
            }
        }
    }

    #[test]
    fn no_answer_panics(body in prop::collection::vec(any::<u8>(), 0..200), status in 200_u16..600) {
        let response = Response::builder().status(status).body(body).unwrap();
        for channel in [channel(), with_account()] {
            let _ = Karix.read(&channel, &response);
            let _ = Karix.read_submitted(&channel, &response);
            let _ = Karix.read_templates(&channel, None, &response);
            let _ = Karix.read_media_location(&channel, &response);
            let _ = Karix.read_check(&channel, &response);
        }
    }
}

/// Bytes that are no JSON object are the caller's fault; any object that is none of Karix's is answered and counted.
#[test]
fn what_is_not_karixs_is_told_apart() {
    for body in ["", "no json", "[]", "42", "\"text\"", "{\"events\":", "\u{0}"] {
        let refused = Karix.parse(&call(body.as_bytes()), &channel()).unwrap_err();
        assert_eq!(refused.status, StatusCode::BAD_REQUEST, "{body:?}");
    }
    for (body, reason) in [
        ("{}", "unknown_event"),
        (r#"{"channel":"WABA","events":{"eventType":"User initiated"}}"#, "unknown_event"),
        (r#"{"eventContent":{"message":{}}}"#, "unreadable"),
        (r#"{"eventContent":{"message":{"from":"nobody"}}}"#, "unreadable"),
        (r#"{"notificationAttributes":{"status":"sent"}}"#, "unreadable"),
        (r#"{"notificationAttributes":{},"events":{"mid":"1"}}"#, "unreadable"),
        (r#"{"data_body":"no json"}"#, "unreadable"),
        (r#"{"data_body":{}}"#, "unknown_event"),
    ] {
        let parsed = Karix.parse(&call(body.as_bytes()), &channel()).unwrap();
        assert_eq!(parsed.items, [Item::Ignored { reason }], "{body}");
    }
}
