//! What an Infobip channel is configured with, and where each value is found (infobip 0, 6). Not: how it is stored.

use http::{HeaderName, header};
use ring::hmac;
use url::Url;

use crate::domain::channel::OpenChannel;
use crate::provider::Setting;
use crate::provider::setting::{is_base_url, is_visible};

/// A secret that can be guessed is none.
const SECRET_CHARACTERS_MIN: usize = 8;
const SECRET_CHARACTERS_MAX: usize = 512;
const NAME_CHARACTERS_MAX: usize = 64;

const HOST: &str =
    "must be the account's own host, with or without https:// (http only on this machine)";
const NAME: &str = "must be 1 to 64 letters, digits, - and _";
const USER: &str = "must be 1 to 512 characters without colon";
const PASSWORD: &str = "must be 1 to 512 characters";
const SECRET: &str = "must be 8 to 512 visible ASCII characters";

pub(super) const ALL: &[Setting] = &[
    Setting::plain("base_url", HOST, |text| is_base_url(&with_scheme(text))).required(),
    Setting::plain("username", USER, is_user),
    Setting::secret("password", PASSWORD, is_password),
    Setting::secret("api_key", SECRET, is_secret),
    Setting::plain("sandbox_keyword", "must be one word of 1 to 64 characters", is_word),
    Setting::plain("webhook_auth", "must be basic, url_token, static_header or hmac", |text| {
        matches!(text, "basic" | "url_token" | "static_header" | "hmac")
    }),
    Setting::plain("webhook_username", USER, is_user),
    Setting::secret("webhook_password", PASSWORD, is_password),
    Setting::secret("webhook_token", SECRET, is_secret),
    Setting::secret("webhook_secret", SECRET, is_secret),
    Setting::plain("webhook_header", "must be the name of a header", |text| {
        HeaderName::from_bytes(text.as_bytes()).is_ok()
    }),
    Setting::plain("webhook_digest", "must be sha256 or sha512", |text| {
        matches!(text, "sha256" | "sha512")
    }),
    Setting::plain("webhook_encoding", "must be hex or base64", |text| {
        matches!(text, "hex" | "base64")
    }),
    Setting::plain("subscription_id", NAME, is_name),
];

fn is_password(text: &str) -> bool {
    (1..=SECRET_CHARACTERS_MAX).contains(&text.chars().count())
        && !text.chars().any(char::is_control)
}

/// Before the first colon of Basic authorization.
fn is_user(text: &str) -> bool {
    is_password(text) && !text.contains(':')
}

fn is_secret(text: &str) -> bool {
    (SECRET_CHARACTERS_MIN..=SECRET_CHARACTERS_MAX).contains(&text.len()) && is_visible(text)
}

fn is_word(text: &str) -> bool {
    (1..=NAME_CHARACTERS_MAX).contains(&text.chars().count()) && !text.contains(char::is_whitespace)
}

fn is_name(text: &str) -> bool {
    (1..=NAME_CHARACTERS_MAX).contains(&text.len())
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'))
}

/// K8: the portal shows the host alone.
fn with_scheme(text: &str) -> String {
    if text.contains("://") { text.to_owned() } else { format!("https://{text}") }
}

/// Where the account is, without a slash at the end.
pub(super) fn base(channel: &OpenChannel) -> String {
    let base = with_scheme(channel.setting("base_url", ""));
    base.trim_end_matches('/').to_owned()
}

/// Whether an address lies at the account's own host: only there go its credentials (infobip 7).
pub(super) fn is_own_host(channel: &OpenChannel, url: &str) -> bool {
    let base = base(channel);
    match (Url::parse(&base), Url::parse(url)) {
        (Ok(own), Ok(url)) => is_base_url(&base) && own.origin() == url.origin(),
        _ => false,
    }
}

/// A credential or setting, if it is set and not empty.
pub(super) fn field<'a>(channel: &'a OpenChannel, name: &str) -> Option<&'a str> {
    let plain = || Some(channel.setting(name, "")).filter(|text| !text.is_empty());
    channel.credentials.get(name).or_else(plain)
}

/// A name and a password.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Login<'a> {
    pub(super) username: &'a str,
    pub(super) password: &'a str,
}

/// K9: what our calls prove themselves with. The key is preferred (infobip 1).
#[derive(Clone, Copy)]
pub(super) enum Account<'a> {
    Key(&'a str),
    Login(Login<'a>),
}

/// `None` if the channel is not complete.
pub(super) fn account(channel: &OpenChannel) -> Option<Account<'_>> {
    let key = field(channel, "api_key").map(Account::Key);
    let username = field(channel, "username");
    let login = username.zip(field(channel, "password"));
    key.or(login.map(|(username, password)| Account::Login(Login { username, password })))
}

/// Whether two channels are numbers of one account: who speaks for the one speaks for the other.
pub(super) fn is_same_account(one: &OpenChannel, other: &OpenChannel) -> bool {
    let both = account(one).zip(account(other));
    let is_same = both.is_some_and(|both| match both {
        (Account::Key(a), Account::Key(b)) => a == b,
        (Account::Login(a), Account::Login(b)) => a == b,
        (Account::Key(_), Account::Login(_)) | (Account::Login(_), Account::Key(_)) => false,
    });
    is_same && base(one) == base(other)
}

/// What a webhook proves itself with.
pub(super) enum Proof<'a> {
    Basic(Login<'a>),
    /// `?token=` of the address.
    UrlToken(&'a str),
    /// A header that always has the same value.
    StaticHeader {
        name: &'a str,
        value: &'a str,
    },
    /// A code over the body in a header.
    Hmac {
        name: &'a str,
        key: hmac::Key,
        is_hex: bool,
    },
}

/// `None` if the channel is not complete: then nobody proves anything.
pub(super) fn proof(channel: &OpenChannel) -> Option<Proof<'_>> {
    Some(match channel.setting("webhook_auth", BASIC) {
        "url_token" => Proof::UrlToken(field(channel, "webhook_token")?),
        "static_header" => Proof::StaticHeader {
            name: channel.setting("webhook_header", header::AUTHORIZATION.as_str()),
            value: field(channel, "webhook_token")?,
        },
        "hmac" => {
            let digest = match channel.setting("webhook_digest", "sha256") {
                "sha512" => hmac::HMAC_SHA512,
                _ => hmac::HMAC_SHA256,
            };
            Proof::Hmac {
                name: field(channel, "webhook_header")?,
                key: hmac::Key::new(digest, field(channel, "webhook_secret")?.as_bytes()),
                is_hex: channel.setting("webhook_encoding", "hex") == "hex",
            }
        }
        _ => Proof::Basic(Login {
            username: either(channel, "webhook_username", "username")?,
            password: either(channel, "webhook_password", "password")?,
        }),
    })
}

/// Contracts 13: the account's own name and password both ways, unless the channel says otherwise.
const BASIC: &str = "basic";

fn either<'a>(channel: &'a OpenChannel, own: &str, account: &str) -> Option<&'a str> {
    field(channel, own).or_else(|| field(channel, account))
}

/// What the channel's way of authorization cannot do without.
pub(super) fn complete(channel: &OpenChannel) -> Result<(), (&'static str, &'static str)> {
    let has = |name| field(channel, name).is_some();
    if !has("api_key") && !has("username") {
        return Err(("username", "is required where api_key is not set"));
    }
    if !has("api_key") && !has("password") {
        return Err(("password", "is required where api_key is not set"));
    }
    let needed: &[(&str, &str)] = match channel.setting("webhook_auth", BASIC) {
        "url_token" => &[("webhook_token", "is required for webhook_auth url_token")],
        "static_header" => &[("webhook_token", "is required for webhook_auth static_header")],
        // Neither is published (infobip 6).
        "hmac" => &[
            ("webhook_secret", "is required for webhook_auth hmac"),
            ("webhook_header", "is required for webhook_auth hmac"),
        ],
        _ if !has("username") && !has("webhook_username") => &[(
            "webhook_username",
            "is required: without it, or another webhook_auth, nobody could tell Infobip's calls",
        )],
        _ if !has("password") && !has("webhook_password") => &[(
            "webhook_password",
            "is required: without it, or another webhook_auth, nobody could tell Infobip's calls",
        )],
        _ => &[],
    };
    match needed.iter().find(|(name, _)| !has(name)) {
        Some(missing) => Err(*missing),
        None => Ok(()),
    }
}
