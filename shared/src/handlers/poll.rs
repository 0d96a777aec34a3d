//! Asks the providers what became of templates in review (contracts 3.2), one list per channel, and submits again
//! what did not reach them. Runs every five minutes.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;

use super::manage::outbound_body::NOT_SUBMITTED;
use super::submit::submit;
use super::{Tick, review};
use crate::domain::channel::OpenChannel;
use crate::domain::event::TemplateChanged;
use crate::domain::ids::ChannelId;
use crate::domain::outbound::{Outbound, ReviewStatus};
use crate::domain::time::Time;
use crate::error::{Error, Result, chain};
use crate::ports::{Audit, Clock, Count, Http, Metric, Ports, Queue, Reach, Secrets};
use crate::provider::{self, TemplateRow};
use crate::store::Store;
use crate::store::outbounds::Review;

const HOUR: Duration = Duration::from_hours(1);

/// When the provider is asked for the first time, and between times in the first hour.
pub(crate) const POLL_FIRST: Duration = Duration::from_mins(5);
/// Between times up to 24 h.
const POLL_DAY: Duration = Duration::from_mins(30);
/// Between times afterwards.
const POLL_LATER: Duration = Duration::from_hours(6);

/// Outbounds looked at in one run; the others stay due.
const DUE_MAX: u32 = 500;
/// Pages of a provider's list that are read at most: an account has 6,000 templates and a page a hundred.
const PAGES_MAX: u32 = 100;
const TIMEOUT: Duration = Duration::from_secs(10);
const ANSWER_BYTES_MAX: usize = 4 * 1024 * 1024;

/// A provider's templates by name: one for each language.
type Rows = BTreeMap<String, Vec<TemplateRow>>;

/// The handler of the schedule.
pub struct Poll {
    store: Store,
    clock: Arc<dyn Clock>,
    http: Arc<dyn Http>,
    queue: Arc<dyn Queue>,
    secrets: Arc<dyn Secrets>,
    audit: Arc<dyn Audit>,
}

#[async_trait]
impl Tick for Poll {
    async fn tick(&self) -> Result<()> {
        let now = self.clock.now();
        let mut by_channel: BTreeMap<ChannelId, Vec<Review>> = BTreeMap::new();
        for entry in self.store.due_reviews(now, DUE_MAX).await? {
            by_channel.entry(entry.channel).or_default().push(entry);
        }
        for (channel, entries) in by_channel {
            // One channel's trouble is not the others'; what stays on the list is looked at next time.
            if let Err(error) = self.channel(channel, entries, now).await {
                tracing::error!(channel.id = %channel, error = chain(&error), "no poll");
                self.audit.count(channel.into(), &[failed("poll")]).await?;
            }
        }
        Ok(())
    }
}

impl Poll {
    pub fn new(store: Store, ports: &Ports) -> Self {
        Self {
            store,
            clock: Arc::clone(&ports.clock),
            http: Arc::clone(&ports.http),
            queue: Arc::clone(&ports.queue),
            secrets: Arc::clone(&ports.secrets),
            audit: Arc::clone(&ports.audit),
        }
    }

    async fn channel(&self, id: ChannelId, entries: Vec<Review>, now: Time) -> Result<()> {
        let mut open = Vec::new();
        for entry in entries {
            match self.store.outbound(entry.tenant, entry.outbound).await? {
                Some(outbound) if is_open(outbound.status) => open.push((entry, outbound)),
                Some(_) | None => self.store.review_again(&entry, None).await?,
            }
        }
        if open.is_empty() {
            return Ok(());
        }
        let Some(channel) = self.store.open_channel(id, &*self.secrets, now).await? else {
            // Nobody can be asked any more, and those that can should not wait behind it.
            for (entry, _) in open {
                self.store.review_again(&entry, None).await?;
            }
            return Ok(());
        };
        let rows = self.rows(&channel).await;
        if rows.is_none() {
            self.audit.count((&*channel).into(), &[failed("list")]).await?;
        }
        for (entry, outbound) in open {
            let status = match &rows {
                Some(rows) => self.outbound(&channel, &outbound, rows, now).await?,
                None => outbound.status,
            };
            let next = Review::of(&outbound, now + interval(status, now.since(outbound.created)));
            self.store.review_again(&entry, Some(&next).filter(|_| is_open(status))).await?;
        }
        Ok(())
    }

    /// All templates of the channel; `None` if the provider did not say, or not all.
    async fn rows(&self, channel: &OpenChannel) -> Option<Rows> {
        let provider = provider::of(channel.provider);
        let (mut rows, mut next) = (Rows::new(), None);
        for _ in 0..PAGES_MAX {
            let request = provider.list_templates(channel, next.as_deref());
            let answer = self.http.call(request, Reach::Configured, TIMEOUT, ANSWER_BYTES_MAX);
            let response = match answer.await {
                Ok(response) => response,
                Err(error) => {
                    tracing::warn!(channel.id = %channel.id, %error, "no list of templates");
                    return None;
                }
            };
            let page = provider.read_templates(channel, next.as_deref(), &response)?;
            for row in page.rows {
                rows.entry(row.name.clone()).or_default().push(row);
            }
            next = page.next;
            if next.is_none() {
                return Some(rows);
            }
        }
        // What stands behind may be ours: half a list would look as if it were not there.
        tracing::warn!(channel.id = %channel.id, "the list of templates does not end");
        None
    }

    /// Takes in what the provider says of one outbound. Its status afterwards.
    async fn outbound(
        &self,
        channel: &OpenChannel,
        outbound: &Outbound,
        rows: &Rows,
        now: Time,
    ) -> Result<ReviewStatus> {
        if let Some(row) = row_of(outbound, rows) {
            let changed = TemplateChanged {
                provider_id: row.id.clone(),
                name: Some(row.name.clone()),
                language: Some(row.language.clone()),
                provider_status: Some(row.status.clone()),
                reason: row.reason.clone(),
                category: row.category,
                // A list does not tell what is announced.
                next_category: None,
                quality: row.quality.clone(),
            };
            review::apply(&self.store, &*self.queue, channel, &changed, now).await?;
            return Ok(outbound.status.after(&row.status));
        }
        if outbound.provider_status != NOT_SUBMITTED {
            return Ok(outbound.status);
        }
        // Nothing of this name lies there, so nothing is submitted twice (T42).
        let Some(after) = submit(&*self.http, channel, outbound, now).await else {
            return Ok(outbound.status);
        };
        // Told before it is saved: who dies in between tells the same event again, under the same id.
        review::tell(&self.store, &*self.queue, channel, (outbound, &after), now).await?;
        match self.store.save_outbound(outbound.version, &after, None).await {
            Err(Error::Changed(_)) => return Ok(outbound.status),
            saved => saved?,
        }
        Ok(after.status)
    }
}

/// The row with the outbound's name and language: the very language before one that is written in another way.
fn row_of<'a>(outbound: &Outbound, rows: &'a Rows) -> Option<&'a TemplateRow> {
    let rows = rows.get(&outbound.template_name)?;
    let language = outbound.provider_language();
    let exact = rows.iter().find(|row| row.language == language);
    exact.or_else(|| rows.iter().find(|row| outbound.is_language(&row.language)))
}

/// `reason`: whether the provider gave no list, or all of the channel's poll failed.
fn failed(reason: &str) -> Count {
    Count::one(Metric::PollsFailed).because(reason)
}

/// Whether the provider may still change its mind: what is approved may be paused or disabled, what is rejected stays.
const fn is_open(status: ReviewStatus) -> bool {
    match status {
        ReviewStatus::Approved | ReviewStatus::Pending => true,
        ReviewStatus::Rejected => false,
    }
}

/// How long until an outbound of this age is asked for again (contracts 3.2).
fn interval(status: ReviewStatus, age: Duration) -> Duration {
    match status {
        ReviewStatus::Pending if age < HOUR => POLL_FIRST,
        ReviewStatus::Pending if age < 24 * HOUR => POLL_DAY,
        ReviewStatus::Pending | ReviewStatus::Approved | ReviewStatus::Rejected => POLL_LATER,
    }
}
