//! Webhooks on their way to the gateway: who carries them, and what is still to be carried.

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use crate::carrier::WebhookPost;
use crate::message::Status;

/// Carries a webhook: straight into the gateway's router in tests, over loopback in the local host.
#[async_trait]
pub trait Post: Send + Sync {
    /// The status of the answer; the sentence of an error where there was none.
    async fn post(&self, post: WebhookPost) -> Result<u16, String>;

    /// Asks the gateway with `GET`, as Meta does before it posts anything (the handshake). The status and the text of
    /// the answer; the sentence of an error where there was none.
    async fn get(&self, url: &str) -> Result<(u16, String), String>;
}

/// Repetitions of a webhook that was not answered with 2xx: after 10 s, 20 s, 40 s, … at most an hour apart.
pub const REPETITIONS_MAX: u32 = 20;
const FIRST_GAP_MILLIS: i64 = 10_000;
const GAP_MILLIS_MAX: i64 = 3_600_000;

/// How long until the next try, after this many tries.
pub(crate) fn gap_millis(tries: u32) -> i64 {
    let doublings = tries.saturating_sub(1).min(20);
    (FIRST_GAP_MILLIS << doublings).min(GAP_MILLIS_MAX)
}

/// Something that will happen when its time comes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Pending {
    pub due_millis: i64,
    /// Keeps the order of things that are due together.
    pub order: u64,
    pub line: String,
    pub what: What,
}

/// What will happen.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum What {
    /// A message of the business gets further, and its webhook goes out.
    Advance { message: u64, status: Status },
    /// A webhook goes out. It brings the messages of users with these numbers; `tries` were made.
    Post { post: WebhookPost, messages: Vec<u64>, tries: u32 },
}

/// What became of a webhook, for the panel.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Posted {
    pub line: String,
    pub time_millis: i64,
    /// Counted from 1.
    pub tries: u32,
    /// `None`: nobody answered.
    pub status: Option<u16>,
}
