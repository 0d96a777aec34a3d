//! Processes: while a run goes on it lies in its conversation and an item points there; when it has ended the item
//! holds it.

use serde::{Deserialize, Serialize};

use super::Store;
use super::keys;
use super::table::{Item, When, Write};
use crate::domain::ids::{ConversationId, ProcessId};
use crate::domain::process::Process;
use crate::error::Result;

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Entry {
    Running { conversation: ConversationId },
    Ended(Box<Process>),
}

impl Store {
    /// A run, wherever it lies.
    pub async fn process(&self, id: ProcessId) -> Result<Option<Process>> {
        let Some(item) = self.table.get(&keys::process(id), true).await? else { return Ok(None) };
        match item.doc()? {
            Entry::Ended(process) => Ok(Some(*process)),
            Entry::Running { conversation } => {
                let conversation = self.conversation(conversation, true).await?;
                Ok(conversation.and_then(|c| c.process).filter(|process| process.id == id))
            }
        }
    }
}

/// The write that makes a new run findable, or that keeps an ended one.
pub fn process_write(process: &Process) -> Result<Write> {
    let entry = if process.status.is_final() {
        Entry::Ended(Box::new(process.clone()))
    } else {
        Entry::Running { conversation: process.conversation }
    };
    Ok(Write::Put { item: Item::new(&keys::process(process.id), &entry)?, when: When::Always })
}
