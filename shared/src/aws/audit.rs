//! Counts as lines of the log in CloudWatch's embedded metric format: a metric costs no call and no unit. What was
//! counted is asked back of the log ([`super::insights`]).
//!
//! Every metric has one dimension, the stack. Channel, provider and reason are members of the line beside it, where
//! Logs Insights finds them: as dimensions each of their values would be a metric of its own, and paid for.

use std::collections::BTreeMap;
use std::io::Write;
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use serde_json::{Value, json};

use super::insights::Insights;
use crate::domain::ids::ChannelId;
use crate::error::{Error, Result};
use crate::ports::{Account, Audit, Clock, Count, Metric, Subject};

/// Where the metrics are found.
pub const NAMESPACE: &str = "Wharf";

/// Writes counts into the log.
pub struct Metrics {
    clock: Arc<dyn Clock>,
    stack: String,
    /// Absent in a function that asks for nothing.
    insights: Option<Insights>,
    log: Mutex<Box<dyn Write + Send>>,
}

impl Metrics {
    /// Into standard output, which is the function's log.
    pub fn new(clock: Arc<dyn Clock>, stack: String, insights: Option<Insights>) -> Self {
        let log = Mutex::new(Box::new(std::io::stdout()) as Box<_>);
        Self { clock, stack, insights, log }
    }

    fn line(&self, subject: Subject, reason: &str, values: &BTreeMap<Metric, u64>) -> Value {
        let unit = |metric: Metric| if metric.is_time() { "Milliseconds" } else { "Count" };
        let metrics: Vec<Value> =
            values.keys().map(|m| json!({"Name": m.name(), "Unit": unit(*m)})).collect();
        let mut line = json!({
            "_aws": {
                "Timestamp": self.clock.now().millis(),
                "CloudWatchMetrics": [{
                    "Namespace": NAMESPACE,
                    "Dimensions": [["stack"]],
                    "Metrics": metrics,
                }],
            },
            "level": "INFO",
            "stack": self.stack,
            "channel": subject.channel,
            "provider": subject.provider,
            "reason": reason,
        });
        for (metric, value) in values {
            line[metric.name()] = (*value).into();
        }
        line
    }
}

/// The values of each reason. What has no reason goes with the first that has one, so that there are no more lines
/// than reasons.
fn by_reason(counts: &[Count]) -> BTreeMap<&str, BTreeMap<Metric, u64>> {
    let first = counts.iter().map(|count| count.reason.as_str()).find(|reason| !reason.is_empty());
    let mut lines: BTreeMap<&str, BTreeMap<Metric, u64>> = BTreeMap::new();
    for Count { metric, reason, value } in counts {
        let reason = if reason.is_empty() { first.unwrap_or_default() } else { reason };
        *lines.entry(reason).or_default().entry(*metric).or_default() += value;
    }
    lines
}

#[async_trait]
impl Audit for Metrics {
    async fn count(&self, subject: Subject, counts: &[Count]) -> Result<()> {
        let mut text = String::new();
        for (reason, values) in by_reason(counts) {
            text.push_str(&self.line(subject, reason, &values).to_string());
            text.push('\n');
        }
        let mut log = self.log.lock().unwrap_or_else(PoisonError::into_inner);
        let written = log.write_all(text.as_bytes()).and_then(|()| log.flush());
        written.map_err(|e| Error::unavailable("log", e))
    }

    async fn account(&self, channels: &[ChannelId]) -> Result<Account> {
        let not_given = || Error::internal("this function was not given the log that it asks");
        self.insights.as_ref().ok_or_else(not_given)?.account(channels).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aws::system::WallClock;
    use crate::ports::{Handed, Outcome};

    #[derive(Clone, Default)]
    struct Lines(Arc<Mutex<Vec<u8>>>);

    impl Write for Lines {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    async fn lines(channel: ChannelId, counts: &[Count]) -> Vec<Value> {
        let lines = Lines::default();
        let log = Mutex::new(Box::new(lines.clone()) as Box<dyn Write + Send>);
        let clock = Arc::new(WallClock);
        let metrics = Metrics { clock, stack: "shop".to_owned(), insights: None, log };
        metrics
            .count(Subject { channel, provider: Some("gupshup") }, counts)
            .await
            .expect("the log takes lines");
        let text = String::from_utf8(lines.0.lock().unwrap().clone()).unwrap();
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    /// Every metric of the line is in it as a number, every dimension as a text that is the same for all lines.
    fn check_metrics(line: &Value, names: &[&str]) {
        let told = &line["_aws"]["CloudWatchMetrics"][0];
        let metrics = told["Metrics"].as_array().unwrap();
        let told_names: Vec<_> = metrics.iter().map(|m| m["Name"].as_str().unwrap()).collect();
        assert_eq!(told_names, names);
        assert!(names.iter().all(|name| line[name].is_u64()), "{line}");
        assert_eq!(told["Dimensions"], json!([["stack"]]));
        assert_eq!((&line["stack"], &told["Namespace"]), (&json!("shop"), &json!(NAMESPACE)));
    }

    #[tokio::test]
    async fn what_is_counted_together_is_one_line_that_becomes_metrics() {
        let channel = ChannelId::derive(&[b"c"]);
        let received = Count::of(Metric::Items(Outcome::Received), 3);
        let ignored = Count::of(Metric::Items(Outcome::Ignored), 2).because("reaction");
        let [line] = &lines(channel, &[received.clone(), ignored.clone()]).await[..] else {
            panic!("one line")
        };
        check_metrics(line, &["items_received", "items_ignored"]);
        assert_eq!((&line["items_received"], &line["items_ignored"]), (&json!(3), &json!(2)));
        assert_eq!(line["reason"], "reaction");
        assert_eq!(line["channel"], channel.to_string());
        assert_eq!(line["provider"], "gupshup");

        let inactive = Count::one(Metric::Items(Outcome::Ignored)).because("channel_inactive");
        let two = lines(channel, &[received, ignored, inactive]).await;
        assert_eq!(two.len(), 2, "a line for each reason");
        let sum = |name: &str| two.iter().filter_map(|line| line[name].as_u64()).sum::<u64>();
        assert_eq!((sum("items_received"), sum("items_ignored")), (3, 3));
    }

    #[tokio::test]
    async fn times_are_milliseconds() {
        let sent = Count::one(Metric::Messages(Handed::Sent));
        let counts = [sent, Count::of(Metric::ReplyTime, 250)];
        let [line] = &lines(ChannelId::derive(&[b"c"]), &counts).await[..] else {
            panic!("one line")
        };
        check_metrics(line, &["messages_sent", "reply_ms"]);
        let units = &line["_aws"]["CloudWatchMetrics"][0]["Metrics"];
        assert_eq!(
            (&units[0]["Unit"], &units[1]["Unit"]),
            (&json!("Count"), &json!("Milliseconds"))
        );
    }
}
