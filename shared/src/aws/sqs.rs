//! Puts jobs on SQS: one with a call of its own, more of them ten to a call.

use std::borrow::Cow;
use std::collections::HashMap;

use async_trait::async_trait;
use aws_sdk_sqs::Client;
use aws_sdk_sqs::types::SendMessageBatchRequestEntry;

use super::failed;
use crate::error::{Error, Result};
use crate::ports::{Job, Queue, QueueName};

const SERVICE: &str = "queue";
const BATCH_MAX: usize = 10;
/// Of all messages of a call together; a margin for what counts beside the bodies.
const BATCH_BYTES_MAX: usize = (1 << 20) - (1 << 14);

/// The queues whose addresses this function was given.
pub struct Queues {
    client: Client,
    urls: HashMap<QueueName, String>,
}

impl Queues {
    pub fn new(client: Client, urls: HashMap<QueueName, String>) -> Self {
        Self { client, urls }
    }

    async fn send(&self, url: &str, queue: QueueName, job: Job) -> Result<()> {
        self.client
            .send_message()
            .queue_url(url)
            .message_body(escaped(&job.body))
            .set_delay_seconds(delay(queue, &job))
            .message_group_id(&job.group)
            .set_message_deduplication_id(queue.is_fifo().then_some(job.id))
            .send()
            .await
            .map(drop)
            .map_err(|e| failed(SERVICE, e))
    }

    async fn send_batch(&self, url: &str, queue: QueueName, jobs: &[Job]) -> Result<()> {
        let entry = |(place, job): (usize, &Job)| {
            SendMessageBatchRequestEntry::builder()
                .id(place.to_string())
                .message_body(escaped(&job.body))
                .set_delay_seconds(delay(queue, job))
                .message_group_id(&job.group)
                .set_message_deduplication_id(queue.is_fifo().then(|| job.id.clone()))
                .build()
                .map_err(|e| Error::internal(format!("a message cannot be built: {e}")))
        };
        let entries = jobs.iter().enumerate().map(entry).collect::<Result<Vec<_>>>()?;
        let batch = self.client.send_message_batch().queue_url(url).set_entries(Some(entries));
        let answer = batch.send().await.map_err(|e| failed(SERVICE, e))?;
        // The call succeeds also where it took only some of them.
        match answer.failed().first() {
            None => Ok(()),
            Some(entry) => {
                let what = format!("{} of {} messages refused", answer.failed().len(), jobs.len());
                let what = format!("{what}: {}", entry.code());
                Err(if entry.sender_fault() {
                    Error::internal(what)
                } else {
                    Error::unavailable(SERVICE, what)
                })
            }
        }
    }
}

#[async_trait]
impl Queue for Queues {
    async fn put(&self, queue: QueueName, mut jobs: Vec<Job>) -> Result<()> {
        let url = self.urls.get(&queue).ok_or_else(|| {
            Error::internal(format!("this function was not given the {} queue", queue.word()))
        })?;
        if jobs.len() == 1
            && let Some(job) = jobs.pop()
        {
            return self.send(url, queue, job).await;
        }
        let mut rest = &jobs[..];
        while !rest.is_empty() {
            let (batch, more) = rest.split_at(batch_length(rest));
            self.send_batch(url, queue, batch).await?;
            rest = more;
        }
        Ok(())
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
fn delay(queue: QueueName, job: &Job) -> Option<i32> {
    let seconds = job.delay.as_millis().div_ceil(1000);
    (!queue.is_fifo() && seconds > 0).then(|| i32::try_from(seconds).unwrap_or(i32::MAX))
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
        let client = Clients::new(&stand_in.access()).unwrap().sqs;
        let urls = [QueueName::Event, QueueName::Hook]
            .map(|queue| (queue, format!("http://{}/{}", stand_in.address, queue.word())));
        Queues::new(client, urls.into())
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
