//! AWS End User Messaging Social against our own samples in the documented form (`tests/fixtures/aws_social`), signed
//! with a key of their own.

/// A sample's text. Above the modules, which is how they know it.
macro_rules! fixture {
    ($name:literal) => {
        crate::provider::testing::fixture!("aws_social", $name)
    };
}

mod calls;
mod inbound;
mod templates;
mod topic;

use http::Response;
use serde_json::{Value, json};

use super::AwsSocial;
use crate::domain::channel::{OpenChannel, ProviderKind};
use crate::domain::time::Time;
use crate::provider::Provider;
use crate::provider::testing::{self, answer, call};
use crate::provider::trial::{Trial, stands_whatever_comes};

const TOPIC: &str = "arn:aws:sns:eu-west-1:111122223333:whatsapp";
const NUMBER: &str = "phone-number-id-0a1b2c3d4e5f60718293a4b5c6d7e8f9";
const ACCOUNT: &str = "waba-9f8e7d6c5b4a39281706f5e4d3c2b1a0";

/// The channel of the samples, with some settings otherwise; an empty one is not set.
fn channel(others: &[(&str, &str)]) -> OpenChannel {
    let settings = [
        ("region", "eu-west-1"),
        ("phone_number_id", NUMBER),
        ("waba_id", ACCOUNT),
        ("topic_arn", TOPIC),
        ("media_bucket", "our-whatsapp-files"),
    ];
    let key = [("access_key_id", "AKIATEST00000000WHARF"), ("secret_access_key", "our/secret+key")];
    let mut channel = testing::open(ProviderKind::AwsSocial, "15550102030", &settings, &key);
    channel.channel.settings.extend(testing::map(others));
    channel.channel.settings.retain(|_, value| !value.is_empty());
    channel
}

fn trial() -> Trial {
    Trial {
        provider: &AwsSocial,
        channels: vec![channel(&[])],
        samples: &[
            fixture!("text.json"),
            fixture!("two-messages.json"),
            fixture!("status-accepted.json"),
            fixture!("status-failed-before-whatsapp.json"),
            fixture!("template-approved.json"),
            fixture!("subscription.json"),
        ],
        takes_everything: false,
    }
}

stands_whatever_comes!(trial());

/// A refusal as AWS writes it: the kind in a header, with more behind it.
fn refusal(status: u16, kind: &str, message: &str) -> Response<Vec<u8>> {
    let mut answer = answer(status, json!({ "message": message }).to_string());
    let kind = format!("{kind}:http://internal.amazon.com/").parse().unwrap();
    answer.headers_mut().insert("x-amzn-errortype", kind);
    answer
}

fn json_of(text: impl AsRef<[u8]>) -> Value {
    serde_json::from_slice(text.as_ref()).unwrap()
}

/// Bytes that are none of SNS are the caller's fault.
#[test]
fn what_is_no_envelope_is_refused() {
    trial().refuses(&["", "[]", "null", "hello", "7"]);
}

/// A key, a number, a topic and a bucket are required, and the key is secret.
#[test]
fn a_channel_has_these_settings() {
    let required = [
        "access_key_id",
        "secret_access_key",
        "region",
        "phone_number_id",
        "topic_arn",
        "media_bucket",
    ];
    trial().settings_are(
        &required,
        &["access_key_id", "secret_access_key"],
        &[
            ("access_key_id", &["AKIATEST00000000WHARF"], &["AKIA", "AKIA TEST 0000000000"]),
            ("secret_access_key", &["our/secret+key"], &["", "our secret"]),
            ("region", &["eu-west-1", "us-gov-west-1"], &["eu", "eu-west-1/", "eu-west-1.evil"]),
            ("phone_number_id", &[NUMBER], &["109876500012345", "phone-number-id-1"]),
            (
                "topic_arn",
                &[TOPIC],
                &[
                    "arn:aws:sqs:eu-west-1:111122223333:whatsapp",
                    "arn:aws:sns:eu-west-1:111122223333:whatsapp.fifo",
                    "arn:aws:sns:evil.example/:111122223333:whatsapp",
                ],
            ),
            ("media_bucket", &["our.files-1"], &["our/files", "-ours", "ab"]),
            ("waba_id", &[ACCOUNT], &["waba-0a1b/../x"]),
            ("api_version", &["v23.0"], &["23", "v23"]),
            (
                "base_url",
                &["http://127.0.0.1:4010/aws_social", "https://aws.example"],
                &["http://aws.example"],
            ),
        ],
    );
}
