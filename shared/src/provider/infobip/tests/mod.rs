//! Infobip against our own samples in the documented form (`tests/fixtures/infobip`).

/// A sample's text. Above the modules, which is how they know it.
macro_rules! fixture {
    ($name:literal) => {
        include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/fixtures/infobip/", $name))
    };
}

mod answers;
mod inbound;
mod outgoing;
mod verify;

use std::collections::BTreeMap;

use http::{HeaderMap, Response};
use proptest::prelude::*;

use super::Infobip;
use crate::domain::channel::{
    Channel, Credentials, Language, MarkdownType, OpenChannel, OptionsLayout, ProviderKind,
};
use crate::domain::ids::{ChannelId, ConversationId, MessageId, TenantId};
use crate::domain::time::Time;
use crate::provider::{Provider, WebhookCall};

const NOW: Time = Time::from_millis(1_710_169_500_000);

fn map(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
    pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
}

/// A channel with these settings and credentials beside its host.
fn channel_with(settings: &[(&str, &str)], credentials: &[(&str, &str)]) -> OpenChannel {
    let mut all = map(&[("base_url", "ab12cd.api.infobip.com")]);
    all.extend(map(settings));
    let channel = Channel {
        id: ChannelId::derive(&[b"infobip"]),
        tenant: TenantId::derive(&[b"tenant"]),
        name: "Support".to_owned(),
        provider: ProviderKind::Infobip,
        phone_number: "15550102030".to_owned(),
        default_country: "CO".to_owned(),
        language: Language::Es,
        credentials: String::new(),
        settings: all,
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

fn channel() -> OpenChannel {
    channel_with(&[("username", "wharf")], &[("password", "pass:word 1")])
}

fn call(body: &[u8]) -> WebhookCall {
    WebhookCall { headers: HeaderMap::new(), query: Vec::new(), body: body.to_vec(), now: NOW }
}

fn message_id() -> MessageId {
    MessageId::of(ConversationId::derive(&[b"c"]), NOW, &[b"1"])
}

fn response(status: u16, body: &str) -> Response<Vec<u8>> {
    Response::builder().status(status).body(body.as_bytes().to_vec()).unwrap()
}

/// Where a sample is cut or broken at will.
fn mutated() -> impl Strategy<Value = Vec<u8>> {
    let samples = [
        fixture!("inbound-batch.json"),
        fixture!("inbound-text-referral.json"),
        fixture!("inbound-contact.json"),
        fixture!("inbound-order.json"),
        fixture!("report-undeliverable.json"),
        fixture!("notice-payment.json"),
        fixture!("event-template-rejected.json"),
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
        let _ = Infobip.parse(&call(&body), &channel());
    }

    #[test]
    fn no_broken_sample_panics(body in mutated()) {
        let _ = Infobip.parse(&call(&body), &channel());
    }

    /// Any JSON at all in the place of a result is one item.
    #[test]
    fn any_json_as_a_result_is_one_item(text in "[ -~]{0,40}", number in any::<i64>()) {
        for part in [
            serde_json::json!(text), serde_json::json!(number), serde_json::json!([number]),
            serde_json::json!({ "message": text, "messageId": number, "from": text }),
            serde_json::json!({ "status": { "groupId": number }, "messageId": text }),
            serde_json::json!({ "from": "573001234567", "receivedAt": "2024-03-11T15:01:00.000+0000",
                                "message": { "type": text, "text": number } }),
        ] {
            let body = serde_json::json!({ "results": [part] });
            let parsed = Infobip.parse(&call(body.to_string().as_bytes()), &channel()).unwrap();
            prop_assert_eq!(parsed.items.len(), 1);
        }
    }

    #[test]
    fn no_answer_panics(body in prop::collection::vec(any::<u8>(), 0..200), status in 200_u16..600) {
        let response = Response::builder().status(status).body(body).unwrap();
        let channel = channel();
        let _ = Infobip.read(&channel, &response);
        let _ = Infobip.read_submitted(&channel, &response);
        let _ = Infobip.read_templates(&channel, None, &response);
        let _ = Infobip.read_check(&channel, &response);
    }

    /// No header lets anybody in by accident, and none panics.
    #[test]
    fn no_header_lets_anybody_in(value in "[ -~]{0,60}") {
        let mut call = call(b"{}");
        if let Ok(value) = http::HeaderValue::from_str(&value) {
            call.headers.insert("authorization", value);
        }
        prop_assert!(Infobip.verify(&call, &channel()).is_err());
    }
}
