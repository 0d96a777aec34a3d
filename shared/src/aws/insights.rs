//! Asks CloudWatch Logs Insights what the functions counted, for the balance. Two calls, signed here: the service's own
//! crate has a hundred others, and would be compiled into every function.

use std::sync::Arc;
use std::time::Duration;

use serde::Deserialize;
use serde_json::{Value, json};

use super::signature::{Signer, host, stamp};
use crate::config::{Access, Service};
use crate::domain::channel::Secret;
use crate::domain::ids::ChannelId;
use crate::domain::time::Time;
use crate::error::{Error, Result};
use crate::ports::{Account, Clock, Http, Metric, Outcome, Reach};

const SERVICE: &str = "log";
const CALL_TIMEOUT: Duration = Duration::from_secs(4);
const ANSWER_BYTES_MAX: usize = 1 << 20;
/// A query holds ten thousand characters at most.
const CHANNELS_MAX: usize = 200;
/// Between looks at a query that is not done.
const PAUSE: Duration = Duration::from_millis(400);
/// All of a question: the API has to answer within half a minute.
const PATIENCE: Duration = Duration::from_secs(20);
const DAY: Duration = Duration::from_hours(24);

/// The log of all functions.
#[derive(Debug, Clone)]
pub struct Log {
    pub group: String,
    pub retention_days: u32,
}

/// Asks the log.
pub struct Insights {
    http: Arc<dyn Http>,
    access: Access,
    signer: Signer,
    log: Log,
    clock: Arc<dyn Clock>,
    pause: Duration,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Started {
    query_id: String,
}

#[derive(Deserialize)]
struct Answer {
    status: String,
    #[serde(default)]
    results: Vec<Vec<Field>>,
}

#[derive(Deserialize)]
struct Field {
    field: String,
    #[serde(default)]
    value: String,
}

impl Insights {
    pub fn new(http: Arc<dyn Http>, access: Access, log: Log, clock: Arc<dyn Clock>) -> Self {
        let signer = Signer::new(Service::Logs.name(), &access);
        Self { http, access, signer, log, clock, pause: PAUSE }
    }

    /// How the items of these channels ended, as far back as the log goes.
    pub async fn account(&self, channels: &[ChannelId]) -> Result<Account> {
        let now = self.clock.now();
        let kept = DAY.saturating_mul(self.log.retention_days);
        let kept_ms = i64::try_from(kept.as_millis()).unwrap_or(i64::MAX);
        let since = Time::from_millis(now.millis().saturating_sub(kept_ms));
        let mut items = Vec::new();
        for channels in channels.chunks(CHANNELS_MAX) {
            for row in self.rows(&query(channels), since, now).await? {
                items.extend(read(&row));
            }
        }
        Ok(Account { since: Some(since), items })
    }

    async fn rows(&self, query: &str, start: Time, end: Time) -> Result<Vec<Vec<Field>>> {
        let seconds = |time: Time| time.millis().div_euclid(1000);
        let asked = json!({
            "logGroupName": self.log.group,
            "queryString": query,
            "startTime": seconds(start),
            "endTime": seconds(end) + 1,
        });
        let started: Started = parsed(&self.call("StartQuery", &asked).await?)?;
        let asked = json!({"queryId": started.query_id});
        loop {
            let answer: Answer = parsed(&self.call("GetQueryResults", &asked).await?)?;
            match answer.status.as_str() {
                "Complete" => return Ok(answer.results),
                "Scheduled" | "Running" => {}
                other => return Err(Error::unavailable(SERVICE, format!("the query is {other}"))),
            }
            if self.clock.now().since(end) > PATIENCE {
                return Err(Error::unavailable(SERVICE, "the query takes too long"));
            }
            tokio::time::sleep(self.pause).await;
        }
    }

    async fn call(&self, operation: &str, asked: &Value) -> Result<Vec<u8>> {
        let request = self.request(operation, asked)?;
        let answer = self.http.call(request, Reach::Configured, CALL_TIMEOUT, ANSWER_BYTES_MAX);
        let answer = answer.await.map_err(|e| Error::unavailable(SERVICE, e))?;
        if answer.status().is_success() {
            return Ok(answer.into_body());
        }
        let said = String::from_utf8_lossy(answer.body()).into_owned();
        let what = format!("{operation} answered {}: {said}", answer.status());
        // Too many queries, or a fault of the service: later. Anything else would be the same later.
        let is_for_now = answer.status().is_server_error()
            || ["LimitExceeded", "Throttling"].iter().any(|word| said.contains(word));
        Err(if is_for_now { Error::unavailable(SERVICE, what) } else { Error::internal(what) })
    }

    fn request(&self, operation: &str, asked: &Value) -> Result<http::Request<Vec<u8>>> {
        let address = self.access.endpoint(Service::Logs);
        let body = asked.to_string().into_bytes();
        let target = format!("Logs_20140328.{operation}");
        let stamp = stamp(self.clock.now());
        let token = self.access.session_token.as_ref().map(Secret::reveal);
        let mut headers = vec![
            ("content-type", "application/x-amz-json-1.1"),
            ("host", host(&address)),
            ("x-amz-date", stamp.as_str()),
        ];
        headers.extend(token.map(|token| ("x-amz-security-token", token)));
        headers.push(("x-amz-target", &target));
        let authorization = self.signer.authorization(&stamp, &headers, &body);
        let mut request = http::Request::post(format!("{address}/"));
        // The client names the host by itself, as it is signed here.
        for (name, value) in headers.into_iter().filter(|(name, _)| *name != "host") {
            request = request.header(name, value);
        }
        let built = |e: http::Error| Error::internal(format!("a query cannot be built: {e}"));
        request.header("authorization", authorization).body(body).map_err(built)
    }
}

/// The sums of all outcomes by reason.
fn query(channels: &[ChannelId]) -> String {
    let ids: Vec<String> = channels.iter().map(|id| format!("\"{id}\"")).collect();
    let sums = Outcome::ALL.map(|outcome| {
        let name = Metric::Items(outcome).name();
        format!("sum({name}) as sum_{name}")
    });
    format!("filter channel in [{}] | stats {} by reason", ids.join(", "), sums.join(", "))
}

/// One row: what has no value was not counted for this reason.
fn read(row: &[Field]) -> Vec<(Outcome, String, u64)> {
    let value = |name: &str| row.iter().find(|field| field.field == name).map(|f| f.value.as_str());
    let reason = value("reason").unwrap_or_default();
    let count = |outcome: Outcome| {
        let sum: f64 = value(&format!("sum_{}", Metric::Items(outcome).name()))?.parse().ok()?;
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "sums of counts are whole, positive and far below 2^52"
        )]
        let sum = sum.round() as u64;
        (sum > 0).then(|| (outcome, reason.to_owned(), sum))
    };
    Outcome::ALL.into_iter().filter_map(count).collect()
}

fn parsed<'a, T: Deserialize<'a>>(body: &'a [u8]) -> Result<T> {
    serde_json::from_slice(body).map_err(|e| Error::unavailable(SERVICE, e))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aws::https::{Allowance, Https};
    use crate::aws::stand_in::{Call, StandIn};
    use crate::local::clock::Hand;

    const NOW_MS: i64 = 1_767_323_045_000; // 2026-01-02T03:04:05Z

    async fn setup(
        answer: impl Fn(&str, usize) -> (u16, Value) + Clone + Send + Sync + 'static,
    ) -> (StandIn, Insights) {
        let asked = Arc::new(std::sync::atomic::AtomicUsize::new(0));
        let stand_in = StandIn::start(move |call: &Call| {
            let target = call.headers["x-amz-target"].to_str().unwrap();
            let operation = target.strip_prefix("Logs_20140328.").unwrap();
            let n = asked.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
            let (status, body) = answer(operation, n);
            (status, body.to_string())
        })
        .await;
        let insights = Insights {
            http: Arc::new(Https::new(Allowance::default()).unwrap()),
            signer: Signer::new(Service::Logs.name(), &stand_in.access()),
            access: stand_in.access(),
            log: Log { group: "the-log".to_owned(), retention_days: 30 },
            clock: Arc::new(Hand::new(Time::from_millis(NOW_MS))),
            pause: Duration::ZERO,
        };
        (stand_in, insights)
    }

    fn row(reason: Option<&str>, sums: &[(&str, &str)]) -> Value {
        let sums = sums
            .iter()
            .map(|(name, value)| json!({"field": format!("sum_items_{name}"), "value": value}));
        let reason = reason.map(|reason| json!({"field": "reason", "value": reason}));
        reason.into_iter().chain(sums).collect()
    }

    #[tokio::test]
    async fn the_log_is_asked_until_it_has_counted() {
        let (stand_in, insights) = setup(|operation, n| match (operation, n) {
            ("StartQuery", _) => (200, json!({"queryId": "q1"})),
            (_, 1) => (200, json!({"status": "Scheduled"})),
            (_, 2) => (200, json!({"status": "Running", "results": []})),
            _ => {
                let rows = [
                    row(Some(""), &[("received", "14"), ("event", "1.2E1"), ("dead", "0")]),
                    row(Some("reaction"), &[("received", "1"), ("ignored", "1.0")]),
                    row(None, &[("duplicate", "2")]),
                ];
                (200, json!({"status": "Complete", "results": rows}))
            }
        })
        .await;
        let channels = [ChannelId::derive(&[b"1"]), ChannelId::derive(&[b"2"])];
        let account = insights.account(&channels).await.unwrap();
        assert_eq!(account.since.unwrap().millis(), NOW_MS - 30 * 86_400_000);
        let none = String::new;
        assert_eq!(
            account.items,
            [
                (Outcome::Received, none(), 14),
                (Outcome::Event, none(), 12),
                (Outcome::Received, "reaction".to_owned(), 1),
                (Outcome::Ignored, "reaction".to_owned(), 1),
                (Outcome::Duplicate, none(), 2),
            ]
        );
        let calls = stand_in.calls();
        assert_eq!(calls.len(), 4);
        let asked = calls[0].json();
        assert_eq!(asked["logGroupName"], "the-log");
        assert_eq!(asked["startTime"], NOW_MS / 1000 - 30 * 86_400);
        let query = asked["queryString"].as_str().unwrap();
        let [one, two] = channels;
        assert!(query.starts_with(&format!("filter channel in [\"{one}\", \"{two}\"] | stats ")));
        assert!(
            query.contains("sum(items_dead) as sum_items_dead") && query.ends_with(" by reason")
        );
        assert_eq!(calls[1].json(), json!({"queryId": "q1"}));
        let signature = calls[0].headers["authorization"].to_str().unwrap();
        assert!(signature.contains("/20260102/eu-central-1/logs/aws4_request"), "{signature}");
        assert!(signature.contains("x-amz-security-token;x-amz-target"), "{signature}");
    }

    #[tokio::test]
    async fn whoever_has_many_channels_asks_more_than_once() {
        let complete = |operation: &str, _| match operation {
            "StartQuery" => (200, json!({"queryId": "q1"})),
            _ => (200, json!({"status": "Complete", "results": [row(None, &[("event", "1")])]})),
        };
        let (stand_in, insights) = setup(complete).await;
        let channels: Vec<_> =
            (0_u32..401).map(|n| ChannelId::derive(&[&n.to_be_bytes()])).collect();
        let account = insights.account(&channels).await.unwrap();
        assert_eq!(account.items.len(), 3);
        for call in stand_in.calls().iter().step_by(2) {
            assert!(call.json()["queryString"].as_str().unwrap().len() < 10_000);
        }
    }

    #[tokio::test]
    async fn a_log_that_is_busy_may_be_asked_again_and_one_that_refuses_may_not() {
        let limit = json!({"__type": "LimitExceededException"});
        let denied = json!({"__type": "AccessDeniedException"});
        for (status, body, is_transient) in [
            (400, limit, true),
            (500, json!({}), true),
            (400, denied, false),
            (200, json!({"queryId": 7}), true),
        ] {
            let answer = body.clone();
            let (_stand_in, insights) = setup(move |_, _| (status, answer.clone())).await;
            let error = insights.account(&[ChannelId::derive(&[b"1"])]).await.unwrap_err();
            assert_eq!(error.is_transient(), is_transient, "{body}");
        }
        let failed = |operation: &str, _| match operation {
            "StartQuery" => (200, json!({"queryId": "q1"})),
            _ => (200, json!({"status": "Failed"})),
        };
        let (_stand_in, insights) = setup(failed).await;
        let error = insights.account(&[ChannelId::derive(&[b"1"])]).await.unwrap_err();
        assert!(error.is_transient());
    }
}
