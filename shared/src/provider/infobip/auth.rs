//! Who may call the webhook (infobip 6, K9). There is no signature on a plain webhook, so the channel says what proves
//! the caller; a channel that says nothing lets nobody in. The address alone proves nothing.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::header::AUTHORIZATION;
use http::{HeaderMap, StatusCode};
use ring::hmac;

use super::settings::{Login, Proof, proof};
use crate::domain::channel::OpenChannel;
use crate::provider::proof::equal;
use crate::provider::{Refused, WebhookCall};

/// The parameter of the address that carries the token.
pub(super) const TOKEN_PARAMETER: &str = "token";

/// Whether the caller is Infobip. The sentence is for the log: the caller gets an empty answer.
pub(super) fn verify(call: &WebhookCall, channel: &OpenChannel) -> Result<(), Refused> {
    let refused = |message| Err(Refused { status: StatusCode::UNAUTHORIZED, message });
    let proven = match proof(channel) {
        None => return refused("the channel has nothing that a call could prove itself with"),
        Some(Proof::Basic(login)) => {
            login_of(&call.headers).map(|given| equal(&given, &both(login)))
        }
        Some(Proof::UrlToken(token)) => {
            let mut pairs = call.query.iter();
            let given = pairs.find(|(name, _)| name == TOKEN_PARAMETER);
            given.map(|(_, given)| equal(given.as_bytes(), token.as_bytes()))
        }
        Some(Proof::StaticHeader { name, value }) => {
            call.headers.get(name).map(|given| equal(given.as_bytes(), value.as_bytes()))
        }
        Some(Proof::Hmac { name, key, is_hex }) => call.headers.get(name).map(|given| {
            let code = code(given.as_bytes(), is_hex);
            code.is_some_and(|code| hmac::verify(&key, &call.body, &code).is_ok())
        }),
    };
    match proven {
        Some(true) => Ok(()),
        Some(false) => refused("what the call proves itself with does not fit"),
        None => refused("the call brings nothing to prove itself with"),
    }
}

/// Name and password as Basic authorization joins them.
pub(super) fn both(login: Login<'_>) -> Vec<u8> {
    format!("{}:{}", login.username, login.password).into_bytes()
}

/// What stands behind `Basic`; another scheme or broken base64 is a wrong login, not a missing one.
fn login_of(headers: &HeaderMap) -> Option<Vec<u8>> {
    let value = headers.get(AUTHORIZATION)?.to_str().unwrap_or_default();
    let encoded = match value.split_once(' ') {
        Some((scheme, encoded)) if scheme.eq_ignore_ascii_case("basic") => encoded.trim(),
        Some(_) | None => "",
    };
    Some(STANDARD.decode(encoded).unwrap_or_default())
}

/// The bytes of a code, with or without the digest's name in front (`sha256=`).
fn code(given: &[u8], is_hex: bool) -> Option<Vec<u8>> {
    let text = std::str::from_utf8(given).ok()?.trim();
    let text =
        ["sha256=", "sha512="].iter().find_map(|name| text.strip_prefix(name)).unwrap_or(text);
    if is_hex { hex::decode(text).ok() } else { STANDARD.decode(text).ok() }
}
