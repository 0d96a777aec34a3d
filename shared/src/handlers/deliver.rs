//! Hands a message to its provider: claim it, look at the service window, call, record. It is never sent twice
//! blindly: whoever finds a claim without a result waits until the provider's statuses have had time to speak. What
//! follows from a refusal is in [`refused`].

mod dialled;
mod failure;
mod hand_over;
mod refused;

pub(super) use self::failure::ours;
pub use self::failure::window_closed;
use self::failure::{inactive, no_answer, queue_full};
use self::hand_over::HandedOver;
use self::refused::Refusal;

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;

use super::Worker;
use super::effects::change;
use super::holds;
use super::outgoing::{self, Outgoing, Outside};
use super::receive::follow_status;
use crate::domain::channel::OpenChannel;
use crate::domain::conversation::{Conversation, WAITING_MAX};
use crate::domain::ids::MessageId;
use crate::domain::message::{Failure, Origin, OutsideWindow, Sending, Status, ToUser};
use crate::domain::time::Time;
use crate::error::{Error, Result};
use crate::ports::{
    self, Audit, CallError, Clock, Count, Done, Handed, Http, Media, Metric, Ports, Queue, Secrets,
    Taken, Timers,
};
use crate::provider::{self, Answer, Class, Unsupported, codes};
use crate::store::Store;
use crate::store::messages::{Claim, Sent};
use crate::store::statuses::{Raised, Step};

/// How long a provider may take to answer (aws-facts 2.2).
const TIMEOUT: Duration = Duration::from_secs(10);

/// The largest answer that is read.
const ANSWER_BYTES_MAX: usize = 64 * 1024;

/// How long a sending whose answer never came is left to its statuses before it is repeated (README 10).
pub const RECONCILE: Duration = Duration::from_mins(2);

/// Works off the message queue.
pub struct Deliver {
    store: Store,
    clock: Arc<dyn Clock>,
    queue: Arc<dyn Queue>,
    timers: Arc<dyn Timers>,
    http: Arc<dyn Http>,
    secrets: Arc<dyn Secrets>,
    media: Arc<dyn Media>,
    audit: Arc<dyn Audit>,
}

#[async_trait]
impl Worker for Deliver {
    async fn work(&self, job: &Taken) -> Result<Done> {
        let mut sending: Sending = serde_json::from_str(&job.body).map_err(|e| {
            Error::internal(format!("the message queue holds what is no message: {e}"))
        })?;
        let received = sending.received.take();
        let now = self.clock.now();
        let Some(channel) = self.store.open_channel(sending.channel, &*self.secrets, now).await?
        else {
            tracing::warn!(channel.id = %sending.channel, message.id = %sending.id, "the channel is gone");
            return Ok(Done::Finished);
        };
        // Nothing is written for a message whose turn it is not. At its last delivery the provider is the judge.
        if job.deliveries < ports::DELIVERIES_MAX
            && let Some(after) = self.store.take_turn(&channel, sending.conversation(), now).await?
        {
            return Ok(Done::Again { after: Some(after + spread(sending.id, job.deliveries)) });
        }
        // A claim names one delivery of the job, so that a second one does not take the first one's for its own.
        let writer = format!("{}/{}", job.id, job.deliveries);
        match self.store.claim(&sending, &writer, now).await? {
            Claim::Granted => {
                let sending = Sending { received, ..sending };
                self.deliver(&channel, sending, job.deliveries).await
            }
            Claim::Settled(sent) => self.settled(&channel, &sent).await,
            // Seldom, and much to hold.
            Claim::Open(sent) => {
                Box::pin(self.open(&channel, sending, &sent, &writer, job.deliveries)).await
            }
        }
    }
}

impl Deliver {
    pub fn new(store: Store, ports: &Ports) -> Self {
        Self {
            store,
            clock: ports.clock.clone(),
            queue: ports.queue.clone(),
            timers: ports.timers.clone(),
            http: ports.http.clone(),
            secrets: ports.secrets.clone(),
            media: ports.media.clone(),
            audit: ports.audit.clone(),
        }
    }

    /// It went out before, and the provider's answer was recorded: what was to be done then is done again, harmlessly.
    async fn settled(&self, channel: &OpenChannel, sent: &Sent) -> Result<Done> {
        if let Some(provider_id) = &sent.provider_id {
            self.link(channel, provider_id, sent).await?;
        }
        if sent.status == Status::Failed {
            let now = self.clock.now();
            let time = sent.history.last().map_or(now, |(_, time)| *time);
            let step = Step { status: Status::Failed, time, failure: sent.failure.clone() };
            follow_status(&self.store, &*self.queue, channel, sent, &step, now).await?;
        }
        Ok(Done::Finished)
    }

    /// Somebody called the provider, or died just before: only time tells.
    async fn open(
        &self,
        channel: &OpenChannel,
        sending: Sending,
        sent: &Sent,
        writer: &str,
        deliveries: u32,
    ) -> Result<Done> {
        let now = self.clock.now();
        let Some((before, claimed)) = &sent.claim else {
            return Err(Error::Changed("the message"));
        };
        if let Some(provider_id) = self.heard_of(channel, &sending, *claimed).await? {
            return self.accepted(channel, &sending, &provider_id).await;
        }
        if deliveries >= ports::DELIVERIES_MAX {
            return self.fail(channel, &sending, no_answer(), Handed::Transient).await;
        }
        let waited = now.since(*claimed);
        if waited < RECONCILE {
            return Ok(Done::Again { after: Some(RECONCILE.saturating_sub(waited)) });
        }
        tracing::warn!(message.id = %sending.id, "no status came for a sending without an answer: it is repeated");
        match self.store.claim_again(&sending, before, writer, now).await? {
            Claim::Granted => self.deliver(channel, sending, deliveries).await,
            Claim::Settled(sent) => self.settled(channel, &sent).await,
            Claim::Open(_) => Err(Error::Changed("the message")),
        }
    }

    /// The provider's id of a sending whose answer never came, where statuses tell it: they wait for a message to this
    /// user, and this is the one under way.
    async fn heard_of(
        &self,
        channel: &OpenChannel,
        sending: &Sending,
        claimed: Time,
    ) -> Result<Option<String>> {
        let provider = provider::of(channel.provider);
        if provider.echoes_our_id(channel) && !provider.needs_link(channel, "") {
            return Ok(None);
        }
        // Statuses name the user, whose conversation may have begun under another identifier.
        let (own, by_user) = (sending.conversation(), sending.to.conversation(channel.id));
        match self.store.parked_since(channel.id, own, claimed).await? {
            None if by_user != own => self.store.parked_since(channel.id, by_user, claimed).await,
            known => Ok(known),
        }
    }

    async fn deliver(
        &self,
        channel: &OpenChannel,
        mut sending: Sending,
        deliveries: u32,
    ) -> Result<Done> {
        if !channel.active {
            return self.fail(channel, &sending, inactive(), Handed::Configuration).await;
        }
        if !sending.content.is_template() && !self.window_open(&sending).await? {
            match (sending.outside_window, sending.otherwise.take()) {
                (OutsideWindow::Template, Some(template)) => {
                    sending.content = ToUser::Template(template);
                }
                (OutsideWindow::Queue, _) => {
                    return self.wait_for_user(channel, &sending, deliveries).await;
                }
                (OutsideWindow::Reject | OutsideWindow::Template, _) => {
                    return self.fail(channel, &sending, window_closed(), Handed::Window).await;
                }
            }
        }
        let now = self.clock.now();
        if let Some(hold) = channel.limits.stop(sending.content.is_template(), now) {
            return self.held(channel, &sending, hold, deliveries).await;
        }
        self.tell_consent(channel, &sending).await;
        self.call(channel, &sending, deliveries).await
    }

    /// Tells the provider of a user's consent, if it is new and the provider asks for it. Who is not told refuses the
    /// message, so a failure here needs no answer of its own.
    async fn tell_consent(&self, channel: &OpenChannel, sending: &Sending) {
        let Origin::Outbound { new_consent: true, .. } = sending.origin else { return };
        let provider = provider::of(channel.provider);
        let Some(request) = provider.opt_in(channel, &sending.to) else { return };
        if let Err(error) = self.ask(request).await {
            tracing::warn!(message.id = %sending.id, %error, "the provider was not told of a consent");
        }
    }

    /// At the moment of sending (README 9). What was known when it was decided spares the look at the conversation.
    async fn window_open(&self, sending: &Sending) -> Result<bool> {
        let now = self.clock.now();
        if sending.window_closes.is_some_and(|end| now < end) {
            return Ok(true);
        }
        let conversation = self.store.conversation(sending.conversation(), true).await?;
        Ok(conversation.is_some_and(|conversation| conversation.window_open(now)))
    }

    /// It stays `queued`, and the user's next message releases it.
    async fn wait_for_user(
        &self,
        channel: &OpenChannel,
        sending: &Sending,
        deliveries: u32,
    ) -> Result<Done> {
        let (id, now) = (sending.id, self.clock.now());
        let (mut full, mut open) = (false, false);
        self.store.unclaim(id, now).await?;
        change(&self.store, sending.conversation(), |conversation| {
            if conversation.waiting.contains(&id) {
                return None;
            }
            // The user wrote in this very moment: nothing would release it.
            open = conversation.window_open(now);
            if open {
                return None;
            }
            full = conversation.waiting.len() >= WAITING_MAX;
            let mut waiting = conversation.waiting.clone();
            waiting.push(id);
            (!full).then_some(Conversation { waiting, ..conversation })
        })
        .await?;
        if open && deliveries < ports::DELIVERIES_MAX {
            return Ok(Done::Again { after: Some(Duration::from_secs(1)) });
        }
        if open {
            return self.wake(sending, now).await;
        }
        if full {
            return self.fail(channel, sending, queue_full(), Handed::Window).await;
        }
        Ok(Done::Finished)
    }

    async fn call(
        &self,
        channel: &OpenChannel,
        sending: &Sending,
        deliveries: u32,
    ) -> Result<Done> {
        let provider = provider::of(channel.provider);
        let outside = Outside { store: &self.store, http: &*self.http, files: &*self.media };
        let now = self.clock.now();
        let outgoing = match outgoing::prepare(&outside, channel, sending, now).await? {
            Outgoing::Ready(outgoing) => outgoing,
            Outgoing::Refused { class, failure } => {
                let refused = Refusal { class, failure, asked: None };
                return self.refused(channel, sending, refused, deliveries).await;
            }
        };
        let takes = match outgoing.content.order() {
            Some(kind) if !channel.provider.takes_orders() => {
                Err(Unsupported { provider: channel.provider.as_str(), kind })
            }
            Some(_) | None => provider.build(channel, &outgoing),
        };
        let request = match takes {
            Ok(request) => request,
            Err(unsupported) => {
                let failure = ours("unsupported_type", &unsupported.to_string());
                return self.fail(channel, sending, failure, Handed::Final).await;
            }
        };
        match self.hand_over(channel, sending, request).await {
            Ok(HandedOver { response, asked }) => match provider.read(channel, &response) {
                Answer::Accepted { provider_id, wa_id } => {
                    let done = self.accepted(channel, sending, &provider_id).await?;
                    self.dialled(channel, sending, wa_id.or(asked)).await?;
                    Ok(done)
                }
                Answer::Refused { class, failure } => {
                    let asked = codes::retry_after(response.headers(), self.clock.now());
                    let refused = Refusal { class, failure, asked };
                    self.refused(channel, sending, refused, deliveries).await
                }
            },
            Err(error @ CallError::NotSent { .. }) => {
                let failure = ours("unreachable", &error.to_string());
                let refused = Refusal { class: Class::Retry(None), failure, asked: None };
                self.refused(channel, sending, refused, deliveries).await
            }
            Err(error @ CallError::Forbidden { .. }) => {
                let failure = ours("unreachable", &error.to_string());
                self.fail(channel, sending, failure, Handed::Configuration).await
            }
            Err(error @ CallError::NoAnswer { .. }) => {
                self.unknown(channel, sending, &error, deliveries).await
            }
        }
    }

    async fn accepted(
        &self,
        channel: &OpenChannel,
        sending: &Sending,
        provider_id: &str,
    ) -> Result<Done> {
        let now = self.clock.now();
        let step = Step { status: Status::Accepted, time: now, failure: None };
        let raised = self.store.raise(sending.id, &step, Some(provider_id)).await?;
        if !channel.limits.holds.is_empty() {
            holds::release(&self.store, channel.id, sending, now).await?;
        }
        let mut counts = vec![Count::one(Metric::Messages(Handed::Sent))];
        let time = |received| Count::time(Metric::ReplyTime, received, now);
        counts.extend(sending.received.map(time));
        self.audit.count(channel.into(), &counts).await?;
        match raised {
            Raised::Yes(sent) | Raised::Already(sent) => {
                self.link(channel, provider_id, &sent).await?;
            }
            // A status was faster than the answer.
            Raised::No => self.link_id(channel, provider_id, sending).await?,
            Raised::Parked | Raised::Unknown => {}
        }
        Ok(Done::Finished)
    }

    async fn link(&self, channel: &OpenChannel, provider_id: &str, sent: &Sent) -> Result<()> {
        self.link_id(channel, provider_id, &sent.sending).await
    }

    /// Statuses of a provider that does not echo our id find the message by its own.
    async fn link_id(
        &self,
        channel: &OpenChannel,
        provider_id: &str,
        sending: &Sending,
    ) -> Result<()> {
        if !provider::of(channel.provider).needs_link(channel, provider_id) {
            return Ok(());
        }
        let now = self.clock.now();
        let raised = self.store.link_provider_id(channel.id, provider_id, sending.id, now).await?;
        if let Raised::Yes(sent) | Raised::Already(sent) = raised {
            let time = sent.history.last().map_or(now, |(_, time)| *time);
            let step = Step { status: sent.status, time, failure: sent.failure.clone() };
            follow_status(&self.store, &*self.queue, channel, &sent, &step, now).await?;
        }
        Ok(())
    }

    async fn fail(
        &self,
        channel: &OpenChannel,
        sending: &Sending,
        failure: Failure,
        handed: Handed,
    ) -> Result<Done> {
        let (now, code): (Time, _) = (self.clock.now(), failure.code.clone());
        let step = Step { status: Status::Failed, time: now, failure: Some(failure) };
        let raised = self.store.raise(sending.id, &step, None).await?;
        if let Raised::Yes(sent) | Raised::Already(sent) = raised {
            follow_status(&self.store, &*self.queue, channel, &sent, &step, now).await?;
        }
        self.count(channel, handed, &code).await?;
        Ok(Done::Finished)
    }

    async fn count(&self, channel: &OpenChannel, handed: Handed, reason: &str) -> Result<()> {
        let count = Count::one(Metric::Messages(handed)).because(reason);
        self.audit.count(channel.into(), &[count]).await
    }
}

/// Up to 1, 4, 16 or 64 seconds: messages that wait for the same thing do not come back at the same time.
fn spread(id: MessageId, deliveries: u32) -> Duration {
    let chance = id.bytes().iter().rev().take(4).fold(0, |sum, byte| sum << 8 | u64::from(*byte));
    Duration::from_millis(chance % (1000 * 4_u64.pow(deliveries.saturating_sub(1).min(3))))
}
