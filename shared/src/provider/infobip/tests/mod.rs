//! Infobip against our own samples in the documented form (`tests/fixtures/infobip`).

/// A sample's text. Above the modules, which is how they know it.
macro_rules! fixture {
    ($name:literal) => {
        crate::provider::testing::fixture!("infobip", $name)
    };
}

mod answers;
mod inbound;
mod outgoing;
mod verify;

use serde_json::{Value, json};

use super::Infobip;
use crate::domain::channel::{OpenChannel, ProviderKind};
use crate::provider::testing::{self, MESSAGE, NOW, answer, body, call, written};
use crate::provider::trial::{SettingRow, Trial, stands_whatever_comes};
use crate::provider::{Provider, WebhookCall};

const NUMBER: &str = "15550102030";
const USER: &str = "573001234567";

/// A channel with these settings and credentials beside its host.
fn channel_with(settings: &[(&str, &str)], credentials: &[(&str, &str)]) -> OpenChannel {
    let settings = [&[("base_url", "ab12cd.api.infobip.com")][..], settings].concat();
    testing::open(ProviderKind::Infobip, NUMBER, &settings, credentials)
}

fn channel() -> OpenChannel {
    channel_with(&[("username", "wharf")], &[("password", "pass:word 1")])
}

fn trial() -> Trial {
    Trial {
        provider: &Infobip,
        channels: vec![channel()],
        samples: &[
            fixture!("inbound-batch.json"),
            fixture!("inbound-text-referral.json"),
            fixture!("inbound-contact.json"),
            fixture!("inbound-order.json"),
            fixture!("report-undeliverable.json"),
            fixture!("notice-payment.json"),
            fixture!("event-template-rejected.json"),
        ],
        takes_everything: false,
    }
}

stands_whatever_comes!(trial());

#[test]
fn no_header_lets_anybody_in() {
    trial().no_header_lets_anybody_in("authorization");
}

#[test]
fn any_json_as_a_result_is_one_item() {
    trial().any_part_is_one_item(|text, number| {
        let parts = [
            json!(text),
            json!(number),
            json!([number]),
            json!({ "message": text, "messageId": number, "from": text }),
            json!({ "status": { "groupId": number }, "messageId": text }),
            json!({ "from": USER, "receivedAt": "2024-03-11T15:01:00.000+0000",
                    "message": { "type": text, "text": number } }),
        ];
        parts.map(|part| json!({ "results": [part] })).into()
    });
}
