//! What is counted and measured, and where it goes. The balance of webhooks' items is made of it (README 11), and so
//! are the metrics that alarms and the dashboard look at. Counting never decides anything.

use std::time::Duration;

use async_trait::async_trait;

use crate::domain::channel::OpenChannel;
use crate::domain::ids::ChannelId;
use crate::domain::time::Time;
use crate::error::Result;

/// What became of an item of a webhook (README 11).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Outcome {
    /// Counted by the webhook, before anything is done with it.
    Received,
    /// It was new and had its effect.
    Event,
    /// It was known already.
    Duplicate,
    /// Nothing is to be done with it; the reason stands beside the count.
    Ignored,
    /// It failed for good and lies in a dead-letter queue.
    Dead,
}

impl Outcome {
    pub const ALL: [Self; 5] =
        [Self::Received, Self::Event, Self::Duplicate, Self::Ignored, Self::Dead];
}

/// What became of a message that was handed to its provider, or was to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Handed {
    /// The provider has it.
    Sent,
    /// No answer came: sent or not, its statuses will tell.
    Unknown,
    /// Failed: the provider could not take it for now, and then it was given up.
    Transient,
    /// Failed: the service window was closed, and there was no template for it.
    Window,
    /// Failed: the channel's credentials or account are wrong.
    Configuration,
    /// Failed: this message will never go.
    Final,
}

/// What became of an attempt to deliver a hook.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Hooked {
    Delivered,
    /// The attempt failed; another follows.
    Failed,
    /// It failed, and no other follows.
    GivenUp,
}

/// Something that is counted, or a time that is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Metric {
    /// Items of webhooks.
    Items(Outcome),
    /// Messages to users.
    Messages(Handed),
    /// Attempts of hooks.
    Hooks(Hooked),
    /// Channels whose templates could not be asked for.
    PollsFailed,
    /// From the webhook until its event had its effect, in milliseconds.
    EventTime,
    /// From the webhook until the provider had the reply, in milliseconds.
    ReplyTime,
}

impl Metric {
    pub const ALL: [Self; 17] = [
        Self::Items(Outcome::Received),
        Self::Items(Outcome::Event),
        Self::Items(Outcome::Duplicate),
        Self::Items(Outcome::Ignored),
        Self::Items(Outcome::Dead),
        Self::Messages(Handed::Sent),
        Self::Messages(Handed::Unknown),
        Self::Messages(Handed::Transient),
        Self::Messages(Handed::Window),
        Self::Messages(Handed::Configuration),
        Self::Messages(Handed::Final),
        Self::Hooks(Hooked::Delivered),
        Self::Hooks(Hooked::Failed),
        Self::Hooks(Hooked::GivenUp),
        Self::PollsFailed,
        Self::EventTime,
        Self::ReplyTime,
    ];

    /// As it is called in the log, on the dashboard and by alarms.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Items(Outcome::Received) => "items_received",
            Self::Items(Outcome::Event) => "items_event",
            Self::Items(Outcome::Duplicate) => "items_duplicate",
            Self::Items(Outcome::Ignored) => "items_ignored",
            Self::Items(Outcome::Dead) => "items_dead",
            Self::Messages(Handed::Sent) => "messages_sent",
            Self::Messages(Handed::Unknown) => "messages_unknown",
            Self::Messages(Handed::Transient) => "messages_failed_transient",
            Self::Messages(Handed::Window) => "messages_failed_window",
            Self::Messages(Handed::Configuration) => "messages_failed_configuration",
            Self::Messages(Handed::Final) => "messages_failed_final",
            Self::Hooks(Hooked::Delivered) => "hooks_delivered",
            Self::Hooks(Hooked::Failed) => "hooks_failed",
            Self::Hooks(Hooked::GivenUp) => "hooks_given_up",
            Self::PollsFailed => "polls_failed",
            Self::EventTime => "event_ms",
            Self::ReplyTime => "reply_ms",
        }
    }

    /// Whether it is a time in milliseconds, and no count.
    pub const fn is_time(self) -> bool {
        matches!(self, Self::EventTime | Self::ReplyTime)
    }
}

/// One number of one metric.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Count {
    pub metric: Metric,
    /// Why, as a word or a provider's code; empty where there is nothing to say.
    pub reason: String,
    /// How many, or how many milliseconds.
    pub value: u64,
}

impl Count {
    /// So many of them.
    pub fn of(metric: Metric, value: u64) -> Self {
        Self { metric, reason: String::new(), value }
    }

    /// One of them.
    pub fn one(metric: Metric) -> Self {
        Self::of(metric, 1)
    }

    /// The time between.
    pub fn time(metric: Metric, start: Time, end: Time) -> Self {
        let lasted: Duration = end.since(start);
        Self::of(metric, u64::try_from(lasted.as_millis()).unwrap_or(u64::MAX))
    }

    #[must_use]
    pub fn because(self, reason: impl Into<String>) -> Self {
        Self { reason: reason.into(), ..self }
    }
}

/// What counts are about. They are found by it, and are no metrics of their own: those are paid for one by one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Subject {
    pub channel: ChannelId,
    /// The wire word of its provider, where it is known.
    pub provider: Option<&'static str>,
}

impl From<ChannelId> for Subject {
    fn from(channel: ChannelId) -> Self {
        Self { channel, provider: None }
    }
}

impl From<&OpenChannel> for Subject {
    fn from(channel: &OpenChannel) -> Self {
        Self { channel: channel.id, provider: Some(channel.provider.as_str()) }
    }
}

/// How the items of some channels ended.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Account {
    /// What happened before is not in it; `None`: everything is.
    pub since: Option<Time>,
    /// How many, by outcome and reason.
    pub items: Vec<(Outcome, String, u64)>,
}

/// Counts. On AWS a line of the log that becomes metrics, without a call; locally numbers in the table.
#[async_trait]
pub trait Audit: Send + Sync {
    /// What one webhook, job or run counts for one channel: together, so that it may be one line.
    async fn count(&self, subject: Subject, counts: &[Count]) -> Result<()>;

    /// How the items of these channels ended.
    async fn account(&self, channels: &[ChannelId]) -> Result<Account>;
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn no_two_metrics_have_one_name_and_every_outcome_of_an_item_is_one() {
        let names: BTreeSet<&str> = Metric::ALL.into_iter().map(Metric::name).collect();
        assert_eq!(names.len(), Metric::ALL.len());
        for outcome in Outcome::ALL {
            assert!(Metric::ALL.contains(&Metric::Items(outcome)));
        }
    }
}
