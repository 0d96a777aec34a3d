//! Re-engagement: a timer fired, and it is looked whether a question still waits for its answer. Timers are never
//! deleted and never moved: what fires without a reason does nothing, what fires too early is armed again.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;

use super::Worker;
use super::effects::{TRIES, emit, save};
use crate::domain::channel::OpenChannel;
use crate::domain::conversation::{Conversation, Source};
use crate::domain::decision::{Due, FollowUpFacts, on_follow_up_due};
use crate::domain::flow::Definition;
use crate::domain::outbound::Outbound;
use crate::domain::process::Process;
use crate::domain::time::Time;
use crate::error::{Error, Result};
use crate::ports::{Clock, Done, Job, Ports, Queue, QueueName, Secrets, Taken, Timer, Timers};
use crate::store::Store;
use crate::store::messages::Message;

/// A timer is good to the minute: what is nearer waits on the queue.
pub(super) const PRECISION: Duration = Duration::from_mins(1);

/// Works off the follow-up queue.
pub struct FollowUp {
    store: Store,
    clock: Arc<dyn Clock>,
    queue: Arc<dyn Queue>,
    timers: Arc<dyn Timers>,
    secrets: Arc<dyn Secrets>,
}

/// What a decision on a follow-up looks at.
struct Loaded {
    definition: Arc<Definition>,
    still_enabled: bool,
    handed_over: Option<Time>,
    outbound: Option<Outbound>,
}

#[async_trait]
impl Worker for FollowUp {
    async fn work(&self, job: &Taken) -> Result<Done> {
        let Timer::FollowUp { conversation, process: _ } = read_timer(job)? else {
            return Err(Error::internal("the follow-up queue holds another timer"));
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
            if self.decide(&channel, state, job).await? {
                return Ok(Done::Finished);
            }
        }
        Err(Error::Changed("the conversation"))
    }
}

impl FollowUp {
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
        job: &Taken,
    ) -> Result<bool> {
        let now = self.clock.now();
        // The run that is going on may be another one than the timer was armed for: it relies on the timer that is
        // armed already, so whoever is woken looks at what is there now.
        let Some(process) = state.running() else { return Ok(true) };
        let id = process.id;
        let cause = format!("{id}:{}", process.follow_up.question);
        if let Some(outbox) = state.saved(Source::FollowUp, &cause) {
            // Fired twice, or died before telling: either way nothing is said twice.
            emit(&self.store, &*self.queue, now, &state, outbox).await?;
            return Ok(true);
        }
        let Some(loaded) = self.load(channel, process).await? else { return Ok(true) };
        let rules = self.store.cached_hook_rules(channel.tenant, now).await?;
        let facts = FollowUpFacts {
            channel: &channel.channel,
            now,
            cause: &cause,
            running: &loaded.definition,
            still_enabled: loaded.still_enabled,
            handed_over: loaded.handed_over,
            outbound: loaded.outbound.as_ref(),
            rules: &rules,
        };
        match on_follow_up_due(state.clone(), id, facts) {
            Due::Nothing => Ok(true),
            Due::At(at) if at.since(now) <= PRECISION => {
                self.queue.put(QueueName::FollowUp, vec![later(job, at, now)]).await?;
                Ok(true)
            }
            Due::At(at) => {
                let timer = Timer::FollowUp { conversation: state.id, process: id };
                self.timers.arm(timer, at).await?;
                let mut state = Conversation { follow_up_armed: Some(at), ..state };
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

    async fn load(&self, channel: &OpenChannel, process: &Process) -> Result<Option<Loaded>> {
        let definition = self.store.flow_version(process.flow, process.flow_version).await?;
        let Some(definition) = definition else { return Ok(None) };
        let still_enabled = self.still_enabled(channel, process).await?;
        let question = process.question.as_ref().map(|question| question.message);
        let handed_over = match question {
            Some(id) => match self.store.message(id).await? {
                Some(Message::ToUser(sent)) => sent.handed_over(),
                Some(Message::FromUser(_)) | None => None,
            },
            None => None,
        };
        let outbound = match definition.config.follow_up_outbound_id {
            Some(id) => self.store.outbound(channel.tenant, id).await?,
            None => None,
        };
        Ok(Some(Loaded { definition, still_enabled, handed_over, outbound }))
    }

    /// F13: switched off after it was scheduled means not sent.
    async fn still_enabled(&self, channel: &OpenChannel, process: &Process) -> Result<bool> {
        let Some(flow) = self.store.flow(channel.tenant, process.flow).await? else {
            return Ok(false);
        };
        let Some(version) = flow.published else { return Ok(false) };
        let newest = self.store.flow_version(flow.id, version).await?;
        Ok(newest.is_some_and(|definition| definition.config.enable_follow_up))
    }
}

/// What a fired timer put on its queue.
pub(super) fn read_timer(job: &Taken) -> Result<Timer> {
    serde_json::from_str(&job.body)
        .map_err(|e| Error::internal(format!("a timer cannot be read: {e}")))
}

/// The same look, when the time has come to the second.
pub(super) fn later(job: &Taken, at: Time, now: Time) -> Job {
    // A queue counts in seconds: rounded up, because early is worse than late.
    let delay = Duration::from_millis(
        u64::try_from(at.since(now).as_millis()).unwrap_or(0).div_ceil(1000) * 1000,
    );
    let group = format!("timer-{}", at.millis());
    Job { group, id: format!("{}-{}", job.id, at.millis()), body: job.body.clone(), delay }
}

/// Somebody else's write is no error: it is decided anew.
pub(super) fn saved(result: Result<()>) -> Result<bool> {
    match result {
        Ok(()) => Ok(true),
        Err(Error::Changed(_)) => Ok(false),
        Err(error) => Err(error),
    }
}
