//! The balance of the audit: everything that webhooks brought has ended in exactly one way (README 11).

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::Manage;
use crate::domain::ids::ChannelId;
use crate::domain::tenant::Role;
use crate::domain::time::Time;
use crate::error::Result;
use crate::handlers::admit::Call;
use crate::ports::Outcome;

/// Of which channels.
#[derive(Debug, Clone, Deserialize, IntoParams)]
pub struct BalanceQuery {
    /// Of this channel only; else of all of the tenant.
    pub channel_id: Option<ChannelId>,
}

/// Items of webhooks by how they ended.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, ToSchema)]
pub struct Balance {
    /// What happened before is not counted, because the log no longer holds it; `null`: everything is.
    pub since: Option<Time>,
    /// Messages, statuses and other facts that webhooks brought.
    pub received: u64,
    /// New, and had their effect.
    pub events: u64,
    /// Known already.
    pub duplicates: u64,
    /// Nothing was to be done, by reason.
    pub ignored: BTreeMap<String, u64>,
    /// Failed for good; they lie in a dead-letter queue.
    pub dead: u64,
    /// Received less all others. Zero, but for what is still on its way, and for what a queue gave up by itself because
    /// its function could not even start: the alarm on dead letters tells of that.
    pub difference: i64,
}

impl Manage {
    pub async fn balance(&self, call: &Call, query: BalanceQuery) -> Result<Balance> {
        call.require_any(&[Role::Integrator, Role::ChannelsAdmin])?;
        let channels = self.channels_of(call.caller.tenant, query.channel_id).await?;
        let account = self.ports.audit.account(&channels).await?;
        let mut balance = Balance { since: account.since, ..Balance::default() };
        for (outcome, reason, count) in account.items {
            match outcome {
                Outcome::Received => balance.received += count,
                Outcome::Event => balance.events += count,
                Outcome::Duplicate => balance.duplicates += count,
                Outcome::Ignored => *balance.ignored.entry(reason).or_default() += count,
                Outcome::Dead => balance.dead += count,
            }
        }
        let ended = balance.events
            + balance.duplicates
            + balance.dead
            + balance.ignored.values().sum::<u64>();
        let signed = |n: u64| i64::try_from(n).unwrap_or(i64::MAX);
        balance.difference = signed(balance.received) - signed(ended);
        Ok(balance)
    }
}
