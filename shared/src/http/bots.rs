//! `/v1/bots`.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::body::{Body, Query};
use super::call::{Answer, Emptied, Id, Reply};
use crate::domain::ids::BotId;
use crate::handlers::admit::Call;
use crate::handlers::manage::bots::{BotBody, BotView};
use crate::handlers::manage::{ListOf, ListQuery, Manage};

pub(super) fn routes() -> OpenApiRouter<Arc<Manage>> {
    OpenApiRouter::new()
        .routes(routes!(create_bot, bots))
        .routes(routes!(bot, replace_bot, delete_bot))
        .routes(routes!(publish_bot))
}

/// Create a bot as a draft
///
/// It is called with `POST`, signed with the tenant's signing secret, with each message that nothing else wants on the
/// channels whose use case it is. Role: `integrator`.
#[utoipa::path(post, path = "/v1/bots", tag = "bots", request_body = BotBody,
    responses((status = 201, body = BotView)))]
async fn create_bot(
    State(manage): State<Arc<Manage>>,
    call: Call,
    Body(body): Body<BotBody>,
) -> Answer<BotView> {
    Ok(Reply::created(manage.create_bot(&call, body).await?))
}

/// List bots
#[utoipa::path(get, path = "/v1/bots", tag = "bots", params(ListQuery),
    responses((status = 200, body = ListOf<BotView>)))]
async fn bots(
    State(manage): State<Arc<Manage>>,
    call: Call,
    Query(query): Query<ListQuery>,
) -> Answer<ListOf<BotView>> {
    Ok(Reply::ok(manage.bots(&call, query).await?))
}

/// Read a bot's draft
#[utoipa::path(get, path = "/v1/bots/{bot_id}", tag = "bots",
    params(("bot_id" = BotId, Path)), responses((status = 200, body = BotView)))]
async fn bot(State(manage): State<Arc<Manage>>, call: Call, Id(id): Id<BotId>) -> Answer<BotView> {
    Ok(Reply::ok(manage.bot(&call, id).await?))
}

/// Replace a bot's draft
///
/// What is published goes on as it is until it is published again.
#[utoipa::path(put, path = "/v1/bots/{bot_id}", tag = "bots",
    params(("bot_id" = BotId, Path)), request_body = BotBody,
    responses((status = 200, body = BotView)))]
async fn replace_bot(
    State(manage): State<Arc<Manage>>,
    call: Call,
    Id(id): Id<BotId>,
    Body(body): Body<BotBody>,
) -> Answer<BotView> {
    Ok(Reply::ok(manage.replace_bot(&call, id, body).await?))
}

/// Publish a bot's draft
#[utoipa::path(post, path = "/v1/bots/{bot_id}/publish", tag = "bots",
    params(("bot_id" = BotId, Path)), responses((status = 200, body = BotView)))]
async fn publish_bot(
    State(manage): State<Arc<Manage>>,
    call: Call,
    Id(id): Id<BotId>,
) -> Answer<BotView> {
    Ok(Reply::ok(manage.publish_bot(&call, id).await?))
}

/// Delete a bot that is no channel's use case
#[utoipa::path(delete, path = "/v1/bots/{bot_id}", tag = "bots",
    params(("bot_id" = BotId, Path)), responses((status = 204)))]
async fn delete_bot(State(manage): State<Arc<Manage>>, call: Call, Id(id): Id<BotId>) -> Emptied {
    manage.delete_bot(&call, id).await?;
    Ok(StatusCode::NO_CONTENT)
}
