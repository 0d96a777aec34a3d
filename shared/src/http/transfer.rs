//! `/v1/export` and `/v1/import`.

use std::sync::Arc;

use axum::extract::State;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::body::{Body, Query};
use super::call::{Answer, Reply};
use crate::handlers::admit::Call;
use crate::handlers::manage::Manage;
use crate::handlers::manage::transfer::{Bundle, ExportQuery, Imported};

pub(super) fn routes() -> OpenApiRouter<Arc<Manage>> {
    OpenApiRouter::new().routes(routes!(export)).routes(routes!(import))
}

/// Export flows and bots
///
/// Their drafts, without channels, outbounds and credentials. Role: `integrator`.
#[utoipa::path(get, path = "/v1/export", tag = "transfer", params(ExportQuery),
    responses((status = 200, body = Bundle)))]
async fn export(
    State(manage): State<Arc<Manage>>,
    call: Call,
    Query(query): Query<ExportQuery>,
) -> Answer<Bundle> {
    Ok(Reply::ok(manage.export(&call, query).await?))
}

/// Import flows and bots
///
/// All of them or none. What was imported before is replaced; nothing is published, and no channel is touched. Role:
/// `integrator`.
#[utoipa::path(post, path = "/v1/import", tag = "transfer", request_body = Bundle,
    responses((status = 200, body = Imported)))]
async fn import(
    State(manage): State<Arc<Manage>>,
    call: Call,
    Body(bundle): Body<Bundle>,
) -> Answer<Imported> {
    Ok(Reply::ok(manage.import(&call, bundle).await?))
}
