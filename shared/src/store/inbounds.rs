//! Inbounds, and the texts that find them.

use super::idempotency::Receipt;
use super::list::{Listed, Paging};
use super::table::{Item, Range, When, Write, Written};
use super::{Store, keys};
use crate::domain::ids::{ChannelId, InboundId, TenantId};
use crate::domain::inbound::Inbound;
use crate::error::{Error, Result};

const INBOUNDS: &str = "INBOUND#";

impl Store {
    /// The inbound that a text starts on a channel, if one does; `text` in normal form. An inbound that was made
    /// within the last moments may be missed.
    pub async fn inbound_for_text(
        &self,
        channel: ChannelId,
        text: &str,
    ) -> Result<Option<Inbound>> {
        let item = self.table.get(&keys::inbound_text(channel, text), false).await?;
        item.map(|item| item.doc()).transpose()
    }

    pub async fn inbound(&self, tenant: TenantId, id: InboundId) -> Result<Option<Inbound>> {
        let item = self.table.get(&keys::inbound(tenant, id), true).await?;
        item.map(|item| item.doc()).transpose()
    }

    /// A tenant's inbounds, all or those of a number or a flow.
    pub async fn inbounds(
        &self,
        tenant: TenantId,
        paging: &Paging,
        keep: impl Fn(&Inbound) -> bool,
    ) -> Result<Listed<Inbound>> {
        let range = Range::new(keys::tenant_partition(tenant), INBOUNDS);
        self.list(range, paging, |item| Ok(Some(item.doc()?).filter(&keep))).await
    }

    /// Whether any inbound is like this.
    pub async fn any_inbound(
        &self,
        tenant: TenantId,
        like: impl Fn(&Inbound) -> bool,
    ) -> Result<bool> {
        let range = Range::new(keys::tenant_partition(tenant), INBOUNDS);
        for item in self.table.query_all(range).await? {
            if like(&item.doc()?) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// `text` is the message in normal form. [`Error::Conflict`] if it starts another flow of this number already.
    pub async fn create_inbound(
        &self,
        inbound: &Inbound,
        text: &str,
        receipt: Option<Receipt>,
    ) -> Result<()> {
        let absent = When::Absent { now_s: 0 };
        let item = Item::new(&keys::inbound(inbound.tenant, inbound.id), inbound)?;
        let mut writes =
            vec![text_write(inbound, text, absent.clone())?, Write::Put { item, when: absent }];
        Receipt::add(receipt, &mut writes);
        unique(&self.table.write(writes).await?)
    }

    /// Replaces `old` by `new`; both texts in normal form.
    pub async fn save_inbound(
        &self,
        (old, old_text): (&Inbound, &str),
        (new, new_text): (&Inbound, &str),
    ) -> Result<()> {
        let item = Item::new(&keys::inbound(new.tenant, new.id), new)?;
        let put = Write::Put { item, when: When::Present };
        let writes = if old_text == new_text {
            vec![text_write(new, new_text, When::Present)?, put]
        } else {
            let key = keys::inbound_text(old.channel, old_text);
            let absent = When::Absent { now_s: 0 };
            let gone = Write::Delete { key, when: When::Always };
            vec![text_write(new, new_text, absent)?, put, gone]
        };
        unique(&self.table.write(writes).await?)
    }

    pub async fn delete_inbound(&self, inbound: &Inbound, text: &str) -> Result<()> {
        let writes =
            [keys::inbound(inbound.tenant, inbound.id), keys::inbound_text(inbound.channel, text)]
                .map(|key| Write::Delete { key, when: When::Always });
        self.table.write(writes.into()).await.map(|_| ())
    }
}

fn text_write(inbound: &Inbound, text: &str, when: When) -> Result<Write> {
    let item = Item::new(&keys::inbound_text(inbound.channel, text), inbound)?;
    Ok(Write::Put { item, when })
}

/// The text comes first in the list of writes.
fn unique(written: &Written) -> Result<()> {
    match written {
        Written::Done(_) => Ok(()),
        Written::Refused { place: 0, .. } => {
            Err(Error::Conflict("inbound_message is used by another inbound".to_owned()))
        }
        Written::Refused { .. } => Err(Error::Changed("the inbound")),
    }
}
