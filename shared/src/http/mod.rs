//! Routers: what a request must look like, and what an answer looks like.

mod shape;
pub mod webhooks;
pub(crate) mod body;
pub(crate) mod call;
pub(crate) mod error;
