//! What the gateway needs from the outside, as small traits: each has an AWS side (`aws`) and a local side
//! (`local`), because tests step queues and timers by hand and turn the clock. The table is no port: it is the
//! same DynamoDB client everywhere (`store::table`).

mod audit;

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;

use crate::domain::ids::{ConversationId, MediaId, MessageId, ProcessId};
use crate::domain::time::Time;
use crate::error::Result;

pub use audit::{Account, Audit, Count, Handed, Hooked, Metric, Outcome, Subject};

/// The time, as an argument: the system's on AWS, a turned one in tests and in the local host.
pub trait Clock: Send + Sync {
    fn now(&self) -> Time;
}

/// Random bytes that nobody can guess.
pub trait Random: Send + Sync {
    fn fill(&self, bytes: &mut [u8]);
}

/// The queues, named by what they carry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum QueueName {
    /// Events of webhooks, in order per conversation (FIFO).
    Event,
    /// Messages to users, in order per conversation (FIFO).
    Message,
    /// Hooks and calls to customers, fair between tenants (standard).
    Hook,
    /// Follow-ups whose time may have come (standard).
    FollowUp,
    /// Processes that may have expired (standard).
    Expiry,
}

impl QueueName {
    pub const ALL: [Self; 5] =
        [Self::Event, Self::Message, Self::Hook, Self::FollowUp, Self::Expiry];

    /// As it is written in logs.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Event => "event",
            Self::Message => "message",
            Self::Hook => "hook",
            Self::FollowUp => "follow_up",
            Self::Expiry => "expiry",
        }
    }

    /// Whether order within a group is kept.
    pub const fn is_fifo(self) -> bool {
        matches!(self, Self::Event | Self::Message)
    }
}

/// One entry of a queue.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Job {
    /// FIFO: the order is kept within a group. Standard: fairness between groups. At most 128 characters.
    pub group: String,
    /// FIFO queues drop a second job with the same id for five minutes; at most 128 characters.
    pub id: String,
    /// JSON.
    pub body: String,
    /// Standard queues only, at most 15 minutes.
    pub delay: Duration,
}

/// A job that was taken from a queue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Taken {
    /// The same whenever the same job is delivered again.
    pub id: String,
    pub body: String,
    /// 1 at the first delivery.
    pub deliveries: u32,
}

/// How often a job is tried before it counts as dead.
pub const DELIVERIES_MAX: u32 = 5;

/// How often a queue of the template delivers a job before it gives it up by itself. More often than
/// [`DELIVERIES_MAX`], because a delivery to a function that is held back is one as well. At the last one the function
/// gives the job up untried: it must have died of it each time, or it would have said so.
pub const RECEIVES_MAX: u32 = 10;

/// What became of a job.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Done {
    /// It is finished and leaves the queue.
    Finished,
    /// It comes back; after the queue's visibility time if nothing else is said.
    Again { after: Option<Duration> },
}

/// Puts jobs on queues.
#[async_trait]
pub trait Queue: Send + Sync {
    /// All of them or an error; after an error some may be on the queue, so jobs must be safe to run twice.
    /// Any number: the AWS side sends ten at a time.
    async fn put(&self, queue: QueueName, jobs: Vec<Job>) -> Result<()>;
}

/// What a timer is for. It carries ids, never a decision.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(tag = "timer", rename_all = "snake_case")]
pub enum Timer {
    FollowUp {
        conversation: ConversationId,
        process: ProcessId,
    },
    Expiry {
        conversation: ConversationId,
        process: ProcessId,
    },
    /// A message that its provider does not take yet is tried again. Fires where messages are looked after that
    /// nobody waits for: its own queue would have to stop for its conversation.
    Message {
        message: MessageId,
    },
    /// A hook's next attempt, when it is more than 15 minutes away.
    Hook {
        delivery: crate::domain::ids::EventId,
        rule: crate::domain::ids::HookRuleId,
    },
}

impl Timer {
    /// The queue it fires into.
    pub const fn queue(&self) -> QueueName {
        match self {
            Self::FollowUp { .. } | Self::Message { .. } => QueueName::FollowUp,
            Self::Expiry { .. } => QueueName::Expiry,
            Self::Hook { .. } => QueueName::Hook,
        }
    }
}

/// One-time timers. Fired ones put `timer` as JSON on [`Timer::queue`].
#[async_trait]
pub trait Timers: Send + Sync {
    /// Arms a timer. The precision is a minute: it may fire up to a minute early or late, so whoever is woken looks
    /// at the clock. Arming the same timer for the same minute twice is arming it once.
    async fn arm(&self, timer: Timer, at: Time) -> Result<()>;
}

/// How far a call may reach.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    /// Addresses that administrators configured: providers.
    Configured,
    /// Addresses that customers or messages name: only https, only public addresses, checked after resolution.
    Public,
}

/// Why a call got no answer.
#[derive(Debug, thiserror::Error)]
pub enum CallError {
    /// Nothing reached the other side: a second call cannot double anything.
    #[error("no connection to {host}")]
    NotSent {
        host: String,
        #[source]
        source: Option<Box<dyn std::error::Error + Send + Sync>>,
    },
    /// It may have arrived; the answer did not.
    #[error("no answer from {host}")]
    NoAnswer {
        host: String,
        #[source]
        source: Option<Box<dyn std::error::Error + Send + Sync>>,
    },
    /// The address is not allowed ([`Reach::Public`]); nothing was sent.
    #[error("{host} is not an address that may be called: {rule}")]
    Forbidden { host: String, rule: &'static str },
}

/// Calls other systems. Redirects are never followed.
#[async_trait]
pub trait Http: Send + Sync {
    /// `timeout` covers everything from the connection to the last byte. Bodies over `body_bytes_max` are cut.
    async fn call(
        &self,
        request: http::Request<Vec<u8>>,
        reach: Reach,
        timeout: Duration,
        body_bytes_max: usize,
    ) -> std::result::Result<http::Response<Vec<u8>>, CallError>;

    /// Whether [`Reach::Public`] would call this address, as far as it says by itself; a name is looked up when it
    /// is called. [`CallError::Forbidden`] if not. Where nothing else is said, https is all that is asked for.
    fn check_public(&self, address: &url::Url) -> std::result::Result<(), CallError> {
        if address.scheme() == "https" {
            return Ok(());
        }
        let host = address.host_str().unwrap_or_default().to_owned();
        Err(CallError::Forbidden { host, rule: "only https may be called" })
    }
}

/// Seals and opens secrets before they are stored and after they are read.
#[async_trait]
pub trait Secrets: Send + Sync {
    /// `context` must be given again to open it: the id of what the secret belongs to.
    async fn seal(&self, context: &str, plain: &[u8]) -> Result<String>;
    async fn open(&self, context: &str, sealed: &str) -> Result<Vec<u8>>;
}

/// A stored file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct File {
    pub mime: String,
    pub bytes: Vec<u8>,
}

/// Keeps the files of users.
#[async_trait]
pub trait Media: Send + Sync {
    async fn put(&self, id: MediaId, file: File) -> Result<()>;
    async fn get(&self, id: MediaId) -> Result<Option<File>>;

    /// An address where anyone can read the file for so long, if it is there; `None` where files are only to be had
    /// through us. For files that are too large for an answer of ours.
    async fn link(&self, _id: MediaId, _lasts: Duration) -> Result<Option<String>> {
        Ok(None)
    }
}

/// The ports that every side has, as handlers take them.
#[derive(Clone)]
pub struct Ports {
    pub clock: Arc<dyn Clock>,
    pub random: Arc<dyn Random>,
    pub queue: Arc<dyn Queue>,
    pub timers: Arc<dyn Timers>,
    pub http: Arc<dyn Http>,
    pub secrets: Arc<dyn Secrets>,
    pub media: Arc<dyn Media>,
    pub audit: Arc<dyn Audit>,
}
