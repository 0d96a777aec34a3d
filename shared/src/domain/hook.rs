//! Hooks: what we tell the customer. The events and who wants them; signing is in `partner::hook`.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::ids::{ChannelId, EventId, FlowId, HookRuleId, TenantId};
use super::time::Time;

/// Delays before each attempt in seconds, each counted from the failure before (standard-webhooks 4).
pub const SCHEDULE_S: [u32; 10] = [0, 5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400];

/// An endpoint without a success for so long is switched off.
pub const ENDPOINT_FAILING_MAX: Duration = Duration::from_hours(5 * 24);

/// After so many failed attempts of one event there is a warning.
pub const WARN_AFTER_ATTEMPTS: u32 = 4;

/// How long deliveries and their attempts are kept after the last change.
pub const DELIVERY_KEPT: Duration = Duration::from_hours(30 * 24);

/// An endpoint that asks us to slow down is left alone for so long at most, whatever it asks.
pub const PAUSE_MAX: Duration = Duration::from_mins(5);

/// Replaced keys that are still signed with at most; older ones are dropped.
pub const PREVIOUS_KEYS_MAX: usize = 4;

/// Something a customer may want to hear (contracts 9.2).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct HookEvent {
    /// Derived from the cause; the `webhook-id`, the same over all retries.
    pub id: EventId,
    pub tenant: TenantId,
    pub channel: ChannelId,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub flow: Option<FlowId>,
    /// `identity_process`, `whatsapp_outbound`, …
    pub kind: EventKind,
    /// `succeeded`, `failed`, …
    pub action: String,
    pub time: Time,
    /// Rises within a conversation, so that a receiver can put its events in order; not without gaps. `None` for what
    /// belongs to no conversation, and for statuses of messages, which `time` orders.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sequence: Option<u64>,
    /// What it is about.
    pub object: serde_json::Value,
}

/// The groups of events (contracts 9.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum EventKind {
    IdentityProcess,
    WhatsappInbound,
    WhatsappOutbound,
    WhatsappSession,
    WhatsappProcess,
    OutboundTemplate,
    Message,
    Handover,
    /// A channel's account or number changed at its provider: restrictions, quality, limits, names.
    Channel,
    /// A bot did not answer, or asked for what is not done.
    Bot,
    /// A hook endpoint was switched off; goes to the tenant's other endpoints (standard-webhooks 4).
    Endpoint,
}

impl EventKind {
    /// The wire word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::IdentityProcess => "identity_process",
            Self::WhatsappInbound => "whatsapp_inbound",
            Self::WhatsappOutbound => "whatsapp_outbound",
            Self::WhatsappSession => "whatsapp_session",
            Self::WhatsappProcess => "whatsapp_process",
            Self::OutboundTemplate => "outbound_template",
            Self::Message => "message",
            Self::Handover => "handover",
            Self::Channel => "channel",
            Self::Bot => "bot",
            Self::Endpoint => "endpoint",
        }
    }

    /// What can happen in the group.
    pub const fn actions(self) -> &'static [&'static str] {
        match self {
            Self::IdentityProcess => &["created", "succeeded", "failed", "expired"],
            Self::WhatsappInbound => &["started"],
            Self::WhatsappOutbound => &["started", "approved", "canceled"],
            Self::WhatsappSession => &["started", "expired", "canceled", "restarted"],
            Self::WhatsappProcess => &["started", "succeeded", "failed"],
            Self::OutboundTemplate => &["approved", "rejected", "pending", "category_changed"],
            Self::Message => &["received", "sent", "delivered", "read", "failed"],
            Self::Handover => &["started", "connected", "ended", "failed"],
            Self::Channel => &["account_changed"],
            Self::Bot => &["failed"],
            Self::Endpoint => &["disabled"],
        }
    }
}

/// A rule: which events go where (contracts 9.1).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HookRule {
    pub id: HookRuleId,
    pub tenant: TenantId,
    #[serde(flatten)]
    pub terms: Terms,
    /// Sealed with the rule's id as context.
    pub keys: KeyRing,
    /// Why nothing is sent, if nothing is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub disabled: Option<Disabled>,
    pub created: Time,
    pub updated: Time,
    /// Rises with each write of the rule itself.
    pub version: u64,
    /// What its deliveries found out; lies beside the rule, so that a delivery never collides with an edit.
    #[serde(skip)]
    pub health: Health,
}

/// What the customer decides about a rule.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Terms {
    pub name: String,
    /// At least one.
    pub events: Vec<Wanted>,
    #[serde(default)]
    pub conditions: Conditions,
    pub action: WebAction,
    #[serde(default)]
    pub format: Format,
    /// As [`SCHEDULE_S`]; 1 to 12 steps, each at most 24 h.
    pub schedule_s: Vec<u32>,
}

/// One event that a rule listens to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Wanted {
    pub event_type: EventKind,
    /// One of [`EventKind::actions`].
    pub event_action: String,
}

/// Narrows a rule; an empty list narrows nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Conditions {
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub flow_id: Vec<FlowId>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub channel_id: Vec<ChannelId>,
}

/// Where a rule's hooks go.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WebAction {
    pub method: Method,
    pub url: String,
    /// Sent along with every hook.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub headers: BTreeMap<String, String>,
    /// Appended to the query of `url`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub parameters: BTreeMap<String, String>,
    /// Who answers for the endpoint. Told to the tenant's other endpoints when it is switched off; the gateway
    /// sends no mail.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status_email: Option<String>,
}

/// Methods that carry a body.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "UPPERCASE")]
pub enum Method {
    #[default]
    Post,
    Put,
    Patch,
}

/// What a hook's body is (README 7).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Format {
    /// JSON `{"type", "timestamp", "data"}`.
    #[default]
    Standard,
    /// The compact JWT of contracts 9.3 as text.
    Jwt,
}

/// Why and since when an endpoint gets nothing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Disabled {
    pub reason: DisabledReason,
    pub time: Time,
}

/// Why an endpoint gets nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum DisabledReason {
    /// By its owner.
    Owner,
    /// It answered 410.
    Gone,
    /// No attempt succeeded for [`ENDPOINT_FAILING_MAX`].
    Failing,
}

/// What deliveries found out about an endpoint.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Health {
    /// The first failure since the last success.
    pub failing_since: Option<Time>,
    /// It asked us to slow down: no attempt before.
    pub paused_until: Option<Time>,
}

impl HookRule {
    /// Whether the event is to be delivered to it. That an endpoint was switched off concerns all the others,
    /// whatever they listen to (standard-webhooks 4).
    pub fn wants(&self, event: &HookEvent) -> bool {
        if self.disabled.is_some() {
            return false;
        }
        if event.kind == EventKind::Endpoint {
            return event.object["rule_id"] != self.id.to_string();
        }
        let listed = |wanted: &Wanted| {
            wanted.event_type == event.kind && wanted.event_action == event.action
        };
        let Conditions { flow_id, channel_id } = &self.terms.conditions;
        self.terms.events.iter().any(listed)
            && (flow_id.is_empty() || event.flow.is_some_and(|flow| flow_id.contains(&flow)))
            && (channel_id.is_empty() || channel_id.contains(&event.channel))
    }
}

/// The key that signs and those that it replaced, all sealed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeyRing {
    /// Sealed text of the secret.
    pub current: String,
    pub since: Time,
    /// Newest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub previous: Vec<PreviousKey>,
}

/// A key that was replaced.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PreviousKey {
    pub sealed: String,
    /// It signs before this moment.
    pub until: Time,
}

impl KeyRing {
    pub fn new(sealed: String, now: Time) -> Self {
        Self { current: sealed, since: now, previous: Vec::new() }
    }

    /// Replaced by a new key. The one that was current goes on signing for `overlap`, older ones as long as they
    /// were to, but not longer.
    #[must_use]
    pub fn rotated(&self, sealed: String, overlap: Duration, now: Time) -> Self {
        let until = now + overlap;
        let mut previous = vec![PreviousKey { sealed: self.current.clone(), until }];
        previous.extend(
            self.previous
                .iter()
                .map(|key| PreviousKey { sealed: key.sealed.clone(), until: key.until.min(until) }),
        );
        previous.retain(|key| now < key.until);
        previous.truncate(PREVIOUS_KEYS_MAX);
        Self { current: sealed, since: now, previous }
    }

    /// The sealed secrets that sign now, newest first.
    pub fn signing(&self, now: Time) -> impl Iterator<Item = &str> {
        let previous = self.previous.iter().filter(move |key| now < key.until);
        std::iter::once(self.current.as_str()).chain(previous.map(|key| key.sealed.as_str()))
    }

    /// When the newest replaced key stops signing; `None` if no replaced key signs now.
    pub fn overlap_ends(&self, now: Time) -> Option<Time> {
        self.previous.iter().map(|key| key.until).max().filter(|until| now < *until)
    }
}
