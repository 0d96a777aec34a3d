//! The single table: the DynamoDB client and every expression there is. What the items mean is in the files
//! beside this one; their keys are in `keys`.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_dynamodb::types::{
    AttributeValue, ConditionCheck, ConsumedCapacity, Delete, KeysAndAttributes, Put,
    ReturnConsumedCapacity, ReturnValue, ReturnValuesOnConditionCheckFailure, TransactWriteItem,
    Update as UpdateItem,
};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::keys::Key;
use crate::error::{Error, Result};

/// Name of the index over `gpk` and `gsk`. It projects keys only.
pub const INDEX: &str = "index1";

/// DynamoDB's limit of keys per BatchGetItem.
const BATCH_GET_MAX: usize = 100;

/// Names of attributes. Short, because names are paid for.
pub mod attr {
    pub const PK: &str = "pk";
    pub const SK: &str = "sk";
    /// Partition and sort key of the index.
    pub const GPK: &str = "gpk";
    pub const GSK: &str = "gsk";
    /// The item's type as JSON.
    pub const DOC: &str = "d";
    pub const VERSION: &str = "v";
    /// Epoch seconds after which the item is gone; DynamoDB deletes it within days, readers at once.
    pub const TTL: &str = "ttl";
    /// Rank of a message's status, for the rank guard.
    pub const RANK: &str = "sr";
    /// Who wrote the item: the id of the queue's job.
    pub const WRITER: &str = "w";
}

/// A value of an attribute.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    S(String),
    N(i64),
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
        let text = self.text(attr::DOC).unwrap_or_default();
        serde_json::from_str(text).map_err(|e| {
            Error::internal(format!(
                "item {} cannot be read: {e}",
                self.text(attr::SK).unwrap_or("?")
            ))
        })
    }

    pub fn text(&self, name: &str) -> Option<&str> {
        match self.attributes.get(name) {
            Some(Value::S(text)) => Some(text),
            Some(Value::N(_)) | None => None,
        }
    }

    pub fn number(&self, name: &str) -> Option<i64> {
        match self.attributes.get(name) {
            Some(Value::N(number)) => Some(*number),
            Some(Value::S(_)) | None => None,
        }
    }

    /// Its place in the table.
    pub fn key(&self) -> Key {
        let part = |name| self.text(name).unwrap_or_default().to_owned();
        Key { pk: part(attr::PK), sk: part(attr::SK) }
    }

    fn from_aws(attributes: HashMap<String, AttributeValue>) -> Self {
        let known = |value| match value {
            AttributeValue::S(text) => Some(Value::S(text)),
            AttributeValue::N(number) => number.parse().ok().map(Value::N),
            _ => None,
        };
        let attributes =
            attributes.into_iter().filter_map(|(k, v)| known(v).map(|v| (k, v))).collect();
        Self { attributes }
    }

    fn into_aws(self) -> HashMap<String, AttributeValue> {
        self.attributes.into_iter().map(|(name, value)| (name, to_aws(value))).collect()
    }
}

fn to_aws(value: Value) -> AttributeValue {
    match value {
        Value::S(text) => AttributeValue::S(text),
        Value::N(number) => AttributeValue::N(number.to_string()),
    }
}

/// Under what condition a write happens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum When {
    Always,
    /// There is no such item (or its `ttl` has passed by this epoch second).
    Absent {
        now_s: i64,
    },
    /// There is one.
    Present,
    /// The stored version is this one.
    Version(u64),
    /// No status yet, or one of lower rank.
    RankBelow(u32),
    /// The attribute is not set.
    Unset(&'static str),
    /// The attribute has this text.
    Is(&'static str, String),
}

/// Changes of single attributes.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Changes {
    pub set: Vec<(String, Value)>,
    /// Set only where nothing is.
    pub set_if_unset: Vec<(String, Value)>,
    pub add: Vec<(String, i64)>,
    pub remove: Vec<String>,
}

/// One write.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Write {
    Put {
        item: Item,
        when: When,
    },
    Update {
        key: Key,
        changes: Changes,
        when: When,
    },
    Delete {
        key: Key,
        when: When,
    },
    /// Writes nothing; the other writes happen only if it holds.
    Check {
        key: Key,
        when: When,
    },
}

/// What became of a list of writes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Written {
    /// All of it. Of a single update the whole new item.
    Done(Option<Item>),
    /// Nothing of it: the condition of the write at this place did not hold. `old` is what is there.
    Refused { place: usize, old: Option<Item> },
}

impl Written {
    /// For writes whose refusal means that somebody else was faster.
    pub fn or_changed(self, what: &'static str) -> Result<Option<Item>> {
        match self {
            Self::Done(item) => Ok(item),
            Self::Refused { .. } => Err(Error::Changed(what)),
        }
    }
}

/// A part of a partition, in the order of the sort key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Range {
    pub pk: String,
    /// The sort keys begin so.
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

/// What the table was asked for so far in this process (README 17: the bundle counts its calls and units).
#[derive(Debug, Default)]
pub struct Usage {
    calls: AtomicU64,
    /// In tenths, because an eventually consistent read is half a unit.
    read_tenths: AtomicU64,
    write_tenths: AtomicU64,
}

/// A reading of [`Usage`].
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Units {
    pub calls: u64,
    pub read: f64,
    pub write: f64,
}

impl Usage {
    #[expect(clippy::cast_precision_loss, reason = "counts of a process stay far below 2^52")]
    pub fn units(&self) -> Units {
        let tenths = |n: &AtomicU64| n.load(Ordering::Relaxed) as f64 / 10.0;
        Units {
            calls: self.calls.load(Ordering::Relaxed),
            read: tenths(&self.read_tenths),
            write: tenths(&self.write_tenths),
        }
    }

    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "units are small and positive"
    )]
    fn add(&self, capacity: Option<&ConsumedCapacity>, is_write: bool) {
        let tenths = capacity
            .and_then(ConsumedCapacity::capacity_units)
            .map_or(0, |units| (units * 10.0) as u64);
        let counter = if is_write { &self.write_tenths } else { &self.read_tenths };
        counter.fetch_add(tenths, Ordering::Relaxed);
    }

    fn call(&self) {
        self.calls.fetch_add(1, Ordering::Relaxed);
    }
}

/// The table.
#[derive(Debug, Clone)]
pub struct Table {
    client: Client,
    name: String,
    usage: Arc<Usage>,
}

impl Table {
    pub fn new(client: Client, name: impl Into<String>) -> Self {
        Self { client, name: name.into(), usage: Arc::default() }
    }

    pub fn usage(&self) -> &Usage {
        &self.usage
    }

    /// The newest state (`strong`, 1 unit per 4 KB), or one that may be some milliseconds old (half).
    pub async fn get(&self, key: &Key, strong: bool) -> Result<Option<Item>> {
        self.usage.call();
        let answer = self
            .client
            .get_item()
            .table_name(&self.name)
            .set_key(Some(aws_key(key)))
            .consistent_read(strong)
            .return_consumed_capacity(ReturnConsumedCapacity::Total)
            .send()
            .await
            .map_err(unavailable)?;
        self.usage.add(answer.consumed_capacity.as_ref(), false);
        Ok(answer.item.map(Item::from_aws))
    }

    /// One page of a range.
    pub async fn query(&self, range: &Range) -> Result<Page> {
        self.usage.call();
        let (pk, sk) = if range.index { (attr::GPK, attr::GSK) } else { (attr::PK, attr::SK) };
        let start = range.start.as_deref().map(|text| decode_start(text, range)).transpose()?;
        let mut call = self
            .client
            .query()
            .table_name(&self.name)
            .key_condition_expression("#p = :p AND begins_with(#s, :s)")
            .expression_attribute_names("#p", pk)
            .expression_attribute_names("#s", sk)
            .expression_attribute_values(":p", AttributeValue::S(range.pk.clone()))
            .expression_attribute_values(":s", AttributeValue::S(range.prefix.clone()))
            .scan_index_forward(!range.newest_first)
            .limit(i32::try_from(range.limit).unwrap_or(1000))
            .set_exclusive_start_key(start)
            .return_consumed_capacity(ReturnConsumedCapacity::Total);
        if range.index {
            call = call.index_name(INDEX);
        } else {
            call = call.consistent_read(true);
        }
        let answer = call.send().await.map_err(unavailable)?;
        self.usage.add(answer.consumed_capacity.as_ref(), false);
        let found = answer.items.unwrap_or_default().into_iter().map(Item::from_aws).collect();
        Ok(Page {
            next: answer.last_evaluated_key.map(encode_start),
            items: if range.index { self.fetch(found).await? } else { found },
        })
    }

    /// The whole items that the index names. It holds only keys: a copy of the items would be paid for at each write.
    async fn fetch(&self, found: Vec<Item>) -> Result<Vec<Item>> {
        let wanted: Vec<Key> = found.iter().map(Item::key).collect();
        let mut items = HashMap::new();
        for chunk in wanted.chunks(BATCH_GET_MAX) {
            let mut open: Vec<_> = chunk.iter().map(aws_key).collect();
            while !open.is_empty() {
                self.usage.call();
                let keys = KeysAndAttributes::builder().set_keys(Some(open)).build();
                let keys =
                    keys.map_err(|e| Error::internal(format!("a read cannot be built: {e}")))?;
                let answer = self
                    .client
                    .batch_get_item()
                    .request_items(&self.name, keys)
                    .return_consumed_capacity(ReturnConsumedCapacity::Total)
                    .send()
                    .await
                    .map_err(unavailable)?;
                for capacity in answer.consumed_capacity() {
                    self.usage.add(Some(capacity), false);
                }
                let read = answer.responses.and_then(|mut tables| tables.remove(&self.name));
                for item in read.unwrap_or_default().into_iter().map(Item::from_aws) {
                    items.insert((item.key().pk, item.key().sk), item);
                }
                let left = answer.unprocessed_keys.and_then(|mut tables| tables.remove(&self.name));
                open = left.map(|keys| keys.keys).unwrap_or_default();
            }
        }
        Ok(wanted.into_iter().filter_map(|key| items.remove(&(key.pk, key.sk))).collect())
    }

    /// All of the range, page by page. For ranges that are known to be short.
    pub async fn query_all(&self, mut range: Range) -> Result<Vec<Item>> {
        let mut items = Vec::new();
        loop {
            let page = self.query(&range).await?;
            items.extend(page.items);
            if page.next.is_none() {
                return Ok(items);
            }
            range.start = page.next;
        }
    }

    /// One write alone, several as one transaction (which costs twice). All or nothing.
    pub async fn write(&self, mut writes: Vec<Write>) -> Result<Written> {
        self.usage.call();
        match writes.len() {
            0 => Ok(Written::Done(None)),
            1 => match writes.remove(0) {
                Write::Put { item, when } => self.put(item, &when).await,
                Write::Update { key, changes, when } => self.update(&key, changes, &when).await,
                Write::Delete { key, when } => self.delete(&key, &when).await,
                Write::Check { .. } => Err(Error::internal("a check alone writes nothing")),
            },
            _ => self.transact(writes).await,
        }
    }

    async fn put(&self, item: Item, when: &When) -> Result<Written> {
        let mut expression = Expression::default();
        let condition = expression.condition(when);
        let answer = self
            .client
            .put_item()
            .table_name(&self.name)
            .set_item(Some(item.into_aws()))
            .set_condition_expression(condition)
            .set_expression_attribute_names(expression.names())
            .set_expression_attribute_values(expression.values())
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
            .return_consumed_capacity(ReturnConsumedCapacity::Total)
            .send()
            .await;
        match answer {
            Ok(answer) => {
                self.usage.add(answer.consumed_capacity.as_ref(), true);
                Ok(Written::Done(None))
            }
            Err(error) => match error.as_service_error() {
                Some(aws_sdk_dynamodb::operation::put_item::PutItemError::ConditionalCheckFailedException(e)) => {
                    Ok(refused(0, e.item.clone()))
                }
                _ => Err(unavailable(error)),
            },
        }
    }

    async fn update(&self, key: &Key, changes: Changes, when: &When) -> Result<Written> {
        let mut expression = Expression::default();
        let update = expression.update(changes);
        let condition = expression.condition(when);
        let answer = self
            .client
            .update_item()
            .table_name(&self.name)
            .set_key(Some(aws_key(key)))
            .update_expression(update)
            .set_condition_expression(condition)
            .set_expression_attribute_names(expression.names())
            .set_expression_attribute_values(expression.values())
            .return_values(ReturnValue::AllNew)
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
            .return_consumed_capacity(ReturnConsumedCapacity::Total)
            .send()
            .await;
        match answer {
            Ok(answer) => {
                self.usage.add(answer.consumed_capacity.as_ref(), true);
                Ok(Written::Done(answer.attributes.map(Item::from_aws)))
            }
            Err(error) => match error.as_service_error() {
                Some(aws_sdk_dynamodb::operation::update_item::UpdateItemError::ConditionalCheckFailedException(
                    e,
                )) => Ok(refused(0, e.item.clone())),
                _ => Err(unavailable(error)),
            },
        }
    }

    async fn delete(&self, key: &Key, when: &When) -> Result<Written> {
        let mut expression = Expression::default();
        let condition = expression.condition(when);
        let answer = self
            .client
            .delete_item()
            .table_name(&self.name)
            .set_key(Some(aws_key(key)))
            .set_condition_expression(condition)
            .set_expression_attribute_names(expression.names())
            .set_expression_attribute_values(expression.values())
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
            .return_consumed_capacity(ReturnConsumedCapacity::Total)
            .send()
            .await;
        match answer {
            Ok(answer) => {
                self.usage.add(answer.consumed_capacity.as_ref(), true);
                Ok(Written::Done(None))
            }
            Err(error) => match error.as_service_error() {
                Some(aws_sdk_dynamodb::operation::delete_item::DeleteItemError::ConditionalCheckFailedException(
                    e,
                )) => Ok(refused(0, e.item.clone())),
                _ => Err(unavailable(error)),
            },
        }
    }

    async fn transact(&self, writes: Vec<Write>) -> Result<Written> {
        let items = writes
            .into_iter()
            .map(|write| self.transaction_item(write))
            .collect::<Result<Vec<_>>>()?;
        let answer = self
            .client
            .transact_write_items()
            .set_transact_items(Some(items))
            .return_consumed_capacity(ReturnConsumedCapacity::Total)
            .send()
            .await;
        let error = match answer {
            Ok(answer) => {
                for capacity in answer.consumed_capacity() {
                    self.usage.add(Some(capacity), true);
                }
                return Ok(Written::Done(None));
            }
            Err(error) => error,
        };
        use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError as E;
        if let Some(E::TransactionCanceledException(canceled)) = error.as_service_error() {
            let failed = canceled
                .cancellation_reasons()
                .iter()
                .enumerate()
                .find(|(_, reason)| reason.code() == Some("ConditionalCheckFailed"));
            if let Some((place, reason)) = failed {
                return Ok(refused(place, reason.item.clone()));
            }
        }
        Err(unavailable(error))
    }

    fn transaction_item(&self, write: Write) -> Result<TransactWriteItem> {
        let built = |e| Error::internal(format!("a transaction cannot be built: {e}"));
        let mut expression = Expression::default();
        let item = TransactWriteItem::builder();
        let old = ReturnValuesOnConditionCheckFailure::AllOld;
        Ok(match write {
            Write::Put { item: new, when } => {
                let condition = expression.condition(&when);
                let put = Put::builder()
                    .table_name(&self.name)
                    .set_item(Some(new.into_aws()))
                    .set_condition_expression(condition)
                    .set_expression_attribute_names(expression.names())
                    .set_expression_attribute_values(expression.values())
                    .return_values_on_condition_check_failure(old);
                item.put(put.build().map_err(built)?).build()
            }
            Write::Update { key, changes, when } => {
                let update = expression.update(changes);
                let condition = expression.condition(&when);
                let update = UpdateItem::builder()
                    .table_name(&self.name)
                    .set_key(Some(aws_key(&key)))
                    .update_expression(update)
                    .set_condition_expression(condition)
                    .set_expression_attribute_names(expression.names())
                    .set_expression_attribute_values(expression.values())
                    .return_values_on_condition_check_failure(old);
                item.update(update.build().map_err(built)?).build()
            }
            Write::Delete { key, when } => {
                let condition = expression.condition(&when);
                let delete = Delete::builder()
                    .table_name(&self.name)
                    .set_key(Some(aws_key(&key)))
                    .set_condition_expression(condition)
                    .set_expression_attribute_names(expression.names())
                    .set_expression_attribute_values(expression.values())
                    .return_values_on_condition_check_failure(old);
                item.delete(delete.build().map_err(built)?).build()
            }
            Write::Check { key, when } => {
                let condition = expression.condition(&when);
                let check = ConditionCheck::builder()
                    .table_name(&self.name)
                    .set_key(Some(aws_key(&key)))
                    .set_condition_expression(condition)
                    .set_expression_attribute_names(expression.names())
                    .set_expression_attribute_values(expression.values())
                    .return_values_on_condition_check_failure(old);
                item.condition_check(check.build().map_err(built)?).build()
            }
        })
    }
}

fn refused(place: usize, old: Option<HashMap<String, AttributeValue>>) -> Written {
    Written::Refused { place, old: old.filter(|item| !item.is_empty()).map(Item::from_aws) }
}

fn aws_key(key: &Key) -> HashMap<String, AttributeValue> {
    HashMap::from([
        (attr::PK.to_owned(), AttributeValue::S(key.pk.clone())),
        (attr::SK.to_owned(), AttributeValue::S(key.sk.clone())),
    ])
}

/// A page's end as an opaque text.
fn encode_start(key: HashMap<String, AttributeValue>) -> String {
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
fn decode_start(text: &str, range: &Range) -> Result<HashMap<String, AttributeValue>> {
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

/// Anything but a failed condition: the table did not do its part. What no second try can help is a fault of ours.
fn unavailable<E>(error: SdkError<E>) -> Error
where
    E: ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
{
    let code = error.as_service_error().and_then(|e| e.code()).unwrap_or_default();
    if matches!(code, "ValidationException" | "ResourceNotFoundException" | "AccessDeniedException")
    {
        let message = error.as_service_error().and_then(|e| e.message()).unwrap_or_default();
        return Error::internal(format!("the table refused a call: {code}: {message}"));
    }
    Error::unavailable("table", error)
}

/// Names and values of one expression.
#[derive(Default)]
struct Expression {
    names: HashMap<String, String>,
    values: HashMap<String, AttributeValue>,
}

impl Expression {
    fn name(&mut self, attribute: &str) -> String {
        let name = format!("#{attribute}");
        self.names.insert(name.clone(), attribute.to_owned());
        name
    }

    fn value(&mut self, value: Value) -> String {
        let name = format!(":{}", self.values.len());
        self.values.insert(name.clone(), to_aws(value));
        name
    }

    fn condition(&mut self, when: &When) -> Option<String> {
        match when {
            When::Always => None,
            When::Absent { now_s } => {
                let (pk, ttl) = (self.name(attr::PK), self.name(attr::TTL));
                let now = self.value(Value::N(*now_s));
                Some(format!("attribute_not_exists({pk}) OR {ttl} <= {now}"))
            }
            When::Present => Some(format!("attribute_exists({})", self.name(attr::PK))),
            When::Version(version) => {
                let name = self.name(attr::VERSION);
                if *version == 0 {
                    return Some(format!("attribute_not_exists({name})"));
                }
                let value = self.value(Value::N(i64::try_from(*version).unwrap_or(i64::MAX)));
                Some(format!("{name} = {value}"))
            }
            When::RankBelow(rank) => {
                let name = self.name(attr::RANK);
                let value = self.value(Value::N(i64::from(*rank)));
                Some(format!("attribute_not_exists({name}) OR {name} < {value}"))
            }
            When::Unset(attribute) => {
                Some(format!("attribute_not_exists({})", self.name(attribute)))
            }
            When::Is(attribute, text) => {
                let name = self.name(attribute);
                let value = self.value(Value::S(text.clone()));
                Some(format!("{name} = {value}"))
            }
        }
    }

    fn update(&mut self, changes: Changes) -> String {
        let mut sets = Vec::new();
        for (name, value) in changes.set {
            sets.push(format!("{} = {}", self.name(&name), self.value(value)));
        }
        for (name, value) in changes.set_if_unset {
            let name = self.name(&name);
            sets.push(format!("{name} = if_not_exists({name}, {})", self.value(value)));
        }
        let adds: Vec<_> = changes
            .add
            .into_iter()
            .map(|(name, n)| format!("{} {}", self.name(&name), self.value(Value::N(n))))
            .collect();
        let removes: Vec<_> = changes.remove.iter().map(|name| self.name(name)).collect();
        [("SET", sets), ("ADD", adds), ("REMOVE", removes)]
            .into_iter()
            .filter(|(_, parts)| !parts.is_empty())
            .map(|(word, parts)| format!("{word} {}", parts.join(", ")))
            .collect::<Vec<_>>()
            .join(" ")
    }

    fn names(&self) -> Option<HashMap<String, String>> {
        (!self.names.is_empty()).then(|| self.names.clone())
    }

    fn values(&self) -> Option<HashMap<String, AttributeValue>> {
        (!self.values.is_empty()).then(|| self.values.clone())
    }
}
