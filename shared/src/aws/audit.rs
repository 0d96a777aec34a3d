//! Counts as lines of the log in CloudWatch's embedded metric format: the metric costs no call and no unit.

use std::io::Write;
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use serde_json::json;

use crate::domain::ids::ChannelId;
use crate::error::{Error, Result};
use crate::ports::{Audit, Clock, Outcome};

/// Where the metric is found.
pub const NAMESPACE: &str = "Gateway";
/// Its name; its dimensions are `channel` and `outcome`.
pub const METRIC: &str = "items";

/// Writes counts into the log.
pub struct Metrics {
    clock: Arc<dyn Clock>,
    log: Mutex<Box<dyn Write + Send>>,
}

impl Metrics {
    /// Into standard output, which is the function's log.
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        Self::into(clock, Box::new(std::io::stdout()))
    }

    fn into(clock: Arc<dyn Clock>, log: Box<dyn Write + Send>) -> Self {
        Self { clock, log: Mutex::new(log) }
    }
}

#[async_trait]
impl Audit for Metrics {
    async fn count(
        &self,
        channel: ChannelId,
        outcome: Outcome,
        reason: &str,
        count: u32,
    ) -> Result<()> {
        let line = json!({
            "_aws": {
                "Timestamp": self.clock.now().millis(),
                "CloudWatchMetrics": [{
                    "Namespace": NAMESPACE,
                    "Dimensions": [["channel", "outcome"]],
                    "Metrics": [{"Name": METRIC, "Unit": "Count"}],
                }],
            },
            "level": "INFO",
            "channel": channel,
            "outcome": outcome.word(),
            "reason": reason,
            METRIC: count,
        });
        let mut log = self.log.lock().unwrap_or_else(PoisonError::into_inner);
        writeln!(log, "{line}").and_then(|()| log.flush()).map_err(|e| Error::unavailable("log", e))
    }

    /// Refused: on AWS the sums are a metric and not in this process. Whoever wants them asks CloudWatch for the
    /// sum of [`METRIC`] in [`NAMESPACE`] by channel and outcome.
    async fn counts(&self, _channels: &[ChannelId]) -> Result<Vec<(Outcome, String, u64)>> {
        let rule = "the counts of this deployment are the CloudWatch metric";
        Err(Error::refused(format!(
            "{rule} {METRIC} in {NAMESPACE}, by channel and outcome; the API does not sum them"
        )))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aws::system::WallClock;

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

    #[tokio::test]
    async fn a_count_is_a_line_that_becomes_a_metric() {
        let lines = Lines::default();
        let metrics = Metrics::into(Arc::new(WallClock), Box::new(lines.clone()));
        let channel = ChannelId::derive(&[b"c"]);
        metrics.count(channel, Outcome::Ignored, "reaction", 3).await.unwrap();
        metrics.count(channel, Outcome::Received, "", 1).await.unwrap();
        let text = String::from_utf8(lines.0.lock().unwrap().clone()).unwrap();
        let lines: Vec<serde_json::Value> =
            text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert_eq!(lines.len(), 2);
        let line = &lines[0];
        assert_eq!(line["items"], 3);
        assert_eq!(line["channel"], channel.to_string());
        assert_eq!(line["outcome"], "ignored");
        assert_eq!(line["reason"], "reaction");
        let metric = &line["_aws"]["CloudWatchMetrics"][0];
        for dimension in metric["Dimensions"][0].as_array().unwrap() {
            assert!(line[dimension.as_str().unwrap()].is_string());
        }
        assert!(!metrics.counts(&[channel]).await.unwrap_err().is_transient());
    }
}
