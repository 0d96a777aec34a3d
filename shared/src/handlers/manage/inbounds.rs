//! Inbounds: texts that start flows (contracts 2, T6-T21).

use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::{ListOf, ListQuery, Manage, found};
use crate::domain::channel::ProviderKind;
use crate::domain::ids::{FlowId, InboundId};
use crate::domain::inbound::Inbound;
use crate::domain::tenant::Role;
use crate::domain::text::normal;
use crate::domain::time::Time;
use crate::error::{Error, Result};
use crate::handlers::admit::Call;

/// A new inbound.
#[derive(Debug, Clone, Deserialize, ToSchema)]
pub struct NewInbound {
    /// Must be the channel's.
    pub waba_provider: ProviderKind,
    /// Of a channel, with the country code.
    #[schema(min_length = 5, max_length = 40, format = "phone")]
    pub waba_phone_number: String,
    /// A published flow.
    pub flow_id: FlowId,
    /// Unique per number, upper and lower case and white space aside.
    #[schema(min_length = 1, max_length = 1000)]
    pub inbound_message: String,
}

/// Changes of an inbound: what is not given stays.
#[derive(Debug, Clone, Deserialize, ToSchema)]
pub struct InboundChanges {
    pub flow_id: Option<FlowId>,
    #[schema(min_length = 1, max_length = 1000)]
    pub inbound_message: Option<String>,
}

/// Which inbounds are listed.
#[derive(Debug, Clone, Deserialize, IntoParams)]
pub struct InboundFilter {
    #[param(min_length = 5, max_length = 40, format = "phone")]
    pub waba_phone_number: Option<String>,
    pub flow_id: Option<FlowId>,
    #[param(minimum = 1, maximum = 200)]
    pub page_size: Option<u32>,
    #[param(min_length = 1, max_length = 2048)]
    pub start_key: Option<String>,
}

/// Whether an inbound starts its flow.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum InboundStatus {
    Active,
}

/// An inbound as it is shown.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct InboundView {
    pub inbound_id: InboundId,
    pub waba_provider: ProviderKind,
    pub waba_phone_number: String,
    pub flow_id: FlowId,
    pub inbound_message: String,
    /// Opens a chat with the message typed in.
    pub link: String,
    pub status: InboundStatus,
    pub creation_date: Time,
}

impl From<Inbound> for InboundView {
    fn from(inbound: Inbound) -> Self {
        Self {
            inbound_id: inbound.id,
            waba_provider: inbound.provider,
            link: inbound.link(),
            waba_phone_number: inbound.phone_number,
            flow_id: inbound.flow,
            inbound_message: inbound.message,
            status: InboundStatus::Active,
            creation_date: inbound.created,
        }
    }
}

impl Manage {
    pub async fn create_inbound(&self, call: &Call, new: NewInbound) -> Result<InboundView> {
        call.require(Role::Integrator)?;
        let text = comparable(&new.inbound_message)?;
        let channel = self.channel_by_number(call, &new.waba_phone_number).await?;
        if channel.provider != new.waba_provider {
            return Err(Error::invalid("waba_provider", "must be the provider of the number"));
        }
        self.startable_flow(call, new.flow_id, channel.id).await?;
        let inbound = Inbound {
            id: InboundId::from_bytes(self.draw()),
            tenant: call.caller.tenant,
            channel: channel.id,
            provider: channel.provider,
            phone_number: channel.phone_number,
            flow: new.flow_id,
            message: new.inbound_message,
            created: call.now,
        };
        let view = InboundView::from(inbound.clone());
        let receipt = self.admit.receipt(call, 201, &view, Vec::new())?;
        self.store.create_inbound(&inbound, &text, receipt).await?;
        Ok(view)
    }

    pub async fn change_inbound(
        &self,
        call: &Call,
        id: InboundId,
        changes: InboundChanges,
    ) -> Result<InboundView> {
        call.require(Role::Integrator)?;
        let old = found(self.store.inbound(call.caller.tenant, id).await?, "inbound_id")?;
        let mut new = old.clone();
        if let Some(flow) = changes.flow_id {
            self.startable_flow(call, flow, old.channel).await?;
            new.flow = flow;
        }
        new.message = changes.inbound_message.unwrap_or(new.message);
        let text = comparable(&new.message)?;
        self.store.save_inbound((&old, &normal(&old.message)), (&new, &text)).await?;
        Ok(new.into())
    }

    pub async fn inbound(&self, call: &Call, id: InboundId) -> Result<InboundView> {
        call.require(Role::Integrator)?;
        Ok(found(self.store.inbound(call.caller.tenant, id).await?, "inbound_id")?.into())
    }

    pub async fn inbounds(
        &self,
        call: &Call,
        filter: InboundFilter,
    ) -> Result<ListOf<InboundView>> {
        call.require(Role::Integrator)?;
        let number = filter.waba_phone_number.as_deref();
        let number = number
            .map(|text| super::channel_body::number("waba_phone_number", text))
            .transpose()?;
        let InboundFilter { flow_id, page_size, start_key, .. } = filter;
        let paging = ListQuery { page_size, start_key }.paging();
        let keep = |inbound: &Inbound| {
            number.as_ref().is_none_or(|number| inbound.phone_number == *number)
                && flow_id.is_none_or(|flow| inbound.flow == flow)
        };
        let inbounds = self.store.inbounds(call.caller.tenant, &paging, keep).await?;
        Ok(ListOf::of(inbounds, InboundView::from))
    }

    pub async fn delete_inbound(&self, call: &Call, id: InboundId) -> Result<()> {
        call.require(Role::Integrator)?;
        let inbound = found(self.store.inbound(call.caller.tenant, id).await?, "inbound_id")?;
        self.store.delete_inbound(&inbound, &normal(&inbound.message)).await
    }
}

/// The form in which texts are compared (T7), if anything is left of it.
fn comparable(message: &str) -> Result<String> {
    let text = normal(message);
    if text.is_empty() {
        return Err(Error::invalid("inbound_message", "must not be blank"));
    }
    Ok(text)
}
