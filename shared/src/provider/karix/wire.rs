//! Reading Karix's objects part by part, and the calls of its APIs. No two public readers of its webhooks agree on the
//! case of names, and values come as texts or numbers: so nothing is read by position or in one piece.

use std::fmt;

use http::{Method, Request};
use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, Visitor};
use serde_json::Value;
use serde_json::value::RawValue;

use crate::provider::cloud::wire::Word;
use crate::provider::cloud::{any, read};
use crate::provider::request;

/// An object whose parts are not read yet. The first of several parts with one name counts.
#[derive(Debug)]
pub(super) struct Object<'a>(Vec<(Word<'a>, &'a RawValue)>);

impl<'a> Object<'a> {
    /// `None`: it is no object.
    pub(super) fn of(part: &'a RawValue) -> Option<Self> {
        read(Some(part))
    }

    /// The object that these bytes are.
    pub(super) fn of_bytes(bytes: &'a [u8]) -> Option<Self> {
        Self::of(serde_json::from_slice(bytes).ok()?)
    }

    /// A part, if it is there and not null. Names in any case.
    pub(super) fn part(&self, name: &str) -> Option<&'a RawValue> {
        let of_name = self.0.iter().find(|(own, _)| own.eq_ignore_ascii_case(name));
        of_name.map(|(_, part)| *part).filter(|part| part.get() != "null")
    }

    pub(super) fn object(&self, name: &str) -> Option<Self> {
        Self::of(self.part(name)?)
    }

    /// A text that is not blank, or a whole number as text.
    pub(super) fn text(&self, name: &str) -> Option<String> {
        let word: Word<'_> = any(self.part(name))?;
        let text = word.trim();
        (!text.is_empty()).then(|| text.to_owned())
    }

    /// The first of these names that has a text.
    pub(super) fn first_text(&self, names: &[&str]) -> Option<String> {
        names.iter().find_map(|name| self.text(name))
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Object<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(ObjectVisitor)
    }
}

struct ObjectVisitor;

impl<'de> Visitor<'de> for ObjectVisitor {
    type Value = Object<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Object<'de>, A::Error> {
        let mut parts = Vec::new();
        while let Some(part) = map.next_entry()? {
            parts.push(part);
        }
        Ok(Object(parts))
    }
}

/// Karix's own name for the header of the key.
const AUTHENTICATION: &str = "authentication";

/// A call with a key.
pub(super) fn call(method: Method, url: &str, key: &str) -> Request<Vec<u8>> {
    let mut request = request::to(method, url);
    request::secret_header(&mut request, AUTHENTICATION, &format!("Bearer {key}"));
    request
}

/// A `POST` of JSON.
pub(super) fn post(url: &str, key: &str, body: &Value) -> Request<Vec<u8>> {
    let mut request = call(Method::POST, url, key);
    request::fill_json(&mut request, body);
    request
}
