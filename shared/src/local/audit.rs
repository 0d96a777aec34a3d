//! The counts of the audit, as numbers in the engine. They are called in the process and not through the client, so
//! they are no use of the table.

use async_trait::async_trait;

use super::shelf::Shelf;
use crate::domain::ids::ChannelId;
use crate::error::{Error, Result};
use crate::ports::{Audit, Outcome};

/// Counts since the beginning.
pub struct Counts {
    shelf: Shelf,
}

impl Counts {
    pub fn new(shelf: Shelf) -> Self {
        Self { shelf }
    }
}

#[async_trait]
impl Audit for Counts {
    async fn count(
        &self,
        channel: ChannelId,
        outcome: Outcome,
        reason: &str,
        count: u32,
    ) -> Result<()> {
        self.shelf.add(&compartment(channel), &format!("{}#{reason}", outcome.word()), count)
    }

    async fn counts(&self, channels: &[ChannelId]) -> Result<Vec<(Outcome, String, u64)>> {
        let mut counts = Vec::new();
        for channel in channels {
            for (name, count) in self.shelf.numbers(&compartment(*channel))? {
                let (word, reason) = name.split_once('#').unwrap_or((&name, ""));
                let outcome = Outcome::ALL
                    .into_iter()
                    .find(|o| o.word() == word)
                    .ok_or_else(|| Error::internal(format!("there is no count of {word}")))?;
                counts.push((outcome, reason.to_owned(), count));
            }
        }
        Ok(counts)
    }
}

fn compartment(channel: ChannelId) -> String {
    format!("AUDIT#{channel}")
}

#[cfg(test)]
mod tests {
    use super::super::engine::Engine;
    use super::*;

    #[tokio::test]
    async fn counts_are_kept_by_channel_outcome_and_reason() {
        let engine = Engine::memory().unwrap();
        let counts = Counts::new(engine.shelf());
        let [one, other] = [ChannelId::derive(&[b"1"]), ChannelId::derive(&[b"2"])];
        counts.count(one, Outcome::Received, "", 3).await.unwrap();
        counts.count(one, Outcome::Ignored, "reaction", 1).await.unwrap();
        counts.count(one, Outcome::Ignored, "reaction", 1).await.unwrap();
        counts.count(other, Outcome::Received, "", 9).await.unwrap();
        assert_eq!(
            counts.counts(&[one]).await.unwrap(),
            [(Outcome::Ignored, "reaction".to_owned(), 2), (Outcome::Received, String::new(), 3)]
        );
        assert_eq!(counts.counts(&[one, other]).await.unwrap().len(), 3);
        assert_eq!(engine.table().usage().units().calls, 0);
    }
}
