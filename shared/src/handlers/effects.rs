//! Save and emit: what every handler does with a decision, in the one order that loses nothing. Timers are armed
//! first (one too many finds nothing to do), then the conversation is saved with its effects, then they are emitted;
//! whoever dies in between emits them again from the outbox.

use std::time::Duration;

use crate::domain::bot::BotCall;
use crate::domain::conversation::{Conversation, Effect, Outbox};
use crate::domain::decision::Decision;
use crate::domain::message::{Sending, Status};
use crate::domain::time::Time;
use crate::error::{Error, Result};
use crate::handlers::hook;
use crate::ports::{Job, Queue, QueueName, Timers};
use crate::store::Store;
use crate::store::messages::Message;
use crate::store::processes::process_write;

/// Decisions over a state that somebody else is changing are tried so often.
pub(super) const TRIES: u32 = 5;

/// Arms the decision's timers and saves its conversation: as it is now, and what to emit.
pub(super) async fn save(
    store: &Store,
    timers: &dyn Timers,
    decision: Decision,
) -> Result<(Conversation, Outbox)> {
    for (timer, at) in decision.timers {
        timers.arm(timer, at).await?;
    }
    let together = decision.processes.iter().map(process_write).collect::<Result<_>>()?;
    let mut conversation = decision.conversation;
    store.save_conversation(&mut conversation, together).await?;
    Ok((conversation, decision.effects))
}

/// Does what a saved decision wants. Doing it twice is doing it once: every id is derived. `received` is when the
/// webhook came that it answers.
pub(super) async fn emit(
    store: &Store,
    queue: &dyn Queue,
    now: Time,
    conversation: &Conversation,
    outbox: &Outbox,
    received: Option<Time>,
) -> Result<()> {
    let (mut messages, mut hooks) = (Vec::new(), Vec::new());
    for (place, effect) in outbox.effects.iter().enumerate() {
        match effect {
            Effect::Send(say) => {
                let sending = outbox.sending(conversation, place, say);
                messages.push(message_job(&Sending { received, ..sending }, "")?);
            }
            Effect::Hook(event) => {
                hooks.extend(hook::jobs(store, now, std::slice::from_ref(&**event)).await?);
            }
            Effect::Call(call) => hooks.push(hook::call_job(call)),
            Effect::Ask { bot, message } => {
                let Conversation { tenant, channel, .. } = conversation;
                hooks.push(hook::bot_job(&BotCall::new(*tenant, *channel, *bot, *message)));
            }
            Effect::Fail { say, failure } => {
                let sending = outbox.sending(conversation, place, say);
                store.put_failed(&sending, failure).await?;
            }
            Effect::Reply { send, reply } => {
                store.set_outbound_reply(*send, *reply).await?;
            }
            Effect::Release(id) => {
                if let Some(Message::ToUser(sent)) = store.message(*id).await?
                    && sent.status == Status::Queued
                {
                    messages.push(message_job(&sent.sending, &format!("-{}", outbox.cause))?);
                }
            }
        }
    }
    if !messages.is_empty() {
        queue.put(QueueName::Message, messages).await?;
    }
    if !hooks.is_empty() {
        queue.put(QueueName::Hook, hooks).await?;
    }
    Ok(())
}

/// The job that sends a message, in the order of its conversation. `again` tells it from an earlier one.
pub fn message_job(sending: &Sending, again: &str) -> Result<Job> {
    let body = serde_json::to_string(sending).map_err(|e| Error::internal(e.to_string()))?;
    let (group, id) = (sending.conversation().to_string(), format!("{}{again}", sending.id));
    Ok(Job { group, id, body, delay: Duration::ZERO })
}

/// Loads, decides and saves until nobody else was faster. `decide` returns `None` where nothing is to change.
pub(super) async fn change<F>(
    store: &Store,
    id: crate::domain::ids::ConversationId,
    mut decide: F,
) -> Result<()>
where
    F: FnMut(Conversation) -> Option<Conversation>,
{
    for _ in 0..TRIES {
        let Some(conversation) = store.conversation(id, true).await? else { return Ok(()) };
        let Some(mut changed) = decide(conversation) else { return Ok(()) };
        match store.save_conversation(&mut changed, Vec::new()).await {
            Err(Error::Changed(_)) => {}
            other => return other,
        }
    }
    Err(Error::Changed("the conversation"))
}
