//! Who may call the webhook (karix 6): whoever has the secret that Karix was told to send in a static header. Nothing
//! is signed; a channel without a secret refuses.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::{HeaderMap, StatusCode};

use super::settings::account_key;
use crate::domain::channel::OpenChannel;
use crate::provider::proof::equal;
use crate::provider::{Refused, WebhookCall};

/// Where the secret is looked for unless the channel names a header: the usual one, and Karix's own.
const HEADERS: [&str; 2] = ["authorization", "authentication"];

/// The channel's `webhook_token`; without one the account key, which Karix has anyway. Bare, or behind `Bearer`, or as
/// the pair of `Basic`.
pub(super) fn verify(call: &WebhookCall, channel: &OpenChannel) -> Result<(), Refused> {
    let refused = |message| Refused { status: StatusCode::UNAUTHORIZED, message };
    let token = channel.credentials.get("webhook_token").unwrap_or_else(|| account_key(channel));
    if token.is_empty() {
        return Err(refused("the channel has no secret, so nobody can prove to be Karix"));
    }
    let own = channel.setting("webhook_header", "");
    let names = if own.is_empty() { &HEADERS[..] } else { &[own][..] };
    let given: Vec<&[u8]> = names.iter().filter_map(|name| value(&call.headers, name)).collect();
    if given.is_empty() {
        return Err(refused("the header with the secret is missing"));
    }
    if given.into_iter().any(|value| proves(value, token)) {
        Ok(())
    } else {
        Err(refused("the secret does not match"))
    }
}

fn value<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h [u8]> {
    Some(headers.get(name)?.as_bytes().trim_ascii()).filter(|value| !value.is_empty())
}

fn proves(value: &[u8], token: &str) -> bool {
    let (scheme, rest) = match value.iter().position(|byte| *byte == b' ') {
        Some(end) => (&value[..end], value[end..].trim_ascii()),
        None => return equal(value, token.as_bytes()),
    };
    if scheme.eq_ignore_ascii_case(b"basic") {
        STANDARD.decode(rest).is_ok_and(|pair| equal(&pair, token.as_bytes()))
    } else {
        scheme.eq_ignore_ascii_case(b"bearer") && equal(rest, token.as_bytes())
    }
}
