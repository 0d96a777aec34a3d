//! A part of a partition, page by page. Where a page ends is an opaque text for callers.

use std::collections::{BTreeMap, HashMap};

use aws_sdk_dynamodb::types::AttributeValue;

use super::attr;
use super::item::Item;
use crate::error::{Error, Result};

/// A part of a partition, in the order of the sort key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Range {
    pub pk: String,
    /// The sort keys begin so; empty for all of the partition.
    pub prefix: String,
    /// Over the index instead of the table.
    pub index: bool,
    pub newest_first: bool,
    /// 1 to 1000.
    pub limit: u32,
    /// The `next` of the page before.
    pub start: Option<String>,
}

impl Range {
    /// All items of a partition whose sort key begins so, first page.
    pub fn new(pk: impl Into<String>, prefix: impl Into<String>) -> Self {
        let (pk, prefix) = (pk.into(), prefix.into());
        Self { pk, prefix, index: false, newest_first: false, limit: 1000, start: None }
    }

    /// The same over the index.
    pub fn index(pk: impl Into<String>, prefix: impl Into<String>) -> Self {
        Self { index: true, ..Self::new(pk, prefix) }
    }
}

/// Items of a [`Range`].
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Page {
    pub items: Vec<Item>,
    pub next: Option<String>,
}

/// A page's end as an opaque text.
pub(super) fn encode_start(key: HashMap<String, AttributeValue>) -> String {
    use base64::Engine;
    let item = Item::from_aws(key);
    let pairs: BTreeMap<&str, &str> = item
        .attributes
        .keys()
        .filter_map(|name| item.text(name).map(|text| (name.as_str(), text)))
        .collect();
    let json = serde_json::to_vec(&pairs).unwrap_or_default();
    base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(json)
}

/// Only a place inside the range is taken: the text comes from a caller.
pub(super) fn decode_start(text: &str, range: &Range) -> Result<HashMap<String, AttributeValue>> {
    use base64::Engine;
    let wrong = || Error::invalid("start_key", "must be the next_key of the page before");
    let json =
        base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(text).map_err(|_| wrong())?;
    let pairs: BTreeMap<String, String> = serde_json::from_slice(&json).map_err(|_| wrong())?;
    let (names, pk, sk): (&[&str], _, _) = if range.index {
        (&[attr::GPK, attr::GSK, attr::PK, attr::SK], attr::GPK, attr::GSK)
    } else {
        (&[attr::PK, attr::SK], attr::PK, attr::SK)
    };
    let is_whole = pairs.len() == names.len() && names.iter().all(|n| pairs.contains_key(*n));
    if !is_whole || pairs[pk] != range.pk || !pairs[sk].starts_with(&range.prefix) {
        return Err(wrong());
    }
    Ok(pairs.into_iter().map(|(name, text)| (name, AttributeValue::S(text))).collect())
}
