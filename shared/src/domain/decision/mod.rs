//! What a happening means for its conversation: state and facts in, new state and effects out. Nothing is read,
//! written or sent here; whoever calls saves the decision in one write and then emits its effects.

mod bot;
mod follow_up;
mod menu;
mod objects;
mod run;
mod said;

pub use bot::on_bot_answered;
pub use follow_up::{Due, FollowUpFacts, on_expiry_due, on_follow_up_due};
pub use objects::{MessageView, content_object, message_object, process_object};
pub use run::{on_send_failed, on_step_answered};
pub use said::{on_message, starting_flow};

use serde_json::Value;

use super::bot::Bot;
use super::channel::{Channel, MarkdownType};
use super::conversation::{Conversation, Effect, Outbox, Say, Source};
use super::flow::{Definition, Flow};
use super::hook::{EventKind, HookEvent, HookRule};
use super::ids::{EventId, FlowId, MessageId};
use super::inbound::Inbound;
use super::message::{Origin, ToUser};
use super::process::Process;
use super::rendering;
use super::time::Time;
use crate::ports::Timer;

/// Numbers of hook events that one decision may use; decisions have hardly more effects than steps of a flow.
const SEQUENCE_STEP: u64 = 1_000;

/// What a decision may look at besides the conversation.
#[derive(Debug, Clone, Copy)]
pub struct Facts<'a> {
    pub channel: &'a Channel,
    pub now: Time,
    /// The same whenever the same thing is delivered again: ids of all effects derive from it.
    pub cause: &'a str,
    /// The flow of the run that is going on, in the version that it runs in.
    pub running: Option<&'a Definition>,
    /// The published flow that may start ([`starting_flow`]), and its version.
    pub start: Option<(&'a Flow, u32, &'a Definition)>,
    /// The bot that is the channel's use case, if one is.
    pub bot: Option<&'a Bot>,
    /// The inbound whose text was sent.
    pub inbound: Option<&'a Inbound>,
    /// What the tenant wants to be told.
    pub rules: &'a [HookRule],
}

/// What is to be saved and done.
#[derive(Debug, Clone, PartialEq)]
pub struct Decision {
    /// With the effects in its outbox.
    pub conversation: Conversation,
    /// Runs that began or ended: their items are written together with the conversation.
    pub processes: Vec<Process>,
    pub effects: Outbox,
    /// To be armed before the conversation is saved: a crash in between leaves a timer that finds nothing to do.
    pub timers: Vec<(Timer, Time)>,
}

/// A decision being made.
struct Turn<'a> {
    facts: Facts<'a>,
    conversation: Conversation,
    processes: Vec<Process>,
    outbox: Outbox,
    timers: Vec<(Timer, Time)>,
}

impl<'a> Turn<'a> {
    fn new(conversation: Conversation, source: Source, facts: Facts<'a>) -> Self {
        let (cause, time) = (facts.cause.to_owned(), facts.now);
        Self {
            facts,
            conversation,
            processes: Vec::new(),
            outbox: Outbox { source, cause, time, effects: Vec::new() },
            timers: Vec::new(),
        }
    }

    fn finish(mut self) -> Decision {
        self.conversation.active = self.conversation.active.max(self.facts.now);
        self.conversation.keep(self.outbox.clone());
        // A run that begins and ends at once is one item with its last state.
        let mut processes: Vec<Process> = Vec::new();
        for process in self.processes {
            processes.retain(|kept| kept.id != process.id);
            processes.push(process);
        }
        Decision {
            conversation: self.conversation,
            processes,
            effects: self.outbox,
            timers: self.timers,
        }
    }

    /// Says something as the channel writes; long texts in parts. The id of the last message.
    fn say(&mut self, content: ToUser, origin: Origin) -> Option<MessageId> {
        self.say_as(None, content, origin)
    }

    /// The same for a text that says itself how it is written.
    fn say_as(
        &mut self,
        markdown: Option<MarkdownType>,
        content: ToUser,
        origin: Origin,
    ) -> Option<MessageId> {
        self.send_all(rendering::messages(self.facts.channel, markdown, content), origin)
    }

    /// Messages that are as they go out already. The id of the last one.
    fn send_all(&mut self, messages: Vec<ToUser>, origin: Origin) -> Option<MessageId> {
        messages.into_iter().map(|message| self.send(message, origin)).last()
    }

    fn send(&mut self, content: ToUser, origin: Origin) -> MessageId {
        let place = self.outbox.effects.len();
        self.outbox.effects.push(Effect::Send(Box::new(Say { content, origin })));
        self.outbox.message_id(self.conversation.id, place)
    }

    /// Tells the customer, if a rule wants it.
    fn tell(
        &mut self,
        kind: EventKind,
        action: &str,
        flow: Option<FlowId>,
        object: impl FnOnce(&Self) -> Value,
    ) {
        let place = self.outbox.effects.len();
        // Each decision is one version of the conversation.
        let sequence = self.conversation.version * SEQUENCE_STEP
            + u64::try_from(place).unwrap_or(0).min(SEQUENCE_STEP - 1);
        let place = place.to_be_bytes();
        let cause = self.facts.cause.as_bytes();
        let mut event = HookEvent {
            id: EventId::derive(&[self.conversation.id.bytes(), cause, b"hook", &place]),
            tenant: self.conversation.tenant,
            channel: self.conversation.channel,
            flow,
            kind,
            action: action.to_owned(),
            time: self.facts.now,
            sequence: Some(sequence),
            object: Value::Null,
        };
        if self.facts.rules.iter().any(|rule| rule.wants(&event)) {
            event.object = object(self);
            self.outbox.effects.push(Effect::Hook(Box::new(event)));
        }
    }

    /// Tells the customer about a run.
    fn tell_process(&mut self, kind: EventKind, action: &str, process: &Process) {
        self.tell(kind, action, Some(process.flow), |turn| turn.process_object(process));
    }

    fn process_object(&self, process: &Process) -> Value {
        let definition = match self.facts.start {
            Some((flow, _, definition)) if flow.id == process.flow => Some(definition),
            _ => self.facts.running,
        };
        process_object(process, &self.conversation, &self.facts.channel.phone_number, definition)
    }
}

#[cfg(test)]
mod tests;
