//! AWS End User Messaging Social against our own samples in the documented form (`tests/fixtures/aws_social`), signed
//! with a key of their own.

/// A sample's bytes. Above the modules, which is how they know it.
macro_rules! fixture {
    ($name:literal) => {
        include_bytes!(concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/fixtures/aws_social/", $name))
    };
}

mod calls;
mod inbound;
mod templates;
mod topic;

use http::{HeaderMap, Response};
use serde_json::{Value, json};

use super::AwsSocial;
use crate::domain::channel::{Channel, Credentials, OpenChannel, ProviderKind};
use crate::domain::ids::{ChannelId, TenantId};
use crate::domain::time::Time;
use crate::provider::{Provider, WebhookCall};

const TOPIC: &str = "arn:aws:sns:eu-west-1:111122223333:whatsapp";
const NUMBER: &str = "phone-number-id-0a1b2c3d4e5f60718293a4b5c6d7e8f9";
const ACCOUNT: &str = "waba-9f8e7d6c5b4a39281706f5e4d3c2b1a0";

/// The channel of the samples, with some settings otherwise; an empty one is not set.
fn channel(others: &[(&str, &str)]) -> OpenChannel {
    let mut settings = json!({
        "region": "eu-west-1", "phone_number_id": NUMBER, "waba_id": ACCOUNT, "topic_arn": TOPIC,
        "media_bucket": "our-whatsapp-files",
    });
    for (name, value) in others {
        settings[*name] = json!(value);
    }
    let fields = settings.as_object_mut().unwrap();
    fields.retain(|_, value| value != "");
    let channel: Channel = serde_json::from_value(json!({
        "id": ChannelId::derive(&[b"aws_social"]), "tenant": TenantId::derive(&[b"tenant"]),
        "name": "Support", "provider": ProviderKind::AwsSocial, "phone_number": "15550102030",
        "default_country": "CO", "language": "es", "credentials": "", "settings": settings,
        "active": true, "created": Time::from_millis(0), "updated": Time::from_millis(0),
        "version": 1,
    }))
    .unwrap();
    let key = [("access_key_id", "AKIATEST00000000WHARF"), ("secret_access_key", "our/secret+key")];
    let key = key.map(|(name, value)| (name.to_owned(), value.to_owned()));
    OpenChannel { channel, credentials: Credentials::new(key.into()), app: None }
}

fn webhook(body: &[u8]) -> WebhookCall {
    let (headers, query) = (HeaderMap::new(), Vec::new());
    WebhookCall { headers, query, body: body.to_vec(), now: Time::from_millis(0) }
}

fn answer(status: u16, body: &str) -> Response<Vec<u8>> {
    Response::builder().status(status).body(body.as_bytes().to_vec()).unwrap()
}

/// A refusal as AWS writes it: the kind in a header, with more behind it.
fn refusal(status: u16, kind: &str, message: &str) -> Response<Vec<u8>> {
    let mut answer = answer(status, &json!({ "message": message }).to_string());
    let kind = format!("{kind}:http://internal.amazon.com/").parse().unwrap();
    answer.headers_mut().insert("x-amzn-errortype", kind);
    answer
}

fn json_of(bytes: &[u8]) -> Value {
    serde_json::from_slice(bytes).unwrap()
}

/// What a channel has to be given, and what is kept secret.
#[test]
fn a_key_a_number_a_topic_and_a_bucket_are_required() {
    let settings = AwsSocial.settings();
    let required: Vec<&str> = settings.iter().filter(|s| s.required).map(|s| s.name).collect();
    assert_eq!(
        required,
        [
            "access_key_id",
            "secret_access_key",
            "region",
            "phone_number_id",
            "topic_arn",
            "media_bucket"
        ]
    );
    let secrets: Vec<&str> = settings.iter().filter(|s| s.secret).map(|s| s.name).collect();
    assert_eq!(secrets, ["access_key_id", "secret_access_key"]);
    let check = |name: &str, value: &str| {
        settings.iter().find(|s| s.name == name).is_some_and(|s| (s.check)(value))
    };
    for (name, good, bad) in [
        ("access_key_id", "AKIATEST00000000WHARF", "AKIA TEST 0000000000"),
        ("secret_access_key", "our/secret+key", "our secret"),
        ("region", "us-gov-west-1", "eu-west-1.evil.example"),
        ("region", "eu-west-1", "eu-west-1/"),
        ("phone_number_id", NUMBER, "109876500012345"),
        ("waba_id", ACCOUNT, "waba-0a1b/../x"),
        ("topic_arn", TOPIC, "arn:aws:sqs:eu-west-1:111122223333:whatsapp"),
        ("topic_arn", TOPIC, "arn:aws:sns:eu-west-1:111122223333:whatsapp.fifo"),
        ("topic_arn", TOPIC, "arn:aws:sns:evil.example/:111122223333:whatsapp"),
        ("media_bucket", "our.files-1", "our/files"),
        ("media_bucket", "our.files-1", "-ours"),
        ("api_version", "v23.0", "23"),
        ("base_url", "http://127.0.0.1:4010/aws_social", "http://aws.example"),
    ] {
        assert!(check(name, good), "{name} {good}");
        assert!(!check(name, bad), "{name} {bad}");
    }
}
