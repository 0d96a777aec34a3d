//! What is known of a stored file; its bytes lie behind the `Media` port. Also what a provider called its own copy,
//! so that a file which goes to many users is uploaded once.

use serde::{Deserialize, Serialize};

use super::Store;
use super::idempotency::Receipt;
use super::keys;
use super::table::{Item, When, Write, attr};
use crate::domain::ids::{ChannelId, MediaId, MessageId, TenantId};
use crate::domain::time::Time;
use crate::error::Result;

/// What the provider calls its copy.
const PROVIDER_ID: &str = "pid";

/// Providers keep uploads for two weeks at least (whatsapp-rules 3, 360dialog 7).
const UPLOAD_KEPT_S: i64 = 7 * 24 * 3600;

/// A copy of a user's file, or a file that a caller brought.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoredMedia {
    pub id: MediaId,
    pub tenant: TenantId,
    /// Where it came from, if a user sent it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub channel: Option<ChannelId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<MessageId>,
    pub mime: String,
    /// From the user: shown, never used as a path.
    pub filename: Option<String>,
    pub size_bytes: u64,
    /// Hex, of the bytes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sha256: Option<String>,
    pub created: Time,
}

impl Store {
    pub async fn media(&self, id: MediaId) -> Result<Option<StoredMedia>> {
        self.table.get(&keys::media(id), false).await?.map(|item| item.doc()).transpose()
    }

    /// Doing it twice is doing it once: the id is derived from the message.
    pub async fn put_media(&self, media: &StoredMedia) -> Result<()> {
        let item = Item::new(&keys::media(media.id), media)?;
        self.table.write(vec![Write::Put { item, when: When::Always }]).await.map(drop)
    }

    /// A file that a caller brought, with the answer to an idempotent request.
    pub async fn create_media(&self, media: &StoredMedia, receipt: Option<Receipt>) -> Result<()> {
        let item = Item::new(&keys::media(media.id), media)?;
        let mut writes = vec![Write::Put { item, when: When::Unset(attr::PK) }];
        Receipt::add(receipt, &mut writes);
        self.table.write(writes).await?.or_changed("the file").map(drop)
    }

    /// The provider's id of its copy, if it was uploaded for this channel and is still kept there.
    pub async fn uploaded(
        &self,
        id: MediaId,
        channel: ChannelId,
        now: Time,
    ) -> Result<Option<String>> {
        let item = self.table.get(&keys::uploaded(id, channel), false).await?;
        // The table takes its time to forget.
        let is_kept = |item: &Item| item.number(attr::TTL).is_some_and(|ttl| now.seconds() < ttl);
        let id = item.as_ref().filter(|item| is_kept(item));
        Ok(id.and_then(|item| item.text(PROVIDER_ID)).map(str::to_owned))
    }

    pub async fn put_uploaded(
        &self,
        id: MediaId,
        channel: ChannelId,
        provider_id: &str,
        now: Time,
    ) -> Result<()> {
        let ttl = now.seconds() + UPLOAD_KEPT_S;
        let key = keys::uploaded(id, channel);
        let item = Item::default()
            .with(attr::PK, key.pk)
            .with(attr::SK, key.sk)
            .with(PROVIDER_ID, provider_id)
            .with(attr::TTL, ttl);
        self.table.write(vec![Write::Put { item, when: When::Always }]).await.map(drop)
    }
}
