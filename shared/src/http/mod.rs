//! Routers: what a request must look like, and what an answer looks like.

use axum::Router;
use axum::middleware::from_fn;

pub mod api;
pub(crate) mod body;
mod bots;
pub(crate) mod call;
mod channels;
pub mod document;
pub(crate) mod error;
mod files;
mod flows;
mod hook_rules;
mod inbounds;
mod messages;
pub mod outbound_send;
mod outbounds;
mod processes;
mod shape;
mod tenants;
mod transfer;
pub mod webhooks;

/// The router with answers for paths and methods that it does not have: to be called once, last, on what serves.
pub fn closed(router: Router) -> Router {
    router
        .fallback(error::no_path)
        .method_not_allowed_fallback(error::no_method)
        .layer(from_fn(error::write_problems))
}
