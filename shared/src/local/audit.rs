//! The counts that the balance is made of, as numbers in the engine. They are called in the process and not through
//! the client, so they are no use of the table. Other metrics are not kept: nobody looks at them here.

use async_trait::async_trait;

use super::shelf::Shelf;
use crate::domain::ids::ChannelId;
use crate::error::{Error, Result};
use crate::ports::{Account, Audit, Count, Metric, Outcome, Subject};

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
    async fn count(&self, subject: Subject, counts: &[Count]) -> Result<()> {
        let items = counts.iter().filter(|count| matches!(count.metric, Metric::Items(_)));
        for Count { metric, reason, value } in items {
            let name = format!("{}#{reason}", metric.name());
            self.shelf.add(&compartment(subject.channel), &name, *value)?;
        }
        Ok(())
    }

    async fn account(&self, channels: &[ChannelId]) -> Result<Account> {
        let mut items = Vec::new();
        for channel in channels {
            for (name, count) in self.shelf.numbers(&compartment(*channel))? {
                let (word, reason) = name.split_once('#').unwrap_or((&name, ""));
                let outcome = Outcome::ALL
                    .into_iter()
                    .find(|outcome| Metric::Items(*outcome).name() == word)
                    .ok_or_else(|| Error::internal(format!("there is no count of {word}")))?;
                items.push((outcome, reason.to_owned(), count));
            }
        }
        Ok(Account { since: None, items })
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
        let received = |count| Count::of(Metric::Items(Outcome::Received), count);
        let ignored = || Count::one(Metric::Items(Outcome::Ignored)).because("reaction");
        counts.count(one.into(), &[received(3), ignored()]).await.unwrap();
        counts.count(one.into(), &[ignored(), Count::of(Metric::EventTime, 7)]).await.unwrap();
        counts.count(other.into(), &[received(9)]).await.unwrap();
        let account = counts.account(&[one]).await.unwrap();
        assert_eq!(
            account.items,
            [(Outcome::Ignored, "reaction".to_owned(), 2), (Outcome::Received, String::new(), 3)]
        );
        assert_eq!(account.since, None);
        assert_eq!(counts.account(&[one, other]).await.unwrap().items.len(), 3);
        assert_eq!(engine.table().usage().units().calls, 0);
    }
}
