//! How far a message to a user has come. Only ever rises (whatsapp-rules 10).

use serde::{Deserialize, Serialize};

/// How far a message to a user has come.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    Hash,
    PartialOrd,
    Ord,
    Serialize,
    Deserialize,
    utoipa::ToSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// Accepted from the caller and stored.
    Queued,
    /// Recorded; the provider is being called.
    Sending,
    /// The provider's answer never came: sent or not, nobody knows yet (README 10).
    Unknown,
    /// The provider has it.
    Accepted,
    Sent,
    Delivered,
    Read,
    /// Nothing follows. Only what was not delivered can fail.
    Failed,
}

impl Status {
    /// What is stored as the message's rank with this status. Nothing rises above `Failed`.
    pub const fn rank(self) -> u32 {
        match self {
            Self::Queued => 0,
            Self::Sending => 1,
            Self::Unknown => 2,
            Self::Accepted => 3,
            Self::Sent => 4,
            Self::Delivered => 5,
            Self::Read => 6,
            Self::Failed => 9,
        }
    }

    /// The status is written only over ranks below this one: its own, but what was delivered cannot fail any more.
    pub const fn below(self) -> u32 {
        match self {
            Self::Failed => Self::Delivered.rank(),
            other => other.rank(),
        }
    }

    /// The word of the API.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Sending => "sending",
            Self::Unknown => "unknown",
            Self::Accepted => "accepted",
            Self::Sent => "sent",
            Self::Delivered => "delivered",
            Self::Read => "read",
            Self::Failed => "failed",
        }
    }
}

/// What a provider said went wrong, or our own reason.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Failure {
    /// `wharf` for our own reasons.
    pub provider: String,
    /// The provider's code, or `window_closed`, `unsupported_type`, …
    pub code: String,
    pub message: String,
}
