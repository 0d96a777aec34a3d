//! What a provider says of a channel's account or number: restrictions, quality, limits, names. Told to the customer as it
//! came, because only people can do something about it.

use serde_json::Value;

use super::{Ended, Route};
use crate::domain::channel::OpenChannel;
use crate::domain::hook::{EventKind, HookEvent};
use crate::domain::ids::EventId;
use crate::error::Result;
use crate::handlers::hook;
use crate::ports::{Outcome, QueueName};

impl Route {
    /// `delivery` names the webhook's delivery: again after a crash it is the same event.
    pub(super) async fn account(
        &self,
        channel: &OpenChannel,
        kind: &str,
        detail: &Value,
        delivery: &str,
    ) -> Result<Ended> {
        tracing::warn!(channel.id = %channel.id, kind, "the account changed at the provider");
        let now = self.clock.now();
        let event = HookEvent {
            id: EventId::derive(&[channel.id.bytes(), kind.as_bytes(), delivery.as_bytes()]),
            tenant: channel.tenant,
            channel: channel.id,
            flow: None,
            kind: EventKind::Channel,
            action: "account_changed".to_owned(),
            time: now,
            sequence: None,
            object: serde_json::json!({
                "channel_id": channel.id, "provider": channel.provider,
                "phone_number": channel.phone_number, "kind": kind, "detail": detail,
            }),
        };
        let jobs = hook::jobs(&self.store, now, &[event]).await?;
        if !jobs.is_empty() {
            self.queue.put(QueueName::Hook, jobs).await?;
        }
        Ok((Outcome::Event, ""))
    }
}
