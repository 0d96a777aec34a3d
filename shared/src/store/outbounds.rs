//! Outbounds, the list of those whose review is asked for, and their sendings.

use super::conversations::conversation_write;
use super::idempotency::{Receipt, versioned};
use super::list::{Listed, Paging};
use super::messages::queued_write;
use super::table::{Changes, Item, Page, Range, Value, When, Write, Written};
use super::{Store, keys};
use crate::domain::conversation::Conversation;
use crate::domain::ids::{ChannelId, OutboundId, OutboundSendId, TenantId};
use crate::domain::message::Sending;
use crate::domain::outbound::{Outbound, OutboundSend, Reply};
use crate::domain::time::Time;
use crate::error::Result;

const OUTBOUNDS: &str = "OUTBOUND#";

/// Where a sending's answer is kept, beside its document, so that it is written once and alone.
const REPLY: &str = "reply";

/// An entry of the list of outbounds whose review is asked for.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Review {
    pub tenant: TenantId,
    pub outbound: OutboundId,
    pub channel: ChannelId,
    /// When to ask next.
    pub at: Time,
}

impl Store {
    pub async fn outbound(&self, tenant: TenantId, id: OutboundId) -> Result<Option<Outbound>> {
        let item = self.table.get(&keys::outbound(tenant, id), true).await?;
        item.map(|item| item.doc()).transpose()
    }

    /// The outbound that the channel's provider knows under this name.
    pub async fn outbound_by_template(
        &self,
        channel: ChannelId,
        name: &str,
    ) -> Result<Option<Outbound>> {
        let key = keys::outbound_index(channel, name);
        let page = self.table.query(&Range::index(key.pk, key.sk)).await?;
        // The index is searched by prefix: of two names that begin alike only the same one counts.
        for item in page.items {
            let outbound: Outbound = item.doc()?;
            if outbound.template_name == name {
                return Ok(Some(outbound));
            }
        }
        Ok(None)
    }

    pub async fn outbounds(
        &self,
        tenant: TenantId,
        paging: &Paging,
        keep: impl Fn(&Outbound) -> bool,
    ) -> Result<Listed<Outbound>> {
        let range = Range::new(keys::tenant_partition(tenant), OUTBOUNDS);
        self.list(range, paging, |item| Ok(Some(item.doc()?).filter(&keep))).await
    }

    /// Whether the channel has outbounds.
    pub async fn channel_has_outbounds(
        &self,
        tenant: TenantId,
        channel: ChannelId,
    ) -> Result<bool> {
        let range = Range::new(keys::tenant_partition(tenant), OUTBOUNDS);
        for item in self.table.query_all(range).await? {
            if item.doc::<Outbound>()?.channel == channel {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// A new outbound, and when to ask for its review first.
    pub async fn create_outbound(
        &self,
        outbound: &Outbound,
        review: &Review,
        receipt: Option<Receipt>,
    ) -> Result<()> {
        let absent = When::Absent { now_s: 0 };
        let mut writes = vec![outbound_write(outbound, absent)?, review_write(review)?];
        Receipt::add(receipt, &mut writes);
        self.table.write(writes).await?.or_changed("the outbound").map(|_| ())
    }

    /// Replaces the outbound that had `version` before.
    pub async fn save_outbound(
        &self,
        version: u64,
        outbound: &Outbound,
        receipt: Option<Receipt>,
    ) -> Result<()> {
        let mut writes = vec![outbound_write(outbound, When::Version(version))?];
        Receipt::add(receipt, &mut writes);
        self.table.write(writes).await?.or_changed("the outbound").map(|_| ())
    }

    pub async fn delete_outbound(&self, outbound: &Outbound) -> Result<()> {
        let key = keys::outbound(outbound.tenant, outbound.id);
        let writes = vec![Write::Delete { key, when: When::Version(outbound.version) }];
        self.table.write(writes).await?.or_changed("the outbound").map(|_| ())
    }

    /// Entries whose time has come, earliest first, at most `limit`.
    pub async fn due_reviews(&self, now: Time, limit: u32) -> Result<Vec<Review>> {
        let key = keys::review(0, OutboundId::from_bytes([0; 16]));
        let Page { items, .. } =
            self.table.query(&Range { limit, ..Range::new(key.pk, "") }).await?;
        let mut due = Vec::new();
        for item in items {
            let review: Review = item.doc()?;
            if review.at > now {
                break;
            }
            due.push(review);
        }
        Ok(due)
    }

    /// Moves an entry to its next time, or takes it off the list.
    pub async fn review_again(&self, old: &Review, next: Option<&Review>) -> Result<()> {
        let key = keys::review(old.at.millis(), old.outbound);
        let mut writes = vec![Write::Delete { key, when: When::Always }];
        if let Some(next) = next.filter(|next| next.at != old.at) {
            writes.push(review_write(next)?);
        }
        self.table.write(writes).await.map(|_| ())
    }

    /// Stores a sending with its message, as queued, and its conversation: all or nothing with the caller's receipt.
    /// [`crate::error::Error::Changed`] if the conversation is newer.
    pub async fn queue_send(
        &self,
        send: &OutboundSend,
        sending: &Sending,
        conversation: &Conversation,
        receipt: Option<Receipt>,
    ) -> Result<()> {
        let item = Item::new(&keys::outbound_send(send.id), send)?;
        let mut writes = vec![
            Write::Put { item, when: When::Absent { now_s: 0 } },
            queued_write(sending)?,
            conversation_write(conversation)?,
        ];
        Receipt::add(receipt, &mut writes);
        self.table.write(writes).await?.or_changed("the conversation").map(|_| ())
    }

    pub async fn outbound_send(&self, id: OutboundSendId) -> Result<Option<OutboundSend>> {
        let Some(item) = self.table.get(&keys::outbound_send(id), true).await? else {
            return Ok(None);
        };
        let mut send: OutboundSend = item.doc()?;
        send.reply = match item.text(REPLY) {
            Some("continue") => Some(Reply::Continue),
            Some("cancel") => Some(Reply::Cancel),
            Some(_) | None => send.reply,
        };
        Ok(Some(send))
    }

    /// What the user answered to a sending. The first answer stays; whether this one is it.
    pub async fn set_outbound_reply(&self, id: OutboundSendId, reply: Reply) -> Result<bool> {
        let word = match reply {
            Reply::Continue => "continue",
            Reply::Cancel => "cancel",
        };
        let set = vec![(REPLY.to_owned(), Value::from(word))];
        let write = Write::Update {
            key: keys::outbound_send(id),
            changes: Changes { set, ..Changes::default() },
            when: When::Unset(REPLY),
        };
        Ok(match self.table.write(vec![write]).await? {
            Written::Done(_) => true,
            Written::Refused { .. } => false,
        })
    }
}

fn outbound_write(outbound: &Outbound, when: When) -> Result<Write> {
    let item =
        versioned(&keys::outbound(outbound.tenant, outbound.id), outbound, outbound.version)?
            .indexed(&keys::outbound_index(outbound.channel, &outbound.template_name));
    Ok(Write::Put { item, when })
}

fn review_write(review: &Review) -> Result<Write> {
    let item = Item::new(&keys::review(review.at.millis(), review.outbound), review)?;
    Ok(Write::Put { item, when: When::Always })
}

impl Review {
    /// The entry of an outbound.
    pub fn of(outbound: &Outbound, at: Time) -> Self {
        let (tenant, channel) = (outbound.tenant, outbound.channel);
        Self { tenant, outbound: outbound.id, channel, at }
    }
}
