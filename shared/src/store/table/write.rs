//! Writes and their conditions, in no words of DynamoDB.

use super::item::{Item, Value};
use super::usage::Action;
use crate::error::{Error, Result};
use crate::store::keys::Key;

/// Under what condition a write happens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum When {
    Always,
    /// There is no such item (or its `ttl` has passed by this epoch second).
    Absent {
        now_s: i64,
    },
    /// There is one.
    Present,
    /// The stored version is this one.
    Version(u64),
    /// No status yet, or one of lower rank.
    RankBelow(u32),
    /// The attribute is not set.
    Unset(&'static str),
    /// All of these hold.
    All(Vec<When>),
    /// The attribute is not set, or its number is at most this.
    AtMost(&'static str, i64),
    /// The attribute has this text.
    Is(&'static str, String),
}

/// Changes of single attributes.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Changes {
    pub set: Vec<(String, Value)>,
    /// Set only where nothing is.
    pub set_if_unset: Vec<(String, Value)>,
    pub add: Vec<(String, i64)>,
    pub remove: Vec<String>,
}

/// One write.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Write {
    Put {
        item: Item,
        when: When,
    },
    Update {
        key: Key,
        changes: Changes,
        when: When,
    },
    Delete {
        key: Key,
        when: When,
    },
    /// Writes nothing; the other writes happen only if it holds.
    Check {
        key: Key,
        when: When,
    },
}

impl Write {
    /// As permissions name it.
    pub(super) fn action(&self) -> Action {
        match self {
            Self::Put { .. } => Action::PutItem,
            Self::Update { .. } => Action::UpdateItem,
            Self::Delete { .. } => Action::DeleteItem,
            Self::Check { .. } => Action::ConditionCheckItem,
        }
    }
}

/// What became of a list of writes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Written {
    /// All of it. Of a single update the whole new item.
    Done(Option<Item>),
    /// Nothing of it: the condition of the write at this place did not hold. `old` is what is there.
    Refused { place: usize, old: Option<Item> },
}

impl Written {
    /// For writes whose refusal means that somebody else was faster.
    pub fn or_changed(self, what: &'static str) -> Result<Option<Item>> {
        match self {
            Self::Done(item) => Ok(item),
            Self::Refused { .. } => Err(Error::Changed(what)),
        }
    }
}
