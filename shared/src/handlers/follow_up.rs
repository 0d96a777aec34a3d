//! Re-engagement: a timer fired, and it is looked whether a question still waits for its answer. How timers are looked
//! after is in `wake`.

use std::sync::Arc;

use async_trait::async_trait;

use super::Worker;
use super::wake::{Deadline, Wake};
use crate::domain::channel::OpenChannel;
use crate::domain::conversation::{Conversation, Source};
use crate::domain::decision::{Due, FollowUpFacts, on_follow_up_due};
use crate::domain::flow::Definition;
use crate::domain::outbound::Outbound;
use crate::domain::process::Process;
use crate::domain::time::Time;
use crate::error::Result;
use crate::ports::{Done, Ports, QueueName, Taken, Timer};
use crate::store::Store;
use crate::store::messages::Message;

/// Works off the follow-up queue.
pub struct FollowUp {
    store: Store,
    wake: Wake,
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
        self.wake.work(self, job).await
    }
}

#[async_trait]
impl Deadline for FollowUp {
    fn queue(&self) -> QueueName {
        QueueName::FollowUp
    }

    fn source(&self) -> Source {
        Source::FollowUp
    }

    fn timer(&self, process: &Process) -> Timer {
        Timer::FollowUp { conversation: process.conversation, process: process.id }
    }

    fn cause(&self, process: &Process) -> String {
        format!("{}:{}", process.id, process.follow_up.question)
    }

    fn armed<'a>(&self, conversation: &'a mut Conversation) -> &'a mut Option<Time> {
        &mut conversation.follow_up_armed
    }

    async fn due(
        &self,
        channel: &OpenChannel,
        conversation: &Conversation,
        process: &Process,
        now: Time,
    ) -> Result<Due> {
        let Some(loaded) = self.load(channel, process).await? else { return Ok(Due::Nothing) };
        let rules = self.store.cached_hook_rules(channel.tenant, now).await?;
        let cause = self.cause(process);
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
        Ok(on_follow_up_due(conversation.clone(), process.id, facts))
    }
}

impl FollowUp {
    pub fn new(store: Store, ports: &Ports) -> Self {
        Self { wake: Wake::new(store.clone(), ports), store }
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
