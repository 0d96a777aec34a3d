//! Reading and writing what both dialects have in common: bodies, values that are sometimes numbers and sometimes
//! texts, JSON inside of strings, forms. Not: what any of it means.

use http::{HeaderValue, Method, Request, header};
use serde_json::{Map, Value};

use crate::domain::channel::OpenChannel;
use crate::domain::phone;
use crate::domain::time::Time;
use crate::domain::user::{Address, Bsuid, WaId};
use crate::provider::{Item, Parsed, WebhookCall, request};

/// The body as one object, JSON or form-encoded (A3): the Content-Type decides, then the first byte. A body that
/// begins with `{` is never a form, whatever a careless client calls it. `None`: neither.
pub(super) fn body(call: &WebhookCall) -> Option<Value> {
    let kind = call.headers.get(header::CONTENT_TYPE).and_then(|v| v.to_str().ok()).unwrap_or("");
    let kind = kind.to_ascii_lowercase();
    let is_object = call.body.trim_ascii_start().first() == Some(&b'{');
    if is_object || kind.contains("json") {
        return serde_json::from_slice(&call.body).ok().filter(Value::is_object);
    }
    if call.body.trim_ascii().is_empty() {
        return None;
    }
    let pairs = form_urlencoded::parse(&call.body);
    Some(Value::Object(pairs.map(|(k, v)| (k.into_owned(), Value::from(v))).collect()))
}

/// One ignored item and nothing else.
pub(super) fn ignored(reason: &'static str) -> Parsed {
    Parsed { items: vec![Item::Ignored { reason }] }
}

/// A text, or a number as text. `None` if it is missing or blank.
pub(super) fn text(object: &Value, name: &str) -> Option<String> {
    match object.get(name)? {
        Value::String(text) => Some(text.clone()).filter(|text| !text.trim().is_empty()),
        Value::Number(number) => Some(number.to_string()),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
    }
}

/// A whole number, or one as text.
pub(super) fn number(object: &Value, name: &str) -> Option<i64> {
    match object.get(name)? {
        Value::Number(number) => number.as_i64(),
        Value::String(text) => text.trim().parse().ok(),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
    }
}

/// A moment in seconds or milliseconds, number or text.
pub(super) fn time(object: &Value, name: &str) -> Option<Time> {
    number(object, name).map(Time::from_seconds_or_millis)
}

/// An object or list, given as such or as JSON in a string. `None`: missing or broken.
pub(super) fn inner(object: &Value, name: &str) -> Option<Value> {
    let value = match object.get(name)? {
        Value::String(text) => serde_json::from_str(text).ok()?,
        value => value.clone(),
    };
    Some(value).filter(|value| value.is_object() || value.is_array())
}

/// The members of a list; nothing if it is none.
pub(super) fn list<'a>(object: &'a Value, name: &str) -> &'a [Value] {
    object.get(name).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

/// A user's identifier: digits, or a business-scoped id.
pub(super) fn address(text: &str) -> Option<Address> {
    let text = text.trim();
    WaId::parse(text)
        .map(Address::Phone)
        .ok()
        .or_else(|| Bsuid::parse(text).map(Address::Bsuid).ok())
}

/// Whether `number` is another business number than the channel's. What cannot be compared is not another.
pub(super) fn is_other_number(channel: &OpenChannel, number: Option<String>) -> bool {
    let digits = |text: &str| text.chars().filter(char::is_ascii_digit).collect::<String>();
    let Some(number) = number.filter(|n| !n.chars().any(char::is_alphabetic)) else { return false };
    let number = phone::canonical(&digits(&number));
    let ours = [super::settings::our_number(channel), &channel.phone_number];
    !number.is_empty() && ours.iter().all(|our| phone::canonical(&digits(our)) != number)
}

/// An id for what has none: the same for the same parts.
pub(super) fn hash(parts: &[&str]) -> String {
    let mut context = ring::digest::Context::new(&ring::digest::SHA256);
    for part in parts {
        context.update(&(part.len() as u64).to_be_bytes());
        context.update(part.as_bytes());
    }
    hex::encode(context.finish())
}

/// A form.
pub(super) fn form(method: Method, url: &str, fields: &[(&str, String)]) -> Request<Vec<u8>> {
    let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
    let mut request = request::to(method, url);
    let kind = HeaderValue::from_static("application/x-www-form-urlencoded");
    request::fill(&mut request, kind, body.into_bytes());
    request
}

/// A `POST` of JSON.
pub(super) fn json(url: &str, body: &Value) -> Request<Vec<u8>> {
    let mut request = request::to(Method::POST, url);
    request::fill_json(&mut request, body);
    request
}

/// A JSON object of the members that are there.
pub(super) fn object<const N: usize>(members: [(&str, Option<Value>); N]) -> Value {
    let members = members.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?)));
    Value::Object(members.collect::<Map<_, _>>())
}
