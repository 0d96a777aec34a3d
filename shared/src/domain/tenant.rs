//! A company that uses this deployment, its API keys and what they may do.

use serde::{Deserialize, Serialize};

use super::channel::AppAlgorithm;
use super::ids::{AppId, KeyId, TenantId};
use super::time::Time;

/// What a key may do (README 4). `GlobalAdmin` implies all others.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    Hash,
    PartialOrd,
    Ord,
    Serialize,
    Deserialize,
    utoipa::ToSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Uses the public API: inbounds, outbounds, flows, messages, hooks.
    Integrator,
    ChannelsAdmin,
    ContactAdmin,
    BillingAdmin,
    GlobalAdmin,
}

impl Role {
    /// The wire word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Integrator => "integrator",
            Self::ChannelsAdmin => "channels_admin",
            Self::ContactAdmin => "contact_admin",
            Self::BillingAdmin => "billing_admin",
            Self::GlobalAdmin => "global_admin",
        }
    }
}

/// A company.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tenant {
    pub id: TenantId,
    pub name: String,
    pub created: Time,
}

/// An API key as it is stored: only its SHA-256 is kept, as the item's key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApiKey {
    pub id: KeyId,
    pub tenant: TenantId,
    pub name: String,
    pub roles: Vec<Role>,
    /// Restricts what the key may read to what this user may see.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
    /// Hex SHA-256 of the key.
    pub hash: String,
    pub created: Time,
}

impl ApiKey {
    /// Whether it may act in this role.
    pub fn may(&self, role: Role) -> bool {
        self.roles.contains(&role) || self.roles.contains(&Role::GlobalAdmin)
    }
}

/// An app as it is stored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct App {
    pub id: AppId,
    pub tenant: TenantId,
    pub name: String,
    pub algorithm: AppAlgorithm,
    /// `cs-<uuid>`.
    pub client_id: String,
    /// Sealed with the app id as context.
    pub client_secret: String,
    pub created: Time,
}
