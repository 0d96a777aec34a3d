//! The router of the public API, and its document. Both come from the same functions.

use std::sync::Arc;

use axum::Router;
use axum::middleware::{from_fn, from_fn_with_state};
use axum::response::IntoResponse;
use utoipa::openapi::OpenApi;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::call::{Reply, admit};
use super::error::write_problems;
use super::{
    bots, channels, document, files, flows, hook_rules, inbounds, messages, outbounds, processes,
    tenants, transfer,
};
use crate::handlers::manage::Manage;

/// Everything under `/v1` but webhooks and the sending of outbounds.
pub fn router(manage: Arc<Manage>) -> Router {
    let (guarded, _) = guarded().split_for_parts();
    let (open, _) = open().split_for_parts();
    guarded
        .route_layer(from_fn_with_state(manage.admit(), admit))
        .merge(open)
        .route_layer(from_fn(write_problems))
        .with_state(manage)
}

/// Paths and schemas of these routes.
pub(super) fn paths() -> OpenApi {
    guarded().merge(open()).into_openapi()
}

/// What wants an API key.
fn guarded() -> OpenApiRouter<Arc<Manage>> {
    OpenApiRouter::new()
        .merge(tenants::routes())
        .merge(channels::routes())
        .merge(flows::routes())
        .merge(bots::routes())
        .merge(transfer::routes())
        .merge(processes::routes())
        .merge(inbounds::routes())
        .merge(outbounds::routes())
        .merge(messages::routes())
        .merge(files::routes())
        .merge(hook_rules::routes())
}

/// What does not.
fn open() -> OpenApiRouter<Arc<Manage>> {
    OpenApiRouter::new().routes(routes!(openapi)).merge(files::open_routes())
}

/// This document
#[utoipa::path(get, path = "/v1/openapi.json", tag = "document", security(()),
    responses((status = 200, body = serde_json::Value)))]
async fn openapi() -> impl IntoResponse {
    Reply::ok(document::document())
}
