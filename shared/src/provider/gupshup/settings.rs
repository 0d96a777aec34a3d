//! What a GupShup channel is configured with, per mode, and where each value is found. Not: how it is stored.

use crate::domain::channel::OpenChannel;
use crate::provider::Setting;
use crate::provider::setting::is_visible;

/// Which of the two products carries the channel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mode {
    /// The gateway API.
    Enterprise,
    /// api.gupshup.io, with the partner API for what its own forms lack.
    SelfServe,
}

/// The channel's product; enterprise unless it says otherwise.
pub(super) fn mode(channel: &OpenChannel) -> Mode {
    match field(channel, "mode") {
        Some("self_serve") => Mode::SelfServe,
        _ => Mode::Enterprise,
    }
}

const SEND_HOST: &str = "https://media.smsgupshup.com";
const TEMPLATE_HOST: &str = "https://wamedia.smsgupshup.com";
const BASE_URL: &str = "https://api.gupshup.io";
const PARTNER_URL: &str = "https://partner.gupshup.io";

const NOT_EMPTY: &str = "must not be empty";
const PARAMETER: &str = "must be the name of a parameter: letters, digits and _";

pub(super) const ALL: &[Setting] = &[
    Setting::plain("mode", "must be enterprise or self_serve", |v| {
        matches!(v, "enterprise" | "self_serve")
    }),
    Setting::number("mobile_number"),
    Setting::plain("waba_id", NOT_EMPTY, filled),
    secret("password"),
    Setting::plain("hsm_userid", NOT_EMPTY, filled),
    secret("hsm_password"),
    Setting::plain("two_way_userid", NOT_EMPTY, filled),
    secret("two_way_password"),
    Setting::address("send_host"),
    Setting::address("template_host"),
    // Which form of template an account takes is not published (A2).
    Setting::plain("template_by", "must be text, template_id or whatsAppTemplateId", |v| {
        matches!(v, "text" | "template_id" | "whatsAppTemplateId")
    }),
    // So are the names of a payment's parameters (A2).
    Setting::plain("order_type_parameter", PARAMETER, parameter),
    Setting::plain("order_text_parameter", PARAMETER, parameter),
    Setting::plain("order_action_parameter", PARAMETER, parameter),
    secret("api_key"),
    Setting::plain("app_name", NOT_EMPTY, filled),
    Setting::plain("app_id", "must be letters, digits and -", |v| {
        filled(v) && v.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
    }),
    secret("webhook_token"),
    Setting::address("base_url"),
    secret("app_token"),
    Setting::address("partner_url"),
];

const fn secret(name: &'static str) -> Setting {
    Setting::secret(name, "must be visible ASCII characters without blanks", is_visible)
}

fn filled(value: &str) -> bool {
    !value.trim().is_empty()
}

fn parameter(value: &str) -> bool {
    filled(value) && value.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
}

/// K24: what the channel's mode cannot do without.
pub(super) fn complete(channel: &OpenChannel) -> Result<(), (&'static str, &'static str)> {
    let needed: &[(&str, &str)] = match mode(channel) {
        Mode::Enterprise => &[
            ("mobile_number", "is required"),
            ("waba_id", "is required"),
            ("password", "is required"),
        ],
        Mode::SelfServe => &[
            ("api_key", "is required when mode is self_serve"),
            ("app_name", "is required when mode is self_serve"),
            ("app_id", "is required when mode is self_serve"),
        ],
    };
    match needed.iter().find(|(name, _)| field(channel, name).is_none()) {
        Some(missing) => Err(*missing),
        None => Ok(()),
    }
}

/// A credential or setting, if it is set and not empty.
pub(super) fn field<'a>(channel: &'a OpenChannel, name: &str) -> Option<&'a str> {
    channel
        .credentials
        .get(name)
        .or_else(|| Some(channel.setting(name, "")).filter(|v| !v.is_empty()))
}

fn field_or<'a>(channel: &'a OpenChannel, name: &str, default: &'a str) -> &'a str {
    field(channel, name).unwrap_or(default)
}

/// A user id and password of the gateway.
pub(super) struct Account<'a> {
    pub(super) userid: &'a str,
    pub(super) password: &'a str,
}

/// The account that sends templates (A1).
pub(super) fn hsm_account(channel: &OpenChannel) -> Account<'_> {
    account(channel, "hsm_userid", "hsm_password")
}

/// The account that answers users (A1).
pub(super) fn two_way_account(channel: &OpenChannel) -> Account<'_> {
    account(channel, "two_way_userid", "two_way_password")
}

fn account<'a>(channel: &'a OpenChannel, userid: &str, password: &str) -> Account<'a> {
    let single = |name| field_or(channel, name, "");
    Account {
        userid: field(channel, userid).unwrap_or_else(|| single("waba_id")),
        password: field(channel, password).unwrap_or_else(|| single("password")),
    }
}

/// Where the gateway takes messages.
pub(super) fn send_url(channel: &OpenChannel) -> String {
    join(field_or(channel, "send_host", SEND_HOST), "GatewayAPI/rest")
}

/// Where the gateway takes templates.
pub(super) fn template_url(channel: &OpenChannel) -> String {
    join(field_or(channel, "template_host", TEMPLATE_HOST), "GatewayAPI/rest")
}

/// An address of self-serve.
pub(super) fn self_serve_url(channel: &OpenChannel, path: &str) -> String {
    join(field_or(channel, "base_url", BASE_URL), path)
}

/// An address of self-serve below the channel's app.
pub(super) fn app_url(channel: &OpenChannel, path: &str) -> String {
    let app = field_or(channel, "app_id", "");
    self_serve_url(channel, &format!("wa/app/{app}/{path}"))
}

/// An address of the partner API below the channel's app.
pub(super) fn partner_url(channel: &OpenChannel, path: &str) -> String {
    let app = field_or(channel, "app_id", "");
    join(field_or(channel, "partner_url", PARTNER_URL), &format!("partner/app/{app}/{path}"))
}

fn join(host: &str, path: &str) -> String {
    format!("{}/{path}", host.trim_end_matches('/'))
}

/// Our number's digits.
pub(super) fn our_number(channel: &OpenChannel) -> &str {
    field_or(channel, "mobile_number", &channel.phone_number).trim_start_matches('+')
}
