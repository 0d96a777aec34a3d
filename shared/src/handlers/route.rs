//! What an event means for its conversation. A message is stored first (that is the dedupe), then decided on, saved
//! in one write, and its effects are emitted. Everything here may run twice.

mod account;
mod echo;

use std::sync::Arc;

use async_trait::async_trait;

use super::effects::{TRIES, change, emit, message_job, save};
use super::identity::{Before, Identity, Known};
use super::{Worker, as_link, holds, media};
use crate::domain::bot::{Bot, BotAction, BotAnswer, BotOutcome};
use crate::domain::channel::OpenChannel;
use crate::domain::conversation::{Conversation, Source};
use crate::domain::decision::{self, Decision, Facts};
use crate::domain::event::{Event, MessageReceived, Occurrence, TemplateChanged, What};
use crate::domain::flow::{Definition, Flow};
use crate::domain::ids::{ConversationId, FlowId, MessageId};
use crate::domain::inbound::Inbound;
use crate::domain::message::{FromUser, Received};
use crate::domain::process::StepAnswer;
use crate::domain::text;
use crate::domain::time::Time;
use crate::domain::use_case::UseCase;
use crate::domain::user::Address;
use crate::error::{Error, Result};
use crate::ports::{
    Audit, Clock, Count, Done, Http, Media, Metric, Outcome, Ports, Queue, QueueName, Secrets,
    Subject, Taken, Timers,
};
use crate::store::Store;
use crate::store::messages::{Message, Stored};

/// Works off the event queue.
pub struct Route {
    store: Store,
    clock: Arc<dyn Clock>,
    queue: Arc<dyn Queue>,
    timers: Arc<dyn Timers>,
    http: Arc<dyn Http>,
    secrets: Arc<dyn Secrets>,
    media: Arc<dyn Media>,
    audit: Arc<dyn Audit>,
}

/// How an event ended, for the audit.
type Ended = (Outcome, &'static str);

#[async_trait]
impl Worker for Route {
    async fn work(&self, job: &Taken) -> Result<Done> {
        let occurrence: Occurrence = serde_json::from_str(&job.body)
            .map_err(|e| Error::internal(format!("the event queue holds what is no event: {e}")))?;
        let (id, received) = (occurrence.channel, occurrence.received);
        let inside = !matches!(occurrence.what, What::Webhook(_));
        let channel = self.store.open_channel(id, &*self.secrets, self.clock.now()).await?;
        let subject = channel.as_deref().map_or_else(|| id.into(), Subject::from);
        let (outcome, reason) = match &channel {
            Some(channel) => Box::pin(self.route(channel, occurrence, job)).await?,
            None => (Outcome::Ignored, "channel_gone"),
        };
        // What happened inside was not received, so it is not accounted for.
        if !inside {
            let mut counts = vec![Count::one(Metric::Items(outcome)).because(reason)];
            if outcome == Outcome::Event {
                counts.push(Count::time(Metric::EventTime, received, self.clock.now()));
            }
            self.audit.count(subject, &counts).await?;
        }
        Ok(Done::Finished)
    }
}

impl Route {
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

    async fn route(
        &self,
        channel: &OpenChannel,
        occurrence: Occurrence,
        job: &Taken,
    ) -> Result<Ended> {
        let received = occurrence.received;
        let writer = occurrence.delivery.unwrap_or_else(|| job.id.clone());
        match occurrence.what {
            What::Webhook(Event::MessageReceived(message)) => {
                Box::pin(self.message(channel, message, received, &writer, job.deliveries)).await
            }
            What::Webhook(Event::MessageEchoed(echo)) => {
                self.echo(channel, echo, received, job.deliveries).await
            }
            What::Webhook(Event::TemplateChanged(changed)) => {
                self.template(channel, &changed).await
            }
            What::Webhook(Event::OptInChanged { address, opted_in, .. }) => {
                self.opt_in(channel, address, opted_in).await
            }
            What::Webhook(Event::AccountChanged { kind, detail }) => {
                self.account(channel, &kind, &detail, &writer).await
            }
            // Statuses never come by the queue.
            What::Webhook(Event::StatusChanged(_)) => Ok((Outcome::Ignored, "status")),
            What::StepAnswered { conversation, answer } => {
                self.step_answered(channel, conversation, &answer).await
            }
            What::BotAnswered(answer) => self.bot_answered(channel, &answer).await,
            What::SendFailed { message } => self.send_failed(channel, message).await,
            What::Dialled { conversation, wa_id } => {
                Box::pin(self.identity(channel).dialled(conversation, &wa_id)).await?;
                Ok((Outcome::Event, ""))
            }
            What::ChannelRefused { failure } => {
                let now = self.clock.now();
                holds::late(&self.store, channel, &failure, now).await?;
                Ok((Outcome::Event, ""))
            }
        }
    }

    async fn message(
        &self,
        channel: &OpenChannel,
        message: MessageReceived,
        received: Time,
        writer: &str,
        deliveries: u32,
    ) -> Result<Ended> {
        let identity = self.identity(channel);
        // A move that was followed before is told again: nobody is known by the old number any more.
        if message.content.new_address().is_some()
            && identity.has_moved(&message.from.address).await?
        {
            return Ok((Outcome::Duplicate, ""));
        }
        let (from, content) = (&message.from, &message.content);
        let known = identity.of(from, content, message.time, deliveries > 1).await?;
        match known.before(&self.store, message.time, &message.provider_id, writer).await? {
            Before::Nothing => {}
            Before::Decided => return Ok((Outcome::Event, "")),
            Before::Duplicate => return Ok((Outcome::Duplicate, "")),
        }
        let mut said = Received {
            id: MessageId::of(known.id, message.time, &[message.provider_id.as_bytes()]),
            channel: channel.id,
            from: message.from,
            provider_id: message.provider_id,
            time: message.time,
            received,
            content: message.content,
            context: message.context,
        };
        let stored = self.store.put_received(&said, writer).await?;
        if stored == Stored::Duplicate {
            return Ok((Outcome::Duplicate, ""));
        }
        if let FromUser::Media(file) = &mut said.content
            && file.source.is_some()
        {
            let last = deliveries >= media::DELIVERIES_MAX;
            let from = media::From { channel, message: said.id, received };
            let copied =
                media::copy(&self.store, &*self.http, &*self.media, &from, file, last).await?;
            if copied {
                self.store.update_received(&said).await?;
            }
        }
        let known = (stored == Stored::New).then_some(known);
        self.decide_message(channel, &said, known).await?;
        if let Some(new) = said.content.new_address() {
            Box::pin(self.identity(channel).moved(&said, new)).await?;
        }
        Ok((Outcome::Event, ""))
    }

    fn identity(&self, channel: &OpenChannel) -> Identity<'_> {
        let (store, queue, now) = (&self.store, &*self.queue, self.clock.now());
        Identity { store, queue, channel: channel.id, now }
    }

    /// `known` as it was found before the message was stored; `None` if it may have been decided on before.
    async fn decide_message(
        &self,
        channel: &OpenChannel,
        said: &Received,
        mut known: Option<Known>,
    ) -> Result<()> {
        // The conversation is known, so the rest of the id names the message.
        let (cause, from, content) = (said.id.sort(), &said.from, &said.content);
        for _ in 0..TRIES {
            let inbound = self.inbound(channel, &said.content).await?;
            let now = self.clock.now();
            let (known, strong) = match known.take() {
                Some(known) => (known, false),
                None => (self.identity(channel).of(from, content, said.time, true).await?, true),
            };
            let conversation = known.or_new(channel, &from.address, said.time, now);
            if strong && let Some(outbox) = conversation.saved(Source::Event, &cause) {
                let received = Some(said.received);
                return emit(&self.store, &*self.queue, now, &conversation, outbox, received).await;
            }
            let running = self.running(&conversation).await?;
            let rules = self.store.cached_hook_rules(channel.tenant, now).await?;
            let wanted = decision::starting_flow(
                &conversation,
                &said.content,
                inbound.as_ref(),
                &channel.channel,
            );
            let start = self.published(channel, wanted).await?;
            let bot = self.bot(channel, now).await?;
            let facts = Facts {
                channel: &channel.channel,
                now,
                cause: &cause,
                running: running.as_deref(),
                start: start
                    .as_ref()
                    .map(|(flow, version, definition)| (flow, *version, &**definition)),
                bot: bot.as_deref(),
                inbound: inbound.as_ref(),
                rules: &rules,
            };
            let decision = decision::on_message(conversation, facts, said);
            if self.saved(decision, Some(said.received)).await? {
                return Ok(());
            }
        }
        Err(Error::Changed("the conversation"))
    }

    /// Saves and emits; false if somebody else was faster and it has to be decided anew. `received` as in [`emit`].
    async fn saved(&self, decision: Decision, received: Option<Time>) -> Result<bool> {
        match save(&self.store, &*self.timers, decision).await {
            Ok((conversation, outbox)) => {
                let now = self.clock.now();
                emit(&self.store, &*self.queue, now, &conversation, &outbox, received).await?;
                Ok(true)
            }
            Err(Error::Changed(_)) => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// The inbound whose text this is.
    async fn inbound(&self, channel: &OpenChannel, said: &FromUser) -> Result<Option<Inbound>> {
        match said.text() {
            Some(text) => self.store.inbound_for_text(channel.id, &text::normal(text)).await,
            None => Ok(None),
        }
    }

    /// The definition that the conversation's run follows.
    async fn running(&self, conversation: &Conversation) -> Result<Option<Arc<Definition>>> {
        match conversation.running() {
            Some(process) => self.store.flow_version(process.flow, process.flow_version).await,
            None => Ok(None),
        }
    }

    /// A flow as it is published now. Deleted and unpublished ones do not start.
    async fn published(
        &self,
        channel: &OpenChannel,
        flow: Option<FlowId>,
    ) -> Result<Option<(Flow, u32, Arc<Definition>)>> {
        let Some(flow) = flow else { return Ok(None) };
        let Some(flow) = self.store.flow(channel.tenant, flow).await? else { return Ok(None) };
        let Some(version) = flow.published else { return Ok(None) };
        let definition = self.store.flow_version(flow.id, version).await?;
        Ok(definition.map(|definition| (flow, version, definition)))
    }

    async fn step_answered(
        &self,
        channel: &OpenChannel,
        id: ConversationId,
        answer: &StepAnswer,
    ) -> Result<Ended> {
        let cause = format!("step:{}:{}", answer.process, answer.step);
        self.decide_inside(channel, id, &cause, None, |conversation, facts| {
            decision::on_step_answered(conversation, facts, answer)
        })
        .await
    }

    async fn bot_answered(&self, channel: &OpenChannel, answer: &BotAnswer) -> Result<Ended> {
        let cause = format!("bot:{}", answer.message.sort());
        let id = answer.message.conversation();
        let flow = match &answer.outcome {
            BotOutcome::Answered(said) => match said.action {
                Some(BotAction::StartFlow(flow)) => Some(flow),
                Some(BotAction::End) | None => None,
            },
            BotOutcome::Unavailable { .. } => None,
        };
        self.decide_inside(channel, id, &cause, flow, |conversation, facts| {
            decision::on_bot_answered(conversation, facts, answer)
        })
        .await
    }

    /// The bot that is the channel's use case.
    async fn bot(&self, channel: &OpenChannel, now: Time) -> Result<Option<Arc<Bot>>> {
        match channel.use_case.and_then(UseCase::bot) {
            Some(id) => self.store.cached_bot(channel.tenant, id, now).await,
            None => Ok(None),
        }
    }

    async fn send_failed(&self, channel: &OpenChannel, message: MessageId) -> Result<Ended> {
        if let Some(Message::ToUser(sent)) = self.store.message(message).await?
            && let Some(text) = as_link::text(&sent)
        {
            self.queue.put(QueueName::Message, vec![message_job(&text, "")?]).await?;
        }
        let cause = format!("failed:{message}");
        let id = message.conversation();
        self.decide_inside(channel, id, &cause, None, |conversation, facts| {
            decision::on_send_failed(conversation, facts, message)
        })
        .await
    }

    /// Decides on something that happened inside the gateway. `flow` is what it would start.
    async fn decide_inside(
        &self,
        channel: &OpenChannel,
        id: ConversationId,
        cause: &str,
        flow: Option<FlowId>,
        decide: impl Fn(Conversation, Facts<'_>) -> Option<Decision>,
    ) -> Result<Ended> {
        for _ in 0..TRIES {
            let now = self.clock.now();
            let Some(conversation) = self.store.conversation(id, true).await? else {
                return Ok((Outcome::Ignored, "conversation_gone"));
            };
            if let Some(outbox) = conversation.saved(Source::Event, cause) {
                emit(&self.store, &*self.queue, now, &conversation, outbox, None).await?;
                return Ok((Outcome::Event, ""));
            }
            let running = self.running(&conversation).await?;
            let rules = self.store.cached_hook_rules(channel.tenant, now).await?;
            let start = self.published(channel, flow).await?;
            let bot = self.bot(channel, now).await?;
            let facts = Facts {
                channel: &channel.channel,
                now,
                cause,
                running: running.as_deref(),
                start: start.as_ref().map(|(flow, version, d)| (flow, *version, &**d)),
                bot: bot.as_deref(),
                inbound: None,
                rules: &rules,
            };
            let Some(decision) = decide(conversation, facts) else {
                return Ok((Outcome::Ignored, "late"));
            };
            if self.saved(decision, None).await? {
                return Ok((Outcome::Event, ""));
            }
        }
        Err(Error::Changed("the conversation"))
    }

    async fn opt_in(
        &self,
        channel: &OpenChannel,
        address: Address,
        opted_in: bool,
    ) -> Result<Ended> {
        change(&self.store, address.conversation(channel.id), |conversation| {
            let changed = conversation.opted_in != Some(opted_in);
            changed.then_some(Conversation { opted_in: Some(opted_in), ..conversation })
        })
        .await?;
        Ok((Outcome::Event, ""))
    }

    async fn template(&self, channel: &OpenChannel, changed: &TemplateChanged) -> Result<Ended> {
        let known =
            super::review::apply(&self.store, &*self.queue, channel, changed, self.clock.now())
                .await?;
        Ok(if known { (Outcome::Event, "") } else { (Outcome::Ignored, "unknown_template") })
    }
}
