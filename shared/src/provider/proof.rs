//! What providers prove themselves by, and what their settings have to be: rules that more than one of them has.

use ring::hmac;
use url::{Host, Url};

/// In a time that says nothing about where the two differ: their codes under one key are compared.
pub(super) fn equal(given: &[u8], ours: &[u8]) -> bool {
    let key = hmac::Key::new(hmac::HMAC_SHA256, ours);
    hmac::verify(&key, given, hmac::sign(&key, ours).as_ref()).is_ok()
}

/// Whether it can stand in a header.
pub(super) fn is_visible(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_graphic())
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
    is_bare && (url.scheme() == "https" || (url.scheme() == "http" && is_local))
}

/// A version of the Cloud API, `v23.0`.
pub(super) fn is_version(text: &str) -> bool {
    let is_number =
        |text: &str| (1..=3).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit());
    text.strip_prefix('v')
        .and_then(|rest| rest.split_once('.'))
        .is_some_and(|(major, minor)| is_number(major) && is_number(minor))
}
