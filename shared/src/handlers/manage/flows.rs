//! Flows: drafts, and publishing them (contracts 4.1). What a flow must look like is in `flow_body`.

use serde::Serialize;
use utoipa::ToSchema;

use super::flow_body::{ConfigBody, FlowBody, StepBody};
use super::{ListOf, ListQuery, Manage, found};
use crate::domain::channel::Language;
use crate::domain::flow::{Action, Definition, Flow};
use crate::domain::ids::{ChannelId, FlowId};
use crate::domain::tenant::Role;
use crate::domain::time::Time;
use crate::domain::use_case::UseCase;
use crate::error::{Error, Result};
use crate::handlers::admit::Call;

/// Whether a flow can start.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum FlowStatus {
    /// Never published: it cannot start.
    Draft,
    Published,
}

/// A flow as it is shown: its draft, and which version of it runs.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct FlowView {
    pub flow_id: FlowId,
    pub status: FlowStatus,
    /// The number of the version that starts; null while there is none.
    pub published_version: Option<u32>,
    pub name: String,
    pub language: Language,
    pub channels: Vec<ChannelId>,
    pub config: ConfigBody,
    pub steps: Vec<StepBody>,
    pub creation_date: Time,
    pub update_date: Time,
}

impl From<Flow> for FlowView {
    fn from(flow: Flow) -> Self {
        let draft = flow.draft;
        Self {
            flow_id: flow.id,
            status: match flow.published {
                Some(_) => FlowStatus::Published,
                None => FlowStatus::Draft,
            },
            published_version: flow.published,
            name: draft.name,
            language: draft.language,
            channels: draft.channels,
            config: draft.config.into(),
            steps: draft.steps.into_iter().map(StepBody::from).collect(),
            creation_date: flow.created,
            update_date: flow.updated,
        }
    }
}

impl Manage {
    pub async fn create_flow(&self, call: &Call, body: FlowBody) -> Result<FlowView> {
        call.require(Role::Integrator)?;
        let flow = Flow {
            id: FlowId::from_bytes(self.draw()),
            tenant: call.caller.tenant,
            draft: self.definition(call, body).await?,
            published: None,
            created: call.now,
            updated: call.now,
            version: 1,
        };
        let view = FlowView::from(flow.clone());
        let receipt = self.admit.receipt(call, 201, &view, Vec::new())?;
        self.store.create_flow(&flow, receipt).await?;
        Ok(view)
    }

    /// Replaces the draft. What is published goes on as it is until the next publishing.
    pub async fn replace_flow(&self, call: &Call, id: FlowId, body: FlowBody) -> Result<FlowView> {
        call.require(Role::Integrator)?;
        let before = found(self.store.flow(call.caller.tenant, id).await?, "flow_id")?;
        let draft = self.definition(call, body).await?;
        let version = before.version + 1;
        let flow = Flow { draft, updated: call.now, version, ..before };
        self.store.save_flow(version - 1, &flow).await?;
        Ok(flow.into())
    }

    /// Makes the draft the version that starts. [`Error::Conflict`] if it has no steps (T81).
    pub async fn publish_flow(&self, call: &Call, id: FlowId) -> Result<FlowView> {
        call.require(Role::Integrator)?;
        let before = found(self.store.flow(call.caller.tenant, id).await?, "flow_id")?;
        if before.draft.steps.is_empty() {
            return Err(Error::Conflict("a flow without steps cannot be published".to_owned()));
        }
        let published = Some(before.published.unwrap_or(0) + 1);
        let version = before.version + 1;
        let flow = Flow { published, updated: call.now, version, ..before };
        let view = FlowView::from(flow.clone());
        let receipt = self.admit.receipt(call, 200, &view, Vec::new())?;
        self.store.publish_flow(version - 1, &flow, receipt).await?;
        Ok(view)
    }

    pub async fn flow(&self, call: &Call, id: FlowId) -> Result<FlowView> {
        call.require(Role::Integrator)?;
        Ok(found(self.store.flow(call.caller.tenant, id).await?, "flow_id")?.into())
    }

    pub async fn flows(&self, call: &Call, query: ListQuery) -> Result<ListOf<FlowView>> {
        call.require(Role::Integrator)?;
        let flows = self.store.flows(call.caller.tenant, &query.paging()).await?;
        Ok(ListOf::of(flows, FlowView::from))
    }

    /// Running processes go on. [`Error::Conflict`] while an inbound or a channel starts it.
    pub async fn delete_flow(&self, call: &Call, id: FlowId) -> Result<()> {
        call.require(Role::Integrator)?;
        let tenant = call.caller.tenant;
        let flow = found(self.store.flow(tenant, id).await?, "flow_id")?;
        if self.store.any_inbound(tenant, |inbound| inbound.flow == id).await? {
            return Err(Error::Conflict("an inbound starts the flow".to_owned()));
        }
        let used = Some(UseCase::Flow(id));
        if self.store.any_channel(tenant, |channel| channel.use_case == used).await? {
            return Err(Error::Conflict("the flow is a channel's use case".to_owned()));
        }
        self.store.delete_flow(&flow).await
    }

    /// The published flow of this id that may start on the channel, or a 404 (contracts 2.1).
    pub(super) async fn startable_flow(
        &self,
        call: &Call,
        id: FlowId,
        channel: ChannelId,
    ) -> Result<()> {
        let flow = self.store.flow(call.caller.tenant, id).await?;
        let flow = found(flow.filter(|flow| flow.published.is_some()), "flow_id")?;
        let channels = &flow.draft.channels;
        if !channels.is_empty() && !channels.contains(&channel) {
            return Err(Error::Conflict("the flow cannot start on this channel".to_owned()));
        }
        Ok(())
    }

    async fn definition(&self, call: &Call, body: FlowBody) -> Result<Definition> {
        let definition = body.read()?;
        let tenant = call.caller.tenant;
        for (place, step) in definition.steps.iter().enumerate() {
            if let Action::Webhook { url, .. } = &step.action {
                self.check_target(url, &format!("steps[{place}].url"))?;
            }
        }
        for id in &definition.channels {
            found(self.store.channel_of(tenant, *id).await?, "channels")?;
        }
        if let Some(id) = definition.config.follow_up_outbound_id {
            found(self.store.outbound(tenant, id).await?, "follow_up_outbound_id")?;
        }
        Ok(definition)
    }
}
