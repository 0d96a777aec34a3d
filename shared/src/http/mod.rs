//! Routers: what a request must look like, and what an answer looks like.

pub mod webhooks;
