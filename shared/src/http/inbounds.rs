//! `/v1/whatsapp/inbounds`.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::body::{Body, Query};
use super::call::{Answer, Emptied, Id, Reply};
use crate::domain::ids::InboundId;
use crate::handlers::admit::Call;
use crate::handlers::manage::inbounds::{InboundChanges, InboundFilter, InboundView, NewInbound};
use crate::handlers::manage::{ListOf, Manage};

pub(super) fn routes() -> OpenApiRouter<Arc<Manage>> {
    OpenApiRouter::new().routes(routes!(create_inbound, inbounds)).routes(routes!(
        inbound,
        change_inbound,
        delete_inbound
    ))
}

/// Create an inbound: a text that starts a flow
///
/// Role: `integrator`.
#[utoipa::path(post, path = "/v1/whatsapp/inbounds", tag = "inbounds",
    request_body(content((NewInbound = "application/json"), (NewInbound = "application/x-www-form-urlencoded"))),
    responses((status = 201, body = InboundView)))]
async fn create_inbound(
    State(manage): State<Arc<Manage>>,
    call: Call,
    Body(new): Body<NewInbound>,
) -> Answer<InboundView> {
    Ok(Reply::created(manage.create_inbound(&call, new).await?))
}

/// List inbounds
#[utoipa::path(get, path = "/v1/whatsapp/inbounds", tag = "inbounds", params(InboundFilter),
    responses((status = 200, body = ListOf<InboundView>)))]
async fn inbounds(
    State(manage): State<Arc<Manage>>,
    call: Call,
    Query(filter): Query<InboundFilter>,
) -> Answer<ListOf<InboundView>> {
    Ok(Reply::ok(manage.inbounds(&call, filter).await?))
}

/// Read an inbound and its link
#[utoipa::path(get, path = "/v1/whatsapp/inbounds/{inbound_id}", tag = "inbounds",
    params(("inbound_id" = InboundId, Path)), responses((status = 200, body = InboundView)))]
async fn inbound(
    State(manage): State<Arc<Manage>>,
    call: Call,
    Id(id): Id<InboundId>,
) -> Answer<InboundView> {
    Ok(Reply::ok(manage.inbound(&call, id).await?))
}

/// Change an inbound's text or flow
#[utoipa::path(put, path = "/v1/whatsapp/inbounds/{inbound_id}", tag = "inbounds",
    params(("inbound_id" = InboundId, Path)), request_body = InboundChanges,
    responses((status = 200, body = InboundView)))]
async fn change_inbound(
    State(manage): State<Arc<Manage>>,
    call: Call,
    Id(id): Id<InboundId>,
    Body(changes): Body<InboundChanges>,
) -> Answer<InboundView> {
    Ok(Reply::ok(manage.change_inbound(&call, id, changes).await?))
}

/// Delete an inbound
#[utoipa::path(delete, path = "/v1/whatsapp/inbounds/{inbound_id}", tag = "inbounds",
    params(("inbound_id" = InboundId, Path)), responses((status = 204)))]
async fn delete_inbound(
    State(manage): State<Arc<Manage>>,
    call: Call,
    Id(id): Id<InboundId>,
) -> Emptied {
    manage.delete_inbound(&call, id).await?;
    Ok(StatusCode::NO_CONTENT)
}
