//! Calls of AWS: their addresses and bodies. Each has beside it the key that it is signed with when it leaves.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::{Method, Request};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Value, json};

use super::settings::{MEDIA_BUCKET, PHONE_NUMBER_ID, key};
use crate::domain::channel::{OpenChannel, ProviderKind};
use crate::domain::message::Sending;
use crate::domain::user::Address;
use crate::provider::cloud::{self, Reference};
use crate::provider::{Unsupported, request};

/// As signatures name the service.
const SERVICE: &str = "social-messaging";
/// The version of the Cloud API that the code was written for.
const API_VERSION: &str = "v23.0";
/// What a signature leaves as it is; everything else is written in hex.
const UNRESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// What the names of hosts in a region end with.
pub(super) fn suffix(region: &str) -> &'static str {
    if region.starts_with("cn-") { "amazonaws.com.cn" } else { "amazonaws.com" }
}

/// The channel's own address for everything of AWS, if it has one.
fn own_base(channel: &OpenChannel) -> Option<&str> {
    let base = channel.setting("base_url", "").trim_end_matches('/');
    Some(base).filter(|base| !base.is_empty())
}

/// A call of the service. `query` is encoded here.
pub(super) fn to(
    channel: &OpenChannel,
    method: Method,
    path: &str,
    query: &[(&str, &str)],
    body: Option<&Value>,
) -> Request<Vec<u8>> {
    let region = channel.setting("region", "");
    let base = own_base(channel)
        .map_or_else(|| format!("https://{SERVICE}.{region}.{}", suffix(region)), str::to_owned);
    let mut request = signed(channel, SERVICE, method, &format!("{base}{path}"), query);
    if let Some(body) = body {
        request::fill_json(&mut request, body);
    }
    request
}

/// A call of the channel's bucket; `path` is empty or begins with a slash.
pub(super) fn bucket(
    channel: &OpenChannel,
    method: Method,
    path: &str,
    query: &[(&str, &str)],
) -> Request<Vec<u8>> {
    let (region, bucket) = (channel.setting("region", ""), channel.setting(MEDIA_BUCKET, ""));
    let base = match own_base(channel) {
        Some(base) => format!("{base}/{bucket}"),
        // The bucket's name in the path: one with dots fits no certificate.
        None => format!("https://s3.{region}.{}/{bucket}", suffix(region)),
    };
    signed(channel, "s3", method, &format!("{base}{path}"), query)
}

fn signed(
    channel: &OpenChannel,
    service: &'static str,
    method: Method,
    address: &str,
    query: &[(&str, &str)],
) -> Request<Vec<u8>> {
    let encoded = |text| utf8_percent_encode(text, UNRESERVED);
    let pairs = query.iter().map(|(name, value)| format!("{}={}", encoded(name), encoded(value)));
    let mut address = address.to_owned();
    for (place, pair) in pairs.enumerate() {
        address.push(if place == 0 { '?' } else { '&' });
        address.push_str(&pair);
    }
    let mut request = request::to(method, &address);
    request.extensions_mut().insert(key(channel, service));
    request
}

/// Bytes inside of JSON.
pub(super) fn blob(value: &Value) -> String {
    STANDARD.encode(value.to_string())
}

/// `POST /v1/whatsapp/send`. Numbers are written with their `+`.
///
/// # Errors
/// There is nothing to send.
pub(super) fn message(
    channel: &OpenChannel,
    message: &Sending,
) -> Result<Request<Vec<u8>>, Unsupported> {
    let mut body = cloud::body(ProviderKind::AwsSocial, message, Reference::Echoed)?;
    if let Address::Phone(number) = &message.to {
        body["to"] = json!(format!("+{}", number.as_str()));
    }
    let asked = json!({
        "originationPhoneNumberId": channel.setting(PHONE_NUMBER_ID, ""),
        "metaApiVersion": channel.setting("api_version", API_VERSION),
        "message": blob(&body),
    });
    Ok(to(channel, Method::POST, "/v1/whatsapp/send", &[], Some(&asked)))
}

/// The number itself: the cheapest call that needs key and number to fit.
pub(super) fn number(channel: &OpenChannel) -> Request<Vec<u8>> {
    let query = [("id", channel.setting(PHONE_NUMBER_ID, ""))];
    to(channel, Method::GET, "/v1/whatsapp/waba/phone/details", &query, None)
}
