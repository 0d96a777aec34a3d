//! `/v1/whatsapp/outbounds` but for the sending, which is in `outbound_send`.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::body::{Body, Query};
use super::call::{Answer, Emptied, Id, Reply};
use crate::domain::ids::{OutboundId, OutboundSendId};
use crate::handlers::admit::Call;
use crate::handlers::manage::outbound_body::NewOutbound;
use crate::handlers::manage::outbound_view::{OutboundFilter, OutboundView};
use crate::handlers::manage::outbounds::SendView;
use crate::handlers::manage::{ListOf, Manage};

pub(super) fn routes() -> OpenApiRouter<Arc<Manage>> {
    OpenApiRouter::new()
        .routes(routes!(create_outbound, outbounds))
        .routes(routes!(outbound, delete_outbound))
        .routes(routes!(outbound_message))
}

/// Create an outbound and submit it for review
///
/// What breaks one of WhatsApp's rules for templates is refused here, with the field and the rule. A provider that cannot
/// be reached is asked again later; one that refuses on the spot makes it REJECTED. In a form, objects of a list are JSON.
/// Role: `integrator`.
#[utoipa::path(post, path = "/v1/whatsapp/outbounds", tag = "outbounds",
    request_body(content((NewOutbound = "application/json"), (NewOutbound = "application/x-www-form-urlencoded"))),
    responses((status = 201, body = OutboundView)))]
async fn create_outbound(
    State(manage): State<Arc<Manage>>,
    call: Call,
    Body(new): Body<NewOutbound>,
) -> Answer<OutboundView> {
    Ok(Reply::created(manage.create_outbound(&call, new).await?))
}

/// List outbounds
#[utoipa::path(get, path = "/v1/whatsapp/outbounds", tag = "outbounds", params(OutboundFilter),
    responses((status = 200, body = ListOf<OutboundView>)))]
async fn outbounds(
    State(manage): State<Arc<Manage>>,
    call: Call,
    Query(filter): Query<OutboundFilter>,
) -> Answer<ListOf<OutboundView>> {
    Ok(Reply::ok(manage.outbounds(&call, filter).await?))
}

/// Read an outbound and its review
#[utoipa::path(get, path = "/v1/whatsapp/outbounds/{outbound_id}", tag = "outbounds",
    params(("outbound_id" = OutboundId, Path)), responses((status = 200, body = OutboundView)))]
async fn outbound(
    State(manage): State<Arc<Manage>>,
    call: Call,
    Id(id): Id<OutboundId>,
) -> Answer<OutboundView> {
    Ok(Reply::ok(manage.outbound(&call, id).await?))
}

/// Delete an outbound, here and at the provider
#[utoipa::path(delete, path = "/v1/whatsapp/outbounds/{outbound_id}", tag = "outbounds",
    params(("outbound_id" = OutboundId, Path)), responses((status = 204)))]
async fn delete_outbound(
    State(manage): State<Arc<Manage>>,
    call: Call,
    Id(id): Id<OutboundId>,
) -> Emptied {
    manage.delete_outbound(&call, id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Read how far a sending has come
#[utoipa::path(get, path = "/v1/whatsapp/outbounds/sends/{outbound_message_id}", tag = "outbounds",
    params(("outbound_message_id" = OutboundSendId, Path)),
    responses((status = 200, body = SendView)))]
async fn outbound_message(
    State(manage): State<Arc<Manage>>,
    call: Call,
    Id(id): Id<OutboundSendId>,
) -> Answer<SendView> {
    Ok(Reply::ok(manage.outbound_send(&call, id).await?))
}
