//! What a Karix channel is configured with, and where each value is found (K59, K61). Not: how it is stored.

use url::Url;

use crate::domain::channel::OpenChannel;
use crate::provider::Setting;
use crate::provider::setting::is_visible;

/// Where messages are sent.
const BASE_URL: &str = "https://rcmapi.instaalerts.zone";
/// Where files of users lie.
const MEDIA_URL: &str = "https://rcmmedia.instaalerts.zone";
/// Where templates are managed.
const TEMPLATE_URL: &str = "https://rcsgui.karix.solutions";
/// The webhook of delivery reports that every sample names.
const REPORTS: &str = "1001";

/// Hosts that get the account key, themselves and below (karix 7).
const HOSTS: [&str; 3] = ["instaalerts.zone", "karix.com", "karix.solutions"];

const VISIBLE: &str = "must be visible ASCII characters without blanks";

/// A secret that can be guessed is none.
const TOKEN_CHARACTERS_MIN: usize = 8;

pub(super) const ALL: &[Setting] = &[
    Setting::secret("account_key", VISIBLE, is_visible).required(),
    Setting::number("from"),
    Setting::plain("vendor", "must not be empty", |v| !v.trim().is_empty()),
    Setting::graph_id("waba_id"),
    // Sending and the template API may have keys of their own (karix 1).
    Setting::secret("template_token", VISIBLE, is_visible),
    Setting::plain("webhook_header", "must be the name of a header", is_header_name),
    Setting::secret(
        "webhook_token",
        "must be at least 8 visible ASCII characters without blanks",
        |v| is_visible(v) && v.len() >= TOKEN_CHARACTERS_MIN,
    ),
    Setting::plain("webhook_dn_id", "must be letters, digits, _ and -", |v| {
        !v.is_empty() && v.bytes().all(|b| b.is_ascii_alphanumeric() || b"_-".contains(&b))
    }),
    // No public client was seen to send other interactive objects than buttons and lists (karix 2).
    Setting::plain("cloud_interactive", "must be true or false", |v| matches!(v, "true" | "false")),
    // Only one client names a template's language (karix 2).
    Setting::plain("template_language", "must be true or false", |v| matches!(v, "true" | "false")),
    Setting::address("base_url"),
    Setting::address("media_url"),
    Setting::address("template_url"),
];

fn is_header_name(text: &str) -> bool {
    http::HeaderName::from_bytes(text.as_bytes()).is_ok()
}

/// Our number's digits; the channel's own number unless Karix knows the sender by another (K59).
pub(super) fn our_number(channel: &OpenChannel) -> &str {
    channel.setting("from", &channel.phone_number).trim_start_matches('+')
}

/// The key of everything but templates.
pub(super) fn account_key(channel: &OpenChannel) -> &str {
    channel.credentials.get("account_key").unwrap_or_default()
}

/// The key of the template API.
pub(super) fn template_token(channel: &OpenChannel) -> &str {
    channel.credentials.get("template_token").unwrap_or_else(|| account_key(channel))
}

/// The WhatsApp Business account, without which there are no templates.
pub(super) fn account(channel: &OpenChannel) -> Option<&str> {
    Some(channel.setting("waba_id", "")).filter(|id| !id.is_empty())
}

/// Which of the webhooks at Karix gets the delivery reports.
pub(super) fn reports(channel: &OpenChannel) -> &str {
    channel.setting("webhook_dn_id", REPORTS)
}

/// Whether interactive objects beside buttons and lists may be sent.
pub(super) fn has_cloud_interactive(channel: &OpenChannel) -> bool {
    channel.setting("cloud_interactive", "false") == "true"
}

/// Whether a template is sent with its language, for accounts that have one name in several.
pub(super) fn has_template_language(channel: &OpenChannel) -> bool {
    channel.setting("template_language", "false") == "true"
}

/// An address of the sending API.
pub(super) fn api_url(channel: &OpenChannel, path: &str) -> String {
    join(channel.setting("base_url", BASE_URL), path)
}

/// An address of the media API.
pub(super) fn media_url(channel: &OpenChannel, path: &str) -> String {
    join(channel.setting("media_url", MEDIA_URL), path)
}

/// An address of the template API.
pub(super) fn template_url(channel: &OpenChannel, path: &str) -> String {
    join(channel.setting("template_url", TEMPLATE_URL), &format!("api/v1.0/template/{path}"))
}

fn join(base: &str, path: &str) -> String {
    format!("{}/{path}", base.trim_end_matches('/'))
}

/// Whether this link may be called with the account key: it leads to Karix, or to where the channel says Karix is.
pub(super) fn is_karix(channel: &OpenChannel, link: &str) -> bool {
    let Ok(link) = Url::parse(link) else { return false };
    let is_origin = |base: &str| Url::parse(base).is_ok_and(|base| base.origin() == link.origin());
    let is_below = |host: &str| {
        let host_of_link = link.host_str().unwrap_or_default();
        host_of_link.strip_suffix(host).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
    };
    ["base_url", "media_url"].iter().any(|name| is_origin(channel.setting(name, "")))
        || (link.scheme() == "https" && HOSTS.into_iter().any(is_below))
}
