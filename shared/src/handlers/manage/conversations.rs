//! What users and channels have said: conversations and their messages, for reading (README 9).

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::messages::MessageBody;
use super::{ListOf, ListQuery, Manage, found};
use crate::domain::conversation::Conversation;
use crate::domain::ids::{ChannelId, ConversationId, ProcessId, TenantId};
use crate::domain::tenant::Role;
use crate::domain::time::Time;
use crate::domain::user::{Address, WaId};
use crate::error::{Error, Result};
use crate::handlers::admit::Call;

/// Which conversations.
#[derive(Debug, Clone, Deserialize, IntoParams)]
pub struct ConversationsQuery {
    /// Of this channel only.
    pub channel_id: Option<ChannelId>,
    /// With this number only; with its country code.
    #[param(min_length = 1, max_length = 24)]
    pub phone_number: Option<String>,
    /// Entries at most; 50 where nothing is said.
    #[param(minimum = 1, maximum = 200)]
    pub page_size: Option<u32>,
    /// `next_key` of the page before.
    #[param(min_length = 1, max_length = 2048)]
    pub start_key: Option<String>,
}

/// A conversation as it is shown.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ConversationBody {
    pub conversation_id: ConversationId,
    pub channel_id: ChannelId,
    /// Null for users who hide it.
    pub phone_number: Option<String>,
    /// What the provider calls the number, where it told another one than was dialled.
    pub wa_id: Option<String>,
    /// The user's business-scoped id, where it is known.
    pub user_id: Option<String>,
    pub name: Option<String>,
    pub last_user_message_date: Option<Time>,
    /// Until when free-form messages may go out; null if the user never wrote.
    pub window_closes_date: Option<Time>,
    pub window_open: bool,
    /// The run of a flow that is going on.
    pub process_id: Option<ProcessId>,
    /// What the user last said of consent at the provider.
    pub opted_in: Option<bool>,
    pub creation_date: Time,
    pub update_date: Time,
}

impl ConversationBody {
    fn of(conversation: Conversation, now: Time) -> Self {
        Self {
            conversation_id: conversation.id,
            channel_id: conversation.channel,
            phone_number: conversation.address.phone().map(str::to_owned),
            last_user_message_date: conversation.last_user_message,
            window_closes_date: conversation.window_closes(),
            window_open: conversation.window_open(now),
            process_id: conversation.running().map(|process| process.id),
            opted_in: conversation.opted_in,
            creation_date: conversation.created,
            update_date: conversation.active,
            wa_id: conversation.wa_id.map(|id| id.as_str().to_owned()),
            user_id: conversation.bsuid.map(|id| id.as_str().to_owned()),
            name: conversation.name,
        }
    }
}

impl Manage {
    /// Channel by channel, the newest day first.
    pub async fn conversations(
        &self,
        call: &Call,
        query: ConversationsQuery,
    ) -> Result<ListOf<ConversationBody>> {
        call.require_any(&[Role::Integrator, Role::ContactAdmin])?;
        let tenant = call.caller.tenant;
        let channels = self.channels_of(tenant, query.channel_id).await?;
        if let Some(number) = &query.phone_number {
            return self.conversations_with(&channels, number, call.now).await;
        }
        let size = query.page_size.unwrap_or(50);
        let (mut at, mut start) = read_start(query.start_key.as_deref(), &channels)?;
        let mut items = Vec::new();
        while let Some(channel) = channels.get(at) {
            let left = size.saturating_sub(u32::try_from(items.len()).unwrap_or(u32::MAX));
            if left == 0 {
                break;
            }
            let (found, next) = self.store.conversations(*channel, left, start).await?;
            items.extend(found.into_iter().map(|c| ConversationBody::of(c, call.now)));
            start = next;
            if start.is_none() {
                at += 1;
            }
        }
        let next_key = channels.get(at).map(|channel| write_start(*channel, start.as_deref()));
        Ok(ListOf { items, next_key })
    }

    async fn conversations_with(
        &self,
        channels: &[ChannelId],
        number: &str,
        now: Time,
    ) -> Result<ListOf<ConversationBody>> {
        let digits: String = number.chars().filter(char::is_ascii_digit).collect();
        let id = WaId::parse(&digits).map_err(|_| {
            Error::invalid("phone_number", "must be a number with its country code")
        })?;
        let address = Address::Phone(id);
        let mut items = Vec::new();
        for channel in channels {
            let conversation =
                self.store.conversation(address.conversation(*channel), true).await?;
            items.extend(conversation.map(|c| ConversationBody::of(c, now)));
        }
        Ok(ListOf { items, next_key: None })
    }

    pub async fn conversation(&self, call: &Call, id: ConversationId) -> Result<ConversationBody> {
        call.require_any(&[Role::Integrator, Role::ContactAdmin])?;
        let conversation = self.own_conversation(call, id).await?;
        Ok(ConversationBody::of(conversation, call.now))
    }

    /// The messages of both sides, newest first.
    pub async fn conversation_messages(
        &self,
        call: &Call,
        id: ConversationId,
        query: ListQuery,
    ) -> Result<ListOf<MessageBody>> {
        call.require_any(&[Role::Integrator, Role::ContactAdmin])?;
        let conversation = self.own_conversation(call, id).await?;
        let paging = query.paging();
        let (mut messages, mut next_key) =
            self.store.messages(id, paging.size, paging.start).await?;
        if let Some(since) = conversation.since.filter(|_| conversation.id == id) {
            // What is older was said with whoever had the number before, to the end of the list.
            let all = messages.len();
            messages.retain(|message| message.time() >= since);
            next_key = next_key.filter(|_| messages.len() == all);
        }
        Ok(ListOf { items: messages.into_iter().map(MessageBody::from).collect(), next_key })
    }

    async fn own_conversation(&self, call: &Call, id: ConversationId) -> Result<Conversation> {
        let conversation = self.store.conversation(id, true).await?;
        found(conversation.filter(|c| c.tenant == call.caller.tenant), "conversation_id")
    }

    /// The tenant's channels, or the one that is asked for.
    pub(super) async fn channels_of(
        &self,
        tenant: TenantId,
        only: Option<ChannelId>,
    ) -> Result<Vec<ChannelId>> {
        match only {
            Some(id) => {
                let channel = found(self.store.channel_of(tenant, id).await?, "channel_id")?;
                Ok(vec![channel.id])
            }
            None => self.store.channel_ids(tenant).await,
        }
    }
}

/// A page's start: a channel and a place in its list.
fn write_start(channel: ChannelId, start: Option<&str>) -> String {
    URL_SAFE_NO_PAD.encode(format!("{channel}|{}", start.unwrap_or_default()))
}

fn read_start(key: Option<&str>, channels: &[ChannelId]) -> Result<(usize, Option<String>)> {
    let Some(key) = key else { return Ok((0, None)) };
    let wrong = || Error::invalid("start_key", "must be the next_key of the page before");
    let text = URL_SAFE_NO_PAD.decode(key).ok().and_then(|bytes| String::from_utf8(bytes).ok());
    let text = text.ok_or_else(wrong)?;
    let (channel, start) = text.split_once('|').ok_or_else(wrong)?;
    let channel: ChannelId = channel.parse().map_err(|_| wrong())?;
    let at = channels.iter().position(|known| *known == channel).ok_or_else(wrong)?;
    Ok((at, Some(start.to_owned()).filter(|start| !start.is_empty())))
}
