//! Who a user is: which conversation a message belongs to, and what is learnt of a user's identifiers on the way
//! (whatsapp-rules 8, 9). Everything here may run twice, and beside itself: each step is one conditional write, and
//! whoever finds the state changed looks again.

mod known;

use std::time::Duration;

pub(super) use self::known::{Before, Known};
use super::effects::{change, emit};
use crate::domain::conversation::Conversation;
use crate::domain::ids::{ChannelId, ConversationId};
use crate::domain::message::{FromUser, Received};
use crate::domain::time::Time;
use crate::domain::user::{Address, Bsuid, Sender, WaId};
use crate::error::Result;
use crate::ports::Queue;
use crate::store::Store;
use crate::store::aliases::{Alias, Kind, Place};

/// Whose the message is.
pub(super) struct Identity<'a> {
    pub(super) store: &'a Store,
    pub(super) queue: &'a dyn Queue,
    pub(super) channel: ChannelId,
    pub(super) now: Time,
}

impl Identity<'_> {
    /// The conversation of whoever wrote this. Reads one item, and more only where it is elsewhere or something is new.
    pub(super) async fn of(
        &self,
        from: &Sender,
        content: &FromUser,
        time: Time,
        strong: bool,
    ) -> Result<Known> {
        let known = self.at(&from.address, strong).await?;
        match (&from.address, &from.bsuid) {
            // The news of a change may carry the new id already: what follows from it is in [`Identity::moved`].
            (Address::Phone(_), Some(bsuid))
                if !knows(&known, bsuid) && content.new_address().is_none() =>
            {
                Box::pin(self.learn(known, &from.address, bsuid, time)).await
            }
            (Address::Phone(_) | Address::Bsuid(_), _) => Ok(known),
        }
    }

    /// The conversation that lies at this address, or at where it leads. Learns nothing.
    pub(super) async fn at(&self, address: &Address, strong: bool) -> Result<Known> {
        let id = address.conversation(self.channel);
        let fresh = |over| Known { id, conversation: None, over, since: None, went: None };
        match self.store.place(id, strong).await? {
            Place::Empty => Ok(fresh(0)),
            Place::Here(conversation) => {
                Ok(Known { conversation: Some(*conversation), ..fresh(0) })
            }
            // The user who had this number has another one: whoever has it now is new.
            Place::Alias(Alias { kind: Kind::Moved, version, since, .. }) => {
                Ok(Known { since: Some(since + Duration::from_millis(1)), ..fresh(version) })
            }
            Place::Alias(alias) => {
                let conversation = self.store.conversation(alias.to, true).await?;
                let to = conversation.as_ref().map_or(alias.to, |conversation| conversation.id);
                Ok(Known { id: to, conversation, went: Some((id, alias)), ..fresh(0) })
            }
        }
    }

    /// A number and a business-scoped id came together for the first time.
    async fn learn(
        &self,
        by_phone: Known,
        number: &Address,
        bsuid: &Bsuid,
        time: Time,
    ) -> Result<Known> {
        let hidden = Address::Bsuid(bsuid.clone());
        let place = hidden.conversation(self.channel);
        let by_id = self.at(&hidden, true).await?;
        match (by_phone.conversation.clone(), by_id.conversation.clone()) {
            (Some(one), Some(other)) if one.id == other.id => Ok(by_phone),
            (Some(one), other) if one.last_user_message.is_some_and(|last| time < last) => {
                Ok(if other.is_some() { self.late(by_id, number) } else { by_phone })
            }
            // The number has another owner: two people are not made one.
            (Some(one), _) if one.bsuid.is_some() => {
                let free = Box::pin(self.part(by_phone, number)).await?;
                Box::pin(self.learn(free, number, bsuid, time)).await
            }
            (_, None) => {
                if by_id.went.is_none() && by_id.id != by_phone.id {
                    let point =
                        self.store.point(place, by_phone.id, Kind::Joined, by_id.over, self.now);
                    point.await?;
                }
                Ok(by_phone)
            }
            // The number appears: the talk goes on where it is.
            (None, Some(conversation)) => {
                let to = conversation.id;
                let from = by_phone.id;
                self.store.point(from, to, Kind::Joined, by_phone.over, self.now).await?;
                self.by_address_again(from).await
            }
            (Some(one), Some(other)) => {
                self.join(one, other).await?;
                self.by_address_again(by_phone.id).await
            }
        }
    }

    /// A message of before the last one that came from its number teaches nothing: whoever has its id had the number
    /// then, and it may lie where that talk was.
    fn late(&self, by_id: Known, number: &Address) -> Known {
        let place = number.conversation(self.channel);
        let (to, kind, since) = (by_id.id, Kind::Moved, self.now);
        Known { went: Some((place, Alias { to, kind, since, cause: None, version: 0 })), ..by_id }
    }

    /// A number that has another owner than before is free: the talk that is found by it, with its run and all that a
    /// bot knows, goes on where its own id lies, and is not answered at the number any more.
    async fn part(&self, former: Known, number: &Address) -> Result<Known> {
        let Some(talk) = former.conversation else { return Ok(former) };
        let id = number.conversation(self.channel);
        let since = Some(self.now);
        let free = |over| Known { id, conversation: None, over, since, went: None };
        let Some(hidden) = talk.bsuid.clone().map(Address::Bsuid) else {
            // Nobody will ever be found to go on with it.
            self.finish(&talk).await?;
            return Ok(free(former.went.map_or(talk.version, |(_, alias)| alias.version)));
        };
        if let Some((_, alias)) = former.went {
            change(self.store, talk.id, |talk| {
                let is_there = talk.address.conversation(self.channel) == id;
                is_there.then(|| Conversation { address: hidden.clone(), ..talk })
            })
            .await?;
            return Ok(free(alias.version));
        }
        let own = self.at(&hidden, true).await?.without(talk.id);
        let address = own.conversation.as_ref().map_or(&hidden, |there| &there.address).clone();
        self.carry_over(talk, own, &address).await?;
        self.at(number, true).await
    }

    /// What lies there now that it was changed.
    async fn by_address_again(&self, id: ConversationId) -> Result<Known> {
        let conversation = self.store.conversation(id, true).await?;
        let to = conversation.as_ref().map_or(id, |conversation| conversation.id);
        let went = match self.store.place(id, true).await? {
            Place::Alias(alias) if alias.kind == Kind::Joined => Some((id, alias)),
            Place::Alias(_) | Place::Here(_) | Place::Empty => None,
        };
        Ok(Known { id: to, conversation, over: 0, since: None, went })
    }

    /// Two talks are with the same user: the one that the user wrote in last goes on.
    async fn join(&self, one: Conversation, other: Conversation) -> Result<Conversation> {
        let (into, from) = if other.last_user_message > one.last_user_message {
            (other, one)
        } else {
            (one, other)
        };
        self.finish(&from).await?;
        self.finish(&into).await?;
        let joined = into.absorbing(from.clone());
        self.store.fold(&from, joined, Kind::Joined, None, self.now).await
    }

    /// Does what its decisions want done, while their ids still follow from where it lies.
    async fn finish(&self, conversation: &Conversation) -> Result<()> {
        for outbox in &conversation.outbox {
            emit(self.store, self.queue, self.now, conversation, outbox, None).await?;
        }
        Ok(())
    }

    /// The user says that the number or the id is another one from now on.
    pub(super) async fn moved(&self, said: &Received, new: &Address) -> Result<()> {
        let (from, told) =
            (said.from.address.conversation(self.channel), said.time.min(said.received));
        let Some(conversation) = self.store.conversation(from, true).await? else {
            return Ok(());
        };
        let known = self.at(new, true).await?;
        let is_there = known.id == conversation.id && known.conversation.is_some();
        match new {
            Address::Bsuid(bsuid) => {
                if !is_there {
                    self.reach(&conversation, known).await?;
                }
                change(self.store, conversation.id, |mut conversation| {
                    let is_known = conversation.bsuid.as_ref() == Some(bsuid);
                    conversation.bsuid = Some(bsuid.clone());
                    if matches!(conversation.address, Address::Bsuid(_)) {
                        conversation.address = new.clone();
                    }
                    (!is_known).then_some(conversation)
                })
                .await
            }
            Address::Phone(_)
                if conversation.id == from && new.conversation(self.channel) != from =>
            {
                let known = Box::pin(self.taken_over(known.without(from), new, told)).await?;
                self.carry_over(conversation, known, new).await
            }
            Address::Phone(_) => {
                // With another number comes another id (whatsapp-rules 9).
                let goes = |old| Conversation { bsuid: None, wa_id: None, ..old };
                let id = conversation.id;
                if !is_there {
                    let known = Box::pin(self.taken_over(known, new, told)).await?;
                    self.reach(&goes(conversation), known).await?;
                }
                change(self.store, id, |conversation| {
                    let is_known = conversation.address == *new;
                    let address = new.clone();
                    (!is_known).then(|| Conversation { address, ..goes(conversation) })
                })
                .await?;
                // Last, because [`Identity::has_moved`] looks here whether all of it was done.
                self.leave(from, id).await
            }
        }
    }

    /// What lies under a number that the user has since `told`: what was last written in before then is its former
    /// owner's.
    async fn taken_over(&self, known: Known, number: &Address, told: Time) -> Result<Known> {
        let last = known.conversation.as_ref().and_then(|talk| talk.last_user_message);
        let known = match last {
            Some(last) if last < told => Box::pin(self.part(known, number)).await?,
            Some(_) | None => known,
        };
        Ok(Known { since: known.since.map(|since| since.min(told)), ..known })
    }

    /// The talk lies under the old number, which may be somebody else's tomorrow: it goes to where the new address
    /// lies.
    async fn carry_over(&self, old: Conversation, new: Known, address: &Address) -> Result<()> {
        self.finish(&old).await?;
        // A number's id goes with it (whatsapp-rules 9).
        let bsuid = match address {
            Address::Phone(_) => None,
            Address::Bsuid(bsuid) => Some(bsuid.clone()),
        };
        let goes = Conversation { bsuid, wa_id: None, ..old.clone() };
        let into = if let Some(there) = new.conversation {
            self.finish(&there).await?;
            there.joined_by(goes)
        } else {
            let (since, version) = (new.since, new.over);
            Conversation { since, version, ..goes.renamed(new.id) }
        };
        let into = Conversation { address: address.clone(), ..into };
        // The id of before led to the number, where somebody else's talk may lie tomorrow.
        let mut also = None;
        if let Some(bsuid) = &old.bsuid {
            let place = Address::Bsuid(bsuid.clone()).conversation(self.channel);
            match self.store.place(place, true).await? {
                Place::Alias(alias) if alias.to == old.id && alias.kind == Kind::Joined => {
                    also = Some((place, alias.version));
                }
                Place::Alias(_) | Place::Here(_) | Place::Empty => {}
            }
        }
        also = also.filter(|(place, _)| *place != into.id);
        self.store.fold(&old, into, Kind::Moved, also, self.now).await.map(drop)
    }

    /// Makes an identifier find this conversation.
    async fn reach(&self, conversation: &Conversation, other: Known) -> Result<()> {
        if let Some(other) = other.conversation {
            return self.join(conversation.clone(), other).await.map(drop);
        }
        self.store.point(other.id, conversation.id, Kind::Joined, other.over, self.now).await
    }

    /// What is written from this identifier from now on is somebody else's.
    async fn leave(&self, from: ConversationId, to: ConversationId) -> Result<()> {
        match self.store.place(from, true).await? {
            Place::Alias(alias) if alias.kind == Kind::Joined => {
                self.store.point(from, to, Kind::Moved, alias.version, self.now).await
            }
            Place::Alias(_) | Place::Here(_) | Place::Empty => Ok(()),
        }
    }

    /// Whether a user's move was followed before: the message that told it comes again.
    pub(super) async fn has_moved(&self, old: &Address) -> Result<bool> {
        let place = self.store.place(old.conversation(self.channel), true).await?;
        Ok(matches!(place, Place::Alias(Alias { kind: Kind::Moved, .. })))
    }

    /// The provider calls the number that we dialled by another one: both are this user's (whatsapp-rules 8).
    pub(super) async fn dialled(&self, conversation: ConversationId, wa_id: &WaId) -> Result<()> {
        let Some(conversation) = self.store.conversation(conversation, true).await? else {
            return Ok(());
        };
        if conversation.wa_id.as_ref() == Some(wa_id) {
            return Ok(());
        }
        let other = self.at(&Address::Phone(wa_id.clone()), true).await?;
        if other.conversation.as_ref().is_none_or(|other| other.id != conversation.id)
            && other.id != conversation.id
        {
            self.reach(&conversation, other).await?;
        }
        change(self.store, conversation.id, |conversation| {
            let wa_id = Some(wa_id.clone());
            (conversation.wa_id != wa_id).then_some(Conversation { wa_id, ..conversation })
        })
        .await
    }
}

/// Whether there is nothing to learn from the two coming together.
fn knows(known: &Known, bsuid: &Bsuid) -> bool {
    let conversation = known.conversation.as_ref();
    conversation.is_some_and(|conversation| conversation.bsuid.as_ref() == Some(bsuid))
}
