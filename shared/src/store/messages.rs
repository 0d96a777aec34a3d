//! Messages in both directions. The item of a user's message is the dedupe of its webhook; the item of ours is the
//! record that is made before the provider is called, and its status only rises.

use serde::{Deserialize, Serialize};

use super::Store;
use super::conversations::conversation_write;
use super::idempotency::Receipt;
use super::keys;
use super::table::{Changes, Item, Range, When, Write, Written, attr};
use crate::domain::conversation::Conversation;
use crate::domain::ids::{ConversationId, MessageId};
use crate::domain::message::{Failure, Received, Sending, Status};
use crate::domain::time::Time;
use crate::error::{Error, Result};

/// Attributes that only messages have.
pub(super) mod name {
    /// The word of the status.
    pub(in crate::store) const STATUS: &str = "st";
    /// Who claimed it for sending, and when (epoch milliseconds).
    pub(in crate::store) const CLAIM: &str = "cl";
    pub(in crate::store) const CLAIMED: &str = "ct";
    /// How often the provider was asked and said later.
    pub(in crate::store) const TRIES: &str = "tr";
    /// The provider's id.
    pub(in crate::store) const PROVIDER_ID: &str = "pid";
    /// The failure as JSON.
    pub(in crate::store) const FAILURE: &str = "er";
    /// On an item of a provider's id: our message.
    pub(in crate::store) const MESSAGE: &str = "m";
    /// On an item of a provider's second id: its first one.
    pub(in crate::store) const FIRST_ID: &str = "fi";
    /// On the item of what waits for a conversation: when we last heard of it (epoch milliseconds).
    pub(in crate::store) const HEARD: &str = "he";
    /// In front of a status: when it came about (epoch milliseconds).
    pub(in crate::store) const TIME: &str = "t_";
}

/// A stored message.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Said {
    FromUser(Box<Received>),
    ToUser(Box<Sending>),
}

/// What became of the attempt to store a user's message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stored {
    New,
    /// The job of this very delivery stored it before it died: go on.
    Mine,
    /// Another delivery of the webhook did.
    Duplicate,
}

/// A message of ours with how far it has come.
#[derive(Debug, Clone, PartialEq)]
pub struct Sent {
    pub sending: Sending,
    pub status: Status,
    pub provider_id: Option<String>,
    pub failure: Option<Failure>,
    /// When each status came about, in the order of their ranks.
    pub history: Vec<(Status, Time)>,
    /// Who claimed it last, and when.
    pub claim: Option<(String, Time)>,
}

impl Sent {
    /// A message that went out without us, as it is stored.
    pub fn echoed(sending: Sending, provider_id: String) -> Self {
        let history = vec![(Status::Sent, sending.time)];
        Self {
            sending,
            status: Status::Sent,
            provider_id: Some(provider_id),
            failure: None,
            history,
            claim: None,
        }
    }

    /// When the provider had it: the follow-up's clock starts then (contracts 7.2).
    pub fn handed_over(&self) -> Option<Time> {
        let times = self.history.iter().filter(|(status, _)| {
            matches!(status, Status::Accepted | Status::Sent | Status::Delivered | Status::Read)
        });
        times.map(|(_, time)| *time).min()
    }
}

/// A message as readers get it.
#[derive(Debug, Clone, PartialEq)]
#[expect(clippy::large_enum_variant, reason = "lists hold both, and live for one answer")]
pub enum Message {
    FromUser(Received),
    ToUser(Sent),
}

impl Message {
    /// When it was said.
    pub fn time(&self) -> Time {
        match self {
            Self::FromUser(received) => received.time,
            Self::ToUser(sent) => sent.sending.time,
        }
    }
}

/// The right to call the provider.
#[derive(Debug, Clone, PartialEq)]
pub enum Claim {
    /// Call it; nobody has before.
    Granted,
    /// Somebody called it and the outcome is known.
    Settled(Box<Sent>),
    /// Somebody called it, or died before doing so; the outcome is unknown.
    Open(Box<Sent>),
}

impl Store {
    /// Stores a user's message unless it is there; `writer` tells the deliveries of its webhook apart.
    pub async fn put_received(&self, message: &Received, writer: &str) -> Result<Stored> {
        let item =
            Item::new(&keys::message(message.id), &Said::FromUser(Box::new(message.clone())))?
                .with(attr::WRITER, writer);
        match self.table.write(vec![Write::Put { item, when: When::Unset(attr::PK) }]).await? {
            Written::Done(_) => Ok(Stored::New),
            Written::Refused { old, .. } => {
                let mine = old.is_some_and(|old| old.text(attr::WRITER) == Some(writer));
                Ok(if mine { Stored::Mine } else { Stored::Duplicate })
            }
        }
    }

    /// Writes the message's newer content over it (a file's copy is known now).
    pub async fn update_received(&self, message: &Received) -> Result<()> {
        let said = Said::FromUser(Box::new(message.clone()));
        let doc = serde_json::to_string(&said).map_err(|e| Error::internal(e.to_string()))?;
        let changes =
            Changes { set: vec![(attr::DOC.to_owned(), doc.into())], ..Changes::default() };
        let write = Write::Update { key: keys::message(message.id), changes, when: When::Present };
        self.table.write(vec![write]).await?.or_changed("the message").map(drop)
    }

    /// Stores messages of ours as `queued`, all or none, with the conversation if it is new and the answer to an
    /// idempotent request.
    pub async fn queue_messages(
        &self,
        sendings: &[Sending],
        new: Option<&Conversation>,
        receipt: Option<Receipt>,
    ) -> Result<()> {
        let mut writes = sendings.iter().map(queued_write).collect::<Result<Vec<_>>>()?;
        if let Some(conversation) = new {
            writes.push(conversation_write(conversation)?);
        }
        Receipt::add(receipt, &mut writes);
        self.table.write(writes).await?.or_changed("the conversation").map(drop)
    }

    /// Stores a message that went out without us, as `sent`, together with its conversation.
    ///
    /// # Errors
    /// [`Error::Changed`] if it is there, or if the conversation is another meanwhile.
    pub async fn put_echo(
        &self,
        sending: &Sending,
        provider_id: &str,
        conversation: &Conversation,
    ) -> Result<()> {
        let item = Item::new(&keys::message(sending.id), &Said::ToUser(Box::new(sending.clone())))?
            .with(name::STATUS, Status::Sent.as_str())
            .with(attr::RANK, i64::from(Status::Sent.rank()))
            .with(name::PROVIDER_ID, provider_id)
            .with(&time_name(Status::Sent), sending.time.millis());
        let message = Write::Put { item, when: When::Unset(attr::PK) };
        let writes = vec![message, conversation_write(conversation)?];
        self.table.write(writes).await?.or_changed("the conversation").map(drop)
    }

    /// Stores a message of ours that has failed before anybody was called. One that is there stays as it is.
    pub async fn put_failed(&self, sending: &Sending, failure: &Failure) -> Result<()> {
        let doc = Said::ToUser(Box::new(sending.clone()));
        let failure = serde_json::to_string(failure).map_err(|e| Error::internal(e.to_string()))?;
        let item = Item::new(&keys::message(sending.id), &doc)?
            .with(name::STATUS, Status::Failed.as_str())
            .with(attr::RANK, i64::from(Status::Failed.rank()))
            .with(&time_name(Status::Failed), sending.time.millis())
            .with(name::FAILURE, failure.as_str());
        let write = Write::Put { item, when: When::Unset(attr::PK) };
        self.table.write(vec![write]).await.map(drop)
    }

    /// Records that `writer` is about to call the provider. One write unit; stores the message if it is not there.
    pub async fn claim(&self, sending: &Sending, writer: &str, now: Time) -> Result<Claim> {
        self.claim_when(sending, writer, now, When::Unset(name::CLAIM)).await
    }

    /// Takes the claim over from `before`, whose outcome stayed unknown.
    pub async fn claim_again(
        &self,
        sending: &Sending,
        before: &str,
        writer: &str,
        now: Time,
    ) -> Result<Claim> {
        self.claim_when(sending, writer, now, When::Is(name::CLAIM, before.to_owned())).await
    }

    async fn claim_when(
        &self,
        sending: &Sending,
        writer: &str,
        now: Time,
        when: When,
    ) -> Result<Claim> {
        let said = Said::ToUser(Box::new(sending.clone()));
        let doc = serde_json::to_string(&said).map_err(|e| Error::internal(e.to_string()))?;
        let changes = Changes {
            set: vec![
                (name::CLAIM.to_owned(), writer.into()),
                (name::CLAIMED.to_owned(), now.millis().into()),
                (name::STATUS.to_owned(), Status::Sending.as_str().into()),
                (attr::RANK.to_owned(), i64::from(Status::Sending.rank()).into()),
                (time_name(Status::Sending), now.millis().into()),
            ],
            set_if_unset: vec![(attr::DOC.to_owned(), doc.into())],
            ..Changes::default()
        };
        // A status that came by itself settles it, whoever claimed it before.
        let when = When::All(vec![when, When::RankBelow(Status::Accepted.rank())]);
        let write = Write::Update { key: keys::message(sending.id), changes, when };
        match self.table.write(vec![write]).await? {
            Written::Done(_) => Ok(Claim::Granted),
            Written::Refused { old, .. } => {
                let sent = read_sent(&old.ok_or(Error::Changed("the message"))?)?;
                let settled = sent.status.rank() >= Status::Accepted.rank();
                Ok(if settled {
                    Claim::Settled(Box::new(sent))
                } else {
                    Claim::Open(Box::new(sent))
                })
            }
        }
    }

    /// Gives a claim back: the provider certainly did not take the message, and it may be tried again.
    pub async fn unclaim(&self, id: MessageId, now: Time) -> Result<()> {
        self.give_back(id, now, Vec::new()).await.map(drop)
    }

    /// The same after the provider was really asked. How often it was by now.
    pub async fn unclaim_tried(&self, id: MessageId, now: Time) -> Result<u32> {
        let item = self.give_back(id, now, vec![(name::TRIES.to_owned(), 1)]).await?;
        let tries = item.and_then(|item| item.number(name::TRIES)).unwrap_or(1);
        Ok(u32::try_from(tries).unwrap_or(u32::MAX))
    }

    async fn give_back(
        &self,
        id: MessageId,
        now: Time,
        add: Vec<(String, i64)>,
    ) -> Result<Option<Item>> {
        let changes = Changes {
            add,
            set: vec![
                (name::STATUS.to_owned(), Status::Queued.as_str().into()),
                (attr::RANK.to_owned(), i64::from(Status::Queued.rank()).into()),
                (time_name(Status::Queued), now.millis().into()),
            ],
            remove: vec![name::CLAIM.to_owned(), name::CLAIMED.to_owned()],
            ..Changes::default()
        };
        let when = When::RankBelow(Status::Accepted.rank());
        let write = Write::Update { key: keys::message(id), changes, when };
        match self.table.write(vec![write]).await? {
            Written::Done(item) => Ok(item),
            Written::Refused { old, .. } => Ok(old),
        }
    }

    /// A message by its id.
    pub async fn message(&self, id: MessageId) -> Result<Option<Message>> {
        self.table.get(&keys::message(id), true).await?.as_ref().map(read).transpose()
    }

    /// A conversation's messages, newest first, and where the next page begins.
    pub async fn messages(
        &self,
        conversation: ConversationId,
        limit: u32,
        start: Option<String>,
    ) -> Result<(Vec<Message>, Option<String>)> {
        let partition = keys::conversation_partition(conversation);
        let range = Range { newest_first: true, limit, start, ..Range::new(partition, "MESSAGE#") };
        let page = self.table.query(&range).await?;
        Ok((page.items.iter().map(read).collect::<Result<_>>()?, page.next))
    }
}

/// The write that stores a message of ours as `queued`, before its sender is answered.
pub fn queued_write(sending: &Sending) -> Result<Write> {
    let item = Item::new(&keys::message(sending.id), &Said::ToUser(Box::new(sending.clone())))?
        .with(name::STATUS, Status::Queued.as_str())
        .with(attr::RANK, i64::from(Status::Queued.rank()))
        .with(&time_name(Status::Queued), sending.time.millis());
    Ok(Write::Put { item, when: When::Unset(attr::PK) })
}

pub(super) fn time_name(status: Status) -> String {
    format!("{}{}", name::TIME, status.as_str())
}

fn read(item: &Item) -> Result<Message> {
    match item.doc()? {
        Said::FromUser(received) => Ok(Message::FromUser(*received)),
        Said::ToUser(_) => read_sent(item).map(Message::ToUser),
    }
}

const STATUSES: [Status; 8] = [
    Status::Queued,
    Status::Sending,
    Status::Unknown,
    Status::Accepted,
    Status::Sent,
    Status::Delivered,
    Status::Read,
    Status::Failed,
];

pub(super) fn read_status(item: &Item) -> Option<Status> {
    let word = item.text(name::STATUS)?;
    STATUSES.into_iter().find(|status| status.as_str() == word)
}

pub(super) fn read_failure(item: &Item) -> Option<Failure> {
    serde_json::from_str(item.text(name::FAILURE)?).ok()
}

pub(super) fn read_sent(item: &Item) -> Result<Sent> {
    let Said::ToUser(sending) = item.doc()? else {
        return Err(Error::internal("a user's message has no status"));
    };
    let time =
        |status| item.number(&time_name(status)).map(|millis| (status, Time::from_millis(millis)));
    let claimed = item.number(name::CLAIMED).map(Time::from_millis);
    Ok(Sent {
        sending: *sending,
        status: read_status(item).unwrap_or(Status::Queued),
        provider_id: item.text(name::PROVIDER_ID).map(str::to_owned),
        failure: read_failure(item),
        history: STATUSES.into_iter().filter_map(time).collect(),
        claim: item.text(name::CLAIM).map(str::to_owned).zip(claimed),
    })
}
