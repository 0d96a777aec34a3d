//! What a channel is configured with: a setting or a credential, and the rules that more than one provider has for them.

use http::Uri;
use url::{Host, Url};

use crate::domain::user::WaId;

/// A setting or credential of a channel at this provider.
#[derive(Debug, Clone, Copy)]
pub struct Setting {
    pub name: &'static str,
    pub required: bool,
    /// Sealed, never returned.
    pub secret: bool,
    /// The rule in words, for the error.
    pub rule: &'static str,
    pub check: fn(&str) -> bool,
}

impl Setting {
    /// It may be given, and is shown.
    pub(super) const fn plain(
        name: &'static str,
        rule: &'static str,
        check: fn(&str) -> bool,
    ) -> Self {
        Self { name, required: false, secret: false, rule, check }
    }

    /// It may be given.
    pub(super) const fn secret(
        name: &'static str,
        rule: &'static str,
        check: fn(&str) -> bool,
    ) -> Self {
        Self { secret: true, ..Self::plain(name, rule, check) }
    }

    pub(super) const fn required(self) -> Self {
        Self { required: true, ..self }
    }

    /// Where one of the provider's APIs is.
    pub(super) const fn address(name: &'static str) -> Self {
        let rule = "must be an https address (http only on this machine) without query";
        Self::plain(name, rule, is_base_url)
    }

    /// Meta's id of an account, a number or an app.
    pub(super) const fn graph_id(name: &'static str) -> Self {
        Self::plain(name, "must be 1 to 32 digits", is_graph_id)
    }

    /// The business's own number, as it is called there.
    pub(super) const fn number(name: &'static str) -> Self {
        Self::plain(name, "must be digits with the country code", |text| {
            WaId::parse(text).is_ok_and(|id| id.is_whole())
        })
    }

    /// Of the Cloud API.
    pub(super) const fn api_version(name: &'static str) -> Self {
        Self::plain(name, "must be a version such as v23.0", is_version)
    }
}

/// Whether it can stand in a header.
pub(super) fn is_visible(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_graphic())
}

fn is_graph_id(text: &str) -> bool {
    (1..=32).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit())
}

fn is_version(text: &str) -> bool {
    let is_number = |text: &str| (1..=3).contains(&text.len()) && is_graph_id(text);
    text.strip_prefix('v')
        .and_then(|rest| rest.split_once('.'))
        .is_some_and(|(major, minor)| is_number(major) && is_number(minor))
}

/// Where a provider's API is. The token goes there, so it must not go in the clear.
pub(super) fn is_base_url(text: &str) -> bool {
    let Ok(url) = Url::parse(text) else { return false };
    let is_local = match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => return false,
    };
    let is_bare = url.query().is_none() && url.fragment().is_none() && url.username().is_empty();
    let is_safe = url.scheme() == "https" || (url.scheme() == "http" && is_local);
    // Calls are made of the text as it was given.
    is_bare && is_safe && text.parse::<Uri>().is_ok()
}
