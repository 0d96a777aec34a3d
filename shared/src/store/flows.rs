//! Flows, and their published versions, which never change.

use std::sync::Arc;

use super::idempotency::{Receipt, versioned};
use super::list::{Listed, Paging};
use super::table::{Item, Range, When, Write};
use super::{Store, keys};
use crate::domain::flow::{Definition, Flow};
use crate::domain::ids::{FlowId, TenantId};
use crate::domain::time::Time;
use crate::error::Result;

const FLOWS: &str = "FLOW#";

/// Published versions are remembered under one fixed time, so that they never grow old.
const FOR_EVER: Time = Time::from_millis(0);

impl Store {
    pub async fn flow(&self, tenant: TenantId, id: FlowId) -> Result<Option<Flow>> {
        let item = self.table.get(&keys::flow(tenant, id), true).await?;
        item.map(|item| item.doc()).transpose()
    }

    /// A published version. Remembered for ever.
    pub async fn flow_version(&self, id: FlowId, number: u32) -> Result<Option<Arc<Definition>>> {
        if let Some(definition) = self.caches.flows.get(&(id, number), FOR_EVER) {
            return Ok(Some(definition));
        }
        let Some(item) = self.table.get(&keys::flow_version(id, number), true).await? else {
            return Ok(None);
        };
        let definition = Arc::new(item.doc()?);
        self.caches.flows.put((id, number), Arc::clone(&definition), FOR_EVER);
        Ok(Some(definition))
    }

    pub async fn flows(&self, tenant: TenantId, paging: &Paging) -> Result<Listed<Flow>> {
        let range = Range::new(keys::tenant_partition(tenant), FLOWS);
        self.list(range, paging, |item| item.doc().map(Some)).await
    }

    pub async fn create_flow(&self, flow: &Flow, receipt: Option<Receipt>) -> Result<()> {
        let when = When::Absent { now_s: 0 };
        let mut writes = vec![flow_write(flow, when)?];
        Receipt::add(receipt, &mut writes);
        self.table.write(writes).await?.or_changed("the flow").map(|_| ())
    }

    /// Replaces the flow that had `version` before.
    pub async fn save_flow(&self, version: u64, flow: &Flow) -> Result<()> {
        let writes = vec![flow_write(flow, When::Version(version))?];
        self.table.write(writes).await?.or_changed("the flow").map(|_| ())
    }

    /// Stores the flow, whose `published` is new, with that version beside it.
    pub async fn publish_flow(
        &self,
        version: u64,
        flow: &Flow,
        receipt: Option<Receipt>,
    ) -> Result<()> {
        let number = flow.published.unwrap_or_default();
        let item = Item::new(&keys::flow_version(flow.id, number), &flow.draft)?;
        let mut writes = vec![
            flow_write(flow, When::Version(version))?,
            Write::Put { item, when: When::Absent { now_s: 0 } },
        ];
        Receipt::add(receipt, &mut writes);
        self.table.write(writes).await?.or_changed("the flow").map(|_| ())
    }

    /// Published versions stay, because processes may be running on them.
    pub async fn delete_flow(&self, flow: &Flow) -> Result<()> {
        let key = keys::flow(flow.tenant, flow.id);
        let writes = vec![Write::Delete { key, when: When::Version(flow.version) }];
        self.table.write(writes).await?.or_changed("the flow").map(|_| ())
    }
}

pub(super) fn flow_write(flow: &Flow, when: When) -> Result<Write> {
    let item = versioned(&keys::flow(flow.tenant, flow.id), flow, flow.version)?;
    Ok(Write::Put { item, when })
}
