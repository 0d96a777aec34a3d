//! `/v1/tenant`, `/v1/api-keys`, `/v1/apps`.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::body::{Body, Query};
use super::call::{Answer, Emptied, Id, Reply};
use crate::domain::ids::{AppId, KeyId};
use crate::handlers::admit::Call;
use crate::handlers::manage::apps::{AppView, CreatedApp, NewApp};
use crate::handlers::manage::tenants::{ApiKeyView, CreatedApiKey, NewApiKey, TenantView};
use crate::handlers::manage::{ListOf, ListQuery, Manage};

pub(super) fn routes() -> OpenApiRouter<Arc<Manage>> {
    OpenApiRouter::new()
        .routes(routes!(tenant))
        .routes(routes!(create_api_key, api_keys))
        .routes(routes!(delete_api_key))
        .routes(routes!(create_app, apps))
        .routes(routes!(app, delete_app))
}

/// The tenant of the API key
#[utoipa::path(get, path = "/v1/tenant", tag = "tenant",
    responses((status = 200, body = TenantView)))]
async fn tenant(State(manage): State<Arc<Manage>>, call: Call) -> Answer<TenantView> {
    Ok(Reply::ok(manage.tenant(&call).await?))
}

/// Create an API key
///
/// The key is in this answer only. Role: `global_admin`.
#[utoipa::path(post, path = "/v1/api-keys", tag = "tenant", request_body = NewApiKey,
    responses((status = 201, body = CreatedApiKey)))]
async fn create_api_key(
    State(manage): State<Arc<Manage>>,
    call: Call,
    Body(new): Body<NewApiKey>,
) -> Answer<CreatedApiKey> {
    Ok(Reply::created(manage.create_api_key(&call, new).await?))
}

/// List API keys
#[utoipa::path(get, path = "/v1/api-keys", tag = "tenant", params(ListQuery),
    responses((status = 200, body = ListOf<ApiKeyView>)))]
async fn api_keys(
    State(manage): State<Arc<Manage>>,
    call: Call,
    Query(query): Query<ListQuery>,
) -> Answer<ListOf<ApiKeyView>> {
    Ok(Reply::ok(manage.api_keys(&call, query).await?))
}

/// Revoke an API key
#[utoipa::path(delete, path = "/v1/api-keys/{key_id}", tag = "tenant",
    params(("key_id" = KeyId, Path)), responses((status = 204)))]
async fn delete_api_key(
    State(manage): State<Arc<Manage>>,
    call: Call,
    Id(id): Id<KeyId>,
) -> Emptied {
    manage.delete_api_key(&call, id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Create an app, whose token guards webhooks
///
/// The secret is in this answer only. Role: `channels_admin`.
#[utoipa::path(post, path = "/v1/apps", tag = "channels", request_body = NewApp,
    responses((status = 201, body = CreatedApp)))]
async fn create_app(
    State(manage): State<Arc<Manage>>,
    call: Call,
    Body(new): Body<NewApp>,
) -> Answer<CreatedApp> {
    Ok(Reply::created(manage.create_app(&call, new).await?))
}

/// List apps
#[utoipa::path(get, path = "/v1/apps", tag = "channels", params(ListQuery),
    responses((status = 200, body = ListOf<AppView>)))]
async fn apps(
    State(manage): State<Arc<Manage>>,
    call: Call,
    Query(query): Query<ListQuery>,
) -> Answer<ListOf<AppView>> {
    Ok(Reply::ok(manage.apps(&call, query).await?))
}

/// Read an app
#[utoipa::path(get, path = "/v1/apps/{app_id}", tag = "channels",
    params(("app_id" = AppId, Path)), responses((status = 200, body = AppView)))]
async fn app(State(manage): State<Arc<Manage>>, call: Call, Id(id): Id<AppId>) -> Answer<AppView> {
    Ok(Reply::ok(manage.app(&call, id).await?))
}

/// Delete an app that guards no channel
#[utoipa::path(delete, path = "/v1/apps/{app_id}", tag = "channels",
    params(("app_id" = AppId, Path)), responses((status = 204)))]
async fn delete_app(State(manage): State<Arc<Manage>>, call: Call, Id(id): Id<AppId>) -> Emptied {
    manage.delete_app(&call, id).await?;
    Ok(StatusCode::NO_CONTENT)
}
