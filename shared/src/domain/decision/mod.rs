//! What a happening means for its conversation: state and facts in, new state and effects out. Nothing is read,
//! written or sent here; whoever calls saves the decision in one write and then emits its effects.

mod follow_up;
mod objects;
mod run;
mod said;

pub use follow_up::{Due, FollowUpFacts, on_expiry_due, on_follow_up_due};
pub use objects::{MessageView, message_object, process_object};
pub use run::{on_send_failed, on_step_answered};
pub use said::{on_message, starting_flow};

use serde_json::Value;

use super::channel::Channel;
use super::conversation::{Conversation, Effect, Source};
use super::flow::{Definition, Flow};
use super::hook::{EventKind, HookEvent};
use super::ids::{EventId, FlowId, MessageId};
use super::inbound::Inbound;
use super::message::{Origin, OutsideWindow, Sending, ToUser};
use super::process::Process;
use super::text;
use super::time::Time;
use crate::ports::Timer;

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
    /// The inbound whose text was sent.
    pub inbound: Option<&'a Inbound>,
}

/// What is to be saved and done.
#[derive(Debug, Clone, PartialEq)]
pub struct Decision {
    pub conversation: Conversation,
    /// Runs that began or ended: their items are written together with the conversation.
    pub processes: Vec<Process>,
    pub effects: Vec<Effect>,
    /// To be armed before the conversation is saved: a crash in between leaves a timer that finds nothing to do.
    pub timers: Vec<(Timer, Time)>,
}

/// A decision being made.
struct Turn<'a> {
    facts: Facts<'a>,
    conversation: Conversation,
    processes: Vec<Process>,
    effects: Vec<Effect>,
    timers: Vec<(Timer, Time)>,
}

impl<'a> Turn<'a> {
    fn new(conversation: Conversation, facts: Facts<'a>) -> Self {
        Self { facts, conversation, processes: Vec::new(), effects: Vec::new(), timers: Vec::new() }
    }

    fn finish(mut self, source: Source) -> Decision {
        self.conversation.active = self.conversation.active.max(self.facts.now);
        self.conversation.keep_effects(source, self.facts.cause, self.effects.clone());
        // A run that begins and ends at once is one item with its last state.
        let mut processes: Vec<Process> = Vec::new();
        for process in self.processes {
            processes.retain(|kept| kept.id != process.id);
            processes.push(process);
        }
        Decision {
            conversation: self.conversation,
            processes,
            effects: self.effects,
            timers: self.timers,
        }
    }

    /// Says something; long texts in parts. The id of the last message.
    fn say(&mut self, content: ToUser, origin: Origin) -> Option<MessageId> {
        let parts = match content {
            ToUser::Text { body, preview_url } => text::split(&body)
                .into_iter()
                .map(|body| ToUser::Text { body, preview_url })
                .collect(),
            whole => vec![whole],
        };
        parts.into_iter().map(|part| self.send(part, origin)).last()
    }

    fn send(&mut self, content: ToUser, origin: Origin) -> MessageId {
        let position = self.effects.len();
        // A millisecond apart, so that the messages of one decision sort in their order.
        let time = self.facts.now + std::time::Duration::from_millis(position as u64);
        let key: [&[u8]; 2] = [self.facts.cause.as_bytes(), &position.to_be_bytes()];
        let id = MessageId::of(self.conversation.id, time, &key);
        self.effects.push(Effect::Send(Box::new(Sending {
            id,
            channel: self.conversation.channel,
            to: self.conversation.address.clone(),
            time,
            content,
            origin,
            reply_to: None,
            window_closes: self.conversation.window_closes(),
            otherwise: None,
            outside_window: OutsideWindow::Reject,
        })));
        id
    }

    /// Tells the customer.
    fn tell(&mut self, kind: EventKind, action: &str, flow: Option<FlowId>, object: Value) {
        let position = self.effects.len().to_be_bytes();
        let id = EventId::derive(&[
            self.conversation.id.bytes(),
            self.facts.cause.as_bytes(),
            b"hook",
            &position,
        ]);
        self.effects.push(Effect::Hook(Box::new(HookEvent {
            id,
            tenant: self.conversation.tenant,
            channel: self.conversation.channel,
            flow,
            kind,
            action: action.to_owned(),
            time: self.facts.now,
            object,
        })));
    }

    /// Tells the customer about a run.
    fn tell_process(&mut self, kind: EventKind, action: &str, process: &Process) {
        let object = process_object(process, &self.conversation, &self.facts.channel.phone_number);
        self.tell(kind, action, Some(process.flow), object);
    }
}
