//! `/v1/flows`.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::body::{Body, Query};
use super::call::{Answer, Emptied, Id, Reply};
use crate::domain::ids::FlowId;
use crate::handlers::admit::Call;
use crate::handlers::manage::flow_body::FlowBody;
use crate::handlers::manage::flows::FlowView;
use crate::handlers::manage::{ListOf, ListQuery, Manage};

pub(super) fn routes() -> OpenApiRouter<Arc<Manage>> {
    OpenApiRouter::new()
        .routes(routes!(create_flow, flows))
        .routes(routes!(flow, replace_flow, delete_flow))
        .routes(routes!(publish_flow))
}

/// Create a flow as a draft
///
/// Role: `integrator`.
#[utoipa::path(post, path = "/v1/flows", tag = "flows", request_body = FlowBody,
    responses((status = 201, body = FlowView)))]
async fn create_flow(
    State(manage): State<Arc<Manage>>,
    call: Call,
    Body(body): Body<FlowBody>,
) -> Answer<FlowView> {
    Ok(Reply::created(manage.create_flow(&call, body).await?))
}

/// List flows
#[utoipa::path(get, path = "/v1/flows", tag = "flows", params(ListQuery),
    responses((status = 200, body = ListOf<FlowView>)))]
async fn flows(
    State(manage): State<Arc<Manage>>,
    call: Call,
    Query(query): Query<ListQuery>,
) -> Answer<ListOf<FlowView>> {
    Ok(Reply::ok(manage.flows(&call, query).await?))
}

/// Read a flow's draft
#[utoipa::path(get, path = "/v1/flows/{flow_id}", tag = "flows",
    params(("flow_id" = FlowId, Path)), responses((status = 200, body = FlowView)))]
async fn flow(
    State(manage): State<Arc<Manage>>,
    call: Call,
    Id(id): Id<FlowId>,
) -> Answer<FlowView> {
    Ok(Reply::ok(manage.flow(&call, id).await?))
}

/// Replace a flow's draft
///
/// What is published goes on as it is until it is published again.
#[utoipa::path(put, path = "/v1/flows/{flow_id}", tag = "flows",
    params(("flow_id" = FlowId, Path)), request_body = FlowBody,
    responses((status = 200, body = FlowView)))]
async fn replace_flow(
    State(manage): State<Arc<Manage>>,
    call: Call,
    Id(id): Id<FlowId>,
    Body(body): Body<FlowBody>,
) -> Answer<FlowView> {
    Ok(Reply::ok(manage.replace_flow(&call, id, body).await?))
}

/// Publish a flow's draft
#[utoipa::path(post, path = "/v1/flows/{flow_id}/publish", tag = "flows",
    params(("flow_id" = FlowId, Path)), responses((status = 200, body = FlowView)))]
async fn publish_flow(
    State(manage): State<Arc<Manage>>,
    call: Call,
    Id(id): Id<FlowId>,
) -> Answer<FlowView> {
    Ok(Reply::ok(manage.publish_flow(&call, id).await?))
}

/// Delete a flow that nothing starts
#[utoipa::path(delete, path = "/v1/flows/{flow_id}", tag = "flows",
    params(("flow_id" = FlowId, Path)), responses((status = 204)))]
async fn delete_flow(State(manage): State<Arc<Manage>>, call: Call, Id(id): Id<FlowId>) -> Emptied {
    manage.delete_flow(&call, id).await?;
    Ok(StatusCode::NO_CONTENT)
}
