//! Works off one job and says what becomes of it. The same on AWS, in the local host and in the tests; only who
//! moves the job afterwards differs.

use std::sync::Arc;
use std::time::Duration;

use tokio::task::JoinSet;

use crate::domain::event::{Occurrence, What};
use crate::error::{Error, Result, chain};
use crate::handlers::Worker;
use crate::ports::{
    Audit, Count, DELIVERIES_MAX, Done, Metric, Outcome, QueueName, RECEIVES_MAX, Taken,
};

/// After the first failure; four times as long after each further one: 5 s, 20 s, 80 s, 320 s.
const BACKOFF: Duration = Duration::from_secs(5);
const BACKOFF_GROWTH: u32 = 4;

/// What becomes of a job.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// It leaves the queue.
    Finished,
    /// It comes back after this time.
    Again(Duration),
    /// It goes to the dead letters, for this reason.
    Dead(String),
}

/// Lets the worker do the job. A failure is logged here, once; a panic is a failure that may pass.
pub async fn work(worker: &Arc<dyn Worker>, queue: QueueName, job: &Taken) -> Verdict {
    let verdict = if job.deliveries >= RECEIVES_MAX {
        Verdict::Dead(format!("it was delivered {} times to no end", job.deliveries))
    } else {
        tried(worker.clone(), job).await
    };
    let (queue, job_id, deliveries) = (queue.word(), &job.id, job.deliveries);
    match &verdict {
        Verdict::Finished => {}
        Verdict::Again(after) => {
            let after_ms = u64::try_from(after.as_millis()).unwrap_or(u64::MAX);
            tracing::info!(queue, job.id = job_id, deliveries, after_ms, "a job will come back");
        }
        Verdict::Dead(reason) => {
            tracing::error!(queue, job.id = job_id, deliveries, reason, "a job is given up");
        }
    }
    verdict
}

async fn tried(worker: Arc<dyn Worker>, job: &Taken) -> Verdict {
    let own = job.clone();
    // In a task of its own: a panic costs this job and not its whole batch. Whoever stops waiting stops the task.
    let mut task = JoinSet::new();
    task.spawn(async move { worker.work(&own).await });
    let done = match task.join_next().await {
        Some(Ok(done)) => done,
        Some(Err(panic)) => Err(Error::unavailable("worker", panic)),
        None => Err(Error::internal("a set of one task was empty")),
    };
    verdict(done, job.deliveries)
}

fn verdict(done: Result<Done>, deliveries: u32) -> Verdict {
    let is_last = deliveries >= DELIVERIES_MAX;
    match done {
        Ok(Done::Finished) => Verdict::Finished,
        Ok(Done::Again { .. }) if is_last => {
            Verdict::Dead(format!("it was put off {deliveries} times"))
        }
        Ok(Done::Again { after }) => Verdict::Again(after.unwrap_or_else(|| backoff(deliveries))),
        Err(error) if error.is_transient() && !is_last => {
            tracing::warn!(error = %chain(&error), "a job failed for now");
            Verdict::Again(backoff(deliveries))
        }
        Err(error) => Verdict::Dead(chain(&error)),
    }
}

fn backoff(deliveries: u32) -> Duration {
    let growth = BACKOFF_GROWTH.saturating_pow(deliveries.saturating_sub(1).min(3));
    BACKOFF.saturating_mul(growth)
}

/// Accounts for a job that was given up: an item of a webhook must end somewhere (README 11).
pub(super) async fn count_dead(audit: &dyn Audit, queue: QueueName, body: &str) {
    if queue != QueueName::Event {
        return;
    }
    let Ok(Occurrence { channel, what: What::Webhook(_), .. }) = serde_json::from_str(body) else {
        return;
    };
    let count = Count::one(Metric::Items(Outcome::Dead));
    if let Err(error) = audit.count(channel.into(), &[count]).await {
        tracing::error!(channel.id = %channel, error = %chain(&error), "a dead letter is uncounted");
    }
}

#[cfg(test)]
mod tests {
    use async_trait::async_trait;

    use super::*;

    struct Fails;

    #[async_trait]
    impl Worker for Fails {
        async fn work(&self, job: &Taken) -> Result<Done> {
            match job.body.as_str() {
                "finished" => Ok(Done::Finished),
                "later" => Ok(Done::Again { after: Some(Duration::from_secs(7)) }),
                "again" => Ok(Done::Again { after: None }),
                "transient" => Err(Error::Changed("it")),
                "panic" => panic!("a bug"),
                _ => Err(Error::internal("unreadable")),
            }
        }
    }

    #[tokio::test]
    async fn what_may_pass_comes_back_and_anything_else_is_given_up() {
        let worker: Arc<dyn Worker> = Arc::new(Fails);
        let again = |seconds| Verdict::Again(Duration::from_secs(seconds));
        let dead = |reason: &str| Verdict::Dead(reason.to_owned());
        for (body, deliveries, expected) in [
            ("finished", 1, Verdict::Finished),
            ("finished", 9, Verdict::Finished),
            // Whoever died of it nine times would die again.
            ("finished", 10, dead("it was delivered 10 times to no end")),
            ("later", 1, again(7)),
            ("later", 5, dead("it was put off 5 times")),
            ("again", 1, again(5)),
            ("transient", 2, again(20)),
            ("transient", 3, again(80)),
            ("transient", 4, again(320)),
            ("transient", 5, dead("it was changed by somebody else at the same time")),
            ("unreadable", 1, dead("unreadable")),
            ("panic", 1, again(5)),
        ] {
            let job = Taken { id: "1".to_owned(), body: body.to_owned(), deliveries };
            let verdict = work(&worker, QueueName::Event, &job).await;
            assert_eq!(verdict, expected, "{body} {deliveries}");
        }
        let job = Taken { id: "1".to_owned(), body: "panic".to_owned(), deliveries: 5 };
        assert!(matches!(work(&worker, QueueName::Event, &job).await, Verdict::Dead(_)));
    }
}
