use std::sync::Mutex;

use async_trait::async_trait;
use serde_json::{Value, json};

use super::*;
use crate::aws::audit::Metrics;
use crate::aws::client::Clients;
use crate::aws::stand_in::{Call, StandIn};
use crate::aws::system::WallClock;
use crate::error::{Error, Result};
use crate::ports::{Done, RECEIVES_MAX};

/// Notes the jobs it sees and does what their bodies say.
#[derive(Default)]
struct Obeys(Mutex<Vec<String>>);

#[async_trait]
impl Worker for Obeys {
    async fn work(&self, job: &Taken) -> Result<Done> {
        self.0.lock().unwrap().push(job.id.clone());
        match job.body.as_str() {
            "later" => Ok(Done::Again { after: Some(Duration::from_millis(5500)) }),
            "transient" => Err(Error::Changed("it")),
            "hopeless" => Err(Error::internal("hopeless")),
            "panic" => panic!("a bug"),
            _ => Ok(Done::Finished),
        }
    }
}

struct Setup {
    stand_in: StandIn,
    worker: Arc<Obeys>,
    worked: Worked,
}

async fn setup(queue: QueueName, answer: fn(&Call) -> (u16, String)) -> Setup {
    let stand_in = StandIn::start(answer).await;
    let worker = Arc::new(Obeys::default());
    let worked = Worked {
        queue,
        worker: worker.clone(),
        audit: Arc::new(Metrics::new(Arc::new(WallClock), "stack".to_owned(), None)),
        sqs: Clients::new(&stand_in.access()).unwrap().sqs(),
        url: format!("http://{}/own", stand_in.address),
        dead_letters_url: format!("http://{}/dead", stand_in.address),
    };
    Setup { stand_in, worker, worked }
}

fn accepts(_: &Call) -> (u16, String) {
    (200, json!({"MessageId": "m"}).to_string())
}

fn record(id: &str, group: &str, body: &str) -> Value {
    json!({
        "messageId": id,
        "receiptHandle": format!("receipt-{id}"),
        "body": body,
        "attributes": {
            "ApproximateReceiveCount": "1",
            "SentTimestamp": "1",
            "MessageGroupId": group,
        },
        "messageAttributes": {},
        "eventSource": "aws:sqs",
        "eventSourceARN": "arn:aws:sqs:eu-central-1:1:own",
    })
}

fn batch(records: &[Value]) -> Batch {
    serde_json::from_value(json!({"Records": records})).unwrap()
}

impl Setup {
    async fn failed(&self, records: &[Value]) -> Vec<String> {
        let report = serde_json::to_value(self.worked.batch(batch(records)).await).unwrap();
        let failures = report["batchItemFailures"].as_array().unwrap();
        let id = |failure: &Value| failure["itemIdentifier"].as_str().unwrap().to_owned();
        failures.iter().map(id).collect()
    }

    fn calls(&self) -> Vec<(String, Value)> {
        let target = |call: &Call| call.headers["x-amz-target"].to_str().unwrap().to_owned();
        self.stand_in.calls().iter().map(|call| (target(call), call.json())).collect()
    }
}

#[tokio::test]
async fn the_first_failure_of_a_conversation_fails_the_rest_of_it_and_no_other() {
    let s = setup(QueueName::Event, accepts).await;
    let failed = s
        .failed(&[
            record("a1", "a", "ok"),
            record("b1", "b", "ok"),
            record("a2", "a", "later"),
            record("a3", "a", "ok"),
            record("b2", "b", "ok"),
        ])
        .await;
    assert_eq!(failed, ["a2", "a3"]);
    let mut seen = s.worker.0.lock().unwrap().clone();
    seen.sort();
    assert_eq!(seen, ["a1", "a2", "b1", "b2"], "a3 is not begun");
    let hidden: Vec<_> = s
        .calls()
        .iter()
        .map(|(target, asked)| {
            assert_eq!(target, "AmazonSQS.ChangeMessageVisibility");
            (
                asked["ReceiptHandle"].as_str().unwrap().to_owned(),
                asked["VisibilityTimeout"].clone(),
            )
        })
        .collect();
    assert_eq!(hidden, [("receipt-a2".into(), json!(6)), ("receipt-a3".into(), json!(6))]);
}

#[tokio::test]
async fn on_a_standard_queue_only_what_failed_comes_back() {
    let s = setup(QueueName::Hook, accepts).await;
    let records =
        [record("1", "t", "transient"), record("2", "t", "ok"), record("3", "t", "panic")];
    let mut failed = s.failed(&records).await;
    failed.sort();
    assert_eq!(failed, ["1", "3"]);
    assert_eq!(s.failed(&[record("4", "t", "ok")]).await, Vec::<String>::new());
}

#[tokio::test]
async fn what_is_hopeless_goes_to_the_dead_letters_and_the_group_goes_on() {
    let s = setup(QueueName::Event, accepts).await;
    let failed = s.failed(&[record("a1", "a", "hopeless"), record("a2", "a", "ok")]).await;
    assert_eq!(failed, Vec::<String>::new());
    assert_eq!(*s.worker.0.lock().unwrap(), ["a1", "a2"]);
    let calls = s.calls();
    let [(target, asked)] = &calls[..] else { panic!("one call") };
    assert_eq!(target, "AmazonSQS.SendMessage");
    assert!(asked["QueueUrl"].as_str().unwrap().ends_with("/dead"));
    assert_eq!(asked["MessageBody"], "hopeless");
    assert_eq!(asked["MessageGroupId"], "a");
    assert_eq!(asked["MessageDeduplicationId"], "a1");
    assert_eq!(asked["MessageAttributes"]["reason"]["StringValue"], "hopeless");
}

/// Its function died each time, or it would have said so. Before the queue gives it up uncounted, the function does.
#[tokio::test]
async fn at_its_last_delivery_a_job_is_given_up_untried() {
    let s = setup(QueueName::Hook, accepts).await;
    let mut last = record("1", "t", "ok");
    last["attributes"]["ApproximateReceiveCount"] = RECEIVES_MAX.to_string().into();
    assert_eq!(s.failed(&[last]).await, Vec::<String>::new());
    assert!(s.worker.0.lock().unwrap().is_empty(), "it is not tried");
    assert_eq!(s.calls()[0].0, "AmazonSQS.SendMessage");
}

#[tokio::test]
async fn a_dead_letter_that_is_not_taken_comes_back() {
    let refuses = |_: &Call| (400, json!({"__type": "QueueDoesNotExist"}).to_string());
    let s = setup(QueueName::Message, refuses).await;
    let failed = s.failed(&[record("a1", "a", "hopeless"), record("a2", "a", "ok")]).await;
    assert_eq!(failed, ["a1", "a2"]);
}

#[tokio::test]
async fn a_job_is_given_up_at_its_fifth_delivery() {
    let s = setup(QueueName::FollowUp, accepts).await;
    let mut fifth = record("1", "g", "transient");
    fifth["attributes"]["ApproximateReceiveCount"] = "5".into();
    // A timer's message has no group.
    fifth["attributes"].as_object_mut().unwrap().remove("MessageGroupId");
    assert_eq!(s.failed(&[fifth]).await, Vec::<String>::new());
    assert_eq!(s.calls()[0].0, "AmazonSQS.SendMessage");
    assert_eq!(s.calls()[0].1["MessageGroupId"], Value::Null);
}
