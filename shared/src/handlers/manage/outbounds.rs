//! Outbounds: creating them submits them for review (contracts 3.1, 3.2, T22-T47). Sending is in `handlers::send`.

use serde::Serialize;
use utoipa::ToSchema;

use super::outbound_body::NewOutbound;
use super::outbound_view::{OutboundFilter, OutboundView};
use super::{ListOf, ListQuery, Manage, found};
use crate::domain::ids::{OutboundId, OutboundSendId};
use crate::domain::message::{Failure, Status};
use crate::domain::outbound::{Outbound, Reply};
use crate::domain::tenant::Role;
use crate::domain::time::Time;
use crate::error::{Error, Result};
use crate::handlers::admit::Call;
use crate::handlers::poll::POLL_FIRST;
use crate::handlers::submit::submit;
use crate::provider;
use crate::store::messages::Message;
use crate::store::outbounds::Review;

/// Files that are brought to the provider while the caller of a creation waits.
const FILES_MAX: usize = 1;

/// How far a sending has come, as callers see it (contracts 3.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum SendStatus {
    /// On its way to the provider.
    Queued,
    /// The provider has it.
    Sent,
    Delivered,
    Read,
    Failed,
}

/// A sending as it is shown.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct SendView {
    pub outbound_message_id: OutboundSendId,
    pub outbound_id: OutboundId,
    /// With the country code.
    pub phone_number: String,
    pub status: SendStatus,
    /// Of a failed one.
    pub error: Option<Failure>,
    /// What the user tapped.
    pub reply: Option<Reply>,
    pub account_id: Option<String>,
    pub creation_date: Time,
}

impl Manage {
    pub async fn create_outbound(&self, call: &Call, new: NewOutbound) -> Result<OutboundView> {
        call.require(Role::Integrator)?;
        let channel = self.channel_by_number(call, &new.waba_phone_number).await?;
        let id = OutboundId::from_bytes(self.draw());
        let outbound = new.clone().read(id, &channel, call.now)?;
        let warnings = new.surplus(&outbound);
        let view = |outbound: &Outbound| OutboundView {
            warnings: warnings.clone(),
            ..OutboundView::from(outbound.clone())
        };
        let open = self.store.opened(channel, &*self.ports.secrets).await?;
        provider::of(open.provider)
            .fits(&open, &outbound)
            .map_err(|(field, rule)| Error::invalid(field, rule))?;
        // Stored first: whatever happens while the provider is asked, the poll finds it and asks again.
        let review = Review::of(&outbound, call.now + POLL_FIRST);
        let receipt = self.admit.receipt(call, 201, &view(&outbound), Vec::new())?;
        self.store.create_outbound(&outbound, &review, receipt).await?;
        // Many files take longer than a caller waits: the poll brings them.
        if outbound.files().count() > FILES_MAX {
            return Ok(view(&outbound));
        }
        let Some(after) = submit(&*self.ports.http, &open, &outbound, call.now).await else {
            return Ok(view(&outbound));
        };
        let receipt = self.admit.receipt(call, 201, &view(&after), Vec::new())?;
        match self.store.save_outbound(outbound.version, &after, receipt).await {
            // The provider's event was faster than its answer.
            Err(Error::Changed(_)) => {
                let stored = self.store.outbound(call.caller.tenant, id).await?;
                Ok(view(&stored.unwrap_or(after)))
            }
            saved => saved.map(|()| view(&after)),
        }
    }

    pub async fn outbound(&self, call: &Call, id: OutboundId) -> Result<OutboundView> {
        call.require(Role::Integrator)?;
        Ok(found(self.store.outbound(call.caller.tenant, id).await?, "outbound_id")?.into())
    }

    pub async fn outbounds(
        &self,
        call: &Call,
        filter: OutboundFilter,
    ) -> Result<ListOf<OutboundView>> {
        call.require(Role::Integrator)?;
        let number = filter.waba_phone_number.as_deref();
        let number = number
            .map(|text| super::channel_body::number("waba_phone_number", text))
            .transpose()?;
        let OutboundFilter { status, is_notification, page_size, start_key, .. } = filter;
        let paging = ListQuery { page_size, start_key }.paging();
        let keep = |outbound: &Outbound| {
            number.as_ref().is_none_or(|number| outbound.phone_number == *number)
                && status.is_none_or(|status| outbound.status == status)
                && is_notification.is_none_or(|wanted| outbound.is_notification == wanted)
        };
        let outbounds = self.store.outbounds(call.caller.tenant, &paging, keep).await?;
        Ok(ListOf::of(outbounds, OutboundView::from))
    }

    /// Deletes it here, then at the provider if it can be reached: what nobody can send does no harm there.
    pub async fn delete_outbound(&self, call: &Call, id: OutboundId) -> Result<()> {
        call.require(Role::Integrator)?;
        let outbound = found(self.store.outbound(call.caller.tenant, id).await?, "outbound_id")?;
        self.store.delete_outbound(&outbound).await?;
        let Some(channel) = self.store.channel(outbound.channel).await? else { return Ok(()) };
        let open = self.store.opened(channel, &*self.ports.secrets).await?;
        let request = provider::of(open.provider).delete_template(&open, &outbound);
        if let Some(request) = request
            && let Err(error) = self.ask_provider(request).await
        {
            tracing::warn!(outbound.id = %id, %error, "a template stays at the provider");
        }
        Ok(())
    }

    /// How far a sending has come.
    pub async fn outbound_send(&self, call: &Call, id: OutboundSendId) -> Result<SendView> {
        call.require(Role::Integrator)?;
        let send = self.store.outbound_send(id).await?;
        let send = send.filter(|send| send.tenant == call.caller.tenant);
        let send = found(send, "outbound_message_id")?;
        let (status, error) = match self.store.message(send.message).await? {
            Some(Message::ToUser(sent)) => (send_status(sent.status), sent.failure),
            Some(Message::FromUser(_)) | None => (SendStatus::Queued, None),
        };
        Ok(SendView {
            outbound_message_id: send.id,
            outbound_id: send.outbound,
            phone_number: send.to.as_str().to_owned(),
            status,
            error: error.filter(|_| status == SendStatus::Failed),
            reply: send.reply,
            account_id: send.account_id,
            creation_date: send.created,
        })
    }
}

fn send_status(status: Status) -> SendStatus {
    match status {
        Status::Queued | Status::Sending | Status::Unknown => SendStatus::Queued,
        Status::Accepted | Status::Sent => SendStatus::Sent,
        Status::Delivered => SendStatus::Delivered,
        Status::Read => SendStatus::Read,
        Status::Failed => SendStatus::Failed,
    }
}
