//! The business numbers of the demonstration: one at each product of each simulated provider, under made-up credentials
//! that its provider and its channel both know.

use std::collections::BTreeMap;

use simulator::Line;

use crate::serve::Addresses;

/// A business number of the demonstration.
pub(super) struct Number {
    pub(super) line: &'static str,
    pub(super) name: &'static str,
    pub(super) digits: &'static str,
    /// Of the simulator.
    pub(super) carrier: &'static str,
    /// Of the gateway.
    pub(super) provider: &'static str,
    credentials: &'static [(&'static str, &'static str)],
    settings: &'static [(&'static str, &'static str)],
    /// Settings that hold the address of the provider.
    hosts: &'static [&'static str],
}

pub(super) const NUMBERS: [Number; 7] = [
    Number {
        line: "andes",
        name: "Andes Bank",
        digits: "573177700000",
        carrier: "gupshup",
        provider: "gupshup",
        credentials: &[("password", "demo-password")],
        settings: &[
            ("mode", "enterprise"),
            ("mobile_number", "573177700000"),
            ("waba_id", "2000190001"),
        ],
        hosts: &["send_host", "template_host"],
    },
    Number {
        line: "sol",
        name: "Sol Store",
        digits: "573177700001",
        carrier: "gupshup",
        provider: "gupshup",
        credentials: &[("api_key", "demo-api-key"), ("webhook_token", "demo-webhook-token")],
        settings: &[
            ("mode", "self_serve"),
            ("app_name", "SolStore"),
            ("app_id", "5f1c2d3e-0000-4000-8000-00000000501a"),
        ],
        hosts: &["base_url", "partner_url"],
    },
    Number {
        line: "rio",
        name: "Rio Clinic",
        digits: "573177700002",
        carrier: "cloud_api",
        provider: "cloud_api",
        credentials: &[
            ("access_token", "demo-access-token"),
            ("app_secret", "demo-app-secret"),
            ("verify_token", "demo-verify-token"),
        ],
        settings: &[
            ("phone_number_id", "106540352240001"),
            ("waba_id", "102290129340001"),
            ("app_id", "100290129340001"),
        ],
        hosts: &["base_url"],
    },
    Number {
        line: "mar",
        name: "Mar Hotel",
        digits: "573177700003",
        carrier: "360dialog",
        provider: "360dialog",
        credentials: &[("token", "demo-360dialog-key")],
        settings: &[],
        hosts: &["base_url"],
    },
    Number {
        line: "luz",
        name: "Luz Travel",
        digits: "573177700004",
        carrier: "karix",
        provider: "karix",
        credentials: &[
            ("account_key", "demo-account-key"),
            ("webhook_token", "demo-webhook-token"),
        ],
        settings: &[("waba_id", "102290129340002")],
        hosts: &["base_url", "media_url", "template_url"],
    },
    Number {
        line: "paz",
        name: "Paz Airlines",
        digits: "573177700005",
        carrier: "infobip",
        provider: "infobip",
        credentials: &[("password", "demo-infobip-password")],
        settings: &[("username", "demo-infobip")],
        hosts: &["base_url"],
    },
    Number {
        line: "vega",
        name: "Vega Power",
        digits: "573177700006",
        carrier: "aws_social",
        provider: "aws_social",
        credentials: &[
            ("access_key_id", "AKIADEMO0000000WHARF"),
            ("secret_access_key", "demo-secret-access-key"),
        ],
        settings: &[
            ("region", "eu-west-1"),
            ("phone_number_id", "phone-number-id-00000000000000000000573177700006"),
            ("waba_id", "waba-00000000000000000000102290129346"),
            ("topic_arn", "arn:aws:sns:eu-west-1:111122223333:demo"),
            ("media_bucket", "demo-whatsapp-files"),
        ],
        hosts: &["base_url"],
    },
];

impl Number {
    pub(super) fn hosts(&self, addresses: &Addresses) -> BTreeMap<&str, String> {
        let address = format!("{}/{}", addresses.simulator, self.carrier);
        self.hosts.iter().map(|name| (*name, address.clone())).collect()
    }

    pub(super) fn settings(&self, addresses: &Addresses) -> BTreeMap<String, String> {
        let plain = self.settings.iter().map(|(name, value)| (*name, (*value).to_owned()));
        let all = plain.chain(self.hosts(addresses));
        all.map(|(name, value)| (name.to_owned(), value)).collect()
    }

    pub(super) fn credentials(&self) -> BTreeMap<&str, &str> {
        self.credentials.iter().copied().collect()
    }

    /// The number as its provider knows it.
    pub(super) fn line(&self) -> Line {
        let all = self.settings.iter().chain(self.credentials);
        Line {
            id: self.line.to_owned(),
            carrier: self.carrier.to_owned(),
            name: self.name.to_owned(),
            number: self.digits.to_owned(),
            settings: all.map(|(name, value)| ((*name).into(), (*value).into())).collect(),
            webhook_url: String::new(),
        }
    }
}
