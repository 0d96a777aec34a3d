//! What goes wrong on demand. Each fault is used up by the call it spoils.

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};

/// What happens to the next sending of a line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "fault", rename_all = "snake_case")]
pub enum SendFault {
    /// Refused: too many calls.
    RateLimited,
    /// Refused: too many calls. The answer says in `Retry-After` when to come back: seconds, or a date.
    Later { retry_after: String },
    /// Refused with this status of the 5xx class.
    Unavailable { status: u16 },
    /// Not taken, and answered with a page that is not the provider's form.
    Garbage,
    /// Refused with a code of the provider.
    Code { code: String, text: String },
    /// Taken, and its status says later that it failed, with a code of the provider.
    FailsLater { code: String, text: String },
    /// Not taken, and no answer comes.
    LostCall,
    /// Taken, but no answer comes.
    LostAnswer,
    /// Taken, and the answer comes after this time.
    Slow { millis: u64 },
    /// Taken, and its first status is posted before the answer is given.
    StatusFirst,
}

/// What happens to the next webhook of a line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "fault", rename_all = "snake_case")]
pub enum PostFault {
    /// Posted this many times in all.
    Repeated { times: u32 },
    /// Posted after the one that follows it.
    Overtaken,
}

/// What is about to go wrong on a line.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Faults {
    pub sends: VecDeque<SendFault>,
    pub posts: VecDeque<PostFault>,
}

/// What is played on the answer itself, by whoever carries it: [`crate::Taken::answer`] puts it on the response as
/// an extension.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hold {
    /// The connection ends without an answer.
    Lost,
    /// The answer waits for this many milliseconds.
    Slow { millis: u64 },
    /// Webhooks that are due are posted first.
    PostsFirst,
}
