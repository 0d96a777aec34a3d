//! Counts what would be calls of AWS services, so that the budget can be a test (README 17), and keeps what the gateway
//! counts itself.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use shared::domain::ids::ChannelId;
use shared::domain::time::Time;
use shared::error::Result;
use shared::local::audit::Counts;
use shared::local::queue::Queues;
use shared::local::timers::Armed;
use shared::ports::{Account, Audit, Count, Job, Metric, Queue, QueueName, Subject, Timer, Timers};

/// SQS takes so many entries in one call.
const BATCH_MAX: u64 = 10;

/// Calls so far.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Calls {
    /// To put jobs on queues.
    pub puts: u64,
    /// To arm timers.
    pub arms: u64,
}

#[derive(Default)]
pub(crate) struct Counters {
    puts: AtomicU64,
    arms: AtomicU64,
}

impl Counters {
    pub(crate) fn calls(&self) -> Calls {
        Calls { puts: self.puts.load(Ordering::SeqCst), arms: self.arms.load(Ordering::SeqCst) }
    }
}

pub(crate) struct CountedQueue(pub(crate) Arc<Queues>, pub(crate) Arc<Counters>);

#[async_trait]
impl Queue for CountedQueue {
    async fn put(&self, queue: QueueName, jobs: Vec<Job>) -> Result<()> {
        let calls = (jobs.len() as u64).div_ceil(BATCH_MAX);
        self.1.puts.fetch_add(calls, Ordering::SeqCst);
        self.0.put(queue, jobs).await
    }
}

pub(crate) struct CountedTimers(pub(crate) Arc<Armed>, pub(crate) Arc<Counters>);

#[async_trait]
impl Timers for CountedTimers {
    async fn arm(&self, timer: Timer, at: Time) -> Result<()> {
        self.1.arms.fetch_add(1, Ordering::SeqCst);
        self.0.arm(timer, at).await
    }
}

/// Also what the local side does not keep.
pub(crate) struct KeptAudit {
    inner: Counts,
    kept: Mutex<Vec<Count>>,
}

impl KeptAudit {
    pub(crate) fn new(inner: Counts) -> Self {
        Self { inner, kept: Mutex::default() }
    }

    /// What was counted of a metric, in its order.
    pub(crate) fn of(&self, metric: Metric) -> Vec<Count> {
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.iter().filter(|count| count.metric == metric).cloned().collect()
    }
}

#[async_trait]
impl Audit for KeptAudit {
    async fn count(&self, subject: Subject, counts: &[Count]) -> Result<()> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(counts);
        self.inner.count(subject, counts).await
    }

    async fn account(&self, channels: &[ChannelId]) -> Result<Account> {
        self.inner.account(channels).await
    }
}
