//! Hook rules: which events go where, and the secrets that sign them (contracts 9.1). Deliveries are in
//! [`super::deliveries`].

use std::time::Duration;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::rule_body::{ActionKind, RuleAction, RuleConditions, RuleTerms, WantedEvent};
use super::{ListOf, ListQuery, Manage, found};
use crate::domain::hook::{
    Conditions, Disabled, DisabledReason, Format, Health, HookRule, KeyRing, Wanted, WebAction,
};
use crate::domain::ids::HookRuleId;
use crate::domain::tenant::Role;
use crate::domain::time::Time;
use crate::error::{Error, Result};
use crate::handlers::admit::Call;
use crate::handlers::hook::new_key;
use crate::partner::signature::Key;

/// Rules of one tenant.
const RULES_MAX: usize = 100;

/// How long a replaced secret goes on signing where nothing is said.
const OVERLAP_HOURS: u32 = 24;

/// A rule as it is shown: never its secret.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct RuleView {
    pub rule_id: HookRuleId,
    pub name: String,
    pub events: Vec<WantedEvent>,
    pub conditions: RuleConditions,
    pub action: RuleAction,
    pub format: Format,
    pub schedule_seconds: Vec<u32>,
    pub enabled: bool,
    pub disabled_reason: Option<DisabledReason>,
    pub disabled_at: Option<Time>,
    /// The first failure since the last success.
    pub failing_since: Option<Time>,
    pub secret_since: Time,
    /// Until then a replaced secret signs too.
    pub previous_secret_until: Option<Time>,
    pub creation_date: Time,
    pub update_date: Time,
}

/// A new rule with its secret: it is shown this once.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct CreatedRule {
    #[serde(flatten)]
    pub view: RuleView,
    /// `whsec_…`. Signs the headers of Standard Webhooks by its bytes and a JWT by its text.
    pub secret: String,
}

/// How a secret is replaced.
#[derive(Debug, Clone, Deserialize, ToSchema)]
pub struct Rotation {
    /// So long the replaced secret signs too; 24 where nothing is said.
    #[schema(minimum = 0, maximum = 168)]
    pub overlap_hours: Option<u32>,
}

/// A new secret: it is shown this once.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct NewSecret {
    /// `whsec_…`.
    pub secret: String,
    /// Until then the replaced secret signs too.
    pub previous_secret_until: Option<Time>,
}

/// The secret that signs the calls of flows' `webhook` steps, without itself.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct SigningSecretView {
    /// Null: there is none yet.
    pub secret_since: Option<Time>,
    pub previous_secret_until: Option<Time>,
}

impl Rotation {
    fn overlap(&self) -> Duration {
        Duration::from_hours(self.overlap_hours.unwrap_or(OVERLAP_HOURS).into())
    }
}

impl Manage {
    pub async fn create_hook_rule(&self, call: &Call, new: RuleTerms) -> Result<CreatedRule> {
        call.require(Role::Integrator)?;
        let (tenant, now) = (call.caller.tenant, call.now);
        let is_enabled = new.enabled.unwrap_or(true);
        let terms = self.checked_terms(tenant, new).await?;
        if self.store.count_hook_rules(tenant).await? >= RULES_MAX {
            return Err(Error::Conflict(format!("there are {RULES_MAX} hook rules already")));
        }
        let id = HookRuleId::from_bytes(self.draw());
        let (key, sealed) = self.new_secret(&id.to_string()).await?;
        let rule = HookRule {
            id,
            tenant,
            terms,
            keys: KeyRing::new(sealed, now),
            disabled: (!is_enabled).then(|| by_owner(now)),
            created: now,
            updated: now,
            version: 1,
            health: Health::default(),
        };
        let created =
            CreatedRule { view: view(rule.clone(), now), secret: key.reveal().to_owned() };
        let receipt = self.admit.secret_receipt(call, 201, &created).await?;
        self.store.create_hook_rule(&rule, receipt).await?;
        Ok(created)
    }

    pub async fn hook_rule(&self, call: &Call, id: HookRuleId) -> Result<RuleView> {
        Ok(view(self.rule_of(call, id).await?, call.now))
    }

    pub async fn hook_rules(&self, call: &Call, query: ListQuery) -> Result<ListOf<RuleView>> {
        call.require(Role::Integrator)?;
        let rules = self.store.hook_rules(call.caller.tenant, &query.paging()).await?;
        Ok(ListOf::of(rules, |rule| view(rule, call.now)))
    }

    /// Replaces what its owner decides. Switching it on again forgives its failures.
    pub async fn update_hook_rule(
        &self,
        call: &Call,
        id: HookRuleId,
        new: RuleTerms,
    ) -> Result<RuleView> {
        let mut rule = self.rule_of(call, id).await?;
        let enabled = new.enabled;
        rule.terms = self.checked_terms(rule.tenant, new).await?;
        rule.updated = call.now;
        let was_enabled = rule.disabled.is_none();
        match enabled {
            Some(true) => rule.disabled = None,
            Some(false) if was_enabled => rule.disabled = Some(by_owner(call.now)),
            Some(false) | None => {}
        }
        if rule.disabled.is_none() && !was_enabled {
            self.store.forgive_hook_rule(rule.tenant, id).await?;
            rule.health = Health::default();
        }
        Ok(view(self.store.save_hook_rule(rule, None).await?, call.now))
    }

    /// What still waits for it is dropped.
    pub async fn delete_hook_rule(&self, call: &Call, id: HookRuleId) -> Result<()> {
        let rule = self.rule_of(call, id).await?;
        self.store.delete_hook_rule(rule.tenant, id).await
    }

    pub async fn rotate_hook_secret(
        &self,
        call: &Call,
        id: HookRuleId,
        rotation: Rotation,
    ) -> Result<NewSecret> {
        let mut rule = self.rule_of(call, id).await?;
        let (key, sealed) = self.new_secret(&id.to_string()).await?;
        rule.keys = rule.keys.rotated(sealed, rotation.overlap(), call.now);
        rule.updated = call.now;
        let new = new_secret(&key, &rule.keys, call.now);
        let receipt = self.admit.secret_receipt(call, 200, &new).await?;
        self.store.save_hook_rule(rule, receipt).await?;
        Ok(new)
    }

    pub async fn signing_secret(&self, call: &Call) -> Result<SigningSecretView> {
        call.require(Role::Integrator)?;
        let keys = self.store.signing_keys(call.caller.tenant).await?.map(|(keys, _)| keys);
        Ok(SigningSecretView {
            secret_since: keys.as_ref().map(|keys| keys.since),
            previous_secret_until: keys.and_then(|keys| keys.overlap_ends(call.now)),
        })
    }

    /// Also the way to the first one.
    pub async fn rotate_signing_secret(
        &self,
        call: &Call,
        rotation: Rotation,
    ) -> Result<NewSecret> {
        call.require(Role::Integrator)?;
        let (tenant, now) = (call.caller.tenant, call.now);
        let (key, sealed) = self.new_secret(&tenant.to_string()).await?;
        let (keys, version) = match self.store.signing_keys(tenant).await? {
            Some((keys, version)) => (keys.rotated(sealed, rotation.overlap(), now), version),
            None => (KeyRing::new(sealed, now), 0),
        };
        let new = new_secret(&key, &keys, now);
        let receipt = self.admit.secret_receipt(call, 200, &new).await?;
        self.store.save_signing_keys(tenant, &keys, version, receipt).await?;
        Ok(new)
    }

    /// The caller's rule with this id.
    pub(super) async fn rule_of(&self, call: &Call, id: HookRuleId) -> Result<HookRule> {
        call.require(Role::Integrator)?;
        found(self.store.hook_rule(call.caller.tenant, id).await?, "rule_id")
    }

    /// A new secret, and the same sealed.
    async fn new_secret(&self, context: &str) -> Result<(Key, String)> {
        let key = new_key(&*self.ports.random);
        let sealed = self.ports.secrets.seal(context, key.reveal().as_bytes()).await?;
        Ok((key, sealed))
    }
}

fn by_owner(now: Time) -> Disabled {
    Disabled { reason: DisabledReason::Owner, time: now }
}

fn new_secret(key: &Key, keys: &KeyRing, now: Time) -> NewSecret {
    let secret = key.reveal().to_owned();
    NewSecret { secret, previous_secret_until: keys.overlap_ends(now) }
}

fn view(rule: HookRule, now: Time) -> RuleView {
    let HookRule { terms, keys, disabled, health, .. } = rule;
    let event = |wanted: Wanted| WantedEvent {
        event_type: wanted.event_type,
        event_action: wanted.event_action,
    };
    let Conditions { flow_id, channel_id } = terms.conditions;
    let WebAction { method, url, headers, parameters, status_email } = terms.action;
    RuleView {
        rule_id: rule.id,
        name: terms.name,
        events: terms.events.into_iter().map(event).collect(),
        conditions: RuleConditions { flow_id, channel_id },
        action: RuleAction {
            r#type: ActionKind::Web,
            method,
            url,
            headers,
            parameters,
            status_email,
        },
        format: terms.format,
        schedule_seconds: terms.schedule_s,
        enabled: disabled.is_none(),
        disabled_reason: disabled.as_ref().map(|disabled| disabled.reason),
        disabled_at: disabled.map(|disabled| disabled.time),
        failing_since: health.failing_since,
        secret_since: keys.since,
        previous_secret_until: keys.overlap_ends(now),
        creation_date: rule.created,
        update_date: rule.updated,
    }
}
