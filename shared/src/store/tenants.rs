//! Tenants, their API keys and their apps.

use super::idempotency::Receipt;
use super::list::{Listed, Paging};
use super::table::{Item, Range, When, Write, Written};
use super::{Store, keys};
use crate::domain::ids::{AppId, KeyId, TenantId};
use crate::domain::tenant::{ApiKey, App, Tenant};
use crate::error::{Error, Result};

/// What an index prefix of API keys begins with.
const KEYS: &str = "KEY#";
const APPS: &str = "APP#";

impl Store {
    pub async fn tenant(&self, id: TenantId) -> Result<Option<Tenant>> {
        let item = self.table.get(&keys::tenant(id), true).await?;
        item.map(|item| item.doc()).transpose()
    }

    /// A new tenant with its first API key, both or none.
    pub async fn create_tenant(&self, tenant: &Tenant, key: &ApiKey) -> Result<()> {
        let item = Item::new(&keys::tenant(tenant.id), tenant)?;
        let tenant = Write::Put { item, when: When::Absent { now_s: 0 } };
        let written = self.table.write(vec![tenant, key_write(key)?]).await?;
        absent(&written, "the tenant exists already")
    }

    /// The key with this hex SHA-256. A key that was just made or deleted may be missed for a moment.
    pub async fn api_key(&self, hash: &str) -> Result<Option<ApiKey>> {
        let item = self.table.get(&keys::api_key(hash), false).await?;
        item.map(|item| item.doc()).transpose()
    }

    pub async fn create_api_key(&self, key: &ApiKey, receipt: Option<Receipt>) -> Result<()> {
        let mut writes = vec![key_write(key)?];
        Receipt::add(receipt, &mut writes);
        absent(&self.table.write(writes).await?, "the API key exists already")
    }

    /// A tenant's keys.
    pub async fn api_keys(&self, tenant: TenantId, paging: &Paging) -> Result<Listed<ApiKey>> {
        let range = Range::index(keys::tenant_partition(tenant), KEYS);
        self.list(range, paging, |item| item.doc().map(Some)).await
    }

    /// One of a tenant's keys. The index may be a moment behind.
    pub async fn api_key_of(&self, tenant: TenantId, id: KeyId) -> Result<Option<ApiKey>> {
        let key = keys::api_key_index(tenant, id);
        let page = self.table.query(&Range::index(key.pk, key.sk)).await?;
        page.items.first().map(Item::doc).transpose()
    }

    pub async fn delete_api_key(&self, key: &ApiKey) -> Result<()> {
        let key = keys::api_key(&key.hash);
        self.table.write(vec![Write::Delete { key, when: When::Always }]).await.map(|_| ())
    }

    pub async fn create_app(&self, app: &App, receipt: Option<Receipt>) -> Result<()> {
        let item = Item::new(&keys::app(app.tenant, app.id), app)?;
        let mut writes = vec![Write::Put { item, when: When::Absent { now_s: 0 } }];
        Receipt::add(receipt, &mut writes);
        absent(&self.table.write(writes).await?, "the app exists already")
    }

    pub async fn app(&self, tenant: TenantId, id: AppId) -> Result<Option<App>> {
        let item = self.table.get(&keys::app(tenant, id), true).await?;
        item.map(|item| item.doc()).transpose()
    }

    pub async fn apps(&self, tenant: TenantId, paging: &Paging) -> Result<Listed<App>> {
        let range = Range::new(keys::tenant_partition(tenant), APPS);
        self.list(range, paging, |item| item.doc().map(Some)).await
    }

    pub async fn delete_app(&self, tenant: TenantId, id: AppId) -> Result<()> {
        let key = keys::app(tenant, id);
        self.table.write(vec![Write::Delete { key, when: When::Always }]).await.map(|_| ())
    }
}

fn key_write(key: &ApiKey) -> Result<Write> {
    let item = Item::new(&keys::api_key(&key.hash), key)?
        .indexed(&keys::api_key_index(key.tenant, key.id));
    Ok(Write::Put { item, when: When::Absent { now_s: 0 } })
}

/// For writes that only fail because something is there already.
pub(crate) fn absent(written: &Written, what: &str) -> Result<()> {
    match written {
        Written::Done(_) => Ok(()),
        Written::Refused { .. } => Err(Error::Conflict(what.to_owned())),
    }
}
