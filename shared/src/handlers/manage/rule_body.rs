//! A hook rule as its owner writes it, and what is checked beyond its form. Making and showing rules is in
//! [`super::hook_rules`].

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{Manage, found};
use crate::domain::hook::{
    Conditions, EventKind, Format, Method, SCHEDULE_S, Terms, Wanted, WebAction,
};
use crate::domain::ids::{ChannelId, FlowId, TenantId};
use crate::error::{Error, Result};

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

impl Manage {
    /// The terms of a rule, with everything that needs the table or a port checked.
    pub(super) async fn checked_terms(&self, tenant: TenantId, new: RuleTerms) -> Result<Terms> {
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
        self.check_target(&action.url, "action.url")?;
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
