//! A process: one user's run of a flow. The types; how a run goes on is in [`super::decision`].

use serde::{Deserialize, Serialize};

use super::ids::{
    ConversationId, FlowId, InboundId, MessageId, OutboundSendId, ProcessId, TenantId,
};
use super::time::Time;

/// Where a run stands (contracts 4.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ProcessStatus {
    Created,
    /// Going on without a question open: a customer's server is asked.
    Started,
    /// A question is open.
    Waiting,
    Succeeded,
    Failed,
    Expired,
    Canceled,
}

impl ProcessStatus {
    /// Whether nothing can follow.
    pub const fn is_final(self) -> bool {
        matches!(self, Self::Succeeded | Self::Failed | Self::Expired | Self::Canceled)
    }
}

/// Why a run failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum FailureReason {
    ValidationFailed,
    MaxAttempts,
    FollowUpDeclined,
    ChannelError,
}

/// A run of a flow. While it goes on it lies in its conversation; when it has ended, in an item of its own too.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Process {
    pub id: ProcessId,
    pub tenant: TenantId,
    pub conversation: ConversationId,
    pub flow: FlowId,
    pub flow_version: u32,
    pub status: ProcessStatus,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure: Option<FailureReason>,
    /// The step it stands at.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub step: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub question: Option<OpenQuestion>,
    /// How many questions were opened so far: the `n` of a follow-up's buttons.
    #[serde(default)]
    pub questions: u32,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub answers: Vec<Answer>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub validations: Vec<Validation>,
    pub follow_up: FollowUp,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account_id: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub inbound: Option<InboundId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub send: Option<OutboundSendId>,
    pub created: Time,
    pub updated: Time,
    /// When it expires unless the user writes.
    pub expires: Time,
}

/// The question that waits for an answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OpenQuestion {
    pub step: String,
    /// 1 for the first of the run; the same question asked again keeps its number.
    pub number: u32,
    /// The message that asked last. Its time at the provider starts the follow-up's clock.
    pub message: MessageId,
    /// When it was decided to ask.
    pub asked: Time,
    /// Answers that did not fit so far.
    #[serde(default)]
    pub attempts: u32,
}

/// What the user answered.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Answer {
    pub step: String,
    /// `text`, `number`, …, or the kind of file.
    pub kind: String,
    pub value: serde_json::Value,
    pub time: Time,
}

/// What a customer's server found (T75).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Validation {
    pub step: String,
    /// The server's word, e.g. `face-recognition`.
    pub kind: String,
    pub status: ValidationStatus,
    #[serde(default)]
    pub details: serde_json::Value,
    pub time: Time,
}

/// How a validation went.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ValidationStatus {
    Success,
    Failure,
}

/// The re-engagement of the question that was open last (contracts 7).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FollowUp {
    pub status: FollowUpStatus,
    /// The question it is about.
    #[serde(default)]
    pub question: u32,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub due: Option<Time>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub send_at: Option<Time>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sent: Option<Time>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answer: Option<FollowUpAnswer>,
    /// What stands on the buttons of an outbound that was sent in its place, for providers that carry no payload.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub yes_text: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub no_text: Option<String>,
}

/// Where a follow-up stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum FollowUpStatus {
    /// Not switched on, or no question is open.
    #[default]
    None,
    Scheduled,
    Sent,
    /// The service window was closed and no outbound stands in for it.
    SkippedWindowClosed,
}

/// What the user said to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum FollowUpAnswer {
    Yes,
    No,
}

/// A `webhook` step's question to the customer's server.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StepCall {
    /// Derived; the call's `webhook-id`.
    pub id: super::ids::EventId,
    pub tenant: TenantId,
    pub channel: super::ids::ChannelId,
    pub conversation: ConversationId,
    pub process: ProcessId,
    pub flow: FlowId,
    pub step: String,
    pub url: String,
    /// Seconds for the whole call.
    pub timeout_s: u32,
    /// JSON body.
    pub body: serde_json::Value,
}

/// The server's answer to a [`StepCall`], on its way back to the conversation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StepAnswer {
    pub process: ProcessId,
    pub step: String,
    /// `None`: it never answered usefully.
    pub validation: Option<Validation>,
    /// Said to the user before going on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
}
