//! `POST /v1/whatsapp/outbounds/send`: a function of its own, because it is the one that is called often.

use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::middleware::{from_fn, from_fn_with_state};
use utoipa::openapi::OpenApi;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::body::Body;
use super::call::{Answer, Reply, admit};
use super::error::write_problems;
use crate::handlers::admit::Call;
use crate::handlers::send::{NewSend, SendAccepted, SendOutbound};

/// The route.
pub fn router(send: Arc<SendOutbound>) -> Router {
    let (router, _) = routes().split_for_parts();
    router
        .route_layer(from_fn_with_state(send.admit(), admit))
        .route_layer(from_fn(write_problems))
        .with_state(send)
}

/// Its path and schemas.
pub(super) fn paths() -> OpenApi {
    routes().into_openapi()
}

fn routes() -> OpenApiRouter<Arc<SendOutbound>> {
    OpenApiRouter::new().routes(routes!(send_outbound))
}

/// Send an approved outbound to a user
///
/// The answer comes before the provider is called; read the sending for its status. Role: `integrator`.
#[utoipa::path(post, path = "/v1/whatsapp/outbounds/send", tag = "outbounds",
    request_body(content((NewSend = "application/json"), (NewSend = "application/x-www-form-urlencoded"))),
    responses((status = 202, body = SendAccepted)))]
async fn send_outbound(
    State(send): State<Arc<SendOutbound>>,
    call: Call,
    Body(new): Body<NewSend>,
) -> Answer<SendAccepted> {
    Ok(Reply::accepted(send.send(&call, new).await?))
}
