//! Webhooks that bring what concerns another number of the same account (K7): its channel has it, and answers it.

use std::collections::BTreeMap;
use std::sync::Arc;

use http::HeaderMap;

use super::Receive;
use crate::domain::channel::OpenChannel;
use crate::domain::time::Time;
use crate::error::Result;
use crate::provider::{Item, WebhookCall};

/// No channel of the account has this number.
pub(super) const OTHER_NUMBER: &str = "other_number";

/// The channels that one webhook may speak of beside its own, each looked up once.
pub(super) struct Neighbours<'r> {
    receive: &'r Receive,
    own: &'r Arc<OpenChannel>,
    known: BTreeMap<String, Option<Arc<OpenChannel>>>,
}

impl<'r> Neighbours<'r> {
    pub(super) fn new(receive: &'r Receive, own: &'r Arc<OpenChannel>) -> Self {
        Self { receive, own, known: BTreeMap::new() }
    }

    /// What an item is, and whose. What is nobody's stays with the webhook's own channel.
    pub(super) async fn addressed(
        &mut self,
        item: Item,
        now: Time,
    ) -> Result<Vec<(Arc<OpenChannel>, Item)>> {
        let own = || Arc::clone(self.own);
        let Item::Elsewhere { number, body } = item else { return Ok(vec![(own(), item)]) };
        let Some(other) = self.of(&number, now).await? else {
            return Ok(vec![(own(), Item::Elsewhere { number, body })]);
        };
        let call = WebhookCall { headers: HeaderMap::new(), query: Vec::new(), body, now };
        let parsed = self.receive.provider.parse(&call, &other).unwrap_or_default();
        Ok(parsed.items.into_iter().map(|item| (Arc::clone(&other), item)).collect())
    }

    /// The channel of the tenant that has this number, if the call speaks for it.
    async fn of(&mut self, number: &str, now: Time) -> Result<Option<Arc<OpenChannel>>> {
        if let Some(known) = self.known.get(number) {
            return Ok(known.clone());
        }
        let Receive { provider, store, secrets, .. } = self.receive;
        let found = match store.channel_by_number(self.own.tenant, number).await? {
            Some(channel) => store.open_channel(channel.id, &**secrets, now).await?,
            None => None,
        };
        let found = found.filter(|other| {
            other.provider == self.own.provider && provider.shares_account(self.own, other)
        });
        self.known.insert(number.to_owned(), found.clone());
        Ok(found)
    }
}
