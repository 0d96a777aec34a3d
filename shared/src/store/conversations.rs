//! Conversations: one item each, written whole and only over the version that was read.

use super::Store;
use super::aliases::{ALIASES_MAX, Place};
use super::keys;
use super::table::{Item, Range, When, Write, Written, attr};
use crate::domain::conversation::Conversation;
use crate::domain::ids::{ChannelId, ConversationId};
use crate::error::{Error, Result};

impl Store {
    /// The conversation as it is (`strong`), or as it was some milliseconds ago for half the price: good enough to
    /// decide on, because [`Store::save_conversation`] refuses a decision over an old state. If it goes on under another
    /// id, it is that one.
    pub async fn conversation(
        &self,
        id: ConversationId,
        strong: bool,
    ) -> Result<Option<Conversation>> {
        let mut id = id;
        for _ in 0..ALIASES_MAX {
            match self.place(id, strong).await? {
                Place::Empty => return Ok(None),
                Place::Here(conversation) => return Ok(Some(*conversation)),
                Place::Alias(alias) => id = alias.to,
            }
        }
        Err(Error::internal(format!("the aliases of {id} go round in circles")))
    }

    /// Writes the conversation and what has to change together with it; raises its version.
    ///
    /// # Errors
    /// [`Error::Changed`] if somebody else wrote it since it was read, or if one of the other writes was refused.
    pub async fn save_conversation(
        &self,
        conversation: &mut Conversation,
        together: Vec<Write>,
    ) -> Result<()> {
        let mut writes = vec![conversation_write(conversation)?];
        writes.extend(together);
        match self.table.write(writes).await? {
            Written::Done(_) => {
                conversation.version += 1;
                Ok(())
            }
            Written::Refused { .. } => Err(Error::Changed("the conversation")),
        }
    }

    /// A channel's conversations by the day of their last activity, newest first, and where the next page begins.
    pub async fn conversations(
        &self,
        channel: ChannelId,
        limit: u32,
        start: Option<String>,
    ) -> Result<(Vec<Conversation>, Option<String>)> {
        let range = Range {
            newest_first: true,
            limit,
            start,
            ..Range::index(keys::channel_partition(channel), "CONV#")
        };
        let page = self.table.query(&range).await?;
        let conversations = page.items.iter().map(Item::doc).collect::<Result<_>>()?;
        Ok((conversations, page.next))
    }
}

/// The write that saves the conversation over the version that was read, with the version after it.
pub fn conversation_write(conversation: &Conversation) -> Result<Write> {
    let saved = Conversation { version: conversation.version + 1, ..conversation.clone() };
    let day = saved.active.day();
    let item = Item::packed(&keys::conversation(saved.id), &saved)?
        .indexed(&keys::conversation_index(saved.channel, &day, saved.id))
        .with(attr::VERSION, i64::try_from(saved.version).unwrap_or(i64::MAX));
    Ok(Write::Put { item, when: When::Version(conversation.version) })
}
