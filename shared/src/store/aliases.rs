//! Under which of a user's identifiers a conversation lies. Its id follows from the identifier that it began with; where
//! another one turns out to be the same user's, an alias lies in that one's place: whoever looks there goes on at the
//! conversation. So nothing is read beside what is read anyway, and an alias is written only when something new is
//! learnt.

use super::Store;
use super::conversations::conversation_write;
use super::keys;
use super::table::{Item, When, Write, Written, attr};
use crate::domain::conversation::{Conversation, Source};
use crate::domain::ids::{ConversationId, MessageId};
use crate::domain::time::Time;
use crate::error::{Error, Result};

/// So many aliases in a row are followed: a number that changed to one that was joined with an id, and then some.
pub(super) const ALIASES_MAX: usize = 5;

/// Attributes of an alias.
const TO: &str = "al";
const KIND: &str = "ak";
const SINCE: &str = "at";
const CAUSE: &str = "ac";

/// Why a conversation is elsewhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// The identifier is the same user's.
    Joined,
    /// It was: the user has another number now, and this one may be somebody else's.
    Moved,
}

/// Where a conversation went.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Alias {
    pub to: ConversationId,
    pub kind: Kind,
    /// When it went there.
    pub since: Time,
    /// The last thing that was decided on here, if there was anything.
    pub cause: Option<String>,
    pub version: u64,
}

/// What lies at a conversation's key.
#[derive(Debug, Clone, PartialEq)]
pub enum Place {
    Empty,
    Here(Box<Conversation>),
    Alias(Alias),
}

impl Store {
    /// What lies at the key itself, without following it.
    pub async fn place(&self, id: ConversationId, strong: bool) -> Result<Place> {
        let Some(item) = self.table.get(&keys::conversation(id), strong).await? else {
            return Ok(Place::Empty);
        };
        match item.text(TO) {
            None => Ok(Place::Here(Box::new(item.doc()?))),
            Some(to) => Ok(Place::Alias(Alias {
                to: to.parse().map_err(|_| Error::internal("an alias leads nowhere"))?,
                kind: match item.text(KIND) {
                    Some("moved") => Kind::Moved,
                    _ => Kind::Joined,
                },
                since: Time::from_millis(item.number(SINCE).unwrap_or_default()),
                cause: item.text(CAUSE).map(str::to_owned),
                version: item.number(attr::VERSION).and_then(|n| n.try_into().ok()).unwrap_or(0),
            })),
        }
    }

    /// Lays an alias where nothing is, or over an alias of this version. [`Error::Changed`] if there is something else.
    pub async fn point(
        &self,
        from: ConversationId,
        to: ConversationId,
        kind: Kind,
        over: u64,
        now: Time,
    ) -> Result<()> {
        let write = alias_write(from, to, kind, (over, None), now);
        self.table.write(vec![write]).await?.or_changed("the conversation").map(drop)
    }

    /// Lets `from` go on as `into`, which is written as it is given, over its version (0: there was none), and lets
    /// `also`, an alias that led to `from`, lead there: all or nothing. [`Error::Changed`] if somebody else wrote one of
    /// them. How it is now.
    pub async fn fold(
        &self,
        from: &Conversation,
        mut into: Conversation,
        kind: Kind,
        also: Option<(ConversationId, u64)>,
        now: Time,
    ) -> Result<Conversation> {
        let cause = from.outbox_of(Source::Event).map(|outbox| outbox.cause.clone());
        let alias = alias_write(from.id, into.id, kind, (from.version, cause), now);
        let mut writes = vec![conversation_write(&into)?, alias];
        if let Some((id, over)) = also {
            writes.push(alias_write(id, into.id, Kind::Joined, (over, None), now));
        }
        match self.table.write(writes).await? {
            Written::Done(_) => {
                into.version += 1;
                Ok(into)
            }
            Written::Refused { .. } => Err(Error::Changed("the conversation")),
        }
    }

    /// Who stored this message of a user, if somebody did.
    pub async fn writer(&self, id: MessageId) -> Result<Option<String>> {
        let item = self.table.get(&keys::message(id), true).await?;
        Ok(item.and_then(|item| item.text(attr::WRITER).map(str::to_owned)))
    }
}

fn alias_write(
    from: ConversationId,
    to: ConversationId,
    kind: Kind,
    (over, cause): (u64, Option<String>),
    now: Time,
) -> Write {
    let key = keys::conversation(from);
    let kind = match kind {
        Kind::Joined => "joined",
        Kind::Moved => "moved",
    };
    let mut item = Item::default()
        .with(attr::PK, key.pk)
        .with(attr::SK, key.sk)
        .with(TO, to.to_string())
        .with(KIND, kind)
        .with(SINCE, now.millis())
        // Whoever read what was here before cannot write over it any more.
        .with(attr::VERSION, i64::try_from(over + 1).unwrap_or(i64::MAX));
    if let Some(cause) = cause {
        item = item.with(CAUSE, cause);
    }
    Write::Put { item, when: When::Version(over) }
}
