//! Calls of the account's API: addresses, credentials, and everything that is neither a message nor a template.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::header::{ACCEPT, AUTHORIZATION, HeaderValue};
use http::{Method, Request, Response, StatusCode};
use serde_json::{Value, json};
use url::Url;

use super::auth::{self, TOKEN_PARAMETER};
use super::settings::{self, Account, Proof};
use crate::domain::channel::OpenChannel;
use crate::domain::message::{Media, MediaSource};
use crate::provider::{Class, Fetch, Registered, codes, request};

/// A call of `{base_url}/{path}`, its segments encoded here.
pub(super) fn api(
    channel: &OpenChannel,
    method: Method,
    path: &[&str],
    body: Option<&Value>,
) -> Request<Vec<u8>> {
    let mut request = to(channel, &request::address(settings::base(channel), path, &[]));
    *request.method_mut() = method;
    request.headers_mut().insert(ACCEPT, HeaderValue::from_static("application/json"));
    if let Some(body) = body {
        request::fill_json(&mut request, body);
    }
    request
}

/// Our number as Infobip wants it: digits without a plus (K3).
pub(super) fn sender(channel: &OpenChannel) -> &str {
    channel.phone_number.trim_start_matches('+')
}

/// A `GET` with the account's credentials.
fn to(channel: &OpenChannel, address: &str) -> Request<Vec<u8>> {
    let mut request = request::to(Method::GET, address);
    let authorization = match settings::account(channel) {
        Some(Account::Key(key)) => format!("App {key}"),
        Some(Account::Login(login)) => format!("Basic {}", STANDARD.encode(auth::both(login))),
        None => return request,
    };
    request::secret_header(&mut request, AUTHORIZATION, &authorization);
    request
}

/// A user's file lies at the account's own host and wants its credentials; no other host gets them (infobip 7).
pub(super) fn media(channel: &OpenChannel, media: &Media) -> Fetch {
    match &media.source {
        Some(MediaSource::PrivateLink { url, .. }) if settings::is_own_host(channel, url) => {
            Fetch::Bytes(to(channel, url))
        }
        Some(MediaSource::Link(url)) => request::open_link(url),
        Some(MediaSource::PrivateLink { .. } | MediaSource::ProviderId(_)) | None => Fetch::Nothing,
    }
}

/// What the number's webhooks are to bring.
const EVENTS: [&str; 3] = ["INBOUND_MESSAGE", "DELIVERY", "SEEN"];

/// Subscribes our webhook for this number, with what it is to prove itself with (infobip 6). `None` where people enter
/// the address in the portal (K4, K10): without an id for the subscription, or where the API has no such proof.
pub(super) fn subscribe(channel: &OpenChannel, webhook_url: &str) -> Option<Request<Vec<u8>>> {
    let id = settings::field(channel, "subscription_id")?;
    let mut notify_url = Url::parse(webhook_url).ok()?;
    let security = match settings::proof(channel)? {
        Proof::Basic(login) => Some(json!({
            "authId": id,
            "type": "BASIC",
            "credentials": { "username": login.username, "password": login.password },
        })),
        Proof::UrlToken(token) => {
            notify_url.query_pairs_mut().append_pair(TOKEN_PARAMETER, token);
            None
        }
        Proof::StaticHeader { .. } | Proof::Hmac { .. } => return None,
    };
    let mut profile = json!({
        "profileId": id,
        "webhook": { "contentType": "application/json", "notifyUrl": notify_url.as_str() },
    });
    if let Some(security) = security {
        profile["security"] = security;
    }
    let body = json!({
        "subscriptionId": id,
        "name": channel.name,
        "events": EVENTS,
        "resources": [sender(channel)],
        "profile": profile,
    });
    let path = ["subscriptions", "1", "subscription", "WHATSAPP"];
    Some(api(channel, Method::POST, &path, Some(&body)))
}

/// Each activation subscribes again: one that is there already is no failure.
pub(super) fn read_subscribed(response: &Response<Vec<u8>>) -> Registered {
    match response.status() {
        status if status.is_success() || status == StatusCode::CONFLICT => Registered::Yes,
        status if codes::of_status(status) == Class::Retry(None) => Registered::NotNow,
        status => Registered::Refused(format!("the answer was status {}", status.as_u16())),
    }
}
