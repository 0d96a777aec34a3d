//! Puts jobs on SQS: one with a call of its own, more of them ten to a call. And what a function that works a queue off
//! asks of it besides.

use std::borrow::Cow;
use std::collections::HashMap;

use async_trait::async_trait;
use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize};

use super::json::Json;
use crate::error::{Error, Result};
use crate::ports::{Job, Queue, QueueName};

const SERVICE: &str = "queue";
const BATCH_MAX: usize = 10;
/// Of all messages of a call together; a margin for what counts beside the bodies.
const BATCH_BYTES_MAX: usize = (1 << 20) - (1 << 14);

/// The queue service's operations.
#[derive(Debug, Clone)]
pub struct Sqs(Json);

/// A message, as the service is told.
#[derive(Debug, Default, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Message<'a> {
    pub message_body: Cow<'a, str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub delay_seconds: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message_group_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message_deduplication_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message_attributes: Option<Reason<'a>>,
}

/// Why a message lies where it lies: its only attribute.
#[derive(Debug, Serialize)]
pub struct Reason<'a> {
    reason: Attribute<'a>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
struct Attribute<'a> {
    data_type: &'static str,
    string_value: &'a str,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Send<'a> {
    queue_url: &'a str,
    #[serde(flatten)]
    message: &'a Message<'a>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct SendBatch<'a> {
    queue_url: &'a str,
    entries: Vec<Entry<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Entry<'a> {
    id: String,
    #[serde(flatten)]
    message: Message<'a>,
}

/// The call succeeds also where it took only some of them.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct SentBatch {
    #[serde(default)]
    failed: Vec<NotTaken>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct NotTaken {
    code: String,
    sender_fault: bool,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Hide<'a> {
    queue_url: &'a str,
    receipt_handle: &'a str,
    visibility_timeout: u64,
}

impl Sqs {
    pub(super) fn new(json: Json) -> Self {
        Self(json)
    }

    /// Puts one message on a queue.
    pub async fn send(&self, queue_url: &str, message: &Message<'_>) -> Result<()> {
        let asked = Send { queue_url, message };
        let sent = self.0.call::<IgnoredAny>("SendMessage", &asked);
        sent.await.map(drop).map_err(|e| e.meaning(SERVICE))
    }

    async fn send_batch(&self, queue_url: &str, messages: Vec<Message<'_>>) -> Result<()> {
        let count = messages.len();
        let entry = |(place, message): (usize, _)| Entry { id: place.to_string(), message };
        let entries = messages.into_iter().enumerate().map(entry).collect();
        let asked = SendBatch { queue_url, entries };
        let sent = self.0.call("SendMessageBatch", &asked);
        let SentBatch { failed } = sent.await.map_err(|e| e.meaning(SERVICE))?;
        let Some(first) = failed.first() else { return Ok(()) };
        let what = format!("{} of {count} messages refused: {}", failed.len(), first.code);
        Err(if first.sender_fault {
            Error::internal(what)
        } else {
            Error::unavailable(SERVICE, what)
        })
    }

    /// A message that was received comes back after so many seconds.
    pub async fn hide(&self, queue_url: &str, receipt_handle: &str, seconds: u64) -> Result<()> {
        let hide = Hide { queue_url, receipt_handle, visibility_timeout: seconds };
        let hidden = self.0.call::<IgnoredAny>("ChangeMessageVisibility", &hide);
        hidden.await.map(drop).map_err(|e| e.meaning(SERVICE))
    }
}

impl<'a> Reason<'a> {
    /// An empty attribute is refused.
    pub fn new(reason: &'a str) -> Self {
        let string_value = if reason.is_empty() { "unknown" } else { reason };
        Self { reason: Attribute { data_type: "String", string_value } }
    }
}

/// The queues whose addresses this function was given.
pub struct Queues {
    sqs: Sqs,
    urls: HashMap<QueueName, String>,
}

impl Queues {
    pub fn new(sqs: Sqs, urls: HashMap<QueueName, String>) -> Self {
        Self { sqs, urls }
    }
}

#[async_trait]
impl Queue for Queues {
    async fn put(&self, queue: QueueName, jobs: Vec<Job>) -> Result<()> {
        let url = self.urls.get(&queue).ok_or_else(|| {
            Error::internal(format!("this function was not given the {} queue", queue.word()))
        })?;
        if let [job] = &jobs[..] {
            return self.sqs.send(url, &message(queue, job)).await;
        }
        let mut rest = &jobs[..];
        while !rest.is_empty() {
            let (batch, more) = rest.split_at(batch_length(rest));
            let messages = batch.iter().map(|job| message(queue, job)).collect();
            self.sqs.send_batch(url, messages).await?;
            rest = more;
        }
        Ok(())
    }
}

fn message(queue: QueueName, job: &Job) -> Message<'_> {
    Message {
        message_body: escaped(&job.body),
        delay_seconds: delay(queue, job),
        message_group_id: Some(&job.group),
        message_deduplication_id: queue.is_fifo().then_some(&job.id),
        message_attributes: None,
    }
}

/// How many of the first jobs go into one call: one at least.
fn batch_length(jobs: &[Job]) -> usize {
    let mut bytes = 0;
    let fits = |job: &&Job| {
        // A character may be six bytes once it is escaped.
        bytes += escaped(&job.body).len() + job.group.len() + job.id.len();
        bytes <= BATCH_BYTES_MAX
    };
    jobs.iter().take(BATCH_MAX).take_while(fits).count().max(1)
}

/// In whole seconds, never too early. Only standard queues delay single messages.
fn delay(queue: QueueName, job: &Job) -> Option<u64> {
    let seconds = u64::try_from(job.delay.as_millis().div_ceil(1000)).unwrap_or(u64::MAX);
    (!queue.is_fifo() && seconds > 0).then_some(seconds)
}

/// SQS refuses the two noncharacters, which a user may write. In JSON they stand only inside texts, where they may
/// be written as escapes.
fn escaped(body: &str) -> Cow<'_, str> {
    if body.contains(['\u{fffe}', '\u{ffff}']) {
        body.replace('\u{fffe}', "\\ufffe").replace('\u{ffff}', "\\uffff").into()
    } else {
        body.into()
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use serde_json::{Value, json};

    use super::*;
    use crate::aws::client::Clients;
    use crate::aws::stand_in::{Call, StandIn};

    fn job(n: usize) -> Job {
        Job {
            group: "g".to_owned(),
            id: format!("id{n}"),
            body: format!("{{\"n\":{n}}}"),
            delay: Duration::ZERO,
        }
    }

    fn queues(stand_in: &StandIn) -> Queues {
        let sqs = Clients::new(&stand_in.access()).unwrap().sqs();
        let urls = [QueueName::Event, QueueName::Hook]
            .map(|queue| (queue, format!("http://{}/{}", stand_in.address, queue.word())));
        Queues::new(sqs, urls.into())
    }

    fn accepts(call: &Call) -> (u16, String) {
        (200, accepted(call, 0).to_string())
    }

    fn accepted(call: &Call, failing: usize) -> Value {
        let asked = call.json();
        let entries = asked["Entries"].as_array().cloned().unwrap_or_default();
        let (bad, good) = entries.split_at(failing.min(entries.len()));
        let ok = |e: &Value| json!({"Id": e["Id"], "MessageId": "m", "MD5OfMessageBody": "x"});
        let no = |e: &Value| json!({"Id": e["Id"], "Code": "InternalError", "SenderFault": false});
        json!({
            "MessageId": "m",
            "Successful": good.iter().map(ok).collect::<Vec<_>>(),
            "Failed": bad.iter().map(no).collect::<Vec<_>>(),
        })
    }

    #[tokio::test]
    async fn one_job_is_one_call() {
        let stand_in = StandIn::start(accepts).await;
        queues(&stand_in).put(QueueName::Event, vec![job(1)]).await.unwrap();
        let calls = stand_in.calls();
        assert_eq!(calls.len(), 1);
        assert_eq!(calls[0].method, "POST");
        assert_eq!(calls[0].headers["x-amz-target"], "AmazonSQS.SendMessage");
        let asked = calls[0].json();
        assert_eq!(asked["MessageBody"], "{\"n\":1}");
        assert_eq!(asked["MessageGroupId"], "g");
        assert_eq!(asked["MessageDeduplicationId"], "id1");
        assert_eq!(asked["DelaySeconds"], Value::Null);
    }

    #[tokio::test]
    async fn many_jobs_go_ten_to_a_call_and_in_order() {
        let stand_in = StandIn::start(accepts).await;
        queues(&stand_in).put(QueueName::Event, (0..23).map(job).collect()).await.unwrap();
        let calls = stand_in.calls();
        let entries: Vec<Value> =
            calls.iter().flat_map(|c| c.json()["Entries"].as_array().unwrap().clone()).collect();
        assert_eq!(calls.len(), 3);
        let ids: Vec<_> =
            entries.iter().map(|e| e["MessageDeduplicationId"].as_str().unwrap()).collect();
        assert_eq!(ids, (0..23).map(|n| format!("id{n}")).collect::<Vec<_>>());
    }

    #[tokio::test]
    async fn a_batch_that_was_taken_in_part_is_an_error() {
        let stand_in = StandIn::start(|call| (200, accepted(call, 1).to_string())).await;
        let error = queues(&stand_in).put(QueueName::Event, vec![job(1), job(2)]).await;
        assert!(error.unwrap_err().is_transient());
    }

    #[tokio::test]
    async fn a_standard_queue_delays_by_whole_seconds_and_knows_no_ids() {
        let stand_in = StandIn::start(accepts).await;
        let late = Job { delay: Duration::from_millis(1001), ..job(1) };
        queues(&stand_in).put(QueueName::Hook, vec![late]).await.unwrap();
        let asked = stand_in.calls()[0].json();
        assert_eq!(asked["DelaySeconds"], 2);
        assert_eq!(asked["MessageGroupId"], "g");
        assert_eq!(asked["MessageDeduplicationId"], Value::Null);
    }

    #[tokio::test]
    async fn a_queue_that_was_not_given_or_is_gone_is_a_fault_of_ours() {
        let stand_in = StandIn::start(|_| {
            (400, json!({"__type": "com.amazonaws.sqs#QueueDoesNotExist"}).to_string())
        })
        .await;
        let queues = queues(&stand_in);
        assert!(!queues.put(QueueName::Message, vec![job(1)]).await.unwrap_err().is_transient());
        assert!(!queues.put(QueueName::Event, vec![job(1)]).await.unwrap_err().is_transient());
        assert_eq!(stand_in.calls().len(), 1);
    }

    #[test]
    fn characters_that_sqs_refuses_are_escaped() {
        let body = serde_json::to_string("a\u{fffe}b\u{ffff}\u{1}😀").unwrap();
        assert_eq!(escaped(&body), "\"a\\ufffeb\\uffff\\u0001😀\"");
        let read: String = serde_json::from_str(&escaped(&body)).unwrap();
        assert_eq!(read, "a\u{fffe}b\u{ffff}\u{1}😀");
    }

    #[test]
    fn a_call_stays_under_its_limit_of_bytes() {
        let big = |_| Job { body: "x".repeat(400_000), ..job(0) };
        assert_eq!(batch_length(&(0..5).map(big).collect::<Vec<_>>()), 2);
        let huge = Job { body: "x".repeat(2_000_000), ..job(0) };
        assert_eq!(batch_length(&[huge, job(1)]), 1);
    }
}
