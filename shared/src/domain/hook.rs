//! Hooks: what we tell the customer. The events and who wants them; signing is in `partner::hook`.

use serde::{Deserialize, Serialize};

use super::ids::{ChannelId, EventId, FlowId, TenantId};
use super::time::Time;

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
            Self::OutboundTemplate => &["approved", "rejected", "pending"],
            Self::Message => &["received", "sent", "delivered", "read", "failed"],
            Self::Handover => &["started", "connected", "ended", "failed"],
            Self::Endpoint => &["disabled"],
        }
    }
}

/// A rule: which events go where (contracts 9.1).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct HookRule {
    pub id: super::ids::HookRuleId,
    pub tenant: TenantId,
}
