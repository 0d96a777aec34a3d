//! Hook rules, the keys that sign for a tenant, deliveries and their attempts.

use std::sync::Arc;

use super::Store;
use super::keys;
use super::table::{Item, Range};
use crate::domain::hook::{Health, HookRule};
use crate::domain::ids::TenantId;
use crate::domain::time::Time;
use crate::error::Result;

/// Attributes beside a rule that deliveries write without touching the rule.
mod health {
    /// Epoch milliseconds of the first failure since the last success.
    pub(super) const FAILING_SINCE: &str = "fs";
    /// Epoch milliseconds before which nothing is sent.
    pub(super) const PAUSED_UNTIL: &str = "pu";
}

impl Store {
    /// All rules of a tenant, remembered for [`super::CACHE`].
    pub(crate) async fn cached_hook_rules(
        &self,
        tenant: TenantId,
        now: Time,
    ) -> Result<Arc<Vec<HookRule>>> {
        if let Some(rules) = self.caches.hook_rules.get(&tenant, now) {
            return Ok(rules);
        }
        let range = Range::new(keys::tenant_partition(tenant), keys::HOOK_RULES);
        let items = self.table.query_all(range).await?;
        let rules = Arc::new(items.iter().map(rule_of).collect::<Result<Vec<_>>>()?);
        self.caches.hook_rules.put(tenant, rules.clone(), now);
        Ok(rules)
    }
}

fn rule_of(item: &Item) -> Result<HookRule> {
    let time = |name| item.number(name).map(Time::from_millis);
    let health = Health {
        failing_since: time(health::FAILING_SINCE),
        paused_until: time(health::PAUSED_UNTIL),
    };
    Ok(HookRule { health, ..item.doc()? })
}
