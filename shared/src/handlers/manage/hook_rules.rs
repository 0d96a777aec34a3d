//! Hook rules: which events go where, and the secrets that sign them (contracts 9.1). Deliveries are in
//! [`super::deliveries`].

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{ListOf, ListQuery, Manage, found};
use crate::domain::hook::{
    Conditions, Disabled, DisabledReason, EventKind, Format, Health, HookRule, KeyRing, Method,
    SCHEDULE_S, Terms, Wanted, WebAction,
};
use crate::domain::ids::{ChannelId, FlowId, HookRuleId, TenantId};
use crate::domain::tenant::Role;
use crate::domain::time::Time;
use crate::error::{Error, Result};
use crate::handlers::admit::Call;
use crate::handlers::hook::new_key;
use crate::partner::signature::Key;
use crate::ports::CallError;

/// Rules of one tenant.
const RULES_MAX: usize = 100;

/// Attempts of one event, and the longest delay between two.
const STEPS_MAX: usize = 12;
const STEP_S_MAX: u32 = 86_400;

/// Own headers or parameters of a rule, and the characters of each name and value.
const PAIRS_MAX: usize = 20;
const PAIR_NAME_MAX: usize = 100;
const PAIR_VALUE_MAX: usize = 1_000;

/// Headers that say what we say, or that belong to the connection.
const RESERVED: [&str; 8] = [
    "host",
    "content-length",
    "content-type",
    "transfer-encoding",
    "connection",
    "upgrade",
    "te",
    "trailer",
];
const RESERVED_PREFIXES: [&str; 2] = ["webhook-", "x-gateway-"];

/// How long a replaced secret goes on signing where nothing is said.
const OVERLAP_HOURS: u32 = 24;

/// A rule as its owner writes it.
#[derive(Debug, Clone, Deserialize, ToSchema)]
pub struct RuleTerms {
    #[schema(min_length = 1, max_length = 200)]
    pub name: String,
    #[schema(min_items = 1, max_items = 50)]
    pub events: Vec<WantedEvent>,
    pub conditions: Option<RuleConditions>,
    pub action: RuleAction,
    /// `standard` where nothing is said.
    pub format: Option<Format>,
    /// Delay before each attempt, counted from the failure before; each at most a day. The ten steps of Standard
    /// Webhooks where nothing is said.
    #[schema(min_items = 1, max_items = 12)]
    pub schedule_seconds: Option<Vec<u32>>,
    /// Where nothing is said, a new rule is enabled and another stays as it is.
    pub enabled: Option<bool>,
}

/// One event that a rule listens to.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct WantedEvent {
    pub event_type: EventKind,
    #[schema(min_length = 1, max_length = 20)]
    pub event_action: String,
}

/// Narrows a rule; an empty list narrows nothing.
#[derive(Debug, Clone, Default, Serialize, Deserialize, ToSchema)]
pub struct RuleConditions {
    #[serde(default)]
    #[schema(max_items = 100)]
    pub flow_id: Vec<FlowId>,
    #[serde(default)]
    #[schema(max_items = 100)]
    pub channel_id: Vec<ChannelId>,
}

/// What a rule does.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct RuleAction {
    pub r#type: ActionKind,
    #[serde(default)]
    pub method: Method,
    /// https, on a public address.
    #[schema(min_length = 1, max_length = 2048)]
    pub url: String,
    /// Sent along with every hook.
    #[serde(default)]
    pub headers: BTreeMap<String, String>,
    /// Appended to the query of `url`.
    #[serde(default)]
    pub parameters: BTreeMap<String, String>,
    /// Told to the tenant's other endpoints when this one is switched off.
    #[schema(min_length = 3, max_length = 254)]
    pub status_email: Option<String>,
}

/// What rules can do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ActionKind {
    /// Calls a server.
    Web,
}

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
        let terms = self.checked(tenant, new).await?;
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
        rule.terms = self.checked(rule.tenant, new).await?;
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

    async fn checked(&self, tenant: TenantId, new: RuleTerms) -> Result<Terms> {
        for (place, wanted) in new.events.iter().enumerate() {
            let actions = wanted.event_type.actions();
            if !actions.contains(&wanted.event_action.as_str()) {
                let rule = format!("must be one of {}", actions.join(", "));
                return Err(Error::invalid(format!("events[{place}].event_action"), rule));
            }
        }
        let conditions = new.conditions.unwrap_or_default();
        for flow in &conditions.flow_id {
            found(self.store.flow(tenant, *flow).await?, "conditions.flow_id")?;
        }
        for channel in &conditions.channel_id {
            found(self.store.channel_of(tenant, *channel).await?, "conditions.channel_id")?;
        }
        let RuleConditions { flow_id, channel_id } = conditions;
        let event = |wanted: WantedEvent| Wanted {
            event_type: wanted.event_type,
            event_action: wanted.event_action,
        };
        Ok(Terms {
            name: new.name,
            events: new.events.into_iter().map(event).collect(),
            conditions: Conditions { flow_id, channel_id },
            action: self.checked_action(new.action)?,
            format: new.format.unwrap_or_default(),
            schedule_s: checked_schedule(new.schedule_seconds)?,
        })
    }

    fn checked_action(&self, action: RuleAction) -> Result<WebAction> {
        let field = "action.url";
        let url = url::Url::parse(&action.url).map_err(|_| {
            Error::invalid(field, "must be an address such as https://example.com/")
        })?;
        if !url.username().is_empty() || url.password().is_some() {
            return Err(Error::invalid(field, "must not hold a user name or a password"));
        }
        match self.ports.http.check_public(&url) {
            Ok(()) => {}
            Err(CallError::Forbidden { rule, .. }) => return Err(Error::invalid(field, rule)),
            Err(error) => return Err(Error::unavailable("http", error)),
        }
        for (name, value) in &action.headers {
            check_header(name, value)?;
        }
        for (place, pairs) in [("headers", &action.headers), ("parameters", &action.parameters)] {
            check_pairs(place, pairs)?;
        }
        let email = action.status_email.filter(|email| !email.is_empty());
        if email.as_ref().is_some_and(|email| !email[1..].contains('@')) {
            return Err(Error::invalid("action.status_email", "must be an e-mail address"));
        }
        let RuleAction { method, url, headers, parameters, .. } = action;
        Ok(WebAction { method, url, headers, parameters, status_email: email })
    }
}

fn by_owner(now: Time) -> Disabled {
    Disabled { reason: DisabledReason::Owner, time: now }
}

fn new_secret(key: &Key, keys: &KeyRing, now: Time) -> NewSecret {
    let secret = key.reveal().to_owned();
    NewSecret { secret, previous_secret_until: keys.overlap_ends(now) }
}

fn checked_schedule(steps: Option<Vec<u32>>) -> Result<Vec<u32>> {
    let steps = steps.unwrap_or_else(|| SCHEDULE_S.to_vec());
    if steps.is_empty() || steps.len() > STEPS_MAX {
        let rule = format!("must have 1 to {STEPS_MAX} entries");
        return Err(Error::invalid("schedule_seconds", rule));
    }
    match steps.iter().position(|step| *step > STEP_S_MAX) {
        None => Ok(steps),
        Some(place) => Err(Error::invalid(
            format!("schedule_seconds[{place}]"),
            format!("must be between 0 and {STEP_S_MAX}"),
        )),
    }
}

fn check_pairs(place: &str, pairs: &BTreeMap<String, String>) -> Result<()> {
    let wrong = |field: String, rule: String| Err(Error::invalid(field, rule));
    if pairs.len() > PAIRS_MAX {
        return wrong(format!("action.{place}"), format!("must have at most {PAIRS_MAX} entries"));
    }
    for (name, value) in pairs {
        if name.is_empty() || name.chars().count() > PAIR_NAME_MAX {
            let rule = format!("must have names of 1 to {PAIR_NAME_MAX} characters");
            return wrong(format!("action.{place}"), rule);
        }
        if value.chars().count() > PAIR_VALUE_MAX {
            let rule = format!("must have at most {PAIR_VALUE_MAX} characters");
            return wrong(format!("action.{place}.{name}"), rule);
        }
    }
    Ok(())
}

fn check_header(name: &str, value: &str) -> Result<()> {
    let wrong = |rule: &str| Err(Error::invalid(format!("action.headers.{name}"), rule));
    let Ok(parsed) = name.parse::<http::HeaderName>() else {
        return wrong("must have the name of an HTTP header");
    };
    let name = parsed.as_str();
    if RESERVED.contains(&name) || RESERVED_PREFIXES.iter().any(|p| name.starts_with(p)) {
        return wrong("is set by the gateway");
    }
    if !value.bytes().all(|b| (b' '..=b'~').contains(&b)) {
        return wrong("must have visible ASCII characters only");
    }
    Ok(())
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
