//! Ends what nobody answered: a timer fired, and it is looked whether the run's time is really over. How timers are
//! looked after is in `wake`.

use async_trait::async_trait;

use super::Worker;
use super::wake::{Deadline, Wake};
use crate::domain::channel::OpenChannel;
use crate::domain::conversation::{Conversation, Source};
use crate::domain::decision::{Due, Facts, on_expiry_due};
use crate::domain::process::Process;
use crate::domain::time::Time;
use crate::error::Result;
use crate::ports::{Done, Ports, QueueName, Taken, Timer};
use crate::store::Store;

/// Works off the expiry queue.
pub struct Expire {
    store: Store,
    wake: Wake,
}

#[async_trait]
impl Worker for Expire {
    async fn work(&self, job: &Taken) -> Result<Done> {
        self.wake.work(self, job).await
    }
}

#[async_trait]
impl Deadline for Expire {
    fn queue(&self) -> QueueName {
        QueueName::Expiry
    }

    fn source(&self) -> Source {
        Source::Expiry
    }

    fn timer(&self, process: &Process) -> Timer {
        Timer::Expiry { conversation: process.conversation, process: process.id }
    }

    fn cause(&self, process: &Process) -> String {
        process.id.to_string()
    }

    fn armed<'a>(&self, conversation: &'a mut Conversation) -> &'a mut Option<Time> {
        &mut conversation.expiry_armed
    }

    async fn due(
        &self,
        channel: &OpenChannel,
        conversation: &Conversation,
        process: &Process,
        now: Time,
    ) -> Result<Due> {
        let definition = self.store.flow_version(process.flow, process.flow_version).await?;
        let rules = self.store.cached_hook_rules(channel.tenant, now).await?;
        let cause = self.cause(process);
        let facts = Facts {
            channel: &channel.channel,
            now,
            cause: &cause,
            running: definition.as_deref(),
            start: None,
            bot: None,
            inbound: None,
            rules: &rules,
        };
        Ok(on_expiry_due(conversation.clone(), process.id, facts))
    }
}

impl Expire {
    pub fn new(store: Store, ports: &Ports) -> Self {
        Self { wake: Wake::new(store.clone(), ports), store }
    }
}
