//! What a fired timer sets going, whatever it was armed for: look whether a deadline is there and over. Timers are never
//! deleted and never moved: what fires without a reason does nothing, what fires too early is armed again.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;

use super::effects::{TRIES, emit, message_job, save};
use crate::domain::channel::OpenChannel;
use crate::domain::conversation::{Conversation, Source};
use crate::domain::decision::Due;
use crate::domain::ids::MessageId;
use crate::domain::message::Status;
use crate::domain::process::Process;
use crate::domain::time::Time;
use crate::error::{Error, Result};
use crate::ports::{Clock, Done, Job, Ports, Queue, QueueName, Secrets, Taken, Timer, Timers};
use crate::store::Store;
use crate::store::messages::Message;

/// A timer is good to the minute: what is nearer waits on the queue.
const PRECISION: Duration = Duration::from_mins(1);

/// A kind of deadline that a run of a flow has.
#[async_trait]
pub(super) trait Deadline: Send + Sync {
    /// Where its timers fire into.
    fn queue(&self) -> QueueName;

    /// Which outbox its decisions use.
    fn source(&self) -> Source;

    fn timer(&self, process: &Process) -> Timer;

    /// The same whenever the same deadline is decided on.
    fn cause(&self, process: &Process) -> String;

    /// When its armed timer fires.
    fn armed<'a>(&self, conversation: &'a mut Conversation) -> &'a mut Option<Time>;

    /// What is to be done at this moment.
    async fn due(
        &self,
        channel: &OpenChannel,
        conversation: &Conversation,
        process: &Process,
        now: Time,
    ) -> Result<Due>;
}

/// Looks after deadlines.
pub(super) struct Wake {
    store: Store,
    clock: Arc<dyn Clock>,
    queue: Arc<dyn Queue>,
    timers: Arc<dyn Timers>,
    secrets: Arc<dyn Secrets>,
}

impl Wake {
    pub(super) fn new(store: Store, ports: &Ports) -> Self {
        Self {
            store,
            clock: ports.clock.clone(),
            queue: ports.queue.clone(),
            timers: ports.timers.clone(),
            secrets: ports.secrets.clone(),
        }
    }

    pub(super) async fn work(&self, deadline: &dyn Deadline, job: &Taken) -> Result<Done> {
        let id = match timer(job)? {
            Timer::FollowUp { conversation, .. } | Timer::Expiry { conversation, .. } => {
                conversation
            }
            Timer::Message { message } => return self.repeat(message).await,
            Timer::Hook { .. } => {
                return Err(Error::internal("a hook's timer is on the queue of another"));
            }
        };
        for attempt in 0..TRIES {
            let now = self.clock.now();
            let Some(conversation) = self.store.conversation(id, true).await? else {
                return Ok(Done::Finished);
            };
            let channel = conversation.channel;
            let Some(channel) = self.store.open_channel(channel, &*self.secrets, now).await? else {
                return Ok(Done::Finished);
            };
            let again = attempt > 0 || job.deliveries > 1;
            if self.look(deadline, &channel, conversation, job, again).await? {
                return Ok(Done::Finished);
            }
        }
        Err(Error::Changed("the conversation"))
    }

    /// A message whose provider did not take it goes on its way again, if nothing became of it meanwhile.
    async fn repeat(&self, id: MessageId) -> Result<Done> {
        if let Some(Message::ToUser(sent)) = self.store.message(id).await?
            && sent.status.rank() < Status::Accepted.rank()
        {
            let again = format!("-{}", self.clock.now().seconds());
            let job = message_job(&sent.sending, &again)?;
            self.queue.put(QueueName::Message, vec![job]).await?;
        }
        Ok(Done::Finished)
    }

    /// False if somebody else was faster and it has to be decided anew.
    async fn look(
        &self,
        deadline: &dyn Deadline,
        channel: &OpenChannel,
        conversation: Conversation,
        job: &Taken,
        again: bool,
    ) -> Result<bool> {
        let now = self.clock.now();
        if again && let Some(outbox) = conversation.outbox_of(deadline.source()) {
            // It may have been saved without an answer, or by a delivery that died: said again, it is said once.
            emit(&self.store, &*self.queue, now, &conversation, outbox, None).await?;
        }
        // The run that is going on may be another one than the timer was armed for: it relies on the timer that is
        // armed already, so whoever is woken looks at what is there now.
        let Some(process) = conversation.running() else { return Ok(true) };
        if conversation.saved(deadline.source(), &deadline.cause(process)).is_some() {
            return Ok(true);
        }
        match deadline.due(channel, &conversation, process, now).await? {
            Due::Nothing => Ok(true),
            Due::At(at) if at.since(now) <= PRECISION => {
                self.queue.put(deadline.queue(), vec![later(job, at, now)]).await?;
                Ok(true)
            }
            Due::At(at) => {
                self.timers.arm(deadline.timer(process), at).await?;
                let mut armed = conversation;
                *deadline.armed(&mut armed) = Some(at);
                saved(self.store.save_conversation(&mut armed, Vec::new()).await)
            }
            Due::Decided(decision) => match save(&self.store, &*self.timers, *decision).await {
                Ok((conversation, outbox)) => {
                    emit(&self.store, &*self.queue, now, &conversation, &outbox, None).await?;
                    Ok(true)
                }
                other => saved(other.map(drop)),
            },
        }
    }
}

/// The timer that fired.
fn timer(job: &Taken) -> Result<Timer> {
    serde_json::from_str(&job.body)
        .map_err(|e| Error::internal(format!("a timer cannot be read: {e}")))
}

/// The same look, when the time has come to the second.
fn later(job: &Taken, at: Time, now: Time) -> Job {
    // A queue counts in seconds: rounded up, because early is worse than late.
    let millis = u64::try_from(at.since(now).as_millis()).unwrap_or(0);
    let delay = Duration::from_secs(millis.div_ceil(1000));
    let group = format!("timer-{}", at.millis());
    Job { group, id: format!("{}-{}", job.id, at.millis()), body: job.body.clone(), delay }
}

/// Somebody else's write is no error: it is decided anew.
fn saved(result: Result<()>) -> Result<bool> {
    match result {
        Ok(()) => Ok(true),
        Err(Error::Changed(_)) => Ok(false),
        Err(error) => Err(error),
    }
}
