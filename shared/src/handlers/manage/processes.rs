//! Processes as callers read them (contracts 4.2).

use serde::Serialize;
use utoipa::ToSchema;

use super::{Manage, found};
use crate::domain::ids::{ConversationId, FlowId, ProcessId};
use crate::domain::process::{
    Answer, FailureReason, FollowUp, FollowUpAnswer, FollowUpStatus, Process, ProcessStatus,
    Validation, ValidationStatus,
};
use crate::domain::tenant::Role;
use crate::domain::time::Time;
use crate::error::Result;
use crate::handlers::admit::Call;

/// What a user answered.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct AnswerView {
    pub step_id: String,
    /// `text`, `number`, …, or the kind of file.
    #[serde(rename = "type")]
    pub kind: String,
    pub value: serde_json::Value,
    pub time: Time,
}

/// What the customer's server found.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ValidationView {
    pub step_id: String,
    /// The server's word.
    #[serde(rename = "type")]
    pub kind: String,
    pub status: ValidationStatus,
    pub details: serde_json::Value,
    pub time: Time,
}

/// The re-engagement of the question that was open last.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct FollowUpView {
    pub status: FollowUpStatus,
    /// When the waiting time is over.
    pub due_at: Option<Time>,
    /// The next time inside business hours.
    pub send_at: Option<Time>,
    pub sent_at: Option<Time>,
    pub answer: Option<FollowUpAnswer>,
}

/// A process as it is shown.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ProcessView {
    pub process_id: ProcessId,
    pub flow_id: FlowId,
    pub conversation_id: ConversationId,
    pub account_id: Option<String>,
    /// `whatsapp`.
    pub platform: &'static str,
    /// The user's; null for users who hide it.
    pub phone_number: Option<String>,
    /// Ours; null once the channel is gone.
    pub waba_phone_number: Option<String>,
    pub status: ProcessStatus,
    pub current_step: Option<String>,
    pub failure_reason: Option<FailureReason>,
    pub answers: Vec<AnswerView>,
    pub validations: Vec<ValidationView>,
    pub follow_up: FollowUpView,
    pub creation_date: Time,
    pub update_date: Time,
    pub expires_at: Time,
}

impl From<Answer> for AnswerView {
    fn from(answer: Answer) -> Self {
        let Answer { step, kind, value, time, .. } = answer;
        Self { step_id: step, kind, value, time }
    }
}

impl From<Validation> for ValidationView {
    fn from(validation: Validation) -> Self {
        let Validation { step, kind, status, details, time } = validation;
        Self { step_id: step, kind, status, details, time }
    }
}

impl From<FollowUp> for FollowUpView {
    fn from(follow_up: FollowUp) -> Self {
        Self {
            status: follow_up.status,
            due_at: follow_up.due,
            send_at: follow_up.send_at,
            sent_at: follow_up.sent,
            answer: follow_up.answer,
        }
    }
}

impl Manage {
    pub async fn process(&self, call: &Call, id: ProcessId) -> Result<ProcessView> {
        call.require(Role::Integrator)?;
        let process = self.store.process(id).await?;
        let process = process.filter(|process| process.tenant == call.caller.tenant);
        let process = found(process, "process_id")?;
        let conversation = self.store.conversation(process.conversation, false).await?;
        let channel = match &conversation {
            Some(conversation) => self.store.channel(conversation.channel).await?,
            None => None,
        };
        let phone = conversation.and_then(|c| c.address.phone().map(str::to_owned));
        Ok(view(process, phone, channel.map(|channel| channel.phone_number)))
    }
}

fn view(
    process: Process,
    phone_number: Option<String>,
    waba_phone_number: Option<String>,
) -> ProcessView {
    ProcessView {
        process_id: process.id,
        flow_id: process.flow,
        conversation_id: process.conversation,
        account_id: process.account_id,
        platform: "whatsapp",
        phone_number,
        waba_phone_number,
        status: process.status,
        current_step: process.step,
        failure_reason: process.failure,
        answers: process.answers.into_iter().map(AnswerView::from).collect(),
        validations: process.validations.into_iter().map(ValidationView::from).collect(),
        follow_up: process.follow_up.into(),
        creation_date: process.created,
        update_date: process.updated,
        expires_at: process.expires,
    }
}
