//! What was found of whoever wrote: the conversation, or where one would begin.

use std::time::Duration;

use crate::domain::channel::OpenChannel;
use crate::domain::conversation::Conversation;
use crate::domain::ids::{ConversationId, MessageId};
use crate::domain::time::Time;
use crate::domain::user::Address;
use crate::error::Result;
use crate::store::Store;
use crate::store::aliases::Alias;

/// How far a provider's clock may be ahead of ours.
const SKEW: Duration = Duration::from_mins(5);

/// The conversation that a user's message belongs to.
#[derive(Debug, Clone)]
pub(in crate::handlers) struct Known {
    pub(in crate::handlers) id: ConversationId,
    /// `None`: nobody has written in it yet. It begins over this version.
    pub(in crate::handlers) conversation: Option<Conversation>,
    pub(in crate::handlers) over: u64,
    /// From when on what lies there is this user's, if somebody else had the number.
    pub(super) since: Option<Time>,
    /// Where it would be by the address of the message, if it is elsewhere.
    pub(super) went: Option<(ConversationId, Alias)>,
}

/// What became of a message while its conversation was elsewhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::handlers) enum Before {
    /// It was not there, or nothing was decided on it: it is stored and decided on where the conversation is now.
    Nothing,
    /// This very delivery decided on it, and what that wanted was done when the conversation went.
    Decided,
    /// Another delivery stored it.
    Duplicate,
}

impl Known {
    /// A message from before the conversation went where it is may lie where it was.
    pub(in crate::handlers) async fn before(
        &self,
        store: &Store,
        time: Time,
        provider_id: &str,
        writer: &str,
    ) -> Result<Before> {
        let Some(place) = self.place_before(time) else { return Ok(Before::Nothing) };
        let cause = self.went.as_ref().and_then(|(_, alias)| alias.cause.as_deref());
        let id = MessageId::of(place, time, &[provider_id.as_bytes()]);
        Ok(match store.writer(id).await? {
            Some(before) if before != writer => Before::Duplicate,
            Some(_) if cause == Some(&id.sort()) => Before::Decided,
            None | Some(_) => Before::Nothing,
        })
    }

    /// Where it would be by the identifier that led to this talk, if that were another one's.
    pub(super) fn without(self, talk: ConversationId) -> Self {
        match self.went {
            Some((id, Alias { version, .. })) if self.id == talk => {
                Self { id, conversation: None, over: version, since: None, went: None }
            }
            Some(_) | None => self,
        }
    }

    /// Where a message of this time may lie, if it is from before the conversation went where it is.
    pub(in crate::handlers) fn place_before(&self, time: Time) -> Option<ConversationId> {
        let (place, alias) = self.went.as_ref()?;
        (time <= alias.since + SKEW).then_some(*place)
    }

    /// As it is stored, or a new one that begins with a message of this time.
    pub(in crate::handlers) fn or_new(
        self,
        channel: &OpenChannel,
        address: &Address,
        time: Time,
        now: Time,
    ) -> Conversation {
        let (over, id, since) = (self.over, self.id, self.since.map(|since| since.min(time)));
        self.conversation.unwrap_or_else(|| Conversation {
            id,
            version: over,
            since,
            ..Conversation::new(channel.tenant, channel.id, address.clone(), now)
        })
    }
}
