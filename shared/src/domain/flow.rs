//! A flow: the questions that lead a user to an end. What a run of it does is in [`super::process`].

use serde::{Deserialize, Serialize};

use super::channel::Language;
use super::ids::{ChannelId, FlowId, OutboundId, TenantId};
use super::message::{Choice, MediaKind};
use super::time::Time;

/// Questions are repeated at most so often where a step does not say (contracts 4.2: `max_attempts`).
pub const MAX_ATTEMPTS: u32 = 5;

/// A flow as it is stored: what is being edited, and what runs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Flow {
    pub id: FlowId,
    pub tenant: TenantId,
    pub draft: Definition,
    /// The number of the newest published version; each lies beside the flow and never changes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub published: Option<u32>,
    pub created: Time,
    pub updated: Time,
    pub version: u64,
}

/// What a flow does.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Definition {
    pub name: String,
    pub language: Language,
    /// Only from these channels can it start; empty: from all.
    #[serde(default)]
    pub channels: Vec<ChannelId>,
    pub config: Config,
    pub steps: Vec<Step>,
}

/// Re-engagement and expiry. Each default applies on its own (T68-T72).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Config {
    #[serde(default)]
    pub enable_follow_up: bool,
    /// Minutes, 30 to 1380.
    #[serde(default)]
    pub follow_up_delay: Option<u32>,
    #[serde(default)]
    pub follow_up_message: Option<String>,
    /// Only the UTC time of day counts.
    #[serde(default)]
    pub start_business_hours: Option<Time>,
    #[serde(default)]
    pub end_business_hours: Option<Time>,
    /// Sent instead when the service window is closed.
    #[serde(default)]
    pub follow_up_outbound_id: Option<OutboundId>,
    /// Minutes, 60 to 4320.
    #[serde(default)]
    pub expiry_minutes: Option<u32>,
}

/// A step and its name, unique in its flow.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    pub id: String,
    #[serde(flatten)]
    pub action: Action,
}

/// What a step does.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Action {
    /// Says something and goes on.
    Message { text: String },
    /// Asks and waits.
    Question {
        text: String,
        answer: AnswerKind,
        #[serde(default)]
        options: Vec<Choice>,
        #[serde(default)]
        max_attempts: Option<u32>,
    },
    /// Asks for a file and waits.
    Media {
        text: String,
        accept: Vec<MediaKind>,
        #[serde(default)]
        max_attempts: Option<u32>,
    },
    /// Asks the customer's server and waits for its result; the user is not waited for.
    Webhook {
        url: String,
        #[serde(default)]
        timeout_s: Option<u32>,
    },
    /// Ends the run early. Without a text silently.
    End {
        #[serde(default)]
        text: Option<String>,
        #[serde(default)]
        result: EndResult,
    },
}

/// How an `end` step ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum EndResult {
    #[default]
    Succeeded,
    Failed,
}

/// What counts as an answer (T1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum AnswerKind {
    Text,
    Number,
    Email,
    /// Kept as `YYYY-MM-DD`.
    Date,
    Phone,
    Choice,
    /// A payment result (contracts 11.5).
    Payment,
}

impl Action {
    /// What it says to the user.
    pub fn text(&self) -> Option<&str> {
        match self {
            Self::Message { text } | Self::Question { text, .. } | Self::Media { text, .. } => {
                Some(text)
            }
            Self::End { text, .. } => text.as_deref(),
            Self::Webhook { .. } => None,
        }
    }

    /// What the user can choose from.
    pub fn options(&self) -> &[Choice] {
        match self {
            Self::Question { options, .. } => options,
            Self::Message { .. } | Self::Media { .. } | Self::Webhook { .. } | Self::End { .. } => {
                &[]
            }
        }
    }

    /// How many answers that do not fit end the run; `None`: it takes no answers.
    pub fn max_attempts(&self) -> Option<u32> {
        match self {
            Self::Question { max_attempts, .. } | Self::Media { max_attempts, .. } => {
                Some(max_attempts.unwrap_or(MAX_ATTEMPTS))
            }
            Self::Message { .. } | Self::Webhook { .. } | Self::End { .. } => None,
        }
    }
}

impl AnswerKind {
    /// The wire word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Number => "number",
            Self::Email => "email",
            Self::Date => "date",
            Self::Phone => "phone",
            Self::Choice => "choice",
            Self::Payment => "payment",
        }
    }
}

impl Definition {
    /// The step with this id and its place.
    pub fn step(&self, id: &str) -> Option<(usize, &Step)> {
        self.steps.iter().enumerate().find(|(_, step)| step.id == id)
    }
}
