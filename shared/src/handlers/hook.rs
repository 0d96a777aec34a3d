//! Hooks: from an event to the customer's server, and again if it failed. What an attempt means is in
//! `domain::delivery`, signing and reading in `partner::hook`; the calls of `webhook` steps are in [`call`], those to
//! bots in [`bot`].

mod bot;
mod call;
mod keys;

pub(crate) use self::call::new_key;

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use serde_json::json;

use self::keys::OpenKeys;
use super::Worker;
use crate::domain::bot::BotCall;
use crate::domain::delivery::{Attempt, Delivery, Heard, State};
use crate::domain::hook::{
    Disabled, DisabledReason, ENDPOINT_FAILING_MAX, EventKind, HookEvent, HookRule,
};
use crate::domain::ids::{EventId, HookRuleId, TenantId};
use crate::domain::process::StepCall;
use crate::domain::time::Time;
use crate::error::{Error, Result, chain};
use crate::partner::hook::{self, ANSWER_BYTES_MAX, TIMEOUT};
use crate::ports::{
    Audit, CallError, Clock, Count, Done, Hooked, Http, Job, Metric, Ports, Queue, QueueName,
    Random, Reach, Taken, Timer, Timers,
};
use crate::store::Store;
use crate::store::hooks::Sign;

/// The longest delay of a queue; what is later is a timer's matter.
const QUEUE_DELAY_MAX: Duration = Duration::from_mins(15);

/// A timer may fire a minute early: whoever is woken so shortly before the time waits on the queue.
const EARLY_MAX: Duration = Duration::from_secs(90);

/// What the hook queue carries, besides [`Timer::Hook`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "job", rename_all = "snake_case")]
pub enum HookJob {
    /// A new event for one rule.
    Deliver { event: Box<HookEvent>, rule: HookRuleId },
    /// A delivery whose next attempt may be due. Its state is in the table.
    Retry { delivery: EventId, rule: HookRuleId },
    /// A `webhook` step's question to the customer's server. `failed` counts the attempts so far.
    Call { call: Box<StepCall>, failed: u32 },
    /// A question to a bot, counted the same way.
    Ask { call: Box<BotCall>, failed: u32 },
}

/// One job per event and enabled rule that wants it, fair between tenants. Ids are derived, so the same events make
/// the same jobs.
pub async fn jobs(store: &Store, now: Time, events: &[HookEvent]) -> Result<Vec<Job>> {
    let mut jobs = Vec::new();
    for event in events {
        let rules = store.cached_hook_rules(event.tenant, now).await?;
        for rule in rules.iter().filter(|rule| rule.wants(event)) {
            let body = HookJob::Deliver { event: Box::new(event.clone()), rule: rule.id };
            jobs.push(job(event.tenant, format!("{}-{}", event.id, rule.id), &body));
        }
    }
    Ok(jobs)
}

/// The job of a `webhook` step's question.
pub fn call_job(call: &StepCall) -> Job {
    let body = HookJob::Call { call: Box::new(call.clone()), failed: 0 };
    job(call.tenant, call.id.to_string(), &body)
}

/// The job of a question to a bot.
pub fn bot_job(call: &BotCall) -> Job {
    let body = HookJob::Ask { call: Box::new(call.clone()), failed: 0 };
    job(call.tenant, call.id.to_string(), &body)
}

/// The job that looks whether a delivery is due; `at` only tells such jobs apart.
pub fn retry_job(delivery: &Delivery, at: Time) -> Job {
    let (event, rule) = (&delivery.event, delivery.rule);
    let body = HookJob::Retry { delivery: event.id, rule };
    job(event.tenant, format!("{}-{rule}-{}", event.id, at.millis()), &body)
}

fn job(tenant: TenantId, id: String, body: &HookJob) -> Job {
    let body = serde_json::to_string(body)
        .expect("derived types whose maps have text keys can always be written as JSON");
    Job { group: tenant.to_string(), id, body, delay: Duration::ZERO }
}

/// Works off the hook queue.
pub struct DeliverHook {
    store: Store,
    clock: Arc<dyn Clock>,
    random: Arc<dyn Random>,
    queue: Arc<dyn Queue>,
    timers: Arc<dyn Timers>,
    http: Arc<dyn Http>,
    audit: Arc<dyn Audit>,
    keys: OpenKeys,
    /// Where callers reach the API, if it is known: links to files lead there.
    api: Option<String>,
}

#[async_trait]
impl Worker for DeliverHook {
    async fn work(&self, job: &Taken) -> Result<Done> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Body {
            Job(HookJob),
            Timer(Timer),
        }
        let unknown = |why: &str| Error::internal(format!("a hook job cannot be read: {why}"));
        match serde_json::from_str(&job.body).map_err(|e| unknown(&e.to_string()))? {
            Body::Job(HookJob::Deliver { event, rule }) => self.begin(*event, rule).await?,
            Body::Job(HookJob::Retry { delivery, rule })
            | Body::Timer(Timer::Hook { delivery, rule }) => self.go_on(delivery, rule).await?,
            Body::Job(HookJob::Call { call, failed }) => self.call(*call, failed).await?,
            Body::Job(HookJob::Ask { call, failed }) => {
                Box::pin(self.ask_bot(*call, failed)).await?;
            }
            Body::Timer(Timer::FollowUp { .. } | Timer::Expiry { .. } | Timer::Message { .. }) => {
                return Err(unknown("it is another queue's timer"));
            }
        }
        Ok(Done::Finished)
    }
}

impl DeliverHook {
    pub fn new(store: Store, ports: &Ports, api: Option<&str>) -> Self {
        Self {
            api: api.map(|address| address.trim_end_matches('/').to_owned()),
            store,
            clock: ports.clock.clone(),
            random: ports.random.clone(),
            queue: ports.queue.clone(),
            timers: ports.timers.clone(),
            http: ports.http.clone(),
            audit: ports.audit.clone(),
            keys: OpenKeys::new(ports.secrets.clone()),
        }
    }

    /// Stores the delivery before anything is sent, so that it can be found and put back.
    async fn begin(&self, event: HookEvent, rule: HookRuleId) -> Result<()> {
        let now = self.clock.now();
        let Some(rule) = self.store.hook_rule(event.tenant, rule).await? else { return Ok(()) };
        let delivery = Delivery::new(rule.id, event, &rule.terms.schedule_s, self.jitter(), now);
        let delivery = self.store.begin_delivery(delivery, now).await?;
        if delivery.attempts == 0 && delivery.next.is_some_and(|next| now < next) {
            return self.wake(&delivery, now).await;
        }
        self.attempt_if_due(delivery, &rule).await
    }

    async fn go_on(&self, event: EventId, rule: HookRuleId) -> Result<()> {
        let now = self.clock.now();
        let Some(delivery) = self.store.delivery(rule, event, now).await? else { return Ok(()) };
        match self.store.hook_rule(delivery.event.tenant, rule).await? {
            Some(rule) => self.attempt_if_due(delivery, &rule).await,
            None => Ok(()),
        }
    }

    /// Whoever is woken looks at the clock. A later wake-up was set before the time was written, so there is nothing
    /// to set again but for the last minute of a timer.
    async fn attempt_if_due(&self, mut delivery: Delivery, rule: &HookRule) -> Result<()> {
        let now = self.clock.now();
        let (State::Pending, Some(next)) = (delivery.state, delivery.next) else { return Ok(()) };
        if let Some(disabled) = &rule.disabled {
            if disabled.reason != DisabledReason::Owner {
                self.tell_others(rule, disabled, &delivery.event).await?;
            }
            delivery.endpoint_disabled(now);
            return self.save(delivery).await;
        }
        let rest = rule.health.paused_until.unwrap_or(now).max(next).since(now);
        if rest.is_zero() {
            return self.attempt(delivery, rule).await;
        }
        if next <= now || rest <= EARLY_MAX {
            return self.put(&delivery, now + rest, now).await;
        }
        Ok(())
    }

    async fn attempt(&self, mut delivery: Delivery, rule: &HookRule) -> Result<()> {
        let start = self.clock.now();
        let keys = self.keys.open(&rule.id.to_string(), &rule.keys, start).await?;
        let event = &delivery.event;
        let request = hook::build(event, &rule.terms.action, rule.terms.format, &keys, start)
            .map_err(|e| Error::internal(e.to_string()))?;
        let answer = self.http.call(request, Reach::Public, TIMEOUT, ANSWER_BYTES_MAX).await;
        let now = self.clock.now();
        let (heard, mut attempt) = read(answer, start, now);
        let schedule = &rule.terms.schedule_s;
        let consequences = delivery.heard(heard, schedule, self.jitter(), now);
        attempt.number = delivery.attempts;
        attempt.next = delivery.next;
        if consequences.warns {
            warn(&delivery);
        }
        // The wake-up first: who dies between leaves a harmless extra one. The delivery last: who dies before it
        // leaves a job that comes back and tries again.
        self.wake(&delivery, now).await?;
        let pause_until = consequences.pause_until;
        self.note_health(rule, &delivery.event, heard, start, pause_until).await?;
        self.store.put_attempt(rule.id, delivery.event.id, &attempt).await?;
        self.count(&delivery, &attempt).await?;
        self.save(delivery).await
    }

    async fn count(&self, delivery: &Delivery, attempt: &Attempt) -> Result<()> {
        let hooked = match delivery.state {
            State::Delivered => Hooked::Delivered,
            State::Pending => Hooked::Failed,
            State::Failed => Hooked::GivenUp,
        };
        let status = attempt.status_code.filter(|_| hooked != Hooked::Delivered);
        let reason = status.map_or_else(String::new, |status| status.to_string());
        let count = Count::one(Metric::Hooks(hooked)).because(reason);
        self.audit.count(delivery.event.channel.into(), &[count]).await
    }

    /// Sets a wake-up for the next attempt, if there is one.
    async fn wake(&self, delivery: &Delivery, now: Time) -> Result<()> {
        let Some(next) = delivery.next else { return Ok(()) };
        if next.since(now) <= QUEUE_DELAY_MAX {
            return self.put(delivery, next, now).await;
        }
        let timer = Timer::Hook { delivery: delivery.event.id, rule: delivery.rule };
        self.timers.arm(timer, next).await
    }

    /// Queues count whole seconds: rounded up, so that nobody is woken too early.
    async fn put(&self, delivery: &Delivery, at: Time, now: Time) -> Result<()> {
        let seconds = at.since(now).as_millis().div_ceil(1000);
        let delay = Duration::from_secs(u64::try_from(seconds).unwrap_or(u64::MAX));
        let job = Job { delay: delay.min(QUEUE_DELAY_MAX), ..retry_job(delivery, at) };
        self.queue.put(QueueName::Hook, vec![job]).await
    }

    /// A second worker that had the same job was faster: what it wrote stands.
    async fn save(&self, delivery: Delivery) -> Result<()> {
        match self.store.save_delivery(delivery, None).await {
            Err(Error::Changed(_)) => Ok(()),
            saved => saved,
        }
    }

    async fn note_health(
        &self,
        rule: &HookRule,
        event: &HookEvent,
        heard: Heard,
        start: Time,
        pause_until: Option<Time>,
    ) -> Result<()> {
        let failing_since = rule.health.failing_since;
        if heard == Heard::Success {
            return match (failing_since, rule.health.paused_until) {
                (None, None) => Ok(()),
                (Some(_), _) | (_, Some(_)) => {
                    self.store.note_hook_health(rule.tenant, rule.id, Sign::Success).await
                }
            };
        }
        if failing_since.is_none() || pause_until.is_some() {
            let sign = Sign::Failure { since: start, pause_until };
            self.store.note_hook_health(rule.tenant, rule.id, sign).await?;
        }
        let failing = failing_since.is_some_and(|since| start.since(since) >= ENDPOINT_FAILING_MAX);
        let reason = match heard {
            Heard::Gone => DisabledReason::Gone,
            Heard::Failure { .. } | Heard::SlowDown { .. } | Heard::Forbidden if failing => {
                DisabledReason::Failing
            }
            Heard::Success | Heard::Failure { .. } | Heard::SlowDown { .. } | Heard::Forbidden => {
                return Ok(());
            }
        };
        self.switch_off(rule, event, reason).await
    }

    async fn switch_off(
        &self,
        rule: &HookRule,
        event: &HookEvent,
        reason: DisabledReason,
    ) -> Result<()> {
        let disabled = Disabled { reason, time: self.clock.now() };
        let (tenant, id) = (rule.tenant, rule.id);
        let rule = self.store.disable_hook_rule(tenant, id, &disabled).await?;
        let Some((rule, disabled)) = rule.and_then(|r| r.disabled.clone().map(|d| (r, d))) else {
            return Ok(());
        };
        tracing::warn!(
            tenant.id = %tenant,
            rule.id = %id,
            reason = ?disabled.reason,
            "a hook endpoint was switched off"
        );
        self.tell_others(&rule, &disabled, event).await
    }

    /// `endpoint.disabled` to the tenant's other endpoints. Its id is derived, so telling it twice is telling it
    /// once. The channel is that of the event whose delivery showed it.
    async fn tell_others(
        &self,
        rule: &HookRule,
        disabled: &Disabled,
        cause: &HookEvent,
    ) -> Result<()> {
        let (id, millis) = (rule.id.to_string(), disabled.time.millis().to_be_bytes());
        let event = HookEvent {
            id: EventId::derive(&[b"endpoint.disabled", id.as_bytes(), &millis]),
            tenant: rule.tenant,
            channel: cause.channel,
            flow: None,
            kind: EventKind::Endpoint,
            action: "disabled".to_owned(),
            time: disabled.time,
            sequence: None,
            object: json!({
                "rule_id": rule.id,
                "name": rule.terms.name,
                "reason": disabled.reason,
                "disabled_at": disabled.time,
                "status_email": rule.terms.action.status_email,
            }),
        };
        let jobs = jobs(&self.store, self.clock.now(), &[event]).await?;
        if jobs.is_empty() { Ok(()) } else { self.queue.put(QueueName::Hook, jobs).await }
    }

    fn jitter(&self) -> u32 {
        let mut bytes = [0; 4];
        self.random.fill(&mut bytes);
        u32::from_be_bytes(bytes)
    }
}

/// An attempt without its number and its successor.
fn read(
    answer: std::result::Result<http::Response<Vec<u8>>, CallError>,
    start: Time,
    now: Time,
) -> (Heard, Attempt) {
    let duration_ms = u64::try_from(now.since(start).as_millis()).unwrap_or(u64::MAX);
    let mut attempt = Attempt {
        number: 0,
        start,
        duration_ms,
        status_code: None,
        error: None,
        answer: String::new(),
        next: None,
    };
    let heard = match answer {
        Ok(response) => {
            attempt.status_code = Some(response.status().as_u16());
            let body = response.body();
            let body = &body[..body.len().min(ANSWER_BYTES_MAX)];
            attempt.answer = String::from_utf8_lossy(body).into_owned();
            hook::read(&response, now)
        }
        Err(error) => {
            attempt.error = Some(chain(&error));
            match error {
                CallError::Forbidden { .. } => Heard::Forbidden,
                CallError::NotSent { .. } | CallError::NoAnswer { .. } => {
                    Heard::Failure { retry_after: None }
                }
            }
        }
    };
    (heard, attempt)
}

fn warn(delivery: &Delivery) {
    tracing::warn!(
        tenant.id = %delivery.event.tenant,
        rule.id = %delivery.rule,
        event.id = %delivery.event.id,
        attempts = delivery.failed,
        "a hook fails again and again"
    );
}
