//! Channels: the stored form, and the opened one that providers take.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::idempotency::{Receipt, versioned};
use super::list::{Listed, Paging};
use super::table::{Item, Range, When, Write, Written};
use super::{Store, keys};
use crate::domain::channel::{AppKey, Channel, Credentials, OpenChannel, Secret};
use crate::domain::ids::{AppId, ChannelId, TenantId};
use crate::domain::limits::Limits;
use crate::domain::time::Time;
use crate::error::{Error, Result};
use crate::ports::Secrets;

const CHANNELS: &str = "CHANNEL#";

/// Many environments hear of the same trouble at once.
const TRIES: u32 = 5;

impl Store {
    pub async fn channel(&self, id: ChannelId) -> Result<Option<Channel>> {
        let item = self.table.get(&keys::channel(id), true).await?;
        item.map(|item| item.doc()).transpose()
    }

    /// The channel, if it is this tenant's.
    pub async fn channel_of(&self, tenant: TenantId, id: ChannelId) -> Result<Option<Channel>> {
        Ok(self.channel(id).await?.filter(|channel| channel.tenant == tenant))
    }

    /// The channel as it was at most [`super::CACHE`] ago, for whoever needs nothing that is sealed of it.
    pub async fn cached_channel(&self, id: ChannelId, now: Time) -> Result<Option<Arc<Channel>>> {
        if let Some(channel) = self.caches.plain_channels.get(&id, now) {
            return Ok(Some(channel));
        }
        let Some(channel) = self.channel(id).await?.map(Arc::new) else { return Ok(None) };
        self.caches.plain_channels.put(id, Arc::clone(&channel), now);
        Ok(Some(channel))
    }

    /// The tenant's channel with this number (digits with the country code).
    pub async fn channel_by_number(
        &self,
        tenant: TenantId,
        digits: &str,
    ) -> Result<Option<Channel>> {
        match self.table.get(&keys::number(tenant, digits), true).await? {
            Some(item) => self.channel_of(tenant, item.doc()?).await,
            None => Ok(None),
        }
    }

    /// A tenant's channels.
    pub async fn channels(&self, tenant: TenantId, paging: &Paging) -> Result<Listed<Channel>> {
        let range = Range::index(keys::tenant_partition(tenant), CHANNELS);
        self.list(range, paging, |item| item.doc().map(Some)).await
    }

    /// Ids of all of a tenant's channels.
    pub async fn channel_ids(&self, tenant: TenantId) -> Result<Vec<ChannelId>> {
        let range = Range::index(keys::tenant_partition(tenant), CHANNELS);
        let items = self.table.query_all(range).await?;
        items.iter().map(|item| item.doc::<Channel>().map(|channel| channel.id)).collect()
    }

    /// Whether any of a tenant's channels is like this. A channel that was just changed may be missed.
    pub async fn any_channel(
        &self,
        tenant: TenantId,
        like: impl Fn(&Channel) -> bool,
    ) -> Result<bool> {
        let range = Range::index(keys::tenant_partition(tenant), CHANNELS);
        for item in self.table.query_all(range).await? {
            if like(&item.doc()?) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// [`Error::Conflict`] if the tenant has a channel with this number.
    pub async fn create_channel(&self, channel: &Channel, receipt: Option<Receipt>) -> Result<()> {
        let when = When::Absent { now_s: 0 };
        let mut writes = vec![number_write(channel)?, channel_write(channel, when)?];
        Receipt::add(receipt, &mut writes);
        taken(self.table.write(writes).await?, channel)
    }

    /// Replaces `old` by `new`, whose version is one higher. [`Error::Changed`] if `old` is not the stored one.
    pub async fn save_channel(
        &self,
        old: &Channel,
        new: &Channel,
        receipt: Option<Receipt>,
    ) -> Result<()> {
        let mut writes = vec![channel_write(new, When::Version(old.version))?];
        if old.phone_number != new.phone_number {
            writes.insert(0, number_write(new)?);
            let key = keys::number(old.tenant, &old.phone_number);
            writes.push(Write::Delete { key, when: When::Always });
        }
        Receipt::add(receipt, &mut writes);
        let written = self.table.write(writes).await?;
        self.forget_channel(new.id);
        taken(written, new)
    }

    /// Changes what bounds a channel, unless `change` finds nothing to do: how it is bounded now.
    pub async fn change_limits(
        &self,
        id: ChannelId,
        change: impl Fn(&Limits) -> Option<Limits>,
    ) -> Result<Limits> {
        for _ in 0..TRIES {
            let Some(old) = self.channel(id).await? else { return Ok(Limits::default()) };
            // What is remembered may be older than what was just read.
            self.caches.channels.forget(&id);
            let Some(limits) = change(&old.limits) else { return Ok(old.limits) };
            let new = Channel { limits, version: old.version + 1, ..old.clone() };
            match self.save_channel(&old, &new, None).await {
                Err(Error::Changed(_)) => {}
                saved => return saved.map(|()| new.limits),
            }
        }
        Err(Error::Changed("the channel"))
    }

    pub async fn delete_channel(&self, channel: &Channel) -> Result<()> {
        let number = keys::number(channel.tenant, &channel.phone_number);
        let writes = vec![
            Write::Delete { key: keys::channel(channel.id), when: When::Version(channel.version) },
            Write::Delete { key: number, when: When::Always },
        ];
        let written = self.table.write(writes).await?;
        self.forget_channel(channel.id);
        written.or_changed("the channel").map(|_| ())
    }

    fn forget_channel(&self, id: ChannelId) {
        self.caches.channels.forget(&id);
        self.caches.plain_channels.forget(&id);
    }

    /// The channel with its credentials and its app's key opened. Remembered for [`super::CACHE`], so what is asked
    /// per message costs nothing.
    pub async fn open_channel(
        &self,
        id: ChannelId,
        secrets: &dyn Secrets,
        now: Time,
    ) -> Result<Option<Arc<OpenChannel>>> {
        if let Some(channel) = self.caches.channels.get(&id, now) {
            return Ok(Some(channel));
        }
        let Some(channel) = self.channel(id).await? else { return Ok(None) };
        let open = Arc::new(self.opened(channel, secrets).await?);
        self.caches.channels.put(id, Arc::clone(&open), now);
        Ok(Some(open))
    }

    /// Opens what is sealed of a channel.
    pub async fn opened(&self, channel: Channel, secrets: &dyn Secrets) -> Result<OpenChannel> {
        let plain = secrets.open(&channel.id.to_string(), &channel.credentials).await?;
        let values: BTreeMap<String, String> = serde_json::from_slice(&plain)
            .map_err(|_| Error::internal(format!("credentials of {} are broken", channel.id)))?;
        let app = match channel.associated_app {
            Some(app) => Some(self.app_key(channel.tenant, app, secrets).await?),
            None => None,
        };
        Ok(OpenChannel { channel, credentials: Credentials::new(values), app })
    }

    /// A channel whose app is gone cannot tell friend from foe, so it is not opened at all.
    async fn app_key(&self, tenant: TenantId, id: AppId, secrets: &dyn Secrets) -> Result<AppKey> {
        let gone = || Error::internal(format!("associated app {id} is gone"));
        let app = self.app(tenant, id).await?.ok_or_else(gone)?;
        let secret = secrets.open(&id.to_string(), &app.client_secret).await?;
        let secret = String::from_utf8(secret)
            .map_err(|_| Error::internal(format!("the secret of {id} is broken")))?;
        let (client_id, algorithm) = (app.client_id, app.algorithm);
        Ok(AppKey { client_id, secret: Secret::new(secret), algorithm })
    }
}

fn channel_write(channel: &Channel, when: When) -> Result<Write> {
    let item = versioned(&keys::channel(channel.id), channel, channel.version)?
        .indexed(&keys::channel_index(channel.tenant, channel.id));
    Ok(Write::Put { item, when })
}

fn number_write(channel: &Channel) -> Result<Write> {
    let key = keys::number(channel.tenant, &channel.phone_number);
    let item = Item::new(&key, &channel.id)?;
    Ok(Write::Put { item, when: When::Absent { now_s: 0 } })
}

/// What a refused list of writes that may begin with a number means.
fn taken(written: Written, channel: &Channel) -> Result<()> {
    match written {
        Written::Done(_) => Ok(()),
        Written::Refused { old: Some(old), .. }
            if old.key() == keys::number(channel.tenant, &channel.phone_number) =>
        {
            Err(Error::Conflict("phone_number is the number of another channel".to_owned()))
        }
        Written::Refused { .. } => Err(Error::Changed("the channel")),
    }
}
