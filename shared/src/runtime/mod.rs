//! What a function's `main.rs` calls, and how a job is worked off wherever the queue is. It wires; it decides nothing
//! about messages.

mod queue;
mod serve;
mod spoiled;
mod start;
#[cfg(feature = "local")]
mod step;
mod warm;
mod work;

use std::fmt;

pub use serve::Serve;
pub use spoiled::spoiled;
pub use start::{Start, start};
#[cfg(feature = "local")]
pub use step::step;
pub use work::{Verdict, work};

use crate::config::Missing;

/// Why a function did not start or stopped.
#[derive(thiserror::Error)]
pub enum Error {
    #[error(transparent)]
    Missing(#[from] Missing),
    #[error("the function cannot be set up")]
    Wiring(#[from] crate::error::Error),
    #[error("the Lambda runtime stopped")]
    Stopped(#[source] lambda_runtime::Error),
    #[error("this bundle has no function for the webhooks of {0}")]
    NoFunction(&'static str),
}

/// What `main` prints when it ends with an error: one line with its causes.
impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&crate::error::chain(self))
    }
}
