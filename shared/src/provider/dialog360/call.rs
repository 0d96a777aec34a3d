//! Calls of 360dialog: addresses, the key, and everything that is neither a message nor a template. The key tells the
//! number: no call names it.

use http::header::{HeaderValue, USER_AGENT};
use http::{Method, Request, Response, StatusCode};
use serde_json::{Value, json};
use url::Url;

use super::answer;
use super::settings::{Api, WEBHOOK_TOKEN, api, base};
use crate::domain::channel::OpenChannel;
use crate::domain::message::{Media, MediaSource};
use crate::provider::{Answer, Check, Fetch, Purpose, Registered, Upload, UploadStep};
use crate::provider::{cloud, request};

const KEY: &str = "d360-api-key";
/// What every webhook brings, because 360dialog signs nothing.
pub(super) const GATEWAY_TOKEN: &str = "x-gateway-token";
/// Where Meta keeps the files of users. The key is good only at 360dialog, which hands them out under the same paths.
const LOOKASIDE: &str = "lookaside.fbsbx.com";
/// Some download hosts refuse calls without one.
const AGENT: &str = "wharf";

/// A call of the channel's API. `query` is encoded here.
pub(super) fn to(
    channel: &OpenChannel,
    method: Method,
    path: &[&str],
    query: &[(&str, &str)],
    body: Option<&Value>,
) -> Request<Vec<u8>> {
    let address = request::address(base(channel).to_owned(), path, query);
    let mut request = with_key(channel, &address);
    *request.method_mut() = method;
    if let Some(body) = body {
        request::fill_json(&mut request, body);
    }
    request
}

/// A `GET`.
fn with_key(channel: &OpenChannel, address: &str) -> Request<Vec<u8>> {
    let mut request = request::to(Method::GET, address);
    request.headers_mut().insert(USER_AGENT, HeaderValue::from_static(AGENT));
    let key = channel.credentials.get("token").unwrap_or_default();
    request::secret_header(&mut request, KEY, key);
    request
}

/// Whether the number may send, which only a good key is told.
pub(super) fn health(channel: &OpenChannel) -> Request<Vec<u8>> {
    match api(channel) {
        Api::V1 => to(channel, Method::GET, &["v1", "health"], &[], None),
        Api::V2 => to(channel, Method::GET, &["health_status"], &[], None),
    }
}

/// A host that does not know the call, as the sandbox does, says nothing against the key: the registration, which comes
/// next, wants it too.
pub(super) fn read_health(response: &Response<Vec<u8>>) -> Check {
    match response.status() {
        StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => Check::Refused,
        _ => Check::Good,
    }
}

/// `POST /v1/configs/webhook`, which takes the place of whatever was registered for the number. 360dialog refuses
/// addresses with a port or with `_` in the host.
pub(super) fn register(channel: &OpenChannel, webhook_url: &str) -> Request<Vec<u8>> {
    let token = channel.credentials.get(WEBHOOK_TOKEN).unwrap_or_default();
    let body = json!({ "url": webhook_url, "headers": { GATEWAY_HEADER: token } });
    to(channel, Method::POST, &["v1", "configs", "webhook"], &[], Some(&body))
}

/// As it is written where people read it.
const GATEWAY_HEADER: &str = "X-Gateway-Token";

/// Registered is only the address that is told back (D7).
pub(super) fn read_registered(
    channel: &OpenChannel,
    webhook_url: &str,
    response: &Response<Vec<u8>>,
) -> Registered {
    if response.status().is_server_error() {
        return Registered::NotNow;
    }
    if response.status().is_success() {
        let body = serde_json::from_slice::<Value>(response.body()).unwrap_or_default();
        return match body.get("url").and_then(Value::as_str) {
            Some(url) if url == webhook_url => Registered::Yes,
            Some(_) => Registered::Refused("another address is registered".to_owned()),
            None => Registered::Refused("the answer names no address".to_owned()),
        };
    }
    match answer::to_sending(channel, response) {
        Answer::Refused { failure, .. } => Registered::Refused(failure.message),
        Answer::Accepted { .. } => Registered::Refused("the answer is none".to_owned()),
    }
}

/// A user's file by its id: links out of webhooks lead elsewhere or nowhere.
pub(super) fn media(channel: &OpenChannel, media: &Media) -> Fetch {
    match &media.source {
        Some(MediaSource::ProviderId(id) | MediaSource::PrivateLink { id, .. })
            if !id.is_empty() =>
        {
            match api(channel) {
                Api::V1 => Fetch::Bytes(to(channel, Method::GET, &["v1", "media", id], &[], None)),
                Api::V2 => Fetch::Lookup(to(channel, Method::GET, &[id], &[], None)),
            }
        }
        Some(
            MediaSource::ProviderId(_) | MediaSource::PrivateLink { .. } | MediaSource::Link(_),
        )
        | None => Fetch::Nothing,
    }
}

/// The bytes lie at Meta, and are had from 360dialog: only that host is exchanged, and any other is refused.
pub(super) fn media_location(
    channel: &OpenChannel,
    response: &Response<Vec<u8>>,
) -> Option<Request<Vec<u8>>> {
    if !response.status().is_success() {
        return None;
    }
    let body: Value = serde_json::from_slice(response.body()).ok()?;
    let url = Url::parse(body.get("url")?.as_str()?).ok()?;
    let is_meta = url.scheme() == "https" && url.host_str() == Some(LOOKASIDE);
    if !is_meta || url.port().is_some() {
        return None;
    }
    let query = url.query().map(|query| format!("?{query}")).unwrap_or_default();
    Some(with_key(channel, &format!("{}{}{query}", base(channel), url.path())))
}

/// A file for a message. Samples of templates are taken by their address.
pub(super) fn upload(
    channel: &OpenChannel,
    file: &Upload<'_>,
    answers: &[Response<Vec<u8>>],
) -> UploadStep {
    match (file.purpose, answers.last()) {
        (Purpose::Sample, _) => UploadStep::ByAddress,
        (Purpose::Message, None) => UploadStep::Call(upload_call(channel, file)),
        (Purpose::Message, Some(response)) => uploaded(channel, response),
    }
}

fn upload_call(channel: &OpenChannel, file: &Upload<'_>) -> Request<Vec<u8>> {
    let (path, kind, body): (&[&str], _, _) = match api(channel) {
        Api::V1 => {
            let kind = HeaderValue::from_str(file.mime)
                .unwrap_or(HeaderValue::from_static("application/octet-stream"));
            (&["v1", "media"], kind, file.bytes.to_vec())
        }
        Api::V2 => {
            let (kind, body) = cloud::upload::form(file);
            (&["media"], kind, body)
        }
    };
    let mut request = to(channel, Method::POST, path, &[], None);
    request::fill(&mut request, kind, body);
    request
}

fn uploaded(channel: &OpenChannel, response: &Response<Vec<u8>>) -> UploadStep {
    let body = serde_json::from_slice::<Value>(response.body()).unwrap_or_default();
    let id = match api(channel) {
        Api::V1 => body.pointer("/media/0/id"),
        Api::V2 => body.get("id"),
    };
    match id.and_then(Value::as_str).filter(|id| !id.is_empty()) {
        Some(id) if response.status().is_success() => UploadStep::Done(id.to_owned()),
        Some(_) | None => match answer::to_sending(channel, response) {
            Answer::Refused { class, failure } => UploadStep::Refused { class, failure },
            Answer::Accepted { provider_id, .. } => UploadStep::Done(provider_id),
        },
    }
}
