//! How a run of a flow begins, goes on and ends.

use std::time::Duration;

use serde_json::{Value, json};

use super::super::answer;
use super::super::conversation::{Conversation, Effect, Source};
use super::super::flow::{Action, Definition, EndResult, Flow, Step};
use super::super::hook::EventKind;
use super::super::ids::{EventId, InboundId, MessageId, OutboundSendId, ProcessId};
use super::super::menu::Menu;
use super::super::message::{FromUser, Origin, Received, ToUser};
use super::super::process::{
    Answer, FailureReason, FollowUp, OpenQuestion, Process, ProcessStatus, StepAnswer, StepCall,
    ValidationStatus,
};
use super::super::texts::{self, Key};
use super::super::time::Time;
use super::super::variables::{Manner, Variables};
use super::{Decision, Facts, Turn};
use crate::ports::Timer;

/// A run expires so long after the user's last word where its flow does not say (contracts 4.1).
pub(super) const EXPIRY_MINUTES: u32 = 1440;

/// A customer's server has so long to answer a `webhook` step where the step does not say.
const STEP_TIMEOUT_S: u32 = 20;

/// A timer in this time or less is too close to count on: it may fire up to a minute early, and whoever it wakes may
/// read before this decision is written (aws-facts 6).
pub(super) const ARMED_MARGIN: Duration = Duration::from_mins(3);

/// What made a run begin.
pub(super) enum Cause<'a> {
    Inbound(InboundId),
    Outbound {
        send: OutboundSendId,
        account_id: Option<&'a str>,
    },
    /// Nothing else wanted the message.
    Default,
    /// A bot asked for it.
    Bot,
}

/// The customer's server answered a `webhook` step. `None`: the run does not wait for it (any more).
pub fn on_step_answered(
    conversation: Conversation,
    facts: Facts<'_>,
    step: &StepAnswer,
) -> Option<Decision> {
    let process = conversation.running()?;
    let waits =
        process.status == ProcessStatus::Started && process.step.as_deref() == Some(&step.step);
    if process.id != step.process || !waits {
        return None;
    }
    let definition = facts.running?;
    let mut process = process.clone();
    let mut turn = Turn::new(conversation, Source::Event, facts);
    if let Some(message) = &step.message {
        let origin = Origin::Process { process: process.id, question: None };
        turn.say(ToUser::text(message.as_str()), origin);
    }
    let succeeded = step.validation.as_ref().is_some_and(|v| v.status == ValidationStatus::Success);
    process.validations.extend(step.validation.clone());
    if succeeded {
        let next = definition.step(&step.step).map_or(0, |(place, _)| place + 1);
        turn.go_on(process, definition, next);
    } else {
        if step.message.is_none() {
            turn.say_text(Key::ValidationFailed, process.id);
        }
        turn.end(process, ProcessStatus::Failed, Some(FailureReason::ValidationFailed));
    }
    Some(turn.finish())
}

/// A message of a run cannot reach the user: a question that nobody saw ends its run. `None`: it does not matter.
pub fn on_send_failed(
    conversation: Conversation,
    facts: Facts<'_>,
    message: MessageId,
) -> Option<Decision> {
    let process = conversation.running()?;
    if process.question.as_ref()?.message != message {
        return None;
    }
    let process = process.clone();
    let mut turn = Turn::new(conversation, Source::Event, facts);
    turn.end(process, ProcessStatus::Failed, Some(FailureReason::ChannelError));
    Some(turn.finish())
}

impl Turn<'_> {
    /// Begins the flow; a running one is restarted if it is the same, else canceled (contracts 2.3).
    pub(super) fn begin(
        &mut self,
        flow: &Flow,
        version: u32,
        definition: &Definition,
        cause: &Cause<'_>,
    ) {
        let running = self.conversation.running().cloned();
        let restarted = running.as_ref().filter(|process| process.flow == flow.id);
        let (inbound, send, account_id) = match cause {
            Cause::Inbound(id) => (Some(*id), None, None),
            Cause::Outbound { send, account_id } => {
                (None, Some(*send), account_id.map(str::to_owned))
            }
            Cause::Default | Cause::Bot => (None, None, None),
        };
        let now = self.facts.now;
        self.conversation.menu = None;
        let id = ProcessId::derive(&[self.conversation.id.bytes(), self.facts.cause.as_bytes()]);
        let process = Process {
            id: restarted.map_or(id, |process| process.id),
            tenant: flow.tenant,
            conversation: self.conversation.id,
            flow: flow.id,
            flow_version: version,
            status: ProcessStatus::Created,
            failure: None,
            step: None,
            question: None,
            // Numbers go on, so that the buttons of before cannot answer what is asked now.
            questions: restarted.map_or(0, |process| process.questions),
            answers: Vec::new(),
            validations: Vec::new(),
            follow_up: FollowUp::default(),
            account_id,
            inbound,
            send,
            created: restarted.map_or(now, |process| process.created),
            updated: now,
            expires: now,
        };
        if restarted.is_some() {
            self.tell_process(EventKind::WhatsappSession, "restarted", &process);
        } else {
            if let Some(other) = running {
                self.end(other, ProcessStatus::Canceled, None);
            }
            self.processes.push(process.clone());
            self.tell_process(EventKind::IdentityProcess, "created", &process);
            self.tell_process(EventKind::WhatsappSession, "started", &process);
            self.tell_process(EventKind::WhatsappProcess, "started", &process);
        }
        if inbound.is_some() {
            self.tell_process(EventKind::WhatsappInbound, "started", &process);
        }
        self.go_on(process, definition, 0);
    }

    /// Takes the steps from `place` on, up to the next one that waits or to the end.
    pub(super) fn go_on(&mut self, mut process: Process, definition: &Definition, place: usize) {
        process.question = None;
        for step in definition.steps.iter().skip(place) {
            process.step = Some(step.id.clone());
            match &step.action {
                Action::Message { text } => {
                    let origin = Origin::Process { process: process.id, question: None };
                    self.say(ToUser::text(text.as_str()), origin);
                }
                Action::Question { .. } | Action::Media { .. } => {
                    return self.ask(process, definition, step);
                }
                Action::Webhook { url, timeout_s } => {
                    process.status = ProcessStatus::Started;
                    self.call(&process, step, url, timeout_s.unwrap_or(STEP_TIMEOUT_S));
                    return self.keep(process, definition);
                }
                Action::End { text, result } => {
                    if let Some(text) = text {
                        let origin = Origin::Process { process: process.id, question: None };
                        self.say(ToUser::text(text.as_str()), origin);
                    }
                    return match result {
                        EndResult::Succeeded => self.end(process, ProcessStatus::Succeeded, None),
                        EndResult::Failed => {
                            self.end(
                                process,
                                ProcessStatus::Failed,
                                Some(FailureReason::ValidationFailed),
                            );
                        }
                    };
                }
            }
        }
        self.end(process, ProcessStatus::Succeeded, None);
    }

    /// Opens a question.
    fn ask(&mut self, mut process: Process, definition: &Definition, step: &Step) {
        process.questions += 1;
        process.status = ProcessStatus::Waiting;
        process.follow_up = FollowUp { question: process.questions, ..FollowUp::default() };
        let number = process.questions;
        let message = self.put_question(&process, definition, step, number);
        process.question = Some(OpenQuestion {
            step: step.id.clone(),
            number,
            message,
            asked: self.facts.now,
            attempts: 0,
        });
        self.schedule_follow_up(&mut process, definition);
        self.keep(process, definition);
    }

    /// Asks the open question once more: after an answer that does not fit, or after a yes to the follow-up.
    pub(super) fn ask_again(&mut self, mut process: Process, definition: &Definition) {
        let Some(question) = process.question.clone() else {
            return self.keep(process, definition);
        };
        let Some((_, step)) = definition.step(&question.step) else {
            return self.keep(process, definition);
        };
        let message = self.put_question(&process, definition, step, question.number);
        process.question = Some(OpenQuestion { message, asked: self.facts.now, ..question });
        self.schedule_follow_up(&mut process, definition);
        self.keep(process, definition);
    }

    fn put_question(
        &mut self,
        process: &Process,
        definition: &Definition,
        step: &Step,
        number: u32,
    ) -> MessageId {
        let text = step.action.text().unwrap_or_default();
        let origin = Origin::Process { process: process.id, question: Some(number) };
        let last = match step.action.options() {
            [] => self.say(ToUser::text(text), origin),
            options => {
                let (markdown, language) = (None, Some(definition.language));
                let menu = Menu { markdown, language, body: text, options };
                self.send_all(menu.messages(self.facts.channel), origin)
            }
        };
        // A question always has a text (checked when the flow is saved), so something was said.
        last.unwrap_or_else(|| {
            MessageId::of(self.conversation.id, self.facts.now, &[b"nothing said"])
        })
    }

    /// The user's answer to the open question.
    pub(super) fn answer(
        &mut self,
        mut process: Process,
        definition: &Definition,
        said: &Received,
    ) {
        let Some(question) = process.question.clone() else { return };
        let Some((place, step)) = definition.step(&question.step) else { return };
        let (value, kind) = self.read_answer(step, &said.content);
        if let Some(value) = value {
            let time = said.time;
            process.answers.push(Answer { step: step.id.clone(), kind, value, time });
            return self.go_on(process, definition, place + 1);
        }
        let attempts = question.attempts + 1;
        process.question = Some(OpenQuestion { attempts, ..question });
        if attempts >= step.action.max_attempts().unwrap_or(0) {
            let origin = Origin::Process { process: process.id, question: None };
            self.say(ToUser::text(texts::text(definition.language, Key::TooManyAttempts)), origin);
            return self.end(process, ProcessStatus::Failed, Some(FailureReason::MaxAttempts));
        }
        let origin = Origin::Process { process: process.id, question: None };
        let hint = texts::text(definition.language, invalid_key(step));
        self.say(ToUser::text(hint), origin);
        self.ask_again(process, definition);
    }

    /// The answer's value if it fits, and its kind.
    fn read_answer(&self, step: &Step, said: &FromUser) -> (Option<Value>, String) {
        match (&step.action, said) {
            (Action::Question { answer: kind, options, .. }, _) => {
                let country = &self.facts.channel.default_country;
                (answer::read(*kind, options, said, country), kind.as_str().to_owned())
            }
            (Action::Media { accept, .. }, FromUser::Media(media))
                if answer::accepts(accept, media) =>
            {
                let mut value = answer::media_value(media);
                // Where scripts read files at their provider, the run does too (D32).
                if let Some(text) = Manner::of(self.facts.channel, None).files.text(media) {
                    value["file"] = Value::from(text);
                }
                (Some(value), media.kind.as_str().to_owned())
            }
            _ => (None, String::new()),
        }
    }

    fn call(&mut self, process: &Process, step: &Step, url: &str, timeout_s: u32) {
        let position = self.outbox.effects.len().to_be_bytes();
        let cause = self.facts.cause.as_bytes();
        let id = EventId::derive(&[self.conversation.id.bytes(), cause, b"call", &position]);
        let object = self.process_object(process);
        let Conversation { address, name, .. } = &self.conversation;
        let variables = Variables::of(self.facts.channel.provider, address, name.as_deref());
        let body = json!({ "type": "process.step", "timestamp": self.facts.now,
                           "data": { "step_id": step.id, "process": object, "variables": variables } });
        self.outbox.effects.push(Effect::Call(Box::new(StepCall {
            id,
            tenant: self.conversation.tenant,
            channel: self.conversation.channel,
            conversation: self.conversation.id,
            process: process.id,
            flow: process.flow,
            step: step.id.clone(),
            url: url.to_owned(),
            timeout_s,
            body,
        })));
    }

    /// Keeps a run that goes on, and makes sure that its end is looked for.
    pub(super) fn keep(&mut self, mut process: Process, definition: &Definition) {
        process.updated = self.facts.now;
        process.expires = process.expires.max(self.expires(&process, definition));
        let armed = self.conversation.expiry_armed;
        if !still_armed(armed, self.facts.now, process.expires) {
            let timer = Timer::Expiry { conversation: self.conversation.id, process: process.id };
            self.timers.push((timer, process.expires));
            self.conversation.expiry_armed = Some(process.expires);
        }
        self.conversation.process = Some(process);
    }

    /// Later of the user's last word and the follow-up, plus the flow's time (contracts 7.5).
    fn expires(&self, process: &Process, definition: &Definition) -> Time {
        let minutes = definition.config.expiry_minutes.unwrap_or(EXPIRY_MINUTES);
        let spoken = self.conversation.last_user_message.unwrap_or(process.created);
        spoken.max(process.follow_up.sent.unwrap_or(spoken))
            + Duration::from_mins(u64::from(minutes))
    }

    /// Ends a run and tells whoever wants to know.
    pub(super) fn end(
        &mut self,
        mut process: Process,
        status: ProcessStatus,
        failure: Option<FailureReason>,
    ) {
        process.status = status;
        process.failure = failure;
        process.question = None;
        process.updated = self.facts.now;
        let events: &[(EventKind, &str)] = match status {
            ProcessStatus::Succeeded => &[
                (EventKind::IdentityProcess, "succeeded"),
                (EventKind::WhatsappProcess, "succeeded"),
            ],
            ProcessStatus::Failed => {
                &[(EventKind::IdentityProcess, "failed"), (EventKind::WhatsappProcess, "failed")]
            }
            ProcessStatus::Expired => {
                &[(EventKind::IdentityProcess, "expired"), (EventKind::WhatsappSession, "expired")]
            }
            ProcessStatus::Canceled => &[(EventKind::WhatsappSession, "canceled")],
            ProcessStatus::Created | ProcessStatus::Started | ProcessStatus::Waiting => &[],
        };
        for (kind, action) in events {
            self.tell_process(*kind, action, &process);
        }
        self.processes.push(process.clone());
        self.conversation.process = Some(process);
    }
}

/// Whether a timer that is armed already will look again in time: not in the past, not too close, not too late.
pub(super) fn still_armed(armed: Option<Time>, now: Time, deadline: Time) -> bool {
    armed.is_some_and(|at| at > now + ARMED_MARGIN && at <= deadline)
}

fn invalid_key(step: &Step) -> Key {
    match &step.action {
        Action::Question { answer, .. } => Key::InvalidAnswer(*answer),
        Action::Media { .. }
        | Action::Message { .. }
        | Action::Webhook { .. }
        | Action::End { .. } => Key::InvalidMedia,
    }
}
