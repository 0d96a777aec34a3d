//! An item as it lies in the table: its keys, its type as JSON, and the few attributes that expressions look at.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};

use aws_sdk_dynamodb::primitives::Blob;
use aws_sdk_dynamodb::types::AttributeValue;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::attr;
use crate::error::{Error, Result};
use crate::store::keys::Key;
use crate::store::pack;

/// A value of an attribute.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    S(String),
    N(i64),
    B(Vec<u8>),
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::S(text.to_owned())
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::S(text)
    }
}

impl From<i64> for Value {
    fn from(number: i64) -> Self {
        Self::N(number)
    }
}

/// An item as it lies in the table.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Item {
    pub attributes: BTreeMap<String, Value>,
}

impl Item {
    /// An item with its keys and its type as JSON.
    pub fn new(key: &Key, doc: &impl Serialize) -> Result<Self> {
        let json = serde_json::to_string(doc)
            .map_err(|e| Error::internal(format!("cannot write an item: {e}")))?;
        Ok(Self::default()
            .with(attr::PK, key.pk.as_str())
            .with(attr::SK, key.sk.as_str())
            .with(attr::DOC, json))
    }

    /// The same for types that would be over a kilobyte: every started one is paid for at every write.
    pub fn packed(key: &Key, doc: &impl Serialize) -> Result<Self> {
        let Self { mut attributes } = Self::new(key, doc)?;
        if let Some(Value::S(json)) = attributes.remove(attr::DOC) {
            attributes.insert(attr::PACKED.to_owned(), Value::B(pack::pack(&json)));
        }
        Ok(Self { attributes })
    }

    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.attributes.insert(name.to_owned(), value.into());
        self
    }

    /// With its place in the index.
    #[must_use]
    pub fn indexed(self, key: &Key) -> Self {
        self.with(attr::GPK, key.pk.as_str()).with(attr::GSK, key.sk.as_str())
    }

    /// The type that the item holds.
    pub fn doc<T: DeserializeOwned>(&self) -> Result<T> {
        let unreadable = |why: &dyn std::fmt::Display| {
            let name = self.text(attr::SK).unwrap_or("?");
            Error::internal(format!("item {name} cannot be read: {why}"))
        };
        let json = match self.attributes.get(attr::PACKED) {
            Some(Value::B(packed)) => Cow::Owned(pack::unpack(packed).map_err(|e| unreadable(&e))?),
            Some(Value::S(_) | Value::N(_)) | None => {
                Cow::Borrowed(self.text(attr::DOC).unwrap_or_default())
            }
        };
        serde_json::from_str(&json).map_err(|e| unreadable(&e))
    }

    pub fn text(&self, name: &str) -> Option<&str> {
        match self.attributes.get(name) {
            Some(Value::S(text)) => Some(text),
            Some(Value::N(_) | Value::B(_)) | None => None,
        }
    }

    pub fn number(&self, name: &str) -> Option<i64> {
        match self.attributes.get(name) {
            Some(Value::N(number)) => Some(*number),
            Some(Value::S(_) | Value::B(_)) | None => None,
        }
    }

    /// Its place in the table.
    pub fn key(&self) -> Key {
        let part = |name| self.text(name).unwrap_or_default().to_owned();
        Key { pk: part(attr::PK), sk: part(attr::SK) }
    }

    pub(super) fn from_aws(attributes: HashMap<String, AttributeValue>) -> Self {
        let known = |value| match value {
            AttributeValue::S(text) => Some(Value::S(text)),
            AttributeValue::N(number) => number.parse().ok().map(Value::N),
            AttributeValue::B(bytes) => Some(Value::B(bytes.into_inner())),
            _ => None,
        };
        let attributes =
            attributes.into_iter().filter_map(|(k, v)| known(v).map(|v| (k, v))).collect();
        Self { attributes }
    }

    pub(super) fn into_aws(self) -> HashMap<String, AttributeValue> {
        self.attributes.into_iter().map(|(name, value)| (name, to_aws(value))).collect()
    }
}

pub(super) fn to_aws(value: Value) -> AttributeValue {
    match value {
        Value::S(text) => AttributeValue::S(text),
        Value::N(number) => AttributeValue::N(number.to_string()),
        Value::B(bytes) => AttributeValue::B(Blob::new(bytes)),
    }
}
