//! What is stored, one file per resource. Callers speak in types of `domain`; keys are in `keys`, expressions in
//! `table`, and nothing outside this folder sees either.

pub mod aliases;
pub mod bots;
pub mod channels;
pub mod conversations;
pub mod flows;
pub mod hooks;
pub mod idempotency;
pub mod inbounds;
pub mod keys;
pub mod list;
pub mod media;
pub mod messages;
pub mod outbounds;
mod pack;
pub mod processes;
pub mod rates;
pub mod statuses;
pub mod table;
pub mod tenants;
pub mod transfer;

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use crate::domain::bot::Bot;
use crate::domain::channel::{Channel, OpenChannel};
use crate::domain::flow::Definition;
use crate::domain::hook::HookRule;
use crate::domain::ids::{BotId, ChannelId, FlowId, TenantId};
use crate::domain::time::Time;
use table::Table;

/// How long a channel or a tenant's hook rules are believed without looking again. A change made in this process
/// is seen at once; one made in another function after this long at the latest.
pub const CACHE: Duration = Duration::from_secs(30);

/// The stored state, with what may be remembered for a while. Clones share both.
#[derive(Clone)]
pub struct Store {
    pub(crate) table: Table,
    pub(crate) caches: Arc<Caches>,
}

/// What is remembered per process.
#[derive(Default)]
pub(crate) struct Caches {
    pub(crate) channels: Cache<ChannelId, Arc<OpenChannel>>,
    /// Without what is sealed of them.
    pub(crate) plain_channels: Cache<ChannelId, Arc<Channel>>,
    pub(crate) bots: Cache<BotId, Arc<Bot>>,
    pub(crate) hook_rules: Cache<TenantId, Arc<Vec<HookRule>>>,
    /// Published versions never change.
    pub(crate) flows: Cache<(FlowId, u32), Arc<Definition>>,
    /// Not read but kept: how fast this process sends.
    pub(crate) rates: rates::Rates,
}

impl Store {
    pub fn new(table: Table) -> Self {
        Self { table, caches: Arc::default() }
    }

    /// The same memory over the table as somebody else reaches it.
    #[cfg(feature = "faults")]
    pub(crate) fn through(&self, table: Table) -> Self {
        Self { table, caches: self.caches.clone() }
    }

    /// What this process asked of the table so far.
    pub fn usage(&self) -> table::Units {
        self.table.usage().units()
    }

    /// The actions that this process needed for it.
    pub fn actions(&self) -> Vec<table::Action> {
        self.table.usage().actions()
    }
}

/// Values with the time they were read at.
pub(crate) struct Cache<K, V>(Mutex<HashMap<K, (Time, V)>>);

impl<K, V> Default for Cache<K, V> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<K: Eq + Hash, V: Clone> Cache<K, V> {
    /// Values kept at most; when more come, all are forgotten.
    const MAX: usize = 1000;

    /// The value, if it was read less than [`CACHE`] before `now`.
    pub(crate) fn get(&self, key: &K, now: Time) -> Option<V> {
        let values = self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let (read, value) = values.get(key)?;
        (now >= *read && now.since(*read) < CACHE).then(|| value.clone())
    }

    pub(crate) fn put(&self, key: K, value: V, now: Time) {
        let mut values = self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if values.len() >= Self::MAX {
            values.clear();
        }
        values.insert(key, (now, value));
    }

    pub(crate) fn forget(&self, key: &K) {
        self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner).remove(key);
    }
}
