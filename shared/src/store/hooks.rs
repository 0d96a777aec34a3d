//! Hook rules, the keys that sign a tenant's calls, deliveries and their attempts.

use std::sync::Arc;

use super::idempotency::{Receipt, versioned};
use super::list::{Listed, Paging};
use super::table::{Changes, Item, Range, Value, When, Write, Written, attr};
use super::{Store, keys};
use crate::domain::delivery::{Attempt, Delivery};
use crate::domain::hook::{DELIVERY_KEPT, Disabled, Health, HookRule, KeyRing};
use crate::domain::ids::{EventId, HookRuleId, TenantId};
use crate::domain::time::Time;
use crate::error::{Error, Result};

/// Attributes beside a rule that deliveries write without touching the rule.
mod health {
    /// Epoch milliseconds of the first failure since the last success.
    pub(super) const FAILING_SINCE: &str = "fs";
    /// Epoch milliseconds before which nothing is sent.
    pub(super) const PAUSED_UNTIL: &str = "pu";
}

/// How often a rule is read again because somebody else changed it meanwhile.
const TRIES_MAX: u32 = 3;

/// What an attempt says about its endpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Sign {
    Success,
    /// Failing since then, if it was not failing before; and at rest until.
    Failure {
        since: Time,
        pause_until: Option<Time>,
    },
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
        let items = self.table.query_all(rules(tenant)).await?;
        let rules = Arc::new(items.iter().map(rule_of).collect::<Result<Vec<_>>>()?);
        self.caches.hook_rules.put(tenant, rules.clone(), now);
        Ok(rules)
    }

    /// The newest state of a rule.
    pub async fn hook_rule(&self, tenant: TenantId, id: HookRuleId) -> Result<Option<HookRule>> {
        let item = self.table.get(&keys::hook_rule(tenant, id), true).await?;
        item.as_ref().map(rule_of).transpose()
    }

    pub async fn hook_rules(&self, tenant: TenantId, paging: &Paging) -> Result<Listed<HookRule>> {
        self.list(rules(tenant), paging, |item| rule_of(item).map(Some)).await
    }

    /// How many rules a tenant has.
    pub async fn count_hook_rules(&self, tenant: TenantId) -> Result<usize> {
        Ok(self.table.query_all(rules(tenant)).await?.len())
    }

    pub async fn create_hook_rule(&self, rule: &HookRule, receipt: Option<Receipt>) -> Result<()> {
        let item = versioned(&keys::hook_rule(rule.tenant, rule.id), rule, rule.version)?;
        let mut writes = vec![Write::Put { item, when: When::Absent { now_s: 0 } }];
        Receipt::add(receipt, &mut writes);
        let written = self.table.write(writes).await?;
        self.caches.hook_rules.forget(&rule.tenant);
        super::tenants::absent(&written, "the hook rule exists already")
    }

    /// Writes a rule whose `version` is still the one that was read, and answers it with the next version. What
    /// deliveries found out stays.
    pub async fn save_hook_rule(
        &self,
        mut rule: HookRule,
        receipt: Option<Receipt>,
    ) -> Result<HookRule> {
        let when = When::Version(rule.version);
        rule.version += 1;
        let key = keys::hook_rule(rule.tenant, rule.id);
        let item = versioned(&key, &rule, rule.version)?;
        let set = [attr::DOC, attr::VERSION]
            .into_iter()
            .filter_map(|name| Some((name.to_owned(), item.attributes.get(name)?.clone())))
            .collect();
        let changes = Changes { set, ..Changes::default() };
        let mut writes = vec![Write::Update { key, changes, when }];
        Receipt::add(receipt, &mut writes);
        let written = self.table.write(writes).await?;
        self.caches.hook_rules.forget(&rule.tenant);
        written.or_changed("the hook rule")?;
        Ok(rule)
    }

    pub async fn delete_hook_rule(&self, tenant: TenantId, id: HookRuleId) -> Result<()> {
        let key = keys::hook_rule(tenant, id);
        self.table.write(vec![Write::Delete { key, when: When::Always }]).await?;
        self.caches.hook_rules.forget(&tenant);
        Ok(())
    }

    /// Switches an endpoint off, unless it is off already. Answers how it then is; `None` if it is gone.
    pub(crate) async fn disable_hook_rule(
        &self,
        tenant: TenantId,
        id: HookRuleId,
        disabled: &Disabled,
    ) -> Result<Option<HookRule>> {
        for _ in 0..TRIES_MAX {
            let Some(mut rule) = self.hook_rule(tenant, id).await? else { return Ok(None) };
            if rule.disabled.is_some() {
                return Ok(Some(rule));
            }
            rule.disabled = Some(disabled.clone());
            rule.updated = disabled.time;
            match self.save_hook_rule(rule, None).await {
                Err(Error::Changed(_)) => {}
                saved => return saved.map(Some),
            }
        }
        Err(Error::Changed("the hook rule"))
    }

    /// Notes what an attempt says about its endpoint. A rule that was deleted meanwhile stays deleted.
    pub(crate) async fn note_hook_health(
        &self,
        tenant: TenantId,
        id: HookRuleId,
        sign: Sign,
    ) -> Result<()> {
        let millis = |time: Time| Value::N(time.millis());
        let mut changes = Changes::default();
        match sign {
            Sign::Success => {
                changes.remove = vec![health::FAILING_SINCE.into(), health::PAUSED_UNTIL.into()];
            }
            Sign::Failure { since, pause_until } => {
                changes.set_if_unset = vec![(health::FAILING_SINCE.into(), millis(since))];
                changes.set = pause_until
                    .map(|until| (health::PAUSED_UNTIL.into(), millis(until)))
                    .into_iter()
                    .collect();
            }
        }
        let key = keys::hook_rule(tenant, id);
        let write = Write::Update { key, changes, when: When::Present };
        self.table.write(vec![write]).await.map(drop)
    }

    /// Forgets what deliveries found out about an endpoint.
    pub(crate) async fn forgive_hook_rule(&self, tenant: TenantId, id: HookRuleId) -> Result<()> {
        self.note_hook_health(tenant, id, Sign::Success).await
    }

    /// The keys that sign a tenant's calls, with their version.
    pub async fn signing_keys(&self, tenant: TenantId) -> Result<Option<(KeyRing, u64)>> {
        let Some(item) = self.table.get(&keys::signing(tenant), true).await? else {
            return Ok(None);
        };
        let version = item.number(attr::VERSION).and_then(|v| u64::try_from(v).ok());
        Ok(Some((item.doc()?, version.unwrap_or(0))))
    }

    /// `version` is the one that was read; 0 if there were none.
    pub async fn save_signing_keys(
        &self,
        tenant: TenantId,
        ring: &KeyRing,
        version: u64,
        receipt: Option<Receipt>,
    ) -> Result<()> {
        let item = versioned(&keys::signing(tenant), ring, version + 1)?;
        let mut writes = vec![Write::Put { item, when: When::Version(version) }];
        Receipt::add(receipt, &mut writes);
        self.table.write(writes).await?.or_changed("the signing secret").map(drop)
    }

    /// Begins a delivery, or answers the one that was begun before.
    pub(crate) async fn begin_delivery(&self, delivery: Delivery, now: Time) -> Result<Delivery> {
        let when = When::Absent { now_s: now.seconds() };
        let item = delivery_item(&delivery)?;
        match self.table.write(vec![Write::Put { item, when }]).await? {
            Written::Done(_) => Ok(delivery),
            Written::Refused { old: Some(old), .. } => old.doc(),
            Written::Refused { old: None, .. } => Err(Error::Changed("the delivery")),
        }
    }

    pub async fn delivery(
        &self,
        rule: HookRuleId,
        event: EventId,
        now: Time,
    ) -> Result<Option<Delivery>> {
        let item = self.table.get(&keys::delivery(rule, event), true).await?;
        item.filter(|item| is_kept(item, now)).map(|item| item.doc()).transpose()
    }

    /// A rule's deliveries, the newest first, those that `keep` wants. The index may be a moment behind.
    pub async fn deliveries(
        &self,
        rule: HookRuleId,
        paging: &Paging,
        now: Time,
        keep: impl Fn(&Delivery) -> bool,
    ) -> Result<Listed<Delivery>> {
        let pk = keys::rule_partition(rule);
        let range = Range { newest_first: true, ..Range::index(pk, keys::DELIVERIES) };
        self.list(range, paging, |item| {
            if !is_kept(item, now) {
                return Ok(None);
            }
            Ok(Some(item.doc::<Delivery>()?).filter(&keep))
        })
        .await
    }

    /// Writes a delivery whose `version` is still the one that was read. [`Error::Changed`] if it is not.
    pub(crate) async fn save_delivery(
        &self,
        mut delivery: Delivery,
        receipt: Option<Receipt>,
    ) -> Result<()> {
        let when = When::Version(delivery.version);
        delivery.version += 1;
        let mut writes = vec![Write::Put { item: delivery_item(&delivery)?, when }];
        Receipt::add(receipt, &mut writes);
        self.table.write(writes).await?.or_changed("the delivery").map(drop)
    }

    pub(crate) async fn put_attempt(
        &self,
        rule: HookRuleId,
        event: EventId,
        attempt: &Attempt,
    ) -> Result<()> {
        let item = Item::new(&keys::attempt(rule, event, attempt.number), attempt)?
            .with(attr::TTL, (attempt.start + DELIVERY_KEPT).seconds());
        self.table.write(vec![Write::Put { item, when: When::Always }]).await.map(drop)
    }

    /// The attempts of a delivery, the first first.
    pub async fn attempts(
        &self,
        rule: HookRuleId,
        event: EventId,
        now: Time,
    ) -> Result<Vec<Attempt>> {
        let range = Range::new(keys::rule_partition(rule), keys::attempts(event));
        let items = self.table.query_all(range).await?;
        items.iter().filter(|item| is_kept(item, now)).map(Item::doc).collect()
    }
}

fn rules(tenant: TenantId) -> Range {
    Range::new(keys::tenant_partition(tenant), keys::HOOK_RULES)
}

fn rule_of(item: &Item) -> Result<HookRule> {
    let time = |name| item.number(name).map(Time::from_millis);
    let health = Health {
        failing_since: time(health::FAILING_SINCE),
        paused_until: time(health::PAUSED_UNTIL),
    };
    Ok(HookRule { health, ..item.doc()? })
}

fn delivery_item(delivery: &Delivery) -> Result<Item> {
    let Delivery { rule, event, created, version, .. } = delivery;
    let item = versioned(&keys::delivery(*rule, event.id), delivery, *version)?
        .indexed(&keys::delivery_index(*rule, created.millis(), event.id));
    Ok(item.with(attr::TTL, (delivery.updated + DELIVERY_KEPT).seconds()))
}

/// The table deletes within days; readers do not wait for that.
fn is_kept(item: &Item, now: Time) -> bool {
    item.number(attr::TTL).is_none_or(|ttl| now.seconds() < ttl)
}
