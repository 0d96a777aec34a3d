//! Calls to providers, as all of them are made: addresses, JSON, and headers that no log shows. Not: where a provider is
//! and what it is called with.

use http::header::{CONTENT_TYPE, HeaderValue, IntoHeaderName};
use http::{Method, Request, Uri};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::Value;

use super::Fetch;

/// Everything but what ids and names of templates are made of.
const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'_').remove(b'-');

/// One segment of a path, or a value of a query.
pub(super) fn segment(text: &str) -> String {
    utf8_percent_encode(text, SEGMENT).to_string()
}

/// `{base}/{path}?{query}`, its segments and its query encoded here.
pub(super) fn address(base: String, path: &[&str], query: &[(&str, &str)]) -> String {
    let mut address = base;
    for segment in path {
        address.push('/');
        address.extend(utf8_percent_encode(segment, SEGMENT));
    }
    if !query.is_empty() {
        address.push('?');
        let pairs = form_urlencoded::Serializer::new(String::new()).extend_pairs(query).finish();
        address.push_str(&pairs);
    }
    address
}

/// A call without a body. An address that is none becomes `/`, which no client calls: the call fails, and nothing is
/// sent anywhere.
pub(super) fn to(method: Method, address: &str) -> Request<Vec<u8>> {
    let mut request = Request::new(Vec::new());
    *request.method_mut() = method;
    *request.uri_mut() = address.parse().unwrap_or_default();
    request
}

/// A file whose link is open to everyone. What is no address now will never be one.
pub(super) fn open_link(link: &str) -> Fetch {
    match link.parse::<Uri>() {
        Ok(uri) if uri.host().is_some() => Fetch::Bytes(to(Method::GET, link)),
        Ok(_) | Err(_) => Fetch::Nothing,
    }
}

/// Puts a body in, and says what it is.
pub(super) fn fill(request: &mut Request<Vec<u8>>, kind: HeaderValue, body: Vec<u8>) {
    request.headers_mut().insert(CONTENT_TYPE, kind);
    *request.body_mut() = body;
}

/// Puts JSON in.
pub(super) fn fill_json(request: &mut Request<Vec<u8>>, body: &Value) {
    fill(request, HeaderValue::from_static("application/json"), body.to_string().into_bytes());
}

/// A header that no log shows. A value that cannot stand in one is left out: the provider then refuses.
pub(super) fn secret_header(
    request: &mut Request<Vec<u8>>,
    name: impl IntoHeaderName,
    value: &str,
) {
    if let Ok(mut value) = HeaderValue::from_str(value) {
        value.set_sensitive(true);
        request.headers_mut().insert(name, value);
    }
}
