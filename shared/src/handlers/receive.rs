//! A provider's webhook: verify, parse, put everything on the event queue with one call, answer. A status is one
//! rank-guarded update instead. Nothing is stored for a message here: that is `route`'s first step.

mod certificates;
mod neighbours;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use http::StatusCode;

use self::certificates::Certificates;
use self::neighbours::Neighbours;
use crate::domain::channel::OpenChannel;
use crate::domain::decision::{MessageView, message_object};
use crate::domain::event::{Event, MessageRef, Occurrence, StatusChanged, What};
use crate::domain::hook::{EventKind, HookEvent};
use crate::domain::ids::{ChannelId, EventId, MessageId};
use crate::domain::message::{Failure, Origin, Status};
use crate::domain::time::Time;
use crate::error::{Error, Result};
use crate::handlers::{as_link, holds, hook};
use crate::ports::{
    Audit, Clock, Count, Job, Metric, Outcome, Ports, Queue, QueueName, Random, Secrets,
};
use crate::provider::{Item, Malformed, Provider, Refused, WebhookCall};
use crate::store::Store;
use crate::store::messages::Sent;
use crate::store::statuses::{Named, Raised, Step};

/// An older refusal says nothing of the channel as it is now: providers repeat webhooks for days.
const FRESH: Duration = Duration::from_mins(10);

const NOT_CONFIRMED: Refused =
    Refused { status: StatusCode::BAD_REQUEST, message: "the address can no longer be confirmed" };

/// Receives one provider's webhooks.
pub struct Receive {
    provider: &'static dyn Provider,
    store: Store,
    clock: Arc<dyn Clock>,
    random: Arc<dyn Random>,
    queue: Arc<dyn Queue>,
    secrets: Arc<dyn Secrets>,
    audit: Arc<dyn Audit>,
    certificates: Certificates,
}

/// What the provider is answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reception {
    /// 200 with this body.
    Taken(String),
    /// The caller or the bytes are not the provider's.
    /// `message` is for the body of the answer; an empty one leaves it empty.
    Refused { status: StatusCode, message: &'static str },
}

impl From<Refused> for Reception {
    fn from(refused: Refused) -> Self {
        Self::Refused { status: refused.status, message: refused.message }
    }
}

impl From<Malformed> for Reception {
    fn from(malformed: Malformed) -> Self {
        Self::Refused { status: malformed.status, message: malformed.message }
    }
}

/// Counts of one webhook's items, told at the end in a few words, by the channel that they are of.
type Counts = BTreeMap<ChannelId, (Arc<OpenChannel>, BTreeMap<(Outcome, &'static str), u64>)>;

fn count(counts: &mut Counts, channel: &Arc<OpenChannel>, ended: (Outcome, &'static str)) {
    let (_, of) =
        counts.entry(channel.id).or_insert_with(|| (Arc::clone(channel), BTreeMap::new()));
    *of.entry(ended).or_default() += 1;
}

impl Receive {
    pub fn new(provider: &'static dyn Provider, store: Store, ports: &Ports) -> Self {
        Self {
            provider,
            store,
            clock: ports.clock.clone(),
            random: ports.random.clone(),
            queue: ports.queue.clone(),
            secrets: ports.secrets.clone(),
            audit: ports.audit.clone(),
            certificates: Certificates::new(ports.http.clone()),
        }
    }

    /// The wire word of the provider, as it stands in the address.
    pub fn provider(&self) -> &'static str {
        self.provider.kind().as_str()
    }

    /// The time that calls are judged by.
    pub fn now(&self) -> Time {
        self.clock.now()
    }

    /// A `GET`: the provider asks whether the address is ours.
    pub async fn shake_hands(&self, address: &str, call: &WebhookCall) -> Result<Reception> {
        let Some(channel) = self.channel(address, call.now).await? else {
            return Ok(self.provider.unknown_channel().into());
        };
        let not_offered =
            Refused { status: StatusCode::NOT_FOUND, message: "this provider does not ask" };
        Ok(match self.provider.handshake(call, &channel) {
            Some(Ok(answer)) => Reception::Taken(answer),
            Some(Err(refused)) => refused.into(),
            None => not_offered.into(),
        })
    }

    /// A `POST`. An error means that the provider should send it again.
    pub async fn receive(&self, address: &str, call: &WebhookCall) -> Result<Reception> {
        let Some(channel) = self.channel(address, call.now).await? else {
            return Ok(self.provider.unknown_channel().into());
        };
        if let Err(refused) = self.verify(call, &channel).await? {
            tracing::warn!(channel.id = %channel.id, reason = refused.message, "webhook refused");
            let message = if self.provider.tells_why() { refused.message } else { "" };
            return Ok(Reception::Refused { status: refused.status, message });
        }
        let parsed = match self.provider.parse(call, &channel) {
            Ok(parsed) => parsed,
            Err(malformed) => {
                tracing::warn!(channel.id = %channel.id, reason = malformed.message, "webhook cannot be read");
                return Ok(malformed.into());
            }
        };
        if let Some(request) = self.provider.confirm(call, &channel)
            && !self.certificates.confirm(request).await?
        {
            return Ok(NOT_CONFIRMED.into());
        }
        let (mut counts, mut jobs) = (Counts::new(), Vec::new());
        let mut neighbours = Neighbours::new(self, &channel);
        for item in parsed.items {
            for (channel, item) in neighbours.addressed(item, call.now).await? {
                count(&mut counts, &channel, (Outcome::Received, ""));
                let ended = match item {
                    Item::Event(_) if !channel.active => (Outcome::Ignored, "channel_inactive"),
                    Item::Event(Event::StatusChanged(status)) => {
                        self.status(&channel, &status, call.now).await?
                    }
                    Item::Event(event) => {
                        jobs.push(self.job(&channel, event, call.now)?);
                        continue;
                    }
                    Item::Elsewhere { .. } => (Outcome::Ignored, neighbours::OTHER_NUMBER),
                    Item::Ignored { reason } => (Outcome::Ignored, reason),
                };
                count(&mut counts, &channel, ended);
            }
        }
        if !jobs.is_empty() {
            self.queue.put(QueueName::Event, jobs).await?;
        }
        for (channel, counts) in counts.into_values() {
            let count = |((outcome, reason), count): ((_, &str), _)| {
                Count::of(Metric::Items(outcome), count).because(reason)
            };
            let counts: Vec<Count> = counts.into_iter().map(count).collect();
            self.audit.count((&*channel).into(), &counts).await?;
        }
        Ok(Reception::Taken(self.provider.accepted_body(&channel).to_owned()))
    }

    async fn verify(
        &self,
        call: &WebhookCall,
        channel: &OpenChannel,
    ) -> Result<std::result::Result<(), Refused>> {
        let Some(request) = self.provider.certificate(call, channel) else {
            return Ok(self.provider.verify(call, channel));
        };
        let address = request.uri().to_string();
        let certificate = self.certificates.get(request).await?;
        let verified = self.provider.verify_signed(call, channel, &certificate);
        if verified.is_ok() {
            self.certificates.keep(address, certificate);
        }
        Ok(verified)
    }

    /// The channel of an address: its id, or its stream id.
    async fn channel(&self, address: &str, now: Time) -> Result<Option<Arc<OpenChannel>>> {
        let id = ChannelId::from_stream_id(address).or_else(|| address.parse().ok());
        let Some(id) = id else { return Ok(None) };
        let channel = self.store.open_channel(id, &*self.secrets, now).await?;
        Ok(channel.filter(|channel| channel.provider == self.provider.kind()))
    }

    /// In the order of its conversation. The id is new for each delivery: which of them counts is decided where the
    /// message is stored, so that each can be accounted for.
    fn job(&self, channel: &OpenChannel, event: Event, now: Time) -> Result<Job> {
        let group = match &event {
            Event::MessageReceived(message) => {
                message.from.address.conversation(channel.id).to_string()
            }
            Event::MessageEchoed(echo) => echo.to.conversation(channel.id).to_string(),
            Event::OptInChanged { address, .. } => address.conversation(channel.id).to_string(),
            Event::StatusChanged(_) | Event::TemplateChanged(_) | Event::AccountChanged { .. } => {
                channel.id.to_string()
            }
        };
        let mut id = [0; 16];
        self.random.fill(&mut id);
        let id = hex::encode(id);
        let (delivery, what) = (Some(id.clone()), What::Webhook(event));
        let occurrence = Occurrence { channel: channel.id, delivery, received: now, what };
        let body =
            serde_json::to_string(&occurrence).map_err(|e| Error::internal(e.to_string()))?;
        Ok(Job { group, id, body, delay: Duration::ZERO })
    }

    /// One of our messages came a step further.
    async fn status(
        &self,
        channel: &OpenChannel,
        changed: &StatusChanged,
        now: Time,
    ) -> Result<(Outcome, &'static str)> {
        let step =
            Step { status: changed.status, time: changed.time, failure: changed.failure.clone() };
        let raised = match &changed.message {
            MessageRef::Ours(id) => self.store.raise(*id, &step, None).await?,
            MessageRef::Provider(id) => {
                let to = changed.to.as_ref().map(|to| (to.conversation(channel.id), now));
                let named = Named { alias: changed.alias.as_deref(), to };
                self.store.raise_by_provider_id(channel.id, id, named, &step).await?
            }
        };
        if let Raised::Yes(sent) | Raised::Already(sent) = &raised
            && let Some(failure) = &step.failure
            && holds::concerns_others(channel.provider, failure)
            && now.since(step.time) < FRESH
        {
            let job = refused_job(sent.sending.channel, failure, now)?;
            self.queue.put(QueueName::Event, vec![job]).await?;
        }
        match raised {
            Raised::Yes(sent) => {
                self.follow(channel, &sent, &step, now).await?;
                Ok((Outcome::Event, ""))
            }
            // Maybe the delivery before this one died right here: ids are derived, so doing it again is harmless.
            Raised::Already(sent) => {
                self.follow(channel, &sent, &step, now).await?;
                Ok((Outcome::Duplicate, ""))
            }
            Raised::Parked => Ok((Outcome::Event, "")),
            Raised::No => Ok((Outcome::Duplicate, "")),
            Raised::Unknown => Ok((Outcome::Ignored, "unknown_message")),
        }
    }

    /// Under the channel that sent the message: reports of an account name none and may come to any of its numbers.
    async fn follow(
        &self,
        channel: &OpenChannel,
        sent: &Sent,
        step: &Step,
        now: Time,
    ) -> Result<()> {
        let id = sent.sending.channel;
        if id == channel.id {
            return follow_status(&self.store, &*self.queue, channel, sent, step, now).await;
        }
        match self.store.open_channel(id, &*self.secrets, now).await? {
            Some(sender) => {
                follow_status(&self.store, &*self.queue, &sender, sent, step, now).await
            }
            None => Ok(()),
        }
    }
}

/// What follows from a message's new status: hooks, if a rule wants them, and what its conversation makes of a failure:
/// the end of a run whose question it was, a text with the link of a file.
pub(super) async fn follow_status(
    store: &Store,
    queue: &dyn Queue,
    channel: &OpenChannel,
    sent: &Sent,
    step: &Step,
    now: Time,
) -> Result<()> {
    if matches!(step.status, Status::Sent | Status::Delivered | Status::Read | Status::Failed) {
        let jobs = hook::jobs(store, now, &[status_event(channel, sent, step)]).await?;
        if !jobs.is_empty() {
            queue.put(QueueName::Hook, jobs).await?;
        }
    }
    let question = matches!(sent.sending.origin, Origin::Process { question: Some(_), .. });
    let follows = || question || as_link::follows(sent, step.failure.as_ref(), step.time);
    if step.status == Status::Failed && follows() {
        queue.put(QueueName::Event, vec![failed_job(channel.id, sent.sending.id, now)?]).await?;
    }
    Ok(())
}

fn status_event(channel: &OpenChannel, sent: &Sent, step: &Step) -> HookEvent {
    let id = sent.sending.id;
    let mut object = message_object(&MessageView::ToUser(&sent.sending));
    object["status"] = step.status.as_str().into();
    object["provider_message_id"] = sent.provider_id.clone().into();
    object["error"] = serde_json::to_value(&step.failure).unwrap_or_default();
    HookEvent {
        id: EventId::derive(&[id.bytes(), step.status.as_str().as_bytes()]),
        tenant: channel.tenant,
        channel: channel.id,
        flow: None,
        kind: EventKind::Message,
        action: step.status.as_str().to_owned(),
        time: step.time,
        sequence: None,
        object,
    }
}

/// Tells that the provider refuses more than one message. The same trouble within a minute is told once.
fn refused_job(channel: ChannelId, failure: &Failure, now: Time) -> Result<Job> {
    let what = What::ChannelRefused { failure: failure.clone() };
    let occurrence = Occurrence { channel, delivery: None, received: now, what };
    let body = serde_json::to_string(&occurrence).map_err(|e| Error::internal(e.to_string()))?;
    let code: String = failure.code.chars().filter(char::is_ascii_alphanumeric).take(32).collect();
    let id = format!("{channel}-refused-{code}-{}", now.seconds() / 60);
    Ok(Job { group: channel.to_string(), id, body, delay: Duration::ZERO })
}

/// Tells a message's conversation that it will never arrive.
fn failed_job(channel: ChannelId, message: MessageId, now: Time) -> Result<Job> {
    let what = What::SendFailed { message };
    let occurrence = Occurrence { channel, delivery: None, received: now, what };
    let body = serde_json::to_string(&occurrence).map_err(|e| Error::internal(e.to_string()))?;
    let group = message.conversation().to_string();
    Ok(Job { group, id: format!("{message}-failed"), body, delay: Duration::ZERO })
}
