//! Hooks: from an event to the customer's server, and again if it failed. Signing and reading are in
//! `partner::hook`, what the customer wants in `domain::hook`.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::domain::hook::HookEvent;
use crate::domain::ids::{EventId, HookRuleId};
use crate::domain::process::StepCall;
use crate::domain::time::Time;
use crate::error::Result;
use crate::ports::Job;
use crate::store::Store;

/// What the hook queue carries.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "job", rename_all = "snake_case")]
pub enum HookJob {
    /// A new event for one rule.
    Deliver { event: Box<HookEvent>, rule: HookRuleId },
    /// A delivery whose next attempt may be due. The state is in the table.
    Retry { delivery: EventId, rule: HookRuleId },
    /// A `webhook` step's question to the customer's server. `failed` counts the attempts so far.
    Call { call: Box<StepCall>, failed: u32 },
}

/// One job per event and enabled rule that wants it, fair between tenants. Ids are derived, so the same events make
/// the same jobs.
pub async fn jobs(store: &Store, now: Time, events: &[HookEvent]) -> Result<Vec<Job>> {
    let mut jobs = Vec::new();
    for event in events {
        let rules = store.cached_hook_rules(event.tenant, now).await?;
        for rule in rules.iter().filter(|rule| rule.wants(event)) {
            let body = HookJob::Deliver { event: Box::new(event.clone()), rule: rule.id };
            jobs.push(job(event.tenant.to_string(), format!("{}-{}", event.id, rule.id), &body));
        }
    }
    Ok(jobs)
}

/// The job of a `webhook` step's question.
pub fn call_job(call: &StepCall) -> Job {
    let body = HookJob::Call { call: Box::new(call.clone()), failed: 0 };
    job(call.tenant.to_string(), call.id.to_string(), &body)
}

fn job(group: String, id: String, body: &HookJob) -> Job {
    let body = serde_json::to_string(body)
        .expect("derived types whose maps have text keys can always be written as JSON");
    Job { group, id, body, delay: Duration::ZERO }
}
