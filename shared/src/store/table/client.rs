//! The calls of DynamoDB. One write alone is a call of its own kind, several are a transaction.

use std::collections::HashMap;
use std::sync::Arc;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::types::{
    AttributeValue, ConditionCheck, Delete, KeysAndAttributes, Put, ReturnConsumedCapacity,
    ReturnValue, ReturnValuesOnConditionCheckFailure, TransactWriteItem, Update as UpdateItem,
};

use super::expression::Expression;
use super::item::Item;
use super::range::{Page, Range, decode_start, encode_start};
use super::usage::{Action, Usage};
use super::write::{Changes, When, Write, Written};
use super::{INDEX, attr};
use crate::error::{Error, Result};
use crate::store::keys::Key;

/// DynamoDB's limit of keys per `BatchGetItem`.
const BATCH_GET_MAX: usize = 100;

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

    /// The same table by another client, with one count of its usage.
    #[cfg(feature = "faults")]
    pub(crate) fn through(&self, client: Client) -> Self {
        Self { client, ..self.clone() }
    }

    #[cfg(feature = "faults")]
    pub(crate) fn client(&self) -> &Client {
        &self.client
    }

    pub fn usage(&self) -> &Usage {
        &self.usage
    }

    /// The newest state (`strong`, 1 unit per 4 KB), or one that may be some milliseconds old (half).
    pub async fn get(&self, key: &Key, strong: bool) -> Result<Option<Item>> {
        self.usage.call(Action::GetItem);
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
        self.usage.call(if range.index { Action::QueryIndex } else { Action::Query });
        let (pk, sk) = if range.index { (attr::GPK, attr::GSK) } else { (attr::PK, attr::SK) };
        let start = range.start.as_deref().map(|text| decode_start(text, range)).transpose()?;
        let mut call = self
            .client
            .query()
            .table_name(&self.name)
            .key_condition_expression("#p = :p")
            .expression_attribute_names("#p", pk)
            .expression_attribute_values(":p", AttributeValue::S(range.pk.clone()))
            .scan_index_forward(!range.newest_first)
            .limit(i32::try_from(range.limit).unwrap_or(1000))
            .set_exclusive_start_key(start)
            .return_consumed_capacity(ReturnConsumedCapacity::Total);
        // The service refuses an empty text as the beginning of a key.
        if !range.prefix.is_empty() {
            call = call
                .key_condition_expression("#p = :p AND begins_with(#s, :s)")
                .expression_attribute_names("#s", sk)
                .expression_attribute_values(":s", AttributeValue::S(range.prefix.clone()));
        }
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
                self.usage.call(Action::BatchGetItem);
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
        self.usage.transaction(writes.iter().map(Write::action));
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
        if let Some(TransactWriteItemsError::TransactionCanceledException(canceled)) =
            error.as_service_error()
        {
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
