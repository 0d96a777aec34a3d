//! Batches of an SQS trigger. Groups are worked off side by side, the jobs of a group one after the other; what is
//! to come back is reported, and only that.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::work::{Verdict, count_dead, work};
use crate::aws::sqs::{Message, Reason, Sqs};
use crate::error::chain;
use crate::handlers::Worker;
use crate::ports::{Audit, QueueName, Taken};

/// SQS hides a message for twelve hours at most.
const HIDDEN_SECONDS_MAX: u64 = 43_200;

/// What the trigger hands over.
#[derive(Debug, Deserialize)]
pub(super) struct Batch {
    #[serde(rename = "Records")]
    records: Vec<Record>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Record {
    message_id: String,
    receipt_handle: String,
    body: String,
    attributes: Attributes,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Attributes {
    approximate_receive_count: String,
    message_group_id: Option<String>,
}

/// What the trigger is answered: the messages that come back.
#[derive(Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Report {
    batch_item_failures: Vec<Failed>,
}

#[derive(Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
struct Failed {
    item_identifier: String,
}

/// Works off one queue.
#[derive(Clone)]
pub(super) struct Worked {
    pub(super) queue: QueueName,
    pub(super) worker: Arc<dyn Worker>,
    pub(super) audit: Arc<dyn Audit>,
    pub(super) sqs: Sqs,
    pub(super) url: String,
    pub(super) dead_letters_url: String,
}

impl Worked {
    /// All of the batch. Answers when everything is done.
    pub(super) async fn batch(&self, batch: Batch) -> Report {
        let mut tasks = tokio::task::JoinSet::new();
        let mut failed = Vec::new();
        for (_, records) in self.groups(batch) {
            let this = self.clone();
            tasks.spawn(async move { this.group(records).await });
        }
        while let Some(group) = tasks.join_next().await {
            match group {
                Ok(group) => failed.extend(group),
                // Jobs have tasks of their own, so this is a fault of this file; the trigger repeats the batch.
                Err(panic) => std::panic::resume_unwind(panic.into_panic()),
            }
        }
        let failed = failed.into_iter().map(|item_identifier| Failed { item_identifier });
        Report { batch_item_failures: failed.collect() }
    }

    /// By group where the order within a group counts, else each by itself.
    fn groups(&self, batch: Batch) -> BTreeMap<String, Vec<Record>> {
        let mut groups: BTreeMap<String, Vec<Record>> = BTreeMap::new();
        for record in batch.records {
            let group = match &record.attributes.message_group_id {
                Some(group) if self.queue.is_fifo() => group,
                Some(_) | None => &record.message_id,
            };
            groups.entry(group.clone()).or_default().push(record);
        }
        groups
    }

    /// The first that is to come back brings the rest of its group back with it.
    async fn group(&self, records: Vec<Record>) -> Vec<String> {
        let mut records = records.into_iter();
        while let Some(record) = records.next() {
            let Some(after) = self.job(&record).await else { continue };
            let back: Vec<Record> = std::iter::once(record).chain(records).collect();
            self.hide(&back, after).await;
            return back.into_iter().map(|record| record.message_id).collect();
        }
        Vec::new()
    }

    /// After which time the job comes back, if it does.
    async fn job(&self, record: &Record) -> Option<Duration> {
        let deliveries = record.attributes.approximate_receive_count.parse().unwrap_or(1);
        let job = Taken { id: record.message_id.clone(), body: record.body.clone(), deliveries };
        match work(&self.worker, self.queue, &job).await {
            Verdict::Finished => None,
            Verdict::Again(after) => Some(after),
            Verdict::Dead(reason) => self.bury(record, &reason).await,
        }
    }

    /// Moves a job to the dead letters. Where that fails, it comes back.
    async fn bury(&self, record: &Record, reason: &str) -> Option<Duration> {
        let message = Message {
            message_body: record.body.as_str().into(),
            message_group_id: record.attributes.message_group_id.as_deref(),
            message_deduplication_id: self.queue.is_fifo().then_some(&record.message_id),
            message_attributes: Some(Reason::new(reason)),
            ..Message::default()
        };
        match self.sqs.send(&self.dead_letters_url, &message).await {
            Ok(()) => {
                count_dead(&*self.audit, self.queue, &record.body).await;
                None
            }
            Err(error) => {
                tracing::error!(
                    queue = self.queue.word(),
                    job.id = record.message_id,
                    error = %chain(&error),
                    "a dead letter was not taken"
                );
                Some(Duration::from_mins(1))
            }
        }
    }

    /// Sets when messages come back. Where that fails, they come back after the queue's own time.
    async fn hide(&self, records: &[Record], after: Duration) {
        let seconds = after.as_millis().div_ceil(1000);
        let seconds = u64::try_from(seconds).unwrap_or(u64::MAX).min(HIDDEN_SECONDS_MAX);
        for record in records {
            let hidden = self.sqs.hide(&self.url, &record.receipt_handle, seconds);
            if let Err(error) = hidden.await {
                tracing::warn!(
                    queue = self.queue.word(),
                    job.id = record.message_id,
                    error = %chain(&error),
                    "a job comes back later than it should"
                );
            }
        }
    }
}

#[cfg(test)]
mod tests;
