//! `/v1/channels`.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::body::{Body, Query};
use super::call::{Answer, Emptied, Id, Reply};
use crate::domain::ids::ChannelId;
use crate::handlers::admit::Call;
use crate::handlers::manage::channel_body::{ChannelChanges, NewChannel};
use crate::handlers::manage::channels::ChannelView;
use crate::handlers::manage::{ListOf, ListQuery, Manage};

pub(super) fn routes() -> OpenApiRouter<Arc<Manage>> {
    OpenApiRouter::new().routes(routes!(create_channel, channels)).routes(routes!(
        channel,
        change_channel,
        delete_channel
    ))
}

/// Create a channel
///
/// With `active` it is tried out at once: what does not work is told in `warnings`, and the channel stays active.
/// Role: `channels_admin`.
#[utoipa::path(post, path = "/v1/channels", tag = "channels", request_body = NewChannel,
    responses((status = 201, body = ChannelView)))]
async fn create_channel(
    State(manage): State<Arc<Manage>>,
    call: Call,
    Body(new): Body<NewChannel>,
) -> Answer<ChannelView> {
    Ok(Reply::created(manage.create_channel(&call, new).await?))
}

/// List channels
#[utoipa::path(get, path = "/v1/channels", tag = "channels", params(ListQuery),
    responses((status = 200, body = ListOf<ChannelView>)))]
async fn channels(
    State(manage): State<Arc<Manage>>,
    call: Call,
    Query(query): Query<ListQuery>,
) -> Answer<ListOf<ChannelView>> {
    Ok(Reply::ok(manage.channels(&call, query).await?))
}

/// Read a channel
#[utoipa::path(get, path = "/v1/channels/{channel_id}", tag = "channels",
    params(("channel_id" = ChannelId, Path)), responses((status = 200, body = ChannelView)))]
async fn channel(
    State(manage): State<Arc<Manage>>,
    call: Call,
    Id(id): Id<ChannelId>,
) -> Answer<ChannelView> {
    Ok(Reply::ok(manage.channel(&call, id).await?))
}

/// Change a channel, all at once
///
/// What is not given stays. Role: `channels_admin`.
#[utoipa::path(put, path = "/v1/channels/{channel_id}", tag = "channels",
    params(("channel_id" = ChannelId, Path)), request_body = ChannelChanges,
    responses((status = 200, body = ChannelView)))]
async fn change_channel(
    State(manage): State<Arc<Manage>>,
    call: Call,
    Id(id): Id<ChannelId>,
    Body(changes): Body<ChannelChanges>,
) -> Answer<ChannelView> {
    Ok(Reply::ok(manage.change_channel(&call, id, changes).await?))
}

/// Delete a channel without inbounds and outbounds
#[utoipa::path(delete, path = "/v1/channels/{channel_id}", tag = "channels",
    params(("channel_id" = ChannelId, Path)), responses((status = 204)))]
async fn delete_channel(
    State(manage): State<Arc<Manage>>,
    call: Call,
    Id(id): Id<ChannelId>,
) -> Emptied {
    manage.delete_channel(&call, id).await?;
    Ok(StatusCode::NO_CONTENT)
}
