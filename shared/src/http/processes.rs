//! `/v1/processes`.

use std::sync::Arc;

use axum::extract::State;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::call::{Answer, Id, Reply};
use crate::domain::ids::ProcessId;
use crate::handlers::admit::Call;
use crate::handlers::manage::Manage;
use crate::handlers::manage::processes::ProcessView;

pub(super) fn routes() -> OpenApiRouter<Arc<Manage>> {
    OpenApiRouter::new().routes(routes!(process)).routes(routes!(process_result))
}

/// Read a process
#[utoipa::path(get, path = "/v1/processes/{process_id}", tag = "processes",
    params(("process_id" = ProcessId, Path)), responses((status = 200, body = ProcessView)))]
async fn process(
    State(manage): State<Arc<Manage>>,
    call: Call,
    Id(id): Id<ProcessId>,
) -> Answer<ProcessView> {
    Ok(Reply::ok(manage.process(&call, id).await?))
}

/// Read a process's result: the same
#[utoipa::path(get, path = "/v1/processes/{process_id}/result", tag = "processes",
    params(("process_id" = ProcessId, Path)), responses((status = 200, body = ProcessView)))]
async fn process_result(
    State(manage): State<Arc<Manage>>,
    call: Call,
    Id(id): Id<ProcessId>,
) -> Answer<ProcessView> {
    Ok(Reply::ok(manage.process(&call, id).await?))
}
