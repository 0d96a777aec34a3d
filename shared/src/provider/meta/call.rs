//! Calls of the Graph API: addresses, the token, and everything that is neither a message nor a template.

use http::header::{AUTHORIZATION, HeaderValue, USER_AGENT};
use http::{Method, Request, Response};
use serde_json::{Value, json};
use url::Url;

use crate::domain::channel::OpenChannel;
use crate::domain::message::{Media, MediaSource};
use crate::provider::cloud::{self, wire};
use crate::provider::request;
use crate::provider::{Check, Fetch, Upload, UploadStep};

/// Where the Cloud API is, unless the channel says otherwise.
pub(super) const BASE_URL: &str = "https://graph.facebook.com";
/// The version that the code was written for.
pub(super) const API_VERSION: &str = "v23.0";
/// Some download hosts refuse calls without one.
const AGENT: &str = "wharf";

/// A call of `/{version}/{path}`. `query` is encoded here.
pub(super) fn graph(
    channel: &OpenChannel,
    method: Method,
    path: &[&str],
    query: &[(&str, &str)],
    body: Option<&Value>,
) -> Request<Vec<u8>> {
    let mut request = get(&request::address(versioned(channel), path, query));
    *request.method_mut() = method;
    authorize(&mut request, channel);
    if let Some(body) = body {
        request::fill_json(&mut request, body);
    }
    request
}

/// A call of an id that the platform gave as part of an address, which it stands in as it is.
pub(super) fn node(channel: &OpenChannel, method: Method, id: &str) -> Request<Vec<u8>> {
    let mut request = get(&format!("{}/{id}", versioned(channel)));
    *request.method_mut() = method;
    authorize(&mut request, channel);
    request
}

fn versioned(channel: &OpenChannel) -> String {
    let base = channel.setting("base_url", BASE_URL).trim_end_matches('/');
    format!("{base}/{}", channel.setting("api_version", API_VERSION))
}

/// A `GET` without the token.
fn get(address: &str) -> Request<Vec<u8>> {
    let mut request = request::to(Method::GET, address);
    request.headers_mut().insert(USER_AGENT, HeaderValue::from_static(AGENT));
    request
}

/// A token that cannot stand in a header is left out: the platform then answers 190.
fn authorize(request: &mut Request<Vec<u8>>, channel: &OpenChannel) {
    let token = channel.credentials.get("access_token").unwrap_or_default();
    request::secret_header(request, AUTHORIZATION, &format!("Bearer {token}"));
}

/// The number itself: the cheapest call that needs token and number to fit.
pub(super) fn number(channel: &OpenChannel) -> Request<Vec<u8>> {
    let fields = "id,verified_name,display_phone_number,quality_rating,status";
    let number = channel.setting("phone_number_id", "");
    graph(channel, Method::GET, &[number], &[("fields", fields)], None)
}

/// Good is only the number that was asked for.
pub(super) fn read_number(channel: &OpenChannel, response: &Response<Vec<u8>>) -> Check {
    let answer = serde_json::from_slice::<wire::Answer<'_>>(response.body()).ok();
    let id = answer.as_ref().and_then(|answer| answer.id.as_deref());
    let is_ours = id == Some(channel.setting("phone_number_id", ""));
    if response.status().is_success() && is_ours { Check::Good } else { Check::Refused }
}

/// Without an account id nobody can be told where the webhooks go: people do it in the app's dashboard.
pub(super) fn subscribe(channel: &OpenChannel, webhook_url: &str) -> Option<Request<Vec<u8>>> {
    let account = account(channel)?;
    let token = channel.credentials.get("verify_token")?;
    let body = json!({ "override_callback_uri": webhook_url, "verify_token": token });
    Some(graph(channel, Method::POST, &[account, "subscribed_apps"], &[], Some(&body)))
}

/// The id of the WhatsApp Business account, if it is set.
pub(super) fn account(channel: &OpenChannel) -> Option<&str> {
    Some(channel.setting("waba_id", "")).filter(|id| !id.is_empty())
}

/// A link out of a webhook lives five minutes, and the webhook may have waited longer: where there is an id, the
/// file is looked up by it.
pub(super) fn media(channel: &OpenChannel, media: &Media) -> Fetch {
    match &media.source {
        Some(MediaSource::ProviderId(id) | MediaSource::PrivateLink { id, .. })
            if !id.is_empty() =>
        {
            let number = channel.setting("phone_number_id", "");
            let query = [("phone_number_id", number)];
            Fetch::Lookup(graph(channel, Method::GET, &[id], &query, None))
        }
        Some(MediaSource::PrivateLink { url, .. }) if trusted(channel, url) => {
            Fetch::Bytes(with_token(channel, url))
        }
        Some(MediaSource::Link(url)) => Fetch::Bytes(get(url)),
        Some(MediaSource::PrivateLink { .. } | MediaSource::ProviderId(_)) | None => Fetch::Nothing,
    }
}

/// The bytes, with the token only where it belongs.
pub(super) fn media_location(
    channel: &OpenChannel,
    response: &Response<Vec<u8>>,
) -> Option<Request<Vec<u8>>> {
    let answer: wire::Answer<'_> = serde_json::from_slice(response.body()).ok()?;
    let url = answer.url.filter(|_| response.status().is_success())?;
    if trusted(channel, &url) {
        return Some(with_token(channel, &url));
    }
    Url::parse(&url).ok().filter(|url| url.scheme() == "https").map(|url| get(url.as_str()))
}

/// A file for a message: one call, and its id.
pub(super) fn upload(
    channel: &OpenChannel,
    file: &Upload<'_>,
    answers: &[Response<Vec<u8>>],
) -> UploadStep {
    if let Some(answer) = answers.first() {
        return cloud::upload::read(channel, answer);
    }
    let number = channel.setting("phone_number_id", "");
    let mut request = graph(channel, Method::POST, &[number, "media"], &[], None);
    let (kind, body) = cloud::upload::form(file);
    request::fill(&mut request, kind, body);
    UploadStep::Call(request)
}

fn with_token(channel: &OpenChannel, url: &str) -> Request<Vec<u8>> {
    let mut request = get(url);
    authorize(&mut request, channel);
    request
}

/// Hosts that get the token: the API itself (Meta's or the channel's own), and Meta's host of files.
fn trusted(channel: &OpenChannel, url: &str) -> bool {
    let Ok(url) = Url::parse(url) else { return false };
    let is_origin = |base: &str| Url::parse(base).is_ok_and(|base| base.origin() == url.origin());
    let host = url.host_str().unwrap_or_default();
    is_origin(BASE_URL)
        || is_origin(channel.setting("base_url", BASE_URL))
        || (url.scheme() == "https" && (host == "fbsbx.com" || host.ends_with(".fbsbx.com")))
}
