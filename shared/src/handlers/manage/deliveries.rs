//! What was delivered to an endpoint, attempt by attempt, and sending it again (standard-webhooks 4).

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::{ListOf, Manage, found};
use crate::domain::delivery::{Attempt, Delivery, GaveUp, State};
use crate::domain::hook::{EventKind, HookRule};
use crate::domain::ids::{EventId, FlowId, HookRuleId};
use crate::domain::time::Time;
use crate::error::{Error, Result};
use crate::handlers::admit::Call;
use crate::handlers::hook::retry_job;
use crate::ports::QueueName;
use crate::store::list::Paging;

/// Deliveries that one call sends again at most.
const REPLAYED_MAX: u32 = 100;

/// Which deliveries are wanted.
#[derive(Debug, Clone, Deserialize, IntoParams)]
pub struct DeliveriesQuery {
    /// Only those that stand so. A page may then be short; the list ends where `next_key` is null.
    #[param(inline)]
    pub state: Option<State>,
    /// Entries at most; 50 where nothing is said.
    #[param(minimum = 1, maximum = 200)]
    pub page_size: Option<u32>,
    /// `next_key` of the page before.
    #[param(min_length = 1, max_length = 2048)]
    pub start_key: Option<String>,
}

/// Which deliveries are sent again.
#[derive(Debug, Clone, Deserialize, ToSchema)]
pub struct Replay {
    /// Those begun at this moment or later.
    pub since: Time,
    /// Those begun before; now where nothing is said.
    pub until: Option<Time>,
    /// Only those that stand so; all where nothing is said.
    pub state: Option<State>,
    /// `next_key` of the answer before.
    #[schema(min_length = 1, max_length = 2048)]
    pub start_key: Option<String>,
}

/// What is sent again.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Replayed {
    /// How many.
    pub replayed: usize,
    /// There may be more: call again with this as `start_key`. Null at the end.
    pub next_key: Option<String>,
}

/// A delivery in a list.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct DeliveryView {
    /// The `webhook-id`.
    pub event_id: EventId,
    pub event_type: EventKind,
    pub event_action: String,
    pub event_date: Time,
    pub flow_id: Option<FlowId>,
    pub state: State,
    pub failure_reason: Option<GaveUp>,
    /// Attempts so far, over all replays.
    pub attempts: u32,
    pub next_attempt_at: Option<Time>,
    /// When it had failed four times in a row.
    pub warned_at: Option<Time>,
    pub creation_date: Time,
    pub update_date: Time,
}

/// One attempt.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct AttemptView {
    pub number: u32,
    pub started_at: Time,
    pub duration_ms: u64,
    /// Null: there was no answer.
    pub status_code: Option<u16>,
    /// Why there was no answer.
    pub error: Option<String>,
    /// The first 16 kB of the answer.
    pub response: String,
    pub next_attempt_at: Option<Time>,
}

/// A delivery with what it delivers and its attempts.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct DeliveryDetail {
    #[serde(flatten)]
    pub view: DeliveryView,
    pub object: serde_json::Value,
    /// Of the last 30 days, the first first.
    pub log: Vec<AttemptView>,
}

impl From<Delivery> for DeliveryView {
    fn from(delivery: Delivery) -> Self {
        let event = delivery.event;
        Self {
            event_id: event.id,
            event_type: event.kind,
            event_action: event.action,
            event_date: event.time,
            flow_id: event.flow,
            state: delivery.state,
            failure_reason: delivery.failure,
            attempts: delivery.attempts,
            next_attempt_at: delivery.next,
            warned_at: delivery.warned,
            creation_date: delivery.created,
            update_date: delivery.updated,
        }
    }
}

impl From<Attempt> for AttemptView {
    fn from(attempt: Attempt) -> Self {
        Self {
            number: attempt.number,
            started_at: attempt.start,
            duration_ms: attempt.duration_ms,
            status_code: attempt.status_code,
            error: attempt.error,
            response: attempt.answer,
            next_attempt_at: attempt.next,
        }
    }
}

impl Manage {
    /// Of the last 30 days, the newest first.
    pub async fn deliveries(
        &self,
        call: &Call,
        rule: HookRuleId,
        query: DeliveriesQuery,
    ) -> Result<ListOf<DeliveryView>> {
        let rule = self.rule_of(call, rule).await?;
        let default = Paging::default();
        let paging =
            Paging { size: query.page_size.unwrap_or(default.size), start: query.start_key };
        let wanted = |delivery: &Delivery| query.state.is_none_or(|s| delivery.state == s);
        let deliveries = self.store.deliveries(rule.id, &paging, call.now, wanted).await?;
        Ok(ListOf::of(deliveries, DeliveryView::from))
    }

    pub async fn delivery(
        &self,
        call: &Call,
        rule: HookRuleId,
        event: EventId,
    ) -> Result<DeliveryDetail> {
        let rule = self.rule_of(call, rule).await?;
        let delivery = found(self.store.delivery(rule.id, event, call.now).await?, "event_id")?;
        let attempts = self.store.attempts(rule.id, event, call.now).await?;
        Ok(DeliveryDetail {
            object: delivery.event.object.clone(),
            view: delivery.into(),
            log: attempts.into_iter().map(AttemptView::from).collect(),
        })
    }

    /// Sends one event again, whatever became of it, under the same id and by the schedule from its beginning.
    pub async fn replay_delivery(
        &self,
        call: &Call,
        rule: HookRuleId,
        event: EventId,
    ) -> Result<DeliveryView> {
        let rule = self.enabled_rule(call, rule).await?;
        let mut delivery = found(self.store.delivery(rule.id, event, call.now).await?, "event_id")?;
        delivery.replay(call.now);
        let jobs = vec![(QueueName::Hook, retry_job(&delivery, call.now))];
        let view = DeliveryView::from(delivery.clone());
        let receipt = self.admit.receipt(call, 202, &view, jobs.clone())?;
        self.store.save_delivery(delivery, receipt).await?;
        for (queue, job) in jobs {
            self.ports.queue.put(queue, vec![job]).await?;
        }
        Ok(view)
    }

    /// Sends all events of a time span again, or those that stand so, page by page.
    pub async fn replay_deliveries(
        &self,
        call: &Call,
        rule: HookRuleId,
        replay: Replay,
    ) -> Result<Replayed> {
        let rule = self.enabled_rule(call, rule).await?;
        let until = replay.until.unwrap_or(call.now + Duration::from_millis(1));
        if until <= replay.since {
            return Err(Error::invalid("until", "must be after since"));
        }
        let is_past = AtomicBool::new(false);
        let wanted = |delivery: &Delivery| {
            // The newest come first: behind one that is too old there is nothing to look for.
            is_past.fetch_or(delivery.created < replay.since, Ordering::Relaxed);
            (replay.since..until).contains(&delivery.created)
                && replay.state.is_none_or(|state| delivery.state == state)
        };
        let paging = Paging { size: REPLAYED_MAX, start: replay.start_key.clone() };
        let listed = self.store.deliveries(rule.id, &paging, call.now, wanted).await?;
        let mut jobs = Vec::new();
        for mut delivery in listed.items {
            delivery.replay(call.now);
            jobs.push(retry_job(&delivery, call.now));
            self.store.save_delivery(delivery, None).await?;
        }
        let next_key = listed.next.filter(|_| !is_past.load(Ordering::Relaxed));
        let replayed = Replayed { replayed: jobs.len(), next_key };
        if !jobs.is_empty() {
            self.ports.queue.put(QueueName::Hook, jobs).await?;
        }
        let receipt = self.admit.receipt(call, 202, &replayed, Vec::new())?;
        self.store.record(receipt).await?;
        Ok(replayed)
    }

    async fn enabled_rule(&self, call: &Call, id: HookRuleId) -> Result<HookRule> {
        let rule = self.rule_of(call, id).await?;
        if rule.disabled.is_some() {
            return Err(Error::Conflict("the hook rule is disabled: enable it first".to_owned()));
        }
        Ok(rule)
    }
}
