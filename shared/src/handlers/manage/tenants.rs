//! The tenant of a key, and its API keys (README 4).

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{ListOf, ListQuery, Manage, found};
use crate::domain::ids::{KeyId, TenantId};
use crate::domain::tenant::{ApiKey, Role, Tenant};
use crate::domain::time::Time;
use crate::error::{Error, Result};
use crate::handlers::admit::{Call, key_hash};
use crate::ports::Random;
use crate::store::Store;

/// A tenant as it is shown.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct TenantView {
    pub tenant_id: TenantId,
    pub name: String,
    pub creation_date: Time,
}

/// A new API key.
#[derive(Debug, Clone, Deserialize, ToSchema)]
pub struct NewApiKey {
    #[schema(min_length = 1, max_length = 200)]
    pub name: String,
    #[schema(min_items = 1, max_items = 5)]
    pub roles: Vec<Role>,
    /// Restricts what the key may read to what this user may see.
    #[schema(min_length = 1, max_length = 200)]
    pub user_id: Option<String>,
}

/// An API key as it is shown: never the key itself.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ApiKeyView {
    pub key_id: KeyId,
    pub name: String,
    pub roles: Vec<Role>,
    pub user_id: Option<String>,
    pub creation_date: Time,
}

/// A new API key, with the key: it is shown this once.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct CreatedApiKey {
    #[serde(flatten)]
    pub view: ApiKeyView,
    pub key: String,
}

impl From<ApiKey> for ApiKeyView {
    fn from(key: ApiKey) -> Self {
        let (name, roles, user_id) = (key.name, key.roles, key.user);
        Self { key_id: key.id, name, roles, user_id, creation_date: key.created }
    }
}

/// A new tenant and the key of its first administrator, which is shown this once: for the first start of a
/// deployment, when there is no key to call the API with.
pub async fn found_tenant(
    store: &Store,
    random: &dyn Random,
    now: Time,
    name: &str,
) -> Result<(Tenant, String)> {
    let mut id = [0; 16];
    random.fill(&mut id);
    let tenant = Tenant { id: TenantId::from_bytes(id), name: name.to_owned(), created: now };
    let (key, secret) = draw_key(random, tenant.id, "first", vec![Role::GlobalAdmin], None, now);
    store.create_tenant(&tenant, &key).await?;
    Ok((tenant, secret))
}

fn draw_key(
    random: &dyn Random,
    tenant: TenantId,
    name: &str,
    roles: Vec<Role>,
    user: Option<String>,
    now: Time,
) -> (ApiKey, String) {
    let (mut id, mut secret) = ([0; 16], [0; 32]);
    random.fill(&mut id);
    random.fill(&mut secret);
    let secret = format!("k_{}", URL_SAFE_NO_PAD.encode(secret));
    let (id, name) = (KeyId::from_bytes(id), name.to_owned());
    let hash = key_hash(&secret);
    (ApiKey { id, tenant, name, roles, user, hash, created: now }, secret)
}

impl Manage {
    /// The caller's tenant.
    pub async fn tenant(&self, call: &Call) -> Result<TenantView> {
        let tenant = found(self.store.tenant(call.caller.tenant).await?, "tenant")?;
        Ok(TenantView { tenant_id: tenant.id, name: tenant.name, creation_date: tenant.created })
    }

    pub async fn create_api_key(&self, call: &Call, new: NewApiKey) -> Result<CreatedApiKey> {
        call.require(Role::GlobalAdmin)?;
        let (random, tenant) = (&*self.ports.random, call.caller.tenant);
        let (key, secret) = draw_key(random, tenant, &new.name, new.roles, new.user_id, call.now);
        let created = CreatedApiKey { view: key.clone().into(), key: secret };
        let receipt = self.admit.secret_receipt(call, 201, &created).await?;
        self.store.create_api_key(&key, receipt).await?;
        Ok(created)
    }

    pub async fn api_keys(&self, call: &Call, query: ListQuery) -> Result<ListOf<ApiKeyView>> {
        call.require(Role::GlobalAdmin)?;
        let keys = self.store.api_keys(call.caller.tenant, &query.paging()).await?;
        Ok(ListOf::of(keys, ApiKeyView::from))
    }

    /// Revokes a key at once. The caller's own stays, so that nobody locks a tenant out.
    pub async fn delete_api_key(&self, call: &Call, id: KeyId) -> Result<()> {
        call.require(Role::GlobalAdmin)?;
        let key = found(self.store.api_key_of(call.caller.tenant, id).await?, "key_id")?;
        if key.id == call.caller.id {
            return Err(Error::Conflict("a key cannot delete itself".to_owned()));
        }
        self.store.delete_api_key(&key).await
    }
}
