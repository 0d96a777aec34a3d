//! What a story needs, wherever the gateway runs: customers and people act on it in the same words.

use async_trait::async_trait;
use http::Request;
use shared::store::Store;
use simulator::Simulator;

use crate::Bundle;
use crate::customer::Reply;

/// A gateway against a simulator.
#[async_trait(?Send)]
pub trait World {
    fn simulator(&self) -> &Simulator;

    /// What the gateway has stored.
    fn store(&self) -> &Store;

    /// A call of the API, by whoever.
    async fn call(&self, request: Request<Vec<u8>>) -> Reply;

    /// Everything that can happen now happens.
    async fn run(&self);
}

#[async_trait(?Send)]
impl World for Bundle {
    fn simulator(&self) -> &Simulator {
        &self.simulator
    }

    fn store(&self) -> &Store {
        &self.store
    }

    async fn call(&self, request: Request<Vec<u8>>) -> Reply {
        Self::call(self, request).await
    }

    async fn run(&self) {
        Self::run(self).await;
    }
}
