//! What is known of a stored file; its bytes lie behind the `Media` port.

use serde::{Deserialize, Serialize};

use super::Store;
use super::keys;
use super::table::{Item, When, Write};
use crate::domain::ids::{ChannelId, MediaId, MessageId, TenantId};
use crate::domain::time::Time;
use crate::error::Result;

/// A copy of a user's file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoredMedia {
    pub id: MediaId,
    pub tenant: TenantId,
    pub channel: ChannelId,
    pub message: MessageId,
    pub mime: String,
    /// From the user: shown, never used as a path.
    pub filename: Option<String>,
    pub size_bytes: u64,
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
}
