//! The import of flows and bots: one write, all or nothing.

use super::Store;
use super::bots::bot_write;
use super::flows::flow_write;
use super::idempotency::Receipt;
use super::table::When;
use crate::domain::bot::Bot;
use crate::domain::flow::Flow;
use crate::error::Result;

/// What an import makes of something.
#[derive(Debug, Clone, PartialEq)]
pub enum Change<T> {
    Create(T),
    /// Over the one that had `version`.
    Replace {
        version: u64,
        item: T,
    },
    /// It is the same already.
    Keep(T),
}

impl<T> Change<T> {
    pub fn item(&self) -> &T {
        match self {
            Self::Create(item) | Self::Replace { item, .. } | Self::Keep(item) => item,
        }
    }

    /// What must hold for it to be written; `None` where nothing is.
    fn when(&self) -> Option<When> {
        match self {
            Self::Create(_) => Some(When::Absent { now_s: 0 }),
            Self::Replace { version, .. } => Some(When::Version(*version)),
            Self::Keep(_) => None,
        }
    }
}

/// All of an import.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Import {
    pub flows: Vec<Change<Flow>>,
    pub bots: Vec<Change<Bot>>,
}

impl Store {
    /// [`crate::error::Error::Changed`] if somebody changed one of them meanwhile; then nothing is written.
    pub async fn import(&self, import: &Import, receipt: Option<Receipt>) -> Result<()> {
        let flows = import.flows.iter().filter_map(|c| Some(flow_write(c.item(), c.when()?)));
        let bots = import.bots.iter().filter_map(|c| Some(bot_write(c.item(), c.when()?)));
        let mut writes = flows.chain(bots).collect::<Result<Vec<_>>>()?;
        Receipt::add(receipt, &mut writes);
        if writes.is_empty() {
            return Ok(());
        }
        let written = self.table.write(writes).await?;
        for change in &import.bots {
            self.caches.bots.forget(&change.item().id);
        }
        written.or_changed("what is imported").map(|_| ())
    }
}
