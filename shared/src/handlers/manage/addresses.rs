//! Where the gateway is reached from the outside: what the API tells providers and callers to call.

use std::collections::BTreeMap;

use crate::domain::channel::ProviderKind;
use crate::error::{Error, Result};

/// Addresses without a slash at the end. Either all lies at one, or each function has one of its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Addresses {
    /// `None`: where the caller found it.
    api: Option<String>,
    webhooks: BTreeMap<ProviderKind, String>,
}

impl Addresses {
    /// All of it lies at this address: `https://gateway.example`.
    pub fn at(address: &str) -> Self {
        Self::new(Some(address), |_| address)
    }

    /// The API and the webhooks of each provider. A function with an address of its own cannot be told it, because it
    /// is there before: without one, links lead to where the caller found the API.
    pub fn new<'a>(api: Option<&str>, webhooks: impl Fn(ProviderKind) -> &'a str) -> Self {
        let plain = |address: &str| address.trim_end_matches('/').to_owned();
        let webhooks = ProviderKind::ALL.map(|provider| (provider, plain(webhooks(provider))));
        Self { api: api.map(plain), webhooks: webhooks.into() }
    }

    /// Where a provider finds our webhooks.
    pub(super) fn webhooks(&self, provider: ProviderKind) -> &str {
        self.webhooks.get(&provider).map_or("", String::as_str)
    }

    /// Where callers find the API. `host` is where this one did.
    pub(super) fn api(&self, host: Option<&str>) -> Result<String> {
        match (&self.api, host) {
            (Some(address), _) => Ok(address.clone()),
            (None, Some(host)) => Ok(format!("https://{host}")),
            (None, None) => Err(Error::invalid("Host", "must be said")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_lead_to_where_the_gateway_is_or_to_where_it_was_found() {
        let one = Addresses::at("https://gateway.example/");
        assert_eq!(one.api(Some("elsewhere.example")).unwrap(), "https://gateway.example");
        assert_eq!(one.webhooks(ProviderKind::Gupshup), "https://gateway.example");
        assert_eq!(one.webhooks(ProviderKind::Meta), "https://gateway.example");

        let apart = Addresses::new(None, |provider| match provider {
            ProviderKind::Gupshup => "https://g.example/",
            _ => "https://m.example/",
        });
        assert_eq!(apart.api(Some("api.example")).unwrap(), "https://api.example");
        assert!(apart.api(None).is_err());
        assert_eq!(apart.webhooks(ProviderKind::Gupshup), "https://g.example");
        assert_eq!(apart.webhooks(ProviderKind::Meta), "https://m.example");
    }
}
