//! Bots: one item each, with the draft and what is published.

use std::sync::Arc;

use super::idempotency::{Receipt, versioned};
use super::list::{Listed, Paging};
use super::table::{Range, When, Write};
use super::{Store, keys};
use crate::domain::bot::Bot;
use crate::domain::ids::{BotId, TenantId};
use crate::domain::time::Time;
use crate::error::Result;

impl Store {
    /// The newest state of a bot.
    pub async fn bot(&self, tenant: TenantId, id: BotId) -> Result<Option<Bot>> {
        let item = self.table.get(&keys::bot(tenant, id), true).await?;
        item.map(|item| item.doc()).transpose()
    }

    /// The bot as it was at most [`super::CACHE`] ago, so that what is asked per message costs nothing.
    pub async fn cached_bot(
        &self,
        tenant: TenantId,
        id: BotId,
        now: Time,
    ) -> Result<Option<Arc<Bot>>> {
        if let Some(bot) = self.caches.bots.get(&id, now) {
            return Ok(Some(bot).filter(|bot| bot.tenant == tenant));
        }
        let Some(bot) = self.bot(tenant, id).await?.map(Arc::new) else { return Ok(None) };
        self.caches.bots.put(id, Arc::clone(&bot), now);
        Ok(Some(bot))
    }

    pub async fn bots(&self, tenant: TenantId, paging: &Paging) -> Result<Listed<Bot>> {
        let range = Range::new(keys::tenant_partition(tenant), keys::BOTS);
        self.list(range, paging, |item| item.doc().map(Some)).await
    }

    pub async fn create_bot(&self, bot: &Bot, receipt: Option<Receipt>) -> Result<()> {
        self.write_bot(bot, When::Absent { now_s: 0 }, receipt).await
    }

    /// Replaces the bot that had `version` before.
    pub async fn save_bot(&self, version: u64, bot: &Bot, receipt: Option<Receipt>) -> Result<()> {
        self.write_bot(bot, When::Version(version), receipt).await
    }

    async fn write_bot(&self, bot: &Bot, when: When, receipt: Option<Receipt>) -> Result<()> {
        let mut writes = vec![bot_write(bot, when)?];
        Receipt::add(receipt, &mut writes);
        let written = self.table.write(writes).await?;
        self.caches.bots.forget(&bot.id);
        written.or_changed("the bot").map(|_| ())
    }

    pub async fn delete_bot(&self, bot: &Bot) -> Result<()> {
        let key = keys::bot(bot.tenant, bot.id);
        let writes = vec![Write::Delete { key, when: When::Version(bot.version) }];
        let written = self.table.write(writes).await?;
        self.caches.bots.forget(&bot.id);
        written.or_changed("the bot").map(|_| ())
    }
}

pub(super) fn bot_write(bot: &Bot, when: When) -> Result<Write> {
    let item = versioned(&keys::bot(bot.tenant, bot.id), bot, bot.version)?;
    Ok(Write::Put { item, when })
}
