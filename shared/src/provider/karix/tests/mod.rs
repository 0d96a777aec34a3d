//! Karix against our own samples in the form that its clients show (`tests/fixtures/karix`).

/// A sample's text. Above the modules, which is how they know it.
macro_rules! fixture {
    ($name:literal) => {
        crate::provider::testing::fixture!("karix", $name)
    };
}

mod answers;
mod inbound;
mod outgoing;
mod templates;

use http::StatusCode;
use serde_json::{Value, json};

use super::Karix;
use crate::domain::channel::{OpenChannel, ProviderKind};
use crate::provider::testing::{self, NOW, answer, body, call, header, line, map};
use crate::provider::trial::{SettingRow, Trial, stands_whatever_comes};
use crate::provider::{Provider, WebhookCall};

const KEY: &str = "our-account-key==";
const NUMBER: &str = "912200000005";
const USER: &str = "919900000011";

fn channel_with(settings: &[(&str, &str)], credentials: &[(&str, &str)]) -> OpenChannel {
    testing::open(ProviderKind::Karix, NUMBER, settings, credentials)
}

/// K61: with what the set-up asks for and nothing else.
fn channel() -> OpenChannel {
    channel_with(&[], &[("account_key", KEY)])
}

/// With templates.
fn with_account() -> OpenChannel {
    channel_with(&[("waba_id", "300400500600")], &[("account_key", KEY)])
}

fn proved(name: &str, value: &str) -> WebhookCall {
    testing::call_with(name, value, "{}")
}

fn trial() -> Trial {
    Trial {
        provider: &Karix,
        channels: vec![channel(), with_account()],
        samples: &[
            fixture!("inbound-image.json"),
            fixture!("inbound-flow-reply.json"),
            fixture!("inbound-wrapped.json"),
            fixture!("inbound-wrapped-text.json"),
            fixture!("report-failed.json"),
        ],
        takes_everything: false,
    }
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
    assert!(Karix.verify(&call("{}"), &channel()).is_err());
    for empty in [channel_with(&[], &[]), channel_with(&[], &[("account_key", "")])] {
        assert!(Karix.verify(&proved("authorization", "Bearer "), &empty).is_err());
        assert!(Karix.verify(&proved("authorization", "Bearer"), &empty).is_err());
    }
}

/// K59, K61: only the account key is required, and every setting takes what Karix gives.
#[test]
fn settings_are_checked() {
    let secret = ["account_key", "template_token", "webhook_token"];
    let rows: &[SettingRow<'_>] = &[
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
    trial().settings_are(&["account_key"], &secret, rows);
}

stands_whatever_comes!(trial());

#[test]
fn no_header_lets_anybody_in() {
    trial().no_header_lets_anybody_in("authorization");
}

#[test]
fn any_json_in_a_part_is_one_item() {
    let around = |part: &Value, text: &str| {
        vec![
            json!({ "eventContent": { "message": part } }),
            json!({ "eventContent": part }),
            json!({ "notificationAttributes": part }),
            json!({ "notificationAttributes": { "status": part }, "events": part }),
            json!({ "data_body": part }),
            json!({ "eventContent": { "message": {
                "from": USER, "contentType": text, "text": part, "image": part,
            } } }),
        ]
    };
    trial().any_part_is_one_item(|text, number| {
        let parts =
            [json!(text), json!(number), json!([number]), json!(null), json!({ "id": [text] })];
        parts.iter().flat_map(|part| around(part, text)).collect()
    });
}

/// Bytes that are no JSON object are the caller's fault; any object that is none of Karix's is answered and counted.
#[test]
fn what_is_not_karixs_is_told_apart() {
    trial().refuses(&["", "no json", "[]", "42", "\"text\"", "{\"events\":", "\u{0}"]);
    trial().ignores(&[
        ("{}", "unknown_event"),
        (r#"{"channel":"WABA","events":{"eventType":"User initiated"}}"#, "unknown_event"),
        (r#"{"eventContent":{"message":{}}}"#, "unreadable"),
        (r#"{"eventContent":{"message":{"from":"nobody"}}}"#, "unreadable"),
        (r#"{"notificationAttributes":{"status":"sent"}}"#, "unreadable"),
        (r#"{"notificationAttributes":{},"events":{"mid":"1"}}"#, "unreadable"),
        (r#"{"data_body":"no json"}"#, "unreadable"),
        (r#"{"data_body":{}}"#, "unknown_event"),
    ]);
}
