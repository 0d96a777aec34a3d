//! How far our messages have come: statuses that only rise, and what finds a message by its provider's id. A status
//! that comes before its message's id is known waits under the provider's id.

use super::Store;
use super::keys;
use super::messages::{Sent, name, read_failure, read_sent, read_status, time_name};
use super::table::{Changes, Item, Value, When, Write, Written, attr};
use crate::domain::ids::{ChannelId, ConversationId, MessageId};
use crate::domain::message::{Failure, Status};
use crate::domain::time::Time;
use crate::error::{Error, Result};

/// How long a provider's id is remembered: statuses may come a week late.
const PROVIDER_ID_KEPT_S: i64 = 30 * 24 * 3600;

/// A step of a message.
#[derive(Debug, Clone, PartialEq)]
pub struct Step {
    pub status: Status,
    pub time: Time,
    pub failure: Option<Failure>,
}

/// What a provider's status tells of its message, besides the status.
#[derive(Debug, Clone, Copy, Default)]
pub struct Named<'a> {
    /// A second name that the provider will use.
    pub alias: Option<&'a str>,
    /// Whom it was for, and when we heard of it.
    pub to: Option<(ConversationId, Time)>,
}

/// What a status did.
#[derive(Debug, Clone, PartialEq)]
pub enum Raised {
    /// The message has come further: this is how it is now.
    Yes(Box<Sent>),
    /// It is exactly there already: what follows from it may not have been done.
    Already(Box<Sent>),
    /// It is further.
    No,
    /// No message has this id yet: the status waits for it under the provider's id.
    Parked,
    /// There is no such message.
    Unknown,
}

impl Store {
    /// Raises a message of ours by one step, if it is not there yet. One write unit.
    pub async fn raise(
        &self,
        id: MessageId,
        step: &Step,
        provider_id: Option<&str>,
    ) -> Result<Raised> {
        let mut changes = step_changes(step)?;
        if let Some(provider_id) = provider_id {
            changes.set.push((name::PROVIDER_ID.to_owned(), provider_id.into()));
        }
        let key = keys::message(id);
        let write =
            Write::Update { key: key.clone(), changes, when: When::RankBelow(step.status.below()) };
        match self.table.write(vec![write]).await? {
            Written::Done(Some(item)) if item.text(attr::DOC).is_some() => {
                Ok(Raised::Yes(Box::new(read_sent(&item)?)))
            }
            // A status with an id of our form that we never gave: nothing may stay of it.
            Written::Done(_) => {
                self.table.write(vec![Write::Delete { key, when: When::Unset(attr::DOC) }]).await?;
                Ok(Raised::Unknown)
            }
            Written::Refused { old, .. } => {
                self.add_provider_id(id, old.as_ref(), provider_id).await?;
                match old {
                    Some(old) if read_status(&old) == Some(step.status) => {
                        Ok(Raised::Already(Box::new(read_sent(&old)?)))
                    }
                    Some(_) | None => Ok(Raised::No),
                }
            }
        }
    }

    /// The status came before the provider's answer to the sending: only the id is missing.
    async fn add_provider_id(
        &self,
        id: MessageId,
        old: Option<&Item>,
        provider_id: Option<&str>,
    ) -> Result<()> {
        let known = old.is_some_and(|item| item.text(name::PROVIDER_ID).is_some());
        let Some(provider_id) = provider_id.filter(|_| !known) else { return Ok(()) };
        let set = vec![(name::PROVIDER_ID.to_owned(), provider_id.into())];
        let changes = Changes { set, ..Changes::default() };
        let write = Write::Update { key: keys::message(id), changes, when: When::Present };
        self.table.write(vec![write]).await.map(drop)
    }

    /// Makes a provider's id find its message, and raises the message to what waited under the id.
    pub async fn link_provider_id(
        &self,
        channel: ChannelId,
        provider_id: &str,
        id: MessageId,
        now: Time,
    ) -> Result<Raised> {
        let changes = Changes {
            set: vec![
                (name::MESSAGE.to_owned(), id.to_string().into()),
                (attr::TTL.to_owned(), (now.seconds() + PROVIDER_ID_KEPT_S).into()),
            ],
            ..Changes::default()
        };
        let write =
            Write::Update { key: keys::sent(channel, provider_id), changes, when: When::Always };
        let Written::Done(Some(item)) = self.table.write(vec![write]).await? else {
            return Ok(Raised::No);
        };
        match read_step(&item)? {
            Some(step) => self.raise(id, &step, None).await,
            None => Ok(Raised::No),
        }
    }

    /// Raises the message that has this id at the provider, or keeps the status until it is known which one that is.
    pub async fn raise_by_provider_id(
        &self,
        channel: ChannelId,
        provider_id: &str,
        named: Named<'_>,
        step: &Step,
    ) -> Result<Raised> {
        if let Some(alias) = named.alias
            && let Some(parked) = self.link_alias(channel, alias, provider_id, step.time).await?
        {
            // A status under the second name was faster than the news of that name.
            let plain = Named { alias: None, ..named };
            Box::pin(self.raise_by_provider_id(channel, provider_id, plain, &parked)).await?;
        }
        let found = self.table.get(&keys::sent(channel, provider_id), false).await?;
        if let Some(id) = found.as_ref().and_then(linked_message) {
            return self.raise(id, step, None).await;
        }
        let first =
            found.as_ref().and_then(|item| item.text(name::FIRST_ID)).unwrap_or(provider_id);
        if let Some((conversation, heard)) = named.to {
            self.note_parked(conversation, first, heard).await?;
        }
        let mut changes = step_changes(step)?;
        changes.set.push((attr::TTL.to_owned(), (step.time.seconds() + PROVIDER_ID_KEPT_S).into()));
        let when = When::RankBelow(step.status.below());
        match self
            .table
            .write(vec![Write::Update { key: keys::sent(channel, first), changes, when }])
            .await?
        {
            Written::Done(item) => {
                self.follow_names(channel, first, item.as_ref(), step, Raised::Parked).await
            }
            Written::Refused { old, .. } => {
                self.follow_names(channel, first, old.as_ref(), step, Raised::No).await
            }
        }
    }

    /// The item under a name says now which message it is, or by which name to look; else it stays as it is.
    async fn follow_names(
        &self,
        channel: ChannelId,
        asked: &str,
        item: Option<&Item>,
        step: &Step,
        otherwise: Raised,
    ) -> Result<Raised> {
        if let Some(id) = item.and_then(linked_message) {
            return self.raise(id, step, None).await;
        }
        match item.and_then(|item| item.text(name::FIRST_ID)).filter(|first| *first != asked) {
            Some(first) => {
                Box::pin(self.raise_by_provider_id(channel, first, Named::default(), step)).await
            }
            None => Ok(otherwise),
        }
    }

    /// That statuses wait for a message to this conversation, and under which name. The newest alone is kept: one
    /// message of a conversation is under way at a time. Noted before the status itself, which comes again if this
    /// process dies in between.
    async fn note_parked(
        &self,
        conversation: ConversationId,
        provider_id: &str,
        heard: Time,
    ) -> Result<()> {
        let set = vec![
            (name::PROVIDER_ID.to_owned(), provider_id.into()),
            (name::HEARD.to_owned(), heard.millis().into()),
            (attr::TTL.to_owned(), (heard.seconds() + PROVIDER_ID_KEPT_S).into()),
        ];
        let changes = Changes { set, ..Changes::default() };
        let write = Write::Update { key: keys::parked(conversation), changes, when: When::Always };
        self.table.write(vec![write]).await.map(drop)
    }

    /// The provider's id of a message to this conversation that was first heard of since then, if it is not known
    /// which message that is: it did arrive at the provider.
    pub async fn parked_since(
        &self,
        channel: ChannelId,
        conversation: ConversationId,
        since: Time,
    ) -> Result<Option<String>> {
        let Some(item) = self.table.get(&keys::parked(conversation), true).await? else {
            return Ok(None);
        };
        let is_newer = item.number(name::HEARD).is_some_and(|millis| millis >= since.millis());
        let Some(id) = item.text(name::PROVIDER_ID).filter(|_| is_newer) else { return Ok(None) };
        let found = self.table.get(&keys::sent(channel, id), true).await?;
        let is_linked = found.as_ref().is_some_and(|item| linked_message(item).is_some());
        Ok((!is_linked).then(|| id.to_owned()))
    }

    /// The provider will use `alias` for the message that it called `provider_id` so far. What was parked there.
    async fn link_alias(
        &self,
        channel: ChannelId,
        alias: &str,
        provider_id: &str,
        now: Time,
    ) -> Result<Option<Step>> {
        let changes = Changes {
            set: vec![
                (name::FIRST_ID.to_owned(), provider_id.into()),
                (attr::TTL.to_owned(), (now.seconds() + PROVIDER_ID_KEPT_S).into()),
            ],
            ..Changes::default()
        };
        let write = Write::Update { key: keys::sent(channel, alias), changes, when: When::Always };
        match self.table.write(vec![write]).await? {
            Written::Done(Some(item)) => read_step(&item),
            Written::Done(None) | Written::Refused { .. } => Ok(None),
        }
    }
}

fn step_changes(step: &Step) -> Result<Changes> {
    let mut set: Vec<(String, Value)> = vec![
        (name::STATUS.to_owned(), step.status.as_str().into()),
        (attr::RANK.to_owned(), i64::from(step.status.rank()).into()),
        (time_name(step.status), step.time.millis().into()),
    ];
    if let Some(failure) = &step.failure {
        let json = serde_json::to_string(failure).map_err(|e| Error::internal(e.to_string()))?;
        set.push((name::FAILURE.to_owned(), json.into()));
    }
    Ok(Changes { set, ..Changes::default() })
}

fn linked_message(item: &Item) -> Option<MessageId> {
    item.text(name::MESSAGE)?.parse().ok()
}

/// What waits under a provider's id.
fn read_step(item: &Item) -> Result<Option<Step>> {
    let Some(status) = read_status(item) else { return Ok(None) };
    let millis = item
        .number(&time_name(status))
        .ok_or_else(|| Error::internal("a status without a time"))?;
    Ok(Some(Step { status, time: Time::from_millis(millis), failure: read_failure(item) }))
}
