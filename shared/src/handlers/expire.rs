//! Ends what nobody answered: a timer fired, and it is looked whether the run's time is really over.

use std::sync::Arc;

use async_trait::async_trait;

use super::Worker;
use super::effects::{TRIES, emit, save};
use super::follow_up::{PRECISION, later, read_timer, saved};
use crate::domain::channel::OpenChannel;
use crate::domain::conversation::{Conversation, Source};
use crate::domain::decision::{Due, Facts, on_expiry_due};
use crate::domain::ids::ProcessId;
use crate::error::{Error, Result};
use crate::ports::{Clock, Done, Ports, Queue, QueueName, Secrets, Taken, Timer, Timers};
use crate::store::Store;

/// Works off the expiry queue.
pub struct Expire {
    store: Store,
    clock: Arc<dyn Clock>,
    queue: Arc<dyn Queue>,
    timers: Arc<dyn Timers>,
    secrets: Arc<dyn Secrets>,
}

#[async_trait]
impl Worker for Expire {
    async fn work(&self, job: &Taken) -> Result<Done> {
        let Timer::Expiry { conversation, process } = read_timer(job)? else {
            return Err(Error::internal("the expiry queue holds another timer"));
        };
        for _ in 0..TRIES {
            let now = self.clock.now();
            let Some(state) = self.store.conversation(conversation, true).await? else {
                return Ok(Done::Finished);
            };
            let Some(channel) = self.store.open_channel(state.channel, &*self.secrets, now).await?
            else {
                return Ok(Done::Finished);
            };
            if self.decide(&channel, state, process, job).await? {
                return Ok(Done::Finished);
            }
        }
        Err(Error::Changed("the conversation"))
    }
}

impl Expire {
    pub fn new(store: Store, ports: &Ports) -> Self {
        Self {
            store,
            clock: ports.clock.clone(),
            queue: ports.queue.clone(),
            timers: ports.timers.clone(),
            secrets: ports.secrets.clone(),
        }
    }

    /// False if somebody else was faster and it has to be decided anew.
    async fn decide(
        &self,
        channel: &OpenChannel,
        state: Conversation,
        id: ProcessId,
        job: &Taken,
    ) -> Result<bool> {
        let now = self.clock.now();
        let cause = id.to_string();
        if let Some(outbox) = state.saved(Source::Expiry, &cause) {
            emit(&self.store, &*self.queue, now, &state, outbox).await?;
            return Ok(true);
        }
        // The run that is going on may be another one than the timer was armed for, and rely on it.
        let Some(process) = state.running() else { return Ok(true) };
        let (id, cause) = (process.id, process.id.to_string());
        let definition = self.store.flow_version(process.flow, process.flow_version).await?;
        let rules = self.store.cached_hook_rules(channel.tenant, now).await?;
        let facts = Facts {
            channel: &channel.channel,
            now,
            cause: &cause,
            running: definition.as_deref(),
            start: None,
            inbound: None,
            rules: &rules,
        };
        match on_expiry_due(state.clone(), id, facts) {
            Due::Nothing => Ok(true),
            Due::At(at) if at.since(now) <= PRECISION => {
                self.queue.put(QueueName::Expiry, vec![later(job, at, now)]).await?;
                Ok(true)
            }
            Due::At(at) => {
                self.timers.arm(Timer::Expiry { conversation: state.id, process: id }, at).await?;
                let mut state = Conversation { expiry_armed: Some(at), ..state };
                saved(self.store.save_conversation(&mut state, Vec::new()).await)
            }
            Due::Decided(decision) => match save(&self.store, &*self.timers, *decision).await {
                Ok((state, outbox)) => {
                    emit(&self.store, &*self.queue, now, &state, &outbox).await?;
                    Ok(true)
                }
                other => saved(other.map(drop)),
            },
        }
    }
}
