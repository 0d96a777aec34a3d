//! Asks the Lambda runtime for work and hands it to what the function is.

use std::pin::Pin;
use std::sync::Arc;

use axum::Router;
use lambda_runtime::{LambdaEvent, service_fn};
use serde::de::IgnoredAny;

use super::Error;
use super::queue::{Batch, Report, Worked};
use super::warm::warm;
use crate::aws::client::Clients;
use crate::error::chain;
use crate::handlers::Tick;

/// A function that is ready to work.
pub struct Serve {
    pub(super) trigger: Trigger,
    pub(super) clients: Clients,
}

/// What wakes a function.
pub(super) enum Trigger {
    Http(Router),
    Queue(Worked),
    Schedule(Arc<dyn Tick>),
}

impl Serve {
    /// Works until the runtime ends the process. Boxed, so that it is compiled here once and not in every function.
    pub fn serve(self) -> Pin<Box<dyn Future<Output = Result<(), Error>>>> {
        Box::pin(async move {
            warm(&self.clients).await;
            match self.trigger {
                Trigger::Http(router) => lambda_http::run(router).await,
                Trigger::Queue(worked) => {
                    let handler = service_fn(move |event: LambdaEvent<Batch>| {
                        let worked = worked.clone();
                        async move {
                            Ok::<Report, lambda_runtime::Error>(worked.batch(event.payload).await)
                        }
                    });
                    lambda_runtime::run(handler).await
                }
                Trigger::Schedule(tick) => {
                    let handler = service_fn(move |_: LambdaEvent<IgnoredAny>| {
                        let tick = tick.clone();
                        async move { tell(tick.tick().await) }
                    });
                    lambda_runtime::run(handler).await
                }
            }
            .map_err(Error::Stopped)
        })
    }
}

/// A schedule that failed is repeated by its service; here it is logged.
fn tell(done: crate::error::Result<()>) -> Result<(), lambda_runtime::Error> {
    done.map_err(|error| {
        let told = chain(&error);
        tracing::error!(error = told, "a scheduled run failed");
        told.into()
    })
}
